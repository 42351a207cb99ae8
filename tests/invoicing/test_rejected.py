"""Every cause of rejection that the source names: sent over HTTP to the simulator, and its answer explained."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.adapters.pdf import facturx
from lettrage.invoicing.document import (
    EN16931,
    Account,
    Delivery,
    Identifier,
    Invoice,
    Party,
    PaymentMeans,
    PostalAddress,
    Price,
    Supporting,
)
from lettrage.invoicing.explaining.explain import explain, highlighted, xml_of
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats import cii, ubl
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import settings_for
from tests.invoicing import papers
from tests.invoicing.papers import figure

SUPPLIER, BUYER, DEMANDING = "33254021516357", "12345678200028", "12345678200036"
HOUR = 3_600
SYNTAXES = {"ubl": "IN_DP_E1_UBL_INVOICE", "cii": "IN_DP_E1_CII_16B", "facturx": "IN_DP_E2_CII_FACTURX"}


def party(one: Party, identifier: str, country: str = "FR") -> Party:
    address = replace(one.address, country=country)
    return replace(one, ids=(Identifier(identifier, "0009"),), legal_id=None, address=address)


def invoice(**changes: Any) -> Invoice:
    """One that the simulated platform takes."""
    fields = {
        "number": "FA-1",
        "profile": EN16931,
        "seller": party(papers.SELLER, SUPPLIER),
        "buyer": party(papers.BUYER, BUYER),
        "means": PaymentMeans("30", accounts=(Account("FR7630006000011234567890189"),)),
        "engagement": "",
        "contract": "",
    }
    return papers.invoice(**(fields | changes))


def rendered(document: Invoice, syntax: str) -> bytes:
    if syntax == "ubl":
        return ubl.render(document)
    return cii.render(document) if syntax == "cii" else facturx.render(document, cii.render(document))


@pytest.fixture(scope="module")
def _served() -> Iterator[Simulator]:
    with Simulator(speed=0) as simulator:
        yield simulator


@pytest.fixture
def simulator(_served: Simulator) -> Simulator:
    _served.simulation.reset()
    return _served


@pytest.fixture
def told(simulator: Simulator) -> Iterator[Callable[[bytes, Invoice, str], list[Finding]]]:
    """What is explained of a file that was sent and processed."""
    calls = Calls(settings_for(simulator))
    portal = ChorusPortal(Piste(calls))

    def answer(sent: bytes, document: Invoice, syntax: str) -> list[Finding]:
        name = f"FA-1.{'pdf' if syntax == 'facturx' else 'xml'}"
        flow = portal.deposit(sent, name, SYNTAXES[syntax]).flow
        simulator.platform.clock.advance(HOUR)
        return explain(portal.flow(flow), sent, document)

    yield answer
    calls.close()


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_is_right_is_integrated_and_there_is_nothing_to_explain(told: Any, syntax: str) -> None:
    assert told(rendered(invoice(), syntax), invoice(), syntax) == []


# What is spoilt, the message that explains it, our field, and the value seen ("" where something is missing).
CAUSES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "unknown service": ({"service": "NOWHERE"}, "chorus_service_unknown", "service", "NOWHERE"),
    "no service": ({"service": ""}, "chorus_service_missing", "service", ""),
    "reserved service": (
        {"buyer": party(papers.BUYER, "12345678200051"), "service": "FACTURES_PUBLIQUES"},
        "chorus_service_reserved",
        "service",
        "FACTURES_PUBLIQUES",
    ),
    "no commitment": (
        {"buyer": party(papers.BUYER, DEMANDING), "service": ""},
        "chorus_engagement_missing",
        "engagement",
        "",
    ),
    "unknown supplier": (
        {"seller": party(papers.SELLER, "45021910000010")},
        "chorus_supplier_unknown",
        "seller.ids",
        "45021910000010",
    ),
    "supplier's SIREN": (
        {"seller": party(papers.SELLER, SUPPLIER[:9])},
        "chorus_siren_for_siret",
        "seller.ids",
        SUPPLIER[:9],
    ),
    "unknown buyer": (
        {"buyer": party(papers.BUYER, "26590671900017")},
        "chorus_buyer_unknown",
        "buyer.ids",
        "26590671900017",
    ),
    "no buyer": ({"buyer": replace(papers.BUYER, ids=(), legal_id=None)}, "chorus_buyer_missing", "buyer.ids", ""),
    "number too long": ({"number": "F" * 21}, "chorus_number_length", "number", "F" * 21),
    "number with a point": ({"number": "FA.1"}, "chorus_number_characters", "number", "FA.1"),
    "frame of platforms": ({"frame": "M1"}, "chorus_frame", "frame", "M1"),
    "no means": ({"means": None}, "chorus_means_missing", "means.code", ""),
    "means unknown": ({"means": PaymentMeans("57")}, "chorus_means_missing", "means.code", "57"),
    "wrong account": (
        {"means": PaymentMeans("30", accounts=(Account("FR7700000000000000000000000"),))},
        "chorus_account_wrong",
        "means.accounts[0].id",
        "FR7700000000000000000000000",
    ),
    "contract too long": ({"contract": "M" * 51}, "chorus_reference_length", "contract", "M" * 51),
    "totals differ": (
        {"totals": replace(papers.invoice().totals, payable=1)},
        "chorus_amounts",
        "totals.payable",
        "0.01",
    ),
    "attachment's name": (
        {"documents": (Supporting("1", content=b"x", mime="text/plain", filename="n" * 60 + ".txt"),)},
        "chorus_attachment",
        "documents[]",
        "n" * 60 + ".txt",
    ),
}


@pytest.mark.parametrize(
    ("cause", "syntax"), [*((cause, syntax) for cause in CAUSES for syntax in ("ubl", "cii")), ("no means", "facturx")]
)
def test_each_cause_is_explained_at_its_field_place_and_value(told: Any, cause: str, syntax: str) -> None:
    spoilt, code, field, seen = CAUSES[cause]
    document = invoice(**spoilt)
    sent = rendered(document, syntax)
    found = told(sent, document, syntax)

    meant = next((one for one in found if one.code == code), None)
    assert meant is not None, [(one.code, one.raw) for one in found]
    assert meant.facts["field"] == field
    assert meant.raw
    assert meant.facts["command"]
    if cause == "attachment's name":
        return  # of a file the message names the place, not the value
    assert meant.seen == seen
    assert meant.place
    marks = highlighted(sent, [meant])
    assert seen in xml_of(sent)[marks[0].start : marks[0].end].decode()


def test_the_number_of_an_invoice_that_is_there_is_never_sent_again(told: Any) -> None:
    sent = rendered(invoice(), "ubl")
    assert told(sent, invoice(), "ubl") == []

    (found,) = told(sent, invoice(), "ubl")

    assert (found.code, found.facts["next"], found.seen) == ("chorus_number_taken", "look_up", "FA-1")


def test_a_supplier_without_the_space_for_invoices(told: Any, simulator: Simulator) -> None:
    supplier = simulator.platform.directory.structure(SUPPLIER, "SIRET")
    assert supplier is not None
    simulator.platform.directory.put(replace(supplier, issues_invoices=False))

    (found,) = told(rendered(invoice(), "cii"), invoice(), "cii")

    assert (found.code, found.facts["next"]) == ("chorus_supplier_space", "settings")


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_figures_in_french_spelling(told: Any, syntax: str) -> None:
    sent = rendered(invoice(), syntax).replace(b">12126.03<", b">-1 324,60<", 1)
    found = told(sent, invoice(), syntax)[0]

    assert found.code == "chorus_number_format"
    assert found.seen == "-1 324,60"
    mark = highlighted(sent, [found])[0]
    assert b"-1 324,60" in sent[mark.start : mark.end]


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_an_element_that_the_schema_does_not_know(told: Any, syntax: str) -> None:
    sent = rendered(invoice(), syntax)
    spoilt = sent.replace(b"DocumentCurrencyCode", b"Devise").replace(b"InvoiceCurrencyCode", b"Devise")
    found = told(spoilt, invoice(), syntax)[0]

    assert found.code == "chorus_xsd"
    mark = highlighted(spoilt, [found])[0]
    assert b"Devise" in spoilt[mark.start : mark.end]


@pytest.mark.parametrize("country", ["", "XX"])
def test_a_country_that_is_missing_or_none(told: Any, country: str) -> None:
    document = invoice(buyer=party(papers.BUYER, BUYER, country))
    codes = {one.code for one in told(rendered(document, "ubl"), document, "ubl")}

    assert codes & {"chorus_country", "chorus_xsd"}


def test_a_delivery_country_that_is_none(told: Any) -> None:
    document = invoice(delivery=Delivery(address=PostalAddress("1 rue X", city="Y", zip="1", country="XX")))
    codes = {one.code for one in told(rendered(document, "ubl"), document, "ubl")}

    assert codes & {"chorus_country", "chorus_xsd"}


def test_a_gross_price_without_its_discount(simulator: Simulator, told: Any) -> None:
    simulator.platform.settings = replace(simulator.platform.settings, gross_price_with_discount=True)
    price = Price(figure("1010.5025"), figure("0"), figure("1010.5025"))
    document = invoice(lines=(replace(papers.line(1), price=price),))
    sent = rendered(document, "cii")
    start = sent.index(b"<ram:AppliedTradeAllowanceCharge>")
    end = sent.index(b"</ram:AppliedTradeAllowanceCharge>") + len(b"</ram:AppliedTradeAllowanceCharge>")
    (found,) = told(sent[:start] + sent[end:], document, "cii")

    assert found.code == "chorus_gross_price"
    assert found.place.endswith("/ram:GrossPriceProductTradePrice")
    assert found.facts["field"] == "lines[].price.gross"


def test_a_line_without_its_vat_category(told: Any) -> None:
    sent = rendered(invoice(), "cii")
    start = sent.index(b"<ram:CategoryCode>")
    end = sent.index(b"</ram:CategoryCode>") + len(b"</ram:CategoryCode>")
    (found,) = told(sent[:start] + sent[end:], invoice(), "cii")

    assert (found.code, found.facts["missing"]) == ("chorus_line_vat", "CategoryCode")


def test_means_of_payment_on_a_credit_note_where_the_platform_refuses_them(told: Any, simulator: Simulator) -> None:
    simulator.platform.settings = replace(simulator.platform.settings, credit_notes_without_means=True)
    document = papers.credit_note(
        number="AV-1", profile=EN16931, seller=invoice().seller, buyer=invoice().buyer, means=invoice().means
    )
    found = told(rendered(document, "cii"), document, "cii")

    assert [one.code for one in found] == ["chorus_means_on_credit_note"]
    assert found[0].seen == "30"

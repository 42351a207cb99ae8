"""Our own rules: each code is found where it should be, at its field, and not found beside it."""

from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from lettrage.invoicing.checks.check import RULES, check
from lettrage.invoicing.checks.circumstances import Circumstances, NotAsked, Use
from lettrage.invoicing.document import (
    Account,
    AllowanceCharge,
    Delivery,
    Identifier,
    Invoice,
    Item,
    Party,
    Payee,
    PaymentMeans,
    Period,
    PostalAddress,
    Preceding,
    Price,
    Supporting,
    VatBreakdown,
)
from lettrage.invoicing.finding import catalogue
from lettrage.invoicing.routing.route import Route
from lettrage.money import Currency, currency
from tests.invoicing.checks import (
    BOOKS,
    BUYER,
    HOSPITAL,
    IBAN,
    LILLE,
    SELLER,
    SUPPLIER,
    circumstances,
    credit_note,
    line,
    number,
    sound,
    totals,
)

PLATFORM = {"route": "platform"}
MEGABYTE = 1024 * 1024


class Case(msgspec.Struct, frozen=True):
    """One fault, and its nearest neighbour that is none. What is left out is sound."""

    code: str
    place: str
    bad: Invoice
    good: Invoice = sound()
    when: dict[str, Any] = {}
    well: dict[str, Any] = {}  # the circumstances of the neighbour

    @property
    def name(self) -> str:
        return f"{self.code}-{self.place}"


def seller(**changes: Any) -> Invoice:
    return sound(seller=replace(SELLER, **changes))


def buyer(**changes: Any) -> Invoice:
    return sound(buyer=replace(HOSPITAL, **changes))


def known_as(party: Party, identifier: str, scheme: str = "0009", country: str = "FR") -> Party:
    address = replace(party.address, country=country)
    return replace(party, ids=(Identifier(identifier, scheme),), legal_id=None, address=address)


def paid(code: str = "30", iban: str = IBAN, bic: str = "", **changes: Any) -> Invoice:
    accounts = (Account(iban, bic=bic),) if iban or bic else ()
    return sound(means=PaymentMeans(code, accounts=accounts), **changes)


def delivered(country: str) -> Invoice:
    return sound(delivery=Delivery(address=replace(LILLE, country=country)))


def lines(**changes: Any) -> Invoice:
    return sound(lines=(line(**changes),))


def priced(**changes: Any) -> Invoice:
    return lines(price=replace(Price(number("50.00")), **changes))


def summed(**changes: Any) -> Invoice:
    return sound(totals=replace(totals(100_00, 20_00), **changes))


def rated(category: str, rate: str | None, row: str | None = None, **changes: Any) -> Invoice:
    """One line of this category and rate, with a row for it that bears no VAT."""
    found = number(rate) if rate is not None else None
    shown = number(row) if row is not None else found
    breakdown = VatBreakdown(category, shown, 100_00, 0, exemption="Motif")
    return sound(
        lines=(line(vat_category=category, vat_rate=found),),
        vat=(replace(breakdown, **changes),),
        totals=totals(100_00, 0),
    )


def attached(name: str, content: bytes = b"%PDF", count: int = 1) -> Invoice:
    return sound(documents=tuple(Supporting(f"P{n}", content=content, filename=name) for n in range(count)))


def extra(amount: int, *, charge: bool) -> AllowanceCharge:
    return AllowanceCharge(charge, amount, vat_category="S", vat_rate=number("20.00"), reason="Remise")


def told(**changes: Any) -> dict[str, Any]:
    return {"buyer": replace(BOOKS, **changes)}


EUR = currency("EUR")
DOLLAR = currency("USD")
ODD = Currency("XYZ", 2)
ZERO = (VatBreakdown("E", number("0"), 100_00, 0, exemption="Motif"),)
TAKEN = Route("approved", "business", "Par la plateforme.", "By the platform.", "directory", BUYER[:9])
NOWHERE = Route(None, "consumer", "Un particulier.", "A consumer.", "record")

CASES = (
    # which door
    Case("no_door", "buyer", sound(), when={"routed": NOWHERE}, well={"routed": TAKEN}),
    Case("no_door", "buyer", sound(), when={"routed": TAKEN, "asked": "chorus"}, well={"routed": TAKEN}),
    Case(
        "buyer_address_other",
        "buyer.endpoint",
        buyer(endpoint=Identifier("123456789", "0225")),
        when={"routed": TAKEN, "route": "platform"},
        well={"routed": TAKEN, "route": "platform"},
    ),
    Case(
        "buyer_address_other",
        "buyer.endpoint",
        buyer(endpoint=Identifier(BUYER[:9], "0009")),
        when={"routed": TAKEN, "route": "platform"},
        well={"routed": TAKEN, "route": "platform"},
    ),
    # who sells, who buys
    Case("supplier_siret_missing", "seller.siret", seller(ids=(), legal_id=None)),
    Case("supplier_siret_missing", "seller.siret", sound(seller=known_as(SELLER, "DE123456788", "0223"))),
    Case("supplier_siren", "seller.siret", seller(ids=(Identifier(SUPPLIER[:9], "0009"),))),
    Case("supplier_siren", "seller.siret", seller(ids=())),
    Case("supplier_siret_malformed", "seller.siret", seller(ids=(Identifier("450 219 100 00010", "0009"),))),
    Case("supplier_siret_malformed", "seller.siret", seller(ids=(Identifier("4502191000001O", "0009"),))),
    Case(
        "supplier_siret_checksum",
        "seller.siret",
        seller(ids=(Identifier("45021910000011", "0009"),)),
        sound(seller=known_as(SELLER, "35600000049837")),  # La Poste: its digits add up to a multiple of 5
        {"siret": ""},
        {"siret": ""},
    ),
    Case("supplier_siret_other", "seller.siret", sound(), when={"siret": "45021910000028"}, well={"siret": SUPPLIER}),
    Case(
        "supplier_identifier",
        "seller.ids",
        sound(seller=known_as(SELLER, "DE123", "0223", "DE")),
        sound(seller=known_as(SELLER, "DE136695976", "0223", "DE")),
        {"siret": ""},
        {"siret": ""},
    ),
    Case(
        "supplier_identifier",
        "seller.ids",
        sound(seller=known_as(SELLER, "12345678", "0228", "NC")),
        sound(seller=known_as(SELLER, "123456789", "0228", "NC")),
    ),
    Case(
        "supplier_identifier",
        "seller.ids",
        sound(seller=known_as(SELLER, "12345678", "0229", "PF")),
        sound(seller=known_as(SELLER, "A123456789", "0229", "PF")),
    ),
    Case(
        "supplier_identifier",
        "seller.ids",
        sound(seller=known_as(SELLER, "FRSOCIETE", "0227", "US")),
        sound(seller=known_as(SELLER, "USACMEINCORPORATE", "0227", "US")),
    ),
    Case(
        "supplier_identifier",
        "seller.ids",
        sound(seller=known_as(SELLER, "DUPONT", "0226")),
        sound(seller=known_as(SELLER, "1850175123DUPONT", "0226")),
    ),
    Case("supplier_unknown", "seller.siret", sound(), when={"supplier": None}),
    Case("supplier_inactive", "seller.siret", sound(), when={"supplier": replace(BOOKS, active=False)}),
    Case("buyer_siret_missing", "buyer.siret", buyer(ids=(), legal_id=None)),
    Case("buyer_siren", "buyer.siret", buyer(ids=())),
    Case(
        "buyer_siren",
        "buyer.siret",
        buyer(ids=(), legal_id=Identifier(BUYER[:9], "0002")),
        buyer(ids=(), legal_id=Identifier(BUYER, "0002")),  # Factur-X for Chorus Pro
    ),
    Case("buyer_siret_malformed", "buyer.siret", buyer(ids=(Identifier("2659067190001", "0009"),))),
    Case("buyer_siret_checksum", "buyer.siret", buyer(ids=(Identifier("26590671900018", "0009"),))),
    Case("buyer_not_siret", "buyer.ids", sound(buyer=known_as(HOSPITAL, "DE136695976", "0223", "DE"))),
    Case(
        "overseas_without_siret",
        "buyer.siret",
        sound(buyer=known_as(HOSPITAL, "FR18450219100", "0223", "GP")),
        sound(buyer=known_as(HOSPITAL, BUYER, "0009", "GP")),
    ),
    Case("buyer_unknown", "buyer.siret", sound(), when={"buyer": None}),
    Case("buyer_inactive", "buyer.siret", sound(), when=told(active=False), well=told(active=True)),
    Case("siren_not_of_siret", "seller.legal_id", seller(legal_id=Identifier("265906719", "0002"))),
    Case(
        "payee_siret_missing",
        "payee.id",
        sound(payee=Payee("Affactureur", legal_id=Identifier("265906719", "0002"))),
        sound(payee=Payee("Affactureur", Identifier(BUYER, "0009"), Identifier(BUYER[:9], "0002"))),
        PLATFORM,
        PLATFORM,
    ),
    Case("seller_country_missing", "seller.address.country", seller(address=PostalAddress("1 rue"))),
    Case("seller_country", "seller.address.country", seller(address=PostalAddress("1 rue", country="FRA"))),
    Case("buyer_country_missing", "buyer.address.country", buyer(address=PostalAddress("1 rue"))),
    Case("buyer_country", "buyer.address.country", buyer(address=PostalAddress("1 rue", country="France"))),
    Case("delivery_country_missing", "delivery.address.country", delivered(""), delivered("FR")),
    Case("delivery_country", "delivery.address.country", delivered("fr"), delivered("RE")),
    Case("seller_name_missing", "seller.name", seller(name=" ")),
    Case("buyer_name_missing", "buyer.name", buyer(name="")),
    Case("vat_number_missing", "seller.vat_number", seller(vat_number=""), seller(vat_number="", tax_number="12")),
    Case("vat_number", "seller.vat_number", seller(vat_number="FR 18450219100")),
    Case("vat_number", "seller.vat_number", seller(vat_number="18450219100")),
    Case("vat_number_checksum", "seller.vat_number", seller(vat_number="FR19450219100")),
    Case(
        "vat_number_checksum",
        "seller.vat_number",
        seller(vat_number="DE123456789"),
        seller(vat_number="DE136695976"),
    ),
    # what the buyer demands
    Case("not_checked", "seller.siret", sound(), when={"supplier": NotAsked("portal_down")}),
    Case("not_checked", "buyer.siret", sound(), when={"buyer": NotAsked("too_old")}),
    Case(
        "not_checked",
        "engagement",
        sound(engagement="1400000001"),
        sound(engagement="1400000001"),
        {"engagement": NotAsked("not_subscribed")},
        {"engagement": True},
    ),
    Case(
        "service_missing",
        "service",
        sound(service=""),
        sound(),
        told(service_required=True),
        told(service_required=True),
    ),
    Case("service_missing", "service", sound(service=""), sound(), {"service_demanded": True, "buyer": NotAsked()}),
    Case("service_unknown", "service", sound(service="COMPTA")),
    Case("service_inactive", "service", sound(service="ANCIEN")),
    Case("service_reserved", "service", sound(service="FACTURES_PUBLIQUES")),
    Case(
        "engagement_missing",
        "engagement",
        sound(),
        sound(engagement="1400000001"),
        told(engagement_required=True),
        told(engagement_required=True),
    ),
    Case("engagement_missing", "engagement", sound(), sound(engagement="1"), {"engagement_demanded": True}),
    Case(
        "engagement_missing_for_service",
        "engagement",
        sound(service="TRAVAUX"),
        sound(service="TRAVAUX", engagement="1400000001"),
    ),
    Case(
        "service_or_engagement_missing",
        "service",
        sound(service=""),
        sound(service="", engagement="1400000001"),
        told(service_or_engagement=True),
        told(service_or_engagement=True),
    ),
    Case(
        "engagement_unknown",
        "engagement",
        sound(engagement="1400000001"),
        sound(engagement="1400000001"),
        {"engagement": False},
        {"engagement": True},
    ),
    # number, type, frame, dates
    Case("number_missing", "number", sound(number=" ")),
    Case("number_missing", "preceding[0].number", credit_note(preceding=(Preceding(""),)), credit_note()),
    Case("number_too_long", "number", sound(number="F" * 21), sound(number="F" * 20)),
    Case("number_too_long", "preceding[0].number", credit_note(preceding=(Preceding("F" * 21),)), credit_note()),
    Case("number_characters", "number", sound(number="FA#1"), sound(number="Fa 1-+_/9")),
    Case("number_characters", "number", sound(number="FAé1")),
    Case("number_characters", "preceding[0].number", credit_note(preceding=(Preceding("FA.1"),)), credit_note()),
    Case(
        "number_used",
        "number",
        sound(),
        when={"uses": (Use(7, "integrated"),)},
        well={"uses": (Use(7, "refused", mine=True),)},
    ),
    Case(
        "number_used",
        "number",
        sound(),
        when={"uses": (Use(7, "refused"),)},
        well={"uses": (Use(7, "integrated", supplier=BUYER),)},
    ),
    Case("number_shared", "number", sound(), when={"uses": (Use(7),)}, well={"uses": (Use(7, mine=True),)}),
    Case("number_open", "number", sound(), when={"uses": (Use(7, "open", mine=True),)}),
    Case("number_integrated", "number", sound(), when={"uses": (Use(7, "integrated", mine=True),)}),
    Case("number_taken", "number", sound(), when={"uses": (Use(7, "taken", mine=True),)}),
    Case("number_not_checked", "number", sound(), when={"uses": None}, well={"uses": ()}),
    Case("type", "type", sound(type="999"), sound(type="389")),
    Case("frame", "frame", sound(frame="S1"), sound(frame="A25")),
    Case("frame", "frame", sound(frame="A26"), sound(frame="")),
    Case(
        "frame_already_paid",
        "totals.payable",
        sound(frame="A2"),
        sound(frame="A2", totals=totals(100_00, 20_00, prepaid=120_00)),
    ),
    Case("frame_s5", "frame", sound(frame="S5"), sound(frame="S3"), PLATFORM, PLATFORM),
    Case("date_century", "date", sound(date=date(1999, 12, 31)), sound(date=date(2000, 1, 1))),
    Case("date_century", "due_date", sound(due_date=date(2100, 1, 1)), sound(due_date=date(2099, 12, 31))),
    Case("date_future", "date", sound(date=date(2026, 11, 23)), sound(date=date(2026, 11, 22))),
    Case("due_before_date", "due_date", sound(due_date=date(2026, 11, 19)), sound(due_date=date(2026, 11, 20))),
    Case(
        "period_backwards",
        "period.end",
        sound(period=Period(date(2026, 11, 2), date(2026, 11, 1))),
        sound(period=Period(date(2026, 11, 1), date(2026, 11, 1))),
    ),
    Case("period_backwards", "lines[0].period.end", lines(period=Period(date(2026, 11, 2), date(2026, 11, 1)))),
    Case("currency", "currency", sound(currency=ODD)),
    Case("currency", "vat_currency", sound(vat_currency=ODD), sound(vat_currency=EUR)),
    Case("credited_missing", "preceding", credit_note(preceding=()), credit_note()),
    Case("credited_many", "preceding", credit_note(preceding=(Preceding("F1"), Preceding("F2"))), credit_note()),
    Case("credited_itself", "preceding[0].number", credit_note(preceding=(Preceding("FA-2026-0187"),)), credit_note()),
    Case("lines_missing", "lines", sound(lines=())),
    Case("text_too_long", "service", sound(service="S" * 101)),
    Case("text_too_long", "engagement", sound(engagement="E" * 51), sound(engagement="E" * 50)),
    Case("text_too_long", "contract", sound(contract="M" * 51), sound(contract="M" * 50)),
    Case("text_too_long", "terms", sound(terms="t" * 1025), sound(terms="t" * 1024)),
    Case("text_too_long", "seller.name", seller(name="n" * 100), seller(name="n" * 99)),
    Case("text_too_long", "buyer.name", buyer(name="n" * 100), buyer(name="n" * 99)),
    Case("text_too_long", "buyer.address", buyer(address=replace(LILLE, line1="a" * 400)), buyer()),
    Case("text_too_long", "lines[0].item.description", lines(item=Item("Papier", "d" * 1025)), lines()),
    Case("text_too_long", "delivery.location", sound(delivery=Delivery(location=Identifier("l" * 21)))),
    Case("character", "lines[0].item.name", lines(item=Item("Papier\x0b")), lines(item=Item("Papier\t€ 𝄞"))),
    Case("character", "terms", sound(terms="\ud800")),
    # payment
    Case("means_missing", "means.code", sound(means=None)),
    Case("means_missing", "means.code", paid("")),
    Case("means_code", "means.code", paid("57"), paid("97")),
    Case("means_code", "other_means[0].code", sound(other_means=(PaymentMeans("ZZZ"),))),
    Case("means_not_30", "means.code", paid("58"), paid("30")),
    Case(
        "means_on_credit_note",
        "means",
        credit_note(means=PaymentMeans("30", accounts=(Account(IBAN),))),
        credit_note(means=PaymentMeans("30", accounts=(Account(IBAN),))),
        {},
        {"means_on_credit_notes": True},
    ),
    Case("iban_missing", "means.accounts", paid(iban="")),
    Case("iban_unwritten", "means.accounts", paid("20", iban="")),
    Case("iban", "means.accounts[0].id", paid(iban="FR7630006000011234567890188"), when={"iban": ""}),
    Case("iban", "means.accounts[0].id", paid(iban="FR76 3000 6000 0112 3456 7890 189"), when={"iban": ""}),
    Case("iban", "means.accounts[0].id", paid(iban="FR143000600001123456789018"), when={"iban": ""}),
    Case(
        "iban_too_long",
        "means.accounts[0].id",
        paid(iban="MT84MALT011000012345MTLCAST001S"),
        paid(iban="DE89370400440532013000"),
        {"iban": ""},
        {"iban": ""},
    ),
    Case("iban_other", "means.accounts[0].id", paid(iban="DE89370400440532013000"), paid()),
    Case("bic", "means.accounts[0].bic", paid(bic="AGRI"), paid(bic="AGRIFRPP")),
    Case("bic", "means.accounts[0].bic", paid(bic="AGRIFRPPXX"), paid(bic="AGRIFRPPXXX")),
    # amounts
    Case("line_net", "lines[0].net", lines(quantity=number("3")), lines(quantity=number("2.000"))),
    Case(
        "line_net",
        "lines[0].net",
        lines(allowances=(AllowanceCharge(False, 10_00),)),
        lines(quantity=number("2.2"), allowances=(AllowanceCharge(False, 10_00),)),
    ),
    Case("line_net_rounding", "lines[0].net", lines(price=Price(number("49.9951"))), priced()),
    Case("price_quantity", "lines[0].price.quantity", priced(quantity=number("0")), priced(quantity=number("1"))),
    Case(
        "price_net",
        "lines[0].price.net",
        priced(gross=number("60.00"), discount=number("9.00")),
        priced(gross=number("60.0"), discount=number("10")),
    ),
    Case(
        "gross_price_alone",
        "lines[0].price.discount",
        priced(gross=number("50.00")),
        priced(gross=number("50.00"), discount=number("0.00")),
        {"syntax": "cii"},
        {"syntax": "cii"},
    ),
    Case(
        "decimals",
        "lines[0].price.net",
        lines(price=Price(replace(number("0"), digits=500000000, decimals=7))),
        lines(price=Price(replace(number("0"), digits=50000000, decimals=6))),
    ),
    Case("total_lines", "totals.lines", summed(lines=100_01)),
    Case("total_allowances", "totals.allowances", summed(allowances=1)),
    Case("total_charges", "totals.charges", summed(charges=1)),
    Case(
        "total_charges",
        "totals.charges",
        sound(allowances=(extra(5_00, charge=True),)),
        sound(
            allowances=(extra(5_00, charge=True), extra(5_00, charge=False)),
            totals=replace(totals(100_00, 20_00), allowances=5_00, charges=5_00),
        ),
    ),
    Case("total_net", "totals.net", summed(net=99_99)),
    Case("total_vat", "totals.vat", summed(vat=20_01)),
    Case("total_gross", "totals.gross", summed(gross=120_01)),
    Case("total_payable", "totals.payable", summed(payable=119_99), summed(payable=120_03, rounding=3)),
    Case("invoice_negative", "totals.gross", sound(totals=totals(-100_00, -20_00))),
    Case("credit_note_negative", "totals.gross", credit_note(totals=totals(-100_00, -20_00)), credit_note()),
    # VAT
    Case("vat_category_missing", "lines[0].vat_category", lines(vat_category="")),
    Case("vat_category", "lines[0].vat_category", lines(vat_category="X")),
    Case("vat_category", "vat[0].category", sound(vat=(VatBreakdown("X", number("20"), 100_00, 20_00),))),
    Case("vat_rate_missing", "lines[0].vat_rate", lines(vat_rate=None), rated("O", None)),
    Case("vat_rate_not_zero", "lines[0].vat_rate", rated("AE", "20"), rated("AE", "0")),
    Case("vat_rate_zero", "lines[0].vat_rate", rated("S", "0"), rated("E", "0")),
    Case("vat_rate_french", "lines[0].vat_rate", lines(vat_rate=number("19")), lines(vat_rate=number("20.0"))),
    Case(
        "exemption_missing",
        "vat[0].exemption",
        rated("E", "0", exemption=""),
        rated("E", "0", exemption="", exemption_code="VATEX-EU-132"),
    ),
    Case("vat_row_missing", "vat", lines(vat_rate=number("10")), lines(vat_rate=number("20"))),
    Case("vat_row_twice", "vat[1]", sound(vat=sound().vat * 2)),
    Case("vat_base", "vat[0].base", sound(vat=(VatBreakdown("S", number("20.00"), 99_99, 20_00),))),
    Case("vat_amount", "vat[0].amount", sound(vat=(VatBreakdown("S", number("20.00"), 100_00, 20_01),))),
    Case(
        "vat_rounding",
        "vat[0].amount",
        sound(
            lines=tuple(line(n, quantity=number("1"), price=Price(number("0.03")), net=3) for n in range(1, 4)),
            vat=(VatBreakdown("S", number("20.00"), 9, 3),),
            totals=totals(9, 3),
        ),
        sound(
            lines=tuple(line(n, quantity=number("1"), price=Price(number("0.03")), net=3) for n in range(1, 4)),
            vat=(VatBreakdown("S", number("20.00"), 9, 2),),
            totals=totals(9, 2),
        ),
    ),
    Case(
        "vat_in_vat_currency",
        "totals.vat_in_vat_currency",
        sound(vat_currency=DOLLAR),
        summed(vat_in_vat_currency=22_00),
    ),
    Case("vat_currency_missing", "vat_currency", sound(currency=DOLLAR), sound(), PLATFORM, PLATFORM),
    # files
    Case("attachment_name_too_long", "documents[0].filename", attached("p" * 47 + ".pdf"), attached("p" * 46 + ".pdf")),
    Case("attachment_extension", "documents[0].filename", attached("plan.dwg"), attached("plan.PDF")),
    Case("attachment_extension", "documents[0].filename", attached("plan"), attached("plan.pdf")),
    Case("attachment_empty", "documents[0].content", attached("plan.pdf", b""), attached("plan.pdf", b"%")),
    Case(
        "attachment_too_large",
        "documents[0].content",
        attached("plan.pdf", bytes(10 * MEGABYTE + 1)),
        attached("plan.pdf", bytes(10 * MEGABYTE)),
    ),
    Case("attachment_name_twice", "documents[1].filename", attached("plan.pdf", count=2)),
    Case(
        "attachments_together",
        "documents",
        attached("plan.pdf", bytes(10 * MEGABYTE), 13),
        attached("plan.pdf", bytes(10 * MEGABYTE), 12),
    ),
    Case(
        "file_too_large",
        "documents",
        sound(),
        when={"file_bytes": 10 * MEGABYTE + 1},
        well={"file_bytes": 10 * MEGABYTE},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_fault_is_found_at_its_field_and_its_neighbour_is_none(case: Case) -> None:
    found = check(case.bad, circumstances(**case.when))
    assert (case.code, case.place) in {(one.code, one.place) for one in found}, found
    beside = check(case.good, circumstances(**case.well))
    assert (case.code, case.place) not in {(one.code, one.place) for one in beside}, beside


@pytest.mark.parametrize("route", ["chorus", "platform"])
@pytest.mark.parametrize("syntax", ["ubl", "cii", "facturx"])
@pytest.mark.parametrize("invoice", [sound(), sound(10), credit_note()], ids=["one", "ten", "credit"])
def test_nothing_speaks_against_a_sound_invoice(invoice: Invoice, route: str, syntax: str) -> None:
    frame = "A1" if route == "chorus" else "S1"
    assert check(replace(invoice, frame=frame), circumstances(route=route, syntax=syntax)) == []


def test_every_code_has_a_case_its_texts_and_its_source() -> None:
    codes = {code for rule in RULES for code in rule.codes}
    assert {case.code for case in CASES} | {"lines_many"} == codes  # a million lines would take a minute
    texts = catalogue()
    assert not [code for code in codes if not texts[code].source]


def test_a_rule_finds_only_what_it_declares() -> None:
    for case in CASES:
        what = circumstances(**case.when)
        for rule in RULES:
            found = {one.code for one in rule.find(case.bad, what)}
            assert found <= set(rule.codes), rule.find


def test_texts_have_no_blank_left_and_are_said_in_both_languages() -> None:
    for case in CASES:
        for one in check(case.bad, circumstances(**case.when)):
            shape = one.shape
            for name in ("fr", "en", "fix_fr", "fix_en"):
                assert shape[name].strip(), (one.code, name)
                assert "{" not in shape[name], (one.code, name)
                assert "« »" not in shape[name], (one.code, name)


def test_everything_is_told_at_once() -> None:
    spoilt = sound(
        number="F" * 30, seller=replace(SELLER, ids=()), buyer=replace(HOSPITAL, ids=()), means=None, service="NONE"
    )
    codes = {one.code for one in check(spoilt, circumstances())}
    assert {"number_too_long", "supplier_siren", "buyer_siren", "means_missing", "service_unknown"} <= codes


def test_where_a_buyer_has_no_service_none_is_offered() -> None:
    bare = circumstances(buyer=replace(BOOKS, services=()))
    (found,) = [one for one in check(sound(service="COMPTA"), bare) if one.code == "service_unknown"]
    assert found.shape["fix_fr"].endswith("retirer le code.")
    assert found.shape["fix_en"].endswith("leave the code out.")


def test_the_check_digit_of_a_siret_is_an_error_in_production_and_a_warning_in_qualification() -> None:
    wrong = sound(buyer=known_as(HOSPITAL, "33254021516358"))
    levels = {}
    for platform in ("production", "qualification"):
        found = check(wrong, circumstances(platform=platform))
        (one,) = [one for one in found if one.code == "buyer_siret_checksum"]
        levels[platform] = one.blocks
    assert levels == {"production": True, "qualification": False}


def test_a_private_buyer_behind_a_platform_needs_nothing_of_chorus() -> None:
    private = replace(sound(frame="S1", number="F" * 35), buyer=replace(HOSPITAL, ids=()), means=None, service="")
    what = Circumstances(date(2026, 11, 22), route="platform", public_buyer=False, uses=())
    assert check(private, what) == []


def test_a_rule_that_is_not_made_is_said_and_does_not_block() -> None:
    silent = check(sound(), circumstances(buyer=NotAsked("portal_down"), supplier=NotAsked("not_subscribed")))
    assert [one.code for one in silent] == ["not_checked", "not_checked"]
    assert not any(one.blocks for one in silent)
    assert "portail" in silent[1].shape["fr"]

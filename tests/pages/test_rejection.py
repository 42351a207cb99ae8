"""Faults as blocks and as lit lines: of every file that we write, and of what nobody expects."""

import html
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from lettrage.acts import perform
from lettrage.acts.correcting import CorrectInvoice
from lettrage.acts.invoice import ImportInvoices
from lettrage.adapters.http.pages.invoice_case import came_from
from lettrage.adapters.http.pages.rejection import Fault, faults, report
from lettrage.adapters.http.pages.sentxml import MOST_CHARACTERS, Code, Spot, code
from lettrage.adapters.http.pages.words import words
from lettrage.caller import Caller
from lettrage.invoicing.billing.amend import MENDINGS, amended, file_of
from lettrage.invoicing.billing.intake import Whom
from lettrage.invoicing.explaining.explain import explain
from lettrage.invoicing.explaining.proposing import proposed
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.portal import Service
from lettrage.invoicing.sending.outbox import Said
from tests.invoicing.brought import SHOP, TOWN, bring, firm_of, form
from tests.invoicing.papers import invoice

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*/*.xml"))
say = partial(words, "fr")
SERVICE = (
    "Le code service (AccountingCustomerParty.AccountingContact.ID) n'existe pas"
    " dans le referentiel des codes services."
)


def shown(told: Code) -> list[str]:
    """The text of each line."""
    return ["".join(piece.text for piece in line.pieces) for line in told.lines]


# ---------------------------------------------------------------- the file as lines


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_lines_of_a_page_are_those_of_the_file(file: Path) -> None:
    text = file.read_text("utf-8")
    told = code(text, (), whole=True)

    assert shown(told) == text.splitlines()
    assert [line.number for line in told.lines] == list(range(1, told.total + 1))
    assert not any(piece.left for line in told.lines for piece in line.pieces)


def test_twenty_five_lines_stand_around_a_fault() -> None:
    text = "".join(f"<a>{n}</a>\n" for n in range(1, 101))
    at = text.index("50")
    told = code(text, [Spot(at, at + 2, 1, "tag")])

    assert [line.number for line in told.lines] == list(range(38, 63))
    assert told.lit == [50]
    assert [piece.text for line in told.lines for piece in line.pieces if piece.lit] == ["50"]


def test_faults_far_apart_stand_in_parts_with_a_gap_between() -> None:
    text = "".join(f"<a>{n:03}</a>\n" for n in range(1, 301))
    spots = [Spot(text.index(f"{n:03}"), text.index(f"{n:03}") + 3, n, "tag") for n in (2, 150, 299)]
    told = code(text, spots)

    assert told.lit == [2, 150, 299]
    assert [line.number for line in told.lines].count(0) == 2
    assert len(told.lines) == 3 * 25 + 2


def test_of_a_long_attachment_only_the_beginning_is_shown() -> None:
    told = code(f"<a>{'x' * 5_000_000}</a>", ())

    assert len(shown(told)[0]) < 2 * MOST_CHARACTERS
    assert [piece.left for line in told.lines for piece in line.pieces if piece.left] == [5_000_000 - MOST_CHARACTERS]


@pytest.mark.parametrize("text", ["", "<", "<<<", "a<b", "<!-- open", '<a b="', "\n\n", "<a>\x00</a>", "<" * 50_000])
def test_what_is_no_xml_is_shown_as_it_is(text: str) -> None:
    assert "\n".join(shown(code(text, ()))) == text.removesuffix("\n")[:MOST_CHARACTERS] or len(text) > MOST_CHARACTERS


# ---------------------------------------------------------------- faults


def told(*said: str, syntax: str = "ubl") -> tuple[list[Fault], list[Spot], str]:
    """The blocks of messages about one invoice, their places, and the file."""
    sent = invoice(service="SRV-FINANCES", engagement="")
    file = (ubl if syntax == "ubl" else cii).render(sent, "chorus")
    findings = explain([Said(text) for text in said], file, sent)
    blocks, spots = faults(findings, file, "fr", say, checked=False)
    return blocks, spots, file.decode()


def test_a_message_lights_the_value_that_was_sent() -> None:
    (block,), (spot,), text = told(SERVICE)

    assert text[spot.start : spot.end] == "SRV-FINANCES"
    assert text.splitlines()[block.line - 1].strip() == "<cbc:ID>SRV-FINANCES</cbc:ID>"
    assert (block.seen, block.fields, block.raw) == ("SRV-FINANCES", ("service",), SERVICE)
    assert spot.tag == "code service inconnu"


def test_several_messages_are_numbered_and_so_are_their_places() -> None:
    blocks, spots, text = told(SERVICE, "L'engagement juridique (OrderReference.ID) est obligatoire")

    assert [block.number for block in blocks] == [1, 2]
    assert {spot.number for spot in spots} == {1, 2}
    missing = next(spot for spot in spots if spot.number == 2)
    assert text[missing.start : missing.end] == "<Invoice"
    assert blocks[1].missing
    assert blocks[1].fields == ("engagement",)


def test_a_message_that_nobody_knows_is_shown_as_it_came_and_reported_without_what_the_invoice_says() -> None:
    sent = invoice(service="SRV-FINANCES")
    raw = f"Circuit ZX-77 : {sent.number} de {sent.buyer.name} ({sent.buyer.siret}) pour 1416.00"
    (block,), _, _ = told(raw)
    reported = report(block, sent, "rejected")

    assert (block.title, block.raw, block.guess) == ("Message non répertorié", raw, True)
    for value in (sent.number, sent.buyer.name, sent.buyer.siret, "1416"):
        assert value not in reported
    assert "Circuit ZX-99" in reported


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
@pytest.mark.parametrize("field", sorted(MENDINGS))
def test_a_field_of_ours_is_found_in_the_file(field: str, syntax: str) -> None:
    """What our own check finds names our field: it is lit where the file has it, or where it should have it."""
    sent = invoice()
    file = (ubl if syntax == "ubl" else cii).render(sent, "chorus")
    _, spots = faults([Finding("service_missing", field)], file, "fr", say, checked=True)

    assert len(spots) == 1
    value = MENDINGS[field].said(sent)
    lit = file.decode()[spots[0].start : spots[0].end]
    assert (html.unescape(lit) == value) or lit.startswith("<")


@pytest.mark.parametrize("field", sorted(MENDINGS))
def test_a_field_is_mended_and_nothing_else(field: str) -> None:
    before = invoice()
    after = amended(before, {field: "ZZ"})

    assert MENDINGS[field].said(after) == "ZZ"
    back = amended(after, {field: MENDINGS[field].said(before)})
    assert replace(back, preceding=(), delivery=None) == replace(before, preceding=(), delivery=None)


def test_a_correction_is_for_the_customer_it_was_made_for_although_another_has_his_siret(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, third_parties=[TOWN, SHOP, TOWN | {"code": "C9", "name": "Service des eaux"}])
    bring(firm, form("F1", service="A"))
    with firm.store.books(firm.dossier, writing=False) as books:
        (was,) = books.documents_of("F1")
        content = books.document_content(was.id)
    brought = ImportInvoices(file_of(replace(content, service="B"), Whom(was.third_party, was.establishment)), {}, "me")
    done = perform(CorrectInvoice(brought, "F1", was), Caller("me", "page", firm.dossier), firm.store, firm.clock)

    assert done.result is not None, done.reasons
    (made,) = done.result["invoices"]
    assert (made["outcome"], made["third_party"], made["corrects"]) == ("corrected", "C1", str(was.id))


# ---------------------------------------------------------------- services


def services() -> Iterator[Service]:
    yield Service("BAT-02", "Bâtiments communaux")
    yield Service("ECO-01", "Écoles")
    yield Service("FIN-01", "Direction des finances")
    yield Service("FIN-00", "Finances, fermé", active=False)


@pytest.mark.parametrize(
    ("sent", "accepted", "first"),
    [
        ("SRV-FINANCES", {}, "FIN-01"),  # a word of its name
        ("FIN-O1", {"ECO-01": 9}, "FIN-01"),  # a letter for a digit
        ("ZZZ", {"ECO-01": 2, "BAT-02": 7}, "BAT-02"),  # nothing like it: the most used
        ("", {"ECO-01": 1}, "ECO-01"),
        ("ZZZ", {}, ""),  # nothing says anything: nothing is proposed
    ],
)
def test_the_closest_is_proposed_first_then_the_most_used(sent: str, accepted: dict[str, int], first: str) -> None:
    offered = proposed(services(), sent, accepted)

    assert [one.code for one in offered if one.first] == ([first] if first else [])
    assert {one.code for one in offered} == {"BAT-02", "ECO-01", "FIN-01"}
    assert not first or offered[0].code == first


# ---------------------------------------------------------------- the list one came from


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/factures?vue=a-corriger", "/factures?vue=a-corriger"),
        ("/factures", "/factures"),
        ("/factures?q=a%26b&vue=x", "/factures?q=a%26b&vue=x"),
        ("https://elsewhere.example/factures", ""),
        ("//elsewhere.example/factures", ""),
        ("/\\elsewhere.example", ""),
        ("javascript:alert(1)", ""),
        ("/factures/../parametres", ""),
        ("/reglements", ""),
        ("/factures?q=\r\nSet-Cookie: a=b", ""),
        ("/factures?" + "a" * 2_000, ""),
    ],
)
def test_only_a_list_of_our_own_is_gone_back_to(given: str, kept: str) -> None:
    assert came_from(given) == kept


def test_words_of_a_tag_are_never_marks_of_html() -> None:
    blocks, _, _ = told('<script>alert(1)</script> | " onclick="x')

    assert all(re.search("[<>]", block.tag) is None for block in blocks)

"""Whatever an invoice holds is the same after writing and reading, in each syntax."""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree
from msgspec.structs import replace

from lettrage.adapters.rules.files import path
from lettrage.guard.xml_safe import parse
from lettrage.invoicing.document import Identifier, Invoice, Note
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.formats.markup import forbidden
from lettrage.invoicing.formats.read import read
from tests.golden.documents import ROUTES, one_rate
from tests.invoicing.strategies import invoices

_SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
_ROOTS: tuple[ubl.Root, ...] = ("Invoice", "CreditNote")


@_SLOW
@given(invoices())
def test_ubl_for_a_platform(invoice: Invoice) -> None:
    found = read(ubl.render(invoice, "platform"))
    assert found.invoice == invoice
    assert found.findings == ()


@_SLOW
@given(invoices())
def test_ubl_for_chorus_pro(invoice: Invoice) -> None:
    for root in _ROOTS:
        assert read(ubl.render(invoice, "chorus", root)).invoice == invoice


@_SLOW
@given(invoices())
def test_cii_for_a_platform(invoice: Invoice) -> None:
    found = read(cii.render(invoice, "platform"))
    assert found.invoice == invoice
    assert found.findings == ()
    assert found.syntax == "cii"


def _numbered(invoice: Invoice) -> Invoice:
    """With what the schemas want of the data: a line, numbers of lines, types of attached files."""
    lines = tuple(replace(line, id=line.id or str(at)) for at, line in enumerate(invoice.lines or one_rate().lines))
    documents = tuple(replace(found, mime="text/csv") if found.content else found for found in invoice.documents)
    return replace(invoice, lines=lines, documents=documents)


@_SLOW
@given(invoices())
def test_whatever_is_written_is_in_the_order_of_its_schema(invoice: Invoice) -> None:
    whole = _numbered(invoice)
    files = [write(whole, route) for write in (ubl.render, cii.render) for route in ROUTES]
    for content in (*files, *(ubl.render(whole, "chorus", root) for root in _ROOTS)):
        root = parse(content)
        schema = _schema(etree.QName(root).localname)
        assert schema.validate(root), schema.error_log.last_error


@cache
def _schema(root: str) -> etree.XMLSchema:
    name = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
    if root in _ROOTS:
        name = f"ubl-2.1/maindoc/UBL-{root}-2.1.xsd"
    return etree.XMLSchema(etree.parse(path(name)))


@_SLOW
@given(invoices())
def test_writing_twice_gives_the_same_bytes(invoice: Invoice) -> None:
    for write in (ubl.render, cii.render):
        assert write(invoice, "chorus") == write(invoice, "chorus")


def test_a_credit_note_is_an_invoice_of_381_for_chorus_pro_and_a_credit_note_for_a_platform() -> None:
    credit = replace(one_rate(), type="381")
    assert parse(ubl.render(credit, "chorus")).tag.endswith("}Invoice")
    assert parse(ubl.render(credit, "platform")).tag.endswith("}CreditNote")
    assert parse(ubl.render(credit, "chorus", "CreditNote")).tag.endswith("}CreditNote")
    assert parse(ubl.render(one_rate(), "platform", "CreditNote")).tag.endswith("}Invoice")


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\ufffe", "\ud800"])
def test_a_character_that_xml_cannot_carry_is_told_and_replaced(character: str) -> None:
    invoice = replace(one_rate(), notes=(Note(f"avant{character}après"),))
    (finding,) = forbidden(invoice)
    assert finding.place == "notes[0].text"
    assert f"U+{ord(character):04X}" in finding.say(finding.text.fr)
    for write in (ubl.render, cii.render):
        found = read(write(invoice, "platform")).invoice
        assert found is not None
        assert found.notes[0].text == "avant\ufffdaprès"
    assert forbidden(one_rate()) == ()


def test_data_never_ends_a_comment_or_an_element() -> None:
    evil = '--><x a="1">]]></cbc:Note><!-- &amp; &#0;'
    invoice = replace(one_rate(), notes=(Note(evil),), object=Identifier(evil, evil), terms=evil)
    for write in (ubl.render, cii.render):
        assert read(write(invoice, "chorus")).invoice == invoice


def test_every_line_of_the_file_is_ours() -> None:
    """Line breaks of the data are references: a place in the file is a line, and an element stands on one."""
    invoice = replace(one_rate(), terms="un\ndeux\r\ntrois\tquatre")
    text = ubl.render(invoice).decode()
    assert "un&#10;deux&#13;&#10;trois&#9;quatre" in text
    assert all(line.lstrip().startswith("<") for line in text.splitlines())

"""What is read and what is told: liberal spellings, faults with place and line, what the model has no term for."""

from datetime import date

import pytest
from lxml import etree
from msgspec.structs import replace

from lettrage.invoicing.document import Account, Identifier, Invoice, PaymentMeans
from lettrage.invoicing.finding import Finding, catalogue
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.formats.read import read
from lettrage.invoicing.formats.reading import NAMESPACES, path_of
from lettrage.money import Figure
from tests.golden.documents import credit_note, documents, foreign_currency, one_rate, references
from tests.golden.files import FOLDER

_UBL, _CII = ubl.render(one_rate(), "platform"), cii.render(one_rate(), "platform")


def told(content: bytes, old: str, new: str) -> tuple[Finding, ...]:
    assert old.encode() in content
    return read(content.replace(old.encode(), new.encode(), 1)).findings


def understood(content: bytes, old: str, new: str) -> Invoice:
    assert old.encode() in content
    found = read(content.replace(old.encode(), new.encode(), 1))
    assert found.invoice is not None, found.findings
    return found.invoice


# ---------------------------------------------------------------- liberal


@pytest.mark.parametrize("spelling", ["45", "45.0", "+45.00", "45.", "045.000", " 45.00\n"])
def test_an_amount_may_be_spelled_in_every_way_of_xs_decimal(spelling: str) -> None:
    invoice = understood(_UBL, '<cbc:LineExtensionAmount currencyID="EUR">45.00</cbc:LineExtensionAmount>',
                         f'<cbc:LineExtensionAmount currencyID="EUR">{spelling}</cbc:LineExtensionAmount>')  # fmt: skip
    assert invoice.lines[0].net == 4500


def test_a_negative_amount_is_read() -> None:
    assert understood(_UBL, ">72.00</cbc:PayableAmount>", ">-5</cbc:PayableAmount>").totals.payable == -500


def test_an_amount_of_eighteen_digits_is_exact() -> None:
    invoice = understood(_UBL, ">72.00</cbc:PayableAmount>", ">999999999999999.99</cbc:PayableAmount>")
    assert invoice.totals.payable == 99_999_999_999_999_999


@pytest.mark.parametrize("spelling", ["2026-03-02Z", "2026-03-02+01:00", "20260302", "2026-03-02T00:00:00"])
def test_a_date_may_have_a_time_zone(spelling: str) -> None:
    assert understood(_UBL, "2026-03-02</cbc:IssueDate>", spelling + "</cbc:IssueDate>").date == date(2026, 3, 2)


def test_any_prefixes_will_do() -> None:
    content = _UBL.replace(b"cbc:", b"basic:").replace(b"xmlns:cbc", b"xmlns:basic").replace(b"cac:", b"a:")
    content = content.replace(b"xmlns:cac", b"xmlns:a").replace(b"<Invoice xmlns=", b"<i:Invoice xmlns:i=")
    found = read(content.replace(b"</Invoice>", b"</i:Invoice>"))
    assert found.invoice == one_rate_on_platform()


def one_rate_on_platform() -> Invoice:
    found = read(_UBL).invoice
    assert found == one_rate()
    return found


def test_comments_and_instructions_are_not_read_even_inside_a_text() -> None:
    content = _UBL.replace(b">FA-2026-0001</cbc:ID>", b">FA-<!-- A1 --><?pi x?>2026-0001</cbc:ID>", 1)
    assert read(content).invoice == one_rate()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-15", "windows-1252"])
def test_other_encodings(encoding: str) -> None:
    text = _UBL.decode().replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    found = read(text.encode(encoding))
    assert found.invoice == one_rate()


@pytest.mark.parametrize(("code", "due"), [("3", "debits"), ("35", "delivery"), ("432", "receipts")])
def test_when_vat_falls_due_in_ubl(code: str, due: str) -> None:
    old = "<cbc:DescriptionCode>3</cbc:DescriptionCode>"
    assert understood(_UBL, old, old.replace("3", code)).vat_due == due


@pytest.mark.parametrize(("code", "due"), [("5", "debits"), ("29", "delivery"), ("72", "receipts")])
def test_when_vat_falls_due_in_cii(code: str, due: str) -> None:
    old = "<ram:DueDateTypeCode>5</ram:DueDateTypeCode>"
    assert understood(_CII, old, old.replace("5", code)).vat_due == due


def test_the_regime_of_chorus_pro_tells_when_vat_falls_due_where_nothing_else_does() -> None:
    content = ubl.render(one_rate(), "chorus").replace(b"<cbc:DescriptionCode>3</cbc:DescriptionCode>", b"")
    found = read(content.replace(b"TVA DEBIT", b"TVA ENCAISSEMENT")).invoice
    assert found is not None
    assert found.vat_due == "receipts"


@pytest.mark.parametrize("attribute", ['schemeName="1"', 'schemeID="1"', 'schemeID="0009"'])
def test_a_siret_under_every_name_of_its_scheme(attribute: str) -> None:
    invoice = understood(_UBL, '<cbc:ID schemeID="0009">10000000900017', f"<cbc:ID {attribute}>10000000900017")
    assert invoice.seller.siret == "10000000900017"


def test_a_siret_as_legal_identifier_gives_siret_and_siren() -> None:
    old = '<ram:GlobalID schemeID="0009">10000000900017</ram:GlobalID>'
    content = cii.render(one_rate(), "chorus").replace(old.encode(), b"")
    seller = understood(content, 'schemeID="0002">10000000900017', 'schemeID="1">10000000900017').seller
    assert seller.legal_id == Identifier("100000009", "0002") or seller.siret == "10000000900017"


def test_several_ways_to_pay_and_several_accounts() -> None:
    second = (
        "<cac:PaymentMeans><cbc:PaymentMeansCode name='Virement'>30</cbc:PaymentMeansCode><cac:PayeeFinancialAccount>"
        "<cbc:ID>DE02120300000000202051</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
        "<cac:PaymentMeans><cbc:PaymentMeansCode>20</cbc:PaymentMeansCode></cac:PaymentMeans>"
    )
    invoice = understood(_UBL, "</cac:PaymentMeans>", "</cac:PaymentMeans>" + second)
    assert invoice.means is not None
    assert [account.id[:2] for account in invoice.means.accounts] == ["FR", "DE"]
    assert invoice.other_means == (PaymentMeans("20"),)


def test_vat_totals_are_told_apart_by_their_currency_in_any_order() -> None:
    invoice = foreign_currency()
    content = ubl.render(invoice, "platform").decode()
    start, end = content.index("  <cac:TaxTotal>\n"), content.index("  <!-- Totaux")
    own, other = content[start:end].split("  <cac:TaxTotal>\n")[1:]
    swapped = content[:start] + "".join("  <cac:TaxTotal>\n" + part for part in (other, own)) + content[end:]
    assert read(swapped.encode()).invoice == invoice


def test_a_missing_sum_of_lines_is_derived_and_told() -> None:
    (finding,) = told(_CII, "<ram:LineTotalAmount>60.00</ram:LineTotalAmount>\n      ", "")
    assert (finding.code, finding.seen, finding.blocks) == ("xml_derived", "60.00 EUR", False)


def test_a_due_date_of_a_credit_note_has_its_place_in_either_root() -> None:
    for root in ("Invoice", "CreditNote"):
        assert read(ubl.render(credit_note(), "platform", root)).invoice == credit_note()


# ---------------------------------------------------------------- what is told

_FAULTS = [
    (">72.00</cbc:PayableAmount>", ">72,00</cbc:PayableAmount>", "xml_figure"),
    (">72.00</cbc:PayableAmount>", ">7.2E1</cbc:PayableAmount>", "xml_figure"),
    (">72.00</cbc:PayableAmount>", ">-1 324,60</cbc:PayableAmount>", "xml_figure"),
    (">72.00</cbc:PayableAmount>", ">NaN</cbc:PayableAmount>", "xml_figure"),
    (">72.00</cbc:PayableAmount>", ">٧٢</cbc:PayableAmount>", "xml_figure"),
    (">72.00</cbc:PayableAmount>", f">{'9' * 300}</cbc:PayableAmount>", "xml_figure"),
    (">72.00</cbc:PayableAmount>", ">72.001</cbc:PayableAmount>", "xml_decimals"),
    ('"EUR">72.00</cbc:PayableAmount>', '"USD">72.00</cbc:PayableAmount>', "xml_currency_differs"),
    ('"EUR">4.50</cbc:PriceAmount>', '"USD">4.50</cbc:PriceAmount>', "xml_currency_differs"),
    (">72.00</cbc:PayableAmount>", "></cbc:PayableAmount>", "xml_missing"),
    ("<cbc:DocumentCurrencyCode>EUR", "<cbc:DocumentCurrencyCode>EURO", "xml_currency"),
    ("<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", "", "xml_missing"),
    ("2026-03-02</cbc:IssueDate>", "2026-02-30</cbc:IssueDate>", "xml_date"),
    ("2026-03-02</cbc:IssueDate>", "02/03/2026</cbc:IssueDate>", "xml_date"),
    ("<cbc:ID>FA-2026-0001</cbc:ID>", "", "xml_missing"),
    ("<cbc:DescriptionCode>3<", "<cbc:DescriptionCode>99<", "xml_vat_due"),
    ("<cac:Country>", "<cbc:Extra>Cèdre</cbc:Extra><cac:Country>", "xml_not_kept"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), _FAULTS)
def test_a_fault_is_told_with_its_place_and_line(old: str, new: str, code: str) -> None:
    (finding,) = told(_UBL, old, new)
    assert finding.code == code
    assert finding.text.level == catalogue()[code].level
    broken = _UBL.replace(old.encode(), new.encode(), 1)
    root = etree.fromstring(broken)
    place = finding.place if code != "xml_missing" or new.startswith(">") else finding.place.rpartition("/")[0]
    (element,) = root.xpath(place, namespaces=NAMESPACES)
    assert finding.facts["line"] == str(element.sourceline)
    for text in finding.shape.values():
        assert "{" not in text


def test_all_faults_at_once() -> None:
    content = _UBL.replace(b">72.00<", b">72,00<").replace(b"2026-03-02", b"hier").replace(b">20.00<", b">vingt<")
    found = read(content)
    assert found.invoice is None
    assert found.syntax == "ubl"
    assert {finding.code for finding in found.findings} == {"xml_figure", "xml_date"}
    assert len(found.findings) >= 5


def test_the_second_line_is_named_as_such() -> None:
    content = _UBL.replace(b">15.00</cbc:LineExtensionAmount>", b">x</cbc:LineExtensionAmount>")
    (finding,) = read(content).findings
    assert finding.place == "/ubl:Invoice/cac:InvoiceLine[2]/cbc:LineExtensionAmount"
    assert finding.term == "BT-131"


def test_a_second_value_where_there_is_room_for_one_is_told() -> None:
    (finding,) = told(
        _UBL, "<cbc:BuyerReference>", "<cbc:BuyerReference>AUTRE</cbc:BuyerReference><cbc:BuyerReference>"
    )
    assert (finding.code, finding.seen) == ("xml_not_kept", "SERVICE-01")


def test_another_service_code_in_chorus_pros_place_is_told() -> None:
    content = ubl.render(one_rate(), "chorus")
    old = "<cac:AccountingContact>\n      <cbc:ID>SERVICE-01"
    (finding,) = told(content, old, old.replace("SERVICE-01", "SERVICE-02"))
    assert finding.place.endswith("cac:AccountingContact/cbc:ID")


def test_an_attachment_that_is_no_base64() -> None:
    content = (FOLDER / "ubl-platform" / "attachments.xml").read_bytes()
    (finding,) = told(content, "iVBORw0KGgo", "!iVBORw0KGgo")
    assert finding.code == "xml_base64"


def test_an_attachment_may_be_broken_into_lines() -> None:
    content = (FOLDER / "cii-platform" / "attachments.xml").read_bytes()
    assert read(content.replace(b"iVBORw0KGgo", b"iVBOR\n    w0KGgo")).invoice == documents("platform")["attachments"]


def test_quantities_and_prices_keep_their_decimals() -> None:
    invoice = understood(_UBL, ">10</cbc:InvoicedQuantity>", ">10.0000</cbc:InvoicedQuantity>")
    assert invoice.lines[0].quantity == Figure(100000, 4)
    assert b">10.0000</cbc:InvoicedQuantity>" in ubl.render(invoice)


# ---------------------------------------------------------------- Chorus Pro's profile


def test_the_service_code_stands_in_the_three_places_where_it_is_looked_for() -> None:
    root = etree.fromstring(ubl.render(references(), "chorus"))
    customer = "cac:AccountingCustomerParty/"
    for place in (
        "cbc:BuyerReference",
        customer + "cac:AccountingContact/cbc:ID",
        customer + "cac:Party/cac:Contact/cbc:ID",
    ):
        assert root.findtext(place, namespaces=NAMESPACES) == "SERVICE-01"


_PROFILE = {
    "cbc:ProfileID": "A1",
    "cac:OrderReference/cbc:ID": "ENG-2026-0042",
    "cac:ContractDocumentReference/cbc:ID": "2026-MP-0007",
    "cac:ContractDocumentReference/cbc:DocumentTypeCode": "Marché public",
    "cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification/cbc:ID[@schemeName='1']": "10000000900017",
    "cac:AccountingCustomerParty/cac:Party/cac:PartyIdentification/cbc:ID[@schemeName='1']": "20000000800017",
    "cac:PaymentMeans/cbc:PaymentMeansCode[@listID='UN/ECE 4461']": "30",
    "cac:PaymentMeans/cbc:PaymentDueDate": "2026-04-01",
    "cac:PaymentMeans/cbc:PaymentChannelCode": "IBAN",
    "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID[@schemeName='IBAN']": "FR7630006000011234567890189",
    "cac:PaymentMeans/cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cac:FinancialInstitution"
    "/cbc:ID[@schemeName='BIC']": "AGRIFRPP",
    "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory/cac:TaxScheme/cbc:TaxTypeCode": "TVA",
}


@pytest.mark.parametrize(("place", "text"), _PROFILE.items())
def test_where_chorus_pro_looks_for_each_datum(place: str, text: str) -> None:
    root = etree.fromstring(ubl.render(references(), "chorus"))
    assert [element.text for element in root.xpath(place, namespaces=NAMESPACES)] == [text]


def test_the_sellers_regime_is_told_where_the_invoice_tells_it() -> None:
    place = "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cac:TaxScheme/cbc:TaxTypeCode"
    regimes = {
        name: etree.fromstring(ubl.render(invoice, "chorus")).findtext(place, namespaces=NAMESPACES)
        for name, invoice in documents("chorus").items()
    }
    assert (regimes["one_rate"], regimes["several_rates"], regimes["exempt"]) == (
        "TVA DEBIT",
        "TVA ENCAISSEMENT",
        "TVA",
    )


def test_a_gross_price_has_its_discount_in_cii_for_chorus_pro() -> None:
    invoice = documents("chorus")["allowances_and_charges"]
    bare = understood(
        cii.render(invoice), "<ram:ActualAmount>0.25</ram:ActualAmount>", "<ram:ActualAmount>0</ram:ActualAmount>"
    )
    assert bare.lines[0].price.discount is None
    assert b"<ram:ActualAmount>0</ram:ActualAmount>" in cii.render(bare, "chorus")
    assert b"<ram:ActualAmount>0</ram:ActualAmount>" not in cii.render(bare, "platform")


def test_the_due_date_stands_in_one_means_only() -> None:
    """UBL-SR-45: whatever the number of accounts and of ways to pay."""
    account = Account("DE02120300000000202051")
    invoice = replace(
        one_rate(), means=PaymentMeans("30", accounts=(account, account)), other_means=(PaymentMeans("20"),)
    )
    for root in ("Invoice", "CreditNote"):
        content = ubl.render(replace(invoice, type="381"), "chorus", root)
        assert content.count(b"<cac:PaymentMeans>") == 3
        assert content.count(b"<cbc:PaymentDueDate>") == 1


def test_the_creditors_reference_may_stand_among_the_payees_identifiers() -> None:
    reference = '<cac:PartyIdentification><cbc:ID schemeID="SEPA">FR00ZZZ123456</cbc:ID></cac:PartyIdentification>'
    content = ubl.render(references(), "platform")
    invoice = understood(content, "<cac:PayeeParty>", "<cac:PayeeParty>" + reference)
    assert invoice.means is not None
    assert invoice.means.creditor == "FR00ZZZ123456"
    assert invoice.payee == references().payee


# ---------------------------------------------------------------- nothing is ignored silently

_SAID_AGAIN = {  # what Chorus Pro's profile says beside the term itself, in whatever words, and the schema's version
    "cac:ContractDocumentReference/cbc:DocumentTypeCode",
    "ubl:Invoice/cbc:UBLVersionID",
    "cac:TaxScheme/cbc:TaxTypeCode",
    "cac:PartyTaxScheme/cac:TaxScheme/cbc:ID",
}


@pytest.mark.parametrize("syntax", ["ubl-chorus", "ubl-platform", "cii-chorus", "cii-platform"])
@pytest.mark.parametrize(
    "name", ["references", "allowances_and_charges", "foreign_currency", "credit_note", "eu_buyer"]
)
def test_every_text_that_changes_changes_what_is_read_or_told(syntax: str, name: str) -> None:
    root = etree.fromstring((FOLDER / syntax / f"{name}.xml").read_bytes(), etree.XMLParser(remove_comments=True))
    before = read(etree.tostring(root))
    for element in root.iter(etree.Element):
        if text := element.text if len(element) == 0 else None:
            element.text = text[:-1] + ("2" if text[-1] == "1" else "1")
            after = read(etree.tostring(root))
            element.text = text
            place = "/".join(path_of(element).split("/")[1:])
            ignored = (after.invoice, after.findings) == (before.invoice, before.findings)
            assert not ignored or any(place.endswith(known) for known in _SAID_AGAIN), place

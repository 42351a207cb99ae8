"""The readable invoice, and Factur-X: PDF/A-3b that declares what it is, with the CII and the attachments inside."""

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import facturx as factur_x
import msgspec
import pypdf
import pytest
from lxml import etree

from lettrage.adapters.pdf import facturx
from lettrage.adapters.pdf.invoice import invoice_pdf
from lettrage.invoicing.document import EN16931, Invoice, Note, Price, Supporting
from lettrage.invoicing.texts import legal_notes
from tests.invoicing.papers import credit_note, figure, invoice, line

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
MENTIONS = {note.subject: note.text for note in legal_notes((), public=True)}
OFFICIAL = Path(__file__).parents[3] / "shared" / "data" / "fr-ctc"


def cii(profile: str = EN16931) -> bytes:
    """As much of a CII as says which profile it is in."""
    return (
        f'<rsm:CrossIndustryInvoice xmlns:rsm="{RSM}" xmlns:ram="{RAM}"><rsm:ExchangedDocumentContext>'
        f"<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{profile}</ram:ID>"
        "</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext></rsm:CrossIndustryInvoice>"
    ).encode()


def opened(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf), strict=True)


def text_of(pdf: bytes) -> str:
    """All that the pages say, every blank one space."""
    pages = " ".join(page.extract_text() for page in opened(pdf).pages)
    return re.sub(r"\s+", " ", pages.replace("\u200b", ""))


def root_of(pdf: bytes) -> Any:
    return opened(pdf).trailer["/Root"]


def metadata(pdf: bytes) -> etree._Element:
    return etree.fromstring(root_of(pdf)["/Metadata"].get_object().get_data())


def files_of(pdf: bytes) -> dict[str, Any]:
    return {found["/UF"]: found for found in (one.get_object() for one in root_of(pdf)["/AF"])}


# ---------------------------------------------------------------- Factur-X


def test_the_cii_inside_is_the_very_bytes_under_the_name_that_every_reader_looks_for() -> None:
    pdf = facturx.render(invoice(), cii())

    assert factur_x.get_xml_from_pdf(pdf, check_xsd=False) == ("factur-x.xml", cii())


@pytest.mark.parametrize(("profile", "expected"), facturx.PROFILES.items())
def test_every_profile_is_declared_by_its_name_and_its_relation_to_the_paper(
    profile: str, expected: tuple[str, str]
) -> None:
    pdf = facturx.render(invoice(), cii(profile))
    said = {one.tag.split("}")[1]: one.text for one in metadata(pdf).iterfind(".//rdf:Description/fx:*", NAMESPACES)}

    level, relationship = expected
    assert said == {
        "DocumentFileName": "factur-x.xml",
        "DocumentType": "INVOICE",
        "Version": "1.0",
        "ConformanceLevel": level,
    }
    assert files_of(pdf)["factur-x.xml"]["/AFRelationship"] == f"/{relationship.capitalize()}"
    assert factur_x.get_level(etree.fromstring(cii(profile))) == level.lower().replace(" ", "")


def test_a_profile_that_factur_x_has_not_is_an_error_of_who_wrote_the_cii() -> None:
    with pytest.raises(KeyError):
        facturx.render(invoice(), cii(f"{EN16931}#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"))


def test_the_schema_of_the_metadata_is_declared_once_and_with_every_property() -> None:
    tree = metadata(facturx.render(invoice(), cii()))
    ours = tree.xpath("//rdf:li[pdfaSchema:prefix='fx']", namespaces=NAMESPACES)

    assert len(tree.findall(".//pdfaExtension:schemas", NAMESPACES)) == 1
    assert [one.findtext("pdfaSchema:namespaceURI", None, NAMESPACES) for one in ours] == [NAMESPACES["fx"]]
    declared = {one.text for one in ours[0].iterfind(".//pdfaProperty:name", NAMESPACES)}
    assert declared == {"DocumentFileName", "DocumentType", "Version", "ConformanceLevel"}


def test_it_is_a_pdf_a_3b_with_its_fonts_and_its_colours_inside() -> None:
    pdf = facturx.render(invoice(), cii())
    tree, root = metadata(pdf), root_of(pdf)

    assert tree.findtext(".//pdfaid:part", None, NAMESPACES) == "3"
    assert tree.findtext(".//pdfaid:conformance", None, NAMESPACES) == "B"
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert "/DestOutputProfile" in root["/OutputIntents"][0].get_object()
    assert set(fonts_of(pdf)) == {True}
    assert "/ID" in opened(pdf).trailer
    assert "/Encrypt" not in opened(pdf).trailer
    assert "/Filter" not in root["/Metadata"].get_object()


def fonts_of(pdf: bytes) -> Iterator[bool]:
    """Of every font, whether it is embedded."""
    pages: Any = opened(pdf).pages
    for page in pages:
        for font in page["/Resources"]["/Font"].values():
            for part in font.get_object()["/DescendantFonts"]:
                yield any(name.startswith("/FontFile") for name in part.get_object()["/FontDescriptor"])


def test_the_same_invoice_gives_the_same_bytes_and_every_date_is_its_own() -> None:
    pdf = facturx.render(invoice(), cii())

    assert pdf == facturx.render(invoice(), cii())
    assert set(re.findall(rb"D:(\d{8})", pdf)) == {b"20250320"}
    tree = metadata(pdf)
    assert tree.findtext(".//xmp:CreateDate", None, NAMESPACES) == "2025-03-20T00:00:00Z"


def test_what_typst_wrote_stays_and_the_new_metadata_are_an_update_behind_it() -> None:
    pdf = facturx.render(invoice(), cii())

    assert pdf.count(b"%%EOF") == 2
    whole = pdf[: pdf.index(b"%%EOF")]
    assert whole.startswith(b"%PDF-1.7")
    assert b"fx:ConformanceLevel" not in whole
    assert len(opened(pdf).pages) == 1


def test_the_invoice_s_own_files_go_along_and_none_hides_the_invoice() -> None:
    documents = (
        Supporting("1", "Bon de livraison", content=b"%PDF-1.4 x", mime="application/pdf", filename="bl.pdf"),
        Supporting("2", content=b"<other/>", mime="text/xml", filename="factur-x.xml"),
        Supporting("3", content=b"a;b", mime="", filename="bl.PDF"),
        Supporting("4", content=b"c", mime="text/plain", filename="../../etc/x\x00.txt"),
        Supporting("5", location="https://example.org/plan"),
    )
    pdf = facturx.render(invoice(documents=documents), cii())

    attachments = {name: content[0] for name, content in opened(pdf).attachments.items()}
    assert attachments == {
        "factur-x.xml": cii(),
        "bl.pdf": b"%PDF-1.4 x",
        "2-factur-x.xml": b"<other/>",
        "3-bl.PDF": b"a;b",
        ".._.._etc_x_.txt": b"c",
    }
    specs = files_of(pdf)
    assert {spec["/AFRelationship"] for name, spec in specs.items() if name != "factur-x.xml"} == {"/Supplement"}
    assert specs["3-bl.PDF"]["/EF"]["/F"].get_object()["/Subtype"] == "/application/pdf"


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official samples are not beside the repository")
def test_the_official_cii_samples_pass_the_library_s_own_check_out_of_our_pdf() -> None:
    samples = [one for one in OFFICIAL.rglob("*_CII*.xml") if "EXTENDED" not in one.name]
    assert samples
    for sample in samples:
        name, content = factur_x.get_xml_from_pdf(facturx.render(invoice(), sample.read_bytes()), check_xsd=True)
        assert (name, content) == ("factur-x.xml", sample.read_bytes())


# ---------------------------------------------------------------- the paper


def test_the_paper_says_all_that_a_french_invoice_must_say() -> None:
    said = text_of(invoice_pdf(invoice()))

    for expected in (
        "Facture N° FA-2025-000187", "Universelle de Bureautique", "SAS au capital de 150 000 €",
        "RCS Evry B 450 219 100", "APE 5829C",
        "SIRET 450 219 100 00010", "N° TVA FR18450219100", "Centre hospitalier", "SIRET 265 906 719 00010",
        "Date 20/03/2025", "Échéance 19/04/2025", "SERVICE_DEST_SERV_OBL", "EJ-2025-0012345", "MAPA-2024-77",
        "12 unité 1 010,5025 20 % 12 126,03", "Total HT 12 126,03", "TVA 2 425,21", "Total TTC 14 551,24",
        "Déjà payé −500,00", "Net à payer 14 051,24 €", "FR76 3000 4000 0312 3456 7890 143", "BNPAFRPP", "Virement",
        "TVA acquittée d'après les débits", "Page 1 / 1",
    ):  # fmt: skip
        assert expected in said, expected
    for legal in MENTIONS.values():
        assert legal in said


def test_a_credit_note_says_what_it_credits_and_asks_for_nothing() -> None:
    said = text_of(invoice_pdf(credit_note()))

    assert "Avoir N° AV-2025-3" in said
    assert "Facture créditée FA-2025-000187 du 20/03/2025" in said
    assert "Montant de l'avoir 14 551,24 €" in said
    assert "Net à payer" not in said
    assert MENTIONS["PMD"] not in said


def test_the_document_s_own_legal_notes_stand_instead_of_the_usual_ones() -> None:
    said = text_of(invoice_pdf(invoice(notes=(Note("Intérêts de retard : 12 % l'an.", "PMD"),))))

    assert "Intérêts de retard : 12 % l'an." in said
    assert MENTIONS["PMD"] not in said
    assert MENTIONS["PMT"] in said


@pytest.mark.parametrize("nasty", ["#panic(1)", "*bold* _it_ $x$ @ref <label>", "// gone", '"; #read("/etc/passwd")'])
def test_what_comes_from_outside_is_only_ever_text(nasty: str) -> None:
    paper = invoice(service=nasty, notes=(Note(nasty),), lines=(line(1, nasty),))

    assert text_of(invoice_pdf(paper)).count(nasty) == 3


def test_no_text_whatever_keeps_an_invoice_from_being_printed() -> None:
    every = "".join(map(chr, (*range(0x20), *range(0x7F, 0x3000), 0x65E5, 0xFEFF, 0x1F642, 0x202E)))

    assert invoice_pdf(invoice(notes=(Note(every),), service="W" * 3_000, lines=(line(1, "\u200b" * 50),)))


def test_hundreds_of_lines_go_on_over_numbered_pages_under_the_same_heading() -> None:
    pdf = invoice_pdf(invoice(lines=tuple(line(at, f"Fourniture {at}") for at in range(1, 401))))
    pages = [page.extract_text() for page in opened(pdf).pages]

    assert len(pages) > 8
    assert len(pdf) < 200_000
    for at, page in enumerate(pages, 1):
        assert f"Page {at} / {len(pages)}" in page
    assert all("Désignation" in page for page in pages[:-1])
    said = text_of(pdf)
    assert all(f"Fourniture {at} " in said for at in range(1, 401))


def test_a_price_for_a_hundred_and_one_with_a_discount_are_told() -> None:
    price = Price(figure("90.0000"), figure("10"), figure("100"), figure("100"), "C62")
    said = text_of(invoice_pdf(invoice(lines=(msgspec.structs.replace(line(1), price=price),))))

    assert "Prix brut 100,00, remise 10,00 · Prix pour 100 (unité)" in said
    assert "90,00" in said


def test_an_invoice_without_anything_optional_is_a_paper_too() -> None:
    bare = invoice()
    bare = Invoice(
        bare.number, bare.type, date(2025, 3, 20), bare.currency, bare.seller, bare.buyer, (), (), bare.totals
    )

    assert "Net à payer 14 051,24 €" in text_of(invoice_pdf(bare))

"""Official samples: each is read, written in both syntaxes, and read again without losing a business term."""

from pathlib import Path

import pytest
from lxml import etree

from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.formats.read import read
from lettrage.invoicing.formats.reading import NAMESPACES
from tests.invoicing.samples import FILES, UNITS, needed

pytestmark = needed

_TERMLESS = {"cac:DocumentReference/cbc:ID", "ram:ProprietaryID", "ram:SubjectCode"}  # the last two places of a path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_is_read_and_written_without_loss(path: Path) -> None:
    found = read(path.read_bytes())
    assert found.invoice is not None, [finding.shape for finding in found.findings]
    for content in (ubl.render(found.invoice, "platform"), cii.render(found.invoice, "platform")):
        again = read(content)
        assert again.invoice == found.invoice
        assert again.findings == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_not_kept_of_a_sample_has_no_term_in_en_16931(path: Path) -> None:
    """A second number of a line's object, an account beside the IBAN, a line note's subject: told, not just lost."""
    for finding in read(path.read_bytes()).findings:
        assert finding.code == "xml_not_kept"
        assert any(finding.place.endswith(place) for place in _TERMLESS), finding.place
        assert int(finding.facts["line"]) > 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_of_a_sample_is_written_again(path: Path) -> None:
    """Our own reading and writing could agree on forgetting a term: so the texts themselves are compared."""
    found = read(path.read_bytes())
    assert found.invoice is not None
    write = ubl.render if found.syntax == "ubl" else cii.render
    kept = _texts(write(found.invoice, "platform"))
    told = {finding.seen for finding in found.findings}
    lost = {text for text in _texts(found.xml) if text not in kept and text not in told}
    assert lost <= {"2.1", "0", "LOC", "916"}, lost  # a version, discounts of nothing, names that EN 16931 leaves open


def _texts(xml: bytes) -> set[str]:
    """What elements say; figures without the zeros and signs that mean nothing, blanks made one."""
    texts = set()
    for element in etree.fromstring(xml, etree.XMLParser(remove_comments=True, huge_tree=True)).iter(etree.Element):
        text = " ".join((element.text or "").split())
        if len(element) == 0 and text:
            texts.add(_plain(text))
    return texts


def _plain(text: str) -> str:
    sign, digits = text[:1].replace("+", ""), text[1:]
    whole, point, part = (sign + digits).partition(".")
    if point and whole.lstrip("-").isdigit() and part.isdigit():
        return whole + ("." + part.rstrip("0") if part.rstrip("0") else "")
    return text


@pytest.mark.skipif(not UNITS, reason="the official unit tests are not at hand")
def test_fragments_are_read_without_a_traceback() -> None:
    """The unit tests of the official rules: documents with most of an invoice missing."""
    seen = 0
    for path in UNITS:
        for root in etree.parse(path).iter(f"{{{NAMESPACES['ubl']}}}Invoice", f"{{{NAMESPACES['cn']}}}CreditNote"):
            found = read(etree.tostring(root))
            assert found.syntax == "ubl"
            assert (found.invoice is None) == any(finding.blocks for finding in found.findings)
            seen += 1
    assert seen > 500

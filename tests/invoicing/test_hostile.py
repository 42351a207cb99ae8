"""Hostile files: whatever comes, the answer is a finding, soon, in little memory."""

import random
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from lettrage.guard.xml_safe import parse
from lettrage.invoicing.billing.intake import opened
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.formats.read import read
from lettrage.limits import PDF_BYTES, READ_FINDINGS, XML
from lettrage.refusal import Unreadable
from tests.golden.documents import allowances_and_charges, one_rate

_SECONDS = 5.0  # of this process; each takes well below one
_ROOT = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
_LAUGHS = b'<!DOCTYPE a [<!ENTITY l0 "ha">' + b"".join(
    b'<!ENTITY l%d "%s">' % (at, b"&l%d;" % (at - 1) * 10) for at in range(1, 12)
) + b"]><a>&l11;</a>"  # fmt: skip
_OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "%s">]><a>&x;</a>'

_FILES: dict[str, Callable[[], bytes]] = {
    "billion laughs": lambda: _LAUGHS,
    "laughs in an attribute": lambda: _LAUGHS.replace(b"<a>&l11;</a>", b'<a b="&l11;"/>'),
    "quadratic": lambda: b'<!DOCTYPE a [<!ENTITY x "' + b"y" * 50_000 + b'">]><a>' + b"&x;" * 50_000 + b"</a>",
    "a file of the system": lambda: _OUTSIDE % b"file:///etc/hostname",
    "an address": lambda: _OUTSIDE % b"http://127.0.0.1:9/x",
    "an external DTD": lambda: b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    "a DTD behind comments": lambda: b"<!-- x -->\n<?pi?> <!DOCTYPE a SYSTEM 'x'><a/>",
    "a DTD behind a second mark": lambda: (
        b"\xef\xbb\xbf" * 2 + b'<!DOCTYPE Invoice [<!ENTITY x "y">]>' + _ROOT + b"&x;</Invoice>"
    ),
    "a parameter entity": lambda: b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>',
    "an unknown entity": lambda: _ROOT + b"&nbsp;</Invoice>",
    "deep": lambda: _ROOT + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</Invoice>",
    "a little too deep": lambda: _ROOT + b"<a>" * 100 + b"</a>" * 100 + b"</Invoice>",
    "many elements": lambda: _ROOT + b"<a/>" * 2_000_000 + b"</Invoice>",
    "many attributes": lambda: b"<Invoice " + b" ".join(b'a%d=""' % at for at in range(200_000)) + b"/>",
    "huge attribute": lambda: b'<Invoice a="' + b"x" * 9_000_000 + b'"/>',
    "huge text": lambda: _ROOT + b"<ID>" + b"x" * 10_000_000 + b"</ID></Invoice>",
    "huge name": lambda: b"<" + b"x" * 9_000_000 + b"/>",
    "huge file": lambda: b"<a>" + b" " * XML.document_bytes + b"</a>",
    "huge comment": lambda: b"<!--" + b"-" * 9_000_000,
    "an instruction": lambda: b"<?xml-stylesheet href='http://127.0.0.1:9/x'?><a/>",
    "inclusion": lambda: b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/hostname"/></a>',
    "a wrong encoding": lambda: b'<?xml version="1.0" encoding="UTF-8"?><a>\xff\xfe</a>',
    "an unknown encoding": lambda: b'<?xml version="1.0" encoding="UTF-7"?><a/>',
    "a codec that is no encoding": lambda: b'<?xml version="1.0" encoding="zlib"?><a/>',
    "half a pair": lambda: "<a>".encode("utf-16-le") + b"\x00\xd8" + "</a>".encode("utf-16-le"),
    "UTF-32": lambda: "<a/>".encode("utf-32"),
    "a NUL": lambda: b"<a>\0</a>",
    "nothing": lambda: b"",
    "blanks": lambda: b" \n",
    "a mark alone": lambda: b"\xef\xbb\xbf",
    "JSON": lambda: b'{"number": 1}',
    "HTML": lambda: b"<html><body>503</body></html>",
    "cut": lambda: ubl.render(one_rate())[:-20],
    "an empty invoice": lambda: _ROOT + b"</Invoice>",
    "a namespace of its own": lambda: b'<Invoice xmlns="urn:x"/>',
    "a PDF of noise": lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(100_000),
    "a PDF cut off": lambda: _pdf(ubl.render(one_rate()))[:600],
    "a huge PDF": lambda: b"%PDF-1.7\n" + b"0" * PDF_BYTES,
    "a PDF without files": lambda: _pdf(b""),
    "a PDF bomb": lambda: _pdf(b" " * 200_000_000),
    "a PDF with a bomb of entities": lambda: _pdf(_LAUGHS),
    "a PDF that turns in circles": lambda: _pdf(b"x").replace(b"/EmbeddedFiles << ", b"/EmbeddedFiles 1 0 R /X << "),
    "a PDF whose pages are their own": lambda: _pdf(b"x").replace(b"[3 0 R]", b"[2 0 R]"),
}


def _pdf(xml: bytes) -> bytes:
    """A PDF with this file inside, packed; or with none."""
    packed = zlib.compress(xml)
    names = b" /Names << /EmbeddedFiles << /Names [(factur-x.xml) 4 0 R] >> >>" if xml else b""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R%s >>" % names,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 5 0 R >> >>",
        b"<< /Type /EmbeddedFile /Filter /FlateDecode /Length %d >> stream\n%s\nendstream" % (len(packed), packed),
    )
    out, offsets = b"%PDF-1.7\n", []
    for at, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj %s endobj\n" % (at, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        start,
    )


def test_the_pdf_of_these_tests_is_one() -> None:
    assert read(_pdf(cii.render(one_rate()))).invoice == one_rate()
    assert read(_pdf(cii.render(one_rate()))).syntax == "facturx"


@pytest.mark.parametrize("name", _FILES)
@pytest.mark.filterwarnings("ignore")  # pypdf tells of damaged files
def test_a_hostile_file_is_a_finding(name: str) -> None:
    content = _FILES[name]()
    began = time.process_time()
    found = read(content)
    assert time.process_time() - began < _SECONDS
    assert found.invoice is None
    assert any(finding.blocks for finding in found.findings)
    for finding in found.findings:
        assert "{" not in "".join(finding.shape.values()).replace('{"number', "")


@pytest.mark.parametrize("name", [name for name in _FILES if "a DTD" in name])
def test_no_document_type_gets_in(name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(_FILES[name]())
    assert caught.value.refusal.seen.startswith("<!DOCTYPE")


@pytest.mark.parametrize("name", ["many elements", "billion laughs", "deep", "huge comment"])
def test_memory_stays_bounded(name: str) -> None:
    content = _FILES[name]()
    tracemalloc.start()
    try:
        read(content)
        assert tracemalloc.get_traced_memory()[1] < 8 * len(content) + 50_000_000
    finally:
        tracemalloc.stop()


def test_the_door_tells_line_and_column() -> None:
    with pytest.raises(Unreadable) as stopped:
        parse(b"<?xml version='1.0'?>\n<a>\n  <b></a>")
    refusal = stopped.value.refusal
    assert (refusal.code, refusal.facts["line"]) == ("syntax", "3")
    with pytest.raises(Unreadable) as stopped:
        parse(b"<?xml version='1.0'?>\n  <!DOCTYPE a>\n<a/>")
    assert stopped.value.refusal.facts == {"line": "2", "column": "3"}


def test_a_text_of_ten_megabytes_is_taken_as_an_attachment_and_nowhere_else() -> None:
    place = b"<cbc:EmbeddedDocumentBinaryObject xmlns:cbc='urn:x'>%s</cbc:EmbeddedDocumentBinaryObject>"
    assert parse(b"<a>" + place % (b"A" * 9_000_000) + b"</a>") is not None
    with pytest.raises(Unreadable):
        parse(b"<a>" + b"A" * 9_000_000 + b"</a>")


def test_faults_at_the_end_of_a_long_file_are_placed_soon() -> None:
    line = b"<cac:InvoiceLine><cbc:ID>%s</cbc:ID></cac:InvoiceLine>"
    whole = ubl.render(one_rate(), "platform")
    content = whole.replace(b"</Invoice>", line % b"1" * 100_000 + b"</Invoice>")
    began = time.process_time()
    found = read(content)
    assert time.process_time() - began < 2 * _SECONDS
    assert len(found.findings) == READ_FINDINGS
    assert found.findings[0].code == "xml_lines"


@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_a_file_never_end_in_a_traceback(seed: int) -> None:
    """Bytes changed, cut out, doubled: an answer each time, an invoice or findings that block."""
    chance = random.Random(seed)
    for write in (ubl.render, cii.render):
        whole = write(allowances_and_charges(), "chorus")
        for _ in range(60):
            content = bytearray(whole)
            for _ in range(chance.randint(1, 4)):
                at, length = chance.randrange(len(content)), chance.randint(1, 40)
                piece = chance.choice(
                    [b"", b"<", b"&", b"-1", b"9e9", chance.randbytes(3), bytes(content[at : at + length]) * 2]
                )
                content[at : at + length] = piece
            found = read(bytes(content))
            assert (found.invoice is None) == any(finding.blocks for finding in found.findings)


@pytest.mark.parametrize(
    "content",
    [b"[" + b"{}," * 2_100_000 + b"{}]", b"number\n" + b"1\n" * 2_100_000, b"number," + b"a," * 2_000_000],
    ids=["objects", "lines", "columns"],
)
def test_more_than_any_file_of_invoices_is_refused_before_it_is_taken_apart(content: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Unreadable):
        opened(content)
    assert time.process_time() - began < _SECONDS

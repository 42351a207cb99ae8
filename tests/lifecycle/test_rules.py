"""Judged by the official schema and the rules BR-FR-CDV: nothing fatal in what we write; the examples as they are."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from lettrage.adapters.rules import SheetRules, files
from lettrage.invoicing.formats.cdar import render
from lettrage.invoicing.formats.cdar_read import read
from lettrage.invoicing.lifecycle.message import PPF, Attachment, Message
from lettrage.invoicing.lifecycle.reasons import reasons
from lettrage.invoicing.lifecycle.sent import (
    FURTHER,
    Declared,
    Further,
    account_changed,
    cancelled,
    completed,
    numbered,
    received,
    to_authority,
    to_buyer,
)
from lettrage.invoicing.lifecycle.statuses import actions, statuses
from lettrage.money import Figure
from tests.invoicing import samples
from tests.lifecycle.made import EXAMPLES, UC1, concerned, euros, paris, part

RULES = SheetRules()
AT = paris(2026, 10, 1, 12)
TWENTY = Figure(2000, 2)
SAID = {
    "212": received(AT, [part(20, 1200), part(10, 550)]),
    "212 taken back": received(AT, [part(20, -1200)]),
    "212 further": received(AT, [part(20, 1200)], [Further(type_, TWENTY, euros(100)) for type_ in FURTHER]),
    "209": completed(AT, "Bon de livraison joint", [Attachment("bl.pdf", "application/pdf", b"%PDF-1.7")]),
    "209 bare": completed(AT, ""),
    "220": cancelled(AT, "Remplacée par F202500010"),
    "227": account_changed(AT, "FR7630006000011234567890189", "AGRIFRPP", "VENDEUR"),
}


def fatal(message: Message) -> list[tuple[str, str]]:
    verdict = RULES.judge_lifecycle(render(message), own=True)
    assert verdict.rules_version.startswith("pyfrctc ")
    return [(finding.code, finding.raw) for finding in verdict.findings if finding.blocks]


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_nothing_speaks_against_what_we_write(said: Declared) -> None:
    assert fatal(to_buyer(concerned(), said, numbered(concerned(), said), AT)) == []
    if statuses()[said.code].mandatory:
        assert fatal(to_authority(concerned(), said, "FFE0614A_1", AT)) == []


_RATES = st.sampled_from([0, 210, 550, 1000, 2000]).map(lambda digits: Figure(digits, 2))
_PARTS = st.dictionaries(_RATES, st.integers(-(10**11), 10**11), min_size=1)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(_PARTS, st.sampled_from(["380", "381", "384", "386"]))
def test_nor_against_any_receipt(parts: dict[Figure, int], type_: str) -> None:
    said = received(AT, [msgspec.structs.replace(part(0, cents), rate=rate) for rate, cents in parts.items()])
    about = concerned(type=type_)

    assert fatal(to_buyer(about, said, numbered(about, said), AT)) == []
    assert fatal(to_authority(about, said, "FFE0614A_1", AT)) == []


def test_the_supplier_sends_these_four() -> None:
    assert {said.code for said in SAID.values()} == {code for code, known in statuses().items() if known.ours}
    assert all("supplier" in known.senders for known in statuses().values() if known.ours)


@pytest.mark.parametrize("code", ["209", "220", "227"])
def test_the_authority_takes_mandatory_statuses_only(code: str) -> None:
    with pytest.raises(AssertionError, match="REJ_INEX"):
        to_authority(concerned(), SAID[code], "M", AT)


def test_a_rule_that_is_broken_is_told() -> None:
    message = to_buyer(concerned(), SAID["212"], "M", AT)
    xml = render(message).replace(b">MEN<", b">MPA<").replace(b">47<", b">99999<")
    xml = xml.replace(b"<ram:ProcessConditionCode>", b"<ram:Extra/><ram:ProcessConditionCode>")

    found = {finding.code for finding in RULES.judge_lifecycle(xml).findings if finding.blocks}

    assert found == {"XSD", "BR-FR-CDV-14", "BR-FR-CDV-CL-05"}


def test_what_is_no_message_is_judged_as_such() -> None:
    assert [one.code for one in RULES.judge_lifecycle(b"<a/>").findings] == ["xml_no_lifecycle"]
    assert [one.code for one in RULES.judge_lifecycle(b"<a").findings] == ["xml_unreadable"]


# ---------------------------------------------------------------- the official examples

# They are of V1.2: the PPF was 9998 then, and the running number of a detail was not needed yet.
_OLD_PPF, _OLD_NUMBERING = {"BR-FR-CDV-02", "BR-FR-CDV-CL-01"}, {"BR-FR-CDV-16"}


@samples.needed
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_official_examples_break_only_what_is_newer_than_they_are(file: Path) -> None:
    expected = (_OLD_PPF if "POUR_PPF" in file.stem else set()) | (_OLD_NUMBERING if "CDV-21" in file.stem else set())
    found = {finding.code for finding in RULES.judge_lifecycle(file.read_bytes()).findings}

    assert found <= expected
    assert (found & _OLD_PPF) == (expected & _OLD_PPF)


def _in_todays_form(file: Path) -> etree._Element:
    """An official 212 with what V1.4 wants since: the PPF's number, and a running number before the amounts."""
    root = etree.fromstring(file.read_bytes(), etree.XMLParser(remove_comments=True, remove_blank_text=True))
    ram = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
    for known in root.iter(f"{ram}GlobalID"):
        known.text = "0000" if known.text == "9998" else known.text
    for detail in root.iter(f"{ram}SpecifiedDocumentStatus"):
        detail.insert(0, etree.Element(f"{ram}SequenceNumeric"))
        detail[0].text = "1"
    for amount in root.iter(f"{ram}ValueAmount"):
        amount.text = f"{amount.text}.00"
    return root


def _canonical(root: etree._Element) -> bytes:
    written: bytes = etree.tostring(root, method="c14n", exclusive=True)
    return written


@samples.needed
@pytest.mark.parametrize("kind", ["", "_POUR_PPF"])
def test_the_receipt_of_the_first_use_case_is_what_the_official_file_says(kind: str) -> None:
    file = UC1 / f"UC1_F202500003_07-CDV-212_Encaissee{kind}.xml"
    official = read(file.read_bytes()).message
    assert official is not None
    said = received(paris(2025, 8, 2, 10), [part(20, 1_200_000)])
    write = to_authority if kind else to_buyer
    made = write(concerned(), said, official.id, said.at + timedelta(minutes=5), official.name)

    (ours,), (theirs,) = (made.acknowledgements[0].references, official.acknowledgements[0].references)
    assert ours.received == theirs.received
    assert ours.details[0].sequence == 1
    assert msgspec.structs.replace(ours, details=()) == msgspec.structs.replace(theirs, details=())
    assert made.acknowledgements[0].at == official.acknowledgements[0].at
    assert [PPF if "9998" in str(party) else party for party in official.recipients] == list(made.recipients)

    written = etree.fromstring(render(made), etree.XMLParser(remove_blank_text=True))
    assert _canonical(written) == _canonical(_in_todays_form(file))
    assert fatal(made) == []


# ---------------------------------------------------------------- the tables agree with the sheet

SHEET = files.path(files.LIFECYCLE_SHEET).read_text("utf-8")


def _listed(name: str) -> set[str]:
    found = re.search(rf'name="custom:{name}"\s+as="xs:string"\s+select="\'([^\']+)\'"', SHEET)
    assert found is not None
    return set(found[1].split())


def _accepted(rule: str) -> set[str]:
    """The reasons that the sheet accepts in one of its tests."""
    head, _, _ = SHEET.partition(f'<xsl:attribute name="id">{rule}</xsl:attribute>')
    return set(re.findall(r"\(\.\) = '([A-Z]\w+)'", head.rpartition("<xsl:when test=")[2]))


def test_every_code_of_the_sheet_is_in_our_tables_and_no_other() -> None:
    of_the_authority = {"REJ_INC", "REJ_INEX", "REJ_RG", "REJ_HAB", "REJ_ENCAISSEMENT"}  # DSE, tables 11 and 12

    assert statuses().keys() == _listed("invoice-status-codes")
    assert actions().keys() == _listed("invoice-action-codes")
    assert reasons().keys() == _listed("status-reason-codes") | of_the_authority


@pytest.mark.parametrize("status", ["200", "206", "207", "208", "210", "213", "221", "501"])
def test_a_reason_stands_beside_the_statuses_that_the_sheet_says(status: str) -> None:
    expected = _accepted(f"BR-FR-CDV-CL-09_MDT-113_{status}")

    assert expected
    assert {code for code, reason in reasons().items() if reason.beside(status)} == expected


def test_a_public_buyer_has_more_reasons_to_refuse() -> None:
    expected = _accepted("BR-FR-CDV-CL-09_MDT-113_210B2G")

    assert "TRANSF_PMNT_REGIE" in expected
    assert {code for code, reason in reasons().items() if reason.beside("210", b2g=True)} == expected


def test_a_reason_is_needed_where_the_sheet_says() -> None:
    head, _, _ = SHEET.partition('<xsl:attribute name="id">BR-FR-CDV-15_MDT-113</xsl:attribute>')
    needed = set(re.findall(r"\(\.\) = '(\d{3})'", head.rpartition("<xsl:when test=")[2]))

    assert needed == {"206", "207", "208", "210", "213", "501"}
    inferred = {"251", "301", "401", "601"}
    assert {code for code, known in statuses().items() if known.reason} == needed | inferred

"""Lifecycle messages: whatever one holds is the same after writing and reading; every official one is read whole."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from lettrage.adapters.rules import files
from lettrage.guard.xml_safe import parse
from lettrage.invoicing.formats.cdar import render
from lettrage.invoicing.formats.cdar_read import read
from lettrage.invoicing.formats.reading import NAMESPACES
from lettrage.invoicing.lifecycle.message import Message
from lettrage.invoicing.lifecycle.sent import received, to_buyer
from lettrage.invoicing.lifecycle.told import shape
from tests.invoicing import samples
from tests.lifecycle.made import EXAMPLES, MESSAGES, concerned, paris, part

_SLOW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
AT = paris(2026, 10, 1, 12)
OURS = render(to_buyer(concerned(), received(AT, [part(20, 1200), part(10, -550)]), "M1", AT))


@_SLOW
@given(MESSAGES)
def test_a_message_says_the_same_after_writing_and_reading(message: Message) -> None:
    found = read(render(message))

    assert found.message == message
    assert found.findings == ()


@_SLOW
@given(MESSAGES)
def test_whatever_is_written_is_in_the_order_of_the_schema(message: Message) -> None:
    schema = etree.XMLSchema(etree.parse(files.path(files.LIFECYCLE_SCHEMA)))

    assert schema.validate(parse(render(message))), schema.error_log.last_error


@samples.needed
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_official_message_is_read_whole_and_written_again(file: Path) -> None:
    found = read(file.read_bytes())
    named = file.stem.split("CDV-")[1][:3]

    assert found.findings == ()
    assert found.message is not None
    ((told,),) = ((one.references) for one in found.message.acknowledgements)
    assert told.code == named
    assert told.number == file.stem.split("_")[1]
    assert told.date == date(2025, 7, 1)
    assert found.message.issued_at is not None
    assert found.message.issued_at.tzinfo is UTC
    assert read(render(found.message)) == found


@samples.needed
def test_there_are_official_messages() -> None:
    assert len(EXAMPLES) >= 19


def test_moments_are_paris_time_in_summer_and_in_winter() -> None:
    for at, written in ((paris(2026, 7, 1, 15, 10), b">20260701151000<"), (paris(2026, 12, 1, 9), b">20261201090000<")):
        xml = render(to_buyer(concerned(), received(at, [part(20, 1)]), "M", at))
        assert written in xml


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20260701", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("202607011510", datetime(2026, 7, 1, 13, 10, tzinfo=UTC)),
        ("20260701151000+0530", datetime(2026, 7, 1, 9, 40, tzinfo=UTC)),
        ("20260701151000-01:00", datetime(2026, 7, 1, 16, 10, tzinfo=UTC)),
    ],
)
def test_other_forms_of_a_moment_are_read(text: str, at: datetime) -> None:
    found = read(OURS.replace(b"20261001120000", text.encode(), 1))

    assert found.findings == ()
    assert found.message is not None
    assert found.message.issued_at == at


_FAULTS = [
    ("<ram:ProcessConditionCode>212</ram:ProcessConditionCode>", "", "xml_missing"),
    ("<ram:IssuerAssignedID>F202500003</ram:IssuerAssignedID>", "<ram:IssuerAssignedID/>", "xml_missing"),
    ("<ram:ID>M1</ram:ID>", "", "xml_missing"),
    ("20261001120000", "20261301120000", "xml_date"),
    ("20261001120000", "hier", "xml_date"),
    ("20261001120000", "99991231235959-0100", "xml_date"),
    (">12.00<", ">12,00<", "xml_figure"),
    (">12.00<", ">12.001<", "xml_decimals"),
    (">20.00<", ">NaN<", "xml_figure"),
    ('currencyID="EUR"', "", "xml_currency"),
    ('currencyID="EUR"', 'currencyID="EURO"', "xml_currency"),
    (">1</ram:SequenceNumeric>", ">1.5</ram:SequenceNumeric>", "xml_figure"),
    (">false</udt:Indicator>", ">peut-être</udt:Indicator>", "xml_yes_no"),
    ("<ram:RoleCode>", "<ram:Extra>Cèdre</ram:Extra><ram:RoleCode>", "xml_not_kept"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), _FAULTS)
def test_a_fault_is_told_with_its_place(old: str, new: str, code: str) -> None:
    assert old.encode() in OURS
    broken = OURS.replace(old.encode(), new.encode(), 1)
    found = read(broken)

    (finding,) = found.findings
    assert finding.code == code
    assert (found.message is None) == finding.blocks
    place = finding.place if code != "xml_missing" or new else finding.place.rpartition("/")[0]
    assert len(etree.fromstring(broken).xpath(place, namespaces=NAMESPACES)) == 1
    assert all("{" not in text for text in finding.shape.values())


@pytest.mark.parametrize("data", [b"", b"<a/>", b"no", b"<!DOCTYPE a><a/>", b"\xff\xfe\x00", OURS[:900]])
def test_what_is_no_message_is_a_finding(data: bytes) -> None:
    found = read(data)

    assert found.message is None
    assert found.findings[0].code in {"xml_unreadable", "xml_no_lifecycle"}


def test_an_empty_message_is_told_all_that_it_lacks() -> None:
    root = OURS.partition(b"\n")[2].partition(b">")[0] + b"/>"
    found = read(root)

    assert found.message is None
    assert {finding.term for finding in found.findings} == {"MDG-25"}


def test_codes_that_nobody_knows_are_kept_as_they_came() -> None:
    found = read(OURS.replace(b">212<", b">999<").replace(b">MEN<", b">NEW<"))

    assert found.message is not None
    (told,) = found.message.acknowledgements[0].references
    assert told.code == "999"
    assert [datum.type for datum in told.details[0].data] == ["NEW", "NEW"]


_TAGS = sorted({tag.encode() for tag in re.findall(r"</?[\w:]+|[\w:.#-]+", OURS.decode())})


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(_TAGS), st.sampled_from(_TAGS) | st.binary(max_size=6)), max_size=3))
def test_whatever_a_file_holds_the_answer_is_data(changes: list[tuple[bytes, bytes]]) -> None:
    broken = OURS
    for old, new in changes:
        broken = broken.replace(old, new, 1)
    found = read(broken)

    assert (found.message is None) == any(finding.blocks for finding in found.findings)
    assert all(finding.shape["fr"] and finding.shape["fix_en"] for finding in found.findings)
    if found.message is not None:
        assert shape(found.message)["id"] == found.message.id
        assert read(render(found.message)).message == found.message

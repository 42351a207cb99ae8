"""Reports as the official XML: judged by the official schema and sheet, and read back as they were."""

import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lettrage.adapters.rules.payment_reports import judge
from lettrage.invoicing.formats.flux10 import Party, Transmission, read, write
from lettrage.refusal import Unreadable
from lettrage.reporting.report import RATES, Contents, OfDay, OfInvoice, Reported

ISSUED, DAY = date(2026, 9, 15), date(2026, 10, 2)
SENT = Transmission(
    "450219100-P-20261001-1",
    datetime(2026, 11, 5, 10, 30, 0),  # noqa: DTZ001  (the format has no zone)
    "IN",
    Party("0123", "Plateforme & Cie"),
    Party("450219100", "Universelle de Bureautique"),
    date(2026, 10, 1),
    date(2026, 10, 31),
    Contents(
        (OfInvoice("F2026-1", ISSUED, DAY, (Reported("20", 12000), Reported("5.5", 1055))),),
        (OfDay(DAY, (Reported("2.1", 1021),)),),
    ),
)
SUB = "/Report/PaymentsReport/Invoice/Payment/SubTotals[1]/"
BACK = Contents((OfInvoice("F2026-1", ISSUED, DAY, (Reported("20", -12000),)),), (OfDay(DAY, (Reported("20", -5),)),))

rates = st.lists(
    st.builds(Reported, st.sampled_from(sorted(f"{float(rate):g}" for rate in RATES)), st.integers(-(10**15), 10**15)),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.rate,
).map(tuple)
numbers = st.from_regex(r"[A-Za-z0-9_/+-]{1,17}( [A-Za-z0-9_/+-]{1,17})?", fullmatch=True)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
contents = st.builds(
    Contents,
    st.lists(st.builds(OfInvoice, numbers, days, days, rates), max_size=4).map(tuple),
    st.lists(st.builds(OfDay, days, rates), max_size=4).map(tuple),
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(contents, st.sampled_from(["IN", "RE"]))
def test_any_report_is_read_back_as_it_was_and_has_no_fault(said: Contents, kind: str) -> None:
    sent = replace(SENT, kind=kind, contents=said)
    xml = write(sent)

    assert read(xml) == sent
    assert judge(xml).findings == ()


def test_the_verdict_names_the_rules_that_judged() -> None:
    verdict = judge(write(SENT))

    assert verdict.waived == ()
    assert verdict.rules_version.startswith("pyfrctc 0.")
    assert [file.name for file in verdict.files] == ["frr-xsd/ereporting.xsd", "frr-schematron/Flux10.xslt"]


def test_only_a_sound_amount_below_zero_is_waived() -> None:
    back = write(replace(SENT, contents=BACK))

    assert (judge(back).findings, judge(back).waived) == ((), ("G1.16",))
    spoiled = judge(back.replace(b"-120.00", b"-120.0000001"))
    assert [(finding.code, finding.seen) for finding in spoiled.findings] == [("G1.16", "-120.0000001")]


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (b"<TypeCode>IN", b"<TypeCode>XX", {"G8.01"}),
        (b"<Date>20261002", b"<Date>20261", {"G1.09"}),
        (b"<TaxPercent>20<", b"<TaxPercent>3<", {"G1.24"}),
        (b"<CurrencyCode>EUR", b"<CurrencyCode>USD", {"G6.27"}),
        (b"F2026-1", "F2026-é".encode(), {"G1.05"}),
        (b"<Amount>120.00", b"<Amount>cent", {"XSD", "G1.16"}),
        (b"<PaymentsReport>", b"<PaymentsReport><Note/>", {"XSD"}),
    ],
)
def test_a_fault_is_found_at_its_place(old: bytes, new: bytes, rules: set[str]) -> None:
    found = judge(write(SENT).replace(old, new)).findings

    assert {finding.code for finding in found} == rules
    assert all(finding.place.startswith("/Report/") for finding in found)


def test_a_file_that_is_no_xml_is_a_finding_and_never_an_error() -> None:
    assert len(judge(b"<Report>").findings) == 1
    assert judge(b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><Report/>').findings[0].code != "XSD"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"<TypeCode>IN", b"<TypeCode>CO", "/Report/ReportDocument/TypeCode"),
        (b"<Date>20261002", b"<Date>2026102", "/Report/PaymentsReport/Invoice/Payment/Date"),
        (b"<Amount>120.00", b"<Amount>1e5", SUB + "Amount"),
        (b"<Amount>120.00", b"<Amount>1.005", SUB + "Amount"),
        (b"<TaxPercent>20<", b"<TaxPercent>-20<", SUB + "TaxPercent"),
        (b"<CurrencyCode>EUR", b"<CurrencyCode>USD", SUB + "CurrencyCode"),
        (b"IssueDate>", b"IssuedOn>", "/Report/PaymentsReport/Invoice"),
        (b"PaymentsReport>", b"TransactionsReport>", "/Report"),
        (b"Report>", b"Rapport>", "/Rapport"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_its_place(old: bytes, new: bytes, place: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(write(SENT).replace(old, new, 99 if old.endswith(b">") else 1))

    assert (raised.value.refusal.code, raised.value.refusal.path) == ("report_unreadable", place)


def test_the_package_itself_is_never_imported() -> None:
    code = (
        "import sys; from lettrage.adapters.rules.payment_reports import judge; judge(b'<Report/>'); "
        "sys.exit('pyfrctc' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), cwd=Path.cwd(), check=False)
    assert ran.returncode == 0

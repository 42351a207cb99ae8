"""The validator: what is sound passes, each planted fault is found by its check and no other."""

import io
from collections.abc import Callable

import pytest

from lettrage import piles
from lettrage.books.fec.finding import SHOWN, texts
from lettrage.books.fec.judge import Verdict, judge
from lettrage.piles import Pile
from tests.fec.corpus import NAME, SOUND, Fec, ours
from tests.fec.planted import FAULTS, Fault


def judged(data: bytes, name: str = NAME) -> Verdict:
    return judge(io.BytesIO(data), name, Pile)


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


@pytest.mark.parametrize("shape", SOUND.values(), ids=SOUND.keys())
def test_a_sound_file_of_any_shape_passes(shape: Callable[[], Fec]) -> None:
    verdict = judged(shape().bytes())
    assert (verdict.ok, [one.shape["message"] for one in verdict.findings]) == (True, [])
    assert verdict.debit == verdict.credit


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found_by_its_check_and_no_other(fault: Fault) -> None:
    fec = ours()
    fault.plant(fec)
    verdict = judged(fec.bytes(), fec.name)
    assert codes(verdict) == fault.codes
    for finding in verdict.findings:
        assert "{" not in finding.say("fr") + finding.say("en")


def test_every_check_has_a_planted_fault() -> None:
    planted = set().union(*(fault.codes for fault in FAULTS.values()))
    assert set(texts()) - planted == {"xml_malformed", "xml_one_line"}  # test_xml.py


@pytest.mark.parametrize("shape", SOUND.values(), ids=SOUND.keys())
@pytest.mark.parametrize("separator", ["|", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-15"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_spelling_that_the_law_allows_is_read(
    shape: Callable[[], Fec], separator: str, encoding: str, end: str
) -> None:
    fec = shape()
    fec.separator, fec.encoding, fec.end = separator, encoding, end
    assert codes(judged(fec.bytes())) == set()


def test_a_file_without_a_heading_is_judged_by_the_place_of_its_columns() -> None:
    fec = ours()
    fec.heading = fec.rows.pop(0)
    verdict = judged(fec.bytes())
    assert codes(verdict) == {"heading_missing"}
    assert verdict.lines == 10


def test_journals_that_count_apart_are_told_from_numbers_over_the_year() -> None:
    fec = SOUND["like_tryton"]()
    del fec.rows[2:4]  # the second entry of the first journal
    (finding,) = judged(fec.bytes()).findings
    assert (finding.code, finding.seen, finding.expected) == ("number_gap", "3", "1")


def test_journals_with_ranges_of_their_own_are_no_gap() -> None:
    fec = SOUND["like_tryton"]()
    for row in range(6, 10):
        fec.set(row, "EcritureNum", f"100{fec.get(row, 'EcritureNum')}")
    assert codes(judged(fec.bytes())) == set()


def test_one_entry_left_out_is_a_gap_though_each_journal_is_whole() -> None:
    fec = ours()
    for row in range(8, 10):
        fec.set(row, "EcritureNum", "2025-000004")
    (finding,) = judged(fec.bytes()).findings
    assert (finding.seen, finding.expected) == ("2025-000004", "2025-000002")


def test_small_letters_need_not_balance() -> None:
    fec = ours()
    fec.set(8, "EcritureLet", "ac")
    assert codes(judged(fec.bytes())) == set()


def test_a_part_of_a_split_file_need_not_balance_with_the_others() -> None:
    fec = ours()
    assert codes(judged(fec.bytes(), "356000000FEC20251231_1.txt")) == set()


def test_findings_of_one_kind_are_listed_up_to_a_number_and_counted_beyond() -> None:
    fec = ours()
    fec.rows *= 100
    for row in range(len(fec.rows)):
        fec.set(row, "PieceRef", "")
    verdict = judged(fec.bytes())
    listed = [one for one in verdict.findings if one.code == "data_missing"]
    assert (len(listed), listed[-1].more) == (SHOWN + 1, 1000 - SHOWN)
    assert listed[-1].say("fr") == "Et 950 autre(s) constat(s) de ce genre."


def test_what_does_not_fit_in_memory_goes_through_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piles, "HEAP", 7)
    for fault in FAULTS.values():
        fec = ours()
        fault.plant(fec)
        assert codes(judged(fec.bytes(), fec.name)) == fault.codes


@pytest.mark.parametrize(
    "data",
    [b"\0" * 5_000, b"\xff\xfe", b"|" * 100_000, b"\r" * 100_000, b"\n\n\n", b"JournalCode|", b"\xef\xbb\xbf",
     b"<", b"<a>", b"a" * 3_000_000, "é".encode() * 50_000 + b"\n", (((b"9" * 400) + b"|") * 18 + b"\n") * 2],
    ids=range(12),
)  # fmt: skip
def test_hostile_bytes_are_judged_and_never_raise(data: bytes) -> None:
    verdict = judged(data)
    assert not verdict.ok
    for finding in verdict.findings:
        assert len(finding.say("fr")) < 1_000


def test_hostile_rows_are_judged_and_never_raise() -> None:
    for value in (
        "9" * 5000,
        "-",
        "+",
        "--1",
        "1-",
        ",",
        ".",
        "\x00",
        "\ud7ff",
        "2025",
        "٢٠٢٥٠١٠١",
        "00000000",
        "1" * 15 + ",1",
    ):
        for column in range(18):
            fec = ours()
            fec.rows[3][column] = value
            judged(fec.bytes())

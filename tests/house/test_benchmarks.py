"""The page of benchmarks says what was measured, and nothing else."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from benchmarks import page, part, suite, tables
from benchmarks.tables import Bar, Seen, Table, markdown, picture

TABLE = Table("t", "T", ("who", "how many", "ms"), (("a", 12_345, 1.23456), ("b", 7, 12_345.6)))


def test_the_page_is_written_from_the_figures_that_were_kept() -> None:
    assert page.PAGE.read_text("utf-8") == page.written()


def test_every_picture_of_the_page_is_there() -> None:
    shown = {part.name for name in part.PARTS if (seen := tables.kept(name)) for part in seen.tables if part.bars}

    assert {file.stem for file in tables.KEPT.glob("*.svg")} == shown
    assert all(f"(benchmarks/{name}.svg)" in page.written() for name in shown)


def test_a_bar_is_as_long_as_its_figure() -> None:
    drawn = picture("Reading", "milliseconds", [Bar("one", 10.0), Bar("<half>", 5.0, ours=False)])

    assert 'width="370.0"' in drawn
    assert 'width="185.0"' in drawn
    assert "&lt;half&gt;" in drawn


def test_figures_are_told_with_three_digits() -> None:
    assert markdown(TABLE).splitlines()[2:] == ["| a | 12,345 | 1.23 |", "| b | 7 | 12,346 |"]


def test_a_whole_run_takes_under_forty_minutes_and_a_short_one_under_five() -> None:
    assert sum(one.seconds for one in part.PARTS.values()) < 40 * 60
    assert sum(one.short_seconds for one in part.PARTS.values()) < 5 * 60


def test_every_part_has_its_place_on_the_page() -> None:
    assert all(f"<!-- {name} -->" in page.WORDS.read_text("utf-8") for name in part.PARTS)


@pytest.mark.parametrize(
    ("program", "seconds", "failed"),
    [("pass", 60.0, ""), ("raise SystemExit(3)", 60.0, "failed"), ("input()", 0.3, "was cut off after 0 s")],
)
def test_a_part_that_does_not_end_is_told_and_ended(program: str, seconds: float, failed: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, start_new_session=True)

    assert suite.failure(process, seconds) == failed
    assert process.poll() is not None
    process.communicate()


def test_what_a_part_has_seen_so_far_is_kept_whole(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    for rows in (TABLE.rows[:1], TABLE.rows):
        part.note(file, (Table("t", "T", TABLE.columns, rows),), ())

        (seen,) = msgspec.json.decode(file.read_bytes(), type=part.SoFar).tables
        assert seen.rows == rows


def test_the_page_tells_a_part_that_did_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "KEPT", tmp_path)
    tables.keep("pages", Seen("2026-11-22", "here", "sh", (TABLE,), failed="was cut off after 3 s"))

    assert "**This part was cut off after 3 s; what it had seen until then stands here.**" in page.written()
    assert markdown(TABLE) in page.written()

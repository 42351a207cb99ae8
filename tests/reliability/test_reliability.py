"""The page of promises is what would be written; every row of the table is there and can be run by anybody."""

import importlib.util
import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.reliability import __main__ as runner
from tests.reliability import kept, page
from tests.reliability.circumstances import ROOT
from tests.reliability.outcomes import KEPT, Outcome, plain, tell
from tests.reliability.table import GROUPS, ROWS, Promise, promises

EACH_ROW = pytest.mark.parametrize(("row", "promise"), promises().items(), ids=list(promises()))


def test_every_row_of_the_table_has_an_entry() -> None:
    missing = set(ROWS) - promises().keys()
    assert not missing
    assert {row[0] for row in promises()} <= GROUPS.keys()


@EACH_ROW
def test_an_entry_has_a_command_or_a_reason(row: str, promise: Promise) -> None:
    assert promise.promise
    assert bool(promise.command) != bool(promise.not_promised), row
    assert not promise.command or promise.short, f"{row}: no short form runs with every change"


@EACH_ROW
def test_a_command_is_there(row: str, promise: Promise) -> None:
    if promise.command:
        found = importlib.util.find_spec(promise.module)
        if found and found.submodule_search_locations:
            found = importlib.util.find_spec(f"{promise.module}.__main__")
        assert found, f"{row}: no module {promise.module}"
        assert found.origin, f"{row}: {promise.module} is no command"
        assert "__main__" in Path(found.origin).read_text(), f"{row}: {promise.module} is no command"


@EACH_ROW
def test_short_forms_are_there(row: str, promise: Promise) -> None:
    for test in promise.short:
        file, _, name = test.partition("::")
        assert (ROOT / file).exists(), f"{row}: {file}"
        assert not name or f"def {name}(" in (ROOT / file).read_text(), f"{row}: {test}"


@pytest.mark.parametrize("outcome", kept.kept(), ids=lambda outcome: f"{outcome.row} {outcome.store}")
def test_what_was_seen_tells_every_planted_bug(outcome: Outcome) -> None:
    told = set(promises()[outcome.row].planted) <= set(outcome.planted)
    assert told or not outcome.held  # what is broken without a bug has none planted in it


def test_the_page_is_what_would_be_written() -> None:
    assert page.PAGE.read_text() == page.written(), "python -m tests.reliability.page"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing kept yet, and a page in a folder of its own."""
    monkeypatch.setattr(kept, "KEPT", tmp_path / "reliability.json")
    monkeypatch.setattr(runner, "PAGE", tmp_path / "reliability.md")
    return tmp_path


def test_what_a_command_told_is_kept_and_written(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEPT, str(elsewhere / "told.jsonl"))
    bugs = {"lines_forgotten": "at trial 3", "head_not_kept": ""}

    assert tell("G10", "5 tamperings, 5 found", seconds=2, seed=7, store="sqlite") == 0
    assert tell("G10", "6 tamperings, 6 found", seconds=2, seed=7, store="sqlite", planted=bugs) == 1
    assert runner.main(["--import", str(elsewhere / "told.jsonl")]) == 1

    text = (elsewhere / "reliability.md").read_text()
    assert "6 tamperings, 6 found (sqlite)" in text
    assert "5 tamperings" not in text
    assert "lines_forgotten: caught<br>head_not_kept: **NOT caught**" in text
    assert "planted lines_forgotten: caught: at trial 3" in text
    assert [outcome["row"] for outcome in json.loads(kept.KEPT.read_bytes())] == ["G10"]


def test_a_command_that_tells_nothing_has_broken_its_promise(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "promises", lambda: {"G10": Promise("It holds.", "json.tool --no-such-option")})

    assert runner.long_forms(["G10"]) == 1
    assert "**BROKEN**: the command ended with status 2 and told nothing" in (elsewhere / "reliability.md").read_text()


def test_a_command_that_ended_without_a_word_is_forgotten_once_it_speaks(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEPT, str(elsewhere / "told.jsonl"))
    kept.keep([Outcome("G10", "told nothing", 1, held=False, at="2026-01-01T00:00:00Z")])
    tell("G10", "6 tamperings, 6 found", seconds=2, store="sqlite")
    kept.keep(kept.told_in(elsewhere / "told.jsonl"))
    assert [(outcome.store, outcome.held) for outcome in kept.kept()] == [("sqlite", True)]


def test_a_command_that_is_not_done_in_time_is_ended_with_what_it_began(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "hanging.py").write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(elsewhere / 'child')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    monkeypatch.setattr(runner, "promises", lambda: {"G10": Promise("It holds.", "hanging")})
    assert runner.long_forms(["G10"], hours=3 / 3_600) == 1
    assert "**BROKEN**: the command was not done in time" in (elsewhere / "reliability.md").read_text()
    assert capsys.readouterr().out.rstrip().endswith(": 0 kept, 1 not")
    status = Path(f"/proc/{(elsewhere / 'child').read_text()}/status")
    assert not status.exists() or "zombie" in status.read_text()


def test_a_command_of_several_rows_runs_once_on_each_store(monkeypatch: pytest.MonkeyPatch) -> None:
    both = ("sqlite", "postgresql")
    rows = {"A1": Promise("", "x --n 5", stores=both), "A2": Promise("", "x --n 5", stores=both), "A3": Promise("")}
    monkeypatch.setattr(runner, "promises", lambda: rows)

    assert runner.runs(["A1", "A2", "A3"]) == [runner.Run("x --n 5", store, ("A1", "A2")) for store in both]


def test_the_command_is_told_with_the_seed_it_drew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(KEPT, str(tmp_path / "told.jsonl"))
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec("tests.storms.storm", None), raising=False)
    monkeypatch.setattr(sys, "argv", ["storm", "--count", "5"])

    tell("A1", "5 runs", seconds=1, seed=77)

    [outcome] = kept.told_in(tmp_path / "told.jsonl")
    assert outcome.command.endswith("--count 5 --seed 77")
    assert "cores" in outcome.environment


@pytest.mark.parametrize(
    ("told", "kept_as"),
    [
        (
            f"La base « {gettempdir()}/x1/books.sqlite » est occupée",
            "La base « a temporary file » est occupée",
        ),
        (f"sqlite:///{gettempdir()}/pytest-of-root/books.sqlite: locked", "a temporary file: locked"),
        ("La base « postgresql://lettrage@127.0.0.1:51681/books_12470_6 »", "La base « a temporary database »"),
        (
            "http://127.0.0.1:4711/webservice, then 127.0.0.1:4712: refused",
            "a local address, then a local address: refused",
        ),
        (f"{ROOT}/tests/storms/kills.py", "tests/storms/kills.py"),
        ("p50 1.2 ms, 16 of 10.0.0.1", "p50 1.2 ms, 16 of 10.0.0.1"),
    ],
)
def test_what_is_kept_names_no_place_of_a_machine(told: str, kept_as: str) -> None:
    assert plain(told) == kept_as


def test_nothing_that_is_kept_names_a_place_of_a_machine() -> None:
    for outcome in kept.kept():
        for told in (outcome.figure, *outcome.planted.values()):
            assert plain(told) == told, outcome.row

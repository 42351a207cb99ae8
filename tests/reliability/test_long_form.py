"""What every long form has in common: its seed first, its planted bugs, and one meaning of its exit status."""

import importlib
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tests.reliability import kept
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.reliability.outcomes import KEPT, Outcome
from tests.reliability.table import Promise, promises

BUGS = ("found", "overlooked")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Outcome]]:
    """What the command told to be kept."""
    file = tmp_path / "told.jsonl"
    monkeypatch.setenv(KEPT, str(file))
    return lambda: kept.told_in(file)


def command(*arguments: str, planted: tuple[str, ...] = BUGS, broken: bool = False) -> int:
    """A long form that counts, and notices one of its bugs."""

    def run(given: Namespace, bug: str) -> str:
        if bug == "found" or (broken and not bug):
            raise BrokenPromiseError(f"seed {given.seed}, {given.count} is too many")
        return f"{given.count} runs"

    return long_form("A1", run, planted, options={"count": 100}, trial={"count": 3}, arguments=arguments)


def test_a_promise_that_is_kept_ends_with_0(
    told: Callable[[], list[Outcome]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("--seed", "5", planted=("found",)) == 0
    [outcome] = told()
    assert (outcome.figure, outcome.seed, outcome.held) == ("100 runs", 5, True)
    assert outcome.planted == {"found": "seed 5, 3 is too many"}
    assert capsys.readouterr().out.startswith("seed 5, count 100\nA1 held: 100 runs")


def test_a_broken_promise_ends_with_1_and_tells_how_to_run_it_again(
    told: Callable[[], list[Outcome]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec("tests.storms.some", None))
    assert command("--seed", "5", "--count", "7", broken=True) == 1
    [outcome] = told()
    assert (outcome.figure, outcome.held, outcome.planted) == ("seed 5, 7 is too many", False, {})
    again = capsys.readouterr().out.partition("again: ")[2]
    assert again.startswith("python -m tests.storms.some ")
    assert "--seed 5" in again


def test_a_bug_that_goes_unnoticed_ends_with_1(told: Callable[[], list[Outcome]]) -> None:
    assert command() == 1
    [outcome] = told()
    assert outcome.planted["overlooked"] == ""
    assert outcome.planted["found"]


def test_what_stops_a_run_is_told_with_its_seed_and_notices_no_bug(
    told: Callable[[], list[Outcome]], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_given: Namespace, bug: str) -> str:
        if bug == stopped:
            raise OSError(28, "No space left on device")
        return "100 runs"

    stopped = ""
    assert long_form("A1", run, ["found"], options={}, arguments=["--seed", "5"]) == 1
    stopped = "found"
    assert long_form("A2", run, ["found"], options={}, arguments=["--seed", "5"]) == 1
    first, second = told()
    assert (first.figure, first.seed) == ("stopped by OSError: [Errno 28] No space left on device", 5)
    assert (first.held, second.held, second.planted) == (False, True, {"found": ""})
    assert capsys.readouterr().err.count("Traceback") == 2


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--planted", "found"), 1, "found: seed 5, 3 is too many"),
        (("--planted", "found", "--count", "9"), 1, "found: seed 5, 9 is too many"),
        (("--planted", "overlooked"), 0, "overlooked: NOT CAUGHT"),
    ],
)
def test_with_a_planted_bug_alone_1_is_that_it_was_noticed_and_nothing_is_told(
    arguments: tuple[str, ...],
    status: int,
    said: str,
    told: Callable[[], list[Outcome]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command("--seed", "5", *arguments) == status
    assert said in capsys.readouterr().out
    assert told() == []


@pytest.mark.parametrize("seed", [None, 5])
def test_the_seed_is_printed_first_even_where_it_is_drawn(seed: int | None, capsys: pytest.CaptureFixture[str]) -> None:
    command(*([] if seed is None else ["--seed", str(seed)]), planted=())
    first = capsys.readouterr().out.splitlines()[0].split(",")[0].split()
    assert first[0] == "seed"
    assert seed in (None, int(first[1]))


COMMANDS = {
    row: promise for row, promise in promises().items() if promise.command.startswith(("tests.storms", "tests.cluster"))
}


@pytest.mark.parametrize(("row", "promise"), COMMANDS.items(), ids=list(COMMANDS))
def test_a_command_knows_its_options_and_its_bugs(
    row: str, promise: Promise, capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module(promise.module)
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert {word for word in promise.command.split() if word.startswith("--")} <= set(shown.split()), row
    bugs = shown.partition("--planted {")[2].partition("}")[0].split(",")
    assert set(promise.planted) <= {" ".join(bug.split()) for bug in bugs}, row

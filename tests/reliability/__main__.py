"""Run what shows the promises, keep what was seen, and write the page anew.

    python -m tests.reliability                    # the long form of every row
    python -m tests.reliability --only C1 C2
    python -m tests.reliability --short            # the short forms, by pytest
    python -m tests.reliability --import seen.jsonl    # what commands told elsewhere (LETTRAGE_OUTCOMES)

Several rows may share a command, which runs once. A command that ends without telling a row's outcome has broken it,
and so has one that is not done after `--hours`; the others go on, and the end says which were not kept. What a row has
shown is written as soon as it has.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec

from tests.reliability import outcomes
from tests.reliability.circumstances import ROOT, commit, environment
from tests.reliability.kept import keep, kept, told_in
from tests.reliability.outcomes import Outcome, now
from tests.reliability.page import PAGE, written
from tests.reliability.table import promises

HOURS = 12.0  # for one command: several times what the longest takes on two cores
NOT_DONE = "the command was not done in time"


class Run(msgspec.Struct, frozen=True):
    """One command on one store ("": the store is not asked), and the rows it tells."""

    command: str
    store: str
    rows: tuple[str, ...]


def runs(rows: Sequence[str]) -> list[Run]:
    """What has to be run for some rows, each command once for each of its stores."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        promise = promises()[row]
        for store in (promise.stores or ("",)) if promise.command else ():
            wanted.setdefault((promise.command, store), []).append(row)
    return [Run(command, store, tuple(told)) for (command, store), told in wanted.items()]


def carry_out(run: Run, hours: float = HOURS) -> bool:
    """Give the command, keep what it tells, write the page; whether everything was kept that it promised."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "outcomes.jsonl"
        status = _given(run, told, 3_600 * hours)
        seen = told_in(told)
    silent = set(run.rows) - {outcome.row for outcome in seen}
    figure = f"the command ended with status {status} and told nothing" if status is not None else NOT_DONE
    seen += [
        Outcome(
            row, figure, time.monotonic() - began, store=run.store, held=False, at=now(),
            command=f"python -m {run.command}", environment=environment(), commit=commit(),
        )
        for row in sorted(silent)
    ]  # fmt: skip
    _take_in(seen)
    return status == 0 and all(outcome.kept for outcome in seen)


def _given(run: Run, told: Path, seconds: float) -> int | None:
    """Give the command; its exit status, None where it was not done in time. Nothing that it has started stays."""
    chosen = {"LETTRAGE_TEST_STORE": run.store} if run.store else {}
    process = subprocess.Popen(
        [sys.executable, "-m", *run.command.split()],
        cwd=ROOT, env={**os.environ, **chosen, outcomes.KEPT: str(told)}, start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _take_in(seen: Sequence[Outcome]) -> None:
    keep(seen)
    PAGE.write_text(written(), "utf-8")


def long_forms(rows: Sequence[str], hours: float = HOURS) -> int:
    """Run one command after the other; 1 where a promise is broken."""
    todo, began = runs(rows), time.monotonic()
    broken: list[Run] = []
    for number, run in enumerate(todo, 1):
        _say(f"--- {number} of {len(todo)}, after {_since(began)}: {_named(run)}")
        if not carry_out(run, hours):
            broken.append(run)
    for run in broken:
        _say(f"NOT KEPT: {_named(run)}")
    _say(f"{len(todo)} commands in {_since(began)}: {len(todo) - len(broken)} kept, {len(broken)} not")
    return 1 if broken else 0


def _end_what_was_begun() -> None:
    """Whoever ends this process ends what it has started too; `nohup` is left as it is."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def _named(run: Run) -> str:
    store = f" on {run.store}" if run.store else ""
    return f"{' '.join(run.rows)}{store}: python -m {run.command}"


def _since(began: float) -> timedelta:
    return timedelta(seconds=round(time.monotonic() - began))


def short_forms(rows: Sequence[str]) -> int:
    """Run the short forms by pytest; its exit status."""
    tests = dict.fromkeys(test for row in rows for test in promises()[row].short)
    return subprocess.run([sys.executable, "-m", "pytest", "-n", "auto", *tests], cwd=ROOT, check=False).returncode


def taken_in(files: Sequence[Path]) -> int:
    """Keep what commands told elsewhere; 1 where the page then tells of a promise that is broken."""
    _take_in([outcome for file in files for outcome in told_in(file)])
    broken = [outcome for outcome in kept() if not outcome.kept]
    for outcome in broken:
        _say(str(outcome))
    return 1 if broken else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--long", action="store_true", help="the long forms (default)")
    form.add_argument("--short", action="store_true", help="the short forms")
    form.add_argument("--import", dest="files", nargs="+", type=Path, help="outcomes told elsewhere")
    parser.add_argument("--hours", type=float, default=HOURS, help="for each command, at most (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=list(promises()), metavar="ROW", default=list(promises()))
    given = parser.parse_args(arguments)
    if given.files:
        return taken_in(given.files)
    if given.short:
        return short_forms(given.only)
    _end_what_was_begun()
    return long_forms(given.only, given.hours)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

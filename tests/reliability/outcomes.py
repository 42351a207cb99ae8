"""What a storm, a battery or a law has to say at its end: one figure for one promise, told and kept in one way.

    tell("C1", "10,000 kills, 0 lost, 0 doubled", seed=5, seconds=231.0, planted={"two commits": "caught at kill 37"})

A command tells its outcome on its standard output. Where `LETTRAGE_OUTCOMES` names a file, a line of JSON goes there:
that is how `python -m tests.reliability` learns what the page says, so the page says what the command printed.
"""

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.reliability.circumstances import ROOT, as_run, commit, environment

KEPT = "LETTRAGE_OUTCOMES"
LINE = 240


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen of one promise.

    `planted`: each bug put in on purpose -> how it was caught; "" where it was not, which breaks the promise too.
    """

    row: str  # A1 ... I1, a key of promises/*.toml
    figure: str  # as people read it: "10,000 kills, 0 lost, 0 doubled"
    seconds: float
    seed: int | None = None
    store: str = ""  # sqlite, postgresql, or "" where no store is asked
    held: bool = True
    planted: dict[str, str] = {}
    at: str = ""  # UTC
    command: str = ""  # as it was run, with the seed it printed
    environment: str = ""  # cores, memory, system, versions
    commit: str = ""  # of the program; "+" behind it where something was not committed yet; "" where git knows none

    @property
    def kept(self) -> bool:
        """Whether the promise held and every planted bug was caught."""
        return self.held and all(self.planted.values())

    def __str__(self) -> str:
        facts = [self.figure, *([f"seed {self.seed}"] if self.seed is not None else []), f"{self.seconds:.0f} s"]
        lines = [f"{self.row} {'held' if self.held else 'BROKEN'}: {', '.join(facts)}"]
        lines += [f"   planted {bug}: {caught or 'NOT CAUGHT'}" for bug, caught in self.planted.items()]
        return "\n".join(lines)


def tell(
    row: str,
    figure: str,
    *,
    seconds: float,
    seed: int | None = None,
    store: str = "",
    held: bool = True,
    planted: Mapping[str, str] | None = None,
    seeded_by: str = "--seed",
) -> int:
    """Print an outcome, keep it where `LETTRAGE_OUTCOMES` says; the exit status: 0 where the promise is kept.

    What is of no row is printed only. `seeded_by`: the option that gives the same seed again.
    """
    bugs = {bug: _in_short(caught) for bug, caught in (planted or {}).items()}
    run = as_run(seed, store, seeded_by)
    outcome = Outcome(row, _in_short(figure), seconds, seed, store, held, bugs, now(), run, environment(), commit())
    sys.stdout.write(f"{outcome}\n" if outcome.kept else f"{outcome}\n   again: {run}\n")
    if row and (path := os.environ.get(KEPT)):
        with Path(path).open("ab") as file:
            file.write(msgspec.json.encode(outcome) + b"\n")
    return 0 if outcome.kept else 1


def now() -> str:
    """The time at which something is told, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# What is another one each time: where a test has its files, and where its servers are.
_PASSING = (
    (re.compile(rf"{re.escape(str(ROOT))}/?"), ""),
    (re.compile(r"postgresql://[^\s»\"'),;]+"), "a temporary database"),
    (re.compile(rf"(sqlite:/{{0,3}})?{re.escape(tempfile.gettempdir())}/[^\s»\"'),:;]+"), "a temporary file"),
    (re.compile(r"(https?://)?(127\.0\.0\.1|localhost|\[::1\]):\d+(/[^\s»\"'),:;]*)?"), "a local address"),
)


def plain(told: str) -> str:
    """What was told, with plain words for what is temporary."""
    for pattern, words in _PASSING:
        told = pattern.sub(words, told)
    return told


def _in_short(told: str) -> str:
    """What was told, as it fits a line of the page."""
    line = " ".join(plain(told).split())
    return line if len(line) <= LINE else f"{line[:LINE]} ..."

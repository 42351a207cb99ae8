"""Writes docs/reliability.md from the promises and what was seen of them: `python -m tests.reliability.page`."""

from collections.abc import Iterator

from tests.reliability.circumstances import ROOT
from tests.reliability.kept import kept
from tests.reliability.outcomes import Outcome
from tests.reliability.table import GROUPS, Promise, promises

PAGE = ROOT / "docs" / "reliability.md"

_INTRODUCTION = """# What is promised, and what was seen of it

Every promise has a command that anybody can give; what the command printed stands here, and nothing else. A *planted
bug* is a mistake put into the program on purpose: the same command must turn red with it, or it proves nothing.

    sh scripts/storm              # every command below, one after the other, seeds printed
    sh scripts/storm C1 B3        # those of some rows
    sh scripts/storm --short      # the short forms, minutes in all; they run with every change too
    . .venv/bin/activate          # then any of the commands below, by itself

They run on Debian and Ubuntu, as root or as anybody, without a network but 127.0.0.1. `scripts/storm` installs what it
asks beside Python, if it may: PostgreSQL 15 or newer, Chromium, faketime. The runs below took {hours} hours in all; a
row that is broken, or not done in twelve hours (`--hours`), keeps no other back, and the end names it. Temporary files
go where `TMPDIR` says, 3 GB of them at most: on a disk, where a promise is about what is durable or how long it takes.
`/dev/shm` must be there, as for all of Python's processes; the 64 MB that a container has are enough.
What a row *needs* beside that stands there. Whatever the machine, each command prints the seed it drew, its figure, and
how it noticed each planted bug; *as run* is the command that does the same again.

Where a commit ends with `+`, files had been changed since. Figures come from a machine shared with other work, so times
are upper bounds. This page is written by `python -m tests.reliability.page` from
[reliability.json](reliability.json), which `python -m tests.reliability` fills.
"""


def written() -> str:
    """The whole page."""
    seen: dict[str, list[Outcome]] = {}
    for outcome in kept():
        seen.setdefault(outcome.row, []).append(outcome)
    told = [outcome for outcomes in seen.values() for outcome in outcomes]
    parts = [_INTRODUCTION.replace("{hours}", f"{_hours(told):.0f}"), "## All of it", "", *_overview(seen)]
    for group, (_, title) in GROUPS.items():
        parts += ["", f"## {group}. {title}"]
        for row, promise in promises().items():
            if row.startswith(group):
                parts += ["", *_section(row, promise, seen.get(row, []))]
    return "\n".join(parts) + "\n"


def _hours(told: list[Outcome]) -> float:
    """What all the runs took; one that tells several rows once."""
    return sum({(outcome.command, outcome.store): outcome.seconds for outcome in told}.values()) / 3_600


def _overview(seen: dict[str, list[Outcome]]) -> Iterator[str]:
    yield "| | promise | figure reached | date | planted bugs |"
    yield "|---|---|---|---|---|"
    for row, promise in promises().items():
        outcomes = seen.get(row, [])
        figures = "<br>".join(_figure(outcome) for outcome in outcomes)
        dates = "<br>".join(sorted({outcome.at[:10] for outcome in outcomes}))
        cells = [f"[{row}](#{row.lower()})", promise.promise, figures or _missing(promise), dates, _bugs(outcomes)]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _figure(outcome: Outcome) -> str:
    return f"{'' if outcome.held else '**BROKEN** '}{outcome.figure}{_on(outcome)}"


def _on(outcome: Outcome) -> str:
    return f" ({outcome.store})" if outcome.store else ""


def _missing(promise: Promise) -> str:
    return f"not promised: {promise.not_promised}" if promise.not_promised else "not run yet"


def _bugs(outcomes: list[Outcome]) -> str:
    """Each bug once: caught on every store, or not."""
    names = dict.fromkeys(bug for outcome in outcomes for bug in outcome.planted)
    missed = [bug for bug in names if not all(outcome.planted.get(bug, "told") for outcome in outcomes)]
    return "<br>".join(f"{bug}: {'**NOT caught**' if bug in missed else 'caught'}" for bug in names)


def _section(row: str, promise: Promise, outcomes: list[Outcome]) -> Iterator[str]:
    yield f"### {row}"
    yield ""
    yield promise.promise
    yield ""
    if promise.command:
        yield f"- command: {' and '.join(_commands(promise))}"
    if promise.needs:
        yield f"- needs: {promise.needs}"
    if promise.short:
        yield f"- short form: {', '.join(f'`{test}`' for test in promise.short)}"
    if not outcomes:
        yield f"- {_missing(promise)}"
    for outcome in outcomes:
        yield from _seen(outcome)


def _commands(promise: Promise) -> list[str]:
    """What is given, on each store, as it can be copied."""
    chosen = [f"LETTRAGE_TEST_STORE={store} " for store in promise.stores] or [""]
    return [f"`{store}python -m {promise.command}`" for store in chosen]


def _seen(outcome: Outcome) -> Iterator[str]:
    verdict = "held" if outcome.held else "**BROKEN**"
    yield f"- {verdict}{_on(outcome)}: {outcome.figure}"
    commit = outcome.commit and f"commit {outcome.commit}"
    facts = [outcome.at, f"{outcome.seconds:.0f} s", commit, outcome.environment]
    yield f"  - {', '.join(fact for fact in facts if fact)}"
    if outcome.command:
        yield f"  - as run: `{outcome.command}`"
    for bug, caught in outcome.planted.items():
        yield f"  - planted {bug}: {f'caught: {caught}' if caught else '**NOT caught**'}"


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")

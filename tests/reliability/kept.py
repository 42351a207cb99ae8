"""The latest outcome of each promise on each store, kept in docs/reliability.json."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.reliability.circumstances import ROOT
from tests.reliability.outcomes import Outcome
from tests.reliability.table import place

KEPT = ROOT / "docs" / "reliability.json"


def kept() -> list[Outcome]:
    """What is kept, in the order of the table."""
    return msgspec.json.decode(KEPT.read_bytes(), type=list[Outcome]) if KEPT.exists() else []


def keep(seen: Iterable[Outcome]) -> None:
    """Add outcomes; of two for the same row and store the later one stays."""
    outcomes: dict[tuple[str, str], Outcome] = {}
    for outcome in sorted([*kept(), *seen], key=_told):
        outcomes.pop((outcome.row, ""), None)  # a command that ended without a word has spoken again
        outcomes[outcome.row, outcome.store] = outcome
    ordered = sorted(outcomes.values(), key=lambda outcome: (place(outcome.row), outcome.store))
    written = KEPT.with_suffix(".new")
    written.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")
    written.replace(KEPT)  # whoever is stopped meanwhile leaves the one of before


def told_in(file: Path) -> list[Outcome]:
    """The outcomes that commands told in a file (see `LETTRAGE_OUTCOMES`)."""
    return msgspec.json.Decoder(Outcome).decode_lines(file.read_bytes()) if file.exists() else []


def _told(outcome: Outcome) -> str:
    return outcome.at

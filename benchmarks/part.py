"""One part of the suite in a process of its own; what it has seen so far is kept after each line of its tables.

    python -m benchmarks.part NAME FILE [--short] [--store sqlite|postgresql]

Run by `benchmarks.suite`. A part is a module with `measured(options)`, which gives what it has seen again and again,
each time with one line more: a part that fails or is cut off loses little.
"""

import argparse
import os
import resource
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.tables import Aim, Table


class Options(NamedTuple):
    """How much is measured, and where."""

    short: bool
    store: str | None


Measured = tuple[tuple[Table, ...], tuple[Aim, ...]]
Measuring = Iterator[Measured]


class Part(NamedTuple):
    """The module that measures, and the seconds that it may take."""

    module: str
    seconds: int
    short_seconds: int

    def budget(self, options: Options) -> int:
        return self.short_seconds if options.short else self.seconds


# Together under 40 minutes, and under five; what one leaves, the next may take.
PARTS = {
    "readers": Part("benchmarks.readers", 60, 20),
    "http": Part("benchmarks.framework", 100, 20),
    "peers": Part("benchmarks.peers.run", 400, 75),
    "service": Part("benchmarks.service", 780, 50),
    "growth": Part("benchmarks.growth", 420, 40),
    "pages": Part("benchmarks.pages", 220, 30),
    "invoices": Part("benchmarks.invoices", 240, 40),
    "matching": Part("benchmarks.matching", 160, 20),
}


class SoFar(msgspec.Struct, frozen=True):
    """What a part has seen so far, and the mebibytes that it and the largest process it has ended held at most."""

    tables: tuple[Table, ...] = ()
    aims: tuple[Aim, ...] = ()
    peak: float = 0.0
    others: float = 0.0


def note(file: Path, tables: tuple[Table, ...], aims: tuple[Aim, ...]) -> None:
    """Keep this, whole: whoever reads the file meets the one before or this one."""
    held = [resource.getrusage(who).ru_maxrss / 1_024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    new = file.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(SoFar(tables, aims, *held)))
    os.replace(new, file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=list(PARTS))
    parser.add_argument("file", type=Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--store", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers that it started are stopped on the way out
    for tables, aims in import_module(PARTS[asked.name].module).measured(Options(asked.short, asked.store)):
        note(asked.file, tables, aims)


if __name__ == "__main__":
    main()

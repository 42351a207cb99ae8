"""Settlements per second, beside the bare insertion of the very same rows in the same run.

    python benchmarks/intake.py [--quick] [--rounds N]

For documents of 1, 50 and 1,000 settlements (two invoices paid each), at 1,000 and 100,000 open items: the engine takes
the documents one by one; everything it writes is recorded and written again, statement for statement and commit for
commit, by the bare driver into a copy of the same database (same tables, indexes, foreign keys, hash column). The two
take turns, so that both meet the same disk. Medians are printed; judge the ratios.
"""

import argparse
import json
import platform
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event

from lettrage import opening
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import Caller, settle

SIZES = (1, 50, 1_000)
OPEN_ITEMS = (1_000, 100_000)
CALLER = Caller("bench", "benchmark")
Statement = tuple[str, Any, bool]


def company(items: int) -> bytes:
    """A load file with this many open invoices of 1,000 customers."""
    parties = [{"code": f"C{n:05}", "kind": "customer", "name": f"Client {n}"} for n in range(1_000)]
    invoices = [
        {
            "third_party": f"C{n % 1000:05}",
            "number": str(n),
            "date": "2024-01-02",
            "currency": "EUR",
            "due_items": [{"due_date": "2024-02-01", "amount": "100.00"}],
        }
        for n in range(items)
    ]
    dossier = {"code": "1", "name": "Bench", "currency": "EUR", "third_parties": parties, "invoices": invoices}
    return json.dumps({"dossiers": [dossier]}).encode()


def document(first: int, size: int) -> bytes:
    """A document of `size` settlements; the nth pays the two invoices `first` + 2n of its customer."""
    headers = []
    for n in range(size):
        one = first + n
        other = one + 1_000  # the same customer's next invoice
        party = f"C{one % 1000:05}"
        details = [
            {"DetailReglement": {"MTDEVFIN": "100", "PREFPIECE": " ", "PIECE": str(piece), "TIERS": party}}
            for piece in (one, other)
        ]
        headers.append(
            {
                "EnteteReglement": {
                    "TRANSACDT": "20240310",
                    "DEV": "EUR",
                    "TIERS": party,
                    "MTDEV": "200",
                    "LIB": "Règlement",
                    "RegltTyp": "1",
                    "ChgEtat": "PORCHQ",
                    "DetailReglementtb": details,
                }
            }
        )
    return json.dumps({"data": {"EnteteReglementtb": headers}}, ensure_ascii=False).encode()


class Recorder:
    """Keeps every write of the engine, to be written again by the bare driver."""

    def __init__(self, store: SqlStore) -> None:
        self.statements: list[Statement] = []
        self.count = 0
        event.listen(store.engine, "before_cursor_execute", self._seen)

    def _seen(self, _c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if not sql.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            self.count += 1
        if sql.startswith(("INSERT", "UPDATE")):
            self.statements.append((sql, parameters, many))

    def take(self) -> list[Statement]:
        """The writes since the last time."""
        taken, self.statements = self.statements, []
        return taken


class Bare:
    """The bare driver, with the same pragmas, on a copy of the same database."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
            self.connection.execute(f"PRAGMA {pragma}")

    def write(self, statements: list[Statement]) -> None:
        """One document: the same statements, one commit."""
        self.connection.execute("BEGIN IMMEDIATE")
        for sql, parameters, many in statements:
            if many:
                self.connection.executemany(sql, parameters)
            else:
                self.connection.execute(sql, parameters)
        self.connection.execute("COMMIT")


def measure(base: Path, size: int, items: int, rounds: int) -> tuple[float, float, int]:
    """Seconds per settlement of the engine and of the bare driver (medians over documents), and statements."""
    with tempfile.TemporaryDirectory(dir=base.parent) as folder:
        ours, theirs = Path(folder) / "ours.sqlite", Path(folder) / "bare.sqlite"
        shutil.copy(base, ours)
        shutil.copy(base, theirs)
        store = SqlStore(f"sqlite:///{ours}", SystemClock())
        recorder, bare = Recorder(store), Bare(theirs)
        engine, driver, statements = [], [], 0
        for turn in range(rounds):
            text = document(_first(turn, size, items), size)
            recorder.count = 0
            start = time.perf_counter()
            reply = settle(text, CALLER, store, SystemClock())
            engine.append((time.perf_counter() - start) / size)
            assert reply.error == 0, reply.text
            assert reply.refused == 0, reply.text
            statements = max(statements, recorder.count)
            written = recorder.take()
            start = time.perf_counter()
            bare.write(written)
            driver.append((time.perf_counter() - start) / size)
        bare.connection.close()
        return statistics.median(engine), statistics.median(driver), statements


def _first(turn: int, size: int, items: int) -> int:
    """The first invoice of a document: documents never meet the same one twice."""
    block, offset = divmod(turn * size, 1_000)
    first = block * 2_000 + offset
    assert first + 1_000 + size <= items, "not enough open items for so many documents"
    return first


def rounds_for(size: int, items: int, quick: bool) -> int:
    """How many documents fit the open items, within reason."""
    wanted = {1: 200, 50: 40, 1_000: 12}[size] // (4 if quick else 1)
    return max(1, min(wanted, (items // 2) // size))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run with 10,000 items instead of 100,000")
    parser.add_argument("--folder", default=None, help="where the databases are made (default: a temporary folder)")
    options = parser.parse_args()
    open_items = (2_000, 10_000) if options.quick else (2_000, 100_000)
    print(f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    print(f"{'per document':>12} {'open items':>10} {'engine/s':>10} {'bare/s':>10} {'ratio':>6} {'statements':>10}")
    medians: dict[tuple[int, int], float] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for items in open_items:
            base = Path(folder) / f"base-{items}.sqlite"
            store = SqlStore(f"sqlite:///{base}", SystemClock(), create=True)
            loaded = opening.load(company(items), "load.json", "", store, SystemClock())
            assert not loaded.faults
            sqlite3.connect(base).execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for size in SIZES:
                ours, theirs, statements = measure(base, size, items, rounds_for(size, items, options.quick))
                medians[size, items] = ours
                print(
                    f"{size:>12} {items:>10} {1 / ours:>10.0f} {1 / theirs:>10.0f} {theirs / ours:>6.2f}"
                    f" {statements:>10}"
                )
                sys.stdout.flush()
    for size in SIZES:
        few, many = (medians[size, items] for items in open_items)
        print(f"{size} per document: {open_items[1]} open items cost {many / few:.2f} times {open_items[0]}")


if __name__ == "__main__":
    main()

"""One huge file: it is booked whole in one commit, in bounded time and memory, exactly as its parts one by one.

    python -m tests.storms.loads.huge --count 10000

A process of its own settles the file, and says how long it took and how much memory it held. The same settlements go
one by one into a copy of the books: every row of the ledger must then be the same, up to the last hash of the chain.
A file of a tenth is settled too: a settlement of the huge one may not cost more processor time than one of it, but for
half.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import settle
from tests.journeys.helpers import header, pays
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.storms.loads.apart import CALLER, PLANTED, Cost, Noon
from tests.storms.serving import AMOUNT, DOSSIER, prepare

DETAILS = 4  # of each settlement, so that its entry has five lines
MOST_SECONDS, MOST_MEGABYTES, MOST_DEARER = 60, 300, 1.5
LEDGER = ("entry", "entry_line", "header", "instrument", "due_item", "allocation", "vat_move")


def settled_apart(address: str, file: Path, planted: str) -> Cost:
    """Settle the file in a process of its own."""
    command = [sys.executable, "-m", "tests.storms.loads.apart", address, str(file), planted]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise BrokenPromiseError(done.stdout.decode() or f"the process ended with {done.returncode}")
    return msgspec.json.decode(done.stdout, type=Cost)


# ---------------------------------------------------------------- the comparison


def _document(numbers: Sequence[int]) -> bytes:
    rows = [
        header("PORCHQ", str(DETAILS * Decimal(AMOUNT)), *(pays(f"P{DETAILS * n + d}", AMOUNT) for d in range(DETAILS)))
        for n in numbers
    ]
    action = {"swinfinity": "integration_reglement", "parameters": {"dos": DOSSIER}}
    tables = {"EnteteReglementtb": [{"EnteteReglement": row} for row in rows]}
    return json.dumps({"action": action, "data": tables}, separators=(",", ":")).encode()


def ledger(address: str) -> dict[str, list[Any]]:
    """Every row of the ledger, and where its chain stands."""
    store = SqlStore(address, Noon())
    with store.engine.connect() as connection:
        rows = {table: list(connection.exec_driver_sql(f'SELECT * FROM "{table}"')) for table in LEDGER}
        rows["head"] = list(connection.exec_driver_sql("SELECT head, postings FROM dossier"))
    store.close()
    return rows


def _one_by_one(address: str, count: int) -> float:
    store = SqlStore(address, Noon())
    began = time.monotonic()
    for number in range(count):
        reply = settle(_document([number]), CALLER, store, store.clock)
        if reply.error or reply.refused:
            raise BrokenPromiseError(reply.text[:500])
    store.close()
    return time.monotonic() - began


def run(count: int, planted: str = "") -> str:
    """A file of so many settlements; what was seen. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"whole": range(count), "tenth": range(count // 10)}
        cost, addresses = {}, {}
        prepare(f"sqlite:///{folder}/open.sqlite", DETAILS * count)
        for books in (*files, "parts"):
            shutil.copy(folder / "open.sqlite", folder / f"{books}.sqlite")
            addresses[books] = f"sqlite:///{folder}/{books}.sqlite"
        for books, numbers in files.items():
            file = folder / f"{books}.json"
            file.write_bytes(_document(numbers))
            cost[books] = settled_apart(addresses[books], file, planted)
        whole = cost["whole"]
        dearer = whole.worked / (10 * cost["tenth"].worked)
        figure = (
            f"{count:,} settlements of {DETAILS} lines in one file: {whole.seconds:.1f} s, {whole.megabytes:.0f} MB;"
            f" each costs {dearer:.2f} times one of a tenth of the file"
        )
        if whole.seconds > MOST_SECONDS or whole.megabytes > MOST_MEGABYTES or dearer > MOST_DEARER:
            raise BrokenPromiseError(figure)
        seconds = _one_by_one(addresses["parts"], count)
        parts, at_once = ledger(addresses["parts"]), ledger(addresses["whole"])
        if unlike := [table for table in parts if parts[table] != at_once[table]]:
            raise BrokenPromiseError(f"not as one by one: {', '.join(unlike)}")
    return f"{figure}; the same ledger to the last hash as one by one ({seconds:.0f} s)"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "H2",
        lambda given, bug: run(given.count, bug),
        PLANTED,
        options={"count": 10_000},
        trial={"count": 2_000},
        seeded=False,
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

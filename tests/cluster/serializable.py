"""Workers at the strictest isolation, where PostgreSQL itself refuses what crosses: all is settled, once (J3).

    LETTRAGE_TEST_STORE=postgresql python -m tests.cluster.serializable --count 2000 --seed 7

Every worker settles invoices of the same two dossiers at SERIALIZABLE, which a cluster or CockroachDB may ask for. Who
crosses another is told 40001 by the server; the program begins anew, and a caller who is told to come again does so
with the same key.
"""

import json
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import event

from lettrage.adapters.store import engine, postgresql
from lettrage.adapters.store.books import SqlStore
from lettrage.limits import ATTEMPTS
from lettrage.settlement import Caller, settle
from tests.databases import POSTGRESQL, ask, empty_books
from tests.journeys.helpers import MovableClock, header, pays
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.storms.races import prepare, server

DOSSIERS = ("998", "999")
WORKERS = 6
CALLS = 100  # of one caller for one settlement, at most


def run(count: int, seed: int, *, planted: bool = False) -> tuple[Counter[str], list[str]]:
    """So many settlements by all workers; what they met, and what is wrong in the end.

    Planted, nothing is begun anew and no caller asks again.
    """
    tries = 1 if planted else ATTEMPTS
    strict = {**postgresql.BEGIN, True: "BEGIN ISOLATION LEVEL SERIALIZABLE"}
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(postgresql, "BEGIN", strict),
        mock.patch.object(engine, "ATTEMPTS", tries),
    ):
        address = empty_books(Path(folder))
        prepare(address, count, DOSSIERS)
        met: Counter[str] = Counter()
        deeds = [(dossier, piece) for dossier in DOSSIERS for piece in range(count)]
        random.Random(seed).shuffle(deeds)
        threads = [
            threading.Thread(target=_work, args=(address, deeds[at::WORKERS], met, 1 if planted else CALLS))
            for at in range(WORKERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return met, _wrong(address, count)


def _work(address: str, deeds: list[tuple[str, int]], met: Counter[str], calls: int) -> None:
    with closing(SqlStore(address, MovableClock())) as store:
        event.listen(store.engine, "handle_error", lambda context: _hear(context, met))
        for dossier, piece in deeds:
            key = f"{dossier}-{piece}"
            for _ in range(calls):
                met["calls"] += 1
                if _paid(store, dossier, piece, key):
                    break


def _hear(context: Any, met: Counter[str]) -> None:
    met[str(getattr(context.original_exception, "sqlstate", "-"))] += 1


def _paid(store: SqlStore, dossier: str, piece: int, key: str) -> bool:
    headers = [{"EnteteReglement": header("PORCHQ", "100", pays(f"P{piece}", "100"))}]
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": {"dos": dossier}},
        "data": {"EnteteReglementtb": headers},
    }
    caller = Caller("till", "storm", dossier, key)
    answer = settle(json.dumps(form).encode(), caller, store, MovableClock())
    return int(json.loads(answer.text)["error"]) == 0


def _wrong(address: str, count: int) -> list[str]:
    """What is not as it must be: an invoice that is paid twice or not at all, a law that is broken."""
    wrong = []
    with closing(SqlStore(address, MovableClock())) as store:
        for dossier in DOSSIERS:
            times = ask(address, "SELECT count(*), count(DISTINCT item) FROM allocation WHERE dossier = ?1", dossier)[0]
            if tuple(times) != (count, count):
                wrong.append(f"{dossier}: {times[0]} payments of {times[1]} invoices, not {count} of {count}")
            wrong += [f"{dossier}: {finding.code}: {finding.message}" for finding in store.audit(dossier)]
    return wrong


PLANTED = ("given up at the first 40001",)


def figure(count: int, seed: int, planted: str = "") -> str:
    """What workers at the strictest isolation met. Raises BrokenPromiseError."""
    met, wrong = run(count // 2, seed, planted=bool(planted))
    if wrong or not met["40001"]:
        raise BrokenPromiseError("; ".join(wrong) or "nobody crossed anybody")
    return (
        f"{WORKERS} workers, {count:,} settlements, {met['40001']:,} times 40001, {met['calls']:,} calls, 0 found wrong"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "J3",
        lambda given, bug: figure(given.count, given.seed, bug),
        PLANTED,
        options={"count": 2_000},
        trial={"count": 120},
        store="postgresql",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    if not POSTGRESQL:
        sys.exit("with LETTRAGE_TEST_STORE=postgresql")
    with server():
        ended = main()
    sys.exit(ended)

"""Races between processes over the same books: never twice, never lost, every loser told why.

    python -m tests.storms.races --barrier 20000 --widened 2000 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.races --barrier 20000 --widened 2000
    python -m tests.storms.races --widened 50 --planted     # must fail

Two workers, each a process of its own, meet at a barrier before every round and pay the same invoice, a little apart by
chance; in the widened races each pauses between reading the books and writing. Then the books are counted. A run fails
on an invoice paid twice or not at all, on a loser who is told anything but that it is settled, on a gap in the numbers
and on any finding of the integrity check; it then prints its seed. Planted, the workers take no lock.
"""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import event

from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.opening import load
from lettrage.settlement import Caller, settle
from tests.databases import POSTGRESQL, Server, empty_books
from tests.journeys.helpers import Answer, MovableClock, company, header, invoice, pays

WORKERS = 2
PAUSE_SECONDS = 0.002  # between reading and writing, in a widened race
APART_SECONDS = 0.002  # how far apart two workers may start, at most
PATIENCE_SECONDS = 60  # at a barrier, before a worker is taken for dead
WON, LOST = "done", "already_settled"
processes = multiprocessing.get_context("spawn")


class BrokenPromiseError(Exception):
    """A promise about races was broken."""


class Race(msgspec.Struct, frozen=True):
    """What a battery of races is: the same seed is the same invoices and the same distances at the start."""

    rounds: int
    seed: int
    pause_seconds: float = 0.0
    planted: bool = False


class Tally(msgspec.Struct):
    """What a battery saw."""

    rounds: int = 0
    won: Counter[str] = msgspec.field(default_factory=Counter)
    """How often each worker was first."""


# ---------------------------------------------------------------- the books


def prepare(address: str, invoices: int, codes: Sequence[str] = ("998",)) -> None:
    """Books with one dossier for each code, each with so many open invoices of 100 euros."""
    store = SqlStore(address, MovableClock())
    open_ = [invoice(f"P{n}", "100.00") for n in range(invoices)]
    content = json.dumps({"dossiers": [company(code, invoices=open_) for code in codes]})
    loaded = load(content.encode(), "load.json", "", store, MovableClock())
    assert not loaded.faults, loaded.faults
    store.close()


def payment(piece: str, dossier: str = "998") -> bytes:
    content = header("PORCHQ", "100", pays(piece, "100"))
    envelope = {"swinfinity": "integration_reglement", "parameters": {"dos": dossier}}
    return json.dumps({"action": envelope, "data": {"EnteteReglementtb": [{"EnteteReglement": content}]}}).encode()


def pay(store: Any, piece: str, caller: str, dossier: str = "998") -> Answer:
    return Answer(settle(payment(piece, dossier), Caller(caller, "race"), store, MovableClock()).text)


def outcome(answer: Answer) -> str:
    """What became of the only settlement, in a word."""
    if answer.error:
        return f"{answer.error} {answer.txterr}"
    return WON if answer.codes == ["0"] else "+".join(answer.reasons[0])


# ---------------------------------------------------------------- changes to the store under test


def widen(seconds: float) -> None:
    """Pause between what a work reads and what it writes, in this process."""
    read = SqlBooks.snapshot

    def slowly(books: SqlBooks, wanted: Any) -> Any:
        found = read(books, wanted)
        time.sleep(seconds)
        return found

    SqlBooks.snapshot = slowly  # type: ignore[method-assign, assignment]


def plant_no_lock(store: SqlStore) -> None:
    """The planted bug: a writer that takes no lock before it reads."""

    def unlocked(_c: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return sql.replace("BEGIN IMMEDIATE", "BEGIN").replace(" FOR UPDATE", ""), parameters

    event.listen(store.engine, "before_cursor_execute", unlocked, retval=True)


# ---------------------------------------------------------------- two workers, one due item


def run_worker(address: str, name: str, race: Race, barrier: Barrier, told: Connection) -> None:
    """One worker: pay the invoice of every round, as soon as everybody is there; then tell the outcomes."""
    store = SqlStore(address, MovableClock())
    if race.pause_seconds:
        widen(race.pause_seconds)
    if race.planted:
        plant_no_lock(store)
    chance = random.Random(f"{race.seed} {name}")
    outcomes = []
    for number in range(race.rounds):
        apart = chance.random() * chance.choice((0, APART_SECONDS))
        barrier.wait(PATIENCE_SECONDS)
        time.sleep(apart)
        outcomes.append(_outcome_or_error(store, f"P{number}", name))
    told.send(outcomes)
    store.close()


def _outcome_or_error(store: SqlStore, piece: str, caller: str) -> str:
    try:
        return outcome(pay(store, piece, caller))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def run(address: str, race: Race) -> Tally:
    """Run the races on books made by `prepare`, then count. Raises BrokenPromiseError."""
    tally = Tally()
    for number, pair in enumerate(zip(*_outcomes(address, race), strict=True)):
        if sorted(pair) != sorted((WON, LOST)):
            raise BrokenPromiseError(f"seed {race.seed}, round {number}: {pair}")
        tally.rounds += 1
        tally.won[f"worker {pair.index(WON) + 1}"] += 1
    check_books(address, race.rounds, f"seed {race.seed}")
    return tally


def _outcomes(address: str, race: Race) -> list[list[str]]:
    barrier = processes.Barrier(WORKERS)
    ends = [processes.Pipe(duplex=False) for _ in range(WORKERS)]
    workers = [
        processes.Process(target=run_worker, args=(address, f"worker {n}", race, barrier, told))
        for n, (_, told) in enumerate(ends, 1)
    ]
    for worker in workers:
        worker.start()
    for _, told in ends:
        told.close()
    outcomes = [hear.recv() for hear, _ in ends]
    for worker in workers:
        worker.join()
    return outcomes


def check_books(address: str, paid: int, where: str, codes: Sequence[str] = ("998",)) -> None:
    """What the books of each dossier must say after `paid` invoices were paid, each once."""
    store = SqlStore(address, MovableClock())
    try:
        for code in codes:
            _check_dossier(store, code, paid, f"{where}, dossier {code}")
    finally:
        store.close()


def _check_dossier(store: SqlStore, code: str, paid: int, where: str) -> None:
    with store.books(code, writing=False) as books:
        items = books.items(MovableClock().today(), "", everything=True)
        made = [e for e in books.entries(books.company.currency) if e["transaction"]]
    times_paid = Counter(line["third_party"] for e in made for line in e["lines"] if line["third_party"])
    settled = [item for item in items if item["open_amount"] == "0.00"]
    transactions = sorted(int(e["transaction"]) for e in made)
    numbers = sorted(int(e["number"].rsplit("-", 1)[1]) for e in made)
    expectations = {
        "invoices settled": (len(settled), paid),
        "lines on the customer": (times_paid.total(), paid),
        "transaction numbers": (transactions, list(range(1, paid + 1))),
        "entry numbers": (numbers, list(range(numbers[0], numbers[0] + paid)) if numbers else []),
        "findings": ([f"{f.code}: {f.message}" for f in store.audit(code)], []),
    }
    for what, (seen, expected) in expectations.items():
        if seen != expected:
            raise BrokenPromiseError(f"{where}: {what}: {seen}, expected {expected}")


# ---------------------------------------------------------------- the same document, many times at once


def run_crowd(address: str, threads: int, barrier: Barrier, told: Connection) -> None:
    """Several threads of one process, each with the same document of the same caller."""
    store = SqlStore(address, MovableClock())

    def send(_: int) -> str:
        barrier.wait(PATIENCE_SECONDS)
        return pay(store, "P0", "till").text

    with ThreadPoolExecutor(threads) as pool:
        told.send(list(pool.map(send, range(threads))))
    store.close()


def crowd(address: str, size: int, threads: int) -> None:
    """Send one document `size` times at once: one effect, as many equal answers. Raises BrokenPromiseError."""
    barrier = processes.Barrier(size)
    ends = [processes.Pipe(duplex=False) for _ in range(size // threads)]
    members = [processes.Process(target=run_crowd, args=(address, threads, barrier, told)) for _, told in ends]
    for member in members:
        member.start()
    for _, told in ends:
        told.close()
    answers = Counter(text for hear, _ in ends for text in hear.recv())
    for member in members:
        member.join()
    if list(answers.values()) != [size] or outcome(Answer(next(iter(answers)))) != WON:
        raise BrokenPromiseError(f"{size} times the same document, {len(answers)} different answers: {answers}")
    check_books(address, 1, "crowd")


# ---------------------------------------------------------------- two dossiers


def seconds_beside(address: str, codes: Sequence[str], pause_seconds: float) -> float:
    """How long works of these dossiers take side by side, each pausing with its dossier's lock held."""

    def pausing(_: SqlBooks) -> None:
        time.sleep(pause_seconds)

    store = SqlStore(address, MovableClock())
    start = time.perf_counter()
    with ThreadPoolExecutor(len(codes)) as pool:
        list(pool.map(lambda code: store.write(code, pausing), codes))
    taken = time.perf_counter() - start
    store.close()
    return taken


# ---------------------------------------------------------------- the command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the batteries asked for, each on books of its own; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--barrier", type=int, default=0, help="races from a barrier")
    parser.add_argument("--widened", type=int, default=0, help="races with a pause between reading and writing")
    parser.add_argument("--crowd", type=int, default=0, help="how often the same document is sent at once")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--planted", action="store_true", help="with the planted bug: no lock")
    options = parser.parse_args(arguments)
    races = {
        "barrier": Race(options.barrier, options.seed, planted=options.planted),
        "widened": Race(options.widened, options.seed, PAUSE_SECONDS, planted=options.planted),
    }
    try:
        for name, race in races.items():
            if race.rounds:
                _say(f"seed {race.seed}, {race.rounds} {name} races ...")
                with books_for(race.rounds) as address:
                    tally = run(address, race)
                _say(f"  0 doubled, 0 lost, first: {dict(tally.won)}")
        if options.crowd:
            with books_for(1) as address:
                crowd(address, options.crowd, threads=5)
            _say(f"the same document {options.crowd} times at once: one effect, equal answers")
    except BrokenPromiseError as broken:
        _say(f"FAILED {broken}")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def books_for(invoices: int, codes: Sequence[str] = ("998",)) -> Iterator[str]:
    """The address of fresh books, each dossier with so many open invoices."""
    with tempfile.TemporaryDirectory() as folder:
        address = empty_books(Path(folder))
        prepare(address, invoices, codes)
        yield address


@contextmanager
def server() -> Iterator[None]:
    """The server that the books need, if any."""
    if not POSTGRESQL:
        yield
        return
    started = Server()
    try:
        started.prepare()
        yield
    finally:
        started.stop()


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

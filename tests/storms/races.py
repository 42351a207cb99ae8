"""Races between processes over the same books: never twice, never lost, every loser told why.

    python -m tests.storms.races --barrier 20000 --widened 2000 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.races --barrier 20000 --widened 2000
    python -m tests.storms.races --widened 50 --planted no_lock     # must fail

Two workers, each a process of its own, meet at a barrier before every round and pay the same invoice, a little apart by
chance; in the widened races each pauses between reading the books and writing. Then the books are counted. A run fails
on an invoice paid twice or not at all, on a loser who is told anything but that it is settled, on a gap in the numbers
and on any finding of the integrity check; it then prints its seed. Planted, the workers take no lock.
"""

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
from tests.databases import POSTGRESQL, STORE, Server, empty_books
from tests.journeys.helpers import Answer, MovableClock, company, header, invoice, pays
from tests.reliability.long_form import BrokenPromiseError, long_form, say

WORKERS = 2
PAUSE_SECONDS = 0.002  # between reading and writing, in a widened race
APART_SECONDS = 0.002  # how far apart two workers may start, at most
PATIENCE_SECONDS = 60  # at a barrier, before a worker is taken for dead
WON, LOST = "done", "already_settled"
processes = multiprocessing.get_context("forkserver")
# What a worker process needs is imported once; what has begun in this one (threads, connections) is not copied.
processes.set_forkserver_preload(["tests.storms.races"])


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


def batteries(barrier: int, widened: int, size: int, seed: int, planted: str = "") -> str:
    """The batteries that are asked for, each on books of its own. Raises BrokenPromiseError."""
    for race in (Race(barrier, seed, planted=bool(planted)), Race(widened, seed, PAUSE_SECONDS, bool(planted))):
        if race.rounds:
            with books_for(race.rounds) as address:
                say(f"  0 doubled, 0 lost of {race.rounds}, first: {dict(run(address, race).won)}")
    if size:
        with books_for(1) as address:
            crowd(address, size, threads=5)
    return f"{barrier:,} races, {widened:,} widened, {size} times one document at once: 0 doubled, 0 unsettled"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "B3",
        lambda given, bug: batteries(given.barrier, given.widened, given.crowd, given.seed, bug),
        ["no_lock"],
        options={"barrier": 0, "widened": 0, "crowd": 0},
        trial={"barrier": 0, "widened": 200, "crowd": 0},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


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

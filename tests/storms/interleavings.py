"""Every interleaving of two settlements, and of three in larger steps, ends as if they had come one after the other.

    python -m tests.storms.interleavings
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.interleavings
    python -m tests.storms.interleavings --planted read_before_lock     # must fail

Each settlement runs in a thread of its own on a store of its own, and is held before each of its SQL statements (of
three: before each change from locking to reading, writing, committing; PostgreSQL's BEGIN asks nothing of the database,
neither a lock nor its state, and goes with what follows it). One is let go at a time; the choices
are walked like a tree until every order that the database's locks allow was taken, each on fresh books. Who must wait
for a lock really waits in the database while others go on; of several waiting for it one at a time is let go to ask,
since a file does not tell who comes next. The answers and every row of the books must be those of one of the serial
orders, which are tried first.
"""

import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from itertools import permutations
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
from sqlalchemy import event

from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.settlement import Caller, settle
from tests.databases import STORE, copied, every_row, tidy
from tests.journeys.helpers import Firm, MovableClock, advance, company, header, invoice, pays
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.races import server

DOSSIER = "998"
SHOWS_IT = "one invoice, whole and in part"  # the pair with which a planted bug is seen
PATIENCE_SECONDS = 60  # before a session is taken for dead
Asked = Sequence[tuple[bytes, str]]  # documents, each with its key
Result = tuple[tuple[str, ...], str]  # the answers, and every row of the books


# ---------------------------------------------------------------- what is settled


def document(*headers: dict[str, Any], key: str = "", **parameters: str) -> tuple[bytes, str]:
    """A document and its key."""
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": {"dos": DOSSIER} | parameters},
        "data": {"EnteteReglementtb": [{"EnteteReglement": one} for one in headers]},
    }
    return json.dumps(form).encode(), key


WHOLE = document(header("PORCHQ", "100", pays("P1", "100")))
PART = document(header("PORCHQ", "40", pays("P1", "40"), pays("P1", "60", "WPA")))
OTHER = document(header("PORCHQ", "100", pays("P2", "100")))
ADVANCE = document(header("PORCHQ", "25", advance("25")), repeat="1")
KEYED = document(header("PORCHQ", "25", advance("25")), key="K1", repeat="1")
REFUSED = document(header("PORCHQ", "99", pays("P1", "99")))

PAIRS = {
    "one invoice, paid twice": (WHOLE, WHOLE),
    "one invoice, whole and in part": (WHOLE, PART),
    "one invoice, twice in part": (PART, PART),
    "two invoices": (WHOLE, OTHER),
    "one key": (KEYED, KEYED),
    "two advances": (ADVANCE, ADVANCE),
    "a payment and a refusal": (WHOLE, REFUSED),
}
TRIOS = {
    "one invoice, paid three times": (WHOLE, PART, WHOLE),
    "a payment, an advance, a refusal": (WHOLE, ADVANCE, REFUSED),
}

# ---------------------------------------------------------------- a session that is held


def kind_of(sql: str) -> str:
    """What a statement does: begin, lock, read, write or commit."""
    if sql.startswith("BEGIN IMMEDIATE") or sql.endswith("FOR UPDATE"):
        return "lock"
    first = sql.split(None, 1)[0]
    return {"BEGIN": "begin", "COMMIT": "commit", "SELECT": "read"}.get(first, "write")


class Session:
    """One settlement in a thread, held before each step until it is let go."""

    def __init__(self, address: str, name: str, asked: tuple[bytes, str], *, coarse: bool) -> None:
        self.asked, self.name, self.coarse = asked, name, coarse
        self.next = ""  # the kind of the step it is held before; "" once it is done
        self.waits = False  # let go, and waiting for a lock
        self.answer = ""
        self._may, self.arrived = threading.Semaphore(0), threading.Event()
        self.store = SqlStore(address, MovableClock())
        event.listen(self.store.engine, "before_cursor_execute", self._hold)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        data, key = self.asked
        try:
            caller = Caller("till", "storm", DOSSIER, key)
            self.answer = settle(data, caller, self.store, MovableClock()).text
        except Exception as error:
            self.answer = f"{type(error).__name__}: {error}"
        self.next = ""
        self.arrived.set()

    def _hold(self, _connection: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        kind = kind_of(sql)
        if self.coarse and (kind == "begin" or (kind == self.next and kind != "lock")):
            return
        self.next = kind
        self.arrived.set()
        assert self._may.acquire(timeout=PATIENCE_SECONDS)

    def start(self) -> None:
        """Run up to the first statement."""
        self.thread.start()
        self.settled(PATIENCE_SECONDS)

    def go(self) -> None:
        """Let the step go that it is held before."""
        self.arrived.clear()
        self._may.release()

    def settled(self, seconds: float) -> bool:
        """Wait until it is held before its next step, or done."""
        return self.arrived.wait(seconds)

    def close(self) -> None:
        """Close its connections."""
        event.remove(self.store.engine, "before_cursor_execute", self._hold)
        self.store.close()


# ---------------------------------------------------------------- one order


class Order:
    """One walk through the steps of several sessions: the choices made, and those that there were."""

    def __init__(self, sessions: Sequence[Session], wanted: Sequence[int]) -> None:
        self.sessions, self.wanted = sessions, wanted
        self.choices: list[int] = []
        self.open: list[list[int]] = []  # the sessions that could have been let go, at each choice
        self.holder: Session | None = None

    def walk(self) -> None:
        """Follow the wanted choices, then always the first that is possible, until everybody is done."""
        for session in self.sessions:
            session.start()
        while possible := self._possible():
            at = len(self.choices)
            chosen = self.wanted[at] if at < len(self.wanted) else possible[0]
            assert chosen in possible, f"{self.wanted} cannot be taken again at {at}: {possible}"
            self.open.append(possible)
            self.choices.append(chosen)
            self._step(self.sessions[chosen])
        for session in self.sessions:
            assert session.settled(PATIENCE_SECONDS), f"{session.name} never ended"

    def _possible(self) -> list[int]:
        """Who is held before a step that he may take: one at a time may ask for a lock that is held."""
        somebody_waits = any(session.waits for session in self.sessions)
        return [
            at
            for at, session in enumerate(self.sessions)
            if session.next and not session.waits and not (session.next == "lock" and self.holder and somebody_waits)
        ]

    def _step(self, session: Session) -> None:
        """One step. Whoever asks for a lock that is held waits; who gives it up lets the waiting one on."""
        step = session.next
        session.go()
        if step == "lock" and self.holder is not None:
            session.waits = True
            time.sleep(0.002)  # until it stands in the queue
            return
        if step == "lock":
            self.holder = session
        assert session.settled(PATIENCE_SECONDS), f"{session.name} waits for a lock that nobody foresaw"
        if session is self.holder and (step == "commit" or not session.next):
            self._handed_over()

    def _handed_over(self) -> None:
        self.holder = next((session for session in self.sessions if session.waits), None)
        if self.holder is not None:
            assert self.holder.settled(PATIENCE_SECONDS), f"{self.holder.name} never got the lock"
            self.holder.waits = False


# ---------------------------------------------------------------- every order


class Books:
    """The books before, to be copied for each order."""

    def __init__(self, folder: Path) -> None:
        firm = Firm(folder, company(DOSSIER, invoices=[invoice("P1", "100.00"), invoice("P2", "100.00")]))
        firm.store.close()
        self.folder, self.start = folder, firm.address

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a copy, gone afterwards."""
        with tidy(), tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield copied(self.start, Path(folder))

    def serially(self, asked: Asked, order: Sequence[int]) -> Result:
        """What comes of the documents one after the other, in this order."""
        answers = [""] * len(asked)
        with self.fresh() as address, closing(SqlStore(address, MovableClock())) as store:
            for at in order:
                data, key = asked[at]
                answers[at] = settle(data, Caller("till", "storm", DOSSIER, key), store, MovableClock()).text
            return tuple(answers), rows_of(store)

    def in_order(self, asked: Asked, wanted: Sequence[int], *, coarse: bool) -> tuple[Order, Result]:
        """What comes of one order of their steps."""
        with self.fresh() as address:
            sessions = [Session(address, f"session {at}", one, coarse=coarse) for at, one in enumerate(asked)]
            order = Order(sessions, wanted)
            order.walk()
            for session in sessions:
                session.close()
            with closing(SqlStore(address, MovableClock())) as store:
                return order, (tuple(session.answer for session in sessions), rows_of(store))


def rows_of(store: SqlStore) -> str:
    """Every row of the books."""
    return repr(every_row(store.engine))


def every_order(books: Books, asked: Asked, *, coarse: bool = False) -> Counter[str]:
    """Walk every order; how many there were, and how long. Raises BrokenPromiseError."""
    serial = {books.serially(asked, order) for order in permutations(range(len(asked)))}
    seen: Counter[str] = Counter()
    wanted: list[int] | None = []
    while wanted is not None:
        order, result = books.in_order(asked, wanted, coarse=coarse)
        if result not in serial:
            raise BrokenPromiseError(f"order {''.join(map(str, order.choices))}: {result[0]}")
        seen["orders"] += 1
        seen["longest"] = max(seen["longest"], len(order.choices))
        wanted = _next(order)
    return seen


def _next(order: Order) -> list[int] | None:
    """The choices up to the last one where another was possible, and that one; None when all were taken."""
    for at in reversed(range(len(order.choices))):
        later = [one for one in order.open[at] if one > order.choices[at]]
        if later:
            return [*order.choices[:at], later[0]]
    return None


# ---------------------------------------------------------------- the planted bug


@contextmanager
def read_before_lock() -> Iterator[None]:
    """What is open is read first, then the books are locked and written."""
    sound = SqlStore.write

    def write(self: SqlStore, dossier: str, work: Callable[[SqlBooks], Any]) -> Any:
        with self.books(dossier, writing=False) as stale:

            def late(books: SqlBooks) -> Any:
                books.snapshot = stale.snapshot  # type: ignore[method-assign]
                return work(books)

            return sound(self, dossier, late)

    with mock.patch.object(SqlStore, "write", write):
        yield


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "read_before_lock": read_before_lock,
}

# ---------------------------------------------------------------- the command


class Walked(msgspec.Struct):
    """What was walked."""

    pairs: int = 0
    trios: int = 0
    longest: int = 0


def run(*, trios: bool = True, only: str = "", planted: str = "") -> Walked:
    """Every order of each pair, and of each trio in larger steps. Raises BrokenPromiseError."""
    walked = Walked()
    with tempfile.TemporaryDirectory() as folder:
        books = Books(Path(folder))
        with PLANTED[planted]():
            for name, asked in {**PAIRS, **(TRIOS if trios else {})}.items():
                if only in ("", name):
                    seen = _walk(books, name, asked, coarse=bool(planted) or name in TRIOS)
                    walked.longest = max(walked.longest, seen["longest"])
                    if name in PAIRS:
                        walked.pairs += seen["orders"]
                    else:
                        walked.trios += seen["orders"]
    return walked


def _walk(books: Books, name: str, asked: Asked, *, coarse: bool) -> Counter[str]:
    try:
        seen = every_order(books, asked, coarse=coarse)
    except BrokenPromiseError as broken:
        raise BrokenPromiseError(f"{name}, {broken}") from None
    sys.stdout.write(f"{name}: {seen['orders']} orders of up to {seen['longest']} steps\n")
    sys.stdout.flush()
    return seen


def figure(planted: str = "") -> str:
    """Walk them all; with a planted bug, one pair. Raises BrokenPromiseError."""
    walked = run(only=SHOWS_IT if planted else "", planted=planted)
    return (
        f"every order: {walked.pairs:,} of {len(PAIRS)} pairs, {walked.trios:,} of {len(TRIOS)} trios,"
        f" up to {walked.longest} steps: each ends as a serial one"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "B4",
        lambda _given, bug: figure(bug),
        PLANTED,
        options={},
        seeded=False,
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

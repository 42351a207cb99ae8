"""Deposits whose answers are lost and workers that are killed: never twice, never lost, nobody held up.

    python -m tests.storms.deposits --lost 2000 --kills 500 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.deposits --kills 500
    python -m tests.storms.deposits --lost 50 --planted sent_again_blindly     # must fail

Invoices go over HTTP to the simulator, which drops connections before and after it has taken a flow, cuts and spoils
answers, or stands in for a gateway in trouble. In the second battery worker processes are killed (SIGKILL) at a point
chosen by chance: with a job in hand, right before and right after a call, after a commit. The clocks of both sides are
moved together, so that the day after which a deposit without a trace is sent again passes in a moment. At the end the
simulator is asked: every invoice must be there once, in one flow.
"""

import gzip
import os
import random
import re
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.jobs import Jobs
from lettrage.guard.secrets import Secret
from lettrage.invoicing.document import Identifier
from lettrage.invoicing.formats import ubl
from lettrage.invoicing.sending import deposit
from lettrage.invoicing.sending.deposit import packets
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Parcel, Taken
from lettrage.invoicing.sending.schedule import Pace
from lettrage.invoicing.sending.worker import Way, Worker
from lettrage.invoicing.settings import Platform, PlatformSettings
from lettrage.opening import load
from lettrage.simulator.server import Simulator
from tests.databases import STORE, empty_books
from tests.invoicing.papers import BUYER, SELLER, invoice
from tests.journeys.helpers import MovableClock, company
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form, say
from tests.storms.races import server

PLATFORM: Platform = "qualification"
SYNTAX = "IN_DP_E1_UBL_INVOICE"
LOT = 5
POINTS = ("taken", "calling", "called", "recorded")
LOSSES = (
    "dropped_before",
    "dropped_after",
    "truncated",
    "html_after",
    "wrong_types",
    "bad_gateway",
    "version_not_supported",
)
STEP = timedelta(minutes=5)
AFTER_A_KILL = timedelta(minutes=31)  # longer than any job is held
LONGEST = timedelta(days=3)
PROBABILITY = 0.35
processes = get_context("forkserver")
# What a worker process needs is imported once; what has begun in this one (a server, threads) is not copied.
processes.set_forkserver_preload(["tests.storms.races", "tests.invoicing.papers", "lettrage.adapters.chorus.portal",
                                  "lettrage.invoicing.formats.ubl", "lettrage.simulator.server"])  # fmt: skip


# Structures of the qualification platform; the buyer asks for nothing.
SUPPLIER_SIRET, BUYER_SIRET = "33254021516357", "12345678200051"
PAPER = invoice(
    number="NUMBER-OF-IT",
    seller=msgspec.structs.replace(SELLER, ids=(Identifier(SUPPLIER_SIRET, "0009"),), legal_id=None),
    buyer=msgspec.structs.replace(BUYER, ids=(Identifier(BUYER_SIRET, "0009"),), legal_id=None),
    service="",
    engagement="",
)


class Storm(msgspec.Struct, frozen=True):
    """What a battery is: the same seed is the same faults and the same kills."""

    invoices: int
    seed: int
    kills: int = 0
    lossy: bool = True
    planted: str = ""


# ---------------------------------------------------------------- the books


def prepare(address: str, invoices: int) -> dict[str, bytes]:
    """Books with so many documents; their files by number."""
    store = SqlStore(address, MovableClock())
    loaded = load(msgspec.json.encode({"dossiers": [company("998")]}), "load.json", "", store, MovableClock())
    assert not loaded.faults, loaded.faults
    template = ubl.render(PAPER).decode()
    numbers = [f"F{n:05}" for n in range(1, invoices + 1)]
    document_rows(store, numbers)
    store.close()
    return {number: template.replace(PAPER.number, number).encode() for number in numbers}


def document_rows(store: SqlStore, numbers: Sequence[str]) -> None:
    """Documents of these numbers, where the import puts them."""
    day, gross = PAPER.date.isoformat(), PAPER.totals.gross
    rows = (
        ("998", at, n, "380", day, "C1", "1", "EUR", gross, "{}", b"", "json", "", None, None, "", "")
        for at, n in enumerate(numbers, 1)
    )
    store.write("998", lambda books: writing.insert(books.connection, schema.sales_document, rows))


def intend(store: SqlStore, files: dict[str, bytes], now: datetime) -> None:
    """Everything is to be sent: half of it alone, half in lots of a few."""
    parcels = [
        Parcel(at, number, SUPPLIER_SIRET, BUYER_SIRET, f"ubl_{number}.xml", SYNTAX, file)
        for at, (number, file) in enumerate(files.items(), 1)
    ]
    half = len(parcels) // 2
    lots = [parcels[at : at + LOT] for at in range(half, len(parcels), LOT)]
    flows = [*packets(parcels[:half], lots=False), *(packet for lot in lots for packet in packets(lot, lots=True))]
    store.write("998", lambda books: books.intend(flows, PLATFORM, "storm", now))


# ---------------------------------------------------------------- a worker


class Clock:
    """The true time, moved ahead as far as everybody's clock is. Satisfies the port `Clock`."""

    def __init__(self, ahead: Any) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead.value)

    def today(self) -> date:
        return self.now().date()


def calls_to(connection: dict[str, str]) -> Calls:
    """Exchanges with the simulator, as fast as they go."""
    settings = PlatformSettings(
        PLATFORM,
        f"{connection['url']}/api/oauth/token",
        connection["url"],
        client_id=Secret(connection["client_id"]),
        client_secret=Secret(connection["client_secret"]),
        login=Secret(connection["login"]),
        password=Secret(connection["password"]),
        pause_ms=0,
    )
    return Calls(settings, sleep=lambda _seconds: None)


def worker_of(store: SqlStore, calls: Calls, clock: Clock, name: str, at: Callable[[str], None]) -> Worker:
    """A worker over real HTTP."""
    portal = ChorusPortal(Piste(calls))
    way = Way(lambda: portal, Pace())

    def told(_dossier: str, alert: Alert) -> None:
        if alert.code == "queue_stopped":
            raise BrokenPromiseError(f"the queue was stopped: {alert.facts}")

    return Worker(store, lambda _dossier, _platform: way, clock, name, random.Random(name).randrange, told, at)


def run_worker(
    address: str, connection: dict[str, str], ahead: Any, name: str, point: str, after: int, planted: str
) -> None:
    """A worker process that dies when it comes to this point for the nth time."""
    store = SqlStore(address, MovableClock())
    left = after

    def at(here: str) -> None:
        nonlocal left
        left -= here == point
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with PLANTED[planted]():
        worker_of(store, calls_to(connection), Clock(ahead), name, at).work("998")
    store.close()


# ---------------------------------------------------------------- a battery


class Battery:
    """The books, the simulator and the time of one battery."""

    def __init__(self, address: str, storm: Storm, simulator: Simulator) -> None:
        self.storm = storm
        self.simulator = simulator
        self.chance = random.Random(storm.seed)
        self.ahead = processes.Value("d", 0.0)
        self.address = address
        self.files = prepare(address, storm.invoices)
        self.store = SqlStore(address, MovableClock())
        self.clock = Clock(self.ahead)
        self.calls = calls_to(simulator.connection)
        self.worker = worker_of(self.store, self.calls, self.clock, "storm", lambda _point: None)
        self.doubts = 0
        self.killed = Counter[str]()

    def run(self) -> None:
        """Send everything through the storm, let the time pass, and count. Raises BrokenPromiseError."""
        intend(self.store, self.files, self.clock.now())
        if self.storm.lossy:
            self.simulator.faults.seed(self.storm.seed)
            for kind in LOSSES:
                self.simulator.faults.on(kind, path="*deposer/flux", probability=PROBABILITY / len(LOSSES))
        self._kill()
        self._drain()
        self.simulator.faults.off()
        end = self.clock.now() + LONGEST
        while self._open():
            if self.clock.now() > end:
                why = self._ask("SELECT DISTINCT outcome, errors FROM deposit WHERE dossier = ?1")
                raise BrokenPromiseError(f"seed {self.storm.seed}: forgotten: {self._open()[:10]} {why[:5]}")
            self._pass(STEP)
            self.worker.work("998")
        self._count()

    def _kill(self) -> None:
        number = 0
        while self.killed.total() < self.storm.kills:
            point, after, number = self.chance.choice(POINTS), self.chance.randint(1, 4), number + 1
            name = f"w{number}"
            given = (self.address, self.simulator.connection, self.ahead, name, point, after, self.storm.planted)
            process = processes.Process(target=run_worker, args=given)
            process.start()
            process.join()
            if process.exitcode not in (0, -signal.SIGKILL):
                raise BrokenPromiseError(f"seed {self.storm.seed}: worker {number} ended with {process.exitcode}")
            if process.exitcode == 0 and not self._open():
                raise BrokenPromiseError(f"seed {self.storm.seed}: all was done after {self.killed.total()} kills")
            self.killed[point] += process.exitcode != 0
            self._pass(AFTER_A_KILL)

    def _drain(self) -> None:
        """What is in doubt, or met a passing trouble, holds up no other: everything else is gone at once."""
        self.worker.work("998")
        rows = self._ask("SELECT outcome, count(*) FROM deposit WHERE dossier = ?1 GROUP BY outcome")
        self.doubts = sum(count for outcome, count in rows if outcome == "in_doubt")
        waiting = self._ask(
            "SELECT count(*) FROM job j WHERE j.dossier = ?1 AND j.kind = 'send' AND j.run_at <= ?2",
            self.clock.now().isoformat(),
        )
        if waiting[0][0]:
            raise BrokenPromiseError(f"seed {self.storm.seed}: {waiting[0][0]} wait behind others")

    def _open(self) -> list[Any]:
        """The documents that Chorus is not known to have."""
        return self._ask(
            "SELECT s.number FROM sales_document s WHERE s.dossier = ?1 AND NOT EXISTS (SELECT 1 FROM deposit d"
            " WHERE d.dossier = s.dossier AND d.document = s.id AND d.outcome = 'integrated') ORDER BY s.number"
        )

    def _ask(self, sql: str, *values: object) -> list[Any]:
        with self.store.books("998", writing=False) as books:
            return list(books.rows(sql, *values))

    def _pass(self, time: timedelta) -> None:
        self.ahead.value += time.total_seconds()
        self.simulator.platform.clock.advance(time.total_seconds())

    def _count(self) -> None:
        """What the simulator was given, by its own account."""
        times = Counter(number for flow in self.simulator.platform.flows() for number in numbers_in(flow.data))
        doubled = {number: count for number, count in times.items() if count > 1}
        missing = sorted(self.files.keys() - times.keys())
        if doubled or missing:
            raise BrokenPromiseError(f"seed {self.storm.seed}: sent twice {doubled}, never {missing[:10]}")
        integrated = Counter(one.claim.number for one in self.simulator.platform.invoices())
        if integrated != Counter(self.files.keys()):
            raise BrokenPromiseError(f"seed {self.storm.seed}: {integrated.total()} integrated of {len(self.files)}")


def numbers_in(data: bytes) -> list[str]:
    """The numbers of the invoices in a file or in an archive of several."""
    plain = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    return [found.decode() for found in re.findall(rb"<cbc:ID>(F[0-9]{5})</cbc:ID>", plain)]


# ---------------------------------------------------------------- planted bugs


@contextmanager
def instead(holder: Any, name: str, bug: Any) -> Iterator[None]:
    sound = getattr(holder, name)
    setattr(holder, name, bug)
    try:
        yield
    finally:
        setattr(holder, name, sound)


def sent_again_blindly() -> AbstractContextManager[None]:
    """A deposit whose answer is lost is simply tried again."""
    return instead(deposit, "doubtful", lambda _trouble: False)


def doubt_not_looked_up() -> AbstractContextManager[None]:
    """A deposit in doubt is sent again after a day without being looked for."""
    sound = deposit.after_look_up

    def blind(taken: Taken, _found: Any, now: datetime, pace: Pace) -> Conclusion:
        return sound(taken, {}, now, pace)

    return instead(deposit, "after_look_up", blind)


def doubt_forgotten() -> AbstractContextManager[None]:
    """Nobody plans to look for a deposit in doubt."""
    sound = deposit.in_doubt
    return instead(deposit, "in_doubt", lambda *given: msgspec.structs.replace(sound(*given), planned=()))


def interrupted_is_forgotten() -> AbstractContextManager[None]:
    """A flow that somebody was sending when he died is taken for one that was never sent."""
    sound = Jobs._to_send

    def careless(self: Jobs, taken: Taken, now: datetime, paces: Any) -> Taken | None:
        self.set_flow(msgspec.structs.replace(self.flow(int(taken.job.subject)), state="intended"))
        return sound(self, taken, now, paces)

    return instead(Jobs, "_to_send", careless)


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "sent_again_blindly": sent_again_blindly,
    "doubt_not_looked_up": doubt_not_looked_up,
    "doubt_forgotten": doubt_forgotten,
    "interrupted_is_forgotten": interrupted_is_forgotten,
}


# ---------------------------------------------------------------- the command


def run(storm: Storm) -> Battery:
    """One battery on books and a simulator of its own. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as folder, Simulator(seed=storm.seed) as simulator, PLANTED[storm.planted]():
        battery = Battery(empty_books(Path(folder)), storm, simulator)
        try:
            battery.run()
        finally:
            battery.calls.close()
            battery.store.close()
        return battery


def batteries(lost: int, kills: int, seed: int, planted: str = "") -> str:
    """The batteries that are asked for. Raises BrokenPromiseError."""
    storms = [Storm(lost, seed, planted=planted)] if lost else []
    storms += [Storm(4 * kills, seed, kills, lossy=False, planted=planted)] if kills else []
    for storm in storms:
        say(f"{storm.invoices} invoices, {storm.kills} kills ...")
        battery = run(storm)
        killed = f", killed {dict(battery.killed)}" if storm.kills else ""
        say(f"  0 sent twice, 0 lost; {battery.doubts} were in doubt{killed}")
    return (
        f"{sum(storm.invoices for storm in storms):,} invoices, {lost:,} of them through lost and spoilt answers,"
        f" {kills:,} kills: 0 sent twice, 0 forgotten"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "B6",
        lambda given, bug: batteries(given.lost, given.kills, given.seed, bug),
        PLANTED,
        options={"lost": 0, "kills": 0},
        trial={"lost": 200, "kills": 30},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

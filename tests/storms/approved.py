"""Flows to an approved platform whose answers are lost, and workers that are killed: never twice, never forgotten.

    python -m tests.storms.approved --lost 2000 --kills 100 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.approved --kills 100
    python -m tests.storms.approved --lost 60 --planted sent_again_blindly     # must fail

Invoices, and a receipt of each of them as status 212, go over HTTP to the simulated platform, which drops connections
before and after it has taken a flow, cuts and spoils its answers, fails by 500 and 503, asks for a pause, loses sight
of a flow for an hour, and brings statuses late, twice or spoilt. In the second battery worker processes are killed
(SIGKILL) at a point chosen by chance. The clocks of both sides are moved together. At the end the platform is asked:
each name of ours must be on one flow, each invoice and each receipt with it once, and every status that it told must be
in the books once.
"""

import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from lettrage.adapters.store.books import SqlStore
from lettrage.invoicing.doors import QUALIFICATION as PLATFORM
from lettrage.invoicing.sending.deposit import packets
from lettrage.simulator.approved.invoices import Step
from lettrage.simulator.approved.settings import Settings
from lettrage.simulator.server import Simulator
from tests.databases import STORE, empty_books
from tests.journeys.helpers import MovableClock
from tests.reliability.long_form import BrokenPromiseError, long_form, say
from tests.storms.approved_planted import PLANTED
from tests.storms.approved_worker import PAPER, calls_to, prepare, receipt, run_worker, worker_of
from tests.storms.deposits import AFTER_A_KILL, POINTS, Clock, processes
from tests.storms.races import server

SUBMITTED = "/approved/flow-service/v1/flows"
# How a submission goes wrong: before the platform acted, after it, or nobody can tell.
LOSSES = (
    "dropped_before", "dropped_after", "truncated", "html_after", "wrong_types", "server_error", "resource_error",
    "bad_gateway", "gateway_timeout", "too_many_calls",
)  # fmt: skip
ASKING = ("dropped_after", "truncated", "html_after", "wrong_types", "bad_gateway")  # and how a question does
SOMETIMES = 0.02
PROBABILITY = 0.15  # of each way, so that four of five answers are lost in one or several
STEP, LATER = timedelta(minutes=5), timedelta(minutes=30)
LONGEST = timedelta(days=30)
SHOWN_BY_KILLS = ("interrupted_is_forgotten",)  # a planted bug; the others are shown by answers that are lost
LIFE = (Step(600, "204"), Step(600, "205"), Step(3600, "211"))  # of each invoice, once it is with its buyer


class Storm(msgspec.Struct, frozen=True):
    """What a battery is: the same seed is the same faults and the same kills. `lost`: answers to submissions."""

    invoices: int
    seed: int
    lost: int = 0
    kills: int = 0
    planted: str = ""


# ---------------------------------------------------------------- a battery


class Battery:
    """The books, the platform and the time of one battery."""

    def __init__(self, address: str, storm: Storm, simulator: Simulator) -> None:
        self.storm = storm
        self.simulator = simulator
        self.chance = random.Random(storm.seed)
        self.ahead = processes.Value("d", 0.0)
        self.address = address
        self.parcels = prepare(address, storm.invoices)
        self.store = SqlStore(address, MovableClock())
        self.clock = Clock(self.ahead)
        self.calls = calls_to(simulator.connection)
        self.lost = Counter[str]()
        self.worker = worker_of(self.store, self.calls, self.clock, "storm", lambda _point: None, self.lost)
        self.killed = Counter[str]()

    def run(self) -> None:
        """Send everything through the storm, let the time pass, and count. Raises BrokenPromiseError."""
        self.simulator.approved.platform.script("", LIFE)
        flows = packets(self.parcels, lots=False)
        self.store.write("998", lambda books: books.intend(flows, PLATFORM, "storm", self.clock.now()))
        self._endure(self.storm.kills // 2, self._not_integrated)
        at = datetime.now(UTC).replace(microsecond=0)
        receipts = [receipt(parcel, at + timedelta(seconds=parcel.document)) for parcel in self.parcels]
        self.store.write("998", lambda books: books.say(receipts, PLATFORM, "storm", self.clock.now()))
        self._endure(self.storm.kills - self.storm.kills // 2, self._not_said)
        self.simulator.faults.off()
        self._live(self._not_heard)
        self._count()
        if self.lost.total() < self.storm.lost and not self.storm.planted:  # a weak storm notices no bug
            raise BrokenPromiseError(f"seed {self.storm.seed}: {self.lost.total()} answers were lost: that is no storm")

    # ------------------------------------------------------------ the storm

    def _endure(self, kills: int, open_: Callable[[], list[Any]]) -> None:
        """Let answers be lost, and so many workers die, until nothing is open any more."""
        if self.storm.lost:
            self._faults()
        self._kill(kills, open_)
        self._live(open_)

    def _faults(self) -> None:
        faults = self.simulator.faults
        faults.off()
        faults.seed(self.storm.seed)
        for kind in LOSSES:
            faults.on(kind, path=SUBMITTED, probability=PROBABILITY, seconds=0)
        for kind in ("flow_lost", "arrival_late", "arrival_doubled"):
            faults.on(kind, path=SUBMITTED, probability=SOMETIMES, seconds=3600)
        for kind in ASKING:
            faults.on(kind, path=f"{SUBMITTED}/*", probability=SOMETIMES)

    def _kill(self, kills: int, open_: Callable[[], list[Any]]) -> None:
        wanted, number = self.killed.total() + kills, 0
        while self.killed.total() < wanted:
            point, after, number = self.chance.choice(POINTS), self.chance.randint(1, 4), number + 1
            name = f"w{wanted}.{number}"
            given = (self.address, self.simulator.connection, self.ahead, name, point, after, self.storm.planted)
            process = processes.Process(target=run_worker, args=given)
            process.start()
            process.join()
            if process.exitcode not in (0, -signal.SIGKILL):
                raise BrokenPromiseError(f"seed {self.storm.seed}: worker {number} ended with {process.exitcode}")
            if process.exitcode == 0 and not open_():
                raise BrokenPromiseError(f"seed {self.storm.seed}: all was done after {self.killed.total()} kills")
            self.killed[point] += process.exitcode != 0
            self._pass(AFTER_A_KILL)

    def _live(self, open_: Callable[[], list[Any]]) -> None:
        """Let the time pass until nothing is open."""
        end = self.clock.now() + LONGEST
        passed = 0
        while open_():
            if self.clock.now() > end:
                why = self._ask("SELECT DISTINCT state, trouble FROM flow WHERE dossier = ?1 AND state <> 'given_up'")
                raise BrokenPromiseError(f"seed {self.storm.seed}: forgotten: {open_()[:10]} {why[:5]}")
            self._pass(STEP if passed < 24 else LATER)
            passed += 1
            self._reopen()
            self.worker.work("998")

    def _reopen(self) -> None:
        """Somebody looks, finds the address right, and lets the queue go on."""
        if self._ask("SELECT 1 FROM chorus_queue WHERE dossier = ?1 AND state = 'stopped'"):
            self.store.write("998", lambda books: books.reopen(PLATFORM, self.clock.now()))

    def _pass(self, time: timedelta) -> None:
        self.ahead.value += time.total_seconds()
        self.simulator.platform.clock.advance(time.total_seconds())

    # ------------------------------------------------------------ what is still open

    def _not_integrated(self) -> list[Any]:
        return self._ask(
            "SELECT s.number FROM sales_document s WHERE s.dossier = ?1 AND NOT EXISTS (SELECT 1 FROM deposit d"
            " WHERE d.dossier = s.dossier AND d.document = s.id AND d.outcome = 'integrated') ORDER BY s.number"
        )

    def _not_said(self) -> list[Any]:
        return self._ask("SELECT m.key FROM message m WHERE m.dossier = ?1 AND m.outcome <> 'accepted' ORDER BY m.id")

    def _not_heard(self) -> list[str]:
        """What the platform told and is not in the books; and whether all that an invoice's life has is told."""
        told = {flow.id for flow in self._flows("In")}
        kept = {number for (number,) in self._ask("SELECT number FROM arrival WHERE dossier = ?1")}
        invoices = self.simulator.approved.platform.invoices()
        unfinished = [one.said.number for one in invoices if "211" not in {p.code for p in one.passages}]
        return sorted(told - kept) + unfinished

    def _ask(self, sql: str, *values: object) -> list[Any]:
        with self.store.books("998", writing=False) as books:
            return list(books.rows(sql, *values))

    def _flows(self, direction: str) -> list[Any]:
        return [flow for flow in self.simulator.approved.platform.flows() if flow.direction == direction]

    # ------------------------------------------------------------ what came of it

    def _count(self) -> None:
        """What the platform was given and what it told, by its own account and by the books."""
        given = self._flows("Out")
        doubled = {name: times for name, times in Counter(flow.sha256 for flow in given).items() if times > 1}
        if doubled or len({flow.tracking for flow in given}) != len(given):
            raise BrokenPromiseError(f"seed {self.storm.seed}: sent twice: {len(doubled)} of {len(given)}")
        if len(given) != 2 * len(self.parcels):
            raise BrokenPromiseError(f"seed {self.storm.seed}: {len(given)} flows of {2 * len(self.parcels)} arrived")
        names = self._ask(
            "SELECT sha256 FROM flow WHERE dossier = ?1 GROUP BY sha256 HAVING count(DISTINCT tracking) > 1"
        )
        if names:
            raise BrokenPromiseError(f"seed {self.storm.seed}: {len(names)} flows had another name each time")
        invoices = {one.said.number: one for one in self.simulator.approved.platform.invoices()}
        paid = [one for one in invoices.values() if sum(one.received.values()) * 100 != PAPER.totals.gross]
        if len(invoices) != len(self.parcels) or paid:
            raise BrokenPromiseError(f"seed {self.storm.seed}: {len(invoices)} invoices, {len(paid)} wrongly received")
        self._compare(invoices)

    def _compare(self, invoices: dict[str, Any]) -> None:
        """Each status that the platform told, once in the books."""
        rows = self._ask(
            "SELECT s.number, e.code, e.at FROM status_event e JOIN sales_document s ON s.dossier = e.dossier"
            " AND s.id = e.document WHERE e.dossier = ?1 AND e.origin = 'history'"
        )
        ours = Counter((number, code, datetime.fromisoformat(at)) for number, code, at in rows)
        theirs = Counter(
            (number, passage.code, passage.at.replace(microsecond=0))
            for number, one in invoices.items()
            for passage in one.passages
            if passage.told
        )
        if ours != theirs:
            wrong = [*(ours - theirs).items(), *(theirs - ours).items()]
            raise BrokenPromiseError(f"seed {self.storm.seed}: {len(wrong)} statuses differ: {wrong[:3]}")
        stand = self._ask("SELECT DISTINCT status FROM deposit WHERE dossier = ?1 AND outcome = 'integrated'")
        if {status for (status,) in stand} - {"211", "212"}:
            raise BrokenPromiseError(f"seed {self.storm.seed}: invoices stand at {stand}")


# ---------------------------------------------------------------- the command


def run(storm: Storm) -> Battery:
    """One battery on books and a platform of its own. Raises BrokenPromiseError."""
    settings = Settings(sheets=False)  # what the rules say of the files is another promise's
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulator(seed=storm.seed, approved=settings) as simulator,
        PLANTED[storm.planted](),
    ):
        battery = Battery(empty_books(Path(folder)), storm, simulator)
        try:
            battery.run()
        finally:
            battery.calls.close()
            battery.store.close()
        return battery


def batteries(lost: int, kills: int, seed: int, planted: str = "") -> str:
    """The batteries that are asked for; of a planted bug, the one that shows it. Raises BrokenPromiseError."""
    if planted:
        lost, kills = (0, kills) if planted in SHOWN_BY_KILLS else (lost, 0)
    storms = [Storm(-(-lost * 3 // 10), seed, lost, planted=planted)] if lost else []  # each loses three and more
    storms += [Storm(2 * kills, seed, kills=kills, planted=planted)] if kills else []
    answers = 0
    for storm in storms:
        say(f"{storm.invoices} invoices, as many receipts, {storm.lost} lost answers, {storm.kills} kills ...")
        battery = run(storm)
        say(f"  0 sent twice, 0 forgotten; lost {dict(battery.lost)}, killed {dict(battery.killed)}")
        answers += battery.lost.total()
    flows = sum(2 * storm.invoices for storm in storms)
    return f"{flows:,} flows, {answers:,} lost answers, {kills:,} kills: 0 sent twice, 0 forgotten, each status once"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "B8",
        lambda given, bug: batteries(given.lost, given.kills, given.seed, bug),
        PLANTED,
        options={"lost": 0, "kills": 0},
        trial={"lost": 160, "kills": 40},  # of 40 and 20 too little was doubled to be sure of any
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

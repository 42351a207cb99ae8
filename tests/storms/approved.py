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

import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from lettrage.adapters.approved.calls import Calls
from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.jobs import Jobs
from lettrage.adapters.store.outbox import Flows
from lettrage.guard.secrets import Secret
from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.document import Identifier
from lettrage.invoicing.doors import QUALIFICATION as PLATFORM
from lettrage.invoicing.flow_service import Signalled, Submitted
from lettrage.invoicing.formats import cdar, ubl
from lettrage.invoicing.lifecycle.sent import Concerned, Received, numbered, received, to_buyer
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending import arrive, deposit, submit
from lettrage.invoicing.sending.deposit import packets
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Packet, Parcel, Saying, Taken
from lettrage.invoicing.sending.schedule import Pace
from lettrage.invoicing.sending.worker import Way, Worker
from lettrage.money import Amount
from lettrage.opening import load
from lettrage.simulator.approved.invoices import Step
from lettrage.simulator.approved.settings import Settings
from lettrage.simulator.server import Simulator
from tests.databases import STORE, empty_books
from tests.invoicing.papers import BUYER, SELLER, figure, invoice
from tests.journeys.helpers import MovableClock, company
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form, say
from tests.storms.deposits import AFTER_A_KILL, POINTS, Clock, document_rows, instead, processes
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
HOUR = timedelta(hours=1)
STEP, LATER = timedelta(minutes=5), timedelta(minutes=30)
LONGEST = timedelta(days=30)
PACE = Pace(resend_hours=6, redeposits=1_000)  # however often a receipt is lost on the way, it is told in the end
LIFE = (Step(600, "204"), Step(600, "205"), Step(3600, "211"))  # of each invoice, once it is with its buyer
SIREN = "332540215"
WRONG = ("queue_stopped", "numbering_error", "message_rejected", "arrival_unreadable", "flow_never_processed")

PAPER = invoice(
    number="NUMBER-OF-IT",
    seller=msgspec.structs.replace(
        SELLER, ids=(Identifier("33254021516357", "0009"),), legal_id=Identifier(SIREN, "0002")
    ),
    buyer=msgspec.structs.replace(
        BUYER, ids=(Identifier("20000000800017", "0009"),), legal_id=Identifier("200000008", "0002")
    ),
    service="",
    engagement="",
)


class Storm(msgspec.Struct, frozen=True):
    """What a battery is: the same seed is the same faults and the same kills. `lost`: answers to submissions."""

    invoices: int
    seed: int
    lost: int = 0
    kills: int = 0
    planted: str = ""


# ---------------------------------------------------------------- the books


def prepare(address: str, invoices: int) -> list[Parcel]:
    """Books with so many documents, ready to be sent."""
    store = SqlStore(address, MovableClock())
    loaded = load(msgspec.json.encode({"dossiers": [company("998")]}), "load.json", "", store, MovableClock())
    assert not loaded.faults, loaded.faults
    numbers = [f"F{n:05}" for n in range(1, invoices + 1)]
    document_rows(store, numbers)
    store.close()
    template = ubl.render(PAPER).decode()
    return [
        Parcel(
            at, number, "33254021516357", "200000008", f"{number}.xml", "UBL",
            template.replace(PAPER.number, number).encode(),
        )
        for at, number in enumerate(numbers, 1)
    ]  # fmt: skip


def receipt(parcel: Parcel, at: datetime) -> Saying:
    """That all of an invoice was received."""
    about = Concerned(
        parcel.number, "380", PAPER.date, Identifier(SIREN, "0002"), "V", Identifier("200000008", "0002"), "A",
        Identifier("200000008", "0225"),
    )  # fmt: skip
    declared = received(at, [Received(figure("20.00"), Amount(PAPER.totals.gross, PAPER.currency))])
    message = to_buyer(about, declared, numbered(about, declared), at)
    return Saying(
        "status", f"receipt of {parcel.number}", parcel.document, "212", at, "{}", f"{parcel.number}_212.xml", "CDAR",
        cdar.render(message),
    )  # fmt: skip


# ---------------------------------------------------------------- a worker


def calls_to(connection: dict[str, str]) -> Calls:
    """Exchanges with the platform, as fast as they go."""
    settings = ApprovedSettings(
        PLATFORM,
        connection["approved_token_url"],
        connection["approved_flow_url"],
        client_id=Secret(connection["approved_client_id"]),
        client_secret=Secret(connection["approved_client_secret"]),
        pause_ms=0,
    )
    return Calls(settings, sleep=lambda _seconds: None)


class Counting(ApprovedFlows):
    """The flow service, with a count of the submissions that came to nothing as far as anybody here can tell."""

    def __init__(self, client: Client, lost: Counter[str]) -> None:
        super().__init__(client)
        self.lost = lost

    def submit(self, content: bytes, signalled: Signalled) -> Submitted:
        try:
            return super().submit(content, signalled)
        except Trouble as trouble:
            self.lost[f"{trouble.kind} {trouble.status or 'cut off'}"] += 1
            raise


def worker_of(
    store: SqlStore, calls: Calls, clock: Clock, name: str, at: Callable[[str], None], lost: Counter[str]
) -> Worker:
    """A worker over real HTTP."""
    service = Counting(Client(calls), lost)

    def no_portal() -> Any:
        raise BrokenPromiseError("an approved platform was taken for Chorus Pro")

    def told(_dossier: str, alert: Alert) -> None:
        if alert.code in WRONG and not _no_address(alert):
            raise BrokenPromiseError(f"{alert.code}: {alert.facts}")

    way = Way(no_portal, PACE, lambda: service)
    return Worker(store, lambda _dossier, _platform: way, clock, name, random.Random(name).randrange, told, at)


def _no_address(alert: Alert) -> bool:
    """A flow that is lost and the spoilt page that says so look like an address that is none: a person must look."""
    return alert.code == "queue_stopped" and alert.facts["status"] == "404"


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
        worker_of(store, calls_to(connection), Clock(ahead), name, at, Counter()).work("998")
    store.close()


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
        if self.lost.total() < self.storm.lost:
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


# ---------------------------------------------------------------- planted bugs


def sent_again_blindly() -> AbstractContextManager[None]:
    """A submission whose answer is lost is simply tried again."""
    return instead(deposit, "doubtful", lambda _trouble: False)


def trace_ignored() -> AbstractContextManager[None]:
    """A flow in doubt is sent again after a while without being looked for."""
    sound = submit.after_trace

    def blind(taken: Taken, _seen: Any, now: datetime, pace: Pace) -> Conclusion:
        return sound(taken, (), now, pace)

    return instead(submit, "after_trace", blind)


def doubt_forgotten() -> AbstractContextManager[None]:
    """Nobody plans to look for a flow in doubt."""
    sound = deposit.in_doubt
    return instead(deposit, "in_doubt", lambda *given: msgspec.structs.replace(sound(*given), planned=()))


def another_name() -> AbstractContextManager[None]:
    """What is sent again bears another name than before."""
    sound = Flows._tracking

    def renamed(self: Flows, platform: str, number: int, packet: Packet, at: str) -> str:
        return sound(self, platform, number, msgspec.structs.replace(packet, tracking=""), at)

    return instead(Flows, "_tracking", renamed)


def statuses_doubled() -> AbstractContextManager[None]:
    """A status that is told twice is kept twice."""
    return instead(arrive, "unheard", lambda _kept, heard: list(heard))


def asked_by_our_clock() -> AbstractContextManager[None]:
    """The next question begins at our own present."""
    return instead(arrive, "_moved", lambda _job, _done, _kept, now: now)


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
    "trace_ignored": trace_ignored,
    "doubt_forgotten": doubt_forgotten,
    "another_name": another_name,
    "statuses_doubled": statuses_doubled,
    "asked_by_our_clock": asked_by_our_clock,
    "interrupted_is_forgotten": interrupted_is_forgotten,
}


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
    """The batteries that are asked for. Raises BrokenPromiseError."""
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
        trial={"lost": 40, "kills": 20},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

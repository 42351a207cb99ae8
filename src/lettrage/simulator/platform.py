"""The platform: everything it holds, behind one lock, brought up to its clock's present whenever somebody looks.

Nothing runs in the background. What is due (a flow's result, an invoice's next status) waits in an agenda and happens,
with the date it was due at, at the next look.
"""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count

import msgspec

from lettrage.simulator import lifecycle
from lettrage.simulator.attachments import Attachments
from lettrage.simulator.claims import Claim, Identity
from lettrage.simulator.clock import LAST_YEAR, Clock
from lettrage.simulator.directory import Directory
from lettrage.simulator.flows import Flow, State, flow_number, states
from lettrage.simulator.judging import SYNTAXES, Accepted, Content, Syntax, judge, read
from lettrage.simulator.lifecycle import PLATFORM, Action, Invoice, Passage, Person, Step
from lettrage.simulator.rules import Facts
from lettrage.simulator.settings import Settings
from lettrage.simulator.wording import WRONG_ENGAGEMENT

STATE_SIREN = "110002011"  # whose engagements are checked after integration
FIRST_INVOICE = 8_420_001
SMALL = 1_000_000  # bytes of a file that its depositor can wait for
PATIENCE = 5  # true seconds
_readers = ThreadPoolExecutor(2, "reader")


def _reading(syntax: Syntax, name: str, data: bytes, settings: Settings) -> Future[Content]:
    """What a file says, read without the lock: a small one by its depositor, a large one while the platform goes on."""
    if len(data) > SMALL:
        return _readers.submit(read, syntax, name, data, settings)
    done: Future[Content] = Future()
    done.set_result(read(syntax, name, data, settings))
    return done


class Platform:
    """One qualification platform. Every method is safe to call from any thread and returns frozen values."""

    def __init__(self, directory: Directory, clock: Clock, settings: Settings | None = None) -> None:
        """An empty platform for these structures."""
        self.directory = directory
        self.clock = clock
        self.attachments = Attachments()
        self._settings = settings or Settings()
        self._lock = threading.RLock()
        self._agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._due = count()
        self._ids = count(1)  # of passages and actions
        self._flows: dict[str, Flow] = {}
        self._late: set[str] = set()  # flows that are due and still being read
        self._invoices: dict[int, Invoice] = {}
        self._numbers: dict[tuple[Identity, str], int] = {}
        self._ends: deque[str] = deque()  # states that the next deposits will stop in
        self._scripts: dict[str, tuple[Step, ...]] = {}
        self._plans: dict[int, int] = {}  # by invoice, what is to happen to it next

    # ------------------------------------------------------------ time

    @contextmanager
    def _present(self) -> Iterator[datetime]:
        """The present, with all that was due done."""
        with self._lock:
            now = self.clock.now()
            while self._agenda and self._agenda[0][0] <= now:
                when, _, act = heapq.heappop(self._agenda)
                act(when)
            for number in [number for number in self._late if self._flows[number].content.done()]:
                self._late.remove(number)
                self._judge(number)
            yield now

    def _at(self, when: datetime, act: Callable[[datetime], None]) -> None:
        heapq.heappush(self._agenda, (when, next(self._due), act))

    @property
    def settings(self) -> Settings:
        """How it behaves; what is set holds for what happens from then on."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        with self._present():
            self._settings = settings

    # ------------------------------------------------------------ flows

    def deposit(self, login: str, syntax: str, file_name: str, data: bytes) -> Flow:
        """Take a file, whatever is in it."""
        content = _reading(SYNTAXES[syntax], file_name, data, self._settings)
        with self._present() as now:
            counter = len(self._flows) + 1
            flow = Flow(
                number=flow_number(syntax, counter),
                syntax=syntax,
                file_name=file_name,
                data=data,
                content=content,
                login=login,
                deposited=now,
                ends=now + timedelta(seconds=self._settings.integration),
                path=states(now, counter, self._settings),
                ends_in=self._ends.popleft() if self._ends else None,
            )
            self._flows[flow.number] = flow
            self._at(flow.ends, lambda _: self._judge(flow.number))
            return flow

    def flow(self, number: str) -> Flow | None:
        """The flow of that number."""
        with self._present():
            return self._flows.get(number)

    def flows(self) -> tuple[Flow, ...]:
        """All flows, in the order of their deposit."""
        with self._present():
            return tuple(self._flows.values())

    def state(self, flow: Flow) -> State:
        """Where a flow stands now."""
        with self._present() as now:
            return self._flows[flow.number].state(now)

    def seen(self, number: str) -> tuple[Flow, State] | None:
        """The flow of that number and where it stands, at one and the same moment.

        Who asks for one that is due and still being read waits a little for it.
        """
        due = self.flow(number)
        if due is not None and due.ends <= self.clock.now():
            wait([due.content], PATIENCE)
        with self._present() as now:
            flow = self._flows.get(number)
            return None if flow is None else (flow, flow.state(now))

    def stop_next(self, state: str, times: int = 1) -> None:
        """Make the next deposits end in a state of one's choice, unjudged."""
        with self._lock:
            self._ends.extend([state] * times)

    def stop(self, number: str, state: str) -> Flow:
        """Make a flow that has no result yet end in a state of one's choice. Raise `KeyError`, `ValueError`."""
        with self._present():
            flow = self._flows[number]
            if flow.verdict is not None:
                raise ValueError("this flow has its result")
            return self._keep_flow(msgspec.structs.replace(flow, ends_in=state))

    def resume(self, number: str) -> Flow:
        """Let a stopped flow be judged, at its time or now. Raise `KeyError`, `ValueError`."""
        with self._present() as now:
            flow = self._flows[number]
            if flow.verdict is not None or flow.ends_in is None:
                raise ValueError("this flow is not stopped")
            flow = self._keep_flow(msgspec.structs.replace(flow, ends_in=None, ends=max(now, flow.ends)))
            if flow.ends <= now:
                self._judge(number)
            return self._flows[number]

    def _keep_flow(self, flow: Flow) -> Flow:
        self._flows[flow.number] = flow
        return flow

    def _judge(self, number: str) -> None:
        flow = self._flows[number]
        if flow.ends_in is not None:
            return
        if not flow.content.done():
            self._late.add(number)
            return
        facts = Facts(self.directory, self._settings, lambda *key: key in self._numbers)
        verdict = judge(flow.content.result(), facts)
        self._keep_flow(msgspec.structs.replace(flow, verdict=verdict))
        for accepted in verdict.accepted:
            self._integrate(flow, accepted)

    def _integrate(self, flow: Flow, accepted: Accepted) -> None:
        self._enter(
            accepted.claim,
            lambda blank: msgspec.structs.replace(
                blank, flow=flow.number, file=accepted.file, deposited=flow.deposited
            ),
            flow.ends,
        )

    # ------------------------------------------------------------ invoices

    def submit(self, claim: Claim, mode: str, comment: str, attached: tuple[int, ...]) -> Invoice | None:
        """Enter an invoice that came in no flow; None where its supplier has one of that number."""
        with self._present() as now:
            if (claim.supplier, claim.number) in self._numbers:
                return None
            return self._enter(
                claim,
                lambda blank: msgspec.structs.replace(blank, mode=mode, comment=comment, attached=attached),
                now,
            )

    def _enter(self, claim: Claim, complete: Callable[[Invoice], Invoice], now: datetime) -> Invoice:
        supplier = self.directory.structure(claim.supplier.value, claim.supplier.kind)
        buyer = self.directory.structure(claim.buyer.value, claim.buyer.kind)
        assert supplier is not None
        assert buyer is not None
        service = buyer.service(claim.service)
        blank = Invoice(
            id=FIRST_INVOICE + len(self._invoices),
            claim=claim,
            supplier=supplier.id,
            buyer=buyer.id,
            service=service.id if service else None,
            deposited=now,
            integrated=now,
        )
        self._numbers[claim.supplier, claim.number] = blank.id
        return self._pass(complete(blank), lifecycle.DEPOSITED, now)

    def invoice(self, key: int) -> Invoice | None:
        """The invoice of that `identifiantFactureCPP`."""
        with self._present():
            return self._invoices.get(key)

    def invoices(self) -> tuple[Invoice, ...]:
        """All invoices, in the order of their integration."""
        with self._present():
            return tuple(self._invoices.values())

    def move(self, key: int, status: str, motive: str = "", at: datetime | None = None, mandate: str = "") -> Invoice:
        """Give an invoice any status, at any date, allowed or not, known or not. Raise `KeyError`, `ValueError`."""
        if not status or (at is not None and (at.tzinfo is None or not 1900 < at.year < LAST_YEAR)):
            raise ValueError("a status is wanted, and a date with its offset")
        with self._present() as now:
            invoice = self._invoices[key]
            if mandate:
                invoice = msgspec.structs.replace(invoice, mandate=mandate)
            return self._pass(invoice, status, at or now, motive)

    def treat(self, key: int, status: str, motive: str, mandate: str, who: Person) -> Invoice | None:
        """What a buyer makes of an invoice; None where its present status does not allow that. Raise `KeyError`."""
        with self._present() as now:
            invoice = self._invoices[key]
            if status not in invoice.possible:
                return None
            treated = msgspec.structs.replace(invoice, mandate=mandate or invoice.mandate)
            return self._pass(self._acted(treated, f"Traiter : {status}", now, who), status, now, motive, who)

    def complete(self, key: int, comment: str, attached: tuple[int, ...], who: Person) -> Invoice | None:
        """Answer a suspension; None where the invoice is not suspended. Raise `KeyError`."""
        with self._present() as now:
            invoice = self._invoices[key]
            if invoice.status != lifecycle.SUSPENDED:
                return None
            completed = msgspec.structs.replace(
                invoice, attached=invoice.attached + attached, comment=comment or invoice.comment
            )
            acted = self._acted(completed, "Completer", now, who)
            return self._pass(acted, lifecycle.COMPLETED, now, comment, who)

    def recycle(self, key: int, claim: Claim, comment: str, who: Person) -> Invoice | None:
        """Send an invoice to where it belongs, as `claim` now says; None where it is not to be recycled.

        Raise `KeyError`.
        """
        with self._present() as now:
            invoice = self._invoices[key]
            if invoice.status != lifecycle.TO_BE_RECYCLED:
                return None
            buyer = self.directory.structure(claim.buyer.value, claim.buyer.kind)
            assert buyer is not None
            service = buyer.service(claim.service)
            sent = msgspec.structs.replace(
                invoice, claim=claim, buyer=buyer.id, service=service.id if service else None
            )
            return self._pass(self._acted(sent, "Recycler", now, who), lifecycle.DEPOSITED, now, comment, who)

    def handle_rejections(self, keys: Sequence[int], who: Person) -> None:
        """Mark rejections as dealt with by the supplier. Raise `KeyError`."""
        with self._present() as now:
            for invoice in [self._invoices[key] for key in keys]:
                handled = msgspec.structs.replace(invoice, handled=True)
                self._keep(self._acted(handled, "Traiter le rejet", now, who))

    def fetch(self, keys: Sequence[int]) -> None:
        """Note that their recipient has downloaded these. Raise `KeyError`."""
        with self._present():
            for key in keys:
                self._keep(msgspec.structs.replace(self._invoices[key], fetched=True))

    def script(self, whose: str, steps: Sequence[Step]) -> None:
        """What becomes by itself of the invoices that are made available to a buyer.

        `whose`: the number of an invoice, the identifier of a buyer, or empty for all others; the narrowest holds.
        """
        with self._present() as now:
            self._scripts[whose] = tuple(steps)
            for invoice in self._invoices.values():
                self._plan(invoice, now)

    # ------------------------------------------------------------ statuses

    def _keep(self, invoice: Invoice) -> Invoice:
        self._invoices[invoice.id] = invoice
        return invoice

    def _acted(self, invoice: Invoice, label: str, at: datetime, who: Person) -> Invoice:
        return msgspec.structs.replace(invoice, actions=(*invoice.actions, Action(next(self._ids), label, at, who)))

    def _pass(self, invoice: Invoice, status: str, at: datetime, motive: str = "", who: Person = PLATFORM) -> Invoice:
        passage = Passage(next(self._ids), status, at, motive, who)
        passed = self._keep(msgspec.structs.replace(invoice, passages=(*invoice.passages, passage)))
        if passed.current is passage:
            self._plan(passed, min(at, self.clock.now()))
        return passed

    def _plan(self, invoice: Invoice, now: datetime) -> None:
        """Put into the agenda what follows by itself, unless something else happens to the invoice before."""
        plan = self._plans[invoice.id] = next(self._due)
        step = self._next_step(invoice)
        if step is None:
            return
        scripted = step is self._scripted(invoice)

        def act(when: datetime) -> None:
            if self._plans[invoice.id] == plan:
                present = self._invoices[invoice.id]
                moved = msgspec.structs.replace(present, step=present.step + scripted)
                self._pass(moved, step.status, when, step.motive)

        self._at(max(now, invoice.current.at + timedelta(seconds=step.after)), act)

    def _next_step(self, invoice: Invoice) -> Step | None:
        status = invoice.status
        if status in lifecycle.AUTOMATIC:
            return Step(self._settings.routing, lifecycle.AUTOMATIC[status])
        if status == lifecycle.AVAILABLE and self._wrong_engagement(invoice):
            motive = WRONG_ENGAGEMENT.format(number=invoice.claim.engagement)
            return Step(self._settings.preprocessing, self._settings.wrong_engagement, motive)
        if status in lifecycle.TRANSITIONS:
            return self._scripted(invoice)
        return None

    def _scripted(self, invoice: Invoice) -> Step | None:
        """The step of the buyer's script that an invoice has come to."""
        names = (invoice.claim.number, invoice.claim.buyer.value, "")
        script = next((self._scripts[name] for name in names if name in self._scripts), ())
        return script[invoice.step] if invoice.step < len(script) else None

    def _wrong_engagement(self, invoice: Invoice) -> bool:
        """The State knows its engagements: one that it does not know, or has closed, is found later."""
        if not invoice.claim.buyer.value.startswith(STATE_SIREN) or not invoice.claim.engagement:
            return False
        known = self.directory.engagements.get(invoice.claim.engagement)
        return known is None or known.buyer != invoice.buyer or known.state != "COMMANDE"

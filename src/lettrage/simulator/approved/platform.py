"""The approved platform: everything it holds, behind one lock, brought up to the present whenever somebody looks.

As on the Chorus side, what is due waits in an agenda and happens, with the date it was due at, at the next look. Every
change of a flow has a moment of its own, so that a search by moments loses none.
"""

import hashlib
import heapq
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count

import msgspec

from lettrage.simulator.approved import judging, papers, statuses
from lettrage.simulator.approved.codes import FlowType, Profile, Rule, Syntax
from lettrage.simulator.approved.companies import Companies
from lettrage.simulator.approved.flows import Detail, Flow
from lettrage.simulator.approved.invoices import Invoice, Key, Passage, Step, key_of
from lettrage.simulator.approved.messages import Amount, Reason, Telling, name_of, written
from lettrage.simulator.approved.reading import EXTENDED, Content, read
from lettrage.simulator.approved.settings import Settings
from lettrage.simulator.clock import LAST_YEAR, PARIS, Clock
from lettrage.simulator.faults import APPROVED_ARRIVALS, APPROVED_FLOWS, Fault, Faults

DEPOSITS = "/approved/flow-service/v1/flows"  # what faults of flows and arrivals are said to strike
PATIENCE = 5  # true seconds that who asks waits for a file that is still being read
_readers = ThreadPoolExecutor(2, "approved-reader")
_TICK = timedelta(microseconds=1)
_Told = tuple[str, FlowType, Syntax, str, bytes, Rule]


class Signalled(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """FlowInfo: what stands beside a deposited file."""

    flow_syntax: Syntax
    name: str
    tracking_id: str | msgspec.UnsetType = msgspec.UNSET
    processing_rule: Rule | msgspec.UnsetType = msgspec.UNSET
    flow_profile: Profile | msgspec.UnsetType = msgspec.UNSET
    sha256: str | msgspec.UnsetType = msgspec.UNSET


class Platform:
    """One approved platform. Every method is safe to call from any thread and returns frozen values."""

    def __init__(self, clock: Clock, faults: Faults, settings: Settings | None = None) -> None:
        """An empty platform. `told` is called with every flow that has changed."""
        self.companies = Companies()
        self.clock = clock
        self.told: Callable[[Flow], None] = lambda _: None
        self._faults = faults
        self._settings = settings or Settings()
        self._lock = threading.RLock()
        self._agenda: list[tuple[datetime, int, Callable[[datetime], object]]] = []
        self._due = count()
        self._flows: dict[str, Flow] = {}
        self._latest = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._late: set[str] = set()  # flows that are due and still being read
        self._invoices: dict[int, Invoice] = {}
        self._numbers: dict[Key, int] = {}  # those that were not rejected
        self._named: dict[str, list[int]] = {}
        self._messages: set[tuple[str, str]] = set()  # deposited messages and reports, by owner and their own number
        self._periods: set[tuple[str, str, str, FlowType]] = set()  # reported for the first time
        self._verdicts: list[Detail | None] = []  # what the next acknowledgements say, whatever is in the file
        self._scripts: dict[str, tuple[Step, ...]] = {}
        self._plans: dict[int, int] = {}

    # ------------------------------------------------------------ time

    @contextmanager
    def _present(self) -> Iterator[datetime]:
        """The present, with all that was due done."""
        with self._lock:
            now = self.clock.now()
            for key in [key for key in self._late if self._read(key).done()]:
                self._late.remove(key)
                self._acknowledge(key, now)
            while self._agenda and self._agenda[0][0] <= max(now, self._latest):
                when, _, act = heapq.heappop(self._agenda)
                act(when)
            yield now

    def look(self) -> None:
        """Bring it up to the present."""
        with self._present():
            pass

    def _at(self, when: datetime, act: Callable[[datetime], object]) -> None:
        heapq.heappush(self._agenda, (when, next(self._due), act))

    def _moment(self, when: datetime) -> datetime:
        """A moment after every other one."""
        self._latest = max(when, self._latest + _TICK)
        return self._latest

    @property
    def settings(self) -> Settings:
        """How it behaves; what is set holds for what happens from then on."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        with self._present():
            self._settings = settings

    # ------------------------------------------------------------ flows

    def deposit(self, owner: str, said: Signalled, data: bytes) -> Flow:
        """Take a file, whatever is in it."""
        content = _readers.submit(read, said.flow_syntax, said.name, data, sheets=self._settings.sheets)
        with self._present() as now:
            struck = self._faults.strike(DEPOSITS, APPROVED_FLOWS)
            at = self._moment(now)
            lost, late = (_delay(struck, kind) for kind in ("flow_lost", "acknowledgement_late"))
            flow = Flow(
                id=str(uuid.uuid4()),
                owner=owner,
                name=said.name,
                syntax=said.flow_syntax,
                direction="Out",
                data=data,
                sha256=hashlib.sha256(data).hexdigest(),
                submitted=at,
                updated=at,
                tracking=said.tracking_id or "",
                rule=said.processing_rule or "Undefined",
                profile=said.flow_profile or "Undefined",
                given=bool(said.processing_rule),
                signalled=said.sha256 or "",
                seen_from=now + timedelta(seconds=lost) if lost else None,
                content=content,
            )
            self._keep(flow)
            if "acknowledgement_never" not in struck:
                due = now + timedelta(seconds=lost + late + self._settings.acknowledgement)
                self._at(due, lambda when: self._acknowledge(flow.id, when))
            return flow

    def flow(self, owner: str, key: str) -> Flow | None:
        """A flow of this application's, once its file has been read where that is due."""
        self._settle(key)
        with self._present() as now:
            flow = self._flows.get(key)
            return None if flow is None or flow.owner != owner or flow.hidden(now) else flow

    def flows(self, owner: str = "") -> tuple[Flow, ...]:
        """All flows (of one application) that can be seen, by the moment of their last change."""
        for key in tuple(self._late):
            self._settle(key)
        with self._present() as now:
            mine = (flow for flow in self._flows.values() if owner in ("", flow.owner) and not flow.hidden(now))
            return tuple(sorted(mine, key=lambda flow: flow.updated))

    def acknowledge_next(self, detail: Detail | None, times: int = 1) -> None:
        """Say what the next acknowledgements are, whatever is in the files: an error, or that all is well (None)."""
        with self._lock:
            self._verdicts.extend([detail] * times)

    def _settle(self, key: str) -> None:
        """Wait a little, without the lock, for a file that is due and still being read."""
        self.look()
        if key in self._late:
            wait([self._read(key)], PATIENCE)

    def _read(self, key: str) -> Future[Content]:
        content = self._flows[key].content
        assert content is not None, "it was deposited"
        return content

    def _keep(self, flow: Flow) -> Flow:
        self._flows[flow.id] = flow
        self.told(flow)
        return flow

    # ------------------------------------------------------------ acknowledgements

    def _acknowledge(self, key: str, when: datetime) -> None:
        if not self._read(key).done():
            self._late.add(key)
            return
        flow, content = self._flows[key], self._read(key).result()
        given = self._verdicts.pop(0) if self._verdicts else ...
        details = self._against(flow, content) if given is ... else [given] if given else []
        at = self._moment(when)
        if details or content.said is None:
            ack = "Error" if details else "Ok"
            self._keep(msgspec.structs.replace(flow, ack=ack, details=tuple(details), updated=at))
            return
        match content.said:
            case papers.Invoice():
                self._take_invoice(flow, content.said, content, at)
            case papers.Message():
                self._take_message(flow, content.said, at)
            case papers.Report():
                self._take_report(flow, content.said, content, at)

    def _against(self, flow: Flow, content: Content) -> list[Detail]:
        """What is held against a file: its own faults, then what the platform knows."""
        if flow.signalled not in ("", flow.sha256):
            return [Detail("ChecksumMismatch", "L'empreinte annoncée n'est pas celle du fichier.", flow.name)]
        if content.faults or content.said is None:
            return list(content.faults)
        said, known = content.said, Detail("AlreadyExistingFlow", "Déjà déposé et reçu.", flow.name)
        if isinstance(said, papers.Invoice):
            return [known] if key_of(said) in self._numbers else []
        if (flow.owner, said.id) in self._messages:
            return [known]
        return [] if isinstance(said, papers.Report) else self._against_message(said, content)

    def _against_message(self, said: papers.Message, content: Content) -> list[Detail]:
        """What is held against a message of the supplier's: its rules first, then each of its statuses."""
        broken = [Detail("InvoiceLCRuleError", f"{one.rule} {one.text}"[:300], one.place) for one in content.broken]
        return broken or [
            detail for status in said.statuses for detail in judging.against(status, said.issuer, self._about(status))
        ]

    def _about(self, status: papers.Status) -> Invoice | None:
        """The invoice that a status is about: of that seller first, the last one deposited of that number."""
        known = [self._invoices[key] for key in self._named.get(status.number, ())]
        found = [one for one in known if status.day in (None, one.said.day)]
        own = [one for one in found if one.said.seller.siren == status.seller]
        return next(reversed(own or found), None)

    def _take_invoice(self, flow: Flow, said: papers.Invoice, content: Content, at: datetime) -> None:
        rule = flow.rule if flow.given else judging.rule_of(said, self.companies)
        profile = flow.profile if flow.profile != "Undefined" else _profile(said)
        taken = msgspec.structs.replace(flow, ack="Ok", type="CustomerInvoice", rule=rule, profile=profile, updated=at)
        self._keep(taken)
        reasons = judging.rejected(said, content.broken, self.companies)
        invoice = Invoice(
            id=len(self._invoices) + 1, flow=flow.id, owner=flow.owner, said=said, rule=rule, deposited=flow.submitted
        )
        self._invoices[invoice.id] = invoice
        self._named.setdefault(said.number, []).append(invoice.id)
        if reasons:
            self._pass(invoice.id, statuses.REJECTED, at, reasons)
            return
        self._numbers[key_of(said)] = invoice.id
        unsent = judging.unsendable(said, self.companies) and rule in ("B2B", "B2G")
        self._pass(invoice.id, statuses.DEPOSITED, at, (Reason("NON_TRANSMISE"),) if unsent else ())

    def _take_message(self, flow: Flow, said: papers.Message, at: datetime) -> None:
        self._messages.add((flow.owner, said.id))
        about = [(status, self._about(status)) for status in said.statuses]
        rule: Rule = next((one.rule for _, one in about if one is not None), "NotApplicable")
        self._keep(msgspec.structs.replace(flow, ack="Ok", type="CustomerInvoiceLC", rule=rule, updated=at))
        for status, invoice in about:
            if invoice is None:  # let through by force
                continue
            more = status.received if status.code == statuses.PAID else {}
            received = judging.sums(invoice.received, more)
            passage = Passage(status.code, at, flow.id, told=False)
            self._invoices[invoice.id] = msgspec.structs.replace(
                invoice, received=received, passages=(*invoice.passages, passage)
            )

    def _take_report(self, flow: Flow, said: papers.Report, content: Content, at: datetime) -> None:
        self._messages.add((flow.owner, said.id))
        type_ = judging.type_of(said)
        self._keep(msgspec.structs.replace(flow, ack="Ok", type=type_, rule="B2C", updated=at))
        reasons = [Reason("REJ_SEMAN", f"{one.rule} {one.text}"[:300]) for one in content.broken[:20]]
        period = (said.declarant, said.first, said.last, type_)
        if not reasons and said.kind == "IN" and period in self._periods:
            reasons = [Reason("REJ_UNI", "Une déclaration initiale existe déjà pour cette période.")]
        if not reasons:
            self._periods.add(period)
        due = at + timedelta(seconds=self._settings.state)
        self._at(due, lambda when: self._answer_report(flow, said, tuple(reasons), when))

    def _answer_report(self, flow: Flow, said: papers.Report, reasons: tuple[Reason, ...], when: datetime) -> None:
        code = statuses.NOT_TAKEN if reasons else statuses.TAKEN
        lc: FlowType = "StatePaymentReportLC" if said.payments else "StateTransactionReportLC"
        seller = papers.Party(said.declarant, name=said.declarant)
        day = flow.submitted.astimezone(PARIS).date()
        telling = Telling(code, when, said.id, "", day, seller, papers.Party(), flow.submitted, reasons)
        self._tell(flow.owner, lc, "B2C", telling, when)

    def refuse(self, key: str, reasons: Sequence[Reason], comment: str = "") -> None:
        """Have the tax authority refuse a message (601) or a report (301) that was taken. Raise `KeyError`."""
        with self._present() as now:
            flow = self._flows[key]
            said = flow.content.result().said if flow.content is not None and flow.ack == "Ok" else None
            if isinstance(said, papers.Report):
                self._periods.discard((said.declarant, said.first, said.last, judging.type_of(said)))
                self._answer_report(flow, said, tuple(reasons), now)
            elif isinstance(said, papers.Message):
                self._refuse_message(flow, said, tuple(reasons), comment, now)
            else:
                raise KeyError(key)

    def _refuse_message(
        self, flow: Flow, said: papers.Message, reasons: tuple[Reason, ...], comment: str, now: datetime
    ) -> None:
        """What was received by it counts no more."""
        for status, invoice in ((status, self._about(status)) for status in said.statuses):
            if invoice is not None and status.code == statuses.PAID:
                less = {rate: -amount for rate, amount in status.received.items()}
                received = judging.sums(invoice.received, less)
                self._invoices[invoice.id] = msgspec.structs.replace(invoice, received=received)
        day, seller = flow.submitted.astimezone(PARIS).date(), papers.Party(said.issuer)
        own = (seller, papers.Party(), flow.submitted, reasons, comment)
        telling = Telling(statuses.STATUS_REFUSED, now, said.id, "305", day, *own)
        self._tell(flow.owner, "StateCustomerInvoiceLC", flow.rule, telling, now)

    # ------------------------------------------------------------ invoices

    def invoices(self) -> tuple[Invoice, ...]:
        """All invoices that were acknowledged, rejected ones too, in that order."""
        with self._present():
            return tuple(self._invoices.values())

    def move(
        self,
        key: int,
        code: str,
        reasons: Sequence[Reason] = (),
        comment: str = "",
        amounts: Sequence[Amount] = (),
        at: datetime | None = None,
    ) -> Invoice:
        """Tell any status of an invoice, at any date, allowed or not, known or not. Raise `KeyError`, `ValueError`."""
        if not code or (at is not None and (at.tzinfo is None or not 1900 < at.year < LAST_YEAR)):
            raise ValueError("a status is wanted, and a date with its offset")
        with self._present() as now:
            self._pass(key, code, at or now, tuple(reasons), comment, tuple(amounts))
            return self._invoices[key]

    def script(self, whose: str, steps: Sequence[Step]) -> None:
        """What becomes by itself of invoices made available: of that number, of that buyer (SIREN), or of all."""
        with self._present() as now:
            self._scripts[whose] = tuple(steps)
            for invoice in self._invoices.values():
                self._plan(invoice.id, now)

    def arrive(self, owner: str, type_: FlowType, syntax: Syntax, name: str, data: bytes) -> Flow:
        """Tell a file of one's choice, whatever is in it."""
        with self._present() as now:
            return self._arrived(owner, type_, syntax, name, data, "Undefined", now)

    def _pass(
        self,
        key: int,
        code: str,
        at: datetime,
        reasons: tuple[Reason, ...] = (),
        comment: str = "",
        amounts: tuple[Amount, ...] = (),
    ) -> None:
        invoice = self._invoices[key]
        said = invoice.said
        parties = said.seller, said.buyer, invoice.deposited
        telling = Telling(code, at, said.number, said.type, said.day, *parties, reasons, comment, amounts)
        flow = self._tell(invoice.owner, "CustomerInvoiceLC", invoice.rule, telling, min(at, self.clock.now()))
        passage = Passage(code, at, flow, True, reasons, comment)
        self._invoices[key] = msgspec.structs.replace(invoice, passages=(*invoice.passages, passage))
        self._plan(key, min(at, self.clock.now()))

    def _tell(self, owner: str, type_: FlowType, rule: Rule, telling: Telling, when: datetime) -> str:
        """Hand a message over, at once or as a fault has it; the number of its flow, "" for one that comes later."""
        told: _Told = (owner, type_, "CDAR", name_of(telling), written(telling, when), rule)
        struck = self._faults.strike(DEPOSITS, APPROVED_ARRIVALS)
        if "arrival_doubled" in struck:
            self._arrived(*told, when)
        if "arrival_late" in struck:
            later = self.clock.now() + timedelta(seconds=_delay(struck, "arrival_late"))
            self._at(later, lambda moment: self._arrived(*told, moment))
            return ""
        return self._arrived(*told, when).id

    def _arrived(
        self, owner: str, type_: FlowType, syntax: Syntax, name: str, data: bytes, rule: Rule, when: datetime
    ) -> Flow:
        at = self._moment(when)
        return self._keep(
            Flow(
                id=str(uuid.uuid4()),
                owner=owner,
                name=name,
                syntax=syntax,
                direction="In",
                data=data,
                sha256=hashlib.sha256(data).hexdigest(),
                submitted=at,
                updated=at,
                type=type_,
                rule=rule,
                ack="Ok",
            )
        )

    # ------------------------------------------------------------ what follows by itself

    def _plan(self, key: int, now: datetime) -> None:
        """Put into the agenda what follows by itself, unless something else happens to the invoice before."""
        plan = self._plans[key] = next(self._due)
        invoice = self._invoices[key]
        automatic = self._automatic(invoice)
        step = automatic or self._scripted(invoice)
        if step is None:
            return

        def act(when: datetime) -> None:
            if self._plans[key] == plan:
                present = self._invoices[key]
                self._invoices[key] = msgspec.structs.replace(present, step=present.step + (automatic is None))
                self._pass(key, step.status, when, step.reasons, step.comment)

        self._at(now + timedelta(seconds=step.after), act)

    def _automatic(self, invoice: Invoice) -> Step | None:
        """The platforms' own next status; none once anybody else has spoken, or where nobody receives it."""
        codes = [passage.code for passage in invoice.passages]
        follows = statuses.AUTOMATIC.get(codes[-1]) if codes else None
        if follows is None or follows in codes or invoice.passages[-1].reasons or not invoice.said.buyer.siren:
            return None
        return Step(self._settings.routing, follows)

    def _scripted(self, invoice: Invoice) -> Step | None:
        """The step of the buyer's script that an invoice has come to, once it was made available."""
        names = (invoice.said.number, invoice.said.buyer.siren, "")
        script = next((self._scripts[name] for name in names if name in self._scripts), ())
        available = any(passage.code == statuses.AVAILABLE for passage in invoice.passages)
        return script[invoice.step] if available and not invoice.ended and invoice.step < len(script) else None


def _delay(struck: Mapping[str, Fault], kind: str) -> float:
    return struck[kind].seconds if kind in struck else 0


def _profile(said: papers.Invoice) -> Profile:
    """The profile that an invoice claims, in the flow service's own terms."""
    if said.profile.endswith(EXTENDED):
        return "Extended-CTC-FR"
    return "CIUS" if "#" in said.profile else "Basic"

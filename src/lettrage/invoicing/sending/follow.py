"""Following: what a flow's report, a search and an invoice's history come to. Pure.

"Accepted" is never said before it is: a flow that was taken is only on its way, and an invoice is in Chorus from the
moment on that a search finds it there, under an id of its own.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from lettrage.invoicing.portal import FlowReport, Found, StatusEvent
from lettrage.invoicing.sending import deposit as sending
from lettrage.invoicing.sending.outbox import Again, Alert, Conclusion, Deposit, Event, Flow, Job, Met, Said, Taken
from lettrage.invoicing.sending.schedule import LAGGING, OVERLAP, Pace
from lettrage.invoicing.sending.statuses import FINAL, current, unheard
from lettrage.limits import HISTORY_EVENTS

replace = msgspec.structs.replace
_DOUBLINGS = 8  # of the time after which a history that lags behind the search is asked again: up to a day
_PAST = timedelta(days=3_650)  # a date before this is none of an invoice that was just sent
_FUTURE = timedelta(days=1)  # a date further ahead than this does not move the search on


class Fate(Enum):
    """What a flow's state means."""

    PENDING = "it is being processed, or nobody knows the state"
    INTEGRATED = "Chorus has the correct invoices"
    REJECTED = "Chorus has none; the same numbers may be sent again, corrected"
    AGAIN = "not processed: the same flow is to be sent again"


# chorus-pro.md 2.3. Whatever is not here is pending, and shown as it came.
FATES = {
    "IN_INTEGRE": Fate.INTEGRATED,
    "IN_INTEGRE_PARTIEL": Fate.INTEGRATED,
    "IN_REJETE": Fate.REJECTED,
    "QP_IRRECEVABLE": Fate.REJECTED,
    "IN_INCIDENTE": Fate.AGAIN,
    "IN_A_RELANCER": Fate.AGAIN,
    "IN_ERREUR_INTERNE": Fate.AGAIN,
}
# "Le numero de facture (...) existe deja dans la solution", perhaps cut.
_DUPLICATE = re.compile(r"numero de facture\b[^|]*\bexiste d", re.IGNORECASE)


def fate(report: FlowReport) -> Fate:
    """What a report means for the flow."""
    return FATES.get(report.state, Fate.PENDING) if report.known else Fate.PENDING


def errors_of(report: FlowReport, number: str) -> tuple[Said, ...]:
    """What Chorus said against the invoice of this number; a text of several is split at its bars."""
    texts = [text for e in report.documents if e.number == number for text in e.text.split("|")]
    return tuple(Said(sending.cut(text.strip())) for text in texts if text.strip())


def duplicates(flow: Flow, report: FlowReport) -> list[Deposit]:
    """The invoices of which Chorus says that their number exists already: each is looked up before that is believed."""
    return [d for d in flow.deposits if not d.outcome and _is_duplicate(errors_of(report, d.number))]


def _is_duplicate(errors: Sequence[Said]) -> bool:
    return any(_DUPLICATE.search(said.text) for said in errors)


# ---------------------------------------------------------------- a flow


def after_report(
    taken: Taken,
    report: FlowReport,
    found: Sequence[Found],
    same_number: Mapping[str, Sequence[Found]],
    now: datetime,
    pace: Pace,
) -> Conclusion:
    """What a flow's report has come to.

    `found`: the invoices that Chorus has of this flow; `same_number`: those that it has of each doubled number.
    """
    flow = taken.flow
    assert flow is not None
    assert flow.sent_at is not None
    if not report.known and pace.strange(flow.sent_at, now):
        # The number that the deposit was answered with is none: nobody knows what became of the flow.
        return sending.in_doubt(flow, Met("garbled", "transverses/v1/consulterCRDetaille", text=flow.number), now, pace)
    open_ = [d for d in flow.deposits if not d.outcome]
    judged = _Judged(flow, report, now, pace)
    for deposit in open_:
        judged.judge(deposit, found, same_number.get(deposit.number, ()))
    made = replace(judged.concluded(open_, report), queue=sending.opened(taken, now))
    assert made.flow is not None
    ended = all(d.outcome for d in made.flow.deposits)
    return made if ended else still_open(taken, made.flow, made, now, pace)


def still_open(taken: Taken, flow: Flow, made: Conclusion, now: datetime, pace: Pace) -> Conclusion:
    """A flow that has not told everything is asked again; one that takes far too long is told, once."""
    job = taken.job
    assert flow.sent_at is not None
    next_ = replace(job, run_at=pace.flow(flow.sent_at, now), attempts=0, trouble=None)
    if not pace.overdue(flow.sent_at, now) or "told" in job.payload:
        return replace(made, next=next_)
    facts = {"flow": flow.number, "state": flow.reported, "platform": flow.platform}
    return replace(
        made,
        next=replace(next_, payload={**job.payload, "told": "1"}),
        alerts=(*made.alerts, Alert("flow_late", facts)),
    )


class _Judged:
    """The deposits of a flow, one after the other, under its report."""

    def __init__(self, flow: Flow, report: FlowReport, now: datetime, pace: Pace) -> None:
        self.flow = flow
        self.report = report
        self.fate = fate(report)
        self.now = now
        self.technical = tuple(Said(sending.cut(e.text), sending.cut(e.code)) for e in report.technical)
        self.may_go_again = flow.again < pace.redeposits
        self.parts: list[Conclusion] = []
        self.apart: list[Deposit] = []  # spoiled by another one of their lot
        self.again: list[Deposit] = []

    def judge(self, deposit: Deposit, found: Sequence[Found], same_number: Sequence[Found]) -> None:
        """What becomes of one deposit of which nothing was known yet; nothing where it is still not."""
        own = next((f for f in found if f.number == deposit.number), None)
        errors = errors_of(self.report, deposit.number)
        if self.fate is Fate.INTEGRATED and own is not None:
            self.parts.append(sending.integrated(deposit, own, self.now))
        elif self.fate in (Fate.INTEGRATED, Fate.REJECTED) and _is_duplicate(errors):
            self._doubled(deposit, same_number)
        elif self.fate in (Fate.INTEGRATED, Fate.REJECTED) and errors:
            self._rejected(deposit, errors)
        elif self.fate is Fate.REJECTED and len(self.flow.deposits) > 1:
            self.apart.append(deposit)
        elif self.fate is Fate.REJECTED:
            self._rejected(deposit, self.technical)
        elif self.fate is Fate.AGAIN:
            self._again(deposit)

    def _doubled(self, deposit: Deposit, same_number: Sequence[Found]) -> None:
        """The number exists: the first deposit goes on where it is ours; nothing is said until one of them is seen."""
        kind, first = sending.ours_among(deposit, same_number)
        if first is not None and kind != "unsure":
            link = sending.integrated if kind == "same" else sending.numbering_error
            self.parts.append(link(deposit, first, self.now))

    def _rejected(self, deposit: Deposit, errors: tuple[Said, ...]) -> None:
        told = errors or self.technical or (Said(self.report.state),)
        event = Event(deposit.document, "ours", "rejected", self.now, comment=" | ".join(said.text for said in told))
        self.parts.append(Conclusion(deposits=(replace(deposit, outcome="rejected", errors=told),), events=(event,)))

    def _again(self, deposit: Deposit) -> None:
        if self.may_go_again:
            self.again.append(deposit)
        else:
            self._rejected(deposit, self.technical)

    def concluded(self, open_: Sequence[Deposit], report: FlowReport) -> Conclusion:
        """Everything that the report changes."""
        parts = [*self.parts, *self._resent()]
        deposits = tuple(d for part in parts for d in part.deposits)
        latest = {d.document: d for d in deposits}
        flow = replace(
            self.flow,
            reported=report.state if report.known else self.flow.reported,
            deposits=tuple(latest.get(d.document, d) for d in self.flow.deposits),
        )
        alerts = [a for part in parts for a in part.alerts]
        if self.fate is Fate.AGAIN and not self.may_go_again:
            facts = {"flow": flow.number, "state": flow.reported, "platform": flow.platform}
            alerts.append(Alert("flow_never_processed", facts))
        return Conclusion(
            flow=flow,
            deposits=deposits,
            events=(*self._heard(open_), *(e for part in parts for e in part.events)),
            planned=self._planned(deposits),
            again=tuple(a for part in parts for a in part.again),
            alerts=tuple(alerts),
        )

    def _heard(self, open_: Sequence[Deposit]) -> tuple[Event, ...]:
        """The flow's state, for each document that it still tells something of; once."""
        if not self.report.known or self.report.state == self.flow.reported:
            return ()
        at = self.report.at
        return tuple(Event(d.document, "flow", self.report.state, at) for d in open_)

    def _resent(self) -> list[Conclusion]:
        """Innocent ones of a rejected lot go on alone; a flow that Chorus wants again is sent again as it was."""
        made = []
        if self.apart:
            made.append(sending.sent_apart(self.flow, [d.document for d in self.apart], self.now))
        if self.again:
            freed = tuple(replace(d, outcome="given_up") for d in self.again)
            documents = tuple(d.document for d in freed)
            whole = len(documents) == len(self.flow.deposits)
            events = tuple(Event(d, "ours", "sent_again", self.now, comment=self.report.state) for d in documents)
            again = Again(self.flow.id, documents, apart=not whole)
            made.append(Conclusion(deposits=freed, events=events, again=(again,)))
        return made

    def _planned(self, deposits: Sequence[Deposit]) -> tuple[Job, ...]:
        return followed(
            self.flow.platform, [d for d in deposits if d.outcome == "integrated"], self.report.at, self.now
        )


def followed(platform: str, integrated: Sequence[Deposit], at: datetime | None, now: datetime) -> tuple[Job, ...]:
    """The jobs that follow invoices which Chorus has; `at`: a moment of the platform's clock, before their statuses."""
    if not integrated:
        return ()
    documents = tuple(Job(platform, "follow_document", str(d.document), now) for d in integrated)
    since = max(at or now, now - _PAST) - _FUTURE
    return (*documents, Job(platform, "follow_changes", "", now, {"since": since.isoformat()}))


# ---------------------------------------------------------------- an invoice


def after_history(taken: Taken, history: Sequence[StatusEvent], now: datetime, pace: Pace) -> Conclusion:
    """What an invoice's history has come to: the changes not known yet, and whether more are to be expected."""
    deposit, job = taken.deposit, taken.job
    assert deposit is not None
    heard = [
        Event(deposit.document, "history", sending.cut(e.code), e.at, sending.cut(e.id), sending.cut(e.comment))
        for e in history[:HISTORY_EVENTS]
    ]
    new = unheard(taken.kept, heard)
    now_is = current((*taken.kept, *_in_order(taken.kept, new)))
    code = now_is.code if now_is else ""
    changed = replace(deposit, status=code, followed=code not in FINAL)
    made = Conclusion(deposits=(changed,), events=tuple(new), queue=sending.opened(taken, now))
    expected, asked = job.payload.get("status", code), int(job.payload.get("asked", "0"))
    if expected != code:
        payload = {"status": expected, "asked": str(asked + 1)}
        again = now + pace.ours(LAGGING * 2 ** min(asked, _DOUBLINGS))
        return replace(made, next=replace(job, run_at=again, payload=payload, attempts=0, trouble=None))
    if not changed.followed or not taken.unreported or now_is is None:
        return made
    last = now_is.at or now
    if pace.given_up(last, now):
        return replace(made, deposits=(replace(changed, followed=False),))
    check = Job(job.platform, "follow_document", job.subject, pace.gives_up(last, now))
    return replace(made, next=check)


def _in_order(kept: Sequence[Event], new: Sequence[Event]) -> list[Event]:
    """What was heard just now, numbered after what was known."""
    last = max((e.sequence for e in kept), default=0)
    return [replace(e, sequence=last + at) for at, e in enumerate(new, 1)]


# ---------------------------------------------------------------- all invoices of a platform


def after_changes(taken: Taken, found: Sequence[Found], now: datetime, pace: Pace) -> Conclusion:
    """What a search for changes has come to; the next one begins a little before the last change known.

    It goes by the platform's own clock, which need not agree with ours.
    """
    queue = sending.opened(taken, now)
    changed = tuple((f.id, said_of(f)) for f in found if f.id)
    if taken.youngest is None:
        return Conclusion(changed=changed, queue=queue)
    since = datetime.fromisoformat(taken.job.payload["since"])
    latest = max((f.at for f in found if f.at is not None and f.at <= now + _FUTURE), default=None)
    moved = max(since + OVERLAP, latest) - OVERLAP if latest is not None else since
    job = replace(
        taken.job,
        run_at=pace.changes(taken.youngest, now),
        payload={"since": moved.isoformat()},
        attempts=0,
        trouble=None,
    )
    return Conclusion(next=job, changed=changed, queue=queue)


def said_of(found: Found) -> str:
    """What a search says of an invoice, as it is compared with what it said before: status and date."""
    return f"{sending.cut(found.status)} {found.at.isoformat() if found.at else ''}"

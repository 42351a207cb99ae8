"""Nothing is done twice: what a repeated document, settlement or number means (spec section 8).

A key is looked at before anything else (see `settle`), and so is a claim: the same copy, brought again after a crash.
Without a key (a claim is none) the digest of the content stands in. Advances
and deposits by criteria leave nothing closed behind them that a repeat would meet, so they are compared one by one.
A chronological REGLEMENTNUM identifies a settlement for ever.
"""

from datetime import date, datetime, timedelta

import msgspec

from lettrage.company.dossier import Company
from lettrage.dates import PARIS
from lettrage.refusal import Refusal
from lettrage.settlement.document import Document, Outcome, Settlement


class Receipt(msgspec.Struct, frozen=True):
    """A document as it arrived: who sent it, when, from where, its text with the token masked."""

    caller: str
    origin: str
    at: datetime
    raw: bytes
    document: Document
    key: str = ""
    source: str = ""
    claim: str = ""

    @property
    def kept_under(self) -> tuple[str, str] | None:
        """Caller and key under which its answer is kept: its own key, else the claim on it, which is nobody's key."""
        if self.key:
            return self.caller, self.key
        return ("", self.claim) if self.claim else None

    @property
    def today(self) -> date:
        """The date in Paris when it arrived: the processing date."""
        return self.at.astimezone(PARIS).date()


class Kept(msgspec.Struct, frozen=True):
    """What was answered under a key: the digest of the content, and the answer byte for byte."""

    digest: str
    answer: str


# What became of a transaction since, in French and in English.
_BECAME = {
    "posted": ("toujours comptabilisée", "still posted"),
    "awaiting_slip": ("en attente de bordereau", "awaiting its slip"),
    "cancelled": ("annulée depuis", "cancelled since"),
    "returned": ("revenue impayée depuis", "returned unpaid since"),
}


class Done(msgspec.Struct, frozen=True):
    """A settlement done earlier, and what became of its transaction since."""

    position: int
    identity: str
    number: str
    transaction: int
    order: int
    at: datetime
    status: str  # posted, awaiting_slip, cancelled, returned

    @property
    def stands(self) -> bool:
        """Whether it has been neither cancelled nor returned since."""
        return self.status in ("posted", "awaiting_slip")


class Earlier(msgspec.Struct, frozen=True):
    """What this caller did before that concerns a document."""

    by_position: dict[int, Done]
    by_identity: dict[str, Done]
    by_number: dict[str, Done]


def repeatable(settlement: Settlement, company: Company) -> bool:
    """Whether a repeat would find nothing closed: only advances, or a deposit with a criteria detail."""
    if all(detail.operation == "WAR" for detail in settlement.details):
        return True
    change = company.changes.get(settlement.change)
    moves = not change.from_due_items if change else any(d.names_an_instrument for d in settlement.details)
    return moves and any(not detail.transaction for detail in settlement.details)


def since(company: Company, now: datetime) -> datetime:
    """From when on an equal document is answered as before."""
    return now - timedelta(hours=company.settings.repeat_hours)


def judge(document: Document, earlier: Earlier, company: Company, now: datetime, *, keyed: bool) -> dict[int, Outcome]:
    """The settlements that need not be looked at again: done before (replayed), or refused as repeated."""
    outcomes = {}
    oldest = since(company, now)
    for settlement in document.settlements:
        outcome = _by_number(settlement, earlier)
        if outcome is None and not document.parameters.repeat:
            outcome = None if keyed else _by_digest(settlement, earlier, oldest)
            outcome = outcome or _by_likeness(settlement, earlier, company)
        if outcome is not None:
            outcomes[settlement.position] = outcome
    return outcomes


def _by_number(settlement: Settlement, earlier: Earlier) -> Outcome | None:
    done = earlier.by_number.get(settlement.number) if settlement.number else None
    if done is None:
        return None
    if done.stands and done.identity == settlement.identity:
        return _as_before(settlement, done)
    return _refused(settlement, done, "already_received")


def _by_digest(settlement: Settlement, earlier: Earlier, oldest: datetime) -> Outcome | None:
    done = earlier.by_position.get(settlement.position)
    if done is None:
        return None
    if done.stands and done.at >= oldest:
        return _as_before(settlement, done)
    return _refused(settlement, done, "already_received")


def _by_likeness(settlement: Settlement, earlier: Earlier, company: Company) -> Outcome | None:
    done = earlier.by_identity.get(settlement.identity)
    if done is None or not repeatable(settlement, company):
        return None
    return _refused(settlement, done, "probable_duplicate")


def _as_before(settlement: Settlement, done: Done) -> Outcome:
    return Outcome(
        settlement.position,
        settlement.number,
        settlement.shown_number,
        done.transaction,
        done.order,
        replayed=True,
    )


def _refused(settlement: Settlement, done: Done, code: str) -> Outcome:
    """Never a silent OK, never silently booked again: names the date, the transaction and what became of it."""
    facts = {
        "date": done.at.astimezone(PARIS).date().isoformat(),
        "transaction": str(done.transaction),
        "number": done.number,
        "became": _BECAME[done.status][0],
        "became_en": _BECAME[done.status][1],
    }
    refusal = Refusal(code, settlement.place.path, seen=str(done.transaction), facts=facts)
    return Outcome(
        settlement.position,
        settlement.number,
        settlement.shown_number,
        None,
        settlement.order,
        reasons=(refusal,),
    )

"""Status 212: which payments of which invoices an approved platform is still to be told, and what it is told.

That is derived from the books and from what was told before, never from an event: a settlement that was committed just
before somebody pulled the plug is found like any other, and one that was told under its key is not told again. An
invoice that its buyer refused, or the platform rejected, is over: nothing more is said of it, but what was told of it
and comes back, or is set against the invoice that took its place.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, cast

import msgspec

from lettrage.acts import ActBooks, ActStore, Moment, Refused
from lettrage.acts.statuses import Written, about, written
from lettrage.company.dossier import Company
from lettrage.dates import PARIS
from lettrage.invoicing.checks.official import LifecycleRules
from lettrage.invoicing.doors import environment_of, name_of
from lettrage.invoicing.lifecycle.receipts import of_payment
from lettrage.invoicing.sending.carried import BY_ITSELF, Carried, DeclaringBook, Found, Looked
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Job, Saying
from lettrage.invoicing.sending.schedule import Pace
from lettrage.invoicing.sending.statuses import RECEIVED
from lettrage.limits import DECLARED_AT_ONCE
from lettrage.money import Amount
from lettrage.refusal import Refusal
from lettrage.reporting.circumstances import decided
from lettrage.reporting.concerned import Decision
from lettrage.reporting.received import Payment, payments, untold
from lettrage.settlement.answer import reason_shape

_NOON = time(12)
_EVERY = timedelta(minutes=1)  # how soon a settlement is told, at the latest
_LOOKED = "looked"
KEPT_BACK = "payment_not_declared"


class Owed(msgspec.Struct, frozen=True):
    """What is to be told of one invoice. `decision`: why, or why nothing is; `waits`: what is missing to decide it."""

    of: Carried
    payments: tuple[Payment, ...] = ()
    decision: Decision | None = None
    waits: tuple[Refusal, ...] = ()


class Declared(msgspec.Struct, frozen=True):
    """What one look came to: what is to be said, and payments that cannot be, each with the reasons."""

    sayings: tuple[Saying, ...] = ()
    kept_back: tuple[tuple[Carried, tuple[Refusal, ...]], ...] = ()


def rules_of(company: Company) -> str:
    """Everything of the company file that decides about payments: where it changes, all is looked at anew."""
    return msgspec.json.encode([company.vat_dates, company.declarant], order="sorted").decode()


def look(book: DeclaringBook, platform: str, looked: Looked, now: datetime, most: int) -> Found:
    """The next invoices to look at. A changed rule begins at the beginning."""
    rules = rules_of(book.company)
    since = looked if looked.rules == rules else Looked(rules=rules)
    return book.carried_since(platform, since, now, most)


def declared(carried: Iterable[Carried], company: Company, rules: LifecycleRules, now: datetime) -> Declared:
    """What is to be told of these invoices, in files that the official rules have nothing against."""
    sayings: list[Saying] = []
    kept_back: list[tuple[Carried, tuple[Refusal, ...]]] = []
    for one in carried:
        owed = owed_of(one, company, now.astimezone(PARIS).date())
        reasons = list(owed.waits)
        for made in _said(owed, rules, now):
            if isinstance(made, Refusal):
                reasons.append(made)
            else:
                sayings.append(made)
        if reasons:
            kept_back.append((one, tuple(reasons)))
    return Declared(tuple(sayings), tuple(kept_back))


def owed_of(of: Carried, company: Company, today: date) -> Owed:
    """The payments of an invoice that are still to be told, by what the books say today."""
    if of.followed is None or of.sold is None or (of.ended_by and not of.told):
        return Owed(of)
    decision: Decision | None = None
    due: list[Payment] = []
    waits: list[Refusal] = []
    for payment in payments(of.followed, company.vat_dates, company.currency):
        if payment.day > today:
            continue
        found = decided(of.sold, payment.since, company.declarant)
        waits += found.missing
        decision = found.decision or decision
        if found.decision is not None and found.decision.outcome == "status":
            due.append(payment)
    if waits:
        return Owed(of, waits=tuple(one for at, one in enumerate(waits) if one not in waits[:at]))
    if of.ended_by:
        before = {(one.transaction, one.order) for one in of.told}
        due = [one for one in due if (one.transaction, one.order) in before]
    return Owed(of, untold(due, of.told), decision)


def _said(owed: Owed, rules: LifecycleRules, now: datetime) -> Iterator[Saying | Refusal]:
    """Each payment as a message, or why it cannot be one. Two of one day have numbers of their own."""
    told = [one.at for one in owed.of.messages if one.code == RECEIVED]
    for payment in owed.payments:
        at = moment_of(payment, now)
        status = of_payment(payment, at)
        facts = about(owed.of.content, owed.of.events)
        if status is None:
            continue
        if isinstance(facts, Refusal):
            yield facts
            return
        content = msgspec.json.encode(payment).decode()
        wanted = Written(owed.of.document, payment.key, status, content, told.count(at))
        yield written(wanted, facts, rules, now)
        told.append(at)


def moment_of(payment: Payment, now: datetime) -> datetime:
    """The moment that a status tells of: noon of the day that counts, in Paris; today, now."""
    noon = datetime.combine(payment.day, _NOON, PARIS).astimezone(UTC)
    return min(noon, now.replace(microsecond=0))


class TellAgain(msgspec.Struct, frozen=True):
    """Let a message that the platform refused be told again: of a payment by itself, of another status by hand.

    Satisfies the port `Act`.
    """

    message: int
    platform: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "tell again"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"message": str(self.message), "platform": self.platform}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """Its key is free; the next look at the books finds the payment untold, and begins anew now."""
        if not books.free(self.message, "status", self.platform):
            raise Refused(Refusal("no_message_to_tell_again", "MESSAGE", str(self.message)))
        books.look_again(self.platform, moment.at)
        return {"message": str(self.message), "platform": self.platform}


# ---------------------------------------------------------------- as people see it


def told_shape(saying: Saying, found: Found) -> dict[str, Any]:
    """A payment as it is told, by rate; amounts as text."""
    payment = msgspec.json.decode(saying.content, type=Payment)
    numbers = {one.document: one.number for one in found.carried}
    return {
        "number": numbers.get(saying.document or 0, payment.invoice),
        "day": payment.day.isoformat(),
        "event": payment.event,
        "rates": [{"rate": one.rate, "amount": Amount(one.amount, payment.currency).text} for one in payment.rates],
        "amount": Amount(payment.amount, payment.currency).text,
        "currency": payment.currency.code,
    }


def kept_back_shape(of: Carried, reasons: tuple[Refusal, ...]) -> dict[str, Any]:
    """An invoice whose payments cannot be told, and why."""
    return {"number": of.number, "reasons": [reason_shape(one) for one in reasons]}


def declare_all(
    store: ActStore, dossier: str, rules: LifecycleRules, now: datetime, by: str = BY_ITSELF, *, dry_run: bool = False
) -> dict[str, Any]:
    """Tell everything that is still to be told, at once; what that is, and what cannot be told. `dry_run`: show it."""
    with store.books(dossier, writing=False) as books:
        platform = name_of("approved", environment_of(cast("ActBooks", books).platform_on()))
    told: list[dict[str, Any]] = []
    kept_back: list[dict[str, Any]] = []
    looked, more = Looked(), True
    while more:
        with store.books(dossier, writing=False) as books:
            found = look(cast("ActBooks", books), platform, looked, now, DECLARED_AT_ONCE)
            company = books.company
        made = declared(found.carried, company, rules, now)
        if made.sayings and not dry_run:
            store.write(dossier, partial(_say, made.sayings, platform, by, now))
        told += [told_shape(one, found) for one in made.sayings]
        kept_back += [kept_back_shape(*one) for one in made.kept_back]
        looked, more = found.looked, found.more
    return {"platform": platform, "dry_run": dry_run, "declared": told, "kept_back": kept_back}


def _say(sayings: tuple[Saying, ...], platform: str, by: str, now: datetime, books: ActBooks) -> list[int]:
    return books.say(sayings, platform, by, now)


# ---------------------------------------------------------------- as a job


def looked_of(job: Job) -> Looked:
    """From where a job goes on."""
    told = job.payload.get(_LOOKED)
    return msgspec.json.decode(told, type=Looked) if told else Looked()


def concluded(job: Job, found: Found, made: Declared, now: datetime, pace: Pace) -> Conclusion:
    """What one look has come to: what is said, where the next one begins, and when."""
    run_at = now if found.more else now + pace.ours(_EVERY)
    payload = {_LOOKED: msgspec.json.encode(found.looked).decode()}
    return Conclusion(
        next=msgspec.structs.replace(job, run_at=run_at, payload=payload, attempts=0, trouble=None),
        sayings=made.sayings,
        alerts=tuple(_alert(job.platform, *one) for one in made.kept_back),
    )


def _alert(platform: str, of: Carried, reasons: tuple[Refusal, ...]) -> Alert:
    codes = ", ".join(dict.fromkeys(one.code for one in reasons))
    return Alert(KEPT_BACK, {"platform": platform, "invoice": of.number, "why": codes})

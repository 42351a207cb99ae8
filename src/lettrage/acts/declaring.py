"""Declaring the payments of a period: made ready and judged before, then kept with the flow that carries it.

What costs time (the walk through the books, the official rules) is done outside of the commit. Within it the period is
looked at once more: where the books have moved on meanwhile, nothing is declared.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import Any, Protocol, cast

import msgspec

from lettrage.acts import ActBooks, ActStore, Moment, Performed, Refused, perform, told
from lettrage.caller import Caller, dossier_for
from lettrage.company.dossier import Company
from lettrage.dates import PARIS
from lettrage.invoicing import declaring
from lettrage.invoicing.checks.official import Verdict
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import name_of
from lettrage.invoicing.sending.outbox import Message, MessageKind, Said, Saying
from lettrage.invoicing.settings import Row
from lettrage.money import decimal_text
from lettrage.ports import Clock
from lettrage.refusal import Refusal, quoted
from lettrage.reporting.books import SalesBook
from lettrage.reporting.declarations import (
    EARLIEST,
    PRESSING,
    Declarations,
    Due,
    Filed,
    Line,
    Standing,
    declarations,
    open_periods,
    reports_of,
    unreported,
)
from lettrage.reporting.periods import Period
from lettrage.reporting.report import Owed, totals

Judge = Callable[[bytes], Verdict]
_CENTS = 2
_LISTED = 3  # findings, periods that a refusal names
# Sales of a period that are looked at to tell at a glance whether it is to be declared; of one with more than these.
_GLANCED, _GLANCED_OF_MANY = 200, 1_000


class DeclaringBooks(SalesBook, Protocol):
    """What looking at the periods asks of the books."""

    @property
    def company(self) -> Company:
        """The company file."""

    def chorus_rows(self) -> list[Row]:
        """Every setting of the platforms."""

    def said(self, kind: MessageKind, platform: str, document: int | None = None) -> list[Message]:
        """What was said to a platform, the earliest first."""


def look(books: DeclaringBooks, environment: Platform, today: date) -> Declarations:
    """How every period stands."""
    payments = books.payments_since(EARLIEST)
    sold = books.sold({payment.sale for payment in payments}, environment)
    filed = [declaring.filed(message) for message in books.said("report", name_of("approved", environment))]
    return declarations(payments, sold, filed, books.company.declarant, today)


# ---------------------------------------------------------------- what is due, at a glance


def owed(books: DeclaringBooks, environment: Platform, today: date) -> tuple[Due, ...]:
    """The latest periods where somebody has to do something now, the earliest deadline first.

    None of a dossier that declares nothing from here. At a glance: a period with few receipts is looked at as a whole.
    Of one with many it is told that it is to be declared, once one receipt is found that is; and after that whether any
    was posted since. How it stands to the cent, the page of the periods says.
    """
    declarant = books.company.declarant
    if not declarant.vat_regime:
        return ()
    filed = [declaring.filed(message) for message in books.said("report", name_of("approved", environment))]
    glance = _Glance(books, environment, filed, today)
    periods = open_periods(today, declarant, filed)
    few = [period for period in periods if not books.sales_moved(period.first, period.last, _GLANCED).more]
    sales = {one for period in few for one in books.sales_moved(period.first, period.last, _GLANCED).sales}
    standing = glance.standing(sales)
    found = (Due(one, standing.get(one, "nothing") if one in few else glance.of_many(one)) for one in periods)
    return tuple(sorted((one for one in found if one.standing in PRESSING), key=lambda one: one.period))


class _Glance(msgspec.Struct, frozen=True):
    """How periods stand by a few of their sales."""

    books: DeclaringBooks
    environment: Platform
    filed: Sequence[Filed]
    today: date

    def standing(self, sales: Collection[int]) -> dict[Period, Standing]:
        """How each period stands by these sales alone."""
        payments = [one for one in self.books.payments_of(sales) if one.since >= EARLIEST]
        sold = self.books.sold(sales, self.environment) if sales else {}
        found = declarations(payments, sold, self.filed, self.books.company.declarant, self.today)
        return {line.period: line.standing for line in found.lines}

    def of_many(self, period: Period) -> Standing:
        """How a period with many receipts stands."""
        before = reports_of(self.filed, period)
        if before:
            late = self.books.sales_moved(period.first, period.last, _GLANCED, before[-1].made_at)
            blank = msgspec.structs.replace(self, filed=())
            theirs = blank.standing(late.sales).items()
            found = any(
                how in PRESSING and one.first <= period.last and one.last >= period.first for one, how in theirs
            )
            return "to_correct" if late.more or found else "done"
        moved = self.books.sales_moved(period.first, period.last, _GLANCED_OF_MANY)
        for sales in (moved.sales[:_GLANCED], moved.sales[_GLANCED:]):
            standing = self.standing(sales).get(period, "nothing")
            if standing in PRESSING:
                return standing
        return unreported(period, self.today) if moved.more else "nothing"


# ---------------------------------------------------------------- made ready


class Asked(msgspec.Struct, frozen=True):
    """What somebody wants declared. `period`: as `declarations.name_of` calls it.

    `without_missing`: what cannot be reported yet is left out; `running`: the period is not over; `by_hand`: the file
    is taken to the platform by whoever asks.
    """

    period: str
    environment: Platform
    without_missing: bool = False
    running: bool = False
    by_hand: bool = False


class Ready(msgspec.Struct, frozen=True):
    """A report that may be declared. `again`: the message whose number it takes, which was refused."""

    owed: Owed
    platform: str
    saying: Saying
    again: int | None


def ready(books: DeclaringBooks, asked: Asked, moment: Moment) -> Ready:
    """The report of a period as it would be declared now. Raises Refused with everything against it."""
    found = look(books, asked.environment, moment.today)
    line = found.named(asked.period)
    if found.unset or line is None:
        known = ", ".join(one.name for one in found.lines[:_LISTED])
        raise Refused(*(found.unset or (Refusal("no_such_period", "period", quoted(asked.period), known),)))
    head = declaring.header(books.company, books.chorus_rows(), asked.environment)
    against = [*_against(line, asked), *head.faults]
    if not head.connected and not asked.by_hand:
        against.append(Refusal("report_by_hand", "period", line.name))
    if against or line.owed is None:
        raise Refused(*against)
    sent = declaring.transmission(line.owed, head, moment.at)
    saying = declaring.saying(sent, line.owed.number, moment.at, by_hand=asked.by_hand)
    refused = [one for one in line.filed if not one.stands and one.report.number == line.owed.number]
    return Ready(line.owed, head.platform, saying, refused[-1].message if refused else None)


def _against(line: Line, asked: Asked) -> Iterator[Refusal]:
    """What the period itself has against it."""
    if line.standing == "running" and not asked.running:
        yield Refusal("period_running", "period", line.name, line.period.last.isoformat())
    if any(one.fate == "waits" for one in line.filed):
        yield Refusal("report_waits", "period", line.name)
    if line.missing and not asked.without_missing:
        yield Refusal("payments_missing", "period", str(len(line.missing)), line.name)
    elif line.owed is None or not line.owed.sendable:
        yield Refusal("nothing_to_report", "period", line.name)


def unsound(verdict: Verdict) -> list[Refusal]:
    """What the official rules have against a report, the first of it."""
    return [
        Refusal("report_unsound", one.place, quoted(one.raw or one.seen), one.code)
        for one in verdict.findings[:_LISTED]
    ]


# ---------------------------------------------------------------- declared


class Declare(msgspec.Struct, frozen=True):
    """Declare a period. `made`: as it was made ready; `against`: why it was not. Satisfies the port `Act`."""

    asked: Asked
    by: str
    made: Ready | None
    against: tuple[Refusal, ...] = ()

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "declare payments"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        asked: dict[str, Any] = msgspec.to_builtins(self.asked)
        return asked

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The report that is on its way now, or that was taken there by hand."""
        if self.made is None or self.against:
            raise Refused(*self.against)
        now = ready(books, self.asked, moment)
        if now.owed != self.made.owed:
            raise Refused(Refusal("report_changed", "period", self.asked.period))
        if self.made.again is not None:
            books.free(self.made.again, "report", self.made.platform)
        saying, platform = self.made.saying, self.made.platform
        if self.asked.by_hand:
            message = books.handed_in(saying, platform, self.by, moment.at)
        else:
            (message,) = books.say([saying], platform, self.by, moment.at)
        return shape(self.made) | {"report": str(message)}


def shape(made: Ready) -> dict[str, Any]:
    """A report as the command line and the API give it."""
    owed = made.owed
    return {
        "platform": made.platform,
        "type": owed.kind,
        "number": str(owed.number),
        "from": owed.period.first.isoformat(),
        "to": owed.period.last.isoformat(),
        "file": made.saying.name,
        "totals": [
            {"rate": one.rate, "amount": decimal_text(one.amount, _CENTS)} for one in totals(owed.contents)
        ],
        "missing": str(len(owed.missing)),
    }  # fmt: skip


def prepared(
    asked: Asked, by: str, caller: Caller, store: ActStore, clock: Clock, judge: Judge
) -> tuple[Declare, Ready | None]:
    """The act that declares a period, and what it would declare; None where something is against it. Raises Stop."""
    now = clock.now()
    with store.books(dossier_for(caller, "", "dossier", store), writing=False) as books:
        try:
            made = ready(cast("ActBooks", books), asked, Moment(now, now.astimezone(PARIS).date()))
        except Refused as refused:
            return Declare(asked, by, None, refused.reasons), None
    faults = tuple(unsound(judge(made.saying.file)))
    return Declare(asked, by, made, faults), None if faults else made


def declare(asked: Asked, by: str, caller: Caller, store: ActStore, clock: Clock, judge: Judge) -> Performed:
    """Declare a period in one commit, or say why not. Raises Stop."""
    act, _ = prepared(asked, by, caller, store, clock, judge)
    return perform(act, caller, store, clock)


class RefuseByHand(msgspec.Struct, frozen=True):
    """Say that the platform refused a report that was taken there by hand. Satisfies the port `Act`."""

    report: int
    environment: Platform
    reason: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "report refused"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"report": str(self.report), "environment": self.environment, "reason": self.reason}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The report that is none any more: its number is free again."""
        why, faults = told(self.reason)
        if not why and not faults:
            faults.append(Refusal("missing_reason", "reason"))
        said = books.said("report", name_of("approved", self.environment))
        message = next((one for one in said if one.id == self.report), None)
        if message is None:
            raise Refused(Refusal("no_such_number", "report", str(self.report)), *faults)
        if declaring.filed(message).fate != "by_hand":
            faults.append(Refusal("report_not_by_hand", "report", str(self.report)))
        if faults:
            raise Refused(*faults)
        books.set_messages([msgspec.structs.replace(message, outcome="rejected", errors=(Said(why),))])
        return {"report": str(self.report)}

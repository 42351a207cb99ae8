"""What nobody is kept from doing, and ought to be warned of: old cheques, large sums in cash, rates hard to believe.

Sources: cheques, CMF L131-32 and L131-59 (presented within 8 days, cashable one year more); cash, CMF L112-6 and
D112-3 (a debt of more than 1,000 EUR where the debtor lives in France or acts for a business). The law speaks of
the debt, not of the part of it that is paid in cash.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction

from lettrage.company.dossier import Company
from lettrage.money import Amount, decimal_text, rounded
from lettrage.refusal import Refusal
from lettrage.settlement.desk import Desk, Draft
from lettrage.settlement.document import Instrument, Item, Remark, Settlement, TableRate
from lettrage.settlement.match import Match

PRESENTATION = timedelta(days=8)  # after the day of issue; from then on it may be cashed for one year
LISTED_MOST = 20  # cheques in portfolio named in one warning
_RATE_DECIMALS = 6  # of a blocked rate as it is shown


# ---------------------------------------------------------------- cheques


def cashable_until(received: date) -> date:
    """The last day on which a cheque received that day can be cashed: one year and eight days later."""
    leap_day = (received.month, received.day) == (2, 29)
    return received.replace(year=received.year + 1, day=28 if leap_day else received.day) + PRESENTATION


def oldest_cashable(today: date) -> date:
    """The day before which a cheque was received that can be cashed no more."""
    day = today - timedelta(days=366) - PRESENTATION
    while cashable_until(day) < today:
        day += timedelta(days=1)
    return day


def old_cheque(instrument: Instrument, day: date, path: str) -> Iterator[Refusal]:
    """A warning where a cheque is taken to the bank too late."""
    until = cashable_until(instrument.date)
    if instrument.state.startswith("C") and instrument.direction == "encashment" and until < day:
        facts = {"transaction": str(instrument.transaction)}
        yield Refusal("cheque_too_old", path, instrument.date.isoformat(), until.isoformat(), facts)


def old_portfolio(desk: Desk, deposited: Iterable[int]) -> Iterator[Remark]:
    """A warning about the document: cheques that lie in portfolio and can be cashed no more."""
    gone = set(deposited)
    old = [i for i in desk.old_cheques if i.id not in gone]
    if old:
        numbers = ", ".join(str(i.transaction) for i in old[:LISTED_MOST])
        more = ", …" if len(old) > LISTED_MOST else ""
        yield Remark(None, Refusal("cheques_too_old", seen=numbers + more))


# ---------------------------------------------------------------- cash


def large_in_cash(settlement: Settlement, match: Match, target_state: str, draft: Draft) -> Iterator[Remark]:
    """A warning for each debt above the legal threshold that is paid in cash, wholly or in part."""
    home = draft.company.currency
    if not target_state.startswith("E") or home.code != "EUR":
        return
    most = draft.company.settings.cash_limit * 10**home.decimals
    for target in match.targets:
        detail = target.details[0][0]
        debt = sum(item.origin_carried for item in draft.items_of(_key(target.item)) if item.previous is None)
        if debt > most and any(d.operation == "PAYMENT" for d, _ in target.details):
            facts = {"piece": target.item.piece}
            refusal = Refusal(
                "cash_above_limit", detail.place.path, Amount(debt, home).text, Amount(most, home).text, facts
            )
            yield Remark(settlement.position, refusal)


def _key(item: Item) -> tuple[str, str, str]:
    return item.third_party, item.prefix, item.piece


# ---------------------------------------------------------------- rates


def far_from_table(settlement: Settlement, given: Fraction, table: TableRate, company: Company) -> Iterator[Remark]:
    """A warning where a blocked rate is far from the table's."""
    if _far(given, table.rate, company):
        shown = decimal_text(rounded(given * 10**_RATE_DECIMALS), _RATE_DECIMALS)
        yield _rate_remark("implausible_rate", settlement, "home", shown, table, company)


def far_from_previous(
    settlement: Settlement, table: TableRate, previous: TableRate, company: Company
) -> Iterator[Remark]:
    """A warning where the table's rate is far from the one before."""
    if _far(table.rate, previous.rate, company):
        yield _rate_remark("implausible_table_rate", settlement, "currency", table.text, previous, company)


def _far(rate: Fraction, expected: Fraction, company: Company) -> bool:
    return abs(rate - expected) * 100 > expected * company.settings.rate_percent


def _rate_remark(
    code: str, settlement: Settlement, field: str, seen: str, expected: TableRate, company: Company
) -> Remark:
    facts = {
        "currency": expected.currency,
        "date": expected.date.isoformat(),
        "percent": str(company.settings.rate_percent),
    }
    return Remark(settlement.position, Refusal(code, settlement.place.of(field), seen, expected.text, facts))

"""Deposit slips (bordereaux): what waits for one, what making one posts, what taking it back posts. Pure.

A deposit tied to a slip has moved its instruments to their new state; their value stays on the account of the state
they came from until the slip posts one line on the bank's account for all of them (spec section 7).
"""

from collections.abc import Iterable, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Any

import msgspec

from lettrage.books.entry import Entry, entry, reversal
from lettrage.company.dossier import Company
from lettrage.company.states import Direction, StateChange
from lettrage.limits import MINOR_UNITS, TEXT_CHARACTERS
from lettrage.money import Amount, Currency, currency, decimal_text
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.deposit import lines_at_the_bank
from lettrage.settlement.document import Instrument
from lettrage.settlement.fields import label, whole_number
from lettrage.settlement.terms import period_faults

JOURNAL = "BQ"
# What a transaction that awaits no slip is, in French and in English.
_STATUSES = {
    "posted": ("comptabilisée", "posted"),
    "cancelled": ("annulée", "cancelled"),
}


class Wanted(msgspec.Struct, frozen=True):
    """The slip that is asked for: all that waits for the bank, or the transactions named, as the caller wrote them.

    `currency` and `change` (a state change) narrow the choice; `date` is today where it is None.
    """

    bank: str
    currency: str = ""
    change: str = ""
    date: Day | None = None
    transactions: tuple[str, ...] = ()


class Kind(msgspec.Struct, frozen=True, order=True):
    """What everything on one slip shares."""

    bank: str
    change: str
    direction: Direction
    state: str  # where the instruments go
    currency: str

    @property
    def text(self) -> str:
        """As a refusal lists it: `REMCHQ EUR`."""
        return f"{self.change} {self.currency}"


class Waiting(msgspec.Struct, frozen=True):
    """A deposit that awaits its slip. `home`: what its headers debit the bank with.

    `instruments`: those it moved, each with the state and the bank that it had before.
    """

    transaction: int
    date: Day
    kind: Kind
    home: int
    instruments: tuple[Instrument, ...]

    @property
    def total(self) -> int:
        """The sum of its instruments, in their currency."""
        return sum(i.amount for i in self.instruments)


class Facts(msgspec.Struct, frozen=True):
    """What the books hold of what is asked for.

    `statuses`: status and slip of the transactions named, whether they wait or not. `last`: the last number that the
    bank's slips have, by financial year.
    """

    waiting: tuple[Waiting, ...]
    statuses: dict[int, tuple[str, str | None]]
    last: dict[str, int]


class Slip(msgspec.Struct, frozen=True):
    """A slip to be made: its number, what is on it, and its entry."""

    number: str
    year: str
    sequence: int
    date: Day
    kind: Kind
    total: int
    home: int
    transactions: tuple[int, ...]
    entry: Entry


class Drawn(msgspec.Struct, frozen=True):
    """An instrument on a slip, as the bank is told of it.

    `received_by` is the transaction (and its order) that brought it into portfolio, `reglement_num` the number that
    the caller gave it then.
    """

    id: int
    transaction: int
    order: int
    state: str
    third_party: str
    name: str
    amount: int
    received_by: str
    reglement_num: str
    active: bool


class Made(msgspec.Struct, frozen=True):
    """A slip as the books have it. `drawn` is left out where only the list of slips is asked for."""

    number: str
    bank: str
    date: Day
    change: str
    currency: Currency
    total: int
    status: str  # posted, cancelled
    posting: int
    entry: str
    reversal: str | None
    transactions: tuple[int, ...]
    count: int
    drawn: tuple[Drawn, ...] = ()


# ---------------------------------------------------------------- making


def shown(bank: str, year: str, sequence: int) -> str:
    """A slip's number as printed, which is its key everywhere: `BNP-2024-000001`."""
    return f"{bank}-{year}-{sequence:06}"


def named(wanted: Wanted) -> list[int]:
    """The numbers among the transactions named, each once."""
    return list(dict.fromkeys(known for text in wanted.transactions if (known := whole_number(text))))


def make(wanted: Wanted, facts: Facts, company: Company, today: Day) -> tuple[Slip | None, list[Refusal]]:
    """The slip that is asked for, or every reason against it."""
    faults = _codes(wanted, company)
    chosen = _chosen(wanted, facts, faults) if wanted.transactions or not faults else []
    day = wanted.date or today
    faults += period_faults(company, day, today, "date")
    if chosen:
        latest = max(chosen, key=lambda w: (w.date, w.transaction))
        if latest.date > day:
            piece = str(latest.transaction)
            faults.append(Refusal("date_before", "date", str(day), f">= {latest.date}", {"piece": piece}))
        faults += _moved_on(i for w in chosen for i in w.instruments if not i.active)
    if not faults:
        faults += _too_large(chosen, company.currency)
    if faults:
        return None, faults
    return _made(chosen, day, facts, company), []


def handed_in(change: StateChange, bank: str, day: Day, instruments: Sequence[Instrument]) -> Waiting:
    """The deposit that handing instruments to a bank would make, before it has a number."""
    kind = Kind(bank, change.code, change.direction, change.target, instruments[0].currency.code)
    return Waiting(0, day, kind, sum(i.home for i in instruments), tuple(instruments))


def foreseen(waiting: Waiting, facts: Facts, company: Company, today: Day) -> tuple[Slip | None, list[Refusal]]:
    """The slip of a deposit that is still to be made, or every reason against it."""
    faults = period_faults(company, waiting.date, today, "date") or _too_large([waiting], company.currency)
    return (None, faults) if faults else (_made([waiting], waiting.date, facts, company), [])


def _codes(wanted: Wanted, company: Company) -> list[Refusal]:
    """The bank, the currency and the state change exist."""
    faults = []
    if wanted.bank not in company.banks:
        banks = ", ".join(sorted(company.banks)) or "-"
        faults.append(Refusal("unknown_bank" if wanted.bank else "missing_field", "bank", quoted(wanted.bank), banks))
    if wanted.currency and currency(wanted.currency) is None:
        faults.append(Refusal("unknown_currency", "currency", quoted(wanted.currency), "ISO 4217"))
    tied = sorted(c.code for c in company.changes.values() if company.waits_for_slip(c))
    if wanted.change and wanted.change not in tied:
        faults.append(Refusal("unknown_state_change", "change", quoted(wanted.change), ", ".join(tied) or "-"))
    return faults


def _chosen(wanted: Wanted, facts: Facts, faults: list[Refusal]) -> list[Waiting]:
    """The deposits that go on the slip, all of one kind; what speaks against any of them."""
    if wanted.transactions:
        chosen = _named(wanted, facts, faults)
    else:
        chosen = [w for w in facts.waiting if _fits(wanted, w.kind)]
        if not chosen:
            elsewhere = sorted({w.kind for w in facts.waiting})
            listed = ", ".join(f"{kind.bank} {kind.text}" for kind in elsewhere) or "-"
            faults.append(Refusal("slip_nothing_waits", "bank", _asked(wanted), listed))
    kinds = sorted({w.kind for w in chosen})
    if len(kinds) > 1:
        listed = " ; ".join(_listed(kind, chosen) for kind in kinds)
        faults.append(Refusal("slip_kinds_differ", "transactions", wanted.bank, listed))
    return chosen


def _named(wanted: Wanted, facts: Facts, faults: list[Refusal]) -> list[Waiting]:
    """The deposits named; each that is unknown, does not wait or is of another bank or kind is told."""
    waiting = {w.transaction: w for w in facts.waiting}
    chosen = []
    for text in dict.fromkeys(wanted.transactions):
        asked = whole_number(text)
        found = waiting.get(asked)
        if asked not in facts.statuses:
            faults.append(Refusal("unknown_transaction", "transactions", quoted(text)))
        elif found is None:
            faults.append(_not_waiting(asked, *facts.statuses[asked]))
        elif not _fits(wanted, found.kind):
            facts_of = {"found": f"{found.kind.bank} {found.kind.text}"}
            faults.append(Refusal("slip_other_kind", "transactions", str(asked), _asked(wanted), facts_of))
        elif found not in chosen:
            chosen.append(found)
    return sorted(chosen, key=lambda w: w.transaction)


def _not_waiting(number: int, status: str, slip: str | None) -> Refusal:
    french, english = (f"bordereau {slip}", f"slip {slip}") if slip else _STATUSES.get(status, (status, status))
    facts = {"status": french, "status_en": english}
    return Refusal("slip_not_waiting", "transactions", str(number), "awaiting_slip", facts)


def _fits(wanted: Wanted, kind: Kind) -> bool:
    """Whether a deposit is of the bank, currency and state change asked for."""
    asked = ((wanted.bank, kind.bank), (wanted.currency, kind.currency), (wanted.change, kind.change))
    return all(want in ("", own) for want, own in asked)


def _asked(wanted: Wanted) -> str:
    return " ".join(part for part in (quoted(wanted.bank), wanted.change, wanted.currency) if part)


def _listed(kind: Kind, chosen: Iterable[Waiting]) -> str:
    """One kind of what waits: `REMCHQ EUR: 1, 2, 3`."""
    return f"{kind.text}: " + ", ".join(str(w.transaction) for w in chosen if w.kind == kind)


def _moved_on(instruments: Iterable[Instrument | Drawn]) -> list[Refusal]:
    return [
        Refusal(
            "slip_instrument_moved", "transactions", f"{i.transaction}/{i.order}", "", {"third_party": i.third_party}
        )
        for i in instruments
    ]


def _too_large(chosen: Sequence[Waiting], home: Currency) -> list[Refusal]:
    """A slip's total is one amount, and no larger than one may be."""
    held = chosen[0].instruments[0].currency
    totals = ((sum(w.total for w in chosen), held), (sum(w.home for w in chosen), home))
    return [
        Refusal("amount_too_large", "transactions", str(Amount(total, of)), str(Amount(MINOR_UNITS, of)))
        for total, of in dict.fromkeys(totals)
        if total > MINOR_UNITS
    ]


def _made(chosen: Sequence[Waiting], day: Day, facts: Facts, company: Company) -> Slip:
    kind, year = chosen[0].kind, company.year_of(day)
    assert year is not None, day
    sequence = facts.last.get(year.name, 0) + 1
    number = shown(kind.bank, year.name, sequence)
    home = sum(w.home for w in chosen)
    instruments = [i for w in chosen for i in w.instruments]
    lines = lines_at_the_bank(company, kind.state, kind.bank, instruments, home)
    return Slip(
        number,
        year.name,
        sequence,
        day,
        kind,
        sum(w.total for w in chosen),
        home,
        tuple(w.transaction for w in chosen),
        entry(day, JOURNAL, f"Remise {number}", number, lines, slip=number),
    )


# ---------------------------------------------------------------- taking back


def take_back(
    made: Made, posted: Entry, day: Day | None, reason: str, company: Company, today: Day
) -> tuple[Entry | None, list[Refusal]]:
    """The entry that takes a slip back, or every reason against it. Its deposits then await a slip again."""
    day = day or max(today, made.date)
    faults = []
    if made.status == "cancelled":
        faults.append(Refusal("slip_cancelled", "number", made.number, "", {"entry": made.reversal or "-"}))
    else:
        faults += _moved_on(drawn for drawn in made.drawn if not drawn.active)
    if day < made.date:
        faults.append(Refusal("date_before", "date", str(day), f">= {made.date}", {"piece": made.number}))
    why = label(reason)
    if why is None:
        faults.append(Refusal("too_long", "reason", str(len(reason)), str(TEXT_CHARACTERS)))
    faults += period_faults(company, day, today, "date")
    if faults:
        return None, faults
    told = f"Annulation remise {made.number}" + (f" : {why}" if why else "")
    return reversal(posted, made.posting, day, told), []


# ---------------------------------------------------------------- shapes


def shape(made: Made) -> dict[str, Any]:
    """A slip as JSON: amounts as decimal strings, numbers as strings."""
    return {
        "number": made.number,
        "bank": made.bank,
        "date": made.date.isoformat(),
        "currency": made.currency.code,
        "total": decimal_text(made.total, made.currency.decimals),
        "transactions": [str(t) for t in made.transactions],
        "entry": made.entry,
        "status": made.status,
        "count": made.count,
        "state_change": made.change,
        "reversal": made.reversal,
    }


def shape_with_instruments(made: Made) -> dict[str, Any]:
    """The same with every instrument on the slip."""
    return shape(made) | {
        "instruments": [
            {
                "id": str(drawn.id),
                "transaction": str(drawn.transaction),
                "order": str(drawn.order),
                "third_party": drawn.third_party,
                "name": drawn.name,
                "amount": decimal_text(drawn.amount, made.currency.decimals),
                "received_by": drawn.received_by,
                "reglement_num": drawn.reglement_num,
            }
            for drawn in made.drawn
        ]
    }


def waiting_shapes(waiting: Sequence[Waiting]) -> list[dict[str, Any]]:
    """What waits, one slip to come per kind: the same shape, without number, date and entry, status `waiting`."""
    shapes = []
    for kind in sorted({w.kind for w in waiting}):
        own = [w for w in waiting if w.kind == kind]
        held = own[0].instruments[0].currency
        shapes.append(
            {
                "number": None,
                "bank": kind.bank,
                "date": None,
                "currency": kind.currency,
                "total": decimal_text(sum(w.total for w in own), held.decimals),
                "transactions": [str(w.transaction) for w in own],
                "entry": None,
                "status": "waiting",
                "count": sum(len(w.instruments) for w in own),
                "state_change": kind.change,
                "reversal": None,
            }
        )
    return shapes

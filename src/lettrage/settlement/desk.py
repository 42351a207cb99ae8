"""The books as the next settlement of a document sees them: what was read, and what earlier settlements did.

A group of headers works on a `Draft` over the `Desk`: when the group is refused the draft is dropped and has left no
trace; when it is sound the desk absorbs it.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from lettrage.company.dossier import Company
from lettrage.company.states import Direction
from lettrage.money import currency
from lettrage.settlement.document import (
    Detail,
    Document,
    Instrument,
    Item,
    Settlement,
    TableRate,
    ThirdParty,
)
from lettrage.settlement.past import Returned

PieceKey = tuple[str, str, str]  # third party, prefix, number
OrderKey = tuple[int, int]  # transaction, order


class Criteria(msgspec.Struct, frozen=True):
    """A deposit's search for an instrument: third party, state, and its amount at home, in its currency, or both."""

    third_party: str
    direction: Direction
    state: str
    home: int | None
    currency: str  # "" for any
    amount: int | None


class Wanted(msgspec.Struct, frozen=True):
    """Everything that a document names, to be read from the books at once."""

    third_parties: frozenset[str]
    pieces: frozenset[PieceKey]
    orders: frozenset[OrderKey]
    criteria: frozenset[Criteria]
    moved: int  # how many instruments the document's details name in all
    currencies: frozenset[str]
    cheques_before: date | None = None  # cheques in portfolio too: those received before that day
    returned: frozenset[int] = frozenset()  # unpaid transactions whose instruments are presented again


class Snapshot(msgspec.Struct, frozen=True):
    """What the books hold of that. `transactions`: the numbers named that exist, in whatever state."""

    third_parties: dict[str, ThirdParty]
    items: tuple[Item, ...]  # due items of the pieces, open or not
    advances: tuple[Item, ...]
    instruments: tuple[Instrument, ...]
    rates: tuple[TableRate, ...]
    transactions: frozenset[int]
    old_cheques: tuple[Instrument, ...]  # in portfolio, the oldest first; some of them
    searched: bool  # whether any detail searches an instrument by criteria
    next_transaction: int
    next_item: int
    next_instrument: int
    returned: tuple[Returned, ...] = ()


def wanted(document: Document, company: Company, cheques_before: date) -> Wanted:
    """What to read of the books before judging this document; where it deposits, cheques older than that day too."""
    third_parties: set[str] = set()
    pieces: set[PieceKey] = set()
    orders: set[OrderKey] = set()
    criteria: set[Criteria] = set()
    returned: set[int] = set()
    moved = 0
    for settlement in document.settlements:
        third_parties.add(settlement.third_party)
        change = company.changes.get(settlement.change)
        again = change is not None and change.step == "represent"
        for detail in settlement.details:
            third_parties.add(detail.third_party)
            if detail.piece:
                pieces.add((detail.third_party, detail.prefix, detail.piece))
            if detail.transaction:
                orders.add((detail.transaction, detail.order or 1))
                moved += 1
                if again:
                    returned.add(detail.transaction)
            elif detail.from_state:
                criteria.update(criteria_of(settlement, detail, company))
                moved += 1
    deposits = any((c := company.changes.get(s.change)) and c.step == "move" for s in document.settlements)
    currencies = {s.currency for s in document.settlements} - {company.currency.code}
    return Wanted(
        frozenset(third_parties - {""}),
        frozenset(pieces),
        frozenset(orders),
        frozenset(criteria),
        moved,
        frozenset(currencies),
        cheques_before if deposits else None,
        frozenset(returned),
    )


def criteria_of(settlement: Settlement, detail: Detail, company: Company) -> Iterator[Criteria]:
    """The search that a deposit's detail asks for; nothing when an amount or a currency cannot be read."""
    given = detail.from_amount or detail.amount
    held = currency(detail.currency or settlement.currency or company.currency.code)
    home = None if detail.from_home is None else detail.from_home.minor(company.currency)
    amount = None if given is None or held is None else given.minor(held)
    readable = (detail.from_home is None) == (home is None) and (given is None) == (amount is None)
    if readable and settlement.direction is not None and (home is not None or amount is not None):
        named = detail.currency or settlement.currency or amount is not None
        code = held.code if held is not None and named else ""
        yield Criteria(detail.third_party, settlement.direction, detail.from_state, home, code, amount)


def criteria_met(instrument: Instrument) -> tuple[Criteria, ...]:
    """The searches that find an instrument: by its home amount, by its amount in its currency, by both."""
    who = (instrument.third_party, instrument.direction, instrument.state)
    code, amount, home = instrument.currency.code, instrument.amount, instrument.home
    return (
        Criteria(*who, home, "", None),
        Criteria(*who, home, code, None),
        Criteria(*who, None, code, amount),
        Criteria(*who, home, code, amount),
    )


class Desk:
    """The snapshot of the books, with what the settlements so far have made and changed."""

    def __init__(self, company: Company, snapshot: Snapshot, today: date) -> None:
        self.company = company
        self.today = today
        self.third_parties = snapshot.third_parties
        self.transactions = snapshot.transactions
        self.old_cheques = snapshot.old_cheques
        self.items: dict[int, Item] = {}
        self.by_piece: dict[PieceKey, list[int]] = defaultdict(list)
        self.by_order: dict[OrderKey, list[int]] = defaultdict(list)
        self.instruments: dict[int, Instrument] = {}
        self.instruments_by_order: dict[OrderKey, list[int]] = defaultdict(list)
        self.searched = snapshot.searched
        self.by_criteria: dict[Criteria, list[int]] = defaultdict(list)
        self.cursors: dict[Criteria, int] = {}
        self.next_transaction = snapshot.next_transaction
        self.next_item = snapshot.next_item
        self.next_instrument = snapshot.next_instrument
        self._rates: dict[str, list[TableRate]] = defaultdict(list)
        for rate in sorted(snapshot.rates, key=lambda rate: rate.date):
            self._rates[rate.currency].append(rate)
        self.returned = {returned.unpaid.transaction: returned for returned in snapshot.returned}
        opened_again = (item for r in snapshot.returned for item in (*r.unpaid.items, *r.unpaid.made))
        for item in {i.id: i for i in (*snapshot.items, *snapshot.advances, *opened_again)}.values():
            self.add_item(item)
        for instrument in sorted(snapshot.instruments, key=lambda i: (i.transaction, i.order, i.id)):
            self.add_instrument(instrument)

    def add_item(self, item: Item) -> None:
        """Make a due item or an advance findable."""
        self.items[item.id] = item
        if item.kind != "advance":
            self.by_piece[item.third_party, item.prefix, item.piece].append(item.id)
        elif item.transaction is not None:
            self.by_order[item.transaction, item.order or 1].append(item.id)

    def table_rate(self, code: str, day: date) -> tuple[TableRate | None, TableRate | None]:
        """The rate that counts on this day, and the last known one whatever its age."""
        rates = self._rates.get(code, [])
        at = bisect_right(rates, day, key=lambda rate: rate.date)
        if at == 0:
            return None, rates[-1] if rates else None
        oldest = day - timedelta(days=self.company.settings.rate_days)
        return (rates[at - 1] if rates[at - 1].date >= oldest else None), rates[at - 1]

    def rate_before(self, rate: TableRate) -> TableRate | None:
        """The rate of the table that this one took the place of."""
        rates = self._rates[rate.currency]
        at = bisect_left(rates, rate.date, key=lambda known: known.date)
        return rates[at - 1] if at else None

    def add_instrument(self, instrument: Instrument) -> None:
        """Make an instrument findable, by its transaction and by the criteria of a deposit."""
        self.instruments[instrument.id] = instrument
        self.instruments_by_order[instrument.transaction, instrument.order].append(instrument.id)
        if self.searched:
            for criteria in criteria_met(instrument):
                self.by_criteria[criteria].append(instrument.id)

    def absorb(self, draft: "Draft") -> None:
        """Take over what a sound group did."""
        self.items.update(draft.changed)
        for item in draft.made.values():
            self.add_item(item)
        for ended in draft.ended:
            self.instruments[ended] = msgspec.structs.replace(self.instruments[ended], active=False)
        for instrument in draft.instruments:
            self.add_instrument(instrument)
        self.cursors.update(draft.cursors)
        self.next_transaction += 1
        self.next_item = draft.next_item
        self.next_instrument = draft.next_instrument


class Draft:
    """One group of headers at work: reads through to the desk, keeps its own changes to itself."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.company = desk.company
        self.transaction = desk.next_transaction
        self.next_item = desk.next_item
        self.next_instrument = desk.next_instrument
        self.changed: dict[int, Item] = {}
        self.made: dict[int, Item] = {}
        self.made_of: dict[PieceKey, list[int]] = {}
        self.ended: set[int] = set()
        self.instruments: list[Instrument] = []
        self.cursors: dict[Criteria, int] = {}

    def item(self, identity: int) -> Item:
        """An item of the books as it stands now."""
        return self.changed.get(identity) or self.desk.items[identity]

    def items_of(self, key: PieceKey) -> list[Item]:
        """The due items of a document as they stand now, in the order of their numbers."""
        changed, items = self.changed, self.desk.items
        earlier = [changed.get(i) or items[i] for i in self.desk.by_piece.get(key, ())]
        return earlier + [self.made[i] for i in self.made_of[key]] if key in self.made_of else earlier

    def advances_of(self, transaction: int, order: int) -> list[Item]:
        """The advances that an order of an earlier transaction received, as they stand now."""
        found = self.desk.by_order.get((transaction, order), ())
        return [self.item(i) for i in found]

    def change(self, item: Item) -> None:
        """Keep the new state of an item."""
        (self.made if item.id in self.made else self.changed)[item.id] = item

    def make(self, item: Item) -> None:
        """Keep a new due item or advance."""
        self.made[item.id] = item
        if item.kind != "advance":
            self.made_of.setdefault((item.third_party, item.prefix, item.piece), []).append(item.id)

    def instruments_of(self, transaction: int, order: int) -> list[Instrument]:
        """The instruments, active or not, that an order of an earlier transaction made."""
        return [self.desk.instruments[i] for i in self.desk.instruments_by_order.get((transaction, order), ())]

    def is_active(self, instrument: Instrument) -> bool:
        """Whether it is still in its state, at this point of the document."""
        return instrument.active and instrument.id not in self.ended

    def matching(self, criteria: Criteria) -> list[Instrument]:
        """The two lowest active instruments that meet the criteria: the one to take, and whether it was alone.

        The cursor never looks twice at an instrument that is gone, so that many deposits stay linear.
        """
        known = self.desk.by_criteria.get(criteria, [])
        at = self.cursors.get(criteria, self.desk.cursors.get(criteria, 0))
        found: list[Instrument] = []
        for index in range(at, len(known)):
            instrument = self.desk.instruments[known[index]]
            if not self.is_active(instrument):
                continue
            if not found:
                self.cursors[criteria] = index
            found.append(instrument)
            if len(found) == 2:
                break
        return found

    def new_item_id(self) -> int:
        """A number for a due item or an advance."""
        self.next_item += 1
        return self.next_item - 1

    def new_instrument_id(self) -> int:
        """A number for an instrument."""
        self.next_instrument += 1
        return self.next_instrument - 1

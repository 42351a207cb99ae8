"""Bugs to be put into the engine on purpose, one function each, to see that the laws turn red.

Each is a context manager: inside it the engine has the bug, afterwards it has not.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal, InvalidOperation
from importlib import import_module
from typing import Any

import msgspec

from lettrage import money
from lettrage.acts import cancel, unpaid
from lettrage.adapters.store.books import SqlBooks
from lettrage.adapters.store.undoing import Undoing
from lettrage.books.entry import Entry, Line
from lettrage.money import Figure
from lettrage.settlement import answer, fields, once, past, represent
from lettrage.settlement.desk import Draft
from lettrage.settlement.document import Item
from lettrage.settlement.operations import Scene, Target
from lettrage.settlement.posting import SettlementPosting

plan: Any = import_module("lettrage.settlement.plan")  # the package has a function of this name

Plant = Callable[[], AbstractContextManager[None]]


@contextmanager
def _instead(holder: Any, name: str, bug: Any) -> Iterator[None]:
    """The attribute `name` of `holder` is `bug` for a while."""
    sound = holder.__dict__[name] if isinstance(holder, type) else getattr(holder, name)
    setattr(holder, name, bug)
    try:
        yield
    finally:
        setattr(holder, name, sound)


# ---------------------------------------------------------------- A1


@contextmanager
def difference_line_forgotten() -> Iterator[None]:
    """A WDR relieves the due item but its line on 658 or 758 is never made: the entry's own assertion stops it."""
    sound = SettlementPosting._add

    def forgetful(self: SettlementPosting, account: str, home: int) -> None:
        if account not in (self.accounts.settlement_loss, self.accounts.settlement_gain):
            sound(self, account, home)

    with _instead(SettlementPosting, "_add", forgetful):
        yield


@contextmanager
def difference_line_lost_on_the_way() -> Iterator[None]:
    """The same, behind the assertion: an entry without its difference line reaches the books."""

    def careless(day: Any, journal: str, label: str, piece: str, lines: list[Line], transaction: Any = None) -> Entry:
        kept = tuple(line for line in lines if line.home and line.account[:3] not in ("658", "758"))
        return Entry(day, journal, label, piece, kept, transaction)

    with _instead(plan, "entry", careless):
        yield


# ---------------------------------------------------------------- A2


@contextmanager
def difference_counted_twice() -> Iterator[None]:
    """A WDR settles the due item once as itself, and a second time in the row that says what settled it."""
    sound = SettlementPosting._allocate

    def twice(self: SettlementPosting, item: Item, own: Any, *more: Any) -> None:
        sound(self, item, own, *more)
        if "WDR" in own:
            self.work.allocations.append(next(a for a in self.work.allocations[::-1] if a.operation == "WDR"))

    with _instead(SettlementPosting, "_allocate", twice):
        yield


@contextmanager
def remainder_without_its_difference() -> Iterator[None]:
    """What a WPA passes on is smaller by the WDR beside it, which the closed part has had already."""
    sound = SettlementPosting._close

    def short(self: SettlementPosting, item: Item, part: int, relief: int, rest: int, released: list[int]) -> None:
        mine = [a for a in self.work.allocations if a.item == item.id and a.operation == "WDR"]
        lost = mine[-1].amount if mine and abs(rest) > abs(mine[-1].amount) else 0
        sound(self, item, part + lost, relief, rest - lost, released)

    with _instead(SettlementPosting, "_close", short):
        yield


# ---------------------------------------------------------------- A3


@contextmanager
def off_by_one_tolerated() -> Iterator[None]:
    """Details that miss the open amount by one minor unit pass."""
    sound = plan.judged

    def lenient(target: Target, scene: Scene) -> Iterator[Any]:
        near = abs(sum(target.sums.values()) - target.open_seen) <= 1
        for refusal in sound(target, scene):
            if not (near and refusal.code in ("sum_differs_from_open", "more_than_open")):
                yield refusal

    with _instead(plan, "judged", lenient):
        yield


# ---------------------------------------------------------------- A4


@contextmanager
def _swap_amounts(reader: Callable[[str], Figure | None]) -> Iterator[None]:
    """Another reader of amounts, at the door itself and in the fields of a document."""
    sound = dict(fields.FIELDS)
    amounts = {name: f for name, f in sound.items() if f.read is money.figure}
    assert amounts
    with _instead(money, "figure", reader):
        fields.FIELDS.update({name: msgspec.structs.replace(f, read=reader) for name, f in amounts.items()})
        try:
            yield
        finally:
            fields.FIELDS.update(sound)


def amounts_read_by_decimal() -> AbstractContextManager[None]:
    """`Decimal(text)` without a pattern before it."""

    def loose(text: str) -> Figure | None:
        try:
            value = Decimal(text)
        except InvalidOperation:
            return None
        if not value.is_finite() or abs(value.adjusted()) > 30:
            return None
        decimals = max(0, -int(value.as_tuple().exponent))
        return Figure(int(value.scaleb(decimals)), decimals)

    return _swap_amounts(loose)


def amounts_read_by_dollar() -> AbstractContextManager[None]:
    """`match` with `$` instead of the whole text: a line break at the end slips through."""
    pattern = re.compile(r"([+-]?)(\d{1,15})(?:[.,](\d{1,4}))?$")

    def loose(text: str) -> Figure | None:
        found = pattern.match(text)
        if found is None:
            return None
        sign, whole, part = found.groups()
        return Figure(int(sign + whole + (part or "")), len(part or ""))

    return _swap_amounts(loose)


def amounts_read_by_float() -> AbstractContextManager[None]:
    """A binary float on the way."""
    sound = money.figure

    def rounded(text: str) -> Figure | None:
        found = sound(text)
        if found is None:
            return None
        return Figure(int(float(found.digits) / 10**found.decimals * 10**found.decimals), found.decimals)

    return _swap_amounts(rounded)


# ---------------------------------------------------------------- A5


@contextmanager
def log_written_in_the_order_of_hashes() -> Iterator[None]:
    """The lines of the log are gathered in a set before they are told."""
    sound = answer.log_lines

    def scattered(*given: Any, **named: Any) -> list[str]:
        return list(set(sound(*given, **named)))

    with _instead(answer, "log_lines", scattered):
        yield


# ---------------------------------------------------------------- A6


@contextmanager
def refused_group_leaves_its_changes() -> Iterator[None]:
    """A draft writes through to the desk: what a refused group did to due items stays for the next ones."""
    sound = Draft.change

    def leaking(self: Draft, item: Item) -> None:
        sound(self, item)
        if item.id in self.desk.items:
            self.desk.items[item.id] = item

    with _instead(Draft, "change", leaking):
        yield


@contextmanager
def global_counter_as_a_key() -> Iterator[None]:
    """What an order makes is filed under the number that comes next, not under the order."""
    sound = Draft.make

    def counted(self: Draft, item: Item) -> None:
        sound(self, msgspec.structs.replace(item, order=self.next_item))

    with _instead(Draft, "make", counted):
        yield


# ---------------------------------------------------------------- beside the laws


@contextmanager
def done_twice() -> Iterator[None]:
    """Nobody looks whether a document was done before."""

    def forgetful(*_given: Any, **_named: Any) -> dict[int, Any]:
        return {}

    with _instead(once, "judge", forgetful):
        yield


@contextmanager
def item_changed_without_its_dossier() -> Iterator[None]:
    """Due items are written by their number alone: the same number of another company is hit too."""
    sound = SqlBooks.record

    def wide(self: SqlBooks, receipt: Any, decided: Any, answered: str) -> None:
        sound(self, receipt, decided, answered)
        for changed in (item.id for t in decided.transactions for item in t.items_changed):
            sql = "UPDATE due_item SET disputed = 1 WHERE id = ? AND dossier <> ?"
            self.connection.exec_driver_sql(sql, (changed, self.dossier))

    with _instead(SqlBooks, "record", wide):
        yield


@contextmanager
def dry_run_tells_half_an_entry() -> Iterator[None]:
    """A dry run tells the first two lines of each entry only."""
    sound = answer.planned

    def shortened(decided: Any, *more: Any) -> dict[str, Any]:
        told = sound(decided, *more)
        for entry in told["entries"]:
            entry["lines"] = entry["lines"][:2]
        return told

    with _instead(answer, "planned", shortened):
        yield


@contextmanager
def relief_on_the_payer() -> Iterator[None]:
    """The third-party line names who pays, not whose due item it is."""
    sound = SettlementPosting._relieve

    def misdirected(self: SettlementPosting, account: str, item: Item, home: int, amount: int) -> None:
        sound(self, account, msgspec.structs.replace(item, third_party=self.settlement.third_party), home, amount)

    with _instead(SettlementPosting, "_relieve", misdirected):
        yield


@contextmanager
def instrument_lost_from_its_account() -> Iterator[None]:
    """An instrument moved on stays active where it was."""
    sound = plan._transaction

    def lingering(*given: Any) -> Any:
        return msgspec.structs.replace(sound(*given), instruments_ended=())

    with _instead(plan, "_transaction", lingering):
        yield


@contextmanager
def refused_settlement_uses_up_numbers() -> Iterator[None]:
    """A document that is refused takes a transaction number all the same."""
    sound = plan._Planner._refuse

    def wasteful(self: Any, *given: Any) -> None:
        sound(self, *given)
        self.desk.next_transaction += 1

    with _instead(plan._Planner, "_refuse", wasteful):
        yield


# ---------------------------------------------------------------- taking back


@contextmanager
def unpaid_forgets_the_difference() -> Iterator[None]:
    """A return gives back the payments, not the WDR beside them."""
    sound = past.opposite

    def forgetful(rows: Any, order: int) -> Any:
        return sound([row for row in rows if row.operation != "WDR"], order)

    with _instead(unpaid, "opposite", forgetful):
        yield


@contextmanager
def unpaid_leaves_the_advance() -> Iterator[None]:
    """The advance of a returned payment stays open."""
    sound = past.settled

    def lenient(items: Any, rows: Any, moves: Any) -> Any:
        return {**sound(items, rows, moves), **{i.id: i for i in items.values() if i.kind == "advance"}}

    with _instead(unpaid, "settled", lenient):
        yield


@contextmanager
def cancel_leaves_the_successor() -> Iterator[None]:
    """What a cancelled transaction had passed on stays open beside the whole due item."""
    with _instead(cancel, "_withdrawn", lambda item: item):
        yield


@contextmanager
def cancel_leaves_the_payment() -> Iterator[None]:
    """The payments of a cancelled transaction stay in portfolio."""
    sound = SqlBooks.deed

    def lingering(self: SqlBooks, transaction: int) -> Any:
        deed = sound(self, transaction)
        return deed and msgspec.structs.replace(deed, made=())

    with _instead(Undoing, "deed", lingering):
        yield


@contextmanager
def represent_without_a_look() -> Iterator[None]:
    """A returned payment is presented again whatever has become of what it had paid."""
    with _instead(represent, "_closes", lambda after: True):
        yield

"""Companies, invoices and settlement documents made at random, with a naive model of what they must leave behind.

The model knows nothing of the engine: it is a list of due items with what is open, and a list of instruments. An
`Author` writes documents over a copy of it and says for each header whether it must be accepted; the copy becomes the
model when the books agree. Everything is chosen through `Choice`, so that the same code serves shrinking and storms.
"""

import copy
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from sqlalchemy import event

from lettrage.settlement import Caller
from tests import databases
from tests.scratch import scratch
from tests.world import World

T = TypeVar("T")
Day = date  # classes below have a field called `date`
TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
DECIMALS = {"EUR": 2, "USD": 2, "TND": 3, "JPY": 0}
CALLER = Caller("till", "cli")

# ---------------------------------------------------------------- choosing


class Choice(Protocol):
    """Where a generator's choices come from."""

    def whole(self, low: int, high: int) -> int: ...

    def pick(self, among: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...


class Drawn:
    """Choices drawn from Hypothesis, which shrinks them: low numbers, first of a list, no."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self.draw = draw

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def pick(self, among: Sequence[T]) -> T:
        return among[self.whole(0, len(among) - 1)]

    def chance(self, percent: int) -> bool:
        return self.whole(0, 99) >= 100 - percent


class Rolled:
    """Choices from a seeded die: the same in every process."""

    def __init__(self, seed: int) -> None:
        self.die = random.Random(seed)

    def whole(self, low: int, high: int) -> int:
        return self.die.randint(low, high)

    def pick(self, among: Sequence[T]) -> T:
        return among[self.die.randrange(len(among))]

    def chance(self, percent: int) -> bool:
        return self.die.randrange(100) < percent


# ---------------------------------------------------------------- the companies


@dataclass(frozen=True)
class House:
    """A company and the few of its rules that a writer of settlements must know."""

    code: str
    home: str
    adjust: bool
    other_payer: bool
    tolerance: int  # home minor units
    percent: int
    discount: int
    rates: dict[str, str]


HOUSES = {
    house.code: house
    for house in (
        House("A", "EUR", True, False, 1000, 5, 5, {"USD": "0.9213", "TND": "0.3017", "JPY": "0.00611"}),
        House("B", "EUR", False, True, 5000, 20, 10, {"USD": "0.9213", "TND": "0.3017", "JPY": "0.00611"}),
        House("T", "TND", True, False, 9000, 5, 5, {"EUR": "3.3333", "USD": "3.0917", "JPY": "0.0203"}),
        House("J", "JPY", False, True, 900, 5, 5, {"EUR": "163.71", "USD": "150.25", "TND": "49.13"}),
    )
}
RATE_DAYS = (date(2026, 10, 15), date(2026, 11, 10))
PARTIES = {"C1": "customer", "C2": "customer", "C3": "customer", "F1": "supplier", "F2": "supplier"}


def rate_on(house: House, code: str, day: date) -> Fraction:
    """Units of home for one unit of `code`: the second table rate is 3 % above the first."""
    if code == house.home:
        return Fraction(1)
    given = Fraction(house.rates[code])
    return given if day < RATE_DAYS[1] else given * Fraction(103, 100)


def exact_home(house: House, code: str, rate: Fraction) -> Fraction:
    """Home minor units for one minor unit of `code`."""
    return rate * Fraction(10 ** DECIMALS[house.home], 10 ** DECIMALS[code])


def decimal(value: Fraction) -> str:
    """A rate as decimal text (the rates used here end)."""
    scaled = value * 10**9
    assert scaled.denominator == 1, value
    return f"{scaled.numerator // 10**9}.{scaled.numerator % 10**9:09}"


def text(minor: int, code: str) -> str:
    """Minor units as the wire writes them."""
    decimals = DECIMALS[code]
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def company_file(house: House) -> dict[str, Any]:
    """The company as a load file has it, with a small portfolio and an advance."""
    tolerance = {"amount": text(house.tolerance, house.home), "percent": str(house.percent)}
    unit = 10 ** DECIMALS[house.home]
    rates = [
        {"currency": code, "date": day.isoformat(), "rate": decimal(rate_on(house, code, day))}
        for code in house.rates
        for day in RATE_DAYS
    ]
    held = {"order": "1", "date": "2026-10-20"}
    amount = {"currency": house.home, "amount": text(340 * unit, house.home)}
    return {
        "code": house.code,
        "name": f"Maison {house.code}",
        "currency": house.home,
        "discount_vat": "adjust" if house.adjust else "gross",
        "allow_other_payer": house.other_payer,
        "discount_limit": {"percent": str(house.discount)},
        "tolerances": {"settlement_difference": tolerance, "exchange_difference": tolerance},
        "banks": [
            {"code": "BNP", "account": "512100", "currency": house.home},
            {"code": "USB", "account": "512200", "currency": "USD"},
        ],
        "third_parties": [{"code": code, "kind": kind, "name": code} for code, kind in PARTIES.items()],
        "rates": rates,
        "portfolio": [
            {"transaction": "601", "third_party": "C1", "state": "C30", **held, **amount},
            {"transaction": "602", "third_party": "F1", "state": "V30", **held, **amount},
            {"transaction": "603", "third_party": "C2", "state": "V30", **held, "currency": "USD", "amount": "75.00",
             "amount_home": text(69 * unit, house.home)},
        ],
        "advances": [{"transaction": "604", "third_party": "C1", **held, **amount}],
    }  # fmt: skip


@cache
def _template() -> Path:
    """The empty companies in a database file of this process, made once."""
    path = scratch("laws-") / "template.sqlite"
    databases.keep_at(path)
    world = World(path, NOON)
    loaded = world.load(json.dumps({"dossiers": [company_file(h) for h in HOUSES.values()]}).encode())
    assert not loaded.faults, [fault.say("en") for fault in loaded.faults]
    world.store.close()
    return path


class Books(World):
    """A copy of the empty companies in a folder of its own, and a second pair of eyes on it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=_template().parent))
        path = self.folder / "books.sqlite"
        databases.copy_at(_template(), path)
        super().__init__(path, NOON)
        if not databases.POSTGRESQL:
            event.listen(self.store.engine, "connect", _hasty)
            self.store.engine.dispose()
        self.eyes = databases.Eyes(self.address)

    def dump(self) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
        """Every row of every table, by table and dossier."""
        found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        for name in databases.tables(self.store.engine):
            for row in self.eyes.execute(f'SELECT * FROM "{name}"'):
                found.setdefault((name, str(row[0])), []).append(row)
        return found

    def close(self) -> None:
        self.eyes.close()
        self.store.engine.dispose()
        databases.forget_at(self.file)
        shutil.rmtree(self.folder, ignore_errors=True)


def _hasty(connection: Any, _record: object) -> None:
    """These books need not survive a power cut."""
    connection.execute("PRAGMA synchronous=OFF")


# ---------------------------------------------------------------- the model


@dataclass
class Due:
    """A due item or an open advance: what the model knows of it. Amounts in its own sense."""

    kind: str
    ledger: str
    party: str
    piece: str
    date: Day
    due_date: Day
    currency: str
    amount: int
    open: int
    worth: Fraction  # home minor units for one minor unit, at most
    disputed: bool = False
    transaction: int | None = None
    order: int = 1

    def seen(self, direction: str) -> int:
        """The open amount as a header of this direction sees it."""
        own = (self.ledger == "customer") == (direction == "encashment")
        return self.open if own else -self.open


@dataclass
class Held:
    """An active instrument. A transaction below zero: made earlier in the same document, number not known yet."""

    transaction: int
    order: int
    state: str
    direction: str
    party: str
    currency: str
    amount: int
    date: Day
    home: int | None = None
    took: Any = None  # what its receipt took (see reversals.Took)

    @property
    def rank(self) -> tuple[bool, int, int]:
        return (self.transaction < 0, abs(self.transaction), self.order)


@dataclass
class Model:
    """What one company's books must show."""

    house: House
    dues: list[Due] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    @staticmethod
    def opened(house: House) -> "Model":
        unit, day = 10 ** DECIMALS[house.home], date(2026, 10, 20)
        amount = 340 * unit
        advance = Due(
            "advance", "customer", "C1", "", day, day, house.home, -amount, -amount, Fraction(1), transaction=604
        )
        return Model(
            house,
            [advance],
            [
                Held(601, 1, "C30", "encashment", "C1", house.home, amount, day, amount),
                Held(602, 1, "V30", "disbursement", "F1", house.home, amount, day, amount),
                Held(603, 1, "V30", "encashment", "C2", "USD", 7500, day, 69 * unit),
            ],
        )

    def copy(self) -> "Model":
        return Model(self.house, [copy.copy(d) for d in self.dues], [copy.copy(h) for h in self.held])

    def shown_items(self) -> Counter[tuple[str, ...]]:
        """What `items` must list, as a bag."""
        return Counter(
            (d.kind, d.ledger, d.party, d.piece, d.due_date.isoformat(), d.currency, text(d.amount, d.currency),
             text(d.open, d.currency), "" if d.transaction is None else str(d.transaction))
            for d in self.dues
            if d.open
        )  # fmt: skip

    def shown_portfolio(self) -> Counter[tuple[str, ...]]:
        """What `portfolio` must list, as a bag."""
        return Counter(
            (str(h.transaction), str(h.order), h.state, h.party, h.currency, text(h.amount, h.currency))
            for h in self.held
        )

    def resolve(self, numbers: dict[int, int]) -> None:
        """Put the transactions' numbers where the document's own places stood."""
        things: list[Due | Held] = [*self.dues, *self.held]
        for thing in things:
            if thing.transaction is not None and thing.transaction < 0:
                thing.transaction = numbers[thing.transaction]


# ---------------------------------------------------------------- invoices


VATS = ((), ("20",), ("20", "5.5"), ("20", "10", "5.5"))


def invoice(choice: Choice, house: House, number: str, party: str = "") -> tuple[dict[str, Any], list[Due]]:
    """An invoice or a credit note of the load file, and its due items for the model."""
    party = party or choice.pick(list(PARTIES))
    code = house.home if choice.chance(50) else choice.pick(list(house.rates))
    day = RATE_DAYS[0] + timedelta(days=choice.whole(0, 25))
    own_rate = choice.chance(40) and code != house.home
    rate = rate_on(house, code, day) * (Fraction(choice.whole(80, 120), 100) if own_rate else 1)
    worth = exact_home(house, code, rate)
    least = int(2 / worth) + 1  # worth nothing at home is refused
    parts = choice.pick((1, 1, 2, 3))
    size = choice.pick((least * parts, 1_000, 100_000, 10_000_000, 9_999_999_999))
    total = choice.whole(least * parts, max(size, least * parts + 5))
    sign = -1 if choice.chance(20) else 1
    vat, total = _vat(choice, total, code, sign)
    amounts = pieces(choice, total, parts, least)
    # A bound for what one minor unit carries: the invoice's home total is rounded once, then split by the unit.
    bounds = [(worth * amount + 2) / amount for amount in amounts]
    dues, rows = [], []
    for at, amount in enumerate(amounts):
        due = date(2026, 11, 30) + timedelta(days=15 * at)
        left = choice.whole(least, amount - least) if amount > 2 * least and choice.chance(8) else amount
        disputed = choice.chance(4)
        row: dict[str, Any] = {"due_date": due.isoformat(), "amount": text(sign * amount, code), "disputed": disputed}
        if left != amount:
            row["open"] = text(sign * left, code)
        rows.append(row)
        kind = "invoice" if sign > 0 else "credit_note"
        dues.append(
            Due(kind, PARTIES[party], party, number, day, due, code, sign * amount, sign * left, bounds[at], disputed)
        )
    record = {
        "third_party": party,
        "number": number,
        "date": day.isoformat(),
        "currency": code,
        "rate": decimal(rate) if own_rate else None,
        "vat_due": "receipts" if choice.chance(40) else "debits",
        "vat": vat,
        "due_items": rows,
    }
    return record, dues


def _vat(choice: Choice, total: int, code: str, sign: int) -> tuple[list[dict[str, str]], int]:
    """VAT lines whose bases and amounts add up to a total near the one asked for, and that total."""
    rates = choice.pick(VATS)
    lines, whole, left = [], 0, total
    for at, rate in enumerate(rates):
        gross = left if at == len(rates) - 1 else choice.whole(0, left)
        base = gross * 100 // (100 + Fraction(rate))
        amount = gross - int(base)
        left -= gross
        whole += gross
        lines.append({"rate": rate, "base": text(sign * int(base), code), "amount": text(sign * amount, code)})
    return lines, whole if rates else total


def pieces(choice: Choice, total: int, count: int, least: int = 1) -> list[int]:
    """A whole number above zero in `count` parts (fewer where it is too small), each at least `least`."""
    parts, left = [], total
    for more in range(count - 1, 0, -1):
        if left - more * least < least:
            break
        part = choice.whole(least, left - more * least)
        parts.append(part)
        left -= part
    return [*parts, left]


# ---------------------------------------------------------------- settlements


ENTERING = {
    "encashment": ("PORCHQ:C30", "PORESP:E30", "PORVIR:V30", "PORPRL:D30", "POREFF:L30", "ENCVIR:V50", "ENCPRL:D50"),
    "disbursement": ("DECCHQ:C30", "DECESP:E30", "DECVIR:V30", "DECEFF:L30", "PAYVIR:V50", "PAYPRL:D50"),
}
MOVING = {
    ("encashment", "C30"): ("REMCDI:C50", "REMCHQ:C50"),
    ("encashment", "E30"): ("REMESP:E50",),
    ("encashment", "V30"): ("REMVIR:V50",),
    ("encashment", "D30"): ("REMPRL:D50",),
    ("encashment", "L30"): ("REMEFF:L50",),
    ("disbursement", "C30"): ("EXECHQ:C50",),
    ("disbursement", "V30"): ("EXEVIR:V50",),
    ("disbursement", "L30"): ("EXEEFF:L50",),
}
SLIPS = ("REMCHQ", "REMEFF")


@dataclass
class Line:
    """A detail before it is written. Amounts in minor units, as the header sees them."""

    party: str
    operation: str = ""
    piece: str = ""
    due_date: date | None = None
    amount: int | None = None
    currency: str = ""
    paid: int | None = None
    paid_home: int | None = None
    transaction: int | None = None
    order: int | None = None
    state: str = ""
    from_home: int | None = None
    named: bool = False  # the currency is written too
    spoilt: dict[str, str] = field(default_factory=dict)


@dataclass
class Sketch:
    """A header before it is written, and whether it must be accepted."""

    direction: str
    change: str
    party: str
    day: date
    currency: str
    total: int | None
    total_home: int | None
    lines: list[Line]
    bank: str = ""
    mode: str = "home"
    held_in: str = ""  # the currency of what a deposit moves
    group: str = ""
    order: int = 1
    number: str = ""
    sound: bool = True
    spoilt: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """A document: its bytes, which headers must be accepted, which headers each group has, and the books after it."""

    dossier: str
    headers: list[dict[str, Any]]
    sound: list[bool]
    groups: list[int]  # per header, the place of its group
    after: Model
    parameters: dict[str, str]

    def data(self, **parameters: str) -> bytes:
        """The document with these parameters beside its own."""
        action = {
            "swinfinity": "integration_reglement",
            "parameters": {"dos": self.dossier, **self.parameters, **parameters},
        }
        return json.dumps({"action": action, "data": {"EnteteReglementtb": self.headers}}, indent=1).encode()

    @property
    def accepted(self) -> bool:
        return all(self.sound)


AGAIN = 100  # added to the place of a group that is refused, then stands there again as it should be


def _numbered(at: int, sketches: list[Sketch], *, grouped: bool) -> list[tuple[int, Sketch]]:
    """The headers of a group with their TRANSAC and NOORDRE, and the place of the group."""
    for order, sketch in enumerate(sketches, 1):
        if grouped:
            sketch.group, sketch.order = f"G{at}", order
    return [(at, sketch) for sketch in sketches]


class Author:
    """Writes documents for one company over a copy of its model."""

    def __init__(self, choice: Choice, model: Model, serial: int) -> None:
        self.choice = choice
        self.house = model.house
        self.model = model.copy()
        self.serial = serial  # a number that no earlier document had
        self.place = 0  # of the group at work, below zero

    # ------------------------------------------------------------ a whole document

    def page(self, wrong: int = 25, most: int = 3) -> Page:
        """A document of a few groups, one in four of them wrong in one point."""
        choice, written = self.choice, []
        for at in range(choice.whole(1, most)):
            self.place = -at - 1
            before = self.model.copy()
            sketches = self._deposits() if choice.chance(30) else self._settlements()
            if not sketches:
                continue
            grouped = len(sketches) > 1 or choice.chance(20)
            again: list[Sketch] = []
            if choice.chance(wrong):
                mended, after, self.model = copy.deepcopy(sketches), self.model, before
                if spoil(choice, choice.pick(sketches), self):
                    for sketch in sketches:
                        sketch.sound = False
                    again = mended if choice.chance(50) else []
                if again or sketches[0].sound:
                    self.model = after
            written += _numbered(at, sketches, grouped=grouped)
            written += _numbered(at + AGAIN, again, grouped=grouped)
        return self.bound(written, self._parameters(written))

    def _parameters(self, written: list[tuple[int, Sketch]]) -> dict[str, str]:
        if not self.choice.chance(10):
            return {}
        return {"response": "array", "withlog": "1"}

    def bound(self, written: list[tuple[int, Sketch]], parameters: dict[str, str]) -> Page:
        """The sketches as a document; headers of a group may stand anywhere after its first one."""
        choice, last = self.choice, []
        first_met: set[int] = set()
        early = []
        for at, sketch in written:
            if at in first_met and choice.chance(15):
                last.append((at, sketch))
            else:
                early.append((at, sketch))
            first_met.add(at)
        placed = early + last
        headers = []
        for position, (_, sketch) in enumerate(placed):
            # What a repeat would meet open again has a number, so that two alike are two.
            repeatable = any(line.operation == "WAR" or line.state for line in sketch.lines)
            if repeatable or not sketch.sound or choice.chance(70):
                sketch.number = str(self.serial * 100 + position)
            headers.append(self._header(sketch))
        return Page(
            self.house.code, headers, [s.sound for _, s in placed], [-(at % AGAIN) - 1 for at, _ in placed],
            self.model, parameters,
        )  # fmt: skip

    # ------------------------------------------------------------ settlements

    def _settlements(self) -> list[Sketch]:
        """The headers of one group: same direction and date."""
        direction = self.choice.pick(("encashment", "disbursement"))
        day = TODAY - timedelta(days=self.choice.whole(0, 10))
        sketches = []
        for order in range(1, self.choice.pick((1, 1, 1, 2, 3)) + 1):
            sketch = self.settlement(direction, day, order)
            if sketch is None:
                break
            sketches.append(sketch)
        return sketches

    def settlement(self, direction: str, day: date, order: int = 1) -> Sketch | None:
        """One settlement header that the books allow; the model moves on. None when there is nothing to settle."""
        choice = self.choice
        usable = [d for d in self.model.dues if d.open and not d.disputed and d.date <= day]
        pieces_ = [d for d in usable if d.kind != "advance"]
        parties = sorted({d.party for d in pieces_ if d.seen(direction) > 0})
        if not parties or choice.chance(12):
            return self._advance_alone(direction, day, order, usable)
        party = choice.pick(parties)
        open_to = [d for d in pieces_ if d.party == party or self.house.other_payer]
        mains = [d for d in open_to if d.seen(direction) > 0]
        chosen = self._some(mains, 3)
        offsets = [d for d in open_to if d.seen(direction) < 0]
        if offsets and choice.chance(35):
            chosen += self._some(offsets, 2)
        currency, mode = self._currency(chosen)
        for careful in (False, True):
            if careful:
                chosen = [d for d in chosen if d.seen(direction) > 0]
            lines, rests = self._cover(chosen, direction, currency, plain=careful)
            advances = [] if careful else self._consumed(usable, party, direction, currency)
            received = [] if careful or not choice.chance(15) else self._received(party, direction, currency)
            found = self._valued(direction, party, day, currency, mode, [*lines, *advances, *received])
            if found is not None:
                self._settle(found, chosen, rests, order)
                return found
        return None

    def _some(self, dues: list[Due], most: int) -> list[Due]:
        picked: list[Due] = []
        for _ in range(self.choice.whole(1, min(most, len(dues)))):
            due = self.choice.pick(dues)
            if all(due is not other for other in picked):
                picked.append(due)
        return picked

    def _currency(self, dues: list[Due]) -> tuple[str, str]:
        """The currency of the settlement, and how it is valued: home, table, blocked."""
        choice, held = self.choice, {d.currency for d in dues}
        (one, *others) = sorted(held)
        if not others and choice.chance(75):
            if one == self.house.home:
                return one, "home"
            return one, choice.pick(("table", "blocked"))
        if choice.chance(50):
            return self.house.home, "home"
        return choice.pick([c for c in sorted(DECIMALS) if c != self.house.home]), "blocked"

    def _cover(self, dues: list[Due], direction: str, currency: str, *, plain: bool) -> tuple[list[Line], list[int]]:
        """Details that cover each due item to the last minor unit, and what each passes on."""
        lines, rests = [], []
        for due in dues:
            seen = due.seen(direction)
            sign, size = (1 if seen > 0 else -1), abs(seen)
            sums = {"": size} if plain else self.split(due, size, currency)
            dated = self._needs_date(due, dues) or self.choice.chance(50)
            for operation, amount in sums.items():
                if not amount:
                    continue
                rows = 1 if operation == "WPA" else self.choice.pick((1, 1, 1, 2, 3))
                for part in pieces(self.choice, abs(amount), rows):
                    seen_part = sign * (part if amount > 0 else -part)
                    lines.append(
                        Line(due.party, operation, due.piece, due.due_date if dated else None, seen_part, due.currency)
                    )
            rests.append(sign * sums.get("WPA", 0))
        if self.choice.chance(30):
            lines.reverse()
        return lines, rests

    def _needs_date(self, due: Due, dues: list[Due]) -> bool:
        """Whether the due item is not the only one of its document that is open, or to be named."""
        return any(
            d is not due and d.party == due.party and d.piece == due.piece and (d.open or d in dues)
            for d in self.model.dues
        )

    def split(self, due: Due, size: int, currency: str) -> dict[str, int]:
        """An open amount as payment, WPA, WE, WDR and WDC, within what the company allows. Own currency, positive."""
        choice, house = self.choice, self.house
        sums: dict[str, int] = {}
        least = 1 if due.currency == house.home else int(8 / due.worth) + 1  # a rest worth nothing is refused
        if size > 2 * least and choice.chance(40):
            sums["WPA"] = choice.whole(least, size - least)
        discount = size * house.discount // 100
        if discount and choice.chance(25):
            sums["WE"] = choice.whole(1, discount)
        bound = min(size * house.percent // 100, int(Fraction(house.tolerance) / due.worth))
        foreign = {due.currency, currency} != {house.home}
        for operation, fits in (("WDR", True), ("WDC", foreign)):
            if bound and fits and choice.chance(25):
                sums[operation] = choice.whole(1, bound) * choice.pick((1, -1))
        rest = size - sum(sums.values())
        if rest < 1 or (rest == 0 and choice.chance(50)):
            return {"": size}
        return {"": rest} | sums

    def _consumed(self, usable: list[Due], party: str, direction: str, currency: str) -> list[Line]:
        """Advances of the party used up, wholly or in part; seen from the header they are negative."""
        lines = []
        for due in usable:
            if due.kind == "advance" and due.party == party and due.currency == currency and due.seen(direction) < 0:
                if due.transaction is None or due.transaction < 0 or not self.choice.chance(40):
                    continue
                amount = self._part(due)
                order = None if due.order == 1 and self.choice.chance(50) else due.order
                lines.append(
                    Line(party, "WAR", amount=-amount, currency=currency, transaction=due.transaction, order=order)
                )
        return lines

    def _part(self, due: Due) -> int:
        """A part of an advance, or all of it; a part or a rest that is worth nothing at home is refused."""
        # Of a foreign one the model knows what it is worth at most, not at least: only large ones are parted.
        size, least = abs(due.open), 1 if due.currency == self.house.home else 100_000
        return size if size <= 2 * least else self.choice.pick((size, self.choice.whole(least, size - least)))

    def _received(self, party: str, direction: str, currency: str) -> list[Line]:
        """More than is due: an advance opened beside the payments."""
        if (PARTIES[party] == "customer") != (direction == "encashment"):
            return []
        return [Line(party, "WAR", amount=self.choice.whole(1, 100_000), currency=currency)]

    def _advance_alone(self, direction: str, day: date, order: int, usable: list[Due]) -> Sketch | None:
        """A header that only opens an advance, or pays one back."""
        choice = self.choice
        back = [
            d for d in usable
            if d.kind == "advance" and d.seen(direction) > 0 and d.transaction is not None and d.transaction > 0
        ]  # fmt: skip
        if back and choice.chance(60):
            due = choice.pick(back)
            line = Line(due.party, "WAR", amount=self._part(due), currency=due.currency)
            line.transaction, line.order = due.transaction, due.order
            currency, party = due.currency, due.party
        else:
            ledger = "customer" if direction == "encashment" else "supplier"
            party = choice.pick([p for p, kind in PARTIES.items() if kind == ledger])
            currency = choice.pick((self.house.home, *self.house.rates))
            line = Line(party, "WAR", amount=choice.whole(1, choice.pick((500, 100_000))), currency=currency)
        mode = "home" if currency == self.house.home else choice.pick(("table", "blocked"))
        found = self._valued(direction, party, day, currency, mode, [line])
        if found is not None:
            self._settle(found, [], [], order)
        return found

    def _valued(
        self, direction: str, party: str, day: date, currency: str, mode: str, lines: list[Line]
    ) -> Sketch | None:
        """The header of these details with its totals; None where they do not make a settlement."""
        house, choice = self.house, self.choice
        moneys = [line for line in lines if line.operation in ("", "WAR")]
        to_home = exact_home(house, currency, rate_on(house, currency, day))
        paid = [self._paid(line, currency, to_home, day) for line in moneys]
        total = sum(paid)
        if not moneys or total < 0 or (total == 0 and mode == "blocked"):
            return None
        if total and mode == "table" and total * to_home < Fraction(1, 2):
            return None  # worth nothing
        total_home: int | None = None
        if mode == "blocked":
            total_home = max(1, int(total * to_home * choice.whole(90, 110) / 100))
            homes = shares(total_home, paid)
            if any(home * amount <= 0 for home, amount in zip(homes, paid, strict=True)):
                return None  # worth nothing
            for line, amount, home in zip(moneys, paid, homes, strict=True):
                line.paid, line.paid_home = amount, home
        elif mode == "home":
            total_home = self._at_home(moneys, paid)
        elif choice.chance(30):
            for line in moneys:
                line.paid = line.amount
        change, target = choice.pick(ENTERING[direction]).split(":")
        bank = self._bank(target, currency)
        return Sketch(direction, change, party, day, currency, total, total_home, lines, bank, mode)

    def _at_home(self, moneys: list[Line], paid: list[int]) -> int | None:
        """The home total where it is given, and what each payment gives beside its own amount."""
        choice, total = self.choice, sum(paid)
        if all(line.currency == self.house.home for line in moneys):
            return total if choice.chance(30) else None
        for line, amount in zip(moneys, paid, strict=True):
            if line.operation == "WAR" and choice.chance(50):
                continue
            line.paid = amount if choice.chance(70) else None
            line.paid_home = amount if line.paid is None or choice.chance(70) else None
        return total

    def _paid(self, line: Line, currency: str, to_home: Fraction, day: date) -> int:
        """A payment in the settlement's currency: as it is, or at about the rate between the two."""
        assert line.amount is not None
        if line.currency == currency:
            return line.amount
        own = exact_home(self.house, line.currency, rate_on(self.house, line.currency, day))
        size = max(1, int(abs(line.amount) * own / to_home * self.choice.whole(95, 105) / 100))
        return size if line.amount > 0 else -size

    def _bank(self, target: str, currency: str) -> str:
        if target.endswith("50") or self.choice.chance(10):
            return self.choice.pick(("BNP", "USB") if currency == "USD" else ("BNP",))
        return ""

    def _settle(self, sketch: Sketch, dues: list[Due], rests: list[int], order: int) -> None:
        """What the header does to the model."""
        assert sketch.total is not None
        model, target = self.model, _target(sketch.change)
        for due, rest in zip(dues, rests, strict=True):
            size = abs(rest) if due.amount > 0 else -abs(rest)
            due.open = 0
            if rest:
                model.dues.append(replace(due, amount=size, open=size, transaction=self.place, order=order))
        opened: dict[str, int] = {}
        for line in sketch.lines:
            if line.operation == "WAR" and line.amount is not None:
                if line.transaction is None:
                    opened[line.party] = opened.get(line.party, 0) + line.amount
                else:
                    self._advance(line).open += abs(line.amount)
        for party, amount in opened.items():
            model.dues.append(
                Due("advance", PARTIES[party], party, "", sketch.day, sketch.day, sketch.currency, -amount, -amount,
                    Fraction(1), transaction=self.place, order=order)
            )  # fmt: skip
        if sketch.total:
            model.held.append(
                Held(self.place, order, target, sketch.direction, sketch.party, sketch.currency, sketch.total,
                     sketch.day)
            )  # fmt: skip

    def _advance(self, line: Line) -> Due:
        key = (line.transaction, line.order or 1, line.party)
        return next(d for d in self.model.dues if d.kind == "advance" and (d.transaction, d.order, d.party) == key)

    # ------------------------------------------------------------ deposits

    def _deposits(self) -> list[Sketch]:
        """The headers of one group of deposits: same direction, date, bank, and all for a slip or none."""
        choice = self.choice
        movable = [h for h in self.model.held if (h.direction, h.state) in MOVING]
        if not movable:
            return []
        first = choice.pick(movable)
        change = choice.pick(MOVING[first.direction, first.state])
        bank = choice.pick(("BNP", "USB") if first.currency == "USD" else ("BNP",))
        sketches = []
        for order in range(1, choice.pick((1, 1, 2)) + 1):
            sketch = self._deposit(first.direction, first.state, first.currency, change, bank, order)
            if sketch is None:
                break
            sketches.append(sketch)
        return sketches

    def _deposit(self, direction: str, state: str, currency: str, change: str, bank: str, order: int) -> Sketch | None:
        choice, taken, lines = self.choice, list[Held](), list[Line]()
        code, target = change.split(":")
        for _ in range(choice.pick((1, 1, 2, 3))):
            pool = [
                h for h in self.model.held
                if (h.direction, h.state, h.currency) == (direction, state, currency)
                and all(h is not t for t in taken)
            ]  # fmt: skip
            if not pool:
                break
            held = choice.pick(pool)
            line = self._named(held) if held.transaction > 0 and choice.chance(60) else None
            if line is None:
                found = self._by_criteria(held, taken)
                if found is None:
                    continue
                line, held = found
            lines.append(line)
            taken.append(held)
        if not taken:
            return None
        total = sum(h.amount for h in taken)
        home = None
        if currency == self.house.home:
            home = total if choice.chance(10) else None
        elif choice.chance(30):
            home = max(1, int(total * exact_home(self.house, currency, rate_on(self.house, currency, TODAY))))
        sketch = Sketch(
            direction, code, "", TODAY, currency if choice.chance(50) else "", total if choice.chance(50) else None,
            home, lines, bank, "deposit", currency,
        )  # fmt: skip
        for line in lines:
            line.named = line.named or (line.amount is not None and not sketch.currency)
        for held in taken:
            at = next(i for i, h in enumerate(self.model.held) if h is held)
            del self.model.held[at]
        self.model.held += [
            replace(h, transaction=self.place, order=order, state=target, date=TODAY, home=h.home) for h in taken
        ]
        return sketch

    def _named(self, held: Held) -> Line:
        line = Line("", transaction=held.transaction, order=held.order)
        if held.order == 1 and self.choice.chance(50):
            line.order = None
        if self.choice.chance(20):
            line.party, line.state = held.party, held.state
        return line

    def _by_criteria(self, held: Held, taken: list[Held]) -> tuple[Line, Held] | None:
        """The detail that looks for an instrument like this one, and the one that it finds."""
        line = Line(held.party, state=held.state)
        if held.home is not None and self.choice.chance(40):
            line.from_home = held.home
            alike = [h for h in self.model.held if h.home == held.home]
            if any(h.home is None for h in self.model.held):
                return None  # what is made in this document has a worth that the model does not know
        else:
            line.amount, line.currency = held.amount, held.currency
            alike = [h for h in self.model.held if (h.amount, h.currency) == (held.amount, held.currency)]
        alike = [
            h for h in alike
            if (h.party, h.state, h.direction) == (held.party, held.state, held.direction)
            and all(h is not t for t in taken)
        ]  # fmt: skip
        found = min(alike, key=lambda h: h.rank)
        return (line, found) if found.currency == held.currency else None

    # ------------------------------------------------------------ writing

    def _amount(self, minor: int | None, code: str) -> str:
        """An amount in one of the ways people write it; blank where there is none."""
        if minor is None:
            return ""
        written = text(minor, code)
        style = self.choice.whole(0, 9)
        if style == 1:
            written = written.replace(".", ",")
        elif style == 2 and "." in written:
            written = written.rstrip("0").rstrip(".")
        elif style == 3 and minor > 0:
            written = f"+{written}"
        elif style == 4:
            written = f" {written} "
        return written

    def _header(self, sketch: Sketch) -> dict[str, Any]:
        """A header in French or English names; its sound twin may leave out what has a default."""
        choice, english = self.choice, self.choice.chance(30)
        date_given = sketch.day != TODAY or choice.chance(50)
        final = sketch.mode != "deposit" and choice.chance(15)
        final_alone = final and sketch.sound and choice.chance(50)
        row: dict[str, Any] = {
            "PAYMENTTYPE" if english else "REGLTTYP": _direction(sketch.direction, english=english),
            "CHGETAT": "" if final_alone else sketch.change,
            "FINALSTATEMENT": _target(sketch.change) if final else "",
            "THIRDPARTY" if english else "TIERS": sketch.party,
            "AMOUNT" if english else "MTDEV": self._amount(sketch.total, sketch.currency or sketch.held_in),
            "MT": self._amount(sketch.total_home, self.house.home),
            "CURRENCY" if english else "DEV": sketch.currency,
            "DATE" if english else "TRANSACDT": f"{sketch.day:%Y%m%d}" if date_given else "",
            "BQC": sketch.bank,
            "TRANSAC": sketch.group,
            "REGLEMENTNUM": sketch.number,
            "NOORDRE": str(sketch.order) if sketch.group else "",
            "DetailReglementtb": [self._detail(line, sketch, english=english) for line in sketch.lines],
        }
        return {name: value for name, value in row.items() if value} | sketch.spoilt

    def _detail(self, line: Line, sketch: Sketch, *, english: bool) -> dict[str, str]:
        operation = line.operation or ("PAYMENT" if sketch.mode != "deposit" and self.choice.chance(10) else "")
        amount = "MTDEVORI" if line.state else "AMOUNT" if english else "MTDEVFIN"
        row = {
            "THIRDPARTY" if english else "TIERS": line.party,
            "OPERATION" if english else "NATUREOPERATION": operation,
            "PIECE": line.piece,
            "DUEDATE": "" if line.due_date is None else f"{line.due_date:%Y%m%d}",
            amount: self._amount(line.amount, line.currency),
            "MTDEVREGLE": self._amount(line.paid, sketch.currency),
            "MTREGLE": self._amount(line.paid_home, self.house.home),
            "MTORI": self._amount(line.from_home, self.house.home),
            "TRANSAC": _digits(line.transaction),
            "NOORDRE": _digits(line.order),
            "ETATORI": line.state,
            "DEV": line.currency if line.named else "",
        }
        return {name: value for name, value in row.items() if value} | line.spoilt


def _digits(number: int | None) -> str:
    return "" if number is None else str(number)


def shares(total: int, weights: list[int]) -> list[int]:
    """A total over weights, each share within one unit of its exact value, adding up."""
    whole = sum(weights)
    floors = [total * weight // whole for weight in weights]
    missing = total - sum(floors)
    for at, weight in enumerate(weights):
        if missing and total * weight % whole:
            floors[at] += 1
            missing -= 1
    assert not missing, (total, weights)
    return floors


def _direction(direction: str, *, english: bool) -> str:
    if english:
        return direction.upper()
    return "1" if direction == "encashment" else "2"


def _target(change: str) -> str:
    every = (*ENTERING["encashment"], *ENTERING["disbursement"], *(c for codes in MOVING.values() for c in codes))
    return next(pair.split(":")[1] for pair in every if pair.startswith(change + ":"))


# ---------------------------------------------------------------- what is wrong on purpose


def spoil(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    """Make a header wrong in one point that the books must refuse; False where no way of ours fits it."""
    ways = list(_DEPOSIT_FAULTS if sketch.mode == "deposit" else _SETTLEMENT_FAULTS)
    while ways:
        way = choice.pick(ways)
        if way(choice, sketch, writer):
            return True
        ways.remove(way)
    return False


def off_by_one(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    """One minor unit more or less on one due item, the header's total in step with it where it is money."""
    lines = [line for line in sketch.lines if line.piece]
    if not lines:
        return False
    return shifted(sketch, choice.pick(lines), choice.pick((1, -1)))


def shifted(sketch: Sketch, line: Line, by: int) -> bool:
    """Change one detail of a due item by some minor units; False where that would leave nothing of it."""
    assert line.amount is not None
    if line.amount + by == 0 or sketch.total is None:
        return False
    for other in sketch.lines:
        if other.piece == line.piece and other.party == line.party and other.due_date is None:
            return False  # without a date another due item might fit
    line.amount += by
    if line.operation == "" and line.currency == sketch.currency and sketch.mode != "blocked":
        if sketch.total + by < 0:
            line.amount -= by
            return False
        sketch.total += by
        line.paid = line.paid_home = None
        if sketch.total_home is not None:
            sketch.total_home += by
    return True


def _wrong_total(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    assert sketch.total is not None
    sketch.total += 1
    return True


def _wrong_piece(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    lines = [line for line in sketch.lines if line.piece]
    if lines:
        choice.pick(lines).piece += choice.pick(("X", "0", "é"))
    return bool(lines)


def _wrong_party(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    choice.pick(sketch.lines).spoilt |= {"TIERS": "C9", "THIRDPARTY": "C9"}
    return True


def _settled_again(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    closed = [d for d in writer.model.dues if not d.open and d.kind != "advance"]
    alive = {(d.party, d.piece, d.due_date) for d in writer.model.dues if d.open}
    closed = [d for d in closed if (d.party, d.piece, d.due_date) not in alive]
    if not closed or sketch.total is None:
        return False
    due = choice.pick(closed)
    sketch.lines.append(Line(due.party, "", due.piece, due.due_date, 100, due.currency, 100, 100))
    sketch.total += 100
    return True


def _in_dispute(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    disputed = [d for d in writer.model.dues if d.open and d.disputed]
    if not disputed:
        return False
    due = choice.pick(disputed)
    sketch.lines.append(Line(due.party, "", due.piece, due.due_date, due.seen(sketch.direction), due.currency))
    return True


def _other_direction(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    other = "disbursement" if sketch.direction == "encashment" else "encashment"
    sketch.change = choice.pick(ENTERING[other]).split(":")[0]
    return True


def _thousands(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    lines = [line for line in sketch.lines if line.amount is not None and DECIMALS[line.currency] < 4]
    if not lines:
        return False
    line = choice.pick(lines)
    written = text(line.amount or 0, line.currency)
    written += "0" if "." in written else ".0"
    line.spoilt |= {"MTDEVFIN": written, "AMOUNT": written}
    return True


def _no_amount(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    hostile = choice.pick(("0", "", "1e2", "1_0", "NaN", "１０", "--1", "10.", "0x1", "1234567890123456"))
    choice.pick(sketch.lines).spoilt |= {"MTDEVFIN": hostile, "AMOUNT": hostile}
    return True


def _remainder(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    lines = [line for line in sketch.lines if line.piece]
    if not lines:
        return False
    line = choice.pick(lines)
    for _ in range(2):
        sketch.lines.append(Line(line.party, "WPA", line.piece, line.due_date, 1, line.currency))
    return True


def _wrong_date(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    earliest = date(2026, 9, 30) if any(line.piece for line in sketch.lines) else TODAY + timedelta(days=99)
    sketch.day = choice.pick((TODAY + timedelta(days=8), earliest))
    return True


def _no_change(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    sketch.spoilt |= {"CHGETAT": choice.pick(("", "PORCHX", "IMPCHQ")), "FINALSTATEMENT": ""}
    return True


def _too_much_advance(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    lines = [line for line in sketch.lines if line.operation == "WAR" and line.transaction is not None]
    if not lines or sketch.mode != "home":
        return False
    line = choice.pick(lines)
    left = abs(writer._advance(line).open)
    taken = -left - 1 if line.amount is not None and line.amount < 0 else left + 1
    assert line.amount is not None
    assert sketch.total is not None
    sketch.total += taken - line.amount
    line.amount, line.paid, line.paid_home = taken, None, None
    return True


_Fault = Callable[[Choice, Sketch, Author], bool]
_SETTLEMENT_FAULTS: tuple[_Fault, ...] = (
    off_by_one, _wrong_total, _wrong_piece, _wrong_party, _settled_again, _in_dispute, _other_direction, _thousands,
    _no_amount, _remainder, _wrong_date, _no_change, _too_much_advance,
)  # fmt: skip


def _deposited_twice(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    numbered = [line for line in sketch.lines if line.transaction is not None]
    if not numbered:
        return False
    sketch.lines.append(copy.copy(choice.pick(numbered)))
    sketch.total = None
    return True


def _wrong_deposit_total(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    if sketch.total is None:
        return False
    sketch.total += choice.pick((1, -1))
    return True


def _wrong_state(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    sketch.change = {"REMCDI": "REMVIR", "REMCHQ": "REMVIR"}.get(sketch.change, "REMCDI")
    return True


def _no_bank(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    sketch.bank = choice.pick(("", "ZZZ"))
    return True


def _unknown_transaction(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    sketch.lines.append(Line("", transaction=599))
    return True


def _nothing_alike(choice: Choice, sketch: Sketch, writer: Author) -> bool:
    if any(h.home == 7 or h.home is None for h in writer.model.held):
        return False
    state = next((line.state for line in sketch.lines if line.state), "C30")
    sketch.lines.append(Line("C1", state=state, from_home=7))
    sketch.total = None
    return True


_DEPOSIT_FAULTS: tuple[_Fault, ...] = (
    _deposited_twice, _wrong_deposit_total, _wrong_state, _no_bank, _unknown_transaction, _nothing_alike,
)  # fmt: skip


# ---------------------------------------------------------------- a life of books


def load_invoices(books: Books, model: Model, choice: Choice, serial: int, count: int) -> None:
    """Load a few invoices into a company and into its model."""
    records = []
    for at in range(count):
        record, dues = invoice(choice, model.house, f"{serial}{chr(ord('a') + at)}")
        records.append(record)
        model.dues += dues
    loaded = books.load(json.dumps({"dossiers": [{"code": model.house.code, "invoices": records}]}).encode())
    assert not loaded.faults, [fault.say("en") for fault in loaded.faults]


def told(seed: int, documents: int) -> list[str]:
    """The answers to a seeded life of documents, dry and real, in books of their own: the same in every process."""
    books, choice = Books(), Rolled(seed)
    models = {code: Model.opened(house) for code, house in HOUSES.items()}
    answers = []
    try:
        for serial in range(1, documents + 1):
            code = choice.pick(list(HOUSES))
            load_invoices(books, models[code], choice, serial, 2)
            page = Author(choice, models[code], serial).page(wrong=40)
            if not page.headers:
                continue
            answers.append(books.settle(page.data(dryrun="1", withlog="1"), CALLER).text)
            reply = books.settle(page.data(withlog="1", Rubbish="1"), CALLER)
            answers.append(reply.text)
            adopt(models, page, reply.text)
            with books.store.books(code, writing=False) as shown:
                sync(models[code], shown.portfolio(shown.company.currency))
    finally:
        books.close()
    return answers


def adopt(models: dict[str, Model], page: Page, answer: str) -> list[dict[str, Any]]:
    """Check an answer against what the page expects, and make the page's books the model's; the headers' answers."""
    envelope = json.loads(answer)
    assert envelope["error"] == 0, (answer, page.data())
    response: list[dict[str, Any]] = json.loads(envelope["result"])["result"]["response"]
    for at, (row, sound) in enumerate(zip(response, page.sound, strict=True)):
        codes = [reason["code"] for reason in row["reasons"]]
        wanted = "accepted" if sound else "refused"
        assert (not codes) == sound, f"model: header {at} must be {wanted}: {row}\n{page.data().decode()}"
    done = [(group, row["transactionId"]) for group, row in zip(page.groups, response, strict=True)]
    page.after.resolve({group: int(number) for group, number in done if number})
    models[page.dossier] = page.after
    return response


def sync(model: Model, portfolio: list[dict[str, Any]]) -> None:
    """Learn what the instruments are worth at home, to be able to ask for them by it."""
    decimals = DECIMALS[model.house.home]
    worth: dict[tuple[str, ...], list[int]] = {}
    for row in portfolio:
        key = (row["transaction"], row["order"], row["state"], row["third_party"], row["currency"], row["amount"])
        worth.setdefault(key, []).append(int(Fraction(row["amount_home"]) * 10**decimals))
    for held in model.held:
        key = (str(held.transaction), str(held.order), held.state, held.party, held.currency,
               text(held.amount, held.currency))  # fmt: skip
        found = worth.get(key)
        held.home = found.pop(0) if found else None


if __name__ == "__main__":  # a life of documents in a process of its own: SEED DOCUMENTS [PLANT]
    from contextlib import nullcontext

    from tests.laws import planted

    bug = getattr(planted, sys.argv[3])() if len(sys.argv) > 3 else nullcontext()
    with bug:
        sys.stdout.write("\n".join(told(int(sys.argv[1]), int(sys.argv[2]))))

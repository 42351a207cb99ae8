"""What matching a statement's lines costs: 1,000 lines against 10,000 open items, reading the books included.

Told are, for each size, the seconds that reading the facts takes and those that the proposals take, the SQL statements
and the memory of it in a process of its own; nothing is written. *Many* customers have five open items each; *few* have
a thousand each, where the search of sums is at its worst: every line is a sum of invoices that it does not name.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from benchmarks.databases import Place, Recorder, places
from benchmarks.machine import apart
from benchmarks.part import Measured, Measuring, Options
from benchmarks.tables import Bar, Cell, Table
from lettrage import opening
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.bank.matching import Movement, propose
from lettrage.bank.statements.document import StatementLine
from lettrage.money import currency, decimal_text

WORDS = (
    "ALPHA",
    "BETA",
    "GAMMA",
    "DELTA",
    "SIGMA",
    "ATLAS",
    "ORION",
    "NOVA",
    "LUNA",
    "SOLEIL",
    "NORD",
    "SUD",
    "EST",
    "OUEST",
    "CENTRE",
    "GRAND",
)
TRADES = (
    "TRANSPORTS",
    "MENUISERIE",
    "PLOMBERIE",
    "BOULANGERIE",
    "GARAGE",
    "IMPRIMERIE",
    "CONSEIL",
    "BATIMENT",
    "PEINTURE",
    "COUVERTURE",
)
DAY = date(2026, 9, 1)
SIZES = (
    ("many", 1_000, 100),
    ("many", 1_000, 1_000),
    ("many", 10_000, 100),
    ("many", 10_000, 1_000),
    ("few", 10_000, 1_000),
)
SHORT_SIZES = SIZES[:2]
SEED = 1
_eur = currency("EUR")
assert _eur is not None
EUR = _eur


class Item(msgspec.Struct):
    """An invoice of the benchmark."""

    party: int
    number: str
    amount: int


class Company:
    """Customers, and what they owe."""

    def __init__(self, random: Random, items: int, customers: int) -> None:
        self.random = random
        self.names = [f"{random.choice(TRADES)} {random.choice(WORDS)} {n}" for n in range(customers)]
        self.items = [Item(n % customers, f"FA-2026-{n:05}", random.randrange(1_000, 2_000_000)) for n in range(items)]
        self.of: dict[int, list[Item]] = {}
        for item in self.items:
            self.of.setdefault(item.party, []).append(item)

    def load_file(self) -> bytes:
        """As it is loaded."""
        parties = [
            {"code": f"C{n:05}", "kind": "customer", "name": name, "ibans": [iban(n)]}
            for n, name in enumerate(self.names)
        ]
        invoices = [
            {
                "third_party": f"C{item.party:05}",
                "number": item.number,
                "date": str(DAY),
                "currency": "EUR",
                "due_items": [{"due_date": str(DAY + timedelta(30)), "amount": decimal_text(item.amount, 2)}],
            }
            for item in self.items
        ]
        bank = {"code": "BNP", "account": "512100", "currency": "EUR"}
        one = {"code": "1", "name": "Bench", "currency": "EUR", "banks": [bank], "third_parties": parties}
        return json.dumps({"dossiers": [one | {"invoices": invoices}]}).encode()

    def line(self, at: int, sums_only: bool) -> Movement:
        """A line: half name an invoice, others tell the payer or a sum, some are nobody's."""
        random, item = self.random, self.random.choice(self.items)
        kind, name, account = random.random(), "", ""
        amount, text = item.amount, "VIREMENT SEPA RECU"
        if sums_only or kind > 0.85:
            own = random.sample(self.of[item.party], min(random.randint(2, 4), len(self.of[item.party])))
            amount, name, account = sum(i.amount for i in own), self.names[item.party], iban(item.party)
        elif kind < 0.5:
            text = f"VIR {self.names[item.party]} FACTURE {item.number.replace('-', random.choice('-/ '))} REF {at:09}"
        elif kind < 0.7:
            name, account = self.names[item.party], iban(item.party)
        elif kind < 0.8:
            name = self.names[item.party].replace(" ", "  ")
        else:
            amount, text = -random.randrange(100, 90_000), "PRLV SEPA FOURNISSEUR INCONNU 4471"
        day = DAY + timedelta(random.randrange(20, 45))
        return Movement("BNP", StatementLine(at, day, day, EUR, amount, text=text, name=name, iban=account, id=at))


def iban(n: int) -> str:
    """One for each customer; nobody checks it here."""
    return f"FR7630006{n:018}"


class Taken(NamedTuple):
    """What one statement took."""

    read: float
    proposed: float
    statements: int
    automatic: int


def matched(address: str, kind: str, items: int, lines: int) -> Taken:
    """Read the facts that the lines need, propose."""
    random = Random(SEED)
    company = Company(random, items, _customers(kind, items))
    movements = [company.line(at, kind == "few") for at in range(1, lines + 1)]
    store = SqlStore(address, SystemClock())
    recorder = Recorder(store)
    start = time.perf_counter()
    with store.books("1", writing=False) as books:
        facts, own = books.matching_facts(movements), books.company
    read = time.perf_counter()
    verdicts = propose(movements, facts, own)
    end = time.perf_counter()
    recorder.close()
    store.close()
    return Taken(read - start, end - read, recorder.count, sum(v.automatic for v in verdicts))


def _customers(kind: str, items: int) -> int:
    return items // 5 if kind == "many" else 10


def bench(place: Place, sizes: Sequence[tuple[str, int, int]]) -> Iterator[tuple[Cell, ...]]:
    """The lines of one kind of database."""
    made = ""
    for kind, items, lines in sizes:
        name = f"{kind}_{items}"
        if name != made:
            store = SqlStore(place.address(name), SystemClock(), create=True)
            company = Company(Random(SEED), items, _customers(kind, items))
            loaded = opening.load(company.load_file(), "load.json", "", store, SystemClock())
            assert not loaded.faults, loaded.faults[0].say("en")
            store.close()
            made = name
        taken, peak = apart(matched, place.address(name), kind, items, lines)
        seconds = taken.read + taken.proposed
        each = 1_000 * seconds / lines
        rest = (seconds, each, taken.statements, taken.automatic, peak)
        yield (place.name, kind, items, lines, taken.read, taken.proposed, *rest)


HEADS = (
    "database",
    "customers",
    "open items",
    "lines",
    "reading s",
    "proposing s",
    "both s",
    "ms a line",
    "statements",
    "automatic",
    "MiB",
)


def measured(options: Options) -> Measuring:
    """The lines of both kinds of database."""
    rows: list[tuple[Cell, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        for place in places(Path(name), options.store):
            for row in bench(place, SHORT_SIZES if options.short else SIZES):
                rows.append(row)
                yield told(rows)


def told(rows: list[tuple[Cell, ...]]) -> Measured:
    """One table."""
    bars = tuple(
        Bar(f"{str(place).split()[0]}, {kind}, {items:,} open, {lines:,} lines", float(each))
        for place, kind, items, lines, _, _, _, each, *_ in rows
    )
    title = "Matching a bank statement's lines, reading the books included"
    return (Table("matching", title, HEADS, tuple(rows), "milliseconds a line", bars),), ()

"""Random invoices of several rates, paid, returned and cancelled in any order: what the platform is told is what the
books received, to the cent, by rate; nothing is left of what came back; and nobody looks at what has not changed.

The sums are those of the very bytes that were kept for sending, read again.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from sqlalchemy import event

from lettrage.acts import telling
from lettrage.adapters.rules import SheetRules
from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.books import SqlBooks
from lettrage.invoicing.document import SIREN, Identifier, Invoice, Party, Totals, VatBreakdown
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.formats.cdar_read import read
from lettrage.invoicing.lifecycle import receipts
from lettrage.invoicing.sending.carried import Found, Looked
from lettrage.money import Currency, decimal
from lettrage.reporting import received
from tests.databases import tidy
from tests.journeys.helpers import TODAY, Firm, company
from tests.vat.helpers import ALWAYS, report, sums
from tests.vat.test_laws import DECIMALS, TOLERANCE, Life, Paper, paper, pay_off, text, undo_everything

RULES = SheetRules()
BUYER = {"code": "C1", "kind": "customer", "name": "Client 1", "siret": "20000000800011"}
Sums = dict[tuple[str, str], int]  # of an invoice at a rate, in minor units of its currency


class Declared(Life):
    """A life whose invoices a platform carries, and what it was told."""

    looked = Looked()

    def carried(self) -> None:
        """The platform has every invoice."""
        numbers = self.firm.ask("SELECT id, number FROM invoice WHERE dossier = '998' ORDER BY id")
        documents = {int(id_): next(p for p in self.papers if p.number == number) for id_, number in numbers}

        def write(books: SqlBooks) -> None:
            writing.insert(books.connection, schema.flow, [
                ("998", id_, APPROVED, "CII", "f", "", b"", "sent", f"N{id_}", "", 0, "", "", "", "", "", f"t{id_}")
                for id_ in documents
            ])  # fmt: skip
            writing.insert(books.connection, schema.sales_document, [
                (
                    "998", id_, one.number, "380", "2024-09-20", "C1", "1", one.code, one.total, content_of(one),
                    b"", "json", "", id_, None, "", "",
                )
                for id_, one in documents.items()
            ])  # fmt: skip
            writing.insert(books.connection, schema.deposit, [
                (
                    "998", id_, id_, APPROVED, "100000009", one.number, "200000008", "", b"", "f", "", "integrated",
                    1, f"N{id_}", "", "", "", 1,
                )
                for id_, one in documents.items()
            ])  # fmt: skip

        self.firm.store.write("998", write)

    def declare(self) -> Found:
        """Look at the books as the worker does, until there is nothing more."""
        while True:
            now = self.firm.clock.now()
            with self.firm.store.books("998", writing=False) as books:
                found = telling.look(books, APPROVED, self.looked, now, 2)
                company_ = books.company
            made = telling.declared(found.carried, company_, RULES, now)
            assert made.kept_back == ()
            say = partial(SqlBooks.say, sayings=made.sayings, platform=APPROVED, by="", now=now)
            self.firm.store.write("998", say)
            self.looked = found.looked
            if not found.more:
                return found

    def told(self) -> Sums:
        """By invoice and rate, as the files say that wait to be sent."""
        found: Counter[tuple[str, str]] = Counter()
        for (content,) in self.firm.ask("SELECT content FROM flow WHERE dossier = '998' AND syntax = 'CDAR'"):
            message = read(bytes(content)).message
            assert message is not None
            ((one,),) = (told.references for told in message.acknowledgements)
            for part in one.received:
                assert part.amount is not None
                assert part.percent is not None
                found[one.number, part.percent.canonical] += part.amount.minor
        return {key: amount for key, amount in found.items() if amount}

    def in_books(self) -> Sums:
        """The same as the report of VAT on receipts has it, which is proved against the ledger."""
        until = self.firm.clock.today()
        return {key: value[3] for key, value in sums(report(self.firm, ALWAYS[0], until)).items() if value[3]}

    def checked(self) -> None:
        """What was told is what the books say, and telling it again tells nothing."""
        self.declare()
        assert self.told() == self.in_books()
        before = self.firm.ask("SELECT count(*) FROM message WHERE dossier = '998'")
        self.looked = Looked()
        self.declare()
        assert self.firm.ask("SELECT count(*) FROM message WHERE dossier = '998'") == before


def content_of(one: Paper) -> str:
    seller = Party("VENDEUR", legal_id=Identifier("100000009", SIREN))
    buyer = Party("Client 1", legal_id=Identifier("200000008", SIREN))
    currency = Currency(one.code, DECIMALS[one.code])
    vat = tuple(
        VatBreakdown("Z" if rate == "0" else "S", decimal(rate), base, amount) for rate, base, amount in one.lines
    )
    totals = Totals(one.total, one.total, one.total, one.total)
    made = Invoice(one.number, "380", date(2024, 9, 20), currency, seller, buyer, (), vat, totals, frame="S1")
    return msgspec.json.encode(made).decode()


def later(one: Paper) -> dict[str, str]:
    """A due date that has not come yet: what a bill is paid by counts then."""
    return {"due_date": "2024-12-15", "amount": text(one.total, one.code)}


def life_of(seed: int, folder: Path, papers: int = 3) -> Declared:
    die = random.Random(seed)
    made = [paper(die, str(n)) for n in range(1, papers + 1)]
    given = company(
        invoices=[p.record | {"due_items": [later(p)]} for p in made],
        third_parties=[BUYER, {"code": "F1", "kind": "supplier", "name": "Fournisseur 1"}],
        declarant={"vat_regime": "real_monthly", "size": "large"},
        discount_vat=die.choice(["gross", "adjust"]),
        discount_limit={"percent": "10"},
        tolerances={"settlement_difference": TOLERANCE, "exchange_difference": TOLERANCE},
        settings={"rate_percent": "100"},
    )
    life = Declared(die, Firm(folder, given), made)
    life.carried()
    return life


@contextmanager
def obliged() -> Iterator[None]:
    """The obligation holds in the time of these tests."""
    with mock.patch("lettrage.reporting.concerned.begins", return_value=date(2020, 1, 1)):
        yield


def told_and_lived(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, tidy(), obliged():
        life = life_of(seed, Path(folder))
        for _ in range(5):
            life.live(3)
            life.declare()
            assert life.told() == life.in_books()
        pay_off(life)
        life.checked()
        life.firm.clock.forward(days=90)  # every bill has fallen due, and nothing was posted since
        life.checked()
        for one in life.papers:
            if one.lossless:
                whole = {(one.number, rate): base + vat for rate, base, vat in one.lines if base + vat}
                assert {key: amount for key, amount in life.told().items() if key[0] == one.number} == whole
        undo_everything(life)
        life.checked()
        assert life.told() == {}
        life.firm.store.close()


@pytest.mark.parametrize("seed", range(300, 308))
def test_what_is_told_is_what_was_received(seed: int) -> None:
    told_and_lived(seed)


def all_lived() -> None:
    for seed in range(300, 308):
        told_and_lived(seed)


PLANTED = {
    "a withdrawal forgotten": ("lettrage.acts.telling.untold", lambda known, told: known if not told else ()),
    "a rate forgotten": (
        "lettrage.acts.telling.of_payment",
        lambda payment, at: receipts.of_payment(msgspec.structs.replace(payment, rates=payment.rates[:1]), at),
    ),
    "the day that has not come": (
        "lettrage.acts.telling.payments",
        lambda of, chosen, home: [
            msgspec.structs.replace(one, day=min(one.day, TODAY)) for one in received.payments(of, chosen, home)
        ],
    ),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_seen(bug: str) -> None:
    place, wrong = PLANTED[bug]
    with mock.patch(place, wrong), pytest.raises(AssertionError):
        all_lived()


# ---------------------------------------------------------------- what it costs


def statements(life: Declared) -> tuple[int, int]:
    """How many statements one look takes, and how many invoices it looked at."""
    count = 0

    def counted(*_args: object) -> None:
        nonlocal count
        count += 1

    event.listen(life.firm.store.engine, "before_cursor_execute", counted)
    with life.firm.store.books("998", writing=False) as books:
        found = telling.look(books, APPROVED, life.looked, life.firm.clock.now(), 100)
    event.remove(life.firm.store.engine, "before_cursor_execute", counted)
    return count, len(found.carried)


def test_statements_do_not_grow_with_invoices_and_nothing_is_looked_at_twice(tmp_path: Path) -> None:
    taken = []
    with obliged():
        for papers in (2, 12):
            (tmp_path / str(papers)).mkdir()
            life = life_of(7, tmp_path / str(papers), papers)
            first = statements(life)
            life.declare()
            life.firm.clock.forward(minutes=5)
            life.declare()
            idle = statements(life)
            life.day = TODAY
            life.pay(life.papers[0], life.papers[0].total)
            paid = statements(life)
            taken.append((first[0], idle, paid))
            assert first[1] == papers
            life.firm.store.close()

    assert taken[0] == taken[1]
    assert taken[0][1][1] == 0
    assert taken[0][2][1] == 1
    assert all(count <= 18 for count in (taken[0][0], taken[0][1][0], taken[0][2][0]))


def test_a_changed_rule_has_everything_looked_at_anew(tmp_path: Path) -> None:
    with obliged():
        life = life_of(11, tmp_path)
        life.day = TODAY - timedelta(3)
        one = life.papers[0]
        life.pay(one, one.total)
        life.declare()
        assert life.told() == life.in_books()
        life.firm.load({"code": "998", "vat_dates": {"cheque": "credited"}})
        life.declare()
        assert life.told() == life.in_books()
        life.firm.store.close()

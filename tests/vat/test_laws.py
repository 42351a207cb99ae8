"""Random invoices, random receipts in any order, discounts, differences, returns: nothing of the VAT is lost.

The long form (`LETTRAGE_LONG=1`) takes a fresh seed and prints it; `LETTRAGE_SEED` repeats one.
"""

import os
import random
import tempfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts import perform
from lettrage.acts.cancel import Cancel
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.caller import Caller
from lettrage.money import apportion
from tests.databases import tidy
from tests.journeys.helpers import TODAY, Firm, company, deposit, header, pays
from tests.vat.helpers import report, service, sums

LONG = bool(os.environ.get("LETTRAGE_LONG"))
SEED = int(os.environ.get("LETTRAGE_SEED") or random.SystemRandom().randrange(2**32))
RATES = {"20": 200, "10": 100, "5.5": 55, "2.1": 21, "0": 0}  # tenths of a percent
DECIMALS = {"EUR": 2, "USD": 2, "TND": 3}
CARRIED = {"EUR": "", "USD": "0.9213", "TND": "0.3017"}
TOLERANCE = {"amount": "100.00", "percent": "20"}


def text(minor: int, code: str = "EUR") -> str:
    decimals = DECIMALS[code]
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


@dataclass
class Paper:
    """An invoice as the model has it: its lines of VAT."""

    number: str
    code: str
    lines: list[tuple[str, int, int]]  # rate, base, amount
    lossless: bool = True  # nothing but payments so far

    @property
    def total(self) -> int:
        return sum(base + vat for _, base, vat in self.lines)

    @property
    def record(self) -> dict[str, Any]:
        vat = [(rate, text(base, self.code), text(amount, self.code)) for rate, base, amount in self.lines]
        more = {"currency": self.code} | ({"rate": CARRIED[self.code]} if self.code != "EUR" else {})
        return service(self.number, text(self.total, self.code), vat=vat, **more)


@dataclass
class Life:
    """A firm whose invoices are paid at random."""

    die: random.Random
    firm: Firm
    papers: list[Paper]
    day: date = date(2024, 9, 25)
    receipts: list[tuple[str, str]] = field(default_factory=list)  # number, state change

    def owed(self) -> list[tuple[Paper, int]]:
        """What is open: an invoice that was paid in part and came back has several due items."""
        papers = {paper.number: paper for paper in self.papers}
        found = [(papers[item["piece"]], item["open_amount"]) for item in self.firm.items(everything=False)]
        return [(paper, int(amount.replace(".", ""))) for paper, amount in found]

    def pay(self, paper: Paper, owed: int) -> None:
        """Part of a due item, or all of it, by some means, with a discount or a difference now and then."""
        die, code = self.die, paper.code
        whole = die.random() < 0.4 or owed < 50
        part = owed if whole else die.randint(20, owed - 20)
        lost, operation = 0, ""
        if die.random() < 0.4:
            operation = die.choice(["WE", "WDR"])
            lost = die.randint(1, max(1, part // 25))
            lost = -lost if operation == "WDR" and die.random() < 0.3 else lost
        paid = part - lost
        if paid <= 0:
            return
        change = die.choice(["PORCHQ", "PORVIR", "POREFF", "ENCVIR", "PORPRL", "PORESP"])
        details = [pays(paper.number, text(paid, paper.code))]
        if lost:
            details.append(pays(paper.number, text(lost, code), operation))
        if part != owed:
            details.append(pays(paper.number, text(owed - part, code), "WPA"))
        more = {"BQC": "BNP"} if change == "ENCVIR" else {}
        blocked = {"MT": text(self._worth(paid, code))} if code != "EUR" else {}
        if blocked:
            details[0] |= {"MTDEVREGLE": text(paid, code), "MTREGLE": blocked["MT"]}
        more |= blocked | {"DATE": f"{self.day:%Y%m%d}", "CURRENCY": code}
        answer = self.firm.send(header(change, text(paid, code), *details, **more), repeat="1")
        if answer.codes == ["0"]:
            paper.lossless = paper.lossless and not lost
            self.receipts.append((answer.transactions[0], change))

    def _worth(self, paid: int, code: str) -> int:
        """What the money was worth, near the invoice's rate."""
        rate = {"USD": 9213, "TND": 3017}[code] + self.die.randint(-200, 200)
        return paid * rate // (10_000 * 10 ** (DECIMALS[code] - 2)) or 1

    def credit(self) -> None:
        """What was announced, or handed in, is at the bank."""
        waiting = {"PORCHQ": "REMCDI", "PORVIR": "REMVIR", "PORPRL": "REMPRL"}
        held = [r for r in self.receipts if r[1] in waiting]
        if held:
            number, change = self.die.choice(held)
            answer = self.firm.send(
                deposit(waiting[change], {"TRANSAC": number}, DATE=f"{self.day:%Y%m%d}"), repeat="1"
            )
            if answer.codes == ["0"]:
                self.receipts.remove((number, change))
                self.receipts.append((number, "REM" + change))

    def take_back(self) -> None:
        """A payment comes back, or a transaction is cancelled, where the books allow it."""
        if not self.receipts:
            return
        taken = self.die.choice(self.receipts)
        number, change = taken
        act: Any = Cancel(int(number), "erreur", self.day)
        if change[-3:] in ("CHQ", "PRL") and self.die.random() < 0.7:
            act = ReportUnpaid(int(number), day=self.day)
        done = perform(act, Caller("desk", "cli", self.firm.dossier), self.firm.store, self.firm.clock)
        if done.result is None:
            return
        self.receipts.remove(taken)
        back = done.result["transaction"]
        if isinstance(act, ReportUnpaid) and self.die.random() < 0.5:
            again = {"CHQ": "REPCHQ", "PRL": "REPPRL"}[change[-3:]]
            answer = self.firm.send(deposit(again, {"TRANSAC": back}, DATE=f"{self.day:%Y%m%d}"), repeat="1")
            if answer.codes == ["0"]:
                self.receipts.append((answer.transactions[0], again))

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.day = min(self.day + timedelta(self.die.randint(0, 2)), TODAY)
            owed = self.owed()
            act = self.die.random()
            if act < 0.6 and owed:
                self.pay(*self.die.choice(owed))
            elif act < 0.75:
                self.credit()
            else:
                self.take_back()


def paper(die: random.Random, number: str) -> Paper:
    code = die.choice(["EUR", "EUR", "USD", "TND"])
    lines = []
    for rate in die.sample(list(RATES), die.randint(1, 4)):
        base = die.choice([die.randint(100, 5_000), die.randint(5_000, 900_000)])
        lines.append((rate, base, (base * RATES[rate] + 500) // 1000))
    return Paper(number, code, lines)


def new_life(seed: int, folder: Path) -> Life:
    die = random.Random(seed)
    papers = [paper(die, str(n)) for n in range(1, 4)]
    given = company(
        invoices=[p.record for p in papers],
        discount_vat=die.choice(["gross", "adjust"]),
        discount_limit={"percent": "10"},
        tolerances={"settlement_difference": TOLERANCE, "exchange_difference": TOLERANCE},
        settings={"rate_percent": "100"},
    )
    return Life(die, Firm(folder, given), papers)


def check(life: Life) -> None:
    """Everything that must hold at any moment."""
    firm = life.firm
    assert firm.findings() == []
    found = report(firm)  # agrees with the ledger
    for month in range(9, 13):
        first = date(2024, month, 1)
        report(firm, first, (first + timedelta(31)).replace(day=1) - timedelta(1))
    waiting = {one.invoice: one.vat for one in found.parked}
    owed = {paper.number for paper, _ in life.owed()}
    assert set(waiting) <= owed, "VAT waits with what is settled"
    ups = sum(row.vat for row in found.rows if row.date <= date(2024, 12, 31))
    assert found.proof.due == ups


def pay_off(life: Life) -> None:
    """All that is open is paid, in bits, by cheque; transfers and debits that were announced are credited."""
    life.day = TODAY
    while found := life.owed():
        paper, owed = found[0]
        part = owed if owed < 50_000 else life.die.randint(10_000, owed - 10_000)
        details = [pays(paper.number, text(part, paper.code))]
        if part != owed:
            details.append(pays(paper.number, text(owed - part, paper.code), "WPA"))
        blocked = {}
        if paper.code != "EUR":
            blocked = {"MT": text(life._worth(part, paper.code))}
            details[0] |= {"MTDEVREGLE": text(part, paper.code), "MTREGLE": blocked["MT"]}
        life.firm.done(header("PORCHQ", text(part, paper.code), *details, CURRENCY=paper.code, **blocked), repeat="1")
    for number, change in life.receipts:
        if change in ("PORVIR", "PORPRL", "REPPRL"):
            life.firm.done(deposit("REMVIR" if change == "PORVIR" else "REMPRL", {"TRANSAC": number}), repeat="1")


def paid_off(life: Life) -> None:
    """What is paid without loss has given each rate exactly its own: base, VAT, received, at home and in currency."""
    found = sums(report(life.firm))
    for owed in life.papers:
        totals = [found.get((owed.number, rate), (0, 0, 0, 0)) for rate, _, _ in owed.lines]
        home = life.firm.ask("SELECT home FROM invoice WHERE dossier = '998' AND number = ?1", owed.number)[0][0]
        if not owed.lossless:
            assert sum(base + vat for base, vat, _, _ in totals) <= home
            continue
        assert [total[3] for total in totals] == [base + vat for _, base, vat in owed.lines]
        assert sum(total[2] for total in totals) == home
        assert [total[0] + total[1] for total in totals] == [total[2] for total in totals]
        if owed.code == "EUR":
            assert [total[:2] for total in totals] == [(base, vat) for _, base, vat in owed.lines]


def undo_everything(life: Life) -> None:
    """Every transaction is taken back, the latest first."""
    numbers = life.firm.ask(
        "SELECT number FROM \"transaction\" WHERE dossier = '998' AND status <> 'cancelled' ORDER BY number DESC"
    )
    for (number,) in numbers:
        act = Cancel(number, "tout", TODAY)
        done = perform(act, Caller("desk", "cli", life.firm.dossier), life.firm.store, life.firm.clock)
        assert done.result is not None, done.reasons


def lived(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, tidy():
        life = new_life(seed, Path(folder))
        life.live(14)
        check(life)
        pay_off(life)
        check(life)
        paid_off(life)
        undo_everything(life)
        check(life)
        assert set(sums(report(life.firm)).values()) <= {(0, 0, 0, 0)}, "something is left of what was taken back"
        at_home = {p.number: sum(vat for _, _, vat in p.lines) for p in life.papers if p.code == "EUR"}
        assert {o.invoice: o.vat for o in report(life.firm).parked if o.invoice in at_home} == {
            number: vat for number, vat in at_home.items() if vat
        }
        life.firm.store.close()


@pytest.mark.parametrize("seed", range(25))
def test_nothing_of_the_vat_is_lost(seed: int) -> None:
    lived(seed)


@pytest.mark.skipif(not LONG, reason="minutes of random trials: LETTRAGE_LONG=1")
def test_nothing_of_the_vat_is_lost_in_many_lives() -> None:
    print(f"LETTRAGE_SEED={SEED}")  # noqa: T201
    for at in range(400):
        try:
            lived(SEED + at)
        except AssertionError as error:
            raise AssertionError(f"seed {SEED + at}") from error


def test_a_split_never_goes_beyond_what_is_left() -> None:
    """The rule behind it: in proportion to what is left, a part is never larger than what is left."""
    die = random.Random(5)
    for _ in range(2_000):
        left = [die.randint(0, 500) for _ in range(die.randint(1, 4))]
        if not sum(left):
            continue
        parts = apportion(die.randint(0, sum(left)), left)
        assert all(0 <= part <= rest for part, rest in zip(parts, left, strict=True))

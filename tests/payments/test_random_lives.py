"""Random lives of payment files: whatever is done in whatever order, nothing is paid twice and every law is kept."""

import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lettrage.acts import perform
from lettrage.acts.answers import AnswerPayments
from lettrage.acts.cancel import Cancel
from lettrage.acts.payments import CancelPaymentFile, ExecutePaymentFile, MakePaymentFile
from lettrage.acts.proposing import ProposePayments
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.payments import answers
from lettrage.bank.payments.file import Filed, Wanted
from lettrage.bank.payments.propose import Choice
from lettrage.caller import Caller
from tests.journeys.helpers import TODAY, Firm, invoice
from tests.laws.test_machine import long
from tests.payments.answer_of import pain_002
from tests.payments.helpers import PARTIES, bought, firm_of

ME = Caller("accountant", "test", "998")
OF_FILES = ("cancel_file", "execute", "reject", "reject_all")
STEPS = ("propose", "collect", "make", "make_debits", *OF_FILES, "cancel", "unpaid")


class Life:
    """A firm to which things happen, by chance."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        invoices = [bought(code, f"{code}-{n}", f"{self.amount()}") for code in ("F1", "F2", "F3") for n in range(4)]
        invoices += [bought("F1", "F1-N", "-15.00")]
        numbers = [(code, n) for code in ("C1", "C2") for n in range(3)]
        invoices += [invoice(f"{code}-{n}", self.amount(), third_party=code) for code, n in numbers]
        self.firm: Firm = firm_of(folder, invoices=invoices, third_parties=PARTIES)

    def amount(self) -> str:
        return f"{self.chance.randint(20, 900)}.{self.chance.randint(0, 99):02}"

    def files(self) -> list[Filed]:
        with self.firm.store.books("998", writing=False) as books:
            return [found for f in books.payment_files() if (found := books.payment_file(f.number))]

    def act(self, step: str) -> Any:
        """Something to be done; None where there is nothing to do it to."""
        kind = "transfers" if step in ("propose", "make") else "debits"
        if step in ("propose", "collect"):
            items = [row[0] for row in self.firm.ask("SELECT id FROM due_item WHERE dossier = '998' AND \"open\" <> 0")]
            chosen = tuple(i for i in items if self.chance.random() < 0.4)
            return ProposePayments(Choice("BNP", kind, TODAY.replace(year=2025), None, (), chosen), ME)
        if step in ("make", "make_debits"):
            return MakePaymentFile(Wanted("BNP", kind), "accountant")
        if step in ("cancel", "unpaid"):
            numbers = self.firm.ask("SELECT number FROM \"transaction\" WHERE dossier = '998'") or [(999,)]
            number = self.chance.choice(numbers)[0]
            return Cancel(number, "erreur") if step == "cancel" else ReportUnpaid(number)
        files = self.files()
        return self.of_file(step, self.chance.choice(files)) if files else None

    def of_file(self, step: str, file: Filed) -> Any:
        """Something to be done to a file."""
        if step == "cancel_file":
            return CancelPaymentFile(str(file.number), "erreur")
        if step == "execute":
            return ExecutePaymentFile(str(file.number), ME)
        lines = [line for line in file.sent if self.chance.random() < 0.5]
        said = [(line.end_to_end, "RJCT", "AC04") for line in lines] if step == "reject" else []
        group = ("RJCT", "FF01") if step == "reject_all" else ("", "")
        answer = pain_002(file.message, *said, group=group, note=str(self.chance.random()))
        return AnswerPayments(answers.read(answer), "r.xml", "a")

    def check(self) -> None:
        """Every law, and what is special to payments."""
        assert self.firm.findings() == []
        ordered = "direction = 'disbursement' AND state IN ('S30', 'V30') AND active = 1"
        sql = f"SELECT coalesce(sum(home), 0) FROM instrument WHERE dossier = '998' AND {ordered}"
        held = self.firm.ask(sql)[0][0]
        assert int(self.firm.balance("580100").replace(".", "")) == -held
        files = self.files()
        alive = Counter(
            line.instrument.id for file in files for line in file.sent if line.became == "sent" and not file.cancelled
        )
        assert not alive or max(alive.values()) == 1
        for file in files:
            assert sum(n for n, _ in file.sums.values()) == file.count
            assert sum(amount for _, amount in file.sums.values()) == file.total
            assert all(line.became != "taken_back" for line in file.sent)


def live(steps: list[str], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), seed)
        for step in steps:
            act = life.act(step)
            if act is not None:
                perform(act, ME, life.firm.store, life.firm.clock)
        life.check()
        life.firm.store.close()


MANY = st.lists(st.sampled_from(STEPS), min_size=4, max_size=14)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@example(["propose", "reject", "execute", "propose", "cancel", "unpaid"], 1)
@given(MANY, st.integers(0, 10_000))
def test_whatever_happens_to_payments_the_books_keep_their_laws(steps: list[str], seed: int) -> None:
    live(steps, seed)


@long
@pytest.mark.long
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(MANY, st.integers(0, 10_000))
def test_whatever_happens_to_payments_at_length(steps: list[str], seed: int) -> None:
    live(steps, seed)

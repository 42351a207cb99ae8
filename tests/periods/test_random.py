"""Random books: entries by hand, settlements, what takes them back, locks and closings, in any order, keep every law.

The long form (`LETTRAGE_LONG=1`) takes a fresh seed, which the tests' names tell; `LETTRAGE_SEED` repeats one.
"""

import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts import Act
from lettrage.acts.drafts import AddDrafts, DropDraft, ValidateDrafts
from tests.databases import tidy
from tests.journeys.helpers import Firm, header, pays
from tests.journeys.reversing import asked, cancelling
from tests.periods.hands import close, house, line, lock, reverse, unlock

LONG = bool(os.environ.get("LETTRAGE_LONG"))
SEED = int(os.environ.get("LETTRAGE_SEED") or (random.SystemRandom().randrange(2**32) if LONG else 20240))
LIVES, STEPS = (200, 120) if LONG else (4, 80)
DAYS = (
    *("2024-10-02",) * 6,
    "2022-12-31",
    "2023-01-01",
    "2023-07-14",
    "2023-12-31",
    "2024-01-02",
    "2024-08-31",
    "2024-10-01",
    "2024-10-21",
)
OTHERS = ("613200", "708000", "120000", "471000", "580000", "512100", "445660")


class Life:
    """One firm, and what happens to it."""

    def __init__(self, firm: Firm, chance: random.Random) -> None:
        self.firm = firm
        self.chance = chance
        self.steps: dict[Callable[[], None], int] = {
            self.type_: 12, self.validate: 14, self.pay: 10, self.take_back: 8, self.cancel: 3, self.lock: 1,
            self.unlock: 3, self.close: 1, self.drop: 2,
        }  # fmt: skip

    def live(self) -> None:
        for step in self.chance.choices(list(self.steps), list(self.steps.values()), k=STEPS):
            step()

    def ask(self, act: Act) -> bool:
        """Ask for something; refused or not, the books are whole."""
        return asked(self.firm, act).result is not None

    def any_of(self, sql: str) -> Any:
        rows = self.firm.ask(sql)
        return self.chance.choice(rows) if rows else None

    def type_(self) -> None:
        """An entry of two to four lines, balanced as a rule, with third parties now and then."""
        lines = [self._line(self.chance.randrange(1, 50_000)) for _ in range(self.chance.randrange(1, 4))]
        left = sum(self._minor(one["debit"]) - self._minor(one["credit"]) for one in lines)
        left += self.chance.choice((0, 0, 0, 0, 1))
        if left:
            lines.append(self._sided(self.chance.choice(OTHERS), -left))
        number = self.firm.ask("SELECT count(*) FROM draft")[0][0]
        record = {"date": self.chance.choice(DAYS), "label": "écriture", "piece": f"H{number}", "lines": lines}
        assert self.ask(AddDrafts((record,), "anne"))

    def _line(self, amount: int) -> dict[str, str]:
        account, party = self.chance.choice((("411000", "C1"), ("401000", "F1"), ("", ""), ("", "")))
        signed = amount * self.chance.choice((1, -1))
        if not account:
            return self._sided(self.chance.choice(OTHERS), signed)
        sided = self._sided(account, signed) | {"third_party": party, "due_date": self.chance.choice(DAYS)}
        if self.chance.random() < 0.2:
            sided |= {"currency": "USD", "currency_amount": f"{amount + 7}.00"}
        return sided

    def _sided(self, account: str, signed: int) -> dict[str, str]:
        text = f"{abs(signed) // 100}.{abs(signed) % 100:02}"
        return line(account, text if signed > 0 else "", text if signed < 0 else "")

    def _minor(self, text: str) -> int:
        return int(text.replace(".", "") or 0)

    def validate(self) -> None:
        rows = self.firm.ask("SELECT id FROM draft WHERE posting IS NULL")
        chosen = self.chance.sample([row[0] for row in rows], min(len(rows), self.chance.choice((1, 1, 1, 3))))
        self.ask(ValidateDrafts(tuple(chosen)))

    def drop(self) -> None:
        if row := self.any_of("SELECT id FROM draft"):
            self.ask(DropDraft(row[0]))

    def pay(self) -> None:
        """All or part of something open of a customer, by cheque."""
        found = self.any_of(
            "SELECT piece, due_date, open, currency FROM due_item WHERE open > 1 AND ledger = 'customer' AND"
            " currency = 'EUR' AND piece <> ''"
        )
        if found is None:
            return
        piece, due, open_, _ = found
        part = self.chance.choice((open_, open_ // 2))
        details = [pays(piece, self._text(part), DUEDATE=due.replace("-", ""))]
        if part < open_:
            details.append(pays(piece, self._text(open_ - part), "WPA", DUEDATE=due.replace("-", "")))
        self.firm.send(header("PORCHQ", self._text(part), *details))

    def _text(self, minor: int) -> str:
        return f"{minor // 100}.{minor % 100:02}"

    def take_back(self) -> None:
        if row := self.any_of("SELECT year, number FROM entry WHERE journal = 'OD'"):
            self.ask(reverse(f"{row[0]}-{row[1]:06}", self.chance.choice(("", *DAYS))))

    def cancel(self) -> None:
        if row := self.any_of("SELECT number FROM \"transaction\" WHERE status = 'posted'"):
            self.ask(cancelling(str(row[0])))

    def lock(self) -> None:
        self.ask(lock(self.chance.choice(DAYS[6:-2])[:7]))

    def unlock(self) -> None:
        self.ask(unlock(self.chance.choice(DAYS[6:-2])[:7]))

    def close(self) -> None:
        self.ask(close(self.chance.choice(("2022", "2023"))))


@pytest.mark.parametrize("life", [f"{SEED}/{number}" for number in range(LIVES)])
def test_random_books_keep_every_law(life: str) -> None:
    with tempfile.TemporaryDirectory() as folder, tidy():
        firm = Firm(Path(folder), house())
        Life(firm, random.Random(life)).live()
        assert firm.findings() == []
        assert ledger(firm) == due(firm)
        closed = firm.ask("SELECT closed_until FROM dossier")[0][0]
        assert firm.ask("SELECT count(*) FROM entry WHERE posting > (SELECT coalesce(max(posting), 0) FROM closing"
                        " WHERE \"end\" = ?1) AND date <= ?1", closed)[0][0] == 0 or not closed  # fmt: skip
        with firm.store.books(firm.dossier, writing=False) as books:
            for year in ("2023", "2024", "2025"):
                entry = books.opening_entry(year)
                assert entry is None or sum(one.home for one in entry.lines) == 0
        assert firm.ask("SELECT count(*) FROM draft WHERE posting IS NOT NULL")[0][0] > 0
        firm.store.close()


def ledger(firm: Firm) -> dict[tuple[str, str], int]:
    """The third parties' accounts, by account and third party."""
    sql = (
        "SELECT account, third_party, CAST(sum(debit - credit) AS BIGINT) FROM entry_line"
        " WHERE account IN ('411000', '401000') GROUP BY account, third_party"
    )
    return {(account, party): home for account, party, home in firm.ask(sql) if home}


def due(firm: Firm) -> dict[tuple[str, str], int]:
    """What is due, as the accounts should have it."""
    sql = (
        "SELECT CASE ledger WHEN 'customer' THEN '411000' ELSE '401000' END, third_party,"
        " CAST(sum(CASE ledger WHEN 'customer' THEN carried ELSE -carried END) AS BIGINT) FROM due_item"
        " GROUP BY ledger, third_party"
    )
    return {(account, party): home for account, party, home in firm.ask(sql) if home}

"""The bank accounts: what the ledger has on each, what is on its way there, what is still in the drawer."""

from typing import Annotated

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.handing import in_fours
from lettrage.adapters.http.pages.page import Page
from lettrage.bank.portfolio import BankSlips, Counts, Where
from lettrage.company.dossier import Bank, Company
from lettrage.money import Amount, Currency

router = APIRouter()

LATEST = 10  # slips
STATEMENTS = 6
CHEQUES = "C30"


class Account(msgspec.Struct, frozen=True):
    """A bank account of the company. `shared`: other banks whose entries stand on the same account of the ledger."""

    bank: Bank
    balance: int
    slips: int
    last_slip: str
    iban: str
    shared: tuple[str, ...]


class Waiting(msgspec.Struct, frozen=True):
    """What is to go to a bank, "" where none is named yet."""

    key: str
    bank: str
    count: int
    home: int
    href: str


@router.get("/banque")
def bank(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """Each account with its balance, what waits to go there, and the last slips."""
    with page.books() as books:
        company, counts, slips = books.company, books.portfolio_counts(), books.slips_by_bank()
        balances = {one.account: books.balance_of(one.account) for one in company.banks.values()}
        latest, _ = books.slip_lines("", (), LATEST)
        statements = books.bank_statements()
    accounts = [_account(one, company, balances[one.account], slips.get(one.code)) for one in company.banks.values()]
    if page.query.flag("csv"):
        return _as_file(page, accounts, company.currency)
    return page.show(
        "bank/page.html",
        title=page.t("frame.bank"),
        accounts=accounts,
        total=sum(balances.values()),
        waiting=[*_of(counts, "held"), *_of(counts, "awaiting")],
        slips=[slip for slip in latest if slip.status == "posted"],
        statements=statements[:STATEMENTS],
        more=len(statements) > STATEMENTS,
        open=sum(statement.open for statement in statements),
        may=page.may("bank"),
        home=company.currency,
    )


def _account(bank: Bank, company: Company, balance: int, slips: BankSlips | None) -> Account:
    shared = tuple(b.code for b in company.banks.values() if b.account == bank.account and b.code != bank.code)
    count, last = (slips.count, slips.last) if slips else (0, "")
    return Account(bank, balance, count, last, in_fours(bank.iban), shared)


def _of(counts: Counts, where: Where) -> list[Waiting]:
    """Cheques in the drawer, or all that awaits its slip, by bank."""
    key, href = {
        "held": ("cheques", "/portefeuille"),
        "awaiting": ("slips", "/portefeuille?vue=bordereau"),
    }[where]
    found: dict[str, tuple[int, int]] = {}
    for total in counts.totals:
        if total.where == where and (where == "awaiting" or (total.state, total.direction) == (CHEQUES, "encashment")):
            count, home = found.get(total.bank, (0, 0))
            found[total.bank] = (count + total.count, home + total.home)
    return [Waiting(key, name, count, home, href) for name, (count, home) in sorted(found.items())]


def _as_file(page: Page, accounts: list[Account], home: Currency) -> Response:
    heads = [
        page.t(f"bank.{name}") for name in ("code", "account", "iban", "currency", "balance", "slips", "last_slip")
    ]
    rows = (
        (a.bank.code, a.bank.account, a.bank.iban, a.bank.currency.code, Amount(a.balance, home), a.slips, a.last_slip)
        for a in accounts
    )
    return page.csv("banques", heads, rows)

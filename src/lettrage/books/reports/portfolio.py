"""The portfolio on a day: every instrument in hand, or awaiting its slip, beside the account that carries it.

Where an instrument was on a past day follows from when its transactions were posted; what it is worth is summed again
from the ledger's own lines, account by account, and a difference is a refusal.
"""

from collections import defaultdict
from collections.abc import Sequence

from lettrage.books.chart import Labels
from lettrage.books.laws.accounts import portfolio_accounts
from lettrage.books.reports.asked import Asked, HeldThen, ReportBooks
from lettrage.books.reports.period import given
from lettrage.books.reports.report import Column, Proof, Report, Row, Section
from lettrage.company.accounts import Accounts
from lettrage.company.dossier import Company
from lettrage.money import Amount, Currency
from lettrage.refusal import Refusal, Stop

COLUMNS = (
    Column("transaction"),
    Column("date", "day"),
    Column("state"),
    Column("third_party", share=2),
    Column("name", share=4),
    Column("bank"),
    Column("waiting"),
    Column("currency"),
    Column("amount", "money"),
    Column("home", "money"),
)


def portfolio(books: ReportBooks, asked: Asked) -> Report:
    """What was in hand on a day, by account. Raises Stop where an account says something else."""
    company, home = books.company, books.company.currency
    day, mark = asked.as_of or asked.known_on or asked.today, books.mark(asked.known_on)
    by_account: dict[str, list[HeldThen]] = defaultdict(list)
    for held in books.held_then(day, mark):
        by_account[held.account].append(held)
    accounts = sorted(carrying(company) | by_account.keys())
    posted: dict[str, int] = defaultdict(int)
    for line in books.account_sums(accounts, day, mark.posting):
        posted[line.account] += line.home
    sums = (Proof(account, _worth(by_account[account]), posted[account]) for account in accounts)
    proof = tuple(one for one in sums if one.reported or one.posted)
    _compared(proof, home)
    labels = Labels(company)
    names = books.names_of(sorted({one.third_party for held in by_account.values() for one in held}))
    sections = [
        Section(
            [*(_row(one, names.get(one.third_party, ""), home) for one in held), _total(held, home)],
            account,
            labels.account(account),
        )
        for account, held in sorted(by_account.items())
        if held
    ]
    criteria = given({"as_of": day, "known_on": asked.known_on})
    return Report("portfolio", home, criteria, COLUMNS, sections, (), proof, (), mark.posting, mark.head)


def carrying(company: Company) -> set[str]:
    """The accounts that carry instruments in hand and nothing else; those with another role are left out."""
    return portfolio_accounts(company) - {getattr(company.accounts, role) for role in Accounts.__struct_fields__}


def _worth(held: list[HeldThen]) -> int:
    return sum(one.home if one.direction == "encashment" else -one.home for one in held)


def _compared(proof: tuple[Proof, ...], home: Currency) -> None:
    for one in proof:
        if one.reported != one.posted:
            facts = {"account": one.account, "party": "-", "currency": home.code}
            figures = [Amount(figure, home).text for figure in (one.reported, one.posted)]
            raise Stop(Refusal("report_differs", "", figures[0], figures[1], facts))


def _row(one: HeldThen, name: str, home: Currency) -> Row:
    number = str(one.transaction) if one.order == 1 else f"{one.transaction}/{one.order}"
    said = (number, one.date, one.state, one.third_party, name, one.bank, "waiting" if one.waiting else "")
    return Row((*said, one.currency.code, Amount(one.amount, one.currency), Amount(one.home, home)))


def _total(held: Sequence[HeldThen], home: Currency) -> Row:
    return Row((*("",) * 8, None, Amount(sum(one.home for one in held), home)), "total")

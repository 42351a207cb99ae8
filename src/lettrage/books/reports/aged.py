"""The aged balance: what was open of each third party on a day, by how late it was, as is known now or was known then.

It is put together from the entry lines that name due items, so it says of any past day what it said then. The ledger's
own balance is summed apart, over every line of the same accounts: where they differ, for one third party alone, there
is no report but a refusal with both figures. As of today, what the due items are said to carry now is a third figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from lettrage.books.ageing import AGES, Ageing, age_of, by_age
from lettrage.books.reports.asked import AccountSum, Asked, OpenSum, Posted, ReportBooks
from lettrage.books.reports.report import Column, Proof, Report, Row, Section
from lettrage.company.accounts import Accounts
from lettrage.money import Amount, Currency
from lettrage.refusal import Refusal, Stop
from lettrage.settlement.document import Ledger

_ADVANCE = -1  # in the place of an age
_Of = TypeVar("_Of", AccountSum, Posted)
_Place = tuple[str, str]  # an account and a third party
COLUMNS = (
    Column("third_party", share=2),
    Column("name", share=4),
    *(Column(age, "money") for age in AGES),
    Column("overdue", "money"),
    Column("advances", "money"),
    Column("balance", "money"),
)


def aged(books: ReportBooks, asked: Asked) -> Report:
    """The aged balance of customers or of suppliers. Raises Stop where it is not what the ledger says."""
    company, ledger = books.company, asked.ledger
    day, mark = _day(asked), books.mark(asked.known_on)
    open_ = books.open_sums(ledger, day, mark.posting)
    accounts = sorted(accounts_of(company.accounts, ledger) | {row.account for row in open_})
    posted = of_ledger(books, books.account_sums(accounts, day, mark.posting), ledger)
    proof = proved(open_, posted, company.currency)
    if not mark.until and day >= (books.last_day() or day):  # nothing is posted after it: what is open now is that
        proved(books.carried_now(ledger), posted, company.currency)
    by_party = ageings(open_, ledger, day, company.age_bounds)
    names = books.names_of(list(by_party))
    home = company.currency
    whole = by_age((age, 0, amount) for one in by_party.values() for age, amount in _sums(one))
    return Report(
        "aged",
        home,
        {"ledger": ledger, "as_of": day} | ({"known_on": asked.known_on} if asked.known_on else {}),
        COLUMNS,
        (Section([_row(code, names.get(code, ""), one, home) for code, one in sorted(by_party.items())]),),
        (Row(("", "", *_figures(whole, home)), "total"),),
        proof,
        company.age_bounds,
        mark.posting,
        mark.head,
    )


def _day(asked: Asked) -> date:
    return asked.as_of or asked.known_on or asked.today


def accounts_of(accounts: Accounts, ledger: Ledger) -> set[str]:
    """The accounts on which what third parties owe, or are owed, stands: advances and doubtful customers too."""
    doubtful = {accounts.doubtful} if ledger == "customer" else set()
    return {accounts.third_party(ledger), accounts.advance(ledger)} | doubtful


def of_ledger(books: ReportBooks, rows: Sequence[_Of], ledger: Ledger) -> list[_Of]:
    """Where both ledgers share an account: what is of this one's third parties, and what names nobody."""
    ledgers = books.ledger_of({row.third_party for row in rows if row.third_party})
    return [row for row in rows if ledgers.get(row.third_party, ledger) == ledger]


def proved(open_: Iterable[OpenSum | AccountSum], posted: Iterable[AccountSum], home: Currency) -> tuple[Proof, ...]:
    """The report and the ledger, account by account. Raises Stop where they differ anywhere."""
    ours: dict[_Place, int] = defaultdict(int)
    theirs: dict[_Place, int] = defaultdict(int)
    for item in open_:
        ours[item.account, item.third_party] += item.home
    for line in posted:
        theirs[line.account, line.third_party] += line.home
    for place in sorted(ours.keys() | theirs.keys()):
        if ours[place] != theirs[place]:
            figures = [Amount(side[place], home).text for side in (ours, theirs)]
            facts = {"account": place[0], "party": place[1] or "-", "currency": home.code}
            raise Stop(Refusal("report_differs", "", figures[0], figures[1], facts))
    accounts = sorted({account for account, _ in theirs})
    return tuple(Proof(account, _of(ours, account), _of(theirs, account)) for account in accounts)


def _of(sums: Mapping[_Place, int], account: str) -> int:
    return sum(home for (of, _), home in sums.items() if of == account)


def ageings(open_: Iterable[OpenSum], ledger: Ledger, day: date, bounds: Sequence[int]) -> dict[str, Ageing]:
    """What each third party has open by age, in the sense of its own ledger; those with nothing are left out."""
    sign = 1 if ledger == "customer" else -1
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in open_:
        age = _ADVANCE if row.advance else age_of(row.due_date, day, bounds)
        found[row.third_party][age] += sign * row.home
    return {
        code: by_age((age, 0, amount) for age, amount in sums.items())
        for code, sums in found.items()
        if any(sums.values())
    }


def _sums(one: Ageing) -> Iterable[tuple[int, int]]:
    yield from enumerate(one.amounts)
    yield _ADVANCE, one.advances


def _row(code: str, name: str, one: Ageing, home: Currency) -> Row:
    return Row((code, name, *_figures(one, home)))


def _figures(one: Ageing, home: Currency) -> tuple[Amount, ...]:
    figures = (*one.amounts, one.overdue, one.advances, one.total + one.advances)
    return tuple(Amount(figure, home) for figure in figures)

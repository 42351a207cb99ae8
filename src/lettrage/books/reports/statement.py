"""A third party's statement: what was open on a day, item by item, beside what its accounts said."""

from lettrage.books.due import Account, OpenItem
from lettrage.books.reports.aged import accounts_of
from lettrage.books.reports.asked import Asked, ReportBooks
from lettrage.books.reports.period import given
from lettrage.books.reports.report import Column, Proof, Report, Row, Section
from lettrage.money import Amount, Currency
from lettrage.refusal import Refusal, Stop, quoted

COLUMNS = (
    Column("due_date", "day"),
    Column("date", "day"),
    Column("piece", share=2),
    Column("label", share=4),
    Column("late", "count"),
    Column("currency"),
    Column("amount", "money"),
    Column("open", "money"),
    Column("home", "money"),
)


def open_account(books: ReportBooks, asked: Asked) -> Account:
    """What was open of a third party at the end of a day. Raises Stop where there is no such one."""
    if not asked.third_party:
        raise Stop(Refusal("missing_field", "third_party"))
    file = books.file(asked.third_party)
    if file is None:
        raise Stop(Refusal("unknown_third_party", "third_party", quoted(asked.third_party)))
    day = asked.as_of or asked.today
    where = file.customer.address
    address = [line for line in (where.street, f"{where.zip} {where.city}".strip(), where.country) if line]
    return Account(file.code, file.name, address, file.ledger, day, books.due_of_party(file.code, day))


def statement(books: ReportBooks, asked: Asked) -> Report:
    """The same as a report. Raises Stop where it is not what the third party's accounts say."""
    home, mark, open_ = books.company.currency, books.mark(None), open_account(books, asked)
    sign = 1 if open_.ledger == "customer" else -1
    accounts = accounts_of(books.company.accounts, open_.ledger)
    sums = books.account_sums(accounts, open_.day, mark.posting)
    posted = sign * sum(row.home for row in sums if row.third_party == open_.third_party)
    carried = sum(item.carried for item in open_.items)
    if carried != posted:
        figures = [Amount(figure, home).text for figure in (carried, posted)]
        facts = {"account": " + ".join(sorted(accounts)), "party": open_.third_party, "currency": home.code}
        raise Stop(Refusal("report_differs", "", figures[0], figures[1], facts))
    criteria = given({"as_of": open_.day, "third_party": open_.third_party})
    section = Section([_row(item, open_, home) for item in open_.items], open_.third_party, open_.name)
    proof = (Proof(" + ".join(sorted(accounts)), carried, posted),)
    totals = (_total(carried, home),)
    return Report("statement", home, criteria, COLUMNS, (section,), totals, proof, (), mark.posting, mark.head)


def _row(item: OpenItem, open_: Account, home: Currency) -> Row:
    amounts = (Amount(item.amount, item.currency), Amount(item.open, item.currency), Amount(item.carried, home))
    piece = item.prefix + item.piece
    late = item.days_late(open_.day)
    return Row((item.due_date, item.date, piece, item.label, late or None, item.currency.code, *amounts))


def _total(carried: int, home: Currency) -> Row:
    return Row(("", None, "", "", None, "", None, None, Amount(carried, home)), "total")

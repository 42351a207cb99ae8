"""Entries: what was posted, by date, journal or account; one entry with its lines and where it comes from."""

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages import typeset
from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.problems import Problem
from lettrage.books.journal import AccountLine, Head, Search
from lettrage.limits import ROWS_EXPORTED
from lettrage.money import Amount, Currency
from lettrage.refusal import Refusal, quoted

router = APIRouter()
_NUMBER = re.compile(r"([0-9]{4}[a-z]?)-([0-9]{1,15})", re.ASCII)


@router.get("/ecritures")
def entries(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """Entries, the latest first; the lines of an account as soon as one is named."""
    query = page.query
    search = Search(query.day("du"), query.day("au"), query.text("journal", 20), query.text("compte", 40))
    return _account(page, search) if search.account else _heads(page, search)


def _heads(page: Page, search: Search) -> Response:
    exporting = page.query.one("format", ("csv",), "") == "csv"
    after = () if exporting else page.after(search)
    with page.books() as books:
        heads, last = books.entry_heads(search, after, ROWS_EXPORTED if exporting else page.rows)
        home, journals = books.company.currency, books.journals()
    if exporting:
        return _heads_csv(page, heads, home)
    return page.show(
        "entries/list.html",
        title=page.t("frame.entries"),
        search=search,
        heads=heads,
        currency=home,
        journals=journals,
        filters=_filters(page, search),
        pager=page.pager(len(heads), last, search),
    )


def _account(page: Page, search: Search) -> Response:
    exporting = page.query.one("format", ("csv",), "") == "csv"
    after = () if exporting else page.after(search)
    with page.books() as books:
        lines, last = books.account_lines(search, after, ROWS_EXPORTED if exporting else page.rows)
        balance, home, journals = books.balance_of(search.account), books.company.currency, books.journals()
        names = books.names_of(sorted({line.third_party for line in lines if line.third_party}))
    if exporting:
        return _lines_csv(page, search, lines, home)
    return page.show(
        "entries/account.html",
        title=page.t("entries.account_title", account=search.account),
        search=search,
        lines=lines,
        names=names,
        balance=balance,
        currency=home,
        journals=journals,
        filters=_filters(page, msgspec.structs.replace(search, account="")),
        pager=page.pager(len(lines), last, search),
    )


def _filters(page: Page, search: Search) -> list[str]:
    """The filter in words."""
    told = (
        (search.journal, page.t("entries.by_journal", journal=search.journal)),
        (search.first, page.t("entries.by_first", day=typeset.day(search.first or "", page.language))),
        (search.last, page.t("entries.by_last", day=typeset.day(search.last or "", page.language))),
    )
    return [said for asked, said in told if asked]


def _heads_csv(page: Page, heads: Sequence[Head], home: Currency) -> Response:
    names = ("number", "date", "journal", "piece", "label", "amount", "transaction", "slip", "reverses")
    rows: list[Sequence[Cell]] = [
        [
            head.shown,
            head.date,
            head.journal,
            head.piece,
            head.label,
            Amount(head.total, home),
            head.transaction,
            head.slip or "",
            head.reversal_of,
        ]
        for head in heads
    ]
    name = "ecritures" if page.language == "fr" else "entries"
    return page.csv(name, [page.t(f"entries.{one}") for one in names], rows)


def _lines_csv(page: Page, search: Search, lines: Sequence[AccountLine], home: Currency) -> Response:
    names = ["number", "date", "journal", "piece", "label", "party", "debit", "credit", "letter", "letter_date"]
    names += ["running"] if search.account_alone else []
    rows: list[Sequence[Cell]] = [
        [
            line.head.shown,
            line.head.date,
            line.head.journal,
            line.head.piece,
            line.head.label,
            line.third_party,
            Amount(line.debit, home),
            Amount(line.credit, home),
            line.letter.code if line.letter else "",
            line.letter.date if line.letter else None,
            *([Amount(line.after, home)] if search.account_alone else []),
        ]
        for line in lines
    ]
    name = "compte" if page.language == "fr" else "account"
    return page.csv(f"{name}-{search.account}", [page.t(f"entries.{one}") for one in names], rows)


@router.get("/ecritures/{number}")
def entry(page: Annotated[Page, seen_by("read_books")], number: str) -> Response:
    """One entry: its lines, where it comes from, what took it back, its place in the chain."""
    asked = _NUMBER.fullmatch(number)
    with page.books() as books:
        found = books.entry_whole(asked[1], int(asked[2])) if asked else None
        by_hand = found is not None and page.may("validate") and books.is_by_hand(found.head.posting)
        home = books.company.currency
    if found is None:
        raise Problem(404, Refusal("no_such_address", "", quoted(page.request.url.path)))
    return page.show(
        "entries/entry.html",
        title=page.t("entries.title", number=found.head.shown),
        entry=found,
        head=found.head,
        currency=home,
        foreign=any(line.currency != home for line in found.lines),
        by_hand=by_hand and not found.reversed_by,
    )

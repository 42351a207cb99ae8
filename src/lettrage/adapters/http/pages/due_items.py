"""Who owes what since when: the ageing of each third party, and what is due item by item."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, get_args

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages import typeset
from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.books.ageing import AGES, Ageing, PartyAgeing
from lettrage.books.due import OpenItem, Order, Search
from lettrage.limits import ROWS_EXPORTED
from lettrage.money import Amount, Currency
from lettrage.settlement.document import Ledger

router = APIRouter()
Position = tuple[int | str, ...]

VIEWS = ("tiers", "echeances", "acomptes")
SIDES: Mapping[str, Ledger] = {"clients": "customer", "fournisseurs": "supplier"}
_ORDERS: tuple[Order, ...] = get_args(Order)
_PARTY_ORDERS: Mapping[str, Callable[[PartyAgeing], int | str]] = {
    "retard": lambda party: party.ageing.overdue,
    "total": lambda party: party.ageing.total,
    "tiers": lambda party: party.third_party,
}


class Line(msgspec.Struct, frozen=True):
    """A third party with what it has open."""

    third_party: str
    name: str
    ageing: Ageing


@router.get("/echeances")
def due_items(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """What is due: by third party, or item by item as soon as a filter names items."""
    view = page.query.one("vue", VIEWS, "echeances" if page.query.text("age") else "tiers")
    return _parties(page) if view == "tiers" else _items(page, view)


def side(page: Page) -> tuple[str, Ledger]:
    """Whose items are looked at: customers' unless suppliers' are asked for."""
    asked = page.query.one("cote", tuple(SIDES), "clients")
    return asked, SIDES[asked]


def sorting(page: Page, keys: Sequence[str], default: str) -> tuple[str, bool]:
    """The column that a list is sorted by, and whether downwards."""
    asked = page.query.one("tri", [sign + key for key in keys for sign in ("", "-")], default)
    return asked.lstrip("-"), asked.startswith("-")


# ---------------------------------------------------------------- by third party


def _parties(page: Page) -> Response:
    cote, ledger = side(page)
    key, down = sorting(page, list(_PARTY_ORDERS), "-retard")
    criteria = ("tiers", cote, key, down)
    exporting = page.query.one("format", ("csv",), "") == "csv"
    limit = ROWS_EXPORTED if exporting else page.rows
    with page.books() as books:
        every = books.ageing_by_party(page.today, ledger)
        shown, last = _slice(every, key, page.after(*criteria), limit, down=down)
        names = books.names_of([party.third_party for party in shown])
        ageing, home = books.ageing(page.today, ledger), books.company.currency
        receivables = books.receivables(page.today) if ledger == "customer" else None
    lines = [Line(party.third_party, names.get(party.third_party, ""), party.ageing) for party in shown]
    if exporting:
        return _parties_csv(page, lines, home)
    return page.show(
        "due_items/parties.html",
        title=page.t("frame.due_items"),
        cote=cote,
        lines=lines,
        ageing=ageing,
        receivables=receivables,
        currency=home,
        sort=key,
        direction="descending" if down else "ascending",
        pager=page.pager(len(lines), last, *criteria, total=len(every)),
        ages=AGES,
        tabs=_tabs(page, "tiers", ageing),
    )


def _slice(
    every: Sequence[PartyAgeing], key: str, after: Position, limit: int, *, down: bool
) -> tuple[Sequence[PartyAgeing], Position | None]:
    """A page of third parties, the code deciding between equals. They come with the most overdue first."""
    value = _PARTY_ORDERS[key]
    found = every if (key, down) == ("retard", True) else sorted(every, key=value, reverse=down)
    codes = {party.third_party: at for at, party in enumerate(found)} if after else {}
    start = codes.get(str(after[-1]), -1) + 1 if after else 0
    shown = found[start : start + limit]
    return shown, (shown[-1].third_party,) if start + limit < len(found) else None


def _parties_csv(page: Page, lines: Sequence[Line], home: Currency) -> Response:
    heads = [page.t("due_items.code"), page.t("due_items.party")]
    heads += [page.t(f"due_items.age_{age}") for age in AGES]
    heads += [page.t("due_items.overdue"), page.t("frame.total"), page.t("due_items.advances")]
    rows: list[Sequence[Cell]] = [
        [
            line.third_party,
            line.name,
            *(Amount(amount, home) for amount in line.ageing.amounts),
            *(Amount(amount, home) for amount in (line.ageing.overdue, line.ageing.total, line.ageing.advances)),
        ]
        for line in lines
    ]
    return page.csv("balance-agee" if page.language == "fr" else "ageing", heads, rows)


# ---------------------------------------------------------------- item by item


def searched(page: Page, view: str) -> Search:
    """What a reader asks for."""
    key, down = sorting(page, _ORDERS, "due_date")
    order = next(order for order in _ORDERS if order == key)
    return Search(
        ledger=side(page)[1],
        advances=view == "acomptes",
        third_party=page.query.text("tiers"),
        until=page.query.day("jusqu"),
        overdue=page.query.flag("echu"),
        age=page.query.one("age", AGES, ""),
        disputed=page.query.flag("litige"),
        currency=page.query.text("devise", 3).upper(),
        order=order,
        descending=down,
    )


def _items(page: Page, view: str) -> Response:
    search, today = searched(page, view), page.today
    exporting = page.query.one("format", ("csv",), "") == "csv"
    limit = ROWS_EXPORTED if exporting else page.rows
    with page.books() as books:
        search = _named(books, search)
        items, last = books.due_items(search, today, () if exporting else page.after(view, search), limit)
        summed, home = books.due_sum(search, today), books.company.currency
        ageing = books.ageing(today, search.ledger)
    if exporting:
        return _items_csv(page, items, home)
    return page.show(
        "due_items/items.html",
        title=page.t("frame.due_items"),
        cote=side(page)[0],
        view=view,
        search=search,
        items=items,
        summed=summed,
        currency=home,
        sort=search.order,
        direction="descending" if search.descending else "ascending",
        pager=page.pager(len(items), last, view, search, total=summed.count),
        filters=_filters(page, search),
        ages=AGES,
        today=today,
        tabs=_tabs(page, view, ageing),
    )


def _items_csv(page: Page, items: Sequence[OpenItem], home: Currency) -> Response:
    """Open items as a file."""
    heads = ["kind", "piece", "code", "party", "date", "due_date", "late", "currency", "amount", "open", "carried"]
    rows: list[Sequence[Cell]] = [
        [
            page.t(f"due_items.kind_{item.kind}"),
            f"{item.prefix}{item.piece}",
            item.third_party,
            item.name,
            item.date,
            item.due_date,
            item.days_late(page.today),
            item.currency.code,
            Amount(item.amount, item.currency),
            Amount(item.open, item.currency),
            Amount(item.carried, home),
            page.t("due_items.disputed") if item.disputed else "",
            item.letter,
        ]
        for item in items
    ]
    words = [page.t(f"due_items.{head}") for head in (*heads, "state", "letter")]
    return page.csv("echeances" if page.language == "fr" else "due-items", words, rows)


def _named(books: Readings, search: Search) -> Search:
    """The same search with the third party's code, where somebody typed a part of a name that only one has."""
    text = search.third_party
    if not text or books.file(text) is not None:
        return search
    found, _ = books.files(search.ledger, text, (), 2, public=False)
    return msgspec.structs.replace(search, third_party=found[0].code) if len(found) == 1 else search


def _filters(page: Page, search: Search) -> list[str]:
    """The filter in words, as it is printed and told where nothing meets it."""
    until = typeset.day(search.until or "", page.language)
    told = (
        (search.third_party, page.t("due_items.by_party", code=search.third_party)),
        (search.until, page.t("due_items.by_day", day=until)),
        (search.overdue, page.t("due_items.by_overdue")),
        (search.age, page.t(f"due_items.age_{search.age or 'not_due'}")),
        (search.disputed, page.t("due_items.by_disputed")),
        (search.currency, search.currency),
    )
    return [said for asked, said in told if asked]


def _tabs(page: Page, view: str, ageing: Ageing) -> list[tuple[str, str, int | None, bool]]:
    """The tabs: address, word, how many, whether one is there; the side of the ledger stays."""
    cote = side(page)[0]
    counts = {"tiers": None, "echeances": ageing.count, "acomptes": ageing.advance_count}
    return [
        (f"/echeances?vue={name}&cote={cote}", page.t(f"due_items.tab_{name}"), counts[name], name == view)
        for name in VIEWS
    ]

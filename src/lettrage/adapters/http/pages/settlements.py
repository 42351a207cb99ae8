"""What came in: documents and settlements entered by hand, the logbook, credit notes that discounts ask for."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts.tasks import CloseTask
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page, Pager
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.pages.words import known
from lettrage.books.logbook import SETTLEMENT, Search
from lettrage.books.received import Came
from lettrage.limits import ROWS_EXPORTED
from lettrage.money import Amount, Currency, figure
from lettrage.settlement.fields import whole_number

router = APIRouter()

ALL, WAITING, REFUSED, BY_HAND, TASKS = "", "refuses", "tous-refus", "saisis", "avoirs"
VIEWS = (ALL, WAITING, REFUSED, BY_HAND, TASKS)
COUNTED = 10_001  # documents, so that 10 000+ can be said
KINDS = (
    *(SETTLEMENT, "cancel", "unpaid", "slip", "slip cancelled", "handled", "task"),
    *("draft", "draft dropped", "validate", "reverse", "period lock", "period unlock", "year close"),
    *("invoice", "send", "correct", "release", "chorus settings", "chorus key"),
)


class Line(msgspec.Struct, frozen=True):
    """A document of the list. `came`: None for an act."""

    of: dict[str, Any]
    came: Came | None
    kind: str  # in words


class Task(msgspec.Struct, frozen=True):
    """A credit note that somebody has still to issue, or to receive."""

    of: dict[str, str]
    amount: int
    vat: int


# ---------------------------------------------------------------- documents


@router.get("/reglements")
def settlements(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """Documents and entries by hand, the newest first; `csv=1`: all of them as a file."""
    view = page.query.one("vue", VIEWS, ALL)
    with page.books() as books:
        if view == TASKS:
            return _tasks(page, books)
        search = _search(page, view)
        if page.query.flag("csv"):
            return _as_file(page, books, search)
        lines, pager = _lines(page, books, search, COUNTED)
        _, total = (0, None) if search.text else books.logbook_total(search, COUNTED)
        return page.show(
            "settlements/list.html",
            title=page.t("settlements.title"),
            lines=lines,
            pager=pager,
            total=total,
            home=books.company.currency,
            **_views(books, view),
            **_filter(page, search),
        )


def _views(books: Readings, view: str) -> dict[str, Any]:
    counts, waiting = books.received_counts(COUNTED), books.refused_not_handled()
    views = [(ALL, counts.all), (WAITING, waiting.count), (REFUSED, counts.refused), (BY_HAND, counts.by_hand)]
    return {"views": views, "view": view, "waiting": waiting, "counted": COUNTED}


def _search(page: Page, view: str, kind: str = SETTLEMENT) -> Search:
    """What the address asks for. A text is looked for in what was sent, which not every role may read."""
    query = page.query
    return Search(
        query.text("q") if page.may("read_logbook") else "",
        query.text("numero", 20),
        whole_number(query.text("transaction", 20)),
        query.text("appelant", 80),
        kind,
        query.day("du"),
        query.day("au"),
        refused=view == REFUSED,
        waiting=view == WAITING,
        origin="page" if view == BY_HAND else "",
    )


def _lines(page: Page, books: Readings, search: Search, most: int) -> tuple[list[Line], Pager]:
    criteria = msgspec.json.encode(search).decode()
    after = page.after(criteria)
    before = int(after[0]) if after and isinstance(after[0], int) else None
    found = books.logbook(search, page.rows, before)
    total = None if search.text else books.logbook_total(search, most)[0]
    total = total if total is not None and total < most else None
    came = books.came(int(one["id"]) for one in found.documents)
    last = (found.next,) if found.next is not None else None
    lines = [Line(one, came.get(int(one["id"])), kind_word(page, one["kind"])) for one in found.documents]
    return lines, page.pager(len(lines), last, criteria, total=total)


def _filter(page: Page, search: Search) -> dict[str, Any]:
    """What is filtered by, and the address without it."""
    names = ("q", "numero", "transaction", "appelant", "du", "au", "sorte")
    given = {name: page.query.text(name) for name in names if page.query.text(name)}
    view = page.query.text("vue")
    lifted = page.request.url.path + (f"?{urlencode({'vue': view})}" if view else "")
    return {"search": search, "given": given, "lifted": lifted}


def _as_file(page: Page, books: Readings, search: Search) -> Response:
    found = books.logbook(search, ROWS_EXPORTED).documents
    came, home = books.came(int(one["id"]) for one in found), books.company.currency
    heads = ("at", "document", "caller", "origin", "customer", "done", "refused", "waiting", "amount", "transactions")
    return page.csv(
        "reglements",
        [page.t(f"settlements.{name}") for name in heads],
        (_cells(one, came.get(int(one["id"])), home) for one in found),
    )


def _cells(one: dict[str, Any], came: Came | None, home: Currency) -> list[Cell]:
    amount = Amount(came.amount, home) if came and came.amount is not None else None
    return [
        one["received_at"], int(one["id"]), one["caller"], one["origin"], came.name if came else "", one["done"],
        one["refused"], came.waiting if came else 0, amount, " ".join(one["transactions"]),
    ]  # fmt: skip


# ---------------------------------------------------------------- the logbook


@router.get("/reglements/livre-de-bord")
def logbook(page: Annotated[Page, seen_by("read_logbook")]) -> Response:
    """Everything that was sent or asked: who, when, what became of it."""
    kind = page.query.text("sorte", 40)
    search = _search(page, ALL, kind)
    search = msgspec.structs.replace(search, refused=page.query.flag("refus"), warned=page.query.flag("avertis"))
    with page.books() as books:
        if page.query.flag("csv"):
            return _logbook_as_file(page, books, search)
        lines, pager = _lines(page, books, search, COUNTED)
        return page.show(
            "settlements/logbook.html",
            title=page.t("settlements.logbook"),
            lines=lines,
            pager=pager,
            kinds=[(one, kind_word(page, one)) for one in (KINDS if kind in ("", *KINDS) else (*KINDS, kind))],
            **_filter(page, search),
        )


def kind_word(page: Page, kind: str) -> str:
    """What a kind of document or act is called; one without a word by its own name."""
    key = f"settlements.kind_{kind.replace(' ', '_')}"
    return page.t(key) if known(key) else kind


def _logbook_as_file(page: Page, books: Readings, search: Search) -> Response:
    names = ("id", "received_at", "caller", "origin", "source", "kind", "key", "done", "refused", "warnings")
    heads = [page.t(f"settlements.log_{name}") for name in names]
    found = books.logbook(search, ROWS_EXPORTED).documents
    return page.csv("livre-de-bord", heads, ([one[name] for name in names] for one in found))


# ---------------------------------------------------------------- credit notes to issue


def _tasks(page: Page, books: Readings, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    home = books.company.currency
    after = page.after(TASKS)
    lines, last = books.tasks_page(home, after, page.rows)
    return page.show(
        "settlements/tasks.html",
        422 if errors else 200,
        title=page.t("settlements.title"),
        tasks=[Task(one, _minor(one["amount"], home), _minor(one["vat"], home)) for one in lines],
        pager=page.pager(len(lines), last, TASKS),
        home=home,
        errors=list(errors),
        **_views(books, TASKS),
    )


def _minor(text: str, home: Currency) -> int:
    found = figure(text)
    return (found.minor(home) or 0) if found else 0


@router.post("/reglements/avoirs")
def close_task(page: Annotated[Page, posted_by("close_task")]) -> Response:
    """Give the number of the credit note that a discount asked for."""
    form = page.form
    number, piece, note = whole_number(form.text("transaction")), form.text("piece"), form.text("avoir")
    fault = "" if note else page.t("settlements.credit_note_missing")
    if not fault:
        done = page.perform(CloseTask(number, piece, note))
        if done.result is not None:
            return page.go(f"/reglements?vue={TASKS}", page.t("settlements.credit_note_done", note=note, piece=piece))
        fault = " ".join(reason[page.language] for reason in done.reasons)
    with page.books() as books:
        return _tasks(page, books, ((f"avoir-{number}-{piece}", fault),))

"""The list of sales: which are stuck, which can leave; views, filter, search, and what is done with those chosen."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, get_args
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.pages.states import Kind, kind_of, word_of
from lettrage.adapters.http.pages.words import by_door
from lettrage.company.dossier import Company
from lettrage.invoicing.explaining.progress import Progress, progress
from lettrage.invoicing.sending.listing import (
    ALL,
    COUNTED,
    LOOKED,
    SUMMED,
    Comparison,
    Listed,
    Order,
    Tally,
    View,
    Wanted,
    reads,
)
from lettrage.limits import ROWS_EXPORTED
from lettrage.money import Amount, figure

router = APIRouter()

VIEWS: tuple[View | Literal["toutes"], ...] = (ALL, *get_args(View))
_ALWAYS = (ALL, "a_corriger", "a_deposer", "en_cours", "chez_le_client", "mises_en_paiement", "reglees")
_ORDERS: Mapping[str, Order] = {"date": "date", "numero": "number", "montant": "home"}
_MARKS: tuple[Comparison, ...] = ("<", "=", ">")
_YEARS = 4  # that a filter offers
# Views whose invoices may leave: never sent, or free again after a rejection.
GOES: tuple[View, ...] = ("a_deposer", "a_corriger", "doute")


class Row(msgspec.Struct, frozen=True):
    """A line as the page draws it. `kind`: None where no platform is concerned; `goes_by`: what its door is called."""

    of: Listed
    kind: Kind | None
    word: str
    way: Progress
    said: str
    href: str
    overdue: bool
    choosable: bool
    goes_by: str


class Asked(msgspec.Struct, frozen=True):
    """The filter as it was asked: what is looked for, and what the fields of the form show."""

    wanted: Wanted
    q: str
    period: str
    periods: Sequence[tuple[str, str]]  # name of a financial year, and what it is called
    sort: str

    @property
    def direction(self) -> str:
        """Of the column that the list is sorted by, as `aria-sort` says it."""
        return "ascending" if self.wanted.ascending else "descending"


@router.get("/factures")
def invoices(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """A page of the list; `csv=1`: all of it as a file."""
    with page.books() as books:
        if page.query.flag("csv"):
            return _as_file(page, books)
        return listed(page, books)


@router.post("/factures/relever")
def fetch(page: Annotated[Page, posted_by("send")]) -> Response:
    """Have the platform asked now how invoices stand."""
    now = page.clock.now()
    with page.books() as books:
        platform = books.platform_on()
    planned = page.house.store.write(page.dossier, lambda books: books.fetch_now(platform, now))
    return page.go("/factures", page.t("invoices.fetching" if planned else "invoices.nothing_to_fetch"))


def listed(page: Page, books: Readings, errors: Sequence[tuple[str, str]] = ()) -> Response:
    """The page of the list; with what cannot be done, where something was asked of it."""
    asked = asked_of(page, books.company)
    wanted, platform = asked.wanted, books.platform_on()
    criteria = msgspec.json.encode(wanted).decode()
    counts = books.invoice_counts(platform)
    there = counts.get(wanted.view, Tally())
    whole = books.invoices_summed(platform, wanted) if wanted.narrows and (there.count or there.more) else there
    after = page.after(platform, criteria)
    lines, last = books.invoices_listed(platform, wanted, after, page.rows) if whole.count or whole.more else ((), None)
    many = wanted.narrows and whole.count > SUMMED
    back = page.here() if page.request.method == "GET" else "/factures"
    return page.show(
        "invoices/list.html",
        422 if errors else 200,
        title=page.t("invoices.title"),
        asked=asked,
        views=_views(counts, wanted.view),
        total=counts.get(ALL, Tally()),
        whole=whole,
        rows=[row(page, line, back) for line in lines],
        pager=page.pager(len(lines), last, platform, criteria, total=None if many or whole.more else whole.count),
        many=many,
        most=SUMMED,
        looked=LOOKED,
        counted=COUNTED,
        home=books.company.currency,
        platform=platform,
        establishments=sorted(books.company.establishments),
        sendable=counts.get("a_deposer", Tally()),
        cut=page.printing and last is not None,
        key=secrets.token_urlsafe(16),
        errors=list(errors),
    )


def _views(counts: Mapping[str, Tally], here: str) -> list[tuple[str, Tally]]:
    """The views with how many each has; those that are rare only where they may have any."""
    found = ((view, counts.get(view, Tally())) for view in VIEWS)
    return [(view, there) for view, there in found if there.count or there.more or view in _ALWAYS or view == here]


def row(page: Page, line: Listed, back: str = "") -> Row:
    """A line with its state in words, its way, and where it leads."""
    way = progress(line.state, carried=bool(line.door), open_=line.open, amount=line.amount)
    kind, word = _standing(page, line)
    stage = page.t(by_door(f"invoices.stage_{way.reached}", line.door))
    said = page.t("invoices.way", stage=stage, state=word)
    goes_by = page.t(f"customers.door_{line.door}") if line.view == "a_deposer" else ""
    return Row(line, kind, word, way, said, _href(line, back), line.is_overdue(page.today), bool(line.door), goes_by)


def _href(line: Listed, back: str) -> str:
    """The page of the invoice, which knows the list one came from; of one that was loaded, its customer's."""
    if line.document is None:
        return f"/clients/{quote(line.third_party, safe='')}"
    return f"/factures/{line.document}" + (f"?de={quote(back, safe='')}" if back not in ("", "/factures") else "")


def _standing(page: Page, line: Listed) -> tuple[Kind | None, str]:
    """The kind and the word of where a line stands."""
    if line.view == "reglees":
        return "good", page.t("invoices.settled")
    if line.view == "sans_plateforme":
        return None, page.t("invoices.outside")
    return kind_of(line.state), word_of(line.state, page.language, line.door)


# ---------------------------------------------------------------- the filter


def asked_of(page: Page, company: Company) -> Asked:
    """What the address asks for; nonsense in it is as if it were not there."""
    query = page.query
    q = query.text("q")
    words, named = reads(q)
    periods = _periods(page.today, company)
    period = query.one("periode", [name for name, _ in periods], "")
    first, _, last = company.span(period).partition("..")
    sort = query.one("tri", [f"{sign}{key}" for key in _ORDERS for sign in ("", "-")], "-date")
    view = query.one("vue", VIEWS, ALL)
    wanted = Wanted(
        view,
        words,
        named.get("customer", ""),
        named.get("commitment", ""),
        tuple(_amounts(named, query.text("min"), query.text("max"), company)),
        query.day("du") or (date.fromisoformat(first) if first else None),
        query.day("au") or (date.fromisoformat(last) if last else None),
        query.one("etablissement", company.establishments, ""),
        _ORDERS[sort.removeprefix("-")],
        not sort.startswith("-"),
    )
    return Asked(wanted, q, period, periods, sort.removeprefix("-"))


def _periods(today: date, company: Company) -> list[tuple[str, str]]:
    """The latest financial years, with what each is called."""
    if company.years:
        return [(year.name, year.name) for year in reversed(company.years)][:_YEARS]
    return [(str(year), str(year)) for year in range(today.year, today.year - _YEARS, -1)]


def _amounts(named: Mapping[str, str], least: str, most: str, company: Company) -> Iterable[tuple[Comparison, int]]:
    """The limits of amounts, in minor units; what is no amount is left out."""
    typed: list[tuple[Comparison, str, int]] = [(mark, named.get(f"amount{mark}", ""), 0) for mark in _MARKS]
    typed += [("=", named.get("amount", ""), 0), (">", least, -1), ("<", most, 1)]
    for mark, text, beside in typed:
        read = figure("".join(text.split()))
        minor = read.exact(company.currency) if read is not None else None
        if minor is not None:
            yield mark, minor + beside


# ---------------------------------------------------------------- as a file


def _as_file(page: Page, books: Readings) -> Response:
    """The whole filtered list, in the order of the screen."""
    asked = asked_of(page, books.company)
    platform = books.platform_on()
    lines, _ = books.invoices_listed(platform, asked.wanted, (), ROWS_EXPORTED, None)
    names = ("number", "customer_code", "customer", "date", "due", "currency", "gross", "open", "state", "platform")
    where = page.t(f"invoices.on_{platform}")
    return page.csv(
        "factures", [page.t(f"invoices.{name}") for name in names], (_cells(page, line, where) for line in lines)
    )


def _cells(page: Page, line: Listed, where: str) -> Sequence[Cell]:
    amounts = Amount(line.amount, line.currency), Amount(line.open, line.currency)
    word = _standing(page, line)[1]
    return (
        line.number, line.third_party, line.name, line.date, line.due, line.currency.code, *amounts, word,
        f"{page.t(f'customers.door_{line.door}')} · {where}" if line.door else "",
    )  # fmt: skip

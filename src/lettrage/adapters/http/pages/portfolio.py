"""The portfolio: what is in the drawer beside its account, what awaits a slip, what left and what came back."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.house import Position, Readings
from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.asked import Query, day_of
from lettrage.adapters.http.pages.handing import Preview
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.bank.portfolio import Counts, Held, Proof, SlipLine, in_hand, moves, proof
from lettrage.bank.slip import Waiting
from lettrage.company.dossier import Company
from lettrage.company.states import AT_THE_BANK, Direction, StateChange
from lettrage.limits import COUNTED
from lettrage.money import Amount, currency

router = APIRouter()

DRAWER = 200  # instruments that may be chosen at once
LATEST = 5  # slips beside the drawer


NOTHING = Counts((), 0, 0, 0)


class View(msgspec.Struct, frozen=True):
    """A part of the drawer: instruments of these means that are handed in this way."""

    key: str
    direction: Direction
    means: str


VIEWS: Mapping[str, View] = {
    view.key: view
    for view in (
        View("cheques", "encashment", "C"),
        View("effets", "encashment", "LD"),
        View("autres", "encashment", "EVSI"),
        View("decaissements", "disbursement", "CVSIDEL"),
    )
}
# In the order of their tabs; those of the second line are shown when there is something in them.
TABS = ("cheques", "bordereau", "bordereaux", "remis", "impayes", "effets", "autres", "decaissements")
_RARE = ("autres", "decaissements")


class Tab(msgspec.Struct, frozen=True):
    """A view of the portfolio. `count`: as it is said, "" for none."""

    key: str
    count: int
    more: bool  # than could be counted
    here: bool


class Chosen(msgspec.Struct, frozen=True):
    """What is asked of a part of the drawer: which list, and how it would be handed in."""

    view: View
    state: str
    currency: str
    search: str
    change: StateChange | None
    bank: str
    day_text: str
    day: date | None
    references: tuple[str, ...] = ()
    key: str = ""


@router.get("/portefeuille")
def portfolio(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """The view that is asked for."""
    key = page.query.one("vue", TABS, "cheques")
    if key in VIEWS:
        return drawer(page, VIEWS[key])
    return _LISTS[key](page)


# ---------------------------------------------------------------- the drawer


def drawer(
    page: Page,
    view: View,
    preview: Preview | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> Response:
    """What is in hand, and beside it the slip that is being made of it. `preview`: of what is chosen."""
    with page.books() as books:
        company, counts = books.company, books.portfolio_counts()
        chosen = chosen_of(page, view, company, counts)
        if errors:  # what is tried next goes under another key
            chosen = msgspec.structs.replace(chosen, key=_new_key())
        place = page.after(view.key, chosen.state, chosen.currency, chosen.search)
        limit = page.rows if page.printing else DRAWER
        rows, last = books.held(chosen.state, view.direction, chosen.currency, chosen.search, place, limit)
        if page.query.flag("csv"):
            rows, _ = books.held(chosen.state, view.direction, chosen.currency, chosen.search, (), page.rows)
            return _instruments_as_file(page, rows)
        slips, _ = books.slip_lines("", (), LATEST)
        proved = _proof(books, company, chosen, counts)
    return page.show(
        "portfolio/drawer.html",
        422 if errors else 200,
        title=page.t("portfolio.title"),
        errors=list(errors),
        tabs=tabs(page, counts, company, view.key),
        rows=rows,
        pager=page.pager(len(rows), last, view.key, chosen.state, chosen.currency, chosen.search),
        slips=slips,
        proof=proved,
        of=currency(chosen.currency) or company.currency,
        home=company.currency,
        asked=chosen,
        picked=frozenset(chosen.references),
        states=[state for state in in_hand(company, view.direction, view.means) if _shown(counts, view, state, chosen)],
        currencies=_currencies(counts, chosen),
        banks=_banks(company, chosen),
        ways=_ways(company, chosen),
        may=page.may("settle") and page.may("slip"),
        preview=preview,
    )


def chosen_of(page: Page, view: View, company: Company, counts: Counts = NOTHING) -> Chosen:
    """What the address asks for, and the form where there is one. `counts`: what there is to choose from."""
    query, form = page.query, page.form
    states = in_hand(company, view.direction, view.means)
    filled = [s for s in states if counts.of((s,), view.direction)]
    state = query.one("etat", states, (filled or states or ["C30"])[0])
    change = _change(company, view.direction, state, form.text("changement") or query.text("changement"))
    day_text = form.text("date") or f"{page.today:%d/%m/%Y}"
    return Chosen(
        view,
        state,
        _currency(query, counts, view.direction, state, company),
        query.text("q"),
        change,
        form.text("banque") or _bank(company),
        day_text,
        day_of(day_text),
        tuple(dict.fromkeys(form.all("choisi")))[:DRAWER],
        form.text("cle") or _new_key(),
    )


def _new_key() -> str:
    return secrets.token_urlsafe(18)


def _change(company: Company, direction: Direction, state: str, asked: str) -> StateChange | None:
    """The one asked for, whatever is left in the drawer by now; else the one that is proposed from this state."""
    ways = moves(company, direction)
    here = [change for change in ways if state in change.sources]
    return next((change for change in ways if change.code == asked), here[0] if here else None)


def _currency(query: Query, counts: Counts, direction: Direction, state: str, company: Company) -> str:
    """The one asked for, else ours, else the one that there is."""
    held = {t.currency for t in counts.totals if (t.where, t.state, t.direction) == ("held", state, direction)}
    home = company.currency.code
    return query.one("devise", held | {home}, home if home in held or not held else min(held))


def _bank(company: Company) -> str:
    """The bank that is proposed: the only establishment's, else the first one."""
    named = [e.bank for e in company.establishments.values() if e.bank in company.banks]
    return next(iter(dict.fromkeys([*named, *sorted(company.banks)])), "")


def _shown(counts: Counts, view: View, state: str, chosen: Chosen) -> bool:
    return state == chosen.state or counts.of((state,), view.direction) > 0


def _currencies(counts: Counts, chosen: Chosen) -> list[str]:
    held = {t.currency for t in counts.totals if (t.where, t.state) == ("held", chosen.state)}
    return sorted(held | {chosen.currency})


def _banks(company: Company, chosen: Chosen) -> list[tuple[str, str]]:
    """Code and account of the banks that may take it: in its currency or in ours."""
    fit = (chosen.currency, company.currency.code)
    return [(b.code, b.account) for b in company.banks.values() if b.currency.code in fit]


def _ways(company: Company, chosen: Chosen) -> list[tuple[StateChange, bool]]:
    """The state changes that lead on from here, each with whether a slip goes with it."""
    found = moves(company, chosen.view.direction)
    return [(change, company.waits_for_slip(change)) for change in found if chosen.state in change.sources]


def _proof(books: Readings, company: Company, chosen: Chosen, counts: Counts) -> Proof | None:
    """The account of what is shown beside it; None where it has none of its own."""
    state = company.states.get(chosen.state)
    account = state.account(chosen.view.direction) if state else ""
    if account in ("", AT_THE_BANK):
        return None
    return proof(company, chosen.state, chosen.view.direction, counts.totals, books.balance_of(account))


def tabs(page: Page, counts: Counts, company: Company, here: str) -> list[Tab]:
    """Every view with how many there are in it."""
    found = {key: counts.of(in_hand(company, v.direction, v.means), v.direction) for key, v in VIEWS.items()}
    found |= {"bordereau": counts.awaiting, "bordereaux": counts.slips}
    found |= {"remis": counts.at_the_bank, "impayes": counts.unpaid}
    return [
        Tab(key, min(found[key], COUNTED), found[key] > COUNTED, key == here)
        for key in TABS
        if key not in _RARE or found[key] or key == here
    ]


# ---------------------------------------------------------------- the other views


def awaiting(page: Page, looked: Mapping[str, Any] | None = None, errors: Sequence[tuple[str, str]] = ()) -> Response:
    """Deposits that await their slip, and the slip that is being made of them. `looked`: at what is chosen."""
    with page.books() as books:
        company, counts, found = books.company, books.portfolio_counts(), books.waiting_for_slip()
        names = books.names({i.third_party for w in found for i in w.instruments})
    values: dict[str, Any] = {"preview": None, "picked": frozenset(), "day_text": f"{page.today:%d/%m/%Y}", "seen": ""}
    if page.query.flag("csv"):
        heads = _heads(page, "transaction", "date", "bank", "change", "instruments", "amount", "currency")
        return page.csv("attente", heads, (_waiting_row(w) for w in found))
    return page.show(
        "portfolio/awaiting.html",
        422 if errors else 200,
        title=page.t("portfolio.title"),
        errors=list(errors),
        tabs=tabs(page, counts, company, "bordereau"),
        found=found,
        names=names,
        home=company.currency,
        may=page.may("slip"),
        key=_new_key() if errors else page.form.text("cle") or _new_key(),
        **values | dict(looked or {}),
    )


def _slips(page: Page) -> Response:
    """Every slip made, the newest first."""
    bank = page.query.text("banque")
    with page.books() as books:
        company, counts = books.company, books.portfolio_counts()
        rows, last = books.slip_lines(bank, page.after(bank), page.rows)
    if page.query.flag("csv"):
        heads = _heads(page, "number", "date", "bank", "change", "instruments", "total", "currency", "state")
        return page.csv("bordereaux", heads, (_slip_row(page, row) for row in rows))
    return page.show(
        "portfolio/slips.html",
        title=page.t("portfolio.title"),
        tabs=tabs(page, counts, company, "bordereaux"),
        rows=rows,
        pager=page.pager(len(rows), last, bank),
        banks=sorted(company.banks),
        bank=bank,
    )


def _at_the_bank(page: Page) -> Response:
    """What was handed in, the newest first; a payment that comes back is reported from its transaction."""
    with page.books() as books:
        company, counts = books.company, books.portfolio_counts()
        states = [code for code in company.states if code.endswith("50")]
        state = page.query.one("etat", states, "C50")
        code = page.query.text("devise", 3) or company.currency.code
        place = page.after(state, code)
        rows, last = books.held(state, "encashment", code, "", place, page.rows, newest=True)
    return _list_of(page, "remis", rows, last, counts, company, states=states, state=state, criteria=(state, code))


def _unpaid(page: Page) -> Response:
    """What came back and is still open, the newest first."""
    with page.books() as books:
        company, counts = books.company, books.portfolio_counts()
        rows, last = books.still_unpaid(page.after(), page.rows)
    return _list_of(page, "impayes", rows, last, counts, company)


def _list_of(
    page: Page,
    key: str,
    rows: list[Held],
    last: Position | None,
    counts: Counts,
    company: Company,
    *,
    states: Sequence[str] = (),
    state: str = "",
    criteria: Iterable[object] = (),
) -> Response:
    if page.query.flag("csv"):
        return _instruments_as_file(page, rows)
    return page.show(
        "portfolio/list.html",
        title=page.t("portfolio.title"),
        tabs=tabs(page, counts, company, key),
        view=key,
        rows=rows,
        pager=page.pager(len(rows), last, *criteria),
        states=states,
        state=state,
    )


_LISTS: Mapping[str, Callable[[Page], Response]] = {
    "bordereau": awaiting,
    "bordereaux": _slips,
    "remis": _at_the_bank,
    "impayes": _unpaid,
}


# ---------------------------------------------------------------- files


def _heads(page: Page, *names: str) -> list[str]:
    return [page.t(f"portfolio.{name}") for name in names]


def _instruments_as_file(page: Page, rows: Iterable[Held]) -> Response:
    names = ("transaction", "received", "customer", "name", "label", "number", "state", "amount", "currency", "slip")
    return page.csv("portefeuille", _heads(page, *names), (_instrument_row(one) for one in rows))


def _instrument_row(one: Held) -> list[Cell]:
    i = one.instrument
    return [
        one.reference, i.date, i.third_party, one.name, one.label, one.number, i.state,
        Amount(i.amount, i.currency), i.currency.code, one.slip,
    ]  # fmt: skip


def _waiting_row(w: Waiting) -> list[Cell]:
    held = w.instruments[0].currency
    return [
        str(w.transaction), w.date, w.kind.bank, w.kind.change, len(w.instruments), Amount(w.total, held), held.code,
    ]  # fmt: skip


def _slip_row(page: Page, row: SlipLine) -> list[Cell]:
    held = currency(row.currency)
    assert held is not None, row.currency
    return [
        row.number, date.fromisoformat(row.date), row.bank, row.change, row.count, Amount(row.total, held),
        held.code, page.t(f"portfolio.slip_{row.status}"),
    ]  # fmt: skip

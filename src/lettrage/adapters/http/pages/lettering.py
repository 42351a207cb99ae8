"""Lettering: what settles what and since when, lines ticked and lettered by hand, credit notes and advances offset."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts.lettering import MakeLettering, UndoLettering
from lettrage.acts.offsetting import Offset
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.customers import file_of
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.pages.states import Kind
from lettrage.adapters.http.pages.transactions import Planned, planned
from lettrage.books.lettered import Group
from lettrage.books.lettering import Standing
from lettrage.limits import CODE_CHARACTERS, ROWS_EXPORTED
from lettrage.money import Amount, Currency

router = APIRouter()

Letterer = Annotated[Page, posted_by("letter")]
KINDS: Mapping[Standing, Kind] = {"whole": "good", "part": "run", "open": "quiet"}
EVENTS: Mapping[str, Kind] = {"lettered": "good", "lettered_in_part": "run", "undone": "bad"}


# ---------------------------------------------------------------- the log


@router.get("/lettrage")
def letterings(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """What is lettered with what, of a third party or on an account, and what made it so."""
    party, account = page.query.text("tiers", CODE_CHARACTERS), page.query.text("compte", CODE_CHARACTERS)
    return _log(page, party, account)


def _log(page: Page, party: str, account: str, errors: Sequence[tuple[str, str]] = (), status: int = 200) -> Response:
    exporting = page.query.one("format", ("csv",), "") == "csv"
    after = () if exporting else page.after(party, account)
    with page.books() as books:
        groups, last = books.lettering_log(party, account, after, ROWS_EXPORTED if exporting else page.rows)
        home = books.company.currency
        names = books.names_of(sorted({group.third_party for group in groups if group.third_party} | {party} - {""}))
    if exporting:
        return _csv(page, groups, home)
    return page.show(
        "lettering/list.html",
        status,
        title=page.t("lettering.title"),
        party=party,
        account=account,
        groups=groups,
        names=names,
        currency=home,
        kinds=KINDS,
        events=EVENTS,
        key=secrets.token_urlsafe(16),
        pager=page.pager(len(groups), last, party, account),
        errors=list(errors),
    )


def _csv(page: Page, groups: Sequence[Group], home: Currency) -> Response:
    heads = ["letter", "state", "account", "party", "piece", "entry", "date", "label", "debit", "credit", "in_currency"]
    heads += ["currency", "since"]
    rows: list[Sequence[Cell]] = [
        [
            group.letter,
            page.t(f"lettering.state_{group.standing}"),
            group.account,
            group.third_party,
            group.piece,
            line.entry,
            line.date,
            line.label,
            Amount(max(line.home, 0), home),
            Amount(max(-line.home, 0), home),
            Amount(line.amount, line.currency),
            line.currency.code,
            group.events[-1].date if group.events else None,
        ]
        for group in groups
        for line in group.lines
    ]
    name = "lettrage" if page.language == "fr" else "lettering"
    return page.csv(name, [page.t(f"lettering.{head}") for head in heads], rows)


@router.post("/lettrage/{letter}/annuler")
def undo(page: Letterer, letter: str) -> Response:
    """Take a lettering by hand away."""
    party, account = page.form.text("tiers"), page.form.text("compte")
    done = page.perform(UndoLettering(letter, page.form.text("motif"), page.who.identity.name), page.form.text("cle"))
    if done.result is None:
        return _log(page, party, account, [("", reason[page.language]) for reason in done.reasons], 409)
    said = page.t("lettering.undone_now", letter=done.result["group"])
    return page.go(_address("/lettrage", tiers=party, compte=account), said)


def _address(path: str, **query: str) -> str:
    asked = {name: value for name, value in query.items() if value}
    return path + (f"?{urlencode(asked)}" if asked else "")


# ---------------------------------------------------------------- by hand


@router.get("/lettrage/lignes")
def lines(page: Annotated[Page, seen_by("letter")]) -> Response:
    """Lines of an account that may be lettered with one another."""
    return _lines(page, page.query.text("compte", CODE_CHARACTERS), page.query.text("tiers", CODE_CHARACTERS))


@router.post("/lettrage/lignes")
def make(page: Letterer) -> Response:
    """Letter what was ticked. Pressing twice does it once."""
    form = page.form
    account, party, ticked = form.text("compte"), form.text("tiers"), tuple(form.all("ligne"))
    act = MakeLettering(account, party, ticked, page.who.identity.name, form.text("motif"))
    done = page.perform(act, form.text("cle"))
    if done.result is None:
        return _lines(page, account, party, ticked, [("", reason[page.language]) for reason in done.reasons], 409)
    group = done.result["group"]
    log = f"{_address('/lettrage', compte=account, tiers=party)}#{group}-{quote(account)}"
    said = page.t("lettering.made", letter=group, n=len(ticked))
    there = _address("/lettrage/lignes", compte=account, tiers=party)
    return page.go(there, said, (log, page.t("lettering.see_log")))


def _lines(
    page: Page,
    account: str,
    party: str,
    ticked: Sequence[str] = (),
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    with page.books() as books:
        found, last = books.unlettered(account, party, page.after(account, party), page.rows) if account else ([], None)
        home = books.company.currency
        names = books.names_of(sorted({line.third_party for line in found if line.third_party}))
    return page.show(
        "lettering/lines.html",
        status,
        title=page.t("lettering.by_hand"),
        account=account,
        party=party,
        lines=found,
        names=names,
        ticked=frozenset(ticked),
        reason=page.form.text("motif") if status != 200 else "",
        currency=home,
        key=secrets.token_urlsafe(16),
        pager=page.pager(len(found), last, account, party),
        errors=list(errors),
    )


# ---------------------------------------------------------------- offsetting


@router.get("/lettrage/imputation")
def offsetting(page: Annotated[Page, seen_by("letter")]) -> Response:
    """What a third party has open on both sides."""
    return _offsetting(page, page.query.text("tiers", CODE_CHARACTERS))


@router.post("/lettrage/imputation")
def offset(page: Letterer) -> Response:
    """Look at what offsetting would post; then do it, where it still is the entry that was seen."""
    form = page.form
    party = form.text("tiers")
    pieces, advances = (tuple(dict.fromkeys(form.all(name))) for name in ("piece", "acompte"))
    act = Offset(party, pieces, advances, page.who.identity.name)
    if not form.flag("faire"):
        return _offsetting(page, party, act)
    foreseen = planned(page, act)
    key = form.text("cle")
    with page.books() as books:
        answered = bool(key) and books.kept(page.who.identity.name, key) is not None
    if not answered and (not foreseen.possible or foreseen.seal != form.text("vu")):
        return _offsetting(page, party, act, [("", page.t("transactions.moved"))], 409)
    done = page.perform(act, key)
    if done.result is None:
        return _offsetting(page, party, act, [("", reason[page.language]) for reason in done.reasons], 409)
    number = done.result["transaction"]
    return page.go(f"/transactions/{number}", page.t("lettering.offset_done", number=number))


def _offsetting(
    page: Page, party: str, act: Offset | None = None, errors: Sequence[tuple[str, str]] = (), status: int = 200
) -> Response:
    with page.books() as books:
        file = file_of(books, party)
        items, home = books.open_items_of(party), books.company.currency
    foreseen: Planned | None = planned(page, act) if act is not None else None
    return page.show(
        "lettering/offset.html",
        status,
        title=page.t("lettering.offsetting", name=file.name),
        file=file,
        items=items,
        pieces=frozenset(act.pieces if act else ()),
        advances=frozenset(act.advances if act else ()),
        planned=foreseen,
        currency=home,
        key=(page.form.text("cle") if act else "") or secrets.token_urlsafe(16),
        errors=list(errors),
    )

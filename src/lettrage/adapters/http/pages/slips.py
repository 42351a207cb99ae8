"""Deposit slips: made of what is chosen, shown, printed, taken back."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts.slips import CancelSlip
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages import typeset
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.handing import (
    Handing,
    Line,
    Preview,
    hand_in,
    in_fours,
    make_slip,
    preview,
    reason_said,
    references,
    shown,
    slip_foreseen,
)
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.portfolio import VIEWS, Chosen, View, awaiting, chosen_of, drawer
from lettrage.adapters.http.problems import Problem
from lettrage.bank.slip import Made, Waiting, Wanted
from lettrage.books.entry import Entry
from lettrage.company.dossier import Company
from lettrage.money import Amount
from lettrage.refusal import Refusal, quoted

router = APIRouter()
Maker = Annotated[Page, posted_by("settle")]


# ---------------------------------------------------------------- out of the drawer


@router.post("/portefeuille/apercu")
def look(page: Maker) -> Response:
    """What handing in the chosen instruments would do. Nothing is written."""
    view = VIEWS[page.query.one("vue", VIEWS, "cheques")]
    with page.books() as books:
        home, chosen = books.company.currency, chosen_of(page, view, books.company)
    faults, dry = _foreseen(page, chosen)
    if not page.hx:
        return drawer(page, view, dry, faults)
    return page.part("portfolio/_foreseen.html", preview=dry, asked=chosen, faults=faults, home=home)


@router.post("/portefeuille/remise")
def hand(page: Maker) -> Response:
    """Hand in what was chosen and looked at: on a slip where there is one. Pressing twice does it once."""
    view = VIEWS[page.query.one("vue", VIEWS, "cheques")]
    with page.books() as books:
        company = books.company
        chosen = chosen_of(page, view, company)
    handing, faults = _handing(page, chosen, company)
    if handing is None:
        return drawer(page, view, errors=faults)
    if page.form.text("vu") != handing.seen:
        return _again(page, view, chosen, [page.t("portfolio.look_first")])
    done = hand_in(page, handing, company, chosen.key)
    if done.reasons:
        return _again(page, view, chosen, done.reasons)
    if done.slip:
        return page.go(f"/bordereaux/{done.slip}", page.t("portfolio.slip_made", number=done.slip))
    said = page.t("portfolio.handed_in", transaction=done.transaction)
    link = (f"/transactions/{done.transaction}", page.t("portfolio.see_transaction"))
    return page.go(f"/portefeuille?vue={view.key}", said, link)


def _again(page: Page, view: View, chosen: Chosen, reasons: Sequence[str]) -> Response:
    """The same page with every reason, and what is chosen looked at anew."""
    faults, dry = _foreseen(page, chosen)
    return drawer(page, view, dry, [*(("", reason) for reason in reasons), *faults])


def _foreseen(page: Page, chosen: Chosen) -> tuple[list[tuple[str, str]], Preview | None]:
    """What handing these in would do; or what is missing for that."""
    with page.books() as books:
        company, held = books.company, books.held_named(references(chosen.references))
    handing, faults = _handing(page, chosen, company)
    gone = len(references(chosen.references)) - len({one.reference for one in held})
    if gone > 0:
        faults.append(("", page.t("portfolio.gone", gone)))
    if handing is None or faults:
        return faults, None
    return [], preview(page, handing, held)


def _handing(page: Page, chosen: Chosen, company: Company) -> tuple[Handing | None, list[tuple[str, str]]]:
    """What is asked, as it is asked; or what is missing in it."""
    faults, named = [], references(chosen.references)
    if not named:
        faults.append(("", page.t("portfolio.none_chosen")))
    if chosen.day is None:
        faults.append(("date", page.t("portfolio.malformed_day", seen=quoted(chosen.day_text))))
    if chosen.bank not in company.banks:
        faults.append(("banque", page.t("portfolio.no_bank")))
    if faults or chosen.day is None or chosen.change is None:
        return None, faults
    return Handing(chosen.change, chosen.bank, chosen.day, named), []


# ---------------------------------------------------------------- of what awaits one


@router.post("/portefeuille/bordereau")
def slip_of_waiting(page: Annotated[Page, posted_by("slip")]) -> Response:
    """A slip of deposits that await one: looked at first, then made."""
    day_text = page.form.text("date") or f"{page.today:%d/%m/%Y}"
    day, numbers = day_of(day_text), tuple(dict.fromkeys(page.form.all("choisi")))
    with page.books() as books:
        found = [w for w in books.waiting_for_slip() if str(w.transaction) in numbers]
        names = books.names({i.third_party for w in found for i in w.instruments})
    if not numbers or day is None:
        fault = ("", page.t("portfolio.none_chosen"))
        if numbers:
            fault = ("date", page.t("portfolio.malformed_day", seen=quoted(day_text)))
        return awaiting(page, errors=[fault])
    wanted = Wanted(found[0].kind.bank if found else "", date=day, transactions=numbers)
    seen = ",".join(sorted(numbers)) + day.isoformat()
    if page.form.flag("faire") and page.form.text("vu") == seen:
        done = make_slip(page, wanted, page.form.text("cle"))
        if done.slip:
            return page.go(f"/bordereaux/{done.slip}", page.t("portfolio.slip_made", number=done.slip))
        return awaiting(page, errors=[("", reason) for reason in done.reasons])
    return _looked_at(page, wanted, found, names, seen)


def _looked_at(page: Page, wanted: Wanted, found: Sequence[Waiting], names: Mapping[str, str], seen: str) -> Response:
    slip, reasons = slip_foreseen(page, wanted)
    lines: tuple[Line, ...] = ()
    if slip is not None:
        instruments = [i for w in found for i in w.instruments]
        what = page.t(f"portfolio.count_{slip.kind.state[:1]}", len(instruments))
        labels = [page.t("portfolio.line_bank", bank=slip.kind.bank, what=what)]
        labels += [
            f"{names[i.third_party]}, {page.t('portfolio.transaction_n', number=i.transaction)}" for i in instruments
        ]
        lines = shown(slip.entry, [*labels, *[""] * len(slip.entry.lines)])
    values: dict[str, Any] = {
        "preview": slip,
        "lines": lines,
        "picked": frozenset(w.transaction for w in found),
        "count": sum(len(w.instruments) for w in found),
        "seen": seen,
        "day_text": page.form.text("date"),
    }
    return awaiting(page, values, [("", reason) for reason in reasons])


# ---------------------------------------------------------------- one slip


@router.get("/bordereaux/{number}")
def one(page: Annotated[Page, seen_by("read_books")], number: str) -> Response:
    """A slip: what is on it, its entry, what became of it."""
    with page.books() as books:
        made = _found(books, number)
        entry, company = books.slip_entry(made), books.company
    bank = company.banks.get(made.bank)
    if page.query.flag("csv"):
        return _as_file(page, made)
    return page.show(
        "portfolio/slip.html",
        title=page.t("portfolio.slip_title", number=made.number),
        slip=made,
        lines=_named_lines(page, made, entry),
        bank=bank,
        iban=in_fours(bank.iban) if bank else "",
        home=company.currency,
    )


@router.get("/bordereaux/{number}/pdf")
def printed(page: Annotated[Page, seen_by("read_books")], number: str) -> Response:
    """The paper that goes to the bank."""
    with page.books() as books:
        made, company = _found(books, number), books.company
    return page.file(page.house.slip_pdf(made, company), f"bordereau-{made.number}.pdf", "application/pdf", inline=True)


@router.get("/bordereaux/{number}/annuler")
def ask(page: Annotated[Page, seen_by("cancel")], number: str) -> Response:
    """The entry that would take the slip back, before it does."""
    return _asked(page, number, page.query.text("date"), page.query.text("motif"))


@router.post("/bordereaux/{number}/annuler")
def cancel(page: Annotated[Page, posted_by("cancel")], number: str) -> Response:
    """Take the slip back: what was on it awaits a slip again."""
    day_text, reason = page.form.text("date"), page.form.text("motif")
    day = day_of(day_text)
    if not reason or (day_text and day is None):
        return _asked(page, number, day_text, reason, pressed=True)
    done = page.perform(CancelSlip(number, day, reason), page.form.text("cle"))
    if done.result is None:
        return _asked(page, number, day_text, reason, [reason_said(page, why) for why in done.reasons])
    return page.go(f"/bordereaux/{done.result['number']}", page.t("portfolio.slip_taken_back", number=number))


def _asked(
    page: Page, number: str, day_text: str, reason: str, told: Sequence[str] = (), *, pressed: bool = False
) -> Response:
    day = day_of(day_text)
    errors = [("", said) for said in told]
    if day_text and day is None:
        errors.append(("date", page.t("portfolio.malformed_day", seen=quoted(day_text))))
    if pressed and not reason:
        errors.append(("motif", page.t("portfolio.reason_wanted")))
    with page.books() as books:
        made = _found(books, number)
        entry, against = CancelSlip(made.number, day, reason).planned(books, made, page.today)
        home = books.company.currency
    if not told:
        errors += [("", fault.say(page.language)) for fault in against]
    return page.show(
        "portfolio/cancel.html",
        422 if errors and page.request.method == "POST" else 200,
        title=page.t("portfolio.cancel_slip"),
        errors=errors,
        slip=made,
        lines=_named_lines(page, made, entry) if entry else (),
        home=home,
        day_text=day_text or typeset_day(page, entry.date if entry else page.today),
        reason=reason,
        key=secrets.token_urlsafe(18),
    )


def typeset_day(page: Page, day: date) -> str:
    """A day as a field takes it."""
    return typeset.day(day, "fr") if page.language == "fr" else day.isoformat()


def _found(books: Readings, number: str) -> Made:
    made = books.slip(number)
    if made is None:
        raise Problem(404, Refusal("unknown_slip", "number", quoted(number)))
    return made


def _named_lines(page: Page, made: Made, entry: Entry) -> tuple[Line, ...]:
    means = made.drawn[0].state[:1] if made.drawn else "x"
    what = page.t(f"portfolio.count_{means if means in 'CEVSIDL' else 'x'}", made.count)
    labels = [page.t("portfolio.line_bank", bank=made.bank, what=what)]
    labels += [_known(page, d.name, d.received_by.partition("/")[0]) for d in made.drawn]
    return shown(entry, [*labels, *[""] * len(entry.lines)])


def _known(page: Page, name: str, transaction: object) -> str:
    return f"{name}, {page.t('portfolio.transaction_n', number=transaction)}"


def _as_file(page: Page, made: Made) -> Response:
    heads = [
        page.t(f"portfolio.{name}") for name in ("received_by", "customer", "name", "number", "amount", "currency")
    ]
    rows = (
        (d.received_by, d.third_party, d.name, d.reglement_num, Amount(d.amount, made.currency), made.currency.code)
        for d in made.drawn
    )
    return page.csv(f"bordereau-{made.number}", heads, rows)

"""Entries typed by hand: drafts listed, typed with their balance line by line, looked at and validated, taken back."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import Act
from lettrage.acts.drafts import AddDrafts, ChangeDraft, DropDraft, ValidateDrafts
from lettrage.acts.reverse import Reverse
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import Form, day_of
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.transactions import Planned, planned
from lettrage.adapters.http.pages.typed import amount_typed, day_typed
from lettrage.adapters.http.problems import Problem
from lettrage.books.drafts import GENERAL, KeptDraft, read, record_of, shape, totals
from lettrage.limits import ROWS_EXPORTED
from lettrage.money import Amount, Currency, currency, decimal_text
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.fields import whole_number

router = APIRouter()

HERE = "/ecritures/brouillons"
NEW = "nouveau"
_EMPTY_LINES = 4  # below those that are filled
# Names of a form's fields, and those of a draft's record.
_HEAD = {"date": "date", "journal": "journal", "libelle": "label", "piece": "piece"}
_LINE = {
    "compte": "account", "tiers": "third_party", "echeance": "due_date", "debit": "debit", "credit": "credit",
    "devise": "currency", "montant": "currency_amount",
}  # fmt: skip
_FIELD_OF = {record: field for field, record in (_HEAD | _LINE).items()}

Reader = Annotated[Page, seen_by("read_books")]
Typist = Annotated[Page, posted_by("draft")]
Validator = Annotated[Page, posted_by("validate")]


# ---------------------------------------------------------------- the list


@router.get(HERE)
def drafts(page: Reader) -> Response:
    """Drafts that are no entries yet, by date."""
    return _list(page)


def _list(
    page: Page,
    chosen: Sequence[str] = (),
    foreseen: Planned | None = None,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    exporting = page.query.one("format", ("csv",), "") == "csv"
    after = () if exporting else page.after()
    day, number = after or ("", 0)
    limit = ROWS_EXPORTED if exporting else page.rows
    with page.books() as books:
        found = books.open_drafts((str(day), int(number)), limit + 1)
        home = books.company.currency
    kept, more = found[:limit], found[limit:]
    if exporting:
        return _csv(page, kept, home)
    last = (kept[-1].draft.date.isoformat(), kept[-1].number) if more else None
    return page.show(
        "drafts/list.html",
        status,
        title=page.t("drafts.title"),
        drafts=[(one, *totals(one.draft)) for one in kept],
        currency=home,
        chosen=frozenset(chosen),
        planned=foreseen,
        key=secrets.token_urlsafe(16),
        pager=page.pager(len(kept), last),
        errors=list(errors),
    )


def _csv(page: Page, kept: Sequence[KeptDraft], home: Currency) -> Response:
    heads = ("number", "date", "journal", "piece", "label", "account", "party", "debit", "credit")
    rows = [
        (
            one.number, one.draft.date, one.draft.journal, one.draft.piece, one.draft.label, line.account,
            line.third_party, Amount(max(line.home, 0), home), Amount(max(-line.home, 0), home),
        )
        for one in kept
        for line in one.draft.lines
    ]  # fmt: skip
    return page.csv(page.t("drafts.file"), [page.t(f"drafts.{head}") for head in heads], rows)


@router.post(f"{HERE}/valider")
def validate(page: Validator) -> Response:
    """Look at what validating the chosen drafts would post; then do it, where it still is what was seen."""
    chosen = page.form.all("choisi")
    numbers = tuple(number for text in chosen if (number := whole_number(text)))
    if not numbers:
        return _list(page, errors=[("", page.t("drafts.none_chosen"))], status=422)
    act = ValidateDrafts(numbers)
    foreseen, errors = _looked_at(page, act)
    if foreseen is not None:
        return _list(page, chosen, foreseen, errors, 409 if errors else 200)
    done = page.perform(act, page.form.text("cle"))
    if done.result is None:
        return _list(page, chosen, planned(page, act), [("", one[page.language]) for one in done.reasons], 409)
    entries = done.result["entries"]
    link = (f"/ecritures/{entries[0]['entry']}", page.t("drafts.see_entry", number=entries[0]["entry"]))
    return page.go(HERE, page.t("drafts.validated", len(entries)), link)


def _looked_at(page: Page, act: Act) -> tuple[Planned | None, list[tuple[str, str]]]:
    """What an act would post, while it is only looked at, or where it is no more what was seen; None to go ahead."""
    key = page.form.text("cle")
    with page.books() as books:
        answered = bool(key) and books.kept(page.who.identity.name, key) is not None
    if answered:
        return None, []
    foreseen = planned(page, act)
    if not page.form.flag("faire") or not foreseen.possible:
        return foreseen, []
    return (None, []) if foreseen.seal == page.form.text("vu") else (foreseen, [("", page.t("transactions.moved"))])


# ---------------------------------------------------------------- one draft


@router.get(f"{HERE}/{NEW}")
def new(page: Annotated[Page, seen_by("draft")]) -> Response:
    """An empty one."""
    return _form(page, None, {"date": f"{page.today:%d/%m/%Y}", "journal": GENERAL, "lines": []})


@router.get(f"{HERE}/{{number}}")
def draft(page: Reader, number: str) -> Response:
    """A draft as it was typed; what has become an entry leads there."""
    kept, home = _kept(page, number)
    if kept.entry:
        return page.go(f"/ecritures/{kept.entry}")
    return _form(page, kept, _typed(record_of(shape(kept, home)), home))


@router.post(f"{HERE}/{NEW}")
def add(page: Typist) -> Response:
    """Keep it as a draft; or only add it up."""
    return _keep(page, None)


@router.post(f"{HERE}/{{number}}")
def change(page: Typist, number: str) -> Response:
    """Keep what was typed in its place; or only add it up."""
    kept, _ = _kept(page, number)
    return _keep(page, kept)


@router.post(f"{HERE}/{{number}}/supprimer")
def drop(page: Typist, number: str) -> Response:
    """Forget it."""
    kept, _ = _kept(page, number)
    done = page.perform(DropDraft(kept.number), page.form.text("cle"))
    said = page.t("drafts.dropped", number=kept.number) if done.result else done.reasons[0][page.language]
    return page.go(HERE, said)


def _kept(page: Page, number: str) -> tuple[KeptDraft, Currency]:
    """Raises Problem for a number that is no draft's."""
    with page.books() as books:
        found = books.drafts([whole_number(number)])
        if not found:
            raise Problem(404, Refusal("unknown_draft", "draft", quoted(number)))
        return found[0], books.company.currency


def _keep(page: Page, kept: KeptDraft | None) -> Response:
    typed = _said(page.form)
    with page.books() as books:
        home = books.company.currency
    record = _record(typed, home, page)
    if page.form.flag("compter"):
        return _form(page, kept, typed, _against(page, record, home))
    by = page.who.identity.name
    act: Act = AddDrafts((record,), by) if kept is None else ChangeDraft(kept.number, record, by)
    done = page.perform(act, page.form.text("cle"))
    if done.result is None:
        return _form(page, kept, typed, [_place(one, page) for one in done.reasons], 422)
    number = done.result["drafts"][0]["number"]
    return page.go(f"{HERE}/{number}", page.t("drafts.kept", number=number), (HERE, page.t("drafts.title")))


def _said(form: Form) -> dict[str, Any]:
    """What was typed, field by field; a line of blanks is none."""
    columns = {record: form.all(field) for field, record in _LINE.items()}
    count = max(map(len, columns.values()), default=0)
    lines = [
        {name: cells[at].strip() if at < len(cells) else "" for name, cells in columns.items()} for at in range(count)
    ]
    head = {record: form.text(field) for field, record in _HEAD.items()}
    return {**head, "lines": [line for line in lines if any(line.values())]}


def _record(typed: Mapping[str, Any], home: Currency, page: Page) -> dict[str, Any]:
    """The same in the one spelling of days and amounts; what is none of these stays as it is, to be told."""
    return {
        **typed,
        "date": _day(typed["date"], page),
        "lines": [
            {
                **line,
                "due_date": _day(line["due_date"], page),
                "debit": _amount(line["debit"], home),
                "credit": _amount(line["credit"], home),
                "currency_amount": _amount(line["currency_amount"], currency(line["currency"].upper()) or home),
            }
            for line in typed["lines"]
        ],
    }


def _day(text: str, page: Page) -> str:
    found = day_typed(text, page.today) if text else None
    return found.isoformat() if found else text


def _amount(text: str, of: Currency) -> str:
    minor = amount_typed(text, of)
    return text if minor is None else decimal_text(minor, of.decimals)


def _typed(record: Mapping[str, Any], home: Currency) -> dict[str, Any]:
    """A kept draft as one types it: days in short, no zeros, no currency but a foreign one."""
    lines = [
        {
            **line,
            "debit": _side(line["debit"], home),
            "credit": _side(line["credit"], home),
            "due_date": _short(line["due_date"]),
            "currency": "" if line["currency"] == home.code else line["currency"],
            "currency_amount": "" if line["currency"] == home.code else line["currency_amount"].lstrip("-"),
        }
        for line in record["lines"]
    ]
    return {**record, "date": _short(record["date"]), "lines": lines}


def _side(text: str, home: Currency) -> str:
    return "" if text == decimal_text(0, home.decimals) else text


def _short(text: str) -> str:
    day = day_of(text)
    return f"{day:%d/%m/%Y}" if day else text


def _against(page: Page, record: Mapping[str, Any], home: Currency) -> list[tuple[str, str]]:
    """What cannot be read of it; nothing else keeps a draft from being kept."""
    _, form = read(record, home, page.today, "")
    faults = [{"path": f.path, "fr": f.fr, "en": f.en} for f in form.faults]
    return [_place(fault, page) for fault in faults]


def _place(reason: Mapping[str, str], page: Page) -> tuple[str, str]:
    """A reason at the field that it is about: `lines[0].debit` is `debit-0`."""
    *line, name = reason["path"].split(".")
    field = _FIELD_OF.get(name, "")
    at = line[0].removeprefix("lines[").removesuffix("]") if line and line[0].startswith("lines[") else ""
    return f"{field}-{at}" if field and at else field, reason[page.language]


def _form(
    page: Page,
    kept: KeptDraft | None,
    typed: Mapping[str, Any],
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    with page.books() as books:
        home = books.company.currency
    drafted, _ = read(_record({"label": "", "piece": "", **typed}, home, page), home, page.today, "")
    balances, left = [], 0
    for line in drafted.lines:
        left += line.home
        balances.append(left)
    title = page.t("drafts.new") if kept is None else page.t("drafts.one", number=kept.number)
    return page.show(
        "drafts/form.html",
        status,
        title=title,
        kept=kept,
        typed={"label": "", "piece": "", **typed},
        lines=[*typed["lines"], *(dict.fromkeys(_LINE.values(), "") for _ in range(_EMPTY_LINES))],
        balances=balances,
        sides=totals(drafted),
        left=left,
        currency=home,
        faults=dict(reversed(list(errors))),
        key=secrets.token_urlsafe(16),
        errors=list(errors),
    )


# ---------------------------------------------------------------- taking back


@router.get("/ecritures/{number}/contre-passer")
def ask(page: Annotated[Page, seen_by("validate")], number: str) -> Response:
    """Why, and on which day."""
    return _taking_back(page, number)


@router.post("/ecritures/{number}/contre-passer")
def take_back(page: Validator, number: str) -> Response:
    """Look at the opposite entry; then post it."""
    text = page.form.text("date")
    day = day_typed(text, page.today) if text else None
    if text and day is None:
        return _taking_back(page, number, None, [("date", page.t("drafts.malformed_day", seen=quoted(text)))], 422)
    act = Reverse(number, page.form.text("motif"), page.who.identity.name, day)
    foreseen, errors = _looked_at(page, act)
    if foreseen is not None:
        return _taking_back(page, number, foreseen, errors, 409 if errors else 200)
    done = page.perform(act, page.form.text("cle"))
    if done.result is None:
        reasons = [("", one[page.language]) for one in done.reasons]
        return _taking_back(page, number, planned(page, act), reasons, 409)
    return page.go(f"/ecritures/{done.result['entry']}", page.t("drafts.taken_back", number=number))


def _taking_back(
    page: Page,
    number: str,
    foreseen: Planned | None = None,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    with page.books() as books:
        typed, home = books.typed(number), books.company.currency
    if typed is None:
        raise Problem(404, Refusal("unknown_entry", "entry", quoted(number)))
    return page.show(
        "drafts/take_back.html",
        status,
        title=page.t("drafts.take_back", number=number),
        number=number,
        typed=typed,
        reason=page.form.text("motif"),
        day=page.form.text("date") or f"{max(page.today, typed.entry.date):%d/%m/%Y}",
        planned=foreseen,
        currency=home,
        key=page.form.text("cle") or secrets.token_urlsafe(16),
        faults=dict(errors),
        errors=list(errors),
    )

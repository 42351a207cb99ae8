"""Bank statements: brought in, listed, and line by line what each is, with the entry that accepting it would post."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date as Day  # noqa: N812
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import Refused, Rehearsed, rehearse
from lettrage.acts.bank import AcceptLine, UndoLine
from lettrage.acts.matching import Choice, accepted, accepting, settle_certain, verdicts
from lettrage.acts.statements import ImportStatement
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.handing import Line, reason_said
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.payments import seal
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.pages.typeset import fact
from lettrage.adapters.http.problems import Problem
from lettrage.bank.lines import Kept, Listed
from lettrage.bank.matching import Proposal
from lettrage.bank.matching.reasons import told
from lettrage.bank.reconciliation import Reconciliation
from lettrage.limits import CODE_CHARACTERS
from lettrage.money import Amount, figure
from lettrage.refusal import Refusal, quoted

router = APIRouter()

View = Literal["a-rapprocher", "rapprochees", "toutes"]
VIEWS: tuple[View, ...] = ("a-rapprocher", "rapprochees", "toutes")
OTHER = 0  # the rank of what is no proposal: an account
ACCOUNTS = ("471000", "580000", "627800")
REASONS_SHOWN = 4


class Said(msgspec.Struct, frozen=True):
    """A proposal as people read it. `against`: reasons that speak against it."""

    rank: int
    score: int
    what: str
    detail: str
    reasons: tuple[str, ...]
    sure: bool


class Row(msgspec.Struct, frozen=True):
    """A line of the statement. `said`: the first proposal, or what it was taken for."""

    kept: Kept
    said: Said | None
    others: int
    href: str
    here: bool


class Panel(msgspec.Struct, frozen=True):
    """What stands beside the lines: the one that is looked at, what it may be, and what accepting it would do.

    `fees`: the bank took some by this line, of which a part may be VAT; `day`: where not the statement's.
    """

    kept: Kept
    choices: tuple[Said, ...] = ()
    chosen: int = 1
    account: str = ""
    vat: str = ""
    day: Day | None = None
    fees: bool = False
    lines: tuple[Line, ...] = ()
    reasons: tuple[str, ...] = ()
    seen: str = ""
    possible: bool = False
    taken: Said | None = None


# ---------------------------------------------------------------- the list


@router.get("/banque/releves")
def statements(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """The statements, and where files are brought in."""
    return _list(page)


@router.post("/banque/releves")
def bring_in(page: Annotated[Page, posted_by("bank")]) -> Response:
    """Bring files in: each movement once. What can mean one thing only settles itself where the dossier says so."""
    files = page.form.files("fichier")
    if not files:
        return _list(page, [("fichier", page.t("bank.none_chosen"))])
    errors: list[tuple[str, str]] = []
    notes: list[str] = []
    ids: list[int] = []
    for name, data in files:
        with page.house.working(data):
            act = ImportStatement.of(name[:200], data, page.who.identity.name)
        done = page.perform(act)
        statements = done.result["statements"] if done.result else []
        refused = [*done.reasons, *(reason for one in statements for reason in one["reasons"])]
        errors += [("", f"{name} : {reason_said(page, reason)}") for reason in refused]
        notes += [reason_said(page, note) for one in statements for note in one["warnings"]]
        ids += [one["id"] for one in statements if one["id"]]
    settled = settle_certain(page.caller(), page.house.store, page.clock)
    if errors:
        return _list(page, errors)
    said = " ".join([page.t("bank.imported_n", len(ids)), page.t("bank.settled_n", len(settled)), *notes])
    return page.go(f"/banque/releves/{ids[0]}" if len(ids) == 1 else "/banque/releves", said)


def _list(page: Page, errors: Sequence[tuple[str, str]] = ()) -> Response:
    bank = page.query.text("banque", CODE_CHARACTERS)
    with page.books() as books:
        company, found = books.company, books.bank_statements(bank)
    if page.query.flag("csv"):
        return _list_as_file(page, found)
    return page.show(
        "bank/statements.html",
        422 if errors else 200,
        title=page.t("bank.statements"),
        statements=found,
        bank=bank,
        banks=list(company.banks),
        open=sum(one.open for one in found),
        errors=list(errors),
        may=page.may("bank"),
    )


def _list_as_file(page: Page, found: Sequence[Listed]) -> Response:
    names = ("code", "number", "from", "to", "opening", "closing", "currency", "lines", "to_match", "file")
    rows = (
        (
            one.bank, one.number, one.start, one.end,
            None if one.opening is None else Amount(one.opening, one.currency),
            None if one.closing is None else Amount(one.closing, one.currency),
            one.currency.code, one.lines, one.open, one.file,
        )
        for one in found
    )  # fmt: skip
    return page.csv("releves", [page.t(f"bank.{name}") for name in names], rows)


# ---------------------------------------------------------------- one statement


@router.get("/banque/releves/{number}")
def statement(page: Annotated[Page, seen_by("read_books")], number: str) -> Response:
    """The lines of a statement; beside them the one that is looked at."""
    return _shown(page, _number(number), page.query.number("ligne"), _choice_asked(page))


def _choice_asked(page: Page) -> Choice:
    query = page.query
    account = query.text("compte", CODE_CHARACTERS) if query.text("choix") == str(OTHER) else ""
    rank = max(query.number("choix", 1, 99), 1)
    return Choice(0, rank, account, query.day("date"), figure(query.text("tva")))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _shown(page: Page, number: int, line: int, choice: Choice, errors: Sequence[str] = ()) -> Response:
    with page.books() as books:
        found = books.bank_statements(statement=number) if number else []
        if not found:
            raise Problem(404, Refusal("unknown_statement", "number", quoted(str(number))))
        lines, home = books.bank_lines(number), books.company.currency
        weighed = verdicts(books.bank_lines(open_only=True), books) if found[0].open else {}
    proposals = {own: verdict.proposals for own, verdict in weighed.items()}
    default: View = "a-rapprocher" if found[0].open else "toutes"
    view: View = page.query.one("vue", VIEWS, default)
    if page.query.flag("csv"):
        return _as_file(page, lines, proposals)
    shown = [kept for kept in lines if _in(view, kept)]
    chosen = next((kept for kept in lines if kept.line.id == line), shown[0] if shown else None)
    panel = _panel(page, chosen, proposals.get(chosen.line.id, ()), choice) if chosen else None
    return page.show(
        "bank/statement.html",
        422 if errors else 200,
        title=page.t("bank.statement_n", number=found[0].number or found[0].id),
        statement=found[0],
        rows=[_row(page, kept, proposals.get(kept.line.id, ()), view, chosen) for kept in shown],
        view=view,
        views=[(name, sum(1 for kept in lines if _in(name, kept))) for name in VIEWS],
        panel=panel,
        accounts=ACCOUNTS,
        key=secrets.token_urlsafe(16),
        home=home,
        errors=[("", said) for said in errors],
        may=page.may("bank"),
    )


def _in(view: View, kept: Kept) -> bool:
    waits = kept.match is None and kept.twin is None
    return view == "toutes" or (view == "a-rapprocher") == waits


def _row(page: Page, kept: Kept, proposals: Sequence[Proposal], view: View, chosen: Kept | None) -> Row:
    taken = accepted(kept)
    first = taken or next(iter(proposals), None)
    href = f"/banque/releves/{kept.statement}?{urlencode({'vue': view, 'ligne': kept.line.id})}"
    here = chosen is not None and chosen.line.id == kept.line.id
    return Row(kept, said(page, first) if first else None, max(0, len(proposals) - 1), href, here)


def _panel(page: Page, kept: Kept, proposals: Sequence[Proposal], choice: Choice) -> Panel:
    """What the line may be, and what accepting the choice would post: the act itself, rehearsed."""
    taken = accepted(kept)
    if taken is not None or kept.twin is not None:
        return Panel(kept, taken=said(page, taken) if taken else None)
    choices = tuple(said(page, proposal) for proposal in proposals)
    rank = OTHER if choice.account or not proposals else min(choice.rank, len(proposals))
    account = choice.account or ACCOUNTS[0]
    own = next((proposal for proposal in proposals if proposal.rank == rank), None)
    fees = rank == OTHER or (own is not None and own.fees > 0)
    choice = msgspec.structs.replace(choice, vat=choice.vat if fees else None)
    blank = Panel(kept, choices, rank, account, choice.vat.text if choice.vat else "", choice.day, fees)
    if not page.may("bank") or (own is None and not choice.account):
        return blank
    rehearsed = _rehearsed(page, msgspec.structs.replace(choice, line=kept.line.id, rank=rank))
    return msgspec.structs.replace(
        blank,
        lines=_entry(rehearsed),
        reasons=tuple(reason_said(page, reason) for reason in rehearsed.performed.reasons),
        seen=seal(rehearsed),
        possible=rehearsed.performed.result is not None,
    )


def _rehearsed(page: Page, choice: Choice) -> Rehearsed:
    return rehearse(_act(page, choice), page.caller(), page.house.base, page.clock)


def _act(page: Page, choice: Choice) -> AcceptLine:
    with page.books() as books:
        return accepting(choice, books, page.who.identity.name)


def _entry(rehearsed: Rehearsed) -> tuple[Line, ...]:
    return tuple(
        Line(line.account, line.third_party, max(line.home, 0), max(-line.home, 0))
        for entry in rehearsed.entries
        for line in entry.lines
    )


def said(page: Page, proposal: Proposal) -> Said:
    """A proposal in words."""
    pieces = " + ".join(
        f"{part.prefix}{part.piece}" if part.piece else page.t("bank.advance") for part in proposal.items
    )
    named = proposal.slip, proposal.account, len(proposal.instruments)
    what = pieces or page.t(f"bank.is_{proposal.kind}", slip=named[0], account=named[1], count=named[2]).strip()
    reasons = sorted(
        (told(reason, lambda text: fact(text, page.language)) for reason in proposal.reasons),
        key=lambda own: -abs(own["score"]),
    )
    return Said(
        proposal.rank,
        proposal.score,
        what,
        " + ".join(proposal.third_parties),
        tuple(own[page.language] for own in reasons[:REASONS_SHOWN]),
        proposal.automatic,
    )


def _as_file(page: Page, lines: Sequence[Kept], proposals: Mapping[int, Sequence[Proposal]]) -> Response:
    names = ("line", "date", "amount", "currency", "name", "text", "status", "proposal", "transaction")
    rows = [_cells(page, kept, next(iter(proposals.get(kept.line.id, ())), None)) for kept in lines]
    return page.csv(f"releve-{lines[0].statement if lines else 0}", [page.t(f"bank.{name}") for name in names], rows)


def _cells(page: Page, kept: Kept, proposed: Proposal | None) -> list[Cell]:
    line, first = kept.line, accepted(kept) or proposed
    return [
        line.id,
        line.date,
        Amount(line.amount, line.currency),
        line.currency.code,
        line.name,
        line.text,
        page.t(f"bank.status_{kept.status}"),
        said(page, first).what if first else "",
        " ".join(map(str, kept.match.transactions)) if kept.match else "",
    ]


# ---------------------------------------------------------------- doing


@router.post("/banque/lignes/{number}/accepter")
def accept(page: Annotated[Page, posted_by("bank")], number: str) -> Response:
    """Take a line for what was looked at."""
    line, form = _number(number), page.form
    rank = _number(form.text("choix"))
    account = form.text("compte") if rank == OTHER else ""
    choice = Choice(line, rank, account, day_of(form.text("date")), figure(form.text("tva")))
    with page.books() as books:
        kept = books.bank_line(line)
        known = bool(form.text("cle")) and books.kept(page.who.identity.name, form.text("cle")) is not None
    if kept is None:
        raise Problem(404, Refusal("unknown_bank_line", "line", quoted(number)))
    try:
        if not known and kept.match is None and seal(_rehearsed(page, choice)) != form.text("vu"):
            return _shown(page, kept.statement, line, choice, [page.t("bank.look_first")])
        act = _act(page, choice)
    except Refused as refused:
        return _shown(page, kept.statement, line, choice, [reason.say(page.language) for reason in refused.reasons])
    done = page.perform(act, form.text("cle"))
    if done.result is None:
        return _shown(page, kept.statement, line, choice, [reason_said(page, reason) for reason in done.reasons])
    made = done.result["transactions"]
    link = (f"/transactions/{made[0]}", page.t("bank.to_transaction", number=made[0])) if made else ("", "")
    return page.go(f"/banque/releves/{kept.statement}", page.t("bank.accepted", line=line), link)


@router.post("/banque/lignes/{number}/annuler")
def undo(page: Annotated[Page, posted_by("bank")], number: str) -> Response:
    """Take an acceptance back: the line is free."""
    line = _number(number)
    with page.books() as books:
        kept = books.bank_line(line)
    if kept is None:
        raise Problem(404, Refusal("unknown_bank_line", "line", quoted(number)))
    done = page.perform(UndoLine(line, page.form.text("motif"), page.who.identity.name), page.form.text("cle"))
    if done.result is None:
        return _shown(page, kept.statement, line, Choice(line), [reason_said(page, reason) for reason in done.reasons])
    return page.go(f"/banque/releves/{kept.statement}?ligne={line}", page.t("bank.undone", line=line))


# ---------------------------------------------------------------- the account reconciled


@router.get("/banque/rapprochement/{code}")
def reconciliation(page: Annotated[Page, seen_by("read_books")], code: str) -> Response:
    """What keeps the ledger and the statement apart on a day, proven by the sum."""
    day = page.query.day("date") or page.today
    with page.books() as books:
        company = books.company
        if code not in company.banks:
            raise Problem(404, Refusal("unknown_bank", "code", quoted(code), ", ".join(company.banks) or "-"))
        found = books.reconciliation(code, day)
    if page.query.flag("csv"):
        return _reconciliation_as_file(page, found)
    return page.show(
        "bank/reconciliation.html",
        title=page.t("bank.reconciliation_of", bank=code),
        bank=company.banks[code],
        banks=list(company.banks),
        found=found,
        day=day,
    )


def _reconciliation_as_file(page: Page, found: Reconciliation) -> Response:
    def row(side: str, day: Day, amount: int, entry: str = "", text: str = "") -> list[Cell]:
        return [page.t(f"bank.{side}"), day, entry, text, Amount(amount, found.currency)]

    rows = [
        row("ledger", found.date, found.ledger),
        *(row("only_ledger", own.date, -own.left, own.entry, own.label) for own in found.ledger_only),
        *(row("only_statement", own.date, own.left, "", own.text) for own in found.statement_only),
        row("start", found.date, found.start - found.before),
        *(row("gap", gap.before, gap.amount) for gap in found.gaps),
        row("statement_balance", found.date, found.reached),
    ]
    heads = [page.t(f"bank.{name}") for name in ("side", "date", "entry", "text", "amount")]
    return page.csv(f"rapprochement-{found.bank}", heads, rows)

"""Entries typed by hand: drafts, their validation, and the entry that takes one back."""

from typing import Annotated, Any

import typer

from lettrage.acts.drafts import AddDrafts, ChangeDraft, DropDraft, ValidateDrafts
from lettrage.acts.reverse import Reverse
from lettrage.books.draft_files import parse
from lettrage.books.drafts import record_of, shape
from lettrage.commands.shared import CallerName, Key, app, context, day, plain, read_file, user
from lettrage.dates import day as day_of
from lettrage.limits import DOCUMENT
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement.fields import whole_number

draft = typer.Typer(no_args_is_help=True, help="Entries typed by hand. / Écritures saisies à la main.")
app.add_typer(draft, name="draft")

File = Annotated[str, typer.Argument(metavar="[FILE]", help="JSON or CSV; - for standard input; none: the options")]
Number = Annotated[str, typer.Argument(metavar="DRAFT", help="Draft number")]
Dated = Annotated[str, typer.Option("--date", help="Date of the entry; default: today")]
Journal = Annotated[str, typer.Option(help="Default: OD")]
Label = Annotated[str, typer.Option(help="What the entry is about")]
Piece = Annotated[str, typer.Option(help="The voucher that it records")]
_SIDE = "ACCOUNT=AMOUNT, ACCOUNT/THIRD PARTY=AMOUNT, ACCOUNT/THIRD PARTY/DUE DATE=AMOUNT; may be given several times"
Debit = Annotated[list[str] | None, typer.Option(help=_SIDE)]
Credit = Annotated[list[str] | None, typer.Option(help=_SIDE)]
_MOST = 10_000  # drafts that a list shows


@draft.command()
def add(
    file: File = "",
    date: Dated = "",
    journal: Journal = "",
    label: Label = "",
    piece: Piece = "",
    debit: Debit = None,
    credit: Credit = None,
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Keep one or several entries as drafts. / Saisir des brouillons d'écritures."""
    typed = _typed(date, journal, label, piece, debit, credit)
    records = _read(file, typed)
    act = AddDrafts(tuple(records), plain(caller, "--caller") or user())
    _show(context.result(context.performed(act, key, caller))["drafts"])


@draft.command("list")
def list_() -> None:
    """The drafts that are no entries yet. / Brouillons non validés."""
    with context.books() as books:
        found = [shape(kept, books.company.currency) for kept in books.open_drafts(limit=_MOST)]
    context.show(found, "drafts")


@draft.command()
def show(number: Number) -> None:
    """One draft with its lines. / Un brouillon et ses lignes."""
    _show([_kept(number)])


@draft.command()
def change(
    number: Number,
    file: File = "",
    date: Dated = "",
    journal: Journal = "",
    label: Label = "",
    piece: Piece = "",
    debit: Debit = None,
    credit: Credit = None,
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Put a file in a draft's place, or change what the options name. / Modifier un brouillon."""
    typed = _typed(date, journal, label, piece, debit, credit)
    if file:
        record, *more = _read(file, typed)
        if more:
            raise Stop(Refusal("too_many_drafts", "FILE", str(len(more) + 1), "1"))
    else:
        record = record_of(_kept(number)) | typed
    act = ChangeDraft(_number(number), record, plain(caller, "--caller") or user())
    _show(context.result(context.performed(act, key, caller))["drafts"])


@draft.command()
def drop(number: Number, key: Key = None, caller: CallerName = "") -> None:
    """Forget a draft. / Supprimer un brouillon."""
    dropped = context.result(context.performed(DropDraft(_number(number)), key, caller))
    context.show(dropped["drafts"], "drafts")


@draft.command()
def validate(
    numbers: Annotated[list[str], typer.Argument(metavar="DRAFT...", help="Draft numbers")],
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Post drafts for good, all of them or none. / Valider des brouillons, définitivement."""
    act = ValidateDrafts(tuple(_number(number) for number in numbers))
    done = context.result(context.performed(act, key, caller))
    context.show(done if context.json else done["entries"], "validated")


@app.command()
def reverse(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="Its number: 2026-000123")],
    reason: Annotated[str, typer.Option(help="Why, kept in the label and the logbook")],
    date: Dated = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Take back an entry typed by hand by the opposite one. / Contre-passer une écriture saisie à la main."""
    by = plain(caller, "--caller") or user()
    act = Reverse(plain(entry, "ENTRY"), plain(reason, "--reason"), by, day_of(day(date, "--date")))
    context.perform(act, "reversed", key, caller)


def _typed(
    date: str, journal: str, label: str, piece: str, debit: list[str] | None, credit: list[str] | None
) -> dict[str, Any]:
    """What the options say of a draft."""
    said = {
        "date": day(date, "--date"),
        "journal": plain(journal, "--journal"),
        "label": plain(label, "--label"),
        "piece": plain(piece, "--piece"),
    }
    record: dict[str, Any] = {name: text for name, text in said.items() if text}
    lines = [_line(text, side) for side, texts in (("debit", debit), ("credit", credit)) for text in texts or ()]
    return record | ({"lines": lines} if lines else {})


def _line(text: str, side: str) -> dict[str, str]:
    """A line given as an option: 411000/C1=100.00."""
    place, equals, amount = plain(text, f"--{side}").rpartition("=")
    account, *more = place.split("/")
    if not equals or len(more) > 2:
        raise Stop(Refusal("malformed_option", f"--{side}", quoted(text), "411000/C1/2026-12-31=100.00"))
    names = dict(zip(("third_party", "due_date"), more, strict=False))
    return {"account": account, side: amount, **names}


def _read(file: str, typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a file, what the options say put over each; of the options alone where there is no file."""
    name = plain(file, "FILE")
    if not name:
        return [typed]
    return [record | typed for record in parse(read_file(name, DOCUMENT), name)]


def _kept(number: str) -> dict[str, Any]:
    with context.books() as books:
        found = books.drafts([_number(number)])
        if not found:
            raise Stop(Refusal("unknown_draft", "DRAFT", quoted(number)))
        return shape(found[0], books.company.currency)


def _number(text: str) -> int:
    found = whole_number(text.strip())
    if not found:
        raise Stop(Refusal("malformed_option", "DRAFT", quoted(text), "1, 2, 3 ..."))
    return found


def _show(found: list[dict[str, Any]]) -> None:
    if context.json:
        context.show({"drafts": found} if len(found) != 1 else found[0], "drafts")
        return
    for one in found:
        context.show([one], "drafts")
        context.show(one["lines"], "draft_lines")

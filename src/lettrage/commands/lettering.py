"""Lettering: what is lettered with what and since when; by hand; credit notes and advances against invoices."""

from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.acts import Act
from lettrage.acts.lettering import MakeLettering, UndoLettering
from lettrage.acts.offsetting import Offset
from lettrage.books.lettered import candidate_shape, shape
from lettrage.commands.shared import CallerName, Key, app, context, plain, print_json, user
from lettrage.limits import ROWS_EXPORTED
from lettrage.refusal import Refusal, quoted

lettering = typer.Typer(no_args_is_help=True, help="Which lines settle one another. / Lettrage des comptes.")
app.add_typer(lettering, name="lettering")

_WORDS = {
    "whole": ("soldé", "settled"),
    "part": ("en partie", "in part"),
    "open": ("délettré", "not lettered"),
    "lettered": ("lettré", "lettered"),
    "lettered_in_part": ("lettré en partie", "lettered in part"),
    "undone": ("délettré", "undone"),
    "settlement": ("règlement", "settlement"),
    "unpaid": ("impayé", "returned"),
    "represented": ("représentation", "presented again"),
    "cancel": ("annulation", "cancellation"),
    "loaded": ("reprise", "load"),
    "entry": ("écriture", "entry"),
    "by_hand": ("à la main", "by hand"),
}
Account = Annotated[str, typer.Option(help="Account, for instance 411000")]
Party = Annotated[str, typer.Option(help="Third party's code")]


@lettering.command("list")
def list_(third_party: Party = "", account: Account = "") -> None:
    """Groups, and what lettered or undid them; without a third party by hand alone. / Lettrages et leur histoire."""
    party, of = plain(third_party, "--third-party"), plain(account, "--account")
    with context.books() as books:
        unknown = bool(party) and not books.has_third_party(party)
        groups, _ = books.lettering_log(party, of, (), ROWS_EXPORTED)
        found = [shape(group, books.company.currency) for group in groups]
    if unknown and not context.json:
        terminal.tell(Refusal("unknown_third_party", "--third-party", quoted(party)).say(context.lang))
    if context.json or not found:
        context.show(found, "letterings")
        return
    for group in found:
        _show(group)


@lettering.command("open")
def open_(account: Account, third_party: Party = "") -> None:
    """Lines of an account that may be lettered by hand. / Lignes à lettrer à la main."""
    of, party = plain(account, "--account"), plain(third_party, "--third-party")
    with context.books() as books:
        lines, _ = books.unlettered(of, party, (), ROWS_EXPORTED)
        found = [candidate_shape(line, books.company.currency) for line in lines]
    context.show(found, "letter_lines")


@lettering.command()
def make(
    lines: Annotated[list[str], typer.Argument(metavar="ENTRY/LINE...", help="For instance 2024-000012/3")],
    account: Account,
    third_party: Party = "",
    reason: Annotated[str, typer.Option(help="Why, kept with the lettering")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Letter lines that balance and name no due item. / Lettrer des lignes à la main."""
    act = MakeLettering(
        plain(account, "--account"),
        plain(third_party, "--third-party"),
        tuple(plain(line, "ENTRY/LINE") for line in lines),
        _by(caller),
        plain(reason, "--reason"),
    )
    _perform(act, key, caller)


@lettering.command()
def undo(
    name: Annotated[str, typer.Argument(metavar="LETTER", help="A lettering by hand, for instance M1")],
    reason: Annotated[str, typer.Option(help="Why, kept with the lettering")],
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Take a lettering by hand away; it stays in the log. / Annuler un lettrage à la main."""
    _perform(UndoLettering(plain(name, "LETTER"), plain(reason, "--reason"), _by(caller)), key, caller)


@lettering.command()
def offset(
    third_party: Party,
    pieces: Annotated[list[str] | None, typer.Argument(metavar="PIECE...", help="Invoices and credit notes")] = None,
    advance: Annotated[list[str] | None, typer.Option(help="An advance, by its transaction; repeatable")] = None,
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Settle invoices by credit notes and advances, without money. / Imputer avoirs et acomptes."""
    act = Offset(
        plain(third_party, "--third-party"),
        tuple(plain(piece, "PIECE") for piece in pieces or ()),
        tuple(plain(number, "--advance") for number in advance or ()),
        _by(caller),
    )
    done = context.result(context.performed(act, key, caller))
    if context.json:
        print_json(done)
        return
    terminal.say(f"Transaction {done['transaction']}", *terminal.table(done["offset"], "offset", context.lang))


def _by(caller: str) -> str:
    return plain(caller, "--caller") or user()


# ---------------------------------------------------------------- for reading


def _perform(act: Act, key: str | None, caller: str) -> None:
    group = context.result(context.performed(act, key, caller))
    if context.json:
        print_json(group)
    else:
        _show(group)


def _show(group: dict[str, Any]) -> None:
    """A group: its lines, then what lettered and undid it."""
    head = (group["letter"] or group["group"], group["account"], group["third_party"], group["piece"], group["state"])
    lines = [{**line, "name": f"{line['entry']}/{line['line']}"} for line in group["lines"]]
    terminal.say(" · ".join(_said(word) for word in head if word))
    terminal.say(*terminal.table(lines, "letter_lines", context.lang))
    events = [{**event, "what": _said(event["what"]), "act": _said(event["act"])} for event in group["history"]]
    if events:
        terminal.say("", *terminal.table(events, "letter_events", context.lang))
    terminal.say("")


def _said(word: str) -> str:
    return terminal.said(_WORDS[word], context.lang) if word in _WORDS else word

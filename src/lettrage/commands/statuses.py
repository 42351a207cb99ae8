"""Statuses of invoices on an approved platform: said by hand, told of payments, and the life of an invoice."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.acts.statuses import DeclareStatus, attached
from lettrage.acts.telling import TellAgain, declare_all
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.rules import SheetRules
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.commands.invoices import Document, Number, ThirdParty, named
from lettrage.commands.lifecycle import lifecycle
from lettrage.commands.shared import CallerName, Key, context, only, plain, print_json, read_file, user
from lettrage.commands.status_tables import declared_lines
from lettrage.commands.working import at_hand
from lettrage.invoicing.doors import environment_of, name_of
from lettrage.invoicing.explaining.story import Point, shape, story
from lettrage.invoicing.lifecycle.message import Attachment
from lettrage.invoicing.sending.carried import BY_ITSELF
from lettrage.limits import ATTACHMENT_BYTES, Limits
from lettrage.refusal import Refusal, Stop, legible, quoted
from lettrage.settlement.fields import whole_number


@lifecycle.command()
def say(
    number: Number,
    status: Annotated[str, typer.Option(help="209 completed, 220 cancelled, 227 another account to pay")],
    comment: Annotated[str, typer.Option(help="What the buyer is to know")] = "",
    attach: Annotated[list[str] | None, typer.Option(help="A file that the buyer is to have; may be repeated")] = None,
    bank: Annotated[str, typer.Option(help="For 227: the code of the company's account that is to be paid")] = "",
    instead: Annotated[str, typer.Option("--by", help="For 220: the corrective invoice's number")] = "",
    third_party: ThirdParty = "",
    document: Document = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Tell the platform a status of an invoice. / Donner un statut à une facture."""
    files = tuple(_attachment(name) for name in attach or ())
    with context.books() as books:
        found = named(books, number, third_party, document)[0]
        platform = approved_on(books)
    act = DeclareStatus(
        found.id,
        found.number,
        platform,
        plain(status, "--status"),
        plain(caller, "--caller") or user(),
        SheetRules(),
        plain(comment, "--comment"),
        files,
        plain(bank, "--bank"),
        plain(instead, "--by"),
    )
    done = context.result(context.performed(act, key, caller))
    store = context.store()
    at_hand(store).work(context.dossier or only(store), [("send", str(flow)) for flow in _flows(store, done)])
    context.show(done, "status_said")
    if not context.json:
        terminal.tell(*(terminal.sentence(reason, context.lang) for reason in done["warnings"]))


def approved_on(books: SqlBooks) -> str:
    """The name of the approved platform in the environment that is on."""
    return name_of("approved", environment_of(books.platform_on()))


def _flows(store: SqlStore, done: dict[str, Any]) -> list[int]:
    with store.books(context.dossier or only(store), writing=False) as books:
        said = books.said("status", done["platform"])
    return [one.flow for one in said if str(one.id) == done["message"]]


def _attachment(file: str) -> Attachment:
    """A file to go with a status. Raises Stop."""
    name = Path(plain(file, "--attach")).name
    return attached(name, read_file(file, Limits(document_bytes=ATTACHMENT_BYTES)))


# ---------------------------------------------------------------- payments


@lifecycle.command()
def declare(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, tell nothing")] = False,
    caller: CallerName = "",
) -> None:
    """Tell the platform what was received (212), now. / Déclarer les encaissements (212), tout de suite.

    The worker does it by itself, a minute after a settlement at the latest.
    """
    store = context.store()
    dossier = context.dossier or only(store)
    by = plain(caller, "--caller") or BY_ITSELF
    done = declare_all(store, dossier, SheetRules(), SystemClock().now(), by, dry_run=dry_run)
    if done["declared"] and not dry_run:
        at_hand(store).work(dossier)
    if context.json:
        print_json(done)
    else:
        _show_declared(done)
    if done["kept_back"]:
        raise typer.Exit(1)


_NOTHING = ("Rien à déclarer : tout ce qui a été encaissé est dit.", "Nothing to tell: all that was received is told.")


def _show_declared(done: dict[str, Any]) -> None:
    if done["declared"]:
        terminal.show(declared_lines(done["declared"]), "declared", context.lang)
    elif not done["kept_back"]:
        terminal.say(terminal.said(_NOTHING, context.lang))
    for one in done["kept_back"]:
        terminal.tell(*(f"{one['number']} : {terminal.sentence(r, context.lang)}" for r in one["reasons"]))


@lifecycle.command()
def again(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The number of the message that was refused")],
    caller: CallerName = "",
) -> None:
    """Let what the platform refused be told again. / Redire ce que la plateforme a refusé.

    A payment is told again by itself, with what the books say by now; another status is then said by hand.
    """
    given = plain(message, "MESSAGE")
    number = whole_number(given)
    if not number:
        raise Stop(Refusal("no_message_to_tell_again", "MESSAGE", quoted(given)))
    with context.books() as books:
        platform = approved_on(books)
    act = TellAgain(number, platform)
    done = context.result(context.performed(act, None, caller))
    context.show(done, "status_freed")


# ---------------------------------------------------------------- the life of an invoice


@lifecycle.command()
def history(number: Number, third_party: ThirdParty = "", document: Document = "") -> None:
    """The life of an invoice, from its making to the reconciled payment. / La vie d'une facture."""
    with context.books() as books:
        documents = named(books, number, third_party, document)
        frame = books.document_content(documents[0].id).frame
        platform = books.platform_of(documents, books.platform_on())
        points = story(books.invoice_told(documents, platform, frame))
    if context.json:
        print_json([shape(point) for point in points])
    else:
        terminal.say(*(legible(line) for point in points for line in _told(point)))


def _told(point: Point) -> list[str]:
    """Something that happened, for reading."""
    lang = context.lang
    when = terminal.moment(point.at.isoformat()) if point.at else ""
    if point.heard is not None:
        when += f" ({terminal.said(_HEARD, lang)} {terminal.moment(point.heard.isoformat())})"
    code = point.code if point.code.isdecimal() else ""
    amounts = " · ".join(
        " ".join(filter(None, (one.type, one.amount, one.currency, f"({one.percent} %)" if one.percent else "")))
        for one in point.amounts
    )
    outcome = terminal.said(_OUTCOMES[point.outcome], lang) if point.outcome else ""
    head = " · ".join(filter(None, (when, f"{code} {point.word(lang)}".strip(), amounts, outcome, point.by)))
    lines = [head]
    if not point.reasons and point.text:
        lines.append(f"    {point.beside(lang)}")
    lines += [f"    {code} {action.fr if lang == 'fr' else action.en}" for code, action in point.asked]
    for reason in point.reasons:
        told = reason.shape
        lines += [f"    {line}" for line in terminal.prose(f"{told['code']} : {told[lang]}")]
        lines += [f"    {line}" for line in terminal.prose(f"→ {told[f'fix_{lang}']}")]
    return lines


_HEARD = ("appris le", "heard on")
_OUTCOMES = {
    "waits": ("envoyé, sans réponse encore", "sent, no answer yet"),
    "accepted": ("pris par la plateforme", "taken by the platform"),
    "rejected": ("refusé par la plateforme", "refused by the platform"),
    "given_up": ("abandonné", "given up"),
}

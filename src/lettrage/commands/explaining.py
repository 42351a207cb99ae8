"""Commands after a platform has answered: why an invoice was refused, and each next step that there is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from lettrage import terminal
from lettrage.acts.correcting import CorrectInvoice, ToldChorus
from lettrage.acts.invoice import ImportInvoices
from lettrage.adapters.store.books import SqlBooks
from lettrage.commands import sending
from lettrage.commands.attachments import beside
from lettrage.commands.invoices import Number, OnPlatform, ThirdParty, invoice, named, on_platform
from lettrage.commands.platforms import portal_for
from lettrage.commands.shared import CallerName, context, only, plain, print_json, read_file, user
from lettrage.invoicing.billing.intake import opened
from lettrage.invoicing.doors import environment_of, is_approved
from lettrage.invoicing.explaining.explain import explain as explained
from lettrage.invoicing.explaining.explain import xml_of
from lettrage.invoicing.explaining.messages import Next
from lettrage.invoicing.explaining.standing import Standing, explained_shape, standing_of
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.portal import Portal, Recycled, Trouble
from lettrage.invoicing.sending.outbox import Said
from lettrage.limits import ATTACHMENT_BYTES, INVOICE_FILE, Limits
from lettrage.refusal import Refusal, Stop, Unreadable, legible, quoted

AROUND = 1  # lines of the sent file shown before and behind the one at fault
LINE_CHARACTERS = 160  # of such a line
_NOTHING = (
    "La plateforme n'a rien signalé contre cette facture.",
    "The platform has told nothing against this invoice.",
)
_ATTACHMENT = Limits(document_bytes=ATTACHMENT_BYTES)
Comment = Annotated[str, typer.Option(help="What the buyer is told")]


# ---------------------------------------------------------------- explain


@invoice.command()
def explain(number: Number, platform: OnPlatform = "", third_party: ThirdParty = "") -> None:
    """What a platform has against an invoice: field, place, cause, what to do. / Expliquer un rejet."""
    with context.books() as books:
        standing = _standing(books, number, platform, third_party)
    found = standing.explained()
    _show(standing, found)
    if found:
        raise typer.Exit(1)


def _show(standing: Standing, found: Sequence[Finding]) -> None:
    if context.json:
        print_json([explained_shape(finding) for finding in found])
        return
    lines = xml_of(standing.sent).decode("utf-8", "replace").splitlines()
    told = [line for finding in found for line in _told(finding, lines)]
    where = terminal.standing(standing.deposit.number, standing.platform, standing.state, context.lang)
    terminal.say(where, *(told or [f"  {terminal.said(_NOTHING, context.lang)}", f"  → {standing.command}"]))


def _standing(books: SqlBooks, number: str, platform: str, third_party: str) -> Standing:
    """Where an invoice stands: by the latest of its documents that was sent. Raises Stop where none was."""
    documents = named(books, number, third_party)
    where = books.platform_of(documents, on_platform(platform, books))
    found = standing_of(books, documents, where)
    if found is None:
        raise Stop(Refusal("nothing_sent_yet", "NUMBER", quoted(number), where))
    return found


def _told(finding: Finding, lines: list[str]) -> list[str]:
    """A finding for reading: what, where in the file, why, what to do."""
    shape = explained_shape(finding)
    head = " ".join(filter(None, (terminal.level(shape, context.lang), shape["code"], shape["term"])))
    said = f"« {shape['raw']} »" if shape["raw"] not in shape[context.lang] else ""
    texts = (shape[context.lang], said, shape[f"cause_{context.lang}"])
    told = [head, *(line for text in texts for line in terminal.prose(text))]
    told += [f"  {shape['place']}"] if shape["place"] else []
    extract = _extract(lines, int(shape["line"]), int(shape["column"])) if shape["line"] else []
    # The command stands on a line of its own, to be copied.
    command = f"    {shape['command']}" if shape["command"] else ""
    fix = terminal.prose(f"→ {shape[f'fix_{context.lang}'].removesuffix(shape['command'])}")
    return ["", *map(legible, told), *extract, *map(legible, fix), *filter(None, [legible(command)])]


def _extract(lines: list[str], line: int, column: int) -> list[str]:
    """The sent file around a place, its line marked."""
    shown = []
    for at in range(max(line - AROUND, 1), min(line + AROUND, len(lines)) + 1):
        text = legible(lines[at - 1][:LINE_CHARACTERS].replace("\t", " "))
        shown.append(f"  {'>' if at == line else ' '} {at:>5} | {text}".rstrip())
        if at == line and column <= LINE_CHARACTERS:
            shown.append(f"  {' ' * 7} | {' ' * (column - 1)}{'^' * max(len(text.rstrip()) - column + 1, 1)}")
    return shown


# ---------------------------------------------------------------- resend


@invoice.command()
def resend(
    number: Number,
    file: Annotated[str, typer.Option(help="The corrected invoice; default: the newest document of the number")] = "",
    new: Annotated[str, typer.Option("--number", help="Its new number, after a rejection by the buyer")] = "",
    force: Annotated[bool, typer.Option("--force", help="Whatever our checks find; never twice all the same")] = False,
    syntax: Annotated[str, typer.Option(help="ubl, cii or facturx; default: as the settings say")] = "",
    platform: OnPlatform = "",
    third_party: ThirdParty = "",
    caller: CallerName = "",
) -> None:
    """Send an invoice again after a rejection, corrected where needed. / Renvoyer après un rejet."""
    new = plain(new, "--number")
    if new and not file:
        raise Stop(Refusal("malformed_option", "--file", "", "--number NEW --file CORRECTED"))
    with context.books() as books:
        standing = _standing(books, number, platform, third_party)
    _may_resend(standing, new)
    wanted = new or standing.deposit.number
    if file:
        found = opened(read_file(file, INVOICE_FILE))
        by = plain(caller, "--caller") or user()
        brought = ImportInvoices(found, beside(file, found.paths), by, Path(file).name)
        act = CorrectInvoice(brought, wanted, standing.document)
        (done,) = context.result(context.performed(act, None, caller))["invoices"]
        terminal.tell(*(terminal.sentence(warning, context.lang) for warning in done["warnings"]))
    whose = standing.document.third_party  # another customer's may bear the same number
    where = environment_of(standing.platform)
    sending.send([wanted], force=force, syntax=syntax, platform=where, third_party=whose, caller=caller)


def _may_resend(standing: Standing, new: str) -> None:
    """Whether a correction may go under this number. Raises Stop.

    A flow that was rejected has used up nothing; an invoice that the buyer has rejected keeps its number for ever.
    """
    if standing.step in ("resend", "redeposit") or (standing.step == "new_number" and new):
        return
    code = "needs_new_number" if standing.step == "new_number" else "other_step"
    raise Stop(_against(standing, code))


def _against(standing: Standing, code: str) -> Refusal:
    return Refusal(code, "NUMBER", quoted(standing.deposit.number), standing.platform, standing.facts)


# ---------------------------------------------------------------- complete, recycle


@invoice.command()
def complete(
    number: Number,
    comment: Comment,
    attach: Annotated[list[str] | None, typer.Option(help="A file that the buyer is to have; may be repeated")] = None,
    platform: OnPlatform = "",
    third_party: ThirdParty = "",
    caller: CallerName = "",
) -> None:
    """Give the buyer what a suspended invoice waits for. / Compléter une facture suspendue."""
    files = [(Path(name).name, _file(name)) for name in attach or ()]
    standing = _that_waits(number, platform, third_party, "complete")
    told = plain(comment, "--comment")
    try:
        _portal(standing).complete(standing.deposit.chorus_id, told, files)
    except Trouble as trouble:
        _told_no(trouble, standing)
    _noted(standing, "completed", " · ".join([told, *(name for name, _ in files)]), caller)


@invoice.command()
def recycle(
    number: Number,
    siret: Annotated[str, typer.Option(help="Where it shall go; default: the same buyer")] = "",
    service: Annotated[str | None, typer.Option(help="Service code; default, at the same buyer: the invoice's")] = None,
    engagement: Annotated[str | None, typer.Option(help="Commitment number; default: the invoice's")] = None,
    contract: Annotated[str | None, typer.Option(help="Contract number; default: the invoice's")] = None,
    comment: Comment = "",
    platform: OnPlatform = "",
    third_party: ThirdParty = "",
    caller: CallerName = "",
) -> None:
    """Send an invoice that is to be recycled where it belongs. / Recycler une facture mal adressée."""
    standing = _that_waits(number, platform, third_party, "recycle")
    was = standing.invoice
    where = plain(siret, "--siret") or was.buyer.siret
    to = Recycled(
        where,
        _given(service, "--service", was.service if where == was.buyer.siret else ""),
        _given(engagement, "--engagement", was.engagement),
        _given(contract, "--contract", was.contract),
        plain(comment, "--comment"),
    )
    try:
        _portal(standing).recycle(standing.deposit.chorus_id, to)
    except Trouble as trouble:
        _told_no(trouble, standing)
    _noted(standing, "recycled", " · ".join(filter(None, (to.recipient, to.service, to.engagement))), caller)


def _given(value: str | None, option: str, otherwise: str) -> str:
    """An option's text, which may be empty; what holds where it was not given."""
    return otherwise if value is None else plain(value, option)


def _that_waits(number: str, platform: str, third_party: str, step: Next) -> Standing:
    """An invoice that asks Chorus Pro for this very step. Raises Stop for any other: its own command is told."""
    with context.books() as books:
        standing = _standing(books, number, platform, third_party)
    if standing.step != step or is_approved(standing.platform):
        raise Stop(_against(standing, "other_step"))
    return standing


def _portal(standing: Standing) -> Portal:
    store = context.store()
    return portal_for(store, context.dossier or only(store), environment_of(standing.platform))


def _file(name: str) -> bytes:
    """A file to be attached. Raises Unreadable."""
    data = read_file(name, _ATTACHMENT)
    if len(data) > ATTACHMENT_BYTES:
        raise Unreadable(Refusal("too_large", seen=str(len(data)), expected=str(ATTACHMENT_BYTES)))
    return data


def _told_no(trouble: Trouble, standing: Standing) -> NoReturn:
    """What a call met: a refusal is explained like any other (exit 1), the rest is no answer. Raises Stop."""
    if trouble.kind == "refused":
        _show(standing, explained([Said(trouble.text, trouble.code)], standing.sent, standing.invoice))
        raise typer.Exit(1)
    said = " ".join(filter(None, (trouble.kind, str(trouble.status or ""), trouble.code, trouble.text)))
    raise Stop(Refusal("portal_silent", "NUMBER", quoted(said, LINE_CHARACTERS), standing.platform))


def _noted(standing: Standing, code: str, said: str, caller: str) -> None:
    """What was told to Chorus Pro is kept, and its answer asked for at once."""
    deposit = standing.deposit
    act = ToldChorus(deposit.document, deposit.number, standing.platform, code, quoted(said, LINE_CHARACTERS))
    context.result(context.performed(act, None, caller))
    sending.follow([deposit.number], platform=standing.platform, third_party=standing.document.third_party)

"""Invoices and credit notes as documents: bring in, list, show, print. What Chorus Pro does with them hangs here."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.acts import Moment
from lettrage.acts.invoice import ImportInvoices, considered, shape
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlBooks
from lettrage.commands.attachments import beside
from lettrage.commands.rendering import rendered
from lettrage.commands.shared import (
    CallerName,
    Key,
    app,
    context,
    plain,
    print_json,
    read_file,
    user,
    write_file,
)
from lettrage.dates import PARIS
from lettrage.invoicing.billing.intake import File, opened
from lettrage.invoicing.explaining import labels
from lettrage.invoicing.sending.format import file_of, xml_of
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.invoicing.settings import PLATFORMS
from lettrage.limits import INVOICE_FILE, PAGE_MOST
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement.fields import whole_number

invoice = typer.Typer(no_args_is_help=True, help="Invoices and Chorus Pro. / Factures et Chorus Pro.")
app.add_typer(invoice, name="invoice")

_NOT_IN_NAMES = re.compile(r"[^\w.-]")  # of files: a number may hold anything

Number = Annotated[str, typer.Argument(help="The invoice's number")]
OnPlatform = Annotated[str, typer.Option("--platform", help="qualification or production; default: the one that is on")]
ThirdParty = Annotated[str, typer.Option("--third-party", help="This customer's, where several have the number")]
Document = Annotated[str, typer.Option("--id", help="This document, where the number has several; default: the newest")]


@invoice.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="JSON, CSV, UBL, CII or Factur-X; - for stdin")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and plan, store nothing")] = False,
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Bring invoices in: document, sales entry, due items. / Reprendre des factures."""
    # Every file is read before the first is brought in: one that cannot be leaves nothing half done.
    read = {file: opened(read_file(file, INVOICE_FILE)) for file in files}
    told = [_brought(file, read[file], key if len(read) == 1 else None, caller, dry_run=dry_run) for file in read]
    whole = {name: sum(one[name] for one in told) for name in told[0] if name != "invoices"}
    whole["invoices"] = [line for one in told for line in one["invoices"]]
    if context.json:
        print_json(whole)
    else:
        terminal.show(whole["invoices"], "invoices_brought", context.lang)
        for reason in (reason for line in whole["invoices"] for reason in line["reasons"] + line["warnings"]):
            terminal.tell(terminal.sentence(reason, context.lang))
    if whole["refused"]:
        raise typer.Exit(1)


def _brought(file: str, found: File, key: str | None, caller: str, *, dry_run: bool) -> dict[str, Any]:
    """What became of the invoices of one file. Raises Stop."""
    files = beside(file, found.paths)
    if dry_run:
        now = SystemClock().now()
        with context.books() as books:
            done, opening = considered(found, files, books, Moment(now, now.astimezone(PARIS).date()))
            return shape(done, opening, [])
    act = ImportInvoices(found, files, plain(caller, "--caller") or user(), Path(file).name)
    return context.result(context.performed(act, key, caller))


# ---------------------------------------------------------------- looking


@invoice.command("list")
def list_(
    platform: OnPlatform = "",
    state: Annotated[str, typer.Option(help="Only in this state, for instance MISE_A_DISPOSITION, not_sent")] = "",
    third_party: ThirdParty = "",
) -> None:
    """The invoices that have a document, newest first. / Les factures, la plus récente d'abord."""
    with context.books() as books:
        asked = (on_platform(platform, books), plain(state, "--state"), plain(third_party, "--third-party"))
        found, after = books.documents_page(*asked, (), PAGE_MOST)
        while after is not None:
            lines, after = books.documents_page(*asked, after, PAGE_MOST)
            found += lines
    if not found and asked[1] not in ("", *labels.known_states()):  # what the platform says anew is known by a line
        raise Stop(Refusal("malformed_option", "--state", quoted(asked[1]), ", ".join(labels.known_states())))
    context.show(found, "invoices")


@invoice.command()
def show(number: Number, platform: OnPlatform = "", third_party: ThirdParty = "", document: Document = "") -> None:
    """One invoice: deposits, statuses. / Une facture, ses dépôts et ses états."""
    with context.books() as books:
        found = named(books, number, third_party, document)
        shown = books.document_shown(found, books.platform_of(found, on_platform(platform, books)))
    context.show(shown, "invoice")


@invoice.command()
def xml(
    number: Number,
    syntax: Annotated[str, typer.Option(help="ubl or cii; default: as sent, or as the settings say")] = "",
    sent: Annotated[bool, typer.Option("--sent", help="The file that was really sent, or nothing")] = False,
    out: Annotated[str, typer.Option(help="File; default: stdout")] = "-",
    platform: OnPlatform = "",
    third_party: ThirdParty = "",
    document: Document = "",
) -> None:
    """The XML that was sent; before that, the one that would be. / Le XML envoyé, sinon celui qui le serait."""
    if syntax not in ("", "ubl", "cii"):
        raise Stop(Refusal("malformed_option", "--syntax", quoted(syntax), "ubl, cii"))
    with context.books() as books:
        found = named(books, number, third_party, document)[0]
        where = books.platform_of([found], on_platform(platform, books))
        data = xml_of(books, found, where, syntax, rendered, sent=sent)
    write_file(data, plain(out, "--out"))


@invoice.command()
def pdf(
    number: Number,
    out: Annotated[str, typer.Option(help="File; - for stdout; default: facture-NUMBER.pdf here")] = "",
    third_party: ThirdParty = "",
    document: Document = "",
) -> None:
    """Print an invoice: Factur-X, readable by people and programs. / Imprimer une facture (Factur-X)."""
    with context.books() as books:
        printed = file_of(books, named(books, number, third_party, document)[0], "facturx", rendered)
    write_file(printed, plain(out, "--out") or f"facture-{_NOT_IN_NAMES.sub('_', plain(number, 'NUMBER'))}.pdf")


def named(books: SqlBooks, number: str, third_party: str = "", document: str = "") -> list[Shelved]:
    """The documents of a number as commands name it, the newest first. Raises Stop."""
    id_ = whole_number(plain(document, "--id")) if document else 0
    if document and not id_:
        raise Stop(Refusal("malformed_option", "--id", quoted(document), "1, 2, 3 ..."))
    return books.documents_of(plain(number, "NUMBER"), plain(third_party, "--third-party"), id_)


def on_platform(asked: str, books: SqlBooks) -> str:
    """The platform asked for, or the one that is on. Raises Stop."""
    if asked and asked not in PLATFORMS:
        raise Stop(Refusal("malformed_option", "--platform", quoted(asked), ", ".join(PLATFORMS)))
    return asked or books.platform_on()

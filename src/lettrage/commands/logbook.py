"""Commands about the logbook (livre de bord): what was sent, by whom, and what became of it."""

from datetime import date
from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.books.logbook import Search
from lettrage.commands.shared import app, context, day, plain, write
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement.fields import whole_number

logbook = typer.Typer(help="Documents and acts, newest first. / Le livre de bord, du plus récent au plus ancien.")
app.add_typer(logbook, name="logbook")
MOST = 1_000  # lines of one page


@logbook.callback(invoke_without_command=True)
def list_(
    command: typer.Context,
    search: Annotated[str, typer.Option(help="This text, in what was sent or in a message")] = "",
    number: Annotated[str, typer.Option(help="This REGLEMENTNUM")] = "",
    transaction: Annotated[str, typer.Option(help="What made this transaction, or is about it")] = "",
    caller: Annotated[str, typer.Option(help="From this caller")] = "",
    kind: Annotated[str, typer.Option(help="settlement, cancel, unpaid, slip, invoice, send, correct ...")] = "",
    first: Annotated[str, typer.Option("--from", help="From this day on")] = "",
    last: Annotated[str, typer.Option("--to", help="Up to this day")] = "",
    refused: Annotated[bool, typer.Option("--refused", help="Only with refusals")] = False,
    warned: Annotated[bool, typer.Option("--warned", help="Only with warnings")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="So many at most")] = 50,
    before: Annotated[str, typer.Option(help="Only what is older than this one")] = "",
) -> None:
    """Documents and acts, newest first. / Le livre de bord, du plus récent au plus ancien."""
    if command.invoked_subcommand is not None:
        return
    wanted = Search(
        plain(search, "--search"),
        plain(number, "--number"),
        _number(transaction, "--transaction"),
        plain(caller, "--caller"),
        plain(kind, "--kind"),
        _date(first, "--from"),
        _date(last, "--to"),
        refused,
        warned,
    )
    with context.books() as books:
        page = books.logbook(wanted, limit, _number(before, "--before") or None)
    context.show(page.documents if context.json else [_read(line) for line in page.documents], "logbook")
    if page.next is not None:
        looked = (f"Cherché jusqu'au n° {page.next} ; la suite : --before {page.next}",
                  f"Looked as far as no. {page.next}; what follows: --before {page.next}")  # fmt: skip
        terminal.tell(terminal.said(looked, context.lang))


def _read(line: dict[str, Any]) -> dict[str, Any]:
    """A line for reading: the moment in Paris, the transactions in one cell."""
    return line | {"received_at": terminal.moment(line["received_at"]), "transactions": " ".join(line["transactions"])}


def _number(text: str, option: str) -> int:
    """A number from 1 on; 0 when absent."""
    number = whole_number(text.strip())
    if text and not number:
        raise Stop(Refusal("malformed_option", option, quoted(text), "1-999999999999999"))
    return number


def _date(text: str, option: str) -> date | None:
    found = day(text, option)
    return date.fromisoformat(found) if found else None


@logbook.command()
def show(
    number: Annotated[str, typer.Argument(metavar="ID", help="A number of the logbook")],
    raw: Annotated[bool, typer.Option("--raw", help="Only what was sent, as it was sent")] = False,
) -> None:
    """One document or act, line by line. / Un document ou un acte, ligne par ligne."""
    wanted = _number(number, "ID")
    with context.books() as books:
        found = books.logged(wanted, books.company.currency)
    if raw and not context.json:
        write(found["raw"])
    else:
        context.show(found, "document")

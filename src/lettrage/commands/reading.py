"""Commands that show the books: due items, entries, transactions, the portfolio, tasks, the integrity check."""

from pathlib import Path
from typing import Annotated

import typer

from lettrage import terminal
from lettrage.acts.tasks import CloseTask
from lettrage.adapters.clock import SystemClock
from lettrage.books.head import head_in
from lettrage.commands.shared import app, context, day, only, plain, read_file
from lettrage.limits import DOCUMENT
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement.fields import whole_number


@app.command()
def items(
    third_party: Annotated[str, typer.Option(help="Only this third party")] = "",
    everything: Annotated[bool, typer.Option("--all", help="With the settled ones")] = False,
) -> None:
    """Due items and open advances. / Échéances et acomptes ouverts."""
    wanted = plain(third_party, "--third-party")
    with context.books() as books:
        unknown = bool(wanted) and not books.has_third_party(wanted)
        found = books.items(SystemClock().today(), wanted, everything=everything)
    if unknown and not context.json:
        terminal.tell(Refusal("unknown_third_party", "--third-party", quoted(wanted)).say(context.lang))
    context.show(found, "items")


@app.command()
def entries(
    first: Annotated[str, typer.Option("--from", help="From this day on")] = "",
    last: Annotated[str, typer.Option("--to", help="Up to this day")] = "",
) -> None:
    """Accounting entries. / Écritures comptables."""
    begin, end = day(first, "--from"), day(last, "--to")
    with context.books() as books:
        found = books.entries(books.company.currency, begin, end)
    context.show(found, "entries")


@app.command()
def transaction(number: Annotated[str, typer.Argument(help="Transaction number")]) -> None:
    """One transaction with its lineage. / Une transaction et sa filiation."""
    with context.books() as books:
        found = books.transaction(whole_number(number), books.company.currency)
    if found is None:
        raise Stop(Refusal("no_such_number", "NUMBER", quoted(number)))
    context.show(found, "transaction")


@app.command()
def portfolio(state: Annotated[str, typer.Option(help="Only this state, for instance C30")] = "") -> None:
    """Active instruments. / Effets en portefeuille et en banque."""
    with context.books() as books:
        found = books.portfolio(books.company.currency, plain(state, "--state").upper())
    context.show(found, "portfolio")


@app.command()
def tasks(
    transaction: Annotated[str, typer.Option(help="The transaction of a task to close")] = "",
    piece: Annotated[str, typer.Option(help="... its invoice")] = "",
    credit_note: Annotated[str, typer.Option(help="... and the number of its credit note")] = "",
) -> None:
    """Credit notes to issue or to receive. / Avoirs à émettre ou à recevoir."""
    if transaction or piece or credit_note:
        number, invoice = whole_number(transaction), plain(piece, "--piece")
        note = plain(credit_note, "--credit-note")
        if not (number and invoice and note and context.performed(CloseTask(number, invoice, note)).result):
            raise Stop(Refusal("no_such_task", "--transaction", quoted(transaction), "--piece, --credit-note"))
    with context.books() as books:
        found = books.tasks(books.company.currency)
    context.show(found, "tasks")


@app.command()
def verify(
    head: Annotated[str, typer.Option(metavar="HASH|FILE", help="A head of the chain that was kept elsewhere")] = "",
) -> None:
    """Integrity check. / Contrôle d'intégrité."""
    store = context.store()
    findings = store.audit(context.dossier or only(store), _kept_head(plain(head, "--head")) or None)
    found = {
        "ok": not findings,
        "findings": [{"code": f.code, "message": f.message, "where": f.where} for f in findings],
    }
    context.show(found, "verify")
    if findings:
        raise typer.Exit(1)


def _kept_head(given: str) -> str:
    """The hash that was kept: given itself, or in a file that `lettrage head --out` wrote. Raises Stop."""
    if not given or head_in(given) or not Path(given).is_file():
        return given
    found = head_in(read_file(given, DOCUMENT).decode("utf-8", "replace"))
    if not found:
        raise Stop(Refusal("malformed_option", "--head", quoted(given), "SHA-256"))
    return found

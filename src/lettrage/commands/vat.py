"""VAT on receipts: what payments made due by rate and date, proved against the ledger."""

import csv
import io
from datetime import date
from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.commands.shared import app, context, day, print_json, write
from lettrage.refusal import Refusal, Stop

FORMATS = ("", "json", "csv")


@app.command()
def vat(
    first: Annotated[str, typer.Option("--from", help="From this day on; default: the first of this month")] = "",
    last: Annotated[str, typer.Option("--to", help="Up to this day; default: today")] = "",
    form: Annotated[str, typer.Option("--format", help="json or csv; default: for reading")] = "",
) -> None:
    """VAT that payments made due. / TVA sur les encaissements, par taux et date."""
    if form not in FORMATS:
        raise Stop(Refusal("malformed_option", "--format", form, "json, csv"))
    today = SystemClock().today()
    begin, end = day(first, "--from"), day(last, "--to")
    start = date.fromisoformat(begin) if begin else today.replace(day=1)
    until = date.fromisoformat(end) if end else max(today, start)
    if until < start:
        raise Stop(Refusal("malformed_option", "--to", end, f">= {start}"))
    with context.books() as books:
        report = books.vat_report(start, until)
    if report.refusals:
        terminal.tell(*(refusal.say(context.lang) for refusal in report.refusals))
        raise typer.Exit(2)
    shape = report.shape
    if context.json or form == "json":
        print_json(shape)
    elif form == "csv":
        write(_csv(shape["rows"]))
    else:
        _show(shape)


def _csv(rows: list[dict[str, Any]]) -> str:
    """The rows as a table for programs: names of the JSON, decimal points."""
    out = io.StringIO()
    names = tuple(rows[0]) if rows else ROW_NAMES
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().removesuffix("\n")


ROW_NAMES = (
    "date", "booked", "invoice", "third_party", "direction", "rate", "base", "vat", "received", "currency",
    "received_currency", "means", "event", "transaction", "order", "by", "reversed_by",
)  # fmt: skip


def _show(shape: dict[str, Any]) -> None:
    terminal.show(shape["rows"], "vat", context.lang)
    if shape["totals"]:
        terminal.say("")
        terminal.show(shape["totals"], "vat_totals", context.lang)
    if shape["parked"]:
        terminal.say("")
        terminal.show(shape["parked"], "vat_parked", context.lang)
    proof = shape["proof"]
    french = (
        f"Compte {proof['collected_account']} : {proof['collected_posted']} {shape['currency']} par les règlements"
        f" de la période, égal au calcul. Compte {proof['parked_account']} : {proof['parked_posted']}, égal à la TVA en"
        f" attente. Comptabilisée et pas encore exigible : {proof['waiting_after']}."
    )
    english = (
        f"Account {proof['collected_account']}: {proof['collected_posted']} {shape['currency']} by settlements of the"
        f" period, as worked out. Account {proof['parked_account']}: {proof['parked_posted']}, equal to the VAT that"
        f" waits. Posted and not due yet: {proof['waiting_after']}."
    )
    terminal.say("", terminal.said((french, english), context.lang))

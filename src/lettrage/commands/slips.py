"""Deposit slips: what waits for one, make, show, print, take back."""

import re
from typing import Annotated

import typer

from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.adapters.store.books import SqlBooks
from lettrage.bank.slip import Made, Wanted, shape, shape_with_instruments, waiting_shapes
from lettrage.commands.shared import CallerName, Key, app, context, day, plain, write_file
from lettrage.dates import day as day_of
from lettrage.refusal import Refusal, Stop, quoted

slip = typer.Typer(no_args_is_help=True, help="Deposit slips. / Bordereaux de remise en banque.")
app.add_typer(slip, name="slip")

_NOT_IN_NAMES = re.compile(r"[^\w.-]")  # of files: a bank's code may hold anything
Number = Annotated[str, typer.Argument(help="Slip number, for instance BNP-2024-000001")]


@slip.command("list")
def list_() -> None:
    """Slips made, then what waits for one. / Bordereaux faits, puis ce qui en attend un."""
    with context.books() as books:
        found = [*map(shape, books.slips()), *waiting_shapes(books.waiting_for_slip())]
    context.show(found, "slips")


@slip.command()
def make(
    bank: Annotated[str, typer.Option(help="Bank code")],
    transactions: Annotated[list[str] | None, typer.Argument(help="Transactions; none: all that waits")] = None,
    currency: Annotated[str, typer.Option(help="Only this currency")] = "",
    change: Annotated[str, typer.Option(help="Only this state change, for instance REMCHQ")] = "",
    date: Annotated[str, typer.Option(help="Date of the slip; default: today")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Make up a slip of what waits for a bank. / Établir un bordereau de remise."""
    wanted = Wanted(
        plain(bank, "--bank"),
        plain(currency, "--currency").upper(),
        plain(change, "--change"),
        day_of(day(date, "--date")),
        tuple(plain(number, "TRANSACTION") for number in transactions or ()),
    )
    context.perform(MakeSlip(wanted), "slip", key, caller)


@slip.command()
def show(number: Number) -> None:
    """One slip with its instruments. / Un bordereau et ses effets."""
    with context.books() as books:
        found = _found(books, number)
    context.show(shape_with_instruments(found), "slip")


@slip.command()
def pdf(
    number: Number,
    out: Annotated[str, typer.Option(help="File; - for stdout; default: bordereau-NUMBER.pdf here")] = "",
) -> None:
    """Print a slip as PDF, for the bank and for who brings it. / Imprimer un bordereau."""
    from lettrage.adapters.pdf.slips import slip_pdf  # noqa: PLC0415  (only a print needs Typst)

    with context.books() as books:
        found = _found(books, number)
        printed = slip_pdf(found, books.company)
    write_file(printed, plain(out, "--out") or f"bordereau-{_NOT_IN_NAMES.sub('_', found.number)}.pdf")


@slip.command()
def cancel(
    number: Number,
    date: Annotated[str, typer.Option(help="Date of the reversal; default: today")] = "",
    reason: Annotated[str, typer.Option(help="Why, kept in the label and the logbook")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Take a slip back: its transactions await a slip again. / Annuler un bordereau."""
    act = CancelSlip(plain(number, "NUMBER"), day_of(day(date, "--date")), plain(reason, "--reason"))
    context.perform(act, "slip", key, caller)


def _found(books: SqlBooks, number: str) -> Made:
    found = books.slip(plain(number, "NUMBER"))
    if found is None:
        raise Stop(Refusal("unknown_slip", "NUMBER", quoted(number)))
    return found

"""Deposit slips: what waits for one, make, show, print, take back."""

from typing import Annotated

import typer

from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.bank.slip import Made, Wanted, shape, shape_with_instruments, waiting_shapes
from lettrage.commands.shared import CallerName, Key, app, context, day, plain
from lettrage.dates import day as day_of
from lettrage.refusal import Refusal, Stop, quoted

slip = typer.Typer(no_args_is_help=True, help="Deposit slips. / Bordereaux de remise en banque.")
app.add_typer(slip, name="slip")

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
    context.show(shape_with_instruments(_found(number)), "slip")


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


def _found(number: str) -> Made:
    with context.books() as books:
        found = books.slip(plain(number, "NUMBER"))
    if found is None:
        raise Stop(Refusal("unknown_slip", "NUMBER", quoted(number)))
    return found

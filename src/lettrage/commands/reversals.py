"""Taking back: cancel a transaction, report a payment as returned."""

from typing import Annotated, Literal

import typer

from lettrage.acts.cancel import Cancel
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.commands.shared import CallerName, Key, app, context, day, plain
from lettrage.dates import day as day_of
from lettrage.money import Figure, figure
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement.fields import whole_number

Number = Annotated[str, typer.Argument(metavar="TRANSACTION", help="Transaction number")]
Dated = Annotated[str, typer.Option("--date", help="Date of the entry; default: today")]

_ACCOUNTS: dict[str, Literal["", "411", "416"]] = {"": "", "411": "411", "416": "416"}


@app.command()
def cancel(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, kept in the label and the logbook")],
    date: Dated = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Cancel a transaction: a counter-entry, and all as before. / Annuler une transaction."""
    act = Cancel(_number(number, "TRANSACTION"), plain(reason, "--reason"), day_of(day(date, "--date")))
    context.perform(act, "reversal", key, caller)


@app.command()
def unpaid(
    number: Annotated[str, typer.Argument(metavar="TRANSACTION", help="The deposit, or the receipt")],
    order: Annotated[str, typer.Option(help="The order of the transaction, where it has several")] = "",
    instrument: Annotated[str, typer.Option(help="The instrument's number, where there are several")] = "",
    date: Dated = "",
    fees: Annotated[str, typer.Option(help="The bank's fees net of VAT, in the bank's currency")] = "",
    fees_vat: Annotated[str, typer.Option("--fees-vat", help="Their VAT, an amount")] = "",
    bank: Annotated[str, typer.Option(help="The bank that takes the fees, where it is not the instrument's")] = "",
    to: Annotated[str, typer.Option(help="411 or 416: where the customer owes it again")] = "",
    reason: Annotated[str, typer.Option(help="Why, kept in the label and the logbook")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Report a payment that the bank sent back. / Déclarer un impayé."""
    if plain(to, "--to") not in _ACCOUNTS:
        raise Stop(Refusal("malformed_option", "--to", quoted(to), "411, 416"))
    act = ReportUnpaid(
        _number(number, "TRANSACTION"),
        _number(order, "--order") if order else 0,
        _number(instrument, "--instrument") if instrument else 0,
        day_of(day(date, "--date")),
        _figure(fees, "--fees"),
        _figure(fees_vat, "--fees-vat"),
        plain(bank, "--bank"),
        _ACCOUNTS[to.strip()],
        plain(reason, "--reason"),
    )
    context.perform(act, "reversal", key, caller)


def _number(text: str, option: str) -> int:
    found = whole_number(text.strip())
    if not found:
        raise Stop(Refusal("malformed_option", option, quoted(text), "1, 2, 3 ..."))
    return found


def _figure(text: str, option: str) -> Figure | None:
    if not text.strip():
        return None
    found = figure(text.strip())
    if found is None:
        raise Stop(Refusal("malformed_option", option, quoted(text), "15.00"))
    return found

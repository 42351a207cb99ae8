"""Periods and years: lock and unlock months, close a year for good, list both."""

from typing import Annotated

import typer

from lettrage import terminal
from lettrage.acts.periods import CloseYear, LockPeriod, UnlockPeriod
from lettrage.books.periods import bounds, event_shape, month_shape, year_shape
from lettrage.commands.shared import CallerName, Key, app, context, plain, print_json, user
from lettrage.guard.audited import Hand

period = typer.Typer(no_args_is_help=True, help="Months, locked and unlocked. / Mois, verrouillés ou non.")
year = typer.Typer(no_args_is_help=True, help="Financial years, closed for good. / Exercices, clos pour toujours.")
app.add_typer(period, name="period")
app.add_typer(year, name="year")

Month = Annotated[str, typer.Argument(metavar="MONTH", help="For instance 2026-06")]


@period.command("list")
def list_periods() -> None:
    """Each month with its entries and drafts, and what was locked when. / Mois, et ce qui fut verrouillé."""
    with context.books() as books:
        company = books.company
        months = [month_shape(line, company) for line in books.months()]
        events = [event_shape(event) for event in books.period_events()]
    if context.json:
        print_json({**bounds(company), "months": months, "events": events})
        return
    context.show(months, "months")
    if events:
        context.show(events, "period_events")


@period.command()
def lock(
    month: Month,
    reason: Annotated[str, typer.Option(help="Why, kept in the logbook")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Lock the books up to the end of a month. / Verrouiller jusqu'à la fin d'un mois."""
    act = LockPeriod(plain(month, "MONTH"), _hand(caller), plain(reason, "--reason"))
    context.perform(act, "bounds", key, caller)


@period.command()
def unlock(
    month: Month,
    reason: Annotated[str, typer.Option(help="Why, kept in the logbook")],
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Open a locked month again, and those after it. / Déverrouiller un mois et les suivants."""
    act = UnlockPeriod(plain(month, "MONTH"), plain(reason, "--reason"), _hand(caller))
    context.perform(act, "bounds", key, caller)


@year.command("list")
def list_years() -> None:
    """Each financial year and how it stands. / Exercices et leur état."""
    with context.books() as books:
        company = books.company
        found = [year_shape(line, company, company.currency) for line in books.year_lines()]
    context.show(found, "years")


@year.command()
def close(
    name: Annotated[str, typer.Argument(metavar="YEAR", help="For instance 2025")],
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Close a year, for good, once all is in order. / Clore un exercice, pour toujours."""
    closed = context.result(context.performed(CloseYear(plain(name, "YEAR"), _hand(caller)), key, caller))
    context.show(closed, "closing")
    if not context.json:
        terminal.tell(*(terminal.sentence(warning, context.lang) for warning in closed["warnings"]))


def _hand(caller: str) -> Hand:
    return Hand(plain(caller, "--caller") or user())

"""Reports of payments: periods with their deadlines, what is in them, declared, saved, handed in."""

import csv
import io
from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.acts import Performed, perform
from lettrage.acts.declaring import Asked, Ready, RefuseByHand, look, prepared, shape
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.rules.payment_reports import judge
from lettrage.caller import Caller
from lettrage.commands.declaration_tables import amounts
from lettrage.commands.shared import CallerName, Key, app, context, plain, print_json, user, write, write_file
from lettrage.invoicing.doors import environment_of
from lettrage.refusal import Refusal, Stop
from lettrage.reporting.declarations import Declarations, Line
from lettrage.reporting.shapes import declarations_shape, whole_shape
from lettrage.settlement.answer import reason_shape

FORMATS = ("", "json", "csv")
ROW_NAMES = ("date", "invoice", "issued", "rate", "amount")


@app.command()
def declarations(
    period: Annotated[str, typer.Argument(help="As the list has it: 2026-10; default: the list")] = "",
    declare: Annotated[bool, typer.Option("--declare", help="Declare this period")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be declared")] = False,
    file: Annotated[str, typer.Option("--file", help="Save the report's file here; - is standard output")] = "",
    by_hand: Annotated[bool, typer.Option("--by-hand", help="The file is taken to the platform by yourself")] = False,
    without_missing: Annotated[bool, typer.Option("--without-missing", help="Leave out what is missing")] = False,
    running: Annotated[bool, typer.Option("--running", help="Although the period is not over")] = False,
    refused: Annotated[str, typer.Option("--refused", help="Why the platform refused what was handed in last")] = "",
    form: Annotated[str, typer.Option("--format", help="json or csv; default: for reading")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Reports of payments: periods, deadlines, what is in them. / Déclarations d’encaissements (flux 10.2 et 10.4)."""
    if form not in FORMATS:
        raise Stop(Refusal("malformed_option", "--format", form, "json, csv"))
    with context.books() as books:
        environment, dossier = environment_of(books.platform_on()), books.company.code
        found = look(books, environment, SystemClock().today())
    who = Caller(plain(caller, "--caller") or user(), "command line", dossier, key or "")
    asked = Asked(plain(period, "PERIOD"), environment, without_missing, running, by_hand)
    if refused:
        act = RefuseByHand(_handed_in(found, asked.period), environment, plain(refused, "--refused"))
        context.show(context.result(perform(act, who, context.store(), SystemClock())), "declaration_refused")
    elif declare or dry_run or file:
        _declared(asked, who, file, dry_run=dry_run or not declare)
    elif asked.period:
        _one(_named(found, asked.period), form)
    else:
        _all(found, form)


def _handed_in(found: Declarations, period: str) -> int:
    """The last report of a period."""
    filed = _named(found, period).filed
    return filed[-1].message if filed else 0


def _named(found: Declarations, period: str) -> Line:
    line = found.named(period)
    if line is None:
        known = ", ".join(one.name for one in found.lines)
        raise Stop(found.unset[0] if found.unset else Refusal("no_such_period", "PERIOD", period, known))
    return line


def _declared(asked: Asked, who: Caller, file: str, *, dry_run: bool) -> None:
    """Make a report ready, save its file, declare it: as far as was asked."""
    act, made = prepared(asked, who.name, who, context.store(), SystemClock(), judge)
    if file and made is not None:
        write_file(made.saying.file, file)
    if dry_run:
        _done(_would(made, act.against), told=file != "-")
    else:
        _done(perform(act, who, context.store(), SystemClock()), told=file != "-")


def _would(made: Ready | None, against: tuple[Refusal, ...]) -> Performed:
    if made is None:
        return Performed(None, [reason_shape(refusal) for refusal in against])
    return Performed(shape(made))


def _done(done: Performed, *, told: bool = True) -> None:
    result = context.result(done)
    if told:
        context.show(result, "period_declared")


# ---------------------------------------------------------------- shown


def _all(found: Declarations, form: str) -> None:
    shown = declarations_shape(found, SystemClock().today())
    if context.json or form == "json":
        print_json(shown)
        return
    if found.unset:
        terminal.tell(*(refusal.say(context.lang) for refusal in found.unset))
        raise typer.Exit(1)
    rows = [row | {"amounts": amounts(row["totals"])} for row in shown["data"]]
    if form == "csv":
        names = ("period", "from", "to", "opens", "due", "days_left", "standing", "type", "number", "missing")
        write(_csv([{name: row[name] for name in names} for row in rows], names))
    else:
        terminal.show(rows, "declarations", context.lang)


def _one(line: Line, form: str) -> None:
    shown = whole_shape(line, SystemClock().today())
    if context.json or form == "json":
        print_json(shown)
    elif form == "csv":
        write(_csv(shown["contents"], ROW_NAMES))
    else:
        terminal.show([shown | {"amounts": amounts(shown["totals"])}], "declarations", context.lang)
        reports = [one | {"errors": " | ".join(one["errors"])} for one in shown["reports"]]
        left_out = [one | {"why": _why(one["reasons"])} for one in shown["left_out"]]
        elsewhere = [one | {"why": one[context.lang]} for one in shown["elsewhere"]]
        parts = (
            ("declaration_rows", shown["contents"]),
            ("declaration_changes", shown["differences"] if shown["type"] == "RE" else []),
            ("declaration_missing", left_out), ("declaration_elsewhere", elsewhere), ("declaration_reports", reports),
        )  # fmt: skip
        for kind, rows in parts:
            if rows:
                terminal.say("")
                terminal.show(rows, kind, context.lang)


def _why(reasons: list[dict[str, str]]) -> str:
    return " ".join(terminal.sentence(reason, context.lang) for reason in reasons)


def _csv(rows: list[dict[str, Any]], names: tuple[str, ...]) -> str:
    """Rows as a table for programs: names of the JSON, decimal points."""
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().removesuffix("\n")

"""Reports on the command line: to read, as JSON, as a file for spreadsheets, as a PDF."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Annotated

import msgspec
import typer

from lettrage import terminal
from lettrage.acts.claiming import ClaimInterest
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlBooks
from lettrage.books.due import Account
from lettrage.books.reports import NAMES, Asked, Cell, Report, draw, shape
from lettrage.books.reports.report import percentage
from lettrage.books.reports.said import HEAD_SHOWN, cells, criteria, heads, notes, proof, table, title
from lettrage.books.reports.statement import open_account
from lettrage.commands.shared import CallerName, Key, app, context, day, plain, print_json, user, write_file
from lettrage.company.dossier import Company
from lettrage.dates import day as day_of
from lettrage.money import Amount
from lettrage.refusal import Refusal, Stop, legible, quoted
from lettrage.settlement.document import Ledger

FORMATS = ("json", "csv", "pdf")
LEDGERS: dict[str, Ledger] = {"customer": "customer", "supplier": "supplier"}


@app.command("report")
def report_(
    name: Annotated[str, typer.Argument(help=", ".join(NAMES))],
    ledger: Annotated[str, typer.Option(help="customer or supplier")] = "customer",
    as_of: Annotated[str, typer.Option(help="Lines dated up to this day; default: today")] = "",
    known_on: Annotated[str, typer.Option(help="Only entries posted up to this day")] = "",
    first: Annotated[str, typer.Option("--from", help="First day of the period")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day of the period")] = "",
    journal: Annotated[str, typer.Option(help="Only this journal")] = "",
    account: Annotated[str, typer.Option(help="Only this account")] = "",
    third_party: Annotated[str, typer.Option(help="Only this third party")] = "",
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "",
    out: Annotated[str, typer.Option(help="File; - for stdout; default: NAME.csv, NAME.pdf here")] = "",
    draft: Annotated[
        bool, typer.Option("--draft", help="Of interest: keep the entries that claim it as drafts")
    ] = False,
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Aged balance, ledgers, journals, portfolio, late interest. / Balance âgée, grands livres, journaux, retards."""
    wanted = _one_of(format_, "--format", ("", *FORMATS))
    asked = Asked(
        _one_of(name, "NAME", NAMES),
        SystemClock().today(),
        LEDGERS[_one_of(ledger, "--ledger", tuple(LEDGERS))],
        _day(as_of, "--as-of"),
        _day(known_on, "--known-on"),
        _day(first, "--from"),
        _day(last, "--to"),
        plain(journal, "--journal"),
        plain(account, "--account"),
        plain(third_party, "--third-party"),
    )
    with context.books() as books:
        _known(books, asked)
        drawn, company = draw(books, asked), books.company
        sent = open_account(books, asked) if asked.name == "statement" else None
    if draft:
        _keep(asked, key, caller)
        return
    file = plain(out, "--out")
    if wanted == "pdf" and sent is not None:
        write_file(_as_letter(sent, company), file or f"{drawn.name}.pdf")
    elif wanted in ("csv", "pdf"):
        write_file(_WRITTEN[wanted](drawn, company), file or f"{drawn.name}.{wanted}")
    elif file:
        write_file(msgspec.json.encode(shape(drawn)), file)
    elif wanted == "json" or context.json:
        print_json(shape(drawn))
    else:
        _show(drawn, company)


def _keep(asked: Asked, key: str | None, caller: str) -> None:
    """Keep what would claim the interest as drafts, and show them; where nothing is owed there are none."""
    if asked.name != "interest":
        raise Stop(Refusal("malformed_option", "--draft", asked.name, "interest"))
    act = ClaimInterest(plain(caller, "--caller") or user(), asked.as_of, asked.first, asked.third_party)
    context.show(context.result(context.performed(act, key, caller))["drafts"], "drafts")


def _as_csv(drawn: Report, _: Company) -> bytes:
    from lettrage.adapters.http.pages.sheet import written  # noqa: PLC0415  (only a file needs it)

    return written(*table(drawn, context.lang), context.lang)


def _as_pdf(drawn: Report, company: Company) -> bytes:
    from lettrage.adapters.pdf.report import report_pdf  # noqa: PLC0415  (only a print needs Typst)

    return report_pdf(drawn, company, SystemClock().now(), context.lang)


def _as_letter(sent: Account, company: Company) -> bytes:
    from lettrage.adapters.pdf.statement import statement_pdf  # noqa: PLC0415  (only a print needs Typst)

    return statement_pdf(sent, company, context.lang)


_WRITTEN: dict[str, Callable[[Report, Company], bytes]] = {"csv": _as_csv, "pdf": _as_pdf}


def _show(drawn: Report, company: Company) -> None:
    """A report to read: its title, each part as a table, what proves it."""
    lang = context.lang
    terminal.say(legible(f"{title(drawn, lang)} {criteria(drawn, lang, date.isoformat)}"))
    right = [column.kind in ("money", "count", "percent") for column in drawn.columns]
    for part in drawn.sections:
        rows = [[_text(cell) for cell in cells(drawn, row, lang)] for row in part.rows]
        if rows:
            named = legible(" · ".join(filter(None, (part.code, part.name))))
            terminal.say("", *filter(None, [named]), *terminal.aligned([heads(drawn, lang), *rows], right))
    for row in drawn.totals:
        figures = [_text(cell) for cell in cells(drawn, row, lang, whole=True)]
        terminal.say("", "  ".join(filter(None, figures)))
    told = [*proof(drawn, lang, lambda amount: amount.text), *notes(drawn, company.late_payment, lang)]
    terminal.say(*(["", *told] if told else []), f"{drawn.head[:HEAD_SHOWN]} · {drawn.entries}")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Fraction):
        return percentage(cell)
    return cell.text if isinstance(cell, Amount) else legible(str(cell))


def _one_of(text: str, option: str, known: tuple[str, ...]) -> str:
    found = plain(text, option).lower()
    if found not in known:
        raise Stop(Refusal("malformed_option", option, quoted(text), ", ".join(filter(None, known))))
    return found


def _day(text: str, option: str) -> date | None:
    return day_of(day(text, option))


def _known(books: SqlBooks, asked: Asked) -> None:
    if asked.third_party and not books.has_third_party(asked.third_party):
        raise Stop(Refusal("unknown_third_party", "--third-party", quoted(asked.third_party)))

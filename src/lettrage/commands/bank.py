"""The bank: statements in, what their lines may be, accepting and undoing, and the account reconciled."""

from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.acts import Performed, Refused
from lettrage.acts.bank import UndoLine
from lettrage.acts.matching import Choice, accepting, matched, settle_certain
from lettrage.acts.statements import ImportStatement
from lettrage.adapters.clock import SystemClock
from lettrage.bank.lines import line_shape, listed_shape
from lettrage.bank.reconciliation import shape
from lettrage.caller import Caller
from lettrage.commands.shared import CallerName, Key, app, context, day, plain, read_file, user
from lettrage.dates import day as day_of
from lettrage.limits import STATEMENT_BYTES, Limits
from lettrage.money import Figure, figure
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement.answer import reason_shape
from lettrage.settlement.fields import whole_number

bank = typer.Typer(no_args_is_help=True, help="Bank statements and their matching. / Relevés et rapprochement.")
app.add_typer(bank, name="bank")

FILE = Limits(document_bytes=STATEMENT_BYTES)
UNDONE = "rapprochement annulé"  # the label of an undoing for which nobody gave a reason
UNREADABLE = {"statement_unknown_form", "statement_empty", "too_large", "not_text", "syntax", "too_deep"}

Line = Annotated[str, typer.Argument(metavar="LINE", help="The line's number, as bank match shows it")]
BankCode = Annotated[str, typer.Option("--bank", help="Bank code; default: every bank")]
Dated = Annotated[str, typer.Option("--date", help="Date of the entry; default: the statement's day")]


@bank.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="CFONB 120, camt.053, camt.054; - for stdin")],
    caller: CallerName = "",
) -> None:
    """Bring in statements: each movement once, whatever files tell it. / Importer des relevés de compte."""
    contents = [(plain(file, "FILE"), read_file(file, FILE)) for file in files]
    who = plain(caller, "--caller") or user()
    told = [_imported(name, content, who) for name, content in contents]
    settled = _settled_unasked(who)
    if context.json:
        context.show({"files": told, "automatic": [done["line"] for done in settled]}, "statements")
    else:
        _tell_imported(told)
    _leave(told)


def _leave(told: list[dict[str, Any]]) -> None:
    """Exit 2 where no file could be read at all, 1 where anything was refused."""
    codes = [{reason["code"] for reason in file["reasons"]} for file in told]
    if all(own & UNREADABLE for own in codes):
        raise typer.Exit(2)
    if any(codes) or any(statement["reasons"] for file in told for statement in file["statements"]):
        raise typer.Exit(1)


def _imported(name: str, content: bytes, who: str) -> dict[str, Any]:
    """What became of one file: its statements, or every reason against it."""
    done = context.performed(ImportStatement.of(name.rpartition("/")[2], content, who), None, who)
    if done.result is None:
        return {"file": name, "statements": [], "warnings": [], "reasons": done.reasons}
    return {**done.result, "reasons": []}


def _tell_imported(told: list[dict[str, Any]]) -> None:
    statements = [{**statement, "file": file["file"]} for file in told for statement in file["statements"]]
    for file in told:
        of_statements = [r for s in file["statements"] for r in (*s["reasons"], *s["warnings"])]
        for reason in (*file["reasons"], *of_statements, *file["warnings"]):
            terminal.tell(f"{file['file']} : {terminal.sentence(reason, context.lang)}")
    context.show(statements, "statements")


def _settled_unasked(who: str) -> list[dict[str, Any]]:
    """What settles itself, where the dossier says so; how far it has come on a terminal."""
    caller = Caller(who, "command line", context.dossier)
    with terminal.progress(2**31) as step:
        return settle_certain(caller, context.store(), SystemClock(), step)


@bank.command("list")
def list_(bank: BankCode = "") -> None:
    """Statements, the latest first. / Relevés importés."""
    with context.books() as books:
        found = [listed_shape(statement) for statement in books.bank_statements(plain(bank, "--bank"))]
    context.show(found, "statements")


@bank.command()
def show(number: Annotated[str, typer.Argument(metavar="STATEMENT", help="As bank list shows it")]) -> None:
    """One statement with its lines. / Un relevé et ses lignes."""
    wanted = _number(number, "STATEMENT")
    with context.books() as books:
        found = books.bank_statements(statement=wanted)
        lines = [line_shape(kept) for kept in books.bank_lines(wanted)]
    if not found:
        raise Stop(Refusal("unknown_statement", "STATEMENT", quoted(number)))
    if context.json:
        context.show({**listed_shape(found[0]), "content": lines}, "statements")
    else:
        context.show([listed_shape(found[0])], "statements")
        context.show(lines, "bank_lines")


@bank.command()
def match(
    bank: BankCode = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only the lines that nobody has matched")] = False,
    caller: CallerName = "",
) -> None:
    """Every line with what it may be, or what it was taken for. / Lignes de relevé et propositions."""
    _settled_unasked(plain(caller, "--caller") or user())
    with context.books() as books:
        found = matched(books, plain(bank, "--bank"), open_only=open_only)
    context.show(found if context.json else [_for_reading(line) for line in found], "bank_matches")


def _for_reading(line: dict[str, Any]) -> dict[str, Any]:
    """A line with its first proposal in words."""
    first = line["proposals"][0] if line["proposals"] else None
    pieces = " + ".join(f"{item['third_party']} {item['piece']}" for item in first["items"]) if first else ""
    named = (pieces or first["slip"] or first["account"] or first["kind"]) if first else ""
    reasons = ", ".join(reason[context.lang] for reason in first["reasons"][:2]) if first else ""
    return line | {"proposed": named, "score": first["score"] if first else "", "told": reasons}


@bank.command()
def accept(
    line: Line,
    proposal: Annotated[str, typer.Option(help="Rank of the proposal")] = "1",
    account: Annotated[str, typer.Option(help="No proposal: post it to this account, for instance 471000")] = "",
    vat: Annotated[str, typer.Option(help="What of the bank's fees is VAT, an amount")] = "",
    date: Dated = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Take a line for what a proposal says. / Accepter une proposition."""
    who = plain(caller, "--caller") or user()
    choice = Choice(
        _number(line, "LINE"),
        _number(proposal, "--proposal"),
        plain(account, "--account"),
        day_of(day(date, "--date")),
        _figure(vat, "--vat"),
    )
    try:
        with context.books() as books:
            act = accepting(choice, books, who)
    except Refused as refused:
        context.result(Performed(None, [reason_shape(reason) for reason in refused.reasons]))
        return
    context.perform(act, "bank_accepted", key, caller)


@bank.command()
def undo(
    line: Line,
    reason: Annotated[str, typer.Option(help="Why, kept in the label and the logbook")] = UNDONE,
    date: Annotated[str, typer.Option("--date", help="Date of the reversal; default: today")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Take an acceptance back: the line is free again. / Annuler un rapprochement."""
    who = plain(caller, "--caller") or user()
    act = UndoLine(_number(line, "LINE"), plain(reason, "--reason") or UNDONE, who, day_of(day(date, "--date")))
    context.perform(act, "bank_accepted", key, caller)


@bank.command()
def reconcile(
    bank: Annotated[str, typer.Option(help="Bank code")],
    date: Annotated[str, typer.Option(help="As of this day; default: today")] = "",
) -> None:
    """What keeps the ledger and the statement apart, proven. / État de rapprochement."""
    code, asked = plain(bank, "--bank"), day_of(day(date, "--date")) or SystemClock().today()
    with context.books() as books:
        if code not in books.company.banks:
            raise Stop(Refusal("unknown_bank", "--bank", quoted(code), ", ".join(books.company.banks) or "-"))
        found = shape(books.reconciliation(code, asked))
    if context.json:
        context.show(found, "reconciliation")
    else:
        context.show([found], "reconciliation")
        sides = [{**own, "side": side, "said": own.get("label") or own.get("text")}
                 for side in ("ledger_only", "statement_only") for own in found[side]]  # fmt: skip
        context.show(sides, "reconciliation_sides")
    if not found["proven"]:
        raise typer.Exit(1)


def _number(text: str, option: str) -> int:
    found = whole_number(text.strip())
    if not found:
        raise Stop(Refusal("malformed_option", option, quoted(text), "1, 2, 3 ..."))
    return found


def _figure(text: str, option: str) -> Figure | None:
    if not text.strip():
        return None
    found = figure(text.strip())
    if found is None or found.digits < 0:
        raise Stop(Refusal("malformed_option", option, quoted(text), "3.00"))
    return found

"""Payment files: what waits for one, make, show, keep, cancel; executed by the bank, answered by it; what is due."""

from collections.abc import Callable
from datetime import date as Day  # noqa: N812
from typing import Annotated, Any

import typer

from lettrage.acts import Act, Moment, Performed
from lettrage.acts.answers import AnswerPayments
from lettrage.acts.payments import CancelPaymentFile, ExecutePaymentFile, MakePaymentFile
from lettrage.acts.proposing import ProposePayments
from lettrage.acts.proposing import shape as proposed
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlBooks
from lettrage.bank.payments import answers
from lettrage.bank.payments.file import Filed, Wanted
from lettrage.bank.payments.propose import Choice
from lettrage.bank.payments.shapes import Sayer, foreseen, shape, shape_with_lines, waiting_shapes
from lettrage.caller import Caller
from lettrage.commands import payment_tables
from lettrage.commands.shared import CallerName, Key, app, context, day, plain, print_json, read_file, user, write_file
from lettrage.dates import PARIS
from lettrage.dates import day as day_of
from lettrage.limits import ANSWER
from lettrage.refusal import Language, Refusal, Stop, quoted
from lettrage.settlement.answer import reason_shape
from lettrage.settlement.fields import whole_number

payment = typer.Typer(no_args_is_help=True, help="Payment files. / Fichiers de paiement pour la banque.")
app.add_typer(payment, name="payment")

Number = Annotated[str, typer.Argument(help="Number of the payment file")]
Kind = Annotated[str, typer.Option(help="transfers, debits or bills")]
BankCode = Annotated[str, typer.Option(help="Bank code")]


@payment.command("list")
def list_() -> None:
    """Files made, then what waits for one. / Fichiers faits, puis ce qui en attend un."""
    with context.books() as books:
        waiting = waiting_shapes(books.payment_facts().candidates)
        found = [*map(shape, books.payment_files()), *waiting]
    context.show(found, "payment_files")


@payment.command()
def make(
    bank: BankCode,
    kind: Kind,
    transactions: Annotated[list[str] | None, typer.Argument(help="Transactions; none: all that waits")] = None,
    date: Annotated[str, typer.Option(help="When the bank is to do it; default: its next day")] = "",
    scheme: Annotated[str, typer.Option(help="Direct debits: CORE or B2B only")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only what would be made")] = False,
    urgent: Annotated[bool, typer.Option("--urgent", help="Ask for high priority")] = False,
    out: Annotated[str, typer.Option(help="Write the file here as well; - for stdout")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Make a payment file of what waits for a bank. / Faire un fichier de paiement."""
    wanted = Wanted(
        plain(bank, "--bank"),
        plain(kind, "--kind"),
        day_of(day(date, "--date")),
        tuple(plain(number, "TRANSACTION") for number in transactions or ()),
        plain(scheme, "--scheme").upper(),
        urgent,
    )
    act = MakePaymentFile(wanted, _who(caller).name)
    if dry_run:
        _foreseen(act)
        return
    done = context.result(context.performed(act, key, caller))
    if out:
        _write(done["number"], out)
    if out != "-":
        _show(done, payment_tables.payment_file)


def _foreseen(act: MakePaymentFile) -> None:
    now = SystemClock().now()
    with context.books() as books:
        file, reasons = act.planned(books, Moment(now, now.astimezone(PARIS).date()))
    if file is not None:
        context.show([foreseen(file)], "payment_files")
        return
    shown = [reason_shape(reason) for reason in reasons]
    context.result(Performed(None, shown))


@payment.command()
def show(number: Number) -> None:
    """One file, line by line, and what became of each. / Un fichier, ligne à ligne."""
    with context.books() as books:
        found = _found(books, number)
    _show(shape_with_lines(found, Sayer(context.lang)), payment_tables.payment_file)


@payment.command()
def file(
    number: Number,
    out: Annotated[str, typer.Option(help="File; - for stdout; default: MESSAGE.xml (or .txt) here")] = "",
) -> None:
    """Write a file for the bank, the same bytes each time. / Écrire le fichier pour la banque."""
    _write(number, plain(out, "--out"))


@payment.command()
def cancel(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, kept with the file and in the logbook")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """A file that is not sent: its instruments are free again. / Annuler un fichier qui n'est pas parti."""
    _perform(CancelPaymentFile(plain(number, "NUMBER"), plain(reason, "--reason")), key, caller)


@payment.command()
def executed(
    number: Number,
    date: Annotated[str, typer.Option(help="The bank's date; default: the file's, today at the latest")] = "",
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """The bank has executed a file, but for what it rejected. / La banque a exécuté le fichier."""
    _perform(ExecutePaymentFile(plain(number, "NUMBER"), _who(caller), day_of(day(date, "--date"))), key, caller)


@payment.command()
def answer(
    file: Annotated[str, typer.Argument(help="The bank's pain.002; - for stdin")],
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """Read a bank's answer: what it rejected is owed again. / Lire la réponse de la banque (pain.002)."""
    read = answers.read(read_file(file, ANSWER))
    act = AnswerPayments(read, plain(file, "FILE"), _who(caller).name)
    done = context.result(context.performed(act, key, caller))
    _show(done, payment_tables.answer)
    if done["unknown"] or any(line["reasons"] for line in done["rejected"]):
        raise typer.Exit(1)


@payment.command()
def propose(
    bank: BankCode,
    until: Annotated[str, typer.Option(help="What is due up to this day")],
    kind: Kind = "transfers",
    third_party: Annotated[list[str] | None, typer.Option(help="Only these third parties")] = None,
    date: Annotated[str, typer.Option(help="When the bank is to do it; default: its next day")] = "",
    make: Annotated[bool, typer.Option("--make", help="Order these payments and make the file")] = False,
    key: Key = None,
    caller: CallerName = "",
) -> None:
    """What is due to be paid or collected; with --make it is. / Ce qui est à payer ou à prélever ; --make le fait."""
    wanted = Choice(
        plain(bank, "--bank"),
        plain(kind, "--kind"),
        _needed_day(until, "--until"),
        day_of(day(date, "--date")),
        tuple(plain(code, "--third-party") for code in third_party or ()),
    )
    act = ProposePayments(wanted, _who(caller))
    if make:
        _perform(act, key, caller)
        return
    with context.books() as books:
        choice, reasons = act.planned(books, SystemClock().now().astimezone(PARIS))
    _show(proposed(choice, reasons), payment_tables.proposal)
    if reasons:
        raise typer.Exit(1)


def _needed_day(text: str, option: str) -> Day:
    found = day_of(day(text, option))
    if found is None:
        raise Stop(Refusal("malformed_option", option, quoted(text), "YYYY-MM-DD, YYYYMMDD"))
    return found


def _perform(act: Act, key: str | None, caller: str) -> None:
    _show(context.result(context.performed(act, key, caller)), payment_tables.payment_file)


def _show(value: dict[str, Any], told: Callable[[dict[str, Any], Language], None]) -> None:
    """A result, as JSON or for reading."""
    if context.json:
        print_json(value)
    else:
        told(value, context.lang)


def _who(caller: str) -> Caller:
    return Caller(plain(caller, "--caller") or user(), "command line", context.dossier)


def _write(number: str, out: str) -> None:
    with context.books() as books:
        found = _found(books, number)
        content = books.payment_content(found.number)
    write_file(content, out or name_of(found))


def name_of(file: Filed) -> str:
    """What a file is called when it is kept."""
    return f"{file.message}.{'txt' if file.kind == 'bills' else 'xml'}"


def _found(books: SqlBooks, number: str) -> Filed:
    found = books.payment_file(whole_number(plain(number, "NUMBER")))
    if found is None:
        raise Stop(Refusal("unknown_payment_file", "NUMBER", quoted(number)))
    return found

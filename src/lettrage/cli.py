"""The command line. Exit status: 0 done, 1 done but something was refused or found, 2 could not be carried out."""

import errno
import getpass
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs
import typer

from lettrage import __version__, demo, opening, terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import configure, log
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.dates import day as day_of
from lettrage.limits import DOCUMENT, KEY_CHARACTERS, LOAD, NUMBER_DIGITS, PATH_CHARACTERS, Limits
from lettrage.refusal import Language, Refusal, Stop, Unreadable, quoted
from lettrage.settlement import Caller, settle
from lettrage.settlement.answer import stopped

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="From invoice to reconciled payment. / De la facture au paiement rapproché.",
    epilog="--database, --dossier, --json, --lang and --debug may stand before or after the command's name.",
)
SHARED_VALUES = ("--database", "--dossier", "--lang")
SHARED_FLAGS = ("--json", "--debug")


class Context(msgspec.Struct):
    """What the shared options say."""

    database: str = ""
    dossier: str = ""
    json: bool = False
    lang: Language = "fr"
    debug: bool = False

    opened: SqlStore | None = None

    def store(self, *, create: bool = False) -> SqlStore:
        """The store at `--database`. Raises StoreTrouble."""
        self.opened = SqlStore(self.database, SystemClock(), create=create)
        return self.opened

    def close(self) -> None:
        """Leave the database file whole by itself."""
        if self.opened is not None:
            self.opened.close()

    @contextmanager
    def books(self, *, writing: bool = False) -> Iterator[SqlBooks]:
        """The books of `--dossier`, or of the only dossier there is."""
        store = self.store()
        with store.books(self.dossier or _only(store), writing=writing) as books:
            yield books

    def show(self, value: Any, kind: str) -> None:
        """Print a result, as JSON or for reading."""
        if self.json:
            print_json(value)
        else:
            terminal.show(value, kind, self.lang)


context = Context()


def main() -> None:
    """The entry point: everything that goes wrong is said in plain words."""
    _speak_utf8()
    arguments = hoisted(sys.argv[1:])
    try:
        app(args=arguments, prog_name="lettrage")
    except Stop as stop:
        _fail(stop.refusal.say(context.lang))
    except OSError as error:
        _fail(Refusal("output_lost", seen=str(error.strerror)).say(context.lang))
    except Exception as error:
        if context.debug:
            raise
        _fail(f"Erreur interne / internal error: {type(error).__name__}. --debug: details.")
    finally:
        context.close()


def _speak_utf8() -> None:
    """JSON and accents are UTF-8, whatever the system believes of its terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def hoisted(arguments: list[str]) -> list[str]:
    """The arguments with the shared options first, wherever they stood; what follows `--` is left alone."""
    shared: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*shared, *others, argument, *rest]
        if argument in SHARED_VALUES:
            shared += [argument, *([value] if (value := next(rest, None)) is not None else [])]
        elif argument in SHARED_FLAGS or argument.startswith(tuple(f"{name}=" for name in SHARED_VALUES)):
            shared.append(argument)
        else:
            others.append(argument)
    return shared + others


def _fail(message: str) -> None:
    terminal.tell(message)
    sys.exit(2)


def print_json(value: Any) -> None:
    """JSON for machines, on standard output."""
    _write(msgspec.json.encode(value).decode())


def _write(text: str) -> None:
    """One line on standard output; a reader that has gone has read enough. Raises OSError when it cannot be written."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    terminal.say(text)


def _only(store: SqlStore) -> str:
    known = store.dossiers()
    if len(known) != 1:
        raise Stop(Refusal("which_dossier", "--dossier", "", ", ".join(known)))
    return known[0]


def _default_database() -> str:
    return f"sqlite:///{Path(platformdirs.user_data_dir('lettrage', appauthor=False)) / 'lettrage.sqlite'}"


def _version(wanted: bool) -> None:
    if wanted:
        terminal.say(f"lettrage {__version__}")
        raise typer.Exit


@app.callback()
def shared(
    database: Annotated[
        str, typer.Option(envvar="LETTRAGE_DATABASE", help="sqlite:///relative, sqlite:////absolute")
    ] = "",
    dossier: Annotated[str, typer.Option(envvar="LETTRAGE_DOSSIER", help="Company file; default: the only one")] = "",
    json: Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout")] = False,
    lang: Annotated[str, typer.Option(envvar="LETTRAGE_LANG", help="fr or en")] = "fr",
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Options of every command."""
    if lang not in ("fr", "en"):
        raise Stop(Refusal("malformed_option", "--lang", lang, "fr, en"))
    context.database = database or _default_database()
    context.dossier = _plain(dossier, "--dossier")
    context.json = json
    context.lang = "en" if lang == "en" else "fr"
    context.debug = debug
    configure()


def _read(file: str, limits: Limits) -> bytes:
    """A file's bytes, one more than allowed at most; `-` is standard input. Raises Unreadable."""
    most = limits.document_bytes + 1
    try:
        if file == "-":
            if sys.stdin is None:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            return sys.stdin.buffer.read(most)
        with Path(file).open("rb") as opened:
            return opened.read(most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unreadable(Refusal("unreadable_file", "FILE", quoted(file, PATH_CHARACTERS), str(reason))) from None


def _plain(value: str, option: str) -> str:
    """An option's text, trimmed. Bytes that are no text are told, not guessed at."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Stop(Refusal("malformed_option", option, quoted(value), "UTF-8")) from None
    return value.strip()


def _day(text: str, option: str) -> str:
    """A date argument, as ISO text; "" when absent."""
    if not text:
        return ""
    found = day_of(text.strip())
    if found is None:
        raise Stop(Refusal("malformed_option", option, quoted(text), "YYYY-MM-DD, YYYYMMDD"))
    return found.isoformat()


def _transaction_number(text: str) -> int:
    """A transaction's number; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS else 0


def _user() -> str:
    """The operating system's user; a bare number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


@app.command()
def load(file: Annotated[str, typer.Argument(help="JSON load file, or TABLE.csv; - for stdin")]) -> None:
    """Load companies, third parties, banks, rates, invoices, portfolio. / Charger un dossier."""
    data = _read(file, LOAD)
    loaded = opening.load(data, file, context.dossier, context.store(create=True), SystemClock())
    for stranger in loaded.strangers:
        terminal.tell(stranger.say(context.lang))
    if context.json:
        faults = [{"code": f.code, "path": f.path, "seen": f.seen, "expected": f.expected, "fr": f.fr, "en": f.en,
                   "fix": f.fix_fr, "fix_en": f.fix_en} for f in loaded.faults]  # fmt: skip
        print_json({"dossiers": loaded.counts, "faults": faults})
    else:
        terminal.show_load(loaded, context.lang)
    if loaded.faults:
        raise typer.Exit(1)


@app.command("settle")
def settle_(
    file: Annotated[str, typer.Argument(help="Settlement document; - for stdin")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and plan, store nothing")] = False,
    key: Annotated[str | None, typer.Option(help="Idempotency key: the same call again gives the same answer")] = None,
    caller: Annotated[str, typer.Option(help="Who sends it; default: the system's user")] = "",
) -> None:
    """Book a settlement document. / Intégrer un document de règlements."""
    try:
        if key == "":
            raise Stop(Refusal("malformed_key", "--key", "", f"1-{KEY_CHARACTERS} ASCII"))
        who = Caller(_plain(caller, "--caller") or _user(), "command line", context.dossier, key or "", dry_run)
        reply = settle(_read(file, DOCUMENT), who, context.store(), SystemClock())
    except Stop as stop:
        reply = stopped(stop)
    status = 2 if reply.error else 1 if reply.refused else 0
    try:
        _write(reply.text)  # before anything else: the answer counts most
    except OSError as error:
        # What was done is done: the status is not 2, and the same key gives the answer again.
        _unwritten(error, max(status, 1))
    if reply.error or (sys.stderr is not None and sys.stderr.isatty()):
        terminal.show_reply(reply, context.lang)
    log("document", done=reply.done, refused=reply.refused, replayed=reply.replayed, error=reply.error)
    raise typer.Exit(status)


def _unwritten(error: OSError, status: int) -> None:
    terminal.tell(Refusal("answer_not_written", seen=str(error.strerror)).say(context.lang))
    context.close()
    os._exit(status)


@app.command()
def items(
    third_party: Annotated[str, typer.Option(help="Only this third party")] = "",
    everything: Annotated[bool, typer.Option("--all", help="With the settled ones")] = False,
) -> None:
    """Due items and open advances. / Échéances et acomptes ouverts."""
    wanted = _plain(third_party, "--third-party")
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
    begin, end = _day(first, "--from"), _day(last, "--to")
    with context.books() as books:
        found = books.entries(books.company.currency, begin, end)
    context.show(found, "entries")


@app.command()
def transaction(number: Annotated[str, typer.Argument(help="Transaction number")]) -> None:
    """One transaction with its lineage. / Une transaction et sa filiation."""
    with context.books() as books:
        found = books.transaction(_transaction_number(number), books.company.currency)
    if found is None:
        raise Stop(Refusal("no_such_number", "NUMBER", quoted(number)))
    context.show(found, "transaction")


@app.command()
def portfolio(state: Annotated[str, typer.Option(help="Only this state, for instance C30")] = "") -> None:
    """Active instruments. / Effets en portefeuille et en banque."""
    with context.books() as books:
        found = books.portfolio(books.company.currency, _plain(state, "--state").upper())
    context.show(found, "portfolio")


@app.command()
def tasks(
    transaction: Annotated[str, typer.Option(help="The transaction of a task to close")] = "",
    piece: Annotated[str, typer.Option(help="... its invoice")] = "",
    credit_note: Annotated[str, typer.Option(help="... and the number of its credit note")] = "",
) -> None:
    """Credit notes to issue or to receive. / Avoirs à émettre ou à recevoir."""
    closing = bool(transaction or piece or credit_note)
    number, invoice = _transaction_number(transaction), _plain(piece, "--piece")
    note = _plain(credit_note, "--credit-note")
    with context.books(writing=closing) as books:
        if closing and not (number and invoice and note and books.close_task(number, invoice, note)):
            raise Stop(Refusal("no_such_task", "--transaction", quoted(transaction), "--piece, --credit-note"))
        found = books.tasks(books.company.currency)
    context.show(found, "tasks")


@app.command()
def verify(head: Annotated[str, typer.Option(help="A hash of the chain that was kept elsewhere")] = "") -> None:
    """Integrity check. / Contrôle d'intégrité."""
    store = context.store()
    findings = store.audit(context.dossier or _only(store), _plain(head, "--head") or None)
    found = {
        "ok": not findings,
        "findings": [{"code": f.code, "message": f.message, "where": f.where} for f in findings],
    }
    context.show(found, "verify")
    if findings:
        raise typer.Exit(1)


@app.command("demo")
def demo_(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the story")] = False,
) -> None:
    """The source's five examples, settled, and their books. / Les cinq exemples, réglés, et leurs écritures."""
    path = Path(platformdirs.user_data_dir("lettrage", appauthor=False)) / "demo.sqlite"
    demo.play(path, context.lang)

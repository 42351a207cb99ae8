"""What every command shares: the application, the shared options, arguments, and printing."""

import errno
import gc
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs
import typer

from lettrage import __version__, terminal
from lettrage.acts import Act, Performed, perform
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import configure
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.caller import Caller
from lettrage.dates import day as day_of
from lettrage.limits import KEY_CHARACTERS, PATH_CHARACTERS, Limits
from lettrage.refusal import Language, Refusal, Stop, Unreadable, quoted

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="From invoice to reconciled payment. / De la facture au paiement rapproché.",
    epilog="--database, --dossier, --json, --lang and --debug may stand before or after the command's name.",
)


class Context(msgspec.Struct):
    """What the shared options say."""

    database: str = ""
    dossier: str = ""
    json: bool = False
    lang: Language = "fr"
    debug: bool = False

    opened: SqlStore | None = None
    ends: list[Callable[[], None]] = []  # what else is open once its module was imported, to be closed with the command

    def store(self, *, create: bool = False) -> SqlStore:
        """The store at `--database`, opened once. Raises StoreTrouble."""
        if self.opened is None:
            self.opened = SqlStore(self.database, SystemClock(), create=create)
        return self.opened

    def close(self) -> None:
        """Leave the database file whole by itself, and nothing open elsewhere."""
        for end in self.ends:
            end()
        if self.opened is not None:
            self.opened.close()
        self.opened = None

    @contextmanager
    def books(self) -> Iterator[SqlBooks]:
        """The books of `--dossier`, or of the only dossier there is, for reading."""
        store = self.store()
        with store.books(self.dossier or only(store), writing=False) as books:
            yield books

    def show(self, value: Any, kind: str) -> None:
        """Print a result, as JSON or for reading."""
        if self.json:
            print_json(value)
        else:
            terminal.show(value, kind, self.lang)

    def performed(self, act: Act, key: str | None = None, caller: str = "") -> Performed:
        """What became of something asked of the books. Raises Stop."""
        if key == "":
            raise Stop(Refusal("malformed_key", "--key", "", f"1-{KEY_CHARACTERS} ASCII"))
        who = Caller(plain(caller, "--caller") or user(), "command line", self.dossier, key or "")
        return perform(act, who, self.store(), SystemClock())

    def perform(self, act: Act, kind: str, key: str | None = None, caller: str = "") -> None:
        """Do something asked of the books and show its result, or every reason against it (exit 1)."""
        self.show(self.result(self.performed(act, key, caller)), kind)

    def result(self, done: Performed) -> dict[str, Any]:
        """What was done; or every reason against it is shown (exit 1)."""
        if done.result is not None:
            return done.result
        if self.json:
            print_json({"reasons": done.reasons})
        else:
            terminal.tell(*(terminal.sentence(reason, self.lang) for reason in done.reasons))
        raise typer.Exit(1)


context = Context()
_VALUES_BETWEEN = 50_000  # the interpreter itself begins after 700


def seek_rings_seldom() -> None:
    """Let the interpreter look for rings of values seldom: of a document's many values none refers back to itself."""
    gc.set_threshold(_VALUES_BETWEEN)


Host = Annotated[str, typer.Option(help="The address to listen on")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any free one")]
Key = Annotated[str | None, typer.Option(help="Idempotency key: the same call again gives the same answer")]
CallerName = Annotated[str, typer.Option("--caller", help="Who asks; default: the system's user")]


def print_json(value: Any) -> None:
    """JSON for machines, on standard output."""
    write(msgspec.json.encode(value).decode())


def write(text: str) -> None:
    """One line on standard output; a reader that has gone has read enough. Raises OSError when it cannot be written."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    terminal.say(text)


def only(store: SqlStore) -> str:
    """The only dossier there is. Raises Stop."""
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
    context.dossier = plain(dossier, "--dossier")
    context.json = json
    context.lang = "en" if lang == "en" else "fr"
    context.debug = debug
    configure()


def read_file(file: str, limits: Limits) -> bytes:
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


def write_file(data: bytes, file: str) -> None:
    """Bytes into a file, or on standard output (`-`). Raises Stop."""
    try:
        if file == "-":
            _write_bytes(data)
            return
        Path(file).write_bytes(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Stop(Refusal("file_not_written", "--out", quoted(file, PATH_CHARACTERS), str(reason))) from None


def _write_bytes(data: bytes) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        terminal.discard_output()


def plain(value: str, option: str) -> str:
    """An option's text, trimmed. Bytes that are no text are told, not guessed at."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Stop(Refusal("malformed_option", option, quoted(value), "UTF-8")) from None
    return value.strip()


def day(text: str, option: str) -> str:
    """A date argument, as ISO text; "" when absent."""
    if not text:
        return ""
    found = day_of(text.strip())
    if found is None:
        raise Stop(Refusal("malformed_option", option, quoted(text), "YYYY-MM-DD, YYYYMMDD"))
    return found.isoformat()


def user() -> str:
    """The operating system's user; a bare number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"

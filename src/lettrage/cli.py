"""The command line. Exit status: 0 done, 1 done but something was refused or found, 2 could not be carried out."""

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from lettrage import terminal
from lettrage.commands.shared import Port, app, context, seek_rings_seldom
from lettrage.refusal import Refusal, Stop

# The modules that add a command, by its first word; what nobody asked for is not imported, which keeps the wait short.
MODULES = {
    "archive": ["archive"],
    "backup": ["backups"],
    "bank": ["bank"],
    "cancel": ["reversals"],
    "chorus": ["chorus", "chorus_settings", "chorus_test", "sending"],
    "declarations": ["declarations"],
    "demo": ["service"],
    "draft": ["drafts"],
    "entries": ["reading"],
    "fec": ["fec"],
    "head": ["fec"],
    "invoice": ["checking", "converting", "explaining", "invoices", "sending"],
    "items": ["reading"],
    "lettering": ["lettering"],
    "lifecycle": ["lifecycle", "statuses"],
    "load": ["intake"],
    "logbook": ["logbook"],
    "migrate": ["migrating"],
    "payment": ["payments"],
    "period": ["periods"],
    "platform": ["platform", "sending"],
    "portfolio": ["reading"],
    "report": ["reports"],
    "restore": ["backups"],
    "reverse": ["drafts"],
    "route": ["routing"],
    "serve": ["service"],
    "settle": ["intake"],
    "slip": ["slips"],
    "statement": ["parties"],
    "tasks": ["reading"],
    "third-parties": ["parties"],
    "transaction": ["reading"],
    "unpaid": ["reversals"],
    "user": ["users"],
    "vat": ["vat"],
    "verify": ["reading"],
    "watch": ["watching"],
    "year": ["periods"],
}
SHARED_VALUES = ("--database", "--dossier", "--lang")
SHARED_FLAGS = ("--json", "--debug")


def main() -> None:
    """The entry point: everything that goes wrong is said in plain words."""
    _speak_utf8()
    seek_rings_seldom()
    arguments = hoisted(sys.argv[1:])
    bring(arguments)
    try:
        app(args=arguments, prog_name="lettrage")
    except Stop as stop:
        _fail(stop.refusal.say(context.lang))
    except OSError as error:
        _fail(Refusal("output_lost", seen=str(error.strerror)).say(context.lang))
    except MemoryError:
        _fail(Refusal("out_of_memory").say(context.lang))
    except Exception as error:
        if context.debug:
            raise
        _fail(f"Erreur interne / internal error: {type(error).__name__}. --debug: details.")
    finally:
        context.close()


def bring(arguments: Sequence[str] = ()) -> None:
    """Import what adds the command that is asked for; everything, where that is help or no command's word."""
    everything = sorted({module for modules in MODULES.values() for module in modules})
    for module in MODULES.get(_asked(arguments), everything):
        import_module(f"lettrage.commands.{module}")


def _asked(arguments: Sequence[str]) -> str:
    """The command's first word, as it stands after the shared options; "" where something else comes first."""
    rest = iter(arguments)
    for argument in rest:
        if argument in SHARED_VALUES:
            next(rest, None)
        elif not argument.startswith("-"):
            return argument
        elif argument not in SHARED_FLAGS and "=" not in argument:
            return ""
    return ""


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


@app.command("demo")
def demo_(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the story")] = False,
    port: Port = 8000,
) -> None:
    """Five examples, the lives of a cheque and of an invoice, then served. / Cinq exemples, deux vies, le service."""
    from lettrage import demo  # noqa: PLC0415  (it plays with everything there is)
    from lettrage.commands.service import serve_until_stopped  # noqa: PLC0415

    bring()  # its story is told by the other commands
    path = Path(platformdirs.user_data_dir("lettrage", appauthor=False)) / "demo.sqlite"
    with demo.simulator() as portal:
        store = demo.play(path, portal, context.lang)
        if no_serve:
            store.close()
            return
        password, token = demo.welcome(store)

        def started(url: str, _first: str) -> None:
            demo.invite(url, password, token, portal.url, context.lang)

        serve_until_stopped(store, "127.0.0.1", port, started)

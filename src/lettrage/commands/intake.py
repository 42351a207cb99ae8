"""Commands that bring something in: load a company, settle a document."""

import os
import sys
from typing import Annotated

import typer

from lettrage import opening, terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import log
from lettrage.commands.shared import app, context, plain, print_json, read_file, user, write
from lettrage.guard.audited import Hand
from lettrage.limits import DOCUMENT, KEY_CHARACTERS, LOAD
from lettrage.refusal import Refusal, Stop
from lettrage.settlement import Caller, settle
from lettrage.settlement.answer import reason_shape, stopped


@app.command()
def load(file: Annotated[str, typer.Argument(help="JSON load file, or TABLE.csv; - for stdin")]) -> None:
    """Load companies, third parties, banks, rates, invoices, portfolio. / Charger un dossier."""
    data = read_file(file, LOAD)
    loaded = opening.load(data, file, context.dossier, context.store(create=True), SystemClock(), Hand(user()))
    for stranger in loaded.strangers:
        terminal.tell(stranger.say(context.lang))
    if context.json:
        print_json({"dossiers": loaded.counts, "faults": [reason_shape(fault) for fault in loaded.faults]})
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
        who = Caller(plain(caller, "--caller") or user(), "command line", context.dossier, key or "", dry_run)
        reply = settle(read_file(file, DOCUMENT), who, context.store(), SystemClock())
    except Stop as stop:
        reply = stopped(stop)
    status = 2 if reply.error else 1 if reply.refused else 0
    try:
        write(reply.text)  # before anything else: the answer counts most
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

"""The command that serves: the web service on one database."""

import os
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import configure, log, warn
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.grouping import GroupingStore
from lettrage.commands.checking import checked_kept
from lettrage.commands.platforms import platforms
from lettrage.commands.rendering import rendered
from lettrage.commands.shared import app, context, print_json
from lettrage.commands.working import beside

Host = Annotated[str, typer.Option(help="The address to listen on")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any free one")]


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """The web service: /webservice, /api/v1, /healthz, /readyz, /metrics. / Le service web.

    LETTRAGE_HOSTS: the names that it answers to, beside loopback addresses, with commas between. LETTRAGE_PROXIES: the
    addresses whose X-Forwarded-For is believed.
    """

    def started(url: str) -> None:
        if context.json:
            print_json({"url": url})
        else:
            terminal.say(url)

    serve_until_stopped(context.store(), host, port, started)


def serve_until_stopped(base: SqlStore, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve these books until SIGTERM or Ctrl-C; `started` is told the address. The store is closed at the end."""
    # Only serving needs these, and they are slow to import.
    from lettrage.adapters.http.house import Invoicing  # noqa: PLC0415
    from lettrage.adapters.http.server import Server, address_of, listen, signals_end_here  # noqa: PLC0415
    from lettrage.adapters.pdf.slips import slip_pdf  # noqa: PLC0415

    configure(default="info")
    store = GroupingStore(base)
    listening = listen(host, port)
    server = Server(
        store,
        base,
        SystemClock(),
        slip_pdf,
        Invoicing(rendered, platforms, partial(checked_kept, base)),
        log=log,
        warn=warn,
        hosts=_named("LETTRAGE_HOSTS"),
        proxies=_named("LETTRAGE_PROXIES"),
        dossier=context.dossier,
    )
    signals_end_here()
    try:
        with beside(base, store, context.dossier):
            server.run(listening, lambda: started(address_of(listening)))
    finally:
        store.close()


def _named(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]

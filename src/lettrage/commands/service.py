"""The command that serves: the web service on one database."""

import gc
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.heap import share_one_heap
from lettrage.adapters.logs import configure, log, warn
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.grouping import GroupingStore
from lettrage.commands.checking import checked_kept
from lettrage.commands.depositing import depositing
from lettrage.commands.platforms import platforms
from lettrage.commands.rendering import rendered
from lettrage.commands.shared import Host, Port, app, context, print_json
from lettrage.commands.working import beside
from lettrage.invoicing.addresses import is_loopback
from lettrage.refusal import Refusal, Stop

if TYPE_CHECKING:
    from lettrage.adapters.http.pages.provider import Provider


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """The pages, /webservice, /api/v1, /healthz, /readyz, /metrics; makes new books if there are none. / Le service.

    LETTRAGE_HOSTS: the names that it answers to, beside loopback addresses, with commas between. LETTRAGE_PROXIES: the
    addresses whose X-Forwarded-For is believed. LETTRAGE_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET, _NAME: the OpenID
    provider through which people may sign on.
    """

    def started(url: str, first: str) -> None:
        if context.json:
            print_json({"url": url} | ({"first_sign_in": first} if first else {}))
        else:
            words = ("Premier accès : {}", "First access: {}")
            terminal.say(url, *([terminal.said(words, context.lang).format(first)] if first else []))

    serve_until_stopped(context.store(create=True), host, port, started)


def serve_until_stopped(base: SqlStore, host: str, port: int, started: Callable[[str, str], None]) -> None:
    """Serve these books until SIGTERM or Ctrl-C. The store is closed at the end.

    `started` is told the address, and where the very first administrator begins as long as nobody can sign in.
    """
    share_one_heap()
    # Only serving needs these, and they are slow to import.
    from lettrage.adapters.http.house import Invoicing  # noqa: PLC0415
    from lettrage.adapters.http.pages.entering import Porch, address_of_first_start  # noqa: PLC0415
    from lettrage.adapters.http.server import Server, address_of, listen, signals_end_here  # noqa: PLC0415
    from lettrage.adapters.pdf.report import report_pdf  # noqa: PLC0415
    from lettrage.adapters.pdf.slips import slip_pdf  # noqa: PLC0415
    from lettrage.adapters.pdf.statement import statement_pdf  # noqa: PLC0415
    from lettrage.adapters.rules import SheetRules  # noqa: PLC0415
    from lettrage.adapters.rules.payment_reports import judge  # noqa: PLC0415

    configure(default="info")
    store = GroupingStore(base)
    listening = listen(host, port)
    url, porch = address_of(listening), Porch(_provider())
    first = address_of_first_start(url, porch) if base.sign_ins.none_yet() else ""
    server = Server(
        store,
        base,
        SystemClock(),
        slip_pdf,
        statement_pdf,
        report_pdf,
        Invoicing(rendered, platforms, partial(checked_kept, base), judge, SheetRules()),
        log=log,
        warn=warn,
        hosts=_named("LETTRAGE_HOSTS"),
        proxies=_named("LETTRAGE_PROXIES"),
        dossier=context.dossier,
        porch=porch,
    )
    signals_end_here()
    gc.freeze()  # what is here now stays to the end: no search for rings need look at it
    try:
        with beside(base, store, context.dossier), depositing(base, store, context.dossier):
            server.run(listening, lambda: started(url, first))
    finally:
        store.close()


def _provider() -> "Provider | None":
    """The OpenID provider that the environment names; None without one. Raises Stop for one that is half named."""
    issuer = os.environ.get("LETTRAGE_OIDC_ISSUER", "")
    if not issuer:
        return None
    client, secret = (os.environ.get(f"LETTRAGE_OIDC_CLIENT_{part}", "") for part in ("ID", "SECRET"))
    safe = issuer.startswith("https://") or is_loopback(urlsplit(issuer).hostname or "")
    try:
        from lettrage.adapters.http.pages.provider import Provider  # noqa: PLC0415
    except ImportError:
        raise Stop(Refusal("malformed_option", "LETTRAGE_OIDC_ISSUER", issuer, "pip install lettrage[oidc]")) from None
    if not (client and secret and safe):
        expected = "https://…, LETTRAGE_OIDC_CLIENT_ID, LETTRAGE_OIDC_CLIENT_SECRET"
        raise Stop(Refusal("malformed_option", "LETTRAGE_OIDC_ISSUER", issuer, expected))
    return Provider(issuer, client, secret, os.environ.get("LETTRAGE_OIDC_NAME", "") or urlsplit(issuer).netloc)


def _named(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]

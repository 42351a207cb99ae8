"""A plugin of pytest that puts one bug into the program before its tests run: `LETTRAGE_PLANTED_BUG` names it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import platformdirs
from starlette.responses import JSONResponse

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.http import reads
from lettrage.adapters.logs import log
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.parties import Parties
from lettrage.invoicing.portal import Trouble


def _one_query_without_tenant() -> None:
    rows = Parties.rows
    of_the_dossier, of_any = "third_party p WHERE p.dossier = ?1 AND", "third_party p WHERE ?1 = ?1 AND"

    def forgetful(parties: Parties, sql: str, *values: object) -> Any:
        return rows(parties, sql.replace(of_the_dossier, of_any), *values)

    setattr(Parties, rows.__name__, forgetful)


def _new_route_forgotten() -> None:
    """A route of our API for which nobody said who may call it."""

    @reads.router.get("/api/v1/forgotten")
    def forgotten() -> JSONResponse:
        return JSONResponse([])


def _exception_with_headers() -> None:
    """What goes wrong with a call brings the headers of the call along."""
    exchange = Calls._exchange

    def loud(calls: Calls, *arguments: Any, **more: Any) -> Any:
        try:
            return exchange(calls, *arguments, **more)
        except Trouble as trouble:
            raise trouble from ValueError(f"cpro-account: {calls._account.reveal()}")

    setattr(Calls, exchange.__name__, loud)


def _key_beside_the_data() -> None:
    platformdirs.user_config_dir = platformdirs.user_data_dir
    platformdirs.user_config_path = platformdirs.user_data_path


def _token_in_the_log() -> None:
    """Whoever calls is written down with what he showed."""
    identify = SqlStore.identify

    def told(store: SqlStore, token: str) -> Any:
        log("asked", bearer=token)
        return identify(store, token)

    setattr(SqlStore, identify.__name__, told)


BUGS: dict[str, Callable[[], None]] = {
    "one_query_without_tenant": _one_query_without_tenant,
    "new_route_forgotten": _new_route_forgotten,
    "exception_with_headers": _exception_with_headers,
    "key_beside_the_data": _key_beside_the_data,
    "token_in_the_log": _token_in_the_log,
}


@contextmanager
def here(name: str) -> Iterator[None]:
    """Plant it in this process, which ends with it; nothing without a name."""
    if name:
        BUGS[name]()
    yield


def pytest_configure() -> None:
    """Plant it."""
    if name := os.environ.get("LETTRAGE_PLANTED_BUG"):
        BUGS[name]()

"""A steady rate, every settlement durable before it is answered: sixteen callers, each as fast as it is answered.

    python -m tests.storms.loads.steady --count 20000
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.loads.steady --count 20000

The service and the bare framework (the same web server, an application that answers without looking) take the same
calls in turns. The bare one says what the machine gives just now, so the ratio of the two is what is to be judged.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import uvicorn
from benchmarks.clients import Timed, clients_of
from sqlalchemy import Connection, Engine, event
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lettrage.adapters.http.server import address_of, listen
from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.sql import run as run_sql
from tests.databases import POSTGRESQL, STORE, empty_books
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.races import server
from tests.storms.serving import document, prepare, processes, served

TURNS = 3
SLOWEST_MS = 100.0


class Seen(msgspec.Struct):
    """What a run showed: seconds of each settlement, rates of both, and how often the service committed."""

    calls: list[float] = []
    rates: list[float] = []
    bare_rates: list[float] = []
    commits: int = 0

    @property
    def p99_ms(self) -> float:
        """What one call in a hundred takes longer than."""
        return 1_000 * statistics.quantiles(self.calls, n=100)[98]

    def __str__(self) -> str:
        ratio = statistics.median(ours / bare for ours, bare in zip(self.rates, self.bare_rates, strict=True))
        return (
            f"{len(self.calls):,} settlements by 16 callers, p50 {1_000 * statistics.median(self.calls):.1f} ms, p99"
            f" {self.p99_ms:.1f} ms, {statistics.median(self.rates):,.0f}/s beside"
            f" {statistics.median(self.bare_rates):,.0f}/s of the bare framework ({ratio:.2f});"
            f" {self.commits:,} commits"
        )


# ---------------------------------------------------------------- the bare framework

_DONE = json.dumps({"error": 0, "result": json.dumps({"result": {"common": {"resultcode": "0"}}})})


async def _answer(request: Request) -> Response:
    await request.body()
    return Response(_DONE, media_type="application/json")


def _serve_bare(tell_url: Pipe) -> None:
    listening = listen("127.0.0.1", 0)
    tell_url.send(address_of(listening))
    application = Starlette(routes=[Route("/webservice", _answer, methods=["POST"])])
    uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False)).run(sockets=[listening])


@contextmanager
def bare_framework() -> Iterator[str]:
    """An application that answers without looking, in a process of its own; its URL."""
    hear, tell_url = processes.Pipe(duplex=False)
    process = processes.Process(target=_serve_bare, args=(tell_url,), daemon=True)
    process.start()
    try:
        yield hear.recv()
    finally:
        process.kill()
        process.join()


# ---------------------------------------------------------------- what the service does


@contextmanager
def counting(kept: str, bug: Bug) -> Iterator[None]:
    """In the process of the service: with this bug, its commits counted and left in a file at the end."""
    commits = 0

    def note(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        nonlocal commits
        commits += sql == "COMMIT"

    event.listen(Engine, "before_cursor_execute", note)
    with bug():
        try:
            yield
        finally:
            Path(kept).write_text(str(commits))


def _row_by_row(batch: Batch, connection: Connection) -> None:
    for sql, rows in batch.by_table():
        for row in rows:
            run_sql(connection, sql, row)
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN" if POSTGRESQL else "BEGIN IMMEDIATE")


@contextmanager
def commit_per_row() -> Iterator[None]:
    """Planted: each row is made durable by itself."""
    with mock.patch.object(Batch, "write", _row_by_row):
        yield


PLANTED: dict[str, Bug] = {"": nullcontext, "commit_per_row": commit_per_row}


def _keyed(number: int) -> bytes:
    content = json.loads(document(number))
    content["action"]["parameters"]["key"] = f"steady-{number}"
    return json.dumps(content).encode()


def _call(url: str, token: str, texts: list[bytes]) -> Timed:
    with clients_of(url, token) as clients:
        return clients.call(texts)


def run(
    count: int, planted: str = "", slowest_ms: float = SLOWEST_MS, told: Callable[[str], object] = lambda _line: None
) -> Seen:
    """So many settlements, in turns with as many bare answers. Raises BrokenPromiseError."""
    seen = Seen()
    share = count // TURNS
    with tempfile.TemporaryDirectory() as name, bare_framework() as bare_url:
        folder = Path(name)
        address, kept = empty_books(folder), folder / "commits"
        token = prepare(address, count)
        with served(address, folder, partial(counting, str(kept), PLANTED[planted])) as service:
            for turn in range(TURNS):
                texts = [_keyed(n) for n in range(turn * share, (turn + 1) * share)]
                seen.bare_rates.append(share / _call(bare_url, token, texts).seconds)
                timed = _call(service.url, token, texts)
                seen.rates.append(share / timed.seconds)
                seen.calls += timed.each
                told(f"turn {turn + 1}: {seen.rates[-1]:,.0f}/s, bare {seen.bare_rates[-1]:,.0f}/s\n")
            service.stop()
            service.process.join(30)
        seen.commits = int(kept.read_text())
    if seen.p99_ms > slowest_ms or seen.commits > len(seen.calls) + 50:  # the service notes its own start
        raise BrokenPromiseError(str(seen))
    return seen


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "H1",
        lambda given, bug: str(run(given.count, bug, told=sys.stdout.write)),
        PLANTED,
        options={"count": 20_000},
        trial={"count": 300},
        seeded=False,
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

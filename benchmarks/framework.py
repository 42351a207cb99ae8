"""Single calls over HTTP beside the bare framework: the same FastAPI and uvicorn that answer a constant.

Sixteen keep-alive clients in a process of their own post documents of one settlement to `lettrage serve` (SQLite, every
answer given after its durable commit) and, in turn, to a FastAPI of one route that reads the body and answers the very
bytes of such an answer.
"""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from operator import truediv
from pathlib import Path

import msgspec

from benchmarks import company, service
from benchmarks.clients import CLIENTS, clients_of
from benchmarks.databases import Recorder, SqlitePlace
from benchmarks.machine import bytes_written, megabytes_at_most, syncs_per_second
from benchmarks.part import Measured, Measuring, Options
from benchmarks.tables import Aim, Bar, Cell, Table
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import settle

TURNS, CALLS = 3, 600
SHORT_TURNS, SHORT_CALLS = 1, 400
P99_AIM = 100.0

CONSTANT = """
import asyncio, socket, sys
from pathlib import Path
import uvicorn
from fastapi import FastAPI, Request, Response

answer = Path(sys.argv[1]).read_bytes()
app = FastAPI(openapi_url=None)

@app.post("/webservice")
async def webservice(request: Request) -> Response:
    await request.body()
    return Response(answer, media_type="application/json")

listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # as `serve` does: no delay
listening.bind(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
quiet = {"log_config": None, "access_log": False}
config = uvicorn.Config(app, http="httptools", ws="none", lifespan="off", timeout_keep_alive=600, **quiet)
asyncio.run(uvicorn.Server(config).serve([listening]))
"""


OURS, BARE = "Lettrage, SQLite", "bare framework"


class Program(msgspec.Struct):
    """One of the two while it runs, and what was seen of it."""

    url: str
    process: int
    speeds: list[float] = []
    each: list[float] = []
    written: int = 0

    def call(self, token: str, documents: list[bytes]) -> None:
        """One turn."""
        before = bytes_written(self.process)
        with clients_of(self.url, token) as clients:  # anew: who is silent for long is hung up on
            timed = clients.call(documents)
        self.written += bytes_written(self.process) - before
        self.speeds.append(len(documents) / timed.seconds)
        self.each.extend(1_000 * at for at in timed.each)


@contextmanager
def constant(answer: bytes, folder: Path) -> Iterator[Program]:
    """The bare framework, answering this."""
    (folder / "answer").write_bytes(answer)
    command = [sys.executable, "-c", CONSTANT, str(folder / "answer")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            yield Program(f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid)
        finally:
            process.terminate()


def measured(options: Options) -> Measuring:
    """Calls per second, p50 and p99 of both, in turns."""
    turns, calls = (SHORT_TURNS, SHORT_CALLS) if options.short else (TURNS, CALLS)
    syncs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = SqlitePlace(folder)
        items = company.items_for(["1"], 1, calls * turns + 1)
        company.make(place.address("books"), ["1"], items)
        documents = company.documents(["1"], 1, calls * turns + 1, items)
        store = SqlStore(place.address("books"), SystemClock())
        token = store.accounts.issue(service.CALLER.name, "clerk", "")
        recorder = Recorder(store)
        answer = settle(documents.pop(), service.CALLER, store, SystemClock())
        statements = recorder.count
        recorder.close()
        store.close()
        with (
            service.served(place.address("books"), folder) as running,
            constant(answer.text.encode(), folder) as bare,
        ):
            ours = Program(running.url, running.process)
            for turn in range(turns):
                syncs.append(syncs_per_second(folder))
                for program in (ours, bare):
                    program.call(token, documents[turn * calls : (turn + 1) * calls])
                yield told(ours, bare, statements, statistics.median(syncs))


def told(ours: Program, bare: Program, statements: int, syncs: float) -> Measured:
    """The two beside each other."""
    rows: list[tuple[Cell, ...]] = []
    for who, program in ((OURS, ours), (BARE, bare)):
        ratio = statistics.median(map(truediv, program.speeds, bare.speeds))
        p50, p99 = statistics.median(program.each), statistics.quantiles(program.each, n=100)[98]
        cost: tuple[Cell, ...] = ("", "")
        if program is ours:
            cost = (statements, program.written / len(program.each))
        speed = statistics.median(program.speeds)
        rows.append((who, CLIENTS, speed, p50, p99, ratio, *cost, megabytes_at_most(program.process), syncs))
    heads = (
        "program",
        "clients",
        "calls/s",
        "p50 ms",
        "p99 ms",
        "ratio",
        "statements",
        "bytes each",
        "peak MiB",
        "syncs/s",
    )
    bars = tuple(
        Bar(f"{row[0]}: {what}", float(row[at]), ours=row[0] == OURS)
        for what, at in (("p50", 3), ("p99", 4))
        for row in rows
    )
    table = Table("http", "Single settlements over HTTP, sixteen clients", heads, tuple(rows), "milliseconds", bars)
    slow = float(rows[0][4])
    aim = Aim(f"HTTP single call, p99 below {P99_AIM:.0f} ms at {CLIENTS} clients", f"{slow:.0f} ms", slow < P99_AIM)
    return (table,), (aim,)

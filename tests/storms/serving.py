"""`lettrage serve` in a process of its own, and callers who keep their key until they are answered.

The process is forked after everything is imported, so that a start costs a tenth of a second and hundreds are cheap. It
runs the command itself: what stops, drains, refuses and answers is what people start.
"""

import http.client
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lettrage.adapters.store.books import SqlStore
from lettrage.cli import main as command_line
from lettrage.opening import load
from tests.journeys.helpers import Answer, MovableClock, advance, company, header, invoice, pays
from tests.reliability.long_form import BrokenPromiseError, Bug

DOSSIER = "998"
AMOUNT = "10.00"
START_SECONDS = 60
processes = get_context("forkserver")
processes.set_forkserver_preload([
    "tests.storms.serving", "lettrage.adapters.http.server", "lettrage.adapters.http.pages.entering",
    "lettrage.adapters.pdf.report", "lettrage.adapters.pdf.slips", "lettrage.adapters.pdf.statement",
    "lettrage.adapters.chorus.portal", "psycopg", "uvloop", "tests.storms.deposits",
])  # fmt: skip


# ---------------------------------------------------------------- the books


def prepare(address: str, invoices: int, **more: Any) -> str:
    """Books with so many open invoices, made if need be; the token of a till that may settle."""
    store = SqlStore(address, MovableClock(), create=True)
    open_ = [invoice(f"P{n}", AMOUNT) for n in range(invoices)]
    content = json.dumps({"dossiers": [company(DOSSIER, invoices=open_, **more)]})
    loaded = load(content.encode(), "load.json", "", store, MovableClock())
    assert not loaded.faults, loaded.faults
    token = store.accounts.issue("till", "clerk", DOSSIER)
    store.close()
    return token


def document(number: int, *, advances: bool = False) -> bytes:
    """A settlement: of the invoice of this number or, each second time if wanted, an advance like all others.

    A till that takes equal advances says that they are no repeats: nothing but its key keeps them from doubling.
    """
    plain = advances and number % 2
    detail = advance(AMOUNT) if plain else pays(f"P{number}", AMOUNT)
    parameters: dict[str, Any] = {"dos": DOSSIER} | ({"repeat": True} if plain else {})
    envelope = {"swinfinity": "integration_reglement", "parameters": parameters}
    rows = [{"EnteteReglement": header("PORCHQ", AMOUNT, detail)}]
    return json.dumps({"action": envelope, "data": {"EnteteReglementtb": rows}}).encode()


def equal_advance(number: int) -> bytes:
    """A settlement of which there may be any number: an advance like all others."""
    return document(2 * number + 1, advances=True)


def check_books(address: str, done: int, where: str, aside: Sequence[str] = ()) -> None:
    """The books hold so many settlements, each once, in order, balanced and without a finding but those put `aside`."""
    store = SqlStore(address, MovableClock())
    try:
        with store.books(DOSSIER, writing=False) as books:
            made = [e for e in books.entries(books.company.currency) if e["transaction"]]
        transactions = sorted(int(entry["transaction"]) for entry in made)
        debit, credit = (
            sum(Decimal(line[side]) for entry in made for line in entry["lines"]) for side in ("debit", "credit")
        )
        expectations = {
            "transactions": (transactions, list(range(1, done + 1))),
            "debit and credit": (debit, credit),
            "findings": ([f"{f.code}: {f.message}" for f in store.audit(DOSSIER) if f.code not in aside], []),
        }
    finally:
        store.close()
    for what, (seen, expected) in expectations.items():
        if seen != expected:
            found = f"{len(seen)} {what}" if isinstance(seen, list) and len(seen) > 10 else f"{what}: {seen}"
            raise BrokenPromiseError(f"{where}: {found}, expected {done} settlements, each once")


# ---------------------------------------------------------------- the service


class Served:
    """A running `lettrage serve`: its process, its address, its log."""

    def __init__(self, process: BaseProcess, url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    def stop(self) -> None:
        """Ask it to stop, as a service manager does."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGTERM)

    def events(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]


@contextmanager
def served(
    address: str, folder: Path, bug: Bug = nullcontext, before: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Serve these books for as long as the block lasts. `bug`: planted in the process; `before`: its environment."""
    hear, tell = processes.Pipe(duplex=False)
    log = folder / f"serve-{next(_numbers)}.log"
    process = processes.Process(target=_serve, args=(address, tell, str(folder), str(log), bug, dict(before or {})))
    process.start()
    tell.close()
    try:
        yield Served(process, _url(hear, log), log)
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        hear.close()


_numbers = count(1)


def _url(hear: Connection, log: Path) -> str:
    if not hear.poll(START_SECONDS):
        raise BrokenPromiseError(f"the service did not start: {log.read_text('utf-8')[-2_000:]}")
    with open(os.dup(hear.fileno()), encoding="utf-8") as said:
        line = said.readline()
    if not line:
        raise BrokenPromiseError(f"the service did not start: {log.read_text('utf-8')[-2_000:]}")
    return str(json.loads(line)["url"])


def _serve(address: str, tell: Connection, folder: str, log: str, bug: Bug, settings: dict[str, str]) -> None:
    """The command itself, its output to whoever waits and its log to a file."""
    for number, path in ((1, tell.fileno()), (2, os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND))):
        os.dup2(path, number)
    sys.stdout, sys.stderr = map(partial(open, mode="w", encoding="utf-8", closefd=False), (1, 2))
    for name in [name for name in os.environ if name.startswith(("LETTRAGE_", "XDG_"))]:
        del os.environ[name]
    os.environ |= {"HOME": folder, "LETTRAGE_KEYS": f"{folder}/keys.json"} | settings
    sys.argv = ["lettrage", "--database", address, "serve", "--port", "0", "--json"]
    with bug():
        command_line()


# ---------------------------------------------------------------- callers


class Told(msgspec.Struct, frozen=True):
    """What came back of one exchange; status 0: nothing, or not the whole of it."""

    status: int
    headers: Mapping[str, str] = {}
    text: str = ""

    @property
    def outcome(self) -> str:
        """What became of the only settlement, in a word: "done", a reason's code, or the envelope's error."""
        answer = Answer(self.text)
        if answer.error:
            return f"{answer.error} {answer.txterr}"
        return "done" if answer.codes == ["0"] else "+".join(answer.reasons[0])


class Line:
    """A caller's connection to a service, opened again when it broke."""

    def __init__(self, url: str, token: str, timeout: float = 30) -> None:
        self.url, self._timeout = url, timeout
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._open: http.client.HTTPConnection | None = None

    def ask(self, key: str, content: bytes) -> Told:
        """Send a settlement under its key, once."""
        if self._open is None:
            place = urlsplit(self.url)
            assert place.hostname is not None
            self._open = http.client.HTTPConnection(place.hostname, place.port, timeout=self._timeout)
        try:
            self._open.request("POST", "/webservice", content, self._headers | {"Idempotency-Key": key})
            answer = self._open.getresponse()
            content_told = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Told(0)
        headers = {name.lower(): value for name, value in answer.getheaders()}
        if headers.get("connection") == "close":
            self.close()
        if headers.get("content-length") != str(len(content_told)):  # the library believes a head that was cut
            self.close()
            return Told(0)
        return Told(answer.status, headers, content_told.decode())

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None


def until_answered(
    line: Line,
    key: str,
    content: bytes,
    *,
    refused: Callable[[Told], None] = lambda _told: None,
    pause: float = 0.0,
    seconds: float = 120,
    key_of: Callable[[str, int], str] = lambda key, _attempt: key,
) -> Told:
    """Ask again under the same key until there is an answer that is no 503. `refused` hears each 503.

    Raises BrokenPromiseError where none comes in time. `key_of`: the key of each attempt, for who plants another.
    """
    until = time.monotonic() + seconds
    for attempt in count():
        told = line.ask(key_of(key, attempt), content)
        if told.status not in (0, 503):
            return told
        if told.status == 503:
            refused(told)
        if time.monotonic() > until:
            raise BrokenPromiseError(f"{key}: no answer within {seconds:.0f} s")
        time.sleep(pause)
    raise AssertionError("unreachable")


def in_threads(workers: int, work: Callable[[int], None]) -> None:
    """Run `work(0)`, `work(1)`, ... at the same time; the first error of any is raised at the end."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def quantile(seconds: list[float], part: float) -> float:
    """The value below which this part of all lies."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]

"""The program in this very thread: the journeys, the web service without its sockets, the store behind a gate.

At the gate the world may do something else first (serve another call, kill the process): between what a call has read
and its turn to write there is time, and a commit may be the last thing that a process does.
"""

import asyncio
import atexit
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar
from unittest import mock

import anyio.to_thread
import msgspec

from lettrage.acts import Act, Performed, perform
from lettrage.adapters.http import door
from lettrage.adapters.http.app import application
from lettrage.adapters.http.door import Door
from lettrage.adapters.http.figures import Figures
from lettrage.adapters.http.house import House, Invoicing
from lettrage.adapters.pdf.report import report_pdf
from lettrage.adapters.pdf.slips import slip_pdf
from lettrage.adapters.pdf.statement import statement_pdf
from lettrage.adapters.rules import SheetRules
from lettrage.adapters.rules.payment_reports import judge
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.grouping import GroupingStore
from lettrage.caller import Caller
from lettrage.commands.checking import checked_kept
from lettrage.commands.platforms import Platforms
from lettrage.commands.rendering import rendered
from lettrage.opening import load
from lettrage.refusal import Stop, StoreTrouble
from lettrage.settlement import settle
from tests.simulation.clock import Clock

T = TypeVar("T")
MANY = 1_000_000


class Killed(BaseException):
    """The process is no more; whoever called hears nothing."""


class Outcome(NamedTuple):
    """What became of one thing that was asked: done, as which transaction; or the codes of the reasons against it."""

    done: bool
    transaction: int | None
    codes: tuple[str, ...] = ()


class Answer(NamedTuple):
    """What a caller reads. `judged`: whether the books have said something; else it is to be asked again."""

    judged: bool
    text: str
    outcomes: tuple[Outcome, ...] = ()
    result: dict[str, Any] | None = None
    status: int = 200


class Gate:
    """The store of the running process; it outlives the process, as what others hold on to."""

    def __init__(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        self.before, self.after = before, after
        self.base: Any = None
        self.sharing: Any = None

    def write(self, dossier: str, work: Callable[[Any], T]) -> T:
        """Write, when the turn comes."""
        self.before()
        result: T = self.sharing.write(dossier, work)
        self.after()
        return result

    def books(self, dossier: str, *, writing: bool) -> Any:
        """Read (or rehearse)."""
        return self.sharing.books(dossier, writing=writing)

    def dossiers(self) -> list[str]:
        """Every dossier."""
        codes: list[str] = self.sharing.dossiers()
        return codes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.base, name)

    @property
    def commits(self) -> int:
        """For those who watch."""
        count: int = self.sharing.commits
        return count


_gate = Gate(lambda: None, lambda: None)
_said: list[str] = []


def _log(*said: object, **facts: object) -> None:
    _said.append(f"{said} {facts}")


class _Now:
    """The clock of the life that is being lived: the web service is made once for all lives of a process."""

    clock: Clock

    def now(self) -> Any:
        return self.clock.now()

    def today(self) -> Any:
        return self.clock.today()


_now = _Now()


def _made_once() -> Any:
    """The web service over the gate, whose door counts no wrong tokens."""
    if not hasattr(_made_once, "edge"):
        base: Any = _gate
        with mock.patch.object(door, "WRONG_TOKENS", MANY):
            house = House(
                base, base, _now, Door(base), Figures(), lambda: False, slip_pdf, statement_pdf, report_pdf,
                Invoicing(rendered, Platforms(), partial(checked_kept, base), judge, SheetRules()),
            )  # fmt: skip
            vars(_made_once)["edge"] = application(house, [], _log, _log)
    return vars(_made_once)["edge"]


async def _at_once(function: Callable[..., T], *arguments: Any, **_: Any) -> T:
    return function(*arguments)


@contextmanager
def in_one_thread() -> Iterator[None]:
    """What the web service would hand to other threads it does itself."""
    with mock.patch.object(anyio.to_thread, "run_sync", _at_once):
        yield


class Service:
    """The running program: the entrances through which it is asked, and its end."""

    def __init__(self, address: str, clock: Clock, before: Callable[[], None], after: Callable[[], None]) -> None:
        self.address, self.clock = address, clock
        self.gate, self.edge = _gate, _made_once()
        self.gate.before, self.gate.after = before, after
        _now.clock = clock
        self.open()

    def open(self) -> None:
        """Start the process."""
        base = SqlStore(self.address, self.clock)
        self.gate.base, self.gate.sharing = base, GroupingStore(base)

    def close(self) -> None:
        """End it, in an orderly way or not: what is committed is committed."""
        self.gate.base.close()

    def said(self) -> list[str]:
        """The lines of the log since the last look."""
        lines = [*_said]
        _said.clear()
        return lines

    # ------------------------------------------------------------ the entrances

    def settle(self, data: bytes, caller: Caller) -> Answer:
        """The command line's own way."""
        reply = settle(data, caller, self.gate, self.clock)
        judged = not (reply.error == 503 and reply.reason is not None)
        return Answer(judged, reply.text, told_by_divalto(reply.text) if judged else ())

    def perform(self, act: Act, caller: Caller) -> Answer:
        """An act, as the command line does it."""
        try:
            done = perform(act, caller, self.gate, self.clock)
        except StoreTrouble as trouble:
            return Answer(False, trouble.refusal.code)
        except Stop as stop:
            return Answer(True, stop.refusal.code, (Outcome(False, None, (stop.refusal.code,)),), None)
        return told_by_act(msgspec.structs.replace(done, replayed=False))

    def load(self, data: bytes, dossier: str) -> Answer:
        """A load, as the command line does it."""
        try:
            loaded = load(data, "load.json", dossier, self.gate.base, self.clock)
        except StoreTrouble as trouble:
            return Answer(False, trouble.refusal.code)
        codes = tuple(fault.code for fault in loaded.faults)
        return Answer(True, json.dumps(loaded.counts), (Outcome(not codes, None, codes),))

    def http(self, method: str, path: str, token: str, content: bytes = b"", key: str = "") -> tuple[int, str]:
        """A call of the web service: status and content of its answer."""
        path, _, query = path.partition("?")
        fields = [
            (b"host", b"127.0.0.1"),
            (b"content-length", str(len(content)).encode()),
            (b"x-request-id", b"0" * 16),
        ]
        fields += [(b"content-type", b"application/json")] if content else []
        fields += [(b"authorization", f"Bearer {token}".encode())] if token else []
        fields += [(b"idempotency-key", key.encode())] if key else []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": fields, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        said: dict[str, Any] = {"status": 0, "body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said["status"] = message.get("status", said["status"])
            said["body"] += message.get("body", b"")

        _through(self.edge(scope, receive, send))
        return said["status"], said["body"].decode()


_loops: list[asyncio.AbstractEventLoop] = []  # that are free
_spare = ExitStack()
atexit.register(_spare.close)


def _through(call: Coroutine[Any, Any, None]) -> None:
    """Run a call to its end, also within another one: that one's loop stands still meanwhile."""
    if not _loops:
        _loops.append(asyncio.new_event_loop())
        _spare.callback(_loops[-1].close)
    outer, loop = asyncio._get_running_loop(), _loops.pop()
    asyncio._set_running_loop(None)
    try:
        loop.run_until_complete(call)
    finally:
        _loops.append(loop)
        asyncio._set_running_loop(outer)


# ---------------------------------------------------------------- reading answers


def told_by_divalto(text: str) -> tuple[Outcome, ...]:
    """What an answer of Divalto's shape says of each settlement."""
    envelope = json.loads(text)
    if envelope["error"]:
        return (Outcome(False, None, (envelope["txterr"],)),)
    return tuple(
        Outcome(row["resultcode"] == "0", _number(row["transactionId"]), _codes(row))
        for row in json.loads(envelope["result"])["result"]["response"]
    )


def told_by_api(status: int, text: str) -> Answer:
    """What the API says of a document of settlements, or of an act."""
    if status == 503:
        return Answer(False, text, status=status)
    said = json.loads(text)
    if status == 200 and "settlements" in said:
        rows = said["settlements"]
        outcomes = tuple(Outcome(row["outcome"] == "done", _number(row["transaction"]), _codes(row)) for row in rows)
        return Answer(True, text, outcomes, status=status)
    if status == 200:
        return Answer(True, text, (Outcome(True, _number(said.get("transaction"))),), said, status)
    codes = tuple(reason["code"] for reason in said.get("reasons", ())) or (said["type"].rpartition("/")[2],)
    return Answer(True, text, (Outcome(False, None, codes),), None, status)


def told_by_act(done: Performed) -> Answer:
    """What came of an act."""
    text = msgspec.json.encode(done).decode()
    if done.result is None:
        return Answer(True, text, (Outcome(False, None, tuple(r["code"] for r in done.reasons)),))
    return Answer(True, text, (Outcome(True, _number(done.result.get("transaction"))),), done.result)


def kept(text: str) -> Answer:
    """What an answer says that the books have kept under its key."""
    if "txterr" in text:
        return Answer(True, text, told_by_divalto(text))
    return told_by_act(msgspec.structs.replace(msgspec.json.decode(text, type=Performed), replayed=False))


def _number(text: Any) -> int | None:
    return int(text) if text else None


def _codes(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(reason["code"] for reason in row["reasons"])

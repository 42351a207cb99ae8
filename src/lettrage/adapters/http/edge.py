"""The edge of the service: every call passes here first and last.

What is no call for us, or more than we take, is refused before it is read. Every answer gets the request's number and
the headers that browsers heed; every call is counted and logged in one line without any value that it brought.
"""

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from ipaddress import ip_address
from time import perf_counter
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lettrage.adapters.http.away import Away, Fields
from lettrage.adapters.http.figures import Figures
from lettrage.adapters.http.problems import WEBSERVICE, Problem, language_of, problem_response
from lettrage.adapters.http.turns import Line, overloaded
from lettrage.guard.tokens import without_tokens
from lettrage.limits import (
    AT_ONCE,
    BODY_SECONDS,
    BODY_SECONDS_IN_ALL,
    DOCUMENT,
    FORM_FIELD_BYTES,
    HEADER_BYTES,
    HEADER_FIELDS,
    IN_FLIGHT,
    STATEMENT_BYTES,
    STRANGER_SECONDS,
    STRANGERS,
    TURN_SECONDS,
    UPLOAD_BYTES,
)
from lettrage.refusal import Refusal, quoted

Log = Callable[..., None]

WATCHERS = ("/healthz", "/readyz", "/metrics")  # answered however busy the service is
# Forms write one character as three at most; an upload is a company file.
_MOST_BYTES = {
    WEBSERVICE: 3 * DOCUMENT.document_bytes,
    "/api/v1/load": UPLOAD_BYTES,
    "/api/v1/invoices": UPLOAD_BYTES,  # with attachments inside
    "/api/v1/invoices/import": UPLOAD_BYTES,
    "/factures/import": UPLOAD_BYTES,
    "/api/v1/fec/check": UPLOAD_BYTES,
    "/fec/controle": UPLOAD_BYTES,
    "/api/v1/bank/statements": STATEMENT_BYTES,
    "/banque/releves": STATEMENT_BYTES + FORM_FIELD_BYTES,  # the form around it
}
_SINGLE = (b"host", b"authorization", b"idempotency-key")  # which of two would count, each reader decides otherwise
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Edge:
    """The outermost part of the application. `hosts`: names beside the loopback ones that it answers to."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], figures: Figures, log: Log, warn: Log) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._figures = figures
        self._log, self._warn = log, warn
        self._in_flight = 0
        self._line = Line(AT_ONCE)
        self._away = Away(_HEADERS)
        self._sent_away = 0  # that the log has not told yet
        self._strangers: Counter[str] = Counter()  # contents awaited, by the address that they come from

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call, or the start and the end of the service."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = _Call(_with_slashes(scope), receive, send, self._line, self._strange)
        self._count(1)
        try:
            await self._pass(call)
        finally:
            self._count(-1)
            self._note(call)

    def sent_away(self, method: str, path: str, fields: Fields) -> bytes | None:
        """The answer to a call for which there is no place, all but its first line; None where it may come in.

        It is asked before there is anything but a header, so that a crowd costs those who are served next to nothing.
        """
        is_full = self._in_flight >= IN_FLIGHT
        if path in WATCHERS:
            return None
        if not (is_full or self._line.sends_away()):
            self._line.announce()
            return None
        self._figures.answered(method, "-", 503, 0.0)
        if not self._sent_away:
            asyncio.get_running_loop().call_later(1, self.tell_sent_away)
        self._sent_away += 1
        given = {name: value.decode("latin-1") for name, value in reversed(fields)}
        number = given.get(b"x-request-id", "")
        return self._away.answer(
            path,
            language_of(given.get(b"accept-language", "")),
            IN_FLIGHT if is_full else AT_ONCE,
            _reference(number),
        )

    def tell_sent_away(self) -> None:
        """One line of the log for all who were sent away since the last one."""
        calls, self._sent_away = self._sent_away, 0
        if calls:
            self._log("sent_away", status=503, calls=calls)

    def _count(self, change: int) -> None:
        self._in_flight += change
        self._figures.in_flight.set(self._in_flight)

    @contextmanager
    def _strange(self, source: str) -> Iterator[None]:
        """While content is awaited from nobody known, the call takes no place among those in flight.

        Raises Problem where too many are awaited from this address, or where all places are taken in the meantime.
        """
        if self._strangers[source] >= STRANGERS:
            raise overloaded(STRANGERS)
        self._strangers[source] += 1
        self._count(-1)
        try:
            yield
        finally:
            self._count(1)
            self._strangers[source] -= 1
            if not self._strangers[source]:
                del self._strangers[source]
        if self._in_flight > IN_FLIGHT:
            raise overloaded(IN_FLIGHT)

    async def _pass(self, call: "_Call") -> None:
        try:
            self._let_in(call)
            if call.scope["path"] not in WATCHERS:
                await call.take_turn()
            await self._app(call.scope, call.receive, call.send)
        except Problem as problem:
            await call.refuse(problem)
        except Exception as error:  # the handler of the application has answered it, in the shape of a problem
            if call.gone:
                return
            self._warn("internal_error", request_id=call.id, error=type(error).__name__, trace=_trace(error))
        finally:
            call.give_turn()

    def _let_in(self, call: "_Call") -> None:
        """Raises Problem for what is not read at all."""
        if self._in_flight > IN_FLIGHT and call.scope["path"] not in WATCHERS:
            raise overloaded(IN_FLIGHT)
        fields = call.scope["headers"]
        size = sum(len(name) + len(value) for name, value in fields) + len(call.scope["query_string"])
        if len(fields) > HEADER_FIELDS or size > HEADER_BYTES:
            seen = f"{len(fields)} / {size}"
            raise Problem(431, Refusal("malformed_call", "headers", seen, f"{HEADER_FIELDS} / {HEADER_BYTES}"))
        for name in _SINGLE:
            values = [value for field, value in fields if field == name]
            if len(values) > 1 and (name == b"host" or len(set(values)) > 1):
                raise Problem(400, Refusal("malformed_call", name.decode().title(), str(len(values)), "1"))
        self._check_host(call)
        length = call.header(b"content-length")
        if length and int(length) > call.most:  # the protocol lets only digits through
            raise too_large(length, call.most)

    def _check_host(self, call: "_Call") -> None:
        given = call.header(b"host")
        found = _HOST.fullmatch(given)
        if found is None:
            raise Problem(400, Refusal("malformed_call", "Host", quoted(given) or "-", "host:port"))
        name = found["name"].lower().rstrip(".")
        if name not in self._hosts and not is_loopback(name):
            raise Problem(421, Refusal("wrong_host", "Host", quoted(name)))

    def _note(self, call: "_Call") -> None:
        seconds = perf_counter() - call.began
        route = getattr(call.scope.get("route"), "path", None) or "-"
        self._figures.answered(call.scope["method"], route, call.status or 499, seconds)
        said = call.scope["state"]
        trouble = said.get("trouble")
        if trouble is not None:
            self._warn("store_trouble", request_id=call.id, code=trouble.code, seen=trouble.seen)
        self._log(
            "request",
            request_id=call.id,
            method=call.scope["method"],
            route=route,
            status=call.status or 499,  # 499: the caller went away
            ms=round(seconds * 1_000, 1),
            source=call.source,
            caller=said.get("caller"),
            dossier=said.get("dossier"),
        )


_ENCODED = re.compile("%(2f|25)", re.IGNORECASE)


def _reference(given: str) -> str:
    """The number that a caller gave his call; "" for one that is none, or a token put there by mistake."""
    return given if _REQUEST_ID.fullmatch(given) and without_tokens(given) == given else ""


def _with_slashes(scope: Scope) -> Scope:
    """The same call, a slash that was encoded as part of a name left encoded (`%2F`): it parts nothing.

    So is a percent sign (`%25`), so that a literal `%2F` in a name stays one. `fields.SEGMENT` decodes both.
    """
    raw = scope.get("raw_path") or b""
    if not _ENCODED.search(raw.decode("latin-1")):
        return scope
    return {**scope, "path": unquote(_ENCODED.sub(r"%25\1", raw.decode("latin-1")))}


class _Call:
    """One call on its way through: its content bounded and timed, its answer marked."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        line: Line,
        strange: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self.scope = scope
        self.began = perf_counter()
        self.status = 0
        self.read = 0
        self.most = _MOST_BYTES.get(scope["path"], DOCUMENT.document_bytes)
        self.gone = False  # the caller, before its content was here
        self._receive, self._send, self._strange = receive, send, strange
        self._line = line
        self._has_turn = False
        self._complete = False
        self.id = _reference(self.header(b"x-request-id")) or secrets.token_hex(8)
        scope.setdefault("state", {}).update(request_id=self.id, rest=self.give_turn)

    @property
    def source(self) -> str:
        """The address that it came from."""
        client = self.scope.get("client")
        return client[0] if client else "-"

    def header(self, name: bytes) -> str:
        """The value of a header field; "" when absent."""
        return next((value.decode("latin-1") for field, value in self.scope["headers"] if field == name), "")

    async def receive(self) -> Message:
        """The next piece of the content. Raises Problem when it is late, or more than is taken."""
        if self._complete:
            return await self._receive()
        asked = asyncio.ensure_future(self._receive())
        await asyncio.sleep(0)
        message = asked.result() if asked.done() else await self._awaited(asked)
        self.gone = message["type"] == "http.disconnect"
        self._complete = message["type"] != "http.request" or not message.get("more_body")
        self.read += len(message.get("body", b""))
        if self.read > self.most:
            raise too_large(str(self.read), self.most)
        return message

    async def take_turn(self) -> None:
        """Wait for a turn. Raises Problem (503) where it does not come in time.

        A call that takes long gives it back before its end: an export or a check of everything holds up no settlement.
        """
        await self._line.take()
        self._hold()

    def _hold(self) -> None:
        self._has_turn = True
        asyncio.get_running_loop().call_later(TURN_SECONDS, self.give_turn)

    def give_turn(self) -> bool:
        """Give the turn back, while content is awaited or once the answer is on its way; whether there was one."""
        had, self._has_turn = self._has_turn, False
        if had:
            self._line.give()
        return had

    async def _awaited(self, asked: "asyncio.Future[Message]") -> Message:
        """A piece that is not here yet: meanwhile others have the turn."""
        had_turn = self.give_turn()
        try:
            if "caller" in self.scope["state"]:
                message = await self._piece(asked, BODY_SECONDS, BODY_SECONDS_IN_ALL)
            else:
                with self._strange(self.source):
                    message = await self._piece(asked, STRANGER_SECONDS, STRANGER_SECONDS)
        finally:
            asked.cancel()  # where nobody awaits it any more
        if had_turn:
            await self._line.take_again()
            self._hold()
        return message

    async def _piece(self, asked: "asyncio.Future[Message]", seconds: float, seconds_in_all: float) -> Message:
        left = seconds_in_all - (perf_counter() - self.began)
        try:
            return await asyncio.wait_for(asked, min(seconds, max(left, 0)))
        except TimeoutError:
            raise Problem(408, Refusal("slow_call", expected=f"{seconds:.0f}")) from None

    async def send(self, message: Message) -> None:
        """A piece of the answer, if somebody is there to read it; its head gets what every answer has."""
        if self.gone:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.give_turn()
            own = {name.lower() for name, _ in message["headers"]}
            more = [field for field in _HEADERS if field[0] not in own]
            message["headers"] = [*message["headers"], *more, (b"x-request-id", self.id.encode())]
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem."""
        language = language_of(self.header(b"accept-language"))
        response = problem_response(problem, self.scope["path"], language, self.id)
        await response(self.scope, self.receive, self.send)


def too_large(seen: str, most: int) -> Problem:
    """A content of so many bytes, where so many are taken."""
    return Problem(413, Refusal("too_large", seen=seen, expected=str(most)))


def is_loopback(name: str) -> bool:
    """Whether a name or an address is this machine's own."""
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _trace(error: BaseException) -> list[str]:
    """Where an error arose: files and lines only, never values."""
    places, at = [], error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('lettrage/')[2]}:{at.tb_lineno} {code.co_name}")
        at = at.tb_next
    return places[-12:]

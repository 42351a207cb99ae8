"""The simulator of this machine over HTTP: bounded answers, short waits, no proxy, no other host than this one."""

from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from lettrage.adapters import outgoing
from lettrage.invoicing.addresses import is_loopback
from lettrage.invoicing.simulated import Flow, Invoice, State, Unanswered

T = TypeVar("T")
SECONDS = 5.0  # for an answer of the machine that we are on
MOST_BYTES = 8 * 1024 * 1024
_SAID = 300  # characters of what it says against something


class _Error(msgspec.Struct):
    error: str = ""


class HttpSimulated:
    """Satisfies the port `Simulated`. Nothing is changed before it has answered as our simulator does."""

    def __init__(self, url: str) -> None:
        if not is_loopback(urlsplit(url).hostname or ""):
            raise Unanswered("stranger")
        self._url = url.rstrip("/")

    def state(self) -> State:
        """Everything at a glance."""
        return self._read("state", State)

    def flows(self) -> list[Flow]:
        """What was deposited, in order."""
        return self._read("flows", list[Flow])

    def invoices(self) -> list[Invoice]:
        """The invoices that it took in, in order."""
        return self._read("invoices", list[Invoice])

    def move(self, invoice: int, status: str, motive: str) -> None:
        """Give an invoice a status that is possible from where it is."""
        found = next((one for one in self.invoices() if one.id == invoice), None)
        if found is None or status not in found.possible:
            raise Unanswered("refused", f"{status}: {', '.join(found.possible) if found else '-'}")
        self._do("POST", f"invoices/{invoice}/move", {"status": status, "motive": motive})

    def advance(self, seconds: int) -> None:
        """Move its clock ahead."""
        self._do("POST", "clock", {"advance": seconds})

    def fault_on(self, kind: str, path: str, times: int | None) -> None:
        """Switch a fault on."""
        self._do("POST", "faults", {"kind": kind, "path": path, "times": times})

    def fault_off(self, number: int | None) -> None:
        """Switch one fault off, or all."""
        self._do("DELETE", "faults" if number is None else f"faults/{number}")

    def _do(self, method: str, path: str, asked: Any = None) -> None:
        self.state()
        self._call(method, path, asked)

    def _read(self, path: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(self._call("GET", path), type=kind)
        except msgspec.MsgspecError:
            raise Unanswered("stranger") from None

    def _call(self, method: str, path: str, asked: Any = None) -> bytes:
        """What it answers. Raises Unanswered."""
        body = msgspec.json.encode(asked) if asked is not None else None
        headers = {"content-type": "application/json"} if body is not None else {}
        try:
            with (
                outgoing.calls(SECONDS, urlsplit(self._url).hostname or "") as client,
                client.stream(method, f"{self._url}/simulator/{path}", content=body, headers=headers) as answer,
            ):
                read = bytearray()
                for part in answer.iter_bytes():
                    read += part
                    if len(read) > MOST_BYTES:
                        raise Unanswered("stranger")
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            raise Unanswered("nobody") from None
        if status == 200:
            return bytes(read)
        said = ""
        with suppress(msgspec.MsgspecError):
            said = msgspec.json.decode(bytes(read), type=_Error).error[:_SAID]
        raise Unanswered("refused" if said else "stranger", said)

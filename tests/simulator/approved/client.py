"""A client of the approved platform that knows nothing but HTTP, and what it deposits."""

import hashlib
import json
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from lettrage.dates import PARIS
from lettrage.invoicing.formats.cdar import render
from lettrage.invoicing.lifecycle.sent import Declared, numbered, received, to_buyer
from lettrage.simulator.server import Simulator
from tests.lifecycle.made import concerned, part
from tests.simulator.approved.contract import token

GOLDEN = Path(__file__).parents[2] / "golden"
INVOICE = (GOLDEN / "ubl-platform" / "several_rates.xml").read_bytes()
NUMBER, DAY = "FA-2026-0001", datetime(2026, 3, 2, tzinfo=PARIS)
NOON = datetime(2026, 11, 20, 12, tzinfo=PARIS)
AT_ONCE = {"acknowledgement": 0, "routing": 0, "state": 0}


class Client:
    """Set up with what the simulator says of itself; waits for what a file being read takes."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.http = httpx.Client(trust_env=False, timeout=30)
        self.flows = simulator.approved_connection["approved_flow_url"] + "/v1"
        self.directory = simulator.approved_connection["approved_directory_url"] + "/v1"
        self.http.headers["authorization"] = f"Bearer {token(simulator)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.http.close()

    def post(self, data: bytes, syntax: str = "UBL", **info: Any) -> httpx.Response:
        """Deposit a file."""
        said = {"flowSyntax": syntax, "name": "a-file.xml", "sha256": hashlib.sha256(data).hexdigest(), **info}
        parts: Any = {
            "flowInfo": (None, json.dumps(said), "application/json"),
            "file": ("a-file.xml", data, "application/xml"),
        }
        return self.http.post(f"{self.flows}/flows", files=parts)

    def deposit(self, data: bytes, syntax: str = "UBL", **info: Any) -> str:
        """Deposit a file that is taken: the number of its flow."""
        answer = self.post(data, syntax, **info)
        assert answer.status_code == 202, answer.text
        flow: str = answer.json()["flowId"]
        return flow

    def flow(self, key: str) -> dict[str, Any]:
        """What is said of a flow."""
        answer = self.http.get(f"{self.flows}/flows/{key}")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def acknowledged(self, key: str) -> dict[str, Any]:
        """A flow once it is no longer pending."""
        limit = time.monotonic() + 60
        while (said := self.flow(key))["acknowledgement"]["status"] == "Pending":
            assert time.monotonic() < limit, said
            time.sleep(0.02)
        return said

    def settled(self, data: bytes, syntax: str = "UBL", **info: Any) -> dict[str, Any]:
        """Deposit a file, and what is said of it in the end."""
        return self.acknowledged(self.deposit(data, syntax, **info))

    def codes(self, data: bytes, syntax: str = "UBL", **info: Any) -> list[str]:
        """The reasons for which a file is not taken."""
        said = self.settled(data, syntax, **info)["acknowledgement"]
        assert said["status"] == ("Error" if "details" in said else "Ok")
        return [one["reasonCode"] for one in said.get("details", [])]

    def search(self, **where: Any) -> dict[str, Any]:
        """A page of flows."""
        limits = {name: where.pop(name) for name in ("limit", "cursor") if name in where}
        answer = self.http.post(f"{self.flows}/flows/search", json={"where": where, **limits})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def arrived(self) -> list[dict[str, Any]]:
        """Everything that the platform tells us."""
        found: list[dict[str, Any]] = self.search(flowDirection=["In"], limit=100)["results"]
        return found

    def file(self, key: str, what: str = "Original") -> bytes:
        """The file of a flow."""
        answer = self.http.get(f"{self.flows}/flows/{key}", params={"docType": what})
        assert answer.status_code == 200, answer.text
        return answer.content

    def told(self) -> list[str]:
        """The statuses that arrived, in order."""
        return [_status(self.file(one["flowId"])) for one in self.arrived()]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What an endpoint of the simulator's own answers."""
        answer = self.http.request(method, f"{self.simulator.url}/simulator/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set(self, **settings: Any) -> None:
        """Change how the platform behaves."""
        self.control("PATCH", "approved/settings", {"platform": settings})

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.control("POST", "clock", {"advance": seconds})

    def fault(self, kind: str, times: int | None = 1, **how: Any) -> None:
        """Switch a fault on."""
        self.control("POST", "faults", {"kind": kind, "times": times, **how})

    def move(self, status: str, *reasons: str, invoice: int = 1, **how: Any) -> dict[str, Any]:
        """Have a status told."""
        why = [{"code": one, "text": f"Motif {one}"} for one in reasons]
        body = {"status": status, "reasons": why, **how}
        found: dict[str, Any] = self.control("POST", f"approved/invoices/{invoice}/move", body)
        return found


def _status(message: bytes) -> str:
    return message.partition(b"<ram:ProcessConditionCode>")[2][:3].decode()


def invoice(**changes: str) -> bytes:
    """The invoice with texts of it replaced by others; `number` by its own name."""
    changed = INVOICE.decode()
    for old, new in ({NUMBER: changes.pop("number")} if "number" in changes else {}).items():
        changed = changed.replace(old, new)
    return changed.encode()


def without(old: str, new: str = "", data: bytes = INVOICE) -> bytes:
    """A file with one text in it replaced."""
    assert old in data.decode()
    return data.decode().replace(old, new).encode()


def message(declared: Declared, number: str = NUMBER, **changes: Any) -> bytes:
    """A lifecycle message of the supplier's about that invoice."""
    about = concerned(number=number, date=DAY.date(), **changes)
    return render(to_buyer(about, declared, numbered(about, declared), NOON))


def paid(*parts: tuple[int, int], minute: int = 0, number: str = NUMBER) -> bytes:
    """212: cents received by percent of VAT, at a minute of its own."""
    return message(received(NOON.replace(minute=minute), [part(*one) for one in parts]), number)


def names(found: Sequence[dict[str, Any]]) -> list[str]:
    """The names of flows."""
    return [one["name"] for one in found]

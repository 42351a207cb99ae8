"""An approved platform in memory, for what is decided about its answers: a clock that the test moves, faults by script.

Files are JSON here (`number`, and `refused`: the code of its acknowledgement). The platform takes the same bytes once:
a flow of bytes that it has gets an acknowledgement that says so. It keeps every flow, so that a test can count.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lettrage.invoicing.flow_service import Complaint, DocType, Hook, Seen, Signalled, Submitted
from lettrage.invoicing.portal import Trouble, TroubleKind
from tests.journeys.helpers import MovableClock

CHECKED = timedelta(minutes=3)  # after this a flow is acknowledged
LATE = timedelta(hours=24, minutes=10)  # just after a doubt has been given up
# What a submission may meet: what is raised, and whether the flow is taken all the same.
FAULTS: dict[str, tuple[TroubleKind, bool]] = {
    "before": ("unknown", False),
    "after": ("unknown", True),
    "garbled": ("garbled", True),
    "late": ("unknown", True),
    "unreachable": ("unreachable", False),
    "quota": ("quota", False),
    "maintenance": ("maintenance", False),
    "gateway": ("gateway", False),
    "refused": ("refused", False),
}


@dataclass
class TakenFlow:
    number: str
    at: datetime
    signalled: Signalled
    content: bytes
    refused: str
    visible: datetime  # from this moment on it is found


@dataclass
class Brought:
    seen: Seen
    content: bytes | Trouble


@dataclass
class FlowTwin:
    """Satisfies the port `FlowService`. `faults`: one per submission, "" for none; then none."""

    clock: MovableClock
    faults: list[str] = field(default_factory=list)
    closed: Trouble | None = None  # every call meets this
    taken: dict[str, TakenFlow] = field(default_factory=dict)
    brought: dict[str, Brought] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)  # digests of what others gave the platform
    calls: Counter[str] = field(default_factory=Counter)

    # ------------------------------------------------------------ what the test looks at, and does

    def times_taken(self) -> Counter[str]:
        """How often each number was taken and not refused."""
        return Counter(
            json.loads(flow.content)["number"] for flow in self.taken.values() if self._ack(flow, now=False) == "Ok"
        )

    def brings(self, content: bytes | Trouble, number: str = "", type_: str = "CustomerInvoiceLC") -> str:
        """Have something for us; the flow's number."""
        number = number or f"IN-{len(self.brought) + 1}"
        at = self.clock.now()
        seen = Seen(number, "Ok", type_, "In", syntax="CDAR", submitted_at=at, updated_at=at)
        self.brought[number] = Brought(seen, content)
        return number

    # ------------------------------------------------------------ the port

    def submit(self, content: bytes, signalled: Signalled) -> Submitted:
        self._call("submit")
        assert hashlib.sha256(content).hexdigest() == signalled.sha256
        fault = self.faults.pop(0) if self.faults else ""
        kind, taken = FAULTS.get(fault, ("unknown", True))
        if not taken:
            raise Trouble(
                kind, step="v1/flows", sent=kind == "unknown", status=400 if kind == "refused" else 0, text="no"
            )
        number = f"FLOW-{len(self.taken) + 1}"
        known = signalled.sha256 in self.foreign or any(
            flow.signalled.sha256 == signalled.sha256 and not flow.refused for flow in self.taken.values()
        )
        refused = "AlreadyExistingFlow" if known else json.loads(content).get("refused", "")
        now = self.clock.now()
        visible = now + LATE if fault == "late" else now
        self.taken[number] = TakenFlow(number, now, signalled, content, refused, visible)
        if fault == "misnumbered":
            return Submitted("x")
        if fault:
            raise Trouble(kind, step="v1/flows")
        return Submitted(number, now)

    def traced(self, tracking: str) -> Sequence[Seen]:
        self._call("traced")
        now = self.clock.now()
        return [self._seen(f) for f in self.taken.values() if f.signalled.tracking == tracking and f.visible <= now]

    def seen(self, flow: str) -> Seen | None:
        self._call("seen")
        return self._seen(self.taken[flow]) if flow in self.taken else None

    def arrived(self, since: datetime) -> Sequence[Seen]:
        self._call("arrived")
        found = [one.seen for one in self.brought.values() if one.seen.updated_at and one.seen.updated_at > since]
        return sorted(found, key=lambda seen: (seen.updated_at or seen.submitted_at, seen.flow))

    def content(self, flow: str, what: DocType = "Original") -> bytes:
        self._call("content")
        content = self.brought[flow].content
        if isinstance(content, Trouble):
            raise content
        return content

    def healthy(self) -> bool:
        return self.closed is None

    def hooks(self) -> Sequence[Hook]:
        return ()

    def unhook(self, id_: str) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ inside

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        if self.closed is not None:
            raise self.closed

    def _ack(self, flow: TakenFlow, *, now: bool = True) -> str:
        if now and self.clock.now() < flow.at + CHECKED:
            return "Pending"
        return "Error" if flow.refused else "Ok"

    def _seen(self, flow: TakenFlow) -> Seen:
        ack, told = self._ack(flow), flow.signalled
        complaints = (Complaint("Error", "file", flow.refused, "refused"),) if ack == "Error" else ()
        return Seen(
            flow.number, ack, "CustomerInvoice", "Out", told.tracking, told.name, told.syntax, told.sha256, flow.at,
            flow.at + CHECKED if ack != "Pending" else flow.at, complaints,
        )  # fmt: skip

"""A Chorus Pro in memory, for what is decided about its answers: a clock that the test moves, faults by script.

Files are JSON here (`number`, `date`, `buyer`, `gross`, and `refused`: what it shall be rejected for); a lot is the
tar.gz of several, as the real one takes it. It keeps every flow it ever took, so that a test can count.
"""

import io
import json
import tarfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from lettrage.invoicing.portal import (
    Deposited,
    DocumentError,
    FlowReport,
    Found,
    Recycled,
    Service,
    StatusEvent,
    Structure,
    TechnicalError,
    Trouble,
)
from tests.journeys.helpers import MovableClock

INTEGRATION = timedelta(minutes=20)
LATE = timedelta(hours=24, minutes=10)  # just after a doubt has been given up
DOUBLED = "Le numero de facture (balise : ID.value) existe deja dans la solution, pour le fournisseur renseigne."


@dataclass
class TakenFlow:
    number: str
    at: datetime
    files: list[dict[str, Any]]
    delay: timedelta = INTEGRATION
    forced: str = ""  # a state in place of what the files deserve
    technical: tuple[TechnicalError, ...] = ()


@dataclass
class Twin:
    """Satisfies the port `Portal`. `faults`: one per deposit, "" for none; then none."""

    clock: MovableClock
    faults: list[str] = field(default_factory=list)
    closed: Trouble | None = None  # every call meets this
    flows: dict[str, TakenFlow] = field(default_factory=dict)
    forced: str = ""  # of the flows that are taken from here on
    histories: dict[str, list[StatusEvent]] = field(default_factory=dict)
    lagging: bool = False  # histories do not say yet what the search does
    strangers: list[Found] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    # ------------------------------------------------------------ what the test looks at

    def times_deposited(self) -> Counter[str]:
        """How often each number arrived in a flow that may be integrated."""
        return Counter(f["number"] for flow in self.flows.values() for f in flow.files if not flow.forced)

    def integrated(self) -> dict[str, Found]:
        """Every invoice that is integrated by now, by its number."""
        found: dict[str, Found] = {}
        for flow in sorted(self.flows.values(), key=lambda flow: flow.at + flow.delay):
            for file in flow.files if self._ended(flow) and not flow.forced else ():
                if file["number"] not in found and not file.get("refused"):
                    found[file["number"]] = self._found(flow, file)
        return found

    def moves(self, number: str, code: str, comment: str = "") -> None:
        """Let the buyer move an invoice."""
        own = self._history(self.integrated()[number])
        own.append(StatusEvent(code, self.clock.now(), str(1000 + len(own)), comment))

    # ------------------------------------------------------------ the port

    def deposit(self, content: bytes, name: str, syntax: str) -> Deposited:
        self._call("deposit")
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "refused":
            raise Trouble(
                "refused", step="factures/v1/deposer/flux", status=200, code="GDP_MSG_11.022", text="trop gros"
            )
        if fault in ("before", "unreachable"):
            raise Trouble("unknown" if fault == "before" else "unreachable", sent=fault == "before")
        number = f"CPP0011100{len(self.flows) + 1:015d}"
        delay = LATE if fault == "late" else INTEGRATION
        self.flows[number] = TakenFlow(number, self.clock.now(), _files(content), delay, self.forced)
        if fault == "contradiction":
            raise Trouble("refused", step="factures/v1/deposer/flux", status=200, code="GCU_MSG_01_000")
        if fault == "misnumbered":
            return Deposited("x", None)
        if fault:
            raise Trouble("garbled" if fault == "garbled" else "unknown", status=502 if fault == "502" else 0)
        return Deposited(number, self.clock.today())

    def flow(self, number: str) -> FlowReport:
        self._call("flow")
        flow = self.flows.get(number)
        if flow is None:
            return FlowReport("", known=False)
        if not self._ended(flow):
            return FlowReport("IN_EN_COURS_TRAITEMENT_CPP", flow.at)
        if flow.forced:
            return FlowReport(flow.forced, flow.at + flow.delay, technical=flow.technical)
        errors = tuple(e for f in flow.files if (e := self._error(flow, f)))
        state = "IN_INTEGRE" if not errors else "IN_REJETE" if len(errors) == len(flow.files) else "IN_INTEGRE_PARTIEL"
        return FlowReport(state, flow.at + flow.delay, errors)

    def find(self, *, number: str = "", flow: str = "", changed_since: datetime | None = None) -> Sequence[Found]:
        self._call("find")
        now_are = [self._now(f) for f in (*self.integrated().values(), *self.strangers)]
        return [
            f
            for f in now_are
            if number in ("", f.number)
            and flow in ("", f.flow)
            and (changed_since is None or f.at is None or f.at >= changed_since)
        ]

    def history(self, invoice: str) -> Sequence[StatusEvent]:
        self._call("history")
        (found,) = [f for f in (*self.integrated().values(), *self.strangers) if f.id == invoice]
        return self._history(found)[: 1 if self.lagging else None]

    def structure(self, identifier: str, kind: str = "SIRET") -> Structure | None:
        raise NotImplementedError

    def service(self, structure: Structure, code: str) -> Service | None:
        raise NotImplementedError

    def engagement_exists(self, supplier: str, engagement: str) -> bool | None:
        raise NotImplementedError

    def complete(self, invoice: str, comment: str, attachments: Sequence[tuple[str, bytes]] = ()) -> None:
        raise NotImplementedError

    def recycle(self, invoice: str, to: Recycled) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ inside

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        if self.closed is not None:
            raise self.closed

    def _ended(self, flow: TakenFlow) -> bool:
        return self.clock.now() >= flow.at + flow.delay

    def _error(self, flow: TakenFlow, file: dict[str, Any]) -> DocumentError | None:
        first = self.integrated().get(file["number"])
        if first is not None and first.flow != flow.number:
            return DocumentError(file["number"], DOUBLED)
        return DocumentError(file["number"], file["refused"]) if file.get("refused") else None

    def _found(self, flow: TakenFlow, file: dict[str, Any]) -> Found:
        at = flow.at + flow.delay
        return Found(
            f"id-{flow.number[-6:]}-{file['number']}", file["number"], "DEPOSEE", at, "",
            date.fromisoformat(file["date"]), flow.number, file["buyer"], "", file["gross"], "EUR",
            file.get("type", "FACTURE"),
        )  # fmt: skip

    def _history(self, found: Found) -> list[StatusEvent]:
        return self.histories.setdefault(found.number, [StatusEvent("DEPOSEE", found.at, "1000")])

    def _now(self, found: Found) -> Found:
        last = self._history(found)[-1]
        return msgspec.structs.replace(found, status=last.code, at=last.at, comment=last.comment)


def _files(content: bytes) -> list[dict[str, Any]]:
    if not content.startswith(b"\x1f\x8b"):
        return [json.loads(content)]
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return [json.loads(archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]

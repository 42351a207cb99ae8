"""Chorus Pro in memory, with faults: lost answers, histories in another order, a portal that closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lettrage.invoicing.portal import Deposited, FlowReport, Found, StatusEvent, Trouble
from tests.invoicing.twin import Twin
from tests.laws.generators import Rolled
from tests.simulation.chance import Faults

# What a buyer does with an invoice, one after the other.
STATUSES = (
    "MISE_A_DISPOSITION", "PRISE_EN_COMPTE_DESTINATAIRE", "SERVICE_FAIT", "MANDATEE", "COMPTABILISEE",
    "MISE_EN_PAIEMENT",
)  # fmt: skip
_ANSWERS = {
    "portal_lost_before": "before",
    "portal_lost_after": "lost",
    "portal_gateway": "502",
    "portal_garbled": "garbled",
    "portal_unreachable": "unreachable",
}


@dataclass
class Portal(Twin):
    """The twin, whose faults follow the seed. Satisfies the port `Portal`."""

    chance: Rolled = None  # type: ignore[assignment]
    happens: Faults = None  # type: ignore[assignment]

    def deposit(self, content: bytes, name: str, syntax: str) -> Deposited:
        self._closed()
        fault = next((fault for name, fault in _ANSWERS.items() if self.happens(name)), "")
        self.faults = [fault] if fault else []
        return super().deposit(content, name, syntax)

    def flow(self, number: str) -> FlowReport:
        self._closed()
        return super().flow(number)

    def find(self, *, number: str = "", flow: str = "", changed_since: datetime | None = None) -> Sequence[Found]:
        self._closed()
        if changed_since is not None and self.happens("changes_late"):
            return ()
        return super().find(number=number, flow=flow, changed_since=changed_since)

    def history(self, invoice: str) -> Sequence[StatusEvent]:
        self._closed()
        told: list[StatusEvent] = list(super().history(invoice))
        if self.happens("statuses_late"):
            told = told[: self.chance.whole(1, len(told))]
        if self.happens("statuses_shuffled"):
            told = [*told, *told[: self.chance.whole(0, len(told))]]
            self.chance.die.shuffle(told)
        return told

    def _closed(self) -> None:
        if self.happens("token_expired"):
            raise Trouble("gateway", step="token", status=401, sent=False)
        if self.happens("portal_closed"):
            raise Trouble("maintenance", status=500, sent=False)

    def buyer_acts(self) -> str:
        """A buyer moves one of the invoices that are there, once or a few times; what happened."""
        there: dict[str, Any] = self.integrated()
        if not there:
            return ""
        number = self.chance.pick(sorted(there))
        return ", ".join(filter(None, (self._moved(number) for _ in range(self.chance.pick((1, 1, 2, 3))))))

    def status_of(self, number: str) -> str:
        """The latest status of an invoice that is there."""
        return self._history(self.integrated()[number])[-1].code

    def _moved(self, number: str) -> str:
        """One move; "" where the invoice's life is over."""
        there = self.integrated()
        done = [event.code for event in self._history(there[number])]
        following = [code for code in STATUSES if code not in done]
        if not following or done[-1] == STATUSES[-1]:
            return ""
        code = following[0] if self.chance.chance(70) else self.chance.pick(following)
        self.clock.at += timedelta(seconds=1)  # no two at one moment
        self.moves(number, code)
        return f"{number} {code}"

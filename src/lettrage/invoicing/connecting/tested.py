"""A connection test as it is kept and shown again: its steps, how long each call took, what answered."""

from collections.abc import Mapping, Sequence

import msgspec

from lettrage.invoicing.connecting.diagnose import Call, Evidence, Step, works
from lettrage.invoicing.settings import Platform, Row

_CALLS: Mapping[str, Call] = {
    "token": "token",
    "transverses": "transverses",
    "factures": "factures",
    "structures": "structures",
    "engagements": "engagements",
}
_LOCAL = ("siret", "rib", "password")  # looked at without asking anybody


class TestedStep(msgspec.Struct, frozen=True):
    """A step with what was measured. `ms` None: no call was made for it; `status` 0: nothing answered amiss."""

    step: Step
    ms: int | None = None
    status: int = 0
    answer: str = ""
    local: bool = False


class Tested(msgspec.Struct, frozen=True):
    """A connection test: when, by whom, whether nothing stands in the way of sending."""

    platform: str
    at: str
    by: str
    works: bool
    steps: tuple[TestedStep, ...]
    evidence: Evidence

    def stands(self, rows: Sequence[Row]) -> bool:
        """Whether nothing that it looked at was set since; which platform is on is none of it."""
        looked_at = (row for row in rows if row.platform in ("", self.platform) and row.name != "platform")
        return all(row.changed_at <= self.at for row in looked_at)


def tested(platform: Platform, steps: Sequence[Step], evidence: Evidence, at: str, by: str) -> Tested:
    """What was found, with what was measured on the way."""
    return Tested(platform, at, by, works(list(steps)), tuple(_measured(step, evidence) for step in steps), evidence)


def _measured(step: Step, evidence: Evidence) -> TestedStep:
    call = _CALLS.get(step.name)
    met = evidence.calls.get(call) if call else None
    if call is None or met is None:
        return TestedStep(step, local=step.name in _LOCAL)
    parts = [f"HTTP {met.status}" if met.status else "", met.code, met.text, met.step, met.request_id]
    answer = "" if met.answered else " · ".join(filter(None, parts))
    return TestedStep(step, evidence.took.get(call), 0 if met.answered else met.status, answer)

"""The connection test of an approved platform: from what its services answered to the causes that fit. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.connecting.diagnose import Cause, Met, Step
from lettrage.invoicing.connecting.tested import TestedStep

Call = Literal["platform_token", "platform_health", "platform_flows", "platform_directory", "platform_hooks"]
_ADDRESS: dict[Call, str] = {
    "platform_token": "token_url",
    "platform_health": "flow_url",
    "platform_flows": "flow_url",
    "platform_directory": "directory_url",
    "platform_hooks": "flow_url",
}


class Answers(msgspec.Struct, frozen=True):
    """What the calls met; one that was not made is absent. `listed`: our SIREN is in the directory; None: not told.

    `hooked`: whether the platform has a subscription of ours; None: not told. `took`: milliseconds of each call.
    """

    calls: Mapping[Call, Met]
    listed: bool | None = None
    hooked: bool | None = None
    took: Mapping[Call, int] = {}


class _Rule(NamedTuple):
    """A cause for what a call met: of these kinds, and where it is not empty, of these statuses."""

    kinds: tuple[str, ...]
    statuses: tuple[int, ...]
    cause: str


_TOKEN = (_Rule(("settings",), (400, 401, 403), "platform_client_refused"),)
_SERVICE = (
    _Rule(("settings",), (401,), "platform_token_refused"),
    _Rule(("settings",), (403,), "platform_not_allowed"),
)
_ANY = (
    _Rule(("settings", "garbled", "refused"), (), "platform_address_wrong"),
    _Rule(("unreachable",), (), "platform_not_reached"),
    _Rule(("maintenance", "gateway", "quota"), (), "platform_unavailable"),
)


def diagnose(answers: Answers, settings: ApprovedSettings, siren: str) -> list[Step]:
    """Every step in order: done, not looked at, or the cause that fits."""
    if settings.missing:
        lacking = Cause("platform_not_set", {"setting": ", ".join(settings.missing)})
        return [Step("platform_set", False, (lacking,)), *(Step(name, None) for name in _STEPS)]
    told: dict[str, Callable[[], Step]] = {
        "platform_directory": lambda: _directory(answers, settings, siren),
        "platform_hooks": lambda: _hooks(answers, settings),
    }
    rest = (told[name]() if name in told else _asked(name, answers, settings) for name in _STEPS)
    return [Step("platform_set", ok=True), *rest]


_STEPS: tuple[Call, ...] = tuple(_ADDRESS)


def _asked(call: Call, answers: Answers, settings: ApprovedSettings, *, advice: bool = False) -> Step:
    """A step that is a call alone."""
    met = answers.calls.get(call)
    if met is None:
        return Step(call, None, advice=advice)
    if not met.kind:
        return Step(call, ok=True, advice=advice)
    return Step(call, False, (_cause(call, met, settings),), advice=advice)


def _cause(call: Call, met: Met, settings: ApprovedSettings) -> Cause:
    if met.kind == "unreachable" and settings.local:
        return Cause("platform_simulator_not_started")
    rules = (_TOKEN if call == "platform_token" or met.step == "token" else _SERVICE) + _ANY
    fitting = (one for one in rules if met.kind in one.kinds and (not one.statuses or met.status in one.statuses))
    said = " · ".join(filter(None, (f"HTTP {met.status}" if met.status else "", met.code, met.text)))
    return Cause(next(fitting).cause, {"setting": _ADDRESS[call], "seen": said})


def _directory(answers: Answers, settings: ApprovedSettings, siren: str) -> Step:
    """The directory is what routes are chosen from; without it invoices can be sent all the same."""
    name: Call = "platform_directory"
    if not settings.directory_url:
        return Step(name, None, (Cause("platform_directory_not_set"),), advice=True)
    if answers.listed is False:
        return Step(name, ok=True, causes=(Cause("platform_not_listed", {"seen": siren}),), advice=True)
    return _asked(name, answers, settings, advice=True)


def _hooks(answers: Answers, settings: ApprovedSettings) -> Step:
    """Without a webhook the platform is asked at intervals."""
    name: Call = "platform_hooks"
    if name in answers.calls and answers.calls[name].answered and not (settings.signing_key and answers.hooked):
        return Step(name, None, (Cause("platform_no_hook"),), advice=True)
    return _asked(name, answers, settings, advice=True)


def measured(steps: Sequence[Step], answers: Answers) -> tuple[TestedStep, ...]:
    """The steps with how long each call took and what was answered amiss."""
    return tuple(_measured(step, answers) for step in steps)


def _measured(step: Step, answers: Answers) -> TestedStep:
    call = next((one for one in _STEPS if one == step.name), None)
    met = answers.calls.get(call) if call else None
    if call is None or met is None:
        return TestedStep(step, local=call is None)
    parts = [f"HTTP {met.status}" if met.status else "", met.code, met.text, met.step, met.request_id]
    answer = "" if met.answered else " · ".join(filter(None, parts))
    return TestedStep(step, answers.took.get(call), 0 if met.answered else met.status, answer)

"""Why an approved platform did not take what was sent to it: the codes of its acknowledgement, explained. Pure.

The platform may say codes of its own: what the table does not have is shown as it came.
"""

from functools import cache

import msgspec

from lettrage.invoicing.finding import Finding
from lettrage.invoicing.lifecycle.statuses import table
from lettrage.refusal import quoted

_UNKNOWN = "ack_unknown"
_RAW_CHARACTERS = 500


class Reason(msgspec.Struct, frozen=True):
    """What the table says of a code: see acknowledged.toml. `name`: the finding's; `code`: the platform's."""

    name: str
    code: str
    says: str
    level: str
    term: str
    fr: str
    en: str
    cause_fr: str
    cause_en: str
    fix_fr: str
    fix_en: str
    source: str


@cache
def acknowledged() -> dict[str, Reason]:
    """Every reason by the platform's own code."""
    rows = table("acknowledged.toml").items()
    return {texts["code"]: msgspec.convert({"name": name, **texts}, Reason) for name, texts in rows}


def cause(name: str) -> tuple[str, str]:
    """What a finding of this module usually comes from, in French and in English; empty for another's code."""
    known = {reason.name: reason for reason in acknowledged().values()}.get(name)
    return (known.cause_fr, known.cause_en) if known is not None else ("", "")


def _meaning(reason: str) -> Reason | None:
    """What means the same as a reason that the tax office gives (REJ_ENCAISSEMENT)."""
    return next((one for one in acknowledged().values() if reason and one.says == reason), None)


def explain_ack(code: str, text: str, number: str, command: str) -> Finding:
    """What is held against what was sent, by a code of an acknowledgement or a refusal.

    `command`: what is done then, `number`: of what.
    """
    known = acknowledged().get(code) or _meaning(code) or acknowledged()[""]
    raw = " ".join(filter(None, (code if known.name == _UNKNOWN else "", text))) or code
    return Finding(
        known.name,
        raw=quoted(raw, _RAW_CHARACTERS),
        facts={"number": number, "command": command, "reason": quoted(code)},
        term=known.term,
    )

"""Why a status was given: each reason as a finding with its cause, the field it points to, and what to do. Pure.

What to correct is the reason's (reasons.toml); how to go on is decided by the status it stands beside (statuses.toml):
after a refusal or a rejection an internal credit note and another number, after a suspension a completion. A reason
that nobody knows is shown as it came.
"""

from collections.abc import Iterator
from functools import cache

import msgspec

from lettrage.invoicing.finding import Finding, Level
from lettrage.invoicing.lifecycle.message import Detail, Message, Reference
from lettrage.invoicing.lifecycle.statuses import Status, statuses, table
from lettrage.refusal import quoted

_INVALID, _EXPECTED = "DIV", ("DVA", "MAJ")  # MDT-207: what stands in the invoice, what should
_RAW_CHARACTERS = 500


class Reason(msgspec.Struct, frozen=True):
    """What the table says of a reason: see reasons.toml."""

    code: str
    statuses: tuple[str, ...]
    level: Level
    term: str
    fr: str
    en: str
    cause_fr: str
    cause_en: str
    fix_fr: str
    fix_en: str
    source: str
    field: str = ""
    b2g: bool = False

    def beside(self, status: str, *, b2g: bool = False) -> bool:
        """Whether it may stand beside this status; `b2g`: Chorus Pro says so for a public buyer."""
        return status in self.statuses or (b2g and self.b2g and status == "210")


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by its official code, in capitals."""
    found = {code: msgspec.convert({"code": code, **texts}, Reason) for code, texts in table("reasons.toml").items()}
    return {code: reason for code, reason in found.items() if code.isupper()}


@cache
def cause(code: str) -> tuple[str, str]:
    """What a finding of this module usually comes from, in French and in English; empty for another's code."""
    texts = table("reasons.toml").get(code, {})
    return texts.get("cause_fr", ""), texts.get("cause_en", "")


def explain(message: Message) -> list[Finding]:
    """What the statuses of a message have against their invoices or ask for, in the message's order."""
    references = [reference for told in message.acknowledgements for reference in told.references]
    return [finding for reference in references for finding in explain_status(reference)]


def explain_status(reference: Reference) -> list[Finding]:
    """The same of one invoice's status: nothing where nothing speaks against the invoice."""
    return list(_explained(reference))


def _explained(reference: Reference) -> Iterator[Finding]:
    known = statuses().get(reference.code)
    if known is None:
        yield _finding("status_unknown", reference, None, Detail(text=reference.label))
    told = [detail for detail in reference.details if detail.reason]
    for detail in told:
        code = detail.reason if detail.reason in reasons() else "reason_unknown"
        yield _finding(code, reference, statuses().get(detail.status or reference.code), detail)
    if known is not None and known.reason and not told:
        yield _finding("reason_missing", reference, known, Detail())


def _finding(code: str, reference: Reference, status: Status | None, detail: Detail) -> Finding:
    found, wrong = reasons().get(code), _datum(detail, _INVALID)
    facts = {
        "number": reference.number,
        "status": detail.status or reference.code,
        "reason": quoted(detail.reason),
        "action": detail.action,
        "field": found.field if found is not None else "",
        "next_fr": status.next_fr if status is not None else "",
        "next_en": status.next_en if status is not None else "",
    }
    return Finding(
        code,
        place=next((datum.location for datum in detail.data if datum.location), ""),
        seen=quoted(wrong or detail.invalid),
        expected=quoted(_datum(detail, *_EXPECTED)),
        raw=quoted(" ".join(filter(None, (detail.text, *(note.text for note in detail.notes)))), _RAW_CHARACTERS),
        facts=facts,
        level=None if status is None else _level(status),
    )


def _level(status: Status) -> Level:
    """A dispute or a suspension can still be settled; what has ended cannot, nor what never got in."""
    return "error" if status.ends or status.about != "invoice" else "warning"


def _datum(detail: Detail, *types: str) -> str:
    return next((datum.value for datum in detail.data if datum.type in types), "")

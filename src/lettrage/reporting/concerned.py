"""Whether and how the payments of an invoice are reported: `concerned.toml` decides, and says why and since when.

A dossier may decide otherwise where a rule is reasoned rather than read (`seen = false`): a mapping from the rule's
name to an outcome.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any, Literal

import msgspec

from lettrage.company.declarant import OUTCOMES, Outcome, Size

Operation = Literal["goods", "services", "mixed"]
VatDue = Literal["receipts", "debits", "delivery"]
Charge = Literal["taxed", "franchise", "reverse_charge", "exempt"]
Customer = Literal["business", "public", "consumer", "foreign"]
Carrier = Literal["platform", "chorus", "none"]
Collected = Literal["no", "yes"]
_COLLECTED = frozenset(("B7", "S7"))
_FRAMES: Mapping[str, Operation] = {"B": "goods", "S": "services", "M": "mixed"}


class Circumstances(msgspec.Struct, frozen=True):
    """What decides about a payment.

    `operation`: what was invoiced. `vat_due`: when its VAT falls due. `charge`: who owes VAT, if anybody. `customer`:
    a French taxable person, a public body, who is no taxable person, a taxable person abroad. `route`: what carried
    the invoice; "none" for paper. `day`: of the receipt, also where it came back later (`Payment.since`). `size`:
    of the company; small includes micro-enterprises. `collected`: the invoice says that its sale was reported before,
    as a consumer's, and its VAT with it.
    """

    operation: Operation
    vat_due: VatDue
    charge: Charge
    customer: Customer
    route: Carrier
    day: date
    size: Size
    collected: Collected = "no"


class Decision(msgspec.Struct, frozen=True):
    """The outcome with its reason; `seen`: False where the rule is reasoned. `chosen`: the dossier's own outcome."""

    rule: str
    outcome: Outcome
    fr: str
    en: str
    source: str
    seen: bool
    chosen: bool = False


class Rule(msgspec.Struct, frozen=True):
    """A row of the table."""

    name: str
    when: Mapping[str, tuple[str, ...]]
    outcome: Outcome
    fr: str
    en: str
    source: str
    seen: bool

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether all conditions hold."""
        return all(facts[name] in among for name, among in self.when.items())


class Table(msgspec.Struct, frozen=True):
    """The table with the days on which the obligation begins, by size of the company."""

    obligation: Mapping[str, Any]
    rule: tuple[Rule, ...]


def _read() -> Table:
    text = files("lettrage.reporting").joinpath("concerned.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


TABLE = _read()
OPEN: frozenset[str] = frozenset(rule.name for rule in TABLE.rule if not rule.seen)  # a dossier may decide otherwise


def begins(size: Size) -> date:
    """The first day whose receipts are reported by a company of this size."""
    day: date = TABLE.obligation[size]
    return day


def operation(frame: str, vat_due: VatDue) -> Operation:
    """What an invoice is for: by its frame (BT-23: S1, B2, M4 ...), else by when its VAT falls due."""
    return _FRAMES.get(frame[:1], "goods" if vat_due == "delivery" else "services")


def collected(frame: str) -> Collected:
    """Whether the frame (B7, S7) says that the sale was reported before and its VAT collected."""
    return "yes" if frame in _COLLECTED else "no"


def decide(given: Circumstances, chosen: Mapping[str, str]) -> Decision:
    """What becomes of a payment. `chosen`: the dossier's outcomes by rule; heeded where the rule is reasoned."""
    first = begins(given.size)
    facts = msgspec.structs.asdict(given) | {"day": "before" if given.day < first else "since"}
    rule = next(rule for rule in TABLE.rule if rule.fits(facts))  # the last one has no condition
    own = next((outcome for outcome in OUTCOMES if outcome == chosen.get(rule.name)), None)
    heeded = own is not None and rule.name in OPEN
    return Decision(
        rule.name,
        own if own is not None and heeded else rule.outcome,
        rule.fr.format(begins=f"{first:%d/%m/%Y}"),
        rule.en.format(begins=first.isoformat()),
        rule.source,
        rule.seen,
        heeded,
    )

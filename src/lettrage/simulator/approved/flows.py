"""A flow of the platform, deposited or told, and how the flow service shows it."""

from concurrent.futures import Future
from datetime import datetime
from typing import Any

import msgspec

from lettrage.simulator.approved.codes import Ack, Direction, FlowType, Profile, Rule, Syntax


class Detail(msgspec.Struct, frozen=True):
    """A line of an acknowledgement. `item`: what of the file it is about."""

    code: str
    text: str
    item: str = "flow"
    level: str = "Error"


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way. `owner`: the application that deposited it or that it is told to.

    `tracking`: the sender's own name for it; `given`: the rule and profile that the sender named; `seen_from`: before
    that moment nobody sees it. `content`: what the file says, of a deposited one.
    """

    id: str
    owner: str
    name: str
    syntax: Syntax
    direction: Direction
    data: bytes
    sha256: str
    submitted: datetime
    updated: datetime
    tracking: str = ""
    type: FlowType = "Undefined"
    rule: Rule = "Undefined"
    profile: Profile = "Undefined"
    given: bool = False
    signalled: str = ""
    ack: Ack = "Pending"
    details: tuple[Detail, ...] = ()
    seen_from: datetime | None = None
    content: Future[Any] | None = None

    def hidden(self, now: datetime) -> bool:
        """Whether it has been lost, for the time being."""
        return self.seen_from is not None and now < self.seen_from


def core(flow: Flow) -> dict[str, Any]:
    """CoreFlowInfo."""
    said = {"name": flow.name, "flowSyntax": flow.syntax, "flowProfile": flow.profile, "processingRule": flow.rule}
    return {**({"trackingId": flow.tracking} if flow.tracking else {}), **said}


def submitted(flow: Flow, sha256: str = "") -> dict[str, Any]:
    """FullFlowInfo: what a deposit is answered."""
    own = {"flowId": flow.id, "submittedAt": flow.submitted, "sha256": sha256 or flow.sha256}
    return {**own, **core(flow)}


def shown(flow: Flow) -> dict[str, Any]:
    """Flow: what a search finds and a callback carries."""
    acknowledged: dict[str, Any] = {"status": flow.ack}
    if flow.details:
        acknowledged["details"] = [
            {"level": one.level, "item": one.item, "reasonCode": one.code, "reasonMessage": one.text}
            for one in flow.details
        ]
    return {
        "flowId": flow.id,
        "submittedAt": flow.submitted,
        "updatedAt": flow.updated,
        **core(flow),
        "flowType": flow.type,
        "processingRuleSource": "Input" if flow.given else "Computed",
        "flowDirection": flow.direction,
        "acknowledgement": acknowledged,
    }

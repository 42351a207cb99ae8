"""Searching flows: filters that must all hold, the oldest change first, and cursors that are bookmarks."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from lettrage.simulator.approved.codes import Ack, Direction, FlowType, Rule
from lettrage.simulator.approved.flows import Flow

Moment = Annotated[datetime, Meta(tz=True)]
Tracking = Annotated[str, Meta(max_length=64)]
MOST = 100


class Where(msgspec.Struct, frozen=True, rename="camel"):
    """SearchFlowFilters."""

    updated_after: Moment | UnsetType = UNSET
    updated_before: Moment | UnsetType = UNSET
    processing_rule: tuple[Rule, ...] | UnsetType = UNSET
    flow_type: tuple[FlowType, ...] | UnsetType = UNSET
    flow_direction: tuple[Direction, ...] | UnsetType = UNSET
    tracking_id: Tracking | UnsetType = UNSET
    ack_status: Ack | UnsetType = UNSET

    @property
    def is_empty(self) -> bool:
        """Whether there is no criterion at all."""
        return all(getattr(self, name) is UNSET for name in self.__struct_fields__)

    def takes(self, flow: Flow) -> bool:
        """Whether a flow is meant. "After" is strict, as the description says; "before" is too."""
        return (
            (self.updated_after is UNSET or flow.updated > self.updated_after)
            and (self.updated_before is UNSET or flow.updated < self.updated_before)
            and self.tracking_id in (UNSET, flow.tracking)
            and self.ack_status in (UNSET, flow.ack)
            and _among(self.processing_rule, flow.rule)
            and _among(self.flow_type, flow.type)
            and _among(self.flow_direction, flow.direction)
        )


class Search(msgspec.Struct, frozen=True):
    """SearchFlowParams."""

    where: Where
    limit: Annotated[int, Meta(ge=1, le=MOST)] | UnsetType = UNSET
    cursor: str | UnsetType = UNSET


def _among(wanted: Sequence[str] | UnsetType, value: str) -> bool:
    return wanted is UNSET or not wanted or value in wanted


class Page(msgspec.Struct, frozen=True):
    """Some of the flows found, and where the next ones begin; None at the end."""

    flows: tuple[Flow, ...]
    next: str | None


def page(flows: Sequence[Flow], search: Search, limit: int) -> Page:
    """A page of the flows, which are sorted by their last change. Raise `ValueError` for a cursor that is none."""
    begins = None if search.cursor is UNSET else _moment(search.cursor)
    found = [flow for flow in flows if search.where.takes(flow) and (begins is None or flow.updated > begins)]
    following = _bookmark(found[limit - 1].updated) if len(found) > limit else None
    return Page(tuple(found[:limit]), following)


def _bookmark(moment: datetime) -> str:
    return base64.b64encode(json.dumps({"updated_at": moment.isoformat()}).encode()).decode()


def before(moment: str) -> str:
    """The bookmark right before a flow of that last change: it brings that flow again."""
    return _bookmark(datetime.fromisoformat(moment) - timedelta(microseconds=1))


def _moment(cursor: str) -> datetime:
    try:
        said: Any = json.loads(base64.b64decode(cursor, validate=True))
        found = datetime.fromisoformat(said["updated_at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("the cursor is none of this platform's") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

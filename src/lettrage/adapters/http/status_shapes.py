"""What our own API takes and answers about the life of an invoice and the statuses that we say, as schemas."""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from lettrage.adapters.http.fields import Code, Day, Shape
from lettrage.adapters.http.shapes import Reason


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, binascii.Error, ValueError):
        raise ValueError("base64") from None


# pydantic's own kind wants bytes of a strict form, which JSON has none of.
FromBase64 = Annotated[bytes, BeforeValidator(_bytes), WithJsonSchema({"type": "string", "contentEncoding": "base64"})]


class StatusFile(Shape):
    """A file that the buyer is to have. `content`: base64."""

    name: str = Field(min_length=1, max_length=200)
    content: FromBase64


class StatusForm(Shape):
    """A status of an invoice: 209 completed, 220 cancelled by a corrective invoice, 227 another account to pay."""

    status: str
    comment: str = ""
    bank: str = Field("", description="For 227: the code of the company's account that is to be paid")
    instead: str = Field("", description="For 220: the corrective invoice's number")
    files: list[StatusFile] = Field(default_factory=list, max_length=10)
    third_party: Code | None = None


class StatusSaid(Shape):
    """A status that is on its way. `message`: its number among what was said to the platform."""

    number: str
    platform: str
    status: str
    message: str
    warnings: list[Reason]


class MessageFreed(Shape):
    """A message that may be told again."""

    message: str
    platform: str


class DeclareReceipts(Shape):
    """Tell the platform what was received (212). `dry_run`: show it, tell nothing."""

    dry_run: bool = False


class RateReceived(Shape):
    """What was received at a VAT rate, VAT included; below zero where it came back."""

    rate: str
    amount: str


class ReceiptTold(Shape):
    """A payment as status 212 tells it."""

    number: str
    day: Day
    event: str
    rates: list[RateReceived]
    amount: str
    currency: str


class ReceiptKeptBack(Shape):
    """An invoice whose payments cannot be told, and why."""

    number: str
    reasons: list[Reason]


class ReceiptsDeclared(Shape):
    """What was told, or would be, and what cannot be."""

    platform: str
    dry_run: bool
    declared: list[ReceiptTold]
    kept_back: list[ReceiptKeptBack]


class PointAmount(Shape):
    """An amount beside something that happened. `type`: MEN, RAP ... (MDT-207); "" for a settlement's."""

    type: str
    amount: str
    currency: str
    percent: str


class PointReason(Shape):
    """Why a status was given, or a status of ours refused, and what to do."""

    level: Literal["error", "warning"]
    code: str
    term: str
    place: str
    seen: str
    expected: str
    fr: str
    en: str
    fix_fr: str
    fix_en: str
    raw: str
    field: str
    missing: str
    line: str
    column: str
    next: str
    command: str
    cause_fr: str = ""
    cause_en: str = ""


class PointAction(Shape):
    """What the supplier is asked to do (MDT-121)."""

    code: str
    fr: str
    en: str


class Point(Shape):
    """Something that happened to an invoice. `corresponds`: the status that a code of Chorus Pro's stands for.

    `heard_at`: when we heard of it, where its origin dates it later than that; it stands there then.
    """

    kind: Literal["made", "ours", "flow", "status", "said", "paid", "reconciled"]
    code: str
    fr: str
    en: str
    at: str | None
    heard_at: str | None
    day: str | None
    document: str
    by: str
    text: str
    text_en: str
    corresponds: str | None
    reference: str
    outcome: Literal["waits", "accepted", "rejected", "given_up"] | None
    back: bool
    amounts: list[PointAmount]
    reasons: list[PointReason]
    actions: list[PointAction]
    next_fr: str
    next_en: str


class Life(Shape):
    """Everything that happened to an invoice, the earliest first."""

    data: list[Point]

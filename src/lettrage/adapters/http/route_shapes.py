"""What our own API takes and answers about the door of a customer's invoices, as schemas."""

from typing import Literal

from pydantic import Field

from lettrage.adapters.http.chorus_shapes import Warned
from lettrage.adapters.http.fields import Shape


class Told(Shape):
    """A sentence in both languages."""

    fr: str
    en: str


class RouteWarning(Warned):
    """Something that is told beside a route."""

    code: str


class RouteShown(Shape):
    """The door of a customer's invoices in general, with the reason. An invoice's own frame may decide otherwise.

    `door`: null where no platform reaches it; `address`: of scheme 0225; `chosen`: by somebody, null where the
    directory decides; `seen_at`: when the directory was read, null: never.
    """

    third_party: str
    platform: Literal["qualification", "production", "approved-qualification", "approved-production"] | None
    door: Literal["chorus", "approved"] | None
    address: str | None
    siret: str | None
    public: bool
    rule: str
    reason: Told
    source: Literal["choice", "frame", "record", "setting", "directory"]
    chosen: Literal["chorus", "approved", "none"] | None
    seen_at: str | None
    warnings: list[RouteWarning]


class RouteForm(Shape):
    """A choice."""

    door: Literal["chorus", "approved", "none", "directory"] = Field(
        description="directory: nobody chooses, the directory decides"
    )

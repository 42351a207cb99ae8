"""The audit log: who changed what of how the service is set up, and when. Never a secret, not even masked by length."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

import msgspec

from lettrage.limits import TEXT_CHARACTERS
from lettrage.refusal import quoted

EventKind = Literal[
    "company", "period", "export", "chorus", "platform", "route", "account", "token", "password", "sign_in",
]  # fmt: skip
KINDS: tuple[EventKind, ...] = get_args(EventKind)
SET = "***"  # a secret that is there


class Hand(msgspec.Struct, frozen=True):
    """Whose hand it was: the account, or the user of the machine; the address that it came from, "" for none."""

    name: str = ""
    source: str = ""


class Event(msgspec.Struct, frozen=True):
    """Something that was changed: what it is called, what was there before, what is there now."""

    kind: EventKind
    subject: str
    before: str = ""
    after: str = ""


class Audited(msgspec.Struct, frozen=True):
    """An event as it is kept. `everywhere`: of an account of all dossiers."""

    id: int
    everywhere: bool
    at: str
    by: str
    source: str
    kind: str
    subject: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Event]:
    """What tells two company files apart, place by place: `banks.BNP.iban`, `tolerances.discount.amount`."""
    old, new = dict(_flat(before)), dict(_flat(after))
    return [
        Event("company", place, old.get(place, ""), new.get(place, ""))
        for place in old | new
        if old.get(place, "") != new.get(place, "")
    ]


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a record with its place."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list) and any(isinstance(row, Mapping) for row in value):
        for index, row in enumerate(value):
            name = (row.get("code") or row.get("start")) if isinstance(row, Mapping) else None
            yield from _flat(row, f"{place}.{name or index}")
    elif isinstance(value, list):
        yield place, quoted(", ".join(map(str, value)), TEXT_CHARACTERS)
    else:
        yield place, quoted("" if value is None else str(value).strip(), TEXT_CHARACTERS)

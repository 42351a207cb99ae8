"""What the home page tells: what waits for a person, what runs, what came in. Figures are at home, in minor units."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Kind = Literal[
    "rejected",
    "messages",
    "refused",
    "unpaid",
    "suspended",
    "doubtful",
    "cheques",
    "slips",
    "lines",
    "tasks",
    "password",
]


class Waiting(msgspec.Struct, frozen=True):
    """One thing that waits for a person, or several of a kind.

    `since`: the oldest day, or the day on which something ends. `facts`: what tells them apart, by name.
    """

    kind: Kind
    count: int
    amount: int = 0
    since: str = ""
    facts: Mapping[str, str] = {}


class Batch(msgspec.Struct, frozen=True):
    """A bulk deposit that has not ended."""

    id: int
    platform: str
    state: str
    done: int
    refused: int
    of: int


class Running(msgspec.Struct, frozen=True):
    """What runs, or ran last. Moments are as the store keeps them, "" for never."""

    batches: tuple[Batch, ...]
    fetch_next: str  # when statuses are asked for next
    fetch_trouble: str  # what the last attempt met, "" where it went well
    followed: int  # invoices of which more is to come
    received: int  # documents of today
    received_refused: int  # those of them with refusals
    received_last: str


class Announced(msgspec.Struct, frozen=True):
    """An invoice whose payment was ordered and has not arrived."""

    document: int
    number: str
    name: str
    at: str
    amount: int


class Received(msgspec.Struct, frozen=True):
    """What customers paid in a month."""

    amount: int
    count: int


class Begun(msgspec.Struct, frozen=True):
    """How far books are from empty: due items and customers (counted up to 100), whether there is a settlement."""

    items: int
    settlements: int
    customers: int

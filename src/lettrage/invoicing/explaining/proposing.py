"""Which of a buyer's services was probably meant: the closest to what was sent, and those that took our invoices. Pure.

What is proposed is a guess, and is shown as one; nothing is put into an invoice that nobody has chosen.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from unicodedata import normalize

import msgspec

from lettrage.invoicing.portal import Service

NEAR = 60  # percent: how much of two texts has to agree for one to stand for the other
_WORD = re.compile(r"[a-z0-9]{3,}")


class Proposed(msgspec.Struct, frozen=True):
    """A service that may be chosen. `near`: it looks like what was sent; `accepted`: how many invoices it took."""

    code: str
    name: str
    engagement_required: bool
    accepted: int
    near: bool
    first: bool = False  # proposed before the others


def proposed(services: Iterable[Service], sent: str, accepted: Mapping[str, int]) -> list[Proposed]:
    """The active services in the order in which they are offered; the first one is proposed where anything says so.

    The one that was sent, where it is active again, comes last: it was refused.
    """
    found = []
    for service in services:
        if service.active:
            closeness = _closeness(sent, service) if service.code != sent else 0
            rank = (service.code == sent, closeness < NEAR, -accepted.get(service.code, 0), -closeness, service.code)
            found.append((rank, _choice(service, accepted.get(service.code, 0), near=closeness >= NEAR)))
    offered = [choice for _, choice in sorted(found, key=lambda one: one[0])]
    if offered and (offered[0].near or (offered[0].accepted and offered[0].code != sent) or len(offered) == 1):
        offered[0] = msgspec.structs.replace(offered[0], first=True)
    return offered


def _choice(service: Service, accepted: int, *, near: bool) -> Proposed:
    return Proposed(service.code, service.name, bool(service.engagement_required), accepted, near)


def _closeness(sent: str, service: Service) -> int:
    """In percent how much of what was sent a service's code or name has: letter by letter, or a whole word of it."""
    said = _plain(sent)
    if not said:
        return 0
    words = set(_WORD.findall(said))
    shared = words & set(_WORD.findall(f"{_plain(service.code)} {_plain(service.name)}"))
    by_word = NEAR if any(len(word) > 3 for word in shared) else 0
    return max(by_word, *(_alike(said, _plain(text)) for text in (service.code, service.name)))


def _alike(one: str, other: str) -> int:
    return int(100 * SequenceMatcher(None, one, other).ratio())


def _plain(text: str) -> str:
    return normalize("NFKD", text).encode("ascii", "ignore").decode().lower()

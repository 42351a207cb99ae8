"""What it means that an exchange failed below HTTP, and the shape of a table that says what a status means."""

from typing import NamedTuple

import httpx

from lettrage.invoicing.portal import TroubleKind


class Verdict(NamedTuple):
    """What a status means where a reading was asked for, where a write was, and why."""

    reading: TroubleKind
    writing: TroubleKind
    why: str


# Of what can go wrong below HTTP, that after which the service cannot have the whole request. Everything else comes
# after the last byte was handed over.
NOT_SENT = (
    httpx.ConnectError,  # refused, no such name, TLS that fails
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    httpx.WriteTimeout,  # the last piece was never taken
)


def of_failure(error: Exception, *, write: bool) -> tuple[TroubleKind, bool]:
    """What a failed exchange means, and whether the request may have arrived."""
    if isinstance(error, NOT_SENT):
        return "unreachable", False
    return ("unknown" if write else "gateway"), True

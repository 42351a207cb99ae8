"""Whom a call names: a page of the web that gave our address a name of its own (DNS rebinding) is let nowhere."""

import ipaddress
import re

from starlette.requests import Request

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"(?:\[(?P<number>[^\[\]]+)\]|(?P<name>[^:\[\]]+))(?::[0-9]+)?")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in LOOPBACK


def named(request: Request) -> str:
    """The host that a call names; "" for none. Read from the header: the framework forgives one that is malformed."""
    found = _HOST.fullmatch(request.headers.get("host", ""))
    return (found["name"] or found["number"]).lower() if found else ""

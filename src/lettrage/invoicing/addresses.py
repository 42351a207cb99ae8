"""Addresses that somebody gives for a platform: which may be called at all, whoever gave them."""

import ipaddress
import re
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from lettrage.guard.secrets import MASK


def split(text: str) -> SplitResult | None:
    """An address in its parts; None for what is none, and for one with a user, a query or a fragment in it."""
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return None
    # A blank query or fragment counts: whatever is put behind the address would be part of it.
    plain = url.username is None and url.password is None and "?" not in text and "#" not in text
    readable = re.fullmatch(r"[\x21-\x7e]+", text, re.ASCII) and "\\" not in text
    return url if url.scheme in ("https", "http") and url.hostname and plain and readable else None


def host_expected(url: SplitResult, *, production: bool) -> str:
    """What an address should be instead, by its host; "" where it may be called. A simulator is never production."""
    host = url.hostname or ""
    if is_loopback(host):
        return "https://, no loopback" if production else ""
    if url.scheme != "https":
        return "https://"
    return "" if _is_name(host) else "https://name, no number"


def proxy_expected(text: str) -> str:
    """What a proxy's address should be instead; "" where it is one. Where it leads is judged at each connection."""
    url = split(text)
    if url is None:
        return "https://name/path"
    return "" if url.path in ("", "/") and _is_proxy(url.hostname or "") else "http://name:port"


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine, written the plain way."""
    try:
        return ipaddress.ip_address(host).is_loopback and not host.startswith("::ffff:")
    except ValueError:
        return host == "localhost"


def local(address: str) -> bool:
    """Whether an address is one of this machine."""
    return is_loopback(urlsplit(address).hostname or "")


def _is_name(host: str) -> bool:
    """Whether a host is a name of the network: no number in any of its spellings, nothing that means this machine."""
    labels = host.rstrip(".").split(".")
    numeric = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1])
    inside = labels[-1] in ("localhost", "local", "internal", "localdomain")
    return len(labels) > 1 and not numeric and not inside and all(re.fullmatch(r"[a-z0-9_-]+", one) for one in labels)


_PROXY_NAME = re.compile(r"(?:[a-z0-9_-]++\.|)*+(?!localhost$|localdomain$|0x)[a-z][a-z0-9_-]*+", re.ASCII)


def _is_proxy(host: str) -> bool:
    with suppress(ValueError):
        return bool(_PROXY_NAME.fullmatch(host) or ipaddress.ip_address(host))
    return False


def without_secrets(address: str) -> str:
    """An address that is refused, as it may be shown: a user's name, a password, a query are none of it."""
    return re.sub(r"[?#].*", lambda found: found[0][0] + MASK, re.sub(r"//[^/?#]*@", f"//{MASK}@", address))

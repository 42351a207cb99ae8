"""Calls of an approved platform (webhooks): what makes one genuine, and what it brings about.

The signature is the standard's (XP Z12-013 1.3.0, `createWebhook`): HMAC-SHA-256 with the subscription's key over the
SHA-256 of the body as it came, `@` and the moment in seconds, in base64. Nothing that a call says is believed: it only
makes us ask the platform, which a call that lies could at worst make us do too often.
"""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import quote

import msgspec

from lettrage.guard.secrets import Secret

SIGNATURE, STAMP = "Afnor-Signature", "Afnor-Signature-Timestamp"
Ruling = Literal["genuine", "not_signed", "late"]
_STAMP = re.compile(r"[0-9]{1,11}", re.ASCII)  # seconds since 1970, to the year 5138
_NO_KEY = bytes(32)


class HookCall(msgspec.Struct, frozen=True):
    """A call as it came: its two headers as texts, and the body that they are about."""

    body: bytes
    stamp: str
    signature: str


class HookBook(Protocol):
    """What a call asks of a dossier's books."""

    def heed_call(self, platform: str, signature: str, at: datetime, until: datetime) -> bool:
        """Note that a call is heeded; False where it was before. Those of before `until` are forgotten."""

    def receive_now(self, platform: str, now: datetime) -> None:
        """Have a platform asked at once for what it has for us."""


def signatures(key: bytes, call: HookCall) -> tuple[str, ...]:
    """What may stand as a call's signature: the standard leaves open whether the fingerprint is its bytes or digits."""
    fingerprint = hashlib.sha256(call.body + b"@" + call.stamp.encode())
    spelt = (fingerprint.digest(), fingerprint.hexdigest().encode())
    return tuple(base64.b64encode(hmac.digest(key, one, "sha256")).decode() for one in spelt)


def key_of(secret: Secret) -> bytes:
    """The bytes of a signing key as the platform told it; none of a text that is none."""
    try:
        return base64.b64decode(secret.reveal(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def judge(call: HookCall, key: Secret, now: datetime, minutes: int) -> Ruling:
    """Whether a call is the platform's, and of now. Without a key none is; it takes as long to say so."""
    bytes_ = key_of(key)
    said = call.signature.encode("utf-8", "replace")
    # Every comparison is made, whatever the one before has shown.
    right = [hmac.compare_digest(one.encode(), said) for one in signatures(bytes_ or _NO_KEY, call)]
    if not bytes_ or not any(right) or not _STAMP.fullmatch(call.stamp):
        return "not_signed"
    return "genuine" if abs(int(call.stamp) - now.timestamp()) <= 60 * minutes else "late"


def heed(books: HookBook, platform: str, call: HookCall, now: datetime, minutes: int) -> bool:
    """Have the platform asked, once for a genuine call; whether this was the first time it came.

    What is kept of it is its fingerprint: the same signature may be written in several ways. It is kept twice as long
    as a call may be late, as one may come from the future as well.
    """
    mark = hashlib.sha256(call.body + b"@" + call.stamp.encode()).hexdigest()
    first = books.heed_call(platform, mark, now, now - timedelta(minutes=2 * minutes))
    if first:
        books.receive_now(platform, now)
    return first


def address(base: str, dossier: str, platform: str) -> str:
    """Where a platform calls a service whose address is `base`."""
    return f"{base.rstrip('/')}/hooks/{quote(dossier, safe='')}/{platform}"

"""Secrets at rest: sealed with AES-256-GCM, each for the one place where it stands, under a key that is kept elsewhere.

A sealed text is `KEY.NONCE+CIPHERTEXT`: the key's id, then base64url of a 96-bit nonce and what AES-GCM made. The place
(dossier, platform, establishment, name) is authenticated with it, so that a sealed text copied to another row opens
there no more. In memory a secret is a `Secret`, which shows stars to whoever prints it.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lettrage.refusal import Refusal, Stop

KEY_BITS = 256
NONCE_BYTES = 12
MASK = "***"
_SEALED = re.compile(r"(?P<key>[0-9a-f]{16})\.(?P<rest>[A-Za-z0-9_-]+={0,2})", re.ASCII)


class Secret:
    """A text that nobody sees by accident: printing, formatting, logging and encoding show stars or refuse."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, _specification: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


class Place(msgspec.Struct, frozen=True):
    """Where a secret stands: the key of its row."""

    dossier: str
    platform: str
    establishment: str
    name: str

    @property
    def authenticated(self) -> bytes:
        """The place as AES-GCM authenticates it; no two places have the same."""
        return msgspec.json.encode([self.dossier, self.platform, self.establishment, self.name])


class KeyRing(msgspec.Struct, frozen=True):
    """The keys there are, by their ids, and the one that new secrets are sealed with. `home`: where they are kept."""

    current: str
    keys: Mapping[str, Secret] = MappingProxyType({})  # base64 of 32 bytes
    home: str = ""

    def key(self, key_id: str) -> AESGCM | None:
        """A key, ready for use; None where the ring does not have it."""
        held = self.keys.get(key_id)
        return None if held is None else AESGCM(base64.b64decode(held.reveal()))


def new_key() -> tuple[str, Secret]:
    """A new key with its id, which is the beginning of its digest."""
    key = AESGCM.generate_key(bit_length=KEY_BITS)
    return _id_of(key), Secret(base64.b64encode(key).decode())


def is_key(key_id: str, text: str) -> bool:
    """Whether a text is a key of this id."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(key) * 8 == KEY_BITS and _id_of(key) == key_id


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"lettrage key id" + key).hexdigest()[:16]


def seal(secret: Secret, place: Place, ring: KeyRing, nonce: bytes) -> str:
    """The text as the store keeps it. `nonce`: 96 bits by chance, never used before with this key."""
    assert len(nonce) == NONCE_BYTES
    cipher = ring.key(ring.current)
    assert cipher is not None, "the current key is on the ring"
    sealed = cipher.encrypt(nonce, secret.reveal().encode(), place.authenticated)
    return f"{ring.current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def sealed_with(text: str) -> str:
    """The id of the key that a sealed text was sealed with; "" for what is no sealed text."""
    found = _SEALED.fullmatch(text)
    return found["key"] if found else ""


def unseal(text: str, place: Place, ring: KeyRing) -> Secret:
    """The secret. Raises Stop where its key is not on the ring, and where it was changed or stood elsewhere."""
    found = _SEALED.fullmatch(text)
    if found is None:
        raise Stop(Refusal("secret_damaged", place.name))
    cipher = ring.key(found["key"])
    if cipher is None:
        raise Stop(Refusal("key_missing", place.name, found["key"], ring.home))
    try:
        data = base64.urlsafe_b64decode(found["rest"])
        if base64.urlsafe_b64encode(data).decode() != found["rest"]:  # bits that nothing reads were changed
            raise ValueError
        opened = cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place.authenticated).decode()
    except (binascii.Error, InvalidTag, ValueError):
        opened = None
    if opened is None:
        raise Stop(Refusal("secret_damaged", place.name))
    return Secret(opened)

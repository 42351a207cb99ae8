"""Tokens: what their text is made of, and how every trace of them is masked.

They never reach the store or the log. The store keeps a digest; in a document's text their value is masked before
anything is kept.
"""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

# The name (or a near miss of it) in either quote, escaped or not as inside `param`, up to its value.
_NAME = re.compile(r"""\\*["']\s*acc\w*[ _-]?token\s*\\*["']\s*:\s*""", re.IGNORECASE)
# A value: an escaped text, a text up to the quote that closes it by the dialect's own rule, or a bare word.
_VALUE = re.compile(
    r"""\\+"(?:[^"\\]|\\[^"])*\\+"|"""
    r""""(?:[^"\\]|\\.|"(?!\s*(?:[,:}\]]|$)))*"?|"""
    r"""'(?:[^'\\]|\\.|'(?!\s*(?:[,:}\]]|$)))*'?|"""
    r"""[^\s,}\]]*""",
    re.DOTALL,
)
_BRACKETS = re.compile(r"""[\[{]|[\]}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_ESCAPED = re.compile(r"\\u00[2-7][0-9a-f]", re.IGNORECASE)


def masked(text: str) -> bytes:
    """The text in UTF-8 with the value of every `access_token` replaced by `***`, whatever its shape.

    Letters hidden behind escapes (`access\\u005ftoken`) are written out first, so that no spelling gets past.
    """
    plain = _ESCAPED.sub(lambda found: chr(int(found[0][2:], 16)), text) if _ESCAPED.search(text) else text
    if "token" not in plain.lower():
        return text.encode()
    kept, at = [], 0
    while (name := _NAME.search(plain, at)) is not None:
        kept += [plain[at : name.end()], '"***"']
        at = _end_of_value(plain, name.end())
    return "".join([*kept, plain[at:]]).encode()


def _end_of_value(text: str, start: int) -> int:
    """Where a value ends: a list or an object with its last bracket, or with the text when that is missing."""
    if text[start : start + 1] not in ("[", "{"):
        found = _VALUE.match(text, start)
        return found.end() if found else start
    depth = 0
    for token in _BRACKETS.finditer(text, start):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(text)


# ---------------------------------------------------------------- the text of a token

SECRET_BYTES = 32
_SECRET_CHARACTERS = 43  # of so many bytes, in base64url
_SHOWN_CHARACTERS = 8  # of the secret: enough to know a token again, far too few to guess it
_DOSSIER_CHARACTERS = 480  # of the longest code there is, in base64url: 80 characters of 4 bytes, with room
_FIRST = rf"lettrage_(?P<dossier>[\w-]{{1,{_DOSSIER_CHARACTERS}}})_"
_TOKEN = re.compile(rf"{_FIRST}(?P<secret>[\w-]{{{_SECRET_CHARACTERS}}})", re.ASCII)
_SHOWN = re.compile(rf"{_FIRST}[\w-]{{{_SHOWN_CHARACTERS}}}", re.ASCII)


class Token(NamedTuple):
    """A token as the store knows it: never the text itself.

    `dossier`: the one it is for, as its text says, so that it is looked up by the whole key. `digest`: SHA-256 of
    the text. `shown`: the first characters of the text.
    """

    dossier: str
    digest: str
    shown: str


def token_text(dossier: str, secret: bytes) -> str:
    """The text of a new token, to be shown once: `lettrage_DOSSIER_SECRET`, both in base64url."""
    assert len(secret) == SECRET_BYTES
    return f"lettrage_{_base64url(dossier.encode())}_{_base64url(secret)}"


def read_token(text: str) -> Token | None:
    """What a token's text says; None for anything that is no token. Never raises, whatever the text."""
    found = _TOKEN.fullmatch(text)
    if found is None:
        return None
    dossier = _dossier(found)
    if dossier is None:
        return None
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    return Token(dossier, digest, text[: found.start("secret") + _SHOWN_CHARACTERS])


def dossier_shown(shown: str) -> str | None:
    """The dossier that a token's first characters name; None for anything else."""
    found = _SHOWN.fullmatch(shown)
    return _dossier(found) if found else None


def _dossier(found: re.Match[str]) -> str | None:
    """The dossier that the text of a token names; None for what can be no dossier's code."""
    dossier = _unbase64url(found["dossier"])
    return dossier if dossier is not None and dossier.isprintable() else None


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _unbase64url(text: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None

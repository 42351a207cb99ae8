"""Tokens: what their text is made of, and how every trace of them is masked.

They never reach the store or the log. The store keeps a digest; in a document's text their value is masked before
anything is kept.
"""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

# Whoever writes a document chooses what these read, so each is linear: what repeats never gives back what it took, and
# a run of backslashes is looked at from its first one only.

# The name (or a near miss of it) in either quote, escaped or not as inside `param`, up to its value.
_NAME = re.compile(r"""(?<!\\)\\*+["']\s*+acc\w*[ _-]?token\s*+\\*+["']\s*+:\s*+""", re.IGNORECASE)
# A value: an escaped text, a text up to the quote that closes it by the dialect's own rule, or a bare word.
_VALUE = re.compile(
    r"""\\++"[^"]*+(?<=\\)"|"""
    r""""(?:[^"\\]++|\\.|"(?!\s*+(?:[,:}\]]|$))|)*+"?|"""
    r"""'(?:[^'\\]++|\\.|'(?!\s*+(?:[,:}\]]|$))|)*+'?|"""
    r"""[^\s,}\]]*+""",
    re.DOTALL,
)
# A text in a list or an object; one that is not closed goes as far as the document.
_BRACKETS = re.compile(r"""[\[{]|[\]}]|"(?:[^"\\]++|\\.|)*+"?|'(?:[^'\\]++|\\.|)*+'?""", re.DOTALL)
_ESCAPED = re.compile(r"(?<!\\)\\++u00([2-7][0-9a-f])", re.IGNORECASE)
_RUN = re.compile(r"lettrage_([\w-]++)", re.ASCII)


def masked(text: str) -> bytes:
    """The text in UTF-8 with the value of every `access_token` replaced by `***`, and every token wherever it stands.

    Letters hidden behind escapes (`access\\u005ftoken`) are written out first, so that no spelling gets past.
    """
    plain = _ESCAPED.sub(_written_out, text) if "\\u00" in text else text
    safe = without_tokens(_without_values(plain) if "token" in plain.lower() else plain)
    return (text if safe == plain else safe).encode()


def without_tokens(text: str) -> str:
    """The text with stars in the place of whatever has the shape of a token; all else keeps its column.

    Tokens get into labels, numbers and names by mistake. To be asked before a text is cut.
    """
    return _RUN.sub(_starred, text) if "lettrage_" in text else text


def _starred(found: re.Match[str]) -> str:
    before_secret = found[1][1:-_SECRET_CHARACTERS]  # but the first character, which is the dossier's
    return "lettrage_" + "*" * len(found[1]) if "_" in before_secret else found[0]


def _without_values(text: str) -> str:
    kept, at = [], 0
    while (name := _NAME.search(text, at)) is not None:
        kept += [text[at : name.end()], '"***"']
        at = _end_of_value(text, name.end())
    return "".join([*kept, text[at:]])


def _written_out(escape: re.Match[str]) -> str:
    """The character itself; a quote or a backslash stays escaped, since it opens and closes nothing."""
    character = chr(int(escape[1], 16))
    return "\\" + character if character in "\"'\\" else character


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

"""The catalogue of what Chorus Pro says: its messages by pattern, its codes, and the states it gives.

Messages come unaccented, in any case and spacing, with paths of the syntax that was sent, and cut at 255 characters; so
they are compared as words, with every path one word of its own. A message that is cut is known by its beginning, as
long as that leaves one meaning.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from unicodedata import normalize

import msgspec

from lettrage.invoicing.explaining.fields import field_of
from lettrage.invoicing.explaining.sentfile import PATH, is_path, paths_in
from lettrage.invoicing.lifecycle.statuses import statuses

Next = Literal[
    "resend", "redeposit", "new_number", "complete", "recycle", "look_up", "settle", "settings", "portal", "wait",
    "none",
]  # fmt: skip
_OURS = frozenset(("complete", "settle", "new_number"))
_NO_WORD = re.compile(r"[^a-z0-9*]+")
_APOSTROPHES = str.maketrans("’‘ʼ´`", "'''''")
_TAGS = re.compile(r"\bbalises? ")  # Chorus says "(balise : ID.value)" or "(ID.value)"
_LEAST_WORDS = 3  # of a message that is cut, for it to mean anything
_ANY = "*"


class Message(msgspec.Struct, frozen=True):
    """A message, or a situation, that the catalogue explains. Its texts stand in messages.toml."""

    code: str
    next: Next
    level: Literal["error", "warning"]
    term: str
    fr: str
    en: str
    cause_fr: str
    cause_en: str
    fix_fr: str
    fix_en: str
    source: str
    rows: tuple[int, ...] = ()
    says: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    field: str = ""


class State(msgspec.Struct, frozen=True):
    """A flow's state or an invoice's status: its names, who acts next, and what the supplier does."""

    fr: str
    en: str
    who: Literal["chorus", "buyer", "supplier", "validator", "manager", "authority", "nobody"]
    next: Next


@cache
def messages() -> dict[str, Message]:
    """Every message by its code."""
    return {code: msgspec.convert({"code": code, **texts}, Message) for code, texts in _toml("messages.toml").items()}


@cache
def states(kind: Literal["flow", "invoice"]) -> dict[str, State]:
    """The states of flows, or the statuses of invoices, by the platform's code: Chorus Pro's, and 200 to 228."""
    found = {code: msgspec.convert(texts, State) for code, texts in _toml("states.toml")[kind].items()}
    return found | (_lifecycle() if kind == "invoice" else {})


def _lifecycle() -> dict[str, State]:
    """The statuses of approved platforms: where something is to be done, it is the supplier who does it."""
    return {
        code: State(known.fr, known.en, "supplier" if known.step in _OURS else "nobody", known.step)
        for code, known in statuses().items()
        if known.about == "invoice"
    }


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(files("lettrage.invoicing.explaining").joinpath(name).read_text("utf-8"))


def known(text: str, code: str = "", *, cut: bool = False) -> Message | None:
    """The message that the catalogue has for what was said; None where it has none, or several that fit.

    A code decides only where the text says nothing better: Chorus gives one code to many texts.
    """
    said = folded(text)
    about = {field for path in paths_in(text) if (field := field_of(path))}
    weighed = [(_weight(found, pattern, about), found) for found, pattern in _patterns() if _fits(pattern, said, cut)]
    best = max((weight for weight, _ in weighed if weight is not None), default=None)
    meant = {found.code: found for weight, found in weighed if best is not None and weight == best}
    if len(meant) == 1:
        return next(iter(meant.values()))
    return None if meant else _by_code(code, text)


@cache
def _patterns() -> list[tuple[Message, str]]:
    return [(message, folded(says)) for message in messages().values() for says in message.says]


def _fits(pattern: str, said: str, cut: bool) -> bool:
    """Whether a message says this, or begins to say it."""
    if f" {pattern} " in f" {said} " or (len(pattern.split()) > 1 and pattern in said):
        return True
    return cut and len(said.split()) >= _LEAST_WORDS and pattern.startswith(said.removesuffix(_ANY).rstrip())


def _weight(message: Message, pattern: str, about: set[str]) -> tuple[int, bool] | None:
    """How well a pattern that fits does so: the longer text first, then the right field. None: another field is meant.

    A pattern that names nothing but a path is only known by its field.
    """
    right = message.field in about
    if message.field and not right and (about or pattern.startswith((_ANY, "l element *"))):
        return None
    return len(pattern), right


def _by_code(code: str, text: str) -> Message | None:
    """The message of a libelle, alone or before its text; its points and underscores vary."""
    heads = {_plain_code(code), _plain_code(text.split(" - ", maxsplit=1)[0].strip())} - {""}
    fits = [found for found in messages().values() if heads & {_plain_code(own) for own in found.codes}]
    return fits[-1] if fits else None


def _plain_code(code: str) -> str:
    return re.sub(r"[._]", ".", code.strip().upper())


def folded(text: str) -> str:
    """A message as words: without accents, case, quotes and punctuation, each path one star."""
    ascii_ = normalize("NFKD", _starred(text).translate(_APOSTROPHES)).encode("ascii", "ignore").decode().lower()
    return _TAGS.sub("", _NO_WORD.sub(" ", ascii_).strip())


def _starred(text: str) -> str:
    return PATH.sub(lambda found: f" {_ANY} " if is_path(found[0]) else found[0], text)


def split(texts: Sequence[str], most: int) -> list[tuple[str, bool]]:
    """The single messages of joined texts, each with whether it may be cut: the last of what fills up `most`."""
    every: list[tuple[str, bool]] = []
    for text in texts:
        parts = [part.strip() for part in text.split("|")]
        full = len(text) >= most
        every += [(part, full and at == len(parts)) for at, part in enumerate(parts, 1) if part]
    return every

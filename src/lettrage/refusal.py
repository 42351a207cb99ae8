"""A refusal is data: a stable code, a place in the caller's own text, what was seen, what was expected.

Refusals are values, collected and returned all together. Two exceptions carry them where nothing can go on:

    Stop                     the call cannot be carried out
    ├── Unreadable           the text is not one of the forms, or beyond a limit      (error 1, exit 2)
    ├── Unknown dossier      ... raised as Stop with the code `unknown_dossier`       (error 403, exit 2)
    └── StoreTrouble         no database, locked, disk full, damaged; nothing written (error 503, exit 2)
"""

from typing import Literal

import msgspec

from lettrage.catalogue import CATALOGUE, Text
from lettrage.guard.tokens import without_tokens
from lettrage.limits import SEEN_CHARACTERS

Language = Literal["fr", "en"]

# What the names of doors in the interfaces are called in texts for people.
_SPOKEN = {
    "approved-qualification": ("plateforme agréée (qualification)", "approved platform (qualification)"),
    "approved-production": ("plateforme agréée (production)", "approved platform (production)"),
}


class Refusal(msgspec.Struct, frozen=True):
    """One reason against a settlement, or one fault of a document.

    `path` is the place in the caller's own spelling (`EnteteReglementtb[0].EnteteReglement.MTDEV`), `seen` and
    `expected` are figures or codes rather than sentences; `facts` fills the other blanks of the catalogue's texts. A
    token that got into any of them is masked: refusals are answered, logged and kept.
    """

    code: str
    path: str = ""
    seen: str = ""
    expected: str = ""
    facts: dict[str, str] = {}

    def __post_init__(self) -> None:
        for name in ("path", "seen", "expected"):
            msgspec.structs.force_setattr(self, name, without_tokens(getattr(self, name)))
        facts = {name: without_tokens(value) for name, value in self.facts.items()}
        msgspec.structs.force_setattr(self, "facts", facts)

    @property
    def text(self) -> Text:
        """The catalogue's texts for this code."""
        return CATALOGUE[self.code]

    @property
    def resultcode(self) -> int:
        """1: what the document alone shows. 2: something named does not exist. 3: the state of the books."""
        return self.text.resultcode

    def _fill(self, template: str, language: Language) -> str:
        blanks = {"path": self.path, "seen": self.seen, "expected": self.expected, **self.facts}
        return template.format_map(_Blanks({name: legible(spoken(value, language)) for name, value in blanks.items()}))

    @property
    def fr(self) -> str:
        """What is wrong, in French."""
        return self._fill(self.text.fr, "fr")

    @property
    def en(self) -> str:
        """What is wrong, in English."""
        return self._fill(self.text.en, "en")

    @property
    def fix_fr(self) -> str:
        """How to mend it, in French."""
        return self._fill(self.text.fix_fr, "fr")

    @property
    def fix_en(self) -> str:
        """How to mend it, in English."""
        return self._fill(self.text.fix_en, "en")

    def say(self, language: Language) -> str:
        """What is wrong and how to mend it, in one line."""
        return f"{self.fr} {self.fix_fr}" if language == "fr" else f"{self.en} {self.fix_en}"


def spoken(name: str, language: Language) -> str:
    """What people call a platform; anything else as it is."""
    return _SPOKEN[name][language == "en"] if name in _SPOKEN else name


class _Blanks(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


class Stop(Exception):
    """The call cannot be carried out; nothing was done. `error` is the number of the Divalto envelope."""

    def __init__(self, refusal: Refusal, error: int = 1) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.error = error


class Unreadable(Stop):
    """The text cannot be read, is beyond a limit, or is none of the three forms."""


class StoreTrouble(Stop):
    """The store cannot be used now; nothing was written."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal, error=503)


def quoted(text: str, most: int = SEEN_CHARACTERS) -> str:
    """What the caller wrote, fit to be shown in one line: without tokens, cut, and without control characters."""
    text = without_tokens(text)
    return legible(text[:most]) + ("…" if len(text) > most else "")


def legible(text: str) -> str:
    """A text that cannot move a terminal's cursor, ring its bell or turn its writing round."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)

"""A finding: what speaks against an invoice, where, and how to mend it; as data, in French and in English.

The texts stand in `findings.toml`, and for what others say in `messages.toml` (Chorus Pro), `lifecycle/reasons.toml`
and `lifecycle/acknowledged.toml` (approved platforms), one table per code: `level` (error blocks, warning does not),
`term` (the business term it is about), `fr` and `en` (what is wrong), `fix_fr` and `fix_en` (how to mend it), `source`
(where the rule comes from), `official` (the official rules that say the same). `{seen}`, `{expected}`, `{place}` and
named facts are filled in.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from lettrage.refusal import quoted

Level = Literal["error", "warning"]


class FindingText(msgspec.Struct, frozen=True):
    """What the catalogue says of a code."""

    level: Level
    term: str
    fr: str
    en: str
    fix_fr: str
    fix_en: str
    source: str = ""
    official: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One finding. `place`: the field of our own document (`lines[2].vat_rate`), or an XPath in the file judged.

    `raw`: what another said, as it was said: an official rule's own text, a message of Chorus Pro. `level` and `term`
    are the catalogue's unless said here.
    """

    code: str
    place: str = ""
    seen: str = ""
    expected: str = ""
    raw: str = ""
    facts: dict[str, str] = {}
    level: Level | None = None
    term: str = ""

    @property
    def text(self) -> FindingText:
        """The catalogue's texts: an official rule that has none of its own is told by the table `official`."""
        return catalogue().get(self.code) or _official(self.code)

    @property
    def blocks(self) -> bool:
        """Whether the invoice must not be sent."""
        return (self.level or self.text.level) == "error"

    def say(self, template: str) -> str:
        """A text of the catalogue with its blanks filled."""
        blanks = {"place": self.place, "seen": self.seen, "expected": self.expected, "code": self.code, "raw": self.raw}
        return template.format_map(_Blanks({k: quoted(v, 500) for k, v in (blanks | self.facts).items()}))

    @property
    def shape(self) -> dict[str, str]:
        """As commands and the API give it: the interface's names, and what is wrong in both languages."""
        text = self.text
        return {
            "level": self.level or text.level,
            "code": self.code,
            "term": self.term or text.term,
            "place": self.place,
            "seen": self.seen,
            "expected": self.expected,
            "fr": self.say(text.fr),
            "en": self.say(text.en),
            "fix_fr": self.say(text.fix_fr),
            "fix_en": self.say(text.fix_en),
            "raw": self.raw,
        }


class _Blanks(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


@cache
def catalogue() -> dict[str, FindingText]:
    """Every code that has texts of its own."""
    folder = files("lettrage.invoicing")
    sources = [
        folder.joinpath(name).read_text("utf-8")
        for name in (
            "findings.toml",
            "explaining/messages.toml",
            "lifecycle/reasons.toml",
            "lifecycle/acknowledged.toml",
        )
    ]
    trees: list[dict[str, Any]] = [tomllib.loads(source) for source in sources]
    return {code: msgspec.convert(texts, FindingText) for tree in trees for code, texts in tree.items()}


@cache
def same_as() -> dict[str, tuple[str, ...]]:
    """The codes of ours that say the same as an official rule, by its id."""
    found: dict[str, tuple[str, ...]] = {}
    for code, text in catalogue().items():
        for rule in text.official:
            found[rule] = (*found.get(rule, ()), code)
    return found


@cache
def _official(rule: str) -> FindingText:
    """An official rule is told in its own words; how to mend it is what we say of the same fault, where that fits."""
    told = catalogue()["official"]
    for code in same_as().get(rule, ()):
        ours = catalogue()[code]
        if "{" not in ours.fix_fr + ours.fix_en:
            return msgspec.structs.replace(told, fix_fr=ours.fix_fr, fix_en=ours.fix_en)
    return told

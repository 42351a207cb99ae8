"""The reasons of proposals: each code with its weight and its texts (`reasons.toml`)."""

import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import msgspec

from lettrage.bank.matching.proposal import Reason


class Told(msgspec.Struct, frozen=True):
    """What a reason weighs, and how it is told; `{seen}` and `{expected}` are filled in."""

    weight: int
    fr: str
    en: str


def _read() -> dict[str, Told]:
    source = files("lettrage.bank.matching").joinpath("reasons.toml").read_text("utf-8")
    return {code: Told(**texts) for code, texts in tomllib.loads(source).items()}


REASONS = _read()


def reason(code: str, seen: str = "", expected: str = "") -> Reason:
    """A reason with the weight that the table gives it."""
    return Reason(code, REASONS[code].weight, seen, expected)


def told(of: Reason, shown: Callable[[str], str] = str) -> dict[str, Any]:
    """A reason as JSON, in both languages; `shown`: how its facts (names, amounts, days) are set for readers."""
    texts, facts = REASONS[of.code], {"seen": shown(of.seen), "expected": shown(of.expected)}
    return {"code": of.code, "score": of.weight, "fr": texts.fr.format(**facts), "en": texts.en.format(**facts)}

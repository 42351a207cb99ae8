"""The statuses of the lifecycle by their code, from the table statuses.toml. A code that is not there is kept raw."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from lettrage.refusal import Language

Subject = Literal["invoice", "flux1", "ereporting", "directory", "flow", "status"]
Sender = Literal["supplier", "buyer", "platform", "validator", "factor", "authority"]
Step = Literal["wait", "none", "complete", "settle", "new_number"]
Phase = Literal["305", "23"]  # MDT-77: of the transmission, of the processing
TRANSMISSION: Phase = "305"


class Status(msgspec.Struct, frozen=True):
    """What the table says of a status: see statuses.toml."""

    code: str
    fr: str
    en: str
    about: Subject
    senders: tuple[Sender, ...]
    phase: Phase
    next_fr: str
    next_en: str
    source: str
    document: str = ""
    step: Step = "wait"
    mandatory: bool = False
    reason: bool = False
    ends: bool = False
    ours: bool = False

    def name(self, lang: Language) -> str:
        """What it is called."""
        return self.fr if lang == "fr" else self.en


class Action(msgspec.Struct, frozen=True):
    """What the supplier is asked to do (MDT-121)."""

    fr: str
    en: str


@cache
def statuses() -> dict[str, Status]:
    """Every status by its code, in the table's order."""
    return {code: msgspec.convert({"code": code, **texts}, Status) for code, texts in table("statuses.toml").items()}


@cache
def actions() -> dict[str, Action]:
    """Every action that may be asked for, by its code."""
    return {code: msgspec.convert(texts, Action) for code, texts in table("actions.toml").items()}


def name(code: str, lang: Language) -> str:
    """What a status is called; its bare code where nobody knows it."""
    known = statuses().get(code)
    return known.name(lang) if known is not None else code


def is_refusal(code: str) -> bool:
    """Whether a status refuses something that was said: a status (601), or a whole flow (501)."""
    known = statuses().get(code)
    return known is not None and known.about in ("status", "flow") and known.reason


def table(file: str) -> dict[str, Any]:
    """One of the tables of this package."""
    return tomllib.loads(files("lettrage.invoicing.lifecycle").joinpath(file).read_text("utf-8"))

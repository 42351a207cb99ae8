"""What people read in place of codes: our words for our own, Chorus Pro's names for its own. Pure.

A code that nobody knows is shown as it came, never hidden.
"""

import tomllib
from functools import cache
from importlib.resources import files

from lettrage.invoicing.explaining.messages import states
from lettrage.refusal import Language


def state(code: str, lang: Language) -> str:
    """Where an invoice, a deposit or a flow stands."""
    known = states("invoice").get(code) or states("flow").get(code)
    if known is not None:
        return known.fr if lang == "fr" else known.en
    return _label("acknowledged" if code in _labels()["acknowledged"] else "state", code, lang)


def known_states() -> list[str]:
    """Where an invoice may stand: by what we know of it, then by Chorus Pro's own statuses."""
    return [*(code for code in _labels()["state"] if code not in _EVENTS), *states("invoice")]


def comment(code: str, text: str, lang: Language) -> str:
    """What stands beside an event, with a word for what would be a bare number."""
    if code == "in_doubt":
        kind, _, status = text.partition(" ")
        return f"{trouble(kind, lang)} {status}".rstrip()
    return _labels()["comment"].get(code, _BARE)[lang].format(text) if text else ""


def trouble(kind: str, lang: Language) -> str:
    """What a call met that did not succeed."""
    return _label("trouble", kind, lang)


def job(kind: str, lang: Language) -> str:
    """What is still to be done."""
    return _label("job", kind, lang)


def _label(table: str, code: str, lang: Language) -> str:
    return _labels()[table].get(code, {}).get(lang, code)


# Of an invoice's history: where it stands is said otherwise.
_EVENTS = frozenset(
    (
        "sent_apart", "sent_again", "said_received", "said_not_received", "completed", "recycled", "created", "paid",
        "came_back", "receipt_back", "reconciled",
    )
)  # fmt: skip
_BARE = {"fr": "{}", "en": "{}"}


@cache
def _labels() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("lettrage.invoicing.explaining").joinpath("labels.toml").read_text("utf-8"))

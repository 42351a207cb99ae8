"""Every word that the pages show, in French and in English: `words/*.toml`, a file for each area."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from lettrage.adapters.http.pages.typeset import count
from lettrage.refusal import Language

Said = str | list[str]  # a list: the word for one thing, the word for several


@cache
def _known() -> dict[str, dict[str, Said]]:
    """area.key -> language -> text."""
    folder = files("lettrage.adapters.http.pages").joinpath("words")
    found: dict[str, dict[str, Said]] = {}
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            area = file.name.removesuffix(".toml")
            tree: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
            found |= {f"{area}.{key}": texts for key, texts in tree.items()}
    return found


def words(language: Language, key: str, n: int | None = None, **values: object) -> str:
    """What is said for `area.key`, its blanks filled.

    `n` chooses between one and several, and fills `{n}`, its thousands apart.
    """
    said = _known()[key][language]
    if isinstance(said, list):
        assert n is not None, f"{key} is counted"
        said = said[_plural(language, n)]
    if n is not None:
        values.setdefault("n", count(n, language))
    return said.format(**values) if values else said


def known(key: str) -> bool:
    """Whether there is such a text."""
    return key in _known()


def by_door(key: str, door: str) -> str:
    """The key of what is said of an approved platform, where that is said otherwise than of Chorus Pro."""
    own = f"{key}_{door}"
    return own if known(own) else key


def _plural(language: Language, n: int) -> int:
    """0 for the word of one thing: in French nothing at all is singular too."""
    return int(abs(n) >= 2) if language == "fr" else int(n != 1)

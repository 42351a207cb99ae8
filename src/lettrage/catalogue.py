"""The catalogue of refusals and warnings: each code with its texts in French and English (`catalogue.toml`)."""

import tomllib
from importlib.resources import files
from typing import Any

import msgspec


class Text(msgspec.Struct, frozen=True):
    """The texts of a code; `{seen}`, `{expected}`, `{path}` and named facts are filled in.

    `resultcode`: 1 what the document alone shows, 2 something named does not exist, 3 the state of the books,
    0 a warning.
    """

    resultcode: int
    fr: str
    en: str
    fix_fr: str
    fix_en: str
    family: str


FAMILIES = {
    "text": 1, "document": 1, "names": 2, "books": 3, "warnings": 0, "load": 1, "store": 3, "http": 1, "chorus": 3,
    "invoice": 1, "sending": 3, "statement": 1, "lettering": 3,
    "reporting": 3,
}  # fmt: skip


def _read() -> dict[str, Text]:
    source = files("lettrage").joinpath("catalogue.toml").read_text("utf-8")
    tree: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(source)
    return {
        code: Text(resultcode=FAMILIES[family], family=family, **texts)
        for family, codes in tree.items()
        for code, texts in codes.items()
    }


CATALOGUE = _read()

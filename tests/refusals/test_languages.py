"""What was expected is said by every refusal to whoever reads: in figures, codes and names, never in one language."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lettrage.catalogue import CATALOGUE
from lettrage.invoicing.finding import catalogue

SOURCE = Path(__file__).parent.parent.parent / "src" / "lettrage"
APART = ("simulator", "laws", "demo")  # another's answers; findings in French that are no refusals; a story
_LETTERS = "àâäçéèêëîïôöùûüœæ"
_WORDS = "un une le la les des du au aux et ou où sans avec pas ni bien chiffres fichier nom attendu doit être"
FRENCH = re.compile(rf"[{_LETTERS}]|\b({'|'.join(_WORDS.split())})\b", re.IGNORECASE)


@cache
def trees() -> dict[Path, ast.Module]:
    """Every module whose refusals people read."""
    files = (file for file in SOURCE.rglob("*.py") if not set(APART) & set(file.relative_to(SOURCE).parts))
    return {file: ast.parse(file.read_text("utf-8")) for file in files}


@cache
def takers() -> dict[str, int]:
    """Functions and values that are given `expected`, with its place among what they are given."""
    found = {}
    for node in (node for tree in trees().values() for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            names = [each.arg for each in node.args.args if each.arg != "self"]
        elif isinstance(node, ast.ClassDef):
            names = [each.target.id for each in node.body if _is_field(each)]  # type: ignore[attr-defined]
        else:
            continue
        if "expected" in names:
            found[node.name] = names.index("expected")
    return found


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def expected_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What is written in a module as expected: the line, and the words between what is filled in."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in takers():
            continue
        given: list[Any] = [each.value for each in node.keywords if each.arg == "expected"]
        given += node.args[takers()[name] : takers()[name] + 1]
        for each in (part for whole in given for part in ast.walk(whole)):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.lineno, each.value


def test_what_was_expected_is_in_nobodys_language() -> None:
    written = [
        (file.relative_to(SOURCE), line, words) for file, tree in trees().items() for line, words in expected_in(tree)
    ]
    assert len(written) > 150
    assert [where for where in written if FRENCH.search(where[2])] == []


@pytest.mark.parametrize("code", [*CATALOGUE, *catalogue()])
def test_the_english_texts_are_in_english(code: str) -> None:
    text = CATALOGUE.get(code) or catalogue()[code]
    for said in (text.en, text.fix_en):
        own = re.sub(
            r"«[^»]*»|\"[^\"]*\"|“[^”]*”|\([^)]*\)|\{\w+\}", "", said
        )  # what another calls something is left in his words
        assert not FRENCH.search(own), own


@pytest.mark.parametrize("words", ["XML bien formé", "XML sans DTD ni entités", "a file / un fichier", "9 chiffres"])
def test_french_is_known_when_it_is_met(words: str) -> None:
    ((_line, met),) = expected_in(ast.parse(f"Refusal('code', '', '', {words!r})"))
    assert FRENCH.search(met)

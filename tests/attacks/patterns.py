"""Every regular expression of the program against 100,000 characters of its own near-miss, under 50 ms each.

    python -m tests.attacks.patterns

Patterns are found where modules, classes and tables keep them, and where a call writes one out. A near-miss is made
from the pattern's own parse: what stands before a repetition, the repetition for 100,000 characters, and a character
that fits nothing. Each pattern is asked in the ways in which the source asks it.
"""

import ast
import importlib
import itertools
import pkgutil
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any
from unittest import mock

import lettrage
from lettrage.guard import tokens
from tests.attacks.battery import command
from tests.reliability.long_form import BrokenPromiseError

CHARACTERS = 100_000
MOST_SECONDS = 0.05
SOURCE = Path(lettrage.__file__).parent
WAYS = ("fullmatch", "match", "search", "sub", "finditer", "split", "findall")
MISSES = ("\x00", "!")
OPTIONAL = {"lettrage.adapters.store.migrations.env"}  # runs where it is imported
Pattern = re.Pattern[str] | re.Pattern[bytes]
REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT)


# ---------------------------------------------------------------- finding them


def modules() -> Iterator[Any]:
    """Every module of the program."""
    for found in pkgutil.walk_packages([str(SOURCE)], "lettrage."):
        if found.name not in OPTIONAL and not found.name.endswith("__main__") and ".versions" not in found.name:
            yield importlib.import_module(found.name)


def _inside(value: Any, depth: int = 0) -> Iterator[Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, dict):
        for one in value.values():
            yield from _inside(one, depth + 1)
    elif depth < 4 and isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _inside(one, depth + 1)
    elif depth < 2 and hasattr(value, "__struct_fields__") and not isinstance(value, type):
        for name in value.__struct_fields__:
            yield from _inside(getattr(value, name), depth + 1)
    elif depth < 2 and isinstance(value, type) and value.__module__.startswith("lettrage"):
        for one in vars(value).values():
            yield from _inside(one, depth + 1)


@cache
def asked() -> dict[tuple[str, str], set[str]]:
    """How the source asks the patterns of each name: in each file, and ("") in all of them."""
    ways: dict[tuple[str, str], set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
        for node in nodes:
            if isinstance(node, ast.Attribute) and node.attr in WAYS:
                for name in _names(node.value):
                    ways.setdefault((str(file), name), set()).add(node.attr)
        for node in nodes:  # a pattern that a loop asks under another name
            if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
                for name in _names(node.iter):
                    ways.setdefault((str(file), name), set()).update(ways.get((str(file), node.target.id), ()))
    for (_, name), some in list(ways.items()):
        ways.setdefault(("", name), set()).update(some)
    return ways


def _names(within: ast.expr) -> Iterator[str]:
    for node in ast.walk(within):
        if isinstance(node, ast.Name | ast.Attribute):
            yield node.id if isinstance(node, ast.Name) else node.attr


def written_out() -> Iterator[tuple[str, Pattern, set[str]]]:
    """Patterns that a call of `re` writes out where it stands."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) in {f"re.{way}" for way in WAYS}):
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                way = ast.unparse(node.func).removeprefix("re.")
                yield f"{file.relative_to(SOURCE)}:{node.lineno}", re.compile(first.value), {way}


def patterns() -> Iterator[tuple[str, Pattern, set[str]]]:
    """Every pattern with where it is and how it is asked, wherever it is imported."""
    met: dict[tuple[object, int], tuple[str, Pattern, set[str]]] = {}
    for module in modules():
        for name, value in vars(module).items():
            file = str(module.__file__) if name.startswith("_") else ""
            for pattern in _inside(value):
                _, _, ways = met.setdefault(
                    (pattern.pattern, pattern.flags), (f"{module.__name__}.{name}", pattern, set())
                )
                ways |= asked().get((file, name), set())
    for place, pattern, ways in met.values():
        yield place, pattern, ways or {"fullmatch"}
    yield from written_out()


# ---------------------------------------------------------------- near-misses


def near_misses(pattern: Pattern, characters: int) -> Iterator[str]:
    """For each repetition without a small bound: what stands before it, it as often as fits, and a miss.

    And what stands before it, as often as fits: a repetition that never comes to its end would begin at each again.
    """
    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    parsed = parser.parse(source, flags)
    for before, body in _repetitions(list(parsed), ""):
        for miss in MISSES:
            yield before + _filled(body, characters) + miss
        if before:
            yield _filled(before, characters) + MISSES[0]
    yield _filled("".join(_once(list(parsed))), characters) + MISSES[0]


def _filled(text: str, characters: int) -> str:
    return text * max(1, characters // max(len(text), 1))


def _repetitions(items: list[Any], before: str) -> Iterator[tuple[str, str]]:
    for item, value in items:
        if item in REPEATS:
            _, most, inner = value
            body = "".join(_once(list(inner)))
            if most > 1_000 and body:
                yield before, body
            yield from _repetitions(list(inner), before)
        elif item is kinds.SUBPATTERN:
            yield from _repetitions(list(value[3]), before)
        elif item is kinds.ATOMIC_GROUP:
            yield from _repetitions(list(value), before)
        elif item is kinds.BRANCH:
            for branch in value[1]:
                yield from _repetitions(list(branch), before)
        elif item in (kinds.ASSERT, kinds.ASSERT_NOT):
            yield from _repetitions(list(value[1]), before)
        before += "".join(_once([(item, value)]))


def _once(items: list[Any]) -> Iterator[str]:
    """The shortest text that these parts take, or near it."""
    for item, value in items:
        yield from _PARTS.get(item, lambda _value: iter(()))(value)


def _of_repeat(value: Any) -> Iterator[str]:
    least, _, inner = value
    yield "".join(_once(list(inner))) * min(least, 200)


_CATEGORIES = {
    kinds.CATEGORY_DIGIT: "1",
    kinds.CATEGORY_SPACE: " ",
    kinds.CATEGORY_WORD: "a",
    kinds.CATEGORY_NOT_DIGIT: "a",
    kinds.CATEGORY_NOT_SPACE: "a",
    kinds.CATEGORY_NOT_WORD: " ",
}


def _of_class(value: Any) -> Iterator[str]:
    """A character of a class: its first range; of a class of what it is not, one that is none of them."""
    if value[0][0] is kinds.NEGATE:
        barred = {one[1] for one in value if one[0] is kinds.LITERAL}
        yield next(letter for letter in "x1 -é" if ord(letter) not in barred)
        return
    kind, first = value[0]
    yield _CATEGORIES[first] if kind is kinds.CATEGORY else chr(first[0] if kind is kinds.RANGE else first)


_PARTS: dict[Any, Callable[[Any], Iterator[str]]] = {
    kinds.LITERAL: lambda value: iter((chr(value),)),
    kinds.NOT_LITERAL: lambda value: iter(("x" if value != ord("x") else "y",)),
    kinds.ANY: lambda _value: iter(("x",)),
    kinds.IN: _of_class,
    kinds.SUBPATTERN: lambda value: _once(list(value[3])),
    kinds.ATOMIC_GROUP: lambda value: _once(list(value)),
    kinds.BRANCH: lambda value: _once(list(value[1][0])),
    **dict.fromkeys(REPEATS, _of_repeat),
}


# ---------------------------------------------------------------- the battery


def _ask(pattern: Any, way: str, text: str) -> None:
    subject: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    if way == "sub":
        pattern.sub(subject[:0], subject)
    elif way == "finditer":
        for _ in pattern.finditer(subject):
            pass
    else:
        getattr(pattern, way)(subject)


def _seconds(pattern: Pattern, way: str, text: str) -> float:
    """The shortest of a few: others work on this machine too."""
    best = 60.0
    for _ in range(3):
        begun = time.process_time()
        _ask(pattern, way, text)
        best = min(best, time.process_time() - begun)
        if best <= MOST_SECONDS:
            break
    return best


def battery(_chance: random.Random, count: int) -> str:
    """Every pattern against its near-misses of `count` characters."""
    done = texts = 0
    slowest = 0.0
    slow: list[str] = []
    for place, pattern, ways in patterns():
        done += 1
        for text, way in itertools.product(near_misses(pattern, count), sorted(ways)):
            took = _seconds_growing(pattern, way, text)
            texts += 1
            slowest = max(slowest, took)
            if took > MOST_SECONDS:
                slow.append(f"{place} {way} {took * 1000:.0f} ms on {text[:20]!r}…{text[-3:]!r}")
                break
    if slow:
        raise BrokenPromiseError(f"{len(slow)} slow: " + "; ".join(slow))
    return f"{done} patterns, {texts:,} near-misses of {count:,} characters, slowest {slowest * 1000:.0f} ms"


def _seconds_growing(pattern: Pattern, way: str, text: str) -> float:
    """A text that is too slow when it is short is not asked in full: each character may double what it takes."""
    for length in (*range(20, 40, 2), 2_000, 10_000, len(text)):
        took = _seconds(pattern, way, text[: max(length - 1, 0)] + text[-1:])
        if took > MOST_SECONDS:
            break
    return took


@contextmanager
def _nested_star() -> Iterator[None]:
    with mock.patch.object(tokens, "_SHOWN", re.compile(r"lettrage_(?:\w+-?)*_\d")):
        yield


BUGS = {"nested_star": _nested_star}


if __name__ == "__main__":
    sys.exit(command("F8", battery, count=CHARACTERS, bugs=BUGS, trial=10_000))

r"""Strict JSON, quickly and exactly.

The quick way is msgspec, which reads into texts no deeper than the limit and refuses what JSON is not. It keeps the
last of two members of one name silently, so that what it read is written again and the colons are counted: where no
`\u003a` stands for a colon, each member that was lost has lost at least its own. The scanner of the standard library
reads again what the quick way cannot vouch for; it sees every member, and every number in its own digits.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import msgspec

from lettrage.limits import DOCUMENT, Limits
from lettrage.settlement.dialect.grammar import HIGH, LOW
from lettrage.settlement.dialect.tree import WORDS, Node, Pairs, members

_SURROGATE_ESCAPES = re.compile(rf"\\(?:{HIGH}\\{LOW}|(?P<lone>{HIGH}|{LOW})|.)", re.DOTALL)
_COLON_ESCAPE = re.compile(r"\\u003[aA]")
_MINUS_NOTHING = re.compile(r"-0(?![0-9.eE])")  # an int has no other digits that are not kept
_CONSTANTS = {True: "true", False: "false", None: ""}


def strict(text: str, limits: Limits = DOCUMENT) -> Node | None:
    """The tree of a strict JSON text, else None; too deep or escaping half a character is None too."""
    try:
        tree = _quick(text, limits.depth)
    except _Doubtful:
        return scanned(text, limits)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return tree


# --- quick ------------------------------------------------------------------------------------------------


class _Doubtful(Exception):
    """The quick way cannot vouch for what it read."""


_WRITER = msgspec.json.Encoder()
_OF_ANYTHING = msgspec.json.Decoder(float_hook=str)


_QUICK_DEPTH = 10  # of a document: nine; the decoder is a tree of types with two branches at each level


@cache
def _of_texts(depth: int) -> msgspec.json.Decoder[Node]:
    """Reads texts in lists and objects, no more than `depth` of them in one another."""
    kind: Any = str
    for _ in range(min(depth, _QUICK_DEPTH)):
        kind = str | list[kind] | dict[str, kind]
    return msgspec.json.Decoder(kind)


def _quick(text: str, depth: int) -> Node:
    try:
        tree = _of_texts(depth).decode(text)
    except msgspec.ValidationError:
        tree = _other_leaves(text, depth)
    if not _colons_kept(text, tree):
        raise _Doubtful
    return tree


def _colons_kept(text: str, tree: Node) -> bool:
    """Whether the tree, written again, has as many colons as the text, and none of them by an escape."""
    if "\\" in text and _COLON_ESCAPE.search(text):
        return False
    again = bytearray(len(text))
    _WRITER.encode_into(tree, again)
    if len(again) == len(text.encode()):
        return True  # nothing can be written shorter: the text is written like that too, and nothing is lost
    return text.count(":") == again.count(b":")


def _other_leaves(text: str, depth: int) -> Node:
    """The tree of a text with numbers and constants, which are turned into texts in place, level by level."""
    if _MINUS_NOTHING.search(text):
        raise _Doubtful
    try:
        root: list[Any] = [_OF_ANYTHING.decode(text)]
    except msgspec.ValidationError:  # a number of thousands of digits
        raise _Doubtful from None
    level: list[Any] = [root]
    for _ in range(depth + 1):
        inner = []
        for node in level:
            for at, part in node.items() if type(node) is dict else enumerate(node):
                kind = type(part)
                if kind is str:
                    continue
                if kind is dict or kind is list:
                    inner.append(part)
                else:
                    node[at] = str(part) if kind is int else _CONSTANTS[part]
        level = inner
    if level:
        raise RecursionError
    tree: Node = root[0]
    return tree


# --- precise ----------------------------------------------------------------------------------------------


def _no_constant(name: str) -> Node:
    raise ValueError(name)  # NaN and Infinity are not JSON


_SCANNER = json.JSONDecoder(object_pairs_hook=members, parse_int=str, parse_float=str, parse_constant=_no_constant)


def scanned(text: str, limits: Limits = DOCUMENT) -> Node | None:
    """What `strict` says, always by the scanner of the standard library."""
    try:
        tree = _SCANNER.decode(text)
        if any(word in text for word in WORDS):
            tree = _worded(tree)
    except (ValueError, RecursionError):  # the scanner recurses: it gives up long before the stack ends
        return None
    if half_character(text):
        return None
    return tree if _within(limits.depth, tree) else None


def half_character(text: str) -> str:
    """The first escape in a JSON text that is half a character, else "".

    The standard library's scanner lets it through; no store or answer could write it.
    """
    escapes = _SURROGATE_ESCAPES.finditer(text) if "\\u" in text else iter(())
    return next((escape["lone"] for escape in escapes if escape["lone"]), "")


def _worded(node: Node | bool | None) -> Node:
    """The same tree, its constants turned into texts in place."""
    if isinstance(node, str):
        return node
    if node is None or isinstance(node, bool):
        return _CONSTANTS[node]
    if isinstance(node, dict):
        node.update({name: _worded(part) for name, part in node.items()})
    elif isinstance(node, Pairs):
        node[:] = [(name, _worded(part)) for name, part in node]
    else:
        node[:] = [_worded(part) for part in node]
    return node


_PARTS: dict[type, Callable[[Any], Iterable[Node]]] = {
    list: iter,
    dict: dict.values,
    Pairs: lambda node: [part for _, part in node],
}


def _within(depth: int, tree: Node) -> bool:
    """Whether no more than `depth` containers stand in one another."""
    level: list[Node] = [[tree]]
    for _ in range(depth + 1):
        level = [part for node in level for part in _PARTS[type(node)](node) if type(part) is not str]
    return not level

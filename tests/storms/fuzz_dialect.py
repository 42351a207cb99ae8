"""Storm over the reader of documents: whatever the bytes, a tree or a refusal, and quickly.

    python -m tests.storms.fuzz_dialect --mutations 200000 --seed 7
    python -m tests.storms.fuzz_dialect --mutations 20000 --planted depth    # must fail

The source's five examples, as they are and as strict JSON, are damaged at random and read. A run fails on any
exception but Unreadable, on a tree that breaks its promises, on readers that disagree, and on one input that
takes more than a second; it then prints the seed and the bytes. Before them, the texts that everybody knows to be
hostile (`tests.attacks.json_texts`) are sent to every door for JSON.
"""

import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from unittest import mock

import msgspec

from lettrage.limits import DOCUMENT
from lettrage.refusal import Unreadable
from lettrage.settlement import dialect
from lettrage.settlement.dialect import Node, Pairs, Text, decode, parse, tokens
from tests.attacks.json_texts import CONTENTS, named_texts
from tests.reliability.long_form import BrokenPromiseError, long_form, say

EXAMPLES = Path(__file__).parent.parent / "examples"
SLOWEST_SECONDS = 1.0
STRUCTURE = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"'",
    b'"',
    b"\\",
    b"\n",
    b"\t",
    b" ",
    b"\0",
    b"//",
    b"-",
    b"1e9",
]
UNICODE = [
    *(text.encode() for text in ("é", "’", "\u00a0", "\u2028", "\ufeff", "😀", "\x85", "n°")),
    *(b"\\ud83d\\ude00", b"\\ud800", b"\\u00e9", b"\\u12", b"\\n", b"\\'", b'\\"', b"\\\\", b"\\/"),
    *(b"\xe9", b"\x81", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"null", b"NaN", b"TRUE", b"0087"),
]


class Outcome(msgspec.Struct):
    """What a run saw: how many of each outcome, and the slowest single input."""

    counts: Counter[str]
    slowest_seconds: float = 0.0
    slowest: bytes = b""


# What the five examples do not hold: unquoted values, escapes, many levels with closers to spare.
VALUES = rb'{"n": [87, -2.5e3, 0.5, true, false, null, {"a": {}}, []], "s": "\ud83d\ude00 \"\u00e9\" \\"}'
# What the quick readers could take for something else.
LOST = rb'{"a": "1", "a": "\u003a"}'
NOTHING = rb'[-0, {"a": "-0"}]'
# Behind a -0 the characters in halves are the scanner's alone to judge: msgspec never comes to them.
HALVES = rb'[-0, "\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00"]'
WORDS = rb"""{'a': [0087, TRUE,], 'b': 'l'an', "c": 'il dit "oui"'}"""
NAMES = rb"""{'a': 'l'an', 'b': {  0087  : 'il dit "oui"'}}"""
COMMAS = rb"""{'a': 'l'an', 'b': [   ,   ], "c": 'il dit "oui"'}"""
LEVELS = b"[" * 14 + b"1," + b"]" * 60


@cache
def examples() -> list[bytes]:
    """The five documents, the same contents as strict JSON, and texts of our own."""
    written = [path.read_bytes() for path in sorted(EXAMPLES.glob("*/document.txt"))]
    assert len(written) == 5
    strictly = [json.dumps(parse(decode(data)).tree, indent=1).encode() for data in written]
    return [*written, *strictly, VALUES, LOST, NOTHING, HALVES, WORDS, NAMES, COMMAS, LEVELS]


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """One of the seeds, damaged one to six times."""
    data = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        data = chance.choice(DAMAGES)(chance, data, seeds)
    return data


def _flip(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _insert(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(STRUCTURE) * chance.choice((1, 1, 1, 2, 30)) + data[at:]


def _unicode(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(UNICODE) + data[at:]


def _slice(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice((1, 1, 2, 5, 40, 400)))


def _delete(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    start, stop = _slice(chance, data)
    return data[:start] + data[stop:]


def _duplicate(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    start, stop = _slice(chance, data)
    return data[:stop] + data[start:stop] * chance.choice((1, 1, 2, 20)) + data[stop:]


def _splice(chance: random.Random, data: bytes, seeds: list[bytes]) -> bytes:
    other = chance.choice(seeds)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other)) :]


def _truncate(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


DAMAGES: tuple[Callable[[random.Random, bytes, list[bytes]], bytes], ...] = (
    *(_flip, _insert, _insert, _unicode, _unicode, _delete, _duplicate, _splice, _truncate),
)


def judge(data: bytes) -> str:
    """Read these bytes as the caller would; what came out, or BrokenPromiseError."""
    try:
        text = decode(data)
        found = _read(text)
        inner = dict(dialect.pairs(found)).get("param") if isinstance(found, dict | Pairs) else None
        if isinstance(inner, str):
            _read(inner)
            return "text with param"
    except Unreadable as unreadable:
        refusal = unreadable.refusal
        if not refusal.say("fr") or len(refusal.seen) > 100:
            raise BrokenPromiseError(f"refusal not fit to show: {refusal}") from None
        return refusal.code
    return "text"


def _read(text: str) -> Node:
    read = parse(text)
    if _depth(read.tree) > DOCUMENT.depth:
        raise BrokenPromiseError("deeper than the limit")
    if len(read.repairs) > dialect.REPAIRS_KEPT or any(len(repair.seen) > 100 for repair in read.repairs):
        raise BrokenPromiseError("repairs without bound")
    precise = _by_tokenizer(text)
    for name, reader in QUICK.items():
        quick = reader(text)
        if quick is not None and _shown(quick) != precise:
            raise BrokenPromiseError(f"{name} and the tokenizer disagree")
    return read.tree


def _alone(reader: Callable[[str], Node | None]) -> Callable[[str], Text | None]:
    """A reader that mends nothing."""

    def read(text: str) -> Text | None:
        tree = reader(text)
        return None if tree is None else Text(tree)

    return read


QUICK: dict[str, Callable[[str], Text | None]] = {
    "strict": _alone(dialect.strict),
    "scanned": _alone(dialect.scanned),
    "swapped": _alone(dialect.swapped),
    "rewritten": dialect.rewritten,
}


def _shown(text: Text) -> str:
    """The tree with the order and the kind of everything in it, and the repairs."""
    return repr((text.tree, text.repairs))


def _by_tokenizer(text: str) -> str:
    try:
        return _shown(dialect.tokenized(text))
    except Unreadable as unreadable:
        return repr(unreadable.refusal)


def _depth(node: Node) -> int:
    """How many containers stand in one another; every leaf is checked to be a text that can be written."""
    if isinstance(node, str):
        node.encode()
        return 0
    if not isinstance(node, list | dict):
        raise BrokenPromiseError(f"a leaf that is no text: {node!r}")
    parts = [part for _, part in dialect.pairs(node)] if isinstance(node, dict | Pairs) else node
    return 1 + max(map(_depth, parts), default=0)


def storm(mutations: int, seed: int) -> Outcome:
    """Read so many mutations; the first bad one raises BrokenPromiseError with the seed and the bytes."""
    chance, seeds = random.Random(seed), examples()
    outcome = Outcome(Counter())
    for number in range(mutations):
        data = mutated(chance, seeds)
        start = time.perf_counter()
        try:
            code = judge(data)
        except Exception as fault:
            raise BrokenPromiseError(f"seed {seed}, mutation {number}: {fault!r}\n{data!r}") from fault
        took = time.perf_counter() - start
        if took > SLOWEST_SECONDS:
            raise BrokenPromiseError(f"seed {seed}, mutation {number}: {took:.3f} s\n{data!r}")
        if took > outcome.slowest_seconds:
            outcome.slowest_seconds, outcome.slowest = took, data
        outcome.counts[code] += 1
    return outcome


def _push_without_limit(reader: tokens._Reader, closer: str, name: str) -> None:
    reader.open.append(tokens._Open(closer, name))
    reader.ready = True


def _never_escaped(text: str, start: int, quote: int) -> bool:
    return False


NEVER = re.compile("(?P<lone>(?!))")


def _json_loads_bare(text: str, _limits: object = None) -> Node:
    read: Node = json.loads(text)
    return read


PLANTS: dict[str, tuple[str, object]] = {
    "json_loads_bare": ("strict", _json_loads_bare),
    "surrogate": ("strict_json._SURROGATE_ESCAPES", NEVER),  # half characters pass the C scanner
    "depth": ("tokens._Reader.push", _push_without_limit),
    "escape": ("tokens._escaped", _never_escaped),  # the tokenizer alone takes an escaped quote for a closing one
    "number": ("grammar._NUMBER", NEVER),  # the dialect alone reads no number
    "double": ("strict_json._colons_kept", lambda text, tree: True),  # the last of two members wins silently
    "colon": ("strict_json._COLON_ESCAPE", NEVER),  # an escaped colon makes up for a member that was lost
    "zero": ("strict_json._MINUS_NOTHING", NEVER),  # -0 loses its sign
    "comma": ("rewriting._NO_PART", ("{",)),  # a list of nothing but a comma is read
    "word": ("rewriting._NAMES", NEVER),  # a number is taken for a name
    "repair": ("rewriting._INNER", dict.fromkeys("'\"", NEVER)),  # a quote inside is mended in silence
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The reader with one guard taken away: a storm that does not fail then is worth nothing."""
    examples()  # by the sound reader
    target, replacement = PLANTS[name]
    with mock.patch(f"lettrage.settlement.dialect.{target}", replacement):
        yield


def run(mutations: int, seed: int, bug: str = "") -> str:
    """The texts that everybody knows to be hostile, then so many mutations. Raises BrokenPromiseError."""
    with planted(bug) if bug else nullcontext():
        texts, outcome = named_texts(), storm(mutations, seed)
    for code, count in outcome.counts.most_common():
        say(f"{count:10d} {code}")
    return (
        f"{texts} hostile texts through {len(CONTENTS)} doors, all refused by name; {mutations:,} mutations,"
        f" 0 unhandled, slowest {outcome.slowest_seconds * 1000:.1f} ms ({len(outcome.slowest)} bytes)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "F2",
        lambda given, bug: run(given.mutations, given.seed, bug),
        PLANTS,
        options={"mutations": 200_000},
        trial={"mutations": 20_000},
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

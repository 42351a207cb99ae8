"""The dialect, character by character: what tells every error, its place, and what was expected there.

The reader of texts that no quicker reader reads. It is linear in the length of the text: the expressions have
possessive repeats only, and no run of characters is looked at more than a fixed number of times.
"""

import re
from itertools import islice

from lettrage.limits import DOCUMENT, Limits
from lettrage.refusal import Refusal, Unreadable
from lettrage.settlement.dialect.excerpts import EXCERPT_CHARACTERS, Found, excerpt, fault, found, repairs
from lettrage.settlement.dialect.grammar import (
    BARE,
    BLANK,
    BLANKS,
    CLOSED,
    ESCAPE,
    STRAY,
    TAIL,
    character,
    half,
    leaf_of,
)
from lettrage.settlement.dialect.tree import REPAIRS_KEPT, Node, Text, members

END = "EOF"

_PLAIN = rf"(?:'([^'\\]*+)'|\"([^\"\\]*+)\"){BLANK}"
# Most of a document is members like these. A quote followed by what they ask for is a quote that closes.
_MEMBER = re.compile(rf"{BLANK}{_PLAIN}:{BLANK}(?:{_PLAIN}|({BARE}++){BLANK})(,|(?=\}}))")
_ELEMENT = re.compile(rf"()(){BLANK}(?:{_PLAIN}|({BARE}++){BLANK})(,|(?=\]))")
_BLANK_CHARACTERS = frozenset(" \t\r\n")
_CLOSES = re.compile(CLOSED)
_OFFENDER = re.compile(rf"{BARE}++|.?", re.DOTALL)
_VALUE = '" 0-9 { ['


def tokenized(text: str, limits: Limits = DOCUMENT) -> Text:
    """Read the dialect, which strict JSON is part of, token by token; raises as `parse` does."""
    reader = _Reader(text, limits.depth)
    tree = reader.read()
    return Text(tree, repairs(text, reader.repairs))


class _Open:
    """A container whose end has not been seen: its parts so far, and its own name in the container around it.

    The parts of a list have the name "".
    """

    __slots__ = ("closer", "name", "parts")

    def __init__(self, closer: str, name: str) -> None:
        self.closer = closer
        self.name = name
        self.parts: list[tuple[str, Node]] = []

    def node(self) -> Node:
        return members(self.parts) if self.closer == "}" else [part for _, part in self.parts]


class _Reader:
    """One pass over a text, without recursion.

    `at` is the next character to read; `open` the containers around it, of which the first stands for the
    text itself and receives the one tree. `ready`: a part may follow (after an opener or a comma); else only
    a comma or a closer. A closer may always follow: the dialect knows trailing commas.
    """

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.at = 0
        self.depth = depth
        self.open = [_Open("", "")]
        self.ready = True
        self.unbraced = False
        self.repairs: list[Found] = []

    def read(self) -> Node:
        if not self.peek():
            raise Unreadable(Refusal("empty_document"))
        self.begin()
        while len(self.open) > 1:
            top = self.open[-1]
            if self.ready:
                self.plain_parts(top)
            if self.closes(top):
                continue
            if self.ready:
                self.value(self.name() if top.closer == "}" else "")
            else:
                self.expect(",", f", {top.closer}")
                self.ready = True
        self.finish()
        return self.open[0].parts[0][1]

    def peek(self) -> str:
        """The next character that is not blank; the empty text at the end."""
        here = self.text[self.at : self.at + 1]
        if here not in _BLANK_CHARACTERS:
            return here
        self.at = _end(BLANKS, self.text, self.at)
        return self.text[self.at : self.at + 1]

    def begin(self) -> None:
        start = self.at
        if self.text[start] not in "'\"":
            self.value("")
            return
        first = self.string()
        if self.peek() != ":":
            self.add("", first)
            return
        self.unbraced = True
        self.repair("missing_brace", start, start)
        self.push("}", "")
        self.expect(":", ":")
        self.value(first)

    def plain_parts(self, top: _Open) -> None:
        """Most parts, quickly: until one is not plain, or has no comma after it."""
        match, add = (_MEMBER if top.closer == "}" else _ELEMENT).match, top.parts.append
        text, at = self.text, self.at
        while plain := match(text, at):
            name, same, single, double, bare, comma = plain.groups()
            if bare is not None and (bare := leaf_of(bare)) is None:
                break
            add((name or same or "", single or double or bare or ""))
            at = plain.end()
            if not comma:
                self.ready = False
                break
        self.at = at

    def name(self) -> str:
        if self.peek() not in ("'", '"'):
            raise self.fault('" }')
        name = self.string()
        self.expect(":", ":")
        return name

    def value(self, name: str) -> None:
        first = self.peek()
        if first in ("{", "["):
            self.push("}" if first == "{" else "]", name)
            self.at += 1
        elif first in ("'", '"'):
            self.add(name, self.string())
        else:
            end = _end(_OFFENDER, self.text, self.at)
            leaf = leaf_of(self.text[self.at : end])
            if leaf is None:
                raise self.fault(f"{_VALUE} ]" if self.open[-1].closer == "]" else _VALUE)
            self.at = end
            self.add(name, leaf)

    def add(self, name: str, node: Node) -> None:
        self.open[-1].parts.append((name, node))
        self.ready = False

    def push(self, closer: str, name: str) -> None:
        if len(self.open) > self.depth:
            raise fault(self.text, self.at, self.text[self.at], str(self.depth), "too_deep")
        self.open.append(_Open(closer, name))
        self.ready = True

    def closes(self, top: _Open) -> bool:
        """Whether the innermost container ends here; the end of the text stands for an implied brace."""
        closer = self.peek()
        if closer != top.closer and (closer or not self.unbraced or len(self.open) > 2):
            return False
        self.at += len(closer)
        self.open.pop()
        self.add(top.name, top.node())
        return True

    def expect(self, mark: str, expected: str) -> None:
        if self.peek() != mark:
            raise self.fault(expected)
        self.at += 1

    def string(self) -> str:
        """The text in the quotes that open here; a quote closes when structure or the end follows it."""
        text, start, quote = self.text, self.at, self.text[self.at]
        inner = start + 1  # everything before is known to belong to the string
        while (end := text.find(quote, inner)) >= 0:
            if not _escaped(text, inner, end):
                if _CLOSES.match(text, end + 1):
                    break
                self.repair("quote_inside", end, start)
            inner = end + 1
        else:
            raise fault(text, start, excerpt(text, start, start + EXCERPT_CHARACTERS, start), quote)
        self.at = end + 1
        raw = text[start + 1 : end]
        return self.unescaped(raw, start + 1) if "\\" in raw else raw

    def unescaped(self, raw: str, start: int) -> str:
        def whole(escape: re.Match[str]) -> str:
            if half(escape):
                raise fault(self.text, start + escape.start(), escape[0], "UTF-8")
            return character(escape)

        return ESCAPE.sub(whole, raw)

    def finish(self) -> None:
        """After the tree: blanks and stray closers, nothing else."""
        end = _end(TAIL, self.text, self.at)
        for stray in islice(STRAY.finditer(self.text, self.at, end), REPAIRS_KEPT):
            self.repair("stray_closer", stray.start(), stray.start())
        self.at = end
        if end < len(self.text):
            raise self.fault(END)

    def repair(self, code: str, at: int, string: int) -> None:
        if len(self.repairs) < REPAIRS_KEPT:
            self.repairs.append(found(self.text, code, at, string))

    def fault(self, expected: str) -> Unreadable:
        """A syntax error here: the word or the character that stands here was not `expected`."""
        end = min(_end(_OFFENDER, self.text, self.at), self.at + EXCERPT_CHARACTERS)
        return fault(self.text, self.at, excerpt(self.text, self.at, end, self.at) or END, expected)


def _end(run: re.Pattern[str], text: str, at: int) -> int:
    found = run.match(text, at)
    return found.end() if found else at


def _escaped(text: str, start: int, quote: int) -> bool:
    """Whether the backslashes before this quote, taken two by two from the left, leave one for the quote."""
    if text[quote - 1] != "\\":
        return False
    before = text[start:quote]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1

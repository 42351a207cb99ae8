r"""From bytes to a tree of texts: strict JSON and the JSON that ERP utilities really write.

    decode(bytes) -> str      UTF-8 (a BOM or not), else Windows-1252
    parse(str) -> Text        the tree, and what had to be mended to read it

`parse` tries three readers, the quickest first; a text that two of them can read gives the same tree in both:

    strict    strict JSON, by the standard library's C scanner
    swapped   single quotes, no `"` and no `\` anywhere: swap the quotes and read strictly. Exact, since where
              that succeeds every quote that closes is followed by a JSON structure character
    dialect   the tokenizer below, which also makes every syntax error (line, column, seen, expected)

Every leaf is a text: numbers keep their own digits, `true` and `false` become these words, `null` the empty
text. All readers are linear in the length of the text: the expressions have possessive repeats only, and no
run of characters is looked at more than a fixed number of times.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeAlias, Union

import msgspec

from lettrage.limits import DOCUMENT, Limits
from lettrage.refusal import Refusal, Unreadable, quoted

Node: TypeAlias = Union[str, list["Node"], dict[str, "Node"], "Pairs"]

REPAIRS_KEPT = 1_000  # the logbook shows the first ones; a hostile text could ask for millions
EXCERPT_CHARACTERS = 24  # how much of the text an error or a repair shows
END = "EOF"


class Pairs(list[tuple[str, Node]]):
    """An object in which the very same name stands twice: its members in the order written."""


class Repair(msgspec.Struct, frozen=True):
    """What was mended in order to read the text: `quote_inside`, `missing_brace` or `stray_closer`."""

    code: str
    line: int
    column: int
    seen: str


class Text(msgspec.Struct, frozen=True):
    """A text that was read: its tree, and the first `REPAIRS_KEPT` repairs in the order of the text."""

    tree: Node
    repairs: tuple[Repair, ...] = ()


def pairs(node: dict[str, Node] | Pairs) -> Iterable[tuple[str, Node]]:
    """The members of an object, in the order written, whether or not a name stands twice."""
    return node if isinstance(node, Pairs) else node.items()


def decode(data: bytes, limits: Limits = DOCUMENT) -> str:
    """The text of these bytes: UTF-8 with or without BOM, else Windows-1252.

    Raises Unreadable: `too_large`, or `not_text` for UTF-16, a NUL, or a byte that neither encoding has.
    """
    if len(data) > limits.document_bytes:
        raise Unreadable(Refusal("too_large", seen=str(len(data)), expected=str(limits.document_bytes)))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_text(data, 0, " (UTF-16)")
    nul = data.find(b"\0")
    if nul >= 0:
        # UTF-16 without a mark: one of the first two bytes of any JSON text is then a NUL.
        raise _not_text(data, nul, " (UTF-16)" if nul < 2 else " (NUL)")
    marked = data.startswith(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if marked:  # the text says itself that it is UTF-8; the codec counts from behind the mark
            raise _not_text(data, fault.start + 3, "") from None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as fault:
        raise _not_text(data, fault.start, "") from None


def _not_text(data: bytes, at: int, meaning: str) -> Unreadable:
    facts = {"position": str(at + 1)}
    return Unreadable(Refusal("not_text", seen=f"0x{data[at]:02X}{meaning}", expected="UTF-8", facts=facts))


def parse(text: str, limits: Limits = DOCUMENT) -> Text:
    """Read strict JSON or the dialect.

    Raises Unreadable: `empty_document`, `syntax` or `too_deep`, the two latter with the facts `line` and
    `column` (from 1, in characters).
    """
    try:
        text.encode()
    except UnicodeEncodeError as fault:  # half a character, which no store or answer could write
        raise _fault(text, fault.start, quoted(text[fault.start]), "UTF-8") from None
    tree = strict(text, limits)
    if tree is None:
        tree = swapped(text, limits)
    return dialect(text, limits) if tree is None else Text(tree)


# --- strict JSON ------------------------------------------------------------------------------------------


def _object(members: list[tuple[str, Node]]) -> dict[str, Node] | Pairs:
    named = dict(members)
    return named if len(named) == len(members) else Pairs(members)


def _no_constant(name: str) -> Node:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _scanner(*, control_characters: bool) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=str,
        parse_float=str,
        parse_constant=_no_constant,
        strict=not control_characters,
    )


_STRICT = _scanner(control_characters=False)
_SWAPPED = _scanner(control_characters=True)

_WORDS = {"true": "true", "false": "false", "null": ""}

_HIGH, _LOW = "u[dD][89abAB][0-9a-fA-F]{2}", "u[dD][c-fC-F][0-9a-fA-F]{2}"
_SURROGATE_ESCAPES = re.compile(rf"\\(?:{_HIGH}\\{_LOW}|(?P<lone>{_HIGH}|{_LOW})|.)", re.DOTALL)


def strict(text: str, limits: Limits = DOCUMENT) -> Node | None:
    """The tree of a strict JSON text, else None; too deep or escaping half a character is None too."""
    tree = _scan(_STRICT, text, limits.depth)
    # The C scanner lets a lone surrogate through, which no store or answer could write.
    if "\\u" in text and any(escape["lone"] for escape in _SURROGATE_ESCAPES.finditer(text)):
        return None
    return tree


def swapped(text: str, limits: Limits = DOCUMENT) -> Node | None:
    """The tree of a text that is strict JSON but for its single quotes and control characters, else None."""
    if '"' in text or "\\" in text:
        return None
    return _scan(_SWAPPED, text.replace("'", '"'), limits.depth)


def _scan(scanner: json.JSONDecoder, text: str, depth: int) -> Node | None:
    try:
        tree = scanner.decode(text)
        if any(word in text for word in _WORDS):
            tree = _spelled(tree)
    except (ValueError, RecursionError):  # the scanner recurses: it gives up long before the stack ends
        return None
    return tree if _within(depth, tree) else None


def _spelled(node: Node | bool | None) -> Node:
    """The same tree, its constants turned into texts in place."""
    if isinstance(node, str):
        return node
    if node is None or isinstance(node, bool):
        return {True: "true", False: "false", None: ""}[node]
    if isinstance(node, dict):
        node.update({name: _spelled(part) for name, part in node.items()})
    elif isinstance(node, Pairs):
        node[:] = [(name, _spelled(part)) for name, part in node]
    else:
        node[:] = [_spelled(part) for part in node]
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


# --- the dialect ------------------------------------------------------------------------------------------

_BLANK = r"[ \t\r\n]*+"
_PLAIN = rf"(?:'([^'\\]*+)'|\"([^\"\\]*+)\"){_BLANK}"
_BARE = r"[^ \t\r\n,:{}\[\]'\"]"
# Most of a document is members like these. A quote followed by what they ask for is a quote that closes.
_MEMBER = re.compile(rf"{_BLANK}{_PLAIN}:{_BLANK}(?:{_PLAIN}|({_BARE}++){_BLANK})(,|(?=\}}))")
_ELEMENT = re.compile(rf"()(){_BLANK}(?:{_PLAIN}|({_BARE}++){_BLANK})(,|(?=\]))")
_BLANKS = re.compile(_BLANK)
_BLANK_CHARACTERS = frozenset(" \t\r\n")
_CLOSES = re.compile(rf"{_BLANK}(?:[,:}}\]]|\Z)")
_OFFENDER = re.compile(rf"{_BARE}++|.?", re.DOTALL)
_STRAY = re.compile(r"[}\]]")
_TAIL = re.compile(r"[ \t\r\n}\]]*+")
_NUMBER = re.compile(r"[+-]?+[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+")
_VALUE = '" 0-9 { ['

_ESCAPE = re.compile(rf"\\(?:({_HIGH}\\{_LOW})|(u[0-9a-fA-F]{{4}})|([\"'\\/bfnrt]))")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def dialect(text: str, limits: Limits = DOCUMENT) -> Text:
    """Read the dialect alone, which strict JSON is part of; raises as `parse` does."""
    reader = _Reader(text, limits.depth)
    tree = reader.read()
    return Text(tree, tuple(_repairs(text, sorted(reader.repairs))))


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
        return _object(self.parts) if self.closer == "}" else [part for _, part in self.parts]


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
        self.repairs: list[tuple[int, str, str]] = []

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
        self.at = _end(_BLANKS, self.text, self.at)
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
            if bare is not None and (bare := _leaf(bare)) is None:
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
            leaf = _leaf(self.text[self.at : end])
            if leaf is None:
                raise self.fault(f"{_VALUE} ]" if self.open[-1].closer == "]" else _VALUE)
            self.at = end
            self.add(name, leaf)

    def add(self, name: str, node: Node) -> None:
        self.open[-1].parts.append((name, node))
        self.ready = False

    def push(self, closer: str, name: str) -> None:
        if len(self.open) > self.depth:
            raise _fault(self.text, self.at, self.text[self.at], str(self.depth), "too_deep")
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
            raise _fault(text, start, _excerpt(text, start, start + EXCERPT_CHARACTERS, start), quote)
        self.at = end + 1
        raw = text[start + 1 : end]
        return self.unescaped(raw, start + 1) if "\\" in raw else raw

    def unescaped(self, raw: str, start: int) -> str:
        def character(escape: re.Match[str]) -> str:
            pair, unit, letter = escape.groups()
            if letter:
                return _ESCAPED.get(letter, letter)
            if pair:
                return chr(0x10000 + (int(pair[1:5], 16) - 0xD800) * 0x400 + int(pair[7:], 16) - 0xDC00)
            if 0xD800 <= int(unit[1:], 16) <= 0xDFFF:
                raise _fault(self.text, start + escape.start(), escape[0], "UTF-8")
            return chr(int(unit[1:], 16))

        return _ESCAPE.sub(character, raw)

    def finish(self) -> None:
        """After the tree: blanks and stray closers, nothing else."""
        end = _end(_TAIL, self.text, self.at)
        for stray in islice(_STRAY.finditer(self.text, self.at, end), REPAIRS_KEPT):
            self.repair("stray_closer", stray.start(), stray.start())
        self.at = end
        if end < len(self.text):
            raise self.fault(END)

    def repair(self, code: str, at: int, string: int) -> None:
        if len(self.repairs) < REPAIRS_KEPT:
            start = max(string, at - EXCERPT_CHARACTERS // 2)
            self.repairs.append((at, code, _excerpt(self.text, start, at + EXCERPT_CHARACTERS // 2, string)))

    def fault(self, expected: str) -> Unreadable:
        """A syntax error here: the word or the character that stands here was not `expected`."""
        end = min(_end(_OFFENDER, self.text, self.at), self.at + EXCERPT_CHARACTERS)
        return _fault(self.text, self.at, _excerpt(self.text, self.at, end, self.at) or END, expected)


def _end(run: re.Pattern[str], text: str, at: int) -> int:
    found = run.match(text, at)
    return found.end() if found else at


def _leaf(word: str) -> str | None:
    """The text of an unquoted value: a number as it is written, or a constant in any case; else None."""
    return word if _NUMBER.fullmatch(word) else _WORDS.get(word.lower())


def _escaped(text: str, start: int, quote: int) -> bool:
    """Whether the backslashes before this quote, taken two by two from the left, leave one for the quote."""
    if text[quote - 1] != "\\":
        return False
    before = text[start:quote]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


# --- places -----------------------------------------------------------------------------------------------

# Errors and repairs are shown and logged; the caller's token must be in neither.
_SECRET = re.compile(r"access_token[^,{}\[\]]*\Z", re.IGNORECASE)
_SECRET_NAME_END = re.compile("(?<=access_token)", re.IGNORECASE)
_SECRET_CHARACTERS = 200  # how far before a text its name is looked for


def _excerpt(text: str, start: int, stop: int, string: int) -> str:
    """A piece of the text in one line; `string` is where the string or the word around it starts."""
    if _SECRET.search(text, max(0, string - _SECRET_CHARACTERS), string):
        return "***"
    return quoted(_SECRET_NAME_END.split(text[start:stop], maxsplit=1)[0])


def _fault(text: str, at: int, seen: str, expected: str, code: str = "syntax") -> Unreadable:
    line, column = next(_places(text, [at]))
    return Unreadable(Refusal(code, "", seen, expected, {"line": str(line), "column": str(column)}))


def _repairs(text: str, found: list[tuple[int, str, str]]) -> Iterator[Repair]:
    for (line, column), (_, code, seen) in zip(_places(text, [at for at, _, _ in found]), found, strict=True):
        yield Repair(code, line, column, seen)


def _places(text: str, ascending: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The line and column, both from 1, of each of these positions, in one pass over the text."""
    line, line_start, done = 1, 0, 0
    for at in ascending:
        line += text.count("\n", done, at)
        line_start = max(line_start, text.rfind("\n", done, at) + 1)
        done = at
        yield line, at - line_start + 1

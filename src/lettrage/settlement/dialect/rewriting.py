r"""The dialect rewritten as strict JSON, then read as such: quick, exact, and silent where there is an error.

    swapped      single quotes, no `"` and no `\` anywhere: swap the quotes. Exact, since where that is strict JSON
                 every quote that closes is followed by a JSON structure character
    rewritten    one expression runs over what strict JSON would write alike but for its quotes, and stops at the rest:
                 strings with quotes, escapes or control characters in them, words that are no JSON, trailing commas

Both are then framed: the outer brace that is missing is put there, stray closers after the end are left off. What is no
strict JSON after that has an error, is too deep, or is too odd: `tokens` reads it from the beginning.
"""

import re

import msgspec

from lettrage.limits import DOCUMENT, Limits
from lettrage.settlement.dialect.excerpts import Found, found, repairs
from lettrage.settlement.dialect.grammar import BARE, BLANK, CLOSED, ESCAPE, STRAY, character, half, leaf_of
from lettrage.settlement.dialect.strict_json import strict
from lettrage.settlement.dialect.tree import REPAIRS_KEPT, Node, Text


def swapped(text: str, limits: Limits = DOCUMENT) -> Node | None:
    """The tree of a text that is strict JSON but for its single quotes, else None."""
    return None if '"' in text or "\\" in text else strict(text.replace("'", '"'), limits)


def rewritten(text: str, limits: Limits = DOCUMENT) -> Text | None:
    """What the dialect reads in this text, else None: there is an error, or the tokenizer has to look."""
    try:
        if '"' not in text and "\\" not in text:
            read = _framed(text, text.replace("'", '"'), [], limits)
            if read is not None:
                return read
        quotes: list[Found] = []
        return _framed(text, _json(text, quotes), quotes, limits)
    except _Odd:
        return None


class _Odd(Exception):
    """The tokenizer has to look at this text."""


# --- strings, words and commas ----------------------------------------------------------------------------

_PLAIN = r"[^'\"\\\x00-\x1f]*+"
_NEXT = rf"{BLANK}(?:[:}}\]]|,(?!{BLANK}[}}\]]))"
_STRUCTURE = r"[ \t\r\n:{}\[\]]"
_WORD = rf"(?:-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++|)?+(?:[eE][+-]?+[0-9]++|)?+|true|false|null)(?!{BARE})"
# What strict JSON writes alike but for the single quotes.
_ALIKE = rf"(?:(?:'{_PLAIN}'|\"{_PLAIN}\"){_NEXT}{_STRUCTURE}*+|{_STRUCTURE}++|,(?!{BLANK}[}}\]])|{_WORD}|)*+"
_SINGLE, _DOUBLE = (rf"{quote}(?:[^{quote}\\]++|\\.|{quote}(?!{CLOSED})|)*+(?:{quote}|(\\?+\Z))" for quote in "'\"")
_RUN = re.compile(rf"({_ALIKE})({_SINGLE}|{_DOUBLE}|{BARE}++|,|\Z)", re.DOTALL)
_INNER = {quote: re.compile(rf"\\.|({quote})", re.DOTALL) for quote in "'\""}
_NAMES = re.compile(rf"{BLANK}:")
_NO_PART = ("[", "{", ",")


def _json(text: str, quotes: list[Found]) -> str:
    """The text as strict JSON; quotes inside strings are noted."""
    pieces: list[str] = []
    for run in _RUN.finditer(text):
        alike, other, *never_closed = run.groups()
        pieces.append(alike.replace("'", '"'))
        if other == ",":  # before a closer: left off where a part stands before it
            if alike.rstrip(" \t\r\n").endswith(_NO_PART):
                raise _Odd
        elif other.startswith(("'", '"')):
            if never_closed != [None, None]:
                raise _Odd
            pieces.append(_string(text, run.start(2), other, quotes))
        elif other:
            word = leaf_of(other)
            if word is None or _NAMES.match(text, run.end()):
                raise _Odd
            pieces.append(f'"{word}"')
    return "".join(pieces)


def _string(text: str, at: int, written: str, quotes: list[Found]) -> str:
    """This string as JSON writes it; `at` is where it starts."""
    quote, inside = written[0], written[1:-1]
    if quote in inside:
        for inner in _INNER[quote].finditer(inside):
            if inner[1]:
                if len(quotes) == REPAIRS_KEPT:
                    break
                quotes.append(found(text, "quote_inside", at + 1 + inner.start(), at))
    if "\\" in inside:
        inside = ESCAPE.sub(_whole, inside)
    return msgspec.json.encode(inside).decode()


def _whole(escape: re.Match[str]) -> str:
    if half(escape):
        raise _Odd
    return character(escape)


# --- the outer brace and the closers ----------------------------------------------------------------------

_FRAGMENT = re.compile(rf'{BLANK}"(?:[^"\\]++|\\.|)*+"{BLANK}:')
_OPENERS, _CLOSERS = "{[", "}]"


def _framed(text: str, written: str, quotes: list[Found], limits: Limits) -> Text | None:
    """What this JSON says, with the outer brace that it lacks and without the closers that it has to spare."""
    mended = quotes
    unbraced = _FRAGMENT.match(written)
    if unbraced:
        if len(quotes) == REPAIRS_KEPT and quotes[-1][0] < _first_run_end(text):
            raise _Odd  # the first name alone needs more repairs than are kept
        start = len(text) - len(text.lstrip(" \t\r\n"))
        mended = [found(text, "missing_brace", start, start), *quotes]
        written = "{" + written
    lacking = _counted(written, _OPENERS) - _counted(written, _CLOSERS)
    if lacking > 0 and unbraced:
        written += "}"
    elif lacking < 0:
        strays = _last_closers(text, -lacking)
        mended = mended + [found(text, "stray_closer", at, at) for at in strays]
        written = written[: strays[0] - len(text)] if strays else written
    tree = strict(written, limits)
    return None if tree is None else Text(tree, repairs(text, mended[:REPAIRS_KEPT]))


def _first_run_end(text: str) -> int:
    run = _RUN.match(text)
    return run.end() if run else 0


def _counted(text: str, characters: str) -> int:
    return sum(map(text.count, characters))


def _last_closers(text: str, count: int) -> list[int]:
    """Where the last closers stand, of those after which nothing but closers comes."""
    end = len(text.rstrip(" \t\r\n}]"))
    strays = [stray.start() for stray in STRAY.finditer(text, end)][-count:] if count <= REPAIRS_KEPT else []
    if strays and text[end - 1 : end] == "," and not text[end : strays[0]].strip(" \t\r\n"):
        raise _Odd  # a comma after the end
    return strays

"""Tokens never reach the store or the log: their value is masked in a document's text before anything is kept."""

import re

# The name (or a near miss of it) in either quote, escaped or not as inside `param`, up to its value.
_NAME = re.compile(r"""\\*["']\s*acc\w*[ _-]?token\s*\\*["']\s*:\s*""", re.IGNORECASE)
# A value: an escaped text, a text up to the quote that closes it by the dialect's own rule, or a bare word.
_VALUE = re.compile(
    r"""\\+"(?:[^"\\]|\\[^"])*\\+"|"""
    r""""(?:[^"\\]|\\.|"(?!\s*(?:[,:}\]]|$)))*"?|"""
    r"""'(?:[^'\\]|\\.|'(?!\s*(?:[,:}\]]|$)))*'?|"""
    r"""[^\s,}\]]*""",
    re.DOTALL,
)
_BRACKETS = re.compile(r"""[\[{]|[\]}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_ESCAPED = re.compile(r"\\u00[2-7][0-9a-f]", re.IGNORECASE)


def masked(text: str) -> bytes:
    """The text in UTF-8 with the value of every `access_token` replaced by `***`, whatever its shape.

    Letters hidden behind escapes (`access\\u005ftoken`) are written out first, so that no spelling gets past.
    """
    plain = _ESCAPED.sub(lambda found: chr(int(found[0][2:], 16)), text) if _ESCAPED.search(text) else text
    if "token" not in plain.lower():
        return text.encode()
    kept, at = [], 0
    while (name := _NAME.search(plain, at)) is not None:
        kept += [plain[at : name.end()], '"***"']
        at = _end_of_value(plain, name.end())
    return "".join([*kept, plain[at:]]).encode()


def _end_of_value(text: str, start: int) -> int:
    """Where a value ends: a list or an object with its last bracket, or with the text when that is missing."""
    if text[start : start + 1] not in ("[", "{"):
        found = _VALUE.match(text, start)
        return found.end() if found else start
    depth = 0
    for token in _BRACKETS.finditer(text, start):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(text)

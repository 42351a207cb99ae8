"""Tokens never reach the store or the log: their value is masked in a document's text before anything is kept."""

import re

# The name in either quote (escaped or not, as inside `param`), then the value: an escaped text, a text up to the quote
# that closes it by the dialect's own rule, or a bare word.
_TOKEN = re.compile(
    r"""(\\*["']\s*access_token\s*\\*["']\s*:\s*)(?:"""
    r"""\\+"(?:[^"\\]|\\[^"])*\\+"|"""
    r""""(?:[^"\\]|\\.|"(?!\s*(?:[,:}\]]|$)))*"?|"""
    r"""'(?:[^'\\]|\\.|'(?!\s*(?:[,:}\]]|$)))*'?|"""
    r"""[^\s,}\]]+)""",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\u00[2-7][0-9a-f]", re.IGNORECASE)


def masked(text: str) -> bytes:
    """The text in UTF-8 with the value of every `access_token` replaced by `***`.

    Letters hidden behind escapes (`access\\u005ftoken`) are written out first, so that no spelling gets past.
    """
    plain = _ESCAPED.sub(lambda found: chr(int(found[0][2:], 16)), text) if _ESCAPED.search(text) else text
    if "access_token" not in plain.lower():
        return text.encode()
    return _TOKEN.sub(r'\1"***"', plain).encode()

"""Tokens never reach the store or the log: their value is masked in a document's text before anything is kept."""

import re

# The name in either quote, then the value: up to the same quote again, or a bare word.
_TOKEN = re.compile(
    r"""(["']\s*access_token\s*["']\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,}\]]+)""",
    re.IGNORECASE | re.DOTALL,
)


def masked(text: str) -> bytes:
    """The text in UTF-8 with the value of every `access_token` replaced by `***`."""
    if "access_token" not in text.lower():
        return text.encode()
    return _TOKEN.sub(r'\1"***"', text).encode()

"""Texts fit for an FEC: nothing in them ends a field or a line, and every character exists in the file's encoding."""

import unicodedata
from functools import lru_cache

# What Unicode does not take apart by itself.
_SPELT = {
    "€": "EUR", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ß": "ss", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "ı": "i", "’": "'", "‘": "'", "‚": ",", "“": '"', "”": '"', "„": '"',
    "«": '"', "»": '"', "‹": "'", "›": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "-",
    "·": "-", "×": "x", "÷": "/", "°": "o", "£": "GBP", "¥": "JPY", "§": "S", "⁄": "/", "№": "No",
}  # fmt: skip
_UNKNOWN = "?"


class Texts:
    """Makes texts fit for one encoding and separator."""

    def __init__(self, encoding: str, separator: str) -> None:
        self.encoding = encoding
        self.separator = separator
        self.fit = lru_cache(maxsize=16384)(self._fit)

    def _fit(self, text: str) -> str:
        """A text without separators, line breaks and blanks in a row, in characters that there are."""
        if self.separator in text or not text.isprintable():
            text = "".join(" " if c == self.separator or not c.isprintable() else c for c in text)
        text = " ".join(text.split())
        return text if text.isascii() else "".join(map(self._spelt, unicodedata.normalize("NFC", text)))

    def _spelt(self, character: str) -> str:
        """A character as it is where the encoding has it, else what is nearest to it."""
        if self._has(character):
            return character
        near = _SPELT.get(character) or unicodedata.normalize("NFKD", character)
        plain = [_SPELT.get(c, c) for c in near if not unicodedata.combining(c)]
        return "".join(plain) if plain and all(map(self._fits, plain)) else _UNKNOWN

    def _fits(self, text: str) -> bool:
        return self.separator not in text and self._has(text)

    def _has(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

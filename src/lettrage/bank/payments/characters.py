"""The characters that banks take: SEPA's Latin set, and CFONB's capitals. Whatever else is written comes near."""

import re
import unicodedata

_SEPA = re.compile(r"[^a-zA-Z0-9/\-?:().,'+ ]")
_CFONB = re.compile(r"[^A-Z0-9/\-?:().,'+* ]")
# What has no form of its own after its accent is taken away.
_NEAR = str.maketrans(
    {
        "Œ": "OE", "œ": "oe", "Æ": "AE", "æ": "ae", "ß": "ss", "ẞ": "SS", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l",
        "Đ": "D", "đ": "d", "Þ": "Th", "þ": "th", "ı": "i", "&": "+", "@": "(at)", "€": "EUR", "_": "-", "’": "'",
        "‘": "'", "“": "'", "”": "'", "«": "'", "»": "'", '"': "'", ";": ",", "[": "(", "]": ")", "{": "(", "}": ")",
        "–": "-", "—": "-", "−": "-", "…": "...", "°": "o", "\\": "/", "|": "/", "`": "'", "´": "'", "#": "no ",
    }
)  # fmt: skip


def near(text: str) -> str:
    """A text without accents, each character that banks do not know by what is nearest to it, else by a point."""
    bare = unicodedata.normalize("NFKD", text.translate(_NEAR))
    return "".join(c for c in bare if not unicodedata.combining(c))


def sepa(text: str, most: int) -> str:
    """A text in SEPA's set. It neither begins nor ends with a slash, nor holds two: banks keep those for themselves."""
    found = re.sub(r"/{2,}", "/", " ".join(_SEPA.sub(".", near(text)).split()))
    return found[:most].strip(" /")


def cfonb(text: str, width: int) -> str:
    """A text in CFONB's capitals, exactly so wide: cut, or filled up with blanks."""
    found = " ".join(_CFONB.sub(" ", near(text).upper()).split())
    return f"{found[:width]:<{width}}"

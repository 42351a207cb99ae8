"""Dates as people write them: the one door from text to a day."""

from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")  # its date is the accounting date


@lru_cache(maxsize=4096)
def day(text: str) -> date | None:
    """`YYYYMMDD` or `YYYY-MM-DD`, else None."""
    digits = text.replace("-", "", 2) if len(text) == 10 and text[4] == text[7] == "-" else text
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None

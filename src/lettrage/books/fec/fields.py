"""What stands in a field: dates and amounts, read as the law writes them, with what is wrong about each."""

import re
from datetime import date
from functools import lru_cache

from lettrage.money import figure

DECIMALS = 6  # that amounts of a foreign file may have; sums are kept in units of the last one
_UNIT = 10**DECIMALS
_GROUPED = re.compile(
    r"[0-9]{1,3}(?:[\s'’.,\u00a0\u202f][0-9]{3})+(?:[.,][0-9]{1,6})?|[0-9][0-9\s\u00a0\u202f]*(?:[.,][0-9]{1,6})?"
)
_DATE = re.compile(r"[0-9]{8}", re.ASCII)


@lru_cache(maxsize=8192)
def amount(text: str) -> tuple[int | None, str]:
    """An amount in millionths, and what is wrong with it: "" for nothing, else the code of a finding.

    The sign may stand first or last. None where it means no amount at all.
    """
    bare = text.strip()
    if bare[-1:] in ("+", "-") and bare[:1] not in ("+", "-"):
        bare = bare[-1] + bare[:-1]
    if "." not in bare and (value := _millionths(bare)) is not None:
        return value, ""
    sign, digits = (bare[0], bare[1:]) if bare[:1] in ("+", "-") else ("", bare)
    whole, point, part = digits.partition(".")
    if point and whole.isdecimal() and part.isdecimal() and "," not in digits and len(part) <= DECIMALS:
        return _millionths(f"{sign}{whole},{part}"), "decimal_point"
    if _GROUPED.fullmatch(digits):
        return _millionths(sign + _ungrouped(digits)), "thousands_separator"
    return None, "not_numeric"


def _millionths(text: str) -> int | None:
    found = figure(text, DECIMALS)
    return None if found is None else found.digits * 10 ** (DECIMALS - found.decimals)


def _ungrouped(digits: str) -> str:
    """`1 234,56`, `1.234,56` and `1,234.56` as `1234,56`."""
    head, tail = digits[:-1], digits[-1:]
    at = max(head.rfind(","), head.rfind("."))
    part = digits[at + 1 :] if at >= 0 else ""
    # What stands before three digits groups them, unless another mark did so before.
    if at >= 0 and part.isdecimal() and (len(part) != 3 or len({c for c in digits if not c.isdecimal()}) > 1):
        return "".join(c for c in digits[:at] if c.isdecimal()) + "," + part
    return "".join(c for c in head + tail if c.isdecimal())


@lru_cache(maxsize=8192)
def day(text: str) -> tuple[str, str]:
    """A date as it stands, eight digits, and what is wrong with it; "" for one that means no day."""
    if not _DATE.fullmatch(text):
        return "", "date_malformed"
    year, month, of_month = int(text[:4]), int(text[4:6]), int(text[6:])
    try:
        date(year, month, of_month)
    except ValueError:
        return "", "date_impossible"
    return text, "" if 1900 <= year <= 2099 else "date_year"


def decimal_comma(millionths: int) -> str:
    """A sum as findings show it: at least two decimals, a comma."""
    whole, part = divmod(abs(millionths), _UNIT)
    decimals = f"{part:0{DECIMALS}}".rstrip("0").ljust(2, "0")
    return f"{'-' if millionths < 0 else ''}{whole},{decimals}"

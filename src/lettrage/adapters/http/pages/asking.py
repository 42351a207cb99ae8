"""What somebody types into the search box, read: words, days in several spellings, amounts, `client:`, `montant>`.

French and English operators mean the same. What is no operator, day or amount is text.
"""

import calendar
import re
from datetime import date, timedelta

from lettrage.adapters.http.pages.asked import day_of
from lettrage.books.found import Asked
from lettrage.limits import MINOR_UNITS
from lettrage.money import Currency, figure

_CLIENT = re.compile(r"\b(?:client|customer)\s*:\s*(\"[^\"]*\"|\S+)", re.IGNORECASE)
_AMOUNT = re.compile(
    r"\b(?:montant|amount)\s*(<=|>=|<|>|=|:)\s*([0-9][0-9 \u00a0\u202f]*(?:[.,][0-9]+)?)", re.IGNORECASE
)
_LONG_SPACES = re.compile(r"[ \u00a0\u202f]")
_MONTHS = (
    ("janvier", "january"), ("février", "february"), ("mars", "march"), ("avril", "april"), ("mai", "may"),
    ("juin", "june"), ("juillet", "july"), ("août", "august"), ("septembre", "september"), ("octobre", "october"),
    ("novembre", "november"), ("décembre", "december"),
)  # fmt: skip
_NAMED_DAY = re.compile(r"(?:(\d{1,2}) )?([a-zéûA-Zéû]{3,})\.?(?: (\d{4}))?")
_SHORT_DAY = re.compile(r"(\d{1,2})/(\d{1,2})", re.ASCII)
_OF_MONTH = re.compile(r"(\d{1,2})/(\d{4})", re.ASCII)
_RELATIVE = {"hier": -1, "yesterday": -1, "aujourd'hui": 0, "aujourd’hui": 0, "today": 0, "demain": 1, "tomorrow": 1}


def asked(text: str, home: Currency, today: date) -> Asked:
    """What is looked for."""
    client, text = _client(text)
    least, most, text = _amounts(text, home)
    text = " ".join(text.split())
    first, last = span_of(text, today) or (None, None)
    if not (client or least is not None or most is not None or first):
        least = most = _amount(text, home)
    return Asked(text, client, least, most, first, last)


def span_of(text: str, today: date) -> tuple[date, date] | None:
    """The days that a text means: one day, or a month; None where it means none."""
    if text.lower() in _RELATIVE:
        near = today + timedelta(_RELATIVE[text.lower()])
        return near, near
    if (day := day_of(text)) is not None:
        return day, day
    if found := _SHORT_DAY.fullmatch(text):
        return _one_day(today.year, int(found[2]), int(found[1]))
    if found := _OF_MONTH.fullmatch(text):
        return _month(int(found[2]), int(found[1]))
    if (found := _NAMED_DAY.fullmatch(text)) and (month := _named(found[2])):
        year = int(found[3]) if found[3] else today.year
        return _one_day(year, month, int(found[1])) if found[1] else _month(year, month)
    return None


def _named(word: str) -> int | None:
    """The month that a word, or its beginning, names in either language; None where none or several do."""
    named = [at for at, names in enumerate(_MONTHS, 1) if any(name.startswith(word.lower()) for name in names)]
    return named[0] if len(named) == 1 else None


def _one_day(year: int, month: int, day: int) -> tuple[date, date] | None:
    try:
        return date(year, month, day), date(year, month, day)
    except ValueError:
        return None


def _month(year: int, month: int) -> tuple[date, date] | None:
    if not (1 <= month <= 12 and 1 <= year <= 9999):
        return None
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _client(text: str) -> tuple[str, str]:
    found = _CLIENT.search(text)
    return (found[1].strip('"'), text.replace(found[0], " ", 1)) if found else ("", text)


def _amounts(text: str, home: Currency) -> tuple[int | None, int | None, str]:
    """The bounds that operators give, and the text without them."""
    least: int | None = None
    most: int | None = None
    for found in list(_AMOUNT.finditer(text)):
        minor = _amount(found[2], home)
        if minor is None:
            continue
        text = text.replace(found[0], " ", 1)
        if found[1] in (">", ">=", "=", ":"):
            least = minor + (found[1] == ">")
        if found[1] in ("<", "<=", "=", ":"):
            most = minor - (found[1] == "<")
    return least, most, text


def _amount(text: str, home: Currency) -> int | None:
    """An amount as people write it: `3600`, `3 600,00`; None for anything else."""
    read = figure(_LONG_SPACES.sub("", text.strip()))
    minor = read.minor(home) if read is not None else None
    return minor if minor is not None and abs(minor) <= MINOR_UNITS else None

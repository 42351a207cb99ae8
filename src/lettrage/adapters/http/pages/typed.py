"""What people type into a form, as a value: amounts with their spaces, days in short."""

import re
from datetime import date, timedelta

from lettrage.dates import day as iso_day
from lettrage.money import Currency, figure

_BLANKS = re.compile(r"[ \u00a0\u2009\u202f']+")
_SPELT = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?", re.ASCII)
_PACKED = re.compile(r"(\d{2})(\d{2})(\d{2}|\d{4})?", re.ASCII)
_AWAY = re.compile(r"([+-])(\d{1,3})", re.ASCII)
# A day by its letter: today (aujourd'hui, today), yesterday (hier, yesterday).
_LETTERS = {"a": 0, "t": 0, "h": -1, "hier": -1, "y": -1}
AMOUNT_CHARACTERS = 40


def amount_typed(text: str, of: Currency) -> int | None:
    """An amount in minor units as somebody typed it: `5 995,00`, `5,995.00`, `−12`; None where it is none.

    What is left when blanks and thousands' commas are gone goes through the one door for amounts.
    """
    if len(text) > AMOUNT_CHARACTERS:
        return None
    bare = _BLANKS.sub("", text.strip()).replace("\u2212", "-")
    if "," in bare and "." in bare and bare.rindex(".") > bare.rindex(","):
        bare = bare.replace(",", "")
    found = figure(bare)
    return None if found is None else found.minor(of)


def day_typed(text: str, today: date) -> date | None:
    """A day as somebody typed it; None where it is none.

    `20/11/2026`, `20/11`, `2011`, `201126`; `h` for yesterday, `a` for today, `+3` and `-2` from today. Without a year
    it is the nearest such day.
    """
    text = text.strip().lower()
    if text in _LETTERS:
        return today + timedelta(_LETTERS[text])
    if away := _AWAY.fullmatch(text):
        return today + timedelta(int(away[1] + away[2]))
    if (spelt := _SPELT.fullmatch(text) or _PACKED.fullmatch(text)) is None:
        return iso_day(text)
    day, month, year = int(spelt[1]), int(spelt[2]), spelt[3]
    if year:
        return _day(int(year) if len(year) == 4 else 2000 + int(year), month, day) or iso_day(text)
    near = [found for years in (-1, 0, 1) if (found := _day(today.year + years, month, day))]
    return min(near, key=lambda found: abs(found - today), default=None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

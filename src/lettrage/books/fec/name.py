"""The name of an FEC: SIREN, `FEC`, the date on which the year closes; `_1`, `_2` for parts of a split one."""

import re
from datetime import date

from stdnum.fr import siren as french

from lettrage.books.fec.fields import day
from lettrage.books.fec.finding import Findings

_NAME = re.compile(r"([0-9]{9})FEC([0-9]{8})(_[0-9]{1,4})?(?:\.\w{1,5})?", re.ASCII)
_SOMEWHERE = re.compile(r"FEC(20[0-9]{6})", re.ASCII | re.IGNORECASE)
EXPECTED = "SIRENFECAAAAMMJJ"


def file_name(siren: str, closing: date) -> str:
    """What an FEC is called."""
    return f"{siren}FEC{closing:%Y%m%d}.txt"


def is_siren(text: str) -> bool:
    """Nine digits with the right check digit."""
    return len(text) == 9 and text.isascii() and text.isdecimal() and bool(french.is_valid(text))


def closing_of(name: str, found: Findings) -> tuple[str, bool]:
    """The closing date in a file's name, "" for none, and whether the file is a part of one that was split."""
    somewhere = _SOMEWHERE.search(name)
    if somewhere is None:
        found.add("name_malformed", 0, "", name, EXPECTED)
        return "", False
    whole = _NAME.fullmatch(name)
    if whole is None:
        found.add("name_siren", 0, "", name, EXPECTED)
    elif not is_siren(whole[1]):
        found.add("siren_invalid", 0, "", whole[1])
    closing, wrong = day(whole[2] if whole else somewhere[1])
    if wrong:
        found.add("name_date", 0, "", somewhere[1])
    return closing, whole is not None and whole[3] is not None

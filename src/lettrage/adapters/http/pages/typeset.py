"""How figures and dates are set on a page: by the language, exactly, with signs that do not break at a line's end."""

import re
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, get_currency_symbol

from lettrage.dates import PARIS
from lettrage.money import Currency, decimal_text
from lettrage.refusal import Language

MINUS = "\u2212"
SPACE = "\u00a0"  # that does not break
NARROW = "\u202f"
_AMOUNT = re.compile(r"-?[0-9]{1,15}\.[0-9]{2,3}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCALE = {"fr": "fr_FR", "en": "en_GB"}
_DAY = {"fr": "dd/MM/yyyy", "en": "d MMM yyyy"}
_MOMENT = {"fr": "dd/MM/yyyy HH:mm", "en": "d MMM yyyy HH:mm"}


def figure(minor: int, of: Currency, language: Language) -> str:
    """An amount without its unit, all its decimals there: `1 234,56`, `−5.00`."""
    return _set(
        Decimal(decimal_text(minor, of.decimals)), "#,##0" + "." * (of.decimals > 0) + "0" * of.decimals, language
    )


def money(minor: int, of: Currency, language: Language) -> str:
    """An amount with its unit: `1 234,56 €`, `€1,234.56`; a currency without a sign of its own by its code."""
    said, sign = figure(minor, of, language), get_currency_symbol(of.code, _LOCALE[language])
    if language == "fr" or sign == of.code:
        return f"{said}{SPACE}{sign}"
    return said.replace(MINUS, f"{MINUS}{sign}") if minor < 0 else f"{sign}{said}"


def count(n: int, language: Language) -> str:
    """A whole number, its thousands apart."""
    return _set(Decimal(n), "#,##0", language)


def fact(text: str, language: Language) -> str:
    """A fact of a sentence: an amount (`1234.56`), a day (`2026-11-23`), or any text, which stays as it is."""
    if _AMOUNT.fullmatch(text):
        return _set(Decimal(text), "#,##0." + "0" * len(text.rpartition(".")[2]), language)
    with suppress(ValueError):  # 2026-99-99 is no day
        return day(text, language) if _ISO_DAY.fullmatch(text) else text
    return text


def _set(value: Decimal, pattern: str, language: Language) -> str:
    said = format_decimal(value, pattern, _LOCALE[language], decimal_quantization=False)
    return said.replace("-", MINUS).replace(NARROW, SPACE)


def day(of: date | datetime | str, language: Language) -> str:
    """A date, also one as the store keeps it, or the day of a moment in Paris; "" where there is none."""
    if not of:
        return ""
    if isinstance(of, datetime) or (isinstance(of, str) and "T" in of):
        of = _in_paris(of).date()
    return format_date(date.fromisoformat(of) if isinstance(of, str) else of, _DAY[language], _LOCALE[language])


def long_day(of: date, language: Language) -> str:
    """A date with its weekday: `Vendredi 20 novembre 2026`."""
    said = format_date(of, "EEEE d MMMM yyyy", _LOCALE[language])
    return said[:1].upper() + said[1:]


def moment(of: datetime | str, language: Language) -> str:
    """A moment in Paris, which is said; "" where there is none."""
    if not of:
        return ""
    return f"{format_datetime(_in_paris(of), _MOMENT[language], locale=_LOCALE[language])} (Paris)"


def hour(of: datetime | str) -> str:
    """The hour of a moment in Paris: `09:12`."""
    return _in_paris(of).strftime("%H:%M") if of else ""


def _in_paris(of: datetime | str) -> datetime:
    at = datetime.fromisoformat(of) if isinstance(of, str) else of
    return at.astimezone(PARIS) if at.tzinfo else at

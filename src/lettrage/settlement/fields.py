"""The names and the values of the wire: every spelling of a field, and how its text is read.

French tags live here and in `answer.py` only. A field's reader gives a value, or None for text that is not one.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

import msgspec

from lettrage.company.states import WORDS
from lettrage.dates import day
from lettrage.limits import CODE_CHARACTERS, NUMBER_DIGITS, TEXT_CHARACTERS
from lettrage.money import Figure, figure

Value = str | int | date | Figure


class Field(msgspec.Struct, frozen=True):
    """How a field's text becomes a value, and the refusal (code, what was expected) when it does not."""

    read: Callable[[str], Value | None]
    code: str
    expected: str


HEADER_NAMES = {
    "PAYMENTTYPE": "direction",
    "REGLTTYP": "direction",
    "THIRDPARTY": "third_party",
    "TIERS": "third_party",
    "AMOUNT": "amount",
    "MTDEV": "amount",
    "MT": "home",
    "CURRENCY": "currency",
    "DEV": "currency",
    "LABEL": "label",
    "LIBECR": "label",
    "LIB": "label",
    "DATE": "date",
    "TRANSACDT": "date",
    "CHGETAT": "change",
    "FINALSTATEMENT": "final",
    "ETATFIN": "final",
    "BQC": "bank",
    "ETB": "establishment",
    "TRANSAC": "group",
    "NOORDRE": "order",
    "REGLEMENTNUM": "number",
    "DETAILREGLEMENTTB": "details",
}

DETAIL_NAMES = {
    "THIRDPARTY": "third_party",
    "TIERS": "third_party",
    "AMOUNT": "amount",
    "MTDEVFIN": "amount",
    "OPERATION": "operation",
    "NATUREOPERATION": "operation",
    "PREFIX": "prefix",
    "PREFPIECE": "prefix",
    "PIECE": "piece",
    "DUEDATE": "due_date",
    "ECHORIDT": "due_date",
    "MTDEVREGLE": "paid",
    "MTREGLE": "paid_home",
    "TRANSAC": "transaction",
    "NOORDRE": "order",
    "ETATORI": "from_state",
    "MTORI": "from_home",
    "MTDEVORI": "from_amount",
    "CURRENCY": "currency",
    "DEV": "currency",
}

_DIRECTIONS = {
    "1": "encashment",
    "ENCASHMENT": "encashment",
    "2": "disbursement",
    "DISBURSEMENT": "disbursement",
}

_OPERATIONS = {
    "PAYMENT": "PAYMENT",
    "WDR": "WDR",
    "REGLTDIFF": "WDR",
    "WDC": "WDC",
    "CHANGEDIFF": "WDC",
    "WE": "WE",
    "ESCOMPTE": "WE",
    "WAR": "WAR",
    "ACOMPTE": "WAR",
    "WPA": "WPA",
    "PARTIALPAYMENT": "WPA",
}


# Control characters, line and paragraph separators, and the marks that turn the direction of writing.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def _code(text: str) -> str | None:
    return text if len(text) <= CODE_CHARACTERS and not _CONTROLS.search(text) else None


def label(text: str) -> str | None:
    """Control characters and line breaks become one blank."""
    text = _CONTROLS.sub(" ", text)
    return text if len(text) <= TEXT_CHARACTERS else None


def _digits(text: str) -> str | None:
    return text if text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS else None


def whole_number(text: str) -> int:
    """A number of a transaction, an order, an instrument: from 1 on; 0 for what is none."""
    return int(text) if _digits(text) else 0


def _number(text: str) -> int | None:
    return whole_number(text) or None


def _state(text: str) -> str | None:
    return _code(WORDS.get(text.upper(), text.upper()))


_AMOUNT = Field(figure, "malformed_amount", "[+-]?[0-9]{1,15}([.,][0-9]{1,4})?")
_DATE = Field(day, "malformed_date", "YYYYMMDD")
_CODE = Field(_code, "malformed_code", f"1-{CODE_CHARACTERS}")

FIELDS: dict[str, Field] = {
    "direction": Field(lambda t: _DIRECTIONS.get(t.upper()), "unknown_direction", "ENCASHMENT=1, DISBURSEMENT=2"),
    "operation": Field(lambda t: _OPERATIONS.get(t.upper()), "unknown_operation", "PAYMENT, WDR, WDC, WE, WAR, WPA"),
    "third_party": _CODE,
    "change": _CODE,
    "bank": _CODE,
    "establishment": _CODE,
    "group": _CODE,
    "prefix": _CODE,
    "piece": _CODE,
    "currency": Field(lambda t: _code(t.upper()), "malformed_code", "ISO 4217"),
    "final": Field(_state, "malformed_code", f"1-{CODE_CHARACTERS}"),
    "from_state": Field(_state, "malformed_code", f"1-{CODE_CHARACTERS}"),
    "label": Field(label, "too_long", f"{TEXT_CHARACTERS}"),
    "date": _DATE,
    "due_date": _DATE,
    "amount": _AMOUNT,
    "home": _AMOUNT,
    "paid": _AMOUNT,
    "paid_home": _AMOUNT,
    "from_home": _AMOUNT,
    "from_amount": _AMOUNT,
    "order": Field(_number, "malformed_number", f"1-{'9' * NUMBER_DIGITS}"),
    "transaction": Field(_number, "malformed_number", f"1-{'9' * NUMBER_DIGITS}"),
    "number": Field(_digits, "malformed_number", f"0-{'9' * NUMBER_DIGITS}"),
}


def canonical(value: Value) -> str:
    """One spelling for equal values, for digests: amounts and dates in one form."""
    if isinstance(value, str):
        return value
    if isinstance(value, Figure):
        return value.canonical if value.decimals else str(value.digits)
    return value.isoformat() if isinstance(value, date) else str(value)


class Layout(msgspec.Struct, frozen=True):
    """What the names of one object mean: computed once for each distinct row of names."""

    fields: tuple[str, ...]  # "" for an unknown name
    reading: tuple[tuple[str, str], ...]  # (field, name) of what is read, in the order of the fields' names
    spelled: dict[str, str]
    unknown: tuple[str, ...]
    clash: bool  # a field stands there under two names


def layout(level: str, names: tuple[str, ...]) -> Layout:
    """The layout of a header (`level` "header") or a detail ("detail") with these names."""
    return _layout(level, names) if len(names) < 100 else _layout.__wrapped__(level, names)


@lru_cache(maxsize=2048)
def _layout(level: str, names: tuple[str, ...]) -> Layout:
    known = HEADER_NAMES if level == "header" else DETAIL_NAMES
    fields = tuple(known.get(name.strip().upper(), "") for name in names)
    spelled: dict[str, str] = {}
    for field, name in zip(fields, names, strict=True):
        spelled.setdefault(field, name)
    spelled.pop("", None)
    met = [field for field in fields if field]
    unknown = tuple(name for field, name in zip(fields, names, strict=True) if not field)
    reading = tuple(sorted((field, name) for field, name in zip(fields, names, strict=True) if field))
    return Layout(fields, reading, spelled, unknown, len(set(met)) < len(met))

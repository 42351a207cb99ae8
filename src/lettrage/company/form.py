"""Reading an object of a load file: typed fields, every fault gathered at its place."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import TypeGuard

from lettrage.dates import day as day_of
from lettrage.limits import CODE_CHARACTERS, TEXT_CHARACTERS
from lettrage.money import Currency, Figure, currency, figure, rate
from lettrage.refusal import Refusal, quoted

Record = object  # text, list of records, or dict of name -> record

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Form:
    """One object of the file. Every reader returns a value that can go on, and notes what is wrong."""

    def __init__(self, record: Record, path: str, faults: list[Refusal]) -> None:
        self.path = path
        self.faults = faults
        self.record: dict[str, Record] = {}
        if isinstance(record, dict):
            self.record = record
        elif _is_pairs(record):
            for name, value in record:
                if self.record.setdefault(name, value) != value:
                    self.fault("given_twice", name, shown(value), shown(self.record[name]))
        else:
            self.fault("not_an_object", "", shown(record), "{ }")

    def at(self, name: str) -> str:
        """The place of a field."""
        return f"{self.path}.{name}" if name and self.path else self.path + name

    def fault(self, code: str, name: str, seen: str = "", expected: str = "", **facts: str) -> None:
        """Note what is wrong with a field, once."""
        refusal = Refusal(code, self.at(name), seen, expected, facts)
        if refusal not in self.faults[-20:]:
            self.faults.append(refusal)

    def has(self, name: str) -> bool:
        """Whether the field is there and not blank."""
        return self.record.get(name, "") not in ("", None)

    def strangers(self, known: Iterable[str]) -> list[str]:
        """The names that are not among the known ones."""
        return [name for name in self.record if name not in set(known)]

    def text(self, name: str, default: str = "", *, required: bool = False, limit: int = TEXT_CHARACTERS) -> str:
        """A text, trimmed; `default` where it is absent or blank."""
        value = self.record.get(name, "")
        if not isinstance(value, str):
            self.fault("not_a_value", name, shown(value), "text")
            return default
        value = value.strip()
        if not value and required:
            self.fault("missing_field", name)
        elif len(value) > limit or not value.isprintable():
            self.fault("malformed_code", name, quoted(value), f"1-{limit}")
            return default
        return value or default

    def code(self, name: str, default: str = "", *, required: bool = False) -> str:
        """A short text that names something."""
        return self.text(name, default, required=required, limit=CODE_CHARACTERS)

    def choice(self, name: str, choices: Iterable[str], default: str) -> str:
        """One of several words."""
        value = self.text(name, default)
        if value not in choices:
            self.fault("malformed_choice", name, quoted(value), ", ".join(filter(None, choices)))
            return default
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.text(name)
        if not value:
            return default
        if value.lower() not in _FLAGS:
            self.fault("malformed_choice", name, quoted(value), "true, false")
        return _FLAGS.get(value.lower(), default)

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date, ISO or YYYYMMDD."""
        value = self.text(name, required=required)
        if not value:
            return None
        found = day_of(value)
        if found is None:
            self.fault("malformed_date", name, quoted(value), "YYYY-MM-DD")
        return found

    def currency(self, name: str, default: Currency | None = None) -> Currency | None:
        """An ISO currency; None when it is missing or unknown (noted)."""
        value = self.text(name, required=default is None)
        if not value:
            return default
        found = currency(value.upper())
        if found is None:
            self.fault("unknown_currency", name, quoted(value), "ISO 4217")
        return found

    def amount(self, name: str, of: Currency, *, required: bool = True) -> int | None:
        """Minor units of a currency; None when absent or malformed (noted)."""
        value = self.text(name, required=required)
        if not value:
            return None
        read = figure(value)
        if read is None:
            self.fault("malformed_amount", name, quoted(value), "[+-]?[0-9]{1,15}([.,][0-9]{1,4})?")
            return None
        minor = read.minor(of)
        if minor is None:
            self.fault("too_many_decimals", name, value, str(of.decimals), currency=of.code)
        return minor

    def figure(self, name: str, decimals: int, *, required: bool = False) -> Figure | None:
        """A decimal number that is no amount: a quantity, a unit price, a percentage; None when absent or malformed."""
        value = self.text(name, required=required)
        if not value:
            return None
        read = figure(value, decimals)
        if read is None:
            self.fault("malformed_figure", name, quoted(value), str(decimals))
        return read

    def rate(self, name: str, *, required: bool = False) -> Fraction | None:
        """A positive decimal as an exact fraction."""
        value = self.text(name, required=required)
        if not value:
            return None
        read = rate(value)
        if read is None:
            self.fault("malformed_rate", name, quoted(value), "0.30")
        return read

    def number(self, name: str, *, required: bool = False, default: int = 0) -> int:
        """A whole number above zero."""
        value = self.text(name, required=required)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= 15 and int(value)):
            self.fault("malformed_number", name, quoted(value), "1-999999999999999")
            return default
        return int(value)

    def inner(self, name: str) -> "Form":
        """The object of this name; an empty one where it is absent."""
        return Form(self.record.get(name) or {}, self.at(name), self.faults)

    def rows(self, name: str, key: str = "") -> Iterator["Form"]:
        """The objects of a list; none where it is absent. A place names the row by its `key`, else by its index."""
        rows = self.record.get(name)
        if rows in (None, ""):
            return
        if type(rows) is not list:
            self.fault("not_a_list", name, shown(rows), "[ ]")
            return
        for index, row in enumerate(rows):
            told = row.get(key) if key and isinstance(row, dict) else None
            place = f'"{told}"' if isinstance(told, str) and told else str(index)
            yield Form(row, f"{self.at(name)}[{place}]", self.faults)


def shown(record: Record) -> str:
    """What stands there, in a few characters: a text, or the kind of thing."""
    if isinstance(record, str):
        return quoted(record)
    return "[ ]" if type(record) is list else "{ }"


def _is_pairs(record: Record) -> TypeGuard[list[tuple[str, Record]]]:
    """Whether the reader found an object with one name twice."""
    return isinstance(record, list) and type(record) is not list


def unique(forms: Iterable[Form], key: Callable[[Form], str]) -> Iterator[Form]:
    """Forms with a code each; the second of one code is a fault."""
    met: set[str] = set()
    for form in forms:
        code = key(form)
        if code in met:
            form.fault("record_twice", "", quoted(code))
        met.add(code)
        yield form

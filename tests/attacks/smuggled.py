"""Amounts, codes and days that are not what they look like, through every door that takes them.

    python -m tests.attacks.smuggled

Each value is one that `Decimal`, `int`, `\\d` or a `$` would let through, or that only looks like a code that is there.
A door may trim blanks around a text; all else is refused, and soon.
"""

import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal, InvalidOperation
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape

from lettrage import money
from lettrage.adapters.http.pages.typed import amount_typed, day_typed
from lettrage.bank.statements import read as statements
from lettrage.bank.statements.document import Misread
from lettrage.dates import day
from lettrage.guard.tokens import read_token, token_text
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.formats.read import read
from lettrage.money import Currency, Figure, currency, decimal, figure, rate
from lettrage.settlement.fields import whole_number
from tests.attacks.battery import command
from tests.attacks.json_texts import CONTENTS, HOLE, Doors, doors
from tests.bank.files import Move, camt
from tests.golden.documents import one_rate
from tests.journeys.helpers import header, invoice, pays, run_here
from tests.reliability.long_form import BrokenPromiseError

MOST_SECONDS = 1.0
Taken = Callable[[str], bool]  # whether a door takes a text

AMOUNTS = (
    *(
        "1_000",
        "１００.00",
        "١٠٠",
        "१००",
        "NaN",
        "nan",
        "sNaN",
        "Infinity",
        "-inf",
        "1e2",
        "1E+2",
        "1e999999",
        "1e-999999",
    ),
    *(
        "0x64",
        "0b1",
        "1.0.0",
        "1,000.00",
        "1.000,00",
        "--1",
        "+-1",
        "1-",
        "(100.00)",
        "½",
        "²",
        "一百",
        "100٫00",
        "1/1",
    ),
    *("100\u200b.00", "\u202e00.001", "100\x00", "100.00\x0b1", "100\n00", "100.00\n1", "9" * 400, "0" * 400),
    *("100.000000000000000001", "true", "None", "=100", "'100.00", "100.00;DROP", "100%", "\ufeff100.00"),
)
BLANKS = ("100.00\n", "100.00\r\n", "\t100.00", "100.00 ")
CODES = (
    "С1",
    "Ｃ1",
    "C１",
    "C\u00ad1",
    "C1\u200b",
    "\u202eC1",
    "C1\u200d",
    "C\u03111",
    "ϹI",
    "C1\x00",
    "C1'",
    "C1%00",
    "c\u0131",
)
CURRENCIES = ("ЕUR", "ＥＵＲ", "EUR\x00", "EU\u200bR", "€", "EURO", "eur0", "ΕUR", "E\u0055\u0300R", "XXX1")
DAYS = (
    *("２０２４1021", "٢٠٢٤١٠٢١", "2024-10-21T00:00", "2024_10_21", "2024-1-1", "20241032", "+20241021", "20241021.0"),
    *("2024\u201110\u201121", "0000-00-00", "2024-10-21\x00", "-2024-10-2"),
)


# ---------------------------------------------------------------- doors


def _json_doors(opened: Doors) -> Iterator[tuple[str, Taken]]:
    for name, (content, _) in CONTENTS.items():

        def taken(text: str, name: str = name, content: str = content) -> bool:
            return not getattr(opened, name)(content.replace(HOLE, json.dumps(text)[1:-1]).encode())

        yield name, taken


def _load_table(opened: Doors) -> Taken:
    head = "third_party;number;date;currency;due_date;amount\r\nC1;9;2024-09-20;EUR;2024-10-20;"
    return lambda text: not opened.table(f'{head}"{text}"\r\n'.encode())


def _sales_table(opened: Doors) -> Taken:
    head = "number;date;buyer;type;name;price;vat_rate\r\nF9;2024-10-14;C1;381;Porte;"
    return lambda text: not opened.brought(f'{head}"{text}";20\r\n'.encode(), "text/csv")


def _in_xml(sound: bytes, hole: bytes, takes: Callable[[bytes], bool]) -> Taken:
    before, after = sound.split(hole, 1)
    closing = hole[hole.index(b"<", 1) :]
    opening = hole[: hole.index(b">") + 1]
    return lambda text: takes(before + opening + escape(text).encode() + closing + after)


def _invoice(data: bytes) -> bool:
    return read(data).invoice is not None


def _statement(data: bytes) -> bool:
    with suppress(Misread):
        statements.read(data)
        return True
    return False


def _command_line(opened: Doors) -> Taken:
    firm = opened.firm

    def taken(text: str) -> bool:
        if "\0" in text:
            return False  # no argument of a process has one
        given = ["--label", "x", "--debit", f"613200={text}", "--credit", "512100=100.00"]
        ran = run_here("draft", "add", *given, "--database", firm.address, "--dossier", "998", folder=firm.folder)
        return ran.status == 0

    return taken


def amount_doors(opened: Doors) -> dict[str, Taken]:
    """Every door for an amount."""
    bill, move = ubl.render(one_rate(), "chorus"), camt([Move(100_00)])
    return {
        **dict(_json_doors(opened)),
        "table of a load": _load_table(opened),
        "table of invoices": _sales_table(opened),
        "UBL": _in_xml(bill, b'<cbc:PriceAmount currencyID="EUR">15.00</cbc:PriceAmount>', _invoice),
        "CII": _in_xml(cii.render(one_rate(), "chorus"), b"<ram:ChargeAmount>15.00</ram:ChargeAmount>", _invoice),
        "camt": _in_xml(move, b'<Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>', _statement),
        "command line": _command_line(opened),
        "a page's field": lambda text: amount_typed(text, Currency("EUR", 2)) is not None,
        "figure": lambda text: figure(text) is not None,
        "decimal": lambda text: decimal(text) is not None,
        "rate": lambda text: rate(text) is not None,
    }


STRICT = {"figure", "decimal", "rate"}  # they are given what was trimmed
# What a door takes for what it says: people type signs of thousands, the portal's figures are kept as they were sent.
MEANT = {"a page's field": {"1,000.00", "'100.00"}, "answer": {"100.000000000000000001"}, "command line": {"=100"}}


def code_doors(opened: Doors) -> dict[str, tuple[Taken, tuple[str, ...]]]:
    """Every door for a code or a day, with what is smuggled there."""

    def document(**fields: str) -> bool:
        fields = {"AMOUNT": "100.00", **fields}
        detail = pays("1", "100.00") | {"THIRDPARTY": fields.get("THIRDPARTY", "C1")}
        inside = header("PORCHQ", fields.pop("AMOUNT"), detail, **fields)
        return not opened.document(json.dumps({"EnteteReglementtb": [{"EnteteReglement": inside}]}).encode())

    def loaded(**fields: Any) -> bool:
        return not opened.loaded(json.dumps({"dossiers": [{"code": "998", **fields}]}).encode())

    return {
        "third party of a settlement": (lambda text: document(THIRDPARTY=text), CODES),
        "currency of a settlement": (lambda text: document(CURRENCY=text), CURRENCIES),
        "day of a settlement": (lambda text: document(DATE=text), DAYS),
        "third party of an invoice": (lambda text: loaded(invoices=[invoice("9", "1", third_party=text)]), CODES),
        "currency of an invoice": (lambda text: loaded(invoices=[invoice("9", "1", currency=text)]), CURRENCIES),
        "day of an invoice": (lambda text: loaded(invoices=[invoice("9", "1", date=text)]), DAYS),
        "currency": (lambda text: currency(text) is not None, (*CURRENCIES, "EUR\n", " EUR")),
        "day": (lambda text: day(text) is not None, (*DAYS, "20241021\n", "2024-10-21\n", " 20241021")),
        "a page's day": (lambda text: day_typed(text, opened.firm.clock.today()) is not None, DAYS),
        "number": (lambda text: whole_number(text) > 0, (*AMOUNTS, "1\n", "１", "²")),
        "token": (lambda text: read_token(text) is not None, (_TOKEN + "\n", _TOKEN[:-1] + "а", " " + _TOKEN)),
    }


_TOKEN = token_text("998", bytes(32))


def battery(chance: random.Random, count: int) -> str:
    """At every door `count` of the smuggled values for it."""
    done = slowest = 0.0
    with doors() as opened:
        amounts = amount_doors(opened)
        for name, taken in amounts.items():
            if not taken("15.00" if name in ("UBL", "CII") else "100.00"):
                raise BrokenPromiseError(f"{name} refuses a sound amount")
            smuggled = [text for text in AMOUNTS if text not in MEANT.get(name, ())]
            for text in (*_some(chance, smuggled, count), *(BLANKS if name in STRICT else ())):
                slowest = max(slowest, _refused(name, taken, text))
                done += 1
        codes = code_doors(opened)
        for name, (taken, texts) in codes.items():
            for text in _some(chance, texts, count):
                slowest = max(slowest, _refused(name, taken, text))
                done += 1
        if opened.firm.findings():
            raise BrokenPromiseError(f"the books: {opened.firm.findings()}")
    return f"{done:.0f} values at {len(amounts) + len(codes)} doors, all refused, slowest {slowest * 1000:.0f} ms"


def _some(chance: random.Random, texts: Sequence[str], count: int) -> list[str]:
    return chance.sample(texts, min(count, len(texts)))


def _refused(name: str, taken: Taken, text: str) -> float:
    begun = time.process_time()
    try:
        was_taken = taken(text)
    except Exception as error:
        raise BrokenPromiseError(f"{name}: {text[:40]!a}: {error!r}"[:300]) from error
    took = time.process_time() - begun
    if was_taken or took > MOST_SECONDS:
        raise BrokenPromiseError(f"{name} takes {text[:40]!a}" if was_taken else f"{name}: {took:.1f} s")
    return took


# ---------------------------------------------------------------- planted bugs


class _WithDollar:
    """A pattern asked with `re.match` and `$`, which stands before a last line break too."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = re.compile(f"(?:{pattern.pattern})$", pattern.flags)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self._pattern.match(text)


@contextmanager
def _dollar() -> Iterator[None]:
    with mock.patch.object(money, "_FIGURE", _WithDollar(money._FIGURE)):
        yield


def _by_decimal(text: str, decimals: int = 4) -> Figure | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 400:
        return None  # so that the trial itself comes to an end
    places = max(-exponent, 0)
    return Figure(int(value.scaleb(places)), places) if places <= decimals else None


@contextmanager
def _decimal() -> Iterator[None]:
    with mock.patch("lettrage.company.form.figure", _by_decimal):
        yield


BUGS = {"match_with_dollar": _dollar, "decimal_without_pattern": _decimal}


if __name__ == "__main__":
    sys.exit(command("F3", battery, count=len(AMOUNTS), bugs=BUGS))

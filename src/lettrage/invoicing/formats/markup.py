"""Writing XML: elements as text, escaped, indented, without a tree in between. What is empty is not written at all.

Line breaks and tabs of the data are written as references (`&#10;`), so that every line of the file is one of ours and
a reader gets back exactly what was given. A character that XML 1.0 has no place for (control characters, halves of a
pair) is written as U+FFFD, which says that something stood there; `forbidden` finds them beforehand.
"""

import base64
import re
from collections.abc import Iterator
from datetime import date as Day  # noqa: N812
from functools import cache
from typing import Any

import msgspec

from lettrage.invoicing.finding import Finding
from lettrage.limits import READ_FINDINGS
from lettrage.money import Currency, decimal_text
from lettrage.refusal import quoted

INDENT = "  "
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\"\x00-\x1f\ud800-\udfff\ufffe\uffff]")  # fmt: skip
_WRITTEN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def escaped(text: str) -> str:
    """The text as it may stand in an element or in an attribute."""
    return _SPECIAL.sub(_reference, text) if _SPECIAL.search(text) else text


def _reference(found: re.Match[str]) -> str:
    return _WRITTEN.get(found[0], "\ufffd")


def marks(**attributes: str) -> str:
    """Attributes, each with its blank before it; those without a value are left out."""
    return "".join([f' {name}="{escaped(value)}"' for name, value in attributes.items() if value])


def leaf(name: str, text: str, attributes: str = "") -> str:
    """An element with a text; nothing where there is none."""
    return f"<{name}{attributes}>{escaped(text)}</{name}>" if text else ""


def group(name: str, *parts: str) -> str:
    """An element around others; nothing where all of them are empty."""
    inside = "\n".join([part for part in parts if part])
    if not inside:
        return ""
    inside = inside.replace("\n", "\n" + INDENT)
    return f"<{name}>\n{INDENT}{inside}\n</{name}>"


def said(sentence: str, *parts: str) -> str:
    """A comment before what it tells of; nothing where there is nothing to tell of. Never give it data."""
    inside = "\n".join([part for part in parts if part])
    return f"<!-- {sentence} -->\n{inside}" if inside else ""


def document(name: str, namespaces: str, *parts: str) -> bytes:
    """The whole file, in UTF-8."""
    inside = group(name, *parts).partition("\n")[2]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}{namespaces}>\n{inside}\n'.encode()


def money(minor: int, currency: Currency) -> str:
    """An amount with its currency's decimals. EN 16931 takes two at most: a third that is 0 (TND) is left out."""
    if currency.decimals > 2 and minor % 10 == 0:
        return decimal_text(minor // 10, currency.decimals - 1)
    return decimal_text(minor, currency.decimals)


def amount(name: str, minor: int | None, currency: Currency) -> str:
    """An amount that names its currency; nothing where there is none."""
    return "" if minor is None else f"<{name}{_in(currency)}>{money(minor, currency)}</{name}>"


@cache
def _in(currency: Currency) -> str:
    return marks(currencyID=currency.code)


def day(name: str, date: Day | None) -> str:
    """A date as ISO 8601 writes it; nothing where there is none."""
    return "" if date is None else f"<{name}>{date.isoformat()}</{name}>"


def binary(content: bytes) -> str:
    """A file within the file."""
    return base64.b64encode(content).decode("ascii")


# ---------------------------------------------------------------- what cannot be written


def forbidden(invoice: Any) -> tuple[Finding, ...]:
    """Every text of the invoice that holds a character which XML 1.0 has no place for, by our own field's name."""
    findings = []
    for place, text in _texts(invoice, ""):
        if (found := _FORBIDDEN.search(text)) is not None:
            code = f"U+{ord(found[0]):04X}"
            findings.append(Finding("character_forbidden", place, quoted(text), facts={"character": code}))
    return tuple(findings[:READ_FINDINGS])


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, tuple):
        for at, part in enumerate(value):
            yield from _texts(part, f"{place}[{at}]")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name), f"{place}.{name}" if place else name)

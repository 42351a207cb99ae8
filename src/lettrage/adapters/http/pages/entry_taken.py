"""A refused settlement taken over by hand: its own words fill in the form as far as they can be read."""

from typing import TYPE_CHECKING

import msgspec

from lettrage.adapters.http import modern
from lettrage.adapters.http.pages.entry_form import Typed
from lettrage.adapters.http.problems import Problem
from lettrage.money import Figure, currency
from lettrage.refusal import Stop
from lettrage.settlement import dialect
from lettrage.settlement.document import Document, Settlement
from lettrage.settlement.read import read

if TYPE_CHECKING:
    from lettrage.adapters.http.pages.looks.entry import EntryLooks


def taken_over(books: "EntryLooks", document: int, position: int, typed: Typed) -> Typed:
    """The form filled in with what a refused settlement of a document says; as it was where there is none."""
    received = books.received(document, position)
    if received is None or not received.refused or received.handled:
        return typed
    typed = msgspec.structs.replace(typed, document=document, position=position)
    found = _settlement(received.raw, position)
    return typed if found is None else _filled(typed, found)


def _settlement(raw: bytes, position: int) -> Settlement | None:
    """The settlement of a document, in either of its forms; None where the text cannot be read."""
    text = raw.decode(errors="replace")
    for reader in (read, modern.read):
        try:
            document: Document = reader(dialect.decode(text.encode()))
        except (Stop, Problem):
            continue
        return next((one for one in document.settlements if one.position == position), None)
    return None


def _filled(typed: Typed, found: Settlement) -> Typed:
    pieces = tuple(detail.piece for detail in found.details if detail.piece)
    return msgspec.structs.replace(
        typed,
        party=typed.party or found.third_party,
        amount=typed.amount or _text(found.amount),
        currency=found.currency if currency(found.currency) else typed.currency,
        home=_text(found.home),
        day=f"{found.date:%d/%m/%Y}" if found.date else typed.day,
        change=found.change or typed.change,
        bank=found.bank or typed.bank,
        label=found.label or typed.label,
        pieces=pieces or typed.pieces,
    )


def _text(figure: Figure | None) -> str:
    return "" if figure is None else figure.text

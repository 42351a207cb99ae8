"""A table of invoices (CSV): one line per line of an invoice, under the names that the JSON form has.

What concerns the whole invoice, its buyer as well, stands on its first line; further lines repeat it or leave it blank.
Each line may name an attachment, a due date with its `due_amount`, and one note.
"""

from heapq import heappop, heappush
from itertools import product
from typing import Any

from lettrage.invoicing.billing.compose import LINE_NAMES
from lettrage.limits import INVOICE_TABLE
from lettrage.opening.table import rows_of
from lettrage.refusal import Refusal, Unreadable, quoted

# Columns of a line that are no part of the line itself: which list of the invoice they add to, under which name.
_LISTS = {
    "attachment": ("attachments", "path"),
    "note_subject": ("notes", "subject"),
    "note_text": ("notes", "text"),
    "due_amount": ("due_dates", "amount"),
}


_WHOSE = ("seller", "buyer")


class _Lines:
    """The lines of one invoice, and whose they are as far as they say."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.whose: dict[str, str] = dict.fromkeys(_WHOSE, "")
        self.rows: list[dict[str, str]] = []


_Key = tuple[str, str | None, str | None]  # number, seller, buyer; "": not said yet, None: whoever


class _Index:
    """The invoices met so far, found by number, seller and buyer: looking through them all takes too long."""

    def __init__(self) -> None:
        self.invoices: list[_Lines] = []
        self._places: dict[_Key, list[int]] = {}  # heaps, the latest invoice first; some have moved away since

    def latest(self, number: str, named: dict[str, str]) -> int | None:
        """Where the latest invoice of a number is that nothing named here speaks against."""
        sought = ((named[name], "") if name in named else (None,) for name in _WHOSE)
        places = [self._top((number, seller, buyer)) for seller, buyer in product(*sought)]
        return max((place for place in places if place is not None), default=None)

    def add(self, number: str, named: dict[str, str]) -> int:
        """Begin an invoice; where it is. Raises Unreadable for one more than a file may have."""
        if len(self.invoices) == INVOICE_TABLE.headers:
            most = str(INVOICE_TABLE.headers)
            raise Unreadable(Refusal("too_many_invoices", seen=f"> {most}", expected=most))
        self.invoices.append(_Lines(number))
        self._name(len(self.invoices) - 1, named)
        return len(self.invoices) - 1

    def take(self, place: int, row: dict[str, str], named: dict[str, str]) -> None:
        """Add a line to an invoice, and whom it names."""
        if any(not self.invoices[place].whose[name] for name in named):
            self._name(place, named)
        self.invoices[place].rows.append(row)

    def _name(self, place: int, named: dict[str, str]) -> None:
        invoice = self.invoices[place]
        invoice.whose.update(named)
        for seller, buyer in product(*((invoice.whose[name], None) for name in _WHOSE)):
            heappush(self._places.setdefault((invoice.number, seller, buyer), []), -place)

    def _top(self, key: _Key) -> int | None:
        places = self._places.get(key, [])
        while places and not self._holds(-places[0], key):
            heappop(places)
        return -places[0] if places else None

    def _holds(self, place: int, key: _Key) -> bool:
        return all(told in (None, self.invoices[place].whose[name]) for name, told in zip(_WHOSE, key[1:], strict=True))


def records_of(text: str) -> list[dict[str, Any]]:
    """The invoices of a table, each as the JSON form has it. Raises Unreadable."""
    return [_record(rows) for rows in _together(rows_of(text))]


def _together(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """The lines of each invoice: of one number, and of one seller and buyer where they name any.

    A line without a number goes on with the invoice above it.
    """
    index = _Index()
    for row in rows:
        number, named = _cell(row, "number"), {name: _cell(row, name) for name in _WHOSE if _cell(row, name)}
        place = index.latest(number, named) if number else _above(index, named)
        index.take(index.add(number, named) if place is None else place, row, named)
    return [invoice.rows for invoice in index.invoices]


def _above(index: _Index, named: dict[str, str]) -> int | None:
    """Where the invoice above is, unless it is another's."""
    if not index.invoices:
        return None
    whose = index.invoices[-1].whose
    other = any(whose[name] not in ("", value) for name, value in named.items())
    return None if other else len(index.invoices) - 1


def _record(rows: list[dict[str, str]]) -> dict[str, Any]:
    """One invoice. Raises Unreadable where its lines say different things of the whole."""
    several = any(_cell(row, "due_amount") for row in rows)
    columns = {*LINE_NAMES, *_LISTS, *(("due_date",) if several else ())}
    invoice: dict[str, Any] = {"lines": []}
    met: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    for row in rows:
        _agree(invoice, {name: value for name, value in row.items() if name not in columns}, rows[0])
        line = {name: row[name] for name in LINE_NAMES if _cell(row, name)}
        if line:
            invoice["lines"].append(line)
        for name, entry in _listed(row, several=several).items():
            if (name, frozenset(entry.items())) not in met:
                met.add((name, frozenset(entry.items())))
                invoice.setdefault(name, []).append(entry)
    return invoice


def _cell(row: dict[str, str], name: str) -> str:
    """What stands in a column, without blanks around it; a line may end before the last column."""
    return row.get(name, "").strip()


def _agree(invoice: dict[str, Any], own: dict[str, str], first: dict[str, str]) -> None:
    """What a further line says of the whole invoice is what the ones above said. Raises Unreadable."""
    for name, value in own.items():
        if not invoice.get(name, "").strip():
            invoice[name] = value
        elif value.strip() and value.strip() != invoice[name].strip():
            where = "/".join(filter(None, (_cell(first, name) for name in (*_WHOSE, "number"))))
            raise Unreadable(Refusal("malformed_table", where, f"{name}: {quoted(value)}"))


def _listed(row: dict[str, str], *, several: bool) -> dict[str, dict[str, str]]:
    """What a line adds to the invoice's own lists."""
    found: dict[str, dict[str, str]] = {}
    for column, (name, field) in _LISTS.items():
        if _cell(row, column):
            found.setdefault(name, {})[field] = row[column]
    if several and (_cell(row, "due_date") or "due_dates" in found):
        found.setdefault("due_dates", {})["date"] = row.get("due_date", "")
    return found

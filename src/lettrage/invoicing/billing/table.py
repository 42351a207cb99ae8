"""A table of invoices (CSV): one line per line of an invoice, under the names that the JSON form has.

What concerns the whole invoice, its buyer as well, stands on its first line; further lines repeat it or leave it blank.
Each line may name an attachment, a due date with its `due_amount`, and one note.
"""

from typing import Any

from lettrage.invoicing.billing.compose import LINE_NAMES
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
_Lines = tuple[dict[str, str], list[dict[str, str]]]  # whose they are as far as they say, and the lines


def records_of(text: str) -> list[dict[str, Any]]:
    """The invoices of a table, each as the JSON form has it. Raises Unreadable."""
    return [_record(rows) for rows in _together(rows_of(text))]


def _together(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """The lines of each invoice: of one number, and of one seller and buyer where they name any.

    A line without a number goes on with the invoice above it.
    """
    invoices: list[_Lines] = []
    numbered: dict[str, list[_Lines]] = {}
    for row in rows:
        number, named = _cell(row, "number"), {name: _cell(row, name) for name in _WHOSE if _cell(row, name)}
        met = numbered.setdefault(number, []) if number else invoices[-1:]
        for whose, lines in reversed(met):
            if all(whose.get(name, value) == value for name, value in named.items()):
                whose.update(named)
                lines.append(row)
                break
        else:
            invoices.append((named, [row]))
            numbered.setdefault(number, []).append(invoices[-1])
    return [lines for _whose, lines in invoices]


def _record(rows: list[dict[str, str]]) -> dict[str, Any]:
    """One invoice. Raises Unreadable where its lines say different things of the whole."""
    several = any(_cell(row, "due_amount") for row in rows)
    columns = {*LINE_NAMES, *_LISTS, *(("due_date",) if several else ())}
    invoice: dict[str, Any] = {"lines": []}
    for row in rows:
        _agree(invoice, {name: value for name, value in row.items() if name not in columns}, rows[0])
        line = {name: row[name] for name in LINE_NAMES if _cell(row, name)}
        if line:
            invoice["lines"].append(line)
        for name, entry in _listed(row, several=several).items():
            found = invoice.setdefault(name, [])
            if entry not in found:
                found.append(entry)
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

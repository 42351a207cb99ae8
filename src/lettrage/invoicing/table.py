"""A table of invoices (CSV): one line per line of an invoice, under the names that the JSON form has.

What concerns the whole invoice stands on its first line; further lines repeat it or leave it blank. Each line may name
an attachment, a due date with its `due_amount`, and one note.
"""

from typing import Any

from lettrage.invoicing.compose import LINE_NAMES
from lettrage.opening.table import rows_of
from lettrage.refusal import Refusal, Unreadable, quoted

# Columns of a line that are no part of the line itself: which list of the invoice they add to, under which name.
_LISTS = {
    "attachment": ("attachments", "path"),
    "note_subject": ("notes", "subject"),
    "note_text": ("notes", "text"),
    "due_amount": ("due_dates", "amount"),
}


def records_of(text: str) -> list[dict[str, Any]]:
    """The invoices of a table, each as the JSON form has it. Raises Unreadable."""
    rows = rows_of(text)
    several = {_key(row) for row in rows if row.get("due_amount", "").strip()}
    invoices: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        key = _key(row)
        columns = {*LINE_NAMES, *_LISTS, *(("due_date",) if key in several else ())}
        own = {name: value for name, value in row.items() if name not in columns}
        invoice = invoices.setdefault(key, {**own, "lines": []})
        _agree(invoice, own, key)
        line = {name: row[name] for name in LINE_NAMES if row.get(name, "").strip()}
        if line:
            invoice["lines"].append(line)
        for name, entry in _listed(row, several=key in several).items():
            found = invoice.setdefault(name, [])
            if entry not in found:
                found.append(entry)
    return list(invoices.values())


def _key(row: dict[str, str]) -> tuple[str, str, str]:
    return row.get("seller", "").strip(), row.get("buyer", "").strip(), row.get("number", "").strip()


def _agree(invoice: dict[str, Any], own: dict[str, str], key: tuple[str, ...]) -> None:
    """What a further line says of the whole invoice is what the first one said. Raises Unreadable."""
    for name, value in own.items():
        if not invoice[name].strip():
            invoice[name] = value
        elif value.strip() and value.strip() != invoice[name].strip():
            raise Unreadable(Refusal("malformed_table", "/".join(filter(None, key)), f"{name}: {quoted(value)}"))


def _listed(row: dict[str, str], *, several: bool) -> dict[str, dict[str, str]]:
    """What a line adds to the invoice's own lists."""
    found: dict[str, dict[str, str]] = {}
    for column, (name, field) in _LISTS.items():
        if row.get(column, "").strip():
            found.setdefault(name, {})[field] = row[column]
    if several and (row.get("due_date", "").strip() or "due_dates" in found):
        found.setdefault("due_dates", {})["date"] = row.get("due_date", "")
    return found

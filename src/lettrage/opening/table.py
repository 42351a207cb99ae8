"""One CSV table of a load: the file's name tells which, its first line the names of the fields."""

import csv
import io
from collections import Counter
from typing import Any

from lettrage.refusal import Refusal, Unreadable, quoted

TABLES = (
    "third_parties",
    "banks",
    "establishments",
    "years",
    "rates",
    "invoices",
    "portfolio",
    "advances",
)
# An invoice has one line per due item; these columns are the due item's, and these a VAT line's.
_DUE = {"due_date": "due_date", "amount": "amount", "open": "open", "disputed": "disputed"}
_VAT = {"vat_rate": "rate", "vat_base": "base", "vat_amount": "amount"}


def records_of(text: str, table: str, dossier: str) -> dict[str, Any]:
    """A CSV table (comma, semicolon or tab) as the record of a dossier that holds just this table."""
    if table not in TABLES:
        raise Unreadable(Refusal("unknown_table", table, quoted(table), ", ".join(TABLES)))
    if not dossier:
        raise Unreadable(Refusal("which_dossier", "--dossier", "", ""))
    rows = rows_of(text)
    return {"code": dossier, table: _invoices(rows) if table == "invoices" else rows}


def rows_of(text: str) -> list[dict[str, str]]:
    """The lines of a table (comma, semicolon or tab) by column name.

    Raises Unreadable for a table that says something else than it seems to.
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = list(reader)
    except csv.Error as error:
        raise Unreadable(Refusal("malformed_table", str(reader.line_num), str(error))) from None
    names = [name.strip() for name in lines[0]] if lines else []
    counted = Counter(names)
    twice = [name for name in names if counted[name] > 1]
    if twice or not any(names):
        raise Unreadable(Refusal("malformed_table", "1", quoted(twice[0]) if twice else "-"))
    for number, line in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in line[len(names) :]):
            raise Unreadable(Refusal("malformed_table", str(number), quoted(line[len(names)])))
    return [dict(zip(names, line, strict=False)) for line in lines[1:] if any(cell.strip() for cell in line)]


def _invoices(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Lines of one invoice together: each adds a due item, a VAT line, or both, and says the same of the rest."""
    invoices: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row.get("third_party", ""), row.get("prefix", ""), row.get("number", ""))
        own = {name: value for name, value in row.items() if name not in _DUE and name not in _VAT}
        invoice = invoices.setdefault(key, {**own, "due_items": [], "vat": []})
        for name, value in own.items():
            if value.strip() and value.strip() != str(invoice[name]).strip():
                raise Unreadable(Refusal("malformed_table", "/".join(filter(None, key)), f"{name}: {quoted(value)}"))
        for columns, part in ((_DUE, "due_items"), (_VAT, "vat")):
            values = {name: row[column] for column, name in columns.items() if row.get(column, "").strip()}
            if values:
                invoice[part].append(values)
    return list(invoices.values())

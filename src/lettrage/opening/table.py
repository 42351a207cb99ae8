"""One CSV table of a load: the file's name tells which, its first line the names of the fields."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
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
# What a French office calls the same files.
_FRENCH = {
    "tiers": "third_parties",
    "clients": "third_parties",
    "fournisseurs": "third_parties",
    "banques": "banks",
    "factures": "invoices",
    "portefeuille": "portfolio",
    "acomptes": "advances",
}
# An invoice has one line per due item; these columns are the due item's, and these a VAT line's.
_DUE = {"due_date": "due_date", "amount": "amount", "open": "open", "disputed": "disputed"}
_VAT = {"vat_rate": "rate", "vat_base": "base", "vat_amount": "amount"}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


def records_of(text: str, table: str, dossier: str) -> dict[str, Any]:
    """A CSV table (comma, semicolon or tab) as the record of a dossier that holds just this table."""
    table = _FRENCH.get(table, table)
    if table not in TABLES:
        raise Unreadable(Refusal("unknown_table", table, quoted(table), ", ".join(TABLES)))
    if not dossier:
        raise Unreadable(Refusal("which_dossier", "--dossier", "", ""))
    rows = rows_of(text)
    return {"code": dossier, table: _GATHERED.get(table, _as_they_are)(rows)}


def rows_of(text: str) -> list[dict[str, str]]:
    """The lines of a table (comma, semicolon or tab) by column name.

    Raises Unreadable for a table that says something else than it seems to.
    """
    reader = csv.reader(_lines(text), delimiter=max(",;\t", key=first_line(text).count), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        counted = Counter(names)
        twice = [name for name in names if counted[name] > 1]
        if twice or not any(names):
            raise Unreadable(Refusal("malformed_table", "1", quoted(twice[0]) if twice else "-"))
        return list(_rows(reader, names))
    except csv.Error as error:
        raise Unreadable(Refusal("malformed_table", str(reader.line_num), str(error))) from None


def first_line(text: str) -> str:
    """The first line of a text, without a copy of all the others."""
    return text[: text.find("\n") + 1] or text


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, one at a time: a whole text of lines takes several times its size."""
    return (found[0] for found in _LINE.finditer(text) if found[0])


def _rows(lines: Iterable[list[str]], names: list[str]) -> Iterator[dict[str, str]]:
    """The lines that say anything, by column name. Raises Unreadable for one beyond the last column."""
    for number, line in enumerate(lines, 2):
        if any(cell.strip() for cell in line[len(names) :]):
            raise Unreadable(Refusal("malformed_table", str(number), quoted(line[len(names)])))
        if any(cell.strip() for cell in line):
            yield dict(zip(names, line, strict=False))


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


def _parties(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Columns such as `mandate_id` are the mandate's; a blank one leaves what is there."""
    parties: list[dict[str, Any]] = []
    for row in rows:
        mandate = {
            name.removeprefix(_MANDATE): value
            for name, value in row.items()
            if name.startswith(_MANDATE) and value.strip()
        }
        own: dict[str, Any] = {
            name: value for name, value in row.items() if value.strip() and not name.startswith(_MANDATE)
        }
        parties.append(own | ({"mandate": mandate} if mandate else {}))
    return parties


def _as_they_are(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return list(rows)


_MANDATE = "mandate_"
_GATHERED = {"invoices": _invoices, "third_parties": _parties}

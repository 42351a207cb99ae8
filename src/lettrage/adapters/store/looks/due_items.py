"""The list of what is due, page by page along an index, and what it comes to."""

from collections.abc import Sequence
from datetime import date

import msgspec

from lettrage.adapters.store.lettering import Letters
from lettrage.adapters.store.looks.ageing import AgeingLooks
from lettrage.adapters.store.looks.memo import Memo
from lettrage.adapters.store.paging import Position, begun
from lettrage.adapters.store.past import Past
from lettrage.adapters.store.reading import STANDING, held
from lettrage.books.due import OpenItem, Order, Search, Sum

_STANDS = f'd.open <> 0 AND (d."transaction" IS NULL OR {STANDING})'
# What a list is sorted by, and where it begins; the number of the item decides between equals.
_ORDERS: dict[Order, tuple[str, str | int]] = {
    "due_date": ("d.due_date", ""),
    "third_party": ("d.third_party", ""),
    "carried": ("d.carried", 0),
}
_SHOWN = """
SELECT d.id, d.kind, d.third_party, p.record, d.prefix, d.piece, d.date, d.due_date, d.currency, d.amount, d.open,
       d.carried, d.disputed,
       (SELECT max(s.id) FROM sales_document s WHERE s.dossier = ?1 AND s.number = d.piece
        AND s.invoice = d.invoice),
       d."transaction", coalesce(h.label, e.label, '')
"""
_JOINS = """
JOIN third_party p ON p.dossier = ?1 AND p.code = d.third_party
LEFT JOIN invoice v ON v.dossier = ?1 AND v.id = d.invoice
LEFT JOIN entry e ON e.dossier = ?1 AND e.posting = v.posting
LEFT JOIN header h ON h.dossier = ?1 AND h."transaction" = d."transaction" AND h."order" = d."order"
"""
_ACCOUNT = f"""
{_SHOWN} FROM due_item d {_JOINS} WHERE d.dossier = ?1 AND d.third_party = ?2 AND {_STANDS} ORDER BY d.due_date, d.id
"""
_THESE = f"""
{_SHOWN} FROM json_each(?2) k CROSS JOIN due_item d ON d.dossier = ?1 AND d.id = CAST(k.value->>0 AS BIGINT) {_JOINS}
"""
_sums: Memo[Sum] = Memo(256)


class _Named(msgspec.Struct):
    """What of a third party's record is shown in a list."""

    name: str = ""


_name = msgspec.json.Decoder(_Named).decode


class DueItemLooks(AgeingLooks, Letters, Past):
    """What is due, item by item."""

    def due_items(
        self, search: Search, today: date, after: Position, limit: int
    ) -> tuple[list[OpenItem], Position | None]:
        """A page of open items; the position of its last one, None where the list ends."""
        column, start = _ORDERS[search.order]
        where, parameters = _filter(search, today)
        if after:
            position = begun(after, (start, 0))
            parameters += position
            sign, at = "<" if search.descending else ">", len(parameters)
            where += f" AND ({column}, d.id) {sign} (?{at}, ?{at + 1})"
        way = "DESC" if search.descending else "ASC"
        order = f"ORDER BY {column} {way}, d.id {way}"
        inner = f"SELECT d.* FROM due_item d WHERE {where} {order} LIMIT {limit + 1}"
        rows = self.rows(f"{_SHOWN} FROM ({inner}) d {_JOINS} {order}", *parameters)
        items = self._lettered([_item(row) for row in rows[:limit]])
        return items, _position(items[-1], search.order) if len(rows) > limit else None

    def due_sum(self, search: Search, today: date) -> Sum:
        """What a list comes to: from the ageing where only days decide, so that both always say the same."""
        first, last = search.span(today)
        if search.by_day_alone:
            kept = [
                (count, carried)
                for advance, _, due, count, carried in self._by_day(search.ledger)
                if advance == search.advances and first <= due <= last
            ]
            return Sum(sum(count for count, _ in kept), sum(carried for _, carried in kept))
        unsorted = msgspec.structs.replace(search, order="due_date", descending=False)
        return _sums.or_else(
            self.connection.engine, (self._state, unsorted, today), lambda: self._summed(search, today)
        )

    def _summed(self, search: Search, today: date) -> Sum:
        where, parameters = _filter(search, today)
        sql = f"SELECT count(*), CAST(coalesce(sum(d.carried), 0) AS BIGINT) FROM due_item d WHERE {where}"
        ((count, carried),) = self.rows(sql, *parameters)
        return Sum(count, carried)

    def due_of_party(self, code: str, as_of: date | None = None) -> list[OpenItem]:
        """Everything open of one third party, advances too, by due date; or what was at the end of a day."""
        if as_of is not None:
            left = self.open_at(code, as_of)
            rows = self.rows(_THESE, msgspec.json.encode([[item] for item in left]).decode())
            items = {item.id: item for item in map(_item, rows)}
            then = [
                msgspec.structs.replace(items[key], open=open_, carried=worth) for key, (open_, worth) in left.items()
            ]
            return sorted(then, key=lambda item: (item.due_date, item.id))
        return self._lettered([_item(row) for row in self.rows(_ACCOUNT, code)])

    def _lettered(self, items: Sequence[OpenItem]) -> list[OpenItem]:
        """With the letter of those of whose lines some are settled."""
        found = self.letters_of_items(item.id for item in items)
        letters = {item: letter.code for (item, _), letter in found.items() if not letter.whole}
        return [msgspec.structs.replace(item, letter=letters.get(item.id, "")) for item in items]


def _filter(search: Search, today: date) -> tuple[str, tuple[object, ...]]:
    """The condition, its parameters from ?2 on; only what is asked for, so that the right index is taken."""
    first, last = search.span(today)
    kind = "=" if search.advances else "<>"
    parts = [f"d.dossier = ?1 AND {_STANDS}", f"d.kind {kind} 'advance'", *(["d.disputed = 1"] * search.disputed)]
    asked = (
        ("d.ledger =", search.ledger),
        ("d.third_party =", search.third_party),
        ("d.currency =", search.currency),
        ("d.due_date >=", "" if first == date.min else first.isoformat()),
        ("d.due_date <=", "" if last == date.max else last.isoformat()),
    )
    parameters: tuple[object, ...] = ()
    for condition, value in asked:
        if value:
            parameters += (value,)
            parts.append(f"{condition} ?{len(parameters) + 1}")
    return " AND ".join(parts), parameters


def _position(item: OpenItem, order: Order) -> Position:
    keys: dict[Order, str | int] = {
        "due_date": item.due_date.isoformat(),
        "third_party": item.third_party,
        "carried": item.carried,
    }
    return keys[order], item.id


def _item(row: tuple[object, ...]) -> OpenItem:
    id_, kind, party, record, prefix, piece, day, due, code, amount, open_, carried, disputed, document, made, label = (
        row
    )
    return msgspec.convert(
        {
            "id": id_, "kind": kind, "third_party": party, "name": _name(str(record)).name, "prefix": prefix,
            "piece": piece, "date": day, "due_date": due, "currency": held(str(code)), "amount": amount, "open": open_,
            "carried": carried, "disputed": bool(disputed), "document": document, "transaction": made, "label": label,
        },
        OpenItem,
    )  # fmt: skip

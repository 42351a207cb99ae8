"""Reading the logbook: pages newest first, one document whole.

Every filter but the text goes through an index that ends with the moment, so that a page costs the same however long
the history. A text is looked for document by document, newest first, so far at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from lettrage.adapters.store.reading import Reader
from lettrage.books.logbook import SETTLEMENT, Kept, Logged, Page, Search, line, reasons_from, remarks_from, whole
from lettrage.money import Currency
from lettrage.refusal import Refusal, Stop
from lettrage.settlement.document import Outcome

LOOKED_AT_MOST = 5_000  # documents looked through for a text, for one page
READ_AT_MOST = 64 * 1024 * 1024  # bytes of them
_AT_ONCE = 8 * 1024 * 1024  # bytes read in one query
NAMED_MOST = 10_000  # documents that one REGLEMENTNUM or transaction can lead to

_COLUMNS = (
    "d.id, d.received_at, d.caller, d.origin, d.source, d.kind, d.key, d.done, d.refused, d.replayed, d.warned,"
    ' d."transaction", length(d.raw) AS size'
)
_BY_NUMBER = (
    "SELECT DISTINCT o.document FROM outcome o WHERE o.dossier = ?1 AND o.reglement_num = ?2"
    f" AND o.reglement_num <> '' LIMIT {NAMED_MOST}"
)
# What made a transaction, the same content sent again by the same caller, and the acts upon it.
_BY_TRANSACTION = (
    'SELECT r.id FROM "transaction" t JOIN document d ON d.dossier = t.dossier AND d.id = t.document'
    " JOIN document r ON r.dossier = d.dossier AND r.caller = d.caller AND r.digest = d.digest"
    " WHERE t.dossier = ?1 AND t.number = ?2"
    ' UNION SELECT a.id FROM document a WHERE a.dossier = ?1 AND a."transaction" = ?2'
    f' AND a."transaction" IS NOT NULL LIMIT {NAMED_MOST}'
)
# Of a settlement (o): its header (h) where it brought money in or paid it out, with the transaction (t).
MONEY = (
    ' LEFT JOIN "transaction" t ON t.dossier = ?1 AND t.number = o."transaction" AND o.replayed = 0'
    " AND t.kind = 'settlement' AND t.status <> 'cancelled'"
    ' LEFT JOIN header h ON h.dossier = ?1 AND h."transaction" = t.number AND h."order" = o."order"'
)
RECEIVED_HOME = "CAST(sum(CASE WHEN t.direction = 'encashment' THEN h.home ELSE -h.home END) AS BIGINT)"
# Refused settlements (o) that nobody has dealt with, with their documents (m).
WAITING = (
    "FROM document m CROSS JOIN outcome o ON o.dossier = m.dossier AND o.document = m.id AND o.resultcode <> 0"
    " LEFT JOIN handled h ON h.dossier = o.dossier AND h.document = o.document AND h.position = o.position"
    " WHERE m.dossier = ?1 AND m.refused > 0 AND h.document IS NULL"
)


class Logbook(Reader):
    """The logbook of one dossier."""

    def logbook(self, search: Search, limit: int, before: int | None = None) -> Page:
        """The newest `limit` documents and acts that fit, older than the one numbered `before`. Raises Stop."""
        found, following = (self._saying if search.text else self._fitting)(search, limit, before)
        return Page([line(logged) for logged in self._with_transactions(found)], following)

    def logged(self, number: int, home: Currency) -> dict[str, Any]:
        """One document or act with everything about it. Raises Stop for a number that is not there."""
        rows = self.rows(f"SELECT {_COLUMNS} FROM document d WHERE d.dossier = ?1 AND d.id = ?2", number)
        if not rows:
            raise Stop(Refusal("no_such_document", "ID", str(number)))
        (logged,) = self._with_transactions([_logged(rows[0])])
        return whole(logged, self._kept([number])[number], home)

    def logbook_total(self, search: Search, most: int) -> tuple[int, int | None]:
        """How many documents fit, up to `most`, and what customers paid in them, less what was paid out.

        None in place of the sum where there are more. A text is not looked for: see `logbook`.
        """
        source, conditions, parameters = self._question(search, None)
        sql = (
            f"SELECT count(DISTINCT f.id), {RECEIVED_HOME} FROM (SELECT d.dossier, d.id FROM {source}"
            f" WHERE {conditions} LIMIT ?{len(parameters) + 2}) f"
            f" LEFT JOIN outcome o ON o.dossier = ?1 AND o.document = f.id{MONEY}"
        )
        ((count, total),) = self.rows(sql, *parameters, most)
        return count, (total or 0) if count < most else None

    # ------------------------------------------------------------ finding

    def _fitting(self, search: Search, limit: int, before: int | None) -> tuple[list[Logged], int | None]:
        """The lines that fit, and where to go on."""
        rows = self._rows_of(search, limit + 1, before)
        found = [_logged(row) for row in rows[:limit]]
        return found, found[-1].id if len(rows) > limit else None

    def _saying(self, search: Search, limit: int, before: int | None) -> tuple[list[Logged], int | None]:
        """The lines that say the text too, looked for newest first until there are enough or enough was read."""
        text = search.text.casefold()
        rows = self._rows_of(search, LOOKED_AT_MOST + 1, before)
        found: list[Logged] = []
        looked_at = read = 0
        for batch in _batches(rows[:LOOKED_AT_MOST]):
            kept = self._kept([row.id for row in batch])
            for row in batch:
                looked_at, read = looked_at + 1, read + row.size
                if kept[row.id].says(text):
                    found.append(_logged(row))
                if len(found) == limit or read >= READ_AT_MOST:
                    return found, row.id if looked_at < len(rows) else None
        return found, rows[looked_at - 1].id if looked_at < len(rows) else None

    def _rows_of(self, search: Search, most: int, before: int | None) -> Sequence[Any]:
        """The rows that fit all but the text, newest first."""
        source, conditions, parameters = self._question(search, before)
        sql = (
            f"SELECT {_COLUMNS} FROM {source} WHERE {conditions}"
            f" ORDER BY d.received_at DESC, d.id DESC LIMIT ?{len(parameters) + 2}"
        )
        return self.rows(sql, *parameters, most)

    def _question(self, search: Search, before: int | None) -> tuple[str, str, list[object]]:
        """Where to look for what fits all but the text, its conditions, and the parameters from the second on."""
        source = "document d"
        parameters: list[object] = []
        named = self._named(search)
        if named is not None:
            source = "json_each(?2) k CROSS JOIN document d ON d.dossier = ?1 AND d.id = CAST(k.value->>0 AS BIGINT)"
            parameters.append(_keys(named))
        conditions = ["d.dossier = ?1"]
        for condition, values in self._conditions(search, before):
            marks = [f"?{len(parameters) + 2 + at}" for at in range(len(values))]
            conditions.append(condition.format(*marks))
            parameters += values
        return source, " AND ".join(conditions), parameters

    def _conditions(self, search: Search, before: int | None) -> Iterator[tuple[str, list[object]]]:
        if search.caller:
            yield "d.caller = {}", [search.caller]
        if search.kind:
            act = f" AND d.kind <> '{SETTLEMENT}'" if search.kind != SETTLEMENT else ""  # what its index asks for
            yield f"d.kind = {{}}{act}", [search.kind]
        if search.since:
            yield "d.received_at >= {}", [search.since]
        if search.until:
            yield "d.received_at < {}", [search.until]
        if search.refused:
            yield "d.refused > 0", []
        if search.warned:
            yield "d.warned > 0", []
        if search.waiting:
            yield f"d.refused > 0 AND EXISTS (SELECT 1 {WAITING} AND m.id = d.id)", []
        if search.origin:
            page = " AND d.origin = 'page'" if search.origin == "page" else ""  # what its index asks for
            yield f"d.origin = {{}}{page}", [search.origin]
        if before is not None:
            yield "(d.received_at, d.id) < ({}, {})", [self._moment(before), before]

    def _moment(self, number: int) -> str:
        rows = self.rows("SELECT received_at FROM document WHERE dossier = ?1 AND id = ?2", number)
        if not rows:
            raise Stop(Refusal("no_such_document", "--before", str(number)))
        return str(rows[0][0])

    def _named(self, search: Search) -> set[int] | None:
        """The documents that a REGLEMENTNUM, a transaction or both lead to; None when neither is asked for."""
        found: set[int] | None = None
        for sql, value in ((_BY_NUMBER, search.number), (_BY_TRANSACTION, search.transaction)):
            if value:
                these = {row[0] for row in self.rows(sql, value)}
                found = these if found is None else found & these
        return found

    # ------------------------------------------------------------ reading

    def _with_transactions(self, found: list[Logged]) -> Iterator[Logged]:
        """Each with the transactions that it made or answered with."""
        sql = (
            'SELECT DISTINCT o.document, o."transaction" FROM json_each(?2) k CROSS JOIN outcome o'
            " ON o.dossier = ?1 AND o.document = CAST(k.value->>0 AS BIGINT)"
            ' WHERE o."transaction" IS NOT NULL ORDER BY 1, 2'
        )
        numbers: dict[int, list[int]] = defaultdict(list)
        for document, transaction in self.rows(sql, _keys(logged.id for logged in found)):
            numbers[document].append(transaction)
        for logged in found:
            made = numbers.get(logged.id)
            yield msgspec.structs.replace(logged, transactions=tuple(made)) if made else logged

    def _kept(self, documents: Sequence[int]) -> dict[int, Kept]:
        """All that is kept of these documents."""
        outcomes: dict[int, list[Outcome]] = defaultdict(list)
        sql = (
            'SELECT o.document, o.position, o.reglement_num, o."transaction", o."order", o.reasons, o.replayed'
            " FROM json_each(?2) k CROSS JOIN outcome o ON o.dossier = ?1"
            " AND o.document = CAST(k.value->>0 AS BIGINT) ORDER BY o.document, o.position"
        )
        for document, position, number, transaction, order, reasons, replayed in self.rows(sql, _keys(documents)):
            against = reasons_from(reasons)
            shown = number or str(position + 1)
            outcomes[document].append(
                Outcome(position, number, shown, transaction, order, against, replayed=bool(replayed))
            )
        raw = (
            "SELECT d.id, d.raw, d.remarks FROM json_each(?2) k CROSS JOIN document d ON d.dossier = ?1"
            " AND d.id = CAST(k.value->>0 AS BIGINT)"
        )
        return {
            number: Kept(bytes(sent).decode(errors="replace"), remarks_from(remarks), tuple(outcomes[number]))
            for number, sent, remarks in self.rows(raw, _keys(documents))
        }


def _logged(row: Any) -> Logged:
    """A line from a row of _COLUMNS; of an act with the transaction that it was about."""
    number, at, caller, origin, source, kind, key, done, refused, replayed, warned, about, _size = row
    transactions = () if about is None else (about,)
    return Logged(number, at, caller, origin, source, kind, key, done, refused, replayed, warned, transactions)


def _batches(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """Rows in turn, as many together as may be read at once."""
    rest = iter(rows)
    while batch := list(islice(rest, 1)):
        size = batch[0].size
        while size < _AT_ONCE and (more := next(rest, None)) is not None:
            batch.append(more)
            size += more.size
        yield batch


def _keys(numbers: Iterable[int]) -> str:
    return msgspec.json.encode([[number] for number in numbers]).decode()

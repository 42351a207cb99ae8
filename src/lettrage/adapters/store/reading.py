"""What the core asks of the books, each answer in a number of queries that does not grow with the question.

Long lists of keys travel as one JSON parameter. `CROSS JOIN` keeps SQLite's planner from walking the books to find
the keys instead of the other way round.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection

from lettrage.adapters.store.sql import run
from lettrage.adapters.store.writing import advance_counters
from lettrage.money import Currency, currency
from lettrage.money import rate as rate_of
from lettrage.settlement.desk import OrderKey, Snapshot, Wanted
from lettrage.settlement.document import Instrument, Item, TableRate, ThirdParty, Vat
from lettrage.settlement.once import Done, Kept
from lettrage.settlement.prudence import LISTED_MOST

_json = msgspec.json.Encoder().encode
_day = date.fromisoformat

ITEM_COLUMNS = (
    "d.id, d.kind, d.ledger, d.third_party, d.prefix, d.piece, d.date, d.due_date, d.currency, d.amount, d.open,"
    ' d.carried, d.origin_amount, d.origin_carried, d.disputed, p.means, d.previous, d.invoice, d."transaction",'
    ' d."order", v.vat, d.parked, d.settled, d.passed_on, d.account'
)
ITEM_JOINS = (
    " JOIN third_party p ON p.dossier = ?1 AND p.code = d.third_party"
    " LEFT JOIN invoice v ON v.dossier = ?1 AND v.id = d.invoice"
)
# What a cancelled transaction made is withdrawn: nobody owes it, nothing matches it, no list shows it.
# A value asked for each row goes by the key on every planner; NOT EXISTS became a join that PostgreSQL, before it has
# statistics, runs through all transactions of the dossier.
STANDING = (
    'coalesce((SELECT c.status FROM "transaction" c WHERE c.dossier = ?1 AND c.number = d."transaction"), \'\')'
    " <> 'cancelled'"
)
INSTRUMENT_COLUMNS = (
    'i.id, i."transaction", i."order", i.state, i.direction, i.third_party, i.currency, i.amount, i.home, i.date,'
    " i.bank, i.previous, i.active"
)
DONE_COLUMNS = (
    'o.position, o.identity, o.reglement_num, o."transaction", o."order", o.received_at, t.status'
    ' FROM outcome o JOIN "transaction" t ON t.dossier = o.dossier AND t.number = o."transaction"'
)
_INSTRUMENTS_OF = """
SELECT i."transaction", i."order", i.id, i.active FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1
AND i."transaction" = CAST(k.value->>0 AS BIGINT) AND i."order" = CAST(k.value->>1 AS BIGINT)
"""
_MOVED_ON = """
SELECT n.previous, n.id, n.active, t.kind, t.status FROM json_each(?2) k
CROSS JOIN instrument n ON n.dossier = ?1 AND n.previous = CAST(k.value->>0 AS BIGINT)
JOIN "transaction" t ON t.dossier = n.dossier AND t.number = n."transaction" WHERE t.status <> 'cancelled'
"""


class Reader:
    """Reads one dossier through an open connection."""

    def __init__(self, connection: Connection, dossier: str, counters: dict[str, Any] | None = None) -> None:
        self.connection = connection
        self.dossier = dossier
        self.counters = counters or {}  # the dossier's, as they stand after everything that these books have written

    def rows(self, sql: str, *parameters: object) -> Sequence[Any]:
        """The rows of a query whose first parameter is the dossier."""
        return run(self.connection, sql, (self.dossier, *parameters)).all()

    def advance(self, changes: dict[str, Any]) -> None:
        """Move the dossier's counters on."""
        advance_counters(self.connection, self.dossier, changes)
        self.counters |= changes

    # ------------------------------------------------------------ what a document names

    def snapshot(self, wanted: Wanted) -> Snapshot:
        """What the books hold of all that a document names."""
        items, advances = tuple(self._due_items(wanted)), tuple(self._advances(wanted))
        met = {i.third_party: ThirdParty(i.third_party, i.ledger, i.means) for i in (*items, *advances)}
        others = self._third_parties(wanted.third_parties - met.keys())
        transactions, instruments = self._transactions(wanted)
        return Snapshot(
            third_parties=met | {party.code: party for party in others},
            items=items,
            advances=advances,
            instruments=tuple({i.id: i for i in (*instruments, *self._instruments_meeting(wanted))}.values()),
            rates=tuple(self._rates(wanted)),
            transactions=transactions,
            old_cheques=tuple(self._old_cheques(wanted)),
            searched=bool(wanted.criteria),
            next_transaction=self.counters["next_transaction"],
            next_item=self.counters["next_item"],
            next_instrument=self.counters["next_instrument"],
        )

    def _third_parties(self, codes: Collection[str]) -> Iterator[ThirdParty]:
        if not codes:
            return
        sql = (
            "SELECT p.code, p.ledger, p.means FROM json_each(?2) k"
            " CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0"
        )
        for row in self.rows(sql, _keys((code,) for code in codes)):
            yield ThirdParty(*row)

    def _due_items(self, wanted: Wanted) -> Iterator[Item]:
        if not wanted.pieces:
            return iter(())
        sql = (
            f"SELECT {ITEM_COLUMNS} FROM json_each(?2) k CROSS JOIN due_item d ON d.dossier = ?1"
            " AND d.third_party = k.value->>0 AND d.prefix = k.value->>1 AND d.piece = k.value->>2"
            f"{ITEM_JOINS} WHERE {STANDING} ORDER BY d.id"
        )
        return map(item, self.rows(sql, _keys(wanted.pieces)))

    def _advances(self, wanted: Wanted) -> Iterator[Item]:
        if not wanted.orders:
            return iter(())
        sql = (
            f"SELECT {ITEM_COLUMNS} FROM json_each(?2) k CROSS JOIN due_item d ON d.dossier = ?1"
            ' AND d."transaction" = CAST(k.value->>0 AS BIGINT)'
            ' AND d."order" = CAST(k.value->>1 AS BIGINT)'
            f" AND d.kind = 'advance'{ITEM_JOINS} WHERE {STANDING} ORDER BY d.id"
        )
        return map(item, self.rows(sql, _keys(wanted.orders)))

    def _transactions(self, wanted: Wanted) -> tuple[frozenset[int], list[Instrument]]:
        """The numbers named that exist, and the instruments of the orders named."""
        if not wanted.orders:
            return frozenset(), []
        sql = (
            f'SELECT t.number, {INSTRUMENT_COLUMNS} FROM json_each(?2) k CROSS JOIN "transaction" t ON t.dossier = ?1'
            " AND t.number = CAST(k.value->>0 AS BIGINT)"
            ' LEFT JOIN instrument i ON i.dossier = t.dossier AND i."transaction" = t.number'
            ' AND i."order" = CAST(k.value->>1 AS BIGINT)'
        )
        rows = self.rows(sql, _keys(wanted.orders))
        return frozenset(row[0] for row in rows), [instrument(row[1:]) for row in rows if row[1] is not None]

    def _instruments_meeting(self, wanted: Wanted) -> Iterator[Instrument]:
        """The lowest active ones for each criteria: no more than the document could take, and one to see a tie.

        Searches by the home amount and searches by the amount in currency each go through an index of their own.
        """
        criteria = [(c.third_party, c.direction, c.state, c.currency, c.amount, c.home) for c in wanted.criteria]
        by_home = [c for c in criteria if c[5] is not None]
        by_amount = [c for c in criteria if c[5] is None]
        both = (
            " AND i.home = CAST(k.value->>5 AS BIGINT) AND (k.value->>3 = '' OR i.currency = k.value->>3)"
            " AND (k.value->>4 IS NULL OR i.amount = CAST(k.value->>4 AS BIGINT))"
        )
        alone = " AND i.amount = CAST(k.value->>4 AS BIGINT) AND i.currency = k.value->>3"
        for searched, condition in ((by_home, both), (by_amount, alone)):
            if searched:
                yield from self._lowest(searched, condition, wanted.moved + 1)

    def _lowest(self, criteria: Sequence[tuple[object, ...]], condition: str, most: int) -> Iterator[Instrument]:
        sql = (
            f"SELECT {INSTRUMENT_COLUMNS} FROM (SELECT i.*, row_number() OVER (PARTITION BY k.key"
            ' ORDER BY i."transaction", i."order", i.id) AS rank FROM json_each(?2) k'
            " CROSS JOIN instrument i ON i.dossier = ?1 AND i.active = 1 AND i.third_party = k.value->>0"
            f" AND i.direction = k.value->>1 AND i.state = k.value->>2{condition}) i WHERE i.rank <= ?3"
        )
        return map(instrument, self.rows(sql, _keys(criteria), most))

    def _old_cheques(self, wanted: Wanted) -> Iterator[Instrument]:
        """The oldest cheques in portfolio, one more than a warning names."""
        if wanted.cheques_before is None:
            return iter(())
        sql = (
            f"SELECT {INSTRUMENT_COLUMNS} FROM instrument i WHERE i.dossier = ?1 AND i.active = 1 AND i.state = 'C30'"
            f" AND i.date < ?2 AND i.direction = 'encashment' ORDER BY i.date, i.id LIMIT {LISTED_MOST + 1}"
        )
        return map(instrument, self.rows(sql, wanted.cheques_before.isoformat()))

    def _rates(self, wanted: Wanted) -> Iterator[TableRate]:
        """All the rates of the currencies named."""
        currencies = [(code,) for code in wanted.currencies if code]
        if not currencies:
            return
        sql = (
            "SELECT r.currency, r.date, r.rate FROM json_each(?2) k CROSS JOIN rate r"
            " ON r.dossier = ?1 AND r.currency = k.value->>0"
        )
        for code, day, rate in self.rows(sql, _keys(currencies)):
            found = rate_of(rate)
            if found is not None:
                yield TableRate(code, _day(day), found, rate)

    # ------------------------------------------------------------ what was done before

    def kept(self, caller: str, key: str) -> Kept | None:
        """What was answered under this key."""
        sql = "SELECT digest, answer FROM kept_answer WHERE dossier = ?1 AND caller = ?2 AND key = ?3"
        rows = self.rows(sql, caller, key)
        return Kept(*rows[0]) if rows else None

    def done_with(self, caller: str, digest: str) -> list[Done]:
        """The settlements done by this caller in documents of this content, latest last."""
        sql = (
            f"SELECT {DONE_COLUMNS} JOIN document d ON d.dossier = o.dossier AND d.id = o.document"
            " WHERE o.dossier = ?1 AND d.caller = ?2 AND d.digest = ?3 AND o.replayed = 0 ORDER BY o.document"
        )
        return self._became(self.rows(sql, caller, digest))

    def done_like(self, caller: str, identities: frozenset[str], since: datetime) -> list[Done]:
        """The settlements with one of these identities done by this caller since then, latest last."""
        sql = (
            f"SELECT {DONE_COLUMNS.replace('FROM', 'FROM json_each(?3) k CROSS JOIN', 1)}"
            " WHERE o.dossier = ?1 AND o.caller = ?2 AND o.identity = k.value->>0"
            " AND o.replayed = 0 AND o.received_at >= ?4 ORDER BY o.document"
        )
        keys = _keys((identity,) for identity in identities)
        return self._became(self.rows(sql, caller, keys, since.isoformat()))

    def done_as(self, caller: str, numbers: frozenset[str]) -> list[Done]:
        """The settlements done by this caller under these REGLEMENTNUM, latest last."""
        sql = (
            f"SELECT {DONE_COLUMNS.replace('FROM', 'FROM json_each(?3) k CROSS JOIN', 1)}"
            " WHERE o.dossier = ?1 AND o.caller = ?2 AND o.reglement_num = k.value->>0"
            " AND o.reglement_num <> '' AND o.replayed = 0 ORDER BY o.document"
        )
        return self._became(self.rows(sql, caller, _keys((number,) for number in numbers)))

    def _became(self, rows: Sequence[Any]) -> list[Done]:
        """What was done, and what became of it: a header is returned while a payment of it is back unpaid."""
        if not rows:
            return []
        done = [_done(row) for row in rows]
        returned = self._returned((d.transaction, d.order) for d in done)
        return [
            msgspec.structs.replace(d, status="returned") if (d.transaction, d.order) in returned and d.stands else d
            for d in done
        ]

    def _returned(self, orders: Iterable[OrderKey]) -> set[OrderKey]:
        """The orders that made a payment, or moved one, that is back unpaid now."""
        made = {row[2]: row for row in self.rows(_INSTRUMENTS_OF, _keys(orders))}
        lives = self.moved_on([row[2] for row in made.values() if not row[3]])
        return {
            (made[first][0], made[first][1])
            for first, (_, _, active, kind, _) in lives.items()
            if active and kind == "unpaid"
        }

    def moved_on(self, instruments: Iterable[int]) -> dict[int, Any]:
        """What each of these instruments has become, where it has moved on: the row of _MOVED_ON of the last one.

        One question for each step: a payment's life is short, and SQLite's plan for a recursive question looks at every
        instrument there is.
        """
        last: dict[int, Any] = {}
        at = {identity: identity for identity in instruments}
        while at:
            step = {}
            for row in self.rows(_MOVED_ON, _keys((identity,) for identity in at)):
                first = at[row[0]]
                last[first], step[row[1]] = row, first
            at = step
        return last


def _keys(values: Iterable[object]) -> str:
    """Keys as one JSON parameter; nothing depends on their order."""
    return _json(list(values)).decode()


@cache
def held(code: str) -> Currency:
    """The currency of a stored code."""
    found = currency(code)
    assert found is not None, code
    return found


def vat_lines(text: str | None) -> tuple[Vat, ...]:
    """The VAT lines of a stored invoice."""
    if not text or text == "[]":
        return ()
    return tuple(Vat(Fraction(rate), base, amount) for rate, base, amount in msgspec.json.decode(text))


def item(row: Any) -> Item:
    """An Item from a row of ITEM_COLUMNS."""
    (
        id_, kind, ledger, party, prefix, piece, day, due, code, amount, open_, carried, origin_amount,
        origin_carried, disputed, means, previous, invoice, transaction, order, vat, parked, settled, passed_on,
        account,
    ) = row  # fmt: skip
    return Item(
        id_, kind, ledger, party, prefix, piece, _day(day), _day(due), held(code), amount, open_, carried,
        origin_amount, origin_carried, bool(disputed), means, previous, invoice, transaction, order, vat_lines(vat),
        tuple(msgspec.json.decode(parked)) if parked else (), settled, passed_on,
        account,
    )  # fmt: skip


def instrument(row: Any) -> Instrument:
    """An Instrument from a row of INSTRUMENT_COLUMNS."""
    id_, transaction, order, state, direction, party, code, amount, home, day, bank, previous, active = row
    return Instrument(
        id_, transaction, order, state, direction, party, held(code), amount, home, _day(day), bank, previous,
        bool(active),
    )  # fmt: skip


def _done(row: Any) -> Done:
    position, identity, number, transaction, order, at, status = row
    return Done(position, identity, number, transaction, order, datetime.fromisoformat(at), status)

"""Deposit slips in the database: what waits for one, those made, and writing both."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import msgspec

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.reading import INSTRUMENT_COLUMNS, Reader, held, instrument
from lettrage.adapters.store.sql import run, run_many
from lettrage.bank.slip import Drawn, Facts, Kind, Made, Slip, Waiting
from lettrage.books.chain import shown
from lettrage.books.entry import Entry, Line
from lettrage.company.dossier import Company

_day = date.fromisoformat
_json = msgspec.json.Encoder().encode

# A loaded deposit has no instrument before it: its value stands on the 30 state of its means.
_WAITING = f"""
SELECT {INSTRUMENT_COLUMNS}, t.date, h.state_change, h.home, p.state, p.bank
FROM "transaction" t
CROSS JOIN instrument i ON i.dossier = t.dossier AND i."transaction" = t.number
CROSS JOIN header h ON h.dossier = i.dossier AND h."transaction" = i."transaction" AND h."order" = i."order"
LEFT JOIN instrument p ON p.dossier = i.dossier AND p.id = i.previous
WHERE t.dossier = ?1 AND t.status = 'awaiting_slip' ORDER BY t.number, i."order", i.id
"""
_STATUSES = """
SELECT t.number, t.status, t.slip FROM json_each(?2) k
CROSS JOIN "transaction" t ON t.dossier = ?1 AND t.number = CAST(k.value->>0 AS BIGINT)
"""
_LAST = "SELECT year, max(sequence) FROM slip WHERE dossier = ?1 AND bank = ?2 GROUP BY year"
_SLIPS = """
SELECT s.number, s.bank, s.date, s.state_change, s.currency, s.total, s.status, s.posting, e.year, e.number, r.year,
       r.number
FROM slip s JOIN entry e ON e.dossier = s.dossier AND e.posting = s.posting
LEFT JOIN entry r ON r.dossier = s.dossier AND r.posting = s.reversal
WHERE s.dossier = ?1
"""
_ON_SLIPS = """
SELECT x.slip, x."transaction", count(i.id)
FROM slip_transaction x JOIN instrument i ON i.dossier = x.dossier AND i."transaction" = x."transaction"
WHERE x.dossier = ?1 GROUP BY x.slip, x."transaction" ORDER BY x.slip, x."transaction"
"""
# A cheque is known by what brought it into portfolio: the transaction right before, or its own for a loaded one.
_DRAWN = """
SELECT i.id, i."transaction", i."order", i.state, i.third_party, y.record, i.amount, g."transaction", g."order",
       g.reglement_num, i.active
FROM slip_transaction x
CROSS JOIN instrument i ON i.dossier = x.dossier AND i."transaction" = x."transaction"
JOIN third_party y ON y.dossier = i.dossier AND y.code = i.third_party
LEFT JOIN instrument p ON p.dossier = i.dossier AND p.id = i.previous
JOIN header g ON g.dossier = i.dossier AND g."transaction" = coalesce(p."transaction", i."transaction")
     AND g."order" = coalesce(p."order", i."order")
WHERE x.dossier = ?1 AND x.slip = ?2 ORDER BY i."transaction", i."order", i.id
"""
_ENTRY = 'SELECT date, journal, label, piece, "transaction", slip FROM entry WHERE dossier = ?1 AND posting = ?2'
_ENTRY_LINES = (
    "SELECT account, debit - credit, currency, amount, third_party, item FROM entry_line"
    " WHERE dossier = ?1 AND posting = ?2 ORDER BY line"
)
_POSTED = (
    "UPDATE \"transaction\" SET status = 'posted', slip = ?3"
    " WHERE dossier = ?1 AND number = ?2 AND status = 'awaiting_slip'"
)
_WAITING_AGAIN = (
    "UPDATE \"transaction\" SET status = 'awaiting_slip', slip = NULL WHERE dossier = ?1 AND number = ?2 AND slip = ?3"
)
_TAKEN_BACK = "UPDATE slip SET status = 'cancelled', reversal = ?3 WHERE dossier = ?1 AND number = ?2"


class Slips(Reader):
    """The deposit slips of one dossier."""

    company: Company

    def waiting_for_slip(self) -> list[Waiting]:
        """Every deposit that awaits its slip, by transaction."""
        rows = self.rows(_WAITING)
        return [self._waiting(number, list(own)) for number, own in groupby(rows, key=lambda row: int(row[1]))]

    def _waiting(self, number: int, rows: Sequence[Any]) -> Waiting:
        homes: dict[int, int] = {}  # by order: each header once, whatever it moved
        moved = []
        for *columns, _, _, home, state_before, bank_before in rows:
            now = instrument(columns)
            homes[now.order] = home
            before = (state_before or f"{now.state[:1]}30", bank_before or now.bank)
            moved.append(msgspec.structs.replace(now, state=before[0], bank=before[1]))
        first, change = instrument(rows[0][:-5]), rows[0][-4]
        kind = Kind(
            first.bank,
            change or self.company.slip_change(first.state, first.direction),
            first.direction,
            first.state,
            first.currency.code,
        )
        return Waiting(number, _day(rows[0][-5]), kind, sum(homes.values()), tuple(moved))

    def slip_facts(self, bank: str, named: Sequence[int]) -> Facts:
        """What awaits a slip, what the transactions named are, and how far the bank's slips are numbered."""
        statuses = self.rows(_STATUSES, _json([[number] for number in named]).decode())
        return Facts(
            tuple(self.waiting_for_slip()),
            {number: (status, slip) for number, status, slip in statuses},
            dict(tuple(row) for row in self.rows(_LAST, bank)),
        )

    def slips(self) -> list[Made]:
        """Every slip made, by year, bank and number, without its instruments."""
        on_slip: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for slip, transaction, count in self.rows(_ON_SLIPS):
            on_slip[slip].append((transaction, count))
        return [_made(row, on_slip[row[0]]) for row in self.rows(f"{_SLIPS} ORDER BY s.year, s.bank, s.sequence")]

    def slip(self, number: str) -> Made | None:
        """A slip with every instrument on it."""
        rows = self.rows(f"{_SLIPS} AND s.number = ?2", number)
        if not rows:
            return None
        drawn = tuple(self._drawn(number))
        on_slip = [(transaction, len(list(own))) for transaction, own in groupby(drawn, key=lambda d: d.transaction)]
        return msgspec.structs.replace(_made(rows[0], on_slip), drawn=drawn)

    def _drawn(self, number: str) -> Iterator[Drawn]:
        for id_, transaction, order, state, party, record, amount, by, by_order, number_then, active in self.rows(
            _DRAWN, number
        ):
            name = msgspec.json.decode(record).get("name") or party
            received_by = f"{by}/{by_order}"
            yield Drawn(
                id_, transaction, order, state, party, name, amount, received_by, number_then, bool(active)
            )  # fmt: skip

    def slip_entry(self, slip: Made) -> Entry:
        """The entry of a slip as it was posted."""
        ((day, journal, label, piece, transaction, number),) = self.rows(_ENTRY, slip.posting)
        lines = [
            Line(account, home, held(code), amount, party, item)
            for account, home, code, amount, party, item in self.rows(_ENTRY_LINES, slip.posting)
        ]
        return Entry(_day(day), journal, label, piece, tuple(lines), transaction, number)

    def record_slip(self, slip: Slip, posting: int) -> None:
        """Write a slip posted by this entry; its transactions await it no longer."""
        row = (
            self.dossier, slip.number, slip.kind.bank, slip.year, slip.sequence, slip.date.isoformat(),
            slip.kind.change, slip.kind.currency, slip.total, slip.home, "posted", posting, None,
        )  # fmt: skip
        writing.insert(self.connection, schema.slip, [row])
        writing.insert(
            self.connection, schema.slip_transaction, ((self.dossier, slip.number, t) for t in slip.transactions)
        )
        run_many(self.connection, _POSTED, self._each(slip.transactions, slip.number))

    def record_slip_taken_back(self, slip: Made, posting: int) -> None:
        """Write that this entry took a slip back; its transactions await a slip again."""
        run(self.connection, _TAKEN_BACK, (self.dossier, slip.number, posting))
        run_many(self.connection, _WAITING_AGAIN, self._each(slip.transactions, slip.number))

    def _each(self, transactions: Iterable[int], slip: str) -> list[tuple[object, ...]]:
        return [(self.dossier, transaction, slip) for transaction in transactions]


def _made(row: Any, on_slip: Sequence[tuple[int, int]]) -> Made:
    number, bank, day, change, code, total, status, posting, year, entry, of_year, of_entry = row
    return Made(
        number,
        bank,
        _day(day),
        change,
        held(code),
        total,
        status,
        posting,
        shown(year, entry),
        shown(of_year, of_entry) if of_year else None,
        tuple(transaction for transaction, _ in on_slip),
        sum(count for _, count in on_slip),
    )

"""What is in the drawer, what awaits its slip, what went to the bank or came back; slips, the newest first."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from lettrage.adapters.store.looks.home import STILL_UNPAID
from lettrage.adapters.store.reading import INSTRUMENT_COLUMNS, Reader, instrument
from lettrage.bank.portfolio import BankSlips, Counts, Held, SlipLine, Total, counted_states
from lettrage.company.dossier import Company
from lettrage.company.states import Direction
from lettrage.limits import COUNTED

Place = tuple[int | str, ...]
_json = msgspec.json.Encoder().encode

_TOTALS = """
SELECT 'held' AS kind, i.state, i.direction, i.bank, i.currency, count(*) AS n,
       CAST(sum(i.amount) AS BIGINT) AS amount, CAST(sum(i.home) AS BIGINT) AS home
FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1 AND i.active = 1 AND i.state = k.value->>0
GROUP BY i.state, i.direction, i.bank, i.currency
UNION ALL
SELECT 'awaiting', CASE WHEN p.id IS NULL THEN substr(i.state, 1, 1) || '30' ELSE p.state END, i.direction, i.bank,
       i.currency, count(*), CAST(sum(i.amount) AS BIGINT), CAST(sum(i.home) AS BIGINT)
FROM "transaction" t CROSS JOIN instrument i ON i.dossier = t.dossier AND i."transaction" = t.number
LEFT JOIN instrument p ON p.dossier = i.dossier AND p.id = i.previous
WHERE t.dossier = ?1 AND t.status = 'awaiting_slip' GROUP BY 2, i.direction, i.bank, i.currency
UNION ALL
SELECT 'at_the_bank', '', '', '', '', count(*), 0, 0 FROM (
    SELECT 1 AS one FROM json_each(?3) k
    CROSS JOIN instrument i ON i.dossier = ?1 AND i.active = 1 AND i.state = k.value->>0
         AND i.direction = 'encashment' LIMIT ?4) b
UNION ALL
SELECT 'slips', '', '', '', '', count(*), 0, 0 FROM (SELECT 1 AS one FROM slip s WHERE s.dossier = ?1 LIMIT ?4) s
"""
_UNPAID = f"SELECT 'unpaid', '', '', '', '', count(*), 0, 0 {STILL_UNPAID}"
_COUNTS = f"{_TOTALS} UNION ALL {_UNPAID}"

_SHOWN = f"{INSTRUMENT_COLUMNS}, p.record, h.label, h.reglement_num, coalesce(t.slip, '')"
_WITH = """
JOIN third_party p ON p.dossier = i.dossier AND p.code = i.third_party
JOIN header h ON h.dossier = i.dossier AND h."transaction" = i."transaction" AND h."order" = i."order"
"""
_OF = 'JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction"'
_FILTER = """
(?4 = '' OR lower(p.code) LIKE ?5 OR lower(p.record) LIKE ?5 OR lower(h.label) LIKE ?5
 OR lower(h.reglement_num) LIKE ?5 OR CAST(i."transaction" AS VARCHAR) = ?4 OR CAST(i.amount AS VARCHAR) LIKE ?6)
"""
_HELD = f"""
SELECT {_SHOWN} FROM instrument i {_OF} {_WITH}
WHERE i.dossier = ?1 AND i.active = 1 AND i.state = ?2 AND i.direction = ?3 AND {_FILTER} AND i.currency = ?7
"""
# By when it came, in either order, on from where the page before ended.
_OLDEST = f"{_HELD} AND (i.date, i.id) > (?8, ?9) ORDER BY i.date, i.id LIMIT ?10"
_NEWEST = f"{_HELD} AND (i.date, i.id) < (?8, ?9) ORDER BY i.date DESC, i.id DESC LIMIT ?10"
_NAMED = f"""
SELECT {_SHOWN} FROM json_each(?2) k
CROSS JOIN instrument i ON i.dossier = ?1 AND i."transaction" = CAST(k.value->>0 AS BIGINT)
     AND i."order" = CAST(k.value->>1 AS BIGINT) AND i.active = 1
{_OF} {_WITH} ORDER BY i.date, i.id
"""
# What came back, as the transaction that took it back has it.
_CAME_BACK = INSTRUMENT_COLUMNS.replace('i."transaction", i."order"', 'u."transaction", 1').replace("i.date", "t.date")
_RETURNED = f"""
SELECT {_CAME_BACK}, p.record, u.reason, '', '' {STILL_UNPAID} AND u."transaction" < ?2
ORDER BY u."transaction" DESC LIMIT ?3
"""
_SLIPS = """
SELECT s.number, s.bank, s.date, s.state_change, s.currency, s.total, s.status, s.posting,
       (SELECT count(*) FROM slip_transaction x
        JOIN instrument i ON i.dossier = x.dossier AND i."transaction" = x."transaction"
        WHERE x.dossier = ?1 AND x.slip = s.number)
FROM slip s WHERE s.dossier = ?1 AND s.posting < ?2 AND (?3 = '' OR s.bank = ?3) ORDER BY s.posting DESC LIMIT ?4
"""
_BY_BANK = "SELECT bank, count(*), max(date) FROM slip WHERE dossier = ?1 AND status = 'posted' GROUP BY bank"
_FAR = 2**62


class _Named(msgspec.Struct):
    """What of a third party's record is shown here."""

    name: str = ""


_named = msgspec.json.Decoder(_Named).decode


class PortfolioLooks(Reader):
    """Instruments by state, and slips."""

    company: Company

    def portfolio_counts(self) -> Counts:
        """How many there are of everything, with their sums while they are in hand. One statement."""
        states, at_the_bank = counted_states(self.company), _at_the_bank(self.company)
        rows = self.rows(_COUNTS, _keys(states), _keys(at_the_bank), COUNTED + 1)
        single = {row[0]: row[5] for row in rows if row[0] not in ("held", "awaiting")}
        totals = tuple(Total(*row) for row in rows if row[0] in ("held", "awaiting"))
        return Counts(totals, single["at_the_bank"], single["unpaid"], single["slips"])

    def held(
        self,
        state: str,
        direction: Direction,
        currency: str,
        search: str,
        after: Place,
        limit: int,
        *,
        newest: bool = False,
    ) -> tuple[list[Held], Place | None]:
        """What is in one state in one currency, by day, and where the list goes on."""
        first: Place = ("9999-12-31", _FAR) if newest else ("", 0)
        words, figures = search.lower(), "".join(c for c in search if c.isdigit())
        like, amount = f"%{_plain(words)}%", f"{figures}%" if figures and _is_figure(search) else "-"
        rows = self.rows(
            _NEWEST if newest else _OLDEST,
            state, direction, words, like, amount, currency, *(after if len(after) == 2 else first), limit + 1,
        )  # fmt: skip
        found = [_held(row) for row in rows[:limit]]
        last = found[-1].instrument if len(rows) > limit else None
        return found, (last.date.isoformat(), last.id) if last else None

    def held_named(self, references: Collection[tuple[int, int]]) -> list[Held]:
        """The active instruments of these transactions and orders, by day."""
        return [_held(row) for row in self.rows(_NAMED, _json([list(one) for one in references]).decode())]

    def still_unpaid(self, after: Place, limit: int) -> tuple[list[Held], Place | None]:
        """What came back and was neither presented again nor replaced, the newest first; its label is the reason."""
        before = after[0] if len(after) == 1 else _FAR
        rows = self.rows(_RETURNED, before, limit + 1)
        found = [_held(row) for row in rows[:limit]]
        return found, (found[-1].instrument.transaction,) if len(rows) > limit else None

    def slip_lines(self, bank: str, after: Place, limit: int) -> tuple[list[SlipLine], Place | None]:
        """Slips of a bank, or of all, the newest first."""
        before = after[0] if len(after) == 1 else _FAR
        found = [SlipLine(*row) for row in self.rows(_SLIPS, before, bank, limit + 1)]
        return found[:limit], (found[limit - 1].posting,) if len(found) > limit else None

    def slips_by_bank(self) -> dict[str, BankSlips]:
        """The slips of each bank that stand."""
        return {row[0]: BankSlips(*row) for row in self.rows(_BY_BANK)}


def _keys(texts: Iterable[str]) -> str:
    return _json([[text] for text in sorted(texts)]).decode()


def _at_the_bank(company: Company) -> Sequence[str]:
    return [code for code in company.states if code.endswith("50")]


def _plain(text: str) -> str:
    """A text to look for: its own signs for "anything" mean nothing special."""
    return text.replace("%", "_").replace('"', "_").replace("\\", "_")


def _is_figure(text: str) -> bool:
    return all(c.isdigit() or c in ",. \u00a0\u202f" for c in text)


def _held(row: Any) -> Held:
    *columns, record, label, number, slip = row
    moved = instrument(columns)
    return Held(moved, _named(record).name or moved.third_party, label, number, slip)

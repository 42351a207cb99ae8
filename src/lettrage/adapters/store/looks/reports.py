"""What the reports ask of the books: sums and lines up to a day, and up to the last entry that is known.

Everything here comes from rows that are never changed: entries, their lines, and of due items and instruments what
they were made with. So a past day gives what it gave then.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from lettrage.adapters.store.reading import STANDING, Reader, held
from lettrage.books.late import Claimed
from lettrage.books.reports.asked import AccountSum, HeldThen, Mark, Movement, OpenSum, Paid, Posted, Wanted
from lettrage.company.customer import kept
from lettrage.company.dossier import Company
from lettrage.company.late import is_public
from lettrage.company.states import Direction
from lettrage.dates import PARIS
from lettrage.settlement.document import Ledger

_json = msgspec.json.Encoder().encode
_OPEN = """
SELECT l.account, d.third_party, CASE WHEN d.kind = 'advance' THEN 1 ELSE 0 END, d.due_date,
       CAST(sum(l.debit - l.credit) AS BIGINT)
FROM entry_line l JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
JOIN due_item d ON d.dossier = l.dossier AND d.id = l.item
WHERE l.dossier = ?1 AND d.ledger = ?2 AND e.date <= ?3 AND l.posting <= ?4
GROUP BY l.account, d.third_party, 3, d.due_date HAVING sum(l.debit - l.credit) <> 0
"""
_ACCOUNTS = """
SELECT l.account, l.third_party, CAST(sum(l.debit - l.credit) AS BIGINT) FROM json_each(?2) k
CROSS JOIN entry_line l ON l.dossier = ?1 AND l.account = k.value->>0
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
WHERE e.date <= ?3 AND l.posting <= ?4 GROUP BY l.account, l.third_party
"""
_CARRIED = f"""
SELECT CASE WHEN d.kind = 'advance' THEN ?3 WHEN d.account <> '' THEN d.account ELSE ?4 END, d.third_party,
       CAST(sum(CASE d.ledger WHEN 'customer' THEN d.carried ELSE -d.carried END) AS BIGINT)
FROM due_item d WHERE d.dossier = ?1 AND d.open <> 0 AND d.ledger = ?2
  AND (d."transaction" IS NULL OR {STANDING}) GROUP BY 1, d.third_party
"""
_LEDGERS = """
SELECT p.code, p.ledger FROM json_each(?2) k CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0
"""
_LINES = """
SELECT l.posting, l.line, e.year, e.number, e.date, e.journal, e.piece, e.label, l.account, l.third_party,
       l.debit, l.credit
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
WHERE e.dossier = ?1 AND e.date >= ?2 AND e.date <= ?3 AND e.posting <= ?4 AND (?5 = '' OR e.journal = ?5)
  AND (?6 = '' OR l.third_party = ?6) AND (?7 = '[]' OR l.account IN (SELECT k.value->>0 FROM json_each(?7) k))
"""
_MOVED = """
SELECT l.account, CAST(sum(l.debit) AS BIGINT), CAST(sum(l.credit) AS BIGINT)
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
WHERE e.dossier = ?1 AND e.date >= ?2 AND e.date <= ?3 GROUP BY l.account
"""
_INSTRUMENTS = """
SELECT i.id, i."transaction", i."order", i.state, i.direction, i.third_party, i.currency, i.amount, i.home, i.date,
       i.bank, i.previous, t.kind, t.status, t.slip, coalesce(c.received_at, '')
FROM instrument i JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction"
LEFT JOIN document c ON c.dossier = t.dossier AND c.id = t.document
WHERE i.dossier = ?1 AND i.date <= ?2 ORDER BY i."transaction", i."order", i.id
"""
# How often the entries of each transaction stand: those that made it less those that took it back.
_IN_FORCE = """
SELECT e."transaction", CAST(sum(CASE WHEN e.reversal_of IS NULL THEN 1 ELSE -1 END) AS BIGINT) FROM entry e
WHERE e.dossier = ?1 AND e."transaction" IS NOT NULL AND e.date <= ?2 AND e.posting <= ?3 GROUP BY e."transaction"
UNION ALL
SELECT t.number, 1 FROM "transaction" t JOIN entry e ON e.dossier = t.dossier AND e.piece = CAST(t.number AS VARCHAR)
WHERE t.dossier = ?1 AND t.kind = 'loaded' AND e.journal = 'AN' AND e."transaction" IS NULL AND e.date <= ?2
  AND e.posting <= ?3
"""
_ON_SLIPS = """
SELECT x."transaction", 1 FROM slip_transaction x JOIN slip s ON s.dossier = x.dossier AND s.number = x.slip
JOIN entry e ON e.dossier = s.dossier AND e.posting = s.posting
WHERE x.dossier = ?1 AND e.date <= ?2 AND e.posting <= ?3
UNION ALL
SELECT x."transaction", -1 FROM slip_transaction x JOIN slip s ON s.dossier = x.dossier AND s.number = x.slip
JOIN entry e ON e.dossier = s.dossier AND e.posting = s.reversal
WHERE x.dossier = ?1 AND e.date <= ?2 AND e.posting <= ?3
"""
# What of invoices was paid after its due date. A payment that came back, and its return, count for nothing.
_PAID = """
SELECT d.third_party, d.prefix, d.piece, d.due_date, CAST(sum(a.relieved_home) AS BIGINT), t.date
FROM allocation a JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
WHERE a.dossier = ?1 AND a.operation = 'PAYMENT' AND d.ledger = 'customer' AND d.kind = 'invoice'
  AND d.invoice IS NOT NULL
  AND t.date > d.due_date AND t.date <= ?2 AND (?3 = '' OR d.third_party = ?3)
  AND t.status <> 'cancelled' AND t.kind <> 'unpaid' AND NOT EXISTS (
    SELECT 1 FROM unpaid u JOIN "transaction" r ON r.dossier = u.dossier AND r.number = u."transaction"
    WHERE u.dossier = ?1 AND u.undone_transaction = a."transaction" AND u.undone_order = a."order"
      AND r.status <> 'cancelled' AND r.date <= ?2)
GROUP BY d.third_party, d.prefix, d.piece, d.due_date, t.date
"""
_STILL_OPEN = """
SELECT d.third_party, d.prefix, d.piece, d.due_date, CAST(sum(l.debit - l.credit) AS BIGINT)
FROM due_item d CROSS JOIN entry_line l ON l.dossier = d.dossier AND l.item = d.id
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
WHERE d.dossier = ?1 AND d.ledger = 'customer' AND d.kind = 'invoice' AND d.invoice IS NOT NULL AND d.due_date < ?2
  AND (?3 = '' OR d.third_party = ?3) AND e.date <= ?2
GROUP BY d.third_party, d.prefix, d.piece, d.due_date
HAVING sum(l.debit - l.credit) > 0 AND max(CASE WHEN d.open <> 0 THEN d.disputed ELSE 0 END) = 0
"""
# What was claimed of invoices, by drafts that are kept and by entries that nobody took back.
_CLAIMED = """
SELECT c.third_party, c.piece, c.due_date, c.base_home, c."after", c.until, c.interest_home, c.indemnity_home
FROM late_claim c JOIN draft f ON f.dossier = c.dossier AND f.id = c.draft
WHERE c.dossier = ?1 AND (?2 = '' OR c.third_party = ?2) AND NOT EXISTS (
  SELECT 1 FROM entry r WHERE r.dossier = ?1 AND r.reversal_of = f.posting)
ORDER BY c.id
"""
_RECORDS = """
SELECT p.code, p.record FROM json_each(?2) k CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0
"""


class ReportLooks(Reader):
    """Satisfies the port `ReportBooks`, with what other looks have."""

    company: Company

    def mark(self, known_on: date | None) -> Mark:
        """The last entry, or the last that was posted up to the end of a day in Paris."""
        if known_on is None:
            return Mark(self.counters["postings"], self.counters["head"])
        end = datetime.combine(known_on + timedelta(days=1), time(), PARIS).astimezone(UTC)
        until = end.replace(tzinfo=None).isoformat()
        ((posting,),) = self.rows("SELECT max(posting) FROM entry WHERE dossier = ?1 AND posted_at < ?2", until)
        found = self.rows("SELECT hash FROM entry WHERE dossier = ?1 AND posting = ?2", posting or 0)
        return Mark(posting or 0, found[0][0] if found else "", until)

    def open_sums(self, ledger: Ledger, as_of: date, upto: int) -> Sequence[OpenSum]:
        """What lines that name items of this ledger add up to, by account, third party and due date."""
        return msgspec.convert(
            [
                (account, party, bool(advance), due, home)
                for account, party, advance, due, home in self.rows(_OPEN, ledger, as_of.isoformat(), upto)
            ],
            list[OpenSum],
        )

    def account_sums(self, accounts: Collection[str], as_of: date, upto: int) -> Sequence[AccountSum]:
        """What all lines on these accounts add up to, by third party."""
        return [AccountSum(*row) for row in self.rows(_ACCOUNTS, _keys(accounts), as_of.isoformat(), upto)]

    def carried_now(self, ledger: Ledger) -> Sequence[AccountSum]:
        """What open items of this ledger are said to carry now, by account and third party."""
        accounts = self.company.accounts
        rows = self.rows(_CARRIED, ledger, accounts.advance(ledger), accounts.third_party(ledger))
        return [AccountSum(*row) for row in rows]

    def last_day(self) -> date | None:
        """The latest date of an entry."""
        ((day,),) = self.rows("SELECT max(date) FROM entry WHERE dossier = ?1")
        return date.fromisoformat(day) if day else None

    def ledger_of(self, codes: Collection[str]) -> Mapping[str, Ledger]:
        """Whether each of these third parties is a customer or a supplier."""
        return dict(tuple(row) for row in self.rows(_LEDGERS, _keys(codes)))

    def posted(self, wanted: Wanted) -> Sequence[Posted]:
        """The lines that are asked for, in no order."""
        days = wanted.first.isoformat(), wanted.last.isoformat()
        rows = self.rows(_LINES, *days, wanted.upto, wanted.journal, wanted.third_party, _keys(wanted.accounts))
        return msgspec.convert([tuple(row) for row in rows], list[Posted])

    def movements(self, first: date, last: date) -> Sequence[Movement]:
        """What every account was debited and credited with in a period."""
        return [Movement(*row) for row in self.rows(_MOVED, first.isoformat(), last.isoformat())]

    # ------------------------------------------------------------ the portfolio

    def held_then(self, as_of: date, mark: Mark) -> Sequence[HeldThen]:
        """Every instrument that some account of the portfolio carried at the end of a day."""
        day = as_of.isoformat()
        made, slips = (_counted(self.rows(sql, day, mark.posting)) for sql in (_IN_FORCE, _ON_SLIPS))
        rows = self.rows(_INSTRUMENTS, day)
        moved, waiting = set[int](), set[int]()
        for row in rows:
            previous = row[11]
            if previous is not None and made[row[1]] + slips[row[1]] > 0:
                moved.add(previous)
            elif previous is not None and row[13] != "cancelled" and row[15] < (mark.until or "9"):
                waiting.add(previous)
        in_hand = (row for row in rows if row[0] not in moved and made[row[1]] > 0)
        return list(self._in_hand(in_hand, waiting, slips))

    def _in_hand(self, rows: Iterator[Any], waiting: Collection[int], slips: Mapping[int, int]) -> Iterator[HeldThen]:
        for id_, number, order, state, way, party, code, amount, home, day, bank, _, kind, status, slip, _ in rows:
            loaded_so = kind == "loaded" and state.endswith("50") and (status == "awaiting_slip" or slip is not None)
            waited = loaded_so and slips[number] <= 0
            stands_in = f"{state[:1]}30" if waited else state
            direction: Direction = "encashment" if way == "encashment" else "disbursement"
            found = self.company.states.get(stands_in)
            if found is not None and stands_in.endswith("30") and found.account(direction):
                yield HeldThen(
                    number, order, state, direction, party, date.fromisoformat(day), bank,
                    id_ in waiting or waited, held(code), amount, home,
                    self.company.account_of(stands_in, direction, bank),
                )  # fmt: skip

    # ------------------------------------------------------------ late payment

    def paid_late(self, last: date, third_party: str) -> Sequence[Paid]:
        """What customers paid after its due date, and what is overdue and open at the end of a day."""
        day = last.isoformat()
        paid = [
            Paid(party, prefix + piece, date.fromisoformat(due), home, date.fromisoformat(on))
            for party, prefix, piece, due, home, on in self.rows(_PAID, day, third_party)
        ]
        open_ = [
            Paid(party, prefix + piece, date.fromisoformat(due), home)
            for party, prefix, piece, due, home in self.rows(_STILL_OPEN, day, third_party)
        ]
        return paid + open_

    def late_claims(self, third_party: str) -> Sequence[Claimed]:
        """What was claimed for late payment and still is; "": of every third party."""
        return msgspec.convert([tuple(row) for row in self.rows(_CLAIMED, third_party)], list[Claimed])

    def public_buyers(self, codes: Collection[str]) -> Collection[str]:
        """Those of these third parties that are public buyers."""
        customers = (kept(msgspec.json.decode(record)) for _, record in self.rows(_RECORDS, _keys(codes)))
        return {one.code for one in customers if is_public(one.siret, on_chorus=one.chorus is not None, said=one.buyer)}


def _counted(rows: Sequence[Any]) -> Mapping[int, int]:
    found: Counter[int] = Counter()
    for number, times in rows:
        found[number] += times
    return found


def _keys(codes: Collection[str]) -> str:
    return _json([[code] for code in sorted(codes)]).decode()

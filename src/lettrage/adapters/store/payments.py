"""Payment files in the database: what may go into one, those made, what became of each line, and writing it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import msgspec

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.reading import INSTRUMENT_COLUMNS, ITEM_COLUMNS, ITEM_JOINS, STANDING, Reader, held
from lettrage.adapters.store.reading import instrument as instrument_of
from lettrage.adapters.store.reading import item as item_of
from lettrage.adapters.store.sql import run, run_many
from lettrage.bank.payments.file import Candidate, Facts, File, Filed, Sent, Use, became
from lettrage.bank.payments.kinds import KINDS
from lettrage.company.payee import Payee, kept
from lettrage.settlement.document import Instrument, Item

_day = date.fromisoformat
_json = msgspec.json.Encoder().encode
EVERY = 2**62  # files

_ALIVE = "(SELECT l.file FROM payment_file_line l WHERE l.dossier = ?1 AND l.instrument = i.id AND l.status = 'sent')"
_WAITING = f"""
SELECT {INSTRUMENT_COLUMNS}, y.record, h.label, {_ALIVE}
FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1 AND i.active = 1 AND i.state = k.value->>0
JOIN third_party y ON y.dossier = i.dossier AND y.code = i.third_party
JOIN header h ON h.dossier = i.dossier AND h."transaction" = i."transaction" AND h."order" = i."order"
ORDER BY i.id
"""
_NAMED = f"""
SELECT {INSTRUMENT_COLUMNS}, y.record, h.label, {_ALIVE}
FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1 AND i."transaction" = CAST(k.value->>0 AS BIGINT)
JOIN third_party y ON y.dossier = i.dossier AND y.code = i.third_party
JOIN header h ON h.dossier = i.dossier AND h."transaction" = i."transaction" AND h."order" = i."order"
ORDER BY i.id
"""
_EXISTING = """
SELECT t.number FROM json_each(?2) k CROSS JOIN "transaction" t ON t.dossier = ?1
AND t.number = CAST(k.value->>0 AS BIGINT)
"""
# What each of these headers settles: pieces, and when the last of them is due.
_ABOUT = """
SELECT DISTINCT a."transaction", a."order", d.due_date, d.piece
FROM json_each(?2) k CROSS JOIN allocation a ON a.dossier = ?1 AND a."transaction" = CAST(k.value->>0 AS BIGINT)
AND a."order" = CAST(k.value->>1 AS BIGINT)
JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
WHERE d.piece <> '' ORDER BY a."transaction", a."order", d.due_date, d.piece
"""
_USES = """
SELECT l.mandate, max(f.date), max(CASE WHEN l.sequence IN ('OOFF', 'FNAL') THEN 1 ELSE 0 END)
FROM json_each(?2) k CROSS JOIN payment_file_line l ON l.dossier = ?1 AND l.mandate = k.value->>0
JOIN payment_file f ON f.dossier = l.dossier AND f.id = l.file
WHERE l.status = 'sent' GROUP BY l.mandate
"""
_NEXT = "SELECT coalesce(max(id), 0) + 1 FROM payment_file WHERE dossier = ?1"

# What came after an instrument, and after that: states of what stands, "" for nothing.
_AFTER = """(SELECT max(s.state) FROM instrument s
 JOIN "transaction" ts ON ts.dossier = s.dossier AND ts.number = s."transaction" AND ts.status <> 'cancelled'
 WHERE s.dossier = ?1 AND s.previous = i.id)"""
_AFTER_THAT = """(SELECT max(m.state) FROM instrument n
 JOIN "transaction" tn ON tn.dossier = n.dossier AND tn.number = n."transaction" AND tn.status <> 'cancelled'
 JOIN instrument m ON m.dossier = n.dossier AND m.previous = n.id
 JOIN "transaction" tm ON tm.dossier = m.dossier AND tm.number = m."transaction" AND tm.status <> 'cancelled'
 WHERE n.dossier = ?1 AND n.previous = i.id)"""
_STANDS = f"""
SELECT l.file, l.position, l.amount, l.status, i.active, coalesce({_AFTER}, '') AS following,
       coalesce({_AFTER_THAT}, '') AS after
FROM json_each(?2) k
CROSS JOIN payment_file_line l ON l.dossier = ?1 AND l.file = CAST(k.value->>0 AS BIGINT)
JOIN instrument i ON i.dossier = l.dossier AND i.id = l.instrument
"""
_SUMS = f"""
SELECT x.file, x.status, x.active, x.following, x.after, count(*), CAST(sum(x.amount) AS BIGINT)
FROM ({_STANDS}) x GROUP BY x.file, x.status, x.active, x.following, x.after
"""
_FILE = """
SELECT f.id, f.kind, f.version, f.bank, f.message, f.date, f.currency, f.total, f.count, f.sha256, f.made_at, f.by,
       f.why, f.cancelled
FROM payment_file f WHERE f.dossier = ?1
"""
_FILES = f"{_FILE} AND f.id < ?2 ORDER BY f.id DESC LIMIT ?3"
_LINES = f"""
SELECT {INSTRUMENT_COLUMNS}, l.position, l.batch, l.end_to_end, l.amount, l.iban, y.record, l.mandate, l.sequence,
       l.status, l.reason
FROM payment_file_line l JOIN instrument i ON i.dossier = l.dossier AND i.id = l.instrument
JOIN third_party y ON y.dossier = i.dossier AND y.code = i.third_party
WHERE l.dossier = ?1 AND l.file = ?2 ORDER BY l.position
"""
_THESE = f"""
SELECT {INSTRUMENT_COLUMNS} FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1
AND i.id = CAST(k.value->>0 AS BIGINT)
"""
_CONTENT = "SELECT content FROM payment_file WHERE dossier = ?1 AND id = ?2"
_BY_MESSAGE = "SELECT id FROM payment_file WHERE dossier = ?1 AND message = ?2"
_BY_END_TO_END = "SELECT file, position FROM payment_file_line WHERE dossier = ?1 AND end_to_end = ?2"
_WHY = """
SELECT u."transaction", u.reason FROM json_each(?2) k CROSS JOIN unpaid u ON u.dossier = ?1
AND u."transaction" = CAST(k.value->>0 AS BIGINT)
"""
_IN_FILES = """
SELECT DISTINCT l.file FROM instrument i
JOIN payment_file_line l ON l.dossier = i.dossier AND l.instrument = i.id AND l.status = 'sent'
WHERE i.dossier = ?1 AND i."transaction" = ?2 AND i.active = 1 ORDER BY l.file
"""
_CANCELLED = "UPDATE payment_file SET cancelled = 1, why = ?3 WHERE dossier = ?1 AND id = ?2"
_WITHDRAWN = "UPDATE payment_file_line SET status = 'withdrawn' WHERE dossier = ?1 AND file = ?2 AND status = 'sent'"
_REJECTED = (
    "UPDATE payment_file_line SET status = 'rejected', reason = ?4, answer = ?5"
    " WHERE dossier = ?1 AND file = ?2 AND position = ?3 AND status = 'sent'"
)
_ANSWER = "SELECT id FROM bank_file WHERE dossier = ?1 AND sha256 = ?2"
_NEXT_ANSWER = "SELECT coalesce(max(id), 0) + 1 FROM bank_file WHERE dossier = ?1"
_DUE = f"""
SELECT {ITEM_COLUMNS}, p.record FROM due_item d{ITEM_JOINS}
WHERE d.dossier = ?1 AND d.ledger = ?2 AND d.open <> 0 AND d.kind <> 'advance' AND d.currency = 'EUR'
AND (d.due_date <= ?3 OR d.amount < 0) AND {STANDING} ORDER BY d.third_party, d.due_date, d.id
"""
# Of every kind; a payment is made of what waits in one of these states.
_STATES = sorted({state for kind in KINDS.values() for state in kind.states})


class Payments(Reader):
    """The payment files of one dossier."""

    # ------------------------------------------------------------ what may go into one

    def payment_facts(self, named: Sequence[int] = ()) -> Facts:
        """What waits for a file, or what the transactions named hold."""
        keys = [[number] for number in named] if named else [[state] for state in _STATES]
        rows = self.rows(_NAMED if named else _WAITING, _json(keys).decode())
        existing = self.rows(_EXISTING, _json([[number] for number in named]).decode()) if named else ()
        ((following,),) = self.rows(_NEXT)
        return Facts(tuple(self._candidates(rows)), frozenset(row[0] for row in existing), following)

    def _candidates(self, rows: Sequence[Any]) -> Iterable[Candidate]:
        found = [(instrument_of(row[:-3]), *row[-3:]) for row in rows]
        about = self._about({(i.transaction, i.order) for i, *_ in found})
        payees = {i.third_party: kept(msgspec.json.decode(record)) for i, record, _, _ in found}
        uses = self._uses({p.mandate.id for p in payees.values() if p.mandate})
        for instrument, _, label, filed in found:
            payee = payees[instrument.third_party]
            pieces, due = about.get((instrument.transaction, instrument.order), ([], instrument.date))
            used = uses.get(payee.mandate.id) if payee.mandate else None
            yield Candidate(instrument, payee, " ".join(pieces) or label, due, filed, used)

    def _about(self, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], tuple[list[str], date]]:
        """The pieces that these headers settle, and when the last of them is due."""
        rows = self.rows(_ABOUT, _json(sorted(keys)).decode())
        found = {}
        for key, own in groupby(rows, key=lambda row: (row[0], row[1])):
            listed = list(own)
            found[key] = (list(dict.fromkeys(row[3] for row in listed)), _day(listed[-1][2]))
        return found

    def _uses(self, mandates: Iterable[str]) -> dict[str, Use]:
        rows = self.rows(_USES, _json([[mandate] for mandate in sorted(mandates)]).decode())
        return {mandate: Use(_day(last), bool(final)) for mandate, last, final in rows}

    def due_to_pay(self, ledger: str, until: date) -> list[tuple[Item, Payee]]:
        """What is open in euros and due until a day, with all open credit notes, and whom it concerns."""
        rows = self.rows(_DUE, ledger, until.isoformat())
        payees: dict[str, Payee] = {}
        found = []
        for row in rows:
            item = item_of(row[:-1])
            payee = payees.setdefault(item.third_party, kept(msgspec.json.decode(row[-1])))
            found.append((item, payee))
        return found

    def uses_of_mandates(self, mandates: Iterable[str]) -> dict[str, Use]:
        """What these mandates were used for."""
        return self._uses(mandates)

    # ------------------------------------------------------------ those made

    def payment_files(self, before: int = EVERY, limit: int = EVERY) -> list[Filed]:
        """Files, the newest first, without their lines: those numbered before this one, so many."""
        rows = self.rows(_FILES, before, limit)
        sums = self._sums([row[0] for row in rows])
        return [_filed(row, sums[row[0]]) for row in rows]

    def payment_file(self, number: int) -> Filed | None:
        """A file with every line and what became of it."""
        rows = self.rows(f"{_FILE} AND f.id = ?2", number) if number else ()
        if not rows:
            return None
        return msgspec.structs.replace(_filed(rows[0], self._sums([number])[number]), sent=tuple(self._sent(number)))

    def payment_content(self, number: int) -> bytes:
        """A file's bytes, as they were rendered once."""
        ((content,),) = self.rows(_CONTENT, number)
        return bytes(content)

    def payment_file_called(self, message: str) -> int | None:
        """The file with this identification inside."""
        rows = self.rows(_BY_MESSAGE, message)
        return int(rows[0][0]) if rows else None

    def payment_line_called(self, end_to_end: str) -> tuple[int, int] | None:
        """The file, and the position in it, of the line with this end-to-end identification."""
        rows = self.rows(_BY_END_TO_END, end_to_end)
        return (int(rows[0][0]), int(rows[0][1])) if rows else None

    def files_holding(self, transaction: int) -> list[int]:
        """The files that hold what a transaction made and that the bank has still to execute."""
        return [int(row[0]) for row in self.rows(_IN_FILES, transaction)]

    def _sums(self, numbers: Iterable[int]) -> dict[int, dict[str, tuple[int, int]]]:
        """How many lines of these files, and cents, became what."""
        found: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
        keys = _json([[number] for number in numbers]).decode()
        for file, status, active, following, after, count, amount in self.rows(_SUMS, keys):
            key = became(status, active=bool(active), following=following, after=after)
            before = found[file].get(key, (0, 0))
            found[file][key] = (before[0] + count, before[1] + amount)
        return found

    def _sent(self, number: int) -> Iterable[Sent]:
        rows = self.rows(_LINES, number)
        firsts = [instrument_of(row[:-10]) for row in rows]
        moved = self.moved_on(first.id for first in firsts)
        ids = [[row[1]] for row in moved.values()]
        last = {i.id: i for i in map(instrument_of, self.rows(_THESE, _json(ids).decode()))}
        states = self._states(number)
        now = {first.id: last[moved[first.id][1]] if first.id in moved else first for first in firsts}
        why = self._why(now.values())
        for first, row in zip(firsts, rows, strict=True):
            position, batch, end_to_end, amount, iban, record, mandate, sequence, _, reason = row[-10:]
            name = kept(msgspec.json.decode(record)).name or first.third_party
            yield Sent(
                position, batch, first, now[first.id], end_to_end, amount, iban, name, mandate, sequence,
                states[position], reason or why.get(now[first.id].id, ""),
            )  # fmt: skip

    def _states(self, number: int) -> dict[int, Any]:
        rows = self.rows(_STANDS, _json([[number]]).decode())
        return {
            position: became(status, active=bool(active), following=following, after=after)
            for _, position, _, status, active, following, after in rows
        }

    def _why(self, now: Iterable[Instrument]) -> dict[int, str]:
        """Why returned instruments came back, by their number now."""
        returned = {i.transaction: i.id for i in now if i.state.endswith("90")}
        rows = self.rows(_WHY, _json([[number] for number in returned]).decode())
        return {returned[number]: reason for number, reason in rows}

    # ------------------------------------------------------------ writing

    def record_payment_file(self, file: File, at: str, by: str) -> None:
        """Write a file with its lines."""
        draft = file.draft
        batch = Batch()
        batch.insert(
            schema.payment_file,
            [
                (
                    self.dossier, draft.number, draft.kind, draft.version, draft.bank.code, draft.message,
                    draft.date.isoformat(), "EUR", draft.total, len(draft.orders), file.sha256, at, by, "", 0,
                    file.content,
                )
            ],
        )  # fmt: skip
        batch.insert(
            schema.payment_file_line,
            (
                (
                    self.dossier, draft.number, o.position, o.batch, o.instrument, o.end_to_end, o.amount,
                    o.payee.iban, o.mandate, o.sequence, "sent", "", None,
                )
                for o in draft.orders
            ),
        )  # fmt: skip
        batch.write(self.connection)

    def record_payment_cancelled(self, number: int, why: str) -> None:
        """Write that a file is not sent: its instruments are free for another."""
        run(self.connection, _CANCELLED, (self.dossier, number, why))
        run(self.connection, _WITHDRAWN, (self.dossier, number))

    def record_rejections(self, number: int, rejected: Iterable[tuple[int, str]], answer: int | None) -> None:
        """Write that the bank rejected these lines of a file, and why."""
        run_many(
            self.connection,
            _REJECTED,
            [(self.dossier, number, position, reason, answer) for position, reason in rejected],
        )

    def bank_file_there(self, sha256: str) -> int | None:
        """The bank's file of this content, if it was read before."""
        rows = self.rows(_ANSWER, sha256)
        return int(rows[0][0]) if rows else None

    def record_answer(self, name: str, sha256: str, content: bytes, at: str, by: str) -> int:
        """Keep a bank's answer; its number."""
        ((number,),) = self.rows(_NEXT_ANSWER)
        row = (self.dossier, number, name, "pain.002", sha256, at, by, content)
        writing.insert(self.connection, schema.bank_file, [row])
        return int(number)


def _filed(row: Any, sums: dict[str, tuple[int, int]]) -> Filed:
    number, kind, version, bank, message, day, code, total, count, sha256, at, by, why, cancelled = row
    return Filed(
        number, kind, version, bank, message, _day(day), held(code), total, count, sha256, at, by, why,
        bool(cancelled), sums,
    )  # fmt: skip

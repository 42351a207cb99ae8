"""What the matching of bank lines reads of the books: one question for each kind of thing, however many lines."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from lettrage.adapters.store.reading import STANDING, Reader, held
from lettrage.bank.matching.asking import Asked, asked
from lettrage.bank.matching.facts import (
    AtBank,
    Facts,
    Learnt,
    Movement,
    OnSlip,
    Open,
    OpenSlip,
    Party,
    Posted,
    Settled,
    Waiting,
)
from lettrage.bank.matching.names import core
from lettrage.bank.matching.patterns import standard
from lettrage.bank.matching.payers import bare
from lettrage.bank.matching.proposal import Booked
from lettrage.company.dossier import Company

_day = date.fromisoformat
_json = msgspec.json.Encoder().encode

_PARTIES = "SELECT code, ledger, record FROM third_party WHERE dossier = ?1 ORDER BY code"
_ITEMS = (
    "SELECT d.id, d.kind, d.ledger, d.third_party, d.prefix, d.piece, d.date, d.due_date, d.currency, d.open,"
    ' d.disputed, d."transaction", d."order", d.invoice FROM due_item d'
    f" WHERE d.dossier = ?1 AND d.open <> 0 AND {STANDING} ORDER BY d.third_party, d.id"
)
_ANNOUNCED = """
SELECT s.invoice FROM deposit x JOIN sales_document s ON s.dossier = x.dossier AND s.id = x.document
WHERE x.dossier = ?1 AND x.status = 'MISE_EN_PAIEMENT' AND s.invoice IS NOT NULL
"""
# Of very many spellings those that are a number at all. A value asked for each goes by the key on every planner; a join
# becomes a product on PostgreSQL as long as it has no statistics.
_KNOWN = """
SELECT k.value->>0, (SELECT max(d.id) FROM due_item d WHERE d.dossier = ?1 AND d.piece = k.value->>0 AND d.piece <> '')
FROM json_each(?2) k
"""
_SETTLED = f"""
SELECT d.third_party, d.ledger, d.prefix, d.piece, CAST(sum(d.amount - d.passed_on) AS BIGINT)
FROM due_item d WHERE d.dossier = ?1 AND d.piece <> '' AND d.piece IN (SELECT k.value->>0 FROM json_each(?2) k)
AND {STANDING} GROUP BY d.third_party, d.ledger, d.prefix, d.piece
HAVING sum(CASE WHEN d.open <> 0 THEN 1 ELSE 0 END) = 0
"""
# Of a line on a bank's account, what matches that stand account for.
_MATCHED = """coalesce((SELECT CAST(sum(x.amount) AS BIGINT) FROM bank_match_line x
 JOIN bank_match m ON m.dossier = x.dossier AND m.id = x."match" AND m.ended = 0
 WHERE x.dossier = ?1 AND x.posting = l.posting AND x.line = l.line), 0)"""
_ON_BANKS = f"""
SELECT l.posting, l.line, l.account, e.date, l.currency, l.amount, l.debit - l.credit, {_MATCHED}, e.label, e.piece,
       e."transaction", e.slip, t.kind
FROM entry e CROSS JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
JOIN json_each(?4) k ON k.value->>0 = l.account
LEFT JOIN "transaction" t ON t.dossier = e.dossier AND t.number = e."transaction"
WHERE e.dossier = ?1 AND e.date >= ?2 AND e.date <= ?3 AND e.reversal_of IS NULL ORDER BY l.posting, l.line
"""
_REVERSED = "SELECT reversal_of FROM entry WHERE dossier = ?1 AND date >= ?2 AND reversal_of IS NOT NULL"
# Whose a movement is, and which pieces: as the other lines of its entry say, or what it handed in.
_OTHER_LINES = """
SELECT l.posting, l.third_party, coalesce(d.piece, '') FROM entry_line l
LEFT JOIN due_item d ON d.dossier = l.dossier AND d.id = l.item
WHERE l.dossier = ?1 AND l.posting IN (SELECT CAST(k.value->>0 AS BIGINT) FROM json_each(?2) k) AND l.third_party <> ''
"""
_HANDED_IN = """
SELECT i."transaction", i.third_party FROM instrument i
WHERE i.dossier = ?1 AND i."transaction" IN (SELECT CAST(k.value->>0 AS BIGINT) FROM json_each(?2) k) AND i.active = 1
"""
_SLIPS = """
SELECT s.number, s.bank, s.date, s.currency, s.total, s.posting, i.id, i.third_party, i.amount
FROM slip s CROSS JOIN slip_transaction x ON x.dossier = s.dossier AND x.slip = s.number
CROSS JOIN instrument i ON i.dossier = x.dossier AND i."transaction" = x."transaction"
WHERE s.dossier = ?1 AND s.number IN (SELECT k.value->>0 FROM json_each(?2) k) AND s.status = 'posted'
ORDER BY s.number, i.id
"""
# Cheques of a slip that were credited one by one already.
_ONE_BY_ONE = """
SELECT x.posting, x.line, m.proposal FROM bank_match_line x
JOIN bank_match m ON m.dossier = x.dossier AND m.id = x."match" AND m.ended = 0 AND m.kind = 'slip'
WHERE x.dossier = ?1 AND x.posting IN (SELECT CAST(k.value->>0 AS BIGINT) FROM json_each(?2) k)
"""
_INSTRUMENTS = """
SELECT i.id, i.state, i.direction, i.third_party, i.currency, i.amount, i.date, i.bank, i."transaction", i."order",
       p.end_to_end, p.file, f.message
FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1 AND i.active = 1 AND i.state = k.value->>0
LEFT JOIN payment_file_line p ON p.dossier = i.dossier AND p.instrument = i.id AND p.status = 'sent'
LEFT JOIN payment_file f ON f.dossier = p.dossier AND f.id = p.file
ORDER BY i.id
"""
_ABOUT = """
SELECT DISTINCT a."transaction", a."order", d.piece FROM allocation a
JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
WHERE a.dossier = ?1 AND a."transaction" IN (SELECT CAST(k.value->>0 AS BIGINT) FROM json_each(?2) k) AND d.piece <> ''
"""
_AT_BANK = """
SELECT i.id, i.state, i.direction, i.third_party, i.currency, i.amount, i.date, i.bank, i."transaction", i."order",
       coalesce(p.end_to_end, ''), p.file, coalesce(p.mandate, '')
FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1 AND i.active = 1 AND i.state = k.value->>0
AND i.date >= ?3
LEFT JOIN payment_file_line p ON p.dossier = i.dossier AND p.instrument = i.previous AND p.status = 'sent'
WHERE EXISTS (SELECT 1 FROM json_each(?4) a
 WHERE i.amount BETWEEN CAST(a.value->>0 AS BIGINT) AND CAST(a.value->>1 AS BIGINT))
"""
# By the ids of our own files: the payment itself, or what it has become at the bank.
_ANSWERED = """
SELECT i.id, i.state, i.direction, i.third_party, i.currency, i.amount, i.date, i.bank, i."transaction", i."order",
       p.end_to_end, p.file, p.mandate
FROM payment_file_line p
JOIN instrument i ON i.dossier = p.dossier AND i.active = 1 AND (i.id = p.instrument OR i.previous = p.instrument)
WHERE p.dossier = ?1 AND p.end_to_end IN (SELECT k.value->>0 FROM json_each(?2) k) AND p.status = 'sent'
"""
_LEARNT = """
SELECT b.iban, b.name, m.proposal FROM bank_line b
JOIN bank_match m ON m.dossier = b.dossier AND m.line = b.id AND m.ended = 0
WHERE b.dossier = ?1 AND b.{column} <> '' AND b.{column} IN (SELECT k.value->>0 FROM json_each(?2) k) AND b.date >= ?3
AND m.kind IN ('items', 'instruments', 'booked')
"""


class _Record(msgspec.Struct):
    """What of a third party's record tells who it is; what was loaded blank is the same as absent."""

    name: str | None = ""
    ibans: list[str] | str | None = None
    siret: str | None = ""
    chorus: dict[str, Any] | str | None = None


class _Accepted(msgspec.Struct):
    """What of an accepted proposal is learnt from."""

    third_party: str = ""
    instruments: list[int] = []


_record = msgspec.json.Decoder(_Record).decode
_accepted = msgspec.json.Decoder(_Accepted).decode


def _keys(values: Iterable[object]) -> str:
    return _json([[value] for value in values]).decode()


class Matching(Reader):
    """What the books know that lines of statements may be about."""

    company: Company

    def matching_facts(self, movements: Sequence[Movement]) -> Facts:
        """All of it for these lines."""
        wanted = asked(movements, standard())
        posted, slips = self._on_banks(wanted)
        ibans, names = self._learnt(wanted)
        return Facts(
            parties=tuple(self._parties_known()),
            items=tuple(self._open_items()),
            settled=tuple(self._settled(wanted.pieces)),
            slips=slips,
            waiting=tuple(self._waiting_for_bank()),
            posted=posted,
            at_bank=tuple(self._at_bank(wanted)),
            learnt_ibans=ibans,
            learnt_names=names,
        )

    # ------------------------------------------------------------ third parties and what is due

    def _parties_known(self) -> Iterator[Party]:
        for code, ledger, text in self.rows(_PARTIES):
            record = _record(text)
            public = bool(record.chorus) or (record.siret or "")[:1] in ("1", "2")
            yield Party(code, ledger, record.name or "", tuple(record.ibans or ()), public)

    def _open_items(self) -> Iterator[Open]:
        announced = {row[0] for row in self.rows(_ANNOUNCED)}
        for id_, kind, ledger, party, prefix, piece, day, due, code, open_, disputed, transaction, order, invoice in (
            self.rows(_ITEMS)
        ):  # fmt: skip
            yield Open(
                id_, kind, ledger, party, prefix, piece, _day(day), _day(due), held(code), open_, bool(disputed),
                transaction, order, invoice in announced,
            )  # fmt: skip

    def _settled(self, pieces: Collection[str]) -> Iterator[Settled]:
        known = [text for text, found in self.rows(_KNOWN, _keys(sorted(pieces))) if found is not None]
        for row in self.rows(_SETTLED, _keys(known)):
            yield Settled(*row)

    # ------------------------------------------------------------ on the banks' accounts

    def _on_banks(self, wanted: Asked) -> tuple[tuple[Posted, ...], tuple[OpenSlip, ...]]:
        """The lines of banks' accounts that no statement has shown: movements, and slips apart from them.

        What was reversed, and what reversed it, is no movement at the bank.
        """
        banks = {bank.account: bank for bank in self.company.banks.values() if bank.reconcilable}
        since, until = wanted.booked_from.isoformat(), wanted.booked_to.isoformat()
        reversed_ = {row[0] for row in self.rows(_REVERSED, since)}
        movements, on_slips = [], []
        for row in self.rows(_ON_BANKS, since, until, _keys(banks)):
            posting, line, account, day, code, amount, home, matched, *about, slip, kind = row
            bank = banks[account]
            left = (amount if code == bank.currency.code else home) - matched
            if posting in reversed_ or not left:
                continue
            label, piece, transaction = about
            found = Posted(posting, line, bank.code, _day(day), left, label, piece, transaction, kind == "deposit")
            if slip is None:
                movements.append(found)
            else:
                on_slips.append((slip, found))
        return tuple(self._with_parties(movements)), tuple(self._open_slips(on_slips))

    def _with_parties(self, movements: Sequence[Posted]) -> Iterator[Posted]:
        """Movements with whose they are and what they settle."""
        parties: dict[int, dict[str, None]] = defaultdict(dict)
        pieces: dict[int, dict[str, None]] = defaultdict(dict)
        for posting, party, piece in self.rows(_OTHER_LINES, _keys(m.posting for m in movements)):
            parties[posting][party] = None
            if piece:
                pieces[posting][piece] = None
        handed: dict[int, dict[str, None]] = defaultdict(dict)
        deposits = [m.transaction for m in movements if m.deposit and m.transaction is not None]
        for transaction, party in self.rows(_HANDED_IN, _keys(deposits)):
            handed[transaction][party] = None
        for own in movements:
            theirs = parties[own.posting] or (handed[own.transaction] if own.transaction is not None else {})
            yield msgspec.structs.replace(own, third_parties=tuple(theirs), pieces=tuple(pieces[own.posting]))

    def _open_slips(self, lines: Sequence[tuple[str, Posted]]) -> Iterator[OpenSlip]:
        by_number = dict(lines)
        gone: dict[int, set[int]] = defaultdict(set)
        for posting, _, proposal in self.rows(_ONE_BY_ONE, _keys(own.posting for own in by_number.values())):
            gone[posting] |= set(_accepted(proposal).instruments)
        found: dict[str, tuple[Any, list[OnSlip]]] = {}
        for *slip, id_, party, amount in self.rows(_SLIPS, _keys(by_number)):
            found.setdefault(slip[0], (slip, []))[1].append(OnSlip(id_, party, amount))
        for (number, bank, day, code, total, posting), instruments in found.values():
            own = by_number[number]
            left = tuple(one for one in instruments if one.id not in gone[posting])
            booked = Booked(own.posting, own.line, own.amount)
            yield OpenSlip(number, bank, _day(day), held(code), total, own.amount, booked, left)

    # ------------------------------------------------------------ instruments

    def _waiting_for_bank(self) -> Iterator[Waiting]:
        """What is in portfolio or ordered, with the payment file that carries it."""
        states = [code for code in self.company.states if code.endswith("30")]
        rows = self.rows(_INSTRUMENTS, _keys(states))
        pieces: dict[tuple[int, int], list[str]] = defaultdict(list)
        for transaction, order, piece in self.rows(_ABOUT, _keys(sorted({row[8] for row in rows}))):
            pieces[transaction, order].append(piece)
        for id_, state, direction, party, code, amount, day, bank, number, order, end, file, message in rows:
            yield Waiting(
                id_, state, direction, party, held(code), amount, _day(day), bank, number, order,
                tuple(pieces[number, order]), end or "", file, message or "",
            )  # fmt: skip

    def _at_bank(self, wanted: Asked) -> Iterator[AtBank]:
        """What may come back: by amount where lines speak of returns, by the end-to-end ids of our files."""
        states = [code for code in self.company.states if code.endswith("50")]
        rows: list[Any] = []
        if wanted.returned:
            amounts = _json(wanted.returned).decode()
            rows += self.rows(_AT_BANK, _keys(states), wanted.returned_from.isoformat(), amounts)
        if wanted.ends:
            rows += self.rows(_ANSWERED, _keys(sorted(wanted.ends)))
        found: dict[int, Any] = {}
        for row in rows:
            if row[0] not in found or row[10]:
                found[row[0]] = row
        for id_, state, direction, party, code, amount, day, bank, number, order, end, file, mandate in found.values():
            yield AtBank(
                id_, state, direction, party, held(code), amount, _day(day), bank, number, order, end, file, mandate
            )

    # ------------------------------------------------------------ what was learnt

    def _learnt(self, wanted: Asked) -> tuple[Mapping[str, tuple[Learnt, ...]], Mapping[str, tuple[Learnt, ...]]]:
        """Whose payments came from these IBANs, and under these names, by what was accepted."""
        since = wanted.learnt_from.isoformat()
        ibans: dict[str, Counter[str]] = defaultdict(Counter)
        names: dict[str, Counter[str]] = defaultdict(Counter)
        if wanted.ibans:
            for iban, _, proposal in self.rows(_LEARNT.format(column="iban"), _keys(sorted(wanted.ibans)), since):
                ibans[bare(iban)][_accepted(proposal).third_party] += 1
        if wanted.names:
            for _, name, proposal in self.rows(_LEARNT.format(column="name"), _keys(sorted(wanted.names)), since):
                names[core(name)][_accepted(proposal).third_party] += 1
        return _most(ibans), _most(names)


def _most(counted: Mapping[str, Counter[str]]) -> dict[str, tuple[Learnt, ...]]:
    return {
        key: tuple(Learnt(party, times) for party, times in own.most_common() if party) for key, own in counted.items()
    }

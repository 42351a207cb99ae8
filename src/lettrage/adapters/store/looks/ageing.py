"""Money expected by age, of a dossier and of each third party, and what the accounts say of it.

The one place for these figures: the home page, the due items and the clients' pages all ask here. Open items are many,
so an answer is kept in memory as long as the books stay as they are; entries are only ever added, so the balance of an
account is what was summed before and what came since.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from lettrage.adapters.store.looks.memo import Memo
from lettrage.adapters.store.reading import STANDING, Reader
from lettrage.books.ageing import Ageing, PartyAgeing, Receivables, age_of, by_age, edges
from lettrage.books.chain import GENESIS
from lettrage.company.dossier import Company
from lettrage.settlement.document import Ledger

_ADVANCE = -1  # in the place of an age
_OPEN = f'd.dossier = ?1 AND d.ledger = ?2 AND d.open <> 0 AND (d."transaction" IS NULL OR {STANDING})'
_BY_DAY = f"""
SELECT CASE WHEN d.kind = 'advance' THEN 1 ELSE 0 END, d.account, d.due_date, count(*), CAST(sum(d.carried) AS BIGINT)
FROM due_item d WHERE {_OPEN} GROUP BY 1, d.account, d.due_date
"""
# Due dates of all that something happened to after an entry and from a transaction on: items that lines name, what
# transactions settled or made, and what those settled or made that were taken back.
_TOUCHED = """
SELECT DISTINCT d.due_date FROM (
    SELECT l.item AS id FROM entry_line l WHERE l.dossier = ?1 AND l.posting > ?2 AND l.item IS NOT NULL
    UNION SELECT a.item FROM allocation a WHERE a.dossier = ?1 AND a."transaction" >= ?3
    UNION SELECT m.id FROM due_item m WHERE m.dossier = ?1 AND m."transaction" >= ?3
    UNION SELECT a.item FROM entry e JOIN allocation a ON a.dossier = e.dossier AND a."transaction" = e."transaction"
    WHERE e.dossier = ?1 AND e.posting > ?2 AND e.reversal_of IS NOT NULL
    UNION SELECT m.id FROM entry e JOIN due_item m ON m.dossier = e.dossier AND m."transaction" = e."transaction"
    WHERE e.dossier = ?1 AND e.posting > ?2 AND e.reversal_of IS NOT NULL
) t JOIN due_item d ON d.dossier = ?1 AND d.id = t.id
"""
_OF_DAYS = f"""
SELECT CASE WHEN d.kind = 'advance' THEN 1 ELSE 0 END, d.account, d.due_date, count(*), CAST(sum(d.carried) AS BIGINT)
FROM json_each(?3) k CROSS JOIN due_item d ON d.dossier = ?1 AND d.due_date = k.value->>0
WHERE {_OPEN} GROUP BY 1, d.account, d.due_date
"""
_FEW = 100  # due dates that are summed again by themselves; beyond, everything is
_AGE = (
    f"CASE WHEN d.kind = 'advance' THEN {_ADVANCE} WHEN d.due_date >= ?3 THEN 0 WHEN d.due_date >= ?4 THEN 1"
    " WHEN d.due_date >= ?5 THEN 2 WHEN d.due_date >= ?6 THEN 3 ELSE 4 END"
)
_BY_PARTY = f"""
SELECT d.third_party, {_AGE}, count(*), CAST(sum(d.carried) AS BIGINT) FROM due_item d
WHERE {_OPEN} GROUP BY d.third_party, 2 ORDER BY d.third_party
"""
_POSTED = """
SELECT account, CAST(sum(debit) - sum(credit) AS BIGINT) FROM entry_line WHERE dossier = ?1 AND posting > ?2
GROUP BY account
"""
_Days = list[tuple[bool, str, date, int, int]]  # advances, account ("": its ledger's own), due date, how many, carried
_days: Memo[tuple["_State", _Days]] = Memo(256)
_parties: Memo[tuple[PartyAgeing, ...]] = Memo(16)  # of a day each, and as long as there are third parties
_balances: Memo[tuple[int, dict[str, int]]] = Memo(256)  # up to which entry, and what each account has


class _State(msgspec.Struct, frozen=True):
    """Where books stand that were summed: their last entry, its hash, the number of the next transaction."""

    postings: int
    head: str
    transaction: int


class AgeingLooks(Reader):
    """What is open by age."""

    company: Company

    def ageing(self, today: date, ledger: Ledger = "customer") -> Ageing:
        """What is open of a ledger by age, advances apart. One statement, none where the books have not changed."""
        return by_age(self._aged(today, ledger))

    def ageing_by_party(self, today: date, ledger: Ledger = "customer") -> Sequence[PartyAgeing]:
        """Every third party with something open, the one with most overdue first, then by code.

        One statement, none where the books have not changed since it was last asked today.
        """
        key = (self._state, ledger, today)
        return _parties.or_else(self.connection.engine, key, lambda: self._by_party(today, ledger))

    def receivables(self, today: date) -> Receivables:
        """What customers owe by age, beside the balance of the accounts on which it stands."""
        own, advances = self.company.accounts.customer, self.company.accounts.customer_advance
        carried = {own: 0}
        for advance, account, _, _, amount in self._by_day("customer"):
            if not advance:
                carried[account or own] = carried.get(account or own, 0) + amount
        ageing = self.ageing(today)
        if advances in carried:  # one account for both
            carried[advances] += ageing.advances
        accounts = tuple(sorted(carried))
        posted = sum(self.balance_of(account) for account in accounts)
        return Receivables(ageing, accounts, sum(carried.values()), posted)

    def balance_of(self, account: str) -> int:
        """Debit less credit of all entries of an account, at home."""
        return self._balances().get(account, 0)

    # ------------------------------------------------------------ reading

    @property
    def _state(self) -> tuple[object, ...]:
        """What moves on with everything that is ever written to these books."""
        moving = ("postings", "head", "next_item", "next_transaction", "next_document")
        return (self.dossier, *(self.counters[name] for name in moving))

    def _aged(self, today: date, ledger: Ledger) -> list[tuple[int, int, int]]:
        return [
            (_ADVANCE if advance else age_of(due, today), count, carried)
            for advance, _, due, count, carried in self._by_day(ledger)
        ]

    def _by_day(self, ledger: Ledger) -> _Days:
        """What is open by account and due date: no more lines than there are days.

        Where the books have moved on since it was last asked, only the days that something happened to are summed.
        """
        state = _State(self.counters["postings"], self.counters["head"], self.counters["next_transaction"])
        engine, key = self.connection.engine, (self.dossier, ledger)
        since, known = _days.get(engine, key) or (None, [])
        if since != state:
            known = self._moved_on(ledger, since, known) if since else self._read_days(ledger)
            _days.put(engine, key, (state, known))
        return known

    def _moved_on(self, ledger: Ledger, since: _State, known: _Days) -> _Days:
        if not self._went_through(since):
            return self._read_days(ledger)
        touched = [day for (day,) in self.rows(_TOUCHED, since.postings, since.transaction)]
        if len(touched) > _FEW:
            return self._read_days(ledger)
        days = msgspec.json.encode([[day] for day in touched]).decode()
        met = {date.fromisoformat(day) for day in touched}
        return [row for row in known if row[2] not in met] + _of_days(self.rows(_OF_DAYS, ledger, days))

    def _went_through(self, since: _State) -> bool:
        """Whether these are the same books, later."""
        if since.postings > self.counters["postings"] or since.transaction > self.counters["next_transaction"]:
            return False
        if not since.postings:
            return since.head == GENESIS
        found = self.rows("SELECT hash FROM entry WHERE dossier = ?1 AND posting = ?2", since.postings)
        return bool(found) and found[0][0] == since.head

    def _read_days(self, ledger: Ledger) -> _Days:
        return _of_days(self.rows(_BY_DAY, ledger))

    def _by_party(self, today: date, ledger: Ledger) -> tuple[PartyAgeing, ...]:
        found: dict[str, list[tuple[int, int, int]]] = {}
        for party, *sums in self.rows(_BY_PARTY, ledger, *(edge.isoformat() for edge in edges(today))):
            found.setdefault(party, []).append((sums[0], sums[1], sums[2]))
        aged = (PartyAgeing(party, by_age(sums)) for party, sums in found.items())
        return tuple(sorted(aged, key=lambda party: (-party.ageing.overdue, party.third_party)))

    def _balances(self) -> dict[str, int]:
        postings = self.counters["postings"]
        upto, known = _balances.get(self.connection.engine, self.dossier) or (0, {})
        if upto == postings:
            return known
        if upto > postings:  # another state of the books than the one that was summed
            upto, known = 0, {}
        summed = dict(known)
        for account, moved in self.rows(_POSTED, upto):
            summed[account] = summed.get(account, 0) + moved
        _balances.put(self.connection.engine, self.dossier, (postings, summed))
        return summed


def _of_days(rows: Sequence[Any]) -> _Days:
    return [
        (bool(advance), account, date.fromisoformat(due), count, carried)
        for advance, account, due, count, carried in rows
    ]

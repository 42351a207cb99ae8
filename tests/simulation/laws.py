"""What must hold after each step: the books are those of the ledger, answers are kept, the chain goes on.

After each step only what may have changed is read; the whole file is audited now and then, and at the end.
"""

from collections import Counter
from typing import Any

from tests.laws.test_machine import LAWS
from tests.simulation.asking import promised
from tests.simulation.ledger import Ledger
from tests.simulation.portal import Portal

_OPEN = "SELECT third_party, piece, due_date, amount, open, disputed FROM due_item WHERE dossier = ? AND open <> 0"
_HELD = 'SELECT "transaction", third_party, state, amount FROM instrument WHERE dossier = ? AND active = 1'
_DEALS = """SELECT number, CASE kind WHEN 'deposit' THEN 'deposit' ELSE kind END, date, status, coalesce(slip, '')
            FROM "transaction" WHERE dossier = ?"""
_DRAFTS = "SELECT id FROM draft WHERE dossier = ? AND posting IS NULL"
_KEPT = "SELECT count(*) FROM kept_answer WHERE dossier = ?"
_ENTRIES = """SELECT e.posting, e.hash, sum(l.debit) - sum(l.credit), count(l.line), e.date FROM entry e
              LEFT JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
              WHERE e.dossier = ? AND e.posting >= ? GROUP BY e.posting ORDER BY e.posting"""
_RAW = "SELECT id, raw FROM document WHERE dossier = ? AND id > ? ORDER BY id"
_HEAD = "SELECT head, postings FROM dossier WHERE code = ?"
_DEPOSITS = """SELECT number, outcome, status, document, stands FROM deposit WHERE dossier = ? AND stands = 1"""
_STATUSES = """SELECT document, code, at, history_id FROM status_event
               WHERE dossier = ? AND origin = 'history' ORDER BY document, sequence"""


class Laws:
    """The laws of one company's books, and what was seen of them before."""

    def __init__(self, ledger: Ledger, secrets: list[bytes], portal: Portal) -> None:
        self.ledger, self.secrets, self.portal = ledger, secrets, portal
        self.code = ledger.code
        self.entries = 0
        self.hash = ""
        self.documents = 0
        self.reached: dict[int, tuple[str, int]] = {}  # each document's current status: its moment and id
        self.chorus: Any = None

    def check(self, eyes: Any) -> None:
        """Everything that is cheap. Raises BrokenPromiseError."""
        ledger = self.ledger
        self._same("what is open", eyes, _OPEN, ledger.shown_dues())
        self._same("what is held", eyes, _HELD, ledger.shown_papers())
        self._same("what was done", eyes, _DEALS, ledger.shown_deals())
        self._same("drafts", eyes, _DRAFTS, Counter((number,) for number in ledger.drafts))
        ((kept,),) = eyes.execute(_KEPT, (self.code,)).fetchall()
        promised(
            kept == len(ledger.answers), "an answer is kept for each key that was served", kept, len(ledger.answers)
        )
        self._chain(eyes)
        self._secrets(eyes)
        self._statuses(eyes)

    def _same(self, what: str, eyes: Any, sql: str, expected: Counter[tuple[object, ...]]) -> None:
        found = Counter(tuple(row) for row in eyes.execute(sql, (self.code,)).fetchall())
        if found != expected:
            promised(
                False,
                f"{what} in {self.code}",
                f"too many {sorted(found - expected)}",
                f"missing {sorted(expected - found)}",
            )

    def _chain(self, eyes: Any) -> None:
        """New entries follow those that were there, balanced; those that were there stay."""
        rows = eyes.execute(_ENTRIES, (self.code, self.entries)).fetchall()
        if self.entries:
            promised(rows and rows[0][:2] == (self.entries, self.hash), "the chain goes on from its head", rows[:1])
        for posting, hash_, balance, lines, _ in rows[bool(self.entries) :]:
            promised(posting == self.entries + 1, "entries follow one another", posting)
            promised(balance == 0 and lines >= 2, "debits = credits", posting, balance)
            self.entries, self.hash = posting, hash_
        ((head, postings),) = eyes.execute(_HEAD, (self.code,)).fetchall()
        if self.entries:
            promised((head, postings) == (self.hash, self.entries), "the head is the last entry's", head, postings)

    def _secrets(self, eyes: Any) -> None:
        """What was sent is kept without the token it came with."""
        for number, raw in eyes.execute(_RAW, (self.code, self.documents)).fetchall():
            self.documents = number
            promised(not any(secret in bytes(raw) for secret in self.secrets), "no token is kept", number)

    def _statuses(self, eyes: Any) -> None:
        """Each invoice arrives once; its status is the latest by Chorus's own date, and never goes back."""
        times = self.portal.times_deposited()
        promised(all(count == 1 for count in times.values()), "each invoice is deposited once", times)
        current: dict[int, tuple[str, int, str]] = {}
        for document, code, at, history in eyes.execute(_STATUSES, (self.code,)).fetchall():
            current[document] = max(current.get(document, ("", 0, "")), (at, int(history), code))
        for number, outcome, status, document, _ in eyes.execute(_DEPOSITS, (self.code,)).fetchall():
            at, history, code = current.get(document, ("", 0, ""))
            promised(status == code, "the status is the latest one", number, status, code)
            promised((at, history) >= self.reached.get(document, ("", 0)), "statuses never go back", number, status)
            self.reached[document] = (at, history)
            promised(
                outcome not in ("numbering_error", "rejected", "refused"), "nothing sound is rejected", number, outcome
            )

    def followed(self, eyes: Any) -> None:
        """Once everything has come to rest, each invoice has the status that Chorus gives it."""
        for number, outcome, status, _, _ in eyes.execute(_DEPOSITS, (self.code,)).fetchall():
            promised(outcome == "integrated", "what arrives is known to be there", number, outcome)
            promised(status == self.portal.status_of(number), "statuses are followed to the end", number, status)

    def audit(self, store: Any, eyes: Any) -> None:
        """Every law over the whole file, by its own SQL and by the program's check, with the head kept outside."""
        for law, sql in LAWS.items():
            broken = eyes.execute(sql).fetchall()
            promised(not broken, law, broken[:3])
        findings = store.audit(self.code, self.hash or None)
        promised(not findings, f"verify of {self.code}", [f"{f.code}: {f.message}" for f in findings][:3])

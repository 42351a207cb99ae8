"""What a reconciliation reads: both sides up to a day, and only the lines of which something is left."""

from datetime import date

from lettrage.adapters.store.reading import Reader
from lettrage.bank.reconciliation import Balance, LedgerSide, Reconciliation, StatementSide, reconciled
from lettrage.bank.statements.keeping import NOTIFICATION
from lettrage.books.chain import shown
from lettrage.company.dossier import Company

_day = date.fromisoformat

_BALANCES = """
SELECT s.start, s."end", s.opening, s.closing FROM bank_statement s
WHERE s.dossier = ?1 AND s.bank = ?2 AND s.opening IS NOT NULL AND s.closing IS NOT NULL AND s.start <= ?3
ORDER BY s."end", s.id
"""
_LEDGER = """
SELECT CAST(coalesce(sum(l.amount), 0) AS BIGINT) FROM entry_line l
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting AND e.date <= ?3
WHERE l.dossier = ?1 AND l.account = ?2
"""
# The lines of statements up to the day; `line` is the one that is matched: itself, or the notification in its place.
_TOLD = f"""
SELECT b.id, b.date, b.text, b.name, b.amount, coalesce(t.twin, b.id) AS line FROM bank_statement s
JOIN bank_file f ON f.dossier = s.dossier AND f.id = s.file AND f.format <> '{NOTIFICATION}'
JOIN bank_line b ON b.dossier = s.dossier AND b.statement = s.id AND b.date <= ?3
LEFT JOIN bank_line_twin t ON t.dossier = b.dossier AND t.line = b.id
WHERE s.dossier = ?1 AND s.bank = ?2
"""
_MOVED = f"SELECT CAST(coalesce(sum(told.amount), 0) AS BIGINT) FROM ({_TOLD}) told"
# What of lines is matched with the other side, as far as both are up to the day.
_MET = """
SELECT x.posting, x.line AS entry_line, m.line, x.amount FROM bank_match m
JOIN bank_match_line x ON x.dossier = m.dossier AND x."match" = m.id
JOIN entry e ON e.dossier = x.dossier AND e.posting = x.posting AND e.date <= ?3
WHERE m.dossier = ?1 AND m.ended = 0
"""
_STATEMENT_LEFT = f"""
SELECT told.id, told.date, told.text, told.name, told.amount,
       told.amount - CAST(coalesce(sum(met.amount), 0) AS BIGINT)
FROM ({_TOLD}) told LEFT JOIN ({_MET}) met ON met.line = told.line
GROUP BY told.id, told.date, told.text, told.name, told.amount
HAVING told.amount <> coalesce(sum(met.amount), 0) ORDER BY told.date, told.id
"""
_LEDGER_LEFT = f"""
SELECT l.posting, l.line, e.year, e.number, e.date, e.label, l.amount,
       l.amount - CAST(coalesce(sum(met.amount), 0) AS BIGINT), e.reversal_of
FROM entry_line l
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting AND e.date <= ?3
LEFT JOIN (SELECT met.posting, met.entry_line, met.amount FROM ({_MET}) met JOIN ({_TOLD.replace("?2", "?4")}) told
           ON told.line = met.line) met ON met.posting = l.posting AND met.entry_line = l.line
WHERE l.dossier = ?1 AND l.account = ?2
GROUP BY l.posting, l.line, e.year, e.number, e.date, e.label, l.amount, e.reversal_of
HAVING l.amount <> coalesce(sum(met.amount), 0) ORDER BY e.date, l.posting, l.line
"""


class Reconciling(Reader):
    """Reconciliations of one dossier's bank accounts."""

    company: Company

    def reconciliation(self, bank: str, day: date) -> Reconciliation:
        """A bank account reconciled on a day."""
        own, until = self.company.banks[bank], day.isoformat()
        balances = [
            Balance(_day(start), _day(end), opening, closing)
            for start, end, opening, closing in self.rows(_BALANCES, bank, until)
        ]
        return reconciled(
            bank,
            day,
            own.currency,
            int(self.rows(_LEDGER, own.account, until)[0][0]),
            balances,
            int(self.rows(_MOVED, bank, until)[0][0]),
            (
                LedgerSide(posting, line, shown(year, number), _day(booked), label, amount, left, reversal_of)
                for posting, line, year, number, booked, label, amount, left, reversal_of in self.rows(
                    _LEDGER_LEFT, own.account, until, bank
                )
            ),
            (
                StatementSide(id_, _day(booked), " · ".join(filter(None, (name, text))), amount, left)
                for id_, booked, text, name, amount, left in self.rows(_STATEMENT_LEFT, bank, until)
            ),
        )

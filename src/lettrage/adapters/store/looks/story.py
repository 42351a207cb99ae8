"""The life of an invoice as its page tells it: heard, said, paid, reconciled. Four statements."""

from collections.abc import Sequence
from datetime import date

from lettrage.adapters.store.document_lists import EVENTS, PAYMENTS, event
from lettrage.adapters.store.messages import OF_THESE, as_message
from lettrage.adapters.store.outbox import as_keys
from lettrage.adapters.store.reading import Reader, held
from lettrage.invoicing.explaining.story import Reconciled, Told
from lettrage.invoicing.sending.shelf import Payment, Shelved

_day = date.fromisoformat

# The entries of these transactions, or of the slips that they went to the bank with, and the lines that account for
# them on a statement.
_MATCHED = """
CROSS JOIN bank_match_line m ON m.dossier = ?1 AND m.posting = {posting}
CROSS JOIN bank_match b ON b.dossier = m.dossier AND b.id = m.match AND b.ended = 0
CROSS JOIN bank_line l ON l.dossier = b.dossier AND l.id = b.line
CROSS JOIN bank_statement s ON s.dossier = l.dossier AND s.id = l.statement
"""
_OWN = """
SELECT k.value->>0, b.line, s.bank, l.date FROM json_each(?2) k
CROSS JOIN entry e ON e.dossier = ?1 AND e."transaction" = CAST(k.value->>0 AS BIGINT)
"""
_MOVED_ON = """
SELECT k.value->>0, b.line, s.bank, l.date FROM json_each(?2) k
CROSS JOIN instrument i ON i.dossier = ?1 AND i."transaction" = CAST(k.value->>0 AS BIGINT)
CROSS JOIN instrument n ON n.dossier = ?1 AND n.previous = i.id
"""
_BY_ITSELF = """CROSS JOIN entry e ON e.dossier = ?1 AND e."transaction" = n."transaction" """
_BY_SLIP = """
CROSS JOIN "transaction" t ON t.dossier = ?1 AND t.number = n."transaction"
CROSS JOIN slip p ON p.dossier = t.dossier AND p.number = t.slip
"""
_RECONCILED = " UNION ".join(
    (
        _OWN + _MATCHED.format(posting="e.posting"),
        _MOVED_ON + _BY_ITSELF + _MATCHED.format(posting="e.posting"),
        _MOVED_ON + _BY_SLIP + _MATCHED.format(posting="p.posting"),
    )
)


class StoryLooks(Reader):
    """What happened to one invoice, whatever told of it."""

    def invoice_told(self, documents: Sequence[Shelved], platform: str, frame: str = "") -> Told:
        """All that is known of these documents of one number on a platform; `frame`: the invoice's (BT-23)."""
        keys = as_keys((one.id,) for one in documents)
        payments = [
            Payment(number, _day(day), amount, held(code), status == "cancelled")
            for number, day, status, code, amount in self.rows(PAYMENTS, keys, documents[0].id)
        ]
        paid = as_keys((one.transaction,) for one in payments)
        return Told(
            documents,
            [event(row) for row in self.rows(EVENTS, keys, platform)],
            [as_message(row) for row in self.rows(OF_THESE, "status", platform, keys)],
            payments,
            [
                Reconciled(int(number), line, bank, _day(day))
                for number, line, bank, day in (self.rows(_RECONCILED, paid) if payments else ())
            ],
            frame,
        )

"""Invoices as documents, read back: page by page, by number, with what became of them on a platform."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from lettrage.adapters.store.paging import Page, begun, page
from lettrage.adapters.store.reading import Reader, held
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.doors import siblings
from lettrage.invoicing.sending.outbox import Event, Said
from lettrage.invoicing.sending.shelf import NOT_SENT, Payment, Sent, Shelved, line_shape, shown_shape
from lettrage.refusal import Refusal, Stop, quoted

_json = msgspec.json.Encoder().encode
_day = date.fromisoformat
Position = tuple[int | str, ...]
LAST = 2**62  # before the newest document

DOCUMENT = (
    "d.id, d.number, d.type, d.date, d.third_party, d.establishment, d.currency, d.gross, d.syntax, d.corrects,"
    " d.created_at, d.created_by"
)
# As `shelf.state_of` says it, of the latest deposit through either door. A number is listed once: by its newest
# document.
_LIST = f"""
SELECT * FROM (
    SELECT {DOCUMENT}, coalesce(f.number, '') AS flow_number,
           CASE WHEN p.flow IS NULL THEN '{NOT_SENT}'
                WHEN p.outcome = 'integrated' AND p.status <> '' THEN p.status
                WHEN p.outcome <> '' THEN p.outcome ELSE f.state END AS standing, p.platform
    FROM sales_document d
    LEFT JOIN deposit p ON p.dossier = d.dossier AND p.document = d.id
         AND p.flow = (SELECT max(q.flow) FROM deposit q
                       WHERE q.dossier = ?1 AND q.document = d.id AND q.platform IN (?2, ?7))
    LEFT JOIN flow f ON f.dossier = p.dossier AND f.id = p.flow
    WHERE d.dossier = ?1 AND d.id < ?3 AND (?5 = '' OR d.third_party = ?5)
      AND d.id = (SELECT max(n.id) FROM sales_document n
                  WHERE n.dossier = ?1 AND n.number = d.number AND n.third_party = d.third_party)
) listed WHERE ?6 = '' OR standing = ?6 ORDER BY id DESC LIMIT ?4
"""
_OF_NUMBER = f"""
SELECT {DOCUMENT} FROM sales_document d
WHERE d.dossier = ?1 AND d.number = ?2 AND (?3 = '' OR d.third_party = ?3) ORDER BY d.id DESC
"""
_CONTENT = "SELECT content FROM sales_document WHERE dossier = ?1 AND id = ?2"
_DEPOSITS = """
SELECT p.document, p.flow, f.number, f.state, f.syntax, p.name, p.sha256, f.sent_at, p.outcome, p.status, p.chorus_id,
       p.errors
FROM json_each(?2) k
CROSS JOIN deposit p ON p.dossier = ?1 AND p.document = CAST(k.value->>0 AS BIGINT) AND p.platform = ?3
JOIN flow f ON f.dossier = p.dossier AND f.id = p.flow ORDER BY p.flow DESC, p.document DESC
"""
EVENTS = """
SELECT e.document, e.origin, e.code, e.at, e.history_id, e.comment, e.sequence, e.heard_at FROM json_each(?2) k
CROSS JOIN status_event e ON e.dossier = ?1 AND e.document = CAST(k.value->>0 AS BIGINT) AND e.platform = ?3
ORDER BY e.document, e.sequence
"""
# What settled the due items of an invoice, whichever of its documents was paid; what was passed on stays of its piece.
# Of a credit note above zero too; what comes back of a payment is below zero.
PAYMENTS = """
SELECT t.number, t.date, t.status, d.currency,
CAST(sum(CASE WHEN d.amount < 0 THEN -a.amount ELSE a.amount END) AS BIGINT) FROM json_each(?2) k
CROSS JOIN sales_document s ON s.dossier = ?1 AND s.id = CAST(k.value->>0 AS BIGINT)
CROSS JOIN invoice v ON v.dossier = s.dossier AND v.id = s.invoice
CROSS JOIN due_item d ON d.dossier = v.dossier AND d.third_party = v.third_party AND d.prefix = v.prefix
     AND d.piece = v.number
CROSS JOIN allocation a ON a.dossier = d.dossier AND a.item = d.id AND a.operation <> 'WPA'
CROSS JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
WHERE s.id = (SELECT max(n.id) FROM sales_document n WHERE n.dossier = ?1 AND n.number = s.number
              AND n.third_party = s.third_party AND n.id <= ?3)
GROUP BY t.number, t.date, t.status, d.currency ORDER BY t.date, t.number
"""
_FILE = "SELECT file FROM deposit WHERE dossier = ?1 AND flow = ?2 AND document = ?3"
_PLATFORM = "SELECT value FROM chorus_setting WHERE dossier = ?1 AND platform = '' AND name = 'platform'"


class DocumentLists(Reader):
    """The documents of one dossier, for looking at."""

    def platform_on(self) -> str:
        """The platform that the settings say."""
        rows = self.rows(_PLATFORM)
        return rows[0][0] if rows and rows[0][0] else "qualification"

    def documents_page(self, environment: str, state: str, third_party: str, after: Position, limit: int) -> Page:
        """The newest document of each number, the latest first, by the door that it left by last."""
        (before,) = begun(after, (LAST,))
        chorus, approved = siblings(environment)
        rows = self.rows(_LIST, chorus, before, limit + 1, third_party, state, approved)
        lines = [line_shape(shelved(row[:12]), row[14] or chorus, row[13], row[12]) for row in rows[:limit]]
        return page(lines, [(row[0],) for row in rows], limit)

    def documents_of(self, number: str, third_party: str = "", id_: int = 0) -> list[Shelved]:
        """The documents of a number, the newest first, all of one customer: the one who had the newest.

        `id_`: one of them, and those before it. Raises Stop where there is none.
        """
        found = [shelved(row) for row in self.rows(_OF_NUMBER, number, third_party)]
        if id_:
            found = [document for document in found if document.id <= id_]
        if not found or (id_ and found[0].id != id_):
            raise Stop(Refusal("no_such_invoice", "NUMBER", quoted(number)))
        return [document for document in found if document.third_party == found[0].third_party]

    def document_content(self, id_: int) -> Invoice:
        """A document's content."""
        ((content,),) = self.rows(_CONTENT, id_)
        return msgspec.json.decode(content, type=Invoice)

    def deposits_of_documents(self, documents: Sequence[Shelved], platform: str) -> list[Sent]:
        """What was deposited of these documents, the latest first."""
        return [
            msgspec.structs.replace(Sent(*row[:11]), errors=tuple(said.text for said in _said(row[11])))
            for row in self.rows(_DEPOSITS, _ids(documents), platform)
        ]

    def file_sent(self, sent: Sent) -> bytes:
        """The very bytes of a document in a flow."""
        ((file,),) = self.rows(_FILE, sent.flow, sent.document)
        return bytes(file)

    def latest_file(self, documents: Sequence[Shelved], platform: str) -> bytes | None:
        """The file of these documents that was really sent last; None where none was."""
        sent = [one for one in self.deposits_of_documents(documents, platform) if one.sent_at]
        return self.file_sent(sent[0]) if sent else None

    def document_shown(self, documents: Sequence[Shelved], platform: str) -> dict[str, Any]:
        """An invoice with all that became of it on a platform."""
        deposits = self.deposits_of_documents(documents, platform)
        events = [event(row) for row in self.rows(EVENTS, _ids(documents), platform)]
        payments = [
            Payment(number, _day(day), amount, held(code), status == "cancelled")
            for number, day, status, code, amount in self.rows(PAYMENTS, _ids(documents), documents[0].id)
        ]
        return shown_shape(documents, platform, deposits, events, payments)


def shelved(row: Sequence[Any]) -> Shelved:
    """A document as a row of DOCUMENT gives it."""
    id_, number, type_, day, party, establishment, code, gross, *rest = row
    return Shelved(id_, number, type_, _day(day), party, establishment, held(code), gross, *rest)


def event(row: Sequence[Any]) -> Event:
    """Something that happened, as a row of EVENTS gives it."""
    document, origin, code, at, history_id, comment, sequence, heard = row
    moment = datetime.fromisoformat(at) if at else None
    return Event(document, origin, code, moment, history_id, comment, sequence, datetime.fromisoformat(heard))


def _said(text: str) -> list[Said]:
    return msgspec.json.decode(text, type=list[Said]) if text else []


def _ids(documents: Sequence[Shelved]) -> str:
    return _json([[document.id] for document in documents]).decode()

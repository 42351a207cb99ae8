"""Which invoices of an approved platform may have payments that it was not told of, and all that decides about them.

What has been looked at is a rank of the books, a day and a moment (`Looked`): the next look begins there, so that the
work is that of what has happened since, however many invoices the platform has. Statements do not grow with them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec

from lettrage.adapters.store.document_lists import EVENTS, event
from lettrage.adapters.store.jobs import Jobs
from lettrage.adapters.store.looks.declarations import DeclarationLooks
from lettrage.adapters.store.looks.vat import VatLooks
from lettrage.adapters.store.outbox import as_keys
from lettrage.dates import PARIS
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.doors import environment_of
from lettrage.invoicing.sending.carried import Carried, Found, Looked
from lettrage.invoicing.sending.outbox import Event, Job

_invoice = msgspec.json.Decoder(Invoice).decode
replace = msgspec.structs.replace
_OVERLAP = timedelta(minutes=2)  # from what was heard to the commit that wrote it
_POSTINGS = 2_000  # ranks of the books that one look goes over: a settlement is one

# Transactions that something was posted of, or whose day has come, also as part of a slip.
_MOVED = """
SELECT e."transaction" AS number FROM entry e
WHERE e.dossier = ?1 AND e.posting > ?3 AND e.posting <= ?4 AND e."transaction" IS NOT NULL
UNION SELECT e."transaction" FROM entry e
WHERE e.dossier = ?1 AND e.date > ?5 AND e.date <= ?6 AND e."transaction" IS NOT NULL
UNION SELECT x."transaction" FROM entry e
CROSS JOIN slip_transaction x ON x.dossier = e.dossier AND x.slip = e.slip
WHERE e.dossier = ?1 AND e.posting > ?3 AND e.posting <= ?4 AND e.slip IS NOT NULL
UNION SELECT x."transaction" FROM entry e
CROSS JOIN slip_transaction x ON x.dossier = e.dossier AND x.slip = e.slip
WHERE e.dossier = ?1 AND e.date > ?5 AND e.date <= ?6 AND e.slip IS NOT NULL
"""
# What they took of due items themselves, or the receipt did whose instrument they moved on, or what used its advance;
# due dates that have come.
_ITEMS = """
SELECT a.item AS id FROM moved m
CROSS JOIN allocation a ON a.dossier = ?1 AND a."transaction" = m.number
UNION SELECT a.item FROM moved m
CROSS JOIN instrument n ON n.dossier = ?1 AND n."transaction" = m.number
CROSS JOIN instrument i ON i.dossier = ?1 AND i.id = n.previous
CROSS JOIN allocation a ON a.dossier = ?1 AND a."transaction" = i."transaction"
UNION SELECT b.item FROM moved m
CROSS JOIN instrument n ON n.dossier = ?1 AND n."transaction" = m.number
CROSS JOIN instrument i ON i.dossier = ?1 AND i.id = n.previous
CROSS JOIN due_item w ON w.dossier = ?1 AND w.third_party = i.third_party AND w.prefix = '' AND w.piece = ''
     AND w.kind = 'advance' AND w."transaction" = i."transaction"
CROSS JOIN allocation a ON a.dossier = ?1 AND a.item = w.id
CROSS JOIN allocation b ON b.dossier = ?1 AND b."transaction" = a."transaction" AND b."order" = a."order"
UNION SELECT d.id FROM due_item d WHERE d.dossier = ?1 AND d.due_date > ?5 AND d.due_date <= ?6
"""
# A document that something was heard of lately may have been taken by the platform after it was paid.
_TOUCHED = f"""
WITH moved AS ({_MOVED}), items AS ({_ITEMS}), documents AS (
    SELECT s.id FROM items t
    CROSS JOIN due_item d ON d.dossier = ?1 AND d.id = t.id
    CROSS JOIN invoice v ON v.dossier = ?1 AND v.id = d.invoice
    CROSS JOIN sales_document s ON s.dossier = ?1 AND s.number = v.prefix || v.number
         AND s.third_party = v.third_party AND s.invoice = v.id
    UNION SELECT h.document FROM status_event h
    WHERE h.dossier = ?1 AND h.platform = ?2 AND h.heard_at >= ?7)
SELECT DISTINCT x.id FROM documents x
CROSS JOIN deposit p ON p.dossier = ?1 AND p.document = x.id AND p.platform = ?2 AND p.outcome = 'integrated'
WHERE x.id > ?8 ORDER BY x.id LIMIT ?9
"""
_EVERY = """
SELECT DISTINCT p.document FROM deposit p WHERE p.dossier = ?1 AND p.platform = ?2 AND p.outcome = 'integrated'
AND p.document > ?3 ORDER BY p.document LIMIT ?4
"""
_CARRIED = """
SELECT s.id, s.number, s.content, s.invoice FROM json_each(?2) k
CROSS JOIN sales_document s ON s.dossier = ?1 AND s.id = CAST(k.value->>0 AS BIGINT) ORDER BY s.id
"""
_TAKEN = """
SELECT DISTINCT p.document FROM json_each(?3) k CROSS JOIN deposit p ON p.dossier = ?1
AND p.document = CAST(k.value->>0 AS BIGINT) AND p.platform = ?2 AND p.outcome = 'integrated'
"""


class Declaring(Jobs, DeclarationLooks, VatLooks):
    """What is still to be told of payments."""

    def look_again(self, platform: str, now: datetime) -> None:
        """Have every invoice on a platform looked at anew, soon."""
        self.plan([Job(platform, "declare", "", now, {"asked": now.isoformat()})])

    def carried_since(self, platform: str, looked: Looked, now: datetime, most: int) -> Found:
        """The invoices on a platform of which something may have changed since, and what has been looked at then."""
        head, today = self.counters["postings"], now.astimezone(PARIS).date()
        if looked.whole:
            begun = looked if looked.after else replace(looked, posting=head, day=today, heard=now - _OVERLAP)
            rows = self.rows(_EVERY, platform, begun.after, most)
            last, then = head, replace(begun, whole=False, after=0)
        else:
            begun, last = looked, min(head, looked.posting + _POSTINGS)
            window = (looked.posting, last, looked.day.isoformat(), today.isoformat(), looked.heard.isoformat())
            rows = self.rows(_TOUCHED, platform, *window, looked.after, most)
            done = {"day": today, "heard": now - _OVERLAP} if last == head else {}
            then = replace(looked, posting=last, after=0, **done)
        found = tuple(self.carried(platform, [id_ for (id_,) in rows]))
        if len(rows) == most:
            return Found(found, replace(begun, after=rows[-1][0]), more=True)
        return Found(found, then, more=last < head)

    def carried(self, platform: str, documents: Collection[int]) -> Iterable[Carried]:
        """These documents, with what was done to them in the books, said and heard; those that a platform has."""
        keys = as_keys((one,) for one in documents)
        taken = {id_ for (id_,) in self.rows(_TAKEN, platform, keys)}
        rows = self.rows(_CARRIED, keys)
        booked = {invoice for *_, invoice in rows if invoice is not None}
        followed = {one.sale.id: one for one in self.followed(booked)}
        sold = self.sold(booked, environment_of(platform))
        messages, events = self.messages_of(platform, documents), self._heard_of(platform, keys)
        for id_, number, content, invoice in rows:
            if id_ in taken:
                yield Carried(
                    id_,
                    number,
                    _invoice(content),
                    sold.get(invoice),
                    followed.get(invoice),
                    tuple(messages[id_]),
                    tuple(events[id_]),
                )

    def _heard_of(self, platform: str, keys: str) -> dict[int, list[Event]]:
        found: defaultdict[int, list[Event]] = defaultdict(list)
        for row in self.rows(EVENTS, keys, platform):
            one = event(row)
            found[one.document].append(one)
        return found

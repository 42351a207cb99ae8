"""What an approved platform had for us, in the database: each of its flows once, and what our invoices are by it."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.messages import Messages
from lettrage.adapters.store.outbox import DEPOSIT, DOCUMENT_OF, as_deposit, as_event, as_keys
from lettrage.adapters.store.sql import run_many
from lettrage.invoicing import declaring
from lettrage.invoicing.sending import arrive
from lettrage.invoicing.sending.outbox import Arrival, Deposit, Event
from lettrage.invoicing.sending.statuses import standing_now

_KNOWN = """
SELECT a.number FROM json_each(?3) k CROSS JOIN arrival a ON a.dossier = ?1 AND a.platform = ?2
AND a.number = k.value->>0
"""
_OF_NUMBERS = f"""
SELECT {DEPOSIT} FROM json_each(?3) k CROSS JOIN sales_document s ON s.dossier = ?1 AND s.number = k.value->>0
CROSS JOIN deposit d ON d.dossier = ?1 AND d.document = s.id AND d.platform = ?2 ORDER BY d.flow, d.document
"""
_OF_DOCUMENTS = f"""
SELECT {DEPOSIT} FROM json_each(?3) k CROSS JOIN deposit d ON d.dossier = ?1
AND d.document = CAST(k.value->>0 AS BIGINT) AND d.platform = ?2 {DOCUMENT_OF} ORDER BY d.flow
"""
_EVENTS = """
SELECT e.document, e.origin, e.code, e.at, e.history_id, e.comment, e.sequence FROM json_each(?3) k
CROSS JOIN status_event e ON e.dossier = ?1 AND e.document = CAST(k.value->>0 AS BIGINT) AND e.platform = ?2
ORDER BY e.document, e.sequence
"""
_STANDS_NOW = "UPDATE deposit SET status = ?4, followed = ?5 WHERE dossier = ?1 AND flow = ?2 AND document = ?3"


class Arrivals(Messages):
    """What approved platforms brought to one dossier."""

    def not_arrived(self, platform: str, numbers: Collection[str]) -> set[str]:
        """Those of an approved platform's flows that were not brought here yet."""
        return {*numbers} - {number for (number,) in self.rows(_KNOWN, platform, as_keys((n,) for n in numbers))}

    def keep_arrivals(self, platform: str, brought: Sequence[Arrival], now: datetime) -> set[int]:
        """Keep what was brought and is not here yet, with what it says of our invoices; the documents concerned."""
        unknown = self.not_arrived(platform, {arrival.number for arrival in brought})
        new = list({arrival.number: arrival for arrival in brought if arrival.number in unknown}.values())
        numbers = sorted({told.number for arrival in new for told in arrival.statuses})
        deposits = [as_deposit(row) for row in self.rows(_OF_NUMBERS, platform, as_keys((n,) for n in numbers))]
        kept = self._events_of(platform, {deposit.document for deposit in deposits})
        found = arrive.assigned(new, deposits, kept)
        of_reports = self._hear_reports(platform, new)
        at = now.isoformat()
        rows = (
            (
                self.dossier, platform, arrival.number, arrival.type,
                arrival.updated_at.isoformat() if arrival.updated_at is not None else "", at,
                hashlib.sha256(arrival.content).hexdigest(), arrival.content, became, arrival.unread,
            )
            for arrival, said in zip(new, found.became, strict=True)
            for became in ["read" if arrival.number in of_reports else said]
        )  # fmt: skip
        writing.insert(self.connection, schema.arrival, rows)
        self.tell(platform, found.events, now)
        return {event.document for event in found.events}

    def _hear_reports(self, platform: str, new: Sequence[Arrival]) -> set[str]:
        """Write what was said of our reports of payments; the numbers of the arrivals that spoke of one."""
        if not any(arrival.reports for arrival in new):
            return set()
        said = {declaring.kept(message).sent.id: message for message in self.said("report", platform)}
        ours = [(arrival, told) for arrival in new for told in arrival.reports if told.number in said]
        for _, told in ours:
            said[told.number] = declaring.heard(said[told.number], told)
        self.set_messages([said[told.number] for _, told in ours])
        return {arrival.number for arrival, _ in ours}

    def restate(self, platform: str, documents: Collection[int]) -> None:
        """Let the latest deposit of each document say where it stands by all that is known of it."""
        if not documents:
            return
        events = self._events_of(platform, documents)
        keys = as_keys((document,) for document in documents)
        latest: dict[int, Deposit] = {d.document: d for d in map(as_deposit, self.rows(_OF_DOCUMENTS, platform, keys))}
        rows = []
        for deposit in latest.values():
            status, followed = standing_now(deposit.outcome, events[deposit.document])
            rows.append((self.dossier, deposit.flow, deposit.document, status, int(followed)))
        run_many(self.connection, _STANDS_NOW, rows)

    def _events_of(self, platform: str, documents: Collection[int]) -> dict[int, list[Event]]:
        found: dict[int, list[Event]] = defaultdict(list)
        for row in self.rows(_EVENTS, platform, as_keys((document,) for document in documents)):
            found[row[0]].append(as_event(row))
        return found

"""What an approved platform had for us, in the database: each of its flows once, and what our invoices are by it."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.messages import Messages
from lettrage.adapters.store.outbox import DEPOSIT, DOCUMENT_OF, as_deposit, as_event, as_keys
from lettrage.adapters.store.sql import run_many
from lettrage.invoicing import declaring
from lettrage.invoicing.lifecycle.sent import invoice_in
from lettrage.invoicing.sending import arrive, refused
from lettrage.invoicing.sending.carried import receipts
from lettrage.invoicing.sending.outbox import Alert, Arrival, Deposit, Event
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
SELECT e.document, e.origin, e.code, e.at, e.history_id, e.comment, e.sequence, e.heard_at FROM json_each(?3) k
CROSS JOIN status_event e ON e.dossier = ?1 AND e.document = CAST(k.value->>0 AS BIGINT) AND e.platform = ?2
ORDER BY e.document, e.sequence
"""
_STANDS_NOW = "UPDATE deposit SET status = ?4, followed = ?5 WHERE dossier = ?1 AND flow = ?2 AND document = ?3"


class Heard(NamedTuple):
    """What was heard of what we said: the flows that spoke of it, what is to be told of invoices, and to people."""

    of_ours: Collection[str] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[Alert, ...] = ()


class Kept(NamedTuple):
    """What was kept: the documents of which something new was said, and what somebody should look at."""

    documents: set[int]
    alerts: tuple[Alert, ...]


class Arrivals(Messages):
    """What approved platforms brought to one dossier."""

    def not_arrived(self, platform: str, numbers: Collection[str]) -> set[str]:
        """Those of an approved platform's flows that were not brought here yet."""
        return {*numbers} - {number for (number,) in self.rows(_KNOWN, platform, as_keys((n,) for n in numbers))}

    def keep_arrivals(self, platform: str, brought: Sequence[Arrival], now: datetime) -> Kept:
        """Keep what was brought and is not here yet, with what it says of ours."""
        unknown = self.not_arrived(platform, {arrival.number for arrival in brought})
        new = list({arrival.number: arrival for arrival in brought if arrival.number in unknown}.values())
        deposits = self._deposits_of(platform, new)
        kept = self._events_of(platform, {deposit.document for deposit in deposits})
        found = arrive.assigned(new, deposits, kept)
        of_reports = self._hear_reports(platform, new)
        others = [arrival for arrival in new if arrival.number not in of_reports.of_ours]
        said = of_reports, self._hear_refusals(platform, others, deposits, kept)
        of_ours = {number for heard in said for number in heard.of_ours}
        at = now.isoformat()
        rows = (
            (
                self.dossier, platform, arrival.number, arrival.type,
                arrival.updated_at.isoformat() if arrival.updated_at is not None else "", at,
                hashlib.sha256(arrival.content).hexdigest(), arrival.content, became, arrival.unread,
            )
            for arrival, of_invoices in zip(new, found.became, strict=True)
            for became in ["read" if arrival.number in of_ours else of_invoices]
        )  # fmt: skip
        writing.insert(self.connection, schema.arrival, rows)
        events = (*found.events, *(event for heard in said for event in heard.events))
        self.tell(platform, events, now)
        return Kept({event.document for event in events}, tuple(alert for heard in said for alert in heard.alerts))

    def _deposits_of(self, platform: str, new: Sequence[Arrival]) -> list[Deposit]:
        """The deposits of the invoices that are spoken of, or whose messages are."""
        spoken_of = {told.number for arrival in new for told in arrival.statuses}
        refused = {told.number for arrival in new for told in arrival.refusals}
        numbers = sorted(spoken_of | refused | {*filter(None, map(invoice_in, refused))})
        return [as_deposit(row) for row in self.rows(_OF_NUMBERS, platform, as_keys((n,) for n in numbers))]

    def _hear_reports(self, platform: str, new: Sequence[Arrival]) -> Heard:
        """Write what was said of our reports of payments."""
        if not any(arrival.reports or arrival.refusals for arrival in new):
            return Heard()
        said = {declaring.kept(message).sent.id: message for message in self.said("report", platform)}
        spoken = [(arrival, told) for arrival in new for told in (*arrival.reports, *arrival.refusals)]
        alerts: list[Alert] = []
        for arrival, told in spoken:
            if told.number in said:
                before, after = said[told.number], declaring.heard(said[told.number], told)
                said[told.number] = after
                if after.outcome == "rejected" != before.outcome:
                    alerts.append(refused.alert(after, after.errors))
            elif told.code == declaring.REFUSED:
                alerts.append(refused.unassigned(platform, arrival.number, told))
        ours = [(arrival, told) for arrival, told in spoken if told.number in said]
        self.set_messages([said[told.number] for _, told in ours])
        return Heard({arrival.number for arrival, _ in ours}, (), tuple(alerts))

    def _hear_refusals(
        self, platform: str, new: Sequence[Arrival], deposits: Sequence[Deposit], kept: Mapping[int, Sequence[Event]]
    ) -> Heard:
        """Write what the tax office refused of what we said: each once, in its invoice's history too."""
        spoken = [(arrival, told) for arrival in new for told in arrival.refusals]
        if not spoken:
            return Heard()
        documents = {deposit.document for deposit in deposits}
        candidates = self.candidates(platform, documents, {told.number for _, told in spoken})
        heard = refused.assigned(platform, spoken, candidates, deposits, kept)
        self.set_messages(heard.messages)
        return Heard(heard.of_ours, heard.events, heard.alerts)

    def restate(self, platform: str, documents: Collection[int]) -> None:
        """Let the latest deposit of each document say where it stands by all that is known of it."""
        if not documents:
            return
        events, messages = self._events_of(platform, documents), self.messages_of(platform, documents)
        keys = as_keys((document,) for document in documents)
        latest: dict[int, Deposit] = {d.document: d for d in map(as_deposit, self.rows(_OF_DOCUMENTS, platform, keys))}
        rows = []
        for deposit in latest.values():
            status, followed = standing_now(
                deposit.outcome, events[deposit.document], receipts(messages[deposit.document])
            )
            rows.append((self.dossier, deposit.flow, deposit.document, status, int(followed)))
        run_many(self.connection, _STANDS_NOW, rows)

    def _events_of(self, platform: str, documents: Collection[int]) -> dict[int, list[Event]]:
        found: dict[int, list[Event]] = defaultdict(list)
        for row in self.rows(_EVENTS, platform, as_keys((document,) for document in documents)):
            found[row[0]].append(as_event(row))
        return found

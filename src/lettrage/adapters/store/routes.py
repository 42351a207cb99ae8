"""The doors that somebody chose for customers, and the copies of an approved platform's directory."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from lettrage.adapters.store import schema
from lettrage.adapters.store.events import note
from lettrage.adapters.store.outbox import as_keys
from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run, run_many
from lettrage.adapters.store.writing import insert
from lettrage.guard.audited import Event, Hand
from lettrage.invoicing.doors import siblings
from lettrage.invoicing.routing.copies import RECORDS, Copies, Copy, CopyKind, Key
from lettrage.invoicing.routing.deciding import Chosen
from lettrage.invoicing.routing.route import Choice
from lettrage.invoicing.sending.shelf import Shelved

_encode = msgspec.json.Encoder().encode
_decoders = {kind: msgspec.json.Decoder(record).decode for kind, record in RECORDS.items()}

_CHOSEN = """
SELECT r.third_party, r.route, r.changed_at, r.changed_by FROM json_each(?2) k
CROSS JOIN customer_route r ON r.dossier = ?1 AND r.third_party = k.value->>0
"""
_UNCHOOSE = "DELETE FROM customer_route WHERE dossier = ?1 AND third_party = ?2"
_COPIES = """
SELECT s.kind, s.identifier, s.record, s.fetched_at FROM json_each(?3) k
CROSS JOIN chorus_structure s ON s.dossier = ?1 AND s.platform = ?2 AND s.kind = k.value->>0
AND s.identifier = k.value->>1
"""
_KEEP = """
INSERT INTO chorus_structure (dossier, platform, kind, identifier, record, fetched_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (dossier, platform, kind, identifier)
DO UPDATE SET record = excluded.record, fetched_at = excluded.fetched_at
"""


# Where these documents were deposited last, in an environment.
_LATEST = """
SELECT d.platform FROM json_each(?2) k CROSS JOIN deposit d ON d.dossier = ?1
AND d.document = CAST(k.value->>0 AS BIGINT) AND d.platform IN (?3, ?4) ORDER BY d.flow DESC LIMIT 1
"""


class RouteBook(Reader):
    """The routes of one dossier's customers."""

    def routes_chosen(self, codes: Collection[str]) -> dict[str, Chosen]:
        """The doors that somebody chose for these customers."""
        found = self.rows(_CHOSEN, as_keys((code,) for code in codes))
        return {code: Chosen(route, at, by) for code, route, at, by in found}

    def choose_route(self, third_party: str, route: Choice | None, at: datetime, by: Hand) -> None:
        """Put a door in the place of the one chosen before; None: let the directory decide. The audit log tells who."""
        before = self.routes_chosen([third_party]).get(third_party)
        run(self.connection, _UNCHOOSE, (self.dossier, third_party))
        if route is not None:
            insert(
                self.connection, schema.customer_route, [(self.dossier, third_party, route, at.isoformat(), by.name)]
            )
        event = Event("route", third_party, before.route if before is not None else "", route or "")
        if event.before != event.after:
            note(self.connection, self.dossier, at.isoformat(), by, [event])

    def platform_of(self, documents: Collection[Shelved], environment: str) -> str:
        """The platform that documents of one number were deposited on last; Chorus Pro's where they never were."""
        return platform_of(self, documents, environment)

    def directory_copies(self, platform: str, keys: Collection[Key]) -> Copies:
        """What the directory said of these, as far as it was ever asked."""
        found = {}
        for kind, identifier, record, fetched_at in self.rows(_COPIES, platform, as_keys(keys)):
            of: CopyKind = kind
            told = _decoders[of](record) if record else None
            found[of, identifier] = Copy(of, identifier, told, datetime.fromisoformat(fetched_at))
        return found

    def keep_copies(self, platform: str, news: Sequence[Copy]) -> None:
        """Keep what the directory has just said."""
        rows = [
            (
                self.dossier, platform, one.kind, one.identifier,
                _encode(one.record).decode() if one.record is not None else "", one.fetched_at.isoformat(),
            )
            for one in news
        ]  # fmt: skip
        run_many(self.connection, _KEEP, rows)


def platform_of(reader: Reader, documents: Collection[Shelved], environment: str) -> str:
    """See `RouteBook.platform_of`."""
    names = siblings(environment)
    found = reader.rows(_LATEST, as_keys((one.id,) for one in documents), *names)
    return str(found[0][0]) if found else names[0]

"""The audit log is written with what it tells of, in the same commit: rows are only ever added."""

from collections.abc import Sequence

from sqlalchemy import Connection

from lettrage.adapters.store import schema
from lettrage.adapters.store.sql import on_postgresql, run
from lettrage.adapters.store.writing import insert
from lettrage.guard.audited import Event, Hand

# One row that everybody finds first: who holds it gives the next number. Rows that refer to it may come meanwhile.
_ALONE = "SELECT 1 FROM dossier WHERE code = ?1 FOR NO KEY UPDATE"
_ALONE_OVER_ALL = "SELECT 1 FROM account WHERE dossier = ?1 ORDER BY created_at, name LIMIT 1 FOR NO KEY UPDATE"
_LAST = "SELECT coalesce(max(id), 0) FROM audit_event WHERE dossier = ?1"


def note(connection: Connection, dossier: str, at: str, hand: Hand, events: Sequence[Event]) -> None:
    """Keep what was changed. It comes last in a commit: others who note something there wait for its end."""
    if not events:
        return
    if on_postgresql(connection):
        run(connection, _ALONE_OVER_ALL if dossier == schema.EVERY_DOSSIER else _ALONE, (dossier,)).all()
    last: int = run(connection, _LAST, (dossier,)).scalar_one()
    rows = [
        (dossier, last + n, at, hand.name, hand.source, e.kind, e.subject, e.before, e.after)
        for n, e in enumerate(events, 1)
    ]
    insert(connection, schema.audit_event, rows)

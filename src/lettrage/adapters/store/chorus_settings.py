"""The settings of Chorus Pro in the store: rows as they are, plain or sealed; what they mean is said elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from lettrage.adapters.store import schema
from lettrage.adapters.store.events import note
from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run, run_many
from lettrage.adapters.store.writing import insert
from lettrage.guard.audited import SET, Event, Hand
from lettrage.invoicing.approved_settings import SECRETS as APPROVED_SECRETS
from lettrage.invoicing.settings import SECRETS, Row

_REMOVE = "DELETE FROM chorus_setting WHERE dossier = ?1 AND platform = ?2 AND establishment = ?3 AND name = ?4"


class ChorusSettingsBook(Reader):
    """The settings of one dossier."""

    def chorus_rows(self) -> list[Row]:
        """Every setting that was given, secrets sealed."""
        sql = (
            "SELECT platform, establishment, name, value, sealed, changed_at, changed_by FROM chorus_setting"
            " WHERE dossier = ?1 ORDER BY platform, establishment, name"
        )
        return [
            Row(platform, establishment, name, value, bool(sealed), at, by)
            for platform, establishment, name, value, sealed, at, by in self.rows(sql)
        ]

    def set_chorus(self, rows: Sequence[Row], at: datetime, by: str) -> None:
        """Put settings in the place of what was there; a blank value takes one back. The audit log tells who did."""
        before = {(row.platform, row.establishment, row.name): row for row in self.chorus_rows()}
        places = [(self.dossier, row.platform, row.establishment, row.name) for row in rows]
        run_many(self.connection, _REMOVE, places)
        given = [
            (*place, row.value, int(row.sealed), at.isoformat(), by)
            for place, row in zip(places, rows, strict=True)
            if row.value
        ]
        insert(self.connection, schema.chorus_setting, given)
        events = [_event(row, before.get((row.platform, row.establishment, row.name))) for row in rows]
        told = [event for event in events if event.before != event.after or SET in (event.before, event.after)]
        note(self.connection, self.dossier, at.isoformat(), Hand(by), told)

    def sealed_again(self, rows: Sequence[Row]) -> None:
        """Write secrets sealed with another key; who set them, and when, stays."""
        sql = (
            "UPDATE chorus_setting SET value = ?5 WHERE dossier = ?1 AND platform = ?2 AND establishment = ?3"
            " AND name = ?4"
        )
        run_many(
            self.connection,
            sql,
            [(self.dossier, row.platform, row.establishment, row.name, row.value) for row in rows],
        )

    def deposited_on(self, platform: str) -> bool:
        """Whether anything was ever deposited on a platform, or is about to be."""
        return bool(self.rows("SELECT id FROM flow WHERE dossier = ?1 AND platform = ?2 LIMIT 1", platform))

    def forget_directory(self, platform: str) -> None:
        """Drop the copy of a platform's directory."""
        run(
            self.connection,
            "DELETE FROM chorus_structure WHERE dossier = ?1 AND platform = ?2",
            (self.dossier, platform),
        )

    def chorus_troubles(self) -> list[dict[str, str]]:
        """What the last attempts of the work still to be done met, for support: no number or name of a document."""
        sql = (
            "SELECT platform, kind, attempts, run_at, trouble FROM job WHERE dossier = ?1 AND trouble <> ''"
            " ORDER BY run_at DESC LIMIT 50"
        )
        return [
            {"platform": platform, "kind": kind, "attempts": str(attempts), "run_at": run_at, "trouble": trouble}
            for platform, kind, attempts, run_at, trouble in self.rows(sql)
        ]


def _event(row: Row, before: Row | None) -> Event:
    """What was changed of a setting; of a secret only that there is one."""
    place = " ".join(filter(None, (row.platform, row.establishment, row.name)))
    old, new = (before.value if before else ""), row.value
    if row.name in SECRETS or row.name in APPROVED_SECRETS:
        old, new = (SET if old else ""), (SET if new else "")
    return Event("platform" if row.name == "platform" else "chorus", place, old, new)

"""Files brought in and looked at, in the database until they are posted."""

from collections.abc import Sequence
from datetime import datetime

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run
from lettrage.invoicing.billing.brought import BroughtFile


class BroughtFiles(Reader):
    """The files of one dossier that are not posted yet. Satisfies the port `Brought`."""

    def keep_brought(self, key: str, files: Sequence[BroughtFile], by: str, at: datetime, until: datetime) -> None:
        """Keep files under a key; those kept before `until` are forgotten."""
        run(self.connection, "DELETE FROM brought WHERE dossier = ?1 AND at < ?2", (self.dossier, until.isoformat()))
        rows = (
            (self.dossier, key, position, file.name, by, at.isoformat(), file.content)
            for position, file in enumerate(files)
        )
        writing.insert(self.connection, schema.brought, rows)

    def brought(self, key: str, by: str) -> Sequence[BroughtFile]:
        """The files that somebody brought under a key."""
        sql = 'SELECT name, content FROM brought WHERE dossier = ?1 AND key = ?2 AND "by" = ?3 ORDER BY position'
        return [BroughtFile(name, bytes(content)) for name, content in self.rows(sql, key, by)]

    def forget_brought(self, key: str, by: str) -> None:
        """Forget what is in them, now that it is posted; their names stay for a while."""
        sql = 'UPDATE brought SET content = ?4 WHERE dossier = ?1 AND key = ?2 AND "by" = ?3'
        run(self.connection, sql, (self.dossier, key, by, b""))

"""Integrity checks kept, and where the chain of entries stands."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run
from lettrage.books.chain import shown
from lettrage.books.checks import CheckRun
from lettrage.books.head import Head
from lettrage.books.laws.finding import Finding

_findings = msgspec.json.Decoder(tuple[Finding, ...]).decode
_json = msgspec.json.Encoder().encode

_RUNS = """
SELECT id, at, by, head, entries, milliseconds, findings FROM check_run WHERE dossier = ?1 AND id < ?2
ORDER BY id DESC LIMIT ?3
"""
_KEEP = """
INSERT INTO check_run (dossier, id, at, by, head, entries, milliseconds, findings)
SELECT ?1, coalesce(max(id), 0) + 1, CAST(?2 AS VARCHAR), CAST(?3 AS VARCHAR), CAST(?4 AS VARCHAR),
       CAST(?5 AS BIGINT), CAST(?6 AS BIGINT), CAST(?7 AS TEXT) FROM check_run WHERE dossier = ?1
"""
_LAST = "SELECT year, number, date FROM entry WHERE dossier = ?1 ORDER BY posting DESC LIMIT 1"
NEWEST = 2**62


class ControlLooks(Reader):
    """The checks of one dossier."""

    def chain_stands(self) -> tuple[str, int]:
        """The hash of the last entry, and how many entries there are."""
        return self.counters["head"], self.counters["postings"]

    def head(self) -> Head:
        """Where the chain stands, to be kept elsewhere."""
        last = self.rows(_LAST)
        number, day = (shown(*last[0][:2]), last[0][2]) if last else ("", "")
        return Head(self.dossier, *self.chain_stands(), number, day)

    def check_runs(self, limit: int, before: int = NEWEST) -> list[CheckRun]:
        """Checks that were made, the newest first; `before`: those before this one."""
        return [
            CheckRun(id_, at, by, head, entries, took, _findings(findings))
            for id_, at, by, head, entries, took, findings in self.rows(_RUNS, before, limit)
        ]

    def keep_check(
        self, at: datetime, by: str, stood: tuple[str, int], milliseconds: int, findings: Sequence[Finding]
    ) -> None:
        """Keep a check that was made. `stood`: where the chain stood when it began."""
        kept = (self.dossier, at.isoformat(), by, *stood, milliseconds, _json(findings).decode())
        run(self.connection, _KEEP, kept)

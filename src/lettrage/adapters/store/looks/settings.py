"""People with their tokens, connection tests, the audit log."""

from collections.abc import Sequence
from typing import Any

import msgspec

from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.schema import EVERY_DOSSIER
from lettrage.adapters.store.sql import run
from lettrage.guard.audited import Audited
from lettrage.invoicing.connecting.diagnose import Evidence
from lettrage.invoicing.connecting.tested import Tested, TestedStep

_steps = msgspec.json.Decoder(tuple[TestedStep, ...]).decode
_evidence = msgspec.json.Decoder(Evidence).decode
_json = msgspec.json.Encoder().encode

_PEOPLE = """
SELECT a.dossier, a.name, a.role, a.created_at, a.closed_at, l.full_name, l.password_at, l.subject,
       (SELECT max(s.seen_at) FROM session s WHERE s.dossier = ?1 AND s.account = a.name) AS seen
FROM account a LEFT JOIN login l ON l.dossier = a.dossier AND l.account = a.name
WHERE a.dossier = ?1
"""
_TOKENS = """
SELECT dossier, account, shown, role, created_at, revoked_at FROM token WHERE dossier = ?1
ORDER BY created_at, shown
"""
# Own events, or those of all dossiers: they may lie on two machines, and each has its rank.
_EVENTS = """
SELECT CAST(?2 AS BIGINT), id, at, "by", source, kind, subject, "before", "after" FROM audit_event
WHERE dossier = ?1 AND (at, CAST(?2 AS BIGINT), id) < (?3, ?4, ?5) AND (?6 = '' OR kind = ?6) AND (?7 = '' OR "by" = ?7)
ORDER BY at DESC, id DESC LIMIT ?8
"""
_NEWEST = ("9", 2, 0)
_TESTS = 'SELECT platform, at, "by", works, steps, evidence FROM connection_test WHERE dossier = ?1'
_KEEP = """
INSERT INTO connection_test (dossier, platform, at, "by", works, steps, evidence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (dossier, platform) DO UPDATE SET at = excluded.at, "by" = excluded."by", works = excluded.works,
steps = excluded.steps, evidence = excluded.evidence
"""


class SettingsLooks(Reader):
    """How one dossier is set up, and who may work in it. `everywhere`: with what is of all dossiers."""

    def people(self, *, everywhere: bool) -> list[dict[str, Any]]:
        """The accounts with their tokens, the open ones first."""
        tokens: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for dossier, account, shown, role, created, revoked in self._of_each(_TOKENS, everywhere=everywhere):
            token = {"shown": shown, "role": role, "created_at": created, "revoked_at": revoked}
            tokens.setdefault((dossier, account), []).append(token)
        names = ("name", "role", "created_at", "closed_at", "full_name", "password_at", "subject", "seen_at")
        people = [
            dict(zip(names, values, strict=True))
            | {"everywhere": dossier == EVERY_DOSSIER, "tokens": tokens.get((dossier, values[0]), [])}
            for dossier, *values in self._of_each(_PEOPLE, everywhere=everywhere)
        ]
        return sorted(people, key=lambda one: (one["closed_at"] is not None, one["name"], not one["everywhere"]))

    def _of_each(self, sql: str, *, everywhere: bool) -> list[Any]:
        """The rows of this dossier, then those of what is of all dossiers."""
        scopes = (self.dossier, EVERY_DOSSIER) if everywhere else (self.dossier,)
        return [row for scope in scopes for row in run(self.connection, sql, (scope,))]

    def audit_page(
        self, kind: str, by: str, after: Sequence[int | str], limit: int, *, everywhere: bool
    ) -> tuple[list[Audited], tuple[int | str, ...] | None]:
        """What was changed, the newest first, and where the list goes on."""
        wanted = (*(after or _NEWEST), kind, by, limit + 1)
        rows: list[Any] = list(run(self.connection, _EVENTS, (self.dossier, 0, *wanted)))
        if everywhere:
            rows += run(self.connection, _EVENTS, (EVERY_DOSSIER, 1, *wanted))
        rows.sort(key=lambda row: (row[2], row[0], row[1]), reverse=True)
        found = [Audited(id_, rank == 1, *told) for rank, id_, *told in rows[:limit]]
        last = found[-1] if len(rows) > limit else None
        return found, None if last is None else (last.at, int(last.everywhere), last.id)

    def tests(self) -> dict[str, Tested]:
        """The last connection test of each platform."""
        return {
            platform: Tested(platform, at, by, works == 1, _steps(steps), _evidence(evidence))
            for platform, at, by, works, steps, evidence in self.rows(_TESTS)
        }

    def keep_test(self, test: Tested) -> None:
        """Keep a test in the place of the one before."""
        told = (_json(test.steps).decode(), _json(test.evidence).decode())
        run(self.connection, _KEEP, (self.dossier, test.platform, test.at, test.by, int(test.works), *told))

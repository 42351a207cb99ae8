"""The copy of Chorus Pro's directory in the database, and what other documents do with a number."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run_many
from lettrage.invoicing.checks.circumstances import Fate, Use
from lettrage.invoicing.checks.directory import Kept, News, Wanted
from lettrage.invoicing.doors import siblings
from lettrage.invoicing.portal import Structure
from lettrage.invoicing.sending.outbox import Outcome

_encode = msgspec.json.Encoder().encode
_structure = msgspec.json.Decoder(Structure).decode

_KEPT = """
SELECT s.kind, s.identifier, s.record, s.fetched_at FROM json_each(?3) k
CROSS JOIN chorus_structure s ON s.dossier = ?1 AND s.platform = ?2 AND s.kind = k.value->>0
AND s.identifier = k.value->>1
"""
_KEEP = """
INSERT INTO chorus_structure (dossier, platform, kind, identifier, record, fetched_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (dossier, platform, kind, identifier)
DO UPDATE SET record = excluded.record, fetched_at = excluded.fetched_at
"""
# The documents of a number, each with the outcome of its latest deposit through any door (NULL where there is none).
_SAME_NUMBER = """
SELECT s.id, s.corrects, d.outcome, d.supplier FROM sales_document s
LEFT JOIN deposit d ON d.dossier = s.dossier AND d.document = s.id AND d.platform IN (?2, ?4) AND d.flow =
(SELECT max(l.flow) FROM deposit l WHERE l.dossier = ?1 AND l.document = s.id AND l.platform IN (?2, ?4))
WHERE s.dossier = ?1 AND s.number = ?3 ORDER BY s.id
"""
_FATES: dict[Outcome | None, Fate] = {
    None: "none",
    "": "open",
    "in_doubt": "open",
    "integrated": "integrated",
    "numbering_error": "taken",
    "rejected": "refused",
    "refused": "refused",
    "given_up": "refused",
}


class DirectoryCopy(Reader):
    """What one dossier knows of Chorus Pro's structures, and of its own numbers there."""

    def kept_structures(self, platform: str, wanted: Sequence[Wanted]) -> dict[Wanted, Kept]:
        """What the directory said of these, as far as it was ever asked."""
        keys = _encode([[one.kind, one.identifier] for one in wanted]).decode()
        known = {
            (kind, identifier): Kept(_structure(record) if record else None, datetime.fromisoformat(fetched_at))
            for kind, identifier, record, fetched_at in self.rows(_KEPT, platform, keys)
        }
        return {one: known[one.kind, one.identifier] for one in wanted if (one.kind, one.identifier) in known}

    def keep_structures(self, platform: str, news: Iterable[News], at: datetime) -> None:
        """Keep what the portal has just said."""
        rows = [
            (
                self.dossier, platform, one.kind, one.identifier,
                _encode(one.structure).decode() if one.structure is not None else "", at.isoformat(),
            )
            for one in news
        ]  # fmt: skip
        run_many(self.connection, _KEEP, rows)

    def uses_of(self, number: str, document: int | None, platform: str) -> tuple[Use, ...]:
        """The documents of a number: this one, those that it takes the place of, and others."""
        chorus, approved = siblings(platform)
        rows = self.rows(_SAME_NUMBER, chorus, number, approved)
        before = {id_: corrects for id_, corrects, *_ in rows}
        mine: set[int] = set()
        at = document
        while at is not None and at not in mine:
            mine.add(at)
            at = before.get(at)
        return tuple(Use(id_, _FATES[outcome], id_ in mine, supplier or "") for id_, _, outcome, supplier in rows)

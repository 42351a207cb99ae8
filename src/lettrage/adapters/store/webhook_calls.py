"""Calls of approved platforms that were heeded, for as long as they could come again."""

from datetime import datetime

from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run

_FORGET = "DELETE FROM webhook_call WHERE dossier = ?1 AND received_at < ?2"
_KEEP = (
    "INSERT INTO webhook_call (dossier, platform, signature, received_at) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT DO NOTHING"
)


class WebhookCalls(Reader):
    """The calls heeded for one dossier. Satisfies the port `HookBook`, together with the outbox."""

    def heed_call(self, platform: str, signature: str, at: datetime, until: datetime) -> bool:
        """Note that a call is heeded; False where it was before. Those of before `until` are forgotten."""
        run(self.connection, _FORGET, (self.dossier, until.isoformat()))
        kept = run(self.connection, _KEEP, (self.dossier, platform, signature, at.isoformat()))
        return kept.rowcount == 1

"""What an approved platform is told besides invoices, in the database: each with the flow that carries it.

A message is written with its flow and the job that sends it, in the commit that intends it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.outbox import Flows, as_keys, as_moment, as_text, decoded
from lettrage.adapters.store.sql import run, run_many
from lettrage.invoicing import declaring
from lettrage.invoicing.doors import is_approved
from lettrage.invoicing.formats import cdar_read
from lettrage.invoicing.sending.outbox import Again, Flow, Message, MessageKind, MessageOutcome, Packet, Said, Saying
from lettrage.invoicing.sending.refused import Candidate

replace = msgspec.structs.replace

_COLUMNS = """
SELECT m.id, m.platform, m.kind, m.key, m.document, m.code, m.at, m.content, m.flow, f.state, f.sent_at, m.outcome,
m.stands, m.errors, m.made_at, m.made_by
"""
_MESSAGE = f"{_COLUMNS} FROM message m JOIN flow f ON f.dossier = m.dossier AND f.id = m.flow"
_OF_KIND = f"{_MESSAGE} WHERE m.dossier = ?1 AND m.kind = ?2 AND m.platform = ?3 ORDER BY m.id"
_OF_DOCUMENT = f"""
{_MESSAGE} WHERE m.dossier = ?1 AND m.document = ?4 AND m.kind = ?2 AND m.platform = ?3 ORDER BY m.id
"""
OF_THESE = f"""
{_COLUMNS} FROM json_each(?4) k CROSS JOIN message m ON m.dossier = ?1 AND m.document = CAST(k.value->>0 AS BIGINT)
AND m.platform = ?3 AND m.kind = ?2 CROSS JOIN flow f ON f.dossier = m.dossier AND f.id = m.flow ORDER BY m.id
"""
_OF_FLOW = f"{_MESSAGE} WHERE m.dossier = ?1 AND m.flow = ?2"
_OF_FLOWS = f"""
{_COLUMNS} FROM json_each(?3) k CROSS JOIN flow f ON f.dossier = ?1 AND f.platform = ?2 AND f.number = k.value->>0
CROSS JOIN message m ON m.dossier = f.dossier AND m.flow = f.id ORDER BY m.id
"""
_CARRIES = "SELECT content, number FROM flow WHERE dossier = ?1 AND id = ?2"
_STANDING = """
SELECT m.key FROM json_each(?3) k CROSS JOIN message m ON m.dossier = ?1 AND m.platform = ?2 AND m.key = k.value->>0
AND m.stands = 1
"""
_FREE = """
UPDATE message SET stands = 0 WHERE dossier = ?1 AND id = ?2 AND kind = ?3 AND platform = ?4
AND stands = 1 AND outcome IN ('rejected', 'given_up')
"""
# Who heard that it was taken may not have heard yet that the tax office refused it: the refusal holds.
_SET = """
UPDATE message SET outcome = ?3, errors = ?4
WHERE dossier = ?1 AND id = ?2 AND NOT (outcome = 'rejected' AND ?3 = 'accepted')
"""
_CARRY = "UPDATE message SET flow = ?3 WHERE dossier = ?1 AND flow = ?2"


class Messages(Flows):
    """The messages of one dossier, beside its flows."""

    def say(self, sayings: Sequence[Saying], platform: str, by: str, now: datetime) -> list[int]:
        """Keep what is to be said to an approved platform, with its flow and its job; the numbers of the messages."""
        assert is_approved(platform), platform
        told = {key for (key,) in self.rows(_STANDING, platform, as_keys({(one.key,) for one in sayings}))}
        new: dict[str, Saying] = {}
        for one in sayings:
            if one.key not in told:
                new.setdefault(one.key, one)
        flows = self.intend([Packet(one.name, one.syntax, one.file, ()) for one in new.values()], platform, by, now)
        return self._keep_messages([*new.values()], flows, platform, by, now)

    def handed_in(self, saying: Saying, platform: str, by: str, now: datetime) -> int:
        """Keep what somebody took to the platform himself, as sent; its message. Nothing asks what became of it."""
        packet = Packet(saying.name, saying.syntax, saying.file, ())
        (flow,) = self.keep_flows([packet], platform, by, now, state="sent")
        (message,) = self._keep_messages([saying], [flow], platform, by, now, outcome="accepted")
        return message

    def _keep_messages(
        self,
        sayings: Sequence[Saying],
        flows: Sequence[int],
        platform: str,
        by: str,
        now: datetime,
        outcome: MessageOutcome = "",
    ) -> list[int]:
        ((last,),) = self.rows("SELECT coalesce(max(id), 0) FROM message WHERE dossier = ?1")
        numbers = list(range(last + 1, last + 1 + len(sayings)))
        rows = (
            (
                self.dossier, number, platform, one.kind, one.key, one.document, one.code, one.at.isoformat(),
                one.content, flow, outcome, 1, "", now.isoformat(), by,
            )
            for number, one, flow in zip(numbers, sayings, flows, strict=True)
        )  # fmt: skip
        writing.insert(self.connection, schema.message, rows)
        return numbers

    def said(self, kind: MessageKind, platform: str, document: int | None = None) -> list[Message]:
        """What was said to a platform, the earliest first: all of a kind, or about one document."""
        about = () if document is None else (document,)
        return [as_message(row) for row in self.rows(_OF_DOCUMENT if about else _OF_KIND, kind, platform, *about)]

    def candidates(self, platform: str, documents: Collection[int], flows: Collection[str]) -> list[Candidate]:
        """What was said of these documents, or is in these flows (by the platform's numbers), with its own names."""
        found = {
            message.id: message
            for message in (
                *map(as_message, self.rows(OF_THESE, "status", platform, as_keys((d,) for d in documents))),
                *map(as_message, self.rows(_OF_FLOWS, platform, as_keys((f,) for f in flows))),
            )
        }
        return [Candidate(one, self._names(one)) for one in found.values()]

    def _names(self, message: Message) -> frozenset[str]:
        """What a refusal may call a message by: its own number, which its file has, and its flow's at the platform."""
        ((content, number),) = self.rows(_CARRIES, message.flow)
        own = cdar_read.read(bytes(content)).message if message.kind == "status" else declaring.kept(message).sent
        return frozenset(name for name in (number, own.id if own is not None else "") if name)

    def messages_of(self, platform: str, documents: Collection[int]) -> Mapping[int, list[Message]]:
        """The statuses that were said of these documents, the earliest first."""
        found: defaultdict[int, list[Message]] = defaultdict(list)
        for row in self.rows(OF_THESE, "status", platform, as_keys((document,) for document in documents)):
            message = as_message(row)
            found[message.document or 0].append(message)
        return found

    def free(self, message: int, kind: MessageKind, platform: str) -> bool:
        """Let what the platform refused be told again; False for any other message."""
        return run(self.connection, _FREE, (self.dossier, message, kind, platform)).rowcount > 0

    def set_messages(self, messages: Sequence[Message]) -> None:
        """Let messages be as these say; what they tell never changes."""
        rows = [(self.dossier, m.id, m.outcome, as_text(m.errors) if m.errors else "") for m in messages]
        run_many(self.connection, _SET, rows)

    def flow(self, number: int) -> Flow:
        """A flow with its deposits or its message, by our own number."""
        found = super().flow(number)
        if not is_approved(found.platform):
            return found
        return replace(found, message=next(map(as_message, self.rows(_OF_FLOW, number)), None))

    def send_again(self, again: Again, asked_by: str, now: datetime) -> list[int]:
        """Keep flows with the bytes of one before, which stands no longer; a message is the new flow's."""
        flows = super().send_again(again, asked_by, now)
        if not again.documents:
            run(self.connection, _CARRY, (self.dossier, again.flow, flows[0]))
        return flows


def as_message(row: Any) -> Message:
    """A message as a row gives it."""
    (
        id_, platform, kind, key, document, code, at, content, flow, state, sent_at, outcome, stands, errors, made_at,
        made_by,
    ) = row  # fmt: skip
    return Message(
        id_, platform, kind, key, document, code, datetime.fromisoformat(at), content, flow, state,
        as_moment(sent_at), outcome, bool(stands), decoded(errors, tuple[Said, ...], ()),
        datetime.fromisoformat(made_at), made_by,
    )  # fmt: skip

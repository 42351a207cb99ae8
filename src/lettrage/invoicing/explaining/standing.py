"""Where a document stands on a platform, and what that asks for: its last deposit and its present status. Pure."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from lettrage.invoicing.document import Invoice
from lettrage.invoicing.doors import is_approved
from lettrage.invoicing.explaining import labels
from lettrage.invoicing.explaining.explain import NEXT, explain
from lettrage.invoicing.explaining.messages import Next, messages, states
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.lifecycle import acknowledged
from lettrage.invoicing.lifecycle.acknowledged import explain_ack
from lettrage.invoicing.lifecycle.heard import reference_of
from lettrage.invoicing.lifecycle.reasons import cause, explain_status
from lettrage.invoicing.portal import StatusEvent
from lettrage.invoicing.sending.outbox import Deposit, Event, Outcome
from lettrage.invoicing.sending.shelf import Sent, Shelved
from lettrage.invoicing.sending.statuses import PARTLY, RECEIVED, Receipts, current

# What a deposit asks for that Chorus Pro does not have, or has under another invoice's number.
_STEPS: dict[Outcome, Next] = {
    "": "wait",
    "in_doubt": "wait",
    "numbering_error": "new_number",
    "rejected": "resend",
    "refused": "resend",
    "given_up": "redeposit",
}
# The same steps where they are taken by a status that we say.
_BY_STATUS: dict[Next, str] = {
    "complete": 'lettrage lifecycle say {number} --status 209 --comment "…" --attach FICHIER',
}


class Standing(msgspec.Struct, frozen=True):
    """The last deposit of a document on a platform, the file that was sent, and everything heard of it since."""

    platform: str
    document: Shelved
    deposit: Deposit
    sent: bytes
    invoice: Invoice
    events: Sequence[Event] = ()

    @property
    def status(self) -> StatusEvent | None:
        """The present status of the invoice in Chorus Pro; None where it is not there."""
        event = current(self.events, self._receipts) if self.deposit.outcome == "integrated" else None
        return StatusEvent(event.code, event.at, event.history_id, event.comment) if event is not None else None

    @property
    def state(self) -> str:
        """The status, else what is known of the deposit."""
        if self.status is None:
            return self.deposit.outcome or "sent"
        return PARTLY if self.deposit.status == PARTLY and self.status.code == RECEIVED else self.status.code

    @property
    def _receipts(self) -> Receipts:
        """Of an approved platform that all payments came back is known by this: it is kept as standing elsewhere."""
        return "back" if is_approved(self.platform) and self.deposit.status not in (RECEIVED, PARTLY) else "untold"

    @property
    def step(self) -> Next:
        """What it asks of the supplier."""
        if self.deposit.outcome != "integrated":
            return _STEPS[self.deposit.outcome]
        known = states("invoice").get(self.status.code) if self.status else None
        return known.next if known is not None else "wait"

    @property
    def command(self) -> str:
        """That as a command; the way to see the state where there is none."""
        by_status = _BY_STATUS if is_approved(self.platform) else {}
        step = self.step if NEXT[self.step] else "wait"
        return by_status.get(step, NEXT[step]).format(number=self.deposit.number)

    @property
    def facts(self) -> dict[str, str]:
        """What a refusal of another step says of it: the state in both languages, and the command that it waits for."""
        words = {"state": labels.state(self.state, "fr"), "state_en": labels.state(self.state, "en")}
        return words | {"command": self.command}

    def explained(self) -> list[Finding]:
        """What the platform has against it or asks for, explained."""
        if self.status is not None and is_approved(self.platform):
            return explain_status(reference_of(self.deposit.number, self.status.code, self.status.comment))
        if self.status is not None:
            return explain(self.status, self.sent, self.invoice)
        if is_approved(self.platform):
            return [explain_ack(one.code, one.text, self.deposit.number, self.command) for one in self.deposit.errors]
        return explain(self.deposit.errors, self.sent, self.invoice)


class Sendings(Protocol):
    """What is kept of documents that were sent."""

    def deposits_of(self, document: int, platform: str) -> list[Deposit]: ...  # noqa: D102
    def deposits_of_documents(self, documents: Sequence[Shelved], platform: str) -> list[Sent]: ...  # noqa: D102
    def file_sent(self, sent: Sent) -> bytes: ...  # noqa: D102
    def document_content(self, id_: int) -> Invoice: ...  # noqa: D102
    def events(self, document: int, platform: str) -> list[Event]: ...  # noqa: D102


def standing_of(books: Sendings, documents: Sequence[Shelved], platform: str) -> Standing | None:
    """Where an invoice stands: by the latest of its documents that was sent; None where none was."""
    for document in documents:
        deposits = books.deposits_of(document.id, platform)
        if deposits:
            file = books.deposits_of_documents([document], platform)[0]
            content, events = books.document_content(document.id), books.events(document.id, platform)
            return Standing(platform, document, deposits[0], books.file_sent(file), content, events)
    return None


def explained_shape(finding: Finding) -> dict[str, Any]:
    """The interface's shape, with what only explanations have."""
    message = messages().get(finding.code)
    facts = {name: finding.facts.get(name, "") for name in ("field", "missing", "line", "column", "next", "command")}
    others = tuple(map("".join, zip(cause(finding.code), acknowledged.cause(finding.code), strict=True)))
    told = (message.cause_fr, message.cause_en) if message else others
    causes = {"cause_fr": told[0], "cause_en": told[1]} if any(told) else {}
    return finding.shape | facts | causes

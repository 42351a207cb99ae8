"""Sending documents through one of the two doors, and what a person may say of one in doubt."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.invoicing.doors import Door, company_of, door_of, is_approved
from lettrage.invoicing.sending import deposit as sending
from lettrage.invoicing.sending.outbox import Again, Conclusion, Deposit, Event, Job, Outbox, Outcome, Parcel
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.answer import reason_shape

replace = msgspec.structs.replace

# Why the number of a deposit that stands may not be sent again, by the door that it stands through.
_STANDS: dict[Door, dict[Outcome, str]] = {
    "chorus": {
        "": "on_its_way",
        "in_doubt": "still_in_doubt",
        "integrated": "chorus_has_it",
        "numbering_error": "chorus_has_another",
    },
    "approved": {
        "": "on_its_way",
        "in_doubt": "still_in_doubt",
        "integrated": "approved_has_it",
        "numbering_error": "approved_has_another",
    },
}
OTHER_DOOR = "through_the_other_door"
INTERNAL = "internal_credit_note"
# After these an invoice is cancelled in the books alone: the tax office must hear of no credit note to it (DSE).
_ENDED = frozenset(("210", "213"))


class SendInvoices(msgspec.Struct, frozen=True):
    """Let documents go to a platform, in files made ready before. Satisfies the port `Act`.

    Never twice: a number that stands there is refused, whoever asks and however.
    """

    parcels: tuple[Parcel, ...]
    platform: str
    by: str
    lots: bool = False
    forced: bool = False
    found: Sequence[dict[str, Any]] = ()  # what our checks said without stopping it: told again with the kept answer

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "send"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked; the files by their digests."""
        files = [{"number": p.number, "sha256": hashlib.sha256(p.file).hexdigest()} for p in self.parcels]
        return {"platform": self.platform, "lots": self.lots, "forced": self.forced, "invoices": files}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The flows that are to be sent, and for each document that may not go why."""
        free: dict[tuple[str, str], Parcel] = {}
        refused = []
        against = self._against(books)
        for parcel in self.parcels:
            key = (parcel.supplier, parcel.number)
            code, where = against.get(key, ("", ""))
            if key in free:
                code, where = _STANDS[door_of(self.platform)][""], self.platform
            if code:
                reason = Refusal(code, parcel.number, quoted(parcel.number), where)
                refused.append({"number": parcel.number, "reasons": [reason_shape(reason)]})
            else:
                free[key] = parcel
        lots = self.lots and not is_approved(self.platform)  # which takes one invoice in a flow
        flows = books.intend(sending.packets(free.values(), lots=lots), self.platform, self.by, moment.at)
        return {"platform": self.platform, "flows": flows, "refused": refused, "findings": list(self.found)}

    def _against(self, books: ActBooks) -> dict[tuple[str, str], tuple[str, str]]:
        """Why numbers of a supplier may not be sent, and which platform has them.

        A number that stands through one door is not sent through the other: the buyer would have the invoice twice.
        """
        wanted = [(p.supplier, p.number) for p in self.parcels]
        elsewhere = {
            (company_of(d.supplier), d.number): name
            for name, d in books.standing_elsewhere(self.platform, [number for _, number in wanted])
        }
        found = {
            key: (OTHER_DOOR, elsewhere[company_of(key[0]), key[1]])
            for key in wanted
            if (company_of(key[0]), key[1]) in elsewhere
        }
        codes = _STANDS[door_of(self.platform)]
        standing = books.standing(self.platform, wanted)
        found |= {key: (INTERNAL, before) for key, before in self._internal(books).items()}
        return found | {key: (codes[d.outcome], self.platform) for key, d in standing.items()}

    def _internal(self, books: ActBooks) -> dict[tuple[str, str], str]:
        """Credit notes that stay inside, each with the invoice that was refused or rejected before."""
        if not is_approved(self.platform):
            return {}
        notes = [p for p in self.parcels if p.credit and p.preceding]
        before = books.standing(self.platform, [(p.supplier, number) for p in notes for number in p.preceding])
        ended = {key for key, deposit in before.items() if deposit.status in _ENDED}
        return {
            (p.supplier, p.number): number for p in notes for number in p.preceding if (p.supplier, number) in ended
        }


class ReleaseInvoice(msgspec.Struct, frozen=True):
    """Say of a document in doubt what only a person can know. Satisfies the port `Act`.

    `received`: Chorus has it (under the flow number `flow`, where that is known), so that it is looked for but never
    sent again by itself. Else: Chorus has it not, so that it is sent again now, with the same bytes.
    """

    document: int
    number: str
    platform: str
    by: str
    received: bool = False
    flow: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "release"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"number": self.number, "platform": self.platform, "received": self.received, "flow": self.flow}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """What becomes of it now."""
        deposit = self._in_doubt(books)
        if books.in_hand(self.platform, deposit.flow, moment.at):
            raise Refused(Refusal("being_worked_on", "NUMBER", quoted(deposit.number)))
        said = self._received(books, deposit, moment) if self.received else self._sent_again(deposit, moment)
        books.doubt_ended(deposit.flow, said, moment.at)
        return {"number": deposit.number, "platform": self.platform, "said": said.events[0].code}

    def _in_doubt(self, books: Outbox) -> Deposit:
        deposits = books.deposits_of(self.document, self.platform)
        if not deposits or deposits[0].outcome not in ("in_doubt", "numbering_error"):
            raise Refused(Refusal("not_in_doubt", "NUMBER", quoted(self.number), self.platform))
        return deposits[0]

    def _received(self, books: Outbox, deposit: Deposit, moment: Moment) -> Conclusion:
        told = Event(deposit.document, "ours", "said_received", moment.at, comment=f"{self.by} {self.flow}".strip())
        if not self.flow:
            look = Job(self.platform, "look_up", str(deposit.flow), moment.at, {"keep": "1"})
            return Conclusion(deposits=(replace(deposit, outcome="in_doubt"),), events=(told,), planned=(look,))
        flow = books.flow(deposit.flow)
        known = tuple(replace(d, outcome="") if d.outcome == "in_doubt" else d for d in flow.deposits)
        sent = replace(flow, state="sent", number=self.flow, sent_at=flow.doubt_since or moment.at, deposits=known)
        follow = Job(self.platform, "follow_flow", str(flow.id), moment.at)
        return Conclusion(flow=sent, deposits=known, events=(told,), planned=(follow,))

    def _sent_again(self, deposit: Deposit, moment: Moment) -> Conclusion:
        told = Event(deposit.document, "ours", "said_not_received", moment.at, comment=self.by)
        freed = replace(deposit, outcome="given_up")
        others = Job(self.platform, "look_up", str(deposit.flow), moment.at)
        again = Again(deposit.flow, (deposit.document,), apart=True)
        return Conclusion(deposits=(freed,), events=(told,), planned=(others,), again=(again,))

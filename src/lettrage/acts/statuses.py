"""What the supplier says of an invoice that an approved platform has: 209, 220 and 227, each when a person asks for it.

Status 212 is said by the program itself, from the settlements (`telling`). Whatever is said is written as a lifecycle
message and judged by the official rules before it is kept; what they refuse is never sent.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from stdnum import iban

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.company.dossier import Bank, Company
from lettrage.invoicing.checks.official import LifecycleRules
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.formats.cdar import render
from lettrage.invoicing.lifecycle.about import concerned
from lettrage.invoicing.lifecycle.message import Attachment
from lettrage.invoicing.lifecycle.sent import (
    Concerned,
    Declared,
    account_changed,
    cancelled,
    completed,
    numbered,
    to_buyer,
)
from lettrage.invoicing.lifecycle.statuses import name
from lettrage.invoicing.sending.carried import Carried, receipts
from lettrage.invoicing.sending.outbox import Event, Message, Saying
from lettrage.invoicing.sending.statuses import current, ordered
from lettrage.limits import ATTACHMENT_BYTES, CODE_CHARACTERS, STATUS_CHARACTERS
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.answer import reason_shape

BY_HAND = ("209", "220", "227")
DEPOSITED, SUSPENDED = "200", "208"
CORRECTIVE = "384"  # UNTDID 1001
_MIMES = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "csv": "text/csv",
    "xml": "application/xml",
}  # fmt: skip
_NAME_CHARACTERS, _NAMELESS = 200, "fichier"
_NOT_IN_NAMES = re.compile(r"[^\w.-]")


# ---------------------------------------------------------------- writing one


class Written(msgspec.Struct, frozen=True):
    """A status to be written: of which document, under which key, in our own values; `before`: how many of its moment
    were said of the document before."""

    document: int
    key: str
    declared: Declared
    content: str
    before: int = 0


def about(invoice: Invoice, events: Sequence[Event]) -> Concerned | Refusal:
    """The facts of an invoice as its messages have them; the platform took it when it said so, else when we heard."""
    taken = [one.at for one in ordered(events) if one.code in (DEPOSITED, "integrated") and one.at is not None]
    return concerned(invoice, min(taken, default=None))


def written(wanted: Written, facts: Concerned, rules: LifecycleRules, now: datetime) -> Saying | Refusal:
    """A status as a message to the buyer's platform, among whose readers the PPF is where it hears of the status.

    One message for all: the platform that takes it makes the PPF's own of it, with a number and a name of its own.
    """
    declared = wanted.declared
    number = numbered(facts, declared) + (f"_{wanted.before + 1}" if wanted.before else "")
    title = f"{facts.number}_CDV-{declared.code}_{name(declared.code, 'fr')}"
    file = render(to_buyer(facts, declared, number, now, title))
    against = [one for one in rules.judge_lifecycle(file, own=True).findings if one.blocks]
    if against:
        said = " | ".join(" ".join(filter(None, (one.code, one.raw))) for one in against)
        return Refusal("status_against_rules", "number", quoted(facts.number), declared.code, {"said": quoted(said)})
    named = f"CDV-{declared.code}_{_NOT_IN_NAMES.sub('_', number)}.xml"
    return Saying(
        "status", wanted.key, wanted.document, declared.code, declared.at, wanted.content, named, "CDAR", file
    )


def attached(name: str, content: bytes) -> Attachment:
    """A file for the buyer, under the last part of its name: whoever opens it there is led to no other place."""
    plain = "".join(one if one.isprintable() else "_" for one in re.split(r"[/\\]", name)[-1])
    last = plain.strip(" .")[:_NAME_CHARACTERS] or _NAMELESS
    return Attachment(last, mime_of(last), content)


def mime_of(name: str) -> str:
    """What kind of file one of this name is."""
    return _MIMES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


# ---------------------------------------------------------------- what a person says


class DeclareStatus(msgspec.Struct, frozen=True):
    """Say a status of an invoice. Satisfies the port `Act`.

    `bank`: for 227, the code of the company's account that is to be paid. `by_number`: for 220, the corrective
    invoice's.
    """

    document: int
    number: str
    platform: str
    code: str
    by: str
    rules: LifecycleRules
    comment: str = ""
    attachments: tuple[Attachment, ...] = ()
    bank: str = ""
    by_number: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "status"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked; files by their digests."""
        files = [{"name": one.filename, "sha256": hashlib.sha256(one.content).hexdigest()} for one in self.attachments]
        return {
            "number": self.number,
            "platform": self.platform,
            "status": self.code,
            "comment": self.comment,
            "bank": self.bank,
            "by": self.by_number,
            "files": files,
        }

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The message that is to be sent, and what is worth knowing about it."""
        if faults := [*self._malformed(books.company)]:
            raise Refused(*faults)
        carried = next(iter(books.carried(self.platform, [self.document])), None)
        if carried is None:
            raise Refused(Refusal("status_not_carried", "number", quoted(self.number), self.platform))
        if faults := [*self._against(carried)]:
            raise Refused(*faults)
        facts = about(carried.content, carried.events)
        if isinstance(facts, Refusal):
            raise Refused(facts)
        at = moment.at.replace(microsecond=0)
        before = [one for one in carried.messages if one.code == self.code]
        wanted = Written(
            self.document,
            f"{self.code}/{self.document}/{len(before) + 1}",
            self._declared(books.company, at),
            msgspec.json.encode(self.content).decode(),
            sum(one.at == at for one in before),
        )
        made = written(wanted, facts, self.rules, moment.at)
        if isinstance(made, Refusal):
            raise Refused(made)
        messages = books.say([made], self.platform, self.by, moment.at)
        warnings = [reason_shape(one) for one in self._remarks(carried)]
        return {
            "number": self.number,
            "platform": self.platform,
            "status": self.code,
            "message": str(messages[0]),
            "warnings": warnings,
        }

    # ------------------------------------------------------------ what speaks against it

    def _malformed(self, company: Company) -> Iterator[Refusal]:
        if self.code not in BY_HAND:
            code = "status_by_itself" if self.code == "212" else "status_not_ours"
            yield Refusal(code, "status", quoted(self.code), ", ".join(BY_HAND))
            return
        if len(self.comment) > STATUS_CHARACTERS:
            yield Refusal("too_long", "comment", str(len(self.comment)), str(STATUS_CHARACTERS))
        if len(self.by_number) > CODE_CHARACTERS:
            yield Refusal("too_long", "instead", str(len(self.by_number)), str(CODE_CHARACTERS))
        if self.code == "209" and not self.comment and not self.attachments:
            yield Refusal("status_says_nothing", "comment", self.code)
        for one in self.attachments:
            if len(one.content) > ATTACHMENT_BYTES:
                yield Refusal("too_long", "attach", quoted(one.filename), str(ATTACHMENT_BYTES))
        if self.code == "227" and not _payable(company.banks.get(self.bank)):
            known = ", ".join(sorted(code for code, bank in company.banks.items() if _payable(bank))) or "-"
            yield Refusal("rib_without_iban", "bank", quoted(self.bank), known)

    def _against(self, carried: Carried) -> Iterator[Refusal]:
        """What the platform knows of the invoice, and what was said of it before."""
        if ended := carried.ended_by:
            words = {"state": name(ended, "fr"), "state_en": name(ended, "en")}
            yield Refusal("status_after_the_end", "number", quoted(self.number), ended, words)
        before = [one for one in carried.messages if one.code == self.code and one.stands]
        since = _last(carried.events, SUSPENDED)
        if before and _same(before[-1], self.content) and (since is None or since <= before[-1].made_at):
            yield Refusal("status_said_already", "number", quoted(self.number), self.code)

    def _remarks(self, carried: Carried) -> Iterator[Refusal]:
        """What does not stop it, and may still be a mistake."""
        now = current(carried.events, receipts(carried.messages))
        if self.code == "209" and (now is None or now.code != SUSPENDED):
            state = now.code if now is not None else "-"
            yield Refusal("status_nothing_suspended", "number", quoted(self.number), state)
        if self.code == "220" and not self.by_number:
            yield Refusal("status_without_corrective", "number", quoted(self.number), CORRECTIVE)

    def _declared(self, company: Company, at: datetime) -> Declared:
        if self.code == "209":
            return completed(at, self.comment, self.attachments)
        if self.code == "220":
            instead = f"Annulée et remplacée par la facture {self.by_number}." if self.by_number else ""
            return cancelled(at, " ".join(filter(None, (instead, self.comment))))
        bank = company.banks[self.bank]
        return account_changed(at, iban.compact(bank.iban), bank.bic, company.name)


def _payable(bank: Bank | None) -> bool:
    return bank is not None and bool(iban.is_valid(bank.iban))


def _last(events: Sequence[Event], code: str) -> datetime | None:
    found = [one.at for one in ordered(events) if one.origin == "history" and one.code == code and one.at]
    return found[-1] if found else None


def _same(before: Message, content: dict[str, Any]) -> bool:
    asked: dict[str, Any] = msgspec.json.decode(before.content)
    return asked == content

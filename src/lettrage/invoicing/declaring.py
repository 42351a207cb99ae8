"""A period's report of payments as a message of the outbox, and back: what was said, and what became of it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from lettrage.company.dossier import Company
from lettrage.dates import PARIS
from lettrage.invoicing import flow_service
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import name_of as door_name
from lettrage.invoicing.formats.flux10 import Party, Transmission, write
from lettrage.invoicing.lifecycle.heard import plain
from lettrage.invoicing.lifecycle.statuses import is_refusal
from lettrage.invoicing.sending.outbox import Message, Said, Saying, Told
from lettrage.invoicing.settings import Row
from lettrage.refusal import Refusal
from lettrage.reporting.declarations import Fate, Filed
from lettrage.reporting.report import Owed, Report

_FRR: flow_service.FlowSyntax = "FRR"
TAKEN, REFUSED = "300", "301"
_REJECTED = ("rejected", "given_up")


class Kept(msgspec.Struct, frozen=True):
    """What a message keeps of a report. `by_hand`: somebody took the file to the platform."""

    sent: Transmission
    by_hand: bool = False


class Header(msgspec.Struct, frozen=True):
    """Who sends a period's report, and who declares. `connected`: whether the platform's services can be called."""

    platform: str
    sender: Party
    declarant: Party
    connected: bool

    @property
    def faults(self) -> Iterator[Refusal]:
        """What must be said first."""
        if not self.declarant.id:
            yield Refusal("declarant_siren", "declarant.siren")
        if not self.sender.id:
            yield Refusal("declarant_platform", "declarant.platform")


def header(company: Company, rows: Iterable[Row], environment: Platform) -> Header:
    """The head of this company's reports. `rows`: the settings of all platforms."""
    platform, said = door_name("approved", environment), company.declarant
    of_platform: Mapping[str, str] = {row.name: row.value for row in rows if row.platform == platform}
    number = said.platform or of_platform.get("number", "")
    siren = said.siren or "".join(company.siret.split())[:9]
    return Header(
        platform,
        Party(number, said.platform_name or f"Plateforme agréée {number}"),
        Party(siren, said.name or company.name),
        bool(of_platform.get("flow_url")),
    )


def transmission(owed: Owed, of: Header, now: datetime) -> Transmission:
    """The report that is owed, made now. Its number is new each time, also where the one before it was refused."""
    made = now.astimezone(PARIS).replace(tzinfo=None, microsecond=0)
    first, last = owed.period.first, owed.period.last
    number = f"ENC-{of.declarant.id}-{first:%Y%m}-{last:%Y%m}-{owed.number}-{made:%Y%m%d%H%M%S}"
    return Transmission(number, made, owed.kind, of.sender, of.declarant, first, last, owed.contents)


def saying(sent: Transmission, number: int, now: datetime, *, by_hand: bool = False) -> Saying:
    """The report as the outbox keeps it. `number`: of the period, 1 for the first."""
    key = f"report/{sent.first.isoformat()}/{sent.last.isoformat()}/{number}"
    name = f"encaissements-{sent.declarant.id}-{sent.first:%Y%m}-{sent.last:%Y%m}-{number}.xml"
    content = msgspec.json.encode(Kept(sent, by_hand)).decode()
    return Saying("report", key, None, sent.kind, now, content, name, _FRR, write(sent))


def kept(message: Message) -> Kept:
    """The report that a message carries."""
    return msgspec.json.decode(message.content, type=Kept)


def filed(message: Message) -> Filed:
    """A report that was made, with what became of it."""
    known = kept(message)
    sent = known.sent
    number = int(message.key.rpartition("/")[2])
    report = Report(number, sent.kind, sent.first, sent.last, sent.contents)
    errors = tuple(": ".join(filter(None, (said.code, said.text))) for said in message.errors)
    fate = _fate(message, by_hand=known.by_hand)
    return Filed(message.id, sent.id, report, fate, message.made_at, message.made_by, message.flow, errors)


def _fate(message: Message, *, by_hand: bool) -> Fate:
    if message.outcome in _REJECTED or not message.stands:
        return "rejected"
    if by_hand:
        return "by_hand"
    return "accepted" if message.outcome == "accepted" else "waits"


def heard(message: Message, told: Told) -> Message:
    """A report once the tax office has spoken of it: deposited (300), or refused with its reasons (301, or its flow by
    501). What was refused stays so: its period is declared under a new number."""
    if told.code == TAKEN:
        return message if message.outcome == "rejected" else msgspec.structs.replace(message, outcome="accepted")
    if told.code == REFUSED or is_refusal(told.code):
        return msgspec.structs.replace(message, outcome="rejected", errors=(Said(plain(told.comment), told.code),))
    return message

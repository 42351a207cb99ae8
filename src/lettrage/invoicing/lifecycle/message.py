"""A lifecycle message (CDAR D22B) in frozen values: who says which statuses of which invoices, why, and how much.

The comment behind a field is its datum (MDT) in XP Z12-012. Texts that are absent are "", amounts and dates None; codes
are kept as they came. Moments are aware: the wire gives Paris time without an offset, so of the hour that an autumn
night has twice it cannot say which; it is then the first.
"""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import datetime

import msgspec

from lettrage.invoicing.document import Identifier, Note
from lettrage.money import Amount, Figure

BETWEEN_PLATFORMS = "urn.cpro.gouv.fr:1p0:CDV:invoice"  # MDT-3
TO_AUTHORITY = "urn.cpro.gouv.fr:1p0:CDV:einvoicingF2"
REGULATED = "REGULATED"  # MDT-2
SELLER, BUYER, PLATFORM, AUTHORITY = "SE", "BY", "WK", "DFH"  # roles (UNTDID 3035, as XP Z12-012 reads them)
PLATFORMS = "0238"  # ISO 6523: the approved platforms' own numbers
CHORUS_PRO = Identifier("9999", PLATFORMS)
RECEIVED = "MEN"  # MDT-207: an amount received, VAT included


class Party(msgspec.Struct, frozen=True):
    """Who sends, issues or receives: MDG-9, MDG-13, MDG-19; the issuer of an invoice: MDG-39."""

    role: str = ""  # MDT-21, 40, 59, 132
    ids: tuple[Identifier, ...] = ()  # MDT-19, 38, 57, 129
    name: str = ""  # MDT-20, 39, 58
    endpoint: Identifier | None = None  # MDT-73: the electronic address


PPF = Party(AUTHORITY, (Identifier("0000", PLATFORMS),), "PPF")  # 0000 since V1.4; 9998 in the examples before


class Attachment(msgspec.Struct, frozen=True):
    """A file within the message: MDT-96."""

    filename: str
    mime: str
    content: bytes


class Characteristic(msgspec.Struct, frozen=True, omit_defaults=True):
    """One datum beside a status, MDG-43; its type says what it is: MEN, MPA, RAP, ESC, RAB, REM, CBB, DIV, DVA ..."""

    type: str = ""  # MDT-207
    amount: Amount | None = None  # MDT-215
    percent: Figure | None = None  # MDT-224: the VAT rate
    changed: bool | None = None  # MDT-209
    id: str = ""  # MDT-206: the datum's number (BT-84)
    name: str = ""
    location: str = ""
    value: str = ""  # MDT-214
    date: Day | None = None  # MDT-219


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reason, and all that goes with it: MDG-37."""

    reason: str = ""  # MDT-113
    text: str = ""  # MDT-114
    status: str = ""  # MDT-115: where it is another than the reference's own
    action: str = ""  # MDT-121
    action_text: str = ""  # MDT-122
    invalid: str = ""  # MDT-123
    sequence: int | None = None  # MDT-124-2
    notes: tuple[Note, ...] = ()  # MDT-126, 127
    data: tuple[Characteristic, ...] = ()


class Reference(msgspec.Struct, frozen=True):
    """A status of one invoice (or of a flow, a report, another status): MDG-32."""

    number: str  # MDT-87: BT-1 of an invoice
    code: str  # MDT-105: the status
    type: str = ""  # MDT-91: BT-3
    date: Day | None = None  # MDT-100: BT-2
    label: str = ""  # MDT-106
    document: str = ""  # MDT-88
    received_at: datetime | None = None  # MDT-95
    reference_type: str = ""  # MDT-97
    attachments: tuple[Attachment, ...] = ()
    issuer: Party = Party()  # MDT-129: whose invoice it is
    recipients: tuple[Party, ...] = ()
    details: tuple[Detail, ...] = ()

    @property
    def received(self) -> tuple[Characteristic, ...]:
        """The amounts received that it reports, one for each VAT rate."""
        return tuple(one for detail in self.details for one in detail.data if one.type == RECEIVED)


class Acknowledgement(msgspec.Struct, frozen=True):
    """Statuses of one moment: MDG-25."""

    phase: str  # MDT-77
    references: tuple[Reference, ...]
    at: datetime | None = None  # MDT-78
    multiple: bool = False  # MDT-74


class Message(msgspec.Struct, frozen=True):
    """A whole message. `issued_at`: when it was made; the statuses have moments of their own."""

    guideline: str  # MDT-3
    id: str  # MDT-4
    acknowledgements: tuple[Acknowledgement, ...]
    issued_at: datetime | None = None  # MDT-8
    process: str = ""  # MDT-2
    name: str = ""  # MDT-5
    sender: Party = Party()
    issuer: Party = Party()
    recipients: tuple[Party, ...] = ()

    @property
    def from_chorus(self) -> bool:
        """Whether Chorus Pro sends it, for a public buyer."""
        return CHORUS_PRO in self.sender.ids

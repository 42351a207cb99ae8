"""What the supplier says of an invoice: 209 completed, 212 received, 220 cancelled, 227 another account to pay. Pure.

Each is one status of one moment, in one message to the buyer's platform and, where the tax authority hears of it,
another to the PPF. Who makes a message gives it its number and its moment; the same facts give the same message.
"""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import datetime

import msgspec

from lettrage.dates import PARIS
from lettrage.invoicing.document import Identifier, Note
from lettrage.invoicing.lifecycle.message import (
    BETWEEN_PLATFORMS,
    BUYER,
    PLATFORM,
    PPF,
    RECEIVED,
    REGULATED,
    SELLER,
    TO_AUTHORITY,
    Acknowledgement,
    Attachment,
    Characteristic,
    Detail,
    Message,
    Party,
    Reference,
)
from lettrage.invoicing.lifecycle.statuses import statuses
from lettrage.money import Amount, Figure

FURTHER = ("RAP", "ESC", "RAB", "REM", "MPA")  # left to pay, discount, rebate, reduction, paid
ACCOUNT_TO_PAY = "CBB"


class Received(msgspec.Struct, frozen=True):
    """An amount received at a VAT rate (a percentage), VAT included; below zero where it was taken back."""

    rate: Figure
    amount: Amount


class Concerned(msgspec.Struct, frozen=True):
    """The invoice that a status is about, and who is concerned: the seller by the SIREN, the buyer with its address.

    `platform`: the one that the seller sends by, with its number (scheme 0238), which took it at `received_at`.
    """

    number: str
    type: str
    date: Day
    seller: Identifier
    seller_name: str
    buyer: Identifier
    buyer_name: str
    buyer_endpoint: Identifier
    platform: Party = Party(PLATFORM)
    received_at: datetime | None = None


class Further(msgspec.Struct, frozen=True):
    """Another amount beside those received, of one VAT rate: the PPF rejects one that has none (REJ_ENCAISSEMENT)."""

    type: str
    rate: Figure
    amount: Amount


class Declared(msgspec.Struct, frozen=True):
    """A status as the supplier declares it: of which moment, with what beside it."""

    code: str
    at: datetime
    details: tuple[Detail, ...] = ()
    attachments: tuple[Attachment, ...] = ()


# ---------------------------------------------------------------- the four statuses


def received(at: datetime, parts: Sequence[Received], further: Sequence[Further] = ()) -> Declared:
    """212: what was received at `at`, one part for each VAT rate; below zero where it was taken back (P1.15)."""
    assert parts, "a receipt is of some rate"
    assert len({part.rate.fraction for part in parts}) == len(parts), "each rate once"
    assert all(one.type in FURTHER for one in further), "what may stand beside a receipt"
    data = [_amount(RECEIVED, part.rate, part.amount) for part in parts]
    data += [_amount(one.type, one.rate, one.amount) for one in further]
    return Declared("212", at, (Detail(sequence=1, data=tuple(data)),))


def _amount(type_: str, rate: Figure, amount: Amount) -> Characteristic:
    return Characteristic(type_, amount, rate, changed=False)


def completed(at: datetime, comment: str, attachments: Sequence[Attachment] = ()) -> Declared:
    """209: what a suspended invoice waits for."""
    return Declared("209", at, _noted(comment), tuple(attachments))


def cancelled(at: datetime, comment: str = "") -> Declared:
    """220: a corrective invoice has taken its place."""
    return Declared("220", at, _noted(comment))


def account_changed(at: datetime, iban: str, bic: str = "", holder: str = "") -> Declared:
    """227: the account to pay is another one."""
    given = {"BT-84": iban, "BT-86": bic, "BT-85": holder}
    data = tuple(Characteristic(ACCOUNT_TO_PAY, id=term, value=text) for term, text in given.items() if text)
    return Declared("227", at, (Detail(sequence=1, data=data),))


def _noted(comment: str) -> tuple[Detail, ...]:
    return (Detail(sequence=1, notes=(Note(comment),)),) if comment else ()


# ---------------------------------------------------------------- the two messages


def to_buyer(about: Concerned, declared: Declared, id_: str, issued_at: datetime, name: str = "") -> Message:
    """The message between platforms; the PPF stands among those it is for where it hears of the status."""
    buyer = Party(BUYER, (about.buyer,), about.buyer_name, about.buyer_endpoint)
    return Message(
        BETWEEN_PLATFORMS,
        id_,
        (_acknowledgement(about, declared, ""),),
        issued_at,
        process=REGULATED,
        name=name,
        sender=Party(PLATFORM),
        issuer=Party(SELLER, (about.seller,), about.seller_name),
        recipients=(buyer, PPF) if statuses()[declared.code].mandatory else (buyer,),
    )


def to_authority(about: Concerned, declared: Declared, id_: str, issued_at: datetime, name: str = "") -> Message:
    """The message to the PPF, which takes mandatory statuses only, from a platform that has a number."""
    assert statuses()[declared.code].mandatory, f"the tax authority does not take {declared.code} (REJ_INEX)"
    return Message(
        TO_AUTHORITY,
        id_,
        (_acknowledgement(about, declared, TO_AUTHORITY),),
        issued_at,
        name=name,
        sender=about.platform,
        issuer=Party(SELLER, (about.seller,), about.seller_name),
        recipients=(PPF,),
    )


def _acknowledgement(about: Concerned, declared: Declared, reference_type: str) -> Acknowledgement:
    status = statuses()[declared.code]
    reference = Reference(
        about.number,
        declared.code,
        about.type,
        about.date,
        label=status.fr,
        document=status.document,
        received_at=about.received_at,
        reference_type=reference_type,
        attachments=declared.attachments,
        issuer=Party(ids=(about.seller,)),
        details=declared.details,
    )
    return Acknowledgement(status.phase, (reference,), declared.at)


def numbered(about: Concerned, declared: Declared) -> str:
    """A number for a message between platforms, as the official examples have it: invoice, status, moment, type, day.

    The moment is the status's own, where the examples have the invoice's: an invoice may be paid in several parts.
    """
    at = declared.at.astimezone(PARIS)
    return f"{about.number}_{declared.code}_{at:%Y%m%d%H%M%S}#{about.type}_{about.date:%Y%m%d}"


def invoice_in(number: str) -> str:
    """The invoice that a message of this number is about, as `numbered` made it; "" for a number of another kind."""
    parts = number.rpartition("#")[0].rsplit("_", 2)
    return parts[0] if len(parts) == 3 else ""

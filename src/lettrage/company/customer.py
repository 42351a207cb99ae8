"""Whom the company invoices: a third party's record as a value, with what Chorus Pro must know of a public buyer."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lettrage.company.dossier import Address
from lettrage.company.form import Form
from lettrage.company.record import address_of

# How Chorus Pro tells structures apart, with the number that it writes for each kind in an invoice.
IDENTIFIER_TYPES = {"SIRET": "1", "UE_HORS_FRANCE": "2", "HORS_UE": "3", "RIDET": "4", "TAHITI": "5", "AUTRE": "6"}
# Invoicing frames (BT-23): Chorus Pro's own, and those of approved platforms.
CHORUS_FRAMES = tuple(f"A{number}" for number in range(1, 26))
PLATFORM_FRAMES = (
    "B1", "S1", "M1", "B2", "S2", "M2", "S3", "B4", "S4", "M4", "S5", "S6", "B7", "S7", "B8", "S8", "M8", "B9", "S9",
    "M9",
)  # fmt: skip
CHORUS_NAMES = ("identifier_type", "identifier", "service", "engagement_required", "service_required", "frame")

# What a customer is, for interest on late payment and for payment reports. `private`: anything but a public body.
BUYERS = ("public", "private", "business", "consumer", "foreign")


class PublicBuyer(msgspec.Struct, frozen=True):
    """A customer that is invoiced through Chorus Pro. The two demands are the record's: the directory may say more.

    `identifier`: of another type than SIRET and intra-community VAT number, which the record has elsewhere.
    """

    identifier_type: str = "SIRET"
    identifier: str = ""
    service: str = ""
    engagement_required: bool = False
    service_required: bool = False
    frame: str = ""


class Customer(msgspec.Struct, frozen=True):
    """A customer; `chorus` None for one that is not invoiced through Chorus Pro.

    `routing`: the code of its electronic address (scheme 0225), where it asked for one; a public buyer has its service.
    """

    code: str
    name: str = ""
    siret: str = ""
    vat_number: str = ""
    address: Address = Address()
    phone: str = ""
    mail: str = ""
    chorus: PublicBuyer | None = None
    routing: str = ""
    buyer: str = ""  # one of BUYERS, where somebody said what it is; "": by its numbers and by `chorus`

    @property
    def identifier(self) -> str:
        """What Chorus Pro knows it by, of the type that its record names."""
        if self.chorus is None or self.chorus.identifier_type == "SIRET":
            return self.siret
        return self.chorus.identifier or (self.vat_number if self.chorus.identifier_type == "UE_HORS_FRANCE" else "")


def customer_of(form: Form) -> Customer:
    """The customer that a third party's record describes. Faults are noted."""
    plain = {name: form.text(name) for name in ("name", "vat_number", "phone", "mail")}
    chorus = _public_buyer(form.inner("chorus")) if form.record.get("chorus") not in ("", None) else None
    buyer = form.choice("buyer", ("", *BUYERS), "")
    code, siret, address = form.code("code"), form.code("siret"), address_of(form)
    routing = form.code("routing")
    return Customer(code, siret=siret, address=address, chorus=chorus, buyer=buyer, routing=routing, **plain)


def _public_buyer(form: Form) -> PublicBuyer:
    frame = form.choice("frame", ("", *CHORUS_FRAMES, *PLATFORM_FRAMES), "")
    return PublicBuyer(
        form.choice("identifier_type", tuple(IDENTIFIER_TYPES), "SIRET"),
        form.code("identifier"),
        form.code("service"),
        form.flag("engagement_required"),
        form.flag("service_required"),
        frame,
    )


def kept(record: Mapping[str, Any]) -> Customer:
    """The customer of a stored record: one of before Chorus Pro was known may hold what would be refused today."""
    return customer_of(Form(dict(record), "", []))

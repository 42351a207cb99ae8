"""A third party's file as it is looked at and mended: its record, and the customer that it describes."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from lettrage.company import payee
from lettrage.company.customer import CHORUS_NAMES, Customer

PLAIN = ("name", "siret", "vat_number", "routing", "phone", "mail", "means", "buyer")
ADDRESS = ("street", "zip", "city", "country")
PAYING = ("iban", "bic", "mandate_id", "mandate_signed", "mandate_sequence", "mandate_scheme")
Ledger = Literal["customer", "supplier"]
FLAGS = ("engagement_required", "service_required")


class File(msgspec.Struct, frozen=True):
    """One third party. `means`: how it is to pay, a letter; `unpaid`: how many of its payments came back."""

    code: str
    ledger: Ledger
    means: str
    unpaid: int
    record: dict[str, Any]
    customer: Customer

    @property
    def name(self) -> str:
        """Its name; its code where it has none."""
        return self.customer.name or self.code


def mended(record: Mapping[str, Any], code: str, ledger: Ledger, given: Mapping[str, str]) -> dict[str, Any]:
    """The record with what a form says of it; whatever the form does not know stays as it is."""
    chorus = {name: given.get(name, "") for name in CHORUS_NAMES if name not in FLAGS}
    chorus |= {name: "true" if given.get(name) else "false" for name in FLAGS}
    changed: dict[str, Any] = {name: given.get(name, "") for name in PLAIN}
    changed["address"] = {name: given.get(name, "") for name in ADDRESS}
    changed["chorus"] = {name: text for name, text in chorus.items() if text} if given.get("public") else ""
    return {**record, **changed, **_paying(record, given), "code": code, "kind": ledger}


def _paying(record: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The account that is used comes first, in place of the one that was; a mandate is all of it or none."""
    iban = "".join(given.get("iban", "").split()).upper()
    others = payee.kept(record).ibans[1:]
    mandate = {name: given.get(f"mandate_{name}", "") for name in payee.MANDATE_NAMES}
    signed = {name: text for name, text in mandate.items() if text}
    return {
        "ibans": [iban, *(one for one in others if one != iban)] if iban else list(others),
        "bic": given.get("bic", ""),
        "mandate": signed if mandate["id"] or mandate["signed"] else "",
    }

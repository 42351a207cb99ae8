"""An invoice or a credit note of ours on its way into the books: the document, whom it is for, when it falls due."""

from collections.abc import Mapping, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Literal

import msgspec

from lettrage.company.customer import Customer
from lettrage.company.dossier import Bank, Company, Establishment, rib_for
from lettrage.invoicing.document import Invoice, Totals
from lettrage.settlement.document import Ledger, Vat

Source = Literal["json", "csv", "ubl", "cii", "facturx"]


class Due(msgspec.Struct, frozen=True):
    """What falls due when, in minor units of the invoice's currency and in the document's own sense."""

    date: Day
    amount: int


class Sale(msgspec.Struct, frozen=True):
    """A document with what the books must know beside it.

    `dues` add up to the total including VAT. `rate`: as written, "" for the table's. `original`: what it was read from:
    the file, or of a file with several the record of this one. `adds`: what a final invoice adds to its advance
    invoices by rate; None where it adds all that it charges.
    """

    path: str
    invoice: Invoice
    third_party: str
    establishment: str
    dues: tuple[Due, ...]
    original: bytes
    source: Source
    rate: str = ""
    adds: tuple[Vat, ...] | None = None


class Masters(msgspec.Struct, frozen=True):
    """What is known of sellers and buyers.

    `ribs`: the bank accounts chosen for Chorus Pro, by establishment, "" for the dossier's own.
    """

    company: Company
    customers: Mapping[str, Customer]  # those that are named, or all
    suppliers: frozenset[str] = frozenset()  # third parties that are named and are none
    ribs: Mapping[str, str] = {}
    rib_on_credit_notes: bool = False

    @classmethod
    def of(
        cls, company: Company, records: Mapping[str, tuple[Ledger, Customer]], choices: Mapping[tuple[str, str], str]
    ) -> "Masters":
        """What the books say. `choices`: the settings of Chorus Pro that hold on both platforms.

        Their key is the establishment ("" for the dossier) and the setting's name.
        """
        ribs = {place: value for (place, name), value in choices.items() if name in ("rib", "establishment_rib")}
        return cls(
            company,
            {code: customer for code, (ledger, customer) in records.items() if ledger == "customer"},
            frozenset(code for code, (ledger, _) in records.items() if ledger != "customer"),
            ribs,
            choices.get(("", "rib_on_credit_notes")) == "yes",
        )

    @property
    def sellers(self) -> Mapping[str, Establishment]:
        """The establishments that sell; of a company that names none, the company itself."""
        company = self.company
        return company.establishments or {"": Establishment("", name=company.name, siret=company.siret)}

    def rib(self, establishment: Establishment) -> Bank | None:
        """The account that the establishment's invoices are paid to."""
        own = self.company.banks.get(self.ribs.get(establishment.code, ""))
        if own is not None and own.reconcilable:
            return own
        return rib_for(self.company, establishment, self.ribs.get("", ""))


def dues_of(totals: Totals, date: Day, dues: Sequence[Due]) -> tuple[Due, ...]:
    """What falls due of a total including VAT, a due item for each day; `dues` add up to what is left to pay.

    What was paid beforehand is due at once: the advance that it was received as settles it. A rounding of what is left
    to pay (BT-114) is a difference of the payment, not of the sale. Where too much was paid, all is due at once.
    """
    together: dict[Day, int] = {}
    parts = [Due(date, totals.prepaid or 0), *dues]
    parts.append(Due(parts[-1].date, -(totals.rounding or 0)))
    for due in parts:
        together[due.date] = together.get(due.date, 0) + due.amount
    found = tuple(Due(day, amount) for day, amount in sorted(together.items()) if amount)
    return found if len({due.amount > 0 for due in found}) == 1 else (Due(date, totals.gross),)

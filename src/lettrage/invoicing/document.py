"""The invoice as EN 16931 means it, in frozen values: every business term has one place here, whatever the syntax.

Amounts are whole minor units of the invoice's own currency (`vat_in_vat_currency` of its VAT currency). Quantities,
prices and percentages are `Figure`s: exact, with the decimals they were written with. A text that is absent is "", a
date or a group that is absent is None. The comment behind a field is its business term (BT) or group (BG).

Credit notes (381 and its kin) have positive amounts; in the books they are negative.
"""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Literal

import msgspec

from lettrage.money import Currency, Figure

Syntax = Literal["ubl", "cii", "facturx"]
Route = Literal["chorus", "platform"]  # Chorus Pro's own door, or an approved platform's
Platform = Literal["qualification", "production"]
VatDue = Literal["", "debits", "delivery", "receipts"]  # BT-8: when VAT falls due

# UNTDID 1001: the types that EN 16931 has in a UBL CreditNote (BR-CL-01).
CREDIT_NOTES = frozenset(["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"])
FINAL = frozenset(("B4", "S4", "M4"))  # frames (BT-23) of an invoice after advance invoices
EN16931 = "urn:cen.eu:en16931:2017"  # BT-24 of a document that claims the standard itself
SIRET, SIREN, ROUTING = "0009", "0002", "0224"  # ISO 6523: what a French identifier is
# How Chorus Pro writes the scheme of an identifier, and ISO 6523's own number for the same thing.
CHORUS_SCHEMES = {"1": SIRET, "2": "0223", "3": "0227", "4": "0228", "5": "0229", "6": "AUTRE"}


CENTURY = range(2000, 2100)  # the years that a date of an invoice may be in (BR-FR-03)


class Identifier(msgspec.Struct, frozen=True):
    """An identifier, and the ISO 6523 number of its scheme ("" where it has none)."""

    id: str
    scheme: str = ""


class PostalAddress(msgspec.Struct, frozen=True):
    """BG-5, BG-8, BG-12, BG-15."""

    line1: str = ""  # BT-35, 50, 64, 75
    line2: str = ""  # BT-36, 51, 65, 76
    line3: str = ""  # BT-162, 163, 164, 165
    city: str = ""  # BT-37, 52, 66, 77
    zip: str = ""  # BT-38, 53, 67, 78
    subdivision: str = ""  # BT-39, 54, 68, 79
    country: str = ""  # BT-40, 55, 69, 80: ISO 3166-1 alpha-2


class Contact(msgspec.Struct, frozen=True):
    """BG-6, BG-9."""

    name: str = ""  # BT-41, 56
    phone: str = ""  # BT-42, 57
    mail: str = ""  # BT-43, 58
    department: str = ""  # BT-41, 56 again: CII tells a person from a department


class Party(msgspec.Struct, frozen=True):
    """BG-4 seller, BG-7 buyer."""

    name: str = ""  # BT-27, 44
    trading_name: str = ""  # BT-28, 45
    ids: tuple[Identifier, ...] = ()  # BT-29, 46: a SIRET has the scheme 0009, and is read first
    legal_id: Identifier | None = None  # BT-30, 47: a SIREN has the scheme 0002
    vat_number: str = ""  # BT-31, 48
    tax_number: str = ""  # BT-32
    legal_form: str = ""  # BT-33: capital, RCS
    endpoint: Identifier | None = None  # BT-34, 49
    address: PostalAddress = PostalAddress()
    contact: Contact | None = None

    def identifier(self, scheme: str) -> str:
        """The identifier of this scheme, "" where there is none."""
        return next((found.id for found in self.ids if found.scheme == scheme), "")

    @property
    def siret(self) -> str:
        """The SIRET, "" where there is none."""
        return self.identifier(SIRET)


class Payee(msgspec.Struct, frozen=True):
    """BG-10: who is paid, where it is not the seller."""

    name: str = ""  # BT-59
    id: Identifier | None = None  # BT-60
    legal_id: Identifier | None = None  # BT-61


class TaxRepresentative(msgspec.Struct, frozen=True):
    """BG-11."""

    name: str = ""  # BT-62
    vat_number: str = ""  # BT-63
    address: PostalAddress = PostalAddress()


class Delivery(msgspec.Struct, frozen=True):
    """BG-13."""

    name: str = ""  # BT-70
    location: Identifier | None = None  # BT-71
    date: Day | None = None  # BT-72
    address: PostalAddress | None = None  # BG-15


class Period(msgspec.Struct, frozen=True):
    """BG-14, BG-26."""

    start: Day | None = None  # BT-73, 134
    end: Day | None = None  # BT-74, 135


class Account(msgspec.Struct, frozen=True):
    """BG-17: where to pay to."""

    id: str = ""  # BT-84: the IBAN
    name: str = ""  # BT-85
    bic: str = ""  # BT-86


class PaymentMeans(msgspec.Struct, frozen=True):
    """BG-16."""

    code: str = ""  # BT-81, UNTDID 4461: 30 transfer, 20 cheque, ...
    text: str = ""  # BT-82
    remittance: str = ""  # BT-83
    accounts: tuple[Account, ...] = ()  # BG-17
    card_number: str = ""  # BT-87
    card_holder: str = ""  # BT-88
    mandate: str = ""  # BT-89
    creditor: str = ""  # BT-90
    debited_account: str = ""  # BT-91


class Note(msgspec.Struct, frozen=True):
    """BG-1."""

    text: str  # BT-22
    subject: str = ""  # BT-21


class Preceding(msgspec.Struct, frozen=True):
    """BG-3: the invoice that this one credits or corrects."""

    number: str  # BT-25
    date: Day | None = None  # BT-26


class Supporting(msgspec.Struct, frozen=True):
    """BG-24: a document that goes with the invoice."""

    id: str  # BT-122
    description: str = ""  # BT-123
    location: str = ""  # BT-124
    content: bytes = b""  # BT-125
    mime: str = ""
    filename: str = ""


class AllowanceCharge(msgspec.Struct, frozen=True):
    """BG-20, BG-27 an allowance; BG-21, BG-28 a charge (`charge`)."""

    charge: bool
    amount: int  # BT-92, 99, 136, 141
    base: int | None = None  # BT-93, 100, 137, 142
    percent: Figure | None = None  # BT-94, 101, 138, 143
    vat_category: str = ""  # BT-95, 102; "" on a line
    vat_rate: Figure | None = None  # BT-96, 103
    reason: str = ""  # BT-97, 104, 139, 144
    reason_code: str = ""  # BT-98, 105, 140, 145


class VatBreakdown(msgspec.Struct, frozen=True):
    """BG-23."""

    category: str  # BT-118, UNCL 5305: S, Z, E, AE, K, G, O, L, M
    rate: Figure | None  # BT-119, in percent
    base: int  # BT-116
    amount: int  # BT-117
    exemption: str = ""  # BT-120
    exemption_code: str = ""  # BT-121


class Totals(msgspec.Struct, frozen=True):
    """BG-22."""

    lines: int  # BT-106
    net: int  # BT-109
    gross: int  # BT-112
    payable: int  # BT-115
    allowances: int | None = None  # BT-107
    charges: int | None = None  # BT-108
    vat: int | None = None  # BT-110
    vat_in_vat_currency: int | None = None  # BT-111, in the VAT currency
    prepaid: int | None = None  # BT-113
    rounding: int | None = None  # BT-114


class Price(msgspec.Struct, frozen=True):
    """BG-29."""

    net: Figure  # BT-146
    discount: Figure | None = None  # BT-147
    gross: Figure | None = None  # BT-148
    quantity: Figure | None = None  # BT-149: what the price is for
    unit: str = ""  # BT-150

    @property
    def before_discount(self) -> Figure | None:
        """BT-148, which is BT-146 + BT-147 where only the discount is told."""
        if self.gross is not None or self.discount is None:
            return self.gross
        decimals = max(self.net.decimals, self.discount.decimals)
        parts = (self.net, self.discount)
        return Figure(sum(part.digits * 10 ** (decimals - part.decimals) for part in parts), decimals)


class Classification(msgspec.Struct, frozen=True):
    """BT-158."""

    id: str
    list_id: str = ""
    version: str = ""


class Attribute(msgspec.Struct, frozen=True):
    """BG-32."""

    name: str  # BT-160
    value: str  # BT-161


class Item(msgspec.Struct, frozen=True):
    """BG-31."""

    name: str = ""  # BT-153
    description: str = ""  # BT-154
    seller_id: str = ""  # BT-155
    buyer_id: str = ""  # BT-156
    standard_id: Identifier | None = None  # BT-157
    classifications: tuple[Classification, ...] = ()  # BT-158
    origin: str = ""  # BT-159
    attributes: tuple[Attribute, ...] = ()  # BG-32


class Line(msgspec.Struct, frozen=True):
    """BG-25."""

    id: str  # BT-126
    quantity: Figure  # BT-129
    unit: str  # BT-130, UN/ECE recommendation 20
    net: int  # BT-131
    price: Price  # BG-29
    vat_category: str  # BT-151
    vat_rate: Figure | None  # BT-152
    item: Item  # BG-31
    note: str = ""  # BT-127
    object: Identifier | None = None  # BT-128
    order_line: str = ""  # BT-132
    accounting: str = ""  # BT-133
    period: Period | None = None  # BG-26
    allowances: tuple[AllowanceCharge, ...] = ()  # BG-27, BG-28


class Invoice(msgspec.Struct, frozen=True):
    """An invoice or a credit note."""

    number: str  # BT-1
    type: str  # BT-3, UNTDID 1001: 380 invoice, 381 credit note
    date: Day  # BT-2
    currency: Currency  # BT-5
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    vat: tuple[VatBreakdown, ...]  # BG-23
    totals: Totals
    vat_currency: Currency | None = None  # BT-6
    tax_point: Day | None = None  # BT-7
    vat_due: VatDue = ""  # BT-8
    due_date: Day | None = None  # BT-9
    service: str = ""  # BT-10, buyer reference: for Chorus Pro the service code
    project: str = ""  # BT-11
    contract: str = ""  # BT-12: for Chorus Pro the number of the public contract
    engagement: str = ""  # BT-13, purchase order: for Chorus Pro the commitment number
    sales_order: str = ""  # BT-14
    receiving_advice: str = ""  # BT-15
    despatch_advice: str = ""  # BT-16
    tender: str = ""  # BT-17
    object: Identifier | None = None  # BT-18
    accounting: str = ""  # BT-19
    terms: str = ""  # BT-20
    notes: tuple[Note, ...] = ()  # BG-1
    frame: str = ""  # BT-23: the invoicing frame, A1 ... on Chorus Pro, S1, B1 ... on approved platforms
    profile: str = ""  # BT-24
    preceding: tuple[Preceding, ...] = ()  # BG-3
    payee: Payee | None = None  # BG-10
    tax_representative: TaxRepresentative | None = None  # BG-11
    delivery: Delivery | None = None  # BG-13
    period: Period | None = None  # BG-14
    means: PaymentMeans | None = None  # BG-16
    other_means: tuple[PaymentMeans, ...] = ()  # further ways to pay: the standard has one, its own samples several
    allowances: tuple[AllowanceCharge, ...] = ()  # BG-20, BG-21
    documents: tuple[Supporting, ...] = ()  # BG-24

    @property
    def is_credit_note(self) -> bool:
        """Whether it credits: its amounts then lower what the buyer owes."""
        return self.type in CREDIT_NOTES

    @property
    def is_final(self) -> bool:
        """Whether it follows advance invoices (frame B4, S4, M4), and says what was paid of them beforehand."""
        return self.frame in FINAL and bool(self.totals.prepaid)

    @property
    def vat_waits(self) -> bool:
        """Whether its VAT falls due when it is paid: as it says (BT-8), else where it is of services (frame S).

        That is the law's rule for services; who has opted for debits must say so on the invoice.
        """
        return self.vat_due == "receipts" or (not self.vat_due and self.frame.startswith("S"))

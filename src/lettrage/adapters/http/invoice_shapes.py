"""What our own API takes and answers about invoices, as schemas."""

from typing import Literal

from pydantic import BaseModel, Field

from lettrage.adapters.http.fields import Day, Money, Shape
from lettrage.adapters.http.shapes import Reason


class InvoiceLineForm(BaseModel):
    """A line of an invoice."""

    name: str
    price: str = Field(description="Of one unit, net of VAT, at most 6 decimals")
    quantity: str = "1"
    unit: str = Field("C62", description="UN/ECE recommendation 20")
    vat_rate: str | None = Field(None, description="In percent")
    vat_category: str | None = Field(None, description="S, Z, E, AE, K, G, O; absent: S")


class InvoiceForm(BaseModel):
    """An invoice or a credit note, as docs/invoices.md describes it; further fields are described there."""

    number: str
    type: Literal["380", "381"] = "380"
    date: Day
    due_date: Day | None = None
    currency: str | None = None
    seller: str | None = Field(None, description="The establishment; absent: the only one")
    buyer: str = Field(description="The customer's code")
    service: str | None = None
    engagement: str | None = None
    contract: str | None = None
    frame: str | None = None
    preceding: str | None = Field(None, description="The invoice that a credit note credits")
    vat_due: Literal["debits", "receipts", "delivery"] = "debits"
    lines: list[InvoiceLineForm] = Field(min_length=1)


class InvoiceFile(BaseModel):
    """A file of invoices; as text/csv, application/xml or application/pdf too."""

    invoices: list[InvoiceForm] = Field(min_length=1)


class InvoiceBrought(Shape):
    """What became of an invoice. `document`: its number among the documents; `entry`: the sales entry that it made."""

    path: str
    number: str
    third_party: str
    outcome: Literal["posted", "linked", "corrected", "already", "refused"]
    document: str | None
    corrects: str | None
    type: str | None
    date: Day | None
    currency: str | None
    total: Money | None
    entry: str | None
    reasons: list[Reason]


class InvoicesBrought(Shape):
    """What became of a file of invoices."""

    posted: int
    linked: int
    corrected: int
    already: int
    refused: int
    invoices: list[InvoiceBrought]


class InvoiceLine(Shape):
    """An invoice that has a document. `state`: not_sent, what we know of its deposit, or Chorus Pro's own status."""

    number: str
    type: str
    date: Day
    third_party: str
    currency: str
    total: Money
    platform: Literal["qualification", "production"]
    state: str
    flow: str | None
    document: str


class InvoiceStatus(Shape):
    """Something that happened to an invoice. `back`: it undoes a step that had been taken."""

    code: str
    date: str | None
    comment: str
    origin: Literal["ours", "flow", "history"]
    back: bool


class InvoiceDeposit(Shape):
    """A deposit. `sha256`: of this invoice's own file."""

    platform: Literal["qualification", "production"]
    flow: str | None
    sha256: str
    sent_at: str | None
    outcome: str
    chorus_id: str | None
    document: str
    errors: list[str]


class InvoicePayment(Shape):
    """What one transaction settled of an invoice, above zero; `cancelled`: it was taken back."""

    transaction: str
    date: str
    amount: str
    currency: str
    cancelled: bool


class InvoiceShown(InvoiceLine):
    """An invoice with all that became of it on a platform, the earliest first."""

    establishment: str
    source: Literal["json", "csv", "ubl", "cii", "facturx"]
    created_at: str
    created_by: str
    documents: list[str]
    statuses: list[InvoiceStatus]
    deposits: list[InvoiceDeposit]
    payments: list[InvoicePayment]

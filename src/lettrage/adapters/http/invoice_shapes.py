"""What our own API takes and answers about invoices, as schemas."""

from typing import Literal

from pydantic import BaseModel, Field

from lettrage.adapters.http.fields import Code, Day, Money, Shape
from lettrage.adapters.http.shapes import Reason

Where = Literal["qualification", "production", "approved-qualification", "approved-production"]


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
    warnings: list[Reason]


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
    platform: Where
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

    platform: Where
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


class SentFinding(Shape):
    """What speaks against an invoice before it is sent."""

    level: Literal["error", "warning"]
    code: str
    term: str
    place: str
    seen: str
    expected: str
    fr: str
    en: str
    fix_fr: str
    fix_en: str
    raw: str


class Findings(Shape):
    """Every finding of the pre-check; errors keep the invoice back, warnings do not."""

    data: list[SentFinding]


class Explanation(SentFinding):
    """What Chorus Pro said, explained: the field, the line and column of the file sent, the next step as a command."""

    field: str
    missing: str
    line: str
    column: str
    next: str
    command: str
    cause_fr: str = ""
    cause_en: str = ""


class Explanations(Shape):
    """Everything that Chorus Pro has against an invoice, or asks for."""

    data: list[Explanation]


class FollowForm(Shape):
    """Which invoice of the number, on which platform; both may be left out."""

    third_party: Code | None = None
    platform: Literal["qualification", "production"] | None = None


class SendForm(FollowForm):
    """Sending. `force`: whatever our checks find; never twice all the same."""

    force: bool = False
    syntax: Literal["ubl", "cii", "facturx"] | None = None
    door: Literal["chorus", "approved"] | None = Field(None, description="Absent: the customer's route")


class ReleaseForm(FollowForm):
    """Ending a doubt. `received`: Chorus Pro has it, under `flow` where that is known."""

    received: bool
    flow: Code | None = None


class InvoiceReleased(Shape):
    """What was noted of the doubt."""

    number: str
    platform: Literal["qualification", "production"]
    said: str


class InvoiceSent(InvoiceShown):
    """An invoice after it was to be sent: `not_sent` with the findings that kept it back, `intended` until it goes."""

    findings: list[SentFinding]

"""The simple form of an invoice, with the company file and the customer behind it -> the document that is sent.

Every fault at once, at its place. Nothing is guessed: what the form leaves out comes from master data, or stays out and
is told by the check. Sums are exact: a line is rounded once, VAT once per category and rate.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from fractions import Fraction
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import Any

import msgspec

from lettrage.company.customer import CHORUS_FRAMES, PLATFORM_FRAMES, Customer, PublicBuyer
from lettrage.company.dossier import Address, Bank, Company, Establishment, nearest
from lettrage.company.form import Form
from lettrage.company.record import address_of
from lettrage.invoicing.billing.parties import address, buyer, seller
from lettrage.invoicing.billing.sale import Due, Masters, Sale, Source, dues_of
from lettrage.invoicing.document import (
    CENTURY,
    EN16931,
    Account,
    AllowanceCharge,
    Delivery,
    Invoice,
    Item,
    Line,
    Note,
    PaymentMeans,
    Period,
    Preceding,
    Price,
    Supporting,
    Totals,
    VatBreakdown,
    VatDue,
)
from lettrage.invoicing.texts import CHARGED, NO_VAT, SUBJECTS, legal_notes
from lettrage.limits import ATTACHMENT_BYTES, INVOICE_LINES, MINOR_UNITS
from lettrage.money import Amount, Currency, Figure, rounded
from lettrage.refusal import quoted

TRANSFER = "30"  # UNTDID 4461
DISCOUNT = "95"  # UNTDID 5189
_PERCENT = Fraction(1, 100)
UNIT = "C62"  # one, of recommendation 20
_VAT_DUE: dict[str, VatDue] = {"debits": "debits", "receipts": "receipts", "delivery": "delivery"}

NAMES = (
    "number", "type", "date", "due_date", "due_dates", "currency", "rate", "seller", "buyer", "service", "engagement",
    "contract", "frame", "preceding", "preceding_date", "vat_due", "terms", "notes", "delivery", "period", "prepaid",
    "exemption", "lines", "attachments",
)  # fmt: skip
LINE_NAMES = (
    "name", "description", "code", "quantity", "unit", "price", "vat_rate", "vat_category", "exemption", "discount",
    "discount_percent", "discount_reason", "note",
)  # fmt: skip
_PART_NAMES = {
    "lines": LINE_NAMES,
    "due_dates": ("date", "amount"),
    "notes": ("subject", "text"),
    "attachments": ("name", "path", "content", "description"),
    "delivery": ("date", "name", "address"),
    "period": ("start", "end"),
}

Files = Mapping[str, bytes | str]  # by path: what stands there, or the code of a refusal


def compose(form: Form, masters: Masters, files: Files, original: bytes, source: Source) -> Sale | None:
    """The sale that a form describes; None where anything is wrong with it, every fault noted in the form."""
    before = len(form.faults)
    _strangers(form)
    held = form.currency("currency", masters.company.currency)
    establishment, customer = _seller(form, masters), _buyer(form, masters)
    kind = form.choice("type", ("380", "381"), "380")
    number, day = form.code("number", required=True), form.day("date", required=True)
    if day is not None and day.year not in CENTURY:
        form.fault("year_beyond", "date", day.isoformat(), "2000-2099")
    about = _about(form, customer.chorus if customer else None, files)
    lines = [] if held is None else _lines(form, held)
    if form.has("rate") and not form.rate("rate"):
        form.fault("malformed_rate", "rate", quoted(form.text("rate")), "> 0")
    elif form.has("rate") and held == masters.company.currency:
        form.fault("rate_of_own_currency", "rate", quoted(form.text("rate")), held.code)
    if held is None:
        return None
    vat = _breakdown(form, lines)
    totals = _totals(form, lines, vat, held)
    dues = _dues(form, totals, held, required=kind == "380")
    if establishment is None or customer is None or day is None or len(form.faults) > before:
        return None
    invoice = Invoice(
        number=number,
        type=kind,
        date=day,
        currency=held,
        seller=seller(masters.company, establishment),
        buyer=buyer(customer),
        lines=tuple(line for line, _ in lines),
        vat=vat,
        totals=totals,
        due_date=dues[0].date if dues else None,
        terms=_terms(form, dues, held),
        means=_means(masters, establishment, kind, number),
        **about,
    )
    due = dues_of(totals, day, dues or (Due(day, totals.payable),))
    return Sale(form.path, invoice, customer.code, establishment.code, due, original, source, form.text("rate"))


def _about(form: Form, public: PublicBuyer | None, files: Files) -> dict[str, Any]:
    """Everything that no sum depends on."""
    return {
        "vat_due": _VAT_DUE[form.choice("vat_due", tuple(_VAT_DUE), "debits")],
        "service": form.text("service") or (public.service if public else ""),
        "contract": form.text("contract"),
        "engagement": form.text("engagement"),
        "notes": legal_notes(_notes(form), public=public is not None),
        "frame": _frame(form, public),
        "profile": EN16931,
        "preceding": _preceding(form),
        "delivery": _delivery(form),
        "period": _period(form),
        "documents": tuple(_documents(form, files)),
    }


def _strangers(form: Form) -> None:
    """A name that means nothing is a fault: a commitment number must not get lost by a slip of the pen."""
    for part, names in [("", NAMES), *_PART_NAMES.items()]:
        inner = form.record.get(part)
        if not part:
            forms = [form]
        elif isinstance(inner, dict):
            forms = [form.inner(part)]
        else:
            forms = list(form.rows(part)) if isinstance(inner, list) else []
        for one in forms:
            for name in one.strangers(names):
                one.fault("unknown_field", name, quoted(name), nearest(name, list(names)) or ", ".join(names))


# ---------------------------------------------------------------- seller, buyer, bank


def _seller(form: Form, masters: Masters) -> Establishment | None:
    """The establishment that is named, or the only one there is."""
    known = masters.sellers
    code = form.code("seller")
    if code in known:
        return known[code]
    if not code and len(known) == 1:
        return next(iter(known.values()))
    if not code:
        form.fault("missing_field", "seller", "", ", ".join(sorted(known)))
    else:
        form.fault("unknown_seller", "seller", code, ", ".join(sorted(known)) or "-")
    return None


def _buyer(form: Form, masters: Masters) -> Customer | None:
    code = form.code("buyer", required=True)
    if not code or code in masters.customers:
        return masters.customers.get(code)
    form.fault("not_a_customer" if code in masters.suppliers else "unknown_third_party", "buyer", code)
    return None


def _means(masters: Masters, establishment: Establishment, kind: str, number: str) -> PaymentMeans | None:
    """BG-16: a transfer to the RIB; on a credit note only where the setting says so."""
    if kind == "381" and not masters.rib_on_credit_notes:
        return None
    return PaymentMeans(TRANSFER, remittance=number, accounts=_accounts(masters.rib(establishment), masters.company))


def _accounts(bank: Bank | None, company: Company) -> tuple[Account, ...]:
    return (Account(bank.iban.replace(" ", ""), company.name, bank.bic),) if bank and bank.iban else ()


# ---------------------------------------------------------------- lines and sums


def _lines(form: Form, held: Currency) -> list[tuple[Line, str]]:
    """The lines, each with the reason why it bears no VAT ("" where it does)."""
    rows = list(form.rows("lines"))
    if not rows:
        form.fault("missing_field", "lines")
    if len(rows) > INVOICE_LINES:
        form.fault("too_many_lines", "lines", str(len(rows)), str(INVOICE_LINES))
        return []
    return [found for at, row in enumerate(rows, 1) if (found := _line(row, at, held)) is not None]


def _line(form: Form, at: int, held: Currency) -> tuple[Line, str] | None:
    name = form.text("name", required=True)
    quantity = form.figure("quantity", 4) if form.has("quantity") else Figure(1, 0)
    price = form.figure("price", 6, required=True)
    category, rate = _vat_of(form)
    if price is not None and price.digits < 0:
        form.fault("negative_price", "price", price.text)  # EN 16931, BR-27
    if quantity is None or price is None:
        return None
    whole = quantity.fraction * price.fraction * 10**held.decimals
    allowances = _discounts(form, rounded(whole), held)
    net = rounded(whole) - sum(allowance.amount for allowance in allowances)
    if abs(net) > MINOR_UNITS:
        form.fault("amount_too_large", "price", price.text)
    line = Line(
        id=str(at),
        quantity=quantity,
        unit=form.code("unit", UNIT).upper(),
        net=net,
        price=Price(price),
        vat_category=category,
        vat_rate=rate,
        item=Item(name, form.text("description"), form.code("code")),
        note=form.text("note"),
        allowances=allowances,
    )
    return line, form.text("exemption")


def _vat_of(form: Form) -> tuple[str, Figure | None]:
    """The category and the rate of a line: a rate above zero is the standard category, zero must say which it is."""
    categories = (*CHARGED, *NO_VAT)
    category = form.choice("vat_category", ("", *categories), "")
    rate = form.figure("vat_rate", 2, required=category not in NO_VAT)
    if rate is None:
        return category, None if category == "O" else Figure(0, 0)
    if not category and not rate.digits:
        form.fault("missing_field", "vat_category", "", ", ".join(NO_VAT))
        return "S", rate
    category = category or "S"
    if rate.digits < 0 or rate.fraction > 100 or (category in NO_VAT) == bool(rate.digits):
        form.fault("vat_rate_of_category", "vat_rate", rate.text, category)
    return category, None if category == "O" else rate


def _discounts(form: Form, whole: int, held: Currency) -> tuple[AllowanceCharge, ...]:
    """BG-27: an amount, or a share of quantity times price."""
    amount, percent = form.amount("discount", held, required=False), form.figure("discount_percent", 4)
    reason = form.text("discount_reason", "Remise")
    if amount is not None and percent is not None:
        form.fault("given_twice", "discount_percent", percent.text, form.text("discount"))
    if percent is not None:
        share = rounded(whole * percent.fraction * _PERCENT)
        return (AllowanceCharge(False, share, whole, percent, reason=reason, reason_code=DISCOUNT),)
    return (AllowanceCharge(False, amount, reason=reason, reason_code=DISCOUNT),) if amount else ()


def _breakdown(form: Form, lines: list[tuple[Line, str]]) -> tuple[VatBreakdown, ...]:
    """BG-23: VAT rounded once for each category and rate, in the order of the lines."""
    bases: dict[tuple[str, Fraction | None], int] = {}
    firsts: dict[tuple[str, Fraction | None], Figure | None] = {}
    reasons: dict[str, dict[str, None]] = {}
    for line, reason in lines:
        key = (line.vat_category, line.vat_rate.fraction if line.vat_rate else None)
        bases[key] = bases.get(key, 0) + line.net
        firsts.setdefault(key, line.vat_rate)
        reasons.setdefault(line.vat_category, {}).update({reason: None} if reason else {})
    own = form.text("exemption")
    found = []
    for (category, share), base in bases.items():
        usual, code = NO_VAT.get(category, ("", ""))
        said = "" if category in CHARGED else " ; ".join(reasons[category]) or own or usual
        if category == "E" and not said:
            form.fault("missing_field", "exemption", "", "E")
        amount = rounded(base * (share or 0) * _PERCENT)
        found.append(VatBreakdown(category, firsts[category, share], base, amount, said, code))
    return tuple(found)


def _totals(form: Form, lines: list[tuple[Line, str]], vat: tuple[VatBreakdown, ...], held: Currency) -> Totals:
    net = sum(line.net for line, _ in lines)
    tax = sum(row.amount for row in vat)
    prepaid = form.amount("prepaid", held, required=False)
    gross = net + tax
    if lines and gross <= 0:
        form.fault("total_not_positive", "lines", Amount(gross, held).text)
    if abs(gross) > MINOR_UNITS:
        form.fault("amount_too_large", "lines", Amount(gross, held).text)
    if prepaid is not None and not 0 <= prepaid <= gross:
        form.fault("prepaid_beyond_total", "prepaid", Amount(prepaid, held).text, Amount(gross, held).text)
    return Totals(lines=net, net=net, gross=gross, payable=gross - (prepaid or 0), vat=tax, prepaid=prepaid)


# ---------------------------------------------------------------- when it is due


def _dues(form: Form, totals: Totals, held: Currency, *, required: bool) -> tuple[Due, ...]:
    """What is left to pay and when: the days given, or the one day; () for what is due at once."""
    rows = list(form.rows("due_dates"))
    day = form.day("due_date", required=required and not rows and totals.payable > 0)
    if not rows:
        return (Due(day, totals.payable),) if day else ()
    if day is not None:
        form.fault("given_twice", "due_date", form.text("due_date"), "due_dates")
    found = [(row.day("date", required=True), row.amount("amount", held), row) for row in rows]
    dues = [Due(when, amount) for when, amount, _ in found if when and amount]
    for _, amount, row in found:
        if amount is not None and amount <= 0:
            row.fault("total_not_positive", "amount", row.text("amount"))
    if len(dues) == len(rows) and sum(due.amount for due in dues) != totals.payable:
        seen = Amount(sum(due.amount for due in dues), held)
        form.fault("due_dates_differ", "due_dates", seen.text, Amount(totals.payable, held).text)
    return tuple(sorted(dues, key=lambda due: due.date))


def _terms(form: Form, dues: tuple[Due, ...], held: Currency) -> str:
    """BT-20: as given; where there are several due dates, with each of them."""
    said = form.text("terms")
    if len(dues) < 2:
        return said
    several = ", ".join(f"{due.date:%d/%m/%Y} : {Amount(due.amount, held)}" for due in dues)
    return f"{said} Échéances : {several}.".strip()


# ---------------------------------------------------------------- what goes with it


def _frame(form: Form, public: PublicBuyer | None) -> str:
    """BT-23: as given, else the customer's; on Chorus Pro an invoice of a supplier."""
    usual = (public.frame or "A1") if public else ""
    return form.choice("frame", ("", *CHORUS_FRAMES, *PLATFORM_FRAMES), "") or usual


def _notes(form: Form) -> tuple[Note, ...]:
    found: list[Note] = []
    for row in form.rows("notes"):
        subject = row.code("subject").upper()
        if subject and any(note.subject == subject for note in found) and subject in SUBJECTS:
            row.fault("record_twice", "subject", subject)
        found.append(Note(row.text("text", required=True), subject))
    return tuple(found)


def _preceding(form: Form) -> tuple[Preceding, ...]:
    number, day = form.code("preceding"), form.day("preceding_date")
    return (Preceding(number, day),) if number else ()


def _delivery(form: Form) -> Delivery | None:
    inner = form.inner("delivery")
    if not inner.record:
        return None
    where = address_of(inner)
    place = address(where) if where != Address() else None
    return Delivery(inner.text("name"), date=inner.day("date"), address=place)


def _period(form: Form) -> Period | None:
    inner = form.inner("period")
    start, end = inner.day("start"), inner.day("end")
    if start and end and start > end:
        inner.fault("malformed_date", "end", str(end), f">= {start}")
    return Period(start, end) if start or end else None


_TYPES = MimeTypes()  # the standard library's own table: the system's differs from machine to machine


def _documents(form: Form, files: Files) -> Iterator[Supporting]:
    """BG-24: each file by its name, its content given or found beside the invoice's file."""
    met: set[str] = set()
    for row in form.rows("attachments"):
        path = row.text("path")
        name = row.text("name") or PurePosixPath(path.replace("\\", "/")).name
        content = _content(row, path, files)
        if not name:
            row.fault("missing_field", "name")
        if name in met:
            row.fault("record_twice", "name", quoted(name))
        met.add(name)
        if content is not None:
            mime = _TYPES.guess_type(name)[0] or "application/octet-stream"
            yield Supporting(name, row.text("description"), content=content, mime=mime, filename=name)


def _content(row: Form, path: str, files: Files) -> bytes | None:
    """The bytes of an attachment; None where there are none, with the fault."""
    given = row.record.get("content", "")
    if path and given:
        row.fault("given_twice", "content", "...", quoted(path))
        return None
    if not path and not given:
        row.fault("missing_field", "path")
        return None
    found: bytes | str = files.get(path, "attachment_not_found") if path else _decoded(given)
    if isinstance(found, bytes) and len(found) > ATTACHMENT_BYTES:
        found = "attachment_too_large"
    if isinstance(found, bytes):
        return found
    row.fault(found, "path" if path else "content", quoted(path) or "-", str(ATTACHMENT_BYTES))
    return None


def _decoded(text: object) -> bytes | str:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else "malformed_base64"
    except (binascii.Error, ValueError):
        return "malformed_base64"


def content_of(invoice: Invoice) -> str:
    """The document as it is kept: one text for equal documents."""
    return msgspec.json.encode(invoice, order="sorted").decode()

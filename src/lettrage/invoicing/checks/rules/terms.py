"""The header: number, type, frame, dates, currency, the credited invoice, and how long its texts may be."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date as Day  # noqa: N812  (as in document.py)

import msgspec

from lettrage.invoicing.checks.circumstances import Circumstances, Fate
from lettrage.invoicing.checks.rules.identity import known_as
from lettrage.invoicing.checks.rules.rule import CHORUS, PUBLIC, PUBLIC_PLATFORM, Rule, money
from lettrage.invoicing.document import CENTURY, CREDIT_NOTES, Invoice, PostalAddress
from lettrage.invoicing.finding import Finding
from lettrage.money import currency

NUMBER_MOST = 20  # G1.05, BR-FR-CPRO-02
LINES_MOST = 999_999  # BR-FR-CPRO-19
# A1 to A25 (G1.02)
FRAMES = frozenset(f"A{n}" for n in range(1, 26))
ALREADY_PAID = "A2"
INVOICE_TYPES = frozenset(
    ["380", "389", "393", "501", "386", "500", "384", "471", "472", "473"]
)  # of BR-FR-04, with the credit notes

_NUMBER = re.compile(r"[A-Za-z0-9 +_/-]+", re.ASCII)
# What a document of the same number says against this one, by what became of its last deposit.
_OF_MINE: dict[Fate, str] = {
    "none": "",
    "open": "number_open",
    "integrated": "number_integrated",
    "refused": "",
    "taken": "number_taken",
}
_OF_ANOTHER: dict[Fate, str] = {
    "none": "number_shared",
    "open": "number_used",
    "integrated": "number_used",
    "refused": "number_used",
    "taken": "number_used",
}
# What XML 1.0 cannot carry, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The number is there, of at most 20 characters, and of those that Chorus Pro takes."""
    yield from _number_faults(invoice.number, "number", "BT-1")


def _number_faults(text: str, place: str, term: str) -> Iterator[Finding]:
    if not text.strip():
        yield Finding("number_missing", place, term=term)
        return
    if len(text) > NUMBER_MOST:
        yield Finding("number_too_long", place, text, str(NUMBER_MOST), facts={"length": str(len(text))}, term=term)
    if not _NUMBER.fullmatch(text):
        yield Finding("number_characters", place, text, "A-Z a-z 0-9 - + _ /", term=term)


def number_used(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The number is free on this platform.

    It is taken by another invoice of this supplier, or by this one unless its last deposit ended rejected before
    integration: then the same number goes again. After integration: a credit note and a new number.
    """
    if circumstances.uses is None:
        yield Finding("number_not_checked", "number", invoice.number)
        return
    known = known_as(invoice.seller)
    supplier = known.id if known is not None else ""
    for use in circumstances.uses:
        facts = {"document": str(use.document)}
        if use.supplier and supplier and use.supplier != supplier:
            continue
        code = (_OF_MINE if use.mine else _OF_ANOTHER)[use.fate]
        if code:
            yield Finding(code, "number", invoice.number, facts=facts)


def kind(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The type is an invoice's or a credit note's."""
    if invoice.type not in INVOICE_TYPES | CREDIT_NOTES:
        yield Finding("type", "type", invoice.type, "380, 381, 384, 386, 389, …")


def frame(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The invoicing frame is one of A1 to A25 (absent: A1); A2 says that nothing is left to pay."""
    if invoice.frame and invoice.frame not in FRAMES:
        yield Finding("frame", "frame", invoice.frame, "A1-A25")
    if invoice.frame == ALREADY_PAID and invoice.totals.payable != 0:
        yield Finding("frame_already_paid", "totals.payable", money(invoice, invoice.totals.payable), money(invoice, 0))


def platform_frame(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """S5 is not for public buyers."""
    if invoice.frame == "S5":
        yield Finding("frame_s5", "frame", "S5", "S3")


def dates(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """Of this century, not in the future, due no earlier than issued, periods the right way round."""
    for place, day in _days(invoice):
        if day.year not in CENTURY:
            yield Finding("date_century", place, day.isoformat(), "2000-2099")
    if invoice.date > circumstances.today:
        yield Finding("date_future", "date", invoice.date.isoformat(), f"≤ {circumstances.today.isoformat()}")
    if invoice.due_date is not None and invoice.due_date < invoice.date and invoice.frame != ALREADY_PAID:
        yield Finding("due_before_date", "due_date", invoice.due_date.isoformat(), f"≥ {invoice.date.isoformat()}")
    of_lines = [(f"lines[{n}].period", line.period) for n, line in enumerate(invoice.lines)]
    for place, period in (("period", invoice.period), *of_lines):
        if period is not None and period.start is not None and period.end is not None and period.end < period.start:
            yield Finding("period_backwards", f"{place}.end", period.end.isoformat(), f"≥ {period.start.isoformat()}")


def _days(invoice: Invoice) -> list[tuple[str, Day]]:
    days: list[tuple[str, Day | None]] = [
        ("date", invoice.date),
        ("due_date", invoice.due_date),
        ("tax_point", invoice.tax_point),
    ]
    if invoice.delivery is not None:
        days.append(("delivery.date", invoice.delivery.date))
    days += [(f"preceding[{n}].date", one.date) for n, one in enumerate(invoice.preceding)]
    return [(place, day) for place, day in days if day is not None]


def money_code(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The currencies are of ISO 4217; VAT in a foreign currency's invoice is told in euros as well."""
    if currency(invoice.currency.code) != invoice.currency:
        yield Finding("currency", "currency", invoice.currency.code, "ISO 4217")
    if invoice.vat_currency is not None and currency(invoice.vat_currency.code) != invoice.vat_currency:
        yield Finding("currency", "vat_currency", invoice.vat_currency.code, "ISO 4217", term="BT-6")


def credited(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """At most one credited or corrected invoice is named, and it is another one."""
    if len(invoice.preceding) > 1:
        yield Finding("credited_many", "preceding", ", ".join(one.number for one in invoice.preceding), "1")
    for n, one in enumerate(invoice.preceding):
        yield from _number_faults(one.number, f"preceding[{n}].number", "BT-25")
        if one.number == invoice.number and one.number:
            yield Finding("credited_itself", f"preceding[{n}].number", one.number)


def credits_something(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A credit note names the invoice that it credits (approved platforms: BR-FR-CO-05 says so, with exceptions)."""
    if invoice.is_credit_note and not invoice.preceding:
        yield Finding("credited_missing", "preceding", "", "1")


def line_count(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """At least one line, at most 999 999."""
    if not invoice.lines:
        yield Finding("lines_missing", "lines", "0", "≥ 1")
    elif len(invoice.lines) > LINES_MOST:
        yield Finding("lines_many", "lines", str(len(invoice.lines)), str(LINES_MOST))


# ---------------------------------------------------------------- texts


class _Most(msgspec.Struct, frozen=True):
    """How many characters texts may have: their places and texts, their term, the most."""

    of: Callable[[Invoice], Iterable[tuple[str, str]]]
    term: str
    most: int


def _address(place: str, address: PostalAddress | None) -> list[tuple[str, str]]:
    """Chorus Pro counts an address as a whole."""
    if address is None:
        return []
    parts = (address.line1, address.line2, address.line3, address.zip, address.city, address.subdivision)
    return [(f"{place}.address", " ".join(part for part in parts if part))]


TEXTS = (
    _Most(lambda i: [("service", i.service)], "BT-10", 100),
    _Most(lambda i: [("contract", i.contract)], "BT-12", 50),
    _Most(lambda i: [("engagement", i.engagement)], "BT-13", 50),
    _Most(lambda i: [("terms", i.terms)], "BT-20", 1024),
    _Most(lambda i: [(f"notes[{n}].text", note.text) for n, note in enumerate(i.notes)], "BT-22", 1024),
    _Most(lambda i: [("seller.name", i.seller.name)], "BT-27", 99),
    _Most(lambda i: [("seller.trading_name", i.seller.trading_name)], "BT-28", 99),
    _Most(lambda i: _address("seller", i.seller.address), "BG-5", 400),
    _Most(lambda i: [("buyer.name", i.buyer.name)], "BT-44", 99),
    _Most(lambda i: [("buyer.trading_name", i.buyer.trading_name)], "BT-45", 99),
    _Most(lambda i: _address("buyer", i.buyer.address), "BG-8", 400),
    _Most(lambda i: [("payee.name", i.payee.name)] if i.payee else [], "BT-59", 99),
    _Most(lambda i: [("delivery.name", i.delivery.name)] if i.delivery else [], "BT-70", 99),
    _Most(
        lambda i: [("delivery.location", i.delivery.location.id)] if i.delivery and i.delivery.location else [],
        "BT-71",
        20,
    ),
    _Most(lambda i: _address("delivery", i.delivery.address) if i.delivery else [], "BG-15", 400),
    _Most(lambda i: [(f"documents[{n}].id", one.id) for n, one in enumerate(i.documents)], "BT-122", 50),
    _Most(
        lambda i: [(f"lines[{n}].item.description", line.item.description) for n, line in enumerate(i.lines)],
        "BT-154",
        1024,
    ),
)


def lengths(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """No text is longer than Chorus Pro takes it."""
    for row in TEXTS:
        for place, text in row.of(invoice):
            if len(text) > row.most:
                facts = {"length": str(len(text))}
                yield Finding("text_too_long", place, text, str(row.most), facts=facts, term=row.term)


def characters(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """Every text can stand in XML: no control character, no half of a pair."""
    if not _NOT_XML.search("\n".join(_strings(invoice))):
        return
    for place, text in texts(invoice):
        found = _NOT_XML.search(text)
        if found is not None:
            yield Finding("character", place, text, facts={"character": f"U+{ord(found[0]):04X}"})


def _strings(invoice: Invoice) -> list[str]:
    """Every text of an invoice, without its place: nearly always there is nothing more to say."""
    left: list[object] = [invoice]
    found: list[str] = []
    while left:
        one = left.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, tuple):
            left += one
        elif isinstance(one, msgspec.Struct):
            left += msgspec.structs.astuple(one)
    return found


def texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a value, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, tuple):
        for n, one in enumerate(value):
            yield from texts(one, f"{place}[{n}]")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            one = getattr(value, name)
            if one:  # most terms are absent
                yield from texts(one, f"{place}.{name}" if place else name)


RULES = (
    Rule(number, ("number_missing", "number_too_long", "number_characters"), PUBLIC),
    Rule(number_used, (*filter(None, _OF_MINE.values()), "number_used", "number_shared", "number_not_checked")),
    Rule(kind, ("type",)),
    Rule(frame, ("frame", "frame_already_paid"), CHORUS),
    Rule(platform_frame, ("frame_s5",), PUBLIC_PLATFORM),
    Rule(dates, ("date_century", "date_future", "due_before_date", "period_backwards")),
    Rule(money_code, ("currency",)),
    Rule(credits_something, ("credited_missing",), CHORUS),
    Rule(
        credited,
        ("credited_many", "credited_itself", "number_too_long", "number_characters", "number_missing"),
        PUBLIC,
    ),
    Rule(line_count, ("lines_missing", "lines_many"), PUBLIC),
    Rule(lengths, ("text_too_long",), PUBLIC),
    Rule(characters, ("character",)),
)

"""Flow 10, payments (10.2 and 10.4): a report as the official XML, written and read back.

Facts: specifications 3.1, annexes 6 and 7; the schemas and the sheet in the pyfrctc package. A replacing report names
no report before it: the official schema has no place for the reference (TT-5).
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NoReturn, get_args

import msgspec
from lxml import etree

from lettrage.guard.xml_safe import parse
from lettrage.invoicing.formats.markup import document, group, leaf, marks
from lettrage.money import Currency, decimal, decimal_text
from lettrage.refusal import Refusal, Unreadable, quoted
from lettrage.reporting.report import Contents, Kind, OfDay, OfInvoice, Reported

EUR = Currency("EUR", 2)
PLATFORM, COMPANY = "0238", "0002"  # kinds of identifiers: of platforms (G6.22), SIREN (G6.26)
SENDER_ROLE, SELLER_ROLE = "WK", "SE"  # G7.51, G7.52
_DAY, _MOMENT = "%Y%m%d", "%Y%m%d%H%M%S"


class Party(msgspec.Struct, frozen=True):
    """Who sends (a platform's four characters), or who declares (a SIREN)."""

    id: str
    name: str


class Transmission(msgspec.Struct, frozen=True):
    """A report on its way. `id`: at most 50 characters (G1.104); `made`: to the second, Paris time."""

    id: str
    made: datetime
    kind: Kind
    sender: Party
    declarant: Party
    first: date
    last: date
    contents: Contents


def write(sent: Transmission) -> bytes:
    """The report as XML. What its fields may hold is for the official rules to judge."""
    return document(
        "Report",
        "",
        group(
            "ReportDocument",
            leaf("Id", sent.id),
            group("IssueDateTime", leaf("DateTimeString", f"{sent.made:{_MOMENT}}")),
            leaf("TypeCode", sent.kind),
            _party("Sender", sent.sender, PLATFORM, SENDER_ROLE),
            _party("Issuer", sent.declarant, COMPANY, SELLER_ROLE),
        ),
        group(
            "PaymentsReport",
            group("ReportPeriod", _day("StartDate", sent.first), _day("EndDate", sent.last)),
            *[
                group("Invoice", leaf("InvoiceID", paid.invoice), _day("IssueDate", paid.issued), _payment(paid))
                for paid in sent.contents.invoices
            ],
            *[group("Transactions", _payment(paid)) for paid in sent.contents.days],
        ),
    )


def _party(name: str, party: Party, kind: str, role: str) -> str:
    identifier = leaf("Id", party.id, marks(schemeId=kind))
    return group(name, identifier, leaf("Name", party.name), leaf("RoleCode", role))


def _payment(paid: OfInvoice | OfDay) -> str:
    return group("Payment", _day("Date", paid.day), *[_rate(one) for one in paid.rates])


def _rate(one: Reported) -> str:
    amount = leaf("Amount", decimal_text(one.amount, EUR.decimals))
    return group("SubTotals", leaf("TaxPercent", one.rate), leaf("CurrencyCode", EUR.code), amount)


def _day(name: str, day: date) -> str:
    return leaf(name, f"{day:{_DAY}}")


# ---------------------------------------------------------------- read back


def read(xml: bytes) -> Transmission:
    """A payments report. Raises Unreadable: no XML, or `report_unreadable` with the place of the first fault."""
    root = parse(xml)
    if root.tag != "Report":
        _fault(root, "Report", str(root.tag))
    head, body = _one(root, "ReportDocument"), _one(root, "PaymentsReport")
    period = _one(body, "ReportPeriod")
    days = tuple(OfDay(*_paid(element)) for element in body.iterchildren("Transactions"))
    return Transmission(
        _text(head, "Id"),
        _moment(_one(head, "IssueDateTime"), "DateTimeString"),
        _kind(head),
        _read_party(_one(head, "Sender")),
        _read_party(_one(head, "Issuer")),
        _date(period, "StartDate"),
        _date(period, "EndDate"),
        Contents(tuple(_invoices(body)), days),
    )


def _invoices(body: etree._Element) -> Iterator[OfInvoice]:
    for element in body.iterchildren("Invoice"):
        yield OfInvoice(_text(element, "InvoiceID"), _date(element, "IssueDate"), *_paid(element))


def _paid(element: etree._Element) -> tuple[date, tuple[Reported, ...]]:
    payment = _one(element, "Payment")
    return _date(payment, "Date"), tuple(_reported(one) for one in payment.iterchildren("SubTotals"))


def _reported(element: etree._Element) -> Reported:
    if (code := (element.findtext("CurrencyCode") or EUR.code).strip()) != EUR.code:
        _fault(_one(element, "CurrencyCode"), EUR.code, code)
    rate, amount = decimal(_text(element, "TaxPercent")), decimal(_text(element, "Amount"))
    if rate is None or rate.digits < 0:
        _fault(_one(element, "TaxPercent"), "20, 5.5", _text(element, "TaxPercent"))
    minor = None if amount is None else amount.exact(EUR)
    if minor is None:
        _fault(_one(element, "Amount"), "0.00", _text(element, "Amount"))
    return Reported(rate.canonical, minor)


def _kind(head: etree._Element) -> Kind:
    text = _text(head, "TypeCode")
    found = next((kind for kind in get_args(Kind) if kind == text), None)
    if found is None:
        _fault(_one(head, "TypeCode"), "IN, RE", text)
    kind: Kind = found
    return kind


def _read_party(element: etree._Element) -> Party:
    return Party(_text(element, "Id"), _text(element, "Name"))


def _one(element: etree._Element, name: str) -> etree._Element:
    found = element.find(name)
    if found is None:
        _fault(element, name, "")
    return found


def _text(element: etree._Element, name: str) -> str:
    found = _one(element, name)
    return (found.text or "").strip()


def _date(element: etree._Element, name: str) -> date:
    return _moment(element, name, _DAY).date()


def _moment(element: etree._Element, name: str, form: str = _MOMENT) -> datetime:
    text = _text(element, name)
    try:
        found = datetime.strptime(text, form)  # noqa: DTZ007  (the format has no zone)
    except ValueError:
        _fault(_one(element, name), "20261231", text)
    if f"{found:{form}}" != text:  # strptime takes fewer digits too
        _fault(_one(element, name), "20261231", text)
    return found


def _fault(element: etree._Element, expected: str, seen: str) -> NoReturn:
    place = element.getroottree().getpath(element)
    raise Unreadable(Refusal("report_unreadable", place, quoted(seen), expected))

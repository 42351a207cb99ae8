"""Any invoice: every optional group there or not, texts of every character that XML can carry.

Only what both syntaxes can tell apart: identifiers in the order of reading, a gross price wherever there is a discount,
ways to pay that differ in more than their account, and groups that say something.
"""

import string
from datetime import date
from typing import Any

from hypothesis import strategies as st

from lettrage.invoicing.document import (
    Account,
    AllowanceCharge,
    Attribute,
    Classification,
    Contact,
    Delivery,
    Identifier,
    Invoice,
    Item,
    Line,
    Note,
    Party,
    Payee,
    PaymentMeans,
    Period,
    PostalAddress,
    Preceding,
    Price,
    Supporting,
    TaxRepresentative,
    Totals,
    VatBreakdown,
)
from lettrage.invoicing.formats.reading import filled, in_order
from lettrage.money import Currency, Figure, currency

_CODE = st.text(string.ascii_letters + string.digits + "-_/", min_size=1, max_size=12)
_XML = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r")
TEXT = st.text(_XML, min_size=1, max_size=24).map(str.strip).filter(bool)
_MAYBE = st.just("") | TEXT
_MAYBE_CODE = st.just("") | _CODE
_DAYS = st.dates(date(1901, 1, 1), date(2999, 12, 31))
_FIGURES = st.builds(Figure, st.integers(-(10**12), 10**12), st.integers(0, 6))
_POSITIVE = st.builds(Figure, st.integers(1, 10**12), st.integers(0, 6))
_AMOUNTS = st.integers(-(10**13), 10**13)
_SCHEMES = st.sampled_from(["0002", "0060", "0088", "0199", "0225"])
_IDENTIFIERS = st.builds(Identifier, _CODE, st.just("") | _SCHEMES)
_LEGAL = st.builds(Identifier, st.from_regex(r"\A[0-9]{9}\Z"), st.just("0002"))
_IDS = st.lists(
    st.builds(Identifier, _CODE, st.sampled_from(["0009", "", "0088", "0223", "0060"])), max_size=3, unique=True
).map(in_order)


def coin(code: str) -> Currency:
    found = currency(code)
    assert found is not None
    return found


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy.map(filled)


_ADDRESSES = st.builds(PostalAddress, _MAYBE, _MAYBE, _MAYBE, _MAYBE, _MAYBE_CODE, _MAYBE, _MAYBE_CODE)
_PERIODS = st.builds(Period, st.none() | _DAYS, st.none() | _DAYS)
_PARTIES = st.builds(
    Party,
    name=TEXT,
    trading_name=_MAYBE,
    ids=_IDS,
    legal_id=st.none() | _LEGAL,
    vat_number=_MAYBE_CODE,
    tax_number=_MAYBE_CODE,
    legal_form=_MAYBE,
    endpoint=st.none() | _IDENTIFIERS,
    address=_ADDRESSES,
    contact=_maybe(st.builds(Contact, _MAYBE, _MAYBE, _MAYBE, _MAYBE)),
)
_ACCOUNTS = st.builds(Account, st.just("FR7630006000011234567890189") | _CODE, _MAYBE, _MAYBE_CODE)


@st.composite
def _ways(draw: st.DrawFn) -> tuple[PaymentMeans | None, tuple[PaymentMeans, ...]]:
    """What CII says once for all ways is the same in each; only the first names the creditor."""
    codes = draw(st.lists(st.sampled_from(["10", "20", "30", "49", "58", "59"]), max_size=3, unique=True))
    shared = {"remittance": draw(_MAYBE), "mandate": draw(_MAYBE_CODE)}
    ways = []
    for at, code in enumerate(codes):
        card = draw(_MAYBE_CODE)
        ways.append(
            PaymentMeans(
                code,
                text=draw(_MAYBE),
                accounts=tuple(draw(st.lists(_ACCOUNTS, max_size=2))),
                card_number=card,
                card_holder=draw(_MAYBE) if card else "",
                creditor=draw(_MAYBE_CODE) if at == 0 else "",
                debited_account=draw(_MAYBE_CODE),
                **shared,
            )
        )
    return (ways[0] if ways else None), tuple(ways[1:])


def _allowances(of_document: bool) -> st.SearchStrategy[AllowanceCharge]:
    taxed: dict[str, Any] = {"vat_category": st.sampled_from("SZE"), "vat_rate": st.none() | _POSITIVE}
    return st.builds(
        AllowanceCharge,
        charge=st.booleans(),
        amount=_AMOUNTS,
        base=st.none() | _AMOUNTS,
        percent=st.none() | _FIGURES,
        reason=_MAYBE,
        reason_code=_MAYBE_CODE,
        **(taxed if of_document else {}),
    )


@st.composite
def _prices(draw: st.DrawFn) -> Price:
    discount = draw(st.none() | _POSITIVE)
    quantity = draw(st.none() | _POSITIVE)
    gross = draw(_POSITIVE if discount else st.none() | _POSITIVE)
    return Price(draw(_FIGURES), discount, gross, quantity, draw(_MAYBE_CODE) if quantity else "")


_ITEMS = st.builds(
    Item,
    name=_MAYBE,
    description=_MAYBE,
    seller_id=_MAYBE,
    buyer_id=_MAYBE,
    standard_id=st.none() | _IDENTIFIERS,
    classifications=st.lists(st.builds(Classification, _CODE, _MAYBE_CODE, _MAYBE_CODE), max_size=2).map(tuple),
    origin=_MAYBE_CODE,
    attributes=st.lists(st.builds(Attribute, TEXT, TEXT), max_size=2).map(tuple),
)
_LINES = st.builds(
    Line,
    id=_MAYBE_CODE,
    quantity=_FIGURES,
    unit=_MAYBE_CODE,
    net=_AMOUNTS,
    price=_prices(),
    vat_category=st.sampled_from("SZEO"),
    vat_rate=st.none() | _POSITIVE,
    item=_ITEMS,
    note=_MAYBE,
    object=st.none() | _IDENTIFIERS,
    order_line=_MAYBE_CODE,
    accounting=_MAYBE,
    period=_maybe(_PERIODS),
    allowances=st.lists(_allowances(of_document=False), max_size=2).map(tuple),
)


@st.composite
def _supporting(draw: st.DrawFn) -> Supporting:
    content = draw(st.binary(max_size=20))
    named = {"mime": draw(_MAYBE_CODE), "filename": draw(_MAYBE)} if content else {}
    return Supporting(draw(TEXT), draw(_MAYBE), draw(_MAYBE), content, **named)


_VAT = st.builds(VatBreakdown, st.sampled_from("SZEOK"), st.none() | _POSITIVE, _AMOUNTS, _AMOUNTS, _MAYBE, _MAYBE_CODE)
_NOTES = st.builds(Note, TEXT.filter(lambda text: not text.startswith("#")), st.sampled_from(["", "PMT", "AAB"]))


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    vat_currency = draw(st.none() | st.sampled_from([coin("CHF"), coin("PLN")]))
    maybe_amount = st.none() | _AMOUNTS
    totals = Totals(
        lines=draw(_AMOUNTS),
        net=draw(_AMOUNTS),
        gross=draw(_AMOUNTS),
        payable=draw(_AMOUNTS),
        allowances=draw(maybe_amount),
        charges=draw(maybe_amount),
        vat=draw(_AMOUNTS),
        vat_in_vat_currency=draw(maybe_amount) if vat_currency else None,
        prepaid=draw(maybe_amount),
        rounding=draw(maybe_amount),
    )
    means, other_means = draw(_ways())
    return Invoice(
        number=draw(TEXT),
        type=draw(st.sampled_from(["380", "381", "384", "389", "261"])),
        date=draw(_DAYS),
        currency=draw(st.sampled_from([coin("EUR"), coin("USD"), coin("TND"), coin("JPY")])),
        seller=draw(_PARTIES),
        buyer=draw(_PARTIES),
        lines=tuple(draw(st.lists(_LINES, max_size=3))),
        vat=tuple(draw(st.lists(_VAT, min_size=1, max_size=3))),
        totals=totals,
        vat_currency=vat_currency,
        tax_point=draw(st.none() | _DAYS),
        vat_due=draw(st.sampled_from(["", "debits", "delivery", "receipts"])),
        due_date=draw(st.none() | _DAYS),
        notes=tuple(draw(st.lists(_NOTES, max_size=3))),
        preceding=tuple(draw(st.lists(st.builds(Preceding, TEXT, st.none() | _DAYS), max_size=2))),
        payee=draw(_maybe(st.builds(Payee, _MAYBE, st.none() | _IDENTIFIERS, st.none() | _LEGAL))),
        tax_representative=draw(_maybe(st.builds(TaxRepresentative, _MAYBE, _MAYBE_CODE, _ADDRESSES))),
        delivery=draw(
            _maybe(st.builds(Delivery, _MAYBE, st.none() | _IDENTIFIERS, st.none() | _DAYS, _maybe(_ADDRESSES)))
        ),
        period=draw(_maybe(_PERIODS)),
        means=means,
        other_means=other_means,
        allowances=tuple(draw(st.lists(_allowances(of_document=True), max_size=2))),
        documents=tuple(draw(st.lists(_supporting(), max_size=2))),
        object=draw(st.none() | _IDENTIFIERS),
        **{name: draw(_MAYBE) for name in _TEXTS},
    )


_TEXTS = (
    "service",
    "project",
    "contract",
    "engagement",
    "sales_order",
    "receiving_advice",
    "despatch_advice",
    "tender",
    "accounting",
    "terms",
    "frame",
    "profile",
)

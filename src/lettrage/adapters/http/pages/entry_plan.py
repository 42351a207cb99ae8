"""The settlement document of a form, as a program would send it, and what a dry run of it says."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from lettrage.adapters.http import modern
from lettrage.adapters.http.pages.entry_form import Row, Worked
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.problems import Problem
from lettrage.company.dossier import Company
from lettrage.money import Currency, converted, decimal_text
from lettrage.settlement import settle
from lettrage.settlement.answer import Reply, reason_shape
from lettrage.settlement.document import Item, Remark, Transaction

Written = dict[str, Any]
_FOLLOWS = {
    "difference": "settlement_difference", "open": "partial", "discount": "discount", "exchange": "exchange_difference",
}  # fmt: skip
# The field that a refusal of the header is told beside.
_FIELDS = {
    "amount": "montant",
    "home_amount": "contre",
    "currency": "devise",
    "date": "date",
    "state_change": "moyen",
    "final_state": "moyen",
    "bank": "banque",
    "label": "libelle",
    "third_party": "tiers",
    "direction": "moyen",
}


class Document(msgspec.Struct, frozen=True):
    """A settlement document as its bytes, and the field of the form that each of its details came from."""

    data: bytes
    places: tuple[str, ...]


class Told(msgspec.Struct, frozen=True):
    """A reason against the settlement, in the reader's language, and the field it is about ("" for the whole)."""

    field: str
    said: str
    fix: str
    code: str


class Preview(msgspec.Struct, frozen=True):
    """What a dry run says: what would be done, or every reason against it."""

    transaction: Transaction | None
    changed: Mapping[int, Item]
    remarks: tuple[Remark, ...]
    reasons: tuple[Told, ...]
    agreement: str

    @property
    def sound(self) -> bool:
        """Whether something would be done, and nothing is against it."""
        return self.transaction is not None and not self.reasons


class Recorded(msgspec.Struct, frozen=True):
    """What became of recording: the transaction's number, or every reason against it."""

    transaction: str
    reasons: tuple[Told, ...]


# ---------------------------------------------------------------- the document


def document_of(worked: Worked, company: Company) -> Document:
    """The document that this form stands for."""
    assert worked.party is not None
    assert worked.change is not None
    assert worked.day is not None
    assert worked.amount is not None
    details: list[Written] = []
    places: list[str] = []
    for row in worked.chosen:
        for field, detail in _details_of(row, worked):
            details.append(detail)
            places.append(field)
    for gap in worked.gaps:
        if gap.row is None:
            details.append(_advance(worked.party.code, -gap.amount, worked.currency))
            places.append("suite-0")
    if worked.home is not None:
        _value(details, worked, company.currency)
    header: Written = {
        "direction": worked.change.direction,
        "third_party": worked.party.code,
        "amount": decimal_text(worked.amount, worked.currency.decimals),
        "home_amount": None if worked.home is None else decimal_text(worked.home, company.currency.decimals),
        "currency": worked.currency.code,
        "state_change": worked.change.code,
        "bank": worked.typed.bank or None,
        "date": worked.day.isoformat(),
        "label": worked.typed.label or None,
        "details": details,
    }
    settlement = {name: value for name, value in header.items() if value is not None}
    content = {"settlements": [settlement], "repeat": worked.typed.again}
    return Document(msgspec.json.encode(content), tuple(places))


def _details_of(row: Row, worked: Worked) -> list[tuple[str, Written]]:
    """What a line settles, and what is done about its gap; each with the field that it came from."""
    assert row.paid is not None
    field, follow = f"p-{row.item.id}", f"suite-{row.item.id}"
    if row.item.kind == "advance":
        made = {"transaction": str(row.item.transaction), "order": str(row.item.order or 1)}
        return [(field, _advance(row.item.third_party, row.paid, row.item.currency) | made)]
    kept = row.follow == "advance"
    found = []
    if paid := row.open if kept else row.paid:
        found.append((field, _on(row, paid)))
    if kept:
        found.append((follow, _advance(row.item.third_party, -row.gap, row.item.currency)))
    elif row.follow is not None:
        found.append((follow, _on(row, row.gap) | {"operation": _FOLLOWS[row.follow]}))
    return found


def _on(row: Row, amount: int) -> Written:
    item = row.item
    given = {
        "third_party": item.third_party,
        "piece": item.piece,
        "prefix": item.prefix,
        "due_date": item.due_date.isoformat(),
        "amount": decimal_text(amount, item.currency.decimals),
    }
    return {name: value for name, value in given.items() if value}


def _advance(party: str, amount: int, of: Currency) -> Written:
    return {"operation": "advance", "third_party": party, "amount": decimal_text(amount, of.decimals)}


def _value(details: list[Written], worked: Worked, home: Currency) -> None:
    """Where the rate is blocked each payment says both its amounts; together they make the home value exactly."""
    assert worked.home is not None
    assert worked.amount
    moneys = [detail for detail in details if detail.get("operation") in (None, "advance")]
    amounts = [int(detail["amount"].replace(".", "")) for detail in moneys]
    homes = converted(amounts, Fraction(worked.home, worked.amount), Fraction(1))
    for detail, value in zip(moneys, homes, strict=True):
        detail["paid"] = detail["amount"]
        detail["paid_home"] = decimal_text(value, home.decimals)


# ---------------------------------------------------------------- asking the books


def preview(page: Page, worked: Worked, company: Company) -> Preview:
    """The dry run of what is typed: the same `settle` that records it."""
    document = document_of(worked, company)
    reply = _settled(page, document, worked.typed.once, dry_run=True)
    if isinstance(reply, tuple):
        return Preview(None, {}, (), reply, "")
    plan = reply.plan
    transaction = plan.transactions[0] if plan and plan.transactions else None
    items = (*transaction.items_changed, *transaction.items_made) if transaction else ()
    return Preview(
        transaction,
        {item.id: item for item in items},
        plan.remarks if plan else (),
        _reasons(page, reply, document),
        reply.agreement,
    )


def record(page: Page, worked: Worked, company: Company) -> Recorded:
    """Record what is typed, once for each key, if the books still do what was shown."""
    document = document_of(worked, company)
    reply = _settled(page, document, worked.typed.once, agreed=worked.typed.agreed)
    if isinstance(reply, tuple):
        return Recorded("", reply)
    page.house.figures.settled(reply.done, reply.refused, reply.replayed)
    return Recorded(_transaction(reply.text, worked.typed.once), _reasons(page, reply, document))


def recorded_before(page: Page, key: str) -> str:
    """The transaction that this very form made already; "" when it made none."""
    with page.books() as books:
        kept = books.kept(page.who.identity.name, key)
    return "" if kept is None else _transaction(kept.answer, key)


def _transaction(answer: str, key: str) -> str:
    (settlement,) = modern.answer(answer, key)["settlements"]
    return settlement["transaction"] or ""


def _settled(
    page: Page, document: Document, key: str, *, dry_run: bool = False, agreed: str = ""
) -> Reply | tuple[Told, ...]:
    """What `settle` answers, or why it could not judge at all."""
    house = page.house
    try:
        with house.working(document.data):
            reply = settle(
                document.data,
                page.caller(key, dry_run=dry_run),
                house.store,
                house.clock,
                reader=modern.read,
                agreed=agreed,
            )
    except Problem as problem:
        return tuple(_told(page, reason, document) for reason in problem.reasons)
    if reply.reason is not None:
        return (_told(page, reason_shape(reply.reason), document),)
    return reply


def _reasons(page: Page, reply: Reply, document: Document) -> tuple[Told, ...]:
    found = [reason_shape(reason) for outcome in reply.outcomes for reason in outcome.reasons]
    return tuple(_told(page, reason, document) for reason in found)


def _told(page: Page, reason: Mapping[str, str], document: Document) -> Told:
    french = page.language == "fr"
    said, fix = (reason["fr"], reason["fix"]) if french else (reason["en"], reason["fix_en"])
    return Told(_field(reason["path"], document.places), without_place(said, reason["path"]), fix, reason["code"])


def without_place(said: str, place: str) -> str:
    """A sentence without the place in the document that it begins with: at the desk nobody has written one."""
    bare = said.removeprefix(place).lstrip(" \N{NO-BREAK SPACE}:") if place else said
    return bare[:1].upper() + bare[1:]


def _field(pointer: str, places: tuple[str, ...]) -> str:
    """The field that a pointer into the document leads to."""
    parts = pointer.strip("/").split("/")
    if len(parts) > 3 and parts[2] == "details" and parts[3].isdecimal() and int(parts[3]) < len(places):
        return places[int(parts[3])]
    return _FIELDS.get(parts[-1], "")

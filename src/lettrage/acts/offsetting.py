"""Offsetting: what is open of one third party in its favour, against what it owes, without money.

Credit notes and advances settle invoices by a settlement whose total is zero; it goes the way of every settlement,
with its rules, its entry and its letters.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from datetime import date as Day  # noqa: N812
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.caller import Caller
from lettrage.company.dossier import Company
from lettrage.limits import LETTERED_LINES
from lettrage.money import decimal_text
from lettrage.refusal import Refusal, quoted
from lettrage.settlement import Unsettled, settle_within
from lettrage.settlement.document import TAGS, Item
from lettrage.settlement.fields import whole_number
from lettrage.settlement.read import SERVICE, TABLE

_json = msgspec.json.Encoder().encode


class Part(msgspec.Struct, frozen=True):
    """What of an open item is offset, in its own sense."""

    item: Item
    amount: int

    @property
    def rest(self) -> int:
        """What stays open."""
        return self.item.open - self.amount


class Offset(msgspec.Struct, frozen=True):
    """Offset pieces (and advances, by the transaction that received them). Satisfies the port `Act`.

    What is named first is offset first, as far as the other side goes; the rest stays open.
    """

    third_party: str
    pieces: tuple[str, ...]
    advances: tuple[str, ...] = ()
    by: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "offset"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"third_party": self.third_party, "pieces": list(self.pieces), "advances": list(self.advances)}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The transaction, and what of each item it offsets."""
        named, faults = self._named(books)
        if faults:
            raise Refused(*faults)
        parts = offset(named)
        if not parts:
            raise Refused(Refusal("nothing_to_offset", "pieces", ", ".join((*self.pieces, *self.advances))))
        if len({part.item.currency for part in parts}) > 1:
            codes = sorted({part.item.currency.code for part in parts})
            raise Refused(Refusal("offset_currencies", "pieces", ", ".join(codes)))
        try:
            number = offset_within(parts, books, moment.today, self.by, moment)
        except Unsettled as unsettled:
            raise Refused(*(msgspec.structs.replace(reason, path="pieces") for reason in unsettled.reasons)) from None
        return {"transaction": str(number), "offset": [_shape(part) for part in parts]}

    def _named(self, books: ActBooks) -> tuple[list[Item], list[Refusal]]:
        """The open items that are meant, in the order in which they are named."""
        if not 1 <= len(self.pieces) + len(self.advances) <= LETTERED_LINES:
            asked = str(len(self.pieces) + len(self.advances))
            return [], [Refusal("lettering_count", "pieces", asked, f"1-{LETTERED_LINES}")]
        open_ = books.open_items_of(self.third_party)
        found: dict[int, Item] = {}
        faults = []
        for place, piece in enumerate(self.pieces):
            own = _nameable(i for i in open_ if i.kind != "advance" and piece in (i.piece, f"{i.prefix}{i.piece}"))
            if not own:
                faults.append(Refusal("not_open", f"pieces[{place}]", quoted(piece), self.third_party))
            found |= {item.id: item for item in own}
        for place, number in enumerate(self.advances):
            own = [i for i in open_ if i.kind == "advance" and i.transaction == whole_number(number)]
            if not own:
                faults.append(Refusal("not_open", f"advances[{place}]", quoted(number), self.third_party))
            found |= {item.id: item for item in own}
        return list(found.values()), faults


def offset_within(parts: Sequence[Part], books: ActBooks, day: Day, by: str, moment: Moment) -> int:
    """Offset as part of a larger act; the number of the transaction. Raises Unsettled before anything is written."""
    document = _document(parts, books.company, day)
    plan = settle_within(_json(document), Caller(by, "offset", books.company.code), books, moment.at)
    (transaction,) = plan.transactions
    return transaction.number


def _nameable(items: Iterable[Item]) -> list[Item]:
    """Of several with one piece and due date the first: what came back stands beside what was passed on meanwhile.

    One settlement names only one of them; the other one is offset by the next.
    """
    return list({(item.prefix, item.piece, item.due_date): item for item in sorted(items, key=_latest_first)}.values())


def _latest_first(item: Item) -> tuple[date, int]:
    return item.due_date, -item.id


def offset(items: Sequence[Item]) -> list[Part]:
    """As much of each item, in this order, as both sides have; nothing where one side has nothing."""
    owed, owing = ([i for i in items if (i.open > 0) is side] for side in (True, False))
    both = min(sum(i.open for i in owed), -sum(i.open for i in owing))
    parts = []
    for side, sign in ((owed, 1), (owing, -1)):
        left = both
        for item in side:
            part = min(left, sign * item.open)
            left -= part
            if part:
                parts.append(Part(item, sign * part))
    return parts


def _document(parts: Sequence[Part], company: Company, day: Day) -> dict[str, Any]:
    """The settlement whose total is zero, as a document."""
    first = parts[0].item
    ways = (c for c in company.changes.values() if c.step == "settle" and not c.bank)
    direction = "encashment" if first.ledger == "customer" else "disbursement"
    change = next(c for c in ways if c.direction == direction)
    header = {
        "direction": direction.upper(),
        "change": change.code,
        "third_party": first.third_party,
        "currency": first.currency.code,
        "amount": "0",
        "date": f"{day:%Y%m%d}",
        "label": f"Imputation {first.third_party}",
    }
    details = [_tagged(detail) for part in parts for detail in _details(part)]
    tree = {TAGS[name]: value for name, value in header.items()} | {TAGS["details"]: details}
    parameters = {"dos": company.code, "repeat": "1"}
    return {"action": {"swinfinity": SERVICE, "parameters": parameters}, "data": {TABLE: [tree]}}


def _details(part: Part) -> Iterator[dict[str, str]]:
    """What the settlement says of one item: so much is settled, and the rest stays open."""
    item = part.item
    decimals = item.currency.decimals
    if item.kind == "advance":
        yield {
            "operation": "WAR", "transaction": str(item.transaction), "order": str(item.order),
            "third_party": item.third_party, "amount": decimal_text(part.amount, decimals),
        }  # fmt: skip
        return
    named = {
        "third_party": item.third_party, "prefix": item.prefix, "piece": item.piece,
        "due_date": f"{item.due_date:%Y%m%d}",
    }  # fmt: skip
    yield named | {"amount": decimal_text(part.amount, decimals)}
    if part.rest:
        yield named | {"operation": "WPA", "amount": decimal_text(part.rest, decimals)}


def _tagged(detail: dict[str, str]) -> dict[str, str]:
    return {TAGS[name]: value for name, value in detail.items() if value}


def _shape(part: Part) -> dict[str, Any]:
    item = part.item
    return {
        "kind": item.kind,
        "piece": f"{item.prefix}{item.piece}",
        "due_date": item.due_date.isoformat(),
        "currency": item.currency.code,
        "amount": decimal_text(part.amount, item.currency.decimals),
        "left_open": decimal_text(part.rest, item.currency.decimals),
    }

"""What was typed into the entry of a settlement, worked out against what is open: the lines, the gaps, the faults.

Pure: what the books hold comes in as values, and the same words give the same result.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from lettrage.adapters.http.pages.typed import amount_typed, day_typed
from lettrage.books.owed import Owed, Party
from lettrage.company.dossier import Company
from lettrage.company.states import MEANS, StateChange
from lettrage.money import Currency, currency, decimal_text
from lettrage.refusal import Refusal
from lettrage.settlement.document import Item, Operation
from lettrage.settlement.proposing import against, proposed

Follow = Literal["difference", "open", "discount", "exchange", "advance"]
REST = "="  # this line takes what is left of the amount
_OPERATIONS: Mapping[Follow, Operation] = {
    "difference": "WDR", "open": "WPA", "discount": "WE", "exchange": "WDC", "advance": "WAR",
}  # fmt: skip
SURPLUS = 0  # the gap of the whole: received, and on no line


class Typed(msgspec.Struct, frozen=True):
    """The fields as they were typed."""

    party: str = ""
    amount: str = ""
    currency: str = ""
    home: str = ""
    day: str = ""
    change: str = ""
    bank: str = ""
    label: str = ""
    search: str = ""
    chosen: frozenset[int] = frozenset()
    paid: Mapping[int, str] = {}  # due item -> what of the amount goes to it
    follows: Mapping[int, str] = {}  # due item, or SURPLUS -> what is done with its gap
    pieces: tuple[str, ...] = ()  # asked for by name, from another page
    drawn_for: str = ""  # the third party and amount that the lines were drawn for
    proposal: str = ""  # the lines as they were proposed then
    usual: str = ""  # the state change that the form came with
    key: str = ""
    agreed: str = ""
    seen: str = ""  # the entry that was shown, as JSON
    again: bool = False
    document: int = 0
    position: int = 0

    @property
    def once(self) -> str:
        """The key of exactly this: the same form sent twice is one settlement, another content is another one."""
        header = (self.party, self.amount, self.currency, self.home, self.day, self.change, self.bank, self.label)
        lines = (sorted(self.chosen), sorted(self.paid.items()), sorted(self.follows.items()))
        said = msgspec.json.encode([header, lines, self.agreed, self.again])
        return f"{self.key[:40]}-{hashlib.sha256(said).hexdigest()[:32]}"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a field, by the key of its words."""

    field: str
    key: str
    values: Mapping[str, str] = {}


class Option(msgspec.Struct, frozen=True):
    """What may be done with a gap. `against`: why not, from the operation's own rule."""

    follow: Follow
    operation: Operation
    account: str = ""
    against: Refusal | None = None


class Row(msgspec.Struct, frozen=True):
    """A line of the table, as seen. `paid`: None where nothing readable is typed."""

    item: Item
    sense: int
    chosen: bool
    text: str
    paid: int | None
    follow: Follow | None = None

    @property
    def open(self) -> int:
        """Its open amount as seen."""
        return self.sense * self.item.open

    @property
    def gap(self) -> int:
        """What of the open amount is not paid: above zero where something is missing on an invoice."""
        return self.open - self.paid if self.chosen and self.paid is not None else 0

    @property
    def short(self) -> bool:
        """Whether something is missing, and not too much."""
        return self.gap * self.open > 0

    @property
    def left(self) -> int:
        """What is still open afterwards, as seen."""
        if not self.chosen or self.paid is None:
            return self.open
        return self.gap if self.follow == "open" else 0

    @property
    def written_off(self) -> int:
        """What of the gap is closed without money."""
        return self.gap if self.follow not in (None, "open") else 0


class Gap(msgspec.Struct, frozen=True):
    """Something missing or too much, with what may be done about it. `row`: None for what is on no line."""

    key: int
    amount: int
    row: Row | None
    options: tuple[Option, ...]
    chosen: Follow


class Worked(msgspec.Struct, frozen=True):
    """The whole form worked out."""

    typed: Typed
    party: Party | None
    candidates: tuple[Party, ...]
    owed: Owed
    currency: Currency
    change: StateChange | None
    ways: tuple[StateChange, ...]
    day: date | None
    amount: int | None
    home: int | None
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    faults: tuple[Fault, ...]
    exact: bool  # the lines are the only ones that add up to the amount
    proposed: bool  # the lines are as they were proposed
    redrawn: bool  # the lines are others than those that the form had

    @property
    def chosen(self) -> list[Row]:
        """The lines that are settled."""
        return [row for row in self.rows if row.chosen]

    @property
    def ready(self) -> bool:
        """Whether there is enough for a dry run."""
        return bool(self.party and self.amount and self.change and self.day and not self.faults) and bool(
            self.chosen or self.gaps
        )

    @property
    def drawn_for(self) -> str:
        """Stands for what the lines were drawn for."""
        return drawn(self.party, self.typed, self.currency, self.change, self.owed)

    @property
    def usual(self) -> str:
        """The state change that stands there without anybody's choice."""
        untouched = not self.typed.usual or self.typed.change == self.typed.usual
        return self.change.code if self.change is not None and untouched else self.typed.usual

    @property
    def proposal(self) -> str:
        """Stands for the lines, where they are as proposed."""
        return digest_of(self.rows) if self.proposed else self.typed.proposal


# ---------------------------------------------------------------- the way the money takes


def ways_of(company: Company, party: Party | None) -> tuple[StateChange, ...]:
    """The state changes that settle due items: those of the third party's own direction first, cheques first."""
    own = "disbursement" if party is not None and party.ledger == "supplier" else "encashment"
    means = "".join(MEANS.values())
    settling = [change for change in company.changes.values() if change.step == "settle"]
    order = [c for c in settling if c.direction == own] + [c for c in settling if c.direction != own]
    return tuple(sorted(order, key=lambda c: (c.direction != own, c.target[1:], means.find(c.target[:1]))))


def change_of(ways: tuple[StateChange, ...], typed: Typed, party: Party | None) -> StateChange | None:
    """The state change chosen. One that nobody chose on this form gives way to another third party's direction."""
    first = next(iter(ways), None)
    chosen = next((way for way in ways if way.code == typed.change), first)
    other = party is not None and typed.drawn_for != "" and typed.drawn_for.partition("|")[0] != party.code
    turned = first is not None and chosen is not None and chosen.direction != first.direction
    return first if other and turned and typed.change == typed.usual else chosen


# ---------------------------------------------------------------- working it out


def drawn(party: Party | None, typed: Typed, of: Currency, change: StateChange | None, owed: Owed) -> str:
    """Stands for what lines are drawn for: third party, currency, amount, direction, what is open, and the search."""
    open_ = [(item.id, item.open) for item in owed.items]
    amount = amount_typed(typed.amount, of)
    said = msgspec.json.encode([amount, of.code, typed.search, change.direction if change else "", open_])
    return f"{party.code if party else ''}|{hashlib.sha256(said).hexdigest()[:16]}"


def digest_of(rows: tuple[Row, ...]) -> str:
    """Stands for what lines settle."""
    chosen = sorted((row.item.id, row.paid) for row in rows if row.chosen)
    return hashlib.sha256(msgspec.json.encode(chosen)).hexdigest()[:16]


def worked_out(
    typed: Typed, company: Company, party: Party | None, candidates: tuple[Party, ...], owed: Owed, today: date
) -> Worked:
    """The form worked out against what is open."""
    of = currency_of(typed, company)
    ways = ways_of(company, party)
    change = change_of(ways, typed, party)
    faults: list[Fault] = []
    if typed.party and party is None:
        faults.append(Fault("tiers", "which_party" if candidates else "no_such_party"))
    day = day_typed(typed.day, today) if typed.day else today
    if day is None:
        faults.append(Fault("date", "no_day"))
    amount = _amount(typed.amount, of, "montant", faults)
    if amount is not None and amount <= 0:
        faults.append(Fault("montant", "not_positive"))
    home = _amount(typed.home, company.currency, "contre", faults) if of != company.currency else None
    rows, exact, is_proposed, redrawn = _rows(typed, party, owed, of, change, amount)
    rows = tuple(_followed(row, typed, company, of) for row in rows)
    faults += [Fault(f"p-{row.item.id}", "no_amount") for row in rows if row.chosen and row.paid is None]
    own = change is not None and party is not None and _own(party, change)
    gaps = _gaps(rows, company, of, party if own else None, amount)
    if amount is not None and party is not None and not any(gap.key == SURPLUS for gap in gaps):
        faults += _out_of_balance(rows, amount, of)
    return Worked(
        typed, party, candidates, owed, of, change, ways, day, amount, home, rows, gaps, tuple(faults),
        exact, is_proposed, redrawn,
    )  # fmt: skip


def _out_of_balance(rows: tuple[Row, ...], amount: int, of: Currency) -> list[Fault]:
    """The lines have more than the amount; or less, where the rest may not be an advance."""
    left = amount - sum(row.paid or 0 for row in rows if row.chosen)
    if not left:
        return []
    said = decimal_text(abs(left), of.decimals)
    return [Fault("montant", "lines_above" if left < 0 else "lines_below", {"left": said})]


def currency_of(typed: Typed, company: Company) -> Currency:
    """The currency chosen, else the dossier's own."""
    return currency(typed.currency.upper()) or company.currency


def _amount(text: str, of: Currency, field: str, faults: list[Fault]) -> int | None:
    if not text:
        return None
    found = amount_typed(text, of)
    if found is None:
        faults.append(Fault(field, "no_amount"))
    return found


def _rows(
    typed: Typed, party: Party | None, owed: Owed, of: Currency, change: StateChange | None, amount: int | None
) -> tuple[tuple[Row, ...], bool, bool, bool]:
    """The lines: as typed, or proposed anew; whether exact, whether proposed, whether redrawn."""
    if change is None or party is None:
        return (), False, False, bool(typed.drawn_for)
    rows = tuple(_row(item, item.seen(change.direction), typed, of) for item in owed.items)
    same = typed.drawn_for == drawn(party, typed, of, change, owed)
    rows = _with_rest(rows, amount)
    gone = not typed.chosen <= {row.item.id for row in rows}  # settled by somebody else meanwhile
    untouched = gone or not typed.drawn_for or typed.proposal == digest_of(rows)
    other = typed.drawn_for.partition("|")[0] != party.code
    if same or (not untouched and not other):
        return rows, False, same and untouched, not same
    return *_proposed(rows, typed, amount), True, True


def _own(party: Party, change: StateChange) -> bool:
    """Whether the money takes the usual way: from a customer, to a supplier."""
    return (party.ledger == "customer") == (change.direction == "encashment")


def _row(item: Item, sense: int, typed: Typed, of: Currency) -> Row:
    text = typed.paid.get(item.id, "") if item.id in typed.chosen else ""
    chosen = item.id in typed.chosen
    if text.strip() in ("", REST):
        return Row(item, sense, chosen, REST, None)
    return Row(item, sense, chosen, text, amount_typed(text, of))


def _with_rest(rows: tuple[Row, ...], amount: int | None) -> tuple[Row, ...]:
    """The lines without an amount of their own take what is left of the amount, each at most what is open."""
    left = (amount or 0) - sum(row.paid or 0 for row in rows if row.chosen)
    found = []
    for row in rows:
        if row.chosen and row.text == REST:
            part = row.open if row.open < 0 or amount is None or left <= 0 else min(row.open, left)
            left -= part
            row = _taking(row, part)  # noqa: PLW2901
        found.append(row if row.chosen else msgspec.structs.replace(row, text=""))
    return tuple(found)


def _taking(row: Row, part: int) -> Row:
    text = decimal_text(part, row.item.currency.decimals)
    return msgspec.structs.replace(row, chosen=True, text=text, paid=part)


def _proposed(rows: tuple[Row, ...], typed: Typed, amount: int | None) -> tuple[tuple[Row, ...], bool]:
    """The lines asked for by name, else those that fit the amount; nothing without an amount."""
    blank = [msgspec.structs.replace(row, chosen=False, text="", paid=None) for row in rows]
    if typed.pieces and any(row.item.piece in typed.pieces for row in blank):
        named = [_asked(row, typed) for row in blank]
        return _first(_with_rest(tuple(named), amount)), False
    if amount is None or amount <= 0:
        return tuple(blank), False
    proposal = proposed([row.open for row in blank], amount)
    taken = [_taking(row, part) if part else row for row, part in zip(blank, proposal.parts, strict=True)]
    return _first(tuple(taken)), proposal.exact


def _asked(row: Row, typed: Typed) -> Row:
    if row.item.piece not in typed.pieces:
        return row
    return msgspec.structs.replace(row, chosen=True, text=REST)


def _first(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """What is chosen stands first, each part by age."""
    return tuple(sorted(rows, key=lambda row: not row.chosen))


# ---------------------------------------------------------------- gaps


def _followed(row: Row, typed: Typed, company: Company, of: Currency) -> Row:
    """A line with what is done about its gap: as chosen, else written off where it may be, else left open."""
    if not row.gap:
        return row
    options = _options(row, company, of)
    allowed = [option.follow for option in options if option.against is None]
    wanted = typed.follows.get(row.item.id, "")
    follow = next((f for f in allowed if f == wanted), next(iter(allowed), options[0].follow))
    return msgspec.structs.replace(row, follow=follow)


def _options(row: Row, company: Company, of: Currency) -> tuple[Option, ...]:
    """What the rules offer for a line's gap; what they would refuse is there with the reason."""
    item, gap = row.item, row.gap
    if item.kind == "advance":
        return (Option("open", "WPA"),)
    offered: list[Follow] = ["difference", "open", "discount"] if row.short else ["advance", "difference"]
    if of != company.currency:
        offered.append("exchange")
    if not row.short and item.open < 0:
        offered.remove("advance")
    if item.kind != "invoice" and "discount" in offered:
        offered.remove("discount")
    accounts = company.accounts
    signed = gap * row.sense * (1 if item.ledger == "customer" else -1)
    account: dict[Follow, str] = {
        "difference": accounts.difference(signed),
        "exchange": accounts.exchange(signed),
        "discount": accounts.discount(item.ledger),
        "advance": accounts.advance(item.ledger),
    }
    return tuple(
        Option(
            follow,
            _OPERATIONS[follow],
            account.get(follow, ""),
            against(item, row.sense, _OPERATIONS[follow], gap, company, of)
            if follow in ("difference", "exchange", "discount")
            else None,
        )
        for follow in offered
    )


def _gaps(
    rows: tuple[Row, ...], company: Company, of: Currency, party: Party | None, amount: int | None
) -> tuple[Gap, ...]:
    """The gaps of the lines, and what is on no line: an advance, where the third party may give one."""
    gaps = [
        Gap(row.item.id, row.gap, row, _options(row, company, of), row.follow)
        for row in rows
        if row.gap and row.follow is not None and row.item.kind != "advance"
    ]
    if amount is None or party is None:
        return tuple(gaps)
    surplus = amount - sum(row.paid or 0 for row in rows if row.chosen)
    if surplus > 0:
        option = Option("advance", "WAR", company.accounts.advance(party.ledger))
        gaps.append(Gap(SURPLUS, -surplus, None, (option,), "advance"))
    return tuple(gaps)

"""A payment that the bank sends back (*impayé*): the whole header that had brought it in is undone.

The entry gives back what that header's own lines did, except that the money leaves the place where it is now: the
bank (or the account of the 30 state) loses what the instrument carries, and the bank's fees with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Literal

import msgspec

from lettrage.acts import Moment, Refused, told
from lettrage.books import shapes
from lettrage.books.chain import shown
from lettrage.books.entry import Line, entry
from lettrage.company.dossier import Bank, Company
from lettrage.company.states import StateChange
from lettrage.money import Amount, Figure, ratio
from lettrage.ports import Books
from lettrage.refusal import Refusal
from lettrage.settlement.document import Allocation, Header, Instrument, Item, ThirdParty, Transaction
from lettrage.settlement.past import (
    Life,
    Numbers,
    Past,
    Unpaid,
    opposite,
    opposite_line,
    opposite_moves,
    settled,
    standing_on,
)
from lettrage.settlement.posting import ledger_sign, money_sign
from lettrage.settlement.terms import period_faults

JOURNAL = "BQ"


class ReportUnpaid(msgspec.Struct, frozen=True):
    """Report a payment as returned. Satisfies the port `Act`.

    `number`: the deposit, the receipt, or what presented it again. `fees` are net of VAT, in the bank's currency.
    `to`: the customer account on which the invoices are open again; "" leaves them where they stood.
    """

    number: int
    order: int = 0
    instrument: int = 0
    day: date | None = None
    fees: Figure | None = None
    fees_vat: Figure | None = None
    bank: str = ""
    to: Literal["", "411", "416"] = ""
    reason: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "unpaid"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {
            "transaction": str(self.number),
            "order": str(self.order or ""),
            "instrument": str(self.instrument or ""),
            "date": "" if self.day is None else self.day.isoformat(),
            "fees": "" if self.fees is None else self.fees.canonical,
            "fees_vat": "" if self.fees_vat is None else self.fees_vat.canonical,
            "bank": self.bank,
            "to": self.to,
            "reason": self.reason,
        }

    def perform(self, books: Books, moment: Moment) -> dict[str, Any]:
        """The unpaid transaction, with what is open again and how often this third party's payments came back."""
        life = self._returned(books)
        case = _Case(self, books, life, moment)
        reasons = list(case.against())
        if reasons:
            raise Refused(*reasons)
        done, unpaid = case.done(books.numbers())
        assert done.entry is not None
        (posted,) = books.post([done.entry], moment.at)
        books.record_return(done, unpaid)
        home = books.company.currency
        came_back = msgspec.structs.replace(life.last, active=False)
        return {
            "transaction": str(done.number),
            "entry": shown(posted.year, posted.number),
            "items": [shapes.item_made(item, moment.today) for item in (*done.items_changed, *done.items_made)],
            "instruments": [shapes.instrument(i, home, str(i.id)) for i in (came_back, *done.instruments_made)],
            "third_party": unpaid.third_party,
            "count": books.returns(unpaid.third_party),
        }

    # ------------------------------------------------------------ which instrument

    def _returned(self, books: Books) -> Life:
        """The one instrument meant; raises Refused when it is none, not clear, or no longer there.

        One of several is never taken because the others came back before: a command given twice would return two.
        """
        if not books.status(self.number):
            raise Refused(Refusal("unknown_transaction", "transaction", str(self.number)))
        lives = books.lives(self.number)
        meant = [
            life
            for life in lives
            if self.order in (0, life.first.order) and self.instrument in (0, life.first.id, life.last.id)
        ]
        if not meant:
            named = "/".join(str(n) for n in (self.number, self.order, self.instrument) if n)
            raise Refused(Refusal("no_instrument", "transaction", named, _listed(lives)))
        possible = [life for life in meant if life.kind == "unpaid" or self._change(life, books.company)]
        if not possible:
            raise Refused(_not_returnable(meant, books.company))
        if len(possible) > 1:
            raise Refused(Refusal("several_returnable", "transaction", str(self.number), _listed(possible)))
        (life,) = possible
        if life.kind == "unpaid":
            raise Refused(Refusal("already_returned", "transaction", str(self.number), str(life.last.transaction)))
        if not life.last.active:
            raise Refused(Refusal("already_cancelled", "transaction", str(self.number)))
        return life

    def _change(self, life: Life, company: Company) -> StateChange | None:
        return _return_from(life.last, company)


def _return_from(instrument: Instrument, company: Company) -> StateChange | None:
    """The state change by which an instrument in this state comes back; None when there is none."""
    return next(
        (
            change
            for change in company.changes.values()
            if change.step == "return" and change.direction == instrument.direction
            and instrument.state in change.sources
        ),
        None,
    )  # fmt: skip


def _listed(lives: Iterable[Life]) -> str:
    """Instruments as a refusal lists them: by number, with order, third party, amount and state."""
    return ", ".join(
        f"{life.last.id} ({life.first.transaction}/{life.first.order} {life.last.third_party}"
        f" {Amount(life.last.amount, life.last.currency)} {life.last.state})"
        for life in lives
    )


def _not_returnable(meant: Sequence[Life], company: Company) -> Refusal:
    """Why none of these comes back: nothing of their direction does, or their states do not."""
    directions = {life.last.direction for life in meant}
    returns = [change for change in company.changes.values() if change.step == "return"]
    sources = {state for change in returns if change.direction in directions for state in change.sources}
    means = {life.last.state[:1] for life in meant}
    if sources and (means & {state[:1] for state in sources} or "encashment" in directions):
        states = {life.last.state for life in meant}
        return Refusal("not_returnable", "transaction", _joined(states), _joined(sources))
    possible = {change.direction.upper() for change in returns if change.direction not in directions}
    return Refusal(
        "direction_not_returnable", "transaction", _joined(d.upper() for d in directions), _joined(possible) or "-"
    )


def _joined(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


class _Case:
    """One return: what it undoes, what is against it, what it makes."""

    def __init__(self, act: ReportUnpaid, books: Books, life: Life, moment: Moment) -> None:
        self.act = act
        self.company = books.company
        self.home = books.company.currency
        self.accounts = books.company.accounts
        self.life = life
        self.instrument = life.last
        self.today = moment.today
        self.past: Past = books.brought_in_by(life.last.id)
        self.earliest = max(self.instrument.date, self.past.date)
        self.day = act.day or max(moment.today, self.earliest)
        self.party: ThirdParty = books.third_party(life.last.third_party)
        self.bank = self._bank()
        self.why, self.faults = told(act.reason)

    # ------------------------------------------------------------ what is against it

    def against(self) -> Iterator[Refusal]:
        """Every reason that keeps it from being done."""
        if self.life.status == "awaiting_slip":
            yield Refusal("awaits_slip", "transaction", str(self.instrument.transaction))
        if not self.past.known_whole:
            yield Refusal("posted_before", "transaction", self.past.name)
        yield from period_faults(self.company, self.day, self.today, "date")
        if self.day < self.earliest:
            facts = {"piece": str(self.instrument.transaction)}
            yield Refusal("date_before", "date", self.day.isoformat(), f">= {self.earliest}", facts)
        for advance in self._received():
            if advance.open != advance.amount:
                left, whole = (Amount(-amount, advance.currency).text for amount in (advance.open, advance.amount))
                yield Refusal("advance_used", "transaction", left, whole, {"transaction": self.past.name})
        if self.act.to == "416" and not self._doubtful():
            yield Refusal("nothing_doubtful", "to", self.act.to)
        yield from self._fees_against()
        yield from self.faults

    def _received(self) -> list[Item]:
        """The advances that the undone header made, or received once more."""
        given = {row.item for row in self.past.taken if row.operation == "WAR"}
        again = [i for i in self.past.items if i.id in given and self._receives(i)]
        return [i for i in self.past.made if i.kind == "advance"] + again

    def _receives(self, advance: Item) -> bool:
        """Whether the header put money into an advance rather than took some from it."""
        return sum(row.amount for row in self.past.taken if row.item == advance.id) * advance.amount < 0

    def _doubtful(self) -> bool:
        """Whether anything that is opened again can stand on the doubtful customers' account."""
        if self.past.kind == "loaded":
            return self.party.ledger == "customer"
        items = {item.id: item for item in (*self.past.items, *self.past.made)}
        return any(self._account(items.get(line.item or 0)) for line in self.past.other_lines)

    def _fees_against(self) -> Iterator[Refusal]:
        if not self._asks_for_fees:
            return
        fees, vat = self.act.fees, self.act.fees_vat
        yield from self._bank_against()
        yield from self._figures_against()
        if vat is not None and vat.digits and (fees is None or not fees.digits):
            yield Refusal("vat_without_fees", "fees_vat", vat.text)

    def _bank_against(self) -> Iterator[Refusal]:
        known = _joined(self.company.banks) or "-"
        if self.act.bank and self.act.bank not in self.company.banks:
            yield Refusal("unknown_bank", "bank", self.act.bank, known)
        elif self.bank is None:
            yield Refusal("fees_without_bank", "bank", "", known)
        elif self.bank.currency not in (self.home, self.instrument.currency):
            facts = {"currency": self.bank.currency.code}
            yield Refusal("wrong_bank", "bank", self.bank.code, self.instrument.currency.code, facts)

    def _figures_against(self) -> Iterator[Refusal]:
        """Fees below zero, or finer than the bank's currency: where no bank is known yet, than each that it may be."""
        held = [self.bank.currency] if self.bank else [self.home, self.instrument.currency]
        for field, figure in (("fees", self.act.fees), ("fees_vat", self.act.fees_vat)):
            if figure is not None and figure.digits < 0:
                yield Refusal("negative_fees", field, figure.text)
            elif figure is not None and all(figure.minor(currency) is None for currency in held):
                finest = max(held, key=lambda currency: currency.decimals)
                facts = {"currency": finest.code}
                yield Refusal("too_many_decimals", field, figure.text, str(finest.decimals), facts)

    @property
    def _asks_for_fees(self) -> bool:
        return any(figure is not None and figure.digits for figure in (self.act.fees, self.act.fees_vat))

    def _bank(self) -> Bank | None:
        """The bank of the fees: as asked, else the instrument's, else the undone header's, else the only one."""
        banks = self.company.banks
        named = self.act.bank or self.instrument.bank or self.past.bank
        if not named and len(banks) == 1:
            named = next(iter(banks))
        return banks.get(named)

    # ------------------------------------------------------------ what it makes

    def done(self, numbers: Numbers) -> tuple[Transaction, Unpaid]:
        """The transaction, and what is kept of the return beside it."""
        instrument, past = self.instrument, self.past
        claims = [self._claim(numbers)] if past.kind == "loaded" else []
        opened = self._opened_again(claims)
        fees, fees_vat = (self._minor(figure) for figure in (self.act.fees, self.act.fees_vat))
        lines = [*opened, *self._money(fees, fees_vat)]
        items, rows = self._items(opened)
        word = "Impayé" if instrument.direction == "encashment" else "Retour"
        label = f"{word} {instrument.third_party}" + (f" : {self.why}" if self.why else "")
        change = _return_from(instrument, self.company)
        assert change is not None
        bank = instrument.bank or (self.bank.code if self.bank and self._asks_for_fees else "")
        made = msgspec.structs.replace(
            instrument, id=numbers.instrument, transaction=numbers.transaction, order=1, state=change.target,
            date=self.day, bank=bank, previous=instrument.id,
        )  # fmt: skip
        header = Header(
            1, label, "", change, instrument.third_party, instrument.currency, instrument.amount, instrument.home, bank,
            sum(1 for line in lines if line.home),
        )  # fmt: skip
        done = Transaction(
            number=numbers.transaction,
            kind="unpaid",
            direction=instrument.direction,
            date=self.day,
            establishment=past.establishment,
            headers=(header,),
            allocations=rows,
            items_made=tuple(claims),
            items_changed=tuple(items),
            instruments_made=(made,),
            instruments_ended=(instrument.id,),
            vat_moves=opposite_moves(past.vat_moves, 1),
            label=label,
            entry=entry(self.day, JOURNAL, label, str(numbers.transaction), lines, numbers.transaction),
        )
        held = (self.bank.currency if self.bank and self._asks_for_fees else self.home).code
        unpaid = Unpaid(
            instrument.id, past.transaction, past.order, instrument.third_party, held, fees, fees_vat, self.why
        )
        return done, unpaid

    def _minor(self, figure: Figure | None) -> int:
        if figure is None or self.bank is None:
            return 0
        return figure.minor(self.bank.currency) or 0

    def _claim(self, numbers: Numbers) -> Item:
        """What a loaded instrument settled nobody knows here: its amount is due again as a piece of its own."""
        instrument, party = self.instrument, self.party
        sense = 1 if (party.ledger == "customer") == (instrument.direction == "encashment") else -1
        amount, home = sense * instrument.amount, sense * instrument.home
        prefixed = self.company.uses_prefixes
        return Item(
            id=numbers.item,
            kind="invoice" if sense > 0 else "credit_note",
            ledger=party.ledger,
            third_party=party.code,
            prefix="IMP" if prefixed else "",
            piece=str(numbers.transaction) if prefixed else f"IMP{numbers.transaction}",
            date=self.day,
            due_date=self.day,
            currency=instrument.currency,
            amount=amount,
            open=amount,
            carried=home,
            origin_amount=amount,
            origin_carried=home,
            means=party.means,
            transaction=numbers.transaction,
            order=1,
            account=self._account_of_claim(party),
        )

    def _account_of_claim(self, party: ThirdParty) -> str:
        return self.accounts.doubtful if self.act.to == "416" and party.ledger == "customer" else ""

    def _opened_again(self, claims: Sequence[Item]) -> list[Line]:
        """The undone header's lines with the opposite sign, the invoices' on the account asked for; or the claim's."""
        if claims:
            return [
                Line(
                    claim.account or self.accounts.third_party(claim.ledger), ledger_sign(claim) * claim.carried,
                    claim.currency, ledger_sign(claim) * claim.amount, claim.third_party, claim.id,
                )
                for claim in claims
            ]  # fmt: skip
        items = {item.id: item for item in (*self.past.items, *self.past.made)}
        return [opposite_line(line, self._account(items.get(line.item or 0))) for line in self.past.other_lines]

    def _account(self, item: Item | None) -> str:
        """The account that was asked for an item; "" for the one on which it stood."""
        if item is None or item.kind != "invoice" or item.ledger != "customer":
            return ""
        return {"411": self.accounts.customer, "416": self.accounts.doubtful}.get(self.act.to, "")

    def _items(self, opened: Sequence[Line]) -> tuple[list[Item], tuple[Allocation, ...]]:
        """The items with what this header had taken of them, and the rows that say so."""
        made = [item for item in self.past.made if item.kind == "advance"]
        closing = [Allocation(1, item.id, "WAR", item.amount, item.carried, item.carried, item.amount) for item in made]
        rows = (*opposite(self.past.taken, 1), *closing)
        touched = {item.id: item for item in (*self.past.items, *made)}
        after = settled(touched, rows, opposite_moves(self.past.vat_moves, 1))
        return list(standing_on(after, opened, self.accounts).values()), rows

    def _money(self, fees: int, fees_vat: int) -> list[Line]:
        """The fees, and what leaves the place where the money is: one line where account and currency are one."""
        instrument, sign = self.instrument, money_sign(self.instrument.direction)
        state, direction = instrument.state, instrument.direction
        kept = self.company.currency_kept(state, direction, instrument.bank, instrument.currency)
        amount = instrument.amount if kept == instrument.currency else instrument.home
        account = self.company.account_of(state, direction, instrument.bank)
        lost = Line(account, -sign * instrument.home, kept, -sign * amount)
        if self.bank is None or not fees + fees_vat:
            return [lost]
        net, vat = self._worth(fees), self._worth(fees_vat)
        paid = Line(self.bank.account, -net - vat, self.bank.currency, -fees - fees_vat)
        lines = [
            Line(self.accounts.bank_fees, net, self.home, net),
            Line(self.accounts.vat("supplier"), vat, self.home, vat),
        ]
        if (paid.account, paid.currency) != (lost.account, lost.currency) or lost.home > 0:
            return [*lines, lost, paid]
        return [*lines, msgspec.structs.replace(lost, home=lost.home + paid.home, amount=lost.amount + paid.amount)]

    def _worth(self, fees: int) -> int:
        """Fees at home. A bank in a foreign currency takes them at the rate at which the instrument is carried."""
        assert self.bank is not None
        if self.bank.currency == self.home:
            return fees
        return ratio(fees * self.instrument.home, self.instrument.amount)

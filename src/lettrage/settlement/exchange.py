"""What the money of a settlement is worth: header totals, blocked and table rates (spec section 6).

Every payment and advance of a header gets two amounts, as seen: in the settlement's currency, and at home. A blocked
rate is the fraction MT / MTDEV; it is never rounded to a decimal.
"""

from fractions import Fraction

import msgspec

from lettrage.limits import MINOR_UNITS
from lettrage.money import Amount, Currency, Figure, converted, rounded
from lettrage.refusal import Refusal
from lettrage.settlement.desk import Desk
from lettrage.settlement.document import Detail, Item, Remark, Settlement
from lettrage.settlement.prudence import far_from_previous, far_from_table
from lettrage.settlement.terms import Terms


class Money(msgspec.Struct, frozen=True, gc=False):
    """A payment or an advance before it is valued: `amount` in `currency` (of its item), as seen."""

    detail: Detail
    amount: int
    currency: Currency
    item: Item | None  # what it settles; None for an advance to be opened


class Valued(msgspec.Struct, frozen=True):
    """A header's money: its totals, and per payment the amount in its currency and at home, as seen."""

    total: int
    total_home: int
    paid: list[int]
    paid_home: list[int]


class Exchange:
    """Values one header, gathering its faults."""

    def __init__(self, settlement: Settlement, terms: Terms, desk: Desk) -> None:
        assert terms.currency is not None
        self.settlement = settlement
        self.desk = desk
        self.day = terms.day
        self.currency = terms.currency
        self.home = desk.company.currency
        self.faults: list[Refusal] = []
        self.remarks: list[Remark] = []

    def value(self, moneys: list[Money]) -> Valued | None:
        """The header's money in both currencies; None when it cannot be valued (see `faults`)."""
        total = self._header("amount", self.settlement.amount, self.currency)
        total_home = self._header("home", self.settlement.home, self.home)
        if total is not None and total < 0:
            self._fault("negative_total", "amount", self._text(total, self.currency))
        if self.faults or total is None or "home" in self.settlement.malformed:
            return None
        wanted = [d for d in self.settlement.details if d.operation in ("PAYMENT", "WAR")]
        if len(moneys) < len(wanted):
            self._total_alone(total, wanted, moneys)
            return None
        if self.currency == self.home:
            valued = self._at_home(moneys, total, total_home)
        elif total_home is not None:
            valued = self._blocked(moneys, total, total_home)
        else:
            valued = self._by_table(moneys, total)
        if valued is not None:
            self._adds_up(valued)
            self._within_bounds(valued)
        return None if self.faults else valued

    def _total_alone(self, total: int, details: list[Detail], moneys: list[Money]) -> None:
        """Where some detail could not be matched, the header's total is still held against what the details say."""
        foreign = {id(money.detail) for money in moneys if money.currency != self.currency}
        added = 0
        for detail in details:
            figure = detail.paid or (None if id(detail) in foreign else detail.amount)
            minor = None if figure is None or detail.malformed else figure.minor(self.currency)
            if minor is None:
                return
            added += minor
        if added != total:
            self._fault("total_differs", "amount", self._text(total, self.currency), self._text(added, self.currency))

    def _within_bounds(self, valued: Valued) -> None:
        """What the books can add up for ever without running over."""
        if max(valued.total, valued.total_home, *map(abs, valued.paid_home), 0) > MINOR_UNITS:
            self._fault("amount_too_large", "amount", self._text(valued.total, self.currency), str(MINOR_UNITS))

    # ------------------------------------------------------------ the three ways

    def _at_home(self, moneys: list[Money], total: int, total_home: int | None) -> Valued | None:
        """In the dossier's currency: the rate is 1."""
        if total_home is not None and total_home != total:
            self._fault("home_total_differs", "home", self._text(total_home, self.home), self._text(total, self.home))
        if total_home is None and any(money.currency != self.home for money in moneys):
            self._fault("home_total_missing", "home", "", self._text(total, self.home))
        paid = [p for money in moneys if (p := self._paid_at_home(money)) is not None]
        return Valued(total, total, paid, paid) if len(paid) == len(moneys) else None

    def _paid_at_home(self, money: Money) -> int | None:
        """MTDEVREGLE = MTREGLE; one is enough. On an invoice at home both are AMOUNT and may be left out."""
        detail = money.detail
        if detail.paid is None and detail.paid_home is None and money.currency == self.home:
            return money.amount
        given = {
            field: minor
            for field in ("paid", "paid_home")
            if (minor := self._minor(detail, field, self.home)) is not None
        }
        if money.currency == self.home:
            for field, minor in given.items():
                if minor != money.amount:
                    self._detail_fault("paid_differs", detail, field, minor, money.amount, self.home)
            return money.amount
        if not given:
            if detail.paid is None and detail.paid_home is None:
                self.faults.append(Refusal("missing_field", detail.place.of("paid")))
            return None
        self._same_sign(money, given)
        first = next(iter(given.values()))
        if given.get("paid_home", first) != first:
            self._detail_fault("paid_differs", detail, "paid_home", given["paid_home"], first, self.home)
        return first

    def _same_sign(self, money: Money, given: dict[str, int], may_be_nothing: str = "") -> None:
        """What was paid has the sign of what it settles, and is something (`may_be_nothing`: but for this field)."""
        for field, minor in given.items():
            nothing = minor == 0 and field != may_be_nothing
            if nothing or minor * money.amount < 0:
                expected = "+" if money.amount > 0 else "-"
                seen = self._text(minor, self.home if field == "paid_home" else self.currency)
                facts: dict[str, str] = {"operation": money.detail.operation}
                self.faults.append(Refusal("wrong_sign", money.detail.place.of(field), seen, expected, facts))

    def _blocked(self, moneys: list[Money], total: int, total_home: int) -> Valued | None:
        """At the header's own rate: both amounts on each payment, adding up exactly, each near the rate."""
        if total == 0 or total_home <= 0:
            self._fault("no_rate_in_totals", "home", self._text(total_home, self.home), "> 0")
            return None
        table, _ = self.desk.table_rate(self.currency.code, self.day)
        if table is not None:
            given = Fraction(total_home, total) * _scale(self.currency, self.home)
            self.remarks += far_from_table(self.settlement, given, table, self.desk.company)
        paid = [self._both(money, "paid", self.currency) for money in moneys]
        paid_home = [self._both(money, "paid_home", self.home) for money in moneys]
        known, known_home = [p for p in paid if p is not None], [p for p in paid_home if p is not None]
        if len(known) < len(moneys) or len(known_home) < len(moneys):
            return None
        for money, amount, amount_home in zip(moneys, known, known_home, strict=True):
            # The home amount of a tiny payment may round to nothing.
            self._same_sign(money, {"paid": amount, "paid_home": amount_home}, may_be_nothing="paid_home")
            if money.currency == self.currency and amount != money.amount:
                self._detail_fault("paid_differs", money.detail, "paid", amount, money.amount, self.currency)
            if abs(Fraction(amount * total_home, total) - amount_home) > 1:
                near = rounded(Fraction(amount * total_home, total))
                self._detail_fault("off_the_rate", money.detail, "paid_home", amount_home, near, self.home)
        if sum(known_home) != total_home:
            seen, expected = self._text(total_home, self.home), self._text(sum(known_home), self.home)
            self._fault("home_total_differs", "home", seen, expected)
        return Valued(total, total_home, known, known_home)

    def _both(self, money: Money, field: str, currency: Currency) -> int | None:
        minor = self._minor(money.detail, field, currency)
        if minor is None and getattr(money.detail, field) is None:
            self.faults.append(Refusal("missing_field", money.detail.place.of(field)))
        return minor

    def _by_table(self, moneys: list[Money], total: int) -> Valued | None:
        """In the invoices' currency, at the latest rate of the table."""
        for money in moneys:
            if money.currency != self.currency:
                facts = {"currency": self.currency.code, "invoice_currency": money.currency.code}
                place = self.settlement.place.of("home")
                self.faults.append(Refusal("rate_not_blocked", place, "", "MT", facts))
                return None
            minor = self._minor(money.detail, "paid", self.currency)
            if minor is not None and minor != money.amount:
                self._detail_fault("paid_differs", money.detail, "paid", minor, money.amount, self.currency)
        rate, last = self.desk.table_rate(self.currency.code, self.day)
        by, scale = self._own_rate(moneys, total) if rate is None else (rate.rate, _scale(self.home, self.currency))
        if by is None:
            known = f"{last.text} ({last.date})" if last else "-"
            facts = {"currency": self.currency.code, "days": str(self.desk.company.settings.rate_days)}
            place = self.settlement.place.of("currency")
            self.faults.append(Refusal("no_table_rate", place, str(self.day), known, facts))
            return None
        if rate is not None and (previous := self.desk.rate_before(rate)) is not None:
            self.remarks += far_from_previous(self.settlement, rate, previous, self.desk.company)
        amounts = [money.amount for money in moneys]
        homes = converted(amounts, by, scale)
        for money, home in zip(moneys, homes, strict=True):
            given = self._minor(money.detail, "paid_home", self.home)
            if given is not None and given != home:
                self._detail_fault("paid_differs", money.detail, "paid_home", given, home, self.home)
        if total and not sum(homes):
            self._fault("worth_nothing", "amount", self._text(total, self.currency), self.home.code)
        return Valued(total, sum(homes), amounts, homes)

    def _own_rate(self, moneys: list[Money], total: int) -> tuple[Fraction | None, Fraction]:
        """Where no money moves no rate of the day is needed: what is offset keeps the first item's own rate."""
        item = next((money.item for money in moneys if money.item is not None), None)
        if total or item is None:
            return None, Fraction(1)
        return Fraction(item.origin_carried, item.origin_amount), Fraction(1)

    # ------------------------------------------------------------ totals

    def _adds_up(self, valued: Valued) -> None:
        """The header amount is the sum of its payments and advances; nothing else is money (rule 2)."""
        added = sum(valued.paid)
        if added != valued.total:
            self._fault(
                "total_differs",
                "amount",
                self._text(valued.total, self.currency),
                self._text(added, self.currency),
            )

    def _header(self, field: str, figure: Figure | None, currency: Currency) -> int | None:
        if figure is None:
            return None
        minor = figure.minor(currency)
        if minor is None:
            facts = {"currency": currency.code}
            place = self.settlement.place.of(field)
            self.faults.append(Refusal("too_many_decimals", place, figure.text, str(currency.decimals), facts))
        return minor

    def _minor(self, detail: Detail, field: str, currency: Currency) -> int | None:
        figure: Figure | None = getattr(detail, field)
        if figure is None:
            return None
        minor = figure.minor(currency)
        if minor is None:
            facts = {"currency": currency.code}
            place = detail.place.of(field)
            self.faults.append(Refusal("too_many_decimals", place, figure.text, str(currency.decimals), facts))
        return minor

    def _fault(self, code: str, field: str, seen: str = "", expected: str = "") -> None:
        self.faults.append(Refusal(code, self.settlement.place.of(field), seen, expected))

    def _detail_fault(
        self, code: str, detail: Detail, field: str, seen: int, expected: int, currency: Currency
    ) -> None:
        path = detail.place.of(field)
        self.faults.append(Refusal(code, path, self._text(seen, currency), self._text(expected, currency)))

    def _text(self, minor: int, currency: Currency) -> str:
        return Amount(minor, currency).text


def _scale(home: Currency, foreign: Currency) -> Fraction:
    """Minor units of the one for a minor unit of the other, at a rate of 1."""
    return Fraction(10**home.decimals, 10**foreign.decimals)

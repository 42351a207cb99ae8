"""Deposits and executions: a header whose state change moves existing instruments (spec section 7)."""

from collections.abc import Sequence

import msgspec

from lettrage.books.entry import Line
from lettrage.company.dossier import Company, nearest
from lettrage.company.states import StateChange
from lettrage.limits import MINOR_UNITS
from lettrage.money import Amount, Currency, currency
from lettrage.refusal import Refusal
from lettrage.settlement.desk import criteria_of
from lettrage.settlement.document import Detail, Header, Instrument, Remark, Settlement
from lettrage.settlement.posting import Work, money_sign
from lettrage.settlement.prudence import old_cheque
from lettrage.settlement.terms import Terms


class Deposit:
    """One deposit header: finds its instruments, checks them, moves them. Faults and remarks are gathered."""

    def __init__(self, work: Work, settlement: Settlement, terms: Terms, change: StateChange) -> None:
        self.work = work
        self.draft = work.draft
        self.company = work.company
        self.settlement = settlement
        self.terms = terms
        self.change = change
        self.faults: list[Refusal] = []
        self.remarks: list[Remark] = []

    def post(self, *, sound: bool) -> None:
        """Move the instruments into the group's work; only what is wrong when anything is (or was: `sound`)."""
        details = self.settlement.details
        party = self.settlement.third_party
        if party and party not in self.draft.desk.third_parties:
            self._fault("unknown_third_party", self.settlement.place.of("third_party"), party)
        # What is named exactly goes first, so that no search takes it.
        named = {id(d): self._instrument(d) for d in sorted(details, key=lambda d: not d.transaction)}
        instruments = [i for d in details if (i := named[id(d)]) is not None]
        if len(instruments) < len(self.settlement.details) or not instruments:
            return
        held = instruments[0].currency
        self._check(instruments, held)
        if sound and not self.faults:
            self._move(instruments, held)

    def _fault(self, code: str, path: str, seen: str = "", expected: str = "", **facts: str) -> None:
        self.faults.append(Refusal(code, path, seen, expected, facts))

    # ------------------------------------------------------------ finding

    def _instrument(self, detail: Detail) -> Instrument | None:
        """The instrument that a detail names, taken at once so that no other detail gets it."""
        if detail.malformed:
            return None
        before = len(self.faults)
        self._idle_fields(detail)
        found = self._by_transaction(detail) if detail.transaction else self._by_criteria(detail)
        if found is None or len(self.faults) > before:
            return None
        if found.date > self.terms.day:
            path = self.settlement.place.of("date")
            self._fault("date_before", path, str(self.terms.day), f">= {found.date}", piece=str(found.transaction))
            return None
        self.remarks += [
            Remark(self.settlement.position, refusal)
            for refusal in old_cheque(found, self.terms.day, detail.place.path)
        ]
        self.draft.ended.add(found.id)
        return found

    def _idle_fields(self, detail: Detail) -> None:
        for field in ("piece", "prefix", "due_date", "paid", "paid_home"):
            if getattr(detail, field):
                refusal = Refusal("field_ignored", detail.place.of(field), facts={"operation": self.change.code})
                self.remarks.append(Remark(self.settlement.position, refusal))

    def _by_transaction(self, detail: Detail) -> Instrument | None:
        assert detail.transaction is not None
        self._readable(detail)
        order = detail.order or 1
        name, path = f"{detail.transaction}/{order}", detail.place.of("transaction")
        known = self.draft.instruments_of(detail.transaction, order)
        if not known:
            exists = detail.transaction in self.draft.desk.transactions
            self._fault("no_instrument" if exists else "unknown_transaction", path, name)
            return None
        active = [i for i in known if self.draft.is_active(i)]
        if not active:
            self._fault("already_deposited", path, name, known[0].state)
            return None
        usable = [i for i in active if i.state in self.change.sources]
        if not usable:
            states = ", ".join(sorted({i.state for i in active}))
            self._fault("wrong_state", path, states, " ".join(self.change.sources), transaction=name)
        elif usable[0].direction != self.change.direction:
            seen, expected = usable[0].direction.upper(), self.change.direction.upper()
            self._fault("wrong_instrument_direction", path, seen, expected, transaction=name)
        elif len(usable) > 1:
            listed = ", ".join(str(Amount(i.amount, i.currency)) for i in usable)
            self._fault("several_instruments", path, name, listed)
        else:
            return self._as_described(usable[0], detail)
        return None

    def _as_described(self, instrument: Instrument, detail: Detail) -> Instrument | None:
        """Where a detail gives criteria beside the transaction, they must be true of it."""
        if detail.third_party and detail.third_party not in self.draft.desk.third_parties:
            self._fault("unknown_third_party", detail.place.of("third_party"), detail.third_party)
            return None
        held, home = instrument.currency, self.company.currency
        truths = [
            ("third_party", detail.third_party or None, instrument.third_party),
            ("from_state", detail.from_state or None, instrument.state),
            ("currency", detail.currency or None, held.code),
            ("from_home", detail.from_home and detail.from_home.minor(home), instrument.home),
            ("from_amount", detail.from_amount and detail.from_amount.minor(held), instrument.amount),
            ("amount", detail.amount and detail.amount.minor(held), instrument.amount),
        ]
        for field, given, truth in truths:
            if given is not None and given != truth:
                seen = getattr(detail, field)
                told = Amount(truth, home if field == "from_home" else held).text if isinstance(truth, int) else truth
                self._fault(
                    "instrument_differs",
                    detail.place.of(field),
                    getattr(seen, "text", seen),
                    str(told),
                    transaction=f"{instrument.transaction}/{instrument.order}",
                )
                return None
        return instrument

    def _by_criteria(self, detail: Detail) -> Instrument | None:
        if not self._criteria_complete(detail):
            return None
        for criteria in criteria_of(self.settlement, detail, self.company):
            found = self.draft.matching(criteria)
            if not found:
                facts = {"third_party": detail.third_party, "state": detail.from_state}
                field, seen = self._searched(detail)
                self._fault("nothing_matches", detail.place.of(field), seen, **facts)
                return None
            if len(found) > 1:
                refusal = Refusal("ambiguous_instrument", detail.place.path, expected=str(found[0].transaction))
                self.remarks.append(Remark(self.settlement.position, refusal))
            return found[0]
        return None

    def _searched(self, detail: Detail) -> tuple[str, str]:
        """The field that a search goes by, as the caller gave it, and its figure."""
        for field in ("from_home", "from_amount", "amount"):
            figure = getattr(detail, field)
            if figure is not None:
                return field, figure.text
        return "from_home", ""

    def _criteria_complete(self, detail: Detail) -> bool:
        """Whether a search can be made: what it needs is there, exists, and can be read."""
        before = len(self.faults)
        place = detail.place
        if not detail.from_state and not detail.third_party:
            self._fault("missing_field", place.of("transaction"))
            return False
        for field in ("third_party", "from_state"):
            if not getattr(detail, field):
                self._fault("missing_field", place.of(field))
        if not self._searched(detail)[1]:
            self._fault("missing_field", place.of("from_home"))
        if detail.third_party and detail.third_party not in self.draft.desk.third_parties:
            self._fault("unknown_third_party", place.of("third_party"), detail.third_party)
        self._entry_state(detail)
        self._readable(detail)
        return len(self.faults) == before

    def _entry_state(self, detail: Detail) -> None:
        path = detail.place.of("from_state")
        if detail.from_state and detail.from_state not in self.company.states:
            hint = nearest(detail.from_state, self.company.states) or "-"
            self._fault("unknown_state", path, detail.from_state, hint)
        elif detail.from_state and detail.from_state not in self.change.sources:
            self._fault("wrong_entry_state", path, detail.from_state, " ".join(self.change.sources))

    def _readable(self, detail: Detail) -> None:
        """MTDEVORI and AMOUNT are one field; its currency exists and has enough decimals, as has the dossier's."""
        one, other = detail.from_amount, detail.amount
        if one is not None and other is not None and one.canonical != other.canonical:
            self._fault("given_twice", detail.place.of("from_amount"), one.text, other.text)
        home = self.company.currency
        code = detail.currency or self.settlement.currency or home.code
        held = currency(code)
        if held is None and detail.currency:
            self._fault("unknown_currency", detail.place.of("currency"), code, "ISO 4217")
        for field, of in (("from_home", home), ("from_amount", held), ("amount", held)):
            figure = getattr(detail, field)
            if figure is not None and of is not None and figure.minor(of) is None:
                path = detail.place.of(field)
                self._fault("too_many_decimals", path, figure.text, str(of.decimals), currency=of.code)

    # ------------------------------------------------------------ checking

    def _check(self, instruments: list[Instrument], held: Currency) -> None:
        """Whether these instruments may go together, and are what the header says."""
        self._currencies(instruments, held)
        self._totals(instruments, held)

    def _currencies(self, instruments: list[Instrument], held: Currency) -> None:
        place = self.settlement.place
        codes = sorted({i.currency.code for i in instruments})
        if len(codes) > 1:
            self._fault("mixed_currencies", place.of("details"), ", ".join(codes), held.code)
        elif self.terms.currency is not None and self.terms.currency != held:
            self._fault("currency_differs", place.of("currency"), self.terms.currency.code, held.code)
        if self.work.headers and self.company.waits_for_slip(self.change) and self.work.headers[0].currency != held:
            first = self.work.headers[0]
            facts = {"group": self.settlement.group, "order": str(first.order)}
            self.faults.append(Refusal("group_mixed", place.of("currency"), held.code, first.currency.code, facts))
        if self.terms.bank:
            of_bank = self.company.banks[self.terms.bank].currency
            if of_bank not in (held, self.company.currency):
                self._fault("wrong_bank", place.of("bank"), self.terms.bank, held.code, currency=of_bank.code)

    def _totals(self, instruments: list[Instrument], held: Currency) -> None:
        """The totals are optional; when given they are those of what is deposited."""
        total = sum(i.amount for i in instruments)
        for field, figure, of in (
            ("amount", self.settlement.amount, held),
            ("home", self.settlement.home, self.company.currency),
        ):
            if figure is None:
                continue
            given = figure.minor(of)
            path = self.settlement.place.of(field)
            if given is None:
                self._fault("too_many_decimals", path, figure.text, str(of.decimals), currency=of.code)
            elif given != total and (field == "amount" or held == self.company.currency):
                self._fault("deposit_total_differs", path, Amount(given, of).text, Amount(total, held).text)
            elif not 0 < given <= MINOR_UNITS:
                self._fault("negative_total" if given <= 0 else "amount_too_large", path, figure.text)

    # ------------------------------------------------------------ moving

    def _move(self, instruments: list[Instrument], held: Currency) -> None:
        total, carried = sum(i.amount for i in instruments), sum(i.home for i in instruments)
        bank_home = carried
        if self.settlement.home is not None and held != self.company.currency:
            bank_home = self.settlement.home.minor(self.company.currency) or carried
        self.work.instruments += [self._moved(instrument) for instrument in instruments]
        self.work.ended += [instrument.id for instrument in instruments]
        self.work.lines += lines_at_the_bank(self.company, self.change.target, self.terms.bank, instruments, bank_home)
        self.work.headers.append(
            Header(
                self.settlement.order,
                self.settlement.label,
                self.settlement.number,
                self.change,
                self.settlement.third_party,
                held,
                total,
                bank_home,
                self.terms.bank,
                self.work.lines_made(),
            )
        )
        self.work.waits_for_slip = self.company.waits_for_slip(self.change)

    def _moved(self, instrument: Instrument) -> Instrument:
        """The instrument in its new state: same currency, amount and carrying amount, linked to the old one."""
        return msgspec.structs.replace(
            instrument,
            id=self.draft.new_instrument_id(),
            transaction=self.draft.transaction,
            order=self.settlement.order,
            state=self.change.target,
            date=self.terms.day,
            bank=self.terms.bank,
            previous=instrument.id,
        )


def lines_at_the_bank(
    company: Company, target: str, bank: str, instruments: Sequence[Instrument], bank_home: int
) -> list[Line]:
    """One line on the final state's account for the total, one per instrument on its old account, the rest to 656/756.

    The instruments, as they were before, are of one currency and direction; `bank_home` is what the bank's line is
    worth at home.
    """
    direction, held = instruments[0].direction, instruments[0].currency
    home, sign = company.currency, money_sign(direction)
    kept_in = company.currency_kept(target, direction, bank, held)
    total = sum(i.amount for i in instruments) if kept_in == held else bank_home
    lines = [Line(company.account_of(target, direction, bank), sign * bank_home, kept_in, sign * total)]
    for old in instruments:
        account = company.account_of(old.state, old.direction, old.bank)
        lines.append(Line(account, -sign * old.home, old.currency, -sign * old.amount))
    gain = sign * (bank_home - sum(i.home for i in instruments))
    if gain:
        lines.append(Line(company.accounts.exchange(-gain), -gain, home, -gain))
    return lines

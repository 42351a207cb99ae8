"""What a load writes: master data, the sales and purchase entries of its invoices, the opening of its portfolio.

A record that is there and equal changes nothing, whatever has happened to it since. There and different: master data
is updated, invoices and portfolio are refused. All faults of a dossier are told; a refused load changes nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

from lettrage.books.entry import Entry, Line, entry
from lettrage.company.accounts import Accounts
from lettrage.company.dossier import Company
from lettrage.company.states import AT_THE_BANK, Direction
from lettrage.limits import MINOR_UNITS
from lettrage.money import Currency, apportion, rate, ratio, rounded
from lettrage.opening.document import (
    Load,
    LoadedInstrument,
    LoadedInvoice,
    LoadedRate,
    Opening,
    OpeningInvoice,
    OpeningTransaction,
    Present,
)
from lettrage.refusal import Refusal
from lettrage.settlement.document import Instrument, Item, Ledger
from lettrage.settlement.posting import money_sign

SALES, PURCHASES, OPENING = "VE", "AC", "AN"


def plan(load: Load, present: Present) -> tuple[Opening | None, list[Refusal]]:
    """What this load writes, or every fault that speaks against it."""
    planner = _Planner(load, present)
    planner.company_file()
    for invoice in load.invoices:
        planner.invoice(invoice)
    for loaded in load.portfolio:
        planner.instrument(loaded)
    for loaded in load.advances:
        planner.advance(loaded)
    opening = planner.opening()
    return (None if planner.faults else opening), planner.faults


class _Planner:
    def __init__(self, load: Load, present: Present) -> None:
        self.load = load
        self.company = load.company
        self.home = load.company.currency
        self.accounts = load.company.accounts
        self.present = present
        self.parties: dict[str, Ledger] = present.third_parties | {p.code: p.ledger for p in load.third_parties}
        self.rates = sorted({(r.currency, r.date): r for r in (*present.rates, *load.rates)}.values(), key=_day)
        self.faults: list[Refusal] = []
        self.entries: list[tuple[str, Entry]] = []
        self.invoices: list[OpeningInvoice] = []
        self.items: list[tuple[Item, int, str]] = []
        self.instruments: list[tuple[Instrument, str]] = []
        self.orders: dict[int, list[tuple[int, LoadedInstrument, Direction]]] = {}
        self.met: set[object] = set()
        self.loaded_before = {transaction for transaction, _, _ in present.instruments}

    def fault(self, code: str, path: str, seen: str = "", expected: str = "", **facts: str) -> None:
        """Note what speaks against the load."""
        self.faults.append(
            Refusal(code, path.removeprefix("."), seen, expected, facts)
        )  # no name before: a file of one

    # ------------------------------------------------------------ the company file

    def company_file(self) -> None:
        """What posted books rest on does not change: currency, posted years, accounts, a third party's ledger."""
        for party in self.load.third_parties:
            known = self.present.third_parties.get(party.code, party.ledger)
            if known != party.ledger:
                self.fault("kind_differs", f"{self.load.path}.third_parties.{party.code}.kind", party.ledger, known)
        old = self.present.company
        if old is None or not self.present.posted:
            return
        for place, after, before in self._rested_on(old):
            if before != after:
                self.fault("settled_choice", f"{self.load.path}.{place}", after or "-", before)

    def _rested_on(self, old: Company) -> Iterator[tuple[str, str, str]]:
        """What posted entries rest on: its place, what the load makes of it, what it was."""
        new = self.company
        yield "currency", new.currency.code, old.currency.code
        for name in sorted(self.present.posted):
            yield "years", new.span(name), old.span(name)
        for role in Accounts.__struct_fields__:
            yield f"accounts.{role}", getattr(new.accounts, role), getattr(old.accounts, role)
        for code, bank in old.banks.items():
            yield f"banks.{code}.account", new.banks[code].account, bank.account
            yield f"banks.{code}.currency", new.banks[code].currency.code, bank.currency.code
        for code, state in old.states.items():
            yield f"states.{code}.encashment", new.states[code].encashment, state.encashment
            yield f"states.{code}.disbursement", new.states[code].disbursement, state.disbursement

    # ------------------------------------------------------------ invoices

    def invoice(self, invoice: LoadedInvoice) -> None:
        """An invoice: its entry, its due items, what was settled before."""
        key = (invoice.third_party, invoice.prefix, invoice.number)
        known = self.present.invoices.get(key)
        if known == invoice.digest and key not in self.met:
            return
        ledger = self._ledger(invoice.third_party, f"{invoice.path}.third_party")
        home = self._home(invoice)
        if key in self.met:
            self.fault("record_twice", invoice.path, "/".join(filter(None, key)))
        elif known is not None:
            self.fault("invoice_differs", invoice.path, "/".join(filter(None, key)))
        self.met.add(key)
        if ledger is None or home is None:
            return
        if max(abs(home), abs(invoice.amount)) > MINOR_UNITS:
            self.fault("amount_too_large", invoice.path, invoice.number)
            return
        homes = apportion(home, [i.amount for i in invoice.due_items])
        if not all(homes):
            self.fault("worth_nothing", invoice.path, invoice.number, self.home.code)
            return
        parked = self._parked(invoice, home, homes)
        number = self.present.next_invoice + len(self.invoices)
        items = [self._item(invoice, ledger, number, at, homes[at], parked[at]) for at in range(len(homes))]
        posting = self._post(invoice.date, invoice.path, self._sale(invoice, ledger, home, items))
        self.invoices.append(OpeningInvoice(number, ledger, invoice, home, posting))
        for item, loaded, worth, whole in zip(items, invoice.due_items, homes, parked, strict=True):
            self._settled_before(item, loaded.amount - loaded.open, worth, whole, invoice)

    def _home(self, invoice: LoadedInvoice) -> int | None:
        """The total at home, rounded once."""
        if invoice.currency == self.home:
            return invoice.amount
        given = rate(invoice.rate) if invoice.rate else self._table_rate(invoice)
        if given is None:
            return None
        return rounded(invoice.amount * given * _scale(invoice.currency, self.home))

    def _table_rate(self, invoice: LoadedInvoice) -> Fraction | None:
        """The table's rate at the invoice's date, not too old."""
        code, oldest = invoice.currency.code, invoice.date.toordinal() - self.company.settings.rate_days
        earlier = [r for r in self.rates if r.currency == code and r.date <= invoice.date]
        if not earlier or earlier[-1].date.toordinal() < oldest:
            known = str(earlier[-1].date) if earlier else "-"
            days = str(self.company.settings.rate_days)
            self.fault("no_table_rate", f"{invoice.path}.rate", str(invoice.date), known, currency=code, days=days)
            return None
        return rate(earlier[-1].rate)

    def _parked(self, invoice: LoadedInvoice, home: int, homes: list[int]) -> list[list[int]]:
        """Per due item, the VAT at home that waits for the receipt, per VAT line."""
        if invoice.vat_due == "debits" or not invoice.vat:
            return [[] for _ in homes]
        by_line = [apportion(vat, homes) for vat in self._vat_home(invoice, home)]
        return [[line[at] for line in by_line] for at in range(len(homes))]

    def _vat_home(self, invoice: LoadedInvoice, home: int) -> list[int]:
        if invoice.currency == self.home:
            return [line.amount for line in invoice.vat]
        total = abs(invoice.amount)
        sign = 1 if invoice.amount > 0 else -1
        return [ratio(sign * line.amount * home, total) for line in invoice.vat]

    def _item(self, invoice: LoadedInvoice, ledger: Ledger, number: int, at: int, home: int, parked: list[int]) -> Item:
        loaded = invoice.due_items[at]
        before = loaded.amount - loaded.open
        worth = _part(home, before, loaded.amount)
        return Item(
            id=self.present.next_item + len(self.items) + at,
            kind="invoice" if invoice.amount > 0 else "credit_note",
            ledger=ledger,
            third_party=invoice.third_party,
            prefix=invoice.prefix,
            piece=invoice.number,
            date=invoice.date,
            due_date=loaded.due_date,
            currency=invoice.currency,
            amount=loaded.amount,
            open=loaded.open,
            carried=home - worth,
            origin_amount=loaded.amount,
            origin_carried=home,
            disputed=loaded.disputed,
            invoice=number,
            settled=before,
            vat=invoice.vat,
            parked=tuple(p - _part(p, before, loaded.amount) for p in parked),
        )

    def _sale(self, invoice: LoadedInvoice, ledger: Ledger, home: int, items: list[Item]) -> Entry:
        """Third party against sales (or purchases) and VAT; VAT on receipts waits on its own account."""
        sign = 1 if ledger == "customer" else -1
        account = self.accounts.third_party(ledger)
        lines = [
            Line(account, sign * i.origin_carried, i.currency, sign * i.amount, i.third_party, i.id) for i in items
        ]
        vat = self._vat_home(invoice, home)
        vat_account = self.accounts.vat(ledger) if invoice.vat_due == "debits" else self.accounts.vat_parked
        net = self.accounts.sales if ledger == "customer" else self.accounts.purchases
        lines.append(self._own(net, -sign * (home - sum(vat))))
        lines += [self._own(vat_account, -sign * amount) for amount in vat]
        kind = "Facture" if home > 0 else "Avoir"
        label = f"{kind} {invoice.prefix}{invoice.number} {invoice.third_party}"
        journal = SALES if ledger == "customer" else PURCHASES
        return entry(invoice.date, journal, label, invoice.prefix + invoice.number, lines)

    def _settled_before(self, item: Item, before: int, home: int, parked: list[int], invoice: LoadedInvoice) -> None:
        """What was settled before the load is relieved against the opening account, with its share of parked VAT."""
        self.items.append((item, before, ""))
        worth = home - item.carried
        if not before:
            return
        if not worth or (item.open and not item.carried):
            self.fault("worth_nothing", f"{invoice.path}.due_items", invoice.number, self.home.code)
            return
        sign = 1 if item.ledger == "customer" else -1
        account = self.accounts.third_party(item.ledger)
        freed = sum(parked) - sum(item.parked)
        lines = [
            Line(account, -sign * worth, item.currency, -sign * before, item.third_party, item.id),
            self._own(self.accounts.vat_parked, sign * freed),
            self._own(self.accounts.opening, sign * (worth - freed)),
        ]
        label = f"Réglé avant reprise {invoice.prefix}{invoice.number} {invoice.third_party}"
        made = entry(invoice.date, OPENING, label, invoice.prefix + invoice.number, lines)
        self._post(invoice.date, invoice.path, made)

    # ------------------------------------------------------------ portfolio and advances

    def instrument(self, loaded: LoadedInstrument) -> None:
        """An instrument of the portfolio: its state's account against the opening account."""
        ledger = self._loaded(loaded, "")
        if ledger is None or not self._state(loaded):
            return
        direction = loaded.direction or ("encashment" if ledger == "customer" else "disbursement")
        state = loaded.state if not loaded.awaiting_slip else f"{loaded.state[:1]}30"
        account = self.company.states[state].account(direction) if state in self.company.states else ""
        if account == AT_THE_BANK:
            account = self.company.banks[loaded.bank].account if loaded.bank in self.company.banks else ""
        if not account:
            path = f"{loaded.path}.{'state' if not loaded.bank else 'bank'}"
            self.fault("missing_bank", path, loaded.bank, ", ".join(sorted(self.company.banks)), change=loaded.state)
            return
        sign = money_sign(direction)
        lines = [
            Line(account, sign * loaded.home, loaded.currency, sign * loaded.amount),
            self._own(self.accounts.opening, -sign * loaded.home),
        ]
        label = f"Reprise portefeuille {loaded.transaction} {loaded.third_party}"
        self._post(loaded.date, loaded.path, entry(loaded.date, OPENING, label, str(loaded.transaction), lines))
        orders = self.orders.setdefault(loaded.transaction, [])
        if any(_slip_of(other) != _slip_of(loaded) for _, other, _ in orders):
            self.fault("slips_differ", f"{loaded.path}.awaiting_slip", str(loaded.transaction))
        orders.append((loaded.order, loaded, direction))
        self.instruments.append(
            (
                Instrument(
                    self.present.next_instrument + len(self.instruments),
                    loaded.transaction,
                    loaded.order,
                    loaded.state,
                    direction,
                    loaded.third_party,
                    loaded.currency,
                    loaded.amount,
                    loaded.home,
                    loaded.date,
                    loaded.bank,
                ),
                loaded.digest,
            )
        )

    def _state(self, loaded: LoadedInstrument) -> bool:
        if loaded.state not in self.company.states:
            self.fault("unknown_state", f"{loaded.path}.state", loaded.state, ", ".join(self.company.states))
            return False
        if loaded.bank and loaded.bank not in self.company.banks:
            self.fault("unknown_bank", f"{loaded.path}.bank", loaded.bank, ", ".join(self.company.banks))
            return False
        state = self.company.states[loaded.state]
        if not (state.encashment or state.disbursement):
            self.fault("state_without_account", f"{loaded.path}.state", loaded.state)
            return False
        return self._at_bank(loaded)

    def _at_bank(self, loaded: LoadedInstrument) -> bool:
        """What awaits its slip is on its way to a bank; what is at a bank is in its currency, or the dossier's."""
        path = f"{loaded.path}.bank"
        if loaded.awaiting_slip and not loaded.state.endswith("50"):
            self.fault(
                "wrong_state", f"{loaded.path}.awaiting_slip", loaded.state, "50", transaction=str(loaded.transaction)
            )
            return False
        if loaded.awaiting_slip and not loaded.bank:
            self.fault("missing_bank", path, "", ", ".join(sorted(self.company.banks)), change=loaded.state)
            return False
        held = self.company.banks[loaded.bank].currency if loaded.bank else self.home
        if held not in (loaded.currency, self.home):
            self.fault("wrong_bank", path, loaded.bank, loaded.currency.code, currency=held.code)
            return False
        return True

    def advance(self, loaded: LoadedInstrument) -> None:
        """An advance received (or paid) before the load, still open."""
        ledger = self._loaded(loaded, loaded.third_party)
        if ledger is None:
            return
        direction: Direction = "encashment" if ledger == "customer" else "disbursement"
        item = Item(
            id=self.present.next_item + len(self.items),
            kind="advance",
            ledger=ledger,
            third_party=loaded.third_party,
            prefix="",
            piece="",
            date=loaded.date,
            due_date=loaded.date,
            currency=loaded.currency,
            amount=-loaded.amount,
            open=-loaded.amount,
            carried=-loaded.home,
            origin_amount=-loaded.amount,
            origin_carried=-loaded.home,
            transaction=loaded.transaction,
            order=loaded.order,
        )
        sign = money_sign(direction)
        account = self.accounts.advance(ledger)
        lines = [
            Line(account, -sign * loaded.home, item.currency, -sign * loaded.amount, item.third_party, item.id),
            self._own(self.accounts.opening, sign * loaded.home),
        ]
        label = f"Reprise acompte {loaded.transaction} {loaded.third_party}"
        self._post(loaded.date, loaded.path, entry(loaded.date, OPENING, label, str(loaded.transaction), lines))
        self.orders.setdefault(loaded.transaction, []).append((loaded.order, loaded, direction))
        self.items.append((item, 0, loaded.digest))

    def _loaded(self, loaded: LoadedInstrument, party: str) -> Ledger | None:
        """The ledger of a portfolio record or an advance that is new; None when it is there already, or at fault."""
        key = (loaded.transaction, loaded.order, party)
        known = self.present.instruments.get(key)
        if known == loaded.digest and key not in self.met:
            self.met.add(key)
            return None
        ledger = self._ledger(loaded.third_party, f"{loaded.path}.third_party")
        code, expected = self._against(loaded, key, known)
        self.met.add(key)
        if code:
            self.fault(code, loaded.path, f"{loaded.transaction}/{loaded.order}", expected)
            return None
        return ledger

    def _against(self, loaded: LoadedInstrument, key: tuple[int, int, str], known: str | None) -> tuple[str, str]:
        """What speaks against a new portfolio record: its code and what was expected, or "" twice."""
        orders = [order for order, _, _ in self.orders.get(loaded.transaction, ())]
        first = self.present.first_transaction
        if key in self.met or loaded.order in orders:  # an instrument and an advance need a number each
            return "record_twice", ""
        if max(loaded.amount, loaded.home) > MINOR_UNITS:
            return "amount_too_large", ""
        if known is not None or loaded.transaction in self.loaded_before:
            return "portfolio_differs", ""
        if loaded.transaction >= first and self._numbering_has_begun:
            return "number_taken", f"< {first}"
        return "", ""

    # ------------------------------------------------------------ common

    @property
    def _numbering_has_begun(self) -> bool:
        return self.present.next_transaction > self.present.first_transaction

    def _ledger(self, third_party: str, path: str) -> Ledger | None:
        if third_party not in self.parties:
            self.fault("unknown_third_party", path, third_party)
        return self.parties.get(third_party)

    def _own(self, account: str, home: int) -> Line:
        return Line(account, home, self.home, home)

    def _post(self, day: date, path: str, made: Entry) -> int:
        """Keep an entry for its financial year; its place among the entries of the load."""
        year = self.company.year_of(day)
        if year is None and self.company.years and day < self.company.years[0].start:
            # What is older than the first year opens it.
            year = self.company.years[0]
            made = entry(year.start, OPENING, made.label, made.piece, list(made.lines))
        if year is None:
            spans = ", ".join(f"{y.start}..{y.end}" for y in self.company.years)
            self.fault("no_period", f"{path}.date", str(day), spans)
            return -1
        books = self.present.company
        if books and books.shut_until and made.date <= books.shut_until:
            closed, shut = made.date <= (books.closed_until or date.min), str(books.shut_until)
            told = ("period_closed", f"> {shut}") if closed else ("period_locked", shut)
            self.fault(told[0], f"{path}.date", str(day), told[1])
        self.entries.append((year.name, made))
        return len(self.entries) - 1

    def opening(self) -> Opening:
        """Everything that the load writes; numbers go on above the highest loaded one."""
        first, following = self.present.first_transaction, self.present.next_transaction
        if not self._numbering_has_begun:
            first = following = max([first, *(number + 1 for number in self.orders)])
        return Opening(
            third_parties=self.load.third_parties,
            rates=self.load.rates,
            invoices=tuple(self.invoices),
            items=tuple(self.items),
            instruments=tuple(self.instruments),
            transactions=tuple(self._transactions()),
            entries=tuple(self.entries),
            first_transaction=first,
            next_transaction=following,
            next_item=self.present.next_item + len(self.items),
            next_instrument=self.present.next_instrument + len(self.instruments),
        )

    def _transactions(self) -> Iterable[OpeningTransaction]:
        for number, orders in sorted(self.orders.items()):
            _, first, direction = orders[0]
            yield OpeningTransaction(
                number, direction, first.date, first.awaiting_slip, tuple((order, i) for order, i, _ in orders)
            )


def _slip_of(loaded: LoadedInstrument) -> tuple[str, str, str] | None:
    """What the slip that it awaits is for: a transaction goes on one slip. None where it awaits none."""
    return (loaded.bank, loaded.state, loaded.currency.code) if loaded.awaiting_slip else None


def _day(loaded: LoadedRate) -> date:
    return loaded.date


def _scale(foreign: Currency, home: Currency) -> Fraction:
    return Fraction(10**home.decimals, 10**foreign.decimals)


def _part(whole: int, part: int, of: int) -> int:
    """whole × part / of, rounded; `of` of either sign."""
    return ratio(whole * part * (1 if of > 0 else -1), abs(of))

"""The company file as a value: what a dossier's rules, banks, years and states are while a document is judged."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

import msgspec

from lettrage.company.accounts import Accounts
from lettrage.company.declarant import Declarant
from lettrage.company.late import LatePayment
from lettrage.company.states import AT_THE_BANK, Direction, State, StateChange
from lettrage.limits import CODE_CHARACTERS
from lettrage.money import Currency

AGE_BOUNDS = (30, 60, 90)  # days late: the most of each age of the aged balance but the last


class Tolerance(msgspec.Struct, frozen=True):
    """The largest difference that may be written off: in home minor units and as a share of the open amount.

    No tolerance declared means zero; of a declared pair the bound that is left out does not limit.
    """

    amount: int | None = 0
    percent: Fraction | None = Fraction(0)


class Year(msgspec.Struct, frozen=True):
    """A financial year; entries up to `closed_until` are closed."""

    name: str
    start: date
    end: date
    closed_until: date | None = None


class Bank(msgspec.Struct, frozen=True):
    """A bank account of the company."""

    code: str
    account: str
    currency: Currency
    iban: str = ""
    bic: str = ""
    reconcilable: bool = True
    name: str = ""  # of the bank, as a bill names it
    ics: str = ""  # the creditor's identifier, for direct debits
    transfer_format: str = "pain.001.001.09"
    debit_format: str = "pain.008.001.08"
    batch_booking: bool = True  # one line on the statement for a whole file


class Address(msgspec.Struct, frozen=True):
    """Where letters go."""

    street: str = ""
    zip: str = ""
    city: str = ""
    country: str = ""


class Establishment(msgspec.Struct, frozen=True):
    """An establishment; its bank is the default BQC of what names it, and the account that its invoices are paid to."""

    code: str
    bank: str = ""
    name: str = ""
    siret: str = ""
    address: Address = Address()
    vat_number: str = ""
    ape: str = ""  # what it does: NAF, 4 digits and a letter
    rcs: str = ""  # where it is registered
    capital: str = ""  # as it is to be printed
    phone: str = ""
    mail: str = ""


class Settings(msgspec.Struct, frozen=True):
    """Figures that the source leaves open; a load file may change them under `settings`."""

    repeat_hours: int = 72  # how long an equal document is answered as before
    future_days: int = 7  # how far ahead a settlement may be dated
    rate_days: int = 31  # how old a table rate may be
    rate_percent: int = 10  # how far a rate may be from the last known one without a warning
    cash_limit: int = 1_000  # EUR: a debt above it should not be paid in cash


class Company(msgspec.Struct, frozen=True):
    """A dossier's rules. `years` empty: calendar years, all open."""

    code: str
    name: str
    currency: Currency
    siret: str = ""
    accounting_file: str = ""
    uses_prefixes: bool = False
    allow_other_payer: bool = False
    settlement_difference: Tolerance = Tolerance()
    exchange_difference: Tolerance = Tolerance()
    adjust_discount_vat: bool = False
    discount_limit: Fraction = Fraction(5, 100)
    chronological_callers: frozenset[str] = frozenset()
    years: tuple[Year, ...] = ()
    establishments: dict[str, Establishment] = {}
    banks: dict[str, Bank] = {}
    states: dict[str, State] = {}
    changes: dict[str, StateChange] = {}
    accounts: Accounts = Accounts()
    settings: Settings = Settings()
    vat_dates: dict[str, str] = {}  # by the letter of the means, where the dossier says otherwise
    declarant: Declarant = Declarant()
    late_payment: LatePayment = LatePayment()
    automatic_matching: bool = False  # whether a statement line that can mean one thing only is settled unasked
    age_bounds: tuple[int, int, int] = AGE_BOUNDS
    locked_until: date | None = None  # nothing is posted up to this day, unless somebody unlocks it
    closed_until: date | None = None  # nor ever up to this one: its years are closed

    def establishment_at(self, bank: str) -> Establishment | None:
        """The establishment that a bank account is for: the first that names the bank, else the only one there is."""
        every = list(self.establishments.values())
        return next((e for e in every if e.bank == bank), every[0] if len(every) == 1 else None)

    def year_of(self, day: date) -> Year | None:
        """The financial year that holds this day."""
        if not self.years:
            return Year(str(day.year), date(day.year, 1, 1), date(day.year, 12, 31))
        return next((year for year in self.years if year.start <= day <= year.end), None)

    @property
    def shut_until(self) -> date | None:
        """Up to when the whole dossier is locked or closed; None where it is not."""
        return max((day for day in (self.locked_until, self.closed_until) if day), default=None)

    def closes(self, day: date) -> bool:
        """Whether this day is closed for good; else it may be locked."""
        year = self.year_of(day)
        bounds = (self.closed_until, year.closed_until if year else None)
        return any(bound and day <= bound for bound in bounds)

    def shut_from(self, day: date) -> date | None:
        """The last of the days from this one on that nothing is posted on any more; None for an open day."""
        last = None
        while last != date.max:
            year = self.year_of(day)
            bounds = (self.locked_until, self.closed_until, year.closed_until if year else None)
            shut = [bound for bound in bounds if bound and bound >= day]
            if not shut:
                break
            last = max(shut)
            day = last if last == date.max else last + timedelta(days=1)
        return last

    def year_named(self, name: str) -> Year | None:
        """The financial year of this name."""
        if not self.years:
            known = name.isascii() and name.isdigit() and len(name) == 4 and name > "0000"
            return self.year_of(date(int(name), 1, 1)) if known else None
        return next((year for year in self.years if year.name == name), None)

    def span(self, name: str) -> str:
        """From when to when the financial year of this name goes; "" when there is none."""
        year = self.year_named(name)
        return f"{year.start}..{year.end}" if year else ""

    def account_of(self, state: str, direction: Direction, bank: str) -> str:
        """The account that carries an instrument in this state; the bank's own when it is at the bank."""
        account = self.states[state].account(direction)
        return self.banks[bank].account if account == AT_THE_BANK else account

    def currency_kept(self, state: str, direction: Direction, bank: str, settled_in: Currency) -> Currency:
        """The currency that a line on a state's account is kept in: a bank account keeps its own, or home."""
        if self.states[state].account(direction) != AT_THE_BANK:
            return settled_in
        return settled_in if self.banks[bank].currency == settled_in else self.currency

    def waits_for_slip(self, change: StateChange) -> bool:
        """Whether a deposit's entry is made with its slip: tied to one, and no transfer."""
        return change.slip and not self.states[change.target].is_transfer

    def slip_change(self, state: str, direction: Direction) -> str:
        """The state change that reaches a state with a slip; the state itself where the dossier has none."""
        ways = [c for c in self.changes.values() if (c.target, c.direction) == (state, direction) and c.slip]
        return min(ways, key=lambda change: (not change.default, change.code)).code if ways else state

    def needs_bank(self, change: StateChange) -> bool:
        """Whether a header with this change must name a bank: always for a deposit."""
        return change.bank or not change.from_due_items or self._ends_at_bank(change)

    def _ends_at_bank(self, change: StateChange) -> bool:
        state = self.states.get(change.target)
        return state is not None and state.account(change.direction) == AT_THE_BANK

    def changes_to(self, target: str, direction: Direction, from_due_items: bool) -> list[StateChange]:
        """The state changes of this direction that lead to a final state from due items, or from instruments."""
        return [
            change
            for change in self.changes.values()
            if change.target == target
            and change.direction == direction
            and change.from_due_items == from_due_items
            and change.step in ("settle", "move")
        ]


def rib_for(company: Company, establishment: Establishment | None, chosen: str) -> Bank | None:
    """The account that an invoice is paid to: the establishment's, else the one chosen for the dossier, else the only.

    Only accounts that are reconciled may be one: a payment that nobody could see arrive would stay open.
    """
    fit = {code: bank for code, bank in company.banks.items() if bank.reconcilable}
    own = fit.get(establishment.bank) if establishment else None
    return own or fit.get(chosen) or (next(iter(fit.values())) if len(fit) == 1 and not chosen else None)


def year_names(spans: list[tuple[date, date]]) -> list[str]:
    """A year is named after the calendar year in which it ends; the second that ends in one year is `2024b`."""
    names: list[str] = []
    for _, end in spans:
        twins = sum(1 for name in names if name[:4] == f"{end.year:04}")
        names.append(f"{end.year:04}" + ("" if twins == 0 else chr(ord("a") + twins)))
    return names


def nearest(name: str, known: Mapping[str, object] | list[str]) -> str:
    """The known name nearest to this one, or "" when none is near (or the name is too long to be one)."""
    if len(name) > CODE_CHARACTERS:
        return ""
    from difflib import get_close_matches  # noqa: PLC0415  (only where somebody misspelt something)

    folded = {k.casefold(): k for k in known}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""

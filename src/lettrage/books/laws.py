"""The laws that posted books obey: invariants as functions over rows as stored. What breaks one is a Finding.

Rows are typed, not trusted: a law may meet any value and never raises. Sums that a law compares come with the rows;
everything else is decided here. Amounts are whole minor units, of the dossier's currency unless a row says which.

Nothing here mends anything: an interrupted write leaves nothing half done, so damage comes from outside the program
and only a person can say what was true.
"""

from collections.abc import Iterable, Iterator
from datetime import date as Day  # noqa: N812  (rows below have a field called `date`)
from functools import lru_cache
from itertools import groupby
from sys import maxsize

import msgspec

from lettrage.books.chain import GENESIS, chained, columns, shown
from lettrage.books.entry import Entry, Line
from lettrage.company.dossier import Company
from lettrage.company.states import AT_THE_BANK, Direction
from lettrage.money import Currency, currency, decimal_text, ratio
from lettrage.settlement.posting import money_sign


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it must be: a stable code, what is wrong in French, and where."""

    code: str
    message: str
    where: str = ""


class _Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row in the order of its query's columns."""


# ---------------------------------------------------------------- entries: balance, numbers, chain


class EntryRow(_Row, frozen=True, array_like=True, gc=False):
    """An entry, every column."""

    posting: int
    year: str
    number: int
    date: Day
    valid_date: Day
    posted_at: str
    journal: str
    label: str
    piece: str
    transaction: int | None
    slip: str | None
    reversal_of: int | None
    hash: str

    @property
    def place(self) -> str:
        """How a finding names it."""
        return f"écriture {shown(self.year, self.number)}"


class LineRow(_Row, frozen=True, array_like=True, gc=False):
    """A line of an entry, every column."""

    posting: int
    line: int
    account: str
    third_party: str
    debit: int
    credit: int
    currency: str
    amount: int
    item: int | None


class CounterRow(_Row, frozen=True, array_like=True, gc=False):
    """The dossier's counters, and the highest numbers in use."""

    first_transaction: int
    next_transaction: int
    next_item: int
    next_instrument: int
    next_document: int
    postings: int
    head: str
    highest_item: int
    highest_instrument: int
    highest_document: int


class YearRow(_Row, frozen=True, array_like=True, gc=False):
    """The counter of a financial year."""

    year: str
    last: int


class Register:
    """Walks the entries once, in order of posting, then compares where it arrived with the counters.

    After a fault it goes on from what is stored, so that one damaged entry is one finding and not all that follow.
    `kept` is a head noted elsewhere earlier: only that shows a tail cut off or recomputed.
    """

    def __init__(self, company: Company, kept: str | None = None) -> None:
        self.company = company
        self.kept = kept.strip().lower() if kept else None
        self.met = self.kept in (None, GENESIS)
        self.posting = 0
        self.head = GENESIS
        self.years: dict[str, int] = {}

    def walk(self, entries: Iterable[EntryRow], lines: Iterable[LineRow]) -> Iterator[Finding]:
        """Everything that can be said of the entries alone; both streams in order of posting."""
        for entry, own in together(entries, lines):
            yield from _balance(entry, own, self.company.currency)
            yield from self._numbers(entry)
            yield from self._link(entry, own)

    def close(self, counters: CounterRow, years: Iterable[YearRow]) -> Iterator[Finding]:
        """The counters agree with the last entry."""
        yield from _same("posting_counter", "dossier", "Compteur des écritures", counters.postings, self.posting)
        yield from _same("head_differs", "dossier", "Empreinte de tête", counters.head, self.head)
        stored = {row.year: row.last for row in years}
        for year in sorted(stored.keys() | self.years.keys()):
            seen, expected = stored.get(year, 0), self.years.get(year, 0)
            yield from _same("year_counter", f"exercice {year}", "Compteur de l'exercice", seen, expected)
        if not self.met:
            message = f"L'empreinte {self.kept} n'est celle d'aucune écriture : fin des livres coupée ou refaite."
            yield Finding("head_not_found", message, "dossier")

    def _numbers(self, entry: EntryRow) -> Iterator[Finding]:
        yield from _same("posting_gap", entry.place, "Rang de l'écriture", entry.posting, self.posting + 1)
        self.posting = entry.posting
        expected = self.years.get(entry.year, 0) + 1
        yield from _same("entry_number", entry.place, "Numéro de l'écriture", entry.number, expected)
        self.years[entry.year] = entry.number
        year = self.company.year_of(entry.date)
        name = "aucun" if year is None else year.name
        yield from _same("entry_year", entry.place, f"Exercice de la date {entry.date}", entry.year, name)

    def _link(self, entry: EntryRow, own: list[LineRow]) -> Iterator[Finding]:
        content = Entry(
            entry.date,
            entry.journal,
            entry.label,
            entry.piece,
            tuple(_line(line) for line in own),
            entry.transaction,
            entry.slip,
            entry.reversal_of,
        )
        numbered = columns(entry.posting, entry.year, entry.number, entry.valid_date, entry.posted_at, content)
        if chained(self.head, numbered) != entry.hash:
            message = "L'empreinte ne correspond pas au contenu : l'écriture ou celle d'avant a été modifiée ou ôtée."
            yield Finding("chain_broken", message, entry.place)
        self.head = entry.hash
        self.met = self.met or entry.hash == self.kept


def together(entries: Iterable[EntryRow], lines: Iterable[LineRow]) -> Iterator[tuple[EntryRow, list[LineRow]]]:
    """Each entry with its lines. Lines without an entry are passed over: the foreign keys tell of them."""
    groups = groupby(lines, key=_posting)
    end: tuple[int, Iterator[LineRow]] = (maxsize, iter(()))
    posting, group = next(groups, end)
    for entry in entries:
        while posting < entry.posting:
            posting, group = next(groups, end)
        own = list(group) if posting == entry.posting else []
        yield entry, own


def _posting(line: LineRow) -> int:
    return line.posting


def _line(line: LineRow) -> Line:
    home = line.debit - line.credit
    return Line(line.account, home, _currency(line.currency), line.amount, line.third_party, line.item)


def _balance(entry: EntryRow, lines: list[LineRow], home: Currency) -> Iterator[Finding]:
    debit, credit = sum(line.debit for line in lines), sum(line.credit for line in lines)
    if debit != credit:
        figures = f"débit {_text(debit, home)}, crédit {_text(credit, home)}"
        yield Finding("entry_unbalanced", f"L'écriture n'est pas équilibrée : {figures}.", entry.place)
    if len(lines) < 2:
        yield Finding("entry_too_short", f"L'écriture a {len(lines)} ligne(s), il en faut deux.", entry.place)
    for index, line in enumerate(lines, 1):
        # The chain holds debit less credit and the order of the lines, so these two are looked at apart.
        yield from _same("line_number", entry.place, "Numéro de ligne", line.line, index)
        if not _one_side(line):
            figures = f"débit {_text(line.debit, home)}, crédit {_text(line.credit, home)}"
            yield Finding("line_sides", f"La ligne {line.line} n'est pas d'un seul côté : {figures}.", entry.place)


def _one_side(line: LineRow) -> bool:
    return min(line.debit, line.credit) == 0 < max(line.debit, line.credit)


# ---------------------------------------------------------------- due items and advances


class ItemRow(_Row, frozen=True, array_like=True, gc=False):
    """A due item or an advance, with what its allocations and its lines add up to (cancelled transactions left out)."""

    id: int
    ledger: str
    third_party: str
    piece: str
    currency: str
    amount: int
    open: int
    settled: int
    passed_on: int
    settled_before: int
    carried: int
    origin_amount: int
    origin_carried: int
    previous: int | None
    allocated: int  # by anything but WPA
    passed: int  # by WPA
    relieved: int
    posted: int  # debit less credit of the lines made for it

    @property
    def place(self) -> str:
        """How a finding names it."""
        return f"échéance {self.id} ({self.third_party} {self.piece or 'acompte'})"


class ChainRow(_Row, frozen=True, array_like=True, gc=False):
    """A due item that a WPA passed on: what it and all its successors carry or had relieved."""

    id: int
    amount: int
    settled_before: int
    origin_carried: int
    worth: int


class PassedRow(_Row, frozen=True, array_like=True, gc=False):
    """A WPA allocation and the successor it names (None: there is none). `shared`, `made_shared`: what both have."""

    transaction: int
    order: int
    item: int
    amount: int
    successor: int | None
    previous: int | None
    made_amount: int | None
    made_transaction: int | None
    made_order: int | None
    shared: str
    made_shared: str


class StrayRow(_Row, frozen=True, array_like=True, gc=False):
    """A due item that names a previous one which never passed anything on to it."""

    id: int
    previous: int


class InvoiceRow(_Row, frozen=True, array_like=True, gc=False):
    """An invoice, with what its own first due items add up to."""

    id: int
    third_party: str
    number: str
    currency: str
    amount: int
    home: int
    items_amount: int
    items_home: int


def items(rows: Iterable[ItemRow], home: Currency) -> Iterator[Finding]:
    """amount = settled + open + passed on; each part is what the allocations say; worth is kept to the minor unit.

    A due item begins at its share of the invoice less what a load found settled; a successor begins with what its
    previous one had left, and no line is made for that. So the lines of an item are its beginning (unless it is a
    successor) less everything relieved.
    """
    for row in rows:
        held, place = _currency(row.currency), row.place
        parts = row.open + row.settled + row.passed_on
        yield from _equal("item_parts", place, "Montant (ouvert + réglé + reporté)", row.amount, parts, held)
        low, high = sorted((0, row.amount))
        if not low <= row.open <= high:
            message = f"L'ouvert {_text(row.open, held)} n'est pas entre zéro et {_text(row.amount, held)}."
            yield Finding("item_open", message, place)
        settled = row.settled_before + row.allocated
        yield from _equal("item_settled", place, "Réglé", row.settled, settled, held)
        yield from _equal("item_passed_on", place, "Reporté", row.passed_on, row.passed, held)
        yield from _carrying(row, held, home)


def _carrying(row: ItemRow, held: Currency, home: Currency) -> Iterator[Finding]:
    place, sign = row.place, 1 if row.ledger == "customer" else -1
    beginning = 0
    if not row.open:
        yield from _equal("item_carried", place, "Valeur comptable d'une échéance soldée", row.carried, 0, home)
    if row.previous is None:
        yield from _equal("item_origin", place, "Montant d'origine", row.origin_amount, row.amount, held)
        beginning = _beginning(row)
        if not row.passed:
            expected = beginning - row.relieved
            yield from _equal("item_carried", place, "Valeur comptable", row.carried, expected, home)
    expected = sign * (beginning - row.relieved)
    yield from _equal("item_lines", place, "Lignes d'écriture de l'échéance", row.posted, expected, home)


def _beginning(row: ItemRow | ChainRow) -> int:
    """What the first due item of a chain was worth when it came into these books."""
    if not row.amount:
        return row.origin_carried
    sign = 1 if row.amount > 0 else -1
    return row.origin_carried - ratio(sign * row.origin_carried * row.settled_before, abs(row.amount))


def chains(rows: Iterable[ChainRow], home: Currency) -> Iterator[Finding]:
    """What an item passed on is worth what was left of it, down to the last successor."""
    for row in rows:
        place, what = f"échéance {row.id}", "Valeur comptable avec les échéances reportées"
        yield from _equal("item_carried", place, what, row.worth, _beginning(row), home)


def passed_on(rows: Iterable[PassedRow]) -> Iterator[Finding]:
    """A WPA's successor exists, points back, has that amount, and is of the same document and due date."""
    for row in rows:
        made = (row.previous, row.made_amount, row.made_transaction, row.made_order, row.made_shared)
        if made != (row.item, row.amount, row.transaction, row.order, row.shared):
            message = f"L'échéance reportée {row.successor} ne répond pas à celle qu'elle continue."
            yield Finding("successor_differs", message, f"échéance {row.item}, transaction {row.transaction}")


def strays(rows: Iterable[StrayRow]) -> Iterator[Finding]:
    """A due item with a previous one was made by a WPA on it."""
    for row in rows:
        message = f"L'échéance dit continuer l'échéance {row.previous}, qu'aucun règlement ne lui a reportée."
        yield Finding("successor_differs", message, f"échéance {row.id}")


def invoices(rows: Iterable[InvoiceRow], home: Currency) -> Iterator[Finding]:
    """An invoice is the sum of its due items, in its own currency and at home."""
    for row in rows:
        place = f"facture {row.number} ({row.third_party})"
        held = _currency(row.currency)
        yield from _equal("invoice_differs", place, "Échéances de la facture", row.items_amount, row.amount, held)
        yield from _equal("invoice_differs", place, "Échéances de la facture", row.items_home, row.home, home)


# ---------------------------------------------------------------- balances of accounts


class BalanceRow(_Row, frozen=True, array_like=True, gc=False):
    """Debit less credit of an account for a third party ("": none)."""

    account: str
    third_party: str
    home: int


class CarriedRow(_Row, frozen=True, array_like=True, gc=False):
    """What the items of a ledger and kind carry for a third party, in their own sense."""

    ledger: str
    advance: int
    third_party: str
    home: int


class HeldRow(_Row, frozen=True, array_like=True, gc=False):
    """What the instruments carry whose value stands on the account of a state.

    Active ones stand in their own state. Those of a transaction that awaits its slip, active or moved on since, still
    stand in the state they came from; loaded ones in the 30 state of their means.
    """

    direction: str
    state: str
    home: int


def balances(
    lines: Iterable[BalanceRow], carried: Iterable[CarriedRow], held: Iterable[HeldRow], company: Company
) -> Iterator[Finding]:
    """The third parties' accounts carry what is open, the accounts of 30 states what is in portfolio."""
    accounts = company.accounts
    of_parties = {accounts.customer, accounts.supplier, accounts.customer_advance, accounts.supplier_advance}
    of_states = _portfolio_accounts(company) - of_parties
    by_party: dict[tuple[str, str], int] = {}
    by_state = dict.fromkeys(of_states, 0)
    for line in lines:
        if line.account in of_parties:
            by_party[line.account, line.third_party] = line.home
        elif line.account in of_states:
            by_state[line.account] += line.home
    yield from _parties(by_party, carried, company)
    yield from _states(by_state, held, company)


def _portfolio_accounts(company: Company) -> set[str]:
    """The accounts of 30 states, of both directions. A bank's account holds more than instruments."""
    states = [state for state in company.states.values() if state.code.endswith("30")]
    accounts = {account for state in states for account in (state.encashment, state.disbursement)}
    return accounts - {"", AT_THE_BANK} - {bank.account for bank in company.banks.values()}


def _parties(posted: dict[tuple[str, str], int], carried: Iterable[CarriedRow], company: Company) -> Iterator[Finding]:
    expected: dict[tuple[str, str], int] = {}
    for row in carried:
        roles = company.accounts
        account = roles.advance(row.ledger) if row.advance else roles.third_party(row.ledger)
        sign = 1 if row.ledger == "customer" else -1
        # Two roles may share one account.
        expected[account, row.third_party] = expected.get((account, row.third_party), 0) + sign * row.home
    for key in sorted(posted.keys() | expected.keys()):
        seen, due = posted.get(key, 0), expected.get(key, 0)
        place = f"compte {key[0]} {key[1]}".rstrip()
        yield from _equal("third_party_balance", place, "Solde du tiers", seen, due, company.currency)


def _states(posted: dict[str, int], held: Iterable[HeldRow], company: Company) -> Iterator[Finding]:
    expected = dict.fromkeys(posted, 0)
    for row in held:
        state = company.states.get(row.state)
        if state is None:
            yield Finding("unknown_state", "Des effets sont dans un état inconnu.", f"état {row.state}")
            continue
        direction: Direction = "encashment" if row.direction == "encashment" else "disbursement"
        account = state.account(direction)
        if account in expected:
            expected[account] += money_sign(direction) * row.home
    for account in sorted(posted):
        seen, due = posted[account], expected[account]
        yield from _equal("portfolio_balance", f"compte {account}", "Solde du compte", seen, due, company.currency)


# ---------------------------------------------------------------- transactions


class TransactionRow(_Row, frozen=True, array_like=True, gc=False):
    """A transaction with its entries that are no reversals: how many (its slip's included), and the day of its own."""

    number: int
    kind: str
    status: str
    date: Day
    entries: int
    entry_date: Day | None


class LostEntryRow(_Row, frozen=True, array_like=True, gc=False):
    """An entry whose transaction is not there."""

    year: str
    number: int
    transaction: int


KINDS = ("settlement", "deposit", "loaded")
STATUSES = ("posted", "awaiting_slip", "cancelled", "returned")


def transactions(rows: Iterable[TransactionRow], counters: CounterRow) -> Iterator[Finding]:
    """Numbers without a gap from the first of our own to the counter; exactly one entry each.

    Loaded ones keep their numbers, below our first; their opening entries name no transaction.
    """
    first = expected = counters.first_transaction
    for row in rows:
        place = f"transaction {row.number}"
        loaded = row.kind == "loaded"
        if loaded == (row.number >= first):
            side = "au-dessous" if loaded else "à partir"
            yield Finding("transaction_range", f"Numéro attendu {side} de {first}.", place)
        if row.kind not in KINDS or row.status not in STATUSES:
            yield Finding("transaction_status", f"Genre ou statut inconnu : {row.kind}, {row.status}.", place)
        if not loaded:
            yield from _same("transaction_gap", place, "Numéro de la transaction", row.number, expected)
            expected = row.number + 1
            yield from _own_entry(row, place)
    seen = counters.next_transaction
    yield from _same("transaction_counter", "dossier", "Compteur des transactions", seen, expected)


def _own_entry(row: TransactionRow, place: str) -> Iterator[Finding]:
    wanted = {"awaiting_slip": (0,), "cancelled": (0, 1)}.get(row.status, (1,))
    if row.entries not in wanted:
        code = "transaction_without_entry" if not row.entries else "transaction_entries"
        message = f"La transaction ({row.status}) a {row.entries} écriture(s), {wanted[-1]} attendue(s)."
        yield Finding(code, message, place)
    if row.entry_date is not None:
        yield from _same("transaction_date", place, "Date de la transaction", row.date, row.entry_date)


def lost_entries(rows: Iterable[LostEntryRow]) -> Iterator[Finding]:
    """The transaction that an entry names exists."""
    for row in rows:
        message = f"L'écriture nomme la transaction {row.transaction}, qui n'existe pas."
        yield Finding("entry_without_transaction", message, f"écriture {shown(row.year, row.number)}")


# ---------------------------------------------------------------- headers, allocations, instruments


class HeaderRow(_Row, frozen=True, array_like=True, gc=False):
    """A header with what it did: its allocations, the advances it opened, its instruments. Amounts as it sees them."""

    transaction: int
    order: int
    kind: str
    currency: str
    amount: int
    home: int
    allocations: int
    paid: int  # by payments and advances consumed
    paid_home: int
    advances: int
    received: int  # ahead of any invoice
    received_home: int
    instruments: int
    carried: int
    carried_home: int


class AllocationRow(_Row, frozen=True, array_like=True, gc=False):
    """An allocation beside the item it is on and the header that made it, None where these are not there."""

    transaction: int
    line: int
    direction: str | None
    header_currency: str | None
    operation: str
    amount: int
    relieved_home: int
    value_home: int
    paid: int
    successor: int | None
    kind: str | None
    ledger: str | None
    currency: str | None


class InstrumentRow(_Row, frozen=True, array_like=True, gc=False):
    """An instrument, its transaction and header, the one before it, and how many came after and stand."""

    id: int
    transaction: int
    order: int
    direction: str
    third_party: str
    currency: str
    amount: int
    home: int
    date: Day
    bank: str
    active: int
    previous: int | None
    kind: str | None
    status: str | None
    header_direction: str | None
    header_date: Day | None
    header_third_party: str | None
    header_currency: str | None
    header_bank: str | None
    previous_direction: str | None
    previous_third_party: str | None
    previous_currency: str | None
    previous_amount: int | None
    previous_home: int | None
    successors: int

    @property
    def kept(self) -> tuple[object, ...]:
        """What does not change from state to state."""
        return self.direction, self.third_party, self.currency, self.amount, self.home

    @property
    def kept_before(self) -> tuple[object, ...]:
        """The same of the one before it."""
        party, amount = self.previous_third_party, self.previous_amount
        return self.previous_direction, party, self.previous_currency, amount, self.previous_home


def headers(rows: Iterable[HeaderRow], home: Currency) -> Iterator[Finding]:
    """A header's amount is its instrument's, and the sum of what it paid and received; a deposit's what it moved."""
    for row in rows:
        place, held = f"transaction {row.transaction}, ordre {row.order}", _currency(row.currency)
        if row.kind == "settlement":
            yield from _settling(row, place, held, home)
        elif row.kind == "deposit":
            yield from _equal("header_instrument", place, "Effets déplacés", row.carried, row.amount, held)
            if held == home:  # else the bank may have said what it gave, and the difference is posted
                yield from _equal("header_instrument", place, "Effets déplacés", row.carried_home, row.home, home)
            if not row.instruments:
                yield Finding("header_instrument", "La remise n'a déplacé aucun effet.", place)


def _settling(row: HeaderRow, place: str, held: Currency, home: Currency) -> Iterator[Finding]:
    paid, paid_home = row.paid + row.received, row.paid_home + row.received_home
    yield from _equal("header_allocations", place, "Paiements et acomptes", paid, row.amount, held)
    yield from _equal("header_allocations", place, "Paiements et acomptes", paid_home, row.home, home)
    if not row.allocations + row.advances:
        yield Finding("header_allocations", "Le règlement n'a rien réglé ni reçu.", place)
    # Payments, credit notes and advances that cancel out leave no instrument.
    count = 1 if row.amount else 0
    yield from _same("header_instrument", place, "Nombre d'effets", row.instruments, count)
    yield from _equal("header_instrument", place, "Montant de l'effet", row.carried, row.amount, held)
    yield from _equal("header_instrument", place, "Valeur comptable de l'effet", row.carried_home, row.home, home)


_WITH_MONEY = ("PAYMENT", "WAR")
_OPERATIONS = (*_WITH_MONEY, "WPA", "WDR", "WDC", "WE")


def allocations(rows: Iterable[AllocationRow]) -> Iterator[Finding]:
    """What an allocation says of itself holds together: only a WPA passes on, only money is paid."""
    for row in rows:
        if not _coherent(row):
            message = f"L'affectation {row.operation or '?'} de {row.amount} se contredit ou n'a pas d'échéance."
            yield Finding("allocation_differs", message, f"transaction {row.transaction}, affectation {row.line}")


def _coherent(row: AllocationRow) -> bool:
    if row.operation not in _OPERATIONS or row.kind is None or row.header_currency is None:
        return False
    if (row.operation == "WPA") != (row.successor is not None) or (row.operation == "WAR") != (row.kind == "advance"):
        return False
    if row.operation not in _WITH_MONEY:
        return row.paid == 0 and row.value_home == row.relieved_home and not (row.successor and row.relieved_home)
    if row.currency != row.header_currency:
        return True
    own = (row.ledger == "customer") == (row.direction == "encashment")
    # A payment keeps what was paid as the header sees it, an advance in its own sense.
    return row.paid == (row.amount if own or row.operation == "WAR" else -row.amount)


def instruments(rows: Iterable[InstrumentRow], home: Currency) -> Iterator[Finding]:
    """An instrument moved on has exactly one that came after and stands, an active one none; nothing of it changes.

    What a cancelled transaction made is not active and needs no successor; what it had moved is active again.
    """
    for row in rows:
        place = f"effet {row.id} (transaction {row.transaction})"
        ended = row.status == "cancelled"
        wanted = 0 if row.active or ended else 1
        if row.successors != wanted or (ended and row.active):
            state = "actif" if row.active else "inactif"
            message = f"L'effet est {state} et a {row.successors} successeur(s), {wanted} attendu(s)."
            yield Finding("instrument_successors", message, place)
        if row.previous is not None and row.kept_before != row.kept:
            figures = f"{_text(row.amount, _currency(row.currency))} {row.currency}, valeur {_text(row.home, home)}"
            message = f"L'effet ({row.third_party} {figures}) diffère de l'effet {row.previous} qu'il continue."
            yield Finding("instrument_differs", message, place)
        yield from _made_by(row, place)


def _made_by(row: InstrumentRow, place: str) -> Iterator[Finding]:
    """An instrument says what the header that made it says. A deposit's header names no third party of its own."""
    if row.status is None or row.header_currency is None:
        yield Finding("instrument_header", f"L'ordre {row.order} de sa transaction n'existe pas.", place)
    elif row.kind in ("settlement", "deposit"):
        own = (row.direction, row.date, row.currency, row.bank)
        said = (row.header_direction, row.header_date, row.header_currency, row.header_bank)
        if own != said or (row.kind == "settlement" and row.third_party != row.header_third_party):
            yield Finding("instrument_header", "Sens, date, devise, banque ou tiers diffèrent de son ordre.", place)


# ---------------------------------------------------------------- counters and documents


class OutcomeRow(_Row, frozen=True, array_like=True, gc=False):
    """What became of one settlement of a document; `done`: the header it points to, None where there is none."""

    document: int
    position: int
    resultcode: int
    transaction: int | None
    order: int
    done: int | None


def counters_ahead(row: CounterRow) -> Iterator[Finding]:
    """Every counter is above the highest number in use: no number is ever given twice."""
    for name, following, highest in (
        ("des échéances", row.next_item, row.highest_item),
        ("des effets", row.next_instrument, row.highest_instrument),
        ("des documents", row.next_document, row.highest_document),
    ):
        if following <= highest:
            message = f"Le compteur {name} est à {following}, le numéro {highest} existe déjà."
            yield Finding("counter_behind", message, "dossier")


def outcomes(rows: Iterable[OutcomeRow]) -> Iterator[Finding]:
    """A settlement answered as done points to what was done, a refused one to nothing."""
    for row in rows:
        place = f"document {row.document}, règlement {row.position + 1}"
        if row.resultcode == 0 and row.done is None:
            named = f"{row.transaction or 'aucune'}/{row.order}"
            yield Finding("outcome_transaction", f"Dit fait ; sa transaction ({named}) n'existe pas.", place)
        if row.resultcode != 0 and row.transaction is not None:
            yield Finding("outcome_transaction", f"Dit refusé ; il nomme la transaction {row.transaction}.", place)


# ---------------------------------------------------------------- words


def _same(code: str, place: str, what: str, seen: object, expected: object) -> Iterator[Finding]:
    if seen != expected:
        yield Finding(code, f"{what} : {seen} trouvé, {expected} attendu.", place)


def _equal(code: str, place: str, what: str, seen: int, expected: int, of: Currency) -> Iterator[Finding]:
    if seen != expected:
        figures = f"{_text(seen, of)} trouvé, {_text(expected, of)} attendu"
        yield Finding(code, f"{what} : {figures} ({of.code}).", place)


def _text(minor: int, of: Currency) -> str:
    return decimal_text(minor, of.decimals)


@lru_cache(maxsize=256)
def _currency(code: str) -> Currency:
    """The currency of a stored code; one that is none still has its code in the chain."""
    return currency(code) or Currency(code, 0)

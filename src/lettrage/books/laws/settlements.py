"""Headers, and the allocations they make."""

from collections.abc import Iterable, Iterator

from lettrage.books.laws.finding import Finding, equal, same
from lettrage.books.laws.rows import Row, currency_of
from lettrage.money import Currency


class HeaderRow(Row, frozen=True):
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
    claimed: int  # due items that it opened, no successors: what a loaded payment had settled nobody knows
    claimed_home: int


class AllocationRow(Row, frozen=True):
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


_WITH_MONEY = ("PAYMENT", "WAR")
_OPERATIONS = (*_WITH_MONEY, "WPA", "WDR", "WDC", "WE")


def headers(rows: Iterable[HeaderRow], home: Currency) -> Iterator[Finding]:
    """A header's amount is its instrument's, and the sum of what it paid and received; a deposit's what it moved.

    An unpaid one gives back what was paid, one that presents a payment again pays it once more.
    """
    for row in rows:
        place, held = f"transaction {row.transaction}, ordre {row.order}", currency_of(row.currency)
        if row.kind == "settlement":
            yield from _settling(row, place, held, home)
        elif row.kind in ("unpaid", "represented"):
            yield from _returning(row, place, held, home)
        elif row.kind == "deposit":
            yield from equal("header_instrument", place, "Effets déplacés", row.carried, row.amount, held)
            if held == home:  # else the bank may have said what it gave, and the difference is posted
                yield from equal("header_instrument", place, "Effets déplacés", row.carried_home, row.home, home)
            if not row.instruments:
                yield Finding("header_instrument", "La remise n'a déplacé aucun effet.", place)


def _settling(row: HeaderRow, place: str, held: Currency, home: Currency) -> Iterator[Finding]:
    """A settlement's header is what it paid and received, and one instrument."""
    paid, paid_home = row.paid + row.received, row.paid_home + row.received_home
    yield from equal("header_allocations", place, "Paiements et acomptes", paid, row.amount, held)
    yield from equal("header_allocations", place, "Paiements et acomptes", paid_home, row.home, home)
    if not row.allocations + row.advances:
        yield Finding("header_allocations", "Le règlement n'a rien réglé ni reçu.", place)
    # Payments, credit notes and advances that cancel out leave no instrument.
    yield from _one_instrument(row, 1 if row.amount else 0, place, held, home)


def _returning(row: HeaderRow, place: str, held: Currency, home: Currency) -> Iterator[Finding]:
    """What came back is open again, or is claimed; what is presented again is paid again."""
    sign = -1 if row.kind == "unpaid" else 1
    amount, amount_home = sign * row.paid + row.claimed, sign * row.paid_home + row.claimed_home
    yield from equal("header_allocations", place, "Montants rouverts ou payés", amount, row.amount, held)
    yield from equal("header_allocations", place, "Montants rouverts ou payés", amount_home, row.home, home)
    if row.advances:
        yield Finding("header_allocations", "L'impayé ou la représentation a ouvert un acompte.", place)
    yield from _one_instrument(row, 1, place, held, home)


def _one_instrument(row: HeaderRow, count: int, place: str, held: Currency, home: Currency) -> Iterator[Finding]:
    yield from same("header_instrument", place, "Nombre d'effets", row.instruments, count)
    yield from equal("header_instrument", place, "Montant de l'effet", row.carried, row.amount, held)
    yield from equal("header_instrument", place, "Valeur comptable de l'effet", row.carried_home, row.home, home)


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

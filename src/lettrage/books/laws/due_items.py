"""Due items and advances, the chains that WPA makes of them, and the invoices they come from."""

from collections.abc import Iterable, Iterator

from lettrage.books.laws.finding import Finding, equal, text
from lettrage.books.laws.rows import Row, currency_of, ledger_sign
from lettrage.money import Currency, ratio


class ItemRow(Row, frozen=True):
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


class ChainRow(Row, frozen=True):
    """A due item that a WPA passed on: what it and all its successors carry or had relieved."""

    id: int
    amount: int
    settled_before: int
    origin_carried: int
    worth: int


class PassedRow(Row, frozen=True):
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


class StrayRow(Row, frozen=True):
    """A due item that names a previous one which never passed anything on to it."""

    id: int
    previous: int


class InvoiceRow(Row, frozen=True):
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
        held, place = currency_of(row.currency), row.place
        parts = row.open + row.settled + row.passed_on
        yield from equal("item_parts", place, "Montant (ouvert + réglé + reporté)", row.amount, parts, held)
        low, high = sorted((0, row.amount))
        if not low <= row.open <= high:
            message = f"L'ouvert {text(row.open, held)} n'est pas entre zéro et {text(row.amount, held)}."
            yield Finding("item_open", message, place)
        settled = row.settled_before + row.allocated
        yield from equal("item_settled", place, "Réglé", row.settled, settled, held)
        yield from equal("item_passed_on", place, "Reporté", row.passed_on, row.passed, held)
        yield from _carrying(row, held, home)


def _carrying(row: ItemRow, held: Currency, home: Currency) -> Iterator[Finding]:
    """What an item carries, and its lines, are its beginning less everything relieved."""
    place, first = row.place, row.previous is None
    beginning = _beginning(row) if first else 0
    left = beginning - row.relieved
    if row.amount * row.carried < 0:
        yield Finding("item_carried", f"Valeur comptable de sens contraire : {text(row.carried, home)}.", place)
    if not row.open:
        yield from equal("item_carried", place, "Valeur comptable d'une échéance soldée", row.carried, 0, home)
    if first:
        yield from equal("item_origin", place, "Montant d'origine", row.origin_amount, row.amount, held)
    if first and not row.passed:
        yield from equal("item_carried", place, "Valeur comptable", row.carried, left, home)
    expected = ledger_sign(row.ledger) * left
    yield from equal("item_lines", place, "Lignes d'écriture de l'échéance", row.posted, expected, home)


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
        yield from equal("item_carried", place, what, row.worth, _beginning(row), home)


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
        held = currency_of(row.currency)
        yield from equal("invoice_differs", place, "Échéances de la facture", row.items_amount, row.amount, held)
        yield from equal("invoice_differs", place, "Échéances de la facture", row.items_home, row.home, home)

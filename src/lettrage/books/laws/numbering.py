"""Numbers given once and without a gap: the dossier's counters, its transactions, and what names these."""

from collections.abc import Iterable, Iterator
from datetime import date as Day  # noqa: N812  (rows below have a field called `date`)

from lettrage.books.chain import shown
from lettrage.books.laws.finding import Finding, same
from lettrage.books.laws.rows import Row


class CounterRow(Row, frozen=True):
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


class TransactionRow(Row, frozen=True):
    """A transaction with its entries that are no reversals: how many (its slip's included), and the day of its own.

    `reversals` took back the `own` ones, those that are not a slip's.
    """

    number: int
    kind: str
    status: str
    date: Day
    entries: int
    entry_date: Day | None
    reversals: int
    own: int


class LostEntryRow(Row, frozen=True):
    """An entry whose transaction is not there."""

    year: str
    number: int
    transaction: int


class OutcomeRow(Row, frozen=True):
    """What became of one settlement of a document; `done`: the header it points to, None where there is none."""

    document: int
    position: int
    resultcode: int
    transaction: int | None
    order: int
    done: int | None


KINDS = ("settlement", "deposit", "unpaid", "represented", "loaded")
STATUSES = ("posted", "awaiting_slip", "cancelled")


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
            yield from same("transaction_gap", place, "Numéro de la transaction", row.number, expected)
            expected = row.number + 1
            yield from _own_entry(row, place)
    seen = counters.next_transaction
    yield from same("transaction_counter", "dossier", "Compteur des transactions", seen, expected)


def _own_entry(row: TransactionRow, place: str) -> Iterator[Finding]:
    """A transaction has one entry, of its day; none while it awaits its slip. A cancelled one's was taken back."""
    wanted = {"awaiting_slip": (0,), "cancelled": (0, 1)}.get(row.status, (1,))
    if row.entries not in wanted:
        code = "transaction_without_entry" if not row.entries else "transaction_entries"
        message = f"La transaction ({row.status}) a {row.entries} écriture(s), {wanted[-1]} attendue(s)."
        yield Finding(code, message, place)
    taken_back = row.own if row.status == "cancelled" else 0
    yield from same("transaction_reversal", place, "Écritures d'annulation", row.reversals, taken_back)
    if row.entry_date is not None:
        yield from same("transaction_date", place, "Date de la transaction", row.date, row.entry_date)


def lost_entries(rows: Iterable[LostEntryRow]) -> Iterator[Finding]:
    """The transaction that an entry names exists."""
    for row in rows:
        message = f"L'écriture nomme la transaction {row.transaction}, qui n'existe pas."
        yield Finding("entry_without_transaction", message, f"écriture {shown(row.year, row.number)}")


def outcomes(rows: Iterable[OutcomeRow]) -> Iterator[Finding]:
    """A settlement answered as done points to what was done, a refused one to nothing."""
    for row in rows:
        place = f"document {row.document}, règlement {row.position + 1}"
        if row.resultcode == 0 and row.done is None:
            named = f"{row.transaction or 'aucune'}/{row.order}"
            yield Finding("outcome_transaction", f"Dit fait ; sa transaction ({named}) n'existe pas.", place)
        if row.resultcode != 0 and row.transaction is not None:
            yield Finding("outcome_transaction", f"Dit refusé ; il nomme la transaction {row.transaction}.", place)

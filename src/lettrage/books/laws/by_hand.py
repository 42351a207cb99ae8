"""Entries typed by hand: what was validated is what was typed, what they opened, and what takes them back."""

from collections.abc import Iterable, Iterator

from lettrage.books.chain import shown
from lettrage.books.laws.finding import Finding, equal, same
from lettrage.books.laws.rows import Row, currency_of, ledger_sign
from lettrage.money import Currency


class DraftRow(Row, frozen=True):
    """A validated draft beside its entry: what their heads say, how many lines each has, how many say the same."""

    number: int
    posting: int
    head: str
    entry_head: str
    lines: int
    entry_lines: int
    alike: int


class OpenedRow(Row, frozen=True):
    """A due item of no invoice and no transaction, with the lines by hand that name it."""

    id: int
    third_party: str
    piece: str
    ledger: str
    currency: str
    amount: int
    origin_carried: int
    lines: int
    posted: int
    posted_home: int


class TakenBackRow(Row, frozen=True):
    """An entry that takes back one typed by hand: its lines, those that are the opposite, those it should have."""

    year: str
    number: int
    posting: int
    taken: int
    lines: int
    opposite: int
    taken_lines: int
    takers: int


def drafts(rows: Iterable[DraftRow]) -> Iterator[Finding]:
    """A validated draft says what its entry says."""
    for row in rows:
        place = f"brouillon {row.number}, écriture de rang {row.posting}"
        yield from same("draft_differs", place, "Date, journal, libellé, pièce", row.entry_head, row.head)
        if not row.lines == row.entry_lines == row.alike:
            message = f"{row.alike} ligne(s) égales, sur {row.lines} saisies et {row.entry_lines} comptabilisées."
            yield Finding("draft_differs", message, place)


def opened_by_hand(rows: Iterable[OpenedRow], home: Currency) -> Iterator[Finding]:
    """A due item of no invoice and no transaction was opened by one line by hand, of its amount."""
    for row in rows:
        place = f"échéance {row.id} ({row.third_party} {row.piece})"
        sign = ledger_sign(row.ledger)
        yield from same("item_of_nothing", place, "Lignes saisies qui l'ont ouverte", row.lines, 1)
        held = currency_of(row.currency)
        yield from equal("item_of_nothing", place, "Montant ouvert", sign * row.posted, row.amount, held)
        yield from equal("item_of_nothing", place, "Valeur ouverte", sign * row.posted_home, row.origin_carried, home)


def taken_back(rows: Iterable[TakenBackRow]) -> Iterator[Finding]:
    """What takes an entry back is its opposite, line by line, and the only one that does."""
    for row in rows:
        place = f"écriture {shown(row.year, row.number)}"
        if not row.lines == row.opposite == row.taken_lines:
            message = f"{row.opposite} ligne(s) opposées sur {row.taken_lines} de l'écriture de rang {row.taken}."
            yield Finding("reversal_differs", message, place)
        yield from same("reversal_differs", place, "Contre-passations de la même écriture", row.takers, 1)

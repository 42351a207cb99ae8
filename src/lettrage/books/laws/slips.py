"""Deposit slips: their numbers, their entries, and what is on them."""

from collections.abc import Iterable, Iterator
from datetime import date as Day  # noqa: N812  (rows below have a field called `date`)

from lettrage.bank.slip import shown
from lettrage.books.laws.finding import Finding, equal, same
from lettrage.books.laws.rows import Row, currency_of
from lettrage.money import Currency


class SlipRow(Row, frozen=True):
    """A slip beside its entry, the entry that took it back, its transactions and their instruments.

    None where an entry is not there. `held`: how many of its transactions say that they are on it. `matched`: how many
    of its instruments have their line in the entry, each in its place behind the bank's.
    """

    number: str
    bank: str
    year: str
    sequence: int
    date: Day
    currency: str
    total: int
    home: int
    status: str
    posting: int
    entry_slip: str | None
    entry_year: str | None
    entry_date: Day | None
    entry_lines: int
    at_the_bank: int | None
    reversal_slip: str | None
    reversal_of: int | None
    transactions: int
    held: int
    instruments: int
    carried: int
    matched: int


class OnSlipRow(Row, frozen=True):
    """A transaction that says which slip it is on: that slip's status, and whether the slip says so too."""

    transaction: int
    status: str
    slip: str
    slip_status: str | None
    listed: str | None


def slips(rows: Iterable[SlipRow], home: Currency) -> Iterator[Finding]:
    """Numbers without a gap per bank and year; an entry of the slip's own; what is on it is what the entry moves.

    Rows by bank, year and number.
    """
    last: dict[tuple[str, str], int] = {}
    for row in rows:
        place = f"bordereau {row.number}"
        expected = last.get((row.bank, row.year), 0) + 1
        last[row.bank, row.year] = row.sequence
        yield from same("slip_gap", place, "Rang du bordereau", row.sequence, expected)
        yield from same("slip_number", place, "Numéro", row.number, shown(row.bank, row.year, row.sequence))
        yield from _entry(row, place)
        yield from _content(row, place, home)
        yield from _status(row, place)


def _entry(row: SlipRow, place: str) -> Iterator[Finding]:
    """The entry is the slip's, of its day and year."""
    seen = (row.entry_slip, row.entry_date, row.entry_year)
    if seen != (row.number, row.date, row.year):
        said = ", ".join(str(value) for value in seen)
        yield Finding("slip_entry", f"Son écriture n'est pas la sienne, ou pas de son jour : {said}.", place)


def _content(row: SlipRow, place: str, home: Currency) -> Iterator[Finding]:
    """One line on the bank's account, one for each instrument, and at most one for a difference."""
    yield from equal("slip_total", place, "Total des effets", row.carried, row.total, currency_of(row.currency))
    yield from equal("slip_total", place, "Ligne de la banque", row.at_the_bank or 0, row.home, home)
    if row.matched != row.instruments or row.entry_lines - row.instruments not in (1, 2):
        found = f"{row.matched} effet(s) sur {row.instruments} y ont la leur"
        message = f"L'écriture a {row.entry_lines} ligne(s) ; {found}."
        yield Finding("slip_instruments", message, place)


def _status(row: SlipRow, place: str) -> Iterator[Finding]:
    """A posted slip holds its transactions; a cancelled one holds none and was taken back by an entry."""
    if row.status not in ("posted", "cancelled"):
        yield Finding("slip_status", f"Statut inconnu : {row.status}.", place)
        return
    taken_back = row.status == "cancelled"
    yield from same("slip_transactions", place, "Transactions tenues", row.held, 0 if taken_back else row.transactions)
    expected = (row.number, row.posting) if taken_back else (None, None)
    if (row.reversal_slip, row.reversal_of) != expected:
        yield Finding("slip_status", f"Le bordereau ({row.status}) et l'écriture qui l'annule se contredisent.", place)


def on_slips(rows: Iterable[OnSlipRow]) -> Iterator[Finding]:
    """A transaction on a slip awaits none; the slip is posted and lists it."""
    for row in rows:
        if row.status == "awaiting_slip" or row.slip_status != "posted" or row.listed is None:
            message = f"La transaction ({row.status}) se dit sur le bordereau {row.slip}, qui n'en dit pas autant."
            yield Finding("slip_transactions", message, f"transaction {row.transaction}")

"""Instruments: from state to state, and as the headers that made them say."""

from collections.abc import Iterable, Iterator
from datetime import date as Day  # noqa: N812  (rows below have a field called `date`)

from lettrage.books.laws.finding import Finding, text
from lettrage.books.laws.rows import Row, currency_of
from lettrage.money import Currency


class InstrumentRow(Row, frozen=True):
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


class ReturnRow(Row, frozen=True):
    """An unpaid transaction, or what is kept as a return: the instrument that came back, and the header undone.

    `previous`: what the transaction's own instrument continues. `undone`: the kind of the transaction undone.
    """

    transaction: int
    kind: str
    instrument: int | None
    previous: int | None
    third_party: str | None
    instrument_third_party: str | None
    undone: str | None


def returns(rows: Iterable[ReturnRow]) -> Iterator[Finding]:
    """Every unpaid transaction says which payment came back, and which receipt it undoes; nothing else does."""
    for row in rows:
        said = (row.instrument, row.third_party)
        true = (row.previous, row.instrument_third_party)
        brought_in = row.undone in ("settlement", "represented", "loaded")
        if row.kind != "unpaid" or row.instrument is None or said != true or not brought_in:
            message = (
                f"L'impayé (effet {row.instrument}, {row.third_party}) ne répond pas à son effet ou à son origine."
            )
            yield Finding("return_differs", message, f"transaction {row.transaction}")


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
            figures = f"{text(row.amount, currency_of(row.currency))} {row.currency}, valeur {text(row.home, home)}"
            message = f"L'effet ({row.third_party} {figures}) diffère de l'effet {row.previous} qu'il continue."
            yield Finding("instrument_differs", message, place)
        yield from _made_by(row, place)


def _made_by(row: InstrumentRow, place: str) -> Iterator[Finding]:
    """An instrument says what the header that made it says. A deposit's header names no third party of its own."""
    if row.status is None or row.header_currency is None:
        yield Finding("instrument_header", f"L'ordre {row.order} de sa transaction n'existe pas.", place)
    elif row.kind in ("settlement", "deposit", "unpaid", "represented"):
        own = (row.direction, row.date, row.currency, row.bank)
        said = (row.header_direction, row.header_date, row.header_currency, row.header_bank)
        if own != said or (row.kind != "deposit" and row.third_party != row.header_third_party):
            yield Finding("instrument_header", "Sens, date, devise, banque ou tiers diffèrent de son ordre.", place)

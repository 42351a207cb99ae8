"""Closed years: what was kept when they were closed is what their entries still come to."""

from collections.abc import Iterable, Iterator

import msgspec

from lettrage.books.laws.finding import Finding, equal, same
from lettrage.books.laws.rows import Row
from lettrage.books.opening import RESULT_CLASSES, Carried, Turnover, carried_over, first_items
from lettrage.company.dossier import Company

_balances = msgspec.json.Decoder(tuple[Carried, ...]).decode


class ClosingRow(Row, frozen=True):
    """A closed year, the hash of the entry that it names, and how many entries it has now."""

    year: str
    end: str
    posting: int
    head: str
    entries: int
    result_home: int
    balances: str
    hash: str | None
    counted: int


class SuccessorRow(Row, frozen=True):
    """A due item that goes on another."""

    id: int
    previous: int


class ShutRow(Row, frozen=True):
    """Up to when a dossier is locked and closed, and what the last that was said of both is."""

    locked_until: str
    closed_until: str
    last_lock: str
    last_close: str
    last_closing: str


def closings(
    rows: Iterable[ClosingRow], turnovers: Iterable[Turnover], successors: Iterable[SuccessorRow], company: Company
) -> Iterator[Finding]:
    """Each closed year has the entries, the result, the head and the balances that were kept."""
    every = list(rows)
    by_year = sorted(turnovers, key=lambda row: row.year)
    first_of = first_items({row.id: row.previous for row in successors})
    home = company.currency
    for row in every:
        place = f"exercice {row.year}"
        year = company.year_named(row.year)
        yield from same("closing_differs", place, "Fin", row.end, year.end.isoformat() if year else "aucune")
        if row.posting:
            yield from same("closing_differs", place, "Empreinte de tête", row.hash, row.head)
        yield from same("closing_differs", place, "Nombre d'écritures", row.counted, row.entries)
        before = [turnover for turnover in by_year if turnover.year <= row.year]
        own = (turnover for turnover in before if turnover.year == row.year)
        result = -sum(turnover.home for turnover in own if turnover.account.startswith(RESULT_CLASSES))
        yield from equal("closing_differs", place, "Résultat", result, row.result_home, home)
        yield from _compared(row, carried_over(before, first_of, company.accounts, home), company)


def _compared(row: ClosingRow, now: tuple[Carried, ...], company: Company) -> Iterator[Finding]:
    """The balances kept are those of the entries; each account that differs is told."""
    try:
        kept = _balances(row.balances)
    except msgspec.MsgspecError as trouble:
        yield Finding("unreadable", f"Soldes illisibles : {trouble}", f"exercice {row.year}")
        return
    for one in sorted(set(kept) ^ set(now)):
        place = f"exercice {row.year}, compte {one.account} {one.third_party}".rstrip()
        side = "gardé à la clôture, absent des écritures" if one in kept else "dans les écritures, non gardé"
        yield from equal("closing_balance", place, f"Solde {side}", one.home if one in kept else 0,
                         0 if one in kept else one.home, company.currency)  # fmt: skip


def shut(rows: Iterable[ShutRow]) -> Iterator[Finding]:
    """A dossier is locked and closed as far as was last said."""
    for row in rows:
        yield from same("period_differs", "dossier", "Verrouillé jusqu'au", row.locked_until, row.last_lock)
        yield from same("period_differs", "dossier", "Clos jusqu'au", row.closed_until, row.last_close)
        yield from same("period_differs", "dossier", "Dernier exercice clos", row.last_closing, row.last_close)

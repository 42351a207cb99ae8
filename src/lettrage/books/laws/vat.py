"""VAT on receipts: what settlements moved beside what their entries posted, and what waits beside what was invoiced."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

import msgspec

from lettrage.books.laws.finding import Finding, equal, same
from lettrage.books.laws.rows import Row, ledger_sign
from lettrage.books.vat_due import vat_at_home
from lettrage.company.dossier import Company
from lettrage.settlement.document import Vat


class PostedVatRow(Row, frozen=True):
    """Credit less debit of an account in a transaction's own entry, lines on due items aside."""

    transaction: int
    account: str
    home: int


class MovedVatRow(Row, frozen=True):
    """What a transaction moved of a ledger's VAT: what became due, and what left the account where it waited."""

    transaction: int
    ledger: str
    vat: int
    freed: int


class WaitingRow(Row, frozen=True):
    """A due item of an invoice with VAT on receipts: what waits with it (JSON). `before`: settled before the load."""

    invoice: int
    number: str
    amount: int
    home: int
    vat: str
    parked: str
    before: int


class FreedRow(Row, frozen=True):
    """What standing transactions freed of a line of an invoice's VAT, at the lowest and highest rate that they say."""

    invoice: int
    line: int
    rate: str
    other_rate: str
    freed: int


def vat_moves(posted: Iterable[PostedVatRow], moved: Iterable[MovedVatRow], company: Company) -> Iterator[Finding]:
    """What a transaction's VAT moves say is what its entry posted; an account that has another role too is left out."""
    accounts, home = company.accounts, company.currency
    given = _stepping(posted)
    for transaction, rows in _both(given, _stepping(moved)):
        on = {row.account: row.home for row in rows[0] if isinstance(row, PostedVatRow)}
        own = [row for row in rows[1] if isinstance(row, MovedVatRow)]
        place = f"transaction {transaction}"
        if _one_role(accounts.vat_parked, company):
            freed = -sum(ledger_sign(row.ledger) * row.freed for row in own)
            yield from equal("vat_posted", place, "TVA sortie d'attente", on.get(accounts.vat_parked, 0), freed, home)
        if _one_role(accounts.vat_collected, company):
            due = sum(row.vat for row in own if row.ledger == "customer")
            yield from equal("vat_posted", place, "TVA collectée", on.get(accounts.vat_collected, 0), due, home)


def vat_waits(waiting: Iterable[WaitingRow], freed: Iterable[FreedRow]) -> Iterator[Finding]:
    """What waits with an invoice's due items, and what was freed, is its VAT."""
    for invoice, rows in _both(_stepping(waiting, "invoice"), _stepping(freed, "invoice")):
        items = [row for row in rows[0] if isinstance(row, WaitingRow)]
        moves = [row for row in rows[1] if isinstance(row, FreedRow)]
        if not items:
            yield Finding("vat_waits", "TVA sortie d'attente d'une facture qui n'en a pas.", f"facture {invoice}")
        elif not any(row.before for row in items):
            yield from _of_invoice(items, moves)


def _of_invoice(items: Sequence[WaitingRow], moves: Sequence[FreedRow]) -> Iterator[Finding]:
    first, place = items[0], f"facture {items[0].number}"
    try:
        lines = [Vat(Fraction(rate), base, vat) for rate, base, vat in msgspec.json.decode(first.vat)]
        parked = [msgspec.json.decode(row.parked, type=list[int]) for row in items if row.parked not in ("", "[]")]
        whole = vat_at_home(lines, first.amount, first.home)
        waits = [sum(shares[at] for shares in parked) for at in range(len(lines))]
    except (msgspec.MsgspecError, ValueError, TypeError, IndexError, ZeroDivisionError) as trouble:
        yield Finding("unreadable", f"TVA illisible : {trouble}", place)
        return
    left = dict(enumerate(whole))
    for move in moves:
        if move.line not in left:
            yield Finding("vat_waits", f"TVA de la ligne {move.line}, que la facture n'a pas.", place)
            continue
        left[move.line] -= move.freed
        rate = str(lines[move.line].rate)
        yield from same("vat_rate", place, "Taux de TVA", {move.rate, move.other_rate}, {rate})
    yield from same("vat_waits", place, "TVA en attente par taux", waits, list(left.values()))


def _one_role(account: str, company: Company) -> bool:
    return msgspec.structs.astuple(company.accounts).count(account) == 1


_Groups = Iterator[tuple[int, Sequence[Row]]]


def _stepping(rows: Iterable[Row], key: str = "transaction") -> _Groups:
    for value, group in groupby(rows, attrgetter(key)):
        yield value, list(group)


def _both(first: _Groups, second: _Groups) -> Iterator[tuple[int, tuple[Sequence[Row], Sequence[Row]]]]:
    """Two streams in one order, side by side."""
    one, two = next(first, None), next(second, None)
    while one is not None or two is not None:
        key = min(group[0] for group in (one, two) if group is not None)
        rows: Mapping[int, Sequence[Row]] = {
            at: group[1] for at, group in enumerate((one, two)) if group is not None and group[0] == key
        }
        yield key, (rows.get(0, ()), rows.get(1, ()))
        one = next(first, None) if 0 in rows else one
        two = next(second, None) if 1 in rows else two

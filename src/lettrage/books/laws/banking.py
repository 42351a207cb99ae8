"""Statements of the bank: whole by their balances, each line matched once, with as much of the ledger as it moves."""

from collections.abc import Iterable, Iterator

from lettrage.books.laws.finding import Finding, equal, text
from lettrage.books.laws.rows import Row, currency_of
from lettrage.company.dossier import Company


class StatementRow(Row, frozen=True):
    """A statement with the sum of its lines, and how many of them are in another currency."""

    id: int
    bank: str
    currency: str
    opening: int | None
    closing: int | None
    moved: int
    others: int


class MatchRow(Row, frozen=True):
    """A match that stands: its line, what of the ledger it accounts for, how many others stand for that line.

    `cancelled`: a transaction that its acceptance made and that counts no more; "" for none. `told_elsewhere`: the
    line that should be matched in its place.
    """

    id: int
    line: int
    bank: str
    currency: str
    amount: int
    accounted: int
    standing: int
    cancelled: str
    told_elsewhere: int | None


class AccountedRow(Row, frozen=True):
    """A line of an entry that matches account for, on whatever account."""

    posting: int
    line: int
    account: str
    bank: str
    currency: str
    amount: int
    accounted: int


def statements(rows: Iterable[StatementRow]) -> Iterator[Finding]:
    """Where both balances are told, opening and movements are the closing."""
    for row in rows:
        place = f"relevé {row.id} ({row.bank})"
        if row.opening is not None and row.closing is not None:
            reached = row.opening + row.moved
            yield from equal("statement_sum", place, "Nouveau solde", reached, row.closing, currency_of(row.currency))
        if row.others:
            yield Finding("statement_sum", f"{row.others} ligne(s) dans une autre devise que {row.currency}.", place)


def matches(rows: Iterable[MatchRow]) -> Iterator[Finding]:
    """A line is matched once, with ledger's lines of the same sum, and with nothing that was cancelled."""
    for row in rows:
        place = f"ligne de relevé {row.line}"
        what = "Écritures rapprochées"
        yield from equal("match_sum", place, what, row.accounted, row.amount, currency_of(row.currency))
        if row.standing != 1:
            yield Finding("matched_twice", f"{row.standing} rapprochements en cours pour une ligne.", place)
        if row.cancelled:
            yield Finding("match_stands", f"Rapprochée avec la transaction annulée {row.cancelled}.", place)
        if row.told_elsewhere is not None:
            message = f"Rapprochée, alors que la ligne {row.told_elsewhere} dit le même mouvement et fait foi."
            yield Finding("matched_twice", message, place)


def accounted(rows: Iterable[AccountedRow], company: Company) -> Iterator[Finding]:
    """No more of a ledger's line is accounted for than it moves, and it stands on the bank's account."""
    for row in rows:
        place = f"écriture n° d'ordre {row.posting}, ligne {row.line}"
        bank = company.banks.get(row.bank)
        if bank is None or bank.account != row.account:
            found = f"compte {row.account}, banque {row.bank}"
            yield Finding("match_account", f"Rapprochée hors du compte de la banque : {found}.", place)
        within = row.amount * row.accounted >= 0 and abs(row.accounted) <= abs(row.amount)
        if not within:
            held = currency_of(row.currency)
            figures = f"{text(row.accounted, held)} rapprochés sur {text(row.amount, held)}"
            yield Finding("match_beyond", f"{figures} ({row.currency}).", place)

"""Payment files: what they hold, what their bytes say, and what became of each line."""

import hashlib
from collections.abc import Iterable, Iterator

from lettrage.bank.payments.kinds import KINDS
from lettrage.books.laws.finding import Finding, equal, same, text
from lettrage.books.laws.rows import Row, currency_of
from lettrage.guard import xml_safe
from lettrage.money import decimal_text
from lettrage.refusal import Unreadable

_STATUSES = ("sent", "rejected", "withdrawn")


class PaymentFileRow(Row, frozen=True):
    """A payment file beside its lines. `standing`: how many of these a bank may still execute, or has."""

    number: int
    kind: str
    message: str
    currency: str
    total: int
    count: int
    sha256: str
    cancelled: int
    why: str
    content: bytes
    lines: int
    carried: int
    standing: int


class PaymentLineRow(Row, frozen=True):
    """A line beside its instrument, its file and the bank's answer.

    `alive`: how many lines of whatever file say that this instrument is with a bank. `following`: how many instruments
    that stand came after it.
    """

    file: int
    position: int
    kind: str
    cancelled: int
    status: str
    amount: int
    answer: int | None
    answer_format: str | None
    instrument: int
    state: str | None
    direction: str | None
    currency: str | None
    instrument_amount: int | None
    active: int | None
    alive: int
    following: int


def payment_files(rows: Iterable[PaymentFileRow]) -> Iterator[Finding]:
    """A file's total is that of its lines and the one that its bytes say; its bytes are those that were made."""
    for row in rows:
        place = f"fichier de paiement {row.number}"
        of = currency_of(row.currency)
        yield from equal("payment_total", place, "Total des lignes", row.carried, row.total, of)
        yield from same("payment_total", place, "Nombre de lignes", row.lines, row.count)
        yield from same("payment_content", place, "Empreinte", hashlib.sha256(row.content).hexdigest(), row.sha256)
        said = _said(row)
        if said != (row.message, row.count, decimal_text(row.total, 2)):
            yield Finding("payment_content", f"Le fichier dit {said}, total {text(row.total, of)} attendu.", place)
        if row.cancelled not in (0, 1) or bool(row.cancelled) != bool(row.why):
            yield Finding("payment_status", "Le fichier et le motif de son annulation se contredisent.", place)
        if row.cancelled and row.standing:
            yield Finding(
                "payment_status", f"Fichier annulé, dont {row.standing} ligne(s) ne sont pas retirées.", place
            )


def _said(row: PaymentFileRow) -> tuple[str, int, str] | None:
    """What the bytes say of themselves: identification (a bill file has none), how many, the total."""
    if row.kind == "bills":
        records = row.content.decode("ascii", "replace").split("\r\n")
        total = records[-2][102:114] if len(records) > 2 else ""
        return (row.message, len(records) - 3, decimal_text(int(total), 2)) if total.isdecimal() else None
    try:
        root = xml_safe.parse(row.content)
    except Unreadable:
        return None
    found = [root.findtext(f"{{*}}*/{{*}}GrpHdr/{{*}}{name}") or "" for name in ("MsgId", "NbOfTxs", "CtrlSum")]
    return (found[0], int(found[1]), found[2]) if found[1].isdecimal() else None


def payment_lines(rows: Iterable[PaymentLineRow]) -> Iterator[Finding]:
    """A line is its instrument, in a state of its kind; no instrument is with two banks; what is said of it is so."""
    for row in rows:
        place = f"fichier de paiement {row.file}, ligne {row.position}"
        yield from _instrument(row, place)
        if row.alive > 1:
            message = f"L'effet {row.instrument} est dans {row.alive} fichiers à la fois."
            yield Finding("payment_twice", message, place)
        ended = row.status in ("withdrawn", "rejected")
        if (
            row.status not in _STATUSES
            or (row.status == "withdrawn" and not row.cancelled)
            or (row.cancelled and not ended)
        ):
            yield Finding("payment_status", f"La ligne se dit « {row.status} », le fichier autre chose.", place)
        if (row.status == "rejected") != (row.answer_format == "pain.002"):
            yield Finding("payment_status", f"La ligne ({row.status}) et la réponse de la banque ne vont pas.", place)
        if row.status == "sent" and not row.active and not row.following:
            message = f"L'effet {row.instrument} n'existe plus, alors que la banque peut l'exécuter."
            yield Finding("payment_taken_back", message, place)


def _instrument(row: PaymentLineRow, place: str) -> Iterator[Finding]:
    kind = KINDS.get(row.kind)
    fits = kind is not None and row.state in kind.states and row.direction == kind.direction
    if not fits or (row.currency, row.instrument_amount) != ("EUR", row.amount):
        told = f"{row.state} {row.direction} {row.instrument_amount} {row.currency}"
        yield Finding("payment_line", f"La ligne ({row.amount}) n'est pas son effet {row.instrument} ({told}).", place)

"""What speaks for settling some due items by a line, and what against it."""

from collections.abc import Iterable, Iterator
from datetime import date as Day  # noqa: N812

from lettrage.bank.matching.candidate import Case
from lettrage.bank.matching.facts import Open
from lettrage.bank.matching.fits import Fit
from lettrage.bank.matching.proposal import Reason
from lettrage.bank.matching.reasons import reason
from lettrage.bank.matching.references import Named, Piece, Proof
from lettrage.money import decimal_text

NEAR_DAYS, MONTH_DAYS, FAR_DAYS = 10, 40, 150
EARLY_DAYS = 3  # an invoice may be paid a little before it is dated
_AMOUNT = {
    "exact": "amount",
    "fees_told": "amount_fees_told",
    "discount": "amount_discount",
    "difference": "amount_difference",
    "fees": "amount_fees",
    "exchange": "amount_exchange",
    "part": "amount_part",
    "surplus": "amount_surplus",
}
_PROOF = {
    Proof.STRONG: "reference",
    Proof.FAIR: "reference_fair",
    Proof.WEAK: "reference_short",
    Proof.TYPO: "reference_typo",
}


def of_amount(case: Case, code: str, items: tuple[Open, ...], fit: Fit) -> Iterator[Reason]:
    """How the amount fits."""
    currency = case.line.currency
    shown = decimal_text(case.amount, currency.decimals)
    if fit.how != "exact" or len(items) == 1:
        gap = sum(part.discount + abs(part.difference) + part.left for part in fit.parts) + fit.fees
        yield reason(_AMOUNT[fit.how], shown, decimal_text(gap, currency.decimals))
    else:
        yield reason("amount_several", shown, str(len(items)))
        own = case.books.open_of(code, case.direction, currency)
        if len(items) == len(own.items):
            yield reason("amount_all")
        elif all(i.due_date <= case.line.date for i in items) and len(items) == sum(
            1 for i in own.items if i.due_date <= case.line.date
        ):
            yield reason("amount_due")
    if any(item.announced for item in items):
        yield reason("announced", next(item.piece for item in items if item.announced))


def of_names(case: Case, code: str, items: tuple[Open, ...]) -> Iterator[Reason]:
    """What the line names of these items, what of others, and what that is settled."""
    chosen = {(i.third_party, i.ledger, i.prefix, i.piece) for i in items}
    here: list[tuple[Named, Piece]] = []
    away: list[Named] = []
    for named in case.references.named:
        own = [p for p in named.pieces if (p.third_party, p.ledger, p.prefix, p.number) in chosen]
        if own:
            here += [(named, p) for p in own]
        elif named.proof >= Proof.FAIR and not all(is_settled(case, p) for p in named.pieces):
            away.append(named)
    if here:
        proof = max(named.proof for named, _ in here)
        met = {(p.third_party, p.ledger, p.prefix, p.number) for _, p in here}
        seen = ", ".join(dict.fromkeys(p.name for _, p in here))
        yield reason(_PROOF[proof], here[0][0].seen if proof is Proof.TYPO else seen, here[0][1].name)
        if met < chosen:
            yield reason("reference_part", seen)
        shared = [n for n, _ in here if len({p.third_party for p in n.pieces}) > 1]
        if shared and not case.payers.supports(code):
            yield reason("reference_shared", shared[0].seen)
    if away:
        elsewhere = case.payers.supports(code) and not any(
            case.payers.supports(p.third_party) for named in away for p in named.pieces
        )
        told = "reference_elsewhere" if elsewhere else "reference_other"
        yield reason(told, ", ".join(named.seen for named in away))
    yield from settled(case, code)


def settled(case: Case, code: str) -> Iterator[Reason]:
    """What the line names of this third party that nothing is open of any more."""
    gone = [p.name for n, p in case.pieces.get(code, ()) if n.proof >= Proof.FAIR and is_settled(case, p)]
    if gone:
        yield reason("reference_settled", ", ".join(dict.fromkeys(gone)))


def twice(case: Case, code: str) -> list[Reason]:
    """Whether the line pays once more what it names."""
    gone = [p for n, p in case.pieces.get(code, ()) if n.proof >= Proof.FAIR and is_settled(case, p)]
    for piece in gone:
        if (piece.amount or abs(sum(item.open for item in piece.items))) == case.amount:
            return [reason("paid_twice", piece.name)]
    return []


def is_settled(case: Case, piece: Piece) -> bool:
    """Whether nothing of a piece is open, what earlier lines took for certain put aside."""
    return not any(case.books.there(item) for item in piece.items)


def of_dates(case: Case, items: Iterable[Open]) -> Iterator[Reason]:
    """How the dates fit, and whether an item is in dispute."""
    own = [item for item in items if item.kind != "advance"]
    if any(item.disputed for item in own):
        yield reason("disputed", next(item.piece for item in own if item.disputed))
    if not own:
        return
    if any(case.days_from(item.date) < -EARLY_DAYS for item in own):
        yield reason("early", next(item.piece for item in own if case.days_from(item.date) < -EARLY_DAYS))
    away = min(abs(case.days_from(item.due_date)) for item in own)
    if away <= NEAR_DAYS:
        yield reason("due_near", str(case.line.date))
    elif away <= MONTH_DAYS:
        yield reason("due_month", str(case.line.date))
    elif away > FAR_DAYS:
        yield reason("due_far", str(case.line.date))


def passes_over(case: Case, code: str, items: tuple[Open, ...]) -> bool:
    """Whether an older item of the same amount is left aside: of equals the earliest due is paid."""
    chosen = {item.id for item in items}
    latest: dict[int, Day] = {}
    for item in items:
        latest[item.open] = max(item.due_date, latest.get(item.open, Day.min))
    own = case.books.open_of(code, case.direction, case.line.currency).items
    return any(i.id not in chosen and i.open in latest and i.due_date < latest[i.open] and not i.disputed for i in own)

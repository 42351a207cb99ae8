"""When a line settles due items without anybody being asked: it names them all, or they are all that it can be."""

from lettrage.bank.matching.candidate import Case
from lettrage.bank.matching.facts import Open
from lettrage.bank.matching.references import Named, Piece, Proof
from lettrage.bank.matching.understood import all_understood, objection
from lettrage.bank.matching.why import EARLY_DAYS, FAR_DAYS


def named_for_certain(case: Case, code: str, items: tuple[Open, ...]) -> bool:
    """Whether the line names all of these, nothing else, and nobody else: then no person need look at it."""
    if not _sound(case, code, items) or objection(case, code, items):
        return False
    pieces: dict[tuple[str, str, str], tuple[Proof, Named, Piece]] = {}
    for named, piece in case.pieces.get(code, ()):
        key = (piece.ledger, piece.prefix, piece.number)
        if key not in pieces or pieces[key][0] < named.proof:
            pieces[key] = named.proof, named, piece
    own = [pieces.get((i.ledger, i.prefix, i.piece)) for i in items]
    found = [entry for entry in own if entry is not None]
    if len(found) < len(items) or not case.clear([piece for _, _, piece in found], code):
        return False
    theirs = case.payers.supports(code)
    if any(len({p.third_party for p in named.pieces}) > 1 for _, named, _ in found) and not theirs:
        return False
    if any(_alike_due_dates(case, piece, items) for _, _, piece in found):
        return False
    weakest = min(proof for proof, _, _ in found)
    return weakest is Proof.STRONG or (weakest is Proof.FAIR and theirs)


def theirs_for_certain(case: Case, code: str, items: tuple[Open, ...]) -> bool:
    """Whether the IBAN is this third party's alone, this is all that the amount can be of theirs, and the text says no
    more than that somebody pays.
    """
    if (
        not case.payers.proves(code)
        or not _sound(case, code, items)
        or not case.clear([], code)
        or case.references.doubtful
        or not all_understood(case, code, items)
    ):
        return False
    if any(not named.counts and sum(c.isdigit() for c in named.seen) > 2 for named in case.references.named):
        return False  # little by little a number tells something else
    own = case.books.open_of(code, case.direction, case.line.currency)
    if any(case.days_from(item.due_date) > FAR_DAYS or case.days_from(item.date) < 0 for item in items):
        return False
    if case.books.currencies_of(code) != [case.line.currency]:
        return False
    if case.payers.same_name and code not in case.payers.same_name:  # the account of one, the name of another
        return False
    return len(items) == 1 or len(items) == len(own.items)


def _sound(case: Case, code: str, items: tuple[Open, ...]) -> bool:
    """Nothing about the line or the items asks for a second look."""
    if case.other_business or case.line.reversal or case.line.reason or case.payers.contradicts(code):
        return False
    if case.payers.stranger(code) and not case.company.allow_other_payer:
        return False
    if any(item.disputed or item.kind == "advance" for item in items):
        return False
    return not any(case.days_from(item.date) < -EARLY_DAYS for item in items)


def _alike_due_dates(case: Case, piece: Piece, items: tuple[Open, ...]) -> bool:
    """Whether another due date of the same piece has the same amount open as one of those chosen."""
    chosen = {item.id for item in items}
    amounts = {item.open for item in items if item.id in {own.id for own in piece.items}}
    return any(own.open in amounts for own in piece.items if own.id not in chosen and case.books.there(own))

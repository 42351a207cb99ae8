"""What a line says of something that is settled already: whose it is, which pieces."""

from collections.abc import Sequence

from lettrage.bank.matching.candidate import Case
from lettrage.bank.matching.proposal import Reason
from lettrage.bank.matching.reasons import reason
from lettrage.bank.matching.references import Proof


def named_pieces(case: Case, codes: Sequence[str], pieces: Sequence[str]) -> list[Reason]:
    """The pieces settled already that the line names."""
    seen = {
        piece.name: named.proof
        for code in codes
        for named, piece in case.pieces.get(code, ())
        if piece.number in pieces and named.proof >= Proof.FAIR
    }
    if not seen:
        return []
    strong = max(seen.values()) is Proof.STRONG
    return [reason("reference" if strong else "reference_fair", ", ".join(seen), ", ".join(seen))]


def somebody_else(case: Case, codes: Sequence[str]) -> bool:
    """Whether the line is the payment of somebody who is none of these."""
    return bool(codes) and all(case.payers.contradicts(code) or case.payers.stranger(code) for code in codes)


def names_others(case: Case, pieces: Sequence[str]) -> bool:
    """Whether the line names a piece that is none of these, or one that nobody has."""
    away = [
        named
        for named in case.references.named
        if named.proof >= Proof.FAIR and not any(piece.number in pieces for piece in named.pieces)
    ]
    return bool(away or case.references.unknown)

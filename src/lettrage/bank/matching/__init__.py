"""What a line of a bank statement is: proposals with their reasons, the certain ones told apart. Pure.

`propose()` reads each line (who pays: `payers`; which pieces: `references`; which words: `patterns`), gathers what it
may be (`items`, `others`), and weighs it by the table of `reasons.toml`. No two lines get the same thing for certain.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from lettrage.bank.matching.books import Books
from lettrage.bank.matching.candidate import Candidate, Case
from lettrage.bank.matching.facts import Facts, Movement
from lettrage.bank.matching.items import item_candidates
from lettrage.bank.matching.others import other_candidates
from lettrage.bank.matching.patterns import Patterns, standard
from lettrage.bank.matching.proposal import Proposal, Verdict
from lettrage.company.dossier import Company

PROPOSED_MOST = 6
SCORE_LEAST = 15  # below it a proposal is noise
MARGIN = 15  # another exact proposal that comes this near leaves a doubt


def propose(
    movements: Sequence[Movement], facts: Facts, company: Company, patterns: Patterns | None = None
) -> list[Verdict]:
    """What each line may be, in the order given. Lines are in the order in which the bank booked them."""
    books = Books(facts)
    patterns = patterns or standard()
    cases = [Case(movement, books, company, patterns) for movement in movements]
    weighed = [_weighed(case) for case in cases]
    firm = _without_rivals([_certain(ranked) for ranked in weighed], _claims(cases, weighed), cases)
    taken = [target for first in firm if first is not None for target in first.targets]
    books.take(taken)
    gone = frozenset(taken)
    for at, ranked in enumerate(weighed):
        if firm[at] is None and any(gone & candidate.targets for candidate in ranked):
            weighed[at] = _weighed(Case(movements[at], books, company, patterns))
    return [
        Verdict(movement.line.id, movement.direction, movement.line.currency, _proposals(ranked, first))
        for movement, ranked, first in zip(movements, weighed, firm, strict=True)
    ]


def _weighed(case: Case) -> list[Candidate]:
    """Everything that a line may be, the likeliest first; one of those that would take the same."""
    if case.amount == 0:
        return []
    found = sorted((*other_candidates(case), *item_candidates(case)), key=lambda candidate: candidate.order)
    kept: dict[tuple[object, ...], Candidate] = {}
    for candidate in found:
        kept.setdefault((candidate.kind, candidate.parts, candidate.targets, candidate.instruments), candidate)
    return [candidate for candidate in kept.values() if candidate.score >= SCORE_LEAST][:PROPOSED_MOST]


def _alone(first: Candidate, others: Iterable[Candidate]) -> bool:
    """Whether nothing else that fits exactly comes near."""
    weight = _weight(first)
    return not any(o.exact and not o.account and _weight(o) > weight - MARGIN for o in others)


def _weight(candidate: Candidate) -> int:
    return sum(own.weight for own in candidate.reasons)


def _certain(ranked: Sequence[Candidate]) -> Candidate | None:
    """The first proposal of a line, where nobody need be asked about it."""
    if not ranked:
        return None
    first, *others = ranked
    sure = first.certain and first.exact and not first.several and _alone(first, others)
    if sure and not first.by_name:  # nothing else of theirs may be as exact, however little speaks for it
        sure = not any(other.exact and other.third_party == first.third_party for other in others)
    return first if sure else None


def _claims(cases: Sequence[Case], weighed: Sequence[Sequence[Candidate]]) -> Counter[str]:
    """How many lines are about each thing: by their likeliest proposal, certain or not, or because they name it."""
    claims: Counter[str] = Counter()
    for case, ranked in zip(cases, weighed, strict=True):
        own = set(ranked[0].targets) if ranked and ranked[0].exact else set()
        claims.update(own | case.named_targets)
    return claims


def _without_rivals(
    firm: Sequence[Candidate | None], claims: Counter[str], cases: Sequence[Case]
) -> list[Candidate | None]:
    """What is certain once lines are compared. Of lines that name the same thing the first has it, unless that one is
    in doubt itself; where lines only seem to be about it none has.
    """
    kept: list[Candidate | None] = [None] * len(firm)
    taken: set[str] = set()
    doubted: set[str] = set()  # named by a line before, which a person must look at
    for at in sorted(range(len(firm)), key=lambda at: (cases[at].line.date, at)):
        own = firm[at]
        rivals = own is not None and not own.by_name and any(claims[target] > 1 for target in own.targets)
        if own is None or rivals or own.targets & (taken | doubted):
            doubted |= cases[at].named_targets
            continue
        taken |= own.targets
        kept[at] = own
    return kept


def _proposals(ranked: Sequence[Candidate], firm: Candidate | None) -> tuple[Proposal, ...]:
    return tuple(
        candidate.proposal(
            rank,
            not candidate.several and _alone(candidate, [o for o in ranked if o is not candidate]),
            automatic=candidate is firm,
        )
        for rank, candidate in enumerate(ranked, 1)
    )


__all__ = ["Facts", "Movement", "Proposal", "Verdict", "propose"]

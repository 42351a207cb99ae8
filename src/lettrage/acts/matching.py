"""Lines of statements with what they may be, and those that can mean one thing only settled unasked."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date as Day  # noqa: N812
from typing import Any, Protocol, cast

import msgspec

from lettrage.acts import ActStore, Refused, perform
from lettrage.acts.bank import AcceptLine, LineNotMet
from lettrage.bank.lines import Kept, line_shape
from lettrage.bank.matching import Facts, Movement, Proposal, Verdict, propose
from lettrage.bank.matching.proposal import WIRE
from lettrage.bank.matching.shapes import shape
from lettrage.caller import Caller, dossier_for
from lettrage.company.dossier import Company
from lettrage.money import Figure
from lettrage.ports import Clock
from lettrage.refusal import Refusal
from lettrage.settlement.terms import period_faults


class MatchBooks(Protocol):
    """What proposing asks of the books."""

    @property
    def company(self) -> Company:
        """The company file."""

    def bank_lines(self, statement: int = 0, *, open_only: bool = False) -> list[Kept]:
        """The lines of every statement, or of one, by bank and day; each movement once."""

    def bank_line(self, line: int) -> Kept | None:
        """A line of a statement, and what became of it."""

    def matching_facts(self, movements: Sequence[Movement]) -> Facts:
        """What the books know that these lines may be about."""


def verdicts(lines: Sequence[Kept], books: MatchBooks) -> dict[int, Verdict]:
    """What each open line may be. Lines are weighed together, so that no two get the same thing for certain."""
    open_ = [kept for kept in lines if kept.match is None and kept.twin is None]
    if not open_:
        return {}
    movements = [Movement(kept.bank, kept.line) for kept in open_]
    return {own.line: own for own in propose(movements, books.matching_facts(movements), books.company)}


def accepted(kept: Kept) -> Proposal | None:
    """What a line was accepted for."""
    return msgspec.convert(kept.match.proposal, Proposal) if kept.match else None


def matched_shape(kept: Kept, verdict: Verdict | None) -> dict[str, Any]:
    """A line with what it may be, or what it was taken for, as JSON."""
    taken = accepted(kept)
    proposals = [taken] if taken else list(verdict.proposals) if verdict else []
    kind = WIRE[taken.kind] if taken else verdict.kind if verdict else "unknown"
    return line_shape(kept) | {
        "automatic": bool(kept.match and kept.match.automatic),
        "kind": kind,
        "proposals": [shape(proposal, kept.line.currency) for proposal in proposals],
    }


def matched(books: MatchBooks, bank: str = "", *, open_only: bool = False) -> list[dict[str, Any]]:
    """Every line, or the open ones, with what it may be or was taken for."""
    lines = books.bank_lines(open_only=open_only)
    found = verdicts(lines, books)
    return [matched_shape(kept, found.get(kept.line.id)) for kept in lines if not bank or kept.bank == bank]


class Choice(msgspec.Struct, frozen=True):
    """What somebody takes a line for: the proposal of this rank, or (rank 0) a movement on an account.

    `day`: when it is booked, where not on the statement's day; `vat`: what of fees is VAT.
    """

    line: int
    rank: int = 1
    account: str = ""
    day: Day | None = None
    vat: Figure | None = None


def accepting(choice: Choice, books: MatchBooks, by: str) -> AcceptLine:
    """The act that accepts it. Raises Refused where there is no such proposal.

    Of a line that is matched already the act itself says so, or gives the answer that is kept under its key.
    """
    kept = books.bank_line(choice.line)
    proposal = Proposal(choice.rank, 0, "unknown")
    if choice.account:
        fees = choice.account[:3] == books.company.accounts.bank_fees[:3]
        proposal = Proposal(0, 0, "fee" if fees else "unknown", account=choice.account)
    elif kept is not None and kept.match is None and kept.twin is None:
        proposal = _of_rank(choice, books)
    return AcceptLine(choice.line, proposal, by, day=choice.day, vat=choice.vat)


def _of_rank(choice: Choice, books: MatchBooks) -> Proposal:
    """The proposal of this rank, the line weighed among all open ones."""
    found = verdicts(books.bank_lines(open_only=True), books).get(choice.line)
    proposals = found.proposals if found else ()
    facts = {"line": str(choice.line)}
    if not proposals:
        raise Refused(Refusal("no_proposal", "proposal", facts=facts))
    if not 0 < choice.rank <= len(proposals):
        raise Refused(Refusal("unknown_proposal", "proposal", str(choice.rank), f"1-{len(proposals)}", facts))
    return proposals[choice.rank - 1]


def settle_certain(
    caller: Caller, store: ActStore, clock: Clock, each: Callable[[], bool] = lambda: True
) -> list[dict[str, Any]]:
    """Accept every line that can mean one thing only, where the dossier says so: a commit each.

    Broken off, it goes on where it was; what is refused stays open, and what somebody has undone is left to people.
    """
    dossier = dossier_for(caller, "", "dossier", store)
    with store.books(dossier, writing=False) as opened:
        books = cast("MatchBooks", opened)
        company = books.company
        if not company.automatic_matching:
            return []
        lines = books.bank_lines(open_only=True)
        found = verdicts(lines, books)
    today, done = clock.today(), []
    for kept in lines:
        verdict = found.get(kept.line.id)
        first = verdict.first if verdict else None
        if verdict is None or first is None or not verdict.automatic or kept.undone:
            continue
        if first.kind not in ("slip", "booked") and list(period_faults(company, kept.line.date, today, "")):
            continue
        each()
        act = AcceptLine(kept.line.id, first, caller.name, automatic=True)
        with suppress(LineNotMet):
            outcome = perform(act, msgspec.structs.replace(caller, key=""), store, clock)
            done += [outcome.result] if outcome.result else []
    return done

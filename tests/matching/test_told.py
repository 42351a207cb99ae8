"""What is said about matches: every reason in both languages, in the table of the guide, with its weight."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from lettrage.bank.matching.facts import Open
from lettrage.bank.matching.proposal import Proposal, Reason, Verdict
from lettrage.bank.matching.reasons import REASONS, told
from lettrage.bank.matching.shapes import shapes
from tests.matching.measure import Judged, judged
from tests.matching.scenario import EUR, scenarios

GUIDE = Path("docs/matching.md").read_text("utf-8")


@pytest.fixture(scope="module")
def every() -> list[Judged]:
    return list(judged(scenarios()))


def test_the_guide_lists_every_reason_with_its_weight() -> None:
    missing = [c for c, own in REASONS.items() if f"| `{c}` | {own.weight:+d} | {own.en} |" not in GUIDE]
    assert missing == []


def test_no_reason_is_there_for_nothing(every: list[Judged]) -> None:
    used = {own.code for one in every for proposal in one.verdict.proposals for own in proposal.reasons}
    assert set(REASONS) - used == set()


def test_a_proposal_is_told_and_kept(every: list[Judged]) -> None:
    """As JSON for people and programs, and back from what the store keeps."""
    for one in every:
        for proposal, shape in zip(one.verdict.proposals, shapes(one.verdict.proposals, EUR), strict=True):
            assert shape["score"] == max(0, min(100, sum(own["score"] for own in shape["reasons"])))
            assert all("{" not in own["fr"] + own["en"] for own in shape["reasons"])
            assert msgspec.convert(msgspec.to_builtins(proposal), Proposal) == proposal


def test_what_a_proposal_does_is_sound(every: list[Judged]) -> None:
    """A due item's parts are what is open of it; money in is money out; certain is exact and unique."""
    for one in every:
        line = one.scenario.movements[one.at].line
        items = {item.id: item for item in one.scenario.facts.items}
        for proposal in one.verdict.proposals:
            if proposal.kind == "items":
                _adds_up(proposal, items, one.verdict, abs(line.amount))
            assert not proposal.automatic or (proposal.exact and proposal.unique and proposal.rank == 1)


def _adds_up(proposal: Proposal, items: Mapping[int, Open], verdict: Verdict, amount: int) -> None:
    for part in proposal.items:
        if part.item is not None:
            seen = items[part.item].seen(verdict.direction)
            assert part.amount + part.discount + part.difference + part.left == seen
    paid = sum(part.amount if part.paid is None else part.paid for part in proposal.items)
    sign = 1 if verdict.direction == "encashment" else -1
    assert paid - sign * proposal.fees == amount


def test_no_two_lines_get_the_same_for_certain(every: list[Judged]) -> None:
    taken: set[tuple[str, object]] = set()
    for one in every:
        first = one.verdict.first
        if first is None or not first.automatic:
            continue
        things: list[object] = [part.item for part in first.items]
        things += [f"{first.kind} {identity}" for identity in first.instruments]
        things += [(own.posting, own.line) for own in first.booked if not first.instruments]
        for thing in things:
            assert (one.scenario.name, thing) not in taken, one.told
            taken.add((one.scenario.name, thing))


def test_every_text_can_be_told() -> None:
    for code, own in REASONS.items():
        shown = told(Reason(code, own.weight, "vu", "attendu"))
        assert shown["fr"] != shown["en"]

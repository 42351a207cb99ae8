"""How well lines are matched on the labelled corpus.

    python -m tests.matching.measure [--wrong]

Printed are: wrong automatic matches (there must be none), lines that had to settle themselves and did not, the share
of automatic ones, and how often what the line really is stands first, or among the first three. `--wrong` lists the
others.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator

import msgspec

from lettrage.bank.matching import Verdict, propose
from lettrage.money import decimal_text
from tests.matching.scenario import Label, Scenario, same, scenarios


class Judged(msgspec.Struct, frozen=True):
    """One line, its label and what was found."""

    scenario: Scenario
    at: int
    label: Label
    verdict: Verdict

    @property
    def known(self) -> bool:
        """Whether the books know what it is."""
        return self.label.what != "nothing"

    @property
    def wrong(self) -> bool:
        """Settled by itself, and not as it really is; or where it never should be."""
        first = self.verdict.first
        return self.verdict.automatic and (
            self.label.automatic == "never" or first is None or not same(first, self.label)
        )

    @property
    def missed(self) -> bool:
        """Not settled by itself where it had to be."""
        return self.label.automatic == "yes" and not self.verdict.automatic

    def within(self, ranks: int) -> bool:
        """Whether what it really is stands among the first."""
        return any(same(proposal, self.label) for proposal in self.verdict.proposals[:ranks])

    @property
    def told(self) -> str:
        """As it is listed."""
        line = self.scenario.movements[self.at].line
        seen = f"{line.date} {decimal_text(line.amount, 2)} {line.name!r} {line.text!r} is {self.label.what}"
        shown = [f"{self.scenario.name}:{self.at + 1} {seen}"]
        for own in self.verdict.proposals[:3]:
            items = [(part.third_party, part.piece, part.amount, part.left) for part in own.items]
            why = ", ".join(f"{each.code} {each.weight:+}" for each in own.reasons)
            automatic = "automatic " if own.automatic else ""
            what = f"{automatic}{items} {own.instruments} {own.slip}"
            shown.append(f"    {own.rank}. {own.score} {own.kind} {what} ({why})")
        return "\n".join(shown)


def judged(every: Iterable[Scenario]) -> Iterator[Judged]:
    """All lines of these scenarios, each matched together with the others of its own."""
    for scenario in every:
        verdicts = propose(scenario.movements, scenario.facts, scenario.company)
        for at, (label, verdict) in enumerate(zip(scenario.labels, verdicts, strict=True)):
            yield Judged(scenario, at, label, verdict)


class Figures(msgspec.Struct, frozen=True):
    """What is counted."""

    lines: int
    known: int
    automatic: int
    wrong: int
    missed: int
    first: int
    three: int

    @property
    def text(self) -> str:
        """As it is printed."""
        share = 100 / (self.known or 1)
        return (
            f"{self.lines} lines, {self.known} known to the books\n"
            f"wrong automatic: {self.wrong}\n"
            f"automatic: {self.automatic} ({self.automatic * 100 / (self.lines or 1):.1f} %),"
            f" had to be and were not: {self.missed}\n"
            f"first proposal right: {self.first} ({self.first * share:.1f} %)\n"
            f"among the first three: {self.three} ({self.three * share:.1f} %)"
        )


def figures(every: Iterable[Judged]) -> Figures:
    """Counted."""
    own = list(every)
    known = [one for one in own if one.known]
    return Figures(
        len(own),
        len(known),
        sum(one.verdict.automatic for one in own),
        sum(one.wrong for one in own),
        sum(one.missed for one in own),
        sum(one.within(1) for one in known),
        sum(one.within(3) for one in known),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list the lines that are not matched as they should be")
    options = parser.parse_args()
    own = list(judged(scenarios()))
    if options.wrong:
        for one in own:
            if one.wrong or one.missed or (one.known and not one.within(1)):
                how = "WRONG" if one.wrong else "missed" if one.missed else "not first"
                sys.stdout.write(f"{how} {one.told}\n")
    sys.stdout.write(f"{figures(own).text}\n")


if __name__ == "__main__":
    main()

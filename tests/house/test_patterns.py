r"""A group that repeats without giving back has nothing as its last choice: `(?:a|b|)*+`.

Python before 3.11.5, and so Debian 12's, goes on behind what a turn had taken that then failed: there `(?:ab)*+` takes
the a of "ac". A turn that may take nothing never fails, and one that took nothing is the last.
"""

import re
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]

import pytest

from tests.attacks.patterns import Pattern, patterns


def _of_one_character(body: list[tuple[object, object]]) -> bool:
    """Such a repetition is another one within `re`, and right in every version."""
    return len(body) == 1 and body[0][0] in (kinds.ANY, kinds.IN, kinds.LITERAL, kinds.NOT_LITERAL)


def _may_take_nothing(body: list[tuple[object, object]]) -> bool:
    return len(body) == 1 and body[0][0] is kinds.BRANCH and not body[0][1][1][-1]  # type: ignore[index]


def wrong(pattern: Pattern) -> list[str]:
    """The repetitions of a pattern that break the rule."""
    found: list[str] = []

    def look(node: object) -> None:
        if isinstance(node, parser.SubPattern):
            node = list(node)
        if isinstance(node, tuple) and node and node[0] is kinds.POSSESSIVE_REPEAT:
            body = list(node[1][2])
            if not _of_one_character(body) and not _may_take_nothing(body):
                found.append(str(body))
        if isinstance(node, list | tuple):
            for one in node:
                look(one)

    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    look(parser.parse(source, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags))
    return found


def test_no_pattern_of_the_program_repeats_a_group_that_may_fail_on_its_way() -> None:
    assert {place: found for place, pattern, _ in patterns() if (found := wrong(pattern))} == {}


@pytest.mark.parametrize(
    ("pattern", "breaks"),
    [
        (r"(?:ab)*+", 1), (r"(?:ab|c)++d", 1), (r"x(?:(?:ab)?+c|)*+", 1), (r"(?:a|b|)*+", 0), (r"(?:\.[0-9]++|)?+", 0),
        (r"[a-z]*+\s++.?+", 0), (rb"(?:\xef\xbb)*+", 1),
    ],
)  # fmt: skip
def test_the_rule_knows_what_it_forbids(pattern: str | bytes, breaks: int) -> None:
    assert len(wrong(re.compile(pattern))) == breaks

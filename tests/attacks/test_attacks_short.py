"""The short forms of the batteries of attacks: a few cases of each, and each planted bug caught."""

import random
from collections.abc import Mapping

import pytest

from tests.attacks import (
    archives,
    classics,
    exports,
    guesses,
    loglines,
    outgoing_calls,
    patterns,
    quiet_errors,
    smuggled,
    sql_texts,
    token_digests,
    xml_files,
)
from tests.attacks.battery import Battery
from tests.databases import POSTGRESQL
from tests.reliability.long_form import BrokenPromiseError, Bug

SHORT: dict[str, tuple[Battery, Mapping[str, Bug], int]] = {
    "F1": (xml_files.battery, xml_files.BUGS, 300),
    "F3": (smuggled.battery, smuggled.BUGS, 12),
    "F4": (archives.battery, archives.BUGS, 1),
    "F5": (exports.battery, exports.BUGS, 1),
    "F6": (loglines.battery, loglines.BUGS, 1),
    "F7": (classics.battery, classics.BUGS, 1),
    "F8": (patterns.battery, patterns.BUGS, 10_000),
    "G2": (sql_texts.battery, sql_texts.BUGS, 1),
    "G7": (token_digests.battery, token_digests.BUGS, 300),
    "G8": (guesses.battery, guesses.BUGS, 100),
    "G9": (outgoing_calls.battery, outgoing_calls.BUGS, 6),
    "G11": (quiet_errors.battery, quiet_errors.BUGS, 20),
}


OF_A_STORE = {"F7", "G7", "G8", "G11"}
ROWS = [row for row in SHORT if row in OF_A_STORE or not POSTGRESQL]  # the others would be the same there


@pytest.mark.filterwarnings("ignore")  # pypdf tells of damaged files
@pytest.mark.parametrize("row", ROWS)
def test_an_attack_is_refused(row: str) -> None:
    battery, _, count = SHORT[row]
    assert battery(random.Random(7), count)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("row", "bug"), [(row, bug) for row in ROWS for bug in SHORT[row][1]])
def test_a_planted_bug_is_noticed(row: str, bug: str) -> None:
    battery, bugs, count = SHORT[row]
    with bugs[bug](), pytest.raises(BrokenPromiseError):
        battery(random.Random(7), count)

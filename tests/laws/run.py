"""The money laws at length, each on fresh lives; then once more with the bugs that must turn it red.

    python -m tests.laws.run lives --count 5000        # A1, A2
    python -m tests.laws.run covering --count 100000   # A3
    python -m tests.laws.run amounts --count 1000000   # A4
    python -m tests.laws.run bytes --count 10000       # A5
    python -m tests.laws.run orders --count 2000       # A6
    python -m tests.laws.run reads --count 20000       # A7

What is tried is cut into parts, each with a seed of its own (the first one's is printed, the others follow it), and
spread over the machine's cores. A part that fails is named with the command that repeats it; LETTRAGE_SHRINK=1 then
looks for the shortest life that fails.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, closing, nullcontext
from multiprocessing import get_context
from typing import Any

import msgspec
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, run_state_machine_as_test

from tests.databases import STORE
from tests.laws import planted, reads
from tests.laws.generators import Rolled
from tests.laws.test_machine import LONG_FORM, Desk, Money, answers_elsewhere, any_order, covering
from tests.laws.test_reading_amounts import try_strings
from tests.reliability.circumstances import side_by_side
from tests.reliability.outcomes import tell
from tests.storms.races import server

STEPS = 30
DOCUMENTS = 100  # in one life of A5
ORDERS = 5


class Law(msgspec.Struct, frozen=True):
    """What is tried, in parts; and how the figure reads: `{count}` trials, of which `{done}` steps."""

    rows: tuple[str, ...]
    figure: str
    count: int
    part: int  # trials that share one seed
    attempt: Callable[[int, int], int]  # seed, trials -> steps; raises AssertionError
    planted: dict[str, tuple[str, ...]]  # row -> functions of `planted`
    to_catch: int  # trials in which a bug must be seen: many times those that show it, and the first ends them


# ---------------------------------------------------------------- what is tried


def lives(number: int, count: int) -> int:
    """So many lives of several companies; the steps that they took."""
    steps: Counter[str] = Counter()

    class Counted(Money):
        @invariant()
        def count(self) -> None:
            """Called before the first step and after each."""
            steps["seen"] += 1

        def teardown(self) -> None:
            steps["lives"] += 1
            super().teardown()

    form = settings(LONG_FORM, max_examples=count, stateful_step_count=STEPS)
    run_state_machine_as_test(seed(number)(Counted), settings=form)
    return steps["seen"] - steps["lives"]


class _Rolling:
    """Data that is rolled, not drawn: a hundred thousand cases need no shrinking."""

    def __init__(self, rolled: Rolled) -> None:
        self.rolled = rolled

    def draw(self, strategy: Any) -> int:
        wrapped = getattr(strategy, "wrapped_strategy", strategy)
        return self.rolled.whole(wrapped.start, wrapped.end)


def settlements(number: int, count: int) -> int:
    """So many settlements, exact and then off by a little."""
    desk, rolled = Desk(), Rolled(number)
    with closing(desk.books):
        for _ in range(count):
            covering(desk, _Rolling(rolled))  # type: ignore[arg-type]
    return count


def strings(number: int, count: int) -> int:
    """So many amounts as texts, half of them hostile."""
    try_strings(random.Random(number), count)
    return count


def documents(number: int, count: int) -> int:
    """One life of so many documents in two processes, with other hashes and another time zone."""
    first, second = answers_elsewhere(number, count, _plant)
    assert first == second, "A5 other bytes"
    return len(first)


def orders(number: int, count: int) -> int:
    """So many sets of documents, each in several orders."""

    @seed(number)
    @settings(LONG_FORM, max_examples=count)
    @given(st.data())
    def each(data: st.DataObject) -> None:
        any_order(data, ORDERS)

    each()
    return count


LAWS = {
    "lives": Law(
        ("A1", "A2"), f"{{count}} lives of {STEPS} steps at most, {{done}} steps in all, 0 violations",
        5_000, 25, lives,
        {
            "A1": ("difference_line_forgotten", "difference_line_lost_on_the_way"),
            "A2": ("difference_counted_twice", "remainder_without_its_difference"),
        }, 800,
    ),
    "covering": Law(
        ("A3",), "{count} settlements tried exact and off by one or more, 0 wrongly judged",
        100_000, 1_000, settlements, {"A3": ("off_by_one_tolerated",)}, 1_000,
    ),
    "amounts": Law(
        ("A4",), "{count} texts and {count} amounts written and read, half of the texts hostile, 0 misread",
        1_000_000, 50_000, strings,
        {"A4": ("amounts_read_by_decimal", "amounts_read_by_dollar", "amounts_read_by_float")}, 20_000,
    ),
    "bytes": Law(
        ("A5",), "{count} documents answered in two processes, {done} bytes, 0 differences",
        10_000, DOCUMENTS, documents, {"A5": ("log_written_in_the_order_of_hashes",)}, 15,
    ),
    "orders": Law(
        ("A6",), f"{{count}} sets of documents in up to {ORDERS} orders each, 0 different books", 2_000, 50, orders,
        {"A6": ("global_counter_as_a_key", "refused_group_leaves_its_changes")}, 800,
    ),
    "reads": Law(
        ("A7",), "{count} lists, balances and searches read page by page, 0 differ from the model",
        20_000, 400, reads.ask,
        {"A7": ("currency_ignored", "caller_ignored")}, 600,
    ),
}  # fmt: skip

# ---------------------------------------------------------------- in parts, with a bug or without

_plant = ""  # of this process, for those that it starts


def part(name: str, number: int, count: int, plant: str = "") -> tuple[int, str]:
    """Some trials of a law under one seed: the steps taken, and what was broken ("": nothing)."""
    global _plant  # noqa: PLW0603
    _plant = plant
    bug: AbstractContextManager[None] = _bug(plant)() if plant else nullcontext()
    with bug:
        try:
            return LAWS[name].attempt(number, count), ""
        except AssertionError as broken:
            return 0, " ".join(str(broken).split()) or repr(broken)
        except Exception as error:  # the database or the program itself stops it
            return 0, f"{type(error).__name__}: {' '.join(str(error).split())}"


def _bug(plant: str) -> Callable[[], AbstractContextManager[None]]:
    found: Callable[[], AbstractContextManager[None]] = getattr(planted, plant, None) or getattr(reads, plant)
    return found


def run(name: str, count: int, first: int) -> tuple[int, str]:
    """All parts, side by side: the steps taken, and the first failure with what repeats it."""
    size = min(LAWS[name].part, count)
    sizes = [min(size, count - at) for at in range(0, count, size)]
    done, broken = 0, ""
    with ProcessPoolExecutor(side_by_side(), mp_context=get_context("spawn")) as pool:
        told = [pool.submit(part, name, first + at, own) for at, own in enumerate(sizes)]
        for at, (own, each) in enumerate(zip(sizes, told, strict=True)):
            steps, trouble = each.result()
            done += steps
            if trouble:
                broken = f"{trouble[:2000]}\nagain: python -m tests.laws.run {name} --count {own} --seed {first + at}"
                pool.shutdown(cancel_futures=True)
                break
            _say(".", end="\n" if at + 1 == len(sizes) else "")
    return done, broken


def caught(name: str, row: str, first: int) -> dict[str, str]:
    """How each planted bug of a row was noticed; "" where it was not."""
    law = LAWS[name]
    return {bug: part(name, first, law.to_catch, bug)[1] for bug in law.planted[row]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a law at length, then with its bugs; 1 where it is broken or a bug was not seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("law", choices=list(LAWS))
    parser.add_argument("--count", type=int, help="trials (default: the figure that is promised)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--planted", default="", help="only this bug: the command must end with 1")
    given_ = parser.parse_args(arguments)
    law = LAWS[given_.law]
    count = given_.count or law.count
    _say(f"seed {given_.seed}, {count} trials of {given_.law}")
    began = time.monotonic()
    if given_.planted:
        _, broken = part(given_.law, given_.seed, min(count, law.to_catch), given_.planted)
        _say(f"FAILED {broken}" if broken else f"{given_.planted} was NOT caught")
        return 1 if broken else 0
    done, broken = run(given_.law, count, given_.seed)
    if broken:
        _say(f"FAILED {broken}")
    figure = law.figure.format(count=f"{count:,}", done=f"{done:,}") if not broken else broken.splitlines()[0][:200]
    seconds = time.monotonic() - began
    statuses = [
        tell(row, figure, seconds=seconds, seed=given_.seed, store=STORE, held=not broken,
             planted=caught(given_.law, row, given_.seed))
        for row in law.rows
    ]  # fmt: skip
    return max(statuses)


def _say(line: str, end: str = "\n") -> None:
    sys.stdout.write(f"{line}{end}")
    sys.stdout.flush()


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

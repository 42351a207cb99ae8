"""Quadratic nowhere: twice the work takes twice the time, in reading, matching, answering and verifying.

    python -m tests.storms.loads.doubling --count 2500

Each stage is done for n, 2n and 4n settlements, and two things are taken of it. The calls of functions, ours and those
written in C, are the same on every machine, however busy. They do not show what happens within one call; the processor
time does, the least of several tries: what others do on the machine only ever adds to it. Where that is too much, all
three sizes are tried again, in turns, for a machine may be slower for a while than it was for the size before.

The interpreter's search for rings of values is held off while time is taken. It begins whenever so many values were
made, wherever that happens to fall, and looks at all that the process holds, of which what this test holds is the most:
a stage without one pass of it beside twice that stage with one says nothing of the stage.
"""

import gc
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import date
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple
from unittest import mock

from benchmarks import company

from lettrage.adapters.store.books import SqlStore
from lettrage.caller import Caller
from lettrage.money import currency
from lettrage.settlement import answer, settle
from lettrage.settlement.answer import answered
from lettrage.settlement.desk import Desk, wanted
from lettrage.settlement.document import Outcome
from lettrage.settlement.plan import plan
from lettrage.settlement.prudence import oldest_cashable
from lettrage.settlement.read import read
from tests.journeys.helpers import MovableClock
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.loads.apart import quadratic_match

reading = import_module("lettrage.settlement.read")  # `settlement.read` is the function
MOST = 2.3  # times what half of it takes
MOST_CALLS = 2.1  # times those of half of it
AGAIN = 3  # rounds of tries, before what takes too much is believed
CODE = "1"
STAGES = ("read", "match", "answer", "verify")
Stages = dict[str, Callable[[], object]]


class Cost(NamedTuple):
    """What a stage takes."""

    seconds: float
    calls: int


# ---------------------------------------------------------------- the stages


@contextmanager
def stages(address: str, size: int) -> Iterator[Stages]:
    """What is done with a document of so many settlements, each stage ready to be timed."""
    text = company.document(CODE, 0, size).decode()
    in_dialect = text.replace('"', "'")
    store = SqlStore(address, MovableClock())
    today = date(2024, 4, 1)
    document = read(text)
    with store.books(CODE, writing=False) as books:
        snapshot = books.snapshot(wanted(document, books.company, oldest_cashable(today)))
        of = books.company
    made = plan(document, Desk(of, snapshot, today), {})
    euro = currency("EUR")
    assert euro is not None
    assert len(made.transactions) == size, made.outcomes[0]
    settle(text.encode(), Caller("till", "file"), store, store.clock)
    try:
        yield {
            "read": lambda: (read(text), read(in_dialect)),
            "match": lambda: plan(document, Desk(of, snapshot, today), {}),
            "answer": lambda: answered(document, made, euro, today, dry_run=False),
            "verify": lambda: _sound(store),
        }
    finally:
        store.close()


def _sound(store: SqlStore) -> None:
    assert store.audit(CODE) == []


def least(work: Callable[[], object], tries: int) -> float:
    """The least processor time of several tries, in seconds, without the search for rings."""
    took = []
    for _ in range(tries):
        gc.collect()
        gc.disable()
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
        gc.enable()
    return min(took)


def counted(work: Callable[[], object]) -> int:
    """How many functions are called, of ours and of those written in C; a generator counts each time it goes on."""
    calls = 0

    def count(_frame: FrameType, event: str, _given: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    earlier = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(earlier)
    return calls


# ---------------------------------------------------------------- planted


def _same_number_looked_for(settlements: list[Any]) -> list[Any]:
    return [s for at, s in enumerate(settlements) if all(s.position != other.position for other in settlements[:at])]


@contextmanager
def list_searched_in_answering() -> Iterator[None]:
    """Planted: each outcome is looked for among those before it."""
    met: list[Outcome] = []
    element = answer._element

    def looked_for(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
        if outcome.position == 0:
            met.clear()
        assert outcome not in met
        met.append(outcome)
        return element(outcome, dry_run=dry_run)

    with mock.patch.object(answer, "_element", looked_for):
        yield


def list_searched_in_reading() -> AbstractContextManager[object]:
    """Planted: each settlement is looked for among those before it."""
    return mock.patch.object(reading, "_compared", _same_number_looked_for)


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "list_searched_in_reading": list_searched_in_reading,
    "list_searched_in_matching": quadratic_match,
    "list_searched_in_answering": list_searched_in_answering,
}
SHOWS_IN = dict(zip(PLANTED, ("", *STAGES), strict=False))


# ---------------------------------------------------------------- doubling


def run(
    count: int,
    planted: str = "",
    tries: int = 5,
    most: float = MOST,
    only: Sequence[str] = STAGES,
    told: Callable[[str], object] = lambda _line: None,
) -> str:
    """Every stage at `count`, twice and four times as many settlements. Raises BrokenPromiseError."""
    took: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as name, PLANTED[planted](), ExitStack() as held:
        sizes = []
        for size in (count, 2 * count, 4 * count):
            address = f"sqlite:///{Path(name)}/{size}.sqlite"
            company.make(address, [CODE], company.items_for([CODE], size, 1))
            sizes.append(held.enter_context(stages(address, size)))
        for stage in only:
            costs = [Cost(least(works[stage], tries), counted(works[stage])) for works in sizes]
            took[stage] = _tried_again(costs, [works[stage] for works in sizes], tries, most)
    for stage, costs in took.items():
        told(f"{stage:>8}: {', '.join(f'{1_000 * c.seconds:.1f} ms, {c.calls:,} calls' for c in costs)}\n")
    times = {stage: ratios(cost.seconds for cost in costs) for stage, costs in took.items()}
    calls = {stage: ratios(cost.calls for cost in costs) for stage, costs in took.items()}
    figure = f"{_said(times)}; calls: {_said(calls)}"
    if _worst(times) > most or _worst(calls) > MOST_CALLS:
        raise BrokenPromiseError(figure)
    return f"from {count:,} to {4 * count:,} settlements, per doubling: {figure}"


def _tried_again(
    costs: list[Cost], works: Sequence[Callable[[], object]], tries: int, most: float, again: int = AGAIN
) -> list[Cost]:
    """The same with the least of more tries, as long as they seem to take too much."""
    for _ in range(again):
        if max(ratios(cost.seconds for cost in costs)) <= most:
            break
        costs = [
            Cost(min(cost.seconds, least(work, tries)), cost.calls) for cost, work in zip(costs, works, strict=True)
        ]
    return costs


def ratios(figures: Iterable[float]) -> list[float]:
    """How many times the one before each is."""
    return [later / earlier for earlier, later in pairwise(figures)]


def _worst(all_ratios: Mapping[str, list[float]]) -> float:
    return max(max(both) for both in all_ratios.values())


def _said(all_ratios: Mapping[str, list[float]]) -> str:
    return ", ".join(f"{stage} {' and '.join(f'{r:.2f}' for r in both)}" for stage, both in all_ratios.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form; a planted bug is shown by its stage."""

    def whole(given: Namespace, bug: str) -> str:
        if bug:
            return run(given.count, bug, tries=2, only=[SHOWS_IN[bug]])
        return run(given.count, told=sys.stdout.write)

    return long_form(
        "H3",
        whole,
        PLANTED,
        options={"count": 2_500},
        trial={"count": 1_000},
        seeded=False,
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

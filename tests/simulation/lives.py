"""Lives side by side: each in one thread of one process, several processes."""

import gc
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from tests.reliability.circumstances import side_by_side
from tests.reliability.long_form import BrokenPromiseError
from tests.simulation.asking import promised
from tests.simulation.planted import PLANTED
from tests.simulation.world import World

AHEAD = 2 + side_by_side()  # pieces of work begun before they are asked for
WITHIN = 200  # lives in which a planted bug must be found


class Lived(NamedTuple):
    """What came of one life: the law that it broke ("" for none), the digest of its trace, what happened in it."""

    seed: int
    broke: str
    trace: str
    steps: Counter[str]
    faults: Counter[str]
    asked: Counter[str]


def live(seed: int, steps: int, planted: str = "") -> Lived:
    """One life, with a bug in the program or none."""
    with PLANTED[planted]():
        world = World(seed)
        broke, trace = "", ""
        try:
            trace = world.live(steps)
        except BrokenPromiseError as noticed:
            broke = str(noticed)
    asked = Counter(r.asked.name for callers in world.callers.values() for r in callers.asked if r.known)
    return Lived(seed, broke, trace, world.steps, world.faults.fired, asked)


def _lives(seeds: range, steps: int, planted: str) -> list[Lived]:
    return [live(seed, steps, planted) for seed in seeds]


def processes(count: int) -> ProcessPoolExecutor:
    """Where lives are lived, so many at a time."""
    return ProcessPoolExecutor(count, get_context("forkserver"), _settle_in)


def _settle_in() -> None:
    """What was imported stays: going through it at each collection costs a tenth of a life."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


def many(pool: Executor, seeds: range, steps: int, planted: str = "", together: int = 10) -> Iterator[Lived]:
    """Lives side by side, in the order of their seeds; few are begun ahead, for who has heard enough."""
    parts = deque(seeds[at : at + together] for at in range(0, len(seeds), together))
    begun: deque[Future[list[Lived]]] = deque()
    try:
        while parts or begun:
            while parts and len(begun) < AHEAD:
                begun.append(pool.submit(_lives, parts.popleft(), steps, planted))
            yield from begun.popleft().result()
    finally:
        for future in begun:
            future.cancel()


def found(pool: Executor, bug: str, first: int, steps: int) -> str:
    """Which life shows a planted bug, and by which law; "" where none does."""
    for lived in many(pool, range(first, first + WITHIN), steps, bug, together=1):
        if lived.broke:
            sound = live(lived.seed, steps).broke
            promised(not sound, "a life that shows a bug is sound without it", lived.seed, sound)
            return f"after {lived.seed - first + 1} lives, by seed {lived.seed}: {' '.join(lived.broke.split())[:200]}"
    return ""

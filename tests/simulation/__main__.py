"""The long form: see the package."""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor

import tests.simulation
from tests.reliability.circumstances import side_by_side
from tests.reliability.long_form import BrokenPromiseError
from tests.reliability.outcomes import tell
from tests.simulation.chance import FAULTS
from tests.simulation.lives import WITHIN, found, many, processes
from tests.simulation.planted import PLANTED
from tests.simulation.world import World


def _told(title: str, counted: Counter[str], known: Sequence[str] = ()) -> None:
    """What was counted, and what never happened."""
    names = [*known, *sorted(counted.keys() - set(known))]
    _say(f"{title}: " + ", ".join(f"{name} {counted[name]:,}" for name in names))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _storm(pool: Executor, first: int, seeds: int, steps: int) -> int:
    """Many lives; each that breaks a law is told with the command that shows it again."""
    began = time.monotonic()
    done, faults, asked = Counter[str](), Counter[str](), Counter[str]()
    broken = 0
    for at, lived in enumerate(many(pool, range(first, first + seeds), steps), 1):
        done, faults, asked = done + lived.steps, faults + lived.faults, asked + lived.asked
        if lived.broke:
            broken += 1
            _say(f"seed {lived.seed} BROKEN: {lived.broke}")
            _say(f"   python -m tests.simulation --seed {lived.seed} --steps {steps}")
        if at % 100 == 0:
            _say(f"{at:6,} lives, {done.total() / (time.monotonic() - began):,.0f} steps/s")
    seconds = time.monotonic() - began
    _told("steps", done)
    _told("asked and served", asked)
    _told("faults", faults, list(FAULTS))
    figure = (
        f"{seeds:,} lives of {steps} steps and their coming to rest, {done.total():,} steps with {faults.total():,}"
        f" faults, {broken} laws broken; {done.total() / seconds:,.0f} steps/s"
    )
    return tell("I1", figure, seconds=seconds, seed=first, store="sqlite", held=not broken, seeded_by="--first")


def _one(seed: int, steps: int, planted: str) -> int:
    """One life, told step by step, with every law looked at after each: a broken one is named at its step."""
    with PLANTED[planted]():
        world = World(seed, _say, audited=1)
        _say(f"seed {seed}, faults allowed: {', '.join(sorted(world.faults.allowed)) or 'none'}")
        try:
            trace = world.live(steps)
        except BrokenPromiseError as broken:
            _say(f"seed {seed} BROKEN: {broken}")
            return 1
    _say(f"seed {seed} held; trace {trace}")
    return 0


def _planted(pool: Executor, bug: str, first: int, steps: int) -> int:
    """With one bug in the program: found, which is a broken promise, or not."""
    caught = found(pool, bug, first, steps)
    _say(f"{bug}: {caught or 'NOT FOUND'}")
    return 1 if caught else 0


def _every_planted(pool: Executor, first: int, steps: int) -> int:
    """Each bug must be found."""
    began = time.monotonic()
    caught = {}
    for bug in filter(None, PLANTED):
        caught[bug] = found(pool, bug, first, steps)
        _say(f"{bug}: {caught[bug] or 'NOT FOUND'}")
    count = sum(map(bool, caught.values()))
    figure = f"{count} of {len(caught)} planted bugs found within {WITHIN} lives of {steps} steps each"
    seconds = time.monotonic() - began
    return tell("I2", figure, seconds=seconds, seed=first, store="sqlite", planted=caught, seeded_by="--first")


def main(arguments: Sequence[str] | None = None) -> int:
    """Live, and tell."""
    parser = argparse.ArgumentParser(
        description=tests.simulation.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=2_000)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--first", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--processes", type=int, default=side_by_side())
    parser.add_argument("--seed", type=int, help="this life alone, step by step")
    parser.add_argument("--planted", choices=[*filter(None, PLANTED), "all"], help="with a bug: must end with 1")
    given = parser.parse_args(arguments)
    bug = given.planted or ""
    if given.seed is not None and bug == "all":
        parser.error("--seed is of one life, which shows one bug: --first SEED begins with it")
    if given.seed is not None:
        return _one(given.seed, given.steps, bug)
    _say(f"seeds {given.first} to {given.first + given.seeds - 1}, {given.steps} steps each")
    with processes(given.processes) as pool:
        if bug == "all":
            return _every_planted(pool, given.first, given.steps)
        if bug:
            return _planted(pool, bug, given.first, given.steps)
        return _storm(pool, given.first, given.seeds, given.steps)


if __name__ == "__main__":
    sys.exit(main())

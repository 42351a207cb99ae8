"""The long form of a promise: the real run, then a shorter one with each planted bug, then the outcome is told.

    python -m tests.storms.kills --count 10000 --seed 7
    python -m tests.storms.kills --planted two_commits

A run gives its figure, or raises BrokenPromiseError. The exit status says one thing everywhere, 0: the promise is kept,
1: it is not. So the whole form ends with 1 where the promise is broken, or where a planted bug goes unnoticed. With
`--planted BUG` that bug is in the program: nothing is told, how it was noticed is printed, and 1 is what must come.
A run that something else stops has not shown its promise, nor noticed its bug: that is told too, with the seed.
"""

import random
import sys
import time
import traceback
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from tests.reliability.outcomes import tell

Bug = Callable[[], AbstractContextManager[object]]
Option = int | float | tuple[str, ...]  # what it is where it is not given; of words the first, the others may be given
Run = Callable[[Namespace, str], str]  # its options and the bug that is planted, "" for none; its figure


class BrokenPromiseError(Exception):
    """A promise did not hold; says for what."""


def long_form(
    row: str,
    run: Run,
    planted: Iterable[str],
    *,
    options: Mapping[str, Option],
    trial: Mapping[str, Option] | None = None,
    seeded: bool = True,
    store: str = "",
    about: str | None = None,
    arguments: Sequence[str] | None = None,
) -> int:
    """Carry out a long form; its exit status.

    `row`: of the table, or several apart by blanks that one run shows; "" for a storm that is run along with others.
    `trial`: the options under a planted bug, where they are others. `about`: what the command says of itself.
    """
    bugs = [bug for bug in planted if bug]
    given = _asked(bugs, options, about, seeded=seeded, arguments=arguments)
    chosen = {name: value for name, value in vars(given).items() if value is not None and name != "planted"}
    usual = {name: _default(option) for name, option in options.items()}
    shorter = dict(trial or {})
    say(", ".join(f"{name} {value}" for name, value in (chosen | usual | chosen).items()) or row)
    began = time.monotonic()
    if given.planted:
        caught = noticed(run, Namespace(**(usual | shorter | chosen)), given.planted)
        say(f"{given.planted}: {caught or 'NOT CAUGHT'}")
        return 1 if caught else 0
    figure, held = _shown(run, Namespace(**(usual | chosen)))
    tried = Namespace(**(usual | chosen | shorter))
    found = {bug: noticed(run, tried, bug) for bug in bugs} if held else {}
    seconds = time.monotonic() - began
    return max(
        tell(one, figure, seconds=seconds, seed=chosen.get("seed"), store=store, held=held, planted=found)
        for one in row.split() or [row]
    )


def _shown(run: Run, given: Namespace) -> tuple[str, bool]:
    """The figure and whether the promise held; what stops a run has broken it as well."""
    try:
        return run(given, ""), True
    except BrokenPromiseError as broken:
        return str(broken), False
    except Exception as error:
        traceback.print_exc()
        return f"stopped by {type(error).__name__}: {error}", False


def noticed(run: Callable[..., object], *given: object) -> str:
    """How a run noticed the bug that is in the program; "" where it did not."""
    try:
        run(*given)
    except BrokenPromiseError as broken:
        return str(broken) or "noticed"
    except Exception:  # of something else, it may be of this machine: that notices nothing
        traceback.print_exc()
    return ""


def listed(seen: Mapping[str, int]) -> str:
    """What was seen and how often: "12 kills, 60 deeds"."""
    return ", ".join(f"{times:,} {what}" for what, times in seen.items())


def say(line: str) -> None:
    """A line on standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _asked(
    bugs: Sequence[str],
    options: Mapping[str, Option],
    about: str | None,
    *,
    seeded: bool,
    arguments: Sequence[str] | None,
) -> Namespace:
    """What the command line asks for; None where it says nothing."""
    parser = ArgumentParser(description=about, formatter_class=RawDescriptionHelpFormatter)
    if seeded:
        parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    for name, option in options.items():
        default, words = _default(option), option if isinstance(option, tuple) else None
        parser.add_argument(f"--{name}", type=type(default), choices=words, help=f"default: {default}")
    parser.add_argument("--planted", choices=bugs, help="with this bug alone: must end with 1")
    return parser.parse_args(arguments)


def _default(option: Option) -> int | float | str:
    return option[0] if isinstance(option, tuple) else option

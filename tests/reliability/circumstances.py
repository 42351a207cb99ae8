"""Under which circumstances an outcome was seen: the exact command, the machine in words, the program's commit."""

import os
import platform
import shlex
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What the commands themselves write: it says nothing of the program that was tried.
_WRITTEN = ("docs/reliability.json", "docs/reliability.md", "docs/benchmarks", "docs/benchmarks.md")
_STORE = "LETTRAGE_TEST_STORE"
_GROUP = Path("/sys/fs/cgroup")
GIBIBYTE = 2**30


def as_run(seed: int | None, store: str, seeded_by: str = "--seed") -> str:
    """The command of this process, as it can be given again: the store it chose and the seed it drew are added."""
    main = getattr(sys.modules["__main__"], "__spec__", None)
    if main is None:
        return ""
    words = ["python", "-m", main.name.removesuffix(".__main__"), *sys.argv[1:]]
    if seed is not None and not any(word.partition("=")[0] == seeded_by for word in words):
        words += [seeded_by, str(seed)]
    chosen = f"{_STORE}={store} " if store and os.environ.get(_STORE) == store else ""
    return chosen + shlex.join(words)


def cores() -> int:
    """How many processors this process may use: a container often has fewer than its machine."""
    allowed = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):
        quota, period = map(int, (_GROUP / "cpu.max").read_text().split())
        allowed = min(allowed, max(1, round(quota / period)))
    return allowed


def memory() -> float:
    """How many GiB there are for this process, used or not."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        there = min(there, int((_GROUP / "memory.max").read_text()))
    return there / GIBIBYTE


def side_by_side(gibibytes: float = 0.5) -> int:
    """How many processes of this size are run at the same time: one for each core, if the memory is there."""
    return max(1, min(cores(), int(memory() / gibibytes) - 1))


def environment() -> str:
    """The machine in words that matter to figures; not its name."""
    machine = f"{cores()} cores, {memory():.0f} GiB, {platform.system()} {platform.machine()}"
    return f"{machine}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def commit() -> str:
    """The program's commit, with a plus where files differ from it; empty where git or its repository is not there."""
    found = _git("rev-parse", "--short", "HEAD")
    others = [f":(exclude){path}" for path in _WRITTEN]
    changed = found and _git("status", "--porcelain", "--untracked-files=no", "--", ".", *others)
    return f"{found}+" if changed else found


def _git(*words: str) -> str:
    """What git says of this folder, whoever it belongs to; empty where it says nothing."""
    command = ["git", "-c", f"safe.directory={ROOT}", *words]
    try:
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return said.stdout.strip() if not said.returncode else ""

"""Under which circumstances an outcome was seen: the exact command, the machine in words, the program's commit."""

import os
import platform
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_STORE = "LETTRAGE_TEST_STORE"


def as_run(seed: int | None, store: str) -> str:
    """The command of this process, as it can be given again: the store it chose and the seed it drew are added."""
    main = getattr(sys.modules["__main__"], "__spec__", None)
    if main is None:
        return ""
    words = ["python", "-m", main.name.removesuffix(".__main__"), *sys.argv[1:]]
    if seed is not None and not any(word.startswith("--seed") for word in words):
        words += ["--seed", str(seed)]
    chosen = f"{_STORE}={store} " if store and os.environ.get(_STORE) == store else ""
    return chosen + shlex.join(words)


def environment() -> str:
    """The machine in words that matter to figures; not its name."""
    bytes_ = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    machine = f"{os.cpu_count()} cores, {bytes_ / 2**30:.0f} GiB, {platform.system()} {platform.machine()}"
    return f"{machine}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def commit() -> str:
    """The program's commit, with a plus where files differ from it; empty where this is no repository."""
    said = subprocess.run(
        ["git", "describe", "--always", "--exclude=*", "--dirty=+"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip()

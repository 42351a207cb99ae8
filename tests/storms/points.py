"""Every operation stopped at each of its points, by an exception and by kill -9: the books are as before or as after.

    python -m tests.storms.points --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.points --step 5
    python -m tests.storms.points --planted commit_between_tables     # that bug alone

A point is before or after a statement (COMMIT is one), and each file that is opened, renamed or removed. They are
counted from outside: the program carries nothing for this. An operation is stopped at point 1, 2, 3, ... until a run
comes to its end. Each time every row must be as it was, or as it is when nothing disturbs; then the same is asked again
under the same key, and both its answer and every row must be those of the undisturbed run. The drop folder and deposits
at the portal have points of their own: their storms (drop_folder, deposits) are run along.
"""

import os
import signal
import sys
import tempfile
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Engine, event

from lettrage.adapters.store import engine
from lettrage.adapters.store.batch import Batch
from tests.databases import STORE, copied, every_row
from tests.reliability.long_form import BrokenPromiseError, Bug, listed, long_form
from tests.storms import deposits, drop_folder
from tests.storms.operations import Operation, all_operations
from tests.storms.races import server

KILLED = -signal.SIGKILL


class StoppedError(Exception):
    """The program is stopped here."""


# ---------------------------------------------------------------- points


class _Points:
    """Counts the points that are passed, and stops at one of them."""

    def __init__(self) -> None:
        self.left = 0
        self.how: Callable[[], None] | None = None

    def passed(self, *_: Any, **__: Any) -> None:
        """A point."""
        if self.how is None:
            return
        self.left -= 1
        if not self.left:
            how, self.how = self.how, None
            how()

    def file(self, what: str, details: tuple[Any, ...]) -> None:
        """What Python tells of files: a point where the name is changed, or the file opened for writing."""
        opened = what == "open" and isinstance(details[2], int) and details[2] & (os.O_WRONLY | os.O_RDWR)
        if self.how is not None and (opened or what in ("os.rename", "os.remove", "os.link")):
            self.passed()


_points = _Points()
_listening: list[bool] = []


def _listen() -> None:
    """From now on points are told; an audit hook is there for good."""
    if not _listening:
        sys.addaudithook(_points.file)
        event.listen(Engine, "before_cursor_execute", _points.passed)
        event.listen(Engine, "after_cursor_execute", _points.passed)
        _listening.append(True)


@contextmanager
def stopping_at(point: int, how: Callable[[], None]) -> Iterator[None]:
    """Within, the program is stopped at this point."""
    _listen()
    _points.left, _points.how = point, how
    try:
        yield
    finally:
        _points.how = None


def _raise() -> None:
    raise StoppedError


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raised_at(point: int, operation: Operation, address: str) -> bool:
    """Stop it by an exception; whether it came so far."""
    with stopping_at(point, _raise):
        try:
            _do(operation, address)
        except StoppedError:
            return True
        return _points.how is None  # it came, and somebody took it for something else


def _killed_at(point: int, operation: Operation, address: str) -> bool:
    """Stop it by kill -9 in a process of its own; whether it came so far."""
    pid = os.fork()
    if not pid:
        status = 70
        try:
            with stopping_at(point, _kill):
                _do(operation, address)
            status = 0
        finally:
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if ended not in (0, KILLED):
        raise BrokenPromiseError(f"ended with {ended}")
    return ended == KILLED


WAYS: dict[str, Callable[[int, Operation, str], bool]] = {"raised": _raised_at, "killed": _killed_at}


# ---------------------------------------------------------------- the storm


def _do(operation: Operation, address: str) -> str:
    with closing(operation.store(address)) as store:
        return operation.do(store)


def _rows(operation: Operation, address: str) -> dict[str, Any]:
    with closing(operation.store(address)) as store:
        return every_row(store.engine)


def each_point(operation: Operation, folder: Path, step: int) -> Counter[str]:
    """Stop one operation at each point. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    before = _rows(operation, operation.address)
    undisturbed = copied(operation.address, folder, "undisturbed")
    answer = _do(operation, undisturbed)
    after = _rows(operation, undisturbed)
    for name, stopped_at in WAYS.items():
        for point in count(1, step):
            where = f"{operation.name}, {name} at point {point}"
            address = copied(operation.address, folder, "stopped")
            try:
                came = stopped_at(point, operation, address)
            except BrokenPromiseError as broken:
                raise BrokenPromiseError(f"{where}: {broken}") from broken
            if not came:
                break
            seen[name] += 1
            found = _rows(operation, address)
            if found not in (before, after):
                done = [table for table in after if found[table] != before[table]]
                raise BrokenPromiseError(f"{where}: half done: only {done}")
            again = _do(operation, address)
            if again != answer or _rows(operation, address) != after:
                raise BrokenPromiseError(f"{where}: asked again, another answer or other rows: {again[:200]}")
    return seen


def _storms_along(seed: int, kills: int, lines: int) -> Counter[str]:
    """The drop folder at each so manieth line, deposits at their named points. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name:
        seen["lines of the drop folder"] = drop_folder.every_line(Path(name), lines)["lines"]
        battery = deposits.run(deposits.Storm(4 * kills, seed, kills, lossy=False))
        seen["points of deposits"] = battery.killed.total()
    return seen


# ---------------------------------------------------------------- the planted bug


def _commit_between_tables() -> AbstractContextManager[object]:
    """A commit after the rows of the first table."""
    write = Batch.write

    def hasty(batch: Batch, connection: Any) -> None:
        first, *_ = batch._rows
        alone = Batch()
        alone.add(first, batch._rows.pop(first))
        write(alone, connection)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(engine._of(connection.engine).BEGIN[True])
        write(batch, connection)

    return mock.patch.object(Batch, "write", hasty)


PLANTED: dict[str, Bug] = {"commit_between_tables": _commit_between_tables}


# ---------------------------------------------------------------- the command


def run(seed: int, step: int = 1, planted: str = "", most: int | None = None) -> Counter[str]:
    """All operations, or the first so many. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name, PLANTED[planted]() if planted else nullcontext():
        for operation in all_operations(Path(name), seed):
            seen += each_point(operation, Path(name), step)
            seen["operations"] += 1
            if seen["operations"] == most:
                break
    return seen


def whole(given: Namespace, planted: str = "") -> str:
    """All operations and the storms along; with a planted bug, the first three operations."""
    seen = run(given.seed, given.step, planted, 3 if planted else None)
    if not planted:
        seen += _storms_along(given.seed, given.kills, given.lines)
    return f"{listed(seen)}: as before or as after, 0 half done, 0 lost, 0 doubled"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C3",
        whole,
        PLANTED,
        options={"step": 1, "kills": 200, "lines": 5},
        trial={"step": 3},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

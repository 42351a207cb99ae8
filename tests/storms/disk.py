"""A full disk: refused by that name, nothing half done, and work goes on in the same process when there is space again.

    python -m tests.storms.disk --count 200 --seed 7
    python -m tests.storms.disk --count 20 --planted blind_rollback     # that bug alone

A day's work (tests/storms/work.py) goes on until the disk is full, in one of three ways: a quota of pages
(LETTRAGE_MAX_PAGES), a limit on the size of files (RLIMIT_FSIZE), and a small file system of its own, which takes root;
without it that way is left out and the outcome says so. Each deed that was refused must name the disk; the file must be
whole, every law hold. Then there is space, and the same process does what was refused, to the undisturbed end. On the
small file system a backup and a drop folder meet the full disk too: no half a file, no document lost.
"""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from ctypes import CDLL
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import msgspec
from sqlalchemy import Engine

from lettrage.adapters.store import books
from lettrage.adapters.store import engine as store_engine
from lettrage.adapters.store.backups import back_up
from lettrage.adapters.store.books import SqlStore
from lettrage.refusal import Stop, StoreTrouble
from tests.databases import ask, copied
from tests.journeys.helpers import NOON
from tests.reliability.long_form import BrokenPromiseError, Bug, listed, long_form
from tests.storms.drop_folder import Depot, _forked, _waited
from tests.storms.work import Work, opened, sound

DAY = 60  # deeds
FULL = "Le disque (ou le quota) de la base"
TOO_LARGE = "Le disque de la base"  # SQLite takes a file that may not grow for an error of the disk
SMALL_ONE = "small file system"
SMALL = 16 * 1024 * 1024  # bytes of the small file system
NOT_HERE = "not here"  # how a way is told that this machine does not allow
NEW_NAMESPACE = 0x20000  # CLONE_NEWNS


class NotHereError(Exception):
    """A disk cannot be filled in this way here; says why."""


class Filling(NamedTuple):
    """A way to fill a disk: what limits it for the books at a path, and what gives space again."""

    name: str
    limit: Callable[[Path, random.Random], None]
    relieve: Callable[[SqlStore, Path], None]


def _in_pages(path: Path, chance: random.Random) -> None:
    pages = path.stat().st_size // 4_096
    os.environ["LETTRAGE_MAX_PAGES"] = str(pages + chance.randint(1, 40))


def _more_pages(store: SqlStore, _path: Path) -> None:
    """The quota is raised: new connections have it, those that lie in the pool are asked."""
    del os.environ["LETTRAGE_MAX_PAGES"]
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1073741823")


def _in_file_size(path: Path, chance: random.Random) -> None:
    """The write-ahead log grows by some pages with each deed; the file itself at a checkpoint."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = chance.randint(50_000, 1_500_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _larger_files(_store: SqlStore, _path: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def _with_ballast(path: Path, chance: random.Random) -> None:
    """Another file takes all but a little of the space."""
    free = shutil.disk_usage(path.parent).free
    with (path.parent / "ballast").open("wb") as ballast:
        ballast.write(bytes(max(0, free - chance.randint(0, 800_000))))


def _without_ballast(_store: SqlStore, path: Path) -> None:
    (path.parent / "ballast").unlink()


WAYS = (
    Filling("quota of pages", _in_pages, _more_pages),
    Filling("limit of file size", _in_file_size, _larger_files),
    Filling(SMALL_ONE, _with_ballast, _without_ballast),
)


# ---------------------------------------------------------------- one filling, in a process of its own


def fill(filling: Filling, work: Work, folder: Path, chance: random.Random) -> Counter[str]:
    """Work until the disk is full and beyond; what was seen. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    address = copied(work.start, folder, "filled")
    path = Path(address.removeprefix("sqlite:///"))
    with closing(opened(address)) as store:
        done = 0
        filling.limit(path, chance)
        while done < len(work.deeds) and not _refused(work, store, done):
            done += 1
        if done == len(work.deeds):
            filling.relieve(store, path)
            return Counter({"without a refusal": 1})
        seen["refusals"] += 1
        for _ in range(3):  # still full: refused in the same words, or little enough to fit
            seen["refusals"] += _refused(work, store, done)
        if filling.name == SMALL_ONE:
            _no_half_backup(store, path.parent)
        filling.relieve(store, path)
        if ask(address, "PRAGMA integrity_check") != [("ok",)]:
            raise BrokenPromiseError("the file is damaged")
        sound(address, "when there is space again")
        for at in range(done, len(work.deeds)):
            if _refused(work, store, at):
                raise BrokenPromiseError(f"deed {at} is refused though there is space")
    work.check(address, "at the end")
    return seen | Counter({"fillings": 1})


def _refused(work: Work, store: SqlStore, at: int) -> bool:
    """Whether a deed is refused for want of space; another answer is the undisturbed one. Raises BrokenPromiseError."""
    try:
        answer = work.deeds[at].do(store)
    except StoreTrouble as trouble:
        answer = '{"error":503,' + trouble.refusal.say("fr")
    if answer.startswith('{"error":503'):
        if not any(said in answer for said in (FULL, TOO_LARGE)):
            raise BrokenPromiseError(f"the disk is not named: {answer}")
        return True
    if answer != work.deeds[at].answer:
        raise BrokenPromiseError(f"deed {at}, {work.deeds[at].name}: {answer[:200]}")
    return False


def _no_half_backup(store: SqlStore, folder: Path) -> None:
    """On a disk that is full to the last block a backup is refused, and leaves nothing behind."""
    with suppress(OSError), (folder / "rest").open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(4_096))
    try:
        back_up(store.engine, folder / "backup.zip", NOON)
    except (Stop, StoreTrouble):
        left = [path.name for path in folder.iterdir() if "backup" in path.name]
    else:
        raise BrokenPromiseError("a backup fits on a full disk")
    (folder / "rest").unlink()
    if left:
        raise BrokenPromiseError(f"half a backup: {left}")


def drop_on_a_full_disk(folder: Path, chance: random.Random) -> Counter[str]:
    """A document in a drop folder whose disk is full: it waits, and is settled once when there is space."""
    depot = Depot(folder)
    depot.put("lot1.json", "advance")
    depot.put("lot2.json", "refused")
    path = Path(depot.firm.address.removeprefix("sqlite:///"))
    _with_ballast(path, random.Random(chance.randint(0, 9)))
    _waited(_forked(depot.watch))
    (path.parent / "ballast").unlink()
    try:
        depot.check()
    except BrokenPromiseError as broken:
        raise BrokenPromiseError(f"drop folder: {broken}") from broken
    return Counter({"fillings": 1})


# ---------------------------------------------------------------- the storm


@contextmanager
def _small_file_system(folder: Path) -> Iterator[Path]:
    """A file system of a few megabytes, seen by this process alone. Raises NotHereError where that may not be."""
    if not shutil.which("mount") or CDLL(None, use_errno=True).unshare(NEW_NAMESPACE):
        raise NotHereError("no namespace of its own")
    options = ["-t", "tmpfs", "-o", f"size={SMALL}", "none", str(folder)]
    for command in (["mount", "--make-rprivate", "/"], ["mount", *options]):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise NotHereError("no mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def _apart(trial: Callable[[], Counter[str]]) -> Counter[str]:
    """Run a trial in a process of its own, which its limits end with. Raises BrokenPromiseError."""
    heard, said = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(heard)
        with os.fdopen(said, "wb") as pipe, suppress(BaseException):
            pipe.write(msgspec.json.encode(_told(trial)))
        os._exit(0)
    os.close(said)
    with os.fdopen(heard, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    seen, broken = msgspec.json.decode(told) if told else ({}, "no word")
    if broken:
        raise BrokenPromiseError(broken)
    return Counter(seen)


def _told(trial: Callable[[], Counter[str]]) -> tuple[Counter[str], str]:
    try:
        return trial(), ""
    except BrokenPromiseError as broken:
        return Counter(), str(broken)
    except NotHereError as error:
        return Counter(), f"{NOT_HERE}: {error}"
    except Exception as error:
        return Counter(), f"{type(error).__name__}: {str(error)[:200]}"


def _trial(way: int, work: Work, folder: Path, seed: str) -> Counter[str]:
    chance = random.Random(seed)
    if way < len(WAYS) and WAYS[way].name != SMALL_ONE:
        return fill(WAYS[way], work, folder, chance)
    with _small_file_system(folder) as small:
        return fill(WAYS[way], work, small, chance) if way < len(WAYS) else drop_on_a_full_disk(small, chance)


def run(count: int, seed: int, planted: str = "") -> Counter[str]:
    """So many fillings, in every way by turns. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    ways = [0, 1, 2, 3]  # the ways above, and the drop folder
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name, PLANTED[planted]() if planted else nullcontext():
        work = Work(Path(name), seed, DAY)
        for number in range(count * 10):
            if seen["fillings"] >= count:
                break
            way = ways[number % len(ways)]
            folder = Path(name) / str(number)
            folder.mkdir()
            try:
                seen += _apart(partial(_trial, way, work, folder, f"{seed} {number}"))
            except BrokenPromiseError as broken:
                if not str(broken).startswith(NOT_HERE):
                    raise BrokenPromiseError(f"filling {number}, way {way}: {broken}") from broken
                ways.remove(way)  # without root, or in a container
                seen["ways not tried"] += 1
            shutil.rmtree(folder)
    return seen


# ---------------------------------------------------------------- the planted bug


def _blind_rollback() -> AbstractContextManager[object]:
    """After any error ROLLBACK, whether or not the database has done so itself."""

    @contextmanager
    def blind(engine: Engine, *, writing: bool) -> Iterator[Any]:
        with store_engine.plain_words(engine), store_engine._begun(engine, writing=writing) as connection:
            try:
                yield connection
                store_engine._commit(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise

    return mock.patch.object(books, "transaction", blind)


PLANTED: dict[str, Bug] = {"blind_rollback": _blind_rollback}


# ---------------------------------------------------------------- the command


def figure(seen: Mapping[str, int]) -> str:
    """What was seen, in a line."""
    return f"{listed(seen)}: the disk named, files whole, work goes on without a new start"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C4",
        lambda given, bug: figure(run(given.count, given.seed, bug)),
        PLANTED,
        options={"count": 200},
        trial={"count": 20},
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

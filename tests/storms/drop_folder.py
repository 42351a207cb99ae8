"""Storm over the drop folder: watchers killed (SIGKILL) at any moment, and at every line; nothing lost, nothing twice.

    python -m tests.storms.drop_folder --kills 5000 --seed 7
    python -m tests.storms.drop_folder --lines 1                    # one kill at each line of the watcher's own code
    python -m tests.storms.drop_folder --kills 2000 --planted claim     # must fail

Programs put documents into a folder, often under a name that they used before, while watchers are killed after a
random time. Then one watcher ends in peace, and every document must lie where it belongs with exactly one answer, the
very bytes that the books keep, naming a transaction that was made once. Most documents are advances with `repeat`:
nothing but the claim keeps those from being made twice.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn
from unittest import mock

import msgspec

from lettrage import settlement
from lettrage.adapters import folder as drop_folder
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.folder import ANSWER, DONE, IN_HAND, REFUSED, DropFolder, Taken
from lettrage.adapters.store.books import SqlStore
from lettrage.commands import watching
from lettrage.commands.watching import Watch
from lettrage.settlement import Caller
from tests.databases import ask
from tests.journeys.helpers import Firm, advance, company, header, pays
from tests.reliability.long_form import BrokenPromiseError, listed, long_form

NAMES = [f"lot{n}.json" for n in range(1, 5)]
KINDS = ("advance", "advance", "advance", "twin", "refused", "unreadable")
PACE = 25  # kills between two looks at how long a watcher takes: the machine has other work too
WATCHED = ("adapters/folder.py", "commands/watching.py", "settlement/__init__.py", "store/books.py", "store/engine.py")


class Drop(NamedTuple):
    """A document put into the folder."""

    name: str
    content: bytes
    kind: str
    number: str

    @property
    def place(self) -> str:
        """Where it must come to rest."""
        return DONE if self.kind in ("advance", "twin") else REFUSED


class Depot:
    """A folder, the books behind it, and everything that was put in."""

    def __init__(self, folder: Path) -> None:
        self.firm = Firm(folder, company())
        self.firm.store.close()  # watchers are forked: each opens the books by itself
        self.path = folder / "depot"
        self.path.mkdir()
        self.drops: list[Drop] = []
        self._number = 0

    def put(self, name: str, kind: str) -> None:
        """Put a document in as a careful program does, unless the one before it under this name still waits there."""
        if (self.path / name).exists():
            return
        if kind == "twin" and self.drops and self.drops[-1].kind == "advance":
            kind = "advance"
        self._number += 1
        drop = Drop(name, _content(kind, str(self._number)), kind, str(self._number))
        for drop_ in (drop, drop._replace(name=f"double-{name}")) if kind == "twin" else (drop,):
            if not (self.path / drop_.name).exists():
                draft = self.path / f"{drop_.name}.tmp"
                draft.write_bytes(drop_.content)
                draft.rename(self.path / drop_.name)
                self.drops.append(drop_)

    def watch(self) -> int:
        """One look by a watcher of its own: the exit status. For a forked process."""
        store = SqlStore(self.firm.address, SystemClock())
        return Watch(DropFolder(self.path, 0.0), Caller("depot", "drop folder"), store).once()

    def check(self) -> None:
        """Let a watcher end in peace, then see that all is as it must be."""
        status = _waited(_forked(self.watch))
        if status not in (0, 1):
            raise BrokenPromiseError(f"a watcher in peace ended with {status}")
        if left := [p.name for p in (*self.path.iterdir(), *(self.path / IN_HAND).iterdir()) if self._is_left(p)]:
            raise BrokenPromiseError(f"left behind: {left}")
        at_rest = {place: self._at_rest(place) for place in (DONE, REFUSED)}
        found = Counter((place, content) for place, files in at_rest.items() for content, _ in files.values())
        put = Counter((drop.place, drop.content) for drop in self.drops)
        if found != put:
            raise BrokenPromiseError(f"lost: {list(put - found)[:3]}, too many: {list(found - put)[:3]}")
        self._check_answers({name: both for files in at_rest.values() for name, both in files.items()})

    def _is_left(self, path: Path) -> bool:
        return path.is_file() and not (path.parent == self.path and path.name.endswith(ANSWER))

    def _at_rest(self, place: str) -> dict[str, tuple[bytes, bytes]]:
        """What came to rest there: the document and its answer."""
        files = {path.name: path.read_bytes() for path in (self.path / place).iterdir()}
        documents = {name for name in files if not name.endswith(ANSWER)}
        if {name + ANSWER for name in documents} != files.keys() - documents:
            raise BrokenPromiseError(f"{place}: not one answer for each document")
        return {name: (files[name], files[name + ANSWER]) for name in documents}

    def _check_answers(self, at_rest: dict[str, tuple[bytes, bytes]]) -> None:
        headers = ask(self.firm.address, "SELECT reglement_num, \"transaction\" FROM header WHERE reglement_num <> ''")
        made, transactions = Counter((number,) for number, _ in headers), dict(headers)
        answers = ask(self.firm.address, "SELECT key, answer FROM kept_answer")
        kept = {key.split(":")[0]: answer for key, answer in answers}
        expected = {drop.number for drop in self.drops if drop.place == DONE}
        if made != Counter((number,) for number in expected):
            twice = [number for (number,), times in made.items() if times > 1]
            raise BrokenPromiseError(f"made twice: {twice[:5]}; made {len(made)} of {len(expected)}")
        drops = {drop.content: drop for drop in self.drops}
        for name, (content, answer) in at_rest.items():
            self._check_answer(drops[content], answer, transactions, kept.get("-".join(name.split("-")[:2])))
        latest = {drop.name: drop.content for drop in self.drops}
        for name, content in latest.items():
            answers = [answer for other, answer in at_rest.values() if other == content]
            if (self.path / (name + ANSWER)).read_bytes() not in answers:
                raise BrokenPromiseError(f"{name}{ANSWER} is not the answer to the last document of this name")

    def _check_answer(self, drop: Drop, answer: bytes, transactions: dict[str, int], kept: str | None) -> None:
        envelope = json.loads(answer)
        if (envelope["error"] != 0) != (drop.kind == "unreadable"):
            raise BrokenPromiseError(f"{drop.kind} {drop.number} was answered {envelope['txterr']}")
        if drop.kind == "unreadable":
            return
        if kept is None or kept.encode() != answer:
            raise BrokenPromiseError(f"{drop.number}: the answer is not the one that the books keep")
        (settlement,) = json.loads(envelope["result"])["result"]["response"]
        expected = str(transactions[drop.number]) if drop.place == DONE else ""
        if settlement["transactionId"] != expected:
            raise BrokenPromiseError(f"{drop.number}: {settlement['transactionId']!r} is not {expected!r}")


def _content(kind: str, number: str) -> bytes:
    if kind == "unreadable":
        return b'{"EnteteReglementtb": [' + number.encode()
    detail = pays("unknown", "10") if kind == "refused" else advance("10")
    parameters = {} if kind == "twin" else {"repeat": "1"}
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": parameters},
        "data": {"EnteteReglementtb": [header("PORCHQ", "10", detail, REGLEMENTNUM=number)]},
    }
    return json.dumps(form).encode()


# ---------------------------------------------------------------- watchers and their end


def _forked(work: Callable[[], int]) -> int:
    """A process that does this work and ends; its number. Forked: all is imported already."""
    pid = os.fork()
    if not pid:
        _work_and_end(work)
    return pid


def _work_and_end(work: Callable[[], int]) -> NoReturn:
    status = 70  # when work ends with an exception
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
            status = work()
    finally:
        os._exit(status)


def _waited(pid: int) -> int:
    """The exit status of a process, once it has ended; below zero the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def storm(kills: int, seed: int, folder: Path) -> Counter[str]:
    """Kill so many watchers, each after a random time; how many of them had ended before."""
    chance, depot = random.Random(seed), Depot(folder)
    outcome: Counter[str] = Counter()
    longest = 0.0
    for kill in range(kills):
        if not kill % PACE:
            longest = _usual_seconds(depot)
        for _ in range(chance.randrange(3)):
            depot.put(chance.choice(NAMES), chance.choice(KINDS))
        watchers = [_forked(depot.watch) for _ in range(chance.choice((1, 1, 2)))]
        time.sleep(chance.uniform(0, longest))
        for pid in watchers:
            os.kill(pid, signal.SIGKILL)
        for pid in watchers:
            outcome["killed" if _waited(pid) < 0 else "had ended"] += 1
    depot.check()
    return outcome | Counter({"documents": len(depot.drops)})


def _usual_seconds(depot: Depot) -> float:
    """How long a watcher takes from its start to the end of two documents, and a little more."""
    for name in NAMES[:2]:
        depot.put(name, "advance")
    start = time.perf_counter()
    _waited(_forked(depot.watch))
    return 1.5 * (time.perf_counter() - start)


def every_line(folder: Path, step: int = 1) -> Counter[str]:
    """Kill a watcher at its first line, its second, ... until one comes to its end; check after each."""
    depot = Depot(folder)
    for line in count(1, step):
        depot.put(NAMES[0], "advance")
        ended = _waited(_forked(lambda at=line: _killed_at(at, depot.watch)))  # type: ignore[misc]
        try:
            depot.check()
        except BrokenPromiseError as broken:
            raise BrokenPromiseError(f"killed at line {line}: {broken}") from broken
        if ended >= 0:
            return Counter({"lines": len(depot.drops) - 1, "documents": len(depot.drops)})
    raise AssertionError


def _killed_at(line: int, work: Callable[[], int]) -> int:
    left = line

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(WATCHED):
            return None
        left -= event == "line"
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    status = work()
    sys.settrace(None)
    return status


# ---------------------------------------------------------------- planted bugs


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _no_claim() -> Iterator[None]:
    """What a crash left in hand is settled as if it were another document."""
    real = settlement.settle

    def settle(data: bytes, caller: Caller, *others: Any) -> Any:
        return real(data, msgspec.structs.replace(caller, claim=""), *others)

    with mock.patch.object(watching, "settle", settle):
        yield


@contextmanager
def _moved_first() -> Iterator[None]:
    """The file comes to rest before its answer is there."""

    def finish(folder: DropFolder, taken: Taken, answer: bytes, *, refused: bool) -> Path:
        place = folder.path / (REFUSED if refused else DONE) / taken.claimed
        (folder.path / IN_HAND / taken.claimed).rename(place)
        folder._publish(taken, place.with_name(place.name + ANSWER), answer)
        folder._publish(taken, folder.path / (taken.name + ANSWER), answer)
        return place

    with mock.patch.object(DropFolder, "finish", finish):
        yield


@contextmanager
def _answered_first() -> Iterator[None]:
    """The answer is there before what it says is durable."""
    settle, finish = watching.Watch._settle, DropFolder.finish

    def settle_(watch: Watch, taken: Taken, data: bytes) -> None:
        def write(store: SqlStore, dossier: str, work: Callable[[Any], Any]) -> Any:
            with store.books(dossier, writing=True) as books:
                reply = work(books)
                finish(watch.folder, taken, reply.text.encode(), refused=bool(reply.refused))
            return reply

        def only_unreadable(folder: DropFolder, taken: Taken, answer: bytes, *, refused: bool) -> Path:
            in_hand = (folder.path / IN_HAND / taken.claimed).exists()
            return finish(folder, taken, answer, refused=refused) if in_hand else folder.path

        with mock.patch.object(SqlStore, "write", write), mock.patch.object(DropFolder, "finish", only_unreadable):
            settle(watch, taken, data)

    with mock.patch.object(watching.Watch, "_settle", settle_):
        yield


@contextmanager
def _no_locks() -> Iterator[None]:
    """A drive that knows no locks: two watchers may hold one file. No bug: nothing may go wrong."""
    with mock.patch.object(drop_folder, "_locked", return_value=True):
        yield


PLANTS = {"claim": _no_claim, "moved": _moved_first, "answered": _answered_first}
DRIVES = {"locks": _as_it_is, "none": _no_locks}


def run(kills: int, lines: int, drive: str, seed: int, planted: str = "") -> str:
    """Kills at random times, then one at each so manieth line, as asked for. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    with PLANTS.get(planted, _as_it_is)(), DRIVES[drive]():
        with tempfile.TemporaryDirectory(prefix="lettrage-") as folder:
            seen += storm(kills, seed, Path(folder))
        if lines:
            with tempfile.TemporaryDirectory(prefix="lettrage-") as folder:
                seen += every_line(Path(folder), lines)
    return f"{listed(seen)}: nothing lost, nothing twice"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "",
        lambda given, bug: run(given.kills, given.lines, given.drive, given.seed, bug),
        PLANTS,
        options={"kills": 0, "lines": 0, "drive": tuple(DRIVES)},
        trial={"kills": 0, "lines": 18},
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

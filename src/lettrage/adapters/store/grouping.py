"""Group commit: the writers of one process who wait at the same time share one durable commit.

Who comes first leads and runs at once. Who comes while a commit runs waits in the *lane*; when the commit is durable,
the first who waits leads the next batch: his work and that of the others who wait for the same dossier, one after the
other in one transaction, each planned after those before it. Nobody leads more than the batch that he is in, and nobody
has his result before it is durable.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any, TypeVar

from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.adapters.store.engine import shown
from lettrage.limits import GROUP_MILLISECONDS, GROUP_WRITERS, WAITING_SECONDS, WAITING_WRITERS
from lettrage.refusal import Refusal, StoreTrouble

T = TypeVar("T")
_LATER: Any = object()  # in place of a result: this transaction has lasted long enough


class GroupingStore:
    """A store whose writers share commits. Satisfies the port `Store`; made for many threads."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        # SQLite has one writer per file; elsewhere the dossiers do not wait for each other.
        self._one_lane = store.engine.dialect.name == "sqlite"
        self._lanes: dict[str, deque[_Call]] = {}  # who waits; a lane lasts as long as somebody leads in it
        self._lock = threading.Lock()
        self.commits = 0  # durable ones so far, for those who watch
        self._emptied = threading.Condition(self._lock)
        self._closed = False

    def dossiers(self) -> list[str]:
        """The codes of all dossiers."""
        return self.store.dossiers()

    def books(self, dossier: str, *, writing: bool) -> AbstractContextManager[SqlBooks]:
        """Open a dossier straight from the store: readers wait for nobody."""
        return self.store.books(dossier, writing=writing)

    def write(self, dossier: str, work: Callable[[SqlBooks], T]) -> T:
        """Run work on a dossier's books; what it returns is durable, whoever's commit it was in.

        Raises what the work raises; Stop for an unknown dossier; StoreTrouble, `database_locked` when the turn did not
        come within WAITING_SECONDS or too many wait already. Nothing is written then.
        """
        call = _Call(dossier, work)
        if self._enter(call) or self._wait(call):
            batch = self._take(call)
            try:
                self._serve(batch)
            finally:
                self._hand_over(batch)
        result: T = call.outcome.result()
        return result

    def close(self) -> None:
        """Let who waits finish, then close every connection."""
        with self._emptied:
            self._closed = True
            self._emptied.wait_for(lambda: not self._lanes)
        self.store.close()

    # ------------------------------------------------------------ who leads, who waits

    def _lane(self, call: "_Call") -> str:
        return "" if self._one_lane else call.dossier

    def _enter(self, call: "_Call") -> bool:
        """True when nobody leads in this lane: then the caller does. Else he stands in it."""
        with self._lock:
            lane = self._lanes.get(self._lane(call))
            if self._closed or (lane is not None and len(lane) >= WAITING_WRITERS):
                raise self._busy()
            if lane is None:
                self._lanes[self._lane(call)] = deque()
                return True
            lane.append(call)
            return False

    def _wait(self, call: "_Call") -> bool:
        """Wait to be served or to lead; true when it is to lead."""
        if not call.woken.wait(WAITING_SECONDS):
            with self._lock:
                if call in (lane := self._lanes.get(self._lane(call), deque())):
                    lane.remove(call)
                    raise self._busy()
            call.woken.wait()  # his work runs now, or he leads next: only the outcome can tell what became of it
        return not call.outcome.done()

    def _take(self, leader: "_Call") -> "list[_Call]":
        """The leader and who waits for the same dossier, in order of arrival."""
        with self._lock:
            lane = self._lanes[self._lane(leader)]
            alike = [call for call in lane if call.dossier == leader.dossier][: GROUP_WRITERS - 1]
            for call in alike:
                lane.remove(call)
        return [leader, *alike]

    def _hand_over(self, batch: "list[_Call]") -> None:
        """Wake who was served; who was not is first in the lane again, and the first there leads next."""
        with self._lock:
            name = self._lane(batch[0])
            lane = self._lanes[name]
            lane.extendleft(call for call in reversed(batch) if not call.outcome.done())
            if lane:
                lane.popleft().woken.set()
            else:
                del self._lanes[name]
                self._emptied.notify_all()
        for call in batch:
            if call.outcome.done():
                call.woken.set()

    def _busy(self) -> StoreTrouble:
        return StoreTrouble(Refusal("database_locked", "--database", shown(self.store.engine)))

    # ------------------------------------------------------------ one batch

    def _serve(self, batch: "list[_Call]") -> None:
        """Run a batch in one transaction; when a work of it fails, nothing is written: then each runs alone.

        A failure outside of any work (no lock, no such dossier, the commit itself) is everybody's, and nothing runs
        again: of a commit that failed nobody knows whether it held; the same key or content will tell.
        """
        if len(batch) == 1:
            self._serve_alone(batch[0])
            return
        try:
            results = self.store.write_all(batch[0].dossier, [_in_time(call, batch[0]) for call in batch])
        except BaseException as trouble:
            if not any(call.failed for call in batch):
                for call in batch:
                    call.outcome.set_exception(trouble)
                return
            for call in batch:
                self._serve_alone(call)
            return
        self.commits += 1
        for call, result in zip(batch, results, strict=True):
            if result is not _LATER:
                call.outcome.set_result(result)

    def _serve_alone(self, call: "_Call") -> None:
        try:
            if monotonic() > call.latest:
                raise self._busy()
            result = self.store.write(call.dossier, call.work)
            self.commits += 1
            call.outcome.set_result(result)
        except BaseException as trouble:
            call.outcome.set_exception(trouble)


class _Call:
    """One caller's work, and what became of it."""

    def __init__(self, dossier: str, work: Callable[[SqlBooks], Any]) -> None:
        self.dossier = dossier
        self.work = work
        self.latest = monotonic() + WAITING_SECONDS
        self.began = 0.0
        self.failed = False
        self.woken = threading.Event()
        self.outcome: Future[Any] = Future()

    def run(self, books: SqlBooks) -> Any:
        """The work itself, with a note when it fails."""
        self.began, self.failed = monotonic(), True
        result = self.work(books)
        self.failed = False
        return result


def _in_time(call: _Call, leader: _Call) -> Callable[[SqlBooks], Any]:
    """The call's work, unless its leader began too long ago: the lock is not held for ever."""

    def run(books: SqlBooks) -> Any:
        if call is not leader and monotonic() - leader.began > GROUP_MILLISECONDS / 1_000:
            call.failed = False  # a run before this one may have
            return _LATER
        return call.run(books)

    return run

"""Integrity checks under way: each in a thread of its own, one of a dossier at a time, seen while it goes on."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from threading import Event, Lock, Thread

from lettrage.adapters.http.house import House
from lettrage.books.checks import QUESTIONS
from lettrage.refusal import Refusal, Stop

AT_ONCE_SECONDS = 1.5  # for which whoever asks for a check waits to see its end


class Given(Exception):
    """The service stops; a check that only reads is let go."""


class Running:
    """A check under way, or one that could not be carried out (`trouble`)."""

    def __init__(self, by: str, since: datetime) -> None:
        self.by = by
        self.since = since
        self.done = 0
        self.of = QUESTIONS
        self.trouble: Refusal | None = None
        self.mistake: Exception | None = None  # our own
        self.over = Event()


class Checks:
    """The checks of one service. What they find is kept in the store; only how far they are is kept here."""

    def __init__(self) -> None:
        self._of: dict[str, Running] = {}
        self._lock = Lock()

    def of(self, dossier: str) -> Running | None:
        """The check of a dossier that is under way, or that failed last; None where there is neither."""
        return self._of.get(dossier)

    def begin(self, house: House, dossier: str, by: str, head: str) -> Running:
        """Begin a check, or join the one under way. Raises Problem (503) where too many are."""
        with self._lock:
            under_way = self._of.get(dossier)
            if under_way is not None and not under_way.over.is_set():
                return under_way
            with ExitStack() as turn:
                turn.enter_context(house.verifying.one())
                running = self._of[dossier] = Running(by, house.clock.now())
                work = (house, dossier, head, running, turn.pop_all())
            Thread(target=self._check, args=work, name="integrity check", daemon=True).start()
        if running.over.wait(AT_ONCE_SECONDS) and running.mistake is not None:
            raise running.mistake
        return running

    def _check(self, house: House, dossier: str, head: str, running: Running, turn: ExitStack) -> None:
        def asked() -> None:
            running.done += 1
            if house.stopping():
                raise Given

        with turn:
            try:
                self._kept(house, dossier, head, running, asked)
                del self._of[dossier]
            except Stop as stop:
                running.trouble = stop.refusal
            except Exception as mistake:
                running.trouble, running.mistake = Refusal("internal_error", seen="-"), mistake
            finally:
                running.over.set()

    @staticmethod
    def _kept(house: House, dossier: str, head: str, running: Running, asked: Callable[[], None]) -> None:
        with house.base.books(dossier, writing=False) as books:
            stood, before = books.chain_stands(), books.check_runs(1)
        began = time.perf_counter()
        findings = house.base.audit(dossier, head or (before[0].head if before else None), asked)
        took = round((time.perf_counter() - began) * 1_000)
        with house.base.books(dossier, writing=True) as books:
            books.keep_check(running.since, running.by, stood, took, findings)

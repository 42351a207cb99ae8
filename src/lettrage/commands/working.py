"""Workers that send and follow: the way to each platform, one loop, and the thread that runs it beside the service."""

import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import NoReturn

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import warn
from lettrage.adapters.store.books import SqlStore
from lettrage.commands.platforms import Platforms, platforms
from lettrage.invoicing.portal import Portal, Trouble
from lettrage.invoicing.sending.deposit import QUEUE_STOPPED
from lettrage.invoicing.sending.outbox import Alert
from lettrage.invoicing.sending.schedule import Pace, days_left
from lettrage.invoicing.sending.worker import Outboxes, Way, Worker
from lettrage.invoicing.settings import ChorusSettings, Platform
from lettrage.limits import SETTINGS_SECONDS, WORKER_PAUSE_SECONDS
from lettrage.refusal import Stop, StoreTrouble

ACCOUNT_EXPIRES = "technical_account_expires"
_LONGEST_PAUSE = 60.0  # seconds between two looks while there is trouble


class Ways:
    """The ways from each dossier to each platform; settings that change are seen a few seconds later."""

    def __init__(self, store: SqlStore, found: Platforms = platforms) -> None:
        self._store = store
        self._platforms = found
        self._kept: dict[str, tuple[float, ChorusSettings | Stop]] = {}

    def __call__(self, dossier: str, platform: str) -> Way:
        """A dossier's way to a platform."""
        name: Platform = "production" if platform == "production" else "qualification"
        settings = self._settings(dossier)
        if isinstance(settings, Stop):
            return Way(lambda: _shut(settings), Pace())
        pace = Pace(settings.platforms[name].time_scale, settings.doubt_hours)
        return Way(lambda: self._portal(dossier, name), pace)

    def password_days(self, dossier: str, today: date) -> int | None:
        """Days until the technical password of the platform that is on expires, once that is to be said."""
        settings = self._settings(dossier)
        return None if isinstance(settings, Stop) else days_left(settings.current.password_expires, today)

    def _settings(self, dossier: str) -> ChorusSettings | Stop:
        """A dossier's settings, or why they cannot be had."""
        read, settings = self._kept.get(dossier, (-SETTINGS_SECONDS, None))
        if settings is None or time.monotonic() - read > SETTINGS_SECONDS:
            try:
                settings = self._platforms.settings(self._store, dossier)
            except StoreTrouble:
                raise
            except Stop as stop:
                settings = stop
            self._kept[dossier] = (time.monotonic(), settings)
        return settings

    def _portal(self, dossier: str, platform: Platform) -> Portal:
        """The platform itself. Raises Trouble (settings) where something that it needs is not set."""
        try:
            return self._platforms.portal(self._store, dossier, platform)
        except StoreTrouble:
            raise
        except Stop as stop:
            _shut(stop)


def _shut(stop: Stop) -> NoReturn:
    raise Trouble("settings", step="settings", code=stop.refusal.code, text=stop.refusal.say("en"), sent=False)


def tell(dossier: str, alert: Alert) -> None:
    """An alert as an event of the log."""
    warn(alert.code, dossier=dossier, **alert.facts)


def worker(
    store: SqlStore,
    outboxes: Outboxes | None = None,
    ways: Ways | None = None,
    tell: Callable[[str, Alert], None] = tell,
) -> Worker:
    """A worker with a name of its own; `outboxes`: where it writes, the store unless a grouping one is given."""
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    return Worker(outboxes or store, ways or Ways(store), SystemClock(), name, secrets.randbelow, tell)


def at_hand(store: SqlStore) -> Worker:
    """The worker of a command that somebody waits for."""
    return worker(store, tell=_tell_at_hand)


def _tell_at_hand(dossier: str, alert: Alert) -> None:
    """An alert as an event, unless the command itself says it at its end, in words, to a reader who wants no log."""
    read = sys.stderr is not None and sys.stderr.isatty()
    if alert.code != QUEUE_STOPPED or (os.environ.get("LETTRAGE_LOG") and not read):
        tell(dossier, alert)


class Loop:
    """Does what is due, in every dossier or in one, until it is stopped."""

    def __init__(self, store: SqlStore, dossier: str = "", outboxes: Outboxes | None = None) -> None:
        self.store = store
        self.ways = Ways(store)
        self.worker = worker(store, outboxes, self.ways)
        self.dossier = dossier
        self.stop = threading.Event()
        self._warned: dict[str, date] = {}  # when each dossier was last told of its password

    def until_stopped(self, every: float = WORKER_PAUSE_SECONDS) -> None:
        """Look every so many seconds; less and less often, up to a minute, while the store is in trouble."""
        pause = every
        while not self.stop.is_set():
            pause = every if self.look() else min(2 * pause, _LONGEST_PAUSE)
            self.stop.wait(pause)

    def look(self) -> bool:
        """Do everything that is due; whether the store let that happen."""
        try:
            for dossier in [self.dossier] if self.dossier else self.store.dossiers():
                self._work(dossier)
        except Stop as stop:
            warn("worker_trouble", code=stop.refusal.code)
            return False
        return True

    def _work(self, dossier: str) -> None:
        with self.store.books(dossier, writing=False) as books:
            due = books.anything_due(self.worker.clock.now())
        if not due:
            return
        self._warn_of_password(dossier)
        try:
            self.worker.work(dossier, going_on=lambda: not self.stop.is_set())
        except Stop:
            raise
        except Exception as error:
            # Our own mistake keeps neither the other dossiers nor the service; the job is taken up again when its
            # time is over, and what was being sent is then in doubt.
            warn("worker_failed", dossier=dossier, error=type(error).__name__)

    def _warn_of_password(self, dossier: str) -> None:
        """Say once a day that the technical password expires: from then on nothing goes any more."""
        today = self.worker.clock.today()
        if self._warned.get(dossier) == today:
            return
        self._warned[dossier] = today
        days = self.ways.password_days(dossier, today)
        if days is not None:
            tell(dossier, Alert(ACCOUNT_EXPIRES, {"days": str(days)}))


@contextmanager
def beside(store: SqlStore, outboxes: Outboxes, dossier: str = "") -> Iterator[Loop]:
    """A worker in a thread of its own; at the end it finishes the call in hand."""
    loop = Loop(store, dossier, outboxes)
    thread = threading.Thread(target=loop.until_stopped, name="chorus worker")
    thread.start()
    try:
        yield loop
    finally:
        loop.stop.set()
        thread.join()

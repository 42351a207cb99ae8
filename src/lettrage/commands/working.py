"""Workers that send and follow: the way to each platform, one loop, and the thread that runs it beside the service."""

import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, NoReturn, TypeVar

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import warn
from lettrage.adapters.store.books import SqlStore
from lettrage.commands.looking import Looking, in_a_thread
from lettrage.commands.platforms import Platforms, platforms
from lettrage.commands.telling import Declarer
from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.doors import environment_of, is_approved
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending.deposit import QUEUE_STOPPED
from lettrage.invoicing.sending.outbox import Alert
from lettrage.invoicing.sending.schedule import Pace, days_left
from lettrage.invoicing.sending.worker import Outboxes, Way, Worker
from lettrage.invoicing.settings import ChorusSettings
from lettrage.limits import SETTINGS_SECONDS, WORKER_TURN_SECONDS
from lettrage.refusal import Stop, StoreTrouble

T = TypeVar("T")
ACCOUNT_EXPIRES = "technical_account_expires"


class Ways:
    """The ways from each dossier to each platform; settings that change are seen a few seconds later."""

    def __init__(self, store: SqlStore, found: Platforms = platforms) -> None:
        self._store = store
        self._platforms = found
        self._kept: dict[tuple[str, str], tuple[float, Any]] = {}

    def __call__(self, dossier: str, platform: str) -> Way:
        """A dossier's way to a platform."""
        settings = self._settings(dossier)
        approved = self._approved(dossier, platform) if is_approved(platform) else None
        stop = next((one for one in (settings, approved) if isinstance(one, Stop)), None)
        if stop is not None:
            return Way(lambda: _shut(stop), Pace(), lambda: _shut(stop))
        assert isinstance(settings, ChorusSettings)
        own = approved if isinstance(approved, ApprovedSettings) else settings.platforms[environment_of(platform)]
        pace = Pace(own.time_scale, settings.doubt_hours)
        return Way(
            lambda: self._asked(lambda: self._platforms.portal(self._store, dossier, environment_of(platform))),
            pace,
            lambda: self._asked(lambda: self._platforms.service(self._store, dossier, platform)),
        )

    def password_days(self, dossier: str, today: date) -> int | None:
        """Days until the technical password of the platform that is on expires, once that is to be said."""
        settings = self._settings(dossier)
        return None if isinstance(settings, Stop) else days_left(settings.current.password_expires, today)

    def _settings(self, dossier: str) -> ChorusSettings | Stop:
        """A dossier's settings, or why they cannot be had."""
        return self._fresh((dossier, ""), lambda: self._platforms.settings(self._store, dossier))

    def _approved(self, dossier: str, platform: str) -> ApprovedSettings | Stop:
        """What a dossier has set for an approved platform, or why it cannot be had."""
        return self._fresh((dossier, platform), lambda: self._platforms.approved(self._store, dossier, platform))

    def _fresh(self, key: tuple[str, str], read: Callable[[], T]) -> T | Stop:
        """Settings as they were read a few seconds ago at the most, or why they cannot be had."""
        at, kept = self._kept.get(key, (-SETTINGS_SECONDS, None))
        if kept is None or time.monotonic() - at > SETTINGS_SECONDS:
            try:
                kept = read()
            except StoreTrouble:
                raise
            except Stop as stop:
                kept = stop
            self._kept[key] = (time.monotonic(), kept)
        found: T | Stop = kept
        return found

    def _asked(self, client: Callable[[], T]) -> T:
        """The platform itself. Raises Trouble (settings) where something that it needs is not set."""
        try:
            return client()
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
    found, clock = ways or Ways(store), SystemClock()
    declare = Declarer(store, clock, found)
    return Worker(outboxes or store, found, clock, name, secrets.randbelow, tell, declare=declare)


def at_hand(store: SqlStore) -> Worker:
    """The worker of a command that somebody waits for."""
    return worker(store, tell=_tell_at_hand)


def _tell_at_hand(dossier: str, alert: Alert) -> None:
    """An alert as an event, unless the command itself says it at its end, in words, to a reader who wants no log."""
    read = sys.stderr is not None and sys.stderr.isatty()
    if alert.code != QUEUE_STOPPED or (os.environ.get("LETTRAGE_LOG") and not read):
        tell(dossier, alert)


class Loop(Looking):
    """Does what is due, in every dossier or in one, until it is stopped."""

    def __init__(self, store: SqlStore, dossier: str = "", outboxes: Outboxes | None = None) -> None:
        super().__init__()
        self.store = store
        self.ways = Ways(store)
        self.worker = worker(store, outboxes, self.ways)
        self.dossier = dossier
        self._warned: dict[str, date] = {}  # when each dossier was last told of its password

    def look(self) -> bool:
        """Do everything that is due; whether the store let that happen."""
        well = True
        try:
            for dossier in [self.dossier] if self.dossier else self.store.dossiers():
                well &= self._looked(dossier)
        except Stop as stop:
            warn("worker_trouble", code=stop.refusal.code)
            return False
        return well

    def _looked(self, dossier: str) -> bool:
        """Do what is due in one dossier: what stands in its way stands in no other's."""
        try:
            self._work(dossier)
        except StoreTrouble:
            raise
        except Stop as stop:
            warn("worker_trouble", dossier=dossier, code=stop.refusal.code)
            return False
        return True

    def _work(self, dossier: str) -> None:
        with self.store.books(dossier, writing=False) as books:
            due = books.anything_due(self.worker.clock.now())
        if not due:
            return
        self._warn_of_password(dossier)
        until = time.monotonic() + WORKER_TURN_SECONDS
        try:
            self.worker.work(dossier, going_on=lambda: not self.stop.is_set() and time.monotonic() < until)
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


def beside(store: SqlStore, outboxes: Outboxes, dossier: str = "") -> AbstractContextManager[Loop]:
    """A worker beside the service; at the end it finishes the call in hand."""
    return in_a_thread(Loop(store, dossier, outboxes), "chorus worker")

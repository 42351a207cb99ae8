"""Mistakes put into the program on purpose, each of which a life must notice.

Each is a context manager: inside it the program has the bug. Many are those of the money laws and of the storms.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from typing import Any
from unittest import mock

import msgspec

from lettrage import settlement
from lettrage.adapters.store import engine, sqlite
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.invoicing.sending import follow
from lettrage.settlement.once import Receipt
from tests.laws import planted as laws
from tests.simulation import service
from tests.storms import deposits

Plant = Callable[[], AbstractContextManager[object]]


def key_never_looked_at() -> AbstractContextManager[object]:
    """Nobody looks whether a key was used before."""
    return mock.patch.object(SqlBooks, "kept", return_value=None)


@contextmanager
def key_checked_outside_the_transaction() -> Iterator[None]:
    """Whether a key was used before is read when the call comes in, not when it is its turn to write."""
    sound, write = SqlBooks.kept, service.Gate.write

    def early(self: service.Gate, dossier: str, work: Callable[[Any], Any]) -> Any:
        with self.base.books(dossier, writing=False) as books:
            before = {tuple(row) for row in books.rows("SELECT caller, key FROM kept_answer WHERE dossier = ?1")}

        def late(books: SqlBooks) -> Any:
            def kept(self: SqlBooks, caller: str, key: str) -> Any:
                return sound(self, caller, key) if (caller, key) in before else None

            with mock.patch.object(SqlBooks, "kept", kept):
                return work(books)

        return write(self, dossier, late)

    with mock.patch.object(service.Gate, "write", early):
        yield


def synchronous_off() -> AbstractContextManager[object]:
    """What is committed is left to the operating system to write when it likes."""
    sound = sqlite._prepare

    def careless(connection: Any, record: object) -> None:
        sound(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    return mock.patch.object(sqlite, "_prepare", careless)


@contextmanager
def commit_not_waited_for() -> Iterator[None]:
    """An answer is given although the commit has failed."""
    sound = engine._commit

    def hopeful(connection: Any) -> None:
        try:
            sound(connection)
        except Exception:
            return

    with mock.patch.object(engine, "_commit", hopeful):
        yield


@contextmanager
def answer_kept_by_a_second_commit() -> Iterator[None]:
    """The books are written by one commit, the answer that belongs to them by another."""
    later: list[Any] = []
    record = SqlBooks.record
    write_all = SqlStore.write_all

    def without(self: SqlBooks, receipt: Receipt, plan: Any, answer: str) -> None:
        number = self.counters["next_document"]
        if receipt.kept_under:
            later.append((self.dossier, receipt, answer, number))
        record(self, msgspec.structs.replace(receipt, key="", claim=""), plan, answer)

    def twice(self: SqlStore, dossier: str, works: Any) -> Any:
        later.clear()
        results = write_all(self, dossier, works)
        kept, later[:] = [*later], []
        service._gate.after()
        for dossier_, receipt, answer, number in kept:
            row = (dossier_, *receipt.kept_under, receipt.document.digest, answer, number)
            sql = "INSERT INTO kept_answer VALUES (?, ?, ?, ?, ?, ?)"
            write_all(self, dossier, [_inserting(sql, row)])
        return results

    with mock.patch.object(SqlBooks, "record", without), mock.patch.object(SqlStore, "write_all", twice):
        yield


def _inserting(sql: str, row: tuple[object, ...]) -> Callable[[SqlBooks], object]:
    return lambda books: books.connection.exec_driver_sql(sql, row)


@contextmanager
def stale_open_amounts() -> Iterator[None]:
    """What is open is read once and kept for the calls that follow."""
    seen: dict[Any, Any] = {}
    sound = SqlBooks.snapshot

    def remembered(self: SqlBooks, wanted: Any) -> Any:
        key = (self.dossier, wanted)
        if key not in seen:
            seen[key] = sound(self, wanted)
        return seen[key]

    with mock.patch.object(SqlBooks, "snapshot", remembered):
        yield


def day_of_utc() -> AbstractContextManager[object]:
    """The accounting date is that of UTC, not that of Paris."""
    return mock.patch.object(Receipt, "today", property(_utc))


def _utc(receipt: Receipt) -> date:
    return receipt.at.date()


def last_status_wins() -> AbstractContextManager[object]:
    """The status of an invoice is the one that was heard of last."""

    def last(events: Any) -> Any:
        changes = [event for event in events if event.origin == "history"]
        return changes[-1] if changes else None

    return mock.patch.object(follow, "current", last)


def token_kept() -> AbstractContextManager[object]:
    """A document is kept with the token that stands in it."""
    return mock.patch.multiple(settlement, masked=str.encode, without_tokens=lambda text: text)


@contextmanager
def act_without_its_log() -> Iterator[None]:
    """An act is done, and its answer is kept nowhere."""

    def silent(self: SqlBooks, request: Any, reasons: Any, answer: str) -> None:
        return None

    with mock.patch.object(SqlBooks, "log", silent):
        yield


PLANTED: dict[str, Plant] = {
    "": nullcontext,
    "key_never_looked_at": key_never_looked_at,
    "key_checked_outside_the_transaction": key_checked_outside_the_transaction,
    "synchronous_off": synchronous_off,
    "commit_not_waited_for": commit_not_waited_for,
    "answer_kept_by_a_second_commit": answer_kept_by_a_second_commit,
    "stale_open_amounts": stale_open_amounts,
    "day_of_utc": day_of_utc,
    "last_status_wins": last_status_wins,
    "token_kept": token_kept,
    "act_without_its_log": act_without_its_log,
    "sent_again_blindly": deposits.sent_again_blindly,
    "doubt_not_looked_up": deposits.doubt_not_looked_up,
    "doubt_forgotten": deposits.doubt_forgotten,
    "interrupted_is_forgotten": deposits.interrupted_is_forgotten,
    "off_by_one_tolerated": laws.off_by_one_tolerated,
    "difference_counted_twice": laws.difference_counted_twice,
    "difference_line_lost_on_the_way": laws.difference_line_lost_on_the_way,
    "refused_settlement_uses_up_numbers": laws.refused_settlement_uses_up_numbers,
    "instrument_lost_from_its_account": laws.instrument_lost_from_its_account,
    "item_changed_without_its_dossier": laws.item_changed_without_its_dossier,
    "unpaid_leaves_the_advance": laws.unpaid_leaves_the_advance,
    "cancel_leaves_the_payment": laws.cancel_leaves_the_payment,
    "relief_on_the_payer": laws.relief_on_the_payer,
}

"""Books of every earlier version of the schema, opened by today's program; and a migration killed at every statement.

    python -m tests.storms.old_books --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.old_books
    python -m tests.storms.old_books --planted no_transaction     # that bug alone

For each version the migrations up to it make a database, and rows of a day's work fill it: those columns that it had.
Opened today, it must hold the very rows that today's program would have written, break no law, and give each answer
again under its old key. Then the process that migrates is killed at its first statement, its second, ... until one
comes to its end: each time the books are as they were, and the next who opens them brings them up to date. Books that
are newer than the program are refused by that name, and not touched.
"""

import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from itertools import count
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any
from unittest import mock

import msgspec
from sqlalchemy import Connection, Engine, MetaData, event

from lettrage.adapters.store import migrations
from lettrage.adapters.store.engine import KNOWN, schema_version, unprepared_engine
from lettrage.adapters.store.migrations import begin_alone, upgrade_within
from lettrage.adapters.store.sql import run_many
from lettrage.refusal import StoreTrouble
from tests.databases import POSTGRESQL, STORE, ask, copied, direct, every_row, no_books
from tests.reliability.long_form import BrokenPromiseError, Bug, listed, long_form
from tests.storms.races import server
from tests.storms.work import Day, Work, opened, sound

Rows = dict[str, list[dict[str, Any]]]
DEEDS = 60
_NOT_KEPT = ("version", "year_counter", "sqlite_stat1")  # counted anew, or moved into the row of the dossier
# What nobody could do before this version.
_SINCE = {
    Day.cancel: "0002",
    Day.unpaid: "0002",
    Day.for_slip: "0002",
    Day.slip: "0002",
    Day.no_slip: "0002",
    Day.entry: "0005",
}


class Old:
    """A day's work as a version of the schema had it."""

    def __init__(self, folder: Path, version: str, seed: int) -> None:
        self.folder, self.version = folder, version
        without = frozenset(way for way, since in _SINCE.items() if since > version)
        self.work = Work(folder, seed, DEEDS, name=f"v{version}-", without=without)
        self.address = no_books(folder, f"old{version}")
        engine = unprepared_engine(self.address)
        with engine.connect() as connection:
            begin_alone(connection)
            upgrade_within(connection, version)
            _fill(connection, self.work.rows)
            connection.exec_driver_sql("COMMIT")
        engine.dispose()
        self.rows = _rows(self.address)

    def open_today(self, address: str) -> None:
        """Open the books: all is there, sound, and answered as ever. Raises BrokenPromiseError."""
        where = f"of version {self.version}"
        sound(address, where)
        self._same_values(address, where)
        with closing(opened(address)) as store:
            for deed in self.work.deeds:
                if (answer := deed.do(store)) != deed.answer:
                    raise BrokenPromiseError(f"{where}: {deed.name}: {answer[:200]}")
        self._same_values(address, f"{where}, asked again")

    def _same_values(self, address: str, where: str) -> None:
        """Each value that the old tables had is there still; the laws look after what is told anew."""
        found = _rows(address)
        for table, rows in self.rows.items():
            if table not in _NOT_KEPT:
                names = rows[0].keys() if rows else ()
                kept = sorted(({name: row[name] for name in names} for row in found[table]), key=repr)
                if kept != rows:
                    raise BrokenPromiseError(f"{where}: {table} has changed")

    def killed(self, step: int) -> int:
        """Kill who migrates at each such statement; how many kills that took. Raises BrokenPromiseError."""
        for kills, statement in enumerate(count(1, step)):
            address = copied(self.address, self.folder, f"killed{self.version}")
            ended = _migrated_in_a_process(address, statement)
            where = f"of version {self.version}, killed at statement {statement}"
            if ended == 0:
                return kills
            if ended != -signal.SIGKILL:
                raise BrokenPromiseError(f"{where}: ended with {ended}")
            _wait_for_the_session(address)
            if (found := _rows(address)) != self.rows:
                differ = sorted(found.keys() ^ self.rows.keys()) or [n for n in found if found[n] != self.rows[n]]
                raise BrokenPromiseError(f"{where}: changed: {differ[:5]}")
            if statement % (10 * step) == 1:
                sound(address, where)
                self._same_values(address, where)
        raise AssertionError


def _fill(connection: Connection, rows: Rows) -> None:
    """The rows of today's tables, as far as the tables here had their columns."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        names = [column.name for column in table.columns]
        found = _counters(rows) if table.name == "year_counter" else rows.get(table.name, [])
        marks = ", ".join(f"?{at}" for at in range(1, len(names) + 1))
        columns = ", ".join(f'"{name}"' for name in names)
        if table.name != "alembic_version":
            keys = [column.name for column in table.primary_key]
            found = sorted(found, key=lambda row: [row[key] for key in keys])
            values = [tuple(row[name] for name in names) for row in found]
            run_many(connection, f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', values)


def _counters(rows: Rows) -> list[dict[str, Any]]:
    """The counters of the years, which the first version kept in rows of their own."""
    return [
        {"dossier": dossier["code"], "year": year, "last": last}
        for dossier in rows["dossier"]
        for year, last in msgspec.json.decode(dossier["years"]).items()
    ]


def _rows(address: str) -> Rows:
    """Every row of every table, its version's, and the version; nothing is migrated."""
    engine = unprepared_engine(address)
    with engine.connect() as connection:
        version = schema_version(connection)
    rows = every_row(engine)
    engine.dispose()
    return rows | {"version": [{"version": version}]}


# ---------------------------------------------------------------- killed


def _migrated_in_a_process(address: str, statement: int) -> int:
    """Open books in a process that is killed at its nth statement within the migration; how it ended."""
    pid = os.fork()
    if not pid:
        status = 70
        try:
            event.listen(Engine, "before_cursor_execute", _killer(statement))
            opened(address).close()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _killer(statement: int) -> Callable[..., None]:
    """Who kills at this statement, unless the migration is over by then."""
    left, over = statement, False

    def before(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        nonlocal left, over
        left -= 1
        if not (left or over):
            os.kill(os.getpid(), signal.SIGKILL)
        over = over or sql == "COMMIT"

    return before


def _wait_for_the_session(address: str) -> None:
    """A server needs a moment to notice that its caller is gone."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while POSTGRESQL and ask(address, others)[0][0]:
        time.sleep(0.01)


# ---------------------------------------------------------------- newer


def newer_is_refused(folder: Path, seed: int) -> None:
    """Books of a later version are named so, and left alone. Raises BrokenPromiseError."""
    address = copied(Work(folder, seed, 1, name="newer-").start, folder, "newer")
    with direct(address) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = _rows(address)
    try:
        opened(address).close()
    except StoreTrouble as trouble:
        if trouble.refusal.code != "database_newer":
            raise BrokenPromiseError(f"newer books are refused as {trouble.refusal.code}") from trouble
    else:
        raise BrokenPromiseError("newer books are opened")
    if _rows(address) != before:
        raise BrokenPromiseError("newer books are changed")


# ---------------------------------------------------------------- the planted bug


def _no_transaction() -> AbstractContextManager[object]:
    """Each statement of a migration is its own commit."""

    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection

        def commit(*_: Any) -> None:
            with suppress(OperationalError):  # where nothing is open
                raw.execute("COMMIT")
            raw.execute("BEGIN")

        raw.execute("BEGIN")
        event.listen(connection, "after_cursor_execute", commit)

    return mock.patch.object(migrations, "begin_alone", begin)


PLANTED: dict[str, Bug] = {"no_transaction": _no_transaction}


# ---------------------------------------------------------------- the command


def run(seed: int, step: int = 1, planted: str = "", versions: Sequence[str] = KNOWN) -> Counter[str]:
    """All versions. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name:
        folder = Path(name)
        for version in versions:
            old = Old(folder, version, seed)
            try:
                with PLANTED[planted]() if planted else nullcontext():
                    if version != KNOWN[-1]:
                        seen["kills"] += old.killed(step)
                    old.open_today(copied(old.address, folder, f"today{version}"))
            except StoreTrouble as trouble:
                raise BrokenPromiseError(f"books of version {version} do not open: {trouble}") from trouble
            seen["versions"] += 1
            seen["old answers"] += len(old.work.deeds)
        newer_is_refused(folder, seed)
    return seen


def figure(seen: Mapping[str, int]) -> str:
    """What was seen, in a line."""
    return f"{listed(seen)}: every row, every answer; killed, the books are as before; newer ones are refused"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C9",
        lambda given, bug: figure(run(given.seed, given.step, bug, KNOWN[:1] if bug else KNOWN)),
        PLANTED,
        options={"step": 1},
        trial={"step": 7},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

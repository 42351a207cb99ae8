"""Books in PostgreSQL 15 or newer: many processes, one writer per dossier, parallel across dossiers.

Everything works in any database of UTF-8, whatever its sorting: our texts sort by bytes (see `migrations`).
"""

import re
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from lettrage.limits import BUSY_SECONDS, CONNECT_SECONDS, DATABASE_CONNECTIONS, IDLE_SECONDS
from lettrage.refusal import Refusal, StoreTrouble

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import Buffer
    from psycopg.types.string import StrDumper

DRIVERS = ("postgresql", "postgresql+psycopg")

# A list is of one moment, so a reader keeps the state of its first question. A writer locks its dossier first and then
# asks anew: what the one before has committed is there.
BEGIN = {False: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", True: "BEGIN ISOLATION LEVEL READ COMMITTED"}

# A document names its keys, so an index answers at every size. Left alone the planner reads a small table whole, keeps
# that plan in a session, and is slow when the table has grown.
_WHOLE_TABLES = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")
COUNTED_BYTES = 256 * 1024  # a smaller table is soon gone through
_SETTINGS = {
    "lock_timeout": f"{BUSY_SECONDS:.0f}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",  # a process that hangs gives its dossier back
    "jit": "off",  # compiling takes longer than any question of ours
    **dict.fromkeys(_WHOLE_TABLES, "off"),
}


def knows(url: URL) -> bool:
    """Whether every option of an address is one of the driver's; True where there is no driver to ask."""
    if find_spec("psycopg") is None:
        return True
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    try:
        make_conninfo("", **{name: str(value) for name, value in url.query.items()})
    except psycopg.ProgrammingError:
        return False
    return True


def engine_for(url: URL) -> Engine:
    """An engine whose transactions begin by hand. Raises StoreTrouble where the driver is not installed."""
    if find_spec("psycopg") is None:
        shown = url.set(query={}).render_as_string()
        raise StoreTrouble(Refusal("no_driver", "--database", shown, "lettrage[postgres]"))
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,
        pool_size=DATABASE_CONNECTIONS,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "client_encoding": "utf8",
            "application_name": "lettrage",
            "options": " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items()),
        },
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: "psycopg.Connection[Any]", _record: object) -> None:
    """Plain types, and commits that are durable whatever the server's default."""
    from psycopg.types import numeric  # noqa: PLC0415  (only where the books are in PostgreSQL)

    adapters = connection.adapters
    adapters.register_dumper(int, numeric.Int8Dumper)  # else its size would make another statement of each
    adapters.register_dumper(str, _text_dumper())
    adapters.register_loader("numeric", numeric.IntLoader)  # a sum of whole numbers
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )


@cache
def _text_dumper() -> "type[StrDumper]":
    from psycopg.types.string import StrDumper  # noqa: PLC0415

    class TextDumper(StrDumper):
        """A text. PostgreSQL's know no NUL; the books keep no control character, so one stands for the other."""

        def dump(self, obj: str) -> "Buffer | None":
            return super().dump(obj.replace("\x00", "\x01"))

    return TextDumper


def read_whole_tables(connection: Connection) -> None:
    """Let the planner read tables from end to end, until this transaction ends: for a check of everything."""
    for setting in _WHOLE_TABLES:
        connection.exec_driver_sql(f"SET LOCAL {setting} = on")


# Tables (with their parts) that hold something and were never counted, where this session may do so.
_UNCOUNTED = f"""
SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
AND c.reltuples < 0 AND pg_relation_size(c.oid) > {COUNTED_BYTES}
AND NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' ORDER BY c.relname
"""


def count_tables(connection: Connection) -> None:
    """Have the server count each table that it has never counted.

    Until it has, it takes a table for a few rows, and answers what is asked about many by going through all of them for
    each. Its own autovacuum comes a minute or more after much was written, where it is on; who loads or restores asks
    the next moment.
    """
    for name in connection.exec_driver_sql(_UNCOUNTED).scalars().all():
        connection.exec_driver_sql(f'ANALYZE (SKIP_LOCKED) "{name}"')


def check(connection: Connection) -> None:
    """Refuse a database that cannot hold every text."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreTrouble(Refusal("database_not_utf8", "--database", address(connection.engine), str(encoding)))


def tables(connection: Connection) -> set[str]:
    """The names of the tables where ours would be."""
    sql = (
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition"
    )
    return set(connection.exec_driver_sql(sql).scalars())


def address(engine: Engine) -> str:
    """The database as people may see it: without a password."""
    return engine.url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


# ---------------------------------------------------------------- what the server says

# By SQLSTATE, the longest beginning that fits.
_TROUBLES = {
    "08": "connection_lost",
    "25006": "database_not_writable",
    "40001": "database_locked",
    "40P01": "database_locked",
    "42501": "database_not_writable",
    "53100": "disk_full",
    "53200": "connection_lost",
    "53300": "database_locked",
    "55P03": "database_locked",
    "57014": "connection_lost",
    "57P": "connection_lost",
    "25P03": "connection_lost",
    "58": "disk_error",
    "XX001": "database_damaged",
    "XX002": "database_damaged",
}
# Nothing is done, and the same work may well succeed when it is begun anew.
_PASSING = ("08", "40001", "40P01", "57P01", "57P02", "57P03", "25P03")

# Before a session stands there is only a sentence, in the server's language.
_REFUSED_SESSIONS = (
    (re.compile(r"authentication|authentification|no password supplied|pg_hba\.conf|role \"|rôle «"), "login_refused"),
    (re.compile(r"database \"|base de données «"), "no_server_database"),
    (re.compile(r"too many|trop de"), "database_locked"),
)


def trouble(error: DBAPIError) -> tuple[str, bool] | None:
    """The refusal's code for what the driver says, and whether it may pass; None for what is our own mistake."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        code = next((_TROUBLES[state[:n]] for n in (5, 3, 2) if state[:n] in _TROUBLES), None)
        return None if code is None else (code, state.startswith(_PASSING))
    if error.connection_invalidated:
        return "connection_lost", True
    if type(error.orig).__name__ not in ("OperationalError", "ConnectionTimeout"):
        return None
    said = str(error.orig)
    return next((code for words, code in _REFUSED_SESSIONS if words.search(said)), "no_server"), False

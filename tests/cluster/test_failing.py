"""What is said when a machine of a cluster fails, in the codes that Citus gives for it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from lettrage.adapters.store.backups.dump import back_up
from lettrage.adapters.store.backups.restore import restore
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import Passing, open_engine, prepare, transaction
from lettrage.adapters.store.migrations import begin_alone
from lettrage.refusal import StoreTrouble
from tests import databases
from tests.cluster.starting import spread_books
from tests.databases import PARTITIONED, postgresql_only
from tests.journeys.helpers import MovableClock
from tests.storms.races import prepare as with_invoices

pytestmark = postgresql_only
NOT_SPREAD = pytest.mark.skipif(PARTITIONED, reason="about books on one machine")

# A worker's answer to a COMMIT was not heard; a worker was lost, or refused a row, while many rows went to it.
OF_A_WORKER = ("XX000", "58030")


@contextmanager
def failing(engine: Engine, at: str, state: str) -> Iterator[None]:
    """The server says, in place of statements that begin so, that something went wrong."""

    def fail(_connection: Any, _cursor: Any, sql: str, values: Any, *_more: Any) -> Any:
        said = f"DO $$ BEGIN RAISE EXCEPTION 'of a worker' USING ERRCODE = '{state}'; END $$"
        return (said, ()) if sql.startswith(at) else (sql, values)

    event.listen(engine, "before_cursor_execute", fail, retval=True)
    yield
    event.remove(engine, "before_cursor_execute", fail)


@contextmanager
def opened(address: str) -> Iterator[Engine]:
    engine = open_engine(address)
    yield engine
    engine.dispose()


def ask(engine: Engine) -> None:
    with transaction(engine, writing=True) as connection:
        connection.exec_driver_sql("SELECT code FROM dossier")


def test_of_a_commit_that_a_worker_may_have_done_nobody_says_that_it_was_not(tmp_path: Path) -> None:
    with opened(spread_books(tmp_path)) as engine, failing(engine, "COMMIT", "XX000"):
        with pytest.raises(StoreTrouble) as caught:
            ask(engine)
        assert caught.value.refusal.code == "outcome_unknown"
        assert not isinstance(caught.value, Passing), "nobody knows, so nobody tries again"


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_commit_that_was_surely_taken_back_is_tried_again(tmp_path: Path, state: str) -> None:
    with opened(spread_books(tmp_path)) as engine, failing(engine, "COMMIT", state), pytest.raises(Passing) as caught:
        ask(engine)
    assert caught.value.refusal.code == "database_locked"


@pytest.mark.parametrize("state", OF_A_WORKER)
def test_a_statement_that_a_worker_lost_is_tried_again(tmp_path: Path, state: str) -> None:
    with opened(spread_books(tmp_path)) as engine, failing(engine, "SELECT code", state):
        with pytest.raises(Passing) as caught:
            ask(engine)
        assert caught.value.refusal.code == "connection_lost"


@NOT_SPREAD
def test_on_one_machine_the_same_codes_mean_what_they_say(tmp_path: Path) -> None:
    with opened(databases.empty_books(tmp_path)) as engine:
        with failing(engine, "SELECT code", "XX000"), pytest.raises(DBAPIError):
            ask(engine)
        with failing(engine, "SELECT code", "58030"), pytest.raises(StoreTrouble) as caught:
            ask(engine)
        assert caught.value.refusal.code == "disk_error"


# ---------------------------------------------------------------- making tables and changing them

SETTINGS = ("citus.multi_shard_modify_mode", "citus.enable_unsafe_triggers")


def _settings(address: str) -> list[str]:
    with opened(address) as engine, engine.connect() as connection:
        begin_alone(connection)
        asked = [f"SELECT coalesce(current_setting('{name}', true), '')" for name in SETTINGS]
        found = [str(connection.exec_driver_sql(sql).scalar_one()) for sql in asked]
        connection.exec_driver_sql("ROLLBACK")
    return found


def test_a_migration_may_make_functions_and_triggers_beside_tables_that_are_spread(tmp_path: Path) -> None:
    assert _settings(spread_books(tmp_path)) == ["sequential", "on"]


@NOT_SPREAD
def test_on_one_machine_a_migration_says_nothing_of_clusters(tmp_path: Path) -> None:
    assert _settings(databases.empty_books(tmp_path)) == ["", ""]


_UNREACHABLE = """
CREATE FUNCTION unreachable() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'connection to the remote node worker1:5432 failed: no password supplied' USING ERRCODE = '08006';
END $$;
CREATE EVENT TRIGGER unreachable ON ddl_command_start WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION unreachable();
"""


def test_a_node_that_cannot_be_reached_is_told_with_its_name_and_why(tmp_path: Path) -> None:
    """Citus makes each function on every node: the first thing that fails where a password is missing."""
    address = databases.no_books(tmp_path)
    databases.stand_in(address)
    with databases.direct(address) as connection:
        connection.execute(_UNREACHABLE)
    with pytest.raises(StoreTrouble) as caught:
        prepare(address)
    assert caught.value.refusal.code == "cluster_refused"
    assert "worker1:5432 failed: no password supplied" in caught.value.refusal.say("en")


_REFUSING = """
CREATE FUNCTION refusing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'duplicate key value violates a constraint' USING ERRCODE = 'XX000';
END $$;
CREATE TRIGGER refusing BEFORE INSERT ON dossier FOR EACH ROW EXECUTE FUNCTION refusing();
"""


def test_rows_of_a_backup_that_a_cluster_does_not_take_are_refused_in_its_words(tmp_path: Path) -> None:
    books = databases.empty_books(tmp_path)
    with_invoices(books, 1)
    file, now = tmp_path / "all.zip", datetime(2026, 11, 23, tzinfo=UTC)
    with closing(SqlStore(books, MovableClock())) as store:
        back_up(store.engine, file, now)
    address = spread_books(tmp_path)
    with databases.direct(address) as connection:
        connection.execute(_REFUSING)
    with pytest.raises(StoreTrouble) as caught:
        restore(file, address, now)
    assert caught.value.refusal.code == "cluster_refused"
    assert "duplicate key" in caught.value.refusal.say("en")

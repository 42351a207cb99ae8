"""What is particular to books in PostgreSQL: opening them, losing them, and beginning anew."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from sqlalchemy import event

from lettrage.adapters.store import engine, lettering, postgresql, schema
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.adapters.store.engine import open_engine
from lettrage.adapters.store.sql import run
from lettrage.limits import ATTEMPTS
from lettrage.refusal import Refusal, StoreTrouble
from tests import databases
from tests.databases import GUARDED, PASSWORD, no_books, postgresql_only
from tests.journeys.helpers import Firm, MovableClock, company, header, invoice, pays

Shown = Callable[[Path, pytest.MonkeyPatch], Refusal]
SHOWN_OF_POSTGRESQL: dict[str, Shown] = {}


def shows(code: str) -> Callable[[Shown], Shown]:
    """This function shows the refusal of this code."""

    def remembered(function: Shown) -> Shown:
        SHOWN_OF_POSTGRESQL[code] = function
        return function

    return remembered


def trouble(address: str, *, create: bool = False) -> Refusal:
    with pytest.raises(StoreTrouble) as caught:
        open_engine(address, create=create)
    assert caught.value.error == 503
    return caught.value.refusal


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path, company(invoices=[invoice(str(n), "100.00") for n in range(1, 9)]))


def on_server(address: str, *statements: str) -> None:
    """Statements of an administrator, each at once."""
    with psycopg.connect(address.rpartition("/")[0] + "/postgres", autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


def cut_off(address: str) -> None:
    """End every session of a database, as a restart of the server does."""
    name = address.rpartition("/")[2]
    on_server(address, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


# ---------------------------------------------------------------- opening


@shows("no_driver")
def _no_driver(_folder: Path, patch: pytest.MonkeyPatch) -> Refusal:
    patch.setattr(postgresql, "find_spec", lambda _name: None)
    return trouble("postgresql://me:secret@127.0.0.1/books")


@shows("no_server")
def _no_server(_folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return trouble(f"postgresql://me:secret@127.0.0.1:{databases._free_port()}/books")


@shows("login_refused")
def _login_refused(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    address = no_books(folder)
    trouble(address.replace("lettrage@", "nobody@"))
    trouble(address.replace("lettrage@", f"{GUARDED}@"))
    return trouble(address.replace("lettrage@", f"{GUARDED}:secret@"))


@shows("no_server_database")
def _no_server_database(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    address = f"{no_books(folder)}_nowhere"
    assert trouble(address, create=True) == trouble(address)
    return trouble(address)


@shows("database_not_utf8")
def _database_not_utf8(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    address = no_books(folder)
    name = address.rpartition("/")[2]
    on_server(
        address,
        f"DROP DATABASE {name}",
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
    )
    return trouble(address, create=True)


@shows("not_distributed")
def _not_distributed(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    address = no_books(folder)
    databases.stand_in(address)
    return trouble(address, create=True)


@shows("cluster_refused")
def _cluster_refused(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    address = no_books(folder)
    databases.stand_in(address)
    with databases.direct(address) as connection:
        connection.execute("DROP FUNCTION create_distributed_table")
    with pytest.raises(StoreTrouble) as caught:
        engine.prepare(address)
    return caught.value.refusal


# ---------------------------------------------------------------- losing the server


@shows("connection_lost")
def _connection_lost(folder: Path, patch: pytest.MonkeyPatch) -> Refusal:
    firm = Firm(folder, company())
    patch.setattr(engine, "RETRY_MILLISECONDS", 1.0)
    ran = []

    def unlucky(books: SqlBooks) -> None:
        ran.append(books)
        cut_off(firm.address)
        books.kept("till", "k")

    with pytest.raises(StoreTrouble) as caught:
        firm.store.write("998", unlucky)
    assert len(ran) == ATTEMPTS
    return caught.value.refusal


@shows("outcome_unknown")
def _outcome_unknown(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    firm = Firm(folder, company())
    ran: list[SqlBooks] = []

    def cut(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql == "COMMIT":
            cut_off(firm.address)

    event.listen(firm.store.engine, "before_cursor_execute", cut)
    with pytest.raises(StoreTrouble) as caught:
        firm.store.write("998", ran.append)
    assert len(ran) == 1, "nobody knows, so nobody tries again"
    event.remove(firm.store.engine, "before_cursor_execute", cut)
    return caught.value.refusal


OF_NO_SERVER = ("no_driver", "no_server")


@pytest.mark.parametrize(
    "code", [pytest.param(c, marks=() if c in OF_NO_SERVER else postgresql_only) for c in SHOWN_OF_POSTGRESQL]
)
def test_the_trouble_is_told_by_its_code(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = SHOWN_OF_POSTGRESQL[code](tmp_path, monkeypatch)

    assert refusal.code == code
    assert "secret" not in refusal.say("fr") + refusal.say("en")
    assert "{" not in refusal.say("fr") + refusal.say("en")


@postgresql_only
def test_a_password_opens_what_is_guarded(tmp_path: Path) -> None:
    address = no_books(tmp_path)
    name = address.rpartition("/")[2]
    on_server(address, f"ALTER DATABASE {name} OWNER TO {GUARDED}")

    made = open_engine(address.replace("lettrage@", f"{GUARDED}:{PASSWORD.replace(' ', '%20')}@"), create=True)

    assert set(databases.tables(made)) == set(schema.metadata.tables)


@postgresql_only
def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    address = no_books(tmp_path)
    with databases.direct(address) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('0002')")

    assert trouble(address).code == trouble(address, create=True).code == "foreign_database"
    assert databases.ask(address, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(1,)]


@postgresql_only
def test_a_database_without_tables_is_none(tmp_path: Path) -> None:
    assert trouble(no_books(tmp_path)).code == "no_database"


@postgresql_only
def test_processes_that_make_the_tables_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    address = no_books(tmp_path)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: open_engine(address, create=True), range(4)))

    assert [set(databases.tables(one)) for one in made] == [set(schema.metadata.tables)] * 4


@postgresql_only
def test_a_file_may_not_be_written_where_the_server_only_reads(firm: Firm) -> None:
    name = firm.address.rpartition("/")[2]
    on_server(firm.address, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    firm.store.close()

    with mock.patch.dict(postgresql.BEGIN, {True: "BEGIN"}):
        answer = firm.send(header("PORCHQ", "100", pays("1", "100")))

    assert answer.error == 503
    assert "droits" in answer.txterr


# ---------------------------------------------------------------- beginning anew


@postgresql_only
def test_sessions_that_died_in_the_pool_are_replaced(firm: Firm) -> None:
    firm.items()
    cut_off(firm.address)

    assert len(firm.items()) == 8
    cut_off(firm.address)
    assert firm.send(header("PORCHQ", "100", pays("1", "100"))).codes == ["0"]


@postgresql_only
def test_work_whose_connection_is_lost_before_the_commit_is_begun_anew(firm: Firm) -> None:
    lost: list[SqlBooks] = []

    def unlucky_once(books: SqlBooks) -> str:
        if not lost:
            lost.append(books)
            cut_off(firm.address)
        return books.company.code if books.kept("till", "k") is None else ""

    assert firm.store.write("998", unlucky_once) == "998"


@postgresql_only
def test_a_deadlock_is_begun_anew(firm: Firm) -> None:
    """Two who lock two dossiers the other way round; the server ends one of them, and both are done in the end."""
    firm.load(company("999"))
    both = threading.Barrier(2)
    attempts = []

    def crossing(other: str) -> Callable[[SqlBooks], str]:
        def work(books: SqlBooks) -> str:
            attempts.append(other)
            if len(attempts) <= 2:
                both.wait(10)
            books.connection.exec_driver_sql(f"SELECT 1 FROM dossier WHERE code = '{other}' FOR UPDATE")
            return books.dossier

        return work

    with ThreadPoolExecutor(2) as pool:
        done = [
            pool.submit(firm.store.write, mine, crossing(other)) for mine, other in (("998", "999"), ("999", "998"))
        ]

    assert [future.result() for future in done] == ["998", "999"]
    assert len(attempts) == 3


@postgresql_only
def test_a_lost_answer_comes_back_under_its_key(firm: Firm) -> None:
    payment = header("PORCHQ", "100", pays("1", "100"))

    def cut(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql == "COMMIT":
            cut_off(firm.address)

    event.listen(firm.store.engine, "before_cursor_execute", cut)
    assert firm.send(payment, key="k1").error == 503
    event.remove(firm.store.engine, "before_cursor_execute", cut)

    assert firm.send(payment, key="k1").codes == ["0"]
    assert firm.send(payment, key="k1").codes == ["0"]
    assert len(firm.entries()) == 1


@postgresql_only
def test_who_waits_too_long_for_a_dossier_is_told_and_others_go_on(firm: Firm) -> None:
    firm.load(company("999", invoices=[invoice("1", "100.00")]))
    payment = header("PORCHQ", "100", pays("1", "100"))
    with mock.patch.dict(postgresql._SETTINGS, {"lock_timeout": "100ms"}):
        impatient = SqlStore(firm.address, MovableClock())

    with databases.another_writer(firm.address, "998"), mock.patch.object(firm, "store", impatient):
        busy = firm.send(payment)
        free = firm.send(payment, dos="999")

    assert (busy.error, free.codes) == (503, ["0"])
    assert "occupée" in busy.txterr
    assert firm.send(payment).codes == ["0"]


@postgresql_only
def test_texts_sort_by_their_bytes(firm: Firm) -> None:
    sql = (
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
        " AND a.attcollation NOT IN (0, '\"C\"'::regcollation)"
    )

    assert firm.ask(sql) == []


@postgresql_only
def test_what_is_acknowledged_is_durable_whatever_the_server_does_for_others(firm: Firm) -> None:
    name = firm.address.rpartition("/")[2]
    on_server(firm.address, f"ALTER DATABASE {name} SET synchronous_commit = off")
    firm.store.close()

    assert firm.ask("SHOW synchronous_commit") == [("on",)]


# ---------------------------------------------------------------- what the planner knows


whole_tables = pytest.mark.skipif(databases.PARTITIONED, reason="its parts are counted, each under its own name")


def counted(address: str) -> dict[str, float]:
    with psycopg.connect(address) as connection:
        return dict(connection.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'").fetchall())


@whole_tables
@postgresql_only
def test_what_was_loaded_is_counted_before_anything_is_asked(firm: Firm) -> None:
    """Autovacuum is off here, as it may be; without a count a check of a few thousand items takes minutes."""
    assert counted(firm.address)["due_item"] < 0, "eight rows are not worth it"

    firm.load({"code": "998", "invoices": [invoice(f"F{n}", "100.00") for n in range(3_000)]})

    assert counted(firm.address)["due_item"] == 3_008
    with firm.store.books("998", writing=False) as books:
        related = f"EXPLAIN {lettering._RELATED}"
        plan = "\n".join(run(books.connection, related, ("998", '[["1"],["2"]]')).scalars())
    assert "ix_due_item_piece" in plan, plan
    assert "pk_due_item" in plan, plan


@whole_tables
@postgresql_only
def test_what_grew_without_a_load_is_counted_by_who_opens_it(firm: Firm) -> None:
    with psycopg.connect(firm.address) as connection:
        connection.execute(
            "INSERT INTO due_item SELECT (jsonb_populate_record(d, jsonb_build_object('id', d.id + n))).*"
            " FROM due_item d CROSS JOIN generate_series(1000, 400000, 1000) n"
        )
    assert counted(firm.address)["due_item"] < 0

    SqlStore(firm.address, MovableClock()).close()

    assert counted(firm.address)["due_item"] == 8 * 401


@postgresql_only
def test_a_count_that_is_lost_takes_nothing_back(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_UNCOUNTED", "SELECT pg_terminate_backend(pg_backend_pid())::text")

    firm.load({"code": "998", "invoices": [invoice("F1", "100.00")]})

    assert len(firm.rows()["invoice"]) == 9

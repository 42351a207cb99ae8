"""Backups: taken while others write, restored into either kind of database, whole or not at all."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.packing import Packer
from lettrage.adapters.store import schema
from lettrage.adapters.store.backups import Manifest, back_up, restore
from lettrage.adapters.store.backups import form as backup_form
from lettrage.adapters.store.books import SqlStore
from lettrage.refusal import Stop
from tests.databases import POSTGRESQL, ask, at_path, empty_books, every_row, no_books, postgresql_only
from tests.journeys.helpers import Firm, company, environment, header, invoice, pays, run
from tests.laws.rich import RICH, make
from tests.world import NOON, FixedClock


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books with something of everything."""
    path = tmp_path_factory.mktemp("rich") / "books.sqlite"
    make(path)
    return path


def store_at(address: str) -> SqlStore:
    return SqlStore(address, FixedClock())


def backed_up(address: str, file: Path) -> Manifest:
    with closing(store_at(address)) as store:
        return back_up(store.engine, file, NOON)


def rows_at(address: str) -> dict[str, list[dict[str, Any]]]:
    with closing(store_at(address)) as store:
        return {name: rows for name, rows in every_row(store.engine).items() if name in schema.metadata.tables}


@pytest.fixture
def backup(rich: Path, tmp_path: Path) -> Path:
    backed_up(at_path(rich), tmp_path / "rich.zip")
    return tmp_path / "rich.zip"


# ---------------------------------------------------------------- there and back


def test_what_is_restored_is_what_was_backed_up(rich: Path, backup: Path, tmp_path: Path) -> None:
    target = no_books(tmp_path, "other")

    done = restore(backup, target, NOON)

    assert rows_at(target) == rows_at(at_path(rich))
    there = rows_at(target)
    assert done.rows == sum(len(there[table.name]) for table in schema.metadata.sorted_tables)
    with closing(store_at(target)) as store:
        for head in done.manifest.dossiers:
            assert store.audit(head.code, head.head) == []
    backed_up(target, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == backup.read_bytes()


def test_into_tables_that_are_there_and_empty(rich: Path, backup: Path, tmp_path: Path) -> None:
    target = empty_books(tmp_path, "other")

    restore(backup, target, NOON)

    assert rows_at(target) == rows_at(at_path(rich))


@postgresql_only
def test_from_one_kind_of_database_to_the_other(rich: Path, backup: Path, tmp_path: Path) -> None:
    file, back = f"sqlite:///{tmp_path / 'file.sqlite'}", no_books(tmp_path)

    restore(backup, file, NOON)
    backed_up(file, tmp_path / "again.zip")
    restore(tmp_path / "again.zip", back, NOON)

    assert rows_at(file) == rows_at(back) == rows_at(at_path(rich))
    assert (tmp_path / "again.zip").read_bytes() == backup.read_bytes()


def test_two_backups_of_the_same_books_differ_by_their_moment_alone(rich: Path, tmp_path: Path) -> None:
    manifests = [backed_up(at_path(rich), tmp_path / name) for name in ("a.zip", "b.zip")]

    assert manifests[0].tables == manifests[1].tables
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_backup_is_open_and_for_its_owner(rich: Path, backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with zipfile.ZipFile(backup) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert "LETTRAGE_KEYS" in archive.read("README.txt").decode()
        for table in manifest["tables"]:
            content = archive.read(table["file"])
            lines = [json.loads(line) for line in content.splitlines()]
            assert (len(lines), len(content)) == (table["rows"], table["bytes"])
            assert hashlib.sha256(content).hexdigest() == table["sha256"]
    assert {table["name"] for table in manifest["tables"]} == {t.name for t in schema.metadata.sorted_tables}
    assert manifest["keys_included"] is False
    ((head, entries),) = ask(at_path(rich), "SELECT head, postings FROM dossier WHERE code = ?1", RICH)
    assert {"code": RICH, "entries": entries, "head": head} in manifest["dossiers"]


def test_closed_years_are_closed_again(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company(invoices=[invoice("1", "100.00")]))
    firm.change_behind_the_scenes("UPDATE dossier SET closed_until = '2024-12-31'")
    backed_up(firm.address, tmp_path / "books.zip")
    target = no_books(tmp_path, "other")

    restore(tmp_path / "books.zip", target, NOON)

    assert rows_at(target) == rows_at(firm.address)


# ---------------------------------------------------------------- what is refused


def refused(file: Path, target: str) -> str:
    with pytest.raises(Stop) as caught:
        restore(file, target, NOON)
    assert caught.value.refusal.fr
    return caught.value.refusal.code


def test_books_that_hold_something_are_left_alone(rich: Path, backup: Path, tmp_path: Path) -> None:
    firm = Firm(tmp_path, company())
    before = firm.rows()

    assert refused(backup, firm.address) == "database_not_empty"
    assert firm.rows() == before


Change = Callable[[dict[str, bytes]], None]


def changed(file: Path, change: Change, to: Path) -> Path:
    """A copy of a backup with its files changed."""
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return to


def _manifest(files: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    files["manifest.json"] = json.dumps(manifest).encode()


def _cut_row(files: dict[str, bytes]) -> None:
    files["tables/entry.jsonl"] = files["tables/entry.jsonl"].rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n"


def _flip(files: dict[str, bytes]) -> None:
    files["tables/entry_line.jsonl"] = files["tables/entry_line.jsonl"].replace(b'"debit":1', b'"debit":2', 1)


def _hostile_name(files: dict[str, bytes]) -> None:
    files["../../evil"] = b"x"


def _other_name(files: dict[str, bytes]) -> None:
    files["tables/../entry.jsonl"] = files.pop("tables/entry.jsonl")
    _manifest(files, lambda m: m["tables"][0].update(file="tables/../entry.jsonl"))


def _missing(files: dict[str, bytes]) -> None:
    del files["tables/task.jsonl"]


def _resigned(files: dict[str, bytes], name: str, content: bytes) -> None:
    """A table changed, and the manifest with it."""
    files[f"tables/{name}.jsonl"] = content

    def signed(manifest: dict[str, Any]) -> None:
        (table,) = [t for t in manifest["tables"] if t["name"] == name]
        table.update(bytes=len(content), rows=content.count(b"\n"), sha256=hashlib.sha256(content).hexdigest())

    _manifest(files, signed)


def _stranger(files: dict[str, bytes]) -> None:
    _resigned(files, "task", b'{"evil": 1}\n')


def _no_json(files: dict[str, bytes]) -> None:
    _resigned(files, "task", b"nonsense\n")


def _with(table: str, **values: Any) -> Change:
    """The last row of a table changed, and the manifest with it: the file is sound, what it says is not."""

    def change(files: dict[str, bytes]) -> None:
        *rows, last = files[f"tables/{table}.jsonl"].splitlines()
        changed_row = json.dumps(json.loads(last) | values).encode()
        _resigned(files, table, b"\n".join([*rows, changed_row]) + b"\n")

    return change


def _twice(files: dict[str, bytes]) -> None:
    content = files["tables/third_party.jsonl"]
    _resigned(files, "third_party", content + content.splitlines()[-1] + b"\n")


def _bomb(files: dict[str, bytes]) -> None:
    _resigned(files, "task", b" " * 64 * 1024 * 1024 + b"\n")


DAMAGE = {
    "a row less": _cut_row,
    "a figure changed": _flip,
    "a file that does not belong": _hostile_name,
    "a name that leads out": _other_name,
    "a table missing": _missing,
    "a column that is none": _stranger,
    "no JSON": _no_json,
    "a number beyond 64 bits": _with("entry_line", amount=2**70),
    "a row that refers to nothing": _with("entry_line", posting=999_999),
    "nothing where something must be": _with("entry_line", account=None),
    "a line with both sides": _with("entry_line", debit=1, credit=1),
    "a text for a number": _with("entry_line", debit="1"),
    "a row twice": _twice,
    "a bomb": _bomb,
    "a table that is none": lambda files: _manifest(files, lambda m: m["tables"][0].update(name="evil")),
    "a column listed twice": lambda files: _manifest(
        files, lambda m: m["tables"][0]["columns"].append(m["tables"][0]["columns"][0])
    ),
    "heads of nothing": lambda files: _manifest(files, lambda m: m["dossiers"][0].update(entries=0, head="0" * 64)),
    "a dossier that is not told": lambda files: _manifest(files, lambda m: m["dossiers"].pop()),
    "no manifest": lambda files: files.pop("manifest.json") and None,
    "a manifest that is none": lambda files: files.update({"manifest.json": b"[]"}),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_restores_nothing(change: Change, backup: Path, tmp_path: Path) -> None:
    target = empty_books(tmp_path, "other")
    before = rows_at(target)
    file = changed(backup, change, tmp_path / "damaged.zip")

    assert refused(file, target) == "backup_damaged"
    assert rows_at(target) == before
    if not POSTGRESQL:
        assert refused(file, f"sqlite:///{tmp_path / 'new.sqlite'}") == "backup_damaged"
        assert not list(tmp_path.glob("new.sqlite*")), "nothing is left of what was not restored"


def test_any_byte_changed_is_found(backup: Path, tmp_path: Path) -> None:
    sound, target = backup.read_bytes(), empty_books(tmp_path, "other")
    before = rows_at(target)
    file = tmp_path / "damaged.zip"
    found = set()
    for at in range(0, len(sound), max(1, len(sound) // 60)):
        file.write_bytes(sound[:at] + bytes([sound[at] ^ 0x41]) + sound[at + 1 :])
        try:
            with backup_form.opened(file) as read:
                read.check()
                manifest = read.manifest
        except Stop as stop:
            found.add(stop.refusal.code)
        else:  # a byte that nothing is read from: a time, a flag of the system
            with backup_form.opened(backup) as read:
                assert manifest == read.manifest
    assert "backup_damaged" in found
    assert rows_at(target) == before


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + bytes(18)], ids=["empty", "cut", "text", "bare"]
)
def test_what_is_no_backup_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file.zip"
    file.write_bytes(content)

    assert refused(file, no_books(tmp_path)) == "backup_damaged"


@pytest.mark.parametrize("change", [{"version": 2}, {"schema": "9999"}, {"format": "other"}], ids=str)
def test_a_newer_backup_is_refused(change: dict[str, Any], backup: Path, tmp_path: Path) -> None:
    file = changed(backup, lambda files: _manifest(files, lambda m: m.update(change)), tmp_path / "newer.zip")

    assert refused(file, no_books(tmp_path)) == "backup_newer"


# ---------------------------------------------------------------- an older one


def test_an_older_backup_is_brought_to_our_schema(tmp_path: Path) -> None:
    """Books of the first version, written as that version had them."""
    from sqlalchemy import MetaData

    from lettrage.adapters.store.backups.dump import _table
    from lettrage.adapters.store.engine import unprepared_engine
    from lettrage.adapters.store.migrations import begin_alone, upgrade_within

    engine = unprepared_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with engine.connect() as connection:
        begin_alone(connection)
        upgrade_within(connection, "0004")
        connection.exec_driver_sql(
            "INSERT INTO dossier (code, record, first_transaction, next_transaction, next_item, next_instrument,"
            ' next_document, postings, head) VALUES (\'OLD\', \'{"code":"OLD","name":"Old","currency":"EUR"}\','
            " 1, 1, 1, 1, 1, 0, '" + "0" * 64 + "')"
        )
        connection.exec_driver_sql("COMMIT")
        old = MetaData()
        old.reflect(connection)
        file = tmp_path / "old.zip"
        with zipfile.ZipFile(file, "w") as archive:
            tables = [_table(connection, Packer(archive), t) for t in old.sorted_tables if t.name != "alembic_version"]
            import msgspec

            heads = (backup_form.Head("OLD", 0, "0" * 64),)
            manifest = Manifest(backup_form.FORMAT, 1, "0.1", "0004", "2024-01-01", tuple(tables), heads)
            archive.writestr("manifest.json", msgspec.json.encode(manifest))
            archive.writestr("README.txt", b"")
    engine.dispose()
    target = no_books(tmp_path, "new")

    restore(file, target, NOON)

    with closing(store_at(target)) as store:
        assert store.dossiers() == ["OLD"]
        assert store.audit("OLD") == []


# ---------------------------------------------------------------- under load


def _settling(firm: Firm, pieces: Iterator[int], done: list[str], stop: threading.Event) -> None:
    while not stop.is_set():
        piece = next(pieces, None)
        if piece is None:
            return
        done.append(firm.done(header("PORCHQ", "100.00", pays(str(piece), "100.00"))))


def test_a_backup_taken_while_others_write_is_of_one_moment(tmp_path: Path) -> None:
    """Every settlement answered before it began is there; what came after is there whole or not at all."""
    count = 200
    firm = Firm(tmp_path, company(invoices=[invoice(str(n), "100.00") for n in range(count)]))
    pieces, stop = iter(range(count)), threading.Event()
    done: list[str] = []
    threads = [threading.Thread(target=_settling, args=(firm, pieces, done, stop)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for at in range(3):
            while len(done) < 20 * (at + 1):
                time.sleep(0.005)
            acknowledged = list(done)
            file = tmp_path / f"{at}.zip"
            manifest = back_up(firm.store.engine, file, NOON)
            after = len(done)
            target = no_books(tmp_path, f"restored{at}")
            restore(file, target, NOON)
            with closing(store_at(target)) as store:
                (head,) = manifest.dossiers
                assert store.audit("998", head.head) == []
            kept = {str(row[0]) for row in ask(target, 'SELECT number FROM "transaction" WHERE dossier = ?1', "998")}
            assert set(acknowledged) <= kept
            assert sorted(map(int, kept)) == list(range(1, len(kept) + 1)), "a prefix of what was done"
            assert len(kept) <= after + len(threads)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert firm.findings() == []


_RESTORE = """
import os, sys
from lettrage.adapters.store.backups import restore
from datetime import datetime, UTC
from pathlib import Path
tables = []
def told(table):
    tables.append(table)
    if table == sys.argv[3]:
        print("here", flush=True)
        sys.stdin.read()
restore(Path(sys.argv[1]), sys.argv[2], datetime.now(UTC), told)
"""


@pytest.mark.parametrize("at", ["entry_line", "unpaid"])
def test_a_restore_that_is_killed_leaves_nothing(at: str, rich: Path, backup: Path, tmp_path: Path) -> None:
    target = no_books(tmp_path, "killed")
    process = subprocess.Popen(
        [sys.executable, "-c", _RESTORE, str(backup), target, at],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(tmp_path),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    restore(backup, target, NOON)  # it is as empty as before

    assert rows_at(target) == rows_at(at_path(rich))


# ---------------------------------------------------------------- the commands


def test_the_two_commands(rich: Path, tmp_path: Path) -> None:
    made = run("backup", "all.zip", "--json", "--database", at_path(rich), folder=tmp_path)
    assert made.status == 0, made.err
    assert made.json["sha256"] == hashlib.sha256((tmp_path / "all.zip").read_bytes()).hexdigest()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".") and p.suffix == ".part"] == []

    target = no_books(tmp_path, "new")
    done = run("restore", "all.zip", "--json", "--database", target, folder=tmp_path)
    assert done.status == 0, done.err
    assert done.json["findings"] == []
    assert done.json["dossiers"] == made.json["dossiers"]

    again = run("restore", "all.zip", "--database", target, folder=tmp_path)
    assert again.status == 2
    assert "n'est pas vide" in again.err


def test_a_backup_that_cannot_be_written_leaves_the_one_before(rich: Path, tmp_path: Path) -> None:
    ran = run("backup", "nowhere/all.zip", "--database", at_path(rich), folder=tmp_path)

    assert ran.status == 2
    assert "nowhere/all.zip" in ran.err


def test_a_dash_is_no_file(rich: Path, tmp_path: Path) -> None:
    ran = run("backup", "-", "--database", at_path(rich), folder=tmp_path)

    assert ran.status == 2
    assert list(tmp_path.iterdir()) == []


def test_what_waited_to_be_sent_is_held_back(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company())
    firm.change_behind_the_scenes(
        "INSERT INTO job (dossier, platform, kind, subject, run_at, lease_until, holder, attempts, payload, trouble,"
        " since) VALUES ('998', 'production', 'send', '1', '2024-10-21', '', '', 0, '', '', '2024-10-21')"
    )
    backed_up(firm.address, tmp_path / "books.zip")
    target = no_books(tmp_path, "other")

    assert restore(tmp_path / "books.zip", target, NOON).held_back == 1

    with closing(store_at(target)) as store, store.books("998", writing=False) as books:
        shown = books.queue_shown("production")
    assert shown["state"] == "stopped"
    assert "sauvegarde" in shown["reason"]["text"]

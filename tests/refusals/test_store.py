"""The refusals of the store and of the command line: they need files, locks and full disks, so each has a test."""

import errno
import json
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

import lettrage.settlement
from lettrage.adapters.store import engine
from lettrage.caller import Caller
from lettrage.refusal import Refusal, Stop, StoreTrouble
from lettrage.settlement import settle
from lettrage.settlement.answer import stopped
from tests.databases import another_writer, at_path, direct, impatient, sqlite_only
from tests.journeys.helpers import run
from tests.refusals.cases import COMPANY, HERE
from tests.world import World

DOCUMENT = (HERE / "already_settled" / "first.txt").read_bytes()
PAGE_BYTES = 4096

Shown = Callable[[Path, pytest.MonkeyPatch], Refusal]
SHOWN_BY_A_TEST: dict[str, Shown] = {}


def shows(code: str) -> Callable[[Shown], Shown]:
    """This function shows the refusal of this code."""

    def remembered(function: Shown) -> Shown:
        SHOWN_BY_A_TEST[code] = function
        return function

    return remembered


def books(folder: Path) -> World:
    """A company's books in this folder."""
    world = World(folder / "books.sqlite")
    assert not world.load(COMPANY).faults
    return world


def trouble(address: str, *, create: bool = False) -> Refusal:
    with pytest.raises(StoreTrouble) as caught:
        engine.open_engine(address, create=create)
    assert caught.value.error == 503
    return caught.value.refusal


def settled_in_trouble(world: World) -> Refusal:
    """What keeps a settlement from being written; its answer says the same in the Divalto envelope."""
    with mock.patch.object(lettrage.settlement, "stopped", wraps=stopped) as spy:
        reply = world.settle(DOCUMENT)
    refusal: Refusal = spy.call_args.args[0].refusal
    assert (reply.error, reply.done, reply.refused) == (503, 0, 0)
    assert json.loads(reply.text)["txterr"] == refusal.say("fr")
    return refusal


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program itself, on the books of this folder."""
    environment = os.environ | {"LETTRAGE_DATABASE": at_path(folder / "books.sqlite"), "LETTRAGE_DOSSIER": "998"}
    return subprocess.run(
        [sys.executable, "-m", "lettrage", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def told_by_command(folder: Path, expected: Refusal, *arguments: str) -> Refusal:
    """The refusal that the program prints, in both languages, with exit status 2 and no traceback."""
    books(folder).store.engine.dispose()
    for language in ("fr", "en"):
        done = command(folder, *arguments, "--lang", language)
        printed = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 2, printed
        assert "Traceback" not in printed
        assert (expected.fr if language == "fr" else expected.en) in printed
    return expected


# ---------------------------------------------------------------- opening


@shows("no_database")
def _no_database(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return trouble(f"sqlite:///{folder / 'absent.sqlite'}")


@shows("weak_password")
def _weak_password(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return told_by_command(folder, Refusal("weak_password", "password", "0", "12-200"), "user", "password", "till")


@shows("no_such_store")
def _no_such_store(_folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    trouble("not an address")
    refusal = trouble("mysql://user:secret@host/books")
    assert "secret" not in refusal.seen
    return refusal


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("books.sqlite", "books.sqlite"),
        ("", "-"),
        ("postgres ql://u:SeCrEt@h/db", "…"),
        ("u:SeCrEt@h/db", "…"),
        ("host=h password=SeCrEt", "…"),
        ("mysql://u@h/db?password=SeCrEt", "mysql://…"),
        ("mysql://u@h/db?password=S@SeCrEt", "mysql://…"),
        ("postgresql://u:p@SeCrEt@127.0.0.1/db", "postgresql://…"),
        ("postgresql://u:p@a/SeCrEt@127.0.0.1/db", "postgresql://…"),
        ("postgresql://u:SeCrEt", "postgresql://…"),
        ("postgresql://u@h:SeCrEt/db", "postgresql://…"),
        ("postgresql://[::1/db", "postgresql://…"),
        ("postgresql://u@h/db?bogus=SeCrEt", "postgresql://…"),
        ("sqlite:///books.sqlite?mode=ro", "sqlite://…"),
        ("sqlite://SeCrEt/books.sqlite", "sqlite://…"),
    ],
)
def test_an_address_that_cannot_be_read_never_shows_what_may_be_a_password(address: str, shown: str) -> None:
    refusal = trouble(address)

    assert (refusal.code, refusal.seen) == ("no_such_store", shown)
    assert "SeCrEt" not in refusal.fr + refusal.en


@shows("database_is_directory")
def _database_is_directory(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return trouble(f"sqlite:///{folder}")


@shows("database_not_writable")
def _database_not_writable(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    (folder / "file").write_text("a file, not a directory")
    return trouble(f"sqlite:///{folder / 'file' / 'books.sqlite'}", create=True)


@shows("foreign_database")
def _foreign_database(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    other = sqlite3.connect(folder / "other.sqlite")
    other.execute("CREATE TABLE something (id INTEGER)")
    other.close()
    trouble(f"sqlite:///{folder / 'other.sqlite'}")
    (folder / "text.sqlite").write_text("This is a text, and long enough to be no database header at all." * 100)
    return trouble(f"sqlite:///{folder / 'text.sqlite'}")


@shows("database_newer")
def _database_newer(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    world = books(folder)
    world.store.close()
    with direct(world.address) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    return trouble(world.address)


# ---------------------------------------------------------------- writing


@shows("database_locked")
def _database_locked(folder: Path, patch: pytest.MonkeyPatch) -> Refusal:
    impatient(patch, 0.05)
    world = books(folder)
    with another_writer(world.address, "998"):
        refusal = settled_in_trouble(world)
    assert world.settle(DOCUMENT).done == 1, "free again, the same document is done"
    return refusal


@shows("disk_full")
def _disk_full(folder: Path, patch: pytest.MonkeyPatch) -> Refusal:
    world = books(folder)
    before = world.books()
    patch.setenv("LETTRAGE_MAX_PAGES", str(world.file.stat().st_size // PAGE_BYTES))
    world.store.engine.dispose()  # the limit is read when a connection is opened
    refusal = settled_in_trouble(world)
    assert world.books() == before
    return refusal


@shows("disk_error")
def _disk_error(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    world = books(folder)
    with pytest.raises(StoreTrouble) as caught, engine.plain_words(world.store.engine):
        raise sqlite3.OperationalError("disk I/O error")
    return caught.value.refusal


@shows("database_damaged")
def _database_damaged(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    world = books(folder)
    world.store.engine.dispose()
    content = world.file.read_bytes()
    world.file.write_bytes(content[:PAGE_BYTES] + b"\x5a" * (len(content) - PAGE_BYTES))
    return trouble(world.address)


# ---------------------------------------------------------------- the command line


@shows("unreadable_file")
def _unreadable_file(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    absent = str(folder / "absent.json")
    refusal = Refusal("unreadable_file", "FILE", absent, "No such file or directory")
    return told_by_command(folder, refusal, "load", absent)


@shows("malformed_option")
def _malformed_option(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    refusal = Refusal("malformed_option", "--from", "10/11/2026", "YYYY-MM-DD, YYYYMMDD")
    return told_by_command(folder, refusal, "entries", "--from", "10/11/2026")


@shows("one_of_these")
def _one_of_these(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    refusal = Refusal("one_of_these", "NUMBER", "", "NUMBER..., --all")
    return told_by_command(folder, refusal, "invoice", "send")


@shows("variable_not_set")
def _variable_not_set(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    hidden = told_by_command(
        folder, Refusal("variable_not_set", "password", "***"), "chorus", "set", "password=@s3cret"
    )
    assert "s3cret" not in hidden.fr
    refusal = Refusal("variable_not_set", "client_secret", "NOPE")
    return told_by_command(folder, refusal, "chorus", "set", "client_secret=@NOPE")


@shows("account_exists")
def _account_exists(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    books(folder).store.accounts.add("till", "clerk", "998")
    return told_by_command(
        folder, Refusal("account_exists", "NAME", "till", "clerk"), "user", "add", "till", "--role", "reader"
    )


@shows("no_such_account")
def _no_such_account(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return told_by_command(folder, Refusal("no_such_account", "NAME", "till"), "user", "close", "till")


@shows("no_such_token")
def _no_such_token(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return told_by_command(folder, Refusal("no_such_token", "SHOWN", "abc"), "user", "revoke", "abc")


@shows("no_such_document")
def _no_such_document(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return told_by_command(folder, Refusal("no_such_document", "ID", "4711"), "logbook", "show", "4711")


@shows("books_moved")
def _books_moved(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    """Somebody agreed to what a dry run had shown, and the books would now do something else."""
    world = books(folder)
    caller = Caller("clerk", "test", "998")
    reply = settle(DOCUMENT, caller, world.store, world.clock, agreed="what was shown before")
    ((refusal,),) = (outcome.reasons for outcome in reply.outcomes)
    assert reply.done == 0
    return refusal


@shows("no_such_number")
def _no_such_number(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return told_by_command(folder, Refusal("no_such_number", "NUMBER", "4711"), "transaction", "4711")


@shows("no_such_task")
def _no_such_task(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    refusal = Refusal("no_such_task", "--transaction", "4711", "--piece, --credit-note")
    return told_by_command(folder, refusal, "tasks", "--transaction", "4711", "--piece", "86", "--credit-note", "A9")


def _into_a_full_device(folder: Path, code: str, status: int, *arguments: str) -> Refusal:
    books(folder).store.engine.dispose()
    refusal = Refusal(code, seen=os.strerror(errno.ENOSPC))
    environment = {**os.environ, "LETTRAGE_DATABASE": at_path(folder / "books.sqlite"), "LETTRAGE_DOSSIER": "998"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lettrage", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            check=False,
        )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert refusal.say("fr") in done.stderr
    return refusal


@shows("answer_not_written")
def _answer_not_written(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    # The document was judged and one settlement refused: the status says that, not "could not be carried out".
    document = str(HERE / "unknown_piece" / "document.txt")
    return _into_a_full_device(folder, "answer_not_written", 1, "settle", document)


@shows("out_of_memory")
def _out_of_memory(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    """A load file of 40 MB, for a program that may have 400 MB of addresses."""
    address = books(folder).address
    file = folder / "large.json"
    file.write_text('{"dossiers": [' + "{}," * 14_000_000 + "{}]}")
    cap = 400 * 1024 * 1024
    ran = run(
        *("--database", address, "load", str(file)),
        folder=folder,
        before=lambda: resource.setrlimit(resource.RLIMIT_AS, (cap, cap)),
    )
    refusal = Refusal("out_of_memory")
    assert ran.status == 2, ran.err
    assert refusal.say("fr") in ran.err
    return refusal


@shows("output_lost")
def _output_lost(folder: Path, _patch: pytest.MonkeyPatch) -> Refusal:
    return _into_a_full_device(folder, "output_lost", 2, "items", "--json")


# ---------------------------------------------------------------- all of them


OF_A_FILE = ("disk_full", "disk_error", "database_damaged")


@pytest.mark.parametrize(
    "code", [pytest.param(code, marks=sqlite_only if code in OF_A_FILE else ()) for code in SHOWN_BY_A_TEST]
)
def test_the_trouble_is_told_by_its_code(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = SHOWN_BY_A_TEST[code](tmp_path, monkeypatch)
    assert refusal.code == code
    assert refusal.seen in refusal.fr


def test_a_dossier_that_is_not_there_is_told_with_403(tmp_path: Path) -> None:
    with pytest.raises(Stop) as caught, books(tmp_path).store.books("97", writing=False):
        pass
    assert (caught.value.error, caught.value.refusal.code) == (403, "unknown_dossier")

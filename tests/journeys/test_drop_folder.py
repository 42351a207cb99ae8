"""The drop folder: documents in, answers beside them, each settled once whatever happens (docs/drop-folder.md)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import structlog

from lettrage.adapters.folder import ANSWER, DONE, IN_HAND, REFUSED, DropFolder
from lettrage.adapters.store import sqlite
from lettrage.adapters.store.books import SqlStore
from lettrage.commands.watching import Watch
from lettrage.settlement import Caller, settle
from tests.databases import another_writer, sqlite_only
from tests.journeys.helpers import Answer, Firm, Ran, advance, company, environment, header, invoice, pays, run

SETTLING = 0.3  # seconds, for tests that need none longer


@pytest.fixture(autouse=True)
def _logs_to_nobody_in_particular() -> None:
    """Another test's command may have sent this process's logs to a stream that is gone."""
    structlog.reset_defaults()


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """A firm with two invoices of 100 euros, and its drop folder; its books must be sound when the test is over."""
    opened = Firm(tmp_path, company(invoices=[invoice("1", "100.00"), invoice("2", "100.00")]))
    (tmp_path / "depot").mkdir()
    yield opened
    assert opened.findings() == []


@pytest.fixture
def depot(firm: Firm) -> Path:
    return firm.folder / "depot"


def document(*headers: dict[str, Any], **parameters: str) -> bytes:
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": parameters},
        "data": {"EnteteReglementtb": list(headers)},
    }
    return json.dumps(form).encode()


def payment(piece: str = "1", amount: str = "100") -> bytes:
    return document(header("PORCHQ", amount, pays(piece, amount)))


def prepaid(number: int, **parameters: str) -> bytes:
    return document(header("PORCHQ", "10", advance("10"), REGLEMENTNUM=str(number)), **parameters)


def drop(depot: Path, name: str, content: bytes) -> None:
    """Put a document in as a careful program does: under another name first."""
    draft = depot / f"{name}.tmp"
    draft.write_bytes(content)
    draft.rename(depot / name)


def watch(firm: Firm, *more: str, **env: str) -> Ran:
    """One run of `lettrage watch depot --once`."""
    address = firm.address
    command = ("watch", "depot", "--once", "--settling", "0", "--database", address, *more)
    return run(*command, folder=firm.folder, env=env)


def _hears(pid: int, number: int) -> bool:
    """Whether a process has a handler of its own for a signal: the interpreter alone has none."""
    status = Path(f"/proc/{pid}/status").read_text()
    handled = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(handled, 16) >> (number - 1) & 1)


@contextmanager
def watching(firm: Firm, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A watcher that stays, ended by SIGTERM."""
    folder = firm.folder
    options = ("--every", "0.05", "--settling", str(SETTLING), "--database", firm.address, *more)
    command = [sys.executable, "-m", "lettrage", "watch", "depot", *options]
    watcher = subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: _hears(watcher.pid, signal.SIGTERM), seconds=60)
        yield watcher
    finally:
        watcher.terminate()
        _, told = watcher.communicate(timeout=30)
    assert watcher.returncode == 0, told
    assert "Traceback" not in told, told


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def answer(depot: Path, name: str) -> Answer:
    """The answer under the name that the program knows."""
    return Answer((depot / (name + ANSWER)).read_text("utf-8"))


def at_rest(depot: Path, place: str) -> dict[str, str]:
    """Each document that came to rest there, by the sender's name, with its answer."""
    documents = [path for path in (depot / place).iterdir() if not path.name.endswith(ANSWER)]
    return {
        path.name.split("-", 2)[2]: path.with_name(path.name + ANSWER).read_text("utf-8") for path in sorted(documents)
    }


def in_hand(depot: Path) -> list[str]:
    return sorted(os.listdir(depot / IN_HAND))


# ---------------------------------------------------------------- the way of a document


def test_documents_go_in_and_answers_come_out_beside_them(firm: Firm, depot: Path) -> None:
    with watching(firm):
        drop(depot, "lot1.json", payment("1"))
        drop(depot, "lot2.txt", payment("2", "90"))
        drop(depot, "lot3.json", b"{'data': ")
        until(lambda: all((depot / (name + ANSWER)).exists() for name in ("lot1.json", "lot2.txt", "lot3.json")))

    assert answer(depot, "lot1.json").codes == ["0"]
    assert answer(depot, "lot2.txt").codes == ["3"]
    assert answer(depot, "lot3.json").error == 1
    assert at_rest(depot, DONE) == {"lot1.json": answer(depot, "lot1.json").text}
    assert at_rest(depot, REFUSED) == {name: answer(depot, name).text for name in ("lot2.txt", "lot3.json")}
    assert in_hand(depot) == []
    assert [piece for piece, _, _ in firm.open_amounts()] == ["2"]


def test_once_settles_what_is_there_and_says_how_it_went(firm: Firm, depot: Path) -> None:
    assert watch(firm).status == 0
    drop(depot, "lot1.json", payment("1"))
    done = watch(firm, "--json")
    drop(depot, "lot2.json", payment("2", "90"))
    refused = watch(firm, "--lang", "en")

    assert (done.status, refused.status) == (0, 1)
    assert done.json.items() >= {"file": "lot1.json", "error": 0, "done": 1, "refused": 0}.items()
    assert refused.out.startswith("lot2.json : 0 done, 1 refused → refuses/")


def test_the_logbook_names_the_folder_and_the_file(firm: Firm, depot: Path) -> None:
    drop(depot, "lot1.json", b'{"access_token": "abracadabra", "action": "X", "param": ' + payment() + b"}")
    drop(depot, "lot2.json", prepaid(1))

    assert watch(firm).status == 0
    assert "abracadabra" not in str(firm.rows())
    assert sorted((row[2], row[3], row[10]) for row in firm.rows()["document"]) == [
        ("depot", "drop folder", "lot1.json"),
        ("depot", "drop folder", "lot2.json"),
    ]


def test_the_same_name_again_overwrites_nothing(firm: Firm, depot: Path) -> None:
    for piece in ("1", "2"):
        drop(depot, "lot.json", payment(piece))
        assert watch(firm).status == 0

    documents = [path for path in (depot / DONE).iterdir() if not path.name.endswith(ANSWER)]
    assert sorted(path.read_bytes() for path in documents) == [payment("1"), payment("2")]
    last = max(documents, key=lambda path: path.read_bytes() == payment("2"))
    assert last.with_name(last.name + ANSWER).read_text("utf-8") == answer(depot, "lot.json").text


def test_what_is_not_a_document_is_left_alone_and_told_once(firm: Firm, depot: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(payment())
    (depot / "link.json").symlink_to(tmp_path / "secret")
    (depot / "directory.json").mkdir()
    os.mkfifo(depot / "pipe.json")
    (depot / "empty.json").touch()
    drop(depot, "n" * 230, payment())
    for name in (".hidden", "lot.part", "lot.TMP", "lot.json~", "Thumbs.db", "lot.json" + ANSWER):
        (depot / name).write_bytes(payment())
    before = sorted(os.listdir(depot))

    store = SqlStore(firm.address, firm.clock)
    watcher = Watch(DropFolder(depot, 0.0), Caller("depot", "drop folder"), store)
    with mock.patch("lettrage.commands.watching.warn") as warn:
        assert watcher.once() == 0
        assert watcher.once() == 0

    told = {call.kwargs["file"]: call.kwargs["why"] for call in warn.call_args_list}
    assert len(warn.call_args_list) == 5
    assert told == {
        "link.json": "not a file",
        "directory.json": "not a file",
        "pipe.json": "not a file",
        "empty.json": "empty",
        "n" * 230: "name too long",
    }
    assert sorted(os.listdir(depot)) == sorted([*before, IN_HAND, DONE, REFUSED])
    assert firm.entries() == []


def test_a_file_without_permission_is_left_alone(depot: Path) -> None:
    drop(depot, "lot.json", payment())
    with mock.patch("os.access", return_value=False):
        assert DropFolder(depot, 0.0).whole(0.0) == ([], [("lot.json", "not readable")])


@pytest.mark.parametrize("name", [IN_HAND, DONE, REFUSED])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_in_place_of_a_folder_is_not_followed(
    firm: Firm, depot: Path, tmp_path: Path, name: str, there: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    if there:
        elsewhere.mkdir()
    (depot / name).symlink_to(elsewhere)
    drop(depot, "lot.json", payment())

    ran = watch(firm)

    assert ran.status == 2
    assert f"{name} - Not a directory" in ran.err
    assert (depot / "lot.json").read_bytes() == payment()
    assert firm.entries() == []
    assert not there or os.listdir(elsewhere) == []


def test_what_only_bears_the_name_of_a_file_in_hand_is_passed_over_and_told_once(
    firm: Firm, depot: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(payment("2"))
    hand = depot / IN_HAND
    hand.mkdir()
    names = [f"20241120T101502123456Z-0000000{n}-lot.json" for n in range(3)]
    (hand / names[0]).mkdir()
    (hand / names[1]).symlink_to(tmp_path / "secret")
    os.mkfifo(hand / names[2])
    drop(depot, "lot.json", payment())

    watcher = Watch(DropFolder(depot, 0.0), Caller("depot", "drop folder"), SqlStore(firm.address, firm.clock))
    with mock.patch("lettrage.commands.watching.warn") as warn:
        assert watcher.once() == 0
        assert watcher.once() == 0

    told = [(call.kwargs["file"], call.kwargs["why"]) for call in warn.call_args_list]
    assert told == [(f"{IN_HAND}/{name}", "not a file") for name in names]
    assert sorted(os.listdir(hand)) == names
    assert len(firm.entries()) == 1


def test_names_may_be_any_bytes(firm: Firm, depot: Path) -> None:
    name = os.fsdecode(b"r\xe9glement \xff\n.json")
    drop(depot, name, payment())

    ran = watch(firm, "--json")

    assert ran.status == 0
    assert answer(depot, name).codes == ["0"]
    assert list(at_rest(depot, DONE)) == [name]
    assert ran.json["file"] == "r\\xdce9glement \\xdcff\\x0a.json"


# ---------------------------------------------------------------- whole files only


def test_a_half_written_file_is_never_taken(firm: Firm, depot: Path) -> None:
    content = payment()
    with watching(firm), (depot / "slow.json").open("wb") as slow:
        for at in range(0, len(content), 20):
            slow.write(content[at : at + 20])
            slow.flush()
            time.sleep(SETTLING / 3)
            assert (depot / "slow.json").exists(), "taken while it was being written"
        until((depot / ("slow.json" + ANSWER)).exists)

    assert answer(depot, "slow.json").codes == ["0"]
    assert os.listdir(depot / REFUSED) == []


def test_without_settling_it_would_be_taken(depot: Path) -> None:
    (depot / "slow.json").write_bytes(payment()[:20])

    assert DropFolder(depot, 0.0).whole(0.0)[0] == ["slow.json"]
    assert DropFolder(depot, 2.0).whole(0.0)[0] == []


def test_a_file_that_changes_begins_to_settle_anew(depot: Path) -> None:
    folder, file = DropFolder(depot, 2.0), depot / "lot.json"
    file.write_bytes(b"12")
    assert folder.whole(0.0)[0] == []
    os.utime(file, ns=(1, 1))  # equal in size, written anew
    assert folder.whole(2.0)[0] == []
    file.write_bytes(b"1234")
    assert folder.whole(3.9)[0] == []
    assert folder.whole(5.8)[0] == []
    assert folder.whole(5.9)[0] == ["lot.json"]


def test_the_oldest_comes_first(depot: Path) -> None:
    for second, name in enumerate(("b", "c", "a"), 1):
        drop(depot, name, b"1")
        os.utime(depot / name, (second, second))

    assert DropFolder(depot, 0.0).whole(0.0)[0] == ["b", "c", "a"]


# ---------------------------------------------------------------- once and only once


def claimed(firm: Firm, content: bytes, claim: str) -> Answer:
    caller = Caller("depot", "drop folder", claim=claim)
    return Answer(settle(content, caller, firm.store, firm.clock).text)


def test_the_same_copy_again_is_answered_with_the_same_bytes_whatever_the_document_says(firm: Firm) -> None:
    content = document(
        header("PORCHQ", "10", advance("10")), header("PORCHQ", "90", pays("1", "90")), repeat="1", withlog="1"
    )
    first = claimed(firm, content, "c1")
    firm.clock.forward(days=400)

    assert claimed(firm, content, "c1").text == first.text
    assert first.codes == ["0", "3"]
    assert len(firm.entries()) == 1


def test_a_claim_is_no_key_another_copy_follows_the_rules_of_content(firm: Firm) -> None:
    first = claimed(firm, payment(), "c1")
    assert claimed(firm, payment(), "c2").transactions == first.transactions
    assert claimed(firm, prepaid(1), "c3").codes == ["0"]
    assert claimed(
        firm, document(header("PORCHQ", "10", advance("10"), REGLEMENTNUM="1"), withlog="1"), "c4"
    ).codes == ["0"]
    firm.clock.forward(hours=73)

    assert claimed(firm, payment(), "c5").reasons == [["already_received"]]
    assert len(firm.entries()) == 2


def test_a_refused_document_dropped_again_is_judged_afresh(firm: Firm, depot: Path) -> None:
    drop(depot, "lot.json", payment("3"))
    assert watch(firm).status == 1
    firm.load({"code": "998", "invoices": [invoice("3", "100.00")]})
    drop(depot, "lot.json", payment("3"))

    assert watch(firm).status == 0
    assert answer(depot, "lot.json").codes == ["0"]


def test_nobody_can_ask_for_the_answer_to_a_claim_with_a_key(firm: Firm) -> None:
    claimed(firm, payment("1"), "c1")

    assert firm.send(header("PORCHQ", "100", pays("2", "100")), key="c1", caller="depot").codes == ["0"]


def test_what_a_crash_left_in_hand_is_answered_as_it_was_settled(firm: Firm, depot: Path) -> None:
    drop(depot, "lot.json", prepaid(1, repeat="1"))
    store = SqlStore(firm.address, firm.clock)
    with mock.patch.object(DropFolder, "finish", side_effect=OSError(28, "No space left on device")):
        assert Watch(DropFolder(depot, 0.0), Caller("depot", "drop folder"), store).once() == 2
    (left,) = in_hand(depot)
    assert left.endswith("-lot.json")
    assert len(firm.entries()) == 1

    assert watch(firm, "--caller", "another name").status == 0

    assert len(firm.entries()) == 1
    assert at_rest(depot, DONE) == {"lot.json": answer(depot, "lot.json").text}
    assert answer(depot, "lot.json").transactions == [e["transaction"] for e in firm.entries()]


def test_several_watchers_share_the_work_and_no_file_is_settled_twice(firm: Firm, depot: Path) -> None:
    for number in range(60):
        drop(depot, f"lot{number}.json", prepaid(number, repeat="1"))
    with watching(firm), watching(firm), watching(firm):
        until(lambda: not list(depot.glob("lot*[0-9].json")) and not in_hand(depot), seconds=60)

    assert in_hand(depot) == []
    assert len(firm.entries()) == 60
    assert len(firm.rows()["document"]) == 60


def test_a_name_in_hand_waits_so_that_its_answer_is_the_latest_one(firm: Firm, depot: Path) -> None:
    folder = DropFolder(depot, 0.0)
    folder.prepare()
    drop(depot, "lot.json", payment("1"))
    folder.whole(0.0)
    with folder.take("lot.json", firm.clock.now()) as first:
        assert first is not None
        drop(depot, "lot.json", payment("2"))
        folder.whole(1.0)
        with folder.take("lot.json", firm.clock.now()) as second:
            assert second is None
        with folder.resume(first.claimed) as stolen:
            assert stolen is None
    assert os.listdir(depot / IN_HAND) == [first.claimed]


def test_the_end_comes_after_the_file_in_hand(firm: Firm, depot: Path) -> None:
    for number in range(200):
        drop(depot, f"lot{number}.json", prepaid(number, repeat="1"))
    with watching(firm):
        until(lambda: (depot / DONE).is_dir() and len(os.listdir(depot / DONE)) > 2)

    assert in_hand(depot) == []
    assert 0 < len(at_rest(depot, DONE)) == len(firm.entries())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_watch_ends_at_once(firm: Firm, depot: Path, number: signal.Signals) -> None:
    with watching(firm, "--every", "600") as watcher:
        until((depot / DONE).is_dir)
        watcher.send_signal(number)
        watcher.wait(10)


# ---------------------------------------------------------------- trouble


def watcher_of(firm: Firm, depot: Path) -> Watch:
    store = SqlStore(firm.address, firm.clock)
    return Watch(DropFolder(depot, 0.0), Caller("depot", "drop folder"), store)


@sqlite_only  # elsewhere the wait is five seconds
def test_while_the_books_are_busy_the_file_waits(
    firm: Firm, depot: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    watcher = watcher_of(firm, depot)
    drop(depot, "lot1.json", payment("1"))
    drop(depot, "lot2.json", payment("2"))
    with another_writer(firm.address, "998"):
        assert watcher.look() is False
        assert watcher.once() == 2

    assert "occupée" in capsys.readouterr().err
    assert os.listdir(depot / DONE) == os.listdir(depot / REFUSED) == []
    assert len(in_hand(depot)) == 1, "the second file was not even taken"
    assert watcher.once() == 0
    assert list(at_rest(depot, DONE)) == ["lot1.json", "lot2.json"]


@sqlite_only
def test_a_full_disk_loses_nothing(firm: Firm, depot: Path) -> None:
    headers = [header("PORCHQ", "10", advance("10"), REGLEMENTNUM=str(number)) for number in range(100)]
    drop(depot, "lot.json", document(*headers))
    firm.store.engine.dispose()
    pages = str(firm.file.stat().st_size // 4096)

    full = watch(firm, LETTRAGE_MAX_PAGES=pages)

    assert full.status == 2
    assert "plein" in full.err
    assert watch(firm).status == 0
    assert answer(depot, "lot.json").codes == ["0"] * 100


def test_a_folder_that_goes_away_may_come_back(firm: Firm, depot: Path) -> None:
    watcher, away = watcher_of(firm, depot), depot.with_name("away")
    assert watcher.look()
    depot.rename(away)
    assert not watcher.look()
    assert not depot.exists(), "never made anew: the drive may not be there yet"
    away.rename(depot)
    drop(depot, "lot.json", payment())

    assert watcher.look()
    assert answer(depot, "lot.json").codes == ["0"]


def test_our_own_mistake_does_not_keep_the_other_files_waiting(firm: Firm, depot: Path) -> None:
    drop(depot, "lot1.json", payment("1"))
    drop(depot, "lot2.json", payment("2"))
    watcher, real = watcher_of(firm, depot), settle

    def mistaken(data: bytes, *others: Any) -> Any:
        if data == payment("1"):
            raise RuntimeError("a mistake")
        return real(data, *others)

    with mock.patch("lettrage.commands.watching.settle", mistaken):
        assert watcher.once() == 2
    assert list(at_rest(depot, DONE)) == ["lot2.json"]
    assert watcher_of(firm, depot).once() == 0
    assert list(at_rest(depot, DONE)) == ["lot1.json", "lot2.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("absent",),
        ("file",),
        ("depot", "--every", "0"),
        ("depot", "--every", "nan"),
        ("depot", "--settling", "-1"),
        ("/",),
    ],
)
def test_what_cannot_be_watched_is_told_in_plain_words(firm: Firm, depot: Path, arguments: tuple[str, ...]) -> None:
    depot.with_name("file").touch()
    ran = run("watch", *arguments, "--database", firm.address, folder=firm.folder)

    assert ran.status == 2
    assert "n'admet pas" in ran.err

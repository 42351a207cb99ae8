"""Group commit: order and results, nothing acknowledged before it is durable, a failure is its owner's alone."""

import json
import multiprocessing
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from sqlalchemy import event

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store import grouping
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.adapters.store.grouping import GroupingStore
from lettrage.refusal import Refusal, Stop, StoreTrouble
from lettrage.settlement import Caller, settle
from tests.databases import postgresql_only, sqlite_only
from tests.journeys.helpers import Answer, Firm, company, header, invoice, pays

CALLERS = 200
DOSSIERS = ("998", "999")
SLOWER_AT_MOST = 1.25


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    invoices = [invoice(str(n), "100.00") for n in range(CALLERS)]
    firm = Firm(tmp_path, *(company(code, invoices=invoices) for code in DOSSIERS))
    yield firm
    assert firm.findings() == []


@pytest.fixture
def store(firm: Firm) -> GroupingStore:
    return GroupingStore(firm.store)


def payment(number: int, dossier: str = "998") -> bytes:
    content = header("PORCHQ", "100", pays(str(number), "100"), REGLEMENTNUM=str(number))
    envelope = {"parameters": {"dos": dossier}, "swinfinity": "integration_reglement"}
    return json.dumps({"action": envelope, "data": {"EnteteReglementtb": [{"EnteteReglement": content}]}}).encode()


def pay(store: GroupingStore, firm: Firm, number: int, dossier: str = "998") -> Answer:
    return Answer(settle(payment(number, dossier), Caller("till", "web"), store, firm.clock).text)


@contextmanager
def commits(firm: Firm) -> Iterator[list[str]]:
    """The commits of the store's connections, as they happen."""
    seen: list[str] = []

    def hear(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql == "COMMIT":
            seen.append(sql)

    event.listen(firm.store.engine, "before_cursor_execute", hear)
    yield seen
    event.remove(firm.store.engine, "before_cursor_execute", hear)


def gives(value: object) -> Callable[[SqlBooks], object]:
    """A work that gives this and does nothing else."""
    return lambda _: value


def notes(ran: list[object], value: object) -> Callable[[SqlBooks], object]:
    """A work that notes that it ran; it gives the connection that it ran on."""

    def work(books: SqlBooks) -> object:
        ran.append(value)
        return books.connection

    return work


class Queue:
    """A store whose lane is held by one long work, so that others gather behind it in a known order."""

    def __init__(self, store: GroupingStore) -> None:
        self.store = store
        self.pool = ThreadPoolExecutor(CALLERS)
        self.release = threading.Event()
        began = threading.Event()

        def hold(_: SqlBooks) -> str:
            began.set()
            assert self.release.wait(10)
            return "leader"

        self.leader = self.pool.submit(store.write, "998", hold)
        assert began.wait(10)
        self.waiting: list[Future[Any]] = []

    def add(self, work: Callable[[SqlBooks], Any], dossier: str = "998") -> Future[Any]:
        before = sum(len(lane) for lane in self.store._lanes.values())
        future = self.pool.submit(self.store.write, dossier, work)
        while sum(len(lane) for lane in self.store._lanes.values()) == before and not future.done():
            time.sleep(0.0005)
        self.waiting.append(future)
        return future

    def results(self) -> list[Any]:
        """What became of everybody: results, and exceptions as values."""
        self.release.set()
        assert self.leader.result(10) == "leader"
        return [future.exception(10) or future.result() for future in self.waiting]


# ---------------------------------------------------------------- sharing


def test_two_hundred_callers_at_once_have_each_their_own_answer(firm: Firm, store: GroupingStore) -> None:
    with commits(firm) as seen, ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda n: pay(store, firm, n), range(CALLERS)))

    assert [answer.settlements[0]["REGLEMENTNUM"] for answer in answers] == [str(n) for n in range(CALLERS)]
    assert {answer.codes[0] for answer in answers} == {"0"}
    assert sorted(int(answer.transactions[0]) for answer in answers) == list(range(1, CALLERS + 1))
    for number, answer in enumerate(answers):
        assert {line["third_party"] for line in firm.entries(answer.transactions[0])[0]["lines"]} >= {"C1"}
        paid = firm.transaction(answer.transactions[0])
        assert [order["reglement_num"] for order in paid["orders"]] == [str(number)]
    assert len(seen) < CALLERS / 4, "hardly anybody shared a commit"
    assert firm.open_amounts() == []


def test_who_waits_together_is_served_in_order_in_one_commit(firm: Firm, store: GroupingStore) -> None:
    queue, ran = Queue(store), list[object]()
    for n in range(10):
        queue.add(notes(ran, n))

    with commits(firm) as seen:
        connections = queue.results()

    assert ran == list(range(10))
    assert len(set(connections)) == 1
    assert len(seen) == 2  # the leader's and theirs


def test_each_is_planned_after_those_before_it(firm: Firm, store: GroupingStore) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = {answer.text for answer in pool.map(lambda _: pay(store, firm, 1), range(50))}

    assert len(answers) == 1
    assert len(firm.entries()) == 1


@sqlite_only
def test_a_batch_is_of_one_dossier_and_the_oldest_waits_least(firm: Firm, store: GroupingStore) -> None:
    queue, ran = Queue(store), list[object]()
    for n in range(6):
        dossier = DOSSIERS[n % 2]
        queue.add(notes(ran, dossier), dossier)

    with commits(firm) as seen:
        queue.results()

    assert ran == ["998"] * 3 + ["999"] * 3
    assert len(seen) == 3


@postgresql_only
def test_dossiers_do_not_wait_for_each_other(store: GroupingStore) -> None:
    queue = Queue(store)
    queue.add(gives("waits"))
    assert store.write("999", gives("done")) == "done"
    assert not queue.waiting[0].done()

    assert queue.results() == ["waits"]


@pytest.mark.parametrize(("limit", "value"), [("GROUP_WRITERS", 3), ("GROUP_MILLISECONDS", -1)])
def test_a_batch_is_bounded(limit: str, value: int, firm: Firm, store: GroupingStore) -> None:
    with mock.patch.object(grouping, limit, value):
        queue = Queue(store)
        for n in range(10):
            queue.add(gives(n))
        with commits(firm) as seen:
            assert queue.results() == list(range(10))

    assert len(seen) == (5 if value == 3 else 11)


# ---------------------------------------------------------------- failures


def bug(_: SqlBooks) -> None:
    raise ZeroDivisionError("a bug")


def stop(_: SqlBooks) -> None:
    raise Stop(Refusal("which_dossier"))


def trouble(_: SqlBooks) -> None:
    raise StoreTrouble(Refusal("disk_full", "--database"))


@pytest.mark.parametrize(("fail", "raised"), [(bug, ZeroDivisionError), (stop, Stop), (trouble, StoreTrouble)])
def test_a_failure_is_its_owners_alone_and_nothing_is_done_twice(
    fail: Callable[[SqlBooks], None], raised: type[Exception], firm: Firm, store: GroupingStore
) -> None:
    queue = Queue(store)
    good = [queue.pool.submit(pay, store, firm, n) for n in range(10)]
    bad = [queue.add(fail) for _ in range(3)]
    after = queue.add(gives("after"))
    queue.results()

    assert {answer.result(10).codes[0] for answer in good} == {"0"}
    assert [type(future.exception()) for future in bad] == [raised] * 3
    assert after.result() == "after"
    assert len(firm.entries()) == 10
    assert store.write("998", gives("alive")) == "alive"


def test_an_unknown_dossier_is_told_to_all_who_named_it(firm: Firm, store: GroupingStore) -> None:
    queue = Queue(store)
    for dossier in ("nowhere", "nowhere", "998"):
        queue.add(gives("done"), dossier)

    first, second, known = queue.results()

    assert (first.error, second.error, known) == (403, 403, "done")


def test_a_commit_that_fails_is_told_to_all_and_runs_nothing_again(
    firm: Firm, store: GroupingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, ran = Queue(store), list[object]()
    for n in range(5):
        queue.add(notes(ran, n))

    def lost(dossier: str, works: Any) -> list[Any]:
        with firm.store.books(dossier, writing=True) as books:
            for work in works:
                work(books)
            raise StoreTrouble(Refusal("disk_error", "--database"))

    monkeypatch.setattr(firm.store, "write_all", lost)
    outcomes = queue.results()

    assert [outcome.refusal.code for outcome in outcomes] == ["disk_error"] * 5
    assert ran == list(range(5))


def test_who_waits_too_long_is_told_and_his_work_never_runs(store: GroupingStore) -> None:
    with mock.patch.object(grouping, "WAITING_SECONDS", 0.05):
        queue, ran = Queue(store), list[object]()
        for _ in range(3):
            queue.add(notes(ran, "late"))
        outcomes = [future.exception(10) for future in queue.waiting]
        queue.results()

    assert [type(outcome) for outcome in outcomes] == [StoreTrouble] * 3
    assert ran == []


def test_too_many_may_not_wait(store: GroupingStore) -> None:
    with mock.patch.object(grouping, "WAITING_WRITERS", 2):
        queue = Queue(store)
        for n in range(3):
            queue.add(gives(n))
        first, second, third = queue.results()

    assert (first, second) == (0, 1)
    assert isinstance(third, StoreTrouble)


def test_closing_lets_who_waits_finish(store: GroupingStore) -> None:
    queue = Queue(store)
    queue.add(gives("done"))
    closing = queue.pool.submit(store.close)
    time.sleep(0.05)
    assert not closing.done()

    assert queue.results() == ["done"]
    closing.result(10)
    with pytest.raises(StoreTrouble):
        store.write("998", gives("too late"))


# ---------------------------------------------------------------- idle


def test_alone_one_waits_no_longer_than_without_grouping(firm: Firm, store: GroupingStore) -> None:
    def seconds(write: Callable[[str, Callable[[SqlBooks], Any]], Any]) -> float:
        start = time.perf_counter()
        write("998", lambda books: books.kept("till", "k"))
        return time.perf_counter() - start

    pairs = [(seconds(store.write), seconds(firm.store.write)) for _ in range(400)]

    grouped, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert grouped <= SLOWER_AT_MOST * plain, f"{grouped * 1e6:.0f} µs grouped, {plain * 1e6:.0f} µs plain"


# ---------------------------------------------------------------- durable


class Hasty(grouping._Call):
    """The planted bug: the result is out while the transaction is open."""

    def run(self, books: SqlBooks) -> Any:
        result = super().run(books)
        self.outcome.set_result(result)
        self.outcome.set_result = lambda result: None  # type: ignore[method-assign]
        self.woken.set()
        return result


def serve_until_killed(address: str, planted: bool, acknowledged: Connection) -> None:
    """Sixteen callers; soon an answer that reaches its caller is followed by a kill -9 at once."""
    plain = SqlStore(address, SystemClock())
    store = GroupingStore(plain)
    event.listen(plain.engine, "before_cursor_execute", lambda *about: time.sleep(0.02 * (about[2] == "COMMIT")))
    if planted:
        grouping._Call = Hasty  # type: ignore[misc]
    before_the_kill = threading.Semaphore(20)

    def call(number: int) -> None:
        reply = Answer(settle(payment(number), Caller("till", "web"), store, SystemClock()).text)
        acknowledged.send_bytes(reply.transactions[0].encode())
        if not before_the_kill.acquire(blocking=False):
            os.kill(os.getpid(), signal.SIGKILL)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(call, range(CALLERS)))


def lost_in_a_kill(firm: Firm, *, planted: bool) -> set[str]:
    """The transactions acknowledged by a process that was killed, less those in the books."""
    firm.store.close()
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=serve_until_killed, args=(firm.address, planted, sender))
    child.start()
    sender.close()
    acknowledged = set()
    with suppress(EOFError):
        while True:
            acknowledged.add(receiver.recv_bytes().decode())
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    assert len(acknowledged) >= 20
    return acknowledged - {str(entry["transaction"]) for entry in firm.entries()}


def test_what_is_acknowledged_survives_a_kill(firm: Firm) -> None:
    assert lost_in_a_kill(firm, planted=False) == set()


def test_an_answer_before_the_commit_would_be_caught(firm: Firm) -> None:
    assert lost_in_a_kill(firm, planted=True)

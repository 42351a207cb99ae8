"""A platform that means harm, or is ill: it costs its own company time, and neither memory nor the other companies.

The answers are real ones of a real server on this machine; what is decided about them is shown with the platform in
memory, whose clock the test moves.
"""

import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from lettrage.adapters.approved import flows
from lettrage.adapters.approved.calls import Calls
from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.directory import ApprovedDirectory
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.commands import working
from lettrage.commands.working import Loop
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.flow_service import Seen
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending import arrive, at_service
from lettrage.limits import PLATFORM_ANSWER_BYTES, PLATFORM_LIST_SECONDS
from lettrage.refusal import Refusal, Stop
from tests.approved.setting_up import Asked, Said, flow, opened, place
from tests.invoicing.approved import ApprovedSender
from tests.invoicing.test_approved_arrivals import status

MINUTE = timedelta(minutes=1)
MEGABYTES = 64  # that reading one answer may take


# ---------------------------------------------------------------- answers that are much more than they seem


def _filled(head: str, piece: str, tail: str) -> bytes:
    pieces = (PLATFORM_ANSWER_BYTES - len(head) - len(tail)) // (len(piece) + 1)
    return (head + ",".join([piece] * pieces) + tail).encode()


HEAD = '{"flowId":"F-1","updatedAt":"2026-11-22T10:00:00Z","acknowledgement":{"status":"Error","details":['
BOMBS = {
    "empty complaints": _filled(HEAD, "{}", "]}}"),
    "empty lists": _filled('{"a":[', "[]", "]}"),
    "figures": _filled('{"a":[', "1", "]}"),
    "rows": _filled('{"results":[', "{}", "]}"),
    "bottomless": b'{"a":' + b"[" * (PLATFORM_ANSWER_BYTES // 2),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_an_answer_takes_little_more_memory_than_its_text(bomb: str) -> None:
    """Eight megabytes of nothing but marks were seven hundred in memory, and ten seconds."""
    with opened(lambda _asked: Said(200, BOMBS[bomb])) as there:
        tracemalloc.start()
        try:
            with pytest.raises(Trouble) as caught:
                there.flows.seen("F-1")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert caught.value.kind == "garbled"
    assert most < MEGABYTES * 1024 * 1024


def test_a_list_keeps_no_complaints_and_has_a_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "PLATFORM_LIST_ROWS", 5)
    details = [{"level": "Error", "reasonMessage": "x" * 1_000}] * 10
    pages = iter(range(100))

    def answer(_asked: Asked) -> Said:
        at = next(pages)
        rows = [flow(f"F-{at}-{n}", acknowledgement={"status": "Error", "details": details}) for n in range(2)]
        return Said(200, {"results": rows} | ({"nextCursor": str(at)} if endless or at < 1 else {}))

    endless = False
    with opened(answer) as there:
        found = there.flows.traced("t-1")
        assert (len(found), {one.complaints for one in found}) == (4, {()})
        endless = True
        with pytest.raises(Trouble) as caught:
            there.flows.traced("t-1")
    assert (caught.value.kind, caught.value.code) == ("garbled", "too large")


@pytest.mark.parametrize("service", ["flows", "directory"])
def test_a_list_that_comes_slowly_ends_in_time(service: str) -> None:
    """Each page for itself is in time; a thousand of them would be fifty hours."""
    rows = iter(range(1_000))

    def answer(asked: Asked) -> Said:
        n = next(rows)
        if "directory" in asked.path:
            return Said(200, {"results": [{"addressingIdentifier": f"A{n}", "siren": "123456782"}]})
        return Said(200, {"results": [flow(f"F-{n}")], "nextCursor": str(n)})

    ticks = iter(range(0, 10**6, 20))
    with place(answer) as made:
        calls = Calls(made.settings(), sleep=lambda _seconds: None)
        client = Client(calls, ticks=lambda: float(next(ticks)))
        with pytest.raises(Trouble) as caught:
            ApprovedFlows(client).traced("t") if service == "flows" else ApprovedDirectory(client).lines("123456782")
        calls.close()
    assert (caught.value.kind, caught.value.code) == ("gateway", "too slow")
    assert len(made.asked) < PLATFORM_LIST_SECONDS / 20


# ---------------------------------------------------------------- rounds


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[ApprovedSender]:
    made = ApprovedSender(tmp_path, 2)
    made.dispatch("F1")
    made.live(until=timedelta(hours=1))
    yield made
    made.store.close()


def _asked_now(sender: ApprovedSender) -> None:
    sender.store.write("998", lambda books: books.receive_now(APPROVED, sender.clock.now()))


def test_what_is_held_between_two_commits_is_bounded_and_all_of_it_arrives(
    sender: ApprovedSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred files of eight megabytes would be held at once."""
    monkeypatch.setattr(at_service, "ROUND_BYTES", 3_000)
    held: list[int] = []
    monkeypatch.setattr(arrive, "after_round", _noting(held))
    for n in range(9):
        sender.service.brings(status("207", sender.clock.at + n * MINUTE, id_=f"M{n}"))
    _asked_now(sender)
    sender.work()

    assert max(held) < 9
    assert (len(sender.events("F1", "history")), sender.service.calls["content"]) == (9, 9)


def _noting(held: list[int]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    real = arrive.after_round

    def noting(taken, done, *more):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        held.append(len(done.brought))
        return real(taken, done, *more)

    return noting


def test_a_round_whose_files_come_slowly_ends_in_time_and_keeps_them(sender: ApprovedSender) -> None:
    """Longer than the job is in one worker's hands, its files would be fetched for nothing, by one after the other."""
    for n in range(9):
        sender.service.brings(status("207", sender.clock.at + n * MINUTE, id_=f"M{n}"))
    real, began, lasted = sender.service.content, sender.clock.at, []

    def slowly(number: str, *more: object) -> bytes:
        sender.clock.forward(seconds=20)
        return real(number)

    sender.service.content = slowly  # type: ignore[method-assign, assignment]
    _asked_now(sender)
    worker = sender.worker(at=lambda point: lasted.append(sender.clock.at) if point == "recorded" else None)
    worker.work("998")

    assert len(sender.events("F1", "history")) == 9
    times = [began, *lasted]
    assert max(b - a for a, b in pairwise(times)) <= timedelta(seconds=80)


def test_a_worker_that_is_to_stop_does_not_fetch_the_rest_first(sender: ApprovedSender) -> None:
    for n in range(9):
        sender.service.brings(status("207", sender.clock.at + n * MINUTE, id_=f"M{n}"))
    _asked_now(sender)
    sender.worker().work("998", going_on=lambda: sender.service.calls["content"] < 2)
    assert sender.service.calls["content"] == 2

    sender.work()
    assert len(sender.events("F1", "history")) == 9


def test_an_invoice_has_so_many_changes_at_the_most(sender: ApprovedSender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrive, "HISTORY_EVENTS", 12)
    for n in range(20):
        sender.service.brings(status(f"X{n}", sender.clock.at + n * MINUTE, id_=f"M{n}"))
    _asked_now(sender)
    sender.work()
    assert len(sender.events("F1")) <= 12


# ---------------------------------------------------------------- companies beside each other


def test_one_company_s_platform_keeps_no_other_waiting_for_ever(
    sender: ApprovedSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that always has more held the only worker for as long as it liked."""
    monkeypatch.setattr(working, "WORKER_TURN_SECONDS", 0.5)
    monkeypatch.setattr(arrive, "AT_ONCE", 2)
    numbers = iter(range(10**9))

    began = time.monotonic()

    def arrived(_since: object) -> list[Seen]:
        assert time.monotonic() - began < 20, "it would go on for ever"
        at = sender.clock.now()
        fresh = [f"N-{next(numbers)}" for _ in range(3)]
        for one in fresh:
            sender.service.brings(b"<x/>", one, "Other")
        return [Seen(one, "Ok", "Other", "In", syntax="X", updated_at=at) for one in fresh]

    sender.service.arrived = arrived  # type: ignore[method-assign, assignment]
    _asked_now(sender)
    loop = Loop(sender.store, "998")
    loop.worker = sender.worker()
    assert loop.look()
    assert time.monotonic() - began < 10


def test_what_stops_one_company_s_work_stops_no_other_s(
    sender: ApprovedSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def work(_loop: Loop, dossier: str) -> None:
        done.append(dossier)
        if dossier == "1":
            raise Stop(Refusal("secret_damaged", "platform"))

    monkeypatch.setattr(Loop, "_work", work)
    monkeypatch.setattr(type(sender.store), "dossiers", lambda _store: ["1", "2", "3"])
    loop = Loop(sender.store)
    assert not loop.look()
    assert done == ["1", "2", "3"]

"""The platform under many hands at once, and under a reading that breaks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lettrage.simulator import judging
from lettrage.simulator import platform as module
from lettrage.simulator.clock import Clock
from lettrage.simulator.directory import Directory
from lettrage.simulator.platform import SMALL, Platform
from tests.simulator.samples import invoice


@pytest.fixture
def platform() -> Platform:
    clock = Clock(speed=0)
    return Platform(Directory(clock.now()), clock)


def test_many_threads_deposit_look_and_let_time_pass(platform: Platform) -> None:
    start = threading.Barrier(8)

    def work(worker: int) -> list[str]:
        start.wait()
        numbers = []
        for turn in range(20):
            xml = invoice("ubl", number=f"F{worker}-{turn % 10}")  # each number twice
            numbers.append(platform.deposit("TECH", "IN_DP_E1_UBL_INVOICE", "f.xml", xml).number)
            platform.clock.advance(30)
            for flow in platform.flows():
                assert platform.seen(flow.number) is not None
            platform.invoices()
        return numbers

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for worked in pool.map(work, range(8)) for number in worked]
    platform.clock.advance(601)

    ends = [platform.state(flow).code for flow in platform.flows()]
    assert len(set(numbers)) == 160
    assert (ends.count("IN_INTEGRE"), ends.count("IN_REJETE")) == (80, 80)
    assert sorted(one.claim.number for one in platform.invoices()) == sorted(
        f"F{worker}-{turn}" for worker in range(8) for turn in range(10)
    )
    assert len({passage.id for one in platform.invoices() for passage in one.passages}) == sum(
        len(one.passages) for one in platform.invoices()
    )


def test_a_file_that_breaks_the_reading_harms_its_own_flow_alone(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(judging, "claim", broken)
        first = platform.deposit("TECH", "IN_DP_E1_UBL_INVOICE", "f.xml", invoice("ubl"))
    platform.clock.advance(601)
    assert platform.state(first).code == "IN_REJETE"
    second = platform.deposit("TECH", "IN_DP_E1_UBL_INVOICE", "f.xml", invoice("ubl"))
    platform.clock.advance(601)

    assert platform.state(second).code == "IN_INTEGRE"
    verdict = platform.flows()[0].verdict
    assert verdict is not None
    assert verdict.technical[0].code == "ERR_TEC_001"


def test_a_file_that_takes_long_to_read_holds_up_nobody(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    read_on = threading.Event()

    def slow(*_: object) -> judging.Content:
        read_on.wait(10)
        return judging.Content()

    with monkeypatch.context() as patched:
        patched.setattr(module, "read", slow)
        late = platform.deposit("TECH", "IN_DP_E1_UBL_INVOICE", "f.xml", bytes(SMALL + 1))
    prompt = platform.deposit("TECH", "IN_DP_E1_UBL_INVOICE", "f.xml", invoice("ubl"))
    platform.clock.advance(601)

    assert platform.state(prompt).code == "IN_INTEGRE"
    assert platform.state(late).code == "IN_EN_COURS_TRAITEMENT_CPP"
    read_on.set()
    seen = platform.seen(late.number)
    assert seen is not None
    assert seen[1].code == "IN_INTEGRE"

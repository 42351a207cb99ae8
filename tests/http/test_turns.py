"""Turns: a burst waits, a crowd is asked to come back, who has begun goes first."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from lettrage.adapters.http import turns
from lettrage.adapters.http.problems import Problem
from lettrage.adapters.http.turns import Line


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BURST_SECONDS", 0.4)
    monkeypatch.setattr(turns, "MOMENT_SECONDS", 0.02)


def ran(test: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(test, 10))


def test_a_burst_waits_and_is_served_in_the_order_of_its_coming() -> None:
    async def burst() -> list[int]:
        line, served = Line(2), []

        async def call(number: int) -> None:
            await line.take()
            await asyncio.sleep(0.01)
            served.append(number)
            line.give()

        await asyncio.gather(*map(call, range(12)))
        return served

    assert ran(burst()) == list(range(12))


def test_once_somebody_waited_in_vain_the_others_wait_a_moment_only() -> None:
    async def crowd() -> tuple[float, float]:
        line, waits = Line(1), []
        await line.take()
        for _ in range(2):
            began = asyncio.get_running_loop().time()
            with pytest.raises(Problem, match="overloaded"):
                await line.take()
            waits.append(asyncio.get_running_loop().time() - began)
        return waits[0], waits[1]

    patient, hasty = ran(crowd())
    assert patient >= 0.4
    assert hasty < 0.2


def test_a_line_that_is_never_empty_is_no_burst() -> None:
    async def standing() -> int:
        line, refused = Line(1), 0
        end = asyncio.get_running_loop().time() + 1

        async def caller() -> None:
            nonlocal refused
            while asyncio.get_running_loop().time() < end:
                try:
                    await line.take()
                except Problem:
                    refused += 1
                    continue
                await asyncio.sleep(0.01)
                line.give()

        await asyncio.gather(*(caller() for _ in range(8)))
        return refused

    assert ran(standing()) > 0, "each waits less than a burst may: nobody would ever be refused"


def test_in_a_crowd_a_few_wait_and_the_others_are_sent_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "IN_LINE", 2)
    monkeypatch.setattr(turns, "MOMENT_SECONDS", 5)

    async def crowd() -> tuple[list[bool], bool]:
        line = Line(1)
        await line.take()
        assert not line.sends_away()
        with pytest.raises(Problem):
            await line.take()  # in vain: from now on it is a crowd
        sent_away = []
        for _ in range(4):
            sent_away.append(line.sends_away())
            if not sent_away[-1]:
                line.announce()  # two are on their way at once: they count before they are there
        waiting = [asyncio.ensure_future(line.take()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Problem):
            await asyncio.wait_for(line.take(), 1)
        line.give()
        await waiting[0]
        room = not line.sends_away()
        line.give()
        await waiting[1]
        return sent_away, room

    assert ran(crowd()) == ([False, False, True, True], True)


def test_in_a_crowd_half_of_the_turns_are_given_until_nobody_was_sent_away_for_a_while() -> None:
    async def crowd() -> tuple[int, int]:
        line = Line(4)
        for _ in range(4):
            await line.take()
        with pytest.raises(Problem):
            await line.take()  # in vain: from now on it is a crowd
        for _ in range(4):
            line.give()
        return await taken(line), await taken(line, after=0.5)

    async def taken(line: Line, after: float = 0) -> int:
        await asyncio.sleep(after)
        asked = await asyncio.gather(*(line.take() for _ in range(5)), return_exceptions=True)
        turns_given = asked.count(None)
        for _ in range(turns_given):
            line.give()
        return turns_given

    assert ran(crowd()) == (2, 4)


def test_as_many_callers_as_there_are_turns_leave_a_crowd_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "IN_LINE", 2)
    monkeypatch.setattr(turns, "MOMENT_SECONDS", 1)

    async def steady() -> int:
        line, end = Line(4), asyncio.get_running_loop().time() + 0.8
        line._in_vain = asyncio.get_running_loop().time()  # somebody was sent away just now

        async def caller() -> None:
            while asyncio.get_running_loop().time() < end:
                await line.take()
                await asyncio.sleep(0.005)
                line.give()

        await asyncio.gather(*(caller() for _ in range(4)))
        return line._kept()

    assert ran(steady()) == 0


def test_who_has_begun_goes_before_those_who_have_not() -> None:
    async def begun() -> list[str]:
        line, order = Line(1), []
        await line.take()

        async def stranger() -> None:
            await line.take()
            order.append("new")
            line.give()

        async def known() -> None:
            await line.take_again()
            order.append("begun")
            line.give()

        waiting = [asyncio.ensure_future(stranger()), asyncio.ensure_future(known())]
        await asyncio.sleep(0)
        line.give()
        await asyncio.gather(*waiting)
        return order

    assert ran(begun()) == ["begun", "new"]


def test_who_goes_away_while_he_waits_takes_no_turn_along() -> None:
    async def gone() -> None:
        line = Line(1)
        await line.take()
        waiting = [asyncio.ensure_future(line.take()), asyncio.ensure_future(line.take_again())]
        await asyncio.sleep(0)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        line.give()
        await line.take()

    ran(gone())


def test_who_goes_away_with_his_turn_just_given_hands_it_on() -> None:
    async def gone() -> None:
        line = Line(1)
        await line.take()
        waiting = asyncio.ensure_future(line.take())
        await asyncio.sleep(0)
        line.give()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await line.take()

    ran(gone())

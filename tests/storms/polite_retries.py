"""What we ask again of Chorus Pro is bounded and polite, and a refusal of business is never asked again.

    python -m tests.storms.polite_retries --count 2000 --seed 7
    python -m tests.storms.polite_retries --count 200 --planted every_4xx     # must fail

Calls go over real HTTP to a place that answers a series of statuses drawn by chance, some of them asking for a wait;
the client's clock is moved instead of waiting. Each call may take so many requests and so much time, keeps the pause
that was asked for, and asks again only where there were too many calls or the token was refused. Then flows meet the
same troubles over moved days, as the worker plans them: each wait is by chance within what it may be, a refused
invoice goes once.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest import mock

import msgspec

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending import deposit
from lettrage.invoicing.sending.outbox import Flow, Job, Queue, Taken
from lettrage.invoicing.sending.schedule import Pace
from tests.chorus.setting_up import Answer, place, settings_at
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form

MOST_ATTEMPTS, MOST_SECONDS = 6, 15 * 60
WAITED_MOST = timedelta(minutes=30)  # between two attempts of a flow, beside what the platform asks for
ANSWERS = (200, 400, 401, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 505)
WEIGHTS = (2, 2, 6, 1, 1, 1, 1, 1, 1, 8, 1, 1, 1, 1, 1)
FOUND = b'{"codeRetour": 0, "libelle": "TRA_MSG_00.000"}'
REFUSED = b'{"codeRetour": 20001, "libelle": "GDP_MSG_11.005 - x"}'
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Series:
    """What a place answers to one call: a series of statuses, the last one for ever; and when it was asked.

    `began`: its clock goes on where the one of the call before stood, for calls keep their distance from each other.
    """

    def __init__(self, chance: random.Random, began: float = 0.0) -> None:
        kinds = (ANSWERS, WEIGHTS) if chance.random() < 0.9 else ((401, 429), (1, 1))
        drawn = chance.choices(*kinds, k=chance.randint(1, 12))
        self.answers = [(status, chance.choice((0, 0, 1, 3, 7, 60, 3_600))) for status in drawn]
        self.began = self.now = began
        self.asked: list[tuple[float, int, int]] = []  # when, what was answered, the wait that was asked for

    def answer(self) -> Answer:
        """The next answer."""
        status, after = self.answers[min(len(self.asked), len(self.answers) - 1)]
        after = after if status == 429 else 0
        self.asked.append((self.now, status, after))
        headers = {"retry-after": str(after)} if after else {}
        return status, headers, {200: FOUND, 400: REFUSED}.get(status, b"")


def _judge(series: Series, call: str) -> None:
    """Raises BrokenPromiseError where a call was not polite."""
    asked, took = series.asked, series.now - series.began
    if len(asked) > MOST_ATTEMPTS or took > MOST_SECONDS:
        raise BrokenPromiseError(f"{call}: {len(asked)} requests in {took:.0f} s: {asked}")
    for (at, status, after), (again_at, *_) in pairwise(asked):
        if status not in (401, 429):
            raise BrokenPromiseError(f"{call}: {status} was asked again: {asked}")
        if status == 429 and again_at - at < max(after, 1):
            raise BrokenPromiseError(f"{call}: asked again after {again_at - at:.0f} s of {after}: {asked}")


def calls(count: int, seed: int) -> Counter[int]:
    """So many calls; how many of them took so many requests. Raises BrokenPromiseError."""
    chance = random.Random(seed)
    series = Series(chance)
    took: Counter[int] = Counter()
    with place(lambda _path: series.answer()) as url:

        def sleep(seconds: float) -> None:
            series.now += seconds

        kept = Calls(settings_at(url), sleep=sleep, ticks=lambda: series.now + time.monotonic())
        piste = Piste(kept)
        try:
            for number in range(count):
                series = Series(chance, series.now)
                write = chance.random() < 0.5
                try:
                    piste.call("factures/v1/deposer/flux", {}, write=write)
                except Trouble as trouble:
                    _told(trouble, series, f"seed {seed}, call {number}")
                _judge(series, f"seed {seed}, call {number}")
                took[len(series.asked)] += 1
        finally:
            kept.close()
    return took


def _told(trouble: Trouble, series: Series, call: str) -> None:
    """A wait that is too long for a call is left to who plans. Raises BrokenPromiseError."""
    _, status, after = series.asked[-1]
    if trouble.status != status or trouble.after != after:
        raise BrokenPromiseError(f"{call}: told {trouble!r} of {series.asked}")


# ---------------------------------------------------------------- what the worker plans

# What a deposit may meet, and for how long the platform asks to wait.
TROUBLES = (
    Trouble("unreachable", sent=False),
    Trouble("maintenance", status=500),
    Trouble("quota", status=429, after=5),
    Trouble("quota", status=429, after=7_200),
    Trouble("gateway", status=505),
)
BUSINESS = Trouble("refused", status=400, code="GDP_MSG_11.005", text="x")


def flows(count: int, seed: int) -> tuple[int, int]:
    """So many flows that meet troubles for two moved days; attempts in all, and distinct waits.

    Raises BrokenPromiseError.
    """
    chance = random.Random(seed)
    attempts, waits = 0, set()
    for number in range(count):
        trouble = chance.choice(TROUBLES)
        made = _waits(trouble, chance, f"seed {seed}, flow {number}")
        attempts += len(made)
        waits |= set(made)
        _goes_once(chance, f"seed {seed}, flow {number}")
    if len(waits) < attempts // 2:
        raise BrokenPromiseError(f"seed {seed}: {len(waits)} different waits in {attempts} attempts: no chance in them")
    return attempts, len(waits)


def _waits(trouble: Trouble, chance: random.Random, flow: str) -> list[timedelta]:
    """The waits between the attempts of one flow until two days are over. Raises BrokenPromiseError."""
    now, taken = MORNING, _taken()
    made: list[timedelta] = []
    while now < MORNING + timedelta(days=2):
        concluded = deposit.after_call(taken, trouble, now, Pace(), chance.randrange)
        assert concluded.next is not None
        run_at = max(concluded.next.run_at, (concluded.queue and concluded.queue.until) or now)
        wait = run_at - now
        most = min(timedelta(minutes=2 ** min(len(made) + 1, 10)), WAITED_MOST) + timedelta(seconds=trouble.after + 1)
        if not timedelta(seconds=trouble.after) < wait <= most:
            raise BrokenPromiseError(f"{flow}: waits {wait} after {len(made) + 1} attempts ({trouble!r})")
        made.append(wait)
        now, taken = run_at, msgspec.structs.replace(taken, job=concluded.next, queue=concluded.queue or taken.queue)
    return made


def _goes_once(chance: random.Random, flow: str) -> None:
    concluded = deposit.after_call(_taken(), BUSINESS, MORNING, Pace(), chance.randrange)
    if concluded.next is not None or concluded.planned or concluded.again:
        raise BrokenPromiseError(f"{flow}: refused, and planned again: {concluded}")


def _taken() -> Taken:
    job = Job("qualification", "send", "1", MORNING)
    flow = Flow(1, "qualification", "IN_DP_E1_UBL_INVOICE", "f.xml", "", "sending")
    return Taken(job, "storm", flow=flow, queue=Queue("qualification"))


# ---------------------------------------------------------------- planted bugs


@contextmanager
def every_4xx() -> Iterator[None]:
    """Whatever the platform refuses is asked again."""
    sound = Piste._once

    def hopeful(self: Piste, path: str, asked: Any, renewals: Any, *, write: bool) -> Any:
        try:
            return sound(self, path, asked, renewals, write=write)
        except Trouble as trouble:
            trouble.kind = "quota" if 400 <= trouble.status < 500 else trouble.kind
            raise

    with mock.patch.object(Piste, "_once", hopeful):
        yield


def refusals_again() -> AbstractContextManager[object]:
    """A refused invoice waits for its next turn, like one that met a passing trouble."""

    def hopeful(flow: Flow, trouble: Trouble, now: datetime) -> Any:
        taken = msgspec.structs.replace(_taken(), flow=flow)
        return deposit.hindered(taken, trouble, now, Pace(), random.Random(1).randrange)

    return mock.patch.object(deposit, "_refused", hopeful)


def no_chance() -> AbstractContextManager[object]:
    """Everybody waits equally long."""
    sound = Pace.later

    def together(self: Pace, attempts: int, now: datetime, _chance: Any, least: int = 0) -> datetime:
        return sound(self, attempts, now, lambda most: most - 1, least)

    return mock.patch.object(Pace, "later", together)


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "every_4xx": every_4xx,
    "refusals_again": refusals_again,
    "no_chance": no_chance,
}


# ---------------------------------------------------------------- the command


def run(count: int, seed: int, planted: str = "") -> str:
    """The battery; its figure. Raises BrokenPromiseError."""
    with PLANTED[planted]():
        took = calls(count, seed)
        attempts, waits = flows(count // 10, seed)
    return (
        f"{count:,} calls, at most {max(took)} requests each; {count // 10:,} flows, {attempts:,} attempts"
        f" after {waits:,} different waits; 0 refusals asked again"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "D2",
        lambda given, bug: run(given.count, given.seed, bug),
        PLANTED,
        options={"count": 2_000},
        trial={"count": 60},
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

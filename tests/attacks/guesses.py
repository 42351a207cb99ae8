"""Wrong tokens are slowed after ten a minute, by address and by key; each is logged, valid callers never wait.

python -m tests.attacks.guesses --count 10000
"""

import base64
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from limits.strategies import MovingWindowRateLimiter

from lettrage.adapters.http.door import Door
from lettrage.adapters.http.problems import Problem
from lettrage.guard.tokens import token_text
from lettrage.limits import WRONG_TOKENS
from tests.attacks.battery import command
from tests.http.service import running
from tests.journeys.helpers import Firm, company
from tests.reliability.long_form import BrokenPromiseError

VALID_EVERY = 50


def battery(chance: random.Random, count: int) -> str:
    """So many guesses from few addresses, as many from ever new ones at one key, valid callers among them."""
    with tempfile.TemporaryDirectory() as folder:
        firm = Firm(Path(folder), company())
        token = firm.store.accounts.issue("till", "clerk", "998")
        begun = time.monotonic()
        few = _guesses(Door(firm.store), token, (f"10.0.0.{n % 5}" for n in range(count)), chance, same_key=False)
        between = time.monotonic()
        many = _guesses(
            Door(firm.store), token, (f"10.{n >> 8}.{n % 256}.1" for n in range(count)), chance, same_key=True
        )
        if few[401] > 5 * _most(between - begun) or many[401] > _most(time.monotonic() - between):
            raise BrokenPromiseError(f"{few[401]} guesses of 5 addresses and {many[401]} at one key were answered")
        _logged(firm, token)
        firm.store.close()
    slowed, valid = few[429] + many[429], few[200] + many[200]
    return f"{2 * count:,} guesses, {slowed:,} slowed, {valid:,} valid calls among them, none slowed"


def _most(seconds: float) -> int:
    """How many guesses are answered in that time: so many in each minute that it touches, however slow the machine."""
    return WRONG_TOKENS * (1 + int(seconds // 60))


def _guesses(door: Door, token: str, sources: Iterator[str], chance: random.Random, *, same_key: bool) -> Counter[int]:
    done: Counter[int] = Counter()
    for number, source in enumerate(sources):
        secret = b"\0" * 8 + chance.randbytes(24) if same_key else chance.randbytes(32)
        done[_asked(door, token_text("998", secret), source)] += 1
        if number % VALID_EVERY == 0:
            if _asked(door, token, source) != 200:
                raise BrokenPromiseError("a valid caller was slowed")
            done[200] += 1
    return done


def _asked(door: Door, token: str, source: str) -> int:
    try:
        door.admit(token, source)
    except Problem as problem:
        return problem.status
    return 200


def _logged(firm: Firm, token: str) -> None:
    """Over HTTP: each wrong call is a line of the log with its address, and none with what was guessed."""
    wrong = token[:-10] + base64.urlsafe_b64encode(b"1234567").decode().rstrip("=")
    with running(firm) as service, service.client() as client:
        found = [client.get("/api/v1/items", headers={"Authorization": f"Bearer {wrong}"}) for _ in range(15)]
        if [one.status_code for one in found] != [401] * WRONG_TOKENS + [429] * (15 - WRONG_TOKENS):
            raise BrokenPromiseError(f"over HTTP: {[one.status_code for one in found]}")
        if "Retry-After" not in found[-1].headers or client.get("/api/v1/items").status_code != 200:
            raise BrokenPromiseError("over HTTP: no time to wait, or a valid caller was slowed")
    lines = [line for line in service.logged if line.get("status") in (401, 429)]
    if len(lines) != 15 or any(line["source"] != "127.0.0.1" for line in lines) or wrong in str(service.logged):
        raise BrokenPromiseError(f"{len(lines)} of 15 wrong calls in the log")


@contextmanager
def _counted_anew() -> Iterator[None]:
    """Each call is counted by itself: the limit holds for no more than one of them."""
    with mock.patch.object(MovingWindowRateLimiter, "hit", return_value=True):
        yield


@contextmanager
def _valid_slowed_too() -> Iterator[None]:
    admit = Door.admit

    def strict(door: Door, token: str, source: str) -> object:
        if not door._wrong.test(door._limit, "source", source):
            raise Problem(429)
        return admit(door, token, source)

    with mock.patch.object(Door, "admit", strict):
        yield


BUGS = {"counted_anew": _counted_anew, "valid_slowed_too": _valid_slowed_too}


if __name__ == "__main__":
    sys.exit(command("G8", battery, count=10_000, trial=300, bugs=BUGS))

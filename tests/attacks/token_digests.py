"""Tokens are kept as digests, shown once, and a near miss takes as long as any other wrong one.

python -m tests.attacks.token_digests --count 10000
"""

import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from lettrage.guard import tokens
from lettrage.guard.tokens import token_text
from tests.attacks.battery import command
from tests.databases import every_row
from tests.journeys.helpers import Firm, company
from tests.reliability.long_form import BrokenPromiseError

NOISE = 1.25


def battery(chance: random.Random, count: int) -> str:
    """So many near misses and as many strangers, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        firm = Firm(Path(folder), company())
        token = firm.store.accounts.issue("till", "clerk", "998")
        if token in repr(every_row(firm.store.engine)):
            raise BrokenPromiseError("the token itself is kept")
        if token in repr(firm.store.accounts.listed("998")):
            raise BrokenPromiseError("the token is shown again")
        near, far = [], []
        for _ in range(count):
            near.append(_nanoseconds(firm, token[:-2] + chance.choice("ABCD") + chance.choice("EFGH")))
            far.append(_nanoseconds(firm, token_text("998", chance.randbytes(32))))
        firm.store.close()
    ratio = statistics.median(near) / statistics.median(far)
    if not 1 / NOISE < ratio < NOISE:
        raise BrokenPromiseError(f"a near miss takes {ratio:.3f} times as long")
    return f"0 tokens kept or shown again; {count:,} near misses take {ratio:.3f} times as long as strangers"


def _nanoseconds(firm: Firm, token: str) -> int:
    begun = time.perf_counter_ns()
    firm.store.identify(token)
    return time.perf_counter_ns() - begun


class _Plain:
    """No digest at all."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def hexdigest(self) -> str:
        return self._text.decode()


@contextmanager
def _kept_in_clear() -> Iterator[None]:
    with mock.patch.object(tokens, "hashlib", mock.Mock(wraps=hashlib, sha256=_Plain)):
        yield


BUGS = {"kept_in_clear": _kept_in_clear}


if __name__ == "__main__":
    sys.exit(command("G7", battery, count=10_000, trial=10, bugs=BUGS))

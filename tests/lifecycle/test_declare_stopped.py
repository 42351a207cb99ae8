"""The job that tells payments (212), stopped at each of its points by an exception and by kill -9: each is told once.

A point is before or after each statement of the store, from the taking of the job to the commit that ends it.
"""

import copy
import os
from collections import Counter
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from lettrage.adapters.store.books import SqlStore
from tests.databases import POSTGRESQL, copied
from tests.invoicing import samples
from tests.journeys.helpers import pays
from tests.lifecycle.carried import Carried, dated
from tests.storms import points
from tests.storms.points import KILLED, StoppedError, stopping_at

pytestmark = samples.needed
CASE = samples.FOLDER / "fr-ctc" / "xp-z12-014" / "UC1"
JOB = {("declare", "")}
STEP = {"raised": 7 if POSTGRESQL else 1, "killed": 7 if POSTGRESQL else 2}  # a copy costs more on a server


def opened(firm: Carried, address: str) -> Carried:
    """The same firm and platform, on a copy of the books."""
    other = copy.copy(firm)
    other.service, other.clock = copy.deepcopy((firm.service, firm.clock))
    other.service.clock = other.clock
    other.store, other.alerts = SqlStore(address, other.clock), []
    return other


def raised_at(point: int, firm: Carried, _address: str) -> bool:
    """Stop the job by an exception; whether it came so far."""
    with stopping_at(point, points._raise):
        try:
            firm.worker("stopped").work(firm.dossier, JOB)
        except StoppedError:
            return True
    return False


def killed_at(point: int, firm: Carried, address: str) -> bool:
    """Stop it by kill -9 in a process of its own; whether it came so far."""
    firm.store.close()
    pid = os.fork()
    if not pid:
        status = 70
        try:
            firm.store = SqlStore(address, firm.clock)
            with stopping_at(point, points._kill):
                firm.worker("stopped").work(firm.dossier, JOB)
            status = 0
        finally:
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert ended in (0, KILLED), ended
    firm.store = SqlStore(address, firm.clock)
    return ended == KILLED


WAYS = {"raised": raised_at, "killed": killed_at}


@pytest.mark.parametrize("way", WAYS)
def test_each_payment_is_told_once_wherever_the_job_is_stopped(tmp_path: Path, way: str) -> None:
    firm = Carried(tmp_path)
    number = firm.carry(dated(next(CASE.glob("*_CII.xml")).read_bytes()))
    for rest in ("9000.00", "6000.00"):
        firm.pay(number, "3000.00", "PORCHQ", pays(number, rest, "WPA"))
    firm.clock.forward(minutes=2)
    assert firm.said(number) == []
    firm.store.close()

    stopped: Counter[str] = Counter()
    for point in count(1, STEP[way]):
        address = copied(firm.address, tmp_path, "stopped")
        other = opened(firm, address)
        came = WAYS[way](point, other, address)
        told_before = len(other.said(number))
        stopped["with nothing told" if not told_before else "with all told"] += came
        other.live(hours=3)
        told = other.said(number)
        with closing(other.store):
            assert [(one.outcome, one.stands) for one in told] == [("accepted", True)] * 2, point
            assert len(other.told(number)) == len({one.key for one in told}) == 2, point
            assert told_before in (0, 2), point
        if not came:
            break
    assert stopped["with nothing told"] > 0
    assert POSTGRESQL or stopped["with all told"] > 0, (
        "so few points are after the commit that steps may leap over them"
    )

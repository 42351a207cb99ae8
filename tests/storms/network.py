"""Any network fault leaves a known state: before our API, and between our worker and Chorus Pro.

    python -m tests.storms.network --count 10000 --seed 7
    python -m tests.storms.network --count 500 --planted new_key     # must fail

Half of the exchanges go from eight callers to a real `lettrage serve`, through a proxy that spoils more than half of
them. Each caller asks again under the same key until it is answered; then every settlement must be in the books once.
The other half go from a worker to the simulator of Chorus Pro; then every invoice must be there once, in one flow but
for those that the proxy itself sent twice.
"""

import base64
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from lettrage.simulator.server import Simulator
from tests.databases import STORE, empty_books
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.storms import deposits
from tests.storms.fault_proxy import FAULTS, FaultProxy
from tests.storms.races import server
from tests.storms.serving import Line, check_books, document, in_threads, prepare, served
from tests.storms.serving import until_answered as asked

CALLERS = 8
INVOICES = 100  # of one battery before Chorus Pro
LONGEST = timedelta(days=15)
_OF_BLANK_DOCUMENTS = ("document_content", "unreadable")  # these batteries keep the files alone


# ---------------------------------------------------------------- before our API


def same_key(key: str, _attempt: int) -> str:
    """What a caller does."""
    return key


def new_key(key: str, attempt: int) -> str:
    """The planted bug: each attempt is a settlement of its own."""
    return f"{key}-{attempt}"


def settlements(exchanges: int, seed: int, key_of: Callable[[str, int], str] = same_key) -> str:
    """Settle through the proxy for so many exchanges, then count; the figure. Raises BrokenPromiseError."""
    numbers = count()
    with tempfile.TemporaryDirectory() as folder:
        address = empty_books(Path(folder))
        token = prepare(address, exchanges)
        done: Counter[str] = Counter()
        with served(address, Path(folder)) as service, FaultProxy(service.url, seed) as proxy:

            def call(_caller: int) -> None:
                line = Line(proxy.url, token)
                while proxy.exchanges < exchanges:
                    number = next(numbers)
                    told = asked(line, f"K{number}", document(number, advances=True), key_of=key_of)
                    done[told.outcome] += 1

            in_threads(CALLERS, call)
            service.stop()
            service.process.join(30)
            wrong = [event for event in service.events() if event["event"] == "internal_error"]
        where = f"seed {seed}, {proxy.figure}"
        if set(done) != {"done"} or wrong:
            raise BrokenPromiseError(f"{where}: answered {dict(done)} {wrong[:1]}")
        check_books(address, done.total(), where)
    _all_seen(proxy)
    return f"{proxy.figure} before the API, {done.total():,} settlements each once"


# ---------------------------------------------------------------- before Chorus Pro


class Through(deposits.Battery):
    """The books and a worker whose every call goes through the proxy."""

    def __init__(self, address: str, storm: deposits.Storm, simulator: Simulator, proxy: FaultProxy) -> None:
        super().__init__(address, storm, simulator)
        self.proxy = proxy
        self.calls.close()
        self.calls = deposits.calls_to(simulator.connection | {"url": proxy.url})
        self.worker = deposits.worker_of(self.store, self.calls, self.clock, "storm", lambda _point: None)

    def run(self) -> None:
        """Send everything, let the time pass until Chorus is known to have it, and count."""
        deposits.intend(self.store, self.files, self.clock.now())
        end = self.clock.now() + LONGEST
        while self._open():
            if self.clock.now() > end:
                raise BrokenPromiseError(f"seed {self.storm.seed}: forgotten: {self._open()[:10]}")
            self._pass(deposits.STEP)
            self.worker.work("998")
        self._count()

    def _count(self) -> None:
        flows = Counter(n for flow in self.simulator.platform.flows() for n in deposits.numbers_in(flow.data))
        ours = flows - Counter(number for request in self.proxy.twice for number in _numbers_in(request))
        doubled = {number: times for number, times in ours.items() if times > 1}
        integrated = Counter(one.claim.number for one in self.simulator.platform.invoices())
        if doubled or integrated != Counter(self.files.keys()):
            missing = sorted(self.files.keys() - integrated.keys())
            some = f"{len(doubled)} sent twice ({', '.join(sorted(doubled)[:3])})"
            raise BrokenPromiseError(f"seed {self.storm.seed}: {some}, {len(missing)} never {missing[:3]}")
        findings = [f"{f.code}: {f.message}" for f in self.store.audit("998") if f.code not in _OF_BLANK_DOCUMENTS]
        if findings:
            raise BrokenPromiseError(f"seed {self.storm.seed}: {findings[:5]}")


def _numbers_in(request: bytes) -> list[str]:
    """The numbers of the invoices that a deposit carries; none in any other call."""
    head, _, content = request.partition(b"\r\n\r\n")
    if b"/deposer/flux" not in head.partition(b"\r\n")[0]:
        return []
    asked: dict[str, Any] = msgspec.json.decode(content)
    return deposits.numbers_in(base64.b64decode(asked["fichierFlux"]))


def sendings(exchanges: int, seed: int, planted: str = "", battery_of: int = INVOICES) -> str:
    """Send batteries of invoices through the proxy; the figure. Raises BrokenPromiseError."""
    seen: Counter[str] = Counter()
    invoices = 0
    for number in count():
        storm = deposits.Storm(battery_of, seed + number, lossy=False)
        with (
            tempfile.TemporaryDirectory() as folder,
            Simulator(seed=storm.seed) as simulator,
            FaultProxy(simulator.url, storm.seed) as proxy,
            deposits.PLANTED[planted](),
        ):
            battery = Through(empty_books(Path(folder)), storm, simulator, proxy)
            try:
                battery.run()
            except BrokenPromiseError as broken:
                raise BrokenPromiseError(str(broken)) from None
            finally:
                battery.calls.close()
                battery.store.close()
        seen += proxy.seen
        invoices += storm.invoices
        if seen.total() >= exchanges:
            spoiled = seen.total() - seen["passed"]
            return f"{seen.total():,} ({spoiled:,} spoiled) before Chorus Pro, {invoices:,} invoices each once"
    raise AssertionError("unreachable")


def _all_seen(proxy: FaultProxy) -> None:
    missing = set(FAULTS) - set(proxy.seen)
    if missing and proxy.exchanges > 200:
        raise BrokenPromiseError(f"never seen: {sorted(missing)}: that is no storm")


# ---------------------------------------------------------------- the command

# Mistakes that the storm must notice, and on which side.
PLANTED: dict[str, Callable[[int, int], str]] = {
    "new_key": lambda exchanges, seed: settlements(exchanges, seed, new_key),
    "sent_again_blindly": lambda exchanges, seed: sendings(exchanges, seed, "sent_again_blindly", battery_of=20),
}


def run(exchanges: int, seed: int) -> str:
    """Both sides, half of the exchanges each; the figure. Raises BrokenPromiseError."""
    return f"{settlements(exchanges // 2, seed)}; {sendings(exchanges // 2, seed)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "D1",
        lambda given, bug: (PLANTED[bug] if bug else run)(given.count, given.seed),
        PLANTED,
        options={"count": 10_000},
        trial={"count": 300},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)

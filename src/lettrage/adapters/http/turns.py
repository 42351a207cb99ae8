"""Turns: so many calls at a time. The others wait while that leads somewhere; else they are asked to come back.

A burst may wait: it is over soon. Where the line has not been empty for that long, or somebody has waited in vain,
more is asked for than can be done. From then on half of the turns are given, a few wait for a moment, and all others
are sent away at once, so that those who are served are served as fast as ever, although refusing takes time too; until
nobody has been sent away for a while.
"""

import asyncio
from collections import deque
from time import monotonic

from lettrage.adapters.http.problems import Problem
from lettrage.limits import BURST_SECONDS, IN_LINE, MOMENT_SECONDS
from lettrage.refusal import Refusal


class Line:
    """The turns of one service, in the order of coming. For one thread: the event loop's."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = most
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._in_line = 0  # of them, those who have not gone away
        self._coming = 0
        self._waiting_again: deque[asyncio.Future[None]] = deque()  # who had begun
        self._empty = monotonic()  # when somebody found a turn free, last
        self._in_vain = -BURST_SECONDS  # when somebody came or waited in vain, last

    def sends_away(self) -> bool:
        """Whether who comes now is sent away at once. That somebody came in vain is remembered."""
        if self._is_burst() or self._in_line + self._coming < IN_LINE + max(self._free - self._kept(), 0):
            return False
        self._in_vain = monotonic()
        return True

    def announce(self) -> None:
        """Somebody will come in the event loop's next round: until then he counts as one who waits."""
        self._coming += 1
        asyncio.get_running_loop().call_soon(self._came)

    def _came(self) -> None:
        self._coming -= 1

    async def take(self) -> None:
        """Take a turn. Raises Problem (503) where it does not come in time."""
        if self._free:
            self._empty = monotonic()
        if self._free > self._kept():
            self._free -= 1
            return
        if self.sends_away():
            raise overloaded(self._most)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._in_line += 1
        try:
            async with asyncio.timeout(BURST_SECONDS if self._is_burst() else MOMENT_SECONDS):
                await turn
        except TimeoutError:
            if turn.cancelled():
                self._in_line -= 1
                self._in_vain = monotonic()
                raise overloaded(self._most) from None
        except asyncio.CancelledError:
            if turn.cancelled():
                self._in_line -= 1
            else:
                self.give()
            raise

    async def take_again(self) -> None:
        """Take a turn before all who wait: for who had one, and gave it back while others had nothing to do for him."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting_again.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Give a turn back: to who waits longest."""
        for waiting, free in ((self._waiting_again, True), (self._waiting, self._free >= self._kept())):
            while waiting and free:
                turn = waiting.popleft()
                if not turn.done():
                    self._in_line -= waiting is self._waiting
                    turn.set_result(None)
                    return
        self._free += 1

    def _kept(self) -> int:
        """How many turns are kept in a crowd for those who had begun."""
        return 0 if self._is_burst() else self._most // 2

    def _is_burst(self) -> bool:
        """Whether it is worth waiting: there was a turn free not long ago, and nobody has come in vain since."""
        now = monotonic()
        return now - self._empty < BURST_SECONDS <= now - self._in_vain


def overloaded(most: int) -> Problem:
    """Come back later: so many calls are being carried out already."""
    return Problem(503, Refusal("overloaded", expected=str(most)))

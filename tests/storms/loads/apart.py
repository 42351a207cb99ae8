"""The process of its own in which a file is settled and measured: nothing is imported that settling does not need.

python -m tests.storms.loads.apart BOOKS FILE [BUG]
"""

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import msgspec

from lettrage.adapters.store.books import SqlStore
from lettrage.caller import Caller
from lettrage.settlement import settle
from lettrage.settlement.desk import Draft, PieceKey
from lettrage.settlement.document import Item
from tests.reliability.long_form import Bug

CALLER = Caller("till", "file")
NOON = datetime(2024, 10, 21, 10, tzinfo=UTC)


class Noon:
    """A clock that stands still: books settled at once and one by one say the same moment."""

    def now(self) -> datetime:
        """Noon in Paris."""
        return NOON

    def today(self) -> date:
        """That day."""
        return NOON.date()


class Cost(msgspec.Struct):
    """What settling a file took a process of its own: the megabytes are the most that it ever held."""

    seconds: float
    worked: float
    megabytes: float


def _items_by_looking_through(self: Draft, key: PieceKey) -> list[Item]:
    found = [i for i in self.desk.items.values() if (i.third_party, i.prefix, i.piece) == key]
    return [self.item(i.id) for i in found]


def quadratic_match() -> AbstractContextManager[object]:
    """Planted: the due items of a piece are looked for among all that were read."""
    return mock.patch.object(Draft, "items_of", _items_by_looking_through)


PLANTED: dict[str, Bug] = {"": nullcontext, "quadratic_match": quadratic_match}


def settle_here(address: str, file: Path, planted: str) -> Cost:
    """Settle the file in this process. Ends it with the answer unless everything was done."""
    with PLANTED[planted]():
        store = SqlStore(address, Noon())
        began, worked = time.monotonic(), time.process_time()
        reply = settle(file.read_bytes(), CALLER, store, store.clock)
        cost = Cost(time.monotonic() - began, time.process_time() - worked, _most_megabytes())
        store.close()
    if reply.error or reply.refused:
        raise SystemExit(reply.text[:500])
    return cost


def _most_megabytes() -> float:
    """What this process held at most. (`getrusage` would also count the one that started it.)"""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1_024


if __name__ == "__main__":
    books, document, *bug = sys.argv[1:]
    sys.stdout.buffer.write(msgspec.json.encode(settle_here(books, Path(document), *bug or [""])))

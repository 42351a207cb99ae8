"""Work beside the service: something that looks for what is due, again and again, in a thread of its own."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from lettrage.limits import WORKER_PAUSE_SECONDS

_LONGEST_PAUSE = 60.0  # seconds between two looks while there is trouble


class Looking(ABC):
    """Looks until it is stopped."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    @abstractmethod
    def look(self) -> bool:
        """Do everything that is due; whether nothing stood in the way."""

    def until_stopped(self, every: float = WORKER_PAUSE_SECONDS) -> None:
        """Look every so many seconds; less and less often, up to a minute, while there is trouble."""
        pause = every
        while not self.stop.is_set():
            pause = every if self.look() else min(2 * pause, _LONGEST_PAUSE)
            self.stop.wait(pause)


T = TypeVar("T", bound=Looking)


@contextmanager
def in_a_thread(looking: T, name: str) -> Iterator[T]:
    """Let it look beside the caller; at the end it finishes what it has in hand."""
    thread = threading.Thread(target=looking.until_stopped, name=name)
    thread.start()
    try:
        yield looking
    finally:
        looking.stop.set()
        thread.join()

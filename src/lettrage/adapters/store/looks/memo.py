"""Answers that cost a walk through the books, kept while the books stay as they are."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

T = TypeVar("T")


class Memo(Generic[T]):
    """The last answers to one question, the oldest dropped beyond `most`; each database has its own.

    A key says everything that the answer depends on. Two who ask for the first time at once both work it out.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: WeakKeyDictionary[Engine, OrderedDict[Hashable, T]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(self, engine: Engine, key: Hashable) -> T | None:
        """What was kept; None where there is nothing."""
        with self._lock:
            kept = self._kept.get(engine)
            if kept is None or key not in kept:
                return None
            kept.move_to_end(key)
            return kept[key]

    def put(self, engine: Engine, key: Hashable, answer: T) -> T:
        """Keep an answer."""
        with self._lock:
            kept = self._kept.setdefault(engine, OrderedDict())
            kept[key] = answer
            kept.move_to_end(key)
            while len(kept) > self._most:
                kept.popitem(last=False)
        return answer

    def or_else(self, engine: Engine, key: Hashable, work_out: Callable[[], T]) -> T:
        """What was kept, else worked out now and kept."""
        found = self.get(engine, key)
        return found if found is not None else self.put(engine, key, work_out())

"""A disk that forgets: below SQLite stands a layer that knows which writes were never synced, and takes them back.

    with forgetting() as disk:
        store = SqlStore(address, clock)      # unchanged, its pragmas too: its files are on this disk
        disk.cut_at(17)                       # the power fails at the 17th call for a file from now on; or at once:
        disk.cut(chance)                      # what was not synced is forgotten, wholly or in part; the power is back
        store.close()                         # what was open is dead
        store = SqlStore(address, clock)      # a new start, on this disk (or, outside of `with`, on the true one)

Kept of a file are its bytes at its last sync and, at random, some of the writes since then, in their order, a few of
them torn at a sector. A file that was made and never synced may be gone, one that was removed may be back: a folder's
entries are kept by a sync of theirs. `fail_at` makes the nth call of a kind an error of the disk.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import apsw
from sqlalchemy import create_engine

from lettrage.adapters.store import sqlite
from tests.storms.apsw_driver import module

SECTOR = 512
CHANGING = ("write", "truncate", "sync", "delete")
KINDS = (*CHANGING, "read", "open")
_numbers = count(1)


class _Change(NamedTuple):
    """A write or a truncation that was not synced: what it did, and what stood there before."""

    at: int
    new: bytes | None  # None: cut off at `at`
    old: bytes
    old_size: int


class Disk:
    """What the files of one store are on."""

    def __init__(self) -> None:
        self.name = f"forgetting{next(_numbers)}"
        self.calls: Counter[str] = Counter()
        self.on = True
        self._closing = False
        self._unsynced: dict[str, list[_Change]] = {}
        self._made: set[str] = set()
        self._removed: dict[str, bytes] = {}
        self._connections: list[apsw.Connection] = []
        self._until_cut: int | None = None
        self._failing: tuple[re.Pattern[str], int, bool] | None = None
        self.driver = module(self.name, self._connections.append)

    # ------------------------------------------------------------ what a storm asks for

    def cut_at(self, call: int) -> None:
        """Let the power fail at this call that changes a file, counted from now on."""
        self._until_cut = call

    def fail_at(self, kind: str, call: int, *, for_ever: bool = False) -> None:
        """Let a call of this kind (`write|sync`: of either) be an error of the disk: once, or from then on."""
        self._failing = (re.compile(kind), call, for_ever)

    def mend(self) -> None:
        """No more errors."""
        self._failing = None

    @property
    def failed(self) -> bool:
        """Whether the error that was asked for has come."""
        return self._failing is None or self._failing[1] <= 0

    def cut(self, chance: random.Random) -> None:
        """No power: what is open is dead, what was not synced is forgotten in whole or in part; then power again."""
        self.on, self._closing = False, True
        for connection in self._connections:
            connection.close(True)
        self._connections.clear()
        for path in [*self._unsynced]:
            self._forget(path, chance)
        for path in self._made:
            if chance.random() < 0.5:
                Path(path).unlink(missing_ok=True)
        for path, content in self._removed.items():
            if chance.random() < 0.5 and not Path(path).exists():
                Path(path).write_bytes(content)
        self._unsynced, self._made, self._removed, self._until_cut = {}, set(), {}, None
        self.on, self._closing = True, False

    # ------------------------------------------------------------ what its files tell

    def called(self, kind: str) -> bool:
        """Count a call; whether it is to be done. Raises apsw.IOError without power, or where an error is asked for."""
        self.calls[kind] += 1
        if self.on and self._until_cut is not None and kind in CHANGING:
            self._until_cut -= 1
            self.on = self._until_cut > 0
        if self._closing:
            return kind in ("read", "open")
        if not self.on:
            raise apsw.IOError("no power")
        if self._failing and self._failing[0].fullmatch(kind):
            asked, left, for_ever = self._failing
            self._failing = (asked, left - 1, for_ever)
            if left == 1 or (left < 1 and for_ever):
                raise apsw.IOError("as asked for")
        return True

    def made(self, path: str) -> None:
        """A file is new."""
        self._made.add(path)
        self._removed.pop(path, None)

    def changed(self, path: str, change: _Change) -> None:
        """A file has changed, and is not synced."""
        self._unsynced.setdefault(path, []).append(change)

    def synced(self, path: str) -> None:
        """A file is as it will be found; SQLite syncs the folder of a new one."""
        self._unsynced.pop(path, None)
        self._made.discard(path)

    def removed(self, path: str, *, synced: bool) -> None:
        """A file is about to be removed; `synced`: and its folder is synced."""
        if synced:
            self._removed.clear()
        elif path not in self._made and Path(path).exists():
            self._removed[path] = bytes(_as_synced(path, self._unsynced.get(path, [])))
        self._unsynced.pop(path, None)
        self._made.discard(path)

    def _forget(self, path: str, chance: random.Random) -> None:
        if not Path(path).exists():
            return
        changes = self._unsynced[path]
        content = _as_synced(path, changes)
        share = chance.choice((0.0, 0.0, 0.5, 0.9, 1.0))
        for change in changes:
            if chance.random() < share:
                _redo(content, change, chance)
        Path(path).write_bytes(content)


def _as_synced(path: str, changes: list[_Change]) -> bytearray:
    """A file's bytes at its last sync."""
    content = bytearray(Path(path).read_bytes())
    for change in reversed(changes):
        end = change.at + len(change.old)
        content.extend(bytes(max(0, end - len(content))))
        content[change.at : end] = change.old
        del content[change.old_size :]
    return content


def _redo(content: bytearray, change: _Change, chance: random.Random) -> None:
    """A change that came to the disk after all, one in four only in part."""
    if change.new is None:
        del content[change.at :]
        return
    kept = change.new
    if chance.random() < 0.25:
        first, last = change.at // SECTOR, (change.at + len(kept)) // SECTOR
        kept = kept[: max(0, chance.randint(first, last) * SECTOR - change.at)]
    content.extend(bytes(max(0, change.at - len(content))))
    content[change.at : change.at + len(kept)] = kept


class _File(apsw.VFSFile):
    """A file on such a disk."""

    def __init__(self, disk: Disk, path: str, name: str | apsw.URIFilename, flags: list[int]) -> None:
        new = not Path(path).exists()
        super().__init__("", name, flags)
        self.disk, self.path = disk, path
        if new:
            disk.made(path)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self.disk.called("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self.disk.called("write"):
            size = super().xFileSize()
            old = super().xRead(min(len(data), size - offset), offset) if size > offset else b""
            self.disk.changed(self.path, _Change(offset, bytes(data), old, size))
            super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        if self.disk.called("truncate"):
            size = super().xFileSize()
            old = super().xRead(size - newsize, newsize) if size > newsize else b""
            self.disk.changed(self.path, _Change(newsize, None, old, size))
            super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """The sync itself is left out: what power would lose is ours to forget."""
        if self.disk.called("sync"):
            self.disk.synced(self.path)


class _Layer(apsw.VFS):
    """Where SQLite finds its files."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        if name is None:  # SQLite's own, for a moment
            return apsw.VFSFile("", None, flags)
        self.disk.called("open")
        return _File(self.disk, name if isinstance(name, str) else name.filename(), name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        if self.disk.called("delete"):
            self.disk.removed(filename, synced=bool(syncdir))
            super().xDelete(filename, syncdir)


@contextmanager
def forgetting() -> Iterator[Disk]:
    """Stores opened meanwhile are on this disk."""
    disk = Disk()
    layer = _Layer(disk)
    with mock.patch.object(sqlite, "create_engine", partial(create_engine, module=disk.driver)):
        yield disk
    disk.cut(random.Random(0))
    layer.unregister()

"""The drop folder: documents in, answers beside them.

    DIR/lot1.json                        put there by a program, taken once it is whole
    DIR/.en-cours/CLAIM-lot1.json        in hand
    DIR/traites/CLAIM-lot1.json          all of it done          } each with its answer beside it,
    DIR/refuses/CLAIM-lot1.json          something was refused   } CLAIM-lot1.json.reponse.json
    DIR/lot1.json.reponse.json           the same answer under the name that the program knows

The names are French, without accents: people of the house read them, through network drives of every age.

A file in hand carries its claim in its name, from the moment it is taken to its last place. Whoever finds it there
after a crash settles it under the same claim, gets the same answer, and puts both where they would have gone: each
step may be done again. Every step is on disk before the next one begins. The file leaves `.en-cours` last.
"""

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

IN_HAND, DONE, REFUSED = ".en-cours", "traites", "refuses"
ANSWER = ".reponse.json"
# Not documents, or not yet: what senders and systems call the files that nobody should read.
UNFINISHED = (".part", ".filepart", ".tmp", "~", ANSWER)
NOT_DOCUMENTS = (IN_HAND, DONE, REFUSED, "thumbs.db", "desktop.ini")
NAME_BYTES = 255  # of a file's name, on every usual file system
_CLAIM_CHARACTERS = len("20241120T101502123456Z-1f2e3d4c")
_IN_HAND = re.compile(r"(\d{8}T\d{12}Z-[0-9a-f]{8})-(.+)", re.DOTALL)
_NO_DIRECTORY_SYNC = (errno.EINVAL, errno.ENOTSUP)  # some network drives know no such thing
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


class Seen(NamedTuple):
    """A file as it was seen: while any of this changes, somebody is still at it."""

    device: int
    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Seen":
        """What of a file's state tells that it is the same and unchanged."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class LeftAlone(NamedTuple):
    """Something in the folder that is never taken, and why."""

    name: str
    why: str


class Taken(NamedTuple):
    """A file in hand: open, and locked where the file system knows locks."""

    claim: str
    name: str  # as the sender called it
    descriptor: int

    @property
    def claimed(self) -> str:
        """Its name from now on."""
        return f"{self.claim}-{self.name}"

    def read(self, most: int) -> bytes | None:
        """Its bytes, one more than `most` at most; None when it changed meanwhile. Raises OSError."""
        before = Seen.of(os.fstat(self.descriptor))
        data = b"".join(_chunks(self.descriptor, most + 1))
        return data if Seen.of(os.fstat(self.descriptor)) == before else None


class DropFolder:
    """One folder, as one watcher sees it. Everything may raise OSError: the folder may go away and come back."""

    def __init__(self, path: Path, settling: float) -> None:
        self.path = path
        self.settling = settling  # seconds without a change after which a file is whole
        self._since: dict[str, tuple[Seen, float]] = {}
        self._told: set[LeftAlone] = set()

    def prepare(self) -> None:
        """Make the folders inside. The folder itself is never made: a network drive may not be there yet.

        Raises NotADirectoryError where one is a link: what it leads to is not the folder's, and others may read there.
        """
        for name in (IN_HAND, DONE, REFUSED):
            with suppress(FileExistsError):
                (self.path / name).mkdir()
            if not stat.S_ISDIR((self.path / name).lstat().st_mode):
                raise NotADirectoryError(errno.ENOTDIR, f"{name} - {os.strerror(errno.ENOTDIR)}")

    def whole(self, now: float) -> tuple[list[str], list[LeftAlone]]:
        """The names of the files that are whole, oldest first, and what is left alone and was not told before.

        `now` is in seconds of a clock that only goes forward: the drive's own times may be wrong.
        """
        found = dict(_found(self.path))
        self._since = {name: self._unchanged_since(name, Seen.of(state), now) for name, state in found.items()}
        settled = [name for name, (_, since) in self._since.items() if now - since >= self.settling]
        alone = {LeftAlone(name, why) for name in settled if (why := self._why_not(name, found[name]))}
        ready = set(settled) - {left.name for left in alone}
        alone.update(self._astray())
        news = sorted(alone - self._told)
        self._told = alone
        return sorted(ready, key=lambda name: (self._since[name][0].changed, name)), news

    @property
    def waiting(self) -> bool:
        """Whether the last look saw something that may become whole."""
        return bool(self._since)

    def _unchanged_since(self, name: str, seen: Seen, now: float) -> tuple[Seen, float]:
        earlier = self._since.get(name)
        return earlier if earlier is not None and earlier[0] == seen else (seen, now)

    def _why_not(self, name: str, state: os.stat_result) -> str:
        """Why something is never taken; "" for a file that may be."""
        if not _is_file(state):
            return "not a file"
        if len(os.fsencode(name)) + _CLAIM_CHARACTERS + 1 + len(ANSWER) > NAME_BYTES:
            return "name too long"
        if not state.st_size:
            return "empty"  # no document is: its sender has only just begun, or has stopped
        return "" if os.access(self.path / name, os.R_OK) else "not readable"

    # ------------------------------------------------------------ in hand

    @contextmanager
    def take(self, name: str, at: datetime) -> Iterator[Taken | None]:
        """Take a whole file in hand; None when somebody else has, or it is no longer what was seen."""
        with _opened(self.path / name) as descriptor:
            seen = self._since[name][0]
            if descriptor is None or name in self._names_in_hand() or not self._still(name, seen, descriptor):
                yield None
                return
            taken = Taken(f"{at:%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}", name, descriptor)
            place = self.path / IN_HAND / taken.claimed
            (self.path / name).rename(place)
            _sync(self.path / IN_HAND)
            _sync(self.path)
            # Another file may have been put in its place in the last moment: that one is taken up in its turn.
            yield taken if Seen.of(place.stat()) == seen else None

    def _still(self, name: str, seen: Seen, descriptor: int) -> bool:
        with suppress(FileNotFoundError):
            there = os.stat(self.path / name, follow_symlinks=False)
            return Seen.of(there) == Seen.of(os.fstat(descriptor)) == seen
        return False

    def _names_in_hand(self) -> set[str]:
        """One file of a name at a time, so that the answer under this name is always the latest one's."""
        return {name for _, name in map(_parts, self.in_hand())}

    def in_hand(self) -> list[str]:
        """What was taken and has not come to rest, oldest first: others are at it, or it was left in a crash."""
        return sorted(name for name, state in self._claimed() if _is_file(state))

    def _astray(self) -> Iterator[LeftAlone]:
        """What is called like a file in hand and is none: no watcher puts such things there."""
        with suppress(FileNotFoundError):  # no folder yet, nothing in it
            for name, state in self._claimed():
                if not _is_file(state):
                    yield LeftAlone(f"{IN_HAND}/{name}", "not a file")

    def _claimed(self) -> Iterator[tuple[str, os.stat_result]]:
        """What is called like a file in hand, whatever it is."""
        return _states(self.path / IN_HAND, lambda name: _IN_HAND.fullmatch(name) is not None)

    @contextmanager
    def resume(self, claimed: str) -> Iterator[Taken | None]:
        """Take up what was left in a crash; None when somebody is at it or has finished it."""
        place = self.path / IN_HAND / claimed
        with _opened(place) as descriptor:
            mine = descriptor is not None and place.exists()
            yield Taken(*_parts(claimed), descriptor) if mine and descriptor is not None else None

    def finish(self, taken: Taken, answer: bytes, *, refused: bool) -> Path:
        """Put the answer and then the file where they belong; the file's last place."""
        place = self.path / (REFUSED if refused else DONE) / taken.claimed
        self._publish(taken, place.with_name(place.name + ANSWER), answer)
        self._publish(taken, self.path / (taken.name + ANSWER), answer)
        for draft in (self.path / IN_HAND).glob(f"{taken.claim}.*"):
            draft.unlink(missing_ok=True)  # of a watcher that was killed while it wrote
        (self.path / IN_HAND / taken.claimed).rename(place)
        _sync(place.parent)
        _sync(self.path / IN_HAND)
        return place

    def _publish(self, taken: Taken, place: Path, answer: bytes) -> None:
        """Write an answer so that whoever sees it sees all of it."""
        draft = self.path / IN_HAND / f"{taken.claim}.{secrets.token_hex(4)}"
        with draft.open("wb") as opened:
            opened.write(answer)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(place)
        _sync(place.parent)


def _found(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """What in the folder may be a document."""
    return _states(folder, _may_be_document)


def _may_be_document(name: str) -> bool:
    name = name.lower()
    return not (name.startswith(".") or name.endswith(UNFINISHED) or name in NOT_DOCUMENTS)


def _states(folder: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, os.stat_result]]:
    """The entries of wanted names, each with its own state: a link's, not that of what it leads to."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if wanted(entry.name):
                with suppress(FileNotFoundError):  # gone since
                    yield entry.name, entry.stat(follow_symlinks=False)


def _is_file(state: os.stat_result) -> bool:
    return stat.S_ISREG(state.st_mode)


def _parts(claimed: str) -> tuple[str, str]:
    """The claim and the sender's name."""
    return claimed[:_CLAIM_CHARACTERS], claimed[_CLAIM_CHARACTERS + 1 :]


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """A file, open and locked; None when it has gone or somebody has it. Never follows a link or waits for a pipe.

    The lock only spares work: should a network drive know none, the claim still makes one document one settlement.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield descriptor if _locked(descriptor) else None
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True


def _chunks(descriptor: int, most: int) -> Iterator[bytes]:
    """From the beginning, `most` bytes at most."""
    at = 0
    while at < most and (chunk := os.pread(descriptor, min(most - at, 1 << 20), at)):
        at += len(chunk)
        yield chunk


def _sync(folder: Path) -> None:
    """What was renamed in this folder survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise
    finally:
        os.close(descriptor)

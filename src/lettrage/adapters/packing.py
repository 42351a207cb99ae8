"""Files for keeping: a zip of open files, each with its SHA-256, that takes its name when it is whole and on the disk.

Nothing inside has a moment of its own, so equal contents make equal bytes.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from lettrage.limits import PATH_CHARACTERS
from lettrage.refusal import Refusal, Stop, quoted

_EPOCH = (1980, 1, 1, 0, 0, 0)


class Packed(msgspec.Struct, frozen=True):
    """A file of the zip: how many lines (0 where it has none to count) and bytes it has, and their SHA-256."""

    file: str
    lines: int
    bytes: int
    sha256: str


class Packer:
    """Puts files into a zip, one after the other."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.packed: list[Packed] = []

    def lines(self, name: str, parts: Iterable[Iterable[bytes]]) -> Packed:
        """A file of lines, which come some at a time, each with its end."""
        digest, size, count = hashlib.sha256(), 0, 0
        with self._archive.open(_inside(name), "w", force_zip64=True) as out:
            for part in parts:
                lines = list(part)
                content = b"".join(lines)
                out.write(content)
                digest.update(content)
                size, count = size + len(content), count + len(lines)
        return self._keep(Packed(name, count, size, digest.hexdigest()))

    def file(self, name: str, content: bytes) -> Packed:
        """A whole file."""
        self._archive.writestr(_inside(name), content)
        return self._keep(Packed(name, 0, len(content), hashlib.sha256(content).hexdigest()))

    def stream(self, name: str, source: IO[bytes]) -> Packed:
        """A file that is read as it is packed."""
        digest, size = hashlib.sha256(), 0
        with self._archive.open(_inside(name), "w", force_zip64=True) as out:
            while piece := source.read(1024 * 1024):
                out.write(piece)
                digest.update(piece)
                size += len(piece)
        return self._keep(Packed(name, 0, size, digest.hexdigest()))

    def _keep(self, packed: Packed) -> Packed:
        self.packed.append(packed)
        return packed


def _inside(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


@contextmanager
def packing(file: Path, option: str) -> Iterator[Packer]:
    """A zip for its owner alone. What goes wrong leaves none, and the one that was there. Raises Stop."""
    with _replacing(file, option) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        yield Packer(archive)


@contextmanager
def _replacing(file: Path, option: str) -> Iterator[IO[bytes]]:
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
        _sync(file.parent)
    except OSError as error:
        reason = str(error.strerror or type(error).__name__)
        raise Stop(Refusal("file_not_written", option, quoted(str(file), PATH_CHARACTERS), reason)) from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Let the new name survive a power cut, where the system knows how."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

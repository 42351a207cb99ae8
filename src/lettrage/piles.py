"""Piles: rows sorted in bounded memory. What is more than one heap lies in temporary files, sorted, and is merged."""

import heapq
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from lettrage.books.fec.piles import Row

HEAP = 100_000  # rows held at a time
_PART = 1_000  # rows read back at a time
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Row]).decode


class Pile:
    """Rows put down in any order, taken up in theirs. Satisfies the port `Pile`."""

    def __init__(self) -> None:
        self._heap: list[Row] = []
        self._files: list[BinaryIO] = []

    def put(self, row: Row) -> None:
        """Put a row down."""
        self._heap.append(row)
        if len(self._heap) >= HEAP:
            self._files.append(_written(sorted(self._heap)))
            self._heap.clear()

    def __iter__(self) -> Iterator[Row]:
        """All rows, in their order."""
        return heapq.merge(*map(_read, self._files), sorted(self._heap))


def _written(rows: list[Row]) -> BinaryIO:
    """Rows in a file that is gone when nobody holds it any more: parts of a known length."""
    file = cast("BinaryIO", tempfile.TemporaryFile(prefix="lettrage-"))  # noqa: SIM115  (closed with the pile)
    for start in range(0, len(rows), _PART):
        part = _encode(rows[start : start + _PART])
        file.write(len(part).to_bytes(8, "big") + part)
    return file


def _read(file: BinaryIO) -> Iterator[Row]:
    file.seek(0)
    while length := file.read(8):
        yield from _decode(file.read(int.from_bytes(length, "big")))

"""Archives that explode or escape, through every entrance that unpacks: backups, lots of a deposit, PDFs.

    python -m tests.attacks.archives

Everything that any decompressor gives out is counted: a refusal comes before ten megabytes of it.
"""

import gzip
import io
import random
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from lettrage.adapters.store.backups import form
from lettrage.invoicing.formats import inside_pdf, ubl
from lettrage.refusal import Stop
from lettrage.simulator import reading as simulator
from tests.attacks.battery import command
from tests.golden.documents import one_rate
from tests.invoicing.test_hostile import _pdf as pdf
from tests.reliability.long_form import BrokenPromiseError

MOST_UNPACKED = 10_000_000
_MEGABYTES_200 = 200 * 1024 * 1024
_DECOMPRESSOR = zlib.decompressobj


class Counted(NamedTuple):
    """How many bytes were unpacked, in a list so that it can grow."""

    bytes: list[int]


@contextmanager
def counted() -> Iterator[Counted]:
    """Count what every decompressor of this process gives out meanwhile."""
    seen = Counted([])

    class Counting:
        def __init__(self, *arguments: Any, **more: Any) -> None:
            self._inner = _DECOMPRESSOR(*arguments, **more)

        def decompress(self, *arguments: Any, **more: Any) -> bytes:
            out = self._inner.decompress(*arguments, **more)
            seen.bytes.append(len(out))
            return out

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    with mock.patch.object(zlib, "decompressobj", Counting):
        yield seen


# ---------------------------------------------------------------- entrances: what they take, "" when it is refused


def _restored(data: bytes, folder: Path) -> str:
    file = folder / "backup.zip"
    file.write_bytes(data)
    with suppress(Stop), form.opened(file) as backup:
        backup.check()
        return "taken"
    return ""


def _lot(data: bytes, _folder: Path) -> str:
    try:
        return " ".join(name for name, _ in simulator.files("lot.tar.gz", data))
    except simulator.Unreadable:
        return ""


def _pdf(data: bytes, _folder: Path) -> str:
    try:
        return f"{len(inside_pdf.xml_inside(data))} bytes"
    except inside_pdf.PdfTrouble:
        return ""


# ---------------------------------------------------------------- archives


def _zip(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


@cache
def _bomb_zip() -> bytes:
    """200 MB of blanks in 195 kB, as the manifest that is read first."""
    return _zip((form.MANIFEST, b" " * _MEGABYTES_200))


def _lying_zip() -> bytes:
    """The directory says that the manifest has a hundred bytes; its content has 200 MB."""
    data = bytearray(_bomb_zip())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(data)


def _symlink_zip() -> bytes:
    info = zipfile.ZipInfo(form.MANIFEST)
    info.external_attr = 0o120777 << 16
    return _zip((info, b"/etc/hostname"))


def _tar(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, linked: str = "", size: int = -1) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, linked
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    packed = bytearray(out.getvalue())
    if size >= 0:  # what the header says, its checksum with it
        info.size = size
        packed[:512] = info.tobuf()[:512]
    return gzip.compress(bytes(packed), compresslevel=1)


def _nested() -> bytes:
    return _tar(("inner.tar.gz", _tar(("x.xml", b"<a/>" * 1000))))


_ZIPS: dict[str, Callable[[], bytes]] = {
    "1,028:1": _bomb_zip,
    "a lying size": _lying_zip,
    "10,000 members": lambda: _zip(*((f"tables/{n}.jsonl", b"") for n in range(10_000))),
    "../": lambda: _zip(("../manifest.json", b"{}")),
    "absolute": lambda: _zip(("/tmp/manifest.json", b"{}")),  # noqa: S108
    "symlink": _symlink_zip,
    "nested": lambda: _zip((form.MANIFEST, _bomb_zip())),
}
_TARS: dict[str, Callable[[], bytes]] = {
    "1,028:1": lambda: _tar(("x.xml", b" " * _MEGABYTES_200)),
    "a lying size": lambda: _tar(("x.xml", b"<a/>"), size=8 * 1024**3),
    "10,000 members": lambda: _tar(*((f"{n}.xml", b"") for n in range(10_000))),
    "symlink": lambda: _tar(("x.xml", b""), kind=tarfile.SYMTYPE, linked="/etc/hostname"),
    "hard link": lambda: _tar(("x.xml", b""), kind=tarfile.LNKTYPE, linked="/etc/hostname"),
    "device": lambda: _tar(("x.xml", b""), kind=tarfile.CHRTYPE),
    "a gzip bomb that is no tar": lambda: gzip.compress(b"\0" * _MEGABYTES_200, compresslevel=9),
}
_PDFS: dict[str, Callable[[], bytes]] = {
    "1,028:1": lambda: pdf(b" " * _MEGABYTES_200),
    "just beyond": lambda: pdf(b" " * (MOST_UNPACKED + 1)),
}
# A member's name is told to nobody and never a path: what a lot is called inside changes nothing.
_ABSOLUTE = Path("/tmp/escaped.xml")  # noqa: S108
_NAMED = {"../": "../../escaped.xml", "absolute": str(_ABSOLUTE), "a drive": "C:\\escaped.xml"}

ENTRANCES = {"backup": (_restored, _ZIPS), "lot": (_lot, _TARS), "PDF": (_pdf, _PDFS)}


@cache
def _made(entrance: str, case: str) -> bytes:
    """An archive, which takes longer to make than to refuse."""
    return ENTRANCES[entrance][1][case]()


def battery(_chance: random.Random, _count: int) -> str:
    """Every archive at its entrance: refused before ten megabytes are unpacked, nothing beside it is written."""
    done = most = 0
    before = _ABSOLUTE.exists()  # somebody else's
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "inside"
        folder.mkdir()
        for name, (takes, archives) in ENTRANCES.items():
            for case in archives:
                most = max(most, _refused(f"{name}, {case}", takes, _made(name, case), folder))
                done += 1
        sound = ubl.render(one_rate(), "chorus")
        for case, called in {**_NAMED, "nested": ""}.items():
            lot = _tar((called, sound)) if called else _nested()
            _within(f"lot, {case}", lot, folder)
            done += 1
        stray = [file.name for file in Path(parent).rglob("*") if file.name not in ("inside", "backup.zip")]
        if stray or _ABSOLUTE.exists() > before:
            raise BrokenPromiseError(f"written outside: {stray}")
    return (
        f"{done} archives at {len(ENTRANCES)} entrances, 0 escaped, refused after at most {most / 1e6:.1f} MB unpacked"
    )


def _refused(name: str, takes: Callable[[bytes, Path], str], data: bytes, folder: Path) -> int:
    with counted() as seen:
        try:
            taken = takes(data, folder)
        except Exception as error:
            raise BrokenPromiseError(f"{name}: {error!r}"[:200]) from error
    if taken:
        raise BrokenPromiseError(f"{name}: taken")
    if sum(seen.bytes) > MOST_UNPACKED:
        raise BrokenPromiseError(f"{name}: {sum(seen.bytes)} bytes unpacked")
    return sum(seen.bytes)


def _within(name: str, lot: bytes, folder: Path) -> None:
    """A lot that is read, in memory only, whatever its members are called."""
    try:
        _lot(lot, folder)
    except Exception as error:
        raise BrokenPromiseError(f"{name}: {error!r}"[:200]) from error


# ---------------------------------------------------------------- the planted bugs


@contextmanager
def _extractall() -> Iterator[None]:
    def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
        folder = next(Path(tempfile.gettempdir()).glob("*/inside"))
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
            archive.extractall(folder)  # noqa: S202
            yield from ((name, b"") for name in archive.getnames())

    with mock.patch.object(simulator, "_unpacked", unpacked), mock.patch.dict(ENTRANCES, {"PDF": (_pdf, {})}):
        yield


@contextmanager
def _believed() -> Iterator[None]:
    """Sizes are not looked at."""
    with mock.patch.multiple(form, BACKUP_MANIFEST_BYTES=10**12, BACKUP_RATIO=10**9):
        yield


BUGS = {"extractall": _extractall, "sizes_not_looked_at": _believed}


if __name__ == "__main__":
    sys.exit(command("F4", battery, count=1, bugs=BUGS))

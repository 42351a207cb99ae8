"""The FEC over HTTP, for the API and for the pages: drawn up in a temporary file, judged, handed out and noted."""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast
from urllib.parse import quote

import msgspec
from starlette.responses import Response, StreamingResponse

from lettrage.adapters.http.house import House
from lettrage.books.fec.export import Export, Wanted, export
from lettrage.books.fec.judge import Verdict, judge
from lettrage.guard.audited import Hand
from lettrage.piles import Pile

_CHUNK = 256 * 1024


class Drawn(msgspec.Struct, frozen=True):
    """An FEC as it was drawn up, and its file at its start."""

    year: str
    export: Export
    file: BinaryIO


def drawn_up(house: House, dossier: str, wanted: Wanted) -> Drawn:
    """The FEC of a year, judged. Raises Stop for what cannot be exported, Problem beside too many others."""
    file = cast("BinaryIO", tempfile.TemporaryFile(prefix="lettrage-"))  # noqa: SIM115  (closed when handed out)
    try:
        with house.verifying.one(), house.base.books(dossier, writing=False) as books:
            return Drawn(wanted.year, export(books, wanted, house.clock.today(), file, Pile), file)
    except BaseException:
        file.close()
        raise


def judged(house: House, content: bytes, name: str) -> Verdict:
    """What is found in a file that somebody sent. Raises Problem beside too many others."""
    with house.verifying.one():
        return judge(io.BytesIO(content), name, Pile)


def handed_out(house: House, dossier: str, hand: Hand, drawn: Drawn) -> Response:
    """The file as a download; the audit log says who took it, and its digest."""
    digest, size = hashlib.sha256(), 0
    while chunk := drawn.file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    drawn.file.seek(0)
    what = f"{drawn.export.name}, sha256 {digest.hexdigest()}"
    with house.base.books(dossier, writing=True) as books:
        books.note_export(house.clock.now(), hand, f"FEC {drawn.year}", what)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(drawn.export.name, safe='')}",
        "Content-Length": str(size),
    }
    return StreamingResponse(_pieces(drawn.file), headers=headers, media_type="text/plain")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk

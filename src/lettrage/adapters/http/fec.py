"""The FEC over our own API: what would be found in a year's, the file, the judging of any other; the chain's head."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from lettrage.adapters.http import fec_shapes
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import Shape
from lettrage.adapters.http.filing import drawn_up, handed_out, judged
from lettrage.adapters.http.problems import API, Problem
from lettrage.books.fec.export import Wanted
from lettrage.books.fec.writing import Encoding, Separator, Style
from lettrage.limits import PATH_CHARACTERS
from lettrage.refusal import Refusal

router = APIRouter(prefix=API)

TEXT, XML, BYTES = "text/plain", "application/xml", "application/octet-stream"
Year = Annotated[str, Field(pattern="^[0-9]{4}[a-z]?$", description="A financial year, by its name")]
Siren = Annotated[str, Field(pattern="^[0-9]{9}$", description="Where the company file has no SIRET")]


@router.get("/head", **operation("head", "Where the chain of entries stands", fec_shapes.Head))
def head(call: Annotated[Call, allowed("read_books")]) -> Response:
    """The hash of the last entry, to be kept elsewhere: `verify?head=` looks for it later."""
    with call.books() as books:
        return shown(msgspec.to_builtins(books.head()))


class FecForm(Shape):
    """Exporting the FEC of a year."""

    year: Year
    separator: Literal["tab", "pipe"] = "tab"
    encoding: Literal["utf-8", "iso-8859-15", "ascii"] = "utf-8"
    siren: Siren | None = None


@router.get("/fec", **operation("fec_findings", "What is found in the FEC of a year", fec_shapes.FecExported, 409, 422))
def fec_findings(
    call: Annotated[Call, allowed("read_books")],
    year: Annotated[Year | None, Query(description="Absent: the latest that has entries")] = None,
    separator: Annotated[Separator, Query()] = "tab",
    encoding: Annotated[Encoding, Query()] = "utf-8",
    siren: Annotated[Siren | None, Query()] = None,
) -> Response:
    """The FEC of a year as it would be exported, judged; with the description that goes with it."""
    with call.books() as books:
        asked = year or next(iter(books.fec_years()), str(call.house.clock.today().year))
    drawn = drawn_up(call.house, call.dossier, Wanted(asked, Style(separator, encoding), siren or ""))
    with drawn.file:
        return shown(drawn.export.shape | {"description": drawn.export.description})


@router.post("/fec", **operation("fec", "The FEC of a year", None, *CONTENT, 422, form=FecForm, file=TEXT))
def export_fec(call: Annotated[Call, allowed("fec", JSON, keyed=False)]) -> Response:
    """The file, checked before it is handed out: one that would not conform is refused (409).

    It takes no key: nothing is changed, so that the same call may be made again. The audit log tells each export.
    """
    form = call.form(FecForm)
    wanted = Wanted(form.year, Style(form.separator, form.encoding), form.siren or "")
    drawn = drawn_up(call.house, call.dossier, wanted)
    if not drawn.export.verdict.conform:
        drawn.file.close()
        levels = drawn.export.verdict.levels
        raise Problem(409, Refusal("fec_refused", "year", str(levels["error"] + levels["missing"]), form.year))
    return handed_out(call.house, call.dossier, call.hand, drawn)


@router.post(
    "/fec/check", **operation("check_fec", "Judge an FEC, whoever wrote it", fec_shapes.FecVerdict, *CONTENT, 422)
)
def judge_fec(
    call: Annotated[Call, allowed("read_books", TEXT, XML, BYTES, keyed=False)],
    name: Annotated[
        str, Query(max_length=PATH_CHARACTERS, description="What the file is called; absent: not judged")
    ] = "",
) -> Response:
    """Everything that is found in a file, whatever program wrote it. Nothing of it is kept."""
    assert call.dossier  # raises Stop for another's
    with call.house.working(call.content):
        return shown(judged(call.house, call.content, name).shape)

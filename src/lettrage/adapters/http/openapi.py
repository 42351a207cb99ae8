"""The description of our own API: OpenAPI 3.1 from the routes themselves, and what each code of a problem means."""

from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lettrage import __version__
from lettrage.adapters.http import forms, invoice_shapes, shapes
from lettrage.adapters.http.fec import FecForm
from lettrage.adapters.http.modern import SettlementsForm
from lettrage.adapters.http.problems import API, PROBLEMS, Problem
from lettrage.catalogue import CATALOGUE
from lettrage.refusal import Refusal, quoted

router = APIRouter(include_in_schema=False)

_ABOUT = """From invoice to reconciled payment. / De la facture au paiement rapproché.

Every call carries a token (`Authorization: Bearer ...`). Amounts are decimal texts with the currency's own number of
decimals. Give an `Idempotency-Key` with each POST that takes one: the same call again gives the same answer, and
nothing is done twice. Loading and accounts take none. What cannot be carried out is answered with a problem document
(RFC 9457) whose `code` is stable.
"""
# Schemas that no answer names by itself: contents that we read ourselves, and problems.
_MORE: tuple[type[BaseModel], ...] = (
    SettlementsForm,
    forms.CancelForm,
    forms.UnpaidForm,
    forms.SlipForm,
    forms.CancelSlipForm,
    forms.CloseTaskForm,
    forms.AccountForm,
    forms.RevokeForm,
    FecForm,
    shapes.LoadFile,
    invoice_shapes.InvoiceForm,
    invoice_shapes.InvoiceFile,
    invoice_shapes.SendForm,
    invoice_shapes.FollowForm,
    invoice_shapes.ReleaseForm,
    shapes.Problem,
)
_REF = "#/components/schemas/{model}"


@router.get(f"{API}/openapi.json")
async def openapi(request: Request) -> Response:
    """The description; it needs no token. Written when it is first asked for: that takes half a second."""
    state = request.app.state
    if not hasattr(state, "described"):
        state.described = await run_in_threadpool(described, request.app)
    return Response(state.described, media_type="application/json")


@router.get(f"{PROBLEMS}/{{code}}")
async def problem_type(code: str) -> Response:
    """What a code means: where the `type` of a problem leads; it needs no token."""
    text = CATALOGUE.get(code)
    if text is None:
        raise Problem(404, Refusal("no_such_address", "", quoted(f"{PROBLEMS}/{code}")))
    shape = {
        "code": code,
        "family": text.family,
        "fr": text.fr,
        "en": text.en,
        "fix": text.fix_fr,
        "fix_en": text.fix_en,
    }
    return Response(msgspec.json.encode(shape), media_type="application/json")


def described(app: FastAPI) -> bytes:
    """The OpenAPI document of the application's routes."""
    tree = get_openapi(
        title="Lettrage", version=__version__, openapi_version="3.1.0", description=_ABOUT, routes=app.routes
    )
    schemas: dict[str, Any] = tree["components"]["schemas"]
    for model in _MORE:
        schema = model.model_json_schema(ref_template=_REF)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    tree["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    tree["security"] = [{"token": []}]
    return msgspec.json.encode(tree)

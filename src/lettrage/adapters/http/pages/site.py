"""Every page put together: a second application beside the API, on the same books and behind the same edge."""

from types import ModuleType

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lettrage.adapters.http.house import House
from lettrage.adapters.http.pages import (
    bank,
    batches,
    connecting,
    control,
    correcting,
    customers,
    declarations,
    drafts,
    due_items,
    entering,
    entries,
    entry,
    fec,
    home,
    importing,
    invoice,
    invoices,
    lettering,
    neighbours,
    payment_file,
    payments,
    portfolio,
    received,
    reports,
    search,
    settings,
    settlements,
    setup,
    simulator,
    slips,
    statements,
    static,
    transactions,
    vat,
)
from lettrage.adapters.http.pages.admission import CompanyWanted, SignInWanted
from lettrage.adapters.http.pages.checking import Checks
from lettrage.adapters.http.pages.entering import Porch
from lettrage.adapters.http.pages.troubles import told
from lettrage.adapters.http.problems import Problem, problem_of
from lettrage.refusal import Refusal, Stop, quoted

AREAS: tuple[ModuleType, ...] = (
    customers,
    due_items,
    fec,
    drafts,  # before entries: a draft is no number of one
    entries,
    lettering,
    batches,
    importing,
    invoices,
    static,
    entering,
    control,
    home,
    invoice,
    correcting,
    neighbours,
    entry,
    settlements,
    received,
    transactions,
    vat,
    declarations,
    setup,
    connecting,
    search,
    settings,
    payments,
    payment_file,
    portfolio,
    slips,
    statements,
    bank,
    reports,
    simulator,
)


def site(house: House, porch: Porch) -> FastAPI:
    """Every page."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.house, app.state.porch, app.state.provider = house, porch, porch.provider
    app.state.checks = Checks()
    for area in AREAS:
        app.router.routes.extend(area.router.routes)
    if porch.provider is not None:
        from lettrage.adapters.http.pages import provider  # noqa: PLC0415  (its libraries are an extra)

        app.router.routes.extend(provider.router.routes)
    app.add_exception_handler(SignInWanted, _sign_in)
    app.add_exception_handler(CompanyWanted, _company)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Stop, _stop)
    app.add_exception_handler(RequestValidationError, _nowhere)
    app.add_exception_handler(HTTPException, _nowhere)
    app.add_exception_handler(Exception, _internal)
    return app


async def _sign_in(request: Request, _wanted: Exception) -> Response:
    """Whoever is not signed in is asked to, and comes back here afterwards; a part of a page leaves as a whole."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = request.url_for("sign_in_page").include_query_params(vers=here if request.method == "GET" else "/")
    address = f"{to.path}?{to.query}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


async def _company(request: Request, wanted: Exception) -> Response:
    """Whoever has not chosen a company does so first, or makes the first one."""
    assert isinstance(wanted, CompanyWanted)
    address = "/dossiers" if wanted.known else "/mise-en-route"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return await told(request, problem)


async def _stop(request: Request, stop: Exception) -> Response:
    assert isinstance(stop, Stop)
    return await told(request, problem_of(stop))


async def _nowhere(request: Request, error: Exception) -> Response:
    """No such page, or a form that cannot be read."""
    if isinstance(error, HTTPException) and error.status_code == 400:
        return await told(request, Problem(400, Refusal("malformed_form", "", quoted(str(error.detail)))))
    return await told(request, Problem(404, Refusal("no_such_address", "", quoted(request.url.path))))


async def _internal(request: Request, _error: Exception) -> Response:
    """Our own mistake: the reader gets a reference, the log the rest."""
    return await told(request, Problem(500, Refusal("internal_error", seen=request.state.request_id)))

"""The application put together: routes, the shape of problems, the edge around it all."""

from collections.abc import Collection

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from lettrage.adapters.http import (
    bank,
    chorus,
    declarations,
    depositing,
    drafting,
    fec,
    hooks,
    invoices,
    lettering,
    openapi,
    payments,
    people,
    platform,
    reads,
    reports,
    routing,
    statuses,
    vat,
    watch,
    writes,
)
from lettrage.adapters.http.edge import WATCHERS, Edge, Log
from lettrage.adapters.http.hooks import HOOKS
from lettrage.adapters.http.house import House
from lettrage.adapters.http.pages.entering import Porch
from lettrage.adapters.http.pages.site import site
from lettrage.adapters.http.problems import (
    API,
    WEBSERVICE,
    Problem,
    language_of,
    problem_of,
    problem_response,
)
from lettrage.adapters.http.reading import faults
from lettrage.adapters.http.webservice import webservice
from lettrage.refusal import Refusal, Stop, quoted

# What programs call; every other address is a page for people.
_OF_PROGRAMS = (f"{API}/", f"{WEBSERVICE}", HOOKS, *WATCHERS)


class Faces:
    """The two faces of the service: the API for programs, the pages for people."""

    def __init__(self, api: FastAPI, site: FastAPI) -> None:
        self.api = api
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call, to whichever face it is for."""
        for_programs = scope["type"] != "http" or scope["path"].startswith(_OF_PROGRAMS)
        await (self.api if for_programs else self.site)(scope, receive, send)


def application(house: House, hosts: Collection[str], log: Log, warn: Log, porch: Porch | None = None) -> Edge:
    """The whole service as one ASGI application. `hosts`: names beside the loopback ones that it answers to."""
    return Edge(Faces(_api(house), site(house, porch or Porch())), hosts, house.figures, log, warn)


def _api(house: House) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.house = house
    app.add_api_route(WEBSERVICE, webservice, methods=["POST"], include_in_schema=False)
    parts = (
        watch,
        openapi,
        reads,
        reports,
        writes,
        invoices,
        depositing,
        drafting,
        lettering,
        declarations,
        statuses,
        chorus,
        platform,
        routing,
        hooks,
        payments,
        bank,
        fec,
        vat,
        people,
    )
    for part in parts:
        app.router.routes.extend(part.router.routes)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Stop, _stop)
    app.add_exception_handler(RequestValidationError, _misasked)
    app.add_exception_handler(HTTPException, _nothing_there)
    app.add_exception_handler(Exception, _internal)
    return app


def _told(request: Request, problem: Problem) -> Response:
    if problem.trouble is not None:
        request.state.trouble = problem.trouble
    language = language_of(request.headers.get("accept-language", ""))
    return problem_response(problem, request.url.path, language, request.state.request_id)


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return _told(request, problem)


async def _stop(request: Request, stop: Exception) -> Response:
    assert isinstance(stop, Stop)
    return _told(request, problem_of(stop))


async def _misasked(request: Request, error: Exception) -> Response:
    """A query or a header that is not of its type."""
    assert isinstance(error, RequestValidationError)
    return _told(request, Problem(422, *faults(error.errors(), query=True)))


async def _nothing_there(request: Request, error: Exception) -> Response:
    """No such route, or not by this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allow = ", ".join(sorted(_methods_there(request)))
        reason = Refusal("wrong_method", "", quoted(request.method), allow)
        return _told(request, Problem(405, reason, headers={"Allow": allow}))
    return _told(request, Problem(404, Refusal("no_such_address", "", quoted(request.url.path))))


def _methods_there(request: Request) -> set[str]:
    """Every method that some route takes at this address; one that is written out is nobody's name or number."""
    found = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    exact = [route for route in found if route.path == request.url.path]
    return set().union(*(route.methods for route in exact or found))


async def _internal(request: Request, _error: Exception) -> Response:
    """Our own mistake: the caller gets a reference, the log the rest."""
    return _told(request, Problem(500, Refusal("internal_error", seen=request.state.request_id)))

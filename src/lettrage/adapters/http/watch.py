"""What operators and their machines look at: alive, ready, figures."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lettrage.adapters.http.door import bearer
from lettrage.adapters.http.edge import is_loopback
from lettrage.adapters.http.figures import CONTENT_TYPE
from lettrage.adapters.http.house import admitted, house_of
from lettrage.adapters.http.problems import RETRY_SECONDS
from lettrage.refusal import StoreTrouble

router = APIRouter(include_in_schema=False)


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def healthz() -> Response:
    """The process is alive."""
    return JSONResponse({"status": "ok"})


@router.api_route("/readyz", methods=["GET", "HEAD"])
def readyz(request: Request) -> Response:
    """The store answers, and the service is not about to stop."""
    house = house_of(request)
    try:
        ready = not house.stopping() and house.store.dossiers() is not None
    except StoreTrouble:
        ready = False
    if ready:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready"}, 503, {"Retry-After": RETRY_SECONDS})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The figures, in the format that Prometheus reads: for this machine itself, else for administrators.

    Nothing there names a caller or a company, but they tell how much business is done.
    """
    if not _from_this_machine(request):
        await admitted(request, bearer(request.headers.get("authorization", "")), "metrics")
    return Response(house_of(request).figures.text(), media_type=CONTENT_TYPE)


def _from_this_machine(request: Request) -> bool:
    """Whether a program beside us asks, and no proxy on behalf of somebody else."""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for"))
    return request.client is not None and is_loopback(request.client.host) and not forwarded

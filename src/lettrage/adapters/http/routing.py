"""Our own API, which door a customer's invoices take: look, choose, have the directory read anew."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from lettrage.acts.routing import ChooseRoute, choice_of, shape
from lettrage.adapters.http import route_shapes as shapes
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import PLAIN, SEGMENT
from lettrage.adapters.http.house import House, Readings
from lettrage.adapters.http.problems import API, Problem
from lettrage.adapters.http.reads import Reader
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import environment_of, name_of
from lettrage.invoicing.routing.copies import Connect
from lettrage.invoicing.routing.deciding import Known, known, looked_up
from lettrage.limits import CODE_CHARACTERS
from lettrage.refusal import Refusal, quoted

router = APIRouter(prefix=API)
CustomerThere = Annotated[
    str, Path(min_length=1, max_length=CODE_CHARACTERS, pattern=PLAIN, description="A customer's code"), SEGMENT
]


@router.get("/third-parties/{code}/route", **operation("route", "The door of a customer", shapes.RouteShown, 404, 422))
def route(call: Reader, code: CustomerThere) -> Response:
    """Which door a customer's invoices take in the environment that is on, and why."""
    with call.books() as books:
        on = _on(books)
        found = known(books, [code], on).get(code)
    return shown(_shape(code, found, on))


@router.put(
    "/third-parties/{code}/route",
    **operation("choose_route", "Choose a door", shapes.RouteShown, *CONTENT, 404, 422, form=shapes.RouteForm),
)
def choose_route(call: Annotated[Call, allowed("route", JSON, keyed=False)], code: CustomerThere) -> Response:
    """Choose the door of a customer's invoices, or leave it to the directory again. The audit log keeps who did."""
    form = call.form(shapes.RouteForm)
    with call.books() as books:
        on = _on(books)
    return call.perform(ChooseRoute(code, choice_of(form.door), on, call.hand), absent="unknown_third_party")


@router.post(
    "/third-parties/{code}/route/refresh",
    **operation("refresh_route", "Read the directory anew", shapes.RouteShown, 404, 422),
)
def refresh_route(call: Annotated[Call, allowed("check")], code: CustomerThere) -> Response:
    """Have the approved platform's directory read anew for a customer; without an answer the last copy holds."""
    with call.books() as books:
        on = _on(books)
    now = call.house.clock.now()
    found = looked_up(
        call.house.base, call.dossier, [code], on, directory_of(call.house, call.dossier, on), now, anew=True
    )
    return shown(_shape(code, found.get(code), on))


def directory_of(house: House, dossier: str, environment: Platform) -> Connect:
    """The way to the directory of the approved platform of an environment."""
    return partial(house.invoicing.chorus.directory, house.base, dossier, name_of("approved", environment))


def _on(books: Readings) -> Platform:
    return environment_of(books.platform_on())


def _shape(code: str, found: Known | None, on: Platform) -> dict[str, Any]:
    """A customer's route as it is answered. Raises Problem (404) where there is none of this code."""
    if found is None:
        raise Problem(404, Refusal("unknown_third_party", "code", quoted(code)))
    return shape(code, found.route(), on)

"""Our own API, about approved platforms: settings, whose secrets only ever go in, and the connection test."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import perform
from lettrage.adapters.http import chorus_shapes
from lettrage.adapters.http import platform_shapes as shapes
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.chorus import WRITTEN, platform_of
from lettrage.adapters.http.documented import JSON, operation
from lettrage.adapters.http.problems import API, Problem, refused
from lettrage.invoicing.approved_settings import changes
from lettrage.invoicing.connecting.diagnose import works
from lettrage.invoicing.doors import name_of
from lettrage.invoicing.settings import PLATFORMS

router = APIRouter(prefix=API)


@router.get(
    "/platform/settings",
    **operation("platform_settings", "An approved platform's settings", shapes.ApprovedSettings, 422),
)
def platform_settings(call: Annotated[Call, allowed("chorus")]) -> Response:
    """The settings of both environments, without their secrets, and which one is on."""
    return shown(_shape(call, []))


@router.put(
    "/platform/settings",
    **operation(
        "set_platform",
        "Set an approved platform up",
        shapes.ApprovedSettings,
        *WRITTEN,
        form=shapes.ApprovedSettingsForm,
    ),
)
def set_platform(call: Annotated[Call, allowed("chorus", JSON, keyed=False)]) -> Response:
    """Give settings, all or none. The answer says where secrets were taken back because an address changed."""
    form = call.form(shapes.ApprovedSettingsForm)
    found, faults = changes(form.settings, name_of("approved", form.platform or platform_of(call)))
    if faults:
        raise Problem(422, *faults)
    act = call.house.invoicing.chorus.set(call.dossier, found, call.caller.name)
    done = perform(act, call.caller, call.house.store, call.house.clock)
    if done.result is None:
        raise refused(done.reasons, "")
    return shown(_shape(call, done.result["warnings"]))


@router.post(
    "/platform/test",
    **operation(
        "test_platform",
        "Test the connection to an approved platform",
        chorus_shapes.ChorusTested,
        *WRITTEN,
        form=chorus_shapes.ChorusTestForm,
        optional=True,
    ),
)
def test_platform(call: Annotated[Call, allowed("chorus", JSON, keyed=False, optional=True)]) -> Response:
    """Ask for a token, call each service, and say for each step what the answers mean. Nothing is written anywhere."""
    form = call.form(chorus_shapes.ChorusTestForm, absent="{}")
    with call.books() as books:
        rows, company = books.chorus_rows(), books.company
    platform = name_of("approved", form.platform or platform_of(call))
    steps, _ = call.house.invoicing.chorus.test_approved(call.dossier, rows, company, platform)
    return shown({"works": works(steps), "steps": [step.shape for step in steps]})


def _shape(call: Call, warnings: Sequence[dict[str, str]]) -> dict[str, Any]:
    with call.books() as books:
        rows, on = books.chorus_rows(), books.platform_on()
    told = call.house.invoicing.chorus.approved_shape(call.dossier, rows)
    own: dict[str, Any] = {environment: told[name_of("approved", environment)] for environment in PLATFORMS}
    return {"on": on, **own, "warnings": list(warnings)}

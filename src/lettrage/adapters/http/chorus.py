"""Our own API, about Chorus Pro: its settings, whose secrets only ever go in, and the connection test.

Setting takes no key: what would tell two contents apart, the secret, is kept nowhere.
"""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import perform
from lettrage.adapters.http import chorus_shapes as shapes
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import JSON, operation
from lettrage.adapters.http.problems import API, Problem, refused
from lettrage.invoicing.connecting.diagnose import works
from lettrage.invoicing.settings import PLATFORMS, Platform, changes

router = APIRouter(prefix=API)

WRITTEN = (408, 409, 413, 415, 422)


@router.get("/chorus/settings", **operation("chorus_settings", "Chorus Pro's settings", shapes.ChorusSettings, 422))
def chorus_settings(call: Annotated[Call, allowed("chorus")]) -> Response:
    """The settings of both platforms, without their secrets, and which one is on."""
    return shown(_shape(call) | {"warnings": []})


@router.put(
    "/chorus/settings",
    **operation("set_chorus", "Set Chorus Pro up", shapes.ChorusSettings, *WRITTEN, form=shapes.ChorusSettingsForm),
)
def set_chorus(call: Annotated[Call, allowed("chorus", JSON, keyed=False)]) -> Response:
    """Give settings, all or none. The answer says what is worth knowing, where a platform is switched on."""
    form = call.form(shapes.ChorusSettingsForm)
    found, faults = changes(form.settings, form.platform or platform_of(call), form.establishment or "")
    if faults:
        raise Problem(422, *faults)
    act = call.house.invoicing.chorus.set(call.dossier, found, call.caller.name)
    done = perform(act, call.caller, call.house.store, call.house.clock)
    if done.result is None:
        raise refused(done.reasons, "")
    return shown(_shape(call) | {"warnings": done.result["warnings"]})


@router.post(
    "/chorus/test",
    **operation(
        "test_chorus", "Test the connection", shapes.ChorusTested, *WRITTEN, form=shapes.ChorusTestForm, optional=True
    ),
)
def test_chorus(call: Annotated[Call, allowed("chorus", JSON, keyed=False, optional=True)]) -> Response:
    """Call PISTE and each API, and say for each step what the answers mean. Nothing is written anywhere."""
    form = call.form(shapes.ChorusTestForm, absent="{}")
    with call.books() as books:
        rows, company = books.chorus_rows(), books.company
    steps, _ = call.house.invoicing.chorus.test(call.dossier, rows, company, form.platform)
    return shown({"works": works(steps), "steps": [step.shape for step in steps]})


def _shape(call: Call) -> dict[str, Any]:
    with call.books() as books:
        rows = books.chorus_rows()
    return call.house.invoicing.chorus.shape(call.dossier, rows)


def platform_of(call: Call) -> Platform:
    """The platform that is on."""
    with call.books() as books:
        on = books.platform_on()
    return next(platform for platform in PLATFORMS if platform == on)

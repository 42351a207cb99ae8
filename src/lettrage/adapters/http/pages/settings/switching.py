"""Another platform switched on: what changes, a test of it that holds, and only then the switch."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, shown
from lettrage.adapters.http.pages.settings.testing import TEST, platform_named, run, told
from lettrage.invoicing.settings import PLATFORMS, Platform, changes

router = APIRouter()

SWITCH = f"{ADDRESSES['chorus']}/plateforme"
_NEEDED = ("client_id", "client_secret", "login", "password")


@router.get(SWITCH)
def ask(page: Annotated[Page, seen_by("chorus")]) -> Response:
    """What would change, and how the other platform stood when it was last tested."""
    return _page(page)


@router.post(SWITCH)
def switch(page: Annotated[Page, posted_by("chorus")]) -> Response:
    """Test the other platform now; switch it on where nothing stands in the way of sending."""
    with page.books() as books:
        on = books.platform_on()
    wanted = _other(on)
    if page.form.text("vers") != wanted:  # somebody else was faster: what was read is no longer what would happen
        return page.go(ADDRESSES["chorus"], page.t("settings.switched_already", platform=page.t(f"settings.{on}")))
    test = run(page, wanted)
    if not test.works:
        return _page(page, [("essai", page.t("settings.switch_needs_test", platform=page.t(f"settings.{wanted}")))])
    found, _ = changes({"platform": wanted})
    done = page.perform(page.house.invoicing.chorus.set(page.dossier, found, page.who.identity.name))
    if done.result is None:
        return _page(page, [("", reason[page.language]) for reason in done.reasons])
    return page.go(
        ADDRESSES["chorus"],
        page.t("settings.switched", platform=page.t(f"settings.{wanted}")),
        (f"{ADDRESSES['audit']}?genre=platform", page.t("settings.tab_audit")),
    )


def _other(on: str) -> Platform:
    return next(platform for platform in PLATFORMS if platform != platform_named(on, PLATFORMS[0]))


def _page(page: Page, errors: list[tuple[str, str]] | None = None) -> Response:
    with page.books() as books:
        company, rows, tests = books.company, books.chorus_rows(), books.tests()
    settings = page.house.invoicing.chorus.shape(page.dossier, rows)
    wanted = _other(settings["platform"])
    given, last = settings["platforms"][wanted], tests.get(wanted)
    return shown(
        page,
        "chorus",
        "switch",
        company,
        title=page.t(f"settings.switch_to_{wanted}"),
        errors=errors or [],
        on=settings["platform"],
        wanted=wanted,
        address=given["api_url"],
        missing=[name for name in _NEEDED if not given[name]["set"]],
        test=told(page, last) if last is not None and last.stands(rows) else None,
        platform=wanted,
        tested_at=TEST,
        stale=last is not None and not last.stands(rows),
    )

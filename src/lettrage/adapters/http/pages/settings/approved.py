"""The tab of the approved platform: where it is, who we are there, the key of its calls. Secrets only ever go in."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.chorus import Given
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, Errors, shown
from lettrage.adapters.http.pages.settings.testing import platform_named, told
from lettrage.adapters.http.pages.words import known
from lettrage.invoicing.approved_settings import SECRETS, SETTINGS, changes
from lettrage.invoicing.connecting.approved import measured
from lettrage.invoicing.connecting.diagnose import Evidence, works
from lettrage.invoicing.connecting.tested import Tested
from lettrage.invoicing.doors import PRODUCTION, environment_of, name_of
from lettrage.invoicing.settings import PLATFORMS

router = APIRouter()

HERE = ADDRESSES["approved"]
TEST = f"{HERE}/essai"
_PANELS: dict[str, dict[str, int]] = {
    "services": {"flow_url": 12, "directory_url": 12, "token_url": 12, "proxy": 8, "pause_ms": 4, "time_scale": 4},
    "identity_there": {
        "client_id": 12, "client_secret": 12, "client_sign": 6, "organization": 6, "token": 12, "number": 6,
    },
    "calls": {"signing_key": 12, "hook_minutes": 6},
}  # fmt: skip


@router.get(HERE)
def approved(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """The settings of one environment, and the last connection test there."""
    return _tab(page)


@router.post(HERE)
def set_approved(page: Annotated[Page, posted_by("chorus")]) -> Response:
    """Settings given, all or none; a secret left blank stays as it is."""
    with page.books() as books:
        kept = page.house.invoicing.chorus.approved_shape(page.dossier, books.chorus_rows())
    platform = _named(page)
    names = [name for of in _PANELS.values() for name in of if page.form.flag(name)]
    plain = {name: page.form.text(name) for name in names if name not in SECRETS}
    given = {name: text for name, text in plain.items() if text != kept[platform][name]}
    given |= {name: text for name in names if name in SECRETS and (text := page.form.raw(name).strip())}
    found, faults = changes(given, platform)
    errors = [(fault.path if fault.path in names else "", fault.say(page.language)) for fault in faults]
    warned = ""
    if not errors and found:
        done = page.perform(page.house.invoicing.chorus.set(page.dossier, found, page.who.identity.name))
        fix = "fix" if page.language == "fr" else "fix_en"
        errors = [(r["path"] if r["path"] in names else "", f"{r[page.language]} {r[fix]}") for r in done.reasons]
        warned = " ".join(one[page.language] for one in (done.result or {}).get("warnings", ()))
    if errors:
        return _tab(page, plain, errors)
    said = page.t("settings.kept", len(found)) if found else page.t("settings.nothing_changed")
    return page.go(f"{HERE}?plateforme={environment_of(platform)}", f"{said} {warned}".strip())


@router.post(TEST)
def test(page: Annotated[Page, posted_by("chorus")]) -> Response:
    """Test the connection now, and keep what was found. Raises Stop where a secret does not open."""
    platform = _named(page)
    with page.books() as books:
        rows, company = books.chorus_rows(), books.company
    steps, answers = page.house.invoicing.chorus.test_approved(page.dossier, rows, company, platform)
    at, by = page.clock.now().isoformat(), page.who.identity.name
    found = Tested(platform, at, by, works(steps), measured(steps, answers), Evidence({}))
    with page.house.base.books(page.dossier, writing=True) as kept:
        kept.keep_test(found)
    environment = environment_of(platform)
    if page.hx:
        return page.part(
            "settings/_test.html",
            test=told(page, found), stale=False, platform=environment, tested_at=TEST, tab="approved",
        )  # fmt: skip
    return page.go(f"{HERE}?plateforme={environment}#essai")


def _named(page: Page) -> str:
    """The platform that the page is about: of the environment named, else of the one that is on."""
    with page.books() as books:
        on = books.platform_on()
    environment = platform_named(page.query.text("plateforme") or page.form.text("plateforme"), on or PLATFORMS[0])
    return name_of("approved", environment)


def _tab(page: Page, typed: Mapping[str, str] | None = None, errors: Errors = ()) -> Response:
    platform = _named(page)
    with page.books() as books:
        company, rows, tests, on = books.company, books.chorus_rows(), books.tests(), books.platform_on()
        names = {person["name"]: person["full_name"] or person["name"] for person in books.people(everywhere=True)}
    values = page.house.invoicing.chorus.approved_shape(page.dossier, rows)[platform] | (typed or {})
    last = tests.get(platform)
    standing = last is not None and last.stands(rows)
    return shown(
        page, "approved", "approved", company, errors=errors,
        on=on, platform=environment_of(platform), platforms=PLATFORMS, names=names,
        panels=[(key, _given(page, of, values, platform)) for key, of in _PANELS.items()],
        test=told(page, last, names) if standing else None, stale=last is not None and not standing,
        writing=page.may("chorus"), tested_at=TEST,
    )  # fmt: skip


def _given(page: Page, names: Mapping[str, int], values: Mapping[str, Any], platform: str) -> list[Given]:
    given = []
    for name, width in names.items():
        if name == "time_scale" and platform == PRODUCTION:
            continue
        word, value = f"settings.a_{name}", values[name]
        hint = page.t(f"{word}_hint") if known(f"{word}_hint") else ""
        if name in SECRETS:
            about = (value["set"], value["changed_at"], value["changed_by"], value["hint"])
            given.append(Given(name, page.t(word), width, "secret", "", (), hint, False, *about))
            continue
        choices = [(one, page.t(f"{word}_{one}")) for one in SETTINGS[name].choices]
        given.append(Given(name, page.t(word), width, "choice" if choices else "text", value, choices, hint))
    return given

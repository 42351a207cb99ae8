"""The guide's third step: Chorus Pro in qualification, by one's own credentials or by the simulator, and its test."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import CompanyWanted, posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.testing import run, told
from lettrage.invoicing.connecting.said import settings_said
from lettrage.invoicing.settings import SECRETS, Platform, changes

router = APIRouter()

HERE = "/mise-en-route/chorus"
PLATFORM: Platform = "qualification"
NAMES = ("client_id", "client_secret", "application", "login", "password", "password_expires", "user_login")


@router.get(HERE)
def connection(page: Annotated[Page, seen_by("chorus")]) -> Response:
    """The credentials as far as they are set, and the way to the simulator."""
    return _page(page)


@router.post(HERE)
def set_connection(page: Annotated[Page, posted_by("chorus")]) -> Response:
    """Keep the credentials; a secret left blank stays as it is."""
    typed = {name: page.form.text(name) for name in NAMES}
    given = {name: text for name, text in typed.items() if text or name not in SECRETS}
    return _kept(page, given, {name: text for name, text in typed.items() if name not in SECRETS})


@router.post(HERE + "/simulateur")
def take_simulator(page: Annotated[Page, posted_by("chorus")]) -> Response:
    """Take the simulator of this machine, by what it says of itself when it starts."""
    _need_company(page)
    with page.books() as books:
        if books.platform_on() != PLATFORM:  # leaving production is an act of its own
            return page.go("/parametres/chorus/plateforme")
    said = settings_said(page.form.raw("connexion"))
    if said is None:
        return _page(page, errors=[("connexion", page.t("setup.malformed_connection"))])
    return _kept(page, {**said, "platform": PLATFORM}, {})


@router.post(HERE + "/essai")
def test(page: Annotated[Page, posted_by("chorus")]) -> Response:
    """Call PISTE and each API; what each step says."""
    _need_company(page)
    found = run(page, PLATFORM)
    if page.hx:
        return page.part("setup/_tested.html", tested=told(page, found), address="")
    return page.go(f"{HERE}#essai")


def _kept(page: Page, given: Mapping[str, str], typed: Mapping[str, str]) -> Response:
    """Settings given, all or none."""
    found, faults = changes(given, PLATFORM)
    errors = [(fault.path if fault.path in NAMES else "connexion", fault.say(page.language)) for fault in faults]
    if not errors:
        act = page.house.invoicing.chorus.set(page.dossier, found, page.who.identity.name)
        done = page.perform(act)
        said = [
            reason[page.language] + " " + reason["fix" if page.language == "fr" else "fix_en"]
            for reason in done.reasons
        ]
        errors = [("", sentence) for sentence in said]
    if errors:
        return _page(page, typed, errors)
    return page.go(HERE, page.t("setup.connection_kept"))


def _need_company(page: Page) -> None:
    if not page.dossier:
        raise CompanyWanted(bool(page.house.base.dossiers()))


def _page(
    page: Page,
    typed: Mapping[str, str] | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> Response:
    _need_company(page)
    with page.books() as books:
        rows, tests = books.chorus_rows(), books.tests()
    last = tests.get(PLATFORM)
    shown = page.house.invoicing.chorus.shape(page.dossier, rows)
    settings: dict[str, Any] = shown["platforms"][PLATFORM]
    plain = {name: settings[name] for name in NAMES if name not in SECRETS}
    return page.show(
        "setup/chorus.html",
        422 if errors else 200,
        title=page.t("setup.step_chorus"),
        typed=plain | dict(typed or {}),
        secrets={name: settings[name] for name in SECRETS if name in NAMES},
        address=settings["api_url"],
        ready=all(settings[name]["set"] for name in ("client_id", "client_secret", "login", "password")),
        tested=told(page, last) if last is not None and last.stands(rows) else None,
        errors=list(errors),
    )

"""The two tabs of Chorus Pro: the accounts there, and the credentials of PISTE. Secrets only ever go in."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response
from stdnum import iban

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.company import rib_choices
from lettrage.adapters.http.pages.settings.records import day_shown
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, Errors, shown
from lettrage.adapters.http.pages.settings.testing import TEST, platform_named, told
from lettrage.adapters.http.pages.words import known
from lettrage.company.dossier import Company
from lettrage.invoicing.doors import DOORS
from lettrage.invoicing.settings import FORMATS, PLATFORMS, SECRETS, WARN_DAYS, Platform, changes

router = APIRouter()

Seen = Annotated[Page, seen_by("read_books")]
Posted = Annotated[Page, posted_by("chorus")]

_NEEDED = ("client_id", "client_secret", "login", "password")
# Each panel's settings with their widths, tab by tab, as the source has them.
_PANELS: dict[str, dict[str, dict[str, int]]] = {
    "chorus": {
        "chorus_accounts": {"login": 12, "password": 12, "password_expires": 5, "user_login": 7},
        "sent": {"rib": 7, "rib_on_credit_notes": 5, "invoice_format": 4, "credit_note_format": 4, "doubt_hours": 4},
        "doors": {"public_door": 7, "directory_hours": 5},
    },
    "credentials": {
        "piste": {"client_id": 12, "client_secret": 12, "application": 12},
        "addresses": {"token_url": 12, "api_url": 12, "proxy": 8, "pause_ms": 4, "time_scale": 4},
    },
}


class Given(msgspec.Struct, frozen=True):
    """A setting as the page shows it: a value to change, or a secret of which only is told that it is there."""

    name: str
    label: str
    width: int
    kind: str  # secret, choice, text
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()
    hint: str = ""
    warn: bool = False
    is_set: bool = False
    set_at: str = ""
    set_by: str = ""
    begins: str = ""  # the first characters of an identifier


@router.get(ADDRESSES["chorus"])
def chorus(page: Seen) -> Response:
    """The platform, the accounts of Chorus Pro, the last connection test."""
    return _tab(page, "chorus")


@router.post(ADDRESSES["chorus"])
def set_chorus(page: Posted) -> Response:
    """Keep the accounts."""
    return _kept(page, "chorus")


@router.get(ADDRESSES["credentials"])
def credentials(page: Seen) -> Response:
    """The credentials of PISTE, the addresses."""
    return _tab(page, "credentials")


@router.post(ADDRESSES["credentials"])
def set_credentials(page: Posted) -> Response:
    """Keep them."""
    return _kept(page, "credentials")


def _tab(page: Page, tab: str, typed: Mapping[str, str] | None = None, errors: Errors = ()) -> Response:
    with page.books() as books:
        company, rows, tests = books.company, books.chorus_rows(), books.tests()
        names = {person["name"]: person["full_name"] or person["name"] for person in books.people(everywhere=True)}
    settings = page.house.invoicing.chorus.shape(page.dossier, rows)
    on = settings["platform"]
    platform = platform_named(page.query.text("plateforme") or page.form.text("plateforme"), on)
    last = tests.get(platform)
    standing = last is not None and last.stands(rows)
    return shown(
        page, tab, "chorus", company, errors=errors,
        on=on, platform=platform, names=names,
        platforms=[_standing(name, settings, tests.get(name), rows) for name in PLATFORMS],
        panels=_panels(page, tab, settings, platform, company, typed or {}),
        test=told(page, last, names) if standing else None, stale=last is not None and not standing,
        writing=page.may("chorus"), tested_at=TEST,
    )  # fmt: skip


def _standing(name: Platform, settings: Mapping[str, Any], last: Any, rows: Any) -> dict[str, str]:
    """How a platform stands: on, ready, to be tested, to be set."""
    given = settings["platforms"][name]
    if settings["platform"] == name:
        return {"name": name, "state": "on"}
    if not all(given[one]["set"] for one in _NEEDED):
        return {"name": name, "state": "not_set"}
    return {"name": name, "state": "ready" if last is not None and last.works and last.stands(rows) else "untested"}


def _panels(
    page: Page, tab: str, settings: Mapping[str, Any], platform: Platform, company: Company, typed: Mapping[str, str]
) -> list[tuple[str, list[Given]]]:
    choices: dict[str, Sequence[tuple[str, str]]] = {
        "rib": rib_choices(page, company),
        "rib_on_credit_notes": [(key, page.t(f"frame.{key}")) for key in ("no", "yes")],
        "public_door": [(one, page.t(f"settings.door_{one}")) for one in DOORS],
        **{
            name: [(one, page.t(f"settings.format_{one}")) for one in FORMATS]
            for name in ("invoice_format", "credit_note_format")
        },
    }
    hidden = ("time_scale",) if platform == "production" else ()
    values = {**settings, **settings["platforms"][platform]}
    see = Seeing(page, company, choices, typed)
    return [
        (key, [_given(see, name, width, values[name]) for name, width in of.items() if name not in hidden])
        for key, of in _PANELS[tab].items()
    ]


class Seeing(msgspec.Struct, frozen=True):
    """What a setting is shown by: the choices that there are, what was typed instead of what is kept."""

    page: Page
    company: Company
    choices: Mapping[str, Sequence[tuple[str, str]]]
    typed: Mapping[str, str]


def _given(see: Seeing, name: str, width: int, value: Any) -> Given:
    page, hint = see.page, f"settings.s_{name}_hint"
    hint = page.t(hint) if known(hint) else ""
    label = page.t(f"settings.s_{name}")
    if name in SECRETS:
        at, by = value["changed_at"], value["changed_by"]
        return Given(name, label, width, "secret", "", (), hint, False, value["set"], at, by, value["hint"])
    text, warn = see.typed.get(name, value), False
    if name == "password_expires" and (ends := day_of(text)):
        hint, warn = _ends(page, ends)
        text = day_shown(page, ends.isoformat())
    if name == "rib" and text in see.company.banks:
        number = iban.format(see.company.banks[text].iban)
        hint = f"{number[:9]} … {iban.compact(number)[-4:]}"
    kind = "choice" if name in see.choices else "text"
    return Given(name, label, width, kind, text, see.choices.get(name, ()), hint, warn)


def _ends(page: Page, ends: date) -> tuple[str, bool]:
    """In how many days a password ends, and whether that is soon."""
    left = (ends - page.today).days
    return (page.t("settings.ended") if left < 0 else page.t("settings.ends_in", left)), left <= WARN_DAYS


def _kept(page: Page, tab: str) -> Response:
    """Settings given, all or none; a secret left blank stays as it is."""
    with page.books() as books:
        rows = books.chorus_rows()
    settings = page.house.invoicing.chorus.shape(page.dossier, rows)
    platform = platform_named(page.form.text("plateforme"), settings["platform"])
    values = {**settings, **settings["platforms"][platform]}
    names = [name for of in _PANELS[tab].values() for name in of if page.form.flag(name)]
    plain = {name: page.form.text(name) for name in names if name not in SECRETS}
    ends = day_of(plain.get("password_expires", ""))
    read = plain | ({"password_expires": ends.isoformat()} if ends else {})
    given = {name: text for name, text in read.items() if text != values[name]}
    given |= {name: text for name in names if name in SECRETS and (text := page.form.raw(name).strip())}
    found, faults = changes(given, platform)
    errors = [(fault.path if fault.path in names else "", fault.say(page.language)) for fault in faults]
    if not errors and found:
        done = page.perform(page.house.invoicing.chorus.set(page.dossier, found, page.who.identity.name))
        fix = "fix" if page.language == "fr" else "fix_en"
        errors = [(r["path"] if r["path"] in names else "", f"{r[page.language]} {r[fix]}") for r in done.reasons]
    if errors:
        return _tab(page, tab, plain, errors)
    to = f"{ADDRESSES[tab]}?plateforme={platform}"
    return page.go(to, page.t("settings.kept", len(found)) if found else page.t("settings.nothing_changed"))

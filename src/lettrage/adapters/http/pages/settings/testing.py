"""The connection test: run, kept, shown step by step; what support is given when it does not hold."""

import platform as machine
import sqlite3
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage import __version__
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, shown
from lettrage.invoicing.connecting.tested import Tested, TestedStep, tested
from lettrage.invoicing.settings import PLATFORMS, Change, Platform

router = APIRouter()

TEST = f"{ADDRESSES['chorus']}/essai"
SUPPORT = f"{ADDRESSES['chorus']}/support"


def platform_named(text: str, default: str) -> Platform:
    """One of the two; `default` for anything else."""
    wanted = text if text in PLATFORMS else default
    return next(platform for platform in PLATFORMS if platform == wanted)


@router.post(TEST)
def test(page: Annotated[Page, posted_by("chorus")]) -> Response:
    """Test the connection now."""
    found = run(page, platform_named(page.form.text("plateforme"), PLATFORMS[0]))
    if page.hx:
        return page.part(
            "settings/_test.html",
            test=told(page, found), stale=False, platform=found.platform, tested_at=TEST, tab="chorus",
        )  # fmt: skip
    return page.go(f"{ADDRESSES['chorus']}?plateforme={found.platform}#essai")


def run(page: Page, platform: Platform) -> Tested:
    """Call the platform, and keep what it answered. Raises Stop where a secret does not open."""
    with page.books() as books:
        rows, company = books.chorus_rows(), books.company
    chorus, name = page.house.invoicing.chorus, page.who.identity.name
    steps, evidence = chorus.test(page.dossier, rows, company, platform)
    known = any(row.name == "password_expires" and row.platform == platform for row in rows)
    if evidence.expires is not None and not known:  # Chorus Pro says when the password ends, and nobody has entered it
        change = Change(platform, "", "password_expires", evidence.expires.isoformat())
        page.perform(chorus.set(page.dossier, [change], name))
    found = tested(platform, steps, evidence, page.clock.now().isoformat(), name)
    with page.house.base.books(page.dossier, writing=True) as kept:
        kept.keep_test(found)
    return found


# Where a cause is mended on these pages.
_WHERE = {
    "platform_client_refused": f"{ADDRESSES['approved']}#client_id",
    "platform_token_refused": f"{ADDRESSES['approved']}#token",
    "platform_not_allowed": f"{ADDRESSES['approved']}#organization",
    **dict.fromkeys(("platform_not_set", "platform_address_wrong"), f"{ADDRESSES['approved']}#flow_url"),
    "platform_not_reached": f"{ADDRESSES['approved']}#proxy",
    "platform_directory_not_set": f"{ADDRESSES['approved']}#directory_url",
    "platform_not_listed": ADDRESSES["company"],
    "not_set": ADDRESSES["credentials"],
    "client_secret_wrong": f"{ADDRESSES['credentials']}#client_secret",
    **dict.fromkeys(("client_id_unknown", "credentials_of_other_platform"), f"{ADDRESSES['credentials']}#client_id"),
    **dict.fromkeys(("address_wrong", "addresses_mixed"), f"{ADDRESSES['credentials']}#api_url"),
    "proxy_needed": f"{ADDRESSES['credentials']}#proxy",
    "quota": f"{ADDRESSES['credentials']}#pause_ms",
    "application_not_linked": f"{ADDRESSES['credentials']}#application",
    **dict.fromkeys(("account_wrong", "account_not_active"), f"{ADDRESSES['chorus']}#login"),
    **dict.fromkeys(("password_expired", "password_expires_soon"), f"{ADDRESSES['chorus']}#password"),
    **dict.fromkeys(("expiry_unknown", "expiry_date_wrong"), f"{ADDRESSES['chorus']}#password_expires"),
    **dict.fromkeys(("siret_of_another", "siret_missing", "siret_malformed"), ADDRESSES["establishments"]),
    "rib_missing": f"{ADDRESSES['chorus']}#rib",
}


class Shown(msgspec.Struct, frozen=True):
    """A test in the reader's language."""

    at: str
    by: str
    works: bool
    steps: list[dict[str, Any]]
    counts: tuple[int, int, int]  # done, failed, not tried
    failed: str


def told(page: Page, found: Tested | None, names: Mapping[str, str] = {}) -> Shown | None:
    """A test as the page shows it; None where there is none. `names`: what people are called by their accounts."""
    if found is None:
        return None
    steps = [_step(page, one) for one in found.steps]
    kinds = [step["kind"] for step in steps]
    counts = (kinds.count("ok") + kinds.count("wa"), kinds.count("ko"), kinds.count("na"))
    failed = next((step["said"] for step in steps if step["kind"] == "ko"), "")
    by = names.get(found.by) or (page.who.full_name if found.by == page.who.identity.name else found.by)
    return Shown(found.at, by, found.works, steps, counts, failed)


def _step(page: Page, one: TestedStep) -> dict[str, Any]:
    shape = one.step.shape
    kind = {True: "wa" if shape["causes"] else "ok", False: "ko", None: "na"}[shape["ok"]]
    if kind == "ko" and shape["level"] == "warning":
        kind = "wa"
    fix = f"fix_{page.language}"
    causes = [(cause[page.language], cause[fix], _WHERE.get(cause["code"], "")) for cause in shape["causes"]]
    return {
        "kind": kind,
        "said": shape[page.language],
        "causes": causes,
        "ms": one.ms,
        "status": one.status,
        "answer": one.answer,
        "local": one.local,
    }


@router.get(SUPPORT)
def support(page: Annotated[Page, seen_by("chorus")]) -> Response:
    """A text to give to whoever helps: versions, settings without secrets or names, the last test, troubles."""
    with page.books() as books:
        company, rows, tests, troubles = books.company, books.chorus_rows(), books.tests(), books.chorus_troubles()
    settings = page.house.invoicing.chorus.shape(page.dossier, rows)
    platform = platform_named(page.query.text("plateforme"), settings["platform"])
    found = tests.get(platform)
    for values in settings["platforms"].values():
        for value in values.values():
            if isinstance(value, dict):
                value.pop("changed_by", None)
    written = {
        "lettrage": __version__,
        "python": machine.python_version(),
        "system": machine.platform(),
        "sqlite": sqlite3.sqlite_version,
        "at": page.clock.now().isoformat(timespec="seconds"),
        "platform": platform,
        "settings": settings,
        "test": None if found is None else {"at": found.at, "steps": [one.step.shape for one in found.steps]},
        "answers": None if found is None else found.evidence,
        "troubles": troubles,
    }
    text = msgspec.json.format(msgspec.json.encode(written), indent=2).decode()
    if page.query.flag("fichier"):
        return page.file(text.encode(), f"support-{platform}-{page.today:%Y%m%d}.json", "application/json")
    return shown(page, "chorus", "support", company, title=page.t("settings.support"), text=text)

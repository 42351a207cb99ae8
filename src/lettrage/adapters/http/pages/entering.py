"""Signing in and out, the very first administrator, the company that is looked at, the language."""

import hmac
import secrets
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lettrage.adapters.http.house import House, SignIns, Turns, house_of
from lettrage.adapters.http.pages.admission import (
    LANGUAGE_COOKIE,
    SIGN_IN_COOKIE,
    language_for,
    posted_by,
    read_form,
    seen_by,
)
from lettrage.adapters.http.pages.asked import Form
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.rendering import plain
from lettrage.adapters.http.pages.words import words
from lettrage.adapters.http.problems import Problem
from lettrage.guard import passwords
from lettrage.guard.audited import Hand
from lettrage.guard.person import Likes
from lettrage.limits import CODE_CHARACTERS, HASHING, SIGN_IN_DAYS, WRONG_PASSWORDS
from lettrage.refusal import Refusal, Stop

router = APIRouter()

_WAIT = {"Retry-After": "600"}
_YEAR_SECONDS = 365 * 86_400
NAMED = 50  # companies whose names are read for the list


class Named(Protocol):
    """Somebody else who says who people are."""

    @property
    def name(self) -> str: ...  # noqa: D102


class Porch:
    """What comes before a page: the count of wrong passwords, the turns of hashing, the code of the first start.

    `code`: opens the page of the very first administrator, as long as nobody can sign in. It is shown where the
    service was started, and nowhere else. `provider`: through whom one may sign on too.
    """

    def __init__(self, provider: Named | None = None) -> None:
        self.provider = provider
        self.code = secrets.token_urlsafe(12)
        self.hashing = Turns(HASHING)
        self.opening = Lock()  # of two first administrators at the same moment, one is the first
        self._wrong = MovingWindowRateLimiter(MemoryStorage())

    def check(self, source: str, name: str) -> None:
        """Raises Problem (429) where this name or this address brought too many wrong passwords."""
        for most, key in self._counted(source, name):
            if not self._wrong.test(most, *key):
                raise Problem(429, Refusal("too_many_wrong_passwords", "", source, str(WRONG_PASSWORDS)), headers=_WAIT)

    def wrong(self, source: str, name: str) -> None:
        """Count a wrong one."""
        for most, key in self._counted(source, name):
            self._wrong.hit(most, *key)

    def _counted(self, source: str, name: str) -> list[tuple[RateLimitItemPerMinute, tuple[str, ...]]]:
        known = name[: CODE_CHARACTERS + 1]  # nobody's is longer: what is counted must not fill the memory
        return [
            (RateLimitItemPerMinute(WRONG_PASSWORDS, 10), ("name", source, known)),
            (RateLimitItemPerMinute(10 * WRONG_PASSWORDS, 10), ("source", source)),
        ]


def address_of_first_start(base_url: str, porch: Porch) -> str:
    """Where the very first administrator begins."""
    return f"{base_url}/premier-acces?code={porch.code}"


# ---------------------------------------------------------------- signing in


@router.get("/connexion")
def sign_in_page(request: Request) -> Response:
    """Who are you?"""
    return _asked(request, {"vers": request.query_params.get("vers", "")})


@router.post("/connexion")
async def sign_in(request: Request) -> Response:
    """A name and a password."""
    form = await read_form(request, "")
    return await run_in_threadpool(_sign_in, request, form)


def _sign_in(request: Request, form: Form) -> Response:
    house, source = house_of(request), _source(request)
    name, dossier = form.text("nom"), form.text("dossier")
    porch: Porch = request.app.state.porch
    porch.check(source, name)
    with porch.hashing.one():
        scope = _scope_of(house, dossier, lambda d: house.base.sign_ins.recognised(d, name, form.raw("mot_de_passe")))
    if scope is None:
        porch.wrong(source, name)
        typed = {"nom": name, "dossier": dossier, "vers": form.text("vers")}
        return _asked(request, typed, words(language_for(request), "frame.wrong_password"), 422)
    return signed_in(request, house, scope, name, inside(form.text("vers")))


def _scope_of(house: House, dossier: str, holds: Callable[[str], bool]) -> str | None:
    """The dossier of the account that this holds for, "" for one of all; None for none.

    Where no dossier is named: an account of all, else one of the only dossier there is.
    """
    found = next((scope for scope in ([dossier] if dossier else only_scopes(house)) if holds(scope)), None)
    return None if house.dossier and found not in ("", house.dossier) else found


def only_scopes(house: House) -> list[str]:
    """Where an account is looked for whose dossier nobody names: among those of all, then in the only one there is."""
    known = [house.dossier] if house.dossier else house.base.dossiers()
    return ["", *known] if len(known) == 1 else [""]


def signed_in(request: Request, house: House, dossier: str, name: str, to: str) -> Response:
    """On to the page that was wanted, signed in."""
    before = request.cookies.get(SIGN_IN_COOKIE, "")
    signs: SignIns = house.base.sign_ins
    if before:
        signs.end(before)
    response = RedirectResponse(to, 303)
    kept = signs.open(dossier, name, _source(request))
    response.set_cookie(
        SIGN_IN_COOKIE,
        kept,
        max_age=SIGN_IN_DAYS * 86_400,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _asked(request: Request, typed: dict[str, str], fault: str = "", status: int = 200) -> Response:
    house = house_of(request)
    if house.base.sign_ins.none_yet():
        return plain(language_for(request), "entering/nobody_yet.html", 200)
    many = not house.dossier and len(house.base.dossiers()) > 1
    values = {
        "typed": typed,
        "fault": fault,
        "many": many,
        "whence": f"/connexion?{urlencode({'vers': typed['vers']})}",
        "provider": request.app.state.provider.name if request.app.state.provider else "",
    }
    return plain(language_for(request), "entering/sign_in.html", status, **values)


@router.post("/deconnexion")
def sign_out(page: Annotated[Page, posted_by()]) -> Response:
    """Leave."""
    page.house.base.sign_ins.end(page.who.sign_in)
    response = RedirectResponse("/connexion", 303)
    response.delete_cookie(SIGN_IN_COOKIE)
    return response


# ---------------------------------------------------------------- the first start


@router.get("/premier-acces")
def first_page(request: Request) -> Response:
    """The very first administrator, by the code shown where the service was started."""
    code = request.query_params.get("code", "")
    _check_first(request, code)
    return _asked_first(request, code, {}, [], 200)


@router.post("/premier-acces")
async def first(request: Request) -> Response:
    """The very first administrator."""
    form = await read_form(request, "")
    return await run_in_threadpool(_first, request, form)


def _first(request: Request, form: Form) -> Response:
    with request.app.state.porch.opening:
        _check_first(request, form.text("code"))
        faults = _faults_of_first(request, form)
    name = form.text("nom")
    if faults:
        typed = {"nom": name, "nom_complet": form.text("nom_complet")}
        return _asked_first(request, form.text("code"), typed, faults, 422)
    return signed_in(request, house_of(request), "", name, "/mise-en-route")


def _asked_first(
    request: Request, code: str, typed: dict[str, str], faults: list[tuple[str, str]], status: int
) -> Response:
    whence = f"/premier-acces?{urlencode({'code': code})}"
    values = {"code": code, "typed": typed, "faults": faults, "whence": whence}
    return plain(language_for(request), "entering/first.html", status, **values)


def _faults_of_first(request: Request, form: Form) -> list[tuple[str, str]]:
    """Make the very first administrator; or what is wrong in the form, in which case nobody was made."""
    house, language = house_of(request), language_for(request)
    name, password = form.text("nom"), form.raw("mot_de_passe")
    if password != form.raw("encore"):
        return [("encore", words(language, "frame.passwords_differ"))]
    hand = Hand(name, _source(request))
    try:
        passwords.check(password)
        with request.app.state.porch.hashing.one():
            house.base.accounts.add(name, "administrator", "", hand)
            house.base.sign_ins.set_password("", name, password, form.text("nom_complet"), hand)
    except Stop as stop:
        field = "mot_de_passe" if stop.refusal.code == "weak_password" else "nom"
        return [(field, stop.refusal.say(language))]
    return []


def _check_first(request: Request, code: str) -> None:
    """Raises Problem where somebody can sign in already, or this is not the code."""
    house, porch = house_of(request), request.app.state.porch
    porch.check(_source(request), "")
    if not house.base.sign_ins.none_yet() or not hmac.compare_digest(code.encode(), porch.code.encode()):
        porch.wrong(_source(request), "")
        raise Problem(403, Refusal("not_allowed", "", "-", "users"))


# ---------------------------------------------------------------- dossier, language


@router.get("/dossiers")
def dossiers(page: Annotated[Page, seen_by()]) -> Response:
    """The companies that one may look at, the first of them by name too."""
    codes = _may_see(page)
    named = [(code, _name(page, code)) for code in codes[:NAMED]] + [(code, "") for code in codes[NAMED:]]
    return page.show("entering/dossiers.html", title=page.t("frame.dossiers_title"), dossiers=named)


def _name(page: Page, code: str) -> str:
    with page.house.base.books(code, writing=False) as books:
        return books.company.name


@router.post("/dossiers")
def choose(page: Annotated[Page, posted_by()]) -> Response:
    """Look at another company."""
    code = page.form.text("dossier")
    if code not in _may_see(page):
        raise Stop(Refusal("unknown_dossier", "dossier", code), error=403)
    page.house.base.sign_ins.look_at(page.who.sign_in, code)
    return page.go("/")


def _may_see(page: Page) -> list[str]:
    own = page.who.identity.dossiers
    known = [page.house.dossier] if page.house.dossier else page.house.base.dossiers()
    return [code for code in known if own is None or code in own]


@router.post("/langue")
async def choose_language(request: Request) -> Response:
    """French or English from now on, in this browser and for this person."""
    form = await read_form(request, "")
    chosen = form.text("langue") if form.text("langue") in ("fr", "en") else "fr"
    signs = house_of(request).base.sign_ins
    person = await run_in_threadpool(signs.person, request.cookies.get(SIGN_IN_COOKIE, ""))
    if person is not None:
        likes = person.likes
        await run_in_threadpool(signs.prefer, person, Likes(chosen, likes.theme, likes.rows, likes.shortcuts))
    response = RedirectResponse(inside(form.text("vers")), 303)
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    return response


def inside(to: str) -> str:
    """An address of ours; the home page for anything else, other hosts above all."""
    ours = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return to if ours else "/"


def _source(request: Request) -> str:
    return request.client.host if request.client else "-"

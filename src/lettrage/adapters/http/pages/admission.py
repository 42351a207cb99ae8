"""Who may look at a page, and whose form this is: the browser's sign-in, the role, the mark against forged forms."""

import hmac
from typing import Any

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request

from lettrage.adapters.http.house import House, house_of
from lettrage.adapters.http.pages.asked import Form
from lettrage.adapters.http.pages.page import Page, csrf_of
from lettrage.adapters.http.problems import Problem, language_of
from lettrage.guard.person import Person
from lettrage.limits import FORM_FIELD_BYTES, FORM_FIELDS, FORM_FILES
from lettrage.refusal import Language, Refusal

SIGN_IN_COOKIE = "lettrage"
LANGUAGE_COOKIE = "langue"
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf"
_LANGUAGES: dict[str, Language] = {"fr": "fr", "en": "en"}
_OUR_OWN = ("same-origin", "none")  # what a browser says of a call that no other site has made


class SignInWanted(Exception):
    """Nobody is signed in; whoever comes is asked who they are."""


class CompanyWanted(Exception):
    """The page is about a company, and none is chosen yet. `known`: whether there is any to choose from."""

    def __init__(self, known: bool) -> None:
        super().__init__()
        self.known = known


# What there is to look at before a company is chosen.
_OF_NO_COMPANY = ("/dossiers", "/deconnexion", "/moi", "/mise-en-route")


class Entrance:
    """The dependency that lets in who is signed in and may do this; `posting` reads the form too."""

    def __init__(self, action: str, *, posting: bool) -> None:
        self.action = action
        self.posting = posting

    async def __call__(self, request: Request) -> Page:
        """The page. Raises SignInWanted, CompanyWanted, or Problem: not for this role, or no form of ours."""
        house = house_of(request)
        person = await run_in_threadpool(_person, house, request)
        request.state.caller = person.identity.name
        if self.action and not person.identity.may(self.action):
            raise Problem(403, Refusal("not_allowed", "", person.identity.role, self.action))
        form = await read_form(request, person.sign_in) if self.posting else Form(FormData())
        dossier = await run_in_threadpool(_dossier, house, person)
        if not dossier and not request.url.path.startswith(_OF_NO_COMPANY):
            raise CompanyWanted(bool(await run_in_threadpool(house.base.dossiers)))
        request.state.dossier = dossier
        return Page(house, request, person, language_for(request, person), dossier, form)


def seen_by(action: str = "") -> Any:
    """A page for who may do this; "" for everybody who is signed in."""
    return Depends(Entrance(action, posting=False))


def posted_by(action: str = "") -> Any:
    """A form from who may do this."""
    return Depends(Entrance(action, posting=True))


def _person(house: House, request: Request) -> Person:
    kept = request.cookies.get(SIGN_IN_COOKIE, "")
    person = house.base.sign_ins.person(kept) if kept else None
    if person is None or not _served(house, person):
        raise SignInWanted
    return person


def _served(house: House, person: Person) -> bool:
    """Whether there is anything here for this person: a service of one dossier has nothing for people of another."""
    own = person.identity.dossiers
    return not house.dossier or own is None or house.dossier in own


def _dossier(house: House, person: Person) -> str:
    """The dossier that is looked at: the one chosen, else the only one there is; "" where one must choose."""
    if house.dossier:
        return house.dossier
    if person.identity.dossiers is not None:
        return next(iter(person.identity.dossiers))
    if person.shown:
        return person.shown
    known = house.base.dossiers()
    return known[0] if len(known) == 1 else ""


def language_for(request: Request, person: Person | None = None) -> Language:
    """The language of the reader: as set, else as chosen in this browser, else as the browser says."""
    chosen = (person.likes.language if person else "") or request.cookies.get(LANGUAGE_COOKIE, "")
    return _LANGUAGES.get(chosen) or language_of(request.headers.get("accept-language", ""))


async def read_form(request: Request, sign_in: str) -> Form:
    """The form that was posted. Raises Problem where it does not come from a page of this sign-in."""
    check_origin(request)
    async with request.form(max_files=FORM_FILES, max_fields=FORM_FIELDS, max_part_size=FORM_FIELD_BYTES) as values:
        form = await run_in_threadpool(Form, values)
    given = request.headers.get(CSRF_HEADER) or form.raw(CSRF_FIELD)
    if sign_in and not hmac.compare_digest(given.encode(), csrf_of(sign_in).encode()):
        raise Problem(403, Refusal("forged_form"))
    return form


def check_origin(request: Request) -> None:
    """Raises Problem for a form that another site has posted."""
    said = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    foreign = said not in _OUR_OWN if said is not None else origin is not None and origin.partition("//")[2] != host
    if foreign:
        raise Problem(403, Refusal("forged_form"))

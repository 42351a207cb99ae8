"""Who may work here: accounts with their roles and passwords, and the tokens of programs, each shown once."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, Errors, shown
from lettrage.adapters.http.problems import Problem
from lettrage.guard.passwords import acceptable
from lettrage.guard.roles import ROLES
from lettrage.limits import PASSWORD_CHARACTERS
from lettrage.refusal import Refusal, Stop, quoted

router = APIRouter()

HERE = ADDRESSES["users"]
Seen = Annotated[Page, seen_by("users")]
Posted = Annotated[Page, posted_by("users")]
_FIELDS = ("name", "full_name", "role", "scope")


def of_all(page: Page) -> bool:
    """Whether the reader may touch accounts of all dossiers."""
    return page.caller().dossiers is None


@router.get(HERE)
def users(page: Seen) -> Response:
    """The accounts, the open ones first."""
    if page.query.flag("csv"):
        with page.books() as books:
            people = books.people(everywhere=of_all(page))
        names = ("name", "full_name", "role", "created_at", "closed_at", "seen_at")
        heads = [page.t(f"settings.u_{name}") for name in names]
        return page.csv("utilisateurs", heads, ([p[name] or "" for name in names] for p in people))
    return _page(page)


@router.post(HERE)
def add(page: Posted) -> Response:
    """Open an account with a role, and with a password where it is a person's."""
    typed = {name: page.form.text(name) for name in _FIELDS}
    password = page.form.raw("password")
    errors = _faults(page, typed, password)
    if not errors:
        try:
            _open(page, typed, password)
        except Stop as stop:
            field = "password" if stop.refusal.code == "weak_password" else "name"
            errors = [(field, stop.refusal.say(page.language))]
    if errors:
        return _page(page, typed, errors)
    role = page.t(f"frame.role_{typed['role']}")
    return page.go(HERE, page.t("settings.user_opened", name=typed["full_name"] or typed["name"], role=role))


def _faults(page: Page, typed: dict[str, str], password: str) -> list[tuple[str, str]]:
    faults = [] if typed["name"] else [("name", page.t("settings.name_needed"))]
    if typed["role"] not in ROLES:
        faults.append(("role", page.t("settings.role_needed")))
    if password and not acceptable(password):
        least, most = PASSWORD_CHARACTERS
        fault = Refusal("weak_password", "password", str(len(password)), f"{least}-{most}")
        faults.append(("password", fault.say(page.language)))
    return faults


def _open(page: Page, typed: dict[str, str], password: str) -> None:
    base, scope = page.house.base, _scope(page, typed["scope"])
    base.accounts.add(typed["name"], typed["role"], scope, page.hand)
    if password:
        _hash(page, scope, typed["name"], password, typed["full_name"])


def _hash(page: Page, scope: str, name: str, password: str, full_name: str = "") -> None:
    """Give a password; few at the same time, for it costs."""
    with page.request.app.state.porch.hashing.one():
        page.house.base.sign_ins.set_password(scope, name, password, full_name, page.hand)


def _scope(page: Page, wanted: str) -> str:
    """The dossier of an account, "" for all dossiers. Raises Problem for what the reader may not touch."""
    if wanted != "all":
        return page.dossier
    if not of_all(page):
        raise Problem(403, Refusal("not_allowed", "", page.who.identity.role, "users"))
    return ""


@router.get(HERE + "/{scope}/{name:path}")
def user(page: Seen, scope: str, name: str) -> Response:
    """One account with its tokens."""
    return _one(page, scope, name)


@router.post(HERE + "/{scope}/{name:path}/jeton")
def new_token(page: Posted, scope: str, name: str) -> Response:
    """A new token of this account, shown on this page and never again."""
    found = _there(page, scope, name)
    role = page.form.text("role")
    if role not in ROLES:
        return _one(page, scope, name, [("role", page.t("settings.role_needed"))])
    text = page.house.base.accounts.issue(found["name"], role, _scope(page, scope), page.hand)
    answer = _one(page, scope, name, token=text)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post(HERE + "/{scope}/{name:path}/revoquer")
def revoke(page: Posted, scope: str, name: str) -> Response:
    """End a token."""
    _there(page, scope, name)
    shown_as = page.form.text("jeton")
    ended = page.house.base.accounts.revoke(shown_as, _scope(page, scope), page.hand)
    said = page.t("settings.token_revoked", token=shown_as) if ended else page.t("settings.no_such_token")
    return page.go(f"{HERE}/{scope}/{quote(name)}", said)


@router.post(HERE + "/{scope}/{name:path}/mot-de-passe")
def set_password(page: Posted, scope: str, name: str) -> Response:
    """Give another password; the account is signed out everywhere."""
    found, password = _there(page, scope, name), page.form.raw("password")
    try:
        _hash(page, _scope(page, scope), found["name"], password)
    except Stop as stop:
        return _one(page, scope, name, [("password", stop.refusal.say(page.language))])
    return page.go(f"{HERE}/{scope}/{quote(name)}", page.t("settings.password_set", name=found["full_name"] or name))


@router.post(HERE + "/{scope}/{name:path}/fermer")
def close(page: Posted, scope: str, name: str) -> Response:
    """Close an account: its tokens end, it is signed out everywhere. Nobody closes their own."""
    found = _there(page, scope, name)
    if _is_own(page, found):
        return _one(page, scope, name, [("", page.t("settings.not_your_own"))])
    page.house.base.accounts.close(found["name"], _scope(page, scope), page.hand)
    return page.go(HERE, page.t("settings.user_closed", name=found["full_name"] or name))


def _is_own(page: Page, found: dict[str, Any]) -> bool:
    own = page.who
    return bool((found["name"], found["everywhere"]) == (own.identity.name, own.identity.dossiers is None))


def _there(page: Page, scope: str, name: str) -> dict[str, Any]:
    """The account that an address names. Raises Problem."""
    with page.books() as books:
        people = books.people(everywhere=of_all(page))
    for person in people:
        if person["name"] == name and person["everywhere"] == (scope == "all") and scope in ("all", page.dossier):
            return person
    raise Problem(404, Refusal("no_such_account", "name", quoted(name)))


def _one(page: Page, scope: str, name: str, errors: Errors = (), token: str = "") -> Response:
    found = _there(page, scope, name)
    return shown(
        page, "users", "user", page.company(), title=found["full_name"] or name, errors=errors,
        person=found, at=f"{HERE}/{scope}/{quote(name)}", roles=_roles(page), token=token, own=_is_own(page, found),
    )  # fmt: skip


def _page(page: Page, typed: dict[str, str] | None = None, errors: Errors = ()) -> Response:
    with page.books() as books:
        company, people = books.company, books.people(everywhere=of_all(page))
    scopes = [(page.dossier, page.t("settings.this_dossier", code=page.dossier))]
    scopes += [("all", page.t("settings.all_dossiers"))] if of_all(page) else []
    blank = {"name": "", "full_name": "", "role": "clerk", "scope": page.dossier}
    return shown(
        page, "users", "users", company, errors=errors, people=people, roles=_roles(page),
        typed=blank | (typed or {}), scopes=scopes,
    )  # fmt: skip


def _roles(page: Page) -> list[tuple[str, str]]:
    return [(role, page.t(f"frame.role_{role}")) for role in ROLES]

"""The reader's own settings: language, theme, lines of a list, single-letter keys, password."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import Form
from lettrage.adapters.http.pages.entering import Porch, signed_in
from lettrage.adapters.http.pages.page import Page
from lettrage.guard.person import Likes
from lettrage.limits import ROWS
from lettrage.refusal import Stop

router = APIRouter()

HERE = "/moi"
LANGUAGES, THEMES = ("", "fr", "en"), ("", "light", "dark")


@router.get(HERE)
def own(page: Annotated[Page, seen_by()]) -> Response:
    """How the reader likes the pages."""
    return _page(page, [])


@router.post(HERE)
def prefer(page: Annotated[Page, posted_by()]) -> Response:
    """Keep it."""
    page.house.base.sign_ins.prefer(page.who, _likes(page.form))
    return page.go(HERE, page.t("settings.own_kept"))


def _likes(form: Form) -> Likes:
    """What was chosen; what is none of the choices is the first of them."""
    language, theme, rows = form.text("language"), form.text("theme"), form.text("rows")
    return Likes(
        language if language in LANGUAGES else "",
        theme if theme in THEMES else "",
        int(rows) if rows in map(str, ROWS) else ROWS[0],
        form.flag("shortcuts"),
    )


@router.post(HERE + "/mot-de-passe")
def change_password(page: Annotated[Page, posted_by()]) -> Response:
    """Another password, by whoever knows the old one; every other browser is signed out."""
    name, scope = page.who.identity.name, "" if page.who.identity.dossiers is None else page.who.scope
    source, new = page.request.client.host if page.request.client else "-", page.form.raw("new")
    porch: Porch = page.request.app.state.porch
    if new != page.form.raw("again"):
        return _page(page, [("again", page.t("frame.passwords_differ"))])
    porch.check(source, name)
    signs = page.house.base.sign_ins
    try:
        with porch.hashing.one():
            if not signs.recognised(scope, name, page.form.raw("old")):
                porch.wrong(source, name)
                return _page(page, [("old", page.t("settings.old_password_wrong"))])
            signs.set_password(scope, name, new, "", page.hand)
    except Stop as stop:
        return _page(page, [("new", stop.refusal.say(page.language))])
    return signed_in(page.request, page.house, scope, name, HERE)


def _page(page: Page, errors: list[tuple[str, str]]) -> Response:
    choices = {
        "language": [(one, page.t(f"settings.language_{one or 'browser'}")) for one in LANGUAGES],
        "theme": [(one, page.t(f"settings.theme_{one or 'system'}")) for one in THEMES],
        "rows": [(str(one), page.t("settings.rows_n", one)) for one in ROWS],
    }
    return page.show(
        "settings/own.html",
        422 if errors else 200,
        title=page.t("frame.my_settings"),
        errors=errors,
        faults=dict(errors),
        choices=choices,
        likes=page.who.likes,
    )

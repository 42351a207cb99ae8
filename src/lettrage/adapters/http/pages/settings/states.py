"""The states of instruments with their accounts, and the changes that lead from one to another."""

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.company import Posted, Seen, flag, missing
from lettrage.adapters.http.pages.settings.records import NEW, Field, Panel, edited
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, HOME, shown
from lettrage.adapters.http.pages.words import known
from lettrage.company.states import MEANS, STANDARD_CHANGES, State, StateChange

router = APIRouter()

CHANGES = f"{HOME}/changements"
_MEANS = {letter: name for name, letter in MEANS.items()}


@router.get(ADDRESSES["states"])
def states(page: Seen) -> Response:
    """Both tables."""
    company = page.company()
    if page.query.one("csv", ("etats", "changements"), "") == "etats":
        heads = [page.t(f"settings.f_states_{name}") for name in ("code", "meaning", "encashment", "disbursement")]
        rows = ((s.code, meaning(page, s.code), s.encashment, s.disbursement) for s in company.states.values())
        return page.csv("etats", heads, rows)
    if page.query.one("csv", ("etats", "changements"), "") == "changements":
        names = ("code", "direction", "from", "to", "default", "bank", "slip")
        heads = [page.t(f"settings.f_state_changes_{name}") for name in names]
        return page.csv("changements-d-etat", heads, (_cells(c) for c in company.changes.values()))
    lines = [(state, meaning(page, state.code)) for state in company.states.values()]
    return shown(
        page, "states", "states", company, lines=lines, changes=list(company.changes.values()),
        standard=STANDARD_CHANGES, writing=page.may("load"),
    )  # fmt: skip


def meaning(page: Page, code: str) -> str:
    """What a state is: the means and the position; "" for one of the company's own."""
    means, position = _MEANS.get(code[:1], ""), f"settings.position_{code[1:]}"
    return f"{page.t(f'settings.means_{means}')} · {page.t(position)}" if means and known(position) else ""


def _cells(c: StateChange) -> tuple[str, ...]:
    return (c.code, c.direction, ", ".join(c.sources), c.target, flag(c.default), flag(c.bank), flag(c.slip))


@router.get(ADDRESSES["states"] + "/{code}")
def state(page: Seen, code: str) -> Response:
    """One state's accounts, or a new state."""
    company = page.company()
    one = company.states.get(code) or (State("", "", "") if code == NEW else None)
    if one is None:
        raise missing(code)
    at, title = f"states.{code}", page.t("settings.new_state") if code == NEW else code
    panel = Panel("state", (
        Field(f"{at}.code", one.code, "code", 4, fixed=code != NEW),
        Field(f"{at}.encashment", one.encashment, "code", 4), Field(f"{at}.disbursement", one.disbursement, "code", 4),
    ))  # fmt: skip
    return edited(page, "states", company, [panel], title=title, back=ADDRESSES["states"])


@router.post(ADDRESSES["states"] + "/{code}")
def set_state(page: Posted, code: str) -> Response:
    """Keep it."""
    return state(page, code)


@router.get(CHANGES + "/{code}")
def change(page: Seen, code: str) -> Response:
    """One state change, or a new one."""
    company = page.company()
    one = company.changes.get(code) or (StateChange("", "encashment", ("10",), "") if code == NEW else None)
    if one is None:
        raise missing(code)
    at, title = f"state_changes.{code}", page.t("settings.new_change") if code == NEW else code
    directions = tuple((key, page.t(f"settings.{key}")) for key in ("encashment", "disbursement"))
    panel = Panel("change", (
        Field(f"{at}.code", one.code, "code", 4, fixed=code != NEW),
        Field(f"{at}.direction", one.direction, "choice", 8, directions),
        Field(f"{at}.from", ", ".join(one.sources), "list", 6), Field(f"{at}.to", one.target, "code", 6),
        *(Field(f"{at}.{name}", flag(getattr(one, name)), "flag", 12) for name in ("default", "bank", "slip")),
    ))  # fmt: skip
    return edited(page, "states", company, [panel], title=title, back=ADDRESSES["states"])


@router.post(CHANGES + "/{code}")
def set_change(page: Posted, code: str) -> Response:
    """Keep it."""
    return change(page, code)

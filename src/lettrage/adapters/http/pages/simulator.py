"""The simulator's own page, in qualification only: what it received, an invoice moved on, its clock, its faults."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.states import kind_of, word_of
from lettrage.adapters.http.problems import Problem
from lettrage.invoicing.simulated import FAULTS, KINDS, LEAPS, PLACES, WITH_MOTIVE, Simulated, Unanswered
from lettrage.refusal import Refusal, quoted

router = APIRouter()
HERE = "/simulateur"
SHOWN = 50  # deposits and invoices, the latest ones
# Why a buyer moves an invoice no further, by its status.
RESTS = dict.fromkeys(("REJETEE", "MISE_EN_PAIEMENT", "ABANDONNEE", "SUPPRIMEE"), "final") | dict.fromkeys(
    ("SUSPENDUE", "A_RECYCLER"), "supplier"
)
_TIMES_MOST = 1_000_000
Doer = Annotated[Page, posted_by("chorus")]


@router.get(HERE)
def simulator(page: Annotated[Page, seen_by("chorus")]) -> Response:
    """Everything at a glance."""
    return _shown(page, _simulated(page))


@router.post(HERE + "/etat")
def move(page: Doer) -> Response:
    """Move an invoice on to a state that is possible from where it is."""
    invoice, status, motive = _number(page.form.text("facture")), page.form.text("etat"), page.form.text("motif")
    there = _simulated(page)
    if status in WITH_MOTIVE and not motive:
        said = page.t("simulator.motive_wanted", state=word_of(status, page.language))
        return _shown(page, there, [(f"motif-{invoice}", said)])
    said = page.t("simulator.moved", state=word_of(status, page.language))
    return _done(page, there, lambda one: one.move(invoice, status, motive), said)


@router.post(HERE + "/horloge")
def advance(page: Doer) -> Response:
    """Move the clock ahead."""
    seconds = _number(page.form.text("avancer"))
    if seconds not in LEAPS:
        return _shown(page, _simulated(page), [("", page.t("simulator.no_leap"))])
    said = page.t("simulator.advanced", leap=page.t(f"simulator.leap_{seconds}"))
    return _done(page, _simulated(page), lambda one: one.advance(seconds), said)


@router.post(HERE + "/pannes")
def faults(page: Doer) -> Response:
    """Switch a fault on, one off, or all of them."""
    form, there = page.form, _simulated(page)
    if form.flag("eteindre"):
        number = _number(form.text("eteindre"))
        return _done(page, there, lambda one: one.fault_off(number or None), page.t("simulator.fault_off"))
    kind, place, times = form.text("allumer"), PLACES.get(form.text("ou")), form.text("fois")
    count = _number(times)
    if kind not in KINDS or place is None:
        return _shown(page, there, [("", page.t("simulator.no_fault"))])
    if times and not 0 < count <= _TIMES_MOST:
        return _shown(page, there, [("fois", page.t("simulator.malformed_times"))])
    said = page.t("simulator.fault_on", fault=page.t(f"simulator.fault_{kind}"))
    return _done(page, there, lambda one: one.fault_on(kind, place, count or None), said)


def _simulated(page: Page) -> Simulated:
    """The simulator of this machine. Raises Problem (404) where it is not the platform that is on."""
    with page.books() as books:
        found = page.house.invoicing.chorus.simulated(books.chorus_rows())
    if found is None:
        raise Problem(404, Refusal("no_such_address", "", quoted(HERE)))
    return found


def _done(page: Page, there: Simulated, deed: Callable[[Simulated], None], said: str) -> Response:
    try:
        deed(there)
    except Unanswered as trouble:
        return _shown(page, there, [("", _trouble(page, trouble))])
    return page.go(HERE, said)


def _trouble(page: Page, trouble: Unanswered) -> str:
    return page.t(f"simulator.trouble_{trouble.wrong}", said=trouble.said)


def _shown(page: Page, there: Simulated, errors: list[tuple[str, str]] | None = None) -> Response:
    try:
        state, flows, invoices = there.state(), there.flows(), there.invoices()
    except Unanswered as trouble:
        return page.show(
            "simulator/silent.html",
            title=page.t("simulator.title"),
            trouble=_trouble(page, trouble),
            errors=errors or [],
        )
    return page.show(
        "simulator/page.html",
        422 if errors else 200,
        title=page.t("simulator.title"),
        errors=errors or [],
        state=state,
        flows=flows[: -SHOWN - 1 : -1],
        invoices=invoices[: -SHOWN - 1 : -1],
        groups=FAULTS,
        places=[(place, page.t(f"simulator.place_{place}")) for place in PLACES],
        place_of={path: page.t(f"simulator.place_{place}") for place, path in PLACES.items()},
        on={fault.kind: number for number, fault in state.faults.items()},
        known=KINDS,
        leaps=LEAPS,
        with_motive=WITH_MOTIVE,
        kind_of=kind_of,
        word_of=lambda code: word_of(code, page.language),
        rests=lambda code: RESTS.get(code, "clock"),
        asked=_number(page.form.text("facture")),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0

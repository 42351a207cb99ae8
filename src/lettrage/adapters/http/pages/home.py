"""The home page: is anything stopped, how much money is expected, what is to be done first."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from lettrage.acts.declaring import owed as declarations_owed
from lettrage.adapters.http.pages import typeset
from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.declarations import STANDINGS
from lettrage.adapters.http.pages.declarations import said as in_words
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.states import Kind as Shape
from lettrage.books.ageing import AGES, Receivables
from lettrage.books.today import Kind, Waiting
from lettrage.dates import PARIS
from lettrage.invoicing.doors import environment_of
from lettrage.invoicing.lifecycle.acknowledged import explain_ack
from lettrage.money import Currency, ratio
from lettrage.reporting.declarations import Due

router = APIRouter()

ANNOUNCED_SHOWN = 5

# Of each kind of what waits: its shape, the list that shows exactly these, and what the button needs to be allowed.
_LINES: Mapping[Kind, tuple[Shape, str, str]] = {
    "rejected": ("bad", "/factures?vue=a_corriger", "send"),
    "messages": ("bad", "/declarations", "send"),
    "refused": ("bad", "/reglements?vue=refuses", "settle"),
    "unpaid": ("bad", "/portefeuille?vue=impayes", "unpaid"),
    "suspended": ("warn", "/factures?vue=suspendues", "send"),
    "doubtful": ("warn", "/factures?vue=doute", "release"),
    "cheques": ("run", "/portefeuille", "slip"),
    "slips": ("run", "/portefeuille?vue=bordereau", "slip"),
    "lines": ("run", "/banque/releves", "bank"),
    "tasks": ("run", "/reglements?vue=avoirs", "close_task"),
    "password": ("warn", "/parametres/chorus", "chorus"),
}


class Line(msgspec.Struct, frozen=True):
    """A line of what is to be done. `amount`: None where there is none."""

    shape: Shape
    said: str
    detail: str
    amount: int | None
    href: str
    action: str  # the button's word, "" where the reader may not


class Age(msgspec.Struct, frozen=True):
    """A bar of the ageing. `width`: of the longest one, in percent."""

    key: str
    amount: int
    width: str
    href: str


@router.get("/")
def home(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """The home page; the guide of the first start as long as there is no company."""
    if not page.dossier:
        return RedirectResponse("/mise-en-route" if not page.house.base.dossiers() else "/dossiers", 303)
    today = page.today
    before = today.replace(day=1) - timedelta(1)
    with page.books() as books:
        platform, currency = books.platform_on(), books.company.currency
        waiting, running, announced = (
            books.to_do(platform, today), books.running(platform, today), books.announced(platform),
        )  # fmt: skip
        receivables = books.receivables(today)
        months = books.received_in(today), books.received_in(before)
        checks, entries = books.check_runs(1), books.chain_stands()[1]
        owed = declarations_owed(books, environment_of(platform), today)
    return page.show(
        "home/page.html",
        title=page.t("frame.home"),
        currency=currency,
        receivables=receivables,
        ages=_ages(receivables),
        share=_share(receivables),
        announced=announced[:ANNOUNCED_SHOWN],
        announced_more=max(0, len(announced) - ANNOUNCED_SHOWN),
        announced_sum=sum(one.amount for one in announced),
        announced_count=len(announced),
        month=months[0],
        month_before=months[1],
        month_said=_month(page, today),
        month_before_said=_month(page, before),
        lines=[*(_declaration(page, one) for one in owed), *(_line(page, waits, currency) for waits in waiting)],
        running=running,
        check=checks[0] if checks else None,
        check_when=_when(page, checks[0].at) if checks else "",
        fetch_when=_when(page, running.fetch_next),
        under_way=_under_way(page),
        nothing_yet=entries == 0,
    )


def _declaration(page: Page, period: Due) -> Line:
    """A report of payments whose time has come, or passed."""
    left = period.days_left(page.today)
    detail = "past" if left < 0 else "left" if left else "last_day"
    due = page.t("home.declare_due", due=typeset.day(period.period.due, page.language))
    said = page.t(f"declarations.{detail}", abs(left)) if left else page.t("declarations.last_day")
    correcting = period.standing in ("to_correct", "missing")
    return Line(
        STANDINGS[period.standing],
        page.t(f"home.todo_{period.standing if correcting else 'declare'}", period=in_words(page, period.period)),
        due if correcting else f"{due} · {said}",
        None,
        f"/declarations/{period.name}",
        page.t("home.do_declare") if page.may("declare") else "",
    )


def _under_way(page: Page) -> bool:
    running = page.request.app.state.checks.of(page.dossier)
    return running is not None and not running.over.is_set()


# ---------------------------------------------------------------- what waits


def _line(page: Page, waits: Waiting, currency: Currency) -> Line:
    shape, href, action = _LINES[waits.kind]
    if waits.facts.get("bank"):
        href += ("&" if "?" in href else "?") + f"banque={waits.facts['bank']}"
    if waits.kind == "refused" and waits.count == 1:
        href = f"/reglements/documents/{waits.facts['document']}"
    if waits.kind == "messages" and waits.facts["document"]:
        href = f"/factures/{waits.facts['document']}?onglet=historique"
    return Line(
        shape,
        page.t(f"home.todo_{waits.kind}", waits.count),
        _DETAILS[waits.kind](page, waits),
        waits.amount if waits.kind not in ("messages", "refused", "lines", "password") else None,
        href,
        page.t(f"home.do_{waits.kind}") if page.may(action) else "",
    )


def _rejected(page: Page, waits: Waiting) -> str:
    chorus, customer = int(waits.facts["by_chorus"]), int(waits.facts["by_customer"])
    parts = [
        *([page.t("home.by_chorus", chorus)] if chorus else []),
        *([page.t("home.by_customer", customer)] if customer else []),
    ]
    return " · ".join((", ".join(parts), _since(page, waits)))


def _refused(page: Page, waits: Waiting) -> str:
    at = typeset.moment(waits.since, page.language)
    return page.t("home.in_document", document=waits.facts["document"], caller=waits.facts["caller"], at=at)


def _unpaid(page: Page, waits: Waiting) -> str:
    told = " · ".join(filter(None, (waits.facts.get("name"), waits.facts.get("reason"))))
    return told or _since(page, waits)


def _in_hand(page: Page, waits: Waiting) -> str:
    return " · ".join(filter(None, (waits.facts["bank"], _since(page, waits))))


def _password(page: Page, waits: Waiting) -> str:
    days = (date.fromisoformat(waits.since) - page.today).days
    key = "home.expired" if days < 0 else "home.expires"
    return page.t(key, abs(days), day=typeset.day(waits.since, page.language))


def _since(page: Page, waits: Waiting) -> str:
    return page.t(f"home.oldest_{waits.kind}", day=typeset.day(waits.since, page.language)) if waits.since else ""


def _messages(page: Page, waits: Waiting) -> str:
    """What the platform has against it, explained."""
    said = explain_ack(waits.facts["code"], waits.facts["text"], "", "") if waits.facts["text"] else None
    return " · ".join(filter(None, (said.shape[page.language] if said else "", _since(page, waits))))


def _lines(page: Page, _waits: Waiting) -> str:
    return page.t("home.lines_why")


def _tasks(page: Page, _waits: Waiting) -> str:
    return page.t("home.tasks_why")


_DETAILS: Mapping[Kind, Callable[[Page, Waiting], str]] = {
    "rejected": _rejected,
    "messages": _messages,
    "refused": _refused,
    "unpaid": _unpaid,
    "suspended": _since,
    "doubtful": _since,
    "cheques": _in_hand,
    "slips": _in_hand,
    "lines": _lines,
    "tasks": _tasks,
    "password": _password,
}


# ---------------------------------------------------------------- figures


def _ages(receivables: Receivables) -> list[Age]:
    amounts = receivables.ageing.amounts
    longest = max(map(abs, amounts)) or 1
    return [
        Age(key, amount, str(100 * abs(amount) // longest), f"/echeances?age={key}")
        for key, amount in zip(AGES, amounts, strict=True)
    ]


def _share(receivables: Receivables) -> int:
    """The overdue part of what is open, in percent."""
    ageing = receivables.ageing
    return ratio(100 * ageing.overdue, ageing.total) if ageing.total > 0 else 0


def _when(page: Page, at: str) -> str:
    """The hour of a moment of today, the day of another; "" where there is none."""
    if not at:
        return ""
    of_today = datetime.fromisoformat(at).astimezone(PARIS).date() == page.today
    return typeset.hour(at) if of_today else typeset.day(datetime.fromisoformat(at).astimezone(PARIS), page.language)


def _month(page: Page, day: date) -> str:
    return page.t(f"home.month_{day.month}")

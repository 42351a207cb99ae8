"""Before an invoice is cancelled by status 220: what that does, and what was received. Nothing takes it back."""

import hashlib
import secrets

import msgspec
from starlette.responses import Response

from lettrage.acts import rehearse
from lettrage.acts.statuses import DeclareStatus
from lettrage.adapters.http.pages.invoice_case import Case
from lettrage.adapters.http.pages.page import Page
from lettrage.invoicing.sending.carried import taken

ENDING = "220"


class Received(msgspec.Struct, frozen=True):
    """What the books received of an invoice by now, and what of it the platform was told (212): minor units."""

    books: int
    told: int

    @property
    def seal(self) -> str:
        """By which it is known again: whoever confirms has seen these amounts."""
        return hashlib.sha256(f"{self.books} {self.told}".encode()).hexdigest()[:24]


def received(page: Page, case: Case) -> Received:
    """The money of an invoice as it is now."""
    with page.books() as books:
        found = books.invoice_told(case.kept.kin, case.platform, case.content.frame)
    there = sum(one.amount for one in found.payments if not one.cancelled)
    return Received(there, sum(one.amount for one in taken(found.messages)))


def asked_first(page: Page, case: Case, act: DeclareStatus) -> Response | None:
    """The page that says what cancelling does; None where it was seen as it is now, or nothing is to be seen: the act
    itself has every reason against it."""
    if act.code != ENDING:
        return None
    money = received(page, case)
    if page.form.text("vu") == money.seal:
        return None
    if rehearse(act, page.caller(), page.house.base, page.clock).performed.result is None:
        return None
    return page.show(
        "invoice/ending.html",
        title=page.t("ending.title", number=case.document.number),
        case=case,
        money=money,
        changed=bool(page.form.text("vu")),
        instead=act.by_number,
        key=secrets.token_urlsafe(16),
        back=page.form.text("de"),
    )

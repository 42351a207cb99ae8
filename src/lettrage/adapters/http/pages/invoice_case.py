"""What the page of one invoice knows: read once from the books, with what follows from it."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.page import Page
from lettrage.invoicing.checks.directory import FRESH, Wanted
from lettrage.invoicing.checks.rules.directory import RESERVED_SERVICE
from lettrage.invoicing.document import Invoice, Platform
from lettrage.invoicing.doors import environment_of, is_approved
from lettrage.invoicing.explaining.messages import Next, messages
from lettrage.invoicing.explaining.proposing import Proposed, proposed
from lettrage.invoicing.explaining.standing import Standing
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.portal import Structure
from lettrage.invoicing.sending.case import Kept, Papers, Placed, state_now
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.invoicing.sending.statuses import ENDS
from lettrage.refusal import Refusal, Stop

_NUMBERS = 2**62  # what a column of numbers holds is far below
_FROM_MOST = 1_000  # characters of the address of a list


class Directory(msgspec.Struct, frozen=True):
    """What the copy of the directory has of the buyer: its services in the order of proposal, what it demands."""

    structure: Structure | None = None
    read_at: datetime | None = None
    services: Sequence[Proposed] = ()

    def is_old(self, now: datetime) -> bool:
        """Whether the directory is to be asked again before anybody chooses from this."""
        return self.read_at is None or now - self.read_at > FRESH


class Case(msgspec.Struct, frozen=True):
    """One invoice as the books have it. `findings`: what Chorus Pro has against it, or asks for."""

    kept: Kept
    placed: Sequence[Placed]
    events: Sequence[Event]
    papers: Papers
    state: str
    standing: Standing | None
    findings: Sequence[Finding]

    @property
    def document(self) -> Shelved:
        """The document that is looked at."""
        return self.kept.document

    @property
    def content(self) -> Invoice:
        """What it says."""
        return self.papers.content

    @property
    def platform(self) -> str:
        """The platform that it was deposited on last, else Chorus Pro's of the environment that is on."""
        return self.kept.platform

    @property
    def environment(self) -> Platform:
        """The environment of that platform."""
        return environment_of(self.platform)

    @property
    def is_carried(self) -> bool:
        """Whether an approved platform has it: then we may say statuses of it."""
        known = self.standing.deposit.outcome if self.standing is not None else ""
        return is_approved(self.platform) and known == "integrated" and self.state not in ENDS

    @property
    def is_newest(self) -> bool:
        """Whether no other document takes its place: only then is there anything to do about it."""
        return self.kept.newest.id == self.document.id and self.kept.after is None

    @property
    def step(self) -> Next | str:
        """What it asks of us: `send` where it was never sent, `release` for a doubt, `none` where nothing is to do."""
        if not self.is_newest:
            return "none"
        if self.standing is None:
            return "send"
        if self.standing.deposit.outcome == "in_doubt":
            return "release"
        if self.standing.step == "resend" and self._number_is_wrong:
            return "new_number"
        return self.standing.step

    @property
    def waits_for_us(self) -> bool:
        """Whether Chorus Pro, or the customer, waits for something that a person here has to do."""
        return bool(self.findings) or self.step in ("release", "complete", "recycle", "new_number")

    @property
    def _number_is_wrong(self) -> bool:
        """Whether a message is about the number itself, so that it cannot be kept."""
        known = (messages().get(finding.code) for finding in self.findings)
        return any(message is not None and message.next == "new_number" for message in known)


def case_of(page: Page, books: Readings, id_: int) -> Case:
    """One invoice, by the number of a document. Raises Stop (404) where there is none."""
    kept = books.invoice_kept(id_) if 0 < id_ < _NUMBERS else None
    if kept is None:
        raise Stop(Refusal("no_such_invoice", "N", str(id_)))
    placed = books.invoice_placed(kept.kin, kept.platform)
    own = next((one for one in placed if one.deposit.document == id_), None)
    papers = books.invoice_papers(id_, own.deposit.flow if own else 0)
    events = books.invoice_events(kept.kin, kept.platform)
    standing = None
    if own is not None:
        mine = [event for event in events if event.document == id_]
        standing = Standing(kept.platform, kept.document, own.deposit, papers.file, papers.content, mine)
    findings = standing.explained() if standing is not None else []
    return Case(kept, placed, events, papers, state_now(kept, placed), standing, findings)


def directory_of(books: Readings, case: Case, today: date) -> Directory:
    """The buyer in the directory's copy, its services with the closest and most used first."""
    refused = "" if case.step in ("new_number", "recycle") else case.content.service  # else nothing was said of it
    wanted = Wanted(case.content.buyer.siret)
    kept = books.kept_structures(case.platform, [wanted]).get(wanted)
    if kept is None or kept.structure is None:
        return Directory(None, kept.fetched_at if kept else None)
    taken = books.services_taken(case.document.third_party, case.platform, date(today.year, 1, 1))
    offered = [one for one in kept.structure.services if one.code != RESERVED_SERVICE]
    return Directory(kept.structure, kept.fetched_at, proposed(offered, refused, taken))


# ---------------------------------------------------------------- the list one came from


def came_from(given: str) -> str:
    """The address of the list that one came from; "" for anything but one of our own lists of invoices."""
    if len(given) > _FROM_MOST or not given.isascii() or not given.isprintable() or "\\" in given:
        return ""
    parts = urlsplit(given)
    ours = not parts.scheme and not parts.netloc and parts.path == "/factures"
    return f"/factures?{urlencode(parse_qsl(parts.query))}".rstrip("?") if ours else ""

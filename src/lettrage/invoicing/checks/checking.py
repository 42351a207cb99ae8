"""A kept document before the pre-check: what the books and the settings say of it, what is asked of the directory.

Reading, asking and writing are apart: the books are read in one go, the portal is asked while no transaction is open,
and what it said is written afterwards. `check_kept` is all of it, for whoever checks: a command, the API, the sending.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol, TypeVar

import msgspec

from lettrage.company.customer import Customer, PublicBuyer
from lettrage.company.dossier import Company, Establishment
from lettrage.invoicing.billing.sale import Masters
from lettrage.invoicing.checks.circumstances import Circumstances, Fate, NotAsked, Told, Use
from lettrage.invoicing.checks.directory import STATE, Inquiry, Kept, News, Wanted, told_by_platform
from lettrage.invoicing.checks.official import OfficialRules
from lettrage.invoicing.checks.precheck import Checked, precheck
from lettrage.invoicing.checks.rules.identity import known_as
from lettrage.invoicing.document import SIRET, Invoice, Party, Platform, Syntax
from lettrage.invoicing.doors import Door
from lettrage.invoicing.portal import Found
from lettrage.invoicing.routing.copies import Connect, Copies, Copy, Key
from lettrage.invoicing.routing.deciding import Chosen, Known, looked_up
from lettrage.invoicing.sending.addressed import addressed, dialect, services
from lettrage.invoicing.sending.deposit import likeness
from lettrage.invoicing.sending.format import usual_syntax
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.settlement.document import Ledger

T = TypeVar("T")
_FREE: frozenset[Fate] = frozenset(("none", "refused"))  # what leaves a number free


class Books(Protocol):
    """What is asked of a dossier's books."""

    company: Company
    today: date

    def third_party_records(self, codes: Collection[str] | None) -> Mapping[str, tuple[Ledger, Customer]]:
        """What is known of these third parties."""

    def chorus_choices(self) -> Mapping[tuple[str, str], str]:
        """The settings of Chorus Pro that hold on both platforms."""

    def kept_structures(self, platform: str, wanted: Sequence[Wanted]) -> Mapping[Wanted, Kept]:
        """What the directory said of these."""

    def keep_structures(self, platform: str, news: Iterable[News], at: datetime) -> None:
        """Keep what the portal has just said."""

    def uses_of(self, number: str, document: int | None, platform: str) -> tuple[Use, ...]:
        """The documents of a number."""

    def document_content(self, id_: int) -> Invoice:
        """A document's content."""

    def routes_chosen(self, codes: Collection[str]) -> Mapping[str, Chosen]:
        """The doors that somebody chose for these customers."""

    def directory_copies(self, platform: str, keys: Collection[Key]) -> Copies:
        """What an approved platform's directory said of these."""

    def keep_copies(self, platform: str, news: Sequence[Copy]) -> None:
        """Keep what it has just said."""


class Store(Protocol):
    """Where the books are."""

    def books(self, dossier: str, *, writing: bool) -> AbstractContextManager[Books]: ...  # noqa: D102

    def write(self, dossier: str, work: Callable[[Books], T]) -> T: ...  # noqa: D102


class Way(msgspec.Struct, frozen=True):
    """How invoices are to go: in this environment; by the customer's route and in the settings' syntax, unless said."""

    platform: Platform
    door: Door | None = None
    syntax: Syntax | None = None


class Question(msgspec.Struct, frozen=True):
    """An invoice with all that the books say about sending it; Chorus Pro's directory has not been asked yet.

    `told`: what the approved platform's directory says of a public buyer.
    """

    invoice: Invoice
    circumstances: Circumstances
    told: Told
    kept: Mapping[Wanted, Kept] = {}


def check_kept(
    store: Store,
    dossier: str,
    documents: Sequence[Shelved],
    way: Way,
    inquiry: Inquiry,
    connect: Connect | None,
    official: OfficialRules,
    now: datetime,
    instead: Mapping[int, Invoice],
) -> list[Checked]:
    """Everything that speaks against sending each of these documents, in their order.

    Nothing is raised for what is wrong with them, or with a platform. `connect`: to the approved
    platform's directory; `instead`: contents that some would have.
    """
    with store.books(dossier, writing=False) as books:
        contents = {one.id: instead.get(one.id) or books.document_content(one.id) for one in documents}
    customers = list(dict.fromkeys(one.third_party for one in documents))
    found = looked_up(store, dossier, customers, way.platform, connect, now, services(documents, contents))
    with store.books(dossier, writing=False) as books:
        asked = [question(books, one, way, contents[one.id], found[one.third_party], now) for one in documents]
    checked = [answered(one, inquiry, official) for one in asked]
    if inquiry.news:
        store.write(dossier, lambda books: books.keep_structures(way.platform, inquiry.news, now))
    return checked


def question(books: Books, document: Shelved, way: Way, content: Invoice, known: Known, now: datetime) -> Question:
    """What the books say of a document that is to be sent with this content, and of its customer."""
    choices, routed = books.chorus_choices(), known.route(content.frame, content.service, way.door)
    invoice = addressed(content, routed)
    masters = Masters.of(books.company, books.third_party_records([document.third_party]), choices)
    customer = masters.customers.get(document.third_party, Customer(document.third_party))
    public = customer.chorus or PublicBuyer()
    sender = books.company.establishments.get(document.establishment, Establishment(document.establishment))
    bank = masters.rib(sender)
    circumstances = Circumstances(
        today=books.today,
        platform=way.platform,
        route=dialect(routed),
        syntax=way.syntax or usual_syntax(invoice, choices),
        public_buyer=routed.public,
        siret=sender.siret or books.company.siret,
        iban=bank.iban.replace(" ", "") if bank is not None else "",
        means_on_credit_notes=masters.rib_on_credit_notes,
        service_demanded=public.service_required,
        engagement_demanded=public.engagement_required,
        uses=books.uses_of(invoice.number, document.id, way.platform),
        routed=routed,
        asked=way.door,
    )
    wanted = [one for one in (_wanted(invoice.seller), _wanted(invoice.buyer, invoice.service)) if one is not None]
    return Question(
        invoice,
        circumstances,
        told_by_platform(known, invoice.service, now),
        books.kept_structures(way.platform, wanted),
    )


def answered(asked: Question, inquiry: Inquiry, official: OfficialRules) -> Checked:
    """Everything that speaks against sending it. Asks the portal where the copy does not do."""
    return precheck(asked.invoice, informed(asked, inquiry), official)


def informed(asked: Question, inquiry: Inquiry) -> Circumstances:
    """The circumstances with what the directory says."""
    invoice, circumstances = asked.invoice, asked.circumstances
    if circumstances.door == "platform":
        return circumstances
    changes: dict[str, Told | bool | tuple[Use, ...]] = dict(_number(asked, inquiry))
    if (supplier := _wanted(invoice.seller)) is not None:
        changes["supplier"] = inquiry.told(supplier, asked.kept.get(supplier))
    if (buyer := _wanted(invoice.buyer, invoice.service)) is not None:
        changes["buyer"] = _buyer(asked, buyer, inquiry)
    seller = known_as(invoice.seller)
    if invoice.engagement and seller is not None and buyer is not None and buyer.identifier == STATE:
        changes["engagement"] = inquiry.engagement(seller.id, invoice.engagement)
    return msgspec.structs.replace(circumstances, **changes)


def _buyer(asked: Question, buyer: Wanted, inquiry: Inquiry) -> Told:
    """What a public buyer demands: by the directory of its door, by the other's where that one has not told."""
    if asked.circumstances.route == "platform" and not isinstance(asked.told, NotAsked):
        return asked.told
    by_chorus = inquiry.told(buyer, asked.kept.get(buyer))
    return asked.told if isinstance(by_chorus, NotAsked) and not isinstance(asked.told, NotAsked) else by_chorus


def _number(asked: Question, inquiry: Inquiry) -> Iterator[tuple[str, NotAsked | tuple[Use, ...]]]:
    """What the platform has under an invoice's number, where the documents here tell of nothing that stands there."""
    invoice, uses = asked.invoice, asked.circumstances.uses
    if asked.circumstances.route != "chorus" or uses is None or any(use.fate not in _FREE for use in uses):
        return
    there = inquiry.numbered(invoice.number)
    if isinstance(there, NotAsked):
        yield "number", there
        return
    seller = known_as(invoice.seller)
    supplier = seller.id if seller is not None else ""
    theirs = [one for one in there if not one.supplier or not supplier or one.supplier == supplier]
    if theirs:
        same = any(_same(invoice, one) for one in theirs)
        yield "uses", (*uses, Use(0, "integrated" if same else "taken", mine=True))


def _same(invoice: Invoice, found: Found) -> bool:
    return likeness(invoice, invoice.buyer.siret, invoice.totals.gross, found) != "other"


def _wanted(party: Party, service: str = "") -> Wanted | None:
    """How the directory is asked for a party: by its SIRET. Others than French structures are not looked up."""
    known = known_as(party)
    return Wanted(known.id, service=service) if known is not None and known.scheme == SIRET else None

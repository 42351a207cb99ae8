"""What every route works with, and what a call has said once its caller is known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from threading import BoundedSemaphore
from typing import Any, Protocol, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lettrage.acts import ActBooks, ActStore
from lettrage.acts.chorus import SetChorus
from lettrage.acts.declaring import Judge
from lettrage.adapters.http.door import Door, People, check
from lettrage.adapters.http.figures import Figures
from lettrage.adapters.http.pages.looks import Looks
from lettrage.adapters.http.problems import Problem
from lettrage.bank.slip import Made, Waiting
from lettrage.books.due import Account
from lettrage.books.laws import Finding
from lettrage.books.logbook import Page as LogbookPage
from lettrage.books.logbook import Search
from lettrage.books.reports import Report
from lettrage.caller import Caller
from lettrage.company.dossier import Company
from lettrage.guard.audited import Hand
from lettrage.guard.identity import Identity
from lettrage.guard.person import Likes, Person
from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.checks.checking import Way
from lettrage.invoicing.checks.official import LifecycleRules
from lettrage.invoicing.checks.precheck import Checked
from lettrage.invoicing.connecting.approved import Answers
from lettrage.invoicing.connecting.diagnose import Evidence, Step
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.flow_service import DirectoryService
from lettrage.invoicing.portal import Portal
from lettrage.invoicing.sending.format import Render
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.shelf import Sent, Shelved
from lettrage.invoicing.settings import Change, Platform, Row
from lettrage.invoicing.simulated import Simulated
from lettrage.limits import LARGE, LARGE_BYTES, SEARCHING, VERIFYING
from lettrage.money import Currency
from lettrage.opening import LoadingStore
from lettrage.ports import Clock
from lettrage.refusal import Language, Refusal, quoted

ORIGIN = "web service"
T = TypeVar("T")
Position = tuple[int | str, ...]
PageOf = tuple[list[dict[str, Any]], Position | None]  # lines of a list, and where it goes on


class Readings(ActBooks, Looks, Protocol):
    """Books with their lists, page by page, and everything else that is looked at."""

    def items_page(self, today: date, third_party: str, after: Position, limit: int, *, everything: bool) -> PageOf: ...  # noqa: D102
    def entries_page(self, home: Currency, first: str, last: str, after: Position, limit: int) -> PageOf: ...  # noqa: D102
    def portfolio_page(self, home: Currency, state: str, after: Position, limit: int) -> PageOf: ...  # noqa: D102
    def tasks_page(self, home: Currency, after: Position, limit: int) -> PageOf: ...  # noqa: D102
    def third_parties_page(  # noqa: D102
        self, today: date, home: Currency, after: Position, limit: int, *, everything: bool
    ) -> PageOf: ...
    def statement(  # noqa: D102
        self, code: str, today: date, home: Currency, as_of: date | None = None
    ) -> dict[str, Any] | None: ...
    def transaction(self, number: int, home: Currency) -> dict[str, Any] | None: ...  # noqa: D102
    def slips(self) -> list[Made]: ...  # noqa: D102
    def platform_on(self) -> str: ...  # noqa: D102
    def platform_of(self, documents: Sequence[Shelved], environment: str) -> str: ...  # noqa: D102
    def documents_page(  # noqa: D102
        self, platform: str, state: str, third_party: str, after: Position, limit: int
    ) -> PageOf: ...
    def documents_of(self, number: str, third_party: str = "", id_: int = 0) -> list[Shelved]: ...  # noqa: D102
    def document_content(self, id_: int) -> Invoice: ...  # noqa: D102
    def latest_file(self, documents: Sequence[Shelved], platform: str) -> bytes | None: ...  # noqa: D102
    def deposits_of_documents(self, documents: Sequence[Shelved], platform: str) -> list[Sent]: ...  # noqa: D102
    def events(self, document: int, platform: str) -> list[Event]: ...  # noqa: D102
    def file_sent(self, sent: Sent) -> bytes: ...  # noqa: D102
    def document_shown(self, documents: Sequence[Shelved], platform: str) -> dict[str, Any]: ...  # noqa: D102
    def waiting_for_slip(self) -> list[Waiting]: ...  # noqa: D102
    def logbook(self, search: Search, limit: int, before: int | None = None) -> LogbookPage: ...  # noqa: D102
    def logged(self, number: int, home: Currency) -> dict[str, Any]: ...  # noqa: D102


class Chorus(Protocol):
    """Chorus Pro as the service sets it up and tries it; the secrets and the calls are behind it."""

    def shape(self, dossier: str, rows: Sequence[Row]) -> dict[str, Any]: ...  # noqa: D102
    def set(self, dossier: str, changes: Sequence[Change], by: str) -> SetChorus: ...  # noqa: D102
    def test(  # noqa: D102
        self, dossier: str, rows: Sequence[Row], company: Company, platform: Platform | None = None
    ) -> tuple[list[Step], Evidence]: ...
    def approved(self, store: Any, dossier: str, platform: str) -> ApprovedSettings: ...  # noqa: D102
    def approved_shape(self, dossier: str, rows: Sequence[Row]) -> dict[str, Any]: ...  # noqa: D102
    def test_approved(  # noqa: D102
        self, dossier: str, rows: Sequence[Row], company: Company, platform: str
    ) -> tuple[list[Step], Answers]: ...
    def portal(self, store: Any, dossier: str, platform: Platform | None = None) -> Portal: ...  # noqa: D102
    def directory(self, store: Any, dossier: str, platform: str) -> DirectoryService: ...  # noqa: D102
    def simulated(self, rows: Sequence[Row]) -> Simulated | None: ...  # noqa: D102


class Check(Protocol):
    """The pre-check of documents that are kept. `instead`: contents that some of them would have, by their numbers."""

    def __call__(  # noqa: D102
        self,
        dossier: str,
        documents: Sequence[Shelved],
        way: Way,
        *,
        offline: bool = False,
        instead: Mapping[int, Invoice] | None = None,
    ) -> list[Checked]: ...


class Invoicing(msgspec.Struct, frozen=True):
    """What the service does with invoices beside the books. `rendered`: an invoice as a file of some syntax.

    `report_judged`, `lifecycle`: what the official rules say of a report of payments, of a lifecycle message.
    """

    rendered: Render
    chorus: Chorus
    checked: Check
    report_judged: Judge
    lifecycle: LifecycleRules


class Sharing(ActStore, Protocol):
    """A store whose writers may share commits, and that counts them."""

    @property
    def commits(self) -> int: ...  # noqa: D102


class Registry(Protocol):
    """The accounts of the store."""

    def add(self, name: str, role: str, dossier: str, hand: Hand = ...) -> None: ...  # noqa: D102
    def issue(self, name: str, role: str, dossier: str, hand: Hand = ...) -> str: ...  # noqa: D102
    def listed(self, dossier: str) -> list[dict[str, Any]]: ...  # noqa: D102
    def revoke(self, shown: str, dossier: str, hand: Hand = ...) -> int: ...  # noqa: D102
    def close(self, name: str, dossier: str, hand: Hand = ...) -> int: ...  # noqa: D102


class SignIns(Protocol):
    """The passwords and sign-ins of the store. A dossier "" is an account of all dossiers."""

    def none_yet(self) -> bool: ...  # noqa: D102
    def set_password(  # noqa: D102
        self, dossier: str, account: str, password: str, full_name: str = "", hand: Hand = ...
    ) -> None: ...
    def recognised(self, dossier: str, account: str, password: str) -> bool: ...  # noqa: D102
    def of_subject(self, dossier: str, subject: str) -> str: ...  # noqa: D102
    def open(self, dossier: str, account: str, source: str) -> str: ...  # noqa: D102
    def person(self, text: str) -> Person | None: ...  # noqa: D102
    def look_at(self, text: str, dossier: str) -> None: ...  # noqa: D102
    def end(self, text: str) -> None: ...  # noqa: D102
    def prefer(self, person: Person, likes: Likes) -> None: ...  # noqa: D102


class Base(People, LoadingStore, Protocol):
    """The store itself, with what is done there without sharing a commit."""

    @property
    def accounts(self) -> Registry: ...  # noqa: D102
    @property
    def sign_ins(self) -> SignIns: ...  # noqa: D102
    def dossiers(self) -> list[str]: ...  # noqa: D102
    def books(self, dossier: str, *, writing: bool) -> AbstractContextManager[Readings]: ...  # noqa: D102
    def write(self, dossier: str, work: Callable[[ActBooks], T]) -> T: ...  # noqa: D102
    def audit(  # noqa: D102
        self, dossier: str, head: str | None = None, asked: Callable[[], None] = ...
    ) -> list[Finding]: ...


class Turns:
    """So many at the same time of what costs much; who comes when all are taken is asked to come back."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """One turn. Raises Problem (503) when there is none."""
        if not self._free.acquire(blocking=False):
            raise Problem(503, Refusal("overloaded", expected=str(self._most)))
        try:
            yield
        finally:
            self._free.release()


class House(msgspec.Struct, frozen=True):
    """The store, the clock, the door and the figures of one service.

    `store`: where acts go, whose writers may share commits. `base`: the store behind it. `stopping`: whether the
    service was asked to stop. `slip_pdf`, `statement_pdf`, `report_pdf`: print a slip, a statement of account, a
    report. `dossier`: the only one that is served; "" for all.
    """

    store: ActStore
    base: Base
    clock: Clock
    door: Door
    figures: Figures
    stopping: Callable[[], bool]
    slip_pdf: Callable[[Made, Company], bytes]
    statement_pdf: Callable[[Account, Company, Language], bytes]
    report_pdf: Callable[[Report, Company, datetime, Language], bytes]
    invoicing: Invoicing
    dossier: str = ""
    verifying: Turns = msgspec.field(default_factory=lambda: Turns(VERIFYING))
    searching: Turns = msgspec.field(default_factory=lambda: Turns(SEARCHING))
    large: Turns = msgspec.field(default_factory=lambda: Turns(LARGE))

    def working(self, content: bytes) -> AbstractContextManager[None]:
        """While this content is worked on. Raises Problem (503) for a large one beside too many others."""
        return self.large.one() if len(content) > LARGE_BYTES else nullcontext()

    def caller(self, identity: Identity, request: Request, dossier: str = "") -> Caller:
        """Who calls, as the acts on the books know him."""
        dossiers = identity.dossiers
        if self.dossier:
            dossiers = frozenset({self.dossier}) & (dossiers if dossiers is not None else {self.dossier})
        source = request.client.host if request.client else ""
        key = idempotency_key(request)
        return Caller(identity.name, ORIGIN, dossier, key, source=source, dossiers=dossiers)


def house_of(request: Request) -> House:
    """The house that a request has come to."""
    house: House = request.app.state.house
    return house


async def admitted(request: Request, token: str, action: str) -> Identity:
    """The caller, recognised and allowed to do this. Raises Problem."""
    source = request.client.host if request.client else "-"
    identity = await run_in_threadpool(house_of(request).door.admit, token, source)
    request.state.caller = identity.name
    check(identity, action)
    return identity


def idempotency_key(request: Request) -> str:
    """The key of the call; "" when there is none. One that is there and blank was meant to be a key: Problem (400)."""
    given = request.headers.get("idempotency-key")
    if given is not None and not given.strip():
        raise Problem(400, Refusal("malformed_key", "Idempotency-Key", quoted(given), "1-100 ASCII"))
    return given or ""

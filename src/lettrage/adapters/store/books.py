"""The store as the core sees it: one dossier's books inside one database transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.accounts import Accounts
from lettrage.adapters.store.banking import Banking
from lettrage.adapters.store.batch import COUNTERS, Batch
from lettrage.adapters.store.batches import BatchBook
from lettrage.adapters.store.brought import BroughtFiles
from lettrage.adapters.store.chorus_settings import ChorusSettingsBook
from lettrage.adapters.store.declaring import Declaring
from lettrage.adapters.store.directory import DirectoryCopy
from lettrage.adapters.store.document_lists import DocumentLists
from lettrage.adapters.store.documents import Documents
from lettrage.adapters.store.drafts import Drafts
from lettrage.adapters.store.engine import count_tables, open_engine, persistently, transaction
from lettrage.adapters.store.events import note
from lettrage.adapters.store.fec import FecBook
from lettrage.adapters.store.letterings import LetteringBook
from lettrage.adapters.store.logbook import Logbook
from lettrage.adapters.store.looks import Looks
from lettrage.adapters.store.matching import Matching
from lettrage.adapters.store.paging import Pages
from lettrage.adapters.store.parties import Parties
from lettrage.adapters.store.payments import Payments
from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.reconciling import Reconciling
from lettrage.adapters.store.routes import RouteBook
from lettrage.adapters.store.sign_ins import SignIns
from lettrage.adapters.store.slips import Slips
from lettrage.adapters.store.sql import on_postgresql, run
from lettrage.adapters.store.undoing import Undoing
from lettrage.adapters.store.webhook_calls import WebhookCalls
from lettrage.adapters.store.years import Years
from lettrage.books.chain import GENESIS, Posted
from lettrage.books.entry import Entry
from lettrage.caller import Request
from lettrage.company.dossier import Company
from lettrage.company.record import stored
from lettrage.guard.audited import Event, Hand
from lettrage.guard.identity import Identity
from lettrage.opening.document import Load, LoadedRate, Opening, Present
from lettrage.ports import Clock
from lettrage.refusal import Refusal, Stop
from lettrage.settlement.document import Plan
from lettrage.settlement.once import Receipt

if TYPE_CHECKING:
    from lettrage.books.laws import Finding

T = TypeVar("T")
_json = msgspec.json.Encoder().encode


@lru_cache(maxsize=64)
def _company(record: str, locked_until: str, closed_until: str) -> Company:
    """The company of a stored record, and up to when its books are locked ("" for never)."""
    locked, closed = (date.fromisoformat(day) if day else None for day in (locked_until, closed_until))
    return msgspec.structs.replace(stored(record), locked_until=locked, closed_until=closed)


class SqlStore:
    """The books in a database. Satisfies the port `Store`."""

    def __init__(self, address: str, clock: Clock, *, create: bool = False) -> None:
        self.engine: Engine = open_engine(address, create=create)
        self.clock = clock
        self.accounts = Accounts(self.engine, clock)
        self.sign_ins = SignIns(self.engine, clock)

    def close(self) -> None:
        """Close every connection; the last one leaves the file whole by itself."""
        self.engine.dispose()

    def identify(self, token: str) -> Identity | None:
        """Whose token this is; None for anything that is not a token in force."""
        return self.accounts.identify(token)

    def dossiers(self) -> list[str]:
        """The codes of all dossiers."""
        with transaction(self.engine, writing=False) as connection:
            rows = run(connection, "SELECT code FROM dossier ORDER BY code").all()
        return [row[0] for row in rows]

    @contextmanager
    def books(self, dossier: str, *, writing: bool) -> Iterator["SqlBooks"]:
        """Open a dossier; commits when left normally. Raises Stop (403) for one that is not there."""
        with transaction(self.engine, writing=writing) as connection:
            counters = _dossier_row(connection, dossier, lock=writing)
            company = _company(*(counters.pop(name) for name in _OF_THE_COMPANY))
            yield SqlBooks(connection, dossier, company, counters, self.clock.today())

    def write(self, dossier: str, work: "Callable[[SqlBooks], T]") -> T:
        """Run work on a dossier's books and commit: what it returns is durable. Raises Stop when unknown."""
        (result,) = self.write_all(dossier, [work])
        return result

    def write_all(self, dossier: str, works: "Sequence[Callable[[SqlBooks], T]]") -> list[T]:
        """Run several works one after the other, each on the books as those before left them, and commit once.

        What one of them raises is raised, and nothing of any is written. All run again when the database asks for it.
        """

        def once() -> list[T]:
            with self.books(dossier, writing=True) as books:
                return [work(books) for work in works]

        return persistently(once)

    def audit(self, dossier: str, head: str | None = None, asked: Callable[[], None] = lambda: None) -> "list[Finding]":
        """Every law that a dossier's books break; `head` is a hash of its chain that was kept elsewhere.

        `asked` is called for each question that is put to the store.
        """
        from lettrage.adapters.store.auditing import audit  # noqa: PLC0415  (only a check needs these)
        from lettrage.books.laws import Finding  # noqa: PLC0415

        with transaction(self.engine, writing=False) as connection:
            row = _dossier_row(connection, dossier)
            try:
                company = _company(*(row[name] for name in _OF_THE_COMPANY))
            except (AssertionError, msgspec.MsgspecError) as error:
                return [Finding("unreadable", f"Fiche du dossier illisible : {type(error).__name__}.", dossier)]
            return audit(connection, dossier, company, head, asked)

    @contextmanager
    def loading(self) -> Iterator["Loader"]:
        """One transaction for a whole load file."""
        with transaction(self.engine, writing=True) as connection:
            yield Loader(connection, self.clock.today())
        count_tables(self.engine)


def _dossier_row(connection: Connection, dossier: str, *, lock: bool = False) -> dict[str, Any]:
    """A dossier's record and counters; `lock` lets no other writer in until the end. Raises Stop (403) when unknown."""
    locked = " FOR UPDATE" if lock and on_postgresql(connection) else ""
    row = run(connection, f"SELECT {_COUNTERS} FROM dossier WHERE code = ?1{locked}", (dossier,)).mappings().first()
    if row is None:
        raise Stop(Refusal("unknown_dossier", "dossier", dossier), error=403)
    return dict(row)


_OF_THE_COMPANY = ("record", "locked_until", "closed_until")
_COUNTERS = (
    "record, locked_until, closed_until,"
    " next_transaction, next_item, next_instrument, next_document, postings, head, years"
)


class SqlBooks(
    Logbook,
    Slips,
    Undoing,
    Parties,
    Payments,
    Pages,
    Declaring,
    ChorusSettingsBook,
    Documents,
    DocumentLists,
    DirectoryCopy,
    RouteBook,
    BatchBook,
    BroughtFiles,
    WebhookCalls,
    LetteringBook,
    FecBook,
    Years,
    Drafts,
    Matching,
    Banking,
    Reconciling,
    Looks,
):
    """One dossier's books. Satisfies the port `Books`."""

    def __init__(
        self, connection: Connection, dossier: str, company: Company, counters: dict[str, Any], today: date
    ) -> None:
        super().__init__(connection, dossier, counters)
        self.company = company
        self.today = today

    def record(self, receipt: Receipt, plan: Plan, answer: str) -> None:
        """Write everything a document does, and its logbook; keep its answer under its key or the claim on it."""
        number = self.counters["next_document"]
        batch = Batch()
        writing.write_receipt(batch, self.dossier, number, receipt, plan)
        writing.write_plan(batch, self.dossier, number, plan)
        writing.write_outcomes(batch, self.dossier, number, receipt, plan)
        if receipt.kept_under:
            row = (self.dossier, *receipt.kept_under, receipt.document.digest, answer, number)
            batch.insert(schema.kept_answer, [row])
        changes: dict[str, Any] = {"next_document": number + 1}
        if plan.transactions:
            changes |= self._post(batch, plan, receipt)
        self._write(batch, changes)

    def post(self, entries: Sequence[Entry], at: datetime) -> list[Posted]:
        """Number and append entries that no settlement document made."""
        dated = [(self._year(entry), entry) for entry in entries]
        batch = Batch()
        posted, changes = writing.post_entries(batch, self.dossier, self.counters, dated, self.today, at.isoformat())
        self._write(batch, changes)
        return posted

    def log(self, request: Request, reasons: tuple[Refusal, ...], answer: str) -> None:
        """Write an act into the logbook, with every reason against it; keep its answer where it came with a key."""
        number = self.counters["next_document"]
        batch = Batch()
        writing.write_request(batch, self.dossier, number, request, reasons)
        if request.key:
            row = (self.dossier, request.caller, request.key, request.digest, answer, number)
            batch.insert(schema.kept_answer, [row])
        self._write(batch, {"next_document": number + 1})

    def _write(self, batch: Batch, changes: dict[str, Any]) -> None:
        """Write a batch with the counters that it moves on."""
        self.counters |= changes
        batch.add(COUNTERS, [(self.dossier, *(self.counters[name] for name in COUNTERS.columns[1:]))])
        batch.write(self.connection)

    def _post(self, batch: Batch, plan: Plan, receipt: Receipt) -> dict[str, Any]:
        done = plan.transactions
        entries = [(self._year(t.entry), t.entry) for t in done if t.entry is not None]
        at = receipt.at.isoformat()
        _, changes = writing.post_entries(batch, self.dossier, self.counters, entries, self.today, at)
        last = done[-1].number
        items = max((i.id for t in done for i in t.items_made), default=None)
        instruments = max((i.id for t in done for i in t.instruments_made), default=None)
        changes["next_transaction"] = last + 1
        if items is not None:
            changes["next_item"] = items + 1
        if instruments is not None:
            changes["next_instrument"] = instruments + 1
        return changes

    def _year(self, entry: Entry) -> str:
        year = self.company.year_of(entry.date)
        assert year is not None, entry.date
        return year.name


class Loader:
    """Writes loads inside one transaction."""

    def __init__(self, connection: Connection, today: date) -> None:
        self.connection = connection
        self.today = today

    def record(self, dossier: str) -> dict[str, Any] | None:
        """The company file as it stands; None for a new dossier. Nobody else writes to it, or makes it, meanwhile."""
        run(self.connection, _NEW_DOSSIER, (dossier, GENESIS))
        record = _dossier_row(self.connection, dossier, lock=True)["record"]
        return msgspec.json.decode(record) if record else None

    def present(self, load: Load) -> Present:
        """What the dossier holds already of what the load names."""
        reader = Reader(self.connection, load.code)
        ((record, locked, closed, years, *counters),) = reader.rows(
            "SELECT record, locked_until, closed_until, years,"
            " first_transaction, next_transaction, next_item, next_instrument,"
            " (SELECT coalesce(max(id), 0) + 1 FROM invoice WHERE dossier = ?1) FROM dossier WHERE code = ?1"
        )
        parties = reader.rows("SELECT code, ledger FROM third_party WHERE dossier = ?1")
        rates = reader.rows("SELECT currency, date, rate FROM rate WHERE dossier = ?1")
        invoices = reader.rows("SELECT third_party, prefix, number, digest FROM invoice WHERE dossier = ?1")
        instruments = reader.rows(
            "SELECT \"transaction\", \"order\", '', digest FROM instrument WHERE dossier = ?1 AND digest <> ''"
        )
        advances = reader.rows(
            'SELECT "transaction", "order", third_party, digest FROM due_item WHERE dossier = ?1 AND digest <> \'\''
        )
        return Present(
            _company(record, locked, closed) if record else None,
            frozenset(msgspec.json.decode(years)) | {row[0] for row in reader.rows(_CLOSED)},
            dict(tuple(row) for row in parties),
            tuple(LoadedRate(code, date.fromisoformat(day), rate) for code, day, rate in rates),
            {(row[0], row[1], row[2]): row[3] for row in invoices},
            {(row[0], row[1], row[2]): row[3] for row in (*instruments, *advances)},
            *counters,
        )

    def note(self, dossier: str, at: str, hand: Hand, events: list[Event]) -> None:
        """Keep in the audit log what a load changes of a company file."""
        note(self.connection, dossier, at, hand, events)

    def write(self, load: Load, opening: Opening, at: str) -> None:
        """Write a dossier's load."""
        counters = _dossier_row(self.connection, load.code)
        batch = Batch()
        posted, changes = writing.post_entries(batch, load.code, counters, list(opening.entries), self.today, at)
        writing.write_master_data(self.connection, load.code, opening)
        writing.write_opening(batch, load.code, opening, posted)
        batch.write(self.connection)
        changes |= {
            "record": _json(load.record).decode(),
            "first_transaction": opening.first_transaction,
            "next_transaction": opening.next_transaction,
            "next_item": opening.next_item,
            "next_instrument": opening.next_instrument,
        }
        writing.advance_counters(self.connection, load.code, changes)


_CLOSED = "SELECT year FROM closing WHERE dossier = ?1"
# A row to lock, before anything is known of the dossier; a load that is refused takes it back.
_NEW_DOSSIER = (
    "INSERT INTO dossier (code, record, first_transaction, next_transaction, next_item, next_instrument,"
    " next_document, postings, head) VALUES (?1, '', 1, 1, 1, 1, 1, 0, ?2) ON CONFLICT (code) DO NOTHING"
)

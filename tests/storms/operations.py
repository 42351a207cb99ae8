"""Operations of every trade, one after the other on books ready for them: what tests/storms/points.py stops."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

from lettrage.acts import Act
from lettrage.acts.bank import AcceptLine, UndoLine
from lettrage.acts.drafts import AddDrafts, ChangeDraft, DropDraft, ValidateDrafts
from lettrage.acts.lettering import MakeLettering, UndoLettering
from lettrage.acts.offsetting import Offset
from lettrage.acts.payments import CancelPaymentFile, ExecutePaymentFile
from lettrage.acts.proposing import ProposePayments
from lettrage.acts.statements import ImportStatement
from lettrage.adapters.store.backups import back_up
from lettrage.adapters.store.books import SqlStore
from lettrage.bank.payments.propose import Choice
from lettrage.caller import Caller
from lettrage.guard.audited import Hand
from tests.bank.company import COMPANY, part, settles
from tests.bank.files import Move, cfonb_file
from tests.databases import copied
from tests.journeys.helpers import NOON, Firm, MovableClock, company, deposit, instrument, invoice
from tests.payments.helpers import BNP, CIC, INVOICES, PARTIES
from tests.periods.hands import close, house, lock, rent, reverse, unlock
from tests.storms.work import DOSSIER, Work, acted, opened
from tests.world import NOON as NOON_OF_THE_BANK

DEEDS = 60
ME = Caller("accountant", "storm", DOSSIER)
BOTH = settles(part("C1", "87", 359_500, difference=500), part("C1", "86", 240_000))


class Operation(NamedTuple):
    """Something asked of books that are ready for it. Asked again, it gives the same answer and changes nothing."""

    name: str
    address: str
    clock: MovableClock
    do: Callable[[SqlStore], str]

    def store(self, address: str) -> SqlStore:
        """Books like these, opened at their time."""
        return SqlStore(address, self.clock)


def all_operations(folder: Path, seed: int) -> Iterator[Operation]:
    """Each operation, when the books are ready for it; when the next one is asked for, it is done."""
    yield from _of_a_day(folder, seed)
    for name, content, at, acts in _stories():
        own = folder / name
        own.mkdir()
        firm = Firm(own, content, at=at)
        if name == "lettering":
            firm.done(deposit("REMCDI", {"TRANSAC": "1"}), deposit("REMCDI", {"TRANSAC": "2"}))
        firm.store.close()
        for number, act in enumerate(acts):
            yield from _then_done(Operation(f"{name}: {act.kind}", firm.address, firm.clock, _asking(act, number, at)))
    yield from _of_the_house(folder, seed)


def _then_done(operation: Operation) -> Iterator[Operation]:
    yield operation
    with closing(operation.store(operation.address)) as store:
        operation.do(store)


def _asking(act: Act, number: int, at: datetime) -> Callable[[SqlStore], str]:
    return lambda store: acted(act, store, f"k{number}", MovableClock(at))


def _of_a_day(folder: Path, seed: int) -> Iterator[Operation]:
    """One deed of each kind of a day's work."""
    work = Work(folder, seed, DEEDS)
    address = copied(work.start, folder, "day")
    last = {deed.name: at for at, deed in enumerate(work.deeds)}
    for at, deed in enumerate(work.deeds):
        if last[deed.name] == at:
            yield Operation(deed.name, address, MovableClock(), deed.do)
        with closing(opened(address)) as store:
            deed.do(store)


def _of_the_house(folder: Path, seed: int) -> Iterator[Operation]:
    """What concerns no company's books: an account, a backup."""
    address = copied(Work(folder, seed, 3, name="house-").start, folder, "house")

    def account(store: SqlStore) -> str:
        store.accounts.add("pierre", "clerk", DOSSIER, Hand("anne", "storm"))
        return ""

    def backup(store: SqlStore) -> str:
        back_up(store.engine, folder / "backup.zip", NOON)
        with ZipFile(folder / "backup.zip") as whole:
            return str(whole.testzip())

    yield from _then_done(Operation("account", address, MovableClock(), account))
    yield Operation("backup", address, MovableClock(), backup)


def _stories() -> Iterator[tuple[str, dict[str, Any], datetime, tuple[Act, ...]]]:
    """Companies, each with what is asked of it, in this order."""
    paying = company(banks=[BNP, CIC], third_parties=PARTIES, invoices=INVOICES)
    december = date(2024, 12, 1)
    yield (
        "payments",
        paying,
        NOON,
        (
            ProposePayments(Choice("BNP", "transfers", december), ME),
            ExecutePaymentFile("1", ME),
            ProposePayments(Choice("BNP", "debits", december), ME),
            CancelPaymentFile("2", "pas envoyé"),
        ),
    )
    yield (
        "bank",
        COMPANY,
        NOON_OF_THE_BANK,
        (
            ImportStatement.of("releve.txt", cfonb_file([Move(599_500)]), "anna"),
            AcceptLine(1, BOTH, "anna"),
            UndoLine(1, "erreur", "anna"),
        ),
    )
    yield (
        "years",
        house(),
        NOON,
        (
            lock("2022-01"),
            unlock("2022-01"),
            AddDrafts((rent(), rent(piece="L11")), "anne"),
            ChangeDraft(1, rent(label="Bail"), "anne"),
            ValidateDrafts((1,)),
            DropDraft(2),
            reverse("2024-000002"),
            close("2022"),
        ),
    )
    cheques = [instrument("1", "100.00"), instrument("2", "40.00")]
    credit = [invoice("1", "900.00"), invoice("2", "-100.00")]
    own = ("2024-000003/1", "2024-000005/2")
    yield (
        "lettering",
        company(portfolio=cheques, invoices=credit),
        NOON,
        (
            MakeLettering("511200", "", own, "till"),
            UndoLettering("M1", "erreur", "till"),
            Offset("C1", ("1", "2"), by="till"),
        ),
    )

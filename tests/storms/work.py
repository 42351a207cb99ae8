"""A caller's work for the storms: what he asks of the books, one thing after the other, and what must come of it.

The work is done once undisturbed, on a copy: that tells what each deed answers and what every row of the books says at
the end. Whatever the storm does meanwhile, the answers that a caller heard and the rows at the end must be the same:
that is what "nothing lost, nothing doubled, nothing half done" means here.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lettrage.acts import Act, perform
from lettrage.acts.cancel import Cancel
from lettrage.acts.drafts import AddDrafts, ValidateDrafts
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.adapters.store.books import SqlStore
from lettrage.bank.slip import Wanted
from lettrage.opening import load
from lettrage.ports import Store
from lettrage.settlement import Caller, settle
from tests.databases import ask, copied, every_row
from tests.journeys.helpers import (
    Firm,
    MovableClock,
    advance,
    company,
    deposit,
    header,
    instrument,
    invoice,
    pays,
)
from tests.reliability.long_form import BrokenPromiseError

DOSSIER = "998"
WHO = Caller("till", "storm", DOSSIER)
AHEAD = 12  # invoices that a load brings


class Deed(NamedTuple):
    """Something asked of the books. The same key again is the same deed again."""

    name: str
    do: Callable[[SqlStore], str]
    answer: str = ""  # what was answered when nothing disturbed


# ---------------------------------------------------------------- ways to ask


def settled(headers: Sequence[dict[str, Any]], store: Store, key: str = "", **parameters: str) -> str:
    """The answer to a settlement document."""
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": {"dos": DOSSIER} | parameters},
        "data": {"EnteteReglementtb": [{"EnteteReglement": one} for one in headers]},
    }
    return settle(json.dumps(form).encode(), msgspec.structs.replace(WHO, key=key), store, MovableClock()).text


def acted(act: Act, store: Any, key: str = "", clock: MovableClock | None = None) -> str:
    """What becomes of an act, whether now or before."""
    done = perform(act, msgspec.structs.replace(WHO, key=key), store, clock or MovableClock())
    return msgspec.json.encode([done.result, done.reasons]).decode()


def loaded(record: dict[str, Any], store: SqlStore) -> str:
    """What keeps a load from being done; nothing where all of it is there, now or from before."""
    done = load(json.dumps({"dossiers": [record]}).encode(), "load.json", "", store, MovableClock())
    return json.dumps([fault.say("en") for fault in done.faults])


# ---------------------------------------------------------------- a day's work

Way = Callable[["Day"], Any]


class Day:
    """A caller's day: each deed is chosen by chance from what the ones before have left."""

    def __init__(self, seed: int, name: str = "") -> None:
        self.chance = random.Random(seed)
        self.name = name  # in front of keys and pieces: two days on the same books have different ones
        self.without: frozenset[Way] = frozenset()
        self.pieces: list[str] = []
        self.cancellable: list[int] = []
        self.cheques: list[int] = []
        self.at_the_bank: list[int] = []
        self.for_slips: list[int] = []
        self.slips: list[str] = []
        self.drafts: list[int] = []
        self.loads = 0
        self.number = 0

    def next(self) -> tuple[Deed, Callable[[str], None]]:
        """The next deed, and what is to be learned from its answer."""
        self.number += 1
        possible = [way for way, ready in self._ways().items() if ready and way not in self.without]
        way = self.chance.choice(possible) if len(self.pieces) > 2 else Day.load
        chosen: tuple[Deed, Callable[[str], None]] = way(self)
        return chosen

    def _ways(self) -> dict[Way, object]:
        return {
            Day.pay: True,
            Day.pay_part: True,
            Day.advance: True,
            Day.entry: True,
            Day.cancel: self.cancellable,
            Day.deposit: self.cheques,
            Day.unpaid: self.at_the_bank,
            Day.for_slip: self.cheques,
            Day.slip: self.for_slips,
            Day.no_slip: self.slips,
        }

    def _some(self, of: list[Any]) -> Any:
        return of.pop(self.chance.randrange(len(of)))

    def _settles(self, name: str, headers: list[dict[str, Any]], into: list[int], **parameters: str) -> Any:
        key = f"{self.name}k{self.number}"
        deed = Deed(name, lambda store: settled(headers, store, key, **parameters))
        return deed, lambda answer: into.append(_transaction(answer))

    def _asks(self, name: str, act: Act, learn: Callable[[Any], None] = lambda _result: None) -> Any:
        key = f"{self.name}k{self.number}"
        return Deed(name, lambda store: acted(act, store, key)), lambda answer: learn(_result(answer))

    def pay(self) -> Any:
        into = self.chance.choice((self.cancellable, self.cheques))
        return self._settles("pay", [header("PORCHQ", "100", pays(self._some(self.pieces), "100"))], into)

    def pay_part(self) -> Any:
        piece = self._some(self.pieces)
        parts = [pays(piece, "40"), pays(piece, "60", "WPA")]
        return self._settles("pay a part", [header("PORCHQ", "40", *parts)], self.cheques)

    def advance(self) -> Any:
        """Only its key keeps it from being made twice."""
        return self._settles("advance", [header("PORCHQ", "25", advance("25"))], self.cheques, repeat="1")

    def deposit(self) -> Any:
        number = self._some(self.cheques)
        return self._settles("deposit", [deposit("REMCDI", {"TRANSAC": str(number)})], self.at_the_bank)

    def for_slip(self) -> Any:
        number = self._some(self.cheques)
        return self._settles("deposit by slip", [deposit("REMCHQ", {"TRANSAC": str(number)})], self.for_slips)

    def slip(self) -> Any:
        self.for_slips.clear()
        return self._asks("slip", MakeSlip(Wanted("BNP")), lambda made: self.slips.append(made["number"]))

    def no_slip(self) -> Any:
        act = CancelSlip(self._some(self.slips))
        return self._asks("take a slip back", act, lambda _made: self.for_slips.append(0))

    def cancel(self) -> Any:
        return self._asks("cancel", Cancel(self._some(self.cancellable), "erreur"))

    def unpaid(self) -> Any:
        return self._asks("unpaid", ReportUnpaid(self._some(self.at_the_bank)))

    def entry(self) -> Any:
        """An entry by hand, validated within the same day."""
        if self.chance.random() < 0.5 or not self.drafts:
            lines = [{"account": "613200", "debit": "10.00", "credit": ""}]
            lines += [{"account": "512100", "debit": "", "credit": "10.00"}]
            record = {"date": "2024-10-15", "label": "Loyer", "piece": f"L{self.number}", "lines": lines}
            return self._asks("draft", AddDrafts((record,), "anne"), self._drafted)
        return self._asks("validate", ValidateDrafts((self._some(self.drafts),)))

    def _drafted(self, result: Any) -> None:
        self.drafts += [int(one["number"]) for one in result["drafts"]]

    def load(self) -> Any:
        """More to be paid. A load has no key: what is there already is there."""
        self.loads += 1
        pieces = [f"{self.name}P{self.loads}-{n}" for n in range(AHEAD)]
        self.pieces += pieces
        record = {"code": DOSSIER, "invoices": [invoice(piece, "100.00") for piece in pieces]}
        return Deed("load", lambda store: loaded(record, store)), lambda _answer: None


def _transaction(answer: str) -> int:
    envelope = json.loads(answer)
    assert envelope["error"] == 0, answer
    (settlement,) = json.loads(envelope["result"])["result"]["response"]
    assert settlement["resultcode"] == "0", settlement
    return int(settlement["transactionId"])


def _result(answer: str) -> Any:
    result, reasons = json.loads(answer)
    assert result is not None, reasons
    return result


# ---------------------------------------------------------------- what must come of it


class Work:
    """So many deeds on books like these, and what comes of them when nothing disturbs."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        count: int,
        address: str = "",
        name: str = "",
        without: frozenset[Way] = frozenset(),
    ) -> None:
        self.start = address or _start(folder)
        self._kept_before = kept(self.start)
        self.deeds: list[Deed] = []
        day = Day(seed, name)
        day.without = without
        start = time.perf_counter()
        with closing(opened(copied(self.start, folder, f"undisturbed-{name}{seed}"))) as store:
            for _ in range(count):
                deed, learn = day.next()
                answer = deed.do(store)
                learn(answer)
                self.deeds.append(deed._replace(answer=answer))
            self.seconds_each = (time.perf_counter() - start) / count
            self.rows = every_row(store.engine)
            _no_findings(store, "undisturbed")

    def kept(self, done: int) -> int:
        """How many answers the books keep when so many deeds are done: a load has none."""
        return self._kept_before + sum(deed.name != "load" for deed in self.deeds[:done])

    def check(self, address: str, where: str) -> None:
        """Books on which all of it was done. Raises BrokenPromiseError."""
        with closing(opened(address)) as store:
            _no_findings(store, where)
            rows = every_row(store.engine)
        for table, expected in self.rows.items():
            if rows[table] != expected:
                raise BrokenPromiseError(f"{where}: {table}: {_difference(expected, rows[table])}")


def _start(folder: Path) -> str:
    """The address of the books before the day."""
    firm = Firm(folder, company(DOSSIER, invoices=[invoice("P0", "100.00")], portfolio=[instrument("1", "80.00")]))
    firm.store.close()
    return firm.address


def kept(address: str) -> int:
    """How many answers the books keep."""
    return int(ask(address, "SELECT count(*) FROM kept_answer WHERE dossier = ?1", DOSSIER)[0][0])


def opened(address: str) -> SqlStore:
    """A store at the time of all this work."""
    return SqlStore(address, MovableClock())


def sound(address: str, where: str) -> None:
    """Every law holds. Raises BrokenPromiseError."""
    with closing(opened(address)) as store:
        _no_findings(store, where)


def _no_findings(store: SqlStore, where: str) -> None:
    for code in store.dossiers():
        if found := store.audit(code):
            raise BrokenPromiseError(f"{where}: {[f'{f.code}: {f.message}' for f in found][:3]}")


def _difference(expected: list[dict[str, Any]], rows: list[dict[str, Any]]) -> str:
    missing = [row for row in expected if row not in rows]
    too_many = [row for row in rows if row not in expected]
    return (
        f"{len(rows)} rows, not {len(expected)}; lost {str(missing[:1])[:400]}, not expected {str(too_many[:1])[:400]}"
    )

"""The people and programs of two companies: who asks what, by which entrance; who asks again; who may not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.laws.generators import Rolled
from tests.simulation import asking, banking, deeds
from tests.simulation.asking import Asked, Header, Row, Who
from tests.simulation.ledger import Due, Ledger
from tests.simulation.network import Request

PARTIES = {"C1": "encashment", "C2": "encashment", "F1": "disbursement"}
RECEIPTS = {"encashment": ("PORCHQ", "PORCHQ", "PORESP", "PORVIR", "ENCVIR"), "disbursement": ("DECVIR", "PAYVIR")}
PATIENCE = timedelta(seconds=60)  # how long somebody waits for an answer
ATTEMPTS = 6
STATEMENTS = 28  # days before the life begins, of which the bank may tell
# name -> role and entrance; the same in both companies.
PEOPLE = {
    "caisse": ("clerk", "api"),
    "erp": ("clerk", "webservice"),
    "till": ("clerk", "command line"),
    "anna": ("accountant", "api"),
    "ben": ("accountant", "command line"),
    "lise": ("reader", "api"),
}


@dataclass
class Callers:
    """Everybody who asks something of one company's books."""

    chance: Rolled
    ledger: Ledger
    tokens: dict[str, str]
    start: date
    serial: int = 0
    invoices: int = 0
    statements: int = 0
    waiting: list[Request] = field(default_factory=list)  # for an answer
    asked: list[Request] = field(default_factory=list)

    # ------------------------------------------------------------ asking

    def ask(self, today: date) -> Request | None:
        """Somebody has something to ask; None where nobody has."""
        name, making = self.chance.pick(_HABITS)
        made = making(self, today)
        if made is None:
            return None
        request = self._request(name, made)
        self.asked.append(request)
        self.waiting.append(request)
        return request

    def _request(self, name: str, made: Asked) -> Request:
        self.serial += 1
        expected = ""
        if self.chance.chance(3):
            name, expected = "lise", "not_allowed"
        role_entrance = PEOPLE[name][1]
        token = self.tokens[name]
        if expected == "" and role_entrance == "api" and self.chance.chance(3):
            token, expected = "lettrage_" + "x" * 43, "unknown_caller"
        keyless = isinstance(made, deeds.Invoices)
        if keyless or (expected and isinstance(made, _BY_COMMAND_ONLY)):
            name, role_entrance, expected = "ben", "command line", ""
            token = self.tokens[name]
        key = "" if keyless else f"k{self.serial}"
        return Request(self.serial, Who(name, self.ledger.code, role_entrance, key, token), made, expected)

    def again(self, request: Request) -> Request | None:
        """Ask again what nobody has answered, under the same key; None once patience is at its end."""
        if request.attempts >= ATTEMPTS:
            self.waiting.remove(request)
            return None
        return request

    # ------------------------------------------------------------ what the till brings

    def settlements(self, today: date) -> Asked | None:
        """One settlement or two, one in six wrong by a cent."""
        headers = [h for _ in range(self.chance.pick((1, 1, 1, 2))) if (h := self._settlement())]
        return asking.Settlements(tuple(headers)) if headers else None

    def _settlement(self) -> Header | None:
        chance = self.chance
        party = chance.pick(list(PARTIES))
        direction = PARTIES[party]
        dues = self.ledger.open_dues(self._debtor(party))
        rows: list[Row] = []
        for _ in range(chance.pick((1, 1, 2))):
            due = chance.pick(dues) if dues else None
            if due is not None and all(row.piece != due.piece for row in rows):
                rows += self._paid(due)
        if direction == "encashment" and (not rows or chance.chance(12)):
            rows += self._ahead(party, sum(row.amount for row in rows if row.operation == ""))
        if not rows:
            return None
        if chance.chance(15):
            rows[0] = self._wrong(rows[0])
        self.serial += 1
        header = Header(direction, chance.pick(RECEIPTS[direction]), party, tuple(rows), self.serial)
        return header if header.total > 0 else None

    def _debtor(self, payer: str) -> str:
        """Whose due items somebody pays: mostly the own ones."""
        alike = [party for party, direction in PARTIES.items() if direction == PARTIES[payer]]
        return self.chance.pick(alike) if self.chance.chance(12) else payer

    def _paid(self, due: Due) -> list[Row]:
        """A due item paid whole, in part, with a difference or a discount."""
        chance, rest, rows = self.chance, due.open, list[Row]()
        if rest > 1_000 and chance.chance(25):
            rows.append(Row(due.party, due.piece, chance.whole(1, rest // 2), "WPA", due.due))
        elif rest > 1_000 and chance.chance(25):
            operation = chance.pick(("WDR", "WE"))
            rows.append(Row(due.party, due.piece, chance.whole(1, min(rest // 50, 900)), operation, due.due))
        rest -= sum(row.amount for row in rows)
        return [Row(due.party, due.piece, rest, "", due.due), *rows]

    def _ahead(self, party: str, paid: int) -> list[Row]:
        """An advance is opened; or one that is there is used for what is paid."""
        used = [d for d in self.ledger.advances() if d.party == party and d.made_by is not None and paid > 1]
        if used and self.chance.chance(60):
            advance = self.chance.pick(used)
            amount = min(-advance.open, self.chance.whole(1, paid - 1))
            return [Row(party, "", -amount, "WAR", transaction=advance.made_by or 0)]
        return [Row(party, "", self.chance.whole(100, 90_000), "WAR")]

    def _wrong(self, row: Row) -> Row:
        by = self.chance.pick((1, -1, 1_000))
        if row.operation == "WAR" or row.amount + by <= 0:
            return Row(row.party, "X" + row.piece, row.amount, "", row.due)
        return Row(row.party, row.piece, row.amount + by, row.operation, row.due, row.transaction)

    def deposits(self, today: date) -> Asked | None:
        """Cheques go to the bank, transfers arrive."""
        held = self.ledger.held("C30", "V30")
        if not held:
            return None
        first = self.chance.pick(held)
        alike = [p for p in held if (p.state, p.direction) == (first.state, first.direction)][:3]
        change = self.chance.pick(("REMCHQ", "REMCHQ", "REMCDI")) if first.state == "C30" else "REMVIR"
        change = "EXEVIR" if first.direction == "disbursement" else change
        numbers = dict.fromkeys(p.deal for p in alike if sum(o.deal == p.deal for o in held) == 1)
        if not numbers:
            return None
        self.serial += 1
        rows = tuple(Row("", "", 0, transaction=number) for number in numbers)
        return asking.Settlements((Header(first.direction, change, "", rows, self.serial),))

    # ------------------------------------------------------------ what the accountant does

    def cancel(self, today: date) -> Asked | None:
        """A transaction is cancelled: mostly a late one, so that it may be."""
        numbers = [d.number for d in self.ledger.deals.values() if d.kind != "loaded"]
        if not numbers:
            return None
        return deeds.Cancelling(self.chance.pick(numbers[-3:] if self.chance.chance(70) else numbers))

    def unpaid(self, today: date) -> Asked | None:
        """A cheque comes back whose settlement passed nothing on: two due items would have one name."""
        numbers = [
            d.number for d in self.ledger.deals.values()
            if d.kind == "settlement" and any(p.state == "C30" for p in d.received)
            and all(made.amount < 0 for made in d.made)
        ]  # fmt: skip
        return deeds.Returning(self.chance.pick(numbers)) if numbers else None

    def slip(self, today: date) -> Asked | None:
        """A slip is made, or taken back."""
        if self.ledger.slips and self.chance.chance(50):
            return deeds.SlipUndoing(self.chance.pick(list(self.ledger.slips)))
        return deeds.SlipMaking()

    def by_hand(self, today: date) -> Asked | None:
        """Entries by hand."""
        if self.ledger.drafts and self.chance.chance(60):
            return deeds.Validating(tuple(sorted(self.ledger.drafts))[: self.chance.whole(1, 3)])
        return deeds.Drafting(self.chance.whole(1, 99_999), today.isoformat())

    def lock(self, today: date) -> Asked | None:
        """A month long past is locked, or opened again."""
        months = [f"{(self.start - timedelta(days=31 * back)):%Y-%m}" for back in range(3, 7)]
        return deeds.Locking(self.chance.pick(months), open=self.chance.chance(40))

    def bank(self, today: date) -> Asked | None:
        """A statement comes in, or once more; a line is accepted, or that is taken back."""
        chance, lines = self.chance, self.ledger.lines
        if lines and chance.chance(65):
            at = chance.whole(1, len(lines))
            line = lines[at - 1]
            if line.deal is not None and chance.chance(70):
                return banking.Undoing(at)
            return banking.Accepting(at, line.party, line.piece, line.due, line.amount)
        earlier = [r.asked for r in self.asked if isinstance(r.asked, banking.Statement)]
        if earlier and chance.chance(15):
            return chance.pick(earlier)
        dues = self.ledger.open_dues()
        if not dues or self.statements == STATEMENTS:
            return None
        self.statements += 1
        paid = [chance.pick(dues) for _ in range(chance.pick((1, 2, 3)))]
        day = self.start - timedelta(days=STATEMENTS - self.statements)
        moves = [(d.party, d.piece, d.due, d.open if PARTIES[d.party] == "encashment" else -d.open) for d in paid]
        return banking.Statement(day.isoformat(), tuple(moves))

    def bring(self, today: date) -> Asked | None:
        """Invoices come in; some of them came before."""
        earlier = [r.asked for r in self.asked if isinstance(r.asked, deeds.Invoices)]
        if earlier and self.chance.chance(15):
            return self.chance.pick(earlier)
        records = []
        for _ in range(self.chance.pick((1, 2, 3))):
            self.invoices += 1
            day = self.start - timedelta(days=STATEMENTS + self.chance.whole(1, 30))
            dues = [
                ((day + timedelta(days=30 * at)).isoformat(), self.chance.whole(500, 900_000))
                for at in range(1, self.chance.pick((2, 2, 3)))
            ]
            party = self.chance.pick(list(PARTIES))
            records.append((party, str(self.invoices), day.isoformat(), tuple(dues)))
        return deeds.Invoices(tuple(records))


_BY_COMMAND_ONLY = (
    banking.Statement,
    banking.Accepting,
    banking.Undoing,
    deeds.Drafting,
    deeds.Validating,
    deeds.Locking,
    deeds.Invoices,
)
_Making = Callable[[Callers, date], Asked | None]
# Who does what, as often as it stands here.
_HABITS: tuple[tuple[str, _Making], ...] = (
    *[("caisse", Callers.settlements)] * 2,
    *[("erp", Callers.settlements)] * 2,
    *[("till", Callers.settlements)] * 4,
    ("erp", Callers.deposits),
    ("till", Callers.deposits),
    *[("ben", Callers.bring)] * 4,
    ("anna", Callers.cancel),
    ("ben", Callers.cancel),
    ("anna", Callers.unpaid),
    ("ben", Callers.unpaid),
    ("anna", Callers.slip),
    ("ben", Callers.slip),
    *[("ben", Callers.bank)] * 4,
    ("ben", Callers.by_hand),
    ("ben", Callers.lock),
)

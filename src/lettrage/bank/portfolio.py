"""What is in the drawer and what left it: instruments by state, as people look at them. Pure."""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import msgspec

from lettrage.company.dossier import Company
from lettrage.company.states import AT_THE_BANK, Direction, StateChange
from lettrage.settlement.document import Instrument

Where = Literal["held", "awaiting"]


class Total(msgspec.Struct, frozen=True):
    """Instruments of a kind together. `awaiting`: moved on, while their value stays on the account of `state`."""

    where: Where
    state: str
    direction: Direction
    bank: str
    currency: str
    count: int
    amount: int
    home: int


class Counts(msgspec.Struct, frozen=True):
    """How many there are of everything. Counts of what only grows stop past `limits.COUNTED`."""

    totals: tuple[Total, ...]
    at_the_bank: int
    unpaid: int
    slips: int

    def of(self, states: Iterable[str], direction: Direction, where: Where = "held") -> int:
        """How many are in these states."""
        wanted = frozenset(states)
        return sum(t.count for t in self.totals if (t.where, t.direction) == (where, direction) and t.state in wanted)

    @property
    def awaiting(self) -> int:
        """How many await their slip."""
        return sum(t.count for t in self.totals if t.where == "awaiting")


class Held(msgspec.Struct, frozen=True):
    """An instrument as a list shows it. `label`, `number`: what the header that made it was given."""

    instrument: Instrument
    name: str
    label: str = ""
    number: str = ""
    slip: str = ""

    @property
    def reference(self) -> str:
        """How a settlement names it: its transaction and order."""
        return f"{self.instrument.transaction}/{self.instrument.order}"


class SlipLine(msgspec.Struct, frozen=True):
    """A slip as a list shows it. `posting`: where it stands among all entries, which is its place in time."""

    number: str
    bank: str
    date: str
    change: str
    currency: str
    total: int
    status: str
    posting: int
    count: int


class BankSlips(msgspec.Struct, frozen=True):
    """The slips of a bank that stand: how many, and the day of the last one."""

    bank: str
    count: int
    last: str


class Proof(msgspec.Struct, frozen=True):
    """An account beside the instruments that stand on it, both at home."""

    account: str
    balance: int
    held: int
    awaiting: int

    @property
    def gap(self) -> int:
        """What the account has that no instrument explains."""
        return self.balance - self.held - self.awaiting


def moves(company: Company, direction: Direction, step: str = "move") -> list[StateChange]:
    """The state changes that hand instruments in, those on a slip first."""
    found = [c for c in company.changes.values() if (c.direction, c.step) == (direction, step)]
    return sorted(found, key=lambda c: (not company.waits_for_slip(c), not c.default, c.code))


def in_hand(company: Company, direction: Direction, means: str) -> list[str]:
    """The states of these means (letters) from which instruments are handed in, in the order of the letters."""
    states = {state for change in moves(company, direction) for state in change.sources}
    return sorted((s for s in states if s[:1] in means), key=lambda s: (means.index(s[:1]), s))


def counted_states(company: Company) -> list[str]:
    """The states whose instruments are on an account of their own, and those from which something is handed in."""
    nowhere = {"", AT_THE_BANK}
    own = {s.code for s in company.states.values() if not {s.encashment, s.disbursement} <= nowhere}
    sources = {state for d in get_args(Direction) for change in moves(company, d) for state in change.sources}
    return sorted(own | sources)


def proof(company: Company, state: str, direction: Direction, totals: Sequence[Total], balance: int) -> Proof:
    """Whether the account of a state has what stands on it, whatever other states share it."""
    account = company.states[state].account(direction)
    own = [t for t in totals if t.state in company.states and company.states[t.state].account(t.direction) == account]
    # What was paid out lies on its account the other way round.
    sums = {
        where: sum(t.home if t.direction == "encashment" else -t.home for t in own if t.where == where)
        for where in ("held", "awaiting")
    }
    return Proof(account, balance, sums["held"], sums["awaiting"])

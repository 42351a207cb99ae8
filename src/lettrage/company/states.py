"""Instrument states and state changes, as data.

A state is a letter for the means and two digits for the position: 10 due, 30 in portfolio, 50 at the bank, 90
returned. A state change leads from due items (`DUE`) or from instruments in given states to one final state.
This table is the standard set of every new dossier; a load file may add to it or override it.
"""

from typing import Literal

import msgspec

Direction = Literal["encashment", "disbursement"]
Step = Literal["settle", "move", "return", "represent"]

DUE = "10"
AT_THE_BANK = "bank"  # the account of the bank named in the header

MEANS = {
    "cheque": "C",
    "cash": "E",
    "transfer": "V",
    "sepa": "S",
    "international": "I",
    "direct_debit": "D",
    "bill": "L",
}
TRANSFERS = frozenset("VSI")

# FINALSTATEMENT's words. Cash and bills have none: their code is written itself.
WORDS = {
    "CHECK": "C30",
    "CHECKINBANK": "C50",
    "TRANSFERT": "V30",
    "TRANSFERTINBANK": "V50",
    "SEPATRANSFERT": "S30",
    "SEPATRANSFERTINBANK": "S50",
    "INTERNATIONALVIREMENT": "I30",
    "INTERNATIONALVIREMENTINBANK": "I50",
    "DIRECTDEBIT": "D30",
    "DIRECTDEBITINBANK": "D50",
}


class State(msgspec.Struct, frozen=True):
    """A state and the account that carries its instruments, by the header's direction.

    An account is a number, `AT_THE_BANK`, or "" where the state has none (10 and 90: the due item stays on 411/401).
    """

    code: str
    encashment: str
    disbursement: str

    def account(self, direction: Direction) -> str:
        """The account of this state for this direction."""
        return self.encashment if direction == "encashment" else self.disbursement

    @property
    def is_transfer(self) -> bool:
        """Transfers never wait for a slip."""
        return self.code[:1] in TRANSFERS


class StateChange(msgspec.Struct, frozen=True):
    """One way from a state to another: which direction, from where, to where, and what it asks for."""

    code: str
    direction: Direction
    sources: tuple[str, ...]  # (DUE,) or the entry states
    target: str
    default: bool = False  # taken when only the final state is given
    bank: bool = False  # asks for a bank account
    slip: bool = False  # its entry is made with a deposit slip
    step: Step = "move"

    @property
    def from_due_items(self) -> bool:
        """True for a settlement, False for what moves existing instruments."""
        return self.sources == (DUE,)


def _states() -> dict[str, State]:
    portfolio = {"C": "511200", "E": "530000", "L": "413000", "D": "511600"} | dict.fromkeys("VSI", "511500")
    ordered = dict.fromkeys("CVSID", "580100") | {"E": "530000", "L": "403000"}
    collected = {"L": "511300"}
    states = [State(f"{means}10", "", "") for means in MEANS.values()]
    states += [State(f"{means}30", portfolio[means], ordered[means]) for means in MEANS.values()]
    states += [State(f"{means}50", collected.get(means, AT_THE_BANK), AT_THE_BANK) for means in MEANS.values()]
    states += [State(f"{means}90", "", "") for means in MEANS.values()]
    return {state.code: state for state in states}


def _changes() -> dict[str, StateChange]:
    changes: list[StateChange] = []

    def settle(direction: Direction, codes: str, position: str) -> None:
        for code, means in (pair.split(":") for pair in codes.split()):
            target = means + position
            changes.append(StateChange(code, direction, (DUE,), target, True, bank=position == "50", step="settle"))

    def move(direction: Direction, codes: str, slip: bool = False, default: bool = True) -> None:
        for code, means in (pair.split(":") for pair in codes.split()):
            changes.append(StateChange(code, direction, (means + "30",), means + "50", default, bank=True, slip=slip))

    settle("encashment", "PORCHQ:C PORESP:E PORVIR:V PORSEP:S PORINT:I PORPRL:D POREFF:L", "30")
    settle("encashment", "ENCVIR:V ENCSEP:S ENCINT:I ENCPRL:D", "50")
    move("encashment", "REMCDI:C REMESP:E REMVIR:V REMSEP:S REMINT:I REMPRL:D")
    move("encashment", "REMCHQ:C", slip=True, default=False)
    move("encashment", "REMEFF:L", slip=True)
    settle("disbursement", "DECCHQ:C DECESP:E DECVIR:V DECSEP:S DECINT:I DECPRL:D DECEFF:L", "30")
    settle("disbursement", "PAYVIR:V PAYSEP:S PAYINT:I PAYPRL:D", "50")
    move("disbursement", "EXECHQ:C EXEVIR:V EXESEP:S EXEINT:I EXEPRL:D EXEEFF:L")
    for suffix, means in (("CHQ", "C"), ("PRL", "D"), ("EFF", "L")):
        changes.append(
            StateChange(f"IMP{suffix}", "encashment", (means + "50", means + "30"), means + "90", step="return")
        )
        changes.append(StateChange(f"REP{suffix}", "encashment", (means + "90",), means + "30", step="represent"))
    for suffix, means in (("VIR", "V"), ("SEP", "S")):  # a transfer of ours that the bank sends back
        changes.append(
            StateChange(f"RET{suffix}", "disbursement", (means + "50", means + "30"), means + "90", step="return")
        )
    return {change.code: change for change in changes}


STANDARD_STATES = _states()
STANDARD_CHANGES = _changes()

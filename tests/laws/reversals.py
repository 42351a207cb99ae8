"""Cancel, unpaid, presented again and slips, as steps of a random life: what is asked, and what the model must show.

A receipt remembers what it took of each due item; a return adds that to what is open, a presentation takes it again.
"""

import copy
import json
from dataclasses import dataclass, replace

from lettrage.acts import Act, Performed, perform
from lettrage.acts.cancel import Cancel
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.slip import Wanted
from lettrage.money import figure
from lettrage.settlement import Caller
from tests.laws.generators import CALLER, TODAY, Books, Choice, Held, Model

RETURNED = {"C": "REPCHQ", "D": "REPPRL", "L": "REPEFF"}


@dataclass(frozen=True)
class Took:
    """What one header took: by place of the due item in the model, and the places of the advances that it made."""

    of: tuple[tuple[int, int], ...]
    made: tuple[int, ...]


def remember(before: Model, after: Model, transaction: int) -> None:
    """Give the payment of a transaction of one header what it took, to be given back one day."""
    if any(due.kind != "advance" for due in after.dues[len(before.dues) :]):
        return  # it passed something on: opened again, the two would have one piece and one due date
    changed = [(at, old.open - new.open) for at, (old, new) in enumerate(zip(before.dues, after.dues, strict=False))]
    made = tuple(at for at in range(len(before.dues), len(after.dues)) if after.dues[at].kind == "advance")
    took = Took(tuple((at, part) for at, part in changed if part), made)
    for held in after.held:
        # A deposit takes nothing of due items: what a loaded payment that it moved had settled is not known.
        if held.transaction == transaction and held.took is None and (took.of or took.made):
            held.took = took


def ask(books: Books, code: str, act: Act) -> Performed:
    return perform(act, Caller(CALLER.name, CALLER.origin, code), books.store, books.clock)


def cancelled(books: Books, code: str, transaction: int) -> Performed:
    """Cancel on the first day that is possible."""
    sql = 'SELECT date FROM "transaction" WHERE dossier = ? AND number = ?'
    (day,) = books.eyes.execute(sql, (code, transaction)).fetchone()
    day = max(TODAY, type(TODAY).fromisoformat(day))
    return ask(books, code, Cancel(transaction, "essai", day))


def returnable(model: Model) -> list[Held]:
    """The payments that may come back and whose receipt the model remembers."""
    return [h for h in model.held if h.state[0] in RETURNED and h.state[1:] in ("30", "50")
            and h.direction == "encashment" and h.took is not None]  # fmt: skip


def returned(model: Model) -> list[Held]:
    """The payments that are back, and whose receipt the model remembers."""
    return [held for held in model.held if held.state.endswith("90")]


def unpaid(books: Books, choice: Choice, model: Model, held: Held) -> Model | None:
    """Report a payment as returned: the model afterwards, None where it was rightly refused."""
    code = model.house.code
    sql = (
        'SELECT i.id, t.status FROM instrument i JOIN "transaction" t ON t.dossier = i.dossier'
        ' AND t.number = i."transaction" WHERE i.dossier = ? AND i."transaction" = ? AND i."order" = ?'
        " AND i.active = 1 AND i.third_party = ? AND i.amount = ? AND i.currency = ?"
    )
    where = (code, held.transaction, held.order, held.party, held.amount, held.currency)
    found = books.eyes.execute(sql, where).fetchall()
    if len(found) != 1:
        return None
    ((identity, status),) = found
    fees = figure(str(choice.whole(0, 20))) if choice.chance(50) else None
    bank = "BNP" if held.state.endswith("30") else ""
    day = max(held.date, TODAY)
    done = ask(books, code, ReportUnpaid(held.transaction, held.order, identity, day, fees, None, bank))
    assert held.took is not None
    used = any(model.dues[at].open != model.dues[at].amount for at in held.took.made)
    expected = {"awaits_slip"} if status == "awaiting_slip" else set()
    expected |= {"advance_used"} if used else set()
    codes = {reason["code"] for reason in done.reasons}
    assert codes == expected, f"unpaid: {codes} told, {expected} expected"
    if done.result is None:
        return None
    return _turned(model, held, int(done.result["transaction"]), "90", 1)


def presented(books: Books, model: Model, held: Held) -> Model | None:
    """Present a returned payment again: the model afterwards, None where it was rightly refused."""
    took = held.took
    assert took is not None
    row = {"REGLTTYP": "1", "CHGETAT": RETURNED[held.state[0]], "TRANSACDT": f"{max(held.date, TODAY):%Y%m%d}",
           "DetailReglementtb": [{"TRANSAC": str(held.transaction)}]}  # fmt: skip
    form = {"action": {"swinfinity": "integration_reglement", "parameters": {"dos": model.house.code, "repeat": "1"}},
            "data": {"EnteteReglementtb": [row]}}  # fmt: skip
    answer = json.loads(books.settle(json.dumps(form).encode(), CALLER).text)
    (told,) = json.loads(answer["result"])["result"]["response"]
    codes = [reason["code"] for reason in told["reasons"]]
    dues = [(model.dues[at], part) for at, part in took.of]
    fits = all(due.open == part for due, part in dues if due.kind != "advance")
    enough = all(abs(due.open) >= abs(part) for due, part in dues if due.kind == "advance")
    consumes = any(due.kind == "advance" for due, _ in dues)
    if codes:
        # What is left of an advance may carry another cent than what was given back to it.
        assert codes == ["no_longer_open"], f"represent: {codes}"
        assert not fits or not enough or consumes, "represent: refused though all is as it was left"
        return None
    assert fits, "represent: something had changed since"
    assert enough, "represent: the advance was used since"
    return _turned(model, held, int(told["transactionId"]), "30", -1)


def _turned(model: Model, held: Held, transaction: int, position: str, way: int) -> Model:
    """The model with a payment returned (`way` +1) or presented again (-1)."""
    at_place = next(at for at, other in enumerate(model.held) if other is held)
    after = model.copy()
    assert held.took is not None
    for at, part in held.took.of:
        after.dues[at].open += way * part
    for at in held.took.made:
        after.dues[at].open = 0 if way > 0 else after.dues[at].amount
    del after.held[at_place]
    moved = replace(copy.copy(held), transaction=transaction, order=1, state=held.state[0] + position,
                    date=max(held.date, TODAY))  # fmt: skip
    after.held.append(moved)
    return after


def slip(books: Books, code: str) -> str:
    """Make a slip of what waits at BNP, where it is of one kind; its number, or ""."""
    done = ask(books, code, MakeSlip(Wanted("BNP")))
    assert {r["code"] for r in done.reasons} <= {"slip_nothing_waits", "slip_kinds_differ", "date_before"}, done.reasons
    return str(done.result["number"]) if done.result else ""


def slip_cancelled(books: Books, code: str, number: str) -> bool:
    done = ask(books, code, CancelSlip(number))
    assert {r["code"] for r in done.reasons} <= {"slip_instrument_moved"}, done.reasons
    return done.result is not None

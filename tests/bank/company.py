"""A company with two bank accounts, open invoices, cheques and announced transfers; and its bank."""

import json
from pathlib import Path
from typing import Any

from lettrage.acts import Act, Moment, Refused
from lettrage.acts.bank import AcceptLine, UndoLine
from lettrage.acts.statements import ImportStatement
from lettrage.bank.matching.proposal import Part, Proposal
from lettrage.refusal import Refusal
from tests.bank.files import Move, camt, cfonb_file
from tests.world import World

DOSSIER = "998"
CIC_IBAN = "FR1420041010050500013M02606"


def invoice(party: str, number: str, amount: str, **more: Any) -> dict[str, Any]:
    """An open invoice of one due item."""
    due = [{"due_date": "2026-10-31", "amount": amount}]
    return {"third_party": party, "number": number, "date": "2026-10-01", "currency": "EUR", "due_items": due} | more


def held(transaction: str, party: str, state: str, amount: str, **more: Any) -> dict[str, Any]:
    """An instrument in portfolio."""
    return {
        "transaction": transaction, "order": "1", "third_party": party, "state": state, "currency": "EUR",
        "amount": amount, "date": "2026-10-15",
    } | more  # fmt: skip


COMPANY: dict[str, Any] = {
    "code": DOSSIER, "name": "Divalto", "currency": "EUR",
    "tolerances": {"settlement_difference": {"amount": "10.00", "percent": "5"}},
    "banks": [
        {"code": "BNP", "iban": "FR7630006000011234567890189", "account": "512100"},
        {"code": "CIC", "iban": CIC_IBAN, "account": "512200"},
    ],
    "third_parties": [
        {"code": "C1", "kind": "customer", "name": "Andromède SARL"},
        {"code": "C2", "kind": "customer", "name": "Bételgeuse"},
        {"code": "F1", "kind": "supplier", "name": "Fournitures de l'Est"},
    ],
    "invoices": [
        invoice("C1", "87", "3600.00"), invoice("C1", "86", "2400.00"), invoice("C2", "90", "120.00"),
        invoice("F1", "A-5", "500.00"),
    ],
    "portfolio": [
        held("900", "C1", "V30", "1000.00"), held("901", "C2", "C30", "300.00"), held("902", "C2", "C30", "200.00"),
        held("903", "F1", "V30", "250.00", direction="disbursement"),
        held("904", "C1", "C50", "400.00", bank="BNP"),
    ],
}  # fmt: skip


def books(folder: Path, **more: Any) -> World:
    """Their books."""
    world = World(folder / "books.sqlite")
    loaded = world.load(json.dumps({"dossiers": [COMPANY | more]}).encode())
    assert not loaded.faults, loaded.faults
    return world


def done(world: World, act: Act) -> dict[str, Any]:
    """What came of an act."""
    with world.store.books(DOSSIER, writing=True) as opened:
        return act.perform(opened, Moment(world.clock.now(), world.clock.today()))


def refused(world: World, act: Act) -> list[Refusal]:
    """Every reason against an act, which has left nothing behind."""
    before = world.books()
    try:
        with world.store.books(DOSSIER, writing=True) as opened:
            try:
                act.perform(opened, Moment(world.clock.now(), world.clock.today()))
            except Refused as caught:
                found = list(caught.reasons)  # and what was written before it would be kept
            else:
                raise AssertionError("not refused")
    finally:
        assert world.books() == before, "a refused act left a trace"
    return found


def brought(world: World, moves: list[Move], name: str = "releve.txt", **options: Any) -> dict[str, Any]:
    """Import a CFONB statement of BNP."""
    return done(world, ImportStatement.of(name, cfonb_file(moves, **options), "anna"))


def brought_camt(world: World, moves: list[Move], name: str = "releve.xml", **options: Any) -> dict[str, Any]:
    """Import a camt statement of BNP."""
    return done(world, ImportStatement.of(name, camt(moves, **options), "anna"))


def accept(world: World, line: int, proposal: Proposal, **more: Any) -> dict[str, Any]:
    """Accept a proposal for a line."""
    return done(world, AcceptLine(line, proposal, "anna", **more))


def undo(world: World, line: int, reason: str = "erreur") -> dict[str, Any]:
    """Take an acceptance back."""
    return done(world, UndoLine(line, reason, "anna"))


def settles(*parts: Part, fees: int = 0) -> Proposal:
    """A proposal that settles due items."""
    return Proposal(1, 100, "items", items=parts, third_party=parts[0].third_party, fees=fees)


def part(party: str, piece: str, amount: int, **more: Any) -> Part:
    """A due item that is paid."""
    return Part(party, amount, "EUR", piece=piece, **more)


def findings(world: World) -> list[str]:
    """Every law that the books break."""
    return [f"{finding.code} {finding.message}" for finding in world.store.audit(DOSSIER)]


def ledger(world: World, account: str) -> int:
    """The balance of an account."""
    with world.store.books(DOSSIER, writing=False) as opened:
        sql = "SELECT coalesce(sum(debit - credit), 0) FROM entry_line WHERE dossier = ?1 AND account = ?2"
        return int(opened.rows(sql, account)[0][0])

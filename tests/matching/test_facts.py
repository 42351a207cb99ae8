"""What the books know that lines may be about: read from both stores, in a number of questions that does not grow."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import event

from lettrage.acts.bank import AcceptLine
from lettrage.acts.cancel import Cancel
from lettrage.acts.matching import verdicts
from lettrage.acts.slips import MakeSlip
from lettrage.bank.matching import Facts, Movement, Verdict
from lettrage.bank.matching.facts import Learnt
from lettrage.bank.slip import Wanted
from lettrage.bank.statements.document import StatementLine
from tests.bank.company import COMPANY, DOSSIER, books, brought, brought_camt, done, findings, invoice
from tests.bank.files import Move
from tests.matching.scenario import EUR
from tests.world import World

DAY = date(2026, 11, 5)


def facts(world: World, *texts: str, amount: int = 1_00, **more: Any) -> Facts:
    """What is read for a line of each of these texts."""
    lines = [
        Movement("BNP", StatementLine(at, DAY, DAY, EUR, amount, text=text, id=at, **more))
        for at, text in enumerate(texts or ("VIREMENT",), 1)
    ]
    with world.store.books(DOSSIER, writing=False) as opened:
        return opened.matching_facts(lines)


def settled(world: World, *headers: dict[str, Any]) -> None:
    """Settle a document."""
    rows = [
        {"PAYMENTTYPE": "ENCASHMENT", "CURRENCY": "EUR", "DATE": "20261104", "BQC": "BNP", "TRANSAC": str(at)} | header
        for at, header in enumerate(headers, 1)
    ]
    reply = world.settle(json.dumps({"EnteteReglementtb": rows}).encode())
    assert (reply.error, reply.refused) == (0, 0), reply.text


def paying(party: str, piece: str, amount: str, **more: Any) -> dict[str, Any]:
    """A header that pays one piece."""
    detail = {"THIRDPARTY": party, "PIECE": piece, "AMOUNT": amount}
    return {"THIRDPARTY": party, "AMOUNT": amount, "DetailReglementtb": [detail]} | more


def deposited(world: World, *transactions: str) -> str:
    """Cheques handed in on a slip: its number."""
    details = [{"TRANSAC": number} for number in transactions]
    settled(world, {"CHGETAT": "REMCHQ", "DetailReglementtb": details})
    number: str = done(world, MakeSlip(Wanted("BNP", date=date(2026, 11, 4))))["number"]
    return number


def proposed(world: World) -> list[Verdict]:
    """What each open line may be."""
    with world.store.books(DOSSIER, writing=False) as opened:
        found = verdicts(opened.bank_lines(open_only=True), opened)
    return [found[line] for line in sorted(found)]


def test_what_is_open_and_who_owes_it(tmp_path: Path) -> None:
    parties = [COMPANY["third_parties"][0] | {"ibans": ["FR14 2004 1010 0505 0001 3M02 606"]}]
    parties += [*COMPANY["third_parties"][1:], {"code": "P1", "kind": "customer", "name": "Mairie", "chorus": {}}]
    found = facts(books(tmp_path, third_parties=parties))
    assert [(i.third_party, i.piece, i.open, i.ledger) for i in found.items] == [
        ("C1", "87", 360_000, "customer"), ("C1", "86", 240_000, "customer"), ("C2", "90", 12_000, "customer"),
        ("F1", "A-5", 50_000, "supplier"),
    ]  # fmt: skip
    assert {p.code: (p.name, len(p.ibans)) for p in found.parties} == {
        "C1": ("Andromède SARL", 1), "C2": ("Bételgeuse", 0), "F1": ("Fournitures de l'Est", 0), "P1": ("Mairie", 0),
    }  # fmt: skip
    assert [(one.transaction, one.state, one.amount) for one in found.waiting] == [
        (900, "V30", 100_000), (901, "C30", 30_000), (902, "C30", 20_000), (903, "V30", 25_000),
    ]  # fmt: skip


def test_what_a_line_names_that_is_settled(tmp_path: Path) -> None:
    world = books(tmp_path)
    settled(world, paying("C2", "90", "120.00", FINALSTATEMENT="TRANSFERT"))
    assert [(s.third_party, s.piece, s.amount) for s in facts(world, "FACT 90").settled] == [("C2", "90", 12_000)]
    assert facts(world, "FACT 91").settled == ()
    assert facts(world).waiting[-1].pieces == ("90",)


def test_a_movement_is_booked_until_a_line_accounts_for_it(tmp_path: Path) -> None:
    world = books(tmp_path)
    settled(world, paying("C2", "90", "120.00", FINALSTATEMENT="TRANSFERTINBANK"))
    (posted,) = [own for own in facts(world).posted if own.amount == 12_000]
    assert (posted.bank, posted.third_parties, posted.pieces, posted.deposit) == ("BNP", ("C2",), ("90",), False)

    brought(world, [Move(12_000, label="VIR BETELGEUSE FACT 90")])
    (verdict,) = proposed(world)
    first = verdict.first
    assert first is not None
    assert (first.kind, first.booked[0].posting, first.items) == ("booked", posted.posting, ())
    done(world, AcceptLine(verdict.line, first, "anna"))
    assert [own for own in facts(world).posted if own.amount == 12_000] == []


def test_a_reversed_pair_is_no_movement(tmp_path: Path) -> None:
    world = books(tmp_path)
    settled(world, paying("C2", "90", "120.00", FINALSTATEMENT="TRANSFERTINBANK"))
    (posted,) = [own for own in facts(world).posted if own.amount == 12_000]
    assert posted.transaction is not None
    done(world, Cancel(posted.transaction, "erreur"))
    assert [own for own in facts(world).posted if abs(own.amount) == 12_000] == []


def test_a_slip_is_open_until_its_last_cheque_is_credited(tmp_path: Path) -> None:
    world = books(tmp_path)
    number = deposited(world, "901", "902")
    (slip,) = facts(world).slips
    assert (slip.number, slip.bank, slip.total, slip.left) == (number, "BNP", 50_000, 50_000)
    assert sorted(one.amount for one in slip.instruments) == [20_000, 30_000]

    brought(world, [Move(20_000, label="CHEQUE BETELGEUSE")])
    (verdict,) = proposed(world)
    first = verdict.first
    assert first is not None
    assert (first.kind, first.slip, len(first.instruments)) == ("slip", number, 1)
    done(world, AcceptLine(verdict.line, first, "anna"))
    (slip,) = facts(world).slips
    assert (slip.left, [one.amount for one in slip.instruments]) == (30_000, [30_000])
    assert findings(world) == []


def test_a_slip_of_one_line_is_certain(tmp_path: Path) -> None:
    world = books(tmp_path)
    number = deposited(world, "901", "902")
    brought(world, [Move(50_000, label="REMISE CHEQUES 2 CHQ")])
    (verdict,) = proposed(world)
    first = verdict.first
    assert first is not None
    assert (first.kind, first.slip, verdict.automatic) == ("slip", number, True)


def test_what_may_come_back_is_read_where_a_line_speaks_of_it(tmp_path: Path) -> None:
    world = books(tmp_path)
    assert facts(world, "VIREMENT", amount=-40_000).at_bank == ()
    (found,) = facts(world, "CHEQUE IMPAYE", amount=-40_000).at_bank
    assert (found.transaction, found.state, found.amount) == (904, "C50", 40_000)


def test_an_account_is_learnt_from_what_was_accepted(tmp_path: Path) -> None:
    world = books(tmp_path)
    account = "FR7630001007941234567890185"
    whose = f"<Dbtr><Nm>HOLDING B</Nm></Dbtr><DbtrAcct><Id><IBAN>{account}</IBAN></Id></DbtrAcct>"
    payer = f"<TxDtls><RltdPties>{whose}</RltdPties><RmtInf><Ustrd>FACT 90</Ustrd></RmtInf></TxDtls>"
    brought_camt(world, [Move(12_000, details=payer)])
    (verdict,) = proposed(world)
    first = verdict.first
    assert first is not None
    assert [part.piece for part in first.items] == ["90"]
    done(world, AcceptLine(verdict.line, first, "anna"))

    found = facts(world, "VIREMENT", iban=account, name="HOLDING B")
    assert found.learnt_ibans == {account: (Learnt("C2", 1),)}
    assert found.learnt_names == {"B HOLDING": (Learnt("C2", 1),)}


def test_the_questions_do_not_grow_with_the_lines(tmp_path: Path) -> None:
    world = books(tmp_path)
    deposited(world, "901", "902")
    counts = []
    for texts in (["FACT 87 IMPAYE"], [f"FACT {n} IMPAYE {n + 7}" for n in range(80, 480)]):
        asked: list[str] = []

        def note(_c: Any, _cursor: Any, sql: str, *_more: Any, asked: list[str] = asked) -> None:
            asked.append(sql)

        event.listen(world.store.engine, "before_cursor_execute", note)
        facts(world, *texts, end_to_end="E2E-1", iban="FR7630001007941234567890185", name="B")
        event.remove(world.store.engine, "before_cursor_execute", note)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 22, counts


def test_everything_certain_is_accepted_and_the_books_stay_sound(tmp_path: Path) -> None:
    world = books(tmp_path, invoices=[*COMPANY["invoices"], *_more(30)])
    deposited(world, "901")
    moves = [Move(1_000 + n, label=f"VIR FACT FA-2026-{n:04}") for n in range(100, 130)]
    brought(world, [*moves, Move(30_000, label="REMISE CHEQUE"), Move(-1_000, label="FRAIS DE TENUE DE COMPTE")])
    certain = [verdict for verdict in proposed(world) if verdict.automatic]
    assert len(certain) == 31
    for verdict in certain:
        assert verdict.first is not None
        done(world, AcceptLine(verdict.line, verdict.first, "anna", automatic=True))
    assert findings(world) == []
    assert [own.kind for own in proposed(world)] == ["fee"]


def _more(count: int) -> Sequence[dict[str, Any]]:
    return [invoice("C2", f"FA-2026-{n:04}", f"{(1_000 + n) / 100:.2f}") for n in range(100, 100 + count)]

"""Lines of statements accepted and undone: booked once, by the journeys that everything else goes."""

from pathlib import Path

import pytest

from lettrage.acts.bank import AcceptLine, LineNotMet, UndoLine
from lettrage.acts.cancel import Cancel
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.bank.matching.proposal import Booked, Part, Proposal
from lettrage.bank.slip import Wanted
from lettrage.money import Figure
from tests.bank.company import (
    COMPANY,
    DOSSIER,
    accept,
    books,
    brought,
    done,
    findings,
    held,
    ledger,
    part,
    refused,
    settles,
    undo,
)
from tests.bank.files import Move
from tests.databases import ask
from tests.world import World

BOTH = settles(part("C1", "87", 359_500, difference=500), part("C1", "86", 240_000))


def world_with(folder: Path, *moves: int) -> World:
    """Books with a statement of these movements, its lines numbered from 1."""
    world = books(folder)
    brought(world, [Move(amount) for amount in moves])
    return world


def codes(world: World, act: object) -> list[str]:
    return [reason.code for reason in refused(world, act)]  # type: ignore[arg-type]


def opened(world: World, piece: str) -> int:
    ((left,),) = ask(world.address, "SELECT open FROM due_item WHERE dossier = ?1 AND piece = ?2", DOSSIER, piece)
    return int(left)


def test_due_items_are_settled_by_a_line(tmp_path: Path) -> None:
    world = world_with(tmp_path, 599_500)
    before = ledger(world, "512100")

    result = accept(world, 1, BOTH)

    assert (result["line"], result["kind"], result["automatic"], len(result["transactions"])) == (1, "items", False, 1)
    assert (opened(world, "87"), opened(world, "86")) == (0, 0)
    assert ledger(world, "512100") - before == 599_500
    with world.store.books(DOSSIER, writing=False) as held:
        kept = held.bank_line(1)
    assert kept is not None
    assert kept.match is not None
    assert (kept.status, kept.match.by, kept.match.transactions) == (
        "matched", "anna", (int(result["transactions"][0]),),
    )  # fmt: skip
    assert findings(world) == []


def test_a_line_is_never_accepted_twice(tmp_path: Path) -> None:
    world = world_with(tmp_path, 599_500)
    accept(world, 1, BOTH)
    assert codes(world, AcceptLine(1, BOTH, "ben")) == ["bank_line_matched"]


def test_fees_are_split_from_a_payment_in_either_direction(tmp_path: Path) -> None:
    world = world_with(tmp_path, 11_850, -50_200)
    accept(world, 1, settles(part("C2", "90", 12_000), fees=150))
    accept(world, 2, settles(part("F1", "A-5", 50_000), fees=200))
    assert ledger(world, "627800") == 350
    assert (opened(world, "90"), opened(world, "A-5")) == (0, 0)
    assert findings(world) == []


def test_several_third_parties_share_one_transaction(tmp_path: Path) -> None:
    world = world_with(tmp_path, 252_000)
    result = accept(world, 1, settles(part("C1", "86", 240_000), part("C2", "90", 12_000)))
    assert len(result["transactions"]) == 1
    assert findings(world) == []


def test_what_is_left_and_what_comes_ahead(tmp_path: Path) -> None:
    world = world_with(tmp_path, 200_000, 50_000)
    accept(world, 1, settles(part("C1", "86", 200_000, left=40_000)))
    accept(world, 2, settles(Part("C2", 50_000, "EUR", "WAR")))
    assert ledger(world, "419100") == -50_000
    assert findings(world) == []


def test_announced_payments_arrive(tmp_path: Path) -> None:
    world = world_with(tmp_path, 100_000, 50_000, -25_000)
    ids = dict(ask(world.address, 'SELECT "transaction", id FROM instrument WHERE dossier = ?1', DOSSIER))
    accept(world, 1, Proposal(1, 90, "instruments", instruments=(ids[900],)))
    accept(world, 2, Proposal(1, 90, "instruments", instruments=(ids[901], ids[902])))  # both cheques in one line
    accept(world, 3, Proposal(1, 90, "instruments", instruments=(ids[903],)))
    assert ledger(world, "511500") == ledger(world, "511200") == ledger(world, "580100") == 0
    assert findings(world) == []
    again = AcceptLine(1, Proposal(1, 90, "instruments", instruments=(ids[900],)), "anna")
    undo(world, 1)
    accept(world, 1, again.proposal)
    assert findings(world) == []


def slip_of_two_cheques(world: World) -> tuple[str, Booked]:
    """A slip of the two cheques in portfolio, and its line on the bank's account."""
    details = [{"TRANSAC": "901"}, {"TRANSAC": "902"}]
    header = '{"EnteteReglementtb": [{"REGLTTYP": "1", "CHGETAT": "REMCHQ", "BQC": "BNP", "DetailReglementtb": %s}]}'
    assert world.settle((header % str(details).replace("'", '"')).encode()).done == 1
    slip = done(world, MakeSlip(Wanted("BNP")))
    sql = "SELECT l.posting, l.line, l.amount FROM entry_line l JOIN slip s ON s.posting = l.posting WHERE account = ?1"
    ((posting, line, amount),) = ask(world.address, sql, "512100")
    return slip["number"], Booked(posting, line, amount)


def test_a_slip_is_credited_whole(tmp_path: Path) -> None:
    world = world_with(tmp_path, 50_000)
    number, booked = slip_of_two_cheques(world)
    before = ledger(world, "512100")
    result = accept(world, 1, Proposal(1, 99, "slip", slip=number, booked=(booked,)))
    assert (result["transactions"], result["entries"]) == ([], [])
    assert ledger(world, "512100") == before
    assert codes(world, CancelSlip(number)) == ["reconciled"]
    undo(world, 1)
    done(world, CancelSlip(number))
    assert findings(world) == []


def test_a_slip_is_credited_cheque_by_cheque(tmp_path: Path) -> None:
    world = world_with(tmp_path, 30_000, 20_000, 20_000)
    number, booked = slip_of_two_cheques(world)
    for line, amount in ((1, 30_000), (2, 20_000)):
        accept(world, line, Proposal(1, 99, "slip", slip=number, booked=(Booked(booked.posting, booked.line, amount),)))
    more = Proposal(1, 99, "slip", slip=number, booked=(Booked(booked.posting, booked.line, 20_000),))
    assert codes(world, AcceptLine(3, more, "anna")) == ["already_accounted"]
    assert findings(world) == []


def test_what_the_ledger_has_is_not_booked_again(tmp_path: Path) -> None:
    world = world_with(tmp_path, 12_000)
    form = (
        '{"EnteteReglementtb": [{"REGLTTYP": "1", "CHGETAT": "ENCVIR", "BQC": "BNP", "TIERS": "C2", "AMOUNT": "120.00",'
        ' "DEV": "EUR", "DetailReglementtb": [{"TIERS": "C2", "PIECE": "90", "AMOUNT": "120.00"}]}]}'
    )
    reply = world.settle(form.encode())
    assert reply.done == 1
    sql = "SELECT posting, line, amount, account FROM entry_line WHERE account = ?1 ORDER BY posting DESC"
    posting, line, amount, _ = ask(world.address, sql, "512100")[0]
    before, number = ledger(world, "512100"), world.next_transaction(DOSSIER) - 1

    accept(world, 1, Proposal(1, 99, "booked", transaction=number, booked=(Booked(posting, line, amount),)))

    assert ledger(world, "512100") == before
    assert codes(world, Cancel(number, "erreur")) == ["reconciled"]
    undo(world, 1)
    done(world, Cancel(number, "erreur"))
    assert findings(world) == []


def test_charges_with_and_without_vat_transfers_and_what_nobody_knows(tmp_path: Path) -> None:
    world = world_with(tmp_path, -1_200, -1_000, -70_000, 4_242)
    accept(world, 1, Proposal(1, 90, "fee"), vat=Figure(200, 2))
    accept(world, 2, Proposal(1, 90, "fee", account="627500"))
    accept(world, 3, Proposal(1, 90, "transfer", account="580000"))
    accept(world, 4, Proposal(1, 0, "unknown", account="471000"))
    balances = [ledger(world, account) for account in ("627800", "445660", "627500", "580000", "471000")]
    assert balances == [1_000, 200, 1_000, 70_000, -4_242]
    assert findings(world) == []
    for line in (1, 2, 3, 4):
        undo(world, line)
    assert [ledger(world, account) for account in ("627800", "445660", "627500", "580000", "471000")] == [0] * 5
    assert findings(world) == []


def test_a_line_that_moves_nothing_is_taken_note_of(tmp_path: Path) -> None:
    world = world_with(tmp_path, 0)
    assert accept(world, 1, Proposal(0, 0, "unknown", account="471000"))["entries"] == []
    undo(world, 1)
    assert findings(world) == []


def instruments(world: World) -> dict[int, int]:
    """Each instrument by the transaction that made it."""
    return dict(ask(world.address, 'SELECT "transaction", id FROM instrument WHERE dossier = ?1', DOSSIER))


def test_a_returned_cheque_opens_what_it_had_settled(tmp_path: Path) -> None:
    world = world_with(tmp_path, -41_500)
    ((identity,),) = ask(world.address, 'SELECT id FROM instrument WHERE "transaction" = ?1', 904)
    result = accept(world, 1, Proposal(1, 95, "return", instruments=(identity,), fees=1_500))
    assert ledger(world, "627800") == 1_500
    assert len(result["transactions"]) == 1
    assert findings(world) == []
    undo(world, 1)
    assert ledger(world, "627800") == 0
    assert findings(world) == []


def test_undoing_frees_the_line_and_gives_everything_back(tmp_path: Path) -> None:
    world = world_with(tmp_path, 599_500)
    before = ledger(world, "512100")
    accept(world, 1, BOTH)
    undo(world, 1)
    assert (opened(world, "87"), opened(world, "86"), ledger(world, "512100")) == (360_000, 240_000, before)
    assert codes(world, UndoLine(1, "encore", "anna")) == ["bank_line_open"]
    accept(world, 1, BOTH)
    assert findings(world) == []


def test_what_was_built_on_stands_in_the_way_of_undoing(tmp_path: Path) -> None:
    world = world_with(tmp_path, 200_000, 40_000)
    accept(world, 1, settles(part("C1", "86", 200_000, left=40_000)))
    accept(world, 2, settles(part("C1", "86", 40_000)))
    assert codes(world, UndoLine(1, "erreur", "anna")) == ["built_on"]
    undo(world, 2)
    undo(world, 1)
    assert findings(world) == []


def test_what_a_line_settled_is_not_cancelled_behind_its_back(tmp_path: Path) -> None:
    world = world_with(tmp_path, 599_500)
    number = int(accept(world, 1, BOTH)["transactions"][0])
    (reason,) = refused(world, Cancel(number, "erreur"))
    assert (reason.code, reason.expected) == ("reconciled", "1")


def test_the_vat_of_fees_is_booked_wherever_the_bank_takes_fees(tmp_path: Path) -> None:
    world = world_with(tmp_path, -41_800, 11_850, -50_200, 99_900, -1_200)
    ids = instruments(world)
    accept(world, 1, Proposal(1, 95, "return", instruments=(ids[904],), fees=1_800), vat=Figure(300, 2))
    assert (ledger(world, "627800"), ledger(world, "445660")) == (1_500, 300)
    accept(world, 2, settles(part("C2", "90", 12_000), fees=150), vat=Figure(25, 2))
    accept(world, 3, settles(part("F1", "A-5", 50_000), fees=200), vat=Figure(3, 1))
    accept(world, 4, Proposal(1, 90, "instruments", instruments=(ids[900],), fees=100), vat=Figure(10, 2))
    accept(world, 5, Proposal(1, 90, "fee", fees=1_200), vat=Figure(2, 0))
    assert (ledger(world, "627800"), ledger(world, "445660")) == (
        1_500 + 125 + 170 + 90 + 1_000,
        300 + 25 + 30 + 10 + 200,
    )
    assert findings(world) == []
    for line in (1, 2, 3, 4, 5):
        undo(world, line)
    assert (ledger(world, "627800"), ledger(world, "445660")) == (0, 0)
    assert findings(world) == []


def test_vat_that_is_no_part_of_fees_is_refused(tmp_path: Path) -> None:
    world = world_with(tmp_path, -41_500, 12_000, 1_000)
    back = Proposal(1, 95, "return", instruments=(instruments(world)[904],), fees=1_500)
    for line, proposal, vat, code in (
        (1, back, Figure(1_500, 2), "vat_beyond_fees"),
        (1, back, Figure(1_001, 3), "too_many_decimals"),
        (2, settles(part("C2", "90", 12_000)), Figure(100, 2), "vat_beyond_fees"),
        (3, Proposal(0, 0, "unknown", account="471000"), Figure(100, 2), "vat_beyond_fees"),
        (3, Proposal(1, 0, "transfer", account="580000"), Figure(100, 2), "vat_beyond_fees"),
    ):
        assert codes(world, AcceptLine(line, proposal, "anna", vat=vat)) == [code]


def test_a_returned_bill_leaves_the_bank_that_had_credited_it(tmp_path: Path) -> None:
    world = books(tmp_path, portfolio=[*COMPANY["portfolio"], held("905", "C1", "L50", "610.00", bank="BNP")])
    brought(world, [Move(61_000), Move(-62_000)])
    assert ledger(world, "511300") == 61_000
    accept(world, 1, Proposal(0, 0, "unknown", account="511300"))
    before = ledger(world, "512100")
    proposal = Proposal(1, 95, "return", instruments=(instruments(world)[905],), fees=1_000)

    result = accept(world, 2, proposal, vat=Figure(150, 2))

    assert (ledger(world, "511300"), ledger(world, "512100")) == (0, before - 62_000)
    assert (len(result["transactions"]), len(result["entries"])) == (1, 2)
    assert findings(world) == []
    undo(world, 2)
    assert (ledger(world, "511300"), ledger(world, "512100"), ledger(world, "627800")) == (0, before, 0)
    accept(world, 2, proposal)
    assert (ledger(world, "511300"), findings(world)) == (0, [])


@pytest.mark.parametrize(("state", "bank"), [("C30", ""), ("D30", ""), ("L30", ""), ("C50", "CIC")])
def test_what_is_not_at_this_bank_does_not_come_back_from_it(tmp_path: Path, state: str, bank: str) -> None:
    world = books(tmp_path, portfolio=[held("905", "C1", state, "610.00", **({"bank": bank} if bank else {}))])
    brought(world, [Move(-61_000)])
    proposal = Proposal(1, 95, "return", instruments=(instruments(world)[905],))
    (reason,) = refused(world, AcceptLine(1, proposal, "anna"))
    assert (reason.code, reason.seen) == ("return_not_at_bank", f"{state} {bank}".strip())


def test_fees_beyond_the_payment_turn_the_line_not_the_payment(tmp_path: Path) -> None:
    world = world_with(tmp_path, -3_000, 0)
    before = ledger(world, "512100")
    accept(world, 1, settles(part("C2", "90", 12_000), fees=15_000))
    accept(world, 2, settles(Part("C2", 700, "EUR", "WAR"), fees=700))
    assert (opened(world, "90"), ledger(world, "627800"), ledger(world, "512100")) == (0, 15_700, before - 3_000)
    assert findings(world) == []


def test_a_payment_arrives_by_the_means_whose_money_is_at_the_bank(tmp_path: Path) -> None:
    on_its_way = [{"code": "V50", "encashment": "511900", "disbursement": "511900"}]
    world = books(tmp_path, states=on_its_way)
    brought(world, [Move(12_000)])
    accept(world, 1, settles(part("C2", "90", 12_000)))
    assert (ledger(world, "511900"), findings(world)) == (0, [])


def test_what_would_not_be_the_line_is_refused_and_taken_back(tmp_path: Path) -> None:
    states = [{"code": f"{means}50", "encashment": "511900", "disbursement": "511900"} for means in "VSI"]
    world = books(tmp_path, states=states)
    brought(world, [Move(12_000)])
    before = world.books()
    with pytest.raises(LineNotMet) as caught:
        accept(world, 1, settles(part("C2", "90", 12_000)))
    assert (caught.value.refusal.code, caught.value.refusal.expected) == ("line_not_met", "120.00")
    assert world.books() == before


@pytest.mark.parametrize(
    ("amount", "proposal", "code"),
    [
        (1_000, settles(part("C2", "90", 12_000)), "proposal_amount"),
        (12_000, settles(part("C2", "404", 12_000)), "unknown_piece"),
        (13_000, settles(part("C2", "90", 13_000)), "more_than_open"),
        (1_000, Proposal(1, 0, "unknown"), "proposal_account"),
        (1_000, Proposal(1, 0, "unknown", account="411000"), "proposal_account"),
        (1_000, Proposal(1, 0, "transfer", account="512200"), "proposal_account"),
        (1_000, Proposal(1, 0, "unknown", account="511200"), "proposal_account"),
        (1_000, Proposal(1, 0, "booked", booked=(Booked(1, 1, 1_000),)), "already_accounted"),
        (1_000, Proposal(1, 0, "instruments", instruments=(4_711,)), "instrument_moved_on"),
        (-1_000, Proposal(1, 0, "return"), "instrument_moved_on"),
    ],
)
def test_what_does_not_fit_is_refused_whole(tmp_path: Path, amount: int, proposal: Proposal, code: str) -> None:
    world = world_with(tmp_path, amount)
    assert code in codes(world, AcceptLine(1, proposal, "anna"))
    assert codes(world, AcceptLine(77, proposal, "anna")) == ["unknown_bank_line"]

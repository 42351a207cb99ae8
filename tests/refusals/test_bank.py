"""The refusals and warnings of bank statements: files and acts, so each has a test; sentences are looked at."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lettrage.acts import Act, Refused
from lettrage.acts.bank import AcceptLine, UndoLine
from lettrage.acts.cancel import Cancel
from lettrage.acts.matching import Choice, accepting
from lettrage.acts.statements import ImportStatement
from lettrage.bank.matching.proposal import Booked, Proposal
from lettrage.bank.statements import cfonb120
from lettrage.bank.statements.document import Misread
from lettrage.bank.statements.read import read
from lettrage.cli import bring
from lettrage.commands import shared
from lettrage.limits import STATEMENT_BYTES
from lettrage.money import Figure
from lettrage.refusal import Refusal, Stop
from tests.bank.company import DOSSIER, accept, books, brought, brought_camt, done, part, refused, settles
from tests.bank.files import RIB, Move, camt, cfonb, cfonb_file, entry, record
from tests.bank.test_importing import BATCH
from tests.bank.test_reading import OF_CAMT, OF_CFONB
from tests.world import World

Shown = Callable[[Path], Refusal]


def _misread(code: str, data: bytes) -> Shown:
    def show(_folder: Path) -> Refusal:
        with pytest.raises(Misread) as caught:
            read(data)
        return next(reason for reason in caught.value.reasons if reason.code == code)

    return show


def _too_long(_folder: Path) -> Refusal:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cfonb120, "STATEMENT_LINES", 3)
        with pytest.raises(Misread) as caught:
            read(cfonb_file([Move(1)] * 5))
    return caught.value.reasons[0]


def _told(code: str, data: bytes) -> Shown:
    """A warning of reading."""
    return lambda _folder: next(warning for warning in read(data).warnings if warning.code == code)


def _against(code: str, make: Callable[[World], Act]) -> Shown:
    """A reason against an act."""

    def show(folder: Path) -> Refusal:
        world = books(folder)
        brought(world, [Move(1_000), Move(-1_000)])
        return next(reason for reason in refused(world, make(world)) if reason.code == code)

    return show


def _warned(code: str, act: ImportStatement) -> Shown:
    """A warning of an import, as it is told."""

    def show(folder: Path) -> Refusal:
        world = books(folder)
        brought(world, [Move(1_000), Move(-1_000)])
        told = done(world, act)["statements"][0]["warnings"]
        ((seen, expected, path, fr),) = [
            (w["seen"], w["expected"], w["path"], w["fr"]) for w in told if w["code"] == code
        ]
        facts = {"bank": "BNP", "name": "releve.txt 2026-11-30"}
        found = Refusal(code, path, seen, expected, facts)
        assert found.fr == fr
        return found

    return show


def _taken(world: World) -> AcceptLine:
    accept(world, 1, Proposal(0, 0, "unknown", account="471000"))
    return AcceptLine(1, Proposal(1, 0, "unknown"), "ben")


def _elsewhere(world: World) -> AcceptLine:
    brought_camt(world, [Move(300, reference="A", details=BATCH)], start="2026-11-30", end="2026-12-01")
    notified = camt(entry(Move(300, reference="A")), version="camt.054.001.08")
    done(world, ImportStatement.of("avis.xml", notified, "anna"))
    return AcceptLine(4, Proposal(0, 0, "unknown", account="471000"), "ben")


def _reconciled(world: World) -> Cancel:
    form = (
        '{"EnteteReglementtb": [{"REGLTTYP": "1", "CHGETAT": "ENCVIR", "BQC": "BNP", "TIERS": "C2", "AMOUNT": "10.00",'
        ' "DEV": "EUR", "DetailReglementtb": [{"TIERS": "C2", "OPERATION": "WAR", "AMOUNT": "10.00"}]}]}'
    )
    assert world.settle(form.encode()).done == 1
    number = world.next_transaction(DOSSIER) - 1
    with world.store.books(DOSSIER, writing=False) as opened:
        (line,) = opened.ledger_lines("512100", [number], [])
    accept(world, 1, Proposal(1, 99, "booked", booked=(Booked(line.posting, line.line, line.amount),)))
    return Cancel(number, "erreur")


def _of_rank_nine(amount: int) -> Shown:
    def show(folder: Path) -> Refusal:
        world = books(folder)
        brought(world, [Move(amount)])
        with world.store.books(DOSSIER, writing=False) as opened, pytest.raises(Refused) as caught:
            accepting(Choice(1, 9), opened, "anna")
        return caught.value.reasons[0]

    return show


def _line_not_met(folder: Path) -> Refusal:
    """A company that keeps no arrived transfer on its bank's account."""
    states = [{"code": f"{means}50", "encashment": "511900", "disbursement": "511900"} for means in "VSI"]
    world = books(folder, states=states)
    brought(world, [Move(12_000)])
    with pytest.raises(Stop) as caught:
        done(world, AcceptLine(1, settles(part("C2", "90", 12_000)), "anna"))
    return caught.value.refusal


def _no_such_statement(folder: Path) -> Refusal:
    world = books(folder)
    arguments = ["--database", world.address, "--dossier", DOSSIER, "bank", "show", "7"]
    bring(arguments)
    ran = CliRunner().invoke(shared.app, arguments)
    shared.context.close()
    assert isinstance(ran.exception, Stop)
    return ran.exception.refusal


def _account(account: str, vat: Figure | None = None) -> AcceptLine:
    kind = "fee" if account[:3] == "627" else "unknown"
    return AcceptLine(2, Proposal(0, 0, kind, account=account), "anna", vat=vat)  # type: ignore[arg-type]


def _odd() -> bytes:
    """A statement with all that banks allow themselves."""
    records = cfonb([Move(100)], currency="   ", decimals=" ")
    records[0] = records[0].replace("{", "é")
    records[1] = records[1][:2] + "99999" + records[1][7:]
    records.insert(2, record("05", RIB, "   ", " ", date="051126", qualifier="XYZ", label="AUTRE CHOSE"))
    return "\n".join(records).encode()


def _statement(data: bytes) -> Callable[[World], Act]:
    return lambda _world: ImportStatement.of("releve", data, "anna")


_ONE, _TWO = Proposal(1, 0, "return", instruments=(1, 2)), Proposal(1, 0, "booked", booked=(Booked(1, 1, 1_000),))


def _all() -> Iterator[tuple[str, Shown]]:
    yield from ((code, _misread(code, data)) for code, data in {**OF_CAMT, **OF_CFONB}.items())
    yield "statement_too_long", _too_long
    yield from (
        (code, _told(code, _odd()))
        for code in (
            "statement_currency_assumed", "statement_odd_sign", "statement_branch_differs",
            "statement_unknown_qualifier",
        )
    )  # fmt: skip
    pending = camt(entry(Move(1), status="<Sts>PDNG</Sts>"))
    yield "statement_pending", _told("statement_pending", pending)
    without = camt([Move(100)]).replace(b"CLBD", b"CLAV")
    yield "statement_no_balance", _told("statement_no_balance", without)
    yield "statement_parts_differ", _told("statement_parts_differ", camt([Move(400, details=BATCH)]))
    yield "statement_line_outside", _told("statement_line_outside", camt([Move(1, day="20261220")]))
    many = "<RmtInf>" + "".join(f"<Strd><CdtrRefInf><Ref>{n}</Ref></CdtrRefInf></Strd>" for n in range(201))
    cut = camt([Move(1, details=f"<TxDtls>{many}</RmtInf></TxDtls>")])
    yield "statement_references_cut", _told("statement_references_cut", cut)
    yield "statement_too_large", _misread("statement_too_large", b"0" * (STATEMENT_BYTES + 1))
    for code, data in (
        ("statement_unknown_account", cfonb_file([], rib="9" * 21)),
        ("statement_other_currency", cfonb_file([], currency="USD")),
        ("statement_overlaps", cfonb_file([Move(5)])),
    ):
        yield code, _against(code, _statement(data))
    known = "\n".join(cfonb([Move(1_000), Move(-1_000)]) + cfonb([], start="20261130", end="20261201"))
    yield "statement_known", _warned("statement_known", ImportStatement.of("b.txt", known.encode(), "anna"))
    gap = cfonb_file([], opening=5, start="20261130", end="20261201")
    yield "statement_gap", _warned("statement_gap", ImportStatement.of("b.txt", gap, "anna"))
    yield "unknown_bank_line", _against("unknown_bank_line", lambda _: AcceptLine(99, _TWO, "anna"))
    yield "bank_line_matched", _against("bank_line_matched", _taken)
    yield "bank_line_elsewhere", _against("bank_line_elsewhere", _elsewhere)
    yield "bank_line_open", _against("bank_line_open", lambda _: UndoLine(1, "x", "anna"))
    yield "proposal_amount", _against("proposal_amount", lambda _: AcceptLine(2, _TWO, "anna"))
    yield "proposal_account", _against("proposal_account", lambda _: _account("411000"))
    yield "already_accounted", _against("already_accounted", lambda _: AcceptLine(1, _TWO, "anna"))
    gone = Proposal(1, 0, "instruments", instruments=(4_711,))
    yield "instrument_moved_on", _against("instrument_moved_on", lambda _: AcceptLine(1, gone, "anna"))
    yield "one_return_alone", _against("one_return_alone", lambda _: AcceptLine(2, _ONE, "anna"))
    yield "vat_beyond_fees", _against("vat_beyond_fees", lambda _: _account("627800", Figure(1_000, 2)))
    away = Proposal(1, 0, "return", instruments=(1,))
    yield "return_not_at_bank", _against("return_not_at_bank", lambda _: AcceptLine(2, away, "anna"))
    yield "reconciled", _against("reconciled", _reconciled)
    yield "unknown_proposal", _of_rank_nine(12_000)
    yield "no_proposal", _of_rank_nine(4)
    yield "line_not_met", _line_not_met
    yield "unknown_statement", _no_such_statement


SHOWN_OF_BANK: dict[str, Shown] = dict(_all())


@pytest.mark.parametrize("code", list(SHOWN_OF_BANK))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    refusal = SHOWN_OF_BANK[code](tmp_path)

    assert refusal.code == code
    assert faulty_texts(refusal) == []

"""Each movement of an account is kept once, whatever files tell it."""

from datetime import date
from pathlib import Path
from typing import Any

from lettrage.acts import matching
from lettrage.acts.statements import ImportStatement
from lettrage.bank.matching.proposal import Part
from tests.bank.company import CIC_IBAN, DOSSIER, accept, books, brought, brought_camt, done, findings, refused, settles
from tests.bank.files import Move, camt, cfonb, cfonb_file, entry
from tests.databases import ask
from tests.world import World

DAYS = {"start": "20261101", "end": "20261110"}
NEXT = {"start": "20261110", "end": "20261120"}


def statuses(result: dict[str, object]) -> list[str]:
    return [statement["status"] for statement in result["statements"]]  # type: ignore[attr-defined]


def told(result: dict[str, object]) -> list[str]:
    """The codes of the warnings of an import."""
    return [w["code"] for s in result["statements"] for w in s["warnings"]]  # type: ignore[attr-defined]


def lines(world: World) -> int:
    return int(ask(world.address, "SELECT count(*) FROM bank_line WHERE dossier = ?1", DOSSIER)[0][0])


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    world = books(tmp_path)
    first = brought(world, [Move(100), Move(100)])
    before = world.books()
    again = brought(world, [Move(100), Move(100)], name="copie.txt")
    assert (statuses(first), statuses(again)) == (["imported"], ["known"])
    assert again["known"] is True
    assert (again["statements"][0]["id"], lines(world)) == (1, 2)  # two identical movements are two
    assert world.books() == before


def test_a_statement_told_by_another_file_is_not_counted_twice(tmp_path: Path) -> None:
    world = books(tmp_path)
    brought(world, [Move(100), Move(-30)], opening=5)
    other = cfonb([Move(100), Move(-30)], opening=5) + cfonb([Move(7)], opening=75, start="20261130", end="20261201")
    result = done(world, ImportStatement.of("mois.txt", "\n".join(other).encode(), "anna"))
    assert (statuses(result), told(result), lines(world)) == (["known", "imported"], ["statement_known"], 3)
    in_xml = brought_camt(world, [Move(100), Move(-30)], opening=5)
    assert (statuses(in_xml), lines(world)) == (["known"], 3)


def test_statements_that_run_into_each_other_are_refused(tmp_path: Path) -> None:
    world = books(tmp_path)
    brought(world, [Move(100)])
    act = ImportStatement.of("x.txt", cfonb_file([Move(100), Move(5)], start="20261105", end="20261115"), "anna")
    assert [reason.code for reason in refused(world, act)] == ["statement_overlaps"]
    act = ImportStatement.of("x.txt", cfonb_file([Move(5)]), "anna")
    assert [reason.code for reason in refused(world, act)] == ["statement_overlaps"]


def test_the_first_and_the_last_day_of_all_stop_nothing(tmp_path: Path) -> None:
    world = books(tmp_path)
    for first, last in (("19900101", "19900102"), ("20991230", "20991231")):
        days = {"start": f"{first[:4]}-{first[4:6]}-{first[6:]}", "end": f"{last[:4]}-{last[4:6]}-{last[6:]}"}
        assert statuses(brought_camt(world, [Move(359_500, day=last)], **days)) == ["imported"]
    with world.store.books(DOSSIER, writing=False) as opened:
        assert [own["date"][:4] for own in matching.matched(opened, open_only=True)] == ["1990", "2099"]
        assert opened.kept_statements(["BNP"], date.min, date.max)
    assert findings(world) == []


def test_a_missing_statement_is_told(tmp_path: Path) -> None:
    world = books(tmp_path)
    assert told(brought(world, [Move(100)], **DAYS)) == []
    assert told(brought(world, [Move(100)], opening=100, **NEXT)) == []
    gap = brought(world, [Move(1)], opening=250, start="20261125", end="20261130")
    assert told(gap) == ["statement_gap"]
    between = brought(world, [Move(50)], opening=200, start="20261120", end="20261125")
    assert (statuses(between), told(between)) == (["imported"], [])
    assert findings(world) == []


def test_several_statements_of_one_day_go_on_from_each_other(tmp_path: Path) -> None:
    world = books(tmp_path)
    one_day: dict[str, Any] = {"start": "20261105", "end": "20261105"}
    records = cfonb([Move(100)], **one_day) + cfonb([Move(-40)], opening=100, **one_day)
    assert statuses(done(world, ImportStatement.of("j.txt", "\n".join(records).encode(), "anna"))) == ["imported"] * 2
    assert statuses(brought(world, [Move(9)], opening=60, **one_day)) == ["imported"]


def test_an_account_nobody_declared_is_refused_and_the_others_are_kept(tmp_path: Path) -> None:
    world = books(tmp_path)
    records = cfonb([Move(1)]) + cfonb([Move(2)], rib="9" * 21)
    data = "\n".join(records).encode()
    result = done(world, ImportStatement.of("deux.txt", data, "anna"))
    assert statuses(result) == ["imported", "refused"]
    assert [r["code"] for s in result["statements"] for r in s["reasons"]] == ["statement_unknown_account"]
    assert statuses(done(world, ImportStatement.of("deux.txt", data, "anna"))) == ["known", "refused"]
    alone = ImportStatement.of("un.txt", cfonb_file([Move(2)], rib="9" * 21), "anna")
    assert [reason.code for reason in refused(world, alone)] == ["statement_unknown_account"]
    dollars = ImportStatement.of("us.txt", cfonb_file([Move(2)], currency="USD"), "anna")
    assert [reason.code for reason in refused(world, dollars)] == ["statement_other_currency"]


def test_an_account_is_known_by_its_iban_or_the_number_inside(tmp_path: Path) -> None:
    world = books(tmp_path)
    result = brought_camt(world, [Move(1)], iban=CIC_IBAN)
    assert result["statements"][0]["bank"] == "CIC"
    result = brought(world, [Move(2)], rib=CIC_IBAN[4:25], start="20261130", end="20261202", opening=1)
    assert (result["statements"][0]["bank"], told(result)) == ("CIC", [])


BATCH = "".join(
    f'<TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs><Amt Ccy="EUR">{n}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>'
    for n in (1, 2)
)


def test_a_notification_tells_more_of_a_line_and_is_not_counted(tmp_path: Path) -> None:
    world = books(tmp_path)
    brought_camt(world, [Move(300, reference="LOT-1"), Move(5)])
    notified = entry(Move(300, reference="LOT-1", details=BATCH))
    result = done(world, ImportStatement.of("avis.xml", camt(notified, version="camt.054.001.08"), "anna"))
    assert statuses(result) == ["imported"]
    with world.store.books(DOSSIER, writing=False) as opened:
        kept = opened.bank_lines()
        twin = opened.bank_line(3)
    assert [(own.line.id, [part.end_to_end for part in own.line.parts]) for own in kept] == [(1, ["E1", "E2"]), (2, [])]
    assert twin is not None
    assert twin.twin == 1
    assert findings(world) == []


def test_a_notification_that_came_first_gives_way_unless_it_is_matched(tmp_path: Path) -> None:
    world = books(tmp_path)
    notified = entry(Move(12_000, reference="A")) + entry(Move(50_000, reference="B"))
    done(world, ImportStatement.of("avis.xml", camt(notified, version="camt.054.001.08"), "anna"))
    accept(world, 2, settles(Part("C2", 50_000, "EUR", "WAR")))
    brought_camt(world, [Move(12_000, reference="A"), Move(50_000, reference="B"), Move(7)])
    with world.store.books(DOSSIER, writing=False) as opened:
        kept = {own.line.id: own.status for own in opened.bank_lines()}
        state = opened.reconciliation("BNP", world.clock.today())
    assert kept == {3: "open", 2: "matched", 5: "open"}
    assert state.statement == 62_007
    assert [own.id for own in state.statement_only] == [3, 5]
    assert state.proven
    assert findings(world) == []

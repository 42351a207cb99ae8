"""The logbook (livre de bord): who sent what, when and from where, line by line, and how to find it again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError

from lettrage.acts import perform
from lettrage.acts.cancel import Cancel
from lettrage.adapters.store import logbook as reading
from lettrage.adapters.store.books import SqlStore
from lettrage.books.logbook import Page, Search
from lettrage.refusal import Stop
from lettrage.settlement import Caller, settle
from tests.databases import no_books, sqlite_only
from tests.journeys.helpers import Firm, MovableClock, advance, company, header, invoice, pays, run_here

Documents = list[dict[str, Any]]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path, company(invoices=[invoice(str(n), "100.00") for n in range(1, 9)]))


def page(firm: Firm, limit: int = 50, before: int | None = None, **search: Any) -> Page:
    with firm.store.books(firm.dossier, writing=False) as books:
        return books.logbook(Search(**search), limit, before)


def found(firm: Firm, **search: Any) -> list[str]:
    return [line["id"] for line in page(firm, **search).documents]


def whole(firm: Firm, number: int) -> dict[str, Any]:
    with firm.store.books(firm.dossier, writing=False) as books:
        return books.logged(number, books.company.currency)


def payment(piece: str, amount: str = "100.00", **more: str) -> dict[str, Any]:
    return header("PORCHQ", amount, pays(piece, amount), **more)


# ---------------------------------------------------------------- what is kept


def test_a_document_tells_who_when_from_where_and_what_became_of_it(firm: Firm) -> None:
    form = {"EnteteReglementtb": [payment("1", REGLEMENTNUM="77", COLOUR="red"), payment("1"), payment("99")]}
    text = json.dumps({"action": {"parameters": {"dos": "998"}}, "data": form}, indent=2)
    who = Caller("till", "web service", source="127.0.0.1")
    settle(text.encode(), who, firm.store, firm.clock)

    (line,) = page(firm).documents
    logged = whole(firm, 1)

    assert line == {
        "id": "1", "received_at": "2024-10-21T10:00:00+00:00", "caller": "till", "origin": "web service",
        "source": "127.0.0.1", "kind": "settlement", "key": "", "done": 1, "refused": 2, "replayed": 0, "warnings": 1,
        "transactions": ["1"],
    }  # fmt: skip
    assert {name: logged[name] for name in line} == line
    assert logged["raw"] == text
    assert [r["code"] for r in logged["reasons"]] == ["already_settled", "unknown_piece"]
    assert [r["settlement"] for r in logged["reasons"]] == ["2", "3"]
    assert [(r["settlement"], r["code"]) for r in logged["remarks"]] == [("77", "unknown_name")]
    assert logged["lines"][0] == "Règlement n°77 : OK - La transaction 1 a été générée."
    assert "COLOUR" in logged["lines"][1]
    assert len(logged["lines"]) == 4


@pytest.mark.parametrize("more", [{}, {"retsurcentete": "non"}, {"log": True}])
def test_the_answer_is_there_as_it_was_given(firm: Firm, more: dict[str, Any]) -> None:
    answers = [
        firm.send(payment("1"), payment("99"), COLOUR="red", **more),
        firm.send(payment("1"), payment("99"), COLOUR="red", **more),
    ]

    assert [whole(firm, number)["answer"] for number in (1, 2)] == [answer.text for answer in answers]
    assert [line["replayed"] for line in page(firm).documents] == [1, 0]


def test_the_token_in_a_document_is_not_kept(firm: Firm) -> None:
    firm.send_text(json.dumps({"access_token": "s3cret", "dos": "998", "EnteteReglementtb": [payment("1")]}))

    assert "s3cret" not in json.dumps(whole(firm, 1))


def test_acts_stand_in_the_logbook_too(firm: Firm) -> None:
    number = firm.done(payment("1"))
    chief = Caller("chief", "command line", "998")
    perform(Cancel(int(number), "wrong customer"), chief, firm.store, firm.clock)
    perform(Cancel(4711, "no such thing"), chief, firm.store, firm.clock)

    refused, done, made = page(firm).documents
    assert (made["kind"], done["kind"], refused["kind"]) == ("settlement", "cancel", "cancel")
    assert (done["done"], done["refused"], done["transactions"]) == (1, 0, [number])
    assert (refused["done"], refused["refused"], refused["transactions"]) == (0, 1, ["4711"])
    assert whole(firm, 2)["lines"] == ["cancel : OK"]
    (reason,) = whole(firm, 3)["reasons"]
    assert reason["fr"] in whole(firm, 3)["lines"][0]
    assert "wrong customer" in whole(firm, 2)["raw"]


# ---------------------------------------------------------------- finding again


def test_everything_finds_again_what_it_should(firm: Firm) -> None:
    firm.send(payment("1", REGLEMENTNUM="501"), caller="erp")  # 1
    firm.clock.forward(days=1)
    firm.send(payment("2", "99.00"), caller="till")  # 2: paid short, beyond no tolerance: done with a remainder
    firm.send(payment("99"), caller="till")  # 3: refused
    firm.clock.forward(days=1)
    firm.send(header("PORCHQ", "10.00", advance("10.00"), LIB="Ferdinand", COLOUR="x"), caller="erp")  # 4: a warning
    firm.send(payment("1", REGLEMENTNUM="501"), caller="erp")  # 5: replayed
    perform(Cancel(1, "cheque of another"), Caller("chief", "cli", "998"), firm.store, firm.clock)  # 6

    assert found(firm) == ["6", "5", "4", "3", "2", "1"]
    assert found(firm, caller="erp") == ["5", "4", "1"]
    assert found(firm, kind="cancel") == ["6"]
    assert found(firm, kind="settlement", caller="till") == ["3", "2"]
    assert found(firm, number="501") == ["5", "1"]
    assert found(firm, number="50") == []
    assert found(firm, transaction=1) == ["6", "5", "1"]
    assert found(firm, number="501", transaction=99) == []
    assert "3" in found(firm, refused=True)
    assert "1" not in found(firm, refused=True)
    assert found(firm, warned=True) == ["4"]
    assert found(firm, text="ferdiNAND") == ["4"]
    assert found(firm, text="another") == ["6"]
    assert found(firm, text="n'a pas de pièce « 99", caller="till") == ["3"]
    assert found(firm, text="has no piece “99", caller="till") == ["3"], "in either language"
    assert found(firm, text="nowhere") == []


def test_days_are_those_of_paris(firm: Firm) -> None:
    firm.clock.forward(hours=12.5)  # 22:30 in UTC: half past midnight in Paris, of the 22nd
    firm.done(payment("1"))
    day = firm.clock.today()

    assert found(firm, first=day, last=day) == ["1"]
    assert found(firm, last=day.replace(day=21)) == []
    assert found(firm, first=day.replace(day=23)) == []


def test_pages_follow_one_another_newest_first(firm: Firm) -> None:
    for piece in range(1, 9):
        firm.done(payment(str(piece)))  # all at the same moment

    first = page(firm, limit=3)
    second = page(firm, limit=3, before=first.next)
    third = page(firm, limit=3, before=second.next)

    ids = [[line["id"] for line in p.documents] for p in (first, second, third)]
    assert ids == [["8", "7", "6"], ["5", "4", "3"], ["2", "1"]]
    assert third.next is None
    with pytest.raises(Stop, match="no_such_document"):
        page(firm, before=99)


def test_a_search_for_a_text_is_bounded_and_says_how_far_it_looked(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    for piece in range(1, 9):
        firm.done(payment(str(piece), LIB="needle" if piece == 2 else "hay"))
    monkeypatch.setattr(reading, "LOOKED_AT_MOST", 4)

    first = page(firm, text="needle")
    second = page(firm, text="needle", before=first.next)
    monkeypatch.setattr(reading, "READ_AT_MOST", 1)
    short = page(firm, text="needle")

    assert (first.documents, first.next) == ([], 5)
    assert ([line["id"] for line in second.documents], second.next) == (["2"], None)
    assert (short.documents, short.next) == ([], 8)


# ---------------------------------------------------------------- what it costs

PLANS: dict[str, dict[str, Any]] = {
    "ix_document_received": {},
    "ix_document_caller": {"caller": "till"},
    "ix_document_kind": {"kind": "cancel"},
    "ix_document_refused": {"refused": True},
    "ix_document_warned": {"warned": True},
    "ix_outcome_number": {"number": "501"},
    "ix_document_transaction": {"transaction": 1},
}


@sqlite_only
@pytest.mark.parametrize(("index", "search"), PLANS.items(), ids=PLANS)
@pytest.mark.parametrize("before", [None, 1])
def test_a_page_costs_the_same_however_long_the_history(
    firm: Firm, index: str, search: dict[str, Any], before: int | None
) -> None:
    firm.done(payment("1", REGLEMENTNUM="501"))

    plans = " | ".join(explained(firm, lambda: page(firm, before=before, **search)))

    assert index in plans, plans
    assert "SCAN d " not in plans, plans
    if index.startswith("ix_document") and index != "ix_document_transaction":
        assert "TEMP B-TREE FOR ORDER BY" not in plans.split(index)[1].split("|")[0], plans


def explained(firm: Firm, work: Callable[[], object]) -> list[str]:
    """How SQLite goes about each query of this work."""
    asked: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, sql: str, parameters: Any, *_more: Any) -> None:
        if sql.startswith(("SELECT", "WITH")):
            asked.append((sql, parameters))

    event.listen(firm.store.engine, "before_cursor_execute", hear)
    work()
    event.remove(firm.store.engine, "before_cursor_execute", hear)
    with firm.store.engine.connect() as connection:
        return [
            " / ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters))
            for sql, parameters in asked
        ]


# ---------------------------------------------------------------- the command line


def test_the_command_line_shows_it_in_both_languages(firm: Firm, tmp_path: Path) -> None:
    firm.send(payment("1"), payment("99"), caller="erp\x1b[2J")
    firm.send(payment("2"))
    at = ("--database", firm.address)

    listed = run_here("logbook", "--limit", "1", *at, folder=tmp_path)
    assert (listed.status, "Reçu" in listed.out, "--before 2" in listed.err) == (0, True, True)
    assert "2024-10-21 12:00:00" in listed.out, "the time in Paris"
    assert "Received" in run_here("logbook", "--lang", "en", *at, folder=tmp_path).out

    (older,) = run_here("logbook", "--before", "2", "--json", *at, folder=tmp_path).json
    assert (older["id"], older["refused"]) == ("1", 1)
    shown = run_here("logbook", "show", "1", "--lang", "en", *at, folder=tmp_path)
    assert "unknown_piece" in shown.out
    assert "\x1b" not in shown.out
    raw = run_here("logbook", "show", "2", "--raw", *at, folder=tmp_path).out
    assert raw == run_here("logbook", "show", "2", "--json", *at, folder=tmp_path).json["raw"] + "\n"
    for wrong in (("show", "9"), ("show", "x"), ("--from", "x"), ("--before", "9"), ("--transaction", "x")):
        assert run_here("logbook", *wrong, *at, folder=tmp_path).status == 2


# ---------------------------------------------------------------- books of before


def test_documents_of_the_first_schema_are_counted_when_it_is_brought_up_to_date(tmp_path: Path) -> None:
    address = no_books(tmp_path)
    engine = create_engine(address)
    config = Config()
    config.set_main_option("script_location", "lettrage.adapters.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        record = json.dumps({"code": "998", "name": "Ancienne", "currency": "EUR"})
        for statement in (
            "INSERT INTO dossier (code, record, first_transaction, next_transaction, next_item, next_instrument,"
            f" next_document, postings, head) VALUES ('998', '{record}', 1, 1, 1, 1, 2, 0, '')",
            "INSERT INTO document (dossier, id, caller, origin, received_at, digest, key, raw, remarks)"
            " VALUES ('998', 1, 'till', 'cli', '2024-10-21T10:00:00+00:00', 'd', '', '',"
            ' \'[[null,{"code":"missing_brace"}]]\')',
            "INSERT INTO outcome SELECT '998', 1, n, 'till', '2024-10-21T10:00:00+00:00', 'i', '', n, NULL, 1, 0,"
            " '[]' FROM (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 3) AS numbers",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()

    store = SqlStore(address, MovableClock())
    with store.books("998", writing=False) as books:
        (line,) = books.logbook(Search(), 5).documents

    assert (line["done"], line["refused"], line["replayed"], line["warnings"]) == (1, 2, 0, 1)
    assert line["kind"] == "settlement"
    with store.engine.connect() as connection, pytest.raises(DBAPIError, match="posted rows do not change"):
        connection.exec_driver_sql("UPDATE document SET refused = 0")

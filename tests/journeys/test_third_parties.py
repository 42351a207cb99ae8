"""What third parties have open: the list and the statement (spec section 9), in both languages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.store.engine import transaction
from lettrage.books.balances import Balance
from tests.databases import sqlite_only
from tests.journeys.helpers import Firm, advance, company, header, invoice, pays, run_here
from tests.journeys.reversing import cancel, unpaid


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """On 21 October 2024: C1 owes 100 due, 50 due today, 30 not yet due, 60 TND; F1 is owed 200; C2 owes nothing."""
    parties = [
        {"code": "C1", "kind": "customer", "name": "Client 1"},
        {"code": "C2", "kind": "customer", "name": "Client 2"},
        {"code": "F1", "kind": "supplier", "name": "Fournisseur 1"},
    ]
    foreign = invoice("4", "60.000", currency="TND", rate="0.30")
    invoices = [invoice("1", "100.00", "50.00", "30.00"), foreign, invoice("9", "200.00", third_party="F1")]
    opened = Firm(tmp_path, company(third_parties=parties, invoices=invoices))
    yield opened
    assert opened.findings() == []


def third_parties(firm: Firm, *, everything: bool = False) -> list[dict[str, Any]]:
    with firm.store.books("998", writing=False) as books:
        return books.third_parties(firm.clock.today(), books.company.currency, everything=everything)


def statement(firm: Firm, code: str) -> dict[str, Any]:
    with firm.store.books("998", writing=False) as books:
        found = books.statement(code, firm.clock.today(), books.company.currency)
    assert found is not None
    return found


def brief(line: dict[str, Any]) -> tuple[str, ...]:
    return tuple(line[name] for name in ("currency", "due", "not_yet_due", "advances", "total", "total_home"))


def test_the_list_says_what_is_due_and_not_yet_due_in_each_currency(firm: Firm) -> None:
    firm.done(header("PORCHQ", "40", advance("40")))

    lines = third_parties(firm)

    assert [(line["third_party"], line["kind"], line["name"], line["unpaid"]) for line in lines] == [
        ("C1", "customer", "Client 1", 0),
        ("C1", "customer", "Client 1", 0),
        ("F1", "supplier", "Fournisseur 1", 0),
    ]
    assert [brief(line) for line in lines] == [
        ("EUR", "150.00", "30.00", "-40.00", "140.00", "140.00"),
        ("TND", "60.000", "0.000", "0.000", "60.000", "18.00"),
        ("EUR", "200.00", "0.00", "0.00", "200.00", "200.00"),
    ]
    assert (lines[1]["due_home"], lines[1]["not_yet_due_home"], lines[1]["advances_home"]) == ("18.00", "0.00", "0.00")


def test_everybody_is_in_the_whole_list(firm: Firm) -> None:
    (nothing,) = [line for line in third_parties(firm, everything=True) if line["third_party"] == "C2"]

    assert brief(nothing) == ("EUR", "0.00", "0.00", "0.00", "0.00", "0.00")


def test_a_statement_shows_each_item_and_totals_as_the_list(firm: Firm) -> None:
    firm.done(header("PORCHQ", "40", advance("40"), LABEL="Acompte du 21"))

    found = statement(firm, "C1")

    assert [(i["date"], i["piece"], i["due_date"], i["open_amount"], i["days_overdue"]) for i in found["items"]] == [
        ("2024-09-20", "1", "2024-10-20", "100.00", 1),
        ("2024-09-20", "4", "2024-10-20", "60.000", 1),
        ("2024-10-21", "", "2024-10-21", "-40.00", 0),
        ("2024-09-20", "1", "2024-10-21", "50.00", 0),
        ("2024-09-20", "1", "2024-10-22", "30.00", 0),
    ]
    assert [i["label"] for i in found["items"]][:3] == ["Facture 1 C1", "Facture 4 C1", "Acompte du 21"]
    assert {i["position"] for i in found["items"]} == {"10"}
    lines = [line for line in third_parties(firm) if line["third_party"] == "C1"]
    assert [brief(total) for total in found["totals"]] == [brief(line) for line in lines]
    assert found["home"] == {
        "currency": "EUR", "due": "168.00", "not_yet_due": "30.00", "advances": "-40.00", "total": "158.00"
    }  # fmt: skip
    assert (found["third_party"], found["name"], found["date"], found["unpaid"]) == ("C1", "Client 1", "2024-10-21", 0)


def test_what_is_settled_is_in_neither(firm: Firm) -> None:
    firm.done(header("DECCHQ", "200", pays("9", "200")))

    assert [line["third_party"] for line in third_parties(firm)] == ["C1", "C1"]
    assert statement(firm, "F1")["items"] == []
    assert brief(statement(firm, "F1")["home"] | {"total_home": ""})[:5] == ("EUR", "0.00", "0.00", "0.00", "0.00")


def test_returned_payments_are_counted_but_those_reported_by_mistake(firm: Firm) -> None:
    first = firm.done(header("PORCHQ", "100", pays("1", "100", DUEDATE="20241020")))
    second = firm.done(header("PORCHQ", "50", pays("1", "50", DUEDATE="20241021")))
    unpaid(firm, first)
    mistaken = unpaid(firm, second)
    assert (third_parties(firm)[0]["unpaid"], statement(firm, "C1")["unpaid"]) == (2, 2)

    cancel(firm, mistaken["transaction"])

    assert (third_parties(firm)[0]["unpaid"], statement(firm, "C1")["unpaid"]) == (1, 1)
    assert brief(third_parties(firm)[0]) == ("EUR", "100.00", "30.00", "0.00", "130.00", "130.00")


def test_a_day_later_more_is_due(firm: Firm) -> None:
    firm.clock.forward(days=1)

    assert brief(third_parties(firm)[0])[:3] == ("EUR", "180.00", "0.00")


def test_two_dossiers_do_not_meet(firm: Firm) -> None:
    firm.load(company("999", invoices=[invoice("1", "7.00")]))

    assert brief(third_parties(firm)[0])[1] == "150.00"
    assert len(statement(firm, "C1")["items"]) == 4


@sqlite_only
def test_years_of_settled_invoices_are_not_read(firm: Firm) -> None:
    plans = []
    with transaction(firm.store.engine, writing=False) as connection:
        for narrowed in ("", " AND d.third_party = 'C1'"):
            open_ = f"SELECT sum(d.open) FROM due_item d WHERE d.dossier = '998' AND d.open <> 0{narrowed}"
            sql = f"EXPLAIN QUERY PLAN {open_}"
            plans += [str(row[3]) for row in connection.exec_driver_sql(sql)]

    every, narrowed_to_one = (plan.split("INDEX ")[1].split(" (")[0] for plan in plans)
    assert every in ("ix_due_item_open", "ix_due_item_late", "ix_due_item_carried")  # each of open items alone
    assert narrowed_to_one == "ix_due_item_open"


def test_balances_add_up() -> None:
    assert Balance(1, 2, 3, 4, 5, 6) + Balance(10, 20, 30, 40, 50, 60) == Balance(11, 22, 33, 44, 55, 66)


def test_both_commands_speak_both_languages(firm: Firm) -> None:
    database = ("--database", firm.address)
    folder = firm.folder

    french = run_here("third-parties", *database, folder=folder).out
    english = run_here("statement", "C1", "--lang", "en", *database, folder=folder).out
    shape = run_here("statement", "C1", "--json", *database, folder=folder).json
    absent = run_here("statement", "C9", *database, folder=folder)

    assert all(word in french for word in ("Échu", "À échoir", "fournisseur", "Client 1"))
    assert english.startswith("C1 · Client 1 · customer · ")
    assert "Not yet due" in english
    assert len(shape["items"]) == 4
    assert (absent.status, "n'existe pas" in absent.err) == (2, True)

"""Months are locked and unlocked, years closed for good: what that writes, and what refuses afterwards."""

import json
import sqlite3
from typing import Any

import psycopg
import pytest

from lettrage.acts.drafts import ValidateDrafts
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.bank.slip import Wanted
from lettrage.books.periods import month
from tests.databases import PARTITIONED, POSTGRESQL, direct
from tests.journeys.helpers import Firm, OpenFirm, deposit, header, invoice, pays
from tests.journeys.reversing import asked, cancelling, refused, returning
from tests.periods.hands import close, done, draft, line, lock, posted, recharge, rent, reverse, unlock


def bounds(firm: Firm) -> tuple[str, str]:
    return tuple(firm.ask("SELECT locked_until, closed_until FROM dossier")[0])


# ---------------------------------------------------------------- months


@pytest.mark.parametrize(
    ("text", "last"), [("2024-02", "2024-02-29"), (" 2023-02 ", "2023-02-28"), ("9999-12", "9999-12-31")]
)
def test_a_month_has_a_first_and_a_last_day(text: str, last: str) -> None:
    span = month(text)
    assert span
    assert (span[0].day, span[1].isoformat()) == (1, last)


@pytest.mark.parametrize("text", ["2024", "2024-00", "2024-13", "0000-01", "24-01", "2024-1", "٢٠٢٤-01", ""])
def test_what_is_no_month_is_none(text: str) -> None:
    assert month(text) is None


def test_a_lock_refuses_with_the_first_open_day_until_it_is_lifted(firm: Firm) -> None:
    done(firm, lock("2024-09"))
    paying = header("PORCHQ", "2400.00", pays("86", "2400.00"), DATE="20240930")
    (reason,) = firm.send(paying).settlements[0]["reasons"]
    assert (reason["code"], reason["expected"]) == ("period_locked", "2024-09-30")
    done(firm, unlock("2024-09"))
    firm.done(paying)


def test_unlocking_a_month_opens_those_after_it(firm: Firm) -> None:
    done(firm, lock("2024-09"))
    assert done(firm, unlock("2024-07")) == {"locked_until": "2024-06-30", "closed_until": None}
    assert bounds(firm) == ("2024-06-30", "")


def test_all_of_it_is_written_down(firm: Firm) -> None:
    done(firm, lock("2024-09"))
    done(firm, unlock("2024-09", "facture oubliée"))
    done(firm, close("2022"))
    events = firm.ask('SELECT kind, until, "by", why FROM period_event ORDER BY id')
    assert [tuple(event) for event in events] == [
        ("lock", "2024-09-30", "anne", ""),
        ("unlock", "2024-08-31", "anne", "facture oubliée"),
        ("close", "2022-12-31", "anne", "2022"),
    ]
    audited = firm.ask("SELECT subject, before, after, \"by\" FROM audit_event WHERE kind = 'period' ORDER BY id")
    assert [tuple(event) for event in audited] == [
        ("locked_until", "", "2024-09-30", "anne"),
        ("locked_until", "2024-09-30", "2024-08-31", "anne"),
        ("closed_until", "", "2022-12-31", "anne"),
    ]
    logged = firm.ask("SELECT kind FROM document ORDER BY id")
    assert [row[0] for row in logged] == ["period lock", "period unlock", "year close"]


# ---------------------------------------------------------------- closing


def test_a_year_is_closed_with_its_result_and_its_balances(firm: Firm) -> None:
    before = opening(firm, "2024")
    done(firm, close("2022"))
    result = done(firm, close("2023"))
    assert (result["result"], result["entries"], result["warnings"]) == ("240.00", 1, [])
    assert opening(firm, "2024") == before
    kept = {
        (row[0], row[1]): row[4] for row in json.loads(firm.ask("SELECT balances FROM closing WHERE year='2023'")[0][0])
    }
    assert kept == {("120000", ""): -34000, ("411000", "C1"): 24000} | {("411000", "C1"): 24000}
    assert opening(firm, "2025") is not None


def opening(firm: Firm, year: str) -> Any:
    with firm.store.books(firm.dossier, writing=False) as books:
        return books.opening_entry(year)


def test_an_allocated_result_leaves_its_account(firm: Firm) -> None:
    done(firm, close("2022"))
    lines = [line("120000", "100.00"), line("106800", "", "100.00")]
    posted(firm, rent(date="2023-06-30", piece="AG22", lines=lines))
    entry = opening(firm, "2024")
    assert {line.account: line.home for line in entry.lines if line.account < "2"} == {
        "106800": -10000,
        "120000": -24000,
    }


def test_a_year_before_the_first_of_the_company_needs_no_closing(open_firm: OpenFirm) -> None:
    years = [{"start": f"{year}-01-01", "end": f"{year}-12-31"} for year in (2022, 2023, 2024)]
    firm = open_firm(years=years)
    done(firm, close("2022"))
    assert refused(firm, close("2021")) == ["unknown_year"]


def test_a_load_neither_opens_nor_moves_a_closed_year(firm: Firm) -> None:
    done(firm, close("2022"))
    done(firm, close("2023"))
    moved = [{"start": "2022-01-01", "end": "2022-06-30"}, {"start": "2022-07-01", "end": "2024-12-31"}]
    for years in (moved, moved[:1]):
        told = firm.try_load({"dossiers": [{"code": "998", "years": years}]})
        assert {fault.code for fault in told.faults} == {"settled_choice"}
    same = [{"start": f"{year}-01-01", "end": f"{year}-12-31"} for year in (2022, 2023, 2024)]
    firm.load({"code": "998", "years": same})
    assert bounds(firm) == ("", "2023-12-31")
    late = invoice("LATE", "10.00", date="2023-12-31")
    assert [f.code for f in firm.try_load({"dossiers": [{"code": "998", "invoices": [late]}]}).faults] == [
        "period_closed"
    ]


def test_a_closed_year_refuses_by_every_door(firm: Firm) -> None:
    (entry,) = posted(firm, rent(date="2023-03-31"))
    early = header("PORCHQ", "240.00", pays("O23", "240.00"), DATE="20230601")
    cheque = firm.done(early)
    waiting = firm.done(deposit("REMCHQ", {"TRANSAC": cheque}, DATE="20230602"))
    slip = done(firm, MakeSlip(Wanted("BNP", date=day("2023-06-03"))))["number"]
    second = firm.done(header("PORCHQ", "5.00", {"OPERATION": "WAR", "AMOUNT": "5.00"}, DATE="20230604"))
    done(firm, close("2022"))
    done(firm, close("2023"))
    in_year = "2023-12-30"
    for act in (
        cancelling(second, date=in_year),
        returning(waiting, date=in_year),
        CancelSlip(slip, day(in_year), "x"),
        reverse(entry, in_year),
        ValidateDrafts(tuple(draft(firm, recharge(date=in_year)))),
    ):
        before = firm.ask("SELECT postings FROM dossier")
        assert "period_closed" in [reason["code"] for reason in asked(firm, act).reasons], act
        assert firm.ask("SELECT postings FROM dossier") == before
    late = header("PORCHQ", "2400.00", pays("86", "2400.00"), DATE="20231230")
    assert "period_closed" in firm.send(late).reasons[0]
    moved = deposit("REMCDI", {"TRANSAC": second}, DATE="20231230")
    assert "period_closed" in firm.send(moved).reasons[0]


def day(text: str) -> Any:
    from lettrage.dates import day as day_of

    return day_of(text)


# ---------------------------------------------------------------- the database itself

ENTRY = (
    "INSERT INTO entry (dossier, posting, year, number, date, valid_date, posted_at, journal, label, piece,"
    " \"transaction\", slip, reversal_of, hash) SELECT dossier, 999, '2022', 999, '{date}', valid_date, posted_at,"
    " journal, label, piece, NULL, NULL, NULL, hash FROM entry WHERE posting = 1"
)


asks_the_dossier = pytest.mark.skipif(PARTITIONED, reason="its trigger is left out on a cluster (docs/scaling.md)")


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(ENTRY.format(date="2022-12-31"), marks=asks_the_dossier),
        pytest.param(ENTRY.format(date="2022-01-01"), marks=asks_the_dossier),
        "UPDATE dossier SET closed_until = ''",
        "UPDATE dossier SET closed_until = '2022-12-30'",
        "UPDATE closing SET result_home = 0",
        "DELETE FROM closing",
        "UPDATE period_event SET until = ''",
        "DELETE FROM period_event",
        "UPDATE entry SET label = 'x' WHERE posting = 1",
        "DELETE FROM entry_line WHERE posting = 1",
    ],
)
def test_the_database_itself_keeps_a_closed_year_closed(firm: Firm, sql: str) -> None:
    done(firm, close("2022"))
    address = firm.address
    trouble: type[Exception] = psycopg.Error if POSTGRESQL else sqlite3.Error
    with direct(address) as connection, pytest.raises(trouble, match=r"closed|do not open|do not change"):
        connection.execute(sql)


def test_the_database_takes_an_entry_of_the_open_year(firm: Firm) -> None:
    done(firm, close("2022"))
    posted(firm, rent(date="2023-01-01"))
    posted(firm, recharge())

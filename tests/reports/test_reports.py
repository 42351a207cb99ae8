"""Reports on books that one can follow with a pencil."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts.slips import MakeSlip
from lettrage.bank.slip import Wanted
from lettrage.books.reports import Asked, draw, shape
from lettrage.books.reports.interest import records
from lettrage.refusal import Stop
from tests.databases import edit
from tests.journeys.helpers import TODAY, Firm, advance, company, deposit, header, instrument, invoice, pays
from tests.journeys.reversing import asked as done
from tests.journeys.reversing import unpaid
from tests.periods.hands import posted

Rows = list[dict[str, Any]]


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """Two invoices to C1 (the second in two due items), one of F1's, a cheque of before; sound books at the end."""
    held = Firm(
        tmp_path,
        company(
            invoices=[
                invoice("1", "3600.00"),
                invoice("2", "1000.00", "500.00"),
                invoice("9", "200.00", third_party="F1"),
            ],
            portfolio=[instrument("5", "900.00")],
        ),
    )
    yield held
    assert held.findings() == []


def report(firm: Firm, name: str, **asked: Any) -> dict[str, Any]:
    """A report as JSON."""
    with firm.store.books(firm.dossier, writing=False) as books:
        return shape(draw(books, Asked(name, firm.clock.today(), **asked)))


def rows(drawn: dict[str, Any], style: str = "line") -> Rows:
    return [row for section in drawn["sections"] for row in section["rows"] if row["row"] == style]


def day(text: str) -> date:
    return date.fromisoformat(text)


FIRST = {"DUEDATE": "20241020"}
PARTLY = header("PORCHQ", "700", pays("2", "700", **FIRST), pays("2", "300", "WPA", **FIRST))
AGES = ("not_due", "to_30", "to_60", "to_90", "older")


def ages(drawn: dict[str, Any]) -> list[str]:
    """The ages of the only third party."""
    (row,) = rows(drawn)
    return [row[age] for age in AGES]


# ---------------------------------------------------------------- the aged balance


def test_the_aged_balance_says_of_each_day_what_was_due_then(firm: Firm) -> None:
    assert ages(report(firm, "aged", as_of=day("2024-10-20"))) == ["5100.00", "0.00", "0.00", "0.00", "0.00"]
    assert ages(report(firm, "aged", as_of=day("2024-10-21"))) == ["500.00", "4600.00", "0.00", "0.00", "0.00"]
    assert ages(report(firm, "aged", as_of=day("2024-11-20"))) == ["0.00", "500.00", "4600.00", "0.00", "0.00"]
    assert ages(report(firm, "aged", as_of=day("2025-06-01"))) == ["0.00", "0.00", "0.00", "0.00", "5100.00"]
    assert rows(report(firm, "aged", as_of=day("2024-09-19"))) == []


def test_what_is_settled_later_was_open_before(firm: Firm) -> None:
    firm.done(
        header("PORCHQ", "700", pays("2", "700", DUEDATE="20241020"), pays("2", "300", "WPA", DUEDATE="20241020"))
    )
    firm.done(header("PORCHQ", "250", advance("250")))

    after, before = (report(firm, "aged", as_of=day(on)) for on in ("2024-10-21", "2024-10-20"))

    assert ages(before) == ["5100.00", "0.00", "0.00", "0.00", "0.00"]
    assert ages(after) == ["500.00", "3900.00", "0.00", "0.00", "0.00"]
    assert (rows(after)[0]["advances"], rows(after)[0]["balance"]) == ("-250.00", "4150.00")
    assert after["proof"] == [
        {"account": "411000", "report": "4400.00", "ledger": "4400.00"},
        {"account": "419100", "report": "-250.00", "ledger": "-250.00"},
    ]


def test_as_known_on_a_day_what_was_entered_later_is_not_there(firm: Firm) -> None:
    firm.clock.forward(days=3)
    firm.done(header("PORCHQ", "3600", pays("1", "3600"), DATE="20241021"))

    now, then = report(firm, "aged", as_of=TODAY), report(firm, "aged", as_of=TODAY, known_on=TODAY)

    assert ages(now) == ["500.00", "1000.00", "0.00", "0.00", "0.00"]
    assert ages(then) == ["500.00", "4600.00", "0.00", "0.00", "0.00"]
    assert (now["entries"], then["entries"]) == (5, 4)
    assert now["head"] != then["head"]
    assert report(firm, "aged", known_on=TODAY)["criteria"]["as_of"] == "2024-10-21", "known then: as of then"


def test_suppliers_are_seen_from_their_own_side(firm: Firm) -> None:
    drawn = report(firm, "aged", ledger="supplier", as_of=day("2024-11-30"))

    assert ages(drawn) == ["0.00", "0.00", "200.00", "0.00", "0.00"]
    assert drawn["proof"] == [{"account": "401000", "report": "-200.00", "ledger": "-200.00"}]


def test_a_doubtful_customer_stays_in_it_on_its_account(firm: Firm) -> None:
    received = firm.done(header("PORCHQ", "3600", pays("1", "3600")))
    unpaid(firm, received, to="416")

    drawn = report(firm, "aged", as_of=day("2024-10-22"))

    assert ages(drawn) == ["0.00", "5100.00", "0.00", "0.00", "0.00"]
    assert [(one["account"], one["ledger"]) for one in drawn["proof"]] == [("411000", "1500.00"), ("416000", "3600.00")]


def test_the_bounds_of_the_ages_are_the_companys(firm: Firm) -> None:
    firm.load({"code": "998", "name": "Société d'essai", "currency": "EUR", "age_bounds": [10, 20, 40]})

    assert ages(report(firm, "aged", as_of=day("2024-11-08"))) == ["0.00", "0.00", "5100.00", "0.00", "0.00"]


def test_bounds_that_do_not_rise_and_rates_of_no_half_year_are_refused(firm: Firm) -> None:
    rates = {"ecb": [{"from": "2024-03-01", "rate": "2"}], "basis": "300", "points": "9"}
    for bad, faults in (
        ({"age_bounds": [30, 20, 60]}, ["malformed_choice"]),
        ({"late_payment": rates}, ["malformed_date", "unknown_role", "malformed_number"]),
    ):
        record = {"code": "998", "name": "Société d'essai", "currency": "EUR"} | bad
        assert [fault.code for fault in firm.try_load({"dossiers": [record]}).faults] == faults


def test_a_later_load_adds_the_rate_of_its_half_year(late: Firm) -> None:
    more = {"ecb": [{"from": "2025-07-01", "rate": "2.15"}]}
    late.load({"code": "998", "name": "Société d'essai", "currency": "EUR", "late_payment": more})

    assert {line[3] for line in claimed(late, as_of=day("2025-07-31"))} == {"2024-07-01", "2025-01-01", "2025-07-01"}


def test_one_cent_apart_for_one_third_party_and_there_is_no_report(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company(invoices=[invoice("1", "100.00")]))
    edit(firm.address, "UPDATE entry_line SET third_party = 'F1' WHERE account = '411000'")

    with pytest.raises(Stop) as caught:
        report(firm, "aged")

    refusal = caught.value.refusal
    assert (refusal.code, refusal.seen, refusal.expected) == ("report_differs", "100.00", "0.00")
    assert refusal.facts["account"] == "411000"


def test_what_the_due_items_say_now_counts_too(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company(invoices=[invoice("1", "100.00")]))
    edit(firm.address, "UPDATE due_item SET carried = carried + 1")

    with pytest.raises(Stop) as caught:
        report(firm, "aged")

    assert (caught.value.refusal.seen, caught.value.refusal.expected) == ("100.01", "100.00")
    assert rows(report(firm, "aged", as_of=day("2024-09-19"))) == [], "of another day they say nothing"


# ---------------------------------------------------------------- ledgers, journals, balance


def test_the_third_party_ledger_runs_from_what_was_there_before(firm: Firm) -> None:
    firm.done(header("PORCHQ", "3600", pays("1", "3600")))

    (section,) = report(firm, "third-parties", first=day("2024-10-01"), last=day("2024-10-31"))["sections"]

    opening, line, total = section["rows"]
    assert (section["code"], section["name"]) == ("C1 · 411000", "Client 1")
    assert (opening["row"], opening["balance"]) == ("opening", "5100.00")
    assert (line["letter"], line["credit"], line["balance"]) == ("AA", "3600.00", "1500.00")
    assert (total["debit"], total["credit"], total["balance"]) == ("0.00", "3600.00", "1500.00")


def test_journals_balance_each_and_together(firm: Firm) -> None:
    firm.done(header("PORCHQ", "3600", pays("1", "3600")))

    drawn = report(firm, "journal")

    assert [(part["code"], part["name"]) for part in drawn["sections"]] == [
        ("AC", "Achats"),
        ("AN", "À nouveaux"),
        ("RC", "Règlements clients"),
        ("VE", "Ventes"),
    ]
    for row in (*rows(drawn, "total"), *drawn["totals"]):
        assert row["debit"] == row["credit"]
    assert [part["code"] for part in report(firm, "journal", journal="VE")["sections"]] == ["VE"]
    assert report(firm, "journal", first=day("2023-01-01"), last=day("2023-12-31"))["sections"] == []


def test_a_year_begins_with_the_balances_of_the_one_before_and_its_result(firm: Firm) -> None:
    drawn = report(firm, "balance", first=day("2025-01-01"))

    opening = {row["account"]: (row["opening_debit"], row["opening_credit"]) for row in rows(drawn)}
    assert opening["411000"] == ("5100.00", "0.00")
    assert opening["120000"] == ("0.00", "4900.00"), "sales of 5 100 less purchases of 200"
    assert "707000" not in opening
    (total,) = drawn["totals"]
    for pair in ("opening_{}", "{}", "closing_{}"):
        assert total[pair.format("debit")] == total[pair.format("credit")]


def test_the_journal_and_the_ledgers_of_a_year_begin_with_its_derived_opening(firm: Firm) -> None:
    (part,) = report(firm, "journal", first=day("2025-01-01"))["sections"]
    (ledger,) = report(firm, "ledger", first=day("2025-01-01"), account="411000")["sections"]

    assert (part["code"], {row["number"] for row in part["rows"] if row["row"] == "line"}) == ("AN", {"2025-000000"})
    assert part["rows"][-1]["debit"] == part["rows"][-1]["credit"] == "6000.00"
    assert [(row["row"], row["number"], row["balance"]) for row in ledger["rows"]] == [
        ("opening", "2025-000000", "5100.00"),
        ("total", "", "5100.00"),
    ]
    assert report(firm, "journal", first=day("2025-01-02"))["sections"] == []


def test_charges_and_income_of_the_same_year_are_carried_within_it(firm: Firm) -> None:
    drawn = report(firm, "balance", first=day("2024-10-01"), last=day("2024-12-31"))

    opening = {row["account"]: (row["opening_debit"], row["opening_credit"]) for row in rows(drawn)}
    assert opening["707000"] == ("0.00", "5100.00")
    assert "120000" not in opening


def test_the_general_ledger_may_be_of_one_account(firm: Firm) -> None:
    (section,) = report(firm, "ledger", account="411000")["sections"]

    assert (section["code"], section["name"]) == ("411000", "Clients")
    assert [row["balance"] for row in section["rows"]] == ["0.00", "3600.00", "4600.00", "5100.00", "5100.00"]


# ---------------------------------------------------------------- the portfolio


def test_a_cheque_is_in_hand_from_its_receipt_until_its_slip(firm: Firm) -> None:
    received = firm.done(header("PORCHQ", "3600", pays("1", "3600")))
    firm.clock.forward(days=2)
    firm.done(deposit("REMCHQ", {"TRANSAC": received}, DATE="20241022"))
    firm.clock.forward(days=3)
    assert done(firm, MakeSlip(Wanted("BNP"))).result

    def held(on: str) -> list[tuple[str, str]]:
        return [(row["transaction"], row["waiting"]) for row in rows(report(firm, "portfolio", as_of=day(on)))]

    assert held("2024-10-20") == [("5", "")]
    assert held("2024-10-21") == [("5", ""), (received, "")]
    assert held("2024-10-23") == [("5", ""), (received, "waiting")]
    assert held("2024-10-26") == [("5", "")]
    (proof,) = report(firm, "portfolio", as_of=day("2024-10-23"))["proof"]
    assert proof == {"account": "511200", "report": "4500.00", "ledger": "4500.00"}


# ---------------------------------------------------------------- late payment

RATES = [{"from": "2024-07-01", "rate": "4.25"}, {"from": "2025-01-01", "rate": "3.15"}]
NEXT_YEAR = datetime(2025, 2, 10, 10, 0, tzinfo=UTC)


@pytest.fixture
def late(tmp_path: Path) -> Iterator[Firm]:
    """An invoice of 3 600 due on 20 October to a company, one of 1 000 to a public buyer; 10 February."""
    held = Firm(
        tmp_path,
        company(
            late_payment={"ecb": RATES},
            third_parties=[
                {"code": "C1", "kind": "customer", "name": "Client 1"},
                {"code": "V1", "kind": "customer", "name": "Ville", "chorus": {"identifier_type": "SIRET"}},
            ],
            invoices=[invoice("1", "3600.00"), invoice("2", "1000.00", third_party="V1")],
        ),
        at=NEXT_YEAR,
    )
    yield held
    assert held.findings() == []


def claimed(firm: Firm, **asked: Any) -> list[tuple[Any, ...]]:
    names = ("piece", "paid_on", "base", "half", "days", "rate", "interest", "indemnity")
    return [tuple(row[name] for name in names) for row in rows(report(firm, "interest", **asked))]


def test_companies_owe_the_rate_of_each_half_year_and_public_buyers_the_first(late: Firm) -> None:
    assert claimed(late) == [
        ("1", None, "3600.00", "2024-07-01", 72, "14.25", "101.19", "40.00"),
        ("1", None, "3600.00", "2025-01-01", 41, "13.15", "53.18", "0.00"),
        ("2", None, "1000.00", "2024-07-01", 72, "12.25", "24.16", "40.00"),
        ("2", None, "1000.00", "2025-01-01", 41, "12.25", "13.76", "0.00"),
    ]


def test_what_was_paid_late_counts_to_the_day_of_payment_and_the_rest_goes_on(late: Firm) -> None:
    late.done(header("PORCHQ", "600", pays("1", "600"), pays("1", "3000", "WPA"), DATE="20241119"))

    found = [line for line in claimed(late, as_of=day("2024-12-31")) if line[0] == "1"]

    assert found == [
        ("1", "2024-11-19", "600.00", "2024-07-01", 30, "14.25", "7.03", "40.00"),
        ("1", None, "3000.00", "2024-07-01", 72, "14.25", "84.33", "0.00"),
    ]


def test_a_payment_that_came_back_was_none(late: Firm) -> None:
    before = claimed(late)
    received = late.done(header("PORCHQ", "3600", pays("1", "3600"), DATE="20241119"))
    assert [line[1] for line in claimed(late) if line[0] == "1"] == ["2024-11-19"]

    unpaid(late, received)

    assert claimed(late) == before


def test_what_is_paid_in_time_owes_nothing(late: Firm) -> None:
    late.done(header("PORCHQ", "3600", pays("1", "3600"), DATE="20241020"))
    assert {line[0] for line in claimed(late)} == {"2"}
    assert claimed(late, as_of=day("2024-10-20")) == []


def test_a_record_says_who_is_public(late: Firm) -> None:
    party = {"code": "V1", "kind": "customer", "name": "Ville", "buyer": "private"}
    late.load({"code": "998", "name": "Société d'essai", "currency": "EUR", "third_parties": [party]})

    assert [line[5] for line in claimed(late) if line[0] == "2"] == ["14.25", "13.15"]


def test_a_statement_as_of_a_day_is_what_was_open_then(firm: Firm) -> None:
    firm.done(
        header("PORCHQ", "700", pays("2", "700", DUEDATE="20241020"), pays("2", "300", "WPA", DUEDATE="20241020"))
    )
    with firm.store.books("998", writing=False) as books:
        home = books.company.currency
        now, then = (books.statement("C1", TODAY, home, on) for on in (TODAY, day("2024-10-20")))

    assert now is not None
    assert then is not None
    assert [(i["piece"], i["open_amount"]) for i in now["items"]] == [
        ("1", "3600.00"),
        ("2", "300.00"),
        ("2", "500.00"),
    ]
    assert [(i["piece"], i["open_amount"]) for i in then["items"]] == [
        ("1", "3600.00"),
        ("2", "1000.00"),
        ("2", "500.00"),
    ]
    assert (then["date"], then["home"]["total"]) == ("2024-10-20", "5100.00")


def test_a_statement_as_of_a_day_counts_what_had_come_back_by_then(firm: Firm) -> None:
    received = firm.done(header("PORCHQ", "3600", pays("1", "3600")))
    firm.clock.forward(days=10)
    unpaid(firm, received)
    with firm.store.books("998", writing=False) as books:
        home, today = books.company.currency, firm.clock.today()
        found = [books.statement("C1", today, home, on) for on in (None, today, TODAY)]

    assert [one and one["unpaid"] for one in found] == [1, 1, 0]


def test_what_is_proposed_becomes_a_draft_on_request_and_an_entry_when_validated(late: Firm) -> None:
    with late.store.books("998", writing=False) as books:
        made = [record for record, _ in records(books, Asked("interest", late.clock.today(), third_party="C1"))]

    entries = posted(late, *made)

    assert made == [
        {
            "date": "2025-02-10",
            "label": "Intérêts de retard et indemnités C1",
            "piece": "IR20250210",
            "lines": [
                {"account": "411000", "third_party": "C1", "debit": "194.37", "due_date": "2025-02-10"},
                {"account": "763100", "credit": "194.37"},
            ],
        }
    ]
    assert len(entries) == 1
    (owed,) = [row for row in rows(report(late, "aged")) if row["third_party"] == "C1"]
    assert owed["not_due"] == "194.37"
    late.clock.forward(days=20)
    assert {line[0] for line in claimed(late)} == {"1", "2"}, "interest bears no interest"

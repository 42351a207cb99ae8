"""VAT on receipts: the worked figures, and the day that counts."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts import perform
from lettrage.acts.cancel import Cancel
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.caller import Caller
from tests.journeys.helpers import Firm, advance, company, deposit, header, pays
from tests.vat.helpers import report, service, shown, sums

FULL = [("20", "3000.00", "600.00")]


def firm_of(folder: Path, *invoices: dict[str, Any], **more: Any) -> Firm:
    return Firm(folder, company(invoices=list(invoices), **more))


def unpaid(firm: Firm, number: str, **more: object) -> str:
    done = perform(ReportUnpaid(int(number), **more), Caller("desk", "cli", firm.dossier), firm.store, firm.clock)  # type: ignore[arg-type]
    assert done.result is not None, done.reasons
    return str(done.result["transaction"])


def cancel(firm: Firm, number: str, day: date | None = None) -> None:
    act = Cancel(int(number), "saisi deux fois", day)
    done = perform(act, Caller("desk", "cli", firm.dossier), firm.store, firm.clock)
    assert done.result is not None, done.reasons


def test_a_cheque_with_five_euros_missing(tmp_path: Path) -> None:
    """settlement-domain 2.1: 599.17 become due, 0.83 go with the difference, nothing waits any more."""
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL), service("86", "2400.00", vat=[("20", "2000", "400")]))

    firm.done(header("PORCHQ", "5995.00", pays("87", "3595.00"), pays("87", "5.00", "WDR"), pays("86", "2400.00")))

    assert shown(firm) == [
        ("2024-10-21", "86", "20", "2000.00", "400.00", "2400.00", "received"),
        ("2024-10-21", "87", "20", "2995.83", "599.17", "3595.00", "received"),
    ]
    assert report(firm).parked == []
    assert firm.balance("445800") == "0.00"
    assert firm.findings() == []


def test_the_last_receipt_of_an_invoice_in_two(tmp_path: Path) -> None:
    """918.20 at 20 % has 153.03 of VAT in it."""
    firm = firm_of(tmp_path, service("1", "1918.20", vat=[("20", "1598.50", "319.70")]))

    firm.done(header("PORESP", "1000.00", pays("1", "1000.00"), pays("1", "918.20", "WPA")))
    firm.done(header("PORCHQ", "918.20", pays("1", "918.20")))

    assert shown(firm) == [
        ("2024-10-21", "1", "20", "833.33", "166.67", "1000.00", "received"),
        ("2024-10-21", "1", "20", "765.17", "153.03", "918.20", "received"),
    ]


@pytest.mark.parametrize(("mode", "due", "received"), [("gross", "166.67", "980.00"), ("adjust", "163.34", "980.00")])
def test_a_discount_is_not_received(tmp_path: Path, mode: str, due: str, received: str) -> None:
    firm = firm_of(tmp_path, service("1", "1000.00", vat=[("20", "833.33", "166.67")]), discount_vat=mode)

    firm.done(header("PORESP", "980.00", pays("1", "980.00"), pays("1", "20.00", "WE")))

    ((_, _, _, base, vat, got, _),) = shown(firm)
    assert (vat, got) == (due, received)
    assert base == ("833.33" if mode == "gross" else "816.66")
    assert firm.findings() == []


def test_a_discount_on_an_invoice_on_debits_is_in_the_proof(tmp_path: Path) -> None:
    goods = service("1", "1000.00", vat=[("20", "833.33", "166.67")]) | {"vat_due": "debits"}
    firm = firm_of(tmp_path, goods, discount_vat="adjust")

    number = firm.done(header("PORCHQ", "980.00", pays("1", "980.00"), pays("1", "20.00", "WE")))

    found = report(firm)
    assert (found.rows, found.proof.posted.discounts, found.proof.posted.collected) == ([], -333, -333)
    unpaid(firm, number)
    assert report(firm).proof.posted.collected == 0
    assert firm.findings() == []


# ---------------------------------------------------------------- the day that counts


def test_a_cheque_counts_when_it_is_received_and_is_taken_back_when_it_bounces(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL))
    receipt = firm.done(header("PORCHQ", "3600.00", pays("87", "3600.00"), DATE="20241001"))
    handed = firm.done(deposit("REMCDI", {"TRANSAC": receipt}, DATE="20241010"))

    back = unpaid(firm, handed, day=date(2024, 10, 18))
    firm.done(deposit("REPCHQ", {"TRANSAC": back}, DATE="20241021"))

    assert shown(firm) == [
        ("2024-10-01", "87", "20", "3000.00", "600.00", "3600.00", "received"),
        ("2024-10-18", "87", "20", "-3000.00", "-600.00", "-3600.00", "unpaid"),
        ("2024-10-21", "87", "20", "3000.00", "600.00", "3600.00", "represented"),
    ]
    assert [str(row.reversed_by or "") for row in report(firm).rows] == [back, "", ""]
    assert firm.findings() == []


def test_a_transfer_counts_when_it_is_credited(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL))
    announced = firm.done(header("PORVIR", "3600.00", pays("87", "3600.00"), DATE="20240927"))

    in_september = report(firm, date(2024, 9, 1), date(2024, 9, 30))
    assert (in_september.rows, in_september.proof.booked, in_september.proof.waiting_after) == ([], 60000, 60000)

    firm.done(deposit("REMVIR", {"TRANSAC": announced}, DATE="20241002"))

    in_october = report(firm, date(2024, 10, 1), date(2024, 10, 31))
    assert [(row.date, row.vat, row.event) for row in in_october.rows] == [(date(2024, 10, 2), 60000, "credited")]
    assert (in_october.proof.waiting_before, in_october.proof.booked, in_october.proof.waiting_after) == (60000, 0, 0)


def test_a_deposit_taken_back_is_a_row_of_its_own(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL))
    announced = firm.done(header("PORVIR", "3600.00", pays("87", "3600.00"), DATE="20240927"))
    credited = firm.done(deposit("REMVIR", {"TRANSAC": announced}, DATE="20241002"))

    cancel(firm, credited, date(2024, 10, 15))
    cancel(firm, announced, date(2024, 10, 16))

    assert [(row[0], row[4], row[6]) for row in shown(firm)] == [
        ("2024-10-02", "600.00", "credited"),
        ("2024-10-15", "-600.00", "cancelled"),
    ]
    assert [(one.invoice, one.vat) for one in report(firm).parked] == [("87", 60000)]


def test_a_bill_counts_on_its_due_date(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "1800.00", "1800.00", vat=FULL))
    firm.done(
        header(
            "POREFF", "3600.00", pays("87", "1800.00", DUEDATE="20241020"), pays("87", "1800.00", DUEDATE="20241021"),
            DATE="20241001",
        )
    )  # fmt: skip

    assert [(row[0], row[4], row[6]) for row in shown(firm)] == [
        ("2024-10-20", "300.00", "due"),
        ("2024-10-21", "300.00", "due"),
    ]


def test_a_dossier_may_say_otherwise(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL), vat_dates={"transfer": "received"})
    firm.done(header("PORVIR", "3600.00", pays("87", "3600.00"), DATE="20240927"))

    assert [row[0] for row in shown(firm)] == ["2024-09-27"]


def test_an_advance_that_pays_makes_vat_due_when_it_is_used(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL))
    received = firm.done(header("PORCHQ", "5000.00", advance("5000.00"), DATE="20241001"))
    assert shown(firm) == []

    firm.done(header("PORCHQ", "0.00", pays("87", "3600.00"), advance("-3600.00", TRANSAC=received)))

    ((day, _, _, _, vat, _, _),) = shown(firm)
    assert (day, vat) == ("2024-10-21", "600.00")
    assert report(firm).rows[0].means == "offset"


# ---------------------------------------------------------------- what is refused


def test_a_report_that_differs_from_the_ledger_is_not_given(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL))
    firm.done(header("PORCHQ", "3600.00", pays("87", "3600.00")))
    from tests.databases import edit

    edit(firm.address, "UPDATE vat_move SET vat_home = vat_home - 1")

    with firm.store.books(firm.dossier, writing=False) as books:
        found = books.vat_report(date(2024, 10, 1), date(2024, 10, 31))
    assert [refusal.code for refusal in found.refusals] == ["vat_report_differs"]


# ---------------------------------------------------------------- the other way round


def test_a_purchase_is_deductible_when_it_is_paid(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("P1", "1200.00", vat=[("20", "1000.00", "200.00")], third_party="F1"))
    assert [(one.ledger, one.vat) for one in report(firm).parked] == [("supplier", 20000)]

    ordered = firm.done(header("DECVIR", "600.00", pays("P1", "600.00"), pays("P1", "600.00", "WPA"), DATE="20240927"))
    firm.done(header("PAYVIR", "600.00", pays("P1", "600.00"), BQC="BNP", DATE="20241002"))
    firm.done(deposit("EXEVIR", {"TRANSAC": ordered}, DATE="20241001"))

    rows = report(firm).rows
    assert [(row.date.isoformat(), row.ledger, row.vat, row.event) for row in rows] == [
        ("2024-10-01", "supplier", 10000, "credited"),
        ("2024-10-02", "supplier", 10000, "received"),
    ]
    assert firm.balance("445660") == "200.00"
    assert (report(firm).proof.booked, report(firm).proof.parked) == (0, 0)
    assert firm.findings() == []


def test_a_credit_note_takes_vat_back_when_it_is_offset(tmp_path: Path) -> None:
    note = service("A1", "-120.00", vat=[("20", "-100.00", "-20.00")])
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL), note)

    firm.done(header("PORCHQ", "3480.00", pays("87", "3600.00"), pays("A1", "-120.00")))

    assert shown(firm) == [
        ("2024-10-21", "87", "20", "3000.00", "600.00", "3600.00", "received"),
        ("2024-10-21", "A1", "20", "-100.00", "-20.00", "-120.00", "received"),
    ]
    assert report(firm).parked == []
    assert firm.findings() == []


def test_a_refund_of_a_credit_note(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("A1", "-120.00", vat=[("20", "-100.00", "-20.00")]))

    firm.done(header("PAYVIR", "120.00", pays("A1", "120.00"), THIRDPARTY="C1", BQC="BNP"))

    assert [row[3:6] for row in shown(firm)] == [("-100.00", "-20.00", "-120.00")]
    assert firm.findings() == []


def test_what_was_settled_before_the_load_is_no_receipt(tmp_path: Path) -> None:
    half = service("87", "3600.00", vat=FULL)
    half["due_items"][0]["open"] = "1800.00"
    firm = firm_of(tmp_path, half)
    assert [one.vat for one in report(firm).parked] == [30000]

    firm.done(header("PORCHQ", "1800.00", pays("87", "1800.00")))

    assert [row[3:6] for row in shown(firm)] == [("1500.00", "300.00", "1800.00")]
    assert report(firm).parked == []
    assert firm.findings() == []


def test_a_rate_of_zero_is_received_too(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("1", "220.00", vat=[("0", "100.00", "0.00"), ("20", "100.00", "20.00")]))

    firm.done(header("PORCHQ", "220.00", pays("1", "220.00")))

    assert sorted(row[2:6] for row in shown(firm)) == [
        ("0", "100.00", "0.00", "100.00"),
        ("20", "100.00", "20.00", "120.00"),
    ]


def test_more_than_open_is_a_gain_and_no_price(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("87", "3600.00", vat=FULL))

    firm.done(header("PORCHQ", "3605.00", pays("87", "3605.00"), pays("87", "-5.00", "WDR")))

    assert [row[3:6] for row in shown(firm)] == [("3000.00", "600.00", "3600.00")]
    assert firm.findings() == []


def test_what_an_advance_pays_has_a_day_of_its_own(tmp_path: Path) -> None:
    """2,000.00 by an advance in hand, 1,600.00 announced: the first counts at once, the rest when it is credited."""
    firm = firm_of(tmp_path, service("1", "3600.00", vat=FULL))
    held = firm.done(header("ENCVIR", "2000.00", advance("2000.00"), BQC="BNP"))

    used = advance("-2000.00", TRANSAC=held)
    number = firm.done(header("PORVIR", "1600.00", pays("1", "3600.00"), used))
    assert shown(firm) == [("2024-10-21", "1", "20", "1666.67", "333.33", "2000.00", "received")]
    firm.clock.forward(days=3)
    firm.done(deposit("REMVIR", {"TRANSAC": number}, DATE="20241024"))
    assert shown(firm)[1:] == [("2024-10-24", "1", "20", "1333.33", "266.67", "1600.00", "credited")]
    assert firm.findings() == []


def test_an_advance_that_was_only_announced_is_no_receipt_before_it_is_credited(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, service("1", "3600.00", vat=FULL))
    announced = firm.done(header("PORVIR", "1000.00", advance("1000.00")))
    used = advance("-1000.00", TRANSAC=announced)
    number = firm.done(header("PORCHQ", "0.00", pays("1", "1000.00"), pays("1", "2600.00", "WPA"), used))

    assert shown(firm) == []
    firm.clock.forward(days=3)
    moved = firm.done(deposit("REMVIR", {"TRANSAC": announced}, DATE="20241024"))
    assert shown(firm) == [("2024-10-24", "1", "20", "833.33", "166.67", "1000.00", "credited")]
    cancel(firm, moved)
    assert [row[-2:] for row in shown(firm)[1:]] == [("-1000.00", "cancelled")]
    cancel(firm, number)
    assert sums(report(firm)) == {("1", "20"): (0, 0, 0, 0)}
    assert firm.findings() == []


def test_paying_back_an_advance_beside_a_credit_note_is_no_part_of_it(tmp_path: Path) -> None:
    note = service("1", "-1200.00", vat=[("20", "-1000.00", "-200.00")])
    firm = firm_of(tmp_path, note)
    held = firm.done(header("PORVIR", "500.00", advance("500.00")))
    back = advance("500.00", TRANSAC=held, THIRDPARTY="C1")

    firm.done(header("PAYVIR", "1700.00", pays("1", "1200.00", THIRDPARTY="C1"), back, THIRDPARTY="C1", BQC="BNP"))

    assert [row[3:6] for row in shown(firm)] == [("-1000.00", "-200.00", "-1200.00")]

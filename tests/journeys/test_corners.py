"""Corners that an accountant and a stranger found: each was wrong once."""

from pathlib import Path
from typing import Any

import pytest

from tests.databases import ask, edit
from tests.journeys.helpers import (
    Firm,
    advance,
    company,
    credit,
    debit,
    deposit,
    header,
    instrument,
    invoice,
    pays,
    run,
)
from tests.journeys.test_accounting import paid, vat

ASCII = {"PYTHONIOENCODING": "ascii"}


def firm_with(folder: Path, **more: Any) -> Firm:
    return Firm(folder, company(**more))


@pytest.mark.parametrize("rate", ["0.95", "0.85", ""])
def test_an_advance_used_up_loses_the_same_whatever_the_rate_of_the_day(tmp_path: Path, rate: str) -> None:
    rates = [{"currency": "USD", "date": "2024-10-01", "rate": rate}] if rate else []
    firm = firm_with(tmp_path, rates=rates, invoices=[invoice("1", "1000.00", currency="USD", rate="0.92")])
    received = firm.done(header("PORVIR", "1000", advance("1000", **paid("1000", "880")), CURRENCY="USD", MT="880"))

    number = firm.done(header("PORVIR", "0", pays("1", "1000"), advance("-1000", TRANSAC=received), CURRENCY="USD"))

    assert firm.entry(number) == sorted(
        [debit("419100", "880.00"), debit("656000", "40.00"), credit("411000", "920.00")]
    )


def test_the_money_beside_an_advance_has_its_own_difference(tmp_path: Path) -> None:
    firm = firm_with(tmp_path, invoices=[invoice("1", "1500.00", currency="USD", rate="0.92")])
    received = firm.done(header("PORVIR", "1000", advance("1000", **paid("1000", "880")), CURRENCY="USD", MT="880"))

    number = firm.done(
        header(
            "PORVIR",
            "500",
            pays("1", "1500", **paid("1500", "1440")),
            advance("-1000", TRANSAC=received, **paid("-1000", "-960")),
            CURRENCY="USD",
            MT="480",
        )
    )

    # 1,000 USD of the invoice (920.00) paid by an advance of 880.00; 500 USD (460.00) by money worth 480.00.
    assert firm.entry(number) == sorted(
        [
            debit("511500", "480.00"),
            debit("419100", "880.00"),
            debit("656000", "40.00"),
            credit("756000", "20.00"),
            credit("411000", "1380.00"),
        ]
    )
    assert firm.findings() == []


def test_vat_lines_of_both_signs_wait_for_the_receipt_each_by_its_own(tmp_path: Path) -> None:
    rates = vat(("20", "1000.00", "200.00"), ("5.5", "-100.00", "-5.50"), due="receipts")
    firm = firm_with(tmp_path, invoices=[invoice("1", "1094.50", **rates)])

    firm.done(header("PORVIR", "500", pays("1", "500"), pays("1", "594.50", "WPA")))

    assert firm.balance("445710") == "-88.86"


def test_a_gain_has_no_vat_in_it(tmp_path: Path) -> None:
    rates = vat(("20", "1000.00", "200.00"), due="receipts")
    firm = firm_with(tmp_path, invoices=[invoice("1", "1200.00", **rates)])

    firm.done(header("PORVIR", "1204", pays("1", "1204"), pays("1", "-4", "WDR")))

    assert (firm.balance("445710"), firm.balance("445800"), firm.balance("758000")) == ("-200.00", "0.00", "-4.00")


def test_the_only_due_item_that_fits_is_in_dispute_and_that_is_said(tmp_path: Path) -> None:
    disputed = invoice("1", "100.00", "200.00")
    disputed["due_items"][0]["disputed"] = "true"
    firm = firm_with(tmp_path, invoices=[disputed])

    assert firm.send(header("PORVIR", "100", pays("1", "100"))).reasons == [["in_dispute"]]


def test_an_undated_detail_with_every_due_item_named_is_told_what_there_is(tmp_path: Path) -> None:
    firm = firm_with(tmp_path, invoices=[invoice("1", "100.00", "200.00")])
    first, second = (item["due_date"] for item in firm.items())

    answer = firm.send(
        header(
            "PORVIR",
            "300",
            pays("1", "100", DUEDATE=first),
            pays("1", "200", DUEDATE=second),
            pays("1", "5", "WDR"),
        )
    )

    assert answer.reasons == [["no_due_item_fits"]]


def test_a_deposit_by_home_amount_and_currency_takes_the_cheque_in_that_currency(tmp_path: Path) -> None:
    euros, dollars = instrument("1", "100.00"), instrument("2", "110.00", currency="USD", amount_home="100.00")
    firm = firm_with(tmp_path, portfolio=[euros, dollars])

    firm.done(deposit("REMCDI", {"TIERS": "C1", "ETATORI": "C30", "MTORI": "100", "DEV": "USD"}))

    assert ("C50", "USD", "110.00", "100.00") in firm.portfolio()
    assert ("C30", "EUR", "100.00", "100.00") in firm.portfolio()


def test_a_year_that_holds_entries_keeps_its_name(tmp_path: Path) -> None:
    autumn, spring = {"start": "2024-07-01", "end": "2024-12-31"}, {"start": "2023-07-01", "end": "2024-06-30"}
    firm = firm_with(tmp_path, years=[autumn], invoices=[invoice("1", "100.00")])

    refused = firm.try_load({"dossiers": [{"code": "998", "years": [spring, autumn]}]})

    assert [fault.code for fault in refused.faults] == ["settled_choice"]
    assert not firm.try_load(
        {"dossiers": [{"code": "998", "years": [{"start": "2025-01-01", "end": "2025-12-31"}]}]}
    ).faults


def test_lines_of_one_invoice_that_disagree_in_a_table_are_refused(tmp_path: Path) -> None:
    firm = firm_with(tmp_path)
    firm.store.close()
    table = tmp_path / "invoices.csv"
    table.write_text(
        "third_party,number,date,currency,due_date,amount\n"
        "C1,905,2024-01-05,EUR,2024-02-05,10.00\n"
        "C1,905,2024-01-06,USD,2024-03-05,10.00\n"
    )

    ran = run("load", str(table), "--dossier", "998", "--database", firm.address, folder=tmp_path)

    assert (ran.status, "905" in ran.err) == (2, True)


def test_an_answer_is_utf_8_wherever_it_is_printed(tmp_path: Path) -> None:
    firm = firm_with(tmp_path, invoices=[invoice("1", "100.00")])
    firm.store.close()
    document = (
        "{'data':{'EnteteReglementtb':[{'PAYMENTTYPE':'1','TIERS':'C1','DEV':'EUR','AMOUNT':'100','CHGETAT':'PORCHQ',"
        "'LIB':'Łódź 日本','DetailReglementtb':[{'TIERS':'C1','PIECE':'1','AMOUNT':'100'}]}]}}"
    )
    address = firm.address

    ran = run("settle", "-", "--database", address, folder=tmp_path, stdin=document.encode(), env=ASCII)
    table = run("entries", "--database", address, folder=tmp_path, env=ASCII)

    assert (ran.status, "générée" in ran.out) == (0, True)
    assert (table.status, "Traceback" in table.err) == (0, False)


def test_many_unknown_names_take_no_more_than_their_share(tmp_path: Path) -> None:
    firm = firm_with(tmp_path)
    names = ",".join(f'"kz{number}":1' for number in range(60_000))

    answer = firm.send_text(f'{{"EnteteReglementtb":[{{{names}}}]}}', dossier="998")

    assert answer.codes == ["1"]


@pytest.mark.parametrize("value", ['["S",{"a":"SECRET"}]', '{"a":["SECRET"]}', '"SECRET"', "SECRET"])
def test_no_part_of_a_token_is_kept_whatever_its_shape(tmp_path: Path, value: str) -> None:
    firm = firm_with(tmp_path)
    business = "{'data':{'EnteteReglementtb':[{'TIERS':'C1'}]}}"
    firm.send_text(f'{{"action":"WEB_SERVICE_INFINITY","access_token":{value},"param":"{business}"}}', dossier="998")
    firm.store.close()

    kept = b"".join(raw for (raw,) in ask(firm.address, "SELECT raw FROM document"))
    assert b"SECRET" not in kept


def test_a_foreign_invoice_is_not_written_off_by_a_payment_of_nothing(tmp_path: Path) -> None:
    firm = firm_with(tmp_path, invoices=[invoice("1", "100.00", currency="USD", rate="0.90")])

    answer = firm.send(header("PORVIR", "0", pays("1", "100", MTREGLE="0"), MT="0"))

    assert answer.reasons == [["wrong_sign"]]


def test_a_load_with_a_name_twice_leaves_the_company_file_as_it_is(tmp_path: Path) -> None:
    firm = firm_with(tmp_path)
    table = tmp_path / "load.json"
    table.write_text('{"dossiers":[{"code":"998","code":"998","name":"Autre"}]}')
    firm.store.close()

    ran = run("load", str(table), "--database", firm.address, folder=tmp_path)

    assert ran.status == 0
    with firm.store.books("998", writing=False) as books:
        assert (books.company.name, "BNP" in books.company.banks) == ("Autre", True)


def test_an_amount_beside_a_transaction_is_read_before_it_is_believed(tmp_path: Path) -> None:
    firm = firm_with(tmp_path, portfolio=[instrument("1", "100.00")])

    answer = firm.send(deposit("REMCDI", {"TRANSAC": "1", "MTDEVORI": "1.2345"}))

    assert "too_many_decimals" in answer.reasons[0]


def test_a_damaged_company_file_is_a_finding(tmp_path: Path) -> None:
    firm = firm_with(tmp_path)
    edit(firm.address, "UPDATE dossier SET record = '{'")

    assert [finding.code for finding in firm.store.audit("998")] == ["unreadable"]

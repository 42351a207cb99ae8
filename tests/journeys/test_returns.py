"""Cancel and unpaid, case by case: fees, banks, accounts, loaded payments, suppliers, and what is refused."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.bank.slip import Wanted
from tests.journeys.helpers import (
    Firm,
    OpenFirm,
    advance,
    company,
    credit,
    debit,
    deposit,
    header,
    instrument,
    invoice,
    pays,
    run_here,
)
from tests.journeys.reversing import again, asked, cancel, cancelling, refused, returning, unpaid, worth


@pytest.fixture
def open_firm(tmp_path: Path) -> Iterator[OpenFirm]:
    """Opens firms whose books must be sound when the test is over."""
    firms: list[Firm] = []

    def open_(**more: Any) -> Firm:
        folder = tmp_path / str(len(firms))
        folder.mkdir()
        firms.append(Firm(folder, company(**more)))
        return firms[-1]

    yield open_
    for firm in firms:
        assert firm.findings() == []


@pytest.fixture
def firm(open_firm: OpenFirm) -> Firm:
    """Two invoices: 87 of 3,600.00 and 86 of 2,400.00."""
    return open_firm(invoices=[invoice("87", "3600.00"), invoice("86", "2400.00")])


def cheque(amount: str = "3600", piece: str = "87", **more: str) -> dict[str, Any]:
    return header("PORCHQ", amount, pays(piece, amount), **more)


def reasons(firm: Firm, act: Any) -> list[dict[str, str]]:
    return asked(firm, act).reasons


TWO_BANKS = [
    {"code": "BNP", "account": "512100", "currency": "EUR"},
    {"code": "USB", "account": "512200", "currency": "USD"},
]
RATES = [{"currency": "USD", "date": "2024-10-20", "rate": "0.95"}]

# ---------------------------------------------------------------- fees and banks


def test_the_fees_leave_the_bank_in_one_line_with_the_cheque(firm: Firm) -> None:
    banked = firm.done(deposit("REMCDI", {"TRANSAC": firm.done(cheque())}))

    back = unpaid(firm, banked, fees="15", fees_vat="3", reason="sans provision")

    (entry,) = firm.entries(back["transaction"])
    assert [(li["account"], li["third_party"], li["debit"], li["credit"]) for li in entry["lines"]] == [
        ("411000", "C1", "3600.00", "0.00"),
        ("627800", "", "15.00", "0.00"),
        ("445660", "", "3.00", "0.00"),
        ("512100", "", "0.00", "3618.00"),
    ]
    assert (entry["journal"], entry["label"], entry["number"]) == ("BQ", "Impayé C1 : sans provision", back["entry"])


def test_a_payment_in_portfolio_comes_back_from_its_own_account_and_its_fees_from_the_only_bank(firm: Firm) -> None:
    received = firm.done(header("PORPRL", "3600", pays("87", "3600")))

    back = unpaid(firm, received, fees="10")

    assert firm.entry(back["transaction"]) == sorted(
        [debit("411000", "3600.00"), credit("511600", "3600.00"), debit("627800", "10.00"), credit("512100", "10.00")]
    )


def test_which_bank_takes_the_fees_is_asked_where_several_could(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("87", "3600.00")], banks=TWO_BANKS)
    received = firm.done(cheque())

    assert refused(firm, returning(received, "10")) == ["fees_without_bank"]
    assert refused(firm, returning(received, "-1", "0.001")) == [
        "fees_without_bank",
        "negative_fees",
        "too_many_decimals",
    ]
    assert refused(firm, returning(received, "", "3")) == ["fees_without_bank", "vat_without_fees"]
    assert refused(firm, returning(received, "10", bank="XYZ")) == ["unknown_bank"]
    assert refused(firm, returning(received, "10", bank="USB")) == ["wrong_bank"]
    back = unpaid(firm, received, fees="10", bank="BNP")
    assert credit("512100", "10.00") in firm.entry(back["transaction"])


def test_a_bank_in_dollars_takes_its_fees_at_the_rate_of_the_cheque(open_firm: OpenFirm) -> None:
    due = invoice("1", "1000.00", currency="USD", rate="0.92")
    firm = open_firm(invoices=[due], banks=TWO_BANKS, rates=RATES)
    received = firm.done(header("PORCHQ", "1000", pays("1", "1000"), CURRENCY="USD"))
    banked = firm.done(deposit("REMCDI", {"TRANSAC": received}, BQC="USB"))

    back = unpaid(firm, banked, fees="20", fees_vat="4")

    # Received at 0.95: the fees of 20.00 and 4.00 USD are 19.00 and 3.80 EUR; the exchange gain of 30.00 has gone.
    assert firm.entry(back["transaction"]) == sorted(
        [
            debit("411000", "920.00"),
            debit("756000", "30.00"),
            debit("627800", "19.00"),
            debit("445660", "3.80"),
            credit("512200", "972.80"),
        ]
    )
    assert [(i["currency"], i["open_amount"]) for i in back["items"]] == [("USD", "1000.00")]
    assert firm.ask("SELECT currency, fees, fees_vat FROM unpaid")[0] == ("USD", 2000, 400)


def test_what_the_bank_gave_more_at_the_deposit_stays(open_firm: OpenFirm) -> None:
    due = invoice("1", "1000.00", currency="USD", rate="0.92")
    firm = open_firm(invoices=[due], rates=RATES)
    received = firm.done(header("PORCHQ", "1000", pays("1", "1000"), CURRENCY="USD"))
    banked = firm.done(deposit("REMCDI", {"TRANSAC": received}, MT="960"))

    back = unpaid(firm, banked)

    assert firm.entry(back["transaction"]) == sorted(
        [debit("411000", "920.00"), debit("756000", "30.00"), credit("512100", "950.00")]
    )
    assert (firm.balance("756000"), firm.balance("512100")) == ("-10.00", "10.00")


@pytest.mark.parametrize(("fees", "code"), [("10.001", "too_many_decimals"), ("-1", "negative_fees")])
def test_fees_are_an_amount_of_the_bank_s_currency(firm: Firm, fees: str, code: str) -> None:
    received = firm.done(cheque())

    assert refused(firm, returning(received, fees)) == [code]
    assert refused(firm, returning(received, "10", fees)) == [code]


# ---------------------------------------------------------------- doubtful customers


def test_a_doubtful_customer_owes_on_416_until_he_pays(firm: Firm) -> None:
    received = firm.done(cheque())

    back = unpaid(firm, received, to="416")
    assert debit("416000", "3600.00") in firm.entry(back["transaction"])

    paid = firm.done(header("PORESP", "600", pays("87", "600"), pays("87", "3000", "WPA")))
    assert credit("416000", "600.00") in firm.entry(paid)
    rest = firm.done(header("PORVIR", "3000", pays("87", "3000")))
    assert credit("416000", "3000.00") in firm.entry(rest)
    assert (firm.balance("416000"), firm.balance("411000")) == ("0.00", "2400.00")

    cancel(firm, rest)
    assert firm.balance("416000") == "3000.00"
    cancel(firm, paid)
    assert firm.balance("416000") == "3600.00"


def test_presented_again_relieves_416_and_a_second_return_stays_there_unless_asked(firm: Firm) -> None:
    back = unpaid(firm, firm.done(cheque()), to="416")
    presented = firm.done(again(back["transaction"]))
    assert firm.entry(presented) == sorted([debit("511200", "3600.00"), credit("416000", "3600.00")])

    second = unpaid(firm, presented)
    assert debit("416000", "3600.00") in firm.entry(second["transaction"])
    cancel(firm, second["transaction"])
    third = unpaid(firm, presented, to="411")
    assert debit("411000", "3600.00") in firm.entry(third["transaction"])
    assert firm.balance("416000") == "-3600.00" or firm.findings() == []


# ---------------------------------------------------------------- which instrument


def test_of_several_cheques_the_one_is_named(firm: Firm) -> None:
    one, other = firm.done(cheque()), firm.done(cheque("2400", "86"))
    banked = firm.done(deposit("REMCDI", {"TRANSAC": one}, {"TRANSAC": other}))
    (first, second) = [i["id"] for i in firm.transaction(banked)["instruments"]]

    (reason,) = reasons(firm, returning(banked))
    assert reason["code"] == "several_returnable"
    assert f"{first} ({banked}/1 C1 3600.00 EUR C50)" in reason["expected"]
    unpaid(firm, banked, instrument=int(second))
    assert firm.open_amounts() == [("86", "EUR", "2400.00")]

    # The same command once more never returns the other one.
    assert refused(firm, returning(banked, instrument=int(second))) == ["already_returned"]
    assert refused(firm, returning(banked)) == ["several_returnable"]
    assert refused(firm, returning(banked, instrument=99)) == ["no_instrument"]
    unpaid(firm, one)  # its receipt names it as well
    assert sorted(firm.open_amounts()) == [("86", "EUR", "2400.00"), ("87", "EUR", "3600.00")]


def test_of_cash_and_cheque_only_the_cheque_can_come_back(firm: Firm) -> None:
    both = firm.done(
        header("PORESP", "1000", pays("87", "1000"), pays("87", "2600", "WPA"), TRANSAC="1", NOORDRE="1"),
        header("PORCHQ", "2600", pays("87", "2600"), TRANSAC="1", NOORDRE="2"),
    )

    back = unpaid(firm, both)

    assert firm.entry(back["transaction"]) == sorted([debit("411000", "2600.00"), credit("511200", "2600.00")])
    assert [(i["piece"], i["amount"], i["open_amount"]) for i in back["items"]] == [("87", "2600.00", "2600.00")]


def test_the_first_order_comes_back_while_the_second_stands(firm: Firm) -> None:
    both = firm.done(
        header("PORCHQ", "1000", pays("87", "1000"), pays("87", "2600", "WPA"), TRANSAC="1", NOORDRE="1"),
        header("PORCHQ", "2600", pays("87", "2600"), TRANSAC="1", NOORDRE="2"),
    )
    assert refused(firm, returning(both)) == ["several_returnable"]

    unpaid(firm, both, order=1)

    assert firm.open_amounts() == [("86", "EUR", "2400.00"), ("87", "EUR", "1000.00")]
    assert refused(firm, cancelling(both)) == ["moved_on"]
    again_in_two = firm.done(header("PORESP", "400", pays("87", "400"), pays("87", "600", "WPA")))
    firm.done(header("PORESP", "600", pays("87", "600")))
    assert firm.open_amounts() == [("86", "EUR", "2400.00")]
    assert refused(firm, cancelling(again_in_two)) == ["built_on"]


@pytest.mark.parametrize(("change", "bank"), [("ENCVIR", "BNP"), ("PORESP", "")])
def test_a_transfer_or_cash_does_not_come_back(firm: Firm, change: str, bank: str) -> None:
    received = firm.done(header(change, "3600", pays("87", "3600"), BQC=bank))

    assert refused(firm, returning(received)) == ["not_returnable"]


def test_what_does_not_exist_or_has_gone_is_told(firm: Firm) -> None:
    received = firm.done(cheque())

    assert refused(firm, returning("99")) == ["unknown_transaction"]
    assert refused(firm, cancelling("99")) == ["unknown_transaction"]
    cancel(firm, received)
    assert refused(firm, returning(received)) == ["already_cancelled"]


def test_a_direct_debit_at_the_bank_comes_back_at_once(firm: Firm) -> None:
    collected = firm.done(header("ENCPRL", "3600", pays("87", "3600"), BQC="BNP"))

    back = unpaid(firm, collected, fees="5")

    assert credit("512100", "3605.00") in firm.entry(back["transaction"])
    presented = firm.done(again(back["transaction"], "REPPRL"))
    assert firm.entry(presented) == sorted([debit("511600", "3600.00"), credit("411000", "3600.00")])
    assert firm.portfolio() == [("D30", "EUR", "3600.00", "3600.00")]


# ---------------------------------------------------------------- dates


def test_an_undoing_is_dated_in_an_open_period_and_never_before_what_it_undoes(open_firm: OpenFirm) -> None:
    years = [{"start": "2024-01-01", "end": "2024-12-31", "closed_until": "2024-09-30"}]
    firm = open_firm(invoices=[invoice("87", "3600.00")], years=years)
    received = firm.done(cheque(DATE="20241014"))

    for date, codes in (
        ("20241013", ["date_before"]),
        ("20240930", ["period_closed", "date_before"]),
        ("20250101", ["no_period", "date_too_late"]),
    ):
        assert refused(firm, returning(received, date=date)) == codes
        assert refused(firm, cancelling(received, date=date)) == codes
    back = unpaid(firm, received, date="20241014")["transaction"]
    assert [e["date"] for e in firm.entries(back)] == ["2024-10-14"]
    cancel(firm, back)
    assert [e["date"] for e in firm.entries(back)] == ["2024-10-14", "2024-10-21"]


def test_a_return_is_not_dated_before_the_deposit(firm: Firm) -> None:
    received = firm.done(cheque(DATE="20241014"))
    banked = firm.done(deposit("REMCDI", {"TRANSAC": received}, DATE="20241018"))

    assert refused(firm, returning(banked, date="20241017")) == ["date_before"]


# ---------------------------------------------------------------- slips


def make_slip(firm: Firm) -> str:
    made = asked(firm, MakeSlip(Wanted("BNP")))
    assert made.result is not None, made.reasons
    return str(made.result["number"])


def test_what_awaits_its_slip_does_not_come_back_and_is_cancelled_without_an_entry(firm: Firm) -> None:
    received = firm.done(cheque())
    waiting = firm.done(deposit("REMCHQ", {"TRANSAC": received}))
    before = worth(firm)

    assert refused(firm, returning(waiting)) == ["awaits_slip"]
    assert cancel(firm, waiting)["entry"] is None
    assert (worth(firm)["balances"], firm.portfolio()) == (before["balances"], [("C30", "EUR", "3600.00", "3600.00")])
    assert firm.entries(waiting) == []
    again_waiting = firm.done(deposit("REMCHQ", {"TRANSAC": received}), repeat="1")
    make_slip(firm)
    unpaid(firm, again_waiting)


def test_a_deposit_on_a_slip_is_cancelled_after_its_slip(firm: Firm) -> None:
    received = firm.done(cheque())
    waiting = firm.done(deposit("REMCHQ", {"TRANSAC": received}))
    slip = make_slip(firm)

    assert refused(firm, cancelling(waiting)) == ["on_slip"]
    assert asked(firm, CancelSlip(slip)).result is not None
    cancel(firm, waiting)
    cancel(firm, received)
    assert firm.open_amounts() == [("86", "EUR", "2400.00"), ("87", "EUR", "3600.00")]


# ---------------------------------------------------------------- advances


def test_an_advance_that_was_used_keeps_its_cheque_from_being_undone(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "600.00")])
    received = firm.done(header("PORCHQ", "500", advance("500")))
    used = firm.done(header("PORCHQ", "500", pays("1", "600"), advance("-100", TRANSAC=received)))

    assert refused(firm, returning(received)) == ["advance_used"]
    assert refused(firm, cancelling(received)) == ["built_on"]
    unpaid(firm, used)
    assert firm.open_amounts() == [("1", "EUR", "600.00"), ("", "EUR", "-500.00")]
    unpaid(firm, received)
    assert firm.open_amounts() == [("1", "EUR", "600.00")]
    (reason,) = firm.send(again("3")).settlements[0]["reasons"]
    assert (reason["code"], reason["seen"]) == ("no_longer_open", "acompte 0.00 EUR")


def test_an_advance_taken_back_is_nobody_s_any_more(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "600.00")])
    received = firm.done(header("PORCHQ", "500", advance("500")))
    cancel(firm, received)

    answer = firm.send(header("PORCHQ", "100", pays("1", "600"), advance("-500", TRANSAC=received)))
    assert answer.reasons == [["no_advance"]]
    assert [i for i in firm.items() if i["kind"] == "advance"] == []


# ---------------------------------------------------------------- presented again


def test_it_is_settled_anew_where_something_has_changed_since(firm: Firm) -> None:
    back = unpaid(firm, firm.done(cheque()))["transaction"]
    paid = firm.done(header("PORESP", "600", pays("87", "600"), pays("87", "3000", "WPA")))

    (reason,) = firm.send(again(back)).settlements[0]["reasons"]
    assert (reason["code"], reason["seen"], reason["expected"]) == (
        "no_longer_open",
        "87 0.00 EUR",
        "87 3600.00 EUR",
    )
    cancel(firm, paid)
    firm.done(again(back))


def test_a_dry_run_tells_what_a_presentation_would_do(firm: Firm) -> None:
    back = unpaid(firm, firm.done(cheque()))["transaction"]
    before = firm.rows()

    plan = firm.send(again(back), dry_run=True).result["plan"]

    assert firm.rows() == before
    firm.done(again(back))
    (entry,) = plan["entries"]
    assert [li["account"] for li in entry["lines"]] == ["511200", "411000"]
    assert [(i["piece"], i["open_amount"]) for i in plan["items"]] == [("87", "0.00")]


@pytest.mark.parametrize(
    ("details", "codes"),
    [
        ([], ["no_details"]),
        ([{"TRANSAC": "2"}, {"TRANSAC": "3"}], ["one_detail_only"]),
        ([{"TIERS": "C1", "ETATORI": "C90", "MTORI": "3600"}], ["missing_field"]),
        ([{"TRANSAC": "1"}], ["already_deposited"]),
        ([{"TRANSAC": "77"}], ["unknown_transaction"]),
    ],
)
def test_a_presentation_names_one_unpaid_transaction(
    firm: Firm, details: list[dict[str, str]], codes: list[str]
) -> None:
    unpaid(firm, firm.done(cheque()))
    before = worth(firm)
    one = again("2") | {"DetailReglementtb": [{"DetailReglement": detail} for detail in details]}

    assert firm.send(one).reasons == [codes]
    assert worth(firm) == before


def test_two_returned_cheques_are_presented_again_together(firm: Firm) -> None:
    first = unpaid(firm, firm.done(cheque()))["transaction"]
    second = unpaid(firm, firm.done(cheque("2400", "86")))["transaction"]

    number = firm.done(again(first, TRANSAC="1", NOORDRE="1"), again(second, TRANSAC="1", NOORDRE="2"))

    assert firm.entry(number) == sorted(
        [
            debit("511200", "3600.00"),
            credit("411000", "3600.00"),
            debit("511200", "2400.00"),
            credit("411000", "2400.00"),
        ]
    )
    unpaid(firm, number, order=2)
    assert firm.open_amounts() == [("86", "EUR", "2400.00")]


def test_a_presentation_does_not_mix_with_a_deposit(firm: Firm) -> None:
    back = unpaid(firm, firm.done(cheque()))["transaction"]
    other = firm.done(cheque("2400", "86"))

    answer = firm.send(
        again(back, TRANSAC="1", NOORDRE="1"), deposit("REMCDI", {"TRANSAC": other}, TRANSAC="1", NOORDRE="2")
    )
    assert "group_mixed" in answer.reasons[1]


# ---------------------------------------------------------------- credit notes to write


def test_a_credit_note_is_wanted_as_long_as_its_discount_stands(open_firm: OpenFirm) -> None:
    bought = {"vat": [{"rate": "20", "base": "1598.50", "amount": "319.70"}]}
    firm = open_firm(discount_vat="adjust", invoices=[invoice("1", "1918.20", **bought)])

    def wanted() -> list[str]:
        with firm.store.books(firm.dossier, writing=False) as books:
            return [task["transaction"] for task in books.tasks(books.company.currency)]

    received = firm.done(header("PORCHQ", "1898.20", pays("1", "1898.20"), pays("1", "20", "WE")))
    assert wanted() == [received]
    back = unpaid(firm, received)["transaction"]
    assert wanted() == []
    cancel(firm, back)
    assert wanted() == [received]
    presented = firm.done(again(unpaid(firm, received)["transaction"]))
    assert wanted() == [presented]
    cancel(firm, presented)
    assert wanted() == []


# ---------------------------------------------------------------- loaded payments


def test_a_loaded_cheque_that_comes_back_is_due_as_a_piece_of_its_own(open_firm: OpenFirm) -> None:
    firm = open_firm(portfolio=[instrument("661", "3400.00")])
    assert refused(firm, cancelling("661")) == ["loaded_transaction"]
    banked = firm.done(deposit("REMCDI", {"TRANSAC": "661"}))

    back = unpaid(firm, banked, fees="15")

    number = back["transaction"]
    assert firm.entry(number) == sorted(
        [debit("411000", "3400.00"), debit("627800", "15.00"), credit("512100", "3415.00")]
    )
    assert [(i["piece"], i["kind"], i["open_amount"]) for i in back["items"]] == [
        (f"IMP{number}", "invoice", "3400.00")
    ]
    presented = firm.done(again(number))
    assert (firm.open_amounts(), firm.portfolio()) == ([], [("C30", "EUR", "3400.00", "3400.00")])
    second = unpaid(firm, presented, to="416")["transaction"]
    assert firm.open_amounts() == [(f"IMP{number}", "EUR", "3400.00")]
    cancel(firm, second)
    cancel(firm, presented)
    firm.done(header("PORVIR", "3400", pays(f"IMP{number}", "3400")))
    assert (firm.open_amounts(), firm.balance("411000"), firm.balance("416000")) == ([], "0.00", "0.00")


def test_a_claim_of_a_cancelled_return_is_gone(open_firm: OpenFirm) -> None:
    firm = open_firm(portfolio=[instrument("661", "3400.00")])
    before = worth(firm)

    cancel(firm, unpaid(firm, "661", to="416")["transaction"])

    assert worth(firm) == before
    assert firm.items() == []


def test_where_pieces_have_prefixes_so_has_the_claim(open_firm: OpenFirm) -> None:
    firm = open_firm(uses_prefixes=True, portfolio=[instrument("661", "3400.00")])

    (claim,) = unpaid(firm, "661")["items"]

    assert (claim["prefix"], claim["piece"]) == ("IMP", "662")
    firm.done(header("PORVIR", "3400", pays("662", "3400", PREFPIECE="IMP")))


# ---------------------------------------------------------------- suppliers


def test_a_supplier_s_payment_is_cancelled_with_its_advance_and_discount(open_firm: OpenFirm) -> None:
    bought = invoice("F-1", "1200.00", third_party="F1", vat=[{"rate": "20", "base": "1000.00", "amount": "200.00"}])
    firm = open_firm(discount_vat="adjust", invoices=[bought])
    before = worth(firm)
    ahead = firm.done(header("PAYVIR", "300", advance("300"), BQC="BNP"))
    with_advance = worth(firm)
    ordered = firm.done(
        header("DECCHQ", "876", pays("F-1", "1176"), pays("F-1", "24", "WE"), advance("-300", TRANSAC=ahead))
    )
    executed = firm.done(deposit("EXECHQ", {"TRANSAC": ordered}))

    assert refused(firm, cancelling(ahead)) == ["built_on"]
    assert refused(firm, returning(executed)) == ["direction_not_returnable"]
    cancel(firm, executed)
    cancel(firm, ordered)
    assert worth(firm) == with_advance
    cancel(firm, ahead)
    assert worth(firm) == before


def test_a_supplier_s_cheque_that_pays_his_credit_note_comes_back(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("F-2", "-240.00", third_party="F1")])
    before = worth(firm)
    received = firm.done(header("PORCHQ", "240", pays("F-2", "240"), THIRDPARTY="F1"))

    assert refused(firm, returning(received, to="416")) == ["nothing_doubtful"]
    back = unpaid(firm, received)

    assert firm.entry(back["transaction"]) == sorted([debit("401000", "240.00"), credit("511200", "240.00")])
    assert (back["third_party"], worth(firm)["balances"]) == ("F1", before["balances"])
    firm.done(again(back["transaction"]))
    assert firm.open_amounts() == []


# ---------------------------------------------------------------- never twice


def test_the_same_key_gives_the_same_answer_and_does_nothing_again(firm: Firm) -> None:
    received = firm.done(cheque())
    first = asked(firm, returning(received, "15"), "K1")
    rows = firm.rows()

    second = asked(firm, returning(received, "15"), "K1")

    assert (second.result, second.replayed, first.replayed) == (first.result, True, False)
    assert firm.rows() == rows
    assert refused(firm, returning(received, "16"), "K1") == ["key_reused"]
    assert refused(firm, returning(received, "15")) == ["already_returned"]


def test_a_document_whose_payment_came_back_or_was_cancelled_is_never_answered_as_done(firm: Firm) -> None:
    sent = cheque()
    received = firm.done(sent)
    assert firm.send(sent).transactions == [received]
    back = unpaid(firm, received)["transaction"]

    answer = firm.send(sent)
    assert answer.reasons == [["already_received"]]
    assert "revenue impayée" in answer.settlements[0]["errormessage"]
    presented = firm.done(again(back))
    assert firm.send(sent).transactions == [received]  # it is paid again
    unpaid(firm, presented)
    assert firm.send(sent).reasons == [["already_received"]]
    assert firm.send(again(back)).reasons == [["already_received"]]
    assert firm.send(sent, repeat="1").codes == ["0"]


def test_of_many_who_report_one_return_one_does(firm: Firm) -> None:
    received = firm.done(cheque())
    barrier, done = threading.Barrier(6), []

    def report(act: Any) -> None:
        barrier.wait()
        done.append(asked(firm, act))

    acts = [returning(received), cancelling(received)] * 3
    threads = [threading.Thread(target=report, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(1 for performed in done if performed.result) == 1
    assert firm.open_amounts() == [("86", "EUR", "2400.00"), ("87", "EUR", "3600.00")]


# ---------------------------------------------------------------- the command line


def test_the_commands_say_what_they_did_and_what_they_cannot_do(firm: Firm, tmp_path: Path) -> None:
    received = firm.done(cheque(DATE="20241014"))
    env = {"LETTRAGE_DATABASE": firm.address}

    def lettrage(*arguments: str) -> Any:
        return run_here(*arguments, folder=tmp_path, env=env)

    shown = lettrage("unpaid", received, "--fees", "15,00", "--fees-vat", "3", "--date", "2024-10-21")
    assert (shown.status, "Transaction 2" in shown.out, "C90" in shown.out) == (0, True, True)
    twice = lettrage("unpaid", received)
    assert (twice.status, "déjà revenu impayé" in twice.err) == (1, True)
    assert lettrage("unpaid", received, "--json").json["reasons"][0]["code"] == "already_returned"
    for wrong in (("--fees", "x"), ("--to", "412"), ("--date", "hier"), ("--order", "a"), ("--instrument", "-1")):
        assert lettrage("unpaid", received, *wrong).status == 2
    assert lettrage("unpaid", "abc").status == 2
    assert lettrage("cancel", "2").status == 2  # a reason is asked for
    cancelled = lettrage("cancel", "2", "--reason", "erreur", "--json")
    assert (cancelled.status, cancelled.json["transaction"]) == (0, "2")
    assert lettrage("cancel", "2", "--reason", " ", "--json").status == 1

"""The worked figures of the accounting reference, as entries: what an accountant would check with a pencil."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
)


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


def vat(*rates: tuple[str, str, str], due: str = "debits") -> dict[str, Any]:
    """The VAT of an invoice: rate, base and amount of each line; due on receipts or not."""
    return {"vat_due": due, "vat": [{"rate": r, "base": b, "amount": a} for r, b, a in rates]}


ON_RECEIPTS = vat(("20", "3000.00", "600.00"), due="receipts")
BLOCKED = {"CURRENCY": "TND"}


def paid(amount: str, home: str) -> dict[str, str]:
    """What a payment is worth in the settlement's currency and at home."""
    return {"MTDEVREGLE": amount, "MTREGLE": home}


# ---------------------------------------------------------------- cheques, cash, transfers received


def test_a_cheque_for_two_invoices_five_euros_short(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("87", "3600.00"), invoice("86", "2400.00")])

    received = firm.done(header("PORCHQ", "5995", pays("87", "3595"), pays("86", "2400"), pays("87", "5", "WDR")))

    assert firm.entry(received) == sorted(
        [
            debit("511200", "5995.00"),
            debit("658000", "5.00"),
            credit("411000", "3600.00"),
            credit("411000", "2400.00"),
        ]
    )
    banked = firm.done(deposit("REMCDI", {"TRANSAC": received}))
    assert firm.entry(banked) == sorted([debit("512100", "5995.00"), credit("511200", "5995.00")])
    assert (firm.balance("411000"), firm.balance("511200"), firm.balance("512100")) == ("0.00", "0.00", "5995.00")


def test_a_customer_who_pays_two_euros_too_much_leaves_a_gain(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00")])

    number = firm.done(header("PORCHQ", "102", pays("1", "102"), pays("1", "-2", "WDR")))

    assert firm.entry(number) == sorted(
        [debit("511200", "102.00"), credit("411000", "100.00"), credit("758000", "2.00")]
    )


@pytest.mark.parametrize(
    ("change", "account"),
    [
        ("PORCHQ", "511200"),
        ("PORESP", "530000"),
        ("PORVIR", "511500"),
        ("PORSEP", "511500"),
        ("PORINT", "511500"),
        ("PORPRL", "511600"),
        ("POREFF", "413000"),
        ("ENCVIR", "512100"),
        ("ENCSEP", "512100"),
        ("ENCINT", "512100"),
        ("ENCPRL", "512100"),
    ],
)
def test_each_means_of_a_customer_has_its_account(open_firm: OpenFirm, change: str, account: str) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00")])

    number = firm.done(header(change, "100", pays("1", "100"), BQC="BNP"))

    assert firm.entry(number) == sorted([debit(account, "100.00"), credit("411000", "100.00")])
    assert [entry["journal"] for entry in firm.entries()] == ["RC"]


@pytest.mark.parametrize(
    ("received", "banked", "account"),
    [
        ("PORESP", "REMESP", "530000"),
        ("PORVIR", "REMVIR", "511500"),
        ("PORSEP", "REMSEP", "511500"),
        ("PORINT", "REMINT", "511500"),
        ("PORPRL", "REMPRL", "511600"),
    ],
)
def test_what_is_banked_leaves_the_account_that_it_was_on(
    open_firm: OpenFirm, received: str, banked: str, account: str
) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00")])
    number = firm.done(header(received, "100", pays("1", "100")))

    at_the_bank = firm.done(deposit(banked, {"TRANSAC": number}))

    assert firm.entry(at_the_bank) == sorted([debit("512100", "100.00"), credit(account, "100.00")])
    assert firm.balance(account) == "0.00"


def test_1900_in_cash_and_by_cheque_is_one_transaction_and_one_entry(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("10002797", "1900.00")])
    piece = "10002797"

    number = firm.done(
        header("PORESP", "1000", pays(piece, "1000"), pays(piece, "900", "WPA"), TRANSAC="1", NOORDRE="1"),
        header("PORCHQ", "900", pays(piece, "900"), TRANSAC="1", NOORDRE="2"),
    )

    assert firm.entry(number) == sorted(
        [
            debit("530000", "1000.00"),
            credit("411000", "1000.00"),
            debit("511200", "900.00"),
            credit("411000", "900.00"),
        ]
    )
    assert firm.portfolio() == [("E30", "EUR", "1000.00", "1000.00"), ("C30", "EUR", "900.00", "900.00")]
    assert firm.open_amounts() == []


def test_the_second_order_falls_with_the_first(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1900.00")])

    answer = firm.send(
        header("PORESP", "1000", pays("1", "1000"), pays("1", "800", "WPA"), TRANSAC="1", NOORDRE="1"),
        header("PORCHQ", "900", pays("1", "900"), TRANSAC="1", NOORDRE="2"),
    )

    assert answer.reasons == [["sum_differs_from_open"], ["group_refused"]]
    assert firm.entries() == []


# ---------------------------------------------------------------- discounts


def discounted(firm: Firm) -> list[str]:
    """980 in cash with a discount of 20, then 918.20 by cheque, as two transactions."""
    cash = header("PORESP", "980", pays("1", "980"), pays("1", "918.20", "WPA"), pays("1", "20", "WE"), TRANSAC="1")
    cheque = header("PORCHQ", "918.20", pays("1", "918.20"), TRANSAC="2")
    return [firm.done(cash), firm.done(cheque)]


def test_a_discount_with_its_vat_adjusted(open_firm: OpenFirm) -> None:
    firm = open_firm(discount_vat="adjust", invoices=[invoice("1", "1918.20", **vat(("20", "1598.50", "319.70")))])

    first, second = discounted(firm)

    assert firm.entry(first) == sorted(
        [debit("530000", "980.00"), debit("665000", "16.67"), debit("445710", "3.33"), credit("411000", "1000.00")]
    )
    assert firm.entry(second) == sorted([debit("511200", "918.20"), credit("411000", "918.20")])
    assert firm.balance("411000") == "0.00"
    assert firm.balance("445710") == "-316.37"


def test_a_gross_discount_keeps_the_vat(open_firm: OpenFirm) -> None:
    firm = open_firm(discount_vat="gross", invoices=[invoice("1", "1918.20", **vat(("20", "1598.50", "319.70")))])

    first, _ = discounted(firm)

    assert firm.entry(first) == sorted(
        [debit("530000", "980.00"), debit("665000", "20.00"), credit("411000", "1000.00")]
    )


def test_an_adjusted_discount_opens_a_task_for_its_credit_note(open_firm: OpenFirm) -> None:
    firm = open_firm(discount_vat="adjust", invoices=[invoice("1", "1918.20", **vat(("20", "1598.50", "319.70")))])

    first, _ = discounted(firm)

    with firm.store.books("998", writing=True) as books:
        (task,) = books.tasks(books.company.currency)
        assert (task["kind"], task["transaction"], task["amount"], task["vat"]) == (
            "credit_note_to_issue",
            first,
            "20.00",
            "3.33",
        )
        assert books.close_task(int(first), "1", "AV-1") == 1
        assert books.tasks(books.company.currency) == []


def test_a_discount_obtained_from_a_supplier(open_firm: OpenFirm) -> None:
    bought = invoice("F-1", "1200.00", third_party="F1", **vat(("20", "1000.00", "200.00")))
    firm = open_firm(discount_vat="adjust", invoices=[bought])

    number = firm.done(header("PAYVIR", "1176", pays("F-1", "1176"), pays("F-1", "24", "WE"), BQC="BNP"))

    assert firm.entry(number) == sorted(
        [
            debit("401000", "1200.00"),
            credit("512100", "1176.00"),
            credit("765000", "20.00"),
            credit("445660", "4.00"),
        ]
    )
    with firm.store.books("998", writing=False) as books:
        assert [task["kind"] for task in books.tasks(books.company.currency)] == ["credit_note_to_receive"]


def test_a_discount_on_an_invoice_of_several_rates_is_split_by_the_amounts_including_vat(open_firm: OpenFirm) -> None:
    # 1200.00 at 20 % and 1055.00 at 5.5 %: of a discount of 100.00, 53.22 and 46.78.
    rates = vat(("20", "1000.00", "200.00"), ("5.5", "1000.00", "55.00"))
    firm = open_firm(discount_vat="adjust", invoices=[invoice("1", "2255.00", **rates)])

    number = firm.done(header("PORCHQ", "2155", pays("1", "2155"), pays("1", "100", "WE")))

    # 53.22 holds 8.87 of VAT, 46.78 holds 2.44.
    assert firm.entry(number) == sorted(
        [
            debit("511200", "2155.00"),
            debit("665000", "88.69"),
            debit("445710", "11.31"),
            credit("411000", "2255.00"),
        ]
    )


def test_a_discount_on_an_invoice_without_vat_lines_is_gross(open_firm: OpenFirm) -> None:
    firm = open_firm(discount_vat="adjust", invoices=[invoice("1", "1000.00")])

    number = firm.done(header("PORCHQ", "980", pays("1", "980"), pays("1", "20", "WE")))

    assert firm.entry(number) == sorted(
        [debit("511200", "980.00"), debit("665000", "20.00"), credit("411000", "1000.00")]
    )


# ---------------------------------------------------------------- VAT due on receipts


def test_a_receipt_makes_its_vat_due_and_a_difference_takes_its_share(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("87", "3600.00", **ON_RECEIPTS)])

    number = firm.done(header("PORCHQ", "3595", pays("87", "3595"), pays("87", "5", "WDR")))

    # 599.17 is due; the difference is 4.17 with 0.83 of VAT; 600.00 leave the waiting account.
    assert firm.entry(number) == sorted(
        [
            debit("511200", "3595.00"),
            debit("658000", "4.17"),
            debit("445800", "600.00"),
            credit("445710", "599.17"),
            credit("411000", "3600.00"),
        ]
    )
    assert firm.balance("445800") == "0.00"


def test_the_last_receipt_takes_all_the_vat_that_is_left(open_firm: OpenFirm) -> None:
    rates = vat(("20", "1598.50", "319.70"), due="receipts")
    firm = open_firm(invoices=[invoice("1", "1918.20", **rates)])

    first = firm.done(header("PORCHQ", "918.20", pays("1", "918.20"), pays("1", "1000", "WPA")))
    second = firm.done(header("PORCHQ", "1000", pays("1", "1000")))

    assert firm.entry(first) == sorted(
        [
            debit("511200", "918.20"),
            debit("445800", "153.03"),
            credit("445710", "153.03"),
            credit("411000", "918.20"),
        ]
    )
    assert firm.entry(second) == sorted(
        [
            debit("511200", "1000.00"),
            debit("445800", "166.67"),
            credit("445710", "166.67"),
            credit("411000", "1000.00"),
        ]
    )
    assert (firm.balance("445800"), firm.balance("445710")) == ("0.00", "-319.70")


def test_a_receipt_on_an_invoice_of_several_rates_moves_the_vat_of_each(open_firm: OpenFirm) -> None:
    rates = vat(("20", "1000.00", "200.00"), ("5.5", "1000.00", "55.00"), due="receipts")
    firm = open_firm(invoices=[invoice("1", "2255.00", **rates)])

    number = firm.done(header("PORCHQ", "1000", pays("1", "1000"), pays("1", "1255", "WPA")))
    firm.done(header("PORCHQ", "1255", pays("1", "1255")))

    # 532.15 and 467.85 of the 1000.00: 88.69 and 24.39 of VAT.
    assert firm.entry(number) == sorted(
        [
            debit("511200", "1000.00"),
            debit("445800", "113.08"),
            credit("445710", "113.08"),
            credit("411000", "1000.00"),
        ]
    )
    assert (firm.balance("445800"), firm.balance("445710")) == ("0.00", "-255.00")


def test_an_adjusted_discount_on_vat_still_waiting_is_taken_from_the_waiting_account(open_firm: OpenFirm) -> None:
    firm = open_firm(discount_vat="adjust", invoices=[invoice("87", "3600.00", **ON_RECEIPTS)])

    number = firm.done(header("PORCHQ", "3540", pays("87", "3540"), pays("87", "60", "WE")))

    # The discount of 60.00 holds 10.00 of VAT that was never due; 590.00 become due.
    assert firm.entry(number) == sorted(
        [
            debit("511200", "3540.00"),
            debit("665000", "50.00"),
            debit("445800", "600.00"),
            credit("445710", "590.00"),
            credit("411000", "3600.00"),
        ]
    )


# ---------------------------------------------------------------- a blocked rate


SEED_E = {
    "0.79": [debit("665000", "79.00"), credit("411000", "790.00"), credit("411000", "1185.00")],
    "0.82": [debit("665000", "82.00"), credit("411000", "820.00"), credit("411000", "1230.00")],
    "0.80": [debit("665000", "80.00"), credit("411000", "800.00"), credit("411000", "1200.00")],
}
SEED_E["0.79"].append(credit("756000", "24.00"))
SEED_E["0.82"].append(debit("656000", "48.00"))


@pytest.mark.parametrize("booked_at", SEED_E)
def test_2400_dinars_at_1920_euros_with_two_discounts(open_firm: OpenFirm, booked_at: str) -> None:
    foreign = {"currency": "TND", "rate": booked_at}
    firm = open_firm(invoices=[invoice("394", "1000.000", **foreign), invoice("395", "1500.000", **foreign)])

    number = firm.done(
        header(
            "PORCHQ",
            "2400",
            pays("394", "960", **paid("960", "768")),
            pays("395", "1440", **paid("1440", "1152")),
            pays("394", "40", "WE"),
            pays("395", "60", "WE"),
            MT="1920",
            **BLOCKED,
        )
    )

    assert firm.entry(number) == sorted([debit("511200", "1920.00"), *SEED_E[booked_at]])
    assert firm.portfolio() == [("C30", "TND", "2400.000", "1920.00")]
    assert (firm.open_amounts(), firm.balance("411000")) == ([], "0.00")


def test_1000_euros_over_three_equal_invoices_in_dinars_lose_no_cent(open_firm: OpenFirm) -> None:
    foreign = {"currency": "TND", "rate": "0.30"}
    firm = open_firm(invoices=[invoice(n, "1111.111", **foreign) for n in ("1", "2", "3")])
    homes = {"1": "333.34", "2": "333.33", "3": "333.33"}

    number = firm.done(
        header(
            "PORVIR",
            "3333.333",
            *(pays(n, "1111.111", **paid("1111.111", home)) for n, home in homes.items()),
            MT="1000",
            **BLOCKED,
        )
    )

    assert firm.entry(number) == sorted(
        [
            debit("511500", "1000.00"),
            credit("411000", "333.33"),
            credit("411000", "333.33"),
            credit("411000", "333.33"),
            credit("756000", "0.01"),
        ]
    )


def test_1000_euros_over_three_due_items_of_one_invoice_split_to_the_cent(open_firm: OpenFirm) -> None:
    # 3333.333 TND at 0.30 are 1000.00 EUR, rounded once and split over the three due items.
    due = [{"due_date": f"2024-10-2{n}", "amount": "1111.111"} for n in (0, 1, 2)]
    firm = open_firm(invoices=[invoice("1", currency="TND", rate="0.30", due_items=due)])
    lines = [pays("1", "1111.111", DUEDATE=f"2024102{n}") for n in (0, 1, 2)]
    homes = ["333.34", "333.33", "333.33"]

    number = firm.done(
        header(
            "PORVIR",
            "3333.333",
            *({**line, **paid("1111.111", home)} for line, home in zip(lines, homes, strict=True)),
            MT="1000",
            **BLOCKED,
        )
    )

    assert firm.entry(number) == sorted(
        [
            debit("511500", "1000.00"),
            credit("411000", "333.34"),
            credit("411000", "333.33"),
            credit("411000", "333.33"),
        ]
    )


def test_three_partial_payments_of_1000_dinars_carried_at_301_10_leave_nothing(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1000.000", currency="TND", rate="0.3011")])
    assert firm.balance("411000") == "301.10"
    parts = [("333.333", "666.667", "100.37"), ("333.333", "333.334", "100.37"), ("333.334", "", "100.36")]

    relieved = []
    for amount, rest, home in parts:
        details = [pays("1", amount, **paid(amount, home)), *([pays("1", rest, "WPA")] if rest else [])]
        number = firm.done(header("PORVIR", amount, *details, MT=home, **BLOCKED))
        relieved.append(firm.entry(number))

    assert relieved == [sorted([debit("511500", home), credit("411000", home)]) for _, _, home in parts]
    assert (firm.balance("411000"), firm.open_amounts()) == ("0.00", [])


# ---------------------------------------------------------------- two currencies


def test_905_euros_for_1000_dollars_booked_at_920(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1000.00", currency="USD", rate="0.92")])

    number = firm.done(header("ENCVIR", "905", pays("1", "1000", **paid("905", "905")), MT="905", BQC="BNP"))

    assert firm.entry(number) == sorted(
        [debit("512100", "905.00"), debit("656000", "15.00"), credit("411000", "920.00")]
    )


def test_905_euros_to_a_supplier_for_1000_dollars_booked_at_920(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1000.00", currency="USD", rate="0.92", third_party="F1")])

    number = firm.done(header("PAYVIR", "905", pays("1", "1000", **paid("905", "905")), MT="905", BQC="BNP"))

    assert firm.entry(number) == sorted(
        [debit("401000", "920.00"), credit("512100", "905.00"), credit("756000", "15.00")]
    )


def test_905_euros_accepted_as_995_dollars_and_5_dollars_written_off(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1000.00", currency="USD", rate="0.92")])

    number = firm.done(
        header("ENCVIR", "905", pays("1", "995", **paid("905", "905")), pays("1", "5", "WDC"), MT="905", BQC="BNP")
    )

    # 4.60 for the 5 dollars at the invoice's rate, 10.40 on the 995: one amount on one account.
    assert firm.entry(number) == sorted(
        [debit("512100", "905.00"), debit("656000", "15.00"), credit("411000", "920.00")]
    )


def test_the_table_rate_counts_where_none_is_blocked_and_splits_over_several_payments(open_firm: OpenFirm) -> None:
    dollars = {"currency": "USD", "rate": "0.90"}
    firm = open_firm(
        rates=[
            {"currency": "USD", "date": "2024-10-01", "rate": "0.9111"},
            {"currency": "USD", "date": "2024-10-22", "rate": "0.5"},
        ],
        invoices=[invoice(n, "33.33", **dollars) for n in ("1", "2", "3")],
    )

    number = firm.done(header("PORVIR", "99.99", *(pays(n, "33.33") for n in ("1", "2", "3")), CURRENCY="USD"))

    # 99.99 at 0.9111 are 91.10 (91.100889); each 30.366963: 30.37 + 30.37 + 30.36; booked at 30.00 each.
    assert firm.entry(number) == sorted(
        [debit("511500", "91.10"), *[credit("411000", "30.00")] * 3, credit("756000", "1.10")]
    )
    assert firm.portfolio() == [("V30", "USD", "99.99", "91.10")]


def test_a_gain_and_a_loss_of_two_invoices_are_not_netted(open_firm: OpenFirm) -> None:
    low = invoice("1", "100.00", currency="USD", rate="0.80")
    high = invoice("2", "100.00", currency="USD", rate="0.90")
    firm = open_firm(invoices=[low, high])

    number = firm.done(
        header(
            "PORVIR",
            "200",
            pays("1", "100", **paid("100", "85")),
            pays("2", "100", **paid("100", "85")),
            CURRENCY="USD",
            MT="170",
        )
    )

    assert firm.entry(number) == sorted(
        [
            debit("511500", "170.00"),
            debit("656000", "5.00"),
            credit("756000", "5.00"),
            credit("411000", "80.00"),
            credit("411000", "90.00"),
        ]
    )


# ---------------------------------------------------------------- advances


def test_an_advance_waits_as_a_debt_to_the_customer(open_firm: OpenFirm) -> None:
    firm = open_firm()

    number = firm.done(header("PORCHQ", "5000", advance("5000")))

    assert firm.entry(number) == sorted([debit("511200", "5000.00"), credit("419100", "5000.00")])
    assert firm.open_amounts() == [("", "EUR", "-5000.00")]


def test_an_advance_is_consumed_with_a_cheque_of_1000(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "6000.00")])
    received = firm.done(header("PORCHQ", "5000", advance("5000")))

    number = firm.done(header("PORCHQ", "1000", pays("1", "6000"), advance("-5000", TRANSAC=received)))

    assert firm.entry(number) == sorted(
        [debit("511200", "1000.00"), debit("419100", "5000.00"), credit("411000", "6000.00")]
    )
    assert (firm.open_amounts(), firm.balance("419100")) == ([], "0.00")
    assert firm.transaction(number)["lineage"] == [received]


def test_an_advance_in_dollars_is_relieved_at_its_own_rate(open_firm: OpenFirm) -> None:
    firm = open_firm(
        rates=[{"currency": "USD", "date": "2024-10-01", "rate": "0.90"}],
        invoices=[invoice("1", "1000.00", currency="USD", rate="0.92")],
    )
    received = firm.done(header("PORVIR", "1000", advance("1000", **paid("1000", "880")), CURRENCY="USD", MT="880"))

    number = firm.done(header("PORVIR", "0", pays("1", "1000"), advance("-1000", TRANSAC=received), CURRENCY="USD"))

    # The debt of 880.00 pays a claim of 920.00: 40.00 lost in all, at whatever rate the day has.
    assert firm.balance("411000") == "0.00"
    assert firm.balance("419100") == "0.00"
    entry = firm.entry(number)
    assert debit("419100", "880.00") in entry
    assert credit("411000", "920.00") in entry
    losses = [line for line in entry if line[0] in ("656000", "756000")]
    assert losses == [debit("656000", "40.00")]
    assert len(entry) == 3


def test_part_of_an_advance_in_dollars_takes_its_share_and_the_rest_stays(open_firm: OpenFirm) -> None:
    firm = open_firm(
        rates=[{"currency": "USD", "date": "2024-10-01", "rate": "0.90"}],
        invoices=[invoice("1", "333.33", currency="USD", rate="0.90")],
    )
    received = firm.done(header("PORVIR", "1000", advance("1000", **paid("1000", "900")), CURRENCY="USD", MT="900"))

    number = firm.done(header("PORVIR", "0", pays("1", "333.33"), advance("-333.33", TRANSAC=received), CURRENCY="USD"))

    assert firm.entry(number) == sorted([debit("419100", "300.00"), credit("411000", "300.00")])
    assert firm.open_amounts() == [("", "USD", "-666.67")]
    assert firm.balance("419100") == "-600.00"


def test_an_advance_is_paid_back_to_the_customer(open_firm: OpenFirm) -> None:
    firm = open_firm()
    received = firm.done(header("PORCHQ", "5000", advance("5000")))

    number = firm.done(
        header("PAYVIR", "2000", advance("2000", TRANSAC=received, THIRDPARTY="C1"), THIRDPARTY="C1", BQC="BNP")
    )

    assert firm.entry(number) == sorted([debit("419100", "2000.00"), credit("512100", "2000.00")])
    assert firm.open_amounts() == [("", "EUR", "-3000.00")]


def test_an_advance_to_a_supplier_is_consumed_with_the_rest_of_its_invoice(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1200.00", third_party="F1")])
    sent = firm.done(header("PAYVIR", "500", advance("500"), BQC="BNP"))
    assert firm.entry(sent) == sorted([debit("409100", "500.00"), credit("512100", "500.00")])

    number = firm.done(header("PAYVIR", "700", pays("1", "1200"), advance("-500", TRANSAC=sent), BQC="BNP"))

    assert firm.entry(number) == sorted(
        [debit("401000", "1200.00"), credit("409100", "500.00"), credit("512100", "700.00")]
    )


# ---------------------------------------------------------------- credit notes


def test_a_credit_note_is_offset_against_an_invoice(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1000.00"), invoice("A1", "-150.00")])

    number = firm.done(header("PORCHQ", "850", pays("1", "1000"), pays("A1", "-150")))

    assert firm.entry(number) == sorted(
        [debit("511200", "850.00"), debit("411000", "150.00"), credit("411000", "1000.00")]
    )
    assert firm.open_amounts() == []


def test_a_total_of_zero_makes_an_entry_and_no_instrument(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "150.00"), invoice("A1", "-150.00")])

    number = firm.done(header("PORCHQ", "0", pays("1", "150"), pays("A1", "-150")))

    assert firm.entry(number) == sorted([debit("411000", "150.00"), credit("411000", "150.00")])
    assert (firm.portfolio(), firm.transaction(number)["instruments"]) == ([], [])


def test_a_total_below_zero_is_refused(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00"), invoice("A1", "-150.00")])

    answer = firm.send(header("PORCHQ", "-50", pays("1", "100"), pays("A1", "-150")))

    assert answer.reasons == [["negative_total"]]


def test_a_customer_is_refunded_for_a_credit_note(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("A1", "-150.00")])

    number = firm.done(header("PAYVIR", "150", pays("A1", "150", THIRDPARTY="C1"), THIRDPARTY="C1", BQC="BNP"))

    assert firm.entry(number) == sorted([debit("411000", "150.00"), credit("512100", "150.00")])
    assert [entry["journal"] for entry in firm.entries()] == ["RF"]


def test_a_supplier_gives_a_credit_note_back_in_money(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("A1", "-150.00", third_party="F1")])

    number = firm.done(header("PORCHQ", "150", pays("A1", "150", THIRDPARTY="F1"), THIRDPARTY="F1"))

    assert firm.entry(number) == sorted([debit("511200", "150.00"), credit("401000", "150.00")])


# ---------------------------------------------------------------- suppliers


def test_a_supplier_is_paid_by_an_order_that_the_bank_then_executes(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "1200.00", third_party="F1")])

    ordered = firm.done(header("DECVIR", "1200", pays("1", "1200")))
    executed = firm.done(deposit("EXEVIR", {"TRANSAC": ordered}))

    assert firm.entry(ordered) == sorted([debit("401000", "1200.00"), credit("580100", "1200.00")])
    assert firm.entry(executed) == sorted([debit("580100", "1200.00"), credit("512100", "1200.00")])
    assert [entry["journal"] for entry in firm.entries()] == ["RF", "BQ"]


@pytest.mark.parametrize(
    ("change", "account"),
    [("DECCHQ", "580100"), ("DECESP", "530000"), ("DECEFF", "403000"), ("PAYVIR", "512100"), ("PAYPRL", "512100")],
)
def test_each_means_to_a_supplier_has_its_account(open_firm: OpenFirm, change: str, account: str) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00", third_party="F1")])

    number = firm.done(header(change, "100", pays("1", "100"), BQC="BNP"))

    assert firm.entry(number) == sorted([debit("401000", "100.00"), credit(account, "100.00")])


@pytest.mark.parametrize(
    ("difference", "paid_out", "line"),
    [("5", "1195", credit("758000", "5.00")), ("-5", "1205", debit("658000", "5.00"))],
)
def test_paying_a_supplier_too_little_is_a_gain_and_too_much_a_loss(
    open_firm: OpenFirm, difference: str, paid_out: str, line: tuple[str, str, str]
) -> None:
    firm = open_firm(invoices=[invoice("1", "1200.00", third_party="F1")])

    number = firm.done(header("PAYVIR", paid_out, pays("1", paid_out), pays("1", difference, "WDR"), BQC="BNP"))

    assert firm.entry(number) == sorted([debit("401000", "1200.00"), credit("512100", f"{paid_out}.00"), line])


# ---------------------------------------------------------------- deposits and slips


DOLLARS = {"currency": "USD", "amount_home": "900.00", "state": "V30"}


@pytest.mark.parametrize(
    ("credited", "lines"),
    [
        ("", [debit("512100", "900.00")]),
        ("910", [debit("512100", "910.00"), credit("756000", "10.00")]),
        ("880", [debit("512100", "880.00"), debit("656000", "20.00")]),
    ],
)
def test_dollars_credited_in_euros_at_what_the_bank_gives(
    open_firm: OpenFirm, credited: str, lines: list[tuple[str, str, str]]
) -> None:
    firm = open_firm(portfolio=[instrument("11", "1000.00", **DOLLARS)])

    more = {"MT": credited} if credited else {}
    number = firm.done(deposit("REMVIR", {"TRANSAC": "11"}, CURRENCY="USD", **more))

    assert firm.entry(number) == sorted([*lines, credit("511500", "900.00")])
    assert firm.portfolio() == [("V50", "USD", "1000.00", "900.00")]


def test_a_supplier_in_dollars_is_debited_by_the_bank_at_its_own_rate(open_firm: OpenFirm) -> None:
    ordered = instrument("11", "1000.00", third_party="F1", **DOLLARS)
    firm = open_firm(portfolio=[ordered])

    number = firm.done(deposit("EXEVIR", {"TRANSAC": "11"}, CURRENCY="USD", MT="910"))

    assert firm.entry(number) == sorted(
        [debit("580100", "900.00"), debit("656000", "10.00"), credit("512100", "910.00")]
    )


def test_a_deposit_has_one_line_at_the_bank_and_one_for_each_instrument(open_firm: OpenFirm) -> None:
    firm = open_firm(portfolio=[instrument("508", "150.50"), instrument("661", "849.50")])

    number = firm.done(deposit("REMCDI", {"TRANSAC": "661"}, {"TRANSAC": "508"}, AMOUNT="1000"))

    assert firm.entry(number) == sorted(
        [debit("512100", "1000.00"), credit("511200", "849.50"), credit("511200", "150.50")]
    )
    assert firm.transaction(number)["status"] == "posted"


def test_cheques_for_a_slip_have_no_entry_until_the_slip_is_made(open_firm: OpenFirm) -> None:
    firm = open_firm(portfolio=[instrument("11", "80.00")])

    number = firm.done(deposit("REMCHQ", {"TRANSAC": "11"}))

    made = firm.transaction(number)
    assert (made["status"], made["entries"], made["lineage"]) == ("awaiting_slip", [], ["11"])
    assert firm.entries() == []
    assert firm.portfolio() == [("C50", "EUR", "80.00", "80.00")]
    assert (firm.balance("511200"), firm.balance("512100")) == ("80.00", "0.00")


def test_a_cheque_received_and_banked_in_one_document(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00")])

    answer = firm.send(
        header("PORCHQ", "100", pays("1", "100")),
        deposit("REMCDI", {"TIERS": "C1", "ETATORI": "C30", "MTORI": "100"}),
    )

    assert answer.codes == ["0", "0"]
    received, banked = answer.transactions
    assert firm.entry(banked) == sorted([debit("512100", "100.00"), credit("511200", "100.00")])
    assert firm.transaction(banked)["lineage"] == [received]
    assert [instrument["active"] for instrument in firm.transaction(received)["instruments"]] == [False]

"""The story of a cheque, from the command line: 5 EUR short, slip, bank, bounced with fees, presented again, paid.

One page, one step after the other; after each of them the books are whole. Figures: examples 1 and 2 of the reference.
"""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.databases import empty_books
from tests.journeys.helpers import company, credit, debit, invoice, lines_of, run_here

Lettrage = Callable[..., Any]


@pytest.fixture
def lettrage(tmp_path: Path) -> Lettrage:
    """The command line on books of its own: what it shows, as JSON."""
    env = {"LETTRAGE_DATABASE": empty_books(tmp_path)}

    def run(*arguments: str, stdin: Any = None) -> Any:
        ran = run_here(*arguments, "--json", folder=tmp_path, env=env, stdin=json.dumps(stdin).encode())
        assert ran.status == 0, ran.err + ran.out
        return ran.json

    return run


def test_the_story_of_a_cheque(lettrage: Lettrage) -> None:
    def whole() -> bool:
        return bool(lettrage("verify")["ok"])

    def settle(header: dict[str, Any]) -> str:
        answer = json.loads(lettrage("settle", "-", stdin={"EnteteReglementtb": [header]})["result"])["result"]
        (done,) = answer["response"]
        return str(done["transactionId"])

    def entry(number: str) -> Any:
        return next(e for e in lettrage("entries") if e["number"] == number)

    def open_pieces() -> list[tuple[str, str]]:
        return [(i["piece"], i["open_amount"]) for i in lettrage("items")]

    def states(transaction: str) -> list[tuple[str, bool]]:
        return [(i["state"], i["active"]) for i in lettrage("transaction", transaction)["instruments"]]

    lettrage(
        "load", "-",
        stdin={"dossiers": [company(invoices=[invoice("87", "3600.00"), invoice("86", "2400.00")])]},
    )  # fmt: skip

    # The cheque is received, 5 EUR short.
    received = settle({
        "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "PORCHQ", "TIERS": "C1", "DEV": "EUR", "MTDEV": "5995",
        "DetailReglementtb": [
            {"TIERS": "C1", "PIECE": "87", "MTDEVFIN": "3595"},
            {"TIERS": "C1", "PIECE": "86", "MTDEVFIN": "2400"},
            {"TIERS": "C1", "PIECE": "87", "MTDEVFIN": "5", "OPERATION": "RegltDiff"},
        ],
    })  # fmt: skip
    (of_receipt,) = lettrage("transaction", received)["entries"]
    as_received = [
        debit("511200", "5995.00"), debit("658000", "5.00"), credit("411000", "3600.00"), credit("411000", "2400.00"),
    ]  # fmt: skip
    assert lines_of(entry(of_receipt)) == sorted(as_received)
    assert (open_pieces(), states(received), whole()) == ([], [("C30", True)], True)

    # It goes to the bank: nothing is posted until the slip is made.
    deposited = settle({
        "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REMCHQ", "BQC": "BNP", "DetailReglementtb": [{"TRANSAC": received}],
    })  # fmt: skip
    assert lettrage("transaction", deposited)["status"] == "awaiting_slip"
    slip = lettrage("slip", "make", "--bank", "BNP")
    assert lines_of(entry(slip["entry"])) == sorted([debit("512100", "5995.00"), credit("511200", "5995.00")])
    assert (lettrage("transaction", deposited)["status"], whole()) == ("posted", True)

    # The bank sends it back, and takes 15 EUR and 3 EUR of VAT for that.
    bounced = lettrage("unpaid", deposited, "--fees", "15", "--fees-vat", "3", "--reason", "sans provision")
    assert lines_of(entry(bounced["entry"])) == sorted([
        debit("411000", "3600.00"), debit("411000", "2400.00"), credit("658000", "5.00"),
        debit("627800", "15.00"), debit("445660", "3.00"), credit("512100", "6013.00"),
    ])  # fmt: skip
    assert (bounced["third_party"], bounced["count"]) == ("C1", 1)
    assert sorted(open_pieces()) == [("86", "2400.00"), ("87", "3600.00")]
    assert (states(deposited), states(bounced["transaction"]), whole()) == ([("C50", False)], [("C90", True)], True)

    # It is presented again: the same details are applied once more.
    presented = settle({
        "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REPCHQ", "DetailReglementtb": [{"TRANSAC": bounced["transaction"]}],
    })  # fmt: skip
    (of_presentation,) = lettrage("transaction", presented)["entries"]
    assert lines_of(entry(of_presentation)) == sorted(as_received)
    assert (open_pieces(), states(presented), whole()) == ([], [("C30", True)], True)

    # And paid.
    banked = settle({
        "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REMCHQ", "BQC": "BNP", "DetailReglementtb": [{"TRANSAC": presented}],
    })  # fmt: skip
    second_slip = lettrage("slip", "make", "--bank", "BNP")
    assert lines_of(entry(second_slip["entry"])) == sorted([debit("512100", "5995.00"), credit("511200", "5995.00")])
    assert (open_pieces(), states(banked), whole()) == ([], [("C50", True)], True)

    # One look at any step shows the whole life; all of it together is what the customer paid, and the bank's fees.
    life = [received, deposited, bounced["transaction"], presented, banked]
    for step in life:
        assert sorted([step, *lettrage("transaction", step)["lineage"]], key=int) == life
    balance = dict.fromkeys(("411000", "511200", "512100", "658000", "627800", "445660"), 0)
    for line in (line for e in lettrage("entries") for line in e["lines"] if line["account"] in balance):
        balance[line["account"]] += int(100 * (Fraction(line["debit"]) - Fraction(line["credit"])))
    assert balance == {
        "411000": 0, "511200": 0, "512100": 597700, "658000": 500, "627800": 1500, "445660": 300,
    }  # fmt: skip
    (paid,) = lettrage("portfolio")
    assert (paid["state"], paid["amount"], paid["slip"]) == ("C50", "5995.00", second_slip["number"])

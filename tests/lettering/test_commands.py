"""Lettering on the command line."""

from pathlib import Path

import pytest

from tests.journeys.helpers import Firm, Ran, company, deposit, header, instrument, invoice, pays, run_here

LINES = ("2024-000004/1", "2024-000005/2")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    firm = Firm(
        tmp_path,
        company(
            portfolio=[instrument("1", "100.00")],
            invoices=[invoice("1", "900.00"), invoice("2", "-200.00"), invoice("3", "10.00")],
        ),
    )
    firm.done(deposit("REMCDI", {"TRANSAC": "1"}))
    return firm


def lettrage(firm: Firm, *arguments: str) -> Ran:
    return run_here("--database", firm.address, *arguments, folder=firm.folder)


def test_by_hand_from_what_may_be_lettered_to_the_log(firm: Firm) -> None:
    open_ = lettrage(firm, "lettering", "open", "--account", "511200", "--json").json
    assert [line["name"] for line in reversed(open_)] == list(LINES)

    made = lettrage(firm, "lettering", "make", "--account", "511200", *LINES, "--json", "--reason", "remise").json
    assert (made["letter"], made["history"][0]["reason"]) == ("M1", "remise")
    assert "M1 · 511200 · soldé" in lettrage(firm, "lettering", "list", "--account", "511200").out
    again = lettrage(firm, "lettering", "make", "--account", "511200", *LINES)
    assert (again.status, again.out) == (1, "")
    assert "est déjà lettrée M1" in again.err

    undone = lettrage(firm, "--lang", "en", "lettering", "undo", "M1", "--reason", "wrong")
    assert undone.status == 0
    assert "undone" in undone.out
    assert lettrage(firm, "lettering", "undo", "M1", "--reason", "x", "--json").json["reasons"][0]["code"] == (
        "already_unlettered"
    )


def test_offsetting_and_what_is_lettered_since(firm: Firm) -> None:
    done = lettrage(firm, "lettering", "offset", "--third-party", "C1", "1", "2")
    assert done.out.splitlines()[0] == "Transaction 3"
    assert "700.00" in done.out
    firm.done(header("PORCHQ", "10", pays("3", "10")))

    groups = lettrage(firm, "lettering", "list", "--third-party", "C1", "--json").json
    assert [(group["letter"], group["state"], group["transaction"]) for group in groups] == [
        ("AC", "whole", "4"), ("AB", "whole", "3"), ("aa", "part", "3"),
    ]  # fmt: skip
    assert lettrage(firm, "lettering", "offset", "--third-party", "C1", "9").status == 1
    assert not firm.findings()


def test_what_a_list_needs(firm: Firm) -> None:
    none = lettrage(firm, "lettering", "list")
    assert (none.status, none.out.strip()) == (0, "Rien à montrer.")
    nobody = lettrage(firm, "lettering", "list", "--third-party", "C9")
    assert (nobody.status, nobody.out.strip()) == (0, "Rien à montrer.")
    assert "C9" in nobody.err

"""Lettering by hand, its log, and offsetting."""

from typing import Any

import pytest

from lettrage.acts import Act, Rehearsed, rehearse
from lettrage.acts.lettering import MakeLettering, UndoLettering
from lettrage.acts.offsetting import Offset
from lettrage.books.lettered import shape
from lettrage.caller import Caller
from tests.journeys.helpers import Firm, OpenFirm, advance, deposit, header, instrument, invoice
from tests.journeys.reversing import again, asked, cancel, refused, unpaid
from tests.lettering.reading import by_place, lettered
from tests.lettering.test_derived import cheque


@pytest.fixture
def firm(open_firm: OpenFirm) -> Firm:
    """Two cheques in portfolio since before, handed in: account 511200 has debits and credits without an item."""
    firm = open_firm(portfolio=[instrument("1", "100.00"), instrument("2", "40.00")], invoices=[invoice("1", "900.00")])
    firm.done(deposit("REMCDI", {"TRANSAC": "1"}), deposit("REMCDI", {"TRANSAC": "2"}))
    return firm


def names(firm: Firm, account: str) -> list[str]:
    """The lines of an account as people name them, in the order of posting."""
    rows = firm.ask(
        "SELECT e.year, e.number, l.line FROM entry_line l JOIN entry e ON e.dossier = l.dossier"
        " AND e.posting = l.posting WHERE l.account = ?1 ORDER BY l.posting, l.line",
        account,
    )
    return [f"{year}-{number:06}/{line}" for year, number, line in rows]


def make(*lines: str, account: str = "511200", party: str = "", why: str = "") -> MakeLettering:
    return MakeLettering(account, party, lines, "till", why)


def done(firm: Firm, act: Act) -> dict[str, Any]:
    found = asked(firm, act)
    assert found.result is not None, found.reasons
    return found.result


def log(firm: Firm, party: str = "C1", account: str = "") -> list[dict[str, Any]]:
    with firm.store.books(firm.dossier, writing=False) as books:
        groups, _ = books.lettering_log(party, account, (), 100)
        return [shape(group, books.company.currency) for group in groups]


def test_lines_that_balance_are_lettered_and_the_lettering_is_undone(firm: Firm) -> None:
    lines = names(firm, "511200")
    assert len(lines) == 4
    made = done(firm, make(lines[0], lines[2], why="remise du 21"))

    assert (made["letter"], made["state"], made["balance"]) == ("M1", "whole", "0.00")
    assert [letter for _, letter in lettered(firm, "511200")] == ["M1", "", "M1", ""]
    assert set(by_place(firm).values()) == {("M1", "2024-10-21")}

    undone = done(firm, UndoLettering("m1", "erreur", "till"))
    assert (undone["letter"], undone["group"], undone["state"]) == ("", "M1", "open")
    assert [event["what"] for event in undone["history"]] == ["lettered", "undone"]
    assert [event["reason"] for event in undone["history"]] == ["remise du 21", "erreur"]
    assert {letter for _, letter in lettered(firm, "511200")} == {""}
    assert done(firm, make(lines[0], lines[2]))["group"] == "M2"


def test_what_speaks_against_a_lettering_is_told_all_at_once(firm: Firm) -> None:
    lines = names(firm, "511200")
    bank, owed = names(firm, "512100"), names(firm, "411000")

    assert refused(firm, make(lines[0])) == ["lettering_count"]
    assert refused(firm, make("x/1", lines[0], lines[0], "2024-999999/1")) == [
        "malformed_line", "line_twice", "unknown_line",
    ]  # fmt: skip
    assert refused(firm, make(lines[0], lines[1])) == ["lettering_differs"]
    assert refused(firm, make(lines[0], bank[0])) == ["line_of_account", "lettering_differs"]
    assert refused(firm, make(owed[0], owed[0].replace("/1", "/2"), account="411000")) == [
        "line_of_party", "line_of_item", "line_of_account",
    ]  # fmt: skip
    done(firm, make(lines[0], lines[2]))
    assert refused(firm, make(lines[0], lines[2])) == ["line_lettered", "line_lettered"]
    assert refused(firm, make(lines[1], lines[3], party="C1"))[:1] == ["line_of_party"]


def test_what_speaks_against_undoing(firm: Firm) -> None:
    assert refused(firm, UndoLettering("M1", "", "till")) == ["missing_reason", "unknown_lettering"]
    assert refused(firm, UndoLettering("AA", "non", "till")) == ["lettered_by_settlement"]
    assert refused(firm, UndoLettering("M0", "non", "till")) == ["unknown_lettering"]
    lines = names(firm, "511200")
    done(firm, make(lines[0], lines[2]))
    done(firm, UndoLettering("M1", "oui", "till"))
    assert refused(firm, UndoLettering("M1", "encore", "till")) == ["already_unlettered"]


def test_one_foreign_currency_must_balance_too(open_firm: OpenFirm) -> None:
    rates = [{"currency": "USD", "date": "2024-10-20", "rate": "0.95"}]
    dollars = {"currency": "USD", "amount_home": "95.00"}
    firm = open_firm(
        rates=rates,
        portfolio=[instrument("1", "100.00", **dollars), instrument("2", "101.00", **dollars)],
        banks=[{"code": "BNP", "account": "512100", "currency": "EUR"}],
    )
    firm.done(deposit("REMCDI", {"TRANSAC": "1"}))
    lines = names(firm, "511200")

    assert refused(firm, make(lines[1], lines[2])) == ["lettering_differs"]
    assert done(firm, make(lines[0], lines[2]))["letter"] == "M1"


# ---------------------------------------------------------------- the log


def test_the_log_tells_by_what_a_group_was_lettered_and_undone(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00"), invoice("2", "50.00"), invoice("3", "10.00")])
    first = firm.done(cheque("1", "300", "600"))
    second = firm.done(cheque("1", "600"))
    back = unpaid(firm, second)["transaction"]
    presented = firm.done(again(back))
    cancel(firm, firm.done(cheque("2", "50")))

    two, one = log(firm)

    assert (one["letter"], one["state"], one["piece"], one["transaction"]) == ("AA", "whole", "1", presented)
    assert [(e["what"], e["act"], e["transaction"]) for e in one["history"]] == [
        ("lettered_in_part", "settlement", first),
        ("lettered", "settlement", second),
        ("undone", "unpaid", back),
        ("lettered", "represented", presented),
    ]
    assert [(li["debit"], li["credit"]) for li in one["lines"]] == [
        ("900.00", "0.00"), ("0.00", "300.00"), ("0.00", "600.00"), ("600.00", "0.00"), ("0.00", "600.00"),
    ]  # fmt: skip
    assert (two["letter"], two["group"], two["state"]) == ("", "AB", "open")
    assert [(e["what"], e["act"]) for e in two["history"]] == [("lettered", "settlement"), ("undone", "cancel")]


def test_the_log_goes_page_by_page_and_by_account(firm: Firm) -> None:
    lines = names(firm, "511200")
    done(firm, make(lines[0], lines[2]))
    done(firm, make(lines[1], lines[3]))
    unpaid(firm, firm.done(cheque("1", "900")), to="416")
    firm.done(cheque("1", "400", "500"))

    assert [(g["group"], g["account"], g["state"]) for g in log(firm)] == [
        ("AA", "416000", "part"), ("AA", "411000", "whole"),
    ]  # fmt: skip
    assert [g["account"] for g in log(firm, account="416000")] == ["416000"]
    assert [g["group"] for g in log(firm, "", "511200")] == ["M2", "M1"]
    met: list[str] = []
    after: tuple[int | str, ...] | None = ()
    with firm.store.books(firm.dossier, writing=False) as books:
        while after is not None:
            groups, after = books.lettering_log("C1", "", after, 1)
            met += [group.account for group in groups]
        hand, more = books.lettering_log("", "511200", (), 1)
        rest, end = books.lettering_log("", "511200", more or (), 1)
        left, _ = books.unlettered("512100", "", (), 10)
        none, _ = books.unlettered("511200", "", (), 10)
    assert met == ["416000", "411000"]
    assert ([g.code for g in hand], [g.code for g in rest], end) == (["M2"], ["M1"], None)
    assert (len(left), [line.posting > 5 for line in none]) == (2, [True, True, True])


# ---------------------------------------------------------------- offsetting


def test_a_credit_note_settles_what_it_can_of_an_invoice(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "600.00"), invoice("2", "-150.00")])
    offset = Offset("C1", ("1", "2"), (), "till")
    planned = rehearse(offset, Caller("till", "page", firm.dossier), firm.store, firm.clock)
    assert isinstance(planned, Rehearsed)
    assert [(line.account, line.home) for line in planned.entries[0].lines] == [("411000", -15000), ("411000", 15000)]

    made = done(firm, offset)
    assert [(p["piece"], p["amount"], p["left_open"]) for p in made["offset"]] == [
        ("1", "150.00", "450.00"), ("2", "-150.00", "0.00"),
    ]  # fmt: skip
    assert lettered(firm) == [("600.00", "aa"), ("-150.00", "AB"), ("-150.00", "aa"), ("150.00", "AB")]
    assert firm.open_amounts() == [("1", "EUR", "450.00")]


def test_an_advance_is_offset_against_several_invoices_as_named(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "600.00"), invoice("2", "100.00")])
    received = firm.done(header("PORCHQ", "500", advance("500")))
    done(firm, Offset("C1", ("2", "1"), (received,), "till"))

    assert firm.open_amounts() == [("1", "EUR", "200.00")]
    assert {letter for _, letter in lettered(firm, "419100")} == {"AC"}
    assert [letter for _, letter in lettered(firm)] == ["aa", "AB", "AB", "aa"]


def test_two_parts_of_one_due_item_are_offset_one_after_the_other(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00"), invoice("2", "-900.00")])
    unpaid(firm, firm.done(cheque("1", "300", "600")))

    assert [part["amount"] for part in done(firm, Offset("C1", ("1", "2")))["offset"]] == ["300.00", "-300.00"]
    assert [part["amount"] for part in done(firm, Offset("C1", ("1", "2")))["offset"]] == ["600.00", "-600.00"]
    assert {letter for _, letter in lettered(firm)} == {"AA", "AB"}


def test_a_suppliers_credit_note(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "600.00", third_party="F1"), invoice("2", "-600.00", third_party="F1")])
    done(firm, Offset("F1", ("1", "2")))
    assert firm.open_amounts() == []
    assert {letter for _, letter in lettered(firm, "401000")} == {"AA", "AB"}


def test_what_cannot_be_offset(open_firm: OpenFirm) -> None:
    dollars = {"currency": "USD", "rate": "0.9"}
    in_dispute = invoice("4", "-10.00")
    in_dispute["due_items"][0]["disputed"] = "true"
    firm = open_firm(
        invoices=[
            invoice("1", "600.00"), invoice("2", "100.00"), invoice("3", "-10.00", **dollars),
            in_dispute,
        ]
    )  # fmt: skip

    assert refused(firm, Offset("C1", ())) == ["lettering_count"]
    assert refused(firm, Offset("C1", ("1", "9"), ("7", "x"))) == ["not_open", "not_open", "not_open"]
    assert refused(firm, Offset("C9", ("1",))) == ["not_open"]
    assert refused(firm, Offset("C1", ("1", "2"))) == ["nothing_to_offset"]
    assert refused(firm, Offset("C1", ("1", "3"))) == ["offset_currencies"]
    assert refused(firm, Offset("C1", ("1", "4"))) == ["in_dispute"]

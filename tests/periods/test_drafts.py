"""Entries typed by hand: drafts count nowhere, validated ones obey every law, their opposite takes them back."""

from typing import Any

import pytest

from lettrage.acts.drafts import AddDrafts, DropDraft, ValidateDrafts
from lettrage.books.draft_files import parse
from lettrage.refusal import Unreadable
from tests.journeys.helpers import Firm, OpenFirm, header, lines_of, pays
from tests.journeys.reversing import apart_from_logbook, asked, refused
from tests.periods.hands import change, done, draft, line, of, posted, recharge, rent, reverse


def entries(firm: Firm) -> dict[str, dict[str, Any]]:
    with firm.store.books(firm.dossier, writing=False) as books:
        return {entry["number"]: entry for entry in books.entries(books.company.currency)}


def open_of(firm: Firm, party: str = "C1") -> dict[str, tuple[str, str, str]]:
    """Kind, open amount and due date of what a third party has open, by piece."""
    return {
        i["piece"]: (i["kind"], i["open_amount"], i["due_date"])
        for i in firm.items(everything=False)
        if i["third_party"] == party
    }


# ---------------------------------------------------------------- drafts


def test_a_draft_need_not_balance_and_counts_nowhere(firm: Firm) -> None:
    before = apart_from_logbook(firm)
    numbers = draft(firm, rent(lines=[line("613200", "1000.00")]), rent(label="", piece="", lines=[]))
    after = apart_from_logbook(firm)
    assert numbers == [1, 2]
    assert {name for name in after if after[name] != before[name]} == {"draft", "draft_line"}


def test_a_draft_is_changed_whole_and_dropped(firm: Firm) -> None:
    (number,) = draft(firm, rent())
    shown = done(firm, change(number, rent(label="Bail", lines=[line("613200", "7.00")])))["drafts"][0]
    assert (shown["label"], [one["balance"] for one in shown["lines"]]) == ("Bail", ["7.00"])
    done(firm, DropDraft(number))
    assert refused(firm, DropDraft(number)) == ["unknown_draft"]
    assert firm.ask("SELECT count(*) FROM draft_line")[0][0] == 0


def test_what_cannot_be_read_of_a_draft_is_told_at_once_at_its_place(firm: Firm) -> None:
    bad = rent(date="2024-13-01", lines=[line("613200", "1,0,0"), line("512100", "", "1.000", currency="XXX")])
    told = asked(firm, AddDrafts((rent(), bad), "anne")).reasons
    assert [(one["code"], one["path"]) for one in told] == [
        ("malformed_amount", "drafts[1].lines[0].debit"),
        ("too_many_decimals", "drafts[1].lines[1].credit"),
        ("unknown_currency", "drafts[1].lines[1].currency"),
        ("malformed_date", "drafts[1].date"),
    ]
    assert firm.ask("SELECT count(*) FROM draft")[0][0] == 0


# ---------------------------------------------------------------- validating


def test_validated_drafts_are_entries_in_the_order_asked(firm: Firm) -> None:
    first, second = draft(firm, rent(), rent(piece="L11", journal="bq"))
    result = done(firm, ValidateDrafts((second, first, second)))
    assert [one["draft"] for one in result["entries"]] == ["2", "1"]
    number = result["entries"][0]["entry"]
    assert (entries(firm)[number]["journal"], entries(firm)[number]["piece"]) == ("BQ", "L11")
    assert lines_of(entries(firm)[number]) == [("512100", "0.00", "1000.00"), ("613200", "1000.00", "0.00")]
    assert refused(firm, ValidateDrafts((first,))) == ["draft_validated"]
    assert refused(firm, change(first, rent())) == ["draft_validated"]


def test_all_drafts_are_validated_or_none(firm: Firm) -> None:
    good, bad = draft(firm, rent(), rent(piece="", lines=[line("613200", "1.00")]))
    told = asked(firm, ValidateDrafts((good, bad))).reasons
    assert [(one["code"], one["path"]) for one in told] == [
        ("missing_field", "drafts[2].piece"),
        ("entry_not_balanced", "drafts[2].lines"),
    ]
    assert len(entries(firm)) == 3


@pytest.mark.parametrize(
    ("account", "party", "side", "kind", "amount"),
    [
        ("411000", "C1", "debit", "invoice", "50.00"),
        ("411000", "C1", "credit", "credit_note", "-50.00"),
        ("401000", "F1", "credit", "invoice", "50.00"),
        ("401000", "F1", "debit", "credit_note", "-50.00"),
    ],
)
def test_a_line_on_a_third_partys_account_opens_a_due_item(
    firm: Firm, account: str, party: str, side: str, kind: str, amount: str
) -> None:
    other = "credit" if side == "debit" else "debit"
    lines = [{"account": account, side: "50.00", "third_party": party}, {"account": "471000", other: "50.00"}]
    posted(firm, rent(lines=lines, piece="X1"))
    assert open_of(firm, party)["X1"] == (kind, amount, "2024-10-15")


def test_what_it_opened_is_paid_like_an_invoice(firm: Firm) -> None:
    posted(firm, recharge())
    firm.done(header("PORCHQ", "120.00", pays("R1", "120.00")))
    assert "R1" not in open_of(firm)


def test_it_is_paid_where_pieces_have_prefixes(open_firm: OpenFirm) -> None:
    firm = open_firm(uses_prefixes=True)
    posted(firm, recharge())
    firm.done(header("PORCHQ", "120.00", pays("R1", "120.00", PREFIX="OD")))
    assert "R1" not in open_of(firm)


def test_it_may_be_in_a_foreign_currency(firm: Firm) -> None:
    foreign = line("401000", "", "90.00", third_party="F1", currency="USD", currency_amount="100.00")
    posted(firm, rent(piece="US1", lines=[line("607000", "90.00"), foreign]))
    (item,) = [i for i in firm.items() if i["piece"] == "US1"]
    assert (item["currency"], item["amount"], item["open_amount"]) == ("USD", "100.00", "100.00")
    unpriced = line("401000", "", "90.00", third_party="F1", currency="USD")
    numbers = draft(firm, rent(piece="US2", lines=[line("607000", "90.00"), unpriced]))
    assert refused(firm, ValidateDrafts(tuple(numbers))) == ["missing_field"]


# ---------------------------------------------------------------- taking back


def test_an_entry_is_taken_back_by_its_opposite_and_what_both_opened_is_settled(firm: Firm) -> None:
    (entry,) = posted(firm, recharge())
    result = done(firm, reverse(entry))
    taken = entries(firm)[result["entry"]]
    assert taken["reversal_of"] == entry
    assert lines_of(taken) == [("411000", "0.00", "120.00"), ("708000", "120.00", "0.00")]
    assert open_of(firm) == {key: value for key, value in open_of(firm).items() if key in ("O22", "O23", "86")}
    assert len(result["transactions"]) == 1
    assert {one["letter"] for one in taken["lines"] if one["account"] == "411000"} != {""}
    assert firm.balance("411000") == "2740.00"


def test_an_entry_without_third_party_is_taken_back_alone(firm: Firm) -> None:
    (entry,) = posted(firm, rent())
    result = done(firm, reverse(entry, "2024-10-20"))
    assert (result["transactions"], entries(firm)[result["entry"]]["date"]) == ([], "2024-10-20")
    assert firm.balance("613200") == "0.00"


def test_it_is_taken_back_again_once_what_was_paid_of_it_is_cancelled(firm: Firm) -> None:
    from tests.journeys.reversing import cancel

    (entry,) = posted(firm, recharge())
    paid = firm.done(header("PORCHQ", "120.00", pays("R1", "120.00")))
    assert refused(firm, reverse(entry)) == ["due_touched"]
    cancel(firm, paid)
    done(firm, reverse(entry))


@pytest.mark.parametrize(("date", "code"), [("2024-10-14", "date_before"), ("2025-10-14", "date_too_late")])
def test_it_is_taken_back_on_a_day_that_fits(firm: Firm, date: str, code: str) -> None:
    (entry,) = posted(firm, rent())
    assert refused(firm, reverse(entry, date)) == [code]
    assert refused(firm, reverse(entry, reason="")) == ["missing_reason"]


def test_a_reversal_is_not_reversed(firm: Firm) -> None:
    (entry,) = posted(firm, rent())
    taken = done(firm, reverse(entry))["entry"]
    assert refused(firm, reverse(taken)) == ["not_by_hand"]


# ---------------------------------------------------------------- files


def test_drafts_come_in_as_json_or_as_a_table() -> None:
    one = b'{"label": "x", "lines": [{"account": "471000", "debit": "1.00"}]}'
    assert parse(one, "a.json") == parse(b'{"drafts": [' + one + b"]}", "-") == parse(b"[" + one + b"]", "-")
    table = "date;label;piece;account;debit;credit\n2024-10-15;a;1;471000;1;\n;;;512100;;1\n2024-10-15;b;2;471000;2;\n"
    first, second = parse(table.encode(), "a.csv")
    assert [row["account"] for row in first["lines"]] == ["471000", "512100"]
    assert (second["label"], second["lines"][0]["debit"]) == ("b", "2")
    with pytest.raises(Unreadable):
        parse(b"[1]", "a.json")


def test_the_same_key_validates_once(firm: Firm) -> None:
    numbers = tuple(draft(firm, rent()))
    first = asked(firm, ValidateDrafts(numbers), key="k")
    again = asked(firm, ValidateDrafts(numbers), key="k")
    assert of(first) == of(again)
    assert again.replayed

"""Invoices that come in: composed exactly, recognised, posted once, corrected, refused at their place."""

import base64
import json
import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lettrage.commands.attachments import beside
from lettrage.commands.rendering import rendered
from lettrage.invoicing.document import Identifier, Invoice
from lettrage.limits import ATTACHMENT_BYTES
from lettrage.refusal import Unreadable
from tests.invoicing.brought import (
    LINE,
    SELLER,
    TOWN,
    bring,
    document,
    firm_of,
    form,
    outcomes,
    performed,
    reasons,
    result,
    sales_entry,
    send_away,
)
from tests.journeys.helpers import Firm, company, invoice, run_here
from tests.journeys.test_set_based import listening


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return firm_of(tmp_path)


def one(firm: Firm, **more: Any) -> Invoice:
    """The document of the only invoice that is brought in."""
    assert outcomes(bring(firm, form(**more))) == ["posted"]
    return document(firm, "F1")


# ---------------------------------------------------------------- composing


def test_each_line_is_rounded_once_and_vat_once_for_each_rate(firm: Firm) -> None:
    lines = [
        {"name": "Vis", "quantity": "3", "price": "0.335", "vat_rate": "20"},  # 1.005 -> 1.01
        {"name": "Clou", "quantity": "1.0005", "price": "10.000001", "vat_rate": "20.00"},  # 10.005001... -> 10.01
        {"name": "Pose", "quantity": "1", "price": "33.33", "vat_rate": "10", "discount_percent": "5"},  # -1.67
        {"name": "Livre", "price": "9.99", "vat_rate": "5.5", "discount": "0.99"},
    ]
    found = one(firm, lines=lines)

    assert [line.net for line in found.lines] == [101, 1001, 3166, 900]
    assert [(row.category, row.base, row.amount) for row in found.vat] == [
        ("S", 1102, 220),  # 220.4: the two lines' VAT would be 20 + 200
        ("S", 3166, 317),
        ("S", 900, 50),  # 49.5
    ]
    totals = found.totals
    assert (totals.lines, totals.net, totals.vat, totals.gross, totals.payable) == (5168, 5168, 587, 5755, 5755)
    assert [(a.amount, a.base) for line in found.lines for a in line.allowances] == [(167, 3333), (99, None)]


def test_seller_buyer_bank_and_legal_texts_come_from_master_data(firm: Firm) -> None:
    found = one(firm)

    assert (found.seller.name, found.seller.trading_name, found.seller.siret) == (
        "Société d'essai", "Atelier", SELLER["siret"],
    )  # fmt: skip
    assert found.seller.legal_id == Identifier("123456782", "0002")
    assert found.seller.legal_form == "Capital 10 000 EUR - RCS Lyon 123 456 782 - APE 4332A"
    assert (found.buyer.siret, found.service, found.frame) == (TOWN["siret"], "ACHATS", "A1")
    assert found.means is not None
    assert [(a.id, a.bic) for a in found.means.accounts] == [("FR7630006000011234567890189", "AGRIFRPP")]
    assert [note.subject for note in found.notes] == ["PMT", "PMD", "AAB"]
    assert "commande publique" in found.notes[0].text
    assert (found.profile, found.vat_due, found.due_date) == ("urn:cen.eu:en16931:2017", "debits", date(2024, 11, 13))


def test_a_private_buyer_has_no_frame_and_the_texts_of_the_code_de_commerce(firm: Firm) -> None:
    own = [{"subject": "AAB", "text": "Escompte de 1 % à dix jours."}]
    found = one(firm, buyer="C2", notes=own)

    assert (found.frame, found.service) == ("", "")
    assert found.notes[0].text == own[0]["text"]
    assert [note.subject for note in found.notes] == ["AAB", "PMT", "PMD"]
    assert "code de commerce" in found.notes[1].text


def test_a_credit_note_has_positive_amounts_and_no_bank_account(firm: Firm) -> None:
    found = one(firm, type="381", preceding="F0", preceding_date="2024-09-01", due_date=None)

    assert found.is_credit_note
    assert found.totals.gross == 24000
    assert found.means is None
    assert [(p.number, p.date) for p in found.preceding] == [("F0", date(2024, 9, 1))]


@pytest.mark.parametrize(
    ("category", "reason", "code"),
    [("AE", "Autoliquidation", "VATEX-EU-AE"), ("Z", "", ""), ("E", "Article 261 du CGI", "")],
)
def test_what_bears_no_vat_says_why(firm: Firm, category: str, reason: str, code: str) -> None:
    line = LINE | {"vat_rate": "0", "vat_category": category} | ({"exemption": reason} if category == "E" else {})
    (row,) = one(firm, lines=[line]).vat

    assert (row.category, row.base, row.amount, row.exemption, row.exemption_code) == (category, 20000, 0, reason, code)


def test_a_currency_without_decimals_is_rounded_to_its_own_unit(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, rates=[{"currency": "JPY", "date": "2024-10-10", "rate": "0.0061"}])
    found = one(firm, currency="JPY", lines=[LINE | {"quantity": "1.5", "price": "333"}])

    assert (found.totals.net, found.totals.vat, found.totals.gross) == (500, 100, 600)


# ---------------------------------------------------------------- in the books


def test_a_sale_is_posted_and_its_due_items_are_opened(firm: Firm) -> None:
    dues = [{"date": "2024-12-13", "amount": "140.00"}, {"date": "2024-11-13", "amount": "100.00"}]
    (line,) = bring(firm, form(due_date=None, due_dates=dues))

    assert sales_entry(firm, line["entry"]) == [
        ("411000", "100.00", "0.00"), ("411000", "140.00", "0.00"),
        ("445710", "0.00", "40.00"), ("707000", "0.00", "200.00"),
    ]  # fmt: skip
    assert [(i["piece"], i["due_date"], i["amount"], i["kind"]) for i in firm.items()] == [
        ("F1", "2024-11-13", "100.00", "invoice"), ("F1", "2024-12-13", "140.00", "invoice"),
    ]  # fmt: skip
    assert document(firm, "F1").terms == "Échéances : 13/11/2024 : 100.00 EUR, 13/12/2024 : 140.00 EUR."
    assert firm.findings() == []


def test_a_credit_note_is_negative_in_the_books(firm: Firm) -> None:
    (line,) = bring(firm, form("A1", type="381", due_date=None))

    assert sales_entry(firm, line["entry"]) == [
        ("411000", "0.00", "240.00"), ("445710", "40.00", "0.00"), ("707000", "200.00", "0.00"),
    ]  # fmt: skip
    assert [(i["kind"], i["amount"], i["due_date"]) for i in firm.items()] == [("credit_note", "-240.00", "2024-10-14")]


def test_vat_on_receipts_waits_on_its_own_account(firm: Firm) -> None:
    (line,) = bring(firm, form(vat_due="receipts"))

    assert ("445800", "0.00", "40.00") in sales_entry(firm, line["entry"])
    assert firm.findings() == []


def test_what_was_paid_beforehand_is_due_at_once(firm: Firm) -> None:
    bring(firm, form(prepaid="90.00"))

    assert [(i["due_date"], i["amount"]) for i in firm.items()] == [("2024-10-14", "90.00"), ("2024-11-13", "150.00")]
    assert document(firm, "F1").totals.payable == 15000


def test_the_same_file_again_does_nothing_twice(firm: Firm) -> None:
    first = bring(firm, form(), form("F2"))
    before = firm.rows()
    again = bring(firm, form(), form("F2"))

    assert (outcomes(first), outcomes(again)) == (["posted"] * 2, ["already"] * 2)
    assert [line["document"] for line in again] == [line["document"] for line in first]
    assert changed(before, firm.rows()) == {"document", "dossier"}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The tables that are not as they were."""
    return {table for table, rows in after.items() if rows != before[table]}


def test_the_same_key_gives_the_same_answer(firm: Firm) -> None:
    content = json.dumps(form()).encode()
    first, second = performed(firm, content, key="k"), performed(firm, content, key="k")
    third = performed(firm, json.dumps(form("F2")).encode(), key="k")

    assert (first.result, second.replayed) == (second.result, True)
    assert [reason["code"] for reason in third.reasons] == ["key_reused"]


def test_a_loaded_invoice_of_equal_date_and_total_is_linked(tmp_path: Path) -> None:
    vat = [{"rate": "20", "base": "200.00", "amount": "40.00"}]
    firm = firm_of(tmp_path, invoices=[invoice("F1", "240.00", date="2024-10-14", vat=vat), invoice("F2", "240.00")])
    before = firm.rows()

    linked, other = bring(firm, form(), form("F2"))

    assert (linked["outcome"], linked["entry"]) == ("linked", None)
    assert reasons(other) == [("number_posted", "number")]
    assert changed(before, firm.rows()) == {"sales_document", "document", "dossier"}
    assert firm.findings() == []


def test_a_loaded_invoice_with_a_prefix_is_found_by_its_whole_number(tmp_path: Path) -> None:
    loaded = invoice("1", "240.00", date="2024-10-14", prefix="F")
    firm = firm_of(tmp_path, invoices=[loaded], uses_prefixes=True)

    assert outcomes(bring(firm, form())) == ["linked"]
    assert firm.findings() == []


def test_an_invoice_brought_in_is_known_to_a_later_load(firm: Firm) -> None:
    bring(firm, form())
    vat = [{"rate": "20", "base": "200.00", "amount": "40.00"}]
    record = invoice("F1", "240.00", date="2024-10-14", vat=vat)
    record["due_items"][0]["due_date"] = "2024-11-13"
    before = firm.rows()["invoice"]

    firm.load(company(establishments=[SELLER], invoices=[record]))

    assert firm.rows()["invoice"] == before


def test_a_corrected_document_posts_nothing_and_takes_the_place(firm: Firm) -> None:
    bring(firm, form())
    (line,) = bring(firm, form(service="VOIRIE"))

    assert (line["outcome"], line["corrects"], line["entry"]) == ("corrected", "1", None)
    assert document(firm, "F1").service == "VOIRIE"
    assert len(firm.items()) == 1
    assert outcomes(bring(firm, form(service="VOIRIE"), form("F9"))) == ["already", "posted"]
    assert firm.findings() == []


def test_another_amount_under_a_posted_number_is_refused(firm: Firm) -> None:
    bring(firm, form())
    (line,) = bring(firm, form(lines=[LINE | {"price": "100.01"}]))

    assert reasons(line) == [("number_posted", "number")]
    assert (line["reasons"][0]["seen"], line["reasons"][0]["expected"]) == (
        "2024-10-14 240.02 EUR", "2024-10-14 240.00 EUR",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"price": "240.00", "quantity": "1", "vat_rate": "0", "vat_category": "Z"}, "(TVA 0.00 EUR)"),
        ({"price": "218.18", "quantity": "1", "vat_rate": "10"}, "(TVA 10 % 21.82 EUR)"),
    ],
)
def test_other_vat_under_a_posted_number_is_refused(firm: Firm, line: dict[str, str], said: str) -> None:
    bring(firm, form())
    (refused,) = bring(firm, form(lines=[LINE | line]))

    assert reasons(refused) == [("number_posted", "number")]
    assert (refused["reasons"][0]["seen"], refused["reasons"][0]["expected"]) == (
        f"2024-10-14 240.00 EUR {said}", "2024-10-14 240.00 EUR (TVA 20 % 40.00 EUR)",
    )  # fmt: skip


@pytest.mark.parametrize("change", [("debits", "receipts"), ("receipts", "debits")])
def test_vat_due_at_another_moment_under_a_posted_number_is_refused(firm: Firm, change: tuple[str, str]) -> None:
    before, after = change
    bring(firm, form(vat_due=before))
    (refused,) = bring(firm, form(vat_due=after))

    assert reasons(refused) == [("number_posted", "number")]
    assert refused["reasons"][0]["expected"].endswith(f"(TVA 20 % 40.00 EUR) (vat_due {before})")
    assert refused["reasons"][0]["seen"].endswith(f"(TVA 20 % 40.00 EUR) (vat_due {after})")


@pytest.mark.parametrize(("kind", "sign"), [("380", ""), ("381", "-")])
def test_another_due_date_of_a_posted_invoice_is_told_and_the_books_keep_theirs(
    firm: Firm, kind: str, sign: str
) -> None:
    bring(firm, form(type=kind))
    (corrected,) = bring(firm, form(type=kind, due_date="2024-12-31"))
    (same,) = bring(firm, form(type=kind, service="VOIRIE"))

    assert [line["outcome"] for line in (corrected, same)] == ["corrected", "corrected"]
    assert [(w["code"], w["seen"], w["expected"]) for w in corrected["warnings"]] == [
        ("due_dates_kept", f"2024-12-31 {sign}240.00 EUR", f"2024-11-13 {sign}240.00 EUR"),
    ]
    assert same["warnings"] == []
    assert [item["due_date"] for item in firm.items()] == ["2024-11-13"]


def test_a_linked_invoice_due_on_another_day_is_told_too(tmp_path: Path) -> None:
    due = [{"due_date": "2024-10-20", "amount": "240.00"}]
    loaded = {"third_party": "C1", "number": "F1", "date": "2024-10-14", "currency": "EUR", "due_items": due}
    (line,) = bring(firm_of(tmp_path, invoices=[loaded]), form())

    assert (line["outcome"], [w["code"] for w in line["warnings"]]) == ("linked", ["due_dates_kept"])


def test_a_loaded_invoice_that_says_nothing_of_vat_is_linked(tmp_path: Path) -> None:
    due = [{"due_date": "2024-11-13", "amount": "240.00"}]
    loaded = {"third_party": "C1", "number": "F1", "date": "2024-10-14", "currency": "EUR", "due_items": due}
    firm = firm_of(tmp_path, invoices=[loaded])

    assert outcomes(bring(firm, form())) == ["linked"]


def test_a_document_on_its_way_to_the_platform_does_not_change(firm: Firm) -> None:
    bring(firm, form())
    send_away(firm)
    (line,) = bring(firm, form(service="VOIRIE"))
    assert reasons(line) == [("document_sent", "number")]
    assert outcomes(bring(firm, form())) == ["already"]

    firm.change_behind_the_scenes("UPDATE deposit SET stands = 0 WHERE dossier = ?1", firm.dossier)
    assert outcomes(bring(firm, form(service="VOIRIE"))) == ["corrected"]


def test_one_refused_invoice_keeps_no_other_back(firm: Firm) -> None:
    lines = bring(
        firm, form(), form("F2", date="2031-01-01"), form("F3", buyer="F1"), form("F4"), form("F4", buyer="C2")
    )

    assert outcomes(lines) == ["posted", "refused", "refused", "posted", "posted"]
    assert reasons(lines[1]) == [("date_too_late", "date")]
    assert reasons(lines[2]) == [("not_a_customer", "buyer")]


def test_two_documents_of_one_number_in_one_file_are_refused(firm: Firm) -> None:
    lines = bring(firm, form(), form(service="VOIRIE"), form())

    assert outcomes(lines) == ["posted", "refused", "already"]
    assert reasons(lines[1]) == [("record_twice", "number")]


def test_the_questions_to_the_books_do_not_grow_with_the_file(tmp_path: Path) -> None:
    counts = []
    for size in (1, 50):
        folder = tmp_path / str(size)
        folder.mkdir()
        firm = firm_of(folder)
        with listening(firm) as heard:
            assert outcomes(bring(firm, *(form(f"F{n}") for n in range(size)))) == ["posted"] * size
        counts.append(len(heard.work))
    assert counts[1] <= counts[0] + 2, counts
    assert counts[1] <= 20


# ---------------------------------------------------------------- every fault, at its place


def test_every_fault_is_told_at_once(firm: Firm) -> None:
    bad = form(
        number="",
        date="2024-02-30",
        seller="9",
        buyer="C9",
        enagement="E1",
        frame="A99",
        type="382",
        lines=[
            {"quantity": "1e3", "price": "1.1234567", "vat_rate": "19.6x"},
            LINE | {"vat_rate": "0"},
            LINE | {"vat_rate": "20", "vat_category": "E", "remise": "1"},
        ],
        attachments=[{"name": "a.pdf"}, {"name": "a.pdf", "content": "%%%"}],
    )
    (line,) = bring(firm, bad)

    assert line["outcome"] == "refused"
    assert set(reasons(line)) == {
        ("missing_field", "number"),
        ("malformed_date", "date"),
        ("unknown_seller", "seller"),
        ("unknown_third_party", "buyer"),
        ("unknown_field", "enagement"),
        ("malformed_choice", "frame"),
        ("malformed_choice", "type"),
        ("missing_field", "lines[0].name"),
        ("malformed_figure", "lines[0].quantity"),
        ("malformed_figure", "lines[0].price"),
        ("malformed_figure", "lines[0].vat_rate"),
        ("missing_field", "lines[1].vat_category"),
        ("vat_rate_of_category", "lines[2].vat_rate"),
        ("unknown_field", "lines[2].remise"),
        ("missing_field", "exemption"),
        ("missing_field", "attachments[0].path"),
        ("record_twice", "attachments[1].name"),
        ("malformed_base64", "attachments[1].content"),
    }


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"lines": []}, ("missing_field", "lines")),
        ({"lines": "x"}, ("not_a_list", "lines")),
        ({"lines": [[]]}, ("not_an_object", "lines[0]")),
        ({"lines": [LINE | {"price": "-1"}]}, ("negative_price", "lines[0].price")),
        ({"lines": [LINE | {"quantity": "-1"}]}, ("total_not_positive", "lines")),
        ({"lines": [LINE | {"price": "9" * 15}] * 2000}, ("amount_too_large", "lines[0].price")),
        ({"prepaid": "240.01"}, ("prepaid_beyond_total", "prepaid")),
        ({"due_date": None}, ("missing_field", "due_date")),
        (
            {"due_date": None, "due_dates": [{"date": "2024-11-13", "amount": "1.00"}]},
            ("due_dates_differ", "due_dates"),
        ),
        ({"currency": "XXX"}, ("unknown_currency", "currency")),
        ({"currency": "USD"}, ("no_table_rate", "rate")),
        ({"rate": "1.1"}, ("rate_of_own_currency", "rate")),
        ({"rate": "0", "currency": "USD"}, ("malformed_rate", "rate")),
        ({"notes": "x"}, ("not_a_list", "notes")),
        ({"delivery": ["x"]}, ("not_an_object", "delivery")),
        ({"period": {"start": "2024-10-02", "end": "2024-10-01"}}, ("malformed_date", "period.end")),
    ],
)
def test_a_fault_is_told_at_its_place(firm: Firm, more: dict[str, Any], expected: tuple[str, str]) -> None:
    before = firm.rows()["sales_document"]
    (line,) = bring(firm, form(**more))

    assert expected in reasons(line)
    assert firm.rows()["sales_document"] == before


# ---------------------------------------------------------------- files


def test_a_table_is_read_as_the_form_is(firm: Firm) -> None:
    table = (
        "\ufeffnumber;date;due_date;buyer;name;quantity;price;vat_rate;note_text\n"
        "F1;20241014;2024-11-13;C1;Vis;10;0,125;20;Livré\n"
        "F1;;;C1;Clou;3;1,5;5,5;\n"
        "F2;2024-10-14;2024-11-13;C2;Planche;1;100;20;\n"
    )
    assert outcomes(result(performed(firm, table.encode()))) == ["posted", "posted"]

    found = document(firm, "F1")
    assert [(line.item.name, line.net) for line in found.lines] == [("Vis", 125), ("Clou", 450)]
    assert found.notes[0].text == "Livré"


@pytest.mark.parametrize("further", ["F1;;;;", "F1;2024-10-14;2024-11-13;C1;", ";;;;"])
def test_a_further_line_of_a_table_may_leave_all_but_its_own_blank(firm: Firm, further: str) -> None:
    table = (
        f"number;date;due_date;buyer;name;price;vat_rate\nF1;2024-10-14;2024-11-13;C1;Vis;100;20\n{further}Clou;10;20\n"
    )
    (line,) = result(performed(firm, table.encode()))

    assert (line["outcome"], line["total"]) == ("posted", "132.00")


def test_a_buyer_named_on_a_later_line_of_a_table_is_the_invoices(firm: Firm) -> None:
    table = (
        "number;name;price;vat_rate;date;due_date;buyer\n"
        "F1;Vis;100;20\nF1;Clou;10;20;2024-10-14;2024-11-13;C1\n"
        "F2;Vis;1;20;2024-10-14;2024-11-13;C1\nF2;Clou;2;20;2024-10-14;2024-11-13;C2\nF2;Clou;4;20;;;\n"
    )
    done = result(performed(firm, table.encode()))

    assert [(d["outcome"], d["third_party"], d["total"]) for d in done] == [
        ("posted", "C1", "132.00"), ("posted", "C1", "1.20"), ("posted", "C2", "7.20"),
    ]  # fmt: skip


def test_a_table_may_have_several_due_dates(firm: Firm) -> None:
    table = (
        "number,date,due_date,due_amount,buyer,name,price,vat_rate\n"
        "F1,2024-10-14,2024-11-13,100.00,C1,Porte,200,20\n"
        "F1,,2024-12-13,140.00,C1,,,\n"
    )
    assert outcomes(result(performed(firm, table.encode()))) == ["posted"]
    assert [(i["due_date"], i["amount"]) for i in firm.items()] == [("2024-11-13", "100.00"), ("2024-12-13", "140.00")]


@pytest.mark.parametrize("syntax", ["ubl", "cii", "facturx"])
def test_an_invoice_that_is_a_file_already_comes_back_as_itself(firm: Firm, syntax: str) -> None:
    made = replace(one(firm, engagement="E1", contract="M1"), number="X1")
    (line,) = result(performed(firm, rendered(made, syntax, "chorus")))

    assert (line["outcome"], line["third_party"], line["total"]) == ("posted", "C1", "240.00")
    found = document(firm, "X1")
    assert (found.service, found.engagement, found.contract, found.frame) == ("ACHATS", "E1", "M1", "A1")
    assert found.totals == made.totals
    assert firm.findings() == []


def test_a_purchase_is_told_as_one_and_not_as_an_establishment_to_be_loaded(firm: Firm) -> None:
    made = one(firm)
    mill = replace(made.seller, name="Scierie", ids=(), legal_id=None, vat_number="FR99999999999")
    file = rendered(replace(made, number="X1", seller=mill, buyer=made.seller), "ubl", "platform")
    (line,) = result(performed(firm, file))

    assert reasons(line) == [("bought_by_us", "buyer")]


def test_the_choices_of_a_frame_are_told_without_the_empty_one(firm: Firm) -> None:
    (line,) = bring(firm, form(frame="Z9"))

    assert line["reasons"][0]["expected"].startswith("A1, ")


def test_who_is_not_known_is_told_with_what_is_known_of_him(firm: Firm) -> None:
    made = one(firm)
    nobody = replace(made.buyer, name="Inconnu", ids=(Identifier("11122233300011", "0009"),), legal_id=None)
    other = replace(made.seller, ids=(), legal_id=None, vat_number="")
    file = rendered(replace(made, number="X1", buyer=nobody, seller=other), "ubl", "platform")
    (line,) = result(performed(firm, file))

    assert reasons(line) == [("unknown_seller", "seller"), ("unknown_buyer", "buyer")]
    assert "11122233300011" in line["reasons"][1]["seen"]


def test_a_buyer_is_known_by_his_vat_number(firm: Firm) -> None:
    made = one(firm, buyer="C2")
    file = rendered(replace(made, number="X1", buyer=replace(made.buyer, ids=(), legal_id=None)), "cii", "platform")

    assert result(performed(firm, file))[0]["third_party"] == "C2"


def test_totals_that_do_not_add_up_do_not_reach_the_books(firm: Firm) -> None:
    made = one(firm)
    totals = replace(made.totals, gross=made.totals.gross + 1)
    (line,) = result(performed(firm, rendered(replace(made, number="X1", totals=totals), "cii", "chorus")))

    assert reasons(line) == [("vat_differs", "vat"), ("payable_differs", "totals")]


@pytest.mark.parametrize(
    "content",
    [
        b"", b" ", b"[]", b"{}", b"[1]", b"null", b'{"invoices": 3}', b"<x/>", b"<Invoice", b"%PDF-1.7", b"\0\1\2",
        b"a,b\n1,2\n", b"number\n\n", b"\xff\xfe<\0", b"[" * 100, b'[{"lines": {"lines": []}}]',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Invoice>&e;</Invoice>',
        b'{"number": {"a": 1}, "lines": [1, [2], {"name": []}], "attachments": {"path": 1}, "buyer": ["C1"]}',
        b'{"number": "1", "number": "2"}',
    ],
)  # fmt: skip
def test_no_content_is_more_than_refused(firm: Firm, content: bytes) -> None:
    before = firm.rows()["sales_document"]
    lines = []
    with suppress(Unreadable):
        lines = result(performed(firm, content))
    assert all(line["outcome"] == "refused" and line["reasons"] for line in lines)
    assert firm.rows()["sales_document"] == before


# ---------------------------------------------------------------- attachments


def test_attachments_come_from_beside_the_file_or_inside_it(firm: Firm, tmp_path: Path) -> None:
    (tmp_path / "pieces").mkdir()
    (tmp_path / "pieces" / "bon.pdf").write_bytes(b"%PDF-1.4")
    inside = {"name": "note.txt", "content": base64.b64encode(b"bonjour").decode()}
    wanted = form(attachments=[{"path": "pieces/bon.pdf", "description": "BON_LIVRAISON"}, inside])
    files = beside(str(tmp_path / "f.json"), ["pieces/bon.pdf"])

    assert outcomes(bring(firm, wanted, files=files)) == ["posted"]
    found = [(d.filename, d.mime, d.description, d.content) for d in document(firm, "F1").documents]
    assert found == [
        ("bon.pdf", "application/pdf", "BON_LIVRAISON", b"%PDF-1.4"),
        ("note.txt", "text/plain", "", b"bonjour"),
    ]


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("x")
    (folder / "link").symlink_to(secret)
    (folder / "large").write_bytes(b"x" * (ATTACHMENT_BYTES + 1))
    asked = ["../secret", str(secret), "link", "sub/../../secret", "nothing", ".", "large", "a\0b", "..\\secret"]
    found = beside(str(folder / "f.json"), asked)

    assert [found[path] for path in asked] == [
        "attachment_outside", "attachment_outside", "attachment_outside", "attachment_outside", "attachment_not_found",
        "attachment_not_found", "attachment_too_large", "attachment_not_found", "attachment_outside",
    ]  # fmt: skip


# ---------------------------------------------------------------- commands


def test_the_commands_tell_the_same_story(firm: Firm, tmp_path: Path) -> None:
    file = tmp_path / "invoices.json"
    file.write_text(json.dumps([form(), form("F2", buyer="C9")]))

    def ran(*arguments: str) -> Any:
        return run_here("invoice", *arguments, "--database", firm.address, folder=tmp_path)

    dry = ran("import", str(file), "--dry-run", "--json")
    assert (dry.status, json.loads(dry.out)["posted"], len(firm.items())) == (1, 1, 0)
    done = ran("import", str(file), "--json")
    assert (done.status, json.loads(done.out)["refused"]) == (1, 1)
    assert "C9" in ran("import", str(file), "--lang", "en").err
    assert [line["number"] for line in json.loads(ran("list", "--json").out)] == ["F1"]
    assert json.loads(ran("list", "--json", "--state", "sent").out) == []
    shown = json.loads(ran("show", "F1", "--json").out)
    assert {"number", "platform", "state", "flow", "statuses", "deposits"} <= shown.keys()
    assert (shown["state"], shown["platform"], shown["deposits"]) == ("not_sent", "qualification", [])
    assert "<cbc:ID>F1</cbc:ID>" in ran("xml", "F1", "--syntax", "ubl").out
    assert "CrossIndustryInvoice" in ran("xml", "F1", "--syntax", "cii").out
    assert ran("xml", "F1", "--sent").status == 2
    assert ran("show", "nothing").status == 2
    assert ran("show", "F1", "--id", "x").status == 2
    assert ran("import", str(tmp_path / "nothing")).status == 2
    other = tmp_path / "other.json"
    other.write_text(json.dumps(form("F9")))
    assert ran("import", str(other), str(tmp_path / "nothing")).status == 2
    assert ran("show", "F9").status == 2


def test_what_was_sent_is_shown_as_it_was_sent(firm: Firm) -> None:
    bring(firm, form())
    send_away(firm)
    with firm.store.books(firm.dossier, writing=False) as books:
        found = books.documents_of("F1")
        shown = books.document_shown(found, "qualification")
        assert books.document_shown(found, "production")["deposits"] == []
    assert [(d["platform"], d["outcome"]) for d in shown["deposits"]] == [("qualification", "intended")]
    assert re.fullmatch("[0-9a-f]{64}", shown["deposits"][0]["sha256"])
    assert [status["code"] for status in shown["statuses"]] == ["intended"]
    assert shown["state"] == "intended"

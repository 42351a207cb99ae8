"""Rejections explained: which message, which field, where in the file that was sent, what to do next."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lettrage.adapters.pdf import facturx
from lettrage.invoicing.document import EN16931, Identifier, PostalAddress, Price
from lettrage.invoicing.explaining.explain import CUT_AT, NEXT, explain, highlighted
from lettrage.invoicing.explaining.fields import FIELDS, field_of
from lettrage.invoicing.explaining.messages import folded, known, messages, states
from lettrage.invoicing.explaining.sentfile import SentFile, names, paths_in
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.portal import DocumentError, FlowReport, StatusEvent, TechnicalError
from lettrage.invoicing.sending.outbox import Said
from lettrage.refusal import Unreadable
from lettrage.simulator import wording
from tests.invoicing import papers, rejections_page
from tests.invoicing.papers import figure

SOURCE = Path(__file__).parents[3] / "shared" / "reference" / "chorus-pro.md"
AT = datetime(2025, 3, 21, 10, tzinfo=UTC)
SERVICE = "AccountingCustomerParty.AccountingContact.ID"
UNKNOWN_SERVICE = (
    f"Le code service ({SERVICE}) n'existe pas dans le referentiel des codes services. "
    "Le referentiel est accessible depuis le port"
)


def invoice(**changes: Any) -> Any:
    return papers.invoice(**({"profile": EN16931} | changes))


def said(text: str, sent: bytes | None = None, code: str = "", **changes: Any) -> list[Finding]:
    document = invoice(**changes)
    return explain([Said(text, code)], ubl.render(document) if sent is None else sent, document)


def one(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


# ---------------------------------------------------------------- the catalogue


def test_every_row_of_the_source_is_explained() -> None:
    assert {row for message in messages().values() for row in message.rows} == set(range(1, 23))


def test_every_code_of_the_source_is_explained() -> None:
    codes = {code for message in messages().values() for code in message.codes}

    assert codes >= {
        "TRA_MSG_00.015", "GDP_MSG_11.008", "POQ_MSG_01.003", "GDP_MSG_11.005", "GDP_MSG_11.022", "GDP_MSG_11.033",
        "GDP_MSG_11.001", "GFT_MSG_01.075", "ERR_XSD_001",
    }  # fmt: skip


@pytest.mark.skipif(not SOURCE.exists(), reason="the source is not beside the repository")
def test_every_state_and_every_status_of_the_source_has_its_names() -> None:
    source = SOURCE.read_text("utf-8")
    listed = next(line for line in source.splitlines() if line.startswith("Complete code list found (57)"))
    statuses = set(re.findall(r"\b[A-Z][A-Z0-9_]{5,}\b", listed))
    flows = re.findall(r"`((?:IN|QP)_[A-Z_]+)`", source[source.index("### 2.3") : source.index("### 2.4")])

    assert len(statuses) == 57
    assert {code for code in states("invoice") if not code.isdecimal()} == statuses
    assert set(states("flow")) == {code for code in flows if "_DP" not in code}


def test_every_text_is_there_in_both_languages_and_every_field_and_command_exists() -> None:
    for message in messages().values():
        texts = (message.fr, message.en, message.cause_fr, message.cause_en, message.fix_fr, message.fix_en)
        assert all(texts), message.code
        assert message.next in NEXT
        assert not message.field or message.field in FIELDS, message.code


def test_the_page_says_what_the_catalogue_says() -> None:
    assert rejections_page.PAGE.read_text("utf-8") == rejections_page.written()


# ---------------------------------------------------------------- messages

# What the platform says, and the message that explains it; the simulator's words share no code with the catalogue.
SAID = {
    "number_absent": "chorus_number_missing",
    "number_length": "chorus_number_length",
    "number_characters": "chorus_number_characters",
    "number_taken": "chorus_number_taken",
    "kind_unknown": "chorus_type",
    "frame_unknown": "chorus_frame",
    "supplier_unknown": "chorus_supplier_unknown",
    "supplier_space": "chorus_supplier_space",
    "supplier_inactive": "chorus_structure_inactive",
    "buyer_absent": "chorus_buyer_missing",
    "buyer_unknown": "chorus_buyer_unknown",
    "buyer_inactive": "chorus_structure_inactive",
    "service_absent": "chorus_service_missing",
    "service_unknown": "chorus_service_unknown",
    "service_public": "chorus_service_reserved",
    "service_length": "chorus_service_length",
    "engagement_absent": "chorus_engagement_missing",
    "service_or_engagement": "chorus_service_or_engagement",
    "engagement_length": "chorus_reference_length",
    "market_length": "chorus_reference_length",
    "means_absent": "chorus_means_missing",
    "means_on_credit_note": "chorus_means_on_credit_note",
    "account_absent": "chorus_account_missing",
    "account_wrong": "chorus_account_wrong",
    "billing_country": "chorus_country",
    "delivery_country": "chorus_country",
    "line_gross_price": "chorus_gross_price",
    "line_vat_type": "chorus_line_vat",
    "line_vat_category": "chorus_line_vat",
    "lines_differ": "chorus_amounts",
    "vat_differs": "chorus_amounts",
    "gross_differs": "chorus_amounts",
    "payable_differs": "chorus_amounts",
    "amount_negative": "chorus_amount_negative",
    "paid_already": "chorus_paid_already",
    "origin_absent": "chorus_preceding_missing",
    "origin_many": "chorus_preceding",
    "attachment_name": "chorus_attachment",
    "attachment_extension": "chorus_attachment",
    "attachment_empty": "chorus_attachment",
    "attachment_size": "chorus_attachment",
    "net_absent": "chorus_mandatory",
}


@pytest.mark.parametrize("family", ["ubl", "cii"])
@pytest.mark.parametrize(("refusal", "code"), SAID.items())
def test_each_refusal_of_the_platform_is_known_and_has_a_place_in_the_file(
    refusal: str, code: str, family: str
) -> None:
    sent = ubl.render(invoice()) if family == "ubl" else cii.render(invoice())
    found = said(wording.refusal(refusal, family), sent)[0]

    assert found.code == code
    assert found.place.startswith("/Invoice" if family == "ubl" else "/rsm:CrossIndustryInvoice")
    assert int(found.facts["line"]) > 0
    assert found.raw


@pytest.mark.parametrize("refusal", ["service_unknown", "number_taken", "means_absent", "buyer_unknown"])
@pytest.mark.parametrize(
    "spoil",
    [
        str.upper,
        lambda text: text.replace("'", "\u2019").replace(" ", "  "),
        lambda text: text.replace("(", "« ").replace(")", " »"),
        lambda text: text.replace("referentiel", "référentiel").replace("numero", "numéro"),
        lambda text: f"  {text.rstrip('.')} ",
    ],
)
def test_accents_case_blanks_and_quotes_make_no_difference(refusal: str, spoil: Any) -> None:
    text = wording.refusal(refusal, "ubl")
    path = paths_in(text)[0]

    found = known(spoil(text).replace(spoil(path), path))

    assert found is not None
    assert found.code == SAID[refusal]


def test_the_seed_s_own_message_cut_by_the_screen_names_field_place_value_and_what_to_do() -> None:
    found = one(said(UNKNOWN_SERVICE))

    assert found.code == "chorus_service_unknown"
    assert found.place == "/Invoice/cac:AccountingCustomerParty/cac:AccountingContact/cbc:ID"
    assert found.seen == "SERVICE_DEST_SERV_OBL"
    assert found.shape["term"] == "BT-10"
    assert found.facts["field"] == "service"
    assert found.facts["command"] == "lettrage invoice resend FA-2025-000187 --file CORRIGE"
    assert "SERVICE_DEST_SERV_OBL" in found.shape["fr"]
    assert "resend FA-2025-000187" in found.shape["fix_en"]


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("GDP_MSG_11.022", "", "chorus_too_large"),
        ("", "POQ_MSG_01.003 - Flux introuvable.", "chorus_flow_unknown"),
        ("TRA_MSG_00_015", "La recherche n'a retourné aucun résultat", "chorus_nothing_found"),
        ("gdp_msg_11.033", "", "chorus_not_suspended"),
        ("", "Chorus is not available", "chorus_unavailable"),
        ("", "Service code is mandatory for this recipient", "chorus_service_missing"),
        ("", "The recipient not found or inactive", "chorus_buyer_unknown"),
        ("", "The header synthesis is not correct", "chorus_header"),
        ("", "The invoice could not be analysed.", "chorus_unreadable"),
        ("", "Attachment is of an unknown type or does not exist", "chorus_attachment"),
        ("", "The consistency checks on the payment request are not valid", "chorus_amounts"),
    ],
)
def test_codes_and_the_messages_of_entry_by_api(code: str, text: str, expected: str) -> None:
    found = known(text, code)

    assert found is not None
    assert found.code == expected


def test_the_figure_in_french_spelling_is_shown_at_its_line_and_position() -> None:
    sent = ubl.render(invoice()).replace(b">12126.03<", b">-1 324,60<", 1)
    line = sent[: sent.index(b"-1 324,60")].count(b"\n") + 1
    start = sent.rindex(b"\n", 0, sent.index(b"-1 324,60")) + 1
    end = sent.index(b">", sent.index(b"</", start)) + 1
    text = (
        "IRRECEVABILITE: cvc-datatype-valid.1.2.1: '-1 324,60' is not a valid value for 'decimal'. "
        f"- ligne: {line} - position: {len(sent[start:end].decode()) + 1}"
    )
    found = one(said(text, sent, "ERR_XSD_001"))

    assert found.code == "chorus_number_format"
    assert found.seen == "-1 324,60"
    assert sent.decode().splitlines()[line - 1].strip().startswith(f"<{found.place.split('/')[-1].split('[')[0]}")
    assert found.facts["line"] == str(line)


def test_any_other_message_of_the_schema_is_shown_where_it_points_to() -> None:
    text = "IRRECEVABILITE: cvc-complex-type.2.4.a: Invalid content. - ligne: 99999999 - position: 1"

    assert one(said(text)).code == "chorus_xsd"
    assert one(said(text)).place.startswith("/Invoice")
    assert one(said(text, b"no xml")).place == ""


# ---------------------------------------------------------------- cut messages


def test_a_text_that_fills_its_255_characters_is_split_known_by_its_beginnings_and_said_to_be_cut() -> None:
    refusals = ["supplier_unknown", "number_length", "service_unknown"]
    text = wording.joined([wording.refusal(code, "ubl") for code in refusals])
    assert len(text) == CUT_AT

    found = explain(
        FlowReport("IN_REJETE", documents=(DocumentError("FA-2025-000187", text),)), ubl.render(invoice()), invoice()
    )

    assert [one.code for one in found] == [
        "chorus_supplier_unknown", "chorus_number_length", "chorus_service_unknown", "chorus_cut",
    ]  # fmt: skip
    assert not found[-1].blocks


def test_what_was_kept_message_by_message_is_known_to_have_been_cut_too() -> None:
    text = wording.joined([wording.refusal(code, "ubl") for code in ("supplier_unknown", "buyer_unknown")])
    assert len(text) == CUT_AT
    kept = [Said(part) for part in text.split("|")]

    found = explain(kept, ubl.render(invoice()), invoice())

    assert [one.code for one in found] == ["chorus_supplier_unknown", "chorus_buyer_unknown", "chorus_cut"]


@pytest.mark.parametrize("refusal", sorted(set(SAID) - {"net_absent"}))
@pytest.mark.parametrize("family", ["ubl", "cii"])
def test_wherever_a_message_is_cut_nothing_false_is_said_of_it(refusal: str, family: str) -> None:
    whole = wording.refusal(refusal, family)
    for length in range(12, len(whole)):
        message = known(whole[:length], cut=True)
        fields = {field_of(path) for path in paths_in(whole[:length])} - {""}
        if message is not None and message.field and fields:
            assert message.field in fields, whole[:length]
    assert known(whole, cut=True) == known(whole)


def test_a_path_that_is_cut_within_a_name_still_finds_its_element() -> None:
    text = "L'element FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeAgreement.BuyerRefer"
    padded = "x" * (CUT_AT - len(text) - 1) + "|" + text
    found = explain(FlowReport("IN_REJETE", documents=(DocumentError("", padded),)), cii.render(invoice()), invoice())

    assert found[1].place.endswith("ram:BuyerReference")
    assert found[1].seen == "SERVICE_DEST_SERV_OBL"


# ---------------------------------------------------------------- what the value sent shows


def test_a_siren_where_a_siret_belongs_is_told_as_such() -> None:
    sent = ubl.render(invoice()).replace(b">26590671900010<", b">265906719<")
    found = one(said(wording.refusal("buyer_unknown", "ubl"), sent))

    assert found.code == "chorus_siren_for_siret"
    assert found.seen == "265906719"
    assert "9" in found.shape["fr"]


@pytest.mark.parametrize(
    ("syntax", "place"),
    [(ubl, "/Invoice/cbc:ID"), (cii, "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:ID")],
)
def test_a_number_that_another_invoice_has_is_shown_itself_and_not_the_buyer_told_with_it(
    syntax: Any, place: str
) -> None:
    document = invoice()
    other = f"2025-03-20 {document.buyer.siret or '26590671900010'} 1200.00 EUR"
    found = one(explain([Said(other, "numbering_error")], syntax.render(document), document))

    assert (found.place, found.seen, found.term) == (place, document.number, "BT-1")


def test_an_overseas_buyer_without_siret_is_told_as_such() -> None:
    buyer = msgspec.structs.replace(
        papers.BUYER, ids=(Identifier("FR12345678901", "0223"),), address=PostalAddress(city="FORT", country="MQ")
    )
    sent = ubl.render(invoice()).replace(b">26590671900010<", b">FR12345678901<")
    found = one(said(wording.refusal("buyer_unknown", "ubl"), sent, buyer=buyer))

    assert found.code == "chorus_overseas_buyer"
    assert "MQ" in found.shape["en"]


def test_of_many_lines_only_those_at_fault_are_shown() -> None:
    price = Price(figure("90.0000"), figure("10"), figure("100"))
    lines = [papers.line(1), msgspec.structs.replace(papers.line(2), price=price), papers.line(3)]
    sent = cii.render(invoice(lines=tuple(lines)))
    discounted = re.sub(rb"(?s)<ram:AppliedTradeAllowanceCharge>.*?</ram:AppliedTradeAllowanceCharge>", b"", sent)
    found = one(said(wording.refusal("line_gross_price", "cii"), discounted))

    assert "IncludedSupplyChainTradeLineItem[2]" in found.place
    assert found.facts["missing"] == "AppliedTradeAllowanceCharge/ActualAmount"


def test_what_is_missing_is_shown_where_it_should_stand() -> None:
    sent = cii.render(invoice(means=None))
    found = one(said(wording.refusal("means_absent", "cii"), sent))

    assert found.place.endswith("/ram:ApplicableHeaderTradeSettlement")
    assert found.expected == "SpecifiedTradeSettlementPaymentMeans/TypeCode"
    assert found.seen == ""


def test_the_same_fault_on_thousands_of_lines_is_told_a_few_times() -> None:
    lines = tuple(papers.line(at) for at in range(1, 2_001))
    sent = cii.render(invoice(lines=lines)).replace(b"<ram:CategoryCode>S</ram:CategoryCode>", b"")

    assert len(said(wording.refusal("line_vat_category", "cii"), sent)) == 20


# ---------------------------------------------------------------- unknown messages


def test_an_unknown_message_is_shown_as_it_came_with_what_the_file_has_of_it() -> None:
    text = "Regle G9.99 : la structure 26590671900010 refuse les factures du jeudi"
    found = one(said(text))

    assert found.code == "chorus_unknown"
    assert found.raw == text
    assert found.seen == "26590671900010"
    assert text in found.shape["fr"]


def test_any_dotted_path_is_found_also_one_that_the_catalogue_has_not() -> None:
    found = one(said("Interdit : AccountingSupplierParty.Party.PostalAddress.CityName.value"))

    assert found.code == "chorus_unknown"
    assert found.place == "/Invoice/cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cbc:CityName"
    assert found.seen == "ORSAY"


def test_an_element_named_alone_is_found() -> None:
    assert one(said("La balise DueDate est incoherente")).place == "/Invoice/cbc:DueDate"


@pytest.mark.parametrize(
    "text", ["", "|", "\x00\x1b[2J", "a.b", "A.B." * 5_000, "(" * 5_000, "é" * 2_000, "*", "* * *"]
)
@pytest.mark.parametrize("sent", [b"", b"<a/>", b"\xff\xfe", b"%PDF-1.7 nothing", "<é>ü</é>".encode("utf-16")])
def test_nothing_that_is_said_or_was_sent_breaks_the_explanation(text: str, sent: bytes) -> None:
    for found in explain([Said(text)], sent, invoice()):
        assert found.shape["fr"]
        assert "\x1b" not in found.shape["fr"]
    assert highlighted(sent, [Finding("chorus_unknown", place="/a")]) is not None


# ---------------------------------------------------------------- reports and statuses


def test_only_the_messages_about_this_invoice_are_explained() -> None:
    report = FlowReport(
        "IN_INTEGRE_PARTIEL",
        documents=(
            DocumentError("OTHER", UNKNOWN_SERVICE),
            DocumentError("FA-2025-000187", wording.TEXTS["means_absent"]),
        ),
    )

    assert [found.code for found in explain(report, ubl.render(invoice()), invoice())] != ["chorus_service_unknown"]


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        ("IN_INTEGRE", []),
        ("IN_RECU", []),
        ("IN_INTEGRE_PARTIEL", []),
        ("IN_REJETE", ["chorus_flow_rejected"]),
        ("QP_IRRECEVABLE", ["chorus_flow_rejected"]),
        ("IN_INCIDENTE", ["chorus_flow_again"]),
        ("IN_A_RELANCER", ["chorus_flow_again"]),
        ("IN_QUELQUE_CHOSE", ["chorus_state_unknown"]),
    ],
)
def test_a_flow_s_state_is_explained_where_nothing_else_is_said(state: str, codes: list[str]) -> None:
    assert [found.code for found in explain(FlowReport(state), ubl.render(invoice()), invoice())] == codes


def test_a_factur_x_refused_without_a_reason_is_explained_as_such() -> None:
    sent = facturx.render(invoice(), cii.render(invoice()))

    found = one(explain(FlowReport("IN_REJETE"), sent, invoice()))

    assert found.code == "chorus_facturx"


def test_the_places_of_a_factur_x_are_those_of_the_xml_inside() -> None:
    sent = facturx.render(invoice(), cii.render(invoice()))
    found = one(said(wording.refusal("service_unknown", "cii"), sent))

    assert found.place.endswith("/ram:ApplicableHeaderTradeAgreement/ram:BuyerReference")
    (mark,) = highlighted(sent, [found])
    assert (
        cii.render(invoice())[mark.start : mark.end]
        == b"<ram:BuyerReference>SERVICE_DEST_SERV_OBL</ram:BuyerReference>"
    )


def test_technical_errors_concern_every_invoice_of_the_flow() -> None:
    text = "IRRECEVABILITE: cvc-elt.1: Cannot find the declaration of element 'x'. - ligne: 2 - position: 5"
    report = FlowReport("IN_REJETE", technical=(TechnicalError("ERR_XSD_001", text),))

    assert [found.code for found in explain(report, ubl.render(invoice()), invoice())] == ["chorus_xsd"]


@pytest.mark.parametrize(
    ("status", "comment", "codes", "next_"),
    [
        ("DEPOSEE", "", [], ""),
        ("MISE_EN_PAIEMENT", "", [], ""),
        ("REJETEE", "Prestation non conforme", ["chorus_rejected_by_buyer"], "new_number"),
        ("SUSPENDUE", "Joindre le bon de livraison", ["chorus_suspended"], "complete"),
        ("A_RECYCLER", "", ["chorus_to_recycle"], "recycle"),
        ("ERREUR_FOURNISSEUR_SUR_MOE", "", ["chorus_supplier_to_act"], "portal"),
        ("ETAT_DE_2031", "", ["chorus_state_unknown"], "wait"),
        (
            "A_RECYCLER",
            "Le numero d'engagement juridique EJ-2025-0012345 n'existe pas ou n'est plus actif.",
            ["chorus_to_recycle", "chorus_engagement_wrong"],
            "recycle",
        ),
        (
            "REJETEE",
            "Le numéro d’engagement juridique EJ-2025-0012345 n'existe pas ou n'est plus actif.",
            ["chorus_rejected_by_buyer", "chorus_engagement_wrong"],
            "new_number",
        ),
    ],
)
def test_a_status_is_explained_where_the_supplier_must_act(
    status: str, comment: str, codes: list[str], next_: str
) -> None:
    found = explain(StatusEvent(status, AT, comment=comment), ubl.render(invoice()), invoice())

    assert [one.code for one in found] == codes
    assert {one.facts["next"] for one in found} <= {next_}
    assert all(one.raw == comment for one in found)
    if "chorus_engagement_wrong" in codes:
        assert found[-1].seen == "EJ-2025-0012345"
        assert found[-1].place == "/Invoice/cac:OrderReference/cbc:ID"


# ---------------------------------------------------------------- places


def test_marks_are_the_bytes_of_the_elements_at_fault_in_the_order_of_the_file() -> None:
    sent = ubl.render(invoice())
    found = [*said(UNKNOWN_SERVICE, sent), *said(wording.refusal("number_length", "ubl"), sent)]
    marks = highlighted(sent, [*found, *found])

    assert [sent[mark.start : mark.end] for mark in marks] == [
        b"<cbc:ID>FA-2025-000187</cbc:ID>",
        b"<cbc:ID>SERVICE_DEST_SERV_OBL</cbc:ID>",
    ]
    assert [mark.codes for mark in marks] == [("chorus_number_length",), ("chorus_service_unknown",)]
    for mark in marks:
        assert sent.decode().splitlines()[mark.line - 1][mark.column - 1 :].startswith("<cbc:ID>")


def test_lines_and_columns_are_counted_in_characters_also_behind_comments_and_accents() -> None:
    file = SentFile("<?xml version='1.0'?>\n<!-- <b>é</b> -->\n<a x='>'>é€😀<b><![CDATA[<c>]]></b><c/></a>".encode())

    places = {element.name: file.place(element) for element in file.root}
    assert (places["a"].line, places["a"].column) == (3, 1)
    assert (places["b"].line, places["b"].column, places["b"].seen) == (3, 13, "<c>")
    assert file.data[places["b"].start : places["b"].end] == b"<b><![CDATA[<c>]]></b>"
    assert file.data[places["c"].start : places["c"].end] == b"<c/>"


def test_the_validator_s_positions_lead_to_the_innermost_element() -> None:
    file = SentFile(b"<a>\n  <b><c>1</c><d>2</d></b>\n</a>")

    assert file.at(2, 14).name == "c"  # behind </c>
    assert file.at(2, 9).name == "c"  # behind <c>
    assert file.at(2, 22).name == "d"
    assert file.at(2, 6).name == "b"
    assert file.at(0, 0).name == "a"
    assert file.at(77, 1).name == "a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(balise : ID.value)", ["ID.value"]),
        (f"({SERVICE})", [SERVICE]),
        (
            "FichierXml.….BuyerOrderReferencedDocument.IssuerAssignedID.value",
            ["FichierXml.….BuyerOrderReferencedDocument.IssuerAssignedID.value"],
        ),
        ("cvc-datatype-valid.1.2.1: '-1 324,60'", []),
        ("TRA_MSG_00.015 - GDP_MSG_11.022. Le referentiel. Le port", []),
        ("voir www.chorus-pro.gouv.fr, p.ex. le guide", []),
        ("Le code service (destinataire.codeServiceExecutant)", ["destinataire.codeServiceExecutant"]),
        (
            "…BusinessProcessSpecifiedDocumentContextParameter.ID…",
            ["BusinessProcessSpecifiedDocumentContextParameter.ID"],
        ),
    ],
)
def test_paths_are_told_from_what_only_has_points(text: str, expected: list[str]) -> None:
    assert paths_in(text) == expected


def test_every_path_of_the_table_stands_for_one_field() -> None:
    for name, field in FIELDS.items():
        for path in (*field.ubl, *field.cii):
            assert field_of(path) == name
            assert field_of(f"FichierXml.SupplyChainTradeTransaction.{path}.value") == name or len(names(path)) == 1


def test_a_pattern_means_what_it_says_and_only_one_message() -> None:
    for message in messages().values():
        for says in message.says:
            if message.field and folded(says).startswith(("*", "l element *")):
                continue
            found = known(says.replace("*", "(Any.Thing)") if not message.field else says)
            assert found is None or message.code in (found.code, "chorus_mandatory"), says


@pytest.mark.parametrize(
    "before", ['<?xml ve8"?>', "<?xml version='1.0'?>", "\ufeff", "\ufeff<?xml version='1.0'?>\n", ""]
)
def test_a_sent_file_is_read_whatever_it_begins_with(before: str) -> None:
    """Readers of XML differ about what may stand there."""
    assert SentFile(f"{before}<a><b>é</b></a>".encode()).root.children[0].text == "é"


@pytest.mark.parametrize("before", ["\ufeff\ufeff", "<?xml version='1.0' encoding='utf-16'?>"])
def test_a_beginning_that_no_reader_takes_is_told(before: str) -> None:
    with pytest.raises(Unreadable):
        SentFile(f"{before}<a/>".encode())

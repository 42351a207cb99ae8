"""Deposits, the states of a flow, lots, schemas, limits, and files that mean harm."""

import base64
import gzip
import io
import re
import tarfile
import time

import pytest

from tests.simulator.caller import Caller
from tests.simulator.flow import INTEGRATION, SYNTAX, deposit, outcome, passed, report
from tests.simulator.samples import facturx, invoice, lot, plain_pdf

STATES = ["IN_RECU", "IN_TRAITE_SE_CPP", "IN_EN_ATTENTE_TRAITEMENT_CPP", "IN_EN_COURS_TRAITEMENT_CPP"]
FIRST = "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP"
DEPOSIT = "factures/v1/deposer/flux"


def state(caller: Caller, number: str) -> str:
    code: str = report(caller, number)["etatCourantDepotFlux"]
    return code


# ---------------------------------------------------------------- deposits


@pytest.mark.parametrize(("family", "interface"), [("ubl", "1100"), ("cii", "1106"), ("facturx", "1117")])
def test_a_flow_number_has_25_characters_and_names_its_interface(caller: Caller, family: str, interface: str) -> None:
    number = deposit(caller, b"anything", family)

    assert re.fullmatch(rf"CPP001{interface}[0-9]{{15}}", number)
    assert report(caller, number)["codeInterfaceDepotFlux"] == f"FSO{interface}"


@pytest.mark.parametrize("data", [b"", b"\0", b"<a", b"%PDF-", b"\x1f\x8b", invoice("ubl")])
@pytest.mark.parametrize("family", ["ubl", "facturx", "IN_DP_E1_XCBL"])
def test_whatever_is_base64_is_taken(caller: Caller, data: bytes, family: str) -> None:
    assert deposit(caller, data + b"x", family)


def test_a_deposit_answers_with_what_the_platform_answers(caller: Caller) -> None:
    answer = caller.asked(
        DEPOSIT, {"fichierFlux": "PGEv\r\nPg==", "nomFichier": "a.xml", "syntaxeFlux": SYNTAX["ubl"], "other": 1}
    )

    assert answer.keys() == {"codeRetour", "libelle", "numeroFluxDepot", "dateDepot", "syntaxeFlux"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", answer["dateDepot"])


@pytest.mark.parametrize(
    "change",
    [
        {"fichierFlux": "pas du base64 !"}, {"fichierFlux": ""}, {"fichierFlux": None}, {"fichierFlux": ["YQ=="]},
        {"syntaxeFlux": "IN_DP_E2_FACTURX"}, {"syntaxeFlux": ""}, {"nomFichier": "a" * 201}, {"nomFichier": None},
    ],
)  # fmt: skip
def test_a_malformed_deposit_is_refused_with_400(caller: Caller, change: dict[str, object]) -> None:
    right = {"fichierFlux": "YQ==", "nomFichier": "a.xml", "syntaxeFlux": SYNTAX["ubl"]}

    answer = caller.post(DEPOSIT, {**right, **change})

    assert answer.status_code == 400
    assert isinstance(answer.json()["codeRetour"], int)
    assert " - " in answer.json()["libelle"]


def test_10_mb_are_taken_and_one_byte_more_is_not_unless_it_is_compressed(caller: Caller) -> None:
    most = 10 * 1024 * 1024

    def answered(data: bytes) -> tuple[int, str]:
        body = {"fichierFlux": base64.b64encode(data).decode(), "nomFichier": "f", "syntaxeFlux": SYNTAX["ubl"]}
        answer = caller.asked(DEPOSIT, body)
        return answer["codeRetour"], answer["libelle"][:14]

    assert answered(bytes(most)) == (0, "GCU_MSG_01_000")
    assert answered(bytes(most + 1)) == (20001, "GDP_MSG_11.022")
    assert answered(b"\x1f\x8b" + bytes(most)) == (0, "GCU_MSG_01_000")
    assert answered(b"\x1f\x8b" + bytes(3 * most - 1)) == (20001, "GDP_MSG_11.022")


# ---------------------------------------------------------------- states


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_flow_passes_through_two_to_four_states_in_their_order(caller: Caller, before: int) -> None:
    caller.control("PATCH", "settings", {"platform": {"received_states": True}})
    for _ in range(before):
        deposit(caller, b"<a/>")
    number = deposit(caller, invoice("ubl"))
    seen = [state(caller, number)]
    for _ in range(60):
        passed(caller, 10)
        seen.append(state(caller, number))

    order = list(dict.fromkeys(seen))
    assert order[0] == FIRST
    assert order[-1] == "IN_INTEGRE"
    assert 2 <= len(order[1:-1]) <= 4
    assert order[1:-1] == [code for code in STATES if code in order]


def test_no_flow_seems_done_to_who_takes_its_receipt_for_that(caller: Caller) -> None:
    number = deposit(caller, invoice("ubl"))
    seen = set()
    for _ in range(60):
        passed(caller, 10)
        seen.add(state(caller, number))

    assert seen == {FIRST, *STATES[2:], "IN_INTEGRE"}


def test_the_result_bears_the_date_of_the_result_and_not_of_the_question(caller: Caller) -> None:
    number = deposit(caller, invoice("ubl"))
    passed(caller, INTEGRATION)
    first = report(caller, number)
    passed(caller, 86400)

    assert report(caller, number) == first
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00", first["dateHeureEtatCourantFlux"])


@pytest.mark.parametrize("service", ["consulterCR", "consulterCRDetaille"])
def test_an_unknown_flow_is_not_found(caller: Caller, service: str) -> None:
    answer = caller.asked(f"transverses/v1/{service}", {"numeroFluxDepot": "CPP0011100000000000009999"})

    assert answer == {"codeRetour": 20001, "libelle": "POQ_MSG_01.003 - Flux introuvable."}


def test_the_report_is_a_pdf(caller: Caller) -> None:
    number = deposit(caller, invoice("ubl", supplier="1"))
    passed(caller, INTEGRATION)

    answer = caller.asked("transverses/v1/consulterCR", {"numeroFluxDepot": number})

    assert answer["etatCourantFlux"] == "IN_REJETE"
    assert answer["codeInterfaceFlux"] == "FSO1100"
    assert base64.b64decode(answer["fichierCR"]).startswith(b"%PDF-")


@pytest.mark.parametrize("end", ["IN_INCIDENTE", "IN_EN_ATTENTE_RETRAITEMENT_CPP", "IN_ETAT_DE_DEMAIN"])
def test_a_flow_may_end_unjudged_and_be_taken_up_again(caller: Caller, end: str) -> None:
    caller.control("POST", "flows/stop-next", {"state": end})
    stopped, other = deposit(caller, invoice("ubl")), deposit(caller, invoice("ubl", number="F2"))
    assert state(caller, stopped) == FIRST
    passed(caller, 86400)

    assert (state(caller, stopped), state(caller, other)) == (end, "IN_INTEGRE")
    caller.control("DELETE", f"flows/{stopped}/stop")
    assert state(caller, stopped) == "IN_INTEGRE"


# ---------------------------------------------------------------- lots


@pytest.mark.parametrize("family", ["ubl", "cii", "facturx"])
def test_of_a_lot_of_12_the_3_wrong_ones_are_refused(caller: Caller, family: str) -> None:
    wrong = {3: {"buyer": "1"}, 7: {"buyer": "12345678200028"}, 11: {"number": "F2"}}
    written = [invoice("ubl" if family == "ubl" else "cii", **{"number": f"F{n}", **wrong.get(n, {})})
               for n in range(1, 13)]  # fmt: skip
    files = [(f"{n}.pdf", facturx(xml)) if family == "facturx" else (f"{n}.xml", xml) for n, xml in enumerate(written)]

    number = deposit(caller, lot(files), family, "lot.tar.gz")
    passed(caller, INTEGRATION)

    told = report(caller, number)
    assert told["etatCourantDepotFlux"] == "IN_INTEGRE_PARTIEL"
    assert [refused["numeroDP"] for refused in told["listeErreurDP"]] == ["F3", "F7", "F2"]
    found = caller.asked(
        "factures/v1/rechercher/fournisseur",
        {"numeroFluxDepot": number, "rechercheFactureParFournisseur": {"nbResultatsParPage": 14}},
    )
    assert {one["numeroFacture"] for one in found["listeFactures"]} == {f"F{n}" for n in (1, 2, 4, 5, 6, 8, 9, 10, 12)}


def test_one_file_that_its_schema_refuses_refuses_the_whole_lot(caller: Caller) -> None:
    bad = invoice("ubl", number="F2").replace(b">100.00<", b">-1 324,60<", 1)

    told = outcome(caller, lot([("1.xml", invoice("ubl")), ("2.xml", bad)]), name="lot.tar.gz")

    assert told["etatCourantDepotFlux"] == "IN_REJETE"
    assert told["listeErreurDP"] is None
    assert told["listeErreurTechnique"][0]["codeErreur"] == "ERR_XSD_001"


# ---------------------------------------------------------------- schemas

_INVALID = {
    "decimal": (b"<cbc:PriceAmount currencyID=\"EUR\">50.00", b"<cbc:PriceAmount currencyID=\"EUR\">-1 324,60",
                "cvc-datatype-valid.1.2.1: '-1 324,60' is not a valid value for 'decimal'."),
    "date": (b"2026-11-20", b"20/11/2026", "cvc-datatype-valid.1.2.1: '20/11/2026' is not a valid value for 'date'."),
    "empty date": (b"2026-11-20", b"", "cvc-datatype-valid.1.2.1: '' is not a valid value for 'date'."),
    "unexpected": (b"<cac:Price>", b"<cac:Prix>", "cvc-complex-type.2.4.a: Invalid content was found starting with "
                   "element 'cac:Prix'. One of '{"),
    "incomplete": (b"<cbc:Name>Papier</cbc:Name>", b"<cbc:Name>Papier</cbc:Name><cac:CommodityClassification/>", None),
    "attribute missing": (b'<cbc:PriceAmount currencyID="EUR">', b"<cbc:PriceAmount>",
                          "cvc-complex-type.4: Attribute 'currencyID' must appear on element 'cbc:PriceAmount'."),
    "attribute unknown": (b"<cac:Price>", b'<cac:Price nom="x">', "cvc-complex-type.3.2.2: Attribute 'nom' is not "
                          "allowed to appear in element 'cac:Price'."),
    "text between": (b"<cac:Price>", b"<cac:Price>x", "cvc-complex-type.2.3: Element 'cac:Price' cannot have character "
                     "[children], because the type's content type is element-only."),
    "root": (b"Invoice", b"Facture", "cvc-elt.1: Cannot find the declaration of element 'Facture'."),
}  # fmt: skip


@pytest.mark.parametrize("what", _INVALID)
def test_the_schema_speaks_in_the_validators_words(caller: Caller, what: str) -> None:
    right, wrong, text = _INVALID[what]
    xml = invoice("ubl").replace(right, wrong)
    if what == "unexpected":
        xml = xml.replace(b"</cac:Price>", b"</cac:Prix>")
    if text is None:
        text = "cvc-complex-type.2.4.a: Invalid content was found starting with element 'cac:CommodityClassification'"
        xml = invoice("ubl").replace(b"<cac:Item>", b"<cac:CommodityClassification/><cac:Item>")

    errors = outcome(caller, xml)["listeErreurTechnique"]

    assert errors[0]["codeErreur"] == "ERR_XSD_001"
    assert errors[0]["libelleErreur"].startswith(f"IRRECEVABILITE: {text}")
    assert re.search(r" - ligne: \d+ - position: \d+$", errors[0]["libelleErreur"])


def test_the_place_is_behind_the_tag_at_fault(caller: Caller) -> None:
    xml = invoice("ubl").replace(b">50.00<", b">-1 324,60<")
    line = next(n for n, text in enumerate(xml.split(b"\n"), 1) if b"-1 324,60" in text)
    position = xml.split(b"\n")[line - 1].index(b"</cbc:PriceAmount>") + len("</cbc:PriceAmount>") + 1

    errors = outcome(caller, xml)["listeErreurTechnique"]

    assert [error["libelleErreur"] for error in errors] == [
        "IRRECEVABILITE: cvc-datatype-valid.1.2.1: '-1 324,60' is not a valid value for 'decimal'. "
        f"- ligne: {line} - position: {position}",
        "IRRECEVABILITE: cvc-complex-type.2.2: Element 'cbc:PriceAmount' must have no element [children], and the "
        f"value must be valid. - ligne: {line} - position: {position}",
    ]


@pytest.mark.parametrize("family", ["cii", "facturx"])
def test_cii_has_its_schema_too(caller: Caller, family: str) -> None:
    xml = invoice("cii").replace(b">50.00<", b">cinquante<")
    data = facturx(xml) if family == "facturx" else xml

    errors = outcome(caller, data, family, "f.pdf")["listeErreurTechnique"]

    assert errors[0]["libelleErreur"].startswith(
        "IRRECEVABILITE: cvc-datatype-valid.1.2.1: 'cinquante' is not a valid value for 'decimal'."
    )


def test_the_syntax_chooses_the_schema_and_not_the_file(caller: Caller) -> None:
    [error, *_] = outcome(caller, invoice("ubl"), "cii")["listeErreurTechnique"]

    assert "cvc-elt.1: Cannot find the declaration of element 'Invoice'." in error["libelleErreur"]


def test_the_root_of_a_ubl_credit_note_is_refused_unless_set_otherwise(caller: Caller) -> None:
    xml = invoice("ubl", kind="381", means="").replace(b"InvoiceTypeCode", b"CreditNoteTypeCode")
    xml = xml.replace(b"Invoice>", b"CreditNote>").replace(b"<Invoice", b"<CreditNote").replace(
        b"xsd:Invoice-2", b"xsd:CreditNote-2").replace(b"InvoiceLine", b"CreditNoteLine").replace(
        b"InvoicedQuantity", b"CreditedQuantity")  # fmt: skip

    assert outcome(caller, xml)["etatCourantDepotFlux"] == "IN_REJETE"
    caller.control("PATCH", "settings", {"platform": {"ubl_credit_notes": True}})
    assert outcome(caller, xml)["etatCourantDepotFlux"] == "IN_INTEGRE"


# ---------------------------------------------------------------- harm


def _laughs() -> bytes:
    rows = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 20))
    return f'<!DOCTYPE a [<!ENTITY l0 "ha">{rows}]><a>&l19;</a>'.encode()


def _many_members() -> bytes:
    return lot((f"{n}.xml", b"<a/>") for n in range(600))


def _link() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("a.xml")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    return gzip.compress(packed.getvalue())


def _bomb() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as out:
        head = tarfile.TarInfo("a.xml")
        head.size = 10**9
        out.write(head.tobuf())
        for _ in range(300):
            out.write(bytes(1024 * 1024))
    return packed.getvalue()


def _pdf_of_itself() -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Names<</EmbeddedFiles 2 0 R>>>>endobj\n"
        b"2 0 obj<</Kids[2 0 R 2 0 R]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


HARM = {
    "billion laughs": ("ubl", _laughs),
    "external entity": ("ubl", lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    "entity in UTF-16": ("ubl", lambda: '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16")),
    "10 MB of nested tags": ("ubl", lambda: b"<a>" * 1_400_000 + b"</a>" * 1_400_000),
    "10 MB of open tags": ("ubl", lambda: b"<a>" * 3_400_000),
    "10 MB of flat tags": ("ubl", lambda: b"<r>" + b"<a/>" * 2_600_000 + b"</r>"),
    "10 MB of attributes": ("ubl", lambda: b"<r " + b" ".join(b'a%d="1"' % n for n in range(700_000)) + b"/>"),
    "10 MB of faulty notes": (
        "ubl",
        lambda: invoice("ubl").replace(
            b"<cbc:DocumentCurrencyCode>", b"<cbc:Note a='1'/>" * 600_000 + b"<cbc:DocumentCurrencyCode>", 1
        ),
    ),
    "10 MB of text": ("ubl", lambda: b"<r>" + b"x" * 10_000_000 + b"</r>"),
    "nothing but zeros": ("ubl", lambda: bytes(1000)),
    "tar bomb": ("ubl", _bomb),
    "gzip of nothing": ("ubl", lambda: gzip.compress(b"")),
    "gzip of no tar": ("ubl", lambda: gzip.compress(b"hello" * 1000)),
    "gzip cut short": ("ubl", lambda: lot([("a.xml", invoice("ubl"))])[:-200]),
    "link in an archive": ("ubl", _link),
    "600 files": ("ubl", _many_members),
    "PDF without data": ("facturx", plain_pdf),
    "PDF of itself": ("facturx", _pdf_of_itself),
    "PDF cut short": ("facturx", lambda: facturx(invoice("cii"))[:-3000]),
    "XML as PDF": ("facturx", lambda: invoice("cii")),
    "PDF as XML": ("cii", lambda: facturx(invoice("cii"))),
}


@pytest.mark.parametrize("what", HARM)
def test_a_file_that_means_harm_is_a_technical_error(caller: Caller, what: str) -> None:
    family, made = HARM[what]
    data = made()
    begun = time.monotonic()

    told = outcome(caller, data, family, "f")

    assert told["etatCourantDepotFlux"] == "IN_REJETE"
    assert told["listeErreurTechnique"][0]["libelleErreur"].startswith("IRRECEVABILITE: ")
    assert "root:" not in str(told)
    assert len(told["listeErreurTechnique"]) <= 100
    assert time.monotonic() - begun < 20


def test_what_nobody_describes_is_taken_and_yields_no_invoice(caller: Caller) -> None:
    told = outcome(caller, b"<CPPFactures/>", "IN_DP_E2_CPP_FACTURE_MIN")

    assert (told["etatCourantDepotFlux"], told["codeInterfaceDepotFlux"]) == ("IN_INTEGRE", "FSO1110")

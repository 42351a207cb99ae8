"""Searches and sheets of invoices, submissions, downloads."""

import base64
import io
import re
import zipfile
from typing import Any

import pytest

from tests.simulator.caller import Caller
from tests.simulator.flow import available, deposit, history, integrated, move, passed
from tests.simulator.samples import facturx, invoice, lot, plain_pdf

SEARCH = "factures/v1/rechercher/fournisseur"
PAGE = "rechercheFactureParFournisseur"
NOTHING = {
    "codeRetour": 20000,
    "libelle": "TRA_MSG_00.015 - La recherche n'a retourné aucun résultat",
    "parametresRetour": {"nbResultatsParPage": 10, "pageCourante": 1, "pages": 0, "total": 0},
}


def found(caller: Caller, **body: Any) -> list[str]:
    """The numbers that a search finds, sorted."""
    answer = caller.asked(SEARCH, body)
    return sorted(one["numeroFacture"] for one in answer["listeFactures"]) if answer["codeRetour"] == 0 else []


@pytest.fixture
def flow_of_12(caller: Caller) -> str:
    packed = lot((f"{n}.xml", invoice("ubl", number=f"F{n:02}")) for n in range(1, 13))
    number = deposit(caller, packed, name="lot.tar.gz")
    passed(caller, 601)
    return number


def test_pages_hold_ten_unless_asked_otherwise(caller: Caller, flow_of_12: str) -> None:
    def page(**asked: Any) -> tuple[list[str], dict[str, int]]:
        answer = caller.asked(SEARCH, {"numeroFluxDepot": flow_of_12, PAGE: asked})
        return [one["numeroFacture"] for one in answer["listeFactures"]], answer["parametresRetour"]

    first, said = page()
    second, said_then = page(pageResultatDemandee=2)
    assert said == {"nbResultatsParPage": 10, "pageCourante": 1, "pages": 2, "total": 12}
    assert said_then == {**said, "pageCourante": 2}
    assert (len(first), len(second)) == (10, 2)
    assert sorted(first + second) == [f"F{n:02}" for n in range(1, 13)]
    assert len(page(nbResultatsParPage=14)[0]) == 12
    assert page(nbResultatsParPage=5, triColonne="numeroFacture", triSens="Ascendant")[0] == [
        f"F{n:02}" for n in range(1, 6)
    ]
    assert page(nbResultatsParPage=2, triColonne="numeroFacture", triSens="Descendant")[0] == ["F12", "F11"]
    assert caller.post(SEARCH, {PAGE: {"triSens": "Autre"}}).status_code == 400


def test_a_flow_without_result_has_no_invoice_yet(caller: Caller) -> None:
    number = deposit(caller, invoice("ubl"))

    assert caller.asked(SEARCH, {"numeroFluxDepot": number}) == NOTHING
    assert caller.asked(SEARCH, {"numeroFacture": "F2026-001"}) == NOTHING


def test_filters_choose(caller: Caller) -> None:
    one = available(caller, invoice("ubl", number="F1", market="M1"))
    available(caller, invoice("cii", number="A1", kind="381"), "cii")
    available(
        caller,
        invoice("cii", number="F2", buyer="12345678200036", engagement="EJ1", net="100.10", line_total="100.10",
                gross="120.10", payable="120.10")
        .replace(b"<ram:LineTotalAmount>100.00", b"<ram:LineTotalAmount>100.10"),
        "cii",
    )  # fmt: skip
    move(caller, one, "SUSPENDUE", motive="?")
    deposited = sorted(one["dateDepot"] for one in caller.asked(SEARCH, {})["listeFactures"])  # perhaps over midnight
    every = ["A1", "F1", "F2"]

    chosen: list[tuple[dict[str, Any], list[str]]] = [
        ({}, every),
        ({"numeroFacture": "F1"}, ["F1"]),
        ({"numeroFactureOrigine": "F2026-000"}, ["A1"]),
        ({"numeroBonCommande": "EJ1"}, ["F2"]),
        ({"numeroMarche": "M1"}, ["F1"]),
        ({"typeFacture": "AVOIR"}, ["A1"]),
        ({"statutCourant": ["SUSPENDUE", "REJETEE"]}, ["F1"]),
        ({"statutCourant": "MISE_A_DISPOSITION"}, ["A1", "F2"]),
        ({"periodeDateDepotDu": deposited[0], "periodeDateDepotAu": deposited[-1]}, every),
        ({"periodeDateDepotAu": "2020-01-01"}, []),
        ({"periodeDateFactureDu": "2026-11-20", "periodeDateFactureAu": "2026-11-20"}, every),
        ({"periodeDateFactureDu": "2026-11-21"}, []),
        ({"periodeDateHeureEtatCourantDu": "2020-01-01 00:00"}, every),
        ({"periodeDateHeureEtatCourantAu": "2020-01-01 00:00"}, []),
        ({"montantHTMin": 100.1}, ["F2"]),
        ({"montantHTMax": "100.09"}, ["A1", "F1"]),
        ({"montantTTCMin": 120.1, "montantTTCMax": 120.1}, ["F2"]),
        ({"montantApayerMax": 120}, ["A1", "F1"]),
        ({"idFournisseur": 26300989}, every),
        ({"idFournisseur": 1}, []),
        ({"listeDestinataire": [{"idDestinataire": 25783451}]}, ["F2"]),
        ({"listeDestinataire": [{"idDestinataire": 25783451}], "rechercheSirenDestinataire": True}, every),
        ({"listeDestinataire": [{"raisonSocialeStuctDmd": "avec ej obl"}]}, ["F2"]),
        ({"listeDestinataire": [{"listeIdServiceExecutant": [1]}]}, []),
        ({"coordonneeBancaire": "FR7630006000011234567890189"}, every),
        ({"modeDepot": "UPLOAD_API"}, every),
        ({"modeDepot": "SAISIE_API"}, []),
        ({"cadreFacturation": "A1_FACTURE_FOURNISSEUR"}, every),
        ({"idUtilisateurCreateur": [7]}, []),
        ({"numeroFacture": None, "statutCourant": [], "listeDestinataire": None}, every),
    ]  # fmt: skip
    assert [found(caller, **body) for body, _ in chosen] == [numbers for _, numbers in chosen]


@pytest.mark.parametrize(
    "body",
    [
        {"periodeDateDepotDu": "hier"}, {"periodeDateDepotAu": "9999-12-31"}, {"montantHTMin": "cent"},
        {"montantHTMin": "1e999999"}, {"montantHTMin": True}, {"listeDestinataire": ["x"]}, {"statutCourant": [{}]},
        {"rejetTraite": "oui"}, {PAGE: []}, {PAGE: {"nbResultatsParPage": "x"}},
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_read_is_refused_with_400(caller: Caller, body: dict[str, Any]) -> None:
    integrated(caller, invoice("ubl"))

    assert caller.post(SEARCH, body).status_code == 400


def test_another_suppliers_invoices_are_not_found(caller: Caller) -> None:
    key = integrated(caller, invoice("ubl"))
    caller.simulator.simulation.change_account(structures=(26300991,))

    assert caller.asked(SEARCH, {}) == NOTHING
    answer = caller.asked("factures/v1/consulter/fournisseur", {"identifiantFactureCPP": key})
    assert answer["libelle"][:14] == "GDP_MSG_11.005"


def test_amounts_are_numbers_exactly_as_written(caller: Caller) -> None:
    big = "12345678901234567.123456"
    available(caller, invoice("ubl", net=big, vat="0.000000", gross=big, payable=big)
              .replace(b">20.00</cbc:TaxAmount>", b">0.000000</cbc:TaxAmount>")
              .replace(b">100.00</cbc:LineExtensionAmount>", f">{big}</cbc:LineExtensionAmount>".encode()))  # fmt: skip

    written = caller.post(SEARCH, {}).text

    assert f'"montantTTC":{big},' in written


def test_what_remains_to_be_looked_after(caller: Caller) -> None:
    done = available(caller, invoice("ubl", number="F1"))
    available(caller, invoice("ubl", number="F2"))
    move(caller, done, "MISE_EN_PAIEMENT")

    answer = caller.asked("factures/v1/rechercher/atraiter/fournisseur", {})

    assert [one["numeroFacture"] for one in answer["listeFactures"]] == ["F2"]
    assert answer["parametresRetour"]["total"] == 1


def test_a_buyers_search_tells_its_pages_beside_the_list(caller: Caller) -> None:
    available(caller, invoice("ubl"))
    caller.simulator.simulation.change_account(structures=(25783450,))

    answer = caller.asked("factures/v1/rechercher/recipiendaire", {})

    assert (answer["pageCourante"], answer["pages"], len(answer["listeFactures"])) == (1, 1, 1)


# ---------------------------------------------------------------- one invoice


def test_one_invoice_is_shown_whole(caller: Caller) -> None:
    content = base64.b64encode(b"bon").decode()
    key = available(
        caller, invoice("cii", service="ACHATS", buyer="12345678200069", attachment=("bon.pdf", content)), "cii"
    )

    sheet = caller.asked("factures/v1/consulter/fournisseur", {"identifiantFactureCPP": key})["facture"]

    assert sheet["statutFacture"] == "MISE_A_DISPOSITION"
    assert sheet["cadreDeFacturation"]["codeCadreFacturation"] == "A1_FACTURE_FOURNISSEUR"
    assert sheet["destinataire"]["codeServiceExecutant"] == "ACHATS"
    assert sheet["fournisseur"]["codeFournisseur"] == "33254021516357"
    assert sheet["references"] | {"dateDepot": 0, "dateCreationFacture": 0} == {
        "dateFacture": "2026-11-20", "dateDepot": 0, "dateCreationFacture": 0, "dateEcheancePaiement": None,
        "codeDeviseFacture": "EUR", "typeFacture": "FACTURE", "typeTva": "TVA_SUR_DEBIT", "modePaiement": "VIREMENT",
        "motifExonerationTva": None, "numeroBonCommande": None, "numeroMarche": None, "numeroFactureOrigine": None,
        "numeroDpMandat": None, "tailleTotalePiecesJointes": 3,
    }  # fmt: skip
    assert sheet["montantTotal"]["montantHtTotal"] == 100
    assert sheet["lignesDePoste"]["lignePoste"][0]["lignePosteDenomination"] == "Papier"
    assert sheet["recapitulatifDeTva"]["ligneTva"][0]["ligneTvaMontantTvaParTaux"] == 20
    assert sheet["listeDesPiecesJointes"]["pieceJointe"][0]["pieceJointeTaille"] == 3


def test_the_history_has_its_own_paging_and_its_minutes(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    for _ in range(10):
        move(caller, key, "MANDATEE")

    told = history(caller, key)["historiquesDesStatuts"]
    asked = {"nbResultatsParPageListeHistoStatut": 5, "pageResultatDemandeeListeHistoStatut": 3,
             "triSensListeHistoStatut": "Ascendant"}  # fmt: skip
    third = history(caller, key, paramRechercheHistoStatuts=asked)["historiquesDesStatuts"]

    assert (len(told["histoStatut"]), told["pagesHistoStatut"], told["totalHistoStatut"]) == (10, 2, 13)
    assert (len(third["histoStatut"]), third["pageCouranteHistoStatut"], third["pagesHistoStatut"]) == (3, 3, 3)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", one["histoStatutDatePassage"]) for one in told["histoStatut"])
    ids = [one["histoStatutId"] for one in told["histoStatut"]]
    assert ids == sorted(ids, reverse=True)
    assert len(history(caller, key)["historiquesDesEvenementsComplementaires"]["evenement"]) == 2


# ---------------------------------------------------------------- without a flow


def submission(**changes: Any) -> dict[str, Any]:
    return {
        "modeDepot": "SAISIE_API",
        "destinataire": {"codeDestinataire": "12345678200051"},
        "fournisseur": {"idFournisseur": 26300989, "codeCoordonneesBancairesFournisseur": 51001},
        "cadreDeFacturation": {"codeCadreFacturation": "A1_FACTURE_FOURNISSEUR"},
        "references": {"deviseFacture": "EUR", "typeFacture": "FACTURE", "typeTva": "TVA_SUR_DEBIT",
                       "modePaiement": "VIREMENT"},
        "lignePoste": [{"lignePosteNumero": 1, "lignePosteReference": "R", "lignePosteDenomination": "Papier",
                        "lignePosteQuantite": 2, "lignePosteUnite": "lot", "lignePosteMontantUnitaireHT": 50.05,
                        "lignePosteMontantRemiseHT": 0.1, "lignePosteTauxTva": "TVA11"}],
        "ligneTva": [{"ligneTvaTauxManuel": 20, "ligneTvaMontantBaseHtParTaux": 100, "ligneTvaMontantTvaParTaux": 20}],
        "montantTotal": {"montantHtTotal": 100, "montantTVA": 20, "montantTtcTotal": 120, "montantAPayer": 120},
        **changes,
    }  # fmt: skip


def test_an_invoice_submitted_field_by_field_is_deposited_at_once_under_a_number_of_20(caller: Caller) -> None:
    answer = caller.asked("factures/v1/soumettre", submission())

    assert (answer["codeRetour"], answer["libelle"], answer["statutFacture"]) == (0, "GCU_MSG_01_000", "DEPOSEE")
    assert re.fullmatch(r"20\d\d[0-9]{16}", answer["numeroFacture"])
    assert caller.asked("factures/v1/soumettre", submission())["numeroFacture"] != answer["numeroFacture"]
    assert found(caller, modeDepot="SAISIE_API", numeroFacture=answer["numeroFacture"]) == [answer["numeroFacture"]]


def test_a_submission_is_judged_at_once(caller: Caller) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"destinataire": {"codeDestinataire": "1"}}, "n'est pas reference dans notre systeme."),
        ({"destinataire": {"codeDestinataire": "12345678200028"}}, "Le code service (destinataire."),
        ({"numeroFactureSaisi": "F" * 21}, "ne doit pas depasser 20 caracteres"),
        ({"fournisseur": {"idFournisseur": 25783450}}, "L'identifiant fournisseur"),
        ({"montantTotal": {"montantHtTotal": 1, "montantTVA": 2, "montantTtcTotal": 4}}, "montantTotal.montantAPayer"),
        ({"lignePoste": []}, "ligne de poste est obligatoire"),
        ({"pieceJointePrincipale": [{"pieceJointePrincipaleId": 1}]}, "La piece jointe n'existe pas"),
    ]
    for change, text in wrong:
        answer = caller.asked("factures/v1/soumettre", submission(**change))
        assert answer["codeRetour"] != 0
        assert text in answer["libelle"]
    assert caller.post("factures/v1/soumettre", submission(modeDepot="PIGEON")).status_code == 400
    assert caller.asked(SEARCH, {}) == NOTHING
    assert caller.asked("factures/v1/soumettre", submission(numeroFactureSaisi="F1"))["codeRetour"] == 0
    assert "existe deja" in caller.asked("factures/v1/soumettre", submission(numeroFactureSaisi="F1"))["libelle"]


def pdf_read(caller: Caller, data: bytes, form: str = "PDF_NON_SIGNE") -> dict[str, Any]:
    body = {"fichierFacture": base64.b64encode(data).decode(), "nomFichier": "f.pdf", "formatDepot": form}
    return caller.asked("factures/v1/deposer/pdf", body)


def test_a_pdf_is_read_and_then_submitted(caller: Caller) -> None:
    read = pdf_read(caller, facturx(invoice("cii", number="F9")))
    body = submission(modeDepot="DEPOT_PDF_API", numeroFactureSaisi=read["numeroFacture"], lignePoste=[],
                      pieceJointePrincipale=[{"pieceJointePrincipaleId": read["pieceJointeId"]}])  # fmt: skip

    assert (read["numeroFacture"], read["montantAPayer"], read["typeFacture"]) == ("F9", 120, "FACTURE")
    assert caller.asked("factures/v1/soumettre", body)["numeroFacture"] == "F9"


def test_of_a_pdf_without_data_nothing_is_read(caller: Caller) -> None:
    read = pdf_read(caller, plain_pdf())

    assert read["pieceJointeId"]
    assert {value for key, value in read.items() if key not in ("codeRetour", "libelle", "pieceJointeId")} == {None}
    assert pdf_read(caller, b"hello")["codeRetour"] == 20001


# ---------------------------------------------------------------- downloads


def download(caller: Caller, *keys: int, **more: str) -> bytes:
    body = {"listeFacture": [{"idFacture": key} for key in keys], **more}
    return base64.b64decode(caller.asked("factures/v1/telecharger/groupe", body)["fichierResultat"])


def test_invoices_are_downloaded_as_pdf_zip_or_pivot(caller: Caller) -> None:
    pdf = facturx(invoice("cii", number="F2"))
    data, readable = integrated(caller, invoice("ubl", number="F/1")), integrated(caller, pdf, "facturx")

    assert download(caller, readable, format="PDF") == pdf
    assert download(caller, data, format="PDF").startswith(b"%PDF-")
    with zipfile.ZipFile(io.BytesIO(download(caller, data, readable, format="PDF"))) as archive:
        assert sorted(archive.namelist()) == [f"{data}_F-1/facture.pdf", f"{readable}_F2/facture.pdf"]
    pivot = download(caller, data, readable, format="PIVOT")
    assert b"<NumeroFacture>F/1</NumeroFacture>" in pivot
    assert base64.b64encode(pdf) in pivot


def test_a_download_of_nothing_or_of_anothers_is_refused(caller: Caller) -> None:
    key = integrated(caller, invoice("ubl"))
    path = "factures/v1/telecharger/groupe"

    assert caller.asked(path, {"listeFacture": [], "format": "PDF"})["codeRetour"] == 20000
    assert caller.asked(path, {"listeFacture": [{"idFacture": 1}]})["codeRetour"] == 20000
    assert caller.post(path, {"listeFacture": [{"idFacture": key}], "format": "DOC"}).status_code == 400

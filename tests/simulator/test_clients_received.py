"""Exchanges in the manner of clients that receive invoices (Pastell's in PHP, the Go one), and of those that submit
invoices field by field.
"""

import base64
from typing import Any

from tests.simulator.caller import Caller
from tests.simulator.flow import available, deposit, passed, report
from tests.simulator.samples import BUYER, invoice, lot

BUYER_ID = 25783450


def received(caller: Caller, **asked: Any) -> dict[str, Any]:
    return caller.asked("factures/v1/rechercher/recipiendaire", asked)


def test_a_recipient_walks_through_pages_that_it_names_its_own_way(caller: Caller) -> None:
    files = [(f"{number}.xml", invoice("ubl", number=f"R-{number:02}")) for number in range(12)]
    deposit(caller, lot(files))
    passed(caller, 900)
    caller.simulator.simulation.change_account(structures=(BUYER_ID,))

    numbers, page, pages = [], 0, 1
    while page < pages:
        answer = received(
            caller,
            typeDemandePaiement="FACTURE",
            paramRecherche={"nbResultatsParPage": 5, "pageResultatDemandee": page + 1, "nbResultatsMaximum": 999_999},
        )
        page, pages = answer["pageCourante"], answer["pages"]
        numbers += [one["numeroFacture"] for one in answer["listeFactures"]]

    assert (pages, sorted(numbers)) == (3, [f"R-{number:02}" for number in range(12)])
    assert received(caller, typeDemandePaiement="FACTURE_TRAVAUX")["codeRetour"] == 20000


def test_a_recipient_finds_an_invoice_by_its_supplier_and_knows_it_by_another_name(caller: Caller) -> None:
    key = available(caller, invoice("ubl", number="R-1"))
    caller.simulator.simulation.change_account(structures=(BUYER_ID,))
    asked: dict[str, Any] = {"numeroFacture": "R-1", "idDestinataire": BUYER_ID}

    [found] = received(caller, listeFournisseurs=[{"idFournisseur": 26300989}], **asked)["listeFactures"]
    other = received(caller, listeFournisseurs=[{"idFournisseur": 26300990}], **asked)
    whole = caller.asked("factures/v1/consulter/recipiendaire", {"identifiantFactureCPP": found["idFacture"]})

    assert (found["idFacture"], found["identifiantFactureCPP"], other["codeRetour"]) == (key, key, 20000)
    assert whole["facture"]["numeroFacture"] == "R-1"


def test_what_a_recipient_has_fetched_it_need_not_be_shown_again(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    caller.simulator.simulation.change_account(structures=(BUYER_ID,))
    unseen = {"factureTelechargeeParDestinataire": False}
    assert [one["idFacture"] for one in received(caller, **unseen)["listeFactures"]] == [key]

    caller.asked("factures/v1/telecharger/groupe", {"format": "PIVOT", "listeFacture": [{"idFacture": key}]})

    assert received(caller, **unseen)["codeRetour"] == 20000
    assert received(caller)["listeFactures"][0]["factureTelechargeeParDestinataire"] is True


def test_a_recipient_s_account_is_among_the_fixtures(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    account = next(one for one in caller.simulator.platform.directory.accounts.values() if BUYER_ID in one.structures)
    pair = base64.b64encode(f"{account.login}:{account.password}".encode()).decode()
    body = {"idFacture": key, "nouveauStatut": "MANDATEE", "motif": "", "numeroDPMandat": "M-7"}

    answer = caller.post("factures/v1/traiter/recue", body, cpro_account=pair).json()

    assert (answer["codeRetour"], answer["nouveauStatut"]) == (0, "MANDATEE")
    sheet = caller.asked("factures/v1/consulter/fournisseur", {"identifiantFactureCPP": key})["facture"]
    assert sheet["references"]["numeroDpMandat"] == "M-7"


def test_there_are_no_works_invoices_and_their_search_says_so_in_its_own_words(caller: Caller) -> None:
    paging = {"nbResultatsParPage": 1000, "pageResultatDemandee": 1}

    answer = caller.asked(
        "facturesTravaux/v1/rechercher", {"roleUtilisateur": "MOA", "rechercheFactureTravaux": paging}
    )

    assert (answer["codeRetour"], answer["libelle"][:14]) == (20007, "GFT_MSG_01.075")


def test_a_flag_may_be_empty_or_in_letters(caller: Caller) -> None:
    structure = {"identifiantStructure": "33254021500013"}

    def found(flag: str) -> int:
        answer = caller.asked(
            "structures/v1/rechercher", {"structure": structure, "restreindreStructuresPrivees": flag}
        )
        return int(answer["codeRetour"])

    assert (found(""), found("true"), found("false")) == (0, 0, 0)
    caller.simulator.simulation.change_account(structures=(26300989,))
    assert (found(""), found("true"), found("false")) == (20000, 20000, 0)


def test_a_search_without_result_still_tells_its_total(caller: Caller) -> None:
    """What asks whether `parametresRetour.total` is 1 before it looks at the code."""
    answer = caller.asked("structures/v1/rechercher", {"structure": {"identifiantStructure": "12345678299999"}})

    assert (answer["codeRetour"], answer["parametresRetour"]["total"], answer["parametresRetour"]["pages"]) == (
        20000,
        0,
        0,
    )


def test_the_readable_invoice_of_a_submission_may_stand_alone(caller: Caller) -> None:
    """The Go client's only one is an object, and an empty one where there is none."""
    kept = caller.asked(
        "factures/v1/deposer/pdf",
        {
            "fichierFacture": base64.b64encode(b"%PDF-1.4 a scan").decode(),
            "nomFichier": "scan.pdf",
            "formatDepot": "PDF_NON_SIGNE",
        },
    )["pieceJointeId"]
    body = {
        "modeDepot": "DEPOT_PDF_API",
        "destinataire": {"codeDestinataire": BUYER},
        "fournisseur": {"idFournisseur": 26300989},
        "cadreDeFacturation": {"codeCadreFacturation": "A1_FACTURE_FOURNISSEUR"},
        "references": {"deviseFacture": "EUR", "modePaiement": "VIREMENT", "typeFacture": "FACTURE"},
        "montantTotal": {"montantAPayer": 120, "montantHtTotal": 100, "montantTVA": 20, "montantTtcTotal": 120},
    }

    answers = [
        caller.asked("factures/v1/soumettre", {**body, "numeroFactureSaisi": number, "pieceJointePrincipale": file})
        for number, file in (("S-1", {"pieceJointePrincipaleId": kept}), ("S-2", {}))
    ]

    assert [answer["statutFacture"] for answer in answers] == ["DEPOSEE", "DEPOSEE"]


def test_a_file_too_large_to_be_attached_is_refused_by_its_own_number(caller: Caller) -> None:
    large = base64.b64encode(bytes(10 * 1024 * 1024 + 1)).decode()
    body = {
        "pieceJointeFichier": large,
        "pieceJointeNom": "grand.pdf",
        "pieceJointeTypeMime": "application/pdf",
        "pieceJointeExtension": "PDF",
    }

    assert caller.asked("transverses/v1/ajouter/fichier", body)["codeRetour"] == 20003


def test_a_credit_note_that_names_no_invoice_is_taken_as_other_people_send_it(caller: Caller) -> None:
    files = [(f"{family}.xml", invoice(family, number=family, kind="381", origin="")) for family in ("ubl", "cii")]
    flows = [deposit(caller, data, name.partition(".")[0]) for name, data in files]
    passed(caller, 900)

    assert [report(caller, flow)["etatCourantDepotFlux"] for flow in flows] == ["IN_INTEGRE", "IN_INTEGRE"]

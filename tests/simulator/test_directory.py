"""Structures, services, engagements, lists: what the reading APIs answer."""

import base64
import io
import zipfile
from typing import Any

import pytest

from tests.simulator.caller import Caller

SUPPLIER = 26300989
MANY_SERVICES = 25783457
# As section 7 of the protocol's description has them: SIRET, service demanded, engagement demanded, a service.
QUALIFICATION: tuple[tuple[str, bool, bool, str | None], ...] = (
    ("12345678200051", False, False, None),
    ("12345678200036", False, True, None),
    ("12345678200028", True, False, "SERVICE_DEST_SERV_OBL"),
    ("12345678200044", True, True, None),
    ("11000201100044", True, False, "SFACETAT"),
)


def structure(caller: Caller, **criteria: Any) -> dict[str, Any]:
    (found,) = caller.asked("structures/v1/rechercher", {"structure": criteria})["listeStructures"]
    assert isinstance(found, dict)
    return found


def services(caller: Caller, key: int, **paging: int) -> dict[str, Any]:
    body = {"idStructure": key, "parametresRechercherServicesStructure": paging}
    return caller.asked("structures/v1/rechercher/services", body)


@pytest.mark.parametrize(("siret", "service", "engagement", "code"), QUALIFICATION)
def test_the_qualification_structures_demand_what_they_are_known_for(
    caller: Caller, siret: str, service: bool, engagement: bool, code: str | None
) -> None:
    found = structure(caller, identifiantStructure=siret, typeIdentifiantStructure="SIRET")
    assert found["statut"] == "ACTIVE"

    consulted = caller.asked("structures/v1/consulter", {"idStructureCPP": found["idStructureCPP"], "codeLangue": "fr"})
    demanded = consulted["parametres"]

    assert demanded["codeServiceDoitEtreRenseigne"] is service
    assert demanded["numeroEJDoitEtreRenseigne"] is engagement
    assert demanded["gestionNumeroEJOuCodeService"] is False
    assert consulted["informationGenerales"]["identifiantStructure"] == siret
    codes = [one["codeService"] for one in services(caller, found["idStructureCPP"])["listeServices"]]
    assert code is None or code in codes
    assert "FACTURES_PUBLIQUES" in codes


def test_either_of_the_two_and_a_buyer_that_never_reports_payment(caller: Caller) -> None:
    found = structure(caller, identifiantStructure="12345678200069")

    demanded = caller.asked("structures/v1/consulter", {"idStructure": found["idStructureCPP"]})["parametres"]

    assert demanded["gestionNumeroEJOuCodeService"] is True
    assert demanded["statutMiseEnPaiementNestPasRemonte"] is True


def test_one_s_own_structure_says_when_the_password_ends(caller: Caller) -> None:
    own = caller.asked("structures/v1/consulter", {"idStructureCPP": SUPPLIER})["informationGenerales"]
    other = caller.asked("structures/v1/consulter", {"idStructureCPP": 25783450})["informationGenerales"]

    assert own["dateExpirationMotPasseCompteTech"][:4].isdigit()
    assert other["dateExpirationMotPasseCompteTech"] is None
    assert (own["structurePriveePublique"], other["structurePriveePublique"]) == ("PRIVEE", "PUBLIQUE")


def test_private_structures_of_others_are_found_only_when_asked_for(caller: Caller) -> None:
    caller.simulator.simulation.change_account(structures=(SUPPLIER,))
    wanted = {"structure": {"identifiantStructure": "33254021500013"}}

    assert caller.asked("structures/v1/rechercher", wanted)["codeRetour"] == 20000
    assert caller.asked("structures/v1/rechercher", wanted | {"restreindreStructuresPrivees": True})["codeRetour"]
    assert caller.asked("structures/v1/rechercher", wanted | {"restreindreStructuresPrivees": False})["codeRetour"] == 0
    assert caller.asked("structures/v1/consulter", {"idStructureCPP": 26300990})["codeRetour"] == 20000


def test_a_closed_structure_is_found_and_said_to_be_closed(caller: Caller) -> None:
    assert structure(caller, identifiantStructure="12345678200077")["statut"] == "INACTIVE"


@pytest.mark.parametrize(
    ("kind", "identifier"),
    [("UE_HORS_FRANCE", "DE123456789"), ("RIDET", "0123456789"), ("TAHITI", "012345678")],
)
def test_identifiers_are_of_a_kind(caller: Caller, kind: str, identifier: str) -> None:
    found = structure(caller, identifiantStructure=identifier, typeIdentifiantStructure=kind)

    assert found["typeIdentifiantStructure"] == kind
    wrong = {"structure": {"identifiantStructure": identifier, "typeIdentifiantStructure": "SIRET"}}
    assert caller.asked("structures/v1/rechercher", wrong)["codeRetour"] == 20000


def test_services_come_ten_a_page_and_every_page_has_its_own(caller: Caller) -> None:
    first = services(caller, MANY_SERVICES)
    second = services(caller, MANY_SERVICES, pageResultatDemandee=2)
    behind = services(caller, MANY_SERVICES, pageResultatDemandee=3)

    assert first["parametresRetour"] == {"nbResultatsParPage": 10, "pageCourante": 1, "pages": 2, "total": 14}
    assert second["parametresRetour"]["pageCourante"] == 2
    codes = [one["codeService"] for page in (first, second) for one in page["listeServices"]]
    assert len(codes) == len(set(codes)) == 14
    assert behind["listeServices"] == []
    assert len(services(caller, MANY_SERVICES, nbResultatsParPage=10_000)["listeServices"]) == 14


def test_a_service_is_closed_or_demands_an_engagement_of_its_own(caller: Caller) -> None:
    key = structure(caller, identifiantStructure="12345678200028")["idStructureCPP"]
    listed = {one["codeService"]: one for one in services(caller, key)["listeServices"]}

    assert listed["SERVICE_FERME"]["estActif"] is False
    assert listed["SERVICE_DEST_SERV_OBL"]["estActif"] is True
    assert listed["SERVICE_FERME"]["dateFinService"] == "2024-12-31 00:00"
    for code, demands in (("SERVICE_AVEC_EJ", True), ("SERVICE_DEST_SERV_OBL", False)):
        asked = {"idStructure": key, "idService": listed[code]["idService"]}
        consulted = caller.asked("structures/v1/consulter/service", asked)
        assert consulted["parametres"]["numeroEngagement"] is demands
        assert consulted["informationsGenerales"]["codeService"] == code
    assert caller.asked("structures/v1/consulter/service", {"idStructure": key, "idService": 1})["codeRetour"] == 20000


def test_an_engagement_is_found_by_its_number_its_state_and_the_supplier_s_id_as_text(caller: Caller) -> None:
    def asked(number: str, supplier: Any = str(SUPPLIER), state: str = "COMMANDE") -> dict[str, Any]:
        return caller.asked(
            "engagementsJuridiques/v1/rechercher",
            {
                "structureReceptriceEngagementJuridique": supplier,
                "numeroEngagementJuridique": number,
                "etatCourantEngagementJuridique": state,
            },
        )

    (found,) = asked("1400012345")["listeEngagementJuridique"]
    assert found["numeroEngagementJuridique"] == "1400012345"
    assert asked("1400012345", SUPPLIER)["codeRetour"] == 0
    assert asked("1400099999")["codeRetour"] == 20000
    assert asked("1400012346")["codeRetour"] == 20000
    assert asked("1400012346", state="CLOTURE")["codeRetour"] == 0
    assert asked("1400012345", "1")["codeRetour"] == 20000


# ---------------------------------------------------------------- transverses


def test_one_s_active_suppliers_are_those_that_issue_invoices(caller: Caller) -> None:
    listed = caller.asked("transverses/v1/recuperer/structures/actives/fournisseur")["listeStructures"]

    identifiers = [one["identifiant"] for one in listed]
    assert "33254021516357" in identifiers
    assert "33254021500013" not in identifiers


def test_bank_accounts_are_one_s_own(caller: Caller) -> None:
    path = "transverses/v1/recuperer/coordbanc/valides"

    own = caller.asked(path, {"idStructure": SUPPLIER})

    assert {"idCoordonneeBancaire", "nomCoordonneeBancaire"} == set(own["listeCoordonneeBancaire"][0])
    assert len(own["listeCoordonneeBancaire"]) == 2
    assert caller.asked(path, {"idStructure": 25783450})["codeRetour"] == 20000


def test_a_rate_as_known_and_rates_as_numbers(caller: Caller) -> None:
    rates = caller.asked("transverses/v1/recuperer/tauxtva", {"codeLangue": "FR"})["listeTauxTva"]

    assert rates[0] == {"codeTauxTva": "TVA1", "libelleTauxTva": "Art 293B(FranchiseEnBase)", "valeurTauxTva": 0}
    assert {20, 10, 5.5, 2.1} <= {rate["valeurTauxTva"] for rate in rates}


@pytest.mark.parametrize(
    ("path", "listed", "key", "some", "count"),
    [
        ("devises", "listeDevises", "codeDevise", {"EUR", "USD", "XPF"}, 150),
        ("pays", "listePays", "codePays", {"FR", "DE", "NC", "PF", "GP"}, 249),
        ("motifs/exonerationtva", "listeMotifsExonerationTva", "codeMotifExonerationTva", set(), 1),
        ("modereglements", "listeModePaiement", "modePaiement", {"VIREMENT", "REPORT"}, 6),
        ("modedepot", "listeModeDepot", "modeDepot", {"SAISIE_API", "DEPOT_PDF_API"}, 15),
        ("cadrefacturation", "listeCadreFacturation", "codeCadreFacturation", {"A1_FACTURE_FOURNISSEUR"}, 19),
        ("typespj", "listeTypePieceJointe", "codeTypePieceJointe", set(), 1),
        ("typeidentifiant/structure", "listeTypeIdentifiant", "typeIdentifiantStructure", {"SIRET", "TAHITI"}, 7),
        ("formatflux", "listeFormatFlux", "formatFlux", {"IN_DP_E1_STRUCT", "IN_DP_E2_FACTURX"}, 3),
        ("syntaxeflux", "listeSyntaxeFlux", "syntaxeFlux", {"IN_DP_E1_UBL_INVOICE", "IN_DP_E2_CII_FACTURX"}, 13),
    ],
)
def test_reference_lists(caller: Caller, path: str, listed: str, key: str, some: set[str], count: int) -> None:
    values = [one[key] for one in caller.asked(f"transverses/v1/recuperer/{path}")[listed]]

    assert some <= set(values)
    assert len(values) == len(set(values)) >= count


def test_names_are_in_the_language_asked_for(caller: Caller) -> None:
    def name(**body: str) -> str:
        countries = caller.asked("transverses/v1/recuperer/pays", body)["listePays"]
        return next(str(one["libellePays"]) for one in countries if one["codePays"] == "DE")

    assert (name(), name(codeLangue="fr"), name(codeLangue="EN")) == ("Allemagne", "Allemagne", "Germany")


def test_frames_and_syntaxes_of_one_kind(caller: Caller) -> None:
    frames = caller.asked("transverses/v1/recuperer/cadrefacturation", {"typeDemandePaiement": "FACTURE"})
    syntaxes = caller.asked("transverses/v1/recuperer/syntaxeflux", {"formatFlux": "IN_DP_E2_FACTURX"})

    assert len(frames["listeCadreFacturation"]) == 4
    assert syntaxes["listeSyntaxeFlux"] == [{"syntaxeFlux": "IN_DP_E2_CII_FACTURX"}]


def test_buyers_by_name_town_postcode_or_identifier(caller: Caller) -> None:
    path = "transverses/v1/rechercher/destinataire"

    by_name = caller.asked(path, {"nomVilleCodePostal": "AVEC SERVICE"})["listeDestinataires"]
    by_number = caller.asked(path, {"identifiant": "11000201100044"})["listeDestinataires"]

    assert [one["siret"] for one in by_name] == ["12345678200028"]
    assert [one["nomDestinataire"] for one in by_number] == ["Destinataire Etat"]
    assert caller.asked(path, {"identifiant": "12345678200077"})["codeRetour"] == 20000


def test_insee_is_not_served_in_qualification(caller: Caller) -> None:
    got = caller.asked("transverses/v1/consulter/information/siret", {"siretStructure": "12345678200028"})

    assert got["codeRetour"] != 0


def test_the_directory_file_is_a_zip_that_names_every_buyer(caller: Caller) -> None:
    got = caller.asked("transverses/v1/telecharger/annuaire/destinataire")

    assert (got["codeRetour"], got["libelle"]) == (0, "GCU_MSG_01_000")
    assert got["fichierResultat"].startswith("UEsDB")
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(got["fichierResultat"]))) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    for siret, _, _, code in QUALIFICATION:
        assert siret in text
        assert (code or "") in text
    assert "33254021516357" not in text


FILE = {
    "pieceJointeNom": "annexe.pdf",
    "pieceJointeExtension": "PDF",
    "pieceJointeTypeMime": "application/pdf",
    "pieceJointeFichier": base64.b64encode(b"%PDF-1.7").decode(),
}


def test_a_file_is_added_and_has_an_id(caller: Caller) -> None:
    got = caller.asked("transverses/v1/ajouter/fichier", FILE)

    kept = caller.simulator.platform.attachments.get(got["pieceJointeId"])
    assert got["libelle"] == "GCU_MSG_01_000"
    assert kept is not None
    assert kept.data == b"%PDF-1.7"


@pytest.mark.parametrize(
    "change",
    [
        {"pieceJointeExtension": "exe"},
        {"pieceJointeNom": "x" * 47 + ".pdf"},
        {"pieceJointeFichier": base64.b64encode(b"x" * (10 * 1024 * 1024 + 1)).decode()},
    ],
    ids=["extension", "name", "size"],
)
def test_a_file_that_may_not_be_added(caller: Caller, change: dict[str, str]) -> None:
    assert caller.asked("transverses/v1/ajouter/fichier", FILE | change)["codeRetour"] != 0


def test_a_file_that_is_no_base64_is_malformed(caller: Caller) -> None:
    assert caller.post("transverses/v1/ajouter/fichier", FILE | {"pieceJointeFichier": "%%%"}).status_code == 400


def test_what_an_account_is_attached_to(caller: Caller) -> None:
    got = caller.asked("utilisateurs/v1/monCompte/recuperer/rattachements", {"parametresRecherche": None})

    assert {one["identifiantStructure"] for one in got["listeStructureRattachement"]} >= {"33254021516357"}

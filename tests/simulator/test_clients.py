"""Exchanges in the manner of other people's clients: what they send, and of what kind they need what they read.

The clients are Tryton's module, the Python library chorus-api, OCA's modules for Odoo, and a typed Go client.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.simulator.caller import ISSUER, Caller
from tests.simulator.flow import deposit, integrated, passed
from tests.simulator.samples import facturx, invoice, lot

Kind = Callable[[Any], bool]
ZERO = "0001-01-01T00:00:00Z"


def posted(caller: Caller, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    answer = caller.http.post(f"/cpro/{path}", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    return value


def account_of(caller: Caller) -> str:
    return base64.b64encode(f"{caller.simulator.login}:{caller.simulator.password}".encode()).decode()


# ---------------------------------------------------------------- Tryton


def test_tryton_has_its_token_by_basic_and_follows_a_flow_by_consulter_cr(caller: Caller) -> None:
    s = caller.simulator
    secret = base64.b64encode(f"{s.client_id}:{s.client_secret}".encode()).decode()
    token = caller.http.post(
        ISSUER,
        content="grant_type=client_credentials",
        headers={
            "authorization": f"Basic {secret}",
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
        },
    ).json()
    assert (token["token_type"], int(token["expires_in"])) == ("Bearer", 3600)
    headers = {
        "authorization": f"Bearer {token['access_token']}",
        "cpro-account": account_of(caller),
        "content-type": "application/json",
    }

    def post(path: str, payload: dict[str, Any]) -> dict[str, Any]:
        return posted(caller, path, json.dumps(payload).encode(), headers)

    def sent(data: bytes) -> str:
        payload = {
            "fichierFlux": base64.b64encode(data).decode("ascii"),
            "nomFichier": "Facture-2026-001.xml",
            "syntaxeFlux": "IN_DP_E1_CII_16B",
            "avecSignature": False,
        }
        answer = post("factures/v1/deposer/flux", payload)
        assert not answer["codeRetour"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", answer["dateDepot"])
        return str(answer["numeroFluxDepot"])

    right = sent(invoice("cii", number="T-1"))
    wrong = sent(invoice("cii", number="T-2", service="SERVICE_INCONNU"))
    seen = post("transverses/v1/consulterCR", {"numeroFluxDepot": right})
    assert seen["etatCourantFlux"] == "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP"
    passed(caller, 601)

    states = [post("transverses/v1/consulterCR", {"numeroFluxDepot": flow}) for flow in (right, wrong)]

    assert [(one["codeRetour"], one["etatCourantFlux"]) for one in states] == [(0, "IN_INTEGRE"), (0, "IN_REJETE")]
    assert base64.b64decode(states[1]["fichierCR"]).startswith(b"%PDF")


# ---------------------------------------------------------------- chorus-api


def test_chorus_api_sends_its_form_unencoded_and_a_bare_content_type(caller: Caller) -> None:
    s = caller.simulator
    form = f"grant_type=client_credentials&client_id={s.client_id}&client_secret={s.client_secret}&scope=openid"
    token = caller.http.post(ISSUER, content=form, headers={"content-type": "application/x-www-form-urlencoded"}).json()
    headers = {
        "authorization": f"Bearer {token['access_token']}",
        "cpro-account": account_of(caller),
        "content-type": "application/json",
    }

    health = caller.http.get("/cpro/transverses/v1/health-check", headers=headers).json()
    found = posted(
        caller,
        "structures/v1/rechercher",
        b'{"structure": {"identifiantStructure": "12345678200028", "typeIdentifiantStructure": "SIRET"}}',
        headers,
    )["listeStructures"]
    body = json.dumps({"idStructureCPP": found[0]["idStructureCPP"], "codeLangue": "fr"}).encode()
    structure = posted(caller, "structures/v1/consulter", body, headers)
    deposited = posted(
        caller,
        "factures/v1/deposer/flux",
        json.dumps(
            {
                "avecSignature": False,
                "fichierFlux": base64.b64encode(facturx(invoice("cii", number="C-1"))).decode(),
                "idUtilisateurCourant": 0,
                "nomFichier": "facture.pdf",
                "syntaxeFlux": "IN_DP_E2_CII_FACTURX",
            }
        ).encode(),
        headers,
    )

    assert health["statusCodeValue"] == 200
    assert found[0]["statut"] == "ACTIVE"
    # An absent object would end it: its reader takes each part for a dictionary.
    assert all(isinstance(structure[key], dict) for key in ("adressePostaleDuSiege", "informationGenerales"))
    assert structure["parametres"]["codeServiceDoitEtreRenseigne"] is True
    assert len(deposited["numeroFluxDepot"]) == 25
    assert deposited["syntaxeFlux"] == "IN_DP_E2_CII_FACTURX"


# ---------------------------------------------------------------- OCA


def test_oca_reads_the_obligations_and_all_services_of_a_customer(caller: Caller) -> None:
    found = caller.asked(
        "structures/v1/rechercher",
        {"structure": {"identifiantStructure": "12345678200028", "typeIdentifiantStructure": "SIRET"}},
    )
    key = found["listeStructures"][0]["idStructureCPP"]

    listed = caller.asked(
        "structures/v1/rechercher/services",
        {"idStructure": key, "parametresRechercherServicesStructure": {"nbResultatsParPage": 10_000}},
    )

    assert listed["codeRetour"] == 0
    assert isinstance(listed["listeServices"], list)
    assert all(int(service["idService"]) for service in listed["listeServices"])
    flagged = [
        service["codeService"]
        for service in listed["listeServices"]
        if caller.asked("structures/v1/consulter/service", {"idStructure": key, "idService": service["idService"]})[
            "parametres"
        ].get("numeroEngagement")
    ]
    assert flagged == ["SERVICE_AVEC_EJ"]


def test_oca_sends_a_lot_of_twelve_reads_what_was_refused_and_needs_the_second_page(caller: Caller) -> None:
    numbers = [f"FAC/2026/{number:03}" for number in range(12)]
    files = [
        (
            f"cii_16b_chorus_facture_{number.replace('/', '-')}.xml",
            invoice("cii", number=number, **({"service": "INCONNU"} if number.endswith("007") else {})),
        )
        for number in numbers
    ]
    flow = deposit(caller, lot(files), "IN_DP_E1_CII_16B", "cii_16b_chorus_lot_factures.tar.gz")
    passed(caller, 601)

    report = caller.asked("transverses/v1/consulterCRDetaille", {"numeroFluxDepot": flow})
    assert report["etatCourantDepotFlux"] == "IN_INTEGRE_PARTIEL"
    assert [one["numeroDP"] for one in report["listeErreurDP"]] == ["FAC/2026/007"]

    first = caller.asked("factures/v1/rechercher/fournisseur", {"numeroFluxDepot": flow})
    assert (len(first["listeFactures"]), first["parametresRetour"]["pages"]) == (10, 2)
    whole = caller.asked(
        "factures/v1/rechercher/fournisseur",
        {"numeroFluxDepot": flow, "rechercheFactureParFournisseur": {"nbResultatsParPage": 14}},
    )["listeFactures"]
    assert {one["numeroFacture"] for one in whole} == {*numbers} - {"FAC/2026/007"}
    key = whole[0]["identifiantFactureCPP"]
    history = caller.asked("factures/v1/consulter/historique", {"idFacture": key})
    assert (history["idFacture"], history["statutCourantCode"]) == (key, whole[0]["statut"])


def test_oca_starts_from_the_content_type_of_every_refusal(caller: Caller) -> None:
    caller.simulator.simulation.change_application(terms=())
    refusals = [
        caller.post("structures/v1/rechercher"),
        caller.post("structures/v1/consulter", authorization="Bearer x"),
    ]

    for refusal in refusals:
        assert not refusal.headers["content-type"].startswith("application/json")

    caller.simulator.simulation.reset()
    malformed = caller.post("structures/v1/consulter")
    assert malformed.headers["content-type"].startswith("application/json")
    assert malformed.json()["libelle"]


# ---------------------------------------------------------------- a typed client in Go


def text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def whole(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def like(pattern: str) -> Kind:
    return lambda value: value is None or (isinstance(value, str) and re.fullmatch(pattern, value) is not None)


day = like(r"\d{4}-\d\d-\d\d")
minute = like(r"\d{4}-\d\d-\d\d \d\d:\d\d")
instant = like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

# A typed client gives up on a whole answer for one field of another kind. Fields that are not named here are texts.
KINDS: dict[str, Kind] = dict.fromkeys(("codeRetour", "taille", "pieceJointeId", "lignePosteNumero"), whole)
KINDS |= dict.fromkeys(("pages", "total", "pageCourante", "nbResultatsParPage", "idFacture"), whole)
KINDS |= dict.fromkeys(("identifiantFactureCPP", "histoStatutId", "histoActionId", "evenementId"), whole)
KINDS |= dict.fromkeys(
    ("montantHT", "montantTTC", "montantAPayer", "montantHtTotal", "montantTVA", "montantTtcTotal"), number
)
KINDS |= dict.fromkeys(("montantTtcAvantRemiseGlobalTTC", "montantRemiseGlobaleTTC", "valeurTauxTva"), number)
KINDS |= dict.fromkeys(("lignePosteQuantite", "lignePosteMontantUnitaireHT", "lignePosteMontantRemiseHT"), number)
KINDS |= dict.fromkeys(("lignePosteMontantHtApresRemise", "lignePosteTauxTvaManuel", "ligneTvaTauxManuel"), number)
KINDS |= dict.fromkeys(("ligneTvaMontantBaseHtParTaux", "ligneTvaMontantTvaParTaux"), number)
KINDS |= dict.fromkeys(("tailleTotalePiecesJointes", "pieceJointeTaille"), number)
KINDS |= dict.fromkeys(("dateFacture", "dateDepot", "dateEcheancePaiement", "dateTraitement"), day)
KINDS |= dict.fromkeys(("dateCreationFacture", "histoStatutDatePassage", "histoActionDateHeure"), minute)
KINDS |= dict.fromkeys(("evenementDateHeure", "dateDebutValidite", "dateFinValidite"), minute)
KINDS |= dict.fromkeys(("dateCreation", "dateModification", "dateDbtService", "dateFinService"), minute)
KINDS |= dict.fromkeys(("dateHeureEtatCourant", "dateDepotFlux", "dateHeureEtatCourantFlux"), instant)
KINDS |= dict.fromkeys(("dateExpirationMotPasseCompteTech",), instant)
KINDS |= dict.fromkeys(("rejetTraite", "estActif", "miseEnPaiement", "numeroEngagement", "connexionEDI"), flag)
KINDS |= dict.fromkeys(("codeServiceDoitEtreRenseigne", "numeroEJDoitEtreRenseigne", "getaMoa"), flag)
KINDS |= dict.fromkeys(("gestionNumeroEJOuCodeService", "statutMiseEnPaiementNestPasRemonte"), flag)
KINDS |= dict.fromkeys(("recevoirDonneesViaEDI", "estMoaUniquement", "estValideurDelegue"), flag)
KINDS |= dict.fromkeys(("nonDiffusibleInsee", "estValideurDeleguee"), flag)


def kind_of(field: str) -> Kind:
    numbered = r"(id|pages|total|pageCourante|nbResultatsParPage|derniereActionId)([A-Z].*)?"
    if field in KINDS:
        return KINDS[field]
    return whole if re.fullmatch(numbered, field) else text


def wrong(value: Any, field: str = "") -> list[str]:
    """The fields that are of another kind than a typed client wants."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in wrong(inner, key)]
    if isinstance(value, list):
        return [found for inner in value for found in wrong(inner, field)]
    return [] if kind_of(field)(value) else [f"{field}: {value!r}"]


def supplier_search(**asked: Any) -> dict[str, Any]:
    """The Go client sends every criterion, with its zero for the ones that nobody set."""
    return {
        "cadreFacturation": {},
        "coordonneeBancaire": 0,
        "idFournisseur": 0,
        "idServiceFournisseur": 0,
        "idStructureValideur": 0,
        "idUtilisateurCourant": 0,
        "idUtilisateurCreateur": None,
        "listeDestinataire": None,
        "modeDepot": "",
        **{f"montant{name}{end}": 0 for name in ("Apayer", "HT", "TTC") for end in ("Max", "Min")},
        "numeroBonCommande": "",
        "numeroFacture": "",
        "numeroFactureOrigine": "",
        "numeroFluxDepot": "",
        "numeroMarche": "",
        "periodeDateDepotAu": "",
        "periodeDateDepotDu": "",
        "periodeDateFactureAu": None,
        "periodeDateFactureDu": None,
        "periodeDateHeureEtatCourantAu": None,
        "periodeDateHeureEtatCourantDu": None,
        "rechercheFactureParFournisseur": None,
        "rechercheSirenDestinataire": False,
        "recupererTaille": False,
        "rejetTraite": False,
        "statutCourant": None,
        "typeFacture": "",
        **asked,
    }


def test_every_answer_is_of_the_kinds_that_a_typed_client_wants(caller: Caller) -> None:
    caller.simulator.platform.script("", [])
    key = integrated(caller, invoice("ubl", number="G-1"))
    passed(caller, 250)
    caller.control("POST", f"invoices/{key}/move", {"status": "SUSPENDUE", "motive": "Il manque le bon de livraison"})
    completed = caller.asked(
        "factures/v1/completer",
        {"identifiantFactureCPP": key, "commentaire": "Le voici", "pieceJointeComplementaire": None},
    )
    flow = caller.simulator.platform.flows()[0].number

    answers = {
        "completer": completed,
        "rechercher": caller.asked("factures/v1/rechercher/fournisseur", supplier_search()),
        "consulter": caller.asked("factures/v1/consulter/fournisseur", {"identifiantFactureCPP": key}),
        "historique": caller.asked("factures/v1/consulter/historique", {"idFacture": key, "idEspace": 0}),
        "cr": caller.asked("transverses/v1/consulterCR", {"numeroFluxDepot": flow}),
        "detaille": caller.asked("transverses/v1/consulterCRDetaille", {"numeroFluxDepot": flow}),
        "structure": caller.asked("structures/v1/consulter", {"codeLangue": "fr", "idStructure": 26300989}),
        "services": caller.asked(
            "structures/v1/rechercher/services",
            {"idUtilisateurCourant": 0, "idStructure": 25783457, "parametresRechercherServicesStructure": None},
        ),
        "service": caller.asked(
            "structures/v1/consulter/service", {"codeLangue": "", "idService": 25784712, "idStructure": 25783457}
        ),
        "tva": caller.asked("transverses/v1/recuperer/tauxtva", {"codeLangue": "FR"}),
        "rattachements": caller.asked(
            "utilisateurs/v1/monCompte/recuperer/rattachements", {"parametresRecherche": None}
        ),
    }

    assert {name: found for name, answer in answers.items() if (found := wrong(answer))} == {}
    assert [one["identifiantFactureCPP"] for one in answers["rechercher"]["listeFactures"]] == [key]
    sheet = answers["consulter"]["facture"]
    assert sheet["lignesDePoste"]["totalLignesPoste"] == len(sheet["lignesDePoste"]["lignePoste"]) >= 1
    history = answers["historique"]["historiquesDesStatuts"]
    assert history["totalHistoStatut"] == len(history["histoStatut"]) == 5


def test_structures_are_sought_with_every_criterion_empty_but_one(caller: Caller) -> None:
    criteria = dict.fromkeys(
        (
            "adresseCodePays",
            "adresseCodePostal",
            "adresseVille",
            "libelleStructure",
            "nomStructure",
            "prenomStructure",
            "raisonSocialeStructure",
            "statutStructure",
            "typeIdentifiantStructure",
            "typeStructure",
        ),
        "",
    )
    body = {
        "parametres": None,
        "restreindreStructuresPrivees": False,
        "structure": {**criteria, "estMOA": False, "estMOAUniquement": False, "identifiantStructure": "11000201100044"},
    }

    (found,) = caller.asked("structures/v1/rechercher", body)["listeStructures"]

    assert found["designationStructure"] == "Destinataire Etat"


def test_a_get_may_carry_a_body(caller: Caller) -> None:
    got = caller.http.request("GET", "/cpro/transverses/v1/health-check", content=b"null", headers=caller.headers())

    assert got.json()["statusCode"] == "OK"


@pytest.mark.parametrize("order", ["Ascendant ", "Descendant", None])
def test_the_order_of_a_search_may_have_a_blank_behind_it(caller: Caller, order: str | None) -> None:
    integrated(caller, invoice("ubl", number="O-1"))
    integrated(caller, invoice("ubl", number="O-2"))

    found = caller.asked(
        "factures/v1/rechercher/fournisseur", {"rechercheFactureParFournisseur": {"triSens": order, "triColonne": ""}}
    )["listeFactures"]

    numbers = [one["numeroFacture"] for one in found]
    assert numbers == (["O-1", "O-2"] if order == "Ascendant " else ["O-2", "O-1"])


def test_a_client_that_keeps_its_connection_is_served_on_it(caller: Caller) -> None:
    with httpx.Client(base_url=caller.simulator.url, trust_env=False, limits=httpx.Limits(max_connections=1)) as one:
        headers = caller.headers()
        statuses = [one.post("/cpro/transverses/v1/recuperer/devises", json={}, headers=headers) for _ in range(20)]

    assert {answer.status_code for answer in statuses} == {200}

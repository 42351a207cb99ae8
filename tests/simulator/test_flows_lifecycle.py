"""The life of an invoice after its integration."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.simulator.caller import Caller
from tests.simulator.flow import available, history, integrated, move, passed, status, statuses
from tests.simulator.samples import invoice

PATH = ["DEPOSEE", "EN_COURS_ACHEMINEMENT", "MISE_A_DISPOSITION"]
STATE_BUYER = "11000201100044"
PAYING = ["MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE", "MISE_EN_PAIEMENT"]
BUYER = ["A_RECYCLER", "SUSPENDUE", "REJETEE", "SERVICE_FAIT", "MANDATEE", *PAYING]
# The table of chorus-pro.md, section 5.2.
TABLE = {
    "DEPOSEE": [],
    "EN_COURS_ACHEMINEMENT": [],
    "MISE_A_DISPOSITION": BUYER,
    "COMPLETEE": BUYER,
    "SERVICE_FAIT": ["SUSPENDUE", "REJETEE", "MANDATEE", *PAYING],
    "MANDATEE": [*PAYING, "SUSPENDUE", "REJETEE"],
    "MISE_A_DISPOSITION_COMPTABLE": ["COMPTABILISEE", "MISE_EN_PAIEMENT"],
    "COMPTABILISEE": ["MISE_EN_PAIEMENT"],
    "SUSPENDUE": [],
    "A_RECYCLER": [],
    "REJETEE": [],
    "MISE_EN_PAIEMENT": [],
    "STATUT_DE_DEMAIN": [],
}
EVERY = sorted({*TABLE, *BUYER})


def as_buyer(caller: Caller) -> None:
    """Let the technical account act for the buyers too."""
    simulation = caller.simulator.simulation
    every = tuple(structure.id for structure in simulation.platform.directory)
    simulation.platform.directory.put_account(msgspec.structs.replace(simulation.account, structures=every))


def treat(caller: Caller, key: int, code: str, **more: str) -> dict[str, Any]:
    return caller.asked("factures/v1/traiter/recue", {"idFacture": key, "nouveauStatut": code, **more})


def attached(caller: Caller) -> int:
    answer = caller.asked(
        "transverses/v1/ajouter/fichier",
        {
            "pieceJointeFichier": base64.b64encode(b"%PDF-1.7").decode(),
            "pieceJointeNom": "bon.pdf",
            "pieceJointeTypeMime": "application/pdf",
            "pieceJointeExtension": "PDF",
        },
    )
    key: int = answer["pieceJointeId"]
    return key


def test_an_invoice_comes_to_its_buyer_by_itself(caller: Caller) -> None:
    key = integrated(caller, invoice("ubl"))
    seen = [status(caller, key)]
    for _ in range(30):
        passed(caller, 10)
        seen.append(status(caller, key))

    assert list(dict.fromkeys(seen)) == PATH
    assert statuses(caller, key) == PATH


@pytest.mark.parametrize("start", TABLE)
def test_a_buyer_may_do_what_the_table_says_and_nothing_else(caller: Caller, start: str) -> None:
    as_buyer(caller)
    key = available(caller, invoice("ubl"))
    listed = caller.asked("transverses/v1/recuperer/etats/traitement", {"statutCourant": start})
    assert [one["statutPossiblePourTraitement"] for one in listed["listeStatutsPossiblesPourTraitement"]] == TABLE[
        start
    ]

    for code in EVERY:
        move(caller, key, start)
        answer = treat(caller, key, code, motif="Motif")
        if code in TABLE[start]:
            assert (answer["codeRetour"], answer["nouveauStatut"], status(caller, key)) == (0, code, code)
        else:
            assert (answer["codeRetour"], answer["libelle"][:14]) == (20002, "GDP_MSG_11.001")
            assert status(caller, key) == start


@pytest.mark.parametrize("code", ["REJETEE", "SUSPENDUE"])
def test_a_motive_is_mandatory_where_the_supplier_must_know_why(caller: Caller, code: str) -> None:
    as_buyer(caller)
    key = available(caller, invoice("ubl"))

    assert treat(caller, key, code, motif=" ")["codeRetour"] == 20003
    assert status(caller, key) == "MISE_A_DISPOSITION"
    assert treat(caller, key, code, motif="Quantité fausse")["codeRetour"] == 0
    assert (
        history(caller, key)["historiquesDesStatuts"]["histoStatut"][0]["histoStatutCommentaire"] == "Quantité fausse"
    )
    found = caller.asked("factures/v1/rechercher/fournisseur", {"numeroFacture": "F2026-001"})["listeFactures"][0]
    assert found["commentaireEtatCourant"] == "Quantité fausse"


def test_only_the_buyer_treats(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))

    assert treat(caller, key, "MANDATEE")["libelle"][:14] == "GDP_MSG_11.005"
    assert treat(caller, 1, "MANDATEE")["libelle"][:14] == "GDP_MSG_11.008"


def test_the_number_of_the_mandate_is_shown(caller: Caller) -> None:
    as_buyer(caller)
    key = available(caller, invoice("ubl"))
    treat(caller, key, "MANDATEE", numeroDPMandat="M-77")

    whole = caller.asked("factures/v1/consulter/fournisseur", {"identifiantFactureCPP": key})["facture"]

    assert whole["references"]["numeroDpMandat"] == "M-77"


# ---------------------------------------------------------------- suspended


def completed(caller: Caller, key: int, **more: Any) -> dict[str, Any]:
    return caller.asked("factures/v1/completer", {"identifiantFactureCPP": key, "commentaire": "Voici", **more})


def test_a_suspended_invoice_is_completed(caller: Caller) -> None:
    key, file = available(caller, invoice("ubl")), attached(caller)
    move(caller, key, "SUSPENDUE", motive="Bon de livraison ?")

    answer = completed(caller, key, pieceJointeComplementaire=[{"pieceJointeComplementaireId": file}])

    assert answer.keys() == {"codeRetour", "libelle", "identifiantFactureCPP", "numeroFacture", "dateTraitement"}
    assert statuses(caller, key) == [*PATH, "SUSPENDUE", "COMPLETEE"]
    whole = caller.asked("factures/v1/consulter/fournisseur", {"identifiantFactureCPP": key})["facture"]
    assert whole["listeDesPiecesJointes"]["pieceJointe"][0]["pieceJointeNom"] == "bon.pdf"
    assert history(caller, key)["derniereAction"]["derniereActionCode"] == "Completer"


def test_completing_is_refused_for_each_cause_with_its_code(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    other = available(caller, invoice("ubl", supplier="DE123456789", supplier_scheme="2"))
    simulation = caller.simulator.simulation

    assert completed(caller, key)["libelle"][:14] == "GDP_MSG_11.033"
    assert completed(caller, 1)["libelle"][:14] == "GDP_MSG_11.008"
    simulation.change_account(structures=(26300989,))
    answer = completed(caller, other)
    assert (answer["codeRetour"], answer["libelle"][:14]) == (20001, "GDP_MSG_11.005")
    move(caller, key, "SUSPENDUE", motive="?")
    assert completed(caller, key, pieceJointeComplementaire=[{"pieceJointeComplementaireId": 1}])["codeRetour"] != 0
    path = "factures/v1/completer"
    assert caller.post(path, {"identifiantFactureCPP": key, "commentaire": "a" * 2001}).status_code == 400
    assert caller.post(path, {}).status_code == 400
    assert status(caller, key) == "SUSPENDUE"


# ---------------------------------------------------------------- to be recycled


def recycled(caller: Caller, key: int, **more: Any) -> dict[str, Any]:
    return caller.asked("factures/v1/recycler", {"identifiantFactureCPP": key, **more})


def test_an_invoice_to_be_recycled_goes_to_its_true_buyer(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    move(caller, key, "A_RECYCLER", motive="Pas pour nous")
    to = {"codeDestinataire": "12345678200044", "codeServiceExecutant": "SERVICE_DEST_EJ_SERV"}

    answer = recycled(caller, key, destinataire=to, reference={"numeroBonCommande": "EJ-2026-0043"})

    assert (answer["codeRetour"], answer["statutFacture"], answer["numeroFacture"]) == (0, "DEPOSEE", "F2026-001")
    passed(caller, 300)
    assert statuses(caller, key) == [*PATH, "A_RECYCLER", *PATH]
    found = caller.asked("factures/v1/rechercher/fournisseur", {"numeroFacture": "F2026-001"})["listeFactures"]
    assert [(one["codeDestinataire"], one["numeroBonCommande"], one["montantTTC"]) for one in found] == [
        ("12345678200044", "EJ-2026-0043", 120)
    ]


def test_recycling_is_refused_in_another_state_or_to_a_wrong_place(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    to = {"codeDestinataire": "12345678200028"}

    assert recycled(caller, key, destinataire=to)["libelle"][:14] == "GDP_MSG_11.001"
    move(caller, key, "A_RECYCLER")
    answer = recycled(caller, key, destinataire=to)
    assert answer["codeRetour"] == 20004
    assert answer["libelle"].endswith("Le code service (destinataire.codeServiceExecutant) est obligatoire")
    assert recycled(caller, key, destinataire={"codeDestinataire": "1"})["codeRetour"] == 20004
    assert status(caller, key) == "A_RECYCLER"


# ---------------------------------------------------------------- what else happens


def test_rejections_are_marked_as_dealt_with(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    body = {"listeDemandePaiement": [{"idDemandePaiement": key}], "motifRejet": "", "cpltInfos": ""}
    assert caller.asked("factures/v1/traiterRejet", body)["libelle"][:14] == "GDP_MSG_11.001"
    move(caller, key, "REJETEE", motive="Doublon")

    assert caller.asked("factures/v1/traiterRejet", body)["codeRetour"] == 0

    search = "factures/v1/rechercher/fournisseur"
    assert caller.asked(search, {"rejetTraite": True})["listeFactures"][0]["identifiantFactureCPP"] == key
    assert caller.asked(search, {"rejetTraite": False})["codeRetour"] == 20000


def test_another_validator_is_named(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    body = {"idFacture": key, "identifiantStructure": "12345678200051", "typeIdentifiantStructure": "SIRET"}
    path = "factures/v1/corriger/valideur/facture"
    assert caller.asked(path, body)["libelle"][:14] == "GDP_MSG_11.001"
    move(caller, key, "ERREUR_FOURNISSEUR_SUR_VALIDEUR")

    assert caller.asked(path, body)["codeRetour"] == 0
    assert status(caller, key) == "A_VALIDER_1"


@pytest.mark.parametrize("end", ["REJETEE", "A_RECYCLER"])
@pytest.mark.parametrize("engagement", ["1400099999", "1400012346"], ids=["unknown", "closed"])
def test_a_wrong_engagement_of_the_state_is_found_after_integration(caller: Caller, engagement: str, end: str) -> None:
    caller.control("PATCH", "settings", {"platform": {"wrong_engagement": end}})
    wrong, right = (
        available(caller, invoice("ubl", number=f"F{number}", buyer=STATE_BUYER, service="SFACETAT", engagement=number))
        for number in (engagement, "1400012345")
    )
    passed(caller, 3600)

    assert statuses(caller, wrong) == [*PATH, end]
    told = history(caller, wrong)["historiquesDesStatuts"]["histoStatut"][0]
    assert told["histoStatutCommentaire"] == (
        f"Le numero d'engagement juridique {engagement} n'existe pas ou n'est plus actif."
    )
    assert status(caller, right) == "MISE_A_DISPOSITION"


SCRIPT = [
    {"after": 3600, "status": "SUSPENDUE", "motive": "Il manque le bon"},
    {"after": 3600, "status": "MANDATEE"},
    {"after": 86400, "status": "MISE_EN_PAIEMENT"},
]


def test_a_script_leads_an_invoice_to_its_payment_and_waits_for_the_supplier(caller: Caller) -> None:
    caller.control("POST", "scripts", {"buyer": "12345678200051", "steps": SCRIPT})
    scripted = integrated(caller, invoice("ubl"))
    free = integrated(caller, invoice("ubl", number="F2", buyer="12345678200036", engagement="1"))
    passed(caller, 10 * 86400)
    assert statuses(caller, scripted) == [*PATH, "SUSPENDUE"]

    completed(caller, scripted)
    passed(caller, 10 * 86400)

    assert statuses(caller, scripted) == [*PATH, "SUSPENDUE", "COMPLETEE", "MANDATEE", "MISE_EN_PAIEMENT"]
    assert statuses(caller, free) == PATH


def test_a_script_may_come_late_and_may_be_of_one_invoice(caller: Caller) -> None:
    one, other = available(caller, invoice("ubl", number="F1")), available(caller, invoice("ubl", number="F2"))
    steps = [{"after": 60, "status": "MISE_EN_PAIEMENT"}]
    caller.control("POST", "scripts", {"buyer": "F1", "steps": steps})
    passed(caller, 3600)

    assert (status(caller, one), status(caller, other)) == ("MISE_EN_PAIEMENT", "MISE_A_DISPOSITION")
    caller.control("POST", "scripts", {"steps": steps})
    passed(caller, 3600)
    assert status(caller, other) == "MISE_EN_PAIEMENT"
    assert statuses(caller, one) == [*PATH, "MISE_EN_PAIEMENT"]


def test_a_move_by_hand_ends_what_was_to_happen(caller: Caller) -> None:
    caller.control("POST", "scripts", {"steps": SCRIPT})
    key = available(caller, invoice("ubl"))
    move(caller, key, "REJETEE", motive="Doublon")
    passed(caller, 10 * 86400)

    assert statuses(caller, key) == [*PATH, "REJETEE"]


def test_any_status_may_come_at_any_date_and_the_latest_date_holds(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))
    now = datetime.now(UTC)
    move(caller, key, "STATUT_DE_DEMAIN", at=(now + timedelta(days=2)).isoformat())
    move(caller, key, "MANDATEE", at=(now + timedelta(days=1)).isoformat())
    move(caller, key, "PRISE_EN_COMPTE_DESTINATAIRE", at=(now - timedelta(days=1)).isoformat())

    assert status(caller, key) == "STATUT_DE_DEMAIN"
    assert statuses(caller, key) == ["PRISE_EN_COMPTE_DESTINATAIRE", *PATH, "MANDATEE", "STATUT_DE_DEMAIN"]


def test_a_date_without_its_offset_is_refused(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))

    answer = caller.http.post(f"/simulator/invoices/{key}/move", json={"status": "X", "at": "2026-01-01T00:00:00"})

    assert answer.status_code == 400
    assert status(caller, key) == "MISE_A_DISPOSITION"

"""What the tests of flows do over HTTP: deposit, let time pass, look."""

import base64
from typing import Any

from tests.simulator.caller import Caller

SYNTAX = {"ubl": "IN_DP_E1_UBL_INVOICE", "cii": "IN_DP_E1_CII_16B", "facturx": "IN_DP_E2_CII_FACTURX"}
INTEGRATION = 601  # seconds until a flow has its result
ROUTING = 250  # until an invoice is available to its buyer


def deposit(caller: Caller, data: bytes, family: str = "ubl", name: str = "facture.xml") -> str:
    """The number of the flow."""
    answer = caller.asked(
        "factures/v1/deposer/flux",
        {
            "fichierFlux": base64.b64encode(data).decode(),
            "nomFichier": name,
            "syntaxeFlux": SYNTAX.get(family, family),
            "avecSignature": False,
        },
    )
    assert (answer["codeRetour"], answer["libelle"]) == (0, "GCU_MSG_01_000")
    number: str = answer["numeroFluxDepot"]
    return number


def passed(caller: Caller, seconds: float) -> None:
    caller.control("POST", "clock", {"advance": seconds})


def report(caller: Caller, number: str) -> dict[str, Any]:
    """`consulterCRDetaille`."""
    return caller.asked("transverses/v1/consulterCRDetaille", {"numeroFluxDepot": number})


def outcome(caller: Caller, data: bytes, family: str = "ubl", name: str = "facture.xml") -> dict[str, Any]:
    """The report of a flow that has had its time, and has been read."""
    number = deposit(caller, data, family, name)
    passed(caller, INTEGRATION)
    told = report(caller, number)
    while told["etatCourantDepotFlux"] == "IN_EN_COURS_TRAITEMENT_CPP":
        told = report(caller, number)
    return told


def integrated(caller: Caller, data: bytes, family: str = "ubl") -> int:
    """The id of the one invoice of a flow, deposited and integrated."""
    number = deposit(caller, data, family)
    passed(caller, INTEGRATION)
    assert report(caller, number)["etatCourantDepotFlux"] == "IN_INTEGRE"
    found = caller.asked("factures/v1/rechercher/fournisseur", {"numeroFluxDepot": number})["listeFactures"]
    key: int = found[0]["identifiantFactureCPP"]
    return key


def available(caller: Caller, data: bytes, family: str = "ubl") -> int:
    """The id of the one invoice of a flow, available to its buyer."""
    key = integrated(caller, data, family)
    passed(caller, ROUTING)
    assert status(caller, key) == "MISE_A_DISPOSITION"
    return key


def status(caller: Caller, key: int) -> str:
    code: str = history(caller, key)["statutCourantCode"]
    return code


def history(caller: Caller, key: int, **asked: Any) -> dict[str, Any]:
    return caller.asked("factures/v1/consulter/historique", {"idFacture": key, **asked})


def statuses(caller: Caller, key: int) -> list[str]:
    """The codes of the history, the oldest first."""
    told = history(caller, key, paramRechercheHistoStatuts={"nbResultatsParPageListeHistoStatut": 100})
    return [passage["histoStatutCode"] for passage in told["historiquesDesStatuts"]["histoStatut"]][::-1]


def move(caller: Caller, key: int, code: str, **more: str) -> None:
    """What only the simulator offers: any status at any date."""
    caller.control("POST", f"invoices/{key}/move", {"status": code, **more})

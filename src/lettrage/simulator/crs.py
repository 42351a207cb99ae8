"""What became of a flow (`consulterCR`, `consulterCRDetaille`), and what a buyer may make of an invoice."""

import base64

from lettrage.simulator import calls
from lettrage.simulator.calls import Body, Refused, done
from lettrage.simulator.clock import instant_in_paris
from lettrage.simulator.directory import Account
from lettrage.simulator.fields import text
from lettrage.simulator.flows import Flow, State
from lettrage.simulator.judging import RefusedClaim, Verdict
from lettrage.simulator.lifecycle import TRANSITIONS
from lettrage.simulator.paper import Part, pdf
from lettrage.simulator.platform import Platform
from lettrage.simulator.reading import Technical

UNKNOWN_FLOW = (20001, "POQ_MSG_01.003 - Flux introuvable.")


def _flow(platform: Platform, account: Account, body: Body) -> tuple[Flow, State]:
    """The flow asked about, and its state. Raise Refused where this account has deposited none of that number."""
    seen = platform.seen(text(body, "numeroFluxDepot", required=True))
    if seen is None or seen[0].login != account.login:
        raise Refused(*UNKNOWN_FLOW)
    return seen


def consulter_cr(platform: Platform, account: Account, body: Body) -> Body:
    """The state of a flow, and a report of it as a PDF."""
    flow, state = _flow(platform, account, body)
    return done(
        numeroFluxDepot=flow.number,
        nomFichierFlux=flow.file_name,
        dateDepotFlux=instant_in_paris(flow.deposited),
        codeInterfaceFlux=flow.interface,
        codeAppliPartenaire=account.applications[0] if account.applications else None,
        designationPartenaire=account.login,
        etatCourantFlux=state.code,
        dateHeureEtatCourantFlux=instant_in_paris(state.since),
        fichierCR=base64.b64encode(_report(flow, state.code)).decode(),
    )


def _report(flow: Flow, state: str) -> bytes:
    verdict = flow.verdict or Verdict(state)
    facts = [
        ("Numéro de flux", flow.number),
        ("Fichier", flow.file_name),
        ("Syntaxe", flow.syntax),
        ("Date de dépôt", instant_in_paris(flow.deposited)),
        ("État", state),
        ("Factures intégrées", str(len(verdict.accepted))),
        ("Factures rejetées", str(len(verdict.refused))),
    ]
    technical = [(error.code, error.text) for error in verdict.technical]
    refused = [(one.claim.number, one.claim.supplier.value, one.claim.buyer.value, one.text) for one in verdict.refused]
    return pdf(
        "Compte rendu de traitement",
        facts,
        [
            Part("Erreurs techniques", ("Code", "Erreur"), technical),
            Part("Factures rejetées", ("Facture", "Fournisseur", "Destinataire", "Erreurs"), refused),
        ],
    )


def consulter_cr_detaille(platform: Platform, account: Account, body: Body) -> Body:
    """The state of a flow, and its errors; a list that has none is null."""
    flow, state = _flow(platform, account, body)
    verdict = flow.verdict or Verdict(state.code)
    return done(
        nomFichier=flow.file_name,
        dateDepotFlux=instant_in_paris(flow.deposited),
        codeInterfaceDepotFlux=flow.interface,
        etatCourantDepotFlux=state.code,
        dateHeureEtatCourantFlux=instant_in_paris(state.since),
        listeErreurDP=[_refused(one) for one in verdict.refused] or None,
        listeErreurTechnique=[_technical(error) for error in verdict.technical] or None,
    )


def _refused(one: RefusedClaim) -> Body:
    return {
        "numeroDP": one.claim.number,
        "identifiantFournisseur": one.claim.supplier.value,
        "identifiantDestinataire": one.claim.buyer.value,
        "libelleErreurDP": one.text,
    }


def _technical(error: Technical) -> Body:
    return {"codeErreur": error.code, "libelleErreur": error.text, "natureErreur": error.nature}


def etats_traitement(_platform: Platform, _account: Account, body: Body) -> Body:
    """What a buyer may make of an invoice in a status."""
    possible = TRANSITIONS.get(text(body, "statutCourant", required=True), ())
    return done(listeStatutsPossiblesPourTraitement=[{"statutPossiblePourTraitement": status} for status in possible])


SERVICES: dict[str, calls.Service] = {
    "consulterCR": consulter_cr,
    "consulterCRDetaille": consulter_cr_detaille,
    "recuperer/etats/traitement": etats_traitement,
}

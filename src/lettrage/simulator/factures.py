"""The Factures API: deposits, searches, one invoice, and what a supplier or a buyer does to it."""

import msgspec

from lettrage.simulator import calls, lifecycle
from lettrage.simulator.calls import FACTURES_DONE, Body, Malformed, Refused, done
from lettrage.simulator.claims import Claim, Identity
from lettrage.simulator.clock import day_in_paris
from lettrage.simulator.directory import Account
from lettrage.simulator.downloads import telecharger_groupe
from lettrage.simulator.fields import MALFORMED, key_of, table, text
from lettrage.simulator.judging import SYNTAXES
from lettrage.simulator.lifecycle import Invoice, Person
from lettrage.simulator.platform import Platform
from lettrage.simulator.reading import GZIP
from lettrage.simulator.rules import Facts, buyer_refusals
from lettrage.simulator.search import objects, rechercher_a_traiter, rechercher_fournisseur, rechercher_recipiendaire
from lettrage.simulator.sheets import history, whole_sheet
from lettrage.simulator.submission import deposer_pdf, soumettre
from lettrage.simulator.transverses import decoded
from lettrage.simulator.wording import refusal

_COMPRESSED = (GZIP, b"PK\x03\x04")
NO_SUCH_INVOICE = (20000, "GDP_MSG_11.008 - La demande de paiement n'existe pas.")
NO_RIGHTS = (20001, "GDP_MSG_11.005 - Vous ne disposez pas des droits necessaires sur cette demande de paiement.")
TOO_LARGE = (20001, "GDP_MSG_11.022 - La taille du fichier depasse la taille maximale autorisee.")
NOT_SUSPENDED = (20002, "GDP_MSG_11.033 - La demande de paiement n'est pas a l'etat SUSPENDUE.")
NOT_IN_THIS_STATE = (20002, "GDP_MSG_11.001 - L'etat de la demande de paiement ne permet pas cette action.")
NO_MOTIVE = (20003, "GDP_MSG_11.002 - Le motif est obligatoire.")
NO_SUCH_FILE = (20003, "GDP_MSG_11.010 - La piece jointe n'existe pas.")
# Chorus has eleven refusals of a recycling, from 20004 to 20014; which is which is not known.
WRONG_DESTINATION = 20004


def deposer_flux(platform: Platform, account: Account, body: Body) -> Body:
    """Take a file; nothing in it is looked at before its turn."""
    name = text(body, "nomFichier", required=True)
    if len(name) > 200:
        raise Malformed(MALFORMED, "GCU_MSG_01_002 - Le champ nomFichier ne doit pas depasser 200 caracteres.")
    syntax = text(body, "syntaxeFlux", required=True)
    if syntax not in SYNTAXES:
        raise Malformed(MALFORMED, "GCU_MSG_01_003 - Le champ syntaxeFlux n'est pas une syntaxe connue.")
    data = decoded(text(body, "fichierFlux", required=True), "fichierFlux")
    settings = platform.settings
    compressed = data.startswith(_COMPRESSED)
    if len(data) > (settings.most_in_a_compressed_deposit if compressed else settings.most_in_a_deposit):
        raise Refused(*TOO_LARGE)
    flow = platform.deposit(account.login, syntax, name, data)
    return done(
        FACTURES_DONE,
        numeroFluxDepot=flow.number,
        dateDepot=day_in_paris(flow.deposited),
        syntaxeFlux=syntax,
    )


# ---------------------------------------------------------------- reading


def _own(platform: Platform, account: Account, key: int, buyer_too: bool = False) -> Invoice:
    """An invoice that the account may act on, for its supplier or, where that is meant, its buyer. Raise Refused."""
    invoice = platform.invoice(key)
    if invoice is None:
        raise Refused(*NO_SUCH_INVOICE)
    if invoice.supplier not in account.structures and not (buyer_too and invoice.buyer in account.structures):
        raise Refused(*NO_RIGHTS)
    return invoice


def consulter_fournisseur(platform: Platform, account: Account, body: Body) -> Body:
    """One invoice, whole."""
    invoice = _own(platform, account, key_of(body, "identifiantFactureCPP"))
    return done(FACTURES_DONE, facture=whole_sheet(platform, invoice, body))


def consulter_recipiendaire(platform: Platform, account: Account, body: Body) -> Body:
    """One invoice, whole, for its recipient."""
    invoice = platform.invoice(key_of(body, "identifiantFactureCPP", "idFacture"))
    if invoice is None:
        raise Refused(*NO_SUCH_INVOICE)
    if invoice.buyer not in account.structures:
        raise Refused(*NO_RIGHTS)
    return done(FACTURES_DONE, facture=whole_sheet(platform, invoice, body))


def consulter_historique(platform: Platform, account: Account, body: Body) -> Body:
    """What happened to one invoice."""
    invoice = _own(platform, account, key_of(body, "idFacture", "identifiantFactureCPP"), buyer_too=True)
    return done(FACTURES_DONE, **history(invoice, body))


# ---------------------------------------------------------------- acting


def completer(platform: Platform, account: Account, body: Body) -> Body:
    """Answer a suspension with a comment and files."""
    invoice = _own(platform, account, key_of(body, "identifiantFactureCPP"))
    comment = _comment(body)
    files = tuple(key_of(file, "pieceJointeComplementaireId") for file in objects(body, "pieceJointeComplementaire"))
    if any(platform.attachments.get(file) is None for file in files):
        raise Refused(*NO_SUCH_FILE)
    completed = platform.complete(invoice.id, comment, files, person(account))
    if completed is None:
        raise Refused(*NOT_SUSPENDED)
    return done(
        FACTURES_DONE,
        identifiantFactureCPP=invoice.id,
        numeroFacture=invoice.claim.number,
        dateTraitement=day_in_paris(completed.current.at),
    )


def _comment(body: Body) -> str:
    comment = text(body, "commentaire")
    if len(comment) > 2000:
        raise Malformed(MALFORMED, "GCU_MSG_01_002 - Le champ commentaire ne doit pas depasser 2000 caracteres.")
    return comment


def person(account: Account) -> Person:
    """A technical account, as histories show it."""
    return Person(name=account.login, mail=account.login)


def recycler(platform: Platform, account: Account, body: Body) -> Body:
    """Send an invoice to its true recipient, service or engagement; number and amounts stay."""
    invoice = _own(platform, account, key_of(body, "identifiantFactureCPP"))
    if invoice.status != lifecycle.TO_BE_RECYCLED:
        raise Refused(*NOT_IN_THIS_STATE)
    claim = _redirected(invoice.claim, body)
    facts = Facts(platform.directory, platform.settings, lambda *_: False)
    wrong = buyer_refusals(claim, facts)
    if wrong:
        raise Refused(WRONG_DESTINATION, f"GDP_MSG_11.012 - {refusal(wrong[0], claim.family)}")
    recycled = platform.recycle(invoice.id, claim, _comment(body), person(account))
    if recycled is None:
        raise Refused(*NOT_IN_THIS_STATE)
    return done(
        FACTURES_DONE,
        identifiantFactureCPP=invoice.id,
        numeroFacture=claim.number,
        statutFacture=recycled.status,
        dateDepot=day_in_paris(recycled.deposited),
    )


def _redirected(claim: Claim, body: Body) -> Claim:
    """An invoice with what a recycling says anew; what it leaves out stays, but a new buyer keeps no old service."""
    recipient, reference = table(body, "destinataire"), table(body, "reference") or table(body, "references")
    buyer = text(recipient, "codeDestinataire") or claim.buyer.value
    kept = claim.service if buyer == claim.buyer.value and "codeServiceExecutant" not in recipient else ""
    return msgspec.structs.replace(
        claim,
        family="json",
        buyer=Identity(buyer),
        service=text(recipient, "codeServiceExecutant") or kept,
        engagement=text(reference, "numeroBonCommande") if "numeroBonCommande" in reference else claim.engagement,
        market=text(reference, "numeroMarche") if "numeroMarche" in reference else claim.market,
    )


def traiter_rejet(platform: Platform, account: Account, body: Body) -> Body:
    """Mark rejections as dealt with."""
    keys = [key_of(wanted, "idDemandePaiement") for wanted in objects(body, "listeDemandePaiement")]
    invoices = [_own(platform, account, key) for key in keys]
    if any(invoice.status != lifecycle.REJECTED for invoice in invoices):
        raise Refused(*NOT_IN_THIS_STATE)
    platform.handle_rejections(keys, person(account))
    return done(FACTURES_DONE)


def corriger_valideur(platform: Platform, account: Account, body: Body) -> Body:
    """Name another validator for an invoice whose validator was wrong."""
    invoice = _own(platform, account, key_of(body, "idFacture"))
    if invoice.status != "ERREUR_FOURNISSEUR_SUR_VALIDEUR":
        raise Refused(*NOT_IN_THIS_STATE)
    validator = platform.directory.structure(
        text(body, "identifiantStructure"), text(body, "typeIdentifiantStructure") or "SIRET"
    )
    if validator is None or not validator.active:
        raise Refused(*NO_SUCH_INVOICE)
    platform.move(invoice.id, "A_VALIDER_1")
    return done(FACTURES_DONE)


def traiter_recue(platform: Platform, account: Account, body: Body) -> Body:
    """What a buyer makes of an invoice; the account acts for the buyer."""
    invoice = platform.invoice(key_of(body, "idFacture"))
    if invoice is None:
        raise Refused(*NO_SUCH_INVOICE)
    if invoice.buyer not in account.structures:
        raise Refused(*NO_RIGHTS)
    status, motive = text(body, "nouveauStatut", required=True), text(body, "motif")
    if status in lifecycle.MOTIVE_REQUIRED and not motive:
        raise Refused(*NO_MOTIVE)
    treated = platform.treat(invoice.id, status, motive, text(body, "numeroDPMandat"), person(account))
    if treated is None:
        raise Refused(*NOT_IN_THIS_STATE)
    return done(
        FACTURES_DONE,
        idFacture=invoice.id,
        numeroFacture=invoice.claim.number,
        nouveauStatut=status,
        dateTraitement=day_in_paris(treated.current.at),
    )


SERVICES: dict[str, calls.Service] = {
    "deposer/flux": deposer_flux,
    "deposer/pdf": deposer_pdf,
    "soumettre": soumettre,
    "rechercher/fournisseur": rechercher_fournisseur,
    "rechercher/atraiter/fournisseur": rechercher_a_traiter,
    "rechercher/recipiendaire": rechercher_recipiendaire,
    "consulter/fournisseur": consulter_fournisseur,
    "consulter/recipiendaire": consulter_recipiendaire,
    "consulter/historique": consulter_historique,
    "completer": completer,
    "recycler": recycler,
    "traiterRejet": traiter_rejet,
    "corriger/valideur/facture": corriger_valideur,
    "telecharger/groupe": telecharger_groupe,
    "traiter/recue": traiter_recue,
}

"""An invoice as the Factures API shows it: as a line of a search, whole, and with its history."""

from collections.abc import Sequence
from decimal import Decimal

from lettrage.simulator.calls import Body, Malformed
from lettrage.simulator.claims import Claim, Enclosed, Line, VatTotal
from lettrage.simulator.clock import day_in_paris, instant_in_paris, minute_in_paris
from lettrage.simulator.directory import Structure
from lettrage.simulator.fields import MALFORMED, table, text, whole
from lettrage.simulator.lifecycle import Action, Invoice, Person
from lettrage.simulator.paging import PAGE
from lettrage.simulator.platform import Platform
from lettrage.simulator.transverses import REFERENCES

PAYMENT_MODES = {
    "30": "VIREMENT", "31": "VIREMENT", "42": "VIREMENT", "58": "VIREMENT", "20": "CHEQUE", "49": "PRELEVEMENT",
    "59": "PRELEVEMENT", "10": "ESPECE", "97": "REPORT",
}  # fmt: skip
FRAMES = {code.partition("_")[0]: code for codes in REFERENCES["frames"].values() for code in codes}


def kind_of(claim: Claim) -> str:
    """`typeFacture`."""
    return "AVOIR" if claim.is_credit_note else "ACOMPTE" if claim.kind == "386" else "FACTURE"


def payment_mode(claim: Claim) -> str | None:
    """`modePaiement`; None where the invoice names no means."""
    return PAYMENT_MODES.get(claim.means[0].zfill(2), "AUTRE") if claim.means else None


def enclosed_size(platform: Platform, invoice: Invoice) -> int:
    """All attachments of an invoice, in bytes."""
    return sum(file.size for _, file in enclosed(platform, invoice))


def enclosed(platform: Platform, invoice: Invoice) -> list[tuple[int, Enclosed]]:
    """The attachments of an invoice with their ids: those that came in its file, then those sent apart."""
    named = [platform.attachments.get(key) for key in invoice.attached]
    return [
        *((invoice.id * 1000 + place, file) for place, file in enumerate(invoice.claim.enclosed, 1)),
        *((file.id, Enclosed(file.name, len(file.data), file.mime)) for file in named if file is not None),
    ]


def listed(platform: Platform, invoice: Invoice) -> Body:
    """An invoice as a line of `listeFactures`."""
    claim, current = invoice.claim, invoice.current
    supplier, buyer = structures(platform, invoice)
    service = buyer.service(claim.service)
    return {
        "identifiantFactureCPP": invoice.id,
        "numeroFacture": claim.number,
        "typeFacture": kind_of(claim),
        "typeDemandePaiement": "FACTURE",
        "statut": current.code,
        "dateHeureEtatCourant": instant_in_paris(current.at),
        "commentaireEtatCourant": current.motive or None,
        "dateFacture": claim.date.isoformat() if claim.date else None,
        "dateDepot": day_in_paris(invoice.deposited),
        "numeroFluxDepot": invoice.flow or None,
        "modeDepot": invoice.mode,
        "codeFournisseur": supplier.identifier,
        "typeIdentifiantFournisseur": supplier.identifier_type,
        "designationFournisseur": supplier.name,
        "codeServiceFournisseur": None,
        "nomServiceFournisseur": None,
        "idDestinataire": buyer.id,
        "codeDestinataire": buyer.identifier,
        "designationDestinataire": buyer.name,
        "idServiceExecutant": service.id if service else None,
        "codeServiceExecutant": service.code if service else None,
        "nomServiceExecutant": service.name if service else None,
        "numeroBonCommande": claim.engagement or None,
        "numeroMarche": claim.market or None,
        "numeroFactureOrigine": claim.origins[0] if claim.origins else None,
        "montantHT": claim.net,
        "montantTTC": claim.gross,
        "montantAPayer": claim.payable,
        "devise": claim.currency,
        "rejetTraite": invoice.handled,
        "taille": enclosed_size(platform, invoice),
        "nomPrenomUtilisateurCreateur": None,
    }


def structures(platform: Platform, invoice: Invoice) -> tuple[Structure, Structure]:
    """The supplier and the buyer of an invoice; what the directory has lost since is as the invoice says."""
    claim = invoice.claim
    supplier = platform.directory.by_id(invoice.supplier) or Structure(
        id=invoice.supplier, identifier=claim.supplier.value, identifier_type=claim.supplier.kind, name=""
    )
    buyer = platform.directory.by_id(invoice.buyer) or Structure(
        id=invoice.buyer, identifier=claim.buyer.value, name=claim.buyer_name
    )
    return supplier, buyer


# ---------------------------------------------------------------- whole


def whole_sheet(platform: Platform, invoice: Invoice, body: Body) -> Body:
    """An invoice as `consulter/fournisseur` shows it; the body says which pages of its three lists."""
    claim = invoice.claim
    return {
        "identifiantFactureCPP": invoice.id,
        "numeroFacture": claim.number,
        "statutFacture": invoice.status,
        "modeDepot": invoice.mode,
        "commentaire": invoice.comment or claim.note or None,
        "cadreDeFacturation": {"codeCadreFacturation": FRAMES.get(claim.frame or "A1", claim.frame)},
        "destinataire": _buyer(platform, invoice),
        "fournisseur": _supplier(platform, invoice),
        "references": _references(platform, invoice),
        "montantTotal": _totals(claim),
        "lignesDePoste": part_of(
            [_line(place, line) for place, line in enumerate(claim.lines, 1)],
            "lignePoste",
            table(body, "pLignesPoste"),
            ("LignesPoste", "LignesPoste"),
        ),
        "recapitulatifDeTva": part_of(
            [_vat(total) for total in claim.vat_totals],
            "ligneTva",
            table(body, "pLigneRecapTva"),
            ("ListeRecapitulatifTVA", "LignesRecapitulativesTVA"),
        ),
        "listeDesPiecesJointes": part_of(
            [_attachment(key, file) for key, file in enclosed(platform, invoice)],
            "pieceJointe",
            table(body, "pListePiecesJointes"),
            ("ListePieceJointe", "ListePiecesJointe"),
        ),
        "pieceJointePrincipale": None,
        "piecePrecedente": None,
        "pieceSuivante": None,
    }


def _buyer(platform: Platform, invoice: Invoice) -> Body:
    _, buyer = structures(platform, invoice)
    return {
        "idDestinataire": buyer.id,
        "codeDestinataire": buyer.identifier,
        "libelleDestinataire": buyer.name,
        "destinataireEtat": "OUI" if buyer.identifier.startswith("1100") else "NON",
        "idServiceExecutant": invoice.service,
        "codeServiceExecutant": invoice.claim.service or None,
        **_address("Destinataire", buyer),
    }


def _supplier(platform: Platform, invoice: Invoice) -> Body:
    supplier, _ = structures(platform, invoice)
    return {
        "idFournisseur": supplier.id,
        "codeFournisseur": supplier.identifier,
        "typeIdentifiantFournisseur": supplier.identifier_type,
        "designationFournisseur": supplier.name,
        "idServiceFournisseur": None,
        "coordBancairesFournisseurCompteBancaire": invoice.claim.accounts[0] if invoice.claim.accounts else None,
        "affactureur": None,
        **_address("Fournisseur", supplier),
    }


def _address(of: str, structure: Structure) -> Body:
    return {
        f"adresse{of}Detail": structure.street,
        f"adresse{of}CodePostal": structure.postcode,
        f"adresse{of}Ville": structure.town,
        f"adresse{of}CodePays": structure.country,
    }


def _references(platform: Platform, invoice: Invoice) -> Body:
    claim = invoice.claim
    return {
        "dateFacture": claim.date.isoformat() if claim.date else None,
        "dateDepot": day_in_paris(invoice.deposited),
        "dateCreationFacture": minute_in_paris(invoice.integrated),
        "dateEcheancePaiement": claim.due.isoformat() if claim.due else None,
        "codeDeviseFacture": claim.currency,
        "typeFacture": kind_of(claim),
        "typeTva": claim.vat_regime or None,
        "modePaiement": payment_mode(claim),
        "motifExonerationTva": claim.exemption or None,
        "numeroBonCommande": claim.engagement or None,
        "numeroMarche": claim.market or None,
        "numeroFactureOrigine": claim.origins[0] if claim.origins else None,
        "numeroDpMandat": invoice.mandate or None,
        "tailleTotalePiecesJointes": enclosed_size(platform, invoice),
    }


def _totals(claim: Claim) -> Body:
    return {
        "montantHtTotal": claim.net,
        "montantTVA": claim.vat,
        "montantTtcAvantRemiseGlobalTTC": claim.gross,
        "montantRemiseGlobaleTTC": Decimal(0),
        "motifRemiseGlobaleTTC": None,
        "montantTtcTotal": claim.gross,
        "montantAPayer": claim.payable,
    }


def _line(place: int, line: Line) -> Body:
    return {
        "lignePosteNumero": place,
        "lignePosteReference": None,
        "lignePosteDenomination": line.name,
        "lignePosteQuantite": line.quantity,
        "lignePosteUniteLibelle": line.unit,
        "lignePosteMontantUnitaireHT": line.price,
        "lignePosteMontantRemiseHT": None,
        "lignePosteMontantHtApresRemise": line.net,
        "lignePosteTauxTva": None,
        "lignePosteTauxTvaManuel": line.vat_rate,
    }


def _vat(total: VatTotal) -> Body:
    return {
        "ligneTvaTauxManuel": total.rate,
        "ligneTvaMontantBaseHtParTaux": total.base,
        "ligneTvaMontantTvaParTaux": total.vat,
    }


def _attachment(key: int, file: Enclosed) -> Body:
    return {
        "pieceJointeId": key,
        "pieceJointeDesignation": file.name,
        "pieceJointeNom": file.name,
        "pieceJointeTypeMime": file.mime or None,
        "pieceJointeTaille": file.size,
    }


def part_of(rows: Sequence[Body], name: str, asked: Body, endings: tuple[str, str]) -> Body:
    """The page asked for of a list inside an answer; `endings` of its paging fields, as asked and as answered."""
    of_asked, of_answer = endings
    size = max(1, whole(asked, f"nbResultatsParPage{of_asked}") or PAGE)
    number = max(1, whole(asked, f"pageResultatDemandee{of_asked}") or 1)
    return {
        name: list(rows[(number - 1) * size : number * size]),
        f"nbResultatsParPage{of_answer}": size,
        f"pageCourante{of_answer}": number,
        f"pages{of_answer}": -(-len(rows) // size),
        f"total{of_answer}": len(rows),
    }


# ---------------------------------------------------------------- history


def history(invoice: Invoice, body: Body) -> Body:
    """An invoice as `consulter/historique` shows it."""
    actions = [_action(action) for action in invoice.actions]
    return {
        "idFacture": invoice.id,
        "numeroFacture": invoice.claim.number,
        "modeDepot": invoice.mode,
        "statutCourantCode": invoice.status,
        "derniereAction": {
            "derniereActionId": actions[-1]["histoActionId"],
            "derniereActionCode": actions[-1]["histoActionCode"],
        }
        if actions
        else None,
        "historiquesDesStatuts": _told(
            _passages(invoice), "histoStatut", table(body, "paramRechercheHistoStatuts"), "HistoStatut"
        ),
        "historiquesDesActionsUtilisateurs": _told(
            actions,
            "histoAction",
            table(body, "paramRechercheHistoActionsUtilisateurs"),
            "HistoAction",
        ),
        "historiquesDesEvenementsComplementaires": _told(
            _events(invoice),
            "evenement",
            table(body, "paramRechercheHistoEvenementsComplementaires"),
            "HistoEvenement",
        ),
    }


def _told(rows: list[Body], name: str, asked: Body, suffix: str) -> Body:
    """A page of rows that come in the order of their dates: the latest first unless asked otherwise."""
    order = text(asked, f"triSensListe{suffix}")
    if order not in ("", "Ascendant", "Descendant"):
        raise Malformed(MALFORMED, f"TRA_MSG_00.003 - Le champ triSensListe{suffix} doit etre Ascendant ou Descendant.")
    return part_of(
        rows if order == "Ascendant" else rows[::-1],
        name,
        asked,
        (f"Liste{suffix}", suffix.replace("HistoEvenement", "Evenement")),
    )


def _passages(invoice: Invoice) -> list[Body]:
    return [
        {
            "histoStatutId": passage.id,
            "histoStatutCode": passage.code,
            "histoStatutDatePassage": minute_in_paris(passage.at),
            "histoStatutCommentaire": passage.motive or None,
            **_who("histoStatutUtilisateur", passage.who),
        }
        for passage in sorted(invoice.passages, key=lambda passage: (passage.at, passage.id))
    ]


def _action(action: Action) -> Body:
    return {
        "histoActionId": action.id,
        "histoActionCode": action.label,
        "histoActionDateHeure": minute_in_paris(action.at),
        **_who("histoActionUtilisateur", action.who),
    }


def _events(invoice: Invoice) -> list[Body]:
    told = (("Depot de la facture", invoice.deposited), ("Integration de la facture", invoice.integrated))
    return [
        {
            "evenementId": invoice.id * 10 + place,
            "evenementLibelle": label,
            "evenementDateHeure": minute_in_paris(at),
            "evenementQui": "Chorus Pro",
        }
        for place, (label, at) in enumerate(told, 1)
    ]


def _who(prefix: str, person: Person) -> Body:
    return {
        f"{prefix}Nom": person.name or None,
        f"{prefix}Prenom": person.first_name or None,
        f"{prefix}Email": person.mail or None,
        f"{prefix}Telephone": person.phone or None,
    }

"""The Transverses API: reference lists, one's structures and bank accounts, buyers, attachments, the directory file.

Following a flow (`consulterCR`, `consulterCRDetaille`) and the states an invoice may go to stand with the flows.
"""

import base64
import binascii
import csv
import io
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from lettrage.simulator import calls
from lettrage.simulator.calls import FACTURES_DONE, Body, Refused, done
from lettrage.simulator.directory import Account, Structure
from lettrage.simulator.fields import MALFORMED, key_of, text
from lettrage.simulator.paging import NOTHING_FOUND, NOTHING_FOUND_MESSAGE, page_of

if TYPE_CHECKING:
    from lettrage.simulator.platform import Platform

REFERENCES = tomllib.loads(Path(__file__).with_name("references.toml").read_text("utf-8"))
ATTACHMENT_BYTES = 10 * 1024 * 1024
ATTACHMENT_NAME = 50  # its extension included
DIRECTORY_COLUMNS = (
    "SIRET",
    "RAISON_SOCIALE",
    "GESTION_EJ",
    "GESTION_SERVICE",
    "SERVICE_OU_EJ",
    "CODE_SERVICE",
    "NOM_SERVICE",
    "SERVICE_ACTIF",
    "GESTION_EJ_SERVICE",
)
EXTENSIONS = frozenset(REFERENCES["attachment_extensions"])
NOT_IN_QUALIFICATION = "TRA_MSG_00.010 - Service indisponible sur l'espace de qualification."


def _named(listed: str, of_references: str, code: str, label: str) -> calls.Service:
    """A list of codes, each with its name in the language asked for (`codeLangue`, French by default)."""

    def service(_platform: "Platform", _account: Account, body: Body) -> Body:
        english = text(body, "codeLangue").upper() == "EN"
        names: dict[str, list[str]] = REFERENCES[of_references]
        return {**done(), listed: [{code: key, label: both[english]} for key, both in names.items()]}

    return service


def _plain(listed: str, values: Callable[[Body], list[str]], key: str) -> calls.Service:
    """A list of codes without names."""

    def service(_platform: "Platform", _account: Account, body: Body) -> Body:
        return {**done(), listed: [{key: value} for value in values(body)]}

    return service


def _under(of_references: str, field: str) -> Callable[[Body], list[str]]:
    """The codes under the value that `field` of the request names; all of them where it names none."""

    def values(body: Body) -> list[str]:
        groups: dict[str, list[str]] = REFERENCES[of_references]
        wanted = text(body, field)
        return groups.get(wanted, []) if wanted else [code for codes in groups.values() for code in codes]

    return values


def tauxtva(_platform: "Platform", _account: Account, _body: Body) -> Body:
    """The rates of VAT."""
    rates: dict[str, list[str]] = REFERENCES["vat_rates"]
    return done(
        listeTauxTva=[
            {"codeTauxTva": code, "libelleTauxTva": name, "valeurTauxTva": Decimal(rate)}
            for code, (rate, name) in rates.items()
        ]
    )


def typespj(_platform: "Platform", _account: Account, body: Body) -> Body:
    """The kinds of attachment of an object (`typeObjet`)."""
    kind = text(body, "typeObjet") or "FACTURE"
    english = text(body, "codeLangue").upper() == "EN"
    types: dict[str, list[str]] = REFERENCES["attachment_types"]
    return done(
        listeTypePieceJointe=[
            {
                "idTypePieceJointe": number,
                "codeTypePieceJointe": code,
                "libelleTypePieceJointe": names[english],
                "typeObjet": kind,
            }
            for number, (code, names) in enumerate(types.items(), 1)
        ]
    )


def coordbanc_valides(platform: "Platform", account: Account, body: Body) -> Body:
    """The bank accounts of one of one's structures."""
    structure = platform.directory.by_id(key_of(body, "idStructure"))
    if structure is None or structure.id not in account.structures or not structure.bank_accounts:
        raise Refused(NOTHING_FOUND, NOTHING_FOUND_MESSAGE)
    return done(
        FACTURES_DONE,
        listeCoordonneeBancaire=[
            {"idCoordonneeBancaire": bank.id, "nomCoordonneeBancaire": bank.name} for bank in structure.bank_accounts
        ],
    )


def structures_actives_fournisseur(platform: "Platform", account: Account, _body: Body) -> Body:
    """One's active structures with the "Factures émises" space."""
    return _actives(
        structure
        for structure in platform.directory
        if structure.id in account.structures and structure.active and structure.issues_invoices
    )


def structures_actives_destinataire(platform: "Platform", account: Account, _body: Body) -> Body:
    """One's active structures that receive invoices: the public ones."""
    return _actives(
        structure
        for structure in platform.directory
        if structure.id in account.structures and structure.active and structure.public
    )


def _actives(structures: Iterable[Structure]) -> Body:
    listed = [
        {
            "idStructureCPP": structure.id,
            "identifiant": structure.identifier,
            "designationStructure": structure.name,
        }
        for structure in structures
    ]
    if not listed:
        raise Refused(NOTHING_FOUND, NOTHING_FOUND_MESSAGE)
    return done(listeStructures=listed)


def destinataire(platform: "Platform", _account: Account, body: Body) -> Body:
    """Active buyers, by identifier, or by name, town or postcode."""
    identifier = text(body, "identifiant")
    named = text(body, "nomVilleCodePostal").casefold()
    found = [
        structure
        for structure in _buyers(platform)
        if structure.identifier == (identifier or structure.identifier)
        and any(named in value.casefold() for value in (structure.name, structure.town, structure.postcode))
    ]
    shown, said = page_of(found, body, "parametresRecherche")
    return done(
        listeDestinataires=[
            {
                "idStructureCPP": structure.id,
                "siret": structure.identifier,
                "nomDestinataire": structure.name,
                "adresseCodePostal": structure.postcode,
                "adresseVille": structure.town,
            }
            for structure in shown
        ],
        parametresRetour=said,
    )


def _buyers(platform: "Platform") -> list[Structure]:
    return [structure for structure in platform.directory if structure.public and structure.active]


def information_siret(_platform: "Platform", _account: Account, body: Body) -> Body:
    """What INSEE knows of a SIRET: never served in qualification."""
    text(body, "siretStructure", required=True)
    raise Refused(20001, NOT_IN_QUALIFICATION)


def ajouter_fichier(platform: "Platform", _account: Account, body: Body) -> Body:
    """Send a file ahead of the invoice that will name it."""
    name = text(body, "pieceJointeNom", required=True)
    extension = text(body, "pieceJointeExtension", required=True).lstrip(".").upper()
    mime = text(body, "pieceJointeTypeMime", required=True)
    data = decoded(text(body, "pieceJointeFichier", required=True), "pieceJointeFichier")
    if extension not in EXTENSIONS:
        raise Refused(20002, "GCU_MSG_01_012 - L'extension du fichier n'est pas autorisee.")
    if len(name) > ATTACHMENT_NAME:
        raise Refused(20004, "GCU_MSG_01_013 - Le nom du fichier ne doit pas depasser 50 caracteres.")
    if not 0 < len(data) <= ATTACHMENT_BYTES:
        raise Refused(20003, "GCU_MSG_01_014 - Le fichier est vide ou depasse 10 Mo.")
    return done(FACTURES_DONE, pieceJointeId=platform.attachments.add(name, extension.lower(), mime, data).id)


def decoded(encoded: str, field: str) -> bytes:
    """The bytes of a base64 text, line breaks allowed. Raises Malformed."""
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise calls.Malformed(MALFORMED, f"TRA_MSG_00.004 - Le champ {field} n'est pas encode en base64.") from None


def annuaire(platform: "Platform", _account: Account, _body: Body) -> Body:
    """The directory of buyers, as a ZIP file in base64.

    That it is a ZIP is known; what is in it is not published: here one line of CSV for each service of each buyer, and
    for each buyer without services.
    """
    written = io.StringIO()
    lines = csv.writer(written, delimiter=";", lineterminator="\r\n")
    lines.writerow(DIRECTORY_COLUMNS)
    for structure in _buyers(platform):
        own = (structure.identifier, structure.name, *_yes_no(structure.engagement_required))
        own += (*_yes_no(structure.service_required), *_yes_no(structure.service_or_engagement))
        for service in structure.services:
            lines.writerow((*own, service.code, service.name, *_yes_no(service.active, service.engagement_required)))
        if not structure.services:
            lines.writerow((*own, "", "", "", ""))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annuaire_destinataires.csv", written.getvalue().encode("utf-8"))
    return done(FACTURES_DONE, fichierResultat=base64.b64encode(zipped.getvalue()).decode("ascii"))


def _yes_no(*values: bool) -> tuple[str, ...]:
    return tuple("OUI" if value else "NON" for value in values)


def health() -> Body:
    """What the only GET of the API answers."""
    return {"body": "OK", "statusCodeValue": 200, "statusCode": "OK"}


def _kept(name: str) -> Callable[[Body], list[str]]:
    return lambda _body: list(REFERENCES[name])


SERVICES: dict[str, calls.Service] = {
    "recuperer/devises": _named("listeDevises", "currencies", "codeDevise", "libelleDevise"),
    "recuperer/pays": _named("listePays", "countries", "codePays", "libellePays"),
    "recuperer/motifs/exonerationtva": _named(
        "listeMotifsExonerationTva", "exemptions", "codeMotifExonerationTva", "libelleMotifExonerationTva"
    ),
    "recuperer/tauxtva": tauxtva,
    "recuperer/typespj": typespj,
    "recuperer/modereglements": _plain("listeModePaiement", _kept("payment_modes"), "modePaiement"),
    "recuperer/modedepot": _plain("listeModeDepot", _kept("deposit_modes"), "modeDepot"),
    "recuperer/typedp": _plain("listeTypeDemandePaiement", _kept("request_types"), "typeDemandePaiement"),
    "recuperer/typeidentifiant/structure": _plain(
        "listeTypeIdentifiant", _kept("identifier_types"), "typeIdentifiantStructure"
    ),
    "recuperer/cadrefacturation": _plain(
        "listeCadreFacturation", _under("frames", "typeDemandePaiement"), "codeCadreFacturation"
    ),
    "recuperer/formatflux": _plain("listeFormatFlux", _kept("syntaxes"), "formatFlux"),
    "recuperer/syntaxeflux": _plain("listeSyntaxeFlux", _under("syntaxes", "formatFlux"), "syntaxeFlux"),
    "recuperer/coordbanc/valides": coordbanc_valides,
    "recuperer/structures/actives/fournisseur": structures_actives_fournisseur,
    "recuperer/structures/actives/destinataire": structures_actives_destinataire,
    "rechercher/destinataire": destinataire,
    "consulter/information/siret": information_siret,
    "ajouter/fichier": ajouter_fichier,
    "telecharger/annuaire/destinataire": annuaire,
}

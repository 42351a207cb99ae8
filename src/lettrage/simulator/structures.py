"""The Structures API: who is known, what a buyer demands, its services."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from lettrage.simulator import calls
from lettrage.simulator.calls import Body, Refused, done
from lettrage.simulator.clock import instant_in_paris
from lettrage.simulator.directory import Account, Service, Structure
from lettrage.simulator.fields import flag, key_of, table, text
from lettrage.simulator.paging import NOTHING_FOUND, NOTHING_FOUND_MESSAGE, page_of

if TYPE_CHECKING:
    from lettrage.simulator.platform import Platform

FOR_EVER = "2050-12-31 00:00"
# What a structure is sought by: the field of the request, and what it is compared with, whole or in part.
CRITERIA: dict[str, Callable[[Structure], tuple[str, bool]]] = {
    "identifiantStructure": lambda structure: (structure.identifier, True),
    "typeIdentifiantStructure": lambda structure: (structure.identifier_type, True),
    "statutStructure": lambda structure: (state_of(structure.active), True),
    "adresseCodePays": lambda structure: (structure.country, True),
    "adresseCodePostal": lambda structure: (structure.postcode, True),
    "adresseVille": lambda structure: (structure.town, False),
    "raisonSocialeStructure": lambda structure: (structure.name, False),
    "libelleStructure": lambda structure: (structure.name, False),
    "nomStructure": lambda structure: (structure.name, False),
}


def state_of(active: bool) -> str:
    """How the platform says that something is open or closed."""
    return "ACTIVE" if active else "INACTIVE"


def rechercher(platform: "Platform", account: Account, body: Body) -> Body:
    """Structures by criteria: the public ones and one's own, the other private ones where asked for."""
    criteria = table(body, "structure")
    restricted = flag(body, "restreindreStructuresPrivees", True)
    wanted = {field: text(criteria, field).casefold() for field in CRITERIA}
    found = [
        structure
        for structure in platform.directory
        if (structure.public or structure.id in account.structures or not restricted) and _meets(structure, wanted)
    ]
    shown, said = page_of(found, body, "parametres")
    return done(listeStructures=[_listed(structure) for structure in shown], parametresRetour=said)


def _meets(structure: Structure, wanted: dict[str, str]) -> bool:
    for field, value in wanted.items():
        own, whole = CRITERIA[field](structure)
        if value and not (own.casefold() == value if whole else value in own.casefold()):
            return False
    return True


def _listed(structure: Structure) -> Body:
    return {
        "idStructureCPP": structure.id,
        "typeIdentifiantStructure": structure.identifier_type,
        "identifiantStructure": structure.identifier,
        "designationStructure": structure.name,
        "statut": state_of(structure.active),
    }


def visible(platform: "Platform", account: Account, key: int) -> Structure:
    """The structure of that id, public or one's own. Raises Refused."""
    found = platform.directory.by_id(key)
    if found is None or not (found.public or found.id in account.structures):
        raise Refused(NOTHING_FOUND, NOTHING_FOUND_MESSAGE)
    return found


def consulter(platform: "Platform", account: Account, body: Body) -> Body:
    """One structure: who it is, where, and what it demands of an invoice."""
    structure = visible(platform, account, key_of(body, "idStructureCPP", "idStructure"))
    own = structure.id in account.structures
    return done(
        informationGenerales={
            "idStructureCPP": structure.id,
            "typeIdentifiantStructure": structure.identifier_type,
            "identifiantStructure": structure.identifier,
            "raisonSocialeStructure": structure.name,
            "libelleStructure": structure.name,
            "nomStructure": None,
            "prenomStructure": None,
            "emailStructure": None,
            "numeroTVA": structure.vat_number or None,
            "numeroRcsStructure": None,
            "structurePriveePublique": "PUBLIQUE" if structure.public else "PRIVEE",
            "estValideurDeleguee": False,
            "listeStructureDupliquees": [],
            "dateExpirationMotPasseCompteTech": instant_in_paris(account.expires_at)
            if own and account.expires_at
            else None,
        },
        adressePostaleDuSiege=_address(structure),
        parametres={
            "codeServiceDoitEtreRenseigne": structure.service_required,
            "numeroEJDoitEtreRenseigne": structure.engagement_required,
            "gestionNumeroEJOuCodeService": structure.service_or_engagement,
            "statutMiseEnPaiementNestPasRemonte": structure.payment_not_reported,
            "connexionEDI": own,
            "recevoirDonneesViaEDI": False,
            "estMoaUniquement": False,
            "getaMoa": False,
            "estValideurDelegue": False,
            "nonDiffusibleInsee": False,
        },
    )


def _address(structure: Structure) -> Body:
    return {
        "adresse": structure.street,
        "complementAdresse1": None,
        "complementAdresse2": None,
        "codePostal": structure.postcode,
        "ville": structure.town,
        "pays": structure.country,
        "telephone": None,
        "indicatifTelephone": None,
        "fax": None,
        "indicatifFax": None,
    }


def rechercher_services(platform: "Platform", account: Account, body: Body) -> Body:
    """The services of a structure, the closed ones too."""
    structure = visible(platform, account, key_of(body, "idStructure", "idStructureCPP"))
    shown, said = page_of(structure.services, body, "parametresRechercherServicesStructure")
    return done(listeServices=[_service(service) for service in shown], parametresRetour=said)


def _service(service: Service) -> Body:
    return {
        "idService": service.id,
        "codeService": service.code,
        "libelleService": service.name,
        "estActif": service.active,
        "statutService": state_of(service.active),
        "dateDbtService": _midnight(service.valid_from),
        "dateFinService": _midnight(service.valid_to),
    }


def consulter_service(platform: "Platform", account: Account, body: Body) -> Body:
    """One service: its validity, and whether it demands an engagement."""
    structure = visible(platform, account, key_of(body, "idStructure", "idStructureCPP"))
    key = key_of(body, "idService")
    service = next((service for service in structure.services if service.id == key), None)
    if service is None:
        raise Refused(NOTHING_FOUND, NOTHING_FOUND_MESSAGE)
    return done(
        informationsGenerales={
            "codeService": service.code,
            "nomService": service.name,
            "descriptionService": None,
        },
        adressePostale=_address(structure),
        parametres={
            "numeroEngagement": service.engagement_required,
            "miseEnPaiement": not structure.payment_not_reported,
            "dateCreation": _midnight(service.valid_from),
            "dateModification": _midnight(service.valid_from),
            "dateDebutValidite": _midnight(service.valid_from),
            "dateFinValidite": _midnight(service.valid_to),
        },
    )


def _midnight(day: date | None) -> str:
    return f"{day.isoformat()} 00:00" if day else FOR_EVER


SERVICES: dict[str, calls.Service] = {
    "rechercher": rechercher,
    "consulter": consulter,
    "rechercher/services": rechercher_services,
    "consulter/service": consulter_service,
}

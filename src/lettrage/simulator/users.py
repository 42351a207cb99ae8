"""The Utilisateurs API: only what a caller may know of itself; nothing else of it is published."""

from typing import TYPE_CHECKING

from lettrage.simulator import calls
from lettrage.simulator.calls import Body, done
from lettrage.simulator.directory import Account
from lettrage.simulator.paging import page_of

if TYPE_CHECKING:
    from lettrage.simulator.platform import Platform


def rattachements(platform: "Platform", account: Account, body: Body) -> Body:
    """The structures that the account is attached to."""
    own = [structure for structure in platform.directory if structure.id in account.structures]
    shown, said = page_of(own, body, "parametresRecherche")
    return done(
        listeStructureRattachement=[
            {
                "idRattachementStructure": structure.id,
                "idStructure": structure.id,
                "typeIdentifiantStructure": structure.identifier_type,
                "identifiantStructure": structure.identifier,
                "designationStructure": structure.name,
                "roleUtilisateur": "UTILISATEUR",
                "statutUtilisateur": "ACTIF",
                "statutRattachementStructure": "ACTIF",
                "listeServicesRattache": [],
            }
            for structure in shown
        ],
        parametresRetour=said,
    )


SERVICES: dict[str, calls.Service] = {"monCompte/recuperer/rattachements": rattachements}

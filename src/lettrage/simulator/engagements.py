"""The EngagementsJuridiques API: whether a commitment number exists for a supplier.

What the request takes is reported by those who use it; the fields of an answered engagement beyond its number are
this simulator's own, in the platform's manner of naming.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from lettrage.simulator import calls
from lettrage.simulator.calls import Body, done
from lettrage.simulator.directory import Account, Engagement
from lettrage.simulator.fields import text, whole
from lettrage.simulator.paging import page_of

if TYPE_CHECKING:
    from lettrage.simulator.platform import Platform


def rechercher(platform: "Platform", account: Account, body: Body) -> Body:
    """The engagements towards one's own structures, by number, by state, by the structure that receives them."""
    number = text(body, "numeroEngagementJuridique")
    state = text(body, "etatCourantEngagementJuridique")
    receiver = whole(body, "structureReceptriceEngagementJuridique")
    found = [
        engagement
        for engagement in platform.directory.engagements.values()
        if engagement.supplier in account.structures
        and engagement.supplier == (receiver if receiver is not None else engagement.supplier)
        and engagement.number == (number or engagement.number)
        and engagement.state == (state or engagement.state)
    ]
    shown, said = page_of(found, body, "parametresRecherche")
    return done(listeEngagementJuridique=[_listed(platform, engagement) for engagement in shown], parametresRetour=said)


def _listed(platform: "Platform", engagement: Engagement) -> Body:
    buyer = platform.directory.by_id(engagement.buyer)
    return {
        "numeroEngagementJuridique": engagement.number,
        "typeEngagementJuridique": engagement.kind,
        "etatCourantEngagementJuridique": engagement.state,
        "dateEngagementJuridique": engagement.day.isoformat(),
        "montantEngagementJuridique": Decimal(engagement.amount),
        "structureEmettriceEngagementJuridique": buyer.identifier if buyer else None,
        "designationStructureEmettrice": buyer.name if buyer else None,
    }


SERVICES: dict[str, calls.Service] = {"rechercher": rechercher}

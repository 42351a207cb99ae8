"""The FacturesTravaux API: there are no works invoices here, and a search says so in its own words."""

from typing import TYPE_CHECKING

from lettrage.simulator import calls
from lettrage.simulator.calls import Body, Refused

if TYPE_CHECKING:
    from lettrage.simulator.directory import Account
    from lettrage.simulator.platform import Platform

NO_WORKS = (20007, "GFT_MSG_01.075 - La recherche n'a retourné aucun résultat")


def rechercher(_platform: "Platform", _account: "Account", _body: Body) -> Body:
    """The works invoices of one's structures. Raises Refused."""
    raise Refused(*NO_WORKS)


SERVICES: dict[str, calls.Service] = {"rechercher": rechercher}

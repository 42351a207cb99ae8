"""Pages of a search: ten results unless asked otherwise, and what is said of them."""

from collections.abc import Sequence
from typing import TypeVar

from lettrage.simulator.calls import Body, Refused
from lettrage.simulator.fields import table, whole

PAGE = 10
NOTHING_FOUND = 20000
NOTHING_FOUND_MESSAGE = "TRA_MSG_00.015 - La recherche n'a retourné aucun résultat"

Item = TypeVar("Item")


def page_of(found: Sequence[Item], body: Body, key: str) -> tuple[Sequence[Item], Body]:
    """The page asked for in the object `key` of the body, and its `parametresRetour`. Raises Refused on no result.

    A page behind the last one is empty, and no refusal.
    """
    asked = table(body, key)
    size = max(1, whole(asked, "nbResultatsParPage") or PAGE)
    number = max(1, whole(asked, "pageResultatDemandee") or 1)
    said = {
        "nbResultatsParPage": size,
        "pageCourante": number,
        "pages": -(-len(found) // size),
        "total": len(found),
    }
    if not found:  # some clients read the total before the code
        raise Refused(NOTHING_FOUND, NOTHING_FOUND_MESSAGE, parametresRetour=said)
    return found[(number - 1) * size : number * size], said

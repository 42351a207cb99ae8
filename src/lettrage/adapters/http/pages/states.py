"""What a state of an invoice is called on a page, and of which of the five kinds it is: a shape, a word, a colour.

A state that is not known here is shown by its raw code, quietly; it is never hidden.
"""

from collections.abc import Mapping
from typing import Literal

from lettrage.adapters.http.pages.words import by_door, known, words
from lettrage.invoicing.doors import Door
from lettrage.invoicing.explaining import labels
from lettrage.refusal import Language

Kind = Literal["bad", "warn", "run", "good", "quiet"]

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("rejected", "refused", "numbering_error", "REJETEE"), "bad"),
    **dict.fromkeys(("in_doubt", "given_up", "SUSPENDUE", "A_RECYCLER"), "warn"),
    **dict.fromkeys(("intended", "sending", "sent", "integrated", "DEPOSEE", "EN_COURS_ACHEMINEMENT"), "run"),
    **dict.fromkeys(("MISE_A_DISPOSITION", "PRISE_EN_COMPTE_DESTINATAIRE", "COMPLETEE", "SERVICE_FAIT"), "run"),
    **dict.fromkeys(("MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE"), "run"),
    **dict.fromkeys(("MISE_EN_PAIEMENT", "settled"), "good"),
    # of approved platforms
    **dict.fromkeys(("210", "213"), "bad"),
    **dict.fromkeys(("206", "207", "208", "220", "221"), "warn"),
    **dict.fromkeys(("200", "201", "202", "203", "204", "205", "209", "214", "224", "225", "226", "227", "228"), "run"),
    **dict.fromkeys(("211", "212"), "good"),
    **dict.fromkeys(("partly_received",), "run"),
    **dict.fromkeys(("receipt_back",), "warn"),
    # of flows
    **dict.fromkeys(("IN_REJETE", "Error"), "bad"),
    **dict.fromkeys(("IN_INTEGRE_PARTIEL", "IN_INCIDENTE"), "warn"),
    **dict.fromkeys(
        ("Ok", "Pending", "IN_RECU", "IN_TRAITE_SE_CPP", "IN_INTEGRE", "IN_EN_COURS_TRAITEMENT_CPP"), "run"
    ),
}


def kind_of(state: str) -> Kind:
    """Its kind."""
    return KINDS.get(state, "quiet")


def word_of(state: str, language: Language, door: Door | Literal[""] = "chorus") -> str:
    """Its word on the platform of a door: the page's own where it has one, else the one that everything else uses."""
    key = by_door(f"states.{state}", door)
    return words(language, key) if known(key) else labels.state(state, language)

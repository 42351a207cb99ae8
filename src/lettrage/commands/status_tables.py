"""Statuses that were said, for reading: their tables on a terminal, in French or in English."""

from collections.abc import Iterable
from typing import Any

from lettrage.columns import COLUMNS

COLUMNS.update(
    {
        "status_said": (
            ("number", "Facture", "Invoice"),
            ("platform", "Plateforme", "Platform"),
            ("status", "Statut", "Status"),
            ("message", "Message", "Message"),
        ),
        "status_freed": (("message", "Message", "Message"), ("platform", "Plateforme", "Platform")),
        "declared": (
            ("number", "Facture", "Invoice"),
            ("day", "Jour", "Day"),
            ("amount", "Encaissé", "Received"),
            ("currency", "Devise", "Currency"),
            ("rates", "Par taux", "By rate"),
            ("event", "Événement", "Event"),
        ),
    }
)


def declared_lines(declared: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was declared, a line for each, its rates side by side."""
    return [one | {"rates": " · ".join(f"{r['rate']} % {r['amount']}" for r in one["rates"])} for one in declared]

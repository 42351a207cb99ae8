"""Reports of payments for reading: their tables on a terminal, in French or in English."""

from typing import Any

from lettrage.columns import COLUMNS, PROSE, WORDS

COLUMNS.update(
    {
        "declarations": (
            ("period", "Période", "Period"),
            ("standing", "Situation", "Standing"),
            ("due", "Échéance", "Deadline"),
            ("days_left", "Jours", "Days left"),
            ("type", "À envoyer", "To send"),
            ("missing", "Manquants", "Missing"),
            ("amounts", "Encaissé TTC", "Received incl. VAT"),
        ),
        "declaration_rows": (
            ("date", "Date", "Date"),
            ("invoice", "Facture", "Invoice"),
            ("rate", "Taux", "Rate"),
            ("amount", "Encaissé TTC", "Received incl. VAT"),
        ),
        "declaration_changes": (
            ("date", "Date", "Date"),
            ("invoice", "Facture", "Invoice"),
            ("rate", "Taux", "Rate"),
            ("before", "Déclaré", "Reported"),
            ("after", "À déclarer", "To be reported"),
        ),
        "declaration_missing": (
            ("date", "Date", "Date"),
            ("invoice", "Facture", "Invoice"),
            ("amount", "Encaissé", "Received"),
            ("why", "Pourquoi", "Why"),
        ),
        "declaration_elsewhere": (
            ("outcome", "Suite", "Way"),
            ("payments", "Nombre", "Payments"),
            ("amount", "Encaissé", "Received"),
            ("why", "Pourquoi", "Why"),
        ),
        "declaration_reports": (
            ("report", "N°", "No."),
            ("type", "Type", "Type"),
            ("made_at", "Faite le", "Made at"),
            ("made_by", "Par", "By"),
            ("outcome", "Réponse", "Answer"),
            ("errors", "Motif", "Reason"),
        ),
        "declaration_refused": (("report", "Déclaration rejetée", "Refused report"),),
        "period_declared": (
            ("type", "Type", "Type"),
            ("number", "N°", "No."),
            ("from", "Du", "From"),
            ("to", "Au", "To"),
            ("file", "Fichier", "File"),
            ("platform", "Plateforme", "Platform"),
        ),
    }
)
PROSE.update(("declaration_missing", "declaration_elsewhere", "declaration_reports"))
for word, pair in {
    "running": ("en cours", "running"),
    "nothing": ("rien à déclarer", "nothing to report"),
    "to_do": ("à déclarer", "to be reported"),
    "today": ("dernier jour", "last day"),
    "late": ("EN RETARD", "LATE"),
    "to_correct": ("à rectifier", "to be corrected"),
    "missing": ("à compléter", "to be mended"),
    "waits": ("en attente de réponse", "waits for an answer"),
    "done": ("déclarée", "reported"),
    "accepted": ("acceptée", "accepted"),
    "rejected": ("rejetée", "refused"),
    "by_hand": ("remise à la main", "handed in"),
    "none": ("non déclaré", "not reported"),
    "status": ("statut 212", "status 212"),
    "by_chorus": ("par Chorus Pro", "by Chorus Pro"),
}.items():
    WORDS.setdefault(word, pair)


def amounts(totals: list[dict[str, Any]]) -> str:
    """What was received by rate, in one line."""
    return ", ".join(f"{one['rate']} % {one['amount']}" for one in totals)

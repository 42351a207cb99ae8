"""Payment files for reading: their tables on a terminal, in French or in English."""

from typing import Any

from lettrage.bank.payments.reasons import explained
from lettrage.columns import ASKED, COLUMNS, WORDS
from lettrage.refusal import Language
from lettrage.terminal import said, say, sentence, table, tell

COLUMNS.update(
    {
        "payment_files": (
            ("number", "Fichier", "File"),
            ("kind", "Nature", "Kind"),
            ("bank", "Banque", "Bank"),
            ("date", "Date", "Date"),
            ("count", "Lignes", "Lines"),
            ("total", "Total", "Total"),
            ("left", "Reste à exécuter", "Left to execute"),
            ("status", "Statut", "Status"),
            ("message", "Message", "Message"),
        ),
        "payment_lines": (
            ("position", "Ligne", "Line"),
            ("transaction", "Transaction", "Transaction"),
            ("third_party", "Tiers", "Third party"),
            ("name", "Nom", "Name"),
            ("amount", "Montant", "Amount"),
            ("iban", "IBAN", "IBAN"),
            ("sequence", "Séquence", "Sequence"),
            ("status", "Statut", "Status"),
            ("said", "Motif", "Reason"),
        ),
        "payment_rejections": (
            ("position", "Ligne", "Line"),
            ("transaction", "Transaction", "Transaction"),
            ("third_party", "Tiers", "Third party"),
            ("amount", "Montant", "Amount"),
            ("became", "Suite", "Became"),
            ("entry", "Écriture", "Entry"),
            ("said", "Motif", "Reason"),
        ),
        "payments_due": (
            ("third_party", "Tiers", "Third party"),
            ("name", "Nom", "Name"),
            ("pieces", "Pièces", "Pieces"),
            ("iban", "IBAN", "IBAN"),
            ("amount", "Montant", "Amount"),
        ),
        "payments_left": (
            ("third_party", "Non proposé", "Not proposed"),
            ("name", "Nom", "Name"),
            ("pieces", "Pièces", "Pieces"),
            ("amount", "Montant", "Amount"),
            ("why", "Motif", "Why"),
        ),
    }
)
WORDS.update(
    {
        "transfers": ("virements", "transfers"),
        "debits": ("prélèvements", "direct debits"),
        "bills": ("LCR", "bills"),
        "made": ("fait", "made"),
        "executed": ("exécuté", "executed"),
        "rejected": ("rejeté", "rejected"),
        "returned": ("retourné", "returned"),
        "withdrawn": ("retiré", "withdrawn"),
        "taken_back": ("repris", "taken back"),
        "kept": ("inchangé", "unchanged"),
        "credit": ("avoirs plus élevés", "credit notes exceed it"),
        "other_means": ("autre moyen de paiement", "other means of payment"),
        "no_mandate": ("sans mandat", "no mandate"),
    }
)
ASKED.update(
    {
        "payment file": ("fichier de paiement", "payment file"),
        "payment file cancelled": ("fichier annulé", "payment file cancelled"),
        "payment file executed": ("fichier exécuté", "payment file executed"),
        "payments ordered": ("paiements ordonnés", "payments ordered"),
        "payment answer": ("réponse de la banque", "bank's answer"),
    }
)


def payment_file(value: dict[str, Any], lang: Language) -> None:
    """A payment file, its lines, and what executing it made."""
    say(*table([value], "payment_files", lang), "", *table(value["lines"], "payment_lines", lang))
    made = [f"transaction {value['transaction']}"] if value.get("transaction") else []
    made += [said(("bordereau", "slip"), lang) + f" {value['slip']}"] if value.get("slip") else []
    if made:
        say("", " · ".join(made))


def answer(value: dict[str, Any], lang: Language) -> None:
    """What a bank's answer did, line by line, and what of it nobody here knows."""
    say(f"{value['message']} · {value['status'] or '-'}")
    if value["already"]:
        say(said(("Réponse déjà lue : rien n'a changé.", "Answer read before: nothing has changed."), lang))
    if value["rejected"]:
        rows = [{**row, "said": explained(row["reason"], lang)} for row in value["rejected"]]
        say(*table(rows, "payment_rejections", lang))
    for reason in (reason for row in value["rejected"] for reason in row["reasons"]):
        tell(sentence(reason, lang))
    if value["unknown"]:
        words = ("Références inconnues de ce fichier : ", "References that are not of this file: ")
        tell(said(words, lang) + ", ".join(value["unknown"]))


def proposal(value: dict[str, Any], lang: Language) -> None:
    """What would be paid, what would not and why, and every reason against it."""
    rows = [{**row, "pieces": " ".join(item["piece"] for item in row["items"])} for row in value["payments"]]
    say(*table(rows, "payments_due", lang), "", f"Total {value['total']} {value['currency']}")
    left = [{**row, "pieces": " ".join(item["piece"] for item in row["items"])} for row in value["left"]]
    if left:
        say("", *table(left, "payments_left", lang))
    for reason in value["reasons"]:
        tell(sentence(reason, lang))

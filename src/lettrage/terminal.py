"""Results for reading: tables on a terminal, in French or in English.

Plain columns: a list of twenty thousand lines is written as fast as it is read.
"""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from lettrage.dates import PARIS
from lettrage.opening import Loaded
from lettrage.refusal import Language, legible
from lettrage.settlement.answer import Reply

# Columns of each list: field, French, English; amounts stand to the right.
COLUMNS = {
    "items": (
        ("third_party", "Tiers", "Third party"),
        ("piece", "Pièce", "Piece"),
        ("kind", "Nature", "Kind"),
        ("due_date", "Échéance", "Due"),
        ("amount", "Montant", "Amount"),
        ("open_amount", "Reste dû", "Open"),
        ("currency", "Devise", "Currency"),
        ("state", "État", "State"),
        ("days_overdue", "Retard (j)", "Days late"),
    ),
    "portfolio": (
        ("transaction", "Transaction", "Transaction"),
        ("order", "Ordre", "Order"),
        ("state", "État", "State"),
        ("third_party", "Tiers", "Third party"),
        ("amount", "Montant", "Amount"),
        ("currency", "Devise", "Currency"),
        ("date", "Date", "Date"),
        ("bank", "Banque", "Bank"),
        ("slip", "Bordereau", "Slip"),
    ),
    "third_parties": (
        ("third_party", "Tiers", "Third party"),
        ("name", "Nom", "Name"),
        ("kind", "Nature", "Kind"),
        ("due", "Échu", "Due"),
        ("not_yet_due", "À échoir", "Not yet due"),
        ("advances", "Acomptes", "Advances"),
        ("total", "Total", "Total"),
        ("currency", "Devise", "Currency"),
        ("unpaid", "Impayés", "Returned"),
    ),
    "statement": (
        ("date", "Date", "Date"),
        ("piece", "Pièce", "Piece"),
        ("label", "Libellé", "Label"),
        ("due_date", "Échéance", "Due"),
        ("amount", "Montant", "Amount"),
        ("open_amount", "Reste dû", "Open"),
        ("currency", "Devise", "Currency"),
        ("state", "État", "State"),
        ("days_overdue", "Retard (j)", "Days late"),
    ),
    "totals": (
        ("currency", "Devise", "Currency"),
        ("due", "Échu", "Due"),
        ("not_yet_due", "À échoir", "Not yet due"),
        ("advances", "Acomptes", "Advances"),
        ("total", "Total", "Total"),
        ("total_home", "Valeur comptable", "Carried at"),
    ),
    "tasks": (
        ("kind", "Tâche", "Task"),
        ("third_party", "Tiers", "Third party"),
        ("piece", "Pièce", "Piece"),
        ("amount", "Escompte", "Discount"),
        ("vat", "dont TVA", "of which VAT"),
        ("transaction", "Transaction", "Transaction"),
    ),
    "instruments": (
        ("order", "Ordre", "Order"),
        ("state", "État", "State"),
        ("third_party", "Tiers", "Third party"),
        ("amount", "Montant", "Amount"),
        ("currency", "Devise", "Currency"),
        ("amount_home", "Valeur comptable", "Carried at"),
    ),
    "lines": (
        ("account", "Compte", "Account"),
        ("third_party", "Tiers", "Third party"),
        ("debit", "Débit", "Debit"),
        ("credit", "Crédit", "Credit"),
        ("currency_amount", "En devise", "In currency"),
        ("currency", "Devise", "Currency"),
    ),
    "logbook": (
        ("id", "N°", "No."),
        ("received_at", "Reçu", "Received"),
        ("kind", "Nature", "Kind"),
        ("caller", "Appelant", "Caller"),
        ("origin", "Par", "Through"),
        ("source", "De", "From"),
        ("done", "Faits", "Done"),
        ("refused", "Refusés", "Refused"),
        ("replayed", "Déjà faits", "Done before"),
        ("warnings", "Avert.", "Warnings"),
        ("transactions", "Transactions", "Transactions"),
    ),
    "told": (
        ("settlement", "Règlement", "Settlement"),
        ("code", "Code", "Code"),
        ("said", "Motif ou avertissement", "Reason or warning"),
    ),
    "accounts": (
        ("dossier", "Dossier", "Dossier"),
        ("name", "Compte", "Account"),
        ("role", "Rôle", "Role"),
        ("shown", "Jeton", "Token"),
        ("created_at", "Créé", "Created"),
        ("ended_at", "Fermé", "Ended"),
    ),
    "slips": (
        ("number", "Bordereau", "Slip"),
        ("bank", "Banque", "Bank"),
        ("date", "Date", "Date"),
        ("state_change", "Remise", "Deposit"),
        ("count", "Effets", "Count"),
        ("total", "Total", "Total"),
        ("currency", "Devise", "Currency"),
        ("status", "Statut", "Status"),
        ("entry", "Écriture", "Entry"),
    ),
    "drawn": (
        ("received_by", "Reçu par", "Received by"),
        ("reglement_num", "N° règlement", "REGLEMENTNUM"),
        ("third_party", "Tiers", "Third party"),
        ("name", "Tireur", "Drawer"),
        ("amount", "Montant", "Amount"),
        ("transaction", "Transaction", "Transaction"),
    ),
    "invoices_brought": (
        ("number", "Facture", "Invoice"),
        ("third_party", "Client", "Customer"),
        ("date", "Date", "Date"),
        ("total", "Total TTC", "Total"),
        ("currency", "Devise", "Currency"),
        ("outcome", "Résultat", "Outcome"),
        ("entry", "Écriture", "Entry"),
    ),
    "invoices": (
        ("number", "Facture", "Invoice"),
        ("type", "Type", "Type"),
        ("date", "Date", "Date"),
        ("third_party", "Client", "Customer"),
        ("total", "Total TTC", "Total"),
        ("currency", "Devise", "Currency"),
        ("state", "État", "State"),
        ("flow", "Flux", "Flow"),
    ),
    "sent": (
        ("number", "Facture", "Invoice"),
        ("state", "État", "State"),
        ("flow", "Flux", "Flow"),
        ("sha256", "Empreinte", "Digest"),
    ),
    "released": (("number", "Facture", "Invoice"), ("platform", "Plateforme", "Platform"), ("said", "Dit", "Said")),
    "payments": (
        ("date", "Date", "Date"),
        ("transaction", "Transaction", "Transaction"),
        ("amount", "Réglé", "Settled"),
        ("currency", "Devise", "Currency"),
        ("cancelled", "Annulé", "Cancelled"),
    ),
    "jobs": (
        ("kind", "Travail", "Job"),
        ("numbers", "Factures", "Invoices"),
        ("run_at", "Prévu", "Planned"),
        ("attempts", "Essais", "Tries"),
    ),
    "statuses": (("date", "Date", "Date"), ("code", "État", "Status"), ("comment", "Commentaire", "Comment")),
    "deposits": (
        ("sent_at", "Envoyé", "Sent"),
        ("flow", "Flux", "Flow"),
        ("outcome", "Résultat", "Outcome"),
        ("sha256", "SHA-256", "SHA-256"),
    ),
    "findings": (("code", "Code", "Code"), ("where", "Où", "Where"), ("message", "Constat", "Finding")),
}
WORDS = {
    "customer": ("client", "customer"),
    "supplier": ("fournisseur", "supplier"),
    "invoice": ("facture", "invoice"),
    "credit_note": ("avoir", "credit note"),
    "advance": ("acompte", "advance"),
    "settled": ("réglée", "settled"),
    "disputed": ("en litige", "disputed"),
    "credit_note_to_issue": ("avoir à émettre", "credit note to issue"),
    "waiting": ("en attente", "waiting"),
    "posted": ("comptabilisé", "posted"),
    "cancelled": ("annulé", "cancelled"),
    "linked": ("rattachée", "linked"),
    "corrected": ("corrigée", "corrected"),
    "already": ("déjà là", "there already"),
    "refused": ("refusée", "refused"),
    "not_sent": ("non envoyée", "not sent"),
    "credit_note_to_receive": ("avoir à recevoir", "credit note to receive"),
}
NOTHING = ("Rien à montrer.", "Nothing to show.")
RIGHT = {
    "amount", "open_amount", "debit", "credit", "currency_amount", "days_overdue", "vat", "amount_home", "count",
    "total", "due", "not_yet_due", "advances", "total_home", "unpaid",
    "id", "done", "refused", "replayed", "warnings",
}  # fmt: skip


def discard_output() -> None:
    """Nobody reads standard output any more: what is still buffered goes nowhere, quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(*lines: str) -> None:
    """Lines on standard output; a reader that has gone has read enough. Raises OSError when they cannot be written."""
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        discard_output()


def tell(*lines: str) -> None:
    """Lines on standard error, where there is one. What is told there never changes what was done."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(*lines, sep="\n", file=sys.stderr, flush=True)


def said(pair: tuple[str, str], lang: Language) -> str:
    """The French or the English of a pair."""
    return pair[0] if lang == "fr" else pair[1]


def table(rows: Iterable[dict[str, Any]], kind: str, lang: Language, title: str = "") -> list[str]:
    """A list as lines of text: a title, the names of the columns, the rows."""
    columns = COLUMNS[kind]
    names = [said((french, english), lang) for _, french, english in columns]
    cells = [[_cell(field, row.get(field), lang) for field, _, _ in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    right = [field in RIGHT for field, _, _ in columns]
    lines = [_line(line, widths, right) for line in [names, *cells]]
    return [title, *lines] if title else lines


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    padded = (
        cell.rjust(width) if to_the_right else cell.ljust(width)
        for cell, width, to_the_right in zip(cells, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(field: str, value: Any, lang: Language) -> str:
    if value is None or (field in ("debit", "credit") and not str(value).strip("0.")):
        return ""
    text = str(value)
    return said(WORDS[text], lang) if text in WORDS else legible(text)


def show(value: Any, kind: str, lang: Language) -> None:
    """Print a result for reading."""
    if not value:
        say(said(NOTHING, lang))
    elif kind in _SHOWN:
        _SHOWN[kind](value, lang)
    else:
        say(*table(value, kind, lang))


def _show_entries(value: list[dict[str, Any]], lang: Language) -> None:
    for entry in value:
        say(*entry_table(entry, lang), "")


def _show_slip(value: dict[str, Any], lang: Language) -> None:
    say(*table([value], "slips", lang), "", *table(value["instruments"], "drawn", lang))


def entry_table(entry: dict[str, Any], lang: Language) -> list[str]:
    """An entry with its lines under its heading; an amount in currency where it says more than debit and credit."""
    by = f" · transaction {entry['transaction']}" if entry["transaction"] else ""
    title = f"{entry['number']} · {entry['date']} · {entry['journal']} · {legible(entry['label'])}{by}"
    lines = [
        {**line, "currency_amount": "", "currency": ""} if _same_at_home(line) else line for line in entry["lines"]
    ]
    return table(lines, "lines", lang, title)


def _same_at_home(line: dict[str, Any]) -> bool:
    return line["currency_amount"].lstrip("-") in (line["debit"], line["credit"])


def _show_transaction(value: dict[str, Any], lang: Language) -> None:
    status = {
        "posted": ("comptabilisée", "posted"),
        "awaiting_slip": ("en attente de bordereau", "awaiting its slip"),
        "cancelled": ("annulée", "cancelled"),
    }[value["status"]]
    say(f"Transaction {value['number']} · {value['date']} · {said(status, lang)}")
    for order in value["orders"]:
        number = f" · REGLEMENTNUM {order['reglement_num']}" if order["reglement_num"] else ""
        say(f"  {order['order']}. {order['state_change']} · {legible(order['label'])}{number}")
    if value["instruments"]:
        say(*table(value["instruments"], "instruments", lang))
    say(said(("Écritures : ", "Entries: "), lang) + (", ".join(value["entries"]) or "-"))
    say(said(("Avant et après : ", "Before and after: "), lang) + (", ".join(value["lineage"]) or "-"))


def _show_reversal(value: dict[str, Any], lang: Language) -> None:
    """What a cancellation or a return did: its entry, what is open now, where the payments are now."""
    entry = said(("écriture", "entry"), lang) + f" {value['entry'] or '-'}"
    say(f"Transaction {value['transaction']} · {entry}")
    if "count" in value:
        words = ("Impayés de ce tiers : {count} ({party})", "Returned payments of this third party: {count} ({party})")
        say(said(words, lang).format(count=value["count"], party=legible(value["third_party"])))
    for part in ("items", "instruments"):
        if value[part]:
            say(*table(value[part], part, lang))


def moment(text: str) -> str:
    """A moment of the books (ISO, UTC) as people in Paris read it."""
    return f"{datetime.fromisoformat(text).astimezone(PARIS):%Y-%m-%d %H:%M:%S}"


def _show_document(value: dict[str, Any], lang: Language) -> None:
    """A line of the logbook with every reason and warning, each in the reader's language."""
    origin = " ".join(legible(value[field]) for field in ("origin", "source") if value[field])
    say(f"{value['id']} · {moment(value['received_at'])} · {value['kind']} · {legible(value['caller'])} · {origin}")
    counts = (
        f"{value['done']} fait(s), {value['refused']} refusé(s), {value['replayed']} déjà fait(s)",
        f"{value['done']} done, {value['refused']} refused, {value['replayed']} done before",
    )
    say(f"{said(counts, lang)} · transactions {' '.join(value['transactions']) or '-'}")
    told = [
        {**reason, "said": f"{reason[lang]} {reason['fix' if lang == 'fr' else 'fix_en']}"}
        for reason in (*value["reasons"], *value["remarks"])
    ]
    if told:
        say(*table(told, "told", lang))


def _show_statement(value: dict[str, Any], lang: Language) -> None:
    returned = said((f" · impayés : {value['unpaid']}", f" · returned: {value['unpaid']}"), lang)
    name = f"{legible(value['third_party'])} · {legible(value['name'])}"
    say(f"{name} · {said(WORDS[value['kind']], lang)} · {value['date']}{returned if value['unpaid'] else ''}")
    if not value["items"]:
        say(said(NOTHING, lang))
        return
    say(*table(value["items"], "statement", lang), "", *table(value["totals"], "totals", lang))


def _show_invoice(value: dict[str, Any], lang: Language) -> None:
    """An invoice, its deposits and its timeline."""
    say(*table([value], "invoices", lang), value["platform"])
    for part in ("deposits", "statuses", "payments"):
        if value[part]:
            say("", *table(value[part], part, lang))


def sentence(reason: dict[str, str], lang: Language) -> str:
    """A reason (in the shape of `reason_shape`) and how to mend it, in one line."""
    return f"{reason['fr']} {reason['fix']}" if lang == "fr" else f"{reason['en']} {reason['fix_en']}"


def _show_verify(value: dict[str, Any], lang: Language) -> None:
    if value["ok"]:
        say(said(("Contrôle d'intégrité : tout est juste.", "Integrity check: everything is right."), lang))
    else:
        say(*table(value["findings"], "findings", lang))


# What is more than one table.
_SHOWN: dict[str, Callable[[Any, Language], None]] = {
    "entries": _show_entries,
    "transaction": _show_transaction,
    "reversal": _show_reversal,
    "slip": _show_slip,
    "document": _show_document,
    "statement": _show_statement,
    "invoice": _show_invoice,
    "verify": _show_verify,
}


def show_load(loaded: Loaded, lang: Language) -> None:
    """What a load did, or every fault against it."""
    for fault in loaded.faults:
        text, path = fault.say(lang), legible(fault.path)
        tell(text if path in text else f"{path}: {text}")
    if loaded.faults:
        count = len(loaded.faults)
        refused = (f"Chargement refusé, rien n'a changé (fautes : {count}).",
                   f"Load refused, nothing has changed (faults: {count}).")  # fmt: skip
        tell(said(refused, lang))
    for code, counts in loaded.counts.items():
        say(f"{legible(code)}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


def show_reply(reply: Reply, lang: Language) -> None:
    """A summary of an answer, on standard error beside the JSON of standard output."""
    if reply.reason is not None:
        tell(reply.reason.say(lang))
        return
    for outcome in reply.outcomes:
        for reason in outcome.reasons:
            tell(f"n°{outcome.shown_number}: {reason.say(lang)}")
    counts = (f"{reply.done} fait(s), {reply.refused} refusé(s).", f"{reply.done} done, {reply.refused} refused.")
    tell(said(counts, lang))

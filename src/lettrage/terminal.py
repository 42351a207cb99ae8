"""Results for reading: tables on a terminal, in French or in English."""

import os
import sys
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from lettrage.opening import Loaded
from lettrage.refusal import Language
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
    "tasks": (
        ("kind", "Tâche", "Task"),
        ("third_party", "Tiers", "Third party"),
        ("piece", "Pièce", "Piece"),
        ("amount", "Escompte", "Discount"),
        ("vat", "dont TVA", "of which VAT"),
        ("transaction", "Transaction", "Transaction"),
    ),
    "lines": (
        ("account", "Compte", "Account"),
        ("third_party", "Tiers", "Third party"),
        ("debit", "Débit", "Debit"),
        ("credit", "Crédit", "Credit"),
        ("currency_amount", "En devise", "In currency"),
        ("currency", "Devise", "Currency"),
    ),
    "findings": (("code", "Code", "Code"), ("where", "Où", "Where"), ("message", "Constat", "Finding")),
}
WORDS = {
    "invoice": ("facture", "invoice"),
    "credit_note": ("avoir", "credit note"),
    "advance": ("acompte", "advance"),
    "settled": ("réglée", "settled"),
    "disputed": ("en litige", "disputed"),
    "credit_note_to_issue": ("avoir à émettre", "credit note to issue"),
    "credit_note_to_receive": ("avoir à recevoir", "credit note to receive"),
}
NOTHING = ("Rien à montrer.", "Nothing to show.")
RIGHT = {"amount", "open_amount", "debit", "credit", "currency_amount", "days_overdue", "vat"}


def discard_output() -> None:
    """Nobody reads standard output any more: what is still buffered goes nowhere, quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Console(Console):
    """A reader that goes away has read enough: that is not a failure."""

    def on_broken_pipe(self) -> None:
        discard_output()
        raise SystemExit(0)


def console(*, errors: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for any table when it is no terminal."""
    stream = sys.stderr if errors else sys.stdout
    return _Console(file=stream, highlight=False, width=None if stream.isatty() else 140)


def _said(pair: tuple[str, str], lang: Language) -> str:
    return pair[0] if lang == "fr" else pair[1]


def table(rows: list[dict[str, Any]], kind: str, lang: Language, title: str = "") -> Table:
    """A list as a table."""
    drawn = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for field, french, english in COLUMNS[kind]:
        drawn.add_column(_said((french, english), lang), justify="right" if field in RIGHT else "left")
    for row in rows:
        drawn.add_row(*(_cell(field, row.get(field), lang) for field, _, _ in COLUMNS[kind]))
    return drawn


def _cell(field: str, value: Any, lang: Language) -> str:
    if value is None or (field in ("debit", "credit") and not str(value).strip("0.")):
        return ""
    text = str(value)
    return escape(_said(WORDS[text], lang) if text in WORDS else text)


def show(value: Any, kind: str, lang: Language) -> None:
    """Print a result for reading."""
    out = console()
    if kind == "entries":
        for entry in value:
            out.print(entry_table(entry, lang))
            out.print()
    elif kind == "transaction":
        _show_transaction(value, lang, out)
    elif kind == "verify":
        _show_verify(value, lang, out)
    else:
        out.print(table(value, kind, lang))
    if not value:
        out.print(_said(NOTHING, lang))


def entry_table(entry: dict[str, Any], lang: Language) -> Group:
    """An entry with its lines under its heading; an amount in currency where it says more than debit and credit."""
    by = f" · transaction {entry['transaction']}" if entry["transaction"] else ""
    title = f"{entry['number']} · {entry['date']} · {entry['journal']} · {entry['label']}{by}"
    lines = [
        {**line, "currency_amount": "", "currency": ""} if _same_at_home(line) else line for line in entry["lines"]
    ]
    return Group(Text(title, style="bold"), table(lines, "lines", lang))


def _same_at_home(line: dict[str, Any]) -> bool:
    return line["currency_amount"].lstrip("-") in (line["debit"], line["credit"])


def _show_transaction(value: dict[str, Any], lang: Language, out: Console) -> None:
    status = {
        "posted": ("comptabilisée", "posted"),
        "awaiting_slip": ("en attente de bordereau", "awaiting its slip"),
        "cancelled": ("annulée", "cancelled"),
    }[value["status"]]
    out.print(f"Transaction {value['number']} · {value['date']} · {_said(status, lang)}")
    for order in value["orders"]:
        number = f" · REGLEMENTNUM {order['reglement_num']}" if order["reglement_num"] else ""
        out.print(escape(f"  {order['order']}. {order['state_change']} · {order['label']}{number}"))
    out.print(table([{**i, "transaction": value["number"]} for i in value["instruments"]], "portfolio", lang))
    out.print(_said(("Écritures", "Entries"), lang) + ": " + (", ".join(value["entries"]) or "-"))
    out.print(_said(("Avant et après", "Before and after"), lang) + ": " + (", ".join(value["lineage"]) or "-"))


def _show_verify(value: dict[str, Any], lang: Language, out: Console) -> None:
    if value["ok"]:
        out.print(_said(("Contrôle d'intégrité : tout est juste.", "Integrity check: everything is right."), lang))
    else:
        out.print(table(value["findings"], "findings", lang))


def show_load(loaded: Loaded, lang: Language) -> None:
    """What a load did, or every fault against it."""
    out, errors = console(), console(errors=True)
    for fault in loaded.faults:
        said = fault.say(lang)
        errors.print(escape(said if fault.path in said else f"{fault.path}: {said}"))
    if loaded.faults:
        refused = (f"Chargement refusé, rien n'a changé ({len(loaded.faults)} fautes).",
                   f"Load refused, nothing has changed ({len(loaded.faults)} faults).")  # fmt: skip
        errors.print(_said(refused, lang))
    for code, counts in loaded.counts.items():
        out.print(escape(f"{code}: " + ", ".join(f"{name} {count}" for name, count in counts.items())))


def show_reply(reply: Reply, lang: Language) -> None:
    """A summary of an answer, on standard error beside the JSON of standard output."""
    errors = console(errors=True)
    if reply.reason is not None:
        errors.print(escape(reply.reason.say(lang)))
        return
    for outcome in reply.outcomes:
        for reason in outcome.reasons:
            errors.print(escape(f"n°{outcome.shown_number}: {reason.say(lang)}"))
    counts = (f"{reply.done} fait(s), {reply.refused} refusé(s).", f"{reply.done} done, {reply.refused} refused.")
    errors.print(_said(counts, lang))

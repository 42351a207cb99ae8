"""Results for reading: tables on a terminal, in French or in English.

Plain columns: a list of twenty thousand lines is written as fast as it is read.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from textwrap import wrap
from typing import Any

from lettrage.columns import ASKED, COLUMNS, LOADED, PROSE, RIGHT, WORDS
from lettrage.dates import PARIS
from lettrage.invoicing.doors import is_approved
from lettrage.invoicing.explaining import labels
from lettrage.invoicing.sending.shelf import NOT_SENT
from lettrage.opening import Loaded
from lettrage.refusal import Language, legible, spoken
from lettrage.settlement.answer import Reply

NOTHING = ("Rien à montrer.", "Nothing to show.")
YES = ("oui", "yes")
WIDTH = 120  # of a line, in characters
_LEAST = 30  # characters a line of prose has, however wide the columns before it are
_DIGEST = 12  # characters that are shown of a digest
_NAMED = 3  # invoices of a job that are named


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


@contextmanager
def progress(total: int) -> Iterator[Callable[[], bool]]:
    """Long work on a terminal: what is called as each of its parts begins (always true) writes how far it has come.

    One line of standard error, written over and taken away at the end; nothing where nobody looks.
    """
    begun = 0
    looked_at = total > 1 and sys.stderr is not None and sys.stderr.isatty()

    def write(text: str) -> None:
        if looked_at:
            with suppress(OSError):
                print(f"\r{text}", end="", file=sys.stderr, flush=True)

    def step() -> bool:
        nonlocal begun
        write(f"{min(begun, total)}/{total}")
        begun += 1
        return True

    try:
        yield step
    finally:
        write(f"{' ' * len(f'{total}/{total}')}\r")


def said(pair: tuple[str, str], lang: Language) -> str:
    """The French or the English of a pair."""
    return pair[0] if lang == "fr" else pair[1]


def table(rows: Iterable[dict[str, Any]], kind: str, lang: Language, title: str = "") -> list[str]:
    """A list as lines of text: a title, the names of the columns, the rows."""
    columns = COLUMNS[kind]
    names = [said((french, english), lang) for _, french, english in columns]
    readers = [_READERS.get((kind, field), _cell) for field, _, _ in columns]
    cells = [[read(row.get(field), lang) for (field, _, _), read in zip(columns, readers, strict=True)] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    if kind in PROSE:
        cells = [line for row in cells for line in _folded(row, widths)]
    lines = aligned([names, *cells], [field in RIGHT for field, _, _ in columns])
    return [title, *lines] if title else lines


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Rows of cells as lines of text, each column as wide as what stands in it."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths, right) for row in rows]


def _folded(cells: list[str], widths: list[int]) -> list[list[str]]:
    """A row whose last cell is prose, on as many lines as that needs."""
    *before, prose = cells
    room = max(WIDTH - sum(widths[:-1]) - 2 * len(before), _LEAST)
    first, *more = wrap(prose, room) or [""]
    return [[*before, first], *([*([""] * len(before)), line] for line in more)]


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if to_the_right else cell.ljust(width)
        for cell, width, to_the_right in zip(cells, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(value: Any, lang: Language) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return said(YES, lang)
    if isinstance(value, list):
        return ", ".join(legible(str(part)) for part in value)
    text = str(value)
    return said(WORDS[text], lang) if text in WORDS else legible(spoken(text, lang))


def _side(value: Any, lang: Language) -> str:
    """An amount of debit or credit; the unused one is empty."""
    return _cell(value, lang) if str(value).strip("0.") else ""


def _asked(value: Any, lang: Language) -> str:
    return said(ASKED[value], lang) if value in ASKED else _cell(value, lang)


def _moment(value: Any, _: Language) -> str:
    return moment(value) if value else ""


def _state(value: Any, lang: Language) -> str:
    return legible(labels.state(value, lang)) if value else ""


def _outcome(value: Any, lang: Language) -> str:
    """What a sending has come to; what was stopped may have been sent before."""
    return said(WORDS[NOT_SENT], lang) if value == NOT_SENT else _state(value, lang)


def _kind(value: Any, lang: Language) -> str:
    """The type of a document (UNTDID 1001) in words, as far as we write it."""
    kinds = {"380": "invoice", "381": "credit_note"}
    return said(WORDS[kinds[value]], lang) if value in kinds else legible(value)


def _digest(value: Any, _: Language) -> str:
    return f"{value[:_DIGEST]}…" if value else ""


def _job(value: Any, lang: Language) -> str:
    return legible(labels.job(value, lang))


def _numbers(value: Any, _: Language) -> str:
    more = f" + {len(value) - _NAMED}" if len(value) > _NAMED else ""
    return legible(", ".join(value[:_NAMED])) + more


# How the cells of a column are read, where that is not as they stand.
_READERS: dict[tuple[str, str], Callable[[Any, Language], str]] = {
    ("lines", "debit"): _side,
    ("lines", "credit"): _side,
    ("period_events", "at"): _moment,
    ("years", "closed_at"): _moment,
    ("logbook", "kind"): _asked,
    ("logbook", "origin"): _asked,
    ("accounts", "created_at"): _moment,
    ("accounts", "ended_at"): _moment,
    ("invoices", "type"): _kind,
    ("invoices", "state"): _state,
    ("sent", "state"): _outcome,
    ("sent", "sha256"): _digest,
    ("released", "said"): _state,
    ("jobs", "kind"): _job,
    ("jobs", "numbers"): _numbers,
    ("jobs", "run_at"): _moment,
    ("statuses", "date"): _moment,
    ("statuses", "state"): _state,
    ("deposits", "sent_at"): _moment,
    ("deposits", "outcome"): _state,
    ("deposits", "sha256"): _digest,
}


def show(value: Any, kind: str, lang: Language) -> None:
    """Print a result for reading."""
    if not value:
        say(said(NOTHING, lang))
    elif kind in _SHOWN:
        _SHOWN[kind](value, lang)
    else:
        say(*table([value] if isinstance(value, dict) else value, kind, lang))


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


_PARTS = {
    "deposits": ("Dépôts", "Deposits"),
    "statuses": ("Historique (heure de Paris)", "History (Paris time)"),
    "payments": ("Règlements", "Settlements"),
}
_BACK = ("retour en arrière", "a step back")


def standing(number: str, platform: str, state: str, lang: Language) -> str:
    """Where an invoice stands, in one line."""
    return legible(f"{number} · {spoken(platform, lang)} · {labels.state(state, lang)}")


def _show_invoice(value: dict[str, Any], lang: Language) -> None:
    """An invoice, where it stands, its deposits, its history and what settled it."""
    kind = _kind(value["type"], lang)
    say(
        legible(f"{value['number']} · {kind} · {value['date']} · {value['third_party']} · ")
        + f"{value['total']} {value['currency']}"
    )
    flow = f" · {said(('flux', 'flow'), lang)} {legible(value['flow'])}" if value["flow"] else ""
    say(f"{spoken(value['platform'], lang)} · {_state(value['state'], lang)}{flow}")
    if len(value["documents"]) > 1:
        say(f"documents (--id){colon(lang)}{', '.join(value['documents'])}")
    parts = value | {"statuses": [_status(status, lang) for status in value["statuses"]]}
    for part, title in _PARTS.items():
        if parts[part]:
            say("", *table(parts[part], part, lang, said(title, lang)))


def _status(status: dict[str, Any], lang: Language) -> dict[str, Any]:
    """A line of the history: the platform's own code stands beside the word."""
    ours = status["origin"] == "ours"
    text = labels.comment(status["code"], status["comment"], lang) if ours else status["comment"]
    back = said(_BACK, lang) if status["back"] else ""
    return {
        "date": status["date"],
        "state": status["code"],
        "code": None if ours else status["code"],
        "comment": " · ".join(filter(None, (back, text))),
    }


def sentence(reason: dict[str, str], lang: Language) -> str:
    """A reason (in the shape of `reason_shape`) and how to mend it, in one line."""
    return f"{reason['fr']} {reason['fix']}" if lang == "fr" else f"{reason['en']} {reason['fix_en']}"


_LEVELS = {"error": ("ERREUR", "ERROR"), "warning": ("avertissement", "warning")}


def level(shape: dict[str, Any], lang: Language) -> str:
    """How grave a finding is, in a word."""
    return said(_LEVELS[shape["level"]], lang)


def finding(shape: dict[str, Any], lang: Language) -> list[str]:
    """A finding of the pre-check for reading: what and where, why, what to do."""
    where = " ".join(filter(None, (shape["place"], f"({shape['term']})" if shape["term"] else "")))
    lines = [f"  {level(shape, lang)} {shape['code']} {where}".rstrip()]
    return [legible(line) for line in lines + prose(shape[lang], 4) + prose(f"→ {shape[f'fix_{lang}']}", 4)]


def prose(text: str, indent: int = 2) -> list[str]:
    """A text on as many lines as it needs; what follows an arrow stands below itself."""
    blanks = " " * indent
    return wrap(text, WIDTH, initial_indent=blanks, subsequent_indent=blanks + "  " * text.startswith("→"))


def hindrance(way: dict[str, Any], lang: Language) -> list[str]:
    """What stands in the way of all that is to be sent (the shape of `chorus queue`), and what to do."""
    reason = way["reason"]
    facts = " ".join(str(reason[name]) for name in ("step", "status", "code") if reason[name])
    if reason["step"] != "settings":  # our own words on settings that miss something: the test says them better
        facts += f"{colon(lang)}{reason['text']}" if reason["text"] else ""
    what = f"{labels.trouble(reason['kind'], lang)} ({legible(facts)})"
    until = moment(way["until"]) if way["until"] else ""
    door = "platform" if is_approved(way["platform"]) else "chorus"
    platform = spoken(way["platform"], lang)
    return [
        said(pair, lang).format(platform=platform, what=what, until=until, door=door) for pair in _WAYS[way["state"]]
    ]


_WAYS = {
    "stopped": (
        ("Envois arrêtés sur {platform} : {what}.", "Sending is stopped on {platform}: {what}."),
        (
            "→ lettrage {door} test dit pourquoi ; corriger, puis lettrage {door} queue --reopen.",
            "→ lettrage {door} test says why; mend it, then lettrage {door} queue --reopen.",
        ),
    ),
    "waiting": (
        ("Envois en attente sur {platform} : {what}.", "Sending waits on {platform}: {what}."),
        (
            "→ Rien à faire : ils reprennent d'eux-mêmes à partir de {until} (heure de Paris).",
            "→ Nothing to do: it goes on by itself from {until} (Paris time).",
        ),
    ),
}


def colon(lang: Language) -> str:
    """What stands between a name and what is said of it: in French with a blank before."""
    return " : " if lang == "fr" else ": "


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
        told = ", ".join(f"{said(LOADED[name], lang)} {count}" for name, count in counts.items())
        say(f"{legible(code)}{colon(lang)}{told}")


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

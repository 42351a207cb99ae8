"""The page of the approved platform: what was deposited, what was told, how to move an invoice, what is broken."""

from collections.abc import Sequence
from html import escape
from typing import Any

from lxml import etree

from lettrage.simulator import parts
from lettrage.simulator.approved.companies import Companies
from lettrage.simulator.approved.door import CLIENT, DIRECTORY, FLOWS, TOKEN, Approved
from lettrage.simulator.approved.flows import Flow
from lettrage.simulator.approved.invoices import Invoice
from lettrage.simulator.approved.statuses import BY_SUPPLIER, ENDED, STATUSES, known
from lettrage.simulator.clock import minute_in_paris
from lettrage.simulator.faults import APPROVED, CANNED
from lettrage.simulator.parts import badge, document, form, section, select, table
from lettrage.simulator.reading import Unreadable, tree
from lettrage.simulator.simulation import Simulation

ADDRESS = "/plateforme-agreee"
PAGE = "approved"
MOST_TEXT = 200_000  # bytes of a file that is shown
MOST_ROWS = 200  # of a table: the latest ones
_CALLS = ("dropped_before", "dropped_after", "slow", "truncated", "html_after", "token_revoked", "token_refused")
KINDS = (*APPROVED, *_CALLS, *(kind for kind in CANNED if not kind.startswith("not_")))
PATHS = {
    "/approved/*": "tous les appels",
    TOKEN: "le jeton",
    f"{FLOWS}/*": "le service des flux",
    f"{FLOWS}/v1/flows": "les dépôts",
    f"{FLOWS}/v1/flows/search": "les recherches",
    f"{DIRECTORY}/*": "l'annuaire",
}
_ACKS = {"Ok": "good", "Error": "bad", "Pending": "wait"}
_GOOD, _WARN = ("205", "211", "212"), ("206", "207", "208", "221")


def page(simulation: Simulation) -> str:
    """Everything at a glance, the latest first and no more than fits a page."""
    approved = simulation.approved
    platform = approved.platform
    time = parts.clock(minute_in_paris(platform.clock.now()), platform.clock.speed, PAGE)
    flows = platform.flows()[::-1]
    deposited = [_deposit_row(flow) for flow in flows if flow.direction == "Out"][:MOST_ROWS]
    told = [_told_row(flow) for flow in flows if flow.direction == "In"][:MOST_ROWS]
    moved = [_invoice_row(invoice) for invoice in platform.invoices()[: -MOST_ROWS - 1 : -1]]
    listed = simulation.faults.listed().items()
    return document(
        "Simulateur d'une plateforme agréée",
        f"<div class='pair'>{section('Horloge', time)}{section('Connexion', _connection())}</div>"
        + section("Factures", table(("Facture", "Acheteur", "Encaissé", "Statut", "Faire dire"), moved))
        + section("Flux déposés", table(("Flux", "Fichier", "Nature", "Accusé", "Motifs"), deposited))
        + section("Flux remis", table(("Flux", "Fichier", "Nature"), told))
        + section("Annuaire", table(("SIREN", "Nom", "Adresses (0225)"), _directory(platform.companies)))
        + section("Rappels (webhooks)", _hooks(approved))
        + section("Pannes", parts.faults(listed, KINDS, PATHS, PAGE)),
        tab=ADDRESS,
    )


def flow_page(flow: Flow) -> str:
    """One flow: what is said of it, and its text where it is one."""
    facts = (
        ("Accusé", _ack(flow)),
        ("Nature", _kind(flow)),
        ("Fichier", f"<a href='/simulator/approved/flows/{escape(flow.id)}/file' download>{escape(flow.name)}</a>"),
        ("Taille", f"{len(flow.data)} octets"),
        ("Nom donné par l'émetteur", escape(flow.tracking) or "aucun"),
        ("Règle", escape(flow.rule)),
        ("Empreinte", f"<code>{flow.sha256}</code>"),
        ("Reçu le", minute_in_paris(flow.submitted)),
    )
    details = [(escape(one.code), escape(one.text), escape(one.item)) for one in flow.details]
    text = _text(flow.data)
    return document(
        f"Flux {flow.name}",
        f"<p><a href='{ADDRESS}'>Tous les flux</a></p>"
        + section("Flux", "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts) + "</dl>")
        + section("Motifs", table(("Code", "Motif", "Endroit"), details))
        + (section("Texte", f"<pre tabindex='0'>{escape(text)}</pre>") if text else ""),
        tab=ADDRESS,
    )


def _text(data: bytes) -> str:
    """A small file as it reads, its elements one under another; "" where it is no XML."""
    try:
        root = tree(data[:MOST_TEXT])
    except Unreadable:
        return ""
    etree.indent(root)
    text: str = etree.tostring(root, encoding="unicode")
    return text


def _connection() -> str:
    facts = (("Jeton", TOKEN), ("Flux", FLOWS), ("Annuaire", DIRECTORY), ("Application", CLIENT.client_id))
    return "<dl>" + "".join(f"<dt>{name}</dt><dd><code>{value}</code></dd>" for name, value in facts) + "</dl>"


# ---------------------------------------------------------------- rows


def _link(flow: Flow) -> str:
    shown = f"{flow.id[:8]}…"
    moment = minute_in_paris(flow.updated)
    return f"<a class='id' href='{ADDRESS}/flux/{escape(flow.id)}'>{shown}</a><br><small>{moment}</small>"


def _ack(flow: Flow) -> str:
    return badge(flow.ack, _ACKS[flow.ack])


def _kind(flow: Flow) -> str:
    unknown = "en attente" if flow.ack == "Pending" else "indéterminée"
    return unknown if flow.type == "Undefined" else flow.type


def _deposit_row(flow: Flow) -> tuple[str, ...]:
    file = f"{escape(flow.name)}<br><small>{escape(flow.syntax)}</small>"
    why = "<br>".join(f"{escape(one.code)} : {escape(one.text)}" for one in flow.details[:5])
    return _link(flow), file, _kind(flow), _ack(flow), why


def _told_row(flow: Flow) -> tuple[str, ...]:
    return _link(flow), escape(flow.name), _kind(flow)


def _invoice_row(invoice: Invoice) -> tuple[str, ...]:
    said = invoice.said
    number = escape(said.number)
    received = "<br>".join(
        f"{amount:.2f} / {said.gross.get(rate, 0):.2f} à {rate:f} %" for rate, amount in invoice.received.items()
    )
    choices = {code: f"{code} {status.name}" for code, status in STATUSES.items() if code not in BY_SUPPLIER}
    fields = (
        f"<input type='hidden' name='invoice' value='{invoice.id}'>"
        + select("status", f"Statut de {number}", choices, hidden=True)
        + f"<label><span class='hidden'>Code du motif pour {number}</span>"
        "<input name='reason' placeholder='code du motif' size='14'></label>"
        + f"<label><span class='hidden'>Commentaire pour {number}</span>"
        "<input name='comment' placeholder='commentaire' size='14'></label><button>Dire</button>"
    )
    code = invoice.status
    tone = "bad" if code in ENDED else "good" if code in _GOOD else "warn" if code in _WARN else "wait"
    return (
        f"<span class='whole'>{number}</span><br><small>{said.day}</small>",
        f"{escape(said.buyer.name)}<br><small>{escape(said.buyer.siren)}</small>",
        received,
        badge(f"{code} {known(code).name}", tone),
        form("approved_move", fields, PAGE),
    )


def _directory(companies: Companies) -> Sequence[tuple[str, ...]]:
    def addresses(siren: str) -> str:
        lines = companies.lines(siren)
        shown = [f"{escape(line.address)}{'' if line.active else f' ({line.status})'}" for line in lines[:4]]
        return "<br>".join([*shown, *([f"… et {len(lines) - 4} autres"] if len(lines) > 4 else [])]) or "aucune"

    return [
        (
            one.siren,
            escape(one.name) + ("" if one.active else " (fermée)") + (" <small>public</small>" if one.public else ""),
            addresses(one.siren),
        )
        for one in companies.all_companies()
    ]


def _hooks(approved: Approved) -> str:
    hooks = [
        (escape(one.wanted.callback_url), minute_in_paris(one.created), _wanted(one.wanted)) for one in approved.hooks()
    ]
    calls: list[tuple[str, ...]] = [
        (minute_in_paris(one.at), escape(one.url), str(one.status or "sans réponse"), ", ".join(sorted(one.harm)))
        for one in approved.sent()[: -MOST_ROWS - 1 : -1]
    ]
    return table(("Adresse", "Depuis", "Filtre"), hooks) + (
        "<p></p>" + table(("Appel", "Adresse", "Réponse", "Panne"), calls) if calls else ""
    )


def _wanted(wanted: Any) -> str:
    said = (wanted.flow_types or (), (wanted.flow_direction,), (wanted.ack_status,))
    return escape(", ".join(str(one) for part in said for one in part if one)) or "tout"

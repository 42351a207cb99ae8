"""The pages of the simulator: what was deposited and what became of it, and forms to make things happen."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lettrage.simulator.clock import minute_in_paris
from lettrage.simulator.faults import KINDS
from lettrage.simulator.simulation import APPLICATION, Simulation

if TYPE_CHECKING:
    from lettrage.simulator.remarks import Remark

STYLE = Path(__file__).with_name("page.css").read_text("utf-8")
NOTE = "<p class='none'>Le numéro d'un flux ouvre son détail, avec les remarques de la norme EN 16931.</p>"
MOST_ROWS = 200  # of a table: the latest ones
STATUSES = (
    "MISE_A_DISPOSITION", "PRISE_EN_COMPTE_DESTINATAIRE", "SUSPENDUE", "A_RECYCLER", "REJETEE", "SERVICE_FAIT",
    "MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE", "MISE_EN_PAIEMENT",
)  # fmt: skip
PATHS = {
    "*": "tous les appels",
    "/api/oauth/token": "le jeton",
    "/cpro/*": "toutes les API",
    "/cpro/factures/*": "Factures",
    "/cpro/transverses/*": "Transverses",
    "/cpro/structures/*": "Structures",
}
LEAPS = {"600": "+ 10 min", "3600": "+ 1 h", "86400": "+ 1 jour"}
_TONES = {
    "good": ("IN_INTEGRE", "MISE_EN_PAIEMENT", "COMPTABILISEE", "MANDATEE", "SERVICE_FAIT"),
    "bad": ("IN_REJETE", "REJETEE", "IN_INCIDENTE", "QP_IRRECEVABLE"),
    "warn": ("IN_INTEGRE_PARTIEL", "SUSPENDUE", "A_RECYCLER", "IN_EN_ATTENTE_RETRAITEMENT_CPP"),
}
_TONE = {code: tone for tone, codes in _TONES.items() for code in codes}


def page(simulation: Simulation, flows: list[dict[str, Any]], invoices: list[dict[str, Any]]) -> str:
    """Everything at a glance, the latest first and no more than fits a page."""
    clock = simulation.platform.clock
    time = (
        f"<p>Il est <strong>{minute_in_paris(clock.now())}</strong> sur la plateforme ; le temps y passe"
        f" {clock.speed:g} fois comme ailleurs.</p>"
        + _form("advance", "".join(f"<button name='seconds' value='{s}'>{name}</button>" for s, name in LEAPS.items()))
        + " "
        + _form("reset", "<button class='plain'>Tout recommencer</button>")
    )
    shown = [_flow_row(flow) for flow in flows[: -MOST_ROWS - 1 : -1]]
    moved = [_invoice_row(invoice) for invoice in invoices[: -MOST_ROWS - 1 : -1]]
    return _document(
        "Simulateur de Chorus Pro",
        f"<div class='pair'>{_section('Horloge', time)}{_section('Connexion', _connection(simulation))}</div>"
        + _section("Flux déposés", NOTE + _table(("Flux", "Fichier", "État", "Erreurs"), shown))
        + _section(
            "Factures intégrées",
            _table(("Facture", "Flux", "Destinataire", "Statut", "Faire passer à"), moved),
        )
        + _section("Pannes", _faults(simulation)),
    )


def flow_page(flow: dict[str, Any], invoices: list[dict[str, Any]], remarks: Sequence["Remark"]) -> str:
    """One flow: what refused it, what came of it, what the standard remarks on it."""
    number = escape(flow["number"])
    facts = (
        ("État", _badge(flow["state"])),
        ("Fichier", f"<a href='/simulator/flows/{number}/file' download>{escape(flow['file'])}</a>"),
        ("Taille", f"{flow['bytes']} octets"),
        ("Syntaxe", escape(flow["syntax"])),
        ("Déposé le", minute_in_paris(flow["deposited"])),
        ("Compte technique", escape(flow["login"])),
    )
    technical = [(escape(one.code), escape(one.text)) for one in flow["technical"]]
    refused = [(escape(one["number"]), escape(one["text"])) for one in flow["refused"]]
    integrated = [(str(one["id"]), escape(one["number"]), _badge(one["status"])) for one in invoices]
    found = [(escape(one.file), escape(one.rule), escape(one.text), escape(one.place)) for one in remarks]
    return _document(
        f"Flux {flow['number']}",
        "<p><a href='/'>Tous les flux</a></p>"
        + _section("Dépôt", "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts) + "</dl>")
        + _section("Erreurs techniques", _table(("Code", "Erreur"), technical))
        + _section("Factures rejetées", _table(("Numéro", "Erreurs"), refused))
        + _section("Factures intégrées", _table(("Identifiant", "Numéro", "Statut"), integrated))
        + _section(
            "Remarques de la norme EN 16931",
            "<p class='none'>Elles n'ont rien fait rejeter : la plateforme ne juge que le schéma et ses propres règles."
            "</p>" + _table(("Fichier", "Règle", "Remarque", "Endroit"), found),
        ),
    )


def _connection(simulation: Simulation) -> str:
    facts = (
        ("Jeton", "<code>/api/oauth/token</code>"),
        ("API", "<code>/cpro/&lt;api&gt;/v1/…</code>"),
        ("Application", f"<code>{escape(APPLICATION.client_id)}</code>"),
        *(
            ("Compte technique", f"<code>{escape(account.login)}</code>")
            for account in simulation.platform.directory.accounts.values()
        ),
    )
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts) + "</dl>"


def _faults(simulation: Simulation) -> str:
    on = [
        (
            escape(fault.kind),
            escape(PATHS.get(fault.path, fault.path)),
            "jusqu'à l'arrêt" if fault.times is None else str(fault.times),
            _form("fault_off", f"<button class='plain' name='fault' value='{number}'>Arrêter</button>"),
        )
        for number, fault in simulation.faults.listed().items()
    ]
    fields = (
        _select("kind", "Panne", {kind: kind for kind in KINDS})
        + _select("path", "Frappe", PATHS)
        + "<label>Fois (vide : toujours)<input name='times' type='number' min='1' max='1000000' size='6'></label>"
        + "<button>Déclencher</button>"
    )
    return _table(("Panne", "Frappe", "Fois", ""), on) + "<p></p>" + _form("fault", fields)


def _flow_row(flow: dict[str, Any]) -> tuple[str, ...]:
    errors = [f"{one.code} : {one.text}" for one in flow["technical"]]
    errors += [f"{one['number']} : {one['text']}" for one in flow["refused"]]
    number = escape(flow["number"])
    return (
        f"<a class='id' href='/flux/{number}'>{number}</a><br><small>{minute_in_paris(flow['deposited'])}</small>",
        f"{escape(flow['file'])}<br><small>{escape(flow['syntax'])}</small>",
        _badge(flow["state"]),
        "<br>".join(escape(error) for error in errors[:5]),
    )


def _invoice_row(invoice: dict[str, Any]) -> tuple[str, ...]:
    number, flow = escape(invoice["number"]), escape(invoice["flow"])
    choose = (
        f"<input type='hidden' name='invoice' value='{invoice['id']}'>"
        + _select("status", f"Statut de {number}", {status: status for status in STATUSES}, hidden=True)
        + f"<label><span class='hidden'>Motif pour {number}</span><input name='motive' placeholder='motif'></label>"
        "<button>Passer</button>"
    )
    return (
        f"{number}<br><small>{invoice['id']}</small>",
        f"<a class='id' href='/flux/{flow}'>{flow}</a>" if flow else "saisie",
        escape(invoice["buyer"]),
        _badge(invoice["status"]),
        _form("move", choose),
    )


# ---------------------------------------------------------------- parts


def _document(title: str, body: str) -> str:
    return (
        "<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><header><div><h1>{escape(title)}</h1>"
        "<p>Une plateforme de qualification sur votre propre machine. Rien n'en sort ; ce n'est pas Chorus Pro.</p>"
        f"</div></header><main>{body}</main></body></html>"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _form(deed: str, fields: str) -> str:
    return f"<form method='post' action='/'><input type='hidden' name='deed' value='{deed}'>{fields}</form>"


def _select(name: str, label: str, options: dict[str, str], *, hidden: bool = False) -> str:
    told = f"<span class='hidden'>{label}</span>" if hidden else label
    choices = "".join(f"<option value='{escape(value)}'>{escape(text)}</option>" for value, text in options.items())
    return f"<label>{told}<select name='{name}'>{choices}</select></label>"


def _badge(code: str) -> str:
    return f"<span class='badge {_TONE.get(code, 'wait')}'>{escape(code).replace('_', '_<wbr>')}</span>"


def _table(heads: Iterable[str], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return "<p class='none'>Rien pour l'instant.</p>"
    head = "".join(f"<th scope='col'>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"

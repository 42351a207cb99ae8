"""The pages of the simulator: what was deposited and what became of it, and forms to make things happen."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from lettrage.simulator import parts
from lettrage.simulator.clock import minute_in_paris
from lettrage.simulator.faults import CHORUS
from lettrage.simulator.parts import badge, document, form, section, select, table
from lettrage.simulator.simulation import APPLICATION, Simulation

if TYPE_CHECKING:
    from lettrage.simulator.remarks import Remark

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


def page(simulation: Simulation, flows: list[dict[str, Any]], invoices: list[dict[str, Any]]) -> str:
    """Everything at a glance, the latest first and no more than fits a page."""
    clock = simulation.platform.clock
    time = parts.clock(minute_in_paris(clock.now()), clock.speed)
    shown = [_flow_row(flow) for flow in flows[: -MOST_ROWS - 1 : -1]]
    moved = [_invoice_row(invoice) for invoice in invoices[: -MOST_ROWS - 1 : -1]]
    return document(
        "Simulateur de Chorus Pro",
        f"<div class='pair'>{section('Horloge', time)}{section('Connexion', _connection(simulation))}</div>"
        + section("Flux déposés", NOTE + table(("Flux", "Fichier", "État", "Erreurs"), shown))
        + section(
            "Factures intégrées",
            table(("Facture", "Flux", "Destinataire", "Statut", "Faire passer à"), moved),
        )
        + section("Pannes", parts.faults(simulation.faults.listed().items(), CHORUS, PATHS)),
        tab="/",
    )


def flow_page(flow: dict[str, Any], invoices: list[dict[str, Any]], remarks: Sequence["Remark"]) -> str:
    """One flow: what refused it, what came of it, what the standard remarks on it."""
    number = escape(flow["number"])
    facts = (
        ("État", badge(flow["state"])),
        ("Fichier", f"<a href='/simulator/flows/{number}/file' download>{escape(flow['file'])}</a>"),
        ("Taille", f"{flow['bytes']} octets"),
        ("Syntaxe", escape(flow["syntax"])),
        ("Déposé le", minute_in_paris(flow["deposited"])),
        ("Compte technique", escape(flow["login"])),
    )
    technical = [(escape(one.code), escape(one.text)) for one in flow["technical"]]
    refused = [(escape(one["number"]), escape(one["text"])) for one in flow["refused"]]
    integrated = [(str(one["id"]), escape(one["number"]), badge(one["status"])) for one in invoices]
    found = [(escape(one.file), escape(one.rule), escape(one.text), escape(one.place)) for one in remarks]
    return document(
        f"Flux {flow['number']}",
        "<p><a href='/'>Tous les flux</a></p>"
        + section("Dépôt", "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts) + "</dl>")
        + section("Erreurs techniques", table(("Code", "Erreur"), technical))
        + section("Factures rejetées", table(("Numéro", "Erreurs"), refused))
        + section("Factures intégrées", table(("Identifiant", "Numéro", "Statut"), integrated))
        + section(
            "Remarques de la norme EN 16931",
            "<p class='none'>Elles n'ont rien fait rejeter : la plateforme ne juge que le schéma et ses propres règles."
            "</p>" + table(("Fichier", "Règle", "Remarque", "Endroit"), found),
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


def _flow_row(flow: dict[str, Any]) -> tuple[str, ...]:
    errors = [f"{one.code} : {one.text}" for one in flow["technical"]]
    errors += [f"{one['number']} : {one['text']}" for one in flow["refused"]]
    number = escape(flow["number"])
    return (
        f"<a class='id' href='/flux/{number}'>{number}</a><br><small>{minute_in_paris(flow['deposited'])}</small>",
        f"{escape(flow['file'])}<br><small>{escape(flow['syntax'])}</small>",
        badge(flow["state"]),
        "<br>".join(escape(error) for error in errors[:5]),
    )


def _invoice_row(invoice: dict[str, Any]) -> tuple[str, ...]:
    number, flow = escape(invoice["number"]), escape(invoice["flow"])
    choose = (
        f"<input type='hidden' name='invoice' value='{invoice['id']}'>"
        + select("status", f"Statut de {number}", {status: status for status in STATUSES}, hidden=True)
        + f"<label><span class='hidden'>Motif pour {number}</span><input name='motive' placeholder='motif'></label>"
        "<button>Passer</button>"
    )
    return (
        f"{number}<br><small>{invoice['id']}</small>",
        f"<a class='id' href='/flux/{flow}'>{flow}</a>" if flow else "saisie",
        escape(invoice["buyer"]),
        badge(invoice["status"]),
        form("move", choose),
    )

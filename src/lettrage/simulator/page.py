"""The page of the simulator: what it is, and what was deposited."""

from html import escape
from typing import Any

from lettrage.simulator.clock import minute_in_paris
from lettrage.simulator.simulation import APPLICATION, Simulation

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}"
    "code{font-size:.9em;overflow-wrap:anywhere}"
)


def page(simulation: Simulation, flows: list[dict[str, Any]], invoices: list[dict[str, Any]]) -> str:
    """The page, in HTML."""
    account = simulation.account
    return (
        f"<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><title>Simulateur de Chorus Pro</title>"
        f"<meta name='viewport' content='width=device-width'><style>{STYLE}</style></head><body>"
        "<h1>Simulateur de Chorus Pro</h1>"
        "<p>Une plateforme de qualification sur votre propre machine : le jeton de PISTE et les API de Chorus Pro, aux"
        " mêmes chemins. Rien n'en sort ; ce n'est pas Chorus Pro.</p>"
        f"<p>Il y est {escape(minute_in_paris(simulation.platform.clock.now()))} ; le temps y passe"
        f" {simulation.platform.clock.speed:g} fois comme ailleurs.</p>"
        f"<p>Application : <code>{escape(APPLICATION.client_id)}</code>, compte technique :"
        f" <code>{escape(account.login)}</code>.</p>"
        "<h2>Flux déposés</h2>"
        + _table(("Numéro", "Fichier", "Syntaxe", "Déposé le", "État", "Erreurs"), [_flow_row(one) for one in flows])
        + "<h2>Factures intégrées</h2>"
        + _table(("Identifiant", "Numéro", "Flux", "Destinataire", "Statut"), [_invoice_row(one) for one in invoices])
        + "</body></html>"
    )


def _flow_row(flow: dict[str, Any]) -> tuple[str, ...]:
    refused = [f"{one['number']} : {one['text']}" for one in flow["refused"]]
    technical = [f"{one.code} : {one.text}" for one in flow["technical"]]
    return (
        flow["number"],
        flow["file"],
        flow["syntax"],
        minute_in_paris(flow["deposited"]),
        flow["state"],
        " — ".join(technical + refused),
    )


def _invoice_row(invoice: dict[str, Any]) -> tuple[str, ...]:
    return (str(invoice["id"]), invoice["number"], invoice["flow"], invoice["buyer"], invoice["status"])


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return "<p>Aucun pour l'instant.</p>"
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

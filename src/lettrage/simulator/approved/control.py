"""The approved platform's own endpoints, under /simulator/approved: what no platform offers."""

import base64
from datetime import datetime
from typing import Any

import msgspec
from starlette.routing import Route

from lettrage.simulator.approved.codes import FlowType, Syntax
from lettrage.simulator.approved.companies import Company, Facility, Line, RoutingCode
from lettrage.simulator.approved.door import CLIENT
from lettrage.simulator.approved.flows import Detail, Flow, shown
from lettrage.simulator.approved.invoices import Invoice, Step
from lettrage.simulator.approved.messages import Amount, Reason
from lettrage.simulator.approved.page import ADDRESS, flow_page, page
from lettrage.simulator.control import Endpoint, changed, served
from lettrage.simulator.simulation import Simulation


class SettingsAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Only what is to change: `platform` as in `approved.settings`, `organizations` that may be named."""

    platform: dict[str, Any] = {}
    token_seconds: int | None = None
    organizations: list[str] | None = None


class MoveAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A status for an invoice, known or not, at any date (the clock's present by default)."""

    status: str
    reasons: tuple[Reason, ...] = ()
    comment: str = ""
    amounts: tuple[Amount, ...] = ()
    at: datetime | None = None


class ScriptAsked(msgspec.Struct, forbid_unknown_fields=True):
    """What a buyer does with each invoice made available; `whose`: a number, a SIREN, or empty for every other one."""

    steps: list[Step]
    whose: str = ""


class AcknowledgeAsked(msgspec.Struct, forbid_unknown_fields=True):
    """What the next `times` acknowledgements say, whatever is in the files; `code` empty: all is well."""

    code: str = ""
    text: str = "Erreur demandée au simulateur."
    item: str = "flow"
    times: int = 1


class RefuseAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Why the tax authority refuses what the supplier said: a status (601), a report (301)."""

    reasons: tuple[Reason, ...] = (Reason("REJ_ENCAISSEMENT", "Refus demandé au simulateur."),)
    comment: str = ""


class ArrivalAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A file of one's choice that arrives: `content` in base64."""

    content: str
    name: str = "arrival.xml"
    type: FlowType = "CustomerInvoiceLC"
    syntax: Syntax = "CDAR"


class DirectoryAsked(msgspec.Struct, forbid_unknown_fields=True):
    """What the directory is to know besides."""

    companies: list[Company] = []
    facilities: list[Facility] = []
    routing_codes: list[RoutingCode] = []
    lines: list[Line] = []


# ---------------------------------------------------------------- answers


def state(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """Everything that can be seen at a glance."""
    approved = simulation.approved
    platform = approved.platform
    return {
        "now": platform.clock.now(),
        "settings": platform.settings,
        "token_seconds": approved.issuer.settings.token_seconds,
        "organizations": sorted(approved.organizations),
        "applications": [
            {"client_id": one.client_id, "name": one.name} for one in approved.issuer.applications.values()
        ],
        "flows": len(platform.flows()),
        "invoices": len(platform.invoices()),
        "webhooks": len(approved.hooks()),
    }


def change_settings(simulation: Simulation, asked: SettingsAsked, path: Any) -> Any:
    """Set what is named, leave the rest."""
    approved = simulation.approved
    approved.platform.settings = changed(approved.platform.settings, asked.platform)
    if asked.token_seconds is not None:
        approved.issuer.settings.token_seconds = asked.token_seconds
    if asked.organizations is not None:
        approved.organizations = frozenset(asked.organizations)
    return state(simulation, None, path)


def flows(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """Every flow, by the moment of its last change."""
    return [flow_view(flow) for flow in simulation.approved.platform.flows()]


def flow_view(flow: Flow) -> dict[str, Any]:
    """One flow as the flow service shows it, with what it does not tell."""
    return {**shown(flow), "owner": flow.owner, "bytes": len(flow.data), "sha256": flow.sha256}


def one_flow(simulation: Simulation, _asked: None, path: Any) -> Any:
    """One flow."""
    return flow_view(known(simulation, path["key"]))


def known(simulation: Simulation, key: str) -> Flow:
    """The flow of that number. Raise `KeyError`."""
    found = {flow.id: flow for flow in simulation.approved.platform.flows()}
    return found[key]


def flow_file(simulation: Simulation, _asked: None, path: Any) -> Any:
    """The bytes of a flow."""
    return known(simulation, path["key"]).data


def acknowledge_next(simulation: Simulation, asked: AcknowledgeAsked, _path: Any) -> Any:
    """Say what the next acknowledgements are."""
    detail = Detail(asked.code, asked.text, asked.item) if asked.code else None
    simulation.approved.platform.acknowledge_next(detail, asked.times)
    return {}


def refuse(simulation: Simulation, asked: RefuseAsked, path: Any) -> Any:
    """Have the tax authority refuse a message, or a report."""
    simulation.approved.platform.refuse(path["key"], asked.reasons, asked.comment)
    return {}


def invoices(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """The acknowledged invoices, in order."""
    return [invoice_view(invoice) for invoice in simulation.approved.platform.invoices()]


def invoice_view(invoice: Invoice) -> dict[str, Any]:
    """One invoice, with its statuses."""
    said = invoice.said
    return {
        "id": invoice.id,
        "number": said.number,
        "date": said.day,
        "flow": invoice.flow,
        "seller": said.seller.siren,
        "buyer": said.buyer.siren,
        "buyer_name": said.buyer.name,
        "rule": invoice.rule,
        "status": invoice.status,
        "gross": {f"{rate:f}": f"{amount:f}" for rate, amount in said.gross.items()},
        "received": {f"{rate:f}": f"{amount:f}" for rate, amount in invoice.received.items()},
        "history": invoice.passages,
    }


def move(simulation: Simulation, asked: MoveAsked, path: Any) -> Any:
    """Tell a status of an invoice."""
    platform = simulation.approved.platform
    moved = platform.move(path["number"], asked.status, asked.reasons, asked.comment, asked.amounts, asked.at)
    return invoice_view(moved)


def script(simulation: Simulation, asked: ScriptAsked, _path: Any) -> Any:
    """Say what a buyer does by itself."""
    simulation.approved.platform.script(asked.whose, asked.steps)
    return {}


def arrive(simulation: Simulation, asked: ArrivalAsked, _path: Any) -> Any:
    """Let a file arrive. Raise `ValueError` for content that is no base64."""
    data = base64.b64decode(asked.content, validate=True)
    return flow_view(simulation.approved.platform.arrive(CLIENT.name, asked.type, asked.syntax, asked.name, data))


def put(simulation: Simulation, asked: DirectoryAsked, _path: Any) -> Any:
    """Add to the directory, or replace."""
    companies = simulation.approved.platform.companies
    companies.put(asked.companies, asked.facilities, asked.routing_codes, asked.lines)
    return {}


def hooks(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """The subscriptions, without their keys, and the calls that were made."""
    approved = simulation.approved
    own = [{"id": one.id, "owner": one.owner, "wanted": one.wanted, "created": one.created} for one in approved.hooks()]
    return {"webhooks": own, "calls": approved.sent()}


def revoke(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """End every token."""
    simulation.approved.issuer.revoke()
    return {}


def show(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """The page of a visitor: everything at a glance."""
    return page(simulation)


def show_flow(simulation: Simulation, _asked: None, path: Any) -> Any:
    """The page of one flow."""
    return flow_page(known(simulation, path["key"]))


_BASE = "/simulator/approved"
ENDPOINTS: tuple[Endpoint, ...] = (
    ("GET", ADDRESS, None, show),
    ("GET", f"{ADDRESS}/flux/{{key}}", None, show_flow),
    ("GET", f"{_BASE}/state", None, state),
    ("PATCH", f"{_BASE}/settings", SettingsAsked, change_settings),
    ("GET", f"{_BASE}/flows", None, flows),
    ("POST", f"{_BASE}/flows/acknowledge-next", AcknowledgeAsked, acknowledge_next),
    ("GET", f"{_BASE}/flows/{{key}}", None, one_flow),
    ("GET", f"{_BASE}/flows/{{key}}/file", None, flow_file),
    ("POST", f"{_BASE}/flows/{{key}}/refuse", RefuseAsked, refuse),
    ("GET", f"{_BASE}/invoices", None, invoices),
    ("POST", f"{_BASE}/invoices/{{number:int}}/move", MoveAsked, move),
    ("POST", f"{_BASE}/scripts", ScriptAsked, script),
    ("POST", f"{_BASE}/arrivals", ArrivalAsked, arrive),
    ("POST", f"{_BASE}/directory", DirectoryAsked, put),
    ("GET", f"{_BASE}/webhooks", None, hooks),
    ("DELETE", f"{_BASE}/tokens", None, revoke),
)


def approved_routes(simulation: Simulation, host: str) -> list[Route]:
    """The endpoints of one simulation, for callers that name a loopback address or `host`, which it listens on."""
    return served(simulation, host, ENDPOINTS)

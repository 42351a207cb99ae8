"""The simulator's own endpoints, under /simulator: what no platform offers, for tests, demonstrations and newcomers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lettrage.simulator.desk import desk
from lettrage.simulator.directory import Account, Engagement, Structure
from lettrage.simulator.faults import Fault
from lettrage.simulator.flows import Flow
from lettrage.simulator.hosts import LOOPBACK, named
from lettrage.simulator.lifecycle import Invoice, Step
from lettrage.simulator.page import flow_page, page
from lettrage.simulator.piste import Application
from lettrage.simulator.remarks import remarks
from lettrage.simulator.simulation import Simulation

MOST_BYTES = 4 * 1024 * 1024
# A page takes nothing from elsewhere and stands in no other page; a deposited file is never shown as one.
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
}
Asked = TypeVar("Asked")
Answer = Callable[[Simulation, Any, Any], Any]  # of the simulation, what is asked, and the path's parameters
Endpoint = tuple[str, str, Any, Answer]


class ClockAsked(msgspec.Struct, forbid_unknown_fields=True):
    """`advance` in seconds; `speed` 1 is true time."""

    advance: float = 0
    speed: float | None = None


class SettingsAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Only what is to change: `piste` as in `piste.Settings`, `platform` as in `settings.Settings`."""

    piste: dict[str, Any] = {}
    platform: dict[str, Any] = {}


class MoveAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A status for an invoice, known or not, at any date (the clock's present by default)."""

    status: str
    motive: str = ""
    mandate: str = ""
    at: datetime | None = None


class StopAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The state that flows are to end in, unjudged: the next `times` ones."""

    state: str
    times: int = 1


class ScriptAsked(msgspec.Struct, forbid_unknown_fields=True):
    """What a buyer does with each invoice made available to it; `buyer` empty for every other one."""

    steps: list[Step]
    buyer: str = ""


class SeedAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The seed of the faults that strike by probability."""

    seed: int


# ---------------------------------------------------------------- answers


def state(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """Everything that can be seen at a glance."""
    platform, piste = simulation.platform, simulation.piste
    return {
        "now": platform.clock.now(),
        "speed": platform.clock.speed,
        "settings": {"piste": piste.settings, "platform": platform.settings},
        "faults": {str(number): fault for number, fault in simulation.faults.listed().items()},
        "applications": [{"client_id": one.client_id, "name": one.name} for one in piste.applications.values()],
        "accounts": [
            {"login": one.login, "active_from": one.active_from, "expires_at": one.expires_at, "kind": one.kind}
            for one in platform.directory.accounts.values()
        ],
        "structures": len(list(platform.directory)),
        "flows": len(platform.flows()),
        "invoices": len(platform.invoices()),
    }


def clock(simulation: Simulation, asked: ClockAsked, _path: Any) -> Any:
    """Jump ahead, change speed."""
    own = simulation.platform.clock
    if asked.speed is not None:
        own.speed = asked.speed
    own.advance(asked.advance)
    return {"now": own.now(), "speed": own.speed}


def change_settings(simulation: Simulation, asked: SettingsAsked, _path: Any) -> Any:
    """Set what is named, leave the rest."""
    platform, piste = simulation.platform, simulation.piste
    piste.settings = changed(piste.settings, asked.piste)
    platform.settings = changed(platform.settings, asked.platform)
    return {"piste": piste.settings, "platform": platform.settings}


def changed(settings: Asked, changes: dict[str, Any]) -> Asked:
    """The settings with what is to change. Raise `ValueError`, `ValidationError`."""
    values = {**msgspec.to_builtins(settings), **changes}
    unknown = changes.keys() - msgspec.to_builtins(settings).keys()
    if unknown:
        raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
    return msgspec.convert(values, type(settings))


def fault_on(simulation: Simulation, asked: Fault, _path: Any) -> Any:
    """Switch a fault on."""
    return {"id": simulation.faults.add(asked)}


def fault_off(simulation: Simulation, _asked: None, path: Any) -> Any:
    """Switch one fault off, or all."""
    simulation.faults.off(path.get("number"))
    return {}


def seed(simulation: Simulation, asked: SeedAsked, _path: Any) -> Any:
    """Start the faults' dice anew."""
    simulation.faults.seed(asked.seed)
    return {}


def flows(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """What was deposited, in order."""
    return [flow_view(simulation, flow) for flow in simulation.platform.flows()]


def flow_view(simulation: Simulation, flow: Flow) -> dict[str, Any]:
    """One flow, without its bytes."""
    now = simulation.platform.state(flow)
    refused = flow.verdict.refused if flow.verdict else ()
    return {
        "number": flow.number,
        "syntax": flow.syntax,
        "file": flow.file_name,
        "bytes": len(flow.data),
        "login": flow.login,
        "deposited": flow.deposited,
        "state": now.code,
        "since": now.since,
        "refused": [{"number": one.claim.number, "text": one.text} for one in refused],
        "technical": flow.verdict.technical if flow.verdict else (),
    }


def one_flow(simulation: Simulation, _asked: None, path: Any) -> Any:
    """One flow, with what EN 16931 remarks on it."""
    flow = _known(simulation, path)
    return {**flow_view(simulation, flow), "remarks": remarks(flow)}


def _known(simulation: Simulation, path: Any) -> Flow:
    flow = simulation.platform.flow(path["number"])
    if flow is None:
        raise KeyError(path["number"])
    return flow


def flow_file(simulation: Simulation, _asked: None, path: Any) -> Any:
    """The bytes as they were deposited."""
    return _known(simulation, path).data


def stop_flow(simulation: Simulation, asked: StopAsked, path: Any) -> Any:
    """Make one flow end in a state of one's choice."""
    return flow_view(simulation, simulation.platform.stop(path["number"], asked.state))


def resume_flow(simulation: Simulation, _asked: None, path: Any) -> Any:
    """Let a stopped flow be judged."""
    return flow_view(simulation, simulation.platform.resume(path["number"]))


def stop_next(simulation: Simulation, asked: StopAsked, _path: Any) -> Any:
    """Make the next deposits end in a state of one's choice."""
    simulation.platform.stop_next(asked.state, asked.times)
    return {}


def invoices(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """The integrated invoices, in order."""
    return [invoice_view(invoice) for invoice in simulation.platform.invoices()]


def invoice_view(invoice: Invoice) -> dict[str, Any]:
    """One invoice, with its statuses."""
    return {
        "id": invoice.id,
        "number": invoice.claim.number,
        "flow": invoice.flow,
        "supplier": invoice.claim.supplier.value,
        "buyer": invoice.claim.buyer.value,
        "service": invoice.claim.service,
        "status": invoice.status,
        "possible": invoice.possible,
        "history": invoice.passages,
    }


def move(simulation: Simulation, asked: MoveAsked, path: Any) -> Any:
    """Give an invoice a status."""
    return invoice_view(
        simulation.platform.move(path["number"], asked.status, asked.motive, asked.at, mandate=asked.mandate)
    )


def script(simulation: Simulation, asked: ScriptAsked, _path: Any) -> Any:
    """Say what a buyer does by itself."""
    simulation.platform.script(asked.buyer, asked.steps)
    return {}


def put_structure(simulation: Simulation, asked: Structure, _path: Any) -> Any:
    """Add or replace a structure."""
    simulation.platform.directory.put(asked)
    return {}


def put_engagement(simulation: Simulation, asked: Engagement, _path: Any) -> Any:
    """Add or replace an engagement."""
    simulation.platform.directory.put_engagement(asked)
    return {}


def put_account(simulation: Simulation, asked: Account, _path: Any) -> Any:
    """Add or replace a technical account: a new password, other dates, another sheet."""
    simulation.platform.directory.put_account(asked)
    return {}


def put_application(simulation: Simulation, asked: Application, _path: Any) -> Any:
    """Add or replace an application of PISTE."""
    simulation.piste.put(asked)
    return {}


def revoke(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """End every token."""
    simulation.piste.revoke()
    return {}


def reset(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """Begin again."""
    simulation.reset()
    return {}


def show(simulation: Simulation, _asked: None, _path: Any) -> Any:
    """The page of a visitor: everything at a glance."""
    return page(
        simulation,
        [flow_view(simulation, flow) for flow in simulation.platform.flows()],
        [invoice_view(invoice) for invoice in simulation.platform.invoices()],
    )


def show_flow(simulation: Simulation, _asked: None, path: Any) -> Any:
    """The page of one flow."""
    flow = _known(simulation, path)
    own = [invoice_view(invoice) for invoice in simulation.platform.invoices() if invoice.flow == flow.number]
    return flow_page(flow_view(simulation, flow), own, remarks(flow))


ENDPOINTS: tuple[Endpoint, ...] = (
    ("GET", "/", None, show),
    ("GET", "/flux/{number}", None, show_flow),
    ("GET", "/simulator/state", None, state),
    ("POST", "/simulator/clock", ClockAsked, clock),
    ("PATCH", "/simulator/settings", SettingsAsked, change_settings),
    ("POST", "/simulator/faults", Fault, fault_on),
    ("DELETE", "/simulator/faults", None, fault_off),
    ("DELETE", "/simulator/faults/{number:int}", None, fault_off),
    ("POST", "/simulator/seed", SeedAsked, seed),
    ("GET", "/simulator/flows", None, flows),
    ("POST", "/simulator/flows/stop-next", StopAsked, stop_next),
    ("GET", "/simulator/flows/{number}", None, one_flow),
    ("GET", "/simulator/flows/{number}/file", None, flow_file),
    ("POST", "/simulator/flows/{number}/stop", StopAsked, stop_flow),
    ("DELETE", "/simulator/flows/{number}/stop", None, resume_flow),
    ("GET", "/simulator/invoices", None, invoices),
    ("POST", "/simulator/invoices/{number:int}/move", MoveAsked, move),
    ("POST", "/simulator/scripts", ScriptAsked, script),
    ("POST", "/simulator/structures", Structure, put_structure),
    ("POST", "/simulator/engagements", Engagement, put_engagement),
    ("POST", "/simulator/accounts", Account, put_account),
    ("POST", "/simulator/applications", Application, put_application),
    ("DELETE", "/simulator/tokens", None, revoke),
    ("DELETE", "/simulator/state", None, reset),
)


def routes(simulation: Simulation, host: str) -> list[Route]:
    """The endpoints of one simulation, for callers that name a loopback address or `host`, which it listens on."""
    return [
        *served(simulation, host, ENDPOINTS),
        Route("/", desk(simulation, (*LOOPBACK, host.lower())), methods=["POST"]),
    ]


def served(simulation: Simulation, host: str, endpoints: Sequence[Endpoint]) -> list[Route]:
    """These endpoints of one simulation, each in JSON, for callers that name a loopback address or `host`."""
    hosts = (*LOOPBACK, host.lower())
    return [
        Route(path, _endpoint(simulation, asked, answer, hosts), methods=[method])
        for method, path, asked, answer in endpoints
    ]


def _endpoint(simulation: Simulation, kind: Any, answer: Answer, hosts: tuple[str, ...]) -> Callable[..., Any]:
    async def endpoint(request: Request) -> Response:
        if named(request) not in hosts:  # a page of the web that has our address under a name of its own
            return _refusal(403, "a loopback address is wanted")
        try:
            asked = await _asked(request, kind)
            answered = await anyio.to_thread.run_sync(answer, simulation, asked, request.path_params)
        except KeyError:
            return _refusal(404, "there is none of that number")
        except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
            return _refusal(400, str(error))
        return _response(answered)

    return endpoint


async def _asked(request: Request, kind: Any) -> Any:
    """What is asked, in JSON and said to be. Raises ValueError."""
    if kind is None:
        return None
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise ValueError("application/json is wanted")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise ValueError("too large")
    return msgspec.json.decode(bytes(body), type=kind)


def _response(answered: Any) -> Response:
    if isinstance(answered, bytes):
        return Response(answered, headers={"x-content-type-options": "nosniff"}, media_type="application/octet-stream")
    if isinstance(answered, str):
        return Response(answered, headers=PAGE_HEADERS, media_type="text/html")
    return Response(msgspec.json.encode(answered), media_type="application/json")


def _refusal(status: int, reason: str) -> Response:
    return Response(msgspec.json.encode({"error": reason}), status, media_type="application/json")

"""What the forms of the page do: let time pass, move an invoice, switch faults, begin again."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lettrage.simulator.approved.messages import Reason
from lettrage.simulator.faults import Fault
from lettrage.simulator.hosts import named
from lettrage.simulator.simulation import Simulation

MOST_BYTES = 20_000
Form = dict[str, str]


def _advance(simulation: Simulation, form: Form) -> None:
    simulation.platform.clock.advance(float(form["seconds"]))


def _move(simulation: Simulation, form: Form) -> None:
    simulation.platform.move(int(form["invoice"]), form["status"], form.get("motive", ""))


def _fault(simulation: Simulation, form: Form) -> None:
    times = form.get("times", "")
    simulation.faults.add(Fault(kind=form["kind"], path=form.get("path", "*"), times=int(times) if times else None))


def _fault_off(simulation: Simulation, form: Form) -> None:
    simulation.faults.off(int(form["fault"]))


def _reset(simulation: Simulation, _form: Form) -> None:
    simulation.reset()


def _approved_move(simulation: Simulation, form: Form) -> None:
    reasons = (Reason(form["reason"], form.get("comment", "")),) if form.get("reason") else ()
    simulation.approved.platform.move(int(form["invoice"]), form["status"], reasons, form.get("comment", ""))


DEEDS: dict[str, Callable[[Simulation, Form], None]] = {
    "advance": _advance,
    "move": _move,
    "fault": _fault,
    "fault_off": _fault_off,
    "reset": _reset,
    "approved_move": _approved_move,
}
BACK = {"approved": "/plateforme-agreee"}  # which page a form stands on, besides the first


def desk(simulation: Simulation, hosts: tuple[str, ...]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of the forms; only the page itself may send them (a page of the web could as well)."""

    async def endpoint(request: Request) -> Response:
        origin = request.headers.get("origin", "")
        if named(request) not in hosts or origin.partition("://")[2] != request.url.netloc:
            return Response("the page of the simulator is wanted", 403, media_type="text/plain")
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return Response("too large", 413, media_type="text/plain")
        form = {
            name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace"), max_num_fields=20).items()
        }
        try:
            await anyio.to_thread.run_sync(DEEDS[form["deed"]], simulation, form)
        except (KeyError, ValueError, OverflowError) as error:
            return Response(f"not done: {error}", 400, media_type="text/plain")
        return RedirectResponse(BACK.get(form.get("page", ""), "/"), 303)

    return endpoint

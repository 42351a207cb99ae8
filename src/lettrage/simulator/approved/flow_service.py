"""The Flow Service 1.3.0: deposits, searches, files, webhooks. Each service is a function of a platform and a call."""

import base64
import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, get_args

import msgspec
from msgspec import Meta
from starlette.responses import Response

from lettrage.simulator.approved import flows
from lettrage.simulator.approved.answers import Refused, answered
from lettrage.simulator.approved.codes import DocType
from lettrage.simulator.approved.hooks import Hook, Wanted, host_of
from lettrage.simulator.approved.platform import Signalled
from lettrage.simulator.approved.requests import Request, decoded, form, json
from lettrage.simulator.approved.search import Search, page
from lettrage.simulator.reading import PDF

if TYPE_CHECKING:
    from lettrage.simulator.approved.door import Approved

_UNQUOTED = re.compile(r"[^ !#-\[\]-~]")  # what may not stand in quotes in a header
# Who may be called: an address of HTTP without user or fragment.
_WORD = "(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})"
ADDRESS = rf"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{{1,5}})?(?:/{_WORD}*)*(?:\?(?:{_WORD}|[=&/])*)?"
_ADDRESS = re.compile(ADDRESS, re.ASCII)
Service = Callable[["Approved", Request], Response]


class FlowInfo(Signalled, frozen=True, rename="camel", kw_only=True):
    """FlowInfo, with the bounds that the OpenAPI sets."""

    name: Annotated[str, Meta(max_length=255)]
    tracking_id: Annotated[str, Meta(max_length=64)] | msgspec.UnsetType = msgspec.UNSET
    sha256: Annotated[str, Meta(pattern="^[a-f0-9]{64}$")] | msgspec.UnsetType = msgspec.UNSET


def create_flow(approved: "Approved", request: Request) -> Response:
    """Take a file. What is in it is acknowledged later."""
    information, file = form(request, "flowInfo", "file")
    said = decoded(information, FlowInfo)
    if len(file) > approved.platform.settings.most_bytes:
        raise Refused(413, "Provided file is too big")
    flow = approved.platform.deposit(request.client.name, said, file)
    return answered(flows.submitted(flow), 202)


def search_flows(approved: "Approved", request: Request) -> Response:
    """The flows that every filter takes."""
    asked = json(request, Search)
    if asked.where.is_empty:
        raise Refused(400, "where: at least one criterion is wanted", "MISSING_REQUIRED_FIELD")
    limit = asked.limit or approved.platform.settings.page
    try:
        found = page(approved.platform.flows(request.client.name), asked, limit)
    except ValueError as error:
        raise Refused(400, str(error), "INVALID_CURSOR") from None
    following = {"nextCursor": found.next} if found.next else {}
    body = {"limit": limit, **following, "filters": asked.where, "results": [flows.shown(one) for one in found.flows]}
    return answered(body)


def get_flow(approved: "Approved", request: Request) -> Response:
    """What is known of a flow, or its file."""
    key, what = request.path["flowId"], request.one("docType") or "Metadata"
    if len(key) > 64 or what not in get_args(DocType):
        raise Refused(400, "flowId has at most 64 characters, docType is one of four")
    flow = approved.platform.flow(request.client.name, key)
    if flow is None:
        raise Refused(404, "Requested resource is Not Found")
    if what == "Metadata":
        return answered(flows.shown(flow))
    found = _DOCUMENTS[what](flow)
    if found is None:
        raise Refused(404, f"There is no {what} of this flow")
    name, data = found
    plain = _UNQUOTED.sub("_", name)
    headers = {"content-disposition": f'attachment;filename="{plain}"', "x-content-type-options": "nosniff"}
    return Response(data, 200, headers, "application/octet-stream")


def _converted(flow: flows.Flow) -> tuple[str, bytes] | None:
    """The XML inside a Factur-X; the platform converts nothing else."""
    if flow.syntax != "Factur-X" or flow.content is None or not flow.content.done() or not flow.content.result().xml:
        return None
    return f"{flow.name}.xml", flow.content.result().xml


def _readable(flow: flows.Flow) -> tuple[str, bytes] | None:
    """The PDF that a Factur-X is; of other files no readable form is made."""
    return (flow.name, flow.data) if flow.data.startswith(PDF) else None


_DOCUMENTS: dict[str, Callable[[flows.Flow], tuple[str, bytes] | None]] = {
    "Original": lambda flow: (flow.name, flow.data),
    "Converted": _converted,
    "ReadableView": _readable,
}

# ---------------------------------------------------------------- webhooks


def list_webhooks(approved: "Approved", request: Request) -> Response:
    """The subscriptions of this application; their keys are told only once."""
    own = approved.hooks(request.client.name)
    return answered({"count": len(own), "webhookIds": [one.id for one in own], "webhooks": [_hook(one) for one in own]})


def _hook(hook: Hook) -> dict[str, Any]:
    wanted: dict[str, Any] = msgspec.to_builtins(hook.wanted)
    return {"webhookId": hook.id, "createdAt": hook.created, **wanted}


def create_webhook(approved: "Approved", request: Request) -> Response:
    """Subscribe."""
    wanted = json(request, Wanted)
    if not _ADDRESS.fullmatch(wanted.callback_url) or not host_of(wanted.callback_url):
        raise Refused(400, "callbackUrl: an absolute address is wanted")
    hook = approved.subscribe(request.client.name, wanted)
    key = base64.b64encode(hook.key).decode()
    return answered({"webhookId": hook.id, "signingKey": key, "createdAt": hook.created}, 201)


def delete_webhook(approved: "Approved", request: Request) -> Response:
    """Unsubscribe."""
    try:
        key = str(uuid.UUID(request.path["webhookUid"]))
    except ValueError:
        raise Refused(400, "webhookUid: a UUID is wanted") from None
    if not approved.unsubscribe(request.client.name, key):
        raise Refused(404, "Requested resource is Not Found")
    return Response(status_code=204)


def health(_approved: "Approved", _request: Request) -> Response:
    """It is up."""
    return Response(status_code=200)


ROUTES: tuple[tuple[str, str, Service], ...] = (
    ("POST", "/v1/flows", create_flow),
    ("POST", "/v1/flows/search", search_flows),
    ("GET", "/v1/flows/{flowId}", get_flow),
    ("GET", "/v1/webhooks", list_webhooks),
    ("POST", "/v1/webhooks", create_webhook),
    ("DELETE", "/v1/webhooks/{webhookUid}", delete_webhook),
    ("GET", "/v1/healthcheck", health),
)

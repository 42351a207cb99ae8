"""The port `FlowService`: what the flow service is asked, and what its answers say."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from lettrage.adapters.approved.calls import ANY_FILE, Ask
from lettrage.adapters.approved.client import Client, absent
from lettrage.adapters.calling.answers import Answer, Garbled
from lettrage.guard.secrets import Secret
from lettrage.invoicing.flow_service import Complaint, DocType, Hook, Seen, Signalled, Submitted
from lettrage.invoicing.portal import Trouble
from lettrage.limits import APPROVED_PAGE, PLATFORM_LIST_BYTES, PLATFORM_LIST_ROWS, PLATFORM_PAGES

FLOWS = "/v1/flows"
SEARCH = "/v1/flows/search"
HOOKS = "/v1/webhooks"
HEALTH = "/v1/healthcheck"
_ID_CHARACTERS = 64
_SERVICE = "flow_url"
_TO_US = "In"  # from the platform to its customer's software


class ApprovedFlows:
    """The flow service of one platform. Satisfies the port `FlowService`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    # ------------------------------------------------------------ sending

    def submit(self, content: bytes, signalled: Signalled) -> Submitted:
        """Deposit a file. Of Trouble `unknown` nobody knows whether it was taken: `traced` finds it."""
        kind = "application/pdf" if signalled.syntax == "Factur-X" else "application/xml"
        parts = {
            "flowInfo": (None, msgspec.json.encode(_signalling(signalled)), "application/json"),
            "file": (signalled.name, content, kind),
        }
        ask = Ask(_SERVICE, "POST", FLOWS, "v1/flows", parts=parts, write=True)

        def reading(answer: Answer) -> Submitted:
            if answer.text("trackingId") not in ("", signalled.tracking):
                raise Garbled("trackingId")
            return Submitted(_id(answer, "flowId"), answer.moment("submittedAt"))

        return self._client.read(ask, reading, hoped=202)

    # ------------------------------------------------------------ following

    def traced(self, tracking: str) -> Sequence[Seen]:
        """Every flow that bears a name of ours, every page of the search; none where the platform has none."""
        found = self._search({"trackingId": tracking})
        # A criterion that the service left aside must not make another flow pass for this one.
        return [one for one in found if one.tracking == tracking]

    def seen(self, flow: str) -> Seen | None:
        """What has become of a flow by the platform's number; None where it knows none."""

        def reading(answer: Answer) -> Seen:
            seen = _seen(answer)
            if seen.flow != flow:
                raise Garbled("flowId")
            return seen

        return self._client.found(self._get(flow, "Metadata", "application/json"), reading)

    def arrived(self, since: datetime) -> Sequence[Seen]:
        """Every flow to us that changed after a moment of the platform's clock, the earliest change first."""
        found = self._search({"updatedAfter": _written(since), "flowDirection": [_TO_US]})
        after = since.astimezone(UTC)
        fresh = [one for one in found if one.direction == _TO_US and one.updated_at and one.updated_at > after]
        return sorted(fresh, key=lambda one: (one.updated_at or after, one.flow))

    def content(self, flow: str, what: DocType = "Original") -> bytes:
        """The file of a flow. Trouble is `refused` with status 404 where there is none."""
        return self._client.reply(self._get(flow, what, ANY_FILE)).body

    def _get(self, flow: str, what: DocType, accept: str) -> Ask:
        path = f"{FLOWS}/{quote(flow, safe='')}?docType={what}"
        return Ask(_SERVICE, "GET", path, "v1/flows/{flowId}", accept=accept)

    def healthy(self) -> bool:
        """Whether the service says of itself that it works. Raises Trouble where nobody says anything."""
        try:
            self._client.reply(Ask(_SERVICE, "GET", HEALTH, "v1/healthcheck"))
        except Trouble as trouble:
            if trouble.status not in (500, 503):
                raise
            return False
        return True

    # ------------------------------------------------------------ webhooks

    def hooks(self) -> Sequence[Hook]:
        """Our subscriptions. Whatever key the answer repeats is left where it is."""

        def reading(answer: Answer) -> list[Hook]:
            if "webhooks" not in answer:  # the standard demands a list of ids and describes one of objects
                return [Hook(_fitting(id_, "webhookIds"), "") for id_ in answer.texts("webhookIds")]
            rows = answer.rows("webhooks")
            return [Hook(_id(row, "webhookId"), row.text("callbackUrl"), row.moment("createdAt")) for row in rows]

        return self._client.read(Ask(_SERVICE, "GET", HOOKS, "v1/webhooks"), reading)

    def hook(self, url: str) -> tuple[Hook, Secret]:
        """Have this address called whenever there is something for us: the subscription, and its signing key (base64).

        Of Trouble `unknown` nobody knows whether it was made: then `hooks` has it, and its key is lost.
        """
        asked = {"callbackUrl": url, "flowDirection": _TO_US}

        def reading(answer: Answer) -> tuple[Hook, Secret]:
            key = Secret(answer.needed("signingKey"))
            return Hook(_id(answer, "webhookId"), url, answer.moment("createdAt")), key

        ask = Ask(_SERVICE, "POST", HOOKS, "v1/webhooks", asked=asked, write=True)
        return self._client.read(ask, reading, hoped=201)

    def unhook(self, id_: str) -> None:
        """End a subscription; one that is gone already is ended."""
        path = f"{HOOKS}/{quote(id_, safe='')}"
        try:
            self._client.reply(Ask(_SERVICE, "DELETE", path, "v1/webhooks/{webhookUid}", write=True), hoped=204)
        except Trouble as trouble:
            if not absent(trouble):
                raise

    # ------------------------------------------------------------ searching

    def _search(self, where: dict[str, object]) -> list[Seen]:
        """Every flow that a search finds, each once as it was told last. Raises Trouble."""
        found: dict[str, Seen] = {}
        seen: set[str] = set()
        size, cursor = 0, ""
        in_time = self._client.in_time("v1/flows/search")
        while len(seen) < PLATFORM_PAGES:
            page = self._page(where, cursor)
            found |= {one.flow: one for one in page.flows}
            size += page.size
            if not page.next:
                return list(found.values())
            if page.next in seen or _too_large(size, len(found)):
                break
            in_time()
            seen.add(page.next)
            cursor = page.next
        why = "too large" if _too_large(size, len(found)) else "nextCursor"
        raise Trouble("garbled", step="v1/flows/search", status=200, code=why)

    def _page(self, where: dict[str, object], cursor: str) -> "_Page":
        asked: dict[str, object] = {"limit": APPROVED_PAGE, "where": where}
        if cursor:
            asked["cursor"] = cursor
        ask = Ask(_SERVICE, "POST", SEARCH, "v1/flows/search", asked=asked)
        return self._client.read(ask, _page)


class _Page(NamedTuple):
    flows: list[Seen]
    next: str
    size: int  # of the answer, in bytes


def _page(answer: Answer) -> _Page:
    """A page of a list; what is said against each flow is heard by following it."""
    found = [msgspec.structs.replace(_seen(row), complaints=()) for row in answer.rows("results")]
    return _Page(found, answer.text("nextCursor"), answer.size)


def _too_large(size: int, rows: int) -> bool:
    return size > PLATFORM_LIST_BYTES or rows > PLATFORM_LIST_ROWS


def _signalling(signalled: Signalled) -> dict[str, str]:
    """`flowInfo`, as the standard names its members."""
    said = {
        "trackingId": signalled.tracking,
        "name": signalled.name,
        "processingRule": signalled.rule,
        "flowSyntax": signalled.syntax,
        "flowProfile": signalled.profile,
        "sha256": signalled.sha256,
    }
    return {name: text for name, text in said.items() if text}


def _written(moment: datetime) -> str:
    """A moment as RFC 3339 has it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _seen(row: Answer) -> Seen:
    said = row.inner("acknowledgement")
    updated = row.moment("updatedAt")
    if updated is None:  # the place where the next look begins is told by it
        raise Garbled("updatedAt")
    return Seen(
        flow=_id(row, "flowId"),
        ack=said.needed("status"),
        type=row.text("flowType"),
        direction=row.text("flowDirection"),
        tracking=row.text("trackingId"),
        name=row.text("name"),
        syntax=row.text("flowSyntax"),
        sha256=row.text("sha256"),
        submitted_at=row.moment("submittedAt"),
        updated_at=updated,
        complaints=tuple(
            Complaint(one.text("level"), one.text("item"), one.text("reasonCode"), one.text("reasonMessage"))
            for one in said.rows("details")
        ),
    )


def _id(answer: Answer, name: str) -> str:
    """An identifier of the platform's: never longer than the standard has it, which keeps it whole in the store."""
    return _fitting(answer.needed(name), name)


def _fitting(text: str, name: str) -> str:
    if not 0 < len(text) <= _ID_CHARACTERS:
        raise Garbled(name)
    return text

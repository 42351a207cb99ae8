"""`POST /webservice`: the call as Divalto's page describes it, in whatever shape utilities send it.

The bytes decide what the content is, whatever its type says: a form (`param=...&access_token=...`), or the text itself.
"""

import re
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lettrage.adapters.http.door import bearer
from lettrage.adapters.http.house import House, admitted, house_of
from lettrage.adapters.http.problems import Problem, problem_of
from lettrage.caller import Caller
from lettrage.limits import ENVELOPE_BYTES
from lettrage.refusal import Refusal, Stop
from lettrage.settlement import settle

FORM_FIELDS = 100
_FORM = re.compile(rb"\s*(?:[\w.+-]+=|%(?:7B|5B|22|27))", re.IGNORECASE)  # a field, or a whole text behind escapes
_TOKEN = re.compile(
    rb"""access_token(?:\\*["']|%5C|%22|%27|\s|\+|%20|:|%3A|=)+(?P<token>[\w.~-]{1,1024})""", re.IGNORECASE
)
_TECHNICAL = (403, 503)  # told with HTTP's own number, like a document that is too large; anything else with 200


async def webservice(request: Request) -> Response:
    """Settle a document and answer in the shape of Divalto's page."""
    pieces = request.stream()
    head = b""
    token = bearer(request.headers.get("authorization", ""))
    if not token:
        async for piece in pieces:
            head += piece
            if len(head) >= ENVELOPE_BYTES:
                break
        token = token_in(head)
    identity = await admitted(request, token, "settle")
    house = house_of(request)
    caller = house.caller(identity, request)
    data = b"".join([head, *[piece async for piece in pieces]])
    return await run_in_threadpool(_answer, house, caller, data)


def token_in(content: bytes) -> str:
    """The value of `access_token` near the beginning of a content, form or text; "" when there is none."""
    found = _TOKEN.search(content[:ENVELOPE_BYTES])
    return found["token"].decode("ascii", "replace") if found else ""


def document_in(content: bytes) -> bytes:
    """The settlement document: the content itself, or what a form holds.

    In a form it is `param`; else the one field beside `action` and `access_token` that has a value, or, where a utility
    has escaped a whole text, its only name. Raises Problem for two of them, and for more fields than any caller has.
    """
    if not _FORM.match(content):
        return content
    try:
        fields = parse_qsl(content.decode("latin-1"), True, encoding="latin-1", max_num_fields=FORM_FIELDS)
    except ValueError:
        raise Problem(400, Refusal("malformed_call", "param", f"> {FORM_FIELDS}", "1")) from None
    texts = [value for name, value in fields if name.strip().lower() == "param"]
    if len(texts) > 1:
        raise Problem(400, Refusal("malformed_call", "param", str(len(texts)), "1"))
    text = texts[0] if texts else None
    if text is None:
        others = [value or name for name, value in fields if name.strip().lower() not in ("action", "access_token")]
        text = others[0] if len(others) == 1 else ""
    return text.encode("latin-1")


def _answer(house: House, caller: Caller, content: bytes) -> Response:
    with house.working(content):
        reply = settle(document_in(content), caller, house.store, house.clock)
    if reply.reason is not None and (reply.error in _TECHNICAL or reply.reason.code == "too_large"):
        raise problem_of(Stop(reply.reason, reply.error))
    house.figures.settled(reply.done, reply.refused, reply.replayed)
    headers = {"Idempotency-Replayed": "true"} if reply.kept else None
    return Response(reply.text, headers=headers, media_type="application/json")

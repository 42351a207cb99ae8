"""What an answer of PISTE or Chorus Pro means for the work: each status in a table, with its reason.

Readings may always be asked again. Of a write the question is whether the service may have carried it out: only then
is it `unknown`, which keeps the invoice in doubt for hours.
"""

import re

from lettrage.adapters.calling.failures import Verdict

PORTAL_CLOSED = "the portal's own page answers in the place of the service: nothing reached it"


STATUSES: dict[int, Verdict] = {
    400: Verdict("refused", "refused", "the service read the request and found it wrong"),
    401: Verdict("settings", "settings", "the gateway asks who calls before it passes anything on"),
    403: Verdict("settings", "settings", "the gateway does not pass on what is not subscribed, accepted, linked"),
    404: Verdict("settings", "settings", "this is not the platform's address: its unknown paths answer 403"),
    405: Verdict("settings", "settings", "this is not the platform's address"),
    407: Verdict("settings", "settings", "the proxy of the settings wants to know who calls"),
    408: Verdict("gateway", "gateway", "the request did not arrive whole"),
    413: Verdict("refused", "refused", "too large: not taken"),
    415: Verdict("settings", "settings", "something on the way changes the content type"),
    429: Verdict("quota", "quota", "the gateway counts before it passes anything on"),
    500: Verdict("maintenance", "maintenance", PORTAL_CLOSED),
    502: Verdict("gateway", "unknown", "the gateway had passed it on and could not read the service's answer"),
    503: Verdict("maintenance", "maintenance", PORTAL_CLOSED),
    504: Verdict("gateway", "unknown", "the gateway had passed it on and did not wait for the answer"),
    505: Verdict("gateway", "gateway", "the gateway refuses the connection itself, before any request is passed on"),
}
# A class of statuses that has no line of its own.
CLASSES: dict[int, Verdict] = {
    1: Verdict("garbled", "unknown", "no answer of any service's"),
    2: Verdict("garbled", "unknown", "done, it says, in a way that the service never says it"),
    3: Verdict("gateway", "gateway", "somebody on the way sends elsewhere instead of passing on"),
    4: Verdict("garbled", "garbled", "refused for a reason that no service of the platform gives"),
    5: Verdict("gateway", "unknown", "a failure of which nobody says where it happened"),
}
# The service itself failed, in its own words: it may have been in the middle of a write.
FAILED_MIDWAY = Verdict("maintenance", "unknown", "the service had begun")


def verdict(status: int, *, in_its_own_words: bool) -> Verdict:
    """What a status other than 200 means. `in_its_own_words`: the body is JSON with a `codeRetour`."""
    if status in (500, 503) and in_its_own_words:
        return FAILED_MIDWAY
    if status == 400 and not in_its_own_words:
        return CLASSES[4]
    return STATUSES.get(status) or CLASSES.get(status // 100, CLASSES[1])


_MESSAGE = re.compile(r"(?P<code>[A-Z]{3}_MSG_[0-9]{2}[._][0-9]{3})\b[\s:-]*(?P<text>.*)", re.DOTALL)


def message(libelle: str) -> tuple[str, str]:
    """The code of a message and its text: `CODE`, `CODE - text` or a text alone."""
    found = _MESSAGE.match(libelle.strip())
    return (found["code"], found["text"].strip()) if found else ("", libelle.strip())

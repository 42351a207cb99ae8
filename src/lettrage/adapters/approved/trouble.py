"""What an answer of an approved platform means for the work: each status in a table, with its reason.

The standard names the statuses 400, 401, 403, 404, 413, 422, 429, 500 and 503, each with an error object; the directory
408 and 501 too. What else may come is somebody's on the way.
"""

from lettrage.adapters.calling.failures import Verdict

STATUSES: dict[int, Verdict] = {
    400: Verdict("refused", "refused", "the service read the request and found it wrong"),
    401: Verdict("settings", "settings", "who calls is asked before anything is done"),
    403: Verdict("settings", "settings", "who calls may not do this, or not for this organization"),
    404: Verdict("refused", "refused", "the service has nothing of this name"),
    405: Verdict("settings", "settings", "this is not the service's address"),
    407: Verdict("settings", "settings", "the proxy of the settings wants to know who calls"),
    408: Verdict("gateway", "unknown", "the time was up: before the request was whole, or in the middle of the work"),
    409: Verdict("refused", "unknown", "it is at odds with what the platform has: that may be this very flow"),
    413: Verdict("refused", "refused", "too large: not taken"),
    415: Verdict("settings", "settings", "something on the way changes the content type"),
    422: Verdict("refused", "refused", "the service understood the request and found it inconsistent"),
    429: Verdict("quota", "quota", "calls are counted before anything is done"),
    500: Verdict("maintenance", "unknown", "the service failed, perhaps in the middle of a write"),
    501: Verdict("refused", "refused", "this platform does not offer it"),
    502: Verdict("gateway", "unknown", "the gateway had passed it on and could not read the service's answer"),
    503: Verdict("maintenance", "maintenance", "the service says that it is closed: nothing is taken"),
    504: Verdict("gateway", "unknown", "the gateway had passed it on and did not wait for the answer"),
    505: Verdict("gateway", "gateway", "the connection itself is refused, before any request is read"),
}
# A class of statuses that has no line of its own.
CLASSES: dict[int, Verdict] = {
    1: Verdict("garbled", "unknown", "no answer of any service's"),
    2: Verdict("garbled", "unknown", "done, it says, in a way that the standard does not know"),
    3: Verdict("gateway", "gateway", "somebody on the way sends elsewhere instead of passing on"),
    4: Verdict("garbled", "garbled", "refused for a reason that the standard does not know"),
    5: Verdict("gateway", "unknown", "a failure of which nobody says where it happened"),
}
# What only the service itself can say; from somebody else it means this.
OTHERS: dict[int, Verdict] = {
    400: CLASSES[4],
    404: Verdict("settings", "settings", "this is not the service's address"),
    409: Verdict("garbled", "unknown", "nobody says what it is at odds with"),
    422: CLASSES[4],
    501: Verdict("settings", "settings", "this is not the service's address"),
}


def verdict(status: int, *, in_its_own_words: bool) -> Verdict:
    """What a status that was not hoped for means. `in_its_own_words`: the body is JSON with an `errorCode`."""
    if not in_its_own_words and status in OTHERS:
        return OTHERS[status]
    return STATUSES.get(status) or CLASSES.get(status // 100, CLASSES[1])

"""Chorus Pro's own statuses and those of the lifecycle: which stand for which, either way. Pure.

Source: DSE Chorus Pro v1.0 and its annex of corresponding statuses. Chorus Pro imposes no order, so neither do we. What
is not in the tables has no counterpart: the caller keeps the code as it came.
"""

from unicodedata import normalize

import msgspec

_SUBCONTRACTOR, _COCONTRACTOR = "A9", "A12"  # frames (BT-23): who has deposited


class Counterpart(msgspec.Struct, frozen=True):
    """`number`: Chorus Pro's, in its daily flow of statuses; `status`: in its API; `frame`: for this frame only."""

    number: str
    status: str
    code: str
    frame: str = ""


# What Chorus Pro's statuses become on the platforms.
HEARD = (
    Counterpart("16", "SUSPENDUE", "208"),
    Counterpart("17", "REJETEE", "210"),
    Counterpart("37", "SERVICE_FAIT", "204"),
    Counterpart("18", "MANDATEE", "204"),
    Counterpart("21", "MISE_A_DISPOSITION_COMPTABLE", "204"),
    Counterpart("20", "COMPTABILISEE", "204"),
    Counterpart("19", "MISE_EN_PAIEMENT", "211"),
    *(Counterpart("", status, "205", _SUBCONTRACTOR) for status in ("VALIDEE_1", "VALIDEE_2")),
    *(Counterpart("", status, "214", _COCONTRACTOR) for status in ("VALIDEE_1", "VALIDEE_2")),
    *(Counterpart("", status, "206", _SUBCONTRACTOR) for status in ("REFUSEE_1", "REFUSEE_2")),
    *(Counterpart("", status, "210", _COCONTRACTOR) for status in ("REFUSEE_1", "REFUSEE_2")),
    # Not in the annex, but the same by what they mean: inferred.
    Counterpart("01", "DEPOSEE", "200"),
    Counterpart("", "MISE_A_DISPOSITION", "203"),
    Counterpart("32", "COMPLETEE", "209"),
)
# What the supplier's statuses become at Chorus Pro, and which it does not pass on.
TOLD = {"209": "COMPLETEE", "227": "COMPLETEE"}
NOT_PASSED_ON = frozenset(("212", "220", "224", "225", "226"))
# Status 204 stands for four steps on the way to payment; the comment beside it says which.
_STEPS = {
    "service fait": "SERVICE_FAIT",
    "mise a disposition du comptable": "MISE_A_DISPOSITION_COMPTABLE",
    "comptabilisee": "COMPTABILISEE",
    "mandatee": "MANDATEE",
    "demande de paiement validee": "MANDATEE",
}


def from_chorus(status: str, frame: str = "") -> str | None:
    """The lifecycle's code for a status of Chorus Pro, by its API's code or its number; None where there is none."""
    found = [one for one in HEARD if status in {one.status, one.number} - {""}]
    return next((one.code for one in found if one.frame in ("", frame)), None)


def to_chorus(code: str, comment: str = "") -> str | None:
    """Chorus Pro's status for a code of the lifecycle; None where it has none, or the comment does not say which."""
    if code in TOLD:
        return TOLD[code]
    found = {one.status for one in HEARD if one.code == code and not one.frame}
    if len(found) > 1:
        return next((status for words, status in _STEPS.items() if words in _plain(comment)), None)
    return next(iter(found), None)


def _plain(text: str) -> str:
    """Lower case, without accents."""
    return normalize("NFKD", text).encode("ascii", "ignore").decode().lower()

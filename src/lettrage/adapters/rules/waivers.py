"""What official rules say that does not count on a route, each by name and with its reason."""

import re
from collections.abc import Callable

from lxml import etree

from lettrage.invoicing.document import Route

# Chorus Pro's own profile of UBL has elements that EN 16931 warns of (chorus-pro.md 4.1): the service code in the
# buyer's contact, the kind of a contract, TVA as the tax's type, the due date, channel and BIC of a payment.
_CHORUS_PROFILE = (
    "UBL-CR-098 UBL-CR-175 UBL-CR-238 UBL-CR-253 UBL-CR-263 UBL-CR-332 UBL-CR-412 UBL-CR-413 UBL-CR-485 UBL-CR-510 "
    "UBL-CR-605 UBL-CR-661 UBL-CR-664 UBL-DT-08"
)
CHORUS_PROFILE = frozenset(_CHORUS_PROFILE.split())
_UBL_TYPE = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}InvoiceTypeCode"


def _credit_note_as_invoice(root: etree._Element, route: Route, location: str) -> bool:
    """Chorus Pro takes a credit note as an Invoice of type 381."""
    as_invoice = etree.QName(root).localname == "Invoice" and root.findtext(_UBL_TYPE, "").strip() == "381"
    return route == "chorus" and as_invoice


def _empty_delivery(root: etree._Element, route: Route, location: str) -> bool:
    """The schema wants the delivery's element, also where there is nothing to say of it."""
    return location.rpartition("/*:")[2].startswith("ApplicableHeaderTradeDelivery[")


def _of_chorus(root: etree._Element, route: Route, location: str) -> bool:
    return route == "chorus"


_Condition = Callable[[etree._Element, Route, str], bool]  # the document, the route, where the rule fired
_WAIVERS: dict[str, _Condition] = {
    "BR-CL-01": _credit_note_as_invoice,
    "PEPPOL-EN16931-R008": _empty_delivery,
    **dict.fromkeys(CHORUS_PROFILE, _of_chorus),
}


def waives(root: etree._Element, route: Route, rule: str, location: str) -> bool:
    """Whether a rule that fired at this place of a document does not count on this route."""
    condition = _WAIVERS.get(rule)
    return condition is not None and condition(root, route, location)


# ---------------------------------------------------------------- in a report of flow 10

# The sheet applies G1.16 (no sign) to what was received (TT-95, TT-99), where annex 7 names G7.07 and XP Z12-014
# (annex A, case 43) has a correction as a negative amount. Told to its makers: fnfempe/France_RFE issue 60, open.
_RECEIVED = re.compile(r"-\d{1,17}(\.\d{1,2})?", re.ASCII)


def waives_in_report(rule: str, place: etree._Element) -> bool:
    """Whether a rule that fired on this element of a payments report does not count: a negative amount, sound else."""
    amount = place.tag == "Amount" and any(above.tag == "PaymentsReport" for above in place.iterancestors())
    return rule == "G1.16" and amount and _RECEIVED.fullmatch((place.text or "").strip()) is not None

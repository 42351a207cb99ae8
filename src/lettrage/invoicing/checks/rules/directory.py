"""What the directory of Chorus Pro says of the two structures, and what the buyer demands of its invoices.

An answer that is not there is a finding too ("not checked"): silence would pass for a check.
"""

from collections.abc import Iterator

from lettrage.invoicing.checks.circumstances import Circumstances, NotAsked, Reason, Told
from lettrage.invoicing.checks.rules.identity import known_as
from lettrage.invoicing.checks.rules.rule import PUBLIC, Rule
from lettrage.invoicing.document import SIRET, Invoice
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.portal import Service, Structure

RESERVED_SERVICE = "FACTURES_PUBLIQUES"  # for invoices of one public structure to another
PUBLIC_SIREN = ("1", "2")  # SIREN of the State and of local authorities begin so

WHY: dict[Reason, tuple[str, str]] = {
    "not_subscribed": ("l'API {api} n'est pas souscrite", "the {api} API is not subscribed"),
    "portal_down": ("le portail ne répond pas ou est fermé", "the portal does not answer or is closed"),
    "never_asked": ("il n'a pas encore été interrogé", "it has not been asked yet"),
    "too_old": ("sa dernière réponse a plus de 30 jours", "its last answer is more than 30 days old"),
    "not_connected": (
        "les identifiants de cette plateforme ne sont pas renseignés",
        "this platform's credentials are not set",
    ),
    "offline": ("contrôle demandé hors ligne", "the check was asked for offline"),
}


_CHOOSE = {"do_fr": "Choisir un service actif de ce SIRET : ", "do_en": "Choose an active service of this SIRET: "}
_LEAVE_OUT = {
    "do_fr": "Ce SIRET n'a aucun service actif : retirer le code",
    "do_en": "This SIRET has no active service: leave the code out",
}
_APIS = {"number": "Factures", "engagement": "EngagementsJuridiques"}  # by what is asked; the rest: Structures
_ASK_AGAIN = (
    "Relancer le contrôle quand le portail répond ; l'API {api} doit être souscrite.",
    "Check again once the portal answers; the API {api} must be subscribed.",
)
# What no waiting mends.
_MENDED = {
    "not_connected": (
        "Renseigner les identifiants : lettrage chorus set (ou lettrage chorus connect pour un simulateur).",
        "Set the credentials: lettrage chorus set (or lettrage chorus connect for a simulator).",
    ),
    "offline": ("Relancer le contrôle sans --offline.", "Check again without --offline."),
}


def _not_checked(place: str, seen: str, told: NotAsked, term: str) -> Finding:
    (french, english), (do_french, do_english) = WHY[told.why], _MENDED.get(told.why, _ASK_AGAIN)
    texts = {"why_fr": french, "why_en": english, "do_fr": do_french, "do_en": do_english}
    facts = {name: text.format(api=_APIS.get(place, "Structures")) for name, text in texts.items()}
    return Finding("not_checked", place, seen, facts=facts, term=term)


def _structure_faults(who: str, place: str, seen: str, told: Told, term: str) -> Iterator[Finding]:
    if isinstance(told, NotAsked):
        yield _not_checked(place, seen, told, term)
    elif told is None:
        yield Finding(f"{who}_unknown", place, seen)
    elif not told.active:
        yield Finding(f"{who}_inactive", place, seen, facts={"name": told.name})


def supplier_known(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The supplier is a structure of this platform (one of production is none of qualification)."""
    known = known_as(invoice.seller)
    if known is not None:
        yield from _structure_faults("supplier", "seller.siret", known.id, circumstances.supplier, "BT-29")


def buyer_known(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The buyer is one, and takes invoices."""
    known = known_as(invoice.buyer)
    if known is not None and known.scheme == SIRET:
        yield from _structure_faults("buyer", "buyer.siret", known.id, circumstances.buyer, "BT-46")


def _service_of(structure: Structure, code: str) -> Service | None:
    return next((service for service in structure.services if service.code == code), None)


def service(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The service code: there when the buyer demands one, and one of the buyer's that is active."""
    code = invoice.service
    buyer = circumstances.buyer if isinstance(circumstances.buyer, Structure) else None
    services = buyer.services if buyer is not None else ()
    active = ", ".join(s.code for s in services if s.active and s.code != RESERVED_SERVICE)
    facts = {"name": _name(invoice, buyer)} | (_CHOOSE if active else _LEAVE_OUT)
    if not code:
        if circumstances.service_demanded or (buyer is not None and buyer.service_required):
            yield Finding("service_missing", "service", "", active, facts=facts)
    elif buyer is not None and code != RESERVED_SERVICE:
        found = _service_of(buyer, code)
        if found is None:
            yield Finding("service_unknown", "service", code, active, facts=facts)
        elif not found.active:
            yield Finding("service_inactive", "service", code, active, facts=facts)


def _name(invoice: Invoice, buyer: Structure | None) -> str:
    return (buyer.name if buyer is not None else "") or invoice.buyer.name


def reserved_service(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """FACTURES_PUBLIQUES is not for a private supplier."""
    known = known_as(invoice.seller)
    if invoice.service == RESERVED_SERVICE and not (known is not None and known.id.startswith(PUBLIC_SIREN)):
        yield Finding("service_reserved", "service", invoice.service)


def engagement(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The commitment number: there when the structure or the service demands it, or one of the two."""
    if invoice.engagement:
        return
    buyer = circumstances.buyer if isinstance(circumstances.buyer, Structure) else None
    facts = {"name": _name(invoice, buyer), "service": invoice.service}
    found = _service_of(buyer, invoice.service) if buyer is not None else None
    if circumstances.engagement_demanded or (buyer is not None and buyer.engagement_required):
        yield Finding("engagement_missing", "engagement", facts=facts)
    elif found is not None and found.engagement_required:
        yield Finding("engagement_missing_for_service", "engagement", facts=facts)
    elif buyer is not None and buyer.service_or_engagement and not invoice.service:
        yield Finding("service_or_engagement_missing", "service", facts=facts)


def engagement_known(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The State knows the commitment number: it refuses a wrong one only after integration."""
    told = circumstances.engagement
    if isinstance(told, NotAsked):
        yield _not_checked("engagement", invoice.engagement, told, "BT-13")
    elif told is False:
        yield Finding("engagement_unknown", "engagement", invoice.engagement)


def number_free(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The platform was asked whether it has an invoice of this number; what it has is a use like any other."""
    if circumstances.number is not None:
        yield _not_checked("number", invoice.number, circumstances.number, "BT-1")


RULES = (
    Rule(supplier_known, ("supplier_unknown", "supplier_inactive", "not_checked"), PUBLIC),
    Rule(buyer_known, ("buyer_unknown", "buyer_inactive", "not_checked"), PUBLIC),
    Rule(service, ("service_missing", "service_unknown", "service_inactive"), PUBLIC),
    Rule(reserved_service, ("service_reserved",), PUBLIC),
    Rule(
        engagement,
        ("engagement_missing", "engagement_missing_for_service", "service_or_engagement_missing"),
        PUBLIC,
    ),
    Rule(engagement_known, ("engagement_unknown", "not_checked"), PUBLIC),
    Rule(number_free, ("not_checked",), PUBLIC),
)

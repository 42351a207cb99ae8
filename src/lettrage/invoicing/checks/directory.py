"""The copy of Chorus Pro's directory: when it is used as it is, when the portal is asked again, when it says nothing.

An answer of less than a day is used; an older one is asked for anew, and used all the same where the portal does not
answer; one of more than 30 days says nothing any more. What is kept belongs to an identifier: a customer's changed
SIRET begins anew. The portal is asked outside of every transaction; what it says is written afterwards.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from lettrage.invoicing.checks.circumstances import NotAsked, Reason, Told
from lettrage.invoicing.flow_service import Facility, RoutingCode
from lettrage.invoicing.portal import Found, Portal, Service, Structure, Trouble
from lettrage.invoicing.routing.copies import facts_of
from lettrage.invoicing.routing.deciding import Known

FRESH, USABLE = timedelta(days=1), timedelta(days=30)
STATE = "11000201100044"  # the one recipient of the State's invoices, whose commitments can be looked up


class Wanted(msgspec.Struct, frozen=True):
    """Who is to be looked up; `service`: one of its services, whose own demands are wanted too."""

    identifier: str
    kind: str = "SIRET"
    service: str = ""


class Kept(msgspec.Struct, frozen=True):
    """What the directory said once; `structure` None: it had none of this identifier."""

    structure: Structure | None
    fetched_at: datetime


class News(msgspec.Struct, frozen=True):
    """What the portal has just said of an identifier, to be kept."""

    kind: str
    identifier: str
    structure: Structure | None


class Inquiry:
    """One round of questions, over many invoices. A portal that fails to answer one question is not asked the others.

    `silent`: why nothing is asked at all, where there is no portal.
    """

    def __init__(self, portal: Portal | None, now: datetime, silent: Reason = "offline") -> None:
        self._portal = portal
        self._now = now
        self._silent: Reason | None = None if portal is not None else silent
        self._unlisted: Reason | None = None
        self._known: dict[tuple[str, str], Kept] = {}
        self._news: dict[tuple[str, str], Structure | None] = {}

    @property
    def news(self) -> tuple[News, ...]:
        """What the portal has said, to be kept."""
        return tuple(News(kind, identifier, found) for (kind, identifier), found in self._news.items())

    def told(self, wanted: Wanted, kept: Kept | None) -> Told:
        """What the directory says of a structure: from what was `kept`, or from the portal."""
        known = self._known.get((wanted.kind, wanted.identifier), kept)
        age = self._now - known.fetched_at if known is not None else None
        fresh = known if age is not None and age <= FRESH else None
        if fresh is not None and not _lacks_service(fresh.structure, wanted.service):
            return fresh.structure
        if self._portal is not None and self._silent is None:
            try:
                return self._fetched(self._portal, wanted, fresh)
            except Trouble as trouble:
                self._silent = reason_of(trouble)
        if known is None or age is None:
            return NotAsked(self._silent or "never_asked")
        return known.structure if age <= USABLE else NotAsked("too_old")

    def engagement(self, supplier: str, number: str) -> bool | NotAsked:
        """Whether the State knows a commitment number of this supplier."""
        if self._portal is None or self._silent is not None:
            return NotAsked(self._silent or "never_asked")
        try:
            known = self._portal.engagement_exists(supplier, number)
        except Trouble as trouble:
            return NotAsked(reason_of(trouble))
        return NotAsked("not_subscribed") if known is None else known

    def numbered(self, number: str) -> Sequence[Found] | NotAsked:
        """The integrated invoices of a number: what was sent by hand, or by another program, is known nowhere else."""
        if self._portal is None:
            return NotAsked(self._silent or "never_asked")
        if self._unlisted is not None:  # another API than the directory's: each may answer without the other
            return NotAsked(self._unlisted)
        try:
            return self._portal.find(number=number)
        except Trouble as trouble:
            self._unlisted = reason_of(trouble)
            return NotAsked(self._unlisted)

    def _fetched(self, portal: Portal, wanted: Wanted, fresh: Kept | None) -> Structure | None:
        """What the portal says now; of a structure that is known, the service alone. Raises Trouble."""
        found = fresh.structure if fresh is not None else portal.structure(wanted.identifier, wanted.kind)
        if found is not None and wanted.service and (service := portal.service(found, wanted.service)) is not None:
            others = tuple(one for one in found.services if one.code != service.code)
            found = msgspec.structs.replace(found, services=(*others, service))
        key = wanted.kind, wanted.identifier
        self._news[key] = found
        self._known[key] = Kept(found, fresh.fetched_at if fresh is not None else self._now)
        return found


def _lacks_service(structure: Structure | None, code: str) -> bool:
    """Whether a service is known whose own demands were not asked for yet."""
    if structure is None or not code:
        return False
    return any(one.code == code and one.engagement_required is None for one in structure.services)


def told_by_platform(known: Known, service: str, now: datetime) -> Told:
    """A public buyer as an approved platform's directory has it, with the one service that was asked for."""
    subject = known.subject(service)
    keys = [key for key in subject.keys if key[0] != "SIREN"]
    copies = [known.copies[key] for key in keys if key in known.copies]
    if not keys or len(copies) < len(keys):
        return NotAsked("never_asked")
    if any(now - copy.fetched_at > USABLE for copy in copies):
        return NotAsked("too_old")
    facts = facts_of(subject, known.copies)
    return _structure(facts.facility, facts.routing) if facts.facility is not None else None


def _structure(facility: Facility, routing: RoutingCode | None) -> Structure:
    """An establishment of the directory as Chorus Pro's directory would have it."""
    service = Service(routing.code, routing.name, routing.active, bool(routing.engagement)) if routing else None
    return Structure(
        facility.siret,
        facility.siret,
        facility.name,
        facility.active,
        service_required=bool(facility.service),
        engagement_required=bool(facility.engagement),
        service_or_engagement=bool(facility.engagement_or_service),
        payment_not_reported=facility.payment_status is False,
        services=(service,) if service is not None else (),
    )


def reason_of(trouble: Trouble) -> Reason:
    """Why a call said nothing."""
    return "not_subscribed" if trouble.kind == "settings" and trouble.status == 403 else "portal_down"

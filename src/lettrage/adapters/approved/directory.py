"""The port `DirectoryService`: what the directory service is asked, and what its answers say."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from lettrage.adapters.approved.calls import Ask
from lettrage.adapters.approved.client import Client
from lettrage.adapters.calling.answers import Answer, Garbled
from lettrage.invoicing.flow_service import Company, Facility, Line, RoutingCode
from lettrage.invoicing.portal import Trouble
from lettrage.limits import APPROVED_PAGE, PLATFORM_LIST_BYTES, PLATFORM_PAGES

_SERVICE = "directory_url"
_STEP = "v1/directory-line/search"
_OPEN = ("", "A")  # administrative status: A active, C closed
_ENABLED = ("", "Enabled")  # of a line; Disabled: no platform, Upcoming: from a later day on


class ApprovedDirectory:
    """The directory service of one platform. Satisfies the port `DirectoryService`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def company(self, siren: str) -> Company | None:
        """A legal unit; None where the directory has none of this number."""

        def reading(answer: Answer) -> Company:
            return Company(
                _same(answer, "siren", siren),
                answer.text("businessName"),
                public=answer.text("entityType") == "Public",
                active=answer.text("administrativeStatus") in _OPEN,
            )

        return self._client.found(_get(f"/v1/siren/code-insee:{_part(siren)}", "v1/siren/code-insee"), reading)

    def facility(self, siret: str) -> Facility | None:
        """An establishment; None where the directory has none of this number."""

        def reading(answer: Answer) -> Facility:
            demands = answer.inner("b2gAdditionalData")
            return Facility(
                _same(answer, "siret", siret),
                answer.text("name"),
                active=answer.text("administrativeStatus") in _OPEN,
                works_only=demands.flag_or_none("pmOnly"),
                payment_status=demands.flag_or_none("managesPaymentStatus"),
                engagement=_engagement(demands),
                engagement_or_service=demands.flag_or_none("managesLegalCommitmentOrServiceCode"),
                service=demands.flag_or_none("serviceCodeStatus"),
            )

        return self._client.found(_get(f"/v1/siret/code-insee:{_part(siret)}", "v1/siret/code-insee"), reading)

    def routing_code(self, siret: str, code: str) -> RoutingCode | None:
        """A routing code of an establishment; None where it has none of this one."""

        def reading(answer: Answer) -> RoutingCode:
            return RoutingCode(
                _same(answer, "siret", siret),
                _same(answer, "routingIdentifier", code),
                answer.text("routingCodeName"),
                active=answer.text("administrativeStatus") in _OPEN,
                engagement=_engagement(answer),
            )

        path = f"/v1/routing-code/siret:{_part(siret)}/code:{_part(code)}"
        return self._client.found(_get(path, "v1/routing-code"), reading)

    def lines(self, siren: str) -> Sequence[Line]:
        """Every address of a legal unit, every page of the search."""
        found: dict[str, Line] = {}
        received = size = 0
        in_time = self._client.in_time(_STEP)
        for _ in range(PLATFORM_PAGES):
            page = self._page(siren, received)
            received += len(page.lines)
            size += page.size
            fresh = found | {line.address: line for line in page.lines}
            if size > PLATFORM_LIST_BYTES or (page.lines and len(fresh) == len(found)):
                break
            found = fresh
            if not page.lines or 0 <= page.total <= received:
                if received < page.total:
                    break
                # A criterion that the service left aside must not make another's address pass for this one's.
                return [line for line in found.values() if line.siren == siren]
            in_time()
        raise Trouble("garbled", step=_STEP, status=200, code="too large" if size > PLATFORM_LIST_BYTES else "results")

    def _page(self, siren: str, ignore: int) -> "_Page":
        asked: dict[str, object] = {
            "filters": {"siren": {"op": "strict", "value": siren}},
            "sorting": [{"field": "addressingIdentifier", "order": "ascending"}],
            "limit": APPROVED_PAGE,
            "ignore": ignore,
        }
        ask = Ask(_SERVICE, "POST", f"/{_STEP}", _STEP, asked=asked)
        return self._client.found(ask, _page) or _Page([], 0, 0)


class _Page(NamedTuple):
    lines: list[Line]
    total: int  # -1 where the service does not count
    size: int  # of the answer, in bytes


def _page(answer: Answer) -> _Page:
    total = answer.whole("totalNumberOfResults")
    return _Page([_line(row) for row in answer.rows("results")], -1 if total is None else total, answer.size)


def _line(row: Answer) -> Line:
    return Line(
        address=row.needed("addressingIdentifier"),
        siren=row.needed("siren"),
        siret=row.text("siret"),
        routing=row.text("routingIdentifier"),
        suffix=row.text("addressingSuffix"),
        platform=row.text("platformType"),
        active=row.text("directoryLineStatus") in _ENABLED,
    )


def _get(path: str, step: str) -> Ask:
    return Ask(_SERVICE, "GET", path, step)


def _part(text: str) -> str:
    return quote(text, safe="")


def _engagement(demands: Answer) -> bool | None:
    """Whether a commitment number is demanded: the standard spells the name in two ways."""
    return next(
        (demands.flag(name) for name in ("managesLegalCommitmentCode", "managesLegalCommitment") if name in demands),
        None,
    )


def _same(answer: Answer, name: str, asked: str) -> str:
    """What was asked for, as the answer names it: an answer about something else says nothing."""
    if answer.needed(name) != asked:
        raise Garbled(name)
    return asked

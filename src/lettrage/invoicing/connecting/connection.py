"""What we know of a connection before anything is asked: from the settings and the company file."""

import re
from datetime import datetime

from stdnum import iban
from stdnum.fr import siret as french

from lettrage.company.dossier import Bank, Company, Establishment, rib_for
from lettrage.dates import PARIS
from lettrage.invoicing.connecting.diagnose import Known
from lettrage.invoicing.settings import PLATFORMS, ChorusSettings, Platform

# PISTE's identifiers are UUIDs; the document of the source shows some.
_CLIENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def known_of(settings: ChorusSettings, platform: Platform, company: Company, now: datetime) -> Known:
    """What the diagnosis may use beside the answers."""
    wanted = settings.platforms[platform]
    other = next(settings.platforms[name] for name in PLATFORMS if name != platform)
    return Known(
        platform=platform,
        now=now,
        today=now.astimezone(PARIS).date(),
        missing=wanted.missing,
        official=wanted.official,
        local=wanted.local,
        application=wanted.application,
        client_id_of_both=bool(wanted.client_id) and wanted.client_id == other.client_id,
        client_id_plausible=_CLIENT_ID.fullmatch(wanted.client_id.reveal()) is not None,
        account_since=wanted.account_since,
        password_expires=wanted.password_expires,
        sirets=_sirets(company),
        rib=_has_rib(settings, company),
    )


def _sirets(company: Company) -> dict[str, tuple[str, bool]]:
    """The SIRET of each establishment, the dossier's own where it has none; whether it is one."""
    given = {code: one.siret or company.siret for code, one in company.establishments.items()} or {"": company.siret}
    return {code: (siret, bool(siret) and french.is_valid(siret)) for code, siret in given.items()}


def _has_rib(settings: ChorusSettings, company: Company) -> bool:
    """Whether every establishment's invoices have a bank account to name."""
    places: list[Establishment | None] = [*company.establishments.values()] or [None]
    return all((bank := _rib(settings, company, place)) is not None and iban.is_valid(bank.iban) for place in places)


def _rib(settings: ChorusSettings, company: Company, place: Establishment | None) -> Bank | None:
    """The account chosen for an establishment, else its own, else the dossier's."""
    chosen = company.banks.get(settings.ribs.get(place.code, "")) if place is not None else None
    return chosen or rib_for(company, place, settings.ribs.get("", ""))

"""Firms that declare payments: services sold to a business, a consumer, a company abroad, a public body, somebody."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.journeys.helpers import Firm, company, header, pays
from tests.vat.helpers import service

NOON = datetime(2026, 11, 5, 11, 0, tzinfo=UTC)
TWO = [("20", "1000.00", "200.00"), ("10", "500.00", "50.00")]  # 1,750.00
DECLARANT = {"vat_regime": "real_monthly", "size": "middle", "platform": "0123"}
PARTIES: list[dict[str, Any]] = [
    {"code": "PRO", "name": "Dupont SARL", "siret": "45021910000014"},
    {"code": "CONSO", "name": "Mme Martin", "buyer": "consumer"},
    {"code": "DE", "name": "Müller GmbH", "vat_number": "DE123456789", "address": {"country": "DE"}},
    {"code": "PUB", "name": "Mairie", "siret": "21310555400017"},
    {"code": "QUI", "name": "Inconnu"},
]
SIREN = "356000000"


def declaring(code: str = "998", **more: Any) -> dict[str, Any]:
    """A company file with the five customers; an invoice of 1,750.00 of 20 September 2026 to each of them."""
    parties = [{"kind": "customer"} | party for party in PARTIES]
    invoices = [sold(f"F-{party['code']}", party["code"]) for party in PARTIES]
    record = {"siret": f"{SIREN}00048", "declarant": DECLARANT, "third_parties": parties, "invoices": invoices}
    return company(code, **(record | more))


def sold(number: str, party: str, vat: Sequence[tuple[str, str, str]] = TWO, **more: Any) -> dict[str, Any]:
    """An invoice for services of 20 September 2026, due in two parts if it is the ordinary one."""
    total = sum(round(float(base) * 100) + round(float(amount) * 100) for _, base, amount in vat)
    dues = [{"due_date": "2026-10-20", "amount": f"{total / 100:.2f}"}]
    return service(number, vat=vat, third_party=party, date="2026-09-20", due_items=dues) | more


def firm(folder: Path, at: datetime = NOON, **more: Any) -> Firm:
    """The firm on its first day of November 2026."""
    return Firm(folder, declaring(**more), at=at)


def paid(of: Firm, number: str, amount: str, day: date, change: str = "PORCHQ", rest: str = "", party: str = "") -> str:
    """A receipt of an invoice; `rest`: what of the due item stays open. Its transaction."""
    party = party or number.removeprefix("F-")
    details = [pays(number, amount)] + ([pays(number, rest, "WPA")] if rest else [])
    more = {"BQC": "BNP"} if change == "ENCVIR" else {}
    return of.done(header(change, amount, *details, THIRDPARTY=party, DATE=f"{day:%Y%m%d}", **more), repeat="1")

"""A shop with invoices of every age in two currencies, an advance and one dispute, for the pages of what is due."""

from datetime import date, timedelta
from typing import Any

from lettrage.acts import perform
from lettrage.acts.cancel import Cancel
from lettrage.caller import Caller
from tests.journeys.helpers import TODAY, Firm, advance, header, pays
from tests.pages.world import DOSSIER

SHOP = "C2"
AGES = {"A1": 0, "A2": 5, "A3": -1, "A4": -31, "A5": -61, "A6": -91}  # days from today to the due date


def owed(firm: Firm) -> None:
    """Six invoices of 100.00 EUR, one of 1900.000 TND in dispute, an advance of 50.00 EUR."""
    dated = TODAY - timedelta(150)
    invoices = [_invoice(number, dated, TODAY + timedelta(days), "100.00") for number, days in AGES.items()]
    disputed = _invoice("T1", dated, TODAY - timedelta(2), "1900.000", currency="TND", rate="0.2500")
    disputed["due_items"][0]["disputed"] = "true"
    rates = [{"currency": "TND", "date": dated.isoformat(), "rate": "0.2500"}]
    firm.load({"code": DOSSIER, "rates": rates, "invoices": [*invoices, disputed]})
    firm.done(header("PORCHQ", "50", advance("50"), THIRDPARTY=SHOP))


def settled(firm: Firm, piece: str, amount: str) -> str:
    """A cheque for an invoice; its transaction."""
    return firm.done(header("PORCHQ", amount, pays(piece, amount), THIRDPARTY=SHOP))


def partly_settled(firm: Firm, piece: str, amount: str, left: str) -> str:
    """A cheque for a part of an invoice, the rest to be paid later; its transaction."""
    return firm.done(header("PORCHQ", amount, pays(piece, amount), pays(piece, left, "WPA"), THIRDPARTY=SHOP))


def cancelled(firm: Firm, transaction: str) -> None:
    """Take a transaction back."""
    done = perform(Cancel(int(transaction), "erreur"), Caller("test", "test", DOSSIER), firm.store, firm.clock)
    assert done.result is not None, done.reasons


def _invoice(number: str, dated: date, due: date, amount: str, **more: str) -> dict[str, Any]:
    items = [{"due_date": due.isoformat(), "amount": amount}]
    return {"third_party": SHOP, "number": number, "date": dated.isoformat(), "due_items": items, **more}


__all__ = ["AGES", "SHOP", "cancelled", "owed", "partly_settled", "settled"]

"""A firm that pays and collects: suppliers with accounts, customers with mandates, a bank that takes files."""

from datetime import date
from pathlib import Path
from typing import Any

from lettrage.acts import Act, Performed, perform
from lettrage.acts.payments import CancelPaymentFile, ExecutePaymentFile, MakePaymentFile
from lettrage.bank.payments.file import Filed, Wanted
from lettrage.caller import Caller
from tests.journeys.helpers import Firm, company, invoice

OURS = "FR7630004000031234567890143"
ICS = "FR72ZZZ123456"
IBANS = {
    "F1": "FR7630006000011234567890189",
    "F2": "DE89370400440532013000",
    "F3": "BE71096123456769",
    "F4": "ES9121000418450200051332",
    "C1": "FR1420041010050500013M02606",
    "C2": "NL91ABNA0417164300",
}
BNP = {
    "code": "BNP", "name": "BNP Paribas", "account": "512100", "currency": "EUR", "iban": OURS, "bic": "BNPAFRPPXXX",
    "ics": ICS,
}  # fmt: skip
CIC = {"code": "CIC", "account": "512200", "currency": "EUR", "iban": "FR7610011000201234567890188"}


def party(code: str, name: str, **more: Any) -> dict[str, Any]:
    """A third party with the account of its code."""
    kind = "supplier" if code.startswith("F") else "customer"
    return {"code": code, "kind": kind, "name": name, "ibans": [IBANS[code]]} | more


def mandate(identity: str, **more: str) -> dict[str, str]:
    """A mandate signed on 1 March 2024."""
    return {"id": identity, "signed": "2024-03-01", "sequence": "FRST", "scheme": "CORE"} | more


PARTIES = [
    party("F1", "Société Électrique & Fils"),
    party("F2", "Müller GmbH"),
    party("F3", "Atelier d'Œuvres", means="sepa"),
    party("C1", "Client Économe", means="direct_debit", mandate=mandate("RUM-C1")),
    party("C2", "Klant N.V.", means="direct_debit", mandate=mandate("RUM-C2", sequence="RCUR")),
]


def bought(third_party: str, number: str, *amounts: str, **more: Any) -> dict[str, Any]:
    """An invoice of a supplier."""
    return invoice(number, *amounts, third_party=third_party, **more)


INVOICES = [
    bought("F1", "A-1", "1200.00"),
    bought("F1", "A-2", "-200.00"),
    bought("F2", "B-7", "350.50"),
    bought("F3", "D-1", "80.00"),
    invoice("87", "3600.00"),
    invoice("88", "50.00", third_party="C2"),
]


def firm_of(folder: Path, **more: Any) -> Firm:
    """The firm: what it owes, what it is owed, its banks."""
    content = {"banks": [BNP, CIC], "third_parties": PARTIES, "invoices": INVOICES} | more
    return Firm(folder, company(**content))


def act(firm: Firm, asked: Act, key: str = "") -> Performed:
    """What becomes of an act."""
    return perform(asked, Caller("accountant", "test", firm.dossier, key), firm.store, firm.clock)


def done(firm: Firm, asked: Act, key: str = "") -> dict[str, Any]:
    """The result of an act that is done."""
    performed = act(firm, asked, key)
    assert performed.result is not None, [reason["en"] for reason in performed.reasons]
    return performed.result


def refused(firm: Firm, asked: Act) -> list[str]:
    """The codes of every reason against an act, which leaves no trace but in the logbook."""
    before = books(firm)
    performed = act(firm, asked)
    assert performed.result is None, performed.result
    assert books(firm) == before, "a refused act left a trace"
    return [reason["code"] for reason in performed.reasons]


def books(firm: Firm) -> dict[str, Any]:
    """Every row but the logbook's and the counters'."""
    return {table: rows for table, rows in firm.rows().items() if table not in ("document", "dossier")}


def make(firm: Firm, kind: str = "transfers", *transactions: str, bank: str = "BNP", **more: Any) -> MakePaymentFile:
    """The act that makes a file."""
    return MakePaymentFile(Wanted(bank, kind, transactions=transactions, **more), "accountant")


def cancelling(number: str, reason: str = "pas envoyé") -> CancelPaymentFile:
    return CancelPaymentFile(number, reason)


def executing(firm: Firm, number: str, day: date | None = None) -> ExecutePaymentFile:
    return ExecutePaymentFile(number, Caller("accountant", "test", firm.dossier), day)


def content(firm: Firm, number: str) -> bytes:
    """A file's bytes."""
    with firm.store.books(firm.dossier, writing=False) as opened:
        return opened.payment_content(int(number))


def file(firm: Firm, number: str) -> Filed:
    """A file as the books have it."""
    with firm.store.books(firm.dossier, writing=False) as opened:
        found = opened.payment_file(int(number))
    assert found is not None
    return found

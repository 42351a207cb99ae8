"""Two companies in one database that are alike in everything: codes, pieces, amounts, numbers, slips, accounts.

Only the names and labels of the second one say that it is another: where one of them is read, something has leaked.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from lettrage.acts import perform
from lettrage.acts.bank import AcceptLine
from lettrage.acts.drafts import AddDrafts, ValidateDrafts
from lettrage.acts.invoice import ImportInvoices
from lettrage.acts.lettering import MakeLettering
from lettrage.acts.payments import MakePaymentFile
from lettrage.acts.periods import LockPeriod
from lettrage.acts.slips import MakeSlip
from lettrage.acts.statements import ImportStatement
from lettrage.adapters.store import schema
from lettrage.bank.matching.proposal import Proposal
from lettrage.bank.payments.file import Wanted as WantedFile
from lettrage.bank.slip import Wanted
from lettrage.caller import Caller
from lettrage.guard.audited import Hand
from lettrage.invoicing.billing.intake import opened
from tests.bank.files import Move, cfonb_file
from tests.databases import every_row
from tests.invoicing.brought import send_as
from tests.journeys.helpers import Firm, advance, company, deposit, header, instrument, invoice, pays

OURS, THEIRS, NOBODYS = "998", "999", "997"
MARK = "Voisine"  # in every free text of the other company
SLIP, BY_HAND = "BNP-2024-000001", "2024-000015"
DOCUMENT, DOUBTFUL, REJECTED = "D1", "D8", "D9"  # invoices with documents: not sent, in doubt, rejected


def twins(folder: Path) -> Firm:
    """Both companies, each with the same life behind it; the firm's own dossier is ours."""
    firm = Firm(folder, _company(OURS, "Maison"), _company(THEIRS, MARK))
    for dossier, name in ((OURS, "Maison"), (THEIRS, MARK)):
        _live(firm, dossier, name)
    return firm


def _company(code: str, name: str) -> dict[str, Any]:
    parties = [
        {"code": "C1", "kind": "customer", "name": f"Client {name}", "siret": "12345678200028", "chorus": {}},
        {"code": "F1", "kind": "supplier", "name": f"Fournisseur {name}", "ibans": ["FR7630006000011234567890189"]},
    ]
    bank = {"code": "BNP", "account": "512100", "currency": "EUR", "iban": "FR7630004000031234567890143"}
    return company(
        code,
        name=name,
        banks=[bank],
        third_parties=parties,
        invoices=[invoice(str(n), "100.00") for n in range(2, 7)]
        + [invoice("1", "120.00", vat=[{"rate": "20", "base": "100.00", "amount": "20.00"}], vat_due="receipts")],
        portfolio=[instrument("1", "50.00")],
        discount_vat="adjust",
        siret="35600000000048",
        declarant={"vat_regime": "real_monthly", "size": "middle", "platform": "0123"},
        late_payment={"ecb": [{"from": "2024-07-01", "rate": "4.25"}]},
    )


def _live(firm: Firm, dossier: str, name: str) -> None:
    """A cheque with a discount, taken to the bank on a slip; another that awaits its slip; an advance."""

    def done(*headers: dict[str, Any]) -> None:
        firm.done(*(h | {"LIB": name} for h in headers), dos=dossier)

    done(header("PORCHQ", "116.40", pays("1", "116.40"), pays("1", "3.60", "WE"), REGLEMENTNUM="501"))  # 2
    done(deposit("REMCHQ", {"TRANSAC": "2"}))  # 3
    perform(MakeSlip(Wanted("BNP")), Caller("till", "cli", dossier), firm.store, firm.clock)
    done(header("PORCHQ", "100.00", pays("2", "100.00")))  # 4
    done(deposit("REMCHQ", {"TRANSAC": "4"}))  # 5
    done(header("PORVIR", "30.00", advance("30.00")))  # 6
    letter = MakeLettering("511200", "", ("2024-000008/1", "2024-000009/2"), name, f"Remise {name}")
    assert perform(letter, Caller("till", "cli", dossier), firm.store, firm.clock).result
    line = {"name": f"Porte {name}", "price": "100", "vat_rate": "20"}
    form = {"number": DOCUMENT, "date": "2024-09-20", "due_date": "2024-10-20", "buyer": "C1", "lines": [line]}
    forms = [form | {"number": number} for number in (DOCUMENT, DOUBTFUL, REJECTED)]
    brought = ImportInvoices(opened(json.dumps(forms).encode()), {}, "till")
    assert perform(brought, Caller("till", "cli", dossier), firm.store, firm.clock).result
    send_as(firm, dossier, {DOUBTFUL: "in_doubt", REJECTED: "rejected"})
    _typed(firm, dossier, name)
    done(header("DECSEP", "20.00", advance("20.00"), THIRDPARTY="F1"))
    file = MakePaymentFile(WantedFile("BNP", "transfers"), name)
    assert perform(file, Caller("till", "cli", dossier), firm.store, firm.clock).result
    _banked(firm, dossier, name)
    done(header("DECSEP", "21.00", advance("21.00"), THIRDPARTY="F1"))  # it waits for the next payment file
    firm.load({"code": dossier, "invoices": [invoice("S1", "30.00", third_party="F1")]})  # it is due to be paid
    firm.store.accounts.issue("till", "clerk", dossier)


def _banked(firm: Firm, dossier: str, name: str) -> None:
    """A statement of two movements: one that nobody knows, and one that was put on a suspense account."""
    moves = [Move(100, "20241002", f"VIR {name}"), Move(200, "20241003", name)]
    file = cfonb_file(moves, rib="300040000312345678901", start="20241001", end="20241010")
    taken = AcceptLine(2, Proposal(0, 0, "unknown", account="471000"), name)
    for act in (ImportStatement.of(f"{name}.txt", file, name), taken):
        done = perform(act, Caller("till", "cli", dossier), firm.store, firm.clock)
        assert done.result, done.reasons


def _typed(firm: Firm, dossier: str, name: str) -> None:
    """Two drafts, an entry that was a third one, and a month that is locked."""
    lines = [{"account": "613200", "debit": "10.00"}, {"account": "512100", "credit": "10.00"}]
    typed = {"date": "2024-10-01", "label": f"Loyer {name}", "piece": "L1", "lines": lines}
    caller = Caller("till", "cli", dossier)
    for act in (AddDrafts((typed,) * 3, name), ValidateDrafts((3,)), LockPeriod("2023-06", Hand("till"), name)):
        done = perform(act, caller, firm.store, firm.clock)
        assert done.result, done.reasons


def rows_of(firm: Firm, dossier: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of one company."""
    return {
        table: [row for row in rows if row["code" if table == "dossier" else "dossier"] == dossier]
        for table, rows in every_row(firm.store.engine).items()
        if table in schema.metadata.tables
    }


# ---------------------------------------------------------------- what is said to the database

_TABLES = frozenset(schema.metadata.tables)
# What is asked of the database as a whole, before any dossier is known.
ADMINISTRATION = {"SELECT code FROM dossier ORDER BY code"}


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that any store of this process runs meanwhile, with its parameters."""
    heard: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_more: Any) -> None:
        heard.append((sql, parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def without_dossier(sql: str, parameters: Any) -> bool:
    """Whether a statement about companies' rows goes through without a dossier."""
    if sql in ADMINISTRATION or not _names_a_table(sql):
        return False
    many = isinstance(parameters, list)
    rows = [
        list(row.values()) if isinstance(row, dict) else list(row) for row in (parameters if many else [parameters])
    ]
    named = "dossier" in sql and all({OURS, THEIRS, NOBODYS, schema.EVERY_DOSSIER} & _texts(row) for row in rows)
    return not named


def _names_a_table(sql: str) -> bool:
    words = sql.replace('"', " ").replace("(", " ").replace(",", " ").split()
    verbs = ("FROM", "JOIN", "INTO", "UPDATE")
    return any(word in _TABLES for verb, word in pairwise(words) if verb in verbs)


def _texts(row: list[Any]) -> set[str]:
    """The texts among a statement's parameters, those inside lists of keys or of whole rows too."""
    found: set[str] = set()
    for value in row:
        if isinstance(value, list):
            found |= _texts(value)
        elif isinstance(value, str):
            found |= _texts(json.loads(value)) if value.startswith("[[") else {value}
    return found

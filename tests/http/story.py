"""A firm with something of everything: the source's examples settled, a slip made, what waits for the next one."""

import json
from pathlib import Path

from lettrage.acts import perform
from lettrage.acts.slips import MakeSlip
from lettrage.bank.slip import Wanted
from lettrage.caller import Caller
from tests.invoicing.brought import bring, firm_of, form, outcomes, send_as
from tests.journeys.helpers import EXAMPLES, Firm, advance, company, deposit, header, invoice, pays
from tests.periods.hands import house

CODE = "998"


def settled_firm(folder: Path) -> Firm:
    """Four invoices; two cheques received, one deposited on a slip; a cheque on its way; a discount with its task."""
    vat = {"vat": [{"rate": "20", "base": "100.00", "amount": "20.00"}]}
    firm = Firm(
        folder,
        company(
            CODE,
            discount_vat="adjust",
            invoices=[
                invoice("86", "2400.00"),
                invoice("87", "3600.00"),
                invoice("88", "120.00", **vat),
                invoice("89", "500.00", "500.00"),
                invoice("90", "300.00"),
            ],
        ),
    )
    firm.done(header("PORCHQ", "2400", pays("86", "2400")))
    firm.done(header("PORCHQ", "3595", pays("87", "3595"), pays("87", "5", "WDR")))
    firm.done(header("PORVIR", "117.60", pays("88", "117.60"), pays("88", "2.40", "WE")))
    firm.done(deposit("REMCHQ", {"TRANSAC": "1"}))
    caller = Caller("till", "test", CODE)
    made = perform(MakeSlip(Wanted("BNP")), caller, firm.store, firm.clock)
    assert made.result is not None, made.reasons
    firm.done(deposit("REMCHQ", {"TRANSAC": "2"}))
    assert not firm.findings()
    return firm


def lettered_firm(folder: Path) -> Firm:
    """The same, with an advance to offset."""
    firm = settled_firm(folder)
    firm.done(header("PORCHQ", "200", advance("200")))
    return firm


def example_firm(folder: Path, number: int = 1) -> Firm:
    """The company of one of the source's five examples."""
    (found,) = EXAMPLES.glob(f"{number}-*")
    return Firm(folder, *json.loads((found / "load.json").read_text("utf-8"))["dossiers"])


def invoiced_firm(folder: Path) -> Firm:
    """A firm with invoices to a town: one not sent yet, one rejected for its service code, one in doubt."""
    firm = firm_of(folder)
    assert outcomes(bring(firm, *(form(number) for number in ("F1", "F2", "F3")))) == ["posted"] * 3
    wrong = "Le code service (AccountingCustomerParty.AccountingContact.ID) n'existe pas dans le referentiel."
    send_as(firm, CODE, {"F2": "rejected"}, wrong)
    send_as(firm, CODE, {"F3": "in_doubt"})
    return firm


def typed_firm(folder: Path) -> Firm:
    """A firm with two past years and one begun, for entries by hand."""
    return Firm(folder, house())

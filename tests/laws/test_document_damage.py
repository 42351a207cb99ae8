"""Damage to invoices as documents is found, whatever was done behind the program's back."""

from pathlib import Path

import pytest

from lettrage.adapters.store.books import SqlStore
from tests.databases import copied, edit
from tests.invoicing.brought import bring, firm_of, form
from tests.journeys.helpers import Firm

HERE = "dossier = '998'"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A document that was corrected, and a credit note."""
    firm = firm_of(tmp_path_factory.mktemp("documents"))
    bring(firm, form(), form("A1", type="381", buyer="C2", due_date=None))
    bring(firm, form(service="VOIRIE"))
    assert firm.findings() == []
    firm.store.engine.dispose()
    return firm


DAMAGES = {
    "a document's content": ("document_content", f"UPDATE sales_document SET content = '{{}}' WHERE {HERE} AND id = 1"),
    "a letter of it": (
        "document_content",
        f"UPDATE sales_document SET content = replace(content, 'Porte', 'Forte') WHERE {HERE} AND id = 1",
    ),
    "its digest": ("document_content", f"UPDATE sales_document SET digest = 'x' WHERE {HERE} AND id = 2"),
    "its total": ("document_content", f"UPDATE sales_document SET gross = gross + 1 WHERE {HERE} AND id = 1"),
    "its number": ("document_content", f"UPDATE sales_document SET number = 'F7' WHERE {HERE} AND id = 1"),
    "its date": ("document_invoice", f"UPDATE sales_document SET date = '2024-10-15' WHERE {HERE} AND id = 1"),
    "its customer": ("document_invoice", f"UPDATE sales_document SET third_party = 'C2' WHERE {HERE} AND id = 3"),
    "its invoice": ("document_invoice", f"UPDATE sales_document SET invoice = 2 WHERE {HERE} AND id = 1"),
    "an invoice that is not there": (
        "document_invoice", f"UPDATE sales_document SET invoice = 99 WHERE {HERE} AND id = 1"
    ),
    "what it corrects": ("document_corrects", f"UPDATE sales_document SET corrects = 2 WHERE {HERE} AND id = 3"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_a_document_is_found(damage: str, sound: Firm, tmp_path: Path) -> None:
    code, statement = DAMAGES[damage]
    address = copied(sound.address, tmp_path)

    edit(address, statement)

    store = SqlStore(address, sound.clock)
    found = {finding.code for finding in store.audit("998")}
    store.close()
    assert code in found

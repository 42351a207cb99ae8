"""The refusals of backups and of the VAT report: each shown where it is met."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lettrage.adapters.store.backups import back_up, restore
from lettrage.refusal import Refusal, Stop
from tests.backups.test_backups import _cut_row, _manifest, changed
from tests.databases import edit, no_books
from tests.journeys.helpers import NOON, Firm, company, header, pays
from tests.vat.helpers import ALWAYS, service


def _restored(firm: Firm, target: str, change: Callable[[dict[str, bytes]], None]) -> Refusal:
    """Why a backup, changed, is not restored into a database."""
    whole, file = firm.folder / "whole.zip", firm.folder / "file.zip"
    back_up(firm.store.engine, whole, NOON)
    with pytest.raises(Stop) as caught:
        restore(changed(whole, change, file), target, NOON)
    return caught.value.refusal


def _differs(firm: Firm) -> Refusal:
    firm.done(header("PORCHQ", "120.00", pays("1", "120.00")))
    edit(firm.address, "UPDATE vat_move SET vat_home = 1")
    with firm.store.books(firm.dossier, writing=False) as books:
        (refusal,) = books.vat_report(*ALWAYS).refusals
    return refusal


SHOWN_OF_KEEPING: dict[str, Callable[[Firm], Refusal]] = {
    "vat_report_differs": _differs,
    "database_not_empty": lambda firm: _restored(firm, firm.address, lambda _files: None),
    "backup_damaged": lambda firm: _restored(firm, no_books(firm.folder, "new"), _cut_row),
    "backup_newer": lambda firm: _restored(
        firm, no_books(firm.folder, "new"), lambda files: _manifest(files, lambda m: m.update(version=2))
    ),
}


@pytest.mark.parametrize("code", list(SHOWN_OF_KEEPING))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    firm = Firm(tmp_path, company(invoices=[service("1", "120.00", vat=[("20", "100.00", "20.00")])]))
    refusal = SHOWN_OF_KEEPING[code](firm)
    firm.store.close()

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    for said in (refusal.fr, refusal.en):
        assert refusal.seen in said

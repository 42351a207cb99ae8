"""The refusals of reports: each shown by the report that is refused."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest

from lettrage.adapters.pdf.report import report_pdf
from lettrage.books.reports import Asked, Section, draw
from lettrage.limits import REPORT_ROWS_PRINTED
from lettrage.refusal import Refusal, Stop
from tests.databases import edit
from tests.journeys.helpers import TODAY, Firm, company, invoice


def refused(firm: Firm, asked: Asked) -> Refusal:
    """The reason against a report."""
    with pytest.raises(Stop) as caught, firm.store.books(firm.dossier, writing=False) as books:
        draw(books, asked)
    return caught.value.refusal


def _differs(firm: Firm) -> Refusal:
    """A line on the customers' account that somebody cut off from its due item."""
    edit(firm.address, "UPDATE entry_line SET item = NULL WHERE account = '411000' AND debit = 10000")
    return refused(firm, Asked("aged", TODAY))


def _too_long(firm: Firm) -> Refusal:
    with firm.store.books(firm.dossier, writing=False) as books:
        drawn, held = draw(books, Asked("journal", TODAY)), books.company
    rows = [drawn.sections[0].rows[0]] * (REPORT_ROWS_PRINTED + 1)
    long = msgspec.structs.replace(drawn, sections=(Section(rows),), totals=())
    with pytest.raises(Stop) as caught:
        report_pdf(long, held, firm.clock.now(), "fr")
    return caught.value.refusal


SHOWN_OF_REPORTS: dict[str, Callable[[Firm], Refusal]] = {
    "report_differs": _differs,
    "report_period": lambda firm: refused(firm, Asked("journal", TODAY, first=date(2024, 3, 1), last=date(2024, 2, 1))),
    "report_too_long": _too_long,
    "late_rate_missing": lambda firm: refused(firm, Asked("interest", date(2024, 12, 31))),
}


@pytest.mark.parametrize("code", list(SHOWN_OF_REPORTS))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    firm = Firm(tmp_path, company(invoices=[invoice("1", "100.00"), invoice("2", "50.00")]))
    refusal = SHOWN_OF_REPORTS[code](firm)
    firm.store.close()

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    for said in (refusal.fr, refusal.en):
        assert refusal.seen in said
        assert refusal.expected in said

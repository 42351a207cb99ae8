"""The refusals of lettering by hand and of offsetting: each shown by an act that leads to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lettrage.acts import Act, Moment, Refused
from lettrage.acts.lettering import MakeLettering, UndoLettering
from lettrage.acts.offsetting import Offset
from lettrage.refusal import Refusal
from tests.journeys.helpers import Firm, advance, company, deposit, header, instrument, invoice
from tests.journeys.reversing import apart_from_logbook, asked

OTHER = "2024-000006/1"  # a third line of the same account
PAIR = ("2024-000004/1", "2024-000005/2")


def firm_of(folder: Path) -> Firm:
    """Two invoices and a credit note in dollars; a cheque taken to the bank: account 511200 has a pair of lines."""
    invoices = [invoice("1", "900.00"), invoice("2", "50.00"), invoice("3", "-9.00", currency="USD", rate="0.9")]
    firm = Firm(folder, company(portfolio=[instrument("1", "100.00")], invoices=invoices))
    firm.done(deposit("REMCDI", {"TRANSAC": "1"}))
    firm.done(header("PORCHQ", "5", advance("5")))
    return firm


def refused(firm: Firm, act: Act, code: str) -> Refusal:
    """The reason with this code against an act."""
    before = apart_from_logbook(firm)
    with pytest.raises(Refused) as caught, firm.store.books(firm.dossier, writing=True) as books:
        act.perform(books, Moment(firm.clock.now(), firm.clock.today()))
    assert apart_from_logbook(firm) == before, "a refused act left a trace"
    return next(reason for reason in caught.value.reasons if reason.code == code)


def making(*lines: str, account: str = "511200") -> Act:
    return MakeLettering(account, "", lines, "till")


def _lettered(firm: Firm, code: str) -> Refusal:
    assert asked(firm, making(*PAIR)).result
    return refused(firm, making(*PAIR), code)


def _undone(firm: Firm, code: str) -> Refusal:
    undo = UndoLettering("M1", "erreur", "till")
    assert asked(firm, making(*PAIR)).result
    assert asked(firm, undo).result
    return refused(firm, undo, code)


def by(act: Act) -> Callable[[Firm, str], Refusal]:
    return lambda firm, code: refused(firm, act, code)


SHOWN_OF_LETTERING: dict[str, Callable[[Firm, str], Refusal]] = {
    "lettering_count": by(making(PAIR[0])),
    "malformed_line": by(making("2024-1", PAIR[0])),
    "line_twice": by(making(PAIR[0], PAIR[0])),
    "unknown_line": by(making(PAIR[0], "2024-000004/9")),
    "line_of_account": by(making(*PAIR, account="580000")),
    "line_of_party": by(making("2024-000001/1", PAIR[0], account="411000")),
    "line_of_item": by(making("2024-000001/1", PAIR[0], account="411000")),
    "line_lettered": _lettered,
    "lettering_differs": by(making(PAIR[0], OTHER)),
    "unknown_lettering": by(UndoLettering("M7", "erreur", "till")),
    "lettered_by_settlement": by(UndoLettering("AB", "erreur", "till")),
    "already_unlettered": _undone,
    "not_open": by(Offset("C1", ("1", "77"))),
    "nothing_to_offset": by(Offset("C1", ("1", "2"))),
    "offset_currencies": by(Offset("C1", ("1", "3"))),
}


@pytest.mark.parametrize("code", list(SHOWN_OF_LETTERING))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    firm = firm_of(tmp_path)
    refusal = SHOWN_OF_LETTERING[code](firm, code)
    firm.store.close()

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    assert refusal.seen in refusal.fr
    assert refusal.seen in refusal.en

"""The refusals of periods, years and entries by hand: each shown by an act that leads to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts import Act, Moment, Refused
from lettrage.acts.drafts import AT_ONCE, AddDrafts, DropDraft, ValidateDrafts
from lettrage.acts.periods import _warnings
from lettrage.books.drafts import LINES_MOST
from lettrage.refusal import Refusal
from tests.databases import edit
from tests.journeys.helpers import Firm, header, pays
from tests.journeys.reversing import apart_from_logbook
from tests.periods.hands import close, done, draft, house, line, lock, posted, recharge, rent, reverse, unlock


def refused(firm: Firm, act: Act) -> Refusal:
    """The only reason against an act."""
    before = apart_from_logbook(firm)
    with pytest.raises(Refused) as caught, firm.store.books(firm.dossier, writing=True) as books:
        act.perform(books, Moment(firm.clock.now(), firm.clock.today()))
    (reason,) = caught.value.reasons
    assert apart_from_logbook(firm) == before, "a refused act left a trace"
    return reason


def kept_from(*lines: dict[str, str], **more: Any) -> Callable[[Firm], Refusal]:
    """The only reason against validating an entry of these lines."""

    def shown(firm: Firm) -> Refusal:
        record = rent(**({"lines": list(lines)} if lines else {}), **more)
        return refused(firm, ValidateDrafts(tuple(draft(firm, record))))

    return shown


def untyped(**more: Any) -> Callable[[Firm], Refusal]:
    """The only reason against keeping a draft."""
    return lambda firm: refused(firm, AddDrafts((rent(**more),), "anne"))


def _balanced(account: str, **more: str) -> Callable[[Firm], Refusal]:
    return kept_from(line(account, "5.00", **more), line("471000", "", "5.00"))


def _already_locked(firm: Firm) -> Refusal:
    done(firm, lock("2024-09"))
    return refused(firm, lock("2024-08"))


def _period_locked(firm: Firm) -> Refusal:
    done(firm, lock("2024-09"))
    return kept_from(date="2024-09-30")(firm)


def _closed(firm: Firm) -> Refusal:
    done(firm, close("2022"))
    return refused(firm, unlock("2022-12"))


def _drafts_left(firm: Firm) -> Refusal:
    draft(firm, rent(date="2022-03-01"))
    return refused(firm, close("2022"))


def _unsound(firm: Firm) -> Refusal:
    edit(firm.address, "UPDATE due_item SET open = 1 WHERE piece = '86'")
    return refused(firm, close("2022"))


def _transfers_left(firm: Firm) -> Refusal:
    posted(firm, rent(date="2022-12-31", lines=[line("580000", "7.00"), line("512100", "", "7.00")]))
    year = firm_year(firm, "2022")
    with firm.store.books(firm.dossier, writing=False) as books:
        (warning,) = _warnings(year, books.year_facts(year), books.company)
    assert [one["code"] for one in done(firm, close("2022"))["warnings"]] == [warning.code]
    return warning


def firm_year(firm: Firm, name: str) -> Any:
    with firm.store.books(firm.dossier, writing=False) as books:
        return books.company.year_named(name)


def _validated(firm: Firm) -> Refusal:
    posted(firm, rent())
    return refused(firm, DropDraft(1))


def _due_exists(firm: Firm) -> Refusal:
    posted(firm, recharge())
    return refused(firm, ValidateDrafts(tuple(draft(firm, recharge()))))


def _reversed_before(firm: Firm) -> Refusal:
    (entry,) = posted(firm, rent())
    done(firm, reverse(entry))
    return refused(firm, reverse(entry))


def _touched(firm: Firm) -> Refusal:
    (entry,) = posted(firm, recharge())
    rest = pays("R1", "100.00", "WPA")
    firm.done(header("PORCHQ", "20.00", pays("R1", "20.00"), rest))
    return refused(firm, reverse(entry))


SHOWN_BY_HAND: dict[str, Callable[[Firm], Refusal]] = {
    "period_locked": _period_locked,
    "malformed_month": lambda firm: refused(firm, lock("2024-13")),
    "already_locked": _already_locked,
    "not_locked": lambda firm: refused(firm, unlock("2024-08")),
    "unknown_year": lambda firm: refused(firm, close("24")),
    "year_closed": _closed,
    "year_not_over": lambda firm: (done(firm, close("2022")), done(firm, close("2023")), refused(firm, close("2024")))[
        2
    ],
    "year_before_open": lambda firm: refused(firm, close("2023")),
    "drafts_left": _drafts_left,
    "books_unsound": _unsound,
    "transfers_left": _transfers_left,
    "unknown_draft": lambda firm: refused(firm, DropDraft(9)),
    "unknown_draft_field": untyped(montant="5"),
    "draft_validated": _validated,
    "too_many_drafts": lambda firm: refused(firm, ValidateDrafts(tuple(range(AT_ONCE + 1)))),
    "too_many_draft_lines": untyped(lines=[line("471000")] * (LINES_MOST + 1)),
    "negative_side": untyped(lines=[line("471000", "-5.00")]),
    "both_sides": untyped(lines=[line("471000", "5.00", "4.00")]),
    "entry_not_balanced": kept_from(line("613200", "5.00"), line("512100", "", "4.00")),
    "journal_kept": kept_from(journal="RC"),
    "malformed_account": _balanced("41"),
    "account_beside": _balanced("411200"),
    "kept_for_portfolio": _balanced("511200"),
    "kept_for_advances": _balanced("419100"),
    "kept_for_vat": _balanced("445800"),
    "kept_for_doubtful": _balanced("416000"),
    "wrong_ledger": _balanced("411000", third_party="F1"),
    "no_third_party_here": _balanced("613200", third_party="F1"),
    "currency_amount_differs": _balanced("613200", currency_amount="6.00"),
    "due_twice": kept_from(
        line("411000", "5.00", third_party="C1"), line("411000", "6.00", third_party="C1"), line("708000", "", "11.00")
    ),
    "due_exists": _due_exists,
    "unknown_entry": lambda firm: refused(firm, reverse("2024-000099")),
    "not_by_hand": lambda firm: refused(firm, reverse("2024-000001")),
    "already_reversed": _reversed_before,
    "due_touched": _touched,
}


@pytest.mark.parametrize("code", list(SHOWN_BY_HAND))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    firm = Firm(tmp_path, house())
    refusal = SHOWN_BY_HAND[code](firm)
    firm.store.close()

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    assert refusal.seen in refusal.fr
    assert refusal.seen in refusal.en

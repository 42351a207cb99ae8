"""Entries still being typed: they have no number, need not balance, and count nowhere until they are validated."""

from collections.abc import Mapping, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from itertools import accumulate
from typing import Any, Protocol

import msgspec

from lettrage.books.entry import Entry
from lettrage.books.late import Claimed
from lettrage.company.form import Form
from lettrage.money import Currency, decimal_text
from lettrage.settlement.document import Item, Ledger

GENERAL = "OD"  # opérations diverses: the journal of whoever names none
FIELDS = ("date", "journal", "label", "piece", "lines")
LINE_FIELDS = ("account", "third_party", "debit", "credit", "currency", "currency_amount", "due_date")
LINES_MOST = 1_000


class DraftLine(msgspec.Struct, frozen=True, gc=False):
    """A line as typed. `home`: debit above zero, credit below, zero while nothing is typed; `amount` has its sign."""

    account: str
    home: int
    currency: Currency
    amount: int
    third_party: str = ""
    due_date: Day | None = None


class Draft(msgspec.Struct, frozen=True):
    """An entry as typed."""

    date: Day
    journal: str
    label: str
    piece: str
    lines: tuple[DraftLine, ...]


class KeptDraft(msgspec.Struct, frozen=True):
    """A draft as the books keep it; `entry`: the number of the entry that it became, "" for none yet."""

    number: int
    draft: Draft
    made_at: str
    made_by: str
    changed_at: str
    changed_by: str
    entry: str = ""


class Typed(msgspec.Struct, frozen=True):
    """An entry of the books that may be taken back, and what became of what it opened.

    `opened`: its due items as they stand now, `doubles`: how many due items can be mistaken for one of these.
    """

    posting: int
    entry: Entry
    by_hand: bool
    reversed_by: str
    opened: tuple[Item, ...]
    doubles: Mapping[int, int]


class DraftBook(Protocol):
    """What acts on drafts ask of the books."""

    def drafts(self, numbers: Sequence[int]) -> list[KeptDraft]:
        """These drafts, those that are there."""

    def keep_drafts(self, drafts: Sequence[Draft], at: str, by: str) -> list[int]:
        """Keep new drafts; their numbers."""

    def keep_claims(self, made: Sequence[tuple[int, Sequence[Claimed]]]) -> None:
        """Write what drafts claim for late payment."""

    def change_draft(self, number: int, draft: Draft, at: str, by: str) -> None:
        """Put another text in its place."""

    def drop_draft(self, number: int) -> None:
        """Forget it."""

    def validated(self, became: Sequence[tuple[int, int]]) -> None:
        """Write which entry each draft became: its number, and the entry's rank."""

    def kinds(self, third_parties: Sequence[str]) -> dict[str, Ledger]:
        """Which of these third parties there are, and whether customer or supplier."""

    def open_items(self, items: Sequence[Item]) -> None:
        """Write due items that an entry typed by hand opens."""

    def due_already(self, items: Sequence[Item]) -> set[tuple[str, str, str, Day]]:
        """Which of the third parties, prefixes, pieces and due dates of these there are in the books."""

    def typed(self, number: str) -> Typed | None:
        """The entry of this number, as taking it back looks at it."""


def read(record: Any, home: Currency, today: Day, path: str, form: Form | None = None) -> tuple[Draft, Form]:
    """A draft from the texts of a record, and the form that holds every fault of what cannot be read of it."""
    form = form or Form(record, path, [])
    for name in form.strangers(FIELDS):
        form.fault("unknown_draft_field", name, name, ", ".join(FIELDS))
    lines = tuple(_line(row, home) for row in form.rows("lines"))
    if len(lines) > LINES_MOST:
        form.fault("too_many_draft_lines", "lines", str(len(lines)), str(LINES_MOST))
    day = form.day("date") or today
    journal = form.code("journal", GENERAL).upper()
    return Draft(day, journal, form.text("label"), form.code("piece"), lines), form


def _line(form: Form, home: Currency) -> DraftLine:
    for name in form.strangers(LINE_FIELDS):
        form.fault("unknown_draft_field", name, name, ", ".join(LINE_FIELDS))
    debit, credit = (form.amount(side, home, required=False) or 0 for side in ("debit", "credit"))
    for side, amount in (("debit", debit), ("credit", credit)):
        if amount < 0:
            form.fault("negative_side", side, form.text(side))
    if debit and credit:
        form.fault("both_sides", "credit", form.text("credit"), form.text("debit"))
    worth = debit - credit
    held = form.currency("currency", home) or home
    given = form.amount("currency_amount", held, required=False)
    sign = -1 if worth < 0 else 1
    amount = worth if given is None and held == home else sign * abs(given or 0)
    return DraftLine(form.code("account"), worth, held, amount, form.code("third_party"), form.day("due_date"))


def totals(draft: Draft) -> tuple[int, int]:
    """Its debits and its credits."""
    return (
        sum(line.home for line in draft.lines if line.home > 0),
        -sum(line.home for line in draft.lines if line.home < 0),
    )


def shape(kept: KeptDraft, home: Currency) -> dict[str, Any]:
    """A draft as the interface has it; `balance`: what each line leaves, debit above zero."""
    draft = kept.draft
    debit, credit = totals(draft)
    running = accumulate(line.home for line in draft.lines)
    return {
        "number": str(kept.number),
        "date": draft.date.isoformat(),
        "journal": draft.journal,
        "label": draft.label,
        "piece": draft.piece,
        "debit": decimal_text(debit, home.decimals),
        "credit": decimal_text(credit, home.decimals),
        "made_at": kept.made_at,
        "made_by": kept.made_by,
        "changed_at": kept.changed_at,
        "changed_by": kept.changed_by,
        "entry": kept.entry or None,
        "lines": [
            _line_shape(line, home) | {"balance": decimal_text(balance, home.decimals)}
            for line, balance in zip(draft.lines, running, strict=True)
        ],
    }


def _line_shape(line: DraftLine, home: Currency) -> dict[str, Any]:
    return {
        "account": line.account,
        "third_party": line.third_party,
        "debit": decimal_text(max(line.home, 0), home.decimals),
        "credit": decimal_text(max(-line.home, 0), home.decimals),
        "currency": line.currency.code,
        "currency_amount": decimal_text(line.amount, line.currency.decimals),
        "due_date": line.due_date.isoformat() if line.due_date else None,
    }


def record_of(shaped: Mapping[str, Any]) -> dict[str, Any]:
    """A draft in the texts that `read` takes, from its shape."""
    lines = [{name: line[name] or "" for name in LINE_FIELDS} for line in shaped["lines"]]
    return {name: shaped[name] for name in FIELDS} | {"lines": lines}

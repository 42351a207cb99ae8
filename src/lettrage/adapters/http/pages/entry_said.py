"""A planned entry in words: what each account is, what each line settles, the checks with their arithmetic."""

from fractions import Fraction

import msgspec

from lettrage.adapters.http.pages import typeset
from lettrage.adapters.http.pages.entry_form import Row, Worked
from lettrage.adapters.http.pages.entry_plan import Preview, without_place
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.states import Kind
from lettrage.books.entry import Line
from lettrage.company.dossier import Company
from lettrage.money import percent_text
from lettrage.settlement.document import Item, Transaction

_MEANS = "CEVSIDL"


class Shown(msgspec.Struct, frozen=True):
    """A line of the entry as it is shown; home minor units."""

    account: str
    label: str
    debit: int
    credit: int


class Check(msgspec.Struct, frozen=True):
    """One sentence under the entry."""

    kind: Kind
    said: str


def lines(page: Page, worked: Worked, preview: Preview, company: Company) -> list[Shown]:
    """The lines of the planned entry, money first."""
    transaction = preview.transaction
    if transaction is None or transaction.entry is None:
        return []
    return [
        Shown(
            f"{line.account[:3]} {line.third_party}" if line.third_party else line.account,
            _label(page, line, worked, preview, company),
            max(line.home, 0),
            max(-line.home, 0),
        )
        for line in transaction.entry.lines
    ]


# ---------------------------------------------------------------- what a line is


def _label(page: Page, line: Line, worked: Worked, preview: Preview, company: Company) -> str:
    if line.item is not None:
        return _settled(page, line.item, worked, preview)
    role = _roles(company).get(line.account)
    if role is None:
        return _held(page, worked, company)
    pieces = [row.item.piece for row in worked.chosen if row.follow in _GAP_ROLES.get(role, ())]
    said = page.t(f"entry.account_{role}")
    return f"{said}, {page.t('entry.piece', len(pieces), pieces=', '.join(pieces))}" if pieces else said


_GAP_ROLES = {"difference": ("difference",), "exchange": ("exchange",), "discount": ("discount",)}


def _roles(company: Company) -> dict[str, str]:
    """The accounts that differences, discounts and VAT go to, by what they are for."""
    accounts = company.accounts
    return {
        accounts.settlement_loss: "difference",
        accounts.settlement_gain: "difference",
        accounts.exchange_loss: "exchange",
        accounts.exchange_gain: "exchange",
        accounts.discount_granted: "discount",
        accounts.discount_obtained: "discount",
        accounts.vat_collected: "vat",
        accounts.vat_deductible: "vat",
        accounts.vat_parked: "vat_parked",
    }


def _settled(page: Page, item_id: int, worked: Worked, preview: Preview) -> str:
    """What becomes of the due item or the advance of a line."""
    item = preview.changed.get(item_id)
    if item is None:
        return ""
    if item.kind == "advance":
        return page.t("entry.line_advance" if item.previous is None and _made(item, preview) else "entry.line_consumed")
    row = next((row for row in worked.chosen if row.item.id == item_id), None)
    key = "credit_note" if item.kind == "credit_note" else "piece"
    if row is not None and row.left:
        left = typeset.figure(abs(row.left), item.currency, page.language)
        return page.t(f"entry.line_{key}_left", piece=item.piece, left=left)
    return page.t(f"entry.line_{key}_closed", piece=item.piece)


def _made(item: Item, preview: Preview) -> bool:
    return preview.transaction is not None and item in preview.transaction.items_made


def _held(page: Page, worked: Worked, company: Company) -> str:
    """What the account of the money is."""
    assert worked.change is not None
    target, bank = worked.change.target, company.banks.get(worked.typed.bank)
    if company.states[target].account(worked.change.direction) == "bank":
        return page.t("entry.held_bank", bank=bank.code if bank else worked.typed.bank)
    return held_in(page, target, worked.change.direction)


def held_in(page: Page, target: str, direction: str) -> str:
    """The account of a means in hand, or under way."""
    means = target[:1] if target[:1] in _MEANS else "x"
    return page.t(f"entry.held_{'in' if direction == 'encashment' else 'out'}_{means}")


# ---------------------------------------------------------------- the checks


def checks(page: Page, worked: Worked, preview: Preview, company: Company) -> list[Check]:
    """What was looked at, as sentences."""
    transaction = preview.transaction
    if transaction is None or transaction.entry is None:
        return []
    found = [Check("good", page.t("entry.check_balanced", journal=transaction.entry.journal))]
    for row in worked.chosen:
        found += _of_row(page, row, worked)
    for gap in worked.gaps:
        if gap.row is None:
            said = typeset.money(-gap.amount, worked.currency, page.language)
            found.append(Check("good", page.t("entry.check_advance", amount=said)))
    found += _value(page, transaction, worked, company)
    found += _instrument(page, transaction, worked)
    found += [
        Check("run", page.t(f"entry.check_{task.kind}", amount=typeset.money(task.amount_home, home, page.language)))
        for home in (company.currency,)
        for task in transaction.tasks
    ]
    for refusal in (remark.refusal for remark in preview.remarks):
        found.append(Check("warn", without_place(refusal.say(page.language), refusal.path)))
    return found


def _of_row(page: Page, row: Row, worked: Worked) -> list[Check]:
    """The arithmetic of a line that has a gap."""
    if not row.gap or row.item.kind == "advance" or row.paid is None:
        return []
    of, language, piece = row.item.currency, page.language, row.item.piece
    paid, gap, open_ = (typeset.figure(minor, of, language) for minor in (row.paid, abs(row.gap), row.open))
    if row.follow == "open":
        due = typeset.day(row.item.due_date, language)
        return [Check("good", page.t("entry.check_left", piece=piece, paid=paid, left=gap, due=due))]
    sign = "+" if row.gap > 0 else typeset.MINUS
    found = [Check("good", page.t("entry.check_sum", piece=piece, paid=paid, sign=sign, gap=gap, open=open_))]
    if row.follow in ("difference", "exchange"):
        share = percent(page, Fraction(abs(row.gap), abs(row.open)))
        unit = typeset.money(abs(row.gap), of, language)
        found.append(Check("good", page.t("entry.check_tolerated", gap=unit, share=share)))
    return found


def percent(page: Page, share: Fraction) -> str:
    """A share in the reader's language."""
    said = percent_text(share)
    return said.replace(".", ",").replace(" ", typeset.SPACE) if page.language == "fr" else said.replace(" ", "")


def _value(page: Page, transaction: Transaction, worked: Worked, company: Company) -> list[Check]:
    """What foreign money is worth, and by which rate."""
    if worked.currency == company.currency or not transaction.headers:
        return []
    header, language = transaction.headers[0], page.language
    amount, home = (
        typeset.money(header.amount, worked.currency, language),
        typeset.money(header.home, company.currency, language),
    )
    return [
        Check("good", page.t(f"entry.check_{'table' if worked.home is None else 'blocked'}", amount=amount, home=home))
    ]


def _instrument(page: Page, transaction: Transaction, worked: Worked) -> list[Check]:
    """What enters the portfolio, or reaches the bank."""
    found = []
    for instrument in transaction.instruments_made:
        state, bank = instrument.state, instrument.bank or worked.typed.bank
        where = "bank" if state.endswith("50") else "hand"
        means = page.t(f"entry.one_{state[:1] if state[:1] in _MEANS else 'x'}")
        way = "in" if instrument.direction == "encashment" else "out"
        said = page.t(f"entry.check_{where}_{way}", means=means, state=state)
        if bank and where == "hand" and way == "in":
            said += page.t("entry.check_for_bank", bank=bank)
        elif bank:
            said += page.t("entry.check_at_bank", bank=bank)
        found.append(Check("run", said))
    return found

"""What an entry typed by hand must be to be posted, what it opens, and the entry that takes it back.

A line on the account of customers or suppliers names its third party and opens a due item, so that the accounts, what
is due and the ageing never differ. Accounts that the settlements keep by themselves take no line by hand.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date as Day  # noqa: N812

import msgspec

from lettrage.books.drafts import Draft, DraftLine
from lettrage.books.entry import Entry, Line, entry
from lettrage.books.laws.accounts import portfolio_accounts
from lettrage.company.dossier import Company
from lettrage.limits import MINOR_UNITS
from lettrage.money import Amount
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.document import Item, Ledger
from lettrage.settlement.terms import period_faults

# Journals that invoices, settlements and openings are entered in by themselves.
OWN_JOURNALS = ("AC", "AN", "RC", "RF", "VE")
_JOURNAL = re.compile(r"[A-Z][A-Z0-9]{0,4}", re.ASCII)
_ACCOUNT = re.compile(r"[1-8][0-9]{2}[0-9A-Z]{0,17}", re.ASCII)


def ledgers(company: Company) -> dict[str, Ledger]:
    """The accounts on which a line opens a due item, and of whom."""
    return {company.accounts.supplier: "supplier", company.accounts.customer: "customer"}


def kept_accounts(company: Company) -> dict[str, str]:
    """The accounts that take no line by hand, each with the refusal that says what to do instead."""
    accounts = company.accounts
    kept = dict.fromkeys(portfolio_accounts(company), "kept_for_portfolio")
    kept |= dict.fromkeys((accounts.customer_advance, accounts.supplier_advance), "kept_for_advances")
    kept |= {accounts.vat_parked: "kept_for_vat", accounts.doubtful: "kept_for_doubtful"}
    return {account: code for account, code in kept.items() if account not in ledgers(company)}


def against(
    draft: Draft, company: Company, kinds: Mapping[str, Ledger], today: Day, path: str = ""
) -> Iterator[Refusal]:
    """Everything that keeps a draft from being posted."""
    yield from period_faults(company, draft.date, today, f"{path}date")
    for field in ("label", "piece"):
        if not getattr(draft, field):
            yield Refusal("missing_field", f"{path}{field}")
    if draft.journal in OWN_JOURNALS or not _JOURNAL.fullmatch(draft.journal):
        yield Refusal("journal_kept", f"{path}journal", quoted(draft.journal), ", ".join(OWN_JOURNALS))
    rules = _Rules(company, kinds)
    for index, line in enumerate(draft.lines):
        yield from rules.of(line, f"{path}lines[{index}].")
    for (party, due), count in Counter(_due(line, draft) for line in draft.lines if rules.opens(line)).items():
        if count > 1:
            yield Refusal("due_twice", f"{path}lines", party, due.isoformat())
    left = sum(line.home for line in draft.lines)
    if left or len(draft.lines) < 2:
        seen = Amount(left, company.currency).text
        yield Refusal("entry_not_balanced", f"{path}lines", seen, Amount(0, company.currency).text)


def _due(line: DraftLine, draft: Draft) -> tuple[str, Day]:
    return line.third_party, line.due_date or draft.date


def is_account(text: str) -> bool:
    """Whether this may be an account of the French chart: a class from 1 to 8, and at least three figures."""
    return _ACCOUNT.fullmatch(text) is not None


class _Rules:
    """What a line must be in this company."""

    def __init__(self, company: Company, kinds: Mapping[str, Ledger]) -> None:
        self.company = company
        self.kinds = kinds
        self.ledgers = ledgers(company)
        self.kept = kept_accounts(company)
        roots = (*self.ledgers, company.accounts.doubtful)
        self.beside = {root[:3]: root for root in roots}  # other accounts of these would escape from what is due

    def opens(self, line: DraftLine) -> bool:
        """Whether it opens a due item."""
        return line.account in self.ledgers

    def of(self, line: DraftLine, path: str) -> Iterator[Refusal]:
        """Everything against a line."""
        if not is_account(line.account):
            yield Refusal("malformed_account", f"{path}account", quoted(line.account), "411000, 6278")
        elif line.account in self.kept:
            yield Refusal(self.kept[line.account], f"{path}account", line.account)
        elif line.account not in self.ledgers and line.account[:3] in self.beside:
            yield Refusal("account_beside", f"{path}account", line.account, self.beside[line.account[:3]])
        yield from self._figures(line, path)
        yield from self._party(line, path)

    def _figures(self, line: DraftLine, path: str) -> Iterator[Refusal]:
        if not line.home:
            yield Refusal("zero_amount", f"{path}debit", "0")
        elif max(abs(line.home), abs(line.amount)) > MINOR_UNITS:
            yield Refusal("amount_too_large", f"{path}debit", Amount(line.home, self.company.currency).text)
        if line.currency != self.company.currency and not line.amount:
            yield Refusal("missing_field", f"{path}currency_amount")
        elif line.currency == self.company.currency and line.amount != line.home:
            seen, expected = (Amount(worth, line.currency).text for worth in (line.amount, line.home))
            yield Refusal("currency_amount_differs", f"{path}currency_amount", seen, expected)

    def _party(self, line: DraftLine, path: str) -> Iterator[Refusal]:
        wanted = self.ledgers.get(line.account)
        if wanted is None:
            if line.third_party or line.due_date:
                yield Refusal("no_third_party_here", f"{path}third_party", line.third_party or str(line.due_date))
        elif not line.third_party:
            yield Refusal("missing_field", f"{path}third_party")
        elif line.third_party not in self.kinds:
            yield Refusal("unknown_third_party", f"{path}third_party", quoted(line.third_party))
        elif self.kinds[line.third_party] != wanted:
            yield Refusal("wrong_ledger", f"{path}third_party", self.kinds[line.third_party], wanted)


def made(draft: Draft, company: Company, next_item: int) -> tuple[Entry, list[Item]]:
    """The entry that a sound draft becomes, and the due items that it opens."""
    items: list[Item] = []
    lines: list[Line] = []
    for line in draft.lines:
        ledger = ledgers(company).get(line.account)
        item = None
        if ledger is not None:
            item = next_item + len(items)
            items.append(_item(item, ledger, line, draft, company))
        lines.append(Line(line.account, line.home, line.currency, line.amount, line.third_party, item))
    return entry(draft.date, draft.journal, draft.label, draft.piece, lines), items


def _item(number: int, ledger: Ledger, line: DraftLine, draft: Draft, company: Company) -> Item:
    """What a line on a third party's account opens: due to us or by us, or a credit note, by its side."""
    sign = 1 if ledger == "customer" else -1
    amount, home = sign * line.amount, sign * line.home
    return Item(
        id=number,
        kind="invoice" if amount > 0 else "credit_note",
        ledger=ledger,
        third_party=line.third_party,
        prefix=draft.journal if company.uses_prefixes else "",
        piece=draft.piece,
        date=draft.date,
        due_date=line.due_date or draft.date,
        currency=line.currency,
        amount=amount,
        open=amount,
        carried=home,
        origin_amount=amount,
        origin_carried=home,
    )


def taken_back(
    of: Entry, posting: int, opened: Sequence[Item], day: Day, label: str, next_item: int
) -> tuple[Entry, list[Item]]:
    """The entry with the opposite lines, and the due items with the opposite amounts that these open.

    Their piece is given by the caller once the entry has its number.
    """
    opposite = {item.id: number for number, item in enumerate(opened, next_item)}
    lines = tuple(
        msgspec.structs.replace(
            line, home=-line.home, amount=-line.amount, item=None if line.item is None else opposite[line.item]
        )
        for line in of.lines
    )
    reversal = msgspec.structs.replace(of, date=day, label=label, lines=lines, reversal_of=posting)
    return reversal, [_opposite(item, opposite[item.id], day) for item in opened]


def _opposite(item: Item, number: int, day: Day) -> Item:
    return msgspec.structs.replace(
        item,
        id=number,
        kind="invoice" if item.amount < 0 else "credit_note",
        date=day,
        due_date=day,
        amount=-item.amount,
        open=-item.amount,
        carried=-item.origin_carried,
        origin_amount=-item.amount,
        origin_carried=-item.origin_carried,
    )

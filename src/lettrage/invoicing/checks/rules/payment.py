"""How it is to be paid: Chorus Pro wants the means and the supplier's bank account (RIB) in every invoice."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from stdnum import bic, iban

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.rules.rule import CHORUS, PUBLIC, Rule
from lettrage.invoicing.checks.rules.terms import ALREADY_PAID
from lettrage.invoicing.document import Account, Invoice, PaymentMeans
from lettrage.invoicing.finding import Finding

ACCOUNT_MOST = 27  # BR-FR-CPRO-39: as long as a French IBAN
# S2.05 of the EDI annex, as quoted: UNTDID 4461's codes that Chorus Pro takes.
CODES = frozenset(["1", "01", "10", "20", "30", "31", "42", "48", "49", "58", "59", "97"])
TRANSFER = "30"
OTHER_TRANSFERS = frozenset({"31", "42", "58"})
# Paid without the supplier's account: cash, cheque, card, direct debit, clearing.
WITHOUT_ACCOUNT = frozenset(["10", "20", "48", "49", "59", "97"])

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)


_is_iban: Callable[[str], bool] = lru_cache(maxsize=1024)(iban.is_valid)


def ways(invoice: Invoice) -> list[tuple[str, PaymentMeans]]:
    """Every way to pay that the invoice names, with its place."""
    first = [("means", invoice.means)] if invoice.means is not None else []
    return first + [(f"other_means[{n}]", one) for n, one in enumerate(invoice.other_means)]


def accounts(invoice: Invoice) -> list[tuple[str, Account]]:
    """Every account that may be paid into, with its place."""
    return [(f"{place}.accounts[{n}]", one) for place, way in ways(invoice) for n, one in enumerate(way.accounts)]


def means(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """An invoice says how it is to be paid, with a code that Chorus Pro knows; 30 for a transfer."""
    if invoice.is_credit_note:
        return
    for place, way in ways(invoice) or [("means", PaymentMeans())]:
        if not way.code:
            yield Finding("means_missing", f"{place}.code", "", TRANSFER)
        elif way.code not in CODES:
            yield Finding("means_code", f"{place}.code", way.code, "01 10 20 30 31 42 48 49 58 59 97")
        elif way.code in OTHER_TRANSFERS:
            yield Finding("means_not_30", f"{place}.code", way.code, TRANSFER)


def means_on_credit_note(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A credit note carries no means of payment unless the setting says so."""
    if invoice.is_credit_note and not circumstances.means_on_credit_notes:
        for place, way in ways(invoice):
            yield Finding("means_on_credit_note", place, way.code)


def account(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The supplier's bank account is in every invoice that is still to be paid into it."""
    if invoice.is_credit_note or any(one.id for _, one in accounts(invoice)):
        return
    codes = {way.code for _, way in ways(invoice)}
    spared = invoice.frame == ALREADY_PAID or (codes and codes <= WITHOUT_ACCOUNT)
    yield Finding("iban_unwritten" if spared else "iban_missing", "means.accounts", "", circumstances.iban or "IBAN")


def account_form(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """Each account is an IBAN whose check digits hold, of its country's length, with a BIC that is one."""
    for place, one in accounts(invoice):
        if one.id and not (_IBAN.fullmatch(one.id) and _is_iban(one.id)):
            yield Finding("iban", f"{place}.id", one.id, "IBAN, modulo 97 = 1")
        if one.bic and not (one.bic.isascii() and bic.is_valid(one.bic) and one.bic == bic.compact(one.bic)):
            yield Finding("bic", f"{place}.bic", one.bic, "BNPAFRPP, BNPAFRPPXXX")


def account_length(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """Chorus Pro keeps 27 characters of an account."""
    for place, one in accounts(invoice):
        if len(one.id) > ACCOUNT_MOST:
            yield Finding("iban_too_long", f"{place}.id", one.id, str(ACCOUNT_MOST))


def own_account(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The account is the one of the settings: money goes where the invoice says."""
    written = [(place, one.id) for place, one in accounts(invoice) if one.id]
    if circumstances.iban and written and circumstances.iban not in {number for _, number in written}:
        place, number = written[0]
        yield Finding("iban_other", f"{place}.id", number, circumstances.iban)


RULES = (
    Rule(means, ("means_missing", "means_code", "means_not_30"), CHORUS),
    Rule(means_on_credit_note, ("means_on_credit_note",), CHORUS),
    Rule(account, ("iban_missing", "iban_unwritten"), CHORUS),
    Rule(account_form, ("iban", "bic")),
    Rule(account_length, ("iban_too_long",), PUBLIC),
    Rule(own_account, ("iban_other",)),
)

"""The refusals of payment files: acts and loads, so each has a test; sentences in both languages are looked at."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from lettrage.acts import Act, Moment, Refused
from lettrage.acts.answers import AnswerPayments
from lettrage.acts.cancel import Cancel
from lettrage.acts.payments import CancelPaymentFile, ExecutePaymentFile, MakePaymentFile, returned
from lettrage.acts.proposing import ProposePayments
from lettrage.bank.payments import answers, choose
from lettrage.bank.payments.file import Wanted
from lettrage.bank.payments.propose import Choice
from lettrage.caller import Caller
from lettrage.refusal import Refusal, Unreadable
from tests.journeys.helpers import TODAY, Firm, header, instrument, invoice, pays
from tests.payments.answer_of import pain_002
from tests.payments.helpers import BNP, CIC, PARTIES, done, firm_of, mandate, party

ME = Caller("accountant", "test", "998")
DUE = date(2024, 12, 1)
USD = {"code": "USD", "account": "512300", "currency": "USD"}
BARE = {"code": "BARE", "account": "512400", "currency": "EUR"}
OLD = BNP | {"code": "OLD", "account": "512500", "debit_format": "pain.008.001.02", "bic": ""}


def making(kind: str = "transfers", *transactions: str, bank: str = "BNP", **more: Any) -> MakePaymentFile:
    return MakePaymentFile(Wanted(bank, kind, transactions=transactions, **more), "accountant")


def refused(firm: Firm, act: Act) -> Refusal:
    """The first reason against an act."""
    with firm.store.books("998", writing=True) as books:
        try:
            act.perform(books, Moment(firm.clock.now(), firm.clock.today()))
        except Refused as why:
            return why.reasons[0]
    raise AssertionError("it was done")


def ordered(firm: Firm) -> Firm:
    """Transfers to F1, F2 and F3 are in file 1."""
    done(firm, ProposePayments(Choice("BNP", "transfers", DUE), ME))
    return firm


def executed(firm: Firm) -> Firm:
    done(ordered(firm), ExecutePaymentFile("1", ME, TODAY))
    return firm


def by(act: Act, after: Callable[[Firm], Firm] = lambda firm: firm) -> Callable[[Path], Refusal]:
    return lambda folder: refused(after(firm_of(folder)), act)


def of_debit(customer: dict[str, Any], act: Act | None = None) -> Callable[[Path], Refusal]:
    """Two direct debits of this customer are to go into a file."""

    def shown(folder: Path) -> Refusal:
        firm = firm_of(folder, third_parties=[customer], invoices=[invoice("1", "10.00"), invoice("2", "20.00")])
        for piece, amount in (("1", "10"), ("2", "20")):
            firm.done(header("PORPRL", amount, pays(piece, amount)))
        return refused(firm, act or making("debits"))

    return shown


def of_instrument(supplier: dict[str, Any], act: Act | None = None, **more: Any) -> Callable[[Path], Refusal]:
    """A transfer to this supplier is to go into a file."""
    held = instrument("12", "75.00", state="S30", third_party="F1", direction="disbursement") | more

    def shown(folder: Path) -> Refusal:
        banks = [BNP, CIC, USD, BARE, OLD]
        third_parties = [{"code": "F1", "kind": "supplier", "name": "Fournisseur"} | supplier]
        firm = firm_of(folder, third_parties=third_parties, portfolio=[held], invoices=[], banks=banks)
        return refused(firm, act or making())

    return shown


def loaded(**record: Any) -> Callable[[Path], Refusal]:
    """A load of this."""

    def shown(folder: Path) -> Refusal:
        firm = firm_of(folder)
        found = firm.try_load({"dossiers": [{"code": "998"} | record]})
        (reason,) = [*found.faults, *found.strangers]
        return reason

    return shown


def _not_an_answer(_folder: Path) -> Refusal:
    with pytest.raises(Unreadable) as caught:
        answers.read(b"<Document/>")
    return caught.value.refusal


def _returned(end_to_end: str) -> Callable[[Path], Refusal]:
    def shown(folder: Path) -> Refusal:
        firm = ordered(firm_of(folder))
        with firm.store.books("998", writing=False) as books, pytest.raises(Refused) as caught:
            returned(books, end_to_end, TODAY, "AC04", Moment(firm.clock.now(), firm.clock.today()))
        return caught.value.reasons[0]

    return shown


def _cancelled(folder: Path) -> Refusal:
    firm = ordered(firm_of(folder))
    done(firm, CancelPaymentFile("1", "erreur"))
    return refused(firm, CancelPaymentFile("1", "erreur"))


def _schemes(folder: Path) -> Refusal:
    business = party("C2", "Société", means="direct_debit", mandate=mandate("R-2", scheme="B2B"))
    firm = firm_of(folder, third_parties=[*PARTIES[:4], business])
    return refused(firm, ProposePayments(Choice("BNP", "debits", DUE), ME))


def _too_many(folder: Path) -> Refusal:
    with mock.patch.object(choose, "ORDERS", 2):
        return refused(firm_of(folder), ProposePayments(Choice("BNP", "transfers", DUE), ME))


def _no_way_on(folder: Path) -> Refusal:
    away = [{"code": "EXESEP", "from": ["V30"], "to": "V50"}]
    firm = ordered(firm_of(folder, state_changes=away))
    return refused(firm, ExecutePaymentFile("1", ME, TODAY))


def _no_rib(folder: Path) -> Refusal:
    firm = firm_of(folder)
    firm.done(header("POREFF", "50", pays("88", "50"), THIRDPARTY="C2"))
    return refused(firm, making("bills"))


ANSWER = AnswerPayments(answers.read(pain_002("AILLEURS", ("X", "RJCT", "AC04"))), "r.xml", "accountant")
CUSTOMER = party("C1", "Client")
OURS = {"ibans": ["FR7630006000011234567890189"]}

SHOWN_OF_PAYMENTS: dict[str, Callable[[Path], Refusal]] = {
    "unknown_payment_file": by(CancelPaymentFile("9", "erreur")),
    "unknown_end_to_end": _returned("AILLEURS"),
    "unknown_payment_message": by(ANSWER),
    "not_an_answer": _not_an_answer,
    "malformed_mandate": loaded(third_parties=[CUSTOMER | {"mandate": mandate("R_1")}]),
    "malformed_ics": loaded(banks=[BNP | {"ics": "FR00ZZZ123456"}]),
    "doubtful_iban": loaded(third_parties=[CUSTOMER | {"ibans": ["FR7630006000011234567890188"]}]),
    "doubtful_bic": loaded(third_parties=[CUSTOMER | {"bic": "NOWHERE"}]),
    "in_payment_file": by(Cancel(1, "erreur"), ordered),
    "payment_nothing_waits": by(making()),
    "payment_not_waiting": by(making("transfers", "4"), executed),
    "payment_in_file": by(making("transfers", "2"), ordered),
    "payment_other_bank": of_instrument(OURS, making("transfers", "12"), bank="CIC"),
    "payment_schemes_differ": _schemes,
    "payment_too_many": _too_many,
    "payment_bank_currency": of_instrument(OURS, making(bank="USD")),
    "payment_bank_iban": of_instrument(OURS, making(bank="BARE")),
    "payment_bank_bic": of_instrument(OURS, making("debits", bank="OLD")),
    "payment_no_ics": of_instrument(OURS, making("debits", bank="CIC")),
    "payment_currency": of_instrument(OURS, making("transfers", "12"), currency="USD", amount_home="70.00"),
    "payment_too_large": of_instrument(OURS, amount="1000000000.00"),
    "payment_no_iban": of_instrument({}),
    "payment_wrong_iban": of_instrument({"ibans": ["BE68539007547034"]}),
    "payment_no_rib": _no_rib,
    "payment_not_sepa": of_instrument({"ibans": ["TN5910006035183598478831"]}),
    "payment_bic_wanted": of_instrument({"ibans": ["CH9300762011623852957"]}),
    "payment_own_account": of_instrument({"ibans": [BNP["iban"]]}),
    "payment_no_mandate": of_debit(CUSTOMER),
    "payment_mandate_expired": of_debit(CUSTOMER | {"mandate": mandate("R-1", signed="2020-01-01")}),
    "payment_mandate_later": of_debit(CUSTOMER | {"mandate": mandate("R-1", signed="2025-01-01")}),
    "payment_mandate_used": of_debit(CUSTOMER | {"mandate": mandate("R-1", sequence="OOFF")}),
    "payment_day": of_instrument(OURS, making(date=date(2024, 10, 1))),
    "payment_no_bank_day": of_instrument(OURS, making(date=date(2024, 12, 25))),
    "payment_nothing_due": by(ProposePayments(Choice("BNP", "transfers", date(2020, 1, 1)), ME)),
    "payment_file_cancelled": _cancelled,
    "payment_file_begun": by(CancelPaymentFile("1", "erreur"), executed),
    "payment_nothing_left": by(ExecutePaymentFile("1", ME), executed),
    "payment_no_way_on": _no_way_on,
    "payment_not_executed": _returned("998-000001-00001"),
}


@pytest.mark.parametrize("code", list(SHOWN_OF_PAYMENTS))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    with mock.patch.object(Firm, "load", Firm.load if not code.startswith("payment_wrong") else _leniently):
        refusal = SHOWN_OF_PAYMENTS[code](tmp_path)

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    assert refusal.seen in refusal.fr
    assert refusal.seen in refusal.en


def _leniently(firm: Firm, *dossiers: dict[str, Any]) -> None:
    """A load that is told something of an account, and is done."""
    assert not firm.try_load({"dossiers": list(dossiers)}).faults

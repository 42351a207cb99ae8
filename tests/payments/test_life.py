"""The life of a payment file: proposed, made, not sent after all, executed once; what comes back is owed again."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts.answers import AnswerPayments
from lettrage.acts.cancel import Cancel
from lettrage.acts.payments import returned
from lettrage.acts.proposing import ProposePayments
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.payments import answers
from lettrage.bank.payments.propose import Choice
from lettrage.caller import Caller
from tests.journeys.helpers import TODAY, Firm, credit, debit, deposit, header, instrument, invoice, pays
from tests.payments.answer_of import pain_002
from tests.payments.helpers import (
    BNP,
    IBANS,
    INVOICES,
    PARTIES,
    bought,
    cancelling,
    content,
    done,
    executing,
    file,
    firm_of,
    make,
    mandate,
    party,
    refused,
)

ME = Caller("accountant", "test", "998")
DECEMBER = date(2024, 12, 1)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return firm_of(tmp_path)


def proposing(kind: str = "transfers", **more: Any) -> ProposePayments:
    return ProposePayments(Choice("BNP", kind, DECEMBER, **more), ME)


def answering(data: bytes) -> AnswerPayments:
    return AnswerPayments(answers.read(data), "answer.xml", "accountant")


def statuses(firm: Firm, number: str = "1") -> list[str]:
    return [line.became for line in file(firm, number).sent]


def owed(firm: Firm) -> dict[str, str]:
    return {i["piece"]: i["open_amount"] for i in firm.items(everything=False)}


# ---------------------------------------------------------------- paying what is due


def test_what_is_due_is_ordered_and_filed_in_one_commit(firm: Firm) -> None:
    made = done(firm, proposing())

    assert made["total"] == "1430.50"
    assert made["count"] == 3
    assert [line["amount"] for line in made["lines"]] == ["1000.00", "350.50", "80.00"]
    assert owed(firm) == {"87": "3600.00", "88": "50.00"}  # a credit note is offset, what customers owe is not touched
    assert firm.balance("580100") == "-1430.50"
    assert firm.findings() == []


def test_the_same_key_makes_one_file(firm: Firm) -> None:
    assert done(firm, proposing(), key="k") == done(firm, proposing(), key="k")
    assert refused(firm, proposing()) == ["payment_nothing_due"]


def test_the_bank_s_line_for_the_whole_file(firm: Firm) -> None:
    done(firm, proposing())
    made = done(firm, executing(firm, "1", TODAY))

    assert made["status"] == "executed"
    assert firm.entry(made["transaction"]) == sorted(
        [credit("512100", "1430.50"), debit("580100", "1000.00"), debit("580100", "350.50"), debit("580100", "80.00")]
    )
    assert refused(firm, executing(firm, "1")) == ["payment_nothing_left"]
    assert refused(firm, cancelling("1")) == ["payment_file_begun"]
    assert firm.findings() == []


def test_an_execution_cancelled_leaves_the_file_to_be_executed(firm: Firm) -> None:
    done(firm, proposing())
    made = done(firm, executing(firm, "1"))
    done(firm, Cancel(int(made["transaction"]), "erreur"))
    assert statuses(firm) == ["sent"] * 3
    assert file(firm, "1").status == "made"
    assert done(firm, executing(firm, "1"))["status"] == "executed"
    assert firm.findings() == []


def test_transfers_of_both_kinds_go_as_one_transaction(firm: Firm) -> None:
    firm.done(header("DECVIR", "80", pays("D-1", "80"), THIRDPARTY="F3"))
    firm.done(header("DECSEP", "350.50", pays("B-7", "350.50"), THIRDPARTY="F2"))
    made = done(firm, make(firm))
    assert made["count"] == 2
    executed = done(firm, executing(firm, "1"))
    assert firm.transaction(executed["transaction"])["status"] == "posted"
    assert sum(1 for line in firm.entry(executed["transaction"]) if line[0] == "512100") == 2
    assert firm.findings() == []


def test_nothing_is_in_two_files(firm: Firm) -> None:
    done(firm, proposing())
    assert refused(firm, make(firm)) == ["payment_nothing_waits"]
    assert refused(firm, make(firm, "transfers", "1")) == ["payment_in_file"]


def test_a_file_that_is_not_sent_frees_its_instruments(firm: Firm) -> None:
    done(firm, proposing())
    assert refused(firm, cancelling("1", "")) == ["missing_reason"]
    assert done(firm, cancelling("1"))["status"] == "cancelled"
    assert refused(firm, cancelling("1")) == ["payment_file_cancelled"]
    assert refused(firm, executing(firm, "1")) == ["payment_file_cancelled"]
    again = done(firm, make(firm, "transfers", "1", "3"))
    assert again["total"] == "1080.00"
    assert content(firm, "1") != content(firm, "2")
    assert firm.findings() == []


def test_a_payment_in_a_file_is_not_taken_back_behind_the_bank(firm: Firm) -> None:
    done(firm, proposing())
    assert refused(firm, Cancel(2, "erreur")) == ["in_payment_file"]
    done(firm, cancelling("1"))
    done(firm, Cancel(2, "erreur"))
    assert owed(firm)["B-7"] == "350.50"


def test_refunds_of_customers_go_with_the_transfers(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, invoices=[invoice("AV-9", "-120.00")])
    firm.done(header("DECSEP", "120", pays("AV-9", "120", THIRDPARTY="C1"), THIRDPARTY="C1"))
    made = done(firm, make(firm))
    assert [(line["third_party"], line["amount"]) for line in made["lines"]] == [("C1", "120.00")]


# ---------------------------------------------------------------- what is proposed


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    invoices = [
        bought("F1", "A-1", "100.00"),
        bought("F1", "A-2", "-150.00"),
        bought("F2", "B-1", "60.00", due_items=[{"due_date": "2024-10-20", "amount": "60.00", "disputed": True}]),
        bought("F3", "D-1", "10.00", due_items=[{"due_date": "2025-10-20", "amount": "10.00"}]),
        bought("F4", "E-1", "20.00"),
    ]
    late = party("F4", "Prélève lui-même", means="direct_debit")
    firm = firm_of(tmp_path, invoices=invoices, third_parties=[*PARTIES, late])
    with firm.store.books("998", writing=False) as books:
        proposal, reasons = proposing().planned(books, firm.clock.at)
    assert [(one.payee.code, one.why) for one in proposal.left] == [
        ("F1", "credit"),
        ("F2", "disputed"),
        ("F4", "other_means"),
    ]
    assert [reason.code for reason in reasons] == ["payment_nothing_due"]


def test_who_signed_no_mandate_is_debited_only_when_that_is_meant(tmp_path: Path) -> None:
    more = [
        {"code": "C8", "kind": "customer", "name": "Sans mandat"},
        {"code": "C9", "kind": "customer", "name": "Mandat à signer", "means": "direct_debit"},
    ]
    firm = firm_of(
        tmp_path, third_parties=[*PARTIES, *more], invoices=[*INVOICES, invoice("95", "7.00", third_party="C8")]
    )
    with firm.store.books("998", writing=False) as books:
        proposal, reasons = proposing("debits").planned(books, firm.clock.at)
    assert ("C8", "no_mandate") in [(one.payee.code, one.why) for one in proposal.left]
    assert reasons == []
    assert refused(firm, proposing("debits", third_parties=("C8",))) == ["payment_no_iban", "payment_no_mandate"]

    meant = [invoice("96", "8.00", third_party="C9")]
    firm.load({"code": "998", "name": "Société d'essai", "currency": "EUR", "invoices": meant})
    assert refused(firm, proposing("debits")) == ["payment_no_iban", "payment_no_mandate"]


def test_only_what_is_ticked_is_paid(firm: Firm) -> None:
    wanted = [i for i in ask_items(firm) if i[1] in ("A-1", "D-1")]
    made = done(firm, proposing(items=tuple(i[0] for i in wanted)))
    assert [line["amount"] for line in made["lines"]] == ["1200.00", "80.00"]
    assert owed(firm)["A-2"] == "-200.00"


def ask_items(firm: Firm) -> list[Any]:
    return firm.ask("SELECT id, piece FROM due_item WHERE dossier = '998' ORDER BY id")


def test_a_payee_without_account_stops_all_before_anything_is_ordered(tmp_path: Path) -> None:
    bare = [{"code": "F9", "kind": "supplier", "name": "Sans compte"}, *PARTIES]
    firm = firm_of(tmp_path, third_parties=bare, invoices=[*INVOICES, bought("F9", "Z-1", "5.00")])
    assert refused(firm, proposing()) == ["payment_no_iban"]
    made = done(firm, proposing(third_parties=("F1", "F2")))
    assert made["count"] == 2


# ---------------------------------------------------------------- direct debits


def test_a_mandate_goes_from_first_to_recurrent(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, invoices=[invoice("87", "60.00"), invoice("89", "40.00"), invoice("90", "30.00")])
    for piece, amount in (("87", "60"), ("89", "40"), ("90", "30")):
        firm.done(header("PORPRL", amount, pays(piece, amount)))

    first = done(firm, make(firm, "debits", "1", "2"))
    assert [line["sequence"] for line in first["lines"]] == ["FRST", "RCUR"]
    done(firm, executing(firm, "1", TODAY))
    assert [line["sequence"] for line in done(firm, make(firm, "debits"))["lines"]] == ["RCUR"]
    assert firm.findings() == []


def test_a_first_collection_that_is_rejected_stays_the_first(firm: Firm) -> None:
    done(firm, proposing("debits", third_parties=("C1",)))
    (line,) = file(firm, "1").sent
    done(firm, answering(pain_002(file(firm, "1").message, (line.end_to_end, "RJCT", "AM04"))))
    assert [line["sequence"] for line in done(firm, proposing("debits"))["lines"]] == ["FRST", "RCUR"]
    assert firm.findings() == []


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        (mandate("R", sequence="OOFF"), ["payment_mandate_used"]),
        (mandate("R", signed="2021-01-01"), ["payment_mandate_expired"]),
        (mandate("R", signed="2025-01-01"), ["payment_mandate_later"]),
        (None, ["payment_no_mandate"] * 2),
    ],
)
def test_a_mandate_that_allows_no_collection(tmp_path: Path, given: dict[str, str] | None, codes: list[str]) -> None:
    customer = party("C1", "Client", means="direct_debit") | ({"mandate": given} if given else {})
    firm = firm_of(tmp_path, third_parties=[customer], invoices=[invoice("87", "60.00"), invoice("88", "5.00")])
    firm.done(header("PORPRL", "60", pays("87", "60")))
    firm.done(header("PORPRL", "5", pays("88", "5")))
    found = refused(firm, make(firm, "debits"))
    assert set(found) == set(codes)


def test_one_scheme_a_file(tmp_path: Path) -> None:
    business = party("C2", "Société", means="direct_debit", mandate=mandate("RUM-2", scheme="B2B"))
    firm = firm_of(tmp_path, third_parties=[*PARTIES[:4], business])
    assert refused(firm, proposing("debits")) == ["payment_schemes_differ"]
    firm.done(header("PORPRL", "3600", pays("87", "3600")))
    firm.done(header("PORPRL", "50", pays("88", "50"), THIRDPARTY="C2"))
    assert refused(firm, make(firm, "debits")) == ["payment_schemes_differ"]
    assert b"<Cd>B2B</Cd>" in content(firm, done(firm, make(firm, "debits", scheme="B2B"))["number"])
    assert b"<Cd>CORE</Cd>" in content(firm, done(firm, make(firm, "debits"))["number"])


def test_a_debit_that_comes_back_is_unpaid_with_its_fees(firm: Firm) -> None:
    done(firm, proposing("debits"))
    done(firm, executing(firm, "1", TODAY))
    (line, other) = file(firm, "1").sent
    with firm.store.books("998", writing=True) as books:
        back = returned(books, line.end_to_end, TODAY, "AM04", moment(firm), fees=None)
    assert back["count"] == 1
    assert statuses(firm) == ["returned", "executed"]
    assert file(firm, "1").sent[0].reason == "AM04"
    assert owed(firm)["87"] == "3600.00"
    assert refused_return(firm, line.end_to_end) == ["payment_not_executed"]
    assert refused_return(firm, "NOTPROVIDED") == ["unknown_end_to_end"]
    assert firm.findings() == []
    assert other.became == "executed"


def moment(firm: Firm) -> Any:
    from lettrage.acts import Moment

    return Moment(firm.clock.now(), firm.clock.today())


def refused_return(firm: Firm, end_to_end: str) -> list[str]:
    from lettrage.acts import Refused

    with firm.store.books("998", writing=False) as books:
        try:
            returned(books, end_to_end, TODAY, "AM04", moment(firm))
        except Refused as why:
            return [reason.code for reason in why.reasons]
    return []


def test_a_transfer_that_comes_back_is_owed_again(firm: Firm) -> None:
    done(firm, proposing())
    made = done(firm, executing(firm, "1", TODAY))
    with firm.store.books("998", writing=True) as books:
        back = returned(books, file(firm, "1").sent[1].end_to_end, TODAY, "AC04", moment(firm))
    assert firm.entry(back["transaction"]) == sorted([credit("401000", "350.50"), debit("512100", "350.50")])
    assert owed(firm)["B-7"] == "350.50"
    assert statuses(firm) == ["executed", "returned", "executed"]
    assert firm.findings() == []
    assert made["transaction"]


# ---------------------------------------------------------------- answers


def test_a_rejected_transfer_is_owed_again_and_the_rest_is_executed(firm: Firm) -> None:
    done(firm, proposing())
    message, second = file(firm, "1").message, file(firm, "1").sent[1]
    told = done(firm, answering(pain_002(message, (second.end_to_end, "RJCT", "AC04"), group=("PART", ""))))

    assert [(line["became"], line["reason"]) for line in told["rejected"]] == [("cancelled", "AC04")]
    assert owed(firm)["B-7"] == "350.50"
    assert statuses(firm) == ["sent", "rejected", "sent"]
    done(firm, executing(firm, "1", TODAY))
    assert firm.balance("512100") == "-1080.00"
    assert firm.balance("580100") == "0.00"
    assert file(firm, "1").status == "executed"
    assert firm.findings() == []


def test_the_same_answer_does_nothing_twice(firm: Firm) -> None:
    done(firm, proposing())
    message, first = file(firm, "1").message, file(firm, "1").sent[0]
    said = pain_002(message, (first.end_to_end, "RJCT", "AC01"))
    done(firm, answering(said))
    before = {t: r for t, r in firm.rows().items() if t not in ("document", "dossier")}
    assert done(firm, answering(said))["already"]
    assert {t: r for t, r in firm.rows().items() if t not in ("document", "dossier")} == before
    again = done(firm, answering(pain_002(message, (first.end_to_end, "RJCT", "AC01"), note="sent once more")))
    assert [line["became"] for line in again["rejected"]] == ["rejected"]
    assert len(firm.entries()) == 4
    assert firm.findings() == []


def test_a_rejected_debit_counts_with_the_customer_and_may_be_presented_again(firm: Firm) -> None:
    done(firm, proposing("debits"))
    message, first = file(firm, "1").message, file(firm, "1").sent[0]
    told = done(firm, answering(pain_002(message, (first.end_to_end, "RJCT", "AM04"))))
    assert [line["became"] for line in told["rejected"]] == ["returned"]
    assert ("D90", "EUR", "3600.00", "3600.00") in firm.portfolio()
    unpaid = next(i for i in firm.ask("SELECT \"transaction\" FROM unpaid WHERE dossier = '998'"))[0]
    firm.done(
        {"PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REPPRL", "BQC": "BNP", "DATE": f"{TODAY:%Y%m%d}",
         "DetailReglementtb": [{"DetailReglement": {"TRANSAC": str(unpaid)}}]}
    )  # fmt: skip
    assert done(firm, make(firm, "debits"))["total"] == "3600.00"
    assert firm.findings() == []


@pytest.mark.parametrize("version", ["pain.002.001.03", "pain.002.001.10", "pain.002.001.14"])
def test_a_file_that_is_rejected_whole_is_nobody_s_fault(firm: Firm, version: str) -> None:
    done(firm, proposing("debits"))
    said = pain_002(file(firm, "1").message, group=("RJCT", "FF01"), version=version)
    told = done(firm, answering(said))
    assert [line["became"] for line in told["rejected"]] == ["cancelled", "cancelled"]
    assert file(firm, "1").status == "rejected"
    assert firm.ask("SELECT count(*) FROM unpaid WHERE dossier = '998'") == [(0,)]
    assert owed(firm)["87"] == "3600.00"
    assert firm.findings() == []


def test_a_block_that_is_rejected(firm: Firm) -> None:
    done(firm, proposing("debits"))
    message = file(firm, "1").message
    told = done(firm, answering(pain_002(message, blocks=[(f"{message}-2", "RJCT", "DT01")])))
    assert [line["third_party"] for line in told["rejected"]] == ["C2"]
    assert statuses(firm) == ["sent", "rejected"]


def test_what_is_not_ours_is_told(firm: Firm) -> None:
    done(firm, proposing())
    message = file(firm, "1").message
    told = done(firm, answering(pain_002(message, ("SOMEBODY-ELSE", "RJCT", "AC01"))))
    assert told["unknown"] == ["SOMEBODY-ELSE"]
    assert statuses(firm) == ["sent"] * 3
    assert refused(firm, answering(pain_002("NOT-OURS", ("X", "RJCT", "AC01")))) == ["unknown_payment_message"]


def test_accepted_changes_nothing(firm: Firm) -> None:
    done(firm, proposing())
    told = done(firm, answering(pain_002(file(firm, "1").message, group=("ACCP", ""))))
    assert (told["status"], told["rejected"], told["unknown"]) == ("ACCP", [], [])
    assert statuses(firm) == ["sent"] * 3


def test_rejected_after_it_was_executed_is_returned(firm: Firm) -> None:
    done(firm, proposing())
    done(firm, executing(firm, "1", TODAY))
    line = file(firm, "1").sent[2]
    told = done(firm, answering(pain_002(file(firm, "1").message, (line.end_to_end, "RJCT", "AC04"))))
    assert [one["became"] for one in told["rejected"]] == ["returned"]
    assert owed(firm)["D-1"] == "80.00"
    assert firm.findings() == []


def test_one_order_of_a_larger_transaction_is_taken_back_alone(firm: Firm) -> None:
    firm.done(
        header("DECSEP", "350.50", pays("B-7", "350.50"), THIRDPARTY="F2", TRANSAC="1", NOORDRE="1"),
        header("DECSEP", "80", pays("D-1", "80"), THIRDPARTY="F3", TRANSAC="1", NOORDRE="2"),
    )
    done(firm, make(firm, "transfers", "1"))
    line = file(firm, "1").sent[1]
    told = done(firm, answering(pain_002(file(firm, "1").message, (line.end_to_end, "RJCT", "AC04"))))
    assert [one["became"] for one in told["rejected"]] == ["returned"]
    assert owed(firm)["D-1"] == "80.00"
    assert "B-7" not in owed(firm)
    done(firm, executing(firm, "1", TODAY))
    assert firm.balance("580100") == "0.00"
    assert firm.findings() == []


def test_what_is_reported_by_hand_leaves_the_file_as_well(firm: Firm) -> None:
    done(firm, proposing("debits"))
    done(firm, ReportUnpaid(1))
    assert statuses(firm) == ["returned", "sent"]
    done(firm, executing(firm, "1", TODAY))
    assert firm.balance("512100") == "50.00"
    assert firm.findings() == []


# ---------------------------------------------------------------- bills


def test_bills_are_handed_in_with_their_slip(firm: Firm) -> None:
    firm.done(header("POREFF", "3600", pays("87", "3600")))
    made = done(firm, make(firm, "bills", bank="BNP"))
    assert made["version"] == "cfonb160"
    executed = done(firm, executing(firm, made["number"], TODAY))
    assert executed["slip"] == "BNP-2024-000001"
    assert firm.balance("511300") == "3600.00"
    assert firm.balance("413000") == "0.00"
    assert firm.findings() == []


def test_loaded_instruments_go_into_files_too(tmp_path: Path) -> None:
    loaded = instrument("12", "75.00", state="S30", third_party="F2", direction="disbursement")
    firm = firm_of(tmp_path, portfolio=[loaded])
    assert done(firm, make(firm))["total"] == "75.00"
    done(firm, executing(firm, "1", TODAY))
    assert firm.findings() == []


def test_what_is_executed_by_a_document_is_executed(firm: Firm) -> None:
    done(firm, proposing())
    firm.done(deposit("EXESEP", {"TRANSAC": "2"}))
    assert statuses(firm) == ["sent", "executed", "sent"]
    done(firm, executing(firm, "1", TODAY))
    assert firm.balance("512100") == "-1430.50"
    assert firm.findings() == []


def test_a_bank_without_what_it_takes(tmp_path: Path) -> None:
    bare = {"code": "BNP", "account": "512100", "currency": "EUR"}
    old = BNP | {"code": "OLD", "account": "512300", "debit_format": "pain.008.001.02", "bic": ""}
    firm = firm_of(tmp_path, banks=[bare, old])
    firm.done(header("PORPRL", "3600", pays("87", "3600")))
    assert refused(firm, make(firm, "debits")) == ["payment_bank_iban", "payment_no_ics"]
    assert refused(firm, make(firm, "debits", bank="OLD")) == ["payment_bank_bic"]
    assert IBANS["C1"]

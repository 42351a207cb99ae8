"""Nothing is done twice: with a key, without one, advances and deposits, and chronological numbers (section 8)."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import another_writer, impatient
from tests.journeys.helpers import (
    Answer,
    Firm,
    OpenFirm,
    advance,
    company,
    deposit,
    header,
    instrument,
    invoice,
    pays,
    run,
)


@pytest.fixture
def open_firm(tmp_path: Path) -> Iterator[OpenFirm]:
    """Opens firms whose books must be sound when the test is over."""
    firms: list[Firm] = []

    def open_(*dossiers: dict[str, Any]) -> Firm:
        folder = tmp_path / str(len(firms))
        folder.mkdir()
        firms.append(Firm(folder, *dossiers))
        return firms[-1]

    yield open_
    for firm in firms:
        assert firm.findings() == []


@pytest.fixture
def firm(open_firm: OpenFirm) -> Firm:
    """A firm with two open invoices of 100 euros and two cheques of 50 in portfolio."""
    return open_firm(rich_company())


def rich_company(code: str = "998", **more: Any) -> dict[str, Any]:
    invoices = [invoice("1", "100.00"), invoice("2", "100.00")]
    return company(code, invoices=invoices, portfolio=[instrument("11", "50.00"), instrument("12", "50.00")]) | more


def payment(piece: str = "1", amount: str = "100", **more: str) -> dict[str, Any]:
    return header("PORCHQ", amount, pays(piece, amount), **more)


def prepaid(amount: str = "500", **more: str) -> dict[str, Any]:
    return header("PORCHQ", amount, advance(amount), **more)


def by_criteria(**more: str) -> dict[str, Any]:
    return deposit("REMCDI", {"TIERS": "C1", "ETATORI": "C30", "MTORI": "50"}, **more)


def refusal(answer: Answer) -> dict[str, Any]:
    """The first reason against the only settlement: that it was done before comes before what the books say."""
    (settlement,) = answer.settlements
    assert (answer.error, settlement["resultcode"], settlement["transactionId"]) == (0, "3", "")
    return dict(settlement["reasons"][0])


def transactions_made(firm: Firm) -> int:
    return len(firm.entries())


# ---------------------------------------------------------------- with a key


def test_the_same_key_with_the_same_content_gives_the_same_bytes(firm: Firm) -> None:
    first = firm.send(payment(), key="k1")

    again = firm.send(payment(), key="k1")

    assert again.text == first.text
    assert transactions_made(firm) == 1


def test_a_key_is_kept_as_long_as_the_books(firm: Firm) -> None:
    first = firm.send(payment(), key="k1")
    firm.clock.forward(days=3650)

    assert firm.send(payment(), key="k1").text == first.text


def test_the_same_content_in_another_spelling_is_the_same_content_for_a_key(firm: Firm) -> None:
    first = firm.send(payment(), key="k1")
    text = (
        "'data': {'ENTETEREGLEMENTTB': [{'regltTyp': '1', 'tiers': 'C1', 'mtdev': '100,00', 'dev': 'eur',"
        " 'transacdt': '2024-10-21', 'chgetat': 'PORCHQ', 'LIB': ' ',"
        " 'detailreglementtb': {'mtdevfin': '+100.0', 'piece': ' 1 ', 'tiers': 'C1', 'natureoperation': 'payment'}}]}"
    )

    assert firm.send_text(text, key="k1").text == first.text
    assert transactions_made(firm) == 1


@pytest.mark.parametrize("parameter", [{"withlog": "1"}, {"response": "single"}])
def test_how_the_answer_is_wanted_is_no_other_content(firm: Firm, parameter: dict[str, Any]) -> None:
    first = firm.send(payment(), key="k1")

    assert firm.send(payment(), key="k1", **parameter).text == first.text


def test_a_key_with_another_content_refuses_every_header_and_books_nothing(firm: Firm) -> None:
    firm.send(payment("1"), key="k1")
    before = firm.rows()

    answer = firm.send(payment("2"), prepaid(), key="k1")

    assert (answer.error, answer.codes) == (0, ["1", "1"])
    assert answer.reasons == [["key_reused"], ["key_reused"]]
    assert answer.result["common"]["resultcode"] == "1"
    assert firm.rows() == before


def test_a_key_that_refused_another_content_still_answers_its_own(firm: Firm) -> None:
    first = firm.send(payment("1"), key="k1")
    firm.send(payment("2"), key="k1")

    assert firm.send(payment("1"), key="k1").text == first.text
    assert firm.send(payment("2"), key="k2").codes == ["0"]


def test_on_the_command_line_a_reused_key_is_exit_1_and_error_0(firm: Firm) -> None:
    document, other = (json.dumps({"EnteteReglementtb": [h]}).encode() for h in (payment("1"), payment("2")))
    command = ("settle", "-", "--key", "k1", "--caller", "till", "--database", firm.address)

    first = run(*command, folder=firm.file.parent, stdin=document)
    again = run(*command, folder=firm.file.parent, stdin=document)
    reused = run(*command, folder=firm.file.parent, stdin=other)

    assert (first.status, again.status, reused.status) == (0, 0, 1)
    assert again.out == first.out
    assert (reused.answer.error, reused.answer.reasons) == (0, [["key_reused"]])


def test_a_refusal_under_a_key_stays_that_refusal_even_when_its_cause_is_gone(firm: Firm) -> None:
    first = firm.send(payment("3"), key="k1")
    assert first.reasons == [["unknown_piece"]]
    firm.load({"code": "998", "invoices": [invoice("3", "100.00")]})

    assert firm.send(payment("3"), key="k1").text == first.text
    assert firm.send(payment("3"), key="k2").codes == ["0"]


def test_a_correction_under_a_new_key_carries_only_what_was_refused(firm: Firm) -> None:
    assert firm.send(payment("1"), payment("2", "90"), key="k1").codes == ["0", "3"]

    assert firm.send(payment("2"), key="k2").codes == ["0"]


def test_a_done_payment_under_a_new_key_meets_a_closed_invoice(firm: Firm) -> None:
    firm.send(payment(), key="k1")

    assert firm.send(payment(), key="k2").reasons == [["already_settled"]]


def test_a_key_may_stand_inside_the_document_beside_it_or_both(firm: Firm) -> None:
    first = send_with_keys(firm, inside="k1", beside="")

    assert send_with_keys(firm, inside="", beside="k1").text == first.text
    assert send_with_keys(firm, inside="k1", beside="k1").text == first.text
    assert transactions_made(firm) == 1


def test_two_different_keys_for_one_document_are_an_error_and_nothing_is_done(firm: Firm) -> None:
    before = firm.rows()

    answer = send_with_keys(firm, inside="k1", beside="k2")

    assert answer.error == 1
    assert "k1" in answer.txterr
    assert "k2" in answer.txterr
    assert firm.rows() == before


def send_with_keys(firm: Firm, inside: str, beside: str) -> Answer:
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": {"dos": "998", "key": inside}},
        "data": {"EnteteReglementtb": [payment()]},
    }
    return firm.send_text(json.dumps(form), key=beside)


@pytest.mark.parametrize("key", ["x" * 101, "clé", "a\tb", "a\nb"])
def test_a_key_is_1_to_100_printable_ascii_characters(firm: Firm, key: str) -> None:
    before = firm.rows()

    assert firm.send(payment(), key=key).error == 1
    assert send_with_keys(firm, inside=key, beside="").error == 1
    assert firm.rows() == before


def test_a_key_of_100_characters_is_a_key(firm: Firm) -> None:
    key = "~" * 100

    assert firm.send(payment(), key=key).text == firm.send(payment(), key=key).text


def test_a_dry_run_stores_no_key(firm: Firm) -> None:
    before = firm.rows()

    dry = firm.send(payment("1"), key="k1", dry_run=True)

    assert (dry.codes, dry.transactions) == (["0"], [""])
    assert firm.rows() == before
    assert firm.send(payment("2"), key="k1").codes == ["0"]


def test_a_dry_run_reads_no_key_neither_its_answer_nor_its_refusal(firm: Firm) -> None:
    firm.send(payment("1"), key="k1")

    other = firm.send(payment("2"), key="k1", dryrun="1")
    same = firm.send(payment("1"), key="k1", dryrun="1")

    assert other.codes == ["0"]
    assert same.reasons == [["already_settled"]]


def test_nothing_unreadable_is_kept_under_a_key(firm: Firm) -> None:
    assert firm.send_text("{'data': ", key="k1").error == 1
    assert firm.send_text("[1, 2]", key="k1").error == 1

    assert firm.send(payment(), key="k1").codes == ["0"]


def test_a_busy_database_is_not_kept_under_a_key(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = impatient_store(firm, monkeypatch)
    with another_writer(firm.address, "998"):
        assert hasty.send(payment(), key="k1").error == 503

    assert firm.send(payment(), key="k1").codes == ["0"]


def test_a_second_call_while_the_first_runs_waits_for_its_outcome(firm: Firm) -> None:
    answers: list[str] = []

    def call() -> None:
        answers.append(firm.send(payment(), key="k1").text)

    threads = [threading.Thread(target=call) for _ in range(4)]
    with another_writer(firm.address, "998"):
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        assert answers == []
    for thread in threads:
        thread.join(10)

    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert transactions_made(firm) == 1


def impatient_store(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """The same books, opened by somebody who waits a tenth of a second only."""
    from lettrage.adapters.store.books import SqlStore

    impatient(monkeypatch)
    hasty = object.__new__(Firm)
    hasty.__dict__.update(firm.__dict__)
    hasty.store = SqlStore(firm.address, firm.clock)
    return hasty


def test_keys_of_two_callers_do_not_meet(firm: Firm) -> None:
    firm.send(payment("1"), key="k1", caller="till")

    assert firm.send(payment("2"), key="k1", caller="shop").codes == ["0"]


def test_keys_of_two_dossiers_do_not_meet(open_firm: OpenFirm) -> None:
    firm = open_firm(rich_company("998"), rich_company("999"))
    firm.send(payment("1"), key="k1")

    assert firm.send(payment("2"), key="k1", dos="999").codes == ["0"]


# ---------------------------------------------------------------- without a key: the content's digest


def test_the_same_document_within_72_hours_is_answered_as_before(firm: Firm) -> None:
    first = firm.send(payment("1"), prepaid())
    firm.clock.forward(hours=72)

    again = firm.send(payment("1"), prepaid())

    assert again.codes == ["0", "0"]
    assert again.transactions == first.transactions
    assert transactions_made(firm) == 2


def test_a_replayed_answer_counts_from_the_first_sending_not_from_the_last(firm: Firm) -> None:
    firm.send(payment())
    firm.clock.forward(hours=71)
    assert firm.send(payment()).codes == ["0"]
    firm.clock.forward(hours=2)

    assert refusal(firm.send(payment()))["code"] == "already_received"


OTHER_SPELLINGS = {
    "single quotes, another case, other names, an envelope": (
        "{'action': 'WEB_SERVICE_INFINITY', 'access_token': 'abc', 'param': {'action': {'swinfinity':"
        " 'integration_reglement', 'parameters': {'dos': '998', 'withlog': '1', 'response': 'array'}}, 'data':"
        " {'enteteReglementTb': [{'EnteteReglement': {'REGLTTYP': '1', 'TIERS': 'C1', 'MTDEV': '100', 'DEV': 'eur',"
        " 'TRANSACDT': '2024-10-21', 'CHGETAT': 'PORCHQ', 'DetailReglementtb': [{'DetailReglement':"
        " {'MTDEVFIN': '100', 'PIECE': '1', 'TIERS': 'C1'}}]}}]}}}"
    ),
    "amounts with zeros, blanks, a sign and a comma": (
        '{"EnteteReglementtb": [{"PAYMENTTYPE": " encashment ", "THIRDPARTY": "C1 ", "AMOUNT": "+0100,00",'
        ' "CURRENCY": "EUR", "DATE": "20241021", "CHGETAT": "PORCHQ", "LABEL": " ", "ETB": "",'
        ' "DetailReglementtb": [{"AMOUNT": 100.0, "PIECE": 1, "THIRDPARTY": "C1", "PREFIX": " ",'
        ' "DUEDATE": "00000000", "OPERATION": "Payment"}]}]}'
    ),
}


@pytest.mark.parametrize("spelling", OTHER_SPELLINGS)
def test_equal_content_in_another_spelling_is_the_same_document(firm: Firm, spelling: str) -> None:
    first = firm.send(payment())

    again = firm.send_text(OTHER_SPELLINGS[spelling])

    assert (again.codes, again.transactions) == (["0"], first.transactions)
    assert transactions_made(firm) == 1


def test_another_order_of_the_headers_is_another_document(firm: Firm) -> None:
    firm.send(payment("1"), payment("2"))

    assert firm.send(payment("2"), payment("1")).reasons == [["already_settled"], ["already_settled"]]


def test_after_72_hours_it_is_refused_and_told_when_and_as_which_transaction(firm: Firm) -> None:
    (transaction,) = firm.send(payment()).transactions
    firm.clock.forward(hours=72, seconds=1)

    answer = firm.send(payment())

    reason = refusal(answer)
    assert (reason["code"], answer.codes) == ("already_received", ["3"])
    assert "2024-10-21" in reason["en"]
    assert f"transaction {transaction}" in reason["en"]
    assert f"transaction {transaction}" in answer.settlements[0]["errormessage"]
    for way_out in ("REGLEMENTNUM", "DATE", "repeat"):
        assert way_out in reason["fix"]
    assert transactions_made(firm) == 1


def test_the_day_named_is_the_day_in_paris(firm: Firm) -> None:
    firm.clock.forward(hours=12, minutes=30)  # half past midnight in Paris, the day before in London
    firm.send(payment())
    firm.clock.forward(hours=73)

    assert "2024-10-22" in refusal(firm.send(payment()))["en"]


def test_the_french_reason_is_french_all_through(firm: Firm) -> None:
    firm.send(payment())
    firm.clock.forward(hours=73)

    assert "posted" not in refusal(firm.send(payment()))["fr"]


@pytest.mark.parametrize("became", ["cancelled", "returned"])
def test_what_was_cancelled_or_returned_since_is_refused_even_within_72_hours(firm: Firm, became: str) -> None:
    number = firm.done(prepaid())
    mark(firm, number, became)

    answer = firm.send(prepaid())

    reason = refusal(answer)
    mark(firm, number, "posted")
    assert reason["code"] == "already_received"
    assert number in reason["en"]
    assert transactions_made(firm) == 1


def mark(firm: Firm, number: str, status: str) -> None:
    sql = 'UPDATE "transaction" SET status = ? WHERE dossier = ? AND number = ?'
    firm.change_behind_the_scenes(sql, status, "998", int(number))


def test_what_was_refused_is_judged_afresh_once_the_master_data_is_mended(firm: Firm) -> None:
    document = (payment("1"), header("PORCHQ", "70", pays("3", "70"), THIRDPARTY="C2"))
    first = firm.send(*document)
    assert first.codes == ["0", "2"]
    assert firm.send(*document).codes == ["0", "2"]
    third = invoice("3", "70.00", third_party="C2")
    firm.load({"code": "998", "third_parties": [{"code": "C2", "kind": "customer"}], "invoices": [third]})

    mended = firm.send(*document)

    assert mended.codes == ["0", "0"]
    assert mended.transactions[0] == first.transactions[0]
    assert transactions_made(firm) == 2
    assert firm.send(*document).transactions == mended.transactions


def test_what_was_done_in_a_half_refused_document_is_not_made_again(firm: Firm) -> None:
    document = (prepaid(), payment("3"), by_criteria())
    first = firm.send(*document)
    assert first.codes == ["0", "2", "0"]

    again = firm.send(*document)

    assert again.codes == ["0", "2", "0"]
    assert (again.transactions[0], again.transactions[2]) == (first.transactions[0], first.transactions[2])
    assert transactions_made(firm) == 2


def test_a_group_that_was_refused_is_judged_afresh_as_a_whole(firm: Firm) -> None:
    group = (payment("1", TRANSAC="1"), header("PORESP", "70", pays("3", "70"), TRANSAC="1", NOORDRE="2"))
    assert firm.send(*group).reasons == [["group_refused"], ["unknown_piece"]]
    firm.load({"code": "998", "invoices": [invoice("3", "70.00")]})

    done = firm.send(*group)

    assert done.codes == ["0", "0"]
    assert len(set(done.transactions)) == 1
    assert firm.send(*group).transactions == done.transactions
    assert transactions_made(firm) == 1


def test_an_atomic_document_that_was_refused_is_judged_afresh(firm: Firm) -> None:
    document = (payment("1"), payment("3"))
    assert firm.send(*document, atomic="1").reasons == [["document_refused"], ["unknown_piece"]]
    firm.load({"code": "998", "invoices": [invoice("3", "100.00")]})

    assert firm.send(*document, atomic="1").codes == ["0", "0"]


def test_two_callers_are_two_senders(firm: Firm) -> None:
    firm.send(prepaid(), caller="till")

    assert firm.send(prepaid(), caller="shop").codes == ["0"]
    assert transactions_made(firm) == 2
    assert firm.send(payment(), caller="till").codes == ["0"]
    assert firm.send(payment(), caller="shop").reasons == [["already_settled"]]


def test_two_dossiers_are_two_books(open_firm: OpenFirm) -> None:
    firm = open_firm(rich_company("998"), rich_company("999"))
    firm.send(payment("1"), prepaid())

    answer = firm.send(payment("1"), prepaid(), dos="999")

    assert (answer.codes, answer.transactions) == (["0", "0"], ["13", "14"])


def test_a_document_sent_with_a_key_and_then_without_is_answered_as_before(firm: Firm) -> None:
    first = firm.send(prepaid(), key="k1")

    assert firm.send(prepaid()).transactions == first.transactions
    assert transactions_made(firm) == 1


def test_a_repeat_is_a_warning_of_a_dry_run(firm: Firm) -> None:
    firm.send(prepaid())

    dry = firm.send(prepaid(), dryrun="1", withlog="1")

    assert (dry.codes, dry.transactions) == (["0"], [""])
    assert any("déjà été fait" in line for line in dry.result["log"])


def test_the_hours_are_a_setting_of_the_dossier(open_firm: OpenFirm) -> None:
    firm = open_firm(rich_company(settings={"repeat_hours": "1"}))
    firm.send(payment())
    firm.clock.forward(hours=2)

    assert refusal(firm.send(payment()))["code"] == "already_received"


# ---------------------------------------------------------------- advances, and deposits by criteria


REPEATABLE = {"an advance": prepaid, "a deposit by criteria": by_criteria}


@pytest.mark.parametrize("kind", REPEATABLE)
def test_an_equal_one_in_another_document_is_a_probable_duplicate(firm: Firm, kind: str) -> None:
    (transaction,) = firm.send(REPEATABLE[kind]()).transactions

    answer = firm.send(REPEATABLE[kind](), payment())

    assert answer.reasons == [["probable_duplicate"], []]
    assert answer.codes == ["3", "0"]
    reason = answer.settlements[0]["reasons"][0]
    assert transaction in reason["en"]
    assert "2024-10-21" in reason["en"]
    assert "repeat" in reason["fix"]
    assert transactions_made(firm) == 2


@pytest.mark.parametrize("kind", REPEATABLE)
def test_two_equal_ones_in_one_document_are_both_made(firm: Firm, kind: str) -> None:
    answer = firm.send(REPEATABLE[kind](), REPEATABLE[kind]())

    assert answer.codes == ["0", "0"]
    assert len(set(answer.transactions)) == 2


@pytest.mark.parametrize("kind", REPEATABLE)
def test_a_key_does_not_make_a_duplicate_another_one(firm: Firm, kind: str) -> None:
    firm.send(REPEATABLE[kind](), key="k1")

    assert firm.send(REPEATABLE[kind](), key="k2").reasons == [["probable_duplicate"]]


@pytest.mark.parametrize("kind", REPEATABLE)
def test_a_name_that_means_nothing_does_not_make_a_duplicate_another_one(firm: Firm, kind: str) -> None:
    firm.send(REPEATABLE[kind](HORODATAGE="10:00:01"))

    assert firm.send(REPEATABLE[kind](HORODATAGE="10:00:02")).reasons == [["probable_duplicate"]]


@pytest.mark.parametrize("kind", REPEATABLE)
@pytest.mark.parametrize("difference", [{"REGLEMENTNUM": "2"}, {"LABEL": "another"}, {"DATE": "20241020"}])
def test_another_number_label_or_date_makes_it_another_one(firm: Firm, kind: str, difference: dict[str, str]) -> None:
    firm.send(REPEATABLE[kind](REGLEMENTNUM="1"))

    assert firm.send(REPEATABLE[kind](**({"REGLEMENTNUM": "1"} | difference))).codes == ["0"]


@pytest.mark.parametrize("kind", REPEATABLE)
def test_repeat_says_this_is_another_one(firm: Firm, kind: str) -> None:
    first = firm.send(REPEATABLE[kind]())

    repeated = firm.send(REPEATABLE[kind](), repeat="1")

    assert repeated.codes == ["0"]
    assert repeated.transactions != first.transactions
    assert transactions_made(firm) == 2


@pytest.mark.parametrize("kind", REPEATABLE)
def test_after_72_hours_an_equal_one_in_another_document_is_made(firm: Firm, kind: str) -> None:
    firm.send(REPEATABLE[kind]())
    firm.clock.forward(hours=72, seconds=1)

    assert firm.send(REPEATABLE[kind](), payment()).codes == ["0", "0"]


@pytest.mark.parametrize("kind", REPEATABLE)
def test_another_caller_is_not_compared(firm: Firm, kind: str) -> None:
    firm.send(REPEATABLE[kind](), caller="till")

    assert firm.send(REPEATABLE[kind](), payment(), caller="shop").codes == ["0", "0"]


@pytest.mark.parametrize("kind", REPEATABLE)
def test_what_was_refused_before_is_no_duplicate(firm: Firm, kind: str) -> None:
    refused = REPEATABLE[kind](BQC="XXX")
    firm.send(refused, payment("1"))
    firm.load({"code": "998", "banks": [{"code": "XXX", "account": "512900"}]})

    assert firm.send(refused, payment("2")).codes == ["0", "0"]


def test_a_settlement_with_a_payment_beside_the_advance_is_stopped_by_its_invoice(firm: Firm) -> None:
    both = header("PORCHQ", "600", pays("1", "100"), advance("500"))
    firm.send(both)

    assert firm.send(both, payment("2")).reasons == [["already_settled"], []]


def test_a_deposit_by_transaction_is_stopped_by_its_instrument(firm: Firm) -> None:
    firm.send(deposit("REMCDI", {"TRANSAC": "11"}))

    assert firm.send(deposit("REMCDI", {"TRANSAC": "11"}), payment()).reasons == [["already_deposited"], []]


def test_an_advance_paid_back_twice_is_a_probable_duplicate(firm: Firm) -> None:
    number = firm.done(prepaid("500"))
    back = header("DECCHQ", "100", advance("100", TRANSAC=number, THIRDPARTY="C1"), THIRDPARTY="C1")
    firm.done(back)

    assert firm.send(back, payment()).reasons == [["probable_duplicate"], []]


def test_repeat_should_carry_a_key_and_the_key_still_protects_it(firm: Firm) -> None:
    firm.send(prepaid())
    repeated = firm.send(prepaid(), repeat="1", key="k1")

    assert firm.send(prepaid(), repeat="1", key="k1").text == repeated.text
    assert transactions_made(firm) == 2


def test_a_duplicate_is_a_warning_of_a_dry_run(firm: Firm) -> None:
    firm.send(prepaid())

    dry = firm.send(prepaid(), payment(), dryrun="1", withlog="1")

    assert dry.codes == ["0", "0"]
    assert any("déjà été fait" in line for line in dry.result["log"])


# ---------------------------------------------------------------- chronological numbers


@pytest.fixture
def numbered(open_firm: OpenFirm) -> Firm:
    """A firm that has declared the numbers of its till chronological."""
    return open_firm(rich_company(chronological_numbers=["till"]))


def test_a_declared_number_that_was_done_is_answered_as_before_for_ever(numbered: Firm) -> None:
    first = numbered.send(prepaid(REGLEMENTNUM="17"))
    numbered.clock.forward(days=400)

    again = numbered.send(prepaid(REGLEMENTNUM="17"), prepaid("7", REGLEMENTNUM="18", DATE="20251120"))

    assert again.codes == ["0", "0"]
    assert again.transactions[0] == first.transactions[0]
    assert transactions_made(numbered) == 2


def test_a_declared_number_with_another_content_is_refused(numbered: Firm) -> None:
    (transaction,) = numbered.send(prepaid("500", REGLEMENTNUM="17")).transactions
    numbered.clock.forward(days=3)

    answer = numbered.send(prepaid("600", REGLEMENTNUM="17"))

    assert refusal(answer)["code"] == "already_received"
    assert transaction in refusal(answer)["en"]
    assert transactions_made(numbered) == 1


def test_even_repeat_and_a_new_key_do_not_book_a_declared_number_again(numbered: Firm) -> None:
    first = numbered.send(prepaid(REGLEMENTNUM="17"), key="k1")

    assert numbered.send(prepaid(REGLEMENTNUM="17"), key="k2", repeat="1").transactions == first.transactions
    assert transactions_made(numbered) == 1


def test_a_refused_settlement_may_be_sent_again_under_the_same_number(numbered: Firm) -> None:
    assert numbered.send(payment("1", "90", REGLEMENTNUM="17")).codes == ["3"]

    assert numbered.send(payment("1", "100", REGLEMENTNUM="17")).codes == ["0"]


def test_a_declared_number_that_was_done_alone_is_not_done_again_with_others_of_its_group(numbered: Firm) -> None:
    first = prepaid(REGLEMENTNUM="17", TRANSAC="1", NOORDRE="1")
    second = payment("1", REGLEMENTNUM="18", TRANSAC="1", NOORDRE="2")
    (transaction,) = numbered.send(first).transactions

    answer = numbered.send(first, second)

    assert answer.codes == ["3", "3"]
    assert f"transaction {transaction}" in answer.settlements[0]["errormessage"]
    assert transactions_made(numbered) == 1


def test_numbers_of_a_caller_that_was_not_declared_identify_nothing(numbered: Firm) -> None:
    numbered.send(payment("1", REGLEMENTNUM="17"), caller="shop")

    assert numbered.send(payment("2", REGLEMENTNUM="17"), caller="shop").codes == ["0"]
    assert numbered.send(prepaid(REGLEMENTNUM="17"), caller="till").codes == ["0"]


def test_a_number_twice_in_one_document_refuses_each_of_them_and_the_others_go_on(firm: Firm) -> None:
    answer = firm.send(payment("1", REGLEMENTNUM="17"), prepaid(REGLEMENTNUM="18"), payment("2", REGLEMENTNUM="17"))

    assert answer.codes == ["1", "0", "1"]
    assert answer.reasons == [["number_twice"], [], ["number_twice"]]


# ---------------------------------------------------------------- dry runs


def test_a_dry_run_stores_nothing_at_all_and_shows_what_a_real_run_then_stores(firm: Firm) -> None:
    document = (payment("1"), prepaid(), by_criteria())
    before = firm.rows()

    plan = firm.send(*document, dryrun="1").result["plan"]

    assert firm.rows() == before
    firm.send(*document)
    numbers = {"number": "", "transaction": "", "transactions": [""], "piece": ""}
    assert [{**entry, **numbers} for entry in plan["entries"]] == [{**e, **numbers} for e in firm.entries()]
    made = [i for t in firm.entries() for i in firm.transaction(t["transaction"])["instruments"]]
    unnumbered = {"id": "", "previous": ""}
    assert [{**i, **unnumbered} for i in plan["instruments"]] == [{**i, **unnumbered} for i in made]

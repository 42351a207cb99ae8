"""Deposit slips: what waits, the slip and its entry, its number, its paper, taking it back; one for each cheque."""

import re
import subprocess
import sys
import zlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts import Performed, perform
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.adapters.pdf.slips import slip_pdf
from lettrage.bank.slip import Drawn, Made, Wanted, shape, waiting_shapes
from lettrage.caller import Caller
from lettrage.company.dossier import Address, Bank, Company, Establishment
from lettrage.money import currency
from tests.journeys.helpers import (
    TODAY,
    Firm,
    company,
    credit,
    debit,
    deposit,
    environment,
    instrument,
    lines_of,
    run_here,
)

FIRST, SECOND = "BNP-2024-000001", "BNP-2024-000002"
BANKS = [
    {"code": "BNP", "account": "512100", "currency": "EUR", "iban": "FR7630004000031234567890143", "bic": "BNPAFRPP"},
    {"code": "CIC", "account": "512200", "currency": "EUR"},
    {"code": "USD", "account": "512300", "currency": "USD"},
]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Cheques 11, 12, a bill 13 and dollars 14 in portfolio; 15 awaits a slip since before the load."""
    bill = instrument("13", "900.00", state="L30")
    dollars = instrument("14", "100.00", currency="USD", amount_home="90.00")
    waiting = instrument("15", "50.00", state="C50", bank="BNP", awaiting_slip=True)
    portfolio = [instrument("11", "300.00"), instrument("12", "200.00"), bill, dollars, waiting]
    return Firm(tmp_path, company(banks=BANKS, portfolio=portfolio))


def make(firm: Firm, *transactions: str, bank: str = "BNP", key: str = "", **more: Any) -> Performed:
    caller = Caller("clerk", "test", firm.dossier, key)
    return perform(MakeSlip(Wanted(bank, transactions=transactions, **more)), caller, firm.store, firm.clock)


def cancel(firm: Firm, number: str, **more: Any) -> Performed:
    return perform(CancelSlip(number, **more), Caller("clerk", "test", firm.dossier), firm.store, firm.clock)


def made(firm: Firm, *transactions: str, **more: Any) -> dict[str, Any]:
    done = make(firm, *transactions, **more)
    assert done.result is not None, done.reasons
    return done.result


def codes(done: Performed) -> list[str]:
    assert done.result is None
    return [reason["code"] for reason in done.reasons]


def waiting(firm: Firm) -> list[dict[str, Any]]:
    with firm.store.books(firm.dossier, writing=False) as books:
        return waiting_shapes(books.waiting_for_slip())


def slips(firm: Firm) -> list[dict[str, Any]]:
    with firm.store.books(firm.dossier, writing=False) as books:
        return [shape(slip) for slip in books.slips()]


def entries_of(firm: Firm, slip: str) -> list[dict[str, Any]]:
    with firm.store.books(firm.dossier, writing=False) as books:
        return [e for e in books.entries(books.company.currency) if e["slip"] == slip]


# ---------------------------------------------------------------- waiting, making


def test_a_deposit_tied_to_a_slip_posts_nothing_until_its_slip_is_made(firm: Firm) -> None:
    number = firm.done(deposit("REMCHQ", {"TRANSAC": "11"}, {"TRANSAC": "12"}))

    assert firm.transaction(number)["status"] == "awaiting_slip"
    assert (firm.transaction(number)["entries"], firm.balance("511200")) == ([], "640.00")
    (kind,) = waiting(firm)
    assert (kind["number"], kind["status"], kind["total"], kind["count"]) == (None, "waiting", "550.00", 3)
    assert kind["transactions"] == ["15", number]
    assert firm.findings() == []


def test_a_slip_is_one_line_at_the_bank_and_one_per_cheque(firm: Firm) -> None:
    number = firm.done(deposit("REMCHQ", {"TRANSAC": "11"}, {"TRANSAC": "12"}, REGLEMENTNUM="17"))

    slip = made(firm)

    assert (slip["number"], slip["total"], slip["status"], slip["count"]) == (FIRST, "550.00", "posted", 3)
    (entry,) = entries_of(firm, FIRST)
    assert lines_of(entry) == [
        credit("511200", "200.00"), credit("511200", "300.00"), credit("511200", "50.00"), debit("512100", "550.00"),
    ]  # fmt: skip
    told = {name: entry[name] for name in ("journal", "label", "piece", "transaction", "transactions", "slip")}
    assert told == {
        "journal": "BQ", "label": f"Remise {FIRST}", "piece": FIRST, "transaction": None,
        "transactions": ["15", number], "slip": FIRST,
    }  # fmt: skip
    assert (entry["reglement_nums"], entry["number"]) == (["17"], slip["entry"])
    assert firm.transaction(number)["status"] == "posted"
    assert firm.transaction(number)["entries"] == [slip["entry"]]
    assert (waiting(firm), firm.findings()) == ([], [])


def test_the_entry_of_a_slip_with_one_transaction_names_it(firm: Firm) -> None:
    made(firm)

    assert [e["transaction"] for e in entries_of(firm, FIRST)] == ["15"]


def test_a_slip_of_bills_goes_to_the_account_of_bills_handed_in(firm: Firm) -> None:
    firm.done(deposit("REMEFF", {"TRANSAC": "13"}))

    made(firm, change="REMEFF")

    assert lines_of(entries_of(firm, FIRST)[0]) == [credit("413000", "900.00"), debit("511300", "900.00")]
    assert firm.findings() == []


def test_foreign_cheques_bring_what_the_bank_gave_and_the_rest_is_an_exchange_difference(firm: Firm) -> None:
    firm.done(deposit("REMCHQ", {"TRANSAC": "14"}, MT="85.00"))

    slip = made(firm, currency="USD")

    assert (slip["currency"], slip["total"]) == ("USD", "100.00")
    assert lines_of(entries_of(firm, FIRST)[0]) == [
        credit("511200", "90.00"), debit("512100", "85.00"), debit("656000", "5.00"),
    ]  # fmt: skip
    assert firm.findings() == []


def test_transfers_never_wait(tmp_path: Path) -> None:
    tied = {"code": "REMVIR", "from": ["V30"], "to": "V50", "slip": True, "bank": True}
    firm = Firm(tmp_path, company(state_changes=[tied], portfolio=[instrument("11", "10.00", state="V30")]))

    number = firm.done(deposit("REMVIR", {"TRANSAC": "11"}))

    assert firm.transaction(number)["status"] == "posted"
    assert waiting(firm) == []


def test_numbers_go_on_per_bank_and_year_without_a_gap(firm: Firm) -> None:
    assert made(firm)["number"] == FIRST
    firm.done(deposit("REMCHQ", {"TRANSAC": "11"}, BQC="CIC"))
    assert made(firm, bank="CIC")["number"] == "CIC-2024-000001"
    firm.done(deposit("REMCHQ", {"TRANSAC": "12"}))
    assert codes(make(firm, bank="CIC")) == ["slip_nothing_waits"], "a refusal uses no number"
    assert made(firm)["number"] == SECOND
    firm.clock.forward(days=90)
    firm.done(deposit("REMEFF", {"TRANSAC": "13"}, DATE="20250110"))
    assert made(firm)["number"] == "BNP-2025-000001"
    assert [slip["number"] for slip in slips(firm)] == [FIRST, SECOND, "CIC-2024-000001", "BNP-2025-000001"]
    assert firm.findings() == []


# ---------------------------------------------------------------- refusals


def test_several_kinds_want_a_choice_and_nothing_is_done(firm: Firm) -> None:
    firm.done(deposit("REMEFF", {"TRANSAC": "13"}))
    firm.done(deposit("REMCHQ", {"TRANSAC": "14"}))
    before = firm.entries()

    done = make(firm)

    assert codes(done) == ["slip_kinds_differ"]
    assert done.reasons[0]["expected"] == "REMCHQ EUR: 15 ; REMCHQ USD: 17 ; REMEFF EUR: 16"
    assert (firm.entries(), slips(firm)) == (before, [])


def test_every_transaction_that_cannot_go_on_the_slip_is_told(firm: Firm) -> None:
    bill = firm.done(deposit("REMEFF", {"TRANSAC": "13"}))
    at_cic = firm.done(deposit("REMCHQ", {"TRANSAC": "11"}, BQC="CIC"))

    done = make(firm, "15", "11", at_cic, "4711", "abc", bill, "15")

    assert [(reason["code"], reason["seen"]) for reason in done.reasons] == [
        ("slip_not_waiting", "11"),
        ("slip_other_kind", at_cic),
        ("unknown_transaction", "4711"),
        ("unknown_transaction", "abc"),
        ("slip_kinds_differ", "BNP"),
    ]
    assert slips(firm) == []


def test_a_slip_is_dated_in_an_open_period_and_not_before_its_deposits(firm: Firm) -> None:
    assert codes(make(firm, date=TODAY + timedelta(days=8))) == ["date_too_late"]
    assert codes(make(firm, date=date(2024, 9, 1))) == ["date_before"]
    firm.load(company(banks=BANKS, years=[{"start": "2024-01-01", "end": "2024-12-31", "closed_until": "2024-09-30"}]))
    assert codes(make(firm, date=date(2024, 9, 20))) == ["period_closed"]
    assert codes(make(firm, date=date(2025, 2, 1))) == ["no_period", "date_too_late"]
    assert made(firm, date=TODAY + timedelta(days=7))["date"] == "2024-10-28"


def test_codes_that_do_not_exist_are_told_together(firm: Firm) -> None:
    done = make(firm, bank="XYZ", currency="EURO", change="REMCDI")

    assert codes(done) == ["unknown_bank", "unknown_currency", "unknown_state_change"]


def test_the_orders_of_a_transaction_wait_for_one_slip(firm: Firm) -> None:
    group = {"TRANSAC": "1"}
    mixed = firm.send(
        deposit("REMCHQ", {"TRANSAC": "11"}, **group), deposit("REMEFF", {"TRANSAC": "13"}, **group, NOORDRE="2")
    )
    assert mixed.reasons == [["group_refused"], ["group_mixed"]]

    mixed = firm.send(
        deposit("REMCHQ", {"TRANSAC": "11"}, **group), deposit("REMCHQ", {"TRANSAC": "14"}, **group, NOORDRE="2")
    )
    assert mixed.reasons == [["group_refused"], ["group_mixed"]]

    number = firm.done(
        deposit("REMCHQ", {"TRANSAC": "11"}, **group), deposit("REMCHQ", {"TRANSAC": "12"}, **group, NOORDRE="2")
    )
    assert made(firm)["transactions"] == ["15", number]
    assert firm.findings() == []


# ---------------------------------------------------------------- taking back


def test_a_slip_taken_back_waits_again_under_another_number(firm: Firm) -> None:
    number = firm.done(deposit("REMCHQ", {"TRANSAC": "11"}, {"TRANSAC": "12"}))
    made(firm)

    taken_back = cancel(firm, FIRST, reason="refused\nat the counter").result

    assert taken_back is not None
    assert (taken_back["status"], taken_back["transactions"]) == ("cancelled", ["15", number])
    posted, reversal = entries_of(firm, FIRST)
    assert (reversal["reversal_of"], reversal["number"]) == (posted["number"], taken_back["reversal"])
    assert (reversal["journal"], reversal["label"]) == ("BQ", f"Annulation remise {FIRST} : refused at the counter")
    assert reversal["transactions"] == ["15", number]
    assert (firm.balance("512100"), firm.balance("511200")) == ("0.00", "640.00")
    assert firm.transaction(number)["status"] == "awaiting_slip"
    assert waiting(firm)[0]["transactions"] == ["15", number]
    assert firm.findings() == []

    again = made(firm)

    assert again["number"] == SECOND
    assert firm.transaction(number)["entries"] == [posted["number"], reversal["number"], again["entry"]]
    assert [(s["number"], s["status"]) for s in slips(firm)] == [(FIRST, "cancelled"), (SECOND, "posted")]
    assert codes(cancel(firm, FIRST)) == ["slip_cancelled"]
    assert codes(cancel(firm, "BNP-2024-000003")) == ["unknown_slip"]
    assert firm.findings() == []


def test_a_slip_is_taken_back_neither_before_it_nor_in_a_closed_period(firm: Firm) -> None:
    made(firm)

    assert codes(cancel(firm, FIRST, date=TODAY - timedelta(days=1))) == ["date_before"]
    assert codes(cancel(firm, FIRST, date=TODAY + timedelta(days=8))) == ["date_too_late"]
    assert codes(cancel(firm, FIRST, reason="x" * 2_000)) == ["too_long"]


def test_a_slip_whose_cheque_has_moved_on_stays(firm: Firm) -> None:
    made(firm)
    onward = {"code": "AILLEURS", "direction": "encashment", "from": ["C50"], "to": "C60", "bank": True}
    state = {"code": "C60", "encashment": "512900", "disbursement": "512900"}
    firm.load(company(banks=BANKS, states=[state], state_changes=[onward]))
    firm.done(deposit("AILLEURS", {"TRANSAC": "15"}))

    done = cancel(firm, FIRST)

    assert [(reason["code"], reason["seen"]) for reason in done.reasons] == [("slip_instrument_moved", "15/1")]
    assert slips(firm)[0]["status"] == "posted"


# ---------------------------------------------------------------- never twice


def test_a_key_gives_the_same_slip_again(firm: Firm) -> None:
    first = make(firm, key="monday")

    again = make(firm, key="monday")

    assert (again.result, again.replayed) == (first.result, True)
    assert len(slips(firm)) == 1
    assert codes(make(firm, bank="CIC", key="monday")) == ["key_reused"]


RACE = """
import sys, time
from lettrage.acts import perform
from lettrage.acts.slips import MakeSlip
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.bank.slip import Wanted
from lettrage.caller import Caller

store = SqlStore(sys.argv[1], SystemClock())
print("ready", flush=True)
sys.stdin.readline()
done = perform(MakeSlip(Wanted("BNP")), Caller("clerk", "race", "998"), store, SystemClock())
print(done.result["number"] if done.result else done.reasons[0]["code"])
"""


def test_two_processes_make_one_slip_of_what_waits(firm: Firm, tmp_path: Path) -> None:
    firm.store.close()
    runners = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, firm.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(tmp_path),
        )
        for _ in range(2)
    ]
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "ready\n"
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("go\n")
        runner.stdin.flush()

    told = sorted(runner.communicate()[0].strip() for runner in runners)

    (slip,) = slips(firm)
    assert told == [slip["number"], "slip_nothing_waits"]
    assert firm.findings() == []


# ---------------------------------------------------------------- on the command line


def test_the_whole_life_of_a_slip_on_the_command_line(firm: Firm, tmp_path: Path) -> None:
    firm.done(deposit("REMCHQ", {"TRANSAC": "11"}, {"TRANSAC": "12"}))
    firm.store.close()

    def run(*arguments: str, status: int = 0) -> Any:
        ran = run_here(*arguments, "--json", folder=tmp_path, env={"LETTRAGE_DATABASE": firm.address})
        assert ran.status == status, ran.err
        return ran.json if ran.out else ran.err

    assert [s["status"] for s in run("slip", "list")] == ["waiting"]
    slip = run("slip", "make", "--bank", "BNP", "16", "--date", f"{TODAY:%Y%m%d}", "--key", "k", status=0)
    assert (slip["transactions"], slip["date"], slip["total"]) == (["16"], TODAY.isoformat(), "500.00")
    assert run("slip", "make", "--bank", "BNP", "16", "--date", f"{TODAY:%Y%m%d}", "--key", "k") == slip
    assert run("slip", "show", FIRST) == slip
    assert [(s["number"], s["status"]) for s in run("slip", "list")] == [(FIRST, "posted"), (None, "waiting")]
    assert [line["slip"] for line in run("portfolio", "--state", "C50")] == [None, FIRST, FIRST]
    assert run("slip", "make", "--bank", "BNP", "16", status=1)["reasons"][0]["code"] == "slip_not_waiting"
    run("slip", "pdf", FIRST)
    assert (tmp_path / f"bordereau-{FIRST}.pdf").read_bytes().startswith(b"%PDF-")
    assert run("slip", "cancel", FIRST, "--reason", "lost")["status"] == "cancelled"
    assert "BNP-2024-000009" in run("slip", "show", "BNP-2024-000009", status=2)
    assert run("slip", "make", "--bank", "", status=1)["reasons"][0]["code"] == "missing_field"


def test_the_lists_can_be_read_in_both_languages(firm: Firm, tmp_path: Path) -> None:
    made(firm)
    firm.store.close()
    for language, word in (("fr", "comptabilisé"), ("en", "posted")):
        ran = run_here("slip", "list", "--lang", language, folder=tmp_path, env={"LETTRAGE_DATABASE": firm.address})
        assert word in ran.out
        ran = run_here(
            "slip", "show", FIRST, "--lang", language, folder=tmp_path, env={"LETTRAGE_DATABASE": firm.address}
        )
        assert "Client 1" in ran.out


def test_a_slip_goes_to_standard_output_and_a_folder_that_is_not_there_is_told(firm: Firm, tmp_path: Path) -> None:
    made(firm)
    firm.store.close()
    done = subprocess.run(
        [sys.executable, "-m", "lettrage", "slip", "pdf", FIRST, "--out", "-"],
        capture_output=True,
        env=environment(tmp_path, LETTRAGE_DATABASE=firm.address),
        check=True,
    )
    assert done.stdout.startswith(b"%PDF-")
    with firm.store.books(firm.dossier, writing=False) as books:
        slip = books.slip(FIRST)
        assert slip is not None
        assert slip_pdf(slip, books.company) == done.stdout, "the same slip gives the same bytes"


# ---------------------------------------------------------------- on paper

EUR, TND, JPY = (c for code in ("EUR", "TND", "JPY") if (c := currency(code)))
NAMES = ("Boulangerie Martin", "Établissements " + "Dupont & Fils " * 40, "#[x] $a$ \\ <b>", "日本 e\u0301 \u0378")
COMPANY = Company(
    "998",
    "Société d'essai",
    EUR,
    banks={"BNP": Bank("BNP", "512100", EUR, "FR7630004000031234567890143", "BNPAFRPP")},
    establishments={"1": Establishment("1", "BNP", "Siège", "12345678900012", Address("1 rue X", "75002", "Paris"))},
)


def on_paper(count: int, **more: Any) -> Made:
    cheques = tuple(
        Drawn(n, 16, 1, "C50", "C1", NAMES[n % len(NAMES)], 123_456 + n, f"{n}/1", "17", True) for n in range(count)
    )
    values: dict[str, Any] = {
        "bank": "BNP",
        "date": TODAY,
        "change": "REMCHQ",
        "currency": EUR,
        "status": "posted",
        "posting": 1,
    }
    values |= {"entry": "2024-000001", "reversal": None, "transactions": (16,), "total": 123_456 * count}
    return Made(FIRST, count=count, drawn=cheques, **(values | more))


def pages(pdf: bytes) -> int:
    """How many pages a PDF says it has, its object streams included."""
    streams = [
        zlib.decompressobj().decompress(s)
        for s in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S)
        if s[:1] == b"x"
    ]
    return sum(len(re.findall(rb"/Type\s*/Page\b", part)) for part in (pdf, *streams))


@pytest.mark.parametrize(("count", "expected"), [(1, 2), (40, 4), (300, 14)])
def test_a_slip_runs_over_as_many_pages_as_it_needs_twice(count: int, expected: int) -> None:
    printed = slip_pdf(on_paper(count), COMPANY)

    assert pages(printed) == expected
    assert b"pdfaid" in printed
    assert printed == slip_pdf(on_paper(count), COMPANY)


@pytest.mark.parametrize(
    "more", [{"currency": TND}, {"currency": JPY}, {"status": "cancelled"}, {"date": date(1, 1, 1)}]
)
def test_any_slip_can_be_printed(more: dict[str, Any]) -> None:
    assert slip_pdf(on_paper(2, **more), COMPANY) != slip_pdf(on_paper(2), COMPANY)

"""Random files: whatever is owed to whomever, what a bank reads in them is what the books say."""

import re
from datetime import date, datetime
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from lettrage.bank.payments.calendar import bank_day, is_bank_day
from lettrage.bank.payments.characters import cfonb, sepa
from lettrage.bank.payments.choose import make, rendered
from lettrage.bank.payments.file import EURO, Candidate, Facts, File, Wanted
from lettrage.company.dossier import Bank, Company
from lettrage.company.payee import Mandate, Payee
from lettrage.money import decimal_text
from lettrage.settlement.document import Instrument
from tests.payments.helpers import IBANS, ICS, OURS

PARIS = ZoneInfo("Europe/Paris")
TODAY = date(2026, 11, 20)
SEPA = re.compile(r"[a-zA-Z0-9/\-?:().,'+ ]*")
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=90)
AMOUNTS = st.integers(1, 99_999_999_999)
FRENCH = [iban for iban in IBANS.values() if iban.startswith("FR")]


def bank(**more: Any) -> Bank:
    return Bank("BNP", "512100", EURO, OURS, "BNPAFRPPXXX", True, "BNP Paribas", ICS, **more)


@st.composite
def candidates(draw: st.DrawFn, kind: str) -> list[Candidate]:
    state, direction = {
        "transfers": ("S30", "disbursement"),
        "debits": ("D30", "encashment"),
        "bills": ("L30", "encashment"),
    }[kind]
    found = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        iban = draw(st.sampled_from(FRENCH if kind == "bills" else list(IBANS.values())))
        mandate = None
        if kind == "debits":
            mandate = Mandate(
                f"RUM-{draw(st.integers(1, 4))}", date(2026, 1, 5), draw(st.sampled_from(["FRST", "RCUR"]))
            )
        payee = Payee(f"T{number}", draw(TEXTS), (iban,), "", mandate)
        amount = draw(AMOUNTS)
        instrument = Instrument(number, 100 + number, 1, state, direction, payee.code, EURO, amount, amount, TODAY)  # type: ignore[arg-type]
        found.append(Candidate(instrument, payee, draw(TEXTS), draw(st.dates(TODAY, date(2027, 12, 31)))))
    return found


def made(kind: str, own: list[Candidate], account: Bank, name: str = "Société d'essai") -> File:
    company = Company("998", name, EURO, siret="45021910000010", banks={"BNP": account})
    at = datetime(2026, 11, 20, 14, 30, tzinfo=PARIS)
    file, reasons = make(Wanted("BNP", kind), Facts(tuple(own), frozenset(), 7), company, at)
    assert file is not None, reasons
    return file


def trial(examples: int = 60) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(file: File) -> Any:
    """The file, valid by its schema, every text of it inside SEPA's set."""
    root = etree.fromstring(file.content)
    schema = resources.files("sepaxml").joinpath("schemas", f"{file.draft.version}.xsd").read_bytes()
    etree.XMLSchema(etree.fromstring(schema)).assertValid(root)
    for element in root.iter():
        assert SEPA.fullmatch(element.text or ""), element.text
    return root


def texts(root: Any, path: str) -> list[str]:
    return [element.text or "" for element in root.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))]


@trial()
@given(candidates("transfers"), st.sampled_from(["pain.001.001.03", "pain.001.001.09"]), st.booleans(), TEXTS)
def test_transfers_say_what_the_books_say(own: list[Candidate], version: str, together: bool, name: str) -> None:
    file = made("transfers", own, bank(transfer_format=version, batch_booking=together), name)
    root = read(file)
    total = sum(c.instrument.amount for c in own)
    assert texts(root, "CstmrCdtTrfInitn/GrpHdr/CtrlSum") == [decimal_text(total, 2)]
    assert texts(root, "CstmrCdtTrfInitn/GrpHdr/NbOfTxs") == [str(len(own))]
    assert len(texts(root, "CstmrCdtTrfInitn/PmtInf/PmtInfId")) == (1 if together else len(own))
    paid = "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf"
    read_back = list(
        zip(
            texts(root, f"{paid}/PmtId/EndToEndId"),
            texts(root, f"{paid}/Amt/InstdAmt"),
            texts(root, f"{paid}/CdtrAcct/Id/IBAN"),
            strict=True,
        )
    )
    assert read_back == [(o.end_to_end, decimal_text(o.amount, 2), o.payee.iban) for o in file.draft.orders]
    assert {o.instrument for o in file.draft.orders} == {c.instrument.id for c in own}
    assert rendered(file.draft).content == file.content


@trial()
@given(candidates("debits"), st.sampled_from(["pain.008.001.02", "pain.008.001.08"]), st.booleans())
def test_direct_debits_say_what_the_books_say(own: list[Candidate], version: str, together: bool) -> None:
    file = made("debits", own, bank(debit_format=version, batch_booking=together))
    root = read(file)
    total = sum(c.instrument.amount for c in own)
    assert texts(root, "CstmrDrctDbtInitn/GrpHdr/CtrlSum") == [decimal_text(total, 2)]
    blocks = root.findall("{*}CstmrDrctDbtInitn/{*}PmtInf")
    assert sum(int(texts(b, "NbOfTxs")[0]) for b in blocks) == len(own)
    assert len({texts(b, "PmtInfId")[0] for b in blocks}) == len(blocks)
    orders = {o.end_to_end: o for o in file.draft.orders}
    for number, block in enumerate(blocks, 1):
        (sequence,) = texts(block, "PmtTpInf/SeqTp")
        for one in block.findall("{*}DrctDbtTxInf"):
            order = orders.pop(texts(one, "PmtId/EndToEndId")[0])
            assert (order.sequence, order.batch) == (sequence, number)
            assert texts(one, "InstdAmt") == [decimal_text(order.amount, 2)]
            assert texts(one, "DrctDbtTx/MndtRltdInf/MndtId") == [order.mandate]
            assert texts(one, "DbtrAcct/Id/IBAN") == [order.payee.iban]
    assert not orders
    firsts = [o.mandate for o in file.draft.orders if o.sequence == "FRST"]
    assert len(firsts) == len(set(firsts))
    assert rendered(file.draft).content == file.content


@trial()
@given(candidates("bills"))
def test_bills_say_what_the_books_say(own: list[Candidate]) -> None:
    file = made("bills", own, bank())
    records = file.content.decode("ascii").split("\r\n")
    assert records.pop() == ""
    assert {len(record) for record in records} == {160}
    assert re.fullmatch(r"[A-Z0-9/\-?:().,'+* \r\n]*", file.content.decode())
    assert [record[:4] for record in records] == ["0360", *["0660"] * len(own), "0860"]
    assert [int(record[4:12]) for record in records] == list(range(1, len(own) + 3))
    head, *bills, total = records
    assert head[81:102] == OURS[4:25]
    assert (head[24:30], head[78], head[80]) == ("201126", "3", "E")
    assert int(total[102:114]) == sum(c.instrument.amount for c in own)
    for record, order in zip(bills, file.draft.orders, strict=True):
        assert int(record[102:114]) == order.amount
        assert record[81:102] == order.payee.iban[4:25]
        assert record[118:124] == f"{order.due:%d%m%y}"
        assert record[150:160] == order.end_to_end


@pytest.mark.parametrize("version", ["pain.001.001.03", "pain.001.001.09"])
def test_whatever_a_record_holds_the_file_is_sound(version: str) -> None:
    payee = Payee("é", "", (IBANS["F1"],), "no bic")
    held = Instrument(1, 1, 1, "S30", "disbursement", "é", EURO, 1, 1, TODAY)
    odd = Bank("é&", "512100", EURO, f" {OURS[:9]} {OURS[9:]}".lower(), "???", transfer_format=version)
    company = Company("é/é", "", EURO, siret="évidemment", banks={"BNP": odd})
    at = datetime(2026, 11, 20, 14, 30, tzinfo=PARIS)
    wanted = Wanted("BNP", "transfers", urgent=True)
    file, reasons = make(wanted, Facts((Candidate(held, payee, "", TODAY),), frozenset(), 1), company, at)
    assert file is not None, reasons
    root = read(file)
    assert texts(root, "CstmrCdtTrfInitn/PmtInf/PmtTpInf/InstrPrty") == ["HIGH"]
    assert texts(root, "CstmrCdtTrfInitn/PmtInf/DbtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]
    bill = msgspec.structs.replace(held, state="L30", direction="encashment")
    facts = Facts((Candidate(bill, payee, "", TODAY),), frozenset(), 1)
    bills, reasons = make(Wanted("BNP", "bills"), facts, company, at)
    assert bills is not None, reasons
    assert len(bills.content) == 3 * 162


@given(TEXTS, st.integers(1, 140))
def test_any_text_comes_near_what_banks_take(text: str, most: int) -> None:
    found = sepa(text, most)
    assert SEPA.fullmatch(found)
    assert len(found) <= most
    assert "//" not in found
    assert not found.startswith("/")
    assert not found.endswith("/")
    assert len(cfonb(text, most)) == most
    assert cfonb(text, most).isascii()


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Société Générale d’Œuvres & Cie", "Societe Generale d'OEuvres + Cie"),
        ("Müller GmbH “Nord”", "Muller GmbH 'Nord'"),
        ("a//b/", "a/b"),
        ("日本 12 €", ".. 12 EUR"),
    ],
)
def test_how_texts_are_written_for_banks(written: str, read_as: str) -> None:
    assert sepa(written, 70) == read_as


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_the_next_bank_day_is_near(day: date) -> None:
    found = bank_day(day)
    assert is_bank_day(found)
    assert 0 <= (found - day).days <= 5


@pytest.mark.parametrize("closed", ["2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25", "2026-01-01", "2026-11-22"])
def test_days_on_which_banks_exchange_nothing(closed: str) -> None:
    assert not is_bank_day(date.fromisoformat(closed))
    assert is_bank_day(date(2026, 7, 14))  # a French holiday, an ordinary day for the euro's payments

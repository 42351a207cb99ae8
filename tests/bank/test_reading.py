"""Statements as banks write them, and as they should not."""

import time
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lettrage.bank.statements import camt as camt_reader
from lettrage.bank.statements import cfonb120
from lettrage.bank.statements.document import Misread, Original, StatementFile
from lettrage.bank.statements.read import read
from tests.bank.files import IBAN, RIB, Move, balance, camt, cfonb, cfonb_file, entry, overpunch, record
from tests.laws.test_machine import long


def faults(data: bytes) -> list[tuple[str, str]]:
    """The codes of what is against a file, with the place of each."""
    with pytest.raises(Misread) as caught:
        read(data)
    return [(reason.code, reason.path) for reason in caught.value.reasons]


def codes(data: bytes) -> list[str]:
    return [code for code, _ in faults(data)]


def warnings(file: StatementFile) -> list[str]:
    return [warning.code for warning in file.warnings]


# ---------------------------------------------------------------- CFONB 120


def test_a_movement_with_all_that_completes_it() -> None:
    complements = (
        ("LIB", "REGLEMENT FACTURE 87"),
        ("NPY", "ANDROMEDE SARL"),
        ("CPY", "FR1420041010050500013M02606"),
        ("LCC", "FACT 87 ET 86"),
        ("RCN", f"{'E2E-0087':<35}VIREMENT FOURNISSEUR"),
        ("REF", "BQ-778899"),
        ("RUM", "MANDAT-1"),
        ("MMO", "USD200000000654321" + "5" + " " * 5 + "091200"),
        ("FEE", "EUR200000000000150"),
    )
    file = read(cfonb_file([Move(599_350, label="VIR SEPA RECU", complements=complements)], opening=100_000))

    (statement,) = file.statements
    assert (file.format, statement.account, statement.opening, statement.closing) == ("cfonb120", RIB, 100_000, 699_350)
    assert (statement.start, statement.end, statement.number) == (date(2026, 11, 1), date(2026, 11, 30), "")
    (line,) = statement.lines
    assert (line.amount, line.fees, line.paid, line.code) == (599_350, 150, 599_500, "05")
    assert (line.name, line.iban) == ("ANDROMEDE SARL", "FR1420041010050500013M02606")
    assert (line.end_to_end, line.reference, line.mandate) == ("E2E-0087", "BQ-778899", "MANDAT-1")
    assert line.text == "VIR SEPA RECU REGLEMENT FACTURE 87 FACT 87 ET 86 VIREMENT FOURNISSEUR BQ-778899"
    assert line.original is not None
    assert (line.original.amount, line.original.currency.code, line.original.rate) == (654_321, "USD", "0.91200")
    assert file.warnings == ()


def test_the_other_side_of_a_debit_is_who_is_paid() -> None:
    names = (("NPY", "NOUS"), ("NBE", "FOURNISSEUR"), ("CBE", "FR1420041010050500013M02606"))
    ((line,),) = [s.lines for s in read(cfonb_file([Move(-1000, complements=names)])).statements]
    assert (line.name, line.iban) == ("FOURNISSEUR", "FR1420041010050500013M02606")


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_records_stand_with_and_without_line_breaks(end: str) -> None:
    text = end.join(cfonb([Move(5_995_00), Move(-918_27)], opening=1))
    assert [line.amount for line in read(text.encode()).statements[0].lines] == [599_500, -91_827]


def test_the_figures_of_the_reference() -> None:
    assert (overpunch(599_500), overpunch(-91_827)) == ("0000000059950{", "0000000009182P")


@pytest.mark.parametrize(
    ("currency", "decimals", "opening", "amount", "minor"),
    [("XPF", "0", 0, 48_438, 48_438), ("TND", "3", 0, 1_000_500, 1_000_500), ("EUR", "0", 0, 12, 1_200),
     ("EUR", "3", 0, 12_340, 1_234), ("XPF", "2", 0, 50_000, 500)],
)  # fmt: skip
def test_decimals_are_those_of_the_record(currency: str, decimals: str, opening: int, amount: int, minor: int) -> None:
    (statement,) = read(cfonb_file([Move(amount)], opening=opening, currency=currency, decimals=decimals)).statements
    assert (statement.lines[0].amount, statement.closing) == (minor, minor)


def test_what_banks_allow_themselves_is_read_with_a_warning() -> None:
    records = cfonb([Move(100, label="vir été")], currency="   ", decimals=" ")
    records[0] = records[0].replace("{", "é")
    records[1] = records[1][:2] + "99999" + records[1][7:]
    records.insert(2, record("05", RIB, "   ", " ", date="051126", qualifier="XYZ", label="AUTRE CHOSE"))
    text = "\n".join(r.rstrip() for r in records) + "\n\x1a"
    for data in (text.encode(), text.encode("latin-1"), text.encode("utf-8-sig")):
        file = read(data)
        assert set(warnings(file)) == {
            "statement_currency_assumed", "statement_odd_sign", "statement_branch_differs",
            "statement_unknown_qualifier",
        }  # fmt: skip
        assert file.statements[0].currency.code == "EUR"
        assert file.statements[0].lines[0].text == "vir été AUTRE CHOSE"


def test_several_accounts_and_days_are_several_statements() -> None:
    other = RIB[:-1] + "2"
    records = cfonb([Move(1)]) + cfonb([Move(2)], opening=1) + cfonb([], rib=other) + cfonb([Move(-3)], rib=other)
    file = read("\n".join(records).encode())
    assert [(s.position, s.account, len(s.lines)) for s in file.statements] == [
        (1, RIB, 1), (2, RIB, 1), (3, other, 0), (4, other, 1),
    ]  # fmt: skip


def test_two_identical_movements_stay_two() -> None:
    (statement,) = read(cfonb_file([Move(500), Move(500)])).statements
    assert [line.position for line in statement.lines] == [1, 2]


def test_returns_carry_their_reason() -> None:
    moves = [Move(-500, complements=[("RET", "AC04 COMPTE CLOS")])]
    assert read(cfonb_file(moves)).statements[0].lines[0].reason == "AC04"


def test_every_fault_is_told_at_once_by_line_and_column() -> None:
    records = cfonb([Move(1), Move(2)])
    records[1] = records[1][:34] + "311126" + records[1][40:]  # the 31st of November
    records[2] = records[2][:103] + "7" + records[2][104:]  # a digit without a sign
    records.insert(3, "03" + " " * 118)
    assert faults("\n".join(records).encode()) == [
        ("statement_date", "2:35"), ("statement_amount", "3:91"), ("statement_record", "4:1"),
    ]  # fmt: skip


def broken(records: list[str]) -> bytes:
    return "\n".join(records).encode()


def spoilt(at: int, column: int, text: str) -> bytes:
    """A sound file with another text at this place of a record."""
    records = cfonb([Move(100)])
    records[at] = records[at][: column - 1] + text + records[at][column - 1 + len(text) :]
    return broken(records)


OF_CFONB = {
    "statement_unknown_form": b"Date;Libelle;Montant\n",
    "statement_empty": b" \n ",
    "statement_record_length": b"\n".join([spoilt(0, 1, "01"), b"04" + b" " * 70]),
    "statement_record": broken(cfonb([Move(100)])[1:]),
    "statement_unfinished": broken(cfonb([Move(100)])[:-1]),
    "statement_account_differs": spoilt(1, 22, "00000000000"),
    "statement_currency": spoilt(1, 17, "EUX"),
    "statement_currency_differs": spoilt(1, 17, "USD"),
    "statement_decimals": spoilt(1, 20, "X"),
    "statement_amount": spoilt(1, 91, "12,34         "),
    "statement_date": spoilt(1, 35, "000000"),
    "statement_dates": spoilt(2, 35, "011020"),
    "statement_balance": spoilt(2, 91, overpunch(101)),
}


def test_an_amount_finer_than_its_currency_is_refused() -> None:
    assert codes(cfonb_file([Move(12_345)], decimals="3")) == ["statement_amount", "statement_amount"]


# ---------------------------------------------------------------- camt

PARTY = (
    "<TxDtls><Refs><EndToEndId>E2E-87</EndToEndId></Refs>{more}<RltdPties><Dbtr>{name}</Dbtr><DbtrAcct><Id>"
    "<IBAN>FR14 2004 1010 0505 0001 3M02 606</IBAN></Id></DbtrAcct><Cdtr><Nm>NOUS</Nm></Cdtr></RltdPties>"
    "<RmtInf><Ustrd>FACT 87</Ustrd><Strd><RfrdDocInf><Nb>FA-2026-87</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18539007547034"
    "</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
)


@pytest.mark.parametrize(
    ("version", "name"),
    [("camt.053.001.02", "<Nm>ANDROMEDE</Nm>"), ("camt.053.001.08", "<Pty><Nm>ANDROMEDE</Nm></Pty>"),
     ("camt.053.001.13", "<Pty><Nm>ANDROMEDE</Nm></Pty>"), ("camt.054.001.08", "<Pty><Nm>ANDROMEDE</Nm></Pty>")],
)  # fmt: skip
def test_an_entry_of_any_version(version: str, name: str) -> None:
    file = read(camt([Move(359_500, details=PARTY.format(name=name, more=""))], opening=100, version=version))
    (statement,) = file.statements
    assert file.format == version[:8]
    assert (statement.account, statement.number, statement.end) == (IBAN, "11", date(2026, 11, 30))
    assert statement.opening == (100 if "053" in version else None)
    (line,) = statement.lines
    assert (line.amount, line.name, line.iban) == (359_500, "ANDROMEDE", "FR1420041010050500013M02606")
    assert line.end_to_end == "E2E-87"
    assert line.references == ("RF18539007547034", "FA-2026-87")
    assert line.text == "FACT 87 RF18539007547034 FA-2026-87 VIR RECU"
    assert file.warnings == ()


def test_a_batch_tells_its_parts() -> None:
    one = '<TxDtls><Amt Ccy="EUR">{0}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>'
    (line,) = read(camt([Move(300, details=one.format("1.00") + one.format("2.00"))])).statements[0].lines
    assert [part.amount for part in line.parts] == [100, 200]
    file = read(camt([Move(300, details=one.format("1.00") + one.format("2.50"))]))
    assert warnings(file) == ["statement_parts_differ"]


def test_pending_entries_do_not_count() -> None:
    entries = entry(Move(100)) + entry(Move(999), status="<Sts>PDNG</Sts>")
    file = read(camt(entries, opening=0, closing=100))
    assert [line.amount for line in file.statements[0].lines] == [100]
    assert warnings(file) == ["statement_pending"]


def test_a_return_names_who_was_to_pay_and_why() -> None:
    details = (
        "<TxDtls><RltdPties><Dbtr><Nm>NOUS</Nm></Dbtr><Cdtr><Nm>CLIENT</Nm></Cdtr></RltdPties>"
        "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf></TxDtls>"
    )
    (line,) = read(camt(entry(Move(-500, details=details), reversal=True), closing=-500)).statements[0].lines
    assert (line.amount, line.reason, line.reversal, line.name) == (-500, "AM04", True, "NOUS")


def test_fees_that_the_bank_kept_are_told_apart() -> None:
    told = (
        '<TxDtls><AmtDtls><InstdAmt><Amt Ccy="EUR">10.00</Amt></InstdAmt></AmtDtls><Chrgs><Rcrd>'
        '<Amt Ccy="EUR">1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs></TxDtls>'
    )
    (line,) = read(camt([Move(850, details=told)])).statements[0].lines
    assert (line.amount, line.fees, line.paid) == (850, 150, 1000)
    (line,) = read(camt([Move(1000, details=told)])).statements[0].lines  # booked beside it
    assert line.fees == 0
    included = told.replace("</Rcrd>", "<ChrgInclInd>true</ChrgInclInd></Rcrd>")
    (line,) = read(camt([Move(-1150, details=included)])).statements[0].lines
    assert (line.fees, line.paid) == (150, -1000)


def test_the_amount_in_another_currency() -> None:
    told = '<TxDtls><AmtDtls><InstdAmt><Amt Ccy="USD">1000.00</Amt></InstdAmt><CntrValAmt><Amt Ccy="EUR">905.00</Amt>'
    rate = "<CcyXchg><XchgRate>0.905</XchgRate></CcyXchg></CntrValAmt></AmtDtls></TxDtls>"
    (line,) = read(camt([Move(90_500, details=told + rate)])).statements[0].lines
    assert isinstance(line.original, Original)
    assert (line.original.amount, line.original.currency.code, line.original.rate) == (100_000, "USD", "0.905")


def test_a_statement_without_a_balance_is_taken_with_a_warning() -> None:
    data = camt([Move(100)]).replace(balance("OPBD", 0, "2026-11-01").encode(), b"")
    file = read(data)
    assert (file.statements[0].opening, warnings(file)) == (None, ["statement_no_balance"])


def test_a_movement_far_from_its_statement_is_taken_with_a_warning() -> None:
    far = "20261208"
    for data in (camt([Move(100), Move(1, day=far)]), cfonb_file([Move(100), Move(1, day=far)])):
        file = read(data)
        assert len(file.statements[0].lines) == 2
        assert warnings(file) == ["statement_line_outside"]
    assert warnings(read(camt([Move(100, day="20261207"), Move(1, day="20261025")]))) == []


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-20", "0001-01-01", "0001-01-20", "1989-12-31", "2100-01-01"])
def test_a_day_that_no_statement_tells_is_refused_wherever_it_stands(day: str) -> None:
    statement, notification = camt([Move(100)]), camt([Move(100)], version="camt.054.001.08")
    places = [(statement, name) for name in (b"<BookgDt><Dt>", b"<ValDt><Dt>", b"</CdtDbtInd><Dt><Dt>", b"<FrDtTm>")]
    for sound, name in (*places, (notification, b"<ToDtTm>")):
        before, _, after = sound.partition(name)
        assert "statement_date_beyond" in codes(before + name + day.encode() + after[10:]), name


def test_only_so_many_references_are_kept() -> None:
    told = "".join(f"<Strd><CdtrRefInf><Ref>R{n}</Ref></CdtrRefInf></Strd>" for n in range(20_000))
    long = f"<Strd><RfrdDocInf><Nb>{'9' * 1_000}</Nb></RfrdDocInf></Strd>"
    for inside, count in ((told, 200), (long, 1)):
        file = read(camt([Move(100, details=f"<TxDtls><RmtInf>{inside}</RmtInf></TxDtls>")]))
        references = file.statements[0].lines[0].references
        assert (len(references), max(map(len, references)) <= 140) == (count, True)
        assert warnings(file) == ["statement_references_cut"]


def test_fees_beyond_what_books_can_hold_are_refused() -> None:
    record = '<Rcrd><Amt Ccy="EUR">900000000000000</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd>'
    assert codes(camt([Move(1, extra=f"<Chrgs>{record * 3}</Chrgs>")])) == ["statement_amount"]


OF_CAMT = {
    "statement_unknown_form": b"<Document><pain.001/></Document>",
    "statement_empty": b"<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>",
    "statement_balance": camt([Move(100)], closing=101),
    "statement_missing": camt([Move(100)]).replace(b"<IBAN>" + IBAN.encode() + b"</IBAN>", b""),
    "statement_amount": camt([Move(100)]).replace(b'"EUR">1.00', b'"EUR">1.001'),
    "statement_date": camt([Move(100)]).replace(b"2026-11-05", b"2026-11-31"),
    "statement_date_beyond": camt([Move(100)]).replace(b"2026-11-05", b"9999-12-20"),
    "statement_status": camt(entry(Move(100), status="<Sts>WHAT</Sts>"), closing=100),
    "statement_currency": camt([Move(100)], currency="EUX"),
    "statement_currency_differs": camt([Move(100)]).replace(b'"EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts', b'"USD">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts'),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize(("code", "data"), [*OF_CFONB.items(), *OF_CAMT.items()])
def test_what_is_no_sound_statement_is_refused_with_its_place(code: str, data: bytes) -> None:
    from tests.refusals.test_refusals import faulty_texts

    with pytest.raises(Misread) as caught:
        read(data)
    assert code in [reason.code for reason in caught.value.reasons]
    for reason in caught.value.reasons:
        assert reason.path
        assert faulty_texts(reason) == []


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document>&b;</Document>',
        b"<Document>" + b"<a>" * 400,
        b"<Document><BkToCstmrStmt><Stmt>",
        b"\xff\xfe<\x00D\x00",
        b"\x00\x01\x02",
        b"%PDF-1.7",
        b"01" + b"\xff" * 118,
        b"",
    ],
)
def test_hostile_files_are_refused(data: bytes) -> None:
    assert codes(data)


def test_a_negative_amount_is_none_for_its_sign_is_told_apart() -> None:
    for sound in (camt([Move(-100)]), camt([Move(100)])):
        assert "statement_amount" in codes(sound.replace(b">1.00<", b">-1.00<"))


def test_what_is_told_is_found_by_its_number_among_its_siblings() -> None:
    entries = [entry(Move(1)), entry(Move(1), status="<Sts>PDNG</Sts>")] * 3
    file = read(camt("".join(entries), closing=3))
    assert [w.path for w in file.warnings] == [f"BkToCstmrStmt/Stmt/Ntry[{n}]" for n in (2, 4, 6)]


def _of_pending(count: int) -> bytes:
    return camt(entry(Move(1)) + "<Ntry><Sts>PDNG</Sts></Ntry>" * count, closing=1)


def _of_complements(count: int, qualifier: str) -> bytes:
    return cfonb_file([Move(1, complements=[(qualifier, f"{n:070}") for n in range(count)])])


def test_what_is_told_or_left_out_many_times_takes_time_by_its_length() -> None:
    began = time.perf_counter()
    assert len(read(_of_pending(60_000)).warnings) == 100
    for qualifier in "LIB", "NPY":
        (line,) = read(_of_complements(20_000, qualifier)).statements[0].lines
        assert max(len(line.text), len(line.name)) <= 2_000
    assert time.perf_counter() - began < 15  # minutes, were siblings counted for each


def test_a_file_beyond_the_limit_says_to_split_it() -> None:
    with pytest.raises(Misread) as caught:
        read(b"01" + b" " * 16 * 1024 * 1024)
    (reason,) = caught.value.reasons
    assert (reason.code, reason.expected) == ("statement_too_large", str(16 * 1024 * 1024))


def test_only_so_many_statements_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    two = camt([]).replace(b"</Stmt>", b"</Stmt><Stmt></Stmt>")
    records = "\n".join(cfonb([]) * 2).encode()
    for module, data in ((camt_reader, two), (cfonb120, records)):
        monkeypatch.setattr(module, "STATEMENTS", 1)
        assert codes(data) == ["statement_too_long"]


def test_a_long_statement_is_read_in_a_short_time() -> None:
    began = time.perf_counter()
    assert len(read(cfonb_file([Move(1)] * 10_000)).statements[0].lines) == 10_000
    assert len(read(camt([Move(1, details=PARTY.format(name="", more=""))] * 5_000)).statements[0].lines) == 5_000
    assert time.perf_counter() - began < 20


# ---------------------------------------------------------------- whatever comes

_MOVES = st.lists(
    st.builds(
        Move,
        amount=st.integers(-(10**12), 10**12),
        label=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=31),
        complements=st.lists(st.tuples(st.sampled_from(["LIB", "NPY", "REF", "MMO", "FEE", "QQQ"]), st.just("X1 2"))),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_MOVES, st.integers(-(10**12), 10**12), st.sampled_from(["0", "2", "3"]))
def test_opening_and_movements_are_the_closing(moves: list[Move], opening: int, decimals: str) -> None:
    currency = {"0": "XPF", "2": "EUR", "3": "TND"}[decimals]
    (statement,) = read(cfonb_file(moves, opening=opening, currency=currency, decimals=decimals)).statements
    assert statement.opening == opening
    assert [line.amount for line in statement.lines] == [move.amount for move in moves]
    assert statement.closing == opening + sum(move.amount for move in moves)


SEEDS = (cfonb_file([Move(100, complements=[("LIB", "A")]), Move(-7)]), camt([Move(100, details=PARTY), Move(-7)]))


def mutated(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """A file with pieces of it cut out and others put in."""
    for at, cut, new in edits:
        place = at % (len(data) + 1)
        data = data[:place] + new + data[place + cut :]
    return data


_EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 200), st.binary(max_size=8) | st.sampled_from([b"05", b"<Ntry>"])),
    min_size=1,
    max_size=4,
)


def never_a_trace(data: bytes) -> None:
    """A file is read, or refused with reasons that can be told; nothing else."""
    try:
        file = read(data)
    except Misread as misread:
        told = [reason.fr and reason.en for reason in misread.reasons]
    else:
        told = ["sound"]
        adds_up(file)
    assert told
    assert all(told)


def adds_up(file: StatementFile) -> None:
    for statement in file.statements:
        if statement.opening is not None and statement.closing is not None:
            assert statement.opening + sum(line.amount for line in statement.lines) == statement.closing


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SEEDS), _EDITS)
def test_a_damaged_file_never_leaves_a_trace(data: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    never_a_trace(mutated(data, edits))


@long
@pytest.mark.long
@settings(max_examples=20_000, deadline=None)
@given(st.sampled_from(SEEDS) | st.binary(max_size=400).map(lambda b: b"01" + b), _EDITS)
def test_very_many_damaged_files_never_leave_a_trace(data: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    never_a_trace(mutated(data, edits))

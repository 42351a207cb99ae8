"""The command line says plainly what is wrong, never shows a traceback, and keeps to its exit statuses and shapes.

0: done. 1: done, but something was refused or found. 2: the command could not be carried out; nothing has changed.
"""

import ctypes
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import another_writer, impatient, sqlite_only
from tests.journeys.helpers import (
    TODAY,
    Firm,
    Ran,
    advance,
    company,
    deposit,
    environment,
    header,
    instrument,
    invoice,
    pays,
    run,
    run_here,
)

LIBC = ctypes.CDLL(None)

ENTRY_KEYS = [
    "number", "date", "journal", "label", "piece", "transaction", "transactions", "slip", "reversal_of",
    "reglement_nums", "lines",
]  # fmt: skip
LINE_KEYS = ["account", "third_party", "debit", "credit", "currency", "currency_amount", "letter"]
ITEM_KEYS = [
    "kind", "third_party", "direction", "prefix", "piece", "due_date", "currency", "amount", "open_amount", "state",
    "days_overdue", "previous", "transaction",
]  # fmt: skip
INSTRUMENT_KEYS = ["id", "order", "state", "third_party", "currency", "amount", "amount_home", "previous", "active"]
PORTFOLIO_KEYS = [
    "id", "transaction", "order", "state", "third_party", "currency", "amount", "amount_home", "date", "bank", "slip",
]  # fmt: skip
TRANSACTION_KEYS = ["number", "status", "date", "orders", "instruments", "lineage", "entries"]


def document(*headers: dict[str, Any]) -> bytes:
    return json.dumps({"EnteteReglementtb": list(headers or (payment(),))}).encode()


def payment(piece: str = "1", amount: str = "100", change: str = "PORCHQ", **more: str) -> dict[str, Any]:
    return header(change, amount, pays(piece, amount), **more)


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """A firm with two invoices of 100 euros and a cheque of 50; whatever happens, its books stay sound."""
    invoices = [invoice("1", "100.00"), invoice("2", "100.00")]
    firm = Firm(tmp_path, company(invoices=invoices, portfolio=[instrument("11", "50.00")]))
    yield firm
    assert firm.findings() == []


def ask(firm: Firm, *arguments: str, stdin: bytes = b"", **env: str) -> Ran:
    """A command on the firm's books, inside this process."""
    env = {"LETTRAGE_DATABASE": firm.address} | env
    return run_here(*arguments, folder=firm.file.parent, stdin=stdin, env=env)


def assert_plain(ran: Ran) -> None:
    """A few plain lines that say what to do: no traceback, no talk of internals."""
    assert ran.status == 2, ran
    said = ran.err.strip()
    assert said
    assert "Traceback" not in said
    assert "interne" not in said, said
    assert "Error:" not in said.replace("╭─ Error", ""), said


def assert_unreadable(ran: Ran, *words: str, error: int = 1) -> None:
    """`settle` could not be carried out: its envelope says why, so does standard error."""
    assert_plain(ran)
    assert (ran.answer.error, ran.answer.envelope["result"]) == (error, "")
    for word in words:
        assert word in ran.answer.txterr


def unchanged(firm: Firm, before: dict[str, list[tuple[Any, ...]]]) -> bool:
    return firm.rows() == before


# ---------------------------------------------------------------- documents that cannot be read


def test_a_file_that_is_not_there(firm: Firm) -> None:
    assert_unreadable(ask(firm, "settle", "nowhere.json"), "nowhere.json")


def test_a_folder_instead_of_a_file(firm: Firm) -> None:
    assert_unreadable(ask(firm, "settle", str(firm.file.parent)), str(firm.file.parent))


@pytest.mark.parametrize(
    "data",
    [b"", b" \n\t", b"\xef\xbb\xbf"],
    ids=["no byte at all", "blanks only", "a byte order mark only"],
)
def test_an_empty_document(firm: Firm, data: bytes) -> None:
    assert_unreadable(ask(firm, "settle", "-", stdin=data), "vide")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_document_in_another_unicode(firm: Firm, encoding: str) -> None:
    assert_unreadable(ask(firm, "settle", "-", stdin=document().decode().encode(encoding)), "UTF-8")


def test_a_byte_that_no_encoding_has_is_named_with_its_position(firm: Firm) -> None:
    data = document().replace(b"CHGETAT", b"CHGETAT\x81")

    assert_unreadable(ask(firm, "settle", "-", stdin=data), "0x81", str(data.index(b"\x81") + 1))


def test_a_picture_is_no_document(firm: Firm) -> None:
    assert_unreadable(ask(firm, "settle", "-", stdin=b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))


@pytest.mark.parametrize(
    "text",
    [
        '{"EnteteReglementtb": [{"PAYMENTTYPE": "1"',
        '{"EnteteReglementtb": [}',
        "'data': {'EnteteReglementtb': [{'TIERS': }]}",
        '{"a": 1} {"b": 2}',
    ],
)
def test_a_syntax_error_names_its_line_and_column(firm: Firm, text: str) -> None:
    assert_unreadable(ask(firm, "settle", "-", stdin=text.encode()), "Ligne 1", "colonne")


@pytest.mark.parametrize("text", ["[1, 2]", '"a text"', "{}", '{"invoices": []}', "42", "null"])
def test_what_is_none_of_the_three_forms(firm: Firm, text: str) -> None:
    assert_unreadable(ask(firm, "settle", "-", stdin=text.encode()))


def test_another_service_is_not_this_one(firm: Firm) -> None:
    text = {"action": {"swinfinity": "integration_commande"}, "data": {"EnteteReglementtb": []}}

    assert_unreadable(ask(firm, "settle", "-", stdin=json.dumps(text).encode()), "integration_commande")


def test_a_misspelt_dry_run_does_not_book_for_real(firm: Firm) -> None:
    before = firm.rows()
    text = {"action": {"parameters": {"dryrun": "oui"}}, "data": {"EnteteReglementtb": [payment()]}}

    assert_unreadable(ask(firm, "settle", "-", stdin=json.dumps(text).encode()), "dryrun", "oui")
    assert unchanged(firm, before)


def test_more_bytes_than_the_limit_are_told_to_be_split(firm: Firm) -> None:
    data = document() + b" " * (8 * 1024 * 1024)

    assert_unreadable(ask(firm, "settle", "-", stdin=data), "limite", "Partager")


def test_more_settlements_than_the_limit_are_told_to_be_split(firm: Firm) -> None:
    data = b'{"EnteteReglementtb": [' + b",".join([b"{}"] * 10_001) + b"]}"

    assert_unreadable(ask(firm, "settle", "-", stdin=data), "10001", "10000", "Partager")


def test_deeper_than_the_limit(firm: Firm) -> None:
    for depth in (17, 100_000):
        data = b'{"EnteteReglementtb": ' + b"[" * depth + b"]" * depth + b"}"
        assert_unreadable(ask(firm, "settle", "-", stdin=data), "16")


def test_a_file_larger_than_the_memory_is_not_read_to_its_end(firm: Firm) -> None:
    huge = firm.file.parent / "huge.json"
    with huge.open("wb") as file:
        file.truncate(4 * 1024**3)  # a hole, not bytes

    def with_a_gigabyte() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1024**3, 1024**3))

    arguments = ("--database", firm.address, "settle", str(huge))
    assert_unreadable(run(*arguments, folder=firm.file.parent, before=with_a_gigabyte), "limite")


# ---------------------------------------------------------------- documents that are read and refused


@pytest.mark.parametrize(
    ("change", "code", "resultcode"),
    [
        ({"AMOUNT": "1 000"}, "malformed_amount", "1"),
        ({"AMOUNT": "1,000.00"}, "malformed_amount", "1"),
        ({"AMOUNT": "NaN"}, "malformed_amount", "1"),
        ({"AMOUNT": "1e5"}, "malformed_amount", "1"),
        ({"AMOUNT": "１００"}, "malformed_amount", "1"),
        ({"AMOUNT": "100.000"}, "too_many_decimals", "1"),
        ({"AMOUNT": ""}, "missing_field", "1"),
        ({"DATE": "20240231"}, "malformed_date", "1"),
        ({"DATE": "21/10/2024"}, "malformed_date", "1"),
        ({"PAYMENTTYPE": "3"}, "unknown_direction", "1"),
        ({"CURRENCY": "EURO"}, "unknown_currency", "2"),
        ({"CHGETAT": "porchq"}, "unknown_state_change", "2"),
        ({"THIRDPARTY": "C9"}, "unknown_third_party", "2"),
        ({"ETB": "9"}, "unknown_establishment", "2"),
        ({"BQC": "XXX"}, "unknown_bank", "2"),
        ({"REGLEMENTNUM": "A1"}, "malformed_number", "1"),
        ({"NOORDRE": "0"}, "malformed_number", "1"),
        ({"DetailReglementtb": ""}, "no_details", "1"),
        ({"AMOUNT": {"a": "b"}}, "not_a_value", "1"),
        ({"LABEL": "x" * 1001}, "too_long", "1"),
    ],
)
def test_a_form_whose_settlement_is_refused_is_error_0_and_exit_1(
    firm: Firm, change: dict[str, Any], code: str, resultcode: str
) -> None:
    ran = ask(firm, "settle", "-", stdin=document(payment() | change, payment("2")))

    assert (ran.status, ran.answer.error) == (1, 0), ran
    assert code in ran.answer.reasons[0]
    assert ran.answer.codes == [resultcode, "0"]


BANK_CHANGES = {"a transfer credited": payment(change="ENCVIR"), "a deposit": deposit("REMCDI", {"TRANSAC": "11"})}


@pytest.mark.parametrize("kind", BANK_CHANGES)
@pytest.mark.parametrize(("bank", "code", "resultcode"), [("XXX", "unknown_bank", "2"), ("", "missing_bank", "1")])
def test_a_bank_that_is_asked_for_and_not_there_refuses_only_its_settlement(
    firm: Firm, kind: str, bank: str, code: str, resultcode: str
) -> None:
    ran = ask(firm, "settle", "-", stdin=document(BANK_CHANGES[kind] | {"BQC": bank}, payment("2")))

    assert (ran.status, ran.err) == (1, "")
    assert ran.answer.codes == [resultcode, "0"]
    assert ran.answer.reasons == [[code], []]


@pytest.mark.parametrize("currency", ["EUR", "TND", "UYW", "JPY"])
def test_the_largest_amount_that_can_be_written_is_booked_or_refused_like_any_other(firm: Firm, currency: str) -> None:
    decimals = {"EUR": ".99", "TND": ".999", "UYW": ".9999", "JPY": ""}[currency]
    largest = "9" * 15 + decimals
    home = {} if currency == "EUR" else {"MT": "1"}
    detail = advance(largest, **({} if currency == "EUR" else {"MTDEVREGLE": largest, "MTREGLE": "1"}))

    ran = ask(firm, "settle", "-", stdin=document(header("PORCHQ", largest, detail, CURRENCY=currency, **home)))

    assert (ran.status, ran.err) in ((0, ""), (1, "")), ran
    assert ran.answer.error == 0


def test_a_rate_that_makes_an_amount_too_large_for_the_books_is_refused(firm: Firm) -> None:
    firm.load({"code": "998", "rates": [{"currency": "USD", "date": "2024-10-20", "rate": "999999999999"}]})
    largest = "9" * 15

    ran = ask(firm, "settle", "-", stdin=document(header("PORCHQ", largest, advance(largest), CURRENCY="USD")))

    assert (ran.status, ran.err) == (1, ""), ran


# ---------------------------------------------------------------- the database


READING = [["items"], ["entries"], ["portfolio"], ["tasks"], ["transaction", "11"], ["verify"]]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_without_a_database_says_so(command: list[str], tmp_path: Path) -> None:
    ran = run_here(*command, "--database", "sqlite:///nowhere.sqlite", folder=tmp_path)

    assert_plain(ran)
    assert "nowhere.sqlite" in ran.err
    assert ran.out == ""
    assert list(tmp_path.iterdir()) == []


def test_settling_without_a_database_is_an_envelope(tmp_path: Path) -> None:
    ran = run_here("settle", "-", "--database", "sqlite:///nowhere.sqlite", folder=tmp_path, stdin=document())

    assert_unreadable(ran, "nowhere.sqlite", error=503)


def test_the_default_database_is_in_the_users_data_folder(tmp_path: Path) -> None:
    load = json.dumps({"dossiers": [company()]}).encode()

    assert run_here("load", "-", folder=tmp_path, stdin=load).status == 0
    assert run_here("items", "--json", folder=tmp_path).json == []
    assert len([file for file in tmp_path.rglob("*.sqlite") if "lettrage" in str(file)]) == 1


@pytest.mark.parametrize(
    "address",
    ["books.sqlite", "mysql://localhost/books", "sqlite://", "sqlite+nothing:///books.sqlite", "sqlite:////", "://"],
)
@pytest.mark.parametrize("command", [["items"], ["load", "-"]], ids=" ".join)
def test_an_address_that_is_none(address: str, command: list[str], tmp_path: Path) -> None:
    assert_plain(run_here(*command, "--database", address, folder=tmp_path, stdin=b'{"dossiers": []}'))


@pytest.mark.parametrize("command", [["items"], ["load", "-"], ["settle", "-"]], ids=" ".join)
def test_an_address_longer_than_any_path(command: list[str], tmp_path: Path) -> None:
    assert_plain(run_here(*command, "--database", f"sqlite:///{'x' * 5000}", folder=tmp_path, stdin=document()))


def another_programs_sqlite(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE contacts (name TEXT)")
    connection.close()


def another_programs_alembic(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('ae1027a6acf')")
    connection.close()


def a_text(file: Path) -> None:
    file.write_text("Dear accountant,\n" * 300)


def a_folder(file: Path) -> None:
    file.mkdir()


def half_a_database(file: Path) -> None:
    another_programs_sqlite(file)
    file.write_bytes(file.read_bytes()[:100] + b"\xff" * 1000)


def a_newer_lettrage(file: Path) -> None:
    firm = Firm(file.parent, company())
    firm.store.close()
    firm.file.rename(file)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


FOREIGN = [another_programs_sqlite, another_programs_alembic, a_newer_lettrage, a_text, a_folder, half_a_database]


@sqlite_only
@pytest.mark.parametrize("make", FOREIGN)
def test_a_database_that_is_not_ours_is_left_alone(make: Any, tmp_path: Path) -> None:
    file = tmp_path / "foreign.sqlite"
    make(file)
    before = file.read_bytes() if file.is_file() else b""

    for command in (["items"], ["verify"], ["load", "-"]):
        load = json.dumps({"dossiers": [company()]}).encode()
        ran = run_here(*command, "--database", f"sqlite:///{file}", folder=tmp_path, stdin=load)
        assert_plain(ran)
        assert "foreign.sqlite" in ran.err
    assert_unreadable(
        run_here("settle", "-", "--database", f"sqlite:///{file}", folder=tmp_path, stdin=document()), error=503
    )
    if make is another_programs_sqlite or make is a_text:
        assert (file.read_bytes() if file.is_file() else b"") == before


def test_an_empty_file_is_no_database_but_a_load_makes_one_of_it(tmp_path: Path) -> None:
    file = tmp_path / "books.sqlite"
    file.touch()

    assert_plain(run_here("items", "--database", f"sqlite:///{file}", folder=tmp_path))
    load = json.dumps({"dossiers": [company()]}).encode()
    assert run_here("load", "-", "--database", f"sqlite:///{file}", folder=tmp_path, stdin=load).status == 0


def test_a_database_in_a_folder_that_is_not_there_yet_is_made_with_it(tmp_path: Path) -> None:
    load = json.dumps({"dossiers": [company()]}).encode()

    ran = run_here("load", "-", "--database", "sqlite:///new/folder/books.sqlite", folder=tmp_path, stdin=load)

    assert ran.status == 0
    assert (tmp_path / "new" / "folder" / "books.sqlite").exists()


def test_a_database_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert_plain(run_here("load", "-", "--database", "sqlite:///file/books.sqlite", folder=tmp_path, stdin=b"{}"))


def test_a_locked_database_is_waited_for_and_then_told(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    before = firm.rows()
    load = json.dumps({"dossiers": [company("998")]}).encode()

    with another_writer(firm.address, "998"):
        settled = ask(firm, "settle", "-", stdin=document())
        loaded = ask(firm, "load", "-", stdin=load)

    assert_unreadable(settled, "occupée", error=503)
    assert_plain(loaded)
    assert "occupée" in loaded.err
    assert unchanged(firm, before)
    assert ask(firm, "settle", "-", stdin=document()).status == 0


def test_reading_goes_on_while_another_program_writes(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)

    with another_writer(firm.address, "998"):
        assert ask(firm, "items", "--json").status == 0
        assert ask(firm, "settle", "-", "--dry-run", stdin=document()).status == 0


@sqlite_only
def test_a_full_disk_is_told_and_nothing_is_half_done(firm: Firm) -> None:
    before = firm.rows()
    with sqlite3.connect(firm.file) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    big = document(*(header("PORCHQ", "1", advance("1"), LABEL="x" * 900) for _ in range(50)))
    parties = [{"code": f"X{n}", "kind": "customer"} for n in range(900)]
    load = json.dumps({"dossiers": [company(third_parties=parties)]})

    settled = ask(firm, "settle", "-", stdin=big, LETTRAGE_MAX_PAGES=str(pages))
    loaded = ask(firm, "load", "-", stdin=load.encode(), LETTRAGE_MAX_PAGES=str(pages))

    assert_unreadable(settled, "plein", error=503)
    assert_plain(loaded)
    assert "plein" in loaded.err
    assert unchanged(firm, before)
    assert ask(firm, "settle", "-", stdin=big).status == 0


def test_a_disk_too_small_for_a_new_database_leaves_none_that_a_later_load_cannot_use(tmp_path: Path) -> None:
    load = json.dumps({"dossiers": [company()]}).encode()
    arguments = ("load", "-", "--database", "sqlite:///books.sqlite")

    assert_plain(run_here(*arguments, folder=tmp_path, stdin=load, env={"LETTRAGE_MAX_PAGES": "8"}))
    assert run_here(*arguments, folder=tmp_path, stdin=load).status == 0


@sqlite_only
def test_a_file_without_the_right_to_write_is_told(firm: Firm) -> None:
    firm.store.engine.dispose()
    firm.file.chmod(0o444)
    arguments = ("items", "--database", firm.address)
    before = without_the_rights_of_root if os.getuid() == 0 else None

    ran = run(*arguments, folder=firm.file.parent, before=before)

    firm.file.chmod(0o644)
    assert_plain(ran)
    assert "écriture" in ran.err


def without_the_rights_of_root() -> None:
    """Root may write any file; a process without these two capabilities obeys the file's own rights."""
    drop_from_bounding_set, override, read_search = 24, 1, 2
    for capability in (override, read_search):
        LIBC.prctl(drop_from_bounding_set, capability, 0, 0, 0)


# ---------------------------------------------------------------- dossiers and options


def test_an_unknown_dossier_is_403_and_exit_2(firm: Firm) -> None:
    assert_unreadable(ask(firm, "settle", "-", "--dossier", "777", stdin=document()), "777", error=403)
    for command in READING:
        ran = ask(firm, *command, "--dossier", "777")
        assert_plain(ran)
        assert "777" in ran.err


def test_an_option_and_a_document_that_disagree(firm: Firm) -> None:
    before = firm.rows()
    firm.load(company("999"))
    before = firm.rows()
    text = {"action": {"parameters": {"dos": "998"}}, "data": {"EnteteReglementtb": [payment()]}}

    ran = ask(firm, "settle", "-", "--dossier", "999", stdin=json.dumps(text).encode())

    assert_unreadable(ran, "998", "999")
    assert unchanged(firm, before)


def test_another_accounting_file_than_the_declared_one(firm: Firm) -> None:
    text = {"action": {"parameters": {"doscpt": "777"}}, "data": {"EnteteReglementtb": [payment()]}}
    assert_unreadable(ask(firm, "settle", "-", stdin=json.dumps(text).encode()), "777")

    firm.load({"code": "998", "accounting_file": "777"})
    assert ask(firm, "settle", "-", stdin=json.dumps(text).encode()).status == 0


def test_with_several_dossiers_one_must_be_named(firm: Firm) -> None:
    firm.load(company("999"))

    assert_unreadable(ask(firm, "settle", "-", stdin=document()))
    for command in READING:
        assert_plain(ask(firm, *command))
    assert ask(firm, "items", LETTRAGE_DOSSIER="998").status == 0
    assert ask(firm, "settle", "-", stdin=document(), LETTRAGE_DOSSIER="998").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lang", "de", "items"],
        ["entries", "--from", "2024-13-01"],
        ["entries", "--to", "yesterday"],
        ["entries", "--from", "0"],
        ["transaction", "abc"],
        ["transaction", "-1"],
        ["transaction", "99999999999999999999"],
        ["transaction", "999"],
        ["transaction"],
        ["transactions"],
        ["items", "--nothing"],
        ["items", "--third-party"],
        ["settle"],
        ["settle", "-", "--key"],
        ["items", "--database"],
        ["tasks", "--transaction", "1"],
        ["settle", "-", "--key", "é"],
        ["load", "nowhere.json"],
        ["load", "."],
    ],
    ids=" ".join,
)
def test_a_bad_argument_is_exit_2(firm: Firm, arguments: list[str]) -> None:
    before = firm.rows()

    ran = ask(firm, *arguments, stdin=document())

    assert_plain(ran)
    assert unchanged(firm, before)


@pytest.mark.parametrize(
    "arguments",
    [
        ["settle", b"\xff\xfe.json"],
        ["load", b"\xff\xfe.json"],
        ["items", "--dossier", b"\xff"],
        ["items", "--third-party", b"\xff"],
        ["settle", "-", "--caller", b"\xff"],
        ["settle", "-", "--key", b"\xff"],
        ["transaction", b"\xff"],
    ],
    ids=str,
)
def test_arguments_that_are_not_utf_8(firm: Firm, arguments: list[str | bytes]) -> None:
    database = firm.address

    ran = run(*arguments, "--database", database, folder=firm.file.parent, stdin=document())

    if ran.status != 0 or "--third-party" not in arguments:  # nobody of that name owes anything
        assert_plain(ran)
    if arguments[0] == "settle":
        assert ran.answer.error != 0


@pytest.mark.parametrize("shared", [["--dossier", "998"], ["--json"], ["--lang", "en"], ["--lang=en"], ["--debug"]])
def test_shared_options_stand_before_or_after_the_command(firm: Firm, shared: list[str]) -> None:
    database = ["--database", firm.address]

    before = run_here(*database, *shared, "items", folder=firm.file.parent)
    after = run_here("items", *shared, *database, folder=firm.file.parent)

    assert before == after
    assert (before.status, before.err) == (0, "")


def test_a_missing_document_is_told_in_the_language_asked_for(firm: Firm) -> None:
    assert "Check the path" in ask(firm, "--lang", "en", "settle", "nowhere.json").err
    assert "Vérifier le chemin" in ask(firm, "--lang", "fr", "settle", "nowhere.json").err


def test_people_read_in_their_language(firm: Firm) -> None:
    english, french = (ask(firm, "items", "--lang", lang).out for lang in ("en", "fr"))
    assert "Third party" in english
    assert "invoice" in english
    assert "Tiers" in french
    assert "facture" in french
    assert "There is no transaction 9" in ask(firm, "transaction", "9", "--lang", "en").err
    assert "Il n'y a pas de transaction 9" in ask(firm, "transaction", "9").err
    assert "everything is right" in ask(firm, "verify", "--lang", "en").out


def test_the_caller_is_told_which_key_of_a_reused_one_by_the_exit_status(firm: Firm) -> None:
    refused = document(payment(amount="90"))

    first = ask(firm, "settle", "-", "--key", "k", stdin=refused)
    replayed = ask(firm, "settle", "-", "--key", "k", stdin=refused)

    assert (first.status, replayed.status) == (1, 1)
    assert first.out == replayed.out


# ---------------------------------------------------------------- pipes


def test_a_document_comes_from_standard_input_as_from_a_file(firm: Firm) -> None:
    (firm.file.parent / "document.json").write_bytes(document())

    dry = ask(firm, "settle", "-", "--dry-run", stdin=document())

    assert ask(firm, "settle", "document.json", "--dry-run").out == dry.out
    assert dry.answer.transactions == [""]


@pytest.mark.parametrize("command", [["entries", "--json"], ["entries"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(firm: Firm, command: list[str]) -> None:
    firm.done(*(header("PORCHQ", "1", advance("1")) for _ in range(300)))
    shell = " ".join([sys.executable, "-m", "lettrage", *command, "--database", firm.address])
    line = f"set -o pipefail; {{ {shell}; echo status $? >&2; }} | head -c 1"

    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        env=environment(firm.file.parent),
        cwd=firm.file.parent,
        timeout=60,
        check=False,
    )

    assert done.stderr.decode().strip() == "status 0"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">/dev/full"])
def test_a_closed_stream_is_no_traceback(firm: Firm, closed: str) -> None:
    shell = f"{sys.executable} -m lettrage settle - --dry-run --database {firm.address} {closed}"

    done = subprocess.run(
        ["bash", "-c", shell],
        input=document(),
        capture_output=True,
        env=environment(firm.file.parent),
        cwd=firm.file.parent,
        timeout=60,
        check=False,
    )

    said = done.stderr.decode()
    assert "Traceback" not in said
    assert "interne" not in said
    assert "Exception" not in said


# ---------------------------------------------------------------- load files


def faults_of(firm: Firm, *dossiers: dict[str, Any]) -> set[tuple[str, str]]:
    """Code and place of every fault of a load that is refused and changes nothing."""
    before = firm.rows()
    content = json.dumps({"dossiers": list(dossiers)}).encode()

    ran = ask(firm, "load", "-", "--json", stdin=content)

    assert (ran.status, ran.json["dossiers"]) == (1, {}), ran
    for fault in ran.json["faults"]:
        assert all(fault[part] for part in ("code", "path", "fr", "en", "fix")), fault
    assert unchanged(firm, before)
    return {(fault["code"], fault["path"]) for fault in ran.json["faults"]}


FAULTY: list[tuple[dict[str, Any], str, str]] = [
    ({"currency": "EURO"}, "unknown_currency", "currency"),
    ({"discount_vat": "sometimes"}, "malformed_choice", "discount_vat"),
    ({"uses_prefixes": "perhaps"}, "malformed_choice", "uses_prefixes"),
    ({"tolerances": {"settlement_difference": {"amount": "1,000.00"}}}, "malformed_amount",
     "tolerances.settlement_difference.amount"),
    ({"years": [{"start": "2024-01-01", "end": "2023-12-31"}]}, "malformed_date", "years[0].end"),
    ({"years": [{"start": "2024-01-01", "end": "2024-12-31"}, {"start": "2024-12-01", "end": "2025-12-31"}]},
     "years_overlap", "years[1].start"),
    ({"banks": [{"code": "B2"}]}, "missing_field", "banks[1].account"),
    ({"banks": [{"code": "BNP"}, {"code": "BNP"}]}, "record_twice", "banks[1]"),
    ({"banks": {}}, "not_a_list", "banks"),
    ({"establishments": [{"code": "1", "bank": "XXX"}]}, "unknown_bank", "establishments[0].bank"),
    ({"accounts": {"costumer": "411000"}}, "unknown_role", "accounts.costumer"),
    ({"accounts": {"customer": "   "}}, "", "accounts.customer"),
    ({"settings": {"repeat_hours": "often"}}, "malformed_number", "settings.repeat_hours"),
    ({"settings": {"repeat_hours": "999999999999999"}}, "", "settings.repeat_hours"),
    ({"settings": {"future_days": "999999999999999"}}, "", "settings.future_days"),
    ({"settings": {"rate_days": "999999999999999"}}, "", "settings.rate_days"),
    ({"state_changes": [{"code": "X", "to": "Z99"}]}, "unknown_state", "state_changes[0].to"),
    ({"state_changes": [{"code": "X", "to": "C30", "from": [{}]}]}, "unknown_state", "state_changes[0].from"),
    ({"banks": [{"code": ["BNP"], "account": "512100"}]}, "not_a_value", "banks[0].code"),
    ({"third_parties": [{"code": "C2"}]}, "missing_field", "third_parties[0].kind"),
    ({"third_parties": [{"code": "C2", "kind": "client"}]}, "malformed_choice", "third_parties[0].kind"),
    ({"third_parties": [{"code": "C2", "kind": "customer", "means": "gold"}]}, "malformed_choice",
     "third_parties[0].means"),
    ({"third_parties": ["C2"]}, "not_an_object", "third_parties[0]"),
    ({"rates": [{"currency": "USD", "date": "2024-10-01", "rate": "0"}]}, "malformed_rate", "rates[0].rate"),
    ({"rates": [{"currency": "USD", "date": "hier", "rate": "1"}]}, "malformed_date", "rates[0].date"),
    ({"invoices": [invoice("9", "100.00", third_party="C9")]}, "unknown_third_party", "invoices[0].third_party"),
    ({"invoices": [invoice("9", "100.000")]}, "too_many_decimals", "invoices[0].due_items[0].amount"),
    ({"invoices": [invoice("9", "0")]}, "zero_amount", "invoices[0].due_items[0].amount"),
    ({"invoices": [invoice("9")]}, "no_due_items", "invoices[0].due_items"),
    ({"invoices": [invoice("9", "100", "-10")]}, "mixed_signs", "invoices[0].due_items"),
    ({"invoices": [invoice("9", "100", vat=[{"rate": "20", "base": "100", "amount": "20"}])]}, "vat_differs",
     "invoices[0].vat"),
    ({"invoices": [invoice("9", "100.00", currency="USD")]}, "no_table_rate", "invoices[0].rate"),
    ({"invoices": [invoice("9", "999999999999999.99", currency="USD", rate="999999999999")]}, "",
     "invoices[0]"),
    ({"invoices": [invoice("1", "200.00")]}, "invoice_differs", "invoices[0]"),
    ({"invoices": [invoice("9", due_items=[{"due_date": "2024-10-20", "amount": "100", "open": "101"}])]},
     "open_beyond_amount", "invoices[0].due_items[0].open"),
    ({"portfolio": [instrument("11", "51.00")]}, "portfolio_differs", "portfolio[0]"),
    ({"portfolio": [instrument("12", "51.00", state="Z30")]}, "unknown_state", "portfolio[0].state"),
    ({"portfolio": [instrument("12", "51.00", state="C50")]}, "missing_bank", "portfolio[0].state"),
    ({"portfolio": [instrument("12", "51.00", currency="USD")]}, "missing_field", "portfolio[0].amount_home"),
    ({"portfolio": [instrument("12", "-51.00")]}, "", "portfolio[0].amount"),
    ({"portfolio": [instrument("x", "51.00")]}, "malformed_number", "portfolio[0].transaction"),
    ({"chronological_numbers": "till"}, "not_a_list", "chronological_numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "place"), FAULTY, ids=[f"{code} {place}" for _, code, place in FAULTY])
def test_a_fault_of_a_load_file_is_told_at_its_place(firm: Firm, change: dict[str, Any], code: str, place: str) -> None:
    found = faults_of(firm, {"code": "998"} | change)

    # A row of the company file may be named by its code, one of the other tables is named by its number.
    (table,) = change
    unnumbered = table not in ("third_parties", "rates", "invoices", "portfolio")
    told = [(c, without_numbers(path) if unnumbered else path) for c, path in found]
    wanted = without_numbers(f"dossiers[0].{place}") if unnumbered else f"dossiers[0].{place}"
    assert any(path.startswith(wanted) and code in ("", c) for c, path in told), found


def without_numbers(path: str) -> str:
    return re.sub(r"\[[^\]]*\]", "[]", path)


def test_all_the_faults_of_a_file_are_told_at_once(firm: Firm) -> None:
    found = faults_of(
        firm,
        {
            "code": "998",
            "rates": [{"currency": "XXX", "date": "2024-10-01", "rate": "1"}],
            "third_parties": [{"code": "C2", "kind": "client"}],
            "invoices": [invoice("8", "1.234"), invoice("9", "100.00", third_party="C9")],
            "portfolio": [instrument("12", "51.00", state="Z30")],
        },
    )

    assert {place for _, place in found} >= {
        "dossiers[0].third_parties[0].kind",
        "dossiers[0].invoices[0].due_items[0].amount",
        "dossiers[0].invoices[1].third_party",
        "dossiers[0].portfolio[0].state",
    }


def test_a_fault_of_the_company_does_not_hide_those_of_its_invoices(firm: Firm) -> None:
    found = faults_of(
        firm, {"code": "998", "discount_vat": "sometimes", "invoices": [invoice("9", "100.00", third_party="C9")]}
    )

    assert {place for _, place in found} == {"dossiers[0].discount_vat", "dossiers[0].invoices[0].third_party"}


def test_the_faults_of_one_dossier_do_not_hide_those_of_the_next(firm: Firm) -> None:
    bad = {"invoices": [invoice("9", "100.00", third_party="C9"), invoice("8", "1.234")]}

    found = faults_of(firm, company("997") | bad, company("999") | bad)

    assert {place for _, place in found} >= {
        "dossiers[0].invoices[0].third_party",
        "dossiers[0].invoices[1].due_items[0].amount",
        "dossiers[1].invoices[0].third_party",
        "dossiers[1].invoices[1].due_items[0].amount",
    }


def test_a_sound_dossier_beside_a_faulty_one_is_not_loaded_either(firm: Firm) -> None:
    faults_of(firm, company("997"), company("999", banks=[{"code": "B"}]))

    assert firm.store.dossiers() == ["998"]


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b'{"dossiers": {}}', b'{"dossiers": []}', b"dossiers", b"\xff\xfe{}", b'{"dossiers": ['],
    ids=repr,
)
def test_what_is_no_load_file_is_exit_2(firm: Firm, data: bytes) -> None:
    before = firm.rows()

    assert_plain(ask(firm, "load", "-", stdin=data))
    assert unchanged(firm, before)


@pytest.mark.parametrize(
    "record",
    [[], "998", {}, {"code": {}}, {"code": ""}, {"code": None}, {"code": "x" * 81}, {"code": "997"}],
    ids=repr,
)
def test_a_dossier_that_is_none_is_refused(firm: Firm, record: Any) -> None:
    before = firm.rows()

    ran = ask(firm, "load", "-", "--json", stdin=json.dumps({"dossiers": [record]}).encode())

    assert ran.status == 1, ran
    assert ran.json["faults"]
    assert unchanged(firm, before)


@pytest.mark.parametrize("table", ["banks", "years", "establishments", "states", "state_changes"])
@pytest.mark.parametrize("row", [{"code": [], "start": []}, {"code": {}, "start": {}}, [], "x", {}], ids=repr)
def test_a_table_row_that_is_none_is_refused(firm: Firm, table: str, row: Any) -> None:
    firm.load({"code": "998", "years": [{"start": "2024-01-01", "end": "2024-12-31"}],
               "establishments": [{"code": "1"}], "states": [{"code": "C30"}],
               "state_changes": [{"code": "PORCHQ"}]})  # fmt: skip

    assert faults_of(firm, {"code": "998", table: [row]})


@pytest.mark.parametrize("blank", [None, "", {}, []], ids=repr)
@pytest.mark.parametrize("table", ["banks", "third_parties", "tolerances"])
def test_a_blank_table_takes_nothing_away(firm: Firm, table: str, blank: Any) -> None:
    ask(firm, "load", "-", stdin=json.dumps({"dossiers": [{"code": "998", table: blank}]}).encode())

    assert ask(firm, "settle", "-", stdin=document(payment(change="ENCVIR", BQC="BNP"))).status == 0
    short = header("PORCHQ", "99", pays("2", "99"), pays("2", "1", "WDR"))
    assert ask(firm, "settle", "-", stdin=document(short)).status == 0


def test_a_name_that_means_nothing_is_told_and_the_load_goes_on(firm: Firm) -> None:
    ran = ask(firm, "load", "-", "--json", stdin=json.dumps({"dossiers": [{"code": "998", "facture": []}]}).encode())

    assert ran.status == 0
    assert "facture" in ran.err


def test_loading_the_same_file_again_changes_nothing(firm: Firm) -> None:
    content = {"dossiers": [company(invoices=[invoice("1", "100.00")], portfolio=[instrument("11", "50.00")])]}
    firm.done(payment())
    before = firm.rows()

    assert ask(firm, "load", "-", stdin=json.dumps(content).encode()).status == 0
    assert unchanged(firm, before)


# ---------------------------------------------------------------- CSV tables


def csv(firm: Firm, table: str, text: str | bytes) -> Ran:
    file = firm.file.parent / f"{table}.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return ask(firm, "load", str(file), "--dossier", "998", "--json")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_csv_table_is_loaded_like_the_same_records(firm: Firm, separator: str, encoding: str) -> None:
    rows = [["code", "kind", "name"], ["C2", "customer", "Société Générale"], ["C3", "customer", '"Dupont, fils"']]
    text = "\r\n".join(separator.join(row) for row in rows) + "\r\n"

    ran = csv(firm, "third_parties", text.encode(encoding))

    assert (ran.status, ran.json["faults"]) == (0, [])
    invoices = "third_party,number,date,currency,due_date,amount,vat_rate,vat_base,vat_amount\n"
    invoices += "C2,50,2024-09-20,EUR,2024-10-20,60,20,100,20\nC2,50,2024-09-20,EUR,2024-11-20,60,,,\n"
    assert csv(firm, "invoices", invoices).status == 0
    assert [(i["piece"], i["amount"]) for i in firm.items() if i["third_party"] == "C2"] == [
        ("50", "60.00"),
        ("50", "60.00"),
    ]
    with firm.store.engine.connect() as connection:
        (record,) = connection.exec_driver_sql("SELECT record FROM third_party WHERE code = 'C2'").scalars()
    assert json.loads(record)["name"] == "Société Générale"


BAD_TABLES = {
    "an unknown table": ("customers", "code\nC2\n"),
    "an empty file": ("third_parties", ""),
    "a word that is none": ("third_parties", "code;kind\nC2;nobody\n"),
    "a quote that swallows the next row": (
        "third_parties",
        'code,kind,name\nC2,customer,"Dupont\nC3,customer,Durand\n',
    ),
    "a field without an end": ("third_parties", "code,kind\n" + "x" * 200_000 + ",customer\n"),
    "a bad rate": ("rates", "currency,date,rate\nUSD,2024-10-01,beaucoup\n"),
    "no date": ("invoices", "third_party,number\nC1,77\n"),
    "no state": ("portfolio", "transaction,third_party\n12,C1\n"),
}


@pytest.mark.parametrize("fault", BAD_TABLES)
def test_a_csv_table_with_a_fault_changes_nothing(firm: Firm, fault: str) -> None:
    before = firm.rows()

    ran = csv(firm, *BAD_TABLES[fault])

    assert ran.status in (1, 2), ran
    assert "interne" not in ran.err
    assert unchanged(firm, before)


def test_a_cell_beyond_the_last_column_is_told(firm: Firm) -> None:
    ran = csv(firm, "third_parties", "code,kind\nC2,customer,too much\n")

    assert ran.status == 1 or "too much" in ran.err, ran


def test_a_csv_table_needs_a_dossier(firm: Firm) -> None:
    file = firm.file.parent / "rates.csv"
    file.write_text("currency,date,rate\nUSD,2024-10-01,0.9\n")

    ran = ask(firm, "load", str(file))

    assert ran.status in (0, 2)  # there is only one dossier: it may be taken
    if ran.status == 2:
        assert_plain(ran)
        assert "--dossier" in ran.err


# ---------------------------------------------------------------- shapes


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Firm]:
    """Books with something of every kind."""
    dollars = {"currency": "USD", "rate": "0.90"}
    yen = {"currency": "JPY", "rate": "0.006"}
    dinars = {"currency": "TND", "rate": "0.30"}
    bought = invoice("F-1", "300.00", third_party="F1")
    firm = Firm(
        tmp_path,
        company(
            discount_vat="adjust",
            invoices=[
                invoice("1", "100.00", vat=[{"rate": "25", "base": "80.00", "amount": "20.00"}]),
                invoice("2", "100.00", **dollars),
                invoice("3", "500", **yen),
                invoice("4", "1000.000", **dinars),
                invoice("A1", "-20.00"),
                bought,
            ],
            portfolio=[instrument("11", "50.00"), instrument("12", "60.00")],
        ),
    )
    yield firm
    assert firm.findings() == []


@pytest.fixture
def story(busy: Firm) -> dict[str, str]:
    """What happened, by name: the transaction's number."""
    partial = header("PORCHQ", "55", pays("1", "55"), pays("1", "5", "WE"), pays("1", "40", "WPA"), REGLEMENTNUM="17")
    return {
        "part": busy.done(partial),
        "prepaid": busy.done(header("PORCHQ", "500", advance("500"))),
        "deposit": busy.done(deposit("REMCDI", {"TRANSAC": "11"})),
        "waits": busy.done(deposit("REMCHQ", {"TRANSAC": "12"})),
    }


def shown(firm: Firm, *arguments: str) -> Any:
    ran = ask(firm, *arguments, "--json")
    assert (ran.status, ran.err) == (0, ""), ran
    assert ran.out.endswith("\n")
    return ran.json


def assert_shape(keys: list[str], *objects: dict[str, Any]) -> None:
    """There are such objects, and they have exactly these names."""
    assert objects
    for shown_one in objects:
        assert sorted(shown_one) == sorted(keys)


def test_items_have_their_shape(busy: Firm, story: dict[str, str]) -> None:
    items = shown(busy, "items", "--all")

    assert_shape(ITEM_KEYS, *items)
    assert {item["kind"] for item in items} == {"invoice", "credit_note", "advance"}
    assert {item["direction"] for item in items} == {"customer", "supplier"}
    by_piece = {item["piece"]: item for item in items if not item["previous"]}
    assert (by_piece["4"]["amount"], by_piece["3"]["amount"], by_piece["A1"]["amount"]) == (
        "1000.000",
        "500",
        "-20.00",
    )
    (successor,) = [item for item in items if item["previous"]]
    assert (successor["piece"], successor["open_amount"], successor["transaction"]) == ("1", "40.00", story["part"])
    prepaid = by_piece[""]
    assert (prepaid["kind"], prepaid["open_amount"], prepaid["transaction"]) == (
        "advance",
        "-500.00",
        story["prepaid"],
    )
    assert all(isinstance(item["days_overdue"], int) and item["days_overdue"] >= 0 for item in items)
    assert [(i["due_date"], i["piece"]) for i in items] == sorted((i["due_date"], i["piece"]) for i in items)


def test_items_are_the_open_ones_unless_all_are_asked_for(busy: Firm, story: dict[str, str]) -> None:
    everything, still_open = shown(busy, "items", "--all"), shown(busy, "items")

    assert [item for item in everything if item["open_amount"].strip("-0.")] == still_open
    assert len(everything) == len(still_open) + 1
    assert {item["third_party"] for item in shown(busy, "items", "--third-party", "F1")} == {"F1"}
    assert shown(busy, "items", "--third-party", "C9") == []


def test_entries_have_their_shape(busy: Firm, story: dict[str, str]) -> None:
    entries = shown(busy, "entries")

    assert_shape(ENTRY_KEYS, *entries)
    assert_shape(LINE_KEYS, *(line for entry in entries for line in entry["lines"]))
    assert [entry["number"] for entry in entries] == [f"2024-{n:06}" for n in range(1, len(entries) + 1)]
    loaded, made = entries[0], next(e for e in entries if e["transaction"] == story["part"])
    assert (loaded["transaction"], loaded["transactions"]) == (None, [])
    assert (made["transactions"], made["reglement_nums"]) == ([story["part"]], ["17"])
    assert (made["piece"], made["journal"], made["slip"], made["reversal_of"]) == (story["part"], "RC", None, None)
    for line in (line for entry in entries for line in entry["lines"]):
        assert "-" not in line["debit"] + line["credit"]
        assert [line["debit"], line["credit"]].count("0.00") == 1


def test_entries_are_cut_by_their_dates_which_may_be_written_both_ways(busy: Firm, story: dict[str, str]) -> None:
    day = f"{TODAY:%Y%m%d}"

    today = shown(busy, "entries", "--from", day, "--to", TODAY.isoformat())

    assert {entry["date"] for entry in today} == {TODAY.isoformat()}
    assert shown(busy, "entries", "--from", "20250101") == []
    assert len(shown(busy, "entries", "--to", "2024-10-20")) + len(today) == len(shown(busy, "entries"))


def test_a_transaction_has_its_shape(busy: Firm, story: dict[str, str]) -> None:
    transaction = shown(busy, "transaction", story["deposit"])

    assert_shape(TRANSACTION_KEYS, transaction)
    assert transaction["orders"] == [{"order": "1", "state_change": "REMCDI", "reglement_num": "", "label": ""}]
    (held,) = transaction["instruments"]
    assert_shape(INSTRUMENT_KEYS, held)
    assert (held["state"], held["active"], len(held["previous"])) == ("C50", True, 1)
    assert (transaction["status"], transaction["lineage"]) == ("posted", ["11"])
    assert len(transaction["entries"]) == 1
    assert shown(busy, "transaction", story["waits"])["status"] == "awaiting_slip"
    assert shown(busy, "transaction", "11")["lineage"] == [story["deposit"]]


def test_the_portfolio_has_its_shape(busy: Firm, story: dict[str, str]) -> None:
    portfolio = shown(busy, "portfolio")

    assert_shape(PORTFOLIO_KEYS, *portfolio)
    assert [int(held["transaction"]) for held in portfolio] == sorted(int(held["transaction"]) for held in portfolio)
    assert {held["state"] for held in portfolio} == {"C30", "C50"}
    assert {held["state"] for held in shown(busy, "portfolio", "--state", "C50")} == {"C50"}
    assert shown(busy, "portfolio", "--state", "Z99") == []


def test_the_integrity_check_has_its_shape_and_finds_what_was_tampered_with(busy: Firm, story: dict[str, str]) -> None:
    assert shown(busy, "verify") == {"ok": True, "findings": []}
    with busy.store.engine.connect() as connection:
        head = connection.exec_driver_sql("SELECT head FROM dossier").scalar_one()
    assert shown(busy, "verify", "--head", head)["ok"]

    foreign = ask(busy, "verify", "--head", "0" * 63 + "1", "--json")
    busy.change_behind_the_scenes("UPDATE due_item SET carried = carried + 1 WHERE id = 2")
    tampered = ask(busy, "verify", "--json")
    busy.change_behind_the_scenes("UPDATE due_item SET carried = carried - 1 WHERE id = 2")

    for ran in (foreign, tampered):
        assert (ran.status, ran.json["ok"]) == (1, False)
        assert_shape(["code", "message", "where"], *ran.json["findings"])


def test_load_and_tasks_answer_in_json(busy: Firm, story: dict[str, str]) -> None:
    load = ask(busy, "load", "-", "--json", stdin=json.dumps({"dossiers": [{"code": "998"}]}).encode())

    assert (load.status, list(load.json), load.json["faults"]) == (0, ["dossiers", "faults"], [])
    (task,) = shown(busy, "tasks")
    assert (task["transaction"], task["kind"]) == (story["part"], "credit_note_to_issue")
    assert shown(busy, "tasks", "--transaction", story["part"], "--piece", "1", "--credit-note", "AV1") == []
    assert [(line["kind"], line["done"]) for line in shown(busy, "logbook", "--kind", "task")] == [("task", 1)]


def test_every_list_can_be_read_by_a_person_in_both_languages(busy: Firm, story: dict[str, str]) -> None:
    for command in (*READING, ["transaction", story["part"]], ["items", "--all"]):
        for lang in ("fr", "en"):
            ran = ask(busy, *command, "--lang", lang)
            assert (ran.status, ran.err) == (0, "")
            assert ran.out.strip()


def test_settle_prints_its_answer_as_one_line_of_json_with_or_without_the_option(busy: Firm) -> None:
    plain = ask(busy, "settle", "-", "--dry-run", stdin=document())
    asked = ask(busy, "settle", "-", "--dry-run", "--json", stdin=document())

    assert plain == asked
    assert plain.out.count("\n") == 1
    result = plain.answer.result
    assert list(result) == ["common", "response", "plan"]
    assert result["common"] == {
        "resultcode": "0",
        "errormessage": "Intégration règlements des échéances terminée |Consultez le livre de bord",
    }
    assert list(result["response"][0]) == ["REGLEMENTNUM", "transactionId", "resultcode", "errormessage", "reasons"]
    assert list(result["plan"]) == ["entries", "instruments", "items"]
    assert_shape(ENTRY_KEYS, *result["plan"]["entries"])
    assert_shape(INSTRUMENT_KEYS, *result["plan"]["instruments"])
    assert_shape(ITEM_KEYS, *result["plan"]["items"])


def test_the_older_shape_of_the_answer_names_the_last_transaction_done(firm: Firm) -> None:
    headers = [payment("1"), payment("2"), payment("9")]
    form = {"action": {"parameters": {"response": "single"}}, "data": {"EnteteReglementtb": headers}}

    ran = ask(firm, "settle", "-", stdin=json.dumps(form).encode())

    assert ran.status == 1
    result = ran.answer.result
    assert result["response"] == {"transactionId": "13"}
    assert result["common"]["resultcode"] == "2"
    assert "Règlement n°3" in result["common"]["errormessage"]
    inner = json.loads(ran.answer.envelope["result"])
    assert (inner["label"], inner["codeScript"]) == ("infinity", "integration_reglement")


def test_reasons_have_their_shape_and_tell_the_callers_own_place(firm: Firm) -> None:
    text = b"'data':{'EnteteReglementtb':[{'EnteteReglement':{'regltTyp':'1','tiers':'C1','mtDev':'90','dev':'EUR',"
    text += b"'chgEtat':'PORCHQ','DetailReglementtb':[{'DetailReglement':"
    text += b"{'tiers':'C1','piece':'1','mtDevFin':'90'}}]}}]}"

    ran = ask(firm, "settle", "-", stdin=text)

    ((reason,),) = [settlement["reasons"] for settlement in ran.answer.settlements]
    assert {"code", "path", "seen", "expected", "fix", "fr", "en"} <= set(reason)
    assert reason["path"].endswith("EnteteReglementtb[0].EnteteReglement.DetailReglementtb[0].DetailReglement.mtDevFin")
    assert (reason["code"], reason["seen"], reason["expected"]) == ("sum_differs_from_open", "90.00", "100.00")


TOKENS = {
    "strict JSON": '{"action": "WEB_SERVICE_INFINITY", "access_token": "s3cret", "param": %s}',
    "single quotes and capitals": "{'ACTION': 'WEB_SERVICE_INFINITY', 'ACCESS_TOKEN' : 's3cret', 'PARAM': %s}",
    "no quotes": '{"access_token": 31415926535, "param": %s}',
    "a quote in the token": "{'access_token': 's3'cret', 'param': %s}",
    "an escaped name": '{"access\\u005ftoken": "s3cret", "param": %s}',
    "after the param": '{"param": %s, "access_token": "s3cret"}',
}


@pytest.mark.parametrize("form", TOKENS)
def test_the_token_is_never_stored(firm: Firm, form: str) -> None:
    ran = ask(firm, "settle", "-", stdin=(TOKENS[form] % document().decode()).encode())

    assert (ran.status, ran.answer.error) == (0, 0)
    stored = str(firm.rows())
    assert "cret" not in stored
    assert "31415926535" not in stored
    assert "***" in stored


def test_a_token_written_inside_the_param_string_is_not_stored_either(firm: Firm) -> None:
    inner = json.dumps({"access_token": "s3cret"} | json.loads(document()))

    ran = ask(firm, "settle", "-", stdin=json.dumps({"param": inner}).encode())

    assert (ran.status, ran.answer.error) == (0, 0)
    assert "s3cret" not in str(firm.rows())

"""The archive of a year: open files, each with its hash, the same bytes for the same closed year."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts import perform
from lettrage.acts.slips import MakeSlip
from lettrage.bank.slip import Wanted
from lettrage.books.chain import GENESIS
from lettrage.books.fec.judge import judge
from lettrage.caller import Caller
from lettrage.piles import Pile
from tests.databases import POSTGRESQL, edit
from tests.journeys.helpers import Firm, company, deposit, header, invoice, pays, run_here
from tests.vat.helpers import service

VAT = [("20", "1000.00", "200.00")]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Invoices, a cheque on a slip, a refused document."""
    firm = Firm(
        tmp_path, company(siret="45021910000010", invoices=[service("1", "1200.00", vat=VAT), invoice("2", "50.00")])
    )
    cheque = firm.done(header("PORCHQ", "600.00", pays("1", "600.00"), pays("1", "600.00", "WPA")))
    firm.done(deposit("REMCHQ", {"TRANSAC": cheque}))
    firm.send(header("PORCHQ", "51.00", pays("2", "51.00")))
    made = perform(MakeSlip(Wanted("BNP")), Caller("desk", "cli", "998"), firm.store, firm.clock)
    assert made.result is not None, made.reasons
    return firm


def archived(firm: Firm, *more: str, name: str = "a.zip", status: int = 0) -> tuple[dict[str, Any], dict[str, bytes]]:
    arguments = ("archive", "--year", "2024", "--out", name, "--json", "--database", firm.address)
    ran = run_here(*arguments, *more, folder=firm.folder)
    assert ran.status == status, ran.err
    with zipfile.ZipFile(firm.folder / name) as archive:
        return ran.json, {file: archive.read(file) for file in archive.namelist()}


def test_every_file_is_listed_with_its_hash(firm: Firm) -> None:
    told, files = archived(firm)

    manifest = json.loads(files.pop("manifest.json"))
    assert {one["file"]: one["sha256"] for one in manifest["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert told["files"] == len(files) + 1
    assert (told["closed"], told["findings"], told["fec_conform"]) == (False, [], True)
    said = files["README.txt"].decode()
    for name in ("books/entry_lines.csv", "documents/received", "documents/slips", "proofs/chain.json", "books/fec/"):
        assert said.count(f"  {name}") == 2, "in French and in English"


def test_the_books_are_all_there(firm: Firm) -> None:
    _, files = archived(firm)

    lines = list(csv.DictReader(io.StringIO(files["books/entry_lines.csv"].decode())))
    ((count,),) = firm.ask("SELECT count(*) FROM entry_line")
    assert len(lines) == count
    entries = [json.loads(line) for line in files["books/entries.jsonl"].splitlines()]
    for entry in entries:
        assert hashlib.sha256((entry["before"] + entry["chained"]).encode()).hexdigest() == entry["hash"]
    chain = json.loads(files["proofs/chain.json"])
    assert (chain["hash_before"], chain["head"]) == (GENESIS, entries[-1]["hash"])
    assert [entry["before"] for entry in entries] == [GENESIS, *(entry["hash"] for entry in entries[:-1])]
    name = "books/fec/450219100FEC20241231.txt"
    assert judge(io.BytesIO(files[name]), Path(name).name, Pile).conform
    assert {row["piece"] for row in csv.DictReader(io.StringIO(files["books/due_items.csv"].decode()))} == {"1", "2"}
    vat = list(csv.DictReader(io.StringIO(files["books/vat_on_receipts.csv"].decode())))
    assert [(row["rate"], row["vat"]) for row in vat] == [("20", "100.00")]
    assert [json.loads(line)["code"] for line in files["books/third_parties.jsonl"].splitlines()] == ["C1"]


def test_the_documents_are_there_word_for_word(firm: Firm) -> None:
    _, files = archived(firm)

    known = [json.loads(line) for line in files["documents/received/documents.jsonl"].splitlines()]
    raws = firm.ask("SELECT id, raw FROM document ORDER BY id")
    assert [files[one["file"]] for one in known] == [bytes(raw) for _, raw in raws]
    outcomes = [json.loads(line) for line in files["documents/received/outcomes.jsonl"].splitlines()]
    assert [one["resultcode"] for one in outcomes] == [0, 0, 3]
    assert [one["kind"] for one in known] == ["settlement", "settlement", "settlement", "slip"]
    assert files["documents/slips/BNP-2024-000001.pdf"].startswith(b"%PDF")


def test_a_closed_year_gives_the_same_bytes_later(firm: Firm) -> None:
    firm.clock.at = datetime(2025, 2, 3, 9, 0, tzinfo=UTC)
    closed = run_here("year", "close", "2024", "--json", "--database", firm.address, folder=firm.folder)
    assert closed.status == 0, closed.err
    told, _ = archived(firm, name="a.zip")
    assert told["closed"]

    firm.done(header("PORCHQ", "600.00", pays("1", "600.00"), DATE="20250203"))
    archived(firm, name="b.zip")

    assert (firm.folder / "a.zip").read_bytes() == (firm.folder / "b.zip").read_bytes()


def test_what_the_check_finds_is_told_and_kept(firm: Firm) -> None:
    edit(firm.address, 'UPDATE header SET amount = amount + 1 WHERE "transaction" = 1')

    told, files = archived(firm, status=1)

    assert told["findings"]
    assert json.loads(files["proofs/verify.json"])["findings"] == told["findings"]


def test_a_year_that_is_none_is_refused(firm: Firm) -> None:
    ran = run_here("archive", "--year", "24", "--out", "x.zip", "--database", firm.address, folder=firm.folder)

    assert ran.status == 2
    assert not (firm.folder / "x.zip").exists()


def test_names_from_outside_lead_nowhere(firm: Firm) -> None:
    edit(
        firm.address,
        'INSERT INTO bank_file (dossier, id, name, format, sha256, received_at, "by", content)'
        " VALUES ('998', 1, '../../evil: x', 'camt.053', 'abc', '2024-10-21T10:00:00+00:00', 'me', "
        + ("'x'::bytea)" if POSTGRESQL else "x'78')"),
    )

    _, files = archived(firm)

    assert files["documents/bank/000001-.._.._evil__x"] == b"x"
    assert not [name for name in files if ".." in name.split("/") or name.startswith("/")]

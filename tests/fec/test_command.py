"""The commands `fec` and `head`: what they write, where, and how they end."""

import json
from pathlib import Path

import pytest

from tests.databases import edit
from tests.fec.corpus import NAME, ours
from tests.journeys.helpers import Firm, Ran, company, header, invoice, pays, run_here

SIREN = "356000000"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """An invoice of 2024, paid by a cheque."""
    made = Firm(tmp_path, company(siret=f"{SIREN}00048", invoices=[invoice("1", "120.00")]))
    made.done(header("PORCHQ", "120.00", pays("1", "120.00")))
    return made


def ran(firm: Firm, *arguments: str, stdin: bytes = b"") -> Ran:
    return run_here(*arguments, "--database", firm.address, folder=firm.folder, stdin=stdin)


def test_the_file_and_its_description_are_written_and_judged_sound(firm: Firm) -> None:
    done = ran(firm, "fec", "--year", "2024", "--out", "out", "--json")
    assert done.status == 0, done.err
    out = firm.folder / "out"
    assert sorted(path.name for path in out.iterdir()) == [f"{SIREN}FEC20241231.txt", f"descriptif-{SIREN}-20241231.md"]
    assert done.json["ok"]
    assert (done.json["findings"], done.json["provisional"], done.json["written"]) == ([], True, True)
    assert done.json["files"]["fec"] == f"out/{SIREN}FEC20241231.txt"
    assert ran(firm, "fec", "--check", f"out/{SIREN}FEC20241231.txt", "--json").json["file"]["entries"] == 2
    ((kind, subject, after),) = firm.ask("SELECT kind, subject, after FROM audit_event WHERE kind = 'export'")
    assert (kind, subject) == ("export", "FEC 2024")
    assert after.startswith(f"{SIREN}FEC20241231.txt, sha256 ")


def test_separator_and_encoding_are_chosen(firm: Firm) -> None:
    for separator, mark in (("tab", b"\t"), ("pipe", b"|")):
        for encoding, letter in (("utf-8", "è".encode()), ("iso-8859-15", b"\xe8"), ("ascii", b"Reglements")):
            options = ("--separator", separator, "--encoding", encoding)
            assert ran(firm, "fec", "--year", "2024", "--out", "out", *options).status == 0
            data = (firm.folder / "out" / f"{SIREN}FEC20241231.txt").read_bytes()
            assert data.startswith(b"JournalCode" + mark)
            assert letter in data


def test_what_would_not_conform_is_not_written(firm: Firm) -> None:
    edit(firm.address, "UPDATE entry SET number = 9 WHERE number = 2 AND year = '2024'")
    done = ran(firm, "fec", "--year", "2024", "--out", "out", "--json")
    assert done.status == 1
    assert [one["code"] for one in done.json["findings"]] == ["number_gap"]
    assert not done.json["written"]
    assert list((firm.folder / "out").iterdir()) == []
    told = ran(firm, "fec", "--year", "2024", "--out", "out")
    assert (told.status, "Rien n'a été écrit" in told.err) == (1, True)


def test_a_file_of_another_program_is_judged(firm: Firm) -> None:
    fec = ours()
    sound = firm.folder / NAME
    sound.write_bytes(fec.bytes())
    assert ran(firm, "fec", "--check", NAME).status == 0
    fec.set(3, "PieceRef", "")
    fec.set(4, "Credit", "200.00")
    sound.write_bytes(fec.bytes())
    done = ran(firm, "fec", "--check", str(sound), "--json")
    assert done.status == 1
    point, missing = done.json["findings"]
    assert (point["code"], point["level"], point["where"]) == ("decimal_point", "error", "ligne 6, colonne Credit")
    assert (missing["code"], missing["level"], missing["line"], missing["column"]) == (
        "data_missing",
        "missing",
        5,
        "PieceRef",
    )
    text = ran(firm, "fec", "--check", str(sound), "--lang", "en").out
    assert "error, line 6, column Credit: Credit: “200.00” has a decimal point" in text


def test_standard_input_is_judged_without_a_name(firm: Firm) -> None:
    assert ran(firm, "fec", "--check", "-", stdin=ours().bytes()).status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--year", "2024"],
        ["--out", "x"],
        [],
        ["--year", "nonsense", "--out", "x"],
        ["--year", "2024", "--out", "x", "--separator", ";"],
        ["--year", "2024", "--out", "x", "--encoding", "utf-16"],
        ["--year", "2024", "--out", "x", "--siren", "12"],
        ["--year", "2024", "--out", "content/x"],
        ["--check", "nowhere.txt"],
        ["--check", "."],
    ],
)
def test_what_cannot_be_carried_out_is_said_in_a_line(firm: Firm, arguments: list[str]) -> None:
    (firm.folder / "content").write_text("a file")
    done = ran(firm, "fec", *arguments)
    assert (done.status, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert done.err.count("\n") == 1


def test_a_head_that_was_kept_finds_an_end_that_was_made_anew(firm: Firm) -> None:
    assert ran(firm, "head", "--out", "head.json").status == 0
    kept = json.loads((firm.folder / "head.json").read_text())
    assert (kept["dossier"], kept["entries"], kept["number"]) == ("998", 2, "2024-000002")
    assert ran(firm, "head", "--json").json == kept
    assert kept["head"] in ran(firm, "head").out
    for given in ("head.json", kept["head"], kept["head"].upper()):
        assert ran(firm, "verify", "--head", given).status == 0
    other = firm.folder / "other.json"
    other.write_text(json.dumps(kept | {"head": "0" * 63 + "1"}))
    done = ran(firm, "verify", "--head", "other.json", "--json")
    assert (done.status, [one["code"] for one in done.json["findings"]]) == (1, ["head_not_found"])
    other.write_text("no head")
    assert ran(firm, "verify", "--head", "other.json").status == 2

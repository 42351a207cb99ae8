"""The bank by its commands, as a script sees it: exit statuses and JSON by the names of the interface."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bank.company import COMPANY, books, findings, invoice, ledger
from tests.bank.files import Move, camt, cfonb_file
from tests.journeys.helpers import run_here
from tests.world import World

FIRM = {
    "bank_matching": {"automatic": True},
    "invoices": COMPANY["invoices"] + [invoice(f"C{n}", f"FA-2026-0018{6 + n}", "842.17") for n in (1, 2)],
}  # fmt: skip
MOVES = [
    Move(84_217, label="VIR ANDROMEDE", complements=[("NPY", "ANDROMEDE SARL"), ("LCC", "FA-2026-00187")]),
    Move(84_217, label="VIR INCONNU"),
    Move(-1_250, label="FRAIS TENUE DE COMPTE"),
    Move(5, label="QUI SAIT"),
]


class Shell:
    """A folder with files, and the commands run there."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def run(self, *words: str, status: int = 0) -> Any:
        done = run_here(*words, "--json", "--database", self.world.address, folder=self.folder)
        assert done.status == status, done.err
        return json.loads(done.out) if done.out.strip() else None

    def read(self, *words: str, lang: str = "fr") -> str:
        done = run_here(*words, "--lang", lang, "--database", self.world.address, folder=self.folder)
        return done.out + done.err


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(books(tmp_path, **FIRM), tmp_path)


def test_a_statement_from_its_file_to_the_account_reconciled(shell: Shell) -> None:
    file = shell.file("releve.txt", cfonb_file(MOVES, opening=1_000))
    told = shell.run("bank", "import", file)
    assert [s["status"] for s in told["files"][0]["statements"]] == ["imported"]
    assert told["automatic"] == [1]
    assert shell.run("bank", "import", file)["files"][0]["known"] is True

    lines = shell.run("bank", "match")
    assert [(line["line"], line["position"], line["file"]) for line in lines] == [
        (n, n, "releve.txt") for n in (1, 2, 3, 4)
    ]  # fmt: skip
    first = lines[0]
    assert (first["amount"], first["currency"], first["date"]) == ("842.17", "EUR", "2026-11-05")
    assert (first["automatic"], first["kind"], first["status"]) == (True, "items", "matched")
    (proposal,) = first["proposals"]
    assert proposal["rank"] == 1
    assert proposal["slip"] is None
    (item,) = proposal["items"]
    assert (item["third_party"], item["piece"], item["due_date"], item["amount"]) == (
        "C1", "FA-2026-00187", "2026-10-31", "842.17",
    )  # fmt: skip
    assert all(reason["fr"] and reason["en"] for reason in proposal["reasons"])
    assert (lines[1]["automatic"], lines[2]["kind"], lines[3]["kind"]) == (False, "fee", "unknown")

    accepted = shell.run("bank", "accept", "3")
    assert (accepted["line"], accepted["kind"]) == (3, "fee")
    shell.run("bank", "accept", "3", status=1)
    shell.run("bank", "accept", "4", "--proposal", "9", status=1)
    assert shell.run("bank", "accept", "4", "--account", "471000")["entries"]
    assert shell.run("bank", "undo", "4")["line"] == 4
    shell.run("bank", "undo", "1")
    assert shell.run("bank", "match")[0]["status"] == "open", "what was undone is left to people"
    assert shell.run("bank", "accept", "1")["kind"] == "items"
    assert [line["line"] for line in shell.run("bank", "match", "--open")] == [2, 4]

    state = shell.run("bank", "reconcile", "--bank", "BNP", "--date", "2026-11-30")
    assert (state["proven"], state["statement"], state["difference"]) == (True, "1681.89", "0.00")
    assert [own["line"] for own in state["statement_only"]] == [2, 4]
    assert shell.run("bank", "list")[0]["open"] == 2
    assert len(shell.run("bank", "show", "1")["content"]) == 4
    assert findings(shell.world) == []


def test_nothing_settles_itself_unless_the_dossier_says_so(tmp_path: Path) -> None:
    shell = Shell(books(tmp_path, **FIRM | {"bank_matching": {"automatic": False}}), tmp_path)
    told = shell.run("bank", "import", shell.file("releve.txt", cfonb_file(MOVES)))
    assert told["automatic"] == []
    assert [line["automatic"] for line in shell.run("bank", "match")] == [False] * 4


def test_files_that_cannot_be_read_end_with_two_and_refused_ones_with_one(shell: Shell) -> None:
    assert shell.run("bank", "import", shell.file("x.csv", b"a;b"), status=2)["files"][0]["reasons"]
    wrong = cfonb_file([Move(1)], closing=5)
    assert shell.run("bank", "import", shell.file("x.txt", wrong), status=1)["files"][0]["reasons"]
    both = shell.file("y.txt", cfonb_file([], rib="9" * 21)), shell.file("z.xml", camt([Move(7)]))
    told = shell.run("bank", "import", *both, status=1)
    assert [bool(file["reasons"]) for file in told["files"]] == [True, False]
    shell.run("bank", "import", str(shell.folder / "nowhere"), status=2)
    shell.run("bank", "reconcile", "--bank", "XXX", status=2)
    shell.run("bank", "accept", "x", status=2)


def test_the_same_call_under_its_key_gives_the_same_answer(shell: Shell) -> None:
    shell.run("bank", "import", shell.file("releve.txt", cfonb_file(MOVES)))
    first = shell.run("bank", "accept", "3", "--key", "k")
    assert shell.run("bank", "accept", "3", "--key", "k") == first


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_everything_is_told_for_reading_too(shell: Shell, lang: str) -> None:
    text = shell.read("bank", "import", shell.file("releve.txt", cfonb_file(MOVES, currency="   ")), lang=lang)
    assert ("supposé" if lang == "fr" else "assumed") in text
    assert "FA-2026-00187" in shell.read("bank", "match", lang=lang)
    for words in (["accept", "4", "--account", "471000"], ["list"], ["show", "1"], ["undo", "4"]):
        assert shell.read("bank", *words, lang=lang).strip()


def test_vat_of_fees_and_what_nothing_is_proposed_for_by_the_command(tmp_path: Path) -> None:
    shell = Shell(books(tmp_path), tmp_path)
    rejected = Move(-41_800, label="CHEQUE IMPAYE ANDROMEDE", complements=[("NPY", "ANDROMEDE SARL")])
    shell.run("bank", "import", shell.file("releve.txt", cfonb_file([rejected, Move(5, label="QUI SAIT")])))
    assert shell.run("bank", "accept", "1", "--vat", "18.00", status=1)["reasons"][0]["code"] == "vat_beyond_fees"
    shell.run("bank", "accept", "1", "--vat", "3.00")
    assert (ledger(shell.world, "627800"), ledger(shell.world, "445660")) == (1_500, 300)
    assert "retour" in shell.read("bank", "match")
    assert "Aucune proposition" in shell.read("bank", "accept", "2")
    assert findings(shell.world) == []

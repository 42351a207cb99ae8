"""The commands: what they say, and bad input that is told with its place and never with a traceback."""

import json
from pathlib import Path

import pytest

from tests.journeys.helpers import Firm, Ran, run_here


def run(firm: Firm, *arguments: str) -> Ran:
    return run_here(*arguments, "--database", firm.address, folder=firm.folder)


def test_the_life_of_an_entry_by_its_commands(firm: Firm) -> None:
    rent = ("--date", "2024-10-15", "--label", "Loyer", "--piece", "L10", "--debit", "613200=1000.00")
    added = json.loads(run(firm, "draft", "add", *rent, "--credit", "512100=900", "--json").out)
    assert (added["number"], added["lines"][1]["balance"]) == ("1", "100.00")
    assert run(firm, "draft", "validate", "1").status == 1
    changed = run(firm, "draft", "change", "1", "--debit", "613200=1000.00", "--credit", "512100=1000.00", "--json")
    assert json.loads(changed.out)["label"] == "Loyer"
    assert "Loyer" in run(firm, "draft", "list").out
    done = json.loads(run(firm, "draft", "validate", "1", "--json").out)
    assert done == {"entries": [{"draft": "1", "entry": "2024-000002"}]}
    taken = json.loads(run(firm, "reverse", "2024-000002", "--reason", "double", "--date", "2024-10-20", "--json").out)
    assert (taken["entry"], taken["reverses"], taken["transactions"]) == ("2024-000003", "2024-000002", [])


def test_the_life_of_a_year_by_its_commands(firm: Firm) -> None:
    assert json.loads(run(firm, "period", "lock", "2024-08", "--json").out)["locked_until"] == "2024-08-31"
    assert run(firm, "period", "lock", "2024-08").status == 1
    assert run(firm, "period", "unlock", "2024-08", "--reason", "oubli").status == 0
    closed = json.loads(run(firm, "year", "close", "2022", "--json").out)
    assert (closed["result"], closed["warnings"]) == ("100.00", [])
    periods = json.loads(run(firm, "period", "list", "--json").out)
    assert (periods["closed_until"], len(periods["events"])) == ("2022-12-31", 3)
    years = {one["year"]: one for one in json.loads(run(firm, "year", "list", "--json").out)}
    assert (years["2022"]["state"], years["2022"]["head"], years["2023"]["state"]) == (
        "closed",
        closed["head"],
        "locked",
    )
    assert "clos" in run(firm, "year", "list", "--lang", "fr").out


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("twice.json", '{"lines": [{"account": "613200", "account": "6"}]}', 1),
        ("nested.json", '{"label": {"a": 1}, "lines": [{"account": ["x"]}, "s", [1]]}', 1),
        ("lines.json", '{"lines": "x"}', 1),
        ("many.json", '{"drafts": []}', 1),
        ("figures.json", '{"lines": [{"account": "613200", "debit": 1e3}]}', 1),
        ("strange.csv", "date;montant;account\n2024-10-01;5;613200\n", 1),
        ("wide.csv", "date;account\n2024-10-01;613200;9\n", 2),
        ("list.json", "[[1]]", 2),
        ("empty.json", "", 2),
        ("binary.json", "\x00\x01", 2),
    ],
)
def test_a_bad_file_is_told_and_leaves_nothing(firm: Firm, name: str, content: str, status: int) -> None:
    file: Path = firm.folder / name
    file.write_text(content, "utf-8")
    ran = run(firm, "draft", "add", str(file))
    assert (ran.status, "Traceback" in ran.err, bool(ran.err)) == (status, False, True)
    assert firm.ask("SELECT count(*) FROM draft")[0][0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("draft", "add", "--debit", "613200"),
        ("draft", "add", "--debit", "613200/a/b/c=1"),
        ("draft", "add", "nowhere.json"),
        ("draft", "show", "9"),
        ("draft", "validate", "x"),
        ("draft", "drop", "0"),
        ("reverse", "2024-999999999999999999", "--reason", "x"),
        ("reverse", "é", "--reason", "x"),
        ("year", "close", "99999"),
        ("year", "close", ""),
        ("period", "lock", "2024-13"),
        ("period", "unlock", "", "--reason", "x"),
    ],
)
def test_bad_arguments_are_told(firm: Firm, arguments: tuple[str, ...]) -> None:
    ran = run(firm, *arguments)
    assert ran.status in (1, 2)
    assert ran.err
    assert "Traceback" not in ran.err

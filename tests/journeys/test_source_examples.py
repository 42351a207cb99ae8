"""The source's five examples through the real command line, in every form and spelling that they may arrive in."""

import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lettrage.settlement import Caller, dialect, settle
from tests.databases import at_path, copy_at, keep_at
from tests.journeys.helpers import EXAMPLES, MovableClock, Ran, run

FOLDERS = sorted(EXAMPLES.iterdir())
NAMES = [folder.name for folder in FOLDERS]
LATER = MovableClock().now()
Books = dict[str, Any]


def database(folder: Path) -> str:
    return at_path(folder / "books.sqlite")


def ask(folder: Path, *arguments: str, stdin: bytes = b"") -> Ran:
    return run("--database", database(folder), *arguments, folder=folder, stdin=stdin)


@pytest.fixture(params=FOLDERS, ids=NAMES)
def example(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


# ---------------------------------------------------------------- exactly what the source expects


def test_an_example_gives_exactly_the_expected_books(example: Path, tmp_path: Path) -> None:
    expected = json.loads((example / "expected.json").read_text("utf-8"))
    assert ask(tmp_path, "load", str(example / "load.json"), "--json").status == 0

    settled = ask(tmp_path, "settle", str(example / "document.txt"))

    assert (settled.status, settled.err) == (0, "")
    assert settled.answer.error == 0
    assert settled.answer.result["common"]["resultcode"] == "0"
    assert ["done" if code == "0" else code for code in settled.answer.codes] == expected["settlements"]
    assert len(set(settled.answer.transactions)) == expected["transactions"]
    everything = ask(tmp_path, "entries", "--json").json
    entries = [entry for entry in everything if entry["transaction"] in settled.answer.transactions]
    assert len(entries) == expected["transactions"]
    if "entries" in expected:
        assert_entries_match(entries, expected["entries"])
    if "totals" in expected:
        assert totals(entries, list(expected["totals"])) == expected["totals"]
    if "open_after" in expected:
        items = ask(tmp_path, "items", "--all", "--json").json
        assert {i["piece"]: i["open_amount"] for i in items if i["piece"] and not i["previous"]} == expected[
            "open_after"
        ]
        assert {i["open_amount"].strip("0.") for i in items if i["piece"]} == {""}
    assert active(ask(tmp_path, "portfolio", "--json").json) == expected["active_instruments"]
    if "reglement_nums" in expected:
        assert [s["REGLEMENTNUM"] for s in settled.answer.settlements] == expected["reglement_nums"]
        assert [n for entry in entries for n in entry["reglement_nums"]] == expected["reglement_nums"]
    verified = ask(tmp_path, "verify", "--json")
    assert (verified.status, verified.json) == (0, {"ok": True, "findings": []})


def test_the_lowest_cheque_that_fits_is_deposited_and_numbers_go_on_above_the_loaded_ones(tmp_path: Path) -> None:
    example = EXAMPLES / "5-bank-deposits"
    ask(tmp_path, "load", str(example / "load.json"))

    settled = ask(tmp_path, "settle", "-", stdin=(example / "document.txt").read_bytes())

    assert settled.answer.transactions == ["662", "663"]
    said = settled.answer.settlements[0]["errormessage"]
    assert said == "Règlement n°17 : OK - La transaction 662 a été générée."
    left = ask(tmp_path, "portfolio", "--state", "C30", "--json").json
    assert [(i["transaction"], i["amount"]) for i in left] == [("103", "2400.00")]


def assert_entries_match(entries: list[dict[str, Any]], expected: list[list[list[str]]]) -> None:
    """The same entries, in document order; accounts are prefixes, the order of the lines is free."""
    assert len(entries) == len(expected)
    for entry, wanted in zip(entries, expected, strict=True):
        left = [(line["account"], line["debit"], line["credit"]) for line in entry["lines"]]
        for account, debit, credit in sorted(wanted, key=lambda line: -len(line[0])):
            found = next((x for x in left if x[0].startswith(account) and x[1:] == (debit, credit)), None)
            assert found is not None, (account, debit, credit, left)
            left.remove(found)
        assert left == []


def totals(entries: list[dict[str, Any]], prefixes: list[str]) -> dict[str, list[str]]:
    """Debit and credit per account prefix; every line belongs to one of them."""
    sums: dict[str, list[Decimal]] = {prefix: [Decimal("0.00"), Decimal("0.00")] for prefix in prefixes}
    for line in (line for entry in entries for line in entry["lines"]):
        (prefix,) = [p for p in prefixes if line["account"].startswith(p)]
        sums[prefix][0] += Decimal(line["debit"])
        sums[prefix][1] += Decimal(line["credit"])
    return {prefix: [str(debit), str(credit)] for prefix, (debit, credit) in sums.items()}


def active(portfolio: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for held in portfolio:
        sums[held["state"]][held["currency"]] += Decimal(held["amount"])
    return {state: {code: str(amount) for code, amount in held.items()} for state, held in sums.items()}


# ---------------------------------------------------------------- every form, every spelling: the same books

Tree = Any


def business(example: Path) -> Tree:
    """The example's business form as plain data; the tables under the names that the source gives them."""
    text = (example / "document.txt").read_text("utf-8")
    tree: Tree = dialect.parse(text).tree
    if "param" in tree:
        tree = dialect.parse(tree["param"]).tree
    return tree


def named(tree: Tree, spell: Callable[[str], str]) -> Tree:
    """The same tree with every name of a field spelt another way."""
    if isinstance(tree, dict):
        return {spell(name): named(value, spell) for name, value in tree.items()}
    return [named(part, spell) for part in tree] if isinstance(tree, list) else tree


def bare(tree: Tree) -> Tree:
    """The same tree with tables as lists of bare objects."""
    if isinstance(tree, list):
        return [bare(next(iter(row.values())) if len(row) == 1 else row) for row in tree]
    return {name: bare(value) for name, value in tree.items()} if isinstance(tree, dict) else tree


def alone(tree: Tree) -> Tree:
    """The same tree with every table of one row as that one object."""
    if isinstance(tree, list):
        return alone(tree[0]) if len(tree) == 1 else [alone(row) for row in tree]
    return {name: alone(value) for name, value in tree.items()} if isinstance(tree, dict) else tree


def mixed(name: str) -> str:
    return "".join(c.upper() if at % 2 else c.lower() for at, c in enumerate(name))


def single_quoted(tree: Tree) -> str:
    """As the utilities of an ERP write it: single quotes, an apostrophe left as it is, trailing commas."""
    if isinstance(tree, dict):
        return "{\n" + "".join(f"\t'{name}' : {single_quoted(value)},\n" for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[ " + "".join(f"{single_quoted(row)}, " for row in tree) + "]"
    return f"'{tree}'"


def full(param: Tree) -> str:
    return json.dumps({"action": "WEB_SERVICE_INFINITY", "access_token": "secret", "param": param})


def with_param_written_raw(tree: Tree) -> str:
    """The outer form in double quotes, the inner one in single quotes between them, as the source shows it."""
    return f'{{"action":"WEB_SERVICE_INFINITY",\n"access_token":"{{{{TOKEN}}}}",\n"param":"\n{single_quoted(tree)}"\n}}'


def fragment(tree: Tree) -> str:
    return f"'data': {single_quoted(without_parameters(tree))}"


def without_parameters(tree: Tree) -> Tree:
    """The data of a business form; what its parameters say of the establishment stands in the headers."""
    establishment = tree.get("action", {}).get("parameters", {}).get("etb", "")
    rows = [row["EnteteReglement"] for row in tree["data"]["EnteteReglementtb"]]
    headers = [{"EnteteReglement": {**row, "ETB": row.get("ETB", "").strip() or establishment}} for row in rows]
    return {"EnteteReglementtb": headers}


FORMS: dict[str, Callable[[Tree], str]] = {
    "full, param a string in single quotes": lambda tree: full(single_quoted(tree)),
    "full, param a string of strict JSON": lambda tree: full(json.dumps(tree)),
    "full, param a string with raw line breaks": with_param_written_raw,
    "full, param an object": full,
    "business": json.dumps,
    "business in single quotes": single_quoted,
    "data alone": lambda tree: json.dumps({"data": without_parameters(tree)}),
    "the table alone": lambda tree: json.dumps(without_parameters(tree)),
    "a fragment without its outer braces": fragment,
    "a fragment with a brace too many": lambda tree: fragment(tree) + "\n}",
}

SPELLINGS: dict[str, Callable[[Tree], Tree]] = {
    "names in capitals": lambda tree: named(tree, str.upper),
    "names in small letters": lambda tree: named(tree, str.lower),
    "names in both": lambda tree: named(tree, mixed),
    "tables as lists of bare objects": bare,
    "a table of one row as one object": alone,
    "a table of one row as one bare object": lambda tree: alone(bare(tree)),
}

ENCODINGS: dict[str, str] = {
    "UTF-8 with a byte order mark": "utf-8-sig",
    "Windows-1252": "cp1252",
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, Path], Path]:
    """Loads an example's company once and hands out copies of its books."""
    folder = tmp_path_factory.mktemp("loaded")
    made: set[Path] = set()

    def copy(example: Path, target: Path) -> Path:
        original = folder / f"{example.name}.sqlite"
        if original not in made:
            made.add(original)
            keep_at(original)
            loading = ("load", str(example / "load.json"), "--database", at_path(original))
            assert run(*loading, folder=folder).status == 0
        return copy_at(original, target / "books.sqlite")

    return copy


def books_after(data: bytes, file: Path) -> Books:
    """The answer and the books after a document."""
    from lettrage.adapters.store.books import SqlStore

    clock = MovableClock(LATER)
    store = SqlStore(at_path(file), clock)
    reply = settle(data, Caller("till", "command line"), store, clock)
    assert (reply.error, reply.refused) == (0, 0), reply.text
    answer = json.loads(json.loads(reply.text)["result"])["result"]
    with store.books("998", writing=False) as books:
        home = books.company.currency
        return {
            "answers": [(s["REGLEMENTNUM"], s["transactionId"], s["resultcode"]) for s in answer["response"]],
            "entries": books.entries(home),
            "items": books.items(clock.today(), "", everything=True),
            "portfolio": books.portfolio(home),
            "findings": store.audit("998"),
        }


_originals: dict[str, Books] = {}


@pytest.fixture
def original(example: Path, tmp_path: Path, loaded: Callable[[Path, Path], Path]) -> Books:
    """The books after the example as the source writes it."""
    if example.name not in _originals:
        folder = tmp_path / "original"
        folder.mkdir()
        _originals[example.name] = books_after((example / "document.txt").read_bytes(), loaded(example, folder))
    assert _originals[example.name]["findings"] == []
    return _originals[example.name]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_books(
    form: str, example: Path, original: Books, tmp_path: Path, loaded: Callable[[Path, Path], Path]
) -> None:
    text = FORMS[form](business(example))

    assert books_after(text.encode(), loaded(example, tmp_path)) == original


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("form", ["business", "full, param a string in single quotes"])
def test_every_spelling_gives_the_same_books(
    spelling: str, form: str, example: Path, original: Books, tmp_path: Path, loaded: Callable[[Path, Path], Path]
) -> None:
    text = FORMS[form](SPELLINGS[spelling](business(example)))

    assert books_after(text.encode(), loaded(example, tmp_path)) == original


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_same_books_and_the_same_labels(
    encoding: str, example: Path, original: Books, tmp_path: Path, loaded: Callable[[Path, Path], Path]
) -> None:
    data = (example / "document.txt").read_text("utf-8").encode(ENCODINGS[encoding])

    books = books_after(data, loaded(example, tmp_path))

    assert books == original
    labels = {entry["label"] for entry in books["entries"] if entry["transaction"]}
    assert not {label for label in labels if "Ã" in label or "�" in label}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_even_the_envelope_may_be_spelt_in_any_case(
    spelling: str, example: Path, original: Books, tmp_path: Path, loaded: Callable[[Path, Path], Path]
) -> None:
    envelope = {"action": "WEB_SERVICE_INFINITY", "access_token": "secret", "param": business(example)}

    text = json.dumps(SPELLINGS[spelling](envelope))

    assert books_after(text.encode(), loaded(example, tmp_path)) == original

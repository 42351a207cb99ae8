"""The FEC of real books: what it says is what the ledger says, and our own validator finds nothing in it."""

import io
import json
import os
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from lettrage.acts import perform
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.books.fec.columns import NAMES
from lettrage.books.fec.export import Export, Wanted, export
from lettrage.books.fec.text import Texts
from lettrage.books.fec.writing import Encoding, Separator, Style
from lettrage.piles import Pile
from lettrage.refusal import Stop
from lettrage.settlement import Caller
from tests.databases import ask, at_path
from tests.laws import test_machine
from tests.laws.generators import Page
from tests.laws.rich import RICH, detail, header, invoice, make, sent
from tests.world import FixedClock, World

SIREN = "356000000"
Row = dict[str, str]


def written(books: SqlBooks, year: str, style: Style | None = None) -> tuple[Export, list[Row]]:
    """The FEC of a year: what became of it, and its lines."""
    style = style or Style("pipe")
    file = io.BytesIO()
    done = export(books, Wanted(year, style, SIREN), books.today, file, Pile)
    text = file.getvalue().decode(style.encoding)
    assert text.endswith("\r\n")
    lines = [line.split("\t" if style.separator == "tab" else "|") for line in text.split("\r\n")[:-1]]
    assert tuple(lines[0]) == NAMES
    return done, [dict(zip(NAMES, line, strict=True)) for line in lines[1:]]


def minor(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fec") / "books.sqlite"
    make(path)
    return path


@pytest.fixture
def store(rich: Path) -> Any:
    opened = SqlStore(at_path(rich), FixedClock())
    yield opened
    opened.close()


def ledger(path: Path, dossier: str, year: str) -> Counter[tuple[str, str, str]]:
    """Number, account and sum of each line, from the tables themselves."""
    sql = (
        "SELECT e.number, l.account, l.debit - l.credit FROM entry e JOIN entry_line l ON l.dossier = e.dossier"
        " AND l.posting = e.posting WHERE e.dossier = ?1 AND e.year = ?2"
    )
    return Counter(
        (f"{year}-{number:06}", account, str(sum_)) for number, account, sum_ in ask(at_path(path), sql, dossier, year)
    )


@pytest.mark.parametrize("dossier", ["101", "102", "103", "104", "105", RICH])
def test_every_line_of_the_ledger_is_there_once_and_nothing_is_found(rich: Path, store: SqlStore, dossier: str) -> None:
    years = [row[0] for row in ask(at_path(rich), "SELECT DISTINCT year FROM entry WHERE dossier = ?1", dossier)]
    with store.books(dossier, writing=False) as books:
        for year in years:
            done, rows = written(books, year)
            assert done.verdict.ok, done.verdict.shape
            own = [row for row in rows if not row["EcritureNum"].endswith("-000000")]
            told = Counter(
                (row["EcritureNum"], row["CompteNum"], str(minor(row["Debit"]) - minor(row["Credit"]))) for row in own
            )
            assert told == ledger(rich, dossier, year)


@pytest.mark.parametrize("separator", ["tab", "pipe"])
@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15", "ascii"])
def test_every_style_says_the_same(store: SqlStore, separator: Separator, encoding: Encoding) -> None:
    with store.books(RICH, writing=False) as books:
        done, rows = written(books, "2025", Style(separator, encoding))
        _, plain = written(books, "2025")
    assert done.verdict.ok
    assert done.name == "356000000FEC20250630.txt"
    assert [row["Debit"] for row in rows] == [row["Debit"] for row in plain]
    opening = "A nouveaux" if encoding == "ascii" else "À nouveaux"
    assert rows[0]["JournalLib"] == opening


def test_the_year_begins_with_its_opening_and_what_it_completes_is_lettered_there(store: SqlStore) -> None:
    with store.books(RICH, writing=False) as books:
        _, rows = written(books, "2025")
        _, before = written(books, "2024")
    opening = [row for row in rows if row["EcritureNum"] == "2025-000000"]
    assert rows[: len(opening)] == opening
    assert {row["JournalCode"] for row in opening} == {"AN"}
    assert next(row["EcritureNum"] for row in rows if row not in opening) == "2025-000001"
    # Invoice 1 was sold in the first year and settled in the second.
    assert not any(row["EcritureLet"] for row in before)
    lettered = [row for row in rows if row["EcritureLet"] == "AA"]
    assert lettered[0] in opening
    assert sum(minor(row["Debit"]) - minor(row["Credit"]) for row in lettered) == 0


def test_a_foreign_line_tells_its_currency_signed_as_debit_less_credit(store: SqlStore) -> None:
    with store.books(RICH, writing=False) as books:
        _, rows = written(books, "2025")
    foreign = [row for row in rows if row["Idevise"]]
    assert {row["Idevise"] for row in foreign} == {"USD"}
    for row in foreign:
        assert (minor(row["Montantdevise"]) > 0) == (minor(row["Debit"]) > 0)
    with store.books("104", writing=False) as books:
        _, rows = written(books, "2023")
    assert {row["Montantdevise"] for row in rows if row["CompteNum"] == "411000"} >= {"1000,000", "-1000,000"}


def test_a_third_party_is_told_on_accounts_of_third_parties_alone(store: SqlStore) -> None:
    with store.books(RICH, writing=False) as books:
        _, rows = written(books, "2025")
    for row in rows:
        of_party = row["CompteNum"][:3] in ("401", "411", "419", "409")
        assert bool(row["CompAuxNum"]) == bool(row["CompAuxLib"]) == of_party


def test_a_year_is_provisional_until_it_is_closed(store: SqlStore) -> None:
    with store.books(RICH, writing=False) as books:
        done, _ = written(books, "2024")
        assert done.provisional
        assert "Fichier provisoire" in done.description
        assert books.head().head in done.description


def test_a_year_without_entries_has_a_heading_alone(store: SqlStore) -> None:
    with store.books("101", writing=False) as books:
        done, rows = written(books, "2010")
    assert rows == []
    assert [one.code for one in done.verdict.findings] == ["no_lines"]
    assert done.verdict.conform


@pytest.mark.parametrize(
    ("year", "siren", "code"),
    [("nonsense", SIREN, "unknown_year"), ("2025", "", "no_siren"), ("2025", "12", "malformed_option")],
)
def test_what_cannot_be_exported_is_refused(store: SqlStore, year: str, siren: str, code: str) -> None:
    with store.books(RICH, writing=False) as books, pytest.raises(Stop) as stop:
        export(books, Wanted(year, Style(), siren), books.today, io.BytesIO(), Pile)
    assert stop.value.refusal.code == code


def test_a_future_entry_does_not_put_the_order_of_validation_out(tmp_path: Path) -> None:
    """ValidDate is the later of the day of posting and the entry's date: numbers need not follow it."""
    world = _firm(tmp_path, [invoice("1", 10, "2026-11-25"), invoice("2", 20, "2026-11-19")])
    with world.store.books("1", writing=False) as books:
        done, rows = written(books, "2026")
    assert done.verdict.ok
    assert [row["EcritureNum"] for row in rows][::2] == ["2026-000002", "2026-000001"]


def test_texts_that_would_break_a_line_are_made_fit(tmp_path: Path) -> None:
    odd = invoice("A|B", 10, "2026-11-19") | {"third_party": "C|1"}
    party = {"code": "C|1", "kind": "customer", "name": "Łódź tab | « œuvre » € 漢"}
    world = _firm(tmp_path, [odd], [party])
    for encoding in ("utf-8", "iso-8859-15", "ascii"):
        with world.store.books("1", writing=False) as books:
            done, rows = written(books, "2026", Style("pipe", encoding))
        assert done.verdict.ok, done.verdict.shape
        assert (rows[0]["CompAuxNum"], rows[0]["PieceRef"]) == ("C 1", "A B")
    assert rows[0]["CompAuxLib"] == 'Lodz tab " oeuvre " EUR ?'


def test_what_an_encoding_lacks_is_spelt_with_what_it_has() -> None:
    assert Texts("utf-8", "\t").fit(" a\tb\r\n\x00c\u2028d|e\u00a0") == "a b c d|e"
    assert Texts("iso-8859-15", "|").fit("œuf à 3 € – Łódź") == "œuf à 3 € - Lódz"
    assert Texts("ascii", "\t").fit("½ ﬁn № 5 → ·") == "1/2 fin No 5 ? -"
    assert Texts("utf-8", "|").fit("½ → 漢") == "½ → 漢"


def test_a_doubtful_customer_is_lettered_on_both_accounts(tmp_path: Path) -> None:
    """What came back goes on as 416; it was sold the year before, so the opening names the chain's first item."""
    world = _firm(tmp_path, [invoice("1", 100, "2025-05-01")])
    taken = [header("PORCHQ", "C1", "100", detail("C1", "1", "100"), TRANSACDT="20251220")]
    assert sent(world, taken, "1").refused == 0
    caller = Caller("test", "test", "1")
    done = perform(
        ReportUnpaid(1, bank="BNP", to="416", day=date(2025, 12, 30)),
        caller,
        world.store,
        world.clock,
    )
    assert done.result is not None, done.reasons
    paid = [header("PORVIR", "C1", "100", detail("C1", "1", "100"), TRANSACDT="20260215")]
    assert sent(world, paid, "1").refused == 0
    with world.store.books("1", writing=False) as books:
        for year in ("2025", "2026"):
            export_, rows = written(books, year)
            assert export_.verdict.ok, export_.verdict.shape
    doubtful = [row for row in rows if row["CompteNum"] == "416000"]
    assert [(row["EcritureNum"], row["EcritureLet"]) for row in doubtful] == [
        ("2026-000000", "AA"),
        ("2026-000001", "AA"),
    ]


def _firm(folder: Path, invoices: list[dict[str, Any]], parties: list[dict[str, Any]] | None = None) -> World:
    world = World(folder / "firm.sqlite")
    record = {
        "code": "1",
        "name": "Essai",
        "currency": "EUR",
        "banks": [{"code": "BNP", "account": "512100", "currency": "EUR"}],
        "third_parties": [{"code": "C1", "kind": "customer", "name": "Client"}, *(parties or [])],
        "invoices": invoices,
    }
    loaded = world.load(json.dumps({"dossiers": [record]}).encode())
    assert not loaded.faults, [fault.say("en") for fault in loaded.faults]
    return world


# ---------------------------------------------------------------- random books


class LifeWithFec(test_machine.Money):
    """A random life of several companies; at its end the FEC of every year is sound."""

    def teardown(self) -> None:
        try:
            for code in self.models if self.sound else ():
                self._exported(code)
        finally:
            super().teardown()

    def _send(self, page: Page, *, dry: bool, key: str) -> None:
        super()._send(page, dry=False, key=key)  # what a dry run foretells is tried elsewhere

    def _exported(self, code: str) -> None:
        with self.books.store.books(code, writing=False) as books:
            years = [row[0] for row in books.rows("SELECT DISTINCT year FROM entry WHERE dossier = ?1")]
            for year in years:
                done, _ = written(books, year)
                assert done.verdict.ok, (code, year, done.verdict.shape)


def test_the_fec_of_random_books_is_sound() -> None:
    form = settings(test_machine.SHORT_FORM, max_examples=8, stateful_step_count=12)
    run_state_machine_as_test(LifeWithFec, settings=form)


@test_machine.long
@pytest.mark.long
def test_the_fec_of_hundreds_of_random_books_is_sound() -> None:
    runs = int(os.environ.get("LETTRAGE_RUNS", "500"))
    sys.stderr.write(f"\nseed {test_machine.SEED}, {runs} lives in {tempfile.gettempdir()}\n")
    form = settings(test_machine.LONG_FORM, max_examples=runs)
    run_state_machine_as_test(seed(test_machine.SEED)(LifeWithFec), settings=form)

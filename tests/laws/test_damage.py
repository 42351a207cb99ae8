"""The integrity check can fail: whatever is done to posted books behind the program's back is found."""

import random
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, NullPool, create_engine

from lettrage.adapters.store.auditing import audit
from lettrage.adapters.store.books import SqlStore
from lettrage.books import laws
from lettrage.books.chain import GENESIS, chained, columns
from lettrage.books.entry import Entry, Line
from lettrage.books.laws import Finding
from lettrage.company.dossier import Company
from lettrage.money import Currency
from tests import databases
from tests.databases import POSTGRESQL, ask, at_path, copy_at, sqlite_only, unguard
from tests.laws.rich import RICH, make
from tests.world import FixedClock

EUR = Currency("EUR", 2)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound books, to be copied before anything is done to them."""
    path = tmp_path_factory.mktemp("sound") / "books.sqlite"
    make(path)
    return path


@pytest.fixture
def books(sound: Path, tmp_path: Path) -> Path:
    return copy_at(sound, tmp_path / "books.sqlite")


def audited(path: Path, dossier: str = RICH, head: str | None = None) -> list[Finding]:
    store = SqlStore(at_path(path), FixedClock())
    with store.books(dossier, writing=False) as opened:
        return audit(opened.connection, dossier, opened.company, head)


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def edit(path: Path, *statements: str) -> None:
    """Change rows with the database's own tool, the program's guards put aside."""
    databases.edit(at_path(path), *statements)


def value(path: Path, sql: str) -> Any:
    return ask(at_path(path), sql)[0][0]


HERE = f"dossier = '{RICH}'"
OF_2025 = "CAST(years::jsonb->>'2025' AS BIGINT)" if POSTGRESQL else "json_extract(years, '$.2025')"
_SHORTER = "jsonb_set(years::jsonb, '{2025}', to_jsonb(%s))::text" if POSTGRESQL else "json_set(years, '$.2025', %s)"
SHORTER_YEAR = f"UPDATE dossier SET years = {_SHORTER} WHERE code = '{RICH}'"
# The entry of transaction 18, with its cheque on 511200.
POSTING = f'posting = (SELECT posting FROM entry WHERE {HERE} AND "transaction" = 18)'
CHEQUE = f"{HERE} AND {POSTING} AND account = '511200'"
PARTY = f"{HERE} AND {POSTING} AND third_party = 'C1'"


# ---------------------------------------------------------------- sound books


@pytest.mark.parametrize("dossier", ["101", "102", "103", "104", "105", RICH])
def test_what_the_engine_writes_obeys_every_law(sound: Path, dossier: str) -> None:
    assert audited(sound, dossier) == []


def test_the_rich_books_have_something_of_everything(sound: Path) -> None:
    for sql in (
        f"SELECT count(*) FROM allocation WHERE {HERE} AND successor IS NOT NULL",
        f"SELECT count(*) FROM allocation WHERE {HERE} AND operation = 'WAR'",
        f"SELECT count(*) FROM allocation WHERE {HERE} AND operation = 'WDC'",
        f"SELECT count(*) FROM vat_move WHERE {HERE}",
        f"SELECT count(*) FROM header WHERE {HERE} AND amount = 0",
        f"SELECT count(*) FROM header WHERE {HERE} AND currency = 'USD'",
        f"SELECT count(*) FROM instrument WHERE {HERE} AND active = 0",
        f"SELECT count(*) FROM instrument WHERE {HERE} AND direction = 'disbursement'",
        f"SELECT count(*) FROM due_item WHERE {HERE} AND settled_before <> 0",
        f"SELECT count(*) FROM \"transaction\" WHERE {HERE} AND kind = 'deposit' AND status = 'awaiting_slip'",
        f"SELECT count(*) FROM \"transaction\" WHERE {HERE} AND kind = 'loaded' AND status = 'awaiting_slip'",
        f"SELECT count(*) FROM dossier WHERE code = '{RICH}' AND years LIKE '%2025%'",
        f"SELECT count(*) FROM outcome WHERE {HERE} AND resultcode <> 0",
    ):
        assert value(sound, sql) > 0, sql


def test_every_head_ever_kept_is_found_in_sound_books(sound: Path) -> None:
    heads = [row[0] for row in ask(at_path(sound), f"SELECT hash FROM entry WHERE {HERE} ORDER BY posting")]
    for head in (GENESIS, heads[0], heads[-1], f" {heads[5].upper()}\n"):
        assert audited(sound, head=head) == []
    assert codes(audited(sound, head="f" * 64)) == {"head_not_found"}


# ---------------------------------------------------------------- planted damage: (code expected, statements)

DAMAGES: dict[str, tuple[str, list[str]]] = {
    "a line's amount, on one side": ("entry_unbalanced", [f"UPDATE entry_line SET debit = debit + 100 WHERE {CHEQUE}"]),
    "both sides, equally": (
        "chain_broken",
        [
            f"UPDATE entry_line SET debit = debit + 100 WHERE {CHEQUE}",
            f"UPDATE entry_line SET credit = credit + 100 WHERE {PARTY} AND line = (SELECT min(line) FROM entry_line"
            f" WHERE {PARTY} AND credit > 0)",
        ],
    ),
    "both sides of one line, equally": (
        "line_sides",
        [f"UPDATE entry_line SET debit = debit + 100, credit = credit + 100 WHERE {CHEQUE}"],
    ),
    "a line of nothing": (
        "line_sides",
        [f"INSERT INTO entry_line SELECT dossier, posting, 99, account, '', 0, 0, 'EUR', 0, NULL FROM entry_line"
         f" WHERE {CHEQUE}"],
    ),
    "all lines but one dropped": (
        "entry_too_short",
        [f"DELETE FROM entry_line WHERE {HERE} AND {POSTING} AND line > 1"],
    ),
    "the last line numbered anew": (
        "line_number",
        [f"UPDATE entry_line SET line = 99 WHERE {HERE} AND {POSTING} AND line = (SELECT max(line) FROM entry_line"
         f" WHERE {HERE} AND {POSTING})"],
    ),
    "an entry with its lines": (
        "posting_gap",
        [f"DELETE FROM entry_line WHERE {HERE} AND {POSTING}", f"DELETE FROM entry WHERE {HERE} AND {POSTING}"],
    ),
    "the same, seen from its transaction": (
        "transaction_without_entry",
        [f"DELETE FROM entry_line WHERE {HERE} AND {POSTING}", f"DELETE FROM entry WHERE {HERE} AND {POSTING}"],
    ),
    "two entries' labels swapped": (
        "chain_broken",
        [f"UPDATE entry SET label = (SELECT label FROM entry o WHERE o.{HERE} AND o.posting = 7 - entry.posting)"
         f" WHERE {HERE} AND posting IN (3, 4)"],
    ),
    "an entry's number": ("entry_number", [f"UPDATE entry SET number = number + 1000 WHERE {HERE} AND {POSTING}"]),
    "an entry's year": ("entry_year", [f"UPDATE entry SET year = '2024b' WHERE {HERE} AND {POSTING}"]),
    "an entry's transaction": (
        "transaction_entries",
        [f'UPDATE entry SET "transaction" = 17 WHERE {HERE} AND {POSTING}'],
    ),
    "an entry's text, kept out of the books' alphabet": (
        "unreadable",
        [f"UPDATE entry SET label = CAST(x'ff' AS TEXT) WHERE {HERE} AND {POSTING}"],
    ),
    "an entry's date, same day in another spelling": (
        "unreadable",
        [f"UPDATE entry SET date = replace(date, '-', '') WHERE {HERE} AND {POSTING}"],
    ),
    "a line's account": (
        "portfolio_balance",
        [f"UPDATE entry_line SET account = '512100' WHERE {CHEQUE}"],
    ),
    "a line's third party": (
        "third_party_balance",
        [f"UPDATE entry_line SET third_party = 'C2' WHERE {PARTY} AND credit > 0"],
    ),
    "a line's due item": ("item_lines", [f"UPDATE entry_line SET item = 2 WHERE {PARTY} AND credit > 0"]),
    "an open amount, the settled one to match": (
        "item_settled",
        [f"UPDATE due_item SET open = open - 100, settled = settled + 100 WHERE {HERE} AND piece = 'LAST'"],
    ),
    "an open amount beyond the amount": (
        "item_open",
        [f"UPDATE due_item SET open = open + 100, settled = -100 WHERE {HERE} AND piece = 'LAST'"],
    ),
    "an open amount alone": ("item_parts", [f"UPDATE due_item SET open = 1 WHERE {HERE} AND piece = 'LAST'"]),
    "an amount with its open part": (
        "item_origin",
        [f"UPDATE due_item SET open = 100, amount = 100 WHERE {HERE} AND piece = 'LAST'"],
    ),
    "an amount with all that is beside it": (
        "invoice_differs",
        [f"UPDATE due_item SET open = 100, amount = 100, origin_amount = 100 WHERE {HERE} AND piece = 'LAST'"],
    ),
    "what a due item carries": ("item_carried", [f"UPDATE due_item SET carried = 1 WHERE {HERE} AND piece = 'LAST'"]),
    "what the last of a chain carries": (
        "third_party_balance",
        [f"UPDATE due_item SET carried = carried - 1 WHERE {HERE} AND piece = '6' AND previous IS NOT NULL"],
    ),
    "the same, seen from the first of the chain": (
        "item_carried",
        [f"UPDATE due_item SET carried = carried - 1 WHERE {HERE} AND piece = '6' AND previous IS NOT NULL"],
    ),
    "an advance still open": (
        "third_party_balance",
        [f"UPDATE due_item SET carried = carried - 1 WHERE {HERE} AND kind = 'advance' AND open <> 0"],
    ),
    "a due item gone": ("third_party_balance", [f"DELETE FROM due_item WHERE {HERE} AND piece = 'LAST'"]),
    "a successor's previous": (
        "successor_differs",
        [f"UPDATE due_item SET previous = NULL WHERE {HERE} AND piece = '6' AND previous IS NOT NULL"],
    ),
    "a successor's due date": (
        "successor_differs",
        [f"UPDATE due_item SET due_date = '2025-01-31' WHERE {HERE} AND piece = '6' AND previous IS NOT NULL"],
    ),
    "a successor out of nowhere": (
        "successor_differs",
        [f"UPDATE due_item SET previous = 2 WHERE {HERE} AND piece = 'LAST'"],
    ),
    "what was passed on": (
        "item_passed_on",
        [f"UPDATE allocation SET amount = amount - 1 WHERE {HERE} AND operation = 'WPA' AND \"transaction\" = 24"],
    ),
    "an allocation's amount": (
        "item_settled",
        [f"UPDATE allocation SET amount = amount - 1, paid = paid - 1 WHERE {HERE} AND \"transaction\" = 18"
         " AND operation = 'PAYMENT'"],
    ),
    "what an allocation relieved": (
        "item_carried",
        [f"UPDATE allocation SET relieved_home = relieved_home - 1 WHERE {HERE} AND \"transaction\" = 18"
         " AND operation = 'PAYMENT'"],
    ),
    "what an allocation was worth": (
        "header_allocations",
        [f"UPDATE allocation SET value_home = value_home - 1 WHERE {HERE} AND \"transaction\" = 18"
         " AND operation = 'PAYMENT'"],
    ),
    "what an allocation paid": (
        "allocation_differs",
        [f"UPDATE allocation SET paid = paid - 1 WHERE {HERE} AND \"transaction\" = 18 AND operation = 'PAYMENT'"],
    ),
    "an allocation gone": (
        "header_allocations",
        [f"DELETE FROM allocation WHERE {HERE} AND \"transaction\" = 18 AND line = 1"],
    ),
    "a header's amount": (
        "header_instrument",
        [f'UPDATE header SET amount = amount + 1 WHERE {HERE} AND "transaction" = 18'],
    ),
    "a header gone": ("instrument_header", [f'DELETE FROM header WHERE {HERE} AND "transaction" = 18']),
    "an instrument active again": (
        "instrument_successors",
        [f'UPDATE instrument SET active = 1 WHERE {HERE} AND "transaction" = 18'],
    ),
    "the same, seen from its account": (
        "portfolio_balance",
        [f'UPDATE instrument SET active = 1 WHERE {HERE} AND "transaction" = 18'],
    ),
    "an instrument ended by nothing": (
        "instrument_successors",
        [f'UPDATE instrument SET active = 0 WHERE {HERE} AND "transaction" = 24'],
    ),
    "an instrument's amount": (
        "instrument_differs",
        [f'UPDATE instrument SET amount = amount + 1 WHERE {HERE} AND "transaction" = 18'],
    ),
    "an instrument's value": (
        "portfolio_balance",
        [f'UPDATE instrument SET home = home + 1 WHERE {HERE} AND "transaction" = 24'],
    ),
    "an instrument's state": (
        "unknown_state",
        [f"UPDATE instrument SET state = 'Q77' WHERE {HERE} AND \"transaction\" = 24"],
    ),
    "an instrument's bank": (
        "instrument_header",
        [f"UPDATE instrument SET bank = 'XXX' WHERE {HERE} AND \"transaction\" = 29"],
    ),
    "an instrument gone": ("header_instrument", [f'DELETE FROM instrument WHERE {HERE} AND "transaction" = 24']),
    "a cheque awaiting its slip taken for deposited": (
        "transaction_without_entry",
        [f"UPDATE \"transaction\" SET status = 'posted' WHERE {HERE} AND number = 30"],
    ),
    "a transaction's status": (
        "transaction_status",
        [f"UPDATE \"transaction\" SET status = 'forgotten' WHERE {HERE} AND number = 18"],
    ),
    "a transaction gone": ("transaction_gap", [f'DELETE FROM "transaction" WHERE {HERE} AND number = 18']),
    "the same, seen from its entry": (
        "entry_without_transaction",
        [f'DELETE FROM "transaction" WHERE {HERE} AND number = 18'],
    ),
    "a transaction's number": (
        "transaction_gap",
        [f'UPDATE "transaction" SET number = 1800 WHERE {HERE} AND number = 18'],
    ),
    "a loaded transaction's number": (
        "transaction_range",
        [f'UPDATE "transaction" SET number = 1100 WHERE {HERE} AND number = 11'],
    ),
    "a transaction's date": (
        "transaction_date",
        [f"UPDATE \"transaction\" SET date = '2024-10-16' WHERE {HERE} AND number = 18"],
    ),
    "the counter of transactions": (
        "transaction_counter",
        [f"UPDATE dossier SET next_transaction = next_transaction - 1 WHERE code = '{RICH}'"],
    ),
    "the counter of due items": ("counter_behind", [f"UPDATE dossier SET next_item = 3 WHERE code = '{RICH}'"]),
    "the counter of documents": ("counter_behind", [f"UPDATE dossier SET next_document = 3 WHERE code = '{RICH}'"]),
    "the counter of instruments": ("counter_behind", [f"UPDATE dossier SET next_instrument = 3 WHERE code = '{RICH}'"]),
    "the counter of entries": ("posting_counter", [f"UPDATE dossier SET postings = 3 WHERE code = '{RICH}'"]),
    "the counter of a year": ("year_counter", [SHORTER_YEAR % "3"]),
    "the head": ("head_differs", [f"UPDATE dossier SET head = '{GENESIS}' WHERE code = '{RICH}'"]),
    "an outcome's transaction": (
        "outcome_transaction",
        [f'UPDATE outcome SET "transaction" = 4711 WHERE {HERE} AND "transaction" = 18'],
    ),
    "a refused outcome's transaction": (
        "outcome_transaction",
        [f'UPDATE outcome SET "transaction" = 18 WHERE {HERE} AND resultcode <> 0'],
    ),
    "a number that is none": ("unreadable", [f"UPDATE due_item SET carried = 'mille' WHERE {HERE} AND piece = 'LAST'"]),
    "a reference to nothing": ("foreign_key", [f"UPDATE due_item SET invoice = 4711 WHERE {HERE} AND piece = 'LAST'"]),
    "the counters themselves": ("unreadable", [f"UPDATE dossier SET postings = 'douze' WHERE code = '{RICH}'"]),
}  # fmt: skip


# What PostgreSQL's columns cannot hold at all.
UNTYPED = {"an entry's text, kept out of the books' alphabet", "a number that is none", "the counters themselves"}


@pytest.mark.parametrize("damage", [pytest.param(d, marks=sqlite_only if d in UNTYPED else ()) for d in DAMAGES])
def test_damage_is_found(books: Path, damage: str) -> None:
    expected, statements = DAMAGES[damage]
    edit(books, *statements)
    findings = audited(books)
    assert expected in codes(findings)
    assert all(finding.message and (finding.where or "autre(s)" in finding.message) for finding in findings)


def test_damage_to_one_dossier_is_not_laid_at_anothers_door(books: Path) -> None:
    edit(books, f"UPDATE entry SET label = 'x' WHERE {HERE} AND {POSTING}")
    assert codes(audited(books)) == {"chain_broken"}
    assert audited(books, "101") == []


def test_figures_are_told_as_decimal_text(books: Path) -> None:
    edit(books, f"UPDATE entry_line SET debit = debit + 100 WHERE {CHEQUE}")
    told = next(finding for finding in audited(books) if finding.code == "entry_unbalanced")
    assert told.message == "L'écriture n'est pas équilibrée : débit 1719.17, crédit 1718.17."
    assert told.where == "écriture 2025-000015"


def test_many_findings_of_one_kind_are_cut_and_counted(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lettrage.adapters.store.auditing.SHOWN", 3)
    edit(books, f"UPDATE entry SET label = label || '.' WHERE {HERE}")
    count = value(books, f"SELECT count(*) FROM entry WHERE {HERE}")
    broken = [finding.message for finding in audited(books) if finding.code == "chain_broken"]
    assert len(broken) == 4
    assert broken[-1] == f"Et {count - 3} autre(s) constat(s) de ce genre."


# ---------------------------------------------------------------- the tail: only a head kept elsewhere shows it


def test_a_tail_cut_off_without_a_trace_is_found_by_a_head_kept_elsewhere(books: Path) -> None:
    kept = value(books, f"SELECT head FROM dossier WHERE code = '{RICH}'")
    last = f"{HERE} AND posting = (SELECT postings FROM dossier WHERE code = '{RICH}')"
    edit(
        books,
        f"DELETE FROM due_item WHERE {HERE} AND piece = 'LAST'",
        f"DELETE FROM invoice WHERE {HERE} AND number = 'LAST'",
        SHORTER_YEAR % f"{OF_2025} - 1",
        f"DELETE FROM entry_line WHERE {last}",
        f"DELETE FROM entry WHERE {last}",
        f"UPDATE dossier SET postings = postings - 1, head = (SELECT hash FROM entry WHERE {HERE}"
        f" ORDER BY posting DESC LIMIT 1) WHERE code = '{RICH}'",
    )
    assert audited(books) == []
    assert codes(audited(books, head=kept)) == {"head_not_found"}


def test_a_tail_recomputed_is_found_by_a_head_kept_elsewhere(books: Path) -> None:
    kept = value(books, f"SELECT head FROM dossier WHERE code = '{RICH}'")
    edit(books, f"UPDATE entry SET label = 'Autre chose' WHERE {HERE} AND posting > 20")
    recompute(books)
    assert audited(books) == []
    assert codes(audited(books, head=kept)) == {"head_not_found"}


def recompute(path: Path) -> None:
    """What a forger would do: give every entry the hash that fits what it now says."""
    address, head, edits = at_path(path), GENESIS, list[str]()
    for row in ask(address, f"SELECT * FROM entry WHERE {HERE} ORDER BY posting"):
        posting, year, number, day, valid, at, journal, label, piece, transaction, slip, reversal, _ = row[1:]
        sql = (
            "SELECT account, debit - credit, currency, amount, third_party, item FROM entry_line"
            f" WHERE {HERE} AND posting = ?1 ORDER BY line"
        )
        lines = tuple(
            Line(account, home, Currency(code, 0), amount, party, item)
            for account, home, code, amount, party, item in ask(address, sql, posting)
        )
        entry = Entry(date.fromisoformat(day), journal, label, piece, lines, transaction, slip, reversal)
        head = chained(head, columns(posting, year, number, date.fromisoformat(valid), at, entry))
        edits.append(f"UPDATE entry SET hash = '{head}' WHERE {HERE} AND posting = {posting}")
    edit(path, *edits, f"UPDATE dossier SET head = '{head}' WHERE code = '{RICH}'")


# ---------------------------------------------------------------- any column of any entry


@sqlite_only
def test_any_edit_of_any_column_of_an_entry_or_a_line_is_found(books: Path) -> None:
    """300 edits drawn at random, every column met; the chain and the laws alone must find them, not SQLite."""
    draw = random.Random(20241021)
    store = SqlStore(at_path(books), FixedClock())
    with store.books(RICH, writing=False) as opened:
        company = opened.company
    met: set[tuple[str, str]] = set()
    with store.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        done = 0
        while done < 300:
            changed = _edited(connection, raw, company, draw)
            if changed is not None:
                met.add(changed)
                done += 1
        columns_of = {
            (table, row[1]) for table in ("entry", "entry_line") for row in raw.execute(f"PRAGMA table_info({table})")
        }
    assert met == columns_of


def _edited(
    connection: Connection, raw: sqlite3.Connection, company: Company, draw: random.Random
) -> tuple[str, str] | None:
    """Change one value of one row, check that it is found, take it back. None where nothing could be changed."""
    table = draw.choice(["entry", "entry_line"])
    names = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
    column = draw.choice(names)
    keys = "posting = ?" if table == "entry" else "posting = ? AND line = ?"
    rows = raw.execute(f"SELECT * FROM {table} WHERE {HERE}").fetchall()
    row = draw.choice(rows)
    old, key = row[names.index(column)], row[1 : 1 + keys.count("?")]
    new = _another(old, [r[names.index(column)] for r in rows], draw)
    connection.exec_driver_sql("BEGIN")
    try:
        unguard(raw)
        raw.execute(f'UPDATE {table} SET "{column}" = ? WHERE {HERE} AND {keys}', (new, *key))
        findings = codes(audit(connection, RICH, company)) - {"file_damaged", "foreign_key"}
        assert findings, f"{table}.{column} {key}: {old!r} -> {new!r}"
    except sqlite3.IntegrityError:
        return None  # another row has this key, or the column wants a value
    finally:
        raw.rollback()
    return (table, column)


def _another(old: Any, values: list[Any], draw: random.Random) -> Any:
    """A value that differs as stored: near the old one, of another row, of another type, or none."""
    new = old
    while new == old or str(new) == str(old):
        near = old + draw.choice([-1, 1, 100]) if isinstance(old, int) else f"{old or ''}{draw.choice('x 0')}"
        new = draw.choice([near, near, draw.choice(values), None, "", 0, b"\x00"])
    return new


# ---------------------------------------------------------------- damage below the rows


@sqlite_only
def test_a_file_damaged_in_its_pages_is_reported_not_raised(sound: Path, tmp_path: Path) -> None:
    """Pages of the tables and indexes overwritten at random: a finding each time something of it is read."""
    draw = random.Random(7)
    whole = sound.read_bytes()
    with SqlStore(at_path(sound), FixedClock()).books(RICH, writing=False) as opened:
        company = opened.company
    found = 0
    for trial in range(25):
        page = draw.randrange(2, len(whole) // 4096)
        path = tmp_path / f"{trial}.sqlite"
        path.write_bytes(whole[: page * 4096] + draw.randbytes(4096) + whole[(page + 1) * 4096 :])
        found += bool(_of_damaged(path, company))
    assert found == 25


def _of_damaged(path: Path, company: Company) -> list[Finding]:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        return audit(connection, RICH, company)


def test_a_dossier_that_is_not_there_is_a_finding(sound: Path) -> None:
    with SqlStore(at_path(sound), FixedClock()).books(RICH, writing=False) as opened:
        assert codes(audit(opened.connection, "nowhere", opened.company)) == {"no_dossier"}


# ---------------------------------------------------------------- laws without a database


def test_a_law_is_a_function_over_rows() -> None:
    sound = laws.ItemRow(1, "customer", "C1", "7", "EUR", 100, 0, 100, 0, 0, 0, 100, 100, None, 100, 0, 100, 0)
    assert list(laws.items([sound], EUR)) == []
    lines_wrong = laws.ItemRow(1, "customer", "C1", "7", "EUR", 100, 0, 100, 0, 0, 0, 100, 100, None, 100, 0, 100, -5)
    told = Finding(
        "item_lines",
        "Lignes d'écriture de l'échéance : -0.05 trouvé, 0.00 attendu (EUR).",
        "échéance 1 (C1 7)",
    )
    assert list(laws.items([lines_wrong], EUR)) == [told]


def test_lines_of_an_entry_that_is_gone_do_not_shift_the_others() -> None:
    def entry(posting: int) -> laws.EntryRow:
        day = date(2024, 1, 1)
        return laws.EntryRow(posting, "2024", posting, day, day, "", "VE", "", "", None, None, None, "")

    def line(posting: int, number: int) -> laws.LineRow:
        return laws.LineRow(posting, number, "411000", "", 1, 0, "EUR", 1, None)

    lines = [line(1, 1), line(2, 1), line(2, 2), line(3, 1), line(9, 1)]
    paired = [(e.posting, [i.line for i in own]) for e, own in laws.together(map(entry, [1, 3, 4]), lines)]
    assert paired == [(1, [1]), (3, [1]), (4, [])]

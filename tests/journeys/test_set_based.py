"""The work of a document does not grow with the books, and its questions to the books do not grow with the document."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from lettrage.adapters.store.sql import run as run_sql
from tests.databases import PARTITIONED, POSTGRESQL, sqlite_only
from tests.journeys.helpers import (
    ROOT,
    TODAY,
    Answer,
    Firm,
    advance,
    company,
    deposit,
    environment,
    header,
    instrument,
    invoice,
    pays,
)

MOST_STATEMENTS = 30
# The standard of the specification: everything but BEGIN and COMMIT. On a cluster each table is written to by itself.
MOST_STATEMENTS_FOR_ONE = 18 if PARTITIONED else 12
MOST_MEGABYTES = 300
SIZES = (1, 50, 1000)
CRITERIA = 10_000  # from here on cheques are searched by their amount
EVERYTHING = 5  # kinds of settlement in one document of everything
BOUNDARIES = ("BEGIN", "COMMIT", "ROLLBACK")


class Statements(list[tuple[str, Any]]):
    """The statements sent to the store, with their values; one with many rows of values counts once."""

    @property
    def work(self) -> list[tuple[str, Any]]:
        return [(sql, values) for sql, values in self if not sql.startswith(BOUNDARIES)]

    @property
    def commits(self) -> int:
        return sum(1 for sql, _ in self if sql == "COMMIT")


@contextmanager
def listening(firm: Firm) -> Iterator[Statements]:
    heard = Statements()

    def hear(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        heard.append((sql, values[0] if many else values))

    event.listen(firm.store.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(firm.store.engine, "before_cursor_execute", hear)


def rich(folder: Path, size: int, **more: Any) -> Firm:
    """A firm with enough invoices, cheques and advances for `size` settlements of each kind."""
    kept = {"third_party": "C1", "currency": "EUR", "amount": "5.00", "date": "2024-09-02"}
    advances = [kept | {"transaction": str(200_000 + n)} for n in range(size)]
    vat = {"vat_due": "receipts", "vat": [{"rate": "20", "base": "100.00", "amount": "20.00"}]}
    invoices = [invoice(f"P{n}", "120.00", **vat) for n in range(size)]
    invoices += [invoice(f"Q{n}", "120.00", currency="USD", rate="0.90") for n in range(size)]
    cheques = [instrument(str(100_000 + n), f"{n + 1}.00") for n in (*range(size), *range(CRITERIA, CRITERIA + size))]
    rates = [{"currency": "USD", "date": "2024-10-01", "rate": "0.95"}]
    content = company(invoices=invoices, portfolio=cheques, advances=advances, rates=rates, discount_vat="adjust")
    return Firm(folder, content | more)


def everything(size: int, first: int = 0) -> list[dict[str, Any]]:
    """`size` settlements of each kind: with difference and remainder, foreign, prepaid, deposits of both sorts."""
    headers = []
    for n in range(first, first + size):
        consumed = advance("-5", TRANSAC=str(200_000 + n))
        partly = [pays(f"P{n}", "100"), pays(f"P{n}", "1", "WDR"), pays(f"P{n}", "4", "WE"), pays(f"P{n}", "15", "WPA")]
        headers += [
            header("PORCHQ", "95", *partly, consumed, REGLEMENTNUM=str(n)),
            header("PORVIR", "120", pays(f"Q{n}", "120"), CURRENCY="USD"),
            header("PORCHQ", "7", advance("7"), LABEL=f"acompte {n}"),
            deposit("REMCDI", {"TRANSAC": str(100_000 + n)}),
            deposit("REMCHQ", {"TIERS": "C1", "ETATORI": "C30", "MTORI": f"{CRITERIA + n + 1}"}),
        ]
    return headers


def settled(firm: Firm, headers: list[dict[str, Any]], **parameters: Any) -> tuple[Statements, Answer]:
    with listening(firm) as heard:
        answer = firm.send(*headers, **parameters)
    return heard, answer


# ---------------------------------------------------------------- statements


def test_the_number_of_statements_does_not_depend_on_the_number_of_settlements(tmp_path: Path) -> None:
    counts = {}
    for size in SIZES:
        folder = tmp_path / str(size)
        folder.mkdir()
        firm = rich(folder, size, chronological_numbers=["till"])
        heard, answer = settled(firm, everything(size))
        assert set(answer.codes) == {"0"}, {str(s["reasons"]) for s in answer.settlements}
        assert len(answer.codes) == EVERYTHING * size
        assert heard.commits == 1
        counts[size] = len(heard.work)

    few, *many = counts.values()  # few rows travel together, and may take fewer statements
    assert len(set(many)) == 1, counts
    assert few <= many[0] <= MOST_STATEMENTS
    print(f"statements by settlements of five kinds: {counts}")  # noqa: T201  (asked for)


SINGLE = {
    "a payment": (header("PORCHQ", "120", pays("P0", "120")), {}),
    "a payment under a key": (header("PORCHQ", "120", pays("P0", "120")), {"key": "k1"}),
    "a payment numbered for ever": (header("PORCHQ", "120", pays("P0", "120"), REGLEMENTNUM="17"), {"key": "k1"}),
    "two invoices": (header("PORCHQ", "240", pays("P0", "120"), pays("P1", "120")), {"key": "k1"}),
    "with discount, difference and remainder": (
        header(
            "PORCHQ", "100", pays("P0", "100"), pays("P0", "1", "WDR"), pays("P0", "4", "WE"), pays("P0", "15", "WPA")
        ),
        {"key": "k1"},
    ),
    "in dollars": (header("PORVIR", "120", pays("Q0", "120"), CURRENCY="USD"), {"key": "k1"}),
    "an advance": (header("PORCHQ", "7", advance("7")), {"key": "k1"}),
    "with an advance consumed": (
        header("PORCHQ", "115", pays("P0", "120"), advance("-5", TRANSAC="200000")),
        {"key": "k1"},
    ),
    "a deposit by transaction": (deposit("REMCDI", {"TRANSAC": "100000"}), {"key": "k1"}),
    "a deposit by criteria": (
        deposit("REMCDI", {"TIERS": "C1", "ETATORI": "C30", "MTORI": f"{CRITERIA + 1}"}),
        {"key": "k1"},
    ),
    "refused": (header("PORCHQ", "90", pays("P0", "90")), {"key": "k1"}),
}


@pytest.mark.parametrize("kind", SINGLE)
def test_one_settlement_takes_few_statements(kind: str, tmp_path: Path) -> None:
    firm = rich(tmp_path, 2, chronological_numbers=["till"])
    settlement, parameters = SINGLE[kind]

    heard, answer = settled(firm, [settlement], **parameters)

    assert answer.codes == ["3" if kind == "refused" else "0"], answer.text
    print(f"{kind}: {len(heard.work)} statements")  # noqa: T201  (asked for)
    assert len(heard.work) <= MOST_STATEMENTS_FOR_ONE, [sql for sql, _ in heard.work]


def test_a_document_that_is_refused_asks_no_more_than_one_that_is_done(tmp_path: Path) -> None:
    firm = rich(tmp_path, 50)
    wrong = [header | {"THIRDPARTY": "C9"} for header in everything(50)]

    heard, answer = settled(firm, wrong)

    assert "0" not in {code for at, code in enumerate(answer.codes) if at % EVERYTHING < 3}
    assert heard.commits == 1
    assert len(heard.work) <= MOST_STATEMENTS


def test_a_replayed_document_asks_no_more_than_the_first(tmp_path: Path) -> None:
    firm = rich(tmp_path, 50)
    first, _ = settled(firm, everything(50))

    again, answer = settled(firm, everything(50))

    assert set(answer.codes) == {"0"}
    assert len(again.work) <= max(len(first.work), MOST_STATEMENTS_FOR_ONE + 2)  # what became of them is asked too
    assert again.commits == 1


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    heard, answer = settled(rich(tmp_path, 1), everything(1), dryrun="1")

    assert set(answer.codes) == {"0"}
    assert all(sql.lstrip().startswith(("SELECT", "WITH RECURSIVE")) for sql, _ in heard.work)


# ---------------------------------------------------------------- plans


def test_every_question_to_the_books_is_answered_by_an_index(tmp_path: Path) -> None:
    firm = rich(tmp_path, LIFE + 1, chronological_numbers=["till"])
    live(firm)
    heard, answer = settled(firm, everything(1, LIFE), key="last")
    heard_again, _ = settled(firm, everything(1, LIFE))
    assert set(answer.codes) == {"0"}
    asked = {sql: values for sql, values in (*heard.work, *heard_again.work) if not sql.startswith("INSERT")}
    assert len(asked) > 10

    slow = {sql: steps for sql, values in asked.items() if (steps := slow_steps(firm, sql, values))}

    assert slow == {}, "\n".join(f"{steps}: {sql}" for sql, steps in slow.items())


LIFE = 100 if POSTGRESQL else 1  # settlements of each kind done before: PostgreSQL plans by what the tables hold
# Tables with a row or a few per dossier; all others hold the whole life of a company.
SMALL = {"dossier"}
STEP = re.compile(r"(?P<verb>SCAN|SEARCH) (?P<name>\w+)(?: USING [^(]*)?(?:\((?P<terms>.*)\))?$")


def slow_steps(firm: Firm, sql: str, values: Any) -> list[str]:
    """The steps of a plan that read a whole table, or all that a dossier has in it."""
    if POSTGRESQL:
        return slow_nodes(firm, sql, values)
    with firm.store.engine.connect() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
    # The rows of an inner question, found before, may be read through.
    found_before = {(parent, step.split()[1]) for _, parent, _, step in steps if step.startswith("CO-ROUTINE ")}
    return [step for _, parent, _, step in steps if reads_too_much(step, parent, found_before)]


def live(firm: Firm) -> None:
    """Let a firm live for a while; then the statistics that the server gathers by itself. On SQLite they are fixed."""
    assert set(firm.send(*everything(LIFE)).codes) == {"0"}
    if POSTGRESQL:
        parties = [{"code": f"X{n}", "kind": "customer", "name": f"Client {n}"} for n in range(LIFE)]
        rates = [
            {"currency": "USD", "date": (TODAY - timedelta(days=n)).isoformat(), "rate": "0.95"} for n in range(LIFE)
        ]
        firm.load({"code": "998", "third_parties": parties, "rates": rates})
        for n in range(LIFE):
            firm.send(header("PORCHQ", f"{n + 1}", advance(f"{n + 1}")), key=f"k{n}")
        with firm.store.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")


def slow_nodes(firm: Firm, sql: str, values: Any) -> list[str]:
    """The same of PostgreSQL's plan."""
    with firm.store.engine.connect() as connection:
        ((plans,),) = (
            run_sql(connection, f"EXPLAIN (FORMAT JSON) {sql}", values)
            if isinstance(values, tuple)
            else (connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", values))
        )
    return [
        f"{node['Node Type']} {node.get('Relation Name', node.get('Index Name'))} {node.get('Index Cond', '')}"
        for node in nodes(plans[0]["Plan"])
        if node_reads_too_much(node)
    ]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def node_reads_too_much(node: dict[str, Any]) -> bool:
    table = re.sub(r"_p\d+$", "", node.get("Relation Name", ""))  # a part of one that is spread
    if table in (*SMALL, "rate"):  # every rate of a currency is asked for: a good part of them all
        return False
    searched = node["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
    return node["Node Type"] == "Seq Scan" or (searched and " AND " not in node.get("Index Cond", ""))


def reads_too_much(step: str, parent: int, found_before: set[tuple[int, str]]) -> bool:
    found = STEP.match(step)
    if found is None or found["name"] in SMALL or "VIRTUAL TABLE" in step:
        return False  # a step of the question itself, such as sorting what was found, or reading its list of keys
    if found["verb"] == "SCAN":
        return (parent, found["name"]) not in found_before
    terms = (found["terms"] or "").split(" AND ")
    return len([term for term in terms if not term.startswith("ANY(")]) < 2


def test_the_check_of_plans_knows_a_slow_one(tmp_path: Path) -> None:
    firm = rich(tmp_path, LIFE + 1)
    live(firm)

    assert slow_steps(firm, "SELECT * FROM due_item d WHERE d.dossier = ?1 AND d.open <> 0", ("998",))
    assert slow_steps(firm, "SELECT * FROM outcome o WHERE o.identity = ?1", ("x",))
    assert slow_steps(firm, "SELECT * FROM document WHERE received_at > ?1", ("2024",))
    assert not slow_steps(firm, "SELECT * FROM due_item d WHERE d.dossier = ?1 AND d.id = ?2", ("998", 1))


@contextmanager
def counting(firm: Firm) -> Iterator[list[int]]:
    """Counts the steps that SQLite's machine takes, in hundreds: a measure of work that is the same everywhere."""
    hundreds = [0]

    def step() -> int:
        hundreds[0] += 1
        return 0

    def watch(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_progress_handler(step, 100)

    event.listen(firm.store.engine, "connect", watch)
    firm.store.engine.dispose()  # it is a new connection that is watched
    yield hundreds
    event.remove(firm.store.engine, "connect", watch)


ONE_OF_MANY = {
    "a payment": header("PORCHQ", "120", pays("P7", "120")),
    "an advance": header("PORCHQ", "9", advance("9")),
    "an advance consumed": header("PORCHQ", "115", pays("P7", "120"), advance("-5", TRANSAC="200007")),
    "a deposit by transaction": deposit("REMCDI", {"TRANSAC": "100007"}),
    "a deposit by criteria": deposit("REMCDI", {"TIERS": "C1", "ETATORI": "C30", "MTORI": f"{CRITERIA + 8}"}),
    "a deposit by criteria in its currency": deposit(
        "REMCDI", {"TIERS": "C1", "ETATORI": "C30", "MTDEVORI": f"{CRITERIA + 8}", "DEV": "EUR"}
    ),
}


@sqlite_only
@pytest.mark.parametrize("kind", ONE_OF_MANY)
def test_one_settlement_takes_no_longer_when_thirty_times_as_much_is_open(kind: str, tmp_path: Path) -> None:
    work = []
    for size in (50, 1500):
        folder = tmp_path / str(size)
        folder.mkdir()
        firm = rich(folder, size)
        with counting(firm) as hundreds:
            assert firm.send(ONE_OF_MANY[kind]).codes == ["0"]
        work.append(hundreds[0])

    few, many = work
    assert few > 0
    assert many <= 2 * few, f"{few} with few open items, {many} with many"


@sqlite_only
def test_plans_rest_on_fixed_statistics_that_nothing_measures_again(tmp_path: Path) -> None:
    firm = rich(tmp_path, 1)
    before = firm.rows()["sqlite_stat1"]

    firm.send(*everything(1))

    assert firm.rows()["sqlite_stat1"] == before
    assert {table for table, *_ in before} >= {"due_item", "instrument", "outcome", "document", "allocation"}
    company = [statistics for table, _, statistics in before if table in ("due_item", "instrument", "outcome")]
    assert all(str(statistics).startswith("1000000 1000000 ") for statistics in company)


# ---------------------------------------------------------------- memory


SETTLE_IN_A_PROCESS = """
import re, sys
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import Caller, settle
data = open(sys.argv[1], "rb").read()
store = SqlStore(sys.argv[2], SystemClock())
reply = settle(data, Caller("till", "command line"), store, SystemClock())
# Not `ru_maxrss`: that begins with what the test runner had when it started this process.
print(reply.done, reply.refused, re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.parametrize("right", [True, False], ids=["all done", "all refused"])
def test_ten_thousand_settlements_in_one_document_stay_below_the_stated_memory(tmp_path: Path, right: bool) -> None:
    size = 10_000
    firm = Firm(tmp_path, company(invoices=[invoice(f"P{n}", "120.00") for n in range(size)]))
    firm.store.engine.dispose()
    amount = "120" if right else "119"
    headers = [header("PORCHQ", amount, pays(f"P{n}", amount), REGLEMENTNUM=str(n)) for n in range(size)]
    document = tmp_path / "document.json"
    document.write_text(json.dumps({"EnteteReglementtb": headers}))

    done = subprocess.run(
        [sys.executable, "-c", SETTLE_IN_A_PROCESS, str(document), firm.address],
        capture_output=True,
        cwd=ROOT,
        env=environment(tmp_path),
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
    settlements, refused, kilobytes = (int(word) for word in done.stdout.split())
    assert (settlements, refused) == ((size, 0) if right else (0, size))
    assert kilobytes < MOST_MEGABYTES * 1024, f"{kilobytes // 1024} MB"

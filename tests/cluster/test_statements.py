"""What a cluster refuses is seen in a statement: by the parts of tables that it would ask, and by its words."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.cluster import SPREAD
from lettrage.adapters.store.reading import Reader
from lettrage.settlement import Caller, settle
from tests.cluster.statements import each_on_one_machine, machines_asked, refused_words
from tests.databases import PARTITIONED, empty_books
from tests.journeys.helpers import MovableClock
from tests.storms.races import payment, prepare

REFUSED = [
    ("writes to several tables", "WITH w0 AS (INSERT INTO a SELECT 1) UPDATE b SET c = 1"),
    ("within what is inserted", "INSERT INTO a (b) VALUES ((SELECT max(b) FROM a))"),
    ("new at each call", "UPDATE a SET b = now() WHERE dossier = $1"),
    ("new at each call", "INSERT INTO a (b) VALUES ($1) ON CONFLICT (b) DO UPDATE SET c = json_build_array(1)"),
    ("another dossier", 'UPDATE a SET b = 1, "dossier" = $2 WHERE dossier = $1'),
    ("whole table", "LOCK TABLE a IN EXCLUSIVE MODE"),
    ("where a row lies", "SELECT ctid FROM a"),
]


@pytest.fixture(autouse=True)
def _on_one_machine() -> None:
    """What these tests say is judged within them."""


@pytest.mark.parametrize(("why", "sql"), REFUSED, ids=[sql[:30] for _why, sql in REFUSED])
def test_words_that_a_cluster_refuses_are_seen(why: str, sql: str) -> None:
    assert any(why in found for found in refused_words(sql))


def test_words_that_it_takes_are_left_alone() -> None:
    taken = (
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "INSERT INTO a (dossier, b) SELECT k.a, k.b FROM unnest($1::text[], $2::bigint[]) AS k(a, b)",
        "INSERT INTO a (dossier) VALUES ($1) ON CONFLICT (dossier) DO UPDATE SET b = excluded.b",
        "UPDATE a SET b = k.b FROM unnest($2::bigint[]) AS k(b) WHERE a.dossier = $1 AND a.id = k.b",
    )
    assert [refused_words(sql) for sql in taken] == [[]] * len(taken)


def test_parts_of_a_table_are_counted() -> None:
    table = next(iter(SPREAD))
    plan: Any = [{"Plan": {"Plans": [{"Relation Name": f"{table}_p0"}, {"Relation Name": f"{table}_p1"}]}}]
    assert machines_asked(plan) == {table: {"0", "1"}}
    assert any(len(parts) > 1 for parts in machines_asked([{"Plan": {"Subplans Removed": 1}}]).values())


def test_every_word_that_is_refused_has_its_case() -> None:
    from tests.cluster.statements import REFUSED as WORDS

    assert len({why for why, _sql in REFUSED}) == len(WORDS)
    assert all(isinstance(words, re.Pattern) for words in WORDS.values())


@pytest.mark.skipif(not PARTITIONED, reason="about tables that are spread: LETTRAGE_TEST_STORE=partitioned")
def test_a_statement_of_the_program_without_its_dossier_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = empty_books(tmp_path)
    prepare(address, 2)
    with each_on_one_machine():
        _pay(address, "P0")

    code = Reader.kept.__code__  # changed in its words alone: it stays the program's
    forgetful = tuple(
        each.replace("dossier = ?1 AND ", "") if isinstance(each, str) else each for each in code.co_consts
    )
    monkeypatch.setattr(Reader.kept, "__code__", code.replace(co_consts=forgetful))
    with pytest.raises(AssertionError, match="more than one machine is asked for kept_answer"), each_on_one_machine():
        _pay(address, "P1")


def _pay(address: str, piece: str) -> None:
    with closing(SqlStore(address, MovableClock())) as store:
        settle(payment(piece), Caller("till", "race", "998", piece), store, MovableClock())

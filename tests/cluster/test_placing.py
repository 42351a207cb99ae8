"""Every table says where it lives in a cluster, and every key lets it live there (J1)."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, MetaData, String, Table, UniqueConstraint

from lettrage.adapters.store import schema
from lettrage.adapters.store.cluster import FIRST, LOCAL, SPREAD, Placed, misplaced
from lettrage.adapters.store.distribution import freshly_migrated, script, statements
from tests.cluster.placing import faults_of

KEPT = Path(__file__).parents[2] / "deploy" / "citus" / "distribute.sql"
WHOLE = [Placed(table, "h", by_its_first_column=True, group=7) for table in SPREAD]


def test_every_table_is_told_where_it_lives_and_its_keys_let_it_live_there() -> None:
    assert faults_of(schema.metadata) == []


def _beside(table: str, *parts: Column[str] | Column[int] | UniqueConstraint | ForeignKeyConstraint) -> MetaData:
    """Our tables, with this one in place of its namesake."""
    metadata = MetaData()
    for other in schema.metadata.sorted_tables:
        if other.name != table:
            other.to_metadata(metadata)
    Table(table, metadata, *parts)
    return metadata


def _dossier(*, key: bool = True) -> Column[str]:
    return Column("dossier", String, primary_key=key)


def _number(*more: Identity) -> Column[int]:
    return Column("id", BigInteger, *more, primary_key=True, autoincrement=bool(more))


# What a cluster would refuse, or leave where it is without a word.
PLANTED = [
    ("nobody has said", _beside("novelty", _dossier())),
    ("key", _beside("brought", _dossier(key=False), _number())),
    ("unique", _beside("brought", _dossier(), _number(), UniqueConstraint("id"))),
    ("foreign key", _beside("brought", _dossier(), _number(), ForeignKeyConstraint(["id"], ["batch.id"]))),
    ("counts by itself", _beside("brought", _dossier(), _number(Identity()))),
]


@pytest.mark.parametrize(("fault", "metadata"), PLANTED, ids=[fault for fault, _metadata in PLANTED])
def test_a_table_that_a_cluster_would_refuse_is_found(fault: str, metadata: MetaData) -> None:
    assert any(fault in found for found in faults_of(metadata)), faults_of(metadata)


def test_what_stays_on_the_coordinator_has_its_reason() -> None:
    assert all(LOCAL.values())
    assert not set(LOCAL) & set(SPREAD)


def test_the_statements_that_are_kept_are_those_that_are_made() -> None:
    """Else: `python -m lettrage.adapters.store.distribution > deploy/citus/distribute.sql`."""
    assert KEPT.read_text() == script()


def test_foreign_keys_and_triggers_are_put_aside_before_and_made_again_after() -> None:
    said = [each for each in statements(freshly_migrated()) if "truncate_local_data" not in each]
    kinds = [words for each in said for words in _KINDS if words in each]
    assert kinds == sorted(kinds, key=list(_KINDS).index)
    assert len(kinds) == len(said)
    spread = [each for each in said if "create_distributed_table" in each]
    assert len(spread) == len(SPREAD)
    assert f'"{FIRST}"' in spread[0]
    assert sum("FOREIGN KEY" in each for each in said) == sum("DROP CONSTRAINT" in each for each in said) > len(SPREAD)


def test_no_row_of_a_table_that_was_spread_stays_on_the_coordinator() -> None:
    """Citus copies them and hides what it copied, for whoever looks into the coordinator's files to read."""
    said = statements(freshly_migrated())
    at = [at for at, each in enumerate(said) if "create_distributed_table" in each]
    assert [said[each + 1] for each in at] == [
        f"SELECT truncate_local_data_after_distributing_table('\"{table}\"')" for table in SPREAD
    ]


_KINDS = (
    "citus.enable_unsafe_triggers",
    "DROP CONSTRAINT",
    "DROP TRIGGER",
    "create_distributed_table",
    "ADD CONSTRAINT",
    "CREATE TRIGGER",
)


def test_what_is_done_already_is_not_said_again() -> None:
    done = freshly_migrated()
    rest = statements(done._replace(missing=(), triggers=done.triggers - {("entry", "entry_in_closed_year")}))
    assert rest == ["SET citus.enable_unsafe_triggers TO on"]


def test_what_was_broken_off_is_ended() -> None:
    """Nothing of it is taken back with the others: foreign keys that were put aside are made again the next time."""
    done = freshly_migrated()
    half = done._replace(missing=("brought",), foreign_keys=frozenset(), triggers=frozenset())
    said = statements(half)
    assert not any("DROP" in each for each in said)
    assert sum("create_distributed_table" in each for each in said) == 1
    assert sum("ADD CONSTRAINT" in each for each in said) == len(done.foreign_keys)


# ---------------------------------------------------------------- the catalogue of a cluster


def test_tables_that_all_lie_beside_each_other_are_in_place() -> None:
    assert misplaced(WHOLE) == []


@pytest.mark.parametrize(
    "wrong", [{"method": "n"}, {"by_its_first_column": False}, {"group": 8}], ids=["reference", "other column", "apart"]
)
def test_a_table_elsewhere_is_told(wrong: dict[str, Any]) -> None:
    placed = [place._replace(**wrong) if place.table == "entry_line" else place for place in WHOLE]
    assert misplaced(placed) == ["entry_line"]


def test_a_table_that_was_forgotten_is_told() -> None:
    assert misplaced([place for place in WHOLE if place.table != "vat_move"]) == ["vat_move"]
    assert misplaced([]) == list(SPREAD)

"""A database becomes a cluster's by one command; one on which a table was left out is not opened (J6)."""

from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, ForeignKeyConstraint, String, create_engine

from lettrage.adapters.store.cluster import SPREAD
from lettrage.adapters.store.distribution import freshly_migrated, state_of
from lettrage.adapters.store.engine import open_engine, prepare
from lettrage.adapters.store.sql import on_cluster
from tests import databases
from tests.cluster.starting import WRONG, _wrong, opened, spread_books
from tests.databases import postgresql_only

pytestmark = postgresql_only


@pytest.fixture
def books(tmp_path: Path) -> str:
    return spread_books(tmp_path)


def test_one_command_makes_and_spreads_everything_and_then_nothing_more(tmp_path: Path) -> None:
    address = databases.no_books(tmp_path)
    databases.stand_in(address)
    done = prepare(address)
    assert (done.before, done.spread) == (None, list(SPREAD))
    assert prepare(address).spread == []
    engine = open_engine(address)
    with engine.connect() as connection:
        state = state_of(connection)
        assert on_cluster(connection)
    engine.dispose()
    assert state.missing == ()
    assert state.foreign_keys == freshly_migrated().foreign_keys
    assert freshly_migrated().triggers - state.triggers == {("entry", "entry_in_closed_year")}


def test_a_database_that_is_no_cluster_is_only_migrated(tmp_path: Path) -> None:
    address = databases.no_books(tmp_path)
    assert prepare(address).spread == []
    assert opened(address) == ""


@pytest.mark.parametrize("how", WRONG)
def test_a_table_in_a_wrong_place_is_refused_by_name(books: str, how: str) -> None:
    assert _wrong(books, "vat_move", WRONG[how]) == "not_distributed vat_move"
    assert opened(books) == ""


def test_a_table_that_a_later_migration_makes_is_tied_to_the_others_only_when_it_is_spread(books: str) -> None:
    engine = create_engine(books.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        Operations(MigrationContext.configure(connection)).create_table(
            "novelty",
            Column("dossier", String, primary_key=True),
            ForeignKeyConstraint(["dossier"], ["dossier.code"], name="fk_novelty_dossier"),
        )
        assert "fk_novelty_dossier" not in state_of(connection).foreign_keys
    engine.dispose()

"""Spreading the tables over a Citus cluster: what is said to it, and in which order.

Citus refuses to spread a table that a foreign key ties to one that is not spread yet, and one with triggers: so both
are put aside first and made again at the end. What is done already is left alone, so it may be run again at any time:
after it was broken off, after a migration has added a table, after a restore.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, ForeignKeyConstraint
from sqlalchemy.exc import DBAPIError

from lettrage.adapters.store.cluster import FIRST, SPREAD, is_cluster, misplaced, places, refused
from lettrage.adapters.store.migrations.guards import posted_rows_guards
from lettrage.adapters.store.schema import APPEND_ONLY, metadata
from lettrage.adapters.store.sql import run

# A row is changed or deleted on the machine where it lies, and there these triggers look at that row alone. What Citus
# calls unsafe are triggers that look at other rows; the one that does so (`_NOT_SPREAD`) is left out.
ALLOW_TRIGGERS = "SET citus.enable_unsafe_triggers TO on"
# It asks the dossier's row for the day up to which its years are closed, which a shard cannot. The program itself
# refuses such an entry, and `lettrage verify` finds one.
_NOT_SPREAD = ("entry", "entry_in_closed_year")


class State(NamedTuple):
    """What stands in a database already."""

    missing: tuple[str, ...]  # tables that are not spread yet
    foreign_keys: frozenset[str]  # by name
    triggers: frozenset[tuple[str, str]]  # table and name


def freshly_migrated() -> State:
    """A database after its migrations, before anything is spread."""
    keys = frozenset(str(key.name) for key in _foreign_keys())
    return State(tuple(SPREAD), keys, frozenset(_guards()) | {_NOT_SPREAD})


def spread(engine: Engine, shown: str) -> list[str]:
    """Spread what is not spread yet over the cluster that the database is; the tables that this was done with.

    Raises StoreTrouble, with Citus's own words, when it refuses: run it again when that is mended.
    """
    with engine.connect() as connection:
        if not is_cluster(connection):
            return []
        state = state_of(connection)
        try:
            for statement in statements(state):
                run(connection, statement)
        except DBAPIError as error:
            raise refused(error, shown) from error
    return list(state.missing)


def state_of(connection: Connection) -> State:
    """What stands in this database."""
    here = "connamespace = current_schema()::regnamespace"
    keys = f"SELECT conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND {here}"
    triggers = (
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
        " AND t.tgparentid = 0 AND c.relnamespace = current_schema()::regnamespace"
    )
    found: list[Any] = list(run(connection, triggers))
    return State(
        tuple(misplaced(places(connection))),
        frozenset(run(connection, keys).scalars()),
        frozenset((str(table), str(name)) for table, name in found),
    )


def statements(state: State) -> list[str]:
    """What is to be said to the cluster, each for itself: Citus takes no part of it back with the others."""
    return list(_statements(state))


def _statements(state: State) -> Iterator[str]:
    aside = {str(key.name) for key in _foreign_keys() if _ends(key) & set(state.missing)} & state.foreign_keys
    put_away = {trigger for trigger in state.triggers if trigger[0] in state.missing}
    yield ALLOW_TRIGGERS
    for key in _foreign_keys():
        if key.name in aside:
            yield f'ALTER TABLE "{key.table.name}" DROP CONSTRAINT "{key.name}"'
    for table, name in sorted(put_away):
        yield f'DROP TRIGGER "{name}" ON "{table}"'
    for table in state.missing:
        beside = "none" if table == FIRST else FIRST
        yield f"SELECT create_distributed_table('\"{table}\"', '{SPREAD[table]}', colocate_with => '{beside}')"
        # Else rows that were there stay on the coordinator too, where nobody sees them (Citus tells so in a NOTICE).
        yield f"SELECT truncate_local_data_after_distributing_table('\"{table}\"')"
    for key in _foreign_keys():
        if key.name not in state.foreign_keys - aside:
            yield _added(key)
    for trigger, made in _guards().items():
        if trigger not in state.triggers - put_away:
            yield made


def _foreign_keys() -> list[ForeignKeyConstraint]:
    """Every foreign key, each after those of the tables that it refers to."""
    tables = metadata.sorted_tables
    return [key for table in tables for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))]


def _ends(key: ForeignKeyConstraint) -> set[str]:
    return {key.table.name, key.referred_table.name}


def _added(key: ForeignKeyConstraint) -> str:
    columns = ", ".join(f'"{element.parent.name}"' for element in key.elements)
    referred = ", ".join(f'"{element.column.name}"' for element in key.elements)
    return (
        f'ALTER TABLE "{key.table.name}" ADD CONSTRAINT "{key.name}" FOREIGN KEY ({columns})'
        f' REFERENCES "{key.referred_table.name}" ({referred})'
    )


def _guards() -> dict[tuple[str, str], str]:
    """The triggers that live on shards, each with the statement that makes it."""
    return posted_rows_guards(table.name for table in APPEND_ONLY)


def script() -> str:
    """All of it for a database that was just migrated, for psql and for reading: deploy/citus/distribute.sql."""
    head = (
        "-- How the tables of Lettrage are spread over a Citus cluster. `lettrage migrate` runs these statements, of\n"
        "-- them only those that are still to be done. Made by `python -m lettrage.adapters.store.distribution`.\n"
    )
    return head + "".join(f"{statement};\n" for statement in statements(freshly_migrated()))


if __name__ == "__main__":
    print(script(), end="")  # noqa: T201

"""What a cluster would refuse of our tables, or leave where it is without a word, read from their description.

python -m tests.cluster.placing
"""

import sys
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Arguments

from sqlalchemy import Column, ForeignKeyConstraint, Identity, MetaData, Sequence, String, Table, UniqueConstraint

from lettrage.adapters.store import schema
from lettrage.adapters.store.cluster import LOCAL, SPREAD
from tests.reliability.long_form import BrokenPromiseError, long_form


def faults_of(metadata: MetaData) -> list[str]:
    """What is against spreading these tables by their dossier, each fault with its table."""
    named = set(SPREAD) | set(LOCAL)
    return [
        *(f"{table}: nobody has said where it lives" for table in sorted(set(metadata.tables) - named)),
        *(f"{table}: there is no such table" for table in sorted(set(SPREAD) - set(metadata.tables))),
        *(fault for table in metadata.sorted_tables if table.name in SPREAD for fault in _faults(table)),
    ]


def _faults(table: Table) -> Iterator[str]:
    """Citus knows a row's machine by its dossier, so whatever is unique is unique there; a counter of its own it is
    not. The dossier comes first: that is how an index serves it, and how the start-up check knows the column.
    """
    dossier = SPREAD[table.name]
    if table.columns.keys()[0] != dossier:
        yield f"{table.name}: its first column is no dossier"
    if [column.name for column in table.primary_key.columns][:1] != [dossier]:
        yield f"{table.name}: its key does not begin with the dossier"
    for name, columns in _unique(table):
        if columns[:1] != [dossier]:
            yield f"{table.name}: what is unique by {name} is not so within the dossier"
    for key in table.foreign_key_constraints:
        if not _within_the_dossier(key):
            yield f"{table.name}: the foreign key {key.name} leads to another dossier"
    for column in table.columns:
        if _counts(column):
            yield f"{table.name}: {column.name} counts by itself"


def _unique(table: Table) -> Iterator[tuple[str, list[str]]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.unique:
            yield str(index.name), [column.name for column in index.columns]


def _within_the_dossier(key: ForeignKeyConstraint) -> bool:
    """Whether the dossier here is the dossier there. Citus takes no other key, nor one that changes a dossier."""
    here, there = SPREAD[key.table.name], SPREAD.get(key.referred_table.name)
    pairs = [(element.parent.name, element.column.name) for element in key.elements]
    return pairs[0] == (here, there) and not key.ondelete and not key.onupdate and not key.deferrable


def _counts(column: "Column[object]") -> bool:
    """Whether the database gives its numbers, from a sequence that each machine would have for itself."""
    text_or_none = isinstance(column.type, String) or column.server_default is None
    return isinstance(column.server_default, Identity | Sequence) or bool(
        column.identity is not None or (column.primary_key and column.autoincrement is True and text_or_none)
    )


def _with_a_new_table() -> MetaData:
    metadata = MetaData()
    for table in schema.metadata.sorted_tables:
        table.to_metadata(metadata)
    Table("novelty", metadata, Column("dossier", String, primary_key=True))
    return metadata


def _with_a_number_of_its_own() -> MetaData:
    metadata = MetaData()
    for table in schema.metadata.sorted_tables:
        copy = table.to_metadata(metadata)
        if table.name == "document":
            copy.append_constraint(UniqueConstraint("id", name="uq_document_id"))
    return metadata


METADATA: dict[str, Callable[[], MetaData]] = {
    "": lambda: schema.metadata,
    "a table that nobody placed": _with_a_new_table,
    "a number unique over all dossiers": _with_a_number_of_its_own,
}


def figure(planted: str = "") -> str:
    """What was found of our tables, or of some that would not do. Raises BrokenPromiseError."""
    metadata = METADATA[planted]()
    if faults := faults_of(metadata):
        raise BrokenPromiseError("; ".join(faults))
    keys = sum(len(table.foreign_key_constraints) for table in metadata.tables.values())
    return f"{len(SPREAD)} tables, {keys} foreign keys, 0 that a cluster would refuse"


def main(arguments: Arguments[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "J1", lambda _given, bug: figure(bug), METADATA, options={}, seeded=False, about=__doc__, arguments=arguments
    )


if __name__ == "__main__":
    sys.exit(main())

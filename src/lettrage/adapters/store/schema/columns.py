"""What the tables are made of: kinds of columns, references, and the names of keys."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, MetaData, String
from sqlalchemy import text as sql

# SQLite keeps rows inside the primary key's own tree: one tree less to write. Large rows are better apart.
CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key(name: str) -> Column[str]:
    """A text of the primary key."""
    return Column(name, String, primary_key=True)


def number(name: str) -> Column[int]:
    """A number of the primary key, given by us."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def text(name: str) -> Column[str]:
    """A text; "" where there is none."""
    return Column(name, String, nullable=False)


def day(name: str) -> Column[str]:
    """A date as ISO text: it sorts as it reads, and is the same on every store."""
    return Column(name, String(10), nullable=False)


def whole(name: str, *, null: bool = False) -> Column[int]:
    """A whole number: an amount in minor units, a count, a number of another row."""
    return Column(name, BigInteger, nullable=null)


def added(name: str, kind: Any, default: str) -> Column[Any]:
    """A column that came with a later migration: what rows of before have there."""
    return Column(name, kind, nullable=False, server_default=sql(default))


def rarely(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows that meet a condition: the others cost nothing."""
    return Index(name, *columns, unique=unique, sqlite_where=sql(condition), postgresql_where=sql(condition))


def to(columns: str, table: str, referred: str) -> ForeignKeyConstraint:
    """A reference, its columns and those referred to in one text each."""
    return ForeignKeyConstraint(columns.split(), [f"{table}.{c}" for c in referred.split()])

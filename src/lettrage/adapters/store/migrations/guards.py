"""Triggers: posted rows are never updated or deleted, whoever asks."""

from collections.abc import Iterable

from alembic import op

_SQLITE = (
    'CREATE TRIGGER "{table}_no_{verb}" BEFORE {VERB} ON "{table}"'
    " BEGIN SELECT RAISE(ABORT, '{table}: posted rows do not change'); END"
)
_POSTGRESQL = (
    'CREATE TRIGGER "{table}_no_{verb}" BEFORE {VERB} ON "{table}"'
    " FOR EACH ROW EXECUTE FUNCTION posted_rows_do_not_change()"
)
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION posted_rows_do_not_change() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION '%: posted rows do not change', TG_TABLE_NAME; END $$"
)


def allow_changes(tables: Iterable[str]) -> None:
    """Take the guards away, for a migration that fills new columns."""
    of_table = "" if op.get_bind().dialect.name == "sqlite" else ' ON "{table}"'
    for table in tables:
        for verb in ("update", "delete"):
            op.execute(f'DROP TRIGGER "{table}_no_{verb}"' + of_table.format(table=table))


def forbid_changes(tables: Iterable[str]) -> None:
    """Let the database itself refuse to update or delete rows of these tables."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if not on_sqlite:
        op.execute(_FUNCTION)
    for table in tables:
        for verb in ("update", "delete"):
            statement = _SQLITE if on_sqlite else _POSTGRESQL
            op.execute(statement.format(table=table, verb=verb, VERB=verb.upper()))

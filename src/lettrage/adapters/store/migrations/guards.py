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

_STAYS_CLOSED = (
    # Not of one column: a column that a trigger names cannot change its sorting any more.
    'CREATE TRIGGER "dossier_stays_closed" BEFORE UPDATE ON "dossier"'
    " FOR EACH ROW EXECUTE FUNCTION closed_years_stay_closed()"
)
_CLOSED_ON_SQLITE = (
    'CREATE TRIGGER "entry_in_closed_year" BEFORE INSERT ON "entry"'
    " WHEN EXISTS (SELECT 1 FROM dossier WHERE code = NEW.dossier AND NEW.date <= closed_until)"
    " BEGIN SELECT RAISE(ABORT, 'entry: its year is closed'); END",
    'CREATE TRIGGER "dossier_stays_closed" BEFORE UPDATE OF closed_until ON "dossier"'
    " WHEN NEW.closed_until < OLD.closed_until"
    " BEGIN SELECT RAISE(ABORT, 'dossier: closed years do not open again'); END",
)
_CLOSED_ON_POSTGRESQL = (
    "CREATE FUNCTION closed_years_take_no_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF EXISTS (SELECT 1 FROM dossier WHERE code = NEW.dossier AND NEW.date <= closed_until)"
    " THEN RAISE EXCEPTION 'entry: its year is closed'; END IF; RETURN NEW; END $$",
    'CREATE TRIGGER "entry_in_closed_year" BEFORE INSERT ON "entry"'
    " FOR EACH ROW EXECUTE FUNCTION closed_years_take_no_entry()",
    "CREATE FUNCTION closed_years_stay_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF NEW.closed_until < OLD.closed_until"
    " THEN RAISE EXCEPTION 'dossier: closed years do not open again'; END IF; RETURN NEW; END $$",
    _STAYS_CLOSED,
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


def guard_closed_years() -> None:
    """Let the database itself refuse an entry of a closed year, and to open one again."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _CLOSED_ON_SQLITE if on_sqlite else _CLOSED_ON_POSTGRESQL:
        op.execute(statement)


def posted_rows_guards(tables: Iterable[str]) -> dict[tuple[str, str], str]:
    """PostgreSQL's triggers that look at one row alone, by table and name, each with the statement that makes it."""
    guards = {
        (table, f"{table}_no_{verb}"): _POSTGRESQL.format(table=table, verb=verb, VERB=verb.upper())
        for table in tables
        for verb in ("update", "delete")
    }
    return guards | {("dossier", "dossier_stays_closed"): _STAYS_CLOSED}

"""The rest of a payment's life: slips, returned instruments, cancellations; the logbook's columns; who may call."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from lettrage.adapters.store.migrations.guards import allow_changes, forbid_changes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("unpaid", "slip_transaction")


def upgrade() -> None:
    _added("document", "kind", sa.String(), "'settlement'")
    _added("document", "source", sa.String(), "''")
    _logbook()
    _added("due_item", "account", sa.String(), "''")
    op.create_index("ix_due_item_due", "due_item", ["dossier", "due_date"])
    _rarely("ix_due_item_open", "open <> 0", ["dossier", "third_party"], "due_item")
    _added("header", "lines", sa.BigInteger(), "0")
    _added("vat_move", "freed_home", sa.BigInteger(), "0")
    _rarely("ix_instrument_cheque", "active = 1 AND state = 'C30'", ["dossier", "state", "date"], "instrument")
    _years()
    _unpaid()
    _slips()
    _callers()
    _rarely("ix_instrument_previous", "previous IS NOT NULL", ["dossier", "previous"], "instrument")
    forbid_changes(APPEND_ONLY)


def _added(table: str, name: str, kind: sa.types.TypeEngine[Any], default: str) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(default)))


def _logbook() -> None:
    """What became of each document stands in its row; an index for each way to look through them."""
    for count in ("done", "refused", "replayed", "warned"):
        _added("document", count, sa.BigInteger(), "0")
    op.add_column("document", sa.Column("transaction", sa.BigInteger(), nullable=True))
    remarks = {"sqlite": "json_array_length(remarks)", "postgresql": "json_array_length(remarks::json)"}
    of_document = "FROM outcome o WHERE o.dossier = document.dossier AND o.document = document.id AND"
    allow_changes(["document"])
    op.execute(
        f"UPDATE document SET warned = {remarks[op.get_bind().dialect.name]},"
        f" done = (SELECT count(*) {of_document} o.resultcode = 0),"
        f" refused = (SELECT count(*) {of_document} o.resultcode <> 0),"
        f" replayed = (SELECT count(*) {of_document} o.replayed <> 0)"
    )
    forbid_changes(["document"])
    op.create_index("ix_document_received", "document", ["dossier", "received_at", "id"])
    op.create_index("ix_document_caller", "document", ["dossier", "caller", "received_at", "id"])
    _rarely("ix_document_kind", "kind <> 'settlement'", ["dossier", "kind", "received_at", "id"])
    _rarely("ix_document_refused", "refused > 0", ["dossier", "received_at", "id"])
    _rarely("ix_document_warned", "warned > 0", ["dossier", "received_at", "id"])
    _rarely("ix_document_transaction", '"transaction" IS NOT NULL', ["dossier", "transaction"])
    op.drop_index("ix_outcome_number", "outcome")
    _rarely("ix_outcome_number", "reglement_num <> ''", ["dossier", "reglement_num", "caller"], "outcome")


def _rarely(name: str, condition: str, columns: list[str], table: str = "document") -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _years() -> None:
    """The counters of the years stand in the dossier's own row: one row to lock, to read and to write."""
    _added("dossier", "years", sa.Text(), "'{}'")
    gathered = {"sqlite": "json_group_object(year, last)", "postgresql": "json_object_agg(year, last)::text"}
    op.execute(
        f"UPDATE dossier SET years = (SELECT {gathered[op.get_bind().dialect.name]} FROM year_counter y"
        " WHERE y.dossier = dossier.code) WHERE EXISTS (SELECT 1 FROM year_counter y WHERE y.dossier = dossier.code)"
    )
    op.drop_table("year_counter")


def _unpaid() -> None:
    op.create_table(
        "unpaid",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instrument", sa.BigInteger(), nullable=False),
        sa.Column("undone_transaction", sa.BigInteger(), nullable=False),
        sa.Column("undone_order", sa.BigInteger(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("fees_vat", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "transaction"],
            ["transaction.dossier", "transaction.number"],
            name=op.f("fk_unpaid_dossier_transaction"),
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "instrument"],
            ["instrument.dossier", "instrument.id"],
            name=op.f("fk_unpaid_dossier_instrument"),
        ),
        sa.PrimaryKeyConstraint("dossier", "transaction", name=op.f("pk_unpaid")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_unpaid_undone", "unpaid", ["dossier", "undone_transaction", "undone_order"])
    op.create_index("ix_unpaid_third_party", "unpaid", ["dossier", "third_party"])


def _slips() -> None:
    op.create_table(
        "slip",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("year", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("state_change", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("home", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("posting", sa.BigInteger(), nullable=False),
        sa.Column("reversal", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "posting"], ["entry.dossier", "entry.posting"], name=op.f("fk_slip_dossier_posting")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "reversal"], ["entry.dossier", "entry.posting"], name=op.f("fk_slip_dossier_reversal")
        ),
        sa.PrimaryKeyConstraint("dossier", "number", name=op.f("pk_slip")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_slip_sequence", "slip", ["dossier", "bank", "year", "sequence"], unique=True)
    op.create_table(
        "slip_transaction",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("slip", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "slip"], ["slip.dossier", "slip.number"], name=op.f("fk_slip_transaction_dossier_slip")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "transaction"],
            ["transaction.dossier", "transaction.number"],
            name=op.f("fk_slip_transaction_dossier_transaction"),
        ),
        sa.PrimaryKeyConstraint("dossier", "slip", "transaction", name=op.f("pk_slip_transaction")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_slip_transaction_transaction", "slip_transaction", ["dossier", "transaction"])
    waiting = sa.text("status = 'awaiting_slip'")
    op.create_index(
        "ix_transaction_waiting",
        "transaction",
        ["dossier", "status"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _callers() -> None:
    op.create_table(
        "account",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("dossier", "name", name=op.f("pk_account")),
    )
    op.create_table(
        "token",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "account"], ["account.dossier", "account.name"], name=op.f("fk_token_dossier_account")
        ),
        sa.PrimaryKeyConstraint("dossier", "digest", name=op.f("pk_token")),
    )
    op.create_index("ix_token_account", "token", ["dossier", "account"])

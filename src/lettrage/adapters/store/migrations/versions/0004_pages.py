"""What the pages keep: passwords and sign-ins, refusals dealt with, integrity checks, deposits in bulk."""

import sqlalchemy as sa
from alembic import op

from lettrage.adapters.store.migrations.guards import forbid_changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("handled", "check_run", "audit_event")
_STUCK = (
    "outcome IN ('rejected', 'refused', 'numbering_error', 'in_doubt', 'given_up')"
    " OR status IN ('REJETEE', 'SUSPENDUE', 'A_RECYCLER')"
)


def upgrade() -> None:
    _login()
    _session()
    _handled()
    _check_run()
    _audit_event()
    _connection_test()
    _batch()
    _batch_line()
    _indexes()
    _brought()
    _indexes_of_lists()
    _indexes_of_invoices()
    _indexes_of_instruments()
    forbid_changes(APPEND_ONLY)


def _indexes() -> None:
    op.drop_index("ix_sales_document_number", "sales_document")
    op.create_index("ix_sales_document_number", "sales_document", ["dossier", "number", "third_party", "id"])
    op.create_index(
        "ix_sales_document_corrects",
        "sales_document",
        ["dossier", "corrects"],
        unique=False,
        sqlite_where=sa.text("corrects IS NOT NULL"),
        postgresql_where=sa.text("corrects IS NOT NULL"),
    )
    _deposit_where("ix_deposit_stuck", _STUCK, ["dossier", "platform"])
    _deposit_where("ix_deposit_announced", "status = 'MISE_EN_PAIEMENT'", ["dossier", "platform", "document"])
    by_hand = sa.text("origin = 'page'")
    op.create_index(
        "ix_document_page",
        "document",
        ["dossier", "received_at", "id"],
        unique=False,
        sqlite_where=by_hand,
        postgresql_where=by_hand,
    )
    with_piece = sa.text("piece <> ''")
    op.create_index(
        "ix_due_item_number",
        "due_item",
        ["dossier", "piece"],
        unique=False,
        sqlite_where=with_piece,
        postgresql_where=with_piece,
    )


def _indexes_of_lists() -> None:
    """The lists of due items and of entries, by each way to sort them."""
    _due_item_where("ix_due_item_late", "open <> 0", ["due_date", "id"])
    _due_item_where("ix_due_item_carried", "open <> 0", ["carried", "id"])
    _due_item_where("ix_due_item_disputed", "open <> 0 AND disputed = 1", ["due_date", "id"])
    op.create_index("ix_entry_journal", "entry", ["dossier", "journal", "date", "posting"], unique=False)
    op.create_index("ix_entry_line_account", "entry_line", ["dossier", "account", "posting", "line"], unique=False)
    op.create_index("ix_invoice_posting", "invoice", ["dossier", "posting"], unique=False)


def _due_item_where(name: str, condition: str, columns: list[str]) -> None:
    where = sa.text(condition)
    op.create_index(name, "due_item", ["dossier", *columns], unique=False, sqlite_where=where, postgresql_where=where)


def _deposit_where(name: str, condition: str, columns: list[str]) -> None:
    where = sa.text(condition)
    op.create_index(name, "deposit", columns, unique=False, sqlite_where=where, postgresql_where=where)


def _login() -> None:
    op.create_table(
        "login",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("password_at", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("shortcuts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "account"], ["account.dossier", "account.name"], name=op.f("fk_login_dossier_account")
        ),
        sa.PrimaryKeyConstraint("dossier", "account", name=op.f("pk_login")),
    )
    op.create_index(
        "ux_login_subject",
        "login",
        ["dossier", "subject"],
        unique=True,
        sqlite_where=sa.text("subject <> ''"),
        postgresql_where=sa.text("subject <> ''"),
    )


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("seen_at", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "account"], ["account.dossier", "account.name"], name=op.f("fk_session_dossier_account")
        ),
        sa.PrimaryKeyConstraint("dossier", "digest", name=op.f("pk_session")),
    )
    op.create_index("ix_session_account", "session", ["dossier", "account"], unique=False)


def _handled() -> None:
    op.create_table(
        "handled",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("document", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "document", "position"],
            ["outcome.dossier", "outcome.document", "outcome.position"],
            name=op.f("fk_handled_dossier_document_position"),
        ),
        sa.PrimaryKeyConstraint("dossier", "document", "position", name=op.f("pk_handled")),
    )


def _check_run() -> None:
    op.create_table(
        "check_run",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_check_run_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_check_run")),
    )


def _audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_at", "audit_event", ["dossier", "at", "id"], unique=False)


def _connection_test() -> None:
    op.create_table(
        "connection_test",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("works", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_connection_test_dossier")),
        sa.PrimaryKeyConstraint("dossier", "platform", name=op.f("pk_connection_test")),
    )


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_batch_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_batch")),
    )
    op.create_index(
        "ix_batch_open",
        "batch",
        ["dossier", "state"],
        unique=False,
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index("ux_batch_key", "batch", ["dossier", "key"], unique=True)


def _batch_line() -> None:
    op.create_table(
        "batch_line",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "batch"], ["batch.dossier", "batch.id"], name=op.f("fk_batch_line_dossier_batch")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "document"],
            ["sales_document.dossier", "sales_document.id"],
            name=op.f("fk_batch_line_dossier_document"),
        ),
        sa.PrimaryKeyConstraint("dossier", "batch", "position", name=op.f("pk_batch_line")),
    )
    op.create_index(
        "ix_batch_line_waiting",
        "batch_line",
        ["dossier", "batch", "position"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _brought() -> None:
    op.create_table(
        "brought",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_brought_dossier")),
        sa.PrimaryKeyConstraint("dossier", "key", "position", name=op.f("pk_brought")),
    )
    op.create_index("ix_brought_at", "brought", ["dossier", "at"], unique=False)


def _indexes_of_invoices() -> None:
    """The list of sales by each way to sort it, and when something of them was last heard."""
    of_customers = sa.text("ledger = 'customer'")
    for order in ("date", "number", "home"):
        op.create_index(
            f"ix_invoice_{order}",
            "invoice",
            ["dossier", order, "id"],
            unique=False,
            sqlite_where=of_customers,
            postgresql_where=of_customers,
        )
    op.create_index("ix_status_event_heard", "status_event", ["dossier", "platform", "heard_at"], unique=False)


def _indexes_of_instruments() -> None:
    """The drawer by day, and slips by when they were made."""
    active = sa.text("active = 1")
    op.create_index(
        "ix_instrument_held",
        "instrument",
        ["dossier", "state", "direction", "date", "id"],
        unique=False,
        sqlite_where=active,
        postgresql_where=active,
    )
    op.create_index("ix_slip_posting", "slip", ["dossier", "posting"], unique=False)

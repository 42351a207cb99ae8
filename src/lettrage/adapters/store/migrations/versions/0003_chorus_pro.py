"""Chorus Pro: settings, documents, flows and deposits, statuses, what is still to be done, the directory's copy."""

import sqlalchemy as sa
from alembic import op

from lettrage.adapters.store.migrations.guards import forbid_changes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("sales_document", "status_event")


def upgrade() -> None:
    _chorus_queue()
    _chorus_setting()
    _chorus_structure()
    _flow()
    _job()
    _sales_document()
    _deposit()
    _status_event()
    forbid_changes(APPEND_ONLY)


def _chorus_queue() -> None:
    op.create_table(
        "chorus_queue",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_chorus_queue_dossier")),
        sa.PrimaryKeyConstraint("dossier", "platform", name=op.f("pk_chorus_queue")),
    )


def _chorus_setting() -> None:
    op.create_table(
        "chorus_setting",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("establishment", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("sealed", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_chorus_setting_dossier")),
        sa.PrimaryKeyConstraint("dossier", "platform", "establishment", "name", name=op.f("pk_chorus_setting")),
    )


def _chorus_structure() -> None:
    op.create_table(
        "chorus_structure",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("fetched_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_chorus_structure_dossier")),
        sa.PrimaryKeyConstraint("dossier", "platform", "kind", "identifier", name=op.f("pk_chorus_structure")),
    )


def _flow() -> None:
    op.create_table(
        "flow",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("syntax", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("again", sa.BigInteger(), nullable=False),
        sa.Column("intended_at", sa.String(), nullable=False),
        sa.Column("sent_at", sa.String(), nullable=False),
        sa.Column("doubt_since", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("reported", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_flow_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_flow")),
    )
    op.create_index("ix_flow_number", "flow", ["dossier", "platform", "number"], unique=False)


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("run_at", sa.String(), nullable=False),
        sa.Column("lease_until", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_job_dossier")),
        sa.PrimaryKeyConstraint("dossier", "platform", "kind", "subject", name=op.f("pk_job")),
    )
    op.create_index("ix_job_due", "job", ["dossier", "platform", "run_at", "kind", "subject"], unique=False)


def _sales_document() -> None:
    op.create_table(
        "sales_document",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("establishment", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=False),
        sa.Column("syntax", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("invoice", sa.BigInteger(), nullable=True),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "corrects"],
            ["sales_document.dossier", "sales_document.id"],
            name=op.f("fk_sales_document_dossier_corrects"),
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "invoice"], ["invoice.dossier", "invoice.id"], name=op.f("fk_sales_document_dossier_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "third_party"],
            ["third_party.dossier", "third_party.code"],
            name=op.f("fk_sales_document_dossier_third_party"),
        ),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_sales_document")),
    )
    op.create_index("ix_sales_document_number", "sales_document", ["dossier", "number", "id"], unique=False)
    op.create_index("ix_sales_document_party", "sales_document", ["dossier", "third_party", "id"], unique=False)


def _deposit() -> None:
    op.create_table(
        "deposit",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("flow", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("preceding", sa.String(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("stands", sa.BigInteger(), nullable=False),
        sa.Column("chorus_id", sa.String(), nullable=False),
        sa.Column("errors", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("followed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "document"],
            ["sales_document.dossier", "sales_document.id"],
            name=op.f("fk_deposit_dossier_document"),
        ),
        sa.ForeignKeyConstraint(["dossier", "flow"], ["flow.dossier", "flow.id"], name=op.f("fk_deposit_dossier_flow")),
        sa.PrimaryKeyConstraint("dossier", "flow", "document", name=op.f("pk_deposit")),
    )
    op.create_index("ix_deposit_chorus", "deposit", ["dossier", "platform", "chorus_id"], unique=False)
    op.create_index("ix_deposit_document", "deposit", ["dossier", "document", "platform", "flow"], unique=False)
    op.create_index(
        "ix_deposit_followed",
        "deposit",
        ["dossier", "platform", "document"],
        unique=False,
        sqlite_where=sa.text("followed = 1"),
        postgresql_where=sa.text("followed = 1"),
    )
    op.create_index(
        "ux_deposit_standing",
        "deposit",
        ["dossier", "platform", "supplier", "number"],
        unique=True,
        sqlite_where=sa.text("stands = 1"),
        postgresql_where=sa.text("stands = 1"),
    )


def _status_event() -> None:
    op.create_table(
        "status_event",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("document", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("history_id", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("heard_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "document"],
            ["sales_document.dossier", "sales_document.id"],
            name=op.f("fk_status_event_dossier_document"),
        ),
        sa.PrimaryKeyConstraint("dossier", "document", "platform", "sequence", name=op.f("pk_status_event")),
    )

"""Approved platforms: what is said to them besides invoices, what they say, and through which door a customer is met.

Programs of before go on beside it: nothing that they know changes.
"""

import sqlalchemy as sa
from alembic import op

from lettrage.adapters.store.migrations.guards import forbid_changes

revision = "0006_for_0005"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ("arrival",)


def upgrade() -> None:
    op.add_column("flow", sa.Column("tracking", sa.String(), nullable=False, server_default=sa.text("''")))
    _message()
    _arrival()
    _customer_route()
    _webhook_call()
    forbid_changes(APPEND_ONLY)


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("document", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("flow", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("stands", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "document"],
            ["sales_document.dossier", "sales_document.id"],
            name=op.f("fk_message_dossier_document"),
        ),
        sa.ForeignKeyConstraint(["dossier", "flow"], ["flow.dossier", "flow.id"], name=op.f("fk_message_dossier_flow")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_document", "message", ["dossier", "document", "platform", "id"])
    op.create_index("ix_message_flow", "message", ["dossier", "flow"])
    op.create_index("ix_message_kind", "message", ["dossier", "kind", "platform", "id"])
    rejected, standing = sa.text("outcome IN ('rejected', 'given_up') AND stands = 1"), sa.text("stands = 1")
    op.create_index(
        "ix_message_rejected",
        "message",
        ["dossier", "platform"],
        sqlite_where=rejected,
        postgresql_where=rejected,
    )
    op.create_index(
        "ux_message_standing",
        "message",
        ["dossier", "platform", "key"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _arrival() -> None:
    op.create_table(
        "arrival",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("became", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_arrival_dossier")),
        sa.PrimaryKeyConstraint("dossier", "platform", "number", name=op.f("pk_arrival")),
    )
    op.create_index("ix_arrival_received", "arrival", ["dossier", "received_at", "platform", "number"])


def _customer_route() -> None:
    op.create_table(
        "customer_route",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("changed_at", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "third_party"],
            ["third_party.dossier", "third_party.code"],
            name=op.f("fk_customer_route_dossier_third_party"),
        ),
        sa.PrimaryKeyConstraint("dossier", "third_party", name=op.f("pk_customer_route")),
    )


def _webhook_call() -> None:
    op.create_table(
        "webhook_call",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_webhook_call_dossier")),
        sa.PrimaryKeyConstraint("dossier", "platform", "signature", name=op.f("pk_webhook_call")),
    )
    op.create_index("ix_webhook_call_received", "webhook_call", ["dossier", "received_at"])

"""The first schema: company file, entries, due items, documents, transactions."""

import sqlalchemy as sa
from alembic import op

from lettrage.adapters.store.migrations.guards import forbid_changes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "entry",
    "entry_line",
    "invoice",
    "allocation",
    "vat_move",
    "header",
    "document",
    "outcome",
    "kept_answer",
)


def upgrade() -> None:
    op.create_table(
        "dossier",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("first_transaction", sa.BigInteger(), nullable=False),
        sa.Column("next_transaction", sa.BigInteger(), nullable=False),
        sa.Column("next_item", sa.BigInteger(), nullable=False),
        sa.Column("next_instrument", sa.BigInteger(), nullable=False),
        sa.Column("next_document", sa.BigInteger(), nullable=False),
        sa.Column("postings", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_dossier")),
    )
    op.create_table(
        "document",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("remarks", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_document_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_document")),
    )
    op.create_index("ix_document_digest", "document", ["dossier", "caller", "digest"], unique=False)
    op.create_table(
        "entry",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("posting", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("valid_date", sa.String(length=10), nullable=False),
        sa.Column("posted_at", sa.String(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=True),
        sa.Column("slip", sa.String(), nullable=True),
        sa.Column("reversal_of", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_entry_dossier")),
        sa.PrimaryKeyConstraint("dossier", "posting", name=op.f("pk_entry")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_entry_date", "entry", ["dossier", "date"], unique=False)
    op.create_index("ix_entry_transaction", "entry", ["dossier", "transaction"], unique=False)
    op.create_index("uq_entry_number", "entry", ["dossier", "year", "number"], unique=True)
    op.create_table(
        "rate",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("date", sa.String(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_rate_dossier")),
        sa.PrimaryKeyConstraint("dossier", "currency", "date", name=op.f("pk_rate")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "third_party",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("means", sa.String(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_third_party_dossier")),
        sa.PrimaryKeyConstraint("dossier", "code", name=op.f("pk_third_party")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "year_counter",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("year", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_year_counter_dossier")),
        sa.PrimaryKeyConstraint("dossier", "year", name=op.f("pk_year_counter")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entry_line",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("posting", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("debit", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)", name=op.f("ck_entry_line_one_side")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "posting"], ["entry.dossier", "entry.posting"], name=op.f("fk_entry_line_dossier_posting")
        ),
        sa.PrimaryKeyConstraint("dossier", "posting", "line", name=op.f("pk_entry_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "invoice",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("home", sa.BigInteger(), nullable=False),
        sa.Column("vat_due", sa.String(), nullable=False),
        sa.Column("vat", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("posting", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "posting"], ["entry.dossier", "entry.posting"], name=op.f("fk_invoice_dossier_posting")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "third_party"],
            ["third_party.dossier", "third_party.code"],
            name=op.f("fk_invoice_dossier_third_party"),
        ),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_invoice")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_invoice_number", "invoice", ["dossier", "third_party", "prefix", "number"], unique=True)
    op.create_table(
        "kept_answer",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("document", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "document"], ["document.dossier", "document.id"], name=op.f("fk_kept_answer_dossier_document")
        ),
        sa.PrimaryKeyConstraint("dossier", "caller", "key", name=op.f("pk_kept_answer")),
    )
    op.create_table(
        "outcome",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("document", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("reglement_num", sa.String(), nullable=False),
        sa.Column("resultcode", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=True),
        sa.Column("order", sa.BigInteger(), nullable=False),
        sa.Column("replayed", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "document"], ["document.dossier", "document.id"], name=op.f("fk_outcome_dossier_document")
        ),
        sa.PrimaryKeyConstraint("dossier", "document", "position", name=op.f("pk_outcome")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outcome_identity", "outcome", ["dossier", "caller", "identity"], unique=False)
    op.create_index(
        "ix_outcome_number",
        "outcome",
        ["dossier", "caller", "reglement_num"],
        unique=False,
        sqlite_where=sa.text("reglement_num <> ''"),
        postgresql_where=sa.text("reglement_num <> ''"),
    )
    op.create_table(
        "transaction",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("establishment", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("document", sa.BigInteger(), nullable=True),
        sa.Column("slip", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "document"], ["document.dossier", "document.id"], name=op.f("fk_transaction_dossier_document")
        ),
        sa.PrimaryKeyConstraint("dossier", "number", name=op.f("pk_transaction")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "due_item",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("due_date", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("passed_on", sa.BigInteger(), nullable=False),
        sa.Column("settled_before", sa.BigInteger(), nullable=False),
        sa.Column("carried", sa.BigInteger(), nullable=False),
        sa.Column("origin_amount", sa.BigInteger(), nullable=False),
        sa.Column("origin_carried", sa.BigInteger(), nullable=False),
        sa.Column("parked", sa.String(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=True),
        sa.Column("invoice", sa.BigInteger(), nullable=True),
        sa.Column("transaction", sa.BigInteger(), nullable=True),
        sa.Column("order", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(amount > 0 AND open BETWEEN 0 AND amount) OR (amount < 0 AND open BETWEEN amount AND 0)",
            name=op.f("ck_due_item_open"),
        ),
        sa.CheckConstraint("amount = open + settled + passed_on", name=op.f("ck_due_item_parts")),
        sa.ForeignKeyConstraint(
            ["dossier", "invoice"], ["invoice.dossier", "invoice.id"], name=op.f("fk_due_item_dossier_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "previous"], ["due_item.dossier", "due_item.id"], name=op.f("fk_due_item_dossier_previous")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "third_party"],
            ["third_party.dossier", "third_party.code"],
            name=op.f("fk_due_item_dossier_third_party"),
        ),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_due_item")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_due_item_made",
        "due_item",
        ["dossier", "transaction"],
        unique=False,
        sqlite_where=sa.text('"transaction" IS NOT NULL'),
        postgresql_where=sa.text('"transaction" IS NOT NULL'),
    )
    op.create_index("ix_due_item_piece", "due_item", ["dossier", "third_party", "prefix", "piece"], unique=False)
    op.create_table(
        "header",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state_change", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("home", sa.BigInteger(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("reglement_num", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "transaction"],
            ["transaction.dossier", "transaction.number"],
            name=op.f("fk_header_dossier_transaction"),
        ),
        sa.PrimaryKeyConstraint("dossier", "transaction", "order", name=op.f("pk_header")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "instrument",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("home", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "previous"],
            ["instrument.dossier", "instrument.id"],
            name=op.f("fk_instrument_dossier_previous"),
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "transaction"],
            ["transaction.dossier", "transaction.number"],
            name=op.f("fk_instrument_dossier_transaction"),
        ),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_instrument")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_instrument_amount",
        "instrument",
        ["dossier", "third_party", "state", "amount"],
        unique=False,
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active = 1"),
    )
    op.create_index(
        "ix_instrument_home",
        "instrument",
        ["dossier", "third_party", "state", "home"],
        unique=False,
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active = 1"),
    )
    op.create_index("ix_instrument_transaction", "instrument", ["dossier", "transaction", "order"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("relieved_home", sa.BigInteger(), nullable=False),
        sa.Column("value_home", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("successor", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "item"], ["due_item.dossier", "due_item.id"], name=op.f("fk_allocation_dossier_item")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "successor"], ["due_item.dossier", "due_item.id"], name=op.f("fk_allocation_dossier_successor")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "transaction", "order"],
            ["header.dossier", "header.transaction", "header.order"],
            name=op.f("fk_allocation_dossier_transaction_order"),
        ),
        sa.PrimaryKeyConstraint("dossier", "transaction", "line", name=op.f("pk_allocation")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_allocation_item", "allocation", ["dossier", "item"], unique=False)
    op.create_table(
        "task",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_home", sa.BigInteger(), nullable=False),
        sa.Column("vat_home", sa.BigInteger(), nullable=False),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "item"], ["due_item.dossier", "due_item.id"], name=op.f("fk_task_dossier_item")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "transaction", "order"],
            ["header.dossier", "header.transaction", "header.order"],
            name=op.f("fk_task_dossier_transaction_order"),
        ),
        sa.PrimaryKeyConstraint("dossier", "transaction", "order", "item", name=op.f("pk_task")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "vat_move",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("vat_home", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "item"], ["due_item.dossier", "due_item.id"], name=op.f("fk_vat_move_dossier_item")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "transaction", "order"],
            ["header.dossier", "header.transaction", "header.order"],
            name=op.f("fk_vat_move_dossier_transaction_order"),
        ),
        sa.PrimaryKeyConstraint("dossier", "transaction", "order", "item", "line", name=op.f("pk_vat_move")),
        sqlite_with_rowid=False,
    )
    forbid_changes(APPEND_ONLY)

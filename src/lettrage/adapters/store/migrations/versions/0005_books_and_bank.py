"""Books that prove themselves, and the bank: lettering, drafts, periods, statements, payment files."""

import sqlalchemy as sa
from alembic import op

from lettrage.adapters.store.migrations.guards import forbid_changes, guard_closed_years

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "lettering",
    "lettering_line",
    "lettering_undone",
    "late_claim",
    "period_event",
    "closing",
    "bank_file",
    "bank_statement",
    "bank_line",
    "bank_line_twin",
    "bank_match_line",
)


def upgrade() -> None:
    _bank_file()
    _closing()
    _lettering()
    _payment_file()
    _period_event()
    _bank_statement()
    _draft()
    _lettering_undone()
    _bank_line()
    _draft_line()
    _late_claim()
    _lettering_line()
    _bank_line_twin()
    _bank_match()
    _payment_file_line()
    _bank_match_line()
    _dossier()
    _chains()
    forbid_changes(APPEND_ONLY)
    guard_closed_years()


def _bank_file() -> None:
    op.create_table(
        "bank_file",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_bank_file_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_bank_file")),
    )
    op.create_index("uq_bank_file_sha256", "bank_file", ["dossier", "sha256"], unique=True)


def _closing() -> None:
    op.create_table(
        "closing",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("year", sa.String(), nullable=False),
        sa.Column("end", sa.String(length=10), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("posting", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("result_home", sa.BigInteger(), nullable=False),
        sa.Column("balances", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_closing_dossier")),
        sa.PrimaryKeyConstraint("dossier", "year", name=op.f("pk_closing")),
        sqlite_with_rowid=False,
    )


def _lettering() -> None:
    op.create_table(
        "lettering",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_lettering_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_lettering")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lettering_account", "lettering", ["dossier", "account", "third_party", "id"], unique=False)


def _payment_file() -> None:
    op.create_table(
        "payment_file",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_payment_file_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_payment_file")),
    )
    op.create_index("uq_payment_file_message", "payment_file", ["dossier", "message"], unique=True)


def _period_event() -> None:
    op.create_table(
        "period_event",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_period_event_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_period_event")),
        sqlite_with_rowid=False,
    )


def _bank_statement() -> None:
    op.create_table(
        "bank_statement",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("start", sa.String(length=10), nullable=False),
        sa.Column("end", sa.String(length=10), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "file"], ["bank_file.dossier", "bank_file.id"], name=op.f("fk_bank_statement_dossier_file")
        ),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_bank_statement")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bank_statement_bank", "bank_statement", ["dossier", "bank", "end", "id"], unique=False)
    op.create_index("uq_bank_statement_position", "bank_statement", ["dossier", "file", "position"], unique=True)


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("posting", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "posting"], ["entry.dossier", "entry.posting"], name=op.f("fk_draft_dossier_posting")
        ),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_draft_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_draft_open",
        "draft",
        ["dossier", "date", "id"],
        unique=False,
        sqlite_where=sa.text("posting IS NULL"),
        postgresql_where=sa.text("posting IS NULL"),
    )
    op.create_index(
        "ix_draft_posting",
        "draft",
        ["dossier", "posting"],
        unique=True,
        sqlite_where=sa.text("posting IS NOT NULL"),
        postgresql_where=sa.text("posting IS NOT NULL"),
    )


def _lettering_undone() -> None:
    op.create_table(
        "lettering_undone",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("lettering", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "lettering"],
            ["lettering.dossier", "lettering.id"],
            name=op.f("fk_lettering_undone_dossier_lettering"),
        ),
        sa.PrimaryKeyConstraint("dossier", "lettering", name=op.f("pk_lettering_undone")),
        sqlite_with_rowid=False,
    )


def _bank_line() -> None:
    op.create_table(
        "bank_line",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("value_date", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("end_to_end", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("mandate", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "statement"],
            ["bank_statement.dossier", "bank_statement.id"],
            name=op.f("fk_bank_line_dossier_statement"),
        ),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_bank_line")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bank_line_date", "bank_line", ["dossier", "date", "id"], unique=False)
    for told in ("iban", "name"):
        op.create_index(
            f"ix_bank_line_{told}",
            "bank_line",
            ["dossier", told, "date"],
            unique=False,
            sqlite_where=sa.text(f"{told} <> ''"),
            postgresql_where=sa.text(f"{told} <> ''"),
        )
    op.create_index("ix_bank_line_statement", "bank_line", ["dossier", "statement", "position"], unique=True)


def _draft_line() -> None:
    op.create_table(
        "draft_line",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("draft", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("debit", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("due_date", sa.String(length=10), nullable=True),
        sa.CheckConstraint("debit >= 0 AND credit >= 0", name=op.f("ck_draft_line_sides")),
        sa.ForeignKeyConstraint(
            ["dossier", "draft"], ["draft.dossier", "draft.id"], name=op.f("fk_draft_line_dossier_draft")
        ),
        sa.PrimaryKeyConstraint("dossier", "draft", "line", name=op.f("pk_draft_line")),
        sqlite_with_rowid=False,
    )


def _late_claim() -> None:
    op.create_table(
        "late_claim",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("draft", sa.BigInteger(), nullable=False),
        sa.Column("third_party", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("due_date", sa.String(length=10), nullable=False),
        sa.Column("base_home", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.String(length=10), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("interest_home", sa.BigInteger(), nullable=False),
        sa.Column("indemnity_home", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.code"], name=op.f("fk_late_claim_dossier")),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_late_claim")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_late_claim_draft", "late_claim", ["dossier", "draft"], unique=False)
    op.create_index("ix_late_claim_piece", "late_claim", ["dossier", "third_party", "piece"], unique=False)


def _lettering_line() -> None:
    op.create_table(
        "lettering_line",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("lettering", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("posting", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "lettering"],
            ["lettering.dossier", "lettering.id"],
            name=op.f("fk_lettering_line_dossier_lettering"),
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "posting", "line"],
            ["entry_line.dossier", "entry_line.posting", "entry_line.line"],
            name=op.f("fk_lettering_line_dossier_posting_line"),
        ),
        sa.PrimaryKeyConstraint("dossier", "lettering", "posting", "line", name=op.f("pk_lettering_line")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lettering_line_posting", "lettering_line", ["dossier", "posting", "line"], unique=False)


def _bank_line_twin() -> None:
    op.create_table(
        "bank_line_twin",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("twin", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "line"], ["bank_line.dossier", "bank_line.id"], name=op.f("fk_bank_line_twin_dossier_line")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "twin"], ["bank_line.dossier", "bank_line.id"], name=op.f("fk_bank_line_twin_dossier_twin")
        ),
        sa.PrimaryKeyConstraint("dossier", "line", name=op.f("pk_bank_line_twin")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_bank_line_twin_twin", "bank_line_twin", ["dossier", "twin"], unique=True)


def _bank_match() -> None:
    op.create_table(
        "bank_match",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("automatic", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("transactions", sa.String(), nullable=False),
        sa.Column("postings", sa.String(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "line"], ["bank_line.dossier", "bank_line.id"], name=op.f("fk_bank_match_dossier_line")
        ),
        sa.PrimaryKeyConstraint("dossier", "id", name=op.f("pk_bank_match")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bank_match_line", "bank_match", ["dossier", "line", "id"], unique=False)
    op.create_index(
        "ux_bank_match_line",
        "bank_match",
        ["dossier", "line"],
        unique=True,
        sqlite_where=sa.text("ended = 0"),
        postgresql_where=sa.text("ended = 0"),
    )


def _payment_file_line() -> None:
    op.create_table(
        "payment_file_line",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("file", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("instrument", sa.BigInteger(), nullable=False),
        sa.Column("end_to_end", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("mandate", sa.String(), nullable=False),
        sa.Column("sequence", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("answer", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier", "answer"],
            ["bank_file.dossier", "bank_file.id"],
            name=op.f("fk_payment_file_line_dossier_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "file"],
            ["payment_file.dossier", "payment_file.id"],
            name=op.f("fk_payment_file_line_dossier_file"),
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "instrument"],
            ["instrument.dossier", "instrument.id"],
            name=op.f("fk_payment_file_line_dossier_instrument"),
        ),
        sa.PrimaryKeyConstraint("dossier", "file", "position", name=op.f("pk_payment_file_line")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_payment_file_line_end_to_end", "payment_file_line", ["dossier", "end_to_end"], unique=True)
    op.create_index(
        "ux_payment_file_line_alive",
        "payment_file_line",
        ["dossier", "instrument"],
        unique=True,
        sqlite_where=sa.text("status = 'sent'"),
        postgresql_where=sa.text("status = 'sent'"),
    )
    op.create_index("ix_payment_file_line_instrument", "payment_file_line", ["dossier", "instrument"], unique=False)
    op.create_index(
        "ix_payment_file_line_mandate",
        "payment_file_line",
        ["dossier", "mandate"],
        unique=False,
        sqlite_where=sa.text("mandate <> ''"),
        postgresql_where=sa.text("mandate <> ''"),
    )


def _bank_match_line() -> None:
    op.create_table(
        "bank_match_line",
        sa.Column("dossier", sa.String(), nullable=False),
        sa.Column("match", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("posting", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier", "match"], ["bank_match.dossier", "bank_match.id"], name=op.f("fk_bank_match_line_dossier_match")
        ),
        sa.ForeignKeyConstraint(
            ["dossier", "posting", "line"],
            ["entry_line.dossier", "entry_line.posting", "entry_line.line"],
            name=op.f("fk_bank_match_line_dossier_posting_line"),
        ),
        sa.PrimaryKeyConstraint("dossier", "match", "posting", "line", name=op.f("pk_bank_match_line")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bank_match_line_posting", "bank_match_line", ["dossier", "posting", "line"], unique=False)


def _dossier() -> None:
    op.add_column("dossier", sa.Column("locked_until", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("dossier", sa.Column("closed_until", sa.String(), server_default=sa.text("''"), nullable=False))


def _chains() -> None:
    """Lines by their due item, due items by the one that they continue, entries by the one that they take back."""
    for name, table, column in (
        ("ix_due_item_previous", "due_item", "previous"),
        ("ix_entry_line_item", "entry_line", "item"),
        ("ix_entry_reversal", "entry", "reversal_of"),
    ):
        condition = sa.text(f"{column} IS NOT NULL")
        columns = ["dossier", column]
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)

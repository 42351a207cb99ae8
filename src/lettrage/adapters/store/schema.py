"""The tables. The dossier leads every key, so that companies never meet and may live apart one day.

Amounts are whole minor units. Posted rows are never updated or deleted: triggers refuse it. What may change is state
that can be derived again: the open part of a due item, whether an instrument is still active, counters.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

# SQLite keeps rows inside the primary key's own tree: one tree less to write. Large rows are better apart.
_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str) -> Column[str]:
    return Column(name, String, primary_key=True)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


def _day(name: str) -> Column[str]:
    """A date as ISO text: it sorts as it reads, and is the same on every store."""
    return Column(name, String(10), nullable=False)


def _int(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _added(name: str, kind: Any, default: str) -> Column[Any]:
    """A column that came with a later migration: what rows of before have there."""
    return Column(name, kind, nullable=False, server_default=text(default))


def _rarely(name: str, condition: str, *columns: str) -> Index:
    """An index of the rows that meet a condition: the others cost nothing."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def _to(columns: str, table: str, referred: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(columns.split(), [f"{table}.{c}" for c in referred.split()])


# ---------------------------------------------------------------- the company file

dossier = Table(
    "dossier",
    metadata,
    _key("code"),
    Column("record", Text, nullable=False),  # the company file as loaded, JSON
    _int("first_transaction"),  # the starting number: no gap from here on
    _int("next_transaction"),
    _int("next_item"),
    _int("next_instrument"),
    _int("next_document"),
    _int("postings"),  # entries so far
    _text("head"),  # the hash of the last one
    _added("years", Text, "'{}'"),  # JSON: the last entry number of each financial year
)

third_party = Table(
    "third_party",
    metadata,
    _key("dossier"),
    _key("code"),
    _text("ledger"),
    _text("means"),  # "" when none is planned
    Column("record", Text, nullable=False),
    _to("dossier", "dossier", "code"),
    **_CLUSTERED,
)

rate = Table(
    "rate",
    metadata,
    _key("dossier"),
    _key("currency"),
    _key("date"),
    _text("rate"),
    _to("dossier", "dossier", "code"),
    **_CLUSTERED,
)

# ---------------------------------------------------------------- entries

entry = Table(
    "entry",
    metadata,
    _key("dossier"),
    _number("posting"),
    _text("year"),
    _int("number"),
    _day("date"),
    _day("valid_date"),
    _text("posted_at"),
    _text("journal"),
    _text("label"),
    _text("piece"),
    _int("transaction", null=True),
    Column("slip", String),
    _int("reversal_of", null=True),
    _text("hash"),
    _to("dossier", "dossier", "code"),
    Index("uq_entry_number", "dossier", "year", "number", unique=True),
    Index("ix_entry_transaction", "dossier", "transaction"),
    Index("ix_entry_date", "dossier", "date"),
    **_CLUSTERED,
)

entry_line = Table(
    "entry_line",
    metadata,
    _key("dossier"),
    _number("posting"),
    Column("line", Integer, primary_key=True),
    _text("account"),
    _text("third_party"),
    _int("debit"),
    _int("credit"),
    _text("currency"),
    _int("amount"),
    _int("item", null=True),
    _to("dossier posting", "entry", "dossier posting"),
    CheckConstraint("debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)", name="one_side"),
    **_CLUSTERED,
)

# ---------------------------------------------------------------- what is due

invoice = Table(
    "invoice",
    metadata,
    _key("dossier"),
    _number("id"),
    _text("ledger"),
    _text("third_party"),
    _text("prefix"),
    _text("number"),
    _day("date"),
    _text("currency"),
    _int("amount"),
    _int("home"),
    _text("vat_due"),
    _text("vat"),  # JSON: [[rate, base, amount], ...]
    _text("digest"),  # of the record as loaded
    _int("posting"),
    _to("dossier third_party", "third_party", "dossier code"),
    _to("dossier posting", "entry", "dossier posting"),
    Index("uq_invoice_number", "dossier", "third_party", "prefix", "number", unique=True),
    **_CLUSTERED,
)

due_item = Table(
    "due_item",
    metadata,
    _key("dossier"),
    _number("id"),
    _text("kind"),
    _text("ledger"),
    _text("third_party"),
    _text("prefix"),
    _text("piece"),
    _day("date"),
    _day("due_date"),
    _text("currency"),
    _int("amount"),
    _int("open"),
    _int("settled"),
    _int("passed_on"),
    _int("settled_before"),  # of `settled`: what a load found settled already
    _int("carried"),
    _int("origin_amount"),
    _int("origin_carried"),
    _text("parked"),  # JSON: VAT not yet due, per line of the invoice's VAT
    _int("disputed"),
    _int("previous", null=True),
    _int("invoice", null=True),
    _int("transaction", null=True),
    _int("order", null=True),
    _text("digest"),  # of an advance as loaded, else ""
    _added("account", String, "''"),  # where it stands when not on its ledger's own account: doubtful customers
    _to("dossier third_party", "third_party", "dossier code"),
    _to("dossier previous", "due_item", "dossier id"),
    _to("dossier invoice", "invoice", "dossier id"),
    CheckConstraint("amount = open + settled + passed_on", name="parts"),
    CheckConstraint(
        "(amount > 0 AND open BETWEEN 0 AND amount) OR (amount < 0 AND open BETWEEN amount AND 0)",
        name="open",
    ),
    Index("ix_due_item_piece", "dossier", "third_party", "prefix", "piece"),
    Index("ix_due_item_due", "dossier", "due_date"),  # pages of the list of what is due
    _rarely("ix_due_item_open", "open <> 0", "dossier", "third_party"),
    _rarely("ix_due_item_made", '"transaction" IS NOT NULL', "dossier", "transaction"),
    **_CLUSTERED,
)

# ---------------------------------------------------------------- documents received

document = Table(
    "document",
    metadata,
    _key("dossier"),
    _number("id"),
    _text("caller"),
    _text("origin"),
    _text("received_at"),
    _text("digest"),
    _text("key"),
    Column("raw", LargeBinary, nullable=False),
    _text("remarks"),  # JSON
    _added("kind", String, "'settlement'"),  # or the act that was asked for: cancel, unpaid, slip, ...
    _added("source", String, "''"),  # from where: an address, a file's name
    _added("done", BigInteger, "0"),  # settlements, those done before included; of an act 1 or 0
    _added("refused", BigInteger, "0"),
    _added("replayed", BigInteger, "0"),
    _added("warned", BigInteger, "0"),  # how many warnings
    _int("transaction", null=True),  # the one that an act is about
    _to("dossier", "dossier", "code"),
    Index("ix_document_digest", "dossier", "caller", "digest"),
    # The logbook: each way to look through it, newest first.
    Index("ix_document_received", "dossier", "received_at", "id"),
    Index("ix_document_caller", "dossier", "caller", "received_at", "id"),
    _rarely("ix_document_kind", "kind <> 'settlement'", "dossier", "kind", "received_at", "id"),
    _rarely("ix_document_refused", "refused > 0", "dossier", "received_at", "id"),
    _rarely("ix_document_warned", "warned > 0", "dossier", "received_at", "id"),
    _rarely("ix_document_transaction", '"transaction" IS NOT NULL', "dossier", "transaction"),
)

kept_answer = Table(
    "kept_answer",
    metadata,
    _key("dossier"),
    _key("caller"),
    _key("key"),
    _text("digest"),
    Column("answer", Text, nullable=False),
    _int("document"),
    _to("dossier document", "document", "dossier id"),
)

# ---------------------------------------------------------------- transactions

transaction = Table(
    "transaction",
    metadata,
    _key("dossier"),
    _number("number"),
    _text("kind"),  # settlement, deposit, unpaid, represented, loaded
    _text("direction"),
    _day("date"),
    _text("establishment"),
    _text("label"),
    _text("status"),  # posted, awaiting_slip, cancelled
    _int("document", null=True),
    Column("slip", String),
    _to("dossier document", "document", "dossier id"),
    Index(
        "ix_transaction_waiting",
        "dossier",
        "status",
        sqlite_where=text("status = 'awaiting_slip'"),
        postgresql_where=text("status = 'awaiting_slip'"),
    ),
    **_CLUSTERED,
)

header = Table(
    "header",
    metadata,
    _key("dossier"),
    _number("transaction"),
    _number("order"),
    _text("state_change"),
    _text("third_party"),
    _text("currency"),
    _int("amount"),
    _int("home"),
    _text("bank"),
    _text("label"),
    _text("reglement_num"),
    _added("lines", BigInteger, "0"),  # how many of the entry's lines it made, in the order of the headers
    _to("dossier transaction", "transaction", "dossier number"),
    **_CLUSTERED,
)

outcome = Table(
    "outcome",
    metadata,
    _key("dossier"),
    _number("document"),
    _number("position"),
    _text("caller"),
    _text("received_at"),
    _text("identity"),
    _text("reglement_num"),
    _int("resultcode"),
    _int("transaction", null=True),
    _int("order"),
    _int("replayed"),
    _text("reasons"),  # JSON
    _to("dossier document", "document", "dossier id"),
    Index("ix_outcome_identity", "dossier", "caller", "identity"),
    _rarely("ix_outcome_number", "reglement_num <> ''", "dossier", "reglement_num", "caller"),
    **_CLUSTERED,
)

instrument = Table(
    "instrument",
    metadata,
    _key("dossier"),
    _number("id"),
    _int("transaction"),
    _int("order"),
    _text("state"),
    _text("direction"),
    _text("third_party"),
    _text("currency"),
    _int("amount"),
    _int("home"),
    _day("date"),
    _text("bank"),
    _int("previous", null=True),
    _int("active"),
    _text("digest"),  # of the record as loaded, "" for our own
    _to("dossier transaction", "transaction", "dossier number"),
    _to("dossier previous", "instrument", "dossier id"),
    Index("ix_instrument_transaction", "dossier", "transaction", "order"),
    _rarely("ix_instrument_cheque", "active = 1 AND state = 'C30'", "dossier", "state", "date"),  # how old they are
    _rarely("ix_instrument_previous", "previous IS NOT NULL", "dossier", "previous"),
    *(
        _rarely(
            f"ix_instrument_{figure}", "active = 1", "dossier", "third_party", "state", figure
        )  # the criteria of a deposit
        for figure in ("home", "amount")
    ),
    **_CLUSTERED,
)

allocation = Table(
    "allocation",
    metadata,
    _key("dossier"),
    _number("transaction"),
    _number("line"),
    _int("order"),
    _int("item"),
    _text("operation"),
    _int("amount"),
    _int("relieved_home"),
    _int("value_home"),
    _int("paid"),
    _int("successor", null=True),
    _to("dossier transaction order", "header", "dossier transaction order"),
    _to("dossier item", "due_item", "dossier id"),
    _to("dossier successor", "due_item", "dossier id"),
    Index("ix_allocation_item", "dossier", "item"),
    **_CLUSTERED,
)

vat_move = Table(
    "vat_move",
    metadata,
    _key("dossier"),
    _number("transaction"),
    _number("order"),
    _number("item"),
    _number("line"),
    _text("rate"),
    _int("vat_home"),
    _added("freed_home", BigInteger, "0"),  # what left the account of parked VAT, differences and discount included
    _to("dossier transaction order", "header", "dossier transaction order"),
    _to("dossier item", "due_item", "dossier id"),
    **_CLUSTERED,
)

task = Table(
    "task",
    metadata,
    _key("dossier"),
    _number("transaction"),
    _number("order"),
    _number("item"),
    _text("kind"),
    _int("amount_home"),
    _int("vat_home"),
    Column("done_by", String),  # the credit note's number; "" when nobody has to write it any more
    _to("dossier transaction order", "header", "dossier transaction order"),
    _to("dossier item", "due_item", "dossier id"),
    **_CLUSTERED,
)

# ---------------------------------------------------------------- returned instruments, slips

unpaid = Table(
    "unpaid",
    metadata,
    _key("dossier"),
    _number("transaction"),
    _int("instrument"),  # the one that came back
    _int("undone_transaction"),  # the order that had brought it in
    _int("undone_order"),
    _text("third_party"),
    _text("currency"),  # of the fees: the bank's
    _int("fees"),
    _int("fees_vat"),
    _text("reason"),
    _to("dossier transaction", "transaction", "dossier number"),
    _to("dossier instrument", "instrument", "dossier id"),
    Index("ix_unpaid_undone", "dossier", "undone_transaction", "undone_order"),
    Index("ix_unpaid_third_party", "dossier", "third_party"),
    **_CLUSTERED,
)

slip = Table(
    "slip",
    metadata,
    _key("dossier"),
    _key("number"),  # as printed: bank, year, sequence
    _text("bank"),
    _text("year"),
    _int("sequence"),
    _day("date"),
    _text("state_change"),
    _text("currency"),
    _int("total"),
    _int("home"),  # what the bank is debited with
    _text("status"),  # posted, cancelled
    _int("posting"),
    _int("reversal", null=True),  # the posting that took it back
    _to("dossier posting", "entry", "dossier posting"),
    _to("dossier reversal", "entry", "dossier posting"),
    Index("uq_slip_sequence", "dossier", "bank", "year", "sequence", unique=True),
    **_CLUSTERED,
)

slip_transaction = Table(
    "slip_transaction",
    metadata,
    _key("dossier"),
    _key("slip"),
    _number("transaction"),
    _to("dossier slip", "slip", "dossier number"),
    _to("dossier transaction", "transaction", "dossier number"),
    Index("ix_slip_transaction_transaction", "dossier", "transaction"),
    **_CLUSTERED,
)

# ---------------------------------------------------------------- who may call

EVERY_DOSSIER = "*"  # in place of a dossier's code: an account or a token for all of them

account = Table(
    "account",
    metadata,
    _key("dossier"),
    _key("name"),
    _text("role"),
    _text("created_at"),
    Column("closed_at", String),
)

token = Table(
    "token",
    metadata,
    _key("dossier"),
    _key("digest"),  # SHA-256 of the token: the token itself is shown once and kept nowhere
    _text("account"),
    _text("role"),
    _text("shown"),  # its first characters, by which people know it again
    _text("created_at"),
    Column("revoked_at", String),
    _to("dossier account", "account", "dossier name"),
    Index("ix_token_account", "dossier", "account"),
)

# Posted books: nothing there is ever updated or deleted.
APPEND_ONLY = (
    entry,
    entry_line,
    invoice,
    allocation,
    vat_move,
    header,
    document,
    outcome,
    kept_answer,
    unpaid,
    slip_transaction,
)

"""The company file, its entries, and what is due."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text

from lettrage.adapters.store.schema.columns import CLUSTERED, added, day, key, metadata, number, rarely, text, to, whole

# ---------------------------------------------------------------- the company file

dossier = Table(
    "dossier",
    metadata,
    key("code"),
    Column("record", Text, nullable=False),  # the company file as loaded, JSON
    whole("first_transaction"),  # the starting number: no gap from here on
    whole("next_transaction"),
    whole("next_item"),
    whole("next_instrument"),
    whole("next_document"),
    whole("postings"),  # entries so far
    text("head"),  # the hash of the last one
    added("years", Text, "'{}'"),  # JSON: the last entry number of each financial year
    added("locked_until", String, "''"),  # nothing is posted up to this day unless somebody unlocks it
    added("closed_until", String, "''"),  # nor ever up to this one
)

third_party = Table(
    "third_party",
    metadata,
    key("dossier"),
    key("code"),
    text("ledger"),
    text("means"),  # "" when none is planned
    Column("record", Text, nullable=False),
    to("dossier", "dossier", "code"),
    **CLUSTERED,
)

rate = Table(
    "rate",
    metadata,
    key("dossier"),
    key("currency"),
    key("date"),
    text("rate"),
    to("dossier", "dossier", "code"),
    **CLUSTERED,
)

# ---------------------------------------------------------------- entries

entry = Table(
    "entry",
    metadata,
    key("dossier"),
    number("posting"),
    text("year"),
    whole("number"),
    day("date"),
    day("valid_date"),
    text("posted_at"),
    text("journal"),
    text("label"),
    text("piece"),
    whole("transaction", null=True),
    Column("slip", String),
    whole("reversal_of", null=True),
    text("hash"),
    to("dossier", "dossier", "code"),
    Index("uq_entry_number", "dossier", "year", "number", unique=True),
    Index("ix_entry_transaction", "dossier", "transaction"),
    Index("ix_entry_date", "dossier", "date"),
    Index("ix_entry_journal", "dossier", "journal", "date", "posting"),
    rarely("ix_entry_reversal", "reversal_of IS NOT NULL", "dossier", "reversal_of"),
    **CLUSTERED,
)

entry_line = Table(
    "entry_line",
    metadata,
    key("dossier"),
    number("posting"),
    Column("line", Integer, primary_key=True),
    text("account"),
    text("third_party"),
    whole("debit"),
    whole("credit"),
    text("currency"),
    whole("amount"),
    whole("item", null=True),
    to("dossier posting", "entry", "dossier posting"),
    CheckConstraint("debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)", name="one_side"),
    Index("ix_entry_line_account", "dossier", "account", "posting", "line"),
    rarely("ix_entry_line_item", "item IS NOT NULL", "dossier", "item"),  # what is lettered with what
    **CLUSTERED,
)

# ---------------------------------------------------------------- what is due

invoice = Table(
    "invoice",
    metadata,
    key("dossier"),
    number("id"),
    text("ledger"),
    text("third_party"),
    text("prefix"),
    text("number"),
    day("date"),
    text("currency"),
    whole("amount"),
    whole("home"),
    text("vat_due"),
    text("vat"),  # JSON: [[rate, base, amount], ...]
    text("digest"),  # of the record as loaded
    whole("posting"),
    to("dossier third_party", "third_party", "dossier code"),
    to("dossier posting", "entry", "dossier posting"),
    Index("uq_invoice_number", "dossier", "third_party", "prefix", "number", unique=True),
    # The orders of the list of sales.
    *(
        rarely(f"ix_invoice_{order}", "ledger = 'customer'", "dossier", order, "id")
        for order in ("date", "number", "home")
    ),
    Index("ix_invoice_posting", "dossier", "posting"),
    **CLUSTERED,
)

due_item = Table(
    "due_item",
    metadata,
    key("dossier"),
    number("id"),
    text("kind"),
    text("ledger"),
    text("third_party"),
    text("prefix"),
    text("piece"),
    day("date"),
    day("due_date"),
    text("currency"),
    whole("amount"),
    whole("open"),
    whole("settled"),
    whole("passed_on"),
    whole("settled_before"),  # of `settled`: what a load found settled already
    whole("carried"),
    whole("origin_amount"),
    whole("origin_carried"),
    text("parked"),  # JSON: VAT not yet due, per line of the invoice's VAT
    whole("disputed"),
    whole("previous", null=True),
    whole("invoice", null=True),
    whole("transaction", null=True),
    whole("order", null=True),
    text("digest"),  # of an advance as loaded, else ""
    added("account", String, "''"),  # where it stands when not on its ledger's own account: doubtful customers
    to("dossier third_party", "third_party", "dossier code"),
    to("dossier previous", "due_item", "dossier id"),
    to("dossier invoice", "invoice", "dossier id"),
    CheckConstraint("amount = open + settled + passed_on", name="parts"),
    CheckConstraint(
        "(amount > 0 AND open BETWEEN 0 AND amount) OR (amount < 0 AND open BETWEEN amount AND 0)",
        name="open",
    ),
    Index("ix_due_item_piece", "dossier", "third_party", "prefix", "piece"),
    Index("ix_due_item_due", "dossier", "due_date"),  # pages of the list of what is due
    rarely("ix_due_item_number", "piece <> ''", "dossier", "piece"),  # whose it is not being known
    rarely("ix_due_item_open", "open <> 0", "dossier", "third_party"),
    # The list of what is due, by each way to sort it; and what is in dispute.
    rarely("ix_due_item_late", "open <> 0", "dossier", "due_date", "id"),
    rarely("ix_due_item_carried", "open <> 0", "dossier", "carried", "id"),
    rarely("ix_due_item_disputed", "open <> 0 AND disputed = 1", "dossier", "due_date", "id"),
    rarely("ix_due_item_made", '"transaction" IS NOT NULL', "dossier", "transaction"),
    rarely("ix_due_item_previous", "previous IS NOT NULL", "dossier", "previous"),  # the chains that WPA makes
    **CLUSTERED,
)

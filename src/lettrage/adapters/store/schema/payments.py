"""Documents received, transactions and what they did, instruments, slips."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from lettrage.adapters.store.schema.columns import CLUSTERED, added, day, key, metadata, number, rarely, text, to, whole

# ---------------------------------------------------------------- documents received

document = Table(
    "document",
    metadata,
    key("dossier"),
    number("id"),
    text("caller"),
    text("origin"),
    text("received_at"),
    text("digest"),
    text("key"),
    Column("raw", LargeBinary, nullable=False),
    text("remarks"),  # JSON
    added("kind", String, "'settlement'"),  # or the act that was asked for: cancel, unpaid, slip, ...
    added("source", String, "''"),  # from where: an address, a file's name
    added("done", BigInteger, "0"),  # settlements, those done before included; of an act 1 or 0
    added("refused", BigInteger, "0"),
    added("replayed", BigInteger, "0"),
    added("warned", BigInteger, "0"),  # how many warnings
    whole("transaction", null=True),  # the one that an act is about
    to("dossier", "dossier", "code"),
    Index("ix_document_digest", "dossier", "caller", "digest"),
    # The logbook: each way to look through it, newest first.
    Index("ix_document_received", "dossier", "received_at", "id"),
    Index("ix_document_caller", "dossier", "caller", "received_at", "id"),
    rarely("ix_document_kind", "kind <> 'settlement'", "dossier", "kind", "received_at", "id"),
    rarely("ix_document_refused", "refused > 0", "dossier", "received_at", "id"),
    rarely("ix_document_warned", "warned > 0", "dossier", "received_at", "id"),
    rarely("ix_document_page", "origin = 'page'", "dossier", "received_at", "id"),  # what people entered by hand
    rarely("ix_document_transaction", '"transaction" IS NOT NULL', "dossier", "transaction"),
)

kept_answer = Table(
    "kept_answer",
    metadata,
    key("dossier"),
    key("caller"),
    key("key"),
    text("digest"),
    Column("answer", Text, nullable=False),
    whole("document"),
    to("dossier document", "document", "dossier id"),
)

# ---------------------------------------------------------------- transactions

transaction = Table(
    "transaction",
    metadata,
    key("dossier"),
    number("number"),
    text("kind"),  # settlement, deposit, unpaid, represented, loaded
    text("direction"),
    day("date"),
    text("establishment"),
    text("label"),
    text("status"),  # posted, awaiting_slip, cancelled
    whole("document", null=True),
    Column("slip", String),
    to("dossier document", "document", "dossier id"),
    Index(
        "ix_transaction_waiting",
        "dossier",
        "status",
        sqlite_where=text("status = 'awaiting_slip'"),
        postgresql_where=text("status = 'awaiting_slip'"),
    ),
    **CLUSTERED,
)

header = Table(
    "header",
    metadata,
    key("dossier"),
    number("transaction"),
    number("order"),
    text("state_change"),
    text("third_party"),
    text("currency"),
    whole("amount"),
    whole("home"),
    text("bank"),
    text("label"),
    text("reglement_num"),
    added("lines", BigInteger, "0"),  # how many of the entry's lines it made, in the order of the headers
    to("dossier transaction", "transaction", "dossier number"),
    **CLUSTERED,
)

outcome = Table(
    "outcome",
    metadata,
    key("dossier"),
    number("document"),
    number("position"),
    text("caller"),
    text("received_at"),
    text("identity"),
    text("reglement_num"),
    whole("resultcode"),
    whole("transaction", null=True),
    whole("order"),
    whole("replayed"),
    text("reasons"),  # JSON
    to("dossier document", "document", "dossier id"),
    Index("ix_outcome_identity", "dossier", "caller", "identity"),
    rarely("ix_outcome_number", "reglement_num <> ''", "dossier", "reglement_num", "caller"),
    **CLUSTERED,
)

instrument = Table(
    "instrument",
    metadata,
    key("dossier"),
    number("id"),
    whole("transaction"),
    whole("order"),
    text("state"),
    text("direction"),
    text("third_party"),
    text("currency"),
    whole("amount"),
    whole("home"),
    day("date"),
    text("bank"),
    whole("previous", null=True),
    whole("active"),
    text("digest"),  # of the record as loaded, "" for our own
    to("dossier transaction", "transaction", "dossier number"),
    to("dossier previous", "instrument", "dossier id"),
    Index("ix_instrument_transaction", "dossier", "transaction", "order"),
    rarely("ix_instrument_cheque", "active = 1 AND state = 'C30'", "dossier", "state", "date"),  # how old they are
    rarely("ix_instrument_held", "active = 1", "dossier", "state", "direction", "date", "id"),  # the drawer, by day
    rarely("ix_instrument_previous", "previous IS NOT NULL", "dossier", "previous"),
    *(
        rarely(
            f"ix_instrument_{figure}", "active = 1", "dossier", "third_party", "state", figure
        )  # the criteria of a deposit
        for figure in ("home", "amount")
    ),
    **CLUSTERED,
)

allocation = Table(
    "allocation",
    metadata,
    key("dossier"),
    number("transaction"),
    number("line"),
    whole("order"),
    whole("item"),
    text("operation"),
    whole("amount"),
    whole("relieved_home"),
    whole("value_home"),
    whole("paid"),
    whole("successor", null=True),
    to("dossier transaction order", "header", "dossier transaction order"),
    to("dossier item", "due_item", "dossier id"),
    to("dossier successor", "due_item", "dossier id"),
    Index("ix_allocation_item", "dossier", "item"),
    **CLUSTERED,
)

vat_move = Table(
    "vat_move",
    metadata,
    key("dossier"),
    number("transaction"),
    number("order"),
    number("item"),
    number("line"),
    text("rate"),
    whole("vat_home"),
    added("freed_home", BigInteger, "0"),  # what left the account of parked VAT, differences and discount included
    to("dossier transaction order", "header", "dossier transaction order"),
    to("dossier item", "due_item", "dossier id"),
    **CLUSTERED,
)

task = Table(
    "task",
    metadata,
    key("dossier"),
    number("transaction"),
    number("order"),
    number("item"),
    text("kind"),
    whole("amount_home"),
    whole("vat_home"),
    Column("done_by", String),  # the credit note's number; "" when nobody has to write it any more
    to("dossier transaction order", "header", "dossier transaction order"),
    to("dossier item", "due_item", "dossier id"),
    **CLUSTERED,
)

# ---------------------------------------------------------------- returned instruments, slips

unpaid = Table(
    "unpaid",
    metadata,
    key("dossier"),
    number("transaction"),
    whole("instrument"),  # the one that came back
    whole("undone_transaction"),  # the order that had brought it in
    whole("undone_order"),
    text("third_party"),
    text("currency"),  # of the fees: the bank's
    whole("fees"),
    whole("fees_vat"),
    text("reason"),
    to("dossier transaction", "transaction", "dossier number"),
    to("dossier instrument", "instrument", "dossier id"),
    Index("ix_unpaid_undone", "dossier", "undone_transaction", "undone_order"),
    Index("ix_unpaid_third_party", "dossier", "third_party"),
    **CLUSTERED,
)

slip = Table(
    "slip",
    metadata,
    key("dossier"),
    key("number"),  # as printed: bank, year, sequence
    text("bank"),
    text("year"),
    whole("sequence"),
    day("date"),
    text("state_change"),
    text("currency"),
    whole("total"),
    whole("home"),  # what the bank is debited with
    text("status"),  # posted, cancelled
    whole("posting"),
    whole("reversal", null=True),  # the posting that took it back
    to("dossier posting", "entry", "dossier posting"),
    to("dossier reversal", "entry", "dossier posting"),
    Index("uq_slip_sequence", "dossier", "bank", "year", "sequence", unique=True),
    Index("ix_slip_posting", "dossier", "posting"),
    **CLUSTERED,
)

slip_transaction = Table(
    "slip_transaction",
    metadata,
    key("dossier"),
    key("slip"),
    number("transaction"),
    to("dossier slip", "slip", "dossier number"),
    to("dossier transaction", "transaction", "dossier number"),
    Index("ix_slip_transaction_transaction", "dossier", "transaction"),
    **CLUSTERED,
)

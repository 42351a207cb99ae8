"""What banks tell and are told: statements and what became of each line, payment files and their answers."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from lettrage.adapters.store.schema.columns import CLUSTERED, day, key, metadata, number, rarely, text, to, whole

# ---------------------------------------------------------------- what a bank tells

bank_file = Table(
    "bank_file",
    metadata,
    key("dossier"),
    number("id"),
    text("name"),
    text("format"),  # camt.053, camt.054, cfonb120, pain.002
    text("sha256"),
    text("received_at"),
    text("by"),
    Column("content", LargeBinary, nullable=False),
    to("dossier", "dossier", "code"),
    Index("uq_bank_file_sha256", "dossier", "sha256", unique=True),
)

bank_statement = Table(
    "bank_statement",
    metadata,
    key("dossier"),
    number("id"),
    whole("file"),
    whole("position"),  # in the file, from 1
    text("bank"),  # the company's code of the account
    text("number"),  # as the bank numbers it, "" where it does not
    text("currency"),
    day("start"),
    day("end"),
    whole("opening", null=True),  # null where the file tells no balance: camt.054
    whole("closing", null=True),
    to("dossier file", "bank_file", "dossier id"),
    Index("ix_bank_statement_bank", "dossier", "bank", "end", "id"),
    Index("uq_bank_statement_position", "dossier", "file", "position", unique=True),
    **CLUSTERED,
)

bank_line = Table(
    "bank_line",
    metadata,
    key("dossier"),
    number("id"),
    whole("statement"),
    whole("position"),  # in the file, from 1
    day("date"),  # booked
    day("value_date"),
    text("currency"),
    whole("amount"),  # above zero: received
    text("code"),  # the bank's code of the operation
    text("text"),
    text("name"),  # of the other side
    text("iban"),  # of the other side
    text("end_to_end"),
    text("reference"),  # the bank's own
    text("mandate"),
    text("reason"),  # why a payment came back: ISO code or the bank's
    whole("fees"),  # taken by the bank from the amount: what was paid is amount + fees
    Column("details", Text, nullable=False),  # JSON: the parts of a batch, the original currency; "" for none
    to("dossier statement", "bank_statement", "dossier id"),
    Index("ix_bank_line_statement", "dossier", "statement", "position", unique=True),
    Index("ix_bank_line_date", "dossier", "date", "id"),
    # Who a payer was found to be before.
    *(rarely(f"ix_bank_line_{told}", f"{told} <> ''", "dossier", told, "date") for told in ("iban", "name")),
    **CLUSTERED,
)

# A line that tells a movement which another one tells too (a notification beside a statement): that one is matched.
bank_line_twin = Table(
    "bank_line_twin",
    metadata,
    key("dossier"),
    number("line"),
    whole("twin"),
    to("dossier line", "bank_line", "dossier id"),
    to("dossier twin", "bank_line", "dossier id"),
    Index("uq_bank_line_twin_twin", "dossier", "twin", unique=True),
    **CLUSTERED,
)

bank_match = Table(
    "bank_match",
    metadata,
    key("dossier"),
    number("id"),
    whole("line"),
    text("kind"),  # items, slip, instruments, booked, fee, none
    whole("automatic"),
    text("at"),
    text("by"),
    Column("proposal", Text, nullable=False),  # JSON: what was accepted, with its reasons
    text("transactions"),  # JSON: the numbers of those that were made
    text("postings"),  # JSON: the entries that were made
    whole("ended"),  # 1: undone
    Column("ended_at", String),
    Column("ended_by", String),
    Column("why", String),
    to("dossier line", "bank_line", "dossier id"),
    rarely("ux_bank_match_line", "ended = 0", "dossier", "line", unique=True),
    Index("ix_bank_match_line", "dossier", "line", "id"),
    **CLUSTERED,
)

# Which lines of the bank's account a match accounts for.
bank_match_line = Table(
    "bank_match_line",
    metadata,
    key("dossier"),
    number("match"),
    number("posting"),
    Column("line", Integer, primary_key=True),
    whole("amount"),  # how much of it, in the account's currency: a slip may be credited cheque by cheque
    to("dossier match", "bank_match", "dossier id"),
    to("dossier posting line", "entry_line", "dossier posting line"),
    Index("ix_bank_match_line_posting", "dossier", "posting", "line"),
    **CLUSTERED,
)

# ---------------------------------------------------------------- what a bank is told

payment_file = Table(
    "payment_file",
    metadata,
    key("dossier"),
    number("id"),
    text("kind"),  # transfers, debits, bills
    text("version"),  # pain.001.001.03, cfonb160, ...
    text("bank"),
    text("message"),  # the identification inside the file
    day("date"),  # asked of the bank
    text("currency"),
    whole("total"),
    whole("count"),
    text("sha256"),
    text("made_at"),
    text("by"),
    text("why"),  # it was cancelled; "" for one that stands
    whole("cancelled"),  # whatever else became of it, its lines' instruments tell
    Column("content", LargeBinary, nullable=False),
    to("dossier", "dossier", "code"),
    Index("uq_payment_file_message", "dossier", "message", unique=True),
)

payment_file_line = Table(
    "payment_file_line",
    metadata,
    key("dossier"),
    number("file"),
    number("position"),
    whole("batch"),  # its payment block in the file, from 1
    whole("instrument"),
    text("end_to_end"),
    whole("amount"),
    text("iban"),
    text("mandate"),
    text("sequence"),  # FRST, RCUR, OOFF, FNAL
    text("status"),  # sent, rejected, withdrawn
    text("reason"),
    whole("answer", null=True),  # the bank's file that rejected it
    to("dossier file", "payment_file", "dossier id"),
    to("dossier instrument", "instrument", "dossier id"),
    Index("uq_payment_file_line_end_to_end", "dossier", "end_to_end", unique=True),
    to("dossier answer", "bank_file", "dossier id"),
    rarely("ux_payment_file_line_alive", "status = 'sent'", "dossier", "instrument", unique=True),
    Index("ix_payment_file_line_instrument", "dossier", "instrument"),
    rarely("ix_payment_file_line_mandate", "mandate <> ''", "dossier", "mandate"),
    **CLUSTERED,
)

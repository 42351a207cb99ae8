"""What people do to books beside settlements: lettering by hand, entries still being typed, closed years."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text

from lettrage.adapters.store.schema.columns import CLUSTERED, day, key, metadata, number, rarely, text, to, whole

# ---------------------------------------------------------------- lettering by hand

# What settlements letter is not stored: it follows from the due item that a line names (books/lettering.py).
lettering = Table(
    "lettering",
    metadata,
    key("dossier"),
    number("id"),
    text("account"),
    text("third_party"),  # "" on an account that has none
    text("at"),
    text("by"),
    text("why"),
    to("dossier", "dossier", "code"),
    Index("ix_lettering_account", "dossier", "account", "third_party", "id"),
    **CLUSTERED,
)

lettering_line = Table(
    "lettering_line",
    metadata,
    key("dossier"),
    number("lettering"),
    number("posting"),
    Column("line", Integer, primary_key=True),
    to("dossier lettering", "lettering", "dossier id"),
    to("dossier posting line", "entry_line", "dossier posting line"),
    Index("ix_lettering_line_posting", "dossier", "posting", "line"),
    **CLUSTERED,
)

lettering_undone = Table(
    "lettering_undone",
    metadata,
    key("dossier"),
    number("lettering"),
    text("at"),
    text("by"),
    text("why"),
    to("dossier lettering", "lettering", "dossier id"),
    **CLUSTERED,
)

# ---------------------------------------------------------------- entries typed by hand

# Drafts have no number and count nowhere. One that was validated keeps its text and names the entry that it became.
draft = Table(
    "draft",
    metadata,
    key("dossier"),
    number("id"),
    day("date"),
    text("journal"),
    text("label"),
    text("piece"),
    text("made_at"),
    text("made_by"),
    text("changed_at"),
    text("changed_by"),
    whole("posting", null=True),
    to("dossier", "dossier", "code"),
    to("dossier posting", "entry", "dossier posting"),
    rarely("ix_draft_open", "posting IS NULL", "dossier", "date", "id"),
    rarely("ix_draft_posting", "posting IS NOT NULL", "dossier", "posting", unique=True),
    **CLUSTERED,
)

draft_line = Table(
    "draft_line",
    metadata,
    key("dossier"),
    number("draft"),
    Column("line", Integer, primary_key=True),
    text("account"),
    text("third_party"),
    whole("debit"),
    whole("credit"),
    text("currency"),
    whole("amount"),  # in that currency, signed as debit less credit
    Column("due_date", String(10)),  # on a third party's account: when it is due
    to("dossier draft", "draft", "dossier id"),
    CheckConstraint("debit >= 0 AND credit >= 0", name="sides"),
    **CLUSTERED,
)

# What drafts claim for late payment: of which piece, on which amount, after and until which day. Append-only: a draft
# that is dropped or an entry that is taken back claims nothing any more, which is why no row leads to a draft.
late_claim = Table(
    "late_claim",
    metadata,
    key("dossier"),
    number("id"),
    whole("draft"),
    text("third_party"),
    text("piece"),  # with its prefix
    day("due_date"),
    whole("base_home"),
    day("after"),
    day("until"),
    whole("interest_home"),
    whole("indemnity_home"),
    to("dossier", "dossier", "code"),
    Index("ix_late_claim_piece", "dossier", "third_party", "piece"),
    Index("ix_late_claim_draft", "dossier", "draft"),
    **CLUSTERED,
)

# ---------------------------------------------------------------- periods and years

# Append-only: every lock, unlock and closing. What is in force stands in the dossier's row.
period_event = Table(
    "period_event",
    metadata,
    key("dossier"),
    number("id"),
    text("kind"),  # lock, unlock, close
    day("until"),
    text("at"),
    text("by"),
    text("why"),
    to("dossier", "dossier", "code"),
    **CLUSTERED,
)

closing = Table(
    "closing",
    metadata,
    key("dossier"),
    key("year"),
    day("end"),
    text("at"),
    text("by"),
    whole("posting"),  # the last entry of the dossier when it was closed
    text("head"),  # and its hash
    whole("entries"),  # how many the year has
    whole("result_home"),  # above zero: a profit
    Column("balances", Text, nullable=False),  # JSON: what the next year opens with
    to("dossier", "dossier", "code"),
    **CLUSTERED,
)

"""What the pages keep: passwords and sign-ins, refusals dealt with, checks, deposits in bulk, files brought in."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text

from lettrage.adapters.store.schema.columns import key, metadata, number, rarely, text, to, whole

# ---------------------------------------------------------------- people

login = Table(
    "login",
    metadata,
    key("dossier"),
    key("account"),
    text("password"),  # its argon2 hash; "" for who signs on elsewhere
    text("password_at"),
    text("full_name"),
    text("subject"),  # who this is at the OpenID provider: issuer and subject, "" for none
    text("language"),  # "" as the browser says
    text("theme"),  # "" as the system says; light, dark
    whole("rows"),  # lines of a list
    whole("shortcuts"),  # 0 without single-letter keys
    to("dossier account", "account", "dossier name"),
    rarely("ux_login_subject", "subject <> ''", "dossier", "subject", unique=True),
)

session = Table(
    "session",
    metadata,
    key("dossier"),
    key("digest"),  # SHA-256 of what the browser keeps
    text("account"),
    text("shown"),  # the dossier that is looked at; "" until one is chosen
    text("source"),  # the address that it was opened from
    text("created_at"),
    text("seen_at"),
    Column("ended_at", String),
    to("dossier account", "account", "dossier name"),
    Index("ix_session_account", "dossier", "account"),
)

# ---------------------------------------------------------------- the work of people

handled = Table(
    "handled",
    metadata,
    key("dossier"),
    number("document"),
    number("position"),
    text("at"),
    text("by"),
    text("why"),
    to("dossier document position", "outcome", "dossier document position"),
)

check_run = Table(
    "check_run",
    metadata,
    key("dossier"),
    number("id"),
    text("at"),
    text("by"),
    text("head"),  # the hash of the last entry that was checked
    whole("entries"),
    whole("milliseconds"),
    Column("findings", Text, nullable=False),  # JSON
    to("dossier", "dossier", "code"),
)

audit_event = Table(
    "audit_event",
    metadata,
    key("dossier"),  # "*" for what concerns an account of all dossiers
    number("id"),
    text("at"),
    text("by"),
    text("source"),  # the address that it came from, "" for none
    text("kind"),  # guard/audited.py
    text("subject"),
    text("before"),  # never a secret
    text("after"),
    Index("ix_audit_event_at", "dossier", "at", "id"),
)

connection_test = Table(
    "connection_test",
    metadata,
    key("dossier"),
    key("platform"),
    text("at"),
    text("by"),
    whole("works"),  # 1 where nothing stood in the way of sending
    Column("steps", Text, nullable=False),  # JSON: what each step said
    Column("evidence", Text, nullable=False),  # JSON: what the calls answered, for support
    to("dossier", "dossier", "code"),
)

# ---------------------------------------------------------------- many invoices at once

batch = Table(
    "batch",
    metadata,
    key("dossier"),
    number("id"),
    text("platform"),
    text("state"),  # running, paused, ended
    text("key"),  # of the request: the same one makes no second batch
    text("asked_by"),
    text("asked_at"),
    text("ended_at"),  # "" until then
    to("dossier", "dossier", "code"),
    Index("ux_batch_key", "dossier", "key", unique=True),
    rarely("ix_batch_open", "state <> 'ended'", "dossier", "state"),
)

batch_line = Table(
    "batch_line",
    metadata,
    key("dossier"),
    number("batch"),
    number("position"),
    whole("document"),
    text("state"),  # waiting, sent, refused
    text("trouble"),  # JSON: why it was not sent
    text("at"),  # "" while it waits
    to("dossier batch", "batch", "dossier id"),
    to("dossier document", "sales_document", "dossier id"),
    rarely("ix_batch_line_waiting", "state = 'waiting'", "dossier", "batch", "position"),
)

# ---------------------------------------------------------------- files that are looked at before they are posted

brought = Table(
    "brought",
    metadata,
    key("dossier"),
    key("key"),  # under which the invoices are posted, once
    number("position"),
    text("name"),
    text("by"),
    text("at"),
    Column("content", LargeBinary, nullable=False),
    to("dossier", "dossier", "code"),
    Index("ix_brought_at", "dossier", "at"),
)

"""What is said to an approved platform besides invoices, what it says to us, and who is invoiced through which door."""

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from lettrage.adapters.store.schema.columns import key, metadata, number, rarely, text, to, whole

# A status that the supplier gives an invoice (CDAR), or a report of payments (flow 10). Written in the commit that
# intends it; its flow carries the bytes.
message = Table(
    "message",
    metadata,
    key("dossier"),
    number("id"),
    text("platform"),
    text("kind"),  # status, report
    text("key"),  # what it tells: the same is never told twice
    whole("document", null=True),  # the document that a status is about
    text("code"),  # 209, 212, 220, 227; of a report IN or RE
    text("at"),  # the moment that it tells of
    Column("content", Text, nullable=False),  # JSON: what it says, in our own values
    whole("flow", null=True),  # the flow that carries it, the latest
    text("outcome"),  # "" not known yet, accepted, rejected, given_up
    whole("stands"),  # 1 as long as the same may not be told again
    text("errors"),  # JSON: what the platform said against it
    text("made_at"),
    text("made_by"),
    to("dossier document", "sales_document", "dossier id"),
    to("dossier flow", "flow", "dossier id"),
    Index("ix_message_document", "dossier", "document", "platform", "id"),
    Index("ix_message_flow", "dossier", "flow"),
    Index("ix_message_kind", "dossier", "kind", "platform", "id"),
    rarely("ix_message_rejected", "outcome IN ('rejected', 'given_up') AND stands = 1", "dossier", "platform"),
    # Never twice, whatever the program believes.
    rarely("ux_message_standing", "stands = 1", "dossier", "platform", "key", unique=True),
)

# What a platform had for us: each of its flows once, kept as it came, whatever could be made of it.
arrival = Table(
    "arrival",
    metadata,
    key("dossier"),
    key("platform"),
    key("number"),  # the platform's own of the flow
    text("type"),  # flowType
    text("updated_at"),  # as the platform dates it
    text("received_at"),
    text("sha256"),
    Column("content", LargeBinary, nullable=False),
    text("became"),  # read, nobody's (no invoice of ours), unreadable
    text("said"),  # JSON: why it could not be read; "" otherwise
    to("dossier", "dossier", "code"),
    Index("ix_arrival_received", "dossier", "received_at", "platform", "number"),
)

# The door that somebody chose for a customer, where it is not the directory that decides.
customer_route = Table(
    "customer_route",
    metadata,
    key("dossier"),
    key("third_party"),
    text("route"),  # chorus, approved, none
    text("changed_at"),
    text("changed_by"),
    to("dossier third_party", "third_party", "dossier code"),
)

# Calls of a platform that were heeded: none is heeded twice.
webhook_call = Table(
    "webhook_call",
    metadata,
    key("dossier"),
    key("platform"),
    key("signature"),
    text("received_at"),
    to("dossier", "dossier", "code"),
    Index("ix_webhook_call_received", "dossier", "received_at"),
)

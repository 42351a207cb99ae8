"""Invoices on their way through Chorus Pro or an approved platform: settings, documents, flows, deposits, statuses.

Whatever belongs to one platform says which (`invoicing/doors`): nothing of one is taken for another's.
"""

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text

from lettrage.adapters.store.schema.columns import added, day, key, metadata, number, rarely, text, to, whole

chorus_setting = Table(
    "chorus_setting",
    metadata,
    key("dossier"),
    key("platform"),  # "" for what holds on both: which platform is on, the bank account
    key("establishment"),  # "" for the dossier's own
    key("name"),
    text("value"),  # plain, or sealed: see guard/secrets
    whole("sealed"),
    text("changed_at"),
    text("changed_by"),
    to("dossier", "dossier", "code"),
)

# ---------------------------------------------------------------- documents

sales_document = Table(
    "sales_document",
    metadata,
    key("dossier"),
    number("id"),
    text("number"),
    text("type"),
    day("date"),
    text("third_party"),
    text("establishment"),
    text("currency"),
    whole("gross"),  # BT-112, above zero for a credit note too
    Column("content", Text, nullable=False),  # JSON: the Invoice
    Column("original", LargeBinary, nullable=False),  # the file that it was read from
    text("syntax"),  # of the original: json, csv, ubl, cii, facturx
    text("digest"),  # of the content
    whole("invoice", null=True),  # the invoice in the books; null where none was posted
    whole("corrects", null=True),  # the refused document that it replaces
    text("created_at"),
    text("created_by"),
    to("dossier third_party", "third_party", "dossier code"),
    to("dossier invoice", "invoice", "dossier id"),
    to("dossier corrects", "sales_document", "dossier id"),
    Index("ix_sales_document_number", "dossier", "number", "third_party", "id"),
    Index("ix_sales_document_party", "dossier", "third_party", "id"),
    rarely("ix_sales_document_corrects", "corrects IS NOT NULL", "dossier", "corrects"),
)

# ---------------------------------------------------------------- sending

flow = Table(
    "flow",
    metadata,
    key("dossier"),
    number("id"),
    text("platform"),
    text("syntax"),  # syntaxeFlux
    text("name"),  # nomFichier
    text("sha256"),
    Column("content", LargeBinary, nullable=False),  # the very bytes
    text("state"),  # intended, sending, in_doubt, sent, refused, given_up
    text("number"),  # numeroFluxDepot, "" until it is known
    text("asked_by"),
    whole("again"),  # how many flows before this one carried the same bytes
    text("intended_at"),
    text("sent_at"),  # "" until it is known to be sent
    text("doubt_since"),  # "" where there was never a doubt
    text("trouble"),  # JSON: what the deposit met, where it was not simply taken
    text("reported"),  # the flow's state as the platform last gave it: IN_..., or its acknowledgement
    added("tracking", String, "''"),  # our own name for it on an approved platform; the same for the same intention
    to("dossier", "dossier", "code"),
    Index("ix_flow_number", "dossier", "platform", "number"),
)

deposit = Table(
    "deposit",
    metadata,
    key("dossier"),
    number("flow"),
    number("document"),
    text("platform"),
    text("supplier"),  # the identifiers as the file gives them: numbers are unique per supplier
    text("number"),
    text("buyer"),
    text("preceding"),  # JSON: the numbers that it refers to; "" for none
    Column("file", LargeBinary, nullable=False),  # this invoice's own bytes, also where the flow carries many
    text("name"),  # of that file
    text("sha256"),
    text("outcome"),  # "" not known yet, in_doubt, integrated, numbering_error, rejected, refused, given_up
    whole("stands"),  # 1 as long as its number may not be sent again
    text("chorus_id"),  # identifiantFactureCPP, "" until it is known
    text("errors"),  # JSON: what Chorus said against it
    text("found"),  # what the search last said of it: status and its date
    text("status"),  # the current one by its history, "" before the first
    whole("followed"),  # 1 as long as more is to come
    to("dossier flow", "flow", "dossier id"),
    to("dossier document", "sales_document", "dossier id"),
    Index("ix_deposit_document", "dossier", "document", "platform", "flow"),
    Index("ix_deposit_chorus", "dossier", "platform", "chorus_id"),
    rarely("ix_deposit_followed", "followed = 1", "dossier", "platform", "document"),
    # Where a person has to do something, unless a later deposit took its place; whose payment was ordered.
    rarely(
        "ix_deposit_stuck",
        "outcome IN ('rejected', 'refused', 'numbering_error', 'in_doubt', 'given_up')"
        " OR status IN ('REJETEE', 'SUSPENDUE', 'A_RECYCLER')",
        "dossier",
        "platform",
    ),
    rarely("ix_deposit_announced", "status = 'MISE_EN_PAIEMENT'", "dossier", "platform", "document"),
    # Never twice, whatever the program believes: one deposit of a number stands on a platform.
    rarely("ux_deposit_standing", "stands = 1", "dossier", "platform", "supplier", "number", unique=True),
)

# ---------------------------------------------------------------- following

status_event = Table(
    "status_event",
    metadata,
    key("dossier"),
    number("document"),
    key("platform"),
    number("sequence"),  # the order in which they were heard of
    text("origin"),  # ours, flow, history
    text("code"),
    text("at"),  # as the platform dates it; "" where it does not
    text("history_id"),
    text("comment"),
    text("heard_at"),
    to("dossier document", "sales_document", "dossier id"),
    Index("ix_status_event_heard", "dossier", "platform", "heard_at"),
)

# What is still to be done, by whoever comes next: taken for a time (`lease_until`), done or planned again.
job = Table(
    "job",
    metadata,
    key("dossier"),
    key("platform"),
    key("kind"),  # send, look_up, follow_flow, follow_document, follow_changes, receive, declare
    key("subject"),  # the flow or document it is about: one job of a kind for each
    text("run_at"),
    text("lease_until"),  # "" when nobody has it
    text("holder"),
    whole("attempts"),
    text("payload"),  # JSON
    text("trouble"),  # JSON: why the last attempt did not do; "" otherwise
    text("since"),
    to("dossier", "dossier", "code"),
    Index("ix_job_due", "dossier", "platform", "run_at", "kind", "subject"),
)

# A dossier's way to one platform, when something stands in it: one alert instead of a thousand failures.
chorus_queue = Table(
    "chorus_queue",
    metadata,
    key("dossier"),
    key("platform"),
    text("state"),  # open, stopped (a setting is wrong), waiting (maintenance, quota)
    text("reason"),  # JSON
    text("since"),
    text("until"),  # "" where a person must act
    whole("attempts"),
    to("dossier", "dossier", "code"),
)

# ---------------------------------------------------------------- the directory, copied

chorus_structure = Table(
    "chorus_structure",
    metadata,
    key("dossier"),
    key("platform"),
    key("kind"),  # SIRET, UE_HORS_FRANCE, ...
    key("identifier"),
    text("record"),  # JSON; "" where the directory has none of this number
    text("fetched_at"),
    to("dossier", "dossier", "code"),
)

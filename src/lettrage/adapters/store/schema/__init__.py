"""The tables. The dossier leads every key, so that companies never meet and may live apart one day.

Amounts are whole minor units. Posted rows are never updated or deleted: triggers refuse it. What may change is state
that can be derived again: the open part of a due item, whether an instrument is still active, counters.
"""

from lettrage.adapters.store.schema.callers import EVERY_DOSSIER, account, token
from lettrage.adapters.store.schema.columns import metadata
from lettrage.adapters.store.schema.invoicing import (
    chorus_queue,
    chorus_setting,
    chorus_structure,
    deposit,
    flow,
    job,
    sales_document,
    status_event,
)
from lettrage.adapters.store.schema.ledger import dossier, due_item, entry, entry_line, invoice, rate, third_party
from lettrage.adapters.store.schema.payments import (
    allocation,
    document,
    header,
    instrument,
    kept_answer,
    outcome,
    slip,
    slip_transaction,
    task,
    transaction,
    unpaid,
    vat_move,
)

__all__ = [
    "APPEND_ONLY",
    "EVERY_DOSSIER",
    "account",
    "allocation",
    "chorus_queue",
    "chorus_setting",
    "chorus_structure",
    "deposit",
    "document",
    "dossier",
    "due_item",
    "entry",
    "entry_line",
    "flow",
    "header",
    "instrument",
    "invoice",
    "job",
    "kept_answer",
    "metadata",
    "outcome",
    "rate",
    "sales_document",
    "slip",
    "slip_transaction",
    "status_event",
    "task",
    "third_party",
    "token",
    "transaction",
    "unpaid",
    "vat_move",
]

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
    sales_document,
    status_event,
)

"""The laws that posted books obey: invariants as functions over rows as stored. What breaks one is a Finding.

Rows are typed, not trusted: a law may meet any value and never raises. Sums that a law compares come with the rows;
everything else is decided here.

Nothing here mends anything: an interrupted write leaves nothing half done, so damage comes from outside the program
and only a person can say what was true.
"""

from lettrage.books.laws.accounts import BalanceRow, CarriedRow, HeldRow, ParkedRow, balances
from lettrage.books.laws.documents import DocumentRow, documents
from lettrage.books.laws.due_items import (
    ChainRow,
    InvoiceRow,
    ItemRow,
    PassedRow,
    StrayRow,
    chains,
    invoices,
    items,
    passed_on,
    strays,
)
from lettrage.books.laws.entries import EntryRow, LineRow, Register, YearRow, together
from lettrage.books.laws.finding import Finding
from lettrage.books.laws.numbering import (
    CounterRow,
    LostEntryRow,
    OutcomeRow,
    TransactionRow,
    counters_ahead,
    lost_entries,
    outcomes,
    transactions,
)
from lettrage.books.laws.portfolio import InstrumentRow, ReturnRow, instruments, returns
from lettrage.books.laws.settlements import AllocationRow, HeaderRow, allocations, headers
from lettrage.books.laws.slips import OnSlipRow, SlipRow, on_slips, slips

__all__ = [
    "AllocationRow",
    "BalanceRow",
    "CarriedRow",
    "ChainRow",
    "CounterRow",
    "DocumentRow",
    "EntryRow",
    "Finding",
    "HeaderRow",
    "HeldRow",
    "InstrumentRow",
    "InvoiceRow",
    "ItemRow",
    "LineRow",
    "LostEntryRow",
    "OnSlipRow",
    "OutcomeRow",
    "ParkedRow",
    "PassedRow",
    "Register",
    "ReturnRow",
    "SlipRow",
    "StrayRow",
    "TransactionRow",
    "YearRow",
    "allocations",
    "balances",
    "chains",
    "counters_ahead",
    "documents",
    "headers",
    "instruments",
    "invoices",
    "items",
    "lost_entries",
    "on_slips",
    "outcomes",
    "passed_on",
    "returns",
    "slips",
    "strays",
    "together",
    "transactions",
]

"""The laws that posted books obey: invariants as functions over rows as stored. What breaks one is a Finding.

Rows are typed, not trusted: a law may meet any value and never raises. Sums that a law compares come with the rows;
everything else is decided here.

Nothing here mends anything: an interrupted write leaves nothing half done, so damage comes from outside the program
and only a person can say what was true.
"""

from lettrage.books.laws.accounts import BalanceRow, CarriedRow, HeldRow, ParkedRow, balances
from lettrage.books.laws.banking import AccountedRow, MatchRow, StatementRow, accounted, matches, statements
from lettrage.books.laws.by_hand import DraftRow, OpenedRow, TakenBackRow, drafts, opened_by_hand, taken_back
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
from lettrage.books.laws.lettering import GroupRow, HandRow, TwiceRow, groups, lettered_twice, letterings
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
from lettrage.books.laws.payments import PaymentFileRow, PaymentLineRow, payment_files, payment_lines
from lettrage.books.laws.portfolio import InstrumentRow, ReturnRow, instruments, returns
from lettrage.books.laws.settlements import AllocationRow, HeaderRow, allocations, headers
from lettrage.books.laws.slips import OnSlipRow, SlipRow, on_slips, slips
from lettrage.books.laws.vat import FreedRow, MovedVatRow, PostedVatRow, WaitingRow, vat_moves, vat_waits
from lettrage.books.laws.years import ClosingRow, ShutRow, SuccessorRow, closings, shut

__all__ = [
    "AccountedRow",
    "AllocationRow",
    "BalanceRow",
    "CarriedRow",
    "ChainRow",
    "ClosingRow",
    "CounterRow",
    "DocumentRow",
    "DraftRow",
    "EntryRow",
    "Finding",
    "FreedRow",
    "GroupRow",
    "HandRow",
    "HeaderRow",
    "HeldRow",
    "InstrumentRow",
    "InvoiceRow",
    "ItemRow",
    "LineRow",
    "LostEntryRow",
    "MatchRow",
    "MovedVatRow",
    "OnSlipRow",
    "OpenedRow",
    "OutcomeRow",
    "ParkedRow",
    "PassedRow",
    "PaymentFileRow",
    "PaymentLineRow",
    "PostedVatRow",
    "Register",
    "ReturnRow",
    "ShutRow",
    "SlipRow",
    "StatementRow",
    "StrayRow",
    "SuccessorRow",
    "TakenBackRow",
    "TransactionRow",
    "TwiceRow",
    "WaitingRow",
    "YearRow",
    "accounted",
    "allocations",
    "balances",
    "chains",
    "closings",
    "counters_ahead",
    "documents",
    "drafts",
    "groups",
    "headers",
    "instruments",
    "invoices",
    "items",
    "lettered_twice",
    "letterings",
    "lost_entries",
    "matches",
    "on_slips",
    "opened_by_hand",
    "outcomes",
    "passed_on",
    "payment_files",
    "payment_lines",
    "returns",
    "shut",
    "slips",
    "statements",
    "strays",
    "taken_back",
    "together",
    "transactions",
    "vat_moves",
    "vat_waits",
]

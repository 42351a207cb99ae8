"""What the pages ask of the books beside what the API asks: one file for each area."""

from typing import Protocol

from lettrage.adapters.http.pages.looks.ageing import AgeingLooks
from lettrage.adapters.http.pages.looks.bank import BankLooks
from lettrage.adapters.http.pages.looks.batches import BatchLooks
from lettrage.adapters.http.pages.looks.control import ControlLooks
from lettrage.adapters.http.pages.looks.customers import CustomerLooks
from lettrage.adapters.http.pages.looks.drafting import DraftingLooks
from lettrage.adapters.http.pages.looks.due_items import DueItemLooks
from lettrage.adapters.http.pages.looks.entries import JournalLooks
from lettrage.adapters.http.pages.looks.entry import EntryLooks
from lettrage.adapters.http.pages.looks.fec import FecLooks
from lettrage.adapters.http.pages.looks.home import HomeLooks
from lettrage.adapters.http.pages.looks.invoice import InvoiceLooks
from lettrage.adapters.http.pages.looks.invoices import InvoiceListLooks
from lettrage.adapters.http.pages.looks.lettering import LetteringLooks
from lettrage.adapters.http.pages.looks.portfolio import PortfolioLooks
from lettrage.adapters.http.pages.looks.reports import ReportLooks
from lettrage.adapters.http.pages.looks.search import SearchLooks
from lettrage.adapters.http.pages.looks.settings import SettingsLooks
from lettrage.adapters.http.pages.looks.settlements import SettlementLooks
from lettrage.adapters.http.pages.looks.transactions import TransactionLooks
from lettrage.adapters.http.pages.looks.vat import VatLooks


class Looks(
    AgeingLooks,
    BankLooks,
    BatchLooks,
    ControlLooks,
    CustomerLooks,
    DraftingLooks,
    DueItemLooks,
    EntryLooks,
    FecLooks,
    HomeLooks,
    InvoiceListLooks,
    InvoiceLooks,
    JournalLooks,
    LetteringLooks,
    PortfolioLooks,
    ReportLooks,
    SearchLooks,
    SettingsLooks,
    SettlementLooks,
    TransactionLooks,
    VatLooks,
    Protocol,
):
    """Everything that pages read, put together from its areas."""

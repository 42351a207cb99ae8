"""What the pages look at beside the lists of the API: one file for each area, each read bounded and by an index."""

from lettrage.adapters.store.looks.ageing import AgeingLooks
from lettrage.adapters.store.looks.control import ControlLooks
from lettrage.adapters.store.looks.customers import CustomerLooks
from lettrage.adapters.store.looks.declarations import DeclarationLooks
from lettrage.adapters.store.looks.due_items import DueItemLooks
from lettrage.adapters.store.looks.entries import JournalLooks
from lettrage.adapters.store.looks.entry import EntryLooks
from lettrage.adapters.store.looks.home import HomeLooks
from lettrage.adapters.store.looks.invoice import InvoiceLooks
from lettrage.adapters.store.looks.invoices import InvoiceListLooks
from lettrage.adapters.store.looks.portfolio import PortfolioLooks
from lettrage.adapters.store.looks.reports import ReportLooks
from lettrage.adapters.store.looks.search import SearchLooks
from lettrage.adapters.store.looks.settings import SettingsLooks
from lettrage.adapters.store.looks.settlements import SettlementLooks
from lettrage.adapters.store.looks.story import StoryLooks
from lettrage.adapters.store.looks.transactions import TransactionLooks
from lettrage.adapters.store.looks.vat import VatLooks


class Looks(
    ControlLooks,
    CustomerLooks,
    DeclarationLooks,
    DueItemLooks,
    EntryLooks,
    HomeLooks,
    InvoiceListLooks,
    InvoiceLooks,
    JournalLooks,
    PortfolioLooks,
    ReportLooks,
    SearchLooks,
    SettingsLooks,
    SettlementLooks,
    StoryLooks,
    TransactionLooks,
    VatLooks,
    AgeingLooks,
):
    """Everything that pages read, put together from its areas."""

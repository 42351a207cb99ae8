"""The accounts that the engine posts to, by role. French chart of 2025; a load file may override any of them."""

import msgspec


class Accounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Account numbers by role."""

    customer: str = "411000"
    supplier: str = "401000"
    customer_advance: str = "419100"
    supplier_advance: str = "409100"
    settlement_loss: str = "658000"
    settlement_gain: str = "758000"
    # Commercial exchange differences; 666/766 are for financial operations only (ANC 2015-05).
    exchange_loss: str = "656000"
    exchange_gain: str = "756000"
    discount_granted: str = "665000"
    discount_obtained: str = "765000"
    vat_collected: str = "445710"
    vat_deductible: str = "445660"
    vat_parked: str = "445800"  # VAT on receipts, not yet due
    sales: str = "707000"
    purchases: str = "607000"
    opening: str = "890000"
    bank_fees: str = "627800"
    doubtful: str = "416000"  # customers whose payment came back
    profit: str = "120000"  # the result of a year, until it is allocated
    loss: str = "129000"

    def third_party(self, ledger: str) -> str:
        """The collective account of customers or of suppliers."""
        return self.customer if ledger == "customer" else self.supplier

    def advance(self, ledger: str) -> str:
        """The account of advances received from customers, or paid to suppliers."""
        return self.customer_advance if ledger == "customer" else self.supplier_advance

    def difference(self, signed: int) -> str:
        """Where a settlement difference goes: debit (above zero) is a loss, credit a gain."""
        return self.settlement_loss if signed > 0 else self.settlement_gain

    def exchange(self, signed: int) -> str:
        """Where an exchange difference goes: debit (above zero) is a loss, credit a gain."""
        return self.exchange_loss if signed > 0 else self.exchange_gain

    def discount(self, ledger: str) -> str:
        """Discounts granted to customers, or obtained from suppliers."""
        return self.discount_granted if ledger == "customer" else self.discount_obtained

    def vat(self, ledger: str) -> str:
        """VAT collected on sales, or deductible on purchases."""
        return self.vat_collected if ledger == "customer" else self.vat_deductible

"""VAT: every line has its category and rate, and the breakdown is what the lines add up to."""

from collections.abc import Iterator
from fractions import Fraction

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.rules.amounts import value
from lettrage.invoicing.checks.rules.countries import WITH_SIRET
from lettrage.invoicing.checks.rules.rule import PLATFORM, Rule, money
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.finding import Finding, Level
from lettrage.money import Figure, rounded

STANDARD = "S"
CATEGORIES = frozenset({"S", "Z", "E", "AE", "K", "G", "O", "L", "M"})  # UNCL 5305 as EN 16931 narrows it
EXEMPT = frozenset({"E", "AE", "K", "G", "O"})  # no VAT, and a reason for it
WITHOUT_VAT = EXEMPT | {"Z"}
# The rates of France, Corsica and the overseas departments, past ones for late documents (BR-FR-16).
_FRENCH_RATES = "0 0.9 1.05 1.75 2.1 5.5 7 8.5 9.2 9.6 10 13 19.6 20 20.6"
FRENCH_RATES = frozenset(_FRENCH_RATES.split())
_PERCENT = Fraction(1, 100)

Key = tuple[str, str]  # category, and the rate in its one spelling


def key(category: str, rate: Figure | None) -> Key:
    """What one row of the breakdown is for."""
    return category, rate.canonical if rate is not None else "0"


def _rated(invoice: Invoice) -> Iterator[tuple[str, str, Figure | None, int]]:
    """What VAT is charged on: place, category, rate, amount (an allowance's below zero)."""
    for n, line in enumerate(invoice.lines):
        yield f"lines[{n}]", line.vat_category, line.vat_rate, line.net
    for n, part in enumerate(invoice.allowances):
        yield f"allowances[{n}]", part.vat_category, part.vat_rate, part.amount if part.charge else -part.amount


def categories(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A category that is one; a rate that goes with it."""
    for place, category, rate, _ in _rated(invoice):
        yield from _category_faults(f"{place}.vat_category", f"{place}.vat_rate", category, rate)
    for n, row in enumerate(invoice.vat):
        yield from _category_faults(f"vat[{n}].category", f"vat[{n}].rate", row.category, row.rate)


def _category_faults(place: str, rate_place: str, category: str, rate: Figure | None) -> Iterator[Finding]:
    if not category:
        yield Finding("vat_category_missing", place, "", "S, Z, E, AE, K, G, O")
    elif category not in CATEGORIES:
        yield Finding("vat_category", place, category, "S, Z, E, AE, K, G, O")
    elif rate is None:
        if category != "O":
            yield Finding("vat_rate_missing", rate_place, "", "20.00" if category == STANDARD else "0")
    elif category in WITHOUT_VAT and rate.digits:
        yield Finding("vat_rate_not_zero", rate_place, rate.text, "0", facts={"category": category})
    elif category == STANDARD and rate.digits <= 0:
        yield Finding("vat_rate_zero", rate_place, rate.text, "> 0")


def french_rates(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A French supplier's rate is one that France has or had; Chorus Pro also takes others, entered by hand."""
    if invoice.seller.address.country not in WITH_SIRET:
        return
    level: Level = "warning" if circumstances.route == "chorus" else "error"
    for place, category, rate, _ in _rated(invoice):
        if category == STANDARD and rate is not None and rate.digits and rate.canonical not in FRENCH_RATES:
            yield Finding("vat_rate_french", f"{place}.vat_rate", rate.text, "20, 10, 5.5, 2.1, …", level=level)


def exemptions(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """What bears no VAT says why."""
    for n, row in enumerate(invoice.vat):
        if row.category in EXEMPT and not (row.exemption or row.exemption_code):
            yield Finding("exemption_missing", f"vat[{n}].exemption", "", facts={"category": row.category})


def breakdown(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """One row for each category and rate in use, with the sum of what bears it."""
    rows = [key(row.category, row.rate) for row in invoice.vat]
    bases: dict[Key, int] = dict.fromkeys(rows, 0)
    for place, category, rate, amount in _rated(invoice):
        wanted = key(category, rate)
        if category and wanted not in bases:
            told = f"{category} {rate.canonical if rate is not None else ''}".strip()
            yield Finding("vat_row_missing", "vat", "", told, facts={"part": place})
        bases[wanted] = bases.get(wanted, 0) + amount
    for n, row in enumerate(invoice.vat):
        if rows.index(rows[n]) != n:
            yield Finding("vat_row_twice", f"vat[{n}]", row.category)
        elif row.base != bases[rows[n]]:
            yield Finding("vat_base", f"vat[{n}].base", money(invoice, row.base), money(invoice, bases[rows[n]]))


def amounts(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A row's VAT is its base times its rate, rounded once; the sum of VAT rounded line by line is a warning."""
    for n, row in enumerate(invoice.vat):
        rate = value(row.rate) * _PERCENT if row.rate is not None else Fraction(0)
        due = rounded(row.base * rate)
        if row.amount == due:
            continue
        of_row = key(row.category, row.rate)
        by_line = sum(rounded(part * rate) for _, category, r, part in _rated(invoice) if key(category, r) == of_row)
        code = "vat_rounding" if row.amount == by_line else "vat_amount"
        yield Finding(code, f"vat[{n}].amount", money(invoice, row.amount), money(invoice, due))


def in_euros(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """An invoice in another currency tells its VAT in euros as well."""
    if invoice.currency.code != "EUR" and invoice.vat_currency is None:
        yield Finding("vat_currency_missing", "vat_currency", invoice.currency.code, "EUR")


def in_vat_currency(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A VAT currency other than the invoice's asks for the VAT in it."""
    told = invoice.totals.vat_in_vat_currency
    if invoice.vat_currency is not None and invoice.vat_currency != invoice.currency and told is None:
        yield Finding("vat_in_vat_currency", "totals.vat_in_vat_currency", "", invoice.vat_currency.code)


RULES = (
    Rule(
        categories, ("vat_category_missing", "vat_category", "vat_rate_missing", "vat_rate_not_zero", "vat_rate_zero")
    ),
    Rule(french_rates, ("vat_rate_french",)),
    Rule(exemptions, ("exemption_missing",)),
    Rule(breakdown, ("vat_row_missing", "vat_row_twice", "vat_base")),
    Rule(amounts, ("vat_rounding", "vat_amount")),
    Rule(in_vat_currency, ("vat_in_vat_currency",)),
    Rule(in_euros, ("vat_currency_missing",), PLATFORM),
)

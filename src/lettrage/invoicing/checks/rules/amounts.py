"""Lines, allowances and totals add up, to the minor unit.

Everything is a whole number of minor units or an exact fraction; products round half away from zero, once.
"""

from collections.abc import Iterator
from fractions import Fraction

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.rules.rule import CHORUS, Rule, money
from lettrage.invoicing.document import AllowanceCharge, Invoice, Line
from lettrage.invoicing.finding import Finding
from lettrage.money import Figure, ratio

_ONE = Figure(1, 0)  # what a price is for, where it does not say
DECIMALS_MOST = 6  # of a quantity, a price, a rate


def value(figure: Figure) -> Fraction:
    """A figure as an exact number."""
    return Fraction(figure.digits, 10**figure.decimals)


def balance(parts: tuple[AllowanceCharge, ...]) -> int:
    """Charges less allowances."""
    return sum(part.amount if part.charge else -part.amount for part in parts)


def line_net(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A line's net amount is quantity times price (per its base quantity), plus charges, less allowances.

    One minor unit more or less is a warning: some systems round the price first.
    """
    for n, line in enumerate(invoice.lines):
        per = line.price.quantity or _ONE
        if per.digits <= 0:
            yield Finding("price_quantity", f"lines[{n}].price.quantity", per.text, "> 0")
            continue
        due = _net(invoice, line, per)
        if line.net != due:
            near = abs(line.net - due) == 1
            code = "line_net_rounding" if near else "line_net"
            yield Finding(code, f"lines[{n}].net", money(invoice, line.net), money(invoice, due))


def _net(invoice: Invoice, line: Line, per: Figure) -> int:
    """On whole numbers: an invoice has many lines."""
    quantity, price = line.quantity, line.price.net
    numerator = quantity.digits * price.digits * 10 ** (invoice.currency.decimals + per.decimals)
    return ratio(numerator, per.digits * 10 ** (quantity.decimals + price.decimals)) + balance(line.allowances)


def prices(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The net price is the gross price less the discount on it."""
    for n, line in enumerate(invoice.lines):
        price = line.price
        if price.gross is None:
            continue
        due = value(price.gross) - (value(price.discount) if price.discount is not None else 0)
        if due != value(price.net):
            yield Finding("price_net", f"lines[{n}].price.net", price.net.text, _decimal(due))


def _decimal(number: Fraction) -> str:
    """A number that comes from decimals, as decimal text."""
    scaled = number * 10**9
    return Figure(scaled.numerator // scaled.denominator, 9).canonical


def gross_price(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """In CII a gross price brings a discount with it, were it zero: Chorus Pro refuses the one without the other."""
    if circumstances.syntax == "ubl":
        return
    for n, line in enumerate(invoice.lines):
        if line.price.gross is not None and line.price.discount is None:
            yield Finding("gross_price_alone", f"lines[{n}].price.discount", line.price.gross.text, "0.00")


def decimals(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A number has at most six decimals."""
    for n, line in enumerate(invoice.lines):
        figures = {
            "quantity": line.quantity,
            "price.net": line.price.net,
            "price.gross": line.price.gross,
            "price.discount": line.price.discount,
            "price.quantity": line.price.quantity,
            "vat_rate": line.vat_rate,
        }
        for name, figure in figures.items():
            if figure is not None and figure.decimals > DECIMALS_MOST:
                yield Finding("decimals", f"lines[{n}].{name}", figure.text, str(DECIMALS_MOST))


def totals(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """Each total is what the parts add up to: BR-CO-10 to BR-CO-16, without their tolerances."""
    told = invoice.totals
    allowed = sum(part.amount for part in invoice.allowances if not part.charge)
    charged = sum(part.amount for part in invoice.allowances if part.charge)
    vat = told.vat or 0
    due = {
        "lines": (told.lines, sum(line.net for line in invoice.lines)),
        "allowances": (told.allowances or 0, allowed),
        "charges": (told.charges or 0, charged),
        "net": (told.net, told.lines - (told.allowances or 0) + (told.charges or 0)),
        "vat": (vat, sum(part.amount for part in invoice.vat)),
        "gross": (told.gross, told.net + vat),
        "payable": (told.payable, told.gross - (told.prepaid or 0) + (told.rounding or 0)),
    }
    for name, (seen, expected) in due.items():
        if seen != expected:
            yield Finding(f"total_{name}", f"totals.{name}", money(invoice, seen), money(invoice, expected))


def signs(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """No negative total: what lowers a debt is a credit note (381), whose amounts are positive."""
    code = "credit_note_negative" if invoice.is_credit_note else "invoice_negative"
    for name in ("net", "gross", "payable"):
        amount: int = getattr(invoice.totals, name)
        if amount < 0:
            yield Finding(code, f"totals.{name}", money(invoice, amount), "≥ 0")


RULES = (
    Rule(line_net, ("line_net", "line_net_rounding", "price_quantity")),
    Rule(prices, ("price_net",)),
    Rule(gross_price, ("gross_price_alone",), CHORUS),
    Rule(decimals, ("decimals",)),
    Rule(
        totals,
        tuple(f"total_{name}" for name in ("lines", "allowances", "charges", "net", "vat", "gross", "payable")),
    ),
    Rule(signs, ("invoice_negative", "credit_note_negative"), CHORUS),
)

"""What late payment costs whom: the European Central Bank's rates by half-year, the points above them, the lump sum.

Between companies the rate follows each half-year (C. com. L441-10); a public buyer owes the one of the half-year in
which interest began (code de la commande publique, R2192-31). The rates are loaded: a half-year that is not there is
refused, never guessed.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import msgspec

from lettrage.company.form import Form
from lettrage.money import Currency

NAMES = ("ecb", "b2b_points", "b2g_points", "indemnity", "basis", "account")
_INCOME = "763100"  # revenus des créances commerciales
_PUBLIC = ("1", "2")  # the SIREN of a public body begins with one of these


class LatePayment(msgspec.Struct, frozen=True):
    """The terms. Rates and points in percent; `ecb` by the first day of each half-year; the lump sum at home.

    `basis`: days of a year. `account`: where interest claimed is income.
    """

    ecb: Mapping[date, Fraction] = {}
    b2b_points: Fraction = Fraction(10)
    b2g_points: Fraction = Fraction(8)
    indemnity: int = 40_00
    basis: int = 365
    account: str = _INCOME


def half_year(day: date) -> date:
    """The first day of the half-year that holds this day."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def late_payment_of(form: Form, home: Currency) -> LatePayment:
    """The terms that a company file's record describes. Faults are noted."""
    rates: dict[date, Fraction] = {}
    for row in form.rows("ecb", "from"):
        day, rate = row.day("from", required=True), row.rate("rate", required=True)
        if day is not None and day != half_year(day):
            row.fault("malformed_date", "from", day.isoformat(), "YYYY-01-01, YYYY-07-01")
        if day is not None and rate is not None:
            rates[day] = rate
    for name in form.strangers(NAMES):
        form.fault("unknown_role", name, name, ", ".join(NAMES))
    terms = LatePayment(rates, account=form.code("account", _INCOME), basis=_basis(form))
    points = {name: found for name in ("b2b_points", "b2g_points") if (found := form.rate(name)) is not None}
    indemnity = form.amount("indemnity", home, required=False)
    if indemnity is None:
        indemnity = 40 * 10**home.decimals
    return msgspec.structs.replace(terms, indemnity=indemnity, **points)


def _basis(form: Form) -> int:
    basis = form.number("basis", default=365)
    if basis not in (360, 365):
        form.fault("malformed_number", "basis", str(basis), "360, 365")
        return 365
    return basis


def is_public(siret: str, *, on_chorus: bool, said: str = "") -> bool:
    """Whether a third party is a public buyer: as its record says, else by its SIREN, or because Chorus reaches it."""
    return said == "public" or (not said and (on_chorus or siret.startswith(_PUBLIC)))

"""The rules of arithmetic hold for every invoice that is computed right, and see every minor unit that is not."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lettrage.invoicing.checks.check import check
from lettrage.invoicing.document import AllowanceCharge, Invoice, Line, Price, Totals, VatBreakdown
from lettrage.money import Figure, rounded
from tests.invoicing.checks import circumstances, line, sound

RATES = [Figure(2000, 2), Figure(55, 1), Figure(10, 0), Figure(210, 2)]
TOTALS = ("lines", "allowances", "charges", "net", "vat", "gross", "payable")
figures = st.builds(Figure, st.integers(0, 10**7), st.integers(0, 4))
counts = st.builds(Figure, st.integers(1, 10**5), st.integers(0, 3))


@st.composite
def invoice_lines(draw: st.DrawFn) -> Line:
    quantity, price, per = draw(counts), draw(figures), draw(st.none() | counts)
    allowances = tuple(
        AllowanceCharge(charge, amount)
        for charge, amount in draw(st.lists(st.tuples(st.booleans(), st.integers(0, 500)), max_size=2))
    )
    exact = _value(quantity) * _value(price) * 100 / (_value(per) if per else 1)
    net = rounded(exact) + sum(part.amount if part.charge else -part.amount for part in allowances)
    return line(
        quantity=quantity,
        price=Price(price, quantity=per),
        vat_rate=draw(st.sampled_from(RATES)),
        net=net,
        allowances=allowances,
    )


def _value(figure: Figure) -> Fraction:
    return Fraction(figure.digits, 10**figure.decimals)


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """An invoice computed the plain way: everything summed exactly, VAT rounded once for each rate."""
    lines = tuple(draw(st.lists(invoice_lines(), min_size=1, max_size=6)))
    parts = tuple(
        AllowanceCharge(charge, amount, vat_category="S", vat_rate=rate)
        for charge, amount, rate in draw(
            st.lists(st.tuples(st.booleans(), st.integers(0, 5000), st.sampled_from(RATES)), max_size=3)
        )
    )
    bases: dict[Figure, int] = {}
    for rate, amount in [(x.vat_rate, x.net) for x in lines] + [
        (p.vat_rate, p.amount if p.charge else -p.amount) for p in parts
    ]:
        assert rate is not None
        bases[rate] = bases.get(rate, 0) + amount
    rows = tuple(VatBreakdown("S", rate, base, rounded(base * _value(rate) / 100)) for rate, base in bases.items())
    allowed = sum(p.amount for p in parts if not p.charge)
    charged = sum(p.amount for p in parts if p.charge)
    gross_lines, vat = sum(x.net for x in lines), sum(row.amount for row in rows)
    net = gross_lines - allowed + charged
    prepaid, rounding = draw(st.integers(0, 1000)), draw(st.integers(-2, 2))
    return sound(
        lines=lines,
        allowances=parts,
        vat=rows,
        totals=Totals(
            gross_lines, net, net + vat, net + vat - prepaid + rounding,
            allowances=allowed, charges=charged, vat=vat, prepaid=prepaid, rounding=rounding,
        ),
    )  # fmt: skip


def codes(invoice: Invoice) -> set[str]:
    signs = {"invoice_negative"}  # not a matter of adding up
    return {one.code for one in check(invoice, circumstances())} - signs


@settings(max_examples=100, deadline=None)
@given(invoices())
def test_what_is_computed_right_is_not_found(invoice: Invoice) -> None:
    assert codes(invoice) == set()


@settings(max_examples=100, deadline=None)
@given(invoices(), st.sampled_from(TOTALS), st.sampled_from([-100, -1, 1, 7]))
def test_a_total_off_by_a_minor_unit_is_found_by_name(invoice: Invoice, name: str, off: int) -> None:
    totals = invoice.totals
    wrong = replace(totals, **{name: (getattr(totals, name) or 0) + off})
    assert f"total_{name}" in codes(replace(invoice, totals=wrong))


@settings(max_examples=100, deadline=None)
@given(invoices(), st.data())
def test_a_line_off_by_a_minor_unit_is_a_warning_and_by_more_an_error(invoice: Invoice, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(invoice.lines) - 1))
    off = data.draw(st.sampled_from([-50, -2, -1, 1, 2]))
    lines = list(invoice.lines)
    lines[at] = replace(lines[at], net=lines[at].net + off)
    expected = "line_net_rounding" if abs(off) == 1 else "line_net"
    assert expected in codes(replace(invoice, lines=tuple(lines)))


@settings(max_examples=100, deadline=None)
@given(invoices(), st.data())
def test_a_row_of_the_breakdown_that_is_off_is_found(invoice: Invoice, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(invoice.vat) - 1))
    name = data.draw(st.sampled_from(["base", "amount"]))
    rows = list(invoice.vat)
    rows[at] = replace(rows[at], **{name: getattr(rows[at], name) + data.draw(st.sampled_from([-10_000, 10_000]))})
    assert f"vat_{name}" in codes(replace(invoice, vat=tuple(rows)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 999), min_size=2, max_size=30), st.sampled_from(RATES))
def test_vat_rounded_line_by_line_is_told_apart_from_vat_that_is_wrong(amounts: list[int], rate: Figure) -> None:
    share = _value(rate) / 100
    once, by_line = rounded(sum(amounts) * share), sum(rounded(amount * share) for amount in amounts)
    lines = tuple(
        line(net=amount, quantity=Figure(1, 0), price=Price(Figure(amount, 2)), vat_rate=rate) for amount in amounts
    )

    def billed(vat: int) -> set[str]:
        net = sum(amounts)
        return codes(
            sound(
                lines=lines,
                vat=(VatBreakdown("S", rate, net, vat),),
                totals=Totals(net, net, net + vat, net + vat, vat=vat),
            )
        )

    assert billed(once) == set()
    assert billed(by_line) == (set() if by_line == once else {"vat_rounding"})
    wrong = max(once, by_line) + 1
    assert billed(wrong) == {"vat_amount"}

"""Periods and reports of payments as the command line and the API give them: amounts as decimal texts, in euros."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from lettrage.money import decimal_text
from lettrage.reporting.concerned import Decision
from lettrage.reporting.declarations import Declarations, Elsewhere, Filed, Line
from lettrage.reporting.report import Contents, Difference, Missing, Reported, totals
from lettrage.settlement.answer import reason_shape

_CENTS = 2


def declarations_shape(found: Declarations, today: date) -> dict[str, Any]:
    """Every period in short, and what must be said before there are any."""
    return {
        "unset": [reason_shape(refusal) for refusal in found.unset],
        "data": [line_shape(line, today) for line in found.lines],
    }


def line_shape(line: Line, today: date) -> dict[str, Any]:
    """A period in short."""
    owed, period = line.owed, line.period
    return {
        "period": line.name,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "opens": period.opens.isoformat(),
        "due": period.due.isoformat(),
        "days_left": line.days_left(today),
        "standing": line.standing,
        "type": owed.kind if owed and owed.sendable else None,
        "number": str(owed.number) if owed and owed.sendable else None,
        "totals": rates_shape(totals(line.contents)),
        "missing": len(line.missing),
        "reports": [filed_shape(one) for one in line.filed],
    }


def whole_shape(line: Line, today: date) -> dict[str, Any]:
    """A period with all that stands in its report, all that is missing, and what goes elsewhere."""
    return line_shape(line, today) | {
        "contents": contents_shape(line.contents),
        "differences": [difference_shape(one) for one in (line.owed.differences if line.owed else ())],
        "left_out": [missing_shape(one) for one in line.missing],
        "elsewhere": [elsewhere_shape(one) for one in line.elsewhere],
    }


def contents_shape(of: Contents) -> list[dict[str, Any]]:
    """What a report says, a row for each invoice or day and rate; `invoice` and `issued` None for consumers."""
    rows = [
        {"date": paid.day.isoformat(), "invoice": paid.invoice, "issued": paid.issued.isoformat()} | one
        for paid in of.invoices
        for one in rates_shape(paid.rates)
    ]
    rows += [
        {"date": paid.day.isoformat(), "invoice": None, "issued": None} | one
        for paid in of.days
        for one in rates_shape(paid.rates)
    ]
    return rows


def rates_shape(of: Iterable[Reported]) -> list[dict[str, Any]]:
    """Amounts received by rate, VAT included."""
    return [{"rate": one.rate, "amount": decimal_text(one.amount, _CENTS)} for one in of]


def filed_shape(one: Filed) -> dict[str, Any]:
    """A report that was made."""
    return {
        "report": str(one.message),
        "number": str(one.report.number),
        "type": one.report.kind,
        "id": one.id,
        "outcome": one.fate,
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
        "totals": rates_shape(totals(one.report.contents)),
        "errors": list(one.errors),
    }


def difference_shape(one: Difference) -> dict[str, Any]:
    """A figure that the next report changes."""
    return {
        "date": one.day.isoformat(),
        "invoice": one.invoice or None,
        "rate": one.rate,
        "before": decimal_text(one.before, _CENTS),
        "after": decimal_text(one.after, _CENTS),
    }


def missing_shape(one: Missing) -> dict[str, Any]:
    """A payment that cannot be reported as it is."""
    payment = one.payment
    return {
        "date": payment.day.isoformat(),
        "invoice": payment.invoice,
        "third_party": payment.third_party,
        "transaction": str(payment.transaction),
        "amount": decimal_text(payment.amount_home, payment.home.decimals),
        "reasons": [reason_shape(reason) for reason in one.reasons],
    }


def elsewhere_shape(one: Elsewhere) -> dict[str, Any]:
    """Payments that no report of ours says, and why."""
    return decision_shape(one.decision) | {"payments": one.payments, "amount": decimal_text(one.amount, _CENTS)}


def decision_shape(one: Decision) -> dict[str, Any]:
    """A rule of the table with its reason and source."""
    return {
        "rule": one.rule,
        "outcome": one.outcome,
        "fr": one.fr,
        "en": one.en,
        "source": one.source,
        "seen": one.seen,
        "chosen": one.chosen,
    }

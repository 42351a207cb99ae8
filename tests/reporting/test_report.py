"""What is still to be reported: initial and replacing reports, what changes, what is missing."""

from datetime import date

from msgspec.structs import replace

from lettrage.reporting.report import Contents, Difference, OfDay, OfInvoice, Owed, Report, Reported, Told, owed
from tests.reporting.samples import ISSUED, TND, by_day, by_invoice, payment

OCTOBER, LATER = date(2026, 10, 2), date(2026, 10, 30)


def sent(of: Owed) -> Report:
    return Report(of.number, of.kind, of.period.first, of.period.last, of.contents)


def test_the_first_report_of_a_period_has_invoices_by_day_and_consumers_days() -> None:
    known = [
        *by_invoice(payment(OCTOBER, ("20", 6000), ("5.5", 1055)), payment(OCTOBER, ("20", 4000), key="other")),
        *by_invoice(payment(LATER, ("20", -1000))),
        *by_day(payment(OCTOBER, ("20", 100), number="T1"), payment(OCTOBER, ("20", 20), number="T2")),
        Told(payment(OCTOBER, ("20", 77)), "status"),
        Told(payment(OCTOBER, ("20", 88)), "none"),
    ]

    (found,) = owed(known, [], "real_monthly")

    assert (found.kind, found.number, found.sendable, found.missing) == ("IN", 1, True, ())
    assert (found.period.first, found.period.due) == (date(2026, 10, 1), date(2026, 11, 10))
    assert found.contents == Contents(
        (
            OfInvoice("F1", ISSUED, OCTOBER, (Reported("20", 10000), Reported("5.5", 1055))),
            OfInvoice("F1", ISSUED, LATER, (Reported("20", -1000),)),
        ),
        (OfDay(OCTOBER, (Reported("20", 120),)),),
    )


def test_nothing_is_owed_for_a_period_without_payments_or_reported_as_it_is() -> None:
    known = by_invoice(payment(OCTOBER, ("20", 6000)))
    (first,) = owed(known, [], "real_monthly")

    assert owed([], [], "real_monthly") == ()
    assert owed(known, [sent(first)], "real_monthly") == ()
    there_and_back = by_invoice(payment(OCTOBER, ("20", 6000)), payment(OCTOBER, ("20", -6000)))
    assert owed(there_and_back, [], "real_monthly") == ()


def test_a_payment_heard_of_late_replaces_the_whole_report_and_a_return_does_not() -> None:
    known = by_invoice(payment(OCTOBER, ("20", 6000)))
    (first,) = owed(known, [], "real_monthly")
    back = by_invoice(payment(date(2026, 11, 3), ("20", -6000)))
    late = by_invoice(payment(LATER, ("10", 1100), number="F2"))

    (november,) = owed([*known, *back], [sent(first)], "real_monthly")
    again, *_ = owed([*known, *back, *late], [sent(first)], "real_monthly")

    assert (november.kind, november.period.first) == ("IN", date(2026, 11, 1))
    assert (again.kind, again.number, len(again.contents.invoices)) == ("RE", 2, 2)
    assert again.differences == (Difference(LATER, "F2", "10", 0, 1100),)
    (only_november,) = owed([*known, *back, *late], [sent(first), sent(again)], "real_monthly")
    assert only_november == november


def test_what_is_no_longer_so_is_replaced_by_an_empty_report() -> None:
    (first,) = owed(by_day(payment(OCTOBER, ("20", 6000))), [], "real_monthly")

    (again,) = owed([], [sent(first)], "real_monthly")

    assert (again.kind, again.contents, again.sendable) == ("RE", Contents(), True)
    assert again.differences == (Difference(OCTOBER, "", "20", 6000, 0),)


def test_a_payment_with_something_missing_is_left_out_and_told() -> None:
    sound = payment(OCTOBER, ("20", 100))
    spoiled = [
        payment(OCTOBER, ("20", 1), number=""),
        payment(OCTOBER, ("20", 2), number="F 1  2"),
        payment(OCTOBER, ("20", 3), issued=None),
        payment(OCTOBER, ("20", 4), ("3", 5)),
        replace(payment(OCTOBER, ("20", 6)), home=TND),
    ]

    (found,) = owed(by_invoice(sound, *spoiled), [], "real_monthly")

    codes = [[reason.code for reason in one.reasons] for one in found.missing]
    assert codes == [["report_number"], ["report_number"], ["report_date"], ["report_rate"], ["report_not_euro"]]
    assert [one.payment for one in found.missing] == spoiled
    assert found.contents.invoices == (OfInvoice("F1", ISSUED, OCTOBER, (Reported("20", 100),)),)
    mended, *_ = owed(by_invoice(sound, payment(OCTOBER, ("20", 1), number="F3")), [sent(found)], "real_monthly")
    assert mended.kind == "RE"


def test_a_day_of_consumers_needs_no_invoice() -> None:
    (found,) = owed(by_day(payment(OCTOBER, ("20", 1), number="", issued=None)), [], "franchise")

    assert (found.missing, found.period.first, found.period.last) == ((), date(2026, 9, 1), date(2026, 10, 31))


def test_what_is_all_missing_is_owed_and_cannot_be_sent() -> None:
    (found,) = owed(by_invoice(payment(OCTOBER, ("20", 1), number="")), [], "real_monthly")

    assert (found.sendable, len(found.missing)) == (False, 1)


def test_a_reported_period_stays_when_the_regime_changes() -> None:
    known = by_invoice(payment(OCTOBER, ("20", 6000)))
    (first,) = owed(known, [], "real_monthly")

    assert owed(known, [sent(first)], "franchise") == ()
    (again,) = owed([*known, *by_invoice(payment(LATER, ("20", 5)))], [sent(first)], "franchise")
    assert (again.kind, again.period.first, again.period.last) == ("RE", date(2026, 10, 1), date(2026, 10, 31))

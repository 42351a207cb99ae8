"""The payments of an invoice one by one: the day that counts, the split, what comes back, what is told again."""

from datetime import date

from lettrage.reporting.received import Payment, own_key, payments, untold
from tests.reporting.samples import EUR, cause, followed, receipt, sale, taken

TWO = [("20", 10000, 2000), ("10", 5000, 500)]  # 175.00
FIRST, SECOND, THIRD, LAST = (date(2026, 10, day) for day in (2, 5, 9, 20))


def shown(found: tuple[Payment, ...]) -> list[tuple[object, ...]]:
    return [(one.day, one.event, {part.rate: part.amount for part in one.rates}, one.remaining) for one in found]


def test_a_cheque_in_part_a_discount_and_the_rest() -> None:
    receipts = [receipt(1, FIRST), receipt(2, SECOND, means="E")]
    took = [taken(1, 10000, discount=200), taken(2, 7500)]

    found = payments(followed(sale(TWO), receipts, took), {}, EUR)

    assert shown(found) == [
        (FIRST, "received", {"20": 6720, "10": 3080}, 7500),
        (SECOND, "received", {"20": 5143, "10": 2357}, 0),
    ]
    assert [one.discount for one in found] == [200, 0]
    assert [one.amount for one in found] == [9800, 7500]
    assert (found[0].invoice, found[0].issued, found[0].transaction, found[0].order) == ("F1", date(2026, 9, 15), 1, 1)


def test_a_cheque_that_bounces_is_reported_below_zero_on_the_day_of_its_return() -> None:
    bounced = receipt(1, FIRST, returned=(cause(2, THIRD),))

    found = payments(followed(sale(TWO), [bounced], [taken(1, 17500)]), {}, EUR)

    assert shown(found) == [
        (FIRST, "received", {"20": 12000, "10": 5500}, 0),
        (THIRD, "unpaid", {"20": -12000, "10": -5500}, 17500),
    ]
    assert [one.since for one in found] == [FIRST, FIRST]


def test_a_transfer_counts_when_it_is_credited_and_a_bill_on_its_due_date() -> None:
    dues = [(THIRD, 10000), (LAST, 7500)]
    transfer = receipt(1, FIRST, means="V", credited=(cause(2, SECOND),))
    bill = receipt(1, FIRST, means="L")
    took = [taken(1, 10000), taken(1, 7500, item=2)]

    credited = payments(followed(sale(TWO, dues), [transfer], took), {}, EUR)
    due = payments(followed(sale(TWO, dues), [bill], took), {}, EUR)

    assert [(one.day, one.event, one.amount) for one in credited] == [(SECOND, "credited", 17500)]
    assert [(one.day, one.event, one.amount) for one in due] == [(THIRD, "due", 10000), (LAST, "due", 7500)]
    assert len({one.key for one in due}) == 2
    assert payments(followed(sale(TWO, dues), [receipt(1, FIRST, means="V")], took), {}, EUR) == ()


def test_a_discount_alone_is_no_receipt_and_what_is_written_off_neither() -> None:
    took = [taken(1, 300, discount=300), taken(2, 17200, difference=100)]

    (found,) = payments(followed(sale(TWO), [receipt(1, FIRST), receipt(2, SECOND)], took), {}, EUR)

    assert (found.amount, found.remaining) == (17100, 0)


def test_the_payments_of_a_credit_note_are_below_zero() -> None:
    note = sale([("20", -10000, -2000)])
    vat = tuple(type(line)(line.rate, 10000, 2000) for line in note.vat)
    note = type(note)(**{name: getattr(note, name) for name in note.__struct_fields__} | {"vat": vat})

    (found,) = payments(followed(note, [receipt(1, FIRST, means="")], [taken(1, -12000)]), {}, EUR)

    assert (found.amount, found.remaining) == (-12000, 0)


def test_the_same_event_has_the_same_key_whatever_comes_after_it() -> None:
    before = payments(followed(sale(TWO), [receipt(1, FIRST)], [taken(1, 10000)]), {}, EUR)
    cancelled = receipt(1, FIRST, back=LAST)
    after = payments(followed(sale(TWO), [cancelled, receipt(2, THIRD)], [taken(1, 10000), taken(2, 7500)]), {}, EUR)

    assert after[0] == before[0]
    assert [one.event for one in after] == ["received", "received", "cancelled"]
    assert len({one.key for one in after}) == 3


def test_what_was_told_is_told_once_and_withdrawn_when_another_day_counts() -> None:
    transfer = followed(sale(TWO), [receipt(1, FIRST, means="V", credited=(cause(2, SECOND),))], [taken(1, 17500)])
    credited, announced = payments(transfer, {}, EUR), payments(transfer, {"V": "received"}, EUR)

    assert untold(credited, []) == credited
    assert untold(credited, credited) == ()
    withdrawn, new = untold(announced, credited)
    assert (withdrawn.amount, withdrawn.day, withdrawn.remaining) == (-17500, SECOND, None)
    assert own_key(withdrawn.key) == credited[0].key != withdrawn.key
    assert new == announced[0]
    told = [*credited, withdrawn, new]
    assert untold(announced, told) == ()
    back_again = untold(credited, told)
    assert [one.amount for one in back_again] == [-17500, 17500]
    assert len({one.key for one in [*told, *back_again]}) == 5

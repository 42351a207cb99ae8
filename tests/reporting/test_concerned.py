"""Whether and how a payment is reported: every case of the table, and that none is left without an answer."""

from datetime import date
from itertools import product
from typing import get_args

import pytest
from msgspec.structs import replace

from lettrage.company.declarant import OUTCOMES, SIZES
from lettrage.reporting import concerned
from lettrage.reporting.concerned import OPEN, TABLE, Circumstances, decide, operation

SINCE = date(2027, 9, 1)
ORDINARY = Circumstances("services", "receipts", "taxed", "business", "platform", SINCE, "small")


@pytest.mark.parametrize(
    ("changed", "rule", "outcome"),
    [
        ({}, "business", "status"),
        ({"operation": "mixed"}, "business", "status"),
        ({"charge": "franchise"}, "business", "status"),
        ({"day": date(2027, 8, 31)}, "before", "none"),
        ({"day": date(2027, 8, 31), "size": "middle"}, "business", "status"),
        ({"day": date(2026, 9, 1), "size": "large"}, "business", "status"),
        ({"day": date(2026, 8, 31), "size": "large"}, "before", "none"),
        ({"vat_due": "debits"}, "debits", "none"),
        ({"operation": "goods", "vat_due": "delivery"}, "goods", "none"),
        ({"operation": "goods"}, "goods_on_receipt", "none"),
        ({"charge": "reverse_charge", "customer": "foreign"}, "reverse_charge", "none"),
        ({"charge": "exempt"}, "exempt", "none"),
        ({"customer": "public", "route": "chorus"}, "chorus", "by_chorus"),
        ({"customer": "public"}, "public", "status"),
        ({"customer": "public", "route": "none"}, "not_carried", "none"),
        ({"route": "none"}, "not_carried", "none"),
        ({"customer": "foreign", "route": "none"}, "foreign", "by_invoice"),
        ({"customer": "consumer", "route": "none"}, "consumer", "by_day"),
        ({"collected": "yes"}, "collected", "none"),
        ({"collected": "yes", "customer": "consumer", "route": "none"}, "consumer", "by_day"),
    ],
)
def test_a_case_of_the_table(changed: dict[str, object], rule: str, outcome: str) -> None:
    found = decide(replace(ORDINARY, **changed), {})

    assert (found.rule, found.outcome) == (rule, outcome)


def test_no_case_is_without_an_answer_in_both_languages_and_its_source() -> None:
    values = [get_args(getattr(concerned, name)) for name in ("Operation", "VatDue", "Charge", "Customer", "Carrier")]
    met = set()
    for case in product(*values, (date(2026, 8, 31), date(2026, 9, 1), SINCE), SIZES, get_args(concerned.Collected)):
        found = decide(Circumstances(*case), {})
        met.add(found.rule)
        assert found.outcome in OUTCOMES
        assert all(text and "{" not in text for text in (found.fr, found.en, found.source))
        assert found.fr != found.en
    assert met == {rule.name for rule in TABLE.rule}, "a rule that no case reaches"


def test_only_what_is_reasoned_may_be_decided_otherwise() -> None:
    advance = replace(ORDINARY, operation="goods")
    own = decide(advance, {"goods_on_receipt": "status"})

    assert (own.outcome, own.chosen) == ("status", True)
    assert decide(ORDINARY, {"business": "none"}).outcome == "status"
    assert decide(advance, {"goods_on_receipt": "perhaps"}).outcome == "none"
    assert {"goods_on_receipt", "exempt", "collected", "not_carried"} == OPEN


@pytest.mark.parametrize(
    ("frame", "vat_due", "expected"),
    [
        ("S1", "delivery", "services"),
        ("B2", "receipts", "goods"),
        ("M4", "receipts", "mixed"),
        ("A1", "receipts", "services"),
        ("", "delivery", "goods"),
    ],
)
def test_what_was_invoiced_is_told_by_the_frame_or_by_its_vat(frame: str, vat_due: str, expected: str) -> None:
    assert operation(frame, vat_due) == expected  # type: ignore[arg-type]

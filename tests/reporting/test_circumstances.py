"""What a sale, its document and its customer say about its payments; and what they leave open."""

from datetime import date

import pytest
from msgspec.structs import replace

from lettrage.company.customer import Customer, PublicBuyer
from lettrage.company.declarant import OPEN_RULES, Declarant
from lettrage.company.dossier import Address
from lettrage.reporting import concerned
from lettrage.reporting.circumstances import Decided, Sold, Written, charges, decided, kinds

SINCE, BETWEEN, BEFORE = date(2027, 9, 1), date(2026, 10, 1), date(2026, 8, 31)
DECLARANT = Declarant("real_monthly", "small")
FIRM = Customer("C1", "Dupont", siret="45021910000014")
ABROAD = Address(country="DE")
NOBODY = Customer("C2", "Martin")
NO_VAT = Sold(FIRM, "none", taxed=False)


def became(sold: Sold, since: date = SINCE, declarant: Declarant = DECLARANT) -> tuple[str, str]:
    found = decided(sold, since, declarant)
    assert found.decision is not None, found.missing
    return found.decision.rule, found.decision.outcome


def lacks(found: Decided) -> set[str]:
    assert found.decision is None
    for refusal in found.missing:
        assert all((refusal.fr, refusal.en, refusal.fix_fr, refusal.fix_en))
    return {refusal.code for refusal in found.missing}


def test_the_rules_that_a_dossier_may_choose_for_are_those_of_the_table() -> None:
    assert set(OPEN_RULES) == concerned.OPEN
    for rule, among in OPEN_RULES.items():
        of_table = next(one for one in concerned.TABLE.rule if one.name == rule)
        assert among[0] == of_table.outcome, "the first is what holds unless chosen otherwise"


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        (FIRM, {"business"}),
        (Customer("C", siret="13002526500013"), {"public"}),
        (Customer("C", siret="45021910000014", chorus=PublicBuyer()), {"public"}),
        (Customer("C", siret="450 219 100"), {"business"}),
        (Customer("C", vat_number="FR40303265045"), {"business"}),
        (Customer("C", vat_number="DE123456789"), {"foreign"}),
        (Customer("C", vat_number="be0123456749", address=Address(country="FR")), {"foreign"}),
        (Customer("C", siret="45021910000014", address=Address(country="RE")), {"business"}),
        (Customer("C", address=ABROAD), {"foreign", "consumer"}),
        (Customer("C", address=Address(country="FR")), {"business", "public", "consumer", "foreign"}),
        (Customer("C", buyer="private"), {"business", "consumer", "foreign"}),
        (Customer("C", buyer="consumer", siret="45021910000014"), {"consumer"}),
        (Customer("C", buyer="foreign"), {"foreign"}),
        (Customer("C", buyer="public"), {"public"}),
        (Customer("C", siret="about 12"), {"business", "public", "consumer", "foreign"}),
    ],
)
def test_what_a_customer_may_be(customer: Customer, expected: set[str]) -> None:
    assert set(kinds(Sold(customer, "none"))) == expected


def test_what_the_record_does_not_say_the_document_says() -> None:
    assert kinds(Sold(NOBODY, "none", written=Written(siren="450219100"))) == ("business",)
    assert kinds(Sold(NOBODY, "none", written=Written(vat_number="IT01234567890"))) == ("foreign",)
    assert kinds(Sold(NOBODY, "none", written=Written(siren="130025265"))) == ("public",)
    assert set(kinds(Sold(NOBODY, "none", written=Written(country="CH")))) == {"foreign", "consumer"}


@pytest.mark.parametrize(
    ("categories", "regime", "expected"),
    [
        ((("S", ""),), "real_monthly", {"taxed"}),
        ((("S", ""), ("AE", "VATEX-EU-AE")), "real_monthly", {"taxed"}),
        ((("AE", "VATEX-EU-AE"),), "real_monthly", {"reverse_charge"}),
        ((("E", "VATEX-FR-FRANCHISE"),), "", {"franchise"}),
        ((("E", ""),), "franchise", {"franchise"}),
        ((("E", "VATEX-EU-132"),), "franchise", {"exempt"}),
        ((("E", ""),), "real_monthly", {"exempt"}),
        ((("K", "VATEX-EU-IC"),), "real_monthly", {"exempt"}),
        ((), "franchise", {"franchise"}),
        ((), "simplified", {"exempt", "reverse_charge"}),
        ((), "", {"franchise", "exempt", "reverse_charge"}),
    ],
)  # fmt: skip
def test_why_a_sale_bears_no_vat(categories: tuple[tuple[str, str], ...], regime: str, expected: set[str]) -> None:
    sold = replace(NO_VAT, written=Written(categories=categories) if categories else None)

    assert set(charges(sold, Declarant(regime))) == expected  # type: ignore[arg-type]


def test_the_way_of_each_payment() -> None:
    assert became(Sold(FIRM, "platform")) == ("business", "status")
    assert became(Sold(FIRM, "none")) == ("not_carried", "none")
    assert became(Sold(Customer("C", buyer="consumer"), "none")) == ("consumer", "by_day")
    assert became(Sold(Customer("C", vat_number="DE123456789"), "none")) == ("foreign", "by_invoice")
    assert became(Sold(Customer("C", siret="13002526500013"), "chorus")) == ("chorus", "by_chorus")
    assert became(Sold(FIRM, "platform", written=Written(frame="B1"))) == ("goods_on_receipt", "none")
    assert became(Sold(FIRM, "platform", written=Written(frame="S7"))) == ("collected", "none")
    own = replace(DECLARANT, outcomes={"goods_on_receipt": "status"})
    assert became(Sold(FIRM, "platform", written=Written(frame="B1")), SINCE, own) == ("goods_on_receipt", "status")


def test_what_is_not_known_is_missing_only_where_it_matters() -> None:
    unknown = Sold(NOBODY, "none")

    assert lacks(decided(unknown, SINCE, DECLARANT)) == {"report_customer"}
    assert became(unknown, BEFORE) == ("before", "none")
    assert became(replace(unknown, vat_due="debits")) == ("debits", "none")
    assert became(replace(NO_VAT, customer=Customer("C", buyer="foreign"))) == ("exempt", "none")
    assert lacks(decided(Sold(Customer("C", buyer="foreign"), "none"), BETWEEN, Declarant())) == {"report_size"}
    assert became(Sold(Customer("C", buyer="foreign"), "none"), SINCE, Declarant()) == ("foreign", "by_invoice")
    assert became(Sold(FIRM, "none"), BETWEEN, Declarant()) == ("not_carried", "none")


def test_everything_that_is_unknown_is_named() -> None:
    found = decided(Sold(NOBODY, "none", taxed=False), BETWEEN, Declarant())

    assert lacks(found) == {"report_customer", "report_charge", "report_size"}

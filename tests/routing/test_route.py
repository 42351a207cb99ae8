"""Which door, and why: every rule of `routes.toml`, and which of the directory's addresses is taken."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lettrage.company.customer import CHORUS_FRAMES, Customer, PublicBuyer
from lettrage.company.dossier import Address
from lettrage.invoicing.flow_service import Company, Facility, Line
from lettrage.invoicing.routing.copies import Copy, Round, Subject, Unit, facts_of
from lettrage.invoicing.routing.route import (
    COMMON_FRAMES,
    TABLE,
    Facts,
    Route,
    RouteSettings,
    calendar,
    kind_of,
    route_of,
    siren_of,
)
from tests.routing.directory import (
    OTHER,
    SIREN,
    SIRET,
    TOWN,
    TOWN_HALL,
    Directory,
    at_siret,
    at_suffix,
    business,
    town,
    whole,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
BY_PLATFORM = RouteSettings(public_door="approved")


KNOWN = Company(SIREN, "Une société")


def facts(*lines: Line, company: Company | None = KNOWN, **more: Any) -> Facts:
    return Facts(company, lines, seen_at=NOW, **more)


def town_facts(*lines: Line, **more: Any) -> Facts:
    return facts(*lines, company=Company(TOWN, "Une commune", public=True), **more)


def routed(customer: Customer, known: Facts | None = None, chosen: Any = "", **more: Any) -> Route:
    settings = more.pop("settings", RouteSettings())
    return route_of(customer, known or Facts(), chosen, settings, TODAY, **more)


# ---------------------------------------------------------------- the rules

GOOD, TOWN_LINE = facts(at_siret()), at_siret(TOWN_HALL)
CASES: dict[str, tuple[Route, str | None]] = {
    "chosen_none": (routed(business(), GOOD, "none"), None),
    "chorus_only": (routed(town(), town_facts(TOWN_LINE), "approved", frame="A4", settings=BY_PLATFORM), "chorus"),
    "chosen_chorus": (routed(town(), town_facts(TOWN_LINE), "chorus", settings=BY_PLATFORM), "chorus"),
    "works_only": (
        routed(town(), town_facts(TOWN_LINE, facility=Facility(TOWN_HALL, works_only=True)), settings=BY_PLATFORM),
        "chorus",
    ),
    "chosen_approved": (routed(town(), town_facts(TOWN_LINE), "approved"), "approved"),
    "chosen_without_address": (routed(town(), town_facts(), "approved"), None),
    "public_by_chorus": (routed(town(), town_facts(TOWN_LINE)), "chorus"),
    "public_by_platform": (routed(town(), town_facts(TOWN_LINE), settings=BY_PLATFORM), "approved"),
    "public_without_address": (routed(town(), town_facts(), settings=BY_PLATFORM), "chorus"),
    "consumer": (routed(Customer("P", "Une personne", address=Address(country="FR"))), None),
    "foreign": (routed(Customer("B", "Firma", vat_number="DE811128135", address=Address(country="DE"))), None),
    "business": (routed(business(), GOOD), "approved"),
    "business_unknown": (routed(business(), facts(company=None)), None),
    "business_unasked": (routed(business()), None),
    "business_without_address": (routed(business(), facts(at_siret(active=False))), None),
}


@pytest.mark.parametrize("rule", TABLE.rule, ids=lambda rule: rule.name)
def test_every_rule_decides_somewhere_and_tells_why(rule: Any) -> None:
    route, door = CASES[rule.name]

    assert (route.rule, route.door) == (rule.name, door)
    for text in (route.fr, route.en):
        assert text.endswith(".")
        assert "{" not in text
        assert "  " not in text
    assert (route.address != "") == (route.door == "approved")


def test_the_reason_names_what_it_rests_on() -> None:
    assert f"{SIREN}_{SIRET}" in CASES["business"][0].fr
    assert SIREN in CASES["business_unknown"][0].en
    assert "A4" in CASES["chorus_only"][0].fr


@pytest.mark.parametrize("frame", CHORUS_FRAMES)
def test_what_only_chorus_takes_never_goes_elsewhere(frame: str) -> None:
    route = routed(town(), town_facts(TOWN_LINE), settings=BY_PLATFORM, frame=frame)

    assert route.door == ("approved" if frame in COMMON_FRAMES else "chorus")


@pytest.mark.parametrize("chosen", ["", "approved"])
@pytest.mark.parametrize(
    "known",
    [Facts(), facts(company=None), facts(), facts(at_siret(active=False)), facts(at_siret(OTHER), whole("123456789"))],
    ids=["unasked", "unknown", "no_line", "inactive", "of_another"],
)
def test_nothing_goes_to_an_approved_platform_without_an_active_address(known: Facts, chosen: str) -> None:
    known = Facts(known.company, tuple(line for line in known.lines if line.siren == SIREN), seen_at=known.seen_at)

    assert routed(business(), known, chosen).door is None


def test_a_closed_company_is_sent_nothing() -> None:
    route = routed(business(), facts(at_siret(), company=Company(SIREN, active=False)))

    assert (route.door, route.rule) == (None, "business_without_address")
    assert "fermée" in route.fr


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("lines", "given", "taken"),
    [
        ([whole(), at_siret()], {}, f"{SIREN}_{SIRET}"),
        ([whole(), at_siret(OTHER)], {}, SIREN),
        ([whole(), at_siret(), at_siret(routing="COMPTA")], {"routing": "COMPTA"}, f"{SIREN}_{SIRET}_COMPTA"),
        ([whole(), at_siret(routing="COMPTA")], {}, SIREN),
        ([whole(), at_siret(OTHER, "COMPTA")], {"routing": "COMPTA"}, SIREN),
        ([at_suffix("ACHATS")], {}, f"{SIREN}_ACHATS"),
        ([at_siret()], {"siret": "", "vat_number": f"FR61{SIREN}"}, f"{SIREN}_{SIRET}"),
        ([whole(active=False), at_siret()], {}, f"{SIREN}_{SIRET}"),
    ],
)
def test_the_nearest_address_is_taken(lines: list[Line], given: dict[str, str], taken: str) -> None:
    route = routed(business(**given), facts(*lines))

    assert (route.door, route.address) == ("approved", taken)


def test_several_addresses_of_which_none_is_named_are_not_chosen_among() -> None:
    route = routed(business(), facts(at_suffix("ACHATS"), at_suffix("SIEGE")))

    assert route.door is None
    assert "plusieurs adresses" in route.fr
    assert route.open, "an invoice may name one"


def test_a_service_of_the_invoice_goes_before_that_of_the_record() -> None:
    lines = [TOWN_LINE, at_siret(TOWN_HALL, "A"), at_siret(TOWN_HALL, "B")]
    route = routed(town(service="A"), town_facts(*lines), settings=BY_PLATFORM, service="B")

    assert route.address == f"{TOWN}_{TOWN_HALL}_B"


def test_a_routing_code_without_an_address_is_told() -> None:
    route = routed(business(routing="X"), facts(at_siret()))

    assert route.address == f"{SIREN}_{SIRET}"
    assert [one.code for one in route.warnings] == ["routing"]


# ---------------------------------------------------------------- who the customer is


@pytest.mark.parametrize(
    ("customer", "kind"),
    [
        (business(), "business"),
        (town(), "public"),
        (Customer("T", siret=TOWN_HALL), "public"),
        (Customer("T", siret=TOWN_HALL, buyer="private"), "business"),
        (business(buyer="public"), "public"),
        (business(buyer="private", chorus=PublicBuyer()), "public"),
        (Customer("X", buyer="foreign", siret=SIRET), "foreign"),
        (Customer("R", vat_number=f"FR61{SIREN}"), "business"),
        (Customer("R", siret=SIRET, address=Address(country="RE")), "business"),
        (Customer("B", vat_number="BE0203201340"), "foreign"),
        (Customer("C", address=Address(country="CH")), "foreign"),
        (Customer("P"), "consumer"),
    ],
)
def test_what_a_customer_is(customer: Customer, kind: str) -> None:
    assert kind_of(customer) == kind


def test_the_directory_knows_public_bodies_too() -> None:
    route = routed(business(), facts(at_siret(), company=Company(SIREN, public=True)))

    assert (route.door, route.public) == ("chorus", True)
    assert [one.code for one in route.warnings] == ["unmarked"]


def test_a_siren_is_read_from_whatever_has_one() -> None:
    assert siren_of(Customer("C", siret=SIREN)) == SIREN
    assert siren_of(Customer("C", siret="552 100 554 00013")) == SIREN
    assert siren_of(Customer("C", siret="12", vat_number=f"fr 61 {SIREN}")) == SIREN
    assert siren_of(Customer("C", siret="٥٥٢١٠٠٥٥٤")) == ""
    assert siren_of(Customer("C", vat_number="FR61ABCDEFGHI")) == ""


def test_chorus_chosen_for_a_business_is_doubted() -> None:
    route = routed(business(), GOOD, "chorus")

    assert route.door == "chorus"
    assert [one.code for one in route.warnings] == ["not_public"]


# ---------------------------------------------------------------- the calendar


@pytest.mark.parametrize(
    ("size", "day", "begins"),
    [
        ("large", date(2026, 8, 31), "Réception obligatoire à partir du 01/09/2026."),
        ("large", date(2026, 9, 1), "obligatoire pour vous depuis le 01/09/2026."),
        ("small", date(2026, 9, 1), "obligatoire pour vous à partir du 01/09/2027."),
        ("small", date(2027, 9, 1), "obligatoire pour vous depuis le 01/09/2027."),
        ("", date(2026, 9, 1), "depuis le 01/09/2026 pour les grandes entreprises et ETI, à partir du 01/09/2027 pour"),
        ("", date(2027, 9, 1), "obligatoire pour vous depuis le 01/09/2027."),
    ],
)
def test_the_calendar_is_told(size: Any, day: date, begins: str) -> None:
    assert begins in calendar(size, day)[0]
    assert calendar(size, day)[0] in route_of(business(), GOOD, "", RouteSettings(size=size), day).fr


# ---------------------------------------------------------------- copies of the directory

SUBJECT = Subject(SIREN, SIRET)
KEY = ("SIREN", SIREN)


def kept(age: timedelta) -> dict[Any, Copy]:
    return {KEY: Copy("SIREN", SIREN, Unit(Company(SIREN), (at_siret(),)), NOW - age)}


def test_a_fresh_copy_is_used_and_an_old_one_asked_for_anew() -> None:
    directory = Directory(whole())
    fresh, old = timedelta(hours=24), timedelta(hours=24, seconds=1)

    first = Round(lambda: directory, NOW, 24)
    assert facts_of(SUBJECT, first.heed([SUBJECT], kept(fresh))).lines == (at_siret(),)
    assert (directory.asked, first.news) == ([], ())

    second = Round(lambda: directory, NOW, 24)
    assert facts_of(SUBJECT, second.heed([SUBJECT], kept(old))).lines == (whole(),)
    assert [copy.fetched_at for copy in second.news] == [NOW]

    third = Round(lambda: directory, NOW, 24)
    assert facts_of(SUBJECT, third.heed([SUBJECT], kept(fresh), anew=True)).lines == (whole(),)


def test_a_directory_that_fails_is_asked_once_and_the_last_copy_is_used() -> None:
    directory = Directory(trouble="gateway")
    another = Subject("923456789")
    asked = Round(lambda: directory, NOW, 24)

    copies = asked.heed([SUBJECT, another], kept(timedelta(days=40)))

    assert (directory.asked, asked.silent, asked.news) == ([SIREN], "gateway", ())
    known = facts_of(SUBJECT, copies, asked.silent)
    route = routed(business(), known)
    assert (route.door, [one.code for one in route.warnings]) == ("approved", ["silent"])
    assert "panne passagère" in route.warnings[0].fr
    assert "11/10/2026" in route.warnings[0].fr
    unread = routed(business(siret="92345678900012"), facts_of(another, copies, asked.silent))
    assert (unread.rule, [one.code for one in unread.warnings]) == ("business_unasked", ["never"])


def test_a_public_body_is_asked_for_its_establishment_and_its_service() -> None:
    directory = Directory(at_siret(TOWN_HALL))
    directory.facilities[TOWN_HALL] = Facility(TOWN_HALL, engagement=True)

    copies = Round(lambda: directory, NOW, 24).heed([Subject(TOWN, TOWN_HALL, "S1", public=True)], {})

    assert directory.asked == [TOWN, TOWN_HALL, f"{TOWN_HALL}_S1"]
    assert facts_of(Subject(TOWN, TOWN_HALL, public=True), copies).facility == Facility(TOWN_HALL, engagement=True)


def test_who_has_no_siren_is_asked_for_nothing() -> None:
    directory = Directory()

    assert Round(lambda: directory, NOW, 24).heed([Subject("")], {}) == {}
    assert directory.asked == []


def test_a_buyer_of_chorus_pro_without_a_siren_goes_there() -> None:
    buyer = Customer("N", chorus=PublicBuyer("RIDET", "1234567890"), address=Address(country="NC"))

    assert routed(buyer).door == "chorus"

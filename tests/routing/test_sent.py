"""Invoices by their doors: what is written for an approved platform, what the official rules say of it, who refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lettrage.acts import perform
from lettrage.acts.routing import ChooseRoute
from lettrage.acts.sending import SendInvoices
from lettrage.adapters.rules import SheetRules
from lettrage.caller import Caller
from lettrage.commands.rendering import rendered
from lettrage.guard.audited import Hand
from lettrage.invoicing.checks.checking import Way, check_kept
from lettrage.invoicing.checks.directory import Inquiry
from lettrage.invoicing.checks.precheck import Checked
from lettrage.invoicing.document import Identifier, Invoice, Syntax
from lettrage.invoicing.flow_service import Company, Facility, RoutingCode
from lettrage.invoicing.formats.read import read
from lettrage.invoicing.sending.addressed import addressed, frame_of, routes
from lettrage.invoicing.sending.parcels import Ready, ready
from lettrage.invoicing.settings import Row
from tests.invoicing.brought import ADDRESS, BANKS, LINE, SELLER, bring, form
from tests.journeys.helpers import Firm, company
from tests.routing.directory import SIREN, SIRET, TOWN, TOWN_HALL, Directory, at_siret

SELLER_SIREN = str(SELLER["siret"])[:9]
TOWN_PARTY = {
    "code": "C1",
    "kind": "customer",
    "name": "Mairie",
    "siret": TOWN_HALL,
    "address": ADDRESS,
    "chorus": {"service": "ACHATS"},
}
SHOP = {"code": "B1", "kind": "customer", "name": "Boutique", "siret": SIRET, "address": ADDRESS}
PERSON = {"code": "P1", "kind": "customer", "name": "Mme Durand", "address": ADDRESS}


class World:
    """A firm with a town, a shop and a person among its customers, and a directory that knows the first two."""

    def __init__(self, folder: Path) -> None:
        parties = [TOWN_PARTY, SHOP, PERSON]
        self.firm = Firm(folder, company("998", establishments=[SELLER], banks=BANKS[:1], third_parties=parties))
        self.directory = Directory(at_siret(), at_siret(TOWN_HALL, "ACHATS"))
        self.directory.companies[TOWN] = Company(TOWN, "Mairie", public=True)
        self.directory.facilities[TOWN_HALL] = Facility(TOWN_HALL, "Mairie", engagement=False)
        self.directory.codes[TOWN_HALL, "ACHATS"] = RoutingCode(TOWN_HALL, "ACHATS")

    def bring(self, number: str, buyer: str, **more: Any) -> None:
        today = self.firm.clock.today()
        dates = {"date": today.isoformat(), "due_date": (today + timedelta(days=30)).isoformat()}
        (line,) = bring(self.firm, form(number, buyer=buyer, **(dates | more)))
        assert line["outcome"] == "posted", line

    def set(self, **settings: str) -> None:
        rows = [Row("", "", name, value) for name, value in settings.items()]
        self.firm.store.write("998", lambda books: books.set_chorus(rows, self.firm.clock.now(), "anna"))

    def check(self, *numbers: str, **way: Any) -> list[Checked]:
        firm, now = self.firm, self.firm.clock.now()
        with firm.store.books("998", writing=False) as books:
            documents = [books.documents_of(number)[0] for number in numbers]
        how, silent = Way("qualification", **way), Inquiry(None, now, "not_connected")
        return check_kept(firm.store, "998", documents, how, silent, lambda: self.directory, SheetRules(), now, {})

    def ready(self, *numbers: str, **how: Any) -> Ready:
        with self.firm.store.books("998", writing=False) as books:
            documents = [books.documents_of(number)[0] for number in numbers]
            return ready(books, documents, "qualification", rendered, **how)

    def send(self, made: Ready) -> dict[str, Any]:
        """What became of each platform's part."""
        done = {}
        for name, parcels in made.parcels.items():
            act = SendInvoices(tuple(parcels), name, "anna")
            done[name] = perform(act, Caller("anna", "cli", "998"), self.firm.store, self.firm.clock).result
        return done


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def errors(checked: Checked) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in checked.findings if one.blocks]


def only(made: Ready, platform: str) -> Invoice:
    """The one invoice of a platform, read back from its file."""
    ((name, (parcel,)),) = made.parcels.items()
    assert name == platform
    document = read(parcel.file)
    assert document.invoice is not None
    return document.invoice


# ---------------------------------------------------------------- by an approved platform


@pytest.mark.parametrize("syntax", ["ubl", "cii", "facturx"])
def test_an_invoice_to_a_business_is_sound_for_its_platform(world: World, syntax: Syntax) -> None:
    world.bring("F1", "B1")

    (checked,) = world.check("F1", syntax=syntax)
    assert errors(checked) == []

    sent = only(world.ready("F1", syntax=syntax), "approved-qualification")
    assert sent.buyer.endpoint == Identifier(f"{SIREN}_{SIRET}", "0225")
    assert sent.seller.endpoint == Identifier(SELLER_SIREN, "0225")
    assert (sent.frame, [n.text for n in sent.notes if n.subject == "BAR"]) == ("S1", ["B2B"])
    parcel = world.ready("F1", syntax=syntax).parcels["approved-qualification"][0]
    assert parcel.syntax == {"ubl": "UBL", "cii": "CII", "facturx": "Factur-X"}[syntax]


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_a_public_body_may_be_reached_by_the_platform_too(world: World, syntax: Syntax) -> None:
    world.set(public_door="approved")
    world.bring("F1", "C1", engagement="E42")

    (checked,) = world.check("F1", syntax=syntax)
    assert errors(checked) == []

    sent = only(world.ready("F1", syntax=syntax), "approved-qualification")
    assert sent.buyer.endpoint == Identifier(f"{TOWN}_{TOWN_HALL}_ACHATS", "0225")
    assert (sent.frame, [n.text for n in sent.notes if n.subject == "ADN"]) == ("S1", ["B2G"])


def test_what_a_public_body_demands_is_told_by_the_directory(world: World) -> None:
    world.set(public_door="approved")
    world.directory.facilities[TOWN_HALL] = Facility(TOWN_HALL, "Mairie", engagement=True)
    world.bring("F1", "C1")
    world.bring("F2", "C1", service="AUTRE", engagement="E42")

    by_platform, other = world.check("F1", "F2")
    assert ("engagement_missing", "engagement") in errors(by_platform)
    assert ("service_unknown", "service") in errors(other)

    (by_chorus,) = world.check("F1", door="chorus")  # Chorus Pro is not set up: the other directory tells
    assert ("engagement_missing", "engagement") in errors(by_chorus)


def test_works_go_through_chorus_alone(world: World) -> None:
    world.set(public_door="approved")
    world.bring("F1", "C1", frame="A4")

    assert list(world.ready("F1").parcels) == ["qualification"]
    (forced,) = world.check("F1", door="approved")
    assert ("no_door", "buyer") in errors(forced)
    assert [one.code for one in world.ready("F1", door="approved").refused.values()] == ["no_door"]


# ---------------------------------------------------------------- doors


def test_one_batch_goes_through_both_doors_and_what_no_door_takes_stays(world: World) -> None:
    for number, buyer in (("F1", "B1"), ("F2", "C1"), ("F3", "P1"), ("F4", "B1")):
        world.bring(number, buyer)
    found = world.check("F1", "F2", "F3", "F4")
    assert [("no_door", "buyer") in errors(one) for one in found] == [False, False, True, False]

    made = world.ready("F1", "F2", "F3", "F4")

    assert {name: [one.number for one in parcels] for name, parcels in made.parcels.items()} == {
        "approved-qualification": ["F1", "F4"],
        "qualification": ["F2"],
    }
    (refused,) = made.refused.values()
    assert (refused.code, refused.path) == ("no_door", "F3")
    assert "particulier" in refused.say("fr")
    assert "consumer" in refused.say("en")
    flows = {name: len(done["flows"]) for name, done in world.send(made).items()}
    assert flows == {"approved-qualification": 2, "qualification": 1}


def test_a_number_never_leaves_by_both_doors(world: World) -> None:
    world.bring("F1", "C1")
    assert world.send(world.ready("F1"))["qualification"]["refused"] == []
    act = ChooseRoute("C1", "approved", "qualification", Hand("anna"))
    perform(act, Caller("anna", "cli", "998"), world.firm.store, world.firm.clock)

    (checked,) = world.check("F1")
    assert ("number_open", "number") in errors(checked)
    (refused,) = world.send(world.ready("F1"))["approved-qualification"]["refused"]
    assert [one["code"] for one in refused["reasons"]] == ["through_the_other_door"]


def test_without_an_answer_of_the_directory_nothing_is_guessed(world: World) -> None:
    world.directory.trouble = "unreachable"
    world.bring("F1", "B1")

    (checked,) = world.check("F1")

    assert errors(checked) == [("no_door", "buyer")]  # once: without a door there is no address either
    (told,) = (one for one in checked.findings if one.code == "no_door")
    assert "n’a pas répondu (injoignable)" in told.shape["fr"]
    assert world.ready("F1").parcels == {}


def test_the_last_copy_is_used_where_the_directory_does_not_answer(world: World) -> None:
    world.bring("F1", "B1")
    world.check("F1")
    world.directory.trouble = "maintenance"
    world.firm.clock.at += timedelta(days=3)

    (checked,) = world.check("F1")

    assert errors(checked) == []
    assert list(world.ready("F1").parcels) == ["approved-qualification"]


# ---------------------------------------------------------------- what is written


def test_an_address_of_the_invoice_that_is_not_the_directory_s_is_told(world: World) -> None:
    world.bring("F1", "B1")
    world.check("F1")
    with world.firm.store.books("998", writing=False) as books:
        (document,) = books.documents_of("F1")
        content = books.document_content(document.id)
        route = routes(books, [document], "qualification")[document.id]
    own = replace(content, buyer=replace(content.buyer, endpoint=Identifier(SIREN, "0225")))

    assert addressed(own, route).buyer.endpoint == Identifier(SIREN, "0225")
    now = world.firm.clock.now()
    silent = Inquiry(None, now, "not_connected")
    (checked,) = check_kept(
        world.firm.store, "998", [document], Way("qualification"), silent, None, SheetRules(), now, {document.id: own}
    )
    assert ("buyer_address_other", "buyer.endpoint") in errors(checked)


@pytest.mark.parametrize(
    ("more", "frame"),
    [
        ({}, "S1"),
        ({"vat_due": "receipts"}, "S1"),
        ({"vat_due": "delivery"}, "B1"),
        ({"prepaid": "240.00"}, "S2"),
        ({"frame": "A2", "prepaid": "240.00"}, "S2"),
        ({"frame": "M4"}, "M4"),
    ],
)
def test_the_frame_says_what_is_sold_and_whether_it_is_paid(world: World, more: dict[str, Any], frame: str) -> None:
    world.bring("F1", "B1", lines=[LINE], **more)
    with world.firm.store.books("998", writing=False) as books:
        content = books.document_content(books.documents_of("F1")[0].id)

    assert frame_of(content) == frame

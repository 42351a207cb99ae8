"""The directory's copy: fresh, asked anew, too old, silent; the command's checks, over HTTP to the simulator."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.adapters.store.books import SqlStore
from lettrage.invoicing.checks.circumstances import NotAsked
from lettrage.invoicing.checks.directory import Inquiry, Kept, News, Wanted
from lettrage.invoicing.formats import ubl
from lettrage.invoicing.portal import Service, Structure
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import SIRET, settings_at, settings_for
from tests.databases import at_path
from tests.invoicing.checks import credit_note, sound
from tests.invoicing.test_next_steps import Office, record
from tests.journeys.helpers import run_here
from tests.world import FixedClock

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DEMANDING, PLAIN = "12345678200028", "12345678200051"
# The supplier of the qualification platform has no valid check digit: warnings there.
FICTITIOUS = {"supplier_siret_checksum", "vat_number_checksum"}
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def _served() -> Iterator[Simulator]:
    with Simulator(speed=0) as simulator:
        yield simulator


@pytest.fixture
def simulator(_served: Simulator) -> Simulator:
    _served.simulation.reset()
    return _served


@pytest.fixture
def portal(simulator: Simulator) -> Iterator[ChorusPortal]:
    calls = Calls(settings_for(simulator), sleep=lambda _: None)
    yield ChorusPortal(Piste(calls))
    calls.close()


@pytest.fixture
def nowhere() -> Iterator[ChorusPortal]:
    """A platform at an address where nobody is."""
    calls = Calls(settings_at("http://127.0.0.1:9"), sleep=lambda _: None)
    yield ChorusPortal(Piste(calls))
    calls.close()


def old(age: timedelta, structure: Structure | None = None) -> Kept:
    return Kept(structure, NOW - age)


# ---------------------------------------------------------------- asking


def test_the_portal_is_asked_once_and_what_it_says_is_news(portal: ChorusPortal) -> None:
    inquiry = Inquiry(portal, NOW)
    wanted = Wanted(DEMANDING, service="SERVICE_AVEC_EJ")
    told = inquiry.told(wanted, None)
    assert isinstance(told, Structure)
    assert told.service_required
    assert {one.code: one.engagement_required for one in told.services}["SERVICE_AVEC_EJ"] is True
    again = Inquiry(None, NOW).told(wanted, Kept(told, NOW))
    assert again == told
    assert inquiry.told(wanted, None) == told
    (news,) = inquiry.news
    assert (news.identifier, news.structure) == (DEMANDING, told)


def test_a_structure_that_is_not_there_is_known_not_to_be(portal: ChorusPortal) -> None:
    inquiry = Inquiry(portal, NOW)
    assert inquiry.told(Wanted("00000000000000"), None) is None
    assert inquiry.news == (News("SIRET", "00000000000000", None),)


def test_a_fresh_answer_is_used_without_asking(nowhere: ChorusPortal) -> None:
    known = Structure("1", PLAIN, "Mairie", services=(Service("A", engagement_required=False),))
    assert Inquiry(nowhere, NOW).told(Wanted(PLAIN, service="A"), old(DAY, known)) == known
    assert Inquiry(nowhere, NOW).told(Wanted(PLAIN), old(DAY)) is None


def test_an_older_answer_does_where_the_portal_is_silent_up_to_thirty_days(nowhere: ChorusPortal) -> None:
    known = Structure("1", PLAIN, "Mairie")
    assert Inquiry(nowhere, NOW).told(Wanted(PLAIN), old(30 * DAY, known)) == known
    assert Inquiry(nowhere, NOW).told(Wanted(PLAIN), old(31 * DAY, known)) == NotAsked("too_old")
    assert Inquiry(nowhere, NOW).told(Wanted(PLAIN), None) == NotAsked("portal_down")
    assert Inquiry(None, NOW).told(Wanted(PLAIN), None) == NotAsked("offline")


def test_an_older_answer_is_asked_for_anew(portal: ChorusPortal) -> None:
    stale = old(2 * DAY, Structure("1", DEMANDING, "Avant", service_required=False))
    inquiry = Inquiry(portal, NOW)
    told = inquiry.told(Wanted(DEMANDING), stale)
    assert isinstance(told, Structure)
    assert told.service_required
    assert len(inquiry.news) == 1


def test_an_api_that_is_not_subscribed_is_told_apart_from_a_portal_that_is_down(
    portal: ChorusPortal, simulator: Simulator
) -> None:
    simulator.simulation.change_application(subscriptions=("factures", "transverses"))
    inquiry = Inquiry(portal, NOW)
    assert inquiry.told(Wanted(PLAIN), None) == NotAsked("not_subscribed")
    assert inquiry.told(Wanted(DEMANDING), None) == NotAsked("not_subscribed")
    assert inquiry.engagement(SIRET, "1") == NotAsked("not_subscribed")
    assert inquiry.news == ()


def test_the_state_is_asked_for_its_commitments(portal: ChorusPortal, simulator: Simulator) -> None:
    known = next(one for one in simulator.platform.directory.engagements.values() if one.state == "COMMANDE")
    assert Inquiry(portal, NOW).engagement(SIRET, known.number) is True
    assert Inquiry(portal, NOW).engagement(SIRET, "0000") is False


# ---------------------------------------------------------------- keeping


def test_what_is_kept_belongs_to_an_identifier_and_a_platform(office: Office) -> None:
    store = SqlStore(office.env["LETTRAGE_DATABASE"], FixedClock())
    known = Structure("1", PLAIN, "Mairie", services=(Service("A", "Achats", False, True, "7"),))
    with store.books("998", writing=True) as books:
        books.keep_structures("qualification", [News("SIRET", PLAIN, known), News("SIRET", DEMANDING, None)], NOW)
        books.keep_structures("qualification", [News("SIRET", DEMANDING, None)], NOW + DAY)
    wanted = [Wanted(PLAIN, service="A"), Wanted(PLAIN), Wanted(DEMANDING), Wanted(SIRET)]
    with store.books("998", writing=False) as books:
        kept = books.kept_structures("qualification", wanted)
        assert books.kept_structures("production", wanted) == {}
        assert books.kept_structures("qualification", []) == {}
    store.close()
    assert kept == {
        wanted[0]: Kept(known, NOW),
        wanted[1]: Kept(known, NOW),
        wanted[2]: Kept(None, NOW + DAY),
    }


# ---------------------------------------------------------------- the command


@pytest.fixture
def office(tmp_path: Path, simulator: Simulator) -> Office:
    return Office(tmp_path, simulator)


def found(office: Office, *arguments: str, status: int = 1) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in office.done("invoice", "check", *arguments, status=status)}


def brought(office: Office, **changes: Any) -> str:
    made = record(**changes)
    office.done("invoice", "import", office.file("invoice.json", made))
    return str(made["number"])


def test_a_sound_invoice_is_checked_against_the_real_directory_and_nothing_blocks(office: Office) -> None:
    number = brought(office)
    findings = found(office, number)
    assert set(findings) == FICTITIOUS
    assert {one["level"] for one in findings.values()} == {"warning"}


def test_every_fault_of_a_document_is_found_before_it_is_sent(office: Office) -> None:
    number = brought(office, service="NOWHERE", date="2025-03-20", due_date="2025-03-01")
    findings = found(office, number)
    assert {"service_unknown", "due_before_date"} <= set(findings)
    assert findings["service_unknown"]["place"] == "service"
    assert "SERVICE_DEST_SERV_OBL" in findings["service_unknown"]["expected"]
    assert "SERVICE_FERME" not in findings["service_unknown"]["expected"]


def test_the_copy_serves_while_the_portal_is_closed_and_says_so_when_there_is_none(
    office: Office, simulator: Simulator
) -> None:
    number = brought(office)
    simulator.simulation.change_application(subscriptions=("factures", "transverses"))
    assert set(found(office, number)) == FICTITIOUS | {"not_checked"}
    assert "souscrite" in found(office, number)["not_checked"]["fr"]
    simulator.simulation.reset()
    assert "not_checked" not in found(office, number)
    simulator.simulation.change_application(subscriptions=("factures", "transverses"))
    assert "not_checked" not in found(office, number)
    assert found(office, number, "--offline")["not_checked"]["place"] == "number"  # of numbers no copy is kept


def test_what_could_not_be_asked_names_the_api_that_would_have_told_it(office: Office, simulator: Simulator) -> None:
    number = brought(office)
    simulator.simulation.change_application(subscriptions=("structures", "transverses"))
    told = found(office, number)["not_checked"]
    assert (told["place"], "Factures" in told["fr"], "Structures" in told["fr"]) == ("number", True, False)
    assert "Factures" in told["fix_fr"]


def test_offline_nothing_is_asked_and_that_is_said(office: Office) -> None:
    assert "not_checked" in found(office, brought(office), "--offline")


def test_a_number_in_use_is_found(office: Office) -> None:
    number = brought(office)
    office.done("invoice", "send", number, "--force")
    assert "number_open" in found(office, number)
    office.processed(number)
    assert "number_integrated" in found(office, number)


@pytest.mark.parametrize(("day", "code"), [("2025-03-20", "number_integrated"), ("2025-03-21", "number_taken")])
def test_a_number_that_the_platform_has_from_elsewhere_is_found(office: Office, day: str, code: str) -> None:
    number = brought(office)
    office.done("invoice", "send", number, "--force")
    office.processed(number)

    folder = office.folder / "another"
    folder.mkdir()
    another = Office(folder, office.simulator)
    brought(another, date=day)
    assert set(found(another, number)) == FICTITIOUS | {code}
    assert another.run("invoice", "send", number).status == 1


def test_words_that_are_no_options_and_numbers_that_are_not_there(office: Office) -> None:
    assert office.run("invoice", "check", "FA-404").status == 2
    for option in ("--route", "--platform", "--syntax"):
        ran = office.run("invoice", "check", "FA-1", option, "elsewhere")
        assert (ran.status, "elsewhere" in ran.err) == (2, True)


def test_files_are_checked_without_any_books(tmp_path: Path) -> None:
    (tmp_path / "sound.xml").write_bytes(ubl.render(sound(), "chorus"))
    (tmp_path / "wrong.xml").write_bytes(ubl.render(credit_note(number="F" * 30), "chorus"))
    (tmp_path / "none.xml").write_bytes(b"<a>")
    ran = run_here(
        "invoice", "check", "sound.xml", "wrong.xml", "none.xml",
        folder=tmp_path, env={"LETTRAGE_DATABASE": at_path(tmp_path / "no.sqlite")},
    )  # fmt: skip
    assert ran.status == 1
    blocks = ran.out.split("\n")
    assert any(line.startswith("sound.xml : 0 erreur") for line in blocks)
    assert any("number_too_long number (BT-1)" in line for line in blocks)
    assert any("xml_unreadable" in line for line in blocks)

"""From an invoice's file to its payment at the command line, over real HTTP to the simulator."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.clock import SystemClock
from lettrage.simulator.server import Simulator
from tests.databases import empty_books
from tests.invoicing.brought import ADDRESS, BANKS, SELLER
from tests.journeys.helpers import Ran, company, header, pays, run_here

SPEED = 3_600  # an hour of the platform's in a second
LINE = {"name": "Porte", "quantity": "2", "unit": "C62", "price": "100.00", "vat_rate": "20", "vat_category": "S"}
# Structures of the qualification platform; the buyer asks for nothing.
SUPPLIER, BUYER = "33254021516357", "12345678200051"


class Office:
    """A firm at its command line, with a simulator to send to."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self.simulator = simulator
        self.address = empty_books(folder)
        today = SystemClock().today()
        town = {"code": "C1", "kind": "customer", "name": "Mairie", "siret": BUYER, "address": ADDRESS, "chorus": {}}
        seller = SELLER | {"siret": SUPPLIER, "vat_number": "FR32332540215"}
        books = company("998", siret=SUPPLIER, establishments=[seller], banks=BANKS[:1], third_parties=[town])
        forms = [
            {"number": n, "date": today.isoformat(), "due_date": (today + timedelta(days=30)).isoformat(),
             "buyer": "C1", "lines": [LINE], "service": service}
            for n, service in (("F1", ""), ("F2", ""), ("F3", "NO_SUCH_SERVICE"))
        ]  # fmt: skip
        self.done("load", "-", stdin={"dossiers": [books]})
        self.done("invoice", "import", "-", stdin=forms)
        self.done("chorus", "connect", "-", stdin=simulator.connection)
        self.done("chorus", "set", "rib=BNP", f"time_scale={SPEED}")

    def run(self, *arguments: str, stdin: Any = None) -> Ran:
        return self.read("--json", *arguments, stdin=stdin)

    def read(self, *arguments: str, stdin: Any = None) -> Ran:
        """What a person sees."""
        keys = str(self.folder / "keys.json")
        given = json.dumps(stdin).encode() if stdin is not None else b""
        env = {"LETTRAGE_DATABASE": self.address, "LETTRAGE_KEYS": keys}
        return run_here(*arguments, folder=self.folder, stdin=given, env=env)

    def done(self, *arguments: str, stdin: Any = None) -> Any:
        ran = self.run(*arguments, stdin=stdin)
        assert ran.status == 0, ran.out + ran.err
        return json.loads(ran.out) if ran.out.strip() else None

    def later(self, **units: float) -> None:
        self.simulator.platform.clock.advance(timedelta(**units).total_seconds())

    def show(self, number: str) -> Any:
        return self.done("invoice", "show", number)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Simulator() as simulator:
        yield Office(tmp_path, simulator)


def test_an_invoice_goes_from_its_file_to_its_payment(office: Office) -> None:
    (sent,) = office.done("invoice", "send", "F1", "--force")
    assert sent["state"] == "sent"
    assert len(sent["flow"]) == 25

    office.later(hours=1)
    (followed,) = office.done("invoice", "follow", "F1")
    assert followed["state"] == "MISE_A_DISPOSITION"

    envelope = {"swinfinity": "integration_reglement", "parameters": {"dos": "998"}}
    paid = header("ENCVIR", "240.00", pays("F1", "240.00"), BQC="BNP") | {"DATE": f"{SystemClock().today():%Y%m%d}"}
    office.done("settle", "-", stdin={"action": envelope, "data": {"EnteteReglementtb": [{"EnteteReglement": paid}]}})

    shown = office.show("F1")
    assert [payment["amount"] for payment in shown["payments"]] == ["240.00"]
    assert [d["outcome"] for d in shown["deposits"]] == ["integrated"]
    codes = [status["code"] for status in shown["statuses"]]
    assert {"intended", "sent", "integrated", "IN_INTEGRE", "DEPOSEE", "MISE_A_DISPOSITION"} <= set(codes)


def test_sending_again_is_refused_whatever_is_forced(office: Office) -> None:
    office.done("invoice", "send", "F1", "--force")
    again = office.run("invoice", "send", "F1", "--force")

    assert again.status == 1
    assert [reason["code"] for reason in again.json[0]["reasons"]] == ["on_its_way"]
    assert len(office.simulator.platform.flows()) == 1


def test_what_our_checks_find_is_told_and_not_sent(office: Office) -> None:
    ran = office.run("invoice", "send", "F3", "F1")

    assert ran.status == 1
    assert "BT-10" in office.read("invoice", "send", "F3").err
    assert [line["state"] for line in ran.json] == ["not_sent", "sent"]
    assert any(finding["level"] == "error" and finding["term"] == "BT-10" for finding in ran.json[0]["findings"])
    assert len(office.simulator.platform.flows()) == 1


def test_all_of_them_go_as_one_lot(office: Office) -> None:
    sent = office.done("invoice", "send", "--all", "--lot", "--force")

    assert [line["state"] for line in sent] == ["sent"] * 3
    assert len({line["flow"] for line in sent}) == 1
    office.later(hours=1)
    followed = office.run("invoice", "follow", "--all").json
    assert [line["state"] for line in followed] == ["MISE_A_DISPOSITION", "MISE_A_DISPOSITION", "rejected"]
    assert office.run("invoice", "send", "--all", "--lot", "--force").json == []


def test_a_wrong_password_stops_the_queue_and_the_mended_one_opens_it(office: Office) -> None:
    office.done("chorus", "set", "password=wrong")
    ran = office.run("invoice", "send", "F1", "F2", "--force")
    assert ran.status == 1
    assert [line["state"] for line in ran.json] == ["intended", "intended"]
    assert office.run("chorus", "queue").json["state"] == "stopped"

    office.done("chorus", "set", f"password={office.simulator.password}")
    assert "lettrage chorus work --once" in office.read("invoice", "follow", "F1").err  # nobody else sends here
    assert office.run("chorus", "work", "--once").status == 0
    assert [office.show(number)["state"] for number in ("F1", "F2")] == ["sent", "sent"]
    assert "work --once" not in office.read("invoice", "follow", "F1").err


def test_what_our_checks_stop_stands_where_it_stood(office: Office) -> None:
    office.done("invoice", "send", "F1", "--force")
    office.later(hours=1)
    office.run("invoice", "follow", "F1")
    ran = office.run("invoice", "send", "F1")

    assert ran.status == 1
    assert (ran.json[0]["state"], len(ran.json[0]["flow"])) == ("MISE_A_DISPOSITION", 25)
    assert any(finding["level"] == "error" for finding in ran.json[0]["findings"])


def test_a_stopped_queue_is_told_in_words_and_as_an_event_only_where_a_log_is_wanted(office: Office) -> None:
    office.done("chorus", "set", "password=wrong")
    told = office.read("invoice", "send", "F1", "--force").err
    assert "queue_stopped" not in told
    assert "Envois arrêtés sur qualification" in told
    assert "lettrage chorus queue --reopen" in told

    office.run("chorus", "queue", "--reopen")
    logged = office.run("chorus", "work", "--once").err
    assert "queue_stopped" in logged


def test_one_of_several_customers_is_named_and_an_unknown_state_is_refused(office: Office) -> None:
    for command in (("send", "F1", "--force"), ("follow", "F1"), ("release", "F1", "--resend")):
        assert office.run("invoice", *command, "--third-party", "C1").status in (0, 1)
        assert office.run("invoice", *command, "--third-party", "C9").status == 2
    unknown = office.run("invoice", "list", "--state", "FOO")
    assert unknown.status == 2
    assert "not_sent, intended" in unknown.err
    assert "MISE_A_DISPOSITION" in unknown.err
    assert office.run("invoice", "list", "--state", "SUSPENDUE").json == []


def test_what_was_not_checked_for_want_of_credentials_says_how_to_set_them(office: Office) -> None:
    found = office.run("invoice", "check", "F1", "--platform", "production").json
    fixes = {one["fix_en"] for one in found if one["code"] == "not_checked"}

    assert len(fixes) == 1
    assert "lettrage chorus set" in fixes.pop()


def test_maintenance_makes_it_wait_and_a_person_may_go_on_at_once(office: Office) -> None:
    fault = office.simulator.faults.on("maintenance")
    office.run("invoice", "send", "F1", "--force")
    waiting = office.run("chorus", "queue").json
    assert waiting["state"] == "waiting"
    assert waiting["reason"]["kind"] == "maintenance"

    office.simulator.faults.off(fault)
    office.done("chorus", "queue", "--reopen")
    assert office.run("chorus", "work", "--once").status == 0
    assert office.show("F1")["state"] == "sent"


def test_one_in_doubt_may_be_released(office: Office) -> None:
    fault = office.simulator.faults.on("dropped_before", path="*deposer/flux")
    ran = office.run("invoice", "send", "F1", "--force")
    assert (ran.status, ran.json[0]["state"]) == (1, "in_doubt")

    office.simulator.faults.off(fault)
    assert office.run("invoice", "release", "F1").status == 2
    released = office.read("invoice", "release", "F1", "--resend")
    assert (released.status, "Dite non reçue" in released.out) == (0, True), released.err
    assert office.run("chorus", "work", "--once").status == 0
    assert office.show("F1")["state"] == "sent"
    assert office.run("invoice", "release", "F1", "--resend").status == 1


def test_the_technical_password_is_told_from_thirty_days_before(office: Office) -> None:
    assert "expire" not in office.run("chorus", "queue").err
    soon = (SystemClock().today() + timedelta(days=12)).isoformat()
    office.done("chorus", "set", f"password_expires={soon}")

    assert "12 jour(s)" in office.run("chorus", "queue").err
    office.done("invoice", "send", "F1", "--force")
    office.later(hours=1)
    time.sleep(0.1)
    assert '"days": "12"' in office.run("chorus", "work", "--once").err

"""After Chorus Pro has answered: explained, corrected, sent again; completed, recycled; over HTTP to the simulator."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lettrage.invoicing.explaining import labels
from lettrage.invoicing.settings import SECRETS
from lettrage.refusal import Refusal
from lettrage.simulator.server import Simulator
from tests.databases import empty_books
from tests.journeys.helpers import Ran, run_here

SUPPLIER, BUYER, OTHER = "33254021516357", "12345678200028", "12345678200051"
TOWN = {
    "code": "C1",
    "kind": "customer",
    "name": "Destinataire avec service obligatoire",
    "siret": BUYER,
    "address": {"street": "1 rue de la Mairie", "zip": "59000", "city": "LILLE", "country": "FR"},
    "chorus": {"identifier_type": "SIRET", "service_required": True, "frame": "A1"},
}
COMPANY = {
    "code": "998",
    "name": "Universelle",
    "currency": "EUR",
    "siret": SUPPLIER,
    "establishments": [
        {
            "code": "1",
            "name": "Universelle",
            "siret": SUPPLIER,
            "vat_number": "FR18332540215",
            "address": {"street": "2 rue Jean Rostand", "zip": "91400", "city": "ORSAY", "country": "FR"},
            "bank": "BNP",
        }
    ],
    "banks": [
        {
            "code": "BNP",
            "iban": "FR7630006000011234567890189",
            "bic": "AGRIFRPP",
            "account": "512100",
            "currency": "EUR",
        }
    ],
    "third_parties": [TOWN],
}
HOUR = 3_600
QUALIFICATION = "qualification"
# Shown below, each told by the command line in the catalogue's own words.
SHOWN_OF_NEXT_STEPS = (
    "needs_new_number", "other_step", "other_number", "other_buyer", "still_open", "portal_silent", "nothing_sent_yet",
)  # fmt: skip


def told(ran: Ran, code: str, seen: str = "FA-1", expected: str = QUALIFICATION, **facts: str) -> bool:
    assert code in SHOWN_OF_NEXT_STEPS
    return Refusal(code, "", seen, expected, facts).say("fr") in ran.err


def record(number: str = "FA-1", **changes: Any) -> dict[str, Any]:
    lines = [{"name": "Ramette", "quantity": "10", "unit": "C62", "price": "100.00", "vat_rate": "20"}]
    fields = {"number": number, "type": "380", "date": "2025-03-20", "due_date": "2025-04-19", "currency": "EUR"}
    return fields | {"seller": "1", "buyer": "C1", "service": "SERVICE_DEST_SERV_OBL", "lines": lines} | changes


class Office:
    """A dossier that is connected to a simulator."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self.simulator = simulator
        self.env = {"LETTRAGE_DATABASE": empty_books(folder), "LETTRAGE_KEYS": str(folder / "keys.json")}
        self.done("load", self.file("company.json", {"dossiers": [COMPANY]}))
        self.done("chorus", "connect", self.file("simulator.json", simulator.connection))

    def file(self, name: str, content: Any) -> str:
        (self.folder / name).write_text(json.dumps(content), "utf-8")
        return name

    def run(self, *arguments: str) -> Ran:
        return run_here(*arguments, folder=self.folder, env=self.env)

    def done(self, *arguments: str, status: int = 0) -> Any:
        ran = self.run(*arguments, "--json")
        assert ran.status == status, (ran.out, ran.err)
        return json.loads(ran.out) if ran.out else None

    def sent(self, status: int = 0, **changes: Any) -> None:
        """An invoice brought in, sent whatever our checks say, and processed by the platform."""
        made = record(**changes)
        self.done("invoice", "import", self.file("invoice.json", made))
        self.done("invoice", "send", made["number"], "--force", status=status)
        self.processed(made["number"])

    def processed(self, number: str = "FA-1") -> None:
        for _ in range(2):
            self.simulator.platform.clock.advance(HOUR)
            self.followed(number)

    def followed(self, number: str) -> None:
        assert self.run("invoice", "follow", number).status in (0, 1)  # 1: it was rejected

    def moved(self, status: str, motive: str = "", number: str = "FA-1") -> None:
        """The buyer gives the invoice another status."""
        (key,) = [one.id for one in self.simulator.platform.invoices() if one.claim.number == number]
        self.simulator.platform.move(key, status, motive)
        self.simulator.platform.clock.advance(60)
        self.followed(number)

    def explained(self, number: str = "FA-1") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.done("invoice", "explain", number, status=1)
        return found

    def state(self, number: str = "FA-1") -> str:
        return str(self.done("invoice", "show", number)["state"])


@pytest.fixture(scope="module")
def _served() -> Iterator[Simulator]:
    with Simulator(speed=0) as simulator:
        yield simulator


@pytest.fixture
def office(tmp_path: Path, _served: Simulator) -> Office:
    _served.simulation.reset()
    return Office(tmp_path, _served)


def test_a_wrong_service_code_is_explained_corrected_and_sent_under_the_same_number(office: Office) -> None:
    office.sent(service="NOWHERE")

    (found,) = office.explained()
    assert found["code"] == "chorus_service_unknown"
    assert found["seen"] == "NOWHERE"
    assert found["place"] == "/Invoice/cac:AccountingCustomerParty/cac:AccountingContact/cbc:ID"
    assert found["next"] == "resend"
    before = office.done("entries")

    corrected = office.file("corrected.json", record())
    office.done("invoice", "resend", "FA-1", "--file", corrected, "--force")
    office.processed()

    assert office.state() == "MISE_A_DISPOSITION"
    assert office.done("invoice", "explain", "FA-1") == []
    assert office.done("entries") == before
    shown = office.done("invoice", "show", "FA-1")
    assert [one["outcome"] for one in shown["deposits"]] == ["rejected", "integrated"]
    assert len(shown["documents"]) == 2


def test_the_reader_sees_the_line_of_the_file_that_was_sent(office: Office) -> None:
    office.sent(service="NOWHERE")
    ran = office.run("invoice", "explain", "FA-1")

    assert ran.status == 1
    marked = [line for line in ran.out.splitlines() if line.lstrip().startswith(">")]
    assert len(marked) == 1
    assert "<cbc:ID>NOWHERE</cbc:ID>" in marked[0]
    assert "lettrage invoice resend FA-1" in ran.out
    assert "BT-10" in ran.out


def test_a_corrected_file_of_another_number_changes_nothing(office: Office) -> None:
    office.sent(service="NOWHERE")
    ran = office.run("invoice", "resend", "FA-1", "--file", office.file("other.json", record("FA-2")))

    assert ran.status == 1
    assert told(ran, "other_number", "FA-2", "FA-1")
    assert office.run("invoice", "show", "FA-2").status == 2


def test_a_corrected_file_for_another_buyer_is_no_second_sale(office: Office) -> None:
    other = TOWN | {"code": "C2", "name": "Autre", "siret": OTHER}
    office.done("load", office.file("more.json", {"dossiers": [COMPANY | {"third_parties": [other]}]}))
    office.sent(service="NOWHERE")
    before = office.done("entries")

    for given in (), ("--number", "FA-1"):
        file = office.file("other.json", record(buyer="C2", service=None, date="2025-02-30"))
        ran = office.run("invoice", "resend", "FA-1", *given, "--file", file)
        assert ran.status == 1
        assert told(ran, "other_buyer", "C2", "C1", number="FA-1")
        assert len(ran.err.strip().splitlines()) > 1  # every reason: the date too
    assert office.done("entries") == before


def test_of_two_customers_with_one_number_the_one_that_was_rejected_is_sent_again(office: Office) -> None:
    neighbour = TOWN | {"code": "C2", "siret": OTHER, "chorus": {"identifier_type": "SIRET", "frame": "A1"}}
    office.done("load", office.file("neighbour.json", {"dossiers": [COMPANY | {"third_parties": [neighbour]}]}))
    office.sent(status=0, service="NOWHERE")
    office.done("invoice", "import", office.file("corrected.json", record()))
    office.done("invoice", "import", office.file("theirs.json", record(buyer="C2", service="")))

    resent = office.run("invoice", "resend", "FA-1", "--third-party", "C1", "--force")
    office.simulator.platform.clock.advance(HOUR)
    followed = office.run("invoice", "follow", "FA-1", "--third-party", "C1")

    assert (resent.status, followed.status) == (0, 0), (resent.err, followed.err)
    assert [one.claim.buyer.value for one in office.simulator.platform.invoices()] == [BUYER]


def test_after_a_rejection_by_the_buyer_only_a_new_number_goes(office: Office) -> None:
    office.sent()
    office.moved("REJETEE", "Prestation non conforme")

    (found,) = office.explained()
    assert (found["code"], found["next"], found["raw"]) == (
        "chorus_rejected_by_buyer",
        "new_number",
        "Prestation non conforme",
    )
    ran = office.run("invoice", "resend", "FA-1")
    assert ran.status == 2
    assert told(ran, "needs_new_number", state="Rejetée par le client")

    new = office.file("new.json", record("FA-2"))
    resent = office.run("invoice", "resend", "FA-1", "--number", "FA-2", "--file", new, "--force")
    assert resent.status == 0
    assert told(resent, "still_open", "1200.00 EUR", "", number="FA-1")
    office.processed("FA-2")

    assert office.state("FA-2") == "MISE_A_DISPOSITION"
    assert office.state("FA-1") == "REJETEE"
    assert [item["piece"] for item in office.done("items")] == ["FA-1", "FA-2"]
    assert office.done("verify")["ok"]


def test_a_suspended_invoice_is_completed_with_a_comment_and_a_file(office: Office) -> None:
    office.sent()
    office.moved("SUSPENDUE", "Joindre le bon de livraison")

    assert [one["code"] for one in office.explained()] == ["chorus_suspended"]
    (office.folder / "bl.pdf").write_bytes(b"%PDF-1.4 bon de livraison")
    office.done("invoice", "complete", "FA-1", "--comment", "Bon de livraison joint", "--attach", "bl.pdf")

    assert office.state() == "COMPLETEE"
    told = [one for one in office.done("invoice", "show", "FA-1")["statuses"] if one["code"] == "completed"]
    assert told[0]["comment"] == "Bon de livraison joint · bl.pdf"


def test_an_invoice_to_be_recycled_goes_where_it_belongs(office: Office) -> None:
    office.sent()
    office.moved("A_RECYCLER")

    assert [one["next"] for one in office.explained()] == ["recycle"]
    office.done("invoice", "recycle", "FA-1", "--siret", OTHER, "--comment", "Bon destinataire")

    (invoice,) = office.simulator.platform.invoices()
    assert invoice.claim.buyer.value == OTHER
    assert office.state() in ("DEPOSEE", "EN_COURS_ACHEMINEMENT", "MISE_A_DISPOSITION")


def test_a_recycling_that_the_portal_refuses_names_the_field(office: Office) -> None:
    office.sent()
    office.moved("A_RECYCLER")
    (found,) = office.done("invoice", "recycle", "FA-1", "--siret", BUYER, "--service", "NOWHERE", status=1)

    assert (found["code"], found["field"]) == ("chorus_service_unknown", "service")


@pytest.mark.parametrize("command", [["complete", "FA-1", "--comment", "x"], ["recycle", "FA-1"], ["resend", "FA-1"]])
def test_a_step_that_the_invoice_does_not_ask_for_is_refused_with_the_one_that_it_does(
    office: Office, command: list[str]
) -> None:
    office.sent()
    ran = office.run("invoice", *command)

    assert ran.status == 2
    assert told(
        ran, "other_step", state=labels.state("MISE_A_DISPOSITION", "fr"), command="lettrage invoice follow FA-1"
    )


def test_what_the_portal_refuses_is_told_with_what_to_do(office: Office) -> None:
    office.sent()
    office.moved("SUSPENDUE", "Compléter")
    (invoice,) = office.simulator.platform.invoices()
    office.simulator.platform.move(invoice.id, "SERVICE_FAIT")  # the buyer went on meanwhile
    (found,) = office.done("invoice", "complete", "FA-1", "--comment", "voici", status=1)

    assert found["code"] == "chorus_not_suspended"
    assert found["command"] == "lettrage invoice follow FA-1"


def test_where_the_portal_does_not_answer_nothing_is_noted(office: Office) -> None:
    office.sent()
    office.moved("SUSPENDUE", "Compléter")
    again = [f"{name}={value}" for name, value in office.simulator.connection.items() if name in SECRETS]
    office.done("chorus", "set", "api_url=http://127.0.0.1:9", *again)  # another host must be told the secrets anew
    ran = office.run("invoice", "complete", "FA-1", "--comment", "voici")

    assert ran.status == 2
    assert told(ran, "portal_silent", "unreachable ConnectError")
    assert "completed" not in [one["code"] for one in office.done("invoice", "show", "FA-1")["statuses"]]


def test_nothing_is_explained_of_what_was_never_sent(office: Office) -> None:
    office.done("invoice", "import", office.file("invoice.json", record()))

    for command in ("explain", "resend", "recycle"):
        ran = office.run("invoice", command, "FA-1")
        assert ran.status == 2
        assert told(ran, "nothing_sent_yet")

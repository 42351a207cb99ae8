"""The pages of payments: what is due ticked and looked at, ordered once, downloaded, executed, answered."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lettrage.adapters.http.pages import payments as pages
from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm, header, pays
from tests.pages.world import Client, World, people, world_of
from tests.payments.answer_of import pain_002
from tests.payments.helpers import content, file, firm_of


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    firm = firm_of(tmp_path)
    people(firm)
    with Simulator() as portal, world_of(firm, portal) as found:
        yield found


def ids(firm: Firm, *pieces: str) -> list[str]:
    rows = firm.ask("SELECT id, piece FROM due_item WHERE dossier = '998' ORDER BY id")
    return [str(row[0]) for row in rows if row[1] in pieces]


def field(text: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, name
    return found[1]


def plain(text: str) -> str:
    """A page's text with ordinary blanks in its figures."""
    return re.sub("[\u202f\xa0\u2009]", " ", text)


def order(client: Client, items: list[str], vue: str = "payer", **more: Any) -> httpx.Response:
    """Look, then order what was looked at."""
    asked: dict[str, Any] = {"choisi": items, "banque": "BNP", "jusqu": "2024-12-01"} | more
    looked = client.send_form(f"/paiements/apercu?vue={vue}", **asked)
    assert looked.status_code == 200, looked.text
    asked |= {"vu": field(looked.text, "vu"), "cle": field(looked.text, "cle")}
    return client.send_form(f"/paiements?vue={vue}", **asked)


def test_what_is_due_is_looked_at_ordered_downloaded_and_executed(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    shown = client.get("/paiements?jusqu=01/12/2024").text
    for word in ("Société Électrique", "A-1", "avoir", "1 430,50", "FR7630006000011234567890189"):
        assert word in plain(shown), word
    before = firm.rows()
    looked = client.send_form("/paiements/apercu", choisi=ids(firm, "A-1", "B-7"), banque="BNP", jusqu="2024-12-01")
    assert "580100" in looked.text
    assert firm.rows() == before

    done = order(client, ids(firm, "A-1", "B-7"))
    assert done.status_code == 303
    assert done.headers["location"] == "/paiements/1"
    assert "1 550,50" in plain(client.get("/paiements/1").text)
    got = client.get("/paiements/1/fichier")
    assert got.content == content(firm, "1")
    assert got.content == client.get("/paiements/1/fichier").content

    asked = client.get("/paiements/1/execution")
    assert "512100" in asked.text
    fields = {"date": "21/10/2024", "vu": field(asked.text, "vu"), "cle": field(asked.text, "cle")}
    for _ in range(2):
        assert client.send_form("/paiements/1/execution", **fields).headers["location"] == "/paiements/1"
    assert "Exécuté" in client.get("/paiements/1").text
    assert firm.balance("512100") == "-1550.50"
    assert firm.findings() == []


def test_pressing_twice_orders_once(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    asked: dict[str, Any] = {"choisi": ids(firm, "D-1"), "banque": "BNP", "jusqu": "2024-12-01"}
    looked = client.send_form("/paiements/apercu", **asked)
    asked |= {"vu": field(looked.text, "vu"), "cle": field(looked.text, "cle")}
    for _ in range(2):
        assert client.send_form("/paiements", **asked).headers["location"] == "/paiements/1"


def test_nothing_is_ordered_that_was_not_looked_at(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    before = firm.rows()["entry"]
    answer = client.send_form("/paiements", choisi=ids(firm, "D-1"), banque="BNP", jusqu="2024-12-01", vu="x", cle="k")
    assert answer.status_code == 422
    assert "n’a pas encore été regardé" in answer.text
    assert "Rien n’est choisi" in client.send_form("/paiements/apercu", banque="BNP").text
    assert client.send_form("/paiements/apercu", banque="BNP", jusqu="demain", choisi="1").status_code == 422
    assert firm.rows()["entry"] == before


def test_every_reason_against_is_shown(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    asked = client.send_form("/paiements/apercu?vue=prelever", choisi=ids(firm, "87"), banque="CIC", jusqu="2024-12-01")
    assert asked.status_code == 422
    assert "identifiant créancier" in asked.text


def test_direct_debits_are_issued_from_their_view(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    assert order(client, ids(firm, "87", "88"), vue="prelever").headers["location"] == "/paiements/1"
    assert "RUM-C1 FRST" in client.get("/paiements/1").text


def test_what_was_ordered_before_gets_its_file(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    number = firm.done(header("POREFF", "3600", pays("87", "3600")))
    shown = client.get("/paiements?vue=effets").text
    assert "Client Économe" in shown
    made = client.send_form("/paiements/fichier?vue=effets", attente=number, banque="BNP", cle=field(shown, "cle"))
    assert made.headers["location"] == "/paiements/1"
    assert client.get("/paiements/1/fichier").headers["content-type"].startswith("text/plain")
    assert client.send_form("/paiements/fichier?vue=effets", attente=number, banque="BNP").status_code == 422


def test_a_file_is_cancelled_with_a_reason(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    order(client, ids(firm, "D-1"))
    assert client.get("/paiements/1/annuler").status_code == 200
    assert client.send_form("/paiements/1/annuler", cle="k1").status_code == 422
    done = client.send_form("/paiements/1/annuler", motif="mauvais jour", cle="k2")
    assert done.headers["location"] == "/paiements/1"
    assert "mauvais jour" in client.get("/paiements/1").text
    assert "Annulé" in client.get("/paiements?vue=fichiers").text


def test_the_bank_s_answer_is_looked_at_then_taken_once(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    order(client, ids(firm, "B-7", "D-1"))
    line = file(firm, "1").sent[0]
    said = pain_002(file(firm, "1").message, (line.end_to_end, "RJCT", "AC04"))
    looked = client.send_form("/paiements/reponse", files={"fichier": ("r.xml", said)})
    assert "compte clos" in looked.text
    assert file(firm, "1").sent[0].became == "sent"
    (way,) = set(re.findall(r'action="(/paiements/reponse/[^"]+)"', looked.text))
    for _ in range(2):
        taken = client.send_form(way)
        assert taken.headers["location"] == way
    assert "Order cancelled" in world.client("accountant", "en").get(way).text
    assert file(firm, "1").sent[0].became == "rejected"
    assert firm.findings() == []

    again = client.send_form("/paiements/reponse", files={"fichier": ("r.xml", said)})
    assert "déjà été lue" in again.text
    for wrong in (b"", b"<x/>", b"\xff\xfe", b"<!DOCTYPE x><x/>"):
        assert client.send_form("/paiements/reponse", files={"fichier": ("r.xml", wrong)}).status_code == 422
    assert client.send_form("/paiements/reponse").status_code == 422
    assert client.get("/paiements/reponse/nothing").status_code == 404


def test_lists_are_files_too(world: World) -> None:
    client, firm = world.client("accountant"), world.firm
    order(client, ids(firm, "B-7"))
    for address in ("/paiements?csv=1", "/paiements?vue=fichiers&csv=1", "/paiements/1?csv=1"):
        assert client.get(address).headers["content-type"].startswith("text/csv"), address


def test_who_may_pay(world: World) -> None:
    firm = world.firm
    order(world.client("accountant"), ids(firm, "B-7"))
    for role in ("reader", "clerk"):
        client = world.client(role)
        for address in ("/paiements", "/paiements?vue=fichiers", "/paiements?vue=reponse", "/paiements/1"):
            assert client.get(address).status_code == 200
        for address in ("/paiements/1/fichier", "/paiements/1/execution", "/paiements/1/annuler"):
            assert client.get(address).status_code == 403
        assert client.send_form("/paiements", choisi="1").status_code == 403


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_pages_in_both_languages(world: World, lang: str) -> None:
    client = world.client("accountant", lang)
    order(client, ids(world.firm, "B-7", "D-1"))
    for address in (
        "/paiements", "/paiements?vue=prelever", "/paiements?vue=effets", "/paiements?vue=fichiers",
        "/paiements?vue=reponse", "/paiements/1", "/paiements/1/execution", "/paiements/1/annuler",
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
    for address in ("/paiements/2", "/paiements/x", "/paiements/%00", "/paiements/1/rien"):
        assert client.get(address).status_code == 404


def test_accounts_and_mandates_are_typed_on_the_file_of_a_customer(world: World) -> None:
    client, firm = world.client("administrator"), world.firm
    shown = client.get("/clients/C1/fiche").text
    assert "FR14 2004 1010 0505 0001 3M02 606" in shown
    assert "RUM-C1" in shown
    fields = {"name": "Client", "means": "direct_debit", "iban": "NL91 ABNA 0417 1643 00", "mandate_id": "R-9"}
    assert client.send_form("/clients/C1/fiche", **fields | {"iban": "NL00"}).status_code == 422
    refused = client.send_form("/clients/C1/fiche", **fields)
    assert (refused.status_code, "mandate_signed" in refused.text) == (422, True)
    fields |= {"mandate_signed": "2024-05-01", "mandate_sequence": "OOFF", "mandate_scheme": "CORE"}
    assert client.send_form("/clients/C1/fiche", **fields).status_code == 303
    order(world.client("accountant"), ids(firm, "87"), vue="prelever")
    (line,) = file(firm, "1").sent
    assert (line.iban, line.mandate, line.sequence) == ("NL91ABNA0417164300", "R-9", "OOFF")
    assert client.send_form("/clients/C1/fiche", name="Client").status_code == 303
    assert "R-9" not in client.get("/clients/C1/fiche").text


def test_a_bank_is_told_how_it_takes_files(world: World) -> None:
    client = world.client("administrator")
    shown = client.get("/parametres/banques/BNP").text
    assert "FR72ZZZ123456" in shown
    assert "pain.008.001.08" in shown
    wrong = client.send_form(
        "/parametres/banques/BNP", **{"banks.BNP.ics": "FR00ZZZ123456", "banks.BNP.account": "512100"}
    )
    assert wrong.status_code == 422


def test_no_more_is_shown_than_a_page_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SHOWN", 2)
    shown = world.client("accountant").get("/paiements?jusqu=01/12/2024").text
    assert "1 autre paiement est dû" in plain(shown)
    assert shown.count('name="choisi"') == 3  # an invoice with its credit note, another invoice

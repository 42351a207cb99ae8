"""The portfolio and slips: cheques chosen, the entry seen, the slip made once, printed, taken back; who may what."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from lettrage.bank.portfolio import counted_states, in_hand, moves
from lettrage.company.states import STANDARD_CHANGES
from tests.journeys.helpers import advance, deposit, header
from tests.pages.browser import Visiting
from tests.pages.world import DOSSIER, Client, World

DRAWER = "/portefeuille"
SLIP = "/bordereaux/BNP-2024-000001"


def cheques(world: World, *amounts: str, change: str = "PORCHQ", **more: str) -> list[str]:
    """What came in; its transactions."""
    return [world.firm.done(header(change, amount, advance(amount), **more)) for amount in amounts]


def chosen(world: World, *transactions: str) -> dict[str, Sequence[str] | str]:
    return {"choisi": [f"{number}/1" for number in transactions], "banque": "BNP", "date": "21/10/2024", "cle": "k-1"}


def seen(client: Client, fields: dict[str, Sequence[str] | str], query: str = "") -> str:
    """The preview of this choice: what a form brings back of it."""
    shown = client.send_form(f"{DRAWER}/apercu{query}", **fields)
    assert shown.status_code == 200
    (found,) = re.findall(r'name="vu" value="(\w+)"', shown.text)
    return str(found)


def slips(world: World) -> list[str]:
    with world.firm.store.books(DOSSIER, writing=False) as books:
        return [slip.number for slip in books.slips()]


# ---------------------------------------------------------------- the journey


def test_cheques_are_chosen_put_on_a_slip_printed_and_the_slip_is_taken_back(visit: Visiting, world: World) -> None:
    cheques(world, "3400.00", "2400.00", "150.50", "849.50", LIB="Chèque 0182734")
    there = visit(role="clerk")
    page = there(DRAWER)
    expect(page.locator(".head p")).to_have_text(
        re.compile("Compte 511200 : 6.800,00.€, égal aux effets en portefeuille")
    )
    expect(page.get_by_text("Rien n’est choisi")).to_be_visible()

    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Faire le bordereau, 4 chèques")).to_be_visible()
    page.get_by_label("Choisir Mairie de Test, 2 400,00 €").uncheck()
    commit = page.get_by_role("button", name="Faire le bordereau, 3 chèques")
    expect(commit).to_be_visible()
    expect(page.locator("[data-count]")).to_have_text("3 choisis sur 4")
    expect(page.locator("[data-total]")).to_have_text("4 400,00")
    entry = page.locator("#apercu .acc")
    expect(entry.locator("tbody tr")).to_have_count(4)
    expect(entry.locator("tfoot")).to_contain_text("4 400,00")
    expect(page.get_by_text("Une seule ligne 512100")).to_be_visible()
    previewed = entry.locator("tbody").inner_text()
    assert not there.axe()
    assert slips(world) == []

    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bordereau BNP-2024-000001")
    expect(page.get_by_role("status").first).to_contain_text("Bordereau BNP-2024-000001 enregistré.")
    posted = [line.split("\n")[0] for line in page.locator(".acc tbody td:first-child").all_inner_texts()]
    assert posted == re.findall(r"^\d{6}", previewed, re.MULTILINE) == ["512100", "511200", "511200", "511200"]
    expect(page.get_by_role("link", name="Annuler le bordereau")).to_have_count(0)
    printed = page.request.get(f"{world.url}{SLIP}/pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.body().startswith(b"%PDF-")
    assert not there.axe()

    accountant = visit(role="accountant")
    page = accountant(SLIP)
    page.get_by_role("link", name="Annuler le bordereau").click()
    expect(page.locator(".prev .acc tbody tr")).to_have_count(4)
    page.keyboard.press("Control+Enter")
    accountant.allowed = (422,)
    expect(page.get_by_role("alert")).to_contain_text("Dire pourquoi le bordereau est annulé.")
    page.get_by_label("Motif").fill("remis deux fois")
    assert not accountant.axe()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Ce bordereau est annulé par l’écriture")).to_be_visible()
    page.goto(f"{world.url}{DRAWER}?vue=bordereau")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert not world.firm.findings()


# ---------------------------------------------------------------- never twice, never unseen


def test_pressing_twice_makes_one_slip(world: World) -> None:
    fields = chosen(world, *cheques(world, "100.00", "50.00"))
    client = world.client("clerk")
    fields["vu"] = seen(client, fields)
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda c: c.send_form(f"{DRAWER}/remise", **fields), [client, world.client("clerk")]))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer.headers["location"] for answer in answers} == {SLIP}
    assert slips(world) == ["BNP-2024-000001"]
    assert not world.firm.findings()


def test_what_was_not_looked_at_is_shown_before_it_is_made(world: World) -> None:
    one, other = cheques(world, "100.00", "50.00")
    client = world.client("clerk")
    fields = chosen(world, one)
    fields["vu"] = seen(client, fields)
    answer = client.send_form(f"{DRAWER}/remise", **fields | {"choisi": [f"{one}/1", f"{other}/1"]})
    assert answer.status_code == 422
    assert "Le choix n’est plus celui dont l’écriture a été montrée" in answer.text
    assert "Faire le bordereau, 2 chèques" in answer.text
    assert slips(world) == []


def test_a_cheque_that_somebody_else_has_taken_is_told(world: World) -> None:
    one, other = cheques(world, "100.00", "50.00")
    client = world.client("clerk")
    fields = chosen(world, one, other)
    fields["vu"] = seen(client, fields)
    world.firm.done(deposit("REMCDI", {"TRANSAC": one}))
    answer = client.send_form(f"{DRAWER}/remise", **fields)
    assert answer.status_code == 422
    assert "À corriger" in answer.text
    assert f"{one}/1" in answer.text
    looked = client.send_form(f"{DRAWER}/apercu", **fields)
    assert "Faire le bordereau" not in looked.text
    part = client.post(f"{DRAWER}/apercu", data={"csrf": client.csrf} | fields, headers={"hx-request": "true"})
    assert "1 ligne choisie n’est plus en portefeuille" in part.text
    assert slips(world) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"choisi": []}, "Rien n’est choisi"),
        ({"choisi": ["x/y", "9/9", "1/1/1"]}, "n’est plus en portefeuille|ne sont plus en portefeuille"),
        ({"date": "31/02/2024"}, "ne se lit pas"),
        ({"date": "21/10/2030"}, 'class="checks" role="alert"'),
        ({"banque": "NON"}, "Choisir la banque"),
    ],
)
def test_nonsense_is_told_and_does_nothing(world: World, wrong: dict[str, str], said: str) -> None:
    client = world.client("clerk")
    fields = chosen(world, *cheques(world, "100.00")) | {"vu": "x"} | wrong
    for address in ("remise", "apercu"):
        answer = client.send_form(f"{DRAWER}/{address}", **fields)
        assert answer.status_code in (200, 422)
        assert re.search(said, answer.text)
    part = client.post(f"{DRAWER}/apercu", data={"csrf": client.csrf} | fields, headers={"hx-request": "true"})
    assert re.search(said, part.text)
    assert slips(world) == []


def test_a_deposit_without_its_slip_is_put_on_one(world: World) -> None:
    """As after an accident between the two, or where a program has made the deposit."""
    handed = world.firm.done(deposit("REMCHQ", {"TRANSAC": cheques(world, "100.00")[0]}))
    client = world.client("clerk")
    shown = client.get(f"{DRAWER}?vue=bordereau")
    assert f'value="{handed}"' in shown.text
    fields = {"choisi": [handed], "date": "21/10/2024", "cle": "k-2"}
    looked = client.send_form(f"{DRAWER}/bordereau?vue=bordereau", **fields)
    assert looked.status_code == 200
    assert "Faire le bordereau, 1 chèque" in looked.text
    assert slips(world) == []
    (vu,) = re.findall(r'name="vu" value="([^"]+)"', looked.text)
    made = client.send_form(f"{DRAWER}/bordereau?vue=bordereau", **fields, vu=vu, faire="1")
    assert (made.status_code, made.headers["location"]) == (303, SLIP)


def test_what_needs_no_slip_is_posted_at_once(world: World) -> None:
    (number,) = cheques(world, "75.00", change="PORPRL")
    client = world.client("clerk")
    fields = chosen(world, number) | {"changement": "REMPRL"}
    shown = client.send_form(f"{DRAWER}/apercu?vue=effets&etat=D30", **fields)
    assert "Remettre en banque, 1 prélèvement" in shown.text
    fields["vu"] = seen(client, fields, "?vue=effets&etat=D30")
    done = client.send_form(f"{DRAWER}/remise?vue=effets&etat=D30", **fields)
    assert (done.status_code, done.headers["location"]) == (303, f"{DRAWER}?vue=effets")
    assert slips(world) == []
    assert "0,00" in client.get(f"{DRAWER}?vue=effets&etat=D30").text
    assert not world.firm.findings()


# ---------------------------------------------------------------- what is shown


def test_a_figure_is_the_same_wherever_it_shows(world: World) -> None:
    cheques(world, "100.00", "50.00", "25.00")
    client = world.client("clerk")
    assert "égal aux effets en portefeuille" in client.get(DRAWER).text
    assert "175,00" in client.get("/banque").text
    assert client.get(f"{DRAWER}?csv=1").text.count("\r\n") == 4
    world.firm.done(deposit("REMCHQ", {"TRANSAC": "1"}))
    assert re.search(r"effets en portefeuille et à 100,00.€ en attente de bordereau", client.get(DRAWER).text)


def test_the_filter_finds_by_customer_label_and_amount(world: World) -> None:
    cheques(world, "123.45", "50.00", LIB="Chèque 4410230")
    cheques(world, "60.00", THIRDPARTY="C2")
    client = world.client("reader")
    found = {q: client.get(DRAWER, params={"q": q}).text.count("data-row") for q in
             ("boutique", "4410230", "123,45", "c2", "rien de tel", "%", '"')}  # fmt: skip
    assert found == {"boutique": 1, "4410230": 2, "123,45": 1, "c2": 1, "rien de tel": 0, "%": 3, '"': 3}


def test_a_reader_looks_and_does_nothing(world: World) -> None:
    (number,) = cheques(world, "100.00")
    reader = world.client("reader")
    shown = reader.get(DRAWER).text
    assert "Nouveau bordereau" not in shown
    assert 'name="choisi"' not in shown
    fields = chosen(world, number)
    assert reader.send_form(f"{DRAWER}/remise", **fields).status_code == 403
    assert reader.send_form(f"{DRAWER}/bordereau", **fields).status_code == 403


@pytest.mark.parametrize("role", ["reader", "clerk"])
def test_a_slip_is_taken_back_by_an_accountant_only(world: World, role: str) -> None:
    client = world.client("clerk")
    fields = chosen(world, *cheques(world, "100.00"))
    client.send_form(f"{DRAWER}/remise", **fields | {"vu": seen(client, fields)})
    other = world.client(role)
    assert other.get(f"{SLIP}/annuler").status_code == 403
    refused = other.send_form(f"{SLIP}/annuler", motif="non", cle="k-3")
    assert refused.status_code == 403
    assert "Comptable" in refused.text
    assert "Remis" in client.get(SLIP).text


def test_a_slip_that_is_not_there_is_not_there(world: World) -> None:
    client = world.client("accountant")
    for address in ("/bordereaux/NON-1", "/bordereaux/NON-1/pdf", "/bordereaux/NON-1/annuler", "/bordereaux/%00"):
        assert client.get(address).status_code == 404
    assert client.send_form("/bordereaux/NON-1/annuler", motif="x").status_code == 404


def test_the_states_that_are_counted_are_those_of_the_company(world: World) -> None:
    with world.firm.store.books(DOSSIER, writing=False) as books:
        company = books.company
    assert [in_hand(company, "encashment", means) for means in ("C", "LD")] == [["C30"], ["L30", "D30"]]
    assert [change.code for change in moves(company, "encashment") if "C30" in change.sources] == ["REMCHQ", "REMCDI"]
    assert {
        source for change in STANDARD_CHANGES.values() if change.step == "move" for source in change.sources
    } <= set(counted_states(company))

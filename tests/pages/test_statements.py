"""Bank statements on pages: brought in, each line with what it may be and its entry, matched, undone, reconciled."""

import re

import pytest

from tests.bank.files import Move, cfonb_file
from tests.databases import ask
from tests.invoicing.brought import BANKS
from tests.pages.owed import SHOP, owed
from tests.pages.world import Client, World

RIB = next(str(bank["iban"]) for bank in BANKS if bank["code"] == "CIC")[4:25]
SEEN = re.compile(r'name="vu" value="([^"]+)"')
KEY = re.compile(r'name="cle" value="([^"]+)"')
HERE = "/banque/releves/1"


@pytest.fixture(autouse=True)
def _owed(world: World) -> None:
    owed(world.firm)


def brought(client: Client, world: World, *moves: Move, opening: int = 0, name: str = "releve.txt") -> str:
    """Bring a statement of CIC in; where the page goes on."""
    day = f"{world.firm.clock.today():%Y%m}"
    data = cfonb_file(moves, opening=opening, rib=RIB, start=f"{day}01", end=f"{day}10")
    answer = client.send_form("/banque/releves", files={"fichier": (name, data)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def move(world: World, amount: int, text: str, name: str = "") -> Move:
    complements = [("NPY", name)] if name else []
    return Move(amount, f"{world.firm.clock.today():%Y%m}05", text, complements)


def piece_of(world: World) -> tuple[str, int]:
    """An open piece of the shop, and what is open of it."""
    item = next(i for i in world.firm.items() if i["third_party"] == SHOP and float(i["open_amount"]) > 0)
    return item["piece"], round(float(item["open_amount"]) * 100)


def test_a_line_is_looked_at_matched_once_and_undone(world: World) -> None:
    piece, amount = piece_of(world)
    with world.client("clerk") as client:
        assert "Aucun relevé" in client.get("/banque/releves").text
        assert brought(client, world, move(world, amount, f"VIR FACTURE {piece}"), move(world, -500, "FRAIS")) == HERE
        page = client.get(HERE).text
        key, seen = KEY.search(page), SEEN.search(page)
        assert key is not None
        assert seen is not None
        assert piece in page
        assert "512200" in page, "the entry stands beside"
        fields = {"cle": key[1], "choix": "1", "compte": "", "tva": ""}
        unseen = client.send_form("/banque/lignes/1/accepter", **fields, vu="x")
        done = client.send_form("/banque/lignes/1/accepter", **fields, vu=seen[1])
        again = client.send_form("/banque/lignes/1/accepter", **fields, vu=seen[1])
        after = client.get(f"{HERE}?vue=rapprochees").text
        undone = client.send_form("/banque/lignes/1/annuler", cle="u", motif="erreur")
        twice = client.send_form("/banque/lignes/1/annuler", cle="v", motif="")

    assert unseen.status_code == 422
    assert "voir l’écriture avant" in unseen.text
    assert (done.status_code, again.status_code, undone.status_code) == (303, 303, 303)
    assert "Annuler le rapprochement" in after
    assert twice.status_code == 422
    assert "pas rapprochée" in twice.text
    assert not world.firm.findings()


def test_another_account_may_be_chosen_with_its_vat(world: World) -> None:
    with world.client("accountant") as client:
        brought(client, world, move(world, -1_200, "COTISATION CARTE"))
        page = client.get(f"{HERE}?ligne=1&choix=0&compte=627800&tva=2,00").text
        seen = SEEN.search(page)
        assert seen is not None
        assert "445660" in page
        wrong = client.get(f"{HERE}?ligne=1&choix=0&compte=411000").text
        fields = {"choix": "0", "compte": "627800", "tva": "2.00", "vu": seen[1]}
        done = client.send_form("/banque/lignes/1/accepter", cle="k", **fields)
        rows = client.get(f"{HERE}?csv=1").content.decode("utf-8-sig").splitlines()

    assert "ne s&#39;inscrit pas" in wrong or "ne s'inscrit pas" in wrong
    assert done.status_code == 303
    assert rows[0].startswith("Ligne;Date;Montant")
    assert "rapprochée" in rows[1]


def test_the_day_of_the_entry_may_be_another(world: World) -> None:
    day = f"{world.firm.clock.today():%Y%m}07"
    with world.client("accountant") as client:
        brought(client, world, move(world, -1_200, "COTISATION CARTE"))
        page = client.get(f"{HERE}?ligne=1&choix=0&compte=627800&date={day[6:]}/{day[4:6]}/{day[:4]}").text
        seen = SEEN.search(page)
        assert seen is not None
        fields = {"choix": "0", "compte": "627800", "tva": "", "date": day, "vu": seen[1]}
        assert f'name="date" value="{day[:4]}-{day[4:6]}-{day[6:]}"' in page
        assert client.send_form("/banque/lignes/1/accepter", cle="k", **fields).status_code == 303
    sql = "SELECT date FROM entry WHERE journal = 'BQ' ORDER BY posting DESC LIMIT 1"
    assert str(ask(world.firm.address, sql)[0][0]).replace("-", "") == day


def test_files_that_are_none_are_told_with_their_reasons(world: World) -> None:
    with world.client("clerk") as client:
        none = client.send_form("/banque/releves")
        wrong = client.send_form("/banque/releves", files={"fichier": ("x.csv", b"a;b;c")})
        unknown = client.send_form("/banque/releves", files={"fichier": ("x.txt", cfonb_file([], rib="9" * 21))})

    assert (none.status_code, wrong.status_code, unknown.status_code) == (422, 422, 422)
    assert "pas un relevé bancaire" in wrong.text
    assert "aucun compte de la société" in unknown.text


def test_the_account_is_reconciled_on_a_page_and_as_a_file(world: World) -> None:
    with world.client("reader") as reader, world.client("clerk") as client:
        before = reader.get("/banque/rapprochement/CIC").text
        brought(client, world, move(world, 777, "INCONNU"), opening=100)
        page = reader.get("/banque/rapprochement/CIC").text
        rows = reader.get("/banque/rapprochement/CIC?csv=1").content.decode("utf-8-sig").splitlines()
        statement = reader.get(HERE).text
        missing = [reader.get(path).status_code for path in ("/banque/releves/9", "/banque/rapprochement/X")]

    assert "aucun relevé" in before
    assert "prouvé" in page
    assert "INCONNU" in page
    assert rows[0] == "Côté;Date;Écriture;Libellé;Montant"
    assert 'name="vu"' not in statement, "a reader matches nothing"
    assert missing == [404, 404]

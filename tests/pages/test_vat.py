"""The page of VAT on receipts: what became due, its proof, what waits, the file."""

from tests.journeys.helpers import company, header, pays
from tests.pages.world import World
from tests.vat.helpers import service


def test_the_page(world: World) -> None:
    world.firm.load(company(invoices=[service("S1", "120.00", vat=[("20", "100.00", "20.00")])]))
    world.firm.done(header("PORCHQ", "60.00", pays("S1", "60.00"), pays("S1", "60.00", "WPA")))
    with world.client("reader") as client:
        page = client.get("/tva?du=01/09/2024&au=31/12/2024")
        file = client.get("/tva?du=01/09/2024&au=31/12/2024&format=csv")
        listed = client.get("/etats")
        nothing = client.get("/tva?du=2020-01-01&au=2020-01-31")
    assert page.status_code == 200, page.text
    assert "TVA sur les encaissements" in page.text
    assert "S1" in page.text
    assert "Compte 445710" in page.text
    assert file.headers["content-type"].startswith("text/csv")
    assert "50,00;10,00;60,00" in file.text
    assert 'href="/tva"' in listed.text
    assert "Aucune TVA" in nothing.text

"""The bank accounts: their balance in the ledger, what is to go there, and nothing that is not there."""

from tests.journeys.helpers import advance, deposit, header
from tests.pages.browser import Visiting
from tests.pages.world import World


def test_each_account_has_its_ledger_balance_and_what_waits(visit: Visiting, world: World) -> None:
    first = world.firm.done(header("PORCHQ", "100.00", advance("100.00")))
    world.firm.done(header("PORCHQ", "40.00", advance("40.00")))
    world.firm.done(deposit("REMCHQ", {"TRANSAC": first}))
    world.firm.done(header("ENCVIR", "65.50", advance("65.50"), BQC="CIC"))
    there = visit(role="reader")
    page = there("/banque")
    accounts = page.locator("table").first.locator("tbody tr")
    assert [row.locator("td").last.inner_text().replace("\u00a0", " ") for row in accounts.all()] == [
        "0,00 €",
        "65,50 €",
        "0,00 €",
    ]
    waiting = page.get_by_role("region", name="À remettre").locator("tr").all_inner_texts()
    assert [" ".join(row.split()) for row in waiting] == [
        "1 chèque en portefeuille banque choisie à la remise 40,00 €",
        "1 effet en attente de bordereau BNP 100,00 €",
    ]
    page.get_by_text("Aucun relevé n’est enregistré.").wait_for()
    assert page.locator("main a[href*='/banque/releves']").count() == 0
    assert not there.axe()


def test_the_accounts_are_a_file_too(world: World) -> None:
    world.firm.done(header("ENCVIR", "65.50", advance("65.50"), BQC="CIC"))
    rows = world.client("reader").get("/banque?csv=1").text.splitlines()
    assert rows[0].startswith("\ufeffBanque;Compte;IBAN;Devise;Solde au grand livre")
    assert rows[2].split(";")[:5] == ["CIC", "512200", "FR7610011000200123456789088", "EUR", "65,50"]

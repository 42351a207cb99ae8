"""The settings of the company file: seen by everybody, changed through the load with every fault at its field."""

import re

import httpx
import pytest

from tests.pages.world import PASSWORD, World

TABS = (
    "",
    "/etablissements",
    "/etablissements/1",
    "/etablissements/+",
    "/banques",
    "/banques/BNP",
    "/banques/+",
    "/chorus",
    "/chorus?plateforme=production",
    "/authentifications",
    "/plateforme-agreee",
    "/tolerances",
    "/etats",
    "/etats/C30",
    "/etats/+",
    "/changements/PORCHQ",
    "/changements/+",
    "/comptes",
)
OF_ADMINISTRATORS = ("/utilisateurs", "/utilisateurs/all/nadia", "/journal", "/chorus/plateforme", "/chorus/support")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_tab_is_shown(world: World, lang: str) -> None:
    administrator, reader = world.client("administrator", lang), world.client("reader", lang)
    for path in TABS:
        assert administrator.get(f"/parametres{path}").status_code == 200, path
        seen = reader.get(f"/parametres{path}")
        assert seen.status_code == 200, path
        assert 'class="btn p"' not in seen.text, path
    for path in OF_ADMINISTRATORS:
        assert administrator.get(f"/parametres{path}").status_code == 200, path
        assert reader.get(f"/parametres{path}").status_code == 403, path
    assert reader.get("/moi").status_code == 200
    for path in ("/parametres/banques/rien", "/parametres/etats/rien", "/parametres/utilisateurs/998/rien"):
        assert administrator.get(path).status_code == 404, path


def _place(html: str, place: str) -> str:
    """What stands beside a field that is at fault."""
    found = re.search(rf'id="{re.escape(place)}-faute">([^<]*)<', html)
    return found[1] if found else ""


def _seen_and_stored(world: World, path: str, **fields: str) -> tuple[httpx.Response, httpx.Response]:
    """A change looked at, then stored."""
    client = world.client("administrator")
    seen = client.send_form(path, **fields)
    return seen, client.send_form(path, **fields, enregistrer="1")


def test_what_changes_is_seen_before_it_is_stored(world: World) -> None:
    client = world.client("administrator")
    typed = {
        "banks.CIC.account": "512250",
        "banks.CIC.iban": "FR76 3000 6000 0112 3456 7890 189",
        "banks.CIC.currency": "EUR",
        "banks.CIC.bic": "CMCIFRPP",
        "banks.CIC.reconcilable": "1",
    }
    seen = client.send_form("/parametres/banques/CIC", **typed)

    assert seen.status_code == 200
    assert "3 changements prévus" in seen.text
    assert "512200" in seen.text
    assert "512250" in seen.text
    assert world.firm.ask("SELECT count(*) FROM audit_event WHERE kind = 'company' AND subject <> ''")[0][0] == 0
    with world.firm.store.books("998", writing=False) as books:
        assert books.company.banks["CIC"].account == "512200"

    stored = client.send_form("/parametres/banques/CIC", **typed, enregistrer="1")
    assert stored.headers["location"] == "/parametres/banques"
    with world.firm.store.books("998", writing=False) as books:
        assert (books.company.banks["CIC"].account, books.company.banks["CIC"].bic) == ("512250", "CMCIFRPP")
    told = world.firm.ask(
        'SELECT "by", subject, "before", "after" FROM audit_event WHERE subject LIKE \'banks%\' ORDER BY id'
    )
    assert [tuple(row) for row in told] == [
        ("ines", "banks.CIC.account", "512200", "512250"),
        ("ines", "banks.CIC.iban", "FR7610011000200123456789088", "FR7630006000011234567890189"),
        ("ines", "banks.CIC.bic", "", "CMCIFRPP"),
    ]
    again = client.send_form("/parametres/banques/CIC", **typed, enregistrer="1")
    assert again.status_code == 303
    assert len(world.firm.ask("SELECT 1 FROM audit_event WHERE subject LIKE 'banks%'")) == 3


def test_a_value_is_taken_away_where_its_field_is_emptied(world: World) -> None:
    typed = {
        "banks.BNP.account": "512100",
        "banks.BNP.iban": "FR7630006000011234567890189",
        "banks.BNP.currency": "EUR",
        "banks.BNP.bic": "",
        "banks.BNP.reconcilable": "1",
    }
    _seen_and_stored(world, "/parametres/banques/BNP", **typed)
    with world.firm.store.books("998", writing=False) as books:
        assert books.company.banks["BNP"].bic == ""
        assert books.company.banks["BNP"].iban == "FR76 3000 6000 0112 3456 7890 189"  # not touched


def test_every_fault_stands_at_its_field_and_what_was_typed_is_kept(world: World) -> None:
    client = world.client("administrator")
    wrong = {
        "banks.+.code": "BNP",
        "banks.+.account": "512900",
        "banks.+.currency": "EUR",
        "banks.+.iban": "FR7630006000011234567890188",
    }
    answer = client.send_form("/parametres/banques/+", **wrong)
    assert answer.status_code == 422
    assert "déjà pris" in _place(answer.text, "banks.+.code")
    assert "clé" in _place(answer.text, "banks.+.iban")
    assert 'value="512900"' in answer.text
    assert "<title>Erreur : " in answer.text

    missing = client.send_form("/parametres/banques/+", **{"banks.+.code": "NEW", "banks.+.currency": "EURO"})
    assert _place(missing.text, "banks.+.account")
    assert _place(missing.text, "banks.+.currency")

    figures = client.send_form(
        "/parametres/tolerances",
        **{
            "tolerances.settlement_difference.amount": "cinq",
            "tolerances.settlement_difference.percent": "x",
            "settings.rate_days": "0",
            "discount_vat": "gross",
            "discount_limit.percent": "5",
        },
    )
    for place in (
        "tolerances.settlement_difference.amount",
        "tolerances.settlement_difference.percent",
        "settings.rate_days",
    ):
        assert _place(figures.text, place), place
    assert 'value="cinq"' in figures.text


def test_a_tolerance_goes_as_a_pair(world: World) -> None:
    typed = {
        "tolerances.settlement_difference.amount": "5,00",
        "tolerances.settlement_difference.percent": "0,5",
        "tolerances.exchange_difference.amount": "10.00",
        "tolerances.exchange_difference.percent": "5",
        "discount_limit.percent": "5",
        "discount_vat": "gross",
    }
    figures = {
        f"settings.{name}": value
        for name, value in {
            "repeat_hours": "72",
            "future_days": "7",
            "rate_days": "31",
            "rate_percent": "10",
            "cash_limit": "1000",
        }.items()
    }
    seen, stored = _seen_and_stored(world, "/parametres/tolerances", **typed, **figures)
    assert "2 changements prévus" in seen.text
    assert stored.status_code == 303
    with world.firm.store.books("998", writing=False) as books:
        assert (books.company.settlement_difference.amount, str(books.company.settlement_difference.percent)) == (
            500,
            "1/200",
        )


def test_new_records_of_each_table(world: World) -> None:
    _seen_and_stored(
        world,
        "/parametres/banques/+",
        **{"banks.+.code": "LBP", "banks.+.account": "512400", "banks.+.currency": "EUR"},
    )
    _seen_and_stored(
        world,
        "/parametres/etablissements/+",
        **{
            "establishments.+.code": "2",
            "establishments.+.siret": "123 456 782 00028",
            "establishments.+.address.city": "Lille",
            "establishments.+.bank": "LBP",
        },
    )
    _seen_and_stored(world, "/parametres/etats/+", **{"states.+.code": "X30", "states.+.encashment": "511900"})
    _seen_and_stored(
        world,
        "/parametres/changements/+",
        **{
            "state_changes.+.code": "PORX",
            "state_changes.+.direction": "encashment",
            "state_changes.+.from": "10",
            "state_changes.+.to": "X30",
        },
    )
    with world.firm.store.books("998", writing=False) as books:
        company = books.company
    assert company.banks["LBP"].reconcilable is False
    assert (company.establishments["2"].siret, company.establishments["2"].address.city) == ("12345678200028", "Lille")
    assert company.establishments["2"].bank == "LBP"
    assert company.states["X30"].encashment == "511900"
    assert (company.changes["PORX"].target, company.changes["PORX"].step) == ("X30", "settle")


def test_lists_are_exported(world: World) -> None:
    client = world.client("administrator")
    for path in (
        "etablissements?csv=1",
        "banques?csv=1",
        "etats?csv=etats",
        "etats?csv=changements",
        "comptes?csv=1",
        "utilisateurs?csv=1",
        "journal?csv=1",
    ):
        answer = client.get(f"/parametres/{path}")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8", path
        assert answer.content.startswith(b"\xef\xbb\xbf"), path
        assert len(answer.text.splitlines()) > 1, path


def test_the_reader_chooses_how_the_pages_look(world: World) -> None:
    client = world.client("reader")
    assert client.send_form("/moi", language="en", theme="dark", rows="100").status_code == 303
    page = client.get("/moi").text
    assert '<html lang="en" data-theme="dark">' in page
    assert "data-shortcuts" not in page
    assert '<option value="100" selected>' in page
    assert client.send_form("/moi", language="xx", theme="xx", rows="7").status_code == 303
    assert "data-theme" not in client.get("/moi").text


def test_another_password_needs_the_old_one(world: World) -> None:
    client, other = world.client("reader"), world.client("reader")
    new = "quatre mots bien choisis"
    wrong = client.send_form("/moi/mot-de-passe", old="rien de tout cela", new=new, again=new)
    assert (wrong.status_code, new in wrong.text) == (422, False)
    assert client.send_form("/moi/mot-de-passe", old=PASSWORD, new=new, again="autre").status_code == 422
    assert client.send_form("/moi/mot-de-passe", old=PASSWORD, new="court", again="court").status_code == 422

    done = client.send_form("/moi/mot-de-passe", old=PASSWORD, new=new, again=new)
    assert done.status_code == 303
    assert client.get("/moi").status_code == 200
    assert other.get("/moi").status_code == 303
    assert world.firm.store.sign_ins.recognised("", "lea", new)

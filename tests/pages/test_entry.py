"""A settlement by hand: proposed, looked at before it is written, written once."""

import html
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.journeys.helpers import header, pays
from tests.pages.browser import Visiting
from tests.pages.world import DOSSIER, World

PARTY = "C0000007"
ADDRESS = "/reglements/saisie"


@pytest.fixture(autouse=True)
def _owed(world: World) -> None:
    """What the printer owes: two invoices due today, one later, and a credit note."""
    today = world.firm.clock.today()

    def piece(number: str, days: int, amount: str, **more: Any) -> dict[str, Any]:
        due = {"due_date": (today + timedelta(days=days)).isoformat(), "amount": amount}
        made = (today - timedelta(days=30)).isoformat()
        return {"third_party": PARTY, "number": number, "date": made, "currency": "EUR", "due_items": [due]} | more

    world.firm.load(
        {
            "code": DOSSIER,
            "third_parties": [
                {"code": PARTY, "kind": "customer", "name": "Imprimerie Vasseur"},
                {"code": "C0000009", "kind": "customer", "name": "Imprimerie Vallon"},
            ],
            "invoices": [
                piece("87", 0, "3600.00"),
                piece("86", 0, "2400.00"),
                piece("91", 15, "1284.60"),
                piece("AV-88", 0, "-240.00"),
            ],
        }
    )


# ---------------------------------------------------------------- as a browser without script sends it

_FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*name="(?P<name>\w+)"[^>]*value="(?P<value>[^"]*)"')
_ROW = re.compile(
    r'name="choisi" value="(?P<id>\d+)"[^>]*?(?P<checked> checked)?>.*?Régler la pièce (?P<piece>[^<]+)<', re.S
)
_PAID = re.compile(r'name="(?P<name>p-\d+)"[^>]*value="(?P<value>[^"]*)"')


class Sheet:
    """The form of a page, and what somebody changes in it before posting it again."""

    def __init__(self, world: World, query: str = "", role: str = "clerk", lang: str = "fr") -> None:
        self.client = world.client(role, lang)
        self.answer = self.client.get(ADDRESS + query)
        self.fields: dict[str, Any] = {}
        self._read()

    def _read(self) -> None:
        text = self.answer.text
        hidden = {found["name"]: html.unescape(found["value"]) for found in _FIELD.finditer(text)}
        self.fields |= {name: value for name, value in hidden.items() if name not in ("csrf", "langue", "vers")}
        for name in ("tiers", "montant", "date", "libelle"):
            found = re.search(rf'name="{name}" value="([^"]*)"', text)
            self.fields[name] = html.unescape(found[1]) if found else ""
        for name in ("devise", "moyen", "banque"):
            found = re.search(rf'name="{name}".*?</select>', text, re.S)
            chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', found[0]) if found else None
            self.fields[name] = (chosen[1] or chosen[2]) if chosen else ""
        self.pieces = {found["piece"]: found["id"] for found in _ROW.finditer(text)}
        self.fields["choisi"] = [found["id"] for found in _ROW.finditer(text) if found["checked"]]
        self.fields |= {found["name"]: html.unescape(found["value"]) for found in _PAID.finditer(text)}
        for found in re.finditer(r'name="(suite-\d+)"[^>]*value="(\w+)" checked', text):
            self.fields[found[1]] = found[2]

    def look(self, **changes: Any) -> "Sheet":
        """Change some fields and look again."""
        self.fields |= changes
        self.answer = self.client.send_form(ADDRESS, **self.fields)
        self._read()
        return self

    def record(self, **changes: Any) -> httpx.Response:
        """Press the button."""
        self.answer = self.client.send_form(ADDRESS, **(self.fields | changes | {"enregistrer": "1"}))
        return self.answer

    def chosen(self) -> dict[str, str]:
        """The pieces that are ticked, with their amounts."""
        names = {id_: piece for piece, id_ in self.pieces.items()}
        return {names[id_]: plain(self.fields[f"p-{id_}"]) for id_ in self.fields["choisi"]}

    @property
    def said(self) -> str:
        """The text of the page in one line."""
        body = self.answer.text.partition("<main")[2]
        return plain(re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))))


def plain(text: str) -> str:
    """Without blanks that do not break."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def booked(world: World) -> list[str]:
    """The transactions of the books, by their entries."""
    return [str(entry["transaction"]) for entry in world.firm.entries()]


def test_what_adds_up_exactly_is_ticked_else_the_oldest_first(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="3 360,00")
    assert sheet.chosen() == {"87": "3 600,00", "AV-88": "−240,00"}
    assert "le seul choix qui fait le compte" in sheet.said
    sheet.look(montant="5995")
    assert sheet.chosen() == {"86": "2 400,00", "87": "3 595,00"}
    assert "Il manque 5,00 € sur la pièce 87" in sheet.said


def test_a_third_party_is_found_by_name_or_asked_for(world: World) -> None:
    sheet = Sheet(world).look(tiers="vasseur")
    assert sheet.fields["tiers"] == "C0000007 · Imprimerie Vasseur"
    assert "4 pièces ouvertes · solde 7 044,60 €" in sheet.said
    sheet = Sheet(world).look(tiers="imprim")
    assert "Plusieurs tiers portent ce nom" in sheet.said
    assert "C0000009 · Imprimerie Vallon" in sheet.said
    assert "Aucun tiers n’a ce code" in Sheet(world).look(tiers="personne").said
    listed = world.client().get(ADDRESS + "/tiers?tiers=impr").text
    assert listed.count("<option") == 2


def test_what_is_shown_is_what_is_recorded_and_only_once(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="5995", libelle="Chèque 4410237", date="a")
    assert "Pièce 87 : 3 595,00 + 5,00 = 3 600,00, le montant ouvert" in sheet.said
    assert "Écart 5,00 € dans la tolérance (0,14 %)" in sheet.said
    assert not booked(world)
    first = sheet.record()
    assert first.status_code == 303
    again = sheet.record()
    assert again.status_code == 303
    assert len(booked(world)) == 1
    (entry,) = world.firm.entries()
    lines = {(line["account"], line["debit"], line["credit"]) for line in entry["lines"]}
    assert lines == {
        ("511200", "5995.00", "0.00"),
        ("658000", "5.00", "0.00"),
        ("411000", "0.00", "2400.00"),
        ("411000", "0.00", "3600.00"),
    }
    assert entry["label"] == "Chèque 4410237"
    assert ("C30", "EUR", "5995.00", "5995.00") in world.firm.portfolio()
    following = sheet.client.get(first.headers["location"])
    assert f"Transaction {entry['transaction']} enregistrée · C0000007 · 5 995,00 €" in plain(following.text)
    assert f'href="/transactions/{entry["transaction"]}"' in following.text
    assert 'value="PORCHQ" selected' in following.text
    other = sheet.record(montant="12,00")
    assert other.status_code != 303, "the same key for something else"
    assert len(booked(world)) == 1


def test_books_that_moved_meanwhile_store_nothing_and_show_both(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="5995")
    world.firm.done(header("PORVIR", "400", pays("87", "400"), pays("87", "3200", "WPA"), THIRDPARTY=PARTY))
    moved = sheet.record()
    assert moved.status_code == 409
    assert "n’est plus celle qui était affichée" in sheet.said
    assert "Affichée avant" in sheet.said
    assert "Prévue maintenant" in sheet.said
    assert len(booked(world)) == 1
    sheet._read()
    assert sheet.record().status_code == 303
    assert len(booked(world)) == 2
    assert not world.firm.findings()


def test_a_field_edited_after_the_preview_stores_nothing_unseen(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="5995")
    (gap,) = [name for name in sheet.fields if name.startswith("suite-")]
    assert sheet.record(**{gap: "open"}).status_code == 409
    assert Sheet(world).record(tiers=PARTY, montant="5995").status_code == 422, "never looked at"
    assert not booked(world)


def test_beyond_the_tolerance_the_choice_is_there_and_says_who_may(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="2300", choisi=[])
    assert "Il manque 100,00 € sur la pièce 86" in sheet.said
    assert "Au-delà de la tolérance du dossier (10,00 € et 5 %) : seule l’administration" in sheet.said
    (gap,) = [name for name in sheet.fields if name.startswith("suite-")]
    assert sheet.fields[gap] == "open"
    sheet.look(**{gap: "difference"})
    assert sheet.fields[gap] == "open", "what is not allowed is not taken"
    sheet.look(**{gap: "discount"})
    assert sheet.fields[gap] == "discount"
    assert "Escompte, pièce 86" in sheet.said
    assert sheet.record().status_code == 303
    assert not world.firm.findings()


def test_too_much_is_kept_as_an_advance_and_used_later(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="8000")
    assert "Il y a 715,40 € en trop" in sheet.said
    assert sheet.record().status_code == 303
    assert ("", "EUR", "-715.40") in world.firm.open_amounts()
    refund = Sheet(world).look(tiers=PARTY, moyen="DECCHQ", montant="715,40")
    assert refund.record().status_code == 303
    assert ("", "EUR", "-715.40") not in world.firm.open_amounts()
    assert not world.firm.findings()


def test_lines_by_hand_stay_as_they_are_typed(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="1284,60")
    assert sheet.chosen() == {"91": "1 284,60"}
    late = sheet.pieces["87"]
    sheet.look(choisi=[late], **{f"p-{late}": ""})
    assert sheet.chosen() == {"87": "1 284,60"}, "a line ticked takes what is left"
    sheet.look(choisi=[*sheet.fields["choisi"], sheet.pieces["91"]], **{f"p-{late}": "284,60"})
    assert sheet.chosen() == {"87": "284,60", "91": "1 000,00"}
    sheet.look(**{f"p-{sheet.pieces['91']}": "2000"})
    assert "Les lignes dépassent le montant" in sheet.said
    sheet.look(**{f"p-{sheet.pieces['91']}": "abc"})
    assert "Ce n’est pas un montant" in sheet.said
    assert sheet.record().status_code == 422
    assert not booked(world)


def test_a_supplier_is_paid(world: World) -> None:
    due = {"due_date": world.firm.clock.today().isoformat(), "amount": "120.00"}
    bill = {"third_party": "F1", "number": "B1", "date": "2024-09-20", "currency": "EUR", "due_items": [due]}
    world.firm.load({"code": DOSSIER, "invoices": [bill]})
    sheet = Sheet(world).look(tiers="bois", montant="120")
    assert "Montant payé" in sheet.said
    sheet.look(moyen="PAYVIR")
    assert sheet.chosen() == {"B1": "120,00"}
    assert sheet.record().status_code == 303
    assert not world.firm.findings()


def test_foreign_money_at_a_blocked_rate(world: World) -> None:
    due = {"due_date": world.firm.clock.today().isoformat(), "amount": "1900.000"}
    record = {"third_party": PARTY, "number": "T1", "date": "2024-09-20", "currency": "TND", "due_items": [due]}
    rates = [{"currency": "TND", "date": "2024-09-01", "rate": "3.3000"}]
    world.firm.load({"code": DOSSIER, "rates": rates, "invoices": [record | {"rate": "3.3000"}]})
    sheet = Sheet(world).look(tiers=PARTY)
    assert "1 pièce ouverte en TND" in sheet.said
    sheet.look(devise="TND", montant="1 899,000", contre="580,00")
    assert sheet.chosen() == {"T1": "1 899,000"}
    assert "valent 580,00 €, cours bloqué" in sheet.said
    assert sheet.record().status_code == 303
    assert not world.firm.findings()


def test_what_the_books_refuse_is_told_beside_its_field(world: World) -> None:
    sheet = Sheet(world).look(tiers=PARTY, montant="5995", date="+30")
    assert re.search(r'id="d-date"><p class="err">[^<]', sheet.answer.text)
    assert sheet.record().status_code == 422
    assert "À corriger" in sheet.said
    sheet = Sheet(world).look(tiers=PARTY, montant="5995", moyen="ENCVIR", banque="")
    assert re.search(r'id="d-banque"><p class="err">[^<]', sheet.answer.text)


def test_a_role_that_may_not_is_refused(world: World) -> None:
    reader = world.client("reader")
    assert reader.get(ADDRESS).status_code == 403
    assert reader.send_form(ADDRESS, tiers=PARTY).status_code == 403


def test_nonsense_is_never_a_fault_of_ours(world: World) -> None:
    client = world.client()
    for query in ("?document=9&ligne=9", "?montant=x&date=x&devise=€€€&moyen=%00", "?pieces=,,&client=%25"):
        assert client.get(ADDRESS + query).status_code == 200
    bad = {"choisi": "9" * 30, "p-x": "1", "suite-": "x", "vu": "{", "accord": "x", "pour": "|", "cle": "é" * 300}
    sheet = client.send_form(ADDRESS, tiers=PARTY, montant="10", enregistrer="1", **bad)
    assert sheet.status_code in (409, 422)
    assert not booked(world)


def refused(world: World) -> int:
    """How many refused settlements wait for a person."""
    with world.firm.store.books(DOSSIER, writing=False) as books:
        waiting = books.to_do("qualification", world.firm.clock.today())
    return sum(line.count for line in waiting if line.kind == "refused")


def test_a_refused_settlement_is_taken_over(world: World) -> None:
    world.firm.send(header("PORCHQ", "3595", pays("87", "3595"), THIRDPARTY=PARTY, LIB="Chèque 12"))
    with world.firm.store.books(DOSSIER, writing=False) as books:
        assert (
            sum(line.count for line in books.to_do("qualification", world.firm.clock.today()) if line.kind == "refused")
            == 1
        )
    sheet = Sheet(world, "?document=1&ligne=0")
    assert sheet.chosen() == {"87": "3 595,00"}
    assert "Reprise à la main du règlement 1 du document 1" in sheet.said
    assert sheet.record().status_code == 303
    assert refused(world) == 0


def test_an_address_fills_the_form_in(world: World) -> None:
    sheet = Sheet(world, f"?client={PARTY}&montant=1284,60&libelle=Ch%C3%A8que&pieces=91&moyen=PORVIR", lang="fr")
    assert sheet.chosen() == {"91": "1 284,60"}
    assert sheet.fields["moyen"] == "PORVIR"
    assert sheet.fields["libelle"] == "Chèque"


def test_hundreds_of_documents_are_searched(world: World) -> None:
    today = world.firm.clock.today()
    due = [{"due_date": today.isoformat(), "amount": "1234567890.12"}]
    many = [
        {"third_party": "C0000009", "number": f"N{at}", "date": "2024-09-20", "currency": "EUR", "due_items": due}
        for at in range(230)
    ]
    world.firm.load({"code": DOSSIER, "invoices": many})
    sheet = Sheet(world).look(tiers="C0000009", montant="10")
    assert len(sheet.pieces) == 200
    assert "200 lignes sur 230" in sheet.said
    sheet.look(piece="N229", choisi=[])
    assert list(sheet.pieces) == ["N229"]
    assert "1 234 567 890,12" in sheet.said


# ---------------------------------------------------------------- in a browser


def test_a_cheque_by_hand_with_five_euros_missing_by_the_keyboard_alone(world: World, visit: Visiting) -> None:
    page = visit(role="clerk")("/reglements/saisie")
    keys = page.keyboard
    assert page.evaluate("document.activeElement.id") == "tiers"
    keys.type("vass")
    page.wait_for_selector("#d-tiers:has-text('4 pièces ouvertes')")
    keys.press("Tab")
    assert plain(page.input_value("#tiers")) == "C0000007 · Imprimerie Vasseur"
    keys.type("5995")
    keys.press("Enter")  # a committed amount is never reached by Enter
    page.wait_for_selector("#ecarts:has-text('sur la pièce 87')")
    keys.press("Tab")
    assert plain(page.input_value("#montant")) == "5 995,00"
    assert page.is_checked("[id^=suite-][value=difference]")
    for id_ in ("date", "moyen", "banque", "libelle"):
        keys.press("Tab")
        assert page.evaluate("document.activeElement.id") == id_
    keys.type("Chèque 4410237 Crédit Mutuel")
    page.wait_for_selector("#prevue:has-text('6 000,00')")
    page.wait_for_load_state("networkidle")
    assert not booked(world)
    keys.press("Control+Enter")
    page.wait_for_selector("[role=status]:has-text('enregistrée · C0000007')")
    assert page.evaluate("document.activeElement.id") == "tiers"
    assert page.input_value("#moyen") == "PORCHQ"
    assert ("C30", "EUR", "5995.00", "5995.00") in world.firm.portfolio()
    assert len(booked(world)) == 1
    assert not world.firm.findings()


def test_cells_are_worked_in_without_losing_focus_or_characters(world: World, visit: Visiting) -> None:
    seen = visit(role="clerk", size="phone")
    page = seen(f"{ADDRESS}?client={PARTY}&montant=1284,60")
    row = page.locator("tr:has(th:has-text('87'))")
    first = page.locator("tr:has(th:has-text('91')) input.cell")
    assert plain(first.input_value()) == "1 284,60"
    row.locator("input[type=checkbox]").focus()
    page.keyboard.press("Space")
    expect(page.locator("#prevue a", has_text="dépassent")).to_be_visible()
    expect(row.locator("input.cell")).to_have_value(re.compile(r"^3\s600,00$"))
    first.fill("284,60")
    page.wait_for_selector("#prevue a:has-text('dépassent')")
    cell = row.locator("input.cell")
    cell.focus()
    page.keyboard.press("=")
    expect(cell).to_have_value(re.compile(r"^1\s000,00$"))
    expect(cell).to_be_focused()
    page.keyboard.press("End")
    for character in "0123":
        page.keyboard.type(character)
        page.wait_for_timeout(130)
    page.wait_for_load_state("networkidle")
    assert plain(cell.input_value()).endswith("1 000,000123")
    assert seen.axe() == []
    assert seen.sideways() == 0


def test_a_lost_answer_leaves_the_entry_struck_through_and_the_button_off(world: World, visit: Visiting) -> None:
    seen = visit(role="clerk")
    page = seen(f"{ADDRESS}?client={PARTY}&montant=5995")
    assert page.is_enabled("#enregistrer")
    page.route("**/reglements/saisie", lambda route: route.fulfill(status=503, body="-"))
    page.fill("#montant", "6000")
    page.wait_for_selector("#prevue.stale")
    assert page.is_disabled("#enregistrer")
    assert page.is_visible("#prevue .lost")
    page.unroute("**/reglements/saisie")
    page.fill("#montant", "6001")
    page.wait_for_selector("#prevue:not(.stale) #enregistrer:enabled")
    seen.faults[:] = [fault for fault in seen.faults if "503" not in fault]


def test_a_change_right_before_the_button_is_looked_at_first(world: World, visit: Visiting) -> None:
    page = visit(role="clerk")(f"{ADDRESS}?client={PARTY}&montant=5995")
    page.fill("#libelle", "Chèque 12")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[role=status]")).to_contain_text("enregistrée")
    assert [entry["label"] for entry in world.firm.entries()] == ["Chèque 12"]
    page.goto(f"{world.url}{ADDRESS}?client={PARTY}&montant=1284,60")
    page.fill("#montant", "1000")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#ecarts")).to_contain_text("Il manque 284,60")
    assert len(booked(world)) == 1, "another entry than the one on the page is looked at, not recorded"


def test_pressed_twice_back_and_again_is_one_settlement(world: World, visit: Visiting) -> None:
    page = visit(role="clerk")(f"{ADDRESS}?client={PARTY}&montant=5995")
    page.dblclick("#enregistrer")
    expect(page.locator("[role=status]")).to_contain_text("enregistrée")
    page.go_back()
    expect(page.locator("#prevue")).to_contain_text("Déjà enregistré ?")
    expect(page.locator("#enregistrer")).to_be_disabled()
    assert len(booked(world)) == 1
    page.check("#encore")
    expect(page.locator("#enregistrer")).to_be_enabled()

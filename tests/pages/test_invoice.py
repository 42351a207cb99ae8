"""The page of one invoice: rejected, explained, corrected, sent again; what each role may; what must not be done."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, expect

from lettrage.invoicing.sending.outbox import Outcome
from lettrage.simulator.server import Simulator
from tests.invoicing.brought import form
from tests.pages.browser import Visiting, visiting
from tests.pages.invoice_story import Story
from tests.pages.world import DOSSIER, World, world_of


@pytest.fixture
def story(tmp_path: Path, portal: Simulator) -> Iterator[Story]:
    story = Story(tmp_path, portal)
    yield story
    story.platforms.close()


@pytest.fixture
def world(story: Story, portal: Simulator) -> Iterator[World]:
    with world_of(story.firm, portal) as world:
        yield world


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Visiting]:
    with visiting(browser, world) as visit:
        yield visit


def rejected(story: Story, number: str = "FA-2026-0431", service: str | None = "SRV-FINANCES") -> int:
    """An invoice that the platform has rejected for its service code; its document."""
    document = story.invoice(number, service=service)
    story.send(document)
    return document


# ---------------------------------------------------------------- the journey


def test_a_rejection_is_explained_corrected_and_sent_again_in_the_browser(visit: Visiting, story: Story) -> None:
    accepted = story.invoice("FA-2026-0411", service="FIN-01")
    story.send(accepted)
    document = rejected(story)
    there = visit(role="clerk")

    page = there(f"/factures/{document}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejetée par Chorus")
    expect(page.locator(".verb")).to_contain_text("n'existe pas dans le referentiel des codes services")
    lit = page.locator(".code .hl")
    expect(lit.locator("mark")).to_have_text("SRV-FINANCES")
    expect(lit.locator(".note")).to_have_text("code service inconnu")
    expect(page.locator(".code > span")).to_have_count(25)
    number = lit.get_attribute("data-n")
    expect(page.get_by_role("link", name=f"ligne {number}")).to_have_attribute("href", f"#l{number}")
    proposed = page.get_by_role("radio", name="FIN-01 · Direction des finances")
    expect(proposed).to_be_checked()
    expect(page.get_by_text("Nom le plus proche · 1 facture acceptée")).to_be_visible()

    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("confiée de nouveau au dépôt en qualification")
    expect(page.get_by_role("link", name=re.compile("Voir celui d’avant"))).to_be_visible()
    corrected = page.url
    assert corrected != f"{there.world.url}/factures/{document}"

    story.work()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Chez le client")
    page.goto(f"{there.world.url}/factures/{document}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejetée par Chorus")
    page.get_by_role("link", name=re.compile("Voir le document qui le remplace")).click()
    expect(page).to_have_url(corrected)
    assert not there.axe()


def test_a_check_before_sending_uses_the_same_block_and_keeps_nothing(visit: Visiting, story: Story) -> None:
    document = story.invoice("FA-2026-0433", service="FIN-99")
    there = visit(role="clerk")

    page = there(f"/factures/{document}")
    page.get_by_role("button", name="Vérifier sans envoyer").click()
    expect(page.get_by_role("heading", name=re.compile("FIN-99"))).to_be_visible()
    expect(page.locator(".code .hl mark").first).to_have_text("FIN-99")
    page.get_by_role("radio", name="ECO-01 · Écoles").check()
    page.get_by_role("button", name="Vérifier sans envoyer").click()
    expect(page.get_by_text(re.compile("Rien (à redire|ne s’y oppose)"))).to_be_visible()
    expect(page.get_by_role("radio", name="ECO-01 · Écoles")).to_be_checked()

    with story.firm.store.books(DOSSIER, writing=False) as books:
        assert len(books.documents_of("FA-2026-0433")) == 1
        assert not books.deposits_of(document, "qualification")


# ---------------------------------------------------------------- each part


def test_every_part_has_what_it_says(world: World, story: Story) -> None:
    document = rejected(story)
    with world.client("reader") as client:
        lines = client.get(f"/factures/{document}?onglet=lignes").text
        due = client.get(f"/factures/{document}?onglet=echeance").text
        entry = client.get(re.findall(r'href="(/ecritures/[^"]+)"', due)[0])
        history = client.get(f"/factures/{document}?onglet=historique").text
        pdf = client.get(f"/factures/{document}/pdf")
        xml = client.get(f"/factures/{document}/xml")

    assert "Porte" in lines
    assert "411000" in due
    assert "240,00" in due
    assert entry.status_code == 200
    assert "411000" in entry.text
    assert '<span class="mono">IN_REJETE</span>' in history
    assert "(Paris)" in history
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"] == "attachment; filename*=UTF-8''facture-FA-2026-0431.pdf"
    assert b"SRV-FINANCES" in xml.content
    assert xml.headers["content-disposition"].startswith("attachment")


def test_a_reader_sees_the_explanation_and_no_way_to_write(world: World, story: Story) -> None:
    document = rejected(story)
    with world.client("reader") as client:
        shown = client.get(f"/factures/{document}").text
        refused = [
            client.send_form(f"/factures/{document}/{what}", service="FIN-01").status_code
            for what in ("deposer", "verifier", "relever", "annuaire", "completer", "recycler", "pieces", "avoir")
        ]

    assert "SRV-FINANCES" in shown
    assert "Corriger et redéposer" not in shown
    assert set(refused) == {403}


@pytest.mark.parametrize("id_", ["0", "999", "9223372036854775808", "99999999999999999999999999"])
def test_an_invoice_that_is_not_there_is_a_page_that_says_so(world: World, id_: str) -> None:
    with world.client("clerk") as client:
        found = client.get(f"/factures/{id_}")
        posted = client.send_form(f"/factures/{id_}/deposer")

    assert [found.status_code, posted.status_code] == [404, 404]
    assert "<h1" in found.text


# ---------------------------------------------------------------- never twice


def test_the_same_form_twice_makes_one_deposit(world: World, story: Story) -> None:
    document = rejected(story)
    with world.client("clerk") as client:
        answers = [
            client.send_form(f"/factures/{document}/deposer", service="FIN-01", key="one", de="") for _ in range(2)
        ]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    with story.firm.store.books(DOSSIER, writing=False) as books:
        found = books.documents_of("FA-2026-0431")
        assert len(found) == 2
        assert len(books.deposits_of(found[0].id, "qualification")) == 1


def test_what_the_check_stops_is_not_kept(world: World, story: Story) -> None:
    document = rejected(story)
    with world.client("clerk") as client:
        again = client.send_form(f"/factures/{document}/deposer", service="autre", service_autre="NADA", key="k")

    assert again.status_code == 200
    assert "NADA" in again.text
    with story.firm.store.books(DOSSIER, writing=False) as books:
        assert len(books.documents_of("FA-2026-0431")) == 1


def test_an_invoice_that_the_customer_has_is_not_sent_again(world: World, story: Story) -> None:
    document = story.invoice("FA-1", service="FIN-01")
    story.send(document)
    with world.client("clerk") as client:
        answer = client.send_form(f"/factures/{document}/deposer", service="ECO-01", key="k")

    assert answer.status_code == 200
    assert "À corriger" in answer.text
    with story.firm.store.books(DOSSIER, writing=False) as books:
        assert len(books.deposits_of(document, "qualification")) == 1


def known_as(story: Story, document: int, outcome: Outcome) -> None:
    """The last deposit of a document, with another outcome."""
    with story.firm.store.books(DOSSIER, writing=True) as books:
        deposit = books.deposits_of(document, "qualification")[0]
        books.set_deposits([replace(deposit, outcome=outcome, chorus_id="", status="", errors=())])


def test_a_flow_that_was_not_processed_goes_again_as_it_is(world: World, story: Story) -> None:
    document = story.invoice("FA-1", service="FIN-01")
    story.send(document)
    known_as(story, document, "given_up")
    story.portal.simulation.reset()
    story.service("FIN-01", name="Direction des finances", id_=90_001)
    with world.client("clerk") as client:
        shown = client.get(f"/factures/{document}?onglet=rejet").text
        done = client.send_form(f"/factures/{document}/deposer", key="k")

    assert "Redéposer en qualification" in shown
    assert done.headers["location"] == f"/factures/{document}"
    with story.firm.store.books(DOSSIER, writing=False) as books:
        files = {sent.sha256 for sent in books.deposits_of_documents(books.documents_of("FA-1"), "qualification")}
        assert len(books.deposits_of(document, "qualification")) == 2
        assert len(files) == 1


@pytest.mark.parametrize(("said", "deposits"), [("oui", 1), ("non", 2)])
def test_a_doubt_is_ended_by_who_may_and_by_nobody_else(world: World, story: Story, said: str, deposits: int) -> None:
    document = story.invoice("FA-1", service="FIN-01")
    story.send(document)
    known_as(story, document, "in_doubt")
    with world.client("clerk") as clerk, world.client("accountant") as accountant:
        seen = clerk.get(f"/factures/{document}").text
        refused = clerk.send_form(f"/factures/{document}/doute", recu=said)
        done = accountant.send_form(f"/factures/{document}/doute", recu=said, flow="")

    assert "Seul un comptable ou un administrateur peut lever le doute." in seen
    assert refused.status_code == 403
    assert done.status_code == 303, done.text
    with story.firm.store.books(DOSSIER, writing=False) as books:
        assert len(books.deposits_of(document, "qualification")) == deposits


def test_a_corrected_file_takes_the_place_of_what_was_rejected(world: World, story: Story) -> None:
    today = f"{story.firm.clock.today()}"  # hours pass until it is rejected, perhaps over midnight
    document = rejected(story)
    mended = form("FA-2026-0431", service="ECO-01", date=today, due_date=today)
    with world.client("clerk") as client:
        of_another = client.send_form(
            f"/factures/{document}/deposer", files={"file": ("f.json", json.dumps(mended | {"number": "X"}))}
        )
        unreadable = client.send_form(f"/factures/{document}/deposer", files={"file": ("f.xml", b"<a>")})
        done = client.send_form(f"/factures/{document}/deposer", files={"file": ("f.json", json.dumps(mended))})

    assert "À corriger" in of_another.text
    assert "À corriger" in unreadable.text
    assert done.status_code == 303, done.text
    with story.firm.store.books(DOSSIER, writing=False) as books:
        newest = books.documents_of("FA-2026-0431")[0]
        assert books.document_content(newest.id).service == "ECO-01"
        assert newest.corrects == document


# ---------------------------------------------------------------- what the customer does


def moved(story: Story, status: str, motive: str = "") -> None:
    """The customer does something with the one invoice that the platform has."""
    (invoice,) = story.portal.platform.invoices()
    story.portal.platform.move(invoice.id, status, motive)


def test_rejected_by_the_customer_asks_for_a_credit_note_and_another_number(world: World, story: Story) -> None:
    document = story.invoice("FA-7", service="FIN-01")
    story.send(document)
    moved(story, "REJETEE", "Prestation non faite")
    with world.client("clerk") as client:
        client.send_form(f"/factures/{document}/relever")
        story.work(1)
        shown = client.get(f"/factures/{document}").text
        same = client.send_form(f"/factures/{document}/deposer", number="FA-7", key="a")
        sent = client.send_form(f"/factures/{document}/deposer", number="FA-8", key="b")
        credit = client.send_form(f"/factures/{document}/avoir", credit_number="AV-1", key="c")
        note = client.get(credit.headers["location"]).text

    assert "Rejetée par le client" in shown
    assert "Prestation non faite" in shown
    assert "Il faut un avoir et un nouveau numéro" in shown
    assert "Donner un numéro autre que FA-7" in same.text
    assert sent.status_code == 303, sent.text
    assert "Avoir AV-1" in note
    assert "−240,00" in note


def test_a_new_number_and_another_service_are_given_together(visit: Visiting, world: World, story: Story) -> None:
    document = story.invoice("FA-7", service="FIN-01")
    story.send(document)
    moved(story, "REJETEE", "Service errone")
    there = visit(role="clerk")
    with world.client("clerk") as client:
        client.send_form(f"/factures/{document}/relever")
    story.work(1)

    page = there(f"/factures/{document}")
    expect(page.get_by_role("radio", name="FIN-01 · Direction des finances")).to_be_checked()
    page.get_by_role("radio", name="ECO-01 · Écoles").check()
    page.get_by_label("Nouveau numéro").fill("FA-8")
    page.get_by_role("button", name="Refaire sous ce numéro et déposer en qualification").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("FA-8")
    page.goto(f"{page.url.partition('?')[0]}?onglet=lignes")
    expect(page.get_by_text("ECO-01")).to_be_visible()
    page.goto(f"{there.world.url}/factures/{document}?onglet=echeance")
    expect(page.get_by_text("Sans avoir, 240,00 € restent dus sous le numéro FA-7.")).to_be_visible()


def test_a_suspended_invoice_is_completed(world: World, story: Story) -> None:
    document = story.invoice("FA-7", service="FIN-01")
    story.send(document)
    moved(story, "SUSPENDUE", "Joindre le bon de livraison")
    with world.client("clerk") as client:
        client.send_form(f"/factures/{document}/relever")
        story.work(1)
        shown = client.get(f"/factures/{document}").text
        silent = client.send_form(f"/factures/{document}/completer", comment="")
        done = client.send_form(
            f"/factures/{document}/completer", comment="Bon joint", files={"files": ("bon.pdf", b"%PDF-1.4 bon")}
        )
        story.work(1)
        after = client.get(f"/factures/{document}?onglet=historique").text

    assert "Joindre le bon de livraison" in shown
    assert "Dire au client ce qui est complété" in silent.text
    assert done.status_code == 303, done.text
    assert "COMPLETEE" in after


def test_files_put_beside_a_rejected_invoice_go_with_its_next_deposit(world: World, story: Story) -> None:
    document = rejected(story)
    name = 'bon "de" commande\r\n.pdf'
    with world.client("clerk") as client:
        done = client.send_form(f"/factures/{document}/pieces", files={"files": (name, b"%PDF-1.4 a")})
        page = client.get(done.headers["location"]).text
        (found,) = set(re.findall(r"/factures/\d+/pieces/1", page))
        file = client.get(found)

    assert done.status_code == 303
    assert file.content == b"%PDF-1.4 a"
    assert file.headers["content-type"] == "application/octet-stream"
    assert "\r" not in file.headers["content-disposition"]
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''bon%20")


# ---------------------------------------------------------------- the list one came from


def test_one_goes_on_through_the_list_one_came_from(visit: Visiting, story: Story) -> None:
    documents = [rejected(story, f"FA-{n}") for n in (1, 2, 3)]
    story.invoice("FA-4", service="FIN-01")
    there = visit(role="clerk")

    page = there(f"/factures/{documents[2]}?de=%2Ffactures%3Fvue%3Da_corriger")
    expect(page.locator(".place")).to_have_text("· 1 sur 3")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_contain_text("FA-2")
    expect(page.locator(".place")).to_have_text("· 2 sur 3")
    page.get_by_role("link", name="Suivante").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("FA-1")
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=1)).to_contain_text("FA-2")
    page.get_by_role("link", name="Factures", exact=True).last.click()
    expect(page).to_have_url(f"{there.world.url}/factures?vue=a_corriger")


def test_behind_the_last_one_stands_the_list(world: World, story: Story) -> None:
    document = rejected(story)
    with world.client("reader") as client:
        end = client.get(f"/factures/{document}/suivante?de=/factures?vue=a_corriger")
        elsewhere = client.get(f"/factures/{document}/suivante?de=//elsewhere.example")

    assert end.headers["location"] == "/factures?vue=a_corriger"
    assert elsewhere.headers["location"] == "/factures"


# ---------------------------------------------------------------- the customer's file too


@pytest.mark.parametrize(("role", "kept"), [("administrator", "FIN-01"), ("clerk", "")])
def test_the_customers_file_is_mended_too_by_who_may(world: World, story: Story, role: str, kept: str) -> None:
    document = rejected(story)
    with world.client(role) as client:
        shown = client.get(f"/factures/{document}").text
        done = client.send_form(f"/factures/{document}/deposer", service="FIN-01", customer_too="1", key="k")

    assert done.status_code == 303, done.text
    assert ("customer_too" in shown) == (role == "administrator")
    with story.firm.store.books(DOSSIER, writing=False) as books:
        file = books.file("C1")
    assert file is not None
    assert file.customer.chorus is not None
    assert file.customer.chorus.service == kept
    assert file.customer.chorus.service_required

"""Choices and copies in the store: who chose what, how many statements a list costs, what another dossier sees."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from lettrage.acts import perform
from lettrage.acts.routing import ChooseRoute
from lettrage.adapters.store.books import SqlBooks
from lettrage.caller import Caller
from lettrage.guard.audited import Hand
from lettrage.invoicing.flow_service import DirectoryService
from lettrage.invoicing.routing.deciding import Known, known, looked_up
from lettrage.refusal import Refusal, Stop
from tests.journeys.helpers import Firm, company
from tests.routing.directory import SIREN, SIRET, Directory, at_siret, whole


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    parties = [
        {"code": "B1", "kind": "customer", "name": "Une société", "siret": SIRET, "address": {"country": "FR"}},
        {"code": "S1", "kind": "supplier", "name": "Un fournisseur"},
        *({"code": f"N{n}", "kind": "customer", "name": "Une autre", "siret": f"{n:09}00011"} for n in range(300, 320)),
    ]
    return Firm(tmp_path, company("998", third_parties=parties))


def choose(firm: Firm, code: str, door: Any) -> Any:
    act = ChooseRoute(code, door, "qualification", Hand("anna", "here"))
    return perform(act, Caller("anna", "cli", "998"), firm.store, firm.clock)


def look(firm: Firm, directory: DirectoryService | None, *codes: str, **more: Any) -> dict[str, Known]:
    def connect() -> DirectoryService:
        if directory is None:
            raise Stop(Refusal("platform_not_connected"))
        return directory

    return looked_up(firm.store, "998", codes, "qualification", connect, firm.clock.now(), **more)


def read(firm: Firm, work: Callable[[SqlBooks], Any]) -> Any:
    with firm.store.books("998", writing=False) as books:
        return work(books)


def test_a_choice_is_kept_and_audited_and_taken_back(firm: Firm) -> None:
    chosen = choose(firm, "B1", "none").result
    assert (chosen["door"], chosen["rule"], chosen["chosen"]) == (None, "chosen_none", "none")
    assert read(firm, lambda books: books.routes_chosen(["B1"]))["B1"].by == "anna"

    assert choose(firm, "B1", None).result["rule"] == "business_unasked"
    choose(firm, "B1", None)
    events = read(firm, lambda books: books.audit_page("route", "", (), 10, everywhere=False))[0]
    assert [(e.subject, e.before, e.after, e.by, e.source) for e in events] == [
        ("B1", "none", "", "anna", "here"),
        ("B1", "", "none", "anna", "here"),
    ]


@pytest.mark.parametrize(("code", "reason"), [("S1", "not_a_customer"), ("X9", "unknown_third_party")])
def test_only_customers_have_a_route(firm: Firm, code: str, reason: str) -> None:
    done = choose(firm, code, "chorus")

    assert [one["code"] for one in done.reasons] == [reason]
    assert read(firm, lambda books: books.routes_chosen([code])) == {}


def test_what_the_directory_says_is_kept_and_used_until_it_is_old(firm: Firm) -> None:
    directory = Directory(at_siret())
    assert look(firm, directory, "B1")["B1"].route().door == "approved"
    first = firm.clock.at

    directory.all = [whole()]
    firm.clock.at += timedelta(hours=23)
    same = look(firm, directory, "B1")["B1"].route()
    assert (same.address, same.seen_at) == (f"{SIREN}_{SIRET}", first)

    firm.clock.at += timedelta(hours=2)
    again = look(firm, directory, "B1")["B1"].route()
    assert (again.address, again.seen_at) == (SIREN, firm.clock.at)
    assert directory.asked == [SIREN, SIREN]


def test_no_directory_at_all_holds_up_nothing(firm: Firm) -> None:
    route = look(firm, None, "B1")["B1"].route()

    assert (route.rule, [one.code for one in route.warnings]) == ("business_unasked", ["never"])
    assert "aucune plateforme agréée" in route.warnings[0].fr
    assert "n’a pas répondu (aucune plateforme agréée n’est réglée)" in route.fr  # where the reason alone is shown
    assert "did not answer (no approved platform is set up)" in route.en


def test_copies_of_one_environment_say_nothing_of_the_other(firm: Firm) -> None:
    look(firm, Directory(at_siret()), "B1")

    assert read(firm, lambda books: known(books, ["B1"], "qualification"))["B1"].route().door == "approved"
    assert read(firm, lambda books: known(books, ["B1"], "production"))["B1"].route().rule == "business_unasked"


def test_a_number_that_the_directory_has_not_is_not_asked_again_at_once(firm: Firm) -> None:
    directory = Directory()
    for _ in range(2):
        assert look(firm, directory, "B1")["B1"].route().rule == "business_unknown"

    assert directory.asked == [SIREN]


def test_many_customers_cost_as_many_statements_as_one(firm: Firm) -> None:
    def counted(codes: list[str]) -> int:
        told: list[str] = []

        def hear(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
            told.append(sql)

        event.listen(firm.store.engine, "before_cursor_execute", hear)
        read(firm, lambda books: known(books, codes, "qualification"))
        event.remove(firm.store.engine, "before_cursor_execute", hear)
        return len(told)

    assert counted(["B1"]) == counted([f"N{n}" for n in range(300, 320)])

"""Who may do what: every cell of `guard/roles.toml`, asked of every route; what is not in the matrix is denied."""

import tempfile
from pathlib import Path

import pytest

from lettrage.guard.identity import Identity
from lettrage.guard.roles import MATRIX, ROLES, allows
from tests.journeys.helpers import Firm, company, invoice
from tests.people.service import CONTENTS, OPEN, SIGNED, Client, Route, ask, edge_of, routes

NOBODY = "lettrage_Kg_" + "a" * 43


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return Firm(tmp_path_factory.mktemp("roles"), company(invoices=[invoice(str(n), "100.00") for n in range(1, 4)]))


@pytest.fixture
def firm(shared: Firm) -> Firm:
    """One firm for all these tests, with connections of each test's own."""
    shared.store.engine.dispose()
    return shared


@pytest.fixture
def client(firm: Firm) -> Client:
    return Client(firm)


@pytest.fixture(scope="module")
def tokens(shared: Firm) -> dict[str, str]:
    return {role: shared.store.accounts.issue(f"a {role}", role, "") for role in ROLES}


def _routes() -> list[Route]:
    """Every route; the books behind it are of no importance here."""
    with tempfile.TemporaryDirectory() as folder:
        return routes(edge_of(Firm(Path(folder))))


ROUTES = _routes()
GUARDED = [route for route in ROUTES if route.path not in OPEN | SIGNED]


# ---------------------------------------------------------------- the matrix


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", MATRIX)
def test_a_role_may_what_the_matrix_says(role: str, action: str) -> None:
    assert Identity("somebody", role).may(action) == (role in MATRIX[action])


@pytest.mark.parametrize("action", [*MATRIX, "", "everything"])
@pytest.mark.parametrize("role", ["", "boss", "Administrator", "*"])
def test_a_role_that_is_not_in_the_matrix_may_nothing(role: str, action: str) -> None:
    assert not allows(role, action)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ["", "*", "Settle", "everything"])
def test_what_is_not_in_the_matrix_nobody_may(role: str, action: str) -> None:
    assert not allows(role, action)


@pytest.mark.parametrize("action", MATRIX)
def test_a_role_may_all_that_those_below_it_may(action: str) -> None:
    may = [allows(role, action) for role in ROLES]

    assert may == sorted(may)


# ---------------------------------------------------------------- the routes


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_asks_for_an_action_of_the_matrix(route: Route) -> None:
    if route.path in SIGNED:
        assert route.action == ""
        return
    if route.path in OPEN:
        assert (route.method in ("GET", "HEAD"), route.action) == (True, "")
    else:
        assert route.action in MATRIX, f"{route} asks for {route.action!r}"
    assert route.method in ("GET", "HEAD") or route.name in CONTENTS, f"say in CONTENTS what {route} is sent"


def test_every_action_of_the_matrix_is_asked_for_by_a_route() -> None:
    elsewhere = {"metrics"}  # asked of who is not on the machine itself
    assert {route.action for route in GUARDED} | elsewhere == set(MATRIX)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_route_is_open_to_the_roles_of_its_action_only(
    route: Route, role: str, client: Client, tokens: dict[str, str]
) -> None:
    answer = ask(client, route, tokens[role])

    assert (answer.status_code == 403) == (not allows(role, route.action)), answer.text
    assert answer.status_code < 500, answer.text
    assert answer.status_code != 401


@pytest.mark.parametrize("token", ["", NOBODY, "Basic x", "é" * 100], ids=["none", "unknown", "no token", "bytes"])
@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_route_is_closed_to_nobody(route: Route, token: str, firm: Firm, client: Client) -> None:
    before = firm.rows()

    answer = ask(client, route, token)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert firm.rows() == before


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_revoked_token_is_nobodys(route: Route, firm: Firm, client: Client) -> None:
    token = firm.store.accounts.issue("gone", "administrator", "")
    assert ask(client, route, token).status_code not in (401, 403)

    firm.store.accounts.revoke_all("gone", "")

    assert ask(client, route, token).status_code == 401

"""Every page and form there is, asked by every role, by nobody, and beside a twin company that must never show."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from lettrage.adapters.http.app import Faces
from lettrage.adapters.http.pages.admission import Entrance
from lettrage.guard.roles import MATRIX, ROLES
from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm, company
from tests.pages.world import NAMES, Client, World, people, world_of
from tests.people.service import edge_of
from tests.people.twins import MARK, OURS, SLIP, THEIRS, rows_of, statements, twins, without_dossier

# Before one is known, and what is nobody's secret.
OPEN = {"/statique/{name}", "/connexion", "/premier-acces", "/langue"}


class Way(NamedTuple):
    """A method on an address. `action`: what the reader must be allowed; "" for everybody who is signed in."""

    method: str
    path: str
    action: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """With what stands in the books of the tests in its blanks."""
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda blank: quote(BLANKS.get(blank[1], "1"), safe=""), self.path)


BLANKS = {"code": "C1", "third_party": "C1", "slip": SLIP, "name": "nadia", "platform": "qualification"}
BLANKS |= {"report": "balance-agee", "letter": "M1"}


def _entrances(dependant: Dependant) -> Iterator[Entrance]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Entrance):
            yield inner.call
        yield from _entrances(inner)


def _ways() -> list[Way]:
    with tempfile.TemporaryDirectory() as folder:
        faces = edge_of(Firm(Path(folder), company()))._app
    assert isinstance(faces, Faces)
    found = []
    for route in faces.site.routes:
        assert isinstance(route, APIRoute), route
        if route.path in OPEN:
            continue
        (entrance,) = _entrances(route.dependant)
        for method in sorted(route.methods or ()):
            assert entrance.posting == (method == "POST"), f"{method} {route.path}"
            found.append(Way(method, route.path, entrance.action))
    return found


WAYS = _ways()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two companies alike in everything, in one database, behind one service."""
    firm = twins(tmp_path_factory.mktemp("pages"))
    people(firm)
    for role in ROLES:
        firm.store.accounts.add(NAMES[role][0], role, OURS)
        firm.store.sign_ins.bind(OURS, NAMES[role][0], "")  # which makes what a sign-in needs
    with Simulator() as portal, world_of(firm, portal) as world:
        yield world


def _asked(client: Client, way: Way, **fields: str) -> tuple[int, str]:
    answer = client.get(way.address) if way.method == "GET" else client.send_form(way.address, **fields)
    return answer.status_code, answer.text


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_nobody_sees_anything(two: World, way: Way) -> None:
    status, text = _asked(two.stranger(), way)
    assert status == 303
    assert not text


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_and_does_what_the_matrix_says(two: World, role: str) -> None:
    """A form without its fields is refused for what it lacks, or done; one that the role may not is refused before."""
    client = Client(two.url, two.firm.store.sign_ins.open(OURS, NAMES[role][0], "127.0.0.1"))
    wrong = []
    with client:
        for way in WAYS:
            if way.method == "GET" or not _may(role, way):
                status, _ = _asked(client, way)
                if (status == 403) == _may(role, way) or status >= 500:
                    wrong.append((str(way), status))
    assert not wrong


def _may(role: str, way: Way) -> bool:
    return not way.action or role in MATRIX[way.action]


def test_every_action_is_one_of_the_matrix() -> None:
    assert {way.action for way in WAYS} - {""} <= MATRIX.keys()


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_no_page_shows_or_asks_for_the_twin(two: World, way: Way) -> None:
    before = rows_of(two.firm, THEIRS)
    with Client(two.url, two.firm.store.sign_ins.open(OURS, NAMES["administrator"][0], "-")) as client:
        assert client.send_form("/dossiers", dossier=THEIRS).status_code == 403
        with statements() as heard:
            status, text = _asked(client, way)
    assert status < 500, text
    assert MARK not in text
    assert not [asked for asked in heard if without_dossier(*asked)]
    assert rows_of(two.firm, THEIRS) == before

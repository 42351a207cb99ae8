"""One simulator for all tests of a worker, a browser for each module; books and a service for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lettrage.simulator.server import Simulator
from tests.pages.browser import Visiting, chromium, visiting
from tests.pages.world import World, furnished, world_of


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Gone with its module: while it is there, no other test of this process may run an event loop of its own."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def _simulator() -> Iterator[Simulator]:
    with Simulator(speed=600) as simulator:
        yield simulator


@pytest.fixture
def portal(_simulator: Simulator) -> Simulator:
    _simulator.simulation.reset()
    return _simulator


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTRAGE_KEYS", str(tmp_path / "elsewhere" / "keys.json"))


@pytest.fixture
def world(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    with world_of(furnished(tmp_path), portal) as world:
        yield world


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Visiting]:
    with visiting(browser, world) as visit:
        yield visit

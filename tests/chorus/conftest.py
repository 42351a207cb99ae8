"""A simulator for all tests of the client, put back to its fixtures for each; keys in the test's own folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import settings_for


@pytest.fixture(scope="session")
def _served() -> Iterator[Simulator]:
    with Simulator(speed=600) as simulator:
        yield simulator


@pytest.fixture
def simulator(_served: Simulator) -> Simulator:
    _served.simulation.reset()
    return _served


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTRAGE_KEYS", str(tmp_path / "elsewhere" / "keys.json"))


@pytest.fixture
def pauses() -> list[float]:
    """For how long the client has paused; no time passes."""
    return []


@pytest.fixture
def piste(simulator: Simulator, pauses: list[float]) -> Iterator[Piste]:
    calls = Calls(settings_for(simulator), sleep=pauses.append)
    yield Piste(calls)
    calls.close()


@pytest.fixture
def portal(piste: Piste) -> ChorusPortal:
    return ChorusPortal(piste)

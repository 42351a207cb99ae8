from collections.abc import Iterator

import pytest

from lettrage.simulator.server import Simulator
from tests.simulator.approved.client import AT_ONCE, Client


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    """A client of a platform that does everything at once."""
    with Client(simulator) as calling:
        calling.set(**AT_ONCE)
        yield calling

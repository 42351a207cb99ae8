"""What every test shares: the server of a run on PostgreSQL, and an end to what a test has opened."""

import os
from collections.abc import Iterator

import pytest

from tests import databases

_server: list[databases.Server] = []


def pytest_configure(config: pytest.Config) -> None:
    if databases.POSTGRESQL and not hasattr(config, "workerinput"):
        _server.append(databases.Server())
        _server[0].prepare()


def pytest_unconfigure() -> None:
    for server in _server:
        server.stop()
    _server.clear()


def pytest_report_header() -> str:
    return f"store: {os.environ.get('LETTRAGE_TEST_STORE', 'sqlite')}"


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    with databases.tidy():
        yield

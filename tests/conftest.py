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


# Nothing of a store: PostgreSQL would say the same. Bugs of the core are planted once.
PURE = (
    "tests/settlement/",
    "tests/house/",
    "tests/simulator/",
    "tests/storms/test_fuzz",
    "tests/laws/test_planted",
    "tests/laws/test_reading",
)
OF_THE_SCHEMA = ("schema", "migrated", "dossier_leads", "posted_tables")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, what touches a store."""
    if not databases.POSTGRESQL:
        return
    kept: list[pytest.Item] = []
    pure: list[pytest.Item] = []
    for item in items:
        of_the_schema = any(word in item.name for word in OF_THE_SCHEMA)
        (pure if item.nodeid.startswith(PURE) and not of_the_schema else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=pure)


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    with databases.tidy():
        yield

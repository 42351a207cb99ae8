"""What every test shares: the server of a run on PostgreSQL, and an end to what a test has opened."""

import os
from collections.abc import Iterator

import pytest

from tests import databases
from tests.reliability.circumstances import side_by_side

_server: list[databases.Server] = []


def pytest_configure(config: pytest.Config) -> None:
    if databases.POSTGRESQL and not hasattr(config, "workerinput"):
        _server.append(databases.Server())
        _server[0].prepare()


def pytest_unconfigure() -> None:
    for server in _server:
        server.stop()
    _server.clear()


def pytest_xdist_auto_num_workers() -> int:
    """As many workers as there are processors, if there is memory for them."""
    return side_by_side()


def pytest_report_header() -> str:
    return f"store: {os.environ.get('LETTRAGE_TEST_STORE', 'sqlite')}"


# Nothing of a store, or its look in a browser: PostgreSQL would say the same. Bugs of the core are planted once.
PURE = (
    "tests/chorus/test_client.py",
    "tests/chorus/test_diagnosis.py",
    "tests/chorus/test_hostile_portal.py",
    "tests/chorus/test_secrets.py",
    "tests/fec/test_judge.py",
    "tests/fec/test_xml.py",
    "tests/http/test_contract.py",
    "tests/inventory/",
    "tests/invoicing/test_check.py",
    "tests/invoicing/test_check_amounts.py",
    "tests/invoicing/test_check_official.py",
    "tests/invoicing/test_explain.py",
    "tests/invoicing/test_facturx.py",
    "tests/invoicing/test_golden.py",
    "tests/invoicing/test_hostile.py",
    "tests/invoicing/test_read.py",
    "tests/invoicing/test_rejected.py",
    "tests/invoicing/test_round_trip.py",
    "tests/invoicing/test_samples.py",
    "tests/reliability/",
    "tests/settlement/",
    "tests/matching/test_c",
    "tests/matching/test_names",
    "tests/matching/test_references",
    "tests/house/",
    "tests/simulation/",
    "tests/simulator/",
    "tests/storms/test_drop_folder",
    "tests/storms/test_fuzz",
    "tests/storms/test_malformed",
    "tests/storms/test_polite",
    "tests/storms/test_statuses",
    "tests/storms/test_tokens",
    "tests/laws/test_planted",
    "tests/laws/test_reading",
)
OF_THE_SCHEMA = ("schema", "migrated", "dossier_leads", "posted_tables")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the long forms, unless they are asked for; on PostgreSQL, what touches a store."""
    kept: list[pytest.Item] = []
    aside: list[pytest.Item] = []
    for item in items:
        (aside if _long(item) or (databases.POSTGRESQL and _pure(item)) else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=aside)


def _long(item: pytest.Item) -> bool:
    return item.get_closest_marker("long") is not None and not os.environ.get("LETTRAGE_LONG")


def _pure(item: pytest.Item) -> bool:
    of_the_schema = any(word in item.name for word in OF_THE_SCHEMA)
    in_a_browser = "browser" in getattr(item, "fixturenames", ())
    return (in_a_browser or item.nodeid.startswith(PURE)) and not of_the_schema


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    with databases.tidy():
        yield


@pytest.fixture(autouse=databases.PARTITIONED)
def _on_one_machine() -> Iterator[None]:
    """On tables that are spread, each statement of a test asks one machine alone, in words that a cluster takes."""
    from tests.cluster.statements import each_on_one_machine

    with each_on_one_machine():
        yield

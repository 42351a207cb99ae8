"""The inventory tells what is locked, and nothing of where it came from."""

import random

import pytest

from tests.inventory.audit import BUGS, battery
from tests.inventory.made import LICENCES, SBOM
from tests.reliability.long_form import BrokenPromiseError


def test_every_package_is_pinned_and_told() -> None:
    assert "0 unpinned" in battery(random.Random(1), 1)


@pytest.mark.parametrize("bug", BUGS)
def test_a_package_out_of_order_is_noticed(bug: str) -> None:
    with BUGS[bug](), pytest.raises(BrokenPromiseError):
        battery(random.Random(1), 1)


def test_no_address_is_told() -> None:
    text = SBOM.read_text("utf-8").replace("http://cyclonedx.org/schema/", "")
    assert "://" not in text + LICENCES.read_text("utf-8")

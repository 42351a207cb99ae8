"""Firms whose books must be sound when a test of lettering is over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.helpers import Firm, OpenFirm, company


@pytest.fixture
def open_firm(tmp_path: Path) -> Iterator[OpenFirm]:
    firms: list[Firm] = []

    def open_(**more: Any) -> Firm:
        folder = tmp_path / str(len(firms))
        folder.mkdir()
        firms.append(Firm(folder, company(**more)))
        return firms[-1]

    yield open_
    for firm in firms:
        assert not firm.findings()
        firm.store.close()

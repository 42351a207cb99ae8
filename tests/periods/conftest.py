"""Firms whose books must be sound when a test of periods is over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.helpers import Firm, OpenFirm
from tests.periods.hands import house


@pytest.fixture
def open_firm(tmp_path: Path) -> Iterator[OpenFirm]:
    firms: list[Firm] = []

    def open_(**more: Any) -> Firm:
        folder = tmp_path / str(len(firms))
        folder.mkdir()
        firms.append(Firm(folder, house(**more)))
        return firms[-1]

    yield open_

    for firm in firms:
        assert firm.findings() == []
        firm.store.close()


@pytest.fixture
def firm(open_firm: OpenFirm) -> Firm:
    return open_firm()

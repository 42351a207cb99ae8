"""Keys in the test's own folder, a firm, and commands on its books."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.journeys.helpers import Firm, Ran, company, run_here

SIRET = "33254021516357"


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTRAGE_KEYS", str(tmp_path / "elsewhere" / "keys.json"))


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    made = Firm(tmp_path, company() | {"siret": SIRET})
    yield made
    made.store.close()


class Run(Protocol):
    """`lettrage platform ...` on the firm's books."""

    def __call__(self, *arguments: str, stdin: str = "") -> Ran: ...


@pytest.fixture
def run(firm: Firm) -> Run:
    def command(*arguments: str, stdin: str = "") -> Ran:
        keys = os.environ["LETTRAGE_KEYS"]
        env = {"LETTRAGE_DATABASE": firm.address, "LETTRAGE_LOG": "debug", "LETTRAGE_KEYS": keys}
        return run_here("platform", *arguments, folder=firm.folder, stdin=stdin.encode(), env=env)

    return command

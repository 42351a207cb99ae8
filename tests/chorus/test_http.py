"""Chorus Pro's settings and the connection test over HTTP: secrets go in and never come out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lettrage.commands.platforms import Platforms
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import SIRET
from tests.journeys.helpers import Firm, company
from tests.people.service import Client

PATH = "/api/v1/chorus/settings"


class Chief:
    """An administrator at a service of its own."""

    def __init__(self, firm: Firm) -> None:
        self._client = Client(firm)
        self._headers = {"Authorization": f"Bearer {firm.store.accounts.issue('chief', 'administrator', '')}"}

    def call(self, method: str, path: str, content: Any = None) -> Any:
        more = {"json": content} if content is not None else {}
        return self._client.request(method, path, headers=self._headers, **more)


@pytest.fixture
def chief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chief]:
    firm, platforms = Firm(tmp_path, company() | {"siret": SIRET}), Platforms()
    monkeypatch.setattr("tests.people.service.Platforms", lambda: platforms)
    yield Chief(firm)
    platforms.close()
    firm.store.close()


def test_a_simulator_is_set_up_and_tried(chief: Chief, simulator: Simulator) -> None:
    told = {name: text for name, text in simulator.connection.items() if not name.startswith("approved_")}
    url = told.pop("url")
    settings = told | {"api_url": url, "token_url": f"{url}/api/oauth/token"}

    given = chief.call("PUT", PATH, {"settings": settings, "platform": "qualification"})
    shown = chief.call("GET", PATH)
    tried = chief.call("POST", "/api/v1/chorus/test", {})

    assert [answer.status_code for answer in (given, shown, tried)] == [200, 200, 200]
    assert shown.json()["platforms"]["qualification"]["password"]["set"] is True
    steps = {step["step"]: step["ok"] for step in tried.json()["steps"]}
    assert (steps["token"], steps["factures"], steps["visible"]) == (True, True, True)
    assert not [text for text in told.values() for answer in (given, shown, tried) if text in answer.text]


def test_faults_are_told_together_and_nothing_changes(chief: Chief) -> None:
    before = chief.call("GET", PATH).json()

    answer = chief.call("PUT", PATH, {"settings": {"colour": "blue", "doubt_hours": "x", "password": "bell\x07rung"}})

    assert answer.status_code == 422
    for code in ("unknown_setting", "malformed_setting"):
        assert code in answer.text
    assert "rung" not in answer.text
    assert chief.call("GET", PATH).json() == before


def test_switching_warns(chief: Chief) -> None:
    answer = chief.call("PUT", PATH, {"settings": {"platform": "production"}})

    assert (answer.json()["platform"], len(answer.json()["warnings"])) == ("production", 2)

"""An approved platform set up and tried over our own API: secrets go in and never come out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lettrage.commands.platforms import Platforms
from lettrage.simulator.server import Simulator
from tests.approved.setting_up import place
from tests.approved.test_commands import platform_of
from tests.journeys.helpers import Firm, company
from tests.people.service import Client

PATH = "/api/v1/platform/settings"
SECRET = "a secret that no answer holds"  # noqa: S105


class Chief:
    """An administrator at a service of its own."""

    def __init__(self, firm: Firm) -> None:
        self._client = Client(firm)
        self._headers = {"Authorization": f"Bearer {firm.store.accounts.issue('chief', 'administrator', '')}"}

    def call(self, method: str, path: str, content: Any = None, **head: str) -> Any:
        more = {"json": content} if content is not None else {}
        return self._client.request(method, path, headers=self._headers | head, **more)


@pytest.fixture
def chief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chief]:
    firm, platforms = Firm(tmp_path, company() | {"siret": "33254021516357"}), Platforms()
    monkeypatch.setattr("tests.people.service.Platforms", lambda: platforms)
    yield Chief(firm)
    platforms.close()
    firm.store.close()


def given(url: str) -> dict[str, str]:
    return {
        "token_url": f"{url}/token", "flow_url": f"{url}/flow-service", "directory_url": f"{url}/directory-service",
        "client_id": "an-identifier-of-a-client", "client_secret": SECRET,
    }  # fmt: skip


def test_a_platform_is_set_up_and_tried(chief: Chief) -> None:
    with place(platform_of()) as made:
        set_ = chief.call("PUT", PATH, {"settings": given(made.url), "platform": "qualification"})
        tried = chief.call("POST", "/api/v1/platform/test", {})
    shown = chief.call("GET", PATH)

    assert [answer.status_code for answer in (set_, tried, shown)] == [200, 200, 200]
    assert (tried.json()["works"], shown.json()["on"]) == (True, "qualification")
    assert shown.json()["qualification"]["client_secret"]["set"] is True
    assert shown.json()["production"]["flow_url"] == ""
    assert all(SECRET not in answer.text for answer in (set_, tried, shown))


@pytest.mark.parametrize("door", ["platform", "chorus"])
@pytest.mark.parametrize("head", [{}, {"Content-Type": "application/json"}], ids=["bare", "json"])
def test_a_test_without_content_tries_what_is_on(chief: Chief, door: str, head: dict[str, str]) -> None:
    bare = chief.call("POST", f"/api/v1/{door}/test", **head)

    assert (bare.status_code, bare.json().get("works")) == (200, False), bare.text
    needed = chief.call("PUT", PATH, **head)
    assert needed.status_code == (422 if head else 415)


def test_a_fault_changes_nothing(chief: Chief) -> None:
    wrong = given("http://127.0.0.1:9") | {"number": "x"}
    answer = chief.call("PUT", PATH, {"settings": wrong, "platform": "production"})

    assert answer.status_code == 422
    assert {reason["code"] for reason in answer.json()["reasons"]} == {"address_not_allowed", "malformed_setting"}
    assert SECRET not in answer.text
    assert chief.call("GET", PATH).json()["production"]["client_secret"]["set"] is False


def test_the_simulator_s_platform_is_set_up_and_tried(chief: Chief) -> None:
    with Simulator(seed=7) as simulator:
        told = simulator.approved_connection
        settings = {name.removeprefix("approved_"): text for name, text in told.items()}
        set_ = chief.call("PUT", PATH, {"settings": settings, "platform": "qualification"})
        tried = chief.call("POST", "/api/v1/platform/test", {})

    assert set_.status_code == 200, set_.text
    steps = {step["step"]: (step["ok"], [cause["code"] for cause in step["causes"]]) for step in tried.json()["steps"]}
    assert steps["platform_token"] == (True, [])
    assert steps["platform_flows"] == (True, [])
    assert tried.json()["works"], steps

"""The door as people and programs see and choose it: the command, our own API, the pages."""

import json
from pathlib import Path
from typing import Any

import pytest

from lettrage.commands.platforms import platforms
from tests.journeys.helpers import run_here
from tests.people.service import Client
from tests.routing.directory import SIREN, SIRET
from tests.routing.test_sent import World

PATH = "/api/v1/third-parties/{}/route"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world of `test_sent`, whose directory answers whoever connects."""
    made = World(tmp_path)
    monkeypatch.setattr(type(platforms), "directory", lambda *_: made.directory)
    return made


def run(world: World, *arguments: str, status: int = 0) -> Any:
    env = {"LETTRAGE_DATABASE": world.firm.address}
    ran = run_here("--json", *arguments, folder=world.firm.folder, env=env)
    assert ran.status == status, ran.out + ran.err
    return json.loads(ran.out) if ran.out else ran.err


# ---------------------------------------------------------------- the command


def test_the_command_tells_every_customer_s_door(world: World) -> None:
    unread = {one["third_party"]: one["rule"] for one in run(world, "route")}
    assert unread == {"B1": "business_unasked", "C1": "public_by_chorus", "P1": "consumer"}

    (read,) = run(world, "route", "B1", "--refresh")
    assert (read["door"], read["platform"], read["address"]) == (
        "approved",
        "approved-qualification",
        f"{SIREN}_{SIRET}",
    )
    assert run(world, "route", "B1") == [read]


def test_the_command_chooses(world: World) -> None:
    (chosen,) = run(world, "route", "C1", "--set", "none")
    assert (chosen["door"], chosen["rule"], chosen["chosen"]) == (None, "chosen_none", "none")
    (left,) = run(world, "route", "C1", "--set", "directory")
    assert (left["door"], left["chosen"]) == ("chorus", None)


@pytest.mark.parametrize(
    ("asked", "status"), [("X9", 2), ("B1 --set post", 2), ("--set none", 2), ("X9 --set none", 1)]
)
def test_what_cannot_be_asked_is_refused(world: World, asked: str, status: int) -> None:
    run(world, "route", *asked.split(), status=status)


def test_a_person_reads_the_door_and_why(world: World) -> None:
    env = {"LETTRAGE_DATABASE": world.firm.address}
    world.directory.trouble = "maintenance"
    for language, words in (
        ("fr", ("aucune plateforme", "plateforme fermée")),
        ("en", ("no platform", "platform closed")),
    ):
        ran = run_here("--lang", language, "route", "B1", "--refresh", folder=world.firm.folder, env=env)
        assert ran.status == 0
        assert words[0] in ran.out
        assert " ".join((ran.out + ran.err).split()).count(words[1]) == 1, "the reason says it already"
    world.directory.trouble = None
    run(world, "route", "B1", "--refresh")
    world.directory.trouble = "maintenance"
    ran = run_here("--lang", "fr", "route", "B1", "--refresh", folder=world.firm.folder, env=env)
    assert "plateforme fermée" in ran.err, "what holds is a copy: that is told beside the reason"


# ---------------------------------------------------------------- our own API


def test_the_api_shows_chooses_and_reads_anew(world: World) -> None:
    client = Client(world.firm)
    token = world.firm.store.accounts.issue("chief", "administrator", "998")

    def call(method: str, path: str, content: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return client.request(method, path, headers=headers, json=content)

    assert call("GET", PATH.format("B1")).json()["rule"] == "business_unasked"
    assert call("GET", PATH.format("X9")).status_code == 404
    read = call("POST", PATH.format("B1") + "/refresh").json()
    assert (read["door"], read["address"], read["warnings"]) == ("approved", f"{SIREN}_{SIRET}", [])
    world.directory.trouble = "unreachable"
    again = call("POST", PATH.format("B1") + "/refresh").json()
    assert (again["door"], [one["code"] for one in again["warnings"]]) == ("approved", ["silent"])
    assert call("PUT", PATH.format("B1"), {"door": "none"}).json()["chosen"] == "none"
    assert call("PUT", PATH.format("B1"), {"door": "post"}).status_code == 422
    assert call("PUT", PATH.format("X9"), {"door": "none"}).status_code == 404
    assert call("PUT", PATH.format("B1"), {"door": "directory"}).json()["chosen"] is None

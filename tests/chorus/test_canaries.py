"""Canaries planted in every secret setting: whatever is done, they are found in nothing that is written or shown."""

import io
import json
import logging
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.guard.secrets import Secret
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.settings import PLATFORMS, SECRETS
from lettrage.simulator.server import Simulator
from tests.canaries import found
from tests.chorus.setting_up import SIRET, place, settings_at
from tests.databases import POSTGRESQL, every_row
from tests.journeys.helpers import Firm, company, run_here

CANARIES = {(platform, name): f"canary-{platform}-{name}-9f3b27c1d0" for platform in PLATFORMS for name in SECRETS}


def hidden(*texts: object) -> list[str]:
    """The canaries that stand in texts or bytes."""
    return found({" ".join(place): canary for place, canary in CANARIES.items()}, *texts)


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    made = Firm(tmp_path, company() | {"siret": SIRET})
    for platform in PLATFORMS:
        given = [f"{name}=-" for name in sorted(SECRETS)]
        for setting in given:
            name = setting.partition("=")[0]
            ran = run(made, "chorus", "set", setting, "--platform", platform, stdin=CANARIES[platform, name] + "\n")
            assert (ran.status, hidden(ran.out, ran.err)) == (0, [])
    yield made
    made.store.close()


def run(firm: Firm, *arguments: str, stdin: str = "", **env: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    given = {"LETTRAGE_DATABASE": firm.address, "LETTRAGE_LOG": "debug"} | env
    return run_here(*arguments, folder=firm.folder, stdin=stdin.encode(), env=given)


def test_a_canary_would_be_found() -> None:
    import base64

    canary = CANARIES["production", "password"]
    assert hidden(f"x{canary}y")
    assert hidden(base64.b64encode(f"login:{canary}".encode()))
    assert hidden(base64.b64encode(f"a login:{canary}".encode()))


def test_no_command_shows_a_canary(firm: Firm, simulator: Simulator) -> None:
    address = [f"api_url={simulator.url}", f"token_url={simulator.url}/api/oauth/token"]
    again = [f"{name}={CANARIES['qualification', name]}" for name in SECRETS]
    ran = [
        run(firm, "chorus", "set", *address, *again),  # another host is told nothing that was not given for it
        run(firm, "chorus", "settings"),
        run(firm, "chorus", "settings", "--json"),
        run(firm, "chorus", "use", "production", "--json"),
        run(firm, "chorus", "use", "qualification"),
        run(firm, "chorus", "rotate-key"),
        run(firm, "chorus", "test", "--json", "--debug"),
        run(firm, "chorus", "bundle", "bundle.zip", "--debug"),
        run(firm, "logbook", "--json"),
    ]
    documents = json.loads(ran[-1].out)
    ran += [run(firm, "logbook", "show", one["id"], "--json") for one in documents[:20]]
    ran += [run(firm, "verify", "--json")]

    assert [one.status for one in ran[:6]] == [0] * 6
    assert "chorus_call" in ran[6].err
    assert hidden(*(text for one in ran for text in (one.out, one.err))) == []
    archive = zipfile.ZipFile(io.BytesIO((firm.folder / "bundle.zip").read_bytes()))
    assert set(archive.namelist()) == {"versions.json", "settings.json", "test.json", "answers.json", "troubles.json"}
    assert hidden(*(archive.read(name) for name in archive.namelist())) == []


def test_no_byte_of_the_books_holds_a_canary(firm: Firm) -> None:
    if POSTGRESQL:
        assert hidden(every_row(firm.store.engine)) == []
        return
    files = [file for file in firm.folder.rglob("*") if file.is_file()]
    assert any(file.name.endswith(".sqlite") for file in files)
    assert any(file.name == "keys.json" for file in files)
    assert hidden(*(file.read_bytes() for file in files)) == []


@pytest.mark.parametrize("way", ["refused", "echoed", "html", "nobody", "cut"])
def test_no_trouble_carries_a_canary(way: str, caplog: pytest.LogCaptureFixture) -> None:
    """However a call ends: message, chain of exceptions, what they hold, the libraries' own logs."""
    caplog.set_level(logging.DEBUG)
    secrets = {name: CANARIES["qualification", name] for name in SECRETS}
    told: list[object] = []
    libelle = " ".join(("GDP_MSG_11.005 -", *secrets.values()))
    answers = {
        "refused": (401, {"www-authenticate": f'Bearer realm="PISTE",error_description="{libelle}"'}, b""),
        "echoed": (200, {}, json.dumps({"codeRetour": 1, "libelle": libelle}).encode()),
        "html": (500, {}, libelle.encode()),
        "cut": (200, {"content-length": "1000", "connection": "close"}, b"{"),
    }
    with place(lambda _path: answers[way]) as url:
        where = "http://127.0.0.1:1" if way == "nobody" else url
        given = {name: Secret(text) for name, text in secrets.items()}
        calls = Calls(settings_at(where, **given), told=lambda *event, **facts: told.append((event, facts)))
        with pytest.raises(Trouble) as caught:
            ChorusPortal(Piste(calls)).find(number="F1")
        calls.close()

    seen: list[object] = [repr(calls.settings), vars(calls), told, caplog.text]
    error: BaseException | None = caught.value
    while error is not None:
        seen += [repr(error), str(error), vars(error), "".join(traceback.format_exception(error))]
        assert type(error).__module__.startswith("lettrage"), "the library's error knows the request"
        error = error.__cause__ or error.__context__
    assert hidden(*seen) == []

"""Thirty secrets in use at once, by the real commands and the real service: none in what is written or shown.

The secrets of four platforms, tokens, passwords and bank accounts are in one company's books; people and programs use
them well and badly; then every byte of logs, answers, books, a backup and the files for support is searched.
"""

import base64
import json
import os
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from lettrage.adapters.http.pages.page import csrf_of
from lettrage.guard.roles import ROLES
from lettrage.invoicing.approved_settings import SECRETS as APPROVED_SECRETS
from lettrage.invoicing.doors import APPROVED
from lettrage.invoicing.settings import PLATFORMS, SECRETS
from lettrage.simulator.server import Simulator
from tests.attacks import planting
from tests.bank.files import Move, camt
from tests.canaries import found
from tests.chorus.setting_up import SIRET
from tests.databases import POSTGRESQL, every_row
from tests.journeys.helpers import Firm, Ran, company, header, invoice, pays, run_here
from tests.storms.serving import Served, served

IBANS = {  # of customers and of the company: the books must know them, and nobody else
    "C1": "FR7630001007941234567890185",
    "C2": "FR7610107001011234567890129",
    "C3": "FR7611315000011234567890138",
    "bank": "FR7630006000011234567890189",
}

# Of each platform, of a program, a person and what a browser keeps of each role, and the bank accounts.
SECRETS_IN_USE = len(PLATFORMS) * len(SECRETS) + len(APPROVED) * len(APPROVED_SECRETS) + 3 * len(ROLES) + len(IBANS)


def _canary(name: str) -> str:
    """A secret that nobody else has; a key where only one in base64 is taken."""
    text = f"canary-{name}-{secrets.token_hex(8)}"
    return base64.b64encode(text.encode()).decode() if name.endswith("signing_key") else text


class Planted(NamedTuple):
    """The secrets by what they are: of platforms, tokens, passwords. `said`: what every command has said."""

    firm: Firm
    platforms: dict[tuple[str, str], str]
    tokens: dict[str, str]
    passwords: dict[str, str]
    said: list[str]

    @property
    def never(self) -> dict[str, str]:
        """What may stand nowhere in clear: every secret but the bank accounts, which the books must know."""
        platforms = {f"{platform} {name}": text for (platform, name), text in self.platforms.items()}
        tokens = {f"token of {name}": text for name, text in self.tokens.items()}
        return platforms | tokens | {f"password of {name}": text for name, text in self.passwords.items()}

    def run(self, *arguments: str, stdin: str = "", **env: str) -> Ran:
        """The command line with everything it can tell; what it says is searched at the end."""
        where = {"LETTRAGE_DATABASE": self.firm.address, "LETTRAGE_KEYS": str(keys_of(self.firm))}
        given = where | {"LETTRAGE_LOG": "debug"} | env
        ran = run_here(*arguments, folder=self.firm.folder, stdin=stdin.encode(), env=given)
        self.said.extend((ran.out, ran.err))
        return ran


def keys_of(firm: Firm) -> Path:
    return firm.folder.parent / "keys-elsewhere" / "keys.json"


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Planted]:
    parties = [
        {"code": code, "kind": "customer", "name": f"Client {code}", "ibans": [iban]}
        for code, iban in IBANS.items()
        if code != "bank"
    ]
    bank = {"code": "BNP", "account": "512100", "iban": IBANS["bank"], "bic": "AGRIFRPP"}
    folder = tmp_path / "books"
    folder.mkdir()
    open_ = [invoice(f"P{n}", "10.00") for n in range(40)]
    firm = Firm(folder, company("998", siret=SIRET, third_parties=parties, banks=[bank], invoices=open_))
    given = Planted(firm, {}, {}, {}, [])
    for command, doors, names in (("chorus", PLATFORMS, SECRETS), ("platform", APPROVED, APPROVED_SECRETS)):
        for door in doors:
            for name in sorted(names):
                given.platforms[door, name] = _canary(f"{door}-{name}")
                stdin = given.platforms[door, name] + "\n"
                ran = given.run(command, "set", f"{name}=-", "--platform", door.removeprefix("approved-"), stdin=stdin)
                assert ran.status == 0, ran.err
    for role in ROLES:
        given.tokens[role] = firm.store.accounts.issue(f"program-{role}", role, "")
        given.passwords[role] = _canary(f"password-{role}")
        assert given.run("user", "add", f"person-{role}", "--role", role).status == 0
        assert given.run("user", "password", f"person-{role}", stdin=given.passwords[role] + "\n").status == 0
    yield given
    firm.store.close()


def test_there_are_thirty_and_each_would_be_found(planted: Planted) -> None:
    assert SECRETS_IN_USE == len(planted.never) + len(ROLES) + len(IBANS) >= 30
    for name, canary in planted.never.items():
        assert found(planted.never, f"x{canary}y") == [name]
        assert found(planted.never, base64.b64encode(f"a login:{canary}".encode())) == [name]


def test_whatever_is_done_no_secret_is_written_or_shown(planted: Planted) -> None:
    firm, folder = planted.firm, planted.firm.folder
    bug = partial(planting.here, os.environ.get("LETTRAGE_PLANTED_BUG", ""))
    before = {"LETTRAGE_LOG": "debug", "LETTRAGE_KEYS": str(keys_of(firm))}
    opened: dict[str, str] = {}
    with served(firm.address, folder, bug, before) as service:
        answers = [*_programs(service, planted), *_people(service, planted, opened)]
        with Simulator() as simulator:
            _commands(planted, simulator)
        service.process.kill()  # in the midst of it: what it leaves on the disk is searched too
    planted.run("backup", "saved.backup")
    log = service.log.read_bytes()

    assert b'"event": "request"' in log
    canaries = planted.never | {f"sign-in of {role}": text for role, text in opened.items()}
    assert found(canaries | IBANS, log) == []
    assert found(canaries, *planted.said, *answers) == []
    left = {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert {"saved.backup", "bundle.zip"} <= {file.name for file in left}
    assert {str(name): held for name, data in left.items() if (held := found(canaries, data))} == {}
    if POSTGRESQL:
        assert found(canaries, every_row(firm.store.engine)) == []


def _programs(service: Served, planted: Planted) -> list[object]:
    """Every token, given in every way there is, well and badly; every answer with its head."""
    answers: list[httpx.Response] = []
    numbers = iter(range(40))
    with httpx.Client(base_url=service.url, timeout=30) as client:
        for token in planted.tokens.values():
            bearer = {"Authorization": f"Bearer {token}"}
            row = {"EnteteReglement": header("PORCHQ", "10.00", pays(f"P{next(numbers)}", "10.00"))}
            action = {"swinfinity": "integration_reglement", "parameters": {"dos": "998"}}
            param = json.dumps({"action": action, "data": {"EnteteReglementtb": [row]}})
            inside = param.replace('"dos"', f'"note": "{token}", "dos"')
            answers += [
                client.post("/webservice", content=param, headers=bearer),
                client.post("/webservice", data={"access_token": token, "param": inside}),
                client.post("/webservice", json={"access_token": token, "param": json.loads(param)}),
                client.post("/webservice", content=f'{{"access_token": "{token}", "param": ', headers=bearer),
                client.post(f"/webservice?access_token={token}", content=b"\xff\xfe"),
                client.post("/webservice", headers=bearer | {"Idempotency-Key": token}, content=param),
                client.get("/api/v1/items", headers=bearer),
                client.get(f"/api/v1/items?cursor={token}", headers=bearer),
                client.get(f"/api/v1/transactions/{token}", headers=bearer),
                client.get("/api/v1/logbook", headers=bearer),
                client.get("/api/v1/users", headers=bearer),
                client.post("/api/v1/load", headers=bearer, content=json.dumps({"code": token})),
                client.post("/api/v1/load", headers=bearer | {"Content-Type": token[:40]}, content=b"{"),
                client.put(f"/api/v1/{token}", headers=bearer),
                client.get("/api/v1/items", headers={"Authorization": f"Basic {token}"}),
                client.get("/api/v1/items", headers={"Authorization": f"Bearer {token}x"}),
                client.get("/api/v1/items", headers={"X-Request-Id": token}),
            ]
        assert any(answer.status_code == 200 for answer in answers)
    return [(answer.headers, _without_echo(answer)) for answer in answers]


def _without_echo(answer: httpx.Response) -> str:
    """An answer but for the address that was asked, which its caller wrote himself."""
    return answer.text.replace(str(answer.request.url.path), "")


def _people(service: Served, planted: Planted, opened: dict[str, str]) -> list[object]:
    """Everybody signs in, rightly and with a slip; then types a secret where it does not belong."""
    told: list[object] = []
    for role, password in planted.passwords.items():
        name = f"person-{role}"
        with httpx.Client(base_url=service.url, timeout=30) as client:
            for given, typed in ((name, password), (name, password + "x"), (password, name)):
                fields = {"nom": given, "mot_de_passe": typed, "vers": "/"}
                answer = client.post("/connexion", data=fields)
                told += [] if given == password else [answer.text]  # a name is shown to who typed it
                opened.setdefault(role, client.cookies.get("lettrage") or "")
            mark = {"csrf": csrf_of(opened[role])}
            told += [
                client.get(path).text
                for path in ("/", "/tiers", "/tiers/C1", "/reglages/chorus", "/reglages/plateforme", "/journal")
            ]
            for (door, setting), canary in planted.platforms.items():
                if door in PLATFORMS:
                    form = mark | {setting: canary, "platform": door, "api_url": "ftp://nowhere"}
                    told.append(client.post("/reglages/chorus", data=form).text)
    assert all(opened.values()), opened
    return told


def _commands(planted: Planted, simulator: Simulator) -> None:
    """What an administrator does, with everything shown that can be shown."""
    address = [f"api_url={simulator.url}", f"token_url={simulator.url}/api/oauth/token"]
    again = [f"{name}={planted.platforms['qualification', name]}" for name in sorted(SECRETS)]
    statement = planted.firm.folder / "statement.xml"
    statement.write_bytes(camt([Move(1_000, label=f"VIR {IBANS['C1']}")], closing=1_000))
    for arguments in (
        ("chorus", "set", *address, *again),
        ("chorus", "settings", "--json"),
        ("chorus", "test", "--json", "--debug"),
        ("chorus", "bundle", "bundle.zip", "--debug"),
        ("chorus", "rotate-key"),
        ("platform", "settings", "--json"),
        ("platform", "test", "--json", "--debug"),
        ("user", "list", "--json"),
        ("user", "token", planted.tokens["clerk"], "--role", "no such role"),
        ("user", "revoke", planted.tokens["reader"]),
        ("bank", "import", str(statement), "--json", "--debug"),
        ("logbook", "--json"),
        ("verify", "--json"),
    ):
        ran = planted.run(*arguments)
        assert "Traceback" not in ran.err or "--debug" in arguments, ran.err
    for one in json.loads(planted.run("logbook", "--json").out)[:30]:
        planted.run("logbook", "show", one["id"], "--json")


def test_a_call_whose_token_is_logged_is_noticed(planted: Planted) -> None:
    folder = planted.firm.folder
    bug = partial(planting.here, "token_in_the_log")
    with served(planted.firm.address, folder, bug, {"LETTRAGE_LOG": "debug"}) as service:
        httpx.get(f"{service.url}/api/v1/items", headers={"Authorization": f"Bearer {planted.tokens['clerk']}"})
    assert found(planted.never, service.log.read_bytes()) == ["token of clerk"]

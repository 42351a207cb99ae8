"""Two companies alike in everything never meet: on no route, by no command, in no statement."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from lettrage.adapters.store.listing import Lists
from lettrage.adapters.store.sql import run
from lettrage.cli import bring
from lettrage.commands.shared import app
from tests.journeys.helpers import Firm, Ran, header, pays, run_here
from tests.people.service import CONTENTS, Client, Route, ask
from tests.people.test_roles import GUARDED
from tests.people.twins import (
    BY_HAND,
    DOCUMENT,
    DOUBTFUL,
    MARK,
    NOBODYS,
    OURS,
    REJECTED,
    SLIP,
    THEIRS,
    rows_of,
    statements,
    twins,
    without_dossier,
)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """The twins as every test finds them, made once."""
    made = twins(tmp_path_factory.mktemp("twins"))
    made.store.close()
    return made


@pytest.fixture
def firm(before: Firm, tmp_path: Path) -> Firm:
    return before.copied_to(tmp_path)


def test_the_twins_are_alike_but_for_their_names(firm: Firm) -> None:
    ours, theirs = rows_of(firm, OURS), rows_of(firm, THEIRS)

    assert {table: len(rows) for table, rows in ours.items()} == {table: len(rows) for table, rows in theirs.items()}
    for table in ("due_item", "instrument", "allocation", "slip"):
        assert [row | {"dossier": THEIRS} for row in ours[table]] == theirs[table], table
    assert MARK in repr(theirs)
    assert MARK not in repr(ours)
    assert firm.findings() == []


# ---------------------------------------------------------------- routes


def numbers(route: Route) -> dict[str, str]:
    """What of ours stands in the path, and of theirs as well."""
    of = dict.fromkeys(("invoice", "xml", "pdf", "check", "send", "follow", "invoice_history", "say_status"), DOCUMENT)
    of |= {"release": DOUBTFUL, "resend": REJECTED, "explain": REJECTED}
    of |= {"slip": SLIP, "slip_pdf": SLIP, "cancel_slip": SLIP, "unpaid": "3", "cancel": "6", "reverse": BY_HAND}
    of |= dict.fromkeys(("payment", "payment_content", "cancel_payment", "payment_executed"), "1")
    of |= {"bank_statement": "1", "bank_accept": "1"}
    name = "2023" if route.name == "close_year" else "till"
    code = "BNP" if route.name == "bank_reconciliation" else "C1"
    plain = {"name": name, "code": code, "report": "aged", "letter": "M1", "period": "2024-10"}
    return {"number": of.get(route.name, "2")} | plain


def said(answer: Any, dossier: str) -> str:
    """An answer without what differs from call to call, and without the dossier that was named."""
    try:
        shape = answer.json()
    except ValueError:
        return str(answer.content)
    if isinstance(shape, dict):
        shape.pop("instance", None)
    return json.dumps(shape, ensure_ascii=False).replace(dossier, "-")


# What has nothing to work on: a token or a message that is none, payments of years in which nobody reports any, an
# invoice that no platform carries.
_NOTHING_THERE = {
    "revoke_token": 404,
    "report_refused": 404,
    "tell_again": 404,
    "declare": 409,
    "say_status": 409,
    "declaration_file": 422,
}


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_token_of_ours_never_shows_or_changes_theirs(route: Route, firm: Firm) -> None:
    token = firm.store.accounts.issue("chief", "administrator", OURS)
    client = Client(firm)
    before, ours_before = rows_of(firm, THEIRS), rows_of(firm, OURS)

    there = ask(client, route, token, THEIRS, numbers(route))
    nowhere = ask(client, route, token, NOBODYS, numbers(route))

    assert there.status_code == nowhere.status_code == 403, there.text
    assert said(there, THEIRS) == said(nowhere, NOBODYS)
    assert rows_of(firm, THEIRS) == before
    assert rows_of(firm, OURS) == ours_before

    with statements() as heard:
        here = ask(client, route, token, "", numbers(route))

    assert here.status_code == _NOTHING_THERE.get(route.name, 200), here.text
    assert MARK not in here.content.decode("utf-8", "replace")
    assert rows_of(firm, THEIRS) == before
    assert [asked for asked in heard if without_dossier(*asked)] == []


def test_their_tokens_and_accounts_are_out_of_reach(firm: Firm) -> None:
    token = firm.store.accounts.issue("chief", "administrator", OURS)
    theirs = firm.store.accounts.listed(THEIRS)[0]["tokens"][0]["shown"]
    of_all = firm.store.accounts.issue("owner", "administrator", "")
    client = Client(firm)
    headers = {"Authorization": f"Bearer {token}"}

    answers = [
        client.request("POST", "/api/v1/users/tokens/revoke", headers=headers, json={"shown": shown})
        for shown in (theirs, theirs[:-1] + "~", of_all[: len("lettrage_Kg_") + 8])
    ]
    users = client.request("GET", "/api/v1/users", headers=headers).json()["data"]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert firm.store.identify(of_all)
    assert {user["dossier"] for user in users} == {OURS}


def test_a_cursor_and_a_key_of_theirs_are_nothing_here(firm: Firm) -> None:
    client = Client(firm)
    tokens = {d: firm.store.accounts.issue("chief", "administrator", d) for d in (OURS, THEIRS)}

    def call(dossier: str, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {tokens[dossier]}"} | more.pop("headers", {})
        return client.request(method, path, headers=headers, **more)

    following = call(THEIRS, "GET", "/api/v1/items", params={"limit": "1"}).json()["next"]
    reason = {"json": {"reason": "x"}, "headers": {"Idempotency-Key": "k"}}
    first = call(THEIRS, "POST", "/api/v1/transactions/6/cancel", **reason)
    second = call(OURS, "POST", "/api/v1/transactions/6/cancel", **reason)

    assert call(OURS, "GET", "/api/v1/items", params={"limit": "1", "cursor": following}).status_code == 422
    assert (first.status_code, second.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in second.headers


# ---------------------------------------------------------------- commands

# What each command is given beside `--dossier`; `FILE` stands for a file with what it reads.
COMMANDS: dict[str, list[str]] = {
    "load": ["FILE"],
    "settle": ["FILE"],
    "third-parties": [],
    "route": [],
    "statement": ["C1"],
    "items": ["--third-party", "C1", "--all"],
    "entries": [],
    "transaction": ["2"],
    "portfolio": [],
    "tasks": [],
    "verify": [],
    "head": [],
    "fec": ["--year", "2024", "--out", "."],
    "vat": ["--from", "2024-01-01", "--to", "2024-12-31"],
    "declarations": [],
    "lifecycle say": [DOCUMENT, "--status", "220"],
    "lifecycle declare": [],
    "lifecycle again": ["1"],
    "lifecycle history": [DOCUMENT],
    "report": ["aged"],
    "archive": ["--year", "2024", "--out", "archive.zip"],
    "cancel": ["6", "--reason", "x"],
    "unpaid": ["3"],
    "logbook": ["--search", "MAISON"],
    "logbook show": ["1"],
    "lettering list": [],
    "lettering open": ["--account", "445800"],
    "lettering make": ["--account", "445800", "2024-000006/3", "2024-000008/2"],
    "lettering undo": ["M1", "--reason", "x"],
    "lettering offset": ["--third-party", "C1", "3", "--advance", "6"],
    "draft add": ["--label", "x", "--debit", "613200=5.00"],
    "draft list": [],
    "draft show": ["2"],
    "draft change": ["2", "--label", "y"],
    "draft drop": ["2"],
    "draft validate": ["1", "2"],
    "reverse": [BY_HAND, "--reason", "x"],
    "period list": [],
    "period lock": ["2023-07"],
    "period unlock": ["2023-06", "--reason", "x"],
    "year list": [],
    "year close": ["2023"],
    "slip list": [],
    "slip make": ["--bank", "BNP"],
    "slip show": [SLIP],
    "slip pdf": [SLIP],
    "slip cancel": [SLIP],
    "payment list": [],
    "payment make": ["--bank", "BNP", "--kind", "transfers"],
    "payment show": ["1"],
    "payment file": ["1"],
    "payment cancel": ["1", "--reason", "x"],
    "payment executed": ["1"],
    "payment answer": ["FILE"],
    "payment propose": ["--bank", "BNP", "--until", "2024-12-31"],
    "bank import": ["FILE"],
    "bank list": [],
    "bank show": ["1"],
    "bank match": [],
    "bank accept": ["1", "--account", "471000"],
    "bank undo": ["2"],
    "bank reconcile": ["--bank", "BNP"],
    "invoice import": ["FILE"],
    "invoice list": [],
    "invoice show": [DOCUMENT],
    "invoice xml": [DOCUMENT],
    "invoice pdf": [DOCUMENT],
    "invoice check": [DOCUMENT, "--offline"],
    "invoice send": [DOCUMENT, "--force"],
    "invoice follow": [DOCUMENT],
    "invoice explain": [REJECTED],
    "invoice resend": [REJECTED, "--force"],
    "invoice release": [DOUBTFUL, "--resend"],
    "invoice complete": [REJECTED, "--comment", "x"],
    "invoice recycle": [REJECTED],
    "chorus settings": [],
    "chorus set": ["doubt_hours=12"],
    "chorus use": ["production"],
    "chorus connect": ["FILE"],
    "chorus test": [],
    "chorus bundle": ["bundle.zip"],
    "chorus queue": [],
    "chorus work": ["--once"],
    "platform settings": [],
    "platform set": ["organization=ORG"],
    "platform connect": ["FILE"],
    "platform test": [],
    "platform queue": [],
    "platform hook": ["https://books.example"],
    "platform hooks": [],
    "platform unhook": ["1"],
    "user add": ["Zoé", "--role", "reader"],
    "user token": ["till", "--role", "reader"],
    "user password": ["till", "--generate"],
    "user bind": ["till", "https://annuaire.example 8f2c"],
    "user list": [],
    "user revoke": ["--all", "till"],
    "user close": ["till"],
}
# How these end where no platform is connected, and something was deposited on one: 1, something is in the way; 2, this
# document waits for no such step.
STATUSES = dict.fromkeys(
    (
        "check",
        "send",
        "follow",
        "resend",
        "chorus test",
        "chorus connect",
        "platform test",
        "lifecycle say",
        "lifecycle again",
    ),
    1,
) | dict.fromkeys(
    ("complete", "recycle", "payment answer", "bank import", "platform hook", "platform hooks", "platform unhook"), 2
)
# These run until they are stopped, or on a database of their own, where they do what `settle` and the routes do; they
# need no books at all; or they are about every dossier: its keys, a copy of all there is.
LASTING = {
    "serve",
    "watch",
    "demo",
    "chorus simulator",
    "invoice convert",
    "lifecycle read",
    "chorus rotate-key",
    "backup",
    "restore",
} | {"migrate"}
FILES: dict[str, dict[str, Any]] = {
    "load": {"dossiers": [{"code": OURS, "name": "Renommée", "currency": "EUR"}]},
    "invoice import": CONTENTS["import_"],
    "payment answer": {},  # no XML
    "bank import": {},  # no statement
    "chorus connect": {
        "url": "http://127.0.0.1:9",
        "client_id": "a",
        "client_secret": "b",
        "login": "c",
        "password": "d",
    },
    "platform connect": {
        "approved_token_url": "http://127.0.0.1:9/token",
        "approved_flow_url": "http://127.0.0.1:9/flow-service",
        "approved_directory_url": "http://127.0.0.1:9/directory-service",
        "approved_client_id": "a",
        "approved_client_secret": "b",
    },
    "settle": {"EnteteReglementtb": [{"EnteteReglement": header("PORCHQ", "100.00", pays("3", "100.00"))}]},
}


def commands(group: Any = None, before: tuple[str, ...] = ()) -> list[str]:
    """Every command there is, by its words."""
    bring()
    group = group or typer.main.get_command(app)
    inner = getattr(group, "commands", {})
    own = [" ".join(before)] if not inner or (before and group.invoke_without_command) else []
    return own + [name for word, part in inner.items() for name in commands(part, (*before, word))]


def test_every_command_is_tried() -> None:
    assert set(commands()) == COMMANDS.keys() | LASTING


def ran(firm: Firm, command: str, *more: str) -> Ran:
    arguments = list(COMMANDS[command])
    if command in FILES:
        file = firm.folder / "content.json"
        file.write_text(json.dumps(FILES[command]), "utf-8")
        arguments = [str(file)]
    return run_here(*command.split(), *arguments, *more, "--database", firm.address, folder=firm.folder)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("shape", [["--json"], ["--lang", "fr"]], ids=["json", "text"])
def test_a_command_about_ours_never_shows_or_changes_theirs(command: str, shape: list[str], firm: Firm) -> None:
    before = rows_of(firm, THEIRS)

    with statements() as heard:
        done = ran(firm, command, "--dossier", OURS, *shape)

    assert done.status == STATUSES.get(command.removeprefix("invoice "), 0), done.err
    assert MARK not in done.out + done.err
    assert rows_of(firm, THEIRS) == before
    assert [asked for asked in heard if without_dossier(*asked)] == []


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"load"}))
def test_a_dossier_that_is_not_there_is_refused(command: str, firm: Firm) -> None:
    before = firm.rows()

    assert ran(firm, command, "--dossier", NOBODYS).status == 2
    assert firm.rows() == before


# ---------------------------------------------------------------- statements


def test_a_statement_without_a_dossier_is_caught(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert without_dossier("SELECT id FROM due_item WHERE id = ?", (1,))
    assert without_dossier('UPDATE "transaction" SET status = ?', ("posted",))
    assert without_dossier("INSERT INTO rate (dossier) VALUES (?)", [(OURS,), ("EUR",)])
    assert not without_dossier("SELECT id FROM due_item WHERE dossier = ? AND id = ?", (OURS, 1))

    def anywhere(books: Lists, code: str) -> bool:
        return bool(run(books.connection, "SELECT 1 FROM third_party WHERE code = ?1", (code,)).all())

    monkeypatch.setattr(Lists, "has_third_party", anywhere)
    with statements() as heard:
        ran(firm, "items", "--dossier", OURS)

    (caught,) = [sql for sql, parameters in heard if without_dossier(sql, parameters)]
    assert caught.startswith("SELECT 1 FROM third_party WHERE code = ")

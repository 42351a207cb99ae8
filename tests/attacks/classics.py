"""Fifty classics of injection in every text of every call: no fault, no other statement, no file, no header of theirs.

python -m tests.attacks.classics --count 50
"""

import copy
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

from lettrage.adapters.store.parties import Parties
from tests.attacks.battery import command
from tests.journeys.helpers import Firm, company, invoice
from tests.people import service
from tests.people.service import CONTENTS, NUMBERS, Client, ask
from tests.people.test_roles import GUARDED
from tests.reliability.long_form import BrokenPromiseError

CLASSICS = (
    *(
        "'",
        '"',
        "''",
        "';--",
        "' OR '1'='1",
        "' OR 1=1 --",
        '" OR ""="',
        "1; DROP TABLE entry",
        "'; DROP TABLE entry; --",
    ),
    *(
        "' UNION SELECT password FROM login --",
        "1' AND SLEEP(5)--",
        "'; SELECT pg_sleep(5)--",
        "admin'--",
        "x' AND 1=0",
    ),
    *("\\'; --", "%27 OR 1=1", "?1", "?", ":a", "%s", "%(p1)s", "$1", "${x}", "{{7*7}}", "{0}", "#{7*7}", "<%= 7*7 %>"),
    *(
        "../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/etc/passwd",
        "file:///etc/passwd",
        "....//....//x",
        "%2e%2e%2f",
    ),
    *(
        "x\r\nSet-Cookie: a=b",
        "x\nLocation: //evil.example",
        "x\r\n\r\n<html>",
        "%0d%0aX-Injected: 1",
        "\x00",
        "a\x00b",
    ),
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "; ls", "| id", "`id`"),
    *("$(id)", "&& id", "*)(uid=*", "\U0001f600", "\u202e", "A" * 5_000),
)
HEADERS = ("Idempotency-Key", "Accept-Language", "X-Request-Id", "X-Forwarded-For", "User-Agent")


def _texts(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the texts of a content stand."""
    if isinstance(content, dict | list):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for name, value in items:
            yield from _texts(value, (*place, name))
    elif isinstance(content, str) and place:
        yield place


def _with(content: Any, place: tuple[Any, ...], text: str) -> Any:
    changed = copy.deepcopy(content)
    inside = changed
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = text
    return changed


def battery(_chance: random.Random, count: int) -> str:
    """So many of the classics in every place."""
    asked = 0
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "inside"
        folder.mkdir()
        firm = Firm(folder, company(invoices=[invoice("1", "100.00")]))
        token, client = firm.store.accounts.issue("chief", "administrator", ""), Client(firm)
        tables = set(firm.rows())
        for text in CLASSICS[:count]:
            for route in GUARDED:
                asked += _in_its_path(client, route, token, text)
                content = CONTENTS.get(route.name)
                for place in _texts(content):
                    with mock.patch.dict(service.CONTENTS, {route.name: _with(content, place, text)}):
                        _judge(f"{route} {place} {text!r}", ask(client, route, token))
                    asked += 1
            asked += _in_headers(client, token, text)
        if set(firm.rows()) != tables or firm.findings():
            raise BrokenPromiseError(f"the books: {firm.findings()}")
        if stray := [file for file in Path(parent).iterdir() if file != folder]:
            raise BrokenPromiseError(f"files outside: {stray}")
        firm.store.close()
    return f"{count} classics in {asked:,} calls, 0 faults, 0 findings in the books"


def _in_its_path(client: Client, route: Any, token: str, text: str) -> int:
    if "{" not in route.path:
        return 0
    _judge(f"{route} {text!r}", ask(client, route, token, "", dict.fromkeys(NUMBERS, quote(text, safe=""))))
    return 1


def _in_headers(client: Client, token: str, text: str) -> int:
    plain = text.encode("ascii", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    for name in HEADERS:
        headers = {"Authorization": f"Bearer {token}".encode(), name: plain}
        _judge(f"{name}: {text!r}", client.request("GET", "/api/v1/items", headers=headers))
    return len(HEADERS)


def _judge(name: str, answer: Any) -> None:
    if answer.status_code >= 500:
        raise BrokenPromiseError(f"{name}: {answer.status_code} {answer.text[:200]}")
    if {"set-cookie", "location", "x-injected"} & {field.lower() for field in answer.headers}:
        raise BrokenPromiseError(f"{name}: a header of theirs")


@contextmanager
def _sql_by_concatenation() -> Iterator[None]:
    rows = Parties.rows

    def pasted(parties: Parties, sql: str, *values: object) -> Any:
        if "code = ?2" in sql and values:
            return rows(parties, sql.replace("?2", f"'{values[0]}'"), *values[1:])
        return rows(parties, sql, *values)

    with mock.patch.object(Parties, "rows", pasted):
        yield


BUGS = {"sql_by_concatenation": _sql_by_concatenation}


if __name__ == "__main__":
    sys.exit(command("F7", battery, count=len(CLASSICS), trial=3, bugs=BUGS))

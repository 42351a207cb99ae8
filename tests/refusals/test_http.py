"""The refusals of calls over HTTP: each is shown by a call to a running service."""

from collections.abc import Callable
from pathlib import Path
from unittest import mock

import httpx
import pytest

from lettrage.adapters.http import edge, problems
from lettrage.adapters.http.pages.entering import Porch
from lettrage.adapters.http.pages.provider import Provider
from lettrage.adapters.http.server import address_of, listen
from lettrage.guard import passwords
from lettrage.limits import WRONG_PASSWORDS
from lettrage.refusal import Refusal, Stop
from lettrage.settlement.answer import reason_shape
from tests.http.service import Service, running
from tests.http.test_serving import connection
from tests.journeys.helpers import Firm, company

Call = Callable[[Service], object]


def _get(path: str, **headers: str) -> Call:
    return lambda service: httpx.get(f"{service.url}{path}", headers=headers)


def _asked(method: str, path: str, role: str = "administrator", **sent: object) -> Call:
    def call(service: Service) -> object:
        with service.client(role, "998") as client:
            return client.request(method, path, **sent)  # type: ignore[arg-type]

    return call


def _wrong_tokens(service: Service) -> None:
    for _ in range(11):
        httpx.get(f"{service.url}/api/v1/items")


def _overloaded(service: Service) -> None:
    with mock.patch.object(edge, "IN_FLIGHT", 0):
        httpx.get(f"{service.url}/api/v1/items")


def _slow(service: Service) -> None:
    head = "POST /webservice HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    with mock.patch.object(edge, "STRANGER_SECONDS", 0.1), connection(service) as slow:
        slow.sendall(head.encode())
        slow.recv(100)


def _broken(service: Service) -> None:
    with mock.patch.object(service.firm.store, "audit", side_effect=RuntimeError):
        _asked("GET", "/api/v1/verify")(service)


def _posted(path: str, content: object = None, kind: str = "", **headers: str) -> Call:
    """A form posted to a page."""
    sent = headers | ({"content-type": kind} if kind else {})
    return lambda service: httpx.post(f"{service.url}{path}", content=content, headers=sent)  # type: ignore[arg-type]


def _wrong_passwords(service: Service) -> None:
    with mock.patch.object(passwords, "matches", return_value=False):
        for _ in range(WRONG_PASSWORDS + 1):
            httpx.post(f"{service.url}/connexion", data={"nom": "nadia", "mot_de_passe": "x"})


_CALLS: dict[str, Call] = {
    "hook_not_signed": lambda service: httpx.post(f"{service.url}/hooks/998/approved-qualification", content=b"{}"),
    "too_many_wrong_passwords": _wrong_passwords,
    "forged_form": _posted("/connexion", **{"sec-fetch-site": "cross-site"}),
    "malformed_form": _posted("/connexion", b"--y", "multipart/form-data; boundary=x"),
    "provider_trouble": _get("/connexion/fournisseur"),
    "unknown_caller": _get("/api/v1/items"),
    "too_many_wrong_tokens": _wrong_tokens,
    "not_allowed": _asked("GET", "/api/v1/users", role="reader"),
    "no_such_address": _get("/nowhere"),
    "wrong_method": _asked("PUT", "/api/v1/slips"),
    "wrong_host": _get("/healthz", host="evil.example"),
    "wrong_content_type": _asked("POST", "/api/v1/slips", content=b"{}", headers={"content-type": "text/plain"}),
    "malformed_call": _get("/healthz", host="a b"),
    "malformed_field": _asked("GET", "/api/v1/items?limit=0"),
    "other_cursor": _asked("GET", "/api/v1/items?cursor=x"),
    "slow_call": _slow,
    "overloaded": _overloaded,
    "internal_error": _broken,
}
SHOWN_OF_HTTP = {*_CALLS, "address_taken", "hook_late"}  # the latter by tests/approved/test_hooks.py


@pytest.mark.parametrize("code", list(_CALLS))
def test_the_call_is_refused_by_its_code(code: str, tmp_path: Path) -> None:
    nobody_there = Porch(Provider("http://127.0.0.1:9", "id", "secret", "Annuaire"))
    with running(Firm(tmp_path, company()), porch=nobody_there) as service:
        with mock.patch.object(problems, "reason_shape", wraps=reason_shape) as spy:
            _CALLS[code](service)
        refusal: Refusal = spy.call_args.args[0]

    assert refusal.code == code
    assert refusal.seen in refusal.fr
    assert "«  »" not in refusal.fr


def test_an_address_that_is_taken_is_told() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(Stop) as caught:
        listen("127.0.0.1", int(address_of(taken).rpartition(":")[2]))

    assert caught.value.refusal.code == "address_taken"
    assert caught.value.refusal.seen in caught.value.refusal.fr

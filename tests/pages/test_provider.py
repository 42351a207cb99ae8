"""Signing on through an OpenID provider: a real one by its protocol, on this machine; and every lie it could tell."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from lettrage.adapters.http.pages.entering import Porch
from lettrage.adapters.http.pages.provider import Provider
from lettrage.simulator.server import Simulator
from tests.http.service import Service
from tests.pages.world import furnished

SUBJECT = "8f2c"


class Identities:
    """A provider: it keeps who asked for what, checks the code's verifier, and signs what it is told to say."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048)
        self.asked: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.signed_by = self.key
        answers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = answers.url
                told: dict[str, dict[str, Any]] = {
                    "/.well-known/openid-configuration": {
                        "issuer": url,
                        "authorization_endpoint": f"{url}/authorize",
                        "token_endpoint": f"{url}/token",
                        "jwks_uri": f"{url}/keys",
                    },
                    "/keys": {"keys": [answers.key.as_dict(private=False) | {"use": "sig", "alg": "RS256"}]},
                }
                self._say(told[self.path])

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                assert challenge == answers.asked["code_challenge"]
                assert form["code"] == ["the-code"]
                token = jwt.encode({"alg": "RS256"}, answers.said(), answers.signed_by)
                self._say({"access_token": "x", "token_type": "Bearer", "id_token": token})

            def _say(self, value: dict[str, Any]) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_said: object) -> None:
                """Nothing is logged."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def said(self) -> dict[str, Any]:
        now = int(time.time())
        sound = {"iss": self.url, "aud": "lettrage", "sub": SUBJECT, "nonce": self.asked["nonce"], "exp": now + 60}
        return {name: value for name, value in (sound | self.claims).items() if value is not None}

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def identities() -> Iterator[Identities]:
    found = Identities()
    yield found
    found.stop()


@pytest.fixture
def service(tmp_path: Path, identities: Identities, portal: Simulator) -> Iterator[Service]:
    firm = furnished(tmp_path)
    running = Service(firm, porch=Porch(Provider(identities.url, "lettrage", "a secret", "Annuaire")))
    yield running
    running.stop()
    firm.store.close()


def _signed_on(service: Service, identities: Identities, **changes: str) -> httpx.Response:
    """Off to the provider and back, as a browser goes."""
    with httpx.Client(base_url=service.url, timeout=30) as browser:
        leaving = browser.get("/connexion/fournisseur?vers=/dossiers")
        assert leaving.status_code == 303, service.logged
        identities.asked = {
            name: values[0] for name, values in parse_qs(urlsplit(leaving.headers["location"]).query).items()
        }
        assert identities.asked["redirect_uri"] == f"{service.url}/connexion/retour"
        return browser.get(
            "/connexion/retour", params={"code": "the-code", "state": identities.asked["state"]} | changes
        )


def test_somebody_who_is_bound_signs_on(service: Service, identities: Identities) -> None:
    assert "Annuaire" in httpx.get(f"{service.url}/connexion").text
    unbound = _signed_on(service, identities)
    assert unbound.status_code == 403
    assert f"{identities.url} {SUBJECT}" in unbound.text

    service.firm.store.sign_ins.bind("", "nadia", f"{identities.url} {SUBJECT}")
    bound = _signed_on(service, identities)

    assert (bound.status_code, bound.headers["location"]) == (303, "/dossiers")
    person = service.firm.store.sign_ins.person(bound.cookies["lettrage"])
    assert person is not None
    assert (person.identity.name, person.identity.role) == ("nadia", "clerk")
    service.firm.store.accounts.close("nadia", "")
    assert _signed_on(service, identities).status_code == 403


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": None},
        {"nonce": None},
        {"exp": None},
    ],
    ids=str,
)
def test_what_the_provider_did_not_say_of_us_now_is_refused(
    service: Service, identities: Identities, lie: dict[str, Any]
) -> None:
    service.firm.store.sign_ins.bind("", "nadia", f"{identities.url} {SUBJECT}")
    identities.claims = lie
    refused = _signed_on(service, identities)
    assert refused.status_code == 503
    assert "lettrage" not in refused.cookies


def test_another_key_or_another_state_is_refused(service: Service, identities: Identities) -> None:
    service.firm.store.sign_ins.bind("", "nadia", f"{identities.url} {SUBJECT}")
    assert _signed_on(service, identities, state="another").status_code == 403
    identities.signed_by = RSAKey.generate_key(2048)
    assert _signed_on(service, identities).status_code == 503


def test_without_a_provider_there_is_nothing_there(world_without: str) -> None:
    assert httpx.get(f"{world_without}/connexion/fournisseur").status_code == 404


@pytest.fixture
def world_without(tmp_path: Path) -> Iterator[str]:
    firm = furnished(tmp_path)
    running = Service(firm)
    yield running.url
    running.stop()
    firm.store.close()

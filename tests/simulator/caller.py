"""A caller of the simulator that knows nothing but HTTP."""

import base64
from types import TracebackType
from typing import Any, Self

import httpx

from lettrage.simulator.server import Simulator

ISSUER = "/api/oauth/token"


def account(login: str, password: str) -> str:
    return base64.b64encode(f"{login}:{password}".encode()).decode()


class Caller:
    """Set up with what the simulator says of itself; a new token for each `post` unless headers carry one."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.http = httpx.Client(base_url=simulator.url, trust_env=False, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.http.close()

    def ask_token(self, **form: str) -> httpx.Response:
        s = self.simulator
        asked = {
            "grant_type": "client_credentials",
            "client_id": s.client_id,
            "client_secret": s.client_secret,
            "scope": "openid",
        }
        return self.http.post(ISSUER, data=asked | form)

    def token(self) -> str:
        token: str = self.ask_token().json()["access_token"]
        return token

    def headers(self, **changes: str | None) -> dict[str, str]:
        """What every call carries; None takes one away."""
        s = self.simulator
        headers = {
            "authorization": f"Bearer {self.token()}" if "authorization" not in changes else "",
            "cpro-account": account(s.login, s.password),
            "content-type": "application/json;charset=utf-8",
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        return {name: value for name, value in headers.items() if value is not None}

    def post(self, path: str, body: Any = None, **headers: str | None) -> httpx.Response:
        """Call /cpro/<path> with a JSON body."""
        return self.http.post(f"/cpro/{path}", json=body if body is not None else {}, headers=self.headers(**headers))

    def asked(self, path: str, body: Any = None) -> dict[str, Any]:
        """The JSON of a call that is answered with 200."""
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        value: dict[str, Any] = answer.json()
        return value

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that an endpoint of /simulator answers with 200."""
        answer = self.http.request(method, f"/simulator/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

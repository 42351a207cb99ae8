"""Calls go only where they are configured to go: forty spellings of inner addresses, redirects, names that change.

    python -m tests.attacks.outgoing_calls

A trap counts whoever connects. Nothing leaves this machine: an address that is not its own is refused by the trial.
"""

import contextlib
import random
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import httpx
from msgspec.structs import replace

from lettrage.adapters import outgoing
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.settings import PlatformSettings, address_expected
from tests.attacks.battery import command
from tests.attacks.xml_files import trap
from tests.chorus.setting_up import place, settings_at
from tests.reliability.long_form import BrokenPromiseError

INNER = (
    *("127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "127.255.255.254", "2130706433", "0x7f000001", "017700000001"),  # noqa: S104
    *("0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"),
    *(
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[fc00::1]",
    ),
    *("169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "[ff02::1]", "224.0.0.1"),
    *("localhost", "localhost.", "LOCALHOST", "x.localhost", "intranet", "x.local", "x.internal", "x.localdomain"),
    *("inner.example.org", "both.example.org", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021"),
)
# What the resolver of the trial says; a name with several answers gives one after the other.
NAMES = {
    "inner.example.org": ["127.0.0.1"],
    "both.example.org": ["127.0.0.1"],
    "changing.example.org": ["93.184.216.34", "127.0.0.1"],
}
PUBLIC = "93.184.216.34"
_create, _resolve = socket.create_connection, socket.getaddrinfo


@contextmanager
def _closed_world() -> Iterator[list[str]]:
    """Names mean what NAMES says, connections end at this machine; which others were tried."""
    answers, tried = {name: list(said) for name, said in NAMES.items()}, []

    def resolve(host: Any, port: Any, *_arguments: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if "localhost" in name.lower():
            name = "127.0.0.1"
        elif name in answers:
            said = answers[name]
            name = said.pop(0) if len(said) > 1 else said[0]
        return _resolve(name, port, type=more.get("type", 0), flags=socket.AI_NUMERICHOST)  # nobody else is asked

    def create(address: tuple[str, int], *arguments: Any, **more: Any) -> socket.socket:
        host, port = address
        met = str(resolve(host, port, type=socket.SOCK_STREAM)[0][4][0])
        if not met.startswith("127.") and met != "::1":
            tried.append(met)
            raise ConnectionRefusedError(met)
        return _create((met, port), *arguments, **more)

    with mock.patch.object(socket, "getaddrinfo", resolve), mock.patch.object(socket, "create_connection", create):
        yield tried


REACHED_BY_PROXY = (PUBLIC, "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "fd00::1", "fc00::1")


def _ask(settings: PlatformSettings) -> None:
    calls = Calls(settings)
    try:
        with contextlib.suppress(Trouble):
            ChorusPortal(Piste(calls)).find(number="F1")
    finally:
        calls.close()


def _fetch(url: str) -> None:
    """As the provider's addresses are fetched, whose own host is another one."""
    with outgoing.calls(2, "provider.example.org") as client, contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
        client.get(url)


def battery(chance: random.Random, count: int) -> str:
    """`count` of the forms in every setting; how many connections the trap counted."""
    done, forms = 0, chance.sample(INNER, min(count, len(INNER)))
    with trap() as (port, called), _closed_world() as tried:
        for host in forms:
            for scheme in ("http", "https"):
                url = f"{scheme}://{host}:{port}"
                for platform in ("production", "qualification"):
                    if address_expected("api_url", platform, url):  # what the settings take, the calls must keep off
                        _ask(replace(settings_at(url), platform=platform))
                        done += 1
                    elif platform == "production" and not host.endswith(".example.org"):
                        raise BrokenPromiseError(f"{url} may be set")
                    elif platform == "production":
                        _ask(replace(settings_at(url), platform=platform))
                        done += 1
                _fetch(url)
                done += 1
            _ask(settings_at("https://api.example.org", proxy=f"http://{host}:{port}"))
            done += 1
        _ask(settings_at(f"https://changing.example.org:{port}"))
        _fetch(f"http://changing.example.org:{port}")
        if called:
            raise BrokenPromiseError(f"{len(called)} connections at the trap")
        if inner := [address for address in tried if address not in REACHED_BY_PROXY]:
            raise BrokenPromiseError(f"connections to {inner}")
        _redirected(port)
        if called:
            raise BrokenPromiseError("a redirect was followed")
    return f"{len(forms)} forms, {done + 3} calls, 0 connections; a redirect and a name that changes lead nowhere"


def _redirected(port: int) -> None:
    """Both clients, sent on by whom they may call."""
    with place(lambda _path: (307, {"location": f"http://127.0.0.1:{port}/"}, b"")) as url:
        _ask(settings_at(url))
        with outgoing.calls(2, "127.0.0.1") as client:
            client.get(url)


# ---------------------------------------------------------------- planted bugs


@contextmanager
def _connect_by_name_again() -> Iterator[None]:
    judged = outgoing.address_of

    def by_name(host: str, port: int, reach: outgoing.Reach) -> str:
        judged(host, port, reach)
        return host

    with mock.patch.object(outgoing, "address_of", by_name):
        yield


@contextmanager
def _redirects_followed() -> Iterator[None]:
    made = httpx.Client.__init__

    def following(self: httpx.Client, **more: Any) -> None:
        made(self, **{**more, "follow_redirects": True})

    with mock.patch.object(httpx.Client, "__init__", following):
        yield


BUGS = {"connect_by_name_again": _connect_by_name_again, "redirects_followed": _redirects_followed}


if __name__ == "__main__":
    sys.exit(command("G9", battery, count=len(INNER), bugs=BUGS))

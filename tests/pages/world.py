"""The service as a browser sees it: real books, a real port, people with passwords, a real simulator as the portal."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from lettrage.adapters.http.pages.entering import Porch
from lettrage.adapters.http.pages.page import csrf_of
from lettrage.guard import passwords
from lettrage.guard.roles import ROLES
from lettrage.simulator.server import Simulator
from tests.http.service import Service
from tests.invoicing.brought import ADDRESS, BANKS, SELLER, SHOP, TOWN
from tests.journeys.helpers import Firm, company

DOSSIER = "998"
NAMES = {
    "reader": ("lea", "Léa Marchand"),
    "clerk": ("nadia", "Nadia Ferrand"),
    "accountant": ("bruno", "Bruno Castel"),
    "administrator": ("ines", "Inès Delorme"),
}
PASSWORD = "trois mots bien choisis"  # noqa: S105


class World:
    """A running service, its firm, and the portal; whoever looks is signed in by a real form or by a kept sign-in."""

    def __init__(self, firm: Firm, service: Service, portal: Simulator, porch: Porch) -> None:
        self.firm = firm
        self.service = service
        self.portal = portal
        self.porch = porch
        self.url = service.url
        self._clients: list[Client] = []

    def sign_in(self, role: str = "clerk") -> str:
        """What a browser of somebody with this role keeps."""
        return self.firm.store.sign_ins.open("", NAMES[role][0], "127.0.0.1")

    def client(self, role: str = "clerk", lang: str = "fr") -> "Client":
        """A browser without a screen, signed in."""
        self._clients.append(Client(self.url, self.sign_in(role), lang))
        return self._clients[-1]

    def stranger(self) -> "Client":
        """A browser without a screen, and nobody signed in."""
        self._clients.append(Client(self.url, ""))
        return self._clients[-1]

    def close(self) -> None:
        """Nobody calls any more."""
        for client in self._clients:
            client.close()


class Client(httpx.Client):
    """Calls pages as a browser does; `post` brings the mark of our own forms unless told otherwise."""

    def __init__(self, url: str, sign_in: str, lang: str = "fr") -> None:
        super().__init__(base_url=url, cookies={"lettrage": sign_in}, headers={"Accept-Language": lang}, timeout=30)
        self.csrf = csrf_of(sign_in)

    def send_form(self, path: str, *, files: Any = None, **fields: Any) -> httpx.Response:
        """Post a form with these fields."""
        return self.post(path, data={"csrf": self.csrf} | fields, files=files)


_slowly = passwords.hashed


@cache
def _hash(password: str) -> str:
    """Hashed once for a whole run: it is slow by design."""
    return _slowly(password)


def people(firm: Firm) -> None:
    """One account of each role, each with the same password."""
    with mock.patch.object(passwords, "hashed", _hash):
        for role in ROLES:
            name, full_name = NAMES[role]
            firm.store.accounts.add(name, role, "")
            firm.store.sign_ins.set_password("", name, PASSWORD, full_name)


def furnished(folder: Path, **more: Any) -> Firm:
    """A company with an establishment, banks, a town with its service, a shop and a supplier; people of each role."""
    supplier = {"code": "F1", "kind": "supplier", "name": "Bois SA"}
    parts: dict[str, Any] = {
        "name": "Société de démonstration",
        "establishments": [SELLER],
        "banks": BANKS,
        "third_parties": [TOWN, SHOP, supplier],
    }
    firm = Firm(folder, company(DOSSIER, **(parts | more)))
    people(firm)
    return firm


@contextmanager
def world_of(firm: Firm, portal: Simulator, **options: Any) -> Iterator[World]:
    """A service on these books for as long as the block lasts."""
    porch = Porch()
    service = Service(firm, porch=porch, **options)
    world = World(firm, service, portal, porch)
    try:
        yield world
    finally:
        world.close()
        service.stop()
        firm.store.close()
    ours = [line for line in service.logged if line["event"] == "internal_error"]
    assert not ours, ours


__all__ = ["ADDRESS", "DOSSIER", "NAMES", "PASSWORD", "Client", "World", "furnished", "people", "world_of"]

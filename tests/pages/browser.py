"""Debian's Chromium, driven by Playwright: a page that fails its test for whatever a person should not meet."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tests.pages.world import World

SIZES = {"desktop": (1280, 800), "phone": (390, 844), "small": (320, 640)}
GRAVE = ("serious", "critical")
_ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is missing: sh scripts/setup requirements-dev.lock"
    root = os.getuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=_ARGUMENTS, chromium_sandbox=not root, timeout=60_000
        )
        try:
            yield browser
        finally:
            browser.close()


class Place(Protocol):
    """Where somebody looks: a service, or the simulator's own desk, which nobody signs in to."""

    url: str


class Visit:
    """A browser's page with somebody signed in. `page`: Playwright's own; `faults`: what no test may leave behind."""

    def __init__(self, world: Place, context: BrowserContext) -> None:
        self.world = world
        self.context = context
        self.faults: list[str] = []
        self.allowed: tuple[int, ...] = ()  # statuses of errors that the test means to meet
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        expected = any(f"status of {status}" in message.text for status in self.allowed)
        if message.type in ("error", "warning") and not expected:
            self.faults.append(f"console: {message.text}")

    def _asked(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.world.url).netloc and not url.startswith(("about:", "blob:")):
            self.faults.append(f"another host: {url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")

    def __call__(self, path: str) -> Page:
        """Go to an address of ours."""
        self.page.goto(self.world.url + path)
        return self.page

    def axe(self) -> list[str]:
        """What axe-core finds serious or critical on the page as it stands."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for one in found
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]

    def sideways(self) -> int:
        """By how many pixels the page can be moved sideways: none, at any width."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return found

    def cut(self) -> list[str]:
        """The tables and texts that stick out of their panel."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('main .panel')].flatMap(panel => {
                const edge = panel.getBoundingClientRect().right + 1;
                const inside = [...panel.querySelectorAll('table, h2, p, dd, .btn, .pill, .in, li')];
                return inside.filter(one => one.checkVisibility() && !one.closest('.scroll, .code, .sr, [popover]')
                    && one.getBoundingClientRect().right > edge).map(one => one.outerHTML.slice(0, 120));
            })"""
        )
        return found

    def check(self) -> None:
        """Nothing was said on the console, no other host asked, no server fault met."""
        assert not self.faults, self.faults


Visiting = Callable[..., Visit]


@contextmanager
def visiting(browser: Browser, world: Place) -> Iterator[Visiting]:
    """Somebody who looks: `visit(role=..., lang=..., size=..., theme=...)`; every page is checked at the end."""
    opened: list[Visit] = []

    def visit(role: str = "clerk", lang: str = "fr", size: str = "desktop", theme: str = "light", **more: Any) -> Visit:
        width, height = SIZES[size]
        context = browser.new_context(
            locale={"fr": "fr-FR", "en": "en-GB"}[lang],
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            **more,
        )
        if role:
            assert isinstance(world, World)
            context.add_cookies([{"name": "lettrage", "value": world.sign_in(role), "url": world.url}])
        opened.append(Visit(world, context))
        return opened[-1]

    try:
        yield visit
        for one in opened:
            one.check()
    finally:
        for one in opened:
            one.context.close()

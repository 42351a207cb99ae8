"""Every page of the story, in both languages, at each size, light and dark: nothing hinders anybody."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lettrage.simulator.server import Simulator
from tests.pages import carried_story
from tests.pages.addresses import CARRIED, DESK, PAGES, Address
from tests.pages.browser import SIZES, Visiting, visiting
from tests.pages.invoice_story import Story
from tests.pages.story import told
from tests.pages.world import World, world_of

LOOKS = (("fr", "desktop", "light"), ("en", "phone", "dark"))
EVERY_LOOK = [
    (lang, size, theme) for lang in ("fr", "en") for size in ("desktop", "phone") for theme in ("light", "dark")
]


class Readers:
    """People who go from page to page, each in a language, at a size and in a theme of his own."""

    def __init__(self, world: World, visit: Visiting) -> None:
        self.world = world
        self.someone = cache(partial(visit, "administrator"))

    def look(self, page: Address, looks: Iterable[tuple[str, str, str]]) -> None:
        """One page as each of them sees it."""
        for lang, size, theme in looks:
            someone = self.someone(lang, size, theme)
            someone.faults.clear()  # those of a page before this one were told there
            width, height = SIZES[size]
            someone.page.set_viewport_size({"width": width, "height": height})
            shown = someone(page.at(self.world.firm.clock.today()))
            assert shown.locator("main h1").count() == 1, shown.content()[:2000]
            assert shown.locator("html").get_attribute("lang") == lang
            assert not someone.axe(), (lang, size, theme)
            assert someone.sideways() == 0, (lang, size, theme)
            assert not someone.cut(), (lang, size, theme)
            unmarked = shown.locator("form[method=post]:not(:has(input[name=csrf])):not([action='/langue'])").count()
            assert unmarked == 0, page.path
            shown.set_viewport_size({"width": 320, "height": 640})
            assert someone.sideways() == 0, (lang, "320", theme)
            assert not someone.cut(), (lang, "320", theme)
            someone.check()


@pytest.fixture(autouse=True)
def _keys() -> None:
    """The keys are those of the story, whose world outlives a test."""


@pytest.fixture(scope="module")
def told_world(tmp_path_factory: pytest.TempPathFactory, _simulator: Simulator) -> Iterator[World]:
    with _told(told, tmp_path_factory.mktemp("story"), _simulator) as world:
        yield world


@pytest.fixture(scope="module")
def carried_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Simulator(speed=600) as portal, _told(carried_story.told, tmp_path_factory.mktemp("carried"), portal) as world:
        yield world


@contextmanager
def _told(tell: Callable[[Path, Simulator], Story], folder: Path, portal: Simulator) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LETTRAGE_KEYS", str(folder / "elsewhere" / "keys.json"))
        portal.simulation.reset()
        story = tell(folder, portal)
        story.ways._platforms.close()
        with world_of(story.firm, portal) as world:
            yield world


@pytest.fixture(scope="module")
def readers(told_world: World, browser: Browser) -> Iterator[Readers]:
    with visiting(browser, told_world) as visit:
        yield Readers(told_world, visit)


@pytest.fixture(scope="module")
def carried_readers(carried_world: World, browser: Browser) -> Iterator[Readers]:
    with visiting(browser, carried_world) as visit:
        yield Readers(carried_world, visit)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_a_page_hinders_nobody(page: Address, readers: Readers) -> None:
    readers.look(page, LOOKS)


@pytest.mark.parametrize("page", CARRIED, ids=lambda page: page.path)
def test_a_page_about_approved_platforms_hinders_nobody(page: Address, carried_readers: Readers) -> None:
    carried_readers.look(page, LOOKS)


@pytest.mark.parametrize("page", DESK, ids=lambda page: page.path)
def test_the_desk_of_the_simulator_hinders_nobody(page: Address, carried_world: World, browser: Browser) -> None:
    with visiting(browser, carried_world.portal) as visit:
        for size, theme in (("desktop", "light"), ("phone", "dark")):
            someone = visit(role="", size=size, theme=theme)
            someone(page.path)
            assert not someone.axe(), (size, theme)
            assert someone.sideways() == 0, (size, theme)


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_a_page_hinders_nobody_however_it_is_looked_at(page: Address, readers: Readers) -> None:
    readers.look(page, EVERY_LOOK)

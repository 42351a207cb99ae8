"""The pictures of the docs: `python -m tests.pages.pictures [FOLDER] [NAME...]`, every page of the story at both sizes.

Light for all, dark for those that have a dark picture. They are made of the same books as the tests look at.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser

from lettrage.simulator.server import Simulator
from tests.pages import carried_story
from tests.pages.addresses import CARRIED, DESK, PAGES, Address
from tests.pages.browser import Visiting, chromium, visiting
from tests.pages.invoice_story import Story
from tests.pages.story import told
from tests.pages.world import world_of

DOCS = Path(__file__).parents[2] / "docs" / "pages"
LOOKS = (("desktop", "light", "1280"), ("phone", "light", "390"), ("desktop", "dark", "1280-sombre"))
# Tests look at every page in the dark.
DARK = (
    "accueil", "facture", "reglement", "portefeuille", "mise-en-route",
    "declarations", "declaration", "facture-encaissee", "client-porte", "parametres-plateforme-agreee",
)  # fmt: skip


def main() -> None:
    """Take them all, or those that are named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    named = sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for tell, pages, desk in ((told, PAGES, ()), (carried_story.told, CARRIED, DESK)):
            wanted, own = ([one for one in these if _is_wanted(one, named)] for these in (pages, desk))
            if wanted or own:
                _story(tell, wanted, own, folder, browser)


def _is_wanted(page: Address, named: Sequence[str]) -> bool:
    return bool(page.picture) and (not named or page.picture in named)


def _story(
    tell: Callable[[Path, Simulator], Story],
    pages: Sequence[Address],
    desk: Sequence[Address],
    folder: Path,
    browser: Browser,
) -> None:
    """Take the pages of a story, then those of the simulator's own desk beside it."""
    with tempfile.TemporaryDirectory() as books, Simulator(speed=600) as portal:
        os.environ["LETTRAGE_KEYS"] = str(Path(books) / "keys.json")
        story = tell(Path(books), portal)
        today = story.firm.clock.today()
        with world_of(story.firm, portal) as world:
            with visiting(browser, world) as visit:
                for page in pages:
                    _take(page, today, folder, partial(visit, role="administrator"))
            with visiting(browser, portal) as visit:
                for page in desk:
                    _take(page, today, folder, partial(visit, role=""))
        story.ways._platforms.close()


def _take(page: Address, today: date, folder: Path, visit: Visiting) -> None:
    for size, theme, name in LOOKS:
        if theme == "dark" and page.picture not in DARK:
            continue
        shown = visit(size=size, theme=theme)(page.at(today))
        shown.screenshot(path=folder / f"{page.picture}-{name}.png")


if __name__ == "__main__":
    main()

"""The pictures of the docs: `python -m tests.pages.pictures [FOLDER] [NAME...]`, every page of the story at both sizes.

Light for all, dark for those that have a dark picture. They are made of the same books as the tests look at.
"""

import os
import sys
import tempfile
from pathlib import Path

from lettrage.simulator.server import Simulator
from tests.pages.addresses import PAGES, Address
from tests.pages.browser import Visiting, chromium, visiting
from tests.pages.story import told
from tests.pages.world import world_of

DOCS = Path(__file__).parents[2] / "docs" / "pages"
LOOKS = (("desktop", "light", "1280"), ("phone", "light", "390"), ("desktop", "dark", "1280-sombre"))
DARK = ("accueil", "facture", "reglement", "portefeuille", "mise-en-route")  # tests look at every page in the dark


def main() -> None:
    """Take them all, or those that are named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    named = sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as books, chromium() as browser, Simulator(speed=600) as portal:
        os.environ["LETTRAGE_KEYS"] = str(Path(books) / "keys.json")
        story = told(Path(books), portal)
        with world_of(story.firm, portal) as world, visiting(browser, world) as visit:
            for page in PAGES:
                if page.picture and (not named or page.picture in named):
                    _take(page, folder, visit)
        story.ways._platforms.close()


def _take(page: Address, folder: Path, visit: Visiting) -> None:
    for size, theme, name in LOOKS:
        if theme == "dark" and page.picture not in DARK:
            continue
        shown = visit(role="administrator", size=size, theme=theme)(page.path)
        shown.screenshot(path=folder / f"{page.picture}-{name}.png")


if __name__ == "__main__":
    main()

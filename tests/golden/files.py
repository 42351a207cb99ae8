"""Where the golden files are, and what ought to be in them."""

from collections.abc import Iterator
from pathlib import Path

from lettrage.invoicing.document import Invoice, Route
from lettrage.invoicing.formats import cii, ubl
from tests.golden.documents import ROUTES, documents

FOLDER = Path(__file__).parent


def cases() -> list[tuple[str, Invoice, Route]]:
    """Name, document and route; a credit note goes to Chorus Pro in either root."""
    return [(name, invoice, route) for route in ROUTES for name, invoice in documents(route).items()]


def rendered() -> Iterator[tuple[str, bytes]]:
    """Every file, by its name below the folder."""
    for name, invoice, route in cases():
        yield f"ubl-{route}/{name}.xml", ubl.render(invoice, route)
        yield f"cii-{route}/{name}.xml", cii.render(invoice, route)

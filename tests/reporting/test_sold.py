"""What the store knows of sales that decides about their payments: customer, document, the door that carried it."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.books import SqlBooks
from lettrage.reporting.circumstances import Sold, kinds
from tests.journeys.helpers import Firm
from tests.reporting.firms import NOON, firm, paid
from tests.vat.helpers import service

CONTENT = {
    "frame": "S1",
    "vat": [{"category": "AE", "exemption_code": "VATEX-EU-AE", "base": 1}],
    "buyer": {
        "ids": [{"id": "45021910000014", "scheme": "0009"}],
        "legal_id": {"id": "not a SIREN", "scheme": "0060"},
        "vat_number": "FR1",
        "address": {"country": "FR"},
    },
}


@pytest.fixture
def books(tmp_path: Path) -> Firm:
    return firm(tmp_path)


def sold(of: Firm, environment: str = "production") -> dict[str, Sold]:
    """By customer."""
    with of.store.books("998", writing=False) as found:
        numbers = [row[0] for row in of.ask("SELECT id FROM invoice")]
        return {one.customer.code: one for one in found.sold(numbers, environment).values()}


def document(of: Firm, id_: int, invoice: str, **content: Any) -> None:
    """A document where the import puts it."""
    ((number,),) = of.ask("SELECT id FROM invoice WHERE number = ?1", invoice)
    row = (
        "998", id_, invoice, "380", "2026-09-20", invoice.removeprefix("F-"), "1", "EUR", 175_000,
        msgspec.json.encode(CONTENT | content).decode(), b"", "json", "", number, None, "", "",
    )  # fmt: skip

    def write(books: SqlBooks) -> None:
        writing.insert(books.connection, schema.sales_document, [row])

    of.store.write("998", write)


def deposited(of: Firm, document_: int, platform: str, stands: int = 1) -> None:
    """A deposit where the outbox puts it."""
    flow = document_ * 10 + stands
    now = NOON.isoformat()

    def write(books: SqlBooks) -> None:
        sent = ("998", flow, platform, "CII", "f.xml", "", b"", "sent", "1", "anna", 0, now, now, "", "", "", "t")
        writing.insert(books.connection, schema.flow, [sent])
        row = (
            "998", flow, document_, platform, "s", f"n{document_}", "b", "", b"", "f.xml", "", "integrated", stands, "",
            "", "", "", 1,
        )  # fmt: skip
        writing.insert(books.connection, schema.deposit, [row])

    of.store.write("998", write)


def test_sales_that_are_only_in_the_books(books: Firm) -> None:
    found = sold(books)

    assert {code: kinds(one)[0] for code, one in found.items() if len(kinds(one)) == 1} == {
        "PRO": "business", "CONSO": "consumer", "DE": "foreign", "PUB": "public",
    }  # fmt: skip
    assert all((one.carrier, one.vat_due, one.taxed, one.written) == ("none", "receipts", True, None)
               for one in found.values())  # fmt: skip


def test_a_sale_whose_vat_comes_to_nothing_is_taxed_all_the_same(books: Firm) -> None:
    tiny = service("F-TINY", "0.02", vat=[("20", "0.02", "0.00")], third_party="CONSO", date="2026-09-20")
    books.load({"code": "998", "invoices": [tiny]})
    with books.store.books("998", writing=False) as found:
        (number,) = (id_ for (id_,) in books.ask("SELECT id FROM invoice WHERE number = 'F-TINY'"))
        assert found.sold({number}, "production")[number].taxed


def test_what_the_newest_document_says(books: Firm) -> None:
    document(books, 1, "F-QUI", frame="B1")
    document(books, 2, "F-QUI")
    document(books, 3, "F-PRO", vat_due="delivery")

    written = sold(books)["QUI"].written
    assert written is not None
    assert (written.frame, written.categories) == ("S1", (("AE", "VATEX-EU-AE"),))
    assert (written.siren, written.vat_number, written.country) == ("45021910000014", "FR1", "FR")
    assert sold(books)["PRO"].vat_due == "receipts", "what waits in the books decides"


@pytest.mark.parametrize(
    ("platform", "stands", "carrier"),
    [
        ("approved-production", 1, "platform"),
        ("production", 1, "chorus"),
        ("approved-production", 0, "none"),
        ("approved-qualification", 1, "none"),
    ],
)
def test_the_door_that_carried_it(books: Firm, platform: str, stands: int, carrier: str) -> None:
    document(books, 1, "F-PUB")
    deposited(books, 1, platform, stands)

    assert sold(books)["PUB"].carrier == carrier


def test_payments_from_a_day_on(books: Firm) -> None:
    paid(books, "F-DE", "750.00", date(2026, 10, 30), rest="1000.00")
    paid(books, "F-CONSO", "50.00", NOON.date(), rest="1700.00")
    paid(books, "F-DE", "1000.00", NOON.date())
    with books.store.books("998", writing=False) as found:
        every = found.payments_since(date(2026, 9, 1))

        assert [(one.invoice, one.amount) for one in every] == [
            ("F-CONSO", 5_000), ("F-DE", 75_000), ("F-DE", 100_000),
        ]  # fmt: skip
        assert found.payments_since(NOON.date()) == [every[0], every[2]]

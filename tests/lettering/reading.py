"""How tests read letters."""

from datetime import date

from tests.journeys.helpers import Firm


def lettered(firm: Firm, account: str = "411000") -> list[tuple[str, str]]:
    """Debit less credit and letter of each line of an account, in the order in which they were posted."""
    with firm.store.books(firm.dossier, writing=False) as books:
        entries = books.entries(books.company.currency)
    lines = [line for entry in entries for line in entry["lines"] if line["account"] == account]
    return [(line["debit"] if line["credit"] == "0.00" else f"-{line['credit']}", line["letter"]) for line in lines]


def by_place(firm: Firm, until: date | None = None) -> dict[tuple[int, int], tuple[str, str]]:
    """The letter of each line that has one, and its date."""
    with firm.store.books(firm.dossier, writing=False) as books:
        found = books.letters(range(1, books.counters["postings"] + 1), until)
    return {place: (letter.code, str(letter.date or "")) for place, letter in found.items()}

"""What was open of a third party on a past day, from the entry lines up to then."""

from datetime import date

from lettrage.adapters.store.reading import Reader
from lettrage.books.opening import first_items

_SUMS = """
SELECT d.id, CAST(sum(CASE d.ledger WHEN 'customer' THEN l.amount ELSE -l.amount END) AS BIGINT),
       CAST(sum(CASE d.ledger WHEN 'customer' THEN l.debit - l.credit ELSE l.credit - l.debit END) AS BIGINT)
FROM due_item d CROSS JOIN entry_line l ON l.dossier = d.dossier AND l.item = d.id
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
WHERE d.dossier = ?1 AND d.third_party = ?2 AND e.date <= ?3 GROUP BY d.id
"""
_GOING_ON = "SELECT id, previous FROM due_item WHERE dossier = ?1 AND third_party = ?2 AND previous IS NOT NULL"


class Past(Reader):
    """Reads what was open."""

    def open_at(self, code: str, day: date) -> dict[int, tuple[int, int]]:
        """What was open of each due item or advance at the end of a day, and what that was worth at home.

        Successors are told with the first of their chain. Two statements, by the index of a third party's items.
        """
        first_of = first_items(dict(tuple(row) for row in self.rows(_GOING_ON, code)))
        found: dict[int, tuple[int, int]] = {}
        for item, amount, home in self.rows(_SUMS, code, day.isoformat()):
            first = first_of.get(item, item)
            before = found.get(first, (0, 0))
            found[first] = (before[0] + amount, before[1] + home)
        return {item: left for item, left in found.items() if left[1]}

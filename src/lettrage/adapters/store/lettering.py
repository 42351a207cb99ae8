"""Letters of entry lines: derived for those that name a due item, read for those that were lettered by hand.

Four statements for any number of lines, each of which goes from keys by an index: the due items that the lines name,
the chains of these, the lines of those, and what was lettered by hand.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

import msgspec

from lettrage.adapters.store.reading import Reader
from lettrage.books.lettering import GroupLine, Letter, Place, by_hand, letters

_json = msgspec.json.Encoder().encode
_EVER = "9999-12-31"

_NAMED_BY = """
SELECT DISTINCT l.item FROM json_each(?2) k CROSS JOIN entry_line l ON l.dossier = ?1
AND l.posting = CAST(k.value->>0 AS BIGINT) WHERE l.item IS NOT NULL
"""
# A WPA makes an item of the same document; an advance is never passed on.
_RELATED = """
SELECT DISTINCT m.id, m.previous FROM json_each(?2) k
CROSS JOIN due_item d ON d.dossier = ?1 AND d.id = CAST(k.value->>0 AS BIGINT) AND d.piece <> ''
CROSS JOIN due_item m ON m.dossier = ?1 AND m.third_party = d.third_party AND m.prefix = d.prefix AND m.piece = d.piece
"""
_GROUP_LINES = """
SELECT l.item, l.account, l.posting, l.line,
       (SELECT e.date FROM entry e WHERE e.dossier = ?1 AND e.posting = l.posting), l.debit - l.credit, l.amount
FROM json_each(?2) k CROSS JOIN entry_line l ON l.dossier = ?1 AND l.item = CAST(k.value->>0 AS BIGINT)
ORDER BY l.posting, l.line
"""
# Of each group by hand that a line is in: all its lines.
_BY_HAND = """
SELECT m.lettering, m.posting, m.line, e.date FROM (
    SELECT DISTINCT g.lettering FROM json_each(?2) k CROSS JOIN lettering_line g ON g.dossier = ?1
    AND g.posting = CAST(k.value->>0 AS BIGINT)
) s CROSS JOIN lettering_line m ON m.dossier = ?1 AND m.lettering = s.lettering
JOIN entry e ON e.dossier = m.dossier AND e.posting = m.posting
LEFT JOIN lettering_undone u ON u.dossier = m.dossier AND u.lettering = m.lettering WHERE u.lettering IS NULL
"""


class Letters(Reader):
    """Letters of lines, as they stand or as they stood with the lines up to a date."""

    def letters(
        self, postings: Iterable[int], until: date | None = None, since: date | None = None
    ) -> dict[Place, Letter]:
        """The letters of these entries' lines, by posting and line; the lines that have none are left out.

        `until`: as they were with the lines dated up to then. `since`: a group by hand with an earlier line has none
        (a file of one year has that line in its opening balances only).
        """
        wanted = set(postings)
        if not wanted:
            return {}
        keys = keys_of(wanted)
        named = [row[0] for row in self.rows(_NAMED_BY, keys)]
        found = letters(line for line, _ in self._group_lines(named, until))
        found |= self._by_hand(keys, until, since)
        return {place: letter for place, letter in found.items() if place[0] in wanted}

    def letters_of_items(self, items: Iterable[int], until: date | None = None) -> dict[tuple[int, str], Letter]:
        """The letter of each of these due items and advances on each account where lines name it, by item and account.

        For what is told item by item and is no line of an entry: opening balances, due items.
        """
        wanted = set(items)
        lines = self._group_lines(wanted, until)
        found = letters(line for line, _ in lines)
        return {
            (item, line.account): found[line.place] for line, item in lines if item in wanted and line.place in found
        }

    def letters_of_chains(self, firsts: Iterable[int], until: date | None = None) -> dict[tuple[int, str], Letter]:
        """The letter of each chain on each account where its lines are, by its first item and the account.

        For balances that are carried over: there a chain is one line, whichever of its items is open.
        """
        lines = self._group_lines(set(firsts), until)
        found = letters(line for line, _ in lines)
        return {(line.group, line.account): found[line.place] for line, _ in lines if line.place in found}

    def chains(self, items: Collection[int]) -> tuple[dict[int, int], list[GroupLine]]:
        """The chains that these due items and advances are in: each item's first one, and all their lines."""
        lines = [line for line, _ in self._group_lines(items, None)]
        return self.firsts_of(items), lines

    def firsts_of(self, items: Collection[int]) -> dict[int, int]:
        """All items of the chains that these are in, each with the first one of its chain."""
        if not items:
            return {}
        previous: dict[int, int | None] = {row[0]: row[1] for row in self.rows(_RELATED, keys_of(items))}
        own = dict.fromkeys(items) | previous
        firsts: dict[int, int] = {}
        for item in sorted(own):  # what an item continues is older
            before = own[item]
            firsts[item] = item if before is None else firsts.get(before, before)
        asked = {firsts[item] for item in items}
        return {item: first for item, first in firsts.items() if first in asked}

    def _group_lines(self, items: Collection[int], until: date | None) -> list[tuple[GroupLine, int]]:
        """The lines of the groups of these items, in the order in which they were posted, each with its own item."""
        firsts = self.firsts_of(items)
        if not firsts:
            return []
        rows = self.rows(_GROUP_LINES, keys_of(firsts))
        last = until.isoformat() if until else _EVER  # not asked of the database: it would begin with all those days
        return [
            (GroupLine(firsts[item], account, posting, line, date.fromisoformat(day), home, amount), item)
            for item, account, posting, line, day, home, amount in rows
            if day <= last
        ]

    def _by_hand(self, keys: str, until: date | None, since: date | None) -> dict[Place, Letter]:
        groups: dict[int, list[tuple[Place, date]]] = defaultdict(list)
        for number, posting, line, day in self.rows(_BY_HAND, keys):
            groups[number].append(((posting, line), date.fromisoformat(day)))
        found: dict[Place, Letter] = {}
        for number, lines in groups.items():
            days = [day for _, day in lines]
            if (until is None or max(days) <= until) and (since is None or min(days) >= since):
                letter = Letter(by_hand(number), max(days))
                found |= dict.fromkeys([place for place, _ in lines], letter)
        return found


def keys_of(values: Iterable[int]) -> str:
    """Numbers as a list of keys for one parameter."""
    return _json([[value] for value in sorted(values)]).decode()

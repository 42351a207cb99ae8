"""The log of lettering, and lettering by hand: groups read with their lines, made, undone."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from lettrage.adapters.store.lettering import Letters, keys_of
from lettrage.adapters.store.listing import by_date_then_piece
from lettrage.adapters.store.paging import Position, begun
from lettrage.adapters.store.reading import ITEM_COLUMNS, ITEM_JOINS, STANDING, held, item
from lettrage.adapters.store.sql import run, run_many
from lettrage.books.chain import shown
from lettrage.books.lettered import Candidate, Event, Group, LineName, LogLine, events_of
from lettrage.dates import PARIS
from lettrage.settlement.document import Item

_json = msgspec.json.Encoder().encode
_day = date.fromisoformat
_HAND, _DERIVED = 0, 1  # the two parts of the log, in this order
_START: Position = (_HAND, 2**62, "")

# First due items and advances of a third party of which lines say more than that they were opened, the latest first;
# what else has the same document and due date is counted in, and sorted out where the lines are read.
_FIRSTS_OF = """
SELECT d.id FROM due_item d WHERE d.dossier = ?1 AND d.third_party = ?2 AND d.previous IS NULL AND d.id < ?4
AND CASE WHEN d.piece = '' THEN
    (SELECT count(*) FROM entry_line l WHERE l.dossier = ?1 AND l.item = d.id AND (?3 = '' OR l.account = ?3))
ELSE
    (SELECT count(*) FROM due_item x JOIN entry_line l ON l.dossier = x.dossier AND l.item = x.id
     WHERE x.dossier = ?1 AND x.third_party = d.third_party AND x.prefix = d.prefix AND x.piece = d.piece
     AND x.due_date || '' = d.due_date AND (?3 = '' OR l.account = ?3))
END > 1 ORDER BY d.id DESC LIMIT ?5
"""
_LOG_COLUMNS = """
e.year, e.number, l.posting, l.line, e.date, e.label, l.debit - l.credit, l.currency, l.amount, e."transaction",
CASE WHEN e.reversal_of IS NOT NULL THEN 'cancel' ELSE coalesce(t.kind, 'entry') END
"""
_LOG_JOINS = """
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
LEFT JOIN "transaction" t ON t.dossier = e.dossier AND t.number = e."transaction"
"""
_GROUP_LOG = f"""
SELECT l.item, l.account, {_LOG_COLUMNS} FROM json_each(?2) k
CROSS JOIN entry_line l ON l.dossier = ?1 AND l.item = CAST(k.value->>0 AS BIGINT) {_LOG_JOINS}
ORDER BY l.posting, l.line
"""
_FIRSTS = """
SELECT d.id, d.third_party, d.prefix, d.piece FROM json_each(?2) k
CROSS JOIN due_item d ON d.dossier = ?1 AND d.id = CAST(k.value->>0 AS BIGINT)
"""
_BY_HAND = """
SELECT g.id FROM lettering g WHERE g.dossier = ?1 AND (?2 = '' OR g.third_party = ?2) AND (?3 = '' OR g.account = ?3)
AND g.id < ?4 ORDER BY g.id DESC LIMIT ?5
"""
_HAND_HEADS = """
SELECT g.id, g.account, g.third_party, g.at, g.by, g.why, u.at, u.by, u.why FROM json_each(?2) k
CROSS JOIN lettering g ON g.dossier = ?1 AND g.id = CAST(k.value->>0 AS BIGINT)
LEFT JOIN lettering_undone u ON u.dossier = g.dossier AND u.lettering = g.id
"""
_HAND_LOG = f"""
SELECT m.lettering, {_LOG_COLUMNS} FROM json_each(?2) k
CROSS JOIN lettering_line m ON m.dossier = ?1 AND m.lettering = CAST(k.value->>0 AS BIGINT)
JOIN entry_line l ON l.dossier = m.dossier AND l.posting = m.posting AND l.line = m.line {_LOG_JOINS}
ORDER BY l.posting, l.line
"""
_CANDIDATE = """
SELECT e.year, e.number, l.line, l.posting, e.date, e.label, l.account, l.third_party, l.debit - l.credit, l.currency,
       l.amount, l.item,
       (SELECT max(m.lettering) FROM lettering_line m
        LEFT JOIN lettering_undone u ON u.dossier = m.dossier AND u.lettering = m.lettering
        WHERE m.dossier = ?1 AND m.posting = l.posting AND m.line = l.line AND u.lettering IS NULL)
"""
_NAMED = f"""
{_CANDIDATE} FROM json_each(?2) k
CROSS JOIN entry e ON e.dossier = ?1 AND e.year = k.value->>0 AND e.number = CAST(k.value->>1 AS BIGINT)
JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting AND l.line = CAST(k.value->>2 AS BIGINT)
"""
_UNLETTERED = f"""
{_CANDIDATE} FROM entry_line l CROSS JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
WHERE l.dossier = ?1 AND l.account = ?2 AND l.item IS NULL AND (l.posting, l.line) < (?3, ?4)
AND (?5 = '' OR l.third_party = ?5) AND NOT EXISTS (
    SELECT 1 FROM lettering_line m LEFT JOIN lettering_undone u ON u.dossier = m.dossier AND u.lettering = m.lettering
    WHERE m.dossier = ?1 AND m.posting = l.posting AND m.line = l.line AND u.lettering IS NULL)
ORDER BY l.posting DESC, l.line DESC LIMIT ?6
"""
_OPEN = (
    f"SELECT {ITEM_COLUMNS} FROM due_item d{ITEM_JOINS} WHERE d.dossier = ?1 AND d.third_party = ?2 AND d.open <> 0"
    f" AND {STANDING}"
)
_MAKE = "INSERT INTO lettering (dossier, id, account, third_party, at, by, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
_JOIN = "INSERT INTO lettering_line (dossier, lettering, posting, line) VALUES (?1, ?2, ?3, ?4)"
_UNDO = "INSERT INTO lettering_undone (dossier, lettering, at, by, why) VALUES (?1, ?2, ?3, ?4, ?5)"


class LetteringBook(Letters):
    """Satisfies the port `Letterings`, and reads the log."""

    # ------------------------------------------------------------ the log

    def lettering_log(
        self, third_party: str, account: str, after: Position, limit: int
    ) -> tuple[list[Group], Position | None]:
        """A page of groups: those by hand, then those of due items, the latest first of each.

        All of a third party or of one account of it; of an account alone those by hand.
        """
        part, number, last_account = begun(after, _START)
        groups: list[Group] = []
        if part == _HAND:
            rows = [row[0] for row in self.rows(_BY_HAND, third_party, account, number, limit + 1)]
            groups = self._hand_groups(rows[:limit])
            if len(rows) > limit:
                return groups, (_HAND, rows[limit - 1], "")
            number, last_account = _START[1:]
        if not third_party:
            return groups, None
        room = limit - len(groups)
        found, more = self._derived_page(third_party, account, (int(number), str(last_account)), room)
        return groups + found, None if more is None else (_DERIVED, *more)

    def _derived_page(
        self, third_party: str, account: str, below: tuple[int, str], limit: int
    ) -> tuple[list[Group], tuple[int, str] | None]:
        """Groups of due items below a number and account: a due item may have a group on each of several accounts."""
        number, last_account = below
        rows = self.rows(_FIRSTS_OF, third_party, account, number + bool(last_account), limit + 1)
        firsts = [row[0] for row in rows]
        groups = [
            group
            for group in self._derived_groups(firsts[: max(limit, 1)])
            if (group.number, group.account) < below and account in ("", group.account)
        ]
        if len(groups) > limit:
            last = groups[limit - 1] if limit else None
            return groups[:limit], (last.number, last.account) if last else below
        more = len(firsts) > max(limit, 1)
        return groups, (firsts[limit - 1], "") if more else None

    def lettered_by_hand(self, number: int) -> Group | None:
        """A group by hand, undone or not; None where there is none of this number."""
        return next(iter(self._hand_groups([number])), None)

    def _derived_groups(self, firsts: Sequence[int]) -> list[Group]:
        """The groups of these first items with more than the line that opened them, in this order."""
        if not firsts:
            return []
        heads = {first: more for first, *more in self.rows(_FIRSTS, keys_of(firsts))}
        chains = self.firsts_of(firsts)
        lines: dict[tuple[int, str], list[LogLine]] = defaultdict(list)
        for item_, account, *row in self.rows(_GROUP_LOG, keys_of(chains)):
            lines[chains[item_], account].append(_log_line(row))
        groups = []
        for first, account in sorted(lines, reverse=True):
            own = lines[first, account]
            if len(own) > 1:
                party, prefix, piece = heads[first]
                groups.append(Group(first, account, party, f"{prefix}{piece}", own, tuple(events_of(own))))
        return groups

    def _hand_groups(self, numbers: Sequence[int]) -> list[Group]:
        if not numbers:
            return []
        keys = keys_of(numbers)
        lines: dict[int, list[LogLine]] = defaultdict(list)
        for number, *row in self.rows(_HAND_LOG, keys):
            lines[number].append(_log_line(row))
        found = {}
        for number, account, party, at, by, why, undone_at, undone_by, undone_why in self.rows(_HAND_HEADS, keys):
            events = [Event("lettered", _paris(at), "by_hand", by=by, why=why)]
            if undone_at is not None:
                events.append(Event("undone", _paris(undone_at), "by_hand", by=undone_by, why=undone_why))
            found[number] = Group(number, account, party, "", lines[number], events, hand=True)
        return [found[number] for number in numbers if number in found]

    # ------------------------------------------------------------ by hand

    def lines_named(self, names: Sequence[LineName]) -> dict[LineName, Candidate]:
        """These lines, those that are there."""
        keys = _json([[name.year, name.number, name.line] for name in names]).decode()
        return {LineName(row[0], row[1], row[2]): _candidate(row) for row in self.rows(_NAMED, keys)}

    def unlettered(
        self, account: str, third_party: str, after: Position, limit: int
    ) -> tuple[list[Candidate], Position | None]:
        """A page of the lines of an account that name no due item and are not lettered, the latest first."""
        posting, line = begun(after, (2**62, 0))
        rows = self.rows(_UNLETTERED, account, posting, line, third_party, limit + 1)
        found = [_candidate(row) for row in rows[:limit]]
        return found, found[-1].place if len(rows) > limit else None

    def open_items_of(self, third_party: str) -> list[Item]:
        """What is open of a third party, advances too, by due date."""
        return sorted(map(item, self.rows(_OPEN, third_party)), key=by_date_then_piece)

    def make_lettering(self, lines: Sequence[Candidate], at: str, by: str, why: str) -> int:
        """Letter these lines with one another; the group's number."""
        ((number,),) = self.rows("SELECT coalesce(max(id), 0) + 1 FROM lettering WHERE dossier = ?1")
        of = lines[0]
        run(self.connection, _MAKE, (self.dossier, number, of.account, of.third_party, at, by, why))
        run_many(self.connection, _JOIN, [(self.dossier, number, *line.place) for line in lines])
        return int(number)

    def undo_lettering(self, number: int, at: str, by: str, why: str) -> None:
        """Take a lettering by hand away."""
        run(self.connection, _UNDO, (self.dossier, number, at, by, why))


def _paris(at: str) -> date:
    return datetime.fromisoformat(at).astimezone(PARIS).date()


def _log_line(row: Sequence[Any]) -> LogLine:
    year, number, posting, line, day, label, home, code, amount, transaction, act = row
    return LogLine(posting, shown(year, number), line, _day(day), label, home, held(code), amount, transaction, act)


def _candidate(row: Sequence[Any]) -> Candidate:
    year, number, line, posting, day, label, account, party, home, code, amount, of_item, lettered = row
    return Candidate(
        posting,
        shown(year, number),
        line,
        _day(day),
        label,
        account,
        party,
        home,
        held(code),
        amount,
        of_item,
        lettered,
    )

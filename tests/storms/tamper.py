"""Storm over the chain of entries: whatever is done to posted entries by raw SQL, `verify` finds it.

    python -m tests.storms.tamper --count 1000 --seed 7
    python -m tests.storms.tamper --count 200 --planted lines_forgotten     # must fail

Each trial takes the books of a company, puts the database's own guards aside, and edits a column, drops, inserts or
swaps entries, or cuts off the end. Every second time the forger then does the numbers and the whole chain anew, as
only somebody can who knows the program. The check runs without a head first. What it does not find then it must find
with the head that was kept elsewhere before; nothing may stay unfound.
"""

import random
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Connection

from lettrage.adapters.store.auditing import audit
from lettrage.adapters.store.books import SqlStore
from lettrage.books import chain
from lettrage.books.chain import GENESIS, chained, columns
from lettrage.books.entry import Entry, Line
from lettrage.company.dossier import Company
from lettrage.money import Currency
from tests.databases import unguard
from tests.laws.rich import RICH, make
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form, say
from tests.world import FixedClock

Raw = sqlite3.Connection
Way = Callable[[Raw, random.Random], str]
# What only the file itself would tell: the chain and the laws must do without.
_OF_THE_FILE = {"file_damaged", "foreign_key"}
_TABLES = {"entry": ("posting",), "entry_line": ("posting", "line")}


# ---------------------------------------------------------------- what is done


def edit(raw: Raw, chance: random.Random) -> str:
    """Another value in any column of any row."""
    table = chance.choice(list(_TABLES))
    names = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
    rows = raw.execute(f"SELECT * FROM {table} WHERE dossier = ?", (RICH,)).fetchall()
    row, column = chance.choice(rows), chance.choice(names)
    old = row[names.index(column)]
    new = _another(old, [other[names.index(column)] for other in rows], chance)
    where = " AND ".join(f"{key} = ?" for key in _TABLES[table])
    keys = [row[names.index(key)] for key in _TABLES[table]]
    raw.execute(f'UPDATE {table} SET "{column}" = ? WHERE dossier = ? AND {where}', (new, RICH, *keys))
    return f"{table}.{column} {keys}: {old!r} -> {new!r}"


def _another(old: Any, values: Sequence[Any], chance: random.Random) -> Any:
    new = old
    while new == old or str(new) == str(old):
        near = old + chance.choice([-1, 1, 100]) if isinstance(old, int) else f"{old or ''}{chance.choice('x 0')}"
        new = chance.choice([near, near, chance.choice(values), None, "", 0])
    return new


def other_amounts(raw: Raw, chance: random.Random) -> str:
    """Two lines of an entry changed so that it still balances."""
    posting = _any(raw, chance)
    by = chance.choice([1, 100, 12_345])
    for side in ("debit", "credit"):
        first = f"SELECT min(line) FROM entry_line WHERE dossier = '{RICH}' AND posting = {posting} AND {side} > 0"
        raw.execute(
            f"UPDATE entry_line SET {side} = {side} + ? WHERE dossier = ? AND posting = ? AND line = ({first})",
            (by, RICH, posting),
        )
    return f"entry {posting}: {by} more on both sides"


def drop(raw: Raw, chance: random.Random) -> str:
    """An entry is gone, with its lines."""
    posting = _any(raw, chance)
    _delete(raw, posting)
    return f"entry {posting} dropped"


def insert(raw: Raw, chance: random.Random) -> str:
    """An entry of another is put between two; those behind it move on."""
    at, like = _any(raw, chance), _any(raw, chance)
    entry = raw.execute("SELECT * FROM entry WHERE dossier = ? AND posting = ?", (RICH, like)).fetchone()
    lines = raw.execute("SELECT * FROM entry_line WHERE dossier = ? AND posting = ?", (RICH, like)).fetchall()
    for posting in sorted(_postings(raw), reverse=True):
        if posting >= at:
            _move(raw, posting, posting + 1)
    entry = (entry[0], at, entry[2], 1_000_000, *entry[4:])
    raw.execute(f"INSERT INTO entry VALUES ({', '.join('?' * len(entry))})", entry)
    for line in lines:
        raw.execute(f"INSERT INTO entry_line VALUES ({', '.join('?' * len(line))})", (line[0], at, *line[2:]))
    return f"entry {like} once more, as {at}"


def swap(raw: Raw, chance: random.Random) -> str:
    """Two entries change places."""
    one, other = chance.sample(_postings(raw), 2)
    _move(raw, one, -1)
    _move(raw, other, one)
    _move(raw, -1, other)
    return f"entries {one} and {other} swapped"


def swap_lines(raw: Raw, chance: random.Random) -> str:
    """Two lines of an entry change places."""
    posting = _any(raw, chance)
    for old, new in ((1, -1), (2, 1), (-1, 2)):
        where = (new, RICH, posting, old)
        raw.execute("UPDATE entry_line SET line = ? WHERE dossier = ? AND posting = ? AND line = ?", where)
    return f"lines 1 and 2 of entry {posting} swapped"


def truncate(raw: Raw, chance: random.Random) -> str:
    """The last entries are gone."""
    gone = sorted(_postings(raw))[-chance.randint(1, 8) :]
    for posting in gone:
        _delete(raw, posting)
    return f"entries {gone} cut off"


WAYS: tuple[Way, ...] = (edit, edit, edit, other_amounts, drop, insert, swap, swap_lines, truncate)


def _any(raw: Raw, chance: random.Random) -> int:
    return chance.choice(_postings(raw))


def _postings(raw: Raw) -> list[int]:
    return [row[0] for row in raw.execute("SELECT posting FROM entry WHERE dossier = ? ORDER BY posting", (RICH,))]


def _move(raw: Raw, old: int, new: int) -> None:
    for table in _TABLES:
        raw.execute(f"UPDATE {table} SET posting = ? WHERE dossier = ? AND posting = ?", (new, RICH, old))


def _delete(raw: Raw, posting: int) -> None:
    for table in _TABLES:
        raw.execute(f"DELETE FROM {table} WHERE dossier = ? AND posting = ?", (RICH, posting))


# ---------------------------------------------------------------- and covered up


def cover_up(raw: Raw) -> None:
    """Places, numbers, hashes and counters done anew, so that they fit what the entries now say."""
    years: Counter[str] = Counter()
    for place, old in enumerate(_postings(raw), 1):
        _move(raw, old, place)
        (year,) = raw.execute("SELECT year FROM entry WHERE dossier = ? AND posting = ?", (RICH, place)).fetchone()
        years[year] += 1
        raw.execute(
            "UPDATE entry SET number = ? WHERE dossier = ? AND posting = ?", (1_000_000 + years[year], RICH, place)
        )
    raw.execute("UPDATE entry SET number = number - 1000000 WHERE dossier = ?", (RICH,))
    head = GENESIS
    for row in raw.execute("SELECT * FROM entry WHERE dossier = ? ORDER BY posting", (RICH,)).fetchall():
        head = chained(head, _content(raw, row))
        raw.execute("UPDATE entry SET hash = ? WHERE dossier = ? AND posting = ?", (head, RICH, row[1]))
    pairs = ", ".join(f"'{year}', {count}" for year, count in years.items())
    raw.execute(
        f"UPDATE dossier SET head = ?, postings = ?, years = json_object({pairs}) WHERE code = ?",
        (head, years.total(), RICH),
    )


def _content(raw: Raw, row: Sequence[Any]) -> list[object]:
    posting, year, number, day, valid, at, journal, label, piece, transaction, slip, reversal, _ = row[1:]
    lines = tuple(
        Line(account, home, Currency(code, 0), amount, party, item)
        for account, home, code, amount, party, item in raw.execute(
            "SELECT account, debit - credit, currency, amount, third_party, item FROM entry_line"
            " WHERE dossier = ? AND posting = ? ORDER BY line",
            (RICH, posting),
        )
    )
    entry = Entry(date.fromisoformat(day), journal, label, piece, lines, transaction, slip, reversal)
    return columns(posting, year, number, date.fromisoformat(valid), at, entry)


# ---------------------------------------------------------------- the storm


class Storm:
    """One company's books, spoilt again and again, each time taken back."""

    def __init__(self, connection: Connection, company: Company) -> None:
        self.connection = connection
        self.company = company
        raw: Any = connection.connection.dbapi_connection
        self.raw: Raw = raw
        self.raw.execute("PRAGMA foreign_keys = OFF")
        self.head = self.kept_head()
        self.before = self._entries()
        self.found: Counter[str] = Counter()

    def kept_head(self) -> str:
        """What is noted elsewhere before anything is done."""
        return str(self.raw.execute("SELECT head FROM dossier WHERE code = ?", (RICH,)).fetchone()[0])

    def _entries(self) -> list[Any]:
        """Every entry and line but their hashes."""
        entries = self.raw.execute("SELECT * FROM entry ORDER BY dossier, posting").fetchall()
        return [row[:-1] for row in entries] + self.raw.execute(
            "SELECT * FROM entry_line ORDER BY dossier, posting, line"
        ).fetchall()

    def trial(self, way: Way, *, covered: bool, chance: random.Random) -> bool:
        """Do it and look; False where nothing could be done. Raises BrokenPromiseError."""
        self.connection.exec_driver_sql("BEGIN")
        try:
            unguard(self.raw)
            what = way(self.raw, chance)
            if covered:
                with suppress(TypeError, ValueError):  # no hash fits what is no date
                    cover_up(self.raw)
            if self._entries() == self.before:
                return False  # two lines that say the same were swapped
            self.found[self._looked(what)] += 1
            return True
        except sqlite3.IntegrityError:
            return False  # another row has this key, or the column wants a value
        finally:
            self.raw.rollback()

    def _looked(self, what: str) -> str:
        """Whether it was found by itself or by the head. Raises BrokenPromiseError."""
        if self._findings(None):
            return "by itself"
        if self._findings(self.head):
            return "by the head"
        raise BrokenPromiseError(what)

    def _findings(self, head: str | None) -> set[str]:
        found = audit(self.connection, RICH, self.company, head)
        return {finding.code for finding in found} - _OF_THE_FILE


@contextmanager
def _storm() -> Iterator[Storm]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "books.sqlite"
        make(path)
        store = SqlStore(f"sqlite:///{path}", FixedClock())
        with store.books(RICH, writing=False) as books:
            company = books.company
        with store.engine.connect() as connection:
            yield Storm(connection, company)
        store.close()


# Mistakes that the storm must notice: a chain that covers entries without their lines; a head that nobody kept.
PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "lines_forgotten": lambda: mock.patch.object(chain, "_line_columns", return_value=()),
    "head_not_kept": lambda: mock.patch.object(Storm, "kept_head", return_value=GENESIS),
}


def run(count: int, seed: int, planted: str = "") -> Counter[str]:
    """So many tamperings, all of them found; how. Raises BrokenPromiseError with the seed."""
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    with PLANTED[planted](), _storm() as storm:
        while done.total() < count:
            way, covered = chance.choice(WAYS), chance.random() < 0.5
            try:
                if storm.trial(way, covered=covered, chance=chance):
                    done[f"{way.__name__}{' and covered up' if covered else ''}"] += 1
            except BrokenPromiseError as broken:
                raise BrokenPromiseError(f"seed {seed}, trial {done.total() + 1}, not found: {broken}") from None
        return done + storm.found


def figure(count: int, seed: int, planted: str = "") -> str:
    """How much was done and found, in a line."""
    done = run(count, seed, planted)
    for what, times in sorted(done.items()):
        say(f"{times:6} {what}")
    return f"{count:,} tamperings, {done['by itself'] + done['by the head']:,} found"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "G10",
        lambda given, bug: figure(given.count, given.seed, bug),
        PLANTED,
        options={"count": 1_000},
        trial={"count": 300},
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

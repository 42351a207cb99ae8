"""Entries: the list by date, the lines of one account, one entry; they are only ever added."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from lettrage.adapters.store.lettering import Letters
from lettrage.adapters.store.looks.ageing import AgeingLooks
from lettrage.adapters.store.paging import Position, begun
from lettrage.adapters.store.reading import held
from lettrage.books.chain import GENESIS
from lettrage.books.chain import shown as number_shown
from lettrage.books.journal import AccountLine, EntryLine, Head, Search, Whole
from lettrage.books.lettering import Letter, Place
from lettrage.company.customer import kept

# The sale of an invoice leads to its document.
_HEAD = """
SELECT e.posting, e.year, e.number, e.date, e.journal, e.label, e.piece, e."transaction", e.slip, o.year, o.number,
       (SELECT max(s.id) FROM invoice v JOIN sales_document s ON s.dossier = v.dossier AND s.number = v.number
        AND s.invoice = v.id WHERE v.dossier = ?1 AND v.posting = e.posting)
"""
_REVERSED = "LEFT JOIN entry o ON o.dossier = ?1 AND o.posting = e.reversal_of"
_TOTALS = """
SELECT l.posting, CAST(sum(l.debit) AS BIGINT) FROM json_each(?2) k
CROSS JOIN entry_line l ON l.dossier = ?1 AND l.posting = CAST(k.value->>0 AS BIGINT) GROUP BY l.posting
"""
_WHOLE = f"""
{_HEAD}, e.valid_date, e.posted_at, e.hash,
       (SELECT b.hash FROM entry b WHERE b.dossier = ?1 AND b.posting = e.posting - 1),
       (SELECT r.posting FROM entry r WHERE r.dossier = ?1 AND r.reversal_of = e.posting)
FROM entry e {_REVERSED} WHERE e.dossier = ?1 AND e.year = ?2 AND e.number = ?3
"""
_LINES = """
SELECT l.line, l.account, l.third_party, p.record, l.debit, l.credit, l.currency, l.amount, d.prefix, d.piece
FROM entry_line l LEFT JOIN due_item d ON d.dossier = l.dossier AND d.id = l.item
LEFT JOIN third_party p ON p.dossier = l.dossier AND p.code = l.third_party
WHERE l.dossier = ?1 AND l.posting = ?2 ORDER BY l.line
"""
_NUMBERED = "SELECT year, number FROM entry WHERE dossier = ?1 AND posting = ?2"
_HEAD_COLUMNS = 12


class JournalLooks(AgeingLooks, Letters):
    """What was posted."""

    def entry_heads(self, search: Search, after: Position, limit: int) -> tuple[list[Head], Position | None]:
        """A page of entries, the latest date first."""
        where, parameters = _filter(search)
        if after:
            parameters += begun(after, ("", 0))
            where += f" AND (e.date, e.posting) < (?{len(parameters)}, ?{len(parameters) + 1})"
        order = "ORDER BY e.date DESC, e.posting DESC"
        inner = f"SELECT e.* FROM entry e WHERE {where} {order} LIMIT {limit + 1}"
        rows = self.rows(f"{_HEAD} FROM ({inner}) e {_REVERSED} {order}", *parameters)
        totals = self._totals([row[0] for row in rows[:limit]])
        found = [_head(row, totals[row[0]]) for row in rows[:limit]]
        return found, (found[-1].date.isoformat(), found[-1].posting) if len(rows) > limit else None

    def _totals(self, postings: Sequence[int]) -> dict[int, int]:
        return dict(self.rows(_TOTALS, msgspec.json.encode([[posting] for posting in postings]).decode()))

    def account_lines(self, search: Search, after: Position, limit: int) -> tuple[list[AccountLine], Position | None]:
        """A page of the lines of one account, the last posted first.

        What the account stood at after a line is what it stands at now less what came later: entries are only added,
        so that a page goes on from what the page before had come to.
        """
        posting, line, stands = begun(after, (0, 0, 0))
        where, parameters = _filter(search)
        parameters += (search.account,)
        where += f" AND l.account = ?{len(parameters) + 1}"
        if after:
            parameters += (posting, line)
            where += f" AND (l.posting, l.line) < (?{len(parameters)}, ?{len(parameters) + 1})"
        else:
            stands = self.balance_of(search.account)
        sql = (
            f"{_HEAD}, l.line, l.third_party, l.debit, l.credit, l.currency, l.amount FROM entry_line l"
            f" CROSS JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting {_REVERSED}"
            f" WHERE l.dossier = ?1 AND {where} ORDER BY l.posting DESC, l.line DESC LIMIT {limit + 1}"
        )
        rows = self.rows(sql, *parameters)
        letters = self.letters(row[0] for row in rows[:limit])
        found = list(_account_lines(rows[:limit], letters, int(stands)))
        if len(rows) <= limit:
            return found, None
        last = found[-1]
        return found, (last.head.posting, last.line, last.after - last.debit + last.credit)

    def entry_whole(self, year: str, number: int) -> Whole | None:
        """One entry; None where there is none of this number."""
        rows = self.rows(_WHOLE, year, number)
        if not rows:
            return None
        valid, at, hash_, before, reversed_by = rows[0][_HEAD_COLUMNS:]
        posting, letters = rows[0][0], self.letters([rows[0][0]])
        lines = tuple(_line(row[1:], letters.get((posting, row[0]))) for row in self.rows(_LINES, posting))
        head = _head(rows[0], sum(line.debit for line in lines))
        by = self.rows(_NUMBERED, reversed_by) if reversed_by is not None else []
        told = number_shown(*by[0]) if by else ""
        return Whole(head, date.fromisoformat(valid), at, hash_, before or GENESIS, told, lines)

    def journals(self) -> list[str]:
        """The journals that have entries: one step along the index for each."""
        found: list[str] = []
        sql = "SELECT min(journal) FROM entry WHERE dossier = ?1 AND journal > ?2"
        while (following := self.rows(sql, found[-1] if found else "")[0][0]) is not None:
            found.append(following)
        return found


def _filter(search: Search) -> tuple[str, tuple[object, ...]]:
    """The condition on entries, its parameters from ?2 on; only what is asked for, so that the right index is taken."""
    asked = (
        ("e.journal =", search.journal),
        ("e.date >=", search.first.isoformat() if search.first else ""),
        ("e.date <=", search.last.isoformat() if search.last else ""),
    )
    parts: list[str] = ["e.dossier = ?1"]
    parameters: tuple[object, ...] = ()
    for condition, value in asked:
        if value:
            parameters = (*parameters, value)
            parts.append(f"{condition} ?{len(parameters) + 1}")
    return " AND ".join(parts), parameters


def _head(row: Sequence[object], total: int = 0) -> Head:
    posting, year, number, day, journal, label, piece, transaction, slip, of_year, of_number, document = row[:12]
    reversal = number_shown(str(of_year), int(str(of_number))) if of_year else ""
    return msgspec.convert(
        {
            "posting": posting, "year": year, "number": number, "date": day, "journal": journal, "label": label,
            "piece": piece, "transaction": transaction, "slip": slip, "reversal_of": reversal, "document": document,
            "total": total,
        },
        Head,
    )  # fmt: skip


def _account_lines(
    rows: Sequence[Sequence[Any]], letters: Mapping[Place, Letter], stands: int
) -> Iterator[AccountLine]:
    for row in rows:
        line, party, debit, credit, code, amount = row[_HEAD_COLUMNS:]
        told = {
            "head": _head(row), "line": line, "third_party": party, "debit": debit, "credit": credit,
            "currency": held(str(code)), "amount": amount, "letter": letters.get((row[0], line)), "after": stands,
        }  # fmt: skip
        found = msgspec.convert(told, AccountLine)
        yield found
        stands -= found.debit - found.credit


def _line(row: Sequence[object], letter: Letter | None) -> EntryLine:
    account, party, record, debit, credit, code, amount, prefix, piece = row
    name = kept(msgspec.json.decode(str(record))).name if record else ""
    told = {
        "account": account, "third_party": party, "name": name, "debit": debit, "credit": credit,
        "currency": held(str(code)), "amount": amount, "letter": letter, "piece": f"{prefix or ''}{piece or ''}",
    }  # fmt: skip
    return msgspec.convert(told, EntryLine)

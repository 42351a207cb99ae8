"""Reading third parties: who they are and what is open of theirs.

Only what is open is read, by an index of its own: years of settled invoices cost nothing here.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from lettrage.adapters.store.listing import by_date_then_piece
from lettrage.adapters.store.paging import Page, Position, begun, page
from lettrage.adapters.store.past import Past
from lettrage.adapters.store.reading import ITEM_COLUMNS, ITEM_JOINS, STANDING, held, item
from lettrage.books.balances import Balance, shape, statement
from lettrage.money import Currency
from lettrage.settlement.document import Item, ThirdParty

_BALANCE = ", ".join(
    f"CAST(sum(CASE WHEN {condition} THEN d.{column} ELSE 0 END) AS BIGINT)"
    for column in ("open", "carried")
    for condition in (
        "d.kind <> 'advance' AND d.due_date <= ?2",
        "d.kind <> 'advance' AND d.due_date > ?2",
        "d.kind = 'advance'",
    )
)
_OPEN = f"d.dossier = ?1 AND d.open <> 0 AND {STANDING}"
# An invoice's label is its entry's, an advance's the one of the header that made it.
_LABEL = "coalesce(e.label, h.label, '')"
_LABEL_JOINS = (
    " LEFT JOIN entry e ON e.dossier = v.dossier AND e.posting = v.posting"
    ' LEFT JOIN header h ON h.dossier = d.dossier AND h."transaction" = d."transaction" AND h."order" = d."order"'
)
# Returned payments that stand: what was reported by mistake and cancelled does not count.
_UNPAID = (
    "SELECT u.third_party, count(*) AS n FROM unpaid u"
    ' JOIN "transaction" t ON t.dossier = u.dossier AND t.number = u."transaction" AND t.status <> \'cancelled\''
    " WHERE u.dossier = ?1"
)


class _Record(msgspec.Struct):
    """What of a third party's record is shown here."""

    name: str = ""


_name = msgspec.json.Decoder(_Record).decode


class Parties(Past):
    """The third parties of one dossier, in the shapes of `books/balances.py`."""

    def third_parties(self, today: date, home: Currency, *, everything: bool) -> list[dict[str, Any]]:
        """Third parties by code, a line for each currency; without `everything` only those with something open."""
        open_ = self._open_by_party(today)
        known = self._everybody() if everything else self._parties(open_)
        return _lines(known, open_, self._unpaid(), home)

    def third_parties_page(self, today: date, home: Currency, after: Position, limit: int, *, everything: bool) -> Page:
        """The same list page by page, by code then currency: only what is open of a page's third parties is read."""
        code, currency = begun(after, ("", ""))
        open_only = f" AND EXISTS (SELECT 1 FROM due_item d WHERE {_OPEN} AND d.third_party = p.code)"
        sql = (
            "SELECT p.code, p.ledger, p.record FROM third_party p WHERE p.dossier = ?1 AND p.code >= ?2"
            f"{'' if everything else open_only} ORDER BY p.code LIMIT ?3"
        )
        known = self.rows(sql, code, limit + 2)  # the one where the page before ended, and one after this page
        if not known:
            return Page([], None)
        ends = (str(known[0][0]), str(known[-1][0]))
        every = _lines(known, self._open_by_party(today, *ends), self._unpaid(*ends), home)
        lines = [line for line in every if (line["third_party"], line["currency"]) > (code, currency)][: limit + 1]
        return page(lines[:limit], [(line["third_party"], line["currency"]) for line in lines], limit)

    def _unpaid(self, *ends: str) -> dict[str, int]:
        """How many payments of each third party came back; of those from one code to another where they are given."""
        between = " AND u.third_party >= ?2 AND u.third_party <= ?3" if ends else ""
        return dict(self.rows(f"{_UNPAID}{between} GROUP BY u.third_party", *ends))

    def _everybody(self) -> Iterable[Any]:
        return self.rows("SELECT code, ledger, record FROM third_party WHERE dossier = ? ORDER BY code")

    def _parties(self, codes: Iterable[str]) -> Iterable[Any]:
        sql = (
            "SELECT p.code, p.ledger, p.record FROM json_each(?2) k"
            " CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0 ORDER BY p.code"
        )
        return self.rows(sql, msgspec.json.encode([[code] for code in codes]).decode())

    def _open_by_party(self, today: date, *ends: str) -> dict[str, list[tuple[Currency, Balance]]]:
        """What is open of each third party, by currency; of those from one code to another where they are given."""
        between = " AND d.third_party >= ?3 AND d.third_party <= ?4" if ends else ""
        sql = (
            f"SELECT d.third_party, d.currency, {_BALANCE} FROM due_item d"
            f" WHERE {_OPEN}{between}"
            " GROUP BY d.third_party, d.currency ORDER BY d.third_party, d.currency"
        )
        found: dict[str, list[tuple[Currency, Balance]]] = {}
        for code, currency, *sums in self.rows(sql, today.isoformat(), *ends):
            found.setdefault(code, []).append((held(currency), Balance(*sums)))
        return found

    def statement(self, code: str, today: date, home: Currency, as_of: date | None = None) -> dict[str, Any] | None:
        """What is open of one third party, with the totals of each currency; None when there is no such one.

        `as_of`: what was open at the end of that day, by the entries up to then.
        """
        known = self.rows("SELECT code, ledger, means, record FROM third_party WHERE dossier = ?1 AND code = ?2", code)
        if not known:
            return None
        lines = self._open_now(code) if as_of is None else self._open_then(code, as_of)
        lines.sort(key=lambda line: by_date_then_piece(line[0]))
        known_then = f"{_UNPAID} AND u.third_party = ?2 AND t.date <= ?3 GROUP BY u.third_party"
        unpaid = sum(row[1] for row in self.rows(known_then, code, as_of.isoformat() if as_of else "9"))
        *party, record = known[0]
        return statement(ThirdParty(*party), _name(record).name, lines, unpaid, as_of or today, home)

    def _open_now(self, code: str) -> list[tuple[Item, str]]:
        sql = (
            f"SELECT {ITEM_COLUMNS}, {_LABEL} FROM due_item d{ITEM_JOINS}{_LABEL_JOINS}"
            f" WHERE d.dossier = ?1 AND d.third_party = ?2 AND d.open <> 0 AND {STANDING}"
        )
        return [(item(row[:-1]), str(row[-1])) for row in self.rows(sql, code)]

    def _open_then(self, code: str, day: date) -> list[tuple[Item, str]]:
        sql = (
            f"SELECT {ITEM_COLUMNS}, {_LABEL} FROM json_each(?2) k CROSS JOIN due_item d ON d.dossier = ?1"
            f" AND d.id = CAST(k.value->>0 AS BIGINT){ITEM_JOINS}{_LABEL_JOINS}"
        )
        left = self.open_at(code, day)
        found = [(item(row[:-1]), str(row[-1])) for row in self.rows(sql, _keys(left))]
        return [
            (msgspec.structs.replace(one, open=left[one.id][0], carried=left[one.id][1]), label) for one, label in found
        ]


def _keys(items: Iterable[int]) -> str:
    return msgspec.json.encode([[key] for key in items]).decode()


def _lines(
    known: Iterable[Any], open_: dict[str, list[tuple[Currency, Balance]]], unpaid: dict[str, int], home: Currency
) -> list[dict[str, Any]]:
    """A line for each third party and currency; one of zeros at home where nothing is open."""
    lines = []
    for code, ledger, record in known:
        shown = {"third_party": code, "kind": ledger, "name": _name(record).name, "unpaid": unpaid.get(code, 0)}
        for currency, balance in open_.get(code) or [(home, Balance())]:
            lines.append(shown | shape(balance, currency, home))
    return lines

"""Third parties as their pages show them: the list, and one file with what came back of its payments."""

from collections.abc import Sequence

import msgspec

from lettrage.adapters.store.paging import Position, begun
from lettrage.adapters.store.reading import Reader
from lettrage.company.customer import kept
from lettrage.company.file import File
from lettrage.settlement.document import Ledger

# Returned payments that stand: what was reported by mistake and cancelled does not count.
_COLUMNS = """
SELECT p.code, p.ledger, p.means, p.record,
       (SELECT count(*) FROM unpaid u JOIN "transaction" t ON t.dossier = u.dossier AND t.number = u."transaction"
        WHERE u.dossier = ?1 AND u.third_party = p.code AND t.status <> 'cancelled')
FROM third_party p
"""
_PUBLIC = """lower(p.record) LIKE '%"chorus":{%'"""


class CustomerLooks(Reader):
    """Who there is."""

    def files(
        self, ledger: Ledger, text: str, after: Position, limit: int, *, public: bool
    ) -> tuple[Sequence[File], Position | None]:
        """A page of third parties by code. `text`: somewhere in the code or in the file; `public`: by Chorus Pro."""
        (code,) = begun(after, ("",))
        parts = ["p.dossier = ?1 AND p.code > ?2 AND p.ledger = ?3", *([_PUBLIC] if public else [])]
        if text:
            parts.append("(lower(p.code) LIKE lower(?4) ESCAPE '\\' OR lower(p.record) LIKE lower(?4) ESCAPE '\\')")
        sql = f"{_COLUMNS} WHERE {' AND '.join(parts)} ORDER BY p.code LIMIT {limit + 1}"
        rows = self.rows(sql, code, ledger, *([f"%{_plain(text)}%"] if text else []))
        found = [_file(row) for row in rows[:limit]]
        return found, (found[-1].code,) if len(rows) > limit else None

    def file(self, code: str) -> File | None:
        """One third party's file; None where there is none of this code."""
        rows = self.rows(f"{_COLUMNS} WHERE p.dossier = ?1 AND p.code = ?2", code)
        return _file(rows[0]) if rows else None

    def names_of(self, codes: Sequence[str]) -> dict[str, str]:
        """The names of these third parties."""
        sql = (
            "SELECT p.code, p.record FROM json_each(?2) k"
            " CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0"
        )
        keys = msgspec.json.encode([[code] for code in codes]).decode()
        return {code: kept(msgspec.json.decode(record)).name for code, record in self.rows(sql, keys)}


def _plain(text: str) -> str:
    """A text in which no character stands for others."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _file(row: Sequence[object]) -> File:
    code, ledger, means, record, unpaid = row
    told = msgspec.json.decode(str(record))
    return msgspec.convert(
        {"code": code, "ledger": ledger, "means": means, "unpaid": unpaid, "record": told, "customer": kept(told)}, File
    )

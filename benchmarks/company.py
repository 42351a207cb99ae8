"""The company of the benchmarks, and the documents that it receives: each settlement pays two invoices by cheque."""

import json
from typing import Any

from sqlalchemy import Connection

from lettrage import opening
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store import schema
from lettrage.adapters.store.books import SqlStore

CUSTOMERS = 500


def make(address: str, codes: list[str], items: int) -> None:
    """Books with these dossiers, each with so many open invoices of 100 euros."""
    store = SqlStore(address, SystemClock(), create=True)
    loaded = opening.load(load_file(codes, items), "load.json", "", store, SystemClock())
    assert not loaded.faults, loaded.faults[0].say("en")
    store.close()


def load_file(codes: list[str], items: int) -> bytes:
    """A load file with so many open invoices in each dossier, spread over the customers."""
    parties = [{"code": f"C{n:05}", "kind": "customer", "name": f"Client {n}"} for n in range(CUSTOMERS)]
    invoices = [
        {
            "third_party": f"C{n % CUSTOMERS:05}",
            "number": str(n),
            "date": "2024-01-02",
            "currency": "EUR",
            "due_items": [{"due_date": "2024-02-01", "amount": "100.00"}],
        }
        for n in range(items)
    ]
    one = {"name": "Bench", "currency": "EUR", "third_parties": parties, "invoices": invoices}
    return json.dumps({"dossiers": [{"code": code} | one for code in codes]}).encode()


def document(code: str, first: int, size: int) -> bytes:
    """A document of `size` settlements, from the `first` on; each pays an invoice and the same customer's next one."""
    headers = []
    for settlement in range(first, first + size):
        block, customer = divmod(settlement, CUSTOMERS)
        party, one = f"C{customer:05}", block * 2 * CUSTOMERS + customer
        details = [
            {"DetailReglement": {"MTDEVFIN": "100", "PREFPIECE": " ", "PIECE": str(piece), "TIERS": party}}
            for piece in (one, one + CUSTOMERS)
        ]
        headers.append({"EnteteReglement": _header(party) | {"DetailReglementtb": details}})
    action = {"swinfinity": "integration_reglement", "parameters": {"dos": code}}
    return json.dumps({"action": action, "data": {"EnteteReglementtb": headers}}, ensure_ascii=False).encode()


def _header(party: str) -> dict[str, Any]:
    return {
        "TRANSACDT": "20240310",
        "DEV": "EUR",
        "TIERS": party,
        "MTDEV": "200",
        "LIB": "Règlement",
        "RegltTyp": "1",
        "ChgEtat": "PORCHQ",
    }


def documents(codes: list[str], size: int, count: int, items: int) -> list[bytes]:
    """Documents that never meet the same invoice twice, the dossiers in turn."""
    assert items_for(codes, size, count) <= items, "not enough open items for so many documents"
    made = []
    for at in range(count):
        turn, code = divmod(at, len(codes))
        made.append(document(codes[code], turn * size, size))
    return made


def items_for(codes: list[str], size: int, count: int) -> int:
    """How many open items each dossier needs for so many documents."""
    settlements = -(-count // len(codes)) * size
    return 2 * CUSTOMERS * -(-settlements // CUSTOMERS)


# What tells a loaded invoice's rows from the next invoice's: numbers, and texts that are one.
_NUMBERED = {
    "entry": {"posting", "number"},
    "entry_line": {"posting"},
    "invoice": {"id", "number", "posting"},
    "due_item": {"id", "piece", "invoice"},
}
_NUMBERS_AS_TEXT = {("invoice", "number"), ("due_item", "piece")}


def multiply(connection: Connection, code: str, items: int, times: int) -> None:
    """Copy a dossier's loaded invoices inside the database until there are `times` as many; its counters follow."""
    for table, numbered in _NUMBERED.items():
        columns = schema.metadata.tables[table].columns.keys()
        values = [_moved(table, column, items) if column in numbered else f't."{column}"' for column in columns]
        connection.exec_driver_sql(
            f"WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < {times - 1})"
            f' INSERT INTO "{table}" SELECT {", ".join(values)} FROM copy CROSS JOIN "{table}" t'
            f" WHERE t.dossier = '{code}'"
        )
    after = items * times
    connection.exec_driver_sql(
        f"UPDATE dossier SET next_item = {after + 1}, postings = {after}, years = '{{\"2024\":{after}}}'"
        f" WHERE code = '{code}'"
    )


def _moved(table: str, column: str, items: int) -> str:
    """A column's value in the nth copy."""
    if (table, column) in _NUMBERS_AS_TEXT:
        return f'CAST(CAST(t."{column}" AS BIGINT) + copy.n * {items} AS TEXT)'
    return f't."{column}" + copy.n * {items}'

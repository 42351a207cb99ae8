"""A statement about companies' rows cannot be written without a company: every SQL text of the source is read.

python -m tests.attacks.sql_texts
"""

import ast
import inspect
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from lettrage.adapters.store import schema
from lettrage.adapters.store.books import SqlStore
from lettrage.ports import Store
from tests.attacks.battery import ROOT, command
from tests.reliability.long_form import BrokenPromiseError

SOURCE = ROOT / "src" / "lettrage"
_TABLE = "|".join(sorted(schema.metadata.tables, key=len, reverse=True))
_NAMES_A_TABLE = re.compile(rf'\b(?:FROM|INTO|UPDATE|JOIN)\s+"?(?:{_TABLE})"?(?![\w.])', re.ASCII)
_SQL = re.compile(r"\b(?:SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\s", re.DOTALL)
# Of the database as a whole, before any company is known: which there are, whether anybody can sign in, an upgrade.
AS_A_WHOLE = re.compile(r"SELECT code FROM dossier|SELECT 1 FROM login LIMIT 1|FROM dossier\b")
STORE = SOURCE / "adapters" / "store"
ELSEWHERE = ("migrations", "backups", "cluster.py", "distribution.py", "statistics.py")  # of all companies together


def texts(files: list[Path]) -> Iterator[tuple[str, str]]:
    """Every text with a statement in it, what it is put together from filled in as far as it is written there."""
    for file in files:
        tree = ast.parse(file.read_text("utf-8"))
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(p.value) if isinstance(p, ast.Constant) else " {} " for p in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
                text = node.value
            else:
                continue
            yield f"{file.relative_to(SOURCE)}:{node.lineno}", text


def statements(files: list[Path]) -> list[tuple[str, str]]:
    """The texts that read or write a table of companies."""
    return [(place, text) for place, text in texts(files) if _SQL.search(text) and _NAMES_A_TABLE.search(text)]


def findings(found: list[tuple[str, str]]) -> Iterator[str]:
    """Statements that name no company."""
    for place, text in found:
        if "dossier" not in text and "{}" not in text:
            yield f"{place}: {' '.join(text.split())[:100]}"


def battery(_chance: random.Random, _count: int) -> str:
    """Every SQL text of the store; none elsewhere; no books without a company."""
    own = [file for file in STORE.rglob("*.py") if not any(part in file.as_posix() for part in ELSEWHERE)]
    others = [file for file in SOURCE.rglob("*.py") if STORE not in file.parents]
    stored = statements(own)
    found = [one for one in findings(stored) if not AS_A_WHOLE.search(one)]
    found += [place for place, _ in statements(others)]
    if found:
        raise BrokenPromiseError("; ".join(found))
    for port in (Store.books, Store.write, SqlStore.books, SqlStore.write):
        if "dossier" not in inspect.signature(port).parameters:
            raise BrokenPromiseError(f"{port} opens books without a company")
    return f"{len(stored)} statements, 0 without a company, 0 outside the store"


@contextmanager
def _without_a_company() -> Iterator[None]:
    real = Path.read_text

    def read(path: Path, *arguments: str) -> str:
        more = '\nX = "SELECT amount FROM due_item WHERE id = ?1"\n' if path.name == "listing.py" else ""
        return real(path, *arguments) + more

    with mock.patch.object(Path, "read_text", read):
        yield


BUGS = {"a_statement_without_a_company": _without_a_company}


if __name__ == "__main__":
    sys.exit(command("G2", battery, count=1, bugs=BUGS))

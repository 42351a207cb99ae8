"""What is said to the database, held against what a cluster takes.

A cluster answers a statement on one machine when each table in it is met by a dossier that is known beforehand: then
it may say whatever PostgreSQL understands. PostgreSQL shows that itself: with every table cut into parts by the hash of
the dossier, its plan names one part of each. Citus looks at the same conditions of the same planner.
"""

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from types import FrameType
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine, event

from lettrage.adapters.store import postgresql
from lettrage.adapters.store.cluster import SPREAD
from tests import databases

# Questions about all dossiers, each about one table, with nothing locked: a cluster asks every machine.
OVER_ALL = {"SELECT code FROM dossier ORDER BY code", "SELECT 1 FROM login LIMIT 1"}

# What Citus refuses whatever the dossier, by its words (docs/scaling.md names where each is said).
REFUSED = {
    "a statement that writes to several tables": re.compile(r"\bWITH\b.*\bAS\s*\(\s*(INSERT|UPDATE|DELETE)\b"),
    "a question within what is inserted": re.compile(r"^INSERT\b.*\bVALUES\s*\(.*\bSELECT\b"),
    "a function that is new at each call, in a change": re.compile(
        r"(^(UPDATE|DELETE)|\bDO UPDATE SET)\b.*"
        r"\b(random|clock_timestamp|nextval|gen_random_uuid|now|json_build_array)\("
    ),
    "another dossier for a row": re.compile(r"^UPDATE\b(?:(?!\bWHERE\b).)*(?:\bSET|,)\s*\"?dossier\"?\s*="),
    "a lock on a whole table": re.compile(r"^LOCK\b"),
    "where a row lies": re.compile(r"\bctid\b"),
}
_PART = re.compile(r"(\w+)_p(\d+)$")
_ON_THE_WAY = re.compile(r"/(sqlalchemy|alembic)/|store/sql\.py$|^<string>$")
# Said about all dossiers on purpose. A backup reads one whole table after the other; what is restored and migrated is
# changed on each machine by itself, since the rows that meet are of one dossier. Of these the words alone are judged.
_ABOUT_ALL = re.compile(r"/store/(backups|migrations)/")
_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "LOCK")


def refused_words(sql: str) -> list[str]:
    """What a cluster would not take of a statement, by its words alone."""
    flat = " ".join(sql.split())
    return [why for why, words in REFUSED.items() if words.search(flat)]


def machines_asked(plan: Any) -> dict[str, set[str]]:
    """Of each table in a plan, the parts that would be asked."""
    asked: dict[str, set[str]] = defaultdict(set)

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            found = _PART.match(node.get("Relation Name", ""))
            if found and found[1] in SPREAD:
                asked[found[1]].add(found[2])
            if node.get("Subplans Removed"):
                asked["of a plan, chosen only while it runs"] |= {"some", "others"}
            for each in node.values():
                walk(each)

    walk(plan)
    return asked


class Said(NamedTuple):
    """A statement in PostgreSQL's spelling, and the first values that it was said with."""

    values: Any
    about_all: bool


def faults(connection: "psycopg.Connection[Any]", sql: str, said: Said) -> list[str]:
    """What a cluster would have against a statement of ours."""
    found = refused_words(sql)
    if said.about_all or sql in OVER_ALL or not sql.lstrip().startswith(_VERBS) or sql.startswith("LOCK"):
        return found
    try:
        plan = connection.execute(f"EXPLAIN (FORMAT JSON) {sql}", said.values or None).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.SyntaxError):
        return found  # said while an older schema was brought up to date, or by a bug that was planted: none was done
    assert plan is not None
    many = [f"{table}: parts {sorted(parts)}" for table, parts in machines_asked(plan[0]).items() if len(parts) > 1]
    return [*found, *(f"more than one machine is asked for {each}" for each in many)]


@cache
def _explaining() -> "psycopg.Connection[Any]":
    """Where plans are asked for: empty books of their own. Values are given as the program gives them."""
    connection = psycopg.connect(databases.another_copy(), autocommit=True, prepare_threshold=None)
    postgresql._prepare(connection, None)
    return connection


_judged: set[str] = set()


@contextmanager
def each_on_one_machine() -> Iterator[None]:
    """Judge every statement that the program says meanwhile; each wording once."""
    heard: dict[str, Said] = {}

    def hear(connection: Any, _cursor: Any, sql: str, parameters: Any, *_more: Any) -> None:
        if sql not in _judged and sql not in heard and databases.is_tests_own(connection.engine) and _of_ours(sql):
            asker = _asker()
            if f"{os.sep}tests{os.sep}" not in asker:
                heard[sql] = Said(_first(parameters), bool(_ABOUT_ALL.search(asker)))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    _judged.update(heard)
    found = {sql: against for sql, said in heard.items() if (against := faults(_explaining(), sql, said))}
    assert not found, json.dumps(found, indent=1)


def _of_ours(sql: str) -> bool:
    """What is said of books, and not of the catalogue."""
    catalogue = " pg_" in sql or "alembic_version" in sql
    return sql.lstrip().startswith(_VERBS) and not catalogue


def _asker() -> str:
    """The file of the function that asks."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _ON_THE_WAY.search(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else ""


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else values


def close() -> None:
    """Forget where plans were asked for."""
    if _explaining.cache_info().currsize:
        with closing(_explaining()):
            _explaining.cache_clear()

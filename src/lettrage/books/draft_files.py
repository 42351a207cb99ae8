"""Files of entries typed by hand elsewhere: JSON, or a table with a line for each line of an entry."""

from pathlib import PurePath
from typing import Any

from lettrage.books.drafts import FIELDS, LINE_FIELDS
from lettrage.limits import DOCUMENT
from lettrage.opening.table import rows_of
from lettrage.refusal import Refusal, Unreadable, quoted
from lettrage.settlement import dialect

_HEAD = ("date", "journal", "label", "piece")


def parse(data: bytes, name: str) -> list[dict[str, Any]]:
    """The records of a file: one draft, a list of them, or {"drafts": [...]}. Raises Unreadable."""
    text = dialect.decode(data)
    if PurePath(name).suffix.lower() == ".csv":
        return _gathered(rows_of(text))
    tree = dialect.parse(text, DOCUMENT).tree
    if type(tree) is dict and "drafts" in tree:
        tree = tree["drafts"]
    found: list[dict[str, Any]] = []
    for index, record in enumerate(tree if type(tree) is list else [tree]):
        if not isinstance(record, dict):
            raise Unreadable(Refusal("not_an_object", f"drafts[{index}]", quoted(str(record)), ", ".join(FIELDS)))
        found.append(record)
    return found


def _gathered(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Lines with the same date, journal, label and piece are one entry, also where a line leaves these blank."""
    found: list[dict[str, Any]] = []
    for row in rows:
        head = {name: row.get(name, "").strip() for name in _HEAD}
        if not found or (any(head.values()) and head != {name: found[-1][name] for name in _HEAD}):
            found.append({**head, "lines": []})
        strangers = {name: value for name, value in row.items() if name not in (*_HEAD, *LINE_FIELDS)}
        found[-1]["lines"].append({name: row[name] for name in LINE_FIELDS if name in row} | strangers)
    return found

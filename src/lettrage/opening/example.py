"""The company to try things with: a few customers with open invoices, dated around the day on which it is loaded."""

import json
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

_DATES = ("date", "due_date")  # in the file as days from today


def example(today: date) -> bytes:
    """The example company as a load file."""
    record = json.loads(files("lettrage.opening").joinpath("example.json").read_text("utf-8"))
    return json.dumps({"dossiers": [_dated(record, today)]}).encode()


def code() -> str:
    """Its dossier."""
    record: dict[str, str] = json.loads(files("lettrage.opening").joinpath("example.json").read_text("utf-8"))
    return record["code"]


def _dated(value: Any, today: date) -> Any:
    if isinstance(value, list):
        return [_dated(one, today) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: (today + timedelta(one)).isoformat() if name in _DATES else _dated(one, today)
        for name, one in value.items()
    }

"""An error of our own says a reference and nothing else; the log has where it arose, never what was being said.

python -m tests.attacks.quiet_errors --count 200
"""

import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

from starlette.applications import Starlette

from lettrage.adapters.http import app
from lettrage.adapters.store.books import SqlStore
from tests.attacks.battery import command
from tests.journeys.helpers import Firm, company, invoice
from tests.people import service
from tests.people.service import Client, ask
from tests.people.test_roles import GUARDED
from tests.reliability.long_form import BrokenPromiseError

SECRET = "FR7630006000011234567890189 in /srv/books.sqlite"  # noqa: S105  what an error of ours may be about
INTERNAL = (SECRET, "FR76", "/srv", "Traceback", "RuntimeError", ".py", "sqlite", "line ")


def _broken(*_arguments: Any, **_more: Any) -> NoReturn:
    raise RuntimeError(SECRET)


def battery(_chance: random.Random, count: int) -> str:
    """So many calls while the books fail in a way that nobody foresaw."""
    logged: list[dict[str, Any]] = []

    def log(event: str, **facts: Any) -> None:
        logged.append({"event": event, **facts})

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(service, "_quiet", log):
        firm = Firm(Path(folder), company(invoices=[invoice("1", "100.00")]))
        token = firm.store.accounts.issue("chief", "administrator", "")
        client, answers = Client(firm), 0
        with mock.patch.multiple(SqlStore, books=_broken, write=_broken, audit=_broken):
            while answers < count:
                before = answers
                for route in GUARDED:
                    answer = ask(client, route, token)
                    if answer.status_code == 500 and answers < count:
                        _judge(str(route), answer.text, answer.headers["x-request-id"])
                        answers += 1
                if answers == before:
                    raise BrokenPromiseError("no error was forced")
        firm.store.close()
    errors = [line for line in logged if line["event"] == "internal_error"]
    if len(errors) < count or not all(line["error"] == "RuntimeError" and line["trace"] for line in errors):
        raise BrokenPromiseError(f"{len(errors)} of {count} errors in the log")
    if SECRET in str(logged):
        raise BrokenPromiseError("the log says what was being said")
    return f"{count} internal errors: bodies with a reference alone, {len(errors)} in the log with their places"


def _judge(route: str, text: str, reference: str) -> None:
    if reference not in text and "/webservice" not in route:
        raise BrokenPromiseError(f"{route}: no reference")
    if told := [word for word in INTERNAL if word in text]:
        raise BrokenPromiseError(f"{route} tells {told}")


@contextmanager
def _debug_mode() -> Iterator[None]:
    made = app._api

    def debugging(house: Any) -> Any:
        api: Starlette = made(house)
        api.debug = True
        return api

    with mock.patch.object(app, "_api", debugging):
        yield


BUGS = {"debug_mode": _debug_mode}


if __name__ == "__main__":
    sys.exit(command("G11", battery, count=200, trial=5, bugs=BUGS))

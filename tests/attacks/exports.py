"""Every list as a file for spreadsheets, with every text in it a formula: no cell is one; amounts stay numbers.

    python -m tests.attacks.exports

Each way to such a file is asked on books with something of everything: as they are, and once for each sign that makes a
formula, put before every text of every row. A way to a file that nobody asked for fails the run.
"""

import ast
import csv
import io
import os
import random
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from lettrage.adapters.http import pages
from lettrage.adapters.http.pages import sheet
from lettrage.adapters.http.pages.page import Page
from lettrage.books.reports import NAMES as REPORTS
from lettrage.commands import archive
from lettrage.refusal import Language
from lettrage.simulator.server import Simulator
from tests.attacks.battery import ROOT, command
from tests.journeys.helpers import run_here
from tests.pages import carried_story
from tests.pages.addresses import CARRIED, PAGES
from tests.pages.invoice_story import Story
from tests.pages.story import told
from tests.pages.world import World, world_of
from tests.reliability.long_form import BrokenPromiseError

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?", re.ASCII)
MORE = ("/controle/executions/1", "/paiements?vue=remises", "/portefeuille?vue=attente")
OF_STATES = ("/parametres/etats?csv=etats", "/parametres/etats?csv=changements")
_ASKED = {"statement": {"third_party": "C1"}, "interest": {"as_of": "2020-01-01"}}
_written, _row = sheet.written, archive._row
Place = tuple[str, int]


class Seen:
    """Which ways to a file were gone, and how many cells were looked at."""

    def __init__(self) -> None:
        self.places: set[Place] = set()
        self.files = self.cells = self.negative = 0


@contextmanager
def _world(tell: Callable[[Path, Simulator], Story]) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder, Simulator(speed=600) as portal:
        keys = {"LETTRAGE_KEYS": str(Path(folder) / "elsewhere" / "keys.json")}
        with mock.patch.dict(os.environ, keys):
            story = tell(Path(folder), portal)
            story.ways._platforms.close()
            with world_of(story.firm, portal) as world:
                yield world


def ways_to_a_file() -> set[Place]:
    """Where the source makes a file of a list: file and line of each `page.csv(...)`."""
    found: set[Place] = set()
    for module in Path(pages.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "page.csv":
                found.add((module.name, node.lineno))
    return found


def other_writers() -> set[str]:
    """Who else makes a CSV by the library."""
    source = ROOT / "src" / "lettrage"
    known = {"adapters/http/pages/sheet.py", "commands/archive.py"}
    known |= {"simulator/transverses.py"}  # the platform's own form, of made-up names
    names = {m.relative_to(source).as_posix() for m in source.rglob("*.py") if "csv.writer" in m.read_text("utf-8")}
    return names - known


@contextmanager
def _texts_after(sign: str) -> Iterator[None]:
    """Every text of every row begins with this sign, whichever way it goes into a file."""

    def written(heads: Sequence[str], rows: Iterable[Sequence[sheet.Cell]], language: Language) -> bytes:
        changed = ([sign + cell if isinstance(cell, str) else cell for cell in row] for row in rows)
        return _written(heads, changed, language)

    def row(cells: Sequence[object]) -> bytes:
        return _row([sign + c if isinstance(c, str) and not NUMBER.fullmatch(c) else c for c in cells])

    if not sign:
        yield
        return
    with mock.patch.object(sheet, "written", written), mock.patch.object(archive, "_row", row):
        yield


@contextmanager
def _noted(seen: Seen) -> Iterator[None]:
    inner = Page.csv

    def csv_noted(page: Page, *arguments: object, **more: object) -> object:
        caller = sys._getframe(1)
        seen.places.add((Path(caller.f_code.co_filename).name, caller.f_lineno))
        return inner(page, *arguments, **more)  # type: ignore[arg-type]

    with mock.patch.object(Page, "csv", csv_noted):
        yield


def battery(_chance: random.Random, count: int) -> str:
    """Every way to a file, as the books are and with so many of the signs."""
    if strangers := other_writers():
        raise BrokenPromiseError(f"files are written by {strangers}")
    seen = Seen()
    for tell, ways in ((told, _files), (carried_story.told, _declared)):
        with _world(tell) as world, _noted(seen):
            for sign in ("", *SIGNS[:count]):
                with _texts_after(sign):
                    for name, content in ways(world):
                        _look(f"{name}, {sign!r}", content, seen)
    missed = {place for place in ways_to_a_file() if not _gone(place, seen.places)}
    if missed:
        raise BrokenPromiseError(f"nobody asked for {sorted(missed)}")
    if not seen.negative:
        raise BrokenPromiseError("no amount below zero was seen")
    return (
        f"{seen.files} files by {len(seen.places)} ways and {len(REPORTS)} reports, {seen.cells:,} cells, 0 formulas,"
        f" {seen.negative} amounts below zero are numbers"
    )


def _gone(place: Place, gone: set[Place]) -> bool:
    """A call of several lines is known by its first line in one place, by a later one in the other."""
    return any(name == place[0] and place[1] <= line <= place[1] + 6 for name, line in gone)


def _pages(world: World, addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What these pages give as a file, those that do."""
    with world.client("administrator") as client:
        for address in addresses:
            asked = address if "csv=" in address else f"{address}{'&' if '?' in address else '?'}csv=1&format=csv"
            answer = client.get(asked)
            if answer.headers.get("content-type", "").startswith("text/csv"):
                yield address, answer.content.decode()


def _declared(world: World) -> Iterator[tuple[str, str]]:
    """A firm that declares what it receives, as the one of the other story does not."""
    yield from _pages(world, (page.at(world.firm.clock.today()) for page in CARRIED if "declar" in page.path))


def _files(world: World) -> Iterator[tuple[str, str]]:
    yield from _pages(world, (*(page.path for page in PAGES), *MORE, *OF_STATES))
    with world.service.client() as api:
        for report in REPORTS:
            answer = api.get(f"/api/v1/reports/{report}", params={"format": "csv", **_ASKED.get(report, {})})
            if answer.status_code != 200:
                raise BrokenPromiseError(f"{report}: {answer.text}")
            yield f"API, {report}", answer.content.decode()
    for report in ("aged", "ledger"):
        where = ["--database", world.firm.address, "--out", "-"]
        ran = run_here("report", report, "--format", "csv", *where, folder=world.firm.folder)
        yield f"command, {report}", ran.out
    packed = world.firm.folder / "archive.zip"
    packed.unlink(missing_ok=True)
    kept = run_here("archive", "--year", "2026", "--out", str(packed), "--json", *where[:2], folder=world.firm.folder)
    if not packed.exists():
        raise BrokenPromiseError(f"archive: {kept.err}")
    with zipfile.ZipFile(packed) as files:
        for name in files.namelist():
            if name.endswith(".csv"):
                yield f"archive, {name}", files.read(name).decode()


def _look(name: str, content: str, seen: Seen) -> None:
    seen.files += 1
    text = content.removeprefix("\ufeff")
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.split("\n")[0] else ","))
    for cell in (cell for line in lines for cell in line):
        seen.cells += 1
        if cell.startswith("-") and NUMBER.fullmatch(cell):
            seen.negative += 1
        elif cell.startswith(SIGNS):
            raise BrokenPromiseError(f"{name}: {cell[:60]!r} is a formula")
        elif cell.startswith("'-") and NUMBER.fullmatch(cell[1:]) and name.endswith("''"):
            raise BrokenPromiseError(f"{name}: {cell!r} is an amount no more")


# ---------------------------------------------------------------- the planted bug


@contextmanager
def _raw_writer() -> Iterator[None]:
    with mock.patch.object(sheet, "_DANGEROUS", ("\ue000",)):
        yield


BUGS = {"raw_writer": _raw_writer}


if __name__ == "__main__":
    sys.exit(command("F5", battery, count=len(SIGNS), trial=1, bugs=BUGS))

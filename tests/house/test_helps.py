"""Every command tells what it does, in both languages: no help stops on its own words."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lettrage.cli import MODULES, bring
from lettrage.commands.shared import app

bring()

# What a process has that brought one word's commands: the names below it, None where there is no such command.
ALONE = """
import sys
from typer.main import get_command
from lettrage.cli import bring
from lettrage.commands.shared import app
bring(sys.argv[1:])
found = get_command(app).commands.get(sys.argv[1])
print(sorted(getattr(found, "commands", [])) if found else None)
"""


def _paths(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from _paths(inner, (*path, name))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("path", list(_paths(typer.main.get_command(app))), ids=" ".join)
def test_every_command_has_its_help(path: tuple[str, ...], language: str) -> None:
    ran = CliRunner().invoke(app, ["--lang", language, *path, "--help"], prog_name="lettrage")

    assert ran.exit_code == 0, ran.output
    assert " ".join(("lettrage", *path)) in " ".join(ran.output.split())


def test_every_command_is_brought_by_its_first_word() -> None:
    """Alone in a process: it is there, with as many commands below it as when everything is brought."""
    whole = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert whole.keys() == MODULES.keys()
    for word in MODULES:
        alone = subprocess.run([sys.executable, "-c", ALONE, word], capture_output=True, text=True, check=True)
        assert alone.stdout.strip() == str(sorted(getattr(whole[word], "commands", []))), word

"""Every command tells what it does, in both languages: no help stops on its own words."""

import inspect
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


def _modules(command: Any) -> set[str]:
    """The modules that define a command and what is below it."""
    own = {inspect.unwrap(command.callback).__module__} if command.callback else set()
    return own.union(*(_modules(inner) for inner in getattr(command, "commands", {}).values()))


def test_every_command_is_brought_by_its_first_word() -> None:
    """The table names exactly the modules where a command and all below it are defined."""
    whole = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    defined = {word: {module.removeprefix("lettrage.commands.") for module in _modules(whole[word])} for word in whole}
    assert defined.pop("demo") == {"lettrage.cli"}
    assert defined == {word: set(modules) for word, modules in MODULES.items() if word != "demo"}


@pytest.mark.parametrize("word", ["items", "invoice", "demo"])
def test_a_command_brings_no_other_one(word: str) -> None:
    """In a process of its own, where no test has brought the others."""
    told = f"from lettrage.cli import bring; from lettrage.commands.shared import app; bring(['--json', '{word}'])"
    told += "; print(len(app.registered_commands) + len(app.registered_groups))"
    alone = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert int(alone.stdout) < len(MODULES) / 2

"""Every command tells what it does, in both languages: no help stops on its own words."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import lettrage.cli  # noqa: F401  (brings every command into the app)
from lettrage.commands.shared import app


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

"""Testing the connection to Chorus Pro, and what support is given when it does not hold."""

import io
import platform as machine
import sqlite3
import zipfile
from typing import Annotated, Any

import msgspec
import typer

from lettrage import __version__, terminal
from lettrage.acts import perform
from lettrage.adapters.clock import SystemClock
from lettrage.caller import Caller
from lettrage.commands.chorus import chorus
from lettrage.commands.chorus_settings import OnPlatform, chosen_platform, shape_of
from lettrage.commands.giving import dossier_meant
from lettrage.commands.platforms import platforms
from lettrage.commands.shared import context, plain, print_json, user, write_file
from lettrage.invoicing.connecting.diagnose import Evidence, Step, works
from lettrage.invoicing.settings import Change, Platform

_NOTED = ("à savoir", "note")  # a step that holds, with something worth knowing
_MARKS = {True: ("fait", "done"), False: ("EN DÉFAUT", "FAILS"), None: ("non vérifié", "not checked")}


@chorus.command("test")
def try_connection(platform: OnPlatform = "") -> None:
    """Test the connection step by step, and say what is wrong. / Tester la connexion et dire ce qui ne va pas."""
    steps, evidence = _tested(platform)
    _remember(chosen_platform(platform, dossier_meant()), evidence)
    if context.json:
        print_json([step.shape for step in steps])
    else:
        for step in steps:
            terminal.say(*lines_of(step.shape))
    if not works(steps):
        raise typer.Exit(1)


@chorus.command()
def bundle(
    file: Annotated[str, typer.Argument(metavar="FILE.zip", help="Where to write it; - for standard output")],
    platform: OnPlatform = "",
) -> None:
    """For support: settings without secrets, a test, versions, troubles. / Pour le support, sans aucun secret."""
    steps, evidence = _tested(platform)
    write_file(_zipped(dossier_meant(), steps, evidence), plain(file, "FILE.zip"))


def _tested(named: str) -> tuple[list[Step], Evidence]:
    """The steps of the test, and the answers that they were told from. Raises Stop."""
    dossier = dossier_meant()
    platform = chosen_platform(named, dossier)
    with context.store().books(dossier, writing=False) as books:
        rows, company = books.chorus_rows(), books.company
    return platforms.test(dossier, rows, company, platform)


def _remember(platform: Platform, evidence: Evidence) -> None:
    """Keep the day on which the technical password ends, where Chorus Pro says it and nobody has entered one."""
    dossier = dossier_meant()
    if evidence.expires is None or shape_of(dossier)["platforms"][platform]["password_expires"]:
        return
    change = Change(platform, "", "password_expires", evidence.expires.isoformat())
    act = platforms.set(dossier, [change], user())
    perform(act, Caller(user(), "command line", dossier), context.store(), SystemClock())


def lines_of(step: dict[str, Any]) -> list[str]:
    """A step of a test for reading: whether it holds, and each cause with its remedy."""
    mark = terminal.said(_NOTED if step["ok"] and step["causes"] else _MARKS[step["ok"]], context.lang)
    lines = [f"{mark:12} {step[context.lang]}"]
    for cause in step["causes"]:
        lines += [f"{'':12}  - {cause[context.lang]}", f"{'':12}    {cause[f'fix_{context.lang}']}"]
    return lines


def _zipped(dossier: str, steps: list[Step], evidence: Evidence) -> bytes:
    """The bundle: nothing in it is a secret, and nobody's name."""
    with context.store().books(dossier, writing=False) as books:
        troubles = books.chorus_troubles()
    settings = shape_of(dossier)
    for values in settings["platforms"].values():
        for value in values.values():
            if isinstance(value, dict):
                value.pop("changed_by", None)
    written = {
        "versions.json": {
            "lettrage": __version__,
            "python": machine.python_version(),
            "system": machine.platform(),
            "sqlite": sqlite3.sqlite_version,
            "at": SystemClock().now().isoformat(timespec="seconds"),
        },
        "settings.json": settings,
        "test.json": [step.shape for step in steps],
        "answers.json": msgspec.to_builtins(evidence),
        "troubles.json": troubles,
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in written.items():
            archive.writestr(name, msgspec.json.format(msgspec.json.encode(value), indent=2))
    return data.getvalue()

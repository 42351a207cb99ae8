"""Giving settings on the command line: secrets asked for and never shown, faults told, the act done."""

import getpass
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer

from lettrage import terminal
from lettrage.acts import Performed, perform
from lettrage.acts.chorus import SetChorus
from lettrage.adapters.clock import SystemClock
from lettrage.caller import Caller
from lettrage.commands.platforms import platforms
from lettrage.commands.shared import context, only, plain, print_json, user
from lettrage.guard.secrets import MASK
from lettrage.invoicing.settings import Change, Row
from lettrage.refusal import Refusal, Stop, legible, quoted
from lettrage.settlement.answer import reason_shape


def dossier_meant() -> str:
    """The dossier that is meant. Raises Stop."""
    return context.dossier or only(context.store())


def who(caller: str) -> str:
    """Who gives them."""
    return plain(caller, "--caller") or user()


def rows_of(dossier: str) -> list[Row]:
    """Every setting of a dossier, as the store keeps it."""
    with context.store().books(dossier, writing=False) as books:
        return books.chorus_rows()


def values_of(given: Sequence[str], secrets: frozenset[str]) -> dict[str, str]:
    """Settings from NAME=VALUE; a value that is `-` is asked for, `@NAME` of a secret is taken from the environment.

    Raises Stop.
    """
    values: dict[str, str] = {}
    for one in given:
        name, equals, value = plain(one, "NAME=VALUE").partition("=")
        if not equals:
            raise Stop(Refusal("malformed_option", "NAME=VALUE", _no_secret(one, secrets), "NAME=VALUE"))
        values[name.strip()] = _value(name.strip(), value, secrets)
    return values


_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")  # what is no such name may be a secret that begins with @


def _value(name: str, value: str, secrets: frozenset[str]) -> str:
    """A setting's text, asked for where it is `-`, from the environment where it is `@NAME`. Raises Stop."""
    if value == "-":
        return _asked(name, secrets)
    if value.startswith("@") and name in secrets:
        found = os.environ.get(value[1:])
        if found is None:
            raise Stop(Refusal("variable_not_set", name, quoted(value[1:]) if _VARIABLE.fullmatch(value[1:]) else MASK))
        return found
    return value


def _asked(name: str, secrets: frozenset[str]) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass(f"{name}: ") if name in secrets else input(f"{name}: ")
    return sys.stdin.readline() if sys.stdin is not None else ""


def _no_secret(text: str, secrets: frozenset[str]) -> str:
    """What may be shown of an argument that has no name: it may be a secret."""
    return quoted(text) if text in secrets else "***"


def give(dossier: str, found: Sequence[Change], faults: Sequence[Refusal], caller: str) -> list[dict[str, str]]:
    """Give settings; what is worth knowing about it. With every reason against it the command ends (exit 1)."""
    if faults:
        done = Performed(None, [reason_shape(fault) for fault in faults])
    else:
        act: SetChorus = platforms.set(dossier, found, who(caller))
        done = perform(act, Caller(who(caller), "command line", dossier), context.store(), SystemClock())
    if done.result is None:
        _refuse(done.reasons)
    warnings: list[dict[str, str]] = done.result["warnings"]
    return warnings


def _refuse(reasons: list[dict[str, str]]) -> NoReturn:
    if context.json:
        print_json({"reasons": reasons})
    else:
        fix = "fix" if context.lang == "fr" else "fix_en"
        terminal.tell(*(f"{reason[context.lang]} {reason[fix]}" for reason in reasons))
    raise typer.Exit(1)


_SET = ("posé{hint} le {at} par {by}", "set{hint} on {at} by {by}")
_UNSET = ("à renseigner", "not set")


def cell(value: Any) -> str:
    """A setting as a terminal shows it: of a secret only that it is set."""
    if isinstance(value, str):
        return legible(value)
    if not value["set"]:
        return terminal.said(_UNSET, context.lang)
    hint = f" ({value['hint']})" if value["hint"] else ""
    words = terminal.said(_SET, context.lang)
    return words.format(hint=hint, at=terminal.moment(value["changed_at"]), by=legible(value["changed_by"]))

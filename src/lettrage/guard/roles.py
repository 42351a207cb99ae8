"""Roles and what each may do: the matrix of `roles.toml`, deny by default."""

import tomllib
from importlib.resources import files
from typing import Any


def _read() -> tuple[tuple[str, ...], dict[str, frozenset[str]]]:
    source = files("lettrage.guard").joinpath("roles.toml").read_text("utf-8")
    tree: dict[str, Any] = tomllib.loads(source)
    matrix = {action: frozenset(roles) for action, roles in tree["actions"].items()}
    strangers = frozenset().union(*matrix.values()) - set(tree["roles"])
    assert not strangers, strangers
    return tuple(tree["roles"]), matrix


ROLES, MATRIX = _read()  # from the least to the most; action -> the roles that may


def allows(role: str, action: str) -> bool:
    """Whether this role may do this; what the matrix does not know, nobody may."""
    return role in MATRIX.get(action, frozenset())

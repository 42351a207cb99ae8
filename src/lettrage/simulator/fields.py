"""Reading what a caller sends: absent, null and empty are the same; a value of another kind is malformed."""

from typing import Any

from lettrage.simulator.calls import Body, Malformed

MALFORMED = 400


def text(body: Body, key: str, *, required: bool = False) -> str:
    """A text, trimmed; a number is taken as one. Raises Malformed."""
    value = body.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise _not_a(key, "une chaine de caracteres")
    if required and not (value or "").strip():
        raise _missing(key)
    return (value or "").strip()


def whole(body: Body, key: str) -> int | None:
    """A whole number of at most 18 digits, as a number or in digits; None when absent. Raises Malformed."""
    value = body.get(key)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value.strip()) <= 18:
        value = int(value)
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**18:
        raise _not_a(key, "un nombre entier")
    return value


def key_of(body: Body, *keys: str) -> int:
    """A key that must be there, under one of these names. Raises Malformed."""
    for name in keys:
        found = whole(body, name)
        if found is not None:
            return found
    raise _missing(keys[0])


def flag(body: Body, key: str, default: bool) -> bool:
    """A boolean, as one or in letters. Raises Malformed."""
    value = body.get(key)
    if value is None or value == "":
        return default
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower())
    if not isinstance(value, bool):
        raise _not_a(key, "un booleen")
    return value


def table(body: Body, key: str) -> Body:
    """An object; empty when absent. Raises Malformed."""
    value: Any = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _not_a(key, "un objet")
    return value


def _missing(key: str) -> Malformed:
    return Malformed(MALFORMED, f"TRA_MSG_00.002 - Le champ {key} est obligatoire.")


def _not_a(key: str, kind: str) -> Malformed:
    return Malformed(MALFORMED, f"TRA_MSG_00.003 - Le champ {key} doit etre {kind}.")

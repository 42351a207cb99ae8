"""What a simulator says of itself when it starts, read as the settings that take it for the qualification platform."""

from collections.abc import Mapping

import msgspec

_NAMES = ("url", "client_id", "client_secret", "login", "password")


def settings_said(text: str) -> Mapping[str, str] | None:
    """The settings, from its line of JSON or from its lines `name: value`; None for anything else."""
    told = _as_json(text) or _as_lines(text)
    if not all(isinstance(told.get(name), str) and told[name] for name in _NAMES):
        return None
    base = told["url"].strip().rstrip("/")
    named = {name: told[name] for name in _NAMES if name != "url"}
    return {"token_url": f"{base}/api/oauth/token", "api_url": base, **named}


def _as_json(text: str) -> dict[str, str]:
    try:
        told = msgspec.json.decode(text.strip().partition("\n")[0])
    except msgspec.MsgspecError:
        return {}
    return told if isinstance(told, dict) else {}


def _as_lines(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}

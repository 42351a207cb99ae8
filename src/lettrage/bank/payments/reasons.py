"""Why banks reject or return payments, in words."""

import tomllib
from functools import cache
from importlib import resources

from lettrage.refusal import Language


def explained(reason: str, language: Language) -> str:
    """A reason as kept (its code, then what the bank said) with the code in words; as it stands where it has none."""
    code, _, said = reason.partition(" ")
    words = _table().get(code)
    return " · ".join(filter(None, (f"{code} : {words[language]}" if words else code, said)))


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files(__package__).joinpath("reasons.toml").read_text("utf-8"))

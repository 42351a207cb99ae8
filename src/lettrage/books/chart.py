"""What accounts and journals are called, as files and reports name them: `chart.toml`, and the company's own banks."""

import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from lettrage.company.dossier import Company


@cache
def _names() -> dict[str, dict[str, str]]:
    tree: dict[str, dict[str, str]] = tomllib.loads(files("lettrage.books").joinpath("chart.toml").read_text("utf-8"))
    return tree


def journal_name(code: str) -> str:
    """What a journal is called; its code, where that is no journal of ours."""
    return _names()["journals"].get(code) or f"Journal {code}"


@lru_cache(maxsize=4096)
def account_name(account: str) -> str:
    """What the chart calls an account, or the nearest one that it is part of."""
    names = _names()["accounts"]
    return next((names[account[:n]] for n in range(len(account), 1, -1) if account[:n] in names), f"Compte {account}")


class Labels:
    """The names of one company's accounts and journals: its bank accounts tell the bank."""

    def __init__(self, company: Company) -> None:
        self._banks = {bank.account: f"{account_name(bank.account)} {bank.code}" for bank in company.banks.values()}

    def account(self, account: str) -> str:
        """What an account is called."""
        return self._banks.get(account) or account_name(account)

    def journal(self, code: str) -> str:
        """What a journal is called."""
        return journal_name(code)

"""Who is calling, once a token has been recognised."""

import msgspec

from lettrage.guard.roles import allows


class Identity(msgspec.Struct, frozen=True):
    """An account as one of its tokens shows it.

    `name`: the account, which is the caller for the rules of repetition. `role`: the token's own. `dossiers`: the
    only ones it may use; None for all.
    """

    name: str
    role: str
    dossiers: frozenset[str] | None = None

    def may(self, action: str) -> bool:
        """Whether its role may do this (`roles.toml`)."""
        return allows(self.role, action)

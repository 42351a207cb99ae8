"""Who may call: accounts and their tokens, each for one dossier or for all of them.

A token's text is shown once; only its digest is kept. Everything is looked up by the whole key, dossier first.
"""

import secrets
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from lettrage.adapters.store import schema
from lettrage.adapters.store.engine import transaction
from lettrage.adapters.store.events import note
from lettrage.adapters.store.sql import run
from lettrage.adapters.store.writing import insert
from lettrage.guard.audited import Event, Hand
from lettrage.guard.identity import Identity
from lettrage.guard.roles import ROLES
from lettrage.guard.tokens import SECRET_BYTES, dossier_shown, read_token, token_text
from lettrage.limits import CODE_CHARACTERS
from lettrage.ports import Clock
from lettrage.refusal import Refusal, Stop, quoted

CACHE_SECONDS = 5.0  # how long another process may still know a token that was revoked
CACHE_MOST = 10_000  # tokens


class _Known(NamedTuple):
    identity: Identity
    until: float


class Accounts:
    """The accounts of one store, with a short memory of the tokens just seen.

    A token revoked through this object is unknown at once; through another process, `CACHE_SECONDS` later at most.
    Methods that take a `dossier` take "" for an account of all dossiers; `hand` is whose doing the audit log tells.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._seen: dict[str, _Known] = {}

    # ------------------------------------------------------------ recognising

    def identify(self, token: str) -> Identity | None:
        """Whose token this is; None when it is nobody's, revoked, or of a closed account. Any text may be asked."""
        named = read_token(token)
        if named is None:
            return None
        seen = self._seen  # a revocation meanwhile puts another in its place
        known = seen.get(named.digest)
        if known is not None and known.until > time.monotonic():
            return known.identity
        sql = (
            "SELECT t.account, t.role FROM token t"
            " JOIN account a ON a.dossier = t.dossier AND a.name = t.account AND a.closed_at IS NULL"
            " WHERE t.dossier = ?1 AND t.digest = ?2 AND t.revoked_at IS NULL"
        )
        with transaction(self._engine, writing=False) as connection:
            row: Any = run(connection, sql, (named.dossier, named.digest)).first()
        if row is None:
            seen.pop(named.digest, None)
            return None
        dossiers = None if named.dossier == schema.EVERY_DOSSIER else frozenset({named.dossier})
        identity = Identity(row[0], row[1], dossiers)
        if len(seen) >= CACHE_MOST:
            seen.clear()
        seen[named.digest] = _Known(identity, time.monotonic() + CACHE_SECONDS)
        return identity

    # ------------------------------------------------------------ making

    def add(self, name: str, role: str, dossier: str, hand: Hand = Hand()) -> None:  # noqa: B008  (frozen)
        """Open an account, or open it again after it was closed; one open in this role already stays as it is.

        Raises Stop for a name, a role or a dossier that cannot be, and for an account open in another role.
        """
        self._check(name, role)
        with transaction(self._engine, writing=True) as connection:
            scope = self._scope(connection, dossier)
            standing = self._role(connection, scope, name)
            if standing not in (None, role):
                raise Stop(Refusal("account_exists", "NAME", name, str(standing)))
            if standing is None:
                self._open(connection, scope, name, role)
                note(connection, scope, self._now(), hand, [Event("account", name, "", role)])

    def issue(self, name: str, role: str, dossier: str, hand: Hand = Hand()) -> str:  # noqa: B008  (frozen)
        """A new token of an account, which is made when there is none. The text is nowhere else: show it once.

        The token has the role asked for, whatever the account's own. Raises Stop as `add` does.
        """
        self._check(name, role)
        with transaction(self._engine, writing=True) as connection:
            scope = self._scope(connection, dossier)
            events = []
            if self._role(connection, scope, name) is None:
                self._open(connection, scope, name, role)
                events.append(Event("account", name, "", role))
            text = token_text(scope, secrets.token_bytes(SECRET_BYTES))
            token = read_token(text)
            assert token is not None
            insert(connection, schema.token, [(scope, token.digest, name, role, token.shown, self._now(), None)])
            note(connection, scope, self._now(), hand, [*events, Event("token", name, "", f"{token.shown} ({role})")])
        return text

    def _open(self, connection: Connection, scope: str, name: str, role: str) -> None:
        sql = (
            "INSERT INTO account (dossier, name, role, created_at) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (dossier, name) DO UPDATE SET role = excluded.role, closed_at = NULL"
        )
        run(connection, sql, (scope, name, role, self._now()))

    def _check(self, name: str, role: str) -> None:
        if not (0 < len(name) <= CODE_CHARACTERS and name.isprintable() and name == name.strip()):
            raise Stop(Refusal("malformed_option", "NAME", quoted(name), f"1-{CODE_CHARACTERS}"))
        if role not in ROLES:
            raise Stop(Refusal("malformed_option", "--role", quoted(role), ", ".join(ROLES)))

    def _scope(self, connection: Connection, dossier: str) -> str:
        """What leads the keys. Raises Stop (403) for a dossier that is not there."""
        if not dossier:
            return schema.EVERY_DOSSIER
        known = run(connection, "SELECT 1 FROM dossier WHERE code = ?1", (dossier,)).all()
        if dossier == schema.EVERY_DOSSIER or not known:
            raise Stop(Refusal("unknown_dossier", "--dossier", dossier), error=403)
        return dossier

    def _role(self, connection: Connection, scope: str, name: str) -> str | None:
        """The role of an open account; None when there is none."""
        sql = "SELECT role FROM account WHERE dossier = ?1 AND name = ?2 AND closed_at IS NULL"
        found: str | None = run(connection, sql, (scope, name)).scalar()
        return found

    def _now(self) -> str:
        return self._clock.now().isoformat()

    # ------------------------------------------------------------ listing

    def listed(self, dossier: str) -> list[dict[str, Any]]:
        """The accounts of a dossier, or every account there is, each with its tokens as they are shown."""
        with transaction(self._engine, writing=False) as connection:
            scopes = [self._scope(connection, dossier)] if dossier else self._scopes(connection)
            return [line for scope in scopes for line in self._of(connection, scope)]

    def _scopes(self, connection: Connection) -> list[str]:
        codes = run(connection, "SELECT code FROM dossier ORDER BY code").scalars()
        return [schema.EVERY_DOSSIER, *codes]

    def _of(self, connection: Connection, scope: str) -> Iterable[dict[str, Any]]:
        accounts = "SELECT name, role, created_at, closed_at FROM account WHERE dossier = ?1 ORDER BY name"
        tokens = (
            "SELECT account, shown, role, created_at, revoked_at FROM token WHERE dossier = ?1"
            " ORDER BY created_at, shown"
        )
        by_account: dict[str, list[dict[str, Any]]] = {}
        row: Any
        for row in run(connection, tokens, (scope,)):
            account, shown, role, created, revoked = row
            token = {"shown": shown, "role": role, "created_at": created, "revoked_at": revoked}
            by_account.setdefault(account, []).append(token)
        for row in run(connection, accounts, (scope,)):
            name, role, created, closed = row
            yield {
                "name": name,
                "dossier": None if scope == schema.EVERY_DOSSIER else scope,
                "role": role,
                "created_at": created,
                "closed_at": closed,
                "tokens": by_account.get(name, []),
            }

    # ------------------------------------------------------------ ending

    def revoke(self, shown: str, dossier: str, hand: Hand = Hand()) -> int:  # noqa: B008  (frozen)
        """End the token that begins with these characters, which name its dossier; how many that were."""
        named = dossier_shown(shown)
        if named is None or (dossier and dossier != named):
            return 0
        sql = "UPDATE token SET revoked_at = ?3 WHERE dossier = ?1 AND shown = ?2 AND revoked_at IS NULL"
        return self._end(named, hand, Event("token", shown, shown), (sql, (shown, self._now())))

    def revoke_all(self, name: str, dossier: str, hand: Hand = Hand()) -> int:  # noqa: B008  (frozen)
        """End every token of an account; how many that were."""
        event = Event("token", name, "*")
        return self._end(self._checked(dossier), hand, event, (_REVOKE_ALL, (name, self._now())))

    def close(self, name: str, dossier: str, hand: Hand = Hand()) -> int:  # noqa: B008  (frozen)
        """Close an account: its tokens and sign-ins end, its password and its subject are forgotten.

        So nothing of it is in force again when it is opened again. 0 when there is no such open account.
        """
        now = self._now()
        sql = "UPDATE account SET closed_at = ?3 WHERE dossier = ?1 AND name = ?2 AND closed_at IS NULL"
        event = Event("account", name, "*")
        ended = [(one, (name, now)) for one in (sql, _REVOKE_ALL, _SIGN_OUT)]
        return self._end(self._checked(dossier), hand, event, *ended, (_FORGET, (name,)))

    def _checked(self, dossier: str) -> str:
        with transaction(self._engine, writing=False) as connection:
            return self._scope(connection, dossier)

    def _end(self, scope: str, hand: Hand, event: Event, *statements: tuple[str, tuple[str, ...]]) -> int:
        """Run statements on a dossier's rows; how many rows the first of them changed. The memory is emptied."""
        with transaction(self._engine, writing=True) as connection:
            changed = [run(connection, sql, (scope, *values)).rowcount for sql, values in statements]
            if changed[0]:
                note(connection, scope, self._now(), hand, [event])
        self._seen = {}
        return changed[0]


_REVOKE_ALL = "UPDATE token SET revoked_at = ?3 WHERE dossier = ?1 AND account = ?2 AND revoked_at IS NULL"
_SIGN_OUT = "UPDATE session SET ended_at = ?3 WHERE dossier = ?1 AND account = ?2 AND ended_at IS NULL"
_FORGET = "UPDATE login SET password = '', subject = '' WHERE dossier = ?1 AND account = ?2"

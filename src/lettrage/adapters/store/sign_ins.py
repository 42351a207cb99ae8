"""Who may look at the pages: passwords, the sign-ins of browsers, and how each person likes the pages to be."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from lettrage.adapters.store import schema
from lettrage.adapters.store.engine import transaction
from lettrage.adapters.store.events import note
from lettrage.adapters.store.sql import run
from lettrage.adapters.store.writing import insert
from lettrage.guard import passwords
from lettrage.guard.audited import SET, Event, Hand
from lettrage.guard.identity import Identity
from lettrage.guard.person import Likes, Person
from lettrage.guard.tokens import SECRET_BYTES, read_token, token_text
from lettrage.limits import ROWS, SIGN_IN_DAYS, SIGN_IN_IDLE_HOURS
from lettrage.ports import Clock
from lettrage.refusal import Refusal, Stop

_SEEN_MINUTES = 5  # how exactly it is known when somebody was last here: a write for each page would cost


class SignIns:
    """The passwords and sign-ins of one store. A `dossier` "" is an account of all dossiers."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    # ------------------------------------------------------------ passwords

    def none_yet(self) -> bool:
        """Whether nobody can sign in: the service is new."""
        with transaction(self._engine, writing=False) as connection:
            return run(connection, "SELECT 1 FROM login LIMIT 1").first() is None

    def set_password(
        self,
        dossier: str,
        account: str,
        password: str,
        full_name: str = "",
        hand: Hand = Hand(),  # noqa: B008  (frozen)
    ) -> None:
        """Give an open account a password; the browsers that it is signed in with are signed out.

        Raises Stop where it is too short or too long, or there is no such open account.
        """
        passwords.check(password)
        kept, now, scope = passwords.hashed(password), self._clock.now().isoformat(), dossier or schema.EVERY_DOSSIER
        with transaction(self._engine, writing=True) as connection:
            self._open_account(connection, scope, account)
            self._login(connection, scope, account)
            changed = (
                "UPDATE login SET password = ?3, password_at = ?4,"
                " full_name = CASE WHEN ?5 = '' THEN full_name ELSE ?5 END WHERE dossier = ?1 AND account = ?2"
            )
            run(connection, changed, (scope, account, kept, now, full_name))
            run(connection, _END_ALL, (scope, account, now))
            note(connection, scope, now, hand, [Event("password", account, "", SET)])

    def _open_account(self, connection: Connection, scope: str, account: str) -> None:
        sql = "SELECT 1 FROM account WHERE dossier = ?1 AND name = ?2 AND closed_at IS NULL"
        if run(connection, sql, (scope, account)).first() is None:
            raise Stop(Refusal("no_such_account", "name", account))

    def _login(self, connection: Connection, scope: str, account: str) -> None:
        """The row of an account, made when there is none."""
        sql = "SELECT 1 FROM login WHERE dossier = ?1 AND account = ?2"
        if run(connection, sql, (scope, account)).first() is None:
            insert(connection, schema.login, [(scope, account, "", "", "", "", "", "", ROWS[0], 1)])

    def recognised(self, dossier: str, account: str, password: str) -> bool:
        """Whether an open account has this password. Takes as long when there is no such account."""
        scope = dossier or schema.EVERY_DOSSIER
        sql = (
            "SELECT l.password FROM login l JOIN account a ON a.dossier = l.dossier AND a.name = l.account"
            " AND a.closed_at IS NULL WHERE l.dossier = ?1 AND l.account = ?2"
        )
        with transaction(self._engine, writing=False) as connection:
            kept: str = run(connection, sql, (scope, account)).scalar() or ""
        if not passwords.matches(kept, password):
            return False
        if passwords.outdated(kept):
            self._rehash(scope, account, kept, password)
        return True

    def _rehash(self, scope: str, account: str, before: str, password: str) -> None:
        sql = "UPDATE login SET password = ?4 WHERE dossier = ?1 AND account = ?2 AND password = ?3"
        kept = passwords.hashed(password)
        with transaction(self._engine, writing=True) as connection:
            run(connection, sql, (scope, account, before, kept))

    # ------------------------------------------------------------ signing on elsewhere

    def bind(self, dossier: str, account: str, subject: str) -> None:
        """Let an open account sign on as this subject of an OpenID provider. Raises Stop where there is none."""
        scope = dossier or schema.EVERY_DOSSIER
        with transaction(self._engine, writing=True) as connection:
            self._open_account(connection, scope, account)
            self._login(connection, scope, account)
            sql = "UPDATE login SET subject = ?3 WHERE dossier = ?1 AND account = ?2"
            run(connection, sql, (scope, account, subject))

    def of_subject(self, dossier: str, subject: str) -> str:
        """The open account that signs on as this subject; "" when there is none."""
        sql = (
            "SELECT l.account FROM login l JOIN account a ON a.dossier = l.dossier AND a.name = l.account"
            " AND a.closed_at IS NULL WHERE l.dossier = ?1 AND l.subject = ?2 AND l.subject <> ''"
        )
        with transaction(self._engine, writing=False) as connection:
            return run(connection, sql, (dossier or schema.EVERY_DOSSIER, subject)).scalar() or ""

    # ------------------------------------------------------------ sign-ins

    def open(self, dossier: str, account: str, source: str) -> str:
        """Sign somebody in from this address; what the browser is to keep."""
        scope = dossier or schema.EVERY_DOSSIER
        text = token_text(scope, secrets.token_bytes(SECRET_BYTES))
        token = read_token(text)
        assert token is not None
        now = self._clock.now().isoformat()
        with transaction(self._engine, writing=True) as connection:
            insert(connection, schema.session, [(scope, token.digest, account, dossier, source, now, now, None)])
            note(connection, scope, now, Hand(account, source), [Event("sign_in", account)])
        return text

    def person(self, text: str) -> Person | None:
        """Who is signed in with this; None when it is not in force, or the account is closed. Any text may be asked."""
        token = read_token(text)
        if token is None:
            return None
        sql = (
            "SELECT s.account, a.role, s.shown, s.created_at, s.seen_at, l.full_name, l.language, l.theme, l.rows,"
            " l.shortcuts FROM session s JOIN account a ON a.dossier = s.dossier AND a.name = s.account"
            " AND a.closed_at IS NULL JOIN login l ON l.dossier = s.dossier AND l.account = s.account"
            " WHERE s.dossier = ?1 AND s.digest = ?2 AND s.ended_at IS NULL"
        )
        with transaction(self._engine, writing=False) as connection:
            row: Any = run(connection, sql, (token.dossier, token.digest)).first()
        if row is None or self._over(row[3], row[4]):
            return None
        self._seen(token.dossier, token.digest, row[4])
        dossiers = None if token.dossier == schema.EVERY_DOSSIER else frozenset({token.dossier})
        likes = Likes(row[6], row[7], row[8], row[9] == 1)
        return Person(Identity(row[0], row[1], dossiers), token.dossier, row[5] or row[0], likes, row[2], text)

    def _over(self, created: str, seen: str) -> bool:
        now = self._clock.now()
        idle, whole = timedelta(hours=SIGN_IN_IDLE_HOURS), timedelta(days=SIGN_IN_DAYS)
        return now - datetime.fromisoformat(seen) > idle or now - datetime.fromisoformat(created) > whole

    def _seen(self, scope: str, digest: str, seen: str) -> None:
        now = self._clock.now()
        if now - datetime.fromisoformat(seen) < timedelta(minutes=_SEEN_MINUTES):
            return
        sql = "UPDATE session SET seen_at = ?3 WHERE dossier = ?1 AND digest = ?2"
        with transaction(self._engine, writing=True) as connection:
            run(connection, sql, (scope, digest, now.isoformat()))

    def look_at(self, text: str, dossier: str) -> None:
        """Show this dossier in this browser from now on."""
        self._change(text, "UPDATE session SET shown = ?3 WHERE dossier = ?1 AND digest = ?2", dossier)

    def end(self, text: str) -> None:
        """Sign a browser out."""
        sql = "UPDATE session SET ended_at = ?3 WHERE dossier = ?1 AND digest = ?2 AND ended_at IS NULL"
        self._change(text, sql, self._clock.now().isoformat())

    def _change(self, text: str, sql: str, value: str) -> None:
        token = read_token(text)
        if token is not None:
            with transaction(self._engine, writing=True) as connection:
                run(connection, sql, (token.dossier, token.digest, value))

    def prefer(self, person: Person, likes: Likes) -> None:
        """Keep how somebody likes the pages."""
        sql = (
            "UPDATE login SET language = ?3, theme = ?4, rows = ?5, shortcuts = ?6 WHERE dossier = ?1 AND account = ?2"
        )
        values = (likes.language, likes.theme, likes.rows, 1 if likes.shortcuts else 0)
        with transaction(self._engine, writing=True) as connection:
            run(connection, sql, (person.scope, person.identity.name, *values))


_END_ALL = "UPDATE session SET ended_at = ?3 WHERE dossier = ?1 AND account = ?2 AND ended_at IS NULL"

"""The key ring's file: outside the database, for its owner only, made when a secret is first sealed.

Its place is `LETTRAGE_KEYS`, else the credential `lettrage-keys` that systemd hands to a service, else `keys.json` in
the user's configuration folder: never the folder of the database.
"""

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import platformdirs

from lettrage.guard.secrets import NONCE_BYTES, KeyRing, Place, Secret, is_key, new_key, seal
from lettrage.refusal import Refusal, Stop, quoted

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST_BYTES = 64 * 1024


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """What is written: the keys in base64 by their ids; those retired, the oldest first."""

    current: str
    keys: dict[str, str]
    retired: list[str] = []


class KeyFile:
    """The key ring of this machine's user, or of a service. Satisfies the port `Keys`."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _place()

    def ring(self) -> KeyRing:
        """The ring as it stands; an empty one where there is none yet. Raises Stop for a file that is no ring."""
        found = self._read()
        if found is None:
            return KeyRing("", home=str(self.path))
        return KeyRing(found.current, {key_id: Secret(key) for key_id, key in found.keys.items()}, str(self.path))

    def seal(self, secret: Secret, place: Place) -> str:
        """The secret sealed with the newest key, which is made if there is none."""
        ring = self.ring()
        if not ring.current:
            self._make()
            ring = self.ring()
        return seal(secret, place, ring, secrets.token_bytes(NONCE_BYTES))

    def rotate(self) -> str:
        """A new key for all that is sealed from now on; the one before is kept, retired. The new key's id."""
        with self._alone():
            found = self._read()
            key_id, key = new_key()
            before = found or _File("", {})
            retired = [*before.retired, *([before.current] if before.current else [])]
            self._write(_File(key_id, before.keys | {key_id: key.reveal()}, retired))
        return key_id

    def forget(self, needed: frozenset[str]) -> list[str]:
        """Drop the retired keys that nothing needs, but for the one retired last; their ids."""
        with self._alone():
            found = self._read()
            if found is None:
                return []
            dropped = [key_id for key_id in found.retired[:-1] if key_id not in needed]
            if dropped:
                kept = {key_id: key for key_id, key in found.keys.items() if key_id not in dropped}
                self._write(_File(found.current, kept, [k for k in found.retired if k not in dropped]))
        return dropped

    def _make(self) -> None:
        """A first key, unless somebody else makes one at this moment."""
        with self._alone():
            if self._read() is None:
                key_id, key = new_key()
                self._write(_File(key_id, {key_id: key.reveal()}))

    def _read(self) -> _File | None:
        try:
            with self.path.open("rb") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                data = opened.read(_MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        if mode & _OTHERS and self.path.parent != _credentials():
            raise self._unusable(f"{stat.filemode(mode)}, 0600")
        found: _File | None = None
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            found = msgspec.json.decode(data, type=_File)
        if found is None or found.current not in found.keys or not all(is_key(*item) for item in found.keys.items()):
            raise self._unusable("JSON")
        return found

    def _write(self, ring: _File) -> None:
        """Put a new file in the place of the old one, at once, for its owner only."""
        written = Path()
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".keys-")
            written = Path(name)
            with os.fdopen(handle, "wb") as opened:
                opened.write(msgspec.json.format(msgspec.json.encode(ring)))
                opened.flush()
                os.fsync(opened.fileno())
            written.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                written.unlink()
            raise self._unusable(str(error.strerror)) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time changes the ring."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unusable(str(error.strerror)) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _unusable(self, why: str) -> Stop:
        return Stop(Refusal("keys_unusable", "LETTRAGE_KEYS", quoted(str(self.path), 500), why))


def _credentials() -> Path | None:
    """The folder of the credentials that systemd hands over: readable by the service only, whatever its modes."""
    named = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return Path(named) if named else None


def _place() -> Path:
    named = os.environ.get("LETTRAGE_KEYS", "").strip()
    if named:
        return Path(named)
    credentials = _credentials()
    if credentials is not None and (credentials / "lettrage-keys").exists():
        return credentials / "lettrage-keys"
    return Path(platformdirs.user_config_dir("lettrage", appauthor=False)) / "keys.json"

"""Passwords: kept as argon2 hashes, compared at the same cost whether somebody of that name exists or not."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lettrage.limits import PASSWORD_CHARACTERS
from lettrage.refusal import Refusal, Stop

_hasher = PasswordHasher()  # argon2id; the library's own parameters follow what is recommended at the time


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


def matches(kept: str, password: str) -> bool:
    """Whether this is the password. Where nothing is kept ("") it is not, which takes as long to find out."""
    try:
        _hasher.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def outdated(kept: str) -> bool:
    """Whether it was hashed more weakly than is recommended today."""
    return _hasher.check_needs_rehash(kept)


def check(password: str) -> None:
    """Raises Stop for a password that is too short or too long."""
    if not acceptable(password):
        least, most = PASSWORD_CHARACTERS
        raise Stop(Refusal("weak_password", "password", str(len(password)), f"{least}-{most}"))


def acceptable(password: str) -> bool:
    """Long enough, and not so long that hashing it costs. No other rule: they make passwords worse."""
    least, most = PASSWORD_CHARACTERS
    return least <= len(password) <= most


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")

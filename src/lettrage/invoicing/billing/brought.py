"""Files that were brought in and looked at, and whose invoices are not posted yet: kept until somebody says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class BroughtFile(msgspec.Struct, frozen=True):
    """A file, as it came; `content` is b"" once it is posted."""

    name: str
    content: bytes


class Brought(Protocol):
    """What is kept of files that were looked at."""

    def keep_brought(self, key: str, files: Sequence[BroughtFile], by: str, at: datetime, until: datetime) -> None:
        """Keep files under a key; those kept before `until` are forgotten."""

    def brought(self, key: str, by: str) -> Sequence[BroughtFile]:
        """The files that somebody brought under a key."""

    def forget_brought(self, key: str, by: str) -> None:
        """Forget what is in them, now that it is posted; their names stay for a while."""

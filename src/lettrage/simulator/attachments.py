"""Files sent ahead of the invoice that will name them (`ajouter/fichier`, `deposer/pdf`)."""

import threading

import msgspec


class Attached(msgspec.Struct, frozen=True):
    """A file that waits for an invoice; `extension` without its dot."""

    id: int
    name: str
    extension: str
    mime: str
    data: bytes


class Attachments:
    """The files, by their `pieceJointeId`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[int, Attached] = {}

    def add(self, name: str, extension: str, mime: str, data: bytes) -> Attached:
        """Keep a file under the next id."""
        with self._lock:
            attached = Attached(7_400_001 + len(self._files), name, extension, mime, data)
            self._files[attached.id] = attached
            return attached

    def get(self, key: int) -> Attached | None:
        """The file of that id."""
        return self._files.get(key)

"""Backups: everything that a database holds as one open file, and such a file as an empty database of either kind.

The file is a zip: a table each as lines of JSON, and a manifest that says what each is, how many rows it has and what
its SHA-256 must be, with the head of each dossier's chain (docs/decisions/0019-backups.md).
"""

from lettrage.adapters.store.backups.dump import back_up
from lettrage.adapters.store.backups.form import Manifest
from lettrage.adapters.store.backups.restore import Restored, restore

__all__ = ["Manifest", "Restored", "back_up", "restore"]

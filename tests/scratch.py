"""Folders for books that are made by the thousand: in memory where there is room, gone with the process."""

import os
import shutil
import tempfile
from multiprocessing import util
from pathlib import Path

from tests.reliability.circumstances import side_by_side

IN_MEMORY = Path("/dev/shm")  # noqa: S108
ROOM = 16 * 2**20  # bytes for each of the processes that work side by side; many containers have 64 MB for all


def _in_memory() -> Path | None:
    """The folder in memory; None, for the ordinary place of temporary files, where it is not to be had or too small."""
    if not os.access(IN_MEMORY, os.W_OK):
        return None
    return IN_MEMORY if shutil.disk_usage(IN_MEMORY).free >= ROOM * side_by_side() else None


def scratch(prefix: str) -> Path:
    """A folder of this process, removed at its end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_in_memory()))
    # Processes of a pool end without `atexit`, but not without this.
    util.Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=0)
    return folder

"""Dependencies are known: each pinned with hashes, installed as pinned, in the inventory, under a licence that fits.

python -m tests.inventory.audit
"""

import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from unittest import mock

from tests.attacks.battery import command
from tests.inventory import made
from tests.reliability.long_form import BrokenPromiseError

_BLOCK = re.compile(r"^([a-z0-9._-]+)(\S*)(.*(?:\n[ #].*)*)", re.M)


def battery(_chance: random.Random, _count: int) -> str:
    """Every package of the lock."""
    blocks = [found.groups() for found in _BLOCK.finditer(made.LOCK.read_text("utf-8"))]
    if loose := [name for name, pin, rest in blocks if not pin.startswith("==") or "--hash=sha256:" not in rest]:
        raise BrokenPromiseError(f"not pinned with hashes: {loose}")
    if len(blocks) != len(made._pins(made.LOCK)):
        raise BrokenPromiseError("a line of the lock that the inventory does not read")
    packages = made.packages()
    strange = [p.name for p in packages if not p.where and metadata.version(p.name) != p.version]
    if strange:
        raise BrokenPromiseError(f"installed in another version: {strange}")
    if unfit := [p for p in packages if p.licence not in made.FITS]:
        raise BrokenPromiseError(f"under a licence that nobody looked at: {unfit}")
    told = {component["name"] for component in json.loads(made.SBOM.read_text("utf-8"))["components"]}
    if missing := {p.name for p in packages} - told:
        raise BrokenPromiseError(f"not in the inventory: {missing}")
    if made.sbom() != made.SBOM.read_text("utf-8") or made.licences() != made.LICENCES.read_text("utf-8"):
        raise BrokenPromiseError("the inventory is of another lock: python -m tests.inventory")
    return f"{len(packages)} packages, 0 unpinned, each with its hashes, its licence and its line in the inventory"


@contextmanager
def _lock_with(change: str, by: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "requirements.lock"
        lock.write_text(re.sub(change, by, made.LOCK.read_text("utf-8"), count=1), "utf-8")
        made.packages.cache_clear()
        with mock.patch.object(made, "LOCK", lock):
            yield
    made.packages.cache_clear()


BUGS = {
    "unpinned": lambda: _lock_with(r"anyio==\S+ \\\n(?: +--hash=\S+(?: \\)?\n)+", "anyio>=4\n"),
    "not_in_the_inventory": lambda: _lock_with(r"anyio==\S+", "anyio==1.0.0"),
}


if __name__ == "__main__":
    sys.exit(command("G12", battery, count=1, bugs=BUGS))

"""Who asks something of the books, what is kept of the asking, and which dossier it concerns."""

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from lettrage.refusal import Refusal, Stop, Unreadable

if TYPE_CHECKING:
    from lettrage.ports import Store


class Caller(msgspec.Struct, frozen=True):
    """Who calls, and what was said beside the content.

    `name`: the account, whatever its token. `origin`: command line, web service, drop folder. `source`: the address
    or file it came from. `dossiers`: the only ones this caller may use; None for all. `claim`: names this very copy of
    the content, where a crash may have the same copy brought again; unlike a key, no caller ever says it.
    """

    name: str
    origin: str
    dossier: str = ""
    key: str = ""
    dry_run: bool = False
    source: str = ""
    dossiers: frozenset[str] | None = None
    claim: str = ""


class Request(msgspec.Struct, frozen=True):
    """An act as the logbook keeps it."""

    kind: str
    caller: str
    origin: str
    source: str
    at: datetime
    raw: bytes
    digest: str
    key: str


def dossier_for(caller: Caller, named: str, path: str, store: "Store") -> str:
    """The dossier named in the content, else beside it, else the only one that the caller may use.

    One that is not the caller's is answered as one that does not exist. Raises Stop.
    """
    if named and caller.dossier and named != caller.dossier:
        raise Unreadable(Refusal("dossiers_differ", path, named, caller.dossier))
    wanted = named or caller.dossier
    if wanted:
        if caller.dossiers is not None and wanted not in caller.dossiers:
            raise Stop(Refusal("unknown_dossier", "dossier", wanted), error=403)
        return wanted
    known = [code for code in store.dossiers() if caller.dossiers is None or code in caller.dossiers]
    if len(known) != 1:
        raise Unreadable(Refusal("which_dossier", path, "", str(len(known))))
    return known[0]

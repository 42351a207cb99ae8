"""Who looks at the pages, once a browser's sign-in has been recognised."""

import msgspec

from lettrage.guard.identity import Identity
from lettrage.limits import ROWS


class Likes(msgspec.Struct, frozen=True):
    """How somebody likes the pages. `language`, `theme`: "" as the browser and the system say."""

    language: str = ""
    theme: str = ""
    rows: int = ROWS[0]
    shortcuts: bool = True


class Person(msgspec.Struct, frozen=True):
    """Who looks at the pages. `scope`: the dossier of the account, "*" for one of all; `shown`: the one looked at."""

    identity: Identity
    scope: str
    full_name: str
    likes: Likes
    shown: str
    sign_in: str  # what the browser keeps; never shown, never logged

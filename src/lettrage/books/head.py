"""The head of the chain of entries: one hash that stands for every column of every entry so far.

Kept elsewhere (on paper, in another's hands) it shows later whether the end of the books was cut off or made anew: the
entry that has this hash must still be there. `verify --head` looks for it.
"""

import re

import msgspec

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHORT = 16  # characters that reports print: no two heads of one dossier will ever share them


class Head(msgspec.Struct, frozen=True):
    """Where the chain of a dossier stands. `number` and `date`: of the last entry, "" where there is none."""

    dossier: str
    head: str
    entries: int
    number: str
    date: str

    @property
    def line(self) -> str:
        """As it is printed at the foot of reports."""
        last = f" · {self.number}" if self.number else ""
        return f"{self.dossier} · {self.entries}{last} · {short(self.head)}"


def short(head: str) -> str:
    """The beginning of a hash, in fours, for people to compare: `1a2b 3c4d 5e6f 7a8b`."""
    return " ".join(head[at : at + 4] for at in range(0, _SHORT, 4))


def head_in(text: str) -> str:
    """The hash that somebody kept: the text itself, or what a file says under `head`; "" where there is none."""
    bare = "".join(text.split()).lower()
    if _HASH.fullmatch(bare):
        return bare
    try:
        told = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return ""
    kept = told.get("head") if isinstance(told, dict) else None
    return kept if isinstance(kept, str) and _HASH.fullmatch(kept) else ""

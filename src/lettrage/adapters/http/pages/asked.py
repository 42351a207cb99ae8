"""What a browser asks: the query of an address read leniently, the fields and files of a form."""

import re
from collections.abc import Collection
from contextlib import suppress
from datetime import date
from typing import TypeVar

from starlette.datastructures import FormData, QueryParams, UploadFile

_FRENCH_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_TEXT_MOST = 200
Word = TypeVar("Word", bound=str)


class Query:
    """The query of an address. People mend addresses by hand: what is nonsense is as if it were not there."""

    def __init__(self, values: QueryParams) -> None:
        self._values = values

    def text(self, name: str, most: int = _TEXT_MOST) -> str:
        """A text without blanks around it; "" when absent or too long."""
        found = self._values.get(name, "").strip()
        return found if len(found) <= most and found.isprintable() else ""

    def one(self, name: str, allowed: Collection[Word], default: Word) -> Word:
        """One of these."""
        given = self._values.get(name, default)
        return next((word for word in allowed if word == given), default)

    def number(self, name: str, default: int = 0, most: int = 10**15) -> int:
        """A whole number from 0 on."""
        found = self._values.get(name, "")
        return (
            int(found) if found.isascii() and found.isdecimal() and len(found) < 17 and int(found) <= most else default
        )

    def day(self, name: str) -> date | None:
        """A day, as ISO or `20/11/2026`."""
        return day_of(self._values.get(name, "").strip())

    def flag(self, name: str) -> bool:
        """Whether it is there and not 0."""
        return self._values.get(name, "0") not in ("", "0")

    def all(self, name: str) -> list[str]:
        """Every value of a name."""
        return self._values.getlist(name)


class Form:
    """The fields and files of a form that was posted. Files are read at once: what held them is closed afterwards."""

    def __init__(self, values: FormData) -> None:
        self._values = values
        self._files = [(name, *_read(value)) for name, value in values.multi_items() if isinstance(value, UploadFile)]

    def text(self, name: str, default: str = "") -> str:
        """A text as it was typed, blanks around it aside."""
        return self.raw(name, default).strip()

    def raw(self, name: str, default: str = "") -> str:
        """A text to the character."""
        found = self._values.get(name, default)
        return found if isinstance(found, str) else default

    def all(self, name: str) -> list[str]:
        """Every value of a name."""
        return [value for value in self._values.getlist(name) if isinstance(value, str)]

    def names(self) -> list[str]:
        """The names of all fields, as they came."""
        return list(self._values)

    def flag(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self._values

    def file(self, name: str) -> tuple[str, bytes] | None:
        """The name and content of the first file; None when none was chosen."""
        return next(iter(self.files(name)), None)

    def files(self, name: str) -> list[tuple[str, bytes]]:
        """The names and contents of all files chosen."""
        return [(file, content) for field, file, content in self._files if field == name and file]


def _read(upload: UploadFile) -> tuple[str, bytes]:
    upload.file.seek(0)
    return upload.filename or "", upload.file.read()


def day_of(text: str) -> date | None:
    """A day written as ISO or as `20/11/2026`; None for anything else."""
    found = _FRENCH_DAY.fullmatch(text)
    with suppress(ValueError):
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text)
    return None

"""Free text as banks hand it over, cut where numbers of documents may stand in it.

A text is folded (capitals, no accents) and cut into runs of letters and runs of digits. A number of a document is a few
runs in a row, whatever stands between them: `FA-2024-0137`, `FA 2024 0137`, `FA20240137`.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import msgspec

RUNS_MOST = 5  # runs in one number
CHARACTERS_MOST = 4_000  # of one text: what comes after is no reference
_RUN = re.compile(r"[A-Z]+|[0-9]+")
DATE = re.compile(
    r"\b(?:[0-3]?\d[/.\-][01]?\d[/.\-](?:20)?\d\d|20\d\d[/.\-][01]\d[/.\-][0-3]\d|[0-3]\d/[01]\d)(?![0-9])(?!/[0-9])"
)
_WHOLE_DATE = re.compile(r"(?:[0-2]\d|3[01])(?:0\d|1[0-2])(?:20)?[0-4]\d|20[0-4]\d(?:0\d|1[0-2])(?:[0-2]\d|3[01])")
_TIME = re.compile(
    r"20[0-4]\d(?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])20[0-4]\d|[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
# Signs that NFKD would turn into letters, or that have no form in ASCII.
_SIGNS = str.maketrans(
    dict.fromkeys("°ºª€", " ")
    | dict.fromkeys("’‘´`", "'")
    | dict.fromkeys("–—−‑", "-")
    | {"œ": "oe", "Œ": "OE", "æ": "ae"}
)
_TIGHT = frozenset(("-", "/", ".", "_", ",", "'"))

_WORDS = tomllib.loads(files("lettrage.bank.matching").joinpath("words.toml").read_text("utf-8"))
ANNOUNCING = frozenset(_WORDS["announcing"])
POINTING = frozenset(_WORDS["pointing"])
MARKERS = ANNOUNCING | POINTING
BETWEEN = frozenset(_WORDS["between"])
FORMS = frozenset(_WORDS["forms"])
ELSEWHERE = frozenset(_WORDS["elsewhere"])
FROM_TO = frozenset(("A", "AU", "TO"))


class Run(msgspec.Struct, frozen=True, gc=False):
    """Letters or digits in a row. `gap`: what stands between it and the run before; None for the first."""

    text: str
    start: int
    gap: str | None
    dated: bool  # inside a date

    @property
    def digits(self) -> bool:
        """Whether it is digits."""
        return self.text[0] <= "9"


class Window(msgspec.Struct, frozen=True, gc=False):
    """A few runs in a row that may be one number: from run `first` up to, not including, run `after`."""

    first: int
    after: int
    keys: tuple[str, ...]  # how it is looked up
    text: str  # as it stands there
    figures: int  # how many digits, zeros in front not counted
    lettered: bool  # with letters of its own


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """Capitals without accents, in ASCII; what has no such form is a blank."""
    if text.isascii():
        return text[:CHARACTERS_MOST].upper()
    plain = unicodedata.normalize("NFKD", text[:CHARACTERS_MOST].translate(_SIGNS))
    return (
        "".join(c for c in plain if not unicodedata.combining(c))
        .encode("ascii", "replace")
        .decode()
        .replace("?", " ")
        .upper()
    )


def runs(text: str) -> list[Run]:
    """The runs of a folded text."""
    dates = [(found.start(), found.end()) for found in DATE.finditer(text)]
    found: list[Run] = []
    end = 0
    for match in _RUN.finditer(text):
        start = match.start()
        dated = any(first <= start < last for first, last in dates)
        found.append(Run(match.group(), start, text[end:start] if found else None, dated))
        end = match.end()
    return found


def keys(parts: Sequence[Run]) -> tuple[str, ...]:
    """How a number is looked up: everything in a row, zeros in front dropped; and run by run where it has several."""
    row, by_run, figures = [], [], 0
    for at, run in enumerate(parts):
        if not run.digits:
            row.append(run.text)
            by_run.append(run.text)
            continue
        figures += 1
        bare = run.text.lstrip("0") or "0"
        row.append(bare if at == 0 or not parts[at - 1].digits else run.text)
        by_run.append(bare)
    return ("".join(row), ".".join(by_run)) if figures > 1 else ("".join(row),)


def windows(text: str, parts: Sequence[Run]) -> Iterator[Window]:
    """Every stretch of runs that may be a number, with at least one digit and nothing but signs between its runs."""
    for first in range(len(parts)):
        for after in range(first + 1, min(first + RUNS_MOST, len(parts)) + 1):
            if after > first + 1 and not _goes_on(parts, after - 1):
                break
            own = parts[first:after]
            figures = _figures(own)
            if not figures or not _sound(own, figures):
                continue
            end = own[-1].start + len(own[-1].text)
            lettered = any(not run.digits for run in own)
            yield Window(first, after, keys(own), text[own[0].start : end], figures, lettered)


def _figures(own: Sequence[Run]) -> int:
    """How many digits tell the number apart: zeros in front of them all do not."""
    written = "".join(run.text for run in own if run.digits)
    return len(written.lstrip("0")) or len(written[:1])


def _goes_on(parts: Sequence[Run], at: int) -> bool:
    """Whether a number may go on from the run before to this one."""
    gap, run = parts[at].gap or "", parts[at]
    if not run.digits and gap.strip() != gap:  # letters after a blank are another word
        return False
    return len(gap) <= 3 and not set(gap) & set(",;+&():") and (run.digits or len(run.text) <= 4)


def _sound(own: Sequence[Run], figures: int) -> bool:
    """Whether these runs make a number: digits apart from digits by a blank alone only when there are many."""
    apart = any(b.digits and a.digits and not (b.gap or "").strip() for a, b in pairwise(own))
    if apart and figures < 6:
        return False
    return own[0].digits or len(own[0].text) <= 6


def joined(gap: str | None) -> bool:
    """Whether nothing at all stands between two runs."""
    return gap == ""


def tight(gap: str | None) -> bool:
    """Whether two runs are held together by one sign, as the parts of one number are."""
    return gap in _TIGHT


def is_date(digits: str) -> bool:
    """Whether digits in a row may be a day: 12032026, 120326, 20260312."""
    return _WHOLE_DATE.fullmatch(digits) is not None


def may_be_a_time(digits: str) -> bool:
    """Whether digits in a row may be a day or a month, in whatever order they are written: 150326, 202611, 112026."""
    return is_date(digits) or _TIME.fullmatch(digits) is not None


def of_something_else(parts: Sequence[Run], first: int) -> bool:
    """Whether the word before a number says that it is no document's: COMPTE 300060, CDE N° 4012, REF BANQUE 77."""
    for run in reversed(parts[:first]):
        if run.text in ELSEWHERE:
            return True
        if run.text not in POINTING and run.text not in BETWEEN:
            return False
    return False


class Told(IntEnum):
    """What a word says about the numbers after it."""

    NOTHING = 0
    POINTED = 1  # a number of some kind: REF, N°
    ANNOUNCED = 2  # a document's: FACT, AVOIR


def marks(parts: Sequence[Run]) -> list[Told]:
    """For each run what a word before it tells; it holds over lists: FACT 1001, 1002 ET 1003."""
    told, found = Told.NOTHING, []
    for at, run in enumerate(parts):
        if not run.digits:
            told = _word(parts, at, told)
        found.append(told)
    return found


def _word(parts: Sequence[Run], at: int, told: Told) -> Told:
    """What is told after a word. Letters that belong to the number after them change nothing."""
    word = parts[at].text
    if word in ANNOUNCING:
        return Told.ANNOUNCED
    if word in POINTING:
        behind = at > 0 and not parts[at - 1].digits  # FACT N° 137
        return told if behind and told else Told.POINTED
    if word in BETWEEN:
        return told
    of_a_number = len(word) <= 4 and at + 1 < len(parts) and parts[at + 1].digits and held_to(parts[at + 1].gap)
    return told if of_a_number else Told.NOTHING


def held_to(gap: str | None) -> bool:
    """Whether two runs are parts of one thing: nothing between them, or one sign."""
    return joined(gap) or tight(gap)


def chunks(parts: Sequence[Run]) -> Iterator[tuple[int, int]]:
    """The runs that nothing but single signs holds together, each stretch from its first to after its last."""
    first = 0
    for at in range(1, len(parts) + 1):
        if at == len(parts) or not held_to(parts[at].gap):
            yield first, at
            first = at


def style(parts: Sequence[Run]) -> tuple[str, int]:
    """How a number looks: its letters, and how many digits it has."""
    return "".join(run.text for run in parts if not run.digits), sum(len(run.text) for run in parts if run.digits)

"""A settlement in its caller's own text: the lines where it stands, each place at fault lit, each reason explained."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from lettrage.adapters.http import modern
from lettrage.adapters.http.pages.words import known, words
from lettrage.adapters.http.problems import Problem
from lettrage.refusal import Language, Refusal, Stop
from lettrage.settlement import dialect
from lettrage.settlement.answer import reason_shape
from lettrage.settlement.document import Document, Settlement
from lettrage.settlement.places import Found, Sent, Spot
from lettrage.settlement.read import read

TRACED = 2 * 1024 * 1024  # characters of a text that is taken apart to be shown
_LONG = 110  # characters of a line that is shown as it is; a longer one is cut after a mark
_CUT = 68
_AROUND = 8  # lines before and after a place, where the settlement is too long to be shown whole
_WHOLE = 60
_MARKS = re.compile(r"[,{\[]")
_ROW = re.compile(r"(?P<table>.*?)(?:\[\d+\]|/\d+)(?=[./]|$)", re.DOTALL)


class Bit(msgspec.Struct, frozen=True):
    """Characters of a line, at fault or not."""

    text: str
    lit: bool = False


class Row(msgspec.Struct, frozen=True):
    """A line as it is shown, or a part of a long one. `motives`: the reasons that begin here; `gap`: lines left out."""

    number: int
    anchor: str
    bits: tuple[Bit, ...] = ()
    motives: tuple[int, ...] = ()
    continued: bool = False
    gap: int = 0

    @property
    def lit(self) -> bool:
        """Whether something at fault stands here."""
        return any(bit.lit for bit in self.bits)


class Where(msgspec.Struct, frozen=True):
    """A place: its line, its character where the line is long (else 0), and where a link to it goes."""

    line: int
    column: int
    anchor: str
    exact: bool


class Motive(msgspec.Struct, frozen=True):
    """One reason against a settlement, as people read it."""

    number: int
    title: str
    seen: str
    expected: str
    path: str
    fix: str
    places: tuple[Where, ...]


class Reading(msgspec.Struct, frozen=True):
    """A document as it is read today; None where it no longer can be. `own`: in our own form, not the wire's."""

    document: Document | None
    own: bool = False

    def settlement(self, position: int) -> Settlement | None:
        """The settlement at a position."""
        found = self.document.settlements if self.document is not None else ()
        return found[position] if position < len(found) else None


def reading(text: str) -> Reading:
    """A document in whichever of its forms it was sent."""
    for reader, own in ((read, False), (modern.read, True)):
        try:
            return Reading(reader(text), own)
        except (Stop, Problem):
            continue
    return Reading(None)


class Shown:
    """One settlement of a text: its place in it, the reasons against it, and the lines in between."""

    def __init__(self, sent: Sent, settlement: Settlement) -> None:
        self.sent = sent
        found = _ROW.match(settlement.place.path)
        self.table = found["table"] if found else ""
        rows = sent.spots(found[0]) if found else []
        self.spot: Spot | None = rows[0] if rows else None

    @property
    def text(self) -> str:
        """The settlement alone, to the character; "" where it was not found."""
        return self.sent.text[self.spot.start : self.spot.end] if self.spot else ""

    @property
    def lines(self) -> tuple[int, int]:
        """Its first and last lines."""
        assert self.spot is not None
        return self.sent.line(self.spot.start), self.sent.line(self.spot.end - 1)

    def alone(self, instead: str, beside: Sequence["Shown"] = ()) -> str:
        """The text with this settlement in another wording, and of the others only those `beside` it."""
        tables = self.sent.spots(self.table)
        if self.spot is None or not tables:
            return ""
        table, text = tables[0], self.sent.text
        if table.kind != "[":
            return text[: self.spot.start] + instead + text[self.spot.end :]
        kept = sorted([(self.spot.start, instead), *((one.spot.start, one.text) for one in beside if one.spot)])
        return text[: table.start + 1] + ", ".join(part for _, part in kept) + text[table.end - 1 :]

    def motives(self, reasons: Sequence[Refusal], language: Language) -> list[Motive]:
        """The reasons, each with the places that it is about."""
        return [
            motive(number, reason, language, tuple(self._where(found) for found in self._found(reason)))
            for number, reason in enumerate(reasons, 1)
        ]

    def rows(self, reasons: Sequence[Refusal]) -> list[Row]:
        """The lines of the settlement; of a long one those around what is at fault."""
        if self.spot is None:
            return []
        faults = [(number, found) for number, reason in enumerate(reasons, 1) for found in self._found(reason)]
        first, last = self.lines
        wanted: Sequence[int] = range(first, last + 1)
        if last - first >= _WHOLE:
            near = {first, last, *(line for _, found in faults for line in self._near(found))}
            wanted = [line for line in wanted if line in near or line < first + _AROUND]
        rows: list[Row] = []
        before = first - 1
        for line in wanted:
            if line > before + 1:
                rows.append(Row(0, "", gap=line - before - 1))
            rows += self._line(line, faults)
            before = line
        return rows

    # ------------------------------------------------------------ one line

    def _found(self, reason: Refusal) -> list[Found]:
        """Where a reason leads; a few stand outside the settlement, among the parameters."""
        return self.sent.at(reason.path)

    def _near(self, found: Found) -> range:
        line = self.sent.line(found.start)
        return range(line - _AROUND, line + _AROUND + 1)

    def _line(self, line: int, faults: Sequence[tuple[int, Found]]) -> Iterator[Row]:
        cuts = self._cuts(line)
        for start, end in pairwise(cuts):
            motives = tuple(dict.fromkeys(number for number, found in faults if start <= found.start < end))
            bits = tuple(_bits(self.sent.text, start, end, [found for _, found in faults]))
            yield Row(line, self._anchor(line, start, cuts), bits, motives, continued=start != cuts[0])

    def _cuts(self, line: int) -> list[int]:
        """Where a line is cut: at its two ends, and where it is long, at those of the settlement and after marks."""
        begin, end = self.sent.begins(line), self.sent.ends(line)
        if end - begin <= _LONG or self.spot is None:
            return [begin, max(end, begin)]
        begin, end = max(begin, self.spot.start), min(end, self.spot.end)
        cuts = [begin]
        while end - cuts[-1] > _CUT:
            marks = [mark.end() for mark in _MARKS.finditer(self.sent.text, cuts[-1] + 1, cuts[-1] + _CUT)]
            cuts.append(marks[-1] if marks else cuts[-1] + _CUT)
        return [*cuts, end]

    def _anchor(self, line: int, at: int, cuts: Sequence[int]) -> str:
        return f"l{line}" if at == cuts[0] else f"l{line}-{at - self.sent.begins(line) + 1}"

    def _where(self, found: Found) -> Where:
        line = self.sent.line(found.start)
        begin = self.sent.begins(line)
        column = found.start - begin + 1 if self.sent.ends(line) - begin > _LONG else 0
        if self.spot is None or not self.spot.start <= found.start <= self.spot.end:
            return Where(line, column, "", found.exact)
        cuts = self._cuts(line)
        start = max(cut for cut in cuts if cut <= found.start)
        return Where(line, column, self._anchor(line, start, cuts), found.exact)


def _bits(text: str, start: int, end: int, faults: Sequence[Found]) -> Iterator[Bit]:
    """The characters of a part of a line, cut where something at fault begins or ends."""
    lit = [(max(f.start, start), min(f.end, end)) for f in faults if f.start < end and f.end > start]
    edges = sorted({start, end, *(edge for pair in lit for edge in pair)})
    for begin, until in pairwise(edges):
        yield Bit(text[begin:until].replace("\t", "    "), any(a <= begin and until <= b for a, b in lit))


def motive(number: int, reason: Refusal, language: Language, places: tuple[Where, ...] = ()) -> Motive:
    """A reason as people read it."""
    return told(number, reason_shape(reason), language, places)


def told(number: int, reason: Mapping[str, str], language: Language, places: tuple[Where, ...] = ()) -> Motive:
    """The same of a reason in the shape of the interface; of a long path its last name is enough inside a sentence."""
    path, title, fix = reason["path"], reason[language], reason["fix" if language == "fr" else "fix_en"]
    if path:
        name = re.split(r"[./]", path)[-1]
        title = title.removeprefix(f"{path} : ").removeprefix(f"{path}: ")
        title, fix = title.replace(path, name), fix.replace(path, name)
    key = f"received.expected_{reason['code']}"  # where what is expected is said in a pattern
    expected = words(language, key) if known(key) else reason["expected"]
    return Motive(number, title[:1].upper() + title[1:], reason["seen"], expected, path, fix, places)


def sent_text(text: str) -> Sent | None:
    """The text taken apart; None for one too long to be."""
    return Sent(text) if len(text) <= TRACED else None


def decoded(raw: bytes) -> str:
    """What was kept of a document, as text; "" for what no longer is one."""
    try:
        return dialect.decode(raw)
    except Stop:
        return ""

"""Which pieces a line names: numbers of documents found in its text, each with how much that proves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import pairwise

import msgspec

from lettrage.bank.matching import text as texts
from lettrage.bank.matching.facts import Open, Settled
from lettrage.bank.matching.text import (
    Run,
    Told,
    Window,
    chunks,
    folded,
    held_to,
    is_date,
    joined,
    keys,
    marks,
    may_be_a_time,
    of_something_else,
    runs,
    style,
    tight,
    windows,
)
from lettrage.bank.statements.document import StatementLine
from lettrage.settlement.document import Ledger

SHARED_MOST = 40  # pieces that share a number: it tells nothing any more
RANGE_MOST = 60  # pieces between the two ends of a range
STYLE_FIGURES = 6  # digits that a number without letters must have to look like one of ours
UNKNOWN_FIGURES = 3  # digits that a number announced must have to be taken for a piece that is not there
_NOTHING = frozenset(("NOTPROVIDED", "NOTPROVIDE", "NONREF", "NEANT", ""))


class Proof(IntEnum):
    """How much a number in a text proves."""

    TYPO = 0  # one character off
    WEAK = 1  # too short, or only its end
    FAIR = 2  # short, but announced as a document's number
    STRONG = 3  # long, or with its letters


class Piece(msgspec.Struct, frozen=True):
    """A document of a third party, with what is open of it; nothing where it is settled."""

    third_party: str
    ledger: Ledger
    prefix: str
    number: str
    items: tuple[Open, ...] = ()
    amount: int = 0  # of a settled one

    @property
    def settled(self) -> bool:
        """Whether nothing of it is open."""
        return not self.items

    @property
    def name(self) -> str:
        """As it is shown."""
        return f"{self.prefix}{self.number}"


class Named(msgspec.Struct, frozen=True):
    """A number in a line, and the pieces that bear it: several where third parties share it.

    `announced`: as a document's, however short it is.
    """

    seen: str
    proof: Proof
    pieces: tuple[Piece, ...]
    announced: bool = False

    @property
    def counts(self) -> bool:
        """Whether it must be explained: whoever pays something else would not write it."""
        return self.proof >= Proof.FAIR or (self.announced and self.proof is Proof.WEAK)


class References(msgspec.Struct, frozen=True):
    """What a line names. `unknown`: numbers announced as documents' that nobody has. `doubtful`: others that nobody has
    and that may be documents': after REF or N°, or of the same look as ours.
    """

    named: tuple[Named, ...] = ()
    unknown: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


class _Found(msgspec.Struct):
    """A window that is a piece's number."""

    window: Window
    proof: Proof
    pieces: list[Piece]
    announced: bool = False


class PieceIndex:
    """All pieces by every way to write their number. Built once, asked for each line."""

    def __init__(self, items: Iterable[Open], settled: Iterable[Settled]) -> None:
        self._whole: dict[str, list[Piece]] = defaultdict(list)
        self._bare: dict[str, list[Piece]] = defaultdict(list)  # without the letters in front
        self._tail: dict[str, list[Piece]] = defaultdict(list)  # its last digits only
        self._styles: set[tuple[str, int]] = set()
        self._nearly: dict[str, list[tuple[str, Piece]]] | None = None
        grouped: dict[tuple[str, Ledger, str, str], list[Open]] = defaultdict(list)
        for item in items:
            if item.piece:
                grouped[item.third_party, item.ledger, item.prefix, item.piece].append(item)
        self._by_party: dict[str, list[Piece]] = defaultdict(list)
        for (party, ledger, prefix, number), own in grouped.items():
            own.sort(key=lambda item: (item.due_date, item.id))
            self._add(Piece(party, ledger, prefix, number, tuple(own)))
        for gone in settled:
            if (gone.third_party, gone.ledger, gone.prefix, gone.piece) not in grouped:
                self._add(Piece(gone.third_party, gone.ledger, gone.prefix, gone.piece, amount=gone.amount))

    def _add(self, piece: Piece) -> None:
        self._by_party[piece.third_party].append(piece)
        for written in dict.fromkeys((piece.prefix + piece.number, piece.number)):
            parts = runs(folded(written))
            if not parts:
                continue
            for key in keys(parts):
                self._note(self._whole[key], piece)
            self._note_style(parts)
            digits = [at for at, run in enumerate(parts) if run.digits]
            if digits and digits[0] > 0:
                for key in keys(parts[digits[0] :]):
                    self._note(self._bare[key], piece)
            if digits and (digits[-1] > digits[0] or digits[0] > 0):
                last = parts[digits[-1]].text
                for zeros in range(len(last) - len(last.lstrip("0")) + 1):
                    self._note(self._tail[last[zeros:]], piece)

    def _note_style(self, parts: Sequence[Run]) -> None:
        letters, figures = style(parts)
        if figures >= (STYLE_FIGURES if not letters else UNKNOWN_FIGURES):
            self._styles.add((letters, figures))
        if figures >= STYLE_FIGURES:
            self._styles.add(("", figures))

    @staticmethod
    def _note(under: list[Piece], piece: Piece) -> None:
        if piece not in under[-2:]:
            under.append(piece)

    # ------------------------------------------------------------ looking up

    def named(self, line: StatementLine) -> References:
        """What a line names: in its text, in the references that came apart from it, in its end-to-end id."""
        found: dict[tuple[str, ...], Named] = {}
        unknown: dict[str, Told] = {}
        for written, apart in _texts(line):
            self._in_text(folded(written), apart, found, unknown)
        sure = tuple(text for text, told in unknown.items() if told is Told.ANNOUNCED)
        return References(tuple(found.values()), sure, tuple(text for text in unknown if text not in sure))

    def _in_text(self, text: str, apart: bool, found: dict[tuple[str, ...], Named], unknown: dict[str, Told]) -> None:
        parts = runs(text)
        told = [Told.ANNOUNCED] * len(parts) if apart else marks(parts)
        kept = self._kept(text, parts, told)
        covered = {at for own in kept for at in range(own.window.first, own.window.after)}
        for own in kept:
            _remember(found, Named(own.window.text, own.proof, tuple(own.pieces), own.announced))
        for piece in self._between(kept, parts):
            _remember(found, Named(piece.name, Proof.FAIR, (piece,)))
        for window in _unexplained(text, parts, told, covered):
            near = self._typo(window)
            if near:
                _remember(found, Named(window.text, Proof.TYPO, tuple(near)))
            unknown[window.text] = max(told[window.first], unknown.get(window.text, Told.NOTHING))
        for window in _left_over(text, parts, covered):
            near = self._typo(window)
            if near:
                _remember(found, Named(window.text, Proof.TYPO, tuple(near)))
            if near or style(parts[window.first : window.after]) in self._styles:
                unknown.setdefault(window.text, Told.NOTHING)

    def _kept(self, text: str, parts: Sequence[Run], told: Sequence[Told]) -> list[_Found]:
        """The windows that are numbers of pieces: the longest first, none inside another or a longer one."""
        loose: list[_Found] = []
        bound: list[_Found] = []
        for window in windows(text, parts):
            own = self._looked_up(window, parts, told)
            if own is not None:
                (bound if _held(parts, window) else loose).append(own)
        ends = {at for own in (*loose, *bound) for at in range(own.window.first, own.window.after)}
        free = [own for own in bound if _neighbours(parts, own.window) <= ends]
        kept: list[_Found] = []
        taken: set[int] = set()
        for own in sorted((*loose, *free), key=lambda own: (-own.proof.value, -own.window.figures, own.window.first)):
            place = set(range(own.window.first, own.window.after))
            if not place & taken:
                taken |= place
                kept.append(own)
        return sorted(kept, key=lambda own: own.window.first)

    def _looked_up(self, window: Window, parts: Sequence[Run], told: Sequence[Told]) -> _Found | None:
        first, last = parts[window.first], parts[window.after - 1]
        if (first.dated and last.dated and window.after - window.first < 3) or _glued(parts, window):
            return None
        announced = bool(told[window.first] or (window.lettered and told[window.after - 1]))
        for kind, under in (("whole", self._whole), ("bare", self._bare), ("tail", self._tail)):
            if kind == "tail" and window.after - window.first > 1:
                break
            looked_up = (parts[window.first].text,) if kind == "tail" else window.keys
            lists = [under[key] for key in looked_up if key in under]
            if any(len(own) > SHARED_MOST for own in lists):
                return None
            pieces = list(dict.fromkeys(piece for own in lists for piece in own))
            if pieces:
                proof = _proof(kind, window, announced)
                proof = Proof.WEAK if _postal(parts, window, announced) else proof
                proof = min(proof, Proof.FAIR) if _doubtful(parts, window) else proof
                return _Found(window, proof, pieces, told[window.first] is Told.ANNOUNCED)
        return None

    def _between(self, kept: Sequence[_Found], parts: Sequence[Run]) -> Iterator[Piece]:
        """The pieces inside a range: FACT 1001 A 1004."""
        for one, other in pairwise(kept):
            between = parts[one.window.after : other.window.first]
            if len(between) != 1 or between[0].text not in texts.FROM_TO:
                continue
            for start in one.pieces:
                for end in other.pieces:
                    if start.third_party == end.third_party and start.prefix == end.prefix:
                        yield from self._inside(start, end)

    def _inside(self, start: Piece, end: Piece) -> Iterator[Piece]:
        low, high = _last_figures(start), _last_figures(end)
        if not 0 < high - low <= RANGE_MOST:
            return
        for piece in self._by_party[start.third_party]:
            same = (piece.prefix, piece.ledger, len(piece.number)) == (start.prefix, start.ledger, len(start.number))
            if same and low < _last_figures(piece) < high and _stem(piece) == _stem(start):
                yield piece

    # ------------------------------------------------------------ one character off

    def _typo(self, window: Window) -> list[Piece]:
        key = window.keys[0]
        if len(key) < 5:
            return []
        if self._nearly is None:
            self._nearly = defaultdict(list)
            for under in (self._whole, self._bare):
                for own, pieces in under.items():
                    if len(own) >= 5 and "." not in own:
                        for short in _shortened(own):
                            self._nearly[short] += [(own, piece) for piece in pieces]
        near = {}
        for short in _shortened(key):
            for own, piece in self._nearly.get(short, ()):
                if _one_off(own, key):
                    near[piece.third_party, piece.prefix, piece.number] = piece
        return list(near.values())


def _texts(line: StatementLine) -> Iterator[tuple[str, bool]]:
    """Where references may stand, and whether they came as such."""
    for reference in line.references:
        yield reference, True
    if folded(line.end_to_end).replace(" ", "") not in _NOTHING:
        yield line.end_to_end, False
    yield line.text, False
    for part in line.parts:
        for reference in part.references:
            yield reference, True
        yield part.text, False
        yield part.end_to_end, False


def _remember(found: dict[tuple[str, ...], Named], named: Named) -> None:
    """One entry for each set of pieces, with the strongest proof."""
    key = tuple(sorted(f"{p.third_party}\t{p.prefix}\t{p.number}" for p in named.pieces))
    if key not in found or found[key].proof < named.proof:
        found[key] = named


def _proof(kind: str, window: Window, announced: bool) -> Proof:
    """How much a number of so many digits proves, found in this way."""
    figures = window.figures
    if kind == "tail":
        return Proof.FAIR if announced and figures >= 3 else Proof.WEAK
    if window.lettered and kind == "whole":
        return Proof.STRONG if figures >= 3 else Proof.FAIR if figures == 2 else Proof.WEAK
    if figures >= 6 or (figures == 5 and announced):
        return Proof.STRONG
    if figures == 5 or (figures >= 3 and announced):
        return Proof.FAIR
    return Proof.WEAK


def _postal(parts: Sequence[Run], window: Window, announced: bool) -> bool:
    """Whether it may be a postal code: five digits by themselves, then a word."""
    alone = window.after - window.first == 1 and len(parts[window.first].text) == 5
    if not alone or announced or window.after == len(parts):
        return False
    beyond = parts[window.after]
    return not beyond.digits and len(beyond.text) > 2 and not tight(beyond.gap)


def _doubtful(parts: Sequence[Run], window: Window) -> bool:
    """Whether a number without letters may be a day or a month, or is told to be of something else."""
    own = parts[window.first : window.after]
    digits = "".join(run.text for run in own)
    as_one = all(run.dated for run in own) or not any((run.gap or "").strip() for run in own[1:])
    return digits.isdigit() and ((as_one and may_be_a_time(digits)) or of_something_else(parts, window.first))


def _glued(parts: Sequence[Run], window: Window) -> bool:
    """Whether the number is part of a word: letters right before it that announce nothing, or right after it."""
    first, after = window.first, window.after
    if joined(parts[first].gap) and not (parts[first - 1].text in texts.MARKERS and parts[first].digits):
        return True
    if after >= len(parts):
        return False
    beyond = parts[after]
    if joined(beyond.gap):
        return beyond.text not in ("EUR", "EUROS", "E")
    if not tight(beyond.gap) or beyond.digits or len(beyond.text) > 2 or beyond.gap == ",":
        return False
    return after + 1 == len(parts) or not (parts[after + 1].digits and held_to(parts[after + 1].gap))  # another number


def _neighbours(parts: Sequence[Run], window: Window) -> set[int]:
    """The runs of digits that a sign holds together with the number, on either side."""
    found = set()
    if tight(parts[window.first].gap) and window.first and parts[window.first - 1].digits:
        found.add(window.first - 1)
    if window.after < len(parts) and tight(parts[window.after].gap) and parts[window.after].digits:
        found.add(window.after)
    return found


def _held(parts: Sequence[Run], window: Window) -> bool:
    return bool(_neighbours(parts, window))


def _unexplained(text: str, parts: Sequence[Run], told: Sequence[Told], covered: set[int]) -> Iterator[Window]:
    """Numbers announced as documents' that are no piece's: the longest stretch of each."""
    at = 0
    while at < len(parts):
        run = parts[at]
        if at in covered or not run.digits or not told[at] or run.dated:
            at += 1
            continue
        after = at + 1
        while after < len(parts) and after not in covered and parts[after].digits and tight(parts[after].gap):
            after += 1
        own = parts[at:after]
        figures = sum(len(part.text) for part in own)
        decimal = len(own) > 1 and own[-1].gap in (",", ".") and len(own[-1].text) <= 2
        enough = figures >= UNKNOWN_FIGURES or _right_after(parts, at)
        if enough and not decimal and not (len(own) == 1 and is_date(run.text)):
            end = own[-1].start + len(own[-1].text)
            yield Window(at, after, keys(own), text[run.start : end], figures, False)
        at = after


def _right_after(parts: Sequence[Run], at: int) -> bool:
    """Whether a short number follows the word that announces it, and no word of a date: FACT 86, not FACTURE DU 5."""
    before = next((run.text for run in reversed(parts[:at]) if not run.digits), "")
    return before in texts.ANNOUNCING or before in texts.POINTING or before in ("ET", "AND")


def _left_over(text: str, parts: Sequence[Run], covered: set[int]) -> Iterator[Window]:
    """What else may be a number of ours, announced or not: everything in one stretch with digits enough."""
    for first, after in chunks(parts):
        own = parts[first:after]
        figures = style(own)[1]
        if figures >= UNKNOWN_FIGURES and not covered & set(range(first, after)) and not all(run.dated for run in own):
            end = own[-1].start + len(own[-1].text)
            yield Window(first, after, keys(own), text[own[0].start : end], figures, not own[0].digits)


def _last_figures(piece: Piece) -> int:
    figures = [run.text for run in runs(folded(piece.number)) if run.digits]
    return int(figures[-1][:15]) if figures else -1


def _stem(piece: Piece) -> tuple[str, ...]:
    """Its number without the last digits."""
    parts = [run.text for run in runs(folded(piece.number))]
    return tuple(parts[:-1])


def _shortened(key: str) -> set[str]:
    """The key, and the key without one of its characters."""
    return {key} | {key[:at] + key[at + 1 :] for at in range(len(key))}


def _one_off(one: str, other: str) -> bool:
    """Whether one character was changed, left out, added, or changed places with its neighbour."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    return one != other and OSA.distance(one, other, score_cutoff=1) == 1


# ---------------------------------------------------------------- what the store is asked for

_JOINTS = ("", "-", "/")
SPELLINGS_MOST = 60  # of one line


def spellings(line: StatementLine) -> set[str]:
    """Numbers of pieces that a line may name, as they may stand in the books: to look up those that are settled."""
    found: dict[str, None] = {}
    for written, apart in _texts(line):
        text = folded(written)
        parts = runs(text)
        told = [Told.ANNOUNCED] * len(parts) if apart else marks(parts)
        for window in windows(text, parts):
            announced = told[window.first] or (window.lettered and told[window.after - 1])
            if window.after - window.first > 4 or window.figures < (2 if announced else 4) or _glued(parts, window):
                continue
            own = [run.text for run in parts[window.first : window.after]]
            bare = [*own[:-1], own[-1].lstrip("0") or "0"] if len(own) == 1 else own
            for joint in _JOINTS if len(own) > 1 else ("",):
                found[joint.join(own)] = None
            found[window.text] = None
            found["".join(bare)] = None
            if len(own) > 1 and not own[0].isdigit():
                found[own[0] + "-".join(own[1:])] = None
    return set(list(found)[:SPELLINGS_MOST])

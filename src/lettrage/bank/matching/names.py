"""Who a name on a statement is: legal forms, accents, order of words and cut ends put aside, the rest compared."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

import msgspec
from rapidfuzz import fuzz

from lettrage.bank.matching.facts import Party
from lettrage.bank.matching.text import FORMS, folded

Likeness = Literal["same", "near"]

COMMON = 60  # parties that share a word: it finds nobody
LOOKED_AT = 40  # parties compared for one name
NEAR = 86  # of 100
CUT = range(22, 36)  # lengths at which banks cut names
LETTERS_LEAST = 4  # of a word that may stand for a whole name in free text


class Alike(msgspec.Struct, frozen=True):
    """A third party whose name is the one on the line, or like it."""

    party: Party
    likeness: Likeness
    seen: str


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The words that tell a name apart, in order; all of them where nothing else is left."""
    every = tuple("".join(c if c.isalnum() else " " for c in folded(name).replace("'", " ").replace(".", "")).split())
    own = tuple(word for word in every if word not in FORMS)
    return own or every


@lru_cache(maxsize=65536)
def core(name: str) -> str:
    """A name as it is compared: its words in alphabetical order."""
    return " ".join(sorted(words(name)))


class NameIndex:
    """All third parties by the words of their names."""

    def __init__(self, parties: Iterable[Party]) -> None:
        self._by_word: dict[str, list[Party]] = defaultdict(list)
        self._by_core: dict[str, list[Party]] = defaultdict(list)
        for party in parties:
            own = words(party.name)
            if not own:
                continue
            self._by_core[core(party.name)].append(party)
            for word in set(own):
                self._by_word[word].append(party)
        self._starts: dict[str, list[str]] = defaultdict(list)
        for word in self._by_word:
            self._starts[word[:4]].append(word)

    def of(self, name: str) -> list[Alike]:
        """The third parties that a structured name may be, those of the same name first."""
        own = words(name)
        if not own:
            return []
        same = self._by_core.get(core(name), [])
        found = {party.code: Alike(party, "same", name) for party in same}
        for party in self._candidates(own):
            if party.code not in found:
                likeness = likeness_of(name, party.name)
                if likeness:
                    found[party.code] = Alike(party, likeness, name)
        return sorted(found.values(), key=lambda alike: (alike.likeness != "same", alike.party.code))

    def within(self, text: str) -> list[Alike]:
        """The third parties whose whole name stands in a free text, word for word; of nested names the longer."""
        own = words(text)
        places = {word: at for at, word in reversed(list(enumerate(own)))}
        found: dict[str, tuple[Alike, set[int]]] = {}
        for party in self._candidates(own):
            theirs = words(party.name)
            at = places.get(theirs[0])
            while at is not None:
                if own[at : at + len(theirs)] == theirs and max(map(len, theirs)) >= LETTERS_LEAST:
                    likeness: Likeness = "same" if len(theirs) > 1 or len(theirs[0]) > 5 else "near"
                    alike = Alike(party, likeness, " ".join(theirs))
                    found[party.code] = alike, set(range(at, at + len(theirs)))
                    break
                at = next((i for i in range(at + 1, len(own)) if own[i] == theirs[0]), None)
        return [
            alike
            for alike, place in found.values()
            if not any(place < other for _, other in found.values())
        ]  # fmt: skip

    def _candidates(self, own: Sequence[str]) -> list[Party]:
        """Those that share a word that few have, the most shared words first; a cut last word counts by its start."""
        shared: Counter[str] = Counter()
        known: dict[str, Party] = {}
        for at, word in enumerate(dict.fromkeys(own)):
            met = self._by_word.get(word, ())
            if not met and (at == len(own) - 1 or len(word) >= 5):
                starts = [other for other in self._starts.get(word[:4], ()) if _alike(word, other)]
                met = [party for other in starts[:5] for party in self._by_word[other]]
            if len(met) > COMMON:
                continue
            for party in met:
                shared[party.code] += 1
                known[party.code] = party
        return [known[code] for code, _ in shared.most_common(LOOKED_AT)]


def _alike(word: str, other: str) -> bool:
    """Whether a word is the other's start, or one slip of the pen away from it."""
    return other.startswith(word) or fuzz.ratio(word, other) >= NEAR


def likeness_of(seen: str, known: str) -> Likeness | None:
    """How a name on a line compares with a third party's."""
    one, other = core(seen), core(known)
    if not one or not other:
        return None
    if one == other or _cut(seen, known):
        return "same"
    if fuzz.ratio(one, other) >= NEAR:
        return "near"
    mine, theirs = set(words(seen)), set(words(known))
    return "near" if mine < theirs or theirs < mine else None


def _cut(seen: str, known: str) -> bool:
    """Whether the name on the line is the known one, cut by the bank at its usual length."""
    whole, part = " ".join(folded(known).split()), " ".join(folded(seen).split())
    if len(part) in CUT and whole.startswith(part):
        return True
    mine, theirs = " ".join(words(seen)), " ".join(words(known))
    return len(part) in CUT and len(mine) >= 12 and theirs.startswith(mine)

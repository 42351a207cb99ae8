"""What the free text of a line says beside numbers: whether all of it is understood, and what speaks against."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.resources import files

from lettrage.bank.matching.candidate import Case
from lettrage.bank.matching.facts import Open
from lettrage.bank.matching.patterns import Pattern, Patterns
from lettrage.bank.matching.payers import IBAN, told_code
from lettrage.bank.matching.text import DATE, folded, is_date
from lettrage.money import decimal_text

_WORDS = tomllib.loads(files("lettrage.bank.matching").joinpath("neutral.toml").read_text("utf-8"))
_NEUTRAL = Patterns({"neutral": Pattern(tuple(_WORDS["neutral"]))})
_AGAINST = Patterns({kind: Pattern(tuple(_WORDS[kind])) for kind in ("against", "credit", "back")})
_TOKEN = re.compile(r"[A-Z0-9]+")
_AMOUNT = re.compile(r"\b\d{1,18}(?:[ .]\d{3}){0,5}[.,]\d{2}\b")
_YEAR = re.compile(r"20\d\d")


def objection(case: Case, code: str, items: Iterable[Open] = ()) -> str:
    """The words that speak of something else than these items; "" where there are none.

    Words of a piece's own number and of the whole names of the payer and of the company say nothing.
    """
    own = tuple(items)
    text = " ".join(_TOKEN.findall(" ".join(_texts(case))))
    for known in (*_names(case, code), *(f"{item.prefix}{item.piece}" for item in own)):
        words = " ".join(_TOKEN.findall(folded(known)))
        text = re.sub(rf"\b{re.escape(words)}\b", " ", text) if words else text
    found = _AGAINST.of(text, case.direction)
    deducted = [item for item in own if item.kind == "credit_note"]
    explained = {"credit"} if deducted else set()
    explained |= {"back"} if deducted and len(deducted) == len(own) else set()
    return next((words for kind, words in found.items() if kind not in explained), "")


def all_understood(case: Case, code: str, items: Iterable[Open] = ()) -> bool:
    """Whether the free text says nothing but what every payment may say: then whose it is and how much is all."""
    own = tuple(items)
    return not objection(case, code, own) and not any(_unread(case, code, own))


def _unread(case: Case, code: str, items: tuple[Open, ...]) -> Iterator[str]:
    """The words left when all that is understood is taken away."""
    known = {word for name in _names(case, code) for word in _TOKEN.findall(folded(name))} | {told_code(code)}
    known.add(decimal_text(case.amount, case.line.currency.decimals).partition(".")[0])
    chosen = {item.id for item in items}
    codes = [re.compile(re.escape(folded(seen))) for seen in _codes(case, chosen)]
    for text in _texts(case):
        left = text
        for expression in (*codes, IBAN, DATE, _AMOUNT):
            left = expression.sub(" ", left)
        for word in _TOKEN.findall(left):
            if len(word) > 1 and word not in known and not _says_nothing(word, case):
                yield word


def _says_nothing(word: str, case: Case) -> bool:
    if word.isdigit():
        return bool(_YEAR.fullmatch(word)) or is_date(word)
    return bool(_NEUTRAL.of(word, case.direction))


def _codes(case: Case, chosen: set[int]) -> Iterator[str]:
    """The bank's own codes in a text, and the numbers of the items that are paid: longest first."""
    line = case.line
    seen = [line.reference, line.end_to_end, line.mandate, line.iban]
    seen += [n.seen for n in case.references.named if any(i.id in chosen for p in n.pieces for i in p.items)]
    yield from sorted((text for text in seen if len(text) > 1), key=len, reverse=True)


def _names(case: Case, code: str) -> Iterator[str]:
    yield from (case.line.name, case.company.name)
    if code in case.books.who.parties:
        yield case.books.who.parties[code].name


def _texts(case: Case) -> Iterator[str]:
    """What was written freely: by the payer, by the bank, for each part of a batch."""
    line = case.line
    yield folded(line.text)
    yield folded(line.end_to_end)
    for part in line.parts:
        yield folded(part.text)

"""A rejection, or what the pre-check found, as the blocks of a page: what was said, sent, expected, and how to mend it.

Both are findings and take the same shape, so that a clerk learns one. Chorus Pro's words stay as they came.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from lettrage import __version__
from lettrage.adapters.http.pages.sentxml import Spot
from lettrage.adapters.http.pages.words import known
from lettrage.invoicing.billing.amend import MENDINGS
from lettrage.invoicing.checks.our_fields import ROWS
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.explaining.fields import FIELDS
from lettrage.invoicing.explaining.sentfile import Element, SentFile
from lettrage.invoicing.explaining.standing import explained_shape
from lettrage.invoicing.finding import Finding
from lettrage.refusal import Language, Unreadable, quoted

Words = Callable[..., str]
MOST = 30  # faults of one page; the same one on every line of an invoice is told often enough by then
_UNKNOWN = "chorus_unknown"
_COMMAND = re.compile(r"(?<!\s)\s*+\(lettrage [^()]*+\)")  # for a terminal: here a button does it
_INDEX = re.compile(r"\[(\d+)\]")
_BY_TERM = {field.term: field.ours for field in FIELDS.values() if field.ours in MENDINGS}


class Fault(msgspec.Struct, frozen=True):
    """One thing that speaks against an invoice. `guess`: nobody knows the message; `fields` may be mended here."""

    number: int
    code: str
    blocks: bool
    title: str
    raw: str
    seen: str
    missing: str
    line: int
    expected: str
    cause: str
    remedy: str
    fields: tuple[str, ...]
    guess: bool
    checked: bool  # found by our own check, not by Chorus Pro
    tag: str


def faults(
    findings: Sequence[Finding], xml: bytes, language: Language, say: Words, *, checked: bool
) -> tuple[list[Fault], list[Spot]]:
    """The blocks, numbered, and the places of the file that they are about."""
    file = _read(xml)
    found: list[Fault] = []
    spots: list[Spot] = []
    first_what_stops = sorted(findings, key=lambda finding: not finding.blocks)
    for number, finding in enumerate(first_what_stops[:MOST], 1):
        fields = _mendable(finding)
        element, missing = _element(file, finding, fields)
        tag, line = _tag(finding, fields, missing, say), 0
        if file is not None and element is not None:
            spot = _spot(file, element, number, tag, mild=not finding.blocks)
            line = file.data[: _stretch(file, element)[0]].count(b"\n") + 1
            spots.append(spot)
        found.append(_fault(number, finding, fields, (line, missing, tag), language, say, checked=checked))
    return found, spots


def _spot(file: SentFile, element: Element, number: int, tag: str, *, mild: bool) -> Spot:
    """An element's place, from bytes of the file to characters of its text."""
    start, end = _stretch(file, element)
    first = len(file.data[:start].decode("utf-8", "replace"))
    return Spot(first, first + len(file.data[start:end].decode("utf-8", "replace")), number, tag, mild)


def _fault(
    number: int,
    finding: Finding,
    fields: tuple[str, ...],
    where: tuple[int, str, str],
    language: Language,
    say: Words,
    *,
    checked: bool,
) -> Fault:
    line, missing, tag = where
    text, french = finding.text, language == "fr"
    cause = _ours(finding, explained_shape(finding).get(f"cause_{language}", ""))
    title, raw = _ours(finding, text.fr if french else text.en), finding.raw
    guess = finding.code == _UNKNOWN
    if guess:
        title = say("rejection.unlisted")
    elif raw and raw in title:  # the block has the message's own place
        title = title.replace(raw, "").rstrip(" :.") + "."
    remedy = _ours(finding, text.fix_fr if french else text.fix_en)
    remedy = _COMMAND.sub("", remedy.removesuffix(finding.facts.get("command", ""))).strip()
    expected = _expected(finding, fields, say)
    return Fault(
        number, finding.code, finding.blocks, title, raw, finding.seen, missing, line, expected, cause, remedy, fields,
        guess, checked, tag,
    )  # fmt: skip


_SET = (("'", "’"), (" :", "\u00a0:"), (" ;", "\u00a0;"), (" ?", "\u00a0?"), ("« ", "«\u00a0"), (" »", "\u00a0»"))


def _ours(finding: Finding, text: str) -> str:
    """A text of the catalogue as our pages set it; what it quotes stays as it came."""
    for typed, set_ in _SET:
        text = text.replace(typed, set_)
    return finding.say(text)


def _expected(finding: Finding, fields: Iterable[str], say: Words) -> str:
    """What ought to stand there: what the finding says, else what the field takes."""
    if finding.expected and finding.expected != finding.facts.get("missing"):
        return quoted(finding.expected, 300)
    for field in fields:
        if known(key := f"rejection.expected_{key_of(field)}"):
            return say(key)
    return ""


def _tag(finding: Finding, fields: Sequence[str], missing: str, say: Words) -> str:
    """A few words that name the fault beside its line."""
    if known(key := f"rejection.tag_{finding.code}"):
        return say(key)
    if fields and known(key := f"rejection.field_{key_of(fields[0])}"):
        return say("rejection.tag_missing" if missing else "rejection.tag_wrong", field=say(key).lower())
    return say("rejection.tag_there")


def key_of(field: str) -> str:
    """A field's name as part of a word's key: `preceding[0].number` is `preceding_number`."""
    return _INDEX.sub("", field).replace(".", "_")


# ---------------------------------------------------------------- which field, where


def _mendable(finding: Finding) -> tuple[str, ...]:
    """The fields that this page can mend: the one the finding names, else those of its business terms."""
    own = finding.facts.get("field") or ("" if finding.place.startswith("/") else finding.place)
    if own in MENDINGS:
        return (own,)
    terms = (finding.term or finding.text.term).split(", ")
    return tuple(dict.fromkeys(_BY_TERM[term] for term in terms if term in _BY_TERM))


def _read(xml: bytes) -> SentFile | None:
    try:
        return SentFile(xml) if xml else None
    except Unreadable:
        return None


def _element(file: SentFile | None, finding: Finding, fields: Sequence[str]) -> tuple[Element | None, str]:
    """The element that a finding is about, and what is missing beneath it."""
    if file is None:
        return None, ""
    if finding.place.startswith("/"):
        return file.found(finding.place), finding.facts.get("missing", "")
    place = (finding.place or (fields[0] if fields else "")).replace(".siret", ".ids")
    ways = [_deepest(file, path) for path in _paths(place, ubl=file.is_ubl)]
    # Of two places that a syntax has for a field, the one that is there; else the one that leads the furthest.
    ways.sort(key=lambda way: way[1].count("/") if way[1] else -1)
    element, missing = ways[0] if ways else (None, "")
    if element is not None and not missing and finding.seen:  # of a group, the part that the finding quotes
        element = next((e for e in element if not e.children and e.text.strip() == finding.seen), element)
    return element, missing


def _paths(place: str, *, ubl: bool) -> Iterator[str]:
    """Where a syntax has one of our own fields, below its root; a place below a field belongs to it."""
    numbers = [str(int(n) + 1) for n in _INDEX.findall(place)]
    plain = _INDEX.sub("[n]", place)
    around = [row for row in ROWS if plain == row.field or plain.startswith((f"{row.field}.", f"{row.field}["))]
    nearest = max((len(row.field) for row in around), default=0)
    for row in around:
        path = row.ubl if ubl else row.cii
        if path and len(row.field) == nearest:
            for number in numbers:
                path = path.replace("[n]", f"[{number}]", 1)
            yield path.replace("[n]", "")


def _deepest(file: SentFile, path: str) -> tuple[Element, str]:
    """How far a path leads into a file, and the names that are not there."""
    element, steps = file.root, path.split("/")
    for at, step in enumerate(steps):
        name, _, number = step.removesuffix("]").partition("[")
        alike = [child for child in element.children if child.name == name.rpartition(":")[2]]
        index = int(number) - 1 if number else 0
        if index >= len(alike):
            return element, "/".join(steps[at:])
        element = alike[index]
    return element, ""


def _stretch(file: SentFile, element: Element) -> tuple[int, int]:
    """What of an element is lit, in bytes: its value, or its tag as far as the name where it has none of its own."""
    if not element.children and element.text.strip():
        return element.opened, file.data.rindex(b"</", element.opened, element.end)
    name = element.start + 1 + len(element.qualified.encode())
    return element.start, element.opened if file.data[name : name + 1] == b">" else name


# ---------------------------------------------------------------- for others


def report(fault: Fault, invoice: Invoice, state: str) -> str:
    """A message that nobody knows, as strangers may be told it: nothing of what the invoice says is in it."""
    said = re.sub(r"\d", "9", _without(fault.raw, invoice))
    lines = (f"Lettrage {__version__}", f"etat={state}", f"code={fault.code}", f"champ={fault.missing or '-'}", said)
    return "\n".join(lines)


def _without(text: str, invoice: Invoice) -> str:
    """A text with every value of the invoice left out, the longest first."""
    for value in sorted(set(_texts(msgspec.to_builtins(invoice))), key=len, reverse=True):
        text = re.sub(re.escape(value), "‹…›", text, flags=re.IGNORECASE)
    return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and len(value.strip()) > 3:
        yield value.strip()
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)

r"""From bytes to a tree of texts: strict JSON and the JSON that ERP utilities really write.

    decode(bytes) -> str      UTF-8 (a BOM or not), else Windows-1252
    parse(str) -> Text        the tree, and what had to be mended to read it

`parse` tries three readers, the quickest first; a text that two of them can read gives the same tree in both:

    strict       strict JSON, by msgspec; where that cannot be exact, by the standard library's scanner
    rewritten    the dialect written again as strict JSON, if need be with what had to be mended
    tokens       the tokenizer, which also makes every syntax error (line, column, seen, expected)

Every leaf is a text: numbers keep their own digits, `true` and `false` become these words, `null` the empty
text. All readers are linear in the length of the text: the expressions have possessive repeats only, and no
run of characters is looked at more than a fixed number of times.
"""

from lettrage.limits import DOCUMENT, Limits
from lettrage.refusal import Refusal, Unreadable, quoted
from lettrage.settlement.dialect.excerpts import fault
from lettrage.settlement.dialect.grammar import ESCAPE, character
from lettrage.settlement.dialect.rewriting import rewritten, swapped
from lettrage.settlement.dialect.strict_json import scanned, strict
from lettrage.settlement.dialect.tokens import tokenized
from lettrage.settlement.dialect.tree import REPAIRS_KEPT, Node, Pairs, Repair, Text, pairs

__all__ = [
    "ESCAPE",
    "REPAIRS_KEPT",
    "Node",
    "Pairs",
    "Repair",
    "Text",
    "character",
    "decode",
    "dialect",
    "pairs",
    "parse",
    "rewritten",
    "scanned",
    "strict",
    "swapped",
    "tokenized",
]


def decode(data: bytes, limits: Limits = DOCUMENT) -> str:
    """The text of these bytes: UTF-8 with or without BOM, else Windows-1252.

    Raises Unreadable: `too_large`, or `not_text` for UTF-16, a NUL, or a byte that neither encoding has.
    """
    if len(data) > limits.document_bytes:
        raise Unreadable(Refusal("too_large", seen=str(len(data)), expected=str(limits.document_bytes)))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_text(data, 0, " (UTF-16)")
    nul = data.find(b"\0")
    if nul >= 0:
        # UTF-16 without a mark: one of the first two bytes of any JSON text is then a NUL.
        raise _not_text(data, nul, " (UTF-16)" if nul < 2 else " (NUL)")
    marked = data.startswith(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if marked:  # the text says itself that it is UTF-8; the codec counts from behind the mark
            raise _not_text(data, fault.start + 3, "") from None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as fault:
        raise _not_text(data, fault.start, "") from None


def _not_text(data: bytes, at: int, meaning: str) -> Unreadable:
    facts = {"position": str(at + 1)}
    return Unreadable(Refusal("not_text", seen=f"0x{data[at]:02X}{meaning}", expected="UTF-8", facts=facts))


def parse(text: str, limits: Limits = DOCUMENT) -> Text:
    """Read strict JSON or the dialect.

    Raises Unreadable: `empty_document`, `syntax` or `too_deep`, the two latter with the facts `line` and
    `column` (from 1, in characters).
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as half:  # half a character, which no store or answer could write
            raise fault(text, half.start, quoted(text[half.start]), "UTF-8") from None
    tree = strict(text, limits)
    return dialect(text, limits) if tree is None else Text(tree)


def dialect(text: str, limits: Limits = DOCUMENT) -> Text:
    """Read the dialect alone, which strict JSON is part of; raises as `parse` does."""
    return rewritten(text, limits) or tokenized(text, limits)

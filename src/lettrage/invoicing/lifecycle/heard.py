"""What stands beside a status that was heard, as it is kept with it: who said it, why, what is asked for, how much.

It is kept as one text, bounded: the message itself is kept whole elsewhere. What Chorus Pro says beside its own
statuses is plain text, which this is not taken for.
"""

import msgspec

from lettrage.invoicing.document import Note
from lettrage.invoicing.lifecycle.message import Characteristic, Detail, Message, Reference
from lettrage.invoicing.lifecycle.statuses import actions

DETAILS, CHARACTERS = 12, 400  # of a status that is kept beside it; of each text in them
_BEGINS = "{"
_encode = msgspec.json.Encoder().encode


class Beside(msgspec.Struct, frozen=True, omit_defaults=True):
    """`role`, `name`: of who issued the message; `label`: the status in the sender's own word; `files`: their names."""

    role: str = ""
    name: str = ""
    label: str = ""
    details: tuple[Detail, ...] = ()
    files: tuple[str, ...] = ()
    more: int = 0  # details that were left out


_decode = msgspec.json.Decoder(Beside).decode


def kept(message: Message, reference: Reference) -> str:
    """A status with all that stands beside it, as one text."""
    issuer = message.issuer if message.issuer.role else message.sender
    details = tuple(_short(detail) for detail in reference.details[:DETAILS])
    files = tuple(_cut(one.filename) for one in reference.attachments[:DETAILS])
    more = max(0, len(reference.details) - DETAILS)
    said = Beside(_cut(issuer.role), _cut(issuer.name), _cut(reference.label), details, files, more)
    return _encode(said).decode()


def beside(comment: str) -> Beside | None:
    """What was kept beside a status; None for a comment that is plain text."""
    if not comment.startswith(_BEGINS):
        return None
    try:
        return _decode(comment)
    except msgspec.DecodeError:
        return None


def plain(comment: str) -> str:
    """The same as one line for people; a plain comment as it is."""
    found = beside(comment)
    if found is None:
        return comment
    return " · ".join(dict.fromkeys(filter(None, (_line(detail) for detail in found.details))))


def reference_of(number: str, code: str, comment: str) -> Reference:
    """The status again as its message had it, as far as that was kept."""
    found = beside(comment) or Beside(details=(Detail(text=comment),) if comment else ())
    return Reference(number, code, label=found.label, details=found.details)


def _line(detail: Detail) -> str:
    amounts = (f"{one.type} {one.amount}" for one in detail.data if one.amount is not None)
    action = actions().get(detail.action)
    texts = (detail.reason, detail.text, *(note.text for note in detail.notes), action.fr if action else "", *amounts)
    return " ".join(filter(None, texts))


def _short(detail: Detail) -> Detail:
    """A detail with its texts cut."""
    return Detail(
        _cut(detail.reason),
        _cut(detail.text),
        _cut(detail.status),
        _cut(detail.action),
        _cut(detail.action_text),
        _cut(detail.invalid),
        detail.sequence,
        tuple(Note(_cut(one.text), _cut(one.subject)) for one in detail.notes[:DETAILS]),
        tuple(_datum(one) for one in detail.data[:DETAILS]),
    )


def _datum(one: Characteristic) -> Characteristic:
    texts = {name: _cut(getattr(one, name)) for name in ("type", "id", "name", "location", "value")}
    return msgspec.structs.replace(one, **texts)


def _cut(text: str) -> str:
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…"

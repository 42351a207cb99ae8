"""Payment files as JSON: amounts as decimal strings, numbers as strings."""

from collections.abc import Iterable, Sequence
from typing import Any

from lettrage.bank.payments.choose import waits
from lettrage.bank.payments.file import EURO, Candidate, File, Filed
from lettrage.bank.payments.kinds import KINDS
from lettrage.money import Amount
from lettrage.refusal import Language


def shape(file: Filed) -> dict[str, Any]:
    """A file, and how far the bank has got with it."""
    return {
        "number": str(file.number),
        "kind": file.kind,
        "version": file.version,
        "bank": file.bank,
        "message": file.message,
        "date": file.date.isoformat(),
        "currency": file.currency.code,
        "total": Amount(file.total, file.currency).text,
        "count": file.count,
        "left": Amount(file.left[1], file.currency).text,
        "sha256": file.sha256,
        "made_at": file.made_at,
        "by": file.by,
        "status": file.status,
        "reason": file.why,
    }


def shape_with_lines(file: Filed, said: "Sayer | None" = None) -> dict[str, Any]:
    """The same with every line. `said`: puts a bank's reason code into words."""
    return shape(file) | {
        "lines": [
            {
                "position": line.position,
                "transaction": str(line.instrument.transaction),
                "order": str(line.instrument.order),
                "third_party": line.instrument.third_party,
                "name": line.name,
                "amount": Amount(line.amount, file.currency).text,
                "iban": line.iban,
                "end_to_end": line.end_to_end,
                "mandate": line.mandate,
                "sequence": line.sequence,
                "status": line.became,
                "reason": line.reason,
                "said": said(line.reason) if said and line.reason else "",
                "state": line.now.state,
            }
            for line in file.sent
        ]
    }


class Sayer:
    """Puts a bank's reason into the words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, reason: str) -> str:
        """The reason's code in words, and what the bank said beside it."""
        from lettrage.bank.payments.reasons import explained  # noqa: PLC0415  (its table is read when first needed)

        return explained(reason, self.language)


def foreseen(file: File) -> dict[str, Any]:
    """A file that would be made, in the same shape: it has no number yet, and its status is `waiting`."""
    draft = file.draft
    return {
        "number": None,
        "kind": draft.kind,
        "version": draft.version,
        "bank": draft.bank.code,
        "date": draft.date.isoformat(),
        "currency": EURO.code,
        "total": Amount(draft.total, EURO).text,
        "count": len(draft.orders),
        "status": "waiting",
    }


def waiting_shapes(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """What waits, one file to come for each kind and bank; "" for what names no bank."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        bank = candidate.instrument.bank
        for kind in KINDS.values():
            if waits(candidate, kind, bank):
                groups.setdefault((kind.key, bank), []).append(candidate)
    return [_waiting(kind, bank, own) for (kind, bank), own in sorted(groups.items())]


def _waiting(kind: str, bank: str, own: Iterable[Candidate]) -> dict[str, Any]:
    euros = [c for c in own if c.instrument.currency == EURO]
    return {
        "number": None,
        "kind": kind,
        "bank": bank,
        "date": None,
        "currency": EURO.code,
        "total": Amount(sum(c.instrument.amount for c in euros), EURO).text,
        "count": len(euros),
        "status": "waiting",
        "transactions": [str(c.instrument.transaction) for c in euros],
    }

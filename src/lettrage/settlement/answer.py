"""Outcomes -> the answer, in the shape that Divalto's callers read (spec section 8)."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from lettrage.books import shapes
from lettrage.books.lettering import Letter, Place
from lettrage.money import Currency
from lettrage.refusal import Refusal, Stop
from lettrage.settlement.document import Document, Outcome, Plan, Remark

LABEL = "infinity"
SERVICE = "integration_reglement"
FINISHED = "Intégration règlements des échéances terminée |Consultez le livre de bord"

Letters = Mapping[Place, Letter]
NONE: Letters = {}
_text = msgspec.json.Encoder().encode


class Reply(msgspec.Struct, frozen=True):
    """The answer as text, and what a caller's exit status or page needs to know of it."""

    text: str
    error: int
    done: int
    refused: int
    replayed: int = 0
    kept: bool = False  # the answer kept under its key, byte for byte
    outcomes: tuple[Outcome, ...] = ()
    reason: Refusal | None = None  # why nothing was judged
    plan: Plan | None = None  # of a dry run: what would be done
    agreement: str = ""  # of a dry run: stands for all that would be done, but for numbers


def answered(
    document: Document, plan: Plan, home: Currency, today: date, *, dry_run: bool, letters: Letters = NONE
) -> Reply:
    """The answer to a document that was judged; `letters`: of a dry run, those that its lines would have."""
    outcomes = plan.outcomes
    refused = [outcome for outcome in outcomes if outcome.reasons]
    result: dict[str, Any] = {
        "common": _common(outcomes, refused, single=document.parameters.single),
        "response": _single(outcomes, dry_run=dry_run)
        if document.parameters.single
        else [_element(outcome, dry_run=dry_run) for outcome in outcomes],
    }
    if document.parameters.with_log:
        result["log"] = log_lines(outcomes, plan.remarks, dry_run=dry_run)
    if dry_run:
        result["plan"] = planned(plan, home, today, letters)
    replayed = sum(1 for outcome in outcomes if outcome.replayed)
    text = envelope(0, _text({"label": LABEL, "codeScript": SERVICE, "result": result}).decode(), "")
    done = len(outcomes) - len(refused)
    dry = plan if dry_run else None
    agreed = agreement(plan, home, today) if dry_run else ""
    return Reply(text, 0, done, len(refused), replayed, outcomes=outcomes, plan=dry, agreement=agreed)


def agreement(plan: Plan, home: Currency, today: date) -> str:
    """Stands for all that a plan does, but for numbers: two plans that agree do the same."""
    return _digest(planned(plan, home, today))


def _digest(shape: dict[str, Any]) -> str:
    return hashlib.sha256(_text(shape)).hexdigest()


def stopped(stop: Stop) -> Reply:
    """The answer to a call that could not be carried out: nothing was judged."""
    return Reply(envelope(stop.error, "", stop.refusal.say("fr")), stop.error, 0, 0, reason=stop.refusal)


def key_reused(document: Document, key: str) -> Plan:
    """The outcome of a key that was used for another content: every header refused with that reason."""
    refusal = Refusal("key_reused", "key", key)
    outcomes = tuple(
        Outcome(s.position, s.number, s.shown_number, None, s.order, (refusal,)) for s in document.settlements
    )
    return Plan(outcomes, (), ())


def moved(document: Document) -> Plan:
    """The outcome where the books would do something else than what was agreed: every header refused."""
    refusal = Refusal("books_moved")
    outcomes = tuple(
        Outcome(s.position, s.number, s.shown_number, None, s.order, (refusal,)) for s in document.settlements
    )
    return Plan(outcomes, (), ())


def envelope(error: int, result: str, txterr: str) -> str:
    """The outermost shape: `error` other than 0 is technical, and `txterr` says it."""
    return _text({"error": error, "result": result, "txterr": txterr, "infos": ""}).decode()


def _common(outcomes: tuple[Outcome, ...], refused: list[Outcome], *, single: bool) -> dict[str, str]:
    if not refused:
        return {"resultcode": "0", "errormessage": FINISHED}
    message = f"{FINISHED} ({len(refused)} refusé(s) sur {len(outcomes)})"
    if single:
        message += f" |{sentence(refused[0], dry_run=False)}"
    return {"resultcode": str(refused[0].resultcode), "errormessage": message}


def _single(outcomes: tuple[Outcome, ...], *, dry_run: bool) -> dict[str, str]:
    done = [outcome for outcome in outcomes if not outcome.reasons]
    return {"transactionId": _transaction_id(done[-1], dry_run=dry_run) if done else ""}


def _transaction_id(outcome: Outcome, *, dry_run: bool) -> str:
    return "" if dry_run or outcome.reasons else str(outcome.transaction)


def _element(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    return {
        "REGLEMENTNUM": outcome.number,
        "transactionId": _transaction_id(outcome, dry_run=dry_run),
        "resultcode": str(outcome.resultcode),
        "errormessage": sentence(outcome, dry_run=dry_run),
        "reasons": [reason_shape(reason) for reason in outcome.reasons],
    }


def sentence(outcome: Outcome, *, dry_run: bool) -> str:
    """The outcome in one French sentence, as the source words it."""
    head = f"Règlement n°{outcome.shown_number} : "
    if outcome.reasons:
        return head + " ".join(reason.say("fr") for reason in outcome.reasons)
    if dry_run:
        return head + "OK - Simulation, rien n'est enregistré."
    return head + f"OK - La transaction {outcome.transaction} a été générée."


def reason_shape(reason: Refusal) -> dict[str, str]:
    """A reason as data: `fix` is in French like the rest of the wire, `fix_en` says the same in English."""
    return {
        "code": reason.code,
        "path": reason.path,
        "seen": reason.seen,
        "expected": reason.expected,
        "fix": reason.fix_fr,
        "fix_en": reason.fix_en,
        "fr": reason.fr,
        "en": reason.en,
    }


def log_lines(outcomes: tuple[Outcome, ...], remarks: tuple[Remark, ...], *, dry_run: bool) -> list[str]:
    """The logbook's lines: warnings of the document, then each settlement with its warnings."""
    lines = [f"Avertissement : {r.refusal.say('fr')}" for r in remarks if r.position is None]
    by_position: dict[int, list[Refusal]] = {}
    for remark in remarks:
        if remark.position is not None:
            by_position.setdefault(remark.position, []).append(remark.refusal)
    for outcome in outcomes:
        lines.append(sentence(outcome, dry_run=dry_run))
        lines += [
            f"Règlement n°{outcome.shown_number} : avertissement : {refusal.say('fr')} ({refusal.path})"
            for refusal in by_position.get(outcome.position, ())
        ]
    return lines


def planned(plan: Plan, home: Currency, today: date, letters: Letters = NONE) -> dict[str, Any]:
    """What a real run would store, but for numbers: entries, instruments, and items made or changed."""
    entries: list[Any] = []
    instruments: list[Any] = []
    items: dict[int, Any] = {}
    made = {instrument.id for t in plan.transactions for instrument in t.instruments_made}
    new = {item.id for t in plan.transactions for item in t.items_made}
    ended = {identity for t in plan.transactions for identity in t.instruments_ended}
    for transaction in plan.transactions:
        numbers = [header.number for header in transaction.headers if header.number]
        if transaction.entry is not None:
            blank = msgspec.structs.replace(transaction.entry, piece="")
            own = [letters.get((len(entries), line)) for line in range(1, len(blank.lines) + 1)]
            shown = [letter.code if letter else "" for letter in own]
            entries.append(shapes.entry(blank, home, "", [""], numbers, letters=shown))
        for instrument in transaction.instruments_made:
            last = msgspec.structs.replace(instrument, active=instrument.id not in ended)
            shape = shapes.instrument(last, home, "")
            if instrument.previous in made:
                shape["previous"] = [""]
            instruments.append(shape)
        for item in (*transaction.items_changed, *transaction.items_made):
            shape = shapes.item(item, today, None if item.transaction is None else "")
            if item.previous in new:
                shape["previous"] = ""
            items[item.id] = shape
    return {"entries": entries, "instruments": instruments, "items": list(items.values())}

"""The first sentence: a settlement document is read, matched to what is open, planned, booked, answered."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from lettrage.books.lettering import Letter, Place, foretold
from lettrage.caller import Caller, dossier_for
from lettrage.guard.tokens import masked, without_tokens
from lettrage.ports import Books, Clock, Store
from lettrage.refusal import Refusal, Stop, Unreadable
from lettrage.settlement import dialect, once
from lettrage.settlement.answer import Reply, agreement, answered, key_reused, moved, stopped
from lettrage.settlement.desk import Desk, wanted
from lettrage.settlement.document import Document, Plan, Remark
from lettrage.settlement.once import Earlier, Receipt
from lettrage.settlement.plan import plan
from lettrage.settlement.prudence import oldest_cashable
from lettrage.settlement.read import checked_key, read

__all__ = ["Caller", "Unsettled", "settle", "settle_within"]


class Unsettled(Exception):
    """A document that the books do not allow, as part of a larger act; nothing of it was written."""

    def __init__(self, reasons: tuple[Refusal, ...]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


def settle(
    data: bytes,
    caller: Caller,
    store: Store,
    clock: Clock,
    reader: Callable[[str], Document] = read,
    agreed: str = "",
) -> Reply:
    """Book every settlement of one document, or say why not. One document is one commit.

    `reader` reads the text: the dialect's three forms, or another way in (raises Unreadable). Never raises a Stop: what
    keeps the whole call from being carried out is an answer too (`error` other than 0). `agreed`: the agreement of a
    dry run; where the books would now do anything else, nothing is done.
    """
    try:
        text = without_tokens(dialect.decode(data))
        document = _with_options(reader(text), caller)
        dossier = dossier_for(caller, document.parameters.dossier, "action.parameters.dos", store)
        key = _key(document, caller)
        receipt = Receipt(
            caller.name, caller.origin, clock.now(), masked(text), document, key, caller.source, caller.claim
        )
        if not document.parameters.dry_run:
            return store.write(dossier, lambda books: _judge_and_book(receipt, books, agreed))
        with store.books(dossier, writing=False) as books:
            return _judge_and_book(receipt, books, "")
    except Stop as stop:
        return stopped(stop)


def settle_within(data: bytes, caller: Caller, books: Books, at: datetime) -> Plan:
    """Book one document as part of a larger act, on books open for writing: all of it or nothing; what was planned.

    The journey of `settle` without a commit of its own. It is the act that is never done twice, so the document says
    `repeat`. Raises Unsettled with every reason, before anything is written.
    """
    text = without_tokens(dialect.decode(data))
    document = read(text)
    receipt = Receipt(caller.name, caller.origin, at, masked(text), document, "", caller.source)
    decided = _decide(receipt, books)
    if reasons := tuple(reason for outcome in decided.outcomes for reason in outcome.reasons):
        raise Unsettled(reasons)
    reply = answered(document, decided, books.company.currency, receipt.today, dry_run=False)
    books.record(receipt, decided, reply.text)
    return decided


def _judge_and_book(receipt: Receipt, books: Books, agreed: str) -> Reply:
    document, dry_run = receipt.document, receipt.document.parameters.dry_run
    home, today = books.company.currency, receipt.today
    _accounting_file(document, books)
    if receipt.kept_under and not dry_run and (kept := books.kept(*receipt.kept_under)):
        if kept.digest == document.digest:
            return _replay(kept.answer)
        return answered(document, key_reused(document, receipt.key), home, today, dry_run=False)
    decided = _decide(receipt, books)
    if agreed and agreed != agreement(decided, home, today):
        refused = moved(document) if decided.transactions else decided
        return answered(document, refused, home, today, dry_run=False)
    if dry_run:
        return answered(document, decided, home, today, dry_run=True, letters=_letters(decided, books))
    reply = answered(document, decided, home, today, dry_run=False)
    books.record(receipt, decided, reply.text)
    return reply


def _letters(decided: Plan, books: Books) -> dict[Place, Letter]:
    """The letters that the lines of a plan's entries would have."""
    entries = [done.entry for done in decided.transactions if done.entry is not None]
    made = {item.id: item.previous for done in decided.transactions for item in done.items_made}
    named = {line.item for entry in entries for line in entry.lines} | set(made.values())
    there = sorted(item for item in named if item is not None and item not in made)
    firsts, lines = books.chains(there)
    return foretold(entries, made, firsts, lines)


def _decide(receipt: Receipt, books: Books) -> Plan:
    """Match and plan what was not done before; in a dry run a repeat is only a warning."""
    document, company = receipt.document, books.company
    repeats = once.judge(document, _earlier(receipt, books), company, receipt.at, keyed=bool(receipt.key))
    needed = wanted(document, company, oldest_cashable(receipt.today))
    desk = Desk(company, books.snapshot(needed), receipt.today)
    if not document.parameters.dry_run:
        decided = plan(document, desk, repeats)
        return msgspec.structs.replace(decided, remarks=document.remarks + decided.remarks)
    decided = plan(document, desk, {})
    warnings = tuple(
        Remark(position, Refusal("would_repeat", seen=str(outcome.transaction or outcome.reasons[0].seen)))
        for position, outcome in repeats.items()
    )
    return msgspec.structs.replace(decided, remarks=document.remarks + warnings + decided.remarks)


def _earlier(receipt: Receipt, books: Books) -> Earlier:
    """What this caller did before that concerns the document: only what the rules of repetition ask for."""
    document, company, caller = receipt.document, books.company, receipt.caller
    by_position, by_identity, by_number = {}, {}, {}
    if not document.parameters.repeat:
        if not receipt.key:
            by_position = {done.position: done for done in books.done_with(caller, document.digest)}
        alike = frozenset(s.identity for s in document.settlements if once.repeatable(s, company))
        if alike:
            done_like = books.done_like(caller, alike, once.since(company, receipt.at))
            by_identity = {done.identity: done for done in done_like}
    if caller in company.chronological_callers:
        numbers = frozenset(s.number for s in document.settlements if s.number)
        by_number = {done.number: done for done in books.done_as(caller, numbers)}
    return Earlier(by_position, by_identity, by_number)


def _replay(answer: str) -> Reply:
    """A kept answer, byte for byte. How many settlements it refused only its array form tells; at least whether."""
    response = msgspec.json.decode(msgspec.json.decode(answer)["result"])["result"]
    elements = response["response"] if isinstance(response["response"], list) else [response["common"]]
    refused = sum(1 for element in elements if element["resultcode"] != "0")
    done = len(elements) - refused
    return Reply(answer, 0, done, refused, replayed=done, kept=True)


def _with_options(document: Document, caller: Caller) -> Document:
    """A dry run asked for beside the document counts as one asked for inside."""
    if not caller.dry_run:
        return document
    parameters = msgspec.structs.replace(document.parameters, dry_run=True)
    return msgspec.structs.replace(document, parameters=parameters)


def _accounting_file(document: Document, books: Books) -> None:
    given, company = document.parameters.accounting_file, books.company
    if given and given not in (company.code, company.accounting_file):
        expected = company.accounting_file or company.code
        raise Unreadable(Refusal("wrong_accounting_file", "action.parameters.doscpt", given, expected))


def _key(document: Document, caller: Caller) -> str:
    """The key given inside the document or beside it; two different ones cannot both be meant."""
    inside, beside = document.parameters.key, checked_key(caller.key, "key")
    if inside and beside and inside != beside:
        raise Unreadable(Refusal("keys_differ", "action.parameters.key", inside, beside))
    return inside or beside

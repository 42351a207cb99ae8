"""A correction that is tried: the settlement in its new wording, judged by the same sentence in a dry run."""

from collections.abc import Sequence
from typing import Any

import msgspec

from lettrage.adapters.http import modern
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sent_text import Motive, Reading, Shown, motive, told
from lettrage.adapters.http.problems import Problem
from lettrage.money import Currency, figure
from lettrage.refusal import Refusal
from lettrage.settlement import settle
from lettrage.settlement.document import Settlement
from lettrage.settlement.places import Sent
from lettrage.settlement.read import read


class EntryLine(msgspec.Struct, frozen=True):
    """A line of an entry that would be posted, in home minor units."""

    account: str
    label: str
    debit: int
    credit: int


class Tried(msgspec.Struct, frozen=True):
    """What would become of it: the entries, or every reason against it. `text`: the wording that was tried."""

    text: str
    motives: tuple[Motive, ...] = ()
    entries: tuple[tuple[EntryLine, ...], ...] = ()


def tried(page: Page, reading: Reading, sent: Sent, said: Settlement, text: str) -> Tried:
    """Judge a settlement in another wording, with those of its group; nothing is stored."""
    text = text.replace("\r\n", "\n")
    group = [one for one in (reading.document.settlements if reading.document else ()) if said.group]
    beside = [Shown(sent, one) for one in group if one.group == said.group and one.position != said.position]
    whole = Shown(sent, said).alone(text, beside).encode()
    at = sum(1 for one in group if one.group == said.group and one.position < said.position)
    try:
        with page.house.working(whole):
            reply = settle(
                whole,
                page.caller(dry_run=True),
                page.house.store,
                page.house.clock,
                modern.read if reading.own else read,
            )
    except Problem as problem:
        if problem.status == 503:
            raise
        return Tried(text, tuple(told(n, reason, page.language) for n, reason in enumerate(problem.reasons, 1)))
    if reply.reason is not None:
        return Tried(text, _motives(page, [reply.reason]))
    if len(reply.outcomes) != len(beside) + 1:
        return Tried(text, _motives(page, [Refusal("unknown_form", seen=str(len(reply.outcomes)), expected="1")]))
    against = reply.outcomes[at].reasons
    return Tried(text, _motives(page, against), () if against else _entries(reply.text, page.company().currency))


def _motives(page: Page, reasons: Sequence[Refusal]) -> tuple[Motive, ...]:
    return tuple(motive(number, reason, page.language) for number, reason in enumerate(reasons, 1))


def _entries(answer: str, home: Currency) -> tuple[tuple[EntryLine, ...], ...]:
    """The entries of the plan that a dry run answers with."""
    plan = msgspec.json.decode(msgspec.json.decode(answer)["result"])["result"]["plan"]
    return tuple(tuple(_line(line, home) for line in entry["lines"]) for entry in plan["entries"])


def _line(line: dict[str, Any], home: Currency) -> EntryLine:
    debit, credit = (figure(line[side]) for side in ("debit", "credit"))
    return EntryLine(
        line["account"],
        line["third_party"],
        (debit.minor(home) or 0) if debit else 0,
        (credit.minor(home) or 0) if credit else 0,
    )

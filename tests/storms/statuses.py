"""Statuses shuffled and repeated, answers that make no sense: the right state in the end, and never a wrong one.

    python -m tests.storms.statuses --sequences 50000 --malformed 2000 --seed 7
    python -m tests.storms.statuses --sequences 500 --planted last_writer_wins     # must fail

A sequence is the life of an invoice: steps forward, true steps back, codes nobody knows, several changes in one minute,
some of them first heard of without their history id. Each change is delivered one to three times, in any order and in
any batches, and kept as the store keeps it. The state must then be that of the ordered list, and the timeline too.

A malformed answer is one that the platform could not have meant, in every place where a job looks: reports with unknown
states and with errors of invoices that are not in the flow, searches that find other people's invoices, dates far away,
amounts beyond all measure. Whatever is said, an invoice is never taken for integrated that the platform has not shown,
and the worker goes on.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from lettrage.invoicing.portal import DocumentError, FlowReport, Found, StatusEvent, TechnicalError
from lettrage.invoicing.sending import deposit, follow, statuses
from lettrage.invoicing.sending.outbox import Conclusion, Deposit, Event, Flow, Job, Taken
from lettrage.invoicing.sending.schedule import Pace
from lettrage.money import currency
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form

replace = msgspec.structs.replace
NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
WAY = (
    "DEPOSEE",
    "EN_COURS_ACHEMINEMENT",
    "MISE_A_DISPOSITION",
    "SERVICE_FAIT",
    "MANDATEE",
    "MISE_A_DISPOSITION_COMPTABLE",
    "COMPTABILISEE",
    "MISE_EN_PAIEMENT",
)
ASIDE = ("SUSPENDUE", "COMPLETEE", "A_RECYCLER", "MISE_A_DISPOSITION", "PRISE_EN_COMPTE_DESTINATAIRE", "STATUT_DE_2031")
EUR = currency("EUR")
assert EUR is not None


# ---------------------------------------------------------------- statuses


def life(chance: random.Random) -> list[StatusEvent]:
    """The changes of an invoice's status in their true order."""
    at, id_ = NOON, chance.randint(1, 2_000)
    changes = []
    for code in (*WAY[: chance.randint(1, len(WAY))],):
        for step in (code, *(chance.choice(ASIDE) for _ in range(chance.choice((0, 0, 0, 1, 2))))):
            at += timedelta(minutes=chance.choice((0, 0, 1, 7, 300)))  # histories know minutes only
            id_ += chance.randint(1, 9)
            changes.append(StatusEvent(step, at, str(id_), chance.choice(("", "", "motif"))))
    return changes


def deliveries(changes: Sequence[StatusEvent], chance: random.Random) -> list[list[StatusEvent]]:
    """Every change one to three times, in any order, in batches; some of them once without their id before."""
    heard = [change for change in changes for _ in range(chance.randint(1, 3))]
    heard += [replace(change, id="") for change in changes if not chance.randrange(5)]
    chance.shuffle(heard)
    batches: list[list[StatusEvent]] = [[]]
    for change in heard:
        batches[-1].append(change)
        if not chance.randrange(3):
            batches.append([])
    return batches


def check_sequence(seed: str) -> None:
    """One invoice's life, delivered in disorder. Raises BrokenPromiseError."""
    chance = random.Random(seed)
    changes = life(chance)
    kept: tuple[Event, ...] = ()
    taken = Taken(Job("qualification", "follow_document", "1", NOON), "storm", deposit=document(1, "integrated"))
    made = Conclusion()
    for batch in deliveries(changes, chance):
        made = follow.after_history(replace(taken, kept=kept), batch, NOON, Pace())
        kept += tuple(replace(e, sequence=len(kept) + at) for at, e in enumerate(made.events, 1))
    right = [(change.code, change.at, change.id) for change in changes]
    seen = [(e.code, e.at, e.history_id) for e in statuses.ordered(kept)]
    (now_is,) = made.deposits
    if seen != right or now_is.status != changes[-1].code or now_is.followed == (changes[-1].code in statuses.FINAL):
        raise BrokenPromiseError(f"seed {seed}: {seen} instead of {right}, state {now_is.status}")


# ---------------------------------------------------------------- malformed answers


def document(number: int, outcome: str = "") -> Deposit:
    """A deposit of a flow."""
    assert EUR is not None
    day = date(2026, 11, 20)
    known = Deposit(1, number, f"F{number}", "380", day, "33254021516357", "12345678200051", 12_000, EUR)
    return replace(known, outcome=outcome, chorus_id="77" if outcome == "integrated" else "")


def words(chance: random.Random) -> str:
    """A text that makes no sense."""
    said = (
        "",
        "F1",
        "F2",
        "F999",
        "IN_INTEGRE",
        "in_integre",
        "IN_REJETE ",
        "x" * 300,
        "é|\u202e|\0",
        "null",
        "IN_DEMAIN",
        "|||",
    )
    return chance.choice(said)


def moment(chance: random.Random) -> datetime | None:
    """A date near or far, or none."""
    known = (
        None,
        NOON,
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        NOON - timedelta(days=9_999),
    )
    return chance.choice(known)


def found(chance: random.Random) -> Found:
    """An invoice that somebody might have."""
    amount = chance.choice(("", "120.00", "120", "-120.000000", "1e999999", "NaN", "9" * 400, "12O.00", "119.99"))
    day = chance.choice((None, date(2026, 11, 20), date.min, date.max))
    buyer = chance.choice(("", "12345678200051", "12345678200036"))
    held, kind = chance.choice(("", "EUR", "XXX")), chance.choice(("", "FACTURE", "AVOIR", "?"))
    id_, number, status, comment, flow = (words(chance) for _ in range(5))
    return Found(id_, number, status, moment(chance), comment, day, flow, buyer, "", amount, held, kind)


def report(chance: random.Random) -> FlowReport:
    """A flow's report without rhyme or reason."""
    state = chance.choice((*follow.FATES, "IN_RECU", "", words(chance)))
    errors = tuple(DocumentError(words(chance), words(chance)) for _ in range(chance.randrange(4)))
    technical = tuple(TechnicalError(words(chance), words(chance)) for _ in range(chance.randrange(3)))
    return FlowReport(state, moment(chance), errors, technical, chance.random() < 0.9)


def check_answer(seed: str) -> None:
    """One job of each kind under answers that make no sense. Raises BrokenPromiseError, or whatever breaks."""
    chance = random.Random(seed)
    several = tuple(document(n) for n in range(1, chance.randint(2, 4)))
    flow = Flow(1, "qualification", "IN_DP_E1_UBL_INVOICE", "a.xml", "", "sent", "CPP1", sent_at=NOON, deposits=several)
    says, shown = report(chance), [found(chance) for _ in range(chance.randrange(5))]
    same = {d.number: [found(chance) for _ in range(chance.randrange(3))] for d in several}
    told = follow.after_report(Taken(job("follow_flow"), "w", flow), says, shown, same, NOON, Pace())
    _sensible(seed, told, several, shown if follow.fate(says) is follow.Fate.INTEGRATED else [], same)

    doubtful = tuple(replace(d, outcome="in_doubt") for d in several)
    lost = replace(flow, state="in_doubt", number="", doubt_since=NOON, deposits=doubtful)
    looked = deposit.after_look_up(Taken(job("look_up"), "w", lost), same, NOON + timedelta(hours=25), Pace())
    _sensible(seed, looked, doubtful, [], same)

    held = Taken(job("follow_document"), "w", deposit=document(1, "integrated"), youngest=NOON)
    history = [
        StatusEvent(words(chance), moment(chance), words(chance), words(chance)) for _ in range(chance.randrange(9))
    ]
    follow.after_history(held, history, NOON, Pace())
    changes = replace(held, job=replace(job("follow_changes"), payload={"since": NOON.isoformat()}))
    after = follow.after_changes(changes, shown, NOON, Pace())
    if after.next is None or datetime.fromisoformat(after.next.payload["since"]) > NOON + timedelta(days=1):
        raise BrokenPromiseError(f"seed {seed}: the search went on at {after.next}")


def job(kind: Any) -> Job:
    """A job of this kind."""
    return Job("qualification", kind, "1", NOON)


def _sensible(
    seed: str, made: Conclusion, before: Sequence[Deposit], shown: Sequence[Found], same: dict[str, list[Found]]
) -> None:
    """What was concluded must rest on something that the platform showed."""
    for now in made.deposits:
        ours = [f for f in same.get(now.number, ()) if f.number == now.number and is_ours(f)]
        if now.outcome == "integrated" and not ours and now.number not in {f.number for f in shown}:
            raise BrokenPromiseError(f"seed {seed}: {now.number} is said to be integrated")
        if now.outcome == "given_up" and ours and before[0].outcome == "in_doubt":
            raise BrokenPromiseError(f"seed {seed}: {now.number} is there and was given up")
    again = {d for part in made.again for d in part.documents}
    freed = {now.document for now in made.deposits if now.outcome == "given_up"}
    if again != freed:
        raise BrokenPromiseError(f"seed {seed}: freed {freed}, sent again {again}")
    if made.next is None and made.flow is not None and made.flow.state == "sent":
        left = {d.document for d in made.flow.deposits if not d.outcome} if not made.planned else set()
        if left:
            raise BrokenPromiseError(f"seed {seed}: nobody follows {left}")


def is_ours(f: Found) -> bool:
    """Whether this is our invoice, said plainly."""
    amounts = ("120.00", "120", "-120.000000")
    same = f.date == date(2026, 11, 20) and f.recipient == "12345678200051" and f.amount in amounts
    return same and f.currency in ("", "EUR") and f.type != "AVOIR"


# ---------------------------------------------------------------- planted bugs


@contextmanager
def _instead(holder: Any, name: str, bug: Any) -> Iterator[None]:
    sound = getattr(holder, name)
    setattr(holder, name, bug)
    try:
        yield
    finally:
        setattr(holder, name, sound)


def last_writer_wins() -> AbstractContextManager[None]:
    """The current status is the one heard of last."""
    return _instead(follow, "current", lambda events: max(events, key=lambda e: e.sequence, default=None))


def every_delivery_kept() -> AbstractContextManager[None]:
    """A change that is heard of again is another change."""
    return _instead(follow, "unheard", lambda _kept, heard: list(heard))


def ids_as_texts() -> AbstractContextManager[None]:
    """History ids are compared as texts: 10 comes before 9."""
    return _instead(statuses, "_number", lambda history_id: (1, 0, history_id))


def any_number_is_ours() -> AbstractContextManager[None]:
    """Whatever has our number is taken for our invoice."""
    return _instead(deposit, "likeness", lambda *_: "same")


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "last_writer_wins": last_writer_wins,
    "every_delivery_kept": every_delivery_kept,
    "ids_as_texts": ids_as_texts,
    "any_number_is_ours": any_number_is_ours,
}


# ---------------------------------------------------------------- the command


def run(sequences: int, malformed: int, seed: int, planted: str = "") -> None:
    """Run both batteries. Raises BrokenPromiseError."""
    with PLANTED[planted]():
        for number in range(sequences):
            check_sequence(f"{seed} sequence {number}")
        for number in range(malformed):
            check_answer(f"{seed} answer {number}")


def figure(sequences: int, malformed: int, seed: int, planted: str = "") -> str:
    """What was judged, in a line."""
    run(sequences, malformed, seed, planted)
    return f"{sequences:,} sequences in disorder, {malformed:,} malformed answers: every state right"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "B5",
        lambda given, bug: figure(given.sequences, given.malformed, given.seed, bug),
        PLANTED,
        options={"sequences": 0, "malformed": 0},
        trial={"sequences": 2_000, "malformed": 2_000},
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())

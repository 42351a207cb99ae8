"""How far an invoice has come, from its issue to the matched payment: six stages, as one line draws them. Pure."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from lettrage.invoicing.sending.shelf import NOT_SENT

Stage = Literal["issued", "deposited", "accepted", "with_customer", "payment", "settled"]
STAGES: tuple[Stage, ...] = ("issued", "deposited", "accepted", "with_customer", "payment", "settled")
# A stage is ahead (""), done, running, matched, not concerned (of a customer whom no platform reaches), stopped, or
# waits for a person.
Mark = Literal["", "d", "r", "g1", "h", "x", "w"]

# The last stage that a state says is done; of a state that nobody knows only that the platform has the invoice.
REACHED: Mapping[str, Stage] = {
    **dict.fromkeys((NOT_SENT, "intended", "sending", "refused", "in_doubt", "given_up"), "issued"),
    **dict.fromkeys(("sent", "rejected", "numbering_error"), "deposited"),
    **dict.fromkeys(("integrated", "DEPOSEE", "EN_COURS_ACHEMINEMENT"), "accepted"),
    **dict.fromkeys(("A_RECYCLER", "SUSPENDUE", "A_COMPLETER", "REJETEE"), "accepted"),
    **dict.fromkeys(("MISE_A_DISPOSITION", "PRISE_EN_COMPTE_DESTINATAIRE", "COMPLETEE"), "with_customer"),
    **dict.fromkeys(("SERVICE_FAIT", "MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE"), "with_customer"),
    "MISE_EN_PAIEMENT": "payment",
    # Of approved platforms.
    **dict.fromkeys(("200", "201", "202", "210", "213", "220", "221"), "accepted"),
    **dict.fromkeys(("203", "204", "205", "206", "207", "208", "209", "214"), "with_customer"),
    **dict.fromkeys(("211", "212", "partly_received"), "payment"),
}
# What the stage after the last one done has: it runs, was stopped, or waits for a person.
_NEXT: Mapping[str, Mark] = {
    **dict.fromkeys(("intended", "sending"), "r"),
    **dict.fromkeys(("refused", "rejected", "numbering_error", "REJETEE", "210", "213", "220"), "x"),
    **dict.fromkeys(("in_doubt", "given_up", "SUSPENDUE", "A_COMPLETER", "A_RECYCLER", "206", "207", "208"), "w"),
}


class Progress(msgspec.Struct, frozen=True):
    """The marks of the six stages, and the last stage that is done."""

    marks: tuple[Mark, ...]
    reached: Stage


def progress(state: str, *, carried: bool, open_: int, amount: int) -> Progress:
    """How far an invoice has come. `open_` of `amount` is not settled yet; `carried`: a platform is concerned."""
    settled = open_ == 0
    paid: Mark = "g1" if settled else "r" if open_ != amount else ""
    if not carried:
        first: Mark = "g1" if settled else "d"
        outside: tuple[Mark, ...] = (first, "h", "h", "h", "h", paid)
        return Progress(outside, "settled" if settled else "issued")
    stopped = _NEXT.get(state, "")
    if settled and stopped not in ("x", "w"):
        matched: Mark = "g1"
        return Progress(tuple(matched for _ in STAGES), "settled")
    reached = REACHED.get(state, "accepted")
    done = STAGES.index(reached) + 1
    marks: list[Mark] = ["d" if at < done else "" for at in range(len(STAGES))]
    if done < len(STAGES):
        marks[done] = stopped
    marks[-1] = paid or marks[-1]
    return Progress(tuple(marks), reached)

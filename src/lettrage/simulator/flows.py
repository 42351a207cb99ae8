"""Flows: what was deposited, and the states that it passes through on the platform's clock."""

from concurrent.futures import Future
from datetime import datetime, timedelta

import msgspec

from lettrage.simulator.judging import SYNTAXES, Content, Syntax, Verdict
from lettrage.simulator.settings import Settings

DEPOSITED = "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP"
INCIDENT = "IN_INCIDENTE"  # not processed; to be sent again
BLOCKED = "IN_EN_ATTENTE_RETRAITEMENT_CPP"  # waits for a restart by hand
_PATH = ("IN_EN_ATTENTE_TRAITEMENT_CPP", "IN_EN_COURS_TRAITEMENT_CPP")
# The intermediate states of successive deposits: between two and four of them, always in this order.
_PATHS = (
    ("IN_TRAITE_SE_CPP", "IN_EN_COURS_TRAITEMENT_CPP"),
    ("IN_RECU", "IN_TRAITE_SE_CPP", "IN_EN_COURS_TRAITEMENT_CPP"),
    ("IN_RECU", "IN_TRAITE_SE_CPP", "IN_EN_ATTENTE_TRAITEMENT_CPP", "IN_EN_COURS_TRAITEMENT_CPP"),
)


class State(msgspec.Struct, frozen=True):
    """A state of a flow, and when it began (UTC)."""

    code: str
    since: datetime


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A deposited file.

    `ends_in` is a state that it will stop in instead of being judged: `IN_INCIDENTE`, `IN_EN_ATTENTE_RETRAITEMENT_CPP`,
    or any other, known or not. `content` is what it says, once it
    has been read. `verdict` is None until the flow has been judged, at `ends`.
    """

    number: str
    syntax: str
    file_name: str
    data: bytes
    content: Future[Content]
    login: str
    deposited: datetime
    ends: datetime
    path: tuple[State, ...]
    ends_in: str | None = None
    verdict: Verdict | None = None

    @property
    def reading(self) -> Syntax:
        """How its files are read."""
        return SYNTAXES[self.syntax]

    @property
    def interface(self) -> str:
        """The code of its interface, `FSO1100`."""
        return f"FSO{self.reading.interface}"

    def state(self, now: datetime) -> State:
        """Where it stands."""
        if self.verdict is not None:
            return State(self.verdict.state, self.ends)
        if self.ends_in is not None and self.ends <= now:
            return State(self.ends_in, self.ends)
        return [state for state in self.path if state.since <= now][-1]


def flow_number(syntax: str, counter: int) -> str:
    """The 25 characters of `numeroFluxDepot`."""
    return f"CPP001{SYNTAXES[syntax].interface}{counter:015}"


def states(deposited: datetime, counter: int, settings: Settings) -> tuple[State, ...]:
    """The states up to the result, evenly spread over the integration; the first one at once."""
    path = _PATHS[counter % len(_PATHS)] if settings.received_states else _PATH
    codes = (DEPOSITED, *path)
    step = timedelta(seconds=settings.integration) / len(codes)
    return tuple(State(code, deposited + place * step) for place, code in enumerate(codes))
